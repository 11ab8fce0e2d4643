// SPDX-License-Identifier: Apache-2.0
// COLLECT_LIST and COLLECT_SET: all values of a group, or the different ones, in the order they came. NULL
// is a value. A full one (AggCtx.limit) takes no more. Undo takes away the last equal element of a list.
//
// PERSISTED v1: varint number of elements, then the held values one after another.
#include "func/aggregate/held.h"
#include "func/tables.h"

/* Where the last element equal to v begins and ends; false when there is none. */
static bool find_last(AggCtx *c, const HeldList *s, const Value *v, uint32_t *from, uint32_t *to)
{
    Rd r = held_list_reader(s);
    bool found = false;
    for (int64_t i = 0; i < s->n; i++) {
        uint32_t start = (uint32_t)((const char *)r.p - s->entries.p);
        Value e = value_load(&r, c->arena, c->types[0]);
        if (!value_equal(c->types[0], &e, v))
            continue;
        found = true;
        *from = start;
        *to = (uint32_t)((const char *)r.p - s->entries.p);
    }
    return found;
}

static bool full(const AggCtx *c, const HeldList *s) { return c->limit >= 0 && s->n >= c->limit; }

static void list_add(AggCtx *c, void *state, const Value *args)
{
    HeldList *s = state;
    if (full(c, s))
        return;
    held_append(&s->entries, c->types[0], &args[0]);
    s->n++;
}

static void set_add(AggCtx *c, void *state, const Value *args)
{
    uint32_t from, to;
    if (!full(c, state) && !find_last(c, state, &args[0], &from, &to))
        list_add(c, state, args);
}

static void list_undo(AggCtx *c, void *state, const Value *args)
{
    HeldList *s = state;
    uint32_t from, to;
    if (!find_last(c, s, &args[0], &from, &to))
        return;
    memmove(s->entries.p + from, s->entries.p + to, s->entries.n - to);
    s->entries.n -= to - from;
    s->n--;
}

static void list_merge(AggCtx *c, void *state, const void *other)
{
    HeldList *s = state;
    const HeldList *o = other;
    if (c->limit < 0 || s->n + o->n <= c->limit) {
        held_concat(&s->entries, &o->entries);
        s->n += o->n;
        return;
    }
    Rd r = held_list_reader(o);
    for (int64_t i = 0; i < o->n && !full(c, s); i++) {
        Value v = value_load(&r, c->arena, c->types[0]);
        list_add(c, s, &v);
    }
}

static void set_merge(AggCtx *c, void *state, const void *other)
{
    const HeldList *o = other;
    Rd r = held_list_reader(o);
    for (int64_t i = 0; i < o->n; i++) {
        Value v = value_load(&r, c->arena, c->types[0]);
        set_add(c, state, &v);
    }
}

static void result(AggCtx *c, const void *state, Value *out)
{
    const HeldList *s = state;
    Rd r = held_list_copied(s, c->arena);
    Array *arr = array_new(c->arena, (uint32_t)s->n);
    for (int64_t i = 0; i < s->n; i++)
        arr->v[i] = value_load(&r, c->arena, c->types[0]);
    *out = (Value){.d.arr = arr};
}

static bool import(AggCtx *c, void *state, const Value *v)
{
    HeldList *s = state;
    for (uint32_t i = 0; !v->null && i < v->d.arr->n; i++, s->n++)
        held_append(&s->entries, c->types[0], &v->d.arr->v[i]);
    return true;
}

static const AggRow rows[] = {
    {.signature = "collect_list(T) -> ARRAY<T>", .size = sizeof(HeldList), .add = list_add,
     .undo = list_undo,
     .merge = list_merge, .result_of = result, .import = import, HELD_LIST_STATE, .params = "val",
     .description = "All values, in the order they came; NULL is a value.", .example =
         "1, NULL, 1 => COLLECT_LIST",
     .expected = "[1, null, 1]"},
    {.signature = "collect_set(T) -> ARRAY<T>", .size = sizeof(HeldList), .add = set_add, .merge = set_merge,
     .result_of = result, .import = import, HELD_LIST_STATE, .params = "val",
     .description = "The different values, in the order they first came; NULL is a value.",
     .example = "1, NULL, 1 => COLLECT_SET", .expected = "[1, null]"},
};

const AggTable agg_collect = {rows, ARRAY_LEN(rows)};
