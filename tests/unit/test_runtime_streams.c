// SPDX-License-Identifier: Apache-2.0
// runtime: streams of rows at their limits: LIMIT 0, readers that never read, streams that outlive their engine, large
// records, many columns.
#include "test_runtime_help.h"

#include <pthread.h>

#include "base/limits.h"

static const char *const source =
    "SET 'auto.offset.reset'='earliest';"
    "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
    "CREATE TABLE t AS SELECT k, SUM(v) AS v FROM s GROUP BY k;"
    "INSERT INTO s VALUES ('a', 1); INSERT INTO s VALUES ('b', 2); INSERT INTO s VALUES ('c', 3);";

int test_streams_limits(void)
{
    Bed b;
    CHECK(bed_open(&b, false, true));
    RUN(&b, source);
    bed_pass(&b, 2000);
    CHECK_TEXT(bed_rows(&b, "SELECT k FROM t LIMIT 0;"), "");
    CHECK_TEXT(bed_rows(&b, "SELECT k FROM t LIMIT 2;"), "a|b");
    CHECK_TEXT(bed_rows(&b, "SELECT k FROM t WHERE k = 'c' LIMIT 1;"), "c");
    CHECK_TEXT(bed_rows(&b, "SELECT k FROM s LIMIT 0;"), "");
    CHECK_TEXT(bed_rows(&b, "SELECT k FROM s LIMIT 2;"), "a|b");
    CHECK_TEXT(bed_rows(&b, "SELECT k FROM s EMIT CHANGES LIMIT 0;"), "");
    RowStream *rs = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    CHECK_INT(bed_stream(&b, "SELECT k FROM s EMIT CHANGES LIMIT 1;", &rs), OK);
    CHECK_INT(rowstream_next(rs, 0, &row, &err), STREAM_ROW);
    CHECK_INT(rowstream_next(rs, 0, &row, &err), STREAM_END);
    CHECK_TEXT(rowstream_final(rs), "Limit Reached");
    rowstream_close(rs);
    bed_close(&b);
    return 0;
}

static void fill(Bed *b, const char *topic, int n, size_t bytes)
{
    Unit *u = unit_begin(engine_topics(b->e));
    Err err = ERR_INIT;
    char *value = malloc(bytes + 32);
    for (int i = 0; i < n; i++) {
        int len = snprintf(value, 32, "{\"V\":%d,\"X\":\"", i);
        memset(value + len, 'x', bytes);
        memcpy(value + len + (int)bytes, "\"}", 2);
        Record r = {.value = value, .value_len = len + (int)bytes + 2, .ts = i};
        unit_append(u, str_of(topic), 0, &r);
    }
    if (unit_commit(u, false, &err))
        BUG("%s", err.msg);
    free(value);
}

/* Bytes of keys and values are shown to their end. */
int test_print_shows_values_with_nul_bytes(void)
{
    static const char key[] = "a\0b", value[] = "\0one\0two\0";
    static const char want[] = ", key: a\0b, value: \0one\0two\0, partition: 0";
    Bed b;
    RowStream *rs = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    CHECK(bed_open(&b, false, true));
    RUN(&b, source);
    Record r = {.key = key, .key_len = sizeof key - 1, .value = value, .value_len = sizeof value - 1};
    RUN(&b, "CREATE STREAM raw (v VARCHAR) WITH (kafka_topic='raw', value_format='kafka', partitions=1);");
    Unit *u = unit_begin(engine_topics(b.e));
    unit_append(u, STR("raw"), 0, &r);
    CHECK_INT(unit_commit(u, false, &err), OK);
    CHECK_INT(bed_stream(&b, "PRINT raw FROM BEGINNING LIMIT 1;", &rs), OK);
    for (int i = 0; i < 3; i++) /* two of formats */
        CHECK_INT(rowstream_next(rs, 0, &row, &err), STREAM_ROW);
    CHECK(str_ends(row.line, (Str){want, sizeof want - 1}));
    CHECK_INT(row.line.n, sizeof want - 1 + strlen("rowtime: 1970/01/01 00:00:00.000 Z"));
    rowstream_close(rs);
    bed_close(&b);
    return 0;
}

