// SPDX-License-Identifier: Apache-2.0
// Changelog topics of stores: the bytes that a real ksqlDB wrote for the shopping cart, written and read; tables and tombstones;
// every aggregate from one chain to another over its changelog; what stands in a changelog by the plan.
#include "test_exec_help.h"

#define APP "_confluent-ksql-default_query_CTAS_CURRENT_SHOPPING_CART_3"
#define CART_LOG APP "-Aggregate-Aggregate-Materialize-changelog"

static const char cart_sql[] =
    "CREATE STREAM shopping_cart_events (customer STRING, item STRING, qty INTEGER) "
    "WITH (kafka_topic='shopping_cart_events', value_format='json', partitions=1); "
    "CREATE TABLE current_shopping_cart WITH (key_format='json') AS SELECT customer, item, SUM(qty) AS total_qty "
    "FROM shopping_cart_events GROUP BY customer, item EMIT CHANGES;";

static const Fed cart_events[] = {
    {NULL, "{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":2}", 1795249505016},
    {NULL, "{\"CUSTOMER\":\"bob\",\"ITEM\":\"t-shirts\",\"QTY\":1}", 1795249505163},
    {NULL, "{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":-1}", 1795249505285},
    {NULL, "{\"CUSTOMER\":\"bob\",\"ITEM\":\"hats\",\"QTY\":1}", 1795249505481},
    {NULL, "{\"customer\":\"lower\",\"item\":\"case\",\"qty\":1}", 1795249514978},
    {NULL, "{\"CUSTOMER\":\"x\",\"ITEM\":\"y\",\"QTY\":99999999999}", 1795249514978},
    {NULL, "{\"CUSTOMER\":\"x\",\"ITEM\":\"y\",\"QTY\":2.7}", 1795249514978},
    {NULL, "{\"CUSTOMER\":5,\"ITEM\":{\"a\":1},\"QTY\":\"7\"}", 1795249514978},
};

/* As recorded from ksqlDB 8.0.7. */
static const char cart_log[] =
    "1795249505163 {\"CUSTOMER\":\"bob\",\"ITEM\":\"t-shirts\"} "
    "{\"CUSTOMER\":\"bob\",\"ITEM\":\"t-shirts\",\"QTY\":1,\"KSQL_AGG_VARIABLE_0\":1}\n"
    "1795249505285 {\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\"} "
    "{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":-1,\"KSQL_AGG_VARIABLE_0\":1}\n"
    "1795249505481 {\"CUSTOMER\":\"bob\",\"ITEM\":\"hats\"} "
    "{\"CUSTOMER\":\"bob\",\"ITEM\":\"hats\",\"QTY\":1,\"KSQL_AGG_VARIABLE_0\":1}\n"
    "1795249514978 {\"CUSTOMER\":\"lower\",\"ITEM\":\"case\"} "
    "{\"CUSTOMER\":\"lower\",\"ITEM\":\"case\",\"QTY\":1,\"KSQL_AGG_VARIABLE_0\":1}\n"
    "1795249514978 {\"CUSTOMER\":\"x\",\"ITEM\":\"y\"} "
    "{\"CUSTOMER\":\"x\",\"ITEM\":\"y\",\"QTY\":2,\"KSQL_AGG_VARIABLE_0\":1215752193}\n"
    "1795249514978 {\"CUSTOMER\":\"5\",\"ITEM\":\"{\\\"a\\\":1}\"} "
    "{\"CUSTOMER\":\"5\",\"ITEM\":\"{\\\"a\\\":1}\",\"QTY\":7,\"KSQL_AGG_VARIABLE_0\":7}\n";

/* A line of rig_state. */
#define ROW(ts, customer, item, total) \
    "insert " ts " CUSTOMER=\"" customer "\" ITEM=\"" item "\" KSQL_AGG_VARIABLE_0=" total " ROWTIME=" ts "\n"

/* Lines of rig_topic_text as records; they borrow the text. */
static int records_of(const char *text, Record *out, int most)
{
    int n = 0;
    for (const char *p = text; *p && n < most; n++) {
        char *key, *end = strchr(p, '\n');
        int64_t ts = strtoll(p, &key, 10);
        const char *value = strstr(++key, "} {");
        const char *key_end = value ? value + 1 : end - 1;
        out[n] = (Record){.key = key, .key_len = (int32_t)(key_end - key), .offset = n, .ts = ts};
        if (value) {
            out[n].value = key_end + 1;
            out[n].value_len = (int32_t)(end - out[n].value);
        }
        p = end + 1;
    }
    return n;
}

