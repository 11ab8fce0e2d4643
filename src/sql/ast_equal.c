// SPDX-License-Identifier: Apache-2.0
// Whether two trees say the same: see print.h for what does not count. Recursion is bounded by
// LIMIT_EXPR_DEPTH and LIMIT_NESTING. Pure; any thread.
#include <stdlib.h>

#include "sql/print.h"

static bool is_variable(const Name *n)
{
    return !n->quoted && n->text.n > 3 && n->text.p[0] == '$';
}

static bool name_equal(const Name *a, const Name *b)
{
    return str_eq(a->text, b->text) && is_variable(a) == is_variable(b);
}

static bool names_equal(const NameVec *a, const NameVec *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++) {
        if (!name_equal(&a->v[i], &b->v[i]))
            return false;
    }
    return true;
}

/* ---- types -------------------------------------------------------------------------------------- */

static Str main_name(Str name)
{
    if (str_eq_c(name, "INT"))
        return STR("INTEGER");
    return str_eq_c(name, "VARCHAR") ? STR("STRING") : name;
}

static bool type_equal(const TypeRef *a, const TypeRef *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->fields.n != b->fields.n)
        return false;
    if (a->kind == TYPEREF_NAMED) {
        Str name = main_name(a->name.text);
        if (!str_eq(name, main_name(b->name.text)) || is_variable(&a->name) != is_variable(&b->name))
            return false;
        /* Only DECIMAL's parameters mean something. */
        return !str_eq_c(name, "DECIMAL") || (a->params[0] == b->params[0] && a->params[1] == b->params[1]);
    }
    for (int i = 0; i < a->fields.n; i++) {
        const FieldRef *f = &a->fields.v[i], *g = &b->fields.v[i];
        if (!name_equal(&f->name, &g->name) || !type_equal(f->type, g->type))
            return false;
    }
    return type_equal(a->key, b->key) && type_equal(a->elem, b->elem);
}

/* ---- expressions ---------------------------------------------------------------------------------- */

static bool exprs_equal(const ExprVec *a, const ExprVec *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++) {
        if (!ast_expr_equal(a->v[i], b->v[i]))
            return false;
    }
    return true;
}

/* NOT x IN (…) is x NOT IN (…); likewise BETWEEN and LIKE. */
static const Expr *under_not(const Expr *e, bool *negated)
{
    const Expr *a = e->kind == EXPR_NOT ? e->a : NULL;
    bool folds = a && !a->negated && (a->kind == EXPR_IN || a->kind == EXPR_BETWEEN || a->kind == EXPR_LIKE);
    *negated = folds || e->negated;
    return folds ? a : e;
}

bool ast_expr_equal(const Expr *a, const Expr *b)
{
    bool not_a, not_b;
    if (!a || !b)
        return a == b;
    a = under_not(a, &not_a);
    b = under_not(b, &not_b);
    if (a->kind != b->kind || not_a != not_b || a->flag != b->flag || a->op != b->op || a->i != b->i)
        return false;
    bool text = a->kind == EXPR_DECIMAL || a->kind == EXPR_STRING || a->kind == EXPR_TYPED ||
                a->kind == EXPR_AT_ZONE;
    if (text && !str_eq(a->text, b->text))
        return false;
    if (a->kind == EXPR_DOUBLE && memcmp(&a->d, &b->d, sizeof a->d) != 0)
        return false;
    return name_equal(&a->name, &b->name) && name_equal(&a->qualifier, &b->qualifier) &&
           names_equal(&a->names, &b->names) && type_equal(a->type, b->type) && ast_expr_equal(a->a, b->a) &&
           ast_expr_equal(a->b, b->b) && ast_expr_equal(a->c, b->c) && exprs_equal(&a->list, &b->list);
}

/* ---- queries ---------------------------------------------------------------------------------------- */

static bool duration_equal(const Duration *a, const Duration *b)
{
    return a->set == b->set && a->n == b->n && a->unit == b->unit;
}

static bool source_equal(const Source *a, const Source *b)
{
    return name_equal(&a->name, &b->name) && name_equal(&a->alias, &b->alias);
}

static bool join_equal(const Join *a, const Join *b)
{
    const Within *v = &a->within, *w = &b->within;
    return a->kind == b->kind && source_equal(&a->right, &b->right) && ast_expr_equal(a->on, b->on) &&
           v->set == w->set && v->two == w->two && duration_equal(&v->before, &w->before) &&
           duration_equal(&v->after, &w->after) && duration_equal(&v->grace, &w->grace);
}

static bool window_equal(const Window *a, const Window *b)
{
    return a->kind == b->kind && duration_equal(&a->size, &b->size) &&
           duration_equal(&a->advance, &b->advance) &&
           duration_equal(&a->retention, &b->retention) && duration_equal(&a->grace, &b->grace);
}

