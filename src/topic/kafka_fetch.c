// SPDX-License-Identifier: Apache-2.0
// Fetchers: one partition each, read ahead by librdkafka into a queue of the fetcher's own, and handed out in batches.
//
//   broker > librdkafka's thread > the fetcher's queue > kafka_fetch > record sets that point into librdkafka's messages
//
// A record set owns its messages until it is released; arrays are kept for the next set. Nothing is copied but header lists.
//
// Two things of librdkafka 2.0 that shape this:
//   - A handle reads a partition once. A second fetcher of it goes to the next handle ("lane").
//   - A partition whose queue was full is looked at again only when its broker's thread wakes up by itself, after up to a second.
//     New SASL credentials wake that thread at once, so the same ones are set again whenever a part of the queue was drained.
//
// That a topic is not there any more, librdkafka says in its log alone, from within the call that drains the queue. Every error
// that it logs there is a doubt.
//
// Doubts (the topic is unknown, the offset is out of range) are not settled in kafka_fetch, which does not wait, but by a thread
// that asks the broker:
//
//     RUNNING --doubt--> ASKED --thread--> ANSWERED --kafka_fetch--> RUNNING (from the offset that the thread found)
//                                                               \--> failed, for good
//
//   the topic or the partition is not there                       ERR_TOPIC_GONE
//   the position is before the first record                       go on from the first record
//   the position is behind the end                                ERR_TOPIC_GONE: another topic of the name, or a shorter one
//   neither                                                       go on from the position
#include <stdio.h>
#include <stdlib.h>

#include "topic/kafka_impl.h"

enum { KEPT_SETS = 32, NUDGE_BYTES = 1 << 20, NUDGE_RECORDS = 8192, RECORD_OVERHEAD = 64, RETRY_MS = 300 };

struct FetchSet {
    FetchSet *next; /* free */
    Kafka *k;
    int n, cap;
    rd_kafka_message_t **messages;
    Record *records;
    Arena *headers; /* NULL: there were none yet */
};

typedef enum DoubtState { DOUBT_NONE, DOUBT_ASKED, DOUBT_ANSWERED } DoubtState;

struct FetchJob {
    FetchJob *next;
    Fetcher *f;
};

struct Fetcher {
    Kafka *k;
    Lane *lane;
    char *topic, *key; /* key: in lane->reading */
    int partition;
    rd_kafka_topic_t *rkt;
    rd_kafka_queue_t *q;
    void (*ready)(void *arg);
    void *arg;
    int64_t next; /* offset */
    bool closing; /* under jobs_lock */
    bool at_end;
    bool asked; /* a doubt came up: what is behind it is read again */
    int64_t drained, drained_records; /* since the last nudge */
    Err failed;
    FetchJob job;
    DoubtState doubt; /* under jobs_lock, as: */
    int64_t doubt_offset; /* the position */
    Err answer;
    int64_t answer_offset;
};

/* Set while the thread drains a fetcher's queue: librdkafka logged an error in it. */
static __thread bool draining, logged_error;

void kafka_fetch_logged(void) { logged_error = draining; }

/* ---- record sets ---- */

static FetchSet *set_take(Kafka *k, int max)
{
    pthread_mutex_lock(&k->sets_lock);
    FetchSet *s = k->free_sets;
    if (s) {
        k->free_sets = s->next;
        k->nfree--;
    }
    k->handed_out++;
    pthread_mutex_unlock(&k->sets_lock);
    if (!s) {
        s = mem_zalloc(sizeof *s);
        s->k = k;
    }
    if (s->cap < max) {
        s->cap = max;
        mem_free(s->messages);
        mem_free(s->records);
        s->messages = mem_alloc(sizeof *s->messages * (size_t)max);
        s->records = mem_alloc(sizeof *s->records * (size_t)max);
    }
    s->n = 0;
    return s;
}

static void set_free(FetchSet *s)
{
    arena_free(s->headers);
    mem_free(s->messages);
    mem_free(s->records);
    mem_free(s);
}

