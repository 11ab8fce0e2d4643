// SPDX-License-Identifier: Apache-2.0
// A bound query out of its statement's arena: a running query outlives the statement that made it.
#include "analyze/analyze.h"

static const TExpr *const *dup_exprs(Arena *a, const TExpr *const *v, int n)
{
    const TExpr **to = ARENA_ARRAY(a, const TExpr *, n);
    for (int i = 0; i < n; i++)
        to[i] = texpr_dup(a, v[i], NULL);
    return to;
}

static BoundAgg dup_agg(Arena *a, const BoundAgg *from)
{
    BoundAgg to = *from;
    to.args = dup_exprs(a, from->args, from->nargs);
    Value *init = ARENA_ARRAY(a, Value, from->ninit);
    const Type **types = ARENA_ARRAY(a, const Type *, from->ninit);
    for (int i = 0; i < from->ninit; i++) {
        types[i] = type_dup(a, from->init_types[i]);
        init[i] = value_dup(a, types[i], from->init[i]);
    }
    to.init = init;
    to.init_types = types;
    to.result = type_dup(a, from->result);
    to.name = arena_str(a, from->name);
    return to;
}

BoundQuery *bound_query_dup(Arena *a, const BoundQuery *from)
{
    BoundQuery *to = arena_dup(a, from, sizeof *from);
    int n = from->nkeys + from->nvalues;
    to->alias = arena_str(a, from->alias);
    to->input = schema_new(a, from->input->cols, from->input->n, true);
    to->where = texpr_dup(a, from->where, NULL);
    to->having = texpr_dup(a, from->having, NULL);
    to->group = dup_exprs(a, from->group, from->ngroup);
    BoundAgg *aggs = ARENA_ARRAY(a, BoundAgg, from->naggs);
    for (int i = 0; i < from->naggs; i++)
        aggs[i] = dup_agg(a, &from->aggs[i]);
    to->aggs = aggs;
    if (from->agg_schema)
        to->agg_schema = schema_new(a, from->agg_schema->cols, from->agg_schema->n, true);
    BoundItem *items = ARENA_ARRAY(a, BoundItem, n);
    for (int i = 0; i < n; i++)
        items[i] = (BoundItem){arena_str(a, from->items[i].name), texpr_dup(a, from->items[i].expr, NULL), NULL,
                               from->items[i].place};
    to->items = items;
    to->result = schema_new(a, from->result->cols, from->result->n, true);
    if (from->pull_key)
        to->pull_key = arena_dup(a, from->pull_key, sizeof(bool) * (size_t)n);
    return to;
}
