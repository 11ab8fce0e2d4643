// SPDX-License-Identifier: Apache-2.0
// A chain of operators for tests, without the runtime: a source and a query over it are bound and planned as with remote
// topics, the topics are in memory or on a disk, records are given as text.
#ifndef SLUICE_TEST_EXEC_HELP_H
#define SLUICE_TEST_EXEC_HELP_H

#include "tmpdir.h"

#include "analyze/analyze.h"
#include "exec/op.h"
#include "func/registry.h"
#include "sql/parse.h"
#include "unit.h"

typedef struct Rig {
    Arena *a; /* the plan and the chain */
    Effects *fx;
    Topics *topics;
    Disk *disk; /* NULL: in memory */
    Catalog *cat;
    PropSet props;
    BoundCreateAs query;
    PPlan *plan;
    int sub; /* of the plan, that the chain is of: the last one */
    OpEnv env;
    OpChain chain;
    int64_t errors;
    char *why; /* of the last statement or record that failed */
} Rig;

typedef struct Fed {
    const char *key, *value; /* NULL: none */
    int64_t ts;
} Fed;

static inline void rig_why(Rig *r, const char *why)
{
    mem_free(r->why);
    r->why = why ? mem_strdup(why) : NULL;
}

static inline bool rig_failed(Rig *r, Err *err)
{
    rig_why(r, err->msg);
    printf("%s\n", err->msg ? err->msg : "?");
    err_clear(err);
    return false;
}

static inline void rig_row_log(void *arg, const char *where, const RowError *e, const Batch *b)
{
    Rig *r = arg;
    UNUSED(where);
    UNUSED(b);
    r->errors++;
    rig_why(r, arena_cstr(r->a, e->message));
}

static inline Status rig_topic(Rig *r, const TopicInfo *info, Err *err)
{
    TopicInfo had;
    return topic_describe(r->topics, info->name, &had) ? OK : topic_create(r->topics, info, err);
}

static inline Status rig_bind(Rig *r, const Stmt *st, Str sql, Err *err)
{
    const Analyzer an = {.arena = r->a, .cat = r->cat, .props = &r->props, .topics = r->topics, .fx = r->fx, .sql = sql};
    if (st->kind == STMT_CREATE_STREAM_AS || st->kind == STMT_CREATE_TABLE_AS) {
        Status s = bind_create_as(&an, st, &r->query, err);
        return s == OK && r->query.create_topic ? rig_topic(r, &r->query.topic, err) : s;
    }
    BoundCreate b = {0};
    Status s = bind_create(&an, st, &b, err);
    if (s == OK && b.create_topic)
        s = rig_topic(r, &b.topic, err);
    if (s)
        return s;
    Catalog *had = r->cat;
    r->cat = catalog_with(had, b.source);
    catalog_unref(had);
    source_unref(b.source);
    return OK;
}

static inline const PSub *rig_sub(const Rig *r) { return &r->plan->subs[r->sub]; }

static inline Status rig_build(Rig *r, Err *err)
{
    const PSub *sub = rig_sub(r);
    return op_build(r->a, sub->nodes, sub->n, &r->env, NULL, NULL, true, &r->chain, err);
}

/* sql: CREATE statements, the last one the query. app: prefix of internal topics. */
static inline bool rig_open(Rig *r, const char *dir, const char *sql, const char *app, bool coalesce)
{
    Err err = ERR_INIT;
    StmtVec stmts = {0};
    functions_init();
    *r = (Rig){.a = arena_new(0), .fx = effects_real(), .cat = catalog_new()};
    Status st = OK;
    if (dir) {
        st = disk_open(dir, r->fx, 0, &r->disk, &err);
        if (st == OK)
            st = topics_embedded_open(r->disk, r->fx, &r->topics, &err);
    } else {
        r->topics = topics_memory_new(r->fx);
    }
    if (st == OK)
        st = parse_all(str_of(sql), r->a, NULL, &stmts, &err);
    for (int i = 0; i < stmts.n && st == OK; i++)
        st = rig_bind(r, stmts.v[i], str_of(sql), &err);
    if (st)
        return rig_failed(r, &err);
    const PlanUse use = {.app_id = str_of(app), .changelog = true};
    const LNode *top = rule_repartition(r->a, lp_build(r->a, &r->query.query, r->query.sink));
    st = pp_build(r->a, top, &use, &r->plan, &err);
    if (st)
        return rig_failed(r, &err);
    r->sub = r->plan->nsubs - 1;
    for (int i = 1; i < r->plan->nsubs && st == OK; i++) {
        const PInput *in = &r->plan->subs[i].input;
        st = rig_topic(r, &(TopicInfo){in->topic, in->partitions, 1, -1, CLEANUP_DELETE, TOPIC_REPARTITION}, &err);
    }
    for (int s = 0; s < r->plan->nsubs; s++)
        for (int i = 0; i < r->plan->subs[s].n && st == OK; i++) {
            const PInput *log = r->plan->subs[s].nodes[i].log;
            if (log)
                st = rig_topic(r, &(TopicInfo){log->topic, log->partitions, 1, -1, CLEANUP_COMPACT, TOPIC_CHANGELOG}, &err);
        }
    r->env = (OpEnv){.fx = r->fx, .topics = r->topics, .disk = r->disk, .arena = arena_new(0), .coalesce = coalesce,
                     .batch_rows = LIMIT_BATCH_ROWS, .props = &r->props, .changelog = true, .checkpoint_owner = str_of(app),
                     .store_base = 256, .log = rig_row_log, .log_arg = r};
    if (st == OK)
        st = rig_build(r, &err);
    return st == OK || rig_failed(r, &err);
}

