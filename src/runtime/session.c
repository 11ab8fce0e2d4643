// SPDX-License-Identifier: Apache-2.0
// Session: properties, variables, and which file runs which statement. One thread at a time per session.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/internal.h"
#include "sql/parse.h"

Session *session_new(Engine *e)
{
    Session *s = mem_zalloc(sizeof *s);
    s->e = e;
    s->props.server = e->cfg.props;
    return s;
}

void session_free(Session *s)
{
    if (!s)
        return;
    StrMapEntry *e;
    for (int i = 0; (e = strmap_next(&s->vars, &i));)
        mem_free(e->value);
    strmap_free(&s->vars);
    props_free(&s->props);
    mem_free(s);
}

StrMap *session_variables(Session *s) { return &s->vars; }

Status session_set(Session *s, Str name, Str value, Err *err) { return props_set(&s->props, name, value, NULL, err); }

Analyzer session_analyzer(Session *s, Arena *a, const Catalog *cat, Str sql)
{
    return (Analyzer){.arena = a, .cat = cat, .props = &s->props, .topics = s->e->topics, .fx = s->e->fx, .sql = sql};
}

void answer_clear(Answer *a)
{
    json_decref(a->entity);
    rowstream_close(a->stream);
    mem_free(a->message);
    *a = (Answer){0};
}

