// SPDX-License-Identifier: Apache-2.0
// Editing: see edit.h.
//
// libedit reads characters through get_char, which also waits for the signals' pipe: a SIGINT makes the
// reading fail, and the line is dropped there, not in a handler. A statement that takes several
// lines is one history entry. A Tab in pasted text is a Tab.
#include "shell/edit.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

#include "base/cell.h"
#include "shell/cli.h"
#include "shell/complete.h"
#include "shell/history.h"
#include "shell/scan.h"
#include "shell/signals.h"
#include "sql/parse.h"
#include "topic/kafka.h"

enum {
    MOST_SHOWN = 120, /* candidates that are listed */
    PASTE_MS = 10,
    NAMES_MS = 300, /* a key that is pressed is not to wait for Kafka: then topics are those that are known */
};

struct Editor {
    Shell *sh;
    EditLine *el;
    History *past;
    mbstate_t decode;
    Buf *text;      /* the lines before this one */
    bool more_lines; /* this is not the first */
};

static char *prompt(EditLine *el)
{
    static char first[] = "sluice> ", more[] = "      > ";
    Editor *ed;
    el_get(el, EL_CLIENTDATA, &ed);
    return ed->more_lines ? more : first;
}

/* One character; 0 at the end of input, -1 when a signal wants the line back. */
static int get_char(EditLine *el, wchar_t *out)
{
    Editor *ed;
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
    el_get(el, EL_CLIENTDATA, &ed);
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return -1;
        if (signals_pending())
            return -1;
        signals_drain();
        if (signals_resized())
            el_resize(el);
        if (!(fds[0].revents & (POLLIN | POLLHUP | POLLERR)))
            continue;
        char byte;
        ssize_t n = read(STDIN_FILENO, &byte, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        size_t k = mbrtowc(out, &byte, 1, &ed->decode);
        if (k == (size_t)-1)
            memset(&ed->decode, 0, sizeof ed->decode);
        else if (k != (size_t)-2)
            return 1;
    }
}

/* ---- completion -------------------------------------------------------------------------------- */

static void session_completion(void *from, char kind, Str prefix, void (*fn)(void *arg, Str name), void *arg)
{
    kafka_hurry(NAMES_MS);
    session_names(from, kind, prefix, fn, arg);
    kafka_hurry(0);
}

/* In columns below the line, as many as the terminal holds. */
static void list_words(Editor *ed, const Completion *c)
{
    Buf b = BUF_INIT;
    int widest = 0, n = c->words.n > MOST_SHOWN ? MOST_SHOWN : c->words.n;
    for (int i = 0; i < n; i++) {
        int w = cell_width(c->words.v[i]);
        widest = w > widest ? w : widest;
    }
    int columns = out_width(&ed->sh->out) / (widest + 2);
    columns = columns > 0 ? columns : 1;
    int rows = (n + columns - 1) / columns;
    buf_byte(&b, '\n');
    for (int r = 0; r < rows; r++) {
        for (int i = r; i < n; i += rows)
            cell_pad(&b, c->words.v[i], i + rows < n ? widest + 2 : 0);
        buf_byte(&b, '\n');
    }
    if (n < c->words.n)
        buf_printf(&b, "and %d more\n", c->words.n - n);
    out_write(&ed->sh->out, buf_view(&b));
    buf_free(&b);
}

static int characters(Str s)
{
    int n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xc0) != 0x80;
    return n;
}

/* Pasted text goes on behind its Tab at once, a person does not. */
static bool is_pasted(void)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&fd, 1, PASTE_MS) > 0 && (fd.revents & POLLIN);
}

