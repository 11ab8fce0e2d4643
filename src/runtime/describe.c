// SPDX-License-Identifier: Apache-2.0
// DESCRIBE: one source, all streams or tables, a function. Members: page 08 §8.5 of the ksqlDB reference.
//
// Statistics count rows since the engine opened (rows written: since a task last started), over all
// partitions. Rates are averages since then. @thread any, one at a time per session
#include "base/nearest.h"
#include "runtime/admin.h"
#include "sql/print.h"

json_t *window_json(SourceWindow w)
{
    static const char *const names[] = {NULL, "TUMBLING", "HOPPING", "SESSION"};
    return names[w] ? json_string(names[w]) : json_null();
}

/* ---- statistics ---- */

typedef struct Counts {
    int readers, writers; /* tasks */
    int64_t rows_read, rows_written, errors, missed;
    int64_t since_ms;     /* the first of these queries' start; 0: none */
} Counts;

static void count_task(Counts *c, const DataSource *ds, const Task *t, const TaskSeen *seen)
{
    const RunQuery *q = t->q;
    bool reads = str_eq(q->plan->subs[t->sub].input.topic, ds->topic);
    bool writes = q->sink && str_eq(q->sink->name, ds->name) && t->sub == q->plan->nsubs - 1;
    if (reads) {
        c->readers++;
        c->rows_read += seen->rows_in;
        c->errors += seen->errors;
        c->missed += seen->missed;
    }
    if (writes) {
        c->writers++;
        c->rows_written += seen->rows_out;
    }
    if ((reads || writes) && (!c->since_ms || q->created_ms < c->since_ms))
        c->since_ms = q->created_ms;
}

static Counts count(const Running *r, const DataSource *ds)
{
    Counts c = {0};
    for (int i = 0; i < r->n; i++)
        for (int k = 0; r->v[i].tasks && k < r->v[i].q->ntasks; k++)
            count_task(&c, ds, r->v[i].q->tasks[k], &r->v[i].tasks[k]);
    return c;
}

typedef struct Statistics {
    json_t *list; /* clusterStatistics, clusterErrorStats */
    Buf text;     /* the same in one line */
    int64_t now;
    Str host;
} Statistics;

static void add_statistic(Statistics *s, const char *name, double value, bool is_rate)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(name));
    json_object_set_new(o, "host", json_str(s->host));
    json_object_set_new(o, "value", json_real(value));
    json_object_set_new(o, "timestamp", json_integer(s->now));
    json_array_append_new(s->list, o);
    buf_printf(&s->text, is_rate ? "%16s:%10.2f " : "%16s:%10.0f ", name, value);
}

static double rate(int64_t n, const Counts *c, int64_t now)
{
    return now > c->since_ms ? (double)n * 1000.0 / (double)(now - c->since_ms) : 0;
}

static void add_statistics(json_t *o, const Running *r, const DataSource *ds, bool extended)
{
    int64_t now = effects_wall_ms(r->e->fx);
    Counts c = count(r, ds);
    Str host = admin_host(r->e);
    Statistics all = {json_array(), BUF_INIT, now, host}, failed = {json_array(), BUF_INIT, now, host};
    if (c.readers) {
        add_statistic(&all, "consumer-messages-per-sec", rate(c.rows_read, &c, now), true);
        add_statistic(&all, "consumer-total-messages", (double)c.rows_read, false);
    }
    if (c.writers) {
        add_statistic(&all, "messages-per-sec", rate(c.rows_written, &c, now), true);
        add_statistic(&all, "total-messages", (double)c.rows_written, false);
    }
    if (c.errors) {
        add_statistic(&failed, "consumer-failed-messages-per-sec", rate(c.errors, &c, now), true);
        add_statistic(&failed, "consumer-failed-messages", (double)c.errors, false);
    }
    if (c.missed)
        add_statistic(&failed, "consumer-missed-messages", (double)c.missed, false);
    json_object_set_new(o, "statistics", json_str(extended ? str_trim(buf_view(&all.text)) : STR("")));
    json_object_set_new(o, "errorStats", json_str(extended ? str_trim(buf_view(&failed.text)) : STR("")));
    json_object_set_new(o, "clusterStatistics", all.list);
    json_object_set_new(o, "clusterErrorStats", failed.list);
    buf_free(&all.text);
    buf_free(&failed.text);
}

/* ---- offsets ---- */

