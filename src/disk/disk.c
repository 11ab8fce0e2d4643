// SPDX-License-Identifier: Apache-2.0
// Disk over RocksDB: get, batches, commits, iterators. Opening and tuning is in disk_open.c, room on the device
// and opening again in disk_room.c, the log's files in disk_log.c.
//
// Commit and sync are two steps. A commit appends its batch to the write-ahead log (one log for all
// families, so what survives a crash is always a prefix of the commits) and to the memtables. A
// sync makes everything that was committed before it survive a power cut; threads that wait for
// one at the same time share it:
//
//   written   commits that have reached the log        (under lock)
//   synced    of these, known to be on the device      (under lock)
//   1. a thread that needs `written` synced finds nobody syncing: it leads, notes target = written,
//      unlocks, flushes the device, sets synced = target, wakes all.
//   2. one that finds a leader waits; the leader's target may be too old for it: then it leads next.
//   3. a flush that fails fails for all who wait: another may succeed that has nothing left to flush. The next leader
//      opens the database again first.
//
// So N waiting threads cost at most two device flushes, whatever N is, and commits go on meanwhile.
//
// What uses the open database stands between disk_enter_open and disk_leave, an iterator all its life. A
// batch does not: it is kept in the form that RocksDB gives batches in its log (and takes from
// outside), so that it can be put together while the database is opened again.
//
// Torn writes of crash tests: at verdict GATE_TEAR the batch is written without a sync, the last
// bytes of the newest log file are cut off, and the process ends. The next open drops the torn tail.
#include "disk/disk_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A sequence number, which RocksDB sets, and the count of records. */
enum { BATCH_HEAD = 12 };

typedef enum BatchTag { /* RocksDB's */
    BATCH_TAG_DELETE = 0x4,
    BATCH_TAG_PUT = 0x5,
    BATCH_TAG_DELETE_RANGE = 0xe,
} BatchTag;

struct DiskBatch {
    Disk *d;
    Buf text;
    uint32_t n;
    bool frees; /* it deletes ranges */
};

struct DiskIter {
    Disk *d;
    int at;                 /* of disk_enter */
    rocksdb_iterator_t *it; /* NULL: the database is closed */
    Err closed;             /* why */
    rocksdb_readoptions_t *ro;
    Buf from, to; /* RocksDB keeps pointers to its bounds */
    bool started;
};

/* For the next open of disk_open_anew. What it says is for people. */
static void remember_damage(const Disk *d, const char *message)
{
    int fd = d->anew ? disk_open_own(d, "damaged", O_WRONLY | O_CREAT | O_APPEND) : -1;
    if (fd < 0)
        return; /* it will be found again */
    if (lseek(fd, 0, SEEK_END) == 0)
        (void)!write(fd, message, strlen(message)); /* that the file is there says enough */
    close(fd);
}

Status disk_fail(const Disk *d, Err *err, ErrCode code, const char *what, char *message)
{
    Buf file = BUF_INIT;
    if (strncmp(message, "Corruption", 10) == 0) {
        code = ERR_CORRUPT;
        disk_name_damaged(d, message, &file);
        remember_damage(d, message);
    }
    Status s = file.n ? err_set(err, code, "Data directory %s: db/%s is damaged or missing: %s: %s", d->dir, buf_z(&file), what, message)
                      : err_set(err, code, "Data directory %s: %s: %s", d->dir, what, message);
    buf_free(&file);
    rocksdb_free(message);
    return s;
}

Status disk_damaged(const Disk *d, Err *err, const char *name, const char *what)
{
    Status s = err_set(err, ERR_CORRUPT, "Data directory %s: db/%s %s.", d->dir, name, what);
    err_hint(err, "restore %s from a copy", d->dir);
    remember_damage(d, err->msg);
    return s;
}

const char *disk_dir(const Disk *d) { return d->dir; }

Status disk_get(Disk *d, Family f, Str key, Buf *out, bool *found, Err *err)
{
    char *e = NULL;
    size_t n;
    buf_clear(out);
    *found = false;
    int at;
    Status s = disk_enter_open(d, &at, err);
    if (s != OK)
        return s;
    rocksdb_pinnableslice_t *v = rocksdb_get_pinned_cf(d->db, d->ro, d->cf[f], key.p, key.n, &e);
    if (v) {
        const char *p = rocksdb_pinnableslice_value(v, &n);
        buf_bytes(out, p, n);
        *found = true;
        rocksdb_pinnableslice_destroy(v);
    }
    disk_leave(d, at);
    return e ? disk_fail(d, err, ERR_IO, "a read failed", e) : OK;
}

/* ---- batches ---- */

