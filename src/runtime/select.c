// SPDX-License-Identifier: Apache-2.0
// SELECT by itself: push queries (EMIT CHANGES), pull queries on tables, bounded reads of streams.
//
//   EMIT     source   what runs
//   CHANGES  any      a transient query over all partitions, until LIMIT or its reader goes
//   none     stream   the same from the first record to the ends as they are now
//   none     table    a read of the state that the table's query keeps, on its tasks' workers
#include "runtime/stream.h"

static Str transient_id(Engine *e, Arena *a, Str source)
{
    uint64_t n = e->cfg.fx->simulated ? ++e->transient_seq : e->fx->random(e->fx) >> 1;
    return arena_strf(a, "transient_%.*s_%llu", STR_ARG(source), (unsigned long long)n);
}

/* Which result columns are keys: of the table, or grouping columns. */
static const bool *key_columns(Arena *a, const BoundQuery *bq)
{
    int keys = bq->aggregated ? bq->ngroup : bq->source->nkeys;
    bool *is_key = ARENA_ARRAY(a, bool, bq->nvalues);
    for (int i = 0; i < bq->nvalues; i++)
        is_key[i] = bq->items[i].expr->kind == TEXPR_COLUMN && bq->items[i].expr->column < keys;
    return is_key;
}

static Status push(Session *s, const Stmt *st, const BoundQuery *bq, bool bounded, Answer *out, Err *err)
{
    Engine *e = s->e;
    RowStream *rs = rowstream_new(e, bq->result, bq->has_limit ? bq->limit : -1);
    PropSet props = {0};
    props_copy(&props, &s->props);
    rs->is_key = key_columns(rs->arena, bq);
    rs->query_id = transient_id(e, rs->arena, bq->source->name);
    if (rs->limit == 0)
        rowstream_ended(rs, "Limit Reached", NULL);
    Status rc = OK;
    if (bounded)
        rc = props_set(&props, STR("auto.offset.reset"), STR("earliest"), NULL, err);
    if (rc == OK)
        rc = query_new(e, bq, NULL, rs->query_id, 0, QUERY_TRANSIENT, &props, &rs->q, err);
    props_free(&props);
    if (rc == OK) {
        rs->q->sql = arena_strf(rs->q->arena, "%.*s;", STR_ARG(st->sql));
        rs->q->type = "PUSH";
        rs->q->bounded = bounded;
        rs->q->take = rowstream_take;
        rs->q->take_arg = rs;
        rs->q->room = rowstream_room;
        rs->q->ended = rowstream_ended;
        rc = query_start(rs->q, err);
    }
    if (rc) {
        rowstream_close(rs);
        return rc;
    }
    out->stream = rs;
    return OK;
}

/* ---- pull ---- */

typedef struct Pull {
    RowStream *rs;
    const BoundQuery *bq;
    const PullKeys *keys;
    Task *task;
    Err *err;
    Status st;
    bool soon; /* what is missing is on its way */
} Pull;

/* Steps of the table's query behind its store, then the system columns that the pull query can name, then its
 * own filter and projection. */
static int pull_nodes(const Pull *p, int store, PNode *nodes)
{
    const PSub *sub = &p->task->q->plan->subs[p->task->sub];
    const BoundQuery *bq = p->bq;
    int n = 0;
    for (int i = store + 1; i < sub->n && sub->nodes[i].kind != PP_SINK; i++)
        nodes[n++] = sub->nodes[i];
    const Schema *last = n ? nodes[n - 1].schema : sub->nodes[store].schema;
    nodes[n++] = (PNode){.kind = PP_SYSTEM, .context = "Pull", .in = last, .schema = bq->input, .store = -1,
                         .timestamp_column = -1};
    if (bq->where) {
        nodes[n] = (PNode){.kind = PP_FILTER, .context = "WhereFilter", .in = bq->input, .schema = bq->input,
                           .predicate = bq->where, .store = -1, .timestamp_column = -1};
        n++;
    }
    const TExpr **exprs = ARENA_ARRAY(p->rs->arena, const TExpr *, bq->nvalues);
    for (int i = 0; i < bq->nvalues; i++)
        exprs[i] = bq->items[i].expr;
    nodes[n++] = (PNode){.kind = PP_PROJECT, .context = "Project", .in = bq->input, .schema = bq->result, .n = bq->nvalues,
                         .exprs = exprs, .store = -1, .timestamp_column = -1};
    nodes[n++] = (PNode){.kind = PP_RESULT, .context = "Result", .in = bq->result, .schema = bq->result, .store = -1,
                         .timestamp_column = -1};
    return n;
}

