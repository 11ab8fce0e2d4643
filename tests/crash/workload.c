// SPDX-License-Identifier: Apache-2.0
// Scripts of the crash tests, and the driver that runs them; see workload.h. One thread.
#include "tests/crash/workload.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sql/parse.h"
#include "tests/crash/broker_double.h"

enum { GROUPS = 5, KEYS = 7, OP_MS = 20000, COMMIT_MS = 2000, FIXED_SEED = 7 };
static const int64_t START_MS = 1700000000000;

/* ---- scripts -------------------------------------------------------------------------------------- */

static void add_ddl(Workload *w, const char *sql, const char *adds, const char *drops)
{
    vec_add(&w->ops, (Op){.kind = OP_DDL, .sql = mem_strdup(sql), .adds = adds, .drops = drops});
}

static void add(Workload *w, OpKind kind, int n) { vec_add(&w->ops, (Op){.kind = kind, .n = n}); }

/* v: unique, and scattered so that the sums of different rows differ. */
static void add_insert(Workload *w, int source, int key, int group, int64_t v)
{
    Op op = {.kind = OP_INSERT, .source = source, .v = v};
    char sql[160];
    snprintf(op.k, sizeof op.k, "k%d", key);
    snprintf(op.g, sizeof op.g, "g%d", group);
    snprintf(sql, sizeof sql, "INSERT INTO %c (k, g, v) VALUES ('%s', '%s', %lld);", 'A' + source, op.k, op.g,
             (long long)v);
    op.sql = mem_strdup(sql);
    vec_add(&w->ops, op);
}

static int64_t unique_value(const Workload *w, uint64_t bits)
{
    int64_t v = ((int64_t)(bits % 1000) * 1000 + w->ops.n + 1);
    return bits >> 32 & 1 ? -v : v;
}

static void add_source(Workload *w, int source)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "CREATE STREAM %c (k VARCHAR KEY, g VARCHAR, v BIGINT) "
             "WITH (kafka_topic='%c', partitions=%d, value_format='JSON');",
             'A' + source, 'a' + source, w->partitions[source]);
    add_ddl(w, sql, source ? "S:B" : "S:A", "");
}

enum { MAKE_M, MAKE_C, MAKE_INSERT, MAKE_T, MAKE_H, DROP_H, END_T };

static void add_query(Workload *w, int which)
{
    switch (which) {
    case MAKE_M:
        add_ddl(w, "CREATE STREAM M AS SELECT * FROM A;", "S:M Q:CSAS_M", "");
        break;
    case MAKE_C:
        add_ddl(w, "CREATE TABLE C AS SELECT k, COUNT(*) AS n, SUM(v) AS s FROM A GROUP BY k;", "T:C Q:CTAS_C", "");
        break;
    case MAKE_INSERT:
        add_ddl(w, "INSERT INTO M SELECT * FROM B;", "Q:INSERTQUERY", "");
        break;
    case MAKE_T:
        add_ddl(w, "CREATE TABLE T AS SELECT g, COUNT(*) AS n, SUM(v) AS s FROM M GROUP BY g;",
                "T:T Q:CTAS_T", "");
        break;
    case MAKE_H:
        add_ddl(w,
                "CREATE TABLE H AS SELECT g, COUNT(*) AS n, SUM(v) AS s FROM M GROUP BY g HAVING SUM(v) > 0;",
                "T:H Q:CTAS_H", "");
        break;
    case DROP_H:
        add_ddl(w, "DROP TABLE H DELETE TOPIC;", "", "T:H Q:CTAS_H");
        break;
    default:
        add_ddl(w, "TERMINATE $CTAS_T;", "", "Q:CTAS_T");
    }
}

/* `inserts` rows in each of seven stretches: before and behind the tables, with all running, with H gone, with a
 * new H, whose topic must begin anew, and behind the end of T. */
