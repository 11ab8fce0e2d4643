// SPDX-License-Identifier: Apache-2.0
// Lists of the expression binder: ARRAY, MAP, STRUCT, IN and CASE.
//
// Elements of ARRAY and MAP, and IN's value with its list, are brought to one type: the first one's that is
// not NULL, widened by the numbers that follow. A literal text beside another type is parsed as that
// type; another literal beside a text becomes a text; anything else does not fit. CASE branches are
// not converted: all must have the same type, as a real ksqlDB has it.
#include "analyze/bind_expr_internal.h"

/* A literal: converted here and now. */
static bool literal(const TExpr *x)
{
    if (x->kind == TEXPR_CONST)
        return true;
    if (x->kind == TEXPR_NEG)
        return literal(x->a);
    if (x->kind != TEXPR_ARRAY && x->kind != TEXPR_MAP && x->kind != TEXPR_STRUCT && x->kind != TEXPR_CAST)
        return false;
    return texpr_is_constant(x);
}

/* A decimal that is written in a text, as narrow as it is written. */
static const Type *decimal_of_text(const Bind *b, Str s)
{
    s = str_trim(s);
    const char *point = s.n ? memchr(s.p, '.', s.n) : NULL;
    int scale = point ? (int)(s.p + s.n - point - 1) : 0, digits = 0;
    for (size_t i = 0; i < s.n; i++)
        digits += s.p[i] >= '0' && s.p[i] <= '9';
    if (digits < 1 || digits > DECIMAL_MAX_PRECISION)
        return NULL;
    return type_decimal(b->a, digits, scale);
}

/* The type of t and x together; NULL when there is none. */
static const Type *widen(const Bind *b, const Type *t, const TExpr *x)
{
    const Type *u = x->type;
    if (u->kind == KIND_NULL)
        return t;
    if (u->kind == KIND_STRING && t->kind != KIND_STRING) {
        if (x->kind != TEXPR_CONST || type_is_nested(t))
            return NULL;
        const Type *d = t->kind == KIND_DECIMAL ? decimal_of_text(b, view_str(x->value.d.s)) : NULL;
        return d ? type_common(b->a, t, d) : t;
    }
    if (t->kind == KIND_STRING && u->kind != KIND_STRING)
        return literal(x) && (type_is_number(u) || u->kind == KIND_BOOLEAN) ? t : NULL;
    const Type *both = type_common(b->a, t, u);
    /* Nested texts and numbers meet element by element when the values are converted. */
    return both ? both : literal(x) && u->kind == t->kind && type_is_nested(t) ? t : NULL;
}

static const TExpr *convert(const Bind *b, const Expr *e, const TExpr *x, const Type *t)
{
    const char *why = "";
    Err ignored = ERR_INIT;
    Value v, out;
    if (x->type->kind == KIND_NULL)
        return texpr_const(b->a, t, value_null());
    if (type_equal(x->type, t))
        return x;
    if (literal(x) && texpr_evaluate(b->a, x, NULL, &v, &ignored) == OK) {
        if (coerce_value(b->a, x->type, t, v, true, &out, &why))
            return texpr_const(b->a, t, out);
        return bind_fail(b, e, ERR_STATEMENT, "%s", why);
    }
    err_clear(&ignored);
    return texpr_cast(b->a, x, t);
}

bool bind_common(const Bind *b, const Expr *const *es, const TExpr **xs, int n, const Type **t)
{
    *t = NULL;
    for (int i = 0; i < n; i++) {
        if (xs[i]->type->kind == KIND_NULL)
            continue;
        const Type *wide = *t ? widen(b, *t, xs[i]) : xs[i]->type;
        if (!wide) {
            bind_fail(b, es[i], ERR_STATEMENT,
                      "operator does not exist: %s = %s (%s)\nHint: You might need to add explicit type casts.",
                      type_text(b->a, *t), type_text(b->a, xs[i]->type), bind_text(b, es[i]));
            return false;
        }
        *t = wide;
    }
    for (int i = 0; *t && i < n; i++) {
        xs[i] = convert(b, es[i], xs[i], *t);
        if (!xs[i])
            return false;
    }
    return true;
}

