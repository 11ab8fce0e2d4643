// SPDX-License-Identifier: Apache-2.0
// Embedded topics: in the data directory, one value for each appended block.
//
// On disk, PERSISTED v1 (numbers big-endian, varints as in block_code.c):
//   family    key                                          value
//   meta      "topic/" name                                byte 1 | id be32 | varint partitions
//                                                          | varint replicas | zvarint retention ms
//                                                          | byte cleanup | byte internal
//   meta      "topic_next"                                 be32: the id that the next topic gets
//   meta      "topic_compacted/" id be32 | partition be32  be64: end when last compacted | be64: records left
//   meta      "topic_begin/" id be32 | partition be32      be64: first offset; absent: 0
//   log       id be32 | partition be32 | base offset be64  a block
//   position  owner length be16 | owner | id be32 | partition be32    be64: offset
// Ids are never given twice, so what a deleted topic left behind can never be read as another's.
//
// A unit is one disk batch. The end of a partition is known from its last block, looked up when the
// partition is first used, so that opening does not cost a seek for each. Reads find the block that
// holds an offset with one seek; small blocks (single INSERTs) are put together into one set. A cache
// keeps for each partition the last block appended and the last read, since many readers follow the
// same end; it is bounded over all partitions.
#include "topic/topic_impl.h"

#include <stdlib.h>

typedef struct LogKey {
    char b[16];
} LogKey;

static void set_be32(char *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, 4);
}

static void set_be64(char *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, 8);
}

static LogKey log_key(const Topic *tp, int partition, int64_t offset)
{
    LogKey k;
    set_be32(k.b, tp->id);
    set_be32(k.b + 4, (uint32_t)partition);
    set_be64(k.b + 8, (uint64_t)offset);
    return k;
}

static Str log_str(const LogKey *k) { return (Str){k->b, sizeof k->b}; }

static int64_t key_offset(Str key)
{
    Rd r = rd_of(str_sub(key, 8, 8));
    return (int64_t)rd_be64(&r);
}

static DiskIter *log_iter(Topics *t, const Topic *tp, int partition, int64_t from, int64_t to)
{
    LogKey f = log_key(tp, partition, from), e = log_key(tp, partition, to);
    return disk_iter_new(t->disk, FAMILY_LOG, log_str(&f), log_str(&e));
}

/* Frees the iterator; the first of two errors stands. */
static Status iter_end(DiskIter *it, Status s, Err *err)
{
    Err other = ERR_INIT;
    Status end = disk_iter_free(it, &other);
    if (s == OK && end != OK) {
        s = end;
        err_move(err, &other);
    }
    err_clear(&other);
    return s;
}

static Status bad_block(Err *err, const Topic *tp, int partition, int64_t base)
{
    return err_set(err, ERR_CORRUPT, "Topic '%.*s', partition %d: the block at offset %lld does not read.",
                   STR_ARG(tp->info.name), partition, (long long)base);
}

/* ---- cache ---- */

static void cache_unlink(Topics *t, CacheSlot *s)
{
    s->prev->next = s->next;
    s->next->prev = s->prev;
    t->cache_bytes -= block_memory(s->block);
}

static void cache_link(Topics *t, CacheSlot *s)
{
    s->next = t->lru.next;
    s->prev = &t->lru;
    s->next->prev = s->prev->next = s;
    t->cache_bytes += block_memory(s->block);
}

static void cache_empty(Topics *t, CacheSlot *s)
{
    if (!s->block)
        return;
    cache_unlink(t, s);
    block_unref(s->block);
    s->block = NULL;
}

static void cache_put(Topics *t, CacheSlot *s, Block *b)
{
    pthread_mutex_lock(&t->cache_lock);
    cache_empty(t, s);
    s->block = block_ref(b);
    cache_link(t, s);
    while (t->cache_bytes > CACHE_BYTES)
        cache_empty(t, t->lru.prev);
    pthread_mutex_unlock(&t->cache_lock);
}

