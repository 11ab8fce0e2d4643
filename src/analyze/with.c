// SPDX-License-Identifier: Apache-2.0
// The WITH clause: a table of rows, one a property, each with a setter that checks its value.
// Names, values and messages: page 02 of the ksqlDB reference. Pure; any thread.
#include <stdlib.h>

#include "base/nearest.h"
#include "analyze/analyze.h"

typedef struct WithCtx {
    const Analyzer *an;
    WithProps *out;
    bool has_format; /* FORMAT was given */
    bool key_format_given, value_format_given;
    bool has_window_size;
    const Expr *no_partitions; /* the value of PARTITIONS when it is not positive */
} WithCtx;

typedef Status WithSetter(WithCtx *c, const char *name, const Expr *v, Err *err);

typedef struct WithRow {
    const char *name;
    bool in_create, in_create_as, in_insert;
    WithSetter *set; /* NULL: known, answered by "not supported yet" */
} WithRow;

static Status invalid(const char *name, Span at, const char *why, Err *err)
{
    return err_at(err, ERR_STATEMENT, at, "Failed to prepare statement: Configuration %s is invalid: %s", name, why);
}

static Status want_text(const char *name, const Expr *v, Str *out, Err *err)
{
    *out = (Str){NULL, 0};
    if (v->kind != EXPR_STRING)
        return invalid(name, v->span, "expected a string in single quotes", err);
    *out = v->text;
    return OK;
}

static Status want_int(const char *name, const Expr *v, int64_t *out, Err *err)
{
    if (v->kind == EXPR_INT) {
        *out = v->i;
        return OK;
    }
    if (v->kind == EXPR_NEG && v->a->kind == EXPR_INT) {
        *out = -v->a->i;
        return OK;
    }
    if (v->kind == EXPR_STRING) {
        char text[24], *end;
        if (v->text.n > 0 && v->text.n < sizeof text) {
            memcpy(text, v->text.p, v->text.n);
            text[v->text.n] = 0;
            *out = strtoll(text, &end, 10);
            if (*end == 0)
                return OK;
        }
    }
    return invalid(name, v->span, "expected a whole number", err);
}

static Status set_topic(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    Status st = want_text(name, v, &c->out->topic, err);
    if (st == OK && !topic_name_valid(c->out->topic))
        return invalid(name, v->span, "a topic's name has 1 to 249 characters of [a-zA-Z0-9._-]", err);
    return st;
}

static Status set_partitions(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    int64_t n;
    Status st = want_int(name, v, &n, err);
    if (st)
        return st;
    c->no_partitions = n <= 0 ? v : NULL;
    if (n > LIMIT_PARTITIONS)
        return err_at(err, ERR_LIMIT, v->span, "A topic has at most %d partitions", LIMIT_PARTITIONS);
    c->out->partitions = n > 0 ? (int)n : 0;
    return OK;
}

static Status set_replicas(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    int64_t n;
    Status st = want_int(name, v, &n, err);
    if (st)
        return st;
    if (n < 1 || n > 32767)
        return invalid(name, v->span, "expected a number from 1 to 32767", err);
    c->out->replicas = (int)n;
    return OK;
}

static Status set_retention(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    c->out->has_retention = true;
    return want_int(name, v, &c->out->retention_ms, err);
}

static Status set_cleanup(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    UNUSED(name);
    if (c->an->stored)
        return OK; /* ksqlDB and Sluice write it there; it is that of the source's kind */
    return err_at(err, ERR_STATEMENT, v->span,
                  "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe CLEANUP_POLICY config is "
                  "automatically inferred based on the type of source (STREAM or TABLE).\nUsers can't set the "
                  "CLEANUP_POLICY config manually.");
}

static Status want_format(const char *name, const Expr *v, Format *out, Err *err)
{
    Str text;
    Status st = want_text(name, v, &text, err);
    if (st)
        return st;
    if (!format_by_name(text, out)) {
        char *upper = mem_strndup(text.p, text.n);
        for (char *p = upper; *p; p++)
            if (*p >= 'a' && *p <= 'z')
                *p = (char)(*p - 'a' + 'A');
        static const char *const formats[] = {"JSON", "DELIMITED", "KAFKA", "NONE"};
        const char *near = nearest_find(text, formats, ARRAY_LEN(formats));
        err_at(err, ERR_STATEMENT, v->span, "Unknown format: %s", upper);
        if (near)
            err_hint(err, "did you mean %s?", near);
        mem_free(upper);
        return ERR_STATEMENT;
    }
    return OK;
}

