// SPDX-License-Identifier: Apache-2.0
// What the programs of bench/kafka share: options, clocks, the cart's records and their sums, a connection.
// Header only. A failure ends the program: these are benchmarks.
//
// The records are those of bench/cart.c: about 108 bytes, customers x 100 items pairs, the same for the same
// seed. Record i goes to partition i % partitions, without a key, with a timestamp of 1700000000000 + i ms.
#ifndef SLUICE_BENCH_KAFKA_COMMON_H
#define SLUICE_BENCH_KAFKA_COMMON_H

#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { CART_ITEMS = 100, CART_ROOM = 200 };

typedef struct CartRecord {
    int customer, item, qty, len;
    char text[CART_ROOM];
} CartRecord;

static inline void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static inline void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* The value of --name in the arguments (borrowed), or what it is without. */
static inline const char *option(int argc, char **argv, const char *name, const char *without)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0)
            return argv[i + 1];
    if (!without)
        fail("%s: --%s is missing", argv[0], name);
    return without;
}

static inline int64_t option_int(int argc, char **argv, const char *name, const char *without)
{
    const char *text = option(argc, argv, name, without);
    char *end;
    int64_t v = strtoll(text, &end, 10);
    if (*end || end == text || v < 1)
        fail("%s: --%s takes a number above 0, not %s", argv[0], name, text);
    return v;
}

/* CPU seconds of this process, all threads, user and system. */
static inline double cpu_now(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static inline double wall_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline void cart_record(uint64_t *state, int64_t i, int customers, CartRecord *r)
{
    uint64_t bits = next_random(state);
    r->customer = (int)(bits % (unsigned)customers);
    r->item = (int)(bits / (unsigned)customers % CART_ITEMS);
    r->qty = (int)(bits >> 40 & 7) - 2;
    r->len = snprintf(r->text, sizeof r->text,
                      "{\"customer\":\"customer%03d\",\"item\":\"item%02d\",\"qty\":%d,"
                      "\"price\":%d.%02d,\"session\":\"%08x\",\"placed\":%lld}",
                      r->customer, r->item, r->qty, (int)(bits >> 44 & 63), (int)(bits >> 50 & 63),
                      (unsigned)(bits >> 32), 1700000000000LL + (long long)i);
}

static inline void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[512];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        fail("%s", why);
}

/* A new handle; conf is taken. */
static inline rd_kafka_t *connect_to(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *servers)
{
    char why[512];
    set(conf, "bootstrap.servers", servers);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
    if (!rk)
        fail("%s", why);
    return rk;
}

/* How many partitions a topic has; 0 where there is none. */
static inline int partitions_of(rd_kafka_t *rk, const char *topic)
{
    const struct rd_kafka_metadata *meta;
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, rkt, &meta, 10000);
    if (code)
        fail("metadata of %s: %s", topic, rd_kafka_err2str(code));
    int n = meta->topic_cnt == 1 && !meta->topics[0].err ? meta->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(meta);
    rd_kafka_topic_destroy(rkt);
    return n;
}

static inline int64_t end_offset(rd_kafka_t *rk, const char *topic, int partition)
{
    int64_t low, high;
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(rk, topic, partition, &low, &high, 10000);
    if (code)
        fail("end of %s-%d: %s", topic, partition, rd_kafka_err2str(code));
    return high;
}

#endif
