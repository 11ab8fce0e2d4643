// SPDX-License-Identifier: Apache-2.0
// Statements that change the catalog: bound, made durable in the command topic, applied. And their replay.
//
//   1 have the right to write to the command topic, and all that others wrote there applied (commands.c)
//   2 bind against the snapshot; nothing is changed by what is refused
//   3 make the topics that are needed
//   4 one synced unit of work: the command record and the new query's starting positions
//   5 swap the snapshot, start or stop queries
//
// A crash before 4 leaves at most an empty topic; after 4 the replay at the next start does 5. Whoever lost the right to
// another server finds out in 4, and begins again at 1. A command of another server is applied by 2 and 5 alone.
// @thread any, one at a time (Engine.ddl)
#include <ctype.h>
#include <stdio.h>

#include "analyze/resolved.h"
#include "base/nearest.h"
#include "catalog/flow.h"
#include "runtime/ddl.h"
#include "sql/parse.h"

static const char *lower_kind(bool is_table) { return is_table ? "table" : "stream"; }

/* The command's number: one more than the offset of the last command before it, as ksqlDB counts. */
static uint32_t next_number(const Ddl *d)
{
    const Command *c = d->replay ? d->replay : d->stored;
    return c ? c->number : (uint32_t)(d->e->commands.seen + 1);
}

static Status record_command(Ddl *d, Command *c, RunQuery *q)
{
    if (d->replay || d->stored)
        return OK;
    /* As ksqlDB's, with what was left to defaults. It leaves DELETE TOPIC out; but of local topics a replay deletes what a
     * crash did not let this server delete. */
    bool whole = d->st->delete_topic && !topics_remote(d->e->topics);
    Str text = d->shown.n && !whole ? d->shown : d->st->sql;
    c->statement = str_ends(text, STR(";")) ? text : arena_strf(d->an.arena, "%.*s;", STR_ARG(text));
    c->props = d->session->props; /* borrowed */
    return commands_append(d->e, c, q, d->err);
}

static void answer_status(Ddl *d, const char *key, const char *message, Str query_id, uint32_t number)
{
    if (!d->out)
        return;
    d->out->entity = entity_status(d->st, key, message, query_id, number);
    if (d->shown.n)
        json_object_set_new(d->out->entity, "statementText", sql_json(d->shown));
}

/* made and topic: as resolved_statement takes them. */
static void resolve_text(Ddl *d, const DataSource *made, const TopicInfo *topic)
{
    Buf text = BUF_INIT;
    resolved_statement(&text, &d->an, d->st, made, topic);
    d->shown = arena_str(d->an.arena, buf_view(&text));
    buf_free(&text);
}

/* A topic that a later statement uses is not to be deleted at the end of the replay. */
static void spare_topic(Ddl *d, const DataSource *ds)
{
    for (int i = d->past ? d->past->doomed.n - 1 : -1; i >= 0; i--)
        if (str_eq(d->past->doomed.v[i].text, ds->topic))
            vec_remove(&d->past->doomed, i);
}

/* Headless servers of one service make the same topics; of others one at a time runs a statement. */
static Status make_topic(Ddl *d, const TopicInfo *info)
{
    return d->e->cfg.headless ? engine_need_topic(d->e, info, d->err) : topic_create(d->e->topics, info, d->err);
}

/* ---- CREATE STREAM | TABLE ---- */

/* IF NOT EXISTS, OR REPLACE, a name that is taken. *skip: nothing is to be done. */
static Status check_name(Ddl *d, bool is_table, bool is_query, bool *skip)
{
    const Stmt *st = d->st;
    DataSource *ds = catalog_find(d->an.cat, st->name.text);
    *skip = false;
    if (st->or_replace) {
        if (ds && (ds->read_only || st->is_source))
            return err_at(d->err, ERR_STATEMENT, st->name.span,
                          "Cannot add %s '%.*s': CREATE OR REPLACE is not supported on source %ss.", lower_kind(is_table),
                          STR_ARG(st->name.text), lower_kind(is_table));
        return err_at(d->err, ERR_UNSUPPORTED, st->span, "not supported yet: CREATE OR REPLACE");
    }
    if (!ds)
        return OK;
    if (st->if_not_exists) {
        char message[512];
        snprintf(message, sizeof message, "Cannot add %s %.*s: A %s with the same name already exists.", lower_kind(is_table),
                 STR_ARG(st->name.text), lower_kind(ds->is_table));
        if (d->out)
            d->out->entity = entity_warning(st, message);
        *skip = true;
        return OK;
    }
    return err_at(d->err, ERR_STATEMENT, st->name.span, "%sCannot add %s '%.*s': A %s with the same name already exists",
                  is_query ? "Could not determine output schema for query due to error: " : "", lower_kind(is_table),
                  STR_ARG(st->name.text), lower_kind(ds->is_table));
}

