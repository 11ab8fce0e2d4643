// SPDX-License-Identifier: Apache-2.0
// Types as written → types (page 03 §3.1): names and aliases, custom types, limits of DECIMAL.
#include <inttypes.h>

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

static const Type *resolve_named(const BindType *b, const TypeRef *t)
{
    Str name = t->name.text;
    if (!t->name.quoted && str_eq_c(name, "DECIMAL"))
        return resolve_decimal(b, t);
    const Type *found = t->name.quoted ? NULL : type_by_name(name);
    if (!found && b->lookup)
        found = b->lookup(b->arg, name);
    if (!found)
        (void)err_at(b->err, ERR_STATEMENT, t->span, "Cannot resolve unknown type: %.*s", STR_ARG(name));
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
