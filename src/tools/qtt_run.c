// SPDX-License-Identifier: Apache-2.0
// Runs one query-validation case (page 12 §12.2): an engine of its own on memory topics, a clock
// that stands still, every record in partition 0, and each input worked through before the next.
//
//   1  session properties       2  topics of the case, of its CREATE statements, of its inputs
//   3  statements               4  inputs, one after another, settled each time
//   5  what queries failed with 6  outputs, then post conditions
//
// `not supported yet` at any of these steps makes the case skipped.
#define _GNU_SOURCE /* memmem */
#include <stdarg.h>
#include <stdio.h>

#include "sql/parse.h"
#include "sql/print.h"
#include "tools/qtt_case.h"

const char qtt_not_yet[] = "not supported yet";

/* Functions in Java that only the tests of ksqlDB have (page 12 §12.7): cases with one of them are skipped. */
static const char *const java_only[] = {
    "TEST_UDF",  "BAD_UDF",  "WHENCONDITION", "WHENRESULT",  "TEST_UDTF",
    "TEST_UDAF", "VAR_ARG",  "MULTI_ARG",     "FOUR_ARG",    "THROWING_UDTF",
    "FIVE_ARG",  "TOSTRUCT", "OBJ_COL_ARG",   "MID_VAR_ARG", "GENERIC_VAR_ARG",
};

json_t *qtt_ask(QttRun *r, Err *err, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    Script script;
    Stmt *stmt = NULL;
    Answer answer = {0};
    Arena *a = arena_new(0);
    json_t *entity = NULL;
    script_init(&script, str_of(text));
    if (!script_next(&script, a, NULL, true, &stmt, err) && stmt &&
        !session_run(r->session, stmt, &answer, err))
        entity = json_incref(answer.entity);
    answer_clear(&answer);
    arena_free(a);
    return entity;
}

/* ---- what topics hold --------------------------------------------------------------------------- */

const QttTopic *qtt_topic(QttRun *r, Str name)
{
    QttTopic *t = strmap_find(&r->topics, name);
    if (!t) {
        t = ARENA_NEW(r->arena, QttTopic);
        t->name = arena_str(r->arena, name);
        t->key.format = QTT_KAFKA;
        t->value.format = QTT_JSON;
        strmap_put(&r->topics, name, t);
    }
    return t;
}

static void learn_side(Arena *a, QttSide *side, const char *format, const json_t *fields, bool key)
{
    *side = (QttSide){.format = QTT_JSON, .format_name = arena_str(a, str_of(format))};
    if (!format)
        return;
    if (!strcmp(format, "KAFKA"))
        side->format = QTT_KAFKA;
    else if (!strcmp(format, "DELIMITED"))
        side->format = QTT_DELIMITED;
    else if (!strcmp(format, "NONE"))
        side->format = QTT_NONE;
    size_t i;
    json_t *f;
    json_array_foreach(fields, i, f) {
        const char *role = json_string_value(json_object_get(f, "type"));
        const char *type = json_string_value(json_object_get(json_object_get(f, "schema"), "type"));
        if (!type || key != (role && !strcmp(role, "KEY")) || (role && !strcmp(role, "HEADER")))
            continue;
        side->primitive = !strcmp(type, "INTEGER") ? QTT_INTEGER
                          : !strcmp(type, "BIGINT") ? QTT_BIGINT
                          : !strcmp(type, "DOUBLE") ? QTT_DOUBLE
                          : !strcmp(type, "BYTES")  ? QTT_BYTES
                                                    : QTT_STRING;
        return;
    }
}

/* The size of a window from the text of the statement that made it: WINDOW_SIZE or SIZE n unit. */
static int64_t window_size(const json_t *description)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000}, {"DAY", 86400000}};
    const char *sql = json_string_value(json_object_get(description, "statement"));
    const char *at = sql ? strstr(sql, "WINDOW_SIZE") : NULL;
    long long n = 0;
    char unit[16] = "";
    if (!at && sql)
        at = strstr(sql, "SIZE ");
    if (!at)
        return 0;
    at += strcspn(at, "0123456789");
    if (sscanf(at, "%lld %15[A-Za-z]", &n, unit) != 2)
        return 0;
    for (int i = 0; i < ARRAY_LEN(units); i++)
        if (str_starts(str_of(unit), str_of(units[i].name)))
            return n * units[i].ms;
    return 0;
}

