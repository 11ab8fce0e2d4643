// SPDX-License-Identifier: Apache-2.0
// CREATE STREAM | TABLE … AS SELECT and INSERT INTO … SELECT: the query and the source it writes.
// Rules and messages: pages 01 §1.4–1.5 and 02 (inheritance of formats) of the ksqlDB reference.
#include "analyze/internal.h"
#include "types/cast.h"

static Status sink_formats(const Analyzer *an, const WithProps *w, const BoundQuery *q, DataSource *ds, Span at, Err *err)
{
    const DataSource *from = q->source;
    ds->value_format = w->has_value_format ? w->value_format : from->value_format;
    ds->value_delimiter = w->value_delimiter ? w->value_delimiter
                          : ds->value_format == from->value_format ? from->value_delimiter
                                                                     : 0;
    if (w->has_key_format) {
        ds->key_format = w->key_format;
        if (!ds->nkeys && ds->key_format != FORMAT_NONE)
            return err_at(err, ERR_STATEMENT, at, "Key format specified for stream without key columns.");
    } else if (!ds->nkeys) {
        ds->key_format = FORMAT_NONE;
    } else if (from->key_format == FORMAT_NONE) {
        format_by_name(str_of(props_get(an->props, "ksql.persistence.default.format.key")), &ds->key_format);
    } else {
        ds->key_format = from->key_format;
    }
    ds->key_delimiter = w->key_delimiter ? w->key_delimiter
                        : ds->key_format == from->key_format ? from->key_delimiter
                                                               : 0;
    return OK;
}

static Status sink_topic(const Analyzer *an, const WithProps *w, const BoundQuery *q, BoundCreateAs *out, Span at, Err *err)
{
    DataSource *ds = out->sink;
    TopicInfo info;
    if (w->topic.n) {
        ds->topic = arena_str(ds->arena, w->topic);
    } else {
        const char *prefix = props_get(an->props, "ksql.output.topic.name.prefix");
        ds->topic = arena_strf(ds->arena, "%s%.*s", prefix, STR_ARG(ds->name));
    }
    if (!topic_name_valid(ds->topic))
        return err_at(err, ERR_STATEMENT, at, "The topic name is not valid: '%.*s'", STR_ARG(ds->topic));
    int from_replicas = 1;
    if (topic_describe(an->topics, q->source->topic, &info))
        from_replicas = info.replicas;
    int set_partitions = (int)props_int(an->props, "ksql.sink.partitions");
    int set_replicas = (int)props_int(an->props, "ksql.sink.replicas");
    int want = w->partitions ? w->partitions : set_partitions > 0 ? set_partitions : q->source->partitions;
    if (topic_describe(an->topics, ds->topic, &info)) {
        bool grown = an->replay_partitions && info.partitions > w->partitions;
        if (w->partitions && w->partitions != info.partitions && !grown)
            return err_at(err, ERR_STATEMENT, at,
                          "A Kafka topic with the name '%.*s' already exists, with different partition/replica "
                          "configuration than required. KSQL expects %d partitions (topic has %d)",
                          STR_ARG(ds->topic), w->partitions, info.partitions);
        ds->partitions = info.partitions;
        return OK;
    }
    ds->partitions = an->replay_partitions ? an->replay_partitions : want;
    if (an->replay_partitions)
        return OK;
    out->create_topic = true;
    out->topic = (TopicInfo){
        .name = ds->topic,
        .partitions = want,
        .replicas = w->replicas ? w->replicas : set_replicas > 0 ? set_replicas : from_replicas,
        .retention_ms = w->has_retention ? w->retention_ms : 604800000,
        .cleanup = ds->is_table ? CLEANUP_COMPACT : CLEANUP_DELETE,
    };
    return OK;
}

/* The sink's columns, in the sink's own arena. */
static void sink_schema(const BoundQuery *q, DataSource *ds)
{
    ds->schema = schema_new(ds->arena, q->result->cols, q->result->n, true);
    ds->nkeys = q->nkeys;
    ds->nvalues = q->nvalues;
}

static Status bind_sink(const Analyzer *an, const Stmt *s, const WithProps *w, BoundCreateAs *out, Err *err)
{
    DataSource *ds = out->sink;
    ds->name = arena_str(ds->arena, s->name.text);
    ds->is_table = out->query.is_table;
    ds->sql = arena_str(ds->arena, an->sql);
    ds->from = arena_str(ds->arena, out->query.source->name);
    sink_schema(&out->query, ds);
    Status st = sink_formats(an, w, &out->query, ds, s->span, err);
    if (st == OK)
        st = check_formats_run(ds, s->span, err);
    if (st == OK)
        st = finish_serdes(an, w, ds, s->span, err);
    return st ? st : sink_topic(an, w, &out->query, out, s->span, err);
}

/* CREATE STREAM of a table, or the other way round. */
static Status check_result_kind(const Stmt *s, const BoundQuery *q, Err *err)
{
    bool wants_table = s->kind == STMT_CREATE_TABLE_AS;
    if (wants_table == q->is_table)
        return OK;
    return err_at(err, ERR_STATEMENT, s->span,
                  "Invalid result type. Your SELECT query produces a %s. Please use CREATE %s AS SELECT statement instead.",
                  q->is_table ? "TABLE" : "STREAM", q->is_table ? "TABLE" : "STREAM");
}

