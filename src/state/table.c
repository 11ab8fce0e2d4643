// SPDX-License-Identifier: Apache-2.0
// The hot table of a store: open addressing over entries in slabs.
//
// A slot is 8 bytes (half of the hash, and the entry's place), so that 100,000 keys are probed in 2 MB;
// an entry is only looked at when the half matches. Linear probing, at most 3/4 full; removal shifts
// back, which needs no entry since the home of a slot is in its tag. Entries never move: operators keep
// their pointers until the next commit. Memory of removed ones is reused by size; entries above
// ENTRY_MOST have a slab of their own, given back when they go. Slabs start at a kilobyte, because a
// server has thousands of stores and most are nearly empty. From 2 MB on slots and slabs ask for huge
// pages: look-ups among many keys are random, and would spend half of their time on page tables.
#include <stdlib.h>
#include <sys/mman.h>

#include "state/store_impl.h"

/* Not zeroed; for mem_free. */
static void *big_alloc(size_t n)
{
#ifdef MADV_HUGEPAGE
    void *p;
    if (n >= SLAB_MOST && posix_memalign(&p, SLAB_MOST, n) == 0) {
        madvise(p, n, MADV_HUGEPAGE); /* a wish */
        return p;
    }
#endif
    return mem_alloc(n);
}

static size_t table_home(const Store *st, const Slot *s) { return s->tag & st->mask; }

