// SPDX-License-Identifier: Apache-2.0
// STDDEV_SAMP, STDDEV_SAMPLE and CORRELATION, with undo. Rows with a NULL are left out.
//
// STDDEV_SAMP gives the sample variance, as ksqlDB's does; STDDEV_SAMPLE its square root. Both keep the
// sum of squared distances as Youngs and Cramer do. Sums of INT and BIGINT wrap, and two sessions of them
// become one by whole averages for STDDEV_SAMP, as in ksqlDB.
//
// PERSISTED v1: {sum, count, m2}, 8 bytes each; CORRELATION {x, y, x², y², xy, count}, 8 bytes each.
#include <math.h>

#include "func/tables.h"

typedef struct Spread {
    union {
        int64_t l;
        double d;
    } sum;
    int64_t count;
    double m2;
} Spread;

static int64_t wrap(const AggCtx *c, uint64_t v)
{
    return c->types[0]->kind == KIND_INTEGER ? (int32_t)(uint32_t)v : (int64_t)v;
}

static int64_t whole(const AggCtx *c, const Value *v)
{
    return c->types[0]->kind == KIND_INTEGER ? v->d.i : v->d.l;
}

static bool is_double(const AggCtx *c) { return c->types[0]->kind == KIND_DOUBLE; }

/* v * (count + 1) - (sum + v) */
static double distance(const AggCtx *c, const Spread *s, const Value *v)
{
    if (is_double(c))
        return v->d.d * (double)(s->count + 1) - (s->sum.d + v->d.d);
    uint64_t x = (uint64_t)whole(c, v);
    return (double)(int64_t)(x * (uint64_t)(s->count + 1) - (uint64_t)wrap(c, (uint64_t)s->sum.l + x));
}

static void spread_add(AggCtx *c, void *state, const Value *args)
{
    Spread *s = state;
    if (args[0].null)
        return;
    int64_t n = s->count + 1;
    if (n > 1) {
        double d = distance(c, s, &args[0]);
        s->m2 += d * d / (double)(n * (n - 1));
    }
    if (is_double(c))
        s->sum.d += args[0].d.d;
    else
        s->sum.l = wrap(c, (uint64_t)s->sum.l + (uint64_t)whole(c, &args[0]));
    s->count = n;
}

static void spread_undo(AggCtx *c, void *state, const Value *args)
{
    Spread *s = state;
    if (args[0].null)
        return;
    int64_t n = s->count - 1;
    if (n > 0) {
        double d = distance(c, s, &args[0]);
        s->m2 -= d * d / (double)(n * (n + 1));
    }
    if (is_double(c))
        s->sum.d -= args[0].d.d;
    else
        s->sum.l = wrap(c, (uint64_t)s->sum.l - (uint64_t)whole(c, &args[0]));
    s->count = n;
}

static void merge(AggCtx *c, Spread *s, const Spread *o, bool whole_averages)
{
    if (o->count == 0)
        return;
    if (s->count == 0) {
        *s = *o;
        return;
    }
    double d, n = (double)s->count, m = (double)o->count;
    if (is_double(c))
        d = s->sum.d / n - o->sum.d / m;
    else if (whole_averages)
        d = (double)(s->sum.l / s->count - o->sum.l / o->count);
    else
        d = (double)s->sum.l / n - (double)o->sum.l / m;
    s->m2 = s->m2 + o->m2 + d * d * n * m / (n + m);
    if (is_double(c))
        s->sum.d += o->sum.d;
    else
        s->sum.l = wrap(c, (uint64_t)s->sum.l + (uint64_t)o->sum.l);
    s->count += o->count;
}

static void variance_merge(AggCtx *c, void *state, const void *other) { merge(c, state, other, true); }
static void deviation_merge(AggCtx *c, void *state, const void *other) { merge(c, state, other, false); }

static double variance(const Spread *s) { return s->count < 2 ? 0.0 : s->m2 / (double)(s->count - 1); }

