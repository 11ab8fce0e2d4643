// SPDX-License-Identifier: Apache-2.0
// From physical nodes to a linked chain of operators, and what is done to a chain as a whole.
#include "exec/op.h"

void op_row_failed(Op *op, const char *where, RowErrorStage stage, const Batch *b, int row, Str message)
{
    const RowError e = {.row = (uint16_t)row, .stage = stage, .message = message};
    op->stats.row_errors++;
    op->env->log(op->env->log_arg, where, &e, b);
}

void op_drain_errors(Op *op, const Batch *b)
{
    ErrorSet *es = b->errors;
    if (!es || !es->total)
        return;
    const char *where = op->node ? op->node->context : op->class->name;
    for (int i = 0; i < es->v.n; i++)
        op->env->log(op->env->log_arg, where, &es->v.v[i], b);
    op->stats.row_errors += (int64_t)es->total;
    es->v.n = 0;
    es->total = 0;
}

/* What the first of the nodes puts out goes to the sink, at most projected. */
static bool goes_to_sink(const PNode *nodes, int n)
{
    int i = 1;
    while (i < n && nodes[i].kind == PP_PROJECT)
        i++;
    return i < n && nodes[i].kind == PP_SINK;
}

/* Of the first of the nodes. */
static Status make(Arena *a, const PNode *node, int n, OpEnv *env, RowTaker *take, void *arg, Op **out, Err *err)
{
    switch (node->kind) {
    case PP_FILTER:
        return op_filter_new(a, node, goes_to_sink(node, n), env, out, err);
    case PP_PROJECT:
    case PP_GROUP:
        return op_project_new(a, node, env, out, err);
    case PP_TABLE:
        return op_table_new(a, node, env, out, err);
    case PP_AGGREGATE:
        return op_aggregate_new(a, node, env, out, err);
    case PP_SYSTEM:
        return op_system_new(a, node, env, out, err);
    case PP_SINK:
    case PP_REPARTITION:
        return op_sink_new(a, node, env, out, err);
    case PP_RESULT:
        return op_result_new(a, node, env, take, arg, out, err);
    }
    BUG("physical node %d", node->kind);
}

Status op_build(Arena *a, const PNode *nodes, int n, OpEnv *env, RowTaker *take, void *arg, bool checked, OpChain *out,
                Err *err)
{
    *out = (OpChain){0, ARENA_ARRAY(a, Op *, 2 * n)};
    for (int i = 0; i < n; i++) {
        Op *op = NULL;
        Status st = make(a, &nodes[i], n - i, env, take, arg, &op, err);
        if (op) {
            if (checked)
                out->v[out->n++] = op_check_new(a, op);
            out->v[out->n++] = op;
        }
        if (st) {
            op_chain_free(out);
            return st;
        }
    }
    for (int i = 0; i + 1 < out->n; i++)
        out->v[i]->out = out->v[i + 1];
    return OK;
}

Status op_chain_batch(const OpChain *c, const Batch *b, Err *err)
{
    c->v[0]->stats.batches++;
    c->v[0]->stats.rows_in += b->nsel;
    return c->v[0]->class->on_batch(c->v[0], b, err);
}

Status op_chain_commit(const OpChain *c, Err *err)
{
    for (int i = 0; i < c->n; i++)
        if (c->v[i]->class->on_commit) {
            Status st = c->v[i]->class->on_commit(c->v[i], err);
            if (st)
                return st;
        }
    return OK;
}

void op_chain_committed(const OpChain *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->v[i]->class->committed)
            c->v[i]->class->committed(c->v[i]);
}

size_t op_chain_held(const OpChain *c)
{
    size_t n = 0;
    for (int i = 0; i < c->n; i++)
        if (c->v[i]->class->held)
            n += c->v[i]->class->held(c->v[i]);
    return n;
}

void op_chain_free(const OpChain *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->v[i]->class->close)
            c->v[i]->class->close(c->v[i]);
}
