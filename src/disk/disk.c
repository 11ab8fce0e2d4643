// SPDX-License-Identifier: Apache-2.0
// Disk over RocksDB: get, batches, commits, iterators. Opening and tuning is in disk_open.c.
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
//
// So N waiting threads cost at most two device flushes, whatever N is, and commits go on meanwhile.
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

struct DiskBatch {
    Disk *d;
    rocksdb_writebatch_t *wb;
};

struct DiskIter {
    Disk *d;
    rocksdb_iterator_t *it;
    rocksdb_readoptions_t *ro;
    Buf from, to; /* RocksDB keeps pointers to its bounds */
    bool started;
};

/* For the next open (disk_open_anew). What it says is for people. */
static void remember_damage(const char *dir, const char *message)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/damaged", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return; /* it will be found again */
    if (lseek(fd, 0, SEEK_END) == 0 && write(fd, message, strlen(message)) < 0)
        unlink(path);
    close(fd);
}

Status disk_fail(Err *err, ErrCode code, const char *dir, const char *what, char *message)
{
    if (strncmp(message, "Corruption", 10) == 0) {
        code = ERR_CORRUPT;
        remember_damage(dir, message);
    }
    Status s = err_set(err, code, "Data directory %s: %s: %s", dir, what, message);
    rocksdb_free(message);
    return s;
}

const char *disk_dir(const Disk *d) { return d->dir; }

Status disk_get(Disk *d, Family f, Str key, Buf *out, bool *found, Err *err)
{
    char *e = NULL;
    buf_clear(out);
    *found = false;
    rocksdb_pinnableslice_t *v = rocksdb_get_pinned_cf(d->db, d->ro, d->cf[f], key.p, key.n, &e);
    if (e)
        return disk_fail(err, ERR_IO, d->dir, "a read failed", e);
    if (!v)
        return OK;
    size_t n;
    const char *p = rocksdb_pinnableslice_value(v, &n);
    buf_bytes(out, p, n);
    *found = true;
    rocksdb_pinnableslice_destroy(v);
    return OK;
}

/* ---- batches ---- */

DiskBatch *disk_batch_new(Disk *d)
{
    DiskBatch *b = mem_alloc(sizeof *b);
    *b = (DiskBatch){d, rocksdb_writebatch_create()};
    return b;
}

void disk_batch_free(DiskBatch *b)
{
    if (!b)
        return;
    rocksdb_writebatch_destroy(b->wb);
    mem_free(b);
}

void disk_batch_clear(DiskBatch *b) { rocksdb_writebatch_clear(b->wb); }

void disk_batch_put(DiskBatch *b, Family f, Str key, Str value)
{
    rocksdb_writebatch_put_cf(b->wb, b->d->cf[f], key.p, key.n, value.p, value.n);
}

void disk_batch_delete(DiskBatch *b, Family f, Str key)
{
    rocksdb_writebatch_delete_cf(b->wb, b->d->cf[f], key.p, key.n);
}

void disk_batch_delete_range(DiskBatch *b, Family f, Str from, Str to)
{
    rocksdb_writebatch_delete_range_cf(b->wb, b->d->cf[f], from.p, from.n, to.p, to.n);
}

size_t disk_batch_bytes(const DiskBatch *b)
{
    size_t n;
    rocksdb_writebatch_data(b->wb, &n);
    return n;
}

int disk_batch_count(const DiskBatch *b) { return rocksdb_writebatch_count(b->wb); }

/* ---- commit and sync ---- */

/* Cuts the last bytes off the newest log file and ends the process (crash tests). */
NORETURN static void tear(Disk *d)
{
    DIR *dir = opendir(d->db_dir);
    unsigned long long newest = 0, no;
    for (struct dirent *f; dir && (f = readdir(dir));) {
        char ext[8];
        if (sscanf(f->d_name, "%llu.%7s", &no, ext) == 2 && strcmp(ext, "log") == 0 && no > newest)
            newest = no;
    }
    char path[4200];
    struct stat st;
    snprintf(path, sizeof path, "%s/%06llu.log", d->db_dir, newest);
    if (stat(path, &st) != 0 || st.st_size < 4 || truncate(path, st.st_size - 3) != 0)
        BUG("cannot tear %s", path);
    _exit(9);
}

