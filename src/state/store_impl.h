// SPDX-License-Identifier: Apache-2.0
// What the files of src/state share: the hot table, its slabs, what is known about the disk.
#ifndef SLUICE_STATE_STORE_IMPL_H
#define SLUICE_STATE_STORE_IMPL_H

#include "base/vec.h"
#include "state/store.h"

enum {
    STATE_AT = 32,          /* where the inline state begins in an entry */
    GRAIN = 16,             /* entries are multiples of it */
    SLAB_FIRST = 1 << 10,
    ENTRY_MOST = 1 << 20,   /* above, an entry has a slab of its own */
    SLAB_MOST = 1 << 21,    /* a huge page; in grains, what PLACE_BITS of a Place address */
    PLACE_BITS = 17,
    SLABS_MOST = 1 << (32 - PLACE_BITS),
    CLASSES_EVEN = 64,      /* free lists for entries of so many grains, then by powers of two */
    CLASSES = CLASSES_EVEN + 11,
    LOAD_ALL_BYTES = 1 << 20, /* a store on disk is loaded as a whole when it is not larger */
};

_Static_assert(sizeof(StoreEntry) <= STATE_AT, "the inline state begins behind the entry's head");

/* Where an entry lies: slab number << PLACE_BITS | offset in grains. 0 is nowhere: slab 0 is not used. */
typedef uint32_t Place;

typedef struct Slot {
    uint32_t tag; /* the low half of the hash: home is tag & mask */
    Place at;     /* 0: empty */
} Slot;

typedef struct Slab {
    char *p;
    uint32_t used, cap;
} Slab;

typedef enum Complete { COMPLETE_UNKNOWN, COMPLETE_YES, COMPLETE_NO } Complete;

typedef VEC(StoreEntry *) EntryVec;

struct Store {
    StoreTouch touch; /* first: store.h reaches it */
    Disk *disk;
    StoreOwner own;
    uint32_t state_size; /* rounded up to GRAIN */
    size_t budget;
    StoreShare *share;   /* instead of it, or NULL */
    size_t reported;     /* of its bytes, in share->used */
    Slot *slots;
    uint32_t mask; /* slots - 1; 0 with slots NULL */
    int64_t count; /* entries in the table, dead ones too */
    int64_t dead;
    VEC(Slab) slabs;
    int slab; /* the one that new entries come from */
    Place free[CLASSES]; /* free entries by size, linked through their first bytes */
    size_t entry_bytes;  /* of all entries in the table */
    size_t weights;      /* of all entries, as of their last flush or load */
    Complete complete;   /* every live key is hot: a miss needs no disk */
    char prefix[8];      /* of its keys on disk */
    Buf key, value;      /* scratch */
};

static inline StoreEntry *entry_at(const Store *st, Place at)
{
    return (StoreEntry *)(void *)(st->slabs.v[at >> PLACE_BITS].p + (size_t)(at & ((1u << PLACE_BITS) - 1)) * GRAIN);
}

static inline size_t entry_size(const Store *st, uint32_t key_len)
{
    return (STATE_AT + st->state_size + key_len + GRAIN - 1) & ~(size_t)(GRAIN - 1);
}

/* ---- table.c ---- */
StoreEntry *table_find(const Store *st, Str key, uint64_t hash);
/* A new entry with a zeroed state; the key is not there yet. */
StoreEntry *table_add(Store *st, Str key, uint64_t hash);
/* Drops its state, frees it. */
void table_remove(Store *st, StoreEntry *e);
/* Removes every entry for which fn is true. */
void table_remove_if(Store *st, bool (*fn)(void *arg, StoreEntry *e), void *arg);
void table_free(Store *st);
void entry_set_weight(Store *st, StoreEntry *e);

/* ---- store.c ---- */
static inline uint64_t hash_key(const Store *st, Str key)
{
    return st->own.hash ? st->own.hash(key) : str_hash(key);
}
/* The key on disk of a key, in st->key. */
Str disk_key(Store *st, Str key);
/* Reads the state of a stored value into zeroed memory. */
Status load_state(Store *st, void *state, Str value, Err *err);
/* The bounds of the store's keys on disk: prefix, and the prefix behind. */
void disk_bounds(const Store *st, Str *from, char to[8]);

#endif
