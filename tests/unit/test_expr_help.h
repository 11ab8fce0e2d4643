// SPDX-License-Identifier: Apache-2.0
// Helpers of the expression tests: SQL text → typed expression → value as text.
#ifndef SLUICE_TESTS_EXPR_HELP_H
#define SLUICE_TESTS_EXPR_HELP_H

#include "analyze/bind_expr.h"
#include "sql/parse.h"

/* Parses and binds; NULL with the message in err. */
static inline const TExpr *help_bind(Arena *a, const Scope *sc, const char *sql, Err *err)
{
    Expr *ast;
    const TExpr *x;
    functions_init();
    if (parse_expression(str_of(sql), a, &ast, err) || bind_expr(a, sc, ast, &x, err))
        return NULL;
    return x;
}

/* The value of an expression without columns as the shell prints it, or "error: …". In the arena. */
static inline const char *help_eval(Arena *a, const char *sql)
{
    const Scope none = {.clause = "SELECT"};
    Err err = ERR_INIT;
    Value v;
    Buf b = BUF_INIT;
    const TExpr *x = help_bind(a, &none, sql, &err);
    if (!x || texpr_evaluate(a, x, effects_real(), &v, &err))
        buf_printf(&b, "error: %s", err.msg);
    else
        value_cell(&b, x->type, &v);
    const char *text = arena_cstr(a, buf_view(&b));
    buf_free(&b);
    err_clear(&err);
    return text;
}

#endif
