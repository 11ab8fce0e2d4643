// SPDX-License-Identifier: Apache-2.0
// Engine: open, replay, close, and the stepping of tests. See engine.h and internal.h.
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "runtime/stream.h"
#include "topic/broker.h"
#include "topic/kafka.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.0.0"
#endif

enum { DEFAULT_STATE_BUDGET = 256 << 20, DEFAULT_CACHE = 32 << 20, MAX_DEFAULT_WORKERS = 8, TRANSACTION_MS = 60000,
       OPENING_MS = 5000, OPENING_TRIES = 20, OPENING_NAP_MS = 100 };

const char *engine_version(void) { return PACKAGE_VERSION; }

static int worker_count(const EngineConfig *c)
{
    if (c->fx->simulated)
        return 1;
    if (c->workers > 0)
        return c->workers < MAX_WORKERS ? c->workers : MAX_WORKERS;
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MAX_DEFAULT_WORKERS ? MAX_DEFAULT_WORKERS : (int)n;
}

static void on_append(void *arg, Str topic, int partition)
{
    Engine *e = arg;
    if (topics_remote(e->topics) && str_eq(topic, e->command_topic))
        keeper_wake(e);
    for (int i = 0; i < e->nworkers; i++)
        worker_tell(&e->workers[i], topic, partition);
}

/* What is here of remote topics' state can be had from changelogs: damage is no reason to stay away. */
static Status open_disk(Engine *e, Err *err)
{
    if (!e->cfg.broker && !e->cfg.kafka)
        return disk_open(e->cfg.dir, e->fx, DEFAULT_CACHE, &e->disk, err);
    Buf damage = BUF_INIT;
    Status st = disk_open_anew(e->cfg.dir, e->fx, DEFAULT_CACHE, &e->disk, &damage, err);
    if (st == OK && damage.n) {
        Buf text = BUF_INIT;
        buf_printf(&text, "the state in %s was damaged, and is rebuilt from the changelogs (it was put aside as db.damaged): %.*s",
                   e->cfg.dir, STR_ARG(buf_view(&damage)));
        vec_add(&e->warnings, mem_strdup(buf_z(&text)));
        buf_free(&text);
    }
    buf_free(&damage);
    return st;
}

bool engine_ending(const Engine *e)
{
    return __atomic_load_n(&e->ending, __ATOMIC_ACQUIRE) || (e->cfg.ending && e->cfg.ending());
}

static bool ending(void *arg) { return engine_ending(arg); }

static Status open_kafka(Engine *e, Broker **out, Err *err)
{
    KafkaConfig c = *e->cfg.kafka;
    KafkaProps props;
    Buf warnings = BUF_INIT;
    Status st = kafka_props_read(c.settings, c.n, &props, &warnings, err);
    buf_free(&warnings); /* the client tells of them */
    if (st)
        return st;
    e->transaction_ms = props.transaction_ms;
    e->servers = arena_cstr(e->arena, str_of(props.servers ? props.servers : ""));
    kafka_props_free(&props);
    c.ending = ending;
    c.ending_arg = e;
    return kafka_broker_open(&c, out, err);
}

static Status open_topics(Engine *e, Err *err)
{
    Broker *b = e->cfg.broker;
    Status st = e->cfg.dir ? open_disk(e, err) : OK;
    if (st == OK && !b && e->cfg.kafka)
        st = open_kafka(e, &b, err);
    if (st) {
        if (b)
            b->ops->close(b);
        return st;
    }
    if (b)
        return topics_remote_open(b, e->disk, e->fx, &e->topics, err);
    if (e->disk)
        return topics_embedded_open(e->disk, e->fx, &e->topics, err);
    e->topics = topics_memory_new(e->fx);
    return OK;
}

static Status start_workers(Engine *e, Err *err)
{
    e->workers = mem_zalloc(sizeof *e->workers * (size_t)worker_count(&e->cfg));
    for (e->nworkers = 0; e->nworkers < worker_count(&e->cfg);) {
        Worker *w = &e->workers[e->nworkers];
        w->e = e;
        w->index = e->nworkers++;
        Status st = worker_start(w, err);
        if (st)
            return st;
    }
    topics_on_append(e->topics, on_append, e);
    return OK;
}

/* A broker that has just come, or lost another, does not know yet who leads what, and which topics there are. */
static bool of_beginnings(Status st)
{
    return st == ERR_BROKER || st == ERR_TOPIC_GONE || st == ERR_ABORT || st == ERR_UNKNOWN_OUTCOME;
}

/* What a broker refuses at first is tried again, for as long as one that is not there is waited for. */
static Status opening(Engine *e, Status (*step)(Engine *e, Err *err), int64_t began_ns, Err *err)
{
    const struct timespec nap = {0, OPENING_NAP_MS * 1000000};
    for (int tries = 0;; tries++) {
        Err why = ERR_INIT;
        Status st = step(e, &why);
        int64_t ms = (e->fx->mono_ns(e->fx) - began_ns) / 1000000;
        if (!of_beginnings(st) || engine_ending(e) || ms >= OPENING_MS ||
            (e->fx->simulated && tries >= OPENING_TRIES)) {
            if (of_beginnings(st) && e->cfg.kafka)
                err_set(err, ERR_BROKER, "Kafka at %s does not do what is needed to begin (tried for %.1f s): %s",
                        e->servers, (double)ms / 1000, why.msg);
            else
                err_move(err, &why);
            err_clear(&why);
            return (Status)err->code;
        }
        err_clear(&why);
        if (!e->fx->simulated)
            nanosleep(&nap, NULL);
    }
}

