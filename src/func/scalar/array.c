// SPDX-License-Identifier: Apache-2.0
// Functions that make arrays and maps of others (page 06 §6.1, Arrays, Maps): sets, order, parts, series.
//
// In sets NULL is a value like any other, and elements stay in the order of their first appearance. Nested
// elements have no order: two of them cannot be sorted.
#include <stdlib.h>

#include "base/limits.h"
#include "func/tables.h"
#include "types/text.h"

enum { SERIES_MOST = LIMIT_VALUE_BYTES / sizeof(Value) };

/* ---- sets ------------------------------------------------------------------------------------ */

typedef struct Set {
    const Type *type;
    const Value **slots; /* open addressing; NULL = empty */
    uint32_t mask;
} Set;

static Set set_new(Arena *a, const Type *t, uint64_t most)
{
    uint32_t size = 16;
    while (size < most * 2)
        size *= 2;
    return (Set){t, ARENA_ARRAY(a, const Value *, (int)size), size - 1};
}

static bool set_has(const Set *s, const Value *v, uint32_t *at)
{
    *at = (uint32_t)value_hash(s->type, v) & s->mask;
    for (; s->slots[*at]; *at = (*at + 1) & s->mask)
        if (value_equal(s->type, s->slots[*at], v))
            return true;
    return false;
}

static bool set_add(Set *s, const Value *v)
{
    uint32_t at;
    if (set_has(s, v, &at))
        return false;
    s->slots[at] = v;
    return true;
}

static void add_new(Set *seen, const Array *from, Array *to)
{
    for (uint32_t i = 0; i < from->n; i++)
        if (set_add(seen, &from->v[i]))
            to->v[to->n++] = from->v[i];
}

static Array *empty_array(FuncCtx *c, uint32_t room)
{
    Array *arr = array_new(c->arena, room);
    arr->n = 0;
    return arr;
}

static void array_distinct(FuncCtx *c, const Value *a, int n, Value *out)
{
    Set seen = set_new(c->arena, c->types[0]->elem, a[0].d.arr->n);
    Array *arr = empty_array(c, a[0].d.arr->n);
    UNUSED(n);
    add_new(&seen, a[0].d.arr, arr);
    out->d.arr = arr;
}

static void array_union(FuncCtx *c, const Value *a, int n, Value *out)
{
    uint32_t most = a[0].d.arr->n + a[1].d.arr->n;
    Set seen = set_new(c->arena, c->types[0]->elem, most);
    Array *arr = empty_array(c, most);
    UNUSED(n);
    add_new(&seen, a[0].d.arr, arr);
    add_new(&seen, a[1].d.arr, arr);
    out->d.arr = arr;
}

/* The distinct elements of the left that the right has, or has not. */
static void select_left(FuncCtx *c, const Value *a, Value *out, bool wanted)
{
    const Array *l = a[0].d.arr, *r = a[1].d.arr;
    Set right = set_new(c->arena, c->types[0]->elem, r->n), seen = set_new(c->arena, c->types[0]->elem, l->n);
    Array *arr = empty_array(c, l->n);
    uint32_t at;
    for (uint32_t i = 0; i < r->n; i++)
        (void)set_add(&right, &r->v[i]);
    for (uint32_t i = 0; i < l->n; i++)
        if (set_has(&right, &l->v[i], &at) == wanted && set_add(&seen, &l->v[i]))
            arr->v[arr->n++] = l->v[i];
    out->d.arr = arr;
}

static void array_intersect(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    select_left(c, a, out, true);
}

static void array_except(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    select_left(c, a, out, false);
}

static void array_remove(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    if (a[0].null) {
        *out = value_null();
        return;
    }
    const Array *from = a[0].d.arr;
    Array *arr = empty_array(c, from->n);
    for (uint32_t i = 0; i < from->n; i++)
        if (!value_equal(c->types[0]->elem, &from->v[i], &a[1]))
            arr->v[arr->n++] = from->v[i];
    out->d.arr = arr;
}

static void array_concat(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    if (a[0].null || a[1].null) {
        *out = a[0].null ? a[1] : a[0];
        return;
    }
    const Array *l = a[0].d.arr, *r = a[1].d.arr;
    Array *arr = array_new(c->arena, l->n + r->n);
    memcpy(arr->v, l->v, sizeof *l->v * l->n);
    memcpy(arr->v + l->n, r->v, sizeof *r->v * r->n);
    out->d.arr = arr;
}

/* ---- order ----------------------------------------------------------------------------------- */

static void extreme(FuncCtx *c, const Value *a, Value *out, int sign)
{
    const Type *t = c->types[0]->elem;
    const Array *arr = a[0].d.arr;
    *out = value_null();
    for (uint32_t i = 0; i < arr->n; i++) {
        if (arr->v[i].null)
            continue;
        if (type_is_nested(t)) {
            func_fail(c, "%s has no order", type_kind_name(t->kind));
            return;
        }
        if (out->null || value_compare(t, &arr->v[i], out) * sign > 0)
            *out = arr->v[i];
    }
}