/* Binds a list; step 2 takes every second one. NULL with err set. */
static const TExpr **bind_list(const Bind *b, const ExprVec *list, int from, int step, const Expr ***es,
                               int *n)
{
    const TExpr **xs = ARENA_ARRAY(b->a, const TExpr *, list->n + 1);
    *es = ARENA_ARRAY(b->a, const Expr *, list->n + 1);
    *n = 0;
    for (int i = from; i < list->n; i += step) {
        (*es)[*n] = list->v[i];
        xs[*n] = bind(b, list->v[i]);
        if (!xs[(*n)++])
            return NULL;
    }
    return xs;
}

const TExpr *bind_array(const Bind *b, const Expr *e)
{
    const Expr **es;
    const Type *t;
    int n;
    if (e->list.n == 0)
        return bind_fail(b, e, ERR_STATEMENT,
                         "Array constructor cannot be empty. Please supply at least one element (see "
                         "https://github.com/confluentinc/ksql/issues/4239).");
    const TExpr **xs = bind_list(b, &e->list, 0, 1, &es, &n);
    if (!xs || !bind_common(b, es, xs, n, &t))
        return NULL;
    if (!t)
        return bind_fail(b, e, ERR_STATEMENT,
                         "Cannot construct an array with all NULL elements (see "
                         "https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a NULL value to "
                         "the desired type.");
    return texpr_args(b->a, TEXPR_ARRAY, type_array(b->a, t), xs, n);
}

static const TExpr *all_null(const Bind *b, const Expr *e, const char *what, const char *one)
{
    return bind_fail(b, e, ERR_STATEMENT,
                     "Cannot construct a map with all NULL %s (see https://github.com/confluentinc/ksql/issues/4239). As "
                     "a workaround, you may cast a NULL %s to the desired type.",
                     what, one);
}

const TExpr *bind_map(const Bind *b, const Expr *e)
{
    const Expr **ek, **ev;
    const Type *tk, *tv;
    int n;
    if (e->list.n == 0)
        return bind_fail(b, e, ERR_STATEMENT,
                         "Map constructor cannot be empty. Please supply at least one key value pair (see "
                         "https://github.com/confluentinc/ksql/issues/4239).");
    const TExpr **keys = bind_list(b, &e->list, 0, 2, &ek, &n);
    const TExpr **values = keys ? bind_list(b, &e->list, 1, 2, &ev, &n) : NULL;
    if (!values || !bind_common(b, ek, keys, n, &tk) || !bind_common(b, ev, values, n, &tv))
        return NULL;
    if (!tk)
        return all_null(b, e, "keys", "key");
    if (!tv)
        return all_null(b, e, "values", "value");
    const TExpr **args = ARENA_ARRAY(b->a, const TExpr *, 2 * n);
    for (int i = 0; i < n; i++) {
        args[2 * i] = keys[i];
        args[2 * i + 1] = values[i];
        for (int k = 0; k < i; k++)
            if (keys[k]->kind == TEXPR_CONST && keys[i]->kind == TEXPR_CONST && texpr_equal(keys[k], keys[i]))
                return bind_fail(b, ek[i], ERR_STATEMENT, "Multiple entries with same key: %s",
                                 bind_text(b, ek[i]));
    }
    return texpr_args(b->a, TEXPR_MAP, type_map(b->a, tk, tv), args, 2 * n);
}

const TExpr *bind_struct(const Bind *b, const Expr *e)
{
    const Expr **es;
    int n;
    const TExpr **xs = bind_list(b, &e->list, 0, 1, &es, &n);
    Field *fields = ARENA_ARRAY(b->a, Field, n + 1);
    for (int i = 0; xs && i < n; i++) {
        if (xs[i]->type->kind == KIND_NULL)
            return bind_fail(b, es[i], ERR_STATEMENT,
                             "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null "
                             "AS VARCHAR).");
        fields[i] = (Field){e->names.v[i].text, xs[i]->type};
        for (int k = 0; k < i; k++)
            if (str_eq(fields[k].name, fields[i].name))
                return bind_fail(b, e, ERR_STATEMENT, "Duplicate field names found in STRUCT: %s",
                                 bind_text(b, e));
    }
    return xs ? texpr_args(b->a, TEXPR_STRUCT, type_struct(b->a, fields, n), xs, n) : NULL;
}

