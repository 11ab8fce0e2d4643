// SPDX-License-Identifier: Apache-2.0
// The stored form of a block: one value of FAMILY_LOG, under topic id, partition and base offset.
//
// PERSISTED v1. varint: LEB128; zvarint: zigzag, then LEB128.
//   byte     version: 1
//   byte     flags: 1 = offsets have holes, 2 = records have headers
//   varint   n: records (0 only in the rest of a block that compaction emptied)
//   varint   span: the next block's base offset is at least base + span
//   zvarint  first timestamp, ms
//   zvarint  greatest timestamp - first timestamp
//   n times:
//     varint   with flag 1 only: offset - (offset before + 1), where base - 1 stands before the first
//     zvarint  timestamp - timestamp before
//     varint   key length + 1; 0: no key
//     varint   value length + 1; 0: no value (a tombstone)
//     with flag 2 only: varint number of headers, each: varint name length, name, varint value
//              length + 1 (0: null), value
//     key, value
//
// A decoded block keeps one copy of the stored bytes; keys, values and header texts are views into it.
#include "topic/topic_impl.h"

enum { VERSION = 1, FLAG_HOLES = 1, FLAG_HEADERS = 2 };

/* ---- encode ---- */

static char *put_varint(char *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (char)(v | 0x80);
    *p++ = (char)v;
    return p;
}

static void put_headers(Buf *out, Headers hs)
{
    buf_varint(out, (uint64_t)hs.n);
    for (int i = 0; i < hs.n; i++) {
        buf_varint(out, hs.h[i].key.n);
        buf_str(out, hs.h[i].key);
        buf_varint(out, hs.h[i].value.p ? hs.h[i].value.n + 1 : 0);
        if (hs.h[i].value.p)
            buf_str(out, hs.h[i].value);
    }
}

void block_encode(const Block *b, Buf *out)
{
    int flags = b->holes ? FLAG_HOLES : 0;
    for (int i = 0; i < b->n && !(flags & FLAG_HEADERS); i++)
        if (b->records[i].headers.n)
            flags |= FLAG_HEADERS;
    int64_t ts = b->n ? b->records[0].ts : 0, expected = b->base;
    buf_room(out, b->bytes + (size_t)b->n * 8 + 64);
    buf_byte(out, VERSION);
    buf_byte(out, (char)flags);
    buf_varint(out, (uint64_t)b->n);
    buf_varint(out, (uint64_t)(b->holes ? b->next - b->base : b->n));
    buf_varint(out, zigzag(ts));
    buf_varint(out, zigzag(b->n ? (int64_t)((uint64_t)b->max_ts - (uint64_t)ts) : 0));
    for (int i = 0; i < b->n; i++) {
        const Record *r = &b->records[i];
        size_t kn = r->key ? (size_t)r->key_len : 0, vn = r->value ? (size_t)r->value_len : 0;
        char *p = buf_room(out, 40 + kn + vn), *start = p;
        if (flags & FLAG_HOLES) {
            p = put_varint(p, (uint64_t)(r->offset - expected));
            expected = r->offset + 1;
        }
        p = put_varint(p, zigzag((int64_t)((uint64_t)r->ts - (uint64_t)ts)));
        p = put_varint(p, r->key ? kn + 1 : 0);
        p = put_varint(p, r->value ? vn + 1 : 0);
        ts = r->ts;
        out->n += (size_t)(p - start);
        if (flags & FLAG_HEADERS) {
            put_headers(out, r->headers);
            p = buf_room(out, kn + vn);
        }
        if (kn)
            memcpy(p, r->key, kn);
        if (vn)
            memcpy(p + kn, r->value, vn);
        out->n += kn + vn;
    }
}

/* ---- decode ---- */

static inline uint64_t get_varint(Rd *r)
{
    return r->p < r->end && *r->p < 0x80 ? *r->p++ : rd_varint(r);
}

static inline int64_t get_zvarint(Rd *r) { return unzigzag(get_varint(r)); }

/* A length + 1; the view may be empty but is then not NULL. */
static inline const char *get_bytes(Rd *r, uint64_t n1, int32_t *n)
{
    *n = 0;
    if (n1 == 0)
        return NULL;
    if (n1 - 1 > (uint64_t)(r->end - r->p)) {
        r->bad = true;
        return NULL;
    }
    const char *p = (const char *)r->p;
    *n = (int32_t)(n1 - 1);
    r->p += n1 - 1;
    return p;
}

