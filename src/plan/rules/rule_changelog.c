// SPDX-License-Identifier: Apache-2.0
// What a grouping hands on when its stores have changelog topics: the columns that ksqlDB's has, under its names and
// in its order, so that either can read what the other wrote. Without changelogs only keys and arguments go on,
// which is less.
//
//   GROUP      keys | required columns | KSQL_INTERNAL_COL_n: arguments that are no columns, and literal ones
//   AGGREGATE  its changelog's value: required columns | KSQL_AGG_VARIABLE_n
//
// Required: each column of the source that the query names, once, in the order of SELECT list, WHERE, GROUP BY, HAVING. n of an
// argument is its place among the values. Each place where the text has an aggregate is a variable of its own, so one that is
// written twice stands there twice. (From the plans in ksqlDB's repository: nonAggregateColumns, selectExpressions.)
#include "plan/plan.h"

typedef struct Layout {
    Arena *a;
    const LNode *group, *aggregate;
    VEC(int) required; /* columns of the group's input */
    VEC(int) vars;     /* aggregates of the AGGREGATE */
    VEC(const TExpr *) extra;
} Layout;

typedef void Visit(Layout *y, int column);

/* The columns of an expression in the order in which they are written. */
static void each_column(Layout *y, const TExpr *x, Visit *visit)
{
    if (x->kind == TEXPR_COLUMN)
        visit(y, x->column);
    if (x->a)
        each_column(y, x->a, visit);
    if (x->b)
        each_column(y, x->b, visit);
    for (int i = 0; i < x->nargs; i++)
        each_column(y, x->args[i], visit);
}

static void require_column(Layout *y, int column)
{
    for (int i = 0; i < y->required.n; i++)
        if (y->required.v[i] == column)
            return;
    vec_push(y->a, &y->required, column);
}

/* column: of what the AGGREGATE puts out. */
static void require_result(Layout *y, int column)
{
    const LNode *group = y->group;
    if (column < group->nkeys) {
        each_column(y, group->items[column].expr, require_column);
        return;
    }
    int var = column - group->nkeys;
    if (var >= y->aggregate->naggs)
        return;
    const LAgg *agg = &y->aggregate->aggs[var];
    vec_push(y->a, &y->vars, var);
    for (int i = 0; i < agg->nargs; i++)
        each_column(y, group->items[agg->args[i]].expr, require_column);
}

static void require_all(Layout *y, const LNode *top)
{
    const LNode *project = NULL, *having = NULL;
    for (const LNode *n = top; n != y->aggregate; n = n->input) {
        if (n->kind == LP_PROJECT)
            project = n;
        if (n->kind == LP_FILTER)
            having = n;
    }
    for (int place = 0; project && place < project->n; place++)
        for (int i = 0; i < project->n; i++)
            if (project->items[i].place == place)
                each_column(y, project->items[i].expr, require_result);
    for (const LNode *n = y->group->input; n; n = n->input)
        if (n->kind == LP_FILTER)
            each_column(y, n->predicate, require_column);
    for (int k = 0; k < y->group->nkeys; k++)
        each_column(y, y->group->items[k].expr, require_column);
    if (having)
        each_column(y, having->predicate, require_result);
}

/* Where the argument stands in the new grouping; put there when it is not there yet. */
static int place(Layout *y, const TExpr *x)
{
    int at = y->group->nkeys;
    if (x->kind == TEXPR_COLUMN)
        for (int i = 0; i < y->required.n; i++)
            if (y->required.v[i] == x->column)
                return at + i;
    at += y->required.n;
    for (int i = 0; i < y->extra.n; i++)
        if (texpr_equal(y->extra.v[i], x))
            return at + i;
    vec_push(y->a, &y->extra, x);
    return at + y->extra.n - 1;
}

static const LAgg *placed(Layout *y)
{
    const LNode *from = y->aggregate;
    LAgg *aggs = arena_dup(y->a, from->aggs, sizeof *aggs * (size_t)from->naggs);
    for (int v = 0; v < y->vars.n; v++) {
        LAgg *agg = &aggs[y->vars.v[v]];
        int *args = ARENA_ARRAY(y->a, int, agg->nargs);
        const int *had = from->aggs[y->vars.v[v]].args;
        for (int i = 0; i < agg->nargs; i++)
            args[i] = place(y, y->group->items[had[i]].expr);
        agg->args = args;
        for (int i = 0; i < agg->ninit; i++)
            place(y, texpr_const(y->a, agg->init_types[i], agg->init[i]));
    }
    return aggs;
}

static const LNode *wider_group(Layout *y)
{
    const LNode *from = y->group;
    LNode *n = arena_dup(y->a, from, sizeof *from);
    n->n = from->nkeys + y->required.n + y->extra.n;
    BoundItem *items = ARENA_ARRAY(y->a, BoundItem, n->n);
    ColumnDef *cols = ARENA_ARRAY(y->a, ColumnDef, n->n);
    int k = 0;
    for (; k < from->nkeys; k++)
        items[k] = from->items[k];
    for (int i = 0; i < y->required.n; i++, k++) {
        const ColumnDef *c = &from->input->schema->cols[y->required.v[i]];
        items[k] = (BoundItem){c->name, texpr_column(y->a, y->required.v[i], c->type), NULL, k};
    }
    for (int i = 0; i < y->extra.n; i++, k++)
        items[k] = (BoundItem){arena_strf(y->a, "KSQL_INTERNAL_COL_%d", k - from->nkeys), y->extra.v[i], NULL, k};
    for (int i = 0; i < n->n; i++)
        cols[i] = (ColumnDef){items[i].name, items[i].expr->type, i < from->nkeys ? ROLE_KEY : ROLE_VALUE, {0}};
    n->items = items;
    n->schema = schema_new(y->a, cols, n->n, false);
    return n;
}

/* Where the aggregate finds the required columns: in its key, where they are grouped by. */
static const int *found(Layout *y)
{
    int *at = ARENA_ARRAY(y->a, int, y->required.n);
    for (int i = 0; i < y->required.n; i++) {
        at[i] = y->group->nkeys + i;
        for (int k = 0; k < y->group->nkeys; k++) {
            const TExpr *x = y->group->items[k].expr;
            if (x->kind == TEXPR_COLUMN && x->column == y->required.v[i])
                at[i] = k;
        }
    }
    return at;
}

/* The chain from n down, with the new grouping and aggregate in it. */
static const LNode *replaced(Layout *y, const LNode *n, const LNode *group, const LAgg *aggs)
{
    if (n == y->group)
        return group;
    LNode *copy = arena_dup(y->a, n, sizeof *n);
    copy->input = replaced(y, n->input, group, aggs);
    if (n->kind == LP_REPARTITION)
        copy->schema = copy->input->schema;
    if (n->kind == LP_AGGREGATE) {
        copy->aggs = aggs;
        copy->nrequired = y->required.n;
        copy->required = found(y);
        copy->nvars = y->vars.n;
        copy->vars = y->vars.v;
    }
    return copy;
}

const LNode *rule_changelog(Arena *a, const LNode *top)
{
    Layout y = {.a = a};
    for (const LNode *n = top; n; n = n->input) {
        if (n->kind == LP_AGGREGATE)
            y.aggregate = n;
        if (n->kind == LP_GROUP)
            y.group = n;
    }
    if (!y.aggregate)
        return top;
    require_all(&y, top);
    const LAgg *aggs = placed(&y);
    return replaced(&y, top, wider_group(&y), aggs);
}
