// SPDX-License-Identifier: Apache-2.0
// The expression binder: literals, columns, calls, types; the entry functions (bind_expr.h).
//
// One recursive walk; its depth is the parser's limit on trees. Operators are in bind_expr_ops.c,
// lists and constructors in bind_expr_list.c.
#include "analyze/bind_expr_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/nearest.h"
#include "sql/print.h"

const void *bind_fail(const Bind *b, const Expr *e, ErrCode code, const char *fmt, ...)
{
    Buf text = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    va_start(ap, fmt);
    vsnprintf(buf_room(&text, (size_t)n + 1), (size_t)n + 1, fmt, ap);
    va_end(ap);
    (void)err_at(b->err, code, e->span, "%s", text.p);
    buf_free(&text);
    return NULL;
}

const char *bind_text(const Bind *b, const Expr *e)
{
    Buf text = BUF_INIT;
    print_expr(&text, e);
    const char *s = arena_cstr(b->a, buf_view(&text));
    buf_free(&text);
    return s;
}

/* ---- literals -------------------------------------------------------------------------------- */

static const TExpr *bind_int(const Bind *b, const Expr *e)
{
    if (e->i >= INT32_MIN && e->i <= INT32_MAX)
        return texpr_const(b->a, TYPE_INTEGER, value_int((int32_t)e->i));
    return texpr_const(b->a, TYPE_BIGINT, value_bigint(e->i));
}

/* DECIMAL(p, s): as many digits as written; at least one before the point. */
static const TExpr *bind_decimal(const Bind *b, const Expr *e)
{
    Str s = e->text;
    i128 v;
    bool overflow, negative = s.n && s.p[0] == '-';
    size_t start = negative || (s.n && s.p[0] == '+');
    const char *point = memchr(s.p, '.', s.n);
    size_t whole_end = point ? (size_t)(point - s.p) : s.n;
    while (start < whole_end && s.p[start] == '0')
        start++;
    int whole = (int)(whole_end - start), scale = point ? (int)(s.n - whole_end - 1) : 0;
    int precision = (whole ? whole : 1) + scale;
    if (precision > DECIMAL_MAX_PRECISION)
        return bind_fail(b, e, ERR_UNSUPPORTED, "not supported yet: DECIMAL of more than %d digits: %.*s",
                         DECIMAL_MAX_PRECISION, STR_ARG(s));
    if (!parse_decimal(s, precision, scale, false, &v, &overflow))
        return bind_fail(b, e, ERR_STATEMENT, "Invalid numeric literal: %.*s", STR_ARG(s));
    return texpr_const(b->a, type_decimal(b->a, precision, scale), value_decimal(v));
}

/* ---- columns --------------------------------------------------------------------------------- */

static const char *column_text(const Bind *b, const Expr *e)
{
    Buf text = BUF_INIT;
    if (e->qualifier.text.n)
        buf_printf(&text, "%.*s.", STR_ARG(e->qualifier.text));
    buf_str(&text, e->name.text);
    const char *s = arena_cstr(b->a, buf_view(&text));
    buf_free(&text);
    return s;
}

static const TExpr *unknown_column(const Bind *b, const Expr *e)
{
    const Scope *sc = b->sc;
    bool known_source = e->qualifier.text.n == 0;
    Nearest near;
    nearest_init(&near, e->name.text);
    for (int i = 0; i < sc->n; i++) {
        known_source |= str_eq(sc->cols[i].source, e->qualifier.text);
        nearest_offer(&near, sc->cols[i].name);
    }
    if (!known_source)
        return bind_fail(b, e, ERR_STATEMENT, "'%.*s' is not a valid stream/table name or alias.",
                         STR_ARG(e->qualifier.text));
    bind_fail(b, e, ERR_STATEMENT, "Line: %d, Col: %d: %s column '%s' cannot be resolved.", e->span.line,
              e->span.col,
              sc->clause, column_text(b, e));
    if (near.best.n)
        hint_name(b->err, near.best);
    else if (e->name.quoted && !e->qualifier.text.n)
        err_hint(b->err, "a string stands in single quotes: '%.*s'", STR_ARG(e->name.text));
    return NULL;
}

