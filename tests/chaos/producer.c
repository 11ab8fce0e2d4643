// SPDX-License-Identifier: Apache-2.0
// The producer of the chaos test: records of known keys with rising values, at a rate, whatever happens to servers and broker.
//
// A record whose acknowledgement does not come in time is neither sent again nor counted on: it is in the topic, or is not. What
// was acknowledged must be there. @thread its own
#include "tests/chaos/chaos.h"
#include "topic/broker.h"
#include "topic/kafka.h"

enum { TICK_MS = 20 };

static void delivered(void *arg, void *tag, int64_t offset, ErrCode err, const char *why)
{
    ChaosProducer *p = arg;
    int64_t v = (int64_t)(intptr_t)tag;
    UNUSED(offset), UNUSED(why);
    if (err) {
        __atomic_add_fetch(&p->refused, 1, __ATOMIC_RELAXED);
        return;
    }
    pthread_mutex_lock(&p->mu);
    if (v < p->known_room)
        p->known[v] = 1;
    pthread_mutex_unlock(&p->mu);
    __atomic_add_fetch(&p->acked, 1, __ATOMIC_RELAXED);
}

bool producer_knows(ChaosProducer *p, int64_t v)
{
    pthread_mutex_lock(&p->mu);
    bool known = v > 0 && v < p->known_room && p->known[v];
    pthread_mutex_unlock(&p->mu);
    return known;
}

static void make_room(ChaosProducer *p, int64_t v)
{
    pthread_mutex_lock(&p->mu);
    if (v >= p->known_room) {
        int64_t room = p->known_room ? p->known_room * 2 : 1 << 16;
        p->known = mem_realloc(p->known, (size_t)room);
        memset(p->known + p->known_room, 0, (size_t)(room - p->known_room));
        p->known_room = room;
    }
    pthread_mutex_unlock(&p->mu);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static Status produce_one(ChaosProducer *p, Broker *b, Producer *to, uint64_t *random, Err *err)
{
    char key[16], value[64];
    int64_t v = p->produced + 1;
    uint64_t bits = next_random(random);
    int k = snprintf(key, sizeof key, "k%d", (int)(bits % CHAOS_KEYS));
    int n = snprintf(value, sizeof value, "{\"G\":\"g%d\",\"V\":%lld}", (int)(bits / CHAOS_KEYS % CHAOS_GROUPS), (long long)v);
    Record r = {.key = key, .key_len = k, .value = value, .value_len = n, .ts = effects_wall_ms(effects_real())};
    make_room(p, v);
    Status st = b->ops->produce(to, STR("chaos_s"), partition_of((Str){key, (size_t)k}, CHAOS_PARTITIONS), &r, (void *)(intptr_t)v,
                                err);
    if (st == OK)
        __atomic_store_n(&p->produced, v, __ATOMIC_RELAXED);
    return st;
}

static void *produce(void *arg)
{
    ChaosProducer *p = arg;
    KafkaSetting settings[] = {{STR("bootstrap.servers"), str_of(p->bootstrap)}};
    KafkaConfig config = {.settings = settings, .n = 1, .client_id = "chaos-producer"};
    uint64_t random = p->seed | 1;
    Err err = ERR_INIT;
    Broker *b = NULL;
    Producer *to = NULL;
    if (kafka_broker_open(&config, &b, &err)) {
        printf("producer: %s\n", err.msg);
        err_clear(&err);
        return NULL;
    }
    int64_t from = chaos_now(), sent = 0;
    while (!__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE)) {
        Status st = to ? OK : b->ops->producer_new(b, NULL, &to, &err);
        int64_t due = (chaos_now() - from) * p->rate / 1000;
        if (due > sent + p->rate)
            sent = due - p->rate; /* what could not be sent meanwhile is not made up for */
        for (; st == OK && sent < due; sent++)
            st = produce_one(p, b, to, &random, &err);
        if (st == OK)
            st = b->ops->flush(to, delivered, p, &err);
        if (st && to) {
            b->ops->producer_free(to);
            to = NULL;
        }
        err_clear(&err);
        chaos_sleep(TICK_MS);
    }
    if (to && b->ops->flush(to, delivered, p, &err))
        err_clear(&err);
    if (to)
        b->ops->producer_free(to);
    b->ops->close(b);
    return NULL;
}

void producer_start(ChaosProducer *p)
{
    pthread_mutex_init(&p->mu, NULL);
    p->started = pthread_create(&p->thread, NULL, produce, p) == 0;
}

void producer_stop(ChaosProducer *p)
{
    __atomic_store_n(&p->stop, true, __ATOMIC_RELEASE);
    if (p->started)
        pthread_join(p->thread, NULL);
    p->started = false;
}
