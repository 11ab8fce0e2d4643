// SPDX-License-Identifier: Apache-2.0
// Kills the engine at every effect gate of a fixed workload, in every way, and looks at what comes back.
//
//   gates DIR [JOBS [local | kafka]]   DIR: an empty folder to work in; JOBS: how many at a time (default 2)
//
// A clean run counts the gates. Then, for each of them, a child runs the workload on a new data directory and
// ends there:
//
//   before     the process ends in front of the write, sync or call of the broker
//   after      … behind it, before anybody hears of it
//   torn       the last bytes of the write are missing from the log; of the records half were sent
//   cut        the power fails before it: of the log only what was synced is left
//
// With topics in the directory (local), and in a Kafka double (kafka; broker_double.h), which outlives the child. There the gates
// are those of the broker too: kafka.produce, kafka.positions, kafka.commit; and what the next server finds is:
//
//   intact     the directory as it was left; it takes the dead one's name, which ends his transaction
//   wiped      an empty one; his transaction ends by time-out
//   old        one that was left behind earlier, by a restart in the middle; likewise
//   none       neither had one: state is in changelogs alone
//
// A second child opens the directory, settles the statement in flight, finishes the workload and compares
// topics, tables and catalog with the oracle (workload.h). The parent hears by shared memory which statements
// were acknowledged. The workload runs once with the cache off, once coalesced; on the double exactly once and
// at least once. The last line is `N passed, N failed`.
#define _GNU_SOURCE // nftw
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/crash/broker_double.h"
#include "tests/crash/workload.h"
#include "tests/unit/tmpdir.h"

enum { MAX_JOBS = 16, MAX_GATES = 20000, INSERTS = 5, KAFKA_INSERTS = 2, SHOWN = 10, SHOWN_LOGS = 8 };

typedef enum Way { WAY_NONE, WAY_KILL, WAY_TORN, WAY_CUT } Way;

typedef enum Left { LEFT_INTACT, LEFT_WIPED, LEFT_OLD, LEFT_NONE } Left;

typedef struct Mode {
    const char *name;
    bool kafka, at_least_once, cache_off;
    Left left;
} Mode;

static const Mode modes[] = {
    {"cache off", false, false, true, LEFT_INTACT},
    {"coalesced", false, false, false, LEFT_INTACT},
    {"kafka, exactly once, cache off, intact", true, false, true, LEFT_INTACT},
    {"kafka, exactly once, cache off, wiped", true, false, true, LEFT_WIPED},
    {"kafka, exactly once, cache off, old", true, false, true, LEFT_OLD},
    {"kafka, exactly once, cache off, no directory", true, false, true, LEFT_NONE},
    {"kafka, exactly once, coalesced, intact", true, false, false, LEFT_INTACT},
    {"kafka, exactly once, coalesced, no directory", true, false, false, LEFT_NONE},
    {"kafka, at least once, cache off, intact", true, true, true, LEFT_INTACT},
    {"kafka, at least once, cache off, wiped", true, true, true, LEFT_WIPED},
    {"kafka, at least once, cache off, old", true, true, true, LEFT_OLD},
    {"kafka, at least once, cache off, no directory", true, true, true, LEFT_NONE},
    {"kafka, at least once, coalesced, intact", true, true, false, LEFT_INTACT},
};

/* What a gate stands before or behind: letters of Told.what. */
enum {
    BEFORE_WRITE = 'b', AFTER_WRITE = 'B',
    BEFORE_LOCK = 'l', AFTER_LOCK = 'L', /* cannot be torn */
    BEFORE_CALL = 'k', AFTER_CALL = 'K', /* of the broker */
};

typedef struct LogSize {
    unsigned long long number;
    int64_t synced;
} LogSize;

/* What a child tells, in shared memory. */
typedef struct Told {
    volatile int acked, gates;
    volatile int copied; /* LEFT_OLD: the gate at which the directory had been copied; else 0 */
    bool failed;
    LogSize logs[SHOWN_LOGS]; /* of the write-ahead logs, when they were last synced */
    int nlogs;
    char what[MAX_GATES]; /* clean run */
    char why[1000];
} Told;

