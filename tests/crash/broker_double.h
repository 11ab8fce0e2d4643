// SPDX-License-Identifier: Apache-2.0
// A Kafka double behind the Broker contract: one cluster in one thread, deterministic by its seed, as bad as it is told to be.
//
// The cluster (topics, transactions, groups, members) lives in memory that is shared with children: a test may fork, let the
// child die anywhere, and look at or go on with what the cluster was told until then. What belongs to a client (queued records,
// fetchers, the generation it believes in) lives in its process and dies with it.
//
// As in Kafka: markers of transactions take an offset; readers see committed records only, up to the first open transaction; a
// group's positions that an open transaction touches are not told until it ends; init fences the name's older producers; a
// transaction that nobody ends is aborted after a time, here after so many calls that waited for it.
//
// Not thread-safe: one thread, or children one after the other. Members that other processes joined are dead to it.
#ifndef SLUICE_TESTS_BROKER_DOUBLE_H
#define SLUICE_TESTS_BROKER_DOUBLE_H

#include "topic/broker.h"

typedef struct DoubleConfig {
    uint64_t seed;
    /* Of 1000 calls, by the seed: */
    int delay;   /* fetches that answer empty though there is something; at most 3 in a row */
    int reorder; /* fetches that give fewer than they could; deliveries of several partitions that are interleaved */
    int lost;    /* commits whose reply is lost (ERR_UNKNOWN_OUTCOME): half of them done, half not */
    int abort;   /* commits that the coordinator refuses (ERR_ABORT) */
    int flush;   /* flushes that end in the middle (ERR_BROKER) */
    int fail;    /* all other calls but produce and begin, not done (ERR_BROKER) */
    int queue;   /* records that a producer holds before ERR_BROKER; 0: any number */
    int timeout; /* calls that wait for an open transaction until it is aborted; 0: 3 */
} DoubleConfig;

typedef enum DoubleOp {
    DOUBLE_CREATE,
    DOUBLE_DROP,
    DOUBLE_DESCRIBE,
    DOUBLE_LIST,
    DOUBLE_TRIM,
    DOUBLE_ENDS,
    DOUBLE_OFFSET_AT,
    DOUBLE_FETCH_OPEN,
    DOUBLE_FETCH,
    DOUBLE_PRODUCE,
    DOUBLE_FLUSH,
    DOUBLE_INIT,
    DOUBLE_BEGIN,
    DOUBLE_SEND_POSITIONS,
    DOUBLE_SEND_MEMBER,
    DOUBLE_COMMIT,
    DOUBLE_ABORT,
    DOUBLE_POSITIONS,
    DOUBLE_SET_POSITIONS,
    DOUBLE_DROP_GROUP,
    DOUBLE_JOIN,
    DOUBLE_OPS
} DoubleOp;

typedef enum DoubleFault {
    FAULT_NONE,
    FAULT_FAIL,   /* not done: ERR_BROKER */
    FAULT_LOST,   /* done, and the reply lost: ERR_UNKNOWN_OUTCOME of a commit, else ERR_BROKER */
    FAULT_UNDONE, /* commit: not done (the transaction stays open), ERR_UNKNOWN_OUTCOME */
    FAULT_ABORT,  /* not done: ERR_ABORT */
    FAULT_FENCED, /* another takes the name first: ERR_FENCED */
    FAULT_DENIED, /* not done: ERR_DENIED */
    FAULT_DONE_FENCED, /* commit: done, but another takes the name before the reply: ERR_FENCED */
} DoubleFault;

typedef struct DoubleCounts {
    int calls[DOUBLE_OPS];
    int commits, aborts;  /* of transactions */
    int violations;       /* of the Broker contract by its caller */
    char violation[160];  /* the first */
} DoubleCounts;

/* A new cluster's first client. Topics that are closed only let go of it: it can be opened again. */
Broker *double_new(const DoubleConfig *c);
/* Another client of the same cluster, as of another server; at most 8. */
Broker *double_client(Broker *b);
/* The cluster and all its clients. */
void double_free(Broker *b);
/* May be changed at any time. */
DoubleConfig *double_config(Broker *b);
const DoubleCounts *double_counts(Broker *b);

/* The call of that kind after `after` more has the fault. */
void double_fault(Broker *b, DoubleOp op, int after, DoubleFault f);
/* Records of the topic with a longer value are refused (0: any), at once or (late) when they are delivered. */
void double_limit(Broker *b, Str topic, int bytes, bool late);
/* As a compacted topic: records without a key are refused when they are delivered, with all of their batch. */
void double_keyed(Broker *b, Str topic, bool keyed);
/* As by somebody without rights to the topic, or to the group of that name. */
void double_deny(Broker *b, Str name, bool denied);
/* "name=value " of what the topic was created with beside cleanup and retention, in order. */
const char *double_topic_config(Broker *b, Str topic);
/* Settings of the topic; "" when there is none of that name. */
bool double_topic(Broker *b, Str topic, TopicInfo *info);
/* Offsets given out, markers included. */
int64_t double_end(Broker *b, Str topic, int partition);
/* Committed; -1. */
int64_t double_position(Broker *b, Str group, Str topic, int partition);
/* Open transactions. */
int double_open(Broker *b);
/* Called once, when a group's positions were looked up and before they are told. */
void double_on_positions(Broker *b, void (*fn)(void *arg), void *arg);
/* An append by nobody's producer, outside of transactions. */
void double_append(Broker *b, Str topic, int partition, const Record *r);

/* Gives slots to a member, telling all who lose and win some. */
void double_move(Broker *to, uint64_t slots);
/* The member is taken for dead, and is not told: its slots go to the others, its generation is over. */
void double_fence(Broker *b);
/* Tells a fenced member that it lost all; it joins again, as clients do by themselves. */
void double_lost(Broker *b);

#endif
