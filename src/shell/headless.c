// SPDX-License-Identifier: Apache-2.0
// Headless server: see headless.h.
//
//   1 the file is parsed as a whole and its kinds of statements are checked     nothing is open yet
//   2 the engine opens, without statements
//   3 a second engine, in memory and on a clock that stands still, gets topics of the same names and runs all statements:
//     what is refused here is told with its place, and nothing has changed
//   4 the engine runs them
//   5 what the engine does by itself (work that comes and goes, restores) and states of queries that change are told on standard
//     error until a signal comes; the engine commits and closes
//
// Messages: ksqlDB's, where it has them. @thread main
#include "shell/headless.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/limits.h"
#include "runtime/session.h"
#include "shell/core.h"
#include "shell/open.h"
#include "shell/signals.h"
#include "sql/parse.h"

enum { LOOK_MS = 1000 };

typedef struct Headless {
    const HeadlessOptions *o;
    Arena *arena;
    Buf text;       /* the file */
    StmtVec stmts;
    int nqueries;   /* persistent ones */
    Shell sh;       /* output; the engine, its session */
} Headless;

static int fail(Headless *h, const Err *err, bool in_file, int code)
{
    shell_error(&h->sh, err, in_file ? buf_view(&h->text) : (Str){NULL, 0}, in_file ? h->o->file : NULL);
    return code;
}

/* ---- the file --------------------------------------------------------------------------------- */