static json_t *offsets_json(const QuerySeen *s, int sub)
{
    const RunQuery *q = s->q;
    json_t *list = json_array();
    for (int i = 0; i < q->ntasks; i++) {
        const Task *t = q->tasks[i];
        InputOffsets at;
        if (t->sub != sub || !running_offsets(s->of, t, &t->inputs[0], &at))
            continue;
        json_t *o = json_object();
        json_object_set_new(o, "partition", json_integer(t->partition));
        json_object_set_new(o, "logStartOffset", json_integer(at.begin));
        json_object_set_new(o, "logEndOffset", json_integer(at.end));
        json_object_set_new(o, "consumerOffset", json_integer(at.at < 0 ? at.begin : at.at));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *offset_summary(Engine *e, const QuerySeen *seen)
{
    const RunQuery *q = seen->q;
    Arena *a = arena_new(1024);
    json_t *o = json_object(), *topics = json_array();
    json_object_set_new(o, "groupId", json_str(consumer_group(a, e, q->id, false, 0)));
    for (int s = 0; s < q->plan->nsubs; s++) {
        json_t *t = json_object();
        json_object_set_new(t, "kafkaTopic", json_str(q->plan->subs[s].input.topic));
        json_object_set_new(t, "offsets", offsets_json(seen, s));
        json_array_append_new(topics, t);
    }
    json_object_set_new(o, "topicSummaries", topics);
    arena_free(a);
    return o;
}

/* ---- a source ---- */

typedef bool Relates(const RunQuery *q, const DataSource *ds);

static bool reads(const RunQuery *q, const DataSource *ds)
{
    return str_eq(q->source->name, ds->name);
}

static bool writes(const RunQuery *q, const DataSource *ds)
{
    return q->sink && str_eq(q->sink->name, ds->name);
}

/* The persistent queries that read from ds, or that write into it. */
static json_t *queries_of(const Running *r, const DataSource *ds, Relates *relates)
{
    json_t *list = json_array();
    for (int i = 0; i < r->n; i++)
        if (r->v[i].q->kind == QUERY_PERSISTENT && relates(r->v[i].q, ds))
            json_array_append_new(list, query_json(&r->v[i]));
    return list;
}

static void add_topic(json_t *o, Engine *e, const DataSource *ds)
{
    TopicInfo info;
    bool there = topic_describe(e->topics, ds->topic, &info);
    json_object_set_new(o, "keyFormat", json_string(format_info(ds->key_format)->name));
    json_object_set_new(o, "valueFormat", json_string(format_info(ds->value_format)->name));
    json_object_set_new(o, "topic", json_str(ds->topic));
    json_object_set_new(o, "partitions", json_integer(there ? info.partitions : ds->partitions));
    json_object_set_new(o, "replication", json_integer(there ? info.replicas : 0));
}

json_t *source_description_json(const Running *r, const Catalog *cat, const DataSource *ds, bool extended)
{
    json_t *o = json_object(), *offsets = json_array(), *constraints = json_array();
    Str timestamp = ds->timestamp_column >= 0 ? ds->schema->cols[ds->timestamp_column].name : STR("");
    json_object_set_new(o, "name", json_str(ds->name));
    json_object_set_new(o, "windowType", window_json(ds->window));
    json_object_set_new(o, "readQueries", queries_of(r, ds, reads));
    json_object_set_new(o, "writeQueries", queries_of(r, ds, writes));
    json_object_set_new(o, "fields", entity_fields(ds->schema));
    json_object_set_new(o, "type", json_string(source_kind_name(ds)));
    json_object_set_new(o, "timestamp", json_str(timestamp));
    json_object_set_new(o, "statistics", json_null()); /* their place; set below */
    json_object_set_new(o, "errorStats", json_null());
    json_object_set_new(o, "extended", json_boolean(extended));
    add_topic(o, r->e, ds);
    json_object_set_new(o, "statement", sql_json(ds->sql));
    for (int i = 0; extended && i < r->n; i++)
        if (r->v[i].q->kind == QUERY_PERSISTENT && writes(r->v[i].q, ds))
            json_array_append_new(offsets, offset_summary(r->e, &r->v[i]));
    for (int i = 0; i < catalog_count(cat); i++)
        if (str_eq(catalog_at(cat, i)->from, ds->name))
            json_array_append_new(constraints, json_str(catalog_at(cat, i)->name));
    json_object_set_new(o, "queryOffsetSummaries", offsets);
    json_object_set_new(o, "sourceConstraints", constraints);
    add_statistics(o, r, ds, extended);
    return o;
}

/* Under running_open no statement changes the catalog, and Engine.mu is held. */
static Catalog *current(const Running *r) { return catalog_ref(r->e->cat); }

json_t *source_descriptions_json(Engine *e, bool tables, bool extended, json_t **warnings)
{
    json_t *list = json_array();
    Arena *a = arena_new(4096);
    Running run = {0};
    if (extended)
        running_ask(e, a, (Str){NULL, 0}, (Str){NULL, 0}, &run);
    running_open(e, a, &run);
    Catalog *cat = current(&run);
    for (int i = 0; i < catalog_count(cat); i++)
        if (catalog_at(cat, i)->is_table == tables)
            json_array_append_new(list, source_description_json(&run, cat, catalog_at(cat, i), extended));
    *warnings = running_warnings(&run);
    running_close(&run);
    catalog_unref(cat);
    arena_free(a);
    return list;
}

/* ksqlDB's text; a hint where only the spelling is near. */
static Status not_found(Session *s, Arena *a, const Catalog *cat, const Stmt *st, Err *err)
{
    Analyzer an = session_analyzer(s, a, cat, st->sql);
    Nearest near;
    Status rc = unknown_source(&an, &st->name, "Could not find STREAM/TABLE '%s' in the Metastore", err);
    nearest_init(&near, st->name.text);
    for (int i = 0; i < catalog_count(cat); i++)
        nearest_offer(&near, catalog_at(cat, i)->name);
    if (near.best.n && near.distance > 0)
        hint_name(err, near.best);
    return rc;
}

static Status describe_source(Session *s, const Stmt *st, Answer *out, Err *err)
{
    Arena *a = arena_new(4096);
    Running run = {0};
    Status rc = OK;
    if (st->extended)
        running_ask(s->e, a, (Str){NULL, 0}, st->name.text, &run);
    running_open(s->e, a, &run);
    Catalog *cat = current(&run);
    const DataSource *ds = catalog_find(cat, st->name.text);
    if (ds) {
        out->entity = entity_new("sourceDescription", st);
        json_t *d = source_description_json(&run, cat, ds, st->extended);
        json_object_set_new(out->entity, "sourceDescription", d);
        json_object_set_new(out->entity, "warnings", running_warnings(&run));
    } else {
        rc = not_found(s, a, cat, st, err);
    }
    running_close(&run);
    catalog_unref(cat);
    arena_free(a);
    return rc;
}

/* ---- functions ---- */

static json_t *type_json(const Type *t)
{
    Buf text = BUF_INIT;
    param_print(&text, t);
    json_t *v = json_str(buf_view(&text));
    buf_free(&text);
    return v;
}

static json_t *overload_json(const Overload *v)
{
    json_t *o = json_object(), *args = json_array(), *types = json_array();
    const char *description = v->scalar ? v->scalar->description : v->aggregate->description;
    for (int i = 0; i < v->nparams; i++) {
        json_t *arg = json_object();
        json_object_set_new(arg, "name", json_string(v->params[i].name));
        json_object_set_new(arg, "type", type_json(v->params[i].type));
        json_object_set_new(arg, "description", json_string(""));
        json_object_set_new(arg, "isVariadic", json_boolean(v->variadic == i));
        json_array_append_new(args, arg);
        json_array_append_new(types, type_json(v->params[i].type));
    }
    json_object_set_new(o, "arguments", args);
    json_object_set_new(o, "returnType", type_json(v->result));
    json_object_set_new(o, "description", json_string(description ? description : ""));
    json_object_set_new(o, "argumentTypes", types);
    return o;
}

static Status describe_function(const Stmt *st, Answer *out, Err *err)
{
    static const char *const kinds[] = {"SCALAR", "AGGREGATE", "TABLE"};
    Str name = st->name.written.n ? st->name.written : st->name.text;
    const Function *f = function_find(name);
    if (!f) {
        Status rc = err_at(err, ERR_BAD_REQUEST, st->name.span,
                           "Can't find any functions with the name '%.*s'", STR_ARG(name));
        const char *near = function_nearest(name);
        if (near)
            err_hint(err, "did you mean %s?", near);
        return rc;
    }
    json_t *e = out->entity = entity_new("describe_function", st), *list = json_array();
    json_object_set_new(e, "name", upper_json(f->name));
    const Overload *first = &f->overloads[0];
    const char *description = first->scalar ? first->scalar->description : first->aggregate->description;
    json_object_set_new(e, "description", json_string(description ? description : ""));
    json_object_set_new(e, "author", json_string(""));
    json_object_set_new(e, "version", json_string(""));
    json_object_set_new(e, "path", json_string("internal"));
    for (int i = 0; i < f->noverloads; i++)
        json_array_append_new(list, overload_json(&f->overloads[i]));
    json_object_set_new(e, "functions", list);
    json_object_set_new(e, "type", json_string(kinds[f->kind]));
    return OK;
}

Status describe_run(Session *s, const Stmt *st, Answer *out, Err *err)
{
    Status rc = OK;
    if (st->kind == STMT_DESCRIBE) {
        rc = describe_source(s, st, out, err);
    } else if (st->kind == STMT_DESCRIBE_FUNCTION) {
        rc = describe_function(st, out, err);
    } else {
        bool tables = str_eq_nocase(st->topic, STR("TABLES"));
        out->entity = entity_new("source_descriptions", st);
        json_t *warnings, *list = source_descriptions_json(s->e, tables, st->extended, &warnings);
        json_object_set_new(out->entity, "sourceDescriptions", list);
        json_object_set_new(out->entity, "warnings", warnings);
    }
    if (rc == OK && !json_object_get(out->entity, "warnings"))
        json_object_set_new(out->entity, "warnings", json_array());
    return rc;
}
