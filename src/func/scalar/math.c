// SPDX-License-Identifier: Apache-2.0
// Mathematical functions (page 06 §6.1, Numeric).
//
// INT and BIGINT wrap as in Java. ROUND breaks ties towards positive infinity; ROUND(x, places) of a
// DOUBLE works on its shortest decimal text. DECIMALs keep their scale, also where the result has a digit
// more than the type.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "func/tables.h"

static void abs_int(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.i = a->d.i < 0 ? (int32_t)(0 - (uint32_t)a->d.i) : a->d.i;
}

static void abs_bigint(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.l = a->d.l < 0 ? (int64_t)(0 - (uint64_t)a->d.l) : a->d.l;
}

static void abs_double(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.d = fabs(a->d.d);
}

static void abs_decimal(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    out->d.dec = a->d.dec;
    if (a->d.dec < 0 && __builtin_sub_overflow((i128)0, a->d.dec, &out->d.dec))
        func_fail(c, "Numeric field overflow: the result has more than 38 digits");
}

static const Type *first_decimal(Arena *a, const Type *const *args, int n)
{
    UNUSED(n);
    return type_decimal(a, args[0]->precision, args[0]->scale);
}

static void identity(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    *out = a[0];
}

static void ceil_double(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.d = ceil(a->d.d);
}

static void floor_double(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.d = floor(a->d.d);
}

/* ---- digits of 128-bit numbers ---- */

typedef enum Rounding { ROUND_DOWN, ROUND_UP, ROUND_NEAREST /* ties go up */, ROUND_CUT } Rounding;

/* v / 10^drop as a whole number. */
static i128 drop_digits(i128 v, int drop, Rounding how)
{
    if (drop > DECIMAL_MAX_PRECISION) /* |v| is below 2 * 10^38, less than half of the unit */
        return how == ROUND_DOWN ? -(v < 0) : how == ROUND_UP ? v > 0 : 0;
    i128 unit = decimal_pow10(drop), q = v / unit, rest = v % unit;
    i128 down = q - (rest < 0), above = rest < 0 ? rest + unit : rest; /* v = down * unit + above */
    switch (how) {
    case ROUND_DOWN: return down;
    case ROUND_UP: return q + (rest > 0);
    case ROUND_NEAREST: return down + (above >= unit - above);
    default: return q;
    }
}

/* The result is v, rounded to multiples of 10^drop. */
static void round_digits(FuncCtx *c, i128 v, int drop, Rounding how, Value *out)
{
    i128 q = drop_digits(v, drop, how);
    bool large = drop > DECIMAL_MAX_PRECISION;
    out->d.dec = 0;
    if (large ? q != 0 : __builtin_mul_overflow(q, decimal_pow10(drop), &out->d.dec))
        func_fail(c, "Numeric field overflow: the result has more than 38 digits");
}

static void floor_decimal(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    round_digits(c, a->d.dec, c->types[0]->scale, ROUND_DOWN, out);
}

static void ceil_decimal(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    round_digits(c, a->d.dec, c->types[0]->scale, ROUND_UP, out);
}

/* ---- ROUND ----------------------------------------------------------------------------------- */

static int64_t double_to_long(double d)
{
    if (isnan(d))
        return 0;
    if (d >= 9223372036854775807.0)
        return INT64_MAX;
    return d <= -9223372036854775808.0 ? INT64_MIN : (int64_t)d;
}

static void round_int(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.l = a->d.i;
}

/* Java's Math.round: exact floor(x + 1/2). */
static void round_double(FuncCtx *c, const Value *a, int n, Value *out)
{
    double x = a->d.d, down = floor(x);
    UNUSED(c), UNUSED(n);
    out->d.l = double_to_long(x - down >= 0.5 ? down + 1 : down);
}

enum { MOST_PLACES = 1000000000 };

/* The shortest decimal text of |d| as digits × 10^exponent. */
static int64_t shortest_digits(double d, int *exponent)
{
    Buf b = BUF_INIT;
    int64_t digits = 0;
    int e = 0;
    bool point = false;
    text_double(&b, fabs(d));
    const char *text = buf_z(&b), *p = text;
    for (; *p && *p != 'E'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        digits = digits * 10 + (*p - '0');
        e -= point;
    }
    *exponent = e + (*p == 'E' ? atoi(p + 1) : 0);
    buf_free(&b);
    return digits;
}

