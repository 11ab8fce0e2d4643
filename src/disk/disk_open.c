// SPDX-License-Identifier: Apache-2.0
// Opening a data directory: its lock, RocksDB's tuning, the format check.
//
//   DIR/sluice.pid   text: process id, newline; locked (flock) by the process that has DIR. The lock
//                    ends with the process however it ends, so a file left behind blocks nobody.
//   DIR/db/          RocksDB
//   DIR/db.synced    how far it was synced (disk_synced.c)
//   DIR/damaged      text: what did not check; put there when it is found, where all can be made again from elsewhere.
//                    disk_open_anew then begins with an empty database
//   DIR/db.damaged/  what it put aside
//
// Tuning, by family:
//   meta, position   small and rarely read: 1 MB write buffers.
//   log              keys only grow within a partition, values are whole record sets of up to a
//                    megabyte. Values of 4 KB and more go to blob files, compressed once (LZ4) when a
//                    write buffer is flushed and never rewritten by compaction; what a range delete
//                    leaves unused is collected from the oldest quarter of the blob files.
//   state            point lookups of keys that are often not there: bloom filters (10 bits), LZ4.
//
// What is made here is the user's alone, whatever the umask: directories have mode 700, our own files 600, and RocksDB's files, to
// which the umask applies, are in a directory of mode 700. The umask itself stays the user's: it is for the files that statements
// name (SPOOL). Directories that exist keep their mode. Our own files and db are never reached through a symbolic link; DIR may
// be one.
//
// Write-ahead log recovery is "point in time": the log is replayed up to the first record that does
// not check, and what follows is dropped. After a kill that is a torn last record; after a power
// cut it may be pages that reached the device out of order after the last sync. The stricter
// "tolerate a torn tail" refuses to open in the second case, though nothing acknowledged is lost. That nothing
// acknowledged is dropped is looked at before (disk_synced.c).
//
// The log, which is what a start may have to replay, and what is in memory and not in tables are each
// bounded: 64 MB, on a small device an eighth of it. Older logs go by flushing the families that hold them.
//
// All families share one log, so a unit of work is there in all of them or in none. Two background
// threads, bounded open files, no statistics: an idle directory costs a few megabytes.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // nftw
#endif
#include "disk/disk_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const family_names[FAMILIES] = {
    [FAMILY_META] = "default",
    [FAMILY_LOG] = "log",
    [FAMILY_STATE] = "state",
    [FAMILY_POSITION] = "position",
};

enum {
    DEFAULT_CACHE = 64 << 20,
    BLOB_MIN = 4096,
};

int disk_open_own(const Disk *d, const char *name, int flags)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", d->dir, name);
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && flags & O_CREAT)
        (void)!fchmod(fd, 0600); /* a umask may have taken the owner's rights too */
    return fd;
}

/* True: it was made, or is there. */
static bool make_dir(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return chmod(path, 0700) == 0;
    return errno == EEXIST;
}

/* As `mkdir -p`; what is made is the user's alone. */
static Status make_dirs(const char *dir, Err *err)
{
    char *path = mem_strdup(dir);
    for (char *p = path + 1;; p++) {
        char c = *p;
        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (!make_dir(path)) {
            Status s =
                err_set(err, ERR_IO, "Data directory %s: cannot make %s: %s", dir, path, strerror(errno));
            mem_free(path);
            return s;
        }
        *p = c;
        if (c == '\0')
            break;
    }
    mem_free(path);
    return OK;
}

static Status take_lock(Disk *d, Err *err)
{
    char text[32];
    d->lock_fd = disk_open_own(d, "sluice.pid", O_RDWR | O_CREAT);
    if (d->lock_fd < 0 && errno == ELOOP)
        return err_set(err, ERR_IO, "Data directory %s: sluice.pid is a symbolic link, which is not followed.", d->dir);
    if (d->lock_fd < 0)
        return err_set(err, ERR_IO, "Data directory %s: cannot open sluice.pid: %s", d->dir, strerror(errno));
    effects_gate(d->fx, "dir.lock", GATE_BEFORE);
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return err_set(err, ERR_IO, "Data directory %s cannot be locked: %s", d->dir, strerror(errno));
        ssize_t got = pread(d->lock_fd, text, sizeof text - 1, 0);
        text[got > 0 ? got : 0] = '\0';
        long pid = strtol(text, NULL, 10);
        if (pid > 0)
            return err_set(err, ERR_BUSY, "Data directory %s is in use by process %ld.", d->dir, pid);
        return err_set(err, ERR_BUSY, "Data directory %s is in use by another process.", d->dir);
    }
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(d->lock_fd, 0) != 0 || pwrite(d->lock_fd, text, (size_t)n, 0) != n)
        return err_set(err, ERR_IO, "Data directory %s: cannot write sluice.pid: %s", d->dir,
                       strerror(errno));
    effects_gate(d->fx, "dir.lock", GATE_AFTER);
    return OK;
}

