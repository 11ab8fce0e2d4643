// SPDX-License-Identifier: Apache-2.0
// SHOW and LIST: streams, tables, topics, queries, functions, properties, variables. Entities: page 08 §8.5
// of the ksqlDB reference. Nothing is changed. @thread any, one at a time per session
#include "runtime/admin.h"

/* ---- streams, tables ---- */

static json_t *source_line(const DataSource *ds)
{
    json_t *o = json_object();
    json_object_set_new(o, "type", json_string(source_kind_name(ds)));
    json_object_set_new(o, "name", json_str(ds->name));
    json_object_set_new(o, "topic", json_str(ds->topic));
    json_object_set_new(o, "keyFormat", json_string(format_info(ds->key_format)->name));
    json_object_set_new(o, "valueFormat", json_string(format_info(ds->value_format)->name));
    json_object_set_new(o, "isWindowed", json_boolean(ds->window != SOURCE_NOT_WINDOWED));
    return o;
}

static json_t *show_sources(Session *s, const Stmt *st)
{
    bool tables = st->kind == STMT_SHOW_TABLES;
    if (st->extended) {
        json_t *e = entity_new("source_descriptions", st);
        json_t *warnings, *list = source_descriptions_json(s->e, tables, true, &warnings);
        json_object_set_new(e, "sourceDescriptions", list);
        json_object_set_new(e, "warnings", warnings);
        return e;
    }
    json_t *e = entity_new(tables ? "tables" : "streams", st), *rows = json_array();
    Catalog *cat = engine_catalog(s->e);
    for (int i = 0; i < catalog_count(cat); i++)
        if (catalog_at(cat, i)->is_table == tables)
            json_array_append_new(rows, source_line(catalog_at(cat, i)));
    catalog_unref(cat);
    json_object_set_new(e, tables ? "tables" : "streams", rows);
    return e;
}

/* ---- topics ---- */

static void count_readers(const Running *r, Str topic, int *consumers, int *groups)
{
    *consumers = *groups = 0;
    for (int i = 0; i < r->n; i++) {
        const RunQuery *q = r->v[i].q;
        int mine = 0;
        for (int k = 0; k < q->ntasks; k++)
            mine += str_eq(q->plan->subs[q->tasks[k]->sub].input.topic, topic);
        *consumers += mine;
        *groups += mine > 0;
    }
}

static json_t *topic_line(const TopicInfo *t, const Running *r)
{
    json_t *o = json_object(), *replicas = json_array();
    for (int p = 0; p < t->partitions; p++)
        json_array_append_new(replicas, json_integer(t->replicas));
    json_object_set_new(o, "name", json_str(t->name));
    json_object_set_new(o, "replicaInfo", replicas);
    if (r) {
        int consumers, groups;
        count_readers(r, t->name, &consumers, &groups);
        json_object_set_new(o, "consumerCount", json_integer(consumers));
        json_object_set_new(o, "consumerGroupCount", json_integer(groups));
    }
    return o;
}

static json_t *show_topics(Session *s, const Stmt *st)
{
    json_t *e = entity_new(st->extended ? "kafka_topics_extended" : "kafka_topics", st), *rows = json_array();
    Arena *a = arena_new(4096);
    Running run = {0};
    TopicInfoVec topics = {0};
    if (!topic_list(s->e->topics, a, &topics)) {
        json_t *why = json_pack("{s:s}", "message", "Kafka did not answer in time: these are the topics that this server knows.");
        json_object_set_new(e, "warnings", json_pack("[o]", why));
    }
    if (st->extended)
        running_open(s->e, a, &run);
    for (int i = 0; i < topics.n; i++) {
        const TopicInfo *t = &topics.v[i];
        if (st->all || (t->use == TOPIC_USER && !str_starts(t->name, STR("_confluent"))))
            json_array_append_new(rows, topic_line(t, st->extended ? &run : NULL));
    }
    if (st->extended)
        running_close(&run);
    arena_free(a);
    json_object_set_new(e, "topics", rows);
    return e;
}

/* ---- queries ---- */

static json_t *show_queries(Session *s, const Stmt *st)
{
    json_t *e = entity_new(st->extended ? "query_descriptions" : "queries", st), *rows = json_array();
    Arena *a = arena_new(4096);
    Running run = {0};
    if (st->extended)
        running_ask(s->e, a, (Str){NULL, 0}, (Str){NULL, 0}, &run);
    running_open(s->e, a, &run);
    for (int i = 0; i < run.n; i++)
        json_array_append_new(rows, st->extended ? query_description_json(&run.v[i]) : query_json(&run.v[i]));
    json_object_set_new(e, st->extended ? "queryDescriptions" : "queries", rows);
    json_object_set_new(e, "warnings", running_warnings(&run));
    running_close(&run);
    arena_free(a);
    return e;
}