static void double_places(FuncCtx *c, const Value *a, Value *out, Rounding how)
{
    double d = a[0].d.d;
    int e;
    if (!isfinite(d)) {
        func_fail(c, "Infinite or NaN");
        return;
    }
    if ((a[1].d.i > MOST_PLACES || a[1].d.i < -MOST_PLACES) && d != 0) {
        func_fail(c, "Overflow of the scale");
        return;
    }
    int64_t digits = shortest_digits(d, &e), drop = -(int64_t)e - a[1].d.i;
    if (drop <= 0) {
        out->d.d = d == 0 ? 0.0 : d;
        return;
    }
    i128 q = drop > 19 ? 0 : drop_digits(d < 0 ? -digits : digits, (int)drop, how);
    char text[64];
    snprintf(text, sizeof text, "%ldE%ld", (long)q, -(long)a[1].d.i);
    out->d.d = q == 0 ? 0.0 : strtod(text, NULL);
}

static void round_double_places(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    double_places(c, a, out, ROUND_NEAREST);
}

static void trunc_double_places(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    double_places(c, a, out, ROUND_CUT);
}

static void trunc_double(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.l = double_to_long(a->d.d);
}

static void trunc_decimal(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    out->d.dec = drop_digits(a->d.dec, c->types[0]->scale, ROUND_CUT);
}

static void round_decimal(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    out->d.dec = drop_digits(a->d.dec, c->types[0]->scale, ROUND_NEAREST);
}

static const Type *whole_decimal(Arena *a, const Type *const *args, int n)
{
    int digits = args[0]->precision - args[0]->scale;
    UNUSED(n);
    return type_decimal(a, digits > 0 ? digits : 1, 0);
}

static void decimal_places(FuncCtx *c, const Value *a, Value *out, Rounding how)
{
    int64_t drop = (int64_t)c->types[0]->scale - a[1].d.i;
    if ((a[1].d.i > MOST_PLACES || a[1].d.i < -MOST_PLACES) && a[0].d.dec != 0)
        func_fail(c, "Overflow of the scale");
    else if (drop <= 0)
        out->d.dec = a[0].d.dec;
    else
        round_digits(c, a[0].d.dec, drop > DECIMAL_MAX_PRECISION ? DECIMAL_MAX_PRECISION + 1 : (int)drop, how, out);
}

static void round_decimal_places(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    decimal_places(c, a, out, ROUND_NEAREST);
}

static void trunc_decimal_places(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    decimal_places(c, a, out, ROUND_CUT);
}

/* ---- SIGN, SQRT, GREATEST, LEAST ------------------------------------------------------------- */

static void sign_int(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.i = (a->d.i > 0) - (a->d.i < 0);
}

static void sign_bigint(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.i = (a->d.l > 0) - (a->d.l < 0);
}

static void sign_double(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.i = (a->d.d > 0) - (a->d.d < 0);
}

static void sqrt_int(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.d = sqrt(a->d.i);
}

static void sqrt_bigint(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.d = sqrt((double)a->d.l);
}

static void sqrt_double(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.d = sqrt(a->d.d);
}

static void extreme(FuncCtx *c, const Value *a, int n, Value *out, int sign)
{
    *out = value_null();
    for (int i = 0; i < n; i++)
        if (!a[i].null && (out->null || value_compare(c->types[0], &a[i], out) * sign > 0))
            *out = a[i];
}

static void greatest(FuncCtx *c, const Value *a, int n, Value *out) { extreme(c, a, n, out, 1); }
static void least(FuncCtx *c, const Value *a, int n, Value *out) { extreme(c, a, n, out, -1); }

static void extreme_decimal(const Value *a, int n, Value *out, int sign)
{
    *out = value_null();
    for (int i = 0; i < n; i++)
        if (!a[i].null && (out->null || (a[i].d.dec > out->d.dec ? 1 : -1) * sign > 0))
            *out = a[i];
}

static void greatest_decimal(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c);
    extreme_decimal(a, n, out, 1);
}

static void least_decimal(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c);
    extreme_decimal(a, n, out, -1);
}

/* NULL where scales differ: ksqlDB gives each value in its own scale, a DECIMAL here has its type's. */
static const Type *widest_decimal(Arena *a, const Type *const *args, int n)
{
    const Type *t = NULL;
    for (int i = 0; i < n; i++) {
        if (args[i]->kind != KIND_DECIMAL || args[i]->precision == 0)
            continue;
        if (t && t->scale != args[i]->scale)
            return NULL;
        t = t ? type_common(a, t, args[i]) : args[i];
    }
    return t ? t : type_decimal(a, DECIMAL_MAX_PRECISION, 0);
}

#define MATH .category = "MATHEMATICAL"
#define ABS MATH, .flags = FUNC_STRICT, .params = "val", .description = "The absolute value."
#define CEIL MATH, .flags = FUNC_STRICT, .params = "val", .description = \
    "The smallest whole number not below the value."
#define FLOOR MATH, .flags = FUNC_STRICT, .params = "val", .description = \
    "The largest whole number not above the value."
#define ROUND MATH, .params = "val", .description = "The nearest whole number; ties go up."
#define PLACES MATH, .flags = FUNC_STRICT, .params = "val, decimalPlaces", \
               .description = "The value rounded to so many decimal places."