void qtt_learn_source(QttRun *r, Str name)
{
    Err err = ERR_INIT;
    json_t *entity = qtt_ask(r, &err, "DESCRIBE `%.*s`;", STR_ARG(name));
    const json_t *d = json_object_get(entity, "sourceDescription"), *fields = json_object_get(d, "fields");
    const char *topic = json_string_value(json_object_get(d, "topic"));
    const char *window = json_string_value(json_object_get(d, "windowType"));
    err_clear(&err);
    if (topic) {
        QttTopic *t = strmap_find(&r->topics, str_of(topic));
        if (!t)
            t = ARENA_NEW(r->arena, QttTopic);
        t->name = arena_str(r->arena, str_of(topic));
        learn_side(r->arena, &t->key, json_string_value(json_object_get(d, "keyFormat")), fields, true);
        learn_side(r->arena, &t->value, json_string_value(json_object_get(d, "valueFormat")), fields, false);
        t->window = !window ? QTT_UNWINDOWED : !strcmp(window, "SESSION") ? QTT_SESSION : QTT_TIME;
        if (t->window == QTT_TIME && !t->window_size)
            t->window_size = window_size(d);
        strmap_put(&r->topics, t->name, t);
    }
    json_decref(entity);
}

/* ---- topics -------------------------------------------------------------------------------------- */

/* A name that is taken or impossible is the statement's affair. */
static void make_topic(QttRun *r, Str name, int64_t partitions)
{
    Err err = ERR_INIT;
    TopicInfo info = {.name = name, .partitions = (int)partitions, .replicas = 1, .retention_ms = -1};
    if (!name.n || topic_describe(engine_topics(r->engine), name, &(TopicInfo){0}))
        return;
    if (topic_create(engine_topics(r->engine), &info, &err))
        err_clear(&err);
}

static const Expr *property(const Stmt *st, const char *name)
{
    for (int i = 0; i < st->props.n; i++)
        if (str_eq_nocase(st->props.v[i].name.text, str_of(name)))
            return st->props.v[i].value;
    return NULL;
}

void qtt_make_topics(QttRun *r, const StmtVec *stmts)
{
    const JTree *topics = r->c->topics, *inputs = r->c->inputs;
    for (int i = 0; topics && i < topics->n; i++)
        make_topic(r, jtree_text(&topics->items[i], "name"), jtree_int(&topics->items[i], "partitions", 1));
    for (int i = 0; i < stmts->n; i++) {
        const Stmt *st = stmts->v[i];
        if ((st->kind != STMT_CREATE_STREAM && st->kind != STMT_CREATE_TABLE) || st->elements.n == 0)
            continue;
        const Expr *topic = property(st, "KAFKA_TOPIC"), *partitions = property(st, "PARTITIONS");
        Str name = topic && topic->kind == EXPR_STRING ? topic->text : st->name.text;
        bool given = partitions && partitions->kind == EXPR_INT && partitions->i > 0;
        make_topic(r, name, given ? partitions->i : 4);
    }
    for (int i = 0; inputs && i < inputs->n; i++) {
        Str name = jtree_text(&inputs->items[i], "topic");
        bool sink = false;
        for (int k = 0; k < stmts->n && !sink; k++) {
            const Stmt *st = stmts->v[k];
            const Expr *topic = property(st, "KAFKA_TOPIC");
            sink = (st->kind == STMT_CREATE_STREAM_AS || st->kind == STMT_CREATE_TABLE_AS) &&
                   str_eq(topic && topic->kind == EXPR_STRING ? topic->text : st->name.text, name);
        }
        if (!sink)
            make_topic(r, name, 4);
    }
}

/* ---- errors --------------------------------------------------------------------------------------- */

static bool contains(Str text, Str part)
{
    return part.n == 0 || (text.n >= part.n && memmem(text.p, text.n, part.p, part.n) != NULL);
}

/* The text up to the statement that Java's exceptions put behind their message. */
static Str without_statement(Str want)
{
    const char *at = want.n ? memmem(want.p, want.n, "\nStatement:", 11) : NULL;
    return at ? str_sub(want, 0, (size_t)(at - want.p)) : want;
}

bool qtt_error_matches(const QttCase *c, const Err *err, const Stmt *st, Str want)
{
    Buf b = BUF_INIT;
    want = without_statement(want);
    const char *msg = err->msg ? err->msg : "";
    bool ok = contains(str_of(msg), want);
    if (!ok) {
        parse_err_ksql(err, &b);
        buf_printf(&b, "\nStatement: %.*s", STR_ARG(st ? st->sql : c->script));
        ok = contains(buf_view(&b), want);
    }
    if (!ok && st) {
        buf_clear(&b);
        buf_printf(&b, "%s\nStatement: ", msg);
        print_stmt_line(&b, st);
        buf_byte(&b, ';');
        ok = contains(buf_view(&b), want);
    }
    if (!ok && err->hint) {
        buf_clear(&b);
        buf_printf(&b, "%s\n%s", msg, err->hint);
        ok = contains(buf_view(&b), want);
    }
    buf_free(&b);
    return ok;
}

