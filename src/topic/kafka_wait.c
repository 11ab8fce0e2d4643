// SPDX-License-Identifier: Apache-2.0
// How long calls of librdkafka may take, and how the process's end shortens them.
//
//   a call           has its limit of time, and spends it in slices, so that an end is noticed: in MOST_SLICE_MS
//   the end comes    (KafkaConfig.ending) calls that are under way get NOTICED_MS more, those that begin then ENDING_MS
//   one of them      did not succeed in that time: the broker is taken for away, and nobody waits for it any more. What was
//                    not committed then is read again at the next start; an open transaction is left to time out. One whose
//                    own limit was shorter says nothing of the broker
//
// Slices of calls that librdkafka resumes (init, commit, abort, flush, a queue that is polled) lose nothing. Others ask anew with
// each slice, so these are longer. What can be neither is called in a thread of its own (Aside), which is left alone when the time
// is over, with all that it uses: positions in a transaction (kafka_produce.c), and the destruction of a handle.
//
// librdkafka (2.0.2) may destroy a handle for ever. It waits for a broker's thread, and this for the last reference to its broker,
// which a partition has. The answer to a fetch that was on its way when the partition's reader stopped is put into the partition's
// own queue, where it refers to the partition; that queue is emptied with its topic, but for a partition that the metadata does not
// name any more. So a reader's stop and the topic's deletion are enough, and nothing that is public reaches the queue then. Hence
// DESTROY_MS. What handles that were left cost is taken from one account, so that many of them make no long end.
// @thread any
#include <time.h>

#include "topic/kafka_impl.h"

enum { ENDING_MS = 2500, NOTICED_MS = 1000, MOST_SLICE_MS = 2000, NAP_MS = 50, DESTROY_MS = 1500, LEAST_MS = 100 };

int64_t kafka_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void kafka_nap(int ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

bool kafka_ending(const Kafka *k) { return k->ending && k->ending(k->ending_arg); }

static bool given_up(const Kafka *k) { return __atomic_load_n(&k->given_up, __ATOMIC_ACQUIRE); }

static _Thread_local int64_t hurry; /* until then; 0: none */

void kafka_hurry(int ms) { hurry = ms ? kafka_now_ms() + ms : 0; }

Patience kafka_patience(Kafka *k, int ms)
{
    int64_t now = kafka_now_ms();
    return (Patience){.k = k, .began = now, .until = hurry && hurry < now + ms ? hurry : now + ms};
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

int kafka_slice(Patience *p, int most)
{
    int64_t now = kafka_now_ms();
    if (!p->ending && kafka_ending(p->k)) {
        int64_t until = later(p->began + ENDING_MS, now + NOTICED_MS);
        p->ending = true;
        p->cut = until < p->until;
        p->until = p->cut ? until : p->until;
    }
    if (p->cut && now >= p->until)
        __atomic_store_n(&p->k->given_up, true, __ATOMIC_RELEASE);
    if (p->ending && given_up(p->k))
        return 0;
    int64_t left = p->until - now;
    return left <= 0 ? 0 : left < most ? (int)left : most;
}

static bool unanswered(rd_kafka_resp_err_t e)
{
    return e == RD_KAFKA_RESP_ERR__TIMED_OUT || e == RD_KAFKA_RESP_ERR__TRANSPORT;
}

/* A broker that has just come, or lost its part, says so: the metadata will tell who has it now. */
static bool of_leaders(rd_kafka_resp_err_t e)
{
    return e == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || e == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           e == RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE || e == RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE ||
           e == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH || e == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
           e == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE || e == RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR;
}

/* Between two slices: an answer that came at once does not come again at once. */
static void pause_before(const Patience *p, int64_t asked)
{
    if (kafka_now_ms() - asked < NAP_MS && kafka_now_ms() + NAP_MS < p->until)
        kafka_nap(NAP_MS);
}

rd_kafka_resp_err_t kafka_metadata(Kafka *k, rd_kafka_topic_t *topic, int ms, const struct rd_kafka_metadata **out)
{
    Patience p = kafka_patience(k, ms);
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int slice; unanswered(e) && (slice = kafka_slice(&p, MOST_SLICE_MS)) > 0;) {
        int64_t asked = kafka_now_ms();
        e = rd_kafka_metadata(k->meta, topic == NULL, topic, out, slice);
        if (unanswered(e))
            pause_before(&p, asked);
    }
    return e;
}

rd_kafka_resp_err_t kafka_offsets(Kafka *k, rd_kafka_topic_partition_list_t *l)
{
    Patience p = kafka_patience(k, k->request_ms);
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_copy(l);
    for (int slice; (unanswered(e) || of_leaders(e)) && (slice = kafka_slice(&p, MOST_SLICE_MS)) > 0;) {
        int64_t at = kafka_now_ms();
        for (int i = 0; i < l->cnt; i++) /* an answer overwrites what was asked */
            l->elems[i].offset = asked->elems[i].offset;
        e = rd_kafka_offsets_for_times(k->meta, l, slice);
        for (int i = 0; i < l->cnt && !e; i++)
            e = l->elems[i].err;
        if (unanswered(e) || of_leaders(e))
            pause_before(&p, at);
    }
    rd_kafka_topic_partition_list_destroy(asked);
    return e;
}

rd_kafka_event_t *kafka_poll(Kafka *k, rd_kafka_queue_t *q, int ms)
{
    Patience p = kafka_patience(k, ms);
    rd_kafka_event_t *ev = NULL;
    for (int slice; !ev && (slice = kafka_slice(&p, 200)) > 0;)
        ev = rd_kafka_queue_poll(q, slice);
    return ev;
}

/* ---- what has no limit of its own ---- */

struct Aside {
    void (*call)(void *arg);
    void *arg;
    pthread_t thread;
    bool alone; /* there is no thread: it was called at once */
    pthread_mutex_t lock; /* of: */
    pthread_cond_t cond;
    bool done, left;
};

static void aside_free(Aside *a)
{
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->cond);
    mem_free(a);
}

