// SPDX-License-Identifier: Apache-2.0
// The watchdog: after a minute without progress the log says what is waited for, then ever more rarely, and when it is over.
#include "test_runtime_remote_help.h"

#include "runtime/internal.h"

/* ---- the log ---- */

enum { MOST_LINES = 64 };

typedef struct Lines {
    int n;
    char v[MOST_LINES][300];
} Lines;

static Lines lines;

/* The watchdog's lines alone. */
static void keep_line(void *arg, const char *line)
{
    UNUSED(arg);
    if ((strncmp(line, "no progress:", 12) == 0 || strncmp(line, "no longer", 9) == 0) && lines.n < MOST_LINES)
        snprintf(lines.v[lines.n++], sizeof lines.v[0], "%s", line);
}

static void show_lines(void)
{
    for (int i = 0; i < lines.n; i++)
        printf("    %s\n", lines.v[i]);
}

/* The line begins so, and has the words. */
static bool line_is(int i, const char *begin, const char *words)
{
    bool good = i < lines.n && strncmp(lines.v[i], begin, strlen(begin)) == 0 && strstr(lines.v[i], words);
    if (!good) {
        printf("    line %d is not '%s … %s':\n", i, begin, words);
        show_lines();
    }
    return good;
}

/* The server begins to log. */
static bool log_begins(Bed *b)
{
    lines.n = 0;
    bed_stop(b, false);
    b->config.log = keep_line;
    return bed_start(b);
}

/* Steps, though there may always be one more to do. */
static void pass_for(Bed *b, int ms)
{
    for (int passed = 0; passed < ms; passed += PASS_MS) {
        effects_sim_advance(b->sim, PASS_MS);
        for (int i = 0; i < 100 && runtime_step(b->e); i++)
            ;
    }
}

static bool table_open(Bed *b, Broker *broker)
{
    return remote_open(b, broker, 0, true, "exactly_once_v2") && bed_fill(b, ONE, THREE) && log_begins(b);
}

/* ---- what is waited for ---- */

/* Another member has all slots: said after a minute, then after twice as long each time, at most an hour; and when it is over. */
int test_watchdog_slots(void)
{
    Bed a, b;
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    CHECK(table_open(&a, broker));
    CHECK(remote_open(&b, double_client(broker), 20000, true, "exactly_once_v2"));
    take_all(&b);
    pass_for(&a, 55000);
    CHECK_INT(lines.n, 0);
    pass_for(&a, 15000);
    CHECK(line_is(0, "no progress: waiting for slots for 6", "consumer group _confluent-ksql-default__members has assigned none"));
    pass_for(&a, 45000);
    CHECK_INT(lines.n, 1);
    pass_for(&a, 4 * 3600 * 1000);
    CHECK(lines.n >= 8 && lines.n <= 11); /* 1, 2, 4, 8, 16, 32 and 64 minutes, then hours */
    int n = lines.n;
    take_all(&a);
    pass_for(&a, 30000);
    CHECK_INT(lines.n, n + 1);
    CHECK(line_is(n, "no longer waiting for slots, after 1", " s"));
    CHECK_INT(remote_close(broker, &a, &b), 0);
    return 0;
}