static const TExpr *bind_column(const Bind *b, const Expr *e)
{
    const ScopeColumn *found = NULL;
    for (int i = 0; i < b->sc->n; i++) {
        const ScopeColumn *c = &b->sc->cols[i];
        if (!str_eq(c->name, e->name.text) || (e->qualifier.text.n && !str_eq(c->source, e->qualifier.text)))
            continue;
        if (found)
            return bind_fail(b, e, ERR_STATEMENT,
                             "Column '%.*s' is ambiguous. Could be %.*s.%.*s or %.*s.%.*s.",
                             STR_ARG(e->name.text), STR_ARG(found->source), STR_ARG(found->name),
                                 STR_ARG(c->source),
                             STR_ARG(c->name));
        found = c;
    }
    return found ? texpr_column(b->a, found->index, found->type) : unknown_column(b, e);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static const TExpr *unknown_function(const Bind *b, const Expr *e)
{
    const char *near = function_nearest(e->name.text);
    if (function_unsupported(e->name.text))
        return bind_fail(b, e, ERR_UNSUPPORTED, "not supported yet: function %.*s", STR_ARG(e->name.text));
    bind_fail(b, e, ERR_STATEMENT, "Can't find any functions with the name '%.*s'", STR_ARG(e->name.text));
    if (near)
        err_hint(b->err, "did you mean %s?", near);
    return NULL;
}

/* F(*) and F() of an aggregate are F(ROWTIME); F(*) of any other is F(). */
static bool rowtime_argument(const Expr *call, const Function *f)
{
    return f->kind == FUNCTION_AGGREGATE && (call->list.n == 0 || call->list.v[0]->kind == EXPR_STAR);
}

static Status bind_arguments(const Bind *b, const Expr *call, const Function *f, const TExpr **args, int *n)
{
    *n = 0;
    if (rowtime_argument(call, f)) {
        const Expr rowtime = {.kind = EXPR_COLUMN, .span = call->span, .name = {.text = STR("ROWTIME")}};
        args[(*n)++] = bind(b, &rowtime);
        return args[0] ? OK : (Status)b->err->code;
    }
    if (call->list.n == 1 && call->list.v[0]->kind == EXPR_STAR)
        return OK;
    for (int i = 0; i < call->list.n; i++) {
        if (call->list.v[i]->kind == EXPR_LAMBDA)
            return err_at(b->err, ERR_UNSUPPORTED, call->list.v[i]->span,
                          "not supported yet: lambda functions");
        if (call->list.v[i]->kind == EXPR_STAR)
            return err_at(b->err, ERR_STATEMENT, call->list.v[i]->span,
                          "'*' is only allowed in an aggregate function");
        args[(*n)++] = bind(b, call->list.v[i]);
        if (!args[i])
            return b->err->code;
    }
    return OK;
}

/* The init arguments of an aggregate: literals, and such as it takes. */
static Status check_init(const Bind *b, const Expr *call, const Function *f, const BoundCall *bound)
{
    const Overload *o = bound->overload;
    int from = bound->nargs - o->ninit;
    Value *init = ARENA_ARRAY(b->a, Value, o->ninit + 1);
    for (int i = from; i < bound->nargs; i++) {
        if (!texpr_is_constant(bound->args[i]))
            return err_at(b->err, ERR_STATEMENT, call->span,
                          "Parameter %d passed to function %.*s must be a literal constant, but was expression: '%s'",
                          i + 1, STR_ARG(f->name), bind_text(b, call->list.v[i]));
        Status st = texpr_evaluate(b->a, bound->args[i], NULL, &init[i - from], b->err);
        if (st)
            return st;
    }
    const char *why = o->ninit && o->aggregate->check ? o->aggregate->check(init) : NULL;
    return why ? err_at(b->err, ERR_STATEMENT, call->span, "%s", why) : OK;
}

static Status resolve_call(const Bind *b, const Expr *call, const Function *f, BoundCall *out)
{
    Resolved r;
    out->args = ARENA_ARRAY(b->a, const TExpr *, call->list.n + 1);
    Status st = bind_arguments(b, call, f, out->args, &out->nargs);
    if (st)
        return st;
    const Type **types = ARENA_ARRAY(b->a, const Type *, out->nargs + 1);
    for (int i = 0; i < out->nargs; i++)
        types[i] = out->args[i]->type;
    st = function_resolve(f, b->a, types, out->nargs, &r, b->err);
    if (st) {
        b->err->span = call->span;
        return st;
    }
    for (int i = 0; i < out->nargs; i++)
        out->args[i] = texpr_cast(b->a, out->args[i], r.args[i]);
    const Overload *o = out->overload = r.overload;
    out->result = r.result;
    return o->aggregate ? check_init(b, call, f, out) : OK;
}

Status bind_call(Arena *a, const Scope *sc, const Expr *call, const Function *f, BoundCall *out, Err *err)
{
    const Bind b = {a, sc, err};
    return resolve_call(&b, call, f, out);
}

static const TExpr *call_function(const Bind *b, const Expr *e, const Function *f)
{
    BoundCall call;
    if (f->kind == FUNCTION_AGGREGATE) {
        if (!b->sc->on_aggregate)
            return bind_fail(b, e, ERR_STATEMENT,
                             "%s does not support aggregate functions: %.*s is an aggregate function.",
                             b->sc->clause, STR_ARG(e->name.text));
        return b->sc->on_aggregate(b->sc->arg, e, f, b->err);
    }
    if (resolve_call(b, e, f, &call))
        return NULL;
    if (!call.overload->scalar)
        return bind_fail(b, e, ERR_UNSUPPORTED, "not supported yet: table functions");
    return texpr_call(b->a, call.overload->scalar, call.result, call.args, call.nargs);
}

static const TExpr *bind_function(const Bind *b, const Expr *e)
{
    const Function *f = function_find(e->name.text);
    return f ? call_function(b, e, f) : unknown_function(b, e);
}

/* a || b is CONCAT(a, b). */
static const TExpr *bind_concat(const Bind *b, const Expr *e)
{
    Expr *both[] = {e->a, e->b};
    Expr call = {.kind = EXPR_CALL, .span = e->span, .name = {.text = STR("CONCAT"), .span = e->span}};
    call.list.v = both;
    call.list.n = 2;
    return call_function(b, &call, function_find(STR("CONCAT")));
}

/* ---- dispatch -------------------------------------------------------------------------------- */

static const TExpr *unsupported(const Bind *b, const Expr *e, const char *what)
{
    return bind_fail(b, e, ERR_UNSUPPORTED, "not supported yet: %s", what);
}

static const TExpr *bind_is_null(const Bind *b, const Expr *e)
{
    const TExpr *x = bind(b, e->a);
    return x ? texpr_unary(b->a, e->negated ? TEXPR_IS_NOT_NULL : TEXPR_IS_NULL, x) : NULL;
}

const TExpr *bind(const Bind *b, const Expr *e)
{
    switch (e->kind) {
    case EXPR_NULL: return texpr_const(b->a, TYPE_NULL, value_null());
    case EXPR_BOOL: return texpr_const(b->a, TYPE_BOOLEAN, value_bool(e->flag));
    case EXPR_INT: return bind_int(b, e);
    case EXPR_DECIMAL: return bind_decimal(b, e);
    case EXPR_DOUBLE: return texpr_const(b->a, TYPE_DOUBLE, value_double(e->d));
    case EXPR_STRING: return texpr_const(b->a, TYPE_STRING, value_str(e->text));
    case EXPR_TYPED: return bind_fail(b, e, ERR_STATEMENT, "Unknown type: %.*s", STR_ARG(e->name.text));
    case EXPR_COLUMN: return bind_column(b, e);
    case EXPR_STAR: return bind_fail(b, e, ERR_STATEMENT, "'*' is only allowed in an aggregate function");
    case EXPR_NEG:
    case EXPR_POS: return bind_neg(b, e);
    case EXPR_ARITH: return bind_arith(b, e);
    case EXPR_CONCAT: return bind_concat(b, e);
    case EXPR_COMPARE: return bind_compare(b, e, (CmpOp)e->op, e->a, e->b);
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT: return bind_logic(b, e);
    case EXPR_IS_NULL: return bind_is_null(b, e);
    case EXPR_BETWEEN: return bind_between(b, e);
    case EXPR_IN: return bind_in(b, e);
    case EXPR_LIKE: return bind_like(b, e);
    case EXPR_CASE: return bind_case(b, e);
    case EXPR_CAST: return bind_cast(b, e);
    case EXPR_CALL: return bind_function(b, e);
    case EXPR_SUBSCRIPT: return bind_subscript(b, e);
    case EXPR_DEREF: return bind_deref(b, e);
    case EXPR_ARRAY: return bind_array(b, e);
    case EXPR_MAP: return bind_map(b, e);
    case EXPR_STRUCT: return bind_struct(b, e);
    case EXPR_LAMBDA: return unsupported(b, e, "lambda functions");
    case EXPR_AT_ZONE: return unsupported(b, e, "AT TIME ZONE");
    case EXPR_UNIT: return unsupported(b, e, "interval units");
    }
    BUG("expression kind %d", (int)e->kind);
}

Status bind_expr(Arena *a, const Scope *sc, const Expr *e, const TExpr **out, Err *err)
{
    const Bind b = {a, sc, err};
    *out = bind(&b, e);
    return *out ? OK : (Status)err->code;
}

Status bind_predicate(Arena *a, const Scope *sc, const Expr *e, const TExpr **out, Err *err)
{
    const Bind b = {a, sc, err};
    *out = bind(&b, e);
    if (!*out)
        return err->code;
    if ((*out)->type->kind != KIND_BOOLEAN)
        return err_at(err, ERR_STATEMENT, e->span,
                      "Type error in %s expression: Should evaluate to boolean but is %s (%s) instead.",
                          sc->clause,
                      bind_text(&b, e), type_text(a, (*out)->type));
    return OK;
}

/* ---- INSERT VALUES --------------------------------------------------------------------------- */

static void print_value(Buf *out, const Type *t, const Value *v)
{
    value_cell(out, t, v);
}

static Status refuse_value(Arena *a, const Expr *e, Str column, const Type *to, const Type *from,
                           const Value *v, Err *err)
{
    Buf text = BUF_INIT;
    print_value(&text, from, v);
    Status st = err_at(err, ERR_STATEMENT, e->span, "Expected type %s for field `%.*s` but got %s(%s)%s",
                       type_text(a, to),
                       STR_ARG(column), type_text(a, from), buf_z(&text),
                       from->kind != KIND_STRING          ? ""
                       : to->kind == KIND_TIMESTAMP
                           ? ". Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]"
                       : to->kind == KIND_DATE            ? ". Date format must be yyyy-mm-dd"
                       : to->kind == KIND_TIME            ? ". Time format must be hh:mm:ss[.S]"
                                                          : "");
    buf_free(&text);
    return st;
}

Status bind_literal_to(Arena *a, const Expr *e, Str column, const Type *to, TypeLookup *lookup, void *arg,
                       Effects *fx,
                       Value *out, Err *err)
{
    const Scope none = {.clause = "VALUES", .type_lookup = lookup, .type_arg = arg};
    const TExpr *x;
    const char *why = "";
    Value v;
    Status st = bind_expr(a, &none, e, &x, err);
    if (!st)
        st = texpr_evaluate(a, x, fx, &v, err);
    if (st)
        return st;
    if (v.null) {
        *out = value_null();
        return OK;
    }
    if (coerce_value(a, x->type, to, v, false, out, &why))
        return OK;
    return refuse_value(a, e, column, to, x->type, &v, err);
}
