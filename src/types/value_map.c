// SPDX-License-Identifier: Apache-2.0
// Maps in the order in which a java.util.HashMap would hand out their entries (page 03 §3.1).
//
// That order is: by bucket, and within a bucket by the time of insertion (growing the table splits
// a bucket without changing the order of what is in it). The bucket is spread(hash) & (size - 1),
// spread(h) = h ^ h >>> 16. The table's size begins as the power of two that takes the number the
// constructor was given (ksqlDB mostly gives the number of entries; Java's default is 16), and
// doubles when more than 3/4 of it are used. Bins that the JDK turns into trees keep that order
// while walked. A key put again keeps its place and takes the new value.
//
// Hash codes are those of the Java objects behind the SQL types (String, Integer, Long, Double,
// Boolean, BigDecimal, java.sql.Date …); STRUCT keys have none that could be known: 0.
// One arena, one thread.
#include "types/text.h"

enum { SMALL_MAP = 24 }; /* entries that are put in order on the stack */

int32_t java_hash(Str utf8)
{
    uint32_t h = 0;
    const uint8_t *p = (const uint8_t *)utf8.p, *end = utf8.n ? p + utf8.n : p;
    while (p < end) {
        if (*p < 0x80) {
            h = 31 * h + *p++;
            continue;
        }
        uint32_t c = utf8_next(&p, end);
        if (c >= 0x10000) {
            h = 31 * h + (0xD800 + ((c - 0x10000) >> 10));
            c = 0xDC00 + (c & 0x3FF);
        }
        h = 31 * h + c;
    }
    return (int32_t)h;
}

static uint32_t hash_long(uint64_t v) { return (uint32_t)(v ^ v >> 32); }

static uint32_t hash_double(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, 8);
    return hash_long(d != d ? 0x7ff8000000000000u : bits);
}

/* java.math.BigDecimal: of the compact form where 64 bits hold it (not the smallest), else BigInteger's. */
static uint32_t hash_decimal(i128 v, int scale)
{
    u128 mag = v < 0 ? -(u128)v : (u128)v;
    uint32_t h = 0;
    if (mag <= INT64_MAX) {
        h = (uint32_t)(mag >> 32) * 31 + (uint32_t)mag;
    } else {
        for (int shift = 96; shift >= 0; shift -= 32)
            h = 31 * h + (uint32_t)(mag >> shift);
    }
    return 31 * (v < 0 ? -h : h) + (uint32_t)scale;
}

static uint32_t hash_key(const Type *t, const Value *v)
{
    uint32_t h = 1;
    if (v->null)
        return 0;
    switch (t->kind) {
    case KIND_STRING:
        return (uint32_t)java_hash(view_str(v->d.s));
    case KIND_INTEGER:
        return (uint32_t)v->d.i;
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return hash_long((uint64_t)v->d.l);
    case KIND_TIME:
        return (uint32_t)v->d.i;
    case KIND_DATE:
        return hash_long((uint64_t)((int64_t)v->d.i * 86400000));
    case KIND_BOOLEAN:
        return v->d.b ? 1231 : 1237;
    case KIND_DOUBLE:
        return hash_double(v->d.d);
    case KIND_DECIMAL:
        return hash_decimal(v->d.dec, t->scale);
    case KIND_BYTES:
        for (uint32_t i = v->d.s.n; i-- > 0;)
            h = 31 * h + (uint32_t)(int32_t)(int8_t)v->d.s.p[i];
        return h;
    case KIND_ARRAY:
        for (uint32_t i = 0; i < v->d.arr->n; i++)
            h = 31 * h + hash_key(t->elem, &v->d.arr->v[i]);
        return h;
    default:
        return 0;
    }
}

static uint32_t power_of_two(uint32_t n)
{
    uint32_t c = 1;
    while (c < n)
        c *= 2;
    return c;
}

/* The table's size after n different keys went into one that began with `initial` places. */
static uint32_t table_size(uint32_t n, uint32_t initial)
{
    uint32_t cap = power_of_two(initial);
    while (n > cap / 4 * 3 + cap % 4 * 3 / 4)
        cap *= 2;
    return cap;
}

/* One key of the map under construction. */
typedef struct MapNode {
    uint32_t at; /* of the key in kv */
    uint32_t value_at;
    uint32_t hash;
    uint32_t next; /* index + 1 in the chain */
} MapNode;

