// SPDX-License-Identifier: Apache-2.0
// Values: building, copying, saving and loading (see value.h). Maps are in value_map.c, order and
// hashes in compare.c, text in value_text.c.
//
// PERSISTED v1, one value:
//   byte 0                         NULL
//   byte 1, then by type
//     BOOLEAN                      1 byte, 0 or 1
//     INTEGER TIME DATE            4 bytes, little-endian
//     BIGINT TIMESTAMP DOUBLE      8 bytes, little-endian (DOUBLE: its IEEE 754 bits)
//     DECIMAL                      16 bytes, little-endian, two's complement, unscaled
//     STRING BYTES                 varint length, bytes
//     ARRAY                        varint count, values
//     MAP                          varint count, key value key value … in their order
//     STRUCT                       the fields' values
//
// One arena, one thread.
#include "types/value.h"

Array *array_new(Arena *a, uint32_t n)
{
    Array *x = arena_alloc(a, sizeof(Array) + sizeof(Value) * (size_t)n);
    x->n = n;
    for (uint32_t i = 0; i < n; i++)
        x->v[i] = value_null();
    return x;
}

Value value_array(Arena *a, const Value *v, uint32_t n)
{
    Array *x = arena_alloc(a, sizeof(Array) + sizeof(Value) * (size_t)n);
    x->n = n;
    if (n)
        memcpy(x->v, v, sizeof *v * (size_t)n);
    return (Value){.d.arr = x};
}

Struct *struct_new(Arena *a, uint32_t n)
{
    Struct *x = arena_alloc(a, sizeof(Struct) + sizeof(Value) * (size_t)n);
    x->n = n;
    for (uint32_t i = 0; i < n; i++)
        x->v[i] = value_null();
    return x;
}

static Map *map_alloc(Arena *a, uint32_t n)
{
    Map *m = arena_alloc(a, sizeof(Map) + 2 * sizeof(Value) * (size_t)n);
    m->n = n;
    return m;
}

Value value_dup(Arena *a, const Type *t, Value v)
{
    if (v.null)
        return v;
    switch (t->kind) {
    case KIND_STRING:
    case KIND_BYTES:
        v.d.s.p = arena_str(a, view_str(v.d.s)).p;
        break;
    case KIND_ARRAY: {
        Array *x = array_new(a, v.d.arr->n);
        for (uint32_t i = 0; i < x->n; i++)
            x->v[i] = value_dup(a, t->elem, v.d.arr->v[i]);
        v.d.arr = x;
        break;
    }
    case KIND_MAP: {
        Map *m = map_alloc(a, v.d.map->n);
        for (uint32_t i = 0; i < m->n; i++) {
            m->kv[2 * i] = value_dup(a, t->key, v.d.map->kv[2 * i]);
            m->kv[2 * i + 1] = value_dup(a, t->elem, v.d.map->kv[2 * i + 1]);
        }
        v.d.map = m;
        break;
    }
    case KIND_STRUCT: {
        Struct *x = struct_new(a, v.d.st->n);
        for (uint32_t i = 0; i < x->n; i++)
            x->v[i] = value_dup(a, t->fields[i].type, v.d.st->v[i]);
        v.d.st = x;
        break;
    }
    default:
        break;
    }
    return v;
}

/* ---- save and load ---- */

static void put_le(Buf *out, uint64_t v, int n)
{
    char *p = buf_room(out, (size_t)n);
    for (int i = 0; i < n; i++)
        p[i] = (char)(v >> (8 * i));
    out->n += (size_t)n;
}

static uint64_t get_le(Rd *r, size_t n)
{
    Str s = rd_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = s.n; i-- > 0;)
        v = v << 8 | (uint8_t)s.p[i];
    return v;
}

