// SPDX-License-Identifier: Apache-2.0
// Tables: see table.h. Entities of one table are here, one function each and a row in `printers`;
// what DESCRIBE and EXPLAIN answer is in describe.c. Layouts follow page 09 §9.4 of the ksqlDB
// reference and the recorded output of its shell.
#include "shell/table.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/cell.h"
#include "shell/json.h"

enum { TABLE_WIDTH = 80 };

void table_init(Table *t, Arena *a, int n, ...)
{
    BUG_IF(n > TABLE_MAX_COLUMNS);
    *t = (Table){.a = a, .ncols = n};
    va_list ap;
    va_start(ap, n);
    for (int i = 0; i < n; i++)
        t->head.cells[i] = str_of(va_arg(ap, const char *));
    va_end(ap);
}

Str *table_row(Table *t)
{
    vec_push(t->a, &t->rows, (TableRow){.cells = {{NULL, 0}}});
    return t->rows.v[t->rows.n - 1].cells;
}

static int widest_line(Str s)
{
    int w = 0;
    Str rest = s, line;
    while (cell_line(&rest, &line)) {
        int n = cell_width(line);
        w = n > w ? n : w;
    }
    return w;
}

/* Line by line, until no cell has one left. */
static void print_row(Buf *out, const Table *t, const TableRow *row, const int *widths)
{
    Str rest[TABLE_MAX_COLUMNS], line;
    bool more = true;
    for (int i = 0; i < t->ncols; i++)
        rest[i] = row->cells[i].p ? row->cells[i] : STR("");
    while (more) {
        more = false;
        buf_byte(out, ' ');
        for (int i = 0; i < t->ncols; i++) {
            if (i > 0)
                buf_cstr(out, " | ");
            if (!cell_line(&rest[i], &line))
                line = STR("");
            cell_pad(out, line, widths[i]);
            more |= rest[i].p != NULL;
        }
        buf_cstr(out, " \n");
    }
}

/* Blanks at line ends that would fill a line of the terminal of their own. */
static void trim_lines(Buf *out, size_t from)
{
    size_t to = from;
    for (size_t i = from; i < out->n; i++) {
        while (out->p[i] == '\n' && to > from && out->p[to - 1] == ' ')
            to--;
        out->p[to++] = out->p[i];
    }
    out->n = to;
}

void table_print(Buf *out, const Table *t, const TableStyle *style)
{
    int widths[TABLE_MAX_COLUMNS] = {0}, total = -1;
    for (int i = 0; i < t->ncols; i++) {
        widths[i] = widest_line(t->head.cells[i]);
        for (int r = 0; r < t->rows.n; r++) {
            int w = widest_line(t->rows.v[r].cells[i]);
            widths[i] = w > widths[i] ? w : widths[i];
        }
        total += widths[i] + 3;
    }
    int most = style->width > 0 ? style->width : TABLE_WIDTH;
    bool wide = style->terminal && total > most;
    size_t begin = out->n;
    if (wide)
        total = most;
    print_row(out, t, &t->head, widths);
    buf_repeat(out, '-', total);
    buf_byte(out, '\n');
    for (int r = 0; r < t->rows.n; r++)
        print_row(out, t, &t->rows.v[r], widths);
    if (wide)
        trim_lines(out, begin);
    buf_repeat(out, '-', total);
    buf_byte(out, '\n');
    if (t->footer)
        buf_printf(out, "%s\n", t->footer);
}

/* ---- JSON members -------------------------------------------------------------------------- */

Str table_member(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? (Str){json_string_value(v), json_string_length(v)} : STR("");
}

int64_t table_number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) ? json_integer_value(v) : json_is_real(v) ? (int64_t)json_real_value(v) : 0;
}

Str table_int(Arena *a, int64_t v) { return arena_strf(a, "%lld", (long long)v); }

Str table_one_line(Arena *a, Str s)
{
    char *p = arena_dup(a, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] == '\n' || p[i] == '\r')
            p[i] = ' ';
    return (Str){p, s.n};
}

static Str member_text(Arena *a, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (!v || json_is_null(v))
        return STR("NULL");
    if (json_is_string(v))
        return (Str){json_string_value(v), json_string_length(v)};
    char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
    Str s = arena_str(a, str_of(text));
    free(text);
    return s;
}