/* @thread any */
static void set_release(void *owner)
{
    FetchSet *s = owner;
    Kafka *k = s->k;
    for (int i = 0; i < s->n; i++)
        rd_kafka_message_destroy(s->messages[i]);
    if (s->headers)
        arena_reset(s->headers);
    pthread_mutex_lock(&k->sets_lock);
    k->handed_out--;
    bool keep = k->nfree < KEPT_SETS;
    if (keep) {
        s->next = k->free_sets;
        k->free_sets = s;
        k->nfree++;
    }
    pthread_mutex_unlock(&k->sets_lock);
    if (!keep)
        set_free(s);
}

static Headers read_headers(FetchSet *s, const rd_kafka_headers_t *hdrs)
{
    size_t n = rd_kafka_header_cnt(hdrs);
    if (!s->headers)
        s->headers = arena_new(0);
    Header *v = arena_alloc(s->headers, sizeof *v * (n ? n : 1));
    for (size_t i = 0; i < n; i++) {
        const char *name;
        const void *value;
        size_t size;
        if (rd_kafka_header_get_all(hdrs, i, &name, &value, &size))
            BUG("header %zu of %zu", i, n);
        v[i] = (Header){str_of(name), {value, size}};
    }
    return (Headers){(int32_t)n, v};
}

static void add_record(FetchSet *s, rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *hdrs;
    int64_t ts = rd_kafka_message_timestamp(m, &type);
    Record *r = &s->records[s->n];
    *r = (Record){.key = m->key,
                  .value = m->payload,
                  .key_len = (int32_t)m->key_len,
                  .value_len = (int32_t)m->len,
                  .offset = m->offset,
                  .ts = ts > 0 ? ts : 0};
    if (!rd_kafka_message_headers(m, &hdrs))
        r->headers = read_headers(s, hdrs);
    s->messages[s->n++] = m;
}

/* ---- lanes ---- */

static Lane *lane_new(Kafka *k, Err *err)
{
    rd_kafka_conf_t *conf = kafka_conf_new(k, KAFKA_LANE, &k->handle, err);
    rd_kafka_t *rk = conf ? kafka_handle_new(k, KAFKA_LANE, conf, err) : NULL;
    if (!rk)
        return NULL;
    const char *kb = kafka_props_get(&k->props, "queued.max.messages.kbytes", KAFKA_FOR_CONSUMER);
    int64_t quarter = kb ? strtoll(kb, NULL, 10) * 256 : NUDGE_BYTES;
    k->nudge_bytes = quarter < NUDGE_BYTES ? quarter : NUDGE_BYTES;
    Lane *l = mem_zalloc(sizeof *l);
    l->rk = rk;
    vec_add(&k->lanes, l);
    return l;
}

/* The first lane that does not read the partition yet; it is the fetcher's from now on. */
static Status lane_take(Fetcher *f, Err *err)
{
    Kafka *k = f->k;
    Status st = OK;
    pthread_mutex_lock(&k->lanes_lock);
    for (int i = 0; i < k->lanes.n && !f->lane; i++)
        if (!strmap_find(&k->lanes.v[i]->reading, str_of(f->key)))
            f->lane = k->lanes.v[i];
    if (!f->lane && k->lanes.n >= k->max_lanes)
        st = err_set(err, ERR_LIMIT, "Topic '%s', partition %d has %d readers already, which is the most there can be", f->topic,
                     f->partition, k->max_lanes);
    else if (!f->lane && !(f->lane = lane_new(k, err)))
        st = err->code;
    if (f->lane)
        strmap_put(&f->lane->reading, str_of(f->key), f);
    pthread_mutex_unlock(&k->lanes_lock);
    return st;
}

static void lane_give(Fetcher *f)
{
    pthread_mutex_lock(&f->k->lanes_lock);
    strmap_remove(&f->lane->reading, str_of(f->key));
    pthread_mutex_unlock(&f->k->lanes_lock);
}