static void array_max(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    extreme(c, a, out, 1);
}

static void array_min(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    extreme(c, a, out, -1);
}

/* Stable; NULLs come last. */
static void merge_sort(const Type *t, Value *v, Value *room, uint32_t n, int sign)
{
    if (n < 2)
        return;
    uint32_t half = n / 2, i = 0, k = half, to = 0;
    merge_sort(t, v, room, half, sign);
    merge_sort(t, v + half, room, n - half, sign);
    while (i < half && k < n) {
        bool right = v[i].null ? !v[k].null : !v[k].null && value_compare(t, &v[i], &v[k]) * sign > 0;
        room[to++] = right ? v[k++] : v[i++];
    }
    while (i < half)
        room[to++] = v[i++];
    memcpy(v, room, sizeof *v * to);
}

static bool direction(Str s, int *sign)
{
    *sign = str_eq_nocase(s, STR("DESC")) || str_eq_nocase(s, STR("DESCENDING")) ? -1 : 1;
    return *sign < 0 || str_eq_nocase(s, STR("ASC")) || str_eq_nocase(s, STR("ASCENDING"));
}

static void array_sort(FuncCtx *c, const Value *a, int n, Value *out)
{
    const Type *t = c->types[0]->elem;
    const Array *from = a[0].d.arr;
    int sign = 1, present = 0;
    if (n > 1 && !direction(view_str(a[1].d.s), &sign)) {
        *out = value_null();
        return;
    }
    for (uint32_t i = 0; i < from->n; i++)
        present += !from->v[i].null;
    if (present > 1 && type_is_nested(t)) {
        func_fail(c, "%s has no order", type_kind_name(t->kind));
        return;
    }
    Array *arr = array_new(c->arena, from->n);
    memcpy(arr->v, from->v, sizeof *arr->v * from->n);
    merge_sort(t, arr->v, arena_alloc(c->arena, sizeof *arr->v * (from->n + 1)), from->n, sign);
    out->d.arr = arr;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void slice(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    *out = value_null();
    if (a[0].null)
        return;
    const Array *from = a[0].d.arr;
    int64_t first = a[1].null ? 1 : a[1].d.i, last = a[2].null ? (int64_t)from->n : a[2].d.i;
    if (first < 1 || last > from->n || first > last + 1)
        return;
    *out = value_array(c->arena, from->v + first - 1, (uint32_t)(last - first + 1));
}

static void array_join(FuncCtx *c, const Value *a, int n, Value *out)
{
    const Type *t = c->types[0]->elem;
    Str delimiter = n < 2 ? STR(",") : a[1].null ? STR("") : view_str(a[1].d.s);
    const char *why = "";
    *out = value_null();
    if (a[0].null)
        return;
    const Array *arr = a[0].d.arr;
    Buf b = BUF_INIT;
    for (uint32_t i = 0; i < arr->n && func_room(c, b.n + delimiter.n); i++) {
        Value text = value_str(STR("null"));
        bool plain = type_is_number(t) || t->kind == KIND_BOOLEAN || t->kind == KIND_STRING;
        if (!arr->v[i].null &&
            (!plain || (t->kind == KIND_STRING ? (text = arr->v[i], false)
                                               : !cast_value(c->arena, t, TYPE_STRING, arr->v[i], &text, &why)))) {
            func_fail(c, "elements of type %s cannot be joined", type_kind_name(t->kind));
            buf_free(&b);
            return;
        }
        if (i)
            text_append(&b, delimiter);
        text_append(&b, view_str(text.d.s));
    }
    *out = value_str(arena_str(c->arena, buf_view(&b)));
    buf_free(&b);
}

/* ---- series ---------------------------------------------------------------------------------- */

static void series(FuncCtx *c, int64_t from, int64_t to, int32_t step, Value *out)
{
    bool bigint = c->result->elem->kind == KIND_BIGINT;
    if (step == 0 || (step > 0 ? from > to : from < to)) {
        func_fail(c, step ? "GENERATE_SERIES step has wrong sign" : "GENERATE_SERIES step cannot be zero");
        return;
    }
    i128 count = ((i128)to - from) / step + 1;
    if (count > SERIES_MOST) {
        func_fail(c, "GENERATE_SERIES of more than %d elements", (int)SERIES_MOST);
        return;
    }
    if (!func_room(c, (uint64_t)count * sizeof(Value)))
        return;
    Array *arr = array_new(c->arena, (uint32_t)count);
    for (uint32_t i = 0; i < arr->n; i++) {
        int64_t v = (int64_t)(from + (i128)step * i);
        arr->v[i] = bigint ? value_bigint(v) : value_int((int32_t)v);
    }
    out->d.arr = arr;
}

static void series_int(FuncCtx *c, const Value *a, int n, Value *out)
{
    series(c, a[0].d.i, a[1].d.i, n > 2 ? a[2].d.i : a[1].d.i > a[0].d.i ? 1 : -1, out);
}

static void series_bigint(FuncCtx *c, const Value *a, int n, Value *out)
{
    series(c, a[0].d.l, a[1].d.l, n > 2 ? a[2].d.i : a[1].d.l > a[0].d.l ? 1 : -1, out);
}

/* ---- maps ------------------------------------------------------------------------------------ */

static int by_key(const void *x, const void *y)
{
    return value_compare(TYPE_STRING, *(const Value *const *)x, *(const Value *const *)y);
}

static void entries(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    *out = value_null();
    if (a[1].null) {
        func_fail(c, "sorted must not be NULL");
        return;
    }
    if (a[0].null)
        return;
    const Map *m = a[0].d.map;
    const Value **keys = ARENA_ARRAY(c->arena, const Value *, (int)m->n + 1);
    Array *arr = array_new(c->arena, m->n);
    for (uint32_t i = 0; i < m->n; i++)
        keys[i] = &m->kv[2 * (size_t)i];
    if (a[1].d.b)
        qsort(keys, m->n, sizeof *keys, by_key);
    for (uint32_t i = 0; i < m->n; i++) {
        Struct *st = struct_new(c->arena, 2);
        st->v[0] = keys[i][0];
        st->v[1] = keys[i][1];
        arr->v[i] = (Value){.d.st = st};
    }
    *out = (Value){.d.arr = arr};
}

static void as_map(FuncCtx *c, const Value *a, int n, Value *out)
{
    const Array *keys = a[0].d.arr, *values = a[1].d.arr;
    Value *kv = arena_alloc(c->arena, sizeof *kv * 2 * ((size_t)keys->n + 1));
    UNUSED(n);
    for (uint32_t i = 0; i < keys->n; i++) {
        kv[2 * (size_t)i] = keys->v[i];
        kv[2 * (size_t)i + 1] = i < values->n ? values->v[i] : value_null();
    }
    out->d.map = map_new(c->arena, c->result, kv, keys->n);
}

/* In the order of a copy of the first map that the second's entries were put into. */
static void map_union(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    if (a[0].null || a[1].null) {
        *out = a[0].null ? a[1] : a[0];
        return;
    }
    const Map *x = a[0].d.map, *y = a[1].d.map;
    Value *kv = arena_alloc(c->arena, sizeof *kv * 2 * ((size_t)x->n + y->n + 1));
    memcpy(kv, x->kv, sizeof *kv * 2 * x->n);
    memcpy(kv + 2 * (size_t)x->n, y->kv, sizeof *kv * 2 * y->n);
    uint32_t room = x->n ? (uint32_t)(x->n / 0.75 + 1) : 16;
    out->d.map = map_new_sized(c->arena, c->result, kv, x->n + y->n, room);
}

#define ARRAY .category = "ARRAY"
#define MAP .category = "MAP"
#define STRICT .flags = FUNC_STRICT
#define SERIES ARRAY, .flags = FUNC_STRICT | FUNC_PRIMITIVE
#define ENTRIES(v, sample, text)                                                                              \
    {"ENTRIES(MAP<VARCHAR, " v ">, BOOLEAN) -> ARRAY<STRUCT<`K` VARCHAR, `V` " v ">>", .row = entries, MAP,      \
     .params = "map, sorted", .description = "The entries, in the order of their keys or in the map's.",       \
     .example = "ENTRIES(MAP('b' := " sample "), TRUE)", .expected = "[{K=b, V=" text "}]"}

static const FuncRow rows[] = {
    {"array_distinct(ARRAY<T>) -> ARRAY<T>", .row = array_distinct, ARRAY, STRICT, .params = "input",
     .description = "The different elements.", .example = "ARRAY_DISTINCT(ARRAY[1, 2, 1])", .expected = "[1, 2]"},
    {"array_union(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", .row = array_union, ARRAY, STRICT, .params = "left, right",
     .description = "The different elements of both.", .example = "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])",
     .expected = "[1, 2, 3]"},
    {"array_intersect(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", .row = array_intersect, ARRAY, STRICT,
     .params = "left, right", .description = "The different elements that both have.",
     .example = "ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2, 3])", .expected = "[2]"},
    {"array_except(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", .row = array_except, ARRAY, STRICT, .params = "left, right",
     .description = "The different elements of the left that the right has not.",
     .example = "ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2, 3])", .expected = "[1]"},
    {"array_remove(ARRAY<T>, T) -> ARRAY<T>", .row = array_remove, ARRAY, .params = "array, victim",
     .description = "The array without the elements equal to victim.",
     .example = "ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", .expected = "[2]"},
    {"array_concat(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", .row = array_concat, ARRAY, .params = "left, right",
     .description = "The elements of both; of a NULL and an array the array.",
     .example = "ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2])", .expected = "[1, 2, 2]"},
    {"array_max(ARRAY<T>) -> T", .row = array_max, ARRAY, STRICT, .params = "input",
     .description = "The largest element.", .example = "ARRAY_MAX(ARRAY[1, NULL, 3])", .expected = "3"},
    {"array_min(ARRAY<T>) -> T", .row = array_min, ARRAY, STRICT, .params = "input",
     .description = "The smallest element.", .example = "ARRAY_MIN(ARRAY[2, NULL, 3])", .expected = "2"},
    {"array_sort(ARRAY<T>) -> ARRAY<T>", .row = array_sort, ARRAY, STRICT, .params = "input",
     .description = "The elements in order, NULLs last.", .example = "ARRAY_SORT(ARRAY[2, NULL, 1])",
     .expected = "[1, 2, null]"},
    {"array_sort(ARRAY<T>, VARCHAR) -> ARRAY<T>", .row = array_sort, ARRAY, STRICT, .params = "input, direction",
     .description = "The elements in order, ASC or DESC; NULLs last.",
     .example = "ARRAY_SORT(ARRAY[1, NULL, 2], 'DESC')", .expected = "[2, 1, null]"},
    {"slice(ARRAY<T>, INT, INT) -> ARRAY<T>", .row = slice, ARRAY, .params = "in, from, to",
     .description = "The elements from one place, counted from 1, to another, both included.",
     .example = "SLICE(ARRAY[1, 2, 3, 4], 2, 3)", .expected = "[2, 3]"},
    {"ARRAY_JOIN(ARRAY<T>) -> VARCHAR", .row = array_join, ARRAY, .params = "array",
     .description = "The elements as one text, with commas between.", .example = "ARRAY_JOIN(ARRAY[1, NULL, 3])",
     .expected = "1,null,3"},
    {"ARRAY_JOIN(ARRAY<T>, VARCHAR) -> VARCHAR", .row = array_join, ARRAY, .params = "array, delimiter",
     .description = "The elements as one text, with the delimiter between.",
     .example = "ARRAY_JOIN(ARRAY['a', 'b'], '-')", .expected = "a-b"},
    {"GENERATE_SERIES(INT, INT) -> ARRAY<INT>", .row = series_int, SERIES, .params = "start, end",
     .description = "The whole numbers from start to end, up or down.", .example = "GENERATE_SERIES(3, 1)",
     .expected = "[3, 2, 1]"},
    {"GENERATE_SERIES(BIGINT, BIGINT) -> ARRAY<BIGINT>", .row = series_bigint, SERIES, .params = "start, end",
     .description = "The whole numbers from start to end, up or down.",
     .example = "GENERATE_SERIES(3000000000, 3000000001)", .expected = "[3000000000, 3000000001]"},
    {"GENERATE_SERIES(INT, INT, INT) -> ARRAY<INT>", .row = series_int, SERIES, .params = "start, end, step",
     .description = "The numbers from start to end in steps.", .example = "GENERATE_SERIES(1, 6, 2)",
     .expected = "[1, 3, 5]"},
    {"GENERATE_SERIES(BIGINT, BIGINT, INT) -> ARRAY<BIGINT>", .row = series_bigint, SERIES,
     .params = "start, end, step", .description = "The numbers from start to end in steps.",
     .example = "GENERATE_SERIES(3000000000, 3000000003, 2)", .expected = "[3000000000, 3000000002]"},
    ENTRIES("VARCHAR", "'x'", "x"), ENTRIES("BIGINT", "3000000000", "3000000000"), ENTRIES("INT", "1", "1"),
    ENTRIES("DOUBLE", "1e0", "1.0"), ENTRIES("BOOLEAN", "TRUE", "true"),
    {"AS_MAP(ARRAY<VARCHAR>, ARRAY<T>) -> MAP<VARCHAR, T>", .row = as_map, MAP, STRICT, .params = "keys, values",
     .description = "A map of keys and values; what has no value gets NULL.",
     .example = "AS_MAP(ARRAY['a', 'b'], ARRAY[1])", .expected = "{a=1, b=null}"},
    {"map_union(MAP<VARCHAR, T>, MAP<VARCHAR, T>) -> MAP<VARCHAR, T>", .row = map_union, MAP,
     .params = "map1, map2", .description = "The entries of both; the second one's where both have a key.",
     .example = "MAP_UNION(MAP('a' := 1, 'b' := 2), MAP('a' := 9))", .expected = "{a=9, b=2}"},
};

const ScalarTable scalar_array = {rows, ARRAY_LEN(rows)};
