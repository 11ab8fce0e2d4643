// SPDX-License-Identifier: Apache-2.0
// Blocks: records and their bytes, shared by counted reference.
//
// A block owns a record array and a chain of byte segments; segments never move, so the views in
// the records stay valid while the block lives. A block made with a fixed capacity never moves its
// record array either: readers may hold its first records while one writer adds more behind them.
#include "topic/topic_impl.h"

#include <stddef.h>

enum { SEG_FIRST = 512, SEG_MOST = 64 << 10 };

Block *block_new(int cap)
{
    Block *b = mem_zalloc(sizeof *b);
    b->refs = 1;
    b->max_ts = INT64_MIN;
    b->cap = cap;
    if (cap)
        b->records = mem_alloc(sizeof *b->records * (size_t)cap);
    return b;
}

Block *block_ref(Block *b)
{
    __atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
    return b;
}

void block_unref(Block *b)
{
    if (!b || __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (BlockSeg *s = b->segs, *next; s; s = next) {
        next = s->next;
        mem_free(s);
    }
    mem_free(b->records);
    mem_free(b);
}

char *block_alloc(Block *b, size_t n)
{
    BlockSeg *s = b->segs;
    if (!s || s->cap - s->used < n) {
        size_t cap = s ? s->cap * 2 : SEG_FIRST;
        cap = cap > SEG_MOST ? SEG_MOST : cap;
        cap = cap < n ? n : cap;
        s = mem_alloc(sizeof *s + cap);
        *s = (BlockSeg){b->segs, 0, cap};
        b->segs = s;
    }
    char *p = s->bytes + s->used;
    s->used += n;
    return p;
}

static const char *keep(Block *b, const char *p, size_t n)
{
    if (!p)
        return NULL;
    if (n == 0)
        return "";
    return memcpy(block_alloc(b, n), p, n);
}

static Headers keep_headers(Block *b, Headers from)
{
    if (from.n == 0)
        return (Headers){0, NULL};
    size_t size = sizeof(Header) * (size_t)from.n;
    char *room = block_alloc(b, size + 7);
    Header *h = (Header *)(room + (-(uintptr_t)room & 7));
    for (int i = 0; i < from.n; i++) {
        Header f = from.h[i];
        h[i] = (Header){{keep(b, f.key.p, f.key.n), f.key.n}, {keep(b, f.value.p, f.value.n), f.value.n}};
        b->bytes += f.key.n + f.value.n;
    }
    b->bytes += size;
    return (Headers){from.n, h};
}

void block_add(Block *b, const Record *r)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 8;
        b->records = mem_realloc(b->records, sizeof *b->records * (size_t)b->cap);
    }
    Record *to = &b->records[b->n];
    size_t kn = r->key ? (size_t)r->key_len : 0, vn = r->value ? (size_t)r->value_len : 0;
    char *p = kn + vn ? block_alloc(b, kn + vn) : NULL;
    *to = *r;
    to->key_len = (int32_t)kn;
    to->value_len = (int32_t)vn;
    if (kn)
        to->key = memcpy(p, r->key, kn);
    else if (r->key)
        to->key = "";
    if (vn)
        to->value = memcpy(p + kn, r->value, vn);
    else if (r->value)
        to->value = "";
    to->headers = keep_headers(b, r->headers);
    b->bytes += kn + vn;
    if (r->ts > b->max_ts)
        b->max_ts = r->ts;
    b->n++;
}

bool block_full(const Block *b) { return b->n >= BLOCK_RECORDS || b->bytes >= BLOCK_BYTES; }

size_t block_memory(const Block *b)
{
    size_t n = sizeof *b + sizeof *b->records * (size_t)b->cap;
    for (BlockSeg *s = b->segs; s; s = s->next)
        n += sizeof *s + s->cap;
    return n;
}

void block_place(Block *b, int64_t base)
{
    for (int i = 0; i < b->n; i++)
        b->records[i].offset = base + i;
    b->base = base;
    b->next = base + b->n;
}

int block_index(const Block *b, int64_t offset)
{
    if (!b->holes)
        return offset <= b->base ? 0 : offset >= b->next ? b->n : (int)(offset - b->base);
    int lo = 0, hi = b->n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (b->records[mid].offset < offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

void block_slice(Block *b, int n, int64_t offset, int max, RecordSet *set)
{
    int from = block_index(b, offset);
    *set = (RecordSet){.next_offset = offset > b->next ? offset : b->next};
    if (from >= n)
        return;
    set->n = n - from < max ? n - from : max;
    set->records = b->records + from;
    if (from + set->n < n)
        set->next_offset = set->records[set->n - 1].offset + 1;
    set->owner = block_ref(b);
}

void recordset_release(RecordSet *set)
{
    if (set->release)
        set->release(set->owner);
    else
        block_unref(set->owner);
    *set = (RecordSet){.next_offset = set->next_offset};
}
