// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics, at least once: of a repartition topic only that is trimmed which the group was told of.
#include "test_runtime_remote_help.h"

static const char MOVED[] = "_confluent-ksql-default_query_CTAS_CART_1-Aggregate-GroupBy-repartition";
static const char COUNTS[] = "SELECT item, n FROM cart;";

/* Another server counts very many records of the repartition topic, and dies before the group is told. Who comes back has them to
 * read from where the group stands. */
int test_trimmed_told_only(void)
{
    enum { MANY = 100001 };
    static const char row[] = "{\"ITEM\":\"hat\",\"ROWTIME\":1}";
    Broker *broker = double_new(&(DoubleConfig){.seed = 3}), *other = double_client(broker);
    Err err = ERR_INIT;
    Bed a, b;
    CHECK(remote_open(&a, broker, 0, true, "at_least_once"));
    CHECK(bed_fill(&a,
                   "CREATE STREAM s (k VARCHAR KEY, item VARCHAR) WITH (kafka_topic='s', value_format='json', partitions=2);"
                       "CREATE TABLE cart AS SELECT item, COUNT(*) AS n FROM s GROUP BY item;",
                   "INSERT INTO s VALUES ('bob', 'hat');"));
    CHECK_TEXT(sorted(&a, COUNTS), "hat,1");
    int p = double_end(broker, str_of(MOVED), 0) ? 0 : 1;
    CHECK_INT(double_position(broker, str_of(GROUP), str_of(MOVED), p), 1);
    bed_stop(&a, false);
    CHECK(remote_open(&b, other, 20000, true, "at_least_once"));
    double_move(other, UINT64_MAX);
    bed_pass(&b, PASS_MS);
    for (int i = 0; i < MANY; i++)
        double_append(broker, str_of(MOVED), p,
                      &(Record){.key = "hat", .key_len = 3, .value = row, .value_len = (int32_t)strlen(row), .ts = BED_START_MS});
    const int *calls = &double_counts(broker)->calls[DOUBLE_SET_POSITIONS];
    for (int i = 0; i < 2; i++) { /* of two commits the group is told where they begin, not where they end */
        double_fault(broker, DOUBLE_SET_POSITIONS, 1, FAULT_FAIL);
        for (int before = *calls; *calls < before + 2;)
            if (!runtime_step(b.e))
                effects_sim_advance(b.sim, 500);
    }
    CHECK_TEXT(sorted(&b, COUNTS), "hat,100002");
    int64_t told = double_position(broker, str_of(GROUP), str_of(MOVED), p), begin, end;
    CHECK(told < MANY);
    CHECK_INT(broker->ops->ends(broker, str_of(MOVED), p, &begin, &end, &err), OK);
    CHECK(begin <= told);
    bed_stop(&b, true);
    CHECK(bed_start(&a));
    double_move(broker, UINT64_MAX);
    bed_passes(&a, 2);
    const char *counted = strchr(sorted(&a, COUNTS), ',');
    CHECK(counted && atoi(counted + 1) > MANY); /* some perhaps twice */
    CHECK_INT(remote_close(broker, &a, &b), 0);
    return 0;
}
