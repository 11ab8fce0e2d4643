// SPDX-License-Identifier: Apache-2.0
// Simulation: random small workloads with random interleavings of statements and engine steps, restarts and
// crashes at random points, all from a seed, compared with the oracle.
//
//   simulate DIR FIRST LAST [kafka]   the seeds FIRST … LAST, each in a child on a folder of its own in DIR
//
// kafka: over a Kafka double (broker_double.h) that delays and reorders replies, loses those of commits (done or not), aborts and
// fails; a second server of the service comes and goes, slots move between the two and back, and the first is fenced. A statement
// that fails is looked for, and done anew when nothing of it is there.
//
// A failing seed is printed; `simulate DIR SEED SEED` shows it again. The last line: `N passed, N failed`.
#define _GNU_SOURCE // nftw
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/crash/broker_double.h"
#include "tests/crash/workload.h"
#include "tests/unit/tmpdir.h"

typedef struct Run {
    uint64_t seed;
    const char *dir;
    bool kafka;
} Run;

static const char *op_name(const Op *op)
{
    static const char *const names[] = {"", "", "steps", "drain", "check", "restart", "crash", "second server", "move",
                                        "fence"};
    return op->sql ? op->sql : names[op->kind];
}

/* Of the seed; the worst are bad at everything. */
static DoubleConfig random_faults(uint64_t seed)
{
    Effects *fx = effects_sim_new(seed * 31, 0);
    const int levels[] = {0, 10, 50, 200};
    DoubleConfig c = {.seed = seed};
    int *knobs[] = {&c.delay, &c.reorder, &c.lost, &c.abort, &c.flush};
    for (int i = 0; i < ARRAY_LEN(knobs); i++)
        *knobs[i] = levels[fx->random(fx) % 4];
    c.fail = (int)(fx->random(fx) % 3) * 5;
    c.queue = (int)(fx->random(fx) % 3) * 4;
    c.timeout = 2 + (int)(fx->random(fx) % 6);
    effects_sim_free(fx);
    return c;
}

static void begin(Driver *d, const Workload *w, const Run *r, char *second)
{
    driver_init(d, w, r->kafka && r->seed % 4 == 0 ? NULL : r->dir);
    if (!r->kafka)
        return;
    DoubleConfig c = random_faults(r->seed);
    d->broker = double_new(&c);
    d->second = double_client(d->broker);
    d->faults = double_config(d->broker);
    d->recounts = true;
    d->second_dir = d->dir ? second : NULL;
}

static bool contract_kept(Driver *d)
{
    const DoubleCounts *n = d->broker ? double_counts(d->broker) : NULL;
    if (!n || !n->violations)
        return true;
    snprintf(d->why, sizeof d->why, "the broker's contract: %s", n->violation);
    return false;
}

static void run_seed(void *arg)
{
    const Run *r = arg;
    Workload w;
    Driver d;
    char second[1100];
    snprintf(second, sizeof second, "%s/second", r->dir);
    (r->kafka ? workload_random_kafka : workload_random)(&w, r->seed);
    begin(&d, &w, r, second);
    bool good = (driver_open(&d) || (r->kafka && driver_calm(&d))) && driver_run(&d, 0, NULL) && contract_kept(&d);
    if (!good) {
        printf("FAIL seed %llu, op %d of %d (%s), partitions %d and %d, batches of %d, %s, %s: %s\n",
               (unsigned long long)r->seed, d.at, w.ops.n, d.at < w.ops.n ? op_name(&w.ops.v[d.at]) : "end",
               w.partitions[0], w.partitions[1], w.batch_rows, w.cache_off ? "cache off" : "coalesced", !r->kafka ? "local" :
               w.at_least_once ? "at least once" : "exactly once", d.why);
        fflush(stdout);
    }
    driver_clear(&d);
    if (d.broker)
        double_free(d.broker);
    workload_free(&w);
    exit(good ? 0 : 7);
}

int main(int argc, char **argv)
{
    bool kafka = argc == 5 && strcmp(argv[4], "kafka") == 0;
    if (argc != 4 && !kafka) {
        fputs("usage: simulate DIR FIRST LAST [kafka]\n", stderr);
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
        Run r = {(uint64_t)seed, dir.path, kafka};
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