static Status set_key_format(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    c->key_format_given = c->out->has_key_format = true;
    return want_format(name, v, &c->out->key_format, err);
}

static Status set_value_format(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    c->value_format_given = c->out->has_value_format = true;
    return want_format(name, v, &c->out->value_format, err);
}

static Status set_format(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    Format f;
    Status st = want_format(name, v, &f, err);
    if (st)
        return st;
    c->has_format = true;
    c->out->has_key_format = c->out->has_value_format = true;
    c->out->key_format = c->out->value_format = f;
    return OK;
}

static Status want_delimiter(const char *name, const Expr *v, char *out, Err *err)
{
    Str text;
    Status st = want_text(name, v, &text, err);
    if (st)
        return st;
    if (str_eq_nocase(text, STR("TAB")))
        *out = '\t';
    else if (str_eq_nocase(text, STR("SPACE")))
        *out = ' ';
    else if (str_trim(text).n == 0)
        return err_at(err, ERR_STATEMENT, v->span,
                      "Failed to prepare statement: Configuration %s is invalid: Delimiter cannot be empty, if you "
                      "meant to have a tab or space for delimiter, please use the special values 'TAB' or 'SPACE'\n"
                      "Example valid value: ';'",
                      name);
    else if (text.n != 1)
        return err_at(err, ERR_STATEMENT, v->span,
                      "Failed to prepare statement: Configuration %s is invalid: Invalid delimiter value: '%.*s'. "
                      "Delimiter must be a single character or TAB,SPACE\nExample valid value: ';'",
                      name, STR_ARG(text));
    else
        *out = text.p[0];
    return OK;
}

static Status set_key_delimiter(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    return want_delimiter(name, v, &c->out->key_delimiter, err);
}

static Status set_value_delimiter(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    return want_delimiter(name, v, &c->out->value_delimiter, err);
}

static Status set_wrap(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    if (v->kind == EXPR_BOOL)
        c->out->wrap_single = v->flag;
    else if (v->kind == EXPR_STRING && str_eq_nocase(v->text, STR("true")))
        c->out->wrap_single = 1;
    else if (v->kind == EXPR_STRING && str_eq_nocase(v->text, STR("false")))
        c->out->wrap_single = 0;
    else
        return invalid(name, v->span, "expected true or false", err);
    return OK;
}

static Status set_timestamp(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    if (v->kind == EXPR_COLUMN) {
        c->out->timestamp = v->name.text;
        return OK;
    }
    Str text;
    Status st = want_text(name, v, &text, err);
    if (st)
        return st;
    if (text.n >= 2 && text.p[0] == '`' && text.p[text.n - 1] == '`') {
        c->out->timestamp = str_sub(text, 1, text.n - 2);
        return OK;
    }
    char *upper = arena_cstr(c->an->arena, text);
    for (char *p = upper; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    c->out->timestamp = str_of(upper);
    return OK;
}

static Status set_timestamp_format(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    return want_text(name, v, &c->out->timestamp_format, err);
}

static Status set_window_type(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    Str text;
    Status st = want_text(name, v, &text, err);
    if (st)
        return st;
    if (str_eq_nocase(text, STR("SESSION")))
        c->out->window = SOURCE_SESSION;
    else if (str_eq_nocase(text, STR("HOPPING")))
        c->out->window = SOURCE_HOPPING;
    else if (str_eq_nocase(text, STR("TUMBLING")))
        c->out->window = SOURCE_TUMBLING;
    else
        return invalid(name, v->span, "expected SESSION, HOPPING or TUMBLING", err);
    return OK;
}

/* '10 SECONDS' in ms. */
static Status set_window_size(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000}, {"DAY", 86400000}};
    Str text;
    Status st = want_text(name, v, &text, err);
    if (st)
        return st;
    char buf[64], unit[33];
    long long n;
    if (text.n >= sizeof buf)
        return invalid(name, v->span, "expected a duration such as '10 SECONDS'", err);
    memcpy(buf, text.p, text.n);
    buf[text.n] = 0;
    char *end;
    n = strtoll(buf, &end, 10);
    while (*end == ' ')
        end++;
    size_t k = 0;
    for (; end[k] && k < sizeof unit - 1; k++)
        unit[k] = (char)(end[k] >= 'a' && end[k] <= 'z' ? end[k] - 'a' + 'A' : end[k]);
    unit[k] = 0;
    Str shown = str_of(unit);
    if (shown.n && shown.p[shown.n - 1] == 'S')
        shown.n--;
    for (int i = 0; i < ARRAY_LEN(units); i++)
        if (str_eq_c(shown, units[i].unit) && n > 0) {
            c->has_window_size = true;
            c->out->window_size = n * units[i].ms;
            return OK;
        }
    return err_at(err, ERR_STATEMENT, v->span,
                  "Configuration WINDOW_SIZE is invalid: Invalid duration: '%.*s'. Unknown time unit: '%s'",
                  STR_ARG(text), unit);
}

