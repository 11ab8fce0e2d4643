// SPDX-License-Identifier: Apache-2.0
// What pull queries may hold: clauses and columns (page 01 §1.9 of the ksqlDB reference), and what a WHERE must pin
// down while ksql.query.pull.table.scan.enabled is false (page 05 §5.6).
//
// The WHERE is taken as a disjunction of conjunctions. Each of these must
//     name every key column with = or IN          looked up
//     or bound the only key by <, <=, >, >=       a range, alone: ksql.query.pull.range.scan.enabled
// and may hold comparisons of other columns besides. Whatever else there is would need a table scan.
#include "analyze/internal.h"
#include "sql/print.h"

enum { MAX_DISJUNCTS = 1000 };

static const char HELP[] = "See https://cnfl.io/queries for more info.\n"
                           "Add EMIT CHANGES if you intended to issue a push query.";

/* ---- clauses ---- */

typedef struct Refused {
    Buf names; /* `ROWOFFSET`, `ROWPARTITION` */
    Span first;
} Refused;

static bool find_refused(void *arg, const Expr *e)
{
    Refused *r = arg;
    if (e->kind == EXPR_COLUMN && (str_eq_c(e->name.text, "ROWPARTITION") || str_eq_c(e->name.text, "ROWOFFSET"))) {
        Buf one = BUF_INIT;
        if (!r->names.n)
            r->first = e->span;
        buf_printf(&one, "`%.*s`", STR_ARG(e->name.text));
        if (!r->names.n || !strstr(buf_z(&r->names), buf_z(&one)))
            buf_printf(&r->names, "%s%s", r->names.n ? ", " : "", buf_z(&one));
        buf_free(&one);
    }
    return true;
}

static Status check_columns(const Query *q, Err *err)
{
    Refused r = {.names = BUF_INIT};
    const char *clause = "SELECT";
    for (int i = 0; i < q->items.n; i++)
        expr_walk(q->items.v[i].expr, find_refused, &r);
    if (!r.names.n) {
        clause = "WHERE";
        expr_walk(q->where, find_refused, &r);
    }
    Status st = OK;
    if (r.names.n)
        st = err_at(err, ERR_STATEMENT, r.first,
                    "Pull queries don't support the following columns in %s clauses: %s. %s", clause, buf_z(&r.names), HELP);
    buf_free(&r.names);
    return st;
}

Status pull_check_clauses(const Analyzer *an, const Query *q, Err *err)
{
    if (q->from.joins.n)
        return pull_refused(q->from.joins.v[0].span, "JOIN", err);
    if (q->window.kind != WINDOW_NONE)
        return pull_refused(q->window.span, "WINDOW", err);
    if (q->has_group_by)
        return pull_refused(q->group_span, "GROUP BY", err);
    if (q->has_partition_by)
        return pull_refused(q->partition_span, "PARTITION BY", err);
    if (q->having)
        return pull_refused(q->having->span, "HAVING", err);
    if (q->has_limit && !props_bool(an->props, "ksql.query.pull.limit.clause.enabled"))
        return err_at(err, ERR_STATEMENT, q->limit_span,
                      "LIMIT clause in pull queries is currently disabled. You can enable them by setting "
                      "ksql.query.pull.limit.clause.enabled=true. %s",
                      HELP);
    if (q->has_limit && q->limit < 0)
        return err_at(err, ERR_STATEMENT, q->limit_span,
                      "Pull queries don't support negative integers in the LIMIT clause. %s", HELP);
    return check_columns(q, err);
}

/* ---- WHERE ---- */

typedef VEC(const Expr *) Conjunction;
typedef VEC(Conjunction) Disjunction;

static void conjunction_add(Arena *a, Conjunction *to, const Conjunction *more)
{
    for (int i = 0; i < more->n; i++)
        vec_push(a, to, more->v[i]);
}

