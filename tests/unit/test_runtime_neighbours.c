// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics, over the broker double: a query that fails, in every way that a broker knows, beside good ones on the
// same source and on another. They share a worker, a producer and, exactly once, transactions. The good ones have each row once.
#include "test_runtime_remote_help.h"

#include "runtime/internal.h"

enum { ROWS = 30 };

typedef enum Way { WAY_REFUSED, WAY_SKIPPED, WAY_LARGE, WAY_LARGE_FAILS, WAY_GONE, WAY_DENIED, WAYS } Way;

static const struct {
    const char *set;   /* before the query is made */
    const char *state; /* of the bad query at the end */
    int written;       /* by it, of ROWS; -1: any */
    int logged;        /* rows of productionError */
    const char *why;
} ways[WAYS] = {
    [WAY_REFUSED] = {NULL, "ERROR", -1, 1, "the broker refused the record"},
    [WAY_SKIPPED] = {"SET 'ksql.fail.on.production.error'='false';", "RUNNING", ROWS - 3, 3, "the broker refused the record"},
    [WAY_LARGE] = {NULL, "RUNNING", ROWS - 3, 3, "the broker refused the record"},
    [WAY_LARGE_FAILS] = {"SET 'ksql.fail.on.production.error'='true';", "ERROR", -1, 1, "the broker refused the record"},
    [WAY_GONE] = {NULL, "ERROR", -1, 1, "bad"},
    [WAY_DENIED] = {NULL, "ERROR", -1, 1, "Authorization denied to Write on topic(s): [bad]"},
};

/* One row of three has no key in the bad query's output, or (LARGE) a long value. */
static bool fill(Bed *b, Way way)
{
    Buf sql = BUF_INIT;
    bool good = true;
    for (int i = 0; i < ROWS && good; i++) {
        bool bad = i % 10 == 4;
        buf_clear(&sql);
        buf_printf(&sql, "INSERT INTO s (k, v) VALUES ('k%d', '%d%s');", i, i, bad && way >= WAY_LARGE ? " which is long for this topic" : "");
        buf_printf(&sql, "INSERT INTO other (k, v) VALUES ('k%d', '%d');", i, i);
        if (bad && way < WAY_LARGE) { /* a row of the source without a key */
            buf_clear(&sql);
            buf_printf(&sql, "INSERT INTO s (v) VALUES ('%d');INSERT INTO other (k, v) VALUES ('k%d', '%d');", i, i, i);
        }
        good = bed_run(b, buf_z(&sql)) == OK;
    }
    if (!good)
        printf("%s: %s\n", buf_z(&sql), b->message);
    buf_free(&sql);
    return good;
}

static int rows_of(Bed *b, const char *topic)
{
    Err err = ERR_INIT;
    RecordSet set;
    int n = 0;
    int64_t at = 0;
    for (bool more = true; more; at = set.next_offset, recordset_release(&set)) {
        if (topic_read(b->e->topics, str_of(topic), 0, at, 1000, &set, &err) != OK) {
            err_clear(&err);
            return -1;
        }
        more = set.n > 0;
        n += set.n;
    }
    return n;
}

static const char MAKE[] =
    "CREATE STREAM s (k VARCHAR KEY, v VARCHAR) WITH (kafka_topic='s', value_format='json', partitions=1);"
    "CREATE STREAM other (k VARCHAR KEY, v VARCHAR) WITH (kafka_topic='other', value_format='json', partitions=1);"
    "CREATE STREAM good1 AS SELECT * FROM s;"
    "CREATE STREAM good2 AS SELECT * FROM other;"
    "CREATE TABLE good3 AS SELECT k, COUNT(*) AS n FROM other GROUP BY k;";

