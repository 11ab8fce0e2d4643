// SPDX-License-Identifier: Apache-2.0
// Disk: the one RocksDB of a data directory. Only this folder knows RocksDB.
//
// Keys are ordered bytes in a few families. Writes go through batches that are atomic; a synced
// commit waits for the device, and commits that wait at the same time share one sync. A lock file
// names the process that owns the directory: a second one is told which has it.
// On a full device commits fail with ERR_IO, reads go on. Commits are refused before RocksDB itself meets the end: what it
// holds in memory must still fit (96 MB, on a small device less). A RocksDB that refused a write is opened again when there is
// room; calls wait meanwhile.
// Every commit passes the gates "disk.write" (and "disk.sync" when synced).
//
// PERSISTED v1: family `meta` holds key "format" = "1"; an unknown format is refused.
#ifndef SLUICE_DISK_DISK_H
#define SLUICE_DISK_DISK_H

#include "base/effects.h"
#include "base/err.h"

typedef struct Disk Disk;
typedef struct DiskBatch DiskBatch;
typedef struct DiskIter DiskIter;

typedef enum Family {
    FAMILY_META,   /* catalog of topics, small facts */
    FAMILY_LOG,    /* record sets of embedded topics (compressed, written once) */
    FAMILY_STATE,  /* stores */
    FAMILY_POSITION, /* input positions of tasks */
    FAMILIES
} Family;

/* Opens or creates. cache_bytes: the block cache shared by all families (0 = default 64 MB).
 * Error ERR_BUSY: another process owns it; the message has its pid. */
Status disk_open(const char *dir, Effects *fx, size_t cache_bytes, Disk **out, Err *err) MUST_CHECK;
/* As disk_open, of a directory whose contents can be made again from elsewhere: what RocksDB finds damaged, now or in its
 * last life, is put aside as DIR/db.damaged (in place of an earlier one), and an empty database is made; `damage` then says
 * what was found. */
Status disk_open_anew(const char *dir, Effects *fx, size_t cache_bytes, Disk **out, Buf *damage, Err *err) MUST_CHECK;
/* Flushes nothing that was not committed; NULL is ignored. */
void disk_close(Disk *d);
const char *disk_dir(const Disk *d);

/* out is replaced. ERR_CORRUPT: what is stored does not check; the file DIR/damaged remembers it. @thread any */
Status disk_get(Disk *d, Family f, Str key, Buf *out, bool *found, Err *err) MUST_CHECK;

DiskBatch *disk_batch_new(Disk *d);
void disk_batch_free(DiskBatch *b);
void disk_batch_clear(DiskBatch *b);
void disk_batch_put(DiskBatch *b, Family f, Str key, Str value);
void disk_batch_delete(DiskBatch *b, Family f, Str key);
/* [from, to) */
void disk_batch_delete_range(DiskBatch *b, Family f, Str from, Str to);
size_t disk_batch_bytes(const DiskBatch *b);
int disk_batch_count(const DiskBatch *b);
/* Atomic. sync: returns only when it would survive a power cut. The batch is left as it is.
 * An error of the write means that nothing of it is there; of the sync, that a power cut may undo it.
 * @thread any */
Status disk_commit(Disk *d, DiskBatch *b, bool sync, Err *err) MUST_CHECK;
/* Returns when all that was committed before would survive a power cut. Shared by all who wait; one that fails fails for all of
 * them. @thread any, not under an iterator */
Status disk_sync(Disk *d, Err *err) MUST_CHECK;

/* Keys of [from, to) in order over a snapshot; to.p == NULL = the family's end. Views are borrowed until the
 * next move. */
DiskIter *disk_iter_new(Disk *d, Family f, Str from, Str to);
bool disk_iter_next(DiskIter *it, Str *key, Str *value);
/* To the last key < `before` that is still >= from; false when there is none, and
 * then disk_iter_next goes to the first of the range. */
bool disk_iter_seek_last(DiskIter *it, Str before, Str *key, Str *value);
Status disk_iter_free(DiskIter *it, Err *err);

/* For tests: asked before each write and each sync ("disk.write", "disk.sync"); true: it fails with ERR_IO. Also asked:
 * "disk.room" (true: there is none), "disk.broken" (true: as if RocksDB had refused a write before this one). NULL takes the
 * hook away. */
void disk_on_fault(Disk *d, bool (*fails)(void *arg, const char *what), void *arg);

/* For SHOW, tests and benchmarks: bytes of files; how often the device was flushed. @thread any */
uint64_t disk_bytes_used(Disk *d);
uint64_t disk_syncs(Disk *d);
/* How often RocksDB was opened again behind a write that it refused. */
uint64_t disk_opened_again(Disk *d);

#endif
