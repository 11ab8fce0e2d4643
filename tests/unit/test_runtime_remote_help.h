// SPDX-License-Identifier: Apache-2.0
// Engines over the broker double, for tests of the runtime on remote topics: the servers of one service, each with a directory of
// its own, and a table whose state has a changelog.
#ifndef SLUICE_TEST_RUNTIME_REMOTE_HELP_H
#define SLUICE_TEST_RUNTIME_REMOTE_HELP_H

#include "test_runtime_help.h"

#include "../crash/broker_double.h"

static const char LOG[] = "_confluent-ksql-default_query_CTAS_CART_1-Aggregate-Aggregate-Materialize-changelog";
static const char GROUP[] = "_confluent-ksql-default_query_CTAS_CART_1";
static const char ONE[] = "CREATE STREAM s (k VARCHAR KEY, qty INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
                          "CREATE TABLE cart AS SELECT k, SUM(qty) AS n FROM s GROUP BY k;";
static const char THREE[] = "INSERT INTO s VALUES ('bob', 3); INSERT INTO s VALUES ('eve', 5); INSERT INTO s VALUES ('joe', 7);";
static const char SUMS[] = "SELECT k, n FROM cart;";

static inline bool remote_open(Bed *b, Broker *broker, Effects *fx, bool on_disk, const char *guarantee)
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
    *b = (Bed){.on_disk = on_disk, .sim = fx};
    b->config = (EngineConfig){.check_operators = true, .broker = broker, .props = &props, .member = name};
    if (on_disk)
        b->dir = tmpdir_new();
    return bed_start(b);
}

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

#endif
