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

static void keep_line(void *arg, const char *line)
{
    buf_printf(arg, "%s\n", line);
}

/* Records that somebody deletes before a query has read them: the query goes on with what is left, says how many, and counts them. */
int test_trimmed_before_read(void)
{
    for (int disk = 0; disk < 2; disk++) {
        Broker *broker = disk ? NULL : double_new(&(DoubleConfig){.seed = 5});
        Bed b = {.on_disk = true, .sim = effects_sim_new(7, BED_START_MS), .dir = tmpdir_new()};
        Buf log = BUF_INIT;
        Err err = ERR_INIT;
        b.config = (EngineConfig){.check_operators = true, .broker = broker, .member = "host:1", .log = keep_line, .log_arg = &log};
        CHECK(bed_start(&b));
        RUN(&b, "SET 'auto.offset.reset'='earliest';");
        RUN(&b, "CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);");
        RUN(&b, "CREATE STREAM o AS SELECT k, v FROM s;");
        RUN(&b, "INSERT INTO s VALUES (1, 1); INSERT INTO s VALUES (2, 2);");
        bed_passes(&b, 2);
        bed_stop(&b, false);
        CHECK_TEXT(buf_z(&log), strstr(buf_z(&log), "deleted") ? "" : buf_z(&log));
        Record r = {.key = "\0\0\0\3", .key_len = 4, .value = "{\"V\":3}", .value_len = 7, .ts = BED_START_MS};
        CHECK(bed_start(&b));
        for (int i = 0; i < 5; i++) { /* whole units are deleted */
            Unit *u = unit_begin(engine_topics(b.e));
            unit_append(u, STR("s"), 0, &r);
            CHECK_INT(unit_commit(u, true, &err), OK);
        }
        int64_t end = topic_end(engine_topics(b.e), STR("s"), 0);
        CHECK_INT(topic_trim(engine_topics(b.e), STR("s"), 0, end - 2, &err), OK);
        bed_passes(&b, 2);
        if (!strstr(buf_z(&log), "3 records from offset 2 on were deleted before they were read")) {
            printf("%s\n", buf_z(&log));
            return 1;
        }
        bed_close(&b); /* writes to it too */
        buf_free(&log);
        if (broker)
            double_free(broker);
    }
    return 0;
}
