// SPDX-License-Identifier: Apache-2.0
// Equality, order and hash of values of one type.
//
//   NULL      equal to NULL, before everything else
//   DOUBLE    by value: 0.0 equals -0.0, NaN equals NaN and comes last
//   STRING    by UTF-16 code unit, as Java; on UTF-8 that is byte order, but that code points from
//             U+10000 on come before U+E000 … U+FFFF
//   BYTES     bytes as signed numbers, as java.nio.ByteBuffer compares them
//   ARRAY, STRUCT  element by element, then the shorter first
//   MAP       equal when it has equal entries; its order is that of its entries as they stand
//
// Equal values hash equal. Any thread.
#include "types/text.h"

/* A UTF-8 byte so that byte order becomes UTF-16 order: four-byte forms (0xF0…) sort below 0xEE, 0xEF. */
static inline int utf16_rank(uint8_t c) { return c < 0xEE ? c : c < 0xF0 ? c + 0x10 : c - 2; }

/* A lone half at x against a character beyond the BMP at y, by units; of texts equal up to there. */
static int compare_half(const uint8_t *x, const uint8_t *x_end, const uint8_t *y, const uint8_t *y_end)
{
    uint32_t half = utf8_next(&x, x_end), c = utf8_next(&y, y_end), high = 0xD7C0 + (c >> 10);
    if (half != high || x == x_end)
        return half > high ? 1 : -1;
    uint32_t next = utf8_next(&x, x_end);
    return next >= 0x10000 || next < (0xDC00 | (c & 0x3FF)) ? -1 : 1;
}

static int compare_text(View x, View y)
{
    uint32_t n = x.n < y.n ? x.n : y.n, i = 0;
    if (n == 0 || memcmp(x.p, y.p, n) == 0)
        return x.n < y.n ? -1 : x.n > y.n;
    while (x.p[i] == y.p[i])
        i++;
    const uint8_t *p = (const uint8_t *)x.p + i, *p_end = (const uint8_t *)x.p + x.n;
    const uint8_t *q = (const uint8_t *)y.p + i, *q_end = (const uint8_t *)y.p + y.n;
    if (*p == 0xED && *q >= 0xF0)
        return compare_half(p, p_end, q, q_end);
    if (*q == 0xED && *p >= 0xF0)
        return -compare_half(q, q_end, p, p_end);
    return utf16_rank(*p) < utf16_rank(*q) ? -1 : 1;
}

static int compare_bytes(View x, View y)
{
    uint32_t n = x.n < y.n ? x.n : y.n;
    for (uint32_t i = 0; i < n; i++)
        if (x.p[i] != y.p[i])
            return (int8_t)x.p[i] < (int8_t)y.p[i] ? -1 : 1;
    return x.n < y.n ? -1 : x.n > y.n;
}

static int compare_double(double x, double y)
{
    if (x < y)
        return -1;
    if (x > y)
        return 1;
    if (x == y)
        return 0;
    return (x != x) - (y != y);
}

#define ORDER(x, y) ((x) < (y) ? -1 : (x) > (y))

static int compare_maps(const Type *t, const Map *x, const Map *y)
{
    uint32_t n = x->n < y->n ? x->n : y->n;
    for (uint32_t i = 0; i < n; i++) {
        int c = value_compare(t->key, &x->kv[2 * (size_t)i], &y->kv[2 * (size_t)i]);
        if (!c)
            c = value_compare(t->elem, &x->kv[2 * (size_t)i + 1], &y->kv[2 * (size_t)i + 1]);
        if (c)
            return c;
    }
    return ORDER(x->n, y->n);
}