/* One that does not read holds at most a queue of rows; then it reads on and gets every row in order. */
static int slow_reader(bool simulated, int rows, size_t bytes, const char *columns)
{
    Bed b;
    RowStream *slow = NULL, *quick = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    char sql[256];
    CHECK(bed_open(&b, false, simulated));
    RUN(&b, source);
    RUN(&b, "CREATE STREAM big (v INT, x VARCHAR) WITH (kafka_topic='big', value_format='json', partitions=1);"
            "CREATE STREAM beside AS SELECT v FROM big;");
    fill(&b, "big", rows, bytes);
    snprintf(sql, sizeof sql, "SELECT %s FROM big EMIT CHANGES;", columns);
    CHECK_INT(bed_stream(&b, sql, &slow), OK);
    if (simulated)
        runtime_settle(b.e);
    snprintf(sql, sizeof sql, "SELECT v FROM beside EMIT CHANGES LIMIT %d;", rows);
    CHECK_INT(bed_stream(&b, sql, &quick), OK);
    for (int i = 0; i < rows; i++) {
        CHECK_INT(rowstream_next(quick, 60000, &row, &err), STREAM_ROW);
        CHECK_INT(row.values[0].d.i, i);
    }
    for (int i = 0; i < rows; i++) {
        CHECK_INT(rowstream_next(slow, 60000, &row, &err), STREAM_ROW);
        CHECK_INT(row.values[0].d.i, i);
    }
    CHECK_INT(rowstream_next(slow, 0, &row, &err), STREAM_IDLE);
    rowstream_close(slow);
    rowstream_close(quick);
    bed_close(&b);
    return 0;
}

int test_streams_slow_reader(void) { return slow_reader(true, 3 * LIMIT_PUSH_QUEUE, 1, "v"); }
int test_streams_slow_reader_threads(void) { return slow_reader(false, 3 * LIMIT_PUSH_QUEUE, 1, "v"); }
int test_streams_slow_reader_large(void) { return slow_reader(true, 200, 300000, "v, x"); }

static void *next_of(void *arg)
{
    StreamRow row;
    Err err = ERR_INIT;
    StreamEvent ev;
    while ((ev = rowstream_next(arg, -1, &row, &err)) == STREAM_ROW)
        ;
    err_clear(&err);
    return (void *)(intptr_t)ev;
}

/* Another thread waits for rows; it is told when the stream is cancelled, and when its query is terminated. */
int test_streams_cancel(void)
{
    Bed b;
    CHECK(bed_open(&b, false, false));
    RUN(&b, source);
    const char *const sql[] = {"SELECT * FROM s EMIT CHANGES;", "PRINT s FROM BEGINNING;", "SELECT * FROM s EMIT CHANGES;"};
    for (int i = 0; i < ARRAY_LEN(sql); i++) {
        RowStream *rs = NULL;
        pthread_t th;
        void *ev;
        char stop[256];
        CHECK_INT(bed_stream(&b, sql[i], &rs), OK);
        CHECK_INT(pthread_create(&th, NULL, next_of, rs), 0);
        snprintf(stop, sizeof stop, "TERMINATE %.*s;", STR_ARG(rowstream_query_id(rs)));
        if (i < 2)
            rowstream_cancel(rs);
        else
            RUN(&b, stop);
        pthread_join(th, &ev);
        CHECK_INT((intptr_t)ev, STREAM_END);
        rowstream_close(rs);
    }
    bed_close(&b);
    return 0;
}

/* The engine closes while others read: they are told, and close their streams afterwards. */
static int engine_goes(bool simulated)
{
    Bed b;
    const char *const sql[] = {"SELECT * FROM s EMIT CHANGES;", "PRINT s FROM BEGINNING;", "SELECT * FROM t;",
                               "SELECT * FROM t EMIT CHANGES;"};
    RowStream *rs[ARRAY_LEN(sql)] = {NULL};
    pthread_t th[ARRAY_LEN(sql)];
    StreamRow row;
    Err err = ERR_INIT;
    CHECK(bed_open(&b, false, simulated));
    RUN(&b, source);
    for (int i = 0; i < ARRAY_LEN(sql); i++)
        CHECK_INT(bed_stream(&b, sql[i], &rs[i]), OK);
    for (int i = 0; i < ARRAY_LEN(sql) && !simulated; i++)
        CHECK_INT(pthread_create(&th[i], NULL, next_of, rs[i]), 0);
    bed_stop(&b, false);
    for (int i = 0; i < ARRAY_LEN(sql); i++) {
        if (!simulated) {
            void *ev;
            pthread_join(th[i], &ev);
            CHECK_INT((intptr_t)ev, i == 2 ? STREAM_END : STREAM_ERROR);
        }
        while (rowstream_next(rs[i], 0, &row, &err) == STREAM_ROW)
            ;
        CHECK_INT(err.code, i == 2 ? OK : ERR_CANCELLED);
        err_clear(&err);
        rowstream_close(rs[i]);
    }
    bed_close(&b);
    return 0;
}

