// SPDX-License-Identifier: Apache-2.0
// sluice test sql [--batch N] [--disk] [--bootstrap-server H:P] [--reprint] [--bless] [--verbose] FILE|DIR...
//
// Runs each file on an engine of its own with simulated effects: the clock stands at
// 2023-11-14T22:13:20Z and moves only by directives; after each statement all work that is due is done.
// A SELECT runs until its LIMIT or until nothing comes any more. Directives, one a line:
//     --@ advance MS       moves the clock, then does what is due
//     --@ settle           does what is due
//     --@ append T K V     a raw record of text: K `-` is no key, V `null` is a tombstone
//     --@ topic T          answers the records of a topic: partition, key, value, ms after the start
//     --@ only TEXT        of the next answer, only lines that contain TEXT
//     --@ keep             the next SELECT stays open after its first rows
//     --@ poll             answers the rows that came to it since
//     --@ close            ends it
//     --@ restart          closes the engine and opens it again (files that have it need --disk)
//     --@ crash            the same without committing
//     --@ local WHY        the file is not for Kafka
// With --bootstrap-server topics are in Kafka, under names that no other file has; the rest is as before.
// With --reprint each statement is printed from its tree, parsed again and run as that; an error then only
// has to be one, since its places and texts are those of the printed statement.
// The answer of a statement or directive stands in the `-->` lines behind it; --bless rewrites them.
// Files are tests: the last line is `N passed, N failed`, with skipped ones when there are some.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sql/parse.h"
#include "sql/print.h"
#include "tools/qtt_files.h"
#include "tools/qtt_guard.h"
#include "tools/sqltest.h"
#include "topic/kafka.h"

enum { FILE_SECONDS = 120, TOPIC_PARTITIONS_SHOWN = 64 };
static const int64_t START_MS = 1700000000000;

typedef struct Options {
    const char *bootstrap;
    int batch;
    bool disk, bless, verbose, reprint;
} Options;

typedef struct SqlTest {
    const Options *opt;
    const char *path;
    Str text;
    Arena *arena;
    EngineConfig config;
    Engine *engine;
    Session *session;
    RowStream *kept;
    bool keep_next;
    Str only;    /* filter of the next answer */
    Buf got;     /* answer of the last item */
    Buf blessed; /* the file as it should be */
    int item_line, mismatches;
} SqlTest;

/* ---- the engine ----------------------------------------------------------------------------------- */

static bool open_engine(SqlTest *t)
{
    Err err = ERR_INIT;
    const char *w;
    if (engine_open(&t->config, &t->engine, &err)) {
        sqltest_render_error(&t->got, &err);
        err_clear(&err);
        return false;
    }
    for (int i = 0; (w = engine_warning(t->engine, i)); i++)
        buf_printf(&t->got, "WARNING %s\n", w);
    t->session = session_new(t->engine);
    return true;
}

static void close_engine(SqlTest *t, bool crash)
{
    rowstream_close(t->kept);
    t->kept = NULL;
    session_free(t->session);
    t->session = NULL;
    if (crash)
        engine_crash(t->engine);
    else
        engine_close(t->engine);
    t->engine = NULL;
}

static void drain(SqlTest *t, RowStream *rs, bool *ended)
{
    Err err = ERR_INIT;
    StreamRow row;
    for (*ended = true;;) {
        switch (rowstream_next(rs, 0, &row, &err)) {
        case STREAM_ROW:
            sqltest_render_row(&t->got, rs, &row);
            break;
        case STREAM_IDLE:
            *ended = false;
            return;
        case STREAM_END:
            if (*rowstream_final(rs))
                buf_printf(&t->got, "%s\n", rowstream_final(rs));
            return;
        case STREAM_ERROR:
            sqltest_render_error(&t->got, &err);
            err_clear(&err);
            return;
        }
    }
}

static void answer_stream(SqlTest *t, Answer *answer)
{
    const Schema *sch = rowstream_schema(answer->stream);
    bool ended;
    if (sch) {
        schema_print(&t->got, sch);
        buf_byte(&t->got, '\n');
    }
    drain(t, answer->stream, &ended);
    if (t->keep_next && !ended) {
        rowstream_close(t->kept);
        t->kept = answer->stream;
        answer->stream = NULL;
    }
    t->keep_next = false;
}