static int write_cart(bool coalesce)
{
    Rig r;
    CHECK(rig_open(&r, NULL, cart_sql, APP, coalesce));
    CHECK_STR(rig_store(&r, 0)->node->log->topic, CART_LOG);
    CHECK_INT(rig_store(&r, 0)->node->log->partitions, 1);
    CHECK(rig_feed(&r, cart_events, 4, 0) && rig_commit(&r));
    CHECK(rig_feed(&r, cart_events + 4, 4, 4) && rig_commit(&r));
    CHECK_TEXT(rig_topic_text(&r, STR(CART_LOG), 0), cart_log);
    CHECK(rig_commit(&r)); /* nothing changed: nothing is written */
    CHECK_TEXT(rig_topic_text(&r, STR(CART_LOG), 6), "");
    rig_close(&r);
    return 0;
}

int test_changelog_cart(void) { return write_cart(true); }
int test_changelog_cart_every_update(void) { return write_cart(false); }

/* ksqlDB's records are read, and the work goes on from them. */
static int read_cart(const char *dir)
{
    Rig r;
    Record recs[8];
    int n = records_of(cart_log, recs, ARRAY_LEN(recs));
    static const Fed next = {NULL, "{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":5}", 1795249505000};
    CHECK_INT(n, 6);
    CHECK(rig_open(&r, dir, cart_sql, APP, true));
    CHECK(rig_restore(&r, rig_store(&r, 0), recs, n));
    CHECK_TEXT(rig_state(&r, 0), ROW("1795249514978", "5", "{\\\"a\\\":1}", "7")
                                 ROW("1795249514978", "x", "y", "1215752193")
                                 ROW("1795249505481", "bob", "hats", "1")
                                 ROW("1795249505285", "bob", "pants", "1")
                                 ROW("1795249505163", "bob", "t-shirts", "1")
                                 ROW("1795249514978", "lower", "case", "1"));
    CHECK(rig_feed(&r, &next, 1, 15) && rig_commit(&r));
    CHECK_TEXT(rig_topic_text(&r, STR(CART_LOG), 0),
               "1795249505285 {\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\"} "
               "{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":5,\"KSQL_AGG_VARIABLE_0\":6}\n");
    CHECK_TEXT(rig_topic_text(&r, STR("CURRENT_SHOPPING_CART"), 0),
               "1795249505285 {\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\"} {\"TOTAL_QTY\":6}\n");
    rig_close(&r);
    return 0;
}

int test_changelog_cart_restored(void) { return read_cart(NULL); }

/* What was restored stands on the disk. */
int test_changelog_restored_on_disk(void)
{
    TmpDir dir = tmpdir_new();
    int failed = read_cart(dir.path);
    Rig r;
    CHECK(!failed && rig_open(&r, dir.path, cart_sql, APP, true));
    CHECK_TEXT(rig_state(&r, 0), ROW("1795249514978", "5", "{\\\"a\\\":1}", "7")
                                 ROW("1795249514978", "x", "y", "1215752193")
                                 ROW("1795249505481", "bob", "hats", "1")
                                 ROW("1795249505285", "bob", "pants", "6")
                                 ROW("1795249505163", "bob", "t-shirts", "1")
                                 ROW("1795249514978", "lower", "case", "1"));
    rig_close(&r);
    tmpdir_remove(&dir);
    return 0;
}

/* ---- tables ---- */

#define TABLE_APP "_confluent-ksql-default_query_CTAS_T_1"
#define TABLE_LOG TABLE_APP "-KsqlTopic-Reduce-changelog"

static const char table_sql[] =
    "CREATE TABLE people (id STRING PRIMARY KEY, city STRING, age INT) "
    "WITH (kafka_topic='people', value_format='json', partitions=1); "
    "CREATE TABLE t AS SELECT city, COUNT(*) AS n, SUM(age) AS ages FROM people GROUP BY city;";

