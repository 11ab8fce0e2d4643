// SPDX-License-Identifier: Apache-2.0
// Memory topics: a partition is an array of blocks; a read hands out a slice of one, without copying.
//
// A unit's block becomes the partition's as it is when it is large. Small ones (a single INSERT) are
// copied into the partition's open tail block, so that a million of them do not become a million
// blocks; a tail has a fixed capacity and its readers only know the records that stood when they
// asked. Offsets and blocks change under Partition.lock, all of a unit's records of the partition at
// once. Positions live in a map and are lost with the process, as the records are.
#include "topic/topic_impl.h"

static Status memory_create(Topics *t, Topic *tp, Err *err)
{
    UNUSED(t), UNUSED(err);
    for (int i = 0; i < tp->info.partitions; i++)
        tp->parts[i].loaded = true;
    return OK;
}

static Status memory_drop(Topics *t, Topic *tp, Err *err)
{
    UNUSED(err);
    StrMapEntry *e;
    pthread_mutex_lock(&t->positions_lock);
    for (int i = 0; (e = strmap_next(&t->positions, &i));) {
        Rd r = {(const uint8_t *)e->key.p + e->key.n - 8, (const uint8_t *)e->key.p + e->key.n, false};
        if (rd_be32(&r) == tp->id)
            strmap_remove(&t->positions, e->key);
    }
    pthread_mutex_unlock(&t->positions_lock);
    return OK;
}

static void memory_clear(Topics *t, Topic *tp)
{
    UNUSED(t);
    for (int i = 0; i < tp->info.partitions; i++) {
        for (int k = 0; k < tp->parts[i].blocks.n; k++)
            block_unref(tp->parts[i].blocks.v[k]);
        vec_free(&tp->parts[i].blocks);
    }
}

/* Index of the first block that ends behind `offset`. */
static int find_block(const Partition *pt, int64_t offset)
{
    int lo = 0, hi = pt->blocks.n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (pt->blocks.v[mid]->next <= offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static Status memory_read(Topics *t, Topic *tp, int partition, int64_t offset, int max, RecordSet *set,
                          Err *err)
{
    UNUSED(t), UNUSED(err);
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->lock);
    offset = offset < pt->begin ? pt->begin : offset;
    *set = (RecordSet){.next_offset = offset};
    for (int i = find_block(pt, offset); i < pt->blocks.n && set->n == 0; i++)
        block_slice(pt->blocks.v[i], pt->blocks.v[i]->n, offset, max, set);
    pthread_mutex_unlock(&pt->lock);
    return OK;
}

static Status memory_ends(Topics *t, Topic *tp, int partition, int64_t *begin, int64_t *end, Err *err)
{
    UNUSED(t), UNUSED(err);
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->lock);
    *begin = pt->begin;
    *end = pt->end;
    pthread_mutex_unlock(&pt->lock);
    return OK;
}

static Status memory_offset_at(Topics *t, Topic *tp, int partition, int64_t ts, int64_t *offset, Err *err)
{
    UNUSED(t), UNUSED(err);
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->lock);
    *offset = pt->end;
    for (int i = 0; i < pt->blocks.n; i++) {
        const Block *b = pt->blocks.v[i];
        if (b->max_ts < ts)
            continue;
        int k = 0;
        while (b->records[k].ts < ts)
            k++;
        *offset = b->records[k].offset;
        break;
    }
    pthread_mutex_unlock(&pt->lock);
    return OK;
}

/* ---- commit ---- */

static void add_small(Partition *pt, const Block *from)
{
    Block *to = pt->open;
    if (!to || to->n + from->n > to->cap || to->bytes + from->bytes > BLOCK_BYTES) {
        int cap = to ? to->n * 2 : 16;
        cap = cap < from->n ? from->n : cap;
        to = pt->open = block_new(cap > BLOCK_RECORDS ? BLOCK_RECORDS : cap);
        to->base = from->base;
        vec_add(&pt->blocks, to);
    }
    for (int i = 0; i < from->n; i++)
        block_add(to, &from->records[i]);
    to->next = from->next;
}

/* Takes the block. */
static void add_block(Partition *pt, Block *b)
{
    if (b->n < BLOCK_SMALL && b->bytes < BLOCK_SMALL_BYTES) {
        add_small(pt, b);
        block_unref(b);
        return;
    }
    pt->open = NULL;
    if (b->n < b->cap - b->cap / 4) {
        b->cap = b->n;
        b->records = mem_realloc(b->records, sizeof *b->records * (size_t)b->n);
    }
    vec_add(&pt->blocks, b);
}