static int store_node(const PSub *sub)
{
    for (int i = sub->n - 1; i >= 0; i--)
        if (sub->nodes[i].store >= 0)
            return i;
    return -1;
}

/* Another server has the rows, or this one is not ready for them yet. */
static Status not_here(const Task *t, bool *soon, Err *err)
{
    Buf owner = BUF_INIT;
    bool owned = membership_owner(t->q->e->topics, t->partition % TOPIC_SLOTS, &owner);
    owned = owned && !str_eq(buf_view(&owner), t->q->e->member_name); /* what is known of owners may be a little late */
    *soon = t->state == TASK_RESTORING || !owned;
    const RestoreProgress *r = &t->restored;
    if (t->state == TASK_RESTORING)
        err_set(err, ERR_BUSY,
                "The state of partition %d of query %.*s is being restored from its changelog: "
                "%lld records read, at most %lld left.",
                t->partition, STR_ARG(t->q->id), (long long)r->records, (long long)r->left);
    else if (owned)
        err_set(err, ERR_BUSY, "Partition %d of query %.*s is served by %s: ask there.", t->partition, STR_ARG(t->q->id),
                buf_z(&owner));
    else
        err_set(err, ERR_BUSY, "Partition %d of query %.*s has no server yet: the work is being divided.", t->partition,
                STR_ARG(t->q->id));
    buf_free(&owner);
    return (Status)err->code;
}

/* A transaction that was aborted or fenced is tried again after so long: it is waited for. */
enum { SHORT_WAIT_MS = 1000 };

static void pull_task(void *arg)
{
    Pull *p = arg;
    Task *t = p->task;
    const PSub *sub = &t->q->plan->subs[t->sub];
    int store = store_node(sub);
    if (t->state != TASK_RUNNING && t->err.code == OK) {
        p->st = not_here(t, &p->soon, p->err);
        return;
    }
    if (t->state != TASK_RUNNING) {
        p->soon = t->state == TASK_WAITING && t->backoff_ms <= SHORT_WAIT_MS;
        p->st = err_set(p->err, p->soon ? ERR_BUSY : ERR_QUERY, "The query %.*s that keeps this table does not run: %s",
                        STR_ARG(t->q->id), t->err.msg ? t->err.msg : "it is not started");
        return;
    }
    Arena *a = arena_new(4096);
    PNode *nodes = ARENA_ARRAY(p->rs->arena, PNode, sub->n + 5);
    int n = pull_nodes(p, store, nodes);
    OpEnv env = t->env;
    OpChain chain;
    env.arena = a;
    env.unit = NULL;
    p->st = op_build(a, nodes, n, &env, rowstream_take, p->rs, false, &chain, p->err);
    if (p->st == OK) {
        Op *holder = NULL;
        for (int i = 0; i < t->chain.n; i++)
            if (t->chain.v[i]->node == &sub->nodes[store])
                holder = t->chain.v[i];
        p->st = op_state_rows(holder, p->keys->scan ? NULL : p->keys->rows, p->keys->n, a, chain.v[0], p->err);
        op_chain_free(&chain);
        if (p->st == ERR_CANCELLED) { /* the stream has enough, or says itself what is wrong */
            err_clear(p->err);
            p->st = OK;
        }
    }
    arena_free(a);
}

/* The partitions that hold the keys asked for; all where that cannot be told. As the records of the table's query were
 * partitioned: by the key as its last sub-topology reads it. */
static uint8_t *key_partitions(const RunQuery *q, const PullKeys *keys, Arena *a)
{
    const PInput *in = &q->plan->subs[q->plan->nsubs - 1].input;
    uint8_t *asked = arena_zalloc(a, (size_t)in->partitions);
    Writer *w = NULL;
    Buf key = BUF_INIT;
    Err err = ERR_INIT;
    const char *why = NULL;
    bool known = !keys->scan && topics_remote(q->e->topics) && !q->e->cfg.single_partition &&
                 writer_new(&in->key, &w, &err) == OK;
    for (int i = 0; known && i < keys->n; i++) {
        const Column **cols = ARENA_ARRAY(a, const Column *, in->key.ncols);
        for (int k = 0; k < in->key.ncols; k++) {
            Column *c = ARENA_NEW(a, Column);
            *c = column_constant(a, in->schema->cols[k].type, keys->rows[i][k]);
            cols[k] = c;
        }
        buf_clear(&key);
        known = writer_write(w, cols, 0, NULL, &key, &why) == WRITE_BYTES;
        if (known)
            asked[partition_of(buf_view(&key), in->partitions)] = 1;
    }
    if (!known)
        memset(asked, 1, (size_t)in->partitions);
    writer_free(w);
    err_clear(&err);
    buf_free(&key);
    return asked;
}

