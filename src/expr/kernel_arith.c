// SPDX-License-Identifier: Apache-2.0
// Arithmetic over columns. Integers wrap as Java's do; division by zero of integers and decimals
// fails the row; doubles go their IEEE way. STRING + STRING joins texts, NULL as "null" (as a real
// ksqlDB does).
//
// The loops are written once by macros: two plain columns without a selection make a loop that the compiler
// turns into vector code; constants and selections go through an index mask.
#include "expr/internal.h"
#include "types/text.h"

#include <math.h>

/* body sees row, x and y. */
#define LOOP_NUMBERS(field, ...)                                                      \
    do {                                                                              \
        const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];                    \
        const RowList *l = &r->lists[in->list];                                       \
        Column *d = run_dst(r, in, in->x->type);                                      \
        if (!run_nulls(r, d, ca, cb))                                                 \
            return;                                                                   \
        if (!l->rows && !ca->constant && !cb->constant) {                             \
            for (int row = 0; row < l->n; row++) {                                    \
                const __typeof__(*d->field) x = ca->field[row], y = cb->field[row];   \
                __VA_ARGS__                                                           \
            }                                                                         \
        } else {                                                                      \
            int ma = column_mask(ca), mb = column_mask(cb);                           \
            EACH_ROW(l, row, {                                                        \
                const __typeof__(*d->field) x = ca->field[row & ma];                  \
                const __typeof__(*d->field) y = cb->field[row & mb];                  \
                __VA_ARGS__                                                           \
            });                                                                       \
        }                                                                             \
    } while (0)

#define WRAPPING(name, field, utype, op)                                                      \
    static void name(Run *r, const Instr *in)                                                 \
    {                                                                                         \
        LOOP_NUMBERS(field, { d->field[row] = (__typeof__(x))((utype)x op(utype) y); });      \
    }

WRAPPING(add_int, i, uint32_t, +)
WRAPPING(sub_int, i, uint32_t, -)
WRAPPING(mul_int, i, uint32_t, *)
WRAPPING(add_bigint, l, uint64_t, +)
WRAPPING(sub_bigint, l, uint64_t, -)
WRAPPING(mul_bigint, l, uint64_t, *)

#define DOUBLES(name, expr)                                       \
    static void name(Run *r, const Instr *in)                     \
    {                                                             \
        LOOP_NUMBERS(d, { d->d[row] = (expr); });                 \
    }

DOUBLES(add_double, x + y)
DOUBLES(sub_double, x - y)
DOUBLES(mul_double, x *y)
DOUBLES(div_double, x / y)
DOUBLES(mod_double, fmod(x, y))

/* Division: y 0 fails, y -1 would trap on the smallest number. NULL rows hold anything. */
#define DIVIDING(name, field, utype, by_minus_one, op)                           \
    static void name(Run *r, const Instr *in)                                    \
    {                                                                            \
        LOOP_NUMBERS(field, {                                                    \
            if (y == 0) {                                                        \
                d->field[row] = 0;                                               \
                if (!column_is_null(d, row))                                     \
                    run_fail(r, in, row, "/ by zero");                           \
            } else {                                                             \
                d->field[row] = y == -1 ? (by_minus_one) : x op y;               \
            }                                                                    \
        });                                                                      \
    }

DIVIDING(div_int, i, uint32_t, (int32_t)(0 - (uint32_t)x), /)
DIVIDING(mod_int, i, uint32_t, 0, %)
DIVIDING(div_bigint, l, uint64_t, (int64_t)(0 - (uint64_t)x), /)
DIVIDING(mod_bigint, l, uint64_t, 0, %)

static void arith_decimal(Run *r, const Instr *in)
{
    int sa = in->x->a->type->scale, sb = in->x->b->type->scale;
    char op = (char)in->x->op;
    LOOP_NUMBERS(dec, {
        const char *why = "";
        d->dec[row] = 0;
        if (!column_is_null(d, row) && !decimal_op(op, x, sa, y, sb, in->x->type, &d->dec[row], &why))
            run_fail(r, in, row, why);
    });
}

static Str text_or_null(const Column *c, int row)
{
    return column_is_null(c, row) ? STR("null") : view_str(c->s[row & column_mask(c)]);
}

static void add_string(Run *r, const Instr *in)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    Column *d = run_dst(r, in, in->x->type);
    EACH_ROW(&r->lists[in->list], row, {
        Str x = text_or_null(ca, row);
        Str y = text_or_null(cb, row);
        const char *why = value_too_large(r->a, x.n + y.n);
        if (why) {
            run_fail(r, in, row, why);
            continue;
        }
        char *p = arena_bytes_alloc(r->a, x.n + y.n + 1);
        char *end = text_put(p, text_put(p, p, x), y);
        d->s[row] = (View){p, (uint32_t)(end - p), 0};
    });
}

Kernel *kernel_arith(const TExpr *x, const char **name)
{
    static const struct {
        char op;
        const char *name;
        Kernel *i, *l, *d;
    } rows[] = {
        {'+', "add", add_int, add_bigint, add_double}, {'-', "subtract", sub_int, sub_bigint, sub_double},
        {'*', "multiply", mul_int, mul_bigint, mul_double}, {'/', "divide", div_int, div_bigint, div_double},
        {'%', "modulo", mod_int, mod_bigint, mod_double},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].op != x->op)
            continue;
        *name = rows[i].name;
        switch (x->a->type->kind) {
        case KIND_INTEGER: return rows[i].i;
        case KIND_BIGINT: return rows[i].l;
        case KIND_DOUBLE: return rows[i].d;
        case KIND_DECIMAL: return arith_decimal;
        case KIND_STRING: return x->op == '+' ? add_string : NULL;
        default: return NULL;
        }
    }
    return NULL;
}

#define NEGATING(name, field, expr)                                                    \
    static void name(Run *r, const Instr *in)                                          \
    {                                                                                  \
        const Column *ca = &r->cols[in->a];                                            \
        Column *d = run_dst(r, in, in->x->type);                                       \
        if (!run_nulls(r, d, ca, NULL))                                                \
            return;                                                                    \
        int ma = column_mask(ca);                                                      \
        EACH_ROW(&r->lists[in->list], row, {                                           \
            const __typeof__(*d->field) x = ca->field[row & ma];                       \
            d->field[row] = (expr);                                                    \
        });                                                                            \
    }

NEGATING(neg_int, i, (int32_t)(0 - (uint32_t)x))
NEGATING(neg_bigint, l, (int64_t)(0 - (uint64_t)x))
NEGATING(neg_double, d, -x)
NEGATING(neg_decimal, dec, (i128)(0 - (u128)x))

Kernel *kernel_neg(const TExpr *x, const char **name)
{
    *name = "negate";
    switch (x->type->kind) {
    case KIND_INTEGER: return neg_int;
    case KIND_BIGINT: return neg_bigint;
    case KIND_DOUBLE: return neg_double;
    case KIND_DECIMAL: return neg_decimal;
    default: return NULL;
    }
}
