// SPDX-License-Identifier: Apache-2.0
// What the files of remote topics share: remote.c (names, reading, membership), remote_commit.c (units), remote_position.c
// (positions of groups, and what is kept of them and of checkpoints on this process's disk).
//
// Remote.lock is short and taken last: nothing is called under it, neither the broker nor the listener.
#ifndef SLUICE_TOPIC_REMOTE_IMPL_H
#define SLUICE_TOPIC_REMOTE_IMPL_H

#include "topic/broker.h"
#include "topic/topic_impl.h"

typedef struct RemoteReader {
    Topics *t;
    Topic *topic; /* counted */
    int partition;
    Fetcher *f;
    bool at_end;         /* it once was */
    bool pending, ready; /* under Remote.lock: answered so; something came since */
} RemoteReader;

/* Positions of one group as the broker told them. */
typedef struct GroupCache {
    int64_t asked_ns;
    StrMap positions; /* partition be32 | topic -> offset + 1, and in the lowest bit whether it was told here */
} GroupCache;

typedef struct Remote {
    Broker *b;
    char *id;             /* topics_identify; NULL: none */
    pthread_mutex_t lock; /* of all below, and of Partition.end and .written by their own */
    pthread_cond_t cond;  /* something came */
    uint64_t came;        /* calls of `ready` */
    VEC(RemoteReader *) readers;
    StrMap groups;        /* owner -> GroupCache */
    uint64_t groups_age;  /* counts what makes an answer under way stale */
    bool joined;
    uint64_t changes;     /* of the membership */
    uint64_t losses;      /* of these: slots went without this process having been asked */
} Remote;

static inline Remote *remote_of(const Topics *t) { return t->remote; }

/* ---- remote.c ---- */
/* The partition has records up to `end`; own: of a commit of this process, which others read too. */
void remote_end(Topic *tp, int partition, int64_t end, bool own);
/* After an error of the broker's about the topic: ERR_TOPIC_GONE makes it forgotten. Returns s. */
Status remote_failed(Topics *t, Topic *tp, Status s);
bool remote_joined(Remote *rm);
uint64_t remote_changes(Remote *rm);
uint64_t remote_losses(Remote *rm);

/* ---- remote_commit.c ---- */
Status remote_take(Committer *c, Err *err) MUST_CHECK;
void remote_units_commit(Committer *c, Unit **units, int n, bool sync, Err *errs);
bool remote_committer_untold(const Committer *c, Str owner);
void remote_committer_free(Committer *c);

/* ---- remote_position.c ---- */
int64_t remote_position_get(Topics *t, Str owner, Str topic, int partition);
int64_t remote_position_local(Topics *t, Str owner, Str topic, int partition);
int64_t remote_checkpoint_get(Topics *t, Str owner, Str topic, int partition);
void remote_identify(Topics *t, Str id);
bool remote_position_told_here(Topics *t, Str owner, Str topic, int partition);
int64_t remote_position_local_ms(Topics *t, Str owner, Str topic, int partition);
int64_t remote_checkpoint_ms(Topics *t, Str owner, Str topic, int partition);
/* What is known of groups is forgotten: of one owner, or (NULL) of all. */
void positions_forget(Remote *rm, const Str *owner);
/* The group stands there now, by a commit of this process. */
void positions_note(Remote *rm, Str owner, Str topic, int partition, int64_t offset);
/* Into the batch: what the unit says of positions and checkpoints, in its order. behind(arg, topic, partition): the offset behind
 * the unit's last record there, or -1. */
void positions_put(Unit *u, int64_t (*behind)(void *arg, Str topic, int partition), void *arg);
/* Drops the positions kept here on a topic that was deleted. */
Status positions_drop_topic(Topics *t, Str topic, Err *err) MUST_CHECK;

#endif
