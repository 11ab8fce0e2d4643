// SPDX-License-Identifier: Apache-2.0
// Types as written → types (page 03 §3.1): names and aliases, custom types, limits of DECIMAL.
#include <inttypes.h>

#include "base/nearest.h"
#include "analyze/bind_expr.h"

typedef struct BindType {
    Arena *a;
    TypeLookup *lookup;
    void *arg;
    Err *err;
} BindType;

static const Type *resolve(const BindType *b, const TypeRef *t);

static const Type *resolve_decimal(const BindType *b, const TypeRef *t)
{
    int64_t p = t->params[0], s = t->nparams > 1 ? t->params[1] : 0;
    const char *wrong = NULL;
    if (t->nparams == 0) {
        (void)err_at(b->err, ERR_STATEMENT, t->span, "Cannot resolve unknown type: DECIMAL");
        err_hint(b->err, "write DECIMAL(precision, scale)");
        return NULL;
    }
    if (p < 1)
        wrong = "DECIMAL precision must be >= 1";
    else if (s < 0)
        wrong = "DECIMAL scale must be >= 0";
    else if (p < s)
        wrong = "DECIMAL precision must be >= scale";
    if (wrong) {
        (void)err_at(b->err, ERR_STATEMENT, t->span, "%s: DECIMAL(%" PRId64 ",%" PRId64 ")", wrong, p, s);
        return NULL;
    }
    if (p > DECIMAL_MAX_PRECISION) {
        (void)err_at(b->err, ERR_UNSUPPORTED, t->span, "not supported yet: DECIMAL of more than %d digits",
                     DECIMAL_MAX_PRECISION);
        return NULL;
    }
    return type_decimal(b->a, (int)p, (int)s);
}

/* Names of other databases, and what is near a name of ours. */
static void hint_type(Str name, Err *err)
{
    static const char *const other[][2] = {
        {"TEXT", "VARCHAR"},      {"CHAR", "VARCHAR"},       {"NVARCHAR", "VARCHAR"}, {"UUID", "VARCHAR"}, {"JSON", "VARCHAR"},
        {"SMALLINT", "INT"},      {"TINYINT", "INT"},        {"LONG", "BIGINT"},      {"INT8", "BIGINT"},  {"FLOAT", "DOUBLE"},
        {"REAL", "DOUBLE"},       {"NUMERIC", "DECIMAL(p, s)"}, {"NUMBER", "DECIMAL(p, s)"}, {"BOOL", "BOOLEAN"},
        {"DATETIME", "TIMESTAMP"}, {"TIMESTAMPTZ", "TIMESTAMP"}, {"BLOB", "BYTES"},    {"BINARY", "BYTES"}, {"LIST", "ARRAY<type>"},
    };
    static const char *const ours[] = {"VARCHAR", "STRING", "INT",  "INTEGER",   "BIGINT", "DOUBLE", "BOOLEAN",
                                       "DECIMAL", "BYTES",  "DATE", "TIMESTAMP", "TIME",   "ARRAY",  "MAP",
                                       "STRUCT"};
    const char *near = NULL;
    for (int i = 0; i < ARRAY_LEN(other) && !near; i++)
        if (str_eq_nocase(name, str_of(other[i][0])))
            near = other[i][1];
    if (!near)
        near = nearest_find(name, ours, ARRAY_LEN(ours));
    if (near)
        err_hint(err, "did you mean %s?", near);
}

static const Type *resolve_named(const BindType *b, const TypeRef *t)
{
    Str name = t->name.text;
    if (!t->name.quoted && str_eq_c(name, "DECIMAL"))
        return resolve_decimal(b, t);
    const Type *found = t->name.quoted ? NULL : type_by_name(name);
    if (!found && b->lookup)
        found = b->lookup(b->arg, name);
    if (!found) {
        (void)err_at(b->err, ERR_STATEMENT, t->span, "Cannot resolve unknown type: %.*s", STR_ARG(name));
        hint_type(name, b->err);
    }
    return found;
}

static const Type *resolve_struct(const BindType *b, const TypeRef *t)
{
    Field *fields = ARENA_ARRAY(b->a, Field, t->fields.n + 1);
    for (int i = 0; i < t->fields.n; i++) {
        fields[i] = (Field){t->fields.v[i].name.text, resolve(b, t->fields.v[i].type)};
        if (!fields[i].type)
            return NULL;
    }
    return type_struct(b->a, fields, t->fields.n);
}

static const Type *resolve(const BindType *b, const TypeRef *t)
{
    const Type *key = NULL, *elem = NULL;
    if (t->kind == TYPEREF_NAMED)
        return resolve_named(b, t);
    if (t->kind == TYPEREF_STRUCT)
        return resolve_struct(b, t);
    if (t->kind == TYPEREF_MAP && !(key = resolve(b, t->key)))
        return NULL;
    elem = resolve(b, t->elem);
    if (!elem)
        return NULL;
    return t->kind == TYPEREF_MAP ? type_map(b->a, key, elem) : type_array(b->a, elem);
}

Status bind_type(Arena *a, const TypeRef *t, TypeLookup *lookup, void *arg, const Type **out, Err *err)
{
    const BindType b = {a, lookup, arg, err};
    *out = resolve(&b, t);
    return *out ? OK : (Status)err->code;
}