/* Fills nodes with the different keys, in the order of their first appearance; returns how many. */
static uint32_t collect(const Type *key, const Value *kv, uint32_t n, MapNode *nodes, uint32_t *heads,
                        uint32_t mask)
{
    uint32_t used = 0;
    memset(heads, 0, sizeof *heads * ((size_t)mask + 1));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t h = hash_key(key, &kv[2 * i]), at;
        h ^= h >> 16;
        for (at = heads[h & mask]; at; at = nodes[at - 1].next)
            if (nodes[at - 1].hash == h &&
                value_equal(key, &kv[2 * (size_t)nodes[at - 1].at], &kv[2 * (size_t)i]))
                break;
        if (at) {
            nodes[at - 1].value_at = i;
            continue;
        }
        nodes[used] = (MapNode){i, i, h, heads[h & mask]};
        heads[h & mask] = ++used;
    }
    return used;
}

Map *map_new_sized(Arena *a, const Type *type, const Value *kv, uint32_t n, uint32_t initial)
{
    MapNode few_nodes[SMALL_MAP];
    uint32_t few_heads[2 * SMALL_MAP], size = table_size(n, initial);
    bool small = n <= SMALL_MAP && size <= 2 * SMALL_MAP;
    MapNode *nodes = small ? few_nodes : mem_alloc(sizeof *nodes * (size_t)n + 1);
    uint32_t *heads = small ? few_heads : mem_alloc(sizeof *heads * (size_t)size);
    uint32_t used = collect(type->key, kv, n, nodes, heads, size - 1);
    uint32_t cap = table_size(used, initial);
    /* Chains built from the last node back stand in the order of insertion. */
    memset(heads, 0, sizeof *heads * (size_t)cap);
    for (uint32_t i = used; i-- > 0;) {
        uint32_t *head = &heads[nodes[i].hash & (cap - 1)];
        nodes[i].next = *head;
        *head = i + 1;
    }
    Map *m = arena_alloc(a, sizeof(Map) + 2 * sizeof(Value) * (size_t)used);
    Value *to = m->kv;
    m->n = used;
    for (uint32_t b = 0; b < cap; b++) {
        for (uint32_t at = heads[b]; at; at = nodes[at - 1].next) {
            *to++ = kv[2 * (size_t)nodes[at - 1].at];
            *to++ = kv[2 * (size_t)nodes[at - 1].value_at + 1];
        }
    }
    if (!small) {
        mem_free(nodes);
        mem_free(heads);
    }
    return m;
}

Map *map_new(Arena *a, const Type *type, const Value *kv, uint32_t n)
{
    return map_new_sized(a, type, kv, n, n);
}

const Value *map_find(const Map *m, const Type *type, const Value *key)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (value_equal(type->key, &m->kv[2 * (size_t)i], key))
            return &m->kv[2 * (size_t)i + 1];
    return NULL;
}

static uint32_t bucket(const Type *key_type, const Value *key, uint32_t cap)
{
    uint32_t h = hash_key(key_type, key);
    return (h ^ h >> 16) & (cap - 1);
}

Map *map_merge(Arena *a, const Type *type, const Map *m, const Value *key, const Value *value)
{
    uint32_t cap = table_size(m->n, m->n), at = bucket(type->key, key, cap), n = 0;
    bool known = map_find(m, type, key) != NULL, put = known || !value;
    Map *to = arena_alloc(a, sizeof(Map) + 2 * sizeof(Value) * ((size_t)m->n + 1));
    for (uint32_t i = 0; i < m->n; i++) {
        const Value *kv = &m->kv[2 * (size_t)i];
        if (!put && bucket(type->key, kv, cap) >= at) {
            to->kv[2 * n] = *key;
            to->kv[2 * n++ + 1] = *value;
            put = true;
        }
        bool same = known && value_equal(type->key, kv, key);
        if (same && !value)
            continue;
        to->kv[2 * n] = *kv;
        to->kv[2 * n++ + 1] = same ? *value : kv[1];
    }
    if (!put) {
        to->kv[2 * n] = *key;
        to->kv[2 * n++ + 1] = *value;
    }
    to->n = n;
    return to;
}