static Status read_file(Headless *h, Err *err)
{
    int fd = open(h->o->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot read '%s': %s", h->o->file, strerror(errno));
    ssize_t n;
    do {
        n = read(fd, buf_room(&h->text, 64 << 10), 64 << 10);
        h->text.n += n > 0 ? (size_t)n : 0;
    } while (h->text.n <= LIMIT_SCRIPT_BYTES && (n > 0 || (n < 0 && errno == EINTR)));
    Status st = OK;
    if (n < 0)
        st = err_set(err, ERR_IO, "cannot read '%s': %s", h->o->file, strerror(errno));
    else if (h->text.n > LIMIT_SCRIPT_BYTES)
        st = err_set(err, ERR_LIMIT, "'%s' is longer than %d bytes", h->o->file, LIMIT_SCRIPT_BYTES);
    close(fd);
    return st;
}

/* What may stand in the file; queries: those that go on running. */
static bool allowed(StmtKind kind, bool *query)
{
    *query = false;
    switch (kind) {
    case STMT_CREATE_STREAM_AS:
    case STMT_CREATE_TABLE_AS:
    case STMT_INSERT_INTO:
        *query = true;
        return true;
    case STMT_CREATE_STREAM:
    case STMT_CREATE_TABLE:
    case STMT_CREATE_TYPE:
    case STMT_SET:
    case STMT_UNSET:
        return true;
    default:
        return false;
    }
}

static Status check_statement(const Stmt *st, bool *query, Err *err)
{
    if (!allowed(st->kind, query))
        return err_at(err, ERR_STATEMENT, st->span,
                      "Unsupported statement. Only the following statements are supporting in standalone mode:\n"
                      "CREATE STREAM\nCREATE STREAM AS SELECT\nCREATE TABLE\nCREATE TABLE AS SELECT\nCREATE TYPE\nINSERT INTO\n"
                      "SET\nUNSET");
    if ((st->kind == STMT_CREATE_STREAM || st->kind == STMT_CREATE_TABLE) && st->elements.n == 0)
        return err_at(err, ERR_STATEMENT, st->span,
                      "statement does not define the schema and the supplied format does not support schema inference");
    return OK;
}

static Status parse_file(Headless *h, Err *err)
{
    Script script;
    Stmt *st;
    Status rc;
    script_init(&script, buf_view(&h->text));
    while ((rc = script_next(&script, h->arena, NULL, true, &st, err)) == OK && st) {
        bool query;
        rc = check_statement(st, &query, err);
        if (rc)
            return rc;
        vec_push(h->arena, &h->stmts, st);
        h->nqueries += query;
    }
    if (rc == OK && h->nqueries == 0)
        rc = err_set(err, ERR_STATEMENT,
                     "The SQL file does not contain any persistent queries. i.e. it contains no 'INSERT INTO', "
                     "'CREATE TABLE x AS SELECT' or 'CREATE STREAM x AS SELECT' style statements.");
    return rc;
}

/* ---- running ---------------------------------------------------------------------------------- */

static Status run_all(Headless *h, Session *s, Err *err)
{
    Status st = OK;
    for (int i = 0; i < h->stmts.n && st == OK; i++) {
        Answer ans = {0};
        st = session_run(s, h->stmts.v[i], &ans, err);
        answer_clear(&ans);
    }
    return st;
}

static void copy_topics(Topics *from, Topics *to, Arena *a)
{
    TopicInfoVec all = {0};
    topic_list(from, a, &all);
    for (int i = 0; i < all.n; i++) {
        Err there = ERR_INIT; /* the engine's own are made when it opens */
        if (topic_create(to, &all.v[i], &there))
            err_clear(&there);
    }
}

/* A broker that goes away meanwhile is waited for, as at the start. ERR_CANCELLED: a signal came. */
static Status run_on_kafka(Headless *h, Session *s, const EngineConfig *config, Err *err)
{
    OpenTries tries;
    Status st = OK;
    open_tries_init(&tries);
    for (int i = 0; i < h->stmts.n && st == OK;) {
        Answer ans = {0};
        st = session_run(s, h->stmts.v[i], &ans, err);
        answer_clear(&ans);
        i += st == OK;
        if (st == ERR_BROKER && config->kafka)
            st = open_again(&tries, &h->sh.err, err);
    }
    open_tries_end(&tries, st, &h->sh.err);
    return st;
}

/* Runs all in an engine that touches nothing. */
static Status rehearse(Headless *h, const EngineConfig *real, Err *err)
{
    Effects *sim = effects_sim_new(1, effects_wall_ms(real->fx));
    EngineConfig config = {.fx = sim, .props = real->props, .service_id = real->service_id, .headless = true,
                           .sequential_ids = true};
    Engine *e;
    Status st = engine_open(&config, &e, err);
    if (st == OK) {
        copy_topics(engine_topics(h->sh.e), engine_topics(e), h->arena);
        Session *s = session_new(e);
        st = run_all(h, s, err);
        session_free(s);
        engine_close(e);
    }
    effects_sim_free(sim);
    return st;
}

/* ---- what becomes of the queries -------------------------------------------------------------- */

/* Tells of queries whose state is another one than before. seen: id -> char *line. */
static void look(Headless *h, const Stmt *show, StrMap *seen)
{
    Err err = ERR_INIT;
    Answer ans = {0};
    size_t i;
    const json_t *q;
    if (session_run(h->sh.s, show, &ans, &err) == OK)
        json_array_foreach(json_object_get(ans.entity, "queries"), i, q) {
            const char *id = json_string_value(json_object_get(q, "id"));
            const char *state = json_string_value(json_object_get(q, "state"));
            const char *reason = json_string_value(json_object_get(q, "reason"));
            if (!id || !state)
                continue;
            const char *before = strmap_find(seen, str_of(id));
            Buf line = BUF_INIT;
            buf_printf(&line, "query %s: %s%s%s\n", id, state, reason ? ": " : "", reason ? reason : "");
            if (strcmp(before ? before : "", buf_z(&line)) != 0) {
                if (before || strcmp(state, "RUNNING") != 0)
                    out_write(&h->sh.err, buf_view(&line));
                mem_free(strmap_put(seen, str_of(id), mem_strdup(buf_z(&line))));
            }
            buf_free(&line);
        }
    answer_clear(&ans);
    err_clear(&err);
}

/* What the engine does by itself: one write, since its threads tell of it. @thread any */
static void tell(void *arg, const char *line)
{
    UNUSED(arg);
    Buf b = BUF_INIT;
    buf_printf(&b, "%s\n", line);
    out_tell(STDERR_FILENO, buf_view(&b));
    buf_free(&b);
}

static void free_values(StrMap *m)
{
    StrMapEntry *e;
    for (int i = 0; (e = strmap_next(m, &i));)
        mem_free(e->value);
    strmap_free(m);
}

static void wait_for_end(Headless *h)
{
    Stmt show = {.kind = STMT_SHOW_QUERIES, .sql = STR("SHOW QUERIES")};
    struct pollfd fd = {.fd = signals_fd(), .events = POLLIN};
    StrMap seen = {0};
    while (!signals_pending()) {
        look(h, &show, &seen);
        (void)poll(&fd, 1, LOOK_MS);
        signals_drain();
    }
    free_values(&seen);
}

static void say_ready(Headless *h, const EngineConfig *config)
{
    const char *where = h->o->config->bootstrap;
    Buf b = BUF_INIT;
    buf_printf(&b, "Sluice %s is ready: %d %s of %s, service %s, ", engine_version(), h->nqueries,
               h->nqueries == 1 ? "query" : "queries", h->o->file, config->service_id ? config->service_id : "default_");
    if (where)
        buf_printf(&b, "Kafka at %s, ", where);
    buf_printf(&b, "%s %s.\n", where ? "state in" : "topics in", config->dir ? config->dir : "memory");
    out_write(&h->sh.out, buf_view(&b));
    buf_free(&b);
}

/* With an open engine. */
static int serve(Headless *h, const EngineConfig *config)
{
    Err err = ERR_INIT;
    int code = SHELL_OK;
    bool ready = false;
    h->sh.s = session_new(h->sh.e);
    if (rehearse(h, config, &err) == OK && run_on_kafka(h, h->sh.s, config, &err) == OK)
        ready = true;
    else if (err.code != ERR_CANCELLED)
        code = fail(h, &err, true, SHELL_FAILED);
    if (ready) {
        say_ready(h, config);
        wait_for_end(h);
    }
    err_clear(&err);
    session_free(h->sh.s);
    bool all = engine_close(h->sh.e);
    if (code == SHELL_OK)
        out_printf(&h->sh.out, "Sluice stopped on %s; %s\n",
                   signals_ended() == SIGTERM ? "SIGTERM" : signals_ended() == SIGHUP ? "SIGHUP" : "SIGINT",
                   all ? "all is committed." : "what Kafka did not let it commit is read again at the next start.");
    return code;
}

int headless_main(const HeadlessOptions *o)
{
    Headless h = {.o = o, .arena = arena_new(4096)};
    Err err = ERR_INIT;
    int code;
    out_init(&h.sh.out, STDOUT_FILENO);
    out_init(&h.sh.err, STDERR_FILENO);
    signals_init(false);
    EngineConfig config = open_engine_config(o->config, o->dir, 4);
    config.headless = config.sequential_ids = true;
    config.log = tell;
    config.ending = signals_pending;
    if (read_file(&h, &err) != OK)
        code = fail(&h, &err, false, SHELL_USAGE);
    else if (parse_file(&h, &err) != OK)
        code = fail(&h, &err, true, SHELL_FAILED);
    else if (open_engine(&config, OPEN_RETRY, &h.sh.err, &h.sh.e, &err) == OK)
        code = serve(&h, &config);
    else if (err.code == ERR_CANCELLED)
        code = SHELL_OK;
    else
        code = fail(&h, &err, false, SHELL_USAGE);
    err_clear(&err);
    buf_free(&h.text);
    arena_free(h.arena);
    out_close(&h.sh.out);
    out_close(&h.sh.err);
    return code;
}