/* False when there are too many disjuncts to look at. */
static bool disjuncts(Arena *a, const Expr *e, Disjunction *out)
{
    Disjunction left = {0}, right = {0};
    *out = (Disjunction){0};
    if (e->kind != EXPR_AND && e->kind != EXPR_OR) {
        Conjunction one = {0};
        vec_push(a, &one, e);
        vec_push(a, out, one);
        return true;
    }
    if (!disjuncts(a, e->a, &left) || !disjuncts(a, e->b, &right))
        return false;
    if (e->kind == EXPR_OR) {
        *out = left;
        for (int i = 0; i < right.n; i++)
            vec_push(a, out, right.v[i]);
        return out->n <= MAX_DISJUNCTS;
    }
    if ((int64_t)left.n * right.n > MAX_DISJUNCTS)
        return false;
    for (int i = 0; i < left.n; i++)
        for (int k = 0; k < right.n; k++) {
            Conjunction both = {0};
            conjunction_add(a, &both, &left.v[i]);
            conjunction_add(a, &both, &right.v[k]);
            vec_push(a, out, both);
        }
    return true;
}

typedef struct Check {
    const Analyzer *an;
    const BoundQuery *bq;
    bool *seen; /* per key column, of the disjunct that is looked at */
    int nseen;
    bool range, scan; /* of the disjunct: a range of the key; more than look-ups and ranges */
    Err *err;
} Check;

static Status needs_scan(const Check *c, Span at, const char *why)
{
    return err_at(c->err, ERR_STATEMENT, at,
                  "%s. %s\nIf more flexible queries are needed, table scans can be enabled by setting "
                  "ksql.query.pull.table.scan.enabled=true.",
                  why, HELP);
}

static Status scan_disabled(const Check *c, Span at)
{
    return err_at(c->err, ERR_STATEMENT, at,
                  "Query requires table scan to be enabled. Table scans can be enabled by setting "
                  "ksql.query.pull.table.scan.enabled=true");
}

static bool any_column(void *arg, const Expr *e)
{
    bool *found = arg;
    *found |= e->kind == EXPR_COLUMN;
    return !*found;
}

/* The key column that e is; -1: another column; -2: no column. */
static int key_of(const Check *c, const Expr *e)
{
    if (e->kind != EXPR_COLUMN)
        return -2;
    for (int k = 0; k < c->bq->source->nkeys; k++)
        if (str_eq(c->bq->input->cols[k].name, e->name.text))
            return k;
    return -1;
}

static void print_keys(Buf *out, const Check *c)
{
    for (int k = 0; k < c->bq->source->nkeys; k++) {
        buf_printf(out, "%s`%.*s` ", k ? ", " : "", STR_ARG(c->bq->input->cols[k].name));
        type_print(out, c->bq->input->cols[k].type);
        buf_cstr(out, " KEY");
    }
}

static Status see_key(Check *c, int k, Span at)
{
    if (c->seen[k])
        return needs_scan(c, at, "A comparison condition on the key column cannot be combined with other "
                                 "comparisons such as an IN predicate");
    c->seen[k] = true;
    c->nseen++;
    return OK;
}

static Status check_comparison(Check *c, const Expr *e)
{
    int k = key_of(c, e->a);
    const Expr *other = e->b;
    bool column = false;
    if (k == -2) {
        k = key_of(c, e->b);
        other = e->a;
    }
    if (k == -2)
        return needs_scan(c, e->span, "A comparison must directly reference a key column");
    expr_walk(other, any_column, &column);
    if (column)
        return needs_scan(c, e->span, "A comparison must be between a key column and a resolvable expression");
    if (k < 0)
        return OK;
    if (e->op != CMP_EQ && (e->op < CMP_LT || e->op > CMP_GE)) {
        Buf b = BUF_INIT;
        buf_cstr(&b, "Bound on key columns '[");
        print_keys(&b, c);
        buf_cstr(&b, "]' must currently be '='");
        Status st = needs_scan(c, e->span, buf_z(&b));
        buf_free(&b);
        return st;
    }
    c->range |= e->op != CMP_EQ;
    return see_key(c, k, e->span);
}

static Status check_leaf(Check *c, const Expr *e)
{
    int k;
    switch (e->kind) {
    case EXPR_COMPARE:
        return check_comparison(c, e);
    case EXPR_IN:
        k = key_of(c, e->a);
        if (k == -2)
            return needs_scan(c, e->span, "A comparison must directly reference a key column");
        for (int i = 0; i < e->list.n; i++) {
            bool column = false;
            expr_walk(e->list.v[i], any_column, &column);
            if (column)
                return needs_scan(c, e->list.v[i]->span, "A comparison must be between a key column and a resolvable expression");
        }
        if (k >= 0 && e->negated)
            c->scan = true;
        return k < 0 || e->negated ? OK : see_key(c, k, e->span);
    case EXPR_LIKE:
        if (e->a->kind != EXPR_COLUMN)
            return needs_scan(c, e->span, "Like condition must be between strings");
        c->scan = true;
        return OK;
    default:
        c->scan = true;
        return OK;
    }
}

