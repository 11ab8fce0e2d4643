// SPDX-License-Identifier: Apache-2.0
// SELECT by itself: push queries (EMIT CHANGES), pull queries on tables, bounded reads of streams.
//
//   EMIT     source   what runs
//   CHANGES  any      a transient query over all partitions, until LIMIT or its reader goes
//   none     stream   the same from the first record to the ends as they are now
//   none     table    a read of the state that the table's query keeps, on its tasks' workers
#include "runtime/stream.h"
#include "topic/kafka.h"

enum { OWNERS_MS = 3000 }; /* for so long Kafka is asked who has what */

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
    bool soon;    /* what is missing is on its way */
    bool missing; /* the task is not this server's, or not ready */
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

/* A transaction that was aborted or fenced is tried again after so long: it is waited for. */
enum { SHORT_WAIT_MS = 1000 };

static void pull_task(void *arg)
{
    Pull *p = arg;
    Task *t = p->task;
    const PSub *sub = &t->q->plan->subs[t->sub];
    int store = store_node(sub);
    if (t->state != TASK_RUNNING && t->err.code == OK) {
        p->missing = true;
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
        t->w->pulling = true;
        p->st = op_state_rows(holder, p->keys->scan ? NULL : p->keys->rows, p->keys->n, a, chain.v[0], p->err);
        t->w->pulling = false;
        op_chain_free(&chain);
        if (p->st == ERR_CANCELLED) { /* the stream has enough, or says itself what is wrong */
            err_clear(p->err);
            p->st = OK;
        }
    }
    arena_free(a);
}

/* ---- a table that is spread over servers ---- */

/* A partition that was asked for, as its task stood, and who has it: empty where nobody is known to. */
typedef struct Part {
    Task *task;
    int partition;
    TaskState state;
    RestoreProgress restored;
    Str owner;
} Part;

/* What pull_once found missing. */
typedef struct Spread {
    Engine *e;
    Str query_id;
    Part *v;
    int n;
    bool told; /* Kafka named the servers */
} Spread;

static void look_at_part(void *arg)
{
    Part *part = arg;
    part->state = part->task->state;
    part->restored = part->task->restored;
}

/* Under ddl: what is told of the tasks without them. */
static Spread look_at_parts(Engine *e, const RunQuery *q, const uint8_t *asked, Arena *a)
{
    Spread s = {.e = e, .query_id = arena_str(a, q->id), .v = ARENA_ARRAY(a, Part, q->ntasks)};
    for (int i = 0; i < q->ntasks; i++) {
        Task *t = q->tasks[i];
        if (t->sub != q->plan->nsubs - 1 || !asked[t->partition])
            continue;
        s.v[s.n] = (Part){.task = t, .partition = t->partition};
        worker_call(t->w, look_at_part, &s.v[s.n++]);
    }
    return s;
}

/* Kafka knows who the servers are. What is known of owners may be a little late: a part that is this server's by their word and
 * not by its own state has no owner yet. */
static Status find_owners(Spread *s, Arena *a, Err *err)
{
    NameList names = {0};
    Buf owner = BUF_INIT;
    kafka_hurry(OWNERS_MS);
    Status st = membership_members(s->e->topics, a, &names, err);
    s->told = names.n > 0;
    for (int i = 0; i < s->n && st == OK; i++) {
        Part *p = &s->v[i];
        buf_clear(&owner);
        if (p->state == TASK_RUNNING || p->state == TASK_RESTORING || p->state == TASK_WAITING)
            p->owner = s->e->member_name;
        else if (membership_owner(s->e->topics, p->partition % TOPIC_SLOTS, &owner) &&
                 !str_eq(buf_view(&owner), s->e->member_name))
            p->owner = arena_str(a, buf_view(&owner));
    }
    kafka_hurry(0);
    buf_free(&owner);
    return st;
}

static void say_numbers(Buf *out, const Spread *s, Str owner)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        if (str_eq(s->v[i].owner, owner))
            buf_printf(out, "%s%d", n++ ? ", " : "", s->v[i].partition);
}

static int parts_of(const Spread *s, Str owner)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += str_eq(s->v[i].owner, owner);
    return n;
}

/* Each server once, in the order of its first partition. */
static Status say_servers(const Spread *s, Err *err)
{
    Buf text = BUF_INIT;
    for (int i = 0; i < s->n; i++) {
        bool first = true;
        for (int k = 0; k < i; k++)
            first &= !str_eq(s->v[k].owner, s->v[i].owner);
        if (!first)
            continue;
        bool one = parts_of(s, s->v[i].owner) == 1;
        if (s->v[i].owner.n)
            buf_printf(&text, "%s%.*s%s has partition%s ", text.n ? "; " : "", STR_ARG(s->v[i].owner),
                       str_eq(s->v[i].owner, s->e->member_name) ? " (asked)" : "", one ? "" : "s");
        else
            buf_printf(&text, "%snobody has yet partition%s ", text.n ? "; " : "", one ? "" : "s");
        say_numbers(&text, s, s->v[i].owner);
    }
    err_set(err, ERR_BUSY,
            "The table of query %.*s is spread over servers: %s. A pull query on all of its rows needs a server that has all "
            "partitions; one that names keys needs the server that has theirs.",
            STR_ARG(s->query_id), buf_z(&text));
    buf_free(&text);
    return ERR_BUSY;
}