static Status create_source(Ddl *d)
{
    const Stmt *st = d->st;
    bool is_table = st->kind == STMT_CREATE_TABLE, skip;
    BoundCreate bound;
    Status rc = check_name(d, is_table, false, &skip);
    if (rc || skip)
        return rc;
    if (is_table && st->is_source)
        return err_at(d->err, ERR_UNSUPPORTED, st->span, "not supported yet: CREATE SOURCE TABLE");
    rc = bind_create(&d->an, st, &bound, d->err);
    if (rc)
        return rc;
    DataSource *ds = bound.source;
    spare_topic(d, ds);
    ds->created_ms = effects_wall_ms(d->e->fx);
    resolve_text(d, ds, bound.create_topic ? &bound.topic : NULL);
    ds->sql = arena_str(ds->arena, d->shown);
    if (bound.create_topic && !d->replay && !d->stored)
        rc = make_topic(d, &bound.topic);
    Command c = {.key = arena_strf(d->an.arena, "%s/`%.*s`/create", lower_kind(is_table), STR_ARG(ds->name)),
                 .number = next_number(d),
                 .partitions = ds->partitions};
    if (rc == OK)
        rc = record_command(d, &c, NULL);
    if (rc == OK) {
        engine_set_catalog(d->e, catalog_with(d->e->cat, ds));
        answer_status(d, c.key.p, is_table ? "Table created" : "Stream created", (Str){NULL, 0}, c.number);
    }
    source_unref(ds);
    return rc;
}

/* ---- CREATE … AS, INSERT INTO ---- */

static Str new_query_id(Ddl *d, const BoundCreateAs *b, const char *prefix, uint32_t number)
{
    uint32_t n = d->e->cfg.sequential_ids ? d->e->query_seq++ : number;
    const Command *c = d->replay ? d->replay : d->stored;
    if (c && c->query_id.n)
        return c->query_id;
    if (b->query_id.n)
        return b->query_id;
    if (d->st->kind == STMT_INSERT_INTO)
        return arena_strf(d->an.arena, "%s_%u", prefix, n);
    return arena_strf(d->an.arena, "%s_%.*s_%u", prefix, STR_ARG(d->st->name.text), n);
}

static Status start_query(Ddl *d, RunQuery *q)
{
    if (!d->past) {
        for (int i = 0; i < q->ntasks; i++)
            q->tasks[i]->first = true;
        return query_start(q, d->err);
    }
    q->planned = d->replay->fingerprint;
    vec_add(&d->past->live, q);
    return OK;
}

/* From now on the directory refuses a shell of this service (commands_check_directory). */
static Status mark_headless(Engine *e, Err *err)
{
    Buf key = BUF_INIT, kept = BUF_INIT;
    bool found;
    commands_headless_key(e, &key);
    Status st = disk_get(e->disk, FAMILY_META, buf_view(&key), &kept, &found, err);
    if (st == OK && !found) {
        DiskBatch *b = disk_batch_new(e->disk);
        disk_batch_put(b, FAMILY_META, buf_view(&key), STR(""));
        st = disk_commit(e->disk, b, true, err);
        disk_batch_free(b);
    }
    buf_free(&key);
    buf_free(&kept);
    return st;
}

/* The query's own topics were made for another number of partitions of its source: they and its state are made anew, from the
 * beginning of its input. Another server of the service may have done so already: then they fit. */
