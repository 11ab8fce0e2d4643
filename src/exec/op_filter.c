// SPDX-License-Identifier: Apache-2.0
// Filter: WHERE and HAVING.
//
// On a stream: rows for which the predicate is true. A tombstone (a row without value) is dropped.
// On a table a change is a pair, and each half is judged by itself:
//
//   before passes  after passes   emitted
//   yes            yes            update-before, update-after
//   yes            no             delete, with the values before
//   no             yes            insert
//   no             no             nothing
//   insert: if it passes          delete: if it passed; without its old values it goes on as it is
//
// At least once the sink's topic may still show a row that the state here knows as hidden: a commit failed that had written the
// one and not the other. Where a table's rows go straight to the sink, what does not pass is therefore told as a delete, shown or
// not, while what is read may have been read before (OpEnv.again):
//
//   no             no             delete, with the values after
//   insert: a delete, if it does not pass         delete: always
//
// The delete that a change becomes happens when the change does: it has its time, offset and headers.
#include "exec/op.h"
#include "expr/program.h"

typedef struct OpFilter {
    Op op;
    Program *program;
    bool to_sink;
} OpFilter;

static Status filter_stream(OpFilter *f, const Batch *b, Err *err)
{
    uint16_t *sel = arena_alloc(b->arena, sizeof *sel * (size_t)(b->nsel + 1));
    int n = program_filter(f->program, b, sel);
    op_drain_errors(&f->op, b);
    if (b->flags) {
        int kept = 0;
        for (int i = 0; i < n; i++)
            if (!(b->flags[sel[i]] & ROW_VALUE_NULL))
                sel[kept++] = sel[i];
        n = kept;
    }
    if (n == 0)
        return OK;
    if (n == b->nsel)
        return op_emit(&f->op, b, err);
    Batch *to = batch_share(b->arena, b);
    to->sel = sel;
    to->nsel = n;
    return op_emit(&f->op, to, err);
}

/* Row `row` of `to` takes time, offset and headers of row `from`; what is shared with b is copied first. */
static void move_time(Batch *to, const Batch *b, int row, int from)
{
    if (to->ts == b->ts) {
        to->ts = arena_dup(b->arena, b->ts, sizeof *b->ts * (size_t)b->n);
        to->offset = arena_dup(b->arena, b->offset, sizeof *b->offset * (size_t)b->n);
        if (b->headers)
            to->headers = arena_dup(b->arena, b->headers, sizeof *b->headers * (size_t)b->n);
    }
    to->ts[row] = b->ts[from];
    to->offset[row] = b->offset[from];
    if (b->headers)
        ((Headers *)(uintptr_t)to->headers)[row] = b->headers[from];
}

static Status filter_table(OpFilter *f, const Batch *b, Err *err)
{
    uint16_t *pass = arena_alloc(b->arena, sizeof *pass * (size_t)(b->nsel + 1));
    int npass = program_filter(f->program, b, pass), at = 0, n = 0;
    op_drain_errors(&f->op, b);
    uint16_t *sel = arena_alloc(b->arena, sizeof *sel * (size_t)(b->nsel + 1));
    uint8_t *kind = arena_alloc(b->arena, (size_t)b->n);
    bool *passed = arena_zalloc(b->arena, (size_t)b->n);
    for (; at < npass; at++)
        passed[pass[at]] = true;
    Batch *to = batch_share(b->arena, b);
    bool tells = f->to_sink && f->op.env->again;
    for (int i = 0; i < b->nsel; i++) {
        int row = batch_row(b, i);
        RowKind k = batch_kind(b, row);
        if (k == ROW_UPDATE_BEFORE && i + 1 < b->nsel) {
            int after = batch_row(b, ++i);
            if (passed[row]) {
                kind[row] = passed[after] ? ROW_UPDATE_BEFORE : ROW_DELETE;
                if (!passed[after])
                    move_time(to, b, row, after);
                sel[n++] = (uint16_t)row;
            }
            if (passed[after]) {
                kind[after] = passed[row] ? ROW_UPDATE_AFTER : ROW_INSERT;
                sel[n++] = (uint16_t)after;
            } else if (tells && !passed[row]) {
                kind[after] = ROW_DELETE;
                sel[n++] = (uint16_t)after;
            }
            continue;
        }
        bool bare = k == ROW_DELETE && (batch_flags(b, row) & ROW_VALUE_NULL);
        if (!passed[row] && !bare && !tells)
            continue;
        kind[row] = passed[row] ? (uint8_t)k : ROW_DELETE;
        sel[n++] = (uint16_t)row;
    }
    if (n == 0)
        return OK;
    to->sel = sel;
    to->nsel = n;
    to->kind = kind;
    return op_emit(&f->op, to, err);
}

static Status on_batch(Op *op, const Batch *b, Err *err)
{
    OpFilter *f = (OpFilter *)op;
    return op->node->is_table ? filter_table(f, b, err) : filter_stream(f, b, err);
}

static const OpClass class = {.name = "filter", .on_batch = on_batch};

Status op_filter_new(Arena *a, const PNode *node, bool to_sink, OpEnv *env, Op **out, Err *err)
{
    OpFilter *f = ARENA_NEW(a, OpFilter);
    f->op = (Op){.class = &class, .node = node, .env = env};
    f->to_sink = to_sink;
    env->wants_again |= to_sink && node->is_table;
    *out = &f->op;
    return program_new(a, &node->predicate, 1, env->fx, &f->program, err);
}