static inline void rig_close(Rig *r)
{
    op_chain_free(&r->chain);
    if (r->env.unit)
        unit_abort(r->env.unit);
    topics_free(r->topics);
    if (r->disk)
        disk_close(r->disk);
    source_unref(r->query.sink);
    catalog_unref(r->cat);
    props_free(&r->props);
    arena_free(r->env.arena);
    arena_free(r->a);
    mem_free(r->why);
}

/* Another sub-topology's chain instead. */
static inline bool rig_take_sub(Rig *r, int sub)
{
    Err err = ERR_INIT;
    op_chain_free(&r->chain);
    r->sub = sub;
    return rig_build(r, &err) == OK || rig_failed(r, &err);
}

/* The operator with the n-th store. */
static inline Op *rig_store(const Rig *r, int n)
{
    for (int i = 0; i < r->chain.n; i++)
        if (r->chain.v[i]->node && r->chain.v[i]->node->store >= 0 && n-- == 0)
            return r->chain.v[i];
    BUG("no such store");
}

static inline void rig_system_column(const PInput *in, Batch *b, int c, Arena *a)
{
    Str name = in->schema->cols[c].name;
    for (int i = 0; i < b->n; i++) {
        Value v = str_eq_c(name, "ROWTIME")     ? value_bigint(b->ts[i])
                  : str_eq_c(name, "ROWOFFSET") ? value_bigint(b->offset[i])
                                                : value_int(b->partition);
        column_put(a, &b->cols[c], b->n, i, v);
    }
}

/* Records as a batch of the input's schema. NULL: one of them did not read. */
static inline Batch *rig_decode(Rig *r, const PInput *in, const Record *recs, int n, Arena *a)
{
    Err err = ERR_INIT;
    Reader *key = NULL, *value = NULL;
    Batch *b = batch_new(a, in->schema, n);
    Bytes *keys = ARENA_ARRAY(a, Bytes, n), *values = ARENA_ARRAY(a, Bytes, n);
    uint16_t *rows = ARENA_ARRAY(a, uint16_t, n);
    b->errors = ARENA_NEW(a, ErrorSet);
    b->flags = arena_zalloc(a, (size_t)n);
    for (int i = 0; i < n; i++) {
        b->ts[i] = recs[i].ts;
        b->offset[i] = recs[i].offset;
        keys[i] = (Bytes){recs[i].key, recs[i].key ? recs[i].key_len : 0};
        values[i] = (Bytes){recs[i].value, recs[i].value ? recs[i].value_len : 0};
        rows[i] = (uint16_t)i;
    }
    for (int c = in->key.ncols + in->value.ncols; c < in->schema->n; c++)
        rig_system_column(in, b, c, a);
    int kept = n;
    if (reader_new(&in->key, NULL, &key, &err) || reader_new(&in->value, NULL, &value, &err)) {
        rig_failed(r, &err);
        return NULL;
    }
    if (in->key.ncols)
        kept = reader_read(key, keys, rows, n, b, 0, rows);
    kept = reader_read(value, values, rows, kept, b, in->key.ncols, rows);
    reader_free(key);
    reader_free(value);
    if (kept < n)
        printf("%.*s\n", STR_ARG(b->errors->v.v[0].message));
    return kept < n ? NULL : b;
}

