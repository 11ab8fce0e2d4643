// SPDX-License-Identifier: Apache-2.0
// Printing of statements: see print_style.h.
//
// One function for each shape of statement, chosen by put_stmt. FMT first tries one line; what is longer
// than PRINT_SHORT is printed again broken. Any thread.
#include <inttypes.h>
#include <stdlib.h>

#include "sql/lexer.h"
#include "sql/parser.h"
#include "sql/print_style.h"

static const char *equals(const Printer *pr)
{
    return print_ksql(pr) ? "=" : " = ";
}

static void put_flag(Printer *pr, bool set, const char *words)
{
    if (set)
        buf_cstr(pr->out, words);
}

/* ---- parts ------------------------------------------------------------------------------------- */

static void put_element(Printer *pr, const void *list, int i)
{
    const Element *e = &((const ElementVec *)list)->v[i];
    put_name(pr, &e->name);
    buf_byte(pr->out, ' ');
    put_type(pr, e->type);
    put_flag(pr, e->role == ELEMENT_KEY, " KEY");
    put_flag(pr, e->role == ELEMENT_PRIMARY_KEY, " PRIMARY KEY");
    put_flag(pr, e->role == ELEMENT_HEADERS, " HEADERS");
    if (e->role == ELEMENT_HEADER) {
        buf_cstr(pr->out, " HEADER(");
        put_string(pr, e->header);
        buf_byte(pr->out, ')');
    }
}

/* " (a INT, b INT)". */
static void put_elements(Printer *pr, const ElementVec *elements)
{
    if (elements->n == 0)
        return;
    buf_byte(pr->out, ' ');
    if (pr->tall)
        put_tall_list(pr, elements, elements->n, put_element);
    else
        put_parens_list(pr, elements, elements->n, put_element);
}

static bool is_word(Str s)
{
    Lexer lx;
    lexer_init(&lx, s, 0, 1, 1);
    Token tk = lexer_next(&lx);
    return tk.text.n == s.n && s.n > 0 && (tk.form == FORM_WORD || tk.form == FORM_SOFT);
}

static void put_cased(Buf *out, Str s, bool upper)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (upper && c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        else if (!upper && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        buf_byte(out, c);
    }
}

/* The name of a property: case does not count, so a quoted kafka_topic needs no quotes. */
static void put_property_name(Printer *pr, const Name *n)
{
    bool variable = !n->quoted && n->text.n > 3 && n->text.p[0] == '$';
    if (variable)
        buf_str(pr->out, n->text);
    else if (is_word(n->text))
        put_cased(pr->out, n->text, print_ksql(pr));
    else
        put_string(pr, n->text);
}

/* The name of a connector's property: kept as it is. */
static void put_connector_property_name(Printer *pr, const Name *n)
{
    if (n->quoted)
        put_string(pr, n->text);
    else
        put_name(pr, n);
}

static void put_property(Printer *pr, const void *list, int i)
{
    const Property *p = &((const PropertyVec *)list)->v[i];
    put_property_name(pr, &p->name);
    buf_cstr(pr->out, equals(pr));
    put_expr(pr, p->value, PREC_ANY);
}

static void put_connector_property(Printer *pr, const void *list, int i)
{
    const Property *p = &((const PropertyVec *)list)->v[i];
    put_connector_property_name(pr, &p->name);
    buf_cstr(pr->out, equals(pr));
    put_expr(pr, p->value, PREC_ANY);
}

static int by_name(const void *a, const void *b)
{
    const Property *x = a, *y = b;
    int d = str_cmp(x->name.text, y->name.text);
    return d ? d : x->span.off - y->span.off;
}

/* WITH (…); ksqlDB sorts the properties. */
static void put_with(Printer *pr, const PropertyVec *props)
{
    PropertyVec sorted = {NULL, 0, 0};
    if (props->n == 0)
        return;
    buf_cstr(pr->out, "WITH ");
    for (int i = 0; i < props->n; i++)
        vec_add(&sorted, props->v[i]);
    if (print_ksql(pr))
        qsort(sorted.v, (size_t)sorted.n, sizeof *sorted.v, by_name);
    put_parens_list(pr, &sorted, sorted.n, put_property);
    vec_free(&sorted);
}

/* WITH behind a name or list: on a line of its own, but on that of a closing parenthesis which begins one. */
static void put_with_behind(Printer *pr, const PropertyVec *props)
{
    bool alone = pr->broken && put_column(pr) > 1;
    if (props->n == 0)
        return;
    buf_byte(pr->out, alone ? '\n' : ' ');
    put_with(pr, props);
}

