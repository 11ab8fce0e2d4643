// SPDX-License-Identifier: Apache-2.0
// What the files of the expression binder share. Private to bind_expr*.c.
#ifndef SLUICE_ANALYZE_BIND_EXPR_INTERNAL_H
#define SLUICE_ANALYZE_BIND_EXPR_INTERNAL_H

#include "analyze/bind_expr.h"
#include "sql/print.h"
#include "types/cast.h"

/* One binding: where results go, what is in sight. */
typedef struct Bind {
    Arena *a;
    const Scope *sc;
    Err *err;
} Bind;

/* NULL with err set. */
const TExpr *bind(const Bind *b, const Expr *e);
/* The text of an expression, in the arena. */
const char *bind_text(const Bind *b, const Expr *e);
/* Sets the error at e; returns NULL. */
const void *bind_fail(const Bind *b, const Expr *e, ErrCode code, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* bind_expr_list.c: brings the elements of a list to one type (ARRAY, MAP, IN). *t is NULL when all are NULL
 * literals.
 * False with err set. xs are replaced. */
bool bind_common(const Bind *b, const Expr *const *es, const TExpr **xs, int n, const Type **t);
const TExpr *bind_array(const Bind *b, const Expr *e);
const TExpr *bind_map(const Bind *b, const Expr *e);
const TExpr *bind_struct(const Bind *b, const Expr *e);
const TExpr *bind_in(const Bind *b, const Expr *e);
const TExpr *bind_case(const Bind *b, const Expr *e);

/* bind_expr_ops.c */
const TExpr *bind_arith(const Bind *b, const Expr *e);
const TExpr *bind_neg(const Bind *b, const Expr *e);
const TExpr *bind_compare(const Bind *b, const Expr *e, CmpOp op, const Expr *l, const Expr *r);
const TExpr *bind_logic(const Bind *b, const Expr *e);
const TExpr *bind_between(const Bind *b, const Expr *e);
const TExpr *bind_like(const Bind *b, const Expr *e);
const TExpr *bind_subscript(const Bind *b, const Expr *e);
const TExpr *bind_deref(const Bind *b, const Expr *e);
const TExpr *bind_cast(const Bind *b, const Expr *e);

#endif
