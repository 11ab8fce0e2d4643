// SPDX-License-Identifier: Apache-2.0
// Whole numbers and decimals as text and back.
//
// Reading takes what Java's Long.parseLong and new BigDecimal(String) take, Unicode's other
// decimal digits ("１２") among it. Any thread.
#include <stdio.h>

#include "types/text.h"

void text_int(Buf *out, int64_t v)
{
    char text[24], *p = text + sizeof text;
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (v < 0)
        *--p = '-';
    buf_bytes(out, p, (size_t)(text + sizeof text - p));
}

void text_decimal(Buf *out, i128 unscaled, int scale)
{
    char text[48], *p = text + sizeof text;
    u128 u = unscaled < 0 ? -(u128)unscaled : (u128)unscaled;
    while (u > UINT64_MAX) { /* 64-bit division is the cheap one */
        uint64_t low = (uint64_t)(u % 1000000000000000000u);
        u /= 1000000000000000000u;
        for (int i = 0; i < 18; i++, low /= 10)
            *--p = (char)('0' + low % 10);
    }
    for (uint64_t small = (uint64_t)u; small; small /= 10)
        *--p = (char)('0' + small % 10);
    int n = (int)(text + sizeof text - p);
    if (unscaled < 0)
        buf_byte(out, '-');
    if (n > scale) {
        buf_bytes(out, p, (size_t)(n - scale));
        p += n - scale;
        n = scale;
    } else {
        buf_byte(out, '0');
    }
    if (scale > 0) {
        buf_byte(out, '.');
        buf_repeat(out, '0', scale - n);
        buf_bytes(out, p, (size_t)n);
    }
}

/* ---- reading ---- */

/* The value of a decimal digit of the Basic Multilingual Plane, or -1. */
static int unicode_digit(uint32_t c)
{
    static const uint16_t zeros[] = {0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
                                     0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090,
                                     0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
                                     0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};
    for (int i = 0; i < ARRAY_LEN(zeros); i++)
        if (c >= zeros[i] && c < (uint32_t)zeros[i] + 10)
            return (int)c - zeros[i];
    return -1;
}

/* Takes a digit off the front: 0 … 9, or -1 when there is none. */
static int take_digit(const uint8_t **p, const uint8_t *end)
{
    if (*p == end)
        return -1;
    if (**p < 0x80)
        return **p >= '0' && **p <= '9' ? *(*p)++ - '0' : -1;
    const uint8_t *at = *p;
    int d = unicode_digit(utf8_next(&at, end));
    if (d >= 0)
        *p = at;
    return d;
}

bool parse_int64(Str s, int64_t *out)
{
    if (s.n == 0)
        return false;
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    bool minus = *p == '-';
    uint64_t v = 0, most = minus ? (uint64_t)1 << 63 : INT64_MAX;
    if (*p == '-' || *p == '+')
        p++;
    if (p == end)
        return false;
    while (p < end) {
        int d = take_digit(&p, end);
        if (d < 0 || v > (most - (uint64_t)d) / 10)
            return false;
        v = v * 10 + (uint64_t)d;
    }
    *out = minus ? (int64_t)-v : (int64_t)v;
    return true;
}

/* What was read of a number's text: its digits' places, and where the point stands. */
typedef struct DecimalText {
    const uint8_t *digits, *end; /* digits and perhaps one point */
    int64_t ndigits, point;      /* digits; how many of them stand before the point */
    int64_t exp;
    bool minus;
} DecimalText;

static bool scan_exponent(const uint8_t *p, const uint8_t *end, int64_t *exp)
{
    bool minus = p < end && *p == '-';
    int64_t v = 0;
    int n = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end; n++) {
        int d = take_digit(&p, end);
        if (d < 0 || n > 9)
            return false;
        v = v * 10 + d;
    }
    *exp = minus ? -v : v;
    return n > 0 && v <= INT32_MAX;
}

static bool scan_decimal(Str s, DecimalText *t)
{
    if (s.n == 0)
        return false;
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    *t = (DecimalText){.point = -1, .minus = *p == '-'};
    if (*p == '-' || *p == '+')
        p++;
    t->digits = p;
    for (;;) {
        if (take_digit(&p, end) >= 0) {
            t->ndigits++;
        } else if (p < end && *p == '.' && t->point < 0) {
            t->point = t->ndigits;
            p++;
        } else {
            break;
        }
    }
    t->end = p;
    if (t->point < 0)
        t->point = t->ndigits;
    if (t->ndigits == 0)
        return false;
    if (p == end)
        return true;
    return (*p == 'e' || *p == 'E') && scan_exponent(p + 1, end, &t->exp);
}

bool parse_decimal(Str s, int precision, int scale, bool round, i128 *out, bool *overflow)
{
    DecimalText t;
    u128 v = 0;
    *overflow = false;
    if (!scan_decimal(s, &t))
        return false;
    int64_t weight = t.point + t.exp; /* the next digit counts 10^(weight - 1) */
    bool up = false;
    for (const uint8_t *p = t.digits; p < t.end; weight--) {
        int d = *p == '.' ? (p++, -1) : take_digit(&p, t.end);
        if (d < 0) {
            weight++;
            continue;
        }
        if (v == 0 && d == 0)
            continue;
        if (weight - 1 >= precision - scale) {
            *overflow = true;
            return false;
        }
        if (weight - 1 < -(int64_t)scale) {
            if (d != 0 && !round)
                return false;
            if (weight == -(int64_t)scale)
                up = d >= 5;
            continue;
        }
        if (v > ((u128)INT64_MAX << 64) / 10) {
            *overflow = true;
            return false;
        }
        v = v * 10 + (u128)d;
    }
    /* Places between the last digit and the scale. */
    if (v)
        for (int64_t left = weight + scale; left > 0; left--) {
            if (v > ((u128)INT64_MAX << 64) / 10) {
                *overflow = true;
                return false;
            }
            v *= 10;
        }
    v += up;
    *out = t.minus ? -(i128)v : (i128)v;
    return true;
}
