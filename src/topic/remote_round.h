// SPDX-License-Identifier: Apache-2.0
// One attempt to commit a group of units: what remote_commit.c (the steps) and remote_send.c (the records) share.
#ifndef SLUICE_TOPIC_REMOTE_ROUND_H
#define SLUICE_TOPIC_REMOTE_ROUND_H

#include "topic/remote_impl.h"

/* A part of a unit in the attempt. end: the offset after its last delivered record, -1: none is known. */
typedef struct Sent {
    int unit;
    UnitPart *part;
    int64_t end;
    int next;      /* number in the part of the record that is produced next, … */
    int block, at; /* … which stands there */
    Err lost;      /* at least once: why a record was not delivered; its unit fails alone */
} Sent;

typedef struct Group {
    Str owner;
    bool drop; /* what it had goes */
    GroupPositionVec positions;
} Group;

typedef struct RemoteCommitter {
    Producer *txn, *plain; /* made when first needed */
    bool ready;            /* txn: has an epoch, and no failure since */
    bool taken, lost;
    int spoiled;           /* aborts, after a refusal, that are nobody's fault: so many more are tried again at once */
    uint32_t rounds;
    uint64_t untold_in;       /* Remote.changes: later, others have told the groups more */
    VEC(UnitPosition) untold; /* at least once: the groups could not be told; owners owned, topics counted */
} RemoteCommitter;

typedef struct Round {
    Topics *t;
    Remote *rm;
    Committer *c;
    RemoteCommitter *rc;
    Unit **units;
    Err *errs; /* a unit with an error is out */
    int n;
    bool exactly_once; /* which of the units */
    uint64_t losses;   /* Remote.losses when it began */
    Producer *p;
    VEC(Sent) sent;
    int64_t records, queued, told;
    bool refused;  /* a unit went out in this attempt */
    bool again;    /* records are to be sent again: one by one, or without one that was refused */
    bool more;     /* parts have got records since they were produced */
    Err fail;      /* of a record; fails all */
    Arena *a;
    StrMap groups; /* owner -> Group, in a */
} Round;

/* True: the step is to be done, by halves where it can be, and the process to end. */
bool gate_torn(const Round *r, const char *what);
void gate_behind(const Round *r, const char *what, bool torn);

static inline bool is_out(const Round *r, int i)
{
    return r->errs[i].code != OK || r->units[i]->exactly_once != r->exactly_once;
}

/* The task that sent it is at fault, or its topic; not the broker. */
static inline bool is_refusal(Status s) { return s == ERR_NOT_FOUND || err_class((ErrCode)s) == CLASS_TASK_FATAL; }

void fail_unit(Round *r, int i, const Err *why);

/* ---- remote_send.c ---- */
/* Adds the parts that the units have got since, of units that are not out. */
void round_parts(Round *r);
/* Produces what is not produced yet, and flushes. OK with `refused` or `again`: see there. */
Status round_produce(Round *r, Err *err);

#endif
