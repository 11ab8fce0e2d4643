// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics, over the broker double, at least once: a row that a table's filter hides is not left shown in the
// table's topic by a commit that failed between its records, and one that was never shown is told of only while inputs are read
// that may have been read before (OpEnv.again).
#include "test_runtime_remote_help.h"

#include "runtime/internal.h"

static const char SHOWN[] = "CREATE STREAM s (k VARCHAR KEY, qty INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
                            "CREATE TABLE cart AS SELECT k, SUM(qty) AS n FROM s GROUP BY k HAVING SUM(qty) > 0;";
static const char COALESCED[] = "SET 'ksql.streams.cache.max.bytes.buffering'='10000000';";
static const char ALL[] = "SELECT * FROM cart;";

enum { SEEDS = 20 };

typedef struct Cart {
    int values, tombstones; /* records */
    bool shown;             /* its last record is a value */
} Cart;

/* What the table's topic has of the key. */
static Cart cart_of(Bed *b, const char *key)
{
    Topics *topics = engine_topics(b->e);
    Cart cart = {0};
    for (int64_t at = 0, end = topic_end(topics, STR("CART"), 0); at < end;) {
        RecordSet set;
        Err err = ERR_INIT;
        BUG_IF(topic_read(topics, STR("CART"), 0, at, 100, &set, &err));
        for (int i = 0; i < set.n; i++) {
            const Record *r = &set.records[i];
            if (!str_eq_c((Str){r->key, (size_t)r->key_len}, key))
                continue;
            cart.shown = r->value != NULL;
            cart.values += cart.shown;
            cart.tombstones += !cart.shown;
        }
        at = set.n ? set.next_offset : end;
        recordset_release(&set);
    }
    return cart;
}

/* The commit of what was read dies in its flush, and the server with it. */
static bool die_in_flush(Bed *b, Broker *broker)
{
    bool flushed = bed_flushes(b, broker, FAULT_FAIL);
    bed_stop(b, true);
    return flushed;
}

/* By a producer that is no server's. */
static void put(Broker *broker, const char *key, const char *value)
{
    double_append(broker, STR("s"), 0,
                  &(Record){.key = key, .key_len = (int32_t)strlen(key), .value = value, .value_len = (int32_t)strlen(value),
                            .ts = BED_START_MS});
}

typedef struct Death {
    bool log, cart; /* what was delivered */
} Death;

/* One row of bob's more is read, and its commit dies. */
static Death death_of(Bed *b, Broker *broker, const char *row)
{
    int64_t log = double_end(broker, str_of(LOG), 0), cart = double_end(broker, STR("CART"), 0);
    put(broker, "bob", row);
    BUG_IF(!die_in_flush(b, broker));
    return (Death){double_end(broker, str_of(LOG), 0) > log, double_end(broker, STR("CART"), 0) > cart};
}

/* The changelog hears that a row is hidden, the table's topic does not; the row stays hidden. */
static int hidden_in_log(uint64_t seed, bool coalesced, int *met)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = seed, .reorder = 500});
    Bed b;
    CHECK(remote_open(&b, broker, 0, false, "at_least_once"));
    if (coalesced)
        RUN(&b, COALESCED);
    CHECK(bed_fill(&b, SHOWN, "INSERT INTO s VALUES ('bob', 3);"));
    CHECK(cart_of(&b, "bob").shown);
    Death d = death_of(&b, broker, "{\"QTY\":-5}");
    *met += d.log && !d.cart;
    CHECK(bed_start(&b));
    bed_passes(&b, 2);
    CHECK_TEXT(bed_rows(&b, ALL), "");
    CHECK(!cart_of(&b, "bob").shown);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* The table's topic hears that a row is shown, the changelog does not; the next start finds more to read, and the row stays
 * hidden. */
static int shown_in_topic(uint64_t seed, bool fresh, int *met)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = seed, .reorder = 500});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "at_least_once"));
    RUN(&b, COALESCED);
    CHECK(bed_fill(&b, SHOWN, fresh ? "INSERT INTO s VALUES ('eve', -1);" : "INSERT INTO s VALUES ('bob', -5);"));
    CHECK(!cart_of(&b, "bob").shown);
    Death d = death_of(&b, broker, "{\"QTY\":8}");
    *met += d.cart && !d.log;
    put(broker, "bob", "{\"QTY\":-20}");
    CHECK(bed_start(&b));
    bed_passes(&b, 2);
    CHECK_TEXT(bed_rows(&b, ALL), "");
    CHECK(!cart_of(&b, "bob").shown);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

