// SPDX-License-Identifier: Apache-2.0
// An engine for tests of the runtime: simulated or real effects, in memory or in a directory, and short ways to run
// statements and to see what they answer.
#ifndef SLUICE_TEST_RUNTIME_HELP_H
#define SLUICE_TEST_RUNTIME_HELP_H

#include "tmpdir.h"

#include <jansson.h>
#include <stdlib.h>

#include "runtime/session.h"
#include "sql/parse.h"
#include "types/cast.h"
#include "unit.h"

enum { BED_START_MS = 1000000 };

typedef struct Bed {
    EngineConfig config;
    TmpDir dir;
    bool on_disk;
    Effects *sim; /* NULL: real effects */
    Engine *e;
    Session *s;
    json_t *last;  /* the entity of the last statement that answered with one */
    char *message; /* the last error's */
    Buf text;      /* of the last bed_rows */
} Bed;

static inline bool bed_start(Bed *b)
{
    Err err = ERR_INIT;
    b->config.dir = b->on_disk ? b->dir.path : NULL;
    b->config.fx = b->sim ? b->sim : effects_real();
    Status st = engine_open(&b->config, &b->e, &err);
    if (st)
        printf("open: %s\n", err.msg);
    b->s = st == OK ? session_new(b->e) : NULL;
    err_clear(&err);
    return st == OK;
}

static inline void bed_stop(Bed *b, bool crash)
{
    session_free(b->s);
    if (crash)
        engine_crash(b->e);
    else
        engine_close(b->e);
    b->s = NULL;
    b->e = NULL;
}

static inline bool bed_open(Bed *b, bool on_disk, bool simulated)
{
    *b = (Bed){.on_disk = on_disk, .config = {.check_operators = true, .workers = 2}};
    if (simulated)
        b->sim = effects_sim_new(7, BED_START_MS);
    if (on_disk)
        b->dir = tmpdir_new();
    return bed_start(b);
}

static inline void bed_close(Bed *b)
{
    json_decref(b->last);
    mem_free(b->message);
    buf_free(&b->text);
    if (b->e)
        bed_stop(b, false);
    if (b->sim)
        effects_sim_free(b->sim);
    if (b->on_disk)
        tmpdir_remove(&b->dir);
}

/* Runs all statements of a text; stops at the first that fails. *out: the last stream; NULL: none is wanted. */
static inline Status session_text(Session *s, const char *sql, json_t **entity, RowStream **out, Err *err)
{
    Arena *a = arena_new(4096);
    StmtVec stmts = {0};
    Status st = parse_all(str_of(sql), a, NULL, &stmts, err);
    for (int i = 0; i < stmts.n && st == OK; i++) {
        Answer ans = {0};
        st = session_run(s, stmts.v[i], &ans, err);
        if (entity && ans.entity) {
            json_decref(*entity);
            *entity = json_incref(ans.entity);
        }
        if (out && ans.stream) {
            rowstream_close(*out);
            *out = ans.stream;
            ans.stream = NULL;
        }
        answer_clear(&ans);
    }
    arena_free(a);
    return st;
}

static inline Status bed_stream(Bed *b, const char *sql, RowStream **out)
{
    Err err = ERR_INIT;
    Status st = session_text(b->s, sql, &b->last, out, &err);
    mem_free(b->message);
    b->message = err.msg ? mem_strdup(err.msg) : NULL;
    err_clear(&err);
    return st;
}

static inline Status bed_run(Bed *b, const char *sql) { return bed_stream(b, sql, NULL); }

static inline void show_value(Buf *out, const Type *t, const Value *v)
{
    if (v->null)
        buf_cstr(out, "null");
    else if (t->kind == KIND_INTEGER)
        text_int(out, v->d.i);
    else if (t->kind == KIND_BIGINT)
        text_int(out, v->d.l);
    else if (t->kind == KIND_STRING)
        buf_str(out, view_str(v->d.s));
    else
        buf_cstr(out, "?");
}

/* What is there now: "a,1|b,2", in b->text; behind it " ERROR why" when the stream failed. */
static inline const char *stream_rows(Bed *b, RowStream *rs, int wait_ms)
{
    StreamRow row;
    Err err = ERR_INIT;
    StreamEvent ev;
    buf_clear(&b->text);
    while ((ev = rowstream_next(rs, wait_ms, &row, &err)) == STREAM_ROW) {
        if (b->text.n)
            buf_byte(&b->text, '|');
        if (!row.values) {
            buf_str(&b->text, row.line);
            continue;
        }
        const Schema *sch = rowstream_schema(rs);
        for (int c = 0; c < sch->n; c++) {
            if (c)
                buf_byte(&b->text, ',');
            show_value(&b->text, sch->cols[c].type, &row.values[c]);
        }
    }
    if (ev == STREAM_ERROR)
        buf_printf(&b->text, " ERROR %s", err.msg);
    err_clear(&err);
    return buf_z(&b->text);
}

/* The rows of a pull query, or of what a push query finds now. */
static inline const char *bed_rows(Bed *b, const char *sql)
{
    RowStream *rs = NULL;
    if (bed_stream(b, sql, &rs) || !rs) {
        buf_clear(&b->text);
        buf_printf(&b->text, "REFUSED %s", b->message ? b->message : "");
        return buf_z(&b->text);
    }
    const char *text = stream_rows(b, rs, 0);
    rowstream_close(rs);
    return text;
}

/* Simulated: steps, and moves the clock, until commits of ms are done. */
static inline void bed_pass(Bed *b, int64_t ms)
{
    runtime_settle(b->e);
    effects_sim_advance(b->sim, ms);
    runtime_settle(b->e);
}

/* The member of a query in SHOW QUERIES; NULL when it is not there. */
static inline const char *bed_query(Bed *b, const char *prefix, const char *member)
{
    size_t i;
    json_t *q;
    if (bed_run(b, "SHOW QUERIES;"))
        return NULL;
    json_array_foreach(json_object_get(b->last, "queries"), i, q)
        if (strncmp(json_string_value(json_object_get(q, "id")), prefix, strlen(prefix)) == 0)
            return json_string_value(json_object_get(q, member));
    return NULL;
}

#define RUN(b, sql)                                                                  \
    do {                                                                             \
        if (bed_run((b), (sql)) != OK) {                                             \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, (sql), (b)->message);      \
            return 1;                                                                \
        }                                                                            \
    } while (0)

#endif