static Status open_steps(Engine *e, Err *err)
{
    int64_t began = e->fx->mono_ns(e->fx);
    Status st = e->cfg.no_processing_log ? OK : opening(e, proclog_open, began, err);
    if (st == OK)
        st = opening(e, commands_open, began, err);
    if (st == OK)
        st = opening(e, members_join, began, err);
    if (st == OK)
        st = opening(e, commands_known, began, err);
    return st ? st : ddl_replay(e, err);
}

Status engine_open(const EngineConfig *config, Engine **out, Err *err)
{
    Engine *e = mem_zalloc(sizeof *e);
    functions_init();
    e->cfg = *config;
    e->fx = config->fx;
    e->arena = arena_new(1024);
    e->service_id = arena_str(e->arena, str_of(config->service_id ? config->service_id : "default_"));
    e->command_topic = arena_strf(e->arena, "_confluent-ksql-%.*s_command_topic", STR_ARG(e->service_id));
    if (e->cfg.headless)
        e->cfg.sequential_ids = true;
    if (e->cfg.batch_rows <= 0 || e->cfg.batch_rows > LIMIT_BATCH_ROWS)
        e->cfg.batch_rows = LIMIT_BATCH_ROWS;
    if (!e->cfg.state_budget)
        e->cfg.state_budget = DEFAULT_STATE_BUDGET;
    e->share.budget = e->cfg.state_budget;
    e->transaction_ms = TRANSACTION_MS;
    pthread_mutex_init(&e->ddl, NULL);
    pthread_mutex_init(&e->moving, NULL);
    pthread_mutex_init(&e->mu, NULL);
    wait_init(&e->ran);
    pthread_mutex_init(&e->keeper.mu, NULL);
    wait_init(&e->keeper.wake);
    e->cat = catalog_new();
    Status st = open_topics(e, err);
    if (st == OK)
        st = commands_check_directory(e, err);
    if (st == OK)
        st = members_identify(e, err);
    if (st == OK)
        topics_identify(e->topics, e->member_id);
    if (st == OK)
        st = start_workers(e, err);
    if (st == OK)
        st = open_steps(e, err);
    if (st == OK)
        st = keeper_start(e, err);
    if (st) {
        engine_close(e);
        return st;
    }
    *out = e;
    return OK;
}

static bool any_task(const Task *t, const void *arg)
{
    UNUSED(t);
    UNUSED(arg);
    return true;
}

static void commit_worker(void *arg) { worker_commit(arg, any_task, NULL); }

void runtime_commit_all(Engine *e)
{
    for (int i = 0; i < e->nworkers; i++)
        worker_call(&e->workers[i], commit_worker, &e->workers[i]);
}

/* Those that wait to be tried again: what they did since their last commit is dropped. @thread worker */
static int count_waiting(const Worker *w)
{
    int n = 0;
    for (int i = 0; i < w->tasks.n; i++)
        n += w->tasks.v[i]->q->kind == QUERY_PERSISTENT && w->tasks.v[i]->state == TASK_WAITING;
    return n;
}

typedef struct LastCommit {
    Worker *w;
    bool all; /* was committed */
} LastCommit;

static void commit_last(void *arg)
{
    LastCommit *l = arg;
    int before = count_waiting(l->w);
    worker_commit(l->w, any_task, NULL);
    l->all &= count_waiting(l->w) == before; /* these had nothing left to commit */
}

static bool commit_all(Engine *e)
{
    LastCommit l = {.all = true};
    for (int i = 0; i < e->nworkers; i++) {
        l.w = &e->workers[i];
        worker_call(l.w, commit_last, &l);
    }
    return l.all;
}

static bool close_engine(Engine *e, bool commit)
{
    __atomic_store_n(&e->ending, true, __ATOMIC_RELEASE);
    keeper_stop(e);
    bool all = !commit || commit_all(e);
    if (commit)
        members_leave(e);
    while (e->streams.n)
        rowstream_orphan(e->streams.v[e->streams.n - 1]);
    while (e->queries.n) {
        RunQuery *q = e->queries.v[e->queries.n - 1];
        query_stop(q);
        query_free(q);
    }
    if (e->topics)
        topics_on_append(e->topics, NULL, NULL);
    for (int i = 0; i < e->nworkers; i++) {
        Worker *w = &e->workers[i];
        worker_stop(w);
        arena_free(w->batch_arena);
        arena_free(w->commit_arena);
        vec_free(&w->readers);
        vec_free(&w->tasks);
        vec_free(&w->due);
        vec_free(&w->grouped);
        vec_free(&w->units);
        vec_free(&w->outcomes);
        committer_free(w->committer);
        vec_free(&w->inbox);
        pthread_mutex_destroy(&w->mu);
        pthread_cond_destroy(&w->wake);
        pthread_cond_destroy(&w->answered);
    }
    mem_free(e->workers);
    vec_free(&e->queries);
    vec_free(&e->streams);
    commands_close(e);
    catalog_unref(e->cat);
    source_unref(e->log_source);
    topics_free(e->topics);
    disk_close(e->disk);
    for (int i = 0; i < e->warnings.n; i++)
        mem_free(e->warnings.v[i]);
    vec_free(&e->warnings);
    pthread_mutex_destroy(&e->ddl);
    pthread_mutex_destroy(&e->moving);
    pthread_mutex_destroy(&e->mu);
    pthread_cond_destroy(&e->ran);
    pthread_mutex_destroy(&e->keeper.mu);
    pthread_cond_destroy(&e->keeper.wake);
    arena_free(e->arena);
    mem_free(e);
    return all;
}