static Status missing_key(const Check *c, const Conjunction *d)
{
    Buf b = BUF_INIT;
    buf_cstr(&b, "WHERE clause missing key column for disjunct: ");
    for (int i = 1; i < d->n; i++)
        buf_byte(&b, '(');
    for (int i = 0; i < d->n; i++) {
        buf_cstr(&b, i ? " AND " : "");
        print_expr(&b, d->v[i]);
        if (i)
            buf_byte(&b, ')');
    }
    Status st = needs_scan(c, d->v[0]->span, buf_z(&b));
    buf_free(&b);
    return st;
}

static Status check_disjunct(Check *c, const Conjunction *d, bool alone)
{
    int nkeys = c->bq->source->nkeys;
    memset(c->seen, 0, sizeof *c->seen * (size_t)nkeys);
    c->nseen = 0;
    c->range = c->scan = false;
    Status st = OK;
    for (int i = 0; i < d->n && st == OK; i++)
        st = check_leaf(c, d->v[i]);
    if (st)
        return st;
    if (c->nseen == 0)
        return c->scan ? scan_disabled(c, d->v[0]->span) : missing_key(c, d);
    if (c->nseen < nkeys)
        return needs_scan(c, d->v[0]->span, "Multi-column sources must specify every key in the WHERE clause");
    if (c->range && !(alone && nkeys == 1 && c->bq->input->cols[0].type->kind == KIND_STRING && c->bq->source->window == SOURCE_NOT_WINDOWED &&
                      props_bool(c->an->props, "ksql.query.pull.range.scan.enabled")))
        return scan_disabled(c, d->v[0]->span);
    return OK;
}

typedef struct KeyCheck {
    const BoundQuery *bq;
    Err *err;
} KeyCheck;

static bool check_key_list(void *arg, const Expr *e)
{
    KeyCheck *c = arg;
    if (e->kind != EXPR_IN || e->a->kind != EXPR_COLUMN)
        return c->err->code == OK;
    for (int k = 0; k < c->bq->source->nkeys; k++) {
        const ColumnDef *key = &c->bq->input->cols[k];
        bool number = type_is_number(key->type) || key->type->kind == KIND_BOOLEAN; /* times are written as strings */
        if (!str_eq(key->name, e->a->name.text) || !number)
            continue;
        for (int i = 0; i < e->list.n; i++)
            if (e->list.v[i]->kind == EXPR_STRING) {
                Buf type = BUF_INIT;
                type_print(&type, key->type);
                err_at(c->err, ERR_STATEMENT, e->list.v[i]->span,
                       "'%.*s' can not be converted to the type of the key column: %.*s %s KEY",
                       STR_ARG(e->list.v[i]->text), STR_ARG(key->name), buf_z(&type));
                buf_free(&type);
                return false;
            }
    }
    return c->err->code == OK;
}

Status pull_check_keys(const Query *q, const BoundQuery *bq, Err *err)
{
    KeyCheck c = {bq, err};
    if (bq->source->is_table && q->where)
        expr_walk(q->where, check_key_list, &c);
    return err->code;
}

Status pull_check_where(const Analyzer *an, const Query *q, const BoundQuery *bq, Err *err)
{
    Check c = {.an = an, .bq = bq, .err = err};
    Disjunction all;
    if (!bq->source->is_table || props_bool(an->props, "ksql.query.pull.table.scan.enabled"))
        return OK;
    if (!q->where)
        return err_at(err, ERR_STATEMENT, q->span,
                      "Missing WHERE clause. %s\nQuery requires table scan to be enabled", HELP);
    if (!disjuncts(an->arena, q->where, &all))
        return scan_disabled(&c, q->where->span);
    c.seen = ARENA_ARRAY(an->arena, bool, bq->source->nkeys);
    Status st = OK;
    for (int i = 0; i < all.n && st == OK; i++)
        st = check_disjunct(&c, &all.v[i], all.n == 1);
    return st;
}