typedef struct Try {
    const Mode *mode;
    const Workload *w;
    Broker *broker; /* of this try; NULL: none */
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
    bool before = phase == GATE_BEFORE;
    char letter = strcmp(what, "dir.lock") == 0 ? BEFORE_LOCK : strncmp(what, "kafka.", 6) == 0 ? BEFORE_CALL : BEFORE_WRITE;
    if (t->way == WAY_NONE && gate < MAX_GATES)
        t->told->what[gate] = (char)(before ? letter : letter - 'a' + 'A');
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

/* LEFT_OLD: the directory, while nobody has it, is kept as it is now. */
static void copy_directory(Driver *d)
{
    Try *t = d->reopens_arg;
    char command[2300];
    snprintf(command, sizeof command, "cp -r '%s' '%s.old'", t->dir, t->dir);
    if (system(command) != 0)
        BUG("cannot copy %s", t->dir);
    t->told->copied = t->told->gates;
}

static void start_driver(Driver *d, Try *t)
{
    driver_init(d, t->w, t->mode->left == LEFT_NONE ? NULL : t->dir);
    d->broker = t->broker;
    d->recounts = t->mode->left != LEFT_INTACT || t->way == WAY_CUT;
}

/* What the double saw of its contract being broken. */
static void check_contract(Try *t)
{
    if (!t->broker || t->told->failed || !double_counts(t->broker)->violations)
        return;
    snprintf(t->told->why, sizeof t->told->why, "the broker's contract: %s", double_counts(t->broker)->violation);
    t->told->failed = true;
}

static void run_script(void *arg)
{
    Try *t = arg;
    Driver d;
    start_driver(&d, t);
    if (t->mode->left == LEFT_OLD) {
        d.reopens = copy_directory;
        d.reopens_arg = t;
    }
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
    start_driver(&d, t);
    for (int i = 0; t->mode->left == LEFT_WIPED || t->mode->left == LEFT_NONE ? i < 100 : false; i++)
        (void)d.fx->random(d.fx); /* nobody who has lost his directory comes to the same name */
    if (!driver_recover(&d, t->told->acked))
        tell_failure(t, &d);
    driver_clear(&d);
    check_contract(t);
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

/* What the next server finds. */
static void leave(const Try *t)
{
    char old[1100];
    TmpDir dir;
    snprintf(dir.path, sizeof dir.path, "%s", t->dir);
    snprintf(old, sizeof old, "%s.old", t->dir);
    if (t->way == WAY_CUT)
        cut_logs(t);
    if (t->mode->left == LEFT_WIPED || t->mode->left == LEFT_OLD)
        tmpdir_remove(&dir);
    if (t->mode->left == LEFT_WIPED && mkdir(t->dir, 0700) != 0)
        BUG("cannot make %s", t->dir);
    if (t->mode->left == LEFT_OLD && rename(old, t->dir) != 0)
        BUG("cannot move %s", old);
}

/* One death and one resurrection; false: told->why says what is wrong. */
static bool try_once(Try *t, const char *base, int lane)
{
    TmpDir dir, old;
    Told *told = t->told;
    snprintf(dir.path, sizeof dir.path, "%s/lane%d", base, lane);
    snprintf(old.path, sizeof old.path, "%s/lane%d.old", base, lane);
    if (mkdir(dir.path, 0700) != 0)
        BUG("cannot make %s", dir.path);
    t->dir = dir.path;
    t->broker = t->mode->kafka ? double_new(&(DoubleConfig){.seed = 1}) : NULL;
    told->acked = told->gates = told->nlogs = told->copied = 0;
    told->failed = false;
    int code = child_run(run_script, t);
    int want = t->way == WAY_NONE ? 0 : 9;
    if (told->failed || code != want) {
        if (!told->failed)
            snprintf(told->why, sizeof told->why, "the first child ends with %d, op %d", code, told->acked);
        told->failed = true;
    } else {
        leave(t);
        code = child_run(finish_script, t);
        if (code && !told->failed) {
            snprintf(told->why, sizeof told->why, "the second child ends with %d", code);
            told->failed = true;
        }
    }
    if (t->broker)
        double_free(t->broker);
    tmpdir_remove(&dir);
    tmpdir_remove(&old);
    return !told->failed;
}

typedef struct Counts {
    int passed, failed;
} Counts;

typedef struct Lane {
    const Mode *mode;
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
    const char *when = what < 'a' ? "after" : "before";
    const char *way = of == WAY_TORN ? "torn" : of == WAY_CUT ? "cut" : when;
    if (++l->counts->failed > SHOWN)
        return;
    printf("FAIL %s, gate %d of %d (%s), %s, %d ops acknowledged: %s\n", l->mode->name, gate, l->clean->gates,
           what == BEFORE_CALL || what == AFTER_CALL ? "broker" : "disk", way, l->told->acked, l->told->why);
    fflush(stdout);
}

/* Is there anything to see of that death there? A write that nobody reads again needs not be torn. */
static bool makes_sense(const Mode *m, Way way, char what)
{
    if (way == WAY_TORN)
        return what == BEFORE_CALL || (what == BEFORE_WRITE && m->left == LEFT_INTACT);
    return way == WAY_KILL || (m->left == LEFT_INTACT && (what == BEFORE_WRITE || what == BEFORE_CALL));
}

static void run_lane(void *arg)
{
    Lane *l = arg;
    int number = 0;
    alarm(0);
    for (int gate = l->clean->copied; gate < l->clean->gates; gate++)
        for (int way = WAY_KILL; way <= WAY_CUT; way++) {
            if (!makes_sense(l->mode, (Way)way, l->clean->what[gate]))
                continue;
            if (number++ % l->lanes != l->lane)
                continue;
            Try t = {.mode = l->mode, .w = l->w, .told = l->told, .way = (Way)way, .at = gate};
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

/* All gates of one mode, by `jobs` children at a time. */
static Counts run_mode(const Mode *m, const char *base, int jobs)
{
    Workload w;
    Counts sum = {0, 0}, *counts = shared(sizeof *counts * MAX_JOBS);
    Told *clean = shared(sizeof *clean);
    pid_t pids[MAX_JOBS];
    workload_fixed(&w, m->cache_off, m->kafka ? KAFKA_INSERTS : INSERTS, m->kafka);
    w.at_least_once = m->at_least_once;
    Try t = {.mode = m, .w = &w, .told = clean, .way = WAY_NONE, .at = -1};
    if (!try_once(&t, base, MAX_JOBS)) {
        printf("FAIL %s, nothing killed: %s\n", m->name, clean->why);
        workload_free(&w);
        return (Counts){0, 1};
    }
    fflush(stdout);
    for (int i = 0; i < jobs; i++) {
        Lane l = {m, &w, clean, base, i, jobs, &counts[i], shared(sizeof(Told))};
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
    printf("%s: %d ops, %d gates, %d deaths, seed %llu: %d passed, %d failed\n", m->name, w.ops.n,
           clean->gates - clean->copied, sum.passed + sum.failed, (unsigned long long)w.seed, sum.passed, sum.failed);
    fflush(stdout);
    workload_free(&w);
    sum.passed++;
    return sum;
}

int main(int argc, char **argv)
{
    int jobs = argc > 2 ? atoi(argv[2]) : 2, deaths = 0;
    const char *only = argc > 3 ? argv[3] : NULL;
    Counts sum = {0, 0};
    if (jobs > MAX_JOBS)
        jobs = MAX_JOBS;
    if (argc < 2 || jobs < 1) {
        fputs("usage: gates DIR [JOBS [local | kafka]]\n", stderr);
        return 2;
    }
    if (NO_FORK_TESTS) {
        puts("0 passed, 0 failed, 1 skipped");
        return 0;
    }
    for (int i = 0; i < ARRAY_LEN(modes); i++) {
        if (only && strcmp(only, modes[i].kafka ? "kafka" : "local") != 0 && !strstr(modes[i].name, only))
            continue;
        Counts c = run_mode(&modes[i], argv[1], jobs);
        sum.passed += c.passed;
        sum.failed += c.failed;
        deaths += c.passed + c.failed - 1;
    }
    printf("%d deaths in all\n%d passed, %d failed\n", deaths, sum.passed, sum.failed);
    return sum.failed > 0;
}
