// SPDX-License-Identifier: Apache-2.0
// Runs one case of ksqlDB's REST query tests (page 12 §12.9 of its reference) in a session, without HTTP: an engine
// of its own on memory topics with real partitions, and a clock that only the run moves.
//
//   1  the server's and the case's properties    2  topics
//   3  every statement before the first SELECT   4  inputs, all at once; then the queries work and commit
//   5  each SELECT, its answer read to its end   6  outputs, then responses
//
// With waitForActivePushQuery the first SELECT is started before the inputs and read after them. A push query
// without an end is read until nothing comes for some commit intervals. `not supported yet` skips a case.
#define _GNU_SOURCE /* memrchr */
#include <stdlib.h>

#include "sql/parse.h"
#include "tools/rqtt_run.h"

enum {
    COMMIT_MS = 2000, /* of the server of these tests */
    IDLE_ROUNDS = 3,  /* commit intervals without a row that end the reading */
};

typedef struct Rest {
    QttRun qtt;
    Effects *fx;
    StmtVec stmts;
    RqttAnswerVec answers;
} Rest;

/* ---- answers ------------------------------------------------------------------------------------ */

static const JTree *tree_of(Rest *r, Buf *text)
{
    Err err = ERR_INIT;
    JTree *t;
    if (jtree_parse(r->qtt.arena, arena_str(r->qtt.arena, buf_view(text)), false, &t, &err)) {
        t = ARENA_NEW(r->qtt.arena, JTree);
        *t = (JTree){.kind = JT_STRING, .text = arena_strf(r->qtt.arena, "no JSON: %s", err.msg)};
        err_clear(&err);
    }
    buf_free(text);
    return t;
}

static const JTree *header_line(Rest *r, const RowStream *rs)
{
    Buf b = BUF_INIT, schema = BUF_INIT;
    schema_print(&schema, rowstream_schema(rs));
    buf_cstr(&b, "{\"header\":{\"queryId\":");
    jtree_write_string(&b, rowstream_query_id(rs));
    buf_cstr(&b, ",\"schema\":");
    jtree_write_string(&b, buf_view(&schema));
    buf_cstr(&b, "}}");
    buf_free(&schema);
    return tree_of(r, &b);
}

static const JTree *row_line(Rest *r, const RowStream *rs, const StreamRow *row)
{
    const Schema *sch = rowstream_schema(rs);
    Buf b = BUF_INIT;
    buf_cstr(&b, "{\"row\":{\"columns\":[");
    for (int i = 0; i < sch->n; i++) {
        if (i)
            buf_byte(&b, ',');
        value_json(&b, sch->cols[i].type, &row->values[i]);
    }
    buf_cstr(&b, row->tombstone ? "],\"tombstone\":true}}" : "]}}");
    return tree_of(r, &b);
}

static const JTree *text_line(Rest *r, const char *name, const char *text)
{
    Buf b = BUF_INIT;
    buf_printf(&b, "{\"%s\":", name);
    jtree_write_string(&b, str_of(text));
    buf_byte(&b, '}');
    return tree_of(r, &b);
}

/* Lets all queries work and commit; then a commit interval passes. */
static void pass_interval(Rest *r)
{
    runtime_settle(r->qtt.engine);
    runtime_commit_all(r->qtt.engine);
    effects_sim_advance(r->fx, COMMIT_MS);
    runtime_settle(r->qtt.engine);
}

static void read_rows(Rest *r, RowStream *rs, RqttAnswer *out)
{
    Arena *a = r->qtt.arena;
    Err err = ERR_INIT;
    StreamEvent ev = STREAM_IDLE;
    vec_push(a, &out->rows, header_line(r, rs));
    for (int idle = 0; idle <= IDLE_ROUNDS; idle++) {
        StreamRow row;
        while ((ev = rowstream_next(rs, 0, &row, &err)) == STREAM_ROW) {
            idle = 0;
            vec_push(a, &out->rows, row_line(r, rs, &row));
        }
        if (ev != STREAM_IDLE)
            break;
        pass_interval(r);
    }
    if (ev == STREAM_ERROR)
        vec_push(a, &out->rows, text_line(r, "errorMessage", err.msg ? err.msg : ""));
    else if (ev == STREAM_END && *rowstream_final(rs))
        vec_push(a, &out->rows, text_line(r, "finalMessage", rowstream_final(rs)));
    err_clear(&err);
}