void disk_on_fault(Disk *d, bool (*fails)(void *arg, const char *what), void *arg)
{
    pthread_mutex_lock(&d->lock);
    d->fails = fails;
    d->fails_arg = arg;
    pthread_mutex_unlock(&d->lock);
}

static bool faulty(Disk *d, const char *what)
{
    pthread_mutex_lock(&d->lock);
    bool (*fails)(void *, const char *) = d->fails;
    void *arg = d->fails_arg;
    pthread_mutex_unlock(&d->lock);
    return fails && fails(arg, what);
}

Status disk_sync(Disk *d, Err *err)
{
    Status s = OK;
    pthread_mutex_lock(&d->lock);
    uint64_t mine = d->written;
    while (s == OK && d->synced < mine) {
        if (d->syncing) {
            pthread_cond_wait(&d->sync_done, &d->lock);
            continue;
        }
        uint64_t target = d->written;
        char *e = NULL;
        d->syncing = true;
        pthread_mutex_unlock(&d->lock);
        if (effects_gate(d->fx, "disk.sync", GATE_BEFORE) == GATE_TEAR)
            tear(d);
        bool fault = faulty(d, "disk.sync");
        if (!fault)
            rocksdb_flush_wal(d->db, 1, &e);
        effects_gate(d->fx, "disk.sync", GATE_AFTER);
        pthread_mutex_lock(&d->lock);
        d->syncing = false;
        d->syncs++;
        if (fault)
            s = err_set(err, ERR_IO, "Data directory %s: a sync failed: a fault of the test", d->dir);
        else if (e)
            s = disk_fail(err, ERR_IO, d->dir, "a sync failed", e);
        else
            d->synced = target;
        pthread_cond_broadcast(&d->sync_done);
    }
    pthread_mutex_unlock(&d->lock);
    return s;
}

Status disk_commit(Disk *d, DiskBatch *b, bool sync, Err *err)
{
    char *e = NULL;
    bool torn = effects_gate(d->fx, "disk.write", GATE_BEFORE) == GATE_TEAR;
    if (faulty(d, "disk.write"))
        return err_set(err, ERR_IO, "Data directory %s: a write failed: a fault of the test", d->dir);
    rocksdb_write(d->db, d->wo, b->wb, &e);
    if (e)
        return disk_fail(err, ERR_IO, d->dir, "a write failed", e);
    if (torn)
        tear(d);
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
    if (!it->started)
        rocksdb_iter_seek_to_first(it->it);
    else if (rocksdb_iter_valid(it->it))
        rocksdb_iter_next(it->it);
    it->started = true;
    return iter_view(it, key, value);
}

bool disk_iter_seek_last(DiskIter *it, Str before, Str *key, Str *value)
{
    rocksdb_iter_seek_for_prev(it->it, before.p, before.n);
    if (iter_view(it, key, value) && str_eq(*key, before))
        rocksdb_iter_prev(it->it);
    it->started = rocksdb_iter_valid(it->it); /* none: the next move is to the range's first */
    return iter_view(it, key, value);
}

Status disk_iter_free(DiskIter *it, Err *err)
{
    char *e = NULL;
    rocksdb_iter_get_error(it->it, &e);
    rocksdb_iter_destroy(it->it);
    rocksdb_readoptions_destroy(it->ro);
    buf_free(&it->from);
    buf_free(&it->to);
    const Disk *d = it->d;
    mem_free(it);
    return e ? disk_fail(err, ERR_IO, d->dir, "a read failed", e) : OK;
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