/* Counted, or NULL. */
static Block *cache_find(Topics *t, Partition *pt, int64_t offset)
{
    Block *b = NULL;
    pthread_mutex_lock(&t->cache_lock);
    for (int i = 0; i < CACHE_SLOTS && !b; i++) {
        CacheSlot *s = &pt->cache[i];
        if (!s->block || offset < s->block->base || offset >= s->block->next)
            continue;
        b = block_ref(s->block);
        cache_unlink(t, s);
        cache_link(t, s);
    }
    pthread_mutex_unlock(&t->cache_lock);
    return b;
}

static void cache_forget(Topics *t, Partition *pt)
{
    pthread_mutex_lock(&t->cache_lock);
    for (int i = 0; i < CACHE_SLOTS; i++)
        cache_empty(t, &pt->cache[i]);
    pthread_mutex_unlock(&t->cache_lock);
}

static void embedded_clear(Topics *t, Topic *tp)
{
    for (int p = 0; p < tp->info.partitions; p++)
        cache_forget(t, &tp->parts[p]);
}

/* ---- begin and end ---- */

static const char begin_name[] = "topic_begin/", compacted_name[] = "topic_compacted/";

static void part_key(Buf *out, const char *name, uint32_t id, int partition)
{
    buf_cstr(out, name);
    buf_be32(out, id);
    buf_be32(out, (uint32_t)partition);
}

/* Under the partition's lock. */
static Status load_ends(Topics *t, Topic *tp, int partition, Err *err)
{
    Partition *pt = &tp->parts[partition];
    Buf key = BUF_INIT, value = BUF_INIT;
    bool found;
    if (pt->loaded)
        return OK;
    part_key(&key, begin_name, tp->id, partition);
    Status s = disk_get(t->disk, FAMILY_META, buf_view(&key), &value, &found, err);
    if (s == OK && found) {
        Rd r = rd_of(buf_view(&value));
        pt->begin = (int64_t)rd_be64(&r);
    }
    buf_clear(&key);
    part_key(&key, compacted_name, tp->id, partition);
    if (s == OK && tp->info.cleanup != CLEANUP_DELETE)
        s = disk_get(t->disk, FAMILY_META, buf_view(&key), &value, &found, err);
    if (s == OK && tp->info.cleanup != CLEANUP_DELETE && found) {
        Rd r = rd_of(buf_view(&value));
        pt->compacted = (int64_t)rd_be64(&r);
        pt->kept = (int64_t)rd_be64(&r);
    }
    buf_free(&key);
    buf_free(&value);
    if (s != OK)
        return s;
    LogKey last = log_key(tp, partition, INT64_MAX);
    DiskIter *it = log_iter(t, tp, partition, 0, INT64_MAX);
    Str k, v;
    BlockHead head;
    pt->end = pt->begin;
    if (disk_iter_seek_last(it, log_str(&last), &k, &v)) {
        if (block_head(v, &head))
            pt->end = key_offset(k) + head.span;
        else
            s = bad_block(err, tp, partition, key_offset(k));
    }
    s = iter_end(it, s, err);
    pt->loaded = s == OK;
    return s;
}

static Status embedded_ends(Topics *t, Topic *tp, int partition, int64_t *begin, int64_t *end, Err *err)
{
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->lock);
    Status s = load_ends(t, tp, partition, err);
    *begin = pt->begin;
    *end = pt->end;
    pthread_mutex_unlock(&pt->lock);
    return s;
}

/* ---- reading ---- */

/* To the block that holds `offset`, or the first behind it. */
static bool seek_block(DiskIter *it, const Topic *tp, int partition, int64_t offset, Str *key, Str *value)
{
    LogKey behind = log_key(tp, partition, offset + 1);
    BlockHead head;
    if (!disk_iter_seek_last(it, log_str(&behind), key, value))
        return disk_iter_next(it, key, value);
    if (block_head(*value, &head) && key_offset(*key) + head.span <= offset)
        return disk_iter_next(it, key, value);
    return true;
}

