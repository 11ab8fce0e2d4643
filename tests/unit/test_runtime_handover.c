// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics, over the broker double, at least once: who decides where a task goes on, and that a group hears where
// its tasks stand before another server asks.
#include "test_runtime_remote_help.h"

#include "runtime/internal.h"

static int64_t told(Broker *broker) { return double_position(broker, str_of(GROUP), STR("s"), 0); }

/* Three groups are there, told of, and the server was stopped. */
static bool three_told(Bed *b, Broker *broker) { return three_groups(b, broker, "at_least_once") && told(broker) == 3; }

static bool one_opens(Bed *b, Broker *client, int64_t later_ms, bool on_disk)
{
    return remote_open(b, client, later_ms, on_disk, "at_least_once");
}

/* The rows are counted, and written, but the group is not told of them: only, where the task tells it first, of its beginning. */
static bool count_untold(Bed *b, Broker *broker, const char *rows)
{
    if (bed_run(b, rows))
        return false;
    double_fault(broker, DOUBLE_SET_POSITIONS, b->e->workers[0].tasks.v[0]->tells, FAULT_FAIL);
    runtime_settle(b->e);
    return true;
}

static long count_of(Bed *b, const char *key)
{
    const char *at = strstr(sorted(b, SUMS), key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

/* One server dies before the group is told of what it wrote; another goes on from before that, and dies on the way: its
 * values are the log's last. The first comes back: what it has must not be more than what a third would restore. */
int test_handover_other_wrote_last(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3}), *other = double_client(broker), *last = double_client(broker);
    Bed a, b, c;
    CHECK(three_told(&a, broker));
    CHECK(one_opens(&b, other, 20000, true));
    RUN(&b, "INSERT INTO s VALUES ('joe', 1);");
    bed_passes(&b, 2);
    bed_stop(&b, false);
    CHECK_INT(told(broker), 4);
    CHECK(bed_start(&a));
    bed_pass(&a, PASS_MS);
    CHECK(count_untold(&a, broker, "INSERT INTO s VALUES ('joe', 1); INSERT INTO s VALUES ('joe', 1);"
                                   "INSERT INTO s VALUES ('eve', 1);"));
    CHECK_TEXT(sorted(&a, SUMS), "bob,3|eve,6|joe,10");
    bed_stop(&a, true);
    CHECK_INT(told(broker), 4);
    b.config.batch_rows = 1;
    CHECK(bed_start(&b));
    double_move(other, UINT64_MAX);
    for (int i = 0; i < 50 && told(broker) == 4; i++) {
        runtime_step(b.e);
        effects_sim_advance(b.sim, 3000);
    }
    CHECK_INT(told(broker), 5);
    bed_stop(&b, true);
    CHECK(bed_start(&a));
    double_move(broker, UINT64_MAX);
    RUN(&a, "INSERT INTO s VALUES ('eve', 1);");
    bed_passes(&a, 2);
    bed_stop(&a, true);
    CHECK_INT(told(broker), 8);
    CHECK(one_opens(&c, last, 90000, false));
    double_move(last, UINT64_MAX);
    bed_pass(&c, PASS_MS);
    CHECK_INT(count_of(&c, "bob,"), 3);
    CHECK(count_of(&c, "joe,") >= 10);
    CHECK(count_of(&c, "eve,") >= 7);
    bed_close(&c);
    CHECK_INT(remote_close(broker, &b, &a), 0);
    return 0;
}

/* Another server counted inputs again, told the group the same position, and wrote last: who comes back over state of that very
 * position has what the log and the table's topic end with, not less. */
int test_handover_counted_again_elsewhere(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3}), *other = double_client(broker);
    GroupPosition begin = {.topic = STR("s")};
    Err err = ERR_INIT;
    Bed a, b;
    CHECK(three_told(&a, broker));
    CHECK_INT(broker->ops->set_positions(broker, str_of(GROUP), &begin, 1, &err), OK);
    CHECK(one_opens(&b, other, 20000, false));
    double_move(other, UINT64_MAX);
    bed_passes(&b, 2);
    CHECK_INT(told(broker), 3);
    CHECK_TEXT(sorted(&b, SUMS), "bob,6|eve,10|joe,14");
    bed_stop(&b, false);
    CHECK(bed_start(&a));
    double_move(broker, UINT64_MAX);
    bed_pass(&a, PASS_MS);
    CHECK_TEXT(sorted(&a, SUMS), "bob,6|eve,10|joe,14");
    CHECK_INT(remote_close(broker, &b, &a), 0);
    return 0;
}

/* A server that died before the group was told tells it when it is back, with nothing to do; a hand-over then counts once. */
int test_handover_back_and_idle(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3}), *other = double_client(broker);
    Bed a, b;
    CHECK(three_told(&a, broker));
    CHECK(bed_start(&a));
    bed_pass(&a, PASS_MS);
    CHECK(count_untold(&a, broker, "INSERT INTO s VALUES ('joe', 1);"));
    bed_stop(&a, true);
    CHECK_INT(told(broker), 3);
    for (int i = 0; i < 2; i++) { /* whether it dies before or behind its next commit: later starts decide as the first did */
        effects_sim_advance(a.sim, 1000);
        CHECK(bed_start(&a));
        runtime_settle(a.e);
        if (i) {
            double_fault(broker, DOUBLE_SET_POSITIONS, 0, FAULT_FAIL);
            bed_pass(&a, 3000);
        }
        bed_stop(&a, true);
        CHECK_INT(told(broker), 3);
    }
    CHECK(bed_start(&a));
    bed_pass(&a, PASS_MS);
    CHECK_INT(told(broker), 4);
    CHECK_TEXT(sorted(&a, SUMS), "bob,3|eve,5|joe,8");
    CHECK(one_opens(&b, other, 60000, true));
    double_move(other, UINT64_MAX);
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,8");
    CHECK_INT(remote_close(broker, &b, &a), 0);
    return 0;
}

