// SPDX-License-Identifier: Apache-2.0
// Room on the device, and opening RocksDB again when it refused a write.
//
// A commit is refused while less is free than what RocksDB may need to bring into tables what it holds in memory, and
// half as much again for the log's next file and for compaction: RocksDB itself meets a full device only when others
// fill it faster. Batches that delete ranges (topics that go, retention) may use most of that reserve, because they make
// room.
//
// When it does meet it, or a device that fails, it refuses every write from then on. It would go on of itself ("resume"),
// but not soundly where the write of a log failed: RocksDB 7.8 may keep that file, and then its own assertion ends the
// process, or, without assertions, every later write fails. So no write reaches it any more. Reads go on; as soon as there is
// room for what is in the log, it is closed and opened again, which replays the log up to the last whole batch: what was
// committed is there, what was refused is not. Where opening fails (others took the room meanwhile), reads fail too, and
// reads as well as commits try again.
//
// Closing needs that nobody is inside. Each call counts itself in and out in its thread's slot; who opens again sets
// `closing`, then waits until the slots are zero. Either a call sees `closing` and goes back out to wait, or its count is
// seen. A call that is inside may enter again, or wait for a lock whose owner waits outside, so the wait for it ends after a
// short while: all go on as before, and the next commit tries again.
#include "disk/disk_impl.h"

#include <stdio.h>
#include <sys/statvfs.h>
#include <time.h>

static const uint64_t LIMIT_MOST = 64 << 20, LIMIT_LEAST = 4 << 20;
static const int64_t NS_PER_MS = 1000000;
enum {
    DRAIN_MS = 50,      /* the longest wait for those who are inside */
    AGAIN_MS = 200,     /* between two tries */
    OPEN_MARGIN = 8 << 20, /* what opening writes beside the log's contents */
};

/* ---- who is inside ---- */

static int enter(Disk *d)
{
    static atomic_uint threads;
    static _Thread_local unsigned mine; /* 0: not yet given */
    if (!mine)
        mine = atomic_fetch_add(&threads, 1) % DISK_SLOTS + 1;
    int at = (int)mine - 1;
    for (;;) {
        atomic_fetch_add(&d->slots[at].inside, 1);
        if (!atomic_load(&d->closing))
            return at;
        atomic_fetch_sub(&d->slots[at].inside, 1);
        pthread_mutex_lock(&d->lock);
        while (atomic_load(&d->closing))
            pthread_cond_wait(&d->open_done, &d->lock);
        pthread_mutex_unlock(&d->lock);
    }
}

void disk_leave(Disk *d, int at) { atomic_fetch_sub(&d->slots[at].inside, 1); }

static bool all_out(Disk *d)
{
    for (int i = 0; i < DISK_SLOTS; i++)
        if (atomic_load(&d->slots[i].inside))
            return false;
    return true;
}

/* ---- opening again ---- */

/* The clock of the machine also where the engine's is simulated: this is about the device. */
static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 * NS_PER_MS + t.tv_nsec;
}

static bool drain(Disk *d)
{
    static const struct timespec little = {0, 100000};
    int64_t end = now_ns() + DRAIN_MS * NS_PER_MS;
    while (!all_out(d)) {
        if (now_ns() >= end)
            return false;
        nanosleep(&little, NULL);
    }
    return true;
}

/* Under d->opening. */
static Status open_again(Disk *d, Err *err)
{
    Status s;
    atomic_store(&d->closing, true);
    if (!drain(d)) {
        s = err_set(err, ERR_IO, "Data directory %s: a write failed; the database is in use and is opened again later", d->dir);
    } else {
        disk_close_rocksdb(d);
        s = disk_open_rocksdb(d, err);
        if (s == OK) {
            atomic_store(&d->broken, false);
            atomic_store(&d->unsound, false);
            d->opened_again++;
        } else {
            disk_close_rocksdb(d); /* what it had made before it failed; broken stays */
        }
    }
    d->open_not_before = s == OK ? 0 : now_ns() + AGAIN_MS * NS_PER_MS;
    pthread_mutex_lock(&d->lock);
    atomic_store(&d->closing, false);
    pthread_cond_broadcast(&d->open_done);
    pthread_mutex_unlock(&d->lock);
    return s;
}

uint64_t disk_opened_again(Disk *d)
{
    pthread_mutex_lock(&d->opening);
    uint64_t n = d->opened_again;
    pthread_mutex_unlock(&d->opening);
    return n;
}

/* ---- room ---- */

/* False: the file system does not say. */
static bool device(const Disk *d, uint64_t *free_bytes, uint64_t *size)
{
    struct statvfs v;
    if (fstatvfs(d->lock_fd, &v) != 0 || v.f_blocks == 0)
        return false;
    *free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
    *size = (uint64_t)v.f_blocks * v.f_frsize;
    return true;
}

void disk_set_limit(Disk *d)
{
    uint64_t room, size;
    d->limit = LIMIT_MOST;
    if (device(d, &room, &size) && size / 8 < LIMIT_MOST)
        d->limit = size / 8 > LIMIT_LEAST ? size / 8 : LIMIT_LEAST;
}

static Status no_room(const Disk *d, uint64_t room, uint64_t need, Err *err)
{
    return err_set(err, ERR_IO, "Data directory %s: No space left on device: %llu MB are free, a write needs %llu MB", d->dir,
                   (unsigned long long)(room >> 20), (unsigned long long)(need + (1 << 20) - 1) >> 20);
}

Status disk_room_to_open(const Disk *d, Err *err)
{
    uint64_t room, size, need = disk_log_bytes(d) + OPEN_MARGIN;
    return device(d, &room, &size) && room < need ? no_room(d, room, need, err) : OK;
}

Status disk_mend(Disk *d, Err *err)
{
    Status s = OK;
    pthread_mutex_lock(&d->opening);
    if (atomic_load(&d->broken)) { /* else another thread has done it meanwhile */
        s = disk_room_to_open(d, err);
        if (s == OK && now_ns() < d->open_not_before)
            s = err_set(err, ERR_IO, "Data directory %s: a write failed; the database is opened again soon", d->dir);
        if (s == OK)
            s = open_again(d, err);
    }
    pthread_mutex_unlock(&d->opening);
    return s;
}

Status disk_enter_open(Disk *d, int *at, Err *err)
{
    Status s = OK;
    while (s == OK) {
        *at = enter(d);
        if (d->db)
            return OK;
        disk_leave(d, *at);
        s = disk_mend(d, err);
    }
    return s;
}

Status disk_room(Disk *d, size_t bytes, bool frees, Err *err)
{
    uint64_t room = UINT64_MAX, size, need = d->limit + d->limit / 2;
    if (frees)
        need /= 4;
    if (!device(d, &room, &size))
        room = UINT64_MAX;
    if (disk_faulty(d, "disk.room"))
        room = 0;
    if (room < need + bytes)
        return no_room(d, room, need + bytes, err);
    if (disk_faulty(d, "disk.broken"))
        atomic_store(&d->broken, true);
    return atomic_load(&d->broken) ? disk_mend(d, err) : OK;
}