/* ---- functions ---- */

static json_t *show_functions(const Stmt *st)
{
    static const char *const kinds[] = {"SCALAR", "AGGREGATE", "TABLE"};
    json_t *e = entity_new("function_names", st), *rows = json_array();
    const Function *f;
    for (int i = 0; (f = function_at(i)); i++) {
        json_t *o = json_object();
        json_object_set_new(o, "name", upper_json(f->name));
        json_object_set_new(o, "type", json_string(kinds[f->kind]));
        json_object_set_new(o, "category", json_string(f->category));
        json_array_append_new(rows, o);
    }
    json_object_set_new(e, "functions", rows);
    return e;
}

/* ---- properties, variables ---- */

/* Properties that ksqlDB hands to Kafka Streams carry a prefix in SHOW PROPERTIES. */
static json_t *property_name(const char *name)
{
    Buf text = BUF_INIT;
    buf_printf(&text, "%s%s", str_starts(str_of(name), STR("ksql.")) ? "" : "ksql.streams.", name);
    json_t *v = json_str(buf_view(&text));
    buf_free(&text);
    return v;
}

static json_t *property_line(const Session *s, const PropRow *row)
{
    json_t *o = json_object();
    bool own = str_starts(str_of(row->name), STR("ksql.")), settable = row->flags & PROP_SETTABLE;
    const char *value = props_get(&s->props, row->name);
    json_object_set_new(o, "name", property_name(row->name));
    json_object_set_new(o, "scope", json_string("KSQL"));
    if (strcmp(row->name, "ksql.service.id") == 0)
        json_object_set_new(o, "value", json_str(s->e->service_id));
    else
        json_object_set_new(o, "value", value ? json_string(value) : json_null());
    json_object_set_new(o, "editable", json_boolean(settable));
    json_object_set_new(o, "level", json_string(own && settable ? "QUERY" : "SERVER"));
    return o;
}

static json_t *show_properties(const Session *s, const Stmt *st)
{
    json_t *e = entity_new("properties", st);
    json_t *rows = json_array(), *overwritten = json_array(), *defaults = json_array();
    const PropRow *row;
    for (int i = 0; (row = prop_at(i)); i++) {
        json_array_append_new(rows, property_line(s, row));
        if (props_has(&s->props, row->name))
            json_array_append_new(overwritten, property_name(row->name));
        else if (!s->e->cfg.props || !props_has(s->e->cfg.props, row->name))
            json_array_append_new(defaults, property_name(row->name));
    }
    json_object_set_new(e, "properties", rows);
    json_object_set_new(e, "overwrittenProperties", overwritten);
    json_object_set_new(e, "defaultProperties", defaults);
    return e;
}

static json_t *show_variables(const Session *s, const Stmt *st)
{
    json_t *e = entity_new("variables", st), *rows = json_array();
    const StrMapEntry *v;
    for (int i = 0; (v = strmap_next(&s->vars, &i));) {
        json_t *o = json_object();
        json_object_set_new(o, "name", json_str(v->key));
        json_object_set_new(o, "value", json_str(str_of(v->value)));
        json_array_append_new(rows, o);
    }
    json_object_set_new(e, "variables", rows);
    return e;
}

Status show_run(Session *s, const Stmt *st, Answer *out, Err *err)
{
    UNUSED(err);
    switch (st->kind) {
    case STMT_SHOW_STREAMS:
    case STMT_SHOW_TABLES:
        out->entity = show_sources(s, st);
        break;
    case STMT_SHOW_TOPICS:
        out->entity = show_topics(s, st);
        break;
    case STMT_SHOW_QUERIES:
        out->entity = show_queries(s, st);
        break;
    case STMT_SHOW_FUNCTIONS:
        out->entity = show_functions(st);
        break;
    case STMT_SHOW_PROPERTIES:
        out->entity = show_properties(s, st);
        break;
    case STMT_SHOW_VARIABLES:
        out->entity = show_variables(s, st);
        break;
    default:
        BUG("statement %d shows nothing", st->kind);
    }
    if (!json_object_get(out->entity, "warnings"))
        json_object_set_new(out->entity, "warnings", json_array());
    return OK;
}