int test_streams_engine_goes(void) { return engine_goes(true); }
int test_streams_engine_goes_threads(void) { return engine_goes(false); }

/* As many columns as there may be, and one more; a record of many megabytes. */
int test_streams_wide(void)
{
    Bed b;
    Buf sql = BUF_INIT;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "SET 'auto.offset.reset'='earliest';");
    for (int over = 0; over < 2; over++) {
        buf_clear(&sql);
        buf_printf(&sql, "CREATE STREAM w%d (", over);
        for (int i = 0; i < LIMIT_COLUMNS + over; i++)
            buf_printf(&sql, "%sc%d INT", i ? ", " : "", i);
        buf_cstr(&sql, ") WITH (kafka_topic='w', value_format='json', partitions=1);");
        CHECK_INT(bed_run(&b, buf_z(&sql)) != OK, over);
    }
    RUN(&b, "CREATE STREAM copy AS SELECT * FROM w0;"
            "INSERT INTO w0 (c0, c999) VALUES (1, 2);");
    bed_pass(&b, 2000);
    CHECK_TEXT(bed_rows(&b, "SELECT c0, c1, c999 FROM copy EMIT CHANGES;"), "1,null,2");
    RUN(&b, "CREATE STREAM big (v INT, x VARCHAR) WITH (kafka_topic='big', value_format='json', partitions=1);"
            "CREATE STREAM beside AS SELECT v, LEN(x) AS n FROM big;");
    fill(&b, "big", 3, 20 << 20);
    bed_pass(&b, 2000);
    CHECK_TEXT(bed_rows(&b, "SELECT v, n FROM beside EMIT CHANGES;"), "0,20971520|1,20971520|2,20971520");
    buf_free(&sql);
    bed_close(&b);
    return 0;
}

/* A partition with many records does not hold up the others. */
int test_streams_print_in_turn(void)
{
    Bed b;
    char sql[128];
    CHECK(bed_open(&b, false, true));
    RUN(&b, "CREATE STREAM two (k STRING KEY, v INT) WITH (kafka_topic='two', value_format='json', partitions=2);");
    char many[] = "a", one[] = "a";
    while (partition_of(str_of(many), 2) != 0)
        ++*many;
    while (partition_of(str_of(one), 2) != 1)
        ++*one;
    for (int i = 0; i < 250; i++) {
        snprintf(sql, sizeof sql, "INSERT INTO two VALUES ('%s', %d);", many, i);
        RUN(&b, sql);
    }
    snprintf(sql, sizeof sql, "INSERT INTO two VALUES ('%s', 1000);", one);
    RUN(&b, sql);
    CHECK(strstr(bed_rows(&b, "PRINT two FROM BEGINNING LIMIT 150;"), "{\"V\":1000}"));
    bed_close(&b);
    return 0;
}

/* Times before 1970 and far from it, of records that another program wrote; half a pair in JSON is JSON. */
int test_print_times(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {-5, "1969/12/31 23:59:59.995 Z"},
        {-86400000, "1969/12/31 00:00:00.000 Z"},
        {951782400001, "2000/02/29 00:00:00.001 Z"},
        {253402300800000, "10000/01/01 00:00:00.000 Z"},
        {INT64_MAX, "292278994/08/17 07:12:55.807 Z"},
        {INT64_MIN, "-292275055/05/16 16:47:04.192 Z"},
    };
    Bed b;
    Err err = ERR_INIT;
    char want[100];
    CHECK(bed_open(&b, false, true));
    RUN(&b, "CREATE STREAM raw (v VARCHAR) WITH (kafka_topic='raw', value_format='json', partitions=1);");
    Unit *u = unit_begin(engine_topics(b.e));
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        unit_append(u, STR("raw"), 0, &(Record){.value = "{\"V\":\"\\uD83D\"}", .value_len = 14, .ts = rows[i].ms});
    CHECK_INT(unit_commit(u, false, &err), OK);
    const char *got = bed_rows(&b, "PRINT raw FROM BEGINNING LIMIT 6;");
    CHECK(strstr(got, "Value format: JSON"));
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(want, sizeof want, "rowtime: %s, key", rows[i].text);
        CHECK(strstr(got, want));
    }
    bed_close(&b);
    return 0;
}
