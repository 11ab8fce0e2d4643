// SPDX-License-Identifier: Apache-2.0
// Lists of the expression binder: ARRAY, MAP, STRUCT, IN and CASE.
//
// Elements of ARRAY and MAP, and IN's value with its list, are brought to one type: the first one's that is
// not NULL, widened by the numbers that follow. A literal text beside another type is parsed as that
// type; another literal beside a text becomes a text; anything else does not fit. CASE branches are
// not converted: all must have the same type, as a real ksqlDB has it.
#include "base/map.h"
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

/* The narrowest type that takes the number written in a text; NULL when none is. */
static const Type *number_in_text(const Bind *b, Str s)
{
    int64_t whole;
    s = str_trim(s);
    if (parse_int64(s, &whole))
        return whole >= INT32_MIN && whole <= INT32_MAX ? TYPE_INTEGER : TYPE_BIGINT;
    const char *e = NULL;
    for (size_t i = 0; i < s.n && !e; i++)
        if (s.p[i] == 'e' || s.p[i] == 'E')
            e = s.p + i;
    int64_t exponent = 0;
    Str mantissa = {s.p, e ? (size_t)(e - s.p) : s.n};
    if (e && !parse_int64((Str){e + 1, s.n - mantissa.n - 1}, &exponent))
        return NULL;
    const char *point = mantissa.n ? memchr(mantissa.p, '.', mantissa.n) : NULL;
    int64_t scale = (point ? mantissa.p + mantissa.n - point - 1 : 0), digits = 0;
    for (size_t i = 0; i < mantissa.n; i++)
        digits += mantissa.p[i] >= '0' && mantissa.p[i] <= '9' && (digits || mantissa.p[i] != '0' || point);
    if (digits == 0 || exponent > DECIMAL_MAX_PRECISION || exponent < -DECIMAL_MAX_PRECISION)
        return NULL;
    scale -= exponent;
    int64_t precision = scale < 0 ? digits - scale : digits > scale ? digits : scale;
    i128 v;
    bool overflow;
    scale = scale < 0 ? 0 : scale;
    if (precision > DECIMAL_MAX_PRECISION || !parse_decimal(s, (int)precision, (int)scale, false, &v, &overflow))
        return NULL;
    return type_decimal(b->a, (int)precision, (int)scale);
}

/* A number beside a literal text. Whole numbers in a text count as DECIMALs of their digits beside a DECIMAL. */
static const Type *widen_by_text(const Bind *b, const Type *t, Str s)
{
    if (!type_is_number(t) || t->kind == KIND_DOUBLE)
        return t;
    const Type *u = number_in_text(b, s);
    if (u && t->kind == KIND_DECIMAL && u->kind != KIND_DECIMAL) {
        int digits = 0;
        for (size_t i = 0; i < s.n; i++)
            digits += s.p[i] >= '0' && s.p[i] <= '9';
        u = digits <= DECIMAL_MAX_PRECISION ? type_decimal(b->a, digits, 0) : NULL;
    }
    return u ? type_common(b->a, t, u) : t;
}

static const Type *widen(const Bind *b, const Type *t, const Type *u, const TExpr *x);

/* Elements that can be seen are looked at one by one. from, step: which of x's children. */
static const Type *widen_elements(const Bind *b, const Type *t, const Type *u, const TExpr *x, int from, int step)
{
    if (!x || (x->kind != TEXPR_ARRAY && x->kind != TEXPR_MAP))
        return widen(b, t, u, NULL);
    for (int i = from; t && i < x->nargs; i += step)
        t = widen(b, t, x->args[i]->type, x->args[i]);
    return t;
}

static int field_at(const Type *t, Str name)
{
    for (int i = 0; i < t->nfields; i++)
        if (str_eq(t->fields[i].name, name))
            return i;
    return -1;
}

/* The fields of both, as ksqlDB has it: t's first. */
static const Type *widen_struct(const Bind *b, const Type *t, const Type *u, const TExpr *x)
{
    Field *fields = ARENA_ARRAY(b->a, Field, t->nfields + u->nfields + 1);
    int n = 0;
    for (; n < t->nfields; n++) {
        int k = field_at(u, t->fields[n].name);
        fields[n] = t->fields[n];
        if (k >= 0)
            fields[n].type = widen(b, t->fields[n].type, u->fields[k].type,
                                   x && x->kind == TEXPR_STRUCT ? x->args[k] : NULL);
        if (!fields[n].type)
            return NULL;
    }
    for (int k = 0; k < u->nfields; k++)
        if (field_at(t, u->fields[k].name) < 0)
            fields[n++] = u->fields[k];
    return type_struct(b->a, fields, n);
}