/* A broker failed when the group was to be told; then the membership changes elsewhere, or the slot is handed over. */
static int told_later(uint64_t moved)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3}), *other = double_client(broker);
    Bed a, b;
    CHECK(three_told(&a, broker));
    CHECK(bed_start(&a));
    CHECK(one_opens(&b, other, 60000, true));
    double_move(broker, UINT64_MAX);
    bed_pass(&a, PASS_MS);
    CHECK(count_untold(&a, broker, "INSERT INTO s VALUES ('joe', 1);"));
    CHECK_INT(told(broker), 3);
    double_move(other, moved);
    pass_both(&b, &a, 2);
    CHECK_INT(told(broker), 4);
    CHECK_TEXT(sorted(moved & 1 ? &b : &a, SUMS), "bob,3|eve,5|joe,8");
    CHECK_INT(remote_close(broker, &b, &a), 0);
    return 0;
}

int test_handover_told_behind_a_change(void) { return told_later(UINT64_C(2)); }
int test_handover_told_before_it(void) { return told_later(UINT64_MAX); }

/* What a server over its own directory finds in the log beyond its state was sent by itself, and its inputs are read again: the
 * state counts them once. Of the first commit ever, of the one behind a commit that the group was not told of, of the first
 * behind a takeover; whether the server goes on or dies. */
static int counted_once(int when, bool dies)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3}), *other = double_client(broker);
    Bed a, b;
    CHECK(one_opens(&a, broker, 0, true));
    RUN(&a, ONE);
    if (when) {
        RUN(&a, "INSERT INTO s VALUES ('bob', 1);");
        bed_passes(&a, 2);
        CHECK_INT(told(broker), 1);
    }
    if (when == 1) {
        CHECK(count_untold(&a, broker, "INSERT INTO s VALUES ('bob', 1);"));
        bed_stop(&a, true);
        CHECK_INT(told(broker), 1);
        CHECK(bed_start(&a));
        runtime_settle(a.e);
    }
    if (when == 2) {
        CHECK(one_opens(&b, other, 20000, true));
        take_all(&b);
        bed_pass(&b, PASS_MS);
    }
    Bed *last = when == 2 ? &b : &a;
    Broker *its = when == 2 ? other : broker;
    RUN(last, THREE);
    CHECK(bed_flushes(last, its, FAULT_LOST)); /* all is written, the answer is lost */
    if (dies) {
        bed_stop(last, true);
        CHECK(bed_start(last));
    }
    take_all(last);
    bed_passes(last, 2);
    CHECK_TEXT(sorted(last, SUMS), when == 0 ? SUMMED : when == 1 ? "bob,5|eve,5|joe,7" : "bob,4|eve,5|joe,7");
    CHECK_INT(remote_close(broker, &a, when == 2 ? &b : NULL), 0);
    return 0;
}

int test_handover_first_commit_unanswered(void) { return counted_once(0, false) || counted_once(0, true); }
int test_handover_unanswered_behind_untold(void) { return counted_once(1, false) || counted_once(1, true); }
int test_handover_unanswered_behind_takeover(void) { return counted_once(2, false) || counted_once(2, true); }

/* A slot that was lost: what is not committed stays so, though the task was not stopped yet. */
int test_handover_lost_slot(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(three_told(&b, broker));
    CHECK(bed_start(&b));
    bed_pass(&b, PASS_MS);
    int64_t end = double_end(broker, str_of(LOG), 0);
    RUN(&b, "INSERT INTO s VALUES ('joe', 1);");
    uint64_t slots = __atomic_exchange_n(&b.e->slots, 0, __ATOMIC_ACQ_REL);
    bed_pass(&b, PASS_MS);
    runtime_commit_all(b.e); /* also of those that are not due */
    CHECK_INT(told(broker), 3);
    CHECK_INT(double_end(broker, str_of(LOG), 0), end);
    __atomic_store_n(&b.e->slots, slots, __ATOMIC_RELEASE);
    bed_pass(&b, PASS_MS);
    CHECK_INT(told(broker), 4);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* An input that was deleted and made anew while the server was away has other records under the offsets it has read. */
int test_handover_input_made_anew(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    Err err = ERR_INIT;
    TopicInfo info;
    CHECK(three_told(&b, broker));
    CHECK(double_topic(broker, STR("s"), &info));
    info.name = STR("s");
    CHECK_INT(broker->ops->drop(broker, STR("s"), &err), OK);
    CHECK_INT(broker->ops->drop_group(broker, str_of(GROUP), &err), OK);
    CHECK_INT(broker->ops->create(broker, &info, NULL, &err), OK);
    for (int i = 0; i < 5; i++)
        double_append(broker, STR("s"), 0,
                      &(Record){.key = "new", .key_len = 3, .value = "{\"QTY\":1}", .value_len = 9, .ts = BED_START_MS});
    CHECK(bed_start(&b));
    bed_passes(&b, 2);
    CHECK_INT(count_of(&b, "new,"), 5);
    CHECK_INT(told(broker), 5);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}
