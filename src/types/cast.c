// SPDX-License-Identifier: Apache-2.0
// CAST(e AS T): which pairs of types there are, and what each does (page 03 §3.5).
//
//   from \ to   BOOLEAN INT BIGINT DECIMAL DOUBLE STRING BYTES TIME DATE TIMESTAMP
//   BOOLEAN        =     .    .      .       .      x      .    .    .     .
//   INT BIGINT     .     x    x      x       x      x      .    .    .     .
//   DECIMAL        .     x    x      x       x      x      .    .    .     .
//   DOUBLE         .     x    x      x       x      x      .    .    .     .
//   STRING         x     x    x      x       x      =      x    x    x     x
//   BYTES          .     .    .      .       .      .      =    .    .     .
//   TIME           .     .    .      .       .      x      .    =    .     .
//   DATE           .     .    .      .       .      x      .    .    =     x
//   TIMESTAMP      .     .    .      .       .      x      .    x    x     =
// ARRAY, MAP and STRUCT go to STRING, and to their own kind element by element (fields by name;
// a field that is missing is NULL). One element that fails fails the whole. Any thread.
#include "types/text.h"

/* One bit a target kind. */
#define TO(kind) (1u << (kind))
enum {
    TO_NUMBERS = TO(KIND_INTEGER) | TO(KIND_BIGINT) | TO(KIND_DECIMAL) | TO(KIND_DOUBLE),
};

static uint32_t targets(TypeKind from)
{
    switch (from) {
    case KIND_BOOLEAN:
    case KIND_TIME:
        return TO(from) | TO(KIND_STRING);
    case KIND_INTEGER:
    case KIND_BIGINT:
    case KIND_DECIMAL:
    case KIND_DOUBLE:
        return TO_NUMBERS | TO(KIND_STRING);
    case KIND_STRING:
        return TO(KIND_BOOLEAN) | TO_NUMBERS | TO(KIND_STRING) | TO(KIND_BYTES) | TO(KIND_TIME) |
               TO(KIND_DATE) | TO(KIND_TIMESTAMP);
    case KIND_DATE:
        return TO(KIND_DATE) | TO(KIND_STRING) | TO(KIND_TIMESTAMP);
    case KIND_TIMESTAMP:
        return TO(KIND_TIMESTAMP) | TO(KIND_STRING) | TO(KIND_TIME) | TO(KIND_DATE);
    case KIND_ARRAY:
    case KIND_MAP:
    case KIND_STRUCT:
        return TO(from) | TO(KIND_STRING);
    default:
        return TO(from);
    }
}

static const Type *field_type(const Type *t, Str name, int *at)
{
    for (int i = 0; i < t->nfields; i++)
        if (str_eq(t->fields[i].name, name)) {
            *at = i;
            return t->fields[i].type;
        }
    return NULL;
}

bool cast_allowed(const Type *from, const Type *to)
{
    int at;
    if (from->kind == KIND_NULL)
        return true;
    if (!(targets(from->kind) & TO(to->kind)))
        return false;
    if (to->kind == KIND_ARRAY)
        return cast_allowed(from->elem, to->elem);
    if (to->kind == KIND_MAP)
        return cast_allowed(from->key, to->key) && cast_allowed(from->elem, to->elem);
    if (to->kind == KIND_STRUCT)
        for (int i = 0; i < to->nfields; i++) {
            const Type *f = field_type(from, to->fields[i].name, &at);
            if (f && !cast_allowed(f, to->fields[i].type))
                return false;
        }
    return true;
}

/* ---- from numbers ---- */

static bool fail_overflow(Arena *a, const Type *from, const Type *to, Value in, const char **why)
{
    Buf b = BUF_INIT;
    value_cell(&b, from, &in);
    *why = arena_printf(a,
                        "Numeric field overflow: A field with precision %d and scale %d must round to an "
                        "absolute value less than 10^%d. Got %.*s",
                        to->precision, to->scale, to->precision - to->scale, STR_ARG(buf_view(&b)));
    buf_free(&b);
    return false;
}

bool type_has_decimal(const Type *t)
{
    switch (t->kind) {
    case KIND_DECIMAL:
        return true;
    case KIND_ARRAY:
    case KIND_MAP:
        return type_has_decimal(t->elem);
    case KIND_STRUCT:
        for (int i = 0; i < t->nfields; i++)
            if (type_has_decimal(t->fields[i].type))
                return true;
        return false;
    default:
        return false;
    }
}

