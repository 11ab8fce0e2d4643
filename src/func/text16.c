// SPDX-License-Identifier: Apache-2.0
// UTF-16 positions over UTF-8; see text16.h.
#include "func/text16.h"

bool text_ascii(Str s)
{
    uint64_t any = 0, w;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        memcpy(&w, s.p + i, 8);
        any |= w;
    }
    for (; i < s.n; i++)
        any |= (uint8_t)s.p[i];
    return (any & UINT64_C(0x8080808080808080)) == 0;
}

/* Moves to unit `at`; *half is set when that is the second of a pair (p then stands on its character). */
static const uint8_t *walk(Str s, int64_t at, bool *half)
{
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    *half = false;
    while (at > 0 && p < end) {
        const uint8_t *start = p;
        int units = utf8_next(&p, end) > 0xffff ? 2 : 1;
        if (units > at) {
            *half = true;
            return start;
        }
        at -= units;
    }
    return p;
}

size_t text16_byte(Str s, int64_t at)
{
    bool half;
    return (size_t)(walk(s, at, &half) - (const uint8_t *)s.p);
}

size_t text16_byte_from(Str s, int64_t at)
{
    bool half;
    const uint8_t *p = walk(s, at, &half);
    if (half)
        utf8_next(&p, (const uint8_t *)s.p + s.n);
    return (size_t)(p - (const uint8_t *)s.p);
}

Str text16_slice(Arena *a, Str s, int64_t from, int64_t to)
{
    bool half_from, half_to;
    if (text_ascii(s))
        return str_sub(s, (size_t)from, (size_t)(to - from));
    const uint8_t *p = walk(s, from, &half_from), *q = walk(s, to, &half_to), *end =
        (const uint8_t *)s.p + s.n;
    if (!half_from && !half_to)
        return (Str){(const char *)p, (size_t)(q - p)};
    if (from == to)
        return (Str){s.p, 0};
    Buf b = BUF_INIT;
    if (half_from)
        utf8_put(&b, 0xdc00 + ((utf8_next(&p, end) - 0x10000) & 0x3ff));
    buf_bytes(&b, p, (size_t)(q - p));
    if (half_to)
        utf8_put(&b, 0xd800 + ((utf8_next(&q, end) - 0x10000) >> 10));
    Str out = arena_str(a, buf_view(&b));
    buf_free(&b);
    return out;
}

bool text16_cuts(Str what)
{
    if (what.n < 3)
        return false;
    const uint8_t *p = (const uint8_t *)what.p, *q = p + what.n - 3;
    return (p[0] == 0xed && p[1] >= 0xb0) || (q[0] == 0xed && q[1] >= 0xa0 && q[1] < 0xb0);
}

Str text16_apart(Arena *a, Str s)
{
    Buf b = BUF_INIT;
    const uint8_t *p = (const uint8_t *)s.p, *end = s.n ? p + s.n : p;
    while (p < end) {
        uint32_t c = utf8_next(&p, end);
        if (c >= 0x10000) {
            utf8_put(&b, 0xd7c0 + (c >> 10));
            c = 0xdc00 | (c & 0x3ff);
        }
        utf8_put(&b, c);
    }
    Str out = b.n ? arena_str(a, buf_view(&b)) : STR("");
    buf_free(&b);
    return out;
}

Str text16_joined(Arena *a, Str s)
{
    char *to = arena_bytes_alloc(a, s.n + 1), *q = to;
    const uint8_t *p = (const uint8_t *)s.p, *end = s.n ? p + s.n : p;
    while (p < end) {
        const char *from = (const char *)p;
        utf8_next(&p, end);
        q = text_put(to, q, (Str){from, (size_t)((const char *)p - from)});
    }
    return (Str){to, (size_t)(q - to)};
}

uint16_t *text16_units(Arena *a, Str s, int32_t *n)
{
    uint16_t *u = arena_alloc(a, sizeof *u * (s.n + 1));
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    *n = 0;
    while (p < end) {
        uint32_t c = utf8_next(&p, end);
        if (c >= 0x10000) {
            u[(*n)++] = (uint16_t)(0xd7c0 + (c >> 10));
            u[(*n)++] = (uint16_t)(0xdc00 | (c & 0x3ff));
        } else {
            u[(*n)++] = (uint16_t)c;
        }
    }
    return u;
}

Str text16_text(Arena *a, const uint16_t *u, int32_t n)
{
    Buf b = BUF_INIT;
    for (int32_t i = 0; i < n; i++) {
        uint32_t c = u[i];
        if ((c & 0xfc00) == 0xd800 && i + 1 < n && (u[i + 1] & 0xfc00) == 0xdc00)
            c = 0x10000 + ((c & 0x3ff) << 10) + (u[++i] & 0x3ffu);
        utf8_put(&b, c);
    }
    Str s = b.n ? arena_str(a, buf_view(&b)) : (Str){"", 0};
    buf_free(&b);
    return s;
}
