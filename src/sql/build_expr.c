// SPDX-License-Identifier: Apache-2.0
// Constructors of names, expressions and types for the grammar's actions: see build.h.
//
// Each new node takes its depth from its children (1 + the highest) and is counted, so that the limits
// are met while the tree is built and never by a walk over it. Any thread; one context each.
#include "sql/build.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "sql/parser.h"

Span span_join(Span a, Span b)
{
    a.len = b.off + b.len - a.off;
    return a;
}

static void fail(ParseCtx *ctx)
{
    ctx->failed = true;
}

/* ---- names and leaves ---------------------------------------------------------------------- */

Name *build_name(ParseCtx *ctx, const Token *tk)
{
    Name *n = ARENA_NEW(ctx->arena, Name);
    n->text = token_name(ctx->arena, tk);
    n->quoted = tk->form == FORM_QUOTED;
    n->written = n->quoted ? n->text : arena_str(ctx->arena, tk->text);
    n->span = tk->span;
    if (n->text.n == 0) {
        (void)err_at(ctx->err, ERR_SYNTAX, tk->span, "Syntax Error\nA name cannot be empty");
        fail(ctx);
    }
    return n;
}

static bool source_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool name_is_variable(const Name *n)
{
    return !n->quoted && n->text.n > 3 && n->text.p[0] == '$';
}

Name build_source_name(ParseCtx *ctx, const Name *n)
{
    bool good = name_is_variable(n);
    for (size_t i = 0; !good; i++) {
        if (i == n->text.n) {
            good = true;
        } else if (!source_char(n->text.p[i])) {
            (void)err_at(ctx->err, ERR_SYNTAX, n->span,
                         "Illegal argument at Line: %d, Col: %d. Source names may only contain alphanumeric "
                         "values, '_' or '-'. Got: '%.*s'",
                         n->span.line, n->span.col, STR_ARG(n->text));
            fail(ctx);
            break;
        }
    }
    return *n;
}

void build_unexpected(ParseCtx *ctx, const Token *tk, const char *hint)
{
    (void)err_at(ctx->err, ERR_SYNTAX, tk->span, "Syntax Error\nSyntax error at or near '%.*s' at line %d:%d",
                 STR_ARG(tk->text), tk->span.line, tk->span.col);
    err_hint(ctx->err, "%s", hint);
    fail(ctx);
}

static void grow(ParseCtx *ctx, Expr *e, const Expr *child)
{
    if (!child || child->depth < e->depth)
        return;
    e->depth = child->depth + 1;
    if (e->depth > LIMIT_EXPR_DEPTH) {
        (void)err_at(ctx->err, ERR_LIMIT, e->span, "The expression is too long or too deep: at most %d steps",
                     LIMIT_EXPR_DEPTH);
        fail(ctx);
    }
}

static void grow_list(ParseCtx *ctx, Expr *e)
{
    for (int i = 0; i < e->list.n; i++)
        grow(ctx, e, e->list.v[i]);
}

static Expr *node(ParseCtx *ctx, ExprKind kind, Span span)
{
    Expr *e = ARENA_NEW(ctx->arena, Expr);
    e->kind = kind;
    e->span = span;
    e->depth = 1;
    if (++ctx->nodes > LIMIT_EXPRESSIONS) {
        (void)err_at(ctx->err, ERR_LIMIT, span, "The statement has more than %d expressions",
                     LIMIT_EXPRESSIONS);
        fail(ctx);
    }
    return e;
}

Expr *build_leaf(ParseCtx *ctx, ExprKind kind, const Token *tk)
{
    return node(ctx, kind, tk->span);
}

Expr *build_bool(ParseCtx *ctx, const Token *tk, bool value)
{
    Expr *e = node(ctx, EXPR_BOOL, tk->span);
    e->flag = value;
    return e;
}

Expr *build_text(ParseCtx *ctx, const Token *tk)
{
    Expr *e = node(ctx, EXPR_STRING, tk->span);
    e->text = token_unquote(ctx->arena, tk->text);
    return e;
}

/* A minus stands before the number and belongs to it. The driver puts a token before the first. */
static bool signed_number(const Token *tk)
{
    if (tk[-1].kind != TK_MINUS)
        return false;
    switch (tk[-2].kind) {
    case TK_NAME: case TK_VARIABLE: case TK_TEXT: case TK_INT_LITERAL: case TK_DEC_LITERAL:
    case TK_FLOAT_LITERAL:
    case TK_RP: case TK_RB: case TK_END: case TK_NULL: case TK_TRUE: case TK_FALSE:
        return false;
    default:
        return true;
    }
}