/* Whole rows, where they came from, and tombstones with the time of the delete; two stores in one chain. */
int test_changelog_table(void)
{
    static const Fed first[] = {
        {"ann", "{\"CITY\":\"Bern\",\"AGE\":30}", 10}, {"bob", "{\"CITY\":\"Bern\",\"AGE\":40}", 20},
        {"cid", "{\"CITY\":\"Rome\",\"AGE\":null}", 30}, {"ann", "{\"CITY\":\"Rome\",\"AGE\":31}", 40},
    };
    static const Fed second[] = {
        {"bob", NULL, 50}, {"dan", NULL, 60}, {"eve", "{\"CITY\":\"Oslo\",\"AGE\":5}", 70}, {"eve", NULL, 80}};
    Rig r, again;
    CHECK(rig_open(&r, NULL, table_sql, TABLE_APP, true));
    CHECK_STR(rig_store(&r, 0)->node->log->topic, TABLE_LOG);
    CHECK(rig_feed(&r, first, 4, 0) && rig_commit(&r));
    CHECK_TEXT(rig_topic_text(&r, STR(TABLE_LOG), 0),
               "20 bob {\"CITY\":\"Bern\",\"AGE\":40,\"ROWPARTITION\":0,\"ROWOFFSET\":1}\n"
               "30 cid {\"CITY\":\"Rome\",\"AGE\":null,\"ROWPARTITION\":0,\"ROWOFFSET\":2}\n"
               "40 ann {\"CITY\":\"Rome\",\"AGE\":31,\"ROWPARTITION\":0,\"ROWOFFSET\":3}\n");
    Str sums = rig_store(&r, 1)->node->log->topic;
    CHECK_STR(sums, TABLE_APP "-Aggregate-Aggregate-Materialize-changelog");
    CHECK_TEXT(rig_topic_text(&r, sums, 0),
               "40 Bern {\"CITY\":\"Bern\",\"ROWTIME\":10,\"AGE\":30,\"KSQL_AGG_VARIABLE_0\":1,\"KSQL_AGG_VARIABLE_1\":40}\n"
               "40 Rome {\"CITY\":\"Rome\",\"ROWTIME\":40,\"AGE\":31,\"KSQL_AGG_VARIABLE_0\":2,\"KSQL_AGG_VARIABLE_1\":31}\n");
    CHECK(rig_feed(&r, second, 4, 4) && rig_commit(&r));
    CHECK_TEXT(rig_topic_text(&r, STR(TABLE_LOG), 3), "50 bob \n80 eve \n");
    CHECK(rig_open(&again, NULL, table_sql, TABLE_APP, true));
    CHECK(rig_restore_from(&again, rig_store(&again, 0), &r, 0) && rig_restore_from(&again, rig_store(&again, 1), &r, 0));
    CHECK_TEXT(rig_state(&again, 0), rig_state(&r, 0));
    CHECK_TEXT(rig_state(&again, 1), rig_state(&r, 1));
    static const Fed third[] = {{"ann", NULL, 90}, {"cid", "{\"CITY\":\"Bern\",\"AGE\":7}", 100}};
    CHECK(rig_feed(&r, third, 2, 8) && rig_commit(&r));
    CHECK(rig_feed(&again, third, 2, 8) && rig_commit(&again));
    CHECK_TEXT(rig_state(&again, 1), rig_state(&r, 1));
    CHECK_TEXT(rig_topic_text(&again, sums, 0), rig_topic_text(&r, sums, 4));
    rig_close(&r);
    rig_close(&again);
    return 0;
}

/* A changelog of two rounds over one that was restored before: the last record of a key holds, tombstones take rows away. */
int test_changelog_restored_twice(void)
{
    static const Fed first[] = {{"ann", "{\"CITY\":\"Bern\",\"AGE\":30}", 10}, {"bob", "{\"CITY\":\"Bern\",\"AGE\":40}", 20}};
    static const Fed second[] = {{"bob", NULL, 50}, {"ann", "{\"CITY\":\"Rome\",\"AGE\":1}", 60}};
    TmpDir dir = tmpdir_new();
    Rig r, again;
    CHECK(rig_open(&r, NULL, table_sql, TABLE_APP, false) && rig_open(&again, dir.path, table_sql, TABLE_APP, false));
    CHECK(rig_feed(&r, first, 2, 0) && rig_commit(&r));
    CHECK(rig_restore_from(&again, rig_store(&again, 0), &r, 0) && rig_restore_from(&again, rig_store(&again, 1), &r, 0));
    CHECK(rig_feed(&r, second, 2, 2) && rig_commit(&r));
    CHECK(rig_restore_from(&again, rig_store(&again, 0), &r, 2) && rig_restore_from(&again, rig_store(&again, 1), &r, 1));
    rig_close(&again);
    CHECK(rig_open(&again, dir.path, table_sql, TABLE_APP, false));
    CHECK_TEXT(rig_state(&again, 0), rig_state(&r, 0));
    CHECK_TEXT(rig_state(&again, 1), rig_state(&r, 1));
    rig_close(&r);
    rig_close(&again);
    tmpdir_remove(&dir);
    return 0;
}

