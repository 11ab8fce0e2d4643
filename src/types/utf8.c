// SPDX-License-Identifier: Apache-2.0
// UTF-8 as Java's strings need it: validity, code points, length in UTF-16 code units.
//
// Text in Sluice is UTF-8. A lone surrogate, which a Java string may hold (CHR(55357)), is kept as
// the three bytes that its number would have; utf8_valid refuses it, the walkers take it.
// Any thread.
#include "types/text.h"

/* The code point at p, its bytes in *len; false for none (overlong, truncated, out of range). */
static bool decode(const uint8_t *p, const uint8_t *end, uint32_t *c, int *len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int n = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF5 ? 4 : 0;
    if (n == 0 || end - p < n)
        return false;
    uint32_t v = n == 1 ? *p : *p & (0xFFu >> (n + 1));
    for (int i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return false;
        v = v << 6 | (p[i] & 0x3F);
    }
    *c = v;
    *len = n;
    return v >= least[n] && v <= 0x10FFFF;
}

uint32_t utf8_next(const uint8_t **p, const uint8_t *end)
{
    uint32_t c;
    int len;
    if (!decode(*p, end, &c, &len)) {
        *p += 1;
        return 0xFFFD;
    }
    *p += len;
    return c;
}

void utf8_put(Buf *out, uint32_t c)
{
    char *p = buf_room(out, 4);
    if (c < 0x80) {
        p[0] = (char)c;
        out->n += 1;
    } else if (c < 0x800) {
        p[0] = (char)(0xC0 | c >> 6);
        p[1] = (char)(0x80 | (c & 0x3F));
        out->n += 2;
    } else if (c < 0x10000) {
        p[0] = (char)(0xE0 | c >> 12);
        p[1] = (char)(0x80 | (c >> 6 & 0x3F));
        p[2] = (char)(0x80 | (c & 0x3F));
        out->n += 3;
    } else {
        p[0] = (char)(0xF0 | c >> 18);
        p[1] = (char)(0x80 | (c >> 12 & 0x3F));
        p[2] = (char)(0x80 | (c >> 6 & 0x3F));
        p[3] = (char)(0x80 | (c & 0x3F));
        out->n += 4;
    }
}

/* Bytes at the start of p that are ASCII, eight at a time. */
static size_t ascii_prefix(const uint8_t *p, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t w;
        memcpy(&w, p + i, 8);
        if (w & 0x8080808080808080u)
            break;
    }
    while (i < n && p[i] < 0x80)
        i++;
    return i;
}

bool utf8_valid(Str s)
{
    const uint8_t *p = (const uint8_t *)s.p, *end = s.n ? p + s.n : p;
    while (p < end) {
        uint32_t c;
        int len;
        if (*p < 0x80) {
            p += ascii_prefix(p, (size_t)(end - p));
            continue;
        }
        if (!decode(p, end, &c, &len) || (c >= 0xD800 && c <= 0xDFFF))
            return false;
        p += len;
    }
    return true;
}

int64_t utf16_len(Str utf8)
{
    const uint8_t *p = (const uint8_t *)utf8.p;
    int64_t n = 0;
    for (size_t i = 0; i < utf8.n; i++)
        n += ((p[i] & 0xC0) != 0x80) + (p[i] >= 0xF0); /* one a lead byte, two a four-byte form */
    return n;
}