/* "Can't find any functions with the name 'TEST_UDF'" */
static bool misses_java_only(const char *msg)
{
    static const char text[] = "any functions with the name '";
    const char *at = strstr(msg, text);
    if (!at)
        return false;
    Str name = {at + sizeof text - 1, strcspn(at + sizeof text - 1, "'")};
    for (int i = 0; i < ARRAY_LEN(java_only); i++)
        if (str_eq_nocase(name, str_of(java_only[i])))
            return true;
    return false;
}

QttVerdict qtt_judge_error(QttRun *r, const Err *err, const Stmt *st, bool last)
{
    Str want = jtree_text(r->c->exception, "message");
    const char *msg = err->msg ? err->msg : "";
    if (err->code == ERR_UNSUPPORTED || str_starts(str_of(msg), str_of(qtt_not_yet))) {
        buf_cstr(r->why, msg);
        return QTT_SKIPPED;
    }
    if (misses_java_only(msg)) {
        buf_cstr(r->why, "needs a function in Java that only ksqlDB's tests have");
        return QTT_SKIPPED;
    }
    Str sql = st ? st->sql : r->c->script;
    if (!r->c->exception || (!last && err->code != ERR_SYNTAX)) {
        buf_printf(r->why, "statement failed: %s (line %d:%d)\n  in: %.*s\n", msg, err->span.line,
                   err->span.col, STR_ARG(sql));
        return QTT_FAILED;
    }
    if (qtt_error_matches(r->c, err, st, want))
        return QTT_PASSED;
    buf_printf(r->why, "another error than expected\n  expected: %.*s\n  actual:   %s (line %d:%d)\n", STR_ARG(want),
               msg, err->span.line, err->span.col);
    buf_printf(r->why, "  in: %.*s\n", STR_ARG(sql));
    return QTT_FAILED;
}

void qtt_query_errors(QttRun *r, Buf *out)
{
    Err err = ERR_INIT;
    json_t *entity = qtt_ask(r, &err, "SHOW QUERIES;"), *q, *e;
    const json_t *queries = json_object_get(entity, "queries");
    size_t i, k;
    json_array_foreach(queries, i, q) {
        const char *id = json_string_value(json_object_get(q, "id"));
        json_t *plan = qtt_ask(r, &err, "EXPLAIN %s;", id ? id : "");
        const json_t *errors = json_object_get(json_object_get(plan, "queryDescription"), "queryErrors");
        json_array_foreach(errors, k, e) {
            const char *m = json_string_value(json_object_get(e, "errorMessage"));
            buf_printf(out, "%s: %s\n", id ? id : "", m ? m : "");
        }
        json_decref(plan);
    }
    err_clear(&err);
    json_decref(entity);
}

/* ---- the steps ------------------------------------------------------------------------------------ */

static Str property_text(Arena *a, const JTree *t)
{
    Buf b = BUF_INIT;
    if (t->kind == JT_STRING)
        return t->text;
    jtree_write(&b, t);
    Str s = arena_str(a, buf_view(&b));
    buf_free(&b);
    return s;
}

static QttVerdict set_properties(QttRun *r)
{
    Err err = ERR_INIT;
    const JTree *props = r->c->properties;
    if (session_set(r->session, STR("auto.offset.reset"), STR("earliest"), &err) ||
        (!r->rest && session_set(r->session, STR("ksql.streams.cache.max.bytes.buffering"), STR("0"), &err))) {
        buf_printf(r->why, "the engine refuses a property of every case: %s\n", err.msg);
        err_clear(&err);
        return QTT_FAILED;
    }
    if (session_set(r->session, STR("ksql.headers.columns.enabled"), STR("true"), &err))
        err_clear(&err); /* a property of servers: on is what the engine knows */
    for (int i = 0; props && i < props->n; i++) {
        Str name = props->names[i], value = property_text(r->arena, &props->items[i]);
        if (str_eq_c(name, "use.exact.numeric.comparison"))
            continue;
        if (str_eq(name, r->c->config_name)) {
            value = r->c->config_value;
        } else if (str_eq_c(name, "ksql.new.query.planner.enabled") && str_eq_c(value, "true")) {
            buf_printf(r->why, "%s: ksqlDB's experimental planner", qtt_not_yet);
            return QTT_SKIPPED;
        }
        if (session_set(r->session, name, value, &err)) {
            buf_printf(r->why, "%s: property %.*s", qtt_not_yet, STR_ARG(name));
            err_clear(&err);
            return QTT_SKIPPED;
        }
    }
    return QTT_PASSED;
}