/* The statement of the printed tree; its text lives in the arena. */
static Status reprint(SqlTest *t, Arena *a, Stmt **stmt, Err *err)
{
    Buf b = BUF_INIT;
    Script script;
    print_stmt(&b, *stmt);
    buf_byte(&b, ';');
    Str sql = arena_str(a, buf_view(&b));
    buf_free(&b);
    Stmt *again = NULL;
    script_init(&script, sql);
    Status st = script_next(&script, a, NULL, false, &again, err);
    if (!st && (!again || !ast_equal(*stmt, again)))
        buf_printf(&t->got, "the printed statement is another one: %.*s\n", STR_ARG(sql));
    *stmt = again;
    return st;
}

static void run_statement(SqlTest *t, Str sql)
{
    Err err = ERR_INIT;
    Script script;
    Stmt *stmt = NULL;
    Answer answer = {0};
    Arena *a = arena_new(0);
    script_init(&script, sql);
    Status st = script_next(&script, a, session_variables(t->session), false, &stmt, &err);
    if (!st && stmt && t->opt->reprint)
        st = reprint(t, a, &stmt, &err);
    if (!st && stmt)
        st = session_run(t->session, stmt, &answer, &err);
    if (st)
        sqltest_render_error(&t->got, &err);
    if (!st && answer.entity)
        sqltest_render_entity(&t->got, answer.entity);
    if (!st && answer.message)
        buf_printf(&t->got, "%s\n", answer.message);
    if (!st && answer.stream)
        answer_stream(t, &answer);
    answer_clear(&answer);
    runtime_settle(t->engine);
    err_clear(&err);
    arena_free(a);
}

/* ---- directives ------------------------------------------------------------------------------------ */

static Str next_word(Str *rest)
{
    *rest = str_trim(*rest);
    size_t n = 0;
    while (n < rest->n && !isspace((unsigned char)rest->p[n]))
        n++;
    Str w = str_sub(*rest, 0, n);
    *rest = str_trim(str_sub(*rest, n, rest->n - n));
    return w;
}

static void append_record(SqlTest *t, Str rest)
{
    Err err = ERR_INIT;
    Str topic = next_word(&rest), key = next_word(&rest);
    TopicInfo info = {0};
    Record rec = {.ts = effects_wall_ms(t->config.fx)};
    if (!topic_describe(engine_topics(t->engine), topic, &info)) {
        buf_printf(&t->got, "no topic %.*s\n", STR_ARG(topic));
        return;
    }
    if (!str_eq_c(key, "-")) {
        rec.key = key.p;
        rec.key_len = (int32_t)key.n;
    }
    if (!str_eq_c(rest, "null")) {
        rec.value = rest.n ? rest.p : "";
        rec.value_len = (int32_t)rest.n;
    }
    Unit *u = unit_begin(engine_topics(t->engine));
    unit_append(u, topic, rec.key ? partition_of(key, info.partitions) : 0, &rec);
    if (unit_commit(u, false, &err))
        sqltest_render_error(&t->got, &err);
    err_clear(&err);
    runtime_settle(t->engine);
}

static void show_bytes(Buf *out, const char *p, int32_t n)
{
    if (!p)
        buf_cstr(out, "null");
    for (int32_t i = 0; p && i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c < 0x20 || c == 0x7f || c == '\\')
            buf_printf(out, "\\x%02x", c);
        else
            buf_byte(out, (char)c);
    }
}

