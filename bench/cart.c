// SPDX-License-Identifier: Apache-2.0
// The cart: CREATE TABLE … AS SELECT customer, item, SUM(qty) … GROUP BY customer, item over JSON records of
// about 100 bytes, 100,000 pairs, one partition, from memory topics or embedded ones; beside limit programs.
//
//   cart [--dir DIR] [--records N] [--runs N] [--limit-only]
//                     DIR: a new data directory; default 5,000,000 records, the best of 3 runs of each
//
// The records are appended before the clock starts. What counts is the CPU time of the whole process (one
// worker) from the statement until the query has committed the last record, emission of the changes included.
// Every run is a new query from the first record on, and a run of the limit programs follows it, so that both
// see the machine in the same state. The sums are compared with those of the limit program. Figures are
// printed, not judged.
#include "bench/measure.h"

#include "bench/limits/cart_limit.h"

enum { UNIT = 4096, CUSTOMERS = 1000, ITEMS = 100, RUNS_MOST = 100 };

typedef struct Options {
    const char *dir;
    int64_t records;
    int runs;
    bool limit_only;
} Options;

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double load(Topics *t, int64_t n)
{
    Err err = ERR_INIT;
    char value[200];
    uint64_t state = 1;
    int64_t bytes = 0, first = (int64_t)time(NULL) * 1000 - n; /* not older than the topic's retention */
    for (int64_t i = 0; i < n;) {
        Unit *u = unit_begin(t);
        for (int k = 0; k < UNIT && i < n; k++, i++) {
            uint64_t bits = next_random(&state);
            int len = snprintf(value, sizeof value,
                               "{\"customer\":\"customer%03d\",\"item\":\"item%02d\",\"qty\":%d,"
                               "\"price\":%d.%02d,\"session\":\"%08x\",\"placed\":%lld}",
                               (int)(bits % CUSTOMERS), (int)(bits / CUSTOMERS % ITEMS),
                               (int)(bits >> 40 & 7) - 2, (int)(bits >> 44 & 63), (int)(bits >> 50 & 63), (unsigned)(bits >> 32),
                               1700000000000LL + (long long)i);
            Record r = {.value = value, .value_len = len, .ts = first + i};
            unit_append(u, STR("cart"), 0, &r);
            bytes += len;
        }
        if (unit_commit(u, false, &err))
            die("load", &err);
    }
    return (double)bytes / (double)n;
}

static void check_sums(Session *s, int run, const CartLimit *limit)
{
    RowStream *rs = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    char sql[100];
    int64_t pairs = 0, total = 0;
    snprintf(sql, sizeof sql, "SELECT customer, item, total FROM carts%d;", run);
    run_sql(s, sql, NULL, &rs);
    while (rowstream_next(rs, -1, &row, &err) == STREAM_ROW) {
        pairs++;
        total += row.values[2].d.i;
    }
    rowstream_close(rs);
    if (pairs != limit->pairs || total != limit->total) {
        fprintf(stderr, "the table has %lld pairs, total %lld; wanted %lld, %lld\n", (long long)pairs,
                (long long)total, (long long)limit->pairs, (long long)limit->total);
        exit(1);
    }
}

static double run_limit(Topics *t, bool ahead, CartLimit *limit)
{
    double t0 = cpu_now();
    if (!cart_limit_run(t, STR("cart"), LIMIT_BATCH_ROWS, ahead, limit))
        die("limit program", NULL);
    return cpu_now() - t0;
}

/* A query over all records, until it has committed the last; afterwards it is terminated. */
static double run_query(Engine *e, Session *s, int run, int64_t n)
{
    char id[128], sql[300];
    snprintf(sql, sizeof sql,
             "CREATE TABLE carts%d WITH (key_format='JSON') AS "
             "SELECT customer, item, SUM(qty) AS total FROM events GROUP BY customer, item;",
             run);
    double t0 = cpu_now();
    run_sql(s, sql, id, NULL);
    wait_position(e, id, "cart", n);
    return cpu_now() - t0;
}

