// SPDX-License-Identifier: Apache-2.0
// Kills the engine at every effect gate of a fixed workload, in every way, and looks at what comes back.
//
//   gates DIR [JOBS]      DIR: an empty folder to work in; JOBS: how many at a time (default 2)
//
// A clean run counts the gates. Then, for each of them, a child runs the workload on a new data directory and
// ends there:
//
//   before     the process ends in front of the write or sync
//   after      … behind it, before anybody hears of it
//   torn       the last bytes of the write are missing from the log
//   cut        the power fails before it: of the log only what was synced is left
//
// A second child opens the directory, settles the statement in flight, finishes the workload and compares
// topics, tables and catalog with the oracle (workload.h). The parent hears by shared memory which statements
// were acknowledged. The workload runs once with the cache off, once coalesced. The last line is
// `N passed, N failed`.
#define _GNU_SOURCE // nftw
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/crash/workload.h"
#include "tests/unit/tmpdir.h"

enum { MAX_JOBS = 16, MAX_GATES = 20000, INSERTS = 5, SHOWN = 10, SHOWN_LOGS = 8 };

typedef enum Way { WAY_NONE, WAY_KILL, WAY_TORN, WAY_CUT } Way;

typedef struct LogSize {
    unsigned long long number;
    int64_t synced;
} LogSize;

/* What a child tells, in shared memory. */
typedef struct Told {
    volatile int acked, gates;
    bool failed;
    LogSize logs[SHOWN_LOGS]; /* of the write-ahead logs, when they were last synced */
    int nlogs;
    char what[MAX_GATES]; /* clean run: 'b' or 'a', upper case where no write can be torn */
    char why[1000];
} Told;

typedef struct Try {
    const Workload *w;
    const char *dir;
    Told *told;
    Way way;
    int at;
} Try;

/* ---- in the child ---- */

static int list_logs(const char *dir, LogSize *out)
{
    char path[1200];
    int n = 0;
    snprintf(path, sizeof path, "%s/db", dir);
    DIR *d = opendir(path);
    for (struct dirent *f; d && (f = readdir(d));) {
        unsigned long long number;
        char ext[8];
        struct stat st;
        if (sscanf(f->d_name, "%llu.%7s", &number, ext) == 2 && strcmp(ext, "log") == 0 && n < SHOWN_LOGS &&
            fstatat(dirfd(d), f->d_name, &st, 0) == 0)
            out[n++] = (LogSize){number, st.st_size};
    }
    if (d)
        closedir(d);
    return n;
}

static GateVerdict on_gate(void *arg, const char *what, GatePhase phase)
{
    Try *t = arg;
    int gate = t->told->gates++;
    bool lock = strcmp(what, "dir.lock") == 0, before = phase == GATE_BEFORE;
    if (t->way == WAY_NONE && gate < MAX_GATES)
        t->told->what[gate] = before ? lock ? 'B' : 'b' : lock ? 'A' : 'a';
    if (t->way == WAY_CUT && strcmp(what, "disk.sync") == 0 && !before)
        t->told->nlogs = list_logs(t->dir, t->told->logs);
    if (gate != t->at)
        return GATE_GO;
    if (t->way == WAY_TORN)
        return GATE_TEAR;
    _exit(9);
}

static void tell_failure(Try *t, const Driver *d)
{
    const char *sql = d->at < t->w->ops.n ? t->w->ops.v[d->at].sql : NULL;
    snprintf(t->told->why, sizeof t->told->why, "op %d (%s): %s", d->at, sql ? sql : "no statement", d->why);
    t->told->failed = true;
}

static void run_script(void *arg)
{
    Try *t = arg;
    Driver d;
    driver_init(&d, t->w, t->dir);
    effects_sim_on_gate(d.fx, on_gate, t);
    if (!driver_open(&d) || !driver_run(&d, 0, &t->told->acked))
        tell_failure(t, &d);
    else
        driver_close(&d, false);
    driver_clear(&d);
}

static void finish_script(void *arg)
{
    Try *t = arg;
    Driver d;
    driver_init(&d, t->w, t->dir);
    if (!driver_recover(&d, t->told->acked))
        tell_failure(t, &d);
    driver_clear(&d);
}

/* ---- in the parent ---- */

/* The power fails: what no sync has confirmed is gone. A log that no sync has seen is empty. */
static void cut_logs(const Try *t)
{
    LogSize now[SHOWN_LOGS];
    int n = list_logs(t->dir, now);
    for (int i = 0; i < n; i++) {
        char path[1200];
        int64_t keep = 0;
        for (int k = 0; k < t->told->nlogs; k++)
            if (t->told->logs[k].number == now[i].number)
                keep = t->told->logs[k].synced;
        snprintf(path, sizeof path, "%s/db/%06llu.log", t->dir, now[i].number);
        if (keep < now[i].synced && truncate(path, keep) != 0)
            BUG("cannot cut %s", path);
    }
}

