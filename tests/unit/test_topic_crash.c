// SPDX-License-Identifier: Apache-2.0
// topic: units of work on embedded topics through crashes at every gate: before, after, torn.
//
// A child commits units that append to two topics, move a position and write state; the n-th unit
// appends n records to topic a, one to topic b, and stores n as position and as state. It is killed
// at one gate; the parent reopens and demands that the four agree on how many units there were, and
// that no unit is missing whose synced commit had returned.
#include "tmpdir.h"
#include "unit.h"

#include <fcntl.h>

#include "topic/topic.h"


enum { UNITS = 6 };

typedef struct Crash {
    const char *dir;
    int acked;  /* file: one byte a unit whose commit returned */
    int at;     /* the gate, of all gates from the open on; -1: none */
    bool tear;
    int gates;  /* seen */
} Crash;

static GateVerdict crash_gate(void *arg, const char *what, GatePhase phase)
{
    Crash *c = arg;
    bool lock = strcmp(what, "dir.lock") == 0;
    if (c->gates++ != c->at)
        return GATE_GO;
    if (c->tear && phase == GATE_BEFORE && !lock)
        return GATE_TEAR;
    _exit(8);
}

static void crash_open(Effects *fx, const char *dir, Disk **d, Topics **t)
{
    Err err = ERR_INIT;
    if (disk_open(dir, fx, 0, d, &err) != OK || topics_embedded_open(*d, fx, t, &err) != OK) {
        printf("%s\n", err.msg);
        _exit(1);
    }
}

static void commit_units(void *arg)
{
    Crash *c = arg;
    Effects *fx = effects_sim_new(1, 0);
    Disk *d;
    Topics *t;
    Err err = ERR_INIT;
    effects_sim_on_gate(fx, crash_gate, c);
    crash_open(fx, c->dir, &d, &t);
    for (char name = 'a'; name <= 'b'; name++) {
        TopicInfo info = {{&name, 1}, 1, 1, -1, CLEANUP_DELETE, TOPIC_USER};
        if (topic_create(t, &info, &err) != OK)
            _exit(1);
    }
    for (char n = 1; n <= UNITS; n++) {
        Unit *u = unit_begin(t);
        Record r = {"key", &n, 3, 1, 0, n, {0, NULL}};
        for (int i = 0; i < n; i++)
            unit_append(u, STR("a"), 0, &r);
        unit_append(u, STR("b"), 0, &r);
        unit_position(u, STR("q"), STR("b"), 0, n);
        disk_batch_put(unit_disk(u), FAMILY_STATE, STR("state"), (Str){&n, 1});
        if (unit_commit(u, n % 3 != 0, &err) != OK || write(c->acked, &n, 1) != 1)
            _exit(1);
    }
    _exit(c->gates < 100 ? c->gates + 100 : 1);
}

/* Units 1 … *units, whole. */
static int check_units(const char *dir, int *units)
{
    Disk *d;
    Topics *t;
    Err err = ERR_INIT;
    RecordSet set;
    Buf v = BUF_INIT;
    bool found;
    crash_open(effects_real(), dir, &d, &t);
    int n = (int)topic_end(t, STR("b"), 0);
    CHECK_INT(topic_end(t, STR("a"), 0), n * (n + 1) / 2);
    CHECK_INT(position_get(t, STR("q"), STR("b"), 0), n ? n : -1);
    CHECK_INT(disk_get(d, FAMILY_STATE, STR("state"), &v, &found, &err), OK);
    CHECK(n ? found && v.n == 1 && v.p[0] == n : !found);
    if (n) {
        CHECK_INT(topic_read(t, STR("a"), 0, 0, 100, &set, &err), OK);
        CHECK_INT(set.n, n * (n + 1) / 2);
        CHECK_INT(set.records[set.n - 1].value[0], n);
        recordset_release(&set);
    }
    buf_free(&v);
    topics_free(t);
    disk_close(d);
    *units = n;
    return 0;
}