static inline bool rig_feed(Rig *r, const Fed *fed, int n, int64_t offset)
{
    Err err = ERR_INIT;
    Arena *a = arena_new(0);
    Record *recs = ARENA_ARRAY(a, Record, n);
    for (int i = 0; i < n; i++)
        recs[i] = (Record){.key = fed[i].key, .key_len = fed[i].key ? (int32_t)strlen(fed[i].key) : 0, .value = fed[i].value,
                           .value_len = fed[i].value ? (int32_t)strlen(fed[i].value) : 0, .offset = offset + i, .ts = fed[i].ts};
    if (!r->env.unit)
        r->env.unit = unit_begin(r->topics);
    const Batch *b = rig_decode(r, &rig_sub(r)->input, recs, n, a);
    Status st = b ? op_chain_batch(&r->chain, b, &err) : ERR_SERDE;
    arena_free(a);
    return st == OK || rig_failed(r, &err);
}

static inline bool rig_commit(Rig *r)
{
    Err err = ERR_INIT;
    if (!r->env.unit)
        r->env.unit = unit_begin(r->topics);
    arena_reset(r->env.arena);
    Status st = op_chain_commit(&r->chain, &err);
    if (st == OK) {
        Unit *u = r->env.unit;
        r->env.unit = NULL;
        st = unit_commit(u, false, &err);
    }
    if (st)
        return rig_failed(r, &err);
    op_chain_committed(&r->chain);
    return true;
}

/* The records of a topic's partition 0 from an offset on, a line each: "ts key value". */
static inline const char *rig_topic_text(Rig *r, Str topic, int64_t from)
{
    Err err = ERR_INIT;
    RecordSet set = {0};
    Buf b = BUF_INIT;
    for (int64_t at = from;; at = set.next_offset) {
        if (topic_read(r->topics, topic, 0, at, 1000, &set, &err)) {
            rig_failed(r, &err);
            break;
        }
        for (int i = 0; i < set.n; i++) {
            const Record *rec = &set.records[i];
            buf_printf(&b, "%" PRId64 " ", rec->ts);
            buf_bytes(&b, rec->key, (size_t)rec->key_len);
            buf_byte(&b, ' ');
            if (rec->value)
                buf_bytes(&b, rec->value, (size_t)rec->value_len);
            buf_byte(&b, '\n');
        }
        int n = set.n;
        recordset_release(&set);
        if (n == 0)
            break;
    }
    const char *text = arena_cstr(r->a, buf_view(&b));
    buf_free(&b);
    return text;
}

/* What a store of another rig wrote into its changelog goes into this one's. */
static inline bool rig_restore(Rig *r, Op *op, const Record *recs, int n)
{
    Err err = ERR_INIT;
    Arena *a = arena_new(0);
    const Batch *b = rig_decode(r, op->node->log, recs, n, a);
    Status st = b ? op->class->restore(op, b, &err) : ERR_SERDE;
    arena_free(a);
    if (st)
        return rig_failed(r, &err);
    Unit *u = unit_begin(r->topics);
    op->class->restored(op, r->disk ? unit_disk(u) : NULL);
    return unit_commit(u, false, &err) == OK || rig_failed(r, &err);
}

/* All of the changelog of another rig's store, from an offset on. */
static inline bool rig_restore_from(Rig *r, Op *op, Rig *other, int64_t from)
{
    Err err = ERR_INIT;
    RecordSet set = {0};
    bool ok = true;
    for (int64_t at = from; ok; at = set.next_offset) {
        if (topic_read(other->topics, op->node->log->topic, 0, at, 1000, &set, &err))
            return rig_failed(r, &err);
        int n = set.n;
        ok = n == 0 || rig_restore(r, op, set.records, n);
        recordset_release(&set);
        if (n == 0)
            break;
    }
    return ok;
}

/* ---- what a store holds, as a pull query sees it ---- */

typedef struct RigTaker {
    Op op;
    Buf text;
} RigTaker;

static inline Status rig_take(Op *op, const Batch *b, Err *err)
{
    UNUSED(err);
    batch_print(&((RigTaker *)op)->text, b);
    return OK;
}

static inline const char *rig_state(Rig *r, int store)
{
    static const OpClass class = {.name = "taker", .on_batch = rig_take};
    Err err = ERR_INIT;
    Arena *a = arena_new(0);
    RigTaker t = {.op = {.class = &class, .env = &r->env}, .text = BUF_INIT};
    if (op_state_rows(rig_store(r, store), NULL, 0, a, &t.op, &err))
        rig_failed(r, &err);
    const char *text = arena_cstr(r->a, buf_view(&t.text));
    buf_free(&t.text);
    arena_free(a);
    return text;
}

#endif
