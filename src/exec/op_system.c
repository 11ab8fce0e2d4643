// SPDX-License-Identifier: Apache-2.0
// System: puts ROWTIME, ROWPARTITION and ROWOFFSET behind a table's columns, for pull queries that name them.
#include "exec/op.h"

static Status on_batch(Op *op, const Batch *b, Err *err)
{
    const Schema *to = op->node->schema;
    Batch *out = batch_share(b->arena, b);
    out->schema = to;
    out->cols = ARENA_ARRAY(b->arena, Column, to->n);
    for (int i = 0; i < to->n; i++) {
        const ColumnDef *c = &to->cols[i];
        if (c->role != ROLE_SYSTEM)
            out->cols[i] = b->cols[i];
        else if (str_eq_c(c->name, "ROWTIME"))
            out->cols[i] = (Column){.type = TYPE_BIGINT, .l = b->ts};
        else
            out->cols[i] = column_constant(b->arena, c->type, value_null());
    }
    return op_emit(op, out, err);
}

static const OpClass class = {.name = "system", .on_batch = on_batch};

Status op_system_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err)
{
    UNUSED(err);
    *out = ARENA_NEW(a, Op);
    **out = (Op){.class = &class, .node = node, .env = env};
    return OK;
}
