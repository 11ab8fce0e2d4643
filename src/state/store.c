// SPDX-License-Identifier: Apache-2.0
// Store: look-ups, changes, and what a commit does with them. The table is in table.c, the walks in scan.c.
//
// An entry's marks, and what the next commit writes for it:
//
//   dirty fresh dead   meaning                               flush     committed
//     0     0    0     as on disk                            -         may be evicted
//     1     1    0     new since the last commit             put       clean
//     1     0    0     changed since                         put       clean
//     1     1    1     new and deleted since                 -         freed
//     1     0    1     deleted since                         delete    freed
//
// A miss asks the disk only when the store is not known to be complete (every live key hot). That is
// found out at the first miss: nothing on disk, or little enough to load it all, makes it complete; an
// eviction ends it.
//
// Memory only (disk NULL): nothing is evicted; marks go by the same table.
#include "state/store_impl.h"

#include <stdlib.h>

Store *store_new(Disk *disk, uint32_t id, int partition, const StoreOwner *owner, size_t budget)
{
    Store *st = mem_zalloc(sizeof *st);
    st->disk = disk;
    st->own = *owner;
    st->state_size = ((uint32_t)owner->size + GRAIN - 1) & ~(uint32_t)(GRAIN - 1);
    st->budget = budget;
    st->complete = disk ? COMPLETE_UNKNOWN : COMPLETE_YES;
    st->touch.epoch = 1;
    st->touch.key_at = STATE_AT + st->state_size;
    Buf b = BUF_INIT;
    buf_be32(&b, id);
    buf_be32(&b, (uint32_t)partition);
    memcpy(st->prefix, b.p, sizeof st->prefix);
    buf_free(&b);
    return st;
}

void store_free(Store *st)
{
    if (!st)
        return;
    if (st->share) {
        __atomic_sub_fetch(&st->share->used, st->reported, __ATOMIC_RELAXED);
        __atomic_sub_fetch(&st->share->stores, 1, __ATOMIC_RELAXED);
    }
    table_free(st);
    vec_free(&st->touch.dirty);
    buf_free(&st->key);
    buf_free(&st->value);
    mem_free(st);
}

void store_join(Store *st, StoreShare *share)
{
    if (!st->disk || !share)
        return;
    st->share = share;
    st->budget = share->budget;
    __atomic_add_fetch(&share->stores, 1, __ATOMIC_RELAXED);
}

/* Tells the share how many bytes it has now. */
static void report(Store *st)
{
    size_t have = store_bytes(st);
    __atomic_add_fetch(&st->share->used, have - st->reported, __ATOMIC_RELAXED);
    st->reported = have;
}

/* How many bytes it may have: its budget; of a share all it has, until the share is used up, then what brings the
 * whole back below, but never less than an equal part. */
static size_t allowed(Store *st)
{
    if (!st->share)
        return st->budget;
    report(st);
    size_t budget = st->share->budget, used = __atomic_load_n(&st->share->used, __ATOMIC_RELAXED);
    size_t stores = (size_t)__atomic_load_n(&st->share->stores, __ATOMIC_RELAXED);
    if (used <= budget)
        return st->reported;
    size_t over = used - budget, part = budget / stores;
    return st->reported > part + over ? st->reported - over : part;
}

/* ---- disk ---- */

Str disk_key(Store *st, Str key)
{
    buf_clear(&st->key);
    buf_bytes(&st->key, st->prefix, sizeof st->prefix);
    buf_str(&st->key, key);
    return buf_view(&st->key);
}

void disk_bounds(const Store *st, Str *from, char to[8])
{
    *from = (Str){st->prefix, sizeof st->prefix};
    memcpy(to, st->prefix, 8);
    for (int i = 7; i >= 0 && ++*(unsigned char *)&to[i] == 0; i--)
        ; /* carries on into the byte before */
}