/* ---- every aggregate, from one chain to another ---- */

static const char every_sql[] =
    "CREATE STREAM s (k STRING KEY, a INT, b DOUBLE, c STRING, d DECIMAL(6, 2), l ARRAY<INT>) "
    "WITH (kafka_topic='s', value_format='json', partitions=1); "
    "CREATE TABLE t AS SELECT k, COUNT(*) AS n, COUNT(a) AS na, SUM(a) AS sa, SUM(b) AS sb, SUM(d) AS sd, AVG(a) AS aa, "
    "MIN(a) AS mi, MAX(b) AS mb, MIN(c) AS mc, MAX(d) AS md, COLLECT_LIST(c) AS cl, COLLECT_SET(a) AS cs, COUNT_DISTINCT(c) "
    "AS cd, HISTOGRAM(c) AS h, TOPK(a, 3) AS tk, TOPK(a, c, 2) AS tc, TOPKDISTINCT(b, 3) AS td, EARLIEST_BY_OFFSET(a) AS "
    "ea, LATEST_BY_OFFSET(c) AS lc, LATEST_BY_OFFSET(a, 3) AS la, EARLIEST_BY_OFFSET(b, 2, false) AS eb, ATTR(c) AS att, "
    "CORRELATION(a, a) AS co, STDDEV_SAMP(a) AS va, STDDEV_SAMPLE(b) AS vb, SUM_LIST(l) AS sl, SUM(a + 1) AS sx FROM s "
    "WHERE c IS NOT NULL GROUP BY k HAVING COUNT(*) > 0;";

static bool feed_random(Rig *rigs, int nrigs, int64_t *offset)
{
    enum { ROWS = 40 };
    static const char *const keys[] = {"x", "y", "z", "w"}, *const words[] = {"\"p\"", "\"q r\"", "\"\\\"\"", "null"};
    char values[ROWS][160];
    Fed fed[ROWS];
    for (int i = 0; i < ROWS; i++) {
        bool none = rand() % 5 == 0;
        snprintf(values[i], sizeof values[i], "{\"A\":%s%d,\"B\":%d.5,\"C\":%s,\"D\":%d.25,\"L\":[%d,null]}",
                 none ? "null,\"Z\":" : "", rand() % 20 - 10, rand() % 9, words[rand() % 4], rand() % 50, rand() % 7);
        fed[i] = (Fed){keys[rand() % 4], values[i], 1000 + *offset + rand() % 30};
    }
    bool ok = true;
    for (int i = 0; i < nrigs; i++)
        ok &= rig_feed(&rigs[i], fed, ROWS, *offset);
    *offset += ROWS;
    return ok;
}

static int every_aggregate(bool coalesce)
{
    enum { ROUNDS = 12 };
    const unsigned seed = 4;
    Rig rigs[2];
    int64_t offset = 0;
    printf("seed %u\n", seed);
    srand(seed);
    CHECK(rig_open(&rigs[0], NULL, every_sql, APP, coalesce));
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(feed_random(rigs, 1, &offset) && rig_commit(&rigs[0]));
        TmpDir fresh = tmpdir_new();
        CHECK(rig_open(&rigs[1], fresh.path, every_sql, APP, coalesce));
        CHECK(rig_restore_from(&rigs[1], rig_store(&rigs[1], 0), &rigs[0], 0));
        CHECK_TEXT(rig_state(&rigs[1], 0), rig_state(&rigs[0], 0));
        int64_t end = topic_end(rigs[0].topics, STR(CART_LOG), 0);
        CHECK(feed_random(rigs, 2, &offset) && rig_commit(&rigs[0]) && rig_commit(&rigs[1]));
        CHECK_TEXT(rig_state(&rigs[1], 0), rig_state(&rigs[0], 0));
        CHECK(strlen(rig_topic_text(&rigs[0], STR(CART_LOG), end)) > 100);
        rig_close(&rigs[1]);
        tmpdir_remove(&fresh);
    }
    CHECK_INT(rigs[0].errors, 0);
    rig_close(&rigs[0]);
    return 0;
}

