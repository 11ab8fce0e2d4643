// SPDX-License-Identifier: Apache-2.0
// Comparisons over columns. Their result is never NULL: with a NULL operand =, <>, <, <=, >, >= are
// FALSE (two-valued, as ksqlDB), IS [NOT] DISTINCT FROM counts NULL as a value.
//
// Numbers of 4 and 8 bytes have a loop for each operator; all other types go through one comparison
// function a row. Doubles compare as IEEE has it, but <> means < or >, so that it is FALSE for NaN as =
// is, as in a real ksqlDB. A DECIMAL beside a DOUBLE that is not finite fails the row.
#include "expr/internal.h"

#include <math.h>

static void false_where_null(Run *r, const Instr *in, const Column *ca, const Column *cb)
{
    uint8_t *yes = (uint8_t *)r->cols[in->dst].b;
    const RowList *l = &r->lists[in->list];
    if (!ca->valid && !cb->valid)
        return;
    EACH_ROW(l, row, {
        if (column_is_null(ca, row) || column_is_null(cb, row))
            yes[row] = 0;
    });
}

#define NUMBERS(name, field, op)                                                        \
    static void name(Run *r, const Instr *in)                                           \
    {                                                                                   \
        const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];                      \
        const RowList *l = &r->lists[in->list];                                         \
        Column *d = run_dst(r, in, TYPE_BOOLEAN);                                       \
        if (!l->rows && !ca->constant && !cb->constant) {                               \
            for (int row = 0; row < l->n; row++)                                        \
                d->b[row] = ca->field[row] op cb->field[row];                           \
        } else if (!l->rows && !ca->constant) {                                         \
            const __typeof__(*ca->field) y = cb->field[0];                              \
            for (int row = 0; row < l->n; row++)                                        \
                d->b[row] = ca->field[row] op y;                                        \
        } else {                                                                        \
            int ma = column_mask(ca), mb = column_mask(cb);                             \
            EACH_ROW(l, row, { d->b[row] = ca->field[row & ma] op cb->field[row & mb]; }); \
        }                                                                               \
        false_where_null(r, in, ca, cb);                                                \
    }

#define NUMBERS_OF(suffix, field)        \
    NUMBERS(lt_##suffix, field, <)       \
    NUMBERS(le_##suffix, field, <=)      \
    NUMBERS(gt_##suffix, field, >)       \
    NUMBERS(ge_##suffix, field, >=)

#define EQUALS_OF(suffix, field)         \
    NUMBERS(eq_##suffix, field, ==)      \
    NUMBERS(ne_##suffix, field, !=)

EQUALS_OF(int, i)
EQUALS_OF(bigint, l)
NUMBERS_OF(int, i)
NUMBERS_OF(bigint, l)
NUMBERS_OF(double, d)
NUMBERS(eq_double, d, ==)

static void unequal_double(Run *r, const Instr *in)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    int ma = column_mask(ca), mb = column_mask(cb), op = in->x->op;
    bool equal = op == TCMP_NOT_DISTINCT;
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        const double x = ca->d[row & ma];
        const double y = cb->d[row & mb];
        bool na = column_is_null(ca, row);
        bool nb = column_is_null(cb, row);
        if (na || nb)
            d->b[row] = op == TCMP_DISTINCT ? na != nb : op == TCMP_NOT_DISTINCT && na == nb;
        else
            d->b[row] = (x < y || x > y) != equal;
    });
}

/* op on the sign of a comparison. */
static bool holds(int op, int sign)
{
    switch ((TCmp)op) {
    case TCMP_EQ:
    case TCMP_NOT_DISTINCT: return sign == 0;
    case TCMP_NE:
    case TCMP_DISTINCT: return sign != 0;
    case TCMP_LT: return sign < 0;
    case TCMP_LE: return sign <= 0;
    case TCMP_GT: return sign > 0;
    case TCMP_GE: return sign >= 0;
    }
    return false;
}

static void compare_decimal(Run *r, const Instr *in)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    int sa = in->x->a->type->scale, sb = in->x->b->type->scale, op = in->x->op;
    int ma = column_mask(ca), mb = column_mask(cb);
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        bool na = column_is_null(ca, row);
        bool nb = column_is_null(cb, row);
        if (na || nb)
            d->b[row] = op == TCMP_DISTINCT ? na != nb : op == TCMP_NOT_DISTINCT && na == nb;
        else
            d->b[row] = holds(op, decimal_compare(ca->dec[row & ma], sa, cb->dec[row & mb], sb));
    });
}

