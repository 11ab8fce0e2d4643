// SPDX-License-Identifier: Apache-2.0
// What op_aggregate.c keeps for a task; what operators with a store share (op_state.c), and the reads of their state
// that it chooses from.
#ifndef SLUICE_EXEC_AGGREGATE_H
#define SLUICE_EXEC_AGGREGATE_H

#include "exec/changelog.h"
#include "state/blocks.h"

/* The inline state of a key; the aggregates' states follow at their offsets. */
typedef struct Group {
    int64_t ts;      /* the latest of its rows */
    char *before;    /* timestamp and results as last emitted; NULL: not kept */
    char *headers;   /* of the last update, saved; NULL: none */
    uint32_t before_len, headers_len;
    bool fresh;      /* never emitted */
} Group;

/* Behind the Group where the store has a changelog: the columns of the group's last row, which it holds too, by value_save. */
typedef struct LastRow {
    union {
        char in[16];
        char *bytes; /* more than fit in */
    };
    uint32_t len;    /* 0: none since the last commit */
    int32_t row;     /* of the batch in hand */
} LastRow;

typedef struct AggSlot {
    const AggRow *row;
    int at; /* offset of its state behind the Group's start */
    AggCtx ctx;
} AggSlot;

enum { COALESCE_ROWS = 256 }; /* rows that are looked up together */

typedef struct OpAggregate {
    Op op;
    Store *store;
    Blocks kept; /* rows before a change, headers: what the groups point to until the commit */
    AggSlot *aggs;
    ChangeLog *log;    /* NULL: the store has none */
    int size;          /* of the inline state; the aggregates' states begin at: */
    int states_at;
    int last_at;       /* offset of the LastRow; 0: there is none */
    Buf keys;          /* of the batch in hand, one after another */
    Buf scratch;
    uint32_t *key_at;  /* where each begins, one more at the end; in the batch's arena, as the hashes */
    uint64_t *hashes;
    void *states[COALESCE_ROWS];
} OpAggregate;

/* An output batch being filled. */
typedef struct AggOut {
    Batch *b;
    int cap;
    Arena *arena;
    Headers *headers; /* NULL until a row has some */
} AggOut;

/* ---- op_state.c: what operators with a store share ---- */
/* new: the store of op's node in its task's partition. */
Store *op_store_new(const Op *op, const StoreOwner *owner);
/* OpClass.restored */
void op_store_restored(Store *st, DiskBatch *batch);

Status op_aggregate_rows(Op *op, const Value *const *keys, int n, Arena *a, Op *to, Err *err) MUST_CHECK;
Status op_table_rows(Op *op, const Value *const *keys, int n, Arena *a, Op *to, Err *err) MUST_CHECK;

#endif
