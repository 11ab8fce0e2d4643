// SPDX-License-Identifier: Apache-2.0
// Functions of DOUBLE: angles, logarithms, powers (page 06 §6.1, Numeric). INT and BIGINT count as DOUBLE.
//
// Out of the domain is NaN, as in Java; LOG to a base has its own cases, and POWER(±1, ±Infinity) is NaN there.
#include <math.h>

#include "func/tables.h"

static double number(const FuncCtx *c, const Value *a, int i)
{
    switch (c->types[i]->kind) {
    case KIND_INTEGER: return a[i].d.i;
    case KIND_BIGINT: return (double)a[i].d.l;
    default: return a[i].d.d;
    }
}

static double cube_root(double x) { return (double)cbrtl(x); }
static double cot(double x) { return 1.0 / tan(x); }
static double degrees(double x) { return x * (180.0 / M_PI); }
static double radians(double x) { return x * (M_PI / 180.0); }

#define ONE(name, f)                                                  \
    static void name(FuncCtx *c, const Value *a, int n, Value *out)   \
    {                                                                 \
        UNUSED(n);                                                    \
        out->d.d = f(number(c, a, 0));                                \
    }

ONE(fn_acos, acos)
ONE(fn_asin, asin)
ONE(fn_atan, atan)
ONE(fn_cbrt, cube_root)
ONE(fn_cos, cos)
ONE(fn_cosh, cosh)
ONE(fn_cot, cot)
ONE(fn_degrees, degrees)
ONE(fn_exp, exp)
ONE(fn_ln, log)
ONE(fn_radians, radians)
ONE(fn_sin, sin)
ONE(fn_sinh, sinh)
ONE(fn_tan, tan)
ONE(fn_tanh, tanh)

/* As Java: from the rounded quotient, with π in two parts; libm's is closer to the true angle. */
static double angle(double y, double x)
{
    static const double pi_low = 1.2246467991473531772e-16;
    if (isnan(x) || isnan(y) || isinf(x) || isinf(y) || x == 0 || y == 0)
        return atan2(y, x);
    double z = atan(fabs(y / x));
    if (fabs(y) / fabs(x) > 0x1p60)
        z = M_PI_2 + 0.5 * pi_low;
    else if (x < 0 && fabs(y) / fabs(x) < 0x1p-60)
        z = 0;
    if (x > 0)
        return y < 0 ? -z : z;
    return y < 0 ? (z - pi_low) - M_PI : M_PI - (z - pi_low);
}

static void fn_atan2(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    out->d.d = angle(number(c, a, 0), number(c, a, 1));
}

static void fn_power(FuncCtx *c, const Value *a, int n, Value *out)
{
    double x = number(c, a, 0), y = number(c, a, 1);
    UNUSED(n);
    out->d.d = isnan(y) || (fabs(x) == 1 && isinf(y)) ? NAN : pow(x, y);
}

static void fn_log_base(FuncCtx *c, const Value *a, int n, Value *out)
{
    double base = number(c, a, 0), x = number(c, a, 1);
    UNUSED(n);
    out->d.d = base <= 0 || base == 1 ? NAN : log(x) / log(base);
}

static void fn_pi(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(a), UNUSED(n);
    *out = value_double(M_PI);
}

/* ---- GEO_DISTANCE, RANDOM -------------------------------------------------------------------- */

/* The radius of the earth in the unit; 0: there is no such unit. */
static double earth_radius(Str unit)
{
    static const struct {
        const char *name;
        double radius;
    } units[] = {{"", 6371},         {"km", 6371},        {"kilometer", 6371}, {"kilometers", 6371}, {"kilometre", 6371},
                 {"kilometres", 6371}, {"mi", 3959},      {"mile", 3959},      {"miles", 3959}};
    unit = str_trim(unit);
    for (int i = 0; i < ARRAY_LEN(units); i++)
        if (str_eq_nocase(unit, str_of(units[i].name)))
            return units[i].radius;
    return 0;
}

/* By the haversine formula. */
static void fn_geo_distance(FuncCtx *c, const Value *a, int n, Value *out)
{
    *out = value_null();
    for (int i = 0; i < 4; i++) {
        double most = i % 2 ? 180 : 90;
        if (a[i].null) {
            func_fail(c, "GEO_DISTANCE: a coordinate is NULL");
            return;
        }
        if (a[i].d.d < -most || a[i].d.d > most) {
            func_fail(c, "valid latitude values for GeoDistance function are in the range of -90 to 90 and longitude values "
                         "are in the range of -180 to +180");
            return;
        }
    }
    double radius = earth_radius(n > 4 && !a[4].null ? view_str(a[4].d.s) : STR(""));
    if (radius == 0) {
        func_fail(c, "GeoDistance function units parameter must be one of: km, kilometer, kilometre, mi, mile");
        return;
    }
    double lat1 = a[0].d.d * (M_PI / 180), lat2 = a[2].d.d * (M_PI / 180);
    double dlat = sin((a[2].d.d - a[0].d.d) * (M_PI / 180) / 2), dlon = sin((a[3].d.d - a[1].d.d) * (M_PI / 180) / 2);
    double h = dlat * dlat + dlon * dlon * cos(lat1) * cos(lat2);
    *out = value_double(2 * asin(sqrt(h)) * radius);
}