void disk_batch_clear(DiskBatch *b)
{
    static const char head[BATCH_HEAD];
    buf_clear(&b->text);
    buf_bytes(&b->text, head, sizeof head);
    b->n = 0;
    b->frees = false;
}

DiskBatch *disk_batch_new(Disk *d)
{
    DiskBatch *b = mem_zalloc(sizeof *b);
    b->d = d;
    disk_batch_clear(b);
    return b;
}

void disk_batch_free(DiskBatch *b)
{
    if (!b)
        return;
    buf_free(&b->text);
    mem_free(b);
}

static void batch_str(DiskBatch *b, Str s)
{
    buf_varint(&b->text, s.n);
    buf_str(&b->text, s);
}

static void batch_record(DiskBatch *b, BatchTag tag, Family f, Str key)
{
    buf_byte(&b->text, (char)tag);
    buf_varint(&b->text, b->d->cf_id[f]);
    batch_str(b, key);
    b->n++;
}

void disk_batch_put(DiskBatch *b, Family f, Str key, Str value)
{
    batch_record(b, BATCH_TAG_PUT, f, key);
    batch_str(b, value);
}

void disk_batch_delete(DiskBatch *b, Family f, Str key) { batch_record(b, BATCH_TAG_DELETE, f, key); }

void disk_batch_delete_range(DiskBatch *b, Family f, Str from, Str to)
{
    batch_record(b, BATCH_TAG_DELETE_RANGE, f, from);
    batch_str(b, to);
    b->frees = true;
}

size_t disk_batch_bytes(const DiskBatch *b) { return b->text.n; }

int disk_batch_count(const DiskBatch *b) { return (int)b->n; }

/* ---- commit and sync ---- */

void disk_on_fault(Disk *d, bool (*fails)(void *arg, const char *what), void *arg)
{
    pthread_mutex_lock(&d->lock);
    d->fails = fails;
    d->fails_arg = arg;
    pthread_mutex_unlock(&d->lock);
}

bool disk_faulty(Disk *d, const char *what)
{
    pthread_mutex_lock(&d->lock);
    bool (*fails)(void *, const char *) = d->fails;
    void *arg = d->fails_arg;
    pthread_mutex_unlock(&d->lock);
    return fails && fails(arg, what);
}

/* What a flush failed on may look as if it had got to the device, from then on: opening again writes it anew. */
static Status flush_log(Disk *d, DiskLogs *logs, Err *err)
{
    logs->n = 0;
    Status s = atomic_load(&d->unsound) ? disk_mend(d, err) : OK;
    if (s != OK)
        return s;
    if (disk_faulty(d, "disk.sync"))
        s = err_set(err, ERR_IO, "Data directory %s: a sync failed: a fault of the test", d->dir);
    else
        s = disk_log_flush(d, logs, err);
    if (s != OK) {
        atomic_store(&d->unsound, true);
        atomic_store(&d->broken, true);
    }
    return s;
}

/* Changes up to this number are in the log's files. 0: not known now. */
static uint64_t last_change(Disk *d)
{
    Err err = ERR_INIT;
    int at;
    uint64_t n = 0;
    if (disk_enter_open(d, &at, &err) == OK) {
        n = rocksdb_get_latest_sequence_number(d->db);
        disk_leave(d, at);
    }
    err_clear(&err);
    return n;
}

/* By the thread that leads. */
static Status sync_all(Disk *d, Err *err)
{
    DiskLogs logs;
    uint64_t last = last_change(d);
    if (effects_gate(d->fx, "disk.sync", GATE_BEFORE) == GATE_TEAR)
        disk_log_tear(d);
    Status s = flush_log(d, &logs, err);
    effects_gate(d->fx, "disk.sync", GATE_AFTER);
    if (s == OK && last)
        disk_synced_note(d, last, &logs);
    return s;
}

Status disk_sync(Disk *d, Err *err)
{
    Status s = OK;
    pthread_mutex_lock(&d->lock);
    uint64_t mine = d->written, failures = d->sync_failures;
    while (s == OK && d->synced < mine) {
        if (d->sync_failures != failures) {
            s = err_set(err, ERR_IO, "Data directory %s: a sync that was waited for failed", d->dir);
            continue;
        }
        if (d->syncing) {
            pthread_cond_wait(&d->sync_done, &d->lock);
            continue;
        }
        uint64_t target = d->written;
        d->syncing = true;
        pthread_mutex_unlock(&d->lock);
        s = sync_all(d, err);
        pthread_mutex_lock(&d->lock);
        d->syncing = false;
        d->syncs++;
        if (s == OK)
            d->synced = target;
        else
            d->sync_failures++;
        pthread_cond_broadcast(&d->sync_done);
    }
    pthread_mutex_unlock(&d->lock);
    return s;
}