/* Every call fails, or every commit; and then none does. */
static int failing(DoubleConfig faults, const char *kind, const char *words)
{
    char text[80];
    Bed b;
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    CHECK(table_open(&b, broker));
    RUN(&b, "INSERT INTO s VALUES ('bob', 1);");
    *double_config(broker) = faults;
    pass_for(&b, 50000);
    CHECK_INT(lines.n, 0);
    pass_for(&b, 50000);
    CHECK_INT(lines.n, 1);
    snprintf(text, sizeof text, "no progress: waiting for %s for ", kind);
    CHECK(line_is(0, text, words));
    *double_config(broker) = (DoubleConfig){.seed = 3};
    pass_for(&b, 40000);
    CHECK_INT(lines.n, 2);
    snprintf(text, sizeof text, "no longer waiting for %s, after ", kind);
    CHECK(line_is(1, text, " s"));
    CHECK_TEXT(sorted(&b, SUMS), "bob,4|eve,5|joe,7");
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

int test_watchdog_broker(void) { return failing((DoubleConfig){.seed = 3, .fail = 1000}, "the broker", "query CTAS_CART_1, partition 0: "); }
int test_watchdog_commit(void) { return failing((DoubleConfig){.seed = 3, .abort = 1000}, "a commit", "query CTAS_CART_1, partition 0: "); }

/* A server that has nothing to do waits for nothing, however long. */
int test_watchdog_idle(void)
{
    Bed b;
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    CHECK(table_open(&b, broker));
    pass_for(&b, 600000);
    CHECK_INT(lines.n, 0);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

static void ignore_delivery(void *arg, void *tag, int64_t offset, ErrCode code, const char *why)
{
    UNUSED(arg), UNUSED(tag), UNUSED(offset), UNUSED(code), UNUSED(why);
}

/* A record of somebody's transaction, which stays open. */
static Producer *hold_topic(Broker *other, const char *topic)
{
    const Record r = {.key = "x", .key_len = 1, .ts = 1};
    Err err = ERR_INIT;
    Producer *p;
    BUG_IF(other->ops->producer_new(other, "other", &p, &err) || other->ops->init(p, &err) || other->ops->begin(p, &err) ||
           other->ops->produce(p, str_of(topic), 0, &r, NULL, &err) || other->ops->flush(p, ignore_delivery, NULL, &err));
    return p;
}

int test_watchdog_topic(void)
{
    Bed b;
    Err err = ERR_INIT;
    Broker *broker = double_new(&(DoubleConfig){.seed = 3, .timeout = 1 << 30}), *other = double_client(broker);
    CHECK(table_open(&b, broker));
    Producer *p = hold_topic(other, "s");
    RUN(&b, "INSERT INTO s VALUES ('bob', 1);");
    pass_for(&b, 150000);
    CHECK(lines.n > 0);
    CHECK(line_is(0, "no progress: waiting for a topic for ", "topic s, partition 0: an open transaction at offset 3 has lasted"));
    int n = lines.n;
    CHECK_INT(other->ops->abort(p, &err), OK);
    pass_for(&b, 30000);
    CHECK_INT(lines.n, n + 1);
    CHECK(line_is(n, "no longer waiting for a topic, after ", " s"));
    CHECK_TEXT(sorted(&b, SUMS), "bob,4|eve,5|joe,7");
    other->ops->producer_free(p);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

int test_watchdog_restore(void)
{
    Bed b;
    Err err = ERR_INIT;
    Broker *broker = double_new(&(DoubleConfig){.seed = 3, .timeout = 1 << 30}), *other = double_client(broker);
    CHECK(table_open(&b, broker));
    bed_stop(&b, false);
    Producer *p = hold_topic(other, LOG);
    CHECK(bed_start(&b));
    pass_for(&b, 75000);
    CHECK_INT(lines.n, 1);
    CHECK(line_is(0, "no progress: waiting for the restore of state for 6", "partition 0: 0 records restored, at most 1 left"));
    CHECK_INT(other->ops->abort(p, &err), OK);
    pass_for(&b, 30000);
    CHECK(line_is(1, "no longer waiting for the restore of state, after ", " s"));
    other->ops->producer_free(p);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* ---- a worker that does not answer ---- */

static int64_t ahead_ns; /* atomic: of the real clock */
static int64_t shifted_ns(Effects *e)
{
    UNUSED(e);
    return effects_real()->mono_ns(effects_real()) + __atomic_load_n(&ahead_ns, __ATOMIC_RELAXED);
}

typedef struct Hold {
    Worker *w;
    pthread_mutex_t mu;
    pthread_cond_t changed;
    bool begun, over;
} Hold;

static void hold_worker(void *arg)
{
    Hold *h = arg;
    pthread_mutex_lock(&h->mu);
    h->begun = true;
    pthread_cond_broadcast(&h->changed);
    while (!h->over)
        pthread_cond_wait(&h->changed, &h->mu);
    pthread_mutex_unlock(&h->mu);
}

static void *hold_main(void *arg)
{
    Hold *h = arg;
    worker_call(h->w, hold_worker, h);
    return NULL;
}

/* The keeper of local topics has a minute of pauses, so the test is the only one who looks. */
static void look_later(Bed *b, int seconds)
{
    __atomic_add_fetch(&ahead_ns, seconds * INT64_C(1000000000), __ATOMIC_RELAXED);
    watchdog_step(b->e);
}

int test_watchdog_worker(void)
{
    Effects fx = *effects_real();
    Err err = ERR_INIT;
    Hold h = {.mu = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    Bed b = {.config = {.workers = 1, .fx = &fx, .log = keep_line}};
    fx.mono_ns = shifted_ns;
    lines.n = 0;
    CHECK_INT(engine_open(&b.config, &b.e, &err), OK);
    h.w = &b.e->workers[0];
    CHECK_INT(pthread_create(&thread, NULL, hold_main, &h), 0);
    pthread_mutex_lock(&h.mu);
    while (!h.begun)
        pthread_cond_wait(&h.changed, &h.mu);
    pthread_mutex_unlock(&h.mu);
    look_later(&b, 10);
    look_later(&b, 10);
    CHECK_INT(lines.n, 0);
    look_later(&b, 60);
    CHECK_INT(lines.n, 1);
    CHECK(line_is(0, "no progress: waiting for the broker for 7", "worker 0 has been in the same call since"));
    pthread_mutex_lock(&h.mu);
    h.over = true;
    pthread_cond_broadcast(&h.changed);
    pthread_mutex_unlock(&h.mu);
    pthread_join(thread, NULL);
    for (int i = 0; i < 1000 && lines.n < 2; i++) /* until the worker answers */
        look_later(&b, 10);
    CHECK(line_is(1, "no longer waiting for the broker, after ", " s"));
    engine_close(b.e);
    return 0;
}