void workload_fixed(Workload *w, bool cache_off, int inserts, bool restart)
{
    *w = (Workload){.seed = FIXED_SEED, .partitions = {2, 2}, .batch_rows = 3, .cache_off = cache_off};
    Effects *fx = effects_sim_new(w->seed, 0);
    const int stretches[][2] = {{MAKE_M, MAKE_C}, {MAKE_INSERT, MAKE_T}, {MAKE_H, -1}, {-1, -1},
                                {DROP_H, -1}, {MAKE_H, -1},          {END_T, -1}};
    add_source(w, 0);
    add_source(w, 1);
    for (int s = 0; s < ARRAY_LEN(stretches); s++) {
        if (s > 2) {
            add(w, OP_DRAIN, 0);
            add(w, OP_CHECK, 0);
        }
        if (restart && s == 3)
            add(w, OP_RESTART, 0);
        for (int i = 0; i < 2; i++)
            if (stretches[s][i] >= 0)
                add_query(w, stretches[s][i]);
        for (int i = 0; i < inserts; i++) {
            uint64_t bits = fx->random(fx);
            add_insert(w, i & 1, (int)((bits >> 8) % KEYS), (int)((bits >> 16) % GROUPS),
                       unique_value(w, bits));
            if (s > 0 && bits >> 40 & 1)
                add(w, OP_STEP, 1 + (int)(bits >> 44 & 3));
        }
    }
    add(w, OP_DRAIN, 0);
    add(w, OP_CHECK, 0);
    effects_sim_free(fx);
}

static int roll(Effects *fx, int n) { return (int)(fx->random(fx) % (uint64_t)n); }

static void random_kafka_op(Workload *w, Effects *fx)
{
    int what = roll(fx, 8);
    if (what < 3)
        add(w, OP_SECOND, roll(fx, 3));
    else if (what < 7 || w->at_least_once) /* nothing fences who writes at least once */
        add(w, OP_MOVE, roll(fx, 8));
    else
        add(w, OP_FENCE, roll(fx, 6));
}

static void random_op(Workload *w, Effects *fx)
{
    int what = roll(fx, w->kafka ? 25 : 20);
    if (what >= 20) {
        random_kafka_op(w, fx);
        return;
    }
    if (what < 9)
        add_insert(w, roll(fx, 2), roll(fx, KEYS), roll(fx, GROUPS), unique_value(w, fx->random(fx)));
    else if (what < 14)
        add(w, OP_STEP, 1 + roll(fx, 6));
    else if (what < 15)
        add(w, OP_DRAIN, 0);
    else if (what < 17)
        add(w, OP_RESTART, 0);
    else if (what < 20)
        add(w, OP_CRASH, 0);
}

static void random_workload(Workload *w, uint64_t seed, bool kafka)
{
    Effects *fx = effects_sim_new(seed, 0);
    const int batches[] = {1, 2, 5, 0};
    *w = (Workload){.seed = seed, .kafka = kafka, .at_least_once = kafka && roll(fx, 2)};
    w->partitions[0] = 1 + roll(fx, 2);
    w->partitions[1] = 1 + roll(fx, 2);
    w->batch_rows = batches[roll(fx, 4)];
    w->cache_off = roll(fx, 2);
    add_source(w, 0);
    add_source(w, 1);
    const int order[] = {MAKE_M, MAKE_C, MAKE_INSERT, MAKE_T, MAKE_H, DROP_H, MAKE_H, END_T};
    for (int q = 0; q < ARRAY_LEN(order); q++) {
        for (int i = roll(fx, 25); i > 0; i--)
            random_op(w, fx);
        if (order[q] == DROP_H || order[q] == END_T) {
            add(w, OP_DRAIN, 0);
            add(w, OP_CHECK, 0);
        }
        add_query(w, order[q]);
    }
    for (int i = roll(fx, 15); i > 0; i--)
        random_op(w, fx);
    add(w, OP_DRAIN, 0);
    add(w, OP_CHECK, 0);
    effects_sim_free(fx);
}

void workload_random(Workload *w, uint64_t seed) { random_workload(w, seed, false); }
void workload_random_kafka(Workload *w, uint64_t seed) { random_workload(w, seed, true); }

void workload_free(Workload *w)
{
    for (int i = 0; i < w->ops.n; i++)
        mem_free(w->ops.v[i].sql);
    vec_free(&w->ops);
}

/* ---- the driver ----------------------------------------------------------------------------------- */

void driver_init(Driver *d, const Workload *w, const char *dir)
{
    *d = (Driver){.w = w, .dir = dir, .t_limit = ORACLE_MAX_INPUTS};
    d->fx = effects_sim_new(w->seed + 1, START_MS);
    d->o = oracle_new(w->partitions[0], w->partitions[1]);
}

void driver_close(Driver *d, bool crash)
{
    session_free(d->s);
    d->s = NULL;
    if (crash)
        engine_crash(d->e);
    else
        engine_close(d->e);
    d->e = NULL;
}

