// SPDX-License-Identifier: Apache-2.0
// Run: see run.h.
//
// A Feed walks a text that may still grow (standard input): complete statements are run, the rest
// waits, and what was run is dropped, so that standard input has no end that it must come to. A line that starts where a statement could and is a command of the shell (help, exit …) is
// run as that, as ksqlDB's shell does. Statements whose results follow each other directly are a group:
// there each result stands under its statement's text.
// Lines and columns of errors are places in the text, also where variables changed the statement; what
// is shown then is the line as it became.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memrchr */
#endif
#include "shell/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "shell/cli.h"
#include "shell/json.h"
#include "shell/scan.h"
#include "shell/signals.h"
#include "shell/statement.h"
#include "shell/table.h"
#include "sql/parse.h"

enum { MORE_FOLLOW_LOOK = 64, READ_BYTES = 64 << 10, LINE_KEPT = 4 << 10 };

typedef struct Feed {
    Shell *sh;
    Script script; /* stands at a statement, or at the end of what was read */
    Scan scan;     /* how far the text was read for the end of that statement */
    Buf unclosed;  /* the error if the comment that is open now is never closed; empty: none is open */
    const char *name;
    Arena *a;      /* of the statement */
    bool by_line;  /* groups end at a newline */
    bool grouped;  /* the previous result has its title, and this one belongs to it */
    char *own;     /* the text, where a statement of it may be left running; else NULL */
} Feed;

static Out *errors_to(Shell *sh) { return sh->interactive ? &sh->out : &sh->err; }

static void print_error(Shell *sh, Buf *b, const Err *err, Str text, const char *file)
{
    const Out *out = errors_to(sh);
    err_print(b, err, text, file, out->terminal ? out_width(out) : 0);
}

void shell_error(Shell *sh, const Err *err, Str text, const char *file)
{
    Buf b = BUF_INIT;
    print_error(sh, &b, err, text, file);
    out_red(errors_to(sh), buf_view(&b));
    buf_free(&b);
}

/* Says what went wrong outside of any statement. */
static void complain(Shell *sh, const char *what, const char *why)
{
    Err err = ERR_INIT;
    (void)err_set(&err, ERR_IO, "%s: %s", what, why);
    shell_error(sh, &err, (Str){NULL, 0}, NULL);
    err_clear(&err);
}

/* ---- groups of results ------------------------------------------------------------------------ */

typedef enum ResultKind { RESULT_ENTITY, RESULT_NONE, RESULT_ALONE } ResultKind;

static ResultKind result_kind(StmtKind kind)
{
    switch (kind) {
    case STMT_INSERT_VALUES:
        return RESULT_NONE;
    case STMT_SELECT:
    case STMT_PRINT:
    case STMT_SET:
    case STMT_UNSET:
    case STMT_DEFINE:
    case STMT_UNDEFINE:
    case STMT_SHOW_VARIABLES:
    case STMT_RUN_SCRIPT:
        return RESULT_ALONE;
    default:
        return RESULT_ENTITY;
    }
}

/* Does a statement with a result follow directly? Looked at, not run. */
static bool more_follow(const Feed *f)
{
    Script s = f->script;
    Arena *a = arena_new(0);
    bool more = false;
    if (f->by_line) {
        const char *nl = s.at < s.text.n ? memchr(s.text.p + s.at, '\n', s.text.n - s.at) : NULL;
        s.text.n = nl ? (size_t)(nl - s.text.p) : s.text.n;
    }
    for (int i = 0; i < MORE_FOLLOW_LOOK; i++) {
        Err err = ERR_INIT;
        Stmt *st = NULL;
        arena_reset(a);
        Status rc = script_next(&s, a, session_variables(f->sh->s), true, &st, &err);
        err_clear(&err);
        if (rc != OK || !st)
            break;
        ResultKind kind = result_kind(st->kind);
        more = kind == RESULT_ENTITY;
        if (kind != RESULT_NONE)
            break;
    }
    arena_free(a);
    return more;
}

