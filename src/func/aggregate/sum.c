// SPDX-License-Identifier: Apache-2.0
// SUM, SUM_LIST and AVG, with undo. NULLs are left out; integers wrap as in ksqlDB; a DECIMAL sum that
// leaves its type fails the row and stays what it was.
//
// PERSISTED v1: SUM's state is the sum in its own width (4, 8 or 16 bytes); AVG's is {sum, count}, 8 bytes
// each, the sum of INT kept as a sign-extended INT.
#include "func/tables.h"

/* A state may stand at any multiple of its size's alignment; decimals are copied for theirs. */
static i128 get_dec(const void *p)
{
    i128 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static void put_dec(void *p, i128 v) { memcpy(p, &v, sizeof v); }

#define SUMMING(name, field, type, step)                                                                     \
    static void name##_add(AggCtx *c, void *state, const Value *args)                                        \
    {                                                                                                        \
        type *sum = state;                                                                                   \
        UNUSED(c);                                                                                           \
        if (!args[0].null)                                                                                   \
            *sum = step(type, *sum, +, args[0].d.field);                                                     \
    }                                                                                                        \
    static void name##_undo(AggCtx *c, void *state, const Value *args)                                       \
    {                                                                                                        \
        type *sum = state;                                                                                   \
        UNUSED(c);                                                                                           \
        if (!args[0].null)                                                                                   \
            *sum = step(type, *sum, -, args[0].d.field);                                                     \
    }                                                                                                        \
    static void name##_merge(AggCtx *c, void *state, const void *other)                                      \
    {                                                                                                        \
        type *sum = state;                                                                                   \
        UNUSED(c);                                                                                           \
        *sum = step(type, *sum, +, *(const type *)other);                                                    \
    }                                                                                                        \
    static void name##_result(AggCtx *c, const void *state, Value *out)                                      \
    {                                                                                                        \
        UNUSED(c);                                                                                           \
        *out = (Value){.d.field = *(const type *)state};                                                     \
    }                                                                                                        \
    static bool name##_import(AggCtx *c, void *state, const Value *v)                                        \
    {                                                                                                        \
        UNUSED(c);                                                                                           \
        *(type *)state = v->null ? 0 : v->d.field;                                                           \
        return true;                                                                                         \
    }                                                                                                        \
    static void name##_add_rows(AggCtx *c, void *const *states, size_t at, const Column *args,               \
                                const uint16_t *rows_, int n)                                                \
    {                                                                                                        \
        const Column *col = &args[0];                                                                        \
        int mask = col->constant ? 0 : -1;                                                                   \
        UNUSED(c);                                                                                           \
        for (int k = 0; k < n; k++) {                                                                        \
            type *sum = (type *)((char *)states[k] + at);                                                    \
            if (!column_is_null(col, rows_[k]))                                                              \
                *sum = step(type, *sum, +, col->field[rows_[k] & mask]);                                     \
        }                                                                                                    \
    }

#define WRAP(type, x, op, y) ((type)((u##type)(x)op(u##type)(y)))
#define PLAIN(type, x, op, y) ((x)op(y))

SUMMING(sum_int, i, int32_t, WRAP)
SUMMING(sum_bigint, l, int64_t, WRAP)
SUMMING(sum_double, d, double, PLAIN)

/* x + y as text, also where it is beyond 128 bits. */
static void sum_text(Buf *out, i128 x, i128 y, int scale)
{
    i128 sum;
    if (!__builtin_add_overflow(x, y, &sum)) {
        text_decimal(out, sum, scale);
        return;
    }
    u128 m = x < 0 ? -(u128)x + -(u128)y : (u128)x + (u128)y; /* of one sign, each below 2^127 */
    Buf last = BUF_INIT, digits = BUF_INIT;
    text_decimal(&last, (i128)(m / 10), 0);
    buf_byte(&last, (char)('0' + (int)(m % 10)));
    for (size_t i = last.n; i <= (size_t)scale; i++)
        buf_byte(&digits, '0');
    buf_str(&digits, buf_view(&last));
    buf_free(&last);
    buf_printf(out, "%s%.*s%s%s", x < 0 ? "-" : "", (int)(digits.n - (size_t)scale), buf_z(&digits), scale ? "." : "",
               buf_z(&digits) + digits.n - (size_t)scale);
    buf_free(&digits);
}

static bool sum_decimal_step(AggCtx *c, void *state, char op, i128 v)
{
    i128 before = get_dec(state), step = op == '+' ? v : -v, sum;
    int p = c->result->precision, s = c->result->scale;
    if (__builtin_add_overflow(before, step, &sum) || !decimal_fits(sum, p)) {
        Buf text = BUF_INIT;
        sum_text(&text, before, step, s);
        agg_fail(c,
                 "Numeric field overflow: A field with precision %d and scale %d must round to an absolute value "
                 "less than 10^%d. Got %s", p, s, p - s, buf_z(&text));
        buf_free(&text);
        return false;
    }
    put_dec(state, sum);
    return true;
}

