// SPDX-License-Identifier: Apache-2.0
// TOPK and TOPKDISTINCT: the k greatest values, greatest first; TOPK with further columns gives them beside
// the value, as STRUCTs. A NULL value is left out; of equal ones the earlier stays before the later.
//
// PERSISTED v1: varint number of entries, then held: the entries' values one after another.
#include "func/aggregate/held.h"
#include "func/tables.h"

static void skip(AggCtx *c, Rd *r, int from)
{
    for (int i = from; i < c->nargs; i++)
        (void)value_load(r, c->arena, c->types[i]);
}

/* Where entry v belongs: behind the last one that is not smaller. *at: its number, *byte: its place. */
static bool place(AggCtx *c, const HeldList *t, const Value *v, bool distinct, int64_t *at, uint32_t *byte)
{
    Rd r = held_list_reader(t);
    *byte = 0;
    for (*at = 0; *at < t->n; ++*at) {
        Value e = value_load(&r, c->arena, c->types[0]);
        int order = value_compare(c->types[0], &e, v);
        if (order < 0)
            return true;
        if (order == 0 && distinct)
            return false;
        skip(c, &r, 1);
        *byte = (uint32_t)((const char *)r.p - t->entries.p);
    }
    return true;
}

static void drop_last(AggCtx *c, HeldList *t)
{
    Rd r = held_list_reader(t);
    for (int64_t i = 0; i < t->n - 1; i++)
        skip(c, &r, 0);
    t->entries.n = (uint32_t)((const char *)r.p - t->entries.p);
    t->n--;
}

static void insert(AggCtx *c, HeldList *t, const Value *args, bool distinct)
{
    int64_t at, k = c->init[0].null ? 0 : c->init[0].d.i;
    uint32_t byte;
    if (args[0].null || !place(c, t, &args[0], distinct, &at, &byte) || at >= k)
        return;
    uint32_t tail = t->entries.n - byte, before = t->entries.n;
    for (int i = 0; i < c->nargs; i++)
        held_append(&t->entries, c->types[i], &args[i]);
    uint32_t added = t->entries.n - before;
    char *entry = mem_alloc(added);
    memcpy(entry, t->entries.p + before, added);
    memmove(t->entries.p + byte + added, t->entries.p + byte, tail);
    memcpy(t->entries.p + byte, entry, added);
    mem_free(entry);
    if (++t->n > k)
        drop_last(c, t);
}

static void topk_add(AggCtx *c, void *state, const Value *args) { insert(c, state, args, false); }
static void distinct_add(AggCtx *c, void *state, const Value *args) { insert(c, state, args, true); }

static void merge(AggCtx *c, void *state, const HeldList *other, bool distinct)
{
    Rd r = held_list_reader(other);
    Value *args = arena_alloc(c->arena, sizeof *args * (size_t)c->nargs);
    for (int64_t k = 0; k < other->n; k++) {
        for (int i = 0; i < c->nargs; i++)
            args[i] = value_load(&r, c->arena, c->types[i]);
        insert(c, state, args, distinct);
    }
}

static void topk_merge(AggCtx *c, void *state, const void *other) { merge(c, state, other, false); }
static void distinct_merge(AggCtx *c, void *state, const void *other) { merge(c, state, other, true); }

static void result(AggCtx *c, const void *state, Value *out)
{
    const HeldList *t = state;
    Rd r = held_list_copied(t, c->arena);
    Array *arr = array_new(c->arena, (uint32_t)t->n);
    for (int64_t k = 0; k < t->n; k++) {
        if (c->nargs == 1) {
            arr->v[k] = value_load(&r, c->arena, c->types[0]);
            continue;
        }
        Struct *st = struct_new(c->arena, (uint32_t)c->nargs);
        for (int i = 0; i < c->nargs; i++)
            st->v[i] = value_load(&r, c->arena, c->types[i]);
        arr->v[k] = (Value){.d.st = st};
    }
    *out = (Value){.d.arr = arr};
}

static bool import(AggCtx *c, void *state, const Value *v)
{
    HeldList *t = state;
    for (uint32_t i = 0; !v->null && i < v->d.arr->n; i++) {
        const Value *e = &v->d.arr->v[i];
        if (e->null)
            return false;
        for (int k = 0; k < c->nargs; k++)
            held_append(&t->entries, c->types[k], c->nargs == 1 ? e : &e->d.st->v[k]);
        t->n++;
    }
    return true;
}

/* args: the columns, then k. */
static const Type *topk_type(Arena *a, const Type *const *args, int n)
{
    if (n <= 2)
        return type_array(a, args[0]);
    Field *f = ARENA_ARRAY(a, Field, n);
    f[0] = (Field){STR("sort_col"), args[0]};
    for (int i = 1; i < n - 1; i++)
        f[i] = (Field){str_of(arena_printf(a, "col%d", i - 1)), args[i]};
    return type_array(a, type_struct(a, f, n - 1));
}

static const Type *distinct_type(Arena *a, const Type *const *args, int n)
{
    UNUSED(n);
    return type_array(a, args[0]);
}

#define ROW(sig, name, type, names, text)                                                           \
    {.signature = sig, .size = sizeof(HeldList), .add = name##_add, .merge = name##_merge,          \
     .result_of = result, .import = import, HELD_LIST_STATE, .result = type, .params = names,       \
     .description = text}
#define TOPK_ROW(t)                                                                                 \
    ROW("TOPK(" t ", ANY...; INT) -> ARRAY<" t ">", topk, topk_type, "val1, val2, k",               \
        "The k greatest values that are not NULL, greatest first, with the further columns beside them.")
#define DISTINCT_ROW(t)                                                                             \
    ROW("TOPKDISTINCT(" t "; INT) -> ARRAY<" t ">", distinct, distinct_type, "val, k",              \
        "The k greatest different values that are not NULL, greatest first.")

static const AggRow rows[] = {
    TOPK_ROW("DOUBLE"), TOPK_ROW("INT"), TOPK_ROW("BIGINT"), TOPK_ROW("VARCHAR"),
    DISTINCT_ROW("INT"), DISTINCT_ROW("BIGINT"), DISTINCT_ROW("DOUBLE"), DISTINCT_ROW("VARCHAR"),
    DISTINCT_ROW("DECIMAL"), DISTINCT_ROW("DATE"), DISTINCT_ROW("TIME"), DISTINCT_ROW("TIMESTAMP"),
    DISTINCT_ROW("BYTES"),
};

const AggTable agg_topk = {rows, ARRAY_LEN(rows)};