static void close_second(Driver *d, bool crash)
{
    if (!d->e2)
        return;
    if (crash)
        engine_crash(d->e2);
    else
        engine_close(d->e2);
    d->e2 = NULL;
}

void driver_clear(Driver *d)
{
    close_second(d, false);
    if (d->e)
        driver_close(d, false);
    strmap_free(&d->catalog);
    oracle_free(d->o);
    effects_sim_free(d->fx);
}

static bool fail(Driver *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool fail(Driver *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(d->why, sizeof d->why, fmt, ap);
    va_end(ap);
    return false;
}

static bool fail_err(Driver *d, const char *what, Err *err)
{
    fail(d, "%s: %s", what, err->msg);
    err_clear(err);
    return false;
}

bool driver_open(Driver *d)
{
    Err err = ERR_INIT;
    EngineConfig config = {.dir = d->dir, .fx = d->fx, .check_operators = true};
    config.batch_rows = d->w->batch_rows;
    Str cache = d->w->cache_off ? STR("0") : STR("10000000");
    if (d->opened++ && d->reopens)
        d->reopens(d);
    config.broker = d->broker;
    if (engine_open(&config, &d->e, &err))
        return fail_err(d, "open", &err);
    d->s = session_new(d->e);
    if (engine_warning(d->e, 0))
        return fail(d, "open warns: %s", engine_warning(d->e, 0));
    Status st = session_set(d->s, STR("auto.offset.reset"), STR("earliest"), &err);
    if (st == OK)
        st = session_set(d->s, STR("ksql.streams.cache.max.bytes.buffering"), cache, &err);
    if (st == OK && d->broker)
        st = session_set(d->s, STR("processing.guarantee"), d->w->at_least_once ? STR("at_least_once") : STR("exactly_once_v2"),
                         &err);
    return st ? fail_err(d, "SET", &err) : true;
}

SequenceRule driver_rule(const Driver *d)
{
    if (!d->broker || !d->w->at_least_once)
        return d->w->cache_off ? SEQUENCE_EXACT : SEQUENCE_COALESCED;
    if (d->recounts)
        return d->w->cache_off ? SEQUENCE_RECOUNTED : SEQUENCE_RECOUNTED_COALESCED;
    return d->w->cache_off ? SEQUENCE_AGAIN : SEQUENCE_AGAIN_COALESCED;
}

bool driver_sql(Driver *d, const char *sql, json_t **entity, RowStream **rows)
{
    Err err = ERR_INIT;
    Script script;
    Stmt *stmt = NULL;
    Answer answer = {0};
    Arena *a = arena_new(0);
    script_init(&script, str_of(sql));
    Status st = script_next(&script, a, NULL, false, &stmt, &err);
    if (st == OK)
        st = session_run(d->s, stmt, &answer, &err);
    if (st == OK && entity)
        *entity = json_incref(answer.entity);
    if (st == OK && rows) {
        *rows = answer.stream;
        answer.stream = NULL;
    }
    answer_clear(&answer);
    arena_free(a);
    return st ? fail_err(d, sql, &err) : true;
}

/* ---- what SHOW must tell ---- */

static void edit_words(StrMap *m, const char *words, bool put)
{
    for (Str rest = str_of(words); rest.n;) {
        size_t n = 0;
        while (n < rest.n && rest.p[n] != ' ')
            n++;
        Str word = str_sub(rest, 0, n);
        if (put)
            strmap_put(m, word, m);
        else
            strmap_remove(m, word);
        n += n < rest.n;
        rest = str_sub(rest, n, rest.n - n);
    }
}

/* What an acknowledged op changes: the oracle's inputs and the expected catalog. */
static void learn(Driver *d, const Op *op)
{
    if (op->kind == OP_INSERT)
        oracle_insert(d->o, op->source, op->k, op->g, op->v);
    if (op->kind != OP_DDL)
        return;
    edit_words(&d->catalog, op->adds, true);
    edit_words(&d->catalog, op->drops, false);
    if (strstr(op->drops, "Q:CTAS_T"))
        d->t_limit = oracle_count(d->o);
}

static bool same_words(const StrMap *a, const StrMap *b)
{
    StrMapEntry *e;
    if (a->live != b->live)
        return false;
    for (int i = 0; (e = strmap_next(a, &i));)
        if (!strmap_find(b, e->key))
            return false;
    return true;
}

static void print_words(const StrMap *m, char *out, size_t room)
{
    StrMapEntry *e;
    *out = 0;
    for (int i = 0; (e = strmap_next(m, &i));)
        snprintf(out + strlen(out), room - strlen(out), "%s%s", *out ? " " : "", e->key.p);
}

static bool compare_catalog(Driver *d, const StrMap *seen)
{
    char got[200], want[200];
    if (same_words(seen, &d->catalog))
        return true;
    print_words(seen, got, sizeof got);
    print_words(&d->catalog, want, sizeof want);
    return fail(d, "the catalog has %s; wanted %s", got, want);
}

/* ---- ops ---- */

/* The id of the query that "$NAME" names, or NULL. */
static char *find_query_id(Driver *d, const char *name)
{
    json_t *answer = NULL, *row;
    char *id = NULL;
    size_t i, n = strlen(name);
    if (!driver_sql(d, "SHOW QUERIES;", &answer, NULL))
        return NULL;
    json_array_foreach(json_object_get(answer, "queries"), i, row) {
        const char *s = json_string_value(json_object_get(row, "id"));
        if (s && strncmp(s, name, n) == 0 && s[n] == '_' && isdigit((unsigned char)s[n + 1]))
            id = mem_strdup(s);
    }
    json_decref(answer);
    return id;
}

static bool run_ddl(Driver *d, const Op *op)
{
    const char *mark = strchr(op->sql, '$');
    if (!mark)
        return driver_sql(d, op->sql, NULL, NULL);
    char name[64] = {0}, sql[200];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(mark + 1, ";"), mark + 1);
    char *id = find_query_id(d, name);
    if (!id)
        return fail(d, "%s: no such query", op->sql);
    snprintf(sql, sizeof sql, "%.*s%s;", (int)(mark - op->sql), op->sql, id);
    mem_free(id);
    return driver_sql(d, sql, NULL, NULL);
}