static void sum_decimal_add(AggCtx *c, void *state, const Value *args)
{
    if (!args[0].null)
        sum_decimal_step(c, state, '+', args[0].d.dec);
}

static void sum_decimal_undo(AggCtx *c, void *state, const Value *args)
{
    if (!args[0].null)
        sum_decimal_step(c, state, '-', args[0].d.dec);
}

static void sum_decimal_merge(AggCtx *c, void *state, const void *other)
{
    sum_decimal_step(c, state, '+', get_dec(other));
}

static void sum_decimal_result(AggCtx *c, const void *state, Value *out)
{
    UNUSED(c);
    *out = value_decimal(get_dec(state));
}

static bool sum_decimal_import(AggCtx *c, void *state, const Value *v)
{
    if (!v->null && !decimal_fits(v->d.dec, c->result->precision))
        return false;
    put_dec(state, v->null ? 0 : v->d.dec);
    return true;
}

static const Type *same_type(Arena *a, const Type *const *args, int n)
{
    UNUSED(n);
    return type_decimal(a, args[0]->precision, args[0]->scale);
}

/* ---- AVG ------------------------------------------------------------------------------------- */

typedef struct AvgLong {
    int64_t sum, count;
} AvgLong;

typedef struct AvgDouble {
    double sum;
    int64_t count;
} AvgDouble;

static int64_t wrap_sum(AggCtx *c, int64_t x, int64_t y)
{
    int64_t sum = (int64_t)((uint64_t)x + (uint64_t)y);
    return c->types[0]->kind == KIND_INTEGER ? (int32_t)(uint32_t)(uint64_t)sum : sum;
}

static int64_t whole(AggCtx *c, const Value *v)
{
    return c->types[0]->kind == KIND_INTEGER ? v->d.i : v->d.l;
}

static void avg_long_add(AggCtx *c, void *state, const Value *args)
{
    AvgLong *s = state;
    if (args[0].null)
        return;
    s->sum = wrap_sum(c, s->sum, whole(c, &args[0]));
    s->count++;
}

static void avg_long_undo(AggCtx *c, void *state, const Value *args)
{
    AvgLong *s = state;
    if (args[0].null)
        return;
    s->sum = wrap_sum(c, s->sum, (int64_t)(0 - (uint64_t)whole(c, &args[0])));
    s->count--;
}

static void avg_long_merge(AggCtx *c, void *state, const void *other)
{
    AvgLong *s = state;
    const AvgLong *o = other;
    s->sum = wrap_sum(c, s->sum, o->sum);
    s->count += o->count;
}

static void avg_long_result(AggCtx *c, const void *state, Value *out)
{
    const AvgLong *s = state;
    UNUSED(c);
    *out = value_double(s->count ? (double)s->sum / (double)s->count : 0.0);
}

static void avg_double_add(AggCtx *c, void *state, const Value *args)
{
    AvgDouble *s = state;
    UNUSED(c);
    if (args[0].null)
        return;
    s->sum += args[0].d.d;
    s->count++;
}

static void avg_double_undo(AggCtx *c, void *state, const Value *args)
{
    AvgDouble *s = state;
    UNUSED(c);
    if (args[0].null)
        return;
    s->sum -= args[0].d.d;
    s->count--;
}

static void avg_double_merge(AggCtx *c, void *state, const void *other)
{
    AvgDouble *s = state;
    const AvgDouble *o = other;
    UNUSED(c);
    s->sum += o->sum;
    s->count += o->count;
}

static void avg_double_result(AggCtx *c, const void *state, Value *out)
{
    const AvgDouble *s = state;
    UNUSED(c);
    *out = value_double(s->count ? s->sum / (double)s->count : 0.0);
}

/* In a changelog: STRUCT<SUM, COUNT>. */
static const Type *avg_type(Arena *a, const Type *const *args, int n)
{
    const Field f[] = {{STR("SUM"), args[0]}, {STR("COUNT"), TYPE_BIGINT}};
    UNUSED(n);
    return type_struct(a, f, ARRAY_LEN(f));
}

static Struct *avg_pair(AggCtx *c, int64_t count, Value *out)
{
    Struct *st = struct_new(c->arena, 2);
    st->v[1] = value_bigint(count);
    *out = (Value){.d.st = st};
    return st;
}

static void avg_long_export(AggCtx *c, const void *state, Value *out)
{
    const AvgLong *s = state;
    bool is_int = c->types[0]->kind == KIND_INTEGER;
    avg_pair(c, s->count, out)->v[0] = is_int ? value_int((int32_t)s->sum) : value_bigint(s->sum);
}

