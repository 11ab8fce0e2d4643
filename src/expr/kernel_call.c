// SPDX-License-Identifier: Apache-2.0
// Function calls: a batch at a time for functions with a kernel, a row at a time for the others.
//
//   FUNC_STRICT     NULL where an argument is NULL; the body never sees one
//   FUNC_PRIMITIVE  a NULL argument fails the row
//   else            the body decides
#include "base/cancel.h"
#include "base/limits.h"
#include "expr/internal.h"

enum { INLINE_ARGS = 16 };

typedef struct CallMemo {
    const Type **types;
} CallMemo;

void *call_prepare(Arena *a, const TExpr *x)
{
    CallMemo *m = ARENA_NEW(a, CallMemo);
    m->types = ARENA_ARRAY(a, const Type *, x->nargs + 1);
    for (int i = 0; i < x->nargs; i++)
        m->types[i] = x->args[i]->type;
    return m;
}

static uint64_t random_bits(void *arg)
{
    Effects *fx = arg;
    return fx->random(fx);
}

static bool any_null(const Value *args, int n)
{
    for (int i = 0; i < n; i++)
        if (args[i].null)
            return true;
    return false;
}

static void call_rows(Run *r, const Instr *in, FuncCtx *ctx)
{
    const FuncRow *f = in->x->func;
    Column *d = &r->cols[in->dst];
    bool is_text = d->type->kind == KIND_STRING || d->type->kind == KIND_BYTES;
    Value some[INLINE_ARGS];
    Value *args = in->nargs <= INLINE_ARGS ? some : arena_alloc(r->a, sizeof *args * (size_t)in->nargs);
    EACH_ROW(&r->lists[in->list], row, {
        Value out = {.null = false};
        if (cancel_asked()) {
            run_null(r, d, row);
            continue;
        }
        for (int i = 0; i < in->nargs; i++)
            args[i] = column_get(&r->cols[in->args[i]], row);
        bool nulls = f->flags & (FUNC_STRICT | FUNC_PRIMITIVE) && any_null(args, in->nargs);
        if (nulls && f->flags & FUNC_PRIMITIVE) {
            run_fail(r, in, row, "an argument that must not be NULL is NULL");
            continue;
        }
        if (nulls)
            out.null = true;
        else if (func_room(ctx, 0))
            f->row(ctx, args, in->nargs, &out);
        if (!ctx->failed && is_text && !out.null && out.d.s.n > LIMIT_VALUE_BYTES)
            func_room(ctx, out.d.s.n);
        if (ctx->failed) {
            run_fail(r, in, row, ctx->reason ? ctx->reason : "function failed");
            ctx->failed = false;
            ctx->reason = NULL;
        } else {
            column_put(r->a, d, r->b->n, row, out);
        }
    });
}

static void call_kernel(Run *r, const Instr *in, FuncCtx *ctx)
{
    const FuncRow *f = in->x->func;
    const RowList *l = &r->lists[in->list];
    Column *d = &r->cols[in->dst];
    Column some[INLINE_ARGS];
    Column *args = in->nargs <= INLINE_ARGS ? some : arena_alloc(r->a, sizeof *args * (size_t)in->nargs);
    uint16_t *rows = arena_alloc(r->a, sizeof *rows * (size_t)(l->n + 1));
    int n = 0;
    for (int i = 0; i < in->nargs; i++) {
        args[i] = r->cols[in->args[i]];
        if (!(f->flags & (FUNC_STRICT | FUNC_PRIMITIVE)) || !args[i].valid)
            continue;
        EACH_ROW(l, row, {
            if (column_is_null(&args[i], row)) {
                run_null(r, d, row);
                if (f->flags & FUNC_PRIMITIVE)
                    run_fail(r, in, row, "an argument that must not be NULL is NULL");
            }
        });
    }
    EACH_ROW(l, row, {
        rows[n] = (uint16_t)row;
        n += !column_is_null(d, row);
    });
    column_need_valid(r->a, d, r->b->n);
    if (n)
        f->kernel(ctx, args, in->nargs, d, rows, n);
}

void kernel_call(Run *r, const Instr *in)
{
    const CallMemo *m = in->memo;
    FuncCtx ctx = {.arena = r->a, .types = m->types, .result = in->x->type, .now_ms = r->now_ms,
                   .random = random_bits, .random_arg = r->p->fx};
    run_dst(r, in, in->x->type);
    if (in->x->func->kernel)
        call_kernel(r, in, &ctx);
    else
        call_rows(r, in, &ctx);
}