/* What RocksDB refuses once it refuses from then on. */
static Status write_batch(Disk *d, DiskBatch *b, Err *err)
{
    char *e = NULL;
    for (int i = 0; i < 4; i++)
        b->text.p[8 + i] = (char)(b->n >> (8 * i));
    int at;
    Status s = disk_enter_open(d, &at, err);
    if (s != OK)
        return s;
    rocksdb_writebatch_t *wb = rocksdb_writebatch_create_from(b->text.p, b->text.n);
    rocksdb_write(d->db, d->wo, wb, &e);
    rocksdb_writebatch_destroy(wb);
    if (e && strncmp(e, "Corruption", 10) != 0)
        atomic_store(&d->broken, true);
    disk_leave(d, at);
    return e ? disk_fail(d, err, ERR_IO, "a write failed", e) : OK;
}

Status disk_commit(Disk *d, DiskBatch *b, bool sync, Err *err)
{
    bool torn = effects_gate(d->fx, "disk.write", GATE_BEFORE) == GATE_TEAR;
    if (disk_faulty(d, "disk.write"))
        return err_set(err, ERR_IO, "Data directory %s: a write failed: a fault of the test", d->dir);
    Status s = disk_room(d, b->text.n, b->frees, err);
    if (s == OK)
        s = write_batch(d, b, err);
    if (s != OK)
        return s;
    if (torn)
        disk_log_tear(d);
    effects_gate(d->fx, "disk.write", GATE_AFTER);
    pthread_mutex_lock(&d->lock);
    d->written++;
    pthread_mutex_unlock(&d->lock);
    return sync ? disk_sync(d, err) : OK;
}

uint64_t disk_syncs(Disk *d)
{
    pthread_mutex_lock(&d->lock);
    uint64_t n = d->syncs;
    pthread_mutex_unlock(&d->lock);
    return n;
}

/* ---- iterators ---- */

DiskIter *disk_iter_new(Disk *d, Family f, Str from, Str to)
{
    DiskIter *it = mem_zalloc(sizeof *it);
    it->d = d;
    it->ro = rocksdb_readoptions_create();
    buf_str(&it->from, from);
    rocksdb_readoptions_set_iterate_lower_bound(it->ro, it->from.p ? it->from.p : "", it->from.n);
    if (to.p) {
        buf_str(&it->to, to);
        rocksdb_readoptions_set_iterate_upper_bound(it->ro, it->to.p ? it->to.p : "", it->to.n);
    }
    it->closed = ERR_INIT;
    if (disk_enter_open(d, &it->at, &it->closed) == OK)
        it->it = rocksdb_create_iterator_cf(d->db, it->ro, d->cf[f]);
    return it;
}

static bool iter_view(DiskIter *it, Str *key, Str *value)
{
    if (!rocksdb_iter_valid(it->it))
        return false;
    key->p = rocksdb_iter_key(it->it, &key->n);
    value->p = rocksdb_iter_value(it->it, &value->n);
    return true;
}

bool disk_iter_next(DiskIter *it, Str *key, Str *value)
{
    if (!it->it)
        return false;
    if (!it->started)
        rocksdb_iter_seek_to_first(it->it);
    else if (rocksdb_iter_valid(it->it))
        rocksdb_iter_next(it->it);
    it->started = true;
    return iter_view(it, key, value);
}

bool disk_iter_seek_last(DiskIter *it, Str before, Str *key, Str *value)
{
    if (!it->it)
        return false;
    rocksdb_iter_seek_for_prev(it->it, before.p, before.n);
    if (iter_view(it, key, value) && str_eq(*key, before))
        rocksdb_iter_prev(it->it);
    it->started = rocksdb_iter_valid(it->it); /* none: the next move is to the range's first */
    return iter_view(it, key, value);
}

Status disk_iter_free(DiskIter *it, Err *err)
{
    char *e = NULL;
    Disk *d = it->d;
    Status s = it->closed.code;
    if (s == OK) {
        rocksdb_iter_get_error(it->it, &e);
        rocksdb_iter_destroy(it->it);
        disk_leave(d, it->at);
    } else {
        err_move(err, &it->closed);
    }
    rocksdb_readoptions_destroy(it->ro);
    buf_free(&it->from);
    buf_free(&it->to);
    mem_free(it);
    return e ? disk_fail(d, err, ERR_IO, "a read failed", e) : s;
}

uint64_t disk_bytes_used(Disk *d)
{
    DIR *dir = opendir(d->db_dir);
    uint64_t sum = 0;
    struct stat st;
    for (struct dirent *f; dir && (f = readdir(dir));)
        if (fstatat(dirfd(dir), f->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            sum += (uint64_t)st.st_size;
    if (dir)
        closedir(dir);
    return sum;
}
