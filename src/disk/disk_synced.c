// SPDX-License-Identifier: Apache-2.0
// What was acknowledged must be there: DIR/db.synced notes how far the database was synced, and each open looks whether its files
// still reach as far, before RocksDB may write.
//
// RocksDB cannot tell damage from a crash. It replays the write-ahead log up to the first record that does not check, and drops
// the rest: right for a torn tail, and for pages that reached the device out of order before a power cut; a loss when a bit was
// flipped, or a file cut or removed, in what a sync had confirmed. Sequence numbers tell the two apart. After each sync, and after
// each open, the note says (PERSISTED v1, 512 bytes, little-endian):
//
//   offset  size
//   0       8     "SLUICE-1"
//   8       8     S: every change up to this sequence number is on the device
//   16      8     number of the MANIFEST that CURRENT names
//   24      8     bytes of it that hold whole records, which are on the device
//   32      4     n, files of the write-ahead log then (the newest MARK_LOGS of them)
//   36      16 n  each, in order: its number, and B: the file's first change has a number above B
//   508     4     CRC-32C of all before
//
// So a file holds B + 1 up to the smallest B of the files after it, the newest up to S, and a damaged one does not get there. The
// smallest: a start that drops a torn tail gives the numbers of what it dropped, which was never acknowledged, to later changes,
// and until RocksDB deletes it the torn file is still there beside a newer one that begins with the same number. A file may be
// missing when RocksDB had moved all of it into tables (it then says so in its MANIFEST first); that is asked only when one is.
//
// The note is written after what it notes is on the device and is not flushed itself: after a kill it is the newest, after a power
// cut perhaps an older one. An older one, or none that checks, makes the search less sharp and refuses nothing.
//
// A directory that has the note, or files that RocksDB makes only after CURRENT, had a database: one is never made there again.
#include "disk/disk_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MARK_BYTES = 512,
    LOGS_AT = 36,
    CRC_AT = MARK_BYTES - 4, /* LOGS_AT + 16 * MARK_LOGS is at most this */
    FIRST_RECORD = 7 + DISK_RECORD_HEAD,
    CURRENT_MOST = 64,
};
static const char MAGIC[8] = {'S', 'L', 'U', 'I', 'C', 'E', '-', '1'};
static const char MARK_NAME[] = "db.synced";

static void put_number(char *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (char)(v >> (8 * i));
}

static int open_in_db(const Disk *d, const char *name)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", d->db_dir, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* The number of the MANIFEST that CURRENT names; 0: it names none. *exists: there is a CURRENT. */
static uint64_t current_manifest(const Disk *d, bool *exists)
{
    char text[CURRENT_MOST];
    int fd = open_in_db(d, "CURRENT");
    ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    unsigned long long no;
    int end = 0;
    *exists = fd >= 0 || errno != ENOENT;
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return sscanf(text, "MANIFEST-%llu%n", &no, &end) == 1 && end + 1 == n && text[end] == '\n' ? no : 0;
}

static void manifest_name(char *name, size_t n, uint64_t no) { snprintf(name, n, "MANIFEST-%06llu", (unsigned long long)no); }

/* ---- the note is written ---- */

/* The new file's numbers begin above this; *exact: that is final. */
static uint64_t base_of(const Disk *d, uint64_t no, uint64_t synced, bool *exact)
{
    char name[32], head[FIRST_RECORD];
    snprintf(name, sizeof name, "%06llu.log", (unsigned long long)no);
    int fd = open_in_db(d, name);
    *exact = fd >= 0 && pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head;
    if (fd >= 0)
        close(fd);
    return *exact ? disk_number(head + FIRST_RECORD - DISK_RECORD_HEAD, 8) - 1 : synced;
}

/* Bases of the files that are there now; what is known of them is kept. `synced` was read before they were listed. */
static void note_logs(Disk *d, const DiskLogs *logs, uint64_t synced)
{
    DiskLogBase now[MARK_LOGS];
    for (int i = 0; i < logs->n; i++) {
        now[i] = (DiskLogBase){.number = logs->v[i]};
        for (int k = 0; k < d->mark.nlogs; k++)
            if (d->mark.logs[k].number == logs->v[i] && d->mark.logs[k].exact)
                now[i] = d->mark.logs[k];
        if (!now[i].exact)
            now[i].base = base_of(d, logs->v[i], synced, &now[i].exact);
    }
    memcpy(d->mark.logs, now, sizeof now[0] * (size_t)logs->n);
    d->mark.nlogs = logs->n;
}

