// SPDX-License-Identifier: Apache-2.0
// The cart: CREATE TABLE … AS SELECT customer, item, SUM(qty) … GROUP BY customer, item over JSON records of
// about 100 bytes, 100,000 pairs, one partition, from memory topics or embedded ones; beside limit programs.
//
//   cart [--dir DIR] [--records N] [--limit-only]     DIR: a new data directory; default 5,000,000 records
//
// The records are appended before the clock starts. What counts is the CPU time of the whole process (one
// worker) from the statement until the query has committed the last record, emission of the changes included.
// The sums are compared with those of the limit program. Figures are printed, not judged.
#include "bench/measure.h"

#include "bench/limits/cart_limit.h"

enum { UNIT = 4096, CUSTOMERS = 1000, ITEMS = 100 };

typedef struct Options {
    const char *dir;
    int64_t records;
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
    int64_t bytes = 0;
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
            Record r = {.value = value, .value_len = len, .ts = 1700000000000 + i};
            unit_append(u, STR("cart"), 0, &r);
            bytes += len;
        }
        if (unit_commit(u, false, &err))
            die("load", &err);
    }
    return (double)bytes / (double)n;
}

static void check_sums(Session *s, const CartLimit *limit)
{
    RowStream *rs = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    int64_t pairs = 0, total = 0;
    run_sql(s, "SELECT customer, item, total FROM carts;", NULL, &rs);
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

/* The best of three. */
static double run_limit(Topics *t, bool ahead, CartLimit *limit)
{
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        double t0 = cpu_now();
        if (!cart_limit_run(t, STR("cart"), LIMIT_BATCH_ROWS, ahead, limit))
            die("limit program", NULL);
        double took = cpu_now() - t0;
        best = took < best ? took : best;
    }
    return best;
}

static double run_query(Engine *e, Session *s, int64_t n, double *wall)
{
    char id[128];
    double t0 = cpu_now(), w0 = wall_now();
    run_sql(s,
            "CREATE TABLE carts WITH (key_format='JSON') AS "
            "SELECT customer, item, SUM(qty) AS total FROM events GROUP BY customer, item;",
            id, NULL);
    wait_position(e, id, "cart", n);
    *wall = wall_now() - w0;
    return cpu_now() - t0;
}

static Options arguments(int argc, char **argv)
{
    Options o = {.records = 5000000};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--dir") && i + 1 < argc)
            o.dir = argv[++i];
        else if (!strcmp(argv[i], "--records") && i + 1 < argc)
            o.records = atoll(argv[++i]);
        else if (!strcmp(argv[i], "--limit-only"))
            o.limit_only = true;
        else
            o.records = 0;
    }
    if (o.records > 0)
        return o;
    fputs("usage: cart [--dir DIR] [--records N] [--limit-only]\n", stderr);
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
    double bytes = load(engine_topics(e), o.records), loaded = memory_mb("VmRSS"), wall = 0, cpu = 0;
    if (!o.limit_only) {
        memory_peak_reset();
        cpu = run_query(e, s, o.records, &wall);
    }
    double peak = memory_mb("VmHWM");
    double plain = run_limit(engine_topics(e), false, &limit);
    double ahead = run_limit(engine_topics(e), true, &limit);
    const char *name = o.dir ? "cart, embedded topics" : "cart, memory topics";
    double per = (double)o.records / 1e3;
    printf("%s: %lld records of %.0f bytes, %lld pairs\n", name, (long long)limit.records, bytes,
           (long long)limit.pairs);
    if (!o.limit_only) {
        check_sums(s, &limit);
        printf("  engine %27.0f thousand records per CPU-second (%.2f CPU-s, %.2f s)\n", per / cpu, cpu,
               wall);
    }
    printf("  limit program %20.0f thousand records per CPU-second (%.2f CPU-s)\n", per / plain, plain);
    printf("  limit, memory fetched ahead %6.0f thousand records per CPU-second (%.2f CPU-s)\n", per / ahead,
           ahead);
    if (!o.limit_only) {
        printf("  engine of limit %18.0f %%; of the one that fetches ahead: %.0f %%\n", plain / cpu * 100,
               ahead / cpu * 100);
        printf("  peak memory %22.0f MB, of which %.0f MB were there before\n", peak, loaded);
    }
    session_free(s);
    engine_close(e);
    return 0;
}
