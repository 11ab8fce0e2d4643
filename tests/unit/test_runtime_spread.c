// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics, over the broker double: what pull queries say of a table that several servers share.
#include "test_runtime_remote_help.h"

/* A scan says in one message who has what; a key lookup where to ask; where one server has all, only that. */
int test_remote_table_spread_over_servers(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 4});
    Bed a, b;
    CHECK(remote_pair(&a, &b, broker, FOUR, ITEMS));
    take_all(&a);
    take_slots(&b, 2 | 8);
    pass_both(&a, &b, 3);
    Bed *both[] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        const char *said = bed_rows(both[i], SUMS);
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
    take_all(&b);
    bed_pass(&b, PASS_MS);
    bed_pass(&a, PASS_MS);
    CHECK(strstr(bed_rows(&a, SUMS), "Every partition of query CTAS_CART_1 is served by "));
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK_INT(remote_close(broker, &a, &b), 0);
    return 0;
}
