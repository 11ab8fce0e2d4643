// SPDX-License-Identifier: Apache-2.0
// Operator: one step of a task. Rows come in batches, go out in batches.
//
//   open       op_build makes the chain of a sub-topology for one task
//   on_batch   rows in; hands its own rows to op->out
//   on_time    the clock moved while nothing came
//   on_commit  before a commit: emits what was held back, writes state into the unit
//   committed  after it; after one that failed the chain is made anew
//   close      op_free
//
// Batches are never edited; an operator that selects or adds shares the columns (batch_share). Errors of
// rows are collected in the batch's error set and drained to the processing log by the operator that met
// them. A Status that is not OK fails the task. @thread worker; one task, one thread.
#ifndef SLUICE_EXEC_OP_H
#define SLUICE_EXEC_OP_H

#include "base/cancel.h"
#include "plan/plan.h"
#include "state/store.h"

typedef struct Op Op;

/* Where failed rows are told: where is ksqlDB's logger suffix ("KsqlTopic.Source.deserializer", "Project" …); b holds
 * the row e->row as it came in. */
typedef void RowLog(void *arg, const char *where, const RowError *e, const Batch *b);

/* What operators of a task share. */
typedef struct OpEnv {
    Effects *fx;
    Topics *topics;
    Disk *disk;          /* where stores are kept; NULL: in memory only (transient queries, memory topics) */
    Unit *unit;          /* the open unit of work; NULL for transient queries */
    Arena *arena;        /* of the batch or the commit under way: recycled by the task */
    int partition;
    bool coalesce;       /* updates of a key within a commit are emitted once */
    bool single_partition; /* every record goes to partition 0 */
    int batch_rows;
    const PropSet *props; /* the query's */
    bool changelog;      /* what changes in a store goes to its changelog topic too, with the unit */
    Str checkpoint_owner;/* of unit_checkpoint */
    StoreShare *share;   /* bytes for all stores together, or NULL */
    uint32_t store_base; /* id of the plan's store slot 0 */
    /* At least once, in a broker: what is read, or waits for the commit, may have been read before, for a commit that failed
     * between its records: the sink's topic may have what the state here never had, and lack what it has. Kept by the task. */
    bool again;
    bool wants_again;    /* set by an operator when it is made: it looks at `again`, which else stays false */
    RowLog *log;
    void *log_arg;
} OpEnv;

typedef struct OpStats {
    int64_t batches, rows_in, rows_out, row_errors;
} OpStats;

typedef struct OpClass {
    const char *name;
    Status (*on_batch)(Op *op, const Batch *b, Err *err);
    Status (*on_commit)(Op *op, Err *err); /* the rest may be NULL */
    void (*committed)(Op *op);
    size_t (*held)(const Op *op); /* bytes that wait for the commit */
    /* Of operators with a store: rows of its changelog (node->log), the last of a key wins; ROW_VALUE_NULL deletes. */
    Status (*restore)(Op *op, const Batch *b, Err *err);
    /* What was restored goes into the batch (or NULL), and counts as committed with it. */
    void (*restored)(Op *op, DiskBatch *batch);
    void (*close)(Op *op);
} OpClass;

struct Op {
    const OpClass *class;
    const PNode *node;
    OpEnv *env;
    Op *out; /* NULL at the end */
    OpStats stats;
};

/* The rows of b to the next operator. ERR_CANCELLED: they are wanted no more, and may not have been computed. */
static inline Status op_emit(Op *op, const Batch *b, Err *err)
{
    if (cancel_asked())
        return err_set(err, ERR_CANCELLED, "The query was cancelled.");
    op->stats.rows_out += b->nsel;
    op->out->stats.batches++;
    op->out->stats.rows_in += b->nsel;
    return op->out->class->on_batch(op->out, b, err);
}

/* Logs and counts a row of b that could not be computed or written. */
void op_row_failed(Op *op, const char *where, RowErrorStage stage, const Batch *b, int row, Str message);
/* Logs and counts what the batch's error set holds, and empties it. */
void op_drain_errors(Op *op, const Batch *b);

/* ---- constructors, one a file; each is new, with out NULL ---- */
/* to_sink: behind it are projections only, and then the sink. */
Status op_filter_new(Arena *a, const PNode *node, bool to_sink, OpEnv *env, Op **out, Err *err) MUST_CHECK;
Status op_project_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err) MUST_CHECK; /* GROUP too */
Status op_table_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err) MUST_CHECK;
Status op_aggregate_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err) MUST_CHECK;
Status op_system_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err) MUST_CHECK;
Status op_sink_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err) MUST_CHECK; /* REPARTITION too */

/* Rows of a result, live rows only, at the end of push and pull queries; false: no more are wanted, and the chain
 * answers ERR_CANCELLED. */
typedef bool RowTaker(void *arg, const Batch *b);
Status op_result_new(Arena *a, const PNode *node, OpEnv *env, RowTaker *take, void *arg, Op **out, Err *err) MUST_CHECK;

/* A checker around op: schema, row kinds, selection, time. BUG when broken. */
Op *op_check_new(Arena *a, Op *op);

/* ---- chains ---- */
typedef struct OpChain {
    int n;
    Op **v; /* from the source on */
} OpChain;

/* The operators of nodes[from …], linked. take: for PP_RESULT. checked: each is wrapped by the checker. */
Status op_build(Arena *a, const PNode *nodes, int n, OpEnv *env, RowTaker *take, void *arg, bool checked, OpChain *out,
                Err *err) MUST_CHECK;
Status op_chain_commit(const OpChain *c, Err *err) MUST_CHECK;
void op_chain_committed(const OpChain *c);
size_t op_chain_held(const OpChain *c);
void op_chain_free(const OpChain *c);
/* Rows handed in at the head. */
Status op_chain_batch(const OpChain *c, const Batch *b, Err *err) MUST_CHECK;

/* ---- reads of materialised state (pull queries), on the task's thread ---- */

/* Builds batches of the rows of op's store (TABLE, AGGREGATE) in its output schema and hands them to `to`. keys NULL: all rows,
 * in key order; else the rows of the n keys (nkeys values each). */
Status op_state_rows(Op *op, const Value *const *keys, int n, Arena *a, Op *to, Err *err) MUST_CHECK;
/* The first operator of a chain that keeps a store, or -1. */
int op_chain_store(const OpChain *c);

#endif
