// SPDX-License-Identifier: Apache-2.0
// Pull queries: which keys a WHERE pins down.
//
// The predicate is a tree of AND and OR over comparisons. Each part gives, for each key column, a
// set of constants it must be one of, or nothing; AND keeps the part that says more, OR joins
// the rows of both sides, each row once. When every key column is pinned the rows are looked up, else the table is
// scanned; the whole WHERE is applied to what comes back, so a wider set is never wrong.
#include "analyze/internal.h"
#include "expr/program.h"

enum { MAX_KEYS = 10000 };

/* Values are equal when their stored bytes are; of equal rows the first is kept. */
typedef struct Distinct {
    StrMap seen;
    Buf bytes;
} Distinct;

static bool is_new(Distinct *d, const BoundQuery *q, int k, const Value *row, int n)
{
    buf_clear(&d->bytes);
    for (int i = 0; i < n; i++)
        value_save(&d->bytes, q->input->cols[k + i].type, &row[i]);
    if (strmap_find(&d->seen, buf_view(&d->bytes)))
        return false;
    strmap_put(&d->seen, buf_view(&d->bytes), d);
    return true;
}

static void distinct_free(Distinct *d)
{
    strmap_free(&d->seen);
    buf_free(&d->bytes);
}

typedef struct Pins {
    bool pinned;   /* rows is the complete list of keys that can match */
    int null_key;  /* a key column that is to equal NULL; -1: none */
    VEC(const Value *) rows;
} Pins;

typedef struct Columns { /* one conjunction: a list of constants for each key column */
    int n;
    int null_key;
    VEC(Value) *sets;
    bool *set;
} Columns;

static bool constant(const Analyzer *an, const TExpr *x, Value *out)
{
    Err err = ERR_INIT;
    bool ok = texpr_is_constant(x) && texpr_evaluate(an->arena, x, an->fx, out, &err) == OK;
    err_clear(&err);
    return ok;
}

/* x is key column k, perhaps widened by a cast that keeps equality. */
static int key_column(const BoundQuery *q, const TExpr *x)
{
    return x->kind == TEXPR_COLUMN && x->column < q->source->nkeys ? x->column : -1;
}

static void collect(const Analyzer *an, const BoundQuery *q, const TExpr *x, Columns *c)
{
    Value v;
    if (x->kind == TEXPR_AND) {
        collect(an, q, x->a, c);
        collect(an, q, x->b, c);
        return;
    }
    if (x->kind == TEXPR_COMPARE && x->op == TCMP_EQ) {
        int k = key_column(q, x->a);
        const TExpr *other = x->b;
        if (k < 0) {
            k = key_column(q, x->b);
            other = x->a;
        }
        if (k >= 0 && !c->set[k] && type_equal(other->type, q->input->cols[k].type) && constant(an, other, &v)) {
            c->set[k] = true;
            if (v.null)
                c->null_key = k;
            else
                vec_push(an->arena, &c->sets[k], v);
        }
        return;
    }
    if (x->kind == TEXPR_IN) {
        int k = key_column(q, x->a);
        if (k < 0 || c->set[k])
            return;
        for (int i = 0; i < x->nargs; i++)
            if (!constant(an, x->args[i], &v))
                return;
        Distinct d = {0};
        c->set[k] = true;
        for (int i = 0; i < x->nargs; i++)
            if (constant(an, x->args[i], &v) && v.null)
                c->null_key = k;
            else if (is_new(&d, q, k, &v, 1))
                vec_push(an->arena, &c->sets[k], v);
        distinct_free(&d);
    }
}

/* The product of the sets, as key rows. */
static void product(const Analyzer *an, const Columns *c, Pins *out)
{
    int64_t total = 1;
    for (int k = 0; k < c->n; k++) {
        if (!c->set[k])
            return;
        total *= c->sets[k].n;
        if (total > MAX_KEYS)
            return;
    }
    out->pinned = true;
    out->null_key = c->null_key;
    for (int64_t i = 0; i < total; i++) {
        Value *row = ARENA_ARRAY(an->arena, Value, c->n);
        int64_t rest = i;
        for (int k = 0; k < c->n; k++) {
            row[k] = c->sets[k].v[rest % c->sets[k].n];
            rest /= c->sets[k].n;
        }
        vec_push(an->arena, &out->rows, row);
    }
}

/* Adds the rows of x, one part of an OR. False: a key column is not pinned, or there are too many rows. */
static bool add_part(const Analyzer *an, const BoundQuery *q, const TExpr *x, Distinct *d, Pins *out)
{
    int n = q->source->nkeys;
    Pins part = {.null_key = -1};
    Columns c = {.n = n, .null_key = -1, .set = ARENA_ARRAY(an->arena, bool, n)};
    c.sets = arena_zalloc(an->arena, sizeof *c.sets * (size_t)n);
    collect(an, q, x, &c);
    product(an, &c, &part);
    if (out->null_key < 0)
        out->null_key = part.null_key;
    for (int i = 0; i < part.rows.n; i++)
        if (is_new(d, q, 0, part.rows.v[i], n))
            vec_push(an->arena, &out->rows, part.rows.v[i]);
    return part.pinned && out->rows.n <= MAX_KEYS;
}

static bool add_parts(const Analyzer *an, const BoundQuery *q, const TExpr *x, Distinct *d, Pins *out)
{
    if (x->kind == TEXPR_OR)
        return add_parts(an, q, x->a, d, out) && add_parts(an, q, x->b, d, out);
    return add_part(an, q, x, d, out);
}

static void pins_of(const Analyzer *an, const BoundQuery *q, const TExpr *x, Pins *out)
{
    Distinct d = {0};
    *out = (Pins){.null_key = -1};
    out->pinned = add_parts(an, q, x, &d, out);
    distinct_free(&d);
}

Status bind_pull_keys(const Analyzer *an, const BoundQuery *q, PullKeys *out, Err *err)
{
    *out = (PullKeys){.scan = true};
    if (q->where) {
        Pins p;
        pins_of(an, q, q->where, &p);
        if (p.pinned && p.null_key >= 0)
            return err_set(err, ERR_STATEMENT, "Primary key columns can not be NULL: (%.*s = null)",
                           STR_ARG(q->input->cols[p.null_key].name));
        if (p.pinned)
            *out = (PullKeys){.n = p.rows.n, .rows = p.rows.v};
    }
    return OK;
}
