// SPDX-License-Identifier: Apache-2.0
// Housekeeping: what keeps a data directory, and the memory, from growing without bound.
//
//   retention   of topics that have one: blocks whose records are all older go
//   trimming    of repartition topics: what their one reader has committed as read goes
//   compaction  of tables' topics: when many more records came than there are keys
//
// and, where topics are shared with other servers, what tells of them:
//
//   commands    what another server wrote to the command topic is applied, as soon as it is there
//   members     who stands by for whom, every LOOK_MS
//
// All of it when the engine opens, and then every KEEP_MS, on a thread of its own: workers and their commits go on.
// Under simulated effects it is done by runtime_step, at the same times of the clock. A topic of which a worker
// reads so much between two rounds that it would hold too much is trimmed by its reader's commits too (task.c).
// @thread keeper, but where said otherwise
#include <errno.h>
#include <time.h>

#include "runtime/internal.h"
#include "topic/kafka.h"

enum { KEEP_MS = 60000, COMPACT_LEAST = 100000, LOOK_MS = 1000, HURRY_MS = 1000 };

/* An input of a task that nobody else reads. */
typedef struct Read {
    Str owner, topic;
    int partition;
} Read;

typedef VEC(Read) ReadVec;

/* Copied under the statement lock, so that queries may go meanwhile: then they have no positions any more. */
static void list_reads(Engine *e, Arena *a, ReadVec *out)
{
    int n;
    pthread_mutex_lock(&e->ddl);
    RunQuery **v = engine_queries(e, a, &n);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < v[i]->ntasks; k++) {
            const Task *t = v[i]->tasks[k];
            for (int p = 0; p < t->ninputs; p++)
                if (t->inputs[p].in->internal && members_has(e, t->inputs[p].partition))
                    vec_push(a, out, (Read){task_owner(t, a), arena_str(a, t->inputs[p].in->topic), t->inputs[p].partition});
        }
    pthread_mutex_unlock(&e->ddl);
}

static bool stopping(Engine *e)
{
    pthread_mutex_lock(&e->keeper.mu);
    bool stop = e->keeper.stop;
    pthread_mutex_unlock(&e->keeper.mu);
    return stop;
}

/* What fails is tried again in the next round: a topic that went, a disk that is full. */
static void ignore(Status st, Err *err)
{
    if (st)
        err_clear(err);
}

static void keep_topic(Engine *e, const TopicInfo *info, int64_t now)
{
    Err err = ERR_INIT;
    if (info->retention_ms >= 0)
        ignore(topic_expire(e->topics, info->name, now, &err), &err);
    for (int p = 0; p < info->partitions && !stopping(e); p++)
        if (topic_compact_due(e->topics, info->name, p, COMPACT_LEAST))
            ignore(topic_compact(e->topics, info->name, p, &err), &err);
}

void keeper_round(Engine *e)
{
    Arena *a = arena_new(4096);
    TopicInfoVec all = {NULL, 0, 0};
    ReadVec reads = {NULL, 0, 0};
    Err err = ERR_INIT;
    int64_t now = effects_wall_ms(e->fx); /* retention is of records' timestamps */
    e->keeper.next_ms = effects_mono_ms(e->fx) + KEEP_MS;
    list_reads(e, a, &reads);
    for (int i = 0; i < reads.n && !stopping(e); i++) {
        const Read *r = &reads.v[i];
        int64_t at = position_get(e->topics, r->owner, r->topic, r->partition);
        if (at > 0)
            ignore(topic_trim(e->topics, r->topic, r->partition, at, &err), &err);
    }
    if (!topics_remote(e->topics)) /* the broker keeps its own house */
        topic_list(e->topics, a, &all);
    for (int i = 0; i < all.n && !stopping(e); i++)
        if (all.v[i].use != TOPIC_REPARTITION || all.v[i].retention_ms >= 0)
            keep_topic(e, &all.v[i], now);
    arena_free(a);
}

/* A broker that does not answer now is asked again. */
static void follow(Engine *e)
{
    Err err = ERR_INIT;
    int64_t now = effects_mono_ms(e->fx);
    pthread_mutex_lock(&e->ddl);
    ignore(commands_follow(e, &err), &err);
    pthread_mutex_unlock(&e->ddl);
    if (now >= e->keeper.look_ms) {
        e->keeper.look_ms = now + LOOK_MS;
        kafka_hurry(HURRY_MS); /* commands wait */
        members_look(e);
        kafka_hurry(0);
    }
}

void keeper_wake(Engine *e)
{
    pthread_mutex_lock(&e->keeper.mu);
    e->keeper.woken = true;
    pthread_cond_signal(&e->keeper.wake);
    pthread_mutex_unlock(&e->keeper.mu);
}

/* Whether something was there to follow. */
static bool take_wake(Engine *e)
{
    pthread_mutex_lock(&e->keeper.mu);
    bool woken = e->keeper.woken;
    e->keeper.woken = false;
    pthread_mutex_unlock(&e->keeper.mu);
    return woken;
}

void keeper_step(Engine *e)
{
    if (topics_remote(e->topics) && (take_wake(e) || effects_mono_ms(e->fx) >= e->keeper.look_ms))
        follow(e);
    if (effects_mono_ms(e->fx) >= e->keeper.next_ms)
        keeper_round(e);
}

static void *keeper_main(void *arg)
{
    Engine *e = arg;
    bool remote = topics_remote(e->topics);
    while (!stopping(e)) {
        struct timespec until = wait_until(remote ? LOOK_MS : KEEP_MS);
        pthread_mutex_lock(&e->keeper.mu);
        while (!e->keeper.stop && !e->keeper.woken)
            if (pthread_cond_timedwait(&e->keeper.wake, &e->keeper.mu, &until) == ETIMEDOUT)
                break;
        e->keeper.woken = false;
        bool stop = e->keeper.stop;
        pthread_mutex_unlock(&e->keeper.mu);
        if (!stop)
            watchdog_step(e);
        if (!stop && remote)
            follow(e);
        if (!stop && effects_mono_ms(e->fx) >= e->keeper.next_ms)
            keeper_round(e);
    }
    return NULL;
}

Status keeper_start(Engine *e, Err *err)
{
    keeper_round(e);
    if (e->fx->simulated)
        return OK;
    int rc = e->fx->thread_start(e->fx, "sluice-keeper", keeper_main, e, &e->keeper.thread);
    return rc ? err_set(err, ERR_IO, "a thread does not start: %s", strerror(rc)) : OK;
}

void keeper_stop(Engine *e)
{
    pthread_mutex_lock(&e->keeper.mu);
    e->keeper.stop = true;
    pthread_cond_signal(&e->keeper.wake);
    pthread_mutex_unlock(&e->keeper.mu);
    if (e->keeper.thread)
        e->fx->thread_join(e->fx, e->keeper.thread);
    e->keeper.thread = NULL;
}
