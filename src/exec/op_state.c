// SPDX-License-Identifier: Apache-2.0
// What operators with a store share: how it is opened, what becomes of restored entries, and reads of materialised state.
#include "exec/aggregate.h"

Store *op_store_new(const Op *op, const StoreOwner *owner)
{
    const OpEnv *env = op->env;
    Store *st = store_new(env->disk, env->store_base + (uint32_t)op->node->store, env->partition, owner, 0);
    store_join(st, env->share);
    return st;
}

void op_store_restored(Store *st, DiskBatch *batch)
{
    if (batch)
        store_flush(st, batch);
    store_committed(st);
}

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
