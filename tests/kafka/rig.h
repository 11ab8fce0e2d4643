// SPDX-License-Identifier: Apache-2.0
// What the tests of the Kafka broker share: opening, names of this run, producing, and reading until something is there.
// Nothing sleeps for a time: a wait ends with what is waited for, or fails after LIMIT_MS.
#ifndef SLUICE_TESTS_KAFKA_RIG_H
#define SLUICE_TESTS_KAFKA_RIG_H

#include <pthread.h>

#include "topic/kafka.h"
#include "tests/unit/unit.h"

enum { LIMIT_MS = 30000 };

#define NEED(call)                                                                                              \
    do {                                                                                                        \
        Err need_ = ERR_INIT;                                                                                   \
        Err *err = &need_;                                                                                      \
        if (call) {                                                                                             \
            printf("%s:%d: %s: %s: %s\n", __FILE__, __LINE__, #call, err_code_name(need_.code), need_.msg);     \
            err_clear(&need_);                                                                                  \
            return 1;                                                                                           \
        }                                                                                                       \
    } while (0)

/* The call fails with the code, and its message has the words; it is printed. */
#define REFUSED(call, wanted, words)                                                                            \
    do {                                                                                                        \
        Err refused_ = ERR_INIT;                                                                                \
        Err *err = &refused_;                                                                                   \
        Status got_st = (call);                                                                                 \
        printf("    %s: %s\n", err_code_name(refused_.code), refused_.msg ? refused_.msg : "");                 \
        bool as_wanted = got_st == (wanted) && refused_.code == (wanted) && strstr(refused_.msg, words);        \
        err_clear(&refused_);                                                                                   \
        if (!as_wanted) {                                                                                       \
            printf("%s:%d: wanted %s with '%s'\n", __FILE__, __LINE__, err_code_name(wanted), words);           \
            return 1;                                                                                           \
        }                                                                                                       \
    } while (0)

/* The broker of this run: opened once; every topic, group and producer has the run's prefix. */
Broker *rig(void);
/* A second client with the same prefix. */
Broker *rig_again(void);
void rig_close(void);
/* Opens with settings "name", "value", …, NULL instead of the plain listener. */
Status rig_open(const char *const *settings, const char *prefix, int lanes, Broker **out, Err *err);
const char *rig_prefix(void);
int64_t rig_ms(void);

/* A topic of the name; 1 on failure. */
int make_topic(const char *name, int partitions, CleanupPolicy cleanup, const char *const *config);

/* Reads one partition. */
typedef struct Reading {
    Fetcher *f;
    const BrokerOps *ops;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    unsigned came; /* calls of ready */
    int64_t next;
    bool at_end;
} Reading;
Status reading_open(Reading *r, Broker *b, const char *topic, int partition, int64_t offset, Err *err);
void reading_close(Reading *r);
/* Waits for records, or the end (set->n == 0), or an error. */
Status reading_next(Reading *r, int max, RecordSet *set, Err *err);
/* Reads to the end, at least `least` records: their values with a space behind each ("-": null), and the offset behind. */
Status reading_all(Reading *r, int least, Buf *values, Err *err);

/* Collects what became of records. */
typedef struct Sent {
    int n, bad;
    int64_t last; /* offset */
    ErrCode err;
} Sent;
void sent(void *arg, void *tag, int64_t offset, ErrCode err, const char *why);
/* key or value NULL: null. */
Status put(Producer *p, const char *topic, int partition, const char *key, const char *value, Err *err);
/* Puts one record and waits for it. */
Status put_now(Producer *p, const char *topic, const char *key, const char *value, Err *err);

#endif
