// SPDX-License-Identifier: Apache-2.0
// disk: families, batches, ranges, the lock of a directory, shared and failed syncs, kills and torn writes, opening again.
#include "tmpdir.h"
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "disk/disk.h"

static Disk *open_disk(const char *dir)
{
    Disk *d = NULL;
    Err err = ERR_INIT;
    if (disk_open(dir, effects_real(), 0, &d, &err) != OK)
        printf("disk_open: %s\n", err.msg);
    err_clear(&err);
    return d;
}

static bool put(Disk *d, Family f, Str key, Str value, bool sync)
{
    Err err = ERR_INIT;
    DiskBatch *b = disk_batch_new(d);
    disk_batch_put(b, f, key, value);
    bool ok = disk_commit(d, b, sync, &err) == OK;
    disk_batch_free(b);
    err_clear(&err);
    return ok;
}

static bool has(Disk *d, Family f, Str key, const char *want)
{
    Buf v = BUF_INIT;
    Err err = ERR_INIT;
    bool found;
    bool ok = disk_get(d, f, key, &v, &found, &err) == OK;
    ok = ok && (want ? found && str_eq_c(buf_view(&v), want) : !found);
    buf_free(&v);
    return ok;
}

int test_disk_families_and_reopen(void)
{
    TmpDir t = tmpdir_new();
    char deep[1100];
    snprintf(deep, sizeof deep, "%s/a/b", t.path);
    Disk *d = open_disk(deep);
    CHECK(d);
    CHECK_TEXT(disk_dir(d), deep);
    CHECK(put(d, FAMILY_LOG, STR("k"), STR("log"), true));
    CHECK(put(d, FAMILY_STATE, STR("k"), STR("state"), false));
    CHECK(put(d, FAMILY_POSITION, STR("k\0x"), STR(""), false));
    CHECK(has(d, FAMILY_META, STR("k"), NULL));
    disk_close(d);
    d = open_disk(deep);
    CHECK(d);
    CHECK(has(d, FAMILY_LOG, STR("k"), "log"));
    CHECK(has(d, FAMILY_STATE, STR("k"), "state"));
    CHECK(has(d, FAMILY_POSITION, STR("k\0x"), ""));
    CHECK(has(d, FAMILY_POSITION, STR("k"), NULL));
    CHECK(has(d, FAMILY_META, STR("format"), "1"));
    CHECK(disk_bytes_used(d) > 0);
    disk_close(d);
    disk_close(NULL);
    tmpdir_remove(&t);
    return 0;
}

int test_disk_batches_and_ranges(void)
{
    TmpDir t = tmpdir_new();
    Disk *d = open_disk(t.path);
    Err err = ERR_INIT;
    Str k, v;
    CHECK(d);
    DiskBatch *b = disk_batch_new(d);
    CHECK_INT(disk_batch_count(b), 0);
    for (char c = 'a'; c <= 'j'; c++)
        disk_batch_put(b, FAMILY_STATE, (Str){&c, 1}, (Str){&c, 1});
    disk_batch_delete(b, FAMILY_STATE, STR("c"));
    CHECK_INT(disk_batch_count(b), 11);
    CHECK(disk_batch_bytes(b) > 22);
    CHECK(has(d, FAMILY_STATE, STR("a"), NULL));
    CHECK_INT(disk_commit(d, b, false, &err), OK);
    disk_batch_clear(b);
    CHECK_INT(disk_batch_count(b), 0);
    disk_batch_delete_range(b, FAMILY_STATE, STR("e"), STR("g"));
    CHECK_INT(disk_commit(d, b, false, &err), OK);
    disk_batch_free(b);
    disk_batch_free(NULL);

    Buf got = BUF_INIT;
    DiskIter *it = disk_iter_new(d, FAMILY_STATE, STR("b"), STR("i"));
    CHECK(put(d, FAMILY_STATE, STR("bb"), STR("later"), false)); /* behind the snapshot */
    while (disk_iter_next(it, &k, &v))
        buf_str(&got, k);
    CHECK(!disk_iter_next(it, &k, &v));
    CHECK_STR(buf_view(&got), "bdgh");
    CHECK(disk_iter_seek_last(it, STR("g"), &k, &v));
    CHECK_STR(k, "d");
    CHECK(disk_iter_next(it, &k, &v));
    CHECK_STR(k, "g");
    CHECK(disk_iter_seek_last(it, STR("z"), &k, &v));
    CHECK_STR(k, "h");
    CHECK(!disk_iter_seek_last(it, STR("b"), &k, &v));
    CHECK(disk_iter_next(it, &k, &v));
    CHECK_STR(k, "b");
    CHECK_INT(disk_iter_free(it, &err), OK);
    it = disk_iter_new(d, FAMILY_STATE, STR(""), (Str){NULL, 0});
    int n = 0;
    while (disk_iter_next(it, &k, &v))
        n++;
    CHECK_INT(n, 8);
    CHECK_INT(disk_iter_free(it, &err), OK);
    buf_free(&got);
    disk_close(d);
    tmpdir_remove(&t);
    return 0;
}

