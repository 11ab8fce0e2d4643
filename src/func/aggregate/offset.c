// SPDX-License-Identifier: Apache-2.0
// EARLIEST_BY_OFFSET and LATEST_BY_OFFSET: the value that was processed first, or last.
//
// A state keeps the sequence number of its value, from one counter of the process, so that two sessions
// that become one know which came first. NULLs are left out unless the second argument says false.
// PERSISTED v1: varint seq (0 = no value yet), then the held value.
#include <stdatomic.h>

#include "func/aggregate/held.h"
#include "func/tables.h"

typedef struct ByOffset {
    int64_t seq; /* 0: none yet */
    Held v;
} ByOffset;

static atomic_int_fast64_t counter = 1;

static bool ignores_null(const AggCtx *c)
{
    return c->ninit == 0 || c->init[0].null || c->init[0].d.b;
}

static void take(AggCtx *c, ByOffset *s, const Value *v)
{
    s->seq = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    held_set(&s->v, c->types[0], v);
}

static void earliest_add(AggCtx *c, void *state, const Value *args)
{
    ByOffset *s = state;
    if (s->seq == 0 && !(args[0].null && ignores_null(c)))
        take(c, s, &args[0]);
}

static void latest_add(AggCtx *c, void *state, const Value *args)
{
    if (!(args[0].null && ignores_null(c)))
        take(c, state, &args[0]);
}

static void replace(ByOffset *s, const ByOffset *o)
{
    s->seq = o->seq;
    held_set_bytes(&s->v, (Str){o->v.p, o->v.n});
}

static void earliest_merge(AggCtx *c, void *state, const void *other)
{
    ByOffset *s = state;
    const ByOffset *o = other;
    UNUSED(c);
    if (o->seq && (!s->seq || o->seq < s->seq))
        replace(s, o);
}

static void latest_merge(AggCtx *c, void *state, const void *other)
{
    ByOffset *s = state;
    const ByOffset *o = other;
    UNUSED(c);
    if (o->seq > s->seq)
        replace(s, o);
}

static void result(AggCtx *c, const void *state, Value *out)
{
    *out = held_get(&((const ByOffset *)state)->v, c->arena, c->types[0]);
}

static void save(AggCtx *c, const void *state, Buf *out)
{
    const ByOffset *s = state;
    UNUSED(c);
    buf_varint(out, (uint64_t)s->seq);
    held_save(&s->v, out);
}

static bool load(AggCtx *c, void *state, Rd *in)
{
    ByOffset *s = state;
    UNUSED(c);
    s->seq = (int64_t)rd_varint(in);
    /* The counter goes on behind everything that was ever numbered. */
    int_fast64_t now = atomic_load_explicit(&counter, memory_order_relaxed);
    while (now <= s->seq && !atomic_compare_exchange_weak(&counter, &now, s->seq + 1))
        ;
    return held_load(&s->v, in);
}

static void drop(AggCtx *c, void *state)
{
    UNUSED(c);
    held_clear(&((ByOffset *)state)->v);
}

#define ROW(sig, name, ...)                                                                          \
    {.signature = sig, .size = sizeof(ByOffset), .add = name##_add, .merge = name##_merge,           \
     .result_of = result, .save = save, .load = load, .drop = drop, __VA_ARGS__}

static const AggRow rows[] = {
    ROW("EARLIEST_BY_OFFSET(T) -> T", earliest, .params = "val",
        .description = "The first value that is not NULL.",
        .example = "NULL, 2, 3 => EARLIEST_BY_OFFSET", .expected = "2"),
    ROW("EARLIEST_BY_OFFSET(T; BOOLEAN) -> T", earliest, .params = "val, ignoreNulls",
        .description = "The first value; NULLs count when ignoreNulls is false."),
    ROW("LATEST_BY_OFFSET(T) -> T", latest, .params = "val",
        .description = "The last value that is not NULL.",
        .example = "2, 3, NULL => LATEST_BY_OFFSET", .expected = "3"),
    ROW("LATEST_BY_OFFSET(T; BOOLEAN) -> T", latest, .params = "val, ignoreNulls",
        .description = "The last value; NULLs count when ignoreNulls is false."),
};

const AggTable agg_offset = {rows, ARRAY_LEN(rows)};
