// SPDX-License-Identifier: Apache-2.0
// Text: UTF-8 as Java's strings need it. This is the one place that says what a STRING's bytes are.
//
// A STRING holds UTF-8. A Java string counts UTF-16 units and may be cut inside a pair of them (SUBSTRING('😀', 1, 1),
// CHR(55357), "\uD83D" in JSON). Such a lone half is kept as the three bytes that its number would have in UTF-8:
// WTF-8. A high half directly before a low one is always the four bytes of their character, so that equal texts have
// equal bytes: what joins texts goes through text_append.
//
//   boundary                         a lone half                   bytes that are no UTF-8
//   JSON, written                    \uD83D                        cannot be in a STRING
//   KAFKA, DELIMITED, written        ?                             cannot be
//   bytes of a text (TO_BYTES, MD5)  ?                             cannot be
//   shell, tables                    ?                             cannot be
//   JSON, read                       \uD83D is a lone half          the record is skipped (raw ED A0 BD too)
//   DELIMITED, read                  -                             the record is skipped
//   KAFKA, header names, FROM_BYTES  -                             U+FFFD, as Java's decoder (text_mend)
//   SQL                              -                             the statement is refused
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

/* The bytes at p, 3 of them in the text, are a lone half. */
static bool is_half(const uint8_t *p) { return p[0] == 0xED && p[1] >= 0xA0; }
static bool is_high(const uint8_t *p) { return is_half(p) && p[1] < 0xB0; }
static bool is_low(const uint8_t *p) { return is_half(p) && p[1] >= 0xB0; }

char *text_put(const char *from, char *to, Str s)
{
    if (s.n == 0)
        return to;
    if (s.n >= 3 && to - from >= 3 && is_high((const uint8_t *)to - 3) && is_low((const uint8_t *)s.p)) {
        const uint8_t *a = (const uint8_t *)to - 3, *b = (const uint8_t *)s.p;
        uint32_t c = 0x10000 + ((uint32_t)(a[1] & 0x0F) << 16 | (uint32_t)(a[2] & 0x3F) << 10 |
                                (uint32_t)(b[1] & 0x0F) << 6 | (b[2] & 0x3F));
        char pair[4] = {(char)(0xF0 | c >> 18), (char)(0x80 | (c >> 12 & 0x3F)), (char)(0x80 | (c >> 6 & 0x3F)),
                        (char)(0x80 | (c & 0x3F))};
        memcpy(to - 3, pair, 4);
        to++;
        s = str_sub(s, 3, s.n - 3);
    }
    memcpy(to, s.p, s.n);
    return to + s.n;
}

void text_append(Buf *out, Str s)
{
    char *to = buf_room(out, s.n + 1);
    out->n = (size_t)(text_put(out->p, to, s) - out->p);
}

/* The first lone half at or after p; end where there is none. */
static const char *next_half(const char *p, const char *end)
{
    while (p < end && (p = memchr(p, 0xED, (size_t)(end - p))) != NULL) {
        if (end - p >= 3 && is_half((const uint8_t *)p))
            return p;
        p++;
    }
    return end;
}

bool text_has_half(Str s) { return s.n && next_half(s.p, s.p + s.n) < s.p + s.n; }

void text_utf8(Buf *out, Str s)
{
    const char *p = s.p, *end = s.n ? p + s.n : p;
    while (p < end) {
        const char *half = next_half(p, end);
        buf_bytes(out, p, (size_t)(half - p));
        p = half;
        if (p < end) {
            buf_byte(out, '?');
            p += 3;
        }
    }
}

/* The length of the character at p, or of what could have become one; *good tells which. */
static int char_length(const uint8_t *p, const uint8_t *end, bool *good)
{
    int n = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF5 ? 4 : 0, k = 1;
    uint8_t low = *p == 0xE0 ? 0xA0 : *p == 0xF0 ? 0x90 : 0x80, high = *p == 0xF4 ? 0x8F : 0xBF;
    while (k < n && p + k < end && p[k] >= (k == 1 ? low : 0x80) && p[k] <= (k == 1 ? high : 0xBF))
        k++;
    *good = k == n && !(*p == 0xED && p[1] >= 0xA0);
    return k;
}

void text_mend(Buf *out, Str bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.p, *end = bytes.n ? p + bytes.n : p;
    while (p < end) {
        bool good;
        int n = char_length(p, end, &good);
        if (good)
            buf_bytes(out, p, (size_t)n);
        else
            utf8_put(out, 0xFFFD);
        p += n;
    }
}

bool utf8_valid(Str s) { return utf8_prefix(s) == s.n; }

size_t utf8_prefix(Str s)
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
            break;
        p += len;
    }
    return (size_t)(p - (const uint8_t *)s.p);
}

int64_t utf16_len(Str utf8)
{
    const uint8_t *p = (const uint8_t *)utf8.p;
    int64_t n = 0;
    for (size_t i = 0; i < utf8.n; i++)
        n += ((p[i] & 0xC0) != 0x80) + (p[i] >= 0xF0); /* one a lead byte, two a four-byte form */
    return n;
}