static int neighbours_of(Way way, bool exactly_once)
{
    Bed b;
    Broker *broker = double_new(&(DoubleConfig){.seed = 3 + (uint64_t)way});
    CHECK(remote_open(&b, broker, 0, true, exactly_once ? "exactly_once_v2" : "at_least_once"));
    RUN(&b, MAKE);
    if (ways[way].set)
        RUN(&b, ways[way].set);
    RUN(&b, "CREATE STREAM bad WITH (kafka_topic='bad') AS SELECT * FROM s;");
    if (way == WAY_REFUSED || way == WAY_SKIPPED)
        double_keyed(broker, STR("bad"), true);
    if (way == WAY_LARGE || way == WAY_LARGE_FAILS)
        double_limit(broker, STR("bad"), 20, true);
    if (way == WAY_DENIED)
        double_deny(broker, STR("bad"), true);
    if (way == WAY_GONE) {
        Err err = ERR_INIT;
        Broker *client = double_client(broker);
        CHECK_INT(client->ops->drop(client, STR("bad"), &err), OK);
    }
    CHECK(fill(&b, way));
    bed_passes(&b, 8);
    CHECK_TEXT(bed_query(&b, "CSAS_GOOD1", "state"), "RUNNING");
    CHECK_TEXT(bed_query(&b, "CSAS_GOOD2", "state"), "RUNNING");
    CHECK_TEXT(bed_query(&b, "CTAS_GOOD3", "state"), "RUNNING");
    CHECK_INT(rows_of(&b, "GOOD1"), ROWS);
    CHECK_INT(rows_of(&b, "GOOD2"), ROWS);
    CHECK_INT(rows_of(&b, "GOOD3"), ROWS);
    CHECK_TEXT(bed_query(&b, "CSAS_BAD", "state"), ways[way].state);
    if (ways[way].written >= 0)
        CHECK_INT(rows_of(&b, "bad"), ways[way].written);
    const char *log = bed_rows(&b, "SELECT message->productionError->errorMessage FROM KSQL_PROCESSING_LOG "
                                   "WHERE message->`TYPE` = 2;");
    int logged = 0;
    for (const char *at = log; ways[way].why && (at = strstr(at, ways[way].why)); at++)
        logged++;
    if (ways[way].logged != logged)
        printf("way %d, exactly once %d: %s\n", way, exactly_once, log);
    CHECK_INT(logged, ways[way].logged);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

int test_neighbours_of_a_bad_query(void)
{
    for (int eo = 0; eo < 2; eo++)
        for (int way = 0; way < WAYS; way++)
            if (neighbours_of((Way)way, eo)) {
                printf("way %d, exactly once %d\n", way, eo);
                return 1;
            }
    return 0;
}

/* ksql.fail.on.deserialization.error stops the query that has it, with a row in the log; one without it skips the record. */
int test_neighbours_unread(void)
{
    Bed b;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "SET 'auto.offset.reset'='earliest';"
            "CREATE STREAM raw (k INT KEY, v VARCHAR) WITH (kafka_topic='s', value_format='kafka', partitions=1);"
            "CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='json');"
            "CREATE STREAM good AS SELECT * FROM s; SET 'ksql.fail.on.deserialization.error'='true';"
            "CREATE STREAM bad AS SELECT * FROM s;"
            "INSERT INTO raw VALUES (1, '{\"V\":1}'); INSERT INTO raw VALUES (2, '{\"V\":\"x\"}'); INSERT INTO raw VALUES (3, '{\"V\":3}');");
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(bed_query(&b, "CSAS_GOOD", "state"), "RUNNING");
    CHECK_TEXT(bed_query(&b, "CSAS_BAD", "state"), "ERROR");
    CHECK_INT(rows_of(&b, "GOOD"), 2);
    CHECK_INT(rows_of(&b, "BAD"), 0);
    CHECK(strstr(bed_query(&b, "CSAS_BAD", "reason"), "A record of topic s cannot be read: "));
    CHECK_TEXT(sorted(&b, "SELECT logger FROM KSQL_PROCESSING_LOG;"),
               "processing.CSAS_BAD_3.KsqlTopic.Source.deserializer|processing.CSAS_GOOD_2.KsqlTopic.Source.deserializer");
    bed_close(&b);
    return 0;
}