/* What ksqlDB finds before it works out the schema, or when that is done. */
static bool of_another_step(const char *msg)
{
    static const char *const begin[] = {"Exception while", "Failed to prepare", "Can't join "};
    for (int i = 0; i < ARRAY_LEN(begin); i++)
        if (strncmp(msg, begin[i], strlen(begin[i])) == 0)
            return true;
    return false;
}

static Status bind_persistent(const Analyzer *an, const Stmt *s, BoundQuery *out, Err *err)
{
    Status st = bind_query(an, s->query, USE_PERSISTENT, s->name.text, out, err);
    if (st && err->code == ERR_STATEMENT && !of_another_step(err->msg))
        err_prefix(err, "Could not determine output schema for query due to error: ");
    return st;
}

/* ksqlDB looks for the TIMESTAMP column before it looks at the projection's key. */
static Status check_timestamp_name(const WithProps *w, const Stmt *s, Err *err)
{
    for (int i = 0; w->timestamp.n && i < s->query->items.n; i++) {
        const SelectItem *it = &s->query->items.v[i];
        if (it->kind != SELECT_EXPR || str_eq(it->alias.text, w->timestamp) ||
            (!it->alias.text.n && str_eq(it->expr->name.text, w->timestamp)))
            return OK;
    }
    if (!w->timestamp.n)
        return OK;
    return err_at(err, ERR_STATEMENT, s->span,
                  "The TIMESTAMP column set in the WITH clause does not exist in the schema: '%.*s'", STR_ARG(w->timestamp));
}

Status bind_create_as(const Analyzer *an, const Stmt *s, BoundCreateAs *out, Err *err)
{
    WithProps w;
    *out = (BoundCreateAs){0};
    Status st = bind_with(an, s, WITH_CREATE_AS, &w, err);
    if (st == OK)
        st = check_timestamp_name(&w, s, err);
    if (st == OK)
        st = bind_persistent(an, s, &out->query, err);
    if (st == OK)
        st = check_result_kind(s, &out->query, err);
    if (st)
        return st;
    out->sink = source_new();
    st = bind_sink(an, s, &w, out, err);
    if (st) {
        source_unref(out->sink);
        out->sink = NULL;
    }
    return st;
}

static Status incompatible(const BoundQuery *q, const DataSource *ds, Span at, Err *err)
{
    Buf result = BUF_INIT, sink = BUF_INIT;
    schema_print(&result, q->result);
    schema_print(&sink, ds->schema);
    err_at(err, ERR_STATEMENT, at, "Incompatible schema between results and sink.\nResult schema is %s\nSink schema is %s",
           buf_z(&result), buf_z(&sink));
    buf_free(&result);
    buf_free(&sink);
    return ERR_STATEMENT;
}

Status bind_insert_into(const Analyzer *an, const Stmt *s, BoundCreateAs *out, Err *err)
{
    WithProps w;
    *out = (BoundCreateAs){0};
    DataSource *ds = catalog_find(an->cat, s->name.text);
    if (!ds)
        return err_at(err, ERR_STATEMENT, s->name.span, "Line: %d, Col: %d: Source `%.*s` does not exist.",
                      s->name.span.line, s->name.span.col, STR_ARG(s->name.text));
    if (ds->is_table)
        return err_at(err, ERR_STATEMENT, s->name.span,
                      "INSERT INTO can only be used to insert into a stream. %.*s is a table.", STR_ARG(ds->name));
    if (ds->read_only || ds->system)
        return err_at(err, ERR_STATEMENT, s->name.span, "Cannot insert into read-only stream: %.*s", STR_ARG(ds->name));
    if (schema_count(ds->schema, ROLE_HEADERS))
        return err_at(err, ERR_STATEMENT, s->name.span, "Cannot insert into %.*s because it has header columns",
                      STR_ARG(ds->name));
    Status st = bind_with(an, s, WITH_INSERT, &w, err);
    if (st == OK)
        st = bind_persistent(an, s, &out->query, err);
    if (st)
        return st;
    BoundQuery *q = &out->query;
    if (q->is_table)
        return err_at(err, ERR_STATEMENT, s->span,
                      "INSERT INTO can only be used to insert into a stream. %.*s is a table.", STR_ARG(s->name.text));
    if (q->nkeys != ds->nkeys || q->nvalues != ds->nvalues)
        return incompatible(q, ds, s->span, err);
    BoundItem *items = arena_dup(an->arena, q->items, sizeof *items * (size_t)(q->nkeys + q->nvalues));
    for (int i = 0; i < q->nkeys + q->nvalues; i++) {
        const ColumnDef *to = &ds->schema->cols[i];
        if (!str_eq(items[i].name, to->name) || !coerce_exact(items[i].expr->type, to->type))
            return incompatible(q, ds, s->span, err);
        items[i].expr = texpr_cast(an->arena, items[i].expr, to->type);
    }
    q->items = items;
    q->result = ds->schema;
    out->sink = source_ref(ds);
    out->query_id = w.query_id;
    return OK;
}
