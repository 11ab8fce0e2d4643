// SPDX-License-Identifier: Apache-2.0
// runtime: one query fails, the others go on; what was not committed is done anew, once.
#include "test_runtime_help.h"

#include <stdlib.h>

static const char *const two_readers =
    "SET 'auto.offset.reset'='earliest';"
    "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
    "CREATE STREAM first AS SELECT k, v FROM s;"
    "CREATE STREAM second AS SELECT k, v FROM s;"
    "CREATE TABLE sums AS SELECT k, SUM(v) AS t FROM s GROUP BY k;"
    "INSERT INTO s VALUES ('a', 1);";

static int delete_topic(Bed *b, const char *name)
{
    Err err = ERR_INIT;
    Status st = topic_delete(engine_topics(b->e), str_of(name), &err);
    err_clear(&err);
    return st;
}

/* The sink of the first reader goes: its commit fails. The others share its reader. */
static int sink_topic_goes(bool on_disk)
{
    Bed b;
    CHECK(bed_open(&b, on_disk, true));
    RUN(&b, two_readers);
    bed_pass(&b, 2000);
    CHECK_INT(delete_topic(&b, "FIRST"), OK);
    RUN(&b, "INSERT INTO s VALUES ('a', 2);");
    bed_pass(&b, 2000);
    RUN(&b, "INSERT INTO s VALUES ('a', 3);");
    bed_pass(&b, 2000);
    CHECK_TEXT(bed_query(&b, "CSAS_FIRST", "state"), "ERROR");
    CHECK(strstr(bed_query(&b, "CSAS_FIRST", "reason"), "FIRST"));
    CHECK_TEXT(bed_query(&b, "CSAS_SECOND", "state"), "RUNNING");
    CHECK_TEXT(bed_rows(&b, "SELECT v FROM second EMIT CHANGES;"), "1|2|3");
    CHECK_TEXT(bed_rows(&b, "SELECT t FROM sums;"), "6");
    bed_close(&b);
    return 0;
}

int test_failures_sink_topic_memory(void) { return sink_topic_goes(false); }
int test_failures_sink_topic_disk(void) { return sink_topic_goes(true); }

/* The source goes: all of its readers stop, with the reason; a query of another source goes on. */
int test_failures_source_topic(void)
{
    Bed b;
    CHECK(bed_open(&b, false, true));
    RUN(&b, two_readers);
    RUN(&b, "CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='json', partitions=1);"
            "CREATE STREAM other AS SELECT v FROM o;");
    bed_pass(&b, 2000);
    CHECK_INT(delete_topic(&b, "s"), OK);
    RUN(&b, "INSERT INTO o VALUES (7);");
    bed_pass(&b, 2000);
    CHECK_TEXT(bed_query(&b, "CSAS_FIRST", "state"), "ERROR");
    CHECK_TEXT(bed_query(&b, "CSAS_SECOND", "state"), "ERROR");
    CHECK(strstr(bed_query(&b, "CTAS_SUMS", "reason"), "'s'"));
    CHECK_TEXT(bed_query(&b, "CSAS_OTHER", "state"), "RUNNING");
    CHECK_TEXT(bed_rows(&b, "SELECT v FROM other EMIT CHANGES;"), "7");
    RUN(&b, "EXPLAIN CTAS_SUMS_3;");
    char *text = json_dumps(b.last, 0);
    CHECK(strstr(text, "'s'"));
    free(text);
    bed_close(&b);
    return 0;
}

/* A push query whose topic goes says so. */
int test_failures_push_topic(void)
{
    Bed b;
    RowStream *rs = NULL;
    CHECK(bed_open(&b, false, true));
    RUN(&b, two_readers);
    CHECK_INT(bed_stream(&b, "SELECT v FROM s EMIT CHANGES;", &rs), OK);
    CHECK_TEXT(stream_rows(&b, rs, 0), "1");
    RUN(&b, "DROP TABLE sums; DROP STREAM second; DROP STREAM first; DROP STREAM s DELETE TOPIC;");
    CHECK_TEXT(stream_rows(&b, rs, 0), " ERROR Topic 's' does not exist.");
    rowstream_close(rs);
    bed_close(&b);
    return 0;
}

