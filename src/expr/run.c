// SPDX-License-Identifier: Apache-2.0
// Running a program over a batch, and what the kernels need of it: registers, NULLs, failed rows.
//
// A run walks the instructions once, in order; there are no jumps: an instruction whose row list is
// empty does nothing. Data of the registers is in the batch's arena; constants are the program's.
#include "expr/internal.h"

Column *run_dst(Run *r, const Instr *in, const Type *t)
{
    Column *d = &r->cols[in->dst];
    column_init(r->a, d, t, r->b->n);
    return d;
}

static uint64_t *new_bits(Run *r, int fill)
{
    size_t bytes = sizeof(uint64_t) * ((size_t)(r->b->n + 63) / 64);
    return memset(arena_alloc(r->a, bytes), fill, bytes);
}

bool run_nulls(Run *r, Column *dst, const Column *a, const Column *b)
{
    const Column *in[2] = {a, b};
    dst->valid = NULL;
    for (int i = 0; i < 2; i++) {
        const Column *c = in[i];
        if (!c || !c->valid)
            continue;
        if (c->constant) {
            if (bit_get(c->valid, 0))
                continue;
            dst->valid = new_bits(r, 0);
            return false;
        }
        int words = (r->b->n + 63) / 64;
        if (!dst->valid) {
            dst->valid = arena_dup(r->a, c->valid, sizeof(uint64_t) * (size_t)words);
            continue;
        }
        for (int w = 0; w < words; w++)
            dst->valid[w] &= c->valid[w];
    }
    return true;
}

void run_null(Run *r, Column *dst, int row)
{
    column_need_valid(r->a, dst, r->b->n);
    bit_clear(dst->valid, row);
}

void run_fail(Run *r, const Instr *in, int row, const char *why)
{
    uint64_t **failed = &r->p->failed[in->scope];
    if (in->dst >= 0)
        run_null(r, &r->cols[in->dst], row);
    if (!*failed)
        *failed = new_bits(r, 0);
    if (bit_get(*failed, row))
        return;
    bit_set(*failed, row);
    batch_fail(r->b, row, ROWERR_EVALUATE, "%s", why);
}

void kernel_fit(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->dst];
    EACH_ROW(&r->lists[in->list], row, {
        const char *why;
        Value v = column_get(c, row);
        if (!value_fits(r->a, in->x->type, &v, &why))
            run_fail(r, in, row, why);
    });
}

void kernel_scope_end(Run *r, const Instr *in)
{
    const uint64_t *failed = r->p->failed[in->scope];
    if (!failed)
        return;
    Column *d = &r->cols[in->dst];
    uint64_t *valid = new_bits(r, 0xff);
    for (int w = 0; w < (r->b->n + 63) / 64; w++)
        valid[w] = (d->valid ? d->valid[w] : ~(uint64_t)0) & ~failed[w];
    d->valid = valid;
}

void program_run(Program *p, const Batch *b, Column *out)
{
    /* The error set that failures go to is shared and written through a const batch, as batch.h has it. */
    Run r = {.p = p, .b = (Batch *)(uintptr_t)b, .a = b->arena, .cols = p->cols, .lists = p->lists};
    if (p->is_volatile)
        r.now_ms = effects_wall_ms(p->fx);
    p->lists[0] = (RowList){b->sel, b->nsel};
    memset(p->failed, 0, sizeof *p->failed * (size_t)p->nscopes);
    for (int i = 0; i < p->regs.n; i++)
        if (p->regs.v[i].column >= 0)
            p->cols[i] = b->cols[p->regs.v[i].column];
    for (int i = 0; i < p->code.n; i++)
        p->code.v[i].kernel(&r, &p->code.v[i]);
    for (int i = 0; i < p->n; i++)
        out[i] = p->cols[p->results[i]];
}

int program_filter(Program *p, const Batch *b, uint16_t *sel)
{
    Column c;
    int n = 0;
    program_run(p, b, &c);
    if (c.constant && (column_is_null(&c, 0) || !c.b[0]))
        return 0;
    const RowList live = {b->sel, b->nsel};
    if (c.constant) {
        EACH_ROW(&live, row, { sel[n++] = (uint16_t)row; });
        return n;
    }
    const uint8_t *yes = (const uint8_t *)c.b;
    if (c.valid)
        EACH_ROW(&live, row, {
            if (bit_get(c.valid, row) && yes[row])
                sel[n++] = (uint16_t)row;
        });
    else
        EACH_ROW(&live, row, {
            sel[n] = (uint16_t)row;
            n += yes[row];
        });
    return n;
}

void program_print(Buf *out, const Program *p)
{
    for (int i = 0; i < p->code.n; i++) {
        const Instr *in = &p->code.v[i];
        buf_printf(out, "%3d  ", i);
        if (in->dst >= 0)
            buf_printf(out, "r%d = ", in->dst);
        buf_cstr(out, in->name);
        if (in->kernel == kernel_call) {
            Str sig = str_of(in->x->func->signature);
            buf_printf(out, " %.*s", (int)((const char *)memchr(sig.p, '(', sig.n) - sig.p), sig.p);
        }
        if (in->a >= 0)
            buf_printf(out, " r%d", in->a);
        if (in->b >= 0)
            buf_printf(out, " r%d", in->b);
        for (int k = 0; k < in->nargs; k++)
            buf_printf(out, " r%d", in->args[k]);
        if (in->list > 0)
            buf_printf(out, " over l%d", in->list);
        if (in->yes >= 0)
            buf_printf(out, " -> l%d", in->yes);
        if (in->no >= 0)
            buf_printf(out, " else l%d", in->no);
        buf_byte(out, '\n');
    }
    for (int i = 0; i < p->regs.n; i++) {
        if (p->regs.v[i].column >= 0)
            buf_printf(out, "     r%d: column %d\n", i, p->regs.v[i].column);
        else if (p->consts.v[i].constant) {
            Value v = column_get(&p->consts.v[i], 0);
            buf_printf(out, "     r%d: ", i);
            value_json(out, p->consts.v[i].type, &v);
            buf_byte(out, '\n');
        }
    }
    for (int i = 0; i < p->n; i++)
        buf_printf(out, "     result %d: r%d\n", i, p->results[i]);
}