static void tune_database(const Disk *d, rocksdb_options_t *o)
{
    rocksdb_options_set_wal_recovery_mode(o, 2); /* point in time */
    rocksdb_options_set_max_open_files(o, 256);
    rocksdb_options_set_max_file_opening_threads(o, 1); /* the default starts 16 threads for each family */
    rocksdb_options_set_max_background_jobs(o, 2);
    rocksdb_options_set_max_total_wal_size(o, d->limit);
    rocksdb_options_set_db_write_buffer_size(o, d->limit);
    rocksdb_options_set_info_log_level(o, 4); /* nothing but its heads (see below) */
    rocksdb_options_set_max_manifest_file_size(o, 4 << 20);
    rocksdb_options_set_manifest_preallocation_size(o, 64 << 10);
    rocksdb_options_set_stats_dump_period_sec(o, 0);
    rocksdb_options_set_stats_persist_period_sec(o, 0);
    rocksdb_options_set_skip_stats_update_on_db_open(o, 1);
    rocksdb_options_set_avoid_unnecessary_blocking_io(o, 1);
}

static rocksdb_options_t *tune_family(const Disk *d, Family f)
{
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(t, d->cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(t, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(t, 1);
    rocksdb_block_based_options_set_format_version(t, 5);
    rocksdb_options_set_compression(o, rocksdb_lz4_compression);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
    rocksdb_options_set_write_buffer_size(o, 1 << 20);
    switch (f) {
    case FAMILY_LOG:
        rocksdb_options_set_write_buffer_size(o, 16 << 20);
        rocksdb_options_set_max_write_buffer_number(o, 3);
        rocksdb_options_set_arena_block_size(o, 256 << 10);
        rocksdb_block_based_options_set_block_size(t, 32 << 10);
        rocksdb_options_set_enable_blob_files(o, 1);
        rocksdb_options_set_min_blob_size(o, BLOB_MIN);
        rocksdb_options_set_blob_file_size(o, 128 << 20);
        rocksdb_options_set_blob_compression_type(o, rocksdb_lz4_compression);
        rocksdb_options_set_enable_blob_gc(o, 1);
        break;
    case FAMILY_STATE:
        rocksdb_options_set_write_buffer_size(o, 16 << 20);
        rocksdb_options_set_max_write_buffer_number(o, 3);
        rocksdb_options_set_arena_block_size(o, 256 << 10);
        rocksdb_block_based_options_set_block_size(t, 8 << 10);
        rocksdb_block_based_options_set_filter_policy(t, rocksdb_filterpolicy_create_bloom_full(10));
        break;
    case FAMILY_META:
        tune_database(d, o);
        break;
    default: break;
    }
    rocksdb_options_set_block_based_table_factory(o, t);
    rocksdb_block_based_options_destroy(t);
    return o;
}

/* ---- RocksDB's journal ---- */

/* RocksDB writes a journal for people, LOG, and cannot do without. Where a write of it fails, RocksDB 7.8's own assertion
 * ends the process at the next line. So it says little there (what it refuses its calls say too), and what it does say
 * while it opens goes to memory: LOG leads there, and both go as soon as it is open. */
typedef struct Journal {
    char dir[80], file[100], link[4200]; /* file empty: there is no such memory */
} Journal;

/* The folder has one name for a data directory, so that what a process leaves that is killed here the next one takes away. */
static bool own_folder(const Disk *d, Journal *j)
{
    struct stat st;
    if (stat(d->dir, &st) != 0)
        return false;
    snprintf(j->dir, sizeof j->dir, "/dev/shm/sluice-%lu-%llx-%llx", (unsigned long)geteuid(), (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    return (mkdir(j->dir, 0700) == 0 || errno == EEXIST) && lstat(j->dir, &st) == 0 && S_ISDIR(st.st_mode) &&
           st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

static void journal_gone(const Journal *j)
{
    if (!j->file[0])
        return;
    unlink(j->link);
    unlink(j->file);
    rmdir(j->dir);
}

static void journal_elsewhere(const Disk *d, Journal *j)
{
    *j = (Journal){.dir = ""};
    (void)make_dir(d->db_dir); /* what fails here RocksDB meets again */
    snprintf(j->link, sizeof j->link, "%s/LOG", d->db_dir);
    unlink(j->link);
    if (!own_folder(d, j))
        return;
    snprintf(j->file, sizeof j->file, "%s/LOG", j->dir);
    unlink(j->file); /* RocksDB would rename what is there */
    if (symlink(j->file, j->link) != 0) {
        rmdir(j->dir);
        j->file[0] = '\0';
    }
}

/* Makes the options that all opens share; const views of them in opts. */
static void make_options(Disk *d, const rocksdb_options_t **opts)
{
    /* Few shards: a small cache cut into many would hold no large block. */
    rocksdb_lru_cache_options_t *co = rocksdb_lru_cache_options_create();
    rocksdb_lru_cache_options_set_capacity(co, d->cache_bytes ? d->cache_bytes : DEFAULT_CACHE);
    rocksdb_lru_cache_options_set_num_shard_bits(co, 2);
    d->cache = rocksdb_cache_create_lru_opts(co);
    rocksdb_lru_cache_options_destroy(co);
    for (int f = 0; f < FAMILIES; f++)
        opts[f] = d->opt[f] = tune_family(d, (Family)f);
    d->ro = rocksdb_readoptions_create();
    d->wo = rocksdb_writeoptions_create();
}

Status disk_least_log(Disk *d, uint64_t *number, Err *err)
{
    const rocksdb_options_t *opts[FAMILIES];
    char *e = NULL;
    Journal journal;
    journal_elsewhere(d, &journal);
    make_options(d, opts);
    d->db = rocksdb_open_for_read_only_column_families(d->opt[FAMILY_META], d->db_dir, FAMILIES, family_names, opts, d->cf, 0, &e);
    journal_gone(&journal);
    Status s = OK;
    if (e) {
        d->db = NULL;
        s = disk_fail(d, err, ERR_IO, "cannot open", e);
    } else if (rocksdb_property_int(d->db, "rocksdb.min-log-number-to-keep", number) != 0) {
        *number = 0;
    }
    disk_close_rocksdb(d);
    return s;
}

Status disk_open_rocksdb(Disk *d, Err *err)
{
    const rocksdb_options_t *opts[FAMILIES];
    char *e = NULL;
    bool create;
    Status s = disk_synced_check(d, &create, err);
    if (s != OK)
        return s;
    Journal journal;
    journal_elsewhere(d, &journal);
    make_options(d, opts);
    rocksdb_options_set_create_if_missing(d->opt[FAMILY_META], create);
    rocksdb_options_set_create_missing_column_families(d->opt[FAMILY_META], !d->mark.known);
    d->db = rocksdb_open_column_families(d->opt[FAMILY_META], d->db_dir, FAMILIES, family_names, opts,
                                         d->cf, &e);
    journal_gone(&journal);
    if (e) {
        d->db = NULL;
        return disk_fail(d, err, ERR_IO, "cannot open", e);
    }
    for (int f = 0; f < FAMILIES; f++) {
        uint32_t id = rocksdb_column_family_handle_get_id(d->cf[f]);
        if (id != d->cf_id[f])
            d->cf_id[f] = id; /* the first time; threads that put batches together read it */
    }
    return OK;
}

/* A directory that never finished its first open has an empty meta family, and is made now. */
static Status check_format(Disk *d, Err *err)
{
    Buf v = BUF_INIT;
    bool found;
    Status s = disk_get(d, FAMILY_META, STR("format"), &v, &found, err);
    if (s == OK && found && !str_eq_c(buf_view(&v), "1"))
        s = err_set(err, ERR_CORRUPT,
                    "Data directory %s has format '%.*s', which this version does not know.", d->dir,
                    STR_ARG(buf_view(&v)));
    if (s == OK && !found) {
        Str key, value;
        DiskIter *it = disk_iter_new(d, FAMILY_META, STR(""), (Str){NULL, 0});
        bool any = disk_iter_next(it, &key, &value);
        s = disk_iter_free(it, err);
        if (s == OK && any)
            s = err_set(err, ERR_CORRUPT, "Data directory %s does not name its format.", d->dir);
        if (s == OK) {
            DiskBatch *b = disk_batch_new(d);
            disk_batch_put(b, FAMILY_META, STR("format"), STR("1"));
            s = disk_commit(d, b, true, err);
            disk_batch_free(b);
        }
    }
    buf_free(&v);
    return s;
}

/* ---- damage ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    UNUSED(st), UNUSED(type), UNUSED(ftw);
    return remove(path);
}

void disk_close_rocksdb(Disk *d)
{
    for (int f = 0; d->db && f < FAMILIES; f++)
        rocksdb_column_family_handle_destroy(d->cf[f]);
    if (d->db)
        rocksdb_close(d->db);
    d->db = NULL;
    for (int f = 0; f < FAMILIES; f++) {
        if (d->opt[f])
            rocksdb_options_destroy(d->opt[f]);
        d->opt[f] = NULL;
    }
    if (d->ro)
        rocksdb_readoptions_destroy(d->ro);
    if (d->wo)
        rocksdb_writeoptions_destroy(d->wo);
    if (d->cache)
        rocksdb_cache_destroy(d->cache);
    d->ro = NULL;
    d->wo = NULL;
    d->cache = NULL;
}

/* Under the directory's lock. */
static Status set_aside(Disk *d, Err *err)
{
    char aside[4200];
    snprintf(aside, sizeof aside, "%s/db.damaged", d->dir);
    nftw(aside, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (rename(d->db_dir, aside) != 0 && errno != ENOENT)
        return err_set(err, ERR_IO, "Data directory %s: what is damaged cannot be put aside as db.damaged: %s", d->dir,
                       strerror(errno));
    disk_synced_forget(d);
    snprintf(aside, sizeof aside, "%s/damaged", d->dir);
    unlink(aside);
    return OK;
}

/* What its last life found; true: something. */
static bool was_damaged(const Disk *d, Buf *what)
{
    char text[400];
    int fd = disk_open_own(d, "damaged", O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    if (n > 0)
        buf_bytes(what, text, (size_t)n);
    else if (fd >= 0)
        buf_cstr(what, "not known");
    return fd >= 0;
}

/* ---- open, close ---- */

static Status open_database(Disk *d, Buf *damage, Err *err)
{
    Err e = ERR_INIT;
    Status s = damage && was_damaged(d, damage) ? set_aside(d, err) : OK;
    if (s == OK)
        s = disk_room_to_open(d, err);
    if (s != OK)
        return s;
    s = disk_open_rocksdb(d, &e);
    if (s == OK)
        s = check_format(d, &e);
    if (s == ERR_CORRUPT && damage && !damage->n && was_damaged(d, damage)) { /* else it is of another version */
        err_clear(&e);
        disk_close_rocksdb(d);
        s = set_aside(d, err);
        if (s == OK)
            s = disk_open_rocksdb(d, &e);
        if (s == OK)
            s = check_format(d, &e);
    }
    if (e.code)
        err_move(err, &e);
    err_clear(&e);
    return s;
}

/* Nobody else is in the database yet. */
static void note_opened(Disk *d)
{
    DiskLogs logs;
    uint64_t last = rocksdb_get_latest_sequence_number(d->db);
    disk_log_list(d, &logs);
    disk_synced_note(d, last, &logs);
    disk_synced_flush(d);
}

/* The database's directory is one, where it is there. */
static Status check_place(const Disk *d, Err *err)
{
    struct stat st;
    if (lstat(d->db_dir, &st) == 0 && !S_ISDIR(st.st_mode))
        return err_set(err, ERR_IO, "Data directory %s: db is %s.", d->dir,
                       S_ISLNK(st.st_mode) ? "a symbolic link, which is not followed" : "no directory");
    return OK;
}

static Status open_directory(const char *dir, Effects *fx, size_t cache_bytes, Disk **out, Buf *damage, Err *err)
{
    Disk *d = mem_zalloc(sizeof *d);
    size_t n = strlen(dir) + 4;
    *out = NULL;
    d->dir = mem_strdup(dir);
    d->db_dir = mem_alloc(n);
    snprintf(d->db_dir, n, "%s/db", dir);
    d->fx = fx;
    d->lock_fd = -1;
    d->mark.fd = -1;
    d->anew = damage != NULL;
    d->cache_bytes = cache_bytes;
    pthread_mutex_init(&d->lock, NULL);
    pthread_mutex_init(&d->opening, NULL);
    pthread_cond_init(&d->sync_done, NULL);
    pthread_cond_init(&d->open_done, NULL);
    Status s = make_dirs(dir, err);
    if (s == OK)
        s = take_lock(d, err);
    if (s == OK)
        s = check_place(d, err);
    disk_set_limit(d);
    if (s == OK)
        s = open_database(d, damage, err);
    if (s == OK)
        note_opened(d);
    if (s != OK) {
        disk_close(d);
        return s;
    }
    *out = d;
    return OK;
}

Status disk_open(const char *dir, Effects *fx, size_t cache_bytes, Disk **out, Err *err)
{
    return open_directory(dir, fx, cache_bytes, out, NULL, err);
}

Status disk_open_anew(const char *dir, Effects *fx, size_t cache_bytes, Disk **out, Buf *damage, Err *err)
{
    buf_clear(damage);
    return open_directory(dir, fx, cache_bytes, out, damage, err);
}

void disk_close(Disk *d)
{
    if (!d)
        return;
    if (d->db) {
        Err err = ERR_INIT;
        if (disk_sync(d, &err) != OK)
            err_clear(&err); /* nobody waits for it: what was to be durable was synced by its commit */
    }
    disk_synced_close(d);
    disk_close_rocksdb(d);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    pthread_mutex_destroy(&d->lock);
    pthread_mutex_destroy(&d->opening);
    pthread_cond_destroy(&d->sync_done);
    pthread_cond_destroy(&d->open_done);
    mem_free(d->dir);
    mem_free(d->db_dir);
    mem_free(d);
}