static bool read_head(Rd *r, BlockHead *h, int *flags)
{
    int version = rd_u8(r);
    *flags = rd_u8(r);
    uint64_t n = rd_varint(r), span = rd_varint(r);
    h->base_ts = unzigzag(rd_varint(r));
    h->max_ts = (int64_t)((uint64_t)h->base_ts + (uint64_t)unzigzag(rd_varint(r)));
    if (r->bad || version != VERSION || *flags > (FLAG_HOLES | FLAG_HEADERS))
        return false;
    if (span > INT64_MAX || n > span || n > INT32_MAX || (n < span && !(*flags & FLAG_HOLES)))
        return false;
    if (n > (uint64_t)(r->end - r->p)) /* a record takes more than a byte */
        return false;
    h->n = (int32_t)n;
    h->span = (int64_t)span;
    return true;
}

bool block_head(Str value, BlockHead *head)
{
    Rd r = rd_of(value);
    int flags;
    return read_head(&r, head, &flags);
}

static Headers get_headers(Block *b, Rd *r)
{
    uint64_t n = get_varint(r);
    if (n == 0 || r->bad)
        return (Headers){0, NULL};
    if (n > (uint64_t)(r->end - r->p) / 2) {
        r->bad = true;
        return (Headers){0, NULL};
    }
    char *room = block_alloc(b, sizeof(Header) * n + 7);
    Header *h = (Header *)(void *)(room + (-(uintptr_t)room & 7));
    for (uint64_t i = 0; i < n; i++) {
        int32_t kn, vn;
        uint64_t len = get_varint(r);
        h[i].key.p = get_bytes(r, len < UINT64_MAX ? len + 1 : len, &kn);
        h[i].value.p = get_bytes(r, get_varint(r), &vn);
        h[i].key.n = (size_t)kn;
        h[i].value.n = (size_t)vn;
    }
    return (Headers){(int32_t)n, h};
}

static void reserve(Block *b, int32_t more)
{
    if (b->cap - b->n >= more)
        return;
    int cap = b->cap * 2;
    b->cap = cap < b->n + more ? b->n + more : cap;
    b->records = mem_realloc(b->records, sizeof *b->records * (size_t)b->cap);
}

static void get_record(Block *b, Rd *r, int flags, int64_t *offset, int64_t *ts)
{
    Record *to = &b->records[b->n];
    if (flags & FLAG_HOLES) {
        uint64_t gap = get_varint(r);
        r->bad |= gap > (uint64_t)INT64_MAX / 4;
        *offset += (int64_t)gap;
    }
    *ts = (int64_t)((uint64_t)*ts + (uint64_t)get_zvarint(r));
    uint64_t kn = get_varint(r), vn = get_varint(r);
    to->offset = (*offset)++;
    to->ts = *ts;
    to->headers = flags & FLAG_HEADERS ? get_headers(b, r) : (Headers){0, NULL};
    to->key = get_bytes(r, kn, &to->key_len);
    to->value = get_bytes(r, vn, &to->value_len);
    b->n++;
}

Status block_decode(Block *b, int64_t base, Str value, Err *err)
{
    Rd r = rd_of(value);
    BlockHead head;
    int flags;
    if (!read_head(&r, &head, &flags))
        return err_set(err, ERR_CORRUPT, "A stored block of records does not read at offset %lld.",
                       (long long)base);
    size_t body = (size_t)(r.end - r.p);
    char *copy = block_alloc(b, body);
    memcpy(copy, r.p, body);
    r = rd_of((Str){copy, body});
    reserve(b, head.n);
    if (b->n == 0 && b->bytes == 0)
        b->base = base;
    else
        b->holes |= base != b->next;
    b->holes |= (flags & FLAG_HOLES) != 0;
    b->bytes += body + 1;
    int64_t offset = base, ts = head.base_ts;
    for (int32_t i = 0; i < head.n && !r.bad; i++)
        get_record(b, &r, flags, &offset, &ts);
    if (r.bad || r.p != r.end || offset - base > head.span)
        return err_set(err, ERR_CORRUPT, "A stored block of records is damaged at offset %lld.",
                       (long long)base);
    b->next = base + head.span;
    if (head.n && head.max_ts > b->max_ts)
        b->max_ts = head.max_ts;
    return OK;
}