static Status set_query_id(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    if (v->kind == EXPR_COLUMN) {
        c->out->query_id = v->name.text;
        return OK;
    }
    Status st = want_text(name, v, &c->out->query_id, err);
    if (st)
        return st;
    char *upper = arena_cstr(c->an->arena, c->out->query_id);
    for (char *p = upper; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    c->out->query_id = str_of(upper);
    return OK;
}

static Status set_ignored(WithCtx *c, const char *name, const Expr *v, Err *err)
{
    UNUSED(c), UNUSED(name), UNUSED(v), UNUSED(err);
    return OK;
}

static const WithRow rows[] = {
    {"KAFKA_TOPIC", true, true, false, set_topic},
    {"PARTITIONS", true, true, false, set_partitions},
    {"REPLICAS", true, true, false, set_replicas},
    {"RETENTION_MS", true, true, false, set_retention},
    {"CLEANUP_POLICY", true, true, false, set_cleanup},
    {"KEY_FORMAT", true, true, false, set_key_format},
    {"VALUE_FORMAT", true, true, false, set_value_format},
    {"FORMAT", true, true, false, set_format},
    {"KEY_DELIMITER", true, true, false, set_key_delimiter},
    {"VALUE_DELIMITER", true, true, false, set_value_delimiter},
    {"WRAP_SINGLE_VALUE", true, true, false, set_wrap},
    {"TIMESTAMP", true, true, false, set_timestamp},
    {"TIMESTAMP_FORMAT", true, true, false, set_timestamp_format},
    {"WINDOW_TYPE", true, false, false, set_window_type},
    {"WINDOW_SIZE", true, false, false, set_window_size},
    {"SOURCE_CONNECTOR", true, false, false, set_ignored},
    {"SOURCED_BY_CONNECTOR", true, false, false, set_ignored},
    {"KEY_SCHEMA_ID", true, true, false, NULL},
    {"VALUE_SCHEMA_ID", true, true, false, NULL},
    {"KEY_SCHEMA_FULL_NAME", true, true, false, NULL},
    {"VALUE_SCHEMA_FULL_NAME", true, true, false, NULL},
    {"VALUE_AVRO_SCHEMA_FULL_NAME", true, true, false, NULL},
    {"KEY_PROTOBUF_NULLABLE_REPRESENTATION", true, true, false, NULL},
    {"VALUE_PROTOBUF_NULLABLE_REPRESENTATION", true, true, false, NULL},
    {"QUERY_ID", false, false, true, set_query_id},
};

static const WithRow *find_row(Str name, WithFor what)
{
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq_nocase(name, str_of(rows[i].name)))
            return (what == WITH_CREATE      ? rows[i].in_create
                    : what == WITH_CREATE_AS ? rows[i].in_create_as
                                             : rows[i].in_insert)
                       ? &rows[i]
                       : NULL;
    return NULL;
}

/* The name of a property that may stand there and is near; n == 0: none. */
static Str near_property(Str name, WithFor what)
{
    Nearest near;
    nearest_init(&near, name);
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        if (find_row(str_of(rows[i].name), what))
            nearest_offer(&near, str_of(rows[i].name));
    return near.best;
}

