// SPDX-License-Identifier: Apache-2.0
// Project: expressions over the input's columns become the columns of the output. Two uses:
//
//   PROJECT   the SELECT list. A row without value keeps its key and stays without value.
//   GROUP     grouping columns and the aggregates' arguments. A stream's row without value, and any row with
//             a NULL grouping column, is left out (the latter is logged). A table's change whose halves go to
//             different groups becomes a removal (delete) and an addition (insert); within one group it
//             stays a pair, which the group answers with one update. Keys are as a repartition topic would hold
//             them, there or not: half a surrogate pair is '?' but in JSON, so that groups do not depend on it.
#include <stdio.h>

#include "exec/op.h"
#include "expr/program.h"
#include "types/text.h"

typedef struct OpProject {
    Op op;
    Program *program;
    bool rekeys;
    bool *from_value; /* key columns that need the row's value: NULL where it has none */
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

static bool any_without_value(const Batch *b)
{
    for (int i = 0; b->flags && i < b->nsel; i++)
        if (b->flags[batch_row(b, i)] & ROW_VALUE_NULL)
            return true;
    return false;
}

/* A copy of the column that is NULL where the row has no value. */
static void null_without_value(const Batch *b, Column *c)
{
    Column copy;
    column_init(b->arena, &copy, c->type, b->n);
    for (int i = 0; i < b->nsel; i++) {
        int row = batch_row(b, i);
        bool none = batch_flags(b, row) & ROW_VALUE_NULL;
        column_put(b->arena, &copy, b->n, row, none ? value_null() : column_get(c, row));
    }
    *c = copy;
}

/* Rows that had a value keep ROW_KEY_NULL only if the new key says so. */
static void set_key_flags(const OpProject *p, const Batch *b, Batch *to)
{
    const PNode *node = p->op.node;
    if (!p->rekeys)
        return;
    to->flags = arena_alloc(b->arena, (size_t)b->n);
    for (int k = 0; k < node->nkeys && any_without_value(b); k++)
        if (p->from_value[k])
            null_without_value(b, &to->cols[k]);
    for (int i = 0; i < b->nsel; i++) {
        int row = batch_row(b, i);
        bool null = node->nkeys == 0 || (node->nkeys == 1 && column_is_null(&to->cols[0], row));
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

/* b: the row before it was computed. */
static bool has_null_key(Op *op, const Batch *b, const Batch *to, int row)
{
    for (int k = 0; k < op->node->nkeys; k++)
        if (column_is_null(&to->cols[k], row)) {
            char text[112];
            int n = snprintf(text, sizeof text,
                             "Group-by column with index %d resolved to null. The source row will be excluded from the "
                             "table.",
                             k);
            op_row_failed(op, "Aggregate.GroupBy", ROWERR_EVALUATE, b, row, (Str){text, (size_t)n});
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

static bool same_group(const Op *op, const Batch *to, int x, int y)
{
    for (int k = 0; k < op->node->nkeys; k++) {
        Value a = column_get(&to->cols[k], x), b = column_get(&to->cols[k], y);
        if (!value_equal(to->cols[k].type, &a, &b))
            return false;
    }
    return true;
}

/* The halves of a change are neighbours; where what stood between two rows was left out, they are halves of two changes. */
static void split_pairs(Op *op, const Batch *b, Batch *to)
{
    to->kind = arena_alloc(b->arena, (size_t)b->n);
    for (int i = 0; i < to->nsel; i++) {
        int row = batch_row(to, i), next = i + 1 < to->nsel ? batch_row(to, i + 1) : -1;
        bool before = b->kind[row] == ROW_UPDATE_BEFORE;
        if (before && next == row + 1 && b->kind[next] == ROW_UPDATE_AFTER && same_group(op, to, row, next)) {
            to->kind[row] = ROW_UPDATE_BEFORE;
            to->kind[next] = ROW_UPDATE_AFTER;
            i++;
        } else {
            to->kind[row] = before || b->kind[row] == ROW_DELETE ? ROW_DELETE : ROW_INSERT;
        }
    }
}

/* Texts of a key column as KAFKA and DELIMITED hold them. */
static void plain_texts(const Batch *b, Column *c)
{
    bool copied = false;
    for (int i = 0; i < b->nsel; i++) {
        int row = batch_row(b, i);
        if (column_is_null(c, row) || !text_has_half(view_str(c->s[c->constant ? 0 : row])))
            continue;
        Str half = view_str(c->s[c->constant ? 0 : row]);
        if (!copied) {
            Column copy;
            column_init(b->arena, &copy, c->type, b->n);
            for (int k = 0; k < b->nsel; k++)
                column_put(b->arena, &copy, b->n, batch_row(b, k), column_get(c, batch_row(b, k)));
            *c = copy;
            copied = true;
        }
        Buf text = BUF_INIT;
        text_utf8(&text, half);
        column_put(b->arena, c, b->n, row, value_str(arena_str(b->arena, buf_view(&text))));
        buf_free(&text);
    }
}

static Status group(Op *op, const Batch *b, Err *err)
{
    OpProject *p = (OpProject *)op;
    Batch *to = computed(p, b);
    for (int k = 0; k < op->node->nkeys && op->node->key.format != FORMAT_JSON; k++)
        if (to->cols[k].type->kind == KIND_STRING)
            plain_texts(b, &to->cols[k]);
    bool nulls = any_nulls(op, to);
    if (nulls || b->flags) {
        uint16_t *sel = arena_alloc(b->arena, sizeof *sel * (size_t)(b->nsel + 1));
        int n = 0;
        for (int i = 0; i < b->nsel; i++) {
            int row = batch_row(b, i);
            if (batch_flags(b, row) & ROW_VALUE_NULL)
                continue;
            if (nulls && has_null_key(op, b, to, row))
                continue;
            sel[n++] = (uint16_t)row;
        }
        to->sel = sel;
        to->nsel = n;
        to->flags = NULL;
    }
    if (b->kind)
        split_pairs(op, b, to);
    return to->nsel ? op_emit(op, to, err) : OK;
}

static const OpClass project_class = {.name = "project", .on_batch = project};
static const OpClass group_class = {.name = "group", .on_batch = group};

Status op_project_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err)
{
    OpProject *p = ARENA_NEW(a, OpProject);
    p->op = (Op){.class = node->kind == PP_GROUP ? &group_class : &project_class, .node = node, .env = env};
    p->rekeys = node->nkeys != schema_count(node->in, ROLE_KEY);
    p->from_value = ARENA_ARRAY(a, bool, node->nkeys);
    bool *used = ARENA_ARRAY(a, bool, node->in->n);
    for (int k = 0; k < node->nkeys; k++) {
        p->rekeys |= node->exprs[k]->kind != TEXPR_COLUMN || node->exprs[k]->column != k;
        memset(used, 0, (size_t)node->in->n);
        texpr_columns(node->exprs[k], used);
        for (int c = 0; c < node->in->n; c++)
            p->from_value[k] |= used[c] && node->in->cols[c].role != ROLE_KEY; /* ROWTIME too */
    }
    *out = &p->op;
    return program_new(a, node->exprs, node->n, env->fx, &p->program, err);
}
