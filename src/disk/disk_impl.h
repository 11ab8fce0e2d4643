// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: the open RocksDB, who is inside it, and the state of its syncs.
#ifndef SLUICE_DISK_DISK_IMPL_H
#define SLUICE_DISK_DISK_IMPL_H

#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>

#include "disk/disk.h"

enum {
    DISK_SLOTS = 32,
    MARK_LOGS = 29,
    DISK_RECORD_HEAD = 12, /* of a batch: its first sequence number (8 bytes) and its count of changes */
};

/* A file of the write-ahead log: its first change has a sequence number above `base`. */
typedef struct DiskLogBase {
    uint64_t number, base;
    bool exact; /* the first change has base + 1; else there was none when the file was last looked at */
} DiskLogBase;

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

    struct {
        int fd;     /* of db.synced; -1: not open */
        bool known; /* it was there, and checks */
        uint64_t manifest, manifest_bytes, manifest_seen; /* its number; of its bytes whole records, and all */
        int nlogs;
        DiskLogBase logs[MARK_LOGS];
    } mark; /* of the thread that syncs, or opens for the first time (disk_synced.c) */
    bool anew; /* see disk_open_anew */
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
Status disk_fail(const Disk *d, Err *err, ErrCode code, const char *what, char *message);
/* Sets err: the file of RocksDB's directory `what` (is damaged …). ERR_CORRUPT. */
Status disk_damaged(const Disk *d, Err *err, const char *name, const char *what);
/* Opens a file of the data directory, mode 600, that must not be a symbolic link: then errno is ELOOP. -1: errno. */
int disk_open_own(const Disk *d, const char *name, int flags);
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

/* Numbers of the newest files of the log, in order. */
typedef struct DiskLogs {
    uint64_t v[MARK_LOGS];
    int n;
} DiskLogs;

/* Returns when what the log's files hold would survive a power cut. One thread at a time. */
Status disk_log_flush(Disk *d, DiskLogs *logs, Err *err) MUST_CHECK;
/* Brings the entries of RocksDB's directory to the device. 0, or -1: errno. */
int disk_log_flush_entries(const Disk *d);
/* The files that are there. */
void disk_log_list(const Disk *d, DiskLogs *logs);
uint64_t disk_log_bytes(const Disk *d);
/* Cuts the last bytes off the newest file of the log and ends the process (crash tests). */
NORETURN void disk_log_tear(const Disk *d);

/* ---- disk_open.c ---- */

Status disk_open_rocksdb(Disk *d, Err *err) MUST_CHECK;
void disk_close_rocksdb(Disk *d);
/* The smallest number of a file of the log that RocksDB still needs. Changes no file. */
Status disk_least_log(Disk *d, uint64_t *number, Err *err) MUST_CHECK;

/* ---- disk_scan.c ---- */

typedef struct DiskScan {
    uint64_t good;        /* offset after the last whole record before which all check */
    uint64_t first, last; /* sequence numbers of changes up to there; 0: none */
} DiskScan;

/* Reads a file of RocksDB's log format from an offset where a record begins. numbered: of the write-ahead log, whose records
 * begin with sequence numbers. False: it cannot be read; out then is of what could be. @thread any */
bool disk_scan(int fd, bool numbered, uint64_t from, DiskScan *out);
/* CRC-32C; the second as RocksDB stores it. */
uint32_t disk_crc(const char *p, size_t n);
uint32_t disk_crc_masked(const char *p, size_t n);
uint64_t disk_number(const char *p, int bytes); /* little-endian */

/* ---- disk_synced.c ---- */

/* Before RocksDB opens: does its directory have all that was acknowledged? ERR_CORRUPT: a file that err names is damaged or
 * missing; nothing was changed. *create: there never was a database. */
Status disk_synced_check(Disk *d, bool *create, Err *err) MUST_CHECK;
/* Notes that changes up to this sequence number are on the device; the files were listed after it was read. One thread at a
 * time. */
void disk_synced_note(Disk *d, uint64_t synced, const DiskLogs *logs);
/* Brings the note itself to the device, once a life: it is as good as written then. */
void disk_synced_flush(Disk *d);
void disk_synced_close(Disk *d);
/* There is no database any more that the note is of. */
void disk_synced_forget(Disk *d);

/* ---- disk_name.c ---- */

/* Of a message of RocksDB about damage: the file of its directory that is meant, where that can be found out; else nothing. */
void disk_name_damaged(const Disk *d, const char *message, Buf *name);

#endif