Status load_state(Store *st, void *state, Str value, Err *err)
{
    Rd in = rd_of(value);
    if (st->own.load(st->own.arg, state, &in) && !in.bad)
        return OK;
    if (st->own.drop)
        st->own.drop(st->own.arg, state);
    return err_set(err, ERR_CORRUPT, "A stored state does not read: it is damaged, or of another version.");
}

/* A clean entry of a key that is not in the table. */
static Status load_entry(Store *st, Str key, uint64_t hash, Str value, StoreEntry **out, Err *err)
{
    StoreEntry *e = table_add(st, key, hash);
    Status s = load_state(st, store_state(e), value, err);
    if (s != OK) {
        memset(store_state(e), 0, st->state_size);
        table_remove(st, e);
        return s;
    }
    entry_set_weight(st, e);
    *out = e;
    return OK;
}

/* At the first miss: is there anything on disk? Loads it when it is little. */
static Status find_complete(Store *st, Err *err)
{
    Str from, key, value;
    char to[8];
    StoreEntry *e;
    Status s = OK;
    size_t bytes = 0, most = st->budget && st->budget / 4 < LOAD_ALL_BYTES ? st->budget / 4 : LOAD_ALL_BYTES;
    disk_bounds(st, &from, to);
    DiskIter *it = disk_iter_new(st->disk, FAMILY_STATE, from, (Str){to, sizeof to});
    st->complete = COMPLETE_YES;
    while (s == OK && disk_iter_next(it, &key, &value)) {
        bytes += key.n + value.n;
        if (bytes > most) {
            st->complete = COMPLETE_NO;
            break;
        }
        key = str_sub(key, sizeof st->prefix, key.n - sizeof st->prefix);
        if (!table_find(st, key, hash_key(st, key)))
            s = load_entry(st, key, hash_key(st, key), value, &e, err);
    }
    if (s != OK) {
        Err other = ERR_INIT;
        if (disk_iter_free(it, &other) != OK)
            err_clear(&other);
    } else {
        s = disk_iter_free(it, err);
    }
    if (s != OK)
        st->complete = COMPLETE_UNKNOWN;
    return s;
}

static Status find_on_disk(Store *st, Str key, uint64_t hash, StoreEntry **out, Err *err)
{
    Status s = OK;
    bool found;
    *out = NULL;
    if (st->complete == COMPLETE_UNKNOWN) {
        s = find_complete(st, err);
        if (s != OK || (*out = table_find(st, key, hash)))
            return s;
    }
    if (st->complete == COMPLETE_YES)
        return OK;
    s = disk_get(st->disk, FAMILY_STATE, disk_key(st, key), &st->value, &found, err);
    if (s == OK && found)
        s = load_entry(st, key, hash, buf_view(&st->value), out, err);
    return s;
}

/* ---- look-ups and changes ---- */

Status store_find(Store *st, Str key, uint64_t hash, StoreEntry **out, Err *err)
{
    StoreEntry *e = table_find(st, key, hash);
    if (!e && st->complete != COMPLETE_YES) {
        Status s = find_on_disk(st, key, hash, &e, err);
        if (s != OK)
            return s;
    }
    if (e) {
        e->used = st->touch.epoch;
        if (e->dead)
            e = NULL;
    }
    *out = e;
    return OK;
}

/* A deleted key comes back: its entry starts over, and still knows whether the disk has it. */
static void revive(Store *st, StoreEntry *e)
{
    if (st->own.drop)
        st->own.drop(st->own.arg, store_state(e));
    memset(store_state(e), 0, st->state_size);
    e->dead = 0;
    e->mark = 0;
    st->dead--;
    store_touch(st, e);
}

Status store_upsert(Store *st, Str key, uint64_t hash, StoreEntry **out, bool *made, Err *err)
{
    StoreEntry *e = table_find(st, key, hash);
    if (!e && st->complete != COMPLETE_YES) {
        Status s = find_on_disk(st, key, hash, &e, err);
        if (s != OK)
            return s;
    }
    *made = false;
    if (!e) {
        e = table_add(st, key, hash);
        e->fresh = 1;
        store_touch(st, e);
        *made = true;
    } else if (e->dead) {
        revive(st, e);
        *made = true;
    }
    e->used = st->touch.epoch;
    *out = e;
    return OK;
}

