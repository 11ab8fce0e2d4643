// SPDX-License-Identifier: Apache-2.0
// The wall clock steps by a second, an hour and a year, both ways, under a table that counts: nothing waits for it, and nothing is
// lost or counted twice, in a restart either.
#include "test_runtime_remote_help.h"

static const int64_t STEPS[] = {-1000, 1000, -3600000, 3600000, -INT64_C(31536000000), INT64_C(31536000000)};
static const int64_t LATER_MS = INT64_C(10) * 31536000000; /* so that no time is before 1970 */

/* Fills the table, steps, counts one more in two commit intervals, and once more after a restart. */
static int step(Bed *b, int64_t ms, bool restart)
{
    CHECK(bed_fill(b, ONE, THREE));
    CHECK_TEXT(sorted(b, SUMS), SUMMED);
    effects_sim_step_wall(b->sim, ms);
    int64_t written = topic_end(engine_topics(b->e), STR("CART"), 0);
    RUN(b, "INSERT INTO s VALUES ('bob', 1);");
    bed_passes(b, 2);
    CHECK(topic_end(engine_topics(b->e), STR("CART"), 0) > written); /* committed */
    CHECK_TEXT(sorted(b, SUMS), "bob,4|eve,5|joe,7");
    if (restart) {
        bed_stop(b, true);
        effects_sim_step_wall(b->sim, -2 * ms);
        CHECK(bed_start(b));
        bed_passes(b, 2);
        RUN(b, "INSERT INTO s VALUES ('eve', 1);");
        bed_passes(b, 2);
        CHECK_TEXT(sorted(b, SUMS), "bob,4|eve,6|joe,7");
    }
    return 0;
}

static int remote_steps(const char *guarantee)
{
    for (int i = 0; i < ARRAY_LEN(STEPS); i++) {
        Broker *broker = double_new(&(DoubleConfig){.seed = 3});
        Bed b;
        CHECK(remote_open(&b, broker, LATER_MS, true, guarantee));
        if (step(&b, STEPS[i], true)) {
            printf("    a step of %lld ms, %s\n", (long long)STEPS[i], guarantee);
            return 1;
        }
        CHECK_INT(remote_close(broker, &b, NULL), 0);
    }
    return 0;
}

int test_clock_steps_exactly_once(void) { return remote_steps("exactly_once_v2"); }
int test_clock_steps_at_least_once(void) { return remote_steps("at_least_once"); }

int test_clock_steps_embedded(void)
{
    for (int i = 0; i < 2 * ARRAY_LEN(STEPS); i++) {
        Bed b;
        CHECK(bed_open(&b, i % 2, true));
        effects_sim_step_wall(b.sim, LATER_MS);
        RUN(&b, "SET 'auto.offset.reset'='earliest';");
        if (step(&b, STEPS[i / 2], false)) {
            printf("    a step of %lld ms, %s\n", (long long)STEPS[i / 2], i % 2 ? "directory" : "memory");
            return 1;
        }
        bed_close(&b);
    }
    return 0;
}

/* The clock was a year ahead when the position was written, and is right again: the group's is gone, the own one is taken. */
int test_clock_ahead_loses_no_position(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    Err err = ERR_INIT;
    CHECK(three_groups(&b, broker, "exactly_once_v2"));
    effects_sim_step_wall(b.sim, INT64_C(31536000000));
    CHECK(bed_start(&b));
    RUN(&b, "INSERT INTO s VALUES ('bob', 1);");
    bed_passes(&b, 2);
    bed_stop(&b, false);
    CHECK_INT(broker->ops->drop_group(broker, str_of(GROUP), &err), OK);
    effects_sim_step_wall(b.sim, -INT64_C(31536000000));
    CHECK(bed_start(&b));
    RUN(&b, "INSERT INTO s VALUES ('joe', 1);");
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), "bob,4|eve,5|joe,8");
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* What wait_until says is ahead on the clock of wait_init's conditions. */
int test_clock_of_waits(void)
{
    pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond;
    wait_init(&cond);
    int64_t began = effects_mono_ms(effects_real());
    struct timespec until = wait_until(20);
    pthread_mutex_lock(&mu);
    while (pthread_cond_timedwait(&cond, &mu, &until) == 0)
        ;
    pthread_mutex_unlock(&mu);
    CHECK(effects_mono_ms(effects_real()) - began >= 19);
    pthread_cond_destroy(&cond);
    return 0;
}