static void read_int(ParseCtx *ctx, Expr *e, const Token *tk)
{
    uint64_t v = 0, top = (uint64_t)INT64_MAX + (signed_number(tk) ? 1 : 0);
    for (size_t i = 0; i < tk->text.n; i++) {
        uint64_t digit = (uint64_t)(tk->text.p[i] - '0');
        if (v > (top - digit) / 10) {
            (void)err_at(ctx->err, ERR_SYNTAX, tk->span, "Invalid numeric literal: %s%.*s",
                         signed_number(tk) ? "-" : "", STR_ARG(tk->text));
            err_hint(ctx->err, "whole numbers go from -9223372036854775808 to 9223372036854775807; "
                               "write a decimal point behind the digits for a DECIMAL");
            fail(ctx);
            return;
        }
        v = v * 10 + digit;
    }
    e->i = (int64_t)v; /* 2^63 wraps to the value that its sign makes of it */
}

Expr *build_number(ParseCtx *ctx, const Token *tk, ExprKind kind)
{
    Expr *e = node(ctx, kind, tk->span);
    e->text = arena_str(ctx->arena, tk->text);
    if (kind == EXPR_INT)
        read_int(ctx, e, tk);
    if (kind == EXPR_DOUBLE) {
        e->d = strtod(arena_cstr(ctx->arena, tk->text), NULL);
        if (isinf(e->d)) {
            (void)err_at(ctx->err, ERR_SYNTAX, tk->span, "Number overflows DOUBLE: %s%.*s",
                         signed_number(tk) ? "-" : "", STR_ARG(tk->text));
            fail(ctx);
        }
    }
    return e;
}

Expr *build_negative(ParseCtx *ctx, const Token *sign, Expr *x)
{
    bool number = x->kind == EXPR_INT || x->kind == EXPR_DECIMAL || x->kind == EXPR_DOUBLE;
    if (!number || x->parens || x->text.p[0] == '-')
        return build_unary(ctx, EXPR_NEG, sign, x);
    x->text = arena_strf(ctx->arena, "-%.*s", STR_ARG(x->text));
    x->i = (int64_t)(0 - (uint64_t)x->i);
    x->d = -x->d;
    x->span = span_join(sign->span, x->span);
    return x;
}

Expr *build_typed(ParseCtx *ctx, const Name *type, const Token *text)
{
    Expr *e = node(ctx, EXPR_TYPED, span_join(type->span, text->span));
    e->name = *type;
    e->text = token_unquote(ctx->arena, text->text);
    return e;
}

Expr *build_column(ParseCtx *ctx, const Name *qualifier, const Name *name)
{
    Expr *e = node(ctx, EXPR_COLUMN, qualifier ? span_join(qualifier->span, name->span) : name->span);
    e->name = *name;
    if (qualifier)
        e->qualifier = *qualifier;
    return e;
}

Expr *build_unit(ParseCtx *ctx, const Token *tk)
{
    Expr *e = node(ctx, EXPR_UNIT, tk->span);
    e->name = (Name){.text = token_name(ctx->arena, tk), .span = tk->span};
    return e;
}

/* ---- operators --------------------------------------------------------------------------------- */

Expr *build_unary(ParseCtx *ctx, ExprKind kind, const Token *tk, Expr *x)
{
    Expr *e = node(ctx, kind, span_join(tk->span, x->span));
    e->a = x;
    grow(ctx, e, x);
    return e;
}

Expr *build_binary(ParseCtx *ctx, ExprKind kind, int op, Expr *x, Expr *y)
{
    Expr *e = node(ctx, kind, span_join(x->span, y->span));
    e->op = op;
    e->a = x;
    e->b = y;
    grow(ctx, e, x);
    grow(ctx, e, y);
    return e;
}

Expr *build_is_null(ParseCtx *ctx, Expr *x, bool negated, const Token *end)
{
    Expr *e = node(ctx, EXPR_IS_NULL, span_join(x->span, end->span));
    e->a = x;
    e->negated = negated;
    grow(ctx, e, x);
    return e;
}

Expr *build_between(ParseCtx *ctx, Expr *x, bool negated, Expr *low, Expr *high)
{
    Expr *e = build_binary(ctx, EXPR_BETWEEN, 0, x, low);
    e->span = span_join(x->span, high->span);
    e->c = high;
    e->negated = negated;
    grow(ctx, e, high);
    return e;
}

Expr *build_in(ParseCtx *ctx, Expr *x, bool negated, const ExprVec *list, const Token *end)
{
    Expr *e = node(ctx, EXPR_IN, span_join(x->span, end->span));
    e->a = x;
    e->negated = negated;
    e->list = *list;
    grow(ctx, e, x);
    grow_list(ctx, e);
    return e;
}

