// SPDX-License-Identifier: Apache-2.0
// An engine that opens on a broker that has just come: what that refuses at first is tried again, for a while.
#include "test_runtime_help.h"

#include "../crash/broker_double.h"

static Bed bed_on(Broker *broker)
{
    return (Bed){.on_disk = true, .sim = effects_sim_new(7, BED_START_MS), .dir = tmpdir_new(),
                 .config = {.broker = broker, .member = "host:1"}};
}

/* Every kind of call fails a few times, at the first start of a service and at the next. */
static int refused(DoubleOp op)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 2});
    Bed b = bed_on(broker);
    for (int start = 0; start < 2; start++) {
        for (int i = 0; i < 3; i++)
            double_fault(broker, op, 0, FAULT_FAIL);
        CHECK(bed_start(&b));
        if (start == 0) /* at the next there may be faults left, of calls that were not made */
            RUN(&b, "CREATE STREAM s (k VARCHAR KEY, n INT) WITH (kafka_topic='s', value_format='json', partitions=2);");
        CHECK(engine_warning(b.e, 0) == NULL);
        bed_stop(&b, false);
    }
    CHECK(bed_start(&b));
    bed_close(&b);
    CHECK_INT(double_counts(broker)->violations, 0);
    double_free(broker);
    return 0;
}

int test_opening_describe(void) { return refused(DOUBLE_DESCRIBE); }
int test_opening_create(void) { return refused(DOUBLE_CREATE); }
int test_opening_ends(void) { return refused(DOUBLE_ENDS); }
int test_opening_fetch_open(void) { return refused(DOUBLE_FETCH_OPEN); }
int test_opening_join(void) { return refused(DOUBLE_JOIN); }

/* Not for ever, and not what will not change. */
int test_opening_fails(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 2, .fail = 1000});
    Bed b = bed_on(broker);
    CHECK(!bed_start(&b));
    CHECK(double_counts(broker)->calls[DOUBLE_DESCRIBE] > 1);
    double_config(broker)->fail = 0;
    double_deny(broker, STR("_confluent-ksql-default__command_topic"), true);
    int before = double_counts(broker)->calls[DOUBLE_CREATE];
    CHECK(!bed_start(&b));
    CHECK_INT(double_counts(broker)->calls[DOUBLE_CREATE] - before, 2); /* the processing log, and the topic that is denied */
    tmpdir_remove(&b.dir);
    effects_sim_free(b.sim);
    double_free(broker);
    return 0;
}
