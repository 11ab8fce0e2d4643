// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics: a query that plans differently than when it was created, found by servers that start together.
#include "test_runtime_remote_help.h"

/* Another server takes the right to write between this one's and its commit: it is taken again, and the state made anew once. */
int test_replanned_in_turns(void)
{
    static const char value[] =
        "{\"statement\": \"\", \"sluice\": {\"queryId\": \"CTAS_CART_1\", \"fingerprint\": \"00000000000000ab\"}}";
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(three_groups(&b, broker, "exactly_once_v2"));
    double_append(broker, STR("_confluent-ksql-default__command_topic"), 0,
                  &(Record){.key = "\"p\"", .key_len = 3, .value = value, .value_len = sizeof value - 1});
    double_fault(broker, DOUBLE_COMMIT, 0, FAULT_FENCED);
    CHECK(bed_start(&b));
    CHECK(engine_warning(b.e, 0) && strstr(engine_warning(b.e, 0), "rebuilt from the beginning"));
    CHECK(!engine_warning(b.e, 1));
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}