Expr *build_like(ParseCtx *ctx, Expr *x, bool negated, Expr *pattern, const Token *escape)
{
    Expr *e = build_binary(ctx, EXPR_LIKE, 0, x, pattern);
    e->negated = negated;
    if (escape) {
        e->c = build_text(ctx, escape);
        e->span = span_join(x->span, escape->span);
    }
    return e;
}

Expr *build_at_zone(ParseCtx *ctx, Expr *x, const Token *zone)
{
    Expr *e = node(ctx, EXPR_AT_ZONE, span_join(x->span, zone->span));
    e->a = x;
    e->text = token_unquote(ctx->arena, zone->text);
    grow(ctx, e, x);
    return e;
}

Expr *build_parens(Expr *x, const Token *open, const Token *close)
{
    x->parens = true;
    x->span = span_join(open->span, close->span);
    return x;
}

Expr *build_subscript(ParseCtx *ctx, Expr *x, Expr *index, const Token *end)
{
    Expr *e = build_binary(ctx, EXPR_SUBSCRIPT, 0, x, index);
    e->span = span_join(x->span, end->span);
    return e;
}

Expr *build_deref(ParseCtx *ctx, Expr *x, const Name *field)
{
    Expr *e = node(ctx, EXPR_DEREF, span_join(x->span, field->span));
    e->a = x;
    e->name = *field;
    grow(ctx, e, x);
    return e;
}

Expr *build_cast(ParseCtx *ctx, const Token *start, Expr *x, TypeRef *type, const Token *end)
{
    Expr *e = node(ctx, EXPR_CAST, span_join(start->span, end->span));
    e->a = x;
    e->type = type;
    grow(ctx, e, x);
    return e;
}

Expr *build_case(ParseCtx *ctx, const Token *start, Expr *operand, const ExprVec *whens, Expr *other,
                 const Token *end)
{
    Expr *e = node(ctx, EXPR_CASE, span_join(start->span, end->span));
    e->a = operand;
    e->b = other;
    e->list = *whens;
    grow(ctx, e, operand);
    grow(ctx, e, other);
    grow_list(ctx, e);
    return e;
}

/* ---- constructors and calls ------------------------------------------------------------------------ */

Expr *build_list(ParseCtx *ctx, ExprKind kind, const Token *start, const ExprVec *list, const Token *end)
{
    Expr *e = node(ctx, kind, span_join(start->span, end->span));
    if (list)
        e->list = *list;
    grow_list(ctx, e);
    return e;
}

Expr *build_member(ParseCtx *ctx, Expr *into, const Name *name, Expr *value)
{
    if (!into)
        into = node(ctx, EXPR_STRUCT, name->span);
    vec_push(ctx->arena, &into->names, *name);
    vec_push(ctx->arena, &into->list, value);
    return into;
}

Expr *build_struct(ParseCtx *ctx, const Token *start, Expr *members, const Token *end)
{
    members->span = span_join(start->span, end->span);
    grow_list(ctx, members);
    return members;
}

Expr *build_call(ParseCtx *ctx, const Name *name, const ExprVec *args, const ExprVec *lambdas,
                 const Token *end)
{
    Expr *e = node(ctx, EXPR_CALL, span_join(name->span, end->span));
    e->name = *name;
    if (args)
        e->list = *args;
    for (int i = 0; lambdas && i < lambdas->n; i++)
        vec_push(ctx->arena, &e->list, lambdas->v[i]);
    grow_list(ctx, e);
    return e;
}

Expr *build_call_star(ParseCtx *ctx, const Name *name, const Token *star, const Token *end)
{
    Expr *e = node(ctx, EXPR_CALL, span_join(name->span, end->span));
    e->name = *name;
    e->depth = 2;
    vec_push(ctx->arena, &e->list, node(ctx, EXPR_STAR, star->span));
    return e;
}

Expr *build_lambda(ParseCtx *ctx, const Token *start, const Name *name, Expr *body)
{
    Expr *e = node(ctx, EXPR_LAMBDA, span_join(start ? start->span : name->span, body->span));
    e->a = body;
    if (name)
        vec_push(ctx->arena, &e->names, *name);
    grow(ctx, e, body);
    return e;
}

ExprVec build_prepend(ParseCtx *ctx, Expr *first, const ExprVec *rest)
{
    ExprVec all = {NULL, 0, 0};
    vec_push(ctx->arena, &all, first);
    for (int i = 0; i < rest->n; i++)
        vec_push(ctx->arena, &all, rest->v[i]);
    return all;
}

/* ---- types -------------------------------------------------------------------------------------------- */

static TypeRef *type_node(ParseCtx *ctx, TypeRefKind kind, Span span)
{
    TypeRef *t = ARENA_NEW(ctx->arena, TypeRef);
    t->kind = kind;
    t->span = span;
    t->depth = 1;
    return t;
}