static void message(Answer *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void message(Answer *out, const char *fmt, ...)
{
    va_list ap;
    char text[2048];
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    out->message = mem_strdup(text);
}

/* A literal as the text of a property or variable. */
static Str literal_text(Arena *a, const Expr *e)
{
    switch (e->kind) {
    case EXPR_INT:
        return arena_strf(a, "%lld", (long long)e->i);
    case EXPR_NEG:
        return e->a->kind == EXPR_INT ? arena_strf(a, "-%lld", (long long)e->a->i) : e->a->text;
    case EXPR_BOOL:
        return e->flag ? STR("true") : STR("false");
    default:
        return e->text;
    }
}

static Status run_set(Session *s, const Stmt *st, Answer *out, Err *err)
{
    Arena *a = arena_new(256);
    char *old = NULL;
    Str value = literal_text(a, st->value);
    Status rc = props_set(&s->props, st->text, value, &old, err);
    if (rc == OK && old)
        message(out, "Successfully changed local property '%.*s' from '%s' to '%.*s'.", STR_ARG(st->text), old, STR_ARG(value));
    else if (rc == OK)
        message(out,
                "Successfully changed local property '%.*s' to '%.*s'. Use the UNSET command to revert your change.",
                STR_ARG(st->text), STR_ARG(value));
    else if (!err->span.line)
        err->span = st->span;
    mem_free(old);
    arena_free(a);
    return rc;
}

static Status run_unset(Session *s, const Stmt *st, Answer *out, Err *err)
{
    char *old = NULL;
    Status rc = props_unset(&s->props, st->text, &old, err);
    if (rc == OK)
        message(out, "Successfully unset local property '%.*s' (value was '%s').", STR_ARG(st->text), old);
    else
        err->span = st->span;
    mem_free(old);
    return rc;
}

static Status run_define(Session *s, const Stmt *st)
{
    Arena *a = arena_new(256);
    Str value = literal_text(a, st->value);
    char *name = arena_cstr(a, st->name.text);
    for (char *p = name; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    mem_free(strmap_put(&s->vars, str_of(name), mem_strndup(value.p, value.n)));
    arena_free(a);
    return OK;
}

static Status run_undefine(Session *s, const Stmt *st, Answer *out)
{
    char *old = strmap_remove(&s->vars, st->name.text);
    if (!old)
        message(out, "Cannot undefine variable '%.*s' which was never defined.", STR_ARG(st->name.text));
    mem_free(old);
    return OK;
}

static const char *const later[STMT_KINDS] = {
    [STMT_PAUSE] = "PAUSE",
    [STMT_RESUME] = "RESUME",
    [STMT_DESCRIBE_CONNECTOR] = "DESCRIBE CONNECTOR",
    [STMT_SHOW_TYPES] = "SHOW TYPES",
    [STMT_SHOW_CONNECTORS] = "SHOW CONNECTORS",
    [STMT_SHOW_CONNECTOR_PLUGINS] = "SHOW CONNECTOR PLUGINS",
    [STMT_ALTER_SYSTEM] = "ALTER SYSTEM",
    [STMT_CREATE_CONNECTOR] = "CREATE CONNECTOR",
    [STMT_DROP_CONNECTOR] = "DROP CONNECTOR",
    [STMT_CREATE_TYPE] = "CREATE TYPE",
    [STMT_DROP_TYPE] = "DROP TYPE",
    [STMT_ALTER_SOURCE] = "ALTER STREAM and ALTER TABLE",
    [STMT_ASSERT_TOPIC] = "ASSERT TOPIC",
    [STMT_ASSERT_SCHEMA] = "ASSERT SCHEMA",
    [STMT_ASSERT_VALUES] = "ASSERT VALUES",
    [STMT_ASSERT_NULL_VALUES] = "ASSERT NULL VALUES",
    [STMT_ASSERT_STREAM] = "ASSERT STREAM",
    [STMT_ASSERT_TABLE] = "ASSERT TABLE",
};

Status session_run(Session *s, const Stmt *st, Answer *out, Err *err)
{
    *out = (Answer){0};
    switch (st->kind) {
    case STMT_CREATE_STREAM:
    case STMT_CREATE_TABLE:
    case STMT_CREATE_STREAM_AS:
    case STMT_CREATE_TABLE_AS:
    case STMT_INSERT_INTO:
    case STMT_DROP_STREAM:
    case STMT_DROP_TABLE:
    case STMT_TERMINATE:
        return ddl_run(s, st, out, err);
    case STMT_INSERT_VALUES:
        return insert_run(s, st, err);
    case STMT_SELECT:
        return select_run(s, st, out, err);
    case STMT_PRINT:
        return print_run(s, st, out, err);
    case STMT_SET:
        return run_set(s, st, out, err);
    case STMT_UNSET:
        return run_unset(s, st, out, err);
    case STMT_DEFINE:
        return run_define(s, st);
    case STMT_UNDEFINE:
        return run_undefine(s, st, out);
    case STMT_EXPLAIN:
        return explain_run(s, st, out, err);
    case STMT_DESCRIBE:
    case STMT_DESCRIBE_ALL:
    case STMT_DESCRIBE_FUNCTION:
        return describe_run(s, st, out, err);
    case STMT_SHOW_STREAMS:
    case STMT_SHOW_TABLES:
    case STMT_SHOW_TOPICS:
    case STMT_SHOW_QUERIES:
    case STMT_SHOW_FUNCTIONS:
    case STMT_SHOW_PROPERTIES:
    case STMT_SHOW_VARIABLES:
        return show_run(s, st, out, err);
    case STMT_RUN_SCRIPT:
        return err_at(err, ERR_STATEMENT, st->span, "RUN SCRIPT runs in the shell and in scripts only");
    default:
        BUG_IF(!later[st->kind]);
        return err_at(err, ERR_UNSUPPORTED, st->span, "not supported yet: %s", later[st->kind]);
    }
}

/* ---- names for completion ---- */

typedef struct NameWalk {
    Str prefix;
    void (*fn)(void *arg, Str name);
    void *arg;
} NameWalk;

static void offer(const NameWalk *w, Str name)
{
    if (name.n >= w->prefix.n && str_eq_nocase(str_sub(name, 0, w->prefix.n), w->prefix))
        w->fn(w->arg, name);
}

static void offer_columns(const NameWalk *w, const Catalog *cat)
{
    StrMap seen = {0};
    for (int i = 0; i < catalog_count(cat); i++) {
        const Schema *s = catalog_at(cat, i)->schema;
        for (int c = 0; c < s->n; c++)
            if (!strmap_find(&seen, s->cols[c].name)) {
                strmap_put(&seen, s->cols[c].name, (void *)(uintptr_t)s);
                offer(w, s->cols[c].name);
            }
    }
    strmap_free(&seen);
}

void session_names(Session *s, char kind, Str prefix, void (*fn)(void *arg, Str name), void *arg)
{
    NameWalk w = {prefix, fn, arg};
    Catalog *cat = engine_catalog(s->e);
    Arena *a = arena_new(1024);
    TopicInfoVec topics = {0};
    const Function *f;
    const PropRow *p;
    switch (kind) {
    case 's':
        for (int i = 0; i < catalog_count(cat); i++)
            offer(&w, catalog_at(cat, i)->name);
        break;
    case 't':
        topic_list(s->e->topics, a, &topics);
        for (int i = 0; i < topics.n; i++)
            if (topics.v[i].use == TOPIC_USER)
                offer(&w, topics.v[i].name);
        break;
    case 'q':
        pthread_mutex_lock(&s->e->mu);
        for (int i = 0; i < s->e->queries.n; i++)
            offer(&w, s->e->queries.v[i]->id);
        pthread_mutex_unlock(&s->e->mu);
        break;
    case 'p':
        for (int i = 0; (p = prop_at(i)); i++)
            offer(&w, str_of(p->name));
        break;
    case 'f':
        for (int i = 0; (f = function_at(i)); i++)
            offer(&w, f->name);
        break;
    case 'c':
        offer_columns(&w, cat);
        break;
    default:
        BUG("no names of kind %c", kind);
    }
    arena_free(a);
    catalog_unref(cat);
}
