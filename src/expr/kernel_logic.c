// SPDX-License-Identifier: Apache-2.0
// AND, OR, NOT, IS NULL, CASE, IN, and SPLIT, which narrows row lists for them.
//
// A boolean that is NULL where AND, OR, NOT or WHEN needs it fails the expression on that row, as a real
// ksqlDB's does; the operand that is not needed is not computed: FALSE AND x is FALSE, TRUE OR x TRUE,
// whatever x. An IN of NULL is FALSE, NULLs in the list never match.
#include "expr/internal.h"

static const char null_boolean[] = "a boolean operand is NULL";

void kernel_split(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->a];
    const RowList *l = &r->lists[in->list];
    const uint8_t *yes = (const uint8_t *)c->b;
    int mask = column_mask(c), ny = 0, nn = 0;
    uint16_t *t = in->yes >= 0 ? arena_alloc(r->a, sizeof *t * (size_t)(l->n + 1)) : NULL;
    uint16_t *f = in->no >= 0 ? arena_alloc(r->a, sizeof *f * (size_t)(l->n + 1)) : NULL;
    EACH_ROW(l, row, {
        bool null = column_is_null(c, row);
        bool is = !null && yes[row & mask];
        if (null && in->dst >= 0) {
            run_fail(r, in, row, "a condition of CASE is NULL");
            continue;
        }
        if (is && t)
            t[ny++] = (uint16_t)row;
        if (!is && f)
            f[nn++] = (uint16_t)row;
    });
    if (t)
        r->p->lists[in->yes] = (RowList){t, ny};
    if (f)
        r->p->lists[in->no] = (RowList){f, nn};
}

/* decided: the value of a that settles it without b. */
static void logic(Run *r, const Instr *in, bool decided)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    const uint8_t *xa = (const uint8_t *)ca->b, *xb = (const uint8_t *)cb->b;
    int ma = column_mask(ca), mb = column_mask(cb);
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        d->b[row] = false;
        if (column_is_null(ca, row))
            run_fail(r, in, row, null_boolean);
        else if (xa[row & ma] == decided)
            d->b[row] = decided;
        else if (column_is_null(cb, row))
            run_fail(r, in, row, null_boolean);
        else
            d->b[row] = xb[row & mb];
    });
}

void kernel_and(Run *r, const Instr *in) { logic(r, in, false); }
void kernel_or(Run *r, const Instr *in) { logic(r, in, true); }

void kernel_not(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->a];
    const uint8_t *x = (const uint8_t *)c->b;
    int mask = column_mask(c);
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        d->b[row] = false;
        if (column_is_null(c, row))
            run_fail(r, in, row, null_boolean);
        else
            d->b[row] = !x[row & mask];
    });
}

void kernel_is_null(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->a];
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, { d->b[row] = column_is_null(c, row); });
}

void kernel_is_not_null(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->a];
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, { d->b[row] = !column_is_null(c, row); });
}

/* ---- CASE ------------------------------------------------------------------------------------ */

void kernel_case_start(Run *r, const Instr *in)
{
    run_dst(r, in, in->x->type);
}

#define TAKE(T)                                                                   \
    do {                                                                          \
        T *to = d->data;                                                          \
        const T *from = c->data;                                                  \
        EACH_ROW(l, row, { to[row] = from[row & mask]; });                        \
    } while (0)

void kernel_case_take(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->a];
    const RowList *l = &r->lists[in->list];
    Column *d = &r->cols[in->dst];
    int mask = column_mask(c);
    if (c->valid)
        EACH_ROW(l, row, {
            if (column_is_null(c, row))
                run_null(r, d, row);
        });
    if (c->type->kind == KIND_NULL)
        return;
    switch (type_width(d->type)) {
    case 1: TAKE(uint8_t); break;
    case 4: TAKE(uint32_t); break;
    case 8: TAKE(uint64_t); break;
    default: TAKE(View); break;
    }
}

void kernel_case_null(Run *r, const Instr *in)
{
    Column *d = &r->cols[in->dst];
    EACH_ROW(&r->lists[in->list], row, { run_null(r, d, row); });
}

/* ---- IN -------------------------------------------------------------------------------------- */

enum { IN_HASH_FROM = 9 };

typedef struct InTable {
    const Type *type;
    uint32_t mask;
    const Value **slots; /* open addressing; NULL = empty */
} InTable;

void *in_prepare(Arena *a, const Type *t, const Column *list, int n)
{
    uint32_t size = 32;
    if (n < IN_HASH_FROM)
        return NULL;
    while (size < (uint32_t)n * 2)
        size *= 2;
    InTable *table = ARENA_NEW(a, InTable);
    table->type = t;
    table->mask = size - 1;
    table->slots = ARENA_ARRAY(a, const Value *, size);
    for (int i = 0; i < n; i++) {
        Value *v = ARENA_NEW(a, Value);
        *v = column_get(&list[i], 0);
        if (v->null)
            continue;
        uint32_t at = (uint32_t)value_hash(t, v) & table->mask;
        while (table->slots[at])
            at = (at + 1) & table->mask;
        table->slots[at] = v;
    }
    return table;
}

static bool table_has(const InTable *table, const Value *v)
{
    uint32_t at = (uint32_t)value_hash(table->type, v) & table->mask;
    for (; table->slots[at]; at = (at + 1) & table->mask)
        if (value_equal(table->type, table->slots[at], v))
            return true;
    return false;
}

static bool list_has(const Run *r, const Instr *in, int row, const Value *v)
{
    for (int i = 0; i < in->nargs; i++) {
        Value e = column_get(&r->cols[in->args[i]], row);
        if (!e.null && value_equal(in->x->a->type, v, &e))
            return true;
    }
    return false;
}

void kernel_in(Run *r, const Instr *in)
{
    const Column *c = &r->cols[in->a];
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        Value v = column_get(c, row);
        d->b[row] = !v.null && (in->memo ? table_has(in->memo, &v) : list_has(r, in, row, &v));
    });
}