/* Runs the statements. *done: the verdict is final. */
static QttVerdict run_statements(QttRun *r, bool *done)
{
    Err err = ERR_INIT;
    Script script;
    StmtVec stmts = {0};
    Stmt *stmt = NULL;
    QttVerdict v = QTT_PASSED;
    script_init(&script, r->c->script);
    do {
        if (script_next(&script, r->arena, NULL, true, &stmt, &err)) {
            v = qtt_judge_error(r, &err, NULL, true);
            *done = true;
        } else if (stmt) {
            vec_push(r->arena, &stmts, stmt);
        }
    } while (!*done && stmt);
    if (!*done)
        qtt_make_topics(r, &stmts);
    for (int i = 0; i < stmts.n && !*done; i++) {
        const Stmt *st = stmts.v[i];
        Answer answer = {0};
        if (session_run(r->session, st, &answer, &err)) {
            v = qtt_judge_error(r, &err, st, i == stmts.n - 1);
            *done = true;
        } else if (st->kind <= STMT_CREATE_TABLE_AS || st->kind == STMT_ALTER_SOURCE) {
            qtt_learn_source(r, st->name.text);
        }
        answer_clear(&answer);
    }
    err_clear(&err);
    return v;
}

bool qtt_put_input(QttRun *r, int i)
{
    Err err = ERR_INIT;
    Record rec;
    TopicInfo info;
    const char *why;
    const JTree *input = &r->c->inputs->items[i];
    Str topic = jtree_text(input, "topic");
    int partition = 0;
    if (!qtt_encode(r, input, &rec, &why)) {
        buf_printf(r->why, "input %d: %s\n", i, why);
        return false;
    }
    if (r->rest && topic_describe(engine_topics(r->engine), topic, &info))
        partition = rec.key ? partition_of((Str){rec.key, (size_t)rec.key_len}, info.partitions)
                            : i % info.partitions;
    Unit *u = unit_begin(engine_topics(r->engine));
    unit_append(u, topic, partition, &rec);
    if (unit_commit(u, false, &err)) {
        buf_printf(r->why, "input %d: %s\n", i, err.msg);
        err_clear(&err);
        return false;
    }
    return true;
}

static bool feed(QttRun *r)
{
    const JTree *inputs = r->c->inputs;
    runtime_settle(r->engine);
    for (int i = 0; inputs && i < inputs->n; i++) {
        if (!qtt_put_input(r, i))
            return false;
        runtime_settle(r->engine);
    }
    return true;
}

/* Outputs, run time errors, post conditions. */
static QttVerdict verify(QttRun *r)
{
    Buf errors = BUF_INIT;
    QttVerdict v = QTT_PASSED;
    bool ok = feed(r) && qtt_check_outputs(r);
    if (!ok || r->c->exception)
        qtt_query_errors(r, &errors);
    if (contains(buf_view(&errors), str_of(qtt_not_yet))) {
        buf_clear(r->why);
        buf_str(r->why, str_trim(buf_view(&errors)));
        v = QTT_SKIPPED;
    } else if (r->c->exception) {
        if (!errors.n || !contains(buf_view(&errors), jtree_text(r->c->exception, "message"))) {
            Str want = jtree_text(r->c->exception, "message");
            buf_printf(r->why, "expected to fail: %.*s\n%s%s", STR_ARG(want),
                       errors.n ? "queries failed with: " : "", buf_z(&errors));
            v = QTT_FAILED;
        }
    } else if (!ok) {
        if (errors.n)
            buf_printf(r->why, "queries failed with:\n%s", buf_z(&errors));
        v = QTT_FAILED;
    } else if (!qtt_check_post(r)) {
        v = QTT_FAILED;
    }
    buf_free(&errors);
    return v;
}

QttVerdict qtt_open(QttRun *r, Effects *fx)
{
    Err err = ERR_INIT;
    EngineConfig config = {.fx = fx, .workers = 1, .service_id = "some.ksql.service.id",
                           .sequential_ids = true, .single_partition = !r->rest, .check_operators = true,
                           .no_processing_log = true};
    if (!r->c->enabled) {
        buf_cstr(r->why, "not enabled in its file");
        return QTT_SKIPPED;
    }
    if (engine_open(&config, &r->engine, &err)) {
        buf_printf(r->why, "the engine does not open: %s\n", err.msg);
        err_clear(&err);
        return QTT_FAILED;
    }
    r->session = session_new(r->engine);
    return set_properties(r);
}

void qtt_close(QttRun *r)
{
    session_free(r->session);
    engine_close(r->engine);
    strmap_free(&r->topics);
    arena_free(r->arena);
}

QttVerdict qtt_run_case(const QttCase *c, Buf *why)
{
    Effects *fx = effects_sim_new(1, QTT_START_MS);
    QttRun r = {.c = c, .arena = arena_new(0), .why = why};
    bool done = false;
    QttVerdict v = qtt_open(&r, fx);
    if (v == QTT_PASSED)
        v = run_statements(&r, &done);
    if (v == QTT_PASSED && !done)
        v = verify(&r);
    qtt_close(&r);
    effects_sim_free(fx);
    return v;
}