static int of_seeds(int (*one)(uint64_t seed, bool how, int *met), bool how)
{
    int met = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        if (one(seed, how, &met)) {
            printf("seed %llu\n", (unsigned long long)seed);
            return 1;
        }
    CHECK(met > 0);
    return 0;
}

int test_again_hidden_in_log(void) { return of_seeds(hidden_in_log, false); }
int test_again_hidden_in_log_coalesced(void) { return of_seeds(hidden_in_log, true); }
int test_again_shown_in_topic(void) { return of_seeds(shown_in_topic, false); }
int test_again_shown_in_topic_fresh(void) { return of_seeds(shown_in_topic, true); }

/* A table's WHERE, in the same way as the first. */
int test_again_where(void)
{
    Bed b;
    int met = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Broker *broker = double_new(&(DoubleConfig){.seed = seed, .reorder = 500});
        CHECK(remote_open(&b, broker, 0, false, "at_least_once"));
        CHECK(bed_fill(&b, "CREATE TABLE t (k VARCHAR PRIMARY KEY, qty INT) WITH (kafka_topic='s', value_format='json',"
                           " partitions=1); CREATE TABLE cart AS SELECT * FROM t WHERE qty > 0;",
                       "INSERT INTO t VALUES ('bob', 3);"));
        CHECK(cart_of(&b, "bob").shown);
        int64_t cart = double_end(broker, STR("CART"), 0);
        put(broker, "bob", "{\"QTY\":-5}");
        CHECK(die_in_flush(&b, broker));
        met += double_end(broker, STR("CART"), 0) == cart;
        CHECK(bed_start(&b));
        bed_passes(&b, 2);
        CHECK(!cart_of(&b, "bob").shown);
        CHECK_INT(remote_close(broker, &b, NULL), 0);
    }
    CHECK(met > 0);
    return 0;
}

/* Rows that were never shown: of a query that starts over inputs it has read, and over inputs it has not. */
static int never_shown(const char *guarantee, int told)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, guarantee));
    CHECK(bed_fill(&b, SHOWN, "INSERT INTO s VALUES ('bob', -1);"));
    CHECK_INT(cart_of(&b, "bob").tombstones, 0);
    for (int i = 0; i < 2; i++) {
        bed_stop(&b, i);
        CHECK(bed_start(&b));
        RUN(&b, "INSERT INTO s VALUES ('bob', -1);");
        bed_pass(&b, PASS_MS);
        RUN(&b, "INSERT INTO s VALUES ('joe', -1);");
        bed_pass(&b, PASS_MS);
        CHECK_INT(cart_of(&b, "bob").tombstones + cart_of(&b, "joe").tombstones, 0);
    }
    bed_stop(&b, false);
    put(broker, "bob", "{\"QTY\":-1}");
    CHECK(bed_start(&b));
    bed_pass(&b, PASS_MS);
    CHECK_INT(cart_of(&b, "bob").tombstones, told);
    RUN(&b, "INSERT INTO s VALUES ('bob', -1); INSERT INTO s VALUES ('joe', -1); INSERT INTO s VALUES ('ann', -1);");
    bed_pass(&b, PASS_MS);
    CHECK_INT(cart_of(&b, "bob").tombstones, told);
    CHECK_INT(cart_of(&b, "joe").tombstones + cart_of(&b, "ann").tombstones, 0);
    RUN(&b, "INSERT INTO s VALUES ('ann', 2);");
    bed_pass(&b, PASS_MS);
    RUN(&b, "INSERT INTO s VALUES ('ann', -2);");
    bed_pass(&b, PASS_MS);
    CHECK_INT(cart_of(&b, "ann").values, 1);
    CHECK_INT(cart_of(&b, "ann").tombstones, 1);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* A query that was just created reads what nobody has read for it: of rows that are hidden nothing is told. */