/* Wakes the brokers' threads: see above. */
static void nudge(Fetcher *f)
{
    const char *user = kafka_props_get(&f->k->props, "sasl.username", KAFKA_FOR_CONSUMER);
    const char *pass = kafka_props_get(&f->k->props, "sasl.password", KAFKA_FOR_CONSUMER);
    rd_kafka_error_t *e = rd_kafka_sasl_set_credentials(f->lane->rk, user ? user : "", pass ? pass : "");
    if (e)
        rd_kafka_error_destroy(e);
    f->drained = f->drained_records = 0;
}

/* ---- doubts ---- */

/* Nobody waits for its answer any more. */
static bool stopped(Kafka *k, const Fetcher *f)
{
    pthread_mutex_lock(&k->jobs_lock);
    bool stop = k->jobs_stop || f->closing;
    pthread_mutex_unlock(&k->jobs_lock);
    return stop || kafka_ending(k);
}

/* The broker's word on where the fetcher is to go on. A topic is gone when that was said twice. */
static Status settle(Kafka *k, const Fetcher *f, int64_t at, int64_t *offset, Err *err)
{
    int64_t begin = 0, end = 0;
    for (int missed = 0;; kafka_nap(RETRY_MS)) {
        if (stopped(k, f))
            return err_set(err, ERR_BROKER, "Topic '%s', partition %d: the broker is not asked any more", f->topic, f->partition);
        int partitions, replicas;
        bool ready;
        Err e = ERR_INIT;
        Status st = kafka_partitions(k, str_of(f->topic), &partitions, &replicas, &ready, &e);
        bool there = !st && f->partition < partitions;
        if (there)
            st = kafka_ends(&k->base, str_of(f->topic), f->partition, &begin, &end, &e);
        if (there && !st)
            break;
        if (st && st != ERR_BROKER && st != ERR_TOPIC_GONE) {
            err_move(err, &e);
            return st;
        }
        err_clear(&e);
        missed += st != ERR_BROKER; /* while there is no broker, nothing is known */
        if (missed == 2)
            return err_set(err, ERR_TOPIC_GONE, "Topic '%s', partition %d is not there any more: it was deleted", f->topic,
                           f->partition);
    }
    *offset = at < begin ? begin : at;
    if (at > end)
        return err_set(err, ERR_TOPIC_GONE,
                       "Topic '%s', partition %d: the position %lld is not there, the topic has the offsets %lld to %lld: it was "
                       "deleted and made anew, or cut short",
                       f->topic, f->partition, (long long)at, (long long)begin, (long long)end);
    return OK;
}

static void *settle_main(void *arg)
{
    Kafka *k = arg;
    pthread_mutex_lock(&k->jobs_lock);
    while (!k->jobs_stop) {
        FetchJob *job = k->jobs;
        if (!job) {
            pthread_cond_wait(&k->jobs_cond, &k->jobs_lock);
            continue;
        }
        Fetcher *f = job->f;
        Err answer = ERR_INIT;
        int64_t at = f->doubt_offset, offset = at;
        k->jobs = job->next;
        k->job_running = job;
        pthread_mutex_unlock(&k->jobs_lock);
        settle(k, f, at, &offset, &answer);
        pthread_mutex_lock(&k->jobs_lock);
        f->answer = answer;
        f->answer_offset = offset;
        f->doubt = DOUBT_ANSWERED;
        pthread_mutex_unlock(&k->jobs_lock);
        f->ready(f->arg);
        pthread_mutex_lock(&k->jobs_lock);
        k->job_running = NULL; /* the fetcher may go now */
        pthread_cond_broadcast(&k->jobs_cond);
    }
    pthread_mutex_unlock(&k->jobs_lock);
    return NULL;
}

static void doubt(Fetcher *f)
{
    Kafka *k = f->k;
    f->asked = true;
    pthread_mutex_lock(&k->jobs_lock);
    if (f->doubt == DOUBT_NONE) {
        f->doubt = DOUBT_ASKED;
        f->doubt_offset = f->next;
        f->job.next = k->jobs;
        k->jobs = &f->job;
        if (!k->jobs_started)
            k->jobs_started = pthread_create(&k->jobs_thread, NULL, settle_main, k) == 0;
        pthread_cond_broadcast(&k->jobs_cond);
    }
    pthread_mutex_unlock(&k->jobs_lock);
}