#define TRUNC MATH, .flags = FUNC_STRICT, .params = "val", .description = "The whole part of the value."
#define CUT MATH, .flags = FUNC_STRICT, .params = "val, decimalPlaces", \
            .description = "The value cut off behind so many decimal places."
#define SIGN MATH, .flags = FUNC_STRICT, .params = "value", .description = "-1, 0 or 1."
#define SQRT MATH, .flags = FUNC_STRICT, .params = "value", .description = "The square root; NaN below zero."
#define MOST MATH, .params = "val, vals", .description = "The largest of the arguments that are not NULL."
#define LEAST MATH, .params = "val, vals", .description = "The smallest of the arguments that are not NULL."

static const FuncRow rows[] = {
    {"Abs(INT) -> INT", .row = abs_int, ABS, .example = "ABS(-2)", .expected = "2"},
    {"Abs(BIGINT) -> BIGINT", .row = abs_bigint, ABS, .example = "ABS(-3000000000)",
     .expected = "3000000000"},
    {"Abs(DOUBLE) -> DOUBLE", .row = abs_double, ABS, .example = "ABS(-1.5e0)", .expected = "1.5"},
    {"Abs(DECIMAL) -> DECIMAL", .row = abs_decimal, .result = first_decimal, ABS, .example = "ABS(-1.50)",
     .expected = "1.50"},
    {"Ceil(INT) -> INT", .row = identity, CEIL, .example = "CEIL(3)", .expected = "3"},
    {"Ceil(BIGINT) -> BIGINT", .row = identity, CEIL, .example = "CEIL(3000000000)",
     .expected = "3000000000"},
    {"Ceil(DOUBLE) -> DOUBLE", .row = ceil_double, CEIL, .example = "CEIL(1.2e0)", .expected = "2.0"},
    {"Ceil(DECIMAL) -> DECIMAL", .row = ceil_decimal, .result = first_decimal, CEIL, .example = "CEIL(1.20)",
     .expected = "2.00"},
    {"Floor(INT) -> INT", .row = identity, FLOOR, .example = "FLOOR(3)", .expected = "3"},
    {"Floor(BIGINT) -> BIGINT", .row = identity, FLOOR, .example = "FLOOR(3000000000)",
     .expected = "3000000000"},
    {"Floor(DOUBLE) -> DOUBLE", .row = floor_double, FLOOR, .example = "FLOOR(-1.2e0)", .expected = "-2.0"},
    {"Floor(DECIMAL) -> DECIMAL", .row = floor_decimal, .result = first_decimal, FLOOR,
     .example = "FLOOR(-1.20)",
     .expected = "-2.00"},
    {"Round(INT) -> BIGINT", .row = round_int, .flags = FUNC_PRIMITIVE, ROUND, .example = "ROUND(7)",
     .expected = "7"},
    {"Round(BIGINT) -> BIGINT", .row = identity, .flags = FUNC_PRIMITIVE, ROUND,
     .example = "ROUND(3000000000)",
     .expected = "3000000000"},
    {"Round(DOUBLE) -> BIGINT", .row = round_double, .flags = FUNC_STRICT, ROUND, .example = "ROUND(-1.5e0)",
     .expected = "-1"},
    {"Round(DOUBLE, INT) -> DOUBLE", .row = round_double_places, PLACES, .example = "ROUND(1.255e0, 2)",
     .expected = "1.26"},
    {"Round(DECIMAL) -> DECIMAL", .row = round_decimal, .flags = FUNC_STRICT, .result = whole_decimal, ROUND,
     .example = "ROUND(12.50)", .expected = "13"},
    {"Round(DECIMAL, INT) -> DECIMAL", .row = round_decimal_places, .result = first_decimal, PLACES,
     .example = "ROUND(1.255, 2)", .expected = "1.260"},
    {"trunc(DECIMAL) -> DECIMAL", .row = trunc_decimal, .result = whole_decimal, TRUNC,
     .example = "TRUNC(-12.50)", .expected = "-12"},
    {"trunc(DOUBLE) -> BIGINT", .row = trunc_double, TRUNC, .example = "TRUNC(-1.5e0)", .expected = "-1"},
    {"trunc(DOUBLE, INT) -> DOUBLE", .row = trunc_double_places, CUT, .example = "TRUNC(1.259e0, 2)",
     .expected = "1.25"},
    {"trunc(DECIMAL, INT) -> DECIMAL", .row = trunc_decimal_places, .result = first_decimal, CUT,
     .example = "TRUNC(1.259, 2)", .expected = "1.250"},
    {"trunc(INT) -> BIGINT", .row = round_int, TRUNC, .example = "TRUNC(7)", .expected = "7"},
    {"trunc(BIGINT) -> BIGINT", .row = identity, TRUNC, .example = "TRUNC(3000000000)",
     .expected = "3000000000"},
    {"sign(INT) -> INT", .row = sign_int, SIGN, .example = "SIGN(-5)", .expected = "-1"},
    {"sign(BIGINT) -> INT", .row = sign_bigint, SIGN, .example = "SIGN(3000000000)", .expected = "1"},
    {"sign(DOUBLE) -> INT", .row = sign_double, SIGN, .example = "SIGN(0e0)", .expected = "0"},
    {"sqrt(INT) -> DOUBLE", .row = sqrt_int, SQRT, .example = "SQRT(9)", .expected = "3.0"},
    {"sqrt(BIGINT) -> DOUBLE", .row = sqrt_bigint, SQRT, .example = "SQRT(10000000000)",
     .expected = "100000.0"},
    {"sqrt(DOUBLE) -> DOUBLE", .row = sqrt_double, SQRT, .example = "SQRT(2.25e0)", .expected = "1.5"},
    {"greatest(INT, INT...) -> INT", .row = greatest, MOST, .example = "GREATEST(1, 3, 2)", .expected = "3"},
    {"greatest(BIGINT, BIGINT...) -> BIGINT", .row = greatest, MOST,
     .example = "GREATEST(3000000000, 4000000000)",
     .expected = "4000000000"},
    {"greatest(DOUBLE, DOUBLE...) -> DOUBLE", .row = greatest, MOST, .example = "GREATEST(1e0, 1.5e0)",
     .expected = "1.5"},
    {"greatest(VARCHAR, VARCHAR...) -> VARCHAR", .row = greatest, MOST, .example = "GREATEST('a', 'c', 'b')",
     .expected = "c"},
    {"greatest(BYTES, BYTES...) -> BYTES", .row = greatest, MOST,
     .example = "GREATEST(CAST('AQ==' AS BYTES), CAST('Ag==' AS BYTES))", .expected = "Ag=="},
    {"greatest(DATE, DATE...) -> DATE", .row = greatest, MOST,
     .example = "GREATEST(CAST('2020-01-01' AS DATE), CAST('2021-01-01' AS DATE))", .expected = "2021-01-01"},
    {"greatest(TIME, TIME...) -> TIME", .row = greatest, MOST,
     .example = "GREATEST(CAST('10:00' AS TIME), CAST('11:00' AS TIME))", .expected = "11:00"},
    {"greatest(TIMESTAMP, TIMESTAMP...) -> TIMESTAMP", .row = greatest, MOST,
     .example = "GREATEST(CAST('2020' AS TIMESTAMP), CAST('2021' AS TIMESTAMP))", .expected =
         "2021-01-01T00:00:00.000"},
    {"greatest(DECIMAL, DECIMAL...) -> DECIMAL", .row = greatest_decimal, .result = widest_decimal, MOST,
     .example = "GREATEST(1.50, 1.25)", .expected = "1.50"},
    {"least(INT, INT...) -> INT", .row = least, LEAST, .example = "LEAST(2, 1, 3)", .expected = "1"},
    {"least(BIGINT, BIGINT...) -> BIGINT", .row = least, LEAST, .example = "LEAST(3000000000, 4000000000)",
     .expected = "3000000000"},
    {"least(DOUBLE, DOUBLE...) -> DOUBLE", .row = least, LEAST, .example = "LEAST(1e0, 1.5e0)",
     .expected = "1.0"},
    {"least(VARCHAR, VARCHAR...) -> VARCHAR", .row = least, LEAST, .example = "LEAST('b', 'a')",
     .expected = "a"},
    {"least(BYTES, BYTES...) -> BYTES", .row = least, LEAST,
     .example = "LEAST(CAST('AQ==' AS BYTES), CAST('Ag==' AS BYTES))", .expected = "AQ=="},
    {"least(DATE, DATE...) -> DATE", .row = least, LEAST,
     .example = "LEAST(CAST('2020-01-01' AS DATE), CAST('2021-01-01' AS DATE))", .expected = "2020-01-01"},
    {"least(TIME, TIME...) -> TIME", .row = least, LEAST,
     .example = "LEAST(CAST('10:00' AS TIME), CAST('11:00' AS TIME))", .expected = "10:00"},
    {"least(TIMESTAMP, TIMESTAMP...) -> TIMESTAMP", .row = least, LEAST,
     .example = "LEAST(CAST('2020' AS TIMESTAMP), CAST('2021' AS TIMESTAMP))", .expected =
         "2020-01-01T00:00:00.000"},
    {"least(DECIMAL, DECIMAL...) -> DECIMAL", .row = least_decimal, .result = widest_decimal, LEAST,
     .example = "LEAST(1.50, 1.25)", .expected = "1.25"},
};

const ScalarTable scalar_math = {rows, ARRAY_LEN(rows)};
