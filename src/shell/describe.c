// SPDX-License-Identifier: Apache-2.0
// What DESCRIBE, EXPLAIN and SHOW … EXTENDED answer, as text: labelled lines, tables, and sections
// under a title. Section titles, blanks at line ends and empty lines are those of ksqlDB's shell.
#include "shell/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cell.h"

enum { LABEL_WIDTH = 20, FUNCTION_LABEL_WIDTH = 12, WRAP_INDENT = 16 };

static void label(Buf *out, const char *name, Str value)
{
    buf_printf(out, "%-*s : %.*s\n", LABEL_WIDTH, name, STR_ARG(value));
}

/* An empty line, the title and its rule; short ones are padded, as String.format("%-20s") does. */
static void section(Buf *out, const char *title, int rule)
{
    buf_printf(out, "\n%-*s\n", LABEL_WIDTH, title);
    buf_repeat(out, '-', rule);
    buf_repeat(out, ' ', LABEL_WIDTH - rule);
    buf_byte(out, '\n');
}

static void print_names(Buf *out, const json_t *list)
{
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v)
        buf_printf(out, "%s\n", json_is_string(v) ? json_string_value(v) : "");
}

/* ---- types and fields ------------------------------------------------------------------------ */

static void print_type(Buf *out, const json_t *schema);

static void print_fields(Buf *out, const json_t *fields)
{
    size_t i;
    json_t *f;
    json_array_foreach(fields, i, f) {
        buf_printf(out, "%s%.*s ", i ? ", " : "", STR_ARG(table_member(f, "name")));
        print_type(out, json_object_get(f, "schema"));
    }
}

/* A SchemaInfo as ksqlDB's shell names it: VARCHAR(STRING), DECIMAL(4, 2), STRUCT<A INTEGER>. */
static void print_type(Buf *out, const json_t *schema)
{
    Str type = table_member(schema, "type");
    const json_t *member = json_object_get(schema, "memberSchema");
    const json_t *parameters = json_object_get(schema, "parameters");
    if (str_eq_c(type, "STRING")) {
        buf_cstr(out, "VARCHAR(STRING)");
    } else if (str_eq_c(type, "ARRAY")) {
        buf_cstr(out, "ARRAY<");
        print_type(out, member);
        buf_byte(out, '>');
    } else if (str_eq_c(type, "MAP")) {
        buf_cstr(out, "MAP<STRING, ");
        print_type(out, member);
        buf_byte(out, '>');
    } else if (str_eq_c(type, "STRUCT")) {
        buf_cstr(out, "STRUCT<");
        print_fields(out, json_object_get(schema, "fields"));
        buf_byte(out, '>');
    } else if (str_eq_c(type, "DECIMAL") && json_is_object(parameters)) {
        buf_printf(out, "DECIMAL(%lld, %lld)", (long long)table_number(parameters, "precision"),
                   (long long)table_number(parameters, "scale"));
    } else {
        buf_str(out, type);
    }
}

static Str field_type(Arena *a, const json_t *field, Str window, bool is_table)
{
    Buf text = BUF_INIT;
    Str role = table_member(field, "type"), header = table_member(field, "headerKey");
    print_type(&text, json_object_get(field, "schema"));
    if (role.n && text.n < 16)
        buf_repeat(&text, ' ', 16 - (int)text.n);
    if (str_eq_c(role, "KEY"))
        buf_cstr(&text, is_table ? " (primary key)" : " (key)");
    else if (str_eq_c(role, "HEADER") && header.n)
        buf_printf(&text, " (header('%.*s'))", STR_ARG(header));
    else if (str_eq_c(role, "HEADER"))
        buf_cstr(&text, " (headers)");
    if (str_eq_c(role, "KEY") && window.n)
        buf_printf(&text, " (Window type: %.*s)", STR_ARG(window));
    Str s = arena_str(a, buf_view(&text));
    buf_free(&text);
    return s;
}

static void print_schema(Buf *out, Arena *a, const json_t *desc, bool is_table, const TableStyle *style)
{
    Table t;
    size_t i;
    json_t *f;
    const json_t *fields = json_object_get(desc, "fields");
    if (json_array_size(fields) == 0)
        return;
    table_init(&t, a, 2, "Field", "Type");
    json_array_foreach(fields, i, f) {
        Str *c = table_row(&t);
        c[0] = table_member(f, "name");
        c[1] = field_type(a, f, table_member(desc, "windowType"), is_table);
    }
    table_print(out, &t, style);
}

void table_types(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Table t;
    const char *name;
    json_t *schema;
    table_init(&t, a, 2, "Type Name", "Schema");
    json_object_foreach(json_object_get(e, "types"), name, schema) {
        Buf text = BUF_INIT;
        Str *c = table_row(&t);
        print_type(&text, schema);
        c[0] = str_of(name);
        c[1] = arena_str(a, buf_view(&text));
        buf_free(&text);
    }
    table_sort(&t);
    table_print(out, &t, style);
}

