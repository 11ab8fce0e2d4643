// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics, over the broker double, while somebody else's transaction is open: a server died in it, or Kafka lost
// its end. What it touches waits and says why; everything else goes on.
#include "test_runtime_remote_help.h"

static const char CART[] =
    "CREATE STREAM s (k VARCHAR KEY, n INT) WITH (kafka_topic='s', value_format='json', partitions=4);"
    "CREATE TABLE cart AS SELECT k, SUM(n) AS n FROM s GROUP BY k;";

/* Somebody's transactions stay open until they are ended; the table counts a row. */
static Broker *held_open(Bed *b)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 6, .timeout = 1 << 30});
    bool there = remote_open(b, broker, 0, true, "exactly_once_v2") && bed_fill(b, CART, "INSERT INTO s VALUES ('joe', 7);");
    return there ? broker : NULL;
}

/* Another's producer with an open transaction. */
static Producer *hold(Broker *other)
{
    Producer *p;
    Err err = ERR_INIT;
    BUG_IF(other->ops->producer_new(other, "other", &p, &err) != OK || other->ops->init(p, &err) != OK ||
           other->ops->begin(p, &err) != OK);
    return p;
}

static void ignore_delivery(void *arg, void *tag, int64_t offset, ErrCode code, const char *why)
{
    UNUSED(arg), UNUSED(tag), UNUSED(offset), UNUSED(code), UNUSED(why);
}

/* Why the table's query does not go on; "": it does. */
static const char *reason(Bed *b)
{
    const char *why = bed_query(b, "CTAS_CART", "reason");
    return why ? why : "";
}

/* While somebody else's transaction holds a group's positions its query waits, the others work; one that is open for longer than
 * any may be is told of, and when it ends the query goes on soon. */
int test_held_positions(void)
{
    GroupPosition at = {.topic = STR("s")};
    Bed b;
    Err err = ERR_INIT;
    Broker *broker = held_open(&b);
    CHECK(broker);
    bed_stop(&b, false);
    Broker *other = double_client(broker);
    Producer *p = hold(other);
    CHECK_INT(other->ops->send_positions(p, str_of(GROUP), &at, 1, &err), OK);
    CHECK(bed_start(&b));
    RUN(&b, "CREATE STREAM copy AS SELECT * FROM s;");
    RUN(&b, "INSERT INTO s VALUES ('joe', 1);");
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(bed_query(&b, "CSAS_COPY", "state"), "RUNNING");
    CHECK(double_end(broker, STR("COPY"), partition_of(STR("joe"), 4)) > 0);
    CHECK_TEXT(bed_query(&b, "CTAS_CART", "state"), "ERROR");
    CHECK(strstr(reason(&b), "the broker does not tell where group _confluent-ksql-default_query"));
    bed_passes(&b, 16);
    CHECK(strstr(reason(&b), "partition 0: an open transaction holds the position for longer than"));
    CHECK_INT(other->ops->abort(p, &err), OK);
    bed_pass(&b, 2500);
    CHECK_TEXT(bed_query(&b, "CTAS_CART", "state"), "RUNNING");
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(bed_rows(&b, SUMS), "joe,8");
    other->ops->producer_free(p);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* While more is known to be on its way there is always a step to do. */
static void pass_held(Bed *b)
{
    effects_sim_advance(b->sim, PASS_MS);
    for (int i = 0; i < 200; i++)
        (void)runtime_step(b->e);
}

/* A record of another's open transaction, with more behind it. */
static bool hold_up(Bed *b, Broker *other, Producer *p)
{
    const Record r = {.key = "joe", .key_len = 3, .value = "{\"N\":100}", .value_len = 9, .ts = 1};
    Err err = ERR_INIT;
    return other->ops->produce(p, STR("s"), partition_of(STR("joe"), 4), &r, NULL, &err) == OK &&
           other->ops->flush(p, ignore_delivery, NULL, &err) == OK && bed_run(b, "INSERT INTO s VALUES ('joe', 1);") == OK;
}

/* A transaction whose end Kafka lost holds up what was committed behind it. Those that end, however many, are of no account. */
int test_held_records(void)
{
    enum { ALLOWED = 12, LONGER = 20 }; /* a transaction may take a minute */
    Bed b;
    Err err = ERR_INIT;
    Broker *broker = held_open(&b);
    CHECK(broker);
    Broker *other = double_client(broker);
    Producer *p = hold(other);
    for (int i = 0; i < 3; i++) {
        CHECK(hold_up(&b, other, p));
        for (int k = 0; k < ALLOWED; k++) {
            pass_held(&b);
            CHECK_TEXT(bed_query(&b, "CTAS_CART", "state"), "RUNNING");
            CHECK_TEXT(reason(&b), "");
        }
        CHECK_INT(other->ops->abort(p, &err), OK);
        CHECK_INT(other->ops->begin(p, &err), OK);
    }
    CHECK(hold_up(&b, other, p));
    for (int i = 0; i < LONGER; i++)
        pass_held(&b);
    CHECK_TEXT(bed_query(&b, "CTAS_CART", "state"), "RUNNING");
    CHECK(strstr(reason(&b), "an open transaction at offset "));
    CHECK_INT(other->ops->abort(p, &err), OK);
    bed_passes(&b, 2);
    CHECK_TEXT(reason(&b), "");
    CHECK_TEXT(bed_rows(&b, SUMS), "joe,11");
    other->ops->producer_free(p);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}