int test_changelog_every_aggregate(void) { return every_aggregate(true); }
int test_changelog_every_aggregate_each_update(void) { return every_aggregate(false); }

/* ---- the plan: what stands in a changelog (the same as in the plans of ksqlDB's repository) ---- */

static int check_log(const char *query, const char *want, Format key, Format value)
{
    static const char source[] =
        "CREATE STREAM test (k STRING KEY, f0 INT, f1 INT, f2 INT, data STRING, m MAP<STRING, INT>) "
        "WITH (kafka_topic='t', value_format='json', partitions=1); "
        "CREATE STREAM flat (id BIGINT KEY, name STRING, v DOUBLE) "
        "WITH (kafka_topic='f', value_format='delimited', partitions=1); "
        "CREATE STREAM keyed (a STRING KEY, v INT) WITH (kafka_topic='j', format='json', partitions=1); ";
    Rig r;
    Buf b = BUF_INIT;
    buf_printf(&b, "%s%s", source, query);
    CHECK(rig_open(&r, NULL, buf_z(&b), APP, true));
    const PInput *log = rig_store(&r, 0)->node->log;
    buf_clear(&b);
    schema_print(&b, log->schema);
    CHECK_STR(buf_view(&b), want);
    CHECK_INT(log->key.format, key);
    CHECK_INT(log->value.format, value);
    if (key == FORMAT_JSON)
        CHECK_INT(log->key.wrapping, log->key.ncols == 1 ? UNWRAP_SINGLES : WRAP_DEFAULT);
    buf_free(&b);
    rig_close(&r);
    return 0;
}

int test_changelog_schemas(void)
{
    static const struct {
        const char *query, *want;
        Format key, value;
    } cases[] = {
        {"CREATE TABLE o AS SELECT (f2 - f1), COUNT(*) FROM test GROUP BY (f2 - f1);",
         "`KSQL_COL_0` INTEGER KEY, `F2` INTEGER, `F1` INTEGER, `ROWTIME` BIGINT, `KSQL_AGG_VARIABLE_0` BIGINT", FORMAT_KAFKA,
         FORMAT_JSON},
        {"CREATE TABLE o AS SELECT data, COUNT(1), COUNT(1) FROM test GROUP BY data;",
         "`DATA` STRING KEY, `DATA` STRING, `KSQL_AGG_VARIABLE_0` BIGINT, `KSQL_AGG_VARIABLE_1` BIGINT", FORMAT_KAFKA,
         FORMAT_JSON},
        {"CREATE TABLE o AS SELECT f1, COUNT(f1) FROM test GROUP BY f1 HAVING COUNT(f1) > 1 AND f1 = 1;",
         "`F1` INTEGER KEY, `F1` INTEGER, `KSQL_AGG_VARIABLE_0` BIGINT, `KSQL_AGG_VARIABLE_1` BIGINT", FORMAT_KAFKA,
         FORMAT_JSON},
        {"CREATE TABLE o AS SELECT f2, COUNT(*) FROM test WHERE f0 > 0 GROUP BY f2 HAVING SUM(f1) > 100;",
         "`F2` INTEGER KEY, `F2` INTEGER, `ROWTIME` BIGINT, `F0` INTEGER, `F1` INTEGER, `KSQL_AGG_VARIABLE_0` BIGINT, "
         "`KSQL_AGG_VARIABLE_1` INTEGER",
         FORMAT_KAFKA, FORMAT_JSON},
        {"CREATE TABLE o WITH (key_format='json') AS SELECT f0, f1, AVG(f0 + f1) FROM test GROUP BY f0, f1;",
         "`F0` INTEGER KEY, `F1` INTEGER KEY, `F0` INTEGER, `F1` INTEGER, "
         "`KSQL_AGG_VARIABLE_0` STRUCT<`SUM` INTEGER, `COUNT` BIGINT>",
         FORMAT_JSON, FORMAT_JSON},
        {"CREATE TABLE o AS SELECT id, COUNT(*) FROM flat GROUP BY id;",
         "`ID` BIGINT KEY, `ID` BIGINT, `ROWTIME` BIGINT, `KSQL_AGG_VARIABLE_0` BIGINT", FORMAT_KAFKA, FORMAT_DELIMITED},
        {"CREATE TABLE o AS SELECT a, SUM(v) FROM keyed GROUP BY a;",
         "`A` STRING KEY, `A` STRING, `V` INTEGER, `KSQL_AGG_VARIABLE_0` INTEGER", FORMAT_JSON, FORMAT_JSON},
    };
    for (int i = 0; i < ARRAY_LEN(cases); i++)
        if (check_log(cases[i].query, cases[i].want, cases[i].key, cases[i].value)) {
            printf("%s\n", cases[i].query);
            return 1;
        }
    return 0;
}

