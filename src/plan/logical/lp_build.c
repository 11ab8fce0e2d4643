// SPDX-License-Identifier: Apache-2.0
// Bound query to logical plan: one node for each step, in the order in which rows pass them.
//
//   source > WHERE > (GROUP > AGGREGATE > HAVING) > PROJECT > sink
#include "plan/plan.h"

static LNode *node(Arena *a, LKind kind, const char *context, const LNode *input)
{
    LNode *n = ARENA_NEW(a, LNode);
    n->kind = kind;
    n->context = context;
    n->input = input;
    if (input) {
        n->schema = input->schema;
        n->is_table = input->is_table;
    }
    return n;
}

static const LNode *filter(Arena *a, const LNode *in, const TExpr *predicate, const char *context)
{
    LNode *n = node(a, LP_FILTER, context, in);
    n->predicate = predicate;
    return n;
}

/* Grouping columns, then every aggregate's arguments, each once; then ROWTIME. */
static const LNode *group(Arena *a, const LNode *in, const BoundQuery *q, LAgg *aggs)
{
    LNode *n = node(a, LP_GROUP, "Aggregate-Prepare", in);
    int most = q->ngroup + 1;
    for (int i = 0; i < q->naggs; i++)
        most += q->aggs[i].nargs;
    BoundItem *items = ARENA_ARRAY(a, BoundItem, most);
    int k = 0;
    for (; k < q->ngroup; k++)
        items[k] = (BoundItem){q->agg_schema->cols[k].name, q->group[k], NULL, k};
    for (int i = 0; i < q->naggs; i++) {
        int *args = ARENA_ARRAY(a, int, q->aggs[i].nargs);
        for (int j = 0; j < q->aggs[i].nargs; j++) {
            const TExpr *x = q->aggs[i].args[j];
            int at = q->ngroup;
            while (at < k && !texpr_equal(items[at].expr, x))
                at++;
            if (at == k)
                items[k++] = (BoundItem){arena_strf(a, "KSQL_INTERNAL_COL_%d", at), x, NULL, at};
            args[j] = at;
        }
        aggs[i] = (LAgg){q->aggs[i].row, q->aggs[i].nargs, args, q->aggs[i].ninit, q->aggs[i].init,
                         q->aggs[i].init_types, q->aggs[i].result, q->aggs[i].name};
    }
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, k);
    for (int i = 0; i < k; i++)
        cols[i] = (ColumnDef){items[i].name, items[i].expr->type, i < q->ngroup ? ROLE_KEY : ROLE_VALUE, {0}};
    n->schema = schema_new(a, cols, k, false);
    n->items = items;
    n->n = k;
    n->nkeys = q->ngroup;
    n->null_keys_drop = true;
    return n;
}

static const LNode *aggregate(Arena *a, const LNode *in, const BoundQuery *q)
{
    LAgg *aggs = ARENA_ARRAY(a, LAgg, q->naggs);
    const LNode *prepared = group(a, in, q, aggs);
    LNode *n = node(a, LP_AGGREGATE, "Aggregate", prepared);
    n->schema = q->agg_schema;
    n->is_table = true;
    n->nkeys = q->ngroup;
    n->naggs = q->naggs;
    n->aggs = aggs;
    return n;
}

static const LNode *project(Arena *a, const LNode *in, const BoundQuery *q)
{
    LNode *n = node(a, LP_PROJECT, "Project", in);
    n->schema = q->result;
    n->items = q->items;
    n->n = q->nkeys + q->nvalues;
    n->nkeys = q->nkeys;
    n->rekeyed = q->rekeyed;
    return n;
}

const LNode *lp_build(Arena *a, const BoundQuery *q, DataSource *sink)
{
    LNode *src = node(a, LP_SOURCE, "KsqlTopic", NULL);
    src->source = q->source;
    src->schema = q->input;
    src->is_table = q->source->is_table;
    const LNode *top = src;
    if (q->where)
        top = filter(a, top, q->where, "WhereFilter");
    if (q->aggregated)
        top = aggregate(a, top, q);
    if (q->having)
        top = filter(a, top, q->having, "HavingFilter");
    top = project(a, top, q);
    LNode *end = node(a, sink ? LP_SINK : LP_RESULT, sink ? "Sink" : "Result", top);
    end->source = sink;
    return end;
}
