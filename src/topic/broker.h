// SPDX-License-Identifier: Apache-2.0
// Broker: what remote topics need of a Kafka client, and nothing else.
//
//   topic.h contract > remote.c (units, commit steps, positions, checkpoints) > Broker > Kafka
//
// Implementations: librdkafka (kafka*.c), and in tests a double that runs in one thread, outlives the engine, and delays, reorders,
// fences, aborts and loses replies as told. All rules of the commit are in remote.c, so that the double tests them.
//
// Errors: ERR_BROKER (not reached, timed out: try again later), ERR_FENCED (another took the producer's name),
// ERR_UNKNOWN_OUTCOME (a transaction may or may not have been committed), ERR_TOPIC_GONE, ERR_NOT_FOUND, ERR_DENIED (no rights),
// ERR_TOO_LARGE (a record, or another of its batch), ERR_REFUSED (the same: it breaks a rule of its topic), ERR_ABORT (the
// transaction must be aborted; its records may be sent again in a new one).
// Threads: a Broker by any; a Producer and a Fetcher by one at a time.
#ifndef SLUICE_TOPIC_BROKER_H
#define SLUICE_TOPIC_BROKER_H

#include "topic/topic.h"

typedef struct Producer Producer; /* implementation's */
typedef struct Fetcher Fetcher;

/* A position of a consumer group. */
typedef struct GroupPosition {
    Str topic;
    int partition;
    int64_t offset;
    Str by; /* what whoever told it is known by; kept beside it, n == 0: nothing */
} GroupPosition;
typedef VEC(GroupPosition) GroupPositionVec;

/* What became of one record: tag as produce was given it. offset: where it stands, when err is OK. */
typedef void Delivered(void *arg, void *tag, int64_t offset, ErrCode err, const char *why);

typedef struct BrokerOps {
    void (*close)(Broker *b);

    /* ---- topics ---- */
    /* ERR_STATEMENT: it is there already. config: "name", "value", …, NULL: set on the topic beside cleanup and retention. */
    Status (*create)(Broker *b, const TopicInfo *info, const char *const *config, Err *err);
    Status (*drop)(Broker *b, Str name, Err *err); /* ERR_NOT_FOUND */
    /* info->name is as given. ERR_NOT_FOUND. */
    Status (*describe)(Broker *b, Str name, TopicInfo *info, Err *err);
    /* All topics, in no order, in the arena. Retention and cleanup are not looked up (retention_ms = -1, CLEANUP_DELETE). */
    Status (*list)(Broker *b, Arena *a, TopicInfoVec *out, Err *err);
    /* Records before the offset are given back. */
    Status (*trim)(Broker *b, Str topic, int partition, int64_t offset, Err *err);
    /* end: the high watermark: open transactions are in it. */
    Status (*ends)(Broker *b, Str topic, int partition, int64_t *begin, int64_t *end, Err *err);
    Status (*offset_at)(Broker *b, Str topic, int partition, int64_t ts, int64_t *offset, Err *err);

    /* ---- reading, committed records only ---- */
    /* ready: called, from any thread, when records came in behind an empty answer of fetch. */
    Status (*fetch_open)(Broker *b, Str topic, int partition, int64_t offset, void (*ready)(void *arg), void *arg, Fetcher **out,
                         Err *err);
    /* Does not wait. n == 0: nothing is here now; *at_end then tells that it stands at the end as the broker last told. A set's
     * next_offset is behind markers and records that were aborted; its `release` frees it. */
    Status (*fetch)(Fetcher *f, int max, RecordSet *set, bool *at_end, Err *err);
    void (*fetch_close)(Fetcher *f);

    /* ---- writing ---- */
    /* name NULL: idempotent; else transactional with that transactional.id. Does not reach for the broker. */
    Status (*producer_new)(Broker *b, const char *name, Producer **out, Err *err);
    void (*producer_free)(Producer *p);
    /* Queues the record (bytes are copied). ERR_TOO_LARGE, ERR_BROKER when the queue is full: flush and try again. */
    Status (*produce)(Producer *p, Str topic, int partition, const Record *r, void *tag, Err *err);
    /* Waits until every queued record was delivered or has failed; tells of each. ERR_BROKER: not within the time allowed. */
    Status (*flush)(Producer *p, Delivered *fn, void *arg, Err *err);

    /* ---- transactions ---- */
    Status (*init)(Producer *p, Err *err); /* fences whoever had the name; ends his open transaction; again after an error */
    Status (*begin)(Producer *p, Err *err);
    Status (*send_positions)(Producer *p, Str group, const GroupPosition *v, int n, Err *err);
    /* Ties the transaction to the membership: fails with ERR_ABORT when this process lost its slots. The last call before commit. */
    Status (*send_member)(Producer *p, Err *err);
    Status (*commit)(Producer *p, Err *err); /* ERR_UNKNOWN_OUTCOME, ERR_FENCED, ERR_ABORT */
    Status (*abort)(Producer *p, Err *err);

    /* ---- groups ---- */
    /* Waits for open transactions that touch them. In the arena; none: n == 0. */
    Status (*positions)(Broker *b, Str group, Arena *a, GroupPositionVec *out, Err *err);
    /* At least once: outside of transactions. */
    Status (*set_positions)(Broker *b, Str group, const GroupPosition *v, int n, Err *err);
    Status (*drop_group)(Broker *b, Str group, Err *err); /* OK when it is not there */

    /* ---- membership: see topic.h ---- */
    Status (*join)(Broker *b, const MembershipConfig *c, Err *err);
    void (*leave)(Broker *b);
    /* Who has the slot: name as it joined with. false: nobody, or not known. */
    bool (*owner)(Broker *b, int slot, Buf *name);
    /* The names of all members, sorted. */
    Status (*members)(Broker *b, Arena *a, NameList *out, Err *err);
} BrokerOps;

struct Broker {
    const BrokerOps *ops;
    char *cluster; /* by which it is told from others, however it is reached; owned by the implementation; NULL: not known */
    bool live; /* answers come in their own time, from threads of its own: waiting helps. Else only asking again does */
};

#endif
