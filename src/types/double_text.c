// SPDX-License-Identifier: Apache-2.0
// DOUBLE as text exactly as Double.toString of Java 17, and its inverse.
//
// Java 17 does not always print the shortest digits (2.0E-3 is 0.002, but 2E23 is 2.0E23 and 1E23
// is 9.999999999999999E22): it generates digits by Steele and White's method ("Dragon4") with
// three habits that show:
//   1. an integer of up to 63 bits is printed with all its digits (9007199254740992 keeps 16), its
//      last ones dropped only where the number has more bits than its significand
//   2. the stopping test takes the distance to the neighbours as symmetric, and halves it only at
//      powers of two
//   3. in E notation at least two digits are generated before the test is looked at
//
//   d = B / S * 10^exp,  M = half the distance to the next double, scaled as B
//   digit = B / S;  B = 10 * (B % S);  M = 10 * M;  stop when B < M (low) or B + M > 10 * S (high)
//
// The numbers are 32-bit, 64-bit or long integers, by what fits; in the narrow ones M may wrap,
// which is part of what Java prints. Any thread.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "types/cast.h"

enum { BIG_WORDS = 84, FRACTION_BITS = 52 };

/* A natural number, least word first. */
typedef struct Big {
    uint32_t w[BIG_WORDS];
    int n; /* words used; the last is not 0 */
} Big;

static void big_set(Big *b, uint64_t v)
{
    b->w[0] = (uint32_t)v;
    b->w[1] = (uint32_t)(v >> 32);
    b->n = b->w[1] ? 2 : b->w[0] ? 1 : 0;
}

