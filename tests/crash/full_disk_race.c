// SPDX-License-Identifier: Apache-2.0
// A device that fills up and empties again and again under a RocksDB at work.
//
// Writers commit batches of random size, remember for each of their keys the last one that was acknowledged, and at times
// sync; readers look keys up and walk ranges; another thread takes all the room, or all but a little, at moments of its
// own choice and gives it back. So RocksDB itself is refused its writes: of the log, of a flush, of a compaction, of its
// lists of files. At the end there is room: every writer is acknowledged again without a restart, every key has exactly its last
// acknowledged value, before and after a restart.
#define _GNU_SOURCE // fallocate
#include "full_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "disk/disk.h"

enum { WRITERS = 3, READERS = 2, KEYS = 300, KEPT = 200, VALUE_MOST = 20000, PATIENCE_S = 60, ROOM = 100 << 20 };

typedef struct Race Race;

typedef struct Writer {
    Race *r;
    int no;
    unsigned seed;
    uint32_t value[KEYS]; /* of each key of FAMILY_STATE; 0: none */
    uint32_t log_end;     /* keys log_from … log_end - 1 of FAMILY_LOG */
    uint32_t log_from;
    uint32_t next; /* value */
    long acked, refused;
} Writer;

typedef struct Reader {
    Race *r;
    unsigned seed;
} Reader;

struct Race {
    Disk *d;
    char filler[1100];
    atomic_bool stop_filling, stop_reading;
    Writer w[WRITERS];
    Reader readers[READERS];
    atomic_long wrong, read, closed, fills, syncs_failed;
    time_t end;
};

