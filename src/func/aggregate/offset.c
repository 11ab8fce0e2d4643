// SPDX-License-Identifier: Apache-2.0
// EARLIEST_BY_OFFSET and LATEST_BY_OFFSET: the value that was processed first, or last; with a number n
// the first, or last, n of them, oldest first.
//
// A state keeps the sequence number of its value, from one counter of the process, so that two sessions
// that become one know which came first. NULLs are left out unless the last argument says false.
//
// PERSISTED v1, one value: varint seq (0 = no value yet), then the held value.
// PERSISTED v1, n values: varint number of entries, then held: entries of varint seq and the value.
#include <stdatomic.h>

#include "func/aggregate/held.h"
#include "func/tables.h"

typedef struct ByOffset {
    int64_t seq; /* 0: none yet */
    Held v;
} ByOffset;

static atomic_int_fast64_t counter = 1;

/* flag: which init argument says it. */
static bool ignores_null(const AggCtx *c, int flag)
{
    return c->ninit <= flag || c->init[flag].null || c->init[flag].d.b;
}

static int64_t next_seq(void)
{
    return atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
}

/* The counter goes on behind everything that was ever numbered. */
static void count_past(int64_t seq)
{
    int_fast64_t now = atomic_load_explicit(&counter, memory_order_relaxed);
    while (now <= seq && !atomic_compare_exchange_weak(&counter, &now, seq + 1))
        ;
}

/* ---- one value ------------------------------------------------------------------------------- */

static void take(AggCtx *c, ByOffset *s, const Value *v)
{
    s->seq = next_seq();
    held_set(&s->v, c->types[0], v);
}

static void earliest_add(AggCtx *c, void *state, const Value *args)
{
    ByOffset *s = state;
    if (s->seq == 0 && !(args[0].null && ignores_null(c, 0)))
        take(c, s, &args[0]);
}