void value_save(Buf *out, const Type *t, const Value *v)
{
    uint64_t bits;
    buf_byte(out, v->null ? 0 : 1);
    if (v->null)
        return;
    switch (t->kind) {
    case KIND_BOOLEAN:
        buf_byte(out, v->d.b ? 1 : 0);
        break;
    case KIND_INTEGER:
    case KIND_TIME:
    case KIND_DATE:
    case KIND_UNIT:
        put_le(out, (uint32_t)v->d.i, 4);
        break;
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        put_le(out, (uint64_t)v->d.l, 8);
        break;
    case KIND_DOUBLE:
        memcpy(&bits, &v->d.d, 8);
        put_le(out, bits, 8);
        break;
    case KIND_DECIMAL:
        put_le(out, (uint64_t)v->d.dec, 8);
        put_le(out, (uint64_t)((u128)v->d.dec >> 64), 8);
        break;
    case KIND_STRING:
    case KIND_BYTES:
        buf_varint(out, v->d.s.n);
        buf_bytes(out, v->d.s.p, v->d.s.n);
        break;
    case KIND_ARRAY:
        buf_varint(out, v->d.arr->n);
        for (uint32_t i = 0; i < v->d.arr->n; i++)
            value_save(out, t->elem, &v->d.arr->v[i]);
        break;
    case KIND_MAP:
        buf_varint(out, v->d.map->n);
        for (uint32_t i = 0; i < v->d.map->n; i++) {
            value_save(out, t->key, &v->d.map->kv[2 * i]);
            value_save(out, t->elem, &v->d.map->kv[2 * i + 1]);
        }
        break;
    case KIND_STRUCT:
        for (int i = 0; i < t->nfields; i++)
            value_save(out, t->fields[i].type, &v->d.st->v[i]);
        break;
    default:
        BUG("a value of type %s cannot be saved", type_kind_name(t->kind));
    }
}

/* A count that the bytes left can hold (each element takes at least a byte); else the reader is bad. */
static uint32_t load_count(Rd *r)
{
    uint64_t n = rd_varint(r);
    if (r->bad || n > (uint64_t)(r->end - r->p)) {
        r->bad = true;
        return 0;
    }
    return (uint32_t)n;
}

static Value load_nested(Rd *r, Arena *a, const Type *t)
{
    Value v = value_null();
    if (t->kind == KIND_STRUCT) {
        Struct *s = struct_new(a, (uint32_t)t->nfields);
        for (int i = 0; i < t->nfields; i++)
            s->v[i] = value_load(r, a, t->fields[i].type);
        v.d.st = s;
    } else if (t->kind == KIND_ARRAY) {
        Array *x = array_new(a, load_count(r));
        for (uint32_t i = 0; i < x->n; i++)
            x->v[i] = value_load(r, a, t->elem);
        v.d.arr = x;
    } else {
        Map *m = map_alloc(a, load_count(r));
        for (uint32_t i = 0; i < m->n; i++) {
            m->kv[2 * i] = value_load(r, a, t->key);
            m->kv[2 * i + 1] = value_load(r, a, t->elem);
        }
        v.d.map = m;
    }
    v.null = r->bad;
    return v;
}

Value value_load(Rd *r, Arena *a, const Type *t)
{
    uint8_t there = rd_u8(r);
    uint64_t low;
    if (there > 1)
        r->bad = true;
    if (there != 1)
        return value_null();
    switch (t->kind) {
    case KIND_BOOLEAN:
        return value_bool(rd_u8(r) != 0);
    case KIND_INTEGER:
    case KIND_TIME:
    case KIND_DATE:
    case KIND_UNIT:
        return value_int((int32_t)get_le(r, 4));
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return value_bigint((int64_t)get_le(r, 8));
    case KIND_DOUBLE: {
        uint64_t bits = get_le(r, 8);
        double d;
        memcpy(&d, &bits, 8);
        return value_double(d);
    }
    case KIND_DECIMAL:
        low = get_le(r, 8);
        return value_decimal((i128)((u128)get_le(r, 8) << 64 | low));
    case KIND_STRING:
    case KIND_BYTES:
        return value_str(rd_bytes(r, load_count(r)));
    case KIND_ARRAY:
    case KIND_MAP:
    case KIND_STRUCT:
        return load_nested(r, a, t);
    default:
        r->bad = true;
        return value_null();
    }
}