static void type_grow(ParseCtx *ctx, TypeRef *t, const TypeRef *child)
{
    if (child->depth >= t->depth)
        t->depth = child->depth + 1;
    if (t->depth > LIMIT_NESTING) {
        (void)err_at(ctx->err, ERR_LIMIT, t->span, "The type is nested too deeply: at most %d levels",
                     LIMIT_NESTING);
        fail(ctx);
    }
}

TypeRef *build_type_named(ParseCtx *ctx, const Name *n, TypeParams params)
{
    TypeRef *t = type_node(ctx, TYPEREF_NAMED, params.set ? span_join(n->span, params.span) : n->span);
    t->name = *n;
    t->nparams = params.n;
    memcpy(t->params, params.v, sizeof t->params);
    return t;
}

static int64_t small_number(ParseCtx *ctx, const Token *tk)
{
    Expr *e = build_number(ctx, tk, EXPR_INT);
    return e->i;
}

TypeRef *build_type_decimal(ParseCtx *ctx, const Token *start, const Token *p, const Token *s,
                            const Token *end)
{
    TypeRef *t = type_node(ctx, TYPEREF_NAMED, span_join(start->span, end->span));
    t->name = *build_name(ctx, start);
    t->nparams = 2;
    t->params[0] = small_number(ctx, p);
    t->params[1] = small_number(ctx, s);
    return t;
}

TypeRef *build_type_array(ParseCtx *ctx, TypeRef *elem, Span span)
{
    TypeRef *t = type_node(ctx, TYPEREF_ARRAY, span);
    t->elem = elem;
    type_grow(ctx, t, elem);
    return t;
}

TypeRef *build_type_map(ParseCtx *ctx, TypeRef *key, TypeRef *value, Span span)
{
    TypeRef *t = type_node(ctx, TYPEREF_MAP, span);
    t->key = key;
    t->elem = value;
    type_grow(ctx, t, key);
    type_grow(ctx, t, value);
    return t;
}

TypeRef *build_type_struct(ParseCtx *ctx, const FieldRefVec *fields, Span span)
{
    TypeRef *t = type_node(ctx, TYPEREF_STRUCT, span);
    if (fields)
        t->fields = *fields;
    for (int i = 0; i < t->fields.n; i++)
        type_grow(ctx, t, t->fields.v[i].type);
    return t;
}

TypeRef *build_type_struct_empty(ParseCtx *ctx, const Token *start, const Token *op)
{
    if (op->text.p[0] == '!')
        build_unexpected(ctx, op, "the fields of a STRUCT stand between < and >");
    return build_type_struct(ctx, NULL, span_join(start->span, op->span));
}

void build_type_param(ParseCtx *ctx, TypeParams *p, const Token *tk)
{
    if (tk->kind != TK_INT_LITERAL)
        return; /* VARCHAR(STRING): the word says nothing more */
    if (p->n == ARRAY_LEN(p->v)) {
        build_unexpected(ctx, tk, "a type has at most two parameters");
        return;
    }
    p->v[p->n++] = small_number(ctx, tk);
}

static void check_count(ParseCtx *ctx, int n, Span at, const char *what)
{
    if (n > LIMIT_COLUMNS) {
        (void)err_at(ctx->err, ERR_LIMIT, at, "Too many %s: at most %d", what, LIMIT_COLUMNS);
        fail(ctx);
    }
}

void build_check_grouping(ParseCtx *ctx, const Grouping *g, const char *what)
{
    if (g->list.n > LIMIT_COLUMNS)
        check_count(ctx, g->list.n, g->list.v[LIMIT_COLUMNS]->span, what);
}

void build_push_field(ParseCtx *ctx, FieldRefVec *to, FieldRef f)
{
    vec_push(ctx->arena, to, f);
    check_count(ctx, to->n, f.name.span, "fields in a STRUCT");
}

void build_push_item(ParseCtx *ctx, SelectItemVec *to, SelectItem item)
{
    vec_push(ctx->arena, to, item);
    check_count(ctx, to->n, item.span, "columns in SELECT");
}

void build_push_element(ParseCtx *ctx, ElementVec *to, Element e)
{
    vec_push(ctx->arena, to, e);
    check_count(ctx, to->n, e.span, "columns");
}

void build_push_property(ParseCtx *ctx, PropertyVec *to, Property p)
{
    vec_push(ctx->arena, to, p);
    check_count(ctx, to->n, p.span, "properties");
}

void build_push_name(ParseCtx *ctx, NameVec *to, Name n)
{
    vec_push(ctx->arena, to, n);
    check_count(ctx, to->n, n.span, "names");
}
