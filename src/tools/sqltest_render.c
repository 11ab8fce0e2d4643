// SPDX-License-Identifier: Apache-2.0
// Answers as lines of text that stay the same from run to run: what SQL tests compare.
//
//     currentStatus       its message
//     streams, tables     name | topic | key format | value format | windowed
//     kafka_topics        name | partitions
//     queries             id | type | states | sinks | sink topics | text
//     sourceDescription   name | type | topic | key format | value format, then a line a field
//     queryDescription    id | type | sources | sinks, fields, plan, topology, errors
//     properties          the overwritten ones: name | value
//     others              the entity as compact JSON with sorted members
// A row is its cells joined with " | ". An error is `ERROR line:col message`, then `HINT hint`.
#include <stdlib.h>

#include "tools/sqltest.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *c = json_string_value(json_object_get(object, name));
    return c ? c : "";
}

/* Members joined with " | "; NULL ends the names. */
static void row_of(Buf *out, const json_t *object, const char *const *names)
{
    for (int i = 0; names[i]; i++) {
        const json_t *v = json_object_get(object, names[i]);
        if (i)
            buf_cstr(out, " | ");
        if (json_is_string(v)) {
            buf_cstr(out, json_string_value(v));
        } else {
            char *dump = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
            buf_cstr(out, dump ? dump : "");
            free(dump);
        }
    }
    buf_byte(out, '\n');
}

static void rows_of(Buf *out, const json_t *array, const char *const *names)
{
    size_t i;
    json_t *v;
    json_array_foreach(array, i, v) row_of(out, v, names);
}

/* Strings of an array joined with a comma. */
static void list_of(Buf *out, const json_t *array)
{
    size_t i;
    json_t *v;
    json_array_foreach(array, i, v)
        buf_printf(out, "%s%s", i ? "," : "", json_is_string(v) ? json_string_value(v) : "?");
}

void sqltest_render_type(Buf *out, const json_t *schema)
{
    const char *type = text_of(schema, "type");
    const json_t *params = json_object_get(schema, "parameters"), *fields = json_object_get(schema, "fields");
    size_t i;
    json_t *f;
    buf_cstr(out, type);
    if (!strcmp(type, "DECIMAL"))
        buf_printf(out, "(%lld, %lld)", (long long)json_integer_value(json_object_get(params, "precision")),
                   (long long)json_integer_value(json_object_get(params, "scale")));
    if (!strcmp(type, "ARRAY") || !strcmp(type, "MAP")) {
        buf_cstr(out, !strcmp(type, "MAP") ? "<STRING, " : "<");
        sqltest_render_type(out, json_object_get(schema, "memberSchema"));
        buf_byte(out, '>');
    }
    if (strcmp(type, "STRUCT") != 0)
        return;
    buf_byte(out, '<');
    json_array_foreach(fields, i, f) {
        buf_printf(out, "%s%s ", i ? ", " : "", text_of(f, "name"));
        sqltest_render_type(out, json_object_get(f, "schema"));
    }
    buf_byte(out, '>');
}

static void fields_of(Buf *out, const json_t *fields)
{
    size_t i;
    json_t *f;
    json_array_foreach(fields, i, f) {
        const char *role = text_of(f, "type");
        buf_printf(out, "  %s ", text_of(f, "name"));
        sqltest_render_type(out, json_object_get(f, "schema"));
        buf_printf(out, "%s%s\n", *role ? " " : "", role);
    }
}