/* One death and one resurrection; false: told->why says what is wrong. */
static bool try_once(Try *t, const char *base, int lane)
{
    TmpDir dir;
    Told *told = t->told;
    snprintf(dir.path, sizeof dir.path, "%s/lane%d", base, lane);
    if (mkdir(dir.path, 0700) != 0)
        BUG("cannot make %s", dir.path);
    t->dir = dir.path;
    told->acked = told->gates = told->nlogs = 0;
    told->failed = false;
    int code = child_run(run_script, t);
    int want = t->way == WAY_NONE ? 0 : 9;
    if (told->failed || code != want) {
        if (!told->failed)
            snprintf(told->why, sizeof told->why, "the first child ends with %d, op %d", code, told->acked);
        told->failed = true;
    } else {
        if (t->way == WAY_CUT)
            cut_logs(t);
        code = child_run(finish_script, t);
        if (code && !told->failed) {
            snprintf(told->why, sizeof told->why, "the second child ends with %d", code);
            told->failed = true;
        }
    }
    tmpdir_remove(&dir);
    return !told->failed;
}

typedef struct Counts {
    int passed, failed;
} Counts;

typedef struct Lane {
    const Workload *w;
    const Told *clean;
    const char *base;
    int lane, lanes;
    Counts *counts;
    Told *told;
} Lane;

static void report(const Lane *l, int gate, Way of)
{
    char what = l->clean->what[gate];
    const char *when = what == 'a' || what == 'A' ? "after" : "before";
    const char *way = of == WAY_TORN ? "torn" : of == WAY_CUT ? "cut" : when;
    if (++l->counts->failed > SHOWN)
        return;
    printf("FAIL %s, gate %d of %d, %s, %d ops acknowledged: %s\n",
           l->w->cache_off ? "cache off" : "coalesced", gate, l->clean->gates, way, l->told->acked,
           l->told->why);
    fflush(stdout);
}

static void run_lane(void *arg)
{
    Lane *l = arg;
    int number = 0;
    alarm(0);
    for (int gate = 0; gate < l->clean->gates; gate++)
        for (int way = WAY_KILL; way <= WAY_CUT; way++) {
            if (way != WAY_KILL && l->clean->what[gate] != 'b')
                continue;
            if (number++ % l->lanes != l->lane)
                continue;
            Try t = {.w = l->w, .told = l->told, .way = (Way)way, .at = gate};
            if (try_once(&t, l->base, l->lane))
                l->counts->passed++;
            else
                report(l, gate, (Way)way);
        }
}

static void *shared(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        BUG("no shared memory");
    return p;
}

/* All gates of one workload, by `jobs` children at a time. */
static Counts run_workload(bool cache_off, const char *base, int jobs)
{
    Workload w;
    Counts sum = {0, 0}, *counts = shared(sizeof *counts * MAX_JOBS);
    Told *clean = shared(sizeof *clean);
    pid_t pids[MAX_JOBS];
    workload_fixed(&w, cache_off, INSERTS);
    Try t = {.w = &w, .told = clean, .way = WAY_NONE, .at = -1};
    if (!try_once(&t, base, MAX_JOBS)) {
        printf("FAIL %s, nothing killed: %s\n", cache_off ? "cache off" : "coalesced", clean->why);
        workload_free(&w);
        return (Counts){0, 1};
    }
    fflush(stdout);
    for (int i = 0; i < jobs; i++) {
        Lane l = {&w, clean, base, i, jobs, &counts[i], shared(sizeof(Told))};
        pids[i] = fork();
        if (pids[i] == 0) {
            run_lane(&l);
            _exit(0);
        }
    }
    for (int i = 0; i < jobs; i++) {
        int status;
        while (waitpid(pids[i], &status, 0) < 0)
            ;
        sum.passed += counts[i].passed;
        sum.failed += counts[i].failed + (status != 0);
    }
    printf("%s: %d ops, %d gates, %d deaths (before, after, torn, cut), seed %llu: %d passed, %d failed\n",
           cache_off ? "cache off" : "coalesced", w.ops.n, clean->gates, sum.passed + sum.failed,
           (unsigned long long)w.seed, sum.passed, sum.failed);
    workload_free(&w);
    sum.passed++;
    return sum;
}

int main(int argc, char **argv)
{
    int jobs = argc > 2 ? atoi(argv[2]) : 2;
    if (jobs > MAX_JOBS)
        jobs = MAX_JOBS;
    if (argc < 2 || jobs < 1) {
        fputs("usage: gates DIR [JOBS]\n", stderr);
        return 2;
    }
    if (NO_FORK_TESTS) {
        puts("0 passed, 0 failed, 1 skipped");
        return 0;
    }
    Counts off = run_workload(true, argv[1], jobs), on = run_workload(false, argv[1], jobs);
    printf("%d passed, %d failed\n", off.passed + on.passed, off.failed + on.failed);
    return off.failed + on.failed > 0;
}