static void variance_result(AggCtx *c, const void *state, Value *out)
{
    UNUSED(c);
    *out = value_double(variance(state));
}

static void deviation_result(AggCtx *c, const void *state, Value *out)
{
    UNUSED(c);
    *out = value_double(sqrt(variance(state)));
}

/* In a changelog: STRUCT<SUM, COUNT, M2>. */
static const Type *spread_type(Arena *a, const Type *const *args, int n)
{
    const Field f[] = {{STR("SUM"), args[0]}, {STR("COUNT"), TYPE_BIGINT}, {STR("M2"), TYPE_DOUBLE}};
    UNUSED(n);
    return type_struct(a, f, ARRAY_LEN(f));
}

static void spread_export(AggCtx *c, const void *state, Value *out)
{
    const Spread *s = state;
    Struct *st = struct_new(c->arena, 3);
    switch (c->types[0]->kind) {
    case KIND_INTEGER: st->v[0] = value_int((int32_t)s->sum.l); break;
    case KIND_BIGINT: st->v[0] = value_bigint(s->sum.l); break;
    default: st->v[0] = value_double(s->sum.d); break;
    }
    st->v[1] = value_bigint(s->count);
    st->v[2] = value_double(s->m2);
    *out = (Value){.d.st = st};
}

static bool spread_import(AggCtx *c, void *state, const Value *v)
{
    Spread *s = state;
    if (v->null)
        return true;
    const Value *f = v->d.st->v;
    if (f[0].null || f[1].null || f[2].null)
        return false;
    if (is_double(c))
        s->sum.d = f[0].d.d;
    else
        s->sum.l = whole(c, &f[0]);
    s->count = f[1].d.l;
    s->m2 = f[2].d.d;
    return true;
}

/* ---- CORRELATION ----------------------------------------------------------------------------- */

typedef struct Pairs {
    double x, y, xx, yy, xy;
    int64_t count;
} Pairs;

static double number(const Type *t, const Value *v)
{
    switch (t->kind) {
    case KIND_INTEGER: return v->d.i;
    case KIND_BIGINT: return (double)v->d.l;
    default: return v->d.d;
    }
}

static void pairs_step(AggCtx *c, Pairs *p, const Value *args, double sign)
{
    if (args[0].null || args[1].null)
        return;
    double x = number(c->types[0], &args[0]), y = number(c->types[1], &args[1]);
    p->x += sign * x;
    p->y += sign * y;
    p->xx += sign * (x * x);
    p->yy += sign * (y * y);
    p->xy += sign * (x * y);
    p->count += (int64_t)sign;
}

static void pairs_add(AggCtx *c, void *state, const Value *args) { pairs_step(c, state, args, 1); }
static void pairs_undo(AggCtx *c, void *state, const Value *args) { pairs_step(c, state, args, -1); }

static void pairs_merge(AggCtx *c, void *state, const void *other)
{
    Pairs *p = state;
    const Pairs *o = other;
    UNUSED(c);
    p->x += o->x;
    p->y += o->y;
    p->xx += o->xx;
    p->yy += o->yy;
    p->xy += o->xy;
    p->count += o->count;
}

static void pairs_result(AggCtx *c, const void *state, Value *out)
{
    const Pairs *p = state;
    double n = (double)p->count;
    UNUSED(c);
    if (p->count < 2) {
        *out = value_double((double)NAN);
        return;
    }
    double over = n * p->xy - p->x * p->y;
    double under = sqrt((n * p->xx - p->x * p->x) * (n * p->yy - p->y * p->y));
    *out = value_double(under == 0 ? (double)NAN : over / under);
}

static const Type *pairs_type(Arena *a, const Type *const *args, int n)
{
    const Field f[] = {{STR("X_SUM"), TYPE_DOUBLE},         {STR("Y_SUM"), TYPE_DOUBLE},  {STR("X_SQUARED_SUM"), TYPE_DOUBLE},
                       {STR("Y_SQUARED_SUM"), TYPE_DOUBLE}, {STR("XY_SUM"), TYPE_DOUBLE}, {STR("COUNT"), TYPE_BIGINT}};
    UNUSED(args);
    UNUSED(n);
    return type_struct(a, f, ARRAY_LEN(f));
}

