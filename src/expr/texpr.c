// SPDX-License-Identifier: Apache-2.0
// Typed expressions: constructors, copies, questions (see texpr.h). Their text is in texpr_print.c.
//
// Nodes are immutable: a constructor copies the list of children it is given, never the children.
// Types of results follow from the children where SQL says so: arithmetic by the widening of numbers
// (DECIMAL results by decimal_op_type), comparisons and logic BOOLEAN.
#include "expr/texpr.h"

#include "types/cast.h"

static TExpr *node(Arena *a, TExprKind kind, const Type *t)
{
    TExpr *x = ARENA_NEW(a, TExpr);
    x->kind = kind;
    x->type = t;
    return x;
}

const TExpr *texpr_const(Arena *a, const Type *t, Value v)
{
    TExpr *x = node(a, TEXPR_CONST, t);
    x->value = v;
    return x;
}

const TExpr *texpr_column(Arena *a, int column, const Type *t)
{
    TExpr *x = node(a, TEXPR_COLUMN, t);
    x->column = column;
    return x;
}

const TExpr *texpr_unary(Arena *a, TExprKind kind, const TExpr *operand)
{
    TExpr *x = node(a, kind, kind == TEXPR_NEG ? operand->type : TYPE_BOOLEAN);
    x->a = operand;
    return x;
}

const TExpr *texpr_binary(Arena *a, TExprKind kind, int op, const TExpr *l, const TExpr *r)
{
    const Type *t = TYPE_BOOLEAN;
    if (kind == TEXPR_ARITH)
        t = l->type->kind == KIND_DECIMAL ? decimal_op_type(a, (char)op, l->type, r->type) : l->type;
    TExpr *x = node(a, kind, t);
    x->op = op;
    x->a = l;
    x->b = r;
    return x;
}

const TExpr *texpr_cast(Arena *a, const TExpr *operand, const Type *to)
{
    if (type_equal(operand->type, to))
        return operand;
    TExpr *x = node(a, TEXPR_CAST, to);
    x->a = operand;
    return x;
}

static void set_args(Arena *a, TExpr *x, const TExpr *const *args, int n)
{
    x->nargs = n;
    x->args = arena_dup(a, args, sizeof *args * (size_t)n);
}

const TExpr *texpr_args(Arena *a, TExprKind kind, const Type *t, const TExpr *const *args, int n)
{
    TExpr *x = node(a, kind, t);
    set_args(a, x, args, n);
    return x;
}

const TExpr *texpr_call(Arena *a, const FuncRow *f, const Type *result, const TExpr *const *args, int n)
{
    TExpr *x = node(a, TEXPR_CALL, result);
    x->func = f;
    set_args(a, x, args, n);
    return x;
}

const TExpr *texpr_in(Arena *a, const TExpr *operand, const TExpr *const *list, int n)
{
    TExpr *x = node(a, TEXPR_IN, TYPE_BOOLEAN);
    x->a = operand;
    set_args(a, x, list, n);
    return x;
}

const TExpr *texpr_like(Arena *a, const TExpr *text, const TExpr *pattern, char escape)
{
    TExpr *x = node(a, TEXPR_LIKE, TYPE_BOOLEAN);
    x->a = text;
    x->b = pattern;
    x->escape = escape;
    return x;
}

const TExpr *texpr_subscript(Arena *a, const TExpr *base, const TExpr *index)
{
    TExpr *x = node(a, TEXPR_SUBSCRIPT, base->type->elem);
    x->a = base;
    x->b = index;
    return x;
}

const TExpr *texpr_field(Arena *a, const TExpr *base, int field)
{
    TExpr *x = node(a, TEXPR_FIELD, base->type->fields[field].type);
    x->a = base;
    x->column = field;
    return x;
}

const TExpr *texpr_dup(Arena *a, const TExpr *x, const int *map)
{
    if (!x)
        return NULL;
    TExpr *y = arena_dup(a, x, sizeof *x);
    y->type = type_dup(a, x->type);
    if (x->kind == TEXPR_CONST)
        y->value = value_dup(a, x->type, x->value);
    if (x->kind == TEXPR_COLUMN && map) {
        BUG_IF(map[x->column] < 0);
        y->column = map[x->column];
    }
    y->a = texpr_dup(a, x->a, map);
    y->b = texpr_dup(a, x->b, map);
    const TExpr **args = ARENA_ARRAY(a, const TExpr *, x->nargs);
    for (int i = 0; i < x->nargs; i++)
        args[i] = texpr_dup(a, x->args[i], map);
    y->args = args;
    return y;
}

void texpr_columns(const TExpr *x, bool *used)
{
    if (x->kind == TEXPR_COLUMN)
        used[x->column] = true;
    if (x->a)
        texpr_columns(x->a, used);
    if (x->b)
        texpr_columns(x->b, used);
    for (int i = 0; i < x->nargs; i++)
        texpr_columns(x->args[i], used);
}

bool texpr_is_constant(const TExpr *x)
{
    if (x->kind == TEXPR_COLUMN || x->kind == TEXPR_PARAM || x->kind == TEXPR_LAMBDA)
        return false;
    if (x->kind == TEXPR_CALL && x->func->flags & FUNC_VOLATILE)
        return false;
    if (x->a && !texpr_is_constant(x->a))
        return false;
    if (x->b && !texpr_is_constant(x->b))
        return false;
    for (int i = 0; i < x->nargs; i++)
        if (!texpr_is_constant(x->args[i]))
            return false;
    return true;
}

static bool child_equal(const TExpr *x, const TExpr *y)
{
    return x == y || (x && y && texpr_equal(x, y));
}

bool texpr_equal(const TExpr *x, const TExpr *y)
{
    if (x->kind != y->kind || x->op != y->op || x->column != y->column || x->nparams != y->nparams ||
        x->first_param != y->first_param || x->escape != y->escape || x->func != y->func ||
            x->nargs != y->nargs ||
        !type_equal(x->type, y->type))
        return false;
    if (x->kind == TEXPR_CONST && !value_equal(x->type, &x->value, &y->value))
        return false;
    if (!child_equal(x->a, y->a) || !child_equal(x->b, y->b))
        return false;
    for (int i = 0; i < x->nargs; i++)
        if (!texpr_equal(x->args[i], y->args[i]))
            return false;
    return true;
}