static Status headless_resize(Engine *e, RunQuery *q, Err *err)
{
    if (!topics_remote(e->topics) || !q->plan->nstores || query_topics_fit(q))
        return OK;
    /* The positions first: where the process ends before the topics are new, the next start finds that they do not fit, or
     * are not there, and begins anew all the same. */
    Unit *u = unit_begin(e->topics);
    query_forget(q, true, u);
    Status st = query_first_positions(q, true, false, u, err);
    if (st) {
        unit_abort(u);
        return st;
    }
    st = unit_commit(u, true, err);
    if (st == OK)
        st = query_drop_topics(q, err);
    if (st)
        return st;
    engine_log(e, "query %.*s: topic %.*s has %d partitions now: its state is rebuilt from the beginning of its input",
               STR_ARG(q->id), STR_ARG(q->source->topic), q->source->partitions);
    return query_make_topics(q, err);
}

/* The number under which the query's state is kept, the same at every start over a directory; state of another plan goes. One
 * without state goes on where it was, and so does one whose source has got more partitions: see headless_resize.
 * META "headless/ID" PERSISTED v1: be32 number, be64 fingerprint of the plan, be32 partitions of the source
 * (at first there were none). */
static Status headless_number(Engine *e, RunQuery *q, Err *err)
{
    if (!e->disk)
        return OK;
    enum { KEPT = 16, FIRST = 1 << 23 }; /* the lower half is for commands' numbers */
    Buf key = BUF_INIT, kept = BUF_INIT, last = BUF_INIT, value = BUF_INIT;
    bool found = false, counted = false;
    buf_printf(&key, "headless/%.*s", STR_ARG(q->id));
    Status st = mark_headless(e, err);
    if (st == OK)
        st = disk_get(e->disk, FAMILY_META, buf_view(&key), &kept, &found, err);
    if (st == OK)
        st = disk_get(e->disk, FAMILY_META, STR("headless"), &last, &counted, err);
    Rd rd = rd_of(buf_view(&kept)), lr = rd_of(buf_view(&last));
    uint32_t number = found && kept.n >= KEPT - 4 ? rd_be32(&rd) : 0;
    bool same_plan = number && rd_be64(&rd) == q->plan->fingerprint;
    bool resized = number && kept.n == KEPT && rd_be32(&rd) != (uint32_t)q->source->partitions;
    if (st == OK && same_plan) {
        q->number = number;
    } else if (st == OK) {
        Unit *u = unit_begin(e->topics);
        q->number = number;
        if (number)
            query_forget(q, q->plan->nstores > 0 && !resized, u);
        q->number = (counted ? rd_be32(&lr) : FIRST) + 1;
        buf_be32(&value, q->number);
        disk_batch_put(unit_disk(u), FAMILY_META, STR("headless"), buf_view(&value));
        buf_be64(&value, q->plan->fingerprint);
        buf_be32(&value, (uint32_t)q->source->partitions);
        disk_batch_put(unit_disk(u), FAMILY_META, buf_view(&key), buf_view(&value));
        st = unit_commit(u, true, err);
    }
    buf_free(&key);
    buf_free(&kept);
    buf_free(&last);
    buf_free(&value);
    return st;
}

/* ---- cycles of topics ---- */

/* What the query reads and writes: its source, its own internal topics, its sink. A record that somebody else writes into an
 * internal topic gets to the sink too. */
static void add_flows(FlowGraph *g, const RunQuery *q)
{
    Str source = q->source->topic, sink = q->sink->topic;
    vec_add(g, ((FlowEdge){q->id, source, sink}));
    for (int s = 0; s < q->plan->nsubs; s++) {
        const PSub *sub = &q->plan->subs[s];
        for (int i = s ? -1 : 0; i < sub->n; i++) {
            const PInput *in = i < 0 ? &sub->input : sub->nodes[i].log;
            if (!in)
                continue;
            vec_add(g, ((FlowEdge){q->id, source, in->topic}));
            vec_add(g, ((FlowEdge){q->id, in->topic, sink}));
        }
    }
}

/* The queries that the catalog has at this point; while the command topic is replayed, those that did not end so far. */
static RunQuery **known_queries(const Ddl *d, int *n)
{
    if (!d->past)
        return engine_queries(d->e, d->an.arena, n);
    *n = d->past->live.n;
    return d->past->live.v;
}

static void hint_cycle(Ddl *d, const FlowGraph *g, const RunQuery *q, Str to, const int *path, int n)
{
    Buf way = BUF_INIT;
    buf_printf(&way, "%.*s -> this query -> %.*s", STR_ARG(q->source->topic), STR_ARG(to));
    for (int i = 0; i < n; i++)
        buf_printf(&way, " -> %.*s -> %.*s", STR_ARG(g->v[path[i]].query), STR_ARG(g->v[path[i]].to));
    err_hint(d->err, "the topics and queries of the cycle: %s", buf_z(&way));
    buf_free(&way);
}