static bool step(Driver *d)
{
    bool did = runtime_step(d->e);
    return d->e2 ? runtime_step(d->e2) || did : did;
}

/* A broker that fails again and again is given up on. */
static void settle(Driver *d)
{
    int most = d->faults ? 20000 : INT_MAX;
    while (most-- && step(d))
        ;
}

static void drain(Driver *d)
{
    for (int i = 0; i < (d->broker ? 8 : 4); i++) {
        settle(d);
        effects_sim_advance(d->fx, COMMIT_MS);
    }
    settle(d);
}

/* ---- what befalls servers over a broker ---- */

/* False: it fails, as the broker does; another time, then. */
static bool open_second(Driver *d)
{
    Err err = ERR_INIT;
    EngineConfig config = {.dir = d->second_dir, .fx = d->fx, .check_operators = true, .broker = d->second, .member = "second:1",
                           .batch_rows = d->w->batch_rows};
    if (engine_open(&config, &d->e2, &err))
        d->e2 = NULL;
    err_clear(&err);
    return d->e2 != NULL;
}

static void befall(Driver *d, const Op *op)
{
    static const uint64_t masks[] = {1, 2, 3, UINT64_MAX};
    if (op->kind == OP_SECOND) {
        if (!d->e2)
            open_second(d);
        else if (op->n)
            close_second(d, op->n == 2);
    } else if (op->kind == OP_MOVE && d->e2) {
        double_move(op->n & 1 ? d->second : d->broker, masks[op->n / 2]);
    } else if (op->kind == OP_FENCE) {
        double_fence(d->broker);
        for (int i = 0; i < op->n; i++)
            step(d);
        double_lost(d->broker);
    }
}

/* What is looked at is looked at in peace. */
static DoubleConfig peace(Driver *d)
{
    DoubleConfig had = {0};
    if (d->faults) {
        had = *d->faults;
        *d->faults = (DoubleConfig){.seed = had.seed, .queue = had.queue, .timeout = had.timeout};
    }
    return had;
}

static void unrest(Driver *d, const DoubleConfig *had)
{
    if (d->faults)
        *d->faults = *had;
}

bool driver_calm(Driver *d)
{
    (void)peace(d);
    if (!d->e && !driver_open(d))
        return false;
    drain(d);
    double_move(d->broker, UINT64_MAX); /* also what a dead one had: its session is over */
    drain(d);
    return true;
}

static bool run_op(Driver *d, const Op *op)
{
    switch (op->kind) {
    case OP_DDL:
        return run_ddl(d, op);
    case OP_INSERT:
        return driver_sql(d, op->sql, NULL, NULL);
    case OP_STEP:
        for (int i = 0; i < op->n; i++)
            step(d);
        return true;
    case OP_SECOND:
    case OP_MOVE:
    case OP_FENCE:
        befall(d, op);
        return true;
    case OP_DRAIN:
        drain(d);
        return true;
    case OP_CHECK:
        return driver_check(d);
    default:
        driver_close(d, op->kind == OP_CRASH);
        return driver_open(d);
    }
}

