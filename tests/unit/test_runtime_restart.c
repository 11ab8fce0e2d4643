// SPDX-License-Identifier: Apache-2.0
// runtime: what the command topic brings back, when it is not as it was: other plans, records that do not read, topics that
// are gone, query ids that were used before.
#include "test_runtime_help.h"

#define COMMANDS STR("_confluent-ksql-default__command_topic")

static void append(Bed *b, const char *key, const char *value)
{
    Err err = ERR_INIT;
    Unit *u = unit_begin(engine_topics(b->e));
    Record r = {.key = key, .key_len = (int32_t)strlen(key), .value = value, .value_len = (int32_t)strlen(value)};
    unit_append(u, COMMANDS, 0, &r);
    if (unit_commit(u, true, &err))
        BUG("%s", err.msg);
}

static bool reopen(Bed *b)
{
    bed_stop(b, true);
    return bed_start(b) && bed_run(b, "SET 'auto.offset.reset'='earliest';") == OK;
}

static int warnings(Bed *b)
{
    int n = 0;
    while (engine_warning(b->e, n))
        n++;
    return n;
}

/* The stored plans are others: a query with state reads its input again from the beginning, though it was made to begin
 * at the end; one without goes on. Both once. */
int test_restart_plan(void)
{
    Bed b;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "CREATE STREAM s (k VARCHAR KEY, g VARCHAR, v INT) WITH (kafka_topic='s', value_format='json', partitions=2);"
            "SET 'auto.offset.reset'='latest';"
            "INSERT INTO s VALUES ('a', 'g', 1);"
            "CREATE STREAM copy AS SELECT * FROM s;"
            "CREATE TABLE sums AS SELECT g, SUM(v) AS t FROM s GROUP BY g;"
            "INSERT INTO s VALUES ('a', 'g', 10); INSERT INTO s VALUES ('b', 'g', 100);");
    bed_pass(&b, 5000);
    bed_pass(&b, 5000);
    CHECK_TEXT(bed_rows(&b, "SELECT t FROM sums;"), "110");
    append(&b, "\"query/`CTAS_SUMS_2`/plan\"",
           "{\"statement\": \"\", \"sluice\": {\"queryId\": \"CTAS_SUMS_2\", \"fingerprint\": \"1234\"}}");
    append(&b, "\"query/`CSAS_COPY_1`/plan\"",
           "{\"statement\": \"\", \"sluice\": {\"queryId\": \"CSAS_COPY_1\", \"fingerprint\": \"1234\"}}");
    CHECK(reopen(&b));
    CHECK_INT(warnings(&b), 2);
    CHECK(strstr(engine_warning(b.e, 0), "goes on where it was"));
    CHECK(strstr(engine_warning(b.e, 1), "rebuilt from the beginning"));
    bed_pass(&b, 5000);
    bed_pass(&b, 5000);
    CHECK_TEXT(bed_rows(&b, "SELECT t FROM sums;"), "111");
    CHECK(reopen(&b));
    CHECK_INT(warnings(&b), 0);
    RUN(&b, "INSERT INTO s VALUES ('b', 'g', 1000);");
    bed_pass(&b, 5000);
    bed_pass(&b, 5000);
    CHECK_TEXT(bed_rows(&b, "SELECT t FROM sums;"), "1111");
    int rows = 0;
    for (const char *p = bed_rows(&b, "SELECT v FROM copy EMIT CHANGES;"); p; p = strchr(p + 1, '|'))
        rows++;
    CHECK_INT(rows, 3);
    bed_close(&b);
    return 0;
}

/* Records of the command topic that do not read, or do not parse: a warning each, the others are there. */
int test_restart_bad_commands(void)
{
    Bed b;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='json', partitions=1);");
    append(&b, "no json", "{");
    append(&b, "\"stream/`X`/create\"", "{\"statement\": 7}");
    append(&b, "\"stream/`X`/create\"", "{\"statement\": \"CREATE STREAM (\", \"sluice\": {\"number\": 3}}");
    append(&b, "\"stream/`Y`/create\"", "{\"statement\": \"CREATE STREAM y AS SELECT * FROM nowhere\"}");
    append(&b, "\"stream/`Y`/create\"", "{\"statement\": \"SELECT 1 FROM s EMIT CHANGES\"}");
    append(&b, "", "");
    RUN(&b, "CREATE STREAM c AS SELECT * FROM s; INSERT INTO s VALUES (1);");
    CHECK(reopen(&b));
    CHECK_INT(warnings(&b), 6);
    bed_pass(&b, 5000);
    CHECK_TEXT(bed_rows(&b, "SELECT v FROM c EMIT CHANGES;"), "1");
    bed_close(&b);
    return 0;
}

