// SPDX-License-Identifier: Apache-2.0
// CAST over columns: loops for the widening of numbers and a few more, cast_value a row for the rest.
#include "expr/internal.h"

#define CASTING(name, from, to, expr)                                          \
    static void name(Run *r, const Instr *in)                                  \
    {                                                                          \
        const Column *c = &r->cols[in->a];                                     \
        Column *d = run_dst(r, in, in->x->type);                               \
        if (!run_nulls(r, d, c, NULL))                                         \
            return;                                                            \
        int mask = column_mask(c);                                             \
        EACH_ROW(&r->lists[in->list], row, {                                   \
            const __typeof__(*c->from) x = c->from[row & mask];                \
            d->to[row] = (expr);                                               \
        });                                                                    \
    }

CASTING(int_to_bigint, i, l, x)
CASTING(int_to_double, i, d, x)
CASTING(bigint_to_double, l, d, (double)x)
CASTING(bigint_to_int, l, i, (int32_t)(uint32_t)(uint64_t)x)
CASTING(decimal_to_double_column, dec, d, decimal_to_double(x, c->type->scale))
CASTING(date_to_timestamp, i, l, x * INT64_C(86400000))

static void cast_any(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->a];
    const Type *from = in->x->a->type, *to = in->x->type;
    Column *d = run_dst(r, in, to);
    if (!run_nulls(r, d, c, NULL))
        return;
    EACH_ROW(&r->lists[in->list], row, {
        Value v = column_get(c, row);
        Value out = {.null = false};
        const char *why = "cast failed";
        if (v.null)
            continue;
        if (!cast_value(r->a, from, to, v, &out, &why))
            run_fail(r, in, row, why);
        else
            column_put(r->a, d, r->b->n, row, out);
    });
}

/* A bare NULL as a value of any type. */
static void cast_null(Run *r, const Instr *in)
{
    Column *d = run_dst(r, in, in->x->type);
    EACH_ROW(&r->lists[in->list], row, { run_null(r, d, row); });
}

Kernel *kernel_cast(const TExpr *x, const char **name)
{
    TypeKind from = x->a->type->kind, to = x->type->kind;
    *name = "cast";
    if (from == KIND_NULL)
        return cast_null;
    if (from == KIND_INTEGER && to == KIND_BIGINT)
        return int_to_bigint;
    if (from == KIND_INTEGER && to == KIND_DOUBLE)
        return int_to_double;
    if (from == KIND_BIGINT && to == KIND_DOUBLE)
        return bigint_to_double;
    if (from == KIND_BIGINT && to == KIND_INTEGER)
        return bigint_to_int;
    if (from == KIND_DECIMAL && to == KIND_DOUBLE)
        return decimal_to_double_column;
    if (from == KIND_DATE && to == KIND_TIMESTAMP)
        return date_to_timestamp;
    return cast_any;
}
