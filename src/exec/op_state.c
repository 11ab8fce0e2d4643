// SPDX-License-Identifier: Apache-2.0
// Reads of materialised state: one door to the operators that keep a store.
#include "exec/aggregate.h"

Status op_state_rows(Op *op, const Value *const *keys, int n, Arena *a, Op *to, Err *err)
{
    switch (op->node->kind) {
    case PP_AGGREGATE:
        return op_aggregate_rows(op, keys, n, a, to, err);
    case PP_TABLE:
        return op_table_rows(op, keys, n, a, to, err);
    default:
        BUG("operator %s keeps no state", op->class->name);
    }
}

int op_chain_store(const OpChain *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->v[i]->node && c->v[i]->node->store >= 0)
            return i;
    return -1;
}