static void fn_random(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(a), UNUSED(n);
    *out = value_double((double)(c->random(c->random_arg) >> 11) * 0x1p-53);
}

#define DISTANCE(sig, names, ex, want)                                                                         \
    {sig, .row = fn_geo_distance, .category = "MATHEMATICAL", .params = names,                                 \
     .description = "The distance between two points on the earth, in kilometres unless miles are asked for.", \
     .example = ex, .expected = want}
#define ROW(sig, f, names, text, ex, want)                                                                     \
    {sig, .row = f, .flags = FUNC_STRICT, .category = "MATHEMATICAL", .params = names, .description = text,    \
     .example = ex, .expected = want}
/* arg: an example's argument; want: the result. */
#define UNARY(name, f, param, text, arg, want)                                                                 \
    ROW(name "(DOUBLE) -> DOUBLE", f, param, text, name "(" arg "e0)", want),                                  \
    ROW(name "(INT) -> DOUBLE", f, param, text, name "(" arg ")", want),                                       \
    ROW(name "(BIGINT) -> DOUBLE", f, param, text, name "(CAST(" arg " AS BIGINT))", want)
#define BINARY(name, f, param, text, x, y, want)                                                               \
    ROW(name "(INT, INT) -> DOUBLE", f, param, text, name "(" x ", " y ")", want),                             \
    ROW(name "(BIGINT, BIGINT) -> DOUBLE", f, param, text,                                                     \
        name "(CAST(" x " AS BIGINT), CAST(" y " AS BIGINT))", want),                                          \
    ROW(name "(DOUBLE, DOUBLE) -> DOUBLE", f, param, text, name "(" x "e0, " y "e0)", want)

static const FuncRow rows[] = {
    UNARY("acos", fn_acos, "value", "The arc cosine, in radians.", "1", "0.0"),
    UNARY("asin", fn_asin, "value", "The arc sine, in radians.", "0", "0.0"),
    UNARY("atan", fn_atan, "value", "The arc tangent, in radians.", "0", "0.0"),
    BINARY("atan2", fn_atan2, "y, x", "The angle of the point (x, y), in radians.", "0", "1", "0.0"),
    UNARY("cbrt", fn_cbrt, "value", "The cube root.", "8", "2.0"),
    UNARY("cos", fn_cos, "value", "The cosine of radians.", "0", "1.0"),
    UNARY("cosh", fn_cosh, "value", "The hyperbolic cosine.", "0", "1.0"),
    UNARY("cot", fn_cot, "value", "The cotangent of radians.", "0", "Infinity"),
    UNARY("degrees", fn_degrees, "value", "Radians as degrees.", "0", "0.0"),
    UNARY("exp", fn_exp, "exponent", "e to this power.", "0", "1.0"),
    UNARY("ln", fn_ln, "value", "The natural logarithm.", "1", "0.0"),
    BINARY("log", fn_log_base, "base, value", "The logarithm to a base.", "2", "8", "3.0"),
    UNARY("log", fn_ln, "value", "The natural logarithm.", "1", "0.0"),
    DISTANCE("geo_distance(DOUBLE, DOUBLE, DOUBLE, DOUBLE) -> DOUBLE", "lat1, lon1, lat2, lon2",
             "GEO_DISTANCE(37.4, -122.1, 40.7, -74.0)", "4117.907360719032"),
    DISTANCE("geo_distance(DOUBLE, DOUBLE, DOUBLE, DOUBLE, VARCHAR) -> DOUBLE", "lat1, lon1, lat2, lon2, units",
             "GEO_DISTANCE(37.4, -122.1, 40.7, -74.0, 'miles')", "2558.9068028702945"),
    {"random() -> DOUBLE", .row = fn_random, .flags = FUNC_VOLATILE, .category = "MATHEMATICAL", .params = "",
     .description = "A random number from 0 to below 1.", .example = "FLOOR(RANDOM())", .expected = "0.0"},
    {"pi() -> DOUBLE", .row = fn_pi, .category = "MATHEMATICAL", .params = "",
     .description = "The ratio of a circle's circumference to its diameter.", .example = "PI()",
     .expected = "3.141592653589793"},
    BINARY("power", fn_power, "base, exponent", "The base to the power of the exponent.", "2", "10", "1024.0"),
    UNARY("radians", fn_radians, "value", "Degrees as radians.", "180", "3.141592653589793"),
    UNARY("sin", fn_sin, "value", "The sine of radians.", "0", "0.0"),
    UNARY("sinh", fn_sinh, "value", "The hyperbolic sine.", "0", "0.0"),
    UNARY("tan", fn_tan, "value", "The tangent of radians.", "0", "0.0"),
    UNARY("tanh", fn_tanh, "value", "The hyperbolic tangent.", "0", "0.0"),
};

const ScalarTable scalar_trig = {rows, ARRAY_LEN(rows)};