/* Blocks from `offset` on, put together while they are small; *out is new, or NULL at the end. */
static Status read_blocks(Topics *t, Topic *tp, int partition, int64_t offset, int64_t end, int max,
                          Block **out, Err *err)
{
    Str key, value;
    Status s = OK;
    Block *b = NULL;
    DiskIter *it = log_iter(t, tp, partition, 0, end);
    bool have = seek_block(it, tp, partition, offset, &key, &value);
    while (have && s == OK) {
        if (!b)
            b = block_new(0);
        s = block_decode(b, key_offset(key), value, err);
        int n = b->n - (s == OK ? block_index(b, offset) : b->n);
        if (s != OK || n >= max || n >= BLOCK_SMALL || b->bytes >= BLOCK_SMALL_BYTES * 4)
            break;
        have = disk_iter_next(it, &key, &value);
    }
    s = iter_end(it, s, err);
    if (s != OK) {
        block_unref(b);
        b = NULL;
    }
    *out = b;
    return s;
}

static Status embedded_read(Topics *t, Topic *tp, int partition, int64_t offset, int max, RecordSet *set,
                            Err *err)
{
    int64_t begin, end;
    Status s = embedded_ends(t, tp, partition, &begin, &end, err);
    offset = offset < begin ? begin : offset;
    *set = (RecordSet){.next_offset = offset};
    if (s != OK || offset >= end)
        return s;
    Partition *pt = &tp->parts[partition];
    Block *b = cache_find(t, pt, offset);
    if (!b) {
        s = read_blocks(t, tp, partition, offset, end, max, &b, err);
        if (s != OK || !b)
            return s;
        cache_put(t, &pt->cache[CACHE_READ], b);
    }
    block_slice(b, b->n, offset, max, set);
    block_unref(b);
    return OK;
}

static Status embedded_offset_at(Topics *t, Topic *tp, int partition, int64_t ts, int64_t *offset, Err *err)
{
    int64_t begin, end;
    Str key, value;
    BlockHead head;
    Status s = embedded_ends(t, tp, partition, &begin, &end, err);
    *offset = end;
    if (s != OK)
        return s;
    DiskIter *it = log_iter(t, tp, partition, begin, end);
    while (s == OK && *offset == end && disk_iter_next(it, &key, &value)) {
        if (!block_head(value, &head)) {
            s = bad_block(err, tp, partition, key_offset(key));
        } else if (head.n && head.max_ts >= ts) {
            Block *b = block_new(0);
            s = block_decode(b, key_offset(key), value, err);
            for (int i = 0; s == OK && i < b->n && *offset == end; i++)
                if (b->records[i].ts >= ts)
                    *offset = b->records[i].offset;
            block_unref(b);
        }
    }
    return iter_end(it, s, err);
}

/* ---- commit ---- */

static Status lock_parts(Topics *t, Unit *u, int *locked, Err *err)
{
    Status s = OK;
    for (*locked = 0; *locked < u->parts.n && s == OK; ++*locked) {
        UnitPart *up = u->parts.v[*locked];
        Partition *pt = &up->topic->parts[up->partition];
        pthread_mutex_lock(&pt->append);
        pthread_mutex_lock(&pt->lock);
        s = load_ends(t, up->topic, up->partition, err);
        pthread_mutex_unlock(&pt->lock);
    }
    return s;
}

/* Gives out the offsets. pt->end is read without its lock: only holders of the append lock change it. */
static void put_appends(Unit *u, UnitPart *up)
{
    int64_t next = up->topic->parts[up->partition].end;
    size_t at = 0;
    for (int k = 0; k < up->blocks.n; k++) {
        Block *b = up->blocks.v[k];
        LogKey key = log_key(up->topic, up->partition, next);
        Str value = {up->stored.p + at, up->stored_ends.v[k] - at};
        disk_batch_put(u->batch, FAMILY_LOG, log_str(&key), value);
        at = up->stored_ends.v[k];
        block_place(b, next);
        next = b->next;
    }
}