bool engine_close(Engine *e) { return e ? close_engine(e, true) : true; }

void engine_crash(Engine *e)
{
    BUG_IF(!e->fx->simulated);
    close_engine(e, false);
}

bool runtime_step(Engine *e)
{
    bool did = false;
    for (int i = 0; i < e->nworkers; i++)
        did |= worker_step(&e->workers[i]);
    watchdog_step(e);
    if (!did)
        keeper_step(e);
    return did || topics_wait(e->topics);
}

void runtime_settle(Engine *e)
{
    while (runtime_step(e)) {
    }
}

Topics *engine_topics(Engine *e) { return e->topics; }
Effects *engine_effects(Engine *e) { return e->fx; }
const char *engine_warning(Engine *e, int i) { return i < e->warnings.n ? e->warnings.v[i] : NULL; }

Catalog *engine_catalog(Engine *e)
{
    pthread_mutex_lock(&e->mu);
    Catalog *cat = catalog_ref(e->cat);
    pthread_mutex_unlock(&e->mu);
    return cat;
}

void engine_set_catalog(Engine *e, Catalog *cat)
{
    pthread_mutex_lock(&e->mu);
    Catalog *old = e->cat;
    e->cat = cat;
    pthread_mutex_unlock(&e->mu);
    catalog_unref(old);
}

bool engine_wait(Engine *e)
{
    enum { MOMENT_MS = 100 };
    if (engine_ending(e))
        return false;
    if (e->fx->simulated)
        return runtime_step(e);
    struct timespec until = wait_until(MOMENT_MS);
    pthread_mutex_lock(&e->mu);
    pthread_cond_timedwait(&e->ran, &e->mu, &until);
    pthread_mutex_unlock(&e->mu);
    return true;
}

void engine_ran(Engine *e)
{
    pthread_mutex_lock(&e->mu);
    pthread_cond_broadcast(&e->ran);
    pthread_mutex_unlock(&e->mu);
}

Status engine_need_topic(Engine *e, const TopicInfo *info, Err *err)
{
    TopicInfo there;
    if (topic_describe(e->topics, info->name, &there) && there.partitions == info->partitions)
        return OK;
    Err made = ERR_INIT;
    Status st = topic_create(e->topics, info, &made);
    if (st == ERR_STATEMENT && !topic_describe(e->topics, info->name, &there)) {
        made.code = ERR_BROKER; /* there, and not to be seen: a broker that has just come, or a moment between two servers */
        st = ERR_BROKER;
    } else if (st == ERR_STATEMENT && there.partitions == info->partitions) {
        err_clear(&made);
        st = OK;
    }
    err_move(err, &made);
    return st;
}

void engine_log(const Engine *e, const char *fmt, ...)
{
    va_list ap;
    char line[1024];
    if (!e->cfg.log)
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    e->cfg.log(e->cfg.log_arg, line);
}

static RunQuery *find_query(Engine *e, Str id, QueryKind kind)
{
    for (int i = 0; i < e->queries.n; i++)
        if (e->queries.v[i]->kind == kind && str_eq_nocase(e->queries.v[i]->id, id))
            return e->queries.v[i];
    return NULL;
}

RunQuery *engine_query(Engine *e, Str id)
{
    pthread_mutex_lock(&e->mu);
    RunQuery *q = find_query(e, id, QUERY_PERSISTENT);
    pthread_mutex_unlock(&e->mu);
    return q;
}

RunQuery **engine_queries(Engine *e, Arena *a, int *n)
{
    pthread_mutex_lock(&e->mu);
    RunQuery **v = ARENA_ARRAY(a, RunQuery *, e->queries.n);
    *n = 0;
    for (int i = 0; i < e->queries.n; i++)
        if (e->queries.v[i]->kind == QUERY_PERSISTENT)
            v[(*n)++] = e->queries.v[i];
    pthread_mutex_unlock(&e->mu);
    return v;
}

bool engine_end_push(Engine *e, Str id)
{
    pthread_mutex_lock(&e->mu);
    RunQuery *q = find_query(e, id, QUERY_TRANSIENT);
    if (q)
        q->ended(q->take_arg, "", NULL);
    pthread_mutex_unlock(&e->mu);
    return q != NULL;
}