/* ---- sources --------------------------------------------------------------------------------- */

static void print_queries(Buf *out, Arena *a, const json_t *list, const char *does, Str type)
{
    size_t i;
    json_t *q;
    if (json_array_size(list) == 0)
        return;
    section(out, arena_printf(a, "Queries that %s this %.*s", does, STR_ARG(type)), 35);
    json_array_foreach(list, i, q) {
        Str id = table_member(q, "id"), state = table_member(q, "state");
        Str sql = table_one_line(a, table_member(q, "queryString"));
        state = state.n ? state : STR("N/A");
        buf_printf(out, "%.*s (%.*s) : %.*s\n", STR_ARG(id), STR_ARG(state), STR_ARG(sql));
    }
    buf_cstr(out, "\nFor query topology and execution plan please run: EXPLAIN <QueryId>\n");
}

static Str time_text(Arena *a, int64_t ms)
{
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    if (ms <= 0 || !gmtime_r(&s, &tm))
        return STR("n/a");
    return arena_strf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                      tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000));
}

static void add_statistics(Table *t, const json_t *list)
{
    size_t i;
    json_t *s;
    json_array_foreach(list, i, s) {
        Str *c = table_row(t);
        c[0] = table_member(s, "host");
        c[1] = table_member(s, "name");
        c[2] = arena_strf(t->a, "%10.0f", json_number_value(json_object_get(s, "value")));
        c[3] = time_text(t->a, table_number(s, "timestamp"));
    }
}

static void print_statistics(Buf *out, Arena *a, const json_t *desc, const TableStyle *style)
{
    const json_t *stats = json_object_get(desc, "clusterStatistics");
    const json_t *errors = json_object_get(desc, "clusterErrorStats");
    if (json_array_size(stats) + json_array_size(errors) == 0) {
        Str text = table_member(desc, "statistics"), error_text = table_member(desc, "errorStats");
        section(out, "Local runtime statistics", 24);
        buf_printf(out, "%.*s\n%.*s\n", STR_ARG(text), STR_ARG(error_text));
    } else {
        Table t;
        section(out, "Runtime statistics by host", 25);
        table_init(&t, a, 4, "Host", "Metric", "Value", "Last Message");
        add_statistics(&t, stats);
        add_statistics(&t, errors);
        table_sort(&t);
        table_print(out, &t, style);
    }
    buf_printf(out, "(Statistics of the local KSQL server interaction with the Kafka topic %.*s)\n",
               STR_ARG(table_member(desc, "topic")));
}

static void print_topic_offsets(Buf *out, Arena *a, const json_t *topic, const TableStyle *style)
{
    Table t;
    size_t i;
    json_t *o;
    int64_t most = 0;
    const json_t *offsets = json_object_get(topic, "offsets");
    if (json_array_size(offsets) == 0) {
        buf_byte(out, '\n');
        label(out, "Kafka topic", table_member(topic, "kafkaTopic"));
        buf_cstr(out, "<no offsets: Kafka did not answer>\n");
        return;
    }
    table_init(&t, a, 5, "Partition", "Start Offset", "End Offset", "Offset", "Lag");
    json_array_foreach(offsets, i, o) {
        int64_t end = table_number(o, "logEndOffset"), at = table_number(o, "consumerOffset");
        Str *c = table_row(&t);
        most = end - at > most ? end - at : most;
        c[0] = table_int(a, table_number(o, "partition"));
        c[1] = table_int(a, table_number(o, "logStartOffset"));
        c[2] = table_int(a, end);
        c[3] = table_int(a, at);
        c[4] = table_int(a, end - at);
    }
    buf_byte(out, '\n');
    label(out, "Kafka topic", table_member(topic, "kafkaTopic"));
    label(out, "Max lag", table_int(a, most));
    buf_byte(out, '\n');
    table_print(out, &t, style);
}

static void print_consumers(Buf *out, Arena *a, const json_t *groups, const TableStyle *style)
{
    size_t i, k;
    json_t *g, *topic;
    if (json_array_size(groups) == 0)
        return;
    buf_cstr(out, "\nConsumer Groups summary:\n");
    json_array_foreach(groups, i, g) {
        const json_t *topics = json_object_get(g, "topicSummaries");
        buf_byte(out, '\n');
        label(out, "Consumer Group", table_member(g, "groupId"));
        if (json_array_size(topics) == 0)
            buf_cstr(out, "<no offsets committed by this group yet>\n");
        json_array_foreach(topics, k, topic)
            print_topic_offsets(out, a, topic, style);
    }
}