static bool avg_long_import(AggCtx *c, void *state, const Value *v)
{
    AvgLong *s = state;
    if (v->null)
        return true;
    if (v->d.st->v[0].null || v->d.st->v[1].null)
        return false;
    s->sum = whole(c, &v->d.st->v[0]);
    s->count = v->d.st->v[1].d.l;
    return true;
}

static void avg_double_export(AggCtx *c, const void *state, Value *out)
{
    const AvgDouble *s = state;
    avg_pair(c, s->count, out)->v[0] = value_double(s->sum);
}

static bool avg_double_import(AggCtx *c, void *state, const Value *v)
{
    AvgDouble *s = state;
    UNUSED(c);
    if (v->null)
        return true;
    if (v->d.st->v[0].null || v->d.st->v[1].null)
        return false;
    s->sum = v->d.st->v[0].d.d;
    s->count = v->d.st->v[1].d.l;
    return true;
}

/* ---- SUM_LIST -------------------------------------------------------------------------------- */

typedef void AddFn(AggCtx *c, void *state, const Value *args);

static void each(AggCtx *c, void *state, const Value *list, AddFn *fn)
{
    for (uint32_t i = 0; !list->null && i < list->d.arr->n; i++)
        fn(c, state, &list->d.arr->v[i]);
}

#define LISTS(name)                                                                                          \
    static void name##_list_add(AggCtx *c, void *state, const Value *args)                                   \
    {                                                                                                        \
        each(c, state, args, name##_add);                                                                    \
    }                                                                                                        \
    static void name##_list_undo(AggCtx *c, void *state, const Value *args)                                  \
    {                                                                                                        \
        each(c, state, args, name##_undo);                                                                   \
    }

LISTS(sum_int)
LISTS(sum_bigint)
LISTS(sum_double)

#define LIST_ROW(sig, bytes, name, ...)                                                                      \
    {.signature = sig, .size = bytes, .add = name##_list_add, .undo = name##_list_undo, .merge = name##_merge, \
     .result_of = name##_result, .import = name##_import, .params = "val",                                    \
     .description = "The sum of the elements that are not NULL, of all lists.", __VA_ARGS__}

#define SUM_ROW(sig, bytes, name, ...)                                                                           \
    {.signature = sig, .size = bytes, .add = name##_add, .undo = name##_undo, .merge = name##_merge,             \
     .result_of = name##_result, .import = name##_import, __VA_ARGS__}
#define AVG_ROW(sig, name, ...) \
    SUM_ROW(sig, 16, name, .intermediate = avg_type, .export_of = name##_export, AVG_TEXT, __VA_ARGS__)
#define SUM_TEXT .params = "val", .description = "The sum of the values that are not NULL."
#define AVG_TEXT \
    .params = "val1", .description = "The average of the values that are not NULL; 0.0 when there is none."

static const AggRow rows[] = {
    SUM_ROW("SUM(INT) -> INT", 4, sum_int, .add_rows = sum_int_add_rows, SUM_TEXT,
            .example = "1, 2, NULL => SUM",
            .expected = "3"),
    SUM_ROW("SUM(BIGINT) -> BIGINT", 8, sum_bigint, .add_rows = sum_bigint_add_rows, SUM_TEXT,
            .example = "3000000000, 4 => SUM", .expected = "3000000004"),
    SUM_ROW("SUM(DOUBLE) -> DOUBLE", 8, sum_double, .add_rows = sum_double_add_rows, SUM_TEXT,
            .example = "1e0, 2.5e0 => SUM", .expected = "3.5"),
    SUM_ROW("SUM(DECIMAL) -> DECIMAL", 16, sum_decimal, .result = same_type, SUM_TEXT,
            .example = "1.50, 2.25 => SUM",
            .expected = "3.75"),
    AVG_ROW("avg(DOUBLE) -> DOUBLE", avg_double,
            .example = "1e0, 2e0 => AVG", .expected = "1.5"),
    AVG_ROW("avg(INT) -> DOUBLE", avg_long, .example = "1, 2, NULL => AVG",
            .expected = "1.5"),
    AVG_ROW("avg(BIGINT) -> DOUBLE", avg_long,
            .example = "3000000000, 3000000001 => AVG", .expected = "3.0000000005E9"),
    LIST_ROW("sum_list(ARRAY<INT>) -> INT", 4, sum_int, .example = "ARRAY[1, 2], ARRAY[3] => SUM_LIST",
             .expected = "6"),
    LIST_ROW("sum_list(ARRAY<BIGINT>) -> BIGINT", 8, sum_bigint,
             .example = "ARRAY[3000000000], ARRAY[2, 3000000000] => SUM_LIST", .expected = "6000000002"),
    LIST_ROW("sum_list(ARRAY<DOUBLE>) -> DOUBLE", 8, sum_double, .example = "ARRAY[1e0], ARRAY[2.5e0] => SUM_LIST",
             .expected = "3.5"),
};

const AggTable agg_sum = {rows, ARRAY_LEN(rows)};
