// SPDX-License-Identifier: Apache-2.0
// runtime: bytes of hot state over all stores; cache.max.bytes.buffering; idle engines with many queries.
#include "test_runtime_help.h"

#include "runtime/internal.h"

static void feed_keys(Bed *b, const char *topic, int n)
{
    Err err = ERR_INIT;
    Unit *u = unit_begin(engine_topics(b->e));
    for (int i = 0; i < n; i++) {
        char key[16], value[] = "{\"V\":1}";
        Record r = {.key = key, .key_len = snprintf(key, sizeof key, "k%d", i), .value = value, .value_len = sizeof value - 1,
                    .ts = i};
        unit_append(u, str_of(topic), 0, &r);
    }
    if (unit_commit(u, false, &err))
        BUG("%s", err.msg);
}

/* Many stores keep together to what one may have; what was evicted is right when it comes again. */
int test_budget_shared(void)
{
    enum { TABLES = 8, KEYS = 5000, BUDGET = 512 << 10 };
    Bed b;
    char sql[160];
    CHECK(bed_open(&b, true, true));
    bed_stop(&b, false);
    b.config.state_budget = BUDGET;
    CHECK(bed_start(&b));
    RUN(&b, "SET 'auto.offset.reset'='earliest';"
            "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);");
    for (int i = 0; i < TABLES; i++) {
        snprintf(sql, sizeof sql, "CREATE TABLE t%d AS SELECT k, SUM(v) AS n FROM s GROUP BY k;", i);
        RUN(&b, sql);
    }
    for (int i = 0; i < 3; i++) {
        feed_keys(&b, "s", KEYS);
        bed_pass(&b, 5000);
        bed_pass(&b, 5000);
    }
    CHECK_INT(b.e->share.stores, TABLES);
    CHECK(b.e->share.used > BUDGET / 4);
    feed_keys(&b, "s", 1); /* those that saw the share used up before the others had come make room now */
    bed_pass(&b, 5000);
    CHECK(b.e->share.used <= 2 * BUDGET); /* slots of tables do not shrink */
    CHECK_TEXT(bed_rows(&b, "SELECT n FROM t0 WHERE k = 'k4999';"), "3");
    CHECK_TEXT(bed_rows(&b, "SELECT n FROM t7 WHERE k = 'k0';"), "4");
    RUN(&b, "DROP TABLE t0;");
    CHECK_INT(b.e->share.stores, TABLES - 1);
    bed_close(&b);
    return 0;
}

/* What the sink gets when the same key changes twice in a batch of its own each: once a commit. */
static int commits(const char *set, const char *want)
{
    Bed b;
    CHECK(bed_open(&b, false, true));
    b.config.batch_rows = 1;
    RUN(&b, "SET 'auto.offset.reset'='earliest';");
    RUN(&b, set);
    RUN(&b, "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
            "CREATE TABLE t AS SELECT k, SUM(v) AS n FROM s GROUP BY k;");
    for (int i = 0; i < 3; i++) {
        RUN(&b, "INSERT INTO s VALUES ('a', 1);");
        runtime_settle(b.e);
    }
    RUN(&b, "CREATE STREAM c (k VARCHAR KEY, n BIGINT) WITH (kafka_topic='T', value_format='json');");
    CHECK_TEXT(bed_rows(&b, "SELECT n FROM c EMIT CHANGES;"), want);
    bed_pass(&b, 2000);
    CHECK(strstr(bed_rows(&b, "SELECT n FROM c EMIT CHANGES;"), "3"));
    bed_close(&b);
    return 0;
}

int test_budget_cache_default(void) { return commits("", ""); }
int test_budget_cache_large(void) { return commits("SET 'cache.max.bytes.buffering'='100000';", ""); }
int test_budget_cache_small(void) { return commits("SET 'cache.max.bytes.buffering'='10';", "1|2|3"); }
int test_budget_cache_none(void) { return commits("SET 'ksql.streams.cache.max.bytes.buffering'='0';", "1|2|3"); }
