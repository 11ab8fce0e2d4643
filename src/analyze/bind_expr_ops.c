// SPDX-License-Identifier: Apache-2.0
// Operators of the expression binder: arithmetic, comparison, logic, LIKE, subscripts, fields, CAST.
//
// Comparable (page 03 §3.4), and what the operands are cast to:
//   number, number             the wider kind; DECIMALs keep their own scales, also beside a DOUBLE
//   STRING, a time             the time (the text is parsed)
//   DATE, TIMESTAMP            TIMESTAMP
//   same kind                  as they are; BOOLEAN, ARRAY, MAP, STRUCT only with = <> IS [NOT] DISTINCT FROM
#include "analyze/bind_expr_internal.h"

#include "base/nearest.h"
#include "sql/print.h"

static const char *kind_or_null(const Type *t)
{
    return t->kind == KIND_NULL ? "NULL" : type_kind_name(t->kind);
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

/* The kind of the result of two numbers. */
static const TExpr *to_kind(const Bind *b, const TExpr *x, TypeKind kind)
{
    const Type *t = x->type;
    switch (kind) {
    case KIND_BIGINT: t = TYPE_BIGINT; break;
    case KIND_DOUBLE: t = TYPE_DOUBLE; break;
    case KIND_DECIMAL:
        if (t->kind == KIND_INTEGER)
            t = type_decimal(b->a, 10, 0);
        else if (t->kind == KIND_BIGINT)
            t = type_decimal(b->a, 19, 0);
        break;
    default: break;
    }
    return texpr_cast(b->a, x, t);
}

static const char *arith_type_name(const Bind *b, const Type *t)
{
    return t->kind == KIND_NULL ? "null" : type_text(b->a, t);
}

const TExpr *bind_arith(const Bind *b, const Expr *e)
{
    const TExpr *l = bind(b, e->a), *r = l ? bind(b, e->b) : NULL;
    char op = "+-*/%"[e->op];
    if (!r)
        return NULL;
    TypeKind kl = l->type->kind, kr = r->type->kind;
    if (kl == KIND_NULL || kr == KIND_NULL)
        return bind_fail(b, e, ERR_STATEMENT,
                         "Error processing expression: %s. Arithmetic on types %s and %s are not supported.",
                         bind_text(b, e), arith_type_name(b, l->type), arith_type_name(b, r->type));
    if (kl == KIND_STRING && kr == KIND_STRING && op == '+')
        return texpr_binary(b->a, TEXPR_ARITH, op, l, r);
    if (!type_is_number(l->type) || !type_is_number(r->type))
        return bind_fail(b, e, ERR_STATEMENT,
                         "Error processing expression: %s. Unsupported arithmetic types. %s %s",
                         bind_text(b, e), type_kind_name(kl), type_kind_name(kr));
    TypeKind kind = kl > kr ? kl : kr;
    return texpr_binary(b->a, TEXPR_ARITH, op, to_kind(b, l, kind), to_kind(b, r, kind));
}

const TExpr *bind_neg(const Bind *b, const Expr *e)
{
    const TExpr *x = bind(b, e->a);
    if (!x)
        return NULL;
    if (!type_is_number(x->type))
        return bind_fail(b, e, ERR_STATEMENT, "A sign needs a number behind it, but %s is %s.",
                         bind_text(b, e->a),
                         type_text(b->a, x->type));
    return e->kind == EXPR_POS ? x : texpr_unary(b->a, TEXPR_NEG, x);
}

/* ---- comparison ------------------------------------------------------------------------------ */

static const char *const op_names[] = {"EQUAL", "NOT_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL",
                                       "GREATER_THAN",
                                       "GREATER_THAN_OR_EQUAL", "IS_DISTINCT_FROM", "IS_NOT_DISTINCT_FROM"};
static const char *const op_texts[] = {"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM",
                                       "IS NOT DISTINCT FROM"};

static bool is_time_column(const Expr *e)
{
    return e->kind == EXPR_COLUMN && (str_eq_c(e->name.text, "ROWTIME") ||
                                      str_eq_c(e->name.text, "WINDOWSTART") ||
                                      str_eq_c(e->name.text, "WINDOWEND"));
}

/* A text beside ROWTIME or a window bound, as milliseconds; x itself where it is none. NULL with err set. */
static const TExpr *magic_time(const Bind *b, const Expr *other, const Expr *e, const TExpr *x)
{
    int64_t ms;
    if (!b->sc->rowtime_magic || !is_time_column(other) || e->kind != EXPR_STRING)
        return x;
    if (!parse_timestamp(view_str(x->value.d.s), &ms))
        return bind_fail(b, e, ERR_STATEMENT,
                         "Failed to parse timestamp '%.*s': required format is: \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with "
                         "partials and an optional time zone",
                         STR_ARG(view_str(x->value.d.s)));
    return texpr_const(b->a, TYPE_BIGINT, value_bigint(ms));
}

/* Casts both to what they are compared as; false when they are not comparable. */
static bool comparable(const Bind *b, CmpOp op, const TExpr **l, const TExpr **r)
{
    const Type *x = (*l)->type, *y = (*r)->type;
    bool ordered = op >= CMP_LT && op <= CMP_GE;
    if (type_is_number(x) && type_is_number(y)) {
        TypeKind kind = x->kind > y->kind ? x->kind : y->kind;
        if (kind == KIND_DOUBLE && (x->kind == KIND_DECIMAL || y->kind == KIND_DECIMAL))
            return true;
        *l = to_kind(b, *l, kind);
        *r = to_kind(b, *r, kind);
        return true;
    }
    if (x->kind == KIND_STRING && type_is_temporal(y)) {
        *l = texpr_cast(b->a, *l, y);
        return true;
    }
    if (y->kind == KIND_STRING && type_is_temporal(x)) {
        *r = texpr_cast(b->a, *r, x);
        return true;
    }
    if ((x->kind == KIND_DATE && y->kind == KIND_TIMESTAMP) ||
        (x->kind == KIND_TIMESTAMP && y->kind == KIND_DATE)) {
        *l = texpr_cast(b->a, *l, TYPE_TIMESTAMP);
        *r = texpr_cast(b->a, *r, TYPE_TIMESTAMP);
        return true;
    }
    if (x->kind != y->kind || (ordered && (x->kind == KIND_BOOLEAN || type_is_nested(x))))
        return false;
    if (type_is_nested(x) && !type_equal(x, y)) {
        const Type *t = type_common(b->a, x, y);
        if (!t)
            return false;
        *l = texpr_cast(b->a, *l, t);
        *r = texpr_cast(b->a, *r, t);
    }
    return true;
}

const TExpr *bind_compare(const Bind *b, const Expr *e, CmpOp op, const Expr *el, const Expr *er)
{
    const TExpr *l = bind(b, el), *r = l ? bind(b, er) : NULL;
    if (!r)
        return NULL;
    if (l->type->kind == KIND_NULL || r->type->kind == KIND_NULL)
        return bind_fail(b, e, ERR_STATEMENT,
                         "Comparison with NULL not supported: %s %s %s\nUse 'IS NULL' or 'IS NOT NULL' instead.",
                         kind_or_null(l->type), op_texts[op], kind_or_null(r->type));
    l = magic_time(b, er, el, l);
    r = l ? magic_time(b, el, er, r) : NULL;
    if (!r)
        return NULL;
    const Type *tl = l->type, *tr = r->type;
    if (!comparable(b, op, &l, &r))
        return bind_fail(b, e, ERR_STATEMENT, "Cannot compare %s (%s) to %s (%s) with %s.", bind_text(b, el),
                         type_text(b->a, tl), bind_text(b, er), type_text(b->a, tr), op_names[op]);
    return texpr_binary(b->a, TEXPR_COMPARE, (int)op, l, r);
}

static const TExpr *negate(const Bind *b, bool negated, const TExpr *x)
{
    return x && negated ? texpr_unary(b->a, TEXPR_NOT, x) : x;
}

const TExpr *bind_between(const Bind *b, const Expr *e)
{
    const TExpr *low = bind_compare(b, e, CMP_GE, e->a, e->b);
    const TExpr *high = low ? bind_compare(b, e, CMP_LE, e->a, e->c) : NULL;
    if (!high && b->sc->pull && str_starts(str_of(b->err->msg), STR("Cannot compare")))
        err_prefix(b->err, "Invalid expression: ");
    return high ? negate(b, e->negated, texpr_binary(b->a, TEXPR_AND, 0, low, high)) : NULL;
}

/* ---- logic ----------------------------------------------------------------------------------- */

static const TExpr *boolean(const Bind *b, const Expr *e)
{
    const TExpr *x = bind(b, e);
    if (x && x->type->kind != KIND_BOOLEAN)
        return bind_fail(b, e, ERR_STATEMENT, "Not a boolean expression: %s is %s.", bind_text(b, e),
                         kind_or_null(x->type));
    return x;
}

const TExpr *bind_logic(const Bind *b, const Expr *e)
{
    const TExpr *l = boolean(b, e->a);
    if (!l || e->kind == EXPR_NOT)
        return negate(b, true, l);
    const TExpr *r = boolean(b, e->b);
    return r ? texpr_binary(b->a, e->kind == EXPR_AND ? TEXPR_AND : TEXPR_OR, 0, l, r) : NULL;
}

const TExpr *bind_like(const Bind *b, const Expr *e)
{
    const TExpr *l = bind(b, e->a), *r = l ? bind(b, e->b) : NULL;
    char escape = 0;
    if (!r)
        return NULL;
    if (b->sc->pull && l->type->kind != KIND_STRING)
        return bind_fail(b, e, ERR_STATEMENT, "The column type for Like condition must be VARCHAR. The column type is %s",
                         kind_or_null(l->type));
    if (l->type->kind != KIND_STRING || r->type->kind != KIND_STRING)
        return bind_fail(b, e, ERR_STATEMENT, "Like condition must be between strings");
    if (e->c) {
        if (e->c->text.n != 1)
            return bind_fail(b, e->c, ERR_STATEMENT, "Expected single character escape but got: %.*s",
                             STR_ARG(e->c->text));
        escape = e->c->text.p[0];
    }
    return negate(b, e->negated, texpr_like(b->a, l, r, escape));
}

/* ---- parts of nested values ------------------------------------------------------------------ */

const TExpr *bind_subscript(const Bind *b, const Expr *e)
{
    const TExpr *base = bind(b, e->a), *index = base ? bind(b, e->b) : NULL;
    const char *why;
    if (!index)
        return NULL;
    if (base->type->kind == KIND_ARRAY) {
        if (index->type->kind != KIND_INTEGER)
            return bind_fail(b, e->b, ERR_STATEMENT, "The index of an array must be INTEGER, but %s is %s.",
                             bind_text(b, e->b), kind_or_null(index->type));
        return texpr_subscript(b->a, base, index);
    }
    if (base->type->kind == KIND_MAP) {
        const Type *key = base->type->key;
        Value v;
        if (index->kind == TEXPR_CONST && !index->value.null &&
            coerce_value(b->a, index->type, key, index->value, false, &v, &why))
            index = texpr_const(b->a, key, v);
        if (!type_equal(index->type, key))
            return bind_fail(b, e->b, ERR_STATEMENT, "The key of %s must be %s, but %s is %s.",
                             bind_text(b, e->a),
                             type_text(b->a, key), bind_text(b, e->b), kind_or_null(index->type));
        return texpr_subscript(b->a, base, index);
    }
    bind_fail(b, e, ERR_STATEMENT, "Subscript expression %s must be on an ARRAY or MAP, but %s is %s.",
              bind_text(b, e),
              bind_text(b, e->a), type_text(b->a, base->type));
    if (base->type->kind == KIND_STRUCT)
        err_hint(b->err, "fields of a STRUCT are read with ->");
    return NULL;
}

const TExpr *bind_deref(const Bind *b, const Expr *e)
{
    const TExpr *base = bind(b, e->a);
    Nearest near;
    if (!base)
        return NULL;
    if (base->type->kind != KIND_STRUCT)
        return bind_fail(b, e, ERR_STATEMENT, "Expected STRUCT type, got: %s", type_text(b->a, base->type));
    nearest_init(&near, e->name.text);
    for (int i = 0; i < base->type->nfields; i++) {
        if (str_eq(base->type->fields[i].name, e->name.text))
            return texpr_field(b->a, base, i);
        nearest_offer(&near, base->type->fields[i].name);
    }
    bind_fail(b, e, ERR_STATEMENT, "Could not find field '%.*s' in '%s'.", STR_ARG(e->name.text),
              bind_text(b, e->a));
    if (near.best.n)
        hint_name(b->err, near.best);
    return NULL;
}

const TExpr *bind_cast(const Bind *b, const Expr *e)
{
    const TExpr *x = bind(b, e->a);
    const Type *to;
    if (!x || bind_type(b->a, e->type, b->sc->type_lookup, b->sc->type_arg, &to, b->err))
        return NULL;
    if (x->type->kind == KIND_NULL)
        return texpr_const(b->a, to, value_null());
    if (!cast_allowed(x->type, to))
        return bind_fail(b, e, ERR_STATEMENT, "Cast of %s to %s is not supported", type_text(b->a, x->type),
                         type_text(b->a, to));
    return texpr_cast(b->a, x, to);
}
