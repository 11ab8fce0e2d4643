// SPDX-License-Identifier: Apache-2.0
// Base64 as java.util.Base64's basic coder: '=' padding is written; read, it may be left out, but
// where it stands it must be whole and last. Bits that no byte takes are not looked at. Any thread.
#include "types/cast.h"

void text_base64(Buf *out, Str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (bytes.n == 0)
        return;
    const uint8_t *p = (const uint8_t *)bytes.p;
    char *to = buf_room(out, (bytes.n + 2) / 3 * 4), *start = to;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        uint32_t v = (uint32_t)p[i] << 16;
        v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        v |= left > 2 ? p[i + 2] : 0;
        *to++ = digits[v >> 18];
        *to++ = digits[v >> 12 & 63];
        *to++ = left > 1 ? digits[v >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[v & 63] : '=';
    }
    out->n += (size_t)(to - start);
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool parse_base64(Buf *out, Str text)
{
    size_t n = text.n, start = out->n;
    if (n && text.p[n - 1] == '=') {
        if (n % 4 != 0)
            return false;
        n -= n >= 2 && text.p[n - 2] == '=' ? 2 : 1;
    }
    if (n % 4 == 1)
        return false;
    uint32_t v = 0;
    char *to = buf_room(out, n / 4 * 3 + 3);
    for (size_t i = 0; i < n; i++) {
        int d = digit(text.p[i]);
        if (d < 0) {
            out->n = start;
            return false;
        }
        v = v << 6 | (uint32_t)d;
        if (i % 4 == 3) {
            *to++ = (char)(v >> 16);
            *to++ = (char)(v >> 8);
            *to++ = (char)v;
        }
    }
    if (n % 4 == 2)
        *to++ = (char)(v >> 4);
    if (n % 4 == 3) {
        *to++ = (char)(v >> 10);
        *to++ = (char)(v >> 2);
    }
    out->n = (size_t)(to - out->p);
    return true;
}