static void big_mul(Big *b, uint32_t by)
{
    uint64_t carry = 0;
    for (int i = 0; i < b->n; i++) {
        carry += (uint64_t)b->w[i] * by;
        b->w[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        b->w[b->n++] = (uint32_t)carry;
}

static void big_shift(Big *b, int bits)
{
    int words = bits / 32;
    bits %= 32;
    if (b->n == 0)
        return;
    if (bits)
        big_mul(b, 1u << bits);
    memmove(b->w + words, b->w, sizeof b->w[0] * (size_t)b->n);
    memset(b->w, 0, sizeof b->w[0] * (size_t)words);
    b->n += words;
}

static void big_init(Big *b, uint64_t v, int fives, int twos)
{
    big_set(b, v);
    for (; fives >= 13; fives -= 13)
        big_mul(b, 1220703125);
    for (; fives > 0; fives--)
        big_mul(b, 5);
    big_shift(b, twos);
}

static int big_cmp(const Big *x, const Big *y)
{
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    for (int i = x->n; i-- > 0;)
        if (x->w[i] != y->w[i])
            return x->w[i] < y->w[i] ? -1 : 1;
    return 0;
}

static void big_sub(Big *x, const Big *y)
{
    int64_t borrow = 0;
    for (int i = 0; i < x->n; i++) {
        borrow += (int64_t)x->w[i] - (i < y->n ? y->w[i] : 0);
        x->w[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    while (x->n && x->w[x->n - 1] == 0)
        x->n--;
}

static void big_add(Big *x, const Big *y)
{
    uint64_t carry = 0;
    for (int i = 0; i < x->n || i < y->n || carry; i++) {
        carry += (uint64_t)(i < x->n ? x->w[i] : 0) + (i < y->n ? y->w[i] : 0);
        x->w[i] = (uint32_t)carry;
        carry >>= 32;
        if (i >= x->n)
            x->n = i + 1;
    }
}

/* Digits of a number 0.d1d2d3… * 10^exp. */
typedef struct Digits {
    char d[32];
    int n, exp;
} Digits;

static void round_up(Digits *g)
{
    int i = g->n - 1;
    while (i > 0 && g->d[i] == '9')
        g->d[i--] = '0';
    if (g->d[i] == '9') {
        g->d[i] = '1';
        g->exp++;
    } else {
        g->d[i]++;
    }
}

/* Rounds the last digit by what stopped the generation; rest: how B lies to half of S, used when both did. */
static void finish(Digits *g, int decimal_exp, bool low, bool high, int rest)
{
    g->exp = decimal_exp + 1;
    if (!high)
        return;
    if (!low || rest > 0 || (rest == 0 && (g->d[g->n - 1] & 1)))
        round_up(g);
}

/* An integer: all its digits but the last `drop`, which are rounded away; trailing zeros go. */
static void integer_digits(Digits *g, uint64_t v, int drop)
{
    char text[24];
    int exp = 0;
    if (drop > 0) {
        uint64_t pow10 = 1;
        for (int i = 0; i < drop; i++)
            pow10 *= 10;
        uint64_t rest = v % pow10;
        v = v / pow10 + (rest >= pow10 / 2);
        exp = drop;
    }
    g->n = snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    g->exp = g->n + exp;
    while (g->n > 1 && text[g->n - 1] == '0')
        g->n--;
    memcpy(g->d, text, (size_t)g->n);
}

/* The number as powers: B = bits * 5^b5 * 2^b2, S = 5^s5 * 2^s2, M = 5^b5 * 2^m2. */
typedef struct Scaled {
    uint64_t bits;
    int b2, b5, s2, s5, m2, exp;
} Scaled;

static bool plain_notation(int exp) { return exp >= -3 && exp < 8; }

static int64_t pow5(int n)
{
    int64_t v = 1;
    while (n-- > 0)
        v *= 5;
    return v;
}

/* Arithmetic of an int (narrow) or a long, with Java's wrapping. */
static int64_t wrap(uint64_t v, bool narrow) { return narrow ? (int32_t)(uint32_t)v : (int64_t)v; }

static void small_digits(Digits *g, const Scaled *x, bool narrow)
{
    int64_t b = wrap(((uint64_t)x->bits * (uint64_t)pow5(x->b5)) << x->b2, narrow);
    int64_t s = wrap((uint64_t)pow5(x->s5) << x->s2, narrow);
    int64_t m = wrap((uint64_t)pow5(x->b5) << x->m2, narrow);
    int64_t tens = wrap((uint64_t)s * 10, narrow);
    int64_t q = b / s;
    int exp = x->exp;
    b = 10 * (b % s);
    m = wrap((uint64_t)m * 10, narrow);
    bool low = b < m, high = wrap((uint64_t)b + (uint64_t)m, narrow) > tens;
    g->n = 0;
    if (q == 0 && !high)
        exp--;
    else
        g->d[g->n++] = (char)('0' + q);
    if (!plain_notation(exp))
        high = low = false;
    while (!low && !high) {
        q = b / s;
        b = 10 * (b % s);
        m = wrap((uint64_t)m * 10, narrow);
        low = m <= 0 || b < m;
        high = m <= 0 || wrap((uint64_t)b + (uint64_t)m, narrow) > tens;
        g->d[g->n++] = (char)('0' + q);
    }
    int64_t rest = wrap(((uint64_t)b << 1) - (uint64_t)tens, false);
    finish(g, exp, low, high, rest < 0 ? -1 : rest > 0);
}

/* B / S as a digit; B becomes 10 * (B % S). */
static int big_digit(Big *b, const Big *s)
{
    int q = 0;
    for (; big_cmp(b, s) >= 0; q++)
        big_sub(b, s);
    big_mul(b, 10);
    return q;
}

static bool big_high(const Big *b, const Big *m, const Big *tens)
{
    Big sum = *b;
    big_add(&sum, m);
    return big_cmp(tens, &sum) <= 0;
}

static void big_digits(Digits *g, const Scaled *x)
{
    Big b, s, m, tens;
    big_init(&b, x->bits, x->b5, x->b2);
    big_init(&s, 1, x->s5, x->s2);
    big_init(&m, 1, x->b5 + 1, x->m2 + 1);
    big_init(&tens, 1, x->s5 + 1, x->s2 + 1);
    int exp = x->exp, q = big_digit(&b, &s);
    bool low = big_cmp(&b, &m) < 0, high = big_high(&b, &m, &tens);
    g->n = 0;
    if (q == 0 && !high)
        exp--;
    else
        g->d[g->n++] = (char)('0' + q);
    if (!plain_notation(exp))
        high = low = false;
    while (!low && !high) {
        q = big_digit(&b, &s);
        big_mul(&m, 10);
        low = big_cmp(&b, &m) < 0;
        high = big_high(&b, &m, &tens);
        g->d[g->n++] = (char)('0' + q);
    }
    int rest = 0;
    if (high && low) {
        big_shift(&b, 1);
        rest = big_cmp(&b, &tens);
    }
    finish(g, exp, low, high, rest);
}

/* Bits of 5^n; the numbers' sizes are judged by it as Java judges them. */
static int bits_of_pow5(int n)
{
    static const uint8_t bits[] = {0,  3,  5,  7,  10, 12, 14, 17, 19, 21, 24, 26, 28, 31,
                                   33, 35, 38, 40, 42, 45, 47, 49, 52, 54, 56, 59, 61};
    return n < ARRAY_LEN(bits) ? bits[n] : n * 3;
}

/* floor(log10) of significand * 2^exp, or one more: log10 of 1 … 2 as a line, which is enough. */
static int estimate_exp(uint64_t significand, int exp)
{
    uint64_t bits = (significand & (((uint64_t)1 << FRACTION_BITS) - 1)) | (uint64_t)1023 << FRACTION_BITS;
    double d;
    memcpy(&d, &bits, 8);
    return (int)floor((d - 1.5) * 0.289529654 + 0.176091259 + (double)exp * 0.301029995663981);
}

/* significand: 53 bits, the highest set; exp: of that highest bit; kept: how many bits the double holds. */
static void generate(Digits *g, uint64_t significand, int exp, int kept)
{
    int zeros = __builtin_ctzll(significand), nbits = FRACTION_BITS + 1 - zeros;
    int tiny = nbits - exp - 1 > 0 ? nbits - exp - 1 : 0;
    if (tiny == 0 && exp <= 62 && exp >= -21 && nbits < 64) {
        int spare = exp > kept ? exp - kept - 1 : 0;
        int drop = spare > 1 ? (int)(spare * 0.30102999566398114) : 0;
        int left = exp - FRACTION_BITS;
        integer_digits(g, left >= 0 ? significand << left : significand >> -left, drop);
        return;
    }
    Scaled x = {.exp = estimate_exp(significand, exp), .bits = significand >> zeros};
    x.b5 = x.exp < 0 ? -x.exp : 0;
    x.b2 = x.b5 + tiny + exp;
    x.s5 = x.exp > 0 ? x.exp : 0;
    x.s2 = x.s5 + tiny;
    x.m2 = x.b2 - kept;
    x.b2 -= nbits - 1;
    int common = x.b2 < x.s2 ? x.b2 : x.s2;
    x.b2 -= common;
    x.s2 -= common;
    x.m2 -= common;
    if (nbits == 1)
        x.m2--;
    if (x.m2 < 0) {
        x.b2 -= x.m2;
        x.s2 -= x.m2;
        x.m2 = 0;
    }
    int b_bits = nbits + x.b2 + bits_of_pow5(x.b5), tens_bits = x.s2 + 1 + bits_of_pow5(x.s5 + 1);
    if (b_bits < 64 && tens_bits < 64)
        small_digits(g, &x, b_bits < 32 && tens_bits < 32);
    else
        big_digits(g, &x);
}

static void put_digits(Buf *out, const Digits *g)
{
    if (g->exp > 0 && g->exp < 8) {
        int whole = g->n < g->exp ? g->n : g->exp;
        buf_bytes(out, g->d, (size_t)whole);
        buf_repeat(out, '0', g->exp - whole);
        buf_byte(out, '.');
        if (g->n > g->exp)
            buf_bytes(out, g->d + g->exp, (size_t)(g->n - g->exp));
        else
            buf_byte(out, '0');
    } else if (g->exp <= 0 && g->exp > -3) {
        buf_cstr(out, "0.");
        buf_repeat(out, '0', -g->exp);
        buf_bytes(out, g->d, (size_t)g->n);
    } else {
        buf_byte(out, g->d[0]);
        buf_byte(out, '.');
        if (g->n > 1)
            buf_bytes(out, g->d + 1, (size_t)g->n - 1);
        else
            buf_byte(out, '0');
        buf_printf(out, "E%d", g->exp - 1);
    }
}

void text_double(Buf *out, double d)
{
    uint64_t bits, significand;
    if (d != d) {
        buf_cstr(out, "NaN");
        return;
    }
    memcpy(&bits, &d, 8);
    if (bits >> 63) {
        buf_byte(out, '-');
        d = -d;
    }
    if (d < 1e7 && d == (double)(int32_t)d) { /* the common case: a small whole number */
        text_int(out, (int64_t)d);
        buf_cstr(out, ".0");
        return;
    }
    if (isinf(d)) {
        buf_cstr(out, "Infinity");
        return;
    }
    int exp = (int)(bits >> FRACTION_BITS & 0x7FF), kept = FRACTION_BITS + 1;
    significand = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    if (exp == 0) {
        int lead = __builtin_clzll(significand), shift = lead - (63 - FRACTION_BITS);
        significand <<= shift;
        exp = 1 - shift;
        kept = 64 - lead;
    } else {
        significand |= (uint64_t)1 << FRACTION_BITS;
    }
    Digits g;
    generate(&g, significand, exp - 1023, kept);
    put_digits(out, &g);
}

/* ---- reading ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static size_t span(Str s, size_t at, bool (*is)(char))
{
    size_t n = 0;
    while (at + n < s.n && is(s.p[at + n]))
        n++;
    return n;
}

/* Does s have the form of a Java floating-point literal (after its sign, without its suffix)? */
static bool is_float_text(Str s)
{
    bool hex = s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X');
    bool (*digit)(char) = hex ? is_hex : is_digit;
    size_t at = hex ? 2 : 0, n = span(s, at, digit), digits = n;
    at += n;
    if (at < s.n && s.p[at] == '.') {
        n = span(s, ++at, digit);
        digits += n;
        at += n;
    }
    if (!digits)
        return false;
    bool exponent = at < s.n && (hex ? s.p[at] == 'p' || s.p[at] == 'P' : s.p[at] == 'e' || s.p[at] == 'E');
    if (exponent) {
        at++;
        if (at < s.n && (s.p[at] == '+' || s.p[at] == '-'))
            at++;
        n = span(s, at, is_digit);
        if (!n)
            return false;
        at += n;
    }
    return at == s.n && (exponent || !hex);
}

bool parse_double(Str s, double *out)
{
    char small[64];
    while (s.n && (uint8_t)s.p[0] <= ' ')
        s = str_sub(s, 1, s.n - 1);
    while (s.n && (uint8_t)s.p[s.n - 1] <= ' ')
        s.n--;
    Str body = s;
    bool minus = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        body = str_sub(s, 1, s.n - 1);
    if (str_eq_c(body, "NaN") || str_eq_c(body, "Infinity")) {
        *out = body.p[0] == 'N' ? (double)NAN : minus ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    if (body.n && strchr("dDfF", body.p[body.n - 1]) && body.p[body.n - 1]) {
        Str shorter = str_sub(body, 0, body.n - 1);
        if (is_float_text(shorter))
            body = shorter;
    }
    if (!is_float_text(body))
        return false;
    char *text = body.n < sizeof small ? small : mem_alloc(body.n + 1);
    memcpy(text, body.p, body.n);
    text[body.n] = 0;
    double d = strtod(text, NULL);
    *out = minus ? -d : d;
    if (text != small)
        mem_free(text);
    return true;
}