int test_disk_names_its_owner(void)
{
    TmpDir t = tmpdir_new();
    char want[64], path[1100];
    Err err = ERR_INIT;
    Disk *d = open_disk(t.path), *second;
    CHECK(d);
    CHECK_INT(disk_open(t.path, effects_real(), 0, &second, &err), ERR_BUSY);
    snprintf(want, sizeof want, "is in use by process %ld.", (long)getpid());
    CHECK(strstr(err.msg, want));
    CHECK(second == NULL);
    err_clear(&err);
    disk_close(d);
    /* A file left behind, even one that names a process that lives, blocks nobody. */
    snprintf(path, sizeof path, "%s/sluice.pid", t.path);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs("1\n", f) >= 0 && fclose(f) == 0);
    d = open_disk(t.path);
    CHECK(d);
    disk_close(d);
    tmpdir_remove(&t);
    return 0;
}

int test_disk_refuses_what_it_does_not_know(void)
{
    TmpDir t = tmpdir_new();
    char path[1100];
    Err err = ERR_INIT;
    Disk *d = open_disk(t.path);
    CHECK(d && put(d, FAMILY_META, STR("format"), STR("2"), true));
    disk_close(d);
    CHECK_INT(disk_open(t.path, effects_real(), 0, &d, &err), ERR_CORRUPT);
    CHECK(strstr(err.msg, "format '2'"));
    err_clear(&err);
    snprintf(path, sizeof path, "%s/sluice.pid/x", t.path); /* below a file */
    CHECK_INT(disk_open(path, effects_real(), 0, &d, &err), ERR_IO);
    CHECK(d == NULL);
    err_clear(&err);
    tmpdir_remove(&t);
    return 0;
}

enum { COMMITTERS = 8, COMMITS = 50 };

static void *committer(void *arg)
{
    static const char value[100];
    char key[32];
    Disk *d = *(Disk **)arg;
    for (int i = 0; i < COMMITS; i++) {
        int n = snprintf(key, sizeof key, "%p-%d", arg, i);
        if (!put(d, FAMILY_STATE, (Str){key, (size_t)n}, (Str){value, sizeof value}, true))
            return arg;
    }
    return NULL;
}

/* Waiting threads share device flushes: with eight, far fewer than one a commit. Only the bound that
 * always holds is asserted; how many it is depends on the device. */
int test_disk_syncs_are_shared(void)
{
    TmpDir t = tmpdir_new();
    pthread_t th[COMMITTERS];
    Disk *d[COMMITTERS];
    d[0] = open_disk(t.path);
    CHECK(d[0]);
    uint64_t before = disk_syncs(d[0]);
    for (int i = 0; i < COMMITTERS; i++) {
        d[i] = d[0];
        CHECK_INT(pthread_create(&th[i], NULL, committer, &d[i]), 0);
    }
    for (int i = 0; i < COMMITTERS; i++) {
        void *failed;
        pthread_join(th[i], &failed);
        CHECK(!failed);
    }
    uint64_t syncs = disk_syncs(d[0]) - before;
    CHECK(syncs >= COMMITS && syncs <= COMMITTERS * COMMITS);
    Err err = ERR_INIT;
    CHECK_INT(disk_sync(d[0], &err), OK); /* nothing to do */
    CHECK_INT(disk_syncs(d[0]) - before, syncs);
    disk_close(d[0]);
    tmpdir_remove(&t);
    return 0;
}

