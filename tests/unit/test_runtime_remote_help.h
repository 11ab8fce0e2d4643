// SPDX-License-Identifier: Apache-2.0
// Engines over the broker double, for tests of the runtime on remote topics: the servers of one service, each with a directory of
// its own, and a table whose state has a changelog.
//
// A test makes a cluster (double_new), opens servers on it, has them make and fill the table, and closes all with remote_close,
// which tells whether anybody broke the broker's contract. Time passes only where a test lets it pass (bed_pass, bed_passes;
// pass_both for two servers in turn).
#ifndef SLUICE_TEST_RUNTIME_REMOTE_HELP_H
#define SLUICE_TEST_RUNTIME_REMOTE_HELP_H

#include "test_runtime_help.h"

#include "../crash/broker_double.h"

static const char LOG[] = "_confluent-ksql-default_query_CTAS_CART_1-Aggregate-Aggregate-Materialize-changelog";
static const char GROUP[] = "_confluent-ksql-default_query_CTAS_CART_1";

/* The table, of one partition, and rows for it. */
static const char ONE[] = "CREATE STREAM s (k VARCHAR KEY, qty INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
                          "CREATE TABLE cart AS SELECT k, SUM(qty) AS n FROM s GROUP BY k;";
static const char THREE[] = "INSERT INTO s VALUES ('bob', 3); INSERT INTO s VALUES ('eve', 5); INSERT INTO s VALUES ('joe', 7);";
/* The same of four, by two columns. */
static const char FOUR[] =
    "CREATE STREAM s (k VARCHAR KEY, item VARCHAR, qty INT) WITH (kafka_topic='s', value_format='json', partitions=4);"
    "CREATE TABLE cart WITH (key_format='json') AS SELECT k, item, SUM(qty) AS n FROM s GROUP BY k, item;";
static const char ITEMS[] = "INSERT INTO s VALUES ('bob', 'hat', 1); INSERT INTO s VALUES ('bob', 'hat', 2);"
                            "INSERT INTO s VALUES ('eve', 'sock', 5); INSERT INTO s VALUES ('joe', 'tie', 7);";
static const char SUMS[] = "SELECT k, n FROM cart;";
/* What that answers of either. */
static const char SUMMED[] = "bob,3|eve,5|joe,7";

/* ---- rows ---- */

/* A line a key, in the order of keys. */
static inline const char *sorted(Bed *b, const char *sql)
{
    const char *text = bed_rows(b, sql);
    static char out[4096];
    char *parts[64], copy[4096];
    int n = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *p = strtok(copy, "|"); p && n < 64; p = strtok(NULL, "|"))
        parts[n++] = p;
    for (int i = 0; i < n; i++)
        for (int k = i + 1; k < n; k++)
            if (strcmp(parts[i], parts[k]) > 0) {
                char *t = parts[i];
                parts[i] = parts[k];
                parts[k] = t;
            }
    out[0] = 0;
    for (int i = 0; i < n; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? "|" : "", parts[i]);
    return out;
}

/* ---- time ---- */

enum { PASS_MS = 5000 }; /* some commits */

static inline void bed_passes(Bed *b, int times)
{
    for (int i = 0; i < times; i++)
        bed_pass(b, PASS_MS);
}

/* One after the other, as often. */
static inline void pass_both(Bed *first, Bed *second, int times)
{
    for (int i = 0; i < times; i++) {
        bed_pass(first, PASS_MS);
        bed_pass(second, PASS_MS);
    }
}

/* ---- servers ---- */

/* Another server of the service opens, so much later than the first. */
static inline bool remote_open(Bed *b, Broker *broker, int64_t later_ms, bool on_disk, const char *guarantee)
{
    static PropSet props;
    static int members;
    static char names[8][16];
    Err err = ERR_INIT;
    char *name = names[members++ % 8];
    props_free(&props);
    props = (PropSet){0};
    BUG_IF(props_set_server(&props, STR("processing.guarantee"), str_of(guarantee), &err));
    snprintf(name, sizeof names[0], "host:%d", members);
    BUG_IF(props_set_server(&props, STR("auto.offset.reset"), STR("earliest"), &err));
    *b = (Bed){.on_disk = on_disk, .sim = effects_sim_new(7 + (uint64_t)later_ms / 1000, BED_START_MS + later_ms)};
    b->config = (EngineConfig){.check_operators = true, .broker = broker, .props = &props, .member = name};
    if (on_disk)
        b->dir = tmpdir_new();
    return bed_start(b);
}

/* Makes the table and counts the rows; false: it says why. */
static inline bool bed_fill(Bed *b, const char *table, const char *rows)
{
    if (bed_run(b, table) || bed_run(b, rows)) {
        printf("%s%s: %s\n", table, rows, b->message);
        return false;
    }
    bed_passes(b, 2);
    return true;
}

/* Server a has made and counted all of it, then b came. b's broker is a client of a's. */
static inline bool remote_pair(Bed *a, Bed *b, Broker *broker, const char *table, const char *rows)
{
    return remote_open(a, broker, 0, true, "exactly_once_v2") && bed_fill(a, table, rows) &&
           remote_open(b, double_client(broker), 20000, true, "exactly_once_v2");
}

/* Three groups are there, and the server was stopped. */
static inline bool three_groups(Bed *b, Broker *broker, const char *guarantee)
{
    if (!remote_open(b, broker, 0, true, guarantee) || !bed_fill(b, ONE, THREE))
        return false;
    bool there = strcmp(sorted(b, SUMS), SUMMED) == 0;
    bed_stop(b, false);
    return there;
}

/* The server has these slots now, and the others lose them. */
static inline void take_slots(Bed *b, uint64_t slots) { double_move((Broker *)b->config.broker, slots); }

static inline void take_all(Bed *b) { take_slots(b, UINT64_MAX); }

/* The server works on until a commit sends its records, which has the fault. */
static inline bool bed_flushes(Bed *b, Broker *broker, DoubleFault fault)
{
    const int *flushes = &double_counts(broker)->calls[DOUBLE_FLUSH];
    int before = *flushes;
    double_fault(broker, DOUBLE_FLUSH, 0, fault);
    for (int i = 0; i < 1000 && *flushes == before; i++)
        if (!runtime_step(b->e))
            effects_sim_advance(b->sim, 500);
    return *flushes > before;
}

/* The end of a test: the servers and the cluster go. What is returned should be 0: how often the broker's contract was broken. */
static inline int remote_close(Broker *broker, Bed *a, Bed *b /* or NULL */)
{
    bed_close(a);
    if (b)
        bed_close(b);
    const DoubleCounts *counts = double_counts(broker);
    int violations = counts->violations;
    if (violations)
        printf("the broker's contract was broken: %s\n", counts->violation);
    double_free(broker);
    return violations;
}

#endif