/* What goes through a repartition topic is as ksqlDB's too: required columns, then arguments that are none, literal ones too. */
int test_changelog_repartitioned(void)
{
    static const char sql[] =
        "CREATE STREAM shopping_cart_events (customer STRING, item STRING, qty INTEGER) "
        "WITH (kafka_topic='shopping_cart_events', value_format='json', partitions=2); "
        "CREATE TABLE current_shopping_cart WITH (key_format='json') AS SELECT customer, item, SUM(qty) AS total_qty, "
        "TOPK(qty + 1, 2) AS most FROM shopping_cart_events GROUP BY customer, item EMIT CHANGES;";
    Rig r;
    CHECK(rig_open(&r, NULL, sql, APP, true));
    CHECK_INT(r.plan->nsubs, 2);
    Str topic = r.plan->subs[1].input.topic;
    CHECK_STR(topic, APP "-Aggregate-GroupBy-repartition");
    CHECK_INT(rig_store(&r, 0)->node->log->partitions, 2);
    CHECK(rig_take_sub(&r, 0) && rig_feed(&r, cart_events, 1, 0) && rig_commit(&r));
    Str key = STR("{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\"}");
    RecordSet set;
    Err err = ERR_INIT;
    CHECK_INT(topic_read(r.topics, topic, partition_of(key, 2), 0, 10, &set, &err), OK);
    CHECK_INT(set.n, 1);
    const Record *rec = &set.records[0];
    CHECK_INT(rec->ts, 1795249505016);
    CHECK_STR(((Str){rec->key, (size_t)rec->key_len}), key.p);
    CHECK_STR(((Str){rec->value, (size_t)rec->value_len}), "{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":2,"
                                                           "\"KSQL_INTERNAL_COL_3\":3,\"KSQL_INTERNAL_COL_4\":2}");
    recordset_release(&set);
    CHECK(rig_take_sub(&r, 1));
    static const Fed fed = {"{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\"}",
                            "{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":2,"
                            "\"KSQL_INTERNAL_COL_3\":3,\"KSQL_INTERNAL_COL_4\":2}", 7};
    CHECK(rig_feed(&r, &fed, 1, 0) && rig_commit(&r));
    CHECK_TEXT(rig_topic_text(&r, STR(CART_LOG), 0),
               "7 {\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\"} {\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":2,"
               "\"KSQL_AGG_VARIABLE_0\":2,\"KSQL_AGG_VARIABLE_1\":[3]}\n");
    rig_close(&r);
    return 0;
}

/* A record that is no state stops the restore and is named; one without key is passed over. */
int test_changelog_foreign_record(void)
{
    static const char sql[] = "CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1); "
                              "CREATE TABLE t AS SELECT k, AVG(v) AS a FROM s GROUP BY k;";
    static const char half[] = "{\"K\":\"x\",\"V\":1,\"KSQL_AGG_VARIABLE_0\":{\"SUM\":1,\"COUNT\":null}}";
    static const char whole[] = "{\"K\":\"x\",\"V\":1,\"KSQL_AGG_VARIABLE_0\":{\"SUM\":3,\"COUNT\":2}}";
    const Record recs[] = {
        {.value = whole, .value_len = (int32_t)strlen(whole), .offset = 6, .ts = 8},
        {.key = "x", .key_len = 1, .value = whole, .value_len = (int32_t)strlen(whole), .offset = 7, .ts = 9},
        {.key = "y", .key_len = 1, .value = half, .value_len = (int32_t)strlen(half), .offset = 8, .ts = 10},
    };
    Rig r;
    CHECK(rig_open(&r, NULL, sql, APP, true));
    CHECK(rig_restore(&r, rig_store(&r, 0), recs, 2));
    CHECK_TEXT(rig_state(&r, 0), "insert 9 K=\"x\" KSQL_AGG_VARIABLE_0=1.5 ROWTIME=9\n");
    CHECK(!rig_restore(&r, rig_store(&r, 0), recs + 2, 1));
    CHECK_TEXT(r.why, CART_LOG " at offset 8 holds no state of avg");
    rig_close(&r);
    return 0;
}