typedef struct Kill {
    const char *dir, *what;
    GatePhase phase;
    bool tear;
    int at, seen; /* the at-th such gate */
} Kill;

static GateVerdict kill_gate(void *arg, const char *what, GatePhase phase)
{
    Kill *k = arg;
    if (strcmp(what, k->what) != 0 || phase != k->phase || k->seen++ != k->at)
        return GATE_GO;
    if (k->tear)
        return GATE_TEAR;
    _exit(8);
}

/* Commits 0, 1, 2 … each in two families. */
static void write_until_killed(void *arg)
{
    Kill *k = arg;
    Effects *fx = effects_sim_new(1, 0);
    Disk *d;
    Err err = ERR_INIT;
    effects_sim_on_gate(fx, kill_gate, k);
    if (disk_open(k->dir, fx, 0, &d, &err) != OK)
        _exit(1);
    DiskBatch *b = disk_batch_new(d);
    for (char i = '0'; i < '6'; i++) {
        disk_batch_clear(b);
        disk_batch_put(b, FAMILY_LOG, (Str){&i, 1}, STR("log"));
        disk_batch_put(b, FAMILY_STATE, (Str){&i, 1}, STR("state"));
        if (disk_commit(d, b, i & 1, &err) != OK)
            _exit(1);
    }
}

/* Whole commits, in order, up to `n`. */
static int check_commits(const char *dir, int n)
{
    Disk *d = open_disk(dir);
    CHECK(d);
    for (int i = 0; i < 6; i++) {
        char c = (char)('0' + i);
        CHECK(has(d, FAMILY_LOG, (Str){&c, 1}, i < n ? "log" : NULL));
        CHECK(has(d, FAMILY_STATE, (Str){&c, 1}, i < n ? "state" : NULL));
    }
    CHECK(put(d, FAMILY_LOG, STR("after"), STR("x"), true));
    disk_close(d);
    return 0;
}

int test_disk_killed_at_each_gate(void)
{
    if (NO_FORK_TESTS)
        return 0;
    /* The first disk.write is that of the format. */
    for (int at = 0; at < 7; at++) {
        for (int how = 0; how < 3; how++) {
            TmpDir t = tmpdir_new();
            Kill k = {t.path, "disk.write", how == 1 ? GATE_AFTER : GATE_BEFORE, how == 2, at, 0};
            CHECK_INT(child_run(write_until_killed, &k), k.tear ? 9 : 8);
            if (check_commits(t.path, how == 1 ? at : at - 1))
                return 1;
            tmpdir_remove(&t);
        }
    }
    for (int how = 0; how < 3; how++) {
        TmpDir t = tmpdir_new();
        Kill k = {t.path, "disk.sync", how == 1 ? GATE_AFTER : GATE_BEFORE, how == 2, 2, 0};
        CHECK_INT(child_run(write_until_killed, &k), k.tear ? 9 : 8);
        if (check_commits(t.path, k.tear ? 3 : 4)) /* the torn one is the last unsynced: commit 3 */
            return 1;
        tmpdir_remove(&t);
        Kill lock = {t.path, "dir.lock", how == 1 ? GATE_AFTER : GATE_BEFORE, false, 0, 0};
        CHECK_INT(child_run(write_until_killed, &lock), 8);
        if (check_commits(t.path, 0))
            return 1;
        tmpdir_remove(&t);
    }
    return 0;
}

static void hold_until_killed(void *arg)
{
    const char *const *p = arg;
    Disk *d = open_disk(p[0]);
    FILE *f = d && put(d, FAMILY_STATE, STR("mine"), STR("x"), true) ? fopen(p[1], "w") : NULL;
    if (f)
        fclose(f);
    kill(getpid(), SIGKILL);
}

