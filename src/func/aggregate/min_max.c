// SPDX-License-Identifier: Apache-2.0
// MIN and MAX. NULLs are left out; they cannot be undone, so they are for streams only.
//
// PERSISTED v1: numbers and times: {set, value}, 8 bytes each; DECIMAL: {set, 0, value of 16}; texts and
// bytes: the held value (held.h), empty when there is none.
#include "func/aggregate/held.h"
#include "func/tables.h"

typedef struct Least {
    int64_t set;
    union {
        int64_t l;
        double d;
    };
} Least;

typedef struct LeastDecimal {
    int64_t set, zero;
    uint64_t v[2];
} LeastDecimal;

/* True when v goes before best in the wanted direction. */
static bool better(AggCtx *c, int sign, const Value *v, const Value *best)
{
    return value_compare(c->types[0], v, best) * sign > 0;
}

static Value least_value(AggCtx *c, const Least *s)
{
    Value v = {.null = !s->set};
    switch (c->types[0]->kind) {
    case KIND_INTEGER:
    case KIND_DATE:
    case KIND_TIME: v.d.i = (int32_t)s->l; break;
    case KIND_DOUBLE: v.d.d = s->d; break;
    default: v.d.l = s->l; break;
    }
    return v;
}

static void least_take(AggCtx *c, Least *s, int sign, const Value *v)
{
    Value best = least_value(c, s);
    if (v->null || (!best.null && !better(c, sign, v, &best)))
        return;
    s->set = 1;
    switch (c->types[0]->kind) {
    case KIND_INTEGER:
    case KIND_DATE:
    case KIND_TIME: s->l = v->d.i; break;
    case KIND_DOUBLE: s->d = v->d.d; break;
    default: s->l = v->d.l; break;
    }
}

static Value decimal_value(const LeastDecimal *s)
{
    Value v = {.null = !s->set};
    i128 d;
    memcpy(&d, s->v, sizeof d);
    v.d.dec = d;
    return v;
}

static void decimal_take(AggCtx *c, LeastDecimal *s, int sign, const Value *v)
{
    Value best = decimal_value(s);
    if (v->null || (!best.null && !better(c, sign, v, &best)))
        return;
    s->set = 1;
    memcpy(s->v, &v->d.dec, sizeof s->v);
}

static void held_take(AggCtx *c, Held *h, int sign, const Value *v)
{
    Value best = held_get(h, c->arena, c->types[0]);
    if (!v->null && (best.null || better(c, sign, v, &best)))
        held_set(h, c->types[0], v);
}

#define TAKING(name, sign)                                                                               \
    static void name##_add(AggCtx *c, void *state, const Value *args)                                    \
    {                                                                                                    \
        least_take(c, state, sign, &args[0]);                                                            \
    }                                                                                                    \
    static void name##_merge(AggCtx *c, void *state, const void *other)                                  \
    {                                                                                                    \
        Value v = least_value(c, other);                                                                 \
        least_take(c, state, sign, &v);                                                                  \
    }                                                                                                    \
    static void name##_decimal_add(AggCtx *c, void *state, const Value *args)                            \
    {                                                                                                    \
        decimal_take(c, state, sign, &args[0]);                                                          \
    }                                                                                                    \
    static void name##_decimal_merge(AggCtx *c, void *state, const void *other)                          \
    {                                                                                                    \
        Value v = decimal_value(other);                                                                  \
        decimal_take(c, state, sign, &v);                                                                \
    }                                                                                                    \
    static void name##_held_add(AggCtx *c, void *state, const Value *args)                               \
    {                                                                                                    \
        held_take(c, state, sign, &args[0]);                                                             \
    }                                                                                                    \
    static void name##_held_merge(AggCtx *c, void *state, const void *other)                             \
    {                                                                                                    \
        Value v = held_get(other, c->arena, c->types[0]);                                                \
        held_take(c, state, sign, &v);                                                                   \
    }

TAKING(min, -1)
TAKING(max, 1)

static void least_result(AggCtx *c, const void *state, Value *out) { *out = least_value(c, state); }

static void decimal_result(AggCtx *c, const void *state, Value *out)
{
    UNUSED(c);
    *out = decimal_value(state);
}

static void held_result(AggCtx *c, const void *state,
                        Value *out) { *out = held_get(state, c->arena, c->types[0]); }

static bool least_import(AggCtx *c, void *state, const Value *v)
{
    Least *s = state;
    s->set = !v->null;
    if (v->null)
        return true;
    switch (c->types[0]->kind) {
    case KIND_INTEGER:
    case KIND_DATE:
    case KIND_TIME: s->l = v->d.i; break;
    case KIND_DOUBLE: s->d = v->d.d; break;
    default: s->l = v->d.l; break;
    }
    return true;
}

static bool decimal_import(AggCtx *c, void *state, const Value *v)
{
    LeastDecimal *s = state;
    UNUSED(c);
    s->set = !v->null;
    if (!v->null)
        memcpy(s->v, &v->d.dec, sizeof s->v);
    return true;
}