static void show_topic(SqlTest *t, Str name)
{
    Topics *topics = engine_topics(t->engine);
    TopicInfo info;
    if (!topic_describe(topics, name, &info)) {
        buf_printf(&t->got, "no topic %.*s\n", STR_ARG(name));
        return;
    }
    for (int p = 0; p < info.partitions && p < TOPIC_PARTITIONS_SHOWN; p++) {
        int64_t at = topic_begin(topics, name, p), end = topic_end(topics, name, p);
        while (at < end) {
            Err err = ERR_INIT;
            RecordSet set;
            if (topic_read(topics, name, p, at, 1000, &set, &err)) {
                sqltest_render_error(&t->got, &err);
                err_clear(&err);
                return;
            }
            for (int i = 0; i < set.n; i++) {
                buf_printf(&t->got, "%d | ", p);
                show_bytes(&t->got, set.records[i].key, set.records[i].key_len);
                buf_cstr(&t->got, " | ");
                show_bytes(&t->got, set.records[i].value, set.records[i].value_len);
                buf_printf(&t->got, " | %lld\n", (long long)(set.records[i].ts - START_MS));
            }
            at = set.n ? set.next_offset : end;
            recordset_release(&set);
        }
    }
}

static void poll_kept(SqlTest *t)
{
    bool ended;
    if (!t->kept) {
        buf_cstr(&t->got, "no SELECT was kept\n");
        return;
    }
    drain(t, t->kept, &ended);
}

static void restart(SqlTest *t, bool crash)
{
    close_engine(t, crash);
    if (open_engine(t))
        runtime_settle(t->engine);
}

static void run_directive(SqlTest *t, Str rest)
{
    Str word = next_word(&rest);
    if (str_eq_c(word, "advance")) {
        effects_sim_advance(t->config.fx, strtoll(arena_cstr(t->arena, rest), NULL, 10));
        runtime_settle(t->engine);
    } else if (str_eq_c(word, "settle")) {
        runtime_settle(t->engine);
    } else if (str_eq_c(word, "append")) {
        append_record(t, rest);
    } else if (str_eq_c(word, "topic")) {
        show_topic(t, rest);
    } else if (str_eq_c(word, "only")) {
        t->only = rest;
    } else if (str_eq_c(word, "keep")) {
        t->keep_next = true;
    } else if (str_eq_c(word, "poll")) {
        poll_kept(t);
    } else if (str_eq_c(word, "close")) {
        rowstream_close(t->kept);
        t->kept = NULL;
    } else if (str_eq_c(word, "restart") || str_eq_c(word, "crash")) {
        restart(t, str_eq_c(word, "crash"));
    } else if (!str_eq_c(word, "local")) {
        buf_printf(&t->got, "unknown directive %.*s\n", STR_ARG(word));
    }
}

/* ---- the file -------------------------------------------------------------------------------------- */

size_t sqltest_statement_end(Str text, size_t at)
{
    while (at < text.n) {
        char c = text.p[at++];
        if (c == ';')
            return at;
        if (c == '\'' || c == '"' || c == '`') {
            while (at < text.n && text.p[at] != c)
                at++;
            at += at < text.n;
        } else if (c == '-' && at < text.n && text.p[at] == '-') {
            while (at < text.n && text.p[at] != '\n')
                at++;
        } else if (c == '/' && at < text.n && text.p[at] == '*') {
            while (at + 1 < text.n && !(text.p[at] == '*' && text.p[at + 1] == '/'))
                at++;
            at = at + 2 < text.n ? at + 2 : text.n;
        }
    }
    return at;
}

/* The line at `at`, without its newline; *next is where the next begins. */
static Str line_at(Str text, size_t at, size_t *next)
{
    const char *nl = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;
    size_t end = nl ? (size_t)(nl - text.p) : text.n;
    *next = nl ? end + 1 : end;
    return str_sub(text, at, end - at);
}

