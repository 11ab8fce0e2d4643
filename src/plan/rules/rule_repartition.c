// SPDX-License-Identifier: Apache-2.0
// Where a grouping needs a repartition topic.
//
//   grouping columns                      source partitions   repartition
//   the source's key columns, in order    any                 no: rows of a key are together already
//   others                                1                   no: all rows are together
//   others                                more                yes
#include "plan/plan.h"

static const LNode *source_of(const LNode *n)
{
    while (n->input)
        n = n->input;
    return n;
}

static bool keeps_key(const LNode *group, const LNode *source)
{
    if (group->nkeys != source->source->nkeys)
        return false;
    for (int i = 0; i < group->nkeys; i++)
        if (group->items[i].expr->kind != TEXPR_COLUMN || group->items[i].expr->column != i)
            return false;
    return true;
}

const LNode *rule_repartition(Arena *a, const LNode *top)
{
    if (top->kind == LP_GROUP) {
        const LNode *src = source_of(top);
        if (keeps_key(top, src) || src->source->partitions == 1)
            return top;
        LNode *n = ARENA_NEW(a, LNode);
        n->kind = LP_REPARTITION;
        n->context = "Aggregate-GroupBy-repartition";
        n->input = top;
        n->schema = top->schema;
        n->is_table = top->is_table;
        n->nkeys = top->nkeys;
        return n;
    }
    if (!top->input)
        return top;
    const LNode *in = rule_repartition(a, top->input);
    if (in == top->input)
        return top;
    LNode *copy = arena_dup(a, top, sizeof *top);
    copy->input = in;
    return copy;
}