static void print_source(Buf *out, Arena *a, const json_t *d, const TableStyle *style)
{
    Str type = table_member(d, "type"), timestamp = table_member(d, "timestamp");
    bool is_table = str_eq_c(type, "TABLE"), extended = json_is_true(json_object_get(d, "extended"));
    label(out, "Name", table_member(d, "name"));
    if (!extended) {
        print_schema(out, a, d, is_table, style);
        buf_cstr(out, "For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;\n");
        return;
    }
    label(out, "Type", type);
    label(out, "Timestamp field", timestamp.n ? timestamp : STR("Not set - using <ROWTIME>"));
    label(out, "Key format", table_member(d, "keyFormat"));
    label(out, "Value format", table_member(d, "valueFormat"));
    Str topic = table_member(d, "topic");
    long long partitions = table_number(d, "partitions"), replication = table_number(d, "replication");
    label(out, "Kafka topic", arena_strf(a, "%.*s (partitions: %lld, replication: %lld)", STR_ARG(topic), partitions,
                                         replication));
    label(out, "Statement", table_member(d, "statement"));
    buf_byte(out, '\n');
    print_schema(out, a, d, is_table, style);
    if (json_array_size(json_object_get(d, "sourceConstraints")) > 0) {
        section(out, "Sources that have a DROP constraint on this source", 50);
        print_names(out, json_object_get(d, "sourceConstraints"));
    }
    print_queries(out, a, json_object_get(d, "readQueries"), "read from", type);
    print_queries(out, a, json_object_get(d, "writeQueries"), "write from", type);
    print_statistics(out, a, d, style);
    print_consumers(out, a, json_object_get(d, "queryOffsetSummaries"), style);
}

void table_source_description(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    print_source(out, a, json_object_get(e, "sourceDescription"), style);
}

void table_source_descriptions(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    size_t i;
    json_t *d;
    json_array_foreach(json_object_get(e, "sourceDescriptions"), i, d) {
        print_source(out, a, d, style);
        buf_byte(out, '\n');
    }
}

/* ---- queries --------------------------------------------------------------------------------- */

static void print_host_status(Buf *out, Arena *a, const json_t *hosts)
{
    Buf text = BUF_INIT;
    const char *host;
    json_t *status;
    if (json_object_size(hosts) == 0)
        return;
    json_object_foreach((json_t *)(uintptr_t)hosts, host, status) {
        const char *is = json_is_string(status) ? json_string_value(status) : "";
        buf_printf(&text, "%s%s=%s", text.n ? ", " : "{", host, is);
    }
    label(out, "Host Query Status", arena_strf(a, "%.*s}", STR_ARG(buf_view(&text))));
    buf_free(&text);
}

static void print_endpoints(Buf *out, const json_t *list, const char *title, const char *footer)
{
    if (json_array_size(list) == 0)
        return;
    section(out, title, 35);
    print_names(out, list);
    buf_printf(out, "\n%s\n", footer);
}

static void print_overrides(Buf *out, Arena *a, const json_t *properties, const TableStyle *style)
{
    Table t;
    const char *name;
    json_t *v;
    if (json_object_size(properties) == 0)
        return;
    section(out, "Overridden Properties", 21);
    table_init(&t, a, 2, "Property", "Value");
    json_object_foreach((json_t *)(uintptr_t)properties, name, v) {
        Str *c = table_row(&t);
        c[0] = str_of(name);
        if (json_is_string(v)) {
            c[1] = str_of(json_string_value(v));
        } else {
            char *text = json_dumps(v, JSON_ENCODE_ANY);
            c[1] = arena_str(a, str_of(text));
            free(text);
        }
    }
    table_sort(&t);
    table_print(out, &t, style);
    buf_byte(out, '\n');
}

static void print_errors(Buf *out, Arena *a, const json_t *errors)
{
    size_t i;
    json_t *e;
    json_array_foreach(errors, i, e) {
        Str at = time_text(a, table_number(e, "timestamp"));
        if (at.n == 24) /* 2026-11-21 08:31:04,123 (UTC), as the reference writes it */
            at = arena_strf(a, "%.10s %.8s,%.3s (UTC)", at.p, at.p + 11, at.p + 20);
        buf_byte(out, '\n');
        label(out, "Error Date", at);
        label(out, "Error Details", table_member(e, "errorMessage"));
        label(out, "Error Type", table_member(e, "type"));
    }
}