/* ---- what became of an op that was not acknowledged ---- */

/* An insert whose acknowledgement was lost is there once or not at all. *done: it is there. */
static bool find_insert(Driver *d, const Op *op, bool *done)
{
    int n = check_count_input(d, op->source, op->v);
    *done = n == 1;
    return n == 0 || n == 1 || fail(d, "%s: is there %d times after the crash", op->sql, n);
}

/* The catalog is as before the statement, or as after it. */
static bool find_ddl(Driver *d, const Op *op, const StrMap *seen, bool *done)
{
    *done = false;
    if (same_words(seen, &d->catalog))
        return true;
    edit_words(&d->catalog, op->adds, true);
    edit_words(&d->catalog, op->drops, false);
    *done = true;
    return compare_catalog(d, seen);
}

/* A topic in a broker goes behind the command that says so: a server that died between leaves it to its user. */
static void delete_left(Driver *d)
{
    TopicInfo info;
    Err err = ERR_INIT;
    if (topic_describe(engine_topics(d->e), STR("H"), &info) && topic_delete(engine_topics(d->e), STR("H"), &err))
        err_clear(&err);
}

/* *done: it was done, and its effect is known now. */
static bool find_op(Driver *d, const Op *op, bool *done)
{
    StrMap seen = {0};
    bool good = check_catalog_words(d, &seen);
    if (good && op->kind == OP_DDL)
        good = find_ddl(d, op, &seen, done);
    else if (good)
        good = compare_catalog(d, &seen) && (op->kind != OP_INSERT || find_insert(d, op, done));
    strmap_free(&seen);
    if (good && *done && d->broker && op->kind == OP_DDL && strstr(op->sql, "DELETE TOPIC"))
        delete_left(d);
    return good;
}

/* Over a broker that fails: what failed is looked for in peace, and done anew when nothing of it is there. */
static bool run_faulty(Driver *d, const Op *op)
{
    if (!d->faults)
        return run_op(d, op);
    DoubleConfig had = *d->faults;
    bool good = op->kind != OP_CHECK && run_op(d, op), done = op->kind == OP_RESTART || op->kind == OP_CRASH;
    if (!good) {
        d->failed_ops += op->kind != OP_CHECK;
        good = driver_calm(d) && (op->kind != OP_INSERT && op->kind != OP_DDL ? true : find_op(d, op, &done));
        good = good && (done || run_op(d, op));
    }
    unrest(d, &had);
    return good;
}

bool driver_run(Driver *d, int from, volatile int *acked)
{
    for (d->at = from; d->at < d->w->ops.n; d->at++) {
        const Op *op = &d->w->ops.v[d->at];
        if (!run_faulty(d, op))
            return false;
        learn(d, op);
        if (acked)
            *acked = d->at + 1;
    }
    return true;
}

bool driver_check(Driver *d)
{
    StrMap seen = {0};
    bool good = check_catalog_words(d, &seen) && compare_catalog(d, &seen);
    strmap_free(&seen);
    return good && check_everything(d);
}

bool driver_recover(Driver *d, int acked)
{
    const Op *op = acked < d->w->ops.n ? &d->w->ops.v[acked] : NULL;
    for (d->at = 0; d->at < acked; d->at++)
        learn(d, &d->w->ops.v[d->at]);
    effects_sim_advance(d->fx, (int64_t)(acked + 1) * OP_MS); /* the clock never goes back */
    StrMap seen = {0};
    bool done = false, good = driver_open(d);
    if (good && d->broker)
        drain(d); /* queries wait until the dead one's transaction is aborted */
    if (op)
        good = good && find_op(d, op, &done);
    else
        good = good && check_catalog_words(d, &seen) && compare_catalog(d, &seen);
    strmap_free(&seen);
    if (good && done)
        learn(d, op);
    /* What a query had done and nobody had synced is done again before it is looked at, or ended. */
    bool looks = !op || op->kind == OP_CHECK || (op->kind == OP_DDL && strstr(op->drops, "Q:CTAS_T"));
    if (good && !done && looks)
        drain(d);
    return good && driver_run(d, acked + done, NULL) && driver_check(d);
}