static int line_number(Str text, size_t at)
{
    int n = 1;
    for (size_t i = 0; i < at && i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void apply_only(SqlTest *t)
{
    Buf kept = BUF_INIT;
    size_t at = 0, next;
    if (!t->only.n)
        return;
    char *part = arena_cstr(t->arena, t->only);
    for (; at < t->got.n; at = next) {
        Str line = line_at(buf_view(&t->got), at, &next);
        if (strstr(arena_cstr(t->arena, line), part))
            buf_printf(&kept, "%.*s\n", STR_ARG(line));
    }
    buf_free(&t->got);
    t->got = kept;
    t->only = (Str){0};
}

static void print_block(const char *title, Str text)
{
    size_t next;
    printf("  %s\n", title);
    for (size_t at = 0; at < text.n; at = next)
        printf("    %.*s\n", STR_ARG(line_at(text, at, &next)));
}

/* Compares the answer of the item before with its `-->` lines, which start at `at`; returns where they end. */
static size_t compare(SqlTest *t, size_t at)
{
    Buf want = BUF_INIT;
    size_t next, line_next;
    for (;; at = next) {
        Str line = line_at(t->text, at, &next);
        if (at >= t->text.n || !str_starts(line, STR("-->")))
            break;
        size_t skip = line.n > 3 && line.p[3] == ' ' ? 4 : 3;
        buf_printf(&want, "%.*s\n", STR_ARG(str_sub(line, skip, line.n - skip)));
    }
    Str got = buf_view(&t->got);
    for (size_t i = 0; i < got.n; i = line_next) {
        Str line = line_at(got, i, &line_next);
        buf_printf(&t->blessed, "-->%s%.*s\n", line.n ? " " : "", STR_ARG(line));
    }
    bool errors = t->opt->reprint && str_starts(got, STR("ERROR ")) && str_starts(buf_view(&want), STR("ERROR "));
    if (!errors && !str_eq(buf_view(&want), got)) {
        t->mismatches++;
        if (!t->opt->bless) {
            printf("%s:%d: another answer\n", t->path, t->item_line);
            print_block("expected:", buf_view(&want));
            print_block("actual:", got);
        }
    }
    buf_free(&want);
    buf_clear(&t->got);
    return at;
}

/* Ends the line of blessed text that an item stands on, before its answer follows. */
static size_t finish_line(SqlTest *t, size_t at)
{
    size_t next;
    Str rest = line_at(t->text, at, &next);
    if (str_trim(rest).n == 0 || str_starts(str_trim(rest), STR("--"))) {
        buf_str(&t->blessed, rest);
        at = next;
    }
    buf_byte(&t->blessed, '\n');
    return at;
}

static void run_items(SqlTest *t)
{
    size_t at = 0, next;
    while (at < t->text.n) {
        Str line = line_at(t->text, at, &next), trimmed = str_trim(line);
        if (str_starts(trimmed, STR("--@"))) {
            t->item_line = line_number(t->text, at);
            buf_printf(&t->blessed, "%.*s\n", STR_ARG(line));
            run_directive(t, str_sub(trimmed, 3, trimmed.n - 3));
            at = compare(t, next);
        } else if (trimmed.n == 0 || str_starts(trimmed, STR("--"))) {
            if (!str_starts(trimmed, STR("-->")))
                buf_printf(&t->blessed, "%.*s\n", STR_ARG(line));
            at = next;
        } else {
            size_t end = sqltest_statement_end(t->text, at);
            t->item_line = line_number(t->text, at);
            buf_str(&t->blessed, str_sub(t->text, at, end - at));
            run_statement(t, str_sub(t->text, at, end - at));
            apply_only(t);
            at = compare(t, finish_line(t, end));
        }
    }
}

static bool has_line(Str text, Str start)
{
    size_t next;
    for (size_t at = 0; at < text.n; at = next)
        if (str_starts(str_trim(line_at(text, at, &next)), start))
            return true;
    return false;
}

static bool is_skipped(const Options *opt, Str text)
{
    if (opt->bootstrap)
        return has_line(text, STR("--@ local"));
    return !opt->disk && (has_line(text, STR("--@ restart")) || has_line(text, STR("--@ crash")));
}

/* At least once, so that what is done need not wait for a transaction's time. */
static void use_kafka(SqlTest *t, KafkaConfig *kafka, PropSet *props)
{
    static int files;
    Err err = ERR_INIT;
    BUG_IF(props_set_server(props, STR("processing.guarantee"), STR("at_least_once"), &err));
    kafka->prefix = arena_strf(t->arena, "t%ld-%lld-%d-", (long)getpid(), (long long)effects_wall_ms(effects_real()), files++).p;
    t->config.kafka = kafka;
    t->config.props = props;
    t->config.alone = t->config.dense_ids = true;
}

static bool run_text(SqlTest *t)
{
    char dir[] = "/tmp/sluice-test-XXXXXX";
    Effects *fx = effects_sim_new(1, START_MS);
    Str servers = str_of(t->opt->bootstrap ? t->opt->bootstrap : "");
    const KafkaSetting settings[] = {{STR("bootstrap.servers"), servers}};
    KafkaConfig kafka = {.settings = settings, .n = 1};
    PropSet props = {0};
    t->config = (EngineConfig){.fx = fx, .workers = 1, .batch_rows = t->opt->batch, .check_operators = true};
    if (t->opt->bootstrap)
        use_kafka(t, &kafka, &props);
    if (t->opt->disk && !(t->config.dir = mkdtemp(dir))) {
        printf("%s: no temporary folder\n", t->path);
        t->mismatches++;
    } else if (open_engine(t)) {
        run_items(t);
        close_engine(t, false);
    } else {
        printf("%s: the engine does not open: %s", t->path, buf_z(&t->got));
        t->mismatches++;
    }
    if (t->config.dir)
        files_remove(t->config.dir);
    effects_sim_free(fx);
    props_free(&props);
    return t->mismatches == 0;
}

/* 1 passed, 0 failed, -1 skipped. */
static int run_file(const Options *opt, Str path)
{
    Err err = ERR_INIT;
    SqlTest t = {.opt = opt, .path = path.p, .arena = arena_new(0)};
    int result = 0;
    guard_enter("sql", path, FILE_SECONDS);
    if (files_read(t.arena, path.p, &t.text, &err)) {
        printf("%s\n", err.msg);
    } else if (is_skipped(opt, t.text)) {
        result = -1;
    } else {
        result = run_text(&t);
        if (opt->bless && !result && t.blessed.n && !files_write(path.p, buf_view(&t.blessed), &err)) {
            printf("%s: rewritten, %d answers changed\n", path.p, t.mismatches);
            result = 1;
        }
    }
    guard_leave();
    if (!result || opt->verbose)
        printf("%s %s\n", result > 0 ? "pass" : result ? "skip" : "FAIL", path.p);
    err_clear(&err);
    buf_free(&t.got);
    buf_free(&t.blessed);
    arena_free(t.arena);
    return result;
}

static int usage(FILE *to)
{
    fputs("Usage: sluice test sql [--batch N] [--disk] [--bootstrap-server H:P]\n"
          "                       [--reprint] [--bless] [--verbose] FILE|DIR...\n", to);
    return to == stdout ? 0 : 2;
}

int tool_sqltest(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--help"))
        return usage(stdout);
    Options opt = {0};
    Arena *a = arena_new(0);
    PathVec files = {0};
    int counts[3] = {0}, code = 0;
    for (int i = 1; i < argc && !code; i++) {
        Err err = ERR_INIT;
        if (!strcmp(argv[i], "--disk")) {
            opt.disk = true;
        } else if (!strcmp(argv[i], "--reprint")) {
            opt.reprint = true;
        } else if (!strcmp(argv[i], "--bless")) {
            opt.bless = true;
        } else if (!strcmp(argv[i], "--verbose")) {
            opt.verbose = true;
        } else if (!strcmp(argv[i], "--bootstrap-server") && i + 1 < argc) {
            opt.bootstrap = argv[++i];
        } else if (!strcmp(argv[i], "--batch") && i + 1 < argc) {
            opt.batch = atoi(argv[++i]);
        } else if (argv[i][0] == '-') {
            code = usage(stderr);
        } else if (files_find(a, argv[i], ".sql", &files, &err)) {
            fprintf(stderr, "sluice test sql: %s\n", err.msg);
            err_clear(&err);
            code = 2;
        }
    }
    if (!code && files.n == 0)
        code = usage(stderr);
    for (int i = 0; i < files.n && !code; i++)
        counts[run_file(&opt, files.v[i]) + 1]++;
    if (!code) {
        printf("%d passed, %d failed", counts[2], counts[1]);
        if (counts[0])
            printf(", %d skipped", counts[0]);
        putchar('\n');
        code = counts[1] > 0;
    }
    arena_free(a);
    return code;
}