bool value_fits(Arena *a, const Type *t, const Value *v, const char **why)
{
    uint32_t n = 0;
    if (v->null || !type_has_decimal(t))
        return true;
    switch (t->kind) {
    case KIND_DECIMAL:
        return decimal_fits(v->d.dec, t->precision) || fail_overflow(a, t, t, *v, why);
    case KIND_ARRAY:
        while (n < v->d.arr->n && value_fits(a, t->elem, &v->d.arr->v[n], why))
            n++;
        return n == v->d.arr->n;
    case KIND_MAP:
        while (n < v->d.map->n && value_fits(a, t->elem, &v->d.map->kv[2 * (size_t)n + 1], why))
            n++;
        return n == v->d.map->n;
    default:
        while (n < (uint32_t)t->nfields && value_fits(a, t->fields[n].type, &v->d.st->v[n], why))
            n++;
        return n == (uint32_t)t->nfields;
    }
}

/* Java's narrowing of a double: saturates, NaN is 0. */
static int64_t double_to_int(double d, int64_t least, int64_t most)
{
    if (d != d)
        return 0;
    if (d <= (double)least)
        return least;
    return d >= (double)most ? most : (int64_t)d;
}

static bool number_to_decimal(Arena *a, const Type *from, const Type *to, Value in, Value *out,
                              const char **why)
{
    int room = to->precision - to->scale;
    bool ok;
    if (from->kind == KIND_DOUBLE) {
        ok = decimal_from_double(in.d.d, to->precision, to->scale, &out->d.dec);
    } else {
        i128 v = from->kind == KIND_INTEGER ? in.d.i : from->kind == KIND_BIGINT ? in.d.l : in.d.dec;
        int scale = from->kind == KIND_DECIMAL ? from->scale : 0;
        ok = decimal_fits(v, room + scale) && decimal_rescale(v, scale, to->scale, true, &out->d.dec);
    }
    return ok || fail_overflow(a, from, to, in, why);
}

/* The whole part of a number, for the integer types. */
static int64_t whole_part(const Type *from, Value in, bool narrow)
{
    switch (from->kind) {
    case KIND_INTEGER:
        return in.d.i;
    case KIND_BIGINT:
        return in.d.l;
    case KIND_DOUBLE:
        return narrow ? double_to_int(in.d.d, INT32_MIN, INT32_MAX)
                      : double_to_int(in.d.d, INT64_MIN, INT64_MAX);
    default:
        if (from->scale > DECIMAL_MAX_PRECISION)
            return 0;
        return (int64_t)(uint64_t)(u128)(in.d.dec / decimal_pow10(from->scale));
    }
}

static bool number_to_number(Arena *a, const Type *from, const Type *to, Value in, Value *out,
                             const char **why)
{
    switch (to->kind) {
    case KIND_INTEGER:
        out->d.i = (int32_t)whole_part(from, in, true);
        return true;
    case KIND_BIGINT:
        out->d.l = whole_part(from, in, false);
        return true;
    case KIND_DOUBLE:
        out->d.d = from->kind == KIND_DOUBLE    ? in.d.d
                   : from->kind == KIND_DECIMAL ? decimal_to_double(in.d.dec, from->scale)
                                                : (double)whole_part(from, in, false);
        return true;
    default:
        return number_to_decimal(a, from, to, in, out, why);
    }
}

/* ---- from and to text ---- */