/* True while the fetcher must wait for an answer. Takes it when it is there. */
static bool in_doubt(Fetcher *f)
{
    Kafka *k = f->k;
    pthread_mutex_lock(&k->jobs_lock);
    DoubtState state = f->doubt;
    if (state == DOUBT_ANSWERED) {
        f->doubt = DOUBT_NONE;
        err_move(&f->failed, &f->answer);
    }
    pthread_mutex_unlock(&k->jobs_lock);
    if (state != DOUBT_ANSWERED)
        return state == DOUBT_ASKED;
    f->asked = false;
    if (!f->failed.code) {
        f->next = f->answer_offset;
        f->at_end = false;
        rd_kafka_consume_stop(f->rkt, f->partition);
        if (rd_kafka_consume_start_queue(f->rkt, f->partition, f->next, f->q))
            kafka_fail_topic(k, &f->failed, rd_kafka_last_error(), NULL, "Read", str_of(f->topic));
    }
    return false;
}

/* No answer is under way, and none will be. */
static void forget_doubt(Fetcher *f)
{
    Kafka *k = f->k;
    pthread_mutex_lock(&k->jobs_lock);
    f->closing = true;
    for (FetchJob **at = &k->jobs; *at; at = &(*at)->next)
        if (*at == &f->job) {
            *at = f->job.next;
            break;
        }
    while (k->job_running == &f->job)
        pthread_cond_wait(&k->jobs_cond, &k->jobs_lock);
    pthread_mutex_unlock(&k->jobs_lock);
    err_clear(&f->answer);
}

/* ---- open, close ---- */

/* Under the lock of the queue. @thread librdkafka's */
static void on_queue(rd_kafka_t *rk, void *opaque)
{
    Fetcher *f = opaque;
    UNUSED(rk);
    f->ready(f->arg);
}

static void fetcher_free(Fetcher *f)
{
    if (f->q)
        rd_kafka_queue_destroy(f->q);
    if (f->rkt)
        rd_kafka_topic_destroy(f->rkt);
    if (f->lane)
        lane_give(f);
    err_clear(&f->failed);
    mem_free(f->topic);
    mem_free(f->key);
    mem_free(f);
}

Status kafka_fetch_open(Broker *b, Str topic, int partition, int64_t offset, void (*ready)(void *arg), void *arg, Fetcher **out,
                        Err *err)
{
    Kafka *k = kafka_of(b);
    int partitions, replicas;
    bool has_leaders;
    if (kafka_partitions(k, topic, &partitions, &replicas, &has_leaders, err))
        return err->code;
    if (partition >= partitions)
        return err_set(err, ERR_TOPIC_GONE, "Topic '%.*s', partition %d is not there", STR_ARG(topic), partition);
    Fetcher *f = mem_zalloc(sizeof *f);
    char *full = kafka_name(k, topic);
    Buf key = BUF_INIT;
    buf_printf(&key, "%d %s", partition, full);
    f->k = k;
    f->topic = mem_strndup(topic.p, topic.n);
    f->key = mem_strndup(key.p, key.n);
    f->partition = partition;
    f->next = offset > 0 ? offset : 0;
    f->ready = ready;
    f->arg = arg;
    f->job.f = f;
    f->failed = f->answer = ERR_INIT;
    buf_free(&key);
    Status st = lane_take(f, err);
    if (!st) {
        f->rkt = rd_kafka_topic_new(f->lane->rk, full, NULL);
        f->q = rd_kafka_queue_new(f->lane->rk);
        rd_kafka_queue_cb_event_enable(f->q, on_queue, f);
        if (rd_kafka_consume_start_queue(f->rkt, partition, f->next, f->q)) {
            st = kafka_fail_topic(k, err, rd_kafka_last_error(), NULL, "Read", topic);
            rd_kafka_queue_cb_event_enable(f->q, NULL, NULL);
        }
    }
    mem_free(full);
    if (st)
        fetcher_free(f);
    else
        *out = f;
    return st;
}

