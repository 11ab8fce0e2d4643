// SPDX-License-Identifier: Apache-2.0
// Store: the keyed state of one operator in one partition.
//
// A hot hash table in memory is the primary copy. An entry is a key (bytes), a fixed-size inline
// part that the owner updates in place, and dirty marks; what the inline part points to is the
// owner's (callbacks). RocksDB is written once a commit for each dirty key, never read-modify-written per
// record. A key that is not hot is looked up on disk, unless the whole store is hot (complete).
//
// Under a budget, clean entries are evicted after a commit, least recently used first.
// A unit of work that fails ends the store: its owner makes it anew, from what is on disk.
//
// Disk layout, PERSISTED v1, FAMILY_STATE:
//   key    store id (be32) | partition (be32) | key bytes        value  as `save` writes it
// One thread: the worker that owns the task.
#ifndef SLUICE_STATE_STORE_H
#define SLUICE_STATE_STORE_H

#include "base/vec.h"
#include "disk/disk.h"
#include "types/batch.h"

typedef struct Store Store;

typedef struct StoreEntry {
    uint64_t hash;
    uint64_t touched;   /* sequence number of the last store_touch: orders the dirty entries */
    uint32_t key_len;
    uint8_t dirty;      /* changed since the last commit */
    uint8_t fresh;      /* not on disk, as of the last commit */
    uint8_t dead;       /* deleted since the last commit */
    uint8_t mark;       /* the owner's; 0 in a new entry */
    uint32_t used;      /* the store's: when it was last asked for, in commits */
    uint32_t weight;    /* the store's: what `weight` last said */
    /* at 32: inline state (16-byte aligned), then the key's bytes */
} StoreEntry;

/* The part of a Store that the inline functions below reach; not for others. */
typedef struct StoreTouch {
    uint64_t seq;
    uint32_t epoch;
    uint32_t key_at;
    VEC(StoreEntry *) dirty;
} StoreTouch;

typedef struct StoreOwner {
    void *arg;
    int size; /* bytes of inline state */
    /* Writes the inline state and what it points to. */
    void (*save)(void *arg, const void *state, Buf *out);
    /* From what save wrote; false when it does not read (corrupt). The state is zeroed before. */
    bool (*load)(void *arg, void *state, Rd *in);
    /* Frees what the state points to; may be NULL. */
    void (*drop)(void *arg, void *state);
    /* Heap bytes behind the state, for the budget; may be NULL. */
    size_t (*weight)(void *arg, const void *state);
    /* Of a key: the hash that every call on the store passes; NULL = str_hash. */
    uint64_t (*hash)(Str key);
} StoreOwner;

/* disk NULL: memory only, never evicted. id: unique in the data directory. budget: bytes, 0 = no limit.
 * Loads nothing; entries come as they are asked for. */
Store *store_new(Disk *disk, uint32_t id, int partition, const StoreOwner *owner, size_t budget);
void store_free(Store *st);

/* Bytes that several stores share, in whatever threads. Who has more than his part of it makes room when it is used up. */
typedef struct StoreShare {
    size_t budget; /* 0: no limit */
    size_t used;   /* atomic, as of each store's last commit */
    int stores;    /* atomic */
} StoreShare;
/* Instead of a budget of its own; on disk only. The share outlives the store. */
void store_join(Store *st, StoreShare *share);

/* The inline state; the key (borrowed, as long as the entry). An entry stays where it is until it is evicted,
 * or deleted: its pointer holds until the next store_committed. */
static inline void *store_state(StoreEntry *e) { return (char *)e + 32; }
static inline Str store_key(const Store *st, const StoreEntry *e)
{
    return (Str){(const char *)e + ((const StoreTouch *)(const void *)st)->key_at, e->key_len};
}

/* The entry of a key, read from disk if it must be; NULL when the key has no live value. */
Status store_find(Store *st, Str key, uint64_t hash, StoreEntry **out, Err *err) MUST_CHECK;
/* As find, but makes a zeroed entry (fresh, dirty) when there is none; *made tells. */
Status store_upsert(Store *st, Str key, uint64_t hash, StoreEntry **out, bool *made, Err *err) MUST_CHECK;
/* Marks an entry changed now. The hot path. */
void store_touch_first(Store *st, StoreEntry *e);
static inline void store_touch(Store *st, StoreEntry *e)
{
    e->touched = ++((StoreTouch *)(void *)st)->seq;
    if (!e->dirty)
        store_touch_first(st, e);
}
/* Keys of many rows, one after another; at: where each begins, and where the last ends. */
typedef struct StoreKeys {
    const char *bytes;
    const uint32_t *at;
    const uint64_t *hashes;
} StoreKeys;
/* The live entries of n keys, as store_find gives them, but NULL also for what is not in memory: store_upsert knows.
 * Fetches slots and entries ahead, which makes look-ups among 100,000 keys 2 to 3 times as fast. */
void store_find_hot(Store *st, const StoreKeys *keys, int n, StoreEntry **out);
/* The key is gone at the next commit; the entry stays readable by its pointer until then, or until an upsert
 * of the same key makes it a zeroed one again. */
void store_delete(Store *st, StoreEntry *e);

/* Dirty entries in the order of their last touch (oldest first), dead ones too; fn may read the entry. */
void store_dirty(Store *st, void (*fn)(void *arg, StoreEntry *e), void *arg);
int store_dirty_count(const Store *st);
/* About how many bytes the dirty entries have. */
size_t store_dirty_bytes(const Store *st);

/* Writes each dirty key once into `batch` (NULL when memory only). Entries stay dirty until store_committed. */
void store_flush(Store *st, DiskBatch *batch);
/* After the unit was committed: dirty marks go, dead entries are freed, then evicts down to the budget. */
void store_committed(Store *st);

/* Every live entry, hot and on disk, in no order (ordered by key when `sorted`): fn gets key and state; false
 * stops the walk. Cold entries are loaded into a scratch state for the call and not kept. */
Status store_scan(Store *st, bool sorted, bool (*fn)(void *arg, Str key, const void *state), void *arg,
                  Err *err) MUST_CHECK;

size_t store_bytes(const Store *st);
int64_t store_hot_count(const Store *st);
/* Deletes all of a store's partitions on disk, in the batch. */
void store_drop(DiskBatch *batch, uint32_t id);
/* Of one of them. */
void store_drop_partition(DiskBatch *batch, uint32_t id, int partition);

#endif