static void put_column_item(Printer *pr, const void *list, int i)
{
    put_name(pr, &((const NameVec *)list)->v[i]);
}

static void put_value_item(Printer *pr, const void *list, int i)
{
    put_expr(pr, ((const ExprVec *)list)->v[i], PREC_VALUE);
}

static void put_columns(Printer *pr, const NameVec *columns)
{
    if (columns->n == 0)
        return;
    buf_byte(pr->out, ' ');
    put_parens_list(pr, columns, columns->n, put_column_item);
}

/* ---- CREATE, INSERT, DROP, ALTER ------------------------------------------------------------------ */

static void put_create_head(Printer *pr, const Stmt *s)
{
    bool table = s->kind == STMT_CREATE_TABLE || s->kind == STMT_CREATE_TABLE_AS;
    buf_cstr(pr->out, "CREATE ");
    put_flag(pr, s->or_replace, "OR REPLACE ");
    put_flag(pr, s->is_source, "SOURCE ");
    buf_cstr(pr->out, table ? "TABLE " : "STREAM ");
    put_flag(pr, s->if_not_exists, "IF NOT EXISTS ");
    put_name(pr, &s->name);
}

static void put_create(Printer *pr, const Stmt *s)
{
    put_create_head(pr, s);
    put_elements(pr, &s->elements);
    put_with_behind(pr, &s->props);
}

static void put_create_as(Printer *pr, const Stmt *s)
{
    put_create_head(pr, s);
    put_with_behind(pr, &s->props);
    buf_cstr(pr->out, " AS");
    buf_byte(pr->out, pr->broken ? '\n' : ' ');
    put_query(pr, s->query);
}

static void put_insert_into(Printer *pr, const Stmt *s)
{
    buf_cstr(pr->out, "INSERT INTO ");
    put_name(pr, &s->name);
    put_with_behind(pr, &s->props);
    buf_byte(pr->out, pr->broken ? '\n' : ' ');
    put_query(pr, s->query);
}

static void put_insert_values(Printer *pr, const Stmt *s)
{
    const char *head = s->kind == STMT_INSERT_VALUES    ? "INSERT INTO "
                       : s->kind == STMT_ASSERT_VALUES ? "ASSERT VALUES "
                                                       : "ASSERT NULL VALUES ";
    buf_cstr(pr->out, head);
    put_name(pr, &s->name);
    put_columns(pr, &s->columns);
    buf_byte(pr->out, pr->broken ? '\n' : ' ');
    buf_cstr(pr->out, s->kind == STMT_ASSERT_NULL_VALUES ? "KEY " : "VALUES ");
    put_parens_list(pr, &s->values, s->values.n, put_value_item);
}

static void put_drop(Printer *pr, const Stmt *s)
{
    const char *what = s->kind == STMT_DROP_STREAM  ? "STREAM "
                       : s->kind == STMT_DROP_TABLE ? "TABLE "
                       : s->kind == STMT_DROP_TYPE  ? "TYPE "
                                                    : "CONNECTOR ";
    buf_printf(pr->out, "DROP %s", what);
    put_flag(pr, s->if_exists, "IF EXISTS ");
    put_name(pr, &s->name);
    put_flag(pr, s->delete_topic, " DELETE TOPIC");
}

static void put_connector(Printer *pr, const Stmt *s)
{
    buf_printf(pr->out, "CREATE %.*s CONNECTOR ", STR_ARG(s->text));
    put_flag(pr, s->if_not_exists, "IF NOT EXISTS ");
    put_name(pr, &s->name);
    buf_cstr(pr->out, " WITH ");
    put_parens_list(pr, &s->props, s->props.n, put_connector_property);
}

static void put_create_type(Printer *pr, const Stmt *s)
{
    buf_cstr(pr->out, "CREATE TYPE ");
    put_flag(pr, s->if_not_exists, "IF NOT EXISTS ");
    put_name(pr, &s->name);
    buf_cstr(pr->out, " AS ");
    put_type(pr, s->type);
}

static void put_addition(Printer *pr, const void *list, int i)
{
    buf_cstr(pr->out, "ADD COLUMN ");
    put_element(pr, list, i);
}

static void put_alter(Printer *pr, const Stmt *s)
{
    buf_printf(pr->out, "ALTER %.*s ", STR_ARG(s->text));
    put_name(pr, &s->name);
    put_list(pr, &s->elements, s->elements.n, put_addition);
}

/* ---- the rest ---------------------------------------------------------------------------------------- */

