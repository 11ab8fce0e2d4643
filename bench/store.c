// SPDX-License-Identifier: Apache-2.0
// Store: upserts of hot keys a second, in memory and over a data directory with commits, and what a
// flush, a reload and a scan cost. One thread; the figures are of its CPU time, printed, not judged.
//
//   store [KEYS] [MILLIONS]      default 100,000 keys, 20 million upserts
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "state/store.h"

typedef struct Sum {
    int64_t count, sum;
} Sum;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sum_save(void *arg, const void *state, Buf *out)
{
    UNUSED(arg);
    buf_bytes(out, state, sizeof(Sum));
}

static bool sum_load(void *arg, void *state, Rd *in)
{
    UNUSED(arg);
    Str s = rd_bytes(in, sizeof(Sum));
    if (s.p)
        memcpy(state, s.p, s.n);
    return s.p != NULL;
}

static const StoreOwner owner = {.size = sizeof(Sum), .save = sum_save, .load = sum_load};

enum { BATCH = 4096, STEP = 256, KEY = 12 };

static void die(Err *err)
{
    fprintf(stderr, "%s\n", err->msg);
    exit(1);
}

typedef struct Run {
    Store *st;
    Disk *d;
    char (*keys)[16];
    uint32_t nkeys;
    uint64_t random;
} Run;

static uint32_t pick(Run *r)
{
    r->random = r->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((r->random >> 33) % r->nkeys);
}

static void commit(Run *r)
{
    Err err = ERR_INIT;
    DiskBatch *b = r->d ? disk_batch_new(r->d) : NULL;
    store_flush(r->st, b);
    if (b && disk_commit(r->d, b, false, &err) != OK)
        die(&err);
    disk_batch_free(b);
    store_committed(r->st);
}

/* together: looked up 256 at once. */
static void upserts(Run *r, int64_t n, bool together, const char *what)
{
    static char text[BATCH * KEY];
    static uint32_t at[BATCH + 1];
    static uint64_t hash[BATCH];
    StoreEntry *found[STEP];
    Err err = ERR_INIT;
    double t0 = now(), committing = 0;
    int64_t commits = 0;
    for (int64_t done = 0; done < n; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            memcpy(text + i * KEY, r->keys[pick(r)], KEY);
            hash[i] = str_hash((Str){text + i * KEY, KEY});
            at[i + 1] = at[i] + KEY;
        }
        for (int i = 0; i < BATCH; i++) {
            StoreEntry *e;
            bool made;
            const StoreKeys keys = {text, at + i, hash + i};
            if (together && i % STEP == 0)
                store_find_hot(r->st, &keys, STEP, found);
            e = together ? found[i % STEP] : NULL;
            if (!e && store_upsert(r->st, (Str){text + i * KEY, KEY}, hash[i], &e, &made, &err) != OK)
                die(&err);
            Sum *s = store_state(e);
            s->count++;
            s->sum += i;
            store_touch(r->st, e);
        }
        if ((done / BATCH) % 500 == 499) { /* each two million: about what two seconds bring */
            double t = now();
            commit(r);
            committing += now() - t;
            commits++;
        }
    }
    double t = now() - t0;
    printf("%-36s %7.1f million/s", what, (double)n / (t - committing) / 1e6);
    if (commits)
        printf("   commit %6.1f ms", committing * 1e3 / (double)commits);
    printf("\n");
}

static bool count_one(void *arg, Str key, const void *state)
{
    UNUSED(key), UNUSED(state);
    ++*(int64_t *)arg;
    return true;
}

static void scan(Run *r, bool sorted, const char *what)
{
    Err err = ERR_INIT;
    int64_t n = 0;
    double t = now();
    if (store_scan(r->st, sorted, count_one, &n, &err) != OK)
        die(&err);
    printf("%-36s %7.1f million/s   %ld keys\n", what, (double)n / (now() - t) / 1e6, (long)n);
}

int main(int argc, char **argv)
{
    Run r = {.nkeys = argc > 1 ? (uint32_t)atoi(argv[1]) : 100000, .random = 1};
    int64_t n = (argc > 2 ? atoll(argv[2]) : 20) * 1000000;
    Err err = ERR_INIT;
    char dir[] = "/tmp/sluice-bench-XXXXXX", cmd[64];
    r.keys = mem_alloc(sizeof *r.keys * r.nkeys);
    for (uint32_t i = 0; i < r.nkeys; i++)
        snprintf(r.keys[i], sizeof r.keys[i], "user%08u", i);
    r.st = store_new(NULL, 1, 0, &owner, 0);
    upserts(&r, n / 10, false, "memory, first");
    upserts(&r, n, false, "memory");
    upserts(&r, n, true, "memory, with prefetch");
    printf("%-36s %7.1f bytes\n", "memory a key", (double)store_bytes(r.st) / (double)store_hot_count(r.st));
    store_free(r.st);
    if (!mkdtemp(dir) || disk_open(dir, effects_real(), 0, &r.d, &err) != OK)
        die(&err);
    r.st = store_new(r.d, 1, 0, &owner, 256 << 20);
    upserts(&r, n, false, "disk, all hot");
    commit(&r);
    scan(&r, false, "scan, hot");
    scan(&r, true, "scan, hot, sorted");
    store_free(r.st);
    r.st = store_new(r.d, 1, 0, &owner, 256 << 20);
    scan(&r, true, "scan, cold");
    upserts(&r, r.nkeys * 3ll, false, "disk, cold after a restart");
    store_free(r.st);
    r.st = store_new(r.d, 1, 0, &owner, 2 << 20);
    upserts(&r, n / 20, false, "disk, budget 2 MB");
    store_free(r.st);
    disk_close(r.d);
    mem_free(r.keys);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd) != 0;
}