/* Of equal first cells the second decides: hosts with several metrics. */
static int by_first_cell(const void *x, const void *y)
{
    const TableRow *a = x, *b = y;
    int c = str_cmp(a->cells[0], b->cells[0]);
    return c ? c : str_cmp(a->cells[1], b->cells[1]);
}

void table_sort(Table *t)
{
    if (t->rows.n > 1)
        qsort(t->rows.v, (size_t)t->rows.n, sizeof *t->rows.v, by_first_cell);
}

/* ---- messages ------------------------------------------------------------------------------ */

static void print_message(Buf *out, Arena *a, Str message, const TableStyle *style)
{
    Table t;
    Str rest = message;
    table_init(&t, a, 1, "Message");
    Str *cell = table_row(&t);
    if (!cell_line(&rest, cell))
        *cell = STR("");
    table_print(out, &t, style);
}

static void current_status(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    print_message(out, a, table_member(json_object_get(e, "commandStatus"), "message"), style);
}

static void warning_entity(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    print_message(out, a, table_member(e, "message"), style);
}

static void terminate_query(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Str id = table_member(e, "queryId");
    print_message(out, a, arena_strf(a, "Terminated query \"%.*s\"", STR_ARG(id)), style);
}

static void connector_info(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Str name = table_member(json_object_get(e, "info"), "name");
    print_message(out, a, arena_strf(a, "Created connector %.*s", STR_ARG(name)), style);
}

static void drop_connector(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Str name = table_member(e, "connectorName");
    print_message(out, a, arena_strf(a, "Dropped connector \"%.*s\"", STR_ARG(name)), style);
}

static const char *exists_text(const json_t *e)
{
    return json_is_false(json_object_get(e, "exists")) ? "does not exist" : "exists";
}

static void assert_topic(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Str name = table_member(e, "topicName");
    print_message(out, a, arena_strf(a, "Topic %.*s %s.", STR_ARG(name), exists_text(e)), style);
}

static void assert_schema(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Buf text = BUF_INIT;
    Str subject = table_member(e, "subject");
    bool has_id = json_is_integer(json_object_get(e, "id"));
    buf_cstr(&text, "Schema");
    if (subject.n || has_id)
        buf_cstr(&text, " with");
    if (subject.n)
        buf_printf(&text, " subject %.*s", STR_ARG(subject));
    if (has_id)
        buf_printf(&text, " id %lld", (long long)table_number(e, "id"));
    buf_printf(&text, " %s.", exists_text(e));
    print_message(out, a, buf_view(&text), style);
    buf_free(&text);
}

/* ---- lists --------------------------------------------------------------------------------- */

static void print_sources(Buf *out, Arena *a, const json_t *list, const char *title, const TableStyle *style)
{
    Table t;
    size_t i;
    json_t *s;
    table_init(&t, a, 5, title, "Kafka Topic", "Key Format", "Value Format", "Windowed");
    json_array_foreach(list, i, s) {
        Str *c = table_row(&t);
        c[0] = table_member(s, "name");
        c[1] = table_member(s, "topic");
        c[2] = table_member(s, "keyFormat");
        c[3] = table_member(s, "valueFormat");
        c[4] = json_is_true(json_object_get(s, "isWindowed")) ? STR("true") : STR("false");
    }
    table_sort(&t);
    table_print(out, &t, style);
}

static void streams(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    print_sources(out, a, json_object_get(e, "streams"), "Stream Name", style);
}

static void tables(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    print_sources(out, a, json_object_get(e, "tables"), "Table Name", style);
}

/* Replicas of each partition: one number where all are equal. */
static Str replicas(Arena *a, const json_t *list)
{
    Buf text = BUF_INIT;
    bool same = true;
    size_t i;
    json_t *n;
    json_array_foreach(list, i, n) {
        same = same && json_integer_value(n) == json_integer_value(json_array_get(list, 0));
        buf_printf(&text, "%s%lld", i ? ", " : "", (long long)json_integer_value(n));
    }
    Str s = same && json_array_size(list) > 0 ? table_int(a, json_integer_value(json_array_get(list, 0)))
                                              : arena_str(a, buf_view(&text));
    buf_free(&text);
    return s;
}