/* ---- a disk that does not take writes ---- */

static bool always(void *arg, const char *what)
{
    UNUSED(arg);
    return strcmp(what, "disk.write") == 0;
}

static void disk_full(Bed *b, bool full) { disk_on_fault(topics_disk(engine_topics(b->e)), full ? always : NULL, NULL); }

/* Commits fail for a while: nothing is lost and nothing is there twice when they work again. */
int test_failures_disk_full(void)
{
    Bed b;
    CHECK(bed_open(&b, true, true));
    RUN(&b, two_readers);
    bed_pass(&b, 2000);
    RUN(&b, "INSERT INTO s VALUES ('a', 2); INSERT INTO s VALUES ('b', 10);");
    disk_full(&b, true);
    bed_pass(&b, 2000);
    CHECK_TEXT(bed_query(&b, "CSAS_FIRST", "state"), "ERROR");
    CHECK(strstr(bed_query(&b, "CTAS_SUMS", "reason"), "a write failed"));
    CHECK(bed_run(&b, "INSERT INTO s VALUES ('a', 100);") != OK);
    CHECK(bed_run(&b, "CREATE STREAM n (v INT) WITH (kafka_topic='n', value_format='json', partitions=1);") != OK);
    for (int i = 0; i < 5; i++)
        bed_pass(&b, 20000);
    disk_full(&b, false);
    for (int i = 0; i < 5; i++)
        bed_pass(&b, 400000);
    RUN(&b, "INSERT INTO s VALUES ('a', 3);");
    bed_pass(&b, 20000);
    CHECK_TEXT(bed_query(&b, "CSAS_FIRST", "state"), "RUNNING");
    CHECK_TEXT(bed_query(&b, "CTAS_SUMS", "state"), "RUNNING");
    CHECK_TEXT(bed_rows(&b, "SELECT v FROM first EMIT CHANGES;"), "1|2|10|3");
    CHECK_TEXT(bed_rows(&b, "SELECT k, t FROM sums;"), "a,6|b,10");
    RUN(&b, "CREATE STREAM n (v INT) WITH (kafka_topic='n', value_format='json', partitions=1);");
    bed_stop(&b, false);
    CHECK(bed_start(&b));
    CHECK_TEXT(bed_rows(&b, "SELECT k, t FROM sums;"), "a,6|b,10");
    bed_close(&b);
    return 0;
}

/* What the processing log says of a record is there once, although its commit was lost. */
int test_failures_log_once(void)
{
    Bed b;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "SET 'auto.offset.reset'='earliest';"
            "CREATE STREAM bad (v INT) WITH (kafka_topic='bad', value_format='json', partitions=1);"
            "CREATE STREAM raw (v VARCHAR) WITH (kafka_topic='bad', value_format='kafka');"
            "CREATE TABLE n AS SELECT v, COUNT(*) AS n FROM bad GROUP BY v;"
            "INSERT INTO raw VALUES ('{\"v\": 1}'); INSERT INTO raw VALUES ('no json');");
    runtime_settle(b.e); /* read, and not yet committed */
    bed_stop(&b, true);
    CHECK(bed_start(&b));
    bed_pass(&b, 5000);
    RUN(&b, "SET 'auto.offset.reset'='earliest';");
    CHECK_TEXT(bed_rows(&b, "SELECT level FROM KSQL_PROCESSING_LOG EMIT CHANGES;"), "ERROR");
    json_t *entity = NULL;
    Err err = ERR_INIT;
    CHECK_INT(session_text(b.s, "DESCRIBE bad EXTENDED;", &entity, NULL, &err), OK);
    const char *told = json_string_value(json_object_get(json_object_get(entity, "sourceDescription"), "errorStats"));
    const char *count = told ? strstr(told, "consumer-failed-messages:") : NULL;
    CHECK(count && strtol(count + strlen("consumer-failed-messages:"), NULL, 10) == 1);
    json_decref(entity);
    bed_close(&b);
    return 0;
}
