// SPDX-License-Identifier: Apache-2.0
// runtime: ends of reads. What a query gives is counted against what was written.
#include "test_runtime_help.h"

static bool fill(Bed *b, const char *topic, int partitions, int64_t rows)
{
    enum { UNIT_ROWS = 10000 };
    Err err = ERR_INIT;
    Status st = OK;
    for (int64_t at = 0; at < rows && st == OK;) {
        Unit *u = unit_begin(engine_topics(b->e));
        for (int i = 0; i < UNIT_ROWS && at < rows; i++, at++) {
            char value[32];
            int n = snprintf(value, sizeof value, "{\"V\":%lld}", (long long)at);
            unit_append(u, str_of(topic), (int)(at % partitions), &(Record){.value = value, .value_len = n, .ts = at});
        }
        st = unit_commit(u, false, &err);
    }
    err_clear(&err);
    return st == OK;
}

/* How many rows the statement gives before it ends well; -1: it failed. Simulated: the worker fills the queue before the first row
 * is read. */
static int64_t count_rows(Bed *b, const char *sql)
{
    RowStream *rs = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    StreamEvent ev;
    int64_t n = 0;
    if (bed_stream(b, sql, &rs)) {
        printf("%s: %s\n", sql, b->message);
        return -1;
    }
    if (b->sim)
        bed_pass(b, 5000);
    while ((ev = rowstream_next(rs, 60000, &row, &err)) == STREAM_ROW)
        n++;
    if (ev != STREAM_END) {
        printf("%s: after %lld rows: event %d %s\n", sql, (long long)n, ev, err.msg ? err.msg : "");
        n = -1;
    }
    err_clear(&err);
    rowstream_close(rs);
    return n;
}

static int bounded_reads(bool on_disk, bool simulated, int partitions, int64_t rows)
{
    Bed b;
    char sql[160];
    CHECK(bed_open(&b, on_disk, simulated));
    snprintf(sql, sizeof sql, "CREATE STREAM s (v BIGINT) WITH (kafka_topic='s', value_format='json', partitions=%d);", partitions);
    RUN(&b, sql);
    CHECK(fill(&b, "s", partitions, rows));
    CHECK_INT(count_rows(&b, "SELECT v FROM s;"), rows);
    snprintf(sql, sizeof sql, "SELECT v FROM s LIMIT %lld;", (long long)rows - rows / 10);
    CHECK_INT(count_rows(&b, sql), rows - rows / 10);
    RUN(&b, "SET 'commit.interval.ms'='1';");
    CHECK_INT(count_rows(&b, "SELECT v FROM s;"), rows);
    bed_close(&b);
    return 0;
}

int test_reads_bounded_memory(void) { return bounded_reads(false, true, 1, 100000); }
int test_reads_bounded_disk(void) { return bounded_reads(true, true, 1, 100000); }
int test_reads_bounded_threads(void) { return bounded_reads(false, false, 3, 100000); }
