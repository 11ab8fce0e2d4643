// SPDX-License-Identifier: Apache-2.0
// Many queries: N persistent queries on one stream: the time to create them, the memory of each, and the
// throughput of the stream's records through all of them against one.
//
//   queries [--dir DIR] [--queries N] [--records N]     default 1,000 queries, 200,000 records, memory topics
//
// Query i keeps the records of its tenant: WHERE tenant = i, so that every record is looked at by every query
// and kept by one. CPU time is that of the process (one worker) without that of the thread which appends the
// records. Figures are printed, not judged.
#define _GNU_SOURCE // RUSAGE_THREAD
#include "bench/measure.h"

enum { UNIT = 4096, TENANTS = 1000 };

static void load(Topics *t, int64_t n)
{
    Err err = ERR_INIT;
    char value[160];
    for (int64_t i = 0; i < n;) {
        Unit *u = unit_begin(t);
        for (int k = 0; k < UNIT && i < n; k++, i++) {
            int len = snprintf(value, sizeof value,
                               "{\"tenant\":%d,\"name\":\"sensor%05d\",\"reading\":%d.5,"
                               "\"note\":\"as it was measured\",\"placed\":%lld}",
                               (int)(i * 7919 % TENANTS), (int)(i * 31 % 50000), (int)(i % 100),
                               1700000000000LL + (long long)i);
            Record r = {.value = value, .value_len = len, .ts = 1700000000000 + i};
            unit_append(u, STR("events"), 0, &r);
        }
        if (unit_commit(u, false, &err))
            die("load", &err);
    }
}

/* Creates queries from … to-1; the ids, 128 bytes each. */
static void create(Session *s, char *ids, int from, int to)
{
    char sql[200];
    for (int i = from; i < to; i++) {
        snprintf(sql, sizeof sql,
                 "CREATE STREAM q%d AS SELECT tenant, name, reading FROM events WHERE tenant = %d;", i,
                 i % TENANTS);
        run_sql(s, sql, ids + (size_t)i * 128, NULL);
    }
}

/* n more records through the first `queries`, which begin while the records come in. */
static void measure(Engine *e, const char *ids, int queries, int64_t n)
{
    int64_t end = topic_end(engine_topics(e), STR("events"), 0) + n;
    double t0 = cpu_now() - cpu_of(RUSAGE_THREAD);
    load(engine_topics(e), n);
    for (int i = 0; i < queries; i++)
        wait_position(e, ids + (size_t)i * 128, "events", end);
    double cpu = cpu_now() - cpu_of(RUSAGE_THREAD) - t0;
    printf("  %5d quer%s %20.0f records per CPU-second, %.0f thousand looks a CPU-second\n", queries,
           queries == 1 ? "y" : "ies", (double)n / cpu, (double)n * queries / cpu / 1e3);
}

/* Every record of the second round was kept by the one query of its tenant, and query 0 saw the first too. */
static void check_outputs(Engine *e, int queries, int64_t n)
{
    int64_t kept = 0;
    char topic[24];
    for (int i = 0; i < queries; i++) {
        snprintf(topic, sizeof topic, "Q%d", i);
        kept += topic_end(engine_topics(e), str_of(topic), 0);
    }
    if (queries == TENANTS && n % TENANTS == 0 && kept != n + n / TENANTS) {
        fprintf(stderr, "the queries kept %lld records; wanted %lld\n", (long long)kept,
                (long long)(n + n / TENANTS));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    const char *dir = NULL;
    int queries = 1000;
    int64_t n = 200000;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--dir"))
            dir = argv[i + 1];
        else if (!strcmp(argv[i], "--queries"))
            queries = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--records"))
            n = atoll(argv[i + 1]);
    }
    Err err = ERR_INIT;
    Engine *e = NULL;
    EngineConfig config = {.dir = dir, .fx = effects_real(), .workers = 1};
    if (queries < 2 || n < 1 || engine_open(&config, &e, &err))
        die("usage: queries [--dir DIR] [--queries N] [--records N]", &err);
    Session *s = session_new(e);
    char *ids = calloc((size_t)queries, 128);
    run_sql(s,
            "CREATE STREAM events (tenant INT, name VARCHAR, reading DOUBLE, note VARCHAR, placed BIGINT) "
            "WITH (kafka_topic='events', partitions=1, value_format='JSON');",
            NULL, NULL);
    printf("%d queries on one stream, %s topics\n", queries, dir ? "embedded" : "memory");
    create(s, ids, 0, 1);
    measure(e, ids, 1, n);
    double rss = memory_mb("VmRSS"), w0 = wall_now(), t0 = cpu_now();
    create(s, ids, 1, queries);
    double wall = wall_now() - w0, cpu = cpu_now() - t0;
    printf("  create %20.2f ms each (%.2f ms CPU), %.1f KB each\n", wall * 1e3 / (queries - 1),
           cpu * 1e3 / (queries - 1), (memory_mb("VmRSS") - rss) * 1024 / (queries - 1));
    measure(e, ids, queries, n);
    check_outputs(e, queries, n);
    printf("  memory at the end %9.0f MB; %.0f MB before the queries but one\n", memory_mb("VmRSS"), rss);
    t0 = wall_now();
    session_free(s);
    engine_close(e);
    printf("  close %21.2f s\n", wall_now() - t0);
    t0 = wall_now();
    if (dir && engine_open(&config, &e, &err))
        die("open again", &err);
    if (dir) {
        printf("  open again %16.2f s\n", wall_now() - t0);
        engine_close(e);
    }
    free(ids);
    return 0;
}