/* A query whose result comes back to its source would run without end. Also checked for stored statements: an older version
 * may have accepted one, which is then reported and not run. */
static Status check_cycle(Ddl *d, const RunQuery *q)
{
    int nall, n = 0, *path;
    FlowGraph g = {0};
    RunQuery **all = known_queries(d, &nall);
    for (int i = 0; i < nall; i++)
        add_flows(&g, all[i]);
    int first = g.n;
    add_flows(&g, q);
    Status rc = OK;
    for (int i = first; i < g.n && rc == OK; i++) {
        FlowEdge own = g.v[i];
        if (!str_eq(own.from, q->source->topic) || !flow_path(&g, d->an.arena, own.to, own.from, &path, &n))
            continue;
        rc = err_at(d->err, ERR_STATEMENT, d->st->name.span,
                    "Cannot insert into %.*s from %.*s: what is inserted would come back to it without end.",
                    STR_ARG(q->sink->name), STR_ARG(q->source->name));
        hint_cycle(d, &g, q, own.to, path, n);
    }
    vec_free(&g);
    return rc;
}

/* ---- launch ---- */

/* From a bound query with its sink to a running one. Takes over b->sink. */
static Status launch(Ddl *d, BoundCreateAs *b, const char *prefix, bool is_insert)
{
    DataSource *ds = b->sink;
    spare_topic(d, ds);
    uint32_t number = next_number(d);
    Str id = new_query_id(d, b, prefix, number);
    const PropSet *props = d->replay ? &d->replay->props : &d->session->props;
    RunQuery *q = NULL;
    Status rc = OK;
    resolve_text(d, ds, b->create_topic ? &b->topic : NULL);
    if (!is_insert) {
        ds->sql = arena_str(ds->arena, d->shown);
        ds->query_id = arena_str(ds->arena, id);
        ds->created_ms = effects_wall_ms(d->e->fx);
    }
    if (is_insert && engine_query(d->e, id))
        rc = err_at(d->err, ERR_STATEMENT, d->st->span, "Query ID '%.*s' already exists.", STR_ARG(id));
    if (rc == OK)
        rc = query_new(d->e, &b->query, ds, id, number, QUERY_PERSISTENT, props, &q, d->err);
    if (rc == OK)
        rc = check_cycle(d, q);
    if (rc == OK && d->e->cfg.headless)
        rc = headless_number(d->e, q, d->err);
    if (rc == OK && d->e->cfg.headless)
        rc = headless_resize(d->e, q, d->err);
    if (rc == OK) {
        q->sql = arena_str(q->arena, d->shown);
        q->type = prefix;
    }
    if (rc == OK && b->create_topic && !d->replay && !d->stored)
        rc = make_topic(d, &b->topic);
    if (rc == OK && !d->replay)
        rc = query_make_topics(q, d->err);
    Command c = {.key = arena_strf(d->an.arena, "%s/`%.*s`/create", lower_kind(ds->is_table), STR_ARG(ds->name)),
                 .number = number,
                 .query_id = id,
                 .fingerprint = q ? q->plan->fingerprint : 0,
                 .partitions = ds->partitions};
    if (rc == OK)
        rc = record_command(d, &c, q);
    if (rc == OK) {
        if (!is_insert)
            engine_set_catalog(d->e, catalog_with(d->e->cat, ds));
        rc = start_query(d, q);
        q = NULL;
        char message[512];
        snprintf(message, sizeof message, "Created query with ID %.*s", STR_ARG(id));
        answer_status(d, c.key.p, message, id, number);
    }
    query_free(q);
    source_unref(ds);
    return rc;
}

static Status create_as(Ddl *d)
{
    bool is_table = d->st->kind == STMT_CREATE_TABLE_AS, skip;
    BoundCreateAs b;
    Status rc = check_name(d, is_table, true, &skip);
    if (rc || skip)
        return rc;
    rc = bind_create_as(&d->an, d->st, &b, d->err);
    return rc ? rc : launch(d, &b, is_table ? "CTAS" : "CSAS", false);
}