static void topics(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Table t;
    size_t i;
    json_t *topic;
    bool extended = str_eq_c(table_member(e, "@type"), "kafka_topics_extended");
    table_init(&t, a, extended ? 5 : 3, "Kafka Topic", "Partitions", "Partition Replicas", "Consumers",
               "ConsumerGroups");
    json_array_foreach(json_object_get(e, "topics"), i, topic) {
        const json_t *info = json_object_get(topic, "replicaInfo");
        Str *c = table_row(&t);
        c[0] = table_member(topic, "name");
        c[1] = table_int(a, (int64_t)json_array_size(info));
        c[2] = replicas(a, info);
        if (extended) {
            c[3] = table_int(a, table_number(topic, "consumerCount"));
            c[4] = table_int(a, table_number(topic, "consumerGroupCount"));
        }
    }
    table_sort(&t);
    table_print(out, &t, style);
}

static Str join_names(Arena *a, const json_t *list)
{
    Buf text = BUF_INIT;
    size_t i;
    json_t *n;
    json_array_foreach(list, i, n)
        buf_printf(&text, "%s%s", i ? "," : "", json_is_string(n) ? json_string_value(n) : "");
    Str s = arena_str(a, buf_view(&text));
    buf_free(&text);
    return s;
}

/* {"RUNNING": 1, "ERROR": 2} as RUNNING:1,ERROR:2. */
static Str status_counts(Arena *a, const json_t *counts)
{
    Buf text = BUF_INIT;
    const char *key;
    json_t *n;
    json_object_foreach((json_t *)(uintptr_t)counts, key, n)
        buf_printf(&text, "%s%s:%lld", text.n ? "," : "", key, (long long)json_integer_value(n));
    Str s = arena_str(a, buf_view(&text));
    buf_free(&text);
    return s;
}

static void queries(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Table t;
    size_t i;
    json_t *q;
    table_init(&t, a, 6, "Query ID", "Query Type", "Status", "Sink Name", "Sink Kafka Topic", "Query String");
    json_array_foreach(json_object_get(e, "queries"), i, q) {
        Str *c = table_row(&t);
        c[0] = table_member(q, "id");
        c[1] = table_member(q, "queryType");
        c[2] = status_counts(a, json_object_get(q, "statusCount"));
        c[3] = join_names(a, json_object_get(q, "sinks"));
        c[4] = join_names(a, json_object_get(q, "sinkKafkaTopics"));
        c[5] = table_one_line(a, table_member(q, "queryString"));
    }
    t.footer = "For detailed information on a Query run: EXPLAIN <Query ID>;";
    table_print(out, &t, style);
    json_array_foreach(json_object_get(e, "queries"), i, q) {
        Str why = table_member(q, "reason");
        if (why.n)
            buf_printf(out, "%.*s: %.*s\n", STR_ARG(table_member(q, "id")), STR_ARG(why));
    }
}

static bool list_has(const json_t *list, Str name)
{
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v)
        if (json_is_string(v) && str_eq_c(name, json_string_value(v)))
            return true;
    return false;
}

static void properties(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Table t;
    size_t i;
    json_t *p;
    const json_t *session = json_object_get(e, "overwrittenProperties");
    const json_t *defaults = json_object_get(e, "defaultProperties");
    table_init(&t, a, 4, "Property", "Scope", "Default override", "Effective Value");
    json_array_foreach(json_object_get(e, "properties"), i, p) {
        Str *c = table_row(&t);
        c[0] = table_member(p, "name");
        c[1] = table_member(p, "scope");
        c[2] = list_has(session, c[0]) ? STR("SESSION") : list_has(defaults, c[0]) ? STR("") : STR("SERVER");
        c[3] = member_text(a, p, "value");
    }
    table_sort(&t);
    table_print(out, &t, style);
}

static int by_category(const void *x, const void *y)
{
    const TableRow *a = x, *b = y;
    int c = str_cmp(a->cells[1], b->cells[1]);
    return c ? c : str_cmp(a->cells[0], b->cells[0]);
}