static void put_position(Topics *t, const UnitPosition *up)
{
    Buf key = BUF_INIT;
    StrMapEntry *e;
    if (!up->topic) {
        position_key(&key, str_of(up->owner), NULL, 0);
        for (int i = 0; (e = strmap_next(&t->positions, &i));)
            if (str_starts(e->key, buf_view(&key)))
                strmap_remove(&t->positions, e->key);
    } else if (!up->topic->gone) {
        position_key(&key, str_of(up->owner), up->topic, up->partition);
        strmap_put(&t->positions, buf_view(&key), (void *)(intptr_t)(up->offset + 1));
    }
    buf_free(&key);
}

static Status memory_commit(Topics *t, Unit *u, Err *err)
{
    UNUSED(err);
    for (int i = 0; i < u->parts.n; i++) {
        UnitPart *up = u->parts.v[i];
        Partition *pt = &up->topic->parts[up->partition];
        pthread_mutex_lock(&pt->append);
        pthread_mutex_lock(&pt->lock);
        for (int k = 0; k < up->blocks.n; k++) {
            Block *b = up->blocks.v[k];
            block_place(b, pt->end);
            pt->end = b->next;
            add_block(pt, b);
        }
        up->blocks.n = 0;
        pthread_mutex_unlock(&pt->lock);
        pthread_mutex_unlock(&pt->append);
    }
    pthread_mutex_lock(&t->positions_lock);
    for (int i = 0; i < u->positions.n; i++)
        put_position(t, &u->positions.v[i]);
    pthread_mutex_unlock(&t->positions_lock);
    return OK;
}

static Status memory_position(Topics *t, Str key, int64_t *offset, Err *err)
{
    UNUSED(err);
    pthread_mutex_lock(&t->positions_lock);
    *offset = (int64_t)(intptr_t)strmap_find(&t->positions, key) - 1;
    pthread_mutex_unlock(&t->positions_lock);
    return OK;
}

/* ---- retention, compaction ---- */

static Status memory_compact(Topics *t, Topic *tp, int partition, Err *err)
{
    UNUSED(t), UNUSED(err);
    Partition *pt = &tp->parts[partition];
    StrMap last = {0};
    BlockVec out = {NULL, 0, 0};
    /* The append lock is held: nobody changes the blocks. */
    for (int i = 0; i < pt->blocks.n; i++)
        last_note(&last, pt->blocks.v[i]);
    for (int i = 0; i < pt->blocks.n; i++) {
        Block *b = last_filter(&last, pt->blocks.v[i]);
        if (!b)
            b = block_ref(pt->blocks.v[i]);
        if (b->n)
            vec_add(&out, b);
        else
            block_unref(b);
    }
    strmap_free(&last);
    pthread_mutex_lock(&pt->lock);
    pt->compacted = pt->end;
    pt->kept = 0;
    for (int i = 0; i < out.n; i++)
        pt->kept += out.v[i]->n;
    BlockVec old = pt->blocks;
    pt->blocks = out;
    pt->open = NULL;
    pthread_mutex_unlock(&pt->lock);
    for (int i = 0; i < old.n; i++)
        block_unref(old.v[i]);
    vec_free(&old);
    return OK;
}

static Status memory_drop_head(Topics *t, Topic *tp, int partition, int64_t ts, int64_t offset, Err *err)
{
    UNUSED(t), UNUSED(err);
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->lock);
    int n = 0;
    while (n < pt->blocks.n && pt->blocks.v[n]->max_ts < ts && pt->blocks.v[n]->next <= offset) {
        pt->begin = pt->blocks.v[n]->next;
        if (pt->blocks.v[n] == pt->open)
            pt->open = NULL;
        block_unref(pt->blocks.v[n++]);
    }
    pt->blocks.n -= n;
    if (n)
        memmove(pt->blocks.v, pt->blocks.v + n, sizeof *pt->blocks.v * (size_t)pt->blocks.n);
    pthread_mutex_unlock(&pt->lock);
    return OK;
}

static void memory_close(Topics *t) { strmap_free(&t->positions); }

const TopicsOps topics_memory_ops = {
    .close = memory_close,
    .create = memory_create,
    .drop = memory_drop,
    .clear = memory_clear,
    .read = memory_read,
    .ends = memory_ends,
    .offset_at = memory_offset_at,
    .commit = memory_commit,
    .position = memory_position,
    .compact = memory_compact,
    .drop_head = memory_drop_head,
};

Topics *topics_memory_new(Effects *fx) { return topics_new(&topics_memory_ops, fx, NULL); }