/* As Java's String.trim: everything up to U+0020 goes. */
static Str java_trim(Str s)
{
    while (s.n && (uint8_t)s.p[0] <= ' ')
        s = str_sub(s, 1, s.n - 1);
    while (s.n && (uint8_t)s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

/* A prefix of the word, of at least one letter. */
static bool begins(const char *word, Str s)
{
    Str w = str_of(word);
    return s.n > 0 && s.n <= w.n && str_eq_nocase(str_sub(w, 0, s.n), s);
}

static bool bad_text(Arena *a, const Type *to, Str s, const char **why)
{
    *why = arena_printf(a, "Cannot read '%.*s' as %s", STR_ARG(s), type_text(a, to));
    return false;
}

static bool text_to_bytes(Arena *a, Str s, Value *out)
{
    Buf b = BUF_INIT;
    bool ok = parse_base64(&b, s);
    if (ok)
        *out = value_str(arena_str(a, buf_view(&b)));
    buf_free(&b);
    return ok;
}

static bool text_to(Arena *a, const Type *to, Value in, Value *out, const char **why)
{
    Str s = java_trim(view_str(in.d.s));
    bool overflow, ok;
    int64_t l;
    switch (to->kind) {
    case KIND_BOOLEAN:
        out->d.b = begins("true", s) || begins("yes", s);
        return true;
    case KIND_INTEGER:
        ok = parse_int64(s, &l) && l == (int32_t)l;
        out->d.i = ok ? (int32_t)l : 0;
        break;
    case KIND_BIGINT:
        ok = parse_int64(s, &out->d.l);
        break;
    case KIND_DOUBLE:
        ok = parse_double(s, &out->d.d) && out->d.d - out->d.d == 0;
        break;
    case KIND_DECIMAL:
        if (parse_decimal(s, to->precision, to->scale, true, &out->d.dec, &overflow))
            return true;
        return overflow ? fail_overflow(a, TYPE_STRING, to, value_str(s), why) : bad_text(a, to, s, why);
    case KIND_BYTES:
        ok = text_to_bytes(a, s, out);
        break;
    case KIND_TIME:
        ok = parse_time(s, &out->d.i);
        break;
    case KIND_DATE:
        ok = parse_date(s, &out->d.i);
        break;
    default:
        ok = parse_timestamp(s, &out->d.l);
    }
    return ok || bad_text(a, to, s, why);
}

static void to_text(Arena *a, const Type *from, Value in, Value *out)
{
    Buf b = BUF_INIT;
    if (from->kind == KIND_TIMESTAMP)
        text_timestamp(&b, in.d.l);
    else if (type_is_nested(from))
        text_java(&b, from, &in);
    else
        value_cell(&b, from, &in);
    *out = value_str(arena_str(a, buf_view(&b)));
    buf_free(&b);
}

/* ---- temporal and nested ---- */

/* The day, or the time of day. A DATE holds 32 bits of days, less than a TIMESTAMP reaches. */
static bool split_timestamp(const Type *to, int64_t ms, Value *out, const char **why)
{
    const int64_t day = 86400000, days = ms / day - (ms % day < 0);
    out->d.i = to->kind == KIND_DATE ? (int32_t)days : (int32_t)((ms % day + day) % day);
    if (to->kind != KIND_DATE || days == out->d.i)
        return true;
    *why = "The timestamp is beyond the days that a DATE can hold";
    return false;
}

static bool cast_array(Arena *a, const Type *from, const Type *to, Value in, Value *out, const char **why)
{
    Array *x = array_new(a, in.d.arr->n);
    for (uint32_t i = 0; i < x->n; i++)
        if (!cast_value(a, from->elem, to->elem, in.d.arr->v[i], &x->v[i], why))
            return false;
    out->d.arr = x;
    return true;
}

static bool cast_map(Arena *a, const Type *from, const Type *to, Value in, Value *out, const char **why)
{
    const Map *m = in.d.map;
    Value *kv = arena_alloc(a, 2 * sizeof *kv * (size_t)m->n);
    for (uint32_t i = 0; i < m->n; i++)
        if (!cast_value(a, from->key, to->key, m->kv[2 * (size_t)i], &kv[2 * (size_t)i], why) ||
            !cast_value(a, from->elem, to->elem, m->kv[2 * (size_t)i + 1], &kv[2 * (size_t)i + 1], why))
            return false;
    out->d.map = map_new(a, to, kv, m->n);
    return true;
}

static bool cast_struct(Arena *a, const Type *from, const Type *to, Value in, Value *out, const char **why)
{
    Struct *s = struct_new(a, (uint32_t)to->nfields);
    int at;
    for (int i = 0; i < to->nfields; i++) {
        const Type *f = field_type(from, to->fields[i].name, &at);
        if (f && !cast_value(a, f, to->fields[i].type, in.d.st->v[at], &s->v[i], why))
            return false;
    }
    out->d.st = s;
    return true;
}

bool cast_value(Arena *a, const Type *from, const Type *to, Value in, Value *out, const char **why)
{
    *out = in;
    if (in.null || from->kind == KIND_NULL) {
        *out = value_null();
        return true;
    }
    if (type_is_nested(from) && to->kind == from->kind) {
        if (type_equal(from, to))
            return true;
        return from->kind == KIND_ARRAY ? cast_array(a, from, to, in, out, why)
               : from->kind == KIND_MAP ? cast_map(a, from, to, in, out, why)
                                        : cast_struct(a, from, to, in, out, why);
    }
    if (from->kind == to->kind && (from->kind != KIND_DECIMAL || type_equal(from, to)))
        return true;
    if (to->kind == KIND_STRING)
        to_text(a, from, in, out);
    else if (from->kind == KIND_STRING)
        return text_to(a, to, in, out, why);
    else if (type_is_number(from) && type_is_number(to))
        return number_to_number(a, from, to, in, out, why);
    else if (from->kind == KIND_DATE && to->kind == KIND_TIMESTAMP)
        out->d.l = (int64_t)in.d.i * 86400000;
    else if (from->kind == KIND_TIMESTAMP)
        return split_timestamp(to, in.d.l, out, why);
    else
        BUG("cast of %s to %s was not refused", type_kind_name(from->kind), type_kind_name(to->kind));
    return true;
}