void store_touch_first(Store *st, StoreEntry *e)
{
    e->dirty = 1;
    vec_add(&st->touch.dirty, e);
}

void store_delete(Store *st, StoreEntry *e)
{
    store_touch(st, e);
    st->dead += !e->dead;
    e->dead = 1;
}

/* ---- commit ---- */

typedef struct Touched {
    uint64_t seq;
    StoreEntry *e;
} Touched;

/* Least significant byte first; only the bytes that differ cost a pass. */
static Touched *sort_touched(Touched *v, Touched *spare, size_t n, uint64_t range)
{
    for (int shift = 0; shift < 64 && range >> shift; shift += 8) {
        size_t at[257] = {0};
        for (size_t i = 0; i < n; i++)
            at[((v[i].seq >> shift) & 0xff) + 1]++;
        for (int b = 0; b < 256; b++)
            at[b + 1] += at[b];
        for (size_t i = 0; i < n; i++)
            spare[at[(v[i].seq >> shift) & 0xff]++] = v[i];
        Touched *t = v;
        v = spare;
        spare = t;
    }
    return v;
}

void store_dirty(Store *st, void (*fn)(void *arg, StoreEntry *e), void *arg)
{
    size_t n = (size_t)st->touch.dirty.n;
    if (n == 0)
        return;
    uint64_t least = UINT64_MAX, most = 0;
    bool sorted = true;
    for (size_t i = 0; i < n; i++) {
        uint64_t seq = st->touch.dirty.v[i]->touched;
        sorted &= seq >= most;
        least = seq < least ? seq : least;
        most = seq > most ? seq : most;
    }
    if (sorted) {
        for (size_t i = 0; i < n; i++)
            fn(arg, st->touch.dirty.v[i]);
        return;
    }
    Touched *mem = mem_alloc(2 * n * sizeof *mem);
    for (size_t i = 0; i < n; i++)
        mem[i] = (Touched){st->touch.dirty.v[i]->touched - least, st->touch.dirty.v[i]};
    Touched *v = sort_touched(mem, mem + n, n, most - least);
    for (size_t i = 0; i < n; i++)
        fn(arg, v[i].e);
    mem_free(mem);
}

int store_dirty_count(const Store *st) { return st->touch.dirty.n; }

size_t store_dirty_bytes(const Store *st)
{
    return st->count ? (size_t)st->touch.dirty.n * ((st->entry_bytes + st->weights) / (size_t)st->count) : 0;
}

/* A dirty entry, with the first bytes of its key as a number in their order. */
typedef struct Flushed {
    uint64_t first;
    StoreEntry *e;
    const Store *st;
} Flushed;

static int by_key(const void *a, const void *b)
{
    const Flushed *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return str_cmp(store_key(x->st, x->e), store_key(y->st, y->e));
}

static uint64_t first_bytes(Str key)
{
    uint64_t v = 0;
    memcpy(&v, key.p, key.n < sizeof v ? key.n : sizeof v);
    return __builtin_bswap64(v);
}

static void flush_entry(Store *st, const StoreEntry *e, DiskBatch *batch)
{
    Str key = disk_key(st, store_key(st, e));
    if (e->dead) {
        if (!e->fresh)
            disk_batch_delete(batch, FAMILY_STATE, key);
        return;
    }
    buf_clear(&st->value);
    st->own.save(st->own.arg, (const char *)e + STATE_AT, &st->value);
    disk_batch_put(batch, FAMILY_STATE, key, buf_view(&st->value));
}

/* In the order of the keys: RocksDB's memtable is a skip list, and takes keys in order faster. */
void store_flush(Store *st, DiskBatch *batch)
{
    size_t n = (size_t)st->touch.dirty.n;
    for (size_t i = 0; i < n && st->own.weight; i++)
        entry_set_weight(st, st->touch.dirty.v[i]);
    if (!batch || n == 0)
        return;
    Flushed *v = mem_alloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        StoreEntry *e = st->touch.dirty.v[i];
        v[i] = (Flushed){first_bytes(store_key(st, e)), e, st};
    }
    qsort(v, n, sizeof *v, by_key);
    for (size_t i = 0; i < n; i++)
        flush_entry(st, v[i].e, batch);
    mem_free(v);
}

