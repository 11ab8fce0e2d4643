// SPDX-License-Identifier: Apache-2.0
// COUNT_DISTINCT: about how many different values there are, by HyperLogLog of 2^14 registers over 32-bit
// MurmurHash, so that the estimate is ksqlDB's own. NULLs are left out.
//
// Only registers that are not 0 are kept, in order: a small group is small.
// PERSISTED v1: held: per register 4 bytes little-endian, number << 8 | value.
#include <math.h>

#include "func/aggregate/held.h"
#include "func/tables.h"
#include "types/text.h"

enum { LOG_REGISTERS = 14, REGISTERS = 1 << LOG_REGISTERS };

/* ---- MurmurHash ------------------------------------------------------------------------------ */

static uint32_t finish(uint32_t h)
{
    h ^= h >> 13;
    h *= 0x5bd1e995u;
    return h ^ h >> 15;
}

static uint32_t mix(uint32_t k)
{
    k *= 0x5bd1e995u;
    k ^= k >> 24;
    return k * 0x5bd1e995u;
}

static uint32_t hash_long(int64_t v)
{
    uint32_t h = mix((uint32_t)(uint64_t)v);
    h *= 0x5bd1e995u;
    return finish(h ^ mix((uint32_t)((uint64_t)v >> 32)));
}

static uint32_t hash_bytes(Str s)
{
    uint32_t h = UINT32_MAX ^ (uint32_t)s.n;
    size_t whole = s.n / 4 * 4;
    for (size_t i = 0; i < whole; i += 4) {
        uint32_t k;
        memcpy(&k, s.p + i, 4);
        h = h * 0x5bd1e995u ^ mix(k);
    }
    if (s.n > whole) {
        const signed char *end = (const signed char *)s.p + s.n;
        if (s.n - whole >= 3)
            h ^= (uint32_t)end[-3] << 16;
        if (s.n - whole >= 2)
            h ^= (uint32_t)end[-2] << 8;
        h ^= (uint32_t)end[-1];
        h *= 0x5bd1e995u;
    }
    return finish(h);
}

static uint32_t hash_value(const Type *t, const Value *v)
{
    int64_t bits;
    switch (t->kind) {
    case KIND_INTEGER: return hash_long(v->d.i);
    case KIND_BIGINT: return hash_long(v->d.l);
    case KIND_DOUBLE: memcpy(&bits, &v->d.d, sizeof bits); return hash_long(bits);
    case KIND_STRING:
    case KIND_BYTES: return hash_bytes(view_str(v->d.s));
    default: break;
    }
    Buf b = BUF_INIT;
    text_java(&b, t, v);
    uint32_t h = hash_bytes(buf_view(&b));
    buf_free(&b);
    return h;
}

/* ---- registers ------------------------------------------------------------------------------- */

static uint32_t entry_at(const Held *h, uint32_t i)
{
    uint32_t e;
    memcpy(&e, h->p + 4 * (size_t)i, 4);
    return e;
}

static void raise(Held *h, uint32_t entry)
{
    uint32_t lo = 0, hi = h->n / 4;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (entry_at(h, mid) >> 8 < entry >> 8)
            lo = mid + 1;
        else
            hi = mid;
    }
    bool known = lo < h->n / 4 && entry_at(h, lo) >> 8 == entry >> 8;
    if (known && entry_at(h, lo) >= entry)
        return;
    if (!known) {
        const Held one = {(char *)&entry, 4, 4};
        held_concat(h, &one);
        memmove(h->p + 4 * ((size_t)lo + 1), h->p + 4 * (size_t)lo, h->n - 4 * ((size_t)lo + 1));
    }
    memcpy(h->p + 4 * (size_t)lo, &entry, 4);
}

static void add(AggCtx *c, void *state, const Value *args)
{
    if (args[0].null)
        return;
    uint32_t h = hash_value(c->types[0], &args[0]);
    uint32_t rest = h << LOG_REGISTERS | ((1u << (LOG_REGISTERS - 1)) + 1);
    raise(state, h >> (32 - LOG_REGISTERS) << 8 | (uint32_t)(__builtin_clz(rest) + 1));
}

static void merge(AggCtx *c, void *state, const void *other)
{
    const Held *o = other;
    UNUSED(c);
    for (uint32_t i = 0; i < o->n / 4; i++)
        raise(state, entry_at(o, i));
}

static void result(AggCtx *c, const void *state, Value *out)
{
    const Held *h = state;
    const double m = REGISTERS;
    double zeros = m - h->n / 4, sum = zeros;
    UNUSED(c);
    for (uint32_t i = 0; i < h->n / 4; i++)
        sum += 1.0 / (double)(1u << (entry_at(h, i) & 0xff));
    double estimate = 0.7213 / (1 + 1.079 / m) * m * m * (1 / sum);
    if (estimate <= 5.0 / 2.0 * m)
        estimate = m * log(m / zeros);
    *out = value_bigint((int64_t)floor(estimate + 0.5));
}

/* ---- in a changelog: all registers, five bits each, six in an INT from its lowest bits on ---- */

enum { PER_WORD = 6, REGISTER_BITS = 5, WORDS = REGISTERS / PER_WORD + 1 };

static const Type *words_type(Arena *a, const Type *const *args, int n)
{
    UNUSED(args);
    UNUSED(n);
    return type_array(a, TYPE_INTEGER);
}

static void export_of(AggCtx *c, const void *state, Value *out)
{
    const Held *h = state;
    Array *words = array_new(c->arena, WORDS);
    for (uint32_t i = 0; i < WORDS; i++)
        words->v[i] = value_int(0);
    for (uint32_t i = 0; i < h->n / 4; i++) {
        uint32_t at = entry_at(h, i) >> 8, value = entry_at(h, i) & 0xff;
        int32_t *word = &words->v[at / PER_WORD].d.i;
        *word = (int32_t)((uint32_t)*word | value << (REGISTER_BITS * (at % PER_WORD)));
    }
    *out = (Value){.d.arr = words};
}

static bool import(AggCtx *c, void *state, const Value *v)
{
    UNUSED(c);
    if (v->null)
        return true;
    if (v->d.arr->n != WORDS)
        return false;
    for (uint32_t at = 0; at < REGISTERS; at++) {
        const Value *word = &v->d.arr->v[at / PER_WORD];
        uint32_t value = word->null ? 0 : (uint32_t)word->d.i >> (REGISTER_BITS * (at % PER_WORD)) & 0x1f;
        const uint32_t entry = at << 8 | value;
        if (value)
            held_concat(state, &(Held){(char *)&entry, 4, 4});
    }
    return true;
}

static const AggRow rows[] = {
    {.signature = "COUNT_DISTINCT(T) -> BIGINT", .size = sizeof(Held), .add = add, .merge = merge,
     .result_of = result, .intermediate = words_type, .export_of = export_of, .import = import,
     HELD_STATE, .params = "val",
     .description = "About how many different values there are that are not NULL.",
     .example = "1, 2, NULL, 1 => COUNT_DISTINCT", .expected = "2"},
};

const AggTable agg_count_distinct = {rows, ARRAY_LEN(rows)};