static unsigned random_of(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void nap_ms(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* What stands under a value's number: the number, then bytes that compression cannot make small. */
static void value_of(uint32_t no, Buf *out)
{
    uint64_t seed = no * 2654435761u + 1;
    unsigned n = (unsigned)(seed * 2654435761u >> 7) % (VALUE_MOST / 8);
    buf_clear(out);
    buf_be32(out, no);
    for (unsigned i = 0; i < n; i++)
        buf_be64(out, seed = seed * 6364136223846793005u + 1442695040888963407u);
}

static Str key_of(char text[32], int writer, uint32_t key)
{
    return (Str){text, (size_t)snprintf(text, 32, "%d-%010u", writer, (unsigned)key)};
}

/* 0: it does not hold together. */
static uint32_t value_no(Str value, Buf *scratch)
{
    Rd r = rd_of(value);
    uint32_t no = rd_be32(&r);
    value_of(no, scratch);
    return !r.bad && str_eq(buf_view(scratch), value) ? no : 0;
}

/* ---- writers ---- */

static bool commit(Writer *w, bool *fits)
{
    char text[32];
    uint32_t keys[8], values[8];
    Buf v = BUF_INIT;
    Err err = ERR_INIT;
    Disk *d = w->r->d;
    DiskBatch *b = disk_batch_new(d);
    int n = 1 + (int)(random_of(&w->seed) % 8);
    for (int i = 0; i < n; i++) {
        keys[i] = random_of(&w->seed) % KEYS;
        values[i] = ++w->next;
        value_of(values[i], &v);
        disk_batch_put(b, FAMILY_STATE, key_of(text, w->no, keys[i]), buf_view(&v));
        disk_batch_put(b, FAMILY_LOG, key_of(text, w->no, w->log_end + (uint32_t)i), buf_view(&v));
    }
    uint32_t from = w->log_from;
    if (w->log_end > w->log_from + 2 * KEPT) {
        char to[32];
        from = w->log_end - KEPT;
        disk_batch_delete_range(b, FAMILY_LOG, key_of(text, w->no, w->log_from), key_of(to, w->no, from));
    }
    bool good = disk_commit(d, b, false, &err) == OK;
    for (int i = 0; good && i < n; i++)
        w->value[keys[i]] = values[i];
    if (good) {
        w->log_end += (uint32_t)n;
        w->log_from = from;
    }
    *fits = good || strstr(err.msg, "No space") || strstr(err.msg, "opened again");
    if (!*fits)
        printf("writer %d: %s\n", w->no, err.msg);
    err_clear(&err);
    if (good && random_of(&w->seed) % 4 == 0 && disk_sync(d, &err) != OK)
        atomic_fetch_add(&w->r->syncs_failed, 1);
    err_clear(&err);
    disk_batch_free(b);
    buf_free(&v);
    return good;
}

static void *writer(void *arg)
{
    Writer *w = arg;
    bool fits = true, last = false;
    while (time(NULL) < w->r->end || !last) {
        last = commit(w, &fits);
        w->acked += last;
        w->refused += !last;
        if (!fits)
            atomic_fetch_add(&w->r->wrong, 1);
        if (!last)
            nap_ms(random_of(&w->seed) % 3);
        if (time(NULL) > w->r->end + PATIENCE_S)
            return w;
    }
    return NULL;
}

/* ---- readers ---- */

/* What is read may be older than what its writer commits meanwhile, but it is whole. */
static void *reader(void *arg)
{
    Reader *rd = arg;
    Race *r = rd->r;
    Buf v = BUF_INIT, scratch = BUF_INIT;
    char text[32], end[32];
    Str key, value;
    while (!atomic_load(&r->stop_reading)) {
        Err err = ERR_INIT;
        bool found = false;
        int no = (int)(random_of(&rd->seed) % WRITERS);
        uint32_t k = random_of(&rd->seed) % KEYS;
        Status s = disk_get(r->d, FAMILY_STATE, key_of(text, no, k), &v, &found, &err);
        bool good = s == OK && (!found || value_no(buf_view(&v), &scratch));
        if (s == OK) {
            DiskIter *it = disk_iter_new(r->d, FAMILY_LOG, key_of(text, no, 0), key_of(end, no, UINT32_MAX));
            for (int i = 0; good && i < 50 && disk_iter_next(it, &key, &value); i++)
                good = value_no(value, &scratch);
            s = disk_iter_free(it, &err);
        }
        bool closed = s != OK && (strstr(err.msg, "No space") || strstr(err.msg, "opened again"));
        if (!closed && (s != OK || !good)) {
            printf("a read: %s\n", s == OK ? "what was read does not hold together" : err.msg);
            atomic_fetch_add(&r->wrong, 1);
        }
        atomic_fetch_add(closed ? &r->closed : &r->read, 1);
        err_clear(&err);
        if (closed)
            nap_ms(5);
    }
    buf_free(&v);
    buf_free(&scratch);
    return NULL;
}

/* ---- the device ---- */

/* Takes all but `keep` bytes, in pieces: one that does not fit gives all it took back. */
static void take(int fd, off_t keep)
{
    struct statvfs v;
    off_t at = 0;
    for (off_t n = 4 << 20; n >= 4096 && fstatvfs(fd, &v) == 0;) {
        if ((off_t)v.f_bavail * (off_t)v.f_frsize >= n + keep && fallocate(fd, 0, at, n) == 0)
            at += n;
        else
            n /= 2;
    }
}

static void *fill_and_empty(void *arg)
{
    Race *r = arg;
    unsigned seed = r->w[0].seed ^ 0x5bd1e995u;
    int fd = open(r->filler, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    while (fd >= 0 && !atomic_load(&r->stop_filling)) {
        nap_ms(random_of(&seed) % 250);
        take(fd, random_of(&seed) % 3 ? 0 : (off_t)(random_of(&seed) % 24) << 20);
        atomic_fetch_add(&r->fills, 1);
        nap_ms(random_of(&seed) % 4 ? random_of(&seed) % 60 : 0);
        if (ftruncate(fd, 0) != 0)
            break;
    }
    close(fd);
    remove(r->filler);
    return NULL;
}

/* Every key of every writer has its last acknowledged value, and there is no other. */
static bool all_there(const Race *r, const char *when)
{
    char text[32];
    Buf v = BUF_INIT, scratch = BUF_INIT;
    Err err = ERR_INIT;
    long bad = 0;
    for (int no = 0; no < WRITERS; no++) {
        const Writer *w = &r->w[no];
        for (uint32_t k = 0; k < KEYS; k++) {
            bool found = false;
            Status s = disk_get(r->d, FAMILY_STATE, key_of(text, no, k), &v, &found, &err);
            bad += s != OK || found != (w->value[k] != 0) || (found && value_no(buf_view(&v), &scratch) != w->value[k]);
            err_clear(&err);
        }
        char end[32];
        Str key, value;
        uint32_t next = w->log_from;
        DiskIter *it = disk_iter_new(r->d, FAMILY_LOG, key_of(text, no, 0), key_of(end, no, UINT32_MAX));
        for (; disk_iter_next(it, &key, &value); next++)
            bad += !str_eq(key, key_of(text, no, next)) || !value_no(value, &scratch);
        bad += disk_iter_free(it, &err) != OK || next != w->log_end;
        err_clear(&err);
    }
    buf_free(&v);
    buf_free(&scratch);
    if (bad)
        printf("%s: %ld keys are not as acknowledged\n", when, bad);
    return bad == 0;
}

static Disk *open_disk(const char *dir)
{
    Disk *d = NULL;
    Err err = ERR_INIT;
    if (disk_open(dir, effects_real(), 8 << 20, &d, &err) != OK)
        printf("disk_open: %s\n", err.msg);
    err_clear(&err);
    return d;
}

bool full_disk_race(const char *dir, unsigned seed, int seconds)
{
    static Race r;
    char path[1100], over[1100];
    pthread_t writers[WRITERS], readers[READERS], filler;
    void *late = NULL;
    bool good = true;
    snprintf(path, sizeof path, "%s/race", dir);
    snprintf(over, sizeof over, "%s/race.over", dir);
    int rest = open(over, O_CREAT | O_WRONLY, 0600); /* what is over need not be filled each time */
    take(rest, ROOM);
    snprintf(r.filler, sizeof r.filler, "%s/race.filler", dir);
    r.d = open_disk(path);
    if (!r.d || rest < 0)
        return false;
    r.end = time(NULL) + seconds;
    for (int i = 0; i < WRITERS; i++) {
        r.w[i] = (Writer){.r = &r, .no = i, .seed = seed * 31 + (unsigned)i};
        pthread_create(&writers[i], NULL, writer, &r.w[i]);
    }
    for (int i = 0; i < READERS; i++) {
        r.readers[i] = (Reader){&r, seed * 31 + (unsigned)(WRITERS + i)};
        pthread_create(&readers[i], NULL, reader, &r.readers[i]);
    }
    pthread_create(&filler, NULL, fill_and_empty, &r);
    while (time(NULL) < r.end)
        nap_ms(20);
    atomic_store(&r.stop_filling, true);
    pthread_join(filler, NULL);
    good &= close(rest) == 0 && remove(over) == 0;
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i], &late);
        good &= !late;
        printf("writer %d: %ld batches acknowledged, %ld refused%s\n", i, r.w[i].acked, r.w[i].refused,
               late ? ", not acknowledged again" : "");
    }
    atomic_store(&r.stop_reading, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    printf("seed %u: %ld fills, RocksDB opened again %lu times; %ld reads, %ld found it closed; %ld syncs failed\n", seed,
           r.fills, (unsigned long)disk_opened_again(r.d), r.read, r.closed, r.syncs_failed);
    good &= all_there(&r, "after it") && r.wrong == 0 && r.read > 0;
    disk_close(r.d);
    r.d = open_disk(path);
    good &= r.d && all_there(&r, "after a restart");
    disk_close(r.d);
    return good;
}
