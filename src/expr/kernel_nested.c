// SPDX-License-Identifier: Apache-2.0
// Subscripts, fields, and the constructors of ARRAY, MAP and STRUCT over columns.
//
// Array elements count from 1, or from the end as -1, -2 …; what is not there is NULL. A field of a
// NULL struct is NULL. NULL is a key of a map like any other; JSON writes it as "null".
#include "expr/internal.h"

static bool array_at(const Array *arr, int32_t index, Value *out)
{
    int64_t at = index > 0 ? (int64_t)index - 1 : index < 0 ? (int64_t)arr->n + index : -1;
    if (at < 0 || at >= arr->n)
        return false;
    *out = arr->v[at];
    return !out->null;
}

void kernel_subscript(Run *r, const Instr *in)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    const Type *t = in->x->a->type;
    int ma = column_mask(ca), mb = column_mask(cb);
    Column *d = run_dst(r, in, in->x->type);
    if (!run_nulls(r, d, ca, cb))
        return;
    EACH_ROW(&r->lists[in->list], row, {
        Value v = {.null = true};
        if (column_is_null(d, row))
            continue;
        if (t->kind == KIND_ARRAY) {
            if (!array_at(ca->arr[row & ma], cb->i[row & mb], &v))
                v.null = true;
        } else {
            Value key = column_get(cb, row);
            const Value *found = map_find(ca->map[row & ma], t, &key);
            if (found)
                v = *found;
        }
        column_put(r->a, d, r->b->n, row, v);
    });
}

void kernel_field(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->a];
    int mask = column_mask(c);
    Column *d = run_dst(r, in, in->x->type);
    if (!run_nulls(r, d, c, NULL))
        return;
    EACH_ROW(&r->lists[in->list], row, {
        if (!column_is_null(d, row))
            column_put(r->a, d, r->b->n, row, c->st[row & mask]->v[in->x->column]);
    });
}

void kernel_array(Run *r, const Instr *in)
{
    Column *d = run_dst(r, in, in->x->type);
    EACH_ROW(&r->lists[in->list], row, {
        Array *arr = array_new(r->a, (uint32_t)in->nargs);
        for (int i = 0; i < in->nargs; i++)
            arr->v[i] = column_get(&r->cols[in->args[i]], row);
        d->arr[row] = arr;
    });
}

void kernel_map(Run *r, const Instr *in)
{
    Column *d = run_dst(r, in, in->x->type);
    Value *kv = arena_alloc(r->a, sizeof *kv * (size_t)(in->nargs + 1));
    EACH_ROW(&r->lists[in->list], row, {
        for (int i = 0; i < in->nargs; i++)
            kv[i] = column_get(&r->cols[in->args[i]], row);
        d->map[row] = map_new(r->a, in->x->type, kv, (uint32_t)in->nargs / 2);
    });
}

void kernel_struct(Run *r, const Instr *in)
{
    Column *d = run_dst(r, in, in->x->type);
    EACH_ROW(&r->lists[in->list], row, {
        Struct *st = struct_new(r->a, (uint32_t)in->nargs);
        for (int i = 0; i < in->nargs; i++)
            st->v[i] = column_get(&r->cols[in->args[i]], row);
        d->st[row] = st;
    });
}