static void print_query(Buf *out, Arena *a, const json_t *q, const TableStyle *style)
{
    Str text = table_member(q, "statementText"), plan = table_member(q, "executionPlan");
    Str topology = table_member(q, "topology"), why = table_member(q, "reason");
    label(out, "ID", table_member(q, "id"));
    label(out, "Query Type", table_member(q, "queryType"));
    if (text.n)
        label(out, "SQL", text);
    print_host_status(out, a, json_object_get(q, "ksqlHostQueryStatus"));
    if (why.n)
        label(out, "Reason", why);
    buf_byte(out, '\n');
    print_schema(out, a, q, false, style);
    print_endpoints(out, json_object_get(q, "sources"), "Sources that this query reads from: ",
                    "For source description please run: DESCRIBE [EXTENDED] <SourceId>");
    print_endpoints(out, json_object_get(q, "sinks"), "Sinks that this query writes to: ",
                    "For sink description please run: DESCRIBE [EXTENDED] <SinkId>");
    if (plan.n) {
        section(out, "Execution plan", 14);
        buf_printf(out, "%.*s\n", STR_ARG(plan));
    }
    if (topology.n) {
        section(out, "Processing topology", 19);
        buf_printf(out, "%.*s\n", STR_ARG(topology));
    }
    print_overrides(out, a, json_object_get(q, "overriddenProperties"), style);
    print_errors(out, a, json_object_get(q, "queryErrors"));
}

void table_query_description(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    print_query(out, a, json_object_get(e, "queryDescription"), style);
}

void table_query_descriptions(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    size_t i;
    json_t *q;
    json_array_foreach(json_object_get(e, "queryDescriptions"), i, q) {
        print_query(out, a, q, style);
        buf_byte(out, '\n');
    }
}

/* ---- functions ------------------------------------------------------------------------------- */

/* "name : text", the text broken between words so that no line passes the width. */
static void wrapped(Buf *out, const char *indent, Str name, Str text, const TableStyle *style)
{
    int most = (style->terminal && style->width > 40 ? style->width : 80) - WRAP_INDENT, used = 0;
    if (text.n == 0)
        return;
    buf_cstr(out, indent);
    cell_pad(out, name, FUNCTION_LABEL_WIDTH);
    buf_cstr(out, ": ");
    for (size_t at = 0; at < text.n;) {
        size_t end = at + 1;
        if (text.p[at] != ' ' && text.p[at] != '\n')
            while (end < text.n && text.p[end] != ' ' && text.p[end] != '\n')
                end++;
        Str word = str_sub(text, at, end - at);
        int w = cell_width(word);
        if (text.p[at] == '\n' || (used > 0 && used + w > most)) {
            buf_byte(out, '\n');
            buf_repeat(out, ' ', WRAP_INDENT);
            used = 0;
        }
        if (text.p[at] != '\n') {
            buf_str(out, word);
            used += w;
        }
        at = end;
    }
    buf_byte(out, '\n');
}

static void print_variation(Buf *out, Arena *a, Str name, const json_t *f, const TableStyle *style)
{
    Buf args = BUF_INIT;
    size_t i;
    json_t *arg;
    const json_t *list = json_object_get(f, "arguments");
    json_array_foreach(list, i, arg) {
        Str type = table_member(arg, "type"), as = table_member(arg, "name");
        buf_printf(&args, "%s%.*s%s%.*s%s", i ? ", " : "", STR_ARG(as), as.n ? " " : "", STR_ARG(type),
                   json_is_true(json_object_get(arg, "isVariadic")) ? "[]" : "");
    }
    Str shape = arena_strf(a, "%.*s(%.*s)", STR_ARG(name), STR_ARG(buf_view(&args)));
    buf_printf(out, "\n\t%-*s: %.*s\n", FUNCTION_LABEL_WIDTH, "Variation", STR_ARG(shape));
    Str returns = table_member(f, "returnType");
    buf_printf(out, "\t%-*s: %.*s\n", FUNCTION_LABEL_WIDTH, "Returns", STR_ARG(returns));
    wrapped(out, "\t", STR("Description"), table_member(f, "description"), style);
    json_array_foreach(list, i, arg)
        wrapped(out, "\t", table_member(arg, "name"), table_member(arg, "description"), style);
    buf_free(&args);
}

void table_function(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    size_t i;
    json_t *f;
    Str name = table_member(e, "name");
    wrapped(out, "", STR("Name"), name, style);
    wrapped(out, "", STR("Author"), table_member(e, "author"), style);
    wrapped(out, "", STR("Version"), table_member(e, "version"), style);
    wrapped(out, "", STR("Overview"), table_member(e, "description"), style);
    wrapped(out, "", STR("Type"), table_member(e, "type"), style);
    wrapped(out, "", STR("Jar"), table_member(e, "path"), style);
    buf_printf(out, "%-*s: \n", FUNCTION_LABEL_WIDTH, "Variations");
    json_array_foreach(json_object_get(e, "functions"), i, f)
        print_variation(out, a, name, f, style);
}