static int crash_once(int at, bool tear, int *code)
{
    TmpDir dir = tmpdir_new();
    char path[1100];
    snprintf(path, sizeof path, "%s/acked", dir.path);
    Crash c = {dir.path, open(path, O_CREAT | O_RDWR, 0600), at, tear, 0};
    CHECK(c.acked >= 0);
    *code = child_run(commit_units, &c);
    int acked = (int)lseek(c.acked, 0, SEEK_END), units = -1;
    close(c.acked);
    /* What returned is there. Torn is the write of a unit that had not returned, or, at the gate of a
     * sync, the last write before it, which is the one that waits. */
    if (check_units(dir.path, &units) || units < acked || units > acked + 1) {
        printf("gate %d%s: %d acknowledged, then %d\n", at, tear ? " torn" : "", acked, units);
        return 1;
    }
    tmpdir_remove(&dir);
    return 0;
}

int test_topic_crash_at_every_gate(void)
{
    if (NO_FORK_TESTS)
        return 0;
    int code, gates;
    if (crash_once(-1, false, &gates))
        return 1;
    gates -= 100;
    CHECK(gates > 2 * UNITS);
    for (int at = 0; at < gates; at++)
        for (int tear = 0; tear < 2; tear++) {
            if (crash_once(at, tear, &code))
                return 1;
            CHECK(code == 8 || (tear && code == 9));
        }
    return 0;
}

/* Crash after crash on the same directory: what was there stays, and units go on. */
static void append_one(void *arg)
{
    Crash *c = arg;
    Effects *fx = effects_sim_new(1, 0);
    Disk *d;
    Topics *t;
    Err err = ERR_INIT;
    effects_sim_on_gate(fx, crash_gate, c);
    crash_open(fx, c->dir, &d, &t);
    TopicInfo info = {STR("t"), 1, 1, -1, CLEANUP_DELETE, TOPIC_USER};
    if (topic_create(t, &info, &err) != OK)
        err_clear(&err); /* from an earlier life */
    for (int i = 0; i < 20; i++) {
        Unit *u = unit_begin(t);
        Record r = {"k", "v", 1, 1, 0, 1, {0, NULL}};
        unit_append(u, STR("t"), 0, &r);
        if (unit_commit(u, i & 1, &err) != OK)
            _exit(1);
    }
}

static int crash_again_and_again(uint64_t seed)
{
    TmpDir dir = tmpdir_new();
    Effects *random = effects_sim_new(seed, 0);
    int64_t end = 0;
    Err err = ERR_INIT;
    RecordSet set;
    for (int i = 0; i < 25; i++) {
        Crash c = {dir.path, -1, (int)(random->random(random) % 60), random->random(random) & 1, 0};
        Disk *d;
        Topics *t;
        child_run(append_one, &c);
        crash_open(effects_real(), dir.path, &d, &t);
        int64_t now = topic_end(t, STR("t"), 0);
        if (now < end) {
            printf("seed %" PRIu64 ": %" PRId64 " records after %" PRId64 "\n", seed, now, end);
            return 1;
        }
        end = now;
        for (int64_t at = 0; at < end; at = set.next_offset, recordset_release(&set)) {
            CHECK_INT(topic_read(t, STR("t"), 0, at, 1000, &set, &err), OK);
            CHECK(set.n > 0 && set.records[0].offset == at && set.next_offset == at + set.n);
        }
        topics_free(t);
        disk_close(d);
    }
    CHECK(end > 25);
    effects_sim_free(random);
    tmpdir_remove(&dir);
    return 0;
}

int test_topic_crash_again_and_again(void)
{
    return NO_FORK_TESTS ? 0 : crash_again_and_again(effects_real()->random(effects_real()));
}

/* A log with a torn tail is still there when the numbers of what it lost are given again (disk_synced.c). */
int test_topic_crash_torn_again(void) { return NO_FORK_TESTS ? 0 : crash_again_and_again(1); }
