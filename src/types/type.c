// SPDX-License-Identifier: Apache-2.0
// Types and schemas: construction, equality, look-ups (see type.h).
//
// Scalars are the static objects below; what has parameters is built in an arena and never
// changed. Text forms are in type_text.c. Any thread.
#include "types/type.h"

const Type type_null = {.kind = KIND_NULL};
const Type type_boolean = {.kind = KIND_BOOLEAN};
const Type type_integer = {.kind = KIND_INTEGER};
const Type type_bigint = {.kind = KIND_BIGINT};
const Type type_double = {.kind = KIND_DOUBLE};
const Type type_string = {.kind = KIND_STRING};
const Type type_bytes = {.kind = KIND_BYTES};
const Type type_time = {.kind = KIND_TIME};
const Type type_date = {.kind = KIND_DATE};
const Type type_timestamp = {.kind = KIND_TIMESTAMP};
const Type type_unit = {.kind = KIND_UNIT};
const Type type_any = {.kind = KIND_ANY};

const Type *type_decimal(Arena *a, int precision, int scale)
{
    Type *t = ARENA_NEW(a, Type);
    t->kind = KIND_DECIMAL;
    t->precision = precision;
    t->scale = scale;
    return t;
}

const Type *type_array(Arena *a, const Type *elem)
{
    Type *t = ARENA_NEW(a, Type);
    t->kind = KIND_ARRAY;
    t->elem = elem;
    return t;
}

const Type *type_map(Arena *a, const Type *key, const Type *value)
{
    Type *t = ARENA_NEW(a, Type);
    t->kind = KIND_MAP;
    t->key = key;
    t->elem = value;
    return t;
}

const Type *type_struct(Arena *a, const Field *fields, int n)
{
    Type *t = ARENA_NEW(a, Type);
    Field *f = ARENA_ARRAY(a, Field, n);
    for (int i = 0; i < n; i++)
        f[i] = (Field){arena_str(a, fields[i].name), fields[i].type};
    t->kind = KIND_STRUCT;
    t->nfields = n;
    t->fields = f;
    return t;
}

/* The static object of a kind without parameters; NULL for the others. */
static const Type *static_type(TypeKind kind)
{
    static const Type *const by_kind[] = {
        [KIND_NULL] = &type_null,         [KIND_BOOLEAN] = &type_boolean, [KIND_INTEGER] = &type_integer,
        [KIND_BIGINT] = &type_bigint,     [KIND_DOUBLE] = &type_double,   [KIND_STRING] = &type_string,
        [KIND_BYTES] = &type_bytes,       [KIND_TIME] = &type_time,       [KIND_DATE] = &type_date,
        [KIND_TIMESTAMP] = &type_timestamp, [KIND_UNIT] = &type_unit,     [KIND_ANY] = &type_any,
    };
    return (int)kind < ARRAY_LEN(by_kind) ? by_kind[kind] : NULL;
}

const Type *type_dup(Arena *a, const Type *t)
{
    const Type *fixed = static_type(t->kind);
    if (fixed)
        return fixed;
    Type *copy = ARENA_NEW(a, Type);
    *copy = *t;
    if (t->key)
        copy->key = type_dup(a, t->key);
    if (t->elem)
        copy->elem = type_dup(a, t->elem);
    if (t->name.n)
        copy->name = arena_str(a, t->name);
    if (t->nfields) {
        Field *f = ARENA_ARRAY(a, Field, t->nfields);
        for (int i = 0; i < t->nfields; i++)
            f[i] = (Field){arena_str(a, t->fields[i].name), type_dup(a, t->fields[i].type)};
        copy->fields = f;
    }
    return copy;
}

bool type_equal(const Type *a, const Type *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind)
        return false;
    switch (a->kind) {
    case KIND_DECIMAL:
        return a->precision == b->precision && a->scale == b->scale;
    case KIND_ARRAY:
        return type_equal(a->elem, b->elem);
    case KIND_MAP:
        return type_equal(a->key, b->key) && type_equal(a->elem, b->elem);
    case KIND_STRUCT:
    case KIND_LAMBDA:
        if (a->nfields != b->nfields || (a->kind == KIND_LAMBDA && !type_equal(a->elem, b->elem)))
            return false;
        for (int i = 0; i < a->nfields; i++)
            if (!str_eq(a->fields[i].name, b->fields[i].name) ||
                !type_equal(a->fields[i].type, b->fields[i].type))
                return false;
        return true;
    case KIND_GENERIC:
        return str_eq(a->name, b->name);
    default:
        return true;
    }
}

int type_width(const Type *t)
{
    switch (t->kind) {
    case KIND_NULL:
    case KIND_BOOLEAN:
        return 1;
    case KIND_INTEGER:
    case KIND_TIME:
    case KIND_DATE:
    case KIND_UNIT:
        return 4;
    case KIND_DECIMAL:
    case KIND_STRING:
    case KIND_BYTES:
        return 16;
    default:
        return 8;
    }
}

bool type_has_map(const Type *t)
{
    if (t->kind == KIND_MAP)
        return true;
    if (t->kind == KIND_ARRAY)
        return type_has_map(t->elem);
    if (t->kind == KIND_STRUCT)
        for (int i = 0; i < t->nfields; i++)
            if (type_has_map(t->fields[i].type))
                return true;
    return false;
}

/* ---- schema ---- */

Schema *schema_new(Arena *a, const ColumnDef *cols, int n, bool deep)
{
    Schema *s = ARENA_NEW(a, Schema);
    ColumnDef *c = ARENA_ARRAY(a, ColumnDef, n);
    for (int i = 0; i < n; i++) {
        c[i] = cols[i];
        if (deep) {
            c[i].name = arena_str(a, cols[i].name);
            c[i].type = type_dup(a, cols[i].type);
            c[i].header_key = arena_str(a, cols[i].header_key);
        }
    }
    s->n = n;
    s->cols = c;
    return s;
}

int schema_find(const Schema *s, Str name)
{
    for (int i = 0; i < s->n; i++)
        if (str_eq(s->cols[i].name, name))
            return i;
    return -1;
}

int schema_count(const Schema *s, ColumnRole role)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += s->cols[i].role == role;
    return n;
}

int schema_nth(const Schema *s, ColumnRole role, int i)
{
    for (int c = 0; c < s->n; c++)
        if (s->cols[c].role == role && i-- == 0)
            return c;
    return -1;
}

bool schema_equal(const Schema *a, const Schema *b)
{
    if (a == b)
        return true;
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++) {
        const ColumnDef *x = &a->cols[i], *y = &b->cols[i];
        if (x->role != y->role || !str_eq(x->name, y->name) || !type_equal(x->type, y->type) ||
            !str_eq(x->header_key, y->header_key))
            return false;
    }
    return true;
}
