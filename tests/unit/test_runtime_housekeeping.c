// SPDX-License-Identifier: Apache-2.0
// runtime: retention, trimming of repartition topics and compaction, at the minutes of the simulated clock.
#include "test_runtime_help.h"

enum { MINUTE = 60000 };

/* n rows of one of `keys` keys and groups. */
static void feed(Bed *b, const char *topic, int from, int n, int keys)
{
    Err err = ERR_INIT;
    Unit *u = unit_begin(engine_topics(b->e));
    for (int i = from; i < from + n; i++) {
        char key[16], value[64];
        int k = snprintf(key, sizeof key, "k%d", i % keys);
        int v = snprintf(value, sizeof value, "{\"G\":\"g%d\",\"V\":1}", i % keys);
        Record r = {.key = key, .key_len = k, .value = value, .value_len = v, .ts = effects_wall_ms(engine_effects(b->e))};
        unit_append(u, str_of(topic), 0, &r);
    }
    if (unit_commit(u, false, &err))
        BUG("%s", err.msg);
}

static int64_t first_of(Bed *b, const char *topic) { return topic_begin(engine_topics(b->e), str_of(topic), 0); }
static int64_t end_of(Bed *b, const char *topic) { return topic_end(engine_topics(b->e), str_of(topic), 0); }

static int64_t records_of(Bed *b, const char *topic)
{
    int64_t n = 0, at = 0;
    for (;;) {
        RecordSet set;
        Err err = ERR_INIT;
        if (topic_read(engine_topics(b->e), str_of(topic), 0, at, 4096, &set, &err))
            BUG("%s", err.msg);
        n += set.n;
        at = set.next_offset;
        bool more = set.n > 0;
        recordset_release(&set);
        if (!more)
            return n;
    }
}

static int retention(bool on_disk)
{
    Bed b;
    CHECK(bed_open(&b, on_disk, true));
    RUN(&b, "CREATE STREAM s (k VARCHAR KEY, g VARCHAR, v INT) WITH (kafka_topic='s', value_format='json', partitions=1, "
            "retention_ms=600000);"
            "CREATE TABLE t (k VARCHAR PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='json', partitions=1);");
    feed(&b, "s", 0, 1000, 10);
    feed(&b, "t", 0, 1000, 10);
    bed_pass(&b, 5 * MINUTE);
    CHECK_INT(first_of(&b, "s"), 0);
    feed(&b, "s", 0, 500, 10);
    bed_pass(&b, 6 * MINUTE);
    CHECK_INT(first_of(&b, "s"), 1000);
    bed_pass(&b, 6 * MINUTE);
    CHECK_INT(first_of(&b, "s"), 1500);
    CHECK_INT(end_of(&b, "s"), 1500);
    CHECK_INT(first_of(&b, "t"), 0);
    if (on_disk) {
        bed_stop(&b, true);
        CHECK(bed_start(&b));
        CHECK_INT(first_of(&b, "s"), 1500);
        CHECK_INT(end_of(&b, "s"), 1500);
    }
    bed_close(&b);
    return 0;
}

int test_housekeeping_retention_memory(void) { return retention(false); }
int test_housekeeping_retention_disk(void) { return retention(true); }

/* The internal topic of a query, or "". */
static const char *repartition_topic(Bed *b, Arena *a)
{
    TopicInfoVec all = {NULL, 0, 0};
    topic_list(engine_topics(b->e), a, &all);
    for (int i = 0; i < all.n; i++)
        if (str_ends(all.v[i].name, STR("repartition")))
            return arena_cstr(a, all.v[i].name);
    return "";
}

/* A repartition topic holds what was not read and committed, not what was: after a minute, or after many rows. */
static int trimming(bool on_disk)
{
    Bed b;
    Arena *a = arena_new(1024);
    CHECK(bed_open(&b, on_disk, true));
    RUN(&b, "SET 'auto.offset.reset'='earliest';"
            "CREATE STREAM s (k VARCHAR KEY, g VARCHAR, v INT) WITH (kafka_topic='s', value_format='json', partitions=2);"
            "CREATE TABLE t AS SELECT g, SUM(v) AS n FROM s GROUP BY g;");
    const char *topic = repartition_topic(&b, a);
    feed(&b, "s", 0, 9000, 1);
    bed_pass(&b, 5000);
    int p = end_of(&b, topic) ? 0 : 1;
    int64_t begin = topic_begin(engine_topics(b.e), str_of(topic), p);
    CHECK_INT(begin, 0);
    bed_pass(&b, MINUTE);
    CHECK(topic_begin(engine_topics(b.e), str_of(topic), p) >= 9000 - 4096);
    feed(&b, "s", 0, 250000, 1);
    bed_pass(&b, 5000);
    CHECK(topic_begin(engine_topics(b.e), str_of(topic), p) >= 100000);
    CHECK_TEXT(bed_rows(&b, "SELECT n FROM t;"), "259000");
    if (on_disk) {
        bed_stop(&b, true);
        CHECK(bed_start(&b));
        RUN(&b, "SET 'auto.offset.reset'='earliest';");
    }
    feed(&b, "s", 0, 1000, 1);
    bed_pass(&b, 5000);
    CHECK_TEXT(bed_rows(&b, "SELECT n FROM t;"), "260000");
    bed_close(&b);
    arena_free(a);
    return 0;
}

int test_housekeeping_trim_memory(void) { return trimming(false); }
int test_housekeeping_trim_disk(void) { return trimming(true); }

/* A table's topic is compacted when much more came than there are keys; a query that reads it meanwhile sees the last
 * of every key, and one that starts later too. */
static int compaction(bool on_disk)
{
    Bed b;
    CHECK(bed_open(&b, on_disk, true));
    RUN(&b, "SET 'auto.offset.reset'='earliest';"
            "CREATE TABLE t (k VARCHAR PRIMARY KEY, g VARCHAR, v INT) WITH (kafka_topic='t', value_format='json', partitions=1);"
            "CREATE TABLE c AS SELECT v, COUNT(*) AS n FROM t GROUP BY v;");
    feed(&b, "t", 0, 99000, 1000);
    bed_pass(&b, MINUTE);
    CHECK_INT(records_of(&b, "t"), 99000);
    feed(&b, "t", 0, 2000, 1000);
    bed_pass(&b, MINUTE);
    bed_pass(&b, MINUTE);
    CHECK_INT(records_of(&b, "t"), 1000);
    CHECK_INT(end_of(&b, "t"), 101000);
    feed(&b, "t", 500, 200, 2000);
    bed_pass(&b, MINUTE);
    CHECK_TEXT(bed_rows(&b, "SELECT n FROM c;"), "1000");
    RUN(&b, "CREATE TABLE d AS SELECT v, COUNT(*) AS n FROM t GROUP BY v;");
    bed_pass(&b, 5000);
    CHECK_TEXT(bed_rows(&b, "SELECT n FROM d;"), "1000");
    if (on_disk) { /* what was compacted is remembered */
        bed_stop(&b, true);
        CHECK(bed_start(&b));
        CHECK_INT(records_of(&b, "t"), 1200);
    }
    bed_close(&b);
    return 0;
}

int test_housekeeping_compact_memory(void) { return compaction(false); }
int test_housekeeping_compact_disk(void) { return compaction(true); }
