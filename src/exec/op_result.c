// SPDX-License-Identifier: Apache-2.0
// Result: the end of a push or pull query; hands live rows to a taker. A taker that has enough ends the
// work on the batch, or the scan, with ERR_CANCELLED, which is no failure.
#include "exec/op.h"

typedef struct OpResult {
    Op op;
    RowTaker *take;
    void *arg;
} OpResult;

static Status on_batch(Op *op, const Batch *b, Err *err)
{
    OpResult *r = (OpResult *)op;
    return r->take(r->arg, b) ? OK : err_set(err, ERR_CANCELLED, "no more rows are wanted");
}

static const OpClass class = {.name = "result", .on_batch = on_batch};

Status op_result_new(Arena *a, const PNode *node, OpEnv *env, RowTaker *take, void *arg, Op **out, Err *err)
{
    UNUSED(err);
    OpResult *r = ARENA_NEW(a, OpResult);
    r->op = (Op){.class = &class, .node = node, .env = env};
    r->take = take;
    r->arg = arg;
    *out = &r->op;
    return OK;
}
