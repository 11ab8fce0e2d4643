// SPDX-License-Identifier: Apache-2.0
// Buf and Rd: see buf.h.
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_free(Buf *b)
{
    mem_free(b->p);
    *b = BUF_INIT;
}

void buf_grow(Buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 64;
    while (cap - b->n < more)
        cap *= 2;
    b->p = mem_realloc(b->p, cap);
    b->cap = cap;
}

void buf_cstr(Buf *b, const char *c) { buf_bytes(b, c, strlen(c)); }

void buf_printf(Buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    BUG_IF(n < 0);
    buf_room(b, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

void buf_repeat(Buf *b, char c, int n)
{
    if (n > 0) {
        memset(buf_room(b, (size_t)n), c, (size_t)n);
        b->n += (size_t)n;
    }
}

const char *buf_z(Buf *b)
{
    *buf_room(b, 1) = 0;
    return b->p;
}

void buf_be32(Buf *b, uint32_t v)
{
    v = __builtin_bswap32(v);
    buf_bytes(b, &v, 4);
}

void buf_be64(Buf *b, uint64_t v)
{
    v = __builtin_bswap64(v);
    buf_bytes(b, &v, 8);
}

void buf_varint(Buf *b, uint64_t v)
{
    char *p = buf_room(b, 10);
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        p[n++] = (char)(v | 0x80);
    p[n++] = (char)v;
    b->n += n;
}

static bool take(Rd *r, size_t n)
{
    if (r->bad || (size_t)(r->end - r->p) < n) {
        r->bad = true;
        return false;
    }
    r->p += n;
    return true;
}

uint8_t rd_u8(Rd *r) { return take(r, 1) ? r->p[-1] : 0; }

uint32_t rd_be32(Rd *r)
{
    uint32_t v;
    if (!take(r, 4))
        return 0;
    memcpy(&v, r->p - 4, 4);
    return __builtin_bswap32(v);
}

uint64_t rd_be64(Rd *r)
{
    uint64_t v;
    if (!take(r, 8))
        return 0;
    memcpy(&v, r->p - 8, 8);
    return __builtin_bswap64(v);
}

uint64_t rd_varint(Rd *r)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t c = rd_u8(r);
        v |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80))
            return v;
    }
    r->bad = true;
    return 0;
}

Str rd_bytes(Rd *r, size_t n)
{
    return take(r, n) ? (Str){(const char *)r->p - n, n} : (Str){NULL, 0};
}