/* ---- one statement ---------------------------------------------------------------------------- */

static void show_entity(Shell *sh, const json_t *entity, bool titled)
{
    Buf text = BUF_INIT;
    if (sh->json)
        json_entity(&text, entity);
    else
        table_entity(&text, entity, titled, &(TableStyle){sh->out.terminal, out_width(&sh->out)});
    out_write(&sh->out, buf_view(&text));
    buf_free(&text);
}

/* What a statement became lacks what stood before it on its line: blanks take its place, so that columns fit. */
static void report(const Feed *f, const Script *start, const Stmt *st, const Err *err)
{
    if (!st || !st->substituted || err->span.line <= 0) {
        shell_error(f->sh, err, f->script.text, f->name);
        return;
    }
    Buf text = BUF_INIT;
    Err shifted = *err;
    buf_repeat(&text, ' ', start->col - 1);
    shifted.span.off += start->col - 1;
    buf_str(&text, st->sql);
    shell_error(f->sh, &shifted, buf_view(&text), f->name);
    buf_free(&text);
}

static Status run_answer(Feed *f, const Stmt *st, Err *err)
{
    Shell *sh = f->sh;
    Answer ans = {NULL, NULL, NULL};
    Status rc = f->own ? statement_run(sh, st, &ans, err) : session_run(sh->s, st, &ans, err);
    if (rc == OK && ans.entity) {
        bool titled = !sh->json && (f->grouped || more_follow(f));
        show_entity(sh, ans.entity, titled);
        f->grouped = titled;
    }
    if (rc == OK && ans.message && !shell_json_only(sh))
        out_printf(&sh->out, "%s\n", ans.message);
    if (rc == OK && ans.stream)
        rc = stream_show(sh, ans.stream, err);
    answer_clear(&ans);
    return rc;
}

/* A script's path: as given, or beside the script that names it. New. */
static char *script_path(const Feed *f, Str path)
{
    const char *slash = f->name ? strrchr(f->name, '/') : NULL;
    char *given = mem_strndup(path.p, path.n);
    if (!slash || given[0] == '/' || access(given, F_OK) == 0)
        return given;
    Buf b = BUF_INIT;
    buf_bytes(&b, f->name, (size_t)(slash + 1 - f->name));
    buf_str(&b, path);
    char *beside = mem_strdup(buf_z(&b));
    buf_free(&b);
    if (access(beside, F_OK) == 0) {
        mem_free(given);
        return beside;
    }
    mem_free(beside);
    return given;
}

static Status read_all(const char *path, Buf *text, Span at, Err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_at(err, ERR_IO, at, "cannot read '%s': %s", path, strerror(errno));
    ssize_t n;
    do {
        n = read(fd, buf_room(text, READ_BYTES), READ_BYTES);
        text->n += n > 0 ? (size_t)n : 0;
    } while (text->n <= LIMIT_SCRIPT_BYTES && (n > 0 || (n < 0 && errno == EINTR && !signals_pending())));
    Status st = OK;
    if (n < 0)
        st = err_at(err, ERR_IO, at, "cannot read '%s': %s", path, strerror(errno));
    else if (text->n > LIMIT_SCRIPT_BYTES)
        st = err_at(err, ERR_LIMIT, at, "'%s' is longer than %d bytes", path, LIMIT_SCRIPT_BYTES);
    close(fd);
    return st;
}

/* Runs a file's statements; *code is how that ended. An error of err is about the file itself, at `at`. */
static Status run_script(Shell *sh, const char *path, Span at, int *code, Err *err)
{
    Buf text = BUF_INIT;
    Status st = OK;
    if (sh->depth >= RUN_MAX_DEPTH)
        st = err_at(err, ERR_LIMIT, at, "'%s' is not run: scripts run scripts at most %d deep", path,
                    RUN_MAX_DEPTH);
    if (st == OK)
        st = read_all(path, &text, at, err);
    if (st == OK) {
        sh->depth++;
        *code = run_text(sh, buf_view(&text), path);
        sh->depth--;
    }
    buf_free(&text);
    return st;
}