/* A source's topic is gone: its query says so, the others run, the source can still be dropped. */
int test_restart_topic_gone(void)
{
    Bed b;
    Err err = ERR_INIT;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "SET 'auto.offset.reset'='earliest';"
            "CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
            "CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='json', partitions=1);"
            "CREATE STREAM c AS SELECT * FROM s; CREATE STREAM d AS SELECT * FROM o; INSERT INTO o VALUES (1);");
    CHECK_INT(topic_delete(engine_topics(b.e), STR("s"), &err), OK);
    CHECK(reopen(&b));
    bed_pass(&b, 5000);
    CHECK_TEXT(bed_query(&b, "CSAS_C", "state"), "ERROR");
    CHECK(strstr(bed_query(&b, "CSAS_C", "reason"), "'s'"));
    CHECK_TEXT(bed_rows(&b, "SELECT v FROM d EMIT CHANGES;"), "1");
    RUN(&b, "DROP STREAM c; DROP STREAM s;");
    CHECK(reopen(&b));
    CHECK_INT(warnings(&b), 0);
    bed_close(&b);
    return 0;
}

/* A query id that is used again: the replay of the first one's end takes nothing from the second. */
int test_restart_same_id(void)
{
    Bed b;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "SET 'auto.offset.reset'='earliest';"
            "CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
            "CREATE STREAM c (v INT) WITH (kafka_topic='c', value_format='json', partitions=1);"
            "INSERT INTO c WITH (QUERY_ID='mine') SELECT * FROM s;"
            "INSERT INTO s VALUES (1);");
    bed_pass(&b, 5000);
    RUN(&b, "TERMINATE mine; INSERT INTO s VALUES (2); SET 'auto.offset.reset'='latest';"
            "INSERT INTO c WITH (QUERY_ID='mine') SELECT * FROM s;"
            "INSERT INTO s VALUES (3);");
    CHECK(reopen(&b));
    RUN(&b, "INSERT INTO s VALUES (4);");
    bed_pass(&b, 5000);
    CHECK(reopen(&b));
    bed_pass(&b, 5000);
    CHECK_TEXT(bed_rows(&b, "SELECT v FROM c EMIT CHANGES;"), "1|3|4");
    bed_close(&b);
    return 0;
}

/* Ids go on counting behind what was dropped, over any number of restarts. */
int test_restart_ids(void)
{
    Bed b;
    int64_t last = -1;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='json', partitions=1);");
    for (int i = 0; i < 4; i++) {
        RUN(&b, "CREATE STREAM c AS SELECT * FROM s;");
        const char *id = bed_query(&b, "CSAS_C_", "id");
        CHECK(id && atoi(id + 7) > last);
        last = atoi(id + 7);
        if (i % 2)
            RUN(&b, "DROP STREAM c DELETE TOPIC;");
        CHECK(reopen(&b));
        if (i % 2 == 0)
            RUN(&b, "DROP STREAM c DELETE TOPIC;");
    }
    CHECK(!bed_query(&b, "CSAS_C_", "id"));
    bed_close(&b);
    return 0;
}

/* What was dropped or terminated is of no account, also where it would not run any more; what still stands is told of. */
int test_restart_void_statements(void)
{
    Bed b;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "CREATE STREAM c (k INT KEY, v INT) WITH (kafka_topic='c', value_format='json', partitions=1);");
    RUN(&b, "CREATE STREAM sums AS SELECT * FROM c;");
    RUN(&b, "INSERT INTO sums WITH (query_id='ins') SELECT * FROM c;");
    RUN(&b, "TERMINATE ins; DROP STREAM IF EXISTS sums; DROP STREAM c DELETE TOPIC;");
    RUN(&b, "CREATE STREAM d (k INT KEY, v INT) WITH (kafka_topic='c', value_format='json', partitions=3);");
    for (int i = 0; i < 2; i++) {
        bed_stop(&b, false);
        CHECK(bed_start(&b));
        CHECK_TEXT(engine_warning(b.e, 0) ? engine_warning(b.e, 0) : "", "");
    }
    RUN(&b, "DROP STREAM d DELETE TOPIC;");
    RUN(&b, "CREATE STREAM f (k INT KEY, v INT) WITH (kafka_topic='c', value_format='json', partitions=2);");
    RUN(&b, "CREATE STREAM g (k INT KEY, v INT) WITH (kafka_topic='c', value_format='json');");
    Err err = ERR_INIT;
    TopicInfo info;
    CHECK(topic_describe(engine_topics(b.e), STR("c"), &info));
    CHECK_INT(topic_delete(engine_topics(b.e), STR("c"), &err), OK);
    info.name = STR("c");
    info.partitions = 1; /* more would be taken: a topic may get some */
    CHECK_INT(topic_create(engine_topics(b.e), &info, &err), OK);
    RUN(&b, "DROP STREAM g;");
    bed_stop(&b, false);
    CHECK(bed_start(&b));
    CHECK(strstr(engine_warning(b.e, 0), "CREATE STREAM F "));
    CHECK(!engine_warning(b.e, 1));
    bed_close(&b);
    return 0;
}