static void add_entity(Rest *r, const Stmt *st, const json_t *entity)
{
    char *text = json_dumps(entity, JSON_COMPACT);
    RqttAnswer a = {.sql = st->sql};
    Buf b = BUF_INIT;
    buf_cstr(&b, text ? text : "null");
    free(text);
    vec_push(r->qtt.arena, &a.rows, tree_of(r, &b));
    vec_push(r->qtt.arena, &r->answers, a);
}

/* ---- the steps ---------------------------------------------------------------------------------- */

/* An expected error must have the class and the status that a server would tell. */
static bool same_kind(Rest *r, const Err *err, const Stmt *st)
{
    Str type = jtree_text(r->qtt.c->exception, "type");
    int64_t status = jtree_int(r->qtt.c->exception, "status", err_http(err->code));
    /* A server names the statement in all errors but those of push queries. */
    bool push = st && st->kind == STMT_SELECT && st->query->emit != EMIT_NONE;
    const char *want = err_ksql(err->code) == 40001 && !push ? "KsqlStatementErrorMessage" : "KsqlErrorMessage";
    const char *dot = type.n ? memrchr(type.p, '.', type.n) : NULL;
    Str name = dot ? str_sub(type, (size_t)(dot + 1 - type.p), type.n - (size_t)(dot + 1 - type.p)) : type;
    if (status == err_http(err->code) && (name.n == 0 || str_eq_c(name, want)))
        return true;
    buf_printf(r->qtt.why, "the right error as another kind\n  expected: %.*s, HTTP %d\n  actual:   %s, HTTP %d\n",
               STR_ARG(name), (int)status, want, err_http(err->code));
    return false;
}

static QttVerdict judge(Rest *r, const Err *err, const Stmt *st, bool last)
{
    QttVerdict v = qtt_judge_error(&r->qtt, err, st, last);
    return v == QTT_PASSED && !same_kind(r, err, st) ? QTT_FAILED : v;
}

/* Parses every statement. *done: the verdict is final. */
static QttVerdict parse_statements(Rest *r, bool *done)
{
    Err err = ERR_INIT;
    const QttCase *c = r->qtt.c;
    QttVerdict v = QTT_PASSED;
    for (int i = 0; i < c->nstatements && !*done; i++) {
        Script script;
        Stmt *stmt = NULL;
        script_init(&script, c->statements[i]);
        do {
            if (script_next(&script, r->qtt.arena, NULL, true, &stmt, &err)) {
                v = judge(r, &err, NULL, i == c->nstatements - 1);
                *done = true;
            } else if (stmt) {
                vec_push(r->qtt.arena, &r->stmts, stmt);
            }
        } while (stmt && !*done);
    }
    err_clear(&err);
    return v;
}

/* Runs statement i; *stream is the rows of a SELECT. */
static QttVerdict run_statement(Rest *r, int i, RowStream **stream, bool *done)
{
    Err err = ERR_INIT;
    Answer answer = {0};
    const Stmt *st = r->stmts.v[i];
    QttVerdict v = QTT_PASSED;
    *stream = NULL;
    if (session_run(r->qtt.session, st, &answer, &err)) {
        v = judge(r, &err, st, i == r->stmts.n - 1);
        *done = true;
    } else {
        if (st->kind <= STMT_CREATE_TABLE_AS || st->kind == STMT_ALTER_SOURCE)
            qtt_learn_source(&r->qtt, st->name.text);
        if (answer.entity)
            add_entity(r, st, answer.entity);
        *stream = answer.stream;
        answer.stream = NULL;
    }
    answer_clear(&answer);
    err_clear(&err);
    return v;
}

static void take_answer(Rest *r, int i, RowStream *rs)
{
    RqttAnswer a = {.sql = r->stmts.v[i]->sql, .query = true};
    if (rs) {
        read_rows(r, rs, &a);
        vec_push(r->qtt.arena, &r->answers, a);
    }
    rowstream_close(rs);
}

static bool feed(Rest *r)
{
    const JTree *inputs = r->qtt.c->inputs;
    runtime_settle(r->qtt.engine);
    for (int i = 0; inputs && i < inputs->n; i++)
        if (!qtt_put_input(&r->qtt, i))
            return false;
    pass_interval(r);
    return true;
}