/* ---- a statement that was interrupted ---------------------------------------------------------- */

/* It goes on without this feed, which is over, in the feed's memory. */
static int leave_statement(Feed *f)
{
    Shell *sh = f->sh;
    statement_hold(sh, f->a, f->own);
    f->a = arena_new(0);
    f->own = NULL;
    out_printf(&sh->out, "\nInterrupted, but not undone: the statement goes on. What becomes of it is told here, and the next "
                         "statement waits for it.\n");
    return signals_ended() ? 128 + signals_ended() : SHELL_INTERRUPTED;
}

static void tell_ended(Shell *sh, Ended *e)
{
    if (e->rc != OK) {
        out_printf(&sh->out, "The interrupted statement failed: %s\n", e->sql);
        shell_error(sh, &(Err){.code = e->err.code, .msg = e->err.msg, .hint = e->err.hint}, STR(""), NULL);
    } else {
        out_printf(&sh->out, "The interrupted statement is done: %s\n", e->sql);
        if (e->answer.entity)
            show_entity(sh, e->answer.entity, false);
        if (e->answer.message)
            out_printf(&sh->out, "%s\n", e->answer.message);
    }
    ended_clear(e);
}

void run_look_at_left(Shell *sh)
{
    Ended e;
    if (statement_ended(sh, STATEMENT_LOOK, &e))
        tell_ended(sh, &e);
}

void run_end_left(Shell *sh)
{
    Ended e;
    if (sh->left && !signals_ended())
        out_printf(&sh->out, "Waiting for the interrupted statement.\n");
    if (statement_ended(sh, STATEMENT_JOIN, &e))
        tell_ended(sh, &e);
}

/* The session is free for a statement; false: a signal came first. */
static bool session_free_again(Shell *sh)
{
    Ended e;
    run_look_at_left(sh);
    if (!sh->left)
        return true;
    out_printf(&sh->out, "Waiting for the interrupted statement; Ctrl-C gives the prompt back.\n");
    if (!statement_ended(sh, STATEMENT_WAIT, &e)) {
        out_write(&sh->out, STR("\n")); /* behind the terminal's ^C */
        signals_interrupted();
        return false;
    }
    tell_ended(sh, &e);
    return true;
}

static int run_statement(Feed *f, bool lax_end)
{
    Shell *sh = f->sh;
    Err err = ERR_INIT;
    if (!session_free_again(sh))
        return signals_ended() ? 128 + signals_ended() : SHELL_INTERRUPTED;
    Stmt *st = NULL;
    Script start = f->script;
    arena_reset(f->a);
    Status rc = script_next(&f->script, f->a, session_variables(sh->s), lax_end, &st, &err);
    if (rc == OK && !st) {
        f->script.at = f->script.text.n;
        return SHELL_OK;
    }
    int code = SHELL_OK;
    if (rc == OK && st->kind == STMT_RUN_SCRIPT) {
        char *path = script_path(f, st->text);
        f->grouped = false;
        rc = run_script(sh, path, st->span, &code, &err);
        mem_free(path);
    } else if (rc == OK) {
        if (result_kind(st->kind) == RESULT_ALONE)
            f->grouped = false;
        rc = run_answer(f, st, &err);
    }
    if (rc == ERR_CANCELLED && sh->left)
        return leave_statement(f);
    if (rc != OK) {
        report(f, &start, st, &err);
        code = SHELL_FAILED;
    }
    err_clear(&err);
    return code == SHELL_OK ? out_exit_code(&sh->out, &sh->err, code) : code;
}

/* ---- a text ----------------------------------------------------------------------------------- */

static void move_to(Script *s, size_t to)
{
    Place p = {s->at, s->line, s->col};
    scan_advance(s->text, &p, to);
    s->at = p.at;
    s->line = p.line;
    s->col = p.col;
}