static void drop_table(Session *s, int run)
{
    char sql[100];
    snprintf(sql, sizeof sql, "DROP TABLE carts%d DELETE TOPIC;", run);
    run_sql(s, sql, NULL, NULL);
}

/* CPU seconds of the runs: the best, and the worst. */
typedef struct Took {
    double best, worst;
} Took;

static void took(Took *t, double seconds)
{
    t->best = t->best == 0 || seconds < t->best ? seconds : t->best;
    t->worst = seconds > t->worst ? seconds : t->worst;
}

static void print_took(const char *what, const Took *t, int64_t records)
{
    double thousands = (double)records / 1e3;
    printf("  %-29s %6.0f thousand records per CPU-second (%.2f CPU-s; the worst run %.0f)\n", what, thousands / t->best,
           t->best, thousands / t->worst);
}

static Options arguments(int argc, char **argv)
{
    Options o = {.records = 5000000, .runs = 3};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--dir") && i + 1 < argc)
            o.dir = argv[++i];
        else if (!strcmp(argv[i], "--records") && i + 1 < argc)
            o.records = atoll(argv[++i]);
        else if (!strcmp(argv[i], "--runs") && i + 1 < argc)
            o.runs = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--limit-only"))
            o.limit_only = true;
        else
            o.records = 0;
    }
    if (o.records > 0 && o.runs > 0 && o.runs <= RUNS_MOST)
        return o;
    fputs("usage: cart [--dir DIR] [--records N] [--runs N] [--limit-only]\n", stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    Options o = arguments(argc, argv);
    Err err = ERR_INIT;
    Engine *e;
    CartLimit limit;
    EngineConfig config = {.dir = o.dir, .fx = effects_real(), .workers = 1};
    if (engine_open(&config, &e, &err))
        die("open", &err);
    Session *s = session_new(e);
    if (session_set(s, STR("auto.offset.reset"), STR("earliest"), &err))
        die("SET", &err);
    run_sql(s,
            "CREATE STREAM events (customer VARCHAR, item VARCHAR, qty INT, price DOUBLE, session VARCHAR, "
            "placed BIGINT) WITH (kafka_topic='cart', partitions=1, value_format='JSON');",
            NULL, NULL);
    double bytes = load(engine_topics(e), o.records), loaded = memory_mb("VmRSS"), peak = 0;
    Took engine = {0, 0}, plain = {0, 0}, ahead = {0, 0};
    for (int run = 1; run <= o.runs; run++) {
        if (!o.limit_only) {
            memory_peak_reset();
            took(&engine, run_query(e, s, run, o.records));
            double had = memory_mb("VmHWM");
            peak = had > peak ? had : peak;
        }
        took(&plain, run_limit(engine_topics(e), false, &limit));
        took(&ahead, run_limit(engine_topics(e), true, &limit));
        if (!o.limit_only) {
            check_sums(s, run, &limit);
            drop_table(s, run);
        }
    }
    printf("cart, %s topics: %lld records of %.0f bytes, %lld pairs, the best of %d runs\n", o.dir ? "embedded" : "memory",
           (long long)limit.records, bytes, (long long)limit.pairs, o.runs);
    if (!o.limit_only)
        print_took("engine", &engine, o.records);
    print_took("limit program", &plain, o.records);
    print_took("limit, memory fetched ahead", &ahead, o.records);
    if (!o.limit_only) {
        printf("  %-29s %6.0f %%; of the one that fetches ahead: %.0f %%\n", "engine of limit",
               plain.best / engine.best * 100, ahead.best / engine.best * 100);
        printf("  %-29s %6.0f MB, of which %.0f MB were there before\n", "peak memory", peak, loaded);
    }
    session_free(s);
    engine_close(e);
    return 0;
}
