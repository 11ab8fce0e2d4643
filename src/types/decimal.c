// SPDX-License-Identifier: Apache-2.0
// Decimals: unscaled 128-bit integers with the scale in the type. Every operation says when its
// result does not fit.
//
// Rules as a recorded ksqlDB has them (page 03 §3.4 where it does not differ):
//   + - *   exact; only a result beyond 128 bits fails
//   /       exact at the result's scale, or it fails: nothing is rounded (1.0 / 3)
//   %       sign of the dividend; fails where the integer quotient has more significant digits than
//           the result's precision (99999 % 0.3)
//   DOUBLE -> DECIMAL  the double's exact value, rounded HALF_UP to `precision` digits, then to the scale
//   CAST    the value before rounding must lie below 10^(p - s); 9.5 as DECIMAL(1, 0) is therefore 10
//
// A type's precision may be more than 38 (results of operators); values are then still bound to
// 128 bits, 38 digits for certain. Any thread.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "types/cast.h"

static const char OVERFLOWS[] = "Numeric field overflow: the result has more than 38 digits";
static const char INEXACT[] = "Rounding necessary";
static const char BY_ZERO[] = "Division by zero";
static const char IMPOSSIBLE[] = "Division impossible";

i128 decimal_pow10(int n)
{
    static const uint64_t small[] = {1,
                                     10,
                                     100,
                                     1000,
                                     10000,
                                     100000,
                                     1000000,
                                     10000000,
                                     100000000,
                                     1000000000,
                                     10000000000,
                                     100000000000,
                                     1000000000000,
                                     10000000000000,
                                     100000000000000,
                                     1000000000000000,
                                     10000000000000000,
                                     100000000000000000,
                                     1000000000000000000,
                                     10000000000000000000u};
    BUG_IF(n < 0 || n > DECIMAL_MAX_PRECISION);
    return n < 20 ? (i128)small[n] : (i128)small[19] * (i128)small[n - 19];
}

static u128 magnitude(i128 v) { return v < 0 ? -(u128)v : (u128)v; }

/* v * 10^n; false beyond 128 bits. */
static bool scale_up(i128 v, int n, i128 *out)
{
    if (v == 0 || n == 0) {
        *out = v;
        return true;
    }
    return n <= DECIMAL_MAX_PRECISION && !__builtin_mul_overflow(v, decimal_pow10(n), out);
}

bool decimal_rescale(i128 v, int from, int to, bool round, i128 *out)
{
    if (to >= from)
        return scale_up(v, to - from, out);
    if (from - to > DECIMAL_MAX_PRECISION) {
        *out = 0; /* 128 bits have 39 digits: such a value is below a half */
        return v == 0 || round;
    }
    i128 unit = decimal_pow10(from - to), rest = v % unit;
    *out = v / unit;
    if (rest == 0)
        return true;
    if (magnitude(rest) * 2 >= (u128)unit)
        *out += v < 0 ? -1 : 1;
    return round;
}

bool decimal_fits(i128 v, int precision)
{
    if (precision < 0)
        precision = 0;
    return precision > DECIMAL_MAX_PRECISION || magnitude(v) < (u128)decimal_pow10(precision);
}

double decimal_to_double(i128 v, int scale)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (magnitude(v) < (u128)1 << 53 && scale < ARRAY_LEN(exact))
        return (double)(int64_t)v / exact[scale]; /* both exact: one rounding */
    Buf b = BUF_INIT;
    text_decimal(&b, v, 0);
    buf_printf(&b, "e-%d", scale);
    double d = strtod(buf_z(&b), NULL);
    buf_free(&b);
    return d;
}

bool decimal_from_double(double d, int precision, int scale, i128 *out)
{
    enum { EXACT_DIGITS = 800 }; /* more than any double has */
    char text[EXACT_DIGITS + 16];
    bool overflow;
    if (isnan(d) || isinf(d))
        return false;
    int n = snprintf(text, sizeof text, "%.*e", EXACT_DIGITS - 1, fabs(d));
    BUG_IF(n < 0 || n >= (int)sizeof text);
    int exp = atoi(strchr(text, 'e') + 1);
    /* d.ddd…: HALF_UP to `precision` digits on the digits themselves. */
    char digits[EXACT_DIGITS + 2];
    digits[0] = text[0];
    memcpy(digits + 1, text + 2, EXACT_DIGITS - 1);
    if (precision < EXACT_DIGITS && digits[precision] >= '5') {
        int i = precision - 1;
        while (i >= 0 && digits[i] == '9')
            digits[i--] = '0';
        if (i >= 0) {
            digits[i]++;
        } else {
            digits[0] = '1';
            exp++;
        }
    }
    int kept = precision < EXACT_DIGITS ? precision : EXACT_DIGITS;
    n = snprintf(text, sizeof text, "%s0.%.*se%d", d < 0 ? "-" : "", kept, digits, exp + 1);
    return parse_decimal((Str){text, (size_t)n}, precision, scale, true, out, &overflow);
}

int decimal_compare(i128 a, int sa, i128 b, int sb)
{
    i128 x = a, y = b;
    if (sa < sb && !scale_up(a, sb - sa, &x))
        return a < 0 ? -1 : 1; /* beyond 128 bits: further out than any b */
    if (sb < sa && !scale_up(b, sa - sb, &y))
        return b < 0 ? 1 : -1;
    return x < y ? -1 : x > y;
}

/* ---- operators ---- */

typedef struct Digits2 {
    int p, s;
} Digits2;