/* The index of the first SELECT. */
static int first_select(const Rest *r)
{
    int i = 0;
    while (i < r->stmts.n && r->stmts.v[i]->kind != STMT_SELECT)
        i++;
    return i;
}

/* Statements, inputs, queries. */
static QttVerdict run_all(Rest *r, bool *done)
{
    QttVerdict v = parse_statements(r, done);
    RowStream *rs = NULL;
    int select = first_select(r), i = 0;
    if (!*done)
        qtt_make_topics(&r->qtt, &r->stmts);
    for (; i < select && v == QTT_PASSED && !*done; i++) {
        v = run_statement(r, i, &rs, done);
        take_answer(r, i, rs);
    }
    if (v != QTT_PASSED || *done)
        return v;
    rs = NULL;
    bool started = r->qtt.c->wait_for_push && i < r->stmts.n;
    if (started)
        v = run_statement(r, i, &rs, done);
    if (v == QTT_PASSED && !*done && !feed(r))
        v = QTT_FAILED;
    if (started) {
        take_answer(r, i, rs);
        i++;
    }
    for (; i < r->stmts.n && v == QTT_PASSED && !*done; i++) {
        v = run_statement(r, i, &rs, done);
        take_answer(r, i, rs);
    }
    return v;
}

static QttVerdict verify(Rest *r)
{
    QttRun *q = &r->qtt;
    Buf errors = BUF_INIT;
    QttVerdict v = QTT_PASSED;
    if (q->c->exception) {
        Str want = jtree_text(q->c->exception, "message");
        buf_printf(q->why, "expected to fail: %.*s\n", STR_ARG(want));
        v = QTT_FAILED;
    } else if (!rqtt_check_answers(q, &r->answers) || !qtt_check_outputs(q)) {
        v = QTT_FAILED;
    }
    if (v == QTT_FAILED) {
        qtt_query_errors(q, &errors);
        if (errors.n)
            buf_printf(q->why, "queries failed with:\n%s", buf_z(&errors));
    }
    buf_free(&errors);
    return v;
}

static bool wants_protobuf(const QttCase *c)
{
    for (int i = 0; c->responses && i < c->responses->n; i++)
        if (jtree_get(&c->responses->items[i], "queryProto"))
            return true;
    return false;
}

static bool wants_scalable(const QttCase *c)
{
    for (int i = 0; c->responses && i < c->responses->n; i++) {
        const JTree *lines = jtree_get(&c->responses->items[i], "query");
        const JTree *header = lines && lines->n ? jtree_get(&lines->items[0], "header") : NULL;
        if (str_eq_c(jtree_text(header, "queryId|starts_with"), "SCALABLE_PUSH_QUERY"))
            return true;
    }
    return false;
}

/* What the server of these tests has in its configuration and is not a default. */
static QttVerdict configure(Rest *r)
{
    Err err = ERR_INIT;
    Status st = session_set(r->qtt.session, STR("ksql.query.push.v2.enabled"), STR("true"), &err);
    err_clear(&err);
    if (!st || !wants_scalable(r->qtt.c))
        return QTT_PASSED;
    buf_printf(r->qtt.why, "%s: scalable push queries (property ksql.query.push.v2.enabled)", qtt_not_yet);
    return QTT_SKIPPED;
}

QttVerdict rqtt_run_case(const QttCase *c, Buf *why)
{
    Rest r = {.qtt = {.c = c, .arena = arena_new(0), .why = why, .rest = true},
              .fx = effects_sim_new(1, QTT_START_MS)};
    bool done = false;
    QttVerdict v = qtt_open(&r.qtt, r.fx);
    if (v == QTT_PASSED)
        v = configure(&r);
    if (v == QTT_PASSED)
        v = run_all(&r, &done);
    if (v == QTT_PASSED && !done)
        v = verify(&r);
    if (v == QTT_PASSED && wants_protobuf(c)) {
        buf_printf(why, "%s: rows as protobuf", qtt_not_yet);
        v = QTT_SKIPPED;
    }
    qtt_close(&r.qtt);
    effects_sim_free(r.fx);
    return v;
}