static void functions(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Table all, t;
    size_t i;
    json_t *f;
    table_init(&all, a, 2, "Function Name", "Category");
    json_array_foreach(json_object_get(e, "functions"), i, f) {
        Str *c = table_row(&all);
        c[0] = table_member(f, "name");
        c[1] = table_member(f, "category");
    }
    if (all.rows.n > 1)
        qsort(all.rows.v, (size_t)all.rows.n, sizeof *all.rows.v, by_category);
    table_init(&t, a, 2, "Function Name", "Category");
    for (int r = 0; r < all.rows.n; r++) {
        const Str *c = all.rows.v[r].cells;
        if (r > 0 && !str_eq(c[1], all.rows.v[r - 1].cells[1]))
            table_row(&t);
        Str *to = table_row(&t);
        to[0] = c[0];
        to[1] = c[1];
    }
    t.footer = "For detailed information about a function, run: DESCRIBE FUNCTION <Function Name>;";
    table_print(out, &t, style);
}

/* Any list of objects whose members are the columns. */
static void print_objects(Buf *out, Arena *a, const json_t *list, Table *t, const char *const *keys,
                          const TableStyle *style)
{
    size_t i;
    json_t *o;
    json_array_foreach(list, i, o) {
        Str *c = table_row(t);
        for (int k = 0; k < t->ncols; k++)
            c[k] = member_text(a, o, keys[k]);
    }
    table_print(out, t, style);
}

static void variables(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    Table t;
    table_init(&t, a, 2, "Variable Name", "Value");
    print_objects(out, a, json_object_get(e, "variables"), &t, (const char *const[]){"name", "value"}, style);
}

static void connectors(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    static const char *const keys[] = {"name", "type", "className", "state"};
    Table t;
    table_init(&t, a, 4, "Connector Name", "Type", "Class", "Status");
    print_objects(out, a, json_object_get(e, "connectors"), &t, keys, style);
}

static void plugins(Buf *out, Arena *a, const json_t *e, const TableStyle *style)
{
    static const char *const keys[] = {"className", "type", "version"};
    Table t;
    table_init(&t, a, 3, "Class", "Type", "Version");
    print_objects(out, a, json_object_get(e, "connectorsPlugins"), &t, keys, style);
}

/* ---- all kinds ------------------------------------------------------------------------------ */

static const struct {
    const char *type;
    TablePrinter *print;
} printers[] = {
    {"currentStatus", current_status},
    {"warning_entity", warning_entity},
    {"terminate_query", terminate_query},
    {"streams", streams},
    {"tables", tables},
    {"kafka_topics", topics},
    {"kafka_topics_extended", topics},
    {"queries", queries},
    {"properties", properties},
    {"function_names", functions},
    {"describe_function", table_function},
    {"type_list", table_types},
    {"variables", variables},
    {"sourceDescription", table_source_description},
    {"source_descriptions", table_source_descriptions},
    {"queryDescription", table_query_description},
    {"query_descriptions", table_query_descriptions},
    {"connector_info", connector_info},
    {"drop_connector", drop_connector},
    {"connector_list", connectors},
    {"connector_plugins_list", plugins},
    {"assert_topic", assert_topic},
    {"assert_schema", assert_schema},
};

static void print_warnings(Buf *out, const json_t *entity)
{
    size_t i;
    json_t *w;
    json_array_foreach(json_object_get(entity, "warnings"), i, w)
        buf_printf(out, "WARNING: %.*s\n", STR_ARG(table_member(w, "message")));
}

void table_entity(Buf *out, const json_t *entity, bool titled, const TableStyle *style)
{
    Arena *a = arena_new(0);
    Str type = table_member(entity, "@type");
    TablePrinter *print = NULL;
    for (int i = 0; i < ARRAY_LEN(printers); i++)
        if (str_eq_c(type, printers[i].type))
            print = printers[i].print;
    buf_byte(out, '\n');
    if (titled)
        buf_printf(out, "%.*s\n", STR_ARG(table_member(entity, "statementText")));
    if (print)
        print(out, a, entity, style);
    else
        json_entity(out, entity);
    print_warnings(out, entity);
    arena_free(a);
}
