// SPDX-License-Identifier: Apache-2.0
// Implicit coercion (page 03 §3.5): INSERT VALUES, IN, literals of arrays and maps, key look-ups.
//
//   always    INT -> BIGINT -> DECIMAL -> DOUBLE (a DECIMAL must take the value without rounding),
//             STRING -> TIMESTAMP, DATE, TIME, BYTES; element by element in nested types
//   lax       also STRING -> BOOLEAN (a prefix of true, yes, false, no), STRING -> a number,
//             BOOLEAN or a number -> STRING
//
// Any thread.
#include "types/text.h"

static bool same_fields(const Type *x, const Type *y)
{
    if (x->nfields != y->nfields)
        return false;
    for (int i = 0; i < x->nfields; i++)
        if (!str_eq(x->fields[i].name, y->fields[i].name))
            return false;
    return true;
}

bool coerce_allowed(const Type *from, const Type *to)
{
    if (from->kind == KIND_NULL)
        return true;
    if (type_is_number(from) && type_is_number(to))
        return from->kind <= to->kind;
    if (from->kind != to->kind)
        return false;
    switch (from->kind) {
    case KIND_ARRAY:
        return coerce_allowed(from->elem, to->elem);
    case KIND_MAP:
        return coerce_allowed(from->key, to->key) && coerce_allowed(from->elem, to->elem);
    case KIND_STRUCT:
        if (!same_fields(from, to))
            return false;
        for (int i = 0; i < from->nfields; i++)
            if (!coerce_allowed(from->fields[i].type, to->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}

bool coerce_exact(const Type *from, const Type *to)
{
    enum { INTEGER_DIGITS = 10, BIGINT_DIGITS = 19 };
    if (type_equal(from, to))
        return true;
    if (!type_is_number(from) || !type_is_number(to) || !coerce_allowed(from, to))
        return false;
    if (to->kind != KIND_DECIMAL)
        return true;
    int scale = from->kind == KIND_DECIMAL ? from->scale : 0;
    int whole = from->kind == KIND_INTEGER ? INTEGER_DIGITS : from->kind == KIND_BIGINT ? BIGINT_DIGITS : from->precision - scale;
    return whole <= to->precision - to->scale && scale <= to->scale;
}

static const Type *common_decimal(Arena *a, const Type *x, const Type *y)
{
    const Type *sum = decimal_op_type(a, '+', x, y); /* one digit more than both need */
    return type_decimal(a, sum->precision - 1, sum->scale);
}

static const Type *common_struct(Arena *a, const Type *x, const Type *y)
{
    if (!same_fields(x, y))
        return NULL;
    Field *f = ARENA_ARRAY(a, Field, x->nfields);
    for (int i = 0; i < x->nfields; i++) {
        f[i] = (Field){x->fields[i].name, type_common(a, x->fields[i].type, y->fields[i].type)};
        if (!f[i].type)
            return NULL;
    }
    return type_struct(a, f, x->nfields);
}

const Type *type_common(Arena *a, const Type *x, const Type *y)
{
    if (x->kind == KIND_NULL || y->kind == KIND_NULL)
        return x->kind == KIND_NULL ? y : x;
    if (type_is_number(x) && type_is_number(y)) {
        const Type *wide = x->kind > y->kind ? x : y;
        return wide->kind == KIND_DECIMAL ? common_decimal(a, x, y) : wide;
    }
    if (x->kind != y->kind)
        return NULL;
    const Type *key, *elem;
    switch (x->kind) {
    case KIND_ARRAY:
        elem = type_common(a, x->elem, y->elem);
        return elem ? type_array(a, elem) : NULL;
    case KIND_MAP:
        key = type_common(a, x->key, y->key);
        elem = type_common(a, x->elem, y->elem);
        return key && elem ? type_map(a, key, elem) : NULL;
    case KIND_STRUCT:
        return common_struct(a, x, y);
    default:
        return x;
    }
}

/* ---- values ---- */

static bool refuse(Arena *a, const Type *from, const Type *to, Value in, const char **why)
{
    Buf b = BUF_INIT;
    value_cell(&b, from, &in);
    *why = arena_printf(a, "invalid input syntax for type %s: \"%.*s\".", type_kind_name(to->kind),
                        STR_ARG(buf_view(&b)));
    buf_free(&b);
    return false;
}

static bool no_operator(Arena *a, const Type *from, const Type *to, const char **why)
{
    *why = arena_printf(a, "operator does not exist: %s = %s", type_text(a, to), type_text(a, from));
    return false;
}

static bool number_value(Arena *a, const Type *from, const Type *to, Value in, Value *out, const char **why)
{
    if (to->kind == KIND_DECIMAL) {
        i128 v = from->kind == KIND_INTEGER ? in.d.i : from->kind == KIND_BIGINT ? in.d.l : in.d.dec;
        int scale = from->kind == KIND_DECIMAL ? from->scale : 0;
        bool fits = decimal_rescale(v, scale, to->scale, false, &out->d.dec) &&
                    decimal_fits(out->d.dec, to->precision);
        return fits || refuse(a, from, to, in, why);
    }
    return cast_value(a, from, to, in, out, why);
}

static bool is_prefix(const char *word, Str s)
{
    return s.n > 0 && s.n <= strlen(word) && str_eq_nocase(str_sub(str_of(word), 0, s.n), s);
}

/* STRING -> anything, as the lax rules have it. */
static bool text_value(Arena *a, const Type *to, Value in, Value *out, const char **why)
{
    Str s = str_trim(view_str(in.d.s));
    bool overflow, yes;
    switch (to->kind) {
    case KIND_BOOLEAN:
        yes = is_prefix("true", s) || is_prefix("yes", s);
        if (!yes && !is_prefix("false", s) && !is_prefix("no", s))
            return refuse(a, TYPE_STRING, to, in, why);
        *out = value_bool(yes);
        return true;
    case KIND_DECIMAL:
        if (!parse_decimal(s, to->precision, to->scale, false, &out->d.dec, &overflow))
            return refuse(a, TYPE_STRING, to, in, why);
        out->null = false;
        return true;
    default:
        return cast_value(a, TYPE_STRING, to, in, out, why) || refuse(a, TYPE_STRING, to, in, why);
    }
}

static int field_of(const Type *t, Str name)
{
    for (int i = 0; i < t->nfields; i++)
        if (str_eq(t->fields[i].name, name))
            return i;
    return -1;
}

/* A field that a STRUCT lacks is NULL; one that the target lacks is refused. */
static bool nested_value(Arena *a, const Type *from, const Type *to, Value in, bool lax, Value *out,
                         const char **why)
{
    if (from->kind == KIND_ARRAY) {
        Array *x = array_new(a, in.d.arr->n);
        for (uint32_t i = 0; i < x->n; i++)
            if (!coerce_value(a, from->elem, to->elem, in.d.arr->v[i], lax, &x->v[i], why))
                return false;
        out->d.arr = x;
        return true;
    }
    if (from->kind == KIND_STRUCT) {
        Struct *s = struct_new(a, (uint32_t)to->nfields);
        for (int i = 0; i < to->nfields; i++)
            s->v[i] = value_null();
        for (int i = 0; i < from->nfields; i++) {
            int at = field_of(to, from->fields[i].name);
            if (at < 0)
                return no_operator(a, from, to, why);
            if (!coerce_value(a, from->fields[i].type, to->fields[at].type, in.d.st->v[i], lax, &s->v[at], why))
                return false;
        }
        out->d.st = s;
        return true;
    }
    const Map *m = in.d.map;
    Value *kv = arena_alloc(a, 2 * sizeof *kv * (size_t)m->n);
    for (size_t i = 0; i < m->n; i++)
        if (!coerce_value(a, from->key, to->key, m->kv[2 * i], lax, &kv[2 * i], why) ||
            !coerce_value(a, from->elem, to->elem, m->kv[2 * i + 1], lax, &kv[2 * i + 1], why))
            return false;
    out->d.map = map_new(a, to, kv, m->n);
    return true;
}

bool coerce_value(Arena *a, const Type *from, const Type *to, Value in, bool lax, Value *out,
                  const char **why)
{
    *out = in;
    if (in.null || from->kind == KIND_NULL) {
        *out = value_null();
        return true;
    }
    if (type_equal(from, to))
        return true;
    if (type_is_number(from) && type_is_number(to) && from->kind <= to->kind)
        return number_value(a, from, to, in, out, why);
    if (from->kind == KIND_STRING) {
        bool always = type_is_temporal(to) || to->kind == KIND_BYTES;
        if (always || (lax && (to->kind == KIND_BOOLEAN || type_is_number(to))))
            return text_value(a, to, in, out, why);
        return no_operator(a, from, to, why);
    }
    if (lax && to->kind == KIND_STRING && (from->kind == KIND_BOOLEAN || type_is_number(from)))
        return cast_value(a, from, to, in, out, why);
    if (type_is_nested(from) && from->kind == to->kind)
        return nested_value(a, from, to, in, lax, out, why);
    return no_operator(a, from, to, why);
}
