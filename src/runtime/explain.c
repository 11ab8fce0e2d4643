// SPDX-License-Identifier: Apache-2.0
// EXPLAIN of a statement or of a running query. Members: page 08 §8.5 of the ksqlDB reference.
//
// A statement is bound and planned as if it were to run, and nothing is changed by it: no topic is made, no id
// is used up. executionPlan is what is computed, topology is where: sub-topologies, stores, topics. A pull query
// on a table has no topology of its own: it reads the state that another query keeps.
// @thread any, one at a time per session
#include "base/nearest.h"
#include "runtime/admin.h"

/* ---- a running query ---- */

json_t *overrides_json(const PropSet *props)
{
    json_t *o = json_object();
    const StrMapEntry *v;
    for (int i = 0; (v = strmap_next(&props->map, &i));) {
        const PropRow *row = prop_find(v->key);
        const char *text = v->value;
        json_t *value = row && row->type == PROP_INT    ? json_integer(props_int(props, row->name))
                        : row && row->type == PROP_BOOL ? json_boolean(props_bool(props, row->name))
                                                        : json_string(text);
        json_object_set_new(o, v->key.p, value);
    }
    return o;
}

/* Of a task's inputs, how far it is. */
static json_t *task_json(const Running *r, const Task *t)
{
    Buf id = BUF_INIT;
    json_t *o = json_object(), *offsets = json_array();
    for (int i = 0; i < t->ninputs; i++) {
        const TaskInput *ti = &t->inputs[i];
        InputOffsets at;
        if (!running_offsets(r, t, ti, &at))
            continue;
        json_t *to = json_object(), *tp = json_object();
        json_object_set_new(tp, "topic", json_str(ti->in->topic));
        json_object_set_new(tp, "partition", json_integer(ti->partition));
        json_object_set_new(to, "topicPartitionEntity", tp);
        json_object_set_new(to, "endOffset", json_integer(at.end));
        json_object_set_new(to, "committedOffset", json_integer(at.at < 0 ? 0 : at.at));
        json_array_append_new(offsets, to);
    }
    buf_printf(&id, "%d_%d", t->sub, t->partition);
    json_object_set_new(o, "taskId", json_str(buf_view(&id)));
    json_object_set_new(o, "topicOffsets", offsets);
    json_object_set_new(o, "timeCurrentIdlingStarted", json_null());
    buf_free(&id);
    return o;
}

/* Who has to act: the user, the surroundings, or nobody knows. */
static const char *error_type(ErrCode code)
{
    switch (err_class(code)) {
    case CLASS_STATEMENT:
        return "USER";
    case CLASS_TASK_RETRY:
    case CLASS_HOST:
        return "SYSTEM";
    case CLASS_TASK_FATAL:
        return code == ERR_TOPIC_GONE ? "USER" : "UNKNOWN";
    }
    return "UNKNOWN";
}

