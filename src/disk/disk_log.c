// SPDX-License-Identifier: Apache-2.0
// The files of the write-ahead log, NUMBER.log in RocksDB's directory, as the device has them.
//
// A sync flushes them here and not by RocksDB's call. That one must not meet a file on which a write failed in another thread
// a moment ago: RocksDB 7.8 as distributions build it (with its assertions) then ends the process. A flush is of the file,
// not of who opened it, and RocksDB hands every record to the system before a write returns.
//
// Which files: RocksDB writes only to one, and numbers grow. It makes the next one before it leaves the last one, so the two
// newest are flushed each time, older ones never again. A file that is gone meanwhile had all it holds moved into tables,
// which RocksDB flushes first.
#include "disk/disk_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Calls fn for each file, in no order, until one returns other than 0; that is the result. -1: errno. */
static int each_log(const Disk *d, int (*fn)(void *arg, int dir_fd, const char *name, uint64_t no), void *arg)
{
    DIR *dir = opendir(d->db_dir);
    if (!dir)
        return -1;
    int rc = 0;
    while (rc == 0) {
        unsigned long long no;
        char ext[8];
        errno = 0;
        struct dirent *f = readdir(dir);
        if (!f) {
            rc = errno ? -1 : 0;
            break;
        }
        if (sscanf(f->d_name, "%llu.%7s", &no, ext) == 2 && strcmp(ext, "log") == 0)
            rc = fn(arg, dirfd(dir), f->d_name, no);
    }
    int e = errno;
    closedir(dir);
    errno = e;
    return rc;
}

typedef struct Flush {
    uint64_t from;
    DiskLogs *logs;
} Flush;

static void add_log(DiskLogs *logs, uint64_t no)
{
    if (logs->n == MARK_LOGS) { /* the oldest goes */
        if (no < logs->v[0])
            return;
        memmove(logs->v, logs->v + 1, sizeof logs->v[0] * --logs->n);
    }
    int at = logs->n++;
    for (; at > 0 && logs->v[at - 1] > no; at--)
        logs->v[at] = logs->v[at - 1];
    logs->v[at] = no;
}

static int list_log(void *arg, int dir_fd, const char *name, uint64_t no)
{
    UNUSED(dir_fd), UNUSED(name);
    add_log(arg, no);
    return 0;
}

void disk_log_list(const Disk *d, DiskLogs *logs)
{
    logs->n = 0;
    (void)each_log(d, list_log, logs);
}

static int flush_log(void *arg, int dir_fd, const char *name, uint64_t no)
{
    Flush *f = arg;
    add_log(f->logs, no);
    if (no < f->from)
        return 0;
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    int rc = fdatasync(fd), e = errno;
    close(fd);
    errno = e;
    return rc;
}

int disk_log_flush_entries(const Disk *d)
{
    int fd = open(d->db_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd), e = errno;
    if (fd >= 0)
        close(fd);
    errno = e;
    return rc;
}

Status disk_log_flush(Disk *d, DiskLogs *logs, Err *err)
{
    Flush f = {.from = d->log_from, .logs = logs};
    logs->n = 0;
    int rc = each_log(d, flush_log, &f);
    uint64_t newest = logs->n > 0 ? logs->v[logs->n - 1] : 0;
    if (rc != 0 || (newest > d->log_entry && disk_log_flush_entries(d) != 0))
        return err_set(err, ERR_IO, "Data directory %s: a sync failed: %s", d->dir, strerror(errno));
    d->log_entry = newest;
    d->log_from = logs->n > 1 ? logs->v[logs->n - 2] : 0;
    return OK;
}

static int add_bytes(void *arg, int dir_fd, const char *name, uint64_t no)
{
    struct stat st;
    UNUSED(no);
    if (fstatat(dir_fd, name, &st, 0) == 0)
        *(uint64_t *)arg += (uint64_t)st.st_size;
    return 0;
}

uint64_t disk_log_bytes(const Disk *d)
{
    uint64_t n = 0;
    return each_log(d, add_bytes, &n) == 0 ? n : 0;
}

static int note_newest(void *arg, int dir_fd, const char *name, uint64_t no)
{
    uint64_t *newest = arg;
    UNUSED(dir_fd), UNUSED(name);
    *newest = no > *newest ? no : *newest;
    return 0;
}

void disk_log_tear(const Disk *d)
{
    uint64_t newest = 0;
    char path[4200];
    struct stat st;
    each_log(d, note_newest, &newest);
    snprintf(path, sizeof path, "%s/%06llu.log", d->db_dir, (unsigned long long)newest);
    if (stat(path, &st) != 0 || st.st_size < 4 || truncate(path, st.st_size - 3) != 0)
        BUG("cannot tear %s", path);
    _exit(9);
}