static bool items_equal(const SelectItemVec *a, const SelectItemVec *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++) {
        const SelectItem *x = &a->v[i], *y = &b->v[i];
        if (x->kind != y->kind || !ast_expr_equal(x->expr, y->expr) || !name_equal(&x->alias, &y->alias) ||
            !name_equal(&x->source, &y->source))
            return false;
    }
    return true;
}

static bool query_equal(const Query *a, const Query *b)
{
    if (!a || !b)
        return a == b;
    if (a->from.joins.n != b->from.joins.n)
        return false;
    for (int i = 0; i < a->from.joins.n; i++) {
        if (!join_equal(&a->from.joins.v[i], &b->from.joins.v[i]))
            return false;
    }
    return items_equal(&a->items, &b->items) && source_equal(&a->from.from, &b->from.from) &&
           window_equal(&a->window, &b->window) && ast_expr_equal(a->where, b->where) &&
           ast_expr_equal(a->having, b->having) && a->has_group_by == b->has_group_by &&
           a->has_partition_by == b->has_partition_by && exprs_equal(&a->group_by, &b->group_by) &&
           exprs_equal(&a->partition_by, &b->partition_by) && a->emit == b->emit &&
           a->has_limit == b->has_limit &&
           a->limit == b->limit;
}

/* ---- statements ---------------------------------------------------------------------------------------- */

static bool elements_equal(const ElementVec *a, const ElementVec *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++) {
        const Element *x = &a->v[i], *y = &b->v[i];
        if (!name_equal(&x->name, &y->name) || !type_equal(x->type, y->type) || x->role != y->role ||
            !str_eq(x->header, y->header))
            return false;
    }
    return true;
}

/* Properties by name without case, then by place. */
static int by_name(const void *a, const void *b)
{
    const Property *x = *(const Property *const *)a, *y = *(const Property *const *)b;
    size_t n = x->name.text.n < y->name.text.n ? x->name.text.n : y->name.text.n;
    for (size_t i = 0; i < n; i++) {
        char c = x->name.text.p[i], d = y->name.text.p[i];
        c = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        d = d >= 'a' && d <= 'z' ? (char)(d - 32) : d;
        if (c != d)
            return (unsigned char)c - (unsigned char)d;
    }
    if (x->name.text.n != y->name.text.n)
        return x->name.text.n < y->name.text.n ? -1 : 1;
    return x < y ? -1 : x > y;
}

static const Property **sorted(const PropertyVec *props)
{
    const Property **v = mem_alloc(sizeof(Property *) * (size_t)(props->n + 1));
    for (int i = 0; i < props->n; i++)
        v[i] = &props->v[i];
    qsort(v, (size_t)props->n, sizeof *v, by_name);
    return v;
}

static bool props_equal(const PropertyVec *a, const PropertyVec *b)
{
    bool same = a->n == b->n;
    if (!same || a->n == 0)
        return same;
    const Property **x = sorted(a), **y = sorted(b);
    for (int i = 0; same && i < a->n; i++)
        same = str_eq_nocase(x[i]->name.text, y[i]->name.text) && ast_expr_equal(x[i]->value, y[i]->value);
    mem_free(x);
    mem_free(y);
    return same;
}

static bool flags_equal(const Stmt *a, const Stmt *b)
{
    return a->or_replace == b->or_replace && a->is_source == b->is_source &&
           a->if_not_exists == b->if_not_exists &&
           a->if_exists == b->if_exists && a->delete_topic == b->delete_topic && a->all == b->all &&
           a->extended == b->extended && a->from_beginning == b->from_beginning && a->negated == b->negated &&
           a->has_id == b->has_id && a->has_interval == b->has_interval && a->has_limit == b->has_limit &&
           a->id == b->id && a->interval == b->interval && a->limit == b->limit &&
           a->text_variable == b->text_variable;
}

bool ast_equal(const Stmt *a, const Stmt *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind)
        return false;
    /* Here text is the name as written, which may differ in case. */
    bool written = a->kind == STMT_DESCRIBE_FUNCTION || a->kind == STMT_UNDEFINE;
    return flags_equal(a, b) && name_equal(&a->name, &b->name) && (written || str_eq(a->text, b->text)) &&
           str_eq(a->topic, b->topic) && elements_equal(&a->elements, &b->elements) &&
           props_equal(&a->props, &b->props) && query_equal(a->query, b->query) &&
           names_equal(&a->columns, &b->columns) && exprs_equal(&a->values, &b->values) &&
           type_equal(a->type, b->type) && ast_expr_equal(a->value, b->value) &&
           duration_equal(&a->timeout, &b->timeout) && ast_equal(a->inner, b->inner);
}
