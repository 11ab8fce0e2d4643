// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics, over the broker double: what pull queries say of a table that several servers share.
#include "test_runtime_remote_help.h"

static const char CART[] =
    "CREATE STREAM s (k VARCHAR KEY, item VARCHAR, qty INT) WITH (kafka_topic='s', value_format='json', partitions=4);"
    "CREATE TABLE cart WITH (key_format='json') AS SELECT k, item, SUM(qty) AS n FROM s GROUP BY k, item;";
static const char ROWS[] = "INSERT INTO s VALUES ('bob', 'hat', 1); INSERT INTO s VALUES ('bob', 'hat', 2);"
                           "INSERT INTO s VALUES ('eve', 'sock', 5); INSERT INTO s VALUES ('joe', 'tie', 7);";
static const char ALL[] = "SELECT k, n FROM cart;";

/* A scan says in one message who has what; a key lookup where to ask; where one server has all, only that. */
int test_remote_table_spread_over_servers(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 4}), *other = double_client(broker);
    Effects *fx = effects_sim_new(7, BED_START_MS);
    Bed a, b;
    CHECK(remote_open(&a, broker, fx, true, "exactly_once_v2"));
    RUN(&a, CART);
    RUN(&a, ROWS);
    bed_pass(&a, 5000);
    bed_pass(&a, 5000);
    fx = effects_sim_new(8, BED_START_MS + 20000);
    CHECK(remote_open(&b, other, fx, true, "exactly_once_v2"));
    double_move(broker, UINT64_MAX);
    double_move(other, 2 | 8);
    for (int i = 0; i < 3; i++) {
        bed_pass(&a, 5000);
        bed_pass(&b, 5000);
    }
    Bed *both[] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        const char *said = bed_rows(both[i], ALL);
        CHECK(strstr(said, "The table of query CTAS_CART_1 is spread over servers: "));
        CHECK(strstr(said, i ? " has partitions 0, 2; " : " (asked) has partitions 0, 2; "));
        CHECK(strstr(said, i ? " (asked) has partitions 1, 3. " : " has partitions 1, 3. "));
        CHECK(strstr(said, "one that names keys needs the server that has theirs"));
    }
    const char *one = "SELECT k, n FROM cart WHERE k = 'bob' AND item = 'hat';";
    int there = strcmp(bed_rows(&a, one), "bob,3") == 0 ? 0 : 1;
    CHECK_TEXT(bed_rows(both[there], one), "bob,3");
    const char *elsewhere = bed_rows(both[!there], one);
    CHECK(strstr(elsewhere, "REFUSED Partition ") && strstr(elsewhere, " of query CTAS_CART_1 is served by "));
    double_move(other, UINT64_MAX);
    bed_pass(&b, 5000);
    bed_pass(&a, 5000);
    CHECK(strstr(bed_rows(&a, ALL), "Every partition of query CTAS_CART_1 is served by "));
    CHECK_TEXT(sorted(&b, ALL), "bob,3|eve,5|joe,7");
    bed_close(&a);
    bed_close(&b);
    CHECK_INT(double_counts(broker)->violations, 0);
    double_free(broker);
    return 0;
}