static void latest_add(AggCtx *c, void *state, const Value *args)
{
    if (!(args[0].null && ignores_null(c, 0)))
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

/* In a changelog: STRUCT<SEQ, VAL>, numbered from 0 on. */
static const Type *seq_type(Arena *a, const Type *const *args, int n)
{
    const Field f[] = {{STR("SEQ"), TYPE_BIGINT}, {STR("VAL"), args[0]}};
    UNUSED(n);
    return type_struct(a, f, ARRAY_LEN(f));
}

static Value numbered(Arena *a, int64_t seq, Value v)
{
    Struct *st = struct_new(a, 2);
    st->v[0] = value_bigint(seq ? seq - 1 : 0);
    st->v[1] = v;
    return (Value){.d.st = st};
}

static int64_t number_of(const Struct *st)
{
    int64_t seq = st->v[0].null || st->v[0].d.l < 0 ? 1 : st->v[0].d.l + 1;
    count_past(seq);
    return seq;
}

static void earliest_export(AggCtx *c, const void *state, Value *out)
{
    const ByOffset *s = state;
    *out = s->seq ? numbered(c->arena, s->seq, held_get(&s->v, c->arena, c->types[0])) : value_null();
}

static void latest_export(AggCtx *c, const void *state, Value *out)
{
    const ByOffset *s = state;
    *out = numbered(c->arena, s->seq, held_get(&s->v, c->arena, c->types[0]));
}

static bool import(AggCtx *c, void *state, const Value *v)
{
    ByOffset *s = state;
    if (v->null || (v->d.st->v[1].null && ignores_null(c, 0)))
        return true; /* nothing came yet */
    s->seq = number_of(v->d.st);
    held_set(&s->v, c->types[0], &v->d.st->v[1]);
    return true;
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
    count_past(s->seq);
    return held_load(&s->v, in);
}

static void drop(AggCtx *c, void *state)
{
    UNUSED(c);
    held_clear(&((ByOffset *)state)->v);
}

/* ---- n values: a HeldList in the order of their numbers ----------------------------------------- */

static void append(AggCtx *c, HeldList *s, int64_t seq, const Value *v)
{
    Buf b = BUF_INIT;
    buf_varint(&b, (uint64_t)seq);
    value_save(&b, c->types[0], v);
    const Held one = {b.p, (uint32_t)b.n, (uint32_t)b.n};
    held_concat(&s->entries, &one);
    buf_free(&b);
    s->n++;
}

static void drop_first(AggCtx *c, HeldList *s)
{
    Rd r = held_list_reader(s);
    rd_varint(&r);
    (void)value_load(&r, c->arena, c->types[0]);
    uint32_t used = (uint32_t)((const char *)r.p - s->entries.p);
    memmove(s->entries.p, s->entries.p + used, s->entries.n - used);
    s->entries.n -= used;
    s->n--;
}

static void earliest_n_add(AggCtx *c, void *state, const Value *args)
{
    HeldList *s = state;
    if (s->n < c->init[0].d.i && !(args[0].null && ignores_null(c, 1)))
        append(c, s, next_seq(), &args[0]);
}

static void latest_n_add(AggCtx *c, void *state, const Value *args)
{
    HeldList *s = state;
    if (args[0].null && ignores_null(c, 1))
        return;
    append(c, s, next_seq(), &args[0]);
    if (s->n > c->init[0].d.i)
        drop_first(c, s);
}

/* Both in the order of their numbers; the first n stay, for LATEST_BY_OFFSET too, as ksqlDB has it. */
static void n_merge(AggCtx *c, void *state, const void *other)
{
    HeldList *s = state, both = {0};
    Rd r[2] = {held_list_reader(s), held_list_reader(other)};
    int64_t left[2] = {s->n, ((const HeldList *)other)->n}, seq[2] = {0, 0};
    for (int k = 0; k < 2; k++)
        if (left[k])
            seq[k] = (int64_t)rd_varint(&r[k]);
    while (both.n < c->init[0].d.i && left[0] + left[1] > 0) {
        int k = !left[0] || (left[1] && seq[1] < seq[0]);
        Value v = value_load(&r[k], c->arena, c->types[0]);
        append(c, &both, seq[k], &v);
        if (--left[k])
            seq[k] = (int64_t)rd_varint(&r[k]);
    }
    held_clear(&s->entries);
    *s = both;
}

static void n_result(AggCtx *c, const void *state, Value *out)
{
    const HeldList *s = state;
    Rd r = held_list_copied(s, c->arena);
    Array *arr = array_new(c->arena, (uint32_t)s->n);
    for (int64_t i = 0; i < s->n; i++) {
        rd_varint(&r);
        arr->v[i] = value_load(&r, c->arena, c->types[0]);
    }
    *out = (Value){.d.arr = arr};
}

static const Type *seqs_type(Arena *a, const Type *const *args, int n) { return type_array(a, seq_type(a, args, n)); }

static void n_export(AggCtx *c, const void *state, Value *out)
{
    const HeldList *s = state;
    Rd r = held_list_copied(s, c->arena);
    Array *arr = array_new(c->arena, (uint32_t)s->n);
    for (int64_t i = 0; i < s->n; i++) {
        int64_t seq = (int64_t)rd_varint(&r);
        arr->v[i] = numbered(c->arena, seq, value_load(&r, c->arena, c->types[0]));
    }
    *out = (Value){.d.arr = arr};
}

static bool n_import(AggCtx *c, void *state, const Value *v)
{
    for (uint32_t i = 0; !v->null && i < v->d.arr->n; i++) {
        const Value *e = &v->d.arr->v[i];
        if (e->null)
            return false;
        append(c, state, number_of(e->d.st), &e->d.st->v[1]);
    }
    return true;
}

static bool n_load(AggCtx *c, void *state, Rd *in)
{
    HeldList *s = state;
    if (!held_list_load(c, s, in))
        return false;
    Rd r = held_list_reader(s);
    for (int64_t i = 0; i < s->n && !r.bad; i++) {
        count_past((int64_t)rd_varint(&r));
        (void)value_load(&r, c->arena, c->types[0]);
    }
    return !r.bad;
}

static const char *earliest_n_check(const Value *init)
{
    return init[0].null || init[0].d.i < 1 ? "earliestN must be 1 or greater" : NULL;
}

static const char *latest_n_check(const Value *init)
{
    return init[0].null || init[0].d.i < 1 ? "latestN must be 1 or greater" : NULL;
}

/* ---- the table -------------------------------------------------------------------------------- */

#define ROW(sig, name, ...)                                                                                     \
    {.signature = sig, .size = sizeof(ByOffset), .add = name##_add, .merge = name##_merge,                      \
     .result_of = result, .intermediate = seq_type, .export_of = name##_export, .import = import, .save = save, \
     .load = load, .drop = drop, __VA_ARGS__}

#define ROW_N(sig, name, ...)                                                                          \
    {.signature = sig, .size = sizeof(HeldList), .add = name##_n_add, .merge = n_merge,                \
     .check = name##_n_check, .result_of = n_result, .intermediate = seqs_type, .export_of = n_export, \
     .import = n_import, .save = held_list_save, .load = n_load, .drop = held_list_drop, __VA_ARGS__}

static const AggRow rows[] = {
    ROW("EARLIEST_BY_OFFSET(T) -> T", earliest, .params = "val",
        .description = "The first value that is not NULL.",
        .example = "NULL, 2, 3 => EARLIEST_BY_OFFSET", .expected = "2"),
    ROW("EARLIEST_BY_OFFSET(T; BOOLEAN) -> T", earliest, .params = "val, ignoreNulls",
        .description = "The first value; NULLs count when ignoreNulls is false."),
    ROW_N("EARLIEST_BY_OFFSET(T; INT) -> ARRAY<T>", earliest, .params = "val, earliestN",
          .description = "The first earliestN values that are not NULL."),
    ROW_N("EARLIEST_BY_OFFSET(T; INT, BOOLEAN) -> ARRAY<T>", earliest, .params = "val, earliestN, ignoreNulls",
          .description = "The first earliestN values; NULLs count when ignoreNulls is false."),
    ROW("LATEST_BY_OFFSET(T) -> T", latest, .params = "val",
        .description = "The last value that is not NULL.",
        .example = "2, 3, NULL => LATEST_BY_OFFSET", .expected = "3"),
    ROW("LATEST_BY_OFFSET(T; BOOLEAN) -> T", latest, .params = "val, ignoreNulls",
        .description = "The last value; NULLs count when ignoreNulls is false."),
    ROW_N("LATEST_BY_OFFSET(T; INT) -> ARRAY<T>", latest, .params = "val, latestN",
          .description = "The last latestN values that are not NULL, oldest first."),
    ROW_N("LATEST_BY_OFFSET(T; INT, BOOLEAN) -> ARRAY<T>", latest, .params = "val, latestN, ignoreNulls",
          .description = "The last latestN values, oldest first; NULLs count when ignoreNulls is false."),
};

const AggTable agg_offset = {rows, ARRAY_LEN(rows)};