/* Runs the line at the walk's place when it is a command of the shell. */
static bool run_command(Feed *f, bool at_end, int *code)
{
    Script *s = &f->script;
    size_t before = s->at;
    while (before > 0 && (s->text.p[before - 1] == ' ' || s->text.p[before - 1] == '\t'))
        before--;
    if (before > 0 && s->text.p[before - 1] != '\n')
        return false;
    const char *nl = memchr(s->text.p + s->at, '\n', s->text.n - s->at);
    size_t end = nl ? (size_t)(nl - s->text.p) : s->text.n;
    Str line = str_sub(s->text, s->at, end - s->at);
    if ((!nl && !at_end) || !cli_is_command(line))
        return false;
    Err err = ERR_INIT;
    Span here = {s->line, s->col, (int32_t)s->at, 1};
    *code = cli_run(f->sh, line, &err);
    if (err.code != OK) {
        if (!f->sh->interactive)
            err.span = here;
        shell_error(f->sh, &err, s->text, f->name);
        err_clear(&err);
        *code = *code == SHELL_OK ? SHELL_FAILED : *code;
    }
    move_to(s, end);
    f->grouped = false;
    return true;
}

/* The text ended in a comment: says where it begins, while that is still in the text. */
static void note_unclosed(Feed *f)
{
    Script s = f->script;
    Err err = ERR_INIT;
    Stmt *none;
    if (f->unclosed.n > 0)
        return;
    move_to(&s, f->scan.from);
    if (script_next(&s, f->a, NULL, true, &none, &err) != OK)
        print_error(f->sh, &f->unclosed, &err, s.text, f->name);
    err_clear(&err);
}

/* Moves to the next statement; false: the text ends before one. */
static bool find_statement(Feed *f)
{
    Script *s = &f->script;
    bool found = scan_begin(&f->scan, s->text);
    if (!found && f->scan.in == '*')
        note_unclosed(f);
    else
        buf_clear(&f->unclosed);
    if (f->by_line && memchr(s->text.p + s->at, '\n', f->scan.at - s->at))
        f->grouped = false;
    move_to(s, f->scan.at);
    return found;
}

/* The statement is there as a whole, or too long for the parser to take more of it. */
static bool is_whole(Feed *f)
{
    return scan_end(&f->scan, f->script.text) || f->scan.at - f->script.at > LIMIT_STATEMENT_BYTES;
}

/* Runs what is complete; `at_end`: no more text will come, the last semicolon may be missing. */
static int run_feed(Feed *f, bool at_end)
{
    Script *s = &f->script;
    int code = SHELL_OK;
    while (code == SHELL_OK && !f->sh->quit) {
        if (signals_ended())
            return 128 + signals_ended();
        if (signals_interrupted())
            return SHELL_INTERRUPTED;
        if (!f->scan.begun && !find_statement(f))
            break;
        if (s->text.p[s->at] == ';') { /* an empty statement */
            s->at++;
            s->col++;
        } else if (!run_command(f, at_end, &code)) {
            if (!at_end && !is_whole(f))
                break;
            code = run_statement(f, at_end);
        }
        f->scan = (Scan){.at = s->at};
    }
    if (code == SHELL_OK && at_end && f->unclosed.n > 0) {
        out_red(errors_to(f->sh), buf_view(&f->unclosed));
        code = SHELL_FAILED;
    }
    return code;
}

static void feed_open(Feed *f, Shell *sh, const char *name, Str text)
{
    *f = (Feed){.sh = sh, .name = name, .a = arena_new(0)};
    script_init(&f->script, text);
    f->scan.at = f->script.at;
}

static void feed_close(Feed *f)
{
    arena_free(f->a);
    buf_free(&f->unclosed);
}

static bool has_mark(Str text) { return str_starts(text, STR("\xef\xbb\xbf")); } /* of some editors: UTF-8 */

