// SPDX-License-Identifier: Apache-2.0
// Simulation: random small workloads with random interleavings of statements and engine steps, restarts and
// crashes at random points, all from a seed, compared with the oracle.
//
//   simulate DIR FIRST LAST       the seeds FIRST … LAST, each in a child on a folder of its own in DIR
//
// A failing seed is printed; `simulate DIR SEED SEED` shows it again. The last line: `N passed, N failed`.
#define _GNU_SOURCE // nftw
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/crash/workload.h"
#include "tests/unit/tmpdir.h"

typedef struct Run {
    uint64_t seed;
    const char *dir;
} Run;

static const char *op_name(const Op *op)
{
    static const char *const names[] = {"", "", "steps", "drain", "check", "restart", "crash"};
    return op->sql ? op->sql : names[op->kind];
}

static void run_seed(void *arg)
{
    const Run *r = arg;
    Workload w;
    Driver d;
    workload_random(&w, r->seed);
    driver_init(&d, &w, r->dir);
    bool good = driver_open(&d) && driver_run(&d, 0, NULL);
    if (!good) {
        printf("FAIL seed %llu, op %d of %d (%s), partitions %d and %d, batches of %d, %s: %s\n",
               (unsigned long long)r->seed, d.at, w.ops.n, d.at < w.ops.n ? op_name(&w.ops.v[d.at]) : "end",
               w.partitions[0], w.partitions[1], w.batch_rows, w.cache_off ? "cache off" : "coalesced",
               d.why);
        fflush(stdout);
    }
    driver_clear(&d);
    workload_free(&w);
    exit(good ? 0 : 7);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: simulate DIR FIRST LAST\n", stderr);
        return 2;
    }
    int passed = 0, failed = 0;
    if (NO_FORK_TESTS) {
        puts("0 passed, 0 failed, 1 skipped");
        return 0;
    }
    for (long long seed = atoll(argv[2]); seed <= atoll(argv[3]); seed++) {
        TmpDir dir;
        snprintf(dir.path, sizeof dir.path, "%s/seed%lld", argv[1], seed);
        if (mkdir(dir.path, 0700) != 0)
            BUG("cannot make %s", dir.path);
        Run r = {(uint64_t)seed, dir.path};
        int code = child_run(run_seed, &r);
        if (code == 0) {
            passed++;
        } else {
            failed++;
            if (code != 7)
                printf("FAIL seed %lld: the child ends with %d\n", seed, code);
        }
        tmpdir_remove(&dir);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
