// SPDX-License-Identifier: Apache-2.0
// HISTOGRAM and ATTR: how often each value is there, with undo.
//
// HISTOGRAM takes at most 1000 different texts, later new ones are left out; NULL counts as the text null.
// ATTR gives the value when there is exactly one, NULL being a value too.
//
// PERSISTED v1: varint number of entries, then held: per entry varint count and the value, oldest first, or in
// the order of HISTOGRAM's map.
#include "func/aggregate/held.h"
#include "func/tables.h"

enum { HISTOGRAM_MOST = 1000 };

/* The entry of v: its bytes [from, to) and count; false when there is none. */
static bool find(AggCtx *c, const HeldList *t, const Value *v, uint32_t *from, uint32_t *to, int64_t *count)
{
    Rd r = held_list_reader(t);
    *from = *to = 0;
    *count = 0;
    for (int64_t i = 0; i < t->n; i++) {
        *from = (uint32_t)((const char *)r.p - t->entries.p);
        *count = (int64_t)rd_varint(&r);
        Value e = value_load(&r, c->arena, c->types[0]);
        *to = (uint32_t)((const char *)r.p - t->entries.p);
        if (value_equal(c->types[0], &e, v))
            return true;
    }
    return false;
}

static void put_entry(AggCtx *c, Buf *b, int64_t count, const Value *v)
{
    buf_varint(b, (uint64_t)count);
    value_save(b, c->types[0], v);
}

/* Adds `by` to v's count; an entry that comes to nothing goes. */
static void step(AggCtx *c, HeldList *t, const Value *v, int64_t by, int64_t most)
{
    uint32_t from, to;
    int64_t count;
    bool known = find(c, t, v, &from, &to, &count);
    if (!known && (by < 0 || t->n >= most))
        return;
    if (!known) {
        from = to = t->entries.n;
        count = 0;
    }
    Buf b = BUF_INIT;
    buf_bytes(&b, t->entries.p, from);
    if (count + by > 0)
        put_entry(c, &b, count + by, v);
    if (to < t->entries.n) /* p is NULL without entries */
        buf_bytes(&b, t->entries.p + to, t->entries.n - to);
    held_set_bytes(&t->entries, buf_view(&b));
    buf_free(&b);
    t->n += !known;
    t->n -= count + by <= 0;
}

static void merge(AggCtx *c, HeldList *t, const HeldList *o, int64_t most)
{
    Rd r = held_list_reader(o);
    for (int64_t i = 0; i < o->n; i++) {
        int64_t count = (int64_t)rd_varint(&r);
        Value v = value_load(&r, c->arena, c->types[0]);
        step(c, t, &v, count, most);
    }
}

static Value text_of(const Value *v) { return v->null ? value_str(STR("null")) : *v; }

/* The entries as they stand. */
static Map *histogram_map(AggCtx *c, const HeldList *t)
{
    Rd r = held_list_copied(t, c->arena);
    Map *m = arena_alloc(c->arena, sizeof(Map) + 2 * sizeof(Value) * (size_t)t->n);
    m->n = (uint32_t)t->n;
    for (uint32_t i = 0; i < m->n; i++) {
        m->kv[2 * i + 1] = value_bigint((int64_t)rd_varint(&r));
        m->kv[2 * i] = value_load(&r, c->arena, c->types[0]);
    }
    return m;
}

/* ksqlDB reads the map from its store for every row, and then merges into it: the order shows that. */
static void histogram_step(AggCtx *c, HeldList *t, Value v, int64_t by)
{
    const Map *m = histogram_map(c, t);
    m = map_new(c->arena, c->result, m->kv, m->n);
    const Value *known = map_find(m, c->result, &v);
    if (!known && (by < 0 || m->n >= HISTOGRAM_MOST))
        return;
    Value count = value_bigint((known ? known->d.l : 0) + by);
    m = map_merge(c->arena, c->result, m, &v, count.d.l > 0 ? &count : NULL);
    Buf b = BUF_INIT;
    for (uint32_t i = 0; i < m->n; i++)
        put_entry(c, &b, m->kv[2 * i + 1].d.l, &m->kv[2 * i]);
    held_set_bytes(&t->entries, buf_view(&b));
    buf_free(&b);
    t->n = m->n;
}

