// SPDX-License-Identifier: Apache-2.0
// The hot table of a store: open addressing over entries in slabs.
//
// A slot is 8 bytes (half of the hash, and the entry's place), so that 100,000 keys are probed in 2 MB;
// an entry is only looked at when the half matches. Linear probing, at most 3/4 full; removal shifts
// back, which needs no entry since the home of a slot is in its tag. Entries never move: operators keep
// their pointers until the next commit. Memory of removed ones is reused by size; entries above
// SLAB_MOST have a slab of their own, given back when they go. Slabs start at a kilobyte, because a
// server has thousands of stores and most are nearly empty.
#include "state/store_impl.h"

static size_t table_home(const Store *st, const Slot *s) { return s->tag & st->mask; }

StoreEntry *table_find(const Store *st, Str key, uint64_t hash)
{
    if (!st->slots)
        return NULL;
    uint32_t tag = (uint32_t)hash;
    for (size_t i = tag & st->mask; st->slots[i].at; i = (i + 1) & st->mask) {
        if (st->slots[i].tag != tag)
            continue;
        StoreEntry *e = entry_at(st, st->slots[i].at);
        if (e->hash == hash && e->key_len == key.n &&
            (!key.n || memcmp((char *)e + STATE_AT + st->state_size, key.p, key.n) == 0))
            return e;
    }
    return NULL;
}

static void grow(Store *st)
{
    size_t n = st->slots ? ((size_t)st->mask + 1) * 2 : 16;
    Slot *old = st->slots;
    size_t had = old ? (size_t)st->mask + 1 : 0;
    st->slots = mem_zalloc(n * sizeof *st->slots);
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

static Place new_slab(Store *st, size_t cap)
{
    if (st->slabs.n == 0)
        vec_add(&st->slabs, (Slab){NULL, 0, 0}); /* place 0 is nowhere */
    for (int i = 1; cap > SLAB_MOST && i < st->slabs.n; i++)
        if (!st->slabs.v[i].p) { /* given back by a large entry */
            st->slabs.v[i] = (Slab){mem_alloc(cap), 0, 0};
            return (Place)i;
        }
    BUG_IF(st->slabs.n > 0xffff);
    vec_add(&st->slabs, (Slab){mem_alloc(cap), 0, cap > SLAB_MOST ? 0 : (uint32_t)cap});
    return (Place)st->slabs.n - 1;
}

/* Multiples of GRAIN up to a kilobyte, then powers of two up to SLAB_MOST; *size is rounded up. */
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
    if (size > SLAB_MOST)
        return new_slab(st, size) << 16;
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
        st->slab = (int)new_slab(st, cap > SLAB_MOST ? SLAB_MOST : cap);
        s = &st->slabs.v[st->slab];
    }
    Place at = (Place)st->slab << 16 | s->used >> 4;
    s->used += (uint32_t)size;
    return at;
}

static void free_entry(Store *st, StoreEntry *e, Place at, size_t size)
{
    if (size > SLAB_MOST) {
        mem_free(e);
        st->slabs.v[at >> 16].p = NULL;
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