static void put_position(Unit *u, const UnitPosition *up)
{
    Buf key = BUF_INIT;
    char v[8];
    position_key(&key, str_of(up->owner), up->topic, up->partition);
    if (!up->topic) {
        Buf behind = BUF_INIT;
        position_key(&behind, str_of(up->owner), NULL, 0);
        buf_bytes(&behind, "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9);
        disk_batch_delete_range(u->batch, FAMILY_POSITION, buf_view(&key), buf_view(&behind));
        buf_free(&behind);
    } else if (!up->topic->gone) {
        set_be64(v, (uint64_t)up->offset);
        disk_batch_put(u->batch, FAMILY_POSITION, buf_view(&key), (Str){v, 8});
    }
    buf_free(&key);
}

static Status embedded_commit(Topics *t, Unit *u, Err *err)
{
    int locked;
    Status s = lock_parts(t, u, &locked, err);
    if (s == OK) {
        for (int i = 0; i < u->parts.n; i++)
            put_appends(u, u->parts.v[i]);
        for (int i = 0; i < u->positions.n; i++)
            put_position(u, &u->positions.v[i]);
        s = disk_commit(t->disk, u->batch, false, err);
    }
    for (int i = 0; i < u->parts.n && s == OK; i++) {
        UnitPart *up = u->parts.v[i];
        Partition *pt = &up->topic->parts[up->partition];
        Block *last = up->blocks.v[up->blocks.n - 1];
        cache_put(t, &pt->cache[CACHE_TAIL], last);
        pthread_mutex_lock(&pt->lock);
        pt->end = last->next;
        pthread_mutex_unlock(&pt->lock);
    }
    while (locked--)
        pthread_mutex_unlock(&u->parts.v[locked]->topic->parts[u->parts.v[locked]->partition].append);
    return s;
}

static Status embedded_position(Topics *t, Str key, int64_t *offset, Err *err)
{
    Buf v = BUF_INIT;
    bool found;
    Status s = disk_get(t->disk, FAMILY_POSITION, key, &v, &found, err);
    Rd r = rd_of(buf_view(&v));
    *offset = s == OK && found ? (int64_t)rd_be64(&r) : -1;
    buf_free(&v);
    return s;
}

/* ---- create, delete ---- */

static void topic_key(Buf *out, const Topic *tp)
{
    buf_str(out, STR("topic/"));
    buf_str(out, tp->info.name);
}

static Status embedded_create(Topics *t, Topic *tp, Err *err)
{
    Buf key = BUF_INIT, v = BUF_INIT;
    char next[4];
    DiskBatch *b = disk_batch_new(t->disk);
    topic_key(&key, tp);
    buf_byte(&v, 1);
    buf_be32(&v, tp->id);
    buf_varint(&v, (uint64_t)tp->info.partitions);
    buf_varint(&v, (uint64_t)tp->info.replicas);
    buf_varint(&v, zigzag(tp->info.retention_ms));
    buf_byte(&v, (char)tp->info.cleanup);
    buf_byte(&v, (char)tp->info.use);
    disk_batch_put(b, FAMILY_META, buf_view(&key), buf_view(&v));
    set_be32(next, tp->id + 1);
    disk_batch_put(b, FAMILY_META, STR("topic_next"), (Str){next, 4});
    Status s = disk_commit(t->disk, b, false, err);
    for (int i = 0; i < tp->info.partitions; i++)
        tp->parts[i].loaded = true; /* empty: its id is new */
    disk_batch_free(b);
    buf_free(&key);
    buf_free(&v);
    return s;
}

static Status drop_positions(Topics *t, const Topic *tp, DiskBatch *b, Err *err)
{
    Str key, value;
    DiskIter *it = disk_iter_new(t->disk, FAMILY_POSITION, STR(""), (Str){NULL, 0});
    while (disk_iter_next(it, &key, &value)) {
        Rd r = rd_of(key.n >= 10 ? str_sub(key, key.n - 8, 8) : STR(""));
        if (rd_be32(&r) == tp->id)
            disk_batch_delete(b, FAMILY_POSITION, key);
    }
    return disk_iter_free(it, err);
}

static Status embedded_drop(Topics *t, Topic *tp, Err *err)
{
    Buf key = BUF_INIT, from = BUF_INIT, to = BUF_INIT;
    DiskBatch *b = disk_batch_new(t->disk);
    LogKey first = log_key(tp, 0, 0), behind = log_key(tp, tp->info.partitions, 0);
    topic_key(&key, tp);
    disk_batch_delete(b, FAMILY_META, buf_view(&key));
    const char *const names[] = {begin_name, compacted_name};
    for (int i = 0; i < ARRAY_LEN(names); i++) {
        buf_clear(&from);
        buf_clear(&to);
        part_key(&from, names[i], tp->id, 0);
        part_key(&to, names[i], tp->id, tp->info.partitions);
        disk_batch_delete_range(b, FAMILY_META, buf_view(&from), buf_view(&to));
    }
    disk_batch_delete_range(b, FAMILY_LOG, log_str(&first), log_str(&behind));
    Status s = drop_positions(t, tp, b, err);
    if (s == OK)
        s = disk_commit(t->disk, b, false, err);
    disk_batch_free(b);
    buf_free(&key);
    buf_free(&from);
    buf_free(&to);
    return s;
}

/* ---- retention, compaction ---- */

static Status embedded_drop_head(Topics *t, Topic *tp, int partition, int64_t ts, int64_t offset, Err *err)
{
    int64_t begin, end, keep;
    Str key, value;
    BlockHead head;
    Status s = embedded_ends(t, tp, partition, &begin, &end, err);
    if (s != OK)
        return s;
    DiskIter *it = log_iter(t, tp, partition, begin, end);
    for (keep = begin; s == OK && disk_iter_next(it, &key, &value); keep = key_offset(key) + head.span) {
        if (!block_head(value, &head))
            s = bad_block(err, tp, partition, key_offset(key));
        else if ((head.n && head.max_ts >= ts) || key_offset(key) + head.span > offset)
            break;
    }
    s = iter_end(it, s, err);
    if (s != OK || keep == begin)
        return s;
    Buf bk = BUF_INIT;
    char v[8];
    LogKey from = log_key(tp, partition, begin), to = log_key(tp, partition, keep);
    DiskBatch *b = disk_batch_new(t->disk);
    part_key(&bk, begin_name, tp->id, partition);
    set_be64(v, (uint64_t)keep);
    disk_batch_put(b, FAMILY_META, buf_view(&bk), (Str){v, 8});
    disk_batch_delete_range(b, FAMILY_LOG, log_str(&from), log_str(&to));
    s = disk_commit(t->disk, b, false, err);
    disk_batch_free(b);
    buf_free(&bk);
    if (s == OK) {
        pthread_mutex_lock(&tp->parts[partition].lock);
        tp->parts[partition].begin = keep;
        pthread_mutex_unlock(&tp->parts[partition].lock);
        cache_forget(t, &tp->parts[partition]);
    }
    return s;
}

/* Only blocks below the end as it was are read and written, which nobody else changes (Partition.keep), so appends go on. */
typedef struct Compact {
    Topics *t;
    Topic *tp;
    int partition;
    int64_t begin, end, kept;
    StrMap last;
    DiskBatch *batch;
} Compact;

static Status compact_pass(Compact *c, Status (*fn)(Compact *c, const Block *b, Err *err), Err *err)
{
    Str key, value;
    Status s = OK;
    DiskIter *it = log_iter(c->t, c->tp, c->partition, c->begin, c->end);
    while (s == OK && disk_iter_next(it, &key, &value)) {
        Block *b = block_new(0);
        s = block_decode(b, key_offset(key), value, err);
        if (s == OK)
            s = fn(c, b, err);
        block_unref(b);
    }
    return iter_end(it, s, err);
}

static Status note_block(Compact *c, const Block *b, Err *err)
{
    UNUSED(err);
    last_note(&c->last, b);
    return OK;
}

/* Writes what has gathered, unless the topic was deleted. */
static Status compact_write(Compact *c, Err *err)
{
    pthread_rwlock_rdlock(&c->t->ddl);
    Status s = c->tp->gone || !disk_batch_count(c->batch) ? OK : disk_commit(c->t->disk, c->batch, false, err);
    pthread_rwlock_unlock(&c->t->ddl);
    disk_batch_clear(c->batch);
    return s;
}

/* The last block always keeps its last record, so the partition's end stays known. */
static Status filter_block(Compact *c, const Block *b, Err *err)
{
    Block *kept = last_filter(&c->last, b);
    c->kept += kept ? kept->n : b->n;
    if (!kept)
        return OK;
    LogKey key = log_key(c->tp, c->partition, b->base);
    if (kept->n == 0) {
        disk_batch_delete(c->batch, FAMILY_LOG, log_str(&key));
    } else {
        Buf v = BUF_INIT;
        block_encode(kept, &v);
        disk_batch_put(c->batch, FAMILY_LOG, log_str(&key), buf_view(&v));
        buf_free(&v);
    }
    block_unref(kept);
    return disk_batch_bytes(c->batch) > 4 * BLOCK_BYTES ? compact_write(c, err) : OK;
}

static void note_compacted(Compact *c)
{
    Partition *pt = &c->tp->parts[c->partition];
    Buf key = BUF_INIT;
    char v[16];
    part_key(&key, compacted_name, c->tp->id, c->partition);
    set_be64(v, (uint64_t)c->end);
    set_be64(v + 8, (uint64_t)c->kept);
    disk_batch_put(c->batch, FAMILY_META, buf_view(&key), (Str){v, sizeof v});
    buf_free(&key);
    pthread_mutex_lock(&pt->lock);
    pt->compacted = c->end;
    pt->kept = c->kept;
    pthread_mutex_unlock(&pt->lock);
}

static Status embedded_compact(Topics *t, Topic *tp, int partition, Err *err)
{
    Compact c = {.t = t, .tp = tp, .partition = partition, .batch = disk_batch_new(t->disk)};
    Status s = embedded_ends(t, tp, partition, &c.begin, &c.end, err);
    if (s == OK)
        s = compact_pass(&c, note_block, err);
    if (s == OK)
        s = compact_pass(&c, filter_block, err);
    if (s == OK) {
        note_compacted(&c);
        s = compact_write(&c, err);
    }
    disk_batch_free(c.batch);
    strmap_free(&c.last);
    cache_forget(t, &tp->parts[partition]);
    return s;
}

/* ---- open ---- */

static void embedded_close(Topics *t) { UNUSED(t); }

const TopicsOps topics_embedded_ops = {
    .close = embedded_close,
    .create = embedded_create,
    .drop = embedded_drop,
    .clear = embedded_clear,
    .read = embedded_read,
    .ends = embedded_ends,
    .offset_at = embedded_offset_at,
    .commit = embedded_commit,
    .position = embedded_position,
    .compact = embedded_compact,
    .drop_head = embedded_drop_head,
};

static Status load_topic(Topics *t, Str name, Str value, Err *err)
{
    Rd r = rd_of(value);
    TopicInfo info = {.name = name};
    int version = rd_u8(&r);
    uint32_t id = rd_be32(&r);
    uint64_t partitions = rd_varint(&r);
    info.replicas = (int)rd_varint(&r);
    info.retention_ms = unzigzag(rd_varint(&r));
    info.cleanup = (CleanupPolicy)rd_u8(&r);
    info.use = rd_u8(&r);
    if (r.bad || version != 1 || partitions < 1 || partitions > LIMIT_PARTITIONS)
        return err_set(err, ERR_CORRUPT, "The stored description of topic '%.*s' does not read.",
                       STR_ARG(name));
    info.partitions = (int)partitions;
    Topic *tp = topic_make(id, &info);
    strmap_put(&t->map, tp->info.name, tp);
    t->next_id = id >= t->next_id ? id + 1 : t->next_id;
    return OK;
}

Status topics_embedded_open(Disk *d, Effects *fx, Topics **out, Err *err)
{
    Topics *t = topics_new(&topics_embedded_ops, fx, d);
    Buf next = BUF_INIT;
    Str key, value;
    bool found;
    Status s = disk_get(d, FAMILY_META, STR("topic_next"), &next, &found, err);
    if (s == OK && found) {
        Rd r = rd_of(buf_view(&next));
        t->next_id = rd_be32(&r);
    }
    buf_free(&next);
    DiskIter *it = disk_iter_new(d, FAMILY_META, STR("topic/"), STR("topic0"));
    while (s == OK && disk_iter_next(it, &key, &value))
        s = load_topic(t, str_sub(key, 6, key.n - 6), value, err);
    s = iter_end(it, s, err);
    if (s != OK) {
        topics_free(t);
        t = NULL;
    }
    *out = t;
    return s;
}
