// SPDX-License-Identifier: Apache-2.0
// One value of any SQL type, and the immutable objects behind ARRAY, MAP and STRUCT.
//
// A Datum is 16 bytes and means nothing without its Type; a Value adds whether it is NULL.
// Strings, bytes and nested objects point into an arena that outlives the value; objects are
// never changed once built.
#ifndef SLUICE_TYPES_VALUE_H
#define SLUICE_TYPES_VALUE_H

#include "types/type.h"

/* Text (UTF-8) or bytes in a column: 16 bytes. */
typedef struct View {
    const char *p;
    uint32_t n;
    uint32_t pad; /* 0 */
} View;

typedef struct Array Array;
typedef struct Map Map;
typedef struct Struct Struct;

typedef union Datum {
    bool b;
    int32_t i; /* INTEGER, TIME, DATE, UNIT */
    int64_t l; /* BIGINT, TIMESTAMP */
    double d;
    i128 dec; /* unscaled; the scale is the type's */
    View s;   /* STRING, BYTES */
    const Array *arr;
    const Map *map;
    const Struct *st;
    const void *lambda;
} Datum;

typedef struct Value {
    Datum d;
    bool null;
} Value;

struct Array {
    uint32_t n;
    Value v[];
};

/* Entries stand in the order of java.util.HashMap (page 03 §3.1); a key is never there twice. */
struct Map {
    uint32_t n;
    Value kv[]; /* key, value, key, value … */
};

struct Struct {
    uint32_t n;
    Value v[]; /* in the order of the type's fields */
};

static inline Value value_null(void) { return (Value){.null = true}; }
static inline Value value_bool(bool b) { return (Value){.d.b = b}; }
static inline Value value_int(int32_t i) { return (Value){.d.i = i}; }
static inline Value value_bigint(int64_t l) { return (Value){.d.l = l}; }
static inline Value value_double(double d) { return (Value){.d.d = d}; }
static inline Value value_decimal(i128 dec) { return (Value){.d.dec = dec}; }
static inline Value value_str(Str s) { return (Value){.d.s = {s.p, (uint32_t)s.n, 0}}; }
static inline Str view_str(View v) { return (Str){v.p, v.n}; }

Array *array_new(Arena *a, uint32_t n);   /* elements NULL */
Value value_array(Arena *a, const Value *v, uint32_t n); /* elements copied, what they point to shared; v may be NULL: none */
Struct *struct_new(Arena *a, uint32_t n); /* fields NULL */
/* kv: 2*n values, key then value; a later key replaces an earlier equal one. In the order of a HashMap that
 * was made with room for n keys, as the JSON reader, MAP(k := v, …), CAST and MAP_UNION make theirs. */
Map *map_new(Arena *a, const Type *type, const Value *kv, uint32_t n);
/* The same for a HashMap made with another number: 16, Java's default: FILTER, TRANSFORM, SPLIT_TO_MAP. */
Map *map_new_sized(Arena *a, const Type *type, const Value *kv, uint32_t n, uint32_t initial);
/* m after HashMap.merge: a new key stands before those of its bucket, where map_new puts it behind them. value NULL: the
 * key goes. m was made by map_new; its keys and values are shared. */
Map *map_merge(Arena *a, const Type *type, const Map *m, const Value *key, const Value *value);
/* Borrowed; NULL when the key is not there. */
const Value *map_find(const Map *m, const Type *type, const Value *key);

/* A deep copy in another arena. */
Value value_dup(Arena *a, const Type *t, Value v);

/* Equality of SQL (numbers by value, NULL equals NULL). */
bool value_equal(const Type *t, const Value *a, const Value *b);
/* Order: NULL first; numbers; strings by UTF-16 code unit as Java; bytes signed lexicographic as ksqlDB's
 * GREATEST. */
int value_compare(const Type *t, const Value *a, const Value *b);
/* 64-bit, equal values hash equal. */
uint64_t value_hash(const Type *t, const Value *v);
/* Java's String.hashCode of UTF-8 text (for HashMap order). */
int32_t java_hash(Str utf8);

/* JSON text of a value as ksqlDB's REST replies print it (page 08 §8.3): decimals plain, doubles as
 * Double.toString (NaN and Infinity as strings), bytes base64, DATE, TIME and TIMESTAMP as text (TIMESTAMP by
 * the Julian calendar before 1582-10-15, as a real one does), NULL null. */
void value_json(Buf *out, const Type *t, const Value *v);
/* Text of a cell in a result table: the JSON's values as Java prints them: [1, 2], {a=1}, a STRUCT
 * {A=1, B=null}; strings bare; NULL "null". */
void value_cell(Buf *out, const Type *t, const Value *v);
/* The same as valid UTF-8, for people: half a surrogate pair becomes '?'. */
void value_shown(Buf *out, const Type *t, const Value *v);

/* A compact self-describing-by-type binary form, order-preserving not needed: state, memo keys.
 * PERSISTED v1: NULL byte 0/1 then fixed little-endian or varint length + bytes; nested recursively. */
void value_save(Buf *out, const Type *t, const Value *v);
/* Strings are borrowed from the reader's bytes; nested objects are new in the arena. */
Value value_load(Rd *r, Arena *a, const Type *t);

#endif
