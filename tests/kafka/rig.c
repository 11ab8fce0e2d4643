// SPDX-License-Identifier: Apache-2.0
// See rig.h.
#define _GNU_SOURCE // pthread_condattr_setclock
#include "tests/kafka/rig.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static Broker *first, *second;

int64_t rig_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *rig_prefix(void)
{
    static char prefix[64];
    if (!*prefix) {
        snprintf(prefix, sizeof prefix, "t%ld-%ld-", (long)getpid(), (long)time(NULL));
        if (getenv("KAFKA_TEST_PREFIX"))
            snprintf(prefix, sizeof prefix, "%s", getenv("KAFKA_TEST_PREFIX"));
        setenv("KAFKA_TEST_PREFIX", prefix, 1); /* for processes that this one starts */
    }
    return prefix;
}

static void show_log(void *arg, int level, const char *text)
{
    UNUSED(arg);
    if (getenv("KAFKA_LOG"))
        fprintf(stderr, "<%d> %s\n", level, text);
}

Status rig_open(const char *const *settings, const char *prefix, int lanes, Broker **out, Err *err)
{
    KafkaSetting v[16];
    int n = 0;
    for (; settings[2 * n]; n++)
        v[n] = (KafkaSetting){str_of(settings[2 * n]), str_of(settings[2 * n + 1])};
    KafkaConfig c = {.settings = v, .n = n, .client_id = "test", .prefix = prefix, .lanes = lanes, .log = show_log};
    return kafka_broker_open(&c, out, err);
}

static Broker *open_plain(void)
{
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), NULL};
    Broker *b;
    Err err = ERR_INIT;
    if (rig_open(settings, rig_prefix(), 0, &b, &err)) {
        printf("%s\n0 passed, 1 failed\n", err.msg);
        exit(1);
    }
    return b;
}

Broker *rig(void) { return first ? first : (first = open_plain()); }
Broker *rig_again(void) { return second ? second : (second = open_plain()); }

/* Deletes the run's topics too. */
void rig_close(void)
{
    Arena *a = arena_new(0);
    TopicInfoVec all = {0};
    Err err = ERR_INIT;
    if (first && !first->ops->list(first, a, &all, &err))
        for (int i = 0; i < all.n; i++) {
            Err e = ERR_INIT;
            if (first->ops->drop(first, all.v[i].name, &e))
                err_clear(&e);
        }
    err_clear(&err);
    arena_free(a);
    if (second)
        second->ops->close(second);
    if (first)
        first->ops->close(first);
}

int make_topic(const char *name, int partitions, CleanupPolicy cleanup, const char *const *config)
{
    Broker *b = rig();
    TopicInfo info = {.name = str_of(name), .partitions = partitions, .replicas = 1, .retention_ms = 3600000, .cleanup = cleanup};
    NEED(b->ops->create(b, &info, config, err));
    return 0;
}

/* ---- reading ---- */

static void reading_ready(void *arg)
{
    Reading *r = arg;
    pthread_mutex_lock(&r->lock);
    r->came++;
    pthread_cond_broadcast(&r->cond);
    pthread_mutex_unlock(&r->lock);
}

Status reading_open(Reading *r, Broker *b, const char *topic, int partition, int64_t offset, Err *err)
{
    pthread_condattr_t attr;
    *r = (Reading){.ops = b->ops, .next = offset};
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->cond, &attr);
    pthread_condattr_destroy(&attr);
    return b->ops->fetch_open(b, str_of(topic), partition, offset, reading_ready, r, &r->f, err);
}

void reading_close(Reading *r)
{
    r->ops->fetch_close(r->f);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->cond);
}

/* Waits until ready was called after `came` calls. */
static bool reading_wait(Reading *r, unsigned came, int64_t until)
{
    struct timespec at = {until / 1000, until % 1000 * 1000000};
    int late = 0;
    pthread_mutex_lock(&r->lock);
    while (r->came == came && !late)
        late = pthread_cond_timedwait(&r->cond, &r->lock, &at);
    pthread_mutex_unlock(&r->lock);
    return !late;
}

Status reading_next(Reading *r, int max, RecordSet *set, Err *err)
{
    int64_t until = rig_ms() + LIMIT_MS;
    for (;;) {
        pthread_mutex_lock(&r->lock);
        unsigned came = r->came;
        pthread_mutex_unlock(&r->lock);
        Status st = r->ops->fetch(r->f, max, set, &r->at_end, err);
        r->next = set->next_offset;
        if (st || set->n || r->at_end)
            return st;
        if (!reading_wait(r, came, until))
            return err_set(err, ERR_BROKER, "nothing came within %d s", LIMIT_MS / 1000);
    }
}

Status reading_all(Reading *r, int least, Buf *values, Err *err)
{
    int64_t until = rig_ms() + LIMIT_MS;
    for (int n = 0;;) {
        pthread_mutex_lock(&r->lock);
        unsigned came = r->came;
        pthread_mutex_unlock(&r->lock);
        RecordSet set;
        if (reading_next(r, 100, &set, err))
            return err->code;
        for (int i = 0; i < set.n; i++) {
            const Record *rec = &set.records[i];
            buf_str(values, rec->value ? (Str){rec->value, (size_t)rec->value_len} : STR("-"));
            buf_byte(values, ' ');
        }
        n += set.n;
        if (set.n)
            set.release(set.owner);
        else if (n >= least)
            return OK;
        else if (!reading_wait(r, came, until))
            return err_set(err, ERR_BROKER, "%d records of %d within %d s", n, least, LIMIT_MS / 1000);
    }
}

/* ---- writing ---- */

void sent(void *arg, void *tag, int64_t offset, ErrCode err, const char *why)
{
    Sent *s = arg;
    UNUSED(tag);
    s->n++;
    s->bad += err != OK;
    s->last = offset;
    if (err) {
        s->err = err;
        printf("    not delivered: %s: %s\n", err_code_name(err), why);
    }
}

Status put(Producer *p, const char *topic, int partition, const char *key, const char *value, Err *err)
{
    static int64_t ts = 1700000000000; /* rising: segments are rolled by the records' time */
    Record r = {.key = key, .key_len = key ? (int32_t)strlen(key) : 0, .value = value,
                .value_len = value ? (int32_t)strlen(value) : 0, .ts = ts += 1000};
    Broker *b = rig();
    return b->ops->produce(p, str_of(topic), partition, &r, NULL, err);
}

Status put_now(Producer *p, const char *topic, const char *key, const char *value, Err *err)
{
    Sent s = {0};
    Broker *b = rig();
    if (put(p, topic, 0, key, value, err) || b->ops->flush(p, sent, &s, err))
        return err->code;
    return s.err ? err_set(err, s.err, "a record was not delivered") : OK;
}