static Status unknown_names(const PropertyVec *props, WithFor what, Err *err)
{
    Buf names = BUF_INIT;
    Span at = {0};
    Str near = {NULL, 0};
    for (int i = 0; i < props->n; i++)
        if (!find_row(props->v[i].name.text, what)) {
            if (!names.n) {
                at = props->v[i].span;
                near = near_property(props->v[i].name.text, what);
            }
            if (names.n)
                buf_cstr(&names, ",");
            buf_str(&names, props->v[i].name.text);
        }
    Status st = OK;
    if (names.n)
        st = err_at(err, ERR_STATEMENT, at,
                    "Failed to prepare statement: Invalid config variable(s) in the WITH clause: %s", buf_z(&names));
    if (near.n)
        err_hint(err, "did you mean %.*s?", STR_ARG(near));
    buf_free(&names);
    return st;
}

static Status check_formats(const WithCtx *c, Span at, Err *err)
{
    const char *both = c->key_format_given ? "KEY_FORMAT" : c->value_format_given ? "VALUE_FORMAT" : NULL;
    if (c->has_format && both)
        return err_at(err, ERR_STATEMENT, at,
                      "Cannot supply both '%s' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. "
                      "Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.",
                      both);
    return OK;
}

static Status check_window(const WithCtx *c, Span at, Err *err)
{
    SourceWindow w = c->out->window;
    if (w == SOURCE_SESSION && c->has_window_size)
        return err_at(err, ERR_STATEMENT, at, "'WINDOW_SIZE' should not be set for SESSION windows.");
    if ((w == SOURCE_TUMBLING || w == SOURCE_HOPPING) && !c->has_window_size)
        return err_at(err, ERR_STATEMENT, at,
                      "'WINDOW_SIZE' must be set for %s windows. For example: 'WINDOW_SIZE'='10 SECONDS'",
                      w == SOURCE_TUMBLING ? "TUMBLING" : "HOPPING");
    if (w == SOURCE_NOT_WINDOWED && c->has_window_size)
        return err_at(err, ERR_STATEMENT, at, "'WINDOW_SIZE' should not be set for non-windowed sources.");
    return OK;
}

/* Looked at when all properties are read, since the message names the topic. */
static Status check_partitions(const WithCtx *c, const Stmt *s, Err *err)
{
    if (!c->no_partitions)
        return OK;
    Str topic = c->out->topic;
    const char *prefix = topic.n ? "" : props_get(c->an->props, "ksql.output.topic.name.prefix");
    if (!topic.n)
        topic = s->name.text;
    return err_at(err, ERR_STATEMENT, c->no_partitions->span,
                  "Failed to guarantee existence of topic %s%.*s\nCaused by: Number of partitions was set to an invalid "
                  "non-positive value.",
                  prefix, STR_ARG(topic));
}

Status bind_with(const Analyzer *an, const Stmt *s, WithFor what, WithProps *out, Err *err)
{
    const PropertyVec *props = &s->props;
    *out = (WithProps){.wrap_single = -1};
    WithCtx c = {.an = an, .out = out};
    Status st = unknown_names(props, what, err);
    for (int i = 0; st == OK && i < props->n; i++) {
        const Property *p = &props->v[i];
        for (int k = 0; k < i; k++)
            if (str_eq_nocase(props->v[k].name.text, p->name.text))
                return err_at(err, ERR_STATEMENT, p->span, "Duplicate property in the WITH clause: %.*s",
                              STR_ARG(p->name.text));
        const WithRow *row = find_row(p->name.text, what);
        st = row->set ? row->set(&c, row->name, p->value, err)
                      : err_at(err, ERR_UNSUPPORTED, p->span, "not supported yet: %s in the WITH clause", row->name);
    }
    Span at = props->n ? props->v[0].span : (Span){0};
    if (st == OK)
        st = check_partitions(&c, s, err);
    if (st == OK)
        st = check_formats(&c, at, err);
    if (st == OK)
        st = check_window(&c, at, err);
    if (st == OK && out->has_retention && s->kind == STMT_CREATE_TABLE && out->window == SOURCE_NOT_WINDOWED && what == WITH_CREATE)
        st = err_at(err, ERR_STATEMENT, at,
                    "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support "
                    "retention.");
    return st;
}
