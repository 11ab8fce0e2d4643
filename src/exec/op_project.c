// SPDX-License-Identifier: Apache-2.0
// Project: expressions over the input's columns become the columns of the output. Two uses:
//
//   PROJECT   the SELECT list. A row without value keeps its key and stays without value.
//   GROUP     grouping columns and the aggregates' arguments. A stream's row without value, and any row with
//             a NULL grouping column, is left out (the latter is logged); a table's changes become single
//             additions (insert) and removals (delete), since each half may go to another group.
#include <stdio.h>

#include "exec/op.h"
#include "expr/program.h"

typedef struct OpProject {
    Op op;
    Program *program;
    bool rekeys;
} OpProject;

static Batch *computed(OpProject *p, const Batch *b)
{
    Batch *to = batch_share(b->arena, b);
    to->schema = p->op.node->schema;
    to->cols = ARENA_ARRAY(b->arena, Column, to->schema->n);
    program_run(p->program, b, to->cols);
    op_drain_errors(&p->op, b);
    return to;
}

/* Rows that had a value keep ROW_KEY_NULL only if the new key says so. */
static void set_key_flags(const OpProject *p, const Batch *b, Batch *to)
{
    const PNode *node = p->op.node;
    if (!p->rekeys)
        return;
    to->flags = arena_alloc(b->arena, (size_t)b->n);
    for (int i = 0; i < b->nsel; i++) {
        int row = batch_row(b, i);
        bool null = true;
        for (int k = 0; k < node->nkeys; k++)
            null &= column_is_null(&to->cols[k], row);
        int value_null = batch_flags(b, row) & ROW_VALUE_NULL;
        to->flags[row] = (uint8_t)(value_null | (null ? ROW_KEY_NULL : 0));
    }
}

static Status project(Op *op, const Batch *b, Err *err)
{
    OpProject *p = (OpProject *)op;
    Batch *to = computed(p, b);
    set_key_flags(p, b, to);
    return op_emit(op, to, err);
}

static bool has_null_key(Op *op, const Batch *to, int row)
{
    for (int k = 0; k < op->node->nkeys; k++)
        if (column_is_null(&to->cols[k], row)) {
            char text[112];
            int n = snprintf(text, sizeof text,
                             "Group-by column with index %d resolved to null. The source row will be excluded from the "
                             "table.",
                             k);
            op->stats.row_errors++;
            op->env->log(op->env->log_arg, op->node->context, ROWERR_EVALUATE, (Str){text, (size_t)n});
            return true;
        }
    return false;
}

static bool any_nulls(const Op *op, const Batch *to)
{
    for (int k = 0; k < op->node->nkeys; k++)
        if (to->cols[k].valid)
            return true;
    return false;
}

static Status group(Op *op, const Batch *b, Err *err)
{
    OpProject *p = (OpProject *)op;
    Batch *to = computed(p, b);
    bool nulls = any_nulls(op, to);
    if (nulls || b->flags) {
        uint16_t *sel = arena_alloc(b->arena, sizeof *sel * (size_t)(b->nsel + 1));
        int n = 0;
        for (int i = 0; i < b->nsel; i++) {
            int row = batch_row(b, i);
            if (batch_flags(b, row) & ROW_VALUE_NULL)
                continue;
            if (nulls && has_null_key(op, to, row))
                continue;
            sel[n++] = (uint16_t)row;
        }
        to->sel = sel;
        to->nsel = n;
        to->flags = NULL;
    }
    if (b->kind) {
        to->kind = arena_alloc(b->arena, (size_t)b->n);
        for (int i = 0; i < b->n; i++)
            to->kind[i] = b->kind[i] == ROW_UPDATE_BEFORE || b->kind[i] == ROW_DELETE ? ROW_DELETE : ROW_INSERT;
    }
    return to->nsel ? op_emit(op, to, err) : OK;
}

static const OpClass project_class = {.name = "project", .on_batch = project};
static const OpClass group_class = {.name = "group", .on_batch = group};

Status op_project_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err)
{
    OpProject *p = ARENA_NEW(a, OpProject);
    p->op = (Op){.class = node->kind == PP_GROUP ? &group_class : &project_class, .node = node, .env = env};
    for (int k = 0; k < node->nkeys; k++)
        p->rekeys |= node->exprs[k]->kind != TEXPR_COLUMN || node->in->cols[node->exprs[k]->column].role != ROLE_KEY;
    p->rekeys |= node->nkeys != schema_count(node->in, ROLE_KEY);
    *out = &p->op;
    return program_new(a, node->exprs, node->n, env->fx, &p->program, err);
}