const TExpr *bind_in(const Bind *b, const Expr *e)
{
    const Expr **es = ARENA_ARRAY(b->a, const Expr *, e->list.n + 1);
    const TExpr **xs = ARENA_ARRAY(b->a, const TExpr *, e->list.n + 1);
    const Type *t;
    for (int i = 0; i <= e->list.n; i++) {
        es[i] = i ? e->list.v[i - 1] : e->a;
        xs[i] = bind(b, es[i]);
        if (!xs[i])
            return NULL;
    }
    if (!bind_common(b, es, xs, e->list.n + 1, &t))
        return NULL;
    if (!t || xs[0]->type->kind == KIND_NULL)
        return texpr_const(b->a, TYPE_BOOLEAN, value_bool(e->negated));
    const TExpr *in = texpr_in(b->a, xs[0], xs + 1, e->list.n);
    return e->negated ? texpr_unary(b->a, TEXPR_NOT, in) : in;
}

/* ---- CASE ------------------------------------------------------------------------------------ */

static const TExpr *bind_when(const Bind *b, const Expr *e, const Expr *when)
{
    if (e->a)
        return bind_compare(b, when, CMP_EQ, e->a, when);
    const TExpr *x = bind(b, when);
    if (x && x->type->kind != KIND_BOOLEAN)
        return bind_fail(b, when, ERR_STATEMENT, "WHEN operand type should be boolean.\nType for '%s' is %s",
                         bind_text(b, when), x->type->kind == KIND_NULL ? "null" : type_text(b->a, x->type));
    return x;
}

/* All branches have one type, those of NULL take it. */
static const Type *case_type(const Bind *b, const Expr *e, const TExpr **args, int n)
{
    const Type *t = NULL;
    for (int i = 1; i < n; i += 2) {
        const Type *u = args[i]->type;
        if (u->kind == KIND_NULL)
            continue;
        if (t && !type_equal(t, u))
            return bind_fail(b, e->list.v[i], ERR_STATEMENT,
                             "Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression "
                             "'%s' has type: %s.\nPrevious THEN expression(s) type: %s.",
                             bind_text(b, e->list.v[i]), type_text(b->a, u), type_text(b->a, t));
        t = u;
    }
    const Type *other = e->b ? args[n - 1]->type : TYPE_NULL;
    if (t && other->kind != KIND_NULL && !type_equal(t, other))
        return bind_fail(b, e->b, ERR_STATEMENT,
                         "Invalid Case expression. Type for the default clause should be the same as for 'THEN' "
                         "clauses.\nTHEN type: %s.\nDEFAULT type: %s.",
                         type_text(b->a, t), type_text(b->a, other));
    if (!t && other->kind == KIND_NULL)
        return bind_fail(b, e, ERR_STATEMENT, "Invalid Case expression. All case branches have NULL type");
    return t ? t : other;
}

const TExpr *bind_case(const Bind *b, const Expr *e)
{
    int n = e->list.n + (e->b != NULL);
    const TExpr **args = ARENA_ARRAY(b->a, const TExpr *, n + 1);
    for (int i = 0; i < n; i++) {
        const Expr *part = i < e->list.n ? e->list.v[i] : e->b;
        args[i] = i < e->list.n && i % 2 == 0 ? bind_when(b, e, part) : bind(b, part);
        if (!args[i])
            return NULL;
    }
    const Type *t = case_type(b, e, args, n);
    if (!t)
        return NULL;
    for (int i = 0; i < n; i++)
        if ((i % 2 == 1 || i == e->list.n) && args[i]->type->kind == KIND_NULL)
            args[i] = texpr_const(b->a, t, value_null());
    return texpr_args(b->a, TEXPR_CASE, t, args, n);
}
