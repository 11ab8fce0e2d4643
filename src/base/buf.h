// SPDX-License-Identifier: Apache-2.0
// Buf: a growable byte buffer on the heap; the one place where text and bytes are put together.
//
// Owned by who declares it (BUF_INIT or zeroed), reused by buf_clear, released by buf_free.
#ifndef SLUICE_BASE_BUF_H
#define SLUICE_BASE_BUF_H

#include "base/base.h"

typedef struct Buf {
    char *p;
    size_t n, cap;
} Buf;

#define BUF_INIT ((Buf){NULL, 0, 0})

void buf_free(Buf *b);
static inline void buf_clear(Buf *b) { b->n = 0; }
void buf_grow(Buf *b, size_t more);
/* Room for `more` bytes at the end; the caller adds what it wrote to b->n. */
static inline char *buf_room(Buf *b, size_t more)
{
    if (b->cap - b->n < more || !b->p)
        buf_grow(b, more);
    return b->p + b->n;
}
static inline void buf_byte(Buf *b, char c)
{
    *buf_room(b, 1) = c;
    b->n++;
}
static inline void buf_bytes(Buf *b, const void *p, size_t n)
{
    if (n)
        memcpy(buf_room(b, n), p, n);
    b->n += n;
}
static inline void buf_str(Buf *b, Str s) { buf_bytes(b, s.p, s.n); }
void buf_cstr(Buf *b, const char *c);
void buf_printf(Buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_repeat(Buf *b, char c, int n);
/* Borrowed view until the next write. */
static inline Str buf_view(const Buf *b) { return (Str){b->p, b->n}; }
/* Borrowed, NUL-terminated (the NUL is not counted in n). */
const char *buf_z(Buf *b);

/* Fixed-width big-endian and LEB128 varint forms, for what is persisted. */
void buf_be32(Buf *b, uint32_t v);
void buf_be64(Buf *b, uint64_t v);
void buf_varint(Buf *b, uint64_t v);
static inline uint64_t zigzag(int64_t v) { return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63); }
static inline int64_t unzigzag(uint64_t v) { return (int64_t)(v >> 1) ^ -(int64_t)(v & 1); }

/* A reader over borrowed bytes: after any short read `bad` is true and zeros come back. */
typedef struct Rd {
    const uint8_t *p, *end;
    bool bad;
} Rd;
static inline Rd rd_of(Str s)
{
    const uint8_t *p = (const uint8_t *)(s.p ? s.p : "");
    return (Rd){p, p + s.n, false};
}
uint8_t rd_u8(Rd *r);
uint32_t rd_be32(Rd *r);
uint64_t rd_be64(Rd *r);
uint64_t rd_varint(Rd *r);
/* Borrowed bytes; empty and bad when fewer are left. */
Str rd_bytes(Rd *r, size_t n);

#endif