/* The MANIFEST's whole records, brought to the device. It rarely grows; false: not now. */
static bool note_manifest(Disk *d)
{
    char name[32];
    bool exists;
    DiskScan scan;
    struct stat st;
    uint64_t no = current_manifest(d, &exists);
    if (no == 0)
        return false;
    manifest_name(name, sizeof name, no);
    int fd = open_in_db(d, name);
    bool same = no == d->mark.manifest, ok = fd >= 0 && fstat(fd, &st) == 0;
    if (ok && (!same || (uint64_t)st.st_size != d->mark.manifest_seen)) {
        ok = fdatasync(fd) == 0 && (same || disk_log_flush_entries(d) == 0) &&
             disk_scan(fd, false, same ? d->mark.manifest_bytes : 0, &scan);
        if (ok) {
            d->mark.manifest = no;
            d->mark.manifest_bytes = scan.good;
            d->mark.manifest_seen = (uint64_t)st.st_size;
        }
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Where it cannot be written, the older one stays true; the sync itself is done. */
void disk_synced_note(Disk *d, uint64_t synced, const DiskLogs *logs)
{
    char mark[MARK_BYTES] = {0};
    int n = logs->n;
    note_logs(d, logs, synced);
    if (!note_manifest(d))
        return;
    memcpy(mark, MAGIC, sizeof MAGIC);
    put_number(mark + 8, synced, 8);
    put_number(mark + 16, d->mark.manifest, 8);
    put_number(mark + 24, d->mark.manifest_bytes, 8);
    put_number(mark + 32, (uint64_t)n, 4);
    for (int i = 0; i < n; i++) {
        put_number(mark + LOGS_AT + 16 * i, d->mark.logs[i].number, 8);
        put_number(mark + LOGS_AT + 16 * i + 8, d->mark.logs[i].base, 8);
    }
    put_number(mark + CRC_AT, disk_crc(mark, CRC_AT), 4);
    if (d->mark.fd < 0)
        d->mark.fd = disk_open_own(d, MARK_NAME, O_RDWR | O_CREAT);
    if (d->mark.fd >= 0)
        (void)!pwrite(d->mark.fd, mark, sizeof mark, 0);
}

void disk_synced_flush(Disk *d)
{
    int dir = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->mark.fd >= 0)
        (void)!fsync(d->mark.fd);
    if (dir >= 0) {
        (void)!fsync(dir);
        close(dir);
    }
}

void disk_synced_close(Disk *d)
{
    if (d->mark.fd < 0)
        return;
    (void)!fdatasync(d->mark.fd);
    close(d->mark.fd);
    d->mark.fd = -1;
}

void disk_synced_forget(Disk *d)
{
    char path[4200];
    disk_synced_close(d);
    snprintf(path, sizeof path, "%s/%s", d->dir, MARK_NAME);
    unlink(path);
    d->mark.nlogs = 0;
    d->mark.manifest = 0;
}

/* ---- the note is held against the files ---- */

typedef struct Mark {
    uint64_t synced, manifest, manifest_bytes;
    int nlogs;
    DiskLogBase logs[MARK_LOGS];
} Mark;

/* *exists: the file is there, whatever it says. True: it checks. */
static bool read_mark(const Disk *d, Mark *m, bool *exists, Err *err)
{
    char path[4200], mark[MARK_BYTES];
    snprintf(path, sizeof path, "%s/%s", d->dir, MARK_NAME);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    *exists = fd >= 0;
    if (fd < 0 && errno == ELOOP)
        err_set(err, ERR_IO, "Data directory %s: %s is a symbolic link, which is not followed.", d->dir, MARK_NAME);
    ssize_t n = fd < 0 ? -1 : pread(fd, mark, sizeof mark, 0);
    if (fd >= 0)
        close(fd);
    if (n != (ssize_t)sizeof mark || memcmp(mark, MAGIC, sizeof MAGIC) != 0 ||
        disk_number(mark + CRC_AT, 4) != disk_crc(mark, CRC_AT))
        return false;
    *m = (Mark){.synced = disk_number(mark + 8, 8), .manifest = disk_number(mark + 16, 8),
                .manifest_bytes = disk_number(mark + 24, 8), .nlogs = (int)disk_number(mark + 32, 4)};
    if (m->nlogs < 0 || m->nlogs > MARK_LOGS)
        return false;
    for (int i = 0; i < m->nlogs; i++)
        m->logs[i] = (DiskLogBase){.number = disk_number(mark + LOGS_AT + 16 * i, 8),
                                   .base = disk_number(mark + LOGS_AT + 16 * i + 8, 8)};
    return true;
}

static Status check_manifest(Disk *d, const Mark *m, Err *err)
{
    char name[32];
    bool exists;
    DiskScan scan = {0};
    uint64_t no = current_manifest(d, &exists);
    if (no == 0)
        return disk_damaged(d, err, "CURRENT", "is damaged: it does not name a MANIFEST");
    manifest_name(name, sizeof name, no);
    int fd = open_in_db(d, name);
    if (fd < 0) {
        char what[100];
        snprintf(what, sizeof what, "is damaged, or db/%s, which it names, is missing", name);
        return disk_damaged(d, err, "CURRENT", what);
    }
    bool ok = !m || (disk_scan(fd, false, 0, &scan) && (no > m->manifest || (no == m->manifest && scan.good >= m->manifest_bytes)));
    close(fd);
    if (ok)
        return OK;
    if (no < m->manifest)
        return disk_damaged(d, err, "CURRENT", "is damaged: it names an older MANIFEST than the last one");
    return disk_damaged(d, err, name, "is damaged: it no longer has all that was written to it");
}

/* Does RocksDB still need this file of its log? It is asked without being let write. */
static Status needs_log(Disk *d, uint64_t number, bool *needs, Err *err)
{
    Err e = ERR_INIT;
    uint64_t least = 0;
    Status s = disk_least_log(d, &least, &e);
    *needs = s == ERR_CORRUPT || (s == OK && number >= least);
    if (s != OK && s != ERR_CORRUPT) {
        err_move(err, &e);
        return s;
    }
    err_clear(&e); /* RocksDB misses it too, in words that do not name it */
    return OK;
}

/* Does the file have all numbers from its base up to `upto`? NULL, or what is wrong with it. */
static const char *log_fault(const Disk *d, const char *name, const DiskLogBase *log, uint64_t upto, char *text, size_t n)
{
    DiskScan scan = {0};
    int fd = open_in_db(d, name);
    if (fd < 0)
        return "is missing";
    bool ok = upto <= log->base;
    if (!ok) {
        disk_scan(fd, true, 0, &scan);
        ok = scan.first == log->base + 1 && scan.last >= upto;
    }
    close(fd);
    snprintf(text, n, "is damaged at byte %llu", (unsigned long long)scan.good);
    return ok ? NULL : text;
}

/* The last acknowledged change that this file of the log holds, if it holds one. */
static uint64_t held_up_to(const Mark *m, int log)
{
    uint64_t upto = m->synced;
    for (int i = log + 1; i < m->nlogs; i++)
        upto = m->logs[i].base < upto ? m->logs[i].base : upto;
    return upto;
}

static Status check_logs(Disk *d, const Mark *m, Err *err)
{
    for (int i = 0; i < m->nlogs; i++) {
        char name[32], text[80], what[160];
        uint64_t upto = held_up_to(m, i);
        snprintf(name, sizeof name, "%06llu.log", (unsigned long long)m->logs[i].number);
        const char *fault = log_fault(d, name, &m->logs[i], upto, text, sizeof text);
        bool needed = false;
        if (fault) {
            Status s = needs_log(d, m->logs[i].number, &needed, err);
            if (s != OK)
                return s;
        }
        if (needed) {
            snprintf(what, sizeof what, "%s; it held changes that were acknowledged", fault);
            Status s = disk_damaged(d, err, name, what);
            err_hint(err, "restore %s from a copy; or remove %s/%s: the next start then opens what the log has before the damage, "
                          "and the rest is lost", d->dir, d->dir, MARK_NAME);
            return s;
        }
    }
    return OK;
}

static bool made_after_current(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".log") == 0 || strcmp(dot, ".sst") == 0 || strcmp(dot, ".blob") == 0);
}

static bool had_database(const Disk *d)
{
    DIR *dir = opendir(d->db_dir);
    bool had = false;
    for (struct dirent *f; dir && !had && (f = readdir(dir));)
        had = made_after_current(f->d_name);
    if (dir)
        closedir(dir);
    return had;
}

Status disk_synced_check(Disk *d, bool *create, Err *err)
{
    Mark m;
    bool noted, exists;
    bool known = d->mark.known = read_mark(d, &m, &noted, err);
    *create = false;
    if (err->code)
        return err->code;
    (void)current_manifest(d, &exists);
    if (!exists) {
        *create = !noted && !had_database(d);
        if (*create)
            return OK;
        Status s = disk_damaged(d, err, "CURRENT", "is missing");
        err_hint(err, "restore %s from a copy; or, where CURRENT alone is lost: it is one line, the name of the newest MANIFEST "
                      "file in %s", d->dir, d->db_dir);
        return s;
    }
    Status s = check_manifest(d, known ? &m : NULL, err);
    return s == OK && known ? check_logs(d, &m, err) : s;
}