enum { AGES = 64 };

typedef struct Evict {
    uint32_t epoch;
    int oldest_kept;   /* entries of a greater age go */
    size_t of_that_age; /* bytes to free among entries of exactly that age */
    Store *st;
} Evict;

static int age_of(uint32_t epoch, const StoreEntry *e)
{
    uint32_t age = epoch - e->used;
    return age >= AGES ? AGES - 1 : (int)age;
}

static bool is_evicted(void *arg, StoreEntry *e)
{
    Evict *ev = arg;
    int age = age_of(ev->epoch, e);
    size_t bytes = entry_size(ev->st, e->key_len) + e->weight;
    if (e->dirty || age < ev->oldest_kept || (age == ev->oldest_kept && ev->of_that_age == 0))
        return false;
    if (age == ev->oldest_kept)
        ev->of_that_age -= bytes < ev->of_that_age ? bytes : ev->of_that_age;
    return true;
}

/* Down to 7/8 of the budget, so that the walk is paid for by many commits; by commits since the last use. */
static void evict(Store *st)
{
    if (!st->disk || !st->budget)
        return;
    size_t by_age[AGES] = {0}, have = store_bytes(st), most = allowed(st), want = most - most / 8;
    if (have <= most)
        return;
    for (size_t i = 0; i <= st->mask; i++) {
        if (!st->slots[i].at)
            continue;
        StoreEntry *e = entry_at(st, st->slots[i].at);
        by_age[age_of(st->touch.epoch, e)] += entry_size(st, e->key_len) + e->weight;
    }
    size_t need = have - want;
    int age = AGES - 1;
    for (; age > 0 && by_age[age] < need; age--)
        need -= by_age[age];
    Evict ev = {st->touch.epoch, age, need, st};
    int64_t before = st->count;
    table_remove_if(st, is_evicted, &ev);
    if (st->count < before)
        st->complete = COMPLETE_NO;
    if (st->share)
        report(st);
}

void store_committed(Store *st)
{
    for (int i = 0; i < st->touch.dirty.n; i++) {
        StoreEntry *e = st->touch.dirty.v[i];
        e->dirty = e->fresh = 0;
        if (e->dead)
            table_remove(st, e);
    }
    st->touch.dirty.n = 0;
    if (st->touch.dirty.cap > 1 << 16)
        vec_free(&st->touch.dirty);
    evict(st);
    st->touch.epoch++;
}

size_t store_bytes(const Store *st)
{
    size_t slots = st->slots ? (size_t)st->mask + 1 : 0;
    return sizeof *st + st->entry_bytes + st->weights + slots * sizeof *st->slots;
}

int64_t store_hot_count(const Store *st) { return st->count - st->dead; }

void store_drop(DiskBatch *batch, uint32_t id)
{
    Buf b = BUF_INIT;
    buf_be32(&b, id);
    buf_be32(&b, id + 1);
    Str v = buf_view(&b);
    disk_batch_delete_range(batch, FAMILY_STATE, str_sub(v, 0, 4),
                            id == UINT32_MAX ? STR("\xff\xff\xff\xff\xff") : str_sub(v, 4, 4));
    buf_free(&b);
}

void store_drop_partition(DiskBatch *batch, uint32_t id, int partition)
{
    Buf b = BUF_INIT;
    buf_be32(&b, id);
    buf_be32(&b, (uint32_t)partition);
    buf_be32(&b, id);
    buf_be32(&b, (uint32_t)partition + 1);
    Str v = buf_view(&b);
    disk_batch_delete_range(batch, FAMILY_STATE, str_sub(v, 0, 8), str_sub(v, 8, 8));
    buf_free(&b);
}