/* One for each different reason. */
static json_t *errors_json(const QuerySeen *s)
{
    json_t *list = json_array();
    for (int i = 0; s->tasks && i < s->q->ntasks; i++) {
        const TaskSeen *t = &s->tasks[i];
        bool known = !t->bad;
        for (int k = 0; k < i && !known; k++)
            known = s->tasks[k].bad && str_eq(s->tasks[k].why, t->why);
        if (known)
            continue;
        json_t *o = json_object();
        json_object_set_new(o, "timestamp", json_integer(t->failed_ms));
        json_object_set_new(o, "errorMessage", json_str(t->why));
        json_object_set_new(o, "type", json_string(error_type(t->code)));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *one_name(const DataSource *ds)
{
    json_t *list = json_array();
    if (ds)
        json_array_append_new(list, json_str(ds->name));
    return list;
}

/* Members up to overriddenProperties; topology NULL: as planned. */
static json_t *description(Str id, json_t *sql, const LNode *logical, const PPlan *plan, Str topology,
                           const PropSet *props)
{
    json_t *o = json_object();
    Buf text = BUF_INIT;
    const Schema *fields = plan->sink ? plan->sink->schema : plan->result;
    json_object_set_new(o, "id", json_str(id));
    json_object_set_new(o, "statementText", sql);
    json_object_set_new(o, "windowType", window_json(plan->sink ? plan->sink->window : plan->source->window));
    json_object_set_new(o, "fields", entity_fields(fields));
    json_object_set_new(o, "sources", one_name(plan->source));
    json_object_set_new(o, "sinks", one_name(plan->sink));
    if (!topology.n) {
        buf_cstr(&text, "Logical plan:\n");
        lp_print(&text, logical);
        buf_cstr(&text, "Physical plan:\n");
        pp_print(&text, plan);
    }
    json_object_set_new(o, "topology", json_str(topology.n ? topology : buf_view(&text)));
    buf_clear(&text);
    plan_explain(&text, logical, id);
    json_object_set_new(o, "executionPlan", json_str(buf_view(&text)));
    json_object_set_new(o, "overriddenProperties", overrides_json(props));
    buf_free(&text);
    return o;
}

json_t *query_description_json(const QuerySeen *s)
{
    const RunQuery *q = s->q;
    bool persistent = q->kind == QUERY_PERSISTENT;
    Arena *a = arena_new(1024);
    json_t *o = description(q->id, sql_json(q->sql), q->logical, q->plan, (Str){NULL, 0}, &q->props);
    json_t *tasks = json_array();
    for (int i = 0; persistent && i < q->ntasks; i++)
        json_array_append_new(tasks, task_json(s->of, q->tasks[i]));
    Str host = admin_host(q->e);
    json_object_set_new(o, "ksqlHostQueryStatus", json_pack("{s%:s}", host.p, host.n, s->state));
    json_object_set_new(o, "queryType", json_string(persistent ? "PERSISTENT" : "PUSH"));
    json_object_set_new(o, "queryErrors", errors_json(s));
    json_object_set_new(o, "tasksMetadata", tasks);
    Str group = consumer_group(a, q->e, q->id, !persistent, q->created_ms);
    json_object_set_new(o, "consumerGroupId", json_str(group));
    json_object_set_new(o, "state", json_string(s->state));
    if (s->why.n)
        json_object_set_new(o, "reason", json_str(s->why));
    arena_free(a);
    return o;
}

static Status explain_query(Session *s, const Stmt *st, Answer *out, Err *err)
{
    Arena *a = arena_new(4096);
    Running run;
    Status rc = OK;
    running_ask(s->e, a, st->name.text, (Str){NULL, 0}, &run);
    running_open(s->e, a, &run);
    const QuerySeen *seen = running_find(&run, st->name.text);
    if (seen) {
        out->entity = entity_new("queryDescription", st);
        json_object_set_new(out->entity, "queryDescription", query_description_json(seen));
        json_object_set_new(out->entity, "warnings", running_warnings(&run));
    } else {
        Nearest near;
        nearest_init(&near, st->name.text);
        for (int i = 0; i < run.n; i++)
            nearest_offer(&near, run.v[i].q->id);
        rc = err_at(err, ERR_STATEMENT, st->name.span,
                    "Query with id:%.*s does not exist, use SHOW QUERIES to view the full set of queries.",
                    STR_ARG(st->name.text));
        if (near.best.n)
            err_hint(err, "did you mean %.*s?", STR_ARG(near.best));
    }
    running_close(&run);
    arena_free(a);
    return rc;
}

/* ---- a statement ---- */

typedef struct Explain {
    Session *s;
    Arena *a;
    Analyzer an;
    const Stmt *st;      /* the statement to explain */
    const char *type;    /* queryType */
    Str id;
    BoundQuery query;
    DataSource *sink;    /* a reference */
    Str topology;        /* empty: the plan's */
    const LNode *logical;
    PPlan *plan;
} Explain;

/* The id that the statement's query would get now. */
static Str next_id(const Explain *x, const char *prefix)
{
    Engine *e = x->s->e;
    unsigned n = e->cfg.sequential_ids ? e->query_seq : (unsigned)topic_end(e->topics, e->command_topic, 0);
    if (x->st->kind == STMT_INSERT_INTO)
        return arena_strf(x->a, "%s_%u", prefix, n);
    return arena_strf(x->a, "%s_%.*s_%u", prefix, STR_ARG(x->st->name.text), n);
}

/* A name that is taken: the statement would be refused. */
static Status check_name(const Explain *x, Err *err)
{
    const Stmt *st = x->st;
    const DataSource *ds = catalog_find(x->an.cat, st->name.text);
    const char *kind = st->kind == STMT_CREATE_TABLE_AS ? "table" : "stream";
    if (!ds || st->kind == STMT_INSERT_INTO || st->or_replace || st->if_not_exists)
        return OK;
    return err_at(err, ERR_STATEMENT, st->name.span,
                  "Could not determine output schema for query due to error: Cannot add %s '%.*s': A %s with the "
                  "same name already exists",
                  kind, STR_ARG(st->name.text), ds->is_table ? "table" : "stream");
}

static Status bind_persistent(Explain *x, Err *err)
{
    BoundCreateAs b;
    bool insert = x->st->kind == STMT_INSERT_INTO;
    Status rc = check_name(x, err);
    if (rc)
        return rc;
    rc = insert ? bind_insert_into(&x->an, x->st, &b, err) : bind_create_as(&x->an, x->st, &b, err);
    if (rc)
        return rc;
    x->query = b.query;
    x->sink = b.sink;
    x->type = "PERSISTENT";
    const char *prefix = insert ? "INSERTQUERY" : x->st->kind == STMT_CREATE_TABLE_AS ? "CTAS" : "CSAS";
    x->id = b.query_id.n ? b.query_id : next_id(x, prefix);
    return OK;
}

/* What a pull query on a table does: which state it reads, and by which keys. */
static Status pull_topology(Explain *x, Err *err)
{
    const DataSource *ds = x->query.source;
    PullKeys keys;
    if (!ds->query_id.n)
        return err_at(err, ERR_STATEMENT, x->query.source_at,
                      "The `%.*s` table isn't queryable. To derive a queryable table, you can do 'CREATE "
                       "TABLE QUERYABLE_%.*s AS SELECT * FROM %.*s'. See https://cnfl.io/queries for more info.",
                       STR_ARG(ds->name), STR_ARG(ds->name), STR_ARG(ds->name));
    Status rc = bind_pull_keys(&x->an, &x->query, &keys, err);
    if (rc)
        return rc;
    if (keys.scan)
        x->topology = arena_strf(x->a, "pull: all rows of the state of query %.*s\n", STR_ARG(ds->query_id));
    else
        x->topology = arena_strf(x->a, "pull: %d key%s of the state of query %.*s\n", keys.n,
                                 keys.n == 1 ? "" : "s", STR_ARG(ds->query_id));
    return OK;
}

static Status bind_select(Explain *x, Err *err)
{
    bool is_push = x->st->query->emit != EMIT_NONE;
    QueryUse use = is_push ? USE_PUSH : USE_PULL;
    Status rc = bind_query(&x->an, x->st->query, use, (Str){NULL, 0}, &x->query, err);
    if (rc)
        return rc;
    const DataSource *ds = x->query.source;
    x->type = "PUSH";
    if (!is_push && ds->is_table) {
        x->type = "PULL";
        x->id = arena_strf(x->a, "query_%lld", (long long)effects_wall_ms(x->s->e->fx));
        return pull_topology(x, err);
    }
    Effects *fx = x->s->e->fx;
    uint64_t n = fx->simulated ? x->s->e->transient_seq + 1 : fx->random(fx) >> 1;
    x->id = arena_strf(x->a, "transient_%.*s_%llu", STR_ARG(ds->name), (unsigned long long)n);
    return OK;
}

static Status plan_it(Explain *x, Err *err)
{
    Engine *e = x->s->e;
    bool persistent = x->sink != NULL;
    return query_plan(e, x->a, &x->query, x->sink, persistent ? x->id : (Str){NULL, 0}, &x->logical, &x->plan, err);
}

static json_t *explained(const Explain *x)
{
    bool persistent = x->sink != NULL, pull = strcmp(x->type, "PULL") == 0;
    json_t *o = description(x->id, sql_json(x->st->sql), x->logical, x->plan, x->topology, &x->s->props);
    int64_t now = effects_wall_ms(x->s->e->fx);
    json_object_set_new(o, "ksqlHostQueryStatus", json_object());
    json_object_set_new(o, "queryType", json_string(x->type));
    json_object_set_new(o, "queryErrors", json_array());
    json_object_set_new(o, "tasksMetadata", json_array());
    Str group = consumer_group(x->a, x->s->e, x->id, !persistent, now);
    json_object_set_new(o, "consumerGroupId", pull ? json_null() : json_str(group));
    json_object_set_new(o, "state", json_null());
    return o;
}

static Status explain_statement(Session *s, const Stmt *st, Answer *out, Err *err)
{
    const Stmt *inner = st->inner;
    Arena *a = arena_new(8192);
    Catalog *cat = engine_catalog(s->e);
    Explain x = {.s = s, .a = a, .st = inner, .an = session_analyzer(s, a, cat, inner->sql)};
    Status rc;
    switch (inner->kind) {
    case STMT_SELECT:
        rc = bind_select(&x, err);
        break;
    case STMT_CREATE_STREAM_AS:
    case STMT_CREATE_TABLE_AS:
    case STMT_INSERT_INTO:
        rc = bind_persistent(&x, err);
        break;
    default:
        rc = err_at(err, ERR_STATEMENT, inner->span, "The provided statement does not run a ksql query");
    }
    if (rc == OK)
        rc = plan_it(&x, err);
    if (rc == OK) {
        out->entity = entity_new("queryDescription", st);
        json_object_set_new(out->entity, "queryDescription", explained(&x));
    }
    source_unref(x.sink);
    catalog_unref(cat);
    arena_free(a);
    return rc;
}

Status explain_run(Session *s, const Stmt *st, Answer *out, Err *err)
{
    Status rc = st->inner ? explain_statement(s, st, out, err) : explain_query(s, st, out, err);
    if (rc == OK && !json_object_get(out->entity, "warnings"))
        json_object_set_new(out->entity, "warnings", json_array());
    return rc;
}
