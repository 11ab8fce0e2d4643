// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: the open RocksDB, who is inside it, and the state of its syncs.
#ifndef SLUICE_DISK_DISK_IMPL_H
#define SLUICE_DISK_DISK_IMPL_H

#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>

#include "disk/disk.h"

enum { DISK_SLOTS = 32 };

/* Calls that use the open database, counted apart by threads so that they do not share a line of the processor's cache. */
typedef struct DiskSlot {
    atomic_int inside;
    char apart[124];
} DiskSlot;

struct Disk {
    char *dir, *db_dir; /* the data directory, and RocksDB's in it */
    int lock_fd;        /* sluice.pid, locked while the process has the directory */
    Effects *fx;
    size_t cache_bytes;
    uint64_t limit; /* bytes of the log, and of what is in memory and not in tables */
    /* Changed only while nobody is inside. NULL: it could not be opened again yet. */
    rocksdb_t *db;
    rocksdb_options_t *opt[FAMILIES]; /* opt[FAMILY_META] is the database's too */
    rocksdb_cache_t *cache;
    rocksdb_column_family_handle_t *cf[FAMILIES];
    rocksdb_readoptions_t *ro;
    rocksdb_writeoptions_t *wo;
    uint32_t cf_id[FAMILIES]; /* as stored; never changes */

    DiskSlot slots[DISK_SLOTS];
    atomic_bool closing; /* who is not inside waits */
    atomic_bool broken;  /* RocksDB refused a write, or a sync failed: it is opened again before the next write */
    atomic_bool unsound; /* a sync failed: before the next sync too */
    pthread_mutex_t opening; /* one thread at a time opens again; of the next two */
    int64_t open_not_before; /* monotonic, ns */
    uint64_t opened_again;

    uint64_t log_from; /* of the thread that syncs: older files of the log are on the device */
    uint64_t log_entry; /* newest file of the log whose directory entry is on the device */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t sync_done, open_done;
    bool syncing;
    uint64_t written, synced, syncs, sync_failures;
    bool (*fails)(void *arg, const char *what);
    void *fails_arg;
};

/* Sets err from a RocksDB message, which it frees. */
Status disk_fail(Err *err, ErrCode code, const char *dir, const char *what, char *message);
/* What the test's hook says. @thread any */
bool disk_faulty(Disk *d, const char *what);

/* ---- disk_room.c ---- */

/* Around each use of d->db and what hangs on it; *at is for disk_leave. Waits while the database is opened again. ERR_IO: it is
 * closed, because it could not be opened again; that is tried here too. Calls may be nested. @thread any */
Status disk_enter_open(Disk *d, int *at, Err *err) MUST_CHECK;
void disk_leave(Disk *d, int at);
/* May a batch of so many bytes be written? Opens the database again where it has to be. `frees`: it makes room in the end.
 * ERR_IO: there is too little. @thread any, outside */
Status disk_room(Disk *d, size_t bytes, bool frees, Err *err) MUST_CHECK;
/* Opens the database again if it is broken. ERR_IO: it could not be, or not now. @thread any, outside */
Status disk_mend(Disk *d, Err *err) MUST_CHECK;
/* Is there room for what an open writes? ERR_IO: too little. @thread any */
Status disk_room_to_open(const Disk *d, Err *err) MUST_CHECK;
/* Sets d->limit by the size of the device. */
void disk_set_limit(Disk *d);

/* ---- disk_log.c ---- */

/* Returns when what the log's files hold would survive a power cut. One thread at a time. */
Status disk_log_flush(Disk *d, Err *err) MUST_CHECK;
uint64_t disk_log_bytes(const Disk *d);
/* Cuts the last bytes off the newest file of the log and ends the process (crash tests). */
NORETURN void disk_log_tear(const Disk *d);

/* ---- disk_open.c ---- */

Status disk_open_rocksdb(Disk *d, Err *err) MUST_CHECK;
void disk_close_rocksdb(Disk *d);

#endif