/* *soon: a task is on its way to be ready here. */
static Status pull_once(Engine *e, const Analyzer *an, const BoundQuery *bq, const PullKeys *keys, Answer *out, bool *soon,
                        Err *err)
{
    DataSource *ds = bq->source;
    pthread_mutex_lock(&e->ddl); /* the query stays while its tasks are asked */
    RunQuery *q = ds->query_id.n ? engine_query(e, ds->query_id) : NULL;
    if (!q) {
        pthread_mutex_unlock(&e->ddl);
        return err_set(err, ERR_STATEMENT,
                       "The `%.*s` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE "
                       "QUERYABLE_%.*s AS SELECT * FROM %.*s'. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if "
                       "you intended to issue a push query.",
                       STR_ARG(ds->name), STR_ARG(ds->name), STR_ARG(ds->name));
    }
    RowStream *rs = rowstream_new(e, bq->result, bq->has_limit ? bq->limit : -1);
    rs->is_pull = true;
    rs->is_key = bq->pull_key;
    rs->query_id = arena_strf(rs->arena, "query_%lld", (long long)effects_now(e->fx));
    ColumnDef *cols = ARENA_ARRAY(rs->arena, ColumnDef, rs->schema->n);
    for (int i = 0; i < rs->schema->n; i++) {
        cols[i] = rs->schema->cols[i];
        cols[i].role = bq->pull_key[i] ? ROLE_KEY : ROLE_VALUE;
    }
    rs->schema = schema_new(rs->arena, cols, rs->schema->n, false);
    Pull p = {.rs = rs, .bq = bq, .keys = keys, .err = err};
    const uint8_t *asked = key_partitions(q, keys, an->arena);
    for (int i = 0; i < q->ntasks && p.st == OK; i++)
        if (q->tasks[i]->sub == q->plan->nsubs - 1 && asked[q->tasks[i]->partition]) {
            p.task = q->tasks[i];
            worker_call(p.task->w, pull_task, &p);
        }
    pthread_mutex_unlock(&e->ddl);
    rs->is_key = NULL; /* borrowed from the statement's arena */
    *soon = p.soon;
    if (p.st) {
        rowstream_close(rs);
        return p.st;
    }
    rowstream_ended(rs, "", NULL);
    out->stream = rs;
    return OK;
}

/* Behind a start, or a change of members, a task may take a while: the query waits for it, and is not refused. */
static Status pull(Session *s, const Analyzer *an, const BoundQuery *bq, Answer *out, Err *err)
{
    enum { WAIT_MS = 20000 };
    Engine *e = s->e;
    PullKeys keys;
    bool soon;
    int64_t until = e->fx->mono_ns(e->fx) + WAIT_MS * INT64_C(1000000);
    Status st = bind_pull_keys(an, bq, &keys, err);
    while (st == OK) {
        st = pull_once(e, an, bq, &keys, out, &soon, err);
        if (st != ERR_BUSY || !soon || e->fx->mono_ns(e->fx) >= until || !engine_wait(e))
            return st;
        err_clear(err);
        st = OK;
    }
    return st;
}

Status select_run(Session *s, const Stmt *st, Answer *out, Err *err)
{
    Arena *a = arena_new(8192);
    Catalog *cat = engine_catalog(s->e);
    Analyzer an = session_analyzer(s, a, cat, st->sql);
    const DataSource *ds = catalog_find(cat, st->query->from.from.name.text);
    bool is_push = st->query->emit != EMIT_NONE;
    BoundQuery bq;
    Status rc = bind_query(&an, st->query, is_push ? USE_PUSH : USE_PULL, (Str){NULL, 0}, &bq, err);
    if (rc == OK && !is_push && ds && ds->is_table)
        rc = pull(s, &an, &bq, out, err);
    else if (rc == OK)
        rc = push(s, st, &bq, !is_push, out, err);
    catalog_unref(cat);
    arena_free(a);
    return rc;
}