/* Short keys without a call; n is the length of both. */
static inline bool same_key(const char *a, const char *b, size_t n)
{
    uint64_t x[2], y[2];
    if (n > 32 || n < 8)
        return n == 0 || memcmp(a, b, n) == 0;
    if (n > 16) {
        memcpy(x, a, 16);
        memcpy(y, b, 16);
        if ((x[0] ^ y[0]) | (x[1] ^ y[1]))
            return false;
        a += n - 16;
        b += n - 16;
        n = 16;
    }
    memcpy(&x[0], a, 8);
    memcpy(&y[0], b, 8);
    memcpy(&x[1], a + n - 8, 8);
    memcpy(&y[1], b + n - 8, 8);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static inline bool entry_is(const Store *st, const StoreEntry *e, Str key, uint64_t hash)
{
    return e->hash == hash && e->key_len == key.n && same_key((const char *)e + st->touch.key_at, key.p, key.n);
}

StoreEntry *table_find(const Store *st, Str key, uint64_t hash)
{
    if (!st->slots)
        return NULL;
    uint32_t tag = (uint32_t)hash;
    for (size_t i = tag & st->mask; st->slots[i].at; i = (i + 1) & st->mask) {
        if (st->slots[i].tag != tag)
            continue;
        StoreEntry *e = entry_at(st, st->slots[i].at);
        if (entry_is(st, e, key, hash))
            return e;
    }
    return NULL;
}

/* The entry that the slots of a hash name, unseen, with its memory on the way; NULL: there is none. */
static inline StoreEntry *likely_entry(const Store *st, uint64_t hash)
{
    const uint32_t tag = (uint32_t)hash;
    const Slot *s = &st->slots[tag & st->mask], *next = &st->slots[(tag + 1) & st->mask];
    Place at = next->tag == tag ? next->at : 0;
    at = s->tag == tag ? s->at : at; /* without a branch: which of the two it is cannot be foreseen */
    if (__builtin_expect(!at, 0)) {
        size_t i = tag & st->mask;
        while (st->slots[i].at && st->slots[i].tag != tag)
            i = (i + 1) & st->mask;
        at = st->slots[i].at;
        if (!at)
            return NULL;
    }
    StoreEntry *e = entry_at(st, at);
    __builtin_prefetch(e, 1);
    __builtin_prefetch((const char *)e + 64, 1); /* the key's end */
    return e;
}

void store_find_hot(Store *st, const StoreKeys *keys, int n, StoreEntry **out)
{
    enum { ENTRIES = 12, SLOTS = 28 }; /* rows ahead */
    if (!st->slots) {
        memset(out, 0, sizeof *out * (size_t)n);
        return;
    }
    for (int i = -SLOTS; i < n; i++) {
        if (i + SLOTS < n)
            __builtin_prefetch(&st->slots[(uint32_t)keys->hashes[i + SLOTS] & st->mask]);
        if (i + ENTRIES >= 0 && i + ENTRIES < n)
            out[i + ENTRIES] = likely_entry(st, keys->hashes[i + ENTRIES]);
        if (i < 0)
            continue;
        Str key = {keys->bytes + keys->at[i], keys->at[i + 1] - keys->at[i]};
        StoreEntry *e = out[i];
        if (!e || !entry_is(st, e, key, keys->hashes[i]))
            e = table_find(st, key, keys->hashes[i]);
        if (e && e->dead)
            e = NULL;
        if (e)
            e->used = st->touch.epoch;
        out[i] = e;
    }
}

static void grow(Store *st)
{
    size_t n = st->slots ? ((size_t)st->mask + 1) * 2 : 16;
    Slot *old = st->slots;
    size_t had = old ? (size_t)st->mask + 1 : 0;
    st->slots = big_alloc(n * sizeof *st->slots);
    memset(st->slots, 0, n * sizeof *st->slots);
    st->mask = (uint32_t)(n - 1);
    for (size_t k = 0; k < had; k++) {
        if (!old[k].at)
            continue;
        size_t i = table_home(st, &old[k]);
        while (st->slots[i].at)
            i = (i + 1) & st->mask;
        st->slots[i] = old[k];
    }
    mem_free(old);
}

/* Of its own for an entry above ENTRY_MOST: then it counts as full. */
static Place new_slab(Store *st, size_t cap, bool own)
{
    if (st->slabs.n == 0)
        vec_add(&st->slabs, (Slab){NULL, 0, 0}); /* place 0 is nowhere */
    for (int i = 1; own && i < st->slabs.n; i++)
        if (!st->slabs.v[i].p) { /* given back by a large entry */
            st->slabs.v[i] = (Slab){mem_alloc(cap), 0, 0};
            return (Place)i;
        }
    BUG_IF(st->slabs.n >= SLABS_MOST);
    vec_add(&st->slabs, own ? (Slab){mem_alloc(cap), 0, 0} : (Slab){big_alloc(cap), 0, (uint32_t)cap});
    return (Place)st->slabs.n - 1;
}

/* Multiples of GRAIN up to a kilobyte, then powers of two up to ENTRY_MOST; *size is rounded up. */
static int size_class(size_t *size)
{
    if (*size < CLASSES_EVEN * GRAIN)
        return (int)(*size / GRAIN);
    int log = 64 - __builtin_clzl(*size - 1);
    *size = (size_t)1 << log;
    return CLASSES_EVEN + log - 10;
}

static Place alloc_entry(Store *st, size_t size)
{
    if (size > ENTRY_MOST)
        return new_slab(st, size, true) << PLACE_BITS;
    int class_ = size_class(&size);
    if (st->free[class_]) {
        Place at = st->free[class_];
        memcpy(&st->free[class_], entry_at(st, at), sizeof at);
        return at;
    }
    Slab *s = st->slab ? &st->slabs.v[st->slab] : NULL;
    if (!s || s->cap - s->used < size) {
        size_t cap = s ? (size_t)s->cap * 2 : SLAB_FIRST;
        cap = cap < size ? size : cap;
        st->slab = (int)new_slab(st, cap > SLAB_MOST ? SLAB_MOST : cap, false);
        s = &st->slabs.v[st->slab];
    }
    Place at = (Place)st->slab << PLACE_BITS | s->used / GRAIN;
    s->used += (uint32_t)size;
    return at;
}

static void free_entry(Store *st, StoreEntry *e, Place at, size_t size)
{
    if (size > ENTRY_MOST) {
        mem_free(e);
        st->slabs.v[at >> PLACE_BITS].p = NULL;
        return;
    }
    int class_ = size_class(&size);
    memcpy(e, &st->free[class_], sizeof at);
    st->free[class_] = at;
}

StoreEntry *table_add(Store *st, Str key, uint64_t hash)
{
    if (!st->slots || (uint64_t)st->count >= ((uint64_t)st->mask + 1) / 4 * 3)
        grow(st);
    size_t size = entry_size(st, (uint32_t)key.n);
    Place at = alloc_entry(st, size);
    StoreEntry *e = entry_at(st, at);
    memset(e, 0, STATE_AT + st->state_size);
    e->hash = hash;
    e->key_len = (uint32_t)key.n;
    e->used = st->touch.epoch;
    if (key.n)
        memcpy((char *)e + STATE_AT + st->state_size, key.p, key.n);
    size_t i = (uint32_t)hash & st->mask;
    while (st->slots[i].at)
        i = (i + 1) & st->mask;
    st->slots[i] = (Slot){(uint32_t)hash, at};
    st->count++;
    st->entry_bytes += size;
    return e;
}

void entry_set_weight(Store *st, StoreEntry *e)
{
    if (!st->own.weight)
        return;
    size_t w = st->own.weight(st->own.arg, store_state(e));
    w = w > UINT32_MAX ? UINT32_MAX : w;
    st->weights += w - e->weight;
    e->weight = (uint32_t)w;
}

/* Frees the entry of slot i, and shifts back what was displaced by it. */
static void remove_slot(Store *st, size_t i)
{
    Place at = st->slots[i].at;
    StoreEntry *e = entry_at(st, at);
    size_t size = entry_size(st, e->key_len);
    if (st->own.drop)
        st->own.drop(st->own.arg, store_state(e));
    st->weights -= e->weight;
    st->entry_bytes -= size;
    st->count--;
    st->dead -= e->dead;
    free_entry(st, e, at, size);
    for (size_t k = (i + 1) & st->mask; st->slots[k].at; k = (k + 1) & st->mask) {
        size_t from_home = (k - table_home(st, &st->slots[k])) & st->mask;
        if (from_home >= ((k - i) & st->mask)) {
            st->slots[i] = st->slots[k];
            i = k;
        }
    }
    st->slots[i] = (Slot){0, 0};
}

void table_remove(Store *st, StoreEntry *e)
{
    size_t i = (uint32_t)e->hash & st->mask;
    while (entry_at(st, st->slots[i].at) != e)
        i = (i + 1) & st->mask;
    remove_slot(st, i);
}

void table_remove_if(Store *st, bool (*fn)(void *arg, StoreEntry *e), void *arg)
{
    if (!st->slots)
        return;
    /* From behind an empty slot, so that no run of slots is walked from its middle; a removal moves
     * another entry into the slot, which is then looked at. */
    size_t start = 0, n = (size_t)st->mask + 1;
    while (st->slots[start].at)
        start++;
    for (size_t k = 1; k <= n; k++) {
        size_t i = (start + k) & st->mask;
        while (st->slots[i].at && fn(arg, entry_at(st, st->slots[i].at)))
            remove_slot(st, i);
    }
}

void table_free(Store *st)
{
    for (size_t i = 0; st->slots && st->own.drop && i <= st->mask; i++)
        if (st->slots[i].at)
            st->own.drop(st->own.arg, store_state(entry_at(st, st->slots[i].at)));
    for (int i = 0; i < st->slabs.n; i++)
        mem_free(st->slabs.v[i].p);
    vec_free(&st->slabs);
    mem_free(st->slots);
}