int test_disk_opens_after_kill_nine(void)
{
    if (NO_FORK_TESTS)
        return 0;
    TmpDir t = tmpdir_new();
    char flag[1100];
    snprintf(flag, sizeof flag, "%s/flag", t.path);
    const char *arg[] = {t.path, flag};
    CHECK_INT(child_run(hold_until_killed, arg), -SIGKILL);
    CHECK_INT(access(flag, F_OK), 0);
    Disk *d = open_disk(t.path);
    CHECK(d && has(d, FAMILY_STATE, STR("mine"), "x"));
    disk_close(d);
    tmpdir_remove(&t);
    return 0;
}

/* Every 97th byte of the files whose names end so. */
static int damage_files(const char *dir, const char *end)
{
    char command[2400];
    snprintf(command, sizeof command,
             "for f in '%s'/db/*%s; do n=$(stat -c %%s \"$f\"); i=0; while [ $i -lt $n ]; do "
             "printf '\\377' | dd of=\"$f\" bs=1 seek=$i conv=notrunc 2> /dev/null; i=$((i + 97)); done; done", dir, end);
    return system(command);
}

/* What can be made again from elsewhere begins anew behind damage, found now or in its last life; the rest is refused. */
int test_disk_damage_is_found(void)
{
    TmpDir t = tmpdir_new();
    char path[1100];
    Err err = ERR_INIT;
    Buf damage = BUF_INIT, v = BUF_INIT;
    bool found;
    for (int life = 0; life < 2; life++) { /* the second start moves what the log has into a table */
        Disk *d = open_disk(t.path);
        CHECK(d && put(d, FAMILY_STATE, STR("k"), STR("v"), true));
        disk_close(d);
    }
    CHECK_INT(damage_files(t.path, ".sst"), 0);
    Disk *d = NULL;
    if (disk_open(t.path, effects_real(), 0, &d, &err) == OK) /* else it was seen at once */
        CHECK(disk_get(d, FAMILY_STATE, STR("k"), &v, &found, &err) != OK);
    CHECK_INT(err.code, ERR_CORRUPT);
    err_clear(&err);
    disk_close(d);
    CHECK_INT(disk_open_anew(t.path, effects_real(), 0, &d, &damage, &err), OK);
    CHECK(damage.n > 0);
    CHECK(has(d, FAMILY_STATE, STR("k"), NULL));
    CHECK(put(d, FAMILY_STATE, STR("k"), STR("new"), true));
    disk_close(d);
    snprintf(path, sizeof path, "%s/db.damaged", t.path);
    CHECK_INT(access(path, F_OK), 0);
    CHECK_INT(disk_open_anew(t.path, effects_real(), 0, &d, &damage, &err), OK);
    CHECK_INT(damage.n, 0);
    CHECK(has(d, FAMILY_STATE, STR("k"), "new"));
    disk_close(d);
    buf_free(&damage);
    buf_free(&v);
    tmpdir_remove(&t);
    return 0;
}

/* ---- no room, and a RocksDB that refuses ---- */

typedef struct Fault {
    const char *what;
    atomic_int times;
} Fault;

static bool fault_now(void *arg, const char *what)
{
    Fault *f = arg;
    return strcmp(what, f->what) == 0 && atomic_fetch_sub(&f->times, 1) > 0;
}

int test_disk_without_room_refuses(void)
{
    TmpDir t = tmpdir_new();
    Err err = ERR_INIT;
    Fault none = {"disk.room", 2};
    Disk *d = open_disk(t.path);
    CHECK(d && put(d, FAMILY_STATE, STR("k"), STR("v"), true));
    disk_on_fault(d, fault_now, &none);
    DiskBatch *b = disk_batch_new(d);
    disk_batch_put(b, FAMILY_STATE, STR("k"), STR("w"));
    CHECK_INT(disk_commit(d, b, true, &err), ERR_IO);
    CHECK(strstr(err.msg, "No space left on device"));
    err_clear(&err);
    CHECK(!put(d, FAMILY_LOG, STR("l"), STR("v"), false));
    CHECK(has(d, FAMILY_STATE, STR("k"), "v"));
    CHECK_INT(disk_commit(d, b, true, &err), OK); /* the batch is as it was */
    CHECK(has(d, FAMILY_STATE, STR("k"), "w"));
    CHECK(has(d, FAMILY_LOG, STR("l"), NULL));
    CHECK_INT(disk_opened_again(d), 0);
    disk_batch_free(b);
    disk_close(d);
    tmpdir_remove(&t);
    return 0;
}