static bool held_import(AggCtx *c, void *state, const Value *v)
{
    if (!v->null)
        held_set(state, c->types[0], v);
    return true;
}

static const Type *same_type(Arena *a, const Type *const *args, int n)
{
    UNUSED(n);
    return type_decimal(a, args[0]->precision, args[0]->scale);
}

#define MIN_TEXT .params = "val", .description = "The smallest value that is not NULL."
#define MAX_TEXT .params = "val", .description = "The largest value that is not NULL."
#define FIXED(sig, name, ...)                                                                              \
    {.signature = sig, .size = sizeof(Least), .add = name##_add, .merge = name##_merge,                    \
     .result_of = least_result, .import = least_import, __VA_ARGS__}
#define DECIMAL_ROW(sig, name, ...)                                                                        \
    {.signature = sig, .size = sizeof(LeastDecimal), .add = name##_decimal_add,                            \
     .merge = name##_decimal_merge, .result_of = decimal_result, .import = decimal_import, .result = same_type, __VA_ARGS__}
#define HELD_ROW(sig, name, ...)                                                                           \
    {.signature = sig, .size = sizeof(Held), .add = name##_held_add, .merge = name##_held_merge,           \
     .result_of = held_result, .import = held_import, HELD_STATE, __VA_ARGS__}

static const AggRow rows[] = {
    FIXED("MIN(INT) -> INT", min, MIN_TEXT, .example = "3, NULL, 2 => MIN", .expected = "2"),
    FIXED("MIN(BIGINT) -> BIGINT", min, MIN_TEXT, .example = "3000000000, 4000000000 => MIN",
          .expected = "3000000000"),
    FIXED("MIN(DOUBLE) -> DOUBLE", min, MIN_TEXT, .example = "3e0, -2e0 => MIN", .expected = "-2.0"),
    DECIMAL_ROW("MIN(DECIMAL) -> DECIMAL", min, MIN_TEXT, .example = "3.50, 2.25 => MIN", .expected = "2.25"),
    FIXED("MIN(DATE) -> DATE", min, MIN_TEXT,
          .example = "CAST('2020-02-01' AS DATE), CAST('2020-01-01' AS DATE) => MIN",
          .expected = "2020-01-01"),
    FIXED("MIN(TIME) -> TIME", min, MIN_TEXT,
          .example = "CAST('12:00' AS TIME), CAST('11:00' AS TIME) => MIN",
          .expected = "11:00"),
    FIXED("MIN(TIMESTAMP) -> TIMESTAMP", min, MIN_TEXT,
          .example = "CAST('2020-02-01' AS TIMESTAMP), CAST('2020-01-01' AS TIMESTAMP) => MIN",
          .expected = "2020-01-01T00:00:00.000"),
    HELD_ROW("MIN(VARCHAR) -> VARCHAR", min, MIN_TEXT, .example = "'b', 'a' => MIN", .expected = "a"),
    HELD_ROW("MIN(BYTES) -> BYTES", min, MIN_TEXT,
             .example = "CAST('Ag==' AS BYTES), CAST('AQ==' AS BYTES) => MIN",
             .expected = "AQ=="),
    FIXED("MAX(INT) -> INT", max, MAX_TEXT, .example = "3, NULL, 2 => MAX", .expected = "3"),
    FIXED("MAX(BIGINT) -> BIGINT", max, MAX_TEXT, .example = "3000000000, 4000000000 => MAX",
          .expected = "4000000000"),
    FIXED("MAX(DOUBLE) -> DOUBLE", max, MAX_TEXT, .example = "3e0, -2e0 => MAX", .expected = "3.0"),
    DECIMAL_ROW("MAX(DECIMAL) -> DECIMAL", max, MAX_TEXT, .example = "3.50, 2.25 => MAX", .expected = "3.50"),
    FIXED("MAX(DATE) -> DATE", max, MAX_TEXT,
          .example = "CAST('2020-02-01' AS DATE), CAST('2020-01-01' AS DATE) => MAX",
          .expected = "2020-02-01"),
    FIXED("MAX(TIME) -> TIME", max, MAX_TEXT,
          .example = "CAST('12:00' AS TIME), CAST('11:00' AS TIME) => MAX",
          .expected = "12:00"),
    FIXED("MAX(TIMESTAMP) -> TIMESTAMP", max, MAX_TEXT,
          .example = "CAST('2020-02-01' AS TIMESTAMP), CAST('2020-01-01' AS TIMESTAMP) => MAX",
          .expected = "2020-02-01T00:00:00.000"),
    HELD_ROW("MAX(VARCHAR) -> VARCHAR", max, MAX_TEXT, .example = "'b', 'a' => MAX", .expected = "b"),
    HELD_ROW("MAX(BYTES) -> BYTES", max, MAX_TEXT,
             .example = "CAST('Ag==' AS BYTES), CAST('AQ==' AS BYTES) => MAX",
             .expected = "Ag=="),
};

const AggTable agg_min_max = {rows, ARRAY_LEN(rows)};