static Status say_missing(const Spread *s, bool *soon, Err *err)
{
    const Part *restoring = NULL, *first = NULL;
    int nobody = parts_of(s, STR("")), here = parts_of(s, s->e->member_name);
    for (int i = 0; i < s->n; i++) {
        if (!restoring && s->v[i].state == TASK_RESTORING)
            restoring = &s->v[i];
        if (!first && !str_eq(s->v[i].owner, s->e->member_name))
            first = &s->v[i];
    }
    *soon = nobody > 0 || here == s->n;
    if (here == s->n && restoring)
        return err_set(err, ERR_BUSY,
                       "The state of partition %d of query %.*s is being restored from its changelog: "
                       "%lld records read, at most %lld left.",
                       restoring->partition, STR_ARG(s->query_id), (long long)restoring->restored.records,
                       (long long)restoring->restored.left);
    if (here == s->n) /* it came meanwhile */
        return err_set(err, ERR_BUSY, "The query %.*s that keeps this table is being started.", STR_ARG(s->query_id));
    if (nobody == s->n && !s->told) /* nor did it say why: it was asked just before, in vain */
        return err_set(err, ERR_BUSY, "Which server has partition %d of query %.*s is not known: Kafka has not told.",
                       first->partition, STR_ARG(s->query_id));
    if (nobody == s->n)
        return err_set(err, ERR_BUSY, "Partition %d of query %.*s has no server yet: the work is being divided.",
                       first->partition, STR_ARG(s->query_id));
    if (parts_of(s, first->owner) < s->n)
        return say_servers(s, err);
    if (s->n > 1)
        return err_set(err, ERR_BUSY, "Every partition of query %.*s is served by %.*s: ask there.", STR_ARG(s->query_id),
                       STR_ARG(first->owner));
    return err_set(err, ERR_BUSY, "Partition %d of query %.*s is served by %.*s: ask there.", first->partition,
                   STR_ARG(s->query_id), STR_ARG(first->owner));
}

/* Other servers have rows that were asked for, or this one is not ready for them yet. No lock is held: Kafka is asked. */
static Status not_here(Spread *s, Arena *a, bool *soon, Err *err)
{
    Err why = ERR_INIT;
    if (find_owners(s, a, &why) == OK)
        return say_missing(s, soon, err);
    *soon = false;
    err_set(err, ERR_BROKER,
            "This server does not have all rows that were asked of query %.*s, and which server has them is not known: %s",
            STR_ARG(s->query_id), why.msg);
    if (why.hint)
        err_hint(err, "%s", why.hint);
    err_clear(&why);
    return ERR_BROKER;
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
        return err_at(err, ERR_STATEMENT, bq->source_at,
                      "The `%.*s` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE "
                       "QUERYABLE_%.*s AS SELECT * FROM %.*s'. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if "
                       "you intended to issue a push query.",
                       STR_ARG(ds->name), STR_ARG(ds->name), STR_ARG(ds->name));
    }
    RowStream *rs = rowstream_new(e, bq->result, bq->has_limit ? bq->limit : -1);
    rs->is_pull = true;
    rs->is_key = bq->pull_key;
    rs->query_id = arena_strf(rs->arena, "query_%lld", (long long)effects_wall_ms(e->fx));
    ColumnDef *cols = ARENA_ARRAY(rs->arena, ColumnDef, rs->schema->n);
    for (int i = 0; i < rs->schema->n; i++) {
        cols[i] = rs->schema->cols[i];
        cols[i].role = bq->pull_key[i] ? ROLE_KEY : ROLE_VALUE;
    }
    rs->schema = schema_new(rs->arena, cols, rs->schema->n, false);
    Pull p = {.rs = rs, .bq = bq, .keys = keys, .err = err};
    const uint8_t *asked = key_partitions(q, keys, an->arena);
    for (int i = 0; i < q->ntasks && p.st == OK && !p.missing; i++)
        if (q->tasks[i]->sub == q->plan->nsubs - 1 && asked[q->tasks[i]->partition]) {
            p.task = q->tasks[i];
            worker_call(p.task->w, pull_task, &p);
        }
    Spread spread = p.missing ? look_at_parts(e, q, asked, an->arena) : (Spread){0};
    pthread_mutex_unlock(&e->ddl);
    rs->is_key = NULL; /* borrowed from the statement's arena */
    *soon = p.soon;
    if (p.missing)
        p.st = not_here(&spread, an->arena, soon, err);
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