int test_again_not_at_first(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "at_least_once"));
    CHECK(bed_fill(&b, "CREATE STREAM s (k VARCHAR KEY, qty INT) WITH (kafka_topic='s', value_format='json', partitions=1);",
                   "INSERT INTO s VALUES ('bob', -1); INSERT INTO s VALUES ('eve', 1);"));
    CHECK(bed_fill(&b, "CREATE TABLE cart AS SELECT k, SUM(qty) AS n FROM s GROUP BY k HAVING SUM(qty) > 0;", ""));
    CHECK(cart_of(&b, "eve").shown);
    CHECK_INT(cart_of(&b, "bob").tombstones, 0);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

int test_again_never_shown(void) { return never_shown("at_least_once", 1); }
int test_again_never_shown_exactly_once(void) { return never_shown("exactly_once_v2", 0); }

/* A row that comes with the commit that ends it is read behind it. */
int test_again_rows_go_on_coming(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "at_least_once"));
    RUN(&b, COALESCED);
    CHECK(bed_fill(&b, SHOWN, "INSERT INTO s VALUES ('bob', -1);"));
    bed_stop(&b, false);
    put(broker, "bob", "{\"QTY\":-1}");
    CHECK(bed_start(&b));
    runtime_settle(b.e);
    put(broker, "joe", "{\"QTY\":-1}");
    effects_sim_advance(b.sim, PASS_MS);
    bed_passes(&b, 2);
    CHECK_INT(cart_of(&b, "bob").tombstones, 1);
    CHECK_INT(cart_of(&b, "joe").tombstones, 0);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

static void delivered(void *arg, void *tag, int64_t offset, ErrCode code, const char *why)
{
    UNUSED(tag);
    UNUSED(offset);
    UNUSED(why);
    *(bool *)arg &= code == OK;
}

/* Somebody's record, whose transaction is aborted. */
static bool abort_record(Broker *broker)
{
    const BrokerOps *ops = broker->ops;
    Producer *p = NULL;
    Err err = ERR_INIT;
    bool good = true;
    BUG_IF(ops->producer_new(broker, "somebody", &p, &err));
    good = ops->init(p, &err) == OK && ops->begin(p, &err) == OK &&
           ops->produce(p, STR("s"), 0, &(Record){.key = "ann", .key_len = 3, .ts = BED_START_MS}, NULL, &err) == OK &&
           ops->flush(p, delivered, &good, &err) == OK && good && ops->abort(p, &err) == OK;
    ops->producer_free(p);
    err_clear(&err);
    return good;
}

/* An input that ends with what no reader sees is read to its end, though nothing is there to be committed. */
int test_again_aborted_at_the_end(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "at_least_once"));
    CHECK(bed_fill(&b, SHOWN, "INSERT INTO s VALUES ('bob', -1);"));
    bed_stop(&b, false);
    CHECK(abort_record(broker));
    CHECK_INT(double_end(broker, STR("s"), 0), 3);
    CHECK(bed_start(&b));
    bed_pass(&b, PASS_MS);
    RUN(&b, "INSERT INTO s VALUES ('bob', -1);");
    bed_passes(&b, 2);
    CHECK_INT(cart_of(&b, "bob").tombstones, 0);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* Behind the filter rows are counted: one that was never counted is not taken out. */
int test_again_not_before_an_aggregate(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "at_least_once"));
    RUN(&b, "CREATE TABLE t (k VARCHAR PRIMARY KEY, qty INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
            "INSERT INTO t VALUES ('bob', 3); INSERT INTO t VALUES ('eve', -1); INSERT INTO t VALUES ('eve', -2);");
    CHECK(bed_fill(&b, "CREATE TABLE cart AS SELECT 'all' AS g, COUNT(*) AS n FROM t WHERE qty > 0 GROUP BY 'all';",
                   "INSERT INTO t VALUES ('joe', -2);"));
    CHECK_TEXT(bed_rows(&b, ALL), "all,1");
    bed_stop(&b, false);
    put(broker, "eve", "{\"QTY\":-3}");
    CHECK(bed_start(&b));
    bed_passes(&b, 2);
    CHECK_TEXT(bed_rows(&b, ALL), "all,1");
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}