int test_disk_opens_again(void)
{
    TmpDir t = tmpdir_new();
    Err err = ERR_INIT;
    Str key, value;
    Fault refused = {"disk.broken", 1};
    Disk *d = open_disk(t.path);
    CHECK(d && put(d, FAMILY_STATE, STR("a"), STR("1"), false)); /* not synced */
    DiskBatch *b = disk_batch_new(d);
    disk_batch_put(b, FAMILY_LOG, STR("b"), STR("2")); /* put together before, written behind */
    disk_on_fault(d, fault_now, &refused);
    CHECK_INT(disk_commit(d, b, false, &err), OK);
    CHECK_INT(disk_opened_again(d), 1);
    CHECK_INT(disk_sync(d, &err), OK);
    CHECK(has(d, FAMILY_STATE, STR("a"), "1"));
    CHECK(has(d, FAMILY_LOG, STR("b"), "2"));
    CHECK_INT(disk_commit(d, b, true, &err), OK);
    CHECK_INT(disk_opened_again(d), 1); /* once was enough */
    /* Not under a walk, which goes on; behind it, a moment later (which may have passed already, though not each time). */
    bool soon = false;
    for (uint64_t n = 1; n < 10 && !soon; n++) {
        DiskIter *it = disk_iter_new(d, FAMILY_LOG, STR(""), (Str){NULL, 0});
        atomic_store(&refused.times, 1);
        CHECK_INT(disk_commit(d, b, false, &err), ERR_IO);
        CHECK(strstr(err.msg, "opened again later"));
        err_clear(&err);
        CHECK(disk_iter_next(it, &key, &value) && str_eq_c(value, "2"));
        CHECK_INT(disk_iter_free(it, &err), OK);
        while (disk_commit(d, b, true, &err) != OK) {
            CHECK(strstr(err.msg, "opened again soon"));
            soon = true;
            err_clear(&err);
        }
        CHECK_INT(disk_opened_again(d), n + 1);
    }
    CHECK(soon);
    disk_batch_free(b);
    disk_close(d);
    d = open_disk(t.path);
    CHECK(d && has(d, FAMILY_STATE, STR("a"), "1") && has(d, FAMILY_LOG, STR("b"), "2"));
    disk_close(d);
    tmpdir_remove(&t);
    return 0;
}

static void *walker(void *arg)
{
    static const char value[100];
    char key[32];
    Disk *d = *(Disk **)arg;
    Err err = ERR_INIT;
    Str k, v;
    for (int i = 0; i < COMMITS; i++) {
        int n = snprintf(key, sizeof key, "%p-%d", arg, i), rows = 0;
        while (!put(d, FAMILY_STATE, (Str){key, (size_t)n}, (Str){value, sizeof value}, i % 8 == 0))
            ; /* it is opened again, or there was no way yet */
        DiskIter *it = disk_iter_new(d, FAMILY_STATE, (Str){key, (size_t)n}, (Str){NULL, 0});
        while (rows < 5 && disk_iter_next(it, &k, &v))
            rows++;
        if (disk_iter_free(it, &err) != OK || rows == 0)
            return arg;
    }
    return NULL;
}

/* While others write and walk. */
int test_disk_opens_again_under_load(void)
{
    TmpDir t = tmpdir_new();
    pthread_t th[COMMITTERS];
    Disk *d[COMMITTERS];
    Fault refused = {"disk.broken", 0};
    d[0] = open_disk(t.path);
    CHECK(d[0]);
    disk_on_fault(d[0], fault_now, &refused);
    for (int i = 0; i < COMMITTERS; i++) {
        d[i] = d[0];
        CHECK_INT(pthread_create(&th[i], NULL, walker, &d[i]), 0);
    }
    for (int i = 0; i < 5; i++) {
        uint64_t before = disk_opened_again(d[0]);
        atomic_store(&refused.times, 1);
        while (disk_opened_again(d[0]) == before)
            put(d[0], FAMILY_META, STR("other"), STR("x"), false);
    }
    for (int i = 0; i < COMMITTERS; i++) {
        void *failed;
        pthread_join(th[i], &failed);
        CHECK(!failed);
    }
    Err err = ERR_INIT;
    Str k, v;
    int n = 0;
    DiskIter *it = disk_iter_new(d[0], FAMILY_STATE, STR(""), (Str){NULL, 0});
    while (disk_iter_next(it, &k, &v))
        n++;
    CHECK_INT(n, COMMITTERS * COMMITS);
    CHECK_INT(disk_iter_free(it, &err), OK);
    disk_close(d[0]);
    tmpdir_remove(&t);
    return 0;
}