static Status insert_into(Ddl *d)
{
    BoundCreateAs b;
    Status rc = bind_insert_into(&d->an, d->st, &b, d->err);
    return rc ? rc : launch(d, &b, "INSERTQUERY", true);
}

/* ---- TERMINATE, DROP ---- */

static RunQuery *find_query(Ddl *d, Str id)
{
    for (int i = 0; d->past && i < d->past->live.n; i++)
        if (str_eq_nocase(d->past->live.v[i]->id, id))
            return d->past->live.v[i];
    return engine_query(d->e, id);
}

static void end_query(Ddl *d, RunQuery *q)
{
    if (!d->past) {
        query_stop(q);
        query_erase(q, d->replay != NULL);
        query_free(q);
        return;
    }
    for (int i = 0; i < d->past->live.n; i++)
        if (d->past->live.v[i] == q) {
            vec_remove(&d->past->live, i);
            vec_add(&d->past->ended, q);
            break;
        }
}

static Status unknown_query(const Ddl *d)
{
    int n;
    RunQuery **all = engine_queries(d->e, d->an.arena, &n);
    Nearest near;
    Status st = err_at(d->err, ERR_STATEMENT, d->st->span, "Unknown queryId: %.*s", STR_ARG(d->st->name.text));
    nearest_init(&near, d->st->name.text);
    for (int i = 0; i < n; i++)
        nearest_offer(&near, all[i]->id);
    if (near.best.n)
        err_hint(d->err, "did you mean %.*s?", STR_ARG(near.best));
    return st;
}

static Status terminate(Ddl *d)
{
    const Stmt *st = d->st;
    if (st->all && !d->replay) {
        int n;
        RunQuery **all = engine_queries(d->e, d->an.arena, &n);
        for (int i = n - 1; i >= 0; i--) {
            RunQuery *q = all[i];
            Stmt one = *st;
            one.all = false;
            one.name.text = q->id;
            one.sql = arena_strf(d->an.arena, "TERMINATE %.*s", STR_ARG(q->id));
            Ddl sub = *d;
            sub.st = &one;
            sub.out = NULL;
            Status rc = terminate(&sub);
            if (rc)
                return rc;
        }
        answer_status(d, "terminate/ALL/execute", "Query terminated.", (Str){NULL, 0}, next_number(d));
        return OK;
    }
    RunQuery *q = find_query(d, st->name.text);
    if (!q && !d->replay && engine_end_push(d->e, st->name.text)) {
        d->out->entity = entity_new("terminate_query", st);
        json_object_set_new(d->out->entity, "queryId", json_str(st->name.text));
        json_object_set_new(d->out->entity, "wasTerminated", json_true());
        json_object_set_new(d->out->entity, "warnings", json_array());
        return OK;
    }
    if (!q)
        return unknown_query(d);
    Command c = {.key = arena_strf(d->an.arena, "terminate/%.*s/execute", STR_ARG(q->id)), .number = next_number(d)};
    Status rc = record_command(d, &c, NULL);
    if (rc)
        return rc;
    end_query(d, q);
    answer_status(d, c.key.p, "Query terminated.", (Str){NULL, 0}, c.number);
    return OK;
}

static void add_name(Buf *list, Str name)
{
    if (list->n)
        buf_cstr(list, ", ");
    buf_str(list, name);
}

/* The statements that have to come before a DROP, in an order in which each is allowed: what reads a source goes before it. */
typedef struct DropOrder {
    Ddl *d;
    RunQuery **running;
    int nrunning, n;
    StrMap seen; /* names of sources, ids of queries */
    Buf text;
} DropOrder;

static void order_add(DropOrder *o, const char *what, Str name)
{
    enum { SHOWN = 20 };
    if (o->n++ < SHOWN)
        buf_printf(&o->text, "%s%s %.*s;", o->n > 1 ? " " : "", what, STR_ARG(name));
}

static void order_before(DropOrder *o, const DataSource *ds)
{
    const Catalog *cat = o->d->an.cat;
    for (int i = 0; i < catalog_count(cat); i++) {
        const DataSource *reader = catalog_at(cat, i);
        if (!str_eq(reader->from, ds->name) || strmap_put(&o->seen, reader->name, o))
            continue;
        order_before(o, reader);
        order_add(o, reader->is_table ? "DROP TABLE" : "DROP STREAM", reader->name);
    }
    for (int i = 0; i < o->nrunning; i++) {
        const RunQuery *q = o->running[i];
        bool touches = str_eq(q->source->name, ds->name) || str_eq(q->sink->name, ds->name);
        if (touches && !str_eq(q->sink->query_id, q->id) && !strmap_put(&o->seen, q->id, o))
            order_add(o, "TERMINATE", q->id);
    }
}