static void put_named(Printer *pr, const char *words, const Stmt *s)
{
    buf_cstr(pr->out, words);
    if (s->all)
        buf_cstr(pr->out, "ALL");
    else
        put_name(pr, &s->name);
}

/* A topic or subject: bare as it was written where that reads back, else a string. */
static void put_resource(Printer *pr, Str text, bool variable)
{
    if (variable || is_word(text))
        buf_str(pr->out, text);
    else
        put_string(pr, text);
}

static void put_print(Printer *pr, const Stmt *s)
{
    buf_cstr(pr->out, "PRINT ");
    put_resource(pr, s->topic, s->text_variable);
    put_flag(pr, s->from_beginning, " FROM BEGINNING");
    if (s->has_interval)
        buf_printf(pr->out, " INTERVAL %" PRId64, s->interval);
    if (s->has_limit)
        buf_printf(pr->out, " LIMIT %" PRId64, s->limit);
}

static void put_setting(Printer *pr, const char *words, const Stmt *s)
{
    buf_cstr(pr->out, words);
    if (s->text_variable)
        buf_str(pr->out, s->text);
    else
        put_string(pr, s->text);
    if (s->value) {
        buf_cstr(pr->out, equals(pr));
        put_expr(pr, s->value, PREC_ANY);
    }
}

static void put_define(Printer *pr, const Stmt *s)
{
    buf_cstr(pr->out, s->kind == STMT_DEFINE ? "DEFINE " : "UNDEFINE ");
    for (size_t i = 0; i < s->name.text.n; i++) { /* any word may stand here, reserved or not */
        char c = s->name.text.p[i];
        buf_byte(pr->out, !print_ksql(pr) && c >= 'A' && c <= 'Z' && !s->name.quoted ? (char)(c + 32) : c);
    }
    if (s->value) {
        buf_cstr(pr->out, equals(pr));
        put_expr(pr, s->value, PREC_ANY);
    }
}

static void put_assert(Printer *pr, const Stmt *s)
{
    buf_cstr(pr->out, "ASSERT ");
    put_flag(pr, s->negated, "NOT EXISTS ");
    if (s->kind == STMT_ASSERT_TOPIC) {
        buf_cstr(pr->out, "TOPIC ");
        put_resource(pr, s->topic, s->text_variable);
        put_with_behind(pr, &s->props);
    } else {
        buf_cstr(pr->out, "SCHEMA");
        if (s->text.n) {
            buf_cstr(pr->out, " SUBJECT ");
            put_resource(pr, s->text, s->text_variable);
        }
        if (s->has_id)
            buf_printf(pr->out, " ID %" PRId64, s->id);
    }
    if (s->timeout.set) {
        buf_cstr(pr->out, " TIMEOUT ");
        put_duration(pr, &s->timeout);
    }
}

static void put_assert_source(Printer *pr, const Stmt *s)
{
    buf_cstr(pr->out, s->kind == STMT_ASSERT_TABLE ? "ASSERT TABLE " : "ASSERT STREAM ");
    put_name(pr, &s->name);
    put_elements(pr, &s->elements);
    put_with_behind(pr, &s->props);
}

static void put_show(Printer *pr, const Stmt *s, const char *what)
{
    buf_cstr(pr->out, "SHOW ");
    put_flag(pr, s->all, "ALL ");
    if (s->kind == STMT_SHOW_CONNECTORS && s->text.n)
        buf_printf(pr->out, "%.*s ", STR_ARG(s->text));
    buf_cstr(pr->out, what);
    put_flag(pr, s->extended, " EXTENDED");
}

static void put_describe(Printer *pr, const Stmt *s)
{
    buf_cstr(pr->out, "DESCRIBE ");
    if (s->kind == STMT_DESCRIBE_ALL)
        buf_str(pr->out, s->topic);
    else if (str_eq_c(s->name.text, "TABLES")) /* a source that is called so */
        buf_cstr(pr->out, "`TABLES`");
    else
        put_name(pr, &s->name);
    put_flag(pr, s->extended, " EXTENDED");
}

static void put_explain(Printer *pr, const Stmt *s)
{
    buf_cstr(pr->out, "EXPLAIN");
    buf_byte(pr->out, pr->broken && s->inner ? '\n' : ' ');
    if (s->inner)
        put_stmt(pr, s->inner);
    else
        put_name(pr, &s->name);
}

static void put_described(Printer *pr, const char *words, const Stmt *s)
{
    buf_cstr(pr->out, words);
    put_name(pr, &s->name);
}