static void histogram_add(AggCtx *c, void *state, const Value *args) { histogram_step(c, state, text_of(&args[0]), 1); }
static void histogram_undo(AggCtx *c, void *state, const Value *args) { histogram_step(c, state, text_of(&args[0]), -1); }

static void histogram_merge(AggCtx *c, void *state, const void *other)
{
    const Map *o = histogram_map(c, other);
    for (uint32_t i = 0; i < o->n; i++)
        histogram_step(c, state, o->kv[2 * i], o->kv[2 * i + 1].d.l);
}

static void histogram_result(AggCtx *c, const void *state, Value *out)
{
    *out = (Value){.d.map = histogram_map(c, state)};
}

static void attr_add(AggCtx *c, void *state, const Value *args) { step(c, state, &args[0], 1, INT64_MAX); }
static void attr_undo(AggCtx *c, void *state, const Value *args) { step(c, state, &args[0], -1, INT64_MAX); }

static void attr_merge(AggCtx *c, void *state, const void *other)
{
    merge(c, state, other, INT64_MAX);
}

static void attr_result(AggCtx *c, const void *state, Value *out)
{
    const HeldList *t = state;
    *out = value_null();
    if (t->n != 1)
        return;
    Rd r = held_list_copied(t, c->arena);
    rd_varint(&r);
    *out = value_load(&r, c->arena, c->types[0]);
}

static void append(AggCtx *c, HeldList *t, int64_t count, const Value *v)
{
    Buf b = BUF_INIT;
    put_entry(c, &b, count, v);
    held_concat(&t->entries, &(Held){b.p, (uint32_t)b.n, (uint32_t)b.n});
    buf_free(&b);
    t->n++;
}

static bool histogram_import(AggCtx *c, void *state, const Value *v)
{
    for (uint32_t i = 0; !v->null && i < v->d.map->n; i++) {
        const Value *key = &v->d.map->kv[2 * i], *count = &v->d.map->kv[2 * i + 1];
        if (!count->null && count->d.l > 0)
            append(c, state, count->d.l, key);
    }
    return true;
}

/* In a changelog: ARRAY<STRUCT<VALUE, COUNT>>. ksqlDB's keeps values whose count came to 0. */
static const Type *attr_type(Arena *a, const Type *const *args, int n)
{
    const Field f[] = {{STR("VALUE"), args[0]}, {STR("COUNT"), TYPE_INTEGER}};
    UNUSED(n);
    return type_array(a, type_struct(a, f, ARRAY_LEN(f)));
}

static void attr_export(AggCtx *c, const void *state, Value *out)
{
    const HeldList *t = state;
    Rd r = held_list_copied(t, c->arena);
    Array *arr = array_new(c->arena, (uint32_t)t->n);
    for (int64_t i = 0; i < t->n; i++) {
        Struct *st = struct_new(c->arena, 2);
        st->v[1] = value_int((int32_t)rd_varint(&r));
        st->v[0] = value_load(&r, c->arena, c->types[0]);
        arr->v[i] = (Value){.d.st = st};
    }
    *out = (Value){.d.arr = arr};
}

static bool attr_import(AggCtx *c, void *state, const Value *v)
{
    for (uint32_t i = 0; !v->null && i < v->d.arr->n; i++) {
        const Value *e = &v->d.arr->v[i];
        if (e->null || e->d.st->v[1].null)
            return false;
        if (e->d.st->v[1].d.i > 0)
            append(c, state, e->d.st->v[1].d.i, &e->d.st->v[0]);
    }
    return true;
}

#define ROW(sig, name, ...)                                                                         \
    {.signature = sig, .size = sizeof(HeldList), .add = name##_add, .undo = name##_undo,            \
     .merge = name##_merge, .result_of = name##_result, .import = name##_import,                    \
     HELD_LIST_STATE,                                                                               \
     .params = "val", __VA_ARGS__}

static const AggRow rows[] = {
    ROW("histogram(VARCHAR) -> MAP<VARCHAR, BIGINT>", histogram,
        .description = "How often each text is there; at most 1000 different ones.",
        .example = "'a', 'b', 'a' => HISTOGRAM", .expected = "{a=2, b=1}"),
    ROW("ATTR(T) -> T", attr, .intermediate = attr_type, .export_of = attr_export,
        .description = "The value when there is only one, else NULL.",
        .example = "7, 7 => ATTR", .expected = "7"),
};

const AggTable agg_tally = {rows, ARRAY_LEN(rows)};