int value_compare(const Type *t, const Value *a, const Value *b)
{
    int c;
    if (a->null || b->null)
        return (int)b->null - (int)a->null;
    switch (t->kind) {
    case KIND_BOOLEAN:
        return (int)a->d.b - (int)b->d.b;
    case KIND_INTEGER:
    case KIND_TIME:
    case KIND_DATE:
    case KIND_UNIT:
        return ORDER(a->d.i, b->d.i);
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return ORDER(a->d.l, b->d.l);
    case KIND_DOUBLE:
        return compare_double(a->d.d, b->d.d);
    case KIND_DECIMAL:
        return ORDER(a->d.dec, b->d.dec);
    case KIND_STRING:
        return compare_text(a->d.s, b->d.s);
    case KIND_BYTES:
        return compare_bytes(a->d.s, b->d.s);
    case KIND_ARRAY:
        for (uint32_t i = 0; i < a->d.arr->n && i < b->d.arr->n; i++)
            if ((c = value_compare(t->elem, &a->d.arr->v[i], &b->d.arr->v[i])))
                return c;
        return ORDER(a->d.arr->n, b->d.arr->n);
    case KIND_MAP:
        return compare_maps(t, a->d.map, b->d.map);
    case KIND_STRUCT:
        for (int i = 0; i < t->nfields; i++)
            if ((c = value_compare(t->fields[i].type, &a->d.st->v[i], &b->d.st->v[i])))
                return c;
        return 0;
    default:
        return 0;
    }
}

static bool equal_maps(const Type *t, const Map *x, const Map *y)
{
    if (x->n != y->n)
        return false;
    for (uint32_t i = 0; i < x->n; i++) {
        const Value *other = map_find(y, t, &x->kv[2 * (size_t)i]);
        if (!other || !value_equal(t->elem, &x->kv[2 * (size_t)i + 1], other))
            return false;
    }
    return true;
}

bool value_equal(const Type *t, const Value *a, const Value *b)
{
    if (a->null || b->null)
        return a->null && b->null;
    switch (t->kind) {
    case KIND_STRING:
    case KIND_BYTES:
        return a->d.s.n == b->d.s.n && (a->d.s.n == 0 || memcmp(a->d.s.p, b->d.s.p, a->d.s.n) == 0);
    case KIND_ARRAY:
        if (a->d.arr->n != b->d.arr->n)
            return false;
        for (uint32_t i = 0; i < a->d.arr->n; i++)
            if (!value_equal(t->elem, &a->d.arr->v[i], &b->d.arr->v[i]))
                return false;
        return true;
    case KIND_MAP:
        return equal_maps(t, a->d.map, b->d.map);
    case KIND_STRUCT:
        for (int i = 0; i < t->nfields; i++)
            if (!value_equal(t->fields[i].type, &a->d.st->v[i], &b->d.st->v[i]))
                return false;
        return true;
    default:
        return value_compare(t, a, b) == 0;
    }
}

/* ---- hash ---- */

/* Spreads all bits over all bits (the finalizer of MurmurHash3). */
static inline uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

static inline uint64_t chain(uint64_t h, uint64_t x) { return mix(h * 31 + x); }

static uint64_t hash_double(double d)
{
    uint64_t bits;
    if (d == 0)
        d = 0;
    memcpy(&bits, &d, 8);
    return mix(d != d ? 0x7ff8000000000000u : bits);
}

uint64_t value_hash(const Type *t, const Value *v)
{
    uint64_t h = 0x5bd1e9955bd1e995u;
    if (v->null)
        return h;
    switch (t->kind) {
    case KIND_BOOLEAN:
        return mix(1 + (uint64_t)v->d.b);
    case KIND_INTEGER:
    case KIND_TIME:
    case KIND_DATE:
    case KIND_UNIT:
        return mix((uint64_t)(int64_t)v->d.i);
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return mix((uint64_t)v->d.l);
    case KIND_DOUBLE:
        return hash_double(v->d.d);
    case KIND_DECIMAL:
        return chain(mix((uint64_t)v->d.dec), (uint64_t)((u128)v->d.dec >> 64));
    case KIND_STRING:
    case KIND_BYTES:
        return str_hash(view_str(v->d.s));
    case KIND_ARRAY:
        for (uint32_t i = 0; i < v->d.arr->n; i++)
            h = chain(h, value_hash(t->elem, &v->d.arr->v[i]));
        return h;
    case KIND_MAP: /* a sum: equal maps may stand in different orders */
        for (uint32_t i = 0; i < v->d.map->n; i++)
            h += chain(value_hash(t->key, &v->d.map->kv[2 * (size_t)i]),
                       value_hash(t->elem, &v->d.map->kv[2 * (size_t)i + 1]));
        return mix(h);
    case KIND_STRUCT:
        for (int i = 0; i < t->nfields; i++)
            h = chain(h, value_hash(t->fields[i].type, &v->d.st->v[i]));
        return h;
    default:
        return h;
    }
}
