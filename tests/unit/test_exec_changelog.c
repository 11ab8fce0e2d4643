// SPDX-License-Identifier: Apache-2.0
// Changelog topics of stores: the bytes that a real ksqlDB wrote for the shopping cart, written and read, in memory and on disk.
#include <stdlib.h>

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