/* ---- a sync that fails ---- */

/* What could not be flushed may look, to the next flush, as if it had been: it is written anew first. */
int test_disk_sync_that_failed(void)
{
    TmpDir t = tmpdir_new();
    Err err = ERR_INIT;
    Fault fault = {"disk.sync", 1};
    Disk *d = open_disk(t.path);
    CHECK(d);
    disk_on_fault(d, fault_now, &fault);
    CHECK(!put(d, FAMILY_STATE, STR("a"), STR("1"), true));
    DiskIter *it = disk_iter_new(d, FAMILY_STATE, STR(""), (Str){NULL, 0});
    CHECK_INT(disk_sync(d, &err), ERR_IO); /* it cannot be now */
    CHECK(strstr(err.msg, "opened again later"));
    err_clear(&err);
    CHECK_INT(disk_iter_free(it, &err), OK);
    while (disk_sync(d, &err) != OK) {
        CHECK(strstr(err.msg, "opened again soon"));
        err_clear(&err);
    }
    CHECK_INT(disk_opened_again(d), 1);
    CHECK(has(d, FAMILY_STATE, STR("a"), "1"));
    CHECK(put(d, FAMILY_STATE, STR("b"), STR("2"), true));
    CHECK_INT(disk_opened_again(d), 1);
    disk_close(d);
    tmpdir_remove(&t);
    return 0;
}

typedef struct Waiter {
    Disk *d;
    pthread_t thread;
    atomic_bool started, written;
    bool ok;
} Waiter;

static void *write_and_wait(void *arg)
{
    Waiter *w = arg;
    w->ok = put(w->d, FAMILY_STATE, STR("b"), STR("2"), true);
    return NULL;
}

static GateVerdict note_written(void *arg, const char *what, GatePhase phase)
{
    Waiter *w = arg;
    if (atomic_load(&w->started) && phase == GATE_AFTER && strcmp(what, "disk.write") == 0)
        atomic_store(&w->written, true);
    return GATE_GO;
}

/* In a sync: another thread commits, and waits for it. Then it fails. */
static bool fail_both(void *arg, const char *what)
{
    Waiter *w = arg;
    if (strcmp(what, "disk.sync") != 0 || atomic_exchange(&w->started, true))
        return false;
    if (pthread_create(&w->thread, NULL, write_and_wait, w))
        BUG("no thread");
    while (!atomic_load(&w->written) || !threads_sleep())
        sched_yield();
    return true;
}

/* One flush, one answer: the next would find nothing left to flush. */
int test_disk_sync_fails_for_all(void)
{
    TmpDir t = tmpdir_new();
    Effects *fx = effects_sim_new(1, 0);
    Err err = ERR_INIT;
    Waiter w = {.ok = false};
    CHECK_INT(disk_open(t.path, fx, 0, &w.d, &err), OK);
    effects_sim_on_gate(fx, note_written, &w);
    disk_on_fault(w.d, fail_both, &w);
    CHECK(!put(w.d, FAMILY_STATE, STR("a"), STR("1"), true));
    pthread_join(w.thread, NULL);
    CHECK(!w.ok);
    CHECK_INT(disk_sync(w.d, &err), OK);
    CHECK_INT(disk_opened_again(w.d), 1);
    CHECK(has(w.d, FAMILY_STATE, STR("a"), "1") && has(w.d, FAMILY_STATE, STR("b"), "2"));
    disk_close(w.d);
    effects_sim_free(fx);
    tmpdir_remove(&t);
    return 0;
}
