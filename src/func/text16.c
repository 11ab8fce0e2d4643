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