/* One is DECIMAL, the other DOUBLE. */
static void compare_mixed(Run *r, const Instr *in)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    bool first = in->x->a->type->kind == KIND_DOUBLE;
    const Column *cd = first ? ca : cb, *cdec = first ? cb : ca;
    int scale = (first ? in->x->b : in->x->a)->type->scale, op = in->x->op;
    int md = column_mask(cd), mdec = column_mask(cdec);
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        bool nd = column_is_null(cd, row);
        bool ndec = column_is_null(cdec, row);
        d->b[row] = op == TCMP_DISTINCT ? nd != ndec : op == TCMP_NOT_DISTINCT && nd == ndec;
        if (nd || ndec)
            continue;
        double x = cd->d[row & md];
        double y = decimal_to_double(cdec->dec[row & mdec], scale);
        if (!isfinite(x))
            run_fail(r, in, row, "Infinite or NaN");
        else
            d->b[row] = holds(op, first ? (x > y) - (x < y) : (y > x) - (y < x));
    });
}

static void equal_string(Run *r, const Instr *in)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    int ma = column_mask(ca), mb = column_mask(cb);
    bool want = in->x->op == TCMP_EQ;
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        if (column_is_null(ca, row) || column_is_null(cb, row))
            d->b[row] = false;
        else
            d->b[row] = str_eq(view_str(ca->s[row & ma]), view_str(cb->s[row & mb])) == want;
    });
}

static void compare_any(Run *r, const Instr *in)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    const Type *t = in->x->a->type;
    int op = in->x->op;
    bool by_equality = op == TCMP_EQ || op == TCMP_NE || op == TCMP_DISTINCT || op == TCMP_NOT_DISTINCT;
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        Value x = column_get(ca, row);
        Value y = column_get(cb, row);
        if (x.null || y.null)
            d->b[row] = op == TCMP_DISTINCT ? x.null != y.null : op == TCMP_NOT_DISTINCT && x.null == y.null;
        else if (by_equality)
            d->b[row] = holds(op, !value_equal(t, &x, &y));
        else
            d->b[row] = holds(op, value_compare(t, &x, &y));
    });
}

Kernel *kernel_compare(const TExpr *x, const char **name)
{
    static Kernel *const ints[] = {eq_int, ne_int, lt_int, le_int, gt_int, ge_int};
    static Kernel *const bigints[] = {eq_bigint, ne_bigint, lt_bigint, le_bigint, gt_bigint, ge_bigint};
    static Kernel *const doubles[] = {eq_double, unequal_double, lt_double, le_double, gt_double, ge_double};
    static const char *const names[] = {"eq", "ne", "lt", "le", "gt", "ge", "distinct", "not distinct"};
    *name = names[x->op];
    if (x->a->type->kind != x->b->type->kind)
        return compare_mixed;
    switch (x->a->type->kind) {
    case KIND_INTEGER:
    case KIND_DATE:
    case KIND_TIME: return x->op <= TCMP_GE ? ints[x->op] : compare_any;
    case KIND_BIGINT:
    case KIND_TIMESTAMP: return x->op <= TCMP_GE ? bigints[x->op] : compare_any;
    case KIND_DOUBLE: return x->op <= TCMP_GE ? doubles[x->op] : unequal_double;
    case KIND_DECIMAL: return compare_decimal;
    case KIND_STRING: return x->op <= TCMP_NE ? equal_string : compare_any;
    default: return compare_any;
    }
}