static void hint_order(Ddl *d, const DataSource *ds, RunQuery **running, int n)
{
    DropOrder o = {.d = d, .running = running, .nrunning = n};
    strmap_put(&o.seen, ds->name, &o);
    order_before(&o, ds);
    if (o.n > 1)
        err_hint(d->err, "in this order: %s%s", buf_z(&o.text), o.n > 20 ? " …" : "");
    strmap_free(&o.seen);
    buf_free(&o.text);
}

static Status check_constraints(Ddl *d, const DataSource *ds)
{
    Buf sources = BUF_INIT, reads = BUF_INIT, writes = BUF_INIT;
    for (int i = 0; i < catalog_count(d->an.cat); i++) {
        const DataSource *o = catalog_at(d->an.cat, i);
        if (o != ds && str_eq(o->from, ds->name))
            add_name(&sources, o->name);
    }
    int n;
    RunQuery **running = known_queries(d, &n);
    for (int i = 0; i < n; i++) {
        const RunQuery *q = running[i];
        if (str_eq(q->sink->query_id, q->id))
            continue;
        if (str_eq(q->source->name, ds->name))
            add_name(&reads, q->id);
        if (str_eq(q->sink->name, ds->name))
            add_name(&writes, q->id);
    }
    Status st = OK;
    if (sources.n)
        st = err_at(d->err, ERR_STATEMENT, d->st->span,
                    "Cannot drop %.*s.\nThe following streams and/or tables read from this source: [%s].\nYou need to drop "
                    "them before dropping %.*s.",
                    STR_ARG(ds->name), buf_z(&sources), STR_ARG(ds->name));
    else if (reads.n || writes.n)
        st = err_at(d->err, ERR_STATEMENT, d->st->span,
                    "Cannot drop %.*s.\nThe following queries read from this source: [%s].\nThe following queries write into "
                    "this source: [%s].\nYou need to terminate them before dropping %.*s.",
                    STR_ARG(ds->name), buf_z(&reads), buf_z(&writes), STR_ARG(ds->name));
    if (st)
        hint_order(d, ds, running, n);
    buf_free(&sources);
    buf_free(&reads);
    buf_free(&writes);
    return st;
}

static Status check_drop(Ddl *d, const DataSource *ds, bool is_table)
{
    const Stmt *st = d->st;
    if (!ds) {
        char fmt[64];
        snprintf(fmt, sizeof fmt, "%s %%s does not exist.", is_table ? "Table" : "Stream");
        return unknown_source(&d->an, &st->name, fmt, d->err);
    }
    if (ds->is_table != is_table)
        return err_at(d->err, ERR_STATEMENT, st->span, "Incompatible data source type is %s, but statement was DROP %s",
                      lower_kind(ds->is_table), lower_kind(is_table));
    if (ds->system)
        return err_at(d->err, ERR_STATEMENT, st->span, "Cannot drop %.*s: it belongs to the engine.", STR_ARG(ds->name));
    if (st->delete_topic && ds->read_only)
        return err_at(d->err, ERR_STATEMENT, st->span, "Cannot delete topic for read-only source: %.*s", STR_ARG(ds->name));
    return check_constraints(d, ds);
}

/* The source is gone by then: what is left of it is told. A topic that is missing already is as good as deleted. */
static Status delete_topic(Ddl *d, const DataSource *ds)
{
    Err why = ERR_INIT;
    Status rc = topic_delete(d->e->topics, ds->topic, &why);
    for (int i = 0; i < d->e->nworkers * ds->partitions; i++) /* who still reads it is told */
        worker_tell(&d->e->workers[i / ds->partitions], ds->topic, i % ds->partitions);
    if (rc == ERR_NOT_FOUND)
        rc = OK;
    if (rc)
        err_set(d->err, (ErrCode)rc, "Source `%.*s` was dropped, but its topic '%.*s' may still be there: %s",
                STR_ARG(ds->name), STR_ARG(ds->topic), why.msg);
    err_clear(&why);
    return rc;
}