void kafka_fetch_close(Fetcher *f)
{
    rd_kafka_queue_cb_event_enable(f->q, NULL, NULL);
    forget_doubt(f);
    rd_kafka_consume_stop(f->rkt, f->partition);
    fetcher_free(f);
}

/* ---- fetch ---- */

static void damaged(Fetcher *f, const rd_kafka_message_t *m)
{
    err_set(&f->failed, ERR_CORRUPT, "Topic '%s', partition %d: what stands at offset %lld is damaged: %s", f->topic,
            f->partition, (long long)(m->offset >= 0 ? m->offset : f->next), rd_kafka_message_errstr(m));
}

/* A message that is no record. */
static void take_event(Fetcher *f, const rd_kafka_message_t *m)
{
    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (m->offset > f->next) /* markers and aborted records in between */
            f->next = m->offset;
        f->at_end = true;
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: doubt(f); break;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: damaged(f, m); break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        kafka_denied(&f->failed, "Read", "topic(s)", str_of(f->topic));
        break;
    default: break; /* librdkafka tries again */
    }
}

/* The first n messages of the set's array, in order: records stay, the others are taken note of. */
static void take_messages(Fetcher *f, FetchSet *s, int n)
{
    for (int i = 0; i < n; i++) {
        rd_kafka_message_t *m = s->messages[i];
        bool over = f->failed.code || f->asked;
        if (!m->err && !over && m->offset >= f->next) {
            f->drained += (int64_t)(m->len + m->key_len) + RECORD_OVERHEAD;
            f->next = m->offset + 1;
            f->at_end = false;
            add_record(s, m);
            continue;
        }
        if (m->err && !over)
            take_event(f, m);
        rd_kafka_message_destroy(m);
    }
    f->drained_records += n;
    if (f->drained >= f->k->nudge_bytes || f->drained_records >= NUDGE_RECORDS)
        nudge(f);
}

Status kafka_fetch(Fetcher *f, int max, RecordSet *set, bool *at_end, Err *err)
{
    *at_end = false;
    *set = (RecordSet){.next_offset = f->next};
    if (in_doubt(f))
        return OK;
    FetchSet *s = f->failed.code ? NULL : set_take(f->k, max);
    for (ssize_t n = 1; s && n > 0 && s->n == 0 && !f->failed.code && !f->asked;) {
        draining = true;
        n = rd_kafka_consume_batch_queue(f->q, 0, s->messages, (size_t)max);
        draining = false;
        if (n > 0)
            take_messages(f, s, (int)n);
        if (logged_error)
            doubt(f);
        logged_error = false;
    }
    set->next_offset = f->next;
    if (s && s->n > 0) {
        set->n = s->n;
        set->records = s->records;
        set->owner = s;
        set->release = set_release;
        return OK; /* what failed behind it is told next */
    }
    if (s)
        set_release(s);
    if (f->failed.code)
        return err_set(err, f->failed.code, "%s", f->failed.msg);
    *at_end = f->at_end && !f->asked;
    if (!*at_end && kafka_ending(f->k)) /* else who waits for more would go on waiting */
        return err_set(err, ERR_BROKER, "Topic '%s', partition %d: the process is to end", f->topic, f->partition);
    return OK;
}

/* ---- all ---- */

void kafka_fetch_free_all(Kafka *k)
{
    pthread_mutex_lock(&k->jobs_lock);
    k->jobs_stop = true;
    pthread_cond_broadcast(&k->jobs_cond);
    pthread_mutex_unlock(&k->jobs_lock);
    if (k->jobs_started)
        pthread_join(k->jobs_thread, NULL);
    BUG_IF(k->handed_out); /* they point into the handles */
    for (FetchSet *s = k->free_sets, *next; s; s = next) {
        next = s->next;
        set_free(s);
    }
    for (int i = 0; i < k->lanes.n; i++) {
        kafka_destroy(k, k->lanes.v[i]->rk);
        strmap_free(&k->lanes.v[i]->reading);
        mem_free(k->lanes.v[i]);
    }
    vec_free(&k->lanes);
}