static void lines_of(Buf *out, const char *title, const char *text)
{
    if (!*text)
        return;
    buf_printf(out, "%s\n", title);
    while (*text) {
        size_t n = strcspn(text, "\n");
        buf_printf(out, "  %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void query_ids(Buf *out, const char *title, const json_t *queries)
{
    size_t i;
    json_t *q;
    if (json_array_size(queries) == 0)
        return;
    buf_printf(out, "  %s", title);
    json_array_foreach(queries, i, q) buf_printf(out, "%s%s", i ? ", " : " ", text_of(q, "id"));
    buf_byte(out, '\n');
}

static void source_of(Buf *out, const json_t *d)
{
    static const char *const head[] = {"name", "type", "topic", "keyFormat", "valueFormat", NULL};
    row_of(out, d, head);
    fields_of(out, json_object_get(d, "fields"));
    query_ids(out, "read by", json_object_get(d, "readQueries"));
    query_ids(out, "written by", json_object_get(d, "writeQueries"));
    if (!json_is_true(json_object_get(d, "extended")))
        return;
    buf_printf(out, "  partitions %lld\n", (long long)json_integer_value(json_object_get(d, "partitions")));
    if (*text_of(d, "timestamp"))
        buf_printf(out, "  timestamp %s\n", text_of(d, "timestamp"));
    lines_of(out, "  statement", text_of(d, "statement"));
}

static void query_of(Buf *out, const json_t *d)
{
    size_t i;
    json_t *e;
    buf_printf(out, "%s | %s | ", text_of(d, "id"), text_of(d, "queryType"));
    list_of(out, json_object_get(d, "sources"));
    buf_cstr(out, " | ");
    list_of(out, json_object_get(d, "sinks"));
    buf_byte(out, '\n');
    fields_of(out, json_object_get(d, "fields"));
    lines_of(out, "plan", text_of(d, "executionPlan"));
    lines_of(out, "topology", text_of(d, "topology"));
    json_array_foreach(json_object_get(d, "queryErrors"), i, e)
        buf_printf(out, "error %s: %s\n", text_of(e, "type"), text_of(e, "errorMessage"));
}

static void queries_of(Buf *out, const json_t *queries)
{
    size_t i;
    json_t *q, *n;
    const char *state;
    json_array_foreach(queries, i, q) {
        bool first = true;
        buf_printf(out, "%s | %s | ", text_of(q, "id"), text_of(q, "queryType"));
        json_object_foreach(json_object_get(q, "statusCount"), state, n) {
            buf_printf(out, "%s%s:%lld", first ? "" : ",", state, (long long)json_integer_value(n));
            first = false;
        }
        buf_cstr(out, " | ");
        list_of(out, json_object_get(q, "sinks"));
        buf_cstr(out, " | ");
        list_of(out, json_object_get(q, "sinkKafkaTopics"));
        buf_cstr(out, " | ");
        for (const char *c = text_of(q, "queryString"); *c; c++) {
            if (*c == '\n')
                while (c[1] == ' ')
                    c++;
            buf_byte(out, *c == '\n' ? ' ' : *c);
        }
        buf_byte(out, '\n');
    }
}

static void topics_of(Buf *out, const json_t *topics)
{
    size_t i;
    json_t *t;
    json_array_foreach(topics, i, t)
        buf_printf(out, "%s | %zu\n", text_of(t, "name"), json_array_size(json_object_get(t, "replicaInfo")));
}

static void properties_of(Buf *out, const json_t *entity)
{
    size_t i, k;
    json_t *p, *name;
    json_array_foreach(json_object_get(entity, "properties"), i, p)
        json_array_foreach(json_object_get(entity, "overwrittenProperties"), k, name)
            if (json_is_string(name) && !strcmp(json_string_value(name), text_of(p, "name")))
                buf_printf(out, "%s | %s\n", text_of(p, "name"), text_of(p, "value"));
}

static void function_of(Buf *out, const json_t *d)
{
    size_t i, k;
    json_t *f, *arg;
    buf_printf(out, "%s | %s | %s\n", text_of(d, "name"), text_of(d, "type"), text_of(d, "description"));
    json_array_foreach(json_object_get(d, "functions"), i, f) {
        buf_printf(out, "  %s(", text_of(d, "name"));
        json_array_foreach(json_object_get(f, "arguments"), k, arg)
            buf_printf(out, "%s%s %s", k ? ", " : "", text_of(arg, "name"), text_of(arg, "type"));
        buf_printf(out, ") -> %s\n", text_of(f, "returnType"));
    }
}

static void other(Buf *out, const json_t *entity)
{
    json_t *copy = json_copy((json_t *)entity);
    json_object_del(copy, "statementText");
    json_object_del(copy, "warnings");
    char *dump = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
    buf_printf(out, "%s\n", dump ? dump : "");
    free(dump);
    json_decref(copy);
}

static void status_of(Buf *out, const json_t *entity)
{
    const json_t *s = json_object_get(entity, "commandStatus");
    if (strcmp(text_of(s, "status"), "SUCCESS") != 0)
        buf_printf(out, "%s ", text_of(s, "status"));
    buf_printf(out, "%s\n", text_of(s, "message"));
}

static void one_entity(Buf *out, const char *type, const json_t *entity)
{
    static const char *const source[] = {"name", "topic", "keyFormat", "valueFormat", "isWindowed", NULL};
    static const char *const function[] = {"name", "type", NULL};
    static const char *const variable[] = {"name", "value", NULL};
    size_t i;
    json_t *d;
    if (!strcmp(type, "currentStatus"))
        status_of(out, entity);
    else if (!strcmp(type, "streams") || !strcmp(type, "tables"))
        rows_of(out, json_object_get(entity, type), source);
    else if (!strcmp(type, "kafka_topics") || !strcmp(type, "kafka_topics_extended"))
        topics_of(out, json_object_get(entity, "topics"));
    else if (!strcmp(type, "queries"))
        queries_of(out, json_object_get(entity, "queries"));
    else if (!strcmp(type, "sourceDescription"))
        source_of(out, json_object_get(entity, "sourceDescription"));
    else if (!strcmp(type, "source_descriptions"))
        json_array_foreach(json_object_get(entity, "sourceDescriptions"), i, d) source_of(out, d);
    else if (!strcmp(type, "queryDescription"))
        query_of(out, json_object_get(entity, "queryDescription"));
    else if (!strcmp(type, "query_descriptions"))
        json_array_foreach(json_object_get(entity, "queryDescriptions"), i, d) query_of(out, d);
    else if (!strcmp(type, "properties"))
        properties_of(out, entity);
    else if (!strcmp(type, "function_names"))
        rows_of(out, json_object_get(entity, "functions"), function);
    else if (!strcmp(type, "describe_function"))
        function_of(out, entity);
    else if (!strcmp(type, "variables"))
        rows_of(out, json_object_get(entity, "variables"), variable);
    else if (!strcmp(type, "warning_entity"))
        buf_printf(out, "WARNING %s\n", text_of(entity, "message"));
    else
        other(out, entity);
}

void sqltest_render_entity(Buf *out, const json_t *entity)
{
    size_t i;
    json_t *w;
    one_entity(out, text_of(entity, "@type"), entity);
    json_array_foreach(json_object_get(entity, "warnings"), i, w)
        buf_printf(out, "WARNING %s\n", text_of(w, "message"));
}

void sqltest_render_error(Buf *out, const Err *err)
{
    buf_cstr(out, "ERROR ");
    if (err->span.line > 0)
        buf_printf(out, "%d:%d ", err->span.line, err->span.col);
    buf_printf(out, "%s\n", err->msg ? err->msg : "");
    if (err->hint)
        buf_printf(out, "HINT %s\n", err->hint);
}

void sqltest_render_row(Buf *out, const RowStream *rs, const StreamRow *row)
{
    const Schema *sch = rowstream_schema(rs);
    if (!row->values || !sch) {
        buf_str(out, row->line);
        if (!row->line.n || row->line.p[row->line.n - 1] != '\n')
            buf_byte(out, '\n');
        return;
    }
    if (row->tombstone)
        buf_cstr(out, "deleted ");
    for (int i = 0; i < sch->n; i++) {
        if (i)
            buf_cstr(out, " | ");
        value_shown(out, sch->cols[i].type, &row->values[i]);
    }
    buf_byte(out, '\n');
}