void put_stmt(Printer *pr, const Stmt *s)
{
    switch (s->kind) {
    case STMT_CREATE_STREAM: case STMT_CREATE_TABLE: put_create(pr, s); break;
    case STMT_CREATE_STREAM_AS: case STMT_CREATE_TABLE_AS: put_create_as(pr, s); break;
    case STMT_INSERT_INTO: put_insert_into(pr, s); break;
    case STMT_INSERT_VALUES: case STMT_ASSERT_VALUES: case STMT_ASSERT_NULL_VALUES:
        put_insert_values(pr, s);
        break;
    case STMT_SELECT: put_query(pr, s->query); break;
    case STMT_DROP_STREAM: case STMT_DROP_TABLE: case STMT_DROP_CONNECTOR: case STMT_DROP_TYPE:
        put_drop(pr, s);
        break;
    case STMT_TERMINATE: put_named(pr, "TERMINATE ", s); break;
    case STMT_PAUSE: put_named(pr, "PAUSE ", s); break;
    case STMT_RESUME: put_named(pr, "RESUME ", s); break;
    case STMT_EXPLAIN: put_explain(pr, s); break;
    case STMT_DESCRIBE: case STMT_DESCRIBE_ALL: put_describe(pr, s); break;
    case STMT_DESCRIBE_FUNCTION: put_described(pr, "DESCRIBE FUNCTION ", s); break;
    case STMT_DESCRIBE_CONNECTOR: put_described(pr, "DESCRIBE CONNECTOR ", s); break;
    case STMT_SHOW_STREAMS: put_show(pr, s, "STREAMS"); break;
    case STMT_SHOW_TABLES: put_show(pr, s, "TABLES"); break;
    case STMT_SHOW_TOPICS: put_show(pr, s, "TOPICS"); break;
    case STMT_SHOW_QUERIES: put_show(pr, s, "QUERIES"); break;
    case STMT_SHOW_FUNCTIONS: put_show(pr, s, "FUNCTIONS"); break;
    case STMT_SHOW_PROPERTIES: put_show(pr, s, "PROPERTIES"); break;
    case STMT_SHOW_TYPES: put_show(pr, s, "TYPES"); break;
    case STMT_SHOW_VARIABLES: put_show(pr, s, "VARIABLES"); break;
    case STMT_SHOW_CONNECTORS: put_show(pr, s, "CONNECTORS"); break;
    case STMT_SHOW_CONNECTOR_PLUGINS: put_show(pr, s, "CONNECTOR PLUGINS"); break;
    case STMT_PRINT: put_print(pr, s); break;
    case STMT_SET: put_setting(pr, "SET ", s); break;
    case STMT_UNSET: put_setting(pr, "UNSET ", s); break;
    case STMT_ALTER_SYSTEM: put_setting(pr, "ALTER SYSTEM ", s); break;
    case STMT_DEFINE: case STMT_UNDEFINE: put_define(pr, s); break;
    case STMT_CREATE_CONNECTOR: put_connector(pr, s); break;
    case STMT_CREATE_TYPE: put_create_type(pr, s); break;
    case STMT_ALTER_SOURCE: put_alter(pr, s); break;
    case STMT_ASSERT_TOPIC: case STMT_ASSERT_SCHEMA: put_assert(pr, s); break;
    case STMT_ASSERT_STREAM: case STMT_ASSERT_TABLE: put_assert_source(pr, s); break;
    case STMT_RUN_SCRIPT:
        buf_cstr(pr->out, "RUN SCRIPT ");
        put_string(pr, s->text);
        break;
    case STMT_KINDS: BUG("no statement"); break;
    }
}

void print_stmt_line(Buf *out, const Stmt *s)
{
    Printer pr = {.out = out, .style = STYLE_LINE};
    put_stmt(&pr, s);
}

void print_stmt_ksql(Buf *out, const Stmt *s)
{
    Printer pr = {.out = out, .style = STYLE_KSQL};
    put_stmt(&pr, s);
}

void print_stmt(Buf *out, const Stmt *s)
{
    Printer pr = {.out = out, .style = STYLE_FMT};
    size_t at = out->n;
    put_stmt(&pr, s);
    if (out->n - at <= PRINT_SHORT)
        return;
    out->n = at;
    pr.broken = true;
    put_stmt(&pr, s);
}

void print_stmt_tall(Buf *out, const Stmt *s)
{
    Printer pr = {.out = out, .style = STYLE_FMT, .broken = true, .tall = true};
    put_stmt(&pr, s);
}