static void *aside_main(void *arg)
{
    Aside *a = arg;
    a->call(a->arg);
    pthread_mutex_lock(&a->lock);
    a->done = true;
    bool left = a->left;
    pthread_cond_broadcast(&a->cond);
    pthread_mutex_unlock(&a->lock);
    if (left)
        aside_free(a);
    return NULL;
}

Aside *kafka_aside(void (*call)(void *arg), void *arg)
{
    Aside *a = mem_zalloc(sizeof *a);
    pthread_condattr_t clock;
    a->call = call;
    a->arg = arg;
    pthread_mutex_init(&a->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&a->cond, &clock);
    pthread_condattr_destroy(&clock);
    a->alone = pthread_create(&a->thread, NULL, aside_main, a) != 0;
    if (a->alone)
        aside_main(a);
    return a;
}

bool kafka_aside_wait(Aside *a, int ms)
{
    int64_t until = kafka_now_ms() + ms;
    struct timespec at = {until / 1000, (long)(until % 1000) * 1000000};
    pthread_mutex_lock(&a->lock);
    while (!a->done && pthread_cond_timedwait(&a->cond, &a->lock, &at) == 0) {
    }
    bool done = a->done;
    pthread_mutex_unlock(&a->lock);
    return done;
}

bool kafka_aside_end(Aside *a)
{
    pthread_t thread = a->thread;
    bool alone = a->alone;
    pthread_mutex_lock(&a->lock);
    bool done = a->done;
    a->left = !done;
    pthread_mutex_unlock(&a->lock); /* if it was left, it is the thread's from here on */
    if (!done)
        pthread_detach(thread);
    else if (!alone)
        pthread_join(thread, NULL);
    if (done)
        aside_free(a);
    return done;
}

static void destroy(void *rk) { rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

bool kafka_destroy(Kafka *k, rd_kafka_t *rk)
{
    int64_t began = kafka_now_ms();
    int ms = DESTROY_MS - __atomic_load_n(&k->destroy_spent_ms, __ATOMIC_ACQUIRE);
    Aside *a = kafka_aside(destroy, rk);
    kafka_aside_wait(a, ms > LEAST_MS ? ms : LEAST_MS);
    if (kafka_aside_end(a))
        return true;
    __atomic_add_fetch(&k->destroy_spent_ms, (int)(kafka_now_ms() - began), __ATOMIC_ACQ_REL);
    __atomic_store_n(&k->left, true, __ATOMIC_RELEASE);
    return false;
}
