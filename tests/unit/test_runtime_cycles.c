// SPDX-License-Identifier: Apache-2.0
// A query that closes a cycle of topics and comes from the command topic: of an older version's directory, or of another server.
#include "test_runtime_remote_help.h"

static void append_command(Broker *broker, const char *value)
{
    double_append(broker, STR("_confluent-ksql-default__command_topic"), 0,
                  &(Record){.key = "\"p\"", .key_len = 3, .value = value, .value_len = (int32_t)strlen(value)});
}

/* The server starts, reports the statement that closes the cycle, and runs the others. */
int test_cycle_stored(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(three_groups(&b, broker, "exactly_once_v2"));
    append_command(broker, "{\"statement\": \"CREATE STREAM c WITH (kafka_topic='s') AS SELECT * FROM s;\"}");
    CHECK(bed_start(&b));
    CHECK(engine_warning(b.e, 0) && strstr(engine_warning(b.e, 0), "would come back to it without end"));
    CHECK(!engine_warning(b.e, 1));
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* Another server's statement comes while this one runs: it is refused with the same reason. */
int test_cycle_of_another_server(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(three_groups(&b, broker, "exactly_once_v2"));
    CHECK(bed_start(&b));
    append_command(broker, "{\"statement\": \"CREATE STREAM c WITH (kafka_topic='s') AS SELECT * FROM s;\"}");
    RUN(&b, "CREATE STREAM other AS SELECT * FROM s;");
    CHECK(engine_warning(b.e, 0) && strstr(engine_warning(b.e, 0), "would come back to it without end"));
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}