int run_text(Shell *sh, Str text, const char *name)
{
    Feed f;
    if (has_mark(text))
        text = str_sub(text, 3, text.n - 3);
    char *own = sh->interactive ? mem_strndup(text.p, text.n) : NULL;
    feed_open(&f, sh, name, own ? (Str){own, text.n} : text);
    f.own = own;
    int code = run_feed(&f, true);
    feed_close(&f);
    mem_free(f.own);
    return code;
}

/* ---- standard input, files by name ----------------------------------------------------------------- */

int run_file(Shell *sh, const char *path)
{
    if (strcmp(path, "-") == 0)
        return run_stdin(sh);
    Err err = ERR_INIT;
    int code = SHELL_OK;
    if (run_script(sh, path, (Span){0, 0, 0, 0}, &code, &err) != OK) {
        shell_error(sh, &err, (Str){NULL, 0}, NULL);
        code = SHELL_USAGE;
    }
    err_clear(&err);
    return code;
}

/* More of standard input: its bytes, 0 at its end, -1 when a signal came first, -2 with errno when it cannot be read. */
static ssize_t read_input(Buf *text)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return -2;
        if (signals_pending())
            return -1;
        signals_drain();
        if (!(fds[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)))
            continue;
        ssize_t n = read(STDIN_FILENO, buf_room(text, READ_BYTES), READ_BYTES);
        if (n >= 0)
            return n;
        if (errno != EINTR && errno != EAGAIN)
            return -2;
    }
}

/* How much of the text is to be run now: whole lines. Of a line that is longer than a statement may be, what is there,
 * without a byte at its end that the next one may belong to (scan.h). */
static size_t whole_lines(Str text, bool at_end)
{
    const char *last = text.n ? memrchr(text.p, '\n', text.n) : NULL;
    if (at_end || text.n == 0)
        return text.n;
    if (last)
        return (size_t)(last + 1 - text.p);
    size_t n = text.n > LIMIT_STATEMENT_BYTES ? text.n : 0;
    while (n > LIMIT_STATEMENT_BYTES && strchr("-/*'\"`", text.p[n - 1]))
        n--;
    return n;
}

/* Drops the text before the walk's place; of that line the end stays, for errors. */
static void drop_done(Feed *f, Buf *text)
{
    size_t keep = f->script.at > LINE_KEPT ? f->script.at - LINE_KEPT : 0;
    const char *nl = f->script.at > keep ? memrchr(text->p + keep, '\n', f->script.at - keep) : NULL;
    size_t n = nl ? (size_t)(nl + 1 - text->p) : keep;
    if (n < READ_BYTES)
        return;
    memmove(text->p, text->p + n, text->n - n);
    text->n -= n;
    f->script.at -= n;
    f->scan.at -= n;
    f->scan.from -= n < f->scan.from ? n : f->scan.from;
}

int run_stdin(Shell *sh)
{
    Feed f;
    Buf text = BUF_INIT;
    int code = SHELL_OK;
    ssize_t n = 1;
    bool first = true;
    feed_open(&f, sh, "stdin", buf_view(&text));
    f.by_line = true;
    while (code == SHELL_OK && !sh->quit && n > 0) {
        n = read_input(&text);
        if (n == -1) {
            code = signals_ended() ? 128 + signals_ended() : SHELL_INTERRUPTED;
        } else if (n < 0) {
            complain(sh, "cannot read standard input", strerror(errno));
            code = SHELL_USAGE;
        } else {
            text.n += (size_t)n;
            if (first && has_mark(buf_view(&text)))
                memmove(text.p, text.p + 3, text.n -= 3);
            first = first && text.n < 3;
            f.script.text = str_sub(buf_view(&text), 0, whole_lines(buf_view(&text), n == 0));
            code = run_feed(&f, n == 0);
            drop_done(&f, &text);
        }
    }
    feed_close(&f);
    buf_free(&text);
    return code;
}