static Digits2 as_decimal(const Type *t)
{
    switch (t->kind) {
    case KIND_INTEGER:
        return (Digits2){10, 0};
    case KIND_BIGINT:
        return (Digits2){19, 0};
    default:
        return (Digits2){t->precision, t->scale};
    }
}

static int max_of(int a, int b) { return a > b ? a : b; }
static int min_of(int a, int b) { return a < b ? a : b; }

const Type *decimal_op_type(Arena *a, char op, const Type *x, const Type *y)
{
    Digits2 l = as_decimal(x), r = as_decimal(y);
    int s = max_of(l.s, r.s);
    switch (op) {
    case '+':
    case '-':
        return type_decimal(a, max_of(l.p - l.s, r.p - r.s) + s + 1, s);
    case '*':
        return type_decimal(a, l.p + r.p + 1, l.s + r.s);
    case '/':
        s = max_of(6, l.s + r.p + 1);
        return type_decimal(a, l.p - l.s + r.s + s, s);
    case '%':
        return type_decimal(a, min_of(l.p - l.s, r.p - r.s) + s, s);
    default:
        BUG("no such operator: %c", op);
    }
}

static u128 gcd(u128 a, u128 b)
{
    while (b) {
        u128 r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* How often p divides *v, which loses these factors. */
static int strip(u128 *v, unsigned p)
{
    int n = 0;
    for (; *v % p == 0; n++)
        *v /= p;
    return n;
}

/* x / y with `shift` more decimal places than their scales give, where x * 10^shift is too large: the
 * fraction is reduced; only a denominator 2^a * 5^b has an end. */
static bool divide_reduced(i128 x, i128 y, int shift, i128 *out, const char **why)
{
    u128 num = magnitude(x), den = magnitude(y), g = gcd(num, den);
    num /= g;
    den /= g;
    int twos = strip(&den, 2), fives = strip(&den, 5), places = max_of(twos, fives);
    *why = INEXACT;
    if (den != 1 || places > shift)
        return false;
    *why = OVERFLOWS;
    if (num > (u128)INT64_MAX << 64)
        return false;
    i128 v = (i128)num;
    for (; twos < places; twos++)
        if (__builtin_mul_overflow(v, (i128)2, &v))
            return false;
    for (; fives < places; fives++)
        if (__builtin_mul_overflow(v, (i128)5, &v))
            return false;
    if (!scale_up(v, shift - places, &v))
        return false;
    *out = (x < 0) != (y < 0) ? -v : v;
    return true;
}

static bool divide(i128 x, int sx, i128 y, int sy, int scale, i128 *out, const char **why)
{
    i128 n;
    int shift = scale - sx + sy;
    if (y == 0) {
        *why = BY_ZERO;
        return false;
    }
    *out = 0;
    if (x == 0)
        return true;
    if (shift < 0 || !scale_up(x, shift, &n))
        return divide_reduced(x, y, shift, out, why);
    *out = n / y;
    *why = INEXACT;
    return n % y == 0;
}

/* Counts the significant digits of a number that comes digit by digit, without leading and trailing zeros. */
typedef struct DigitCount {
    int seen, last;
} DigitCount;

static void count_digit(DigitCount *c, int digit)
{
    if (c->seen || digit)
        c->seen++;
    if (digit)
        c->last = c->seen;
}

/* rest = rest * 10 mod y, returns the digit rest * 10 / y; without ever going over 128 bits (y < 2^127). */
static int next_digit(u128 *rest, u128 y)
{
    static const char steps[] = {2, 1, 2}; /* 10 = 2 * (2 * 2 + 1): double, double, add, double */
    u128 r = *rest, once = *rest;
    int q = 0;
    r *= 2, q *= 2;
    if (r >= y)
        r -= y, q++;
    for (int i = 0; i < ARRAY_LEN(steps); i++) {
        bool twice = steps[i] == 2;
        r += twice ? r : once;
        q = twice ? q * 2 : q;
        if (r >= y)
            r -= y, q++;
    }
    *rest = r;
    return q;
}

static bool remainder_of(i128 x, int sx, i128 y, int sy, const Type *result, i128 *out, const char **why)
{
    DigitCount count = {0, 0};
    if (y == 0) {
        *why = BY_ZERO;
        return false;
    }
    i128 y_up = y;
    if (sy < sx && !scale_up(y, sx - sy, &y_up)) {
        *out = x; /* the divisor is larger than any dividend */
        return true;
    }
    u128 den = magnitude(y_up), rest = magnitude(x), q = rest / den;
    char text[48];
    int n = 0;
    rest %= den;
    for (u128 left = q; left; left /= 10)
        text[n++] = (char)(left % 10);
    while (n > 0)
        count_digit(&count, text[--n]);
    for (int i = sx; i < sy; i++)
        count_digit(&count, next_digit(&rest, den));
    if (count.last > result->precision) {
        *why = IMPOSSIBLE;
        return false;
    }
    *out = x < 0 ? -(i128)rest : (i128)rest;
    return true;
}

bool decimal_op(char op, i128 x, int sx, i128 y, int sy, const Type *result, i128 *out, const char **why)
{
    i128 l, r;
    *why = OVERFLOWS;
    switch (op) {
    case '+':
    case '-':
        if (!scale_up(x, result->scale - sx, &l) || !scale_up(y, result->scale - sy, &r))
            return false;
        return op == '+' ? !__builtin_add_overflow(l, r, out) : !__builtin_sub_overflow(l, r, out);
    case '*':
        return !__builtin_mul_overflow(x, y, out);
    case '/':
        return divide(x, sx, y, sy, result->scale, out, why);
    case '%':
        return remainder_of(x, sx, y, sy, result, out, why);
    default:
        BUG("no such operator: %c", op);
    }
}