/* The type of t and an expression of type u together; NULL when there is none. x: the expression, or NULL where
 * it cannot be seen. */
static const Type *widen(const Bind *b, const Type *t, const Type *u, const TExpr *x)
{
    const Type *key, *elem;
    if (u->kind == KIND_NULL)
        return t;
    if (u->kind == KIND_STRING && t->kind != KIND_STRING)
        return !x || x->kind != TEXPR_CONST || type_is_nested(t) ? NULL
               : x->value.null                                   ? t
                                : widen_by_text(b, t, view_str(x->value.d.s));
    if (t->kind == KIND_STRING && u->kind != KIND_STRING)
        return x && literal(x) && (type_is_number(u) || u->kind == KIND_BOOLEAN) ? t : NULL;
    if (t->kind != u->kind || !type_is_nested(t))
        return type_common(b->a, t, u);
    switch (t->kind) {
    case KIND_ARRAY:
        elem = widen_elements(b, t->elem, u->elem, x, 0, 1);
        return elem ? type_array(b->a, elem) : NULL;
    case KIND_MAP:
        key = widen_elements(b, t->key, u->key, x, 0, 2);
        elem = key ? widen_elements(b, t->elem, u->elem, x, 1, 2) : NULL;
        return elem ? type_map(b->a, key, elem) : NULL;
    default:
        return widen_struct(b, t, u, x);
    }
}

static const TExpr *convert(const Bind *b, const Expr *e, const TExpr *x, const Type *t);

/* A constructor: its parts are converted; a field that it has not is NULL. */
static const TExpr *convert_parts(const Bind *b, const Expr *e, const TExpr *x, const Type *t)
{
    int n = x->kind == TEXPR_STRUCT ? t->nfields : x->nargs;
    const TExpr **args = ARENA_ARRAY(b->a, const TExpr *, n + 1);
    for (int i = 0; i < n; i++) {
        int k = x->kind == TEXPR_STRUCT ? field_at(x->type, t->fields[i].name) : i;
        const Type *part = x->kind == TEXPR_STRUCT              ? t->fields[i].type
                           : x->kind == TEXPR_MAP && i % 2 == 0 ? t->key
                                                                : t->elem;
        args[i] = k < 0 ? texpr_const(b->a, part, value_null()) : convert(b, e, x->args[k], part);
        if (!args[i])
            return NULL;
    }
    return texpr_args(b->a, x->kind, t, args, n);
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
    if (x->kind == TEXPR_ARRAY || x->kind == TEXPR_MAP || x->kind == TEXPR_STRUCT)
        return convert_parts(b, e, x, t);
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
        const Type *wide = *t ? widen(b, *t, xs[i]->type, xs[i]) : xs[i]->type;
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

/* The first key that is the same constant as one before it; -1. */
static int constant_again(const TExpr *const *keys, int n)
{
    StrMap seen = {0};
    Buf bytes = BUF_INIT;
    int again = -1;
    for (int i = 0; i < n && again < 0; i++) {
        if (keys[i]->kind != TEXPR_CONST)
            continue;
        buf_clear(&bytes);
        value_save(&bytes, keys[i]->type, &keys[i]->value);
        if (strmap_put(&seen, buf_view(&bytes), &seen))
            again = i;
    }
    strmap_free(&seen);
    buf_free(&bytes);
    return again;
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
    }
    int again = constant_again(keys, n);
    if (again >= 0)
        return bind_fail(b, ek[again], ERR_STATEMENT, "Multiple entries with same key: %s", bind_text(b, ek[again]));
    return texpr_args(b->a, TEXPR_MAP, type_map(b->a, tk, tv), args, 2 * n);
}

const TExpr *bind_struct(const Bind *b, const Expr *e)
{
    const Expr **es;
    int n;
    const TExpr **xs = bind_list(b, &e->list, 0, 1, &es, &n);
    Field *fields = ARENA_ARRAY(b->a, Field, n + 1);
    StrMap seen = {0};
    bool again = false;
    for (int i = 0; xs && i < n; i++)
        again |= strmap_put(&seen, e->names.v[i].text, &seen) != NULL;
    strmap_free(&seen);
    for (int i = 0; xs && i < n; i++) {
        if (xs[i]->type->kind == KIND_NULL)
            return bind_fail(b, es[i], ERR_STATEMENT,
                             "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null "
                             "AS VARCHAR).");
        fields[i] = (Field){e->names.v[i].text, xs[i]->type};
    }
    if (again)
        return bind_fail(b, e, ERR_STATEMENT, "Duplicate field names found in STRUCT: %s", bind_text(b, e));
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