static unsigned char on_tab(EditLine *el, int ch)
{
    Editor *ed;
    Completion c;
    Buf text = BUF_INIT;
    Arena *a = arena_new(0);
    unsigned char result = CC_ERROR;
    const LineInfo *line = el_line(el);
    UNUSED(ch);
    el_get(el, EL_CLIENTDATA, &ed);
    if (is_pasted()) {
        arena_free(a);
        return el_insertstr(el, "\t") < 0 ? CC_ERROR : CC_REFRESH;
    }
    buf_str(&text, buf_view(ed->text));
    buf_bytes(&text, line->buffer, (size_t)(line->cursor - line->buffer));
    complete(&c, a, buf_view(&text), session_completion, ed->sh->s);
    Str typed = str_sub(buf_view(&text), c.words.n ? c.start : text.n, c.words.n ? text.n - c.start : 0);
    bool grows = c.words.n > 0 && (c.common.n > typed.n || (c.words.n == 1 && c.after));
    if (grows && c.common.n > 0) {
        Buf word = BUF_INIT;
        buf_str(&word, c.common);
        if (c.words.n == 1 && c.after)
            buf_byte(&word, c.after);
        el_deletestr(el, characters(typed));
        el_insertstr(el, buf_z(&word));
        buf_free(&word);
        result = CC_REFRESH;
    } else if (c.words.n > 1) {
        list_words(ed, &c);
        result = CC_REDISPLAY;
    }
    arena_free(a);
    buf_free(&text);
    return result;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static void remember(Editor *ed, const char *text)
{
    HistEvent ev;
    history(ed->past, &ev, H_ENTER, text);
}

/* What libedit does by inserting and deleting characters of the terminal loses text where a line is longer than a row
 * (seen in 3.1-20221030). Without these abilities it writes the rest of the line again. */
static void write_rows_whole(EditLine *el)
{
    static const char *const abilities[] = {"ic", "IC", "im", "dc", "DC", "dm"};
    for (int i = 0; i < ARRAY_LEN(abilities); i++)
        el_set(el, EL_SETTC, abilities[i], "", NULL);
}

Editor *edit_open(Shell *sh)
{
    Editor *ed = mem_zalloc(sizeof *ed);
    HistEvent ev;
    ed->sh = sh;
    ed->past = history_init();
    history(ed->past, &ev, H_SETSIZE, 2 * HISTORY_KEPT);
    for (int i = 0; i < history_count(sh->history); i++)
        remember(ed, history_entry(sh->history, i));
    ed->el = el_init("sluice", stdin, stdout, stderr);
    el_set(ed->el, EL_CLIENTDATA, ed);
    el_set(ed->el, EL_PROMPT, prompt);
    el_set(ed->el, EL_EDITOR, "emacs");
    el_set(ed->el, EL_SIGNAL, 0);
    write_rows_whole(ed->el);
    el_set(ed->el, EL_HIST, history, ed->past);
    el_wset(ed->el, EL_ADDFN, L"sluice-complete", L"Completes a name", on_tab); /* the narrow form leaks copies */
    el_set(ed->el, EL_BIND, "^I", "sluice-complete", NULL);
    el_set(ed->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_wset(ed->el, EL_GETCFN, get_char);
    el_source(ed->el, NULL);
    return ed;
}

void edit_close(Editor *ed)
{
    if (!ed)
        return;
    el_end(ed->el);
    history_end(ed->past);
    mem_free(ed);
}

/* One line with its newline; false: none, *result tells why. */
static bool read_line(Editor *ed, Str *line, EditResult *result)
{
    int n = 0;
    el_set(ed->el, EL_PREP_TERM, 1); /* before the prompt is seen: libedit itself does it after */
    const char *p = el_gets(ed->el, &n);
    if (p && n > 0) {
        *line = (Str){p, (size_t)n};
        return true;
    }
    bool cleared = signals_interrupted() && !signals_ended();
    memset(&ed->decode, 0, sizeof ed->decode);
    out_write(&ed->sh->out, cleared ? STR("^C\n") : STR("\n"));
    *result = cleared ? EDIT_CLEARED : EDIT_END;
    return false;
}

/* The session ends within a statement: says what is open. */
static void tell_unfinished(Editor *ed, Str text)
{
    Script script;
    Stmt *st;
    Err err = ERR_INIT;
    Arena *a = arena_new(0);
    while (text.n > 0 && text.p[text.n - 1] == '\n') /* its end is behind what was entered, not on a line of its own */
        text.n--;
    script_init(&script, text);
    while (script_next(&script, a, NULL, false, &st, &err) == OK && st)
        arena_reset(a);
    out_printf(&ed->sh->out, "What was entered is not finished, and nothing of it was run:\n");
    shell_error(ed->sh, &err, text, NULL);
    err_clear(&err);
    arena_free(a);
}

EditResult edit_read(Editor *ed, Buf *text)
{
    EditResult result = EDIT_TEXT;
    Scan scan = {.at = 0};
    Str line;
    buf_clear(text);
    ed->text = text;
    ed->more_lines = false;
    signals_interrupted();
    for (;;) {
        if (!read_line(ed, &line, &result)) {
            if (result == EDIT_END && text->n > 0 && !signals_ended())
                tell_unfinished(ed, buf_view(text));
            return result;
        }
        out_spool(&ed->sh->out, str_of(prompt(ed->el)));
        out_spool(&ed->sh->out, line);
        bool first = text->n == 0;
        buf_str(text, line);
        if (first && str_trim(line).n == 0) {
            buf_clear(text);
            continue;
        }
        if ((first && cli_is_command(line)) || scan_complete(&scan, buf_view(text)))
            break;
        ed->more_lines = true;
    }
    if (history_add(ed->sh->history, buf_view(text)))
        remember(ed, history_entry(ed->sh->history, history_count(ed->sh->history) - 1));
    return EDIT_TEXT;
}