static Status drop(Ddl *d)
{
    const Stmt *st = d->st;
    bool is_table = st->kind == STMT_DROP_TABLE;
    DataSource *ds = catalog_find(d->an.cat, st->name.text);
    char message[1024];
    resolve_text(d, NULL, NULL);
    Command c = {.key = arena_strf(d->an.arena, "%s/%.*s/drop", lower_kind(is_table), STR_ARG(st->name.text)),
                 .number = next_number(d)};
    if (!ds && st->if_exists) {
        snprintf(message, sizeof message, "Source `%.*s` does not exist.", STR_ARG(st->name.text));
        answer_status(d, c.key.p, message, (Str){NULL, 0}, c.number);
        return OK;
    }
    Status rc = check_drop(d, ds, is_table);
    if (rc == OK)
        rc = record_command(d, &c, NULL);
    if (rc)
        return rc;
    RunQuery *q = ds->query_id.n ? find_query(d, ds->query_id) : NULL;
    if (q)
        end_query(d, q);
    snprintf(message, sizeof message, "Source `%.*s` (topic: %.*s) was dropped.", STR_ARG(ds->name), STR_ARG(ds->topic));
    engine_set_catalog(d->e, catalog_without(d->e->cat, st->name.text));
    if (st->delete_topic && d->past)
        vec_push(d->e->arena, &d->past->doomed, (Name){.text = arena_str(d->e->arena, ds->topic)});
    if (st->delete_topic && !d->replay)
        rc = delete_topic(d, ds);
    if (rc == OK)
        answer_status(d, c.key.p, message, (Str){NULL, 0}, c.number);
    return rc;
}

/* ---- dispatch, replay ---- */

Status ddl_apply(Ddl *d)
{
    switch (d->st->kind) {
    case STMT_CREATE_STREAM:
    case STMT_CREATE_TABLE:
        return create_source(d);
    case STMT_CREATE_STREAM_AS:
    case STMT_CREATE_TABLE_AS:
        return create_as(d);
    case STMT_INSERT_INTO:
        return insert_into(d);
    case STMT_DROP_STREAM:
    case STMT_DROP_TABLE:
        return drop(d);
    case STMT_TERMINATE:
        return terminate(d);
    default:
        return err_set(d->err, ERR_CORRUPT, "it changes no catalog");
    }
}

/* Under ddl. stored: as Ddl.stored. */
static Status run_once(Session *s, const Stmt *st, Answer *out, const Command *stored, Err *err)
{
    Arena *a = arena_new(8192);
    Catalog *cat = engine_catalog(s->e);
    Ddl d = {.e = s->e, .st = st, .session = s, .stored = stored, .out = out, .err = err,
             .an = session_analyzer(s, a, cat, st->sql)};
    Status rc = ddl_apply(&d);
    catalog_unref(cat);
    arena_free(a);
    return rc;
}

void ddl_found(Awaited *w, const Command *c, const Stmt *parsed)
{
    Err err = ERR_INIT;
    if (w->st->all) { /* one of its queries: the others are ended when it is run again */
        if (run_once(w->session, parsed, NULL, c, &err))
            err_clear(&err);
        return;
    }
    w->rc = run_once(w->session, w->st, w->out, c, w->err);
    w->found = true;
}

Status ddl_run(Session *s, const Stmt *st, Answer *out, Err *err)
{
    enum { TRIES = 30 }; /* servers take turns */
    Engine *e = s->e;
    Status rc = OK;
    Awaited w = {.st = st, .session = s, .out = out, .err = err};
    pthread_mutex_lock(&e->ddl);
    e->commands.tried = 0;
    for (int i = 0; i < TRIES; i++) {
        Err ready = ERR_INIT;
        e->commands.awaited = w.token ? &w : NULL;
        rc = commands_ready(e, &ready);
        e->commands.awaited = NULL;
        if (w.found) {
            err_clear(&ready);
            rc = w.rc;
            break;
        }
        err_move(err, &ready);
        if (rc == OK)
            rc = run_once(s, st, out, NULL, err);
        if (rc != ERR_FENCED || i == TRIES - 1)
            break;
        w.token = e->commands.tried;
        err_clear(err); /* another server ran a statement meanwhile: this one is looked at again behind it */
    }
    pthread_mutex_unlock(&e->ddl);
    return rc;
}
