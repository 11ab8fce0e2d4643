// SPDX-License-Identifier: Apache-2.0
// Functions of arrays and maps (page 06 §6.1, Arrays, Maps).
#include "func/tables.h"

static void array_length(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    *out = value_int((int32_t)a->d.arr->n);
}

/* A NULL is found among NULL elements; a NULL array holds nothing. */
static void array_contains(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    out->d.b = false;
    if (a[0].null)
        return;
    const Array *arr = a[0].d.arr;
    for (uint32_t i = 0; i < arr->n && !out->d.b; i++)
        out->d.b = arr->v[i].null || a[1].null ? arr->v[i].null && a[1].null
                                               : value_equal(c->types[0]->elem, &arr->v[i], &a[1]);
}

static void map_part(FuncCtx *c, const Value *a, Value *out, uint32_t offset)
{
    const Map *m = a->d.map;
    Array *arr = array_new(c->arena, m->n);
    for (uint32_t i = 0; i < m->n; i++)
        arr->v[i] = m->kv[2 * i + offset];
    *out = (Value){.d.arr = arr};
}

static void map_keys(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    map_part(c, a, out, 0);
}

static void map_values(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    map_part(c, a, out, 1);
}

static const FuncRow rows[] = {
    {.signature = "ARRAY_LENGTH(ARRAY<T>) -> INT", .flags = FUNC_STRICT, .row = array_length,
     .category = "ARRAY",
     .params = "array", .description = "The number of elements.", .example = "ARRAY_LENGTH(ARRAY[1, 2])",
     .expected = "2"},
    {.signature = "ARRAY_CONTAINS(ARRAY<T>, T) -> BOOLEAN", .row = array_contains, .category = "ARRAY",
     .params = "array, val", .description = "True when the value is an element.",
     .example = "ARRAY_CONTAINS(ARRAY['a', 'b'], 'b')", .expected = "true"},
    {.signature = "map_keys(MAP<VARCHAR, T>) -> ARRAY<VARCHAR>", .flags = FUNC_STRICT, .row = map_keys,
     .category = "MAP", .params = "input", .description = "The keys, in the map's order.",
     .example = "MAP_KEYS(MAP('a' := 1, 'b' := 2))", .expected = "[a, b]"},
    {.signature = "map_values(MAP<VARCHAR, T>) -> ARRAY<T>", .flags = FUNC_STRICT, .row = map_values,
     .category = "MAP", .params = "input", .description = "The values, in the map's order.",
     .example = "MAP_VALUES(MAP('a' := 1, 'b' := 2))", .expected = "[1, 2]"},
};

const ScalarTable scalar_collection = {rows, ARRAY_LEN(rows)};
