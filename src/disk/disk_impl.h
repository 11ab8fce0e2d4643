// SPDX-License-Identifier: Apache-2.0
// What disk.c and disk_open.c share: the open RocksDB and the state of its syncs.
#ifndef SLUICE_DISK_DISK_IMPL_H
#define SLUICE_DISK_DISK_IMPL_H

#include <pthread.h>
#include <rocksdb/c.h>

#include "disk/disk.h"

struct Disk {
    char *dir, *db_dir; /* the data directory, and RocksDB's in it */
    int lock_fd;        /* sluice.pid, locked while the process has the directory */
    Effects *fx;
    rocksdb_t *db;
    rocksdb_options_t *opt[FAMILIES]; /* opt[FAMILY_META] is the database's too */
    rocksdb_cache_t *cache;
    rocksdb_column_family_handle_t *cf[FAMILIES];
    rocksdb_readoptions_t *ro;
    rocksdb_writeoptions_t *wo;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t sync_done;
    bool syncing;
    uint64_t written, synced, syncs;
    bool (*fails)(void *arg, const char *what);
    void *fails_arg;
};

/* Sets err from a RocksDB message, which it frees. */
Status disk_fail(Err *err, ErrCode code, const char *dir, const char *what, char *message);

#endif