static void pairs_export(AggCtx *c, const void *state, Value *out)
{
    const Pairs *p = state;
    const double sums[] = {p->x, p->y, p->xx, p->yy, p->xy};
    Struct *st = struct_new(c->arena, 6);
    for (int i = 0; i < 5; i++)
        st->v[i] = value_double(sums[i]);
    st->v[5] = value_bigint(p->count);
    *out = (Value){.d.st = st};
}

static bool pairs_import(AggCtx *c, void *state, const Value *v)
{
    Pairs *p = state;
    double *const sums[] = {&p->x, &p->y, &p->xx, &p->yy, &p->xy};
    UNUSED(c);
    if (v->null)
        return true;
    for (int i = 0; i < 6; i++)
        if (v->d.st->v[i].null)
            return false;
    for (int i = 0; i < 5; i++)
        *sums[i] = v->d.st->v[i].d.d;
    p->count = v->d.st->v[5].d.l;
    return true;
}

#define SPREAD_ROW(sig, name, text, ...)                                                             \
    {.signature = sig, .size = sizeof(Spread), .add = spread_add, .undo = spread_undo,               \
     .merge = name##_merge, .result_of = name##_result, .intermediate = spread_type,                 \
     .export_of = spread_export, .import = spread_import, .params = "val", .description = text, __VA_ARGS__}
#define VARIANCE_TEXT "The sample variance (under ksqlDB's name for it) of the values that are not NULL."
#define DEVIATION_TEXT "The sample standard deviation of the values that are not NULL."
#define PAIRS_ROW(sig)                                                                               \
    {.signature = sig, .size = sizeof(Pairs), .add = pairs_add, .undo = pairs_undo, .params = "x, y", \
     .merge = pairs_merge, .result_of = pairs_result, .intermediate = pairs_type,                    \
     .export_of = pairs_export, .import = pairs_import,                                                \
     .description = "Pearson's correlation of the pairs without NULL; NaN when there is none."}

static const AggRow rows[] = {
    SPREAD_ROW("STDDEV_SAMP(BIGINT) -> DOUBLE", variance, VARIANCE_TEXT,
               .example = "3000000001, 3000000003, NULL => STDDEV_SAMP", .expected = "2.0"),
    SPREAD_ROW("STDDEV_SAMP(INT) -> DOUBLE", variance, VARIANCE_TEXT,
               .example = "1, 3, NULL => STDDEV_SAMP", .expected = "2.0"),
    SPREAD_ROW("STDDEV_SAMP(DOUBLE) -> DOUBLE", variance, VARIANCE_TEXT,
               .example = "1e0, 4e0 => STDDEV_SAMP", .expected = "4.5"),
    SPREAD_ROW("STDDEV_SAMPLE(BIGINT) -> DOUBLE", deviation, DEVIATION_TEXT,
               .example = "3000000001, 3000000002, 3000000003 => STDDEV_SAMPLE", .expected = "1.0"),
    SPREAD_ROW("STDDEV_SAMPLE(INT) -> DOUBLE", deviation, DEVIATION_TEXT,
               .example = "1, 2, 3, NULL => STDDEV_SAMPLE", .expected = "1.0"),
    SPREAD_ROW("STDDEV_SAMPLE(DOUBLE) -> DOUBLE", deviation, DEVIATION_TEXT,
               .example = "1e0, 2e0, 3e0 => STDDEV_SAMPLE", .expected = "1.0"),
    PAIRS_ROW("correlation(BIGINT, BIGINT) -> DOUBLE"),
    PAIRS_ROW("correlation(INT, INT) -> DOUBLE"),
    PAIRS_ROW("correlation(DOUBLE, DOUBLE) -> DOUBLE"),
};

const AggTable agg_stddev = {rows, ARRAY_LEN(rows)};
