// SPDX-License-Identifier: Apache-2.0
// AST to text: one canonical layout. What is printed parses to an equal tree, and formats to itself.
#ifndef SLUICE_SQL_PRINT_H
#define SLUICE_SQL_PRINT_H

#include "sql/ast.h"

/* One line, as ksqlDB prints expressions in errors and plans: (A + B), 'text', `quoted`. */
void print_expr(Buf *out, const Expr *e);
/* A name as it must be written to read back the same: bare when upper-case simple and not reserved,
 * else `quoted`. */
void print_name(Buf *out, Str name);
/* The hint "did you mean NAME?", with the name as print_name writes it. */
void hint_name(Err *err, Str name);
void print_type(Buf *out, const TypeRef *t);
/* The statement on one line, normalised (SHOW QUERIES): properties sorted, types by their main names. */
void print_stmt_line(Buf *out, const Stmt *s);
/* The same with ksqlDB's line ends: SELECT's items and the clauses on lines of their own (statementText). */
void print_stmt_ksql(Buf *out, const Stmt *s);
/* The statement in the canonical layout of `sluice fmt`, without a semicolon. */
void print_stmt(Buf *out, const Stmt *s);

/* A whole script, comments kept, one statement after another with semicolons: what `sluice fmt` writes.
 * Error: as parse. */
Status print_script(Buf *out, Str text, Err *err) MUST_CHECK;

/* Same tree. What does not count: spans, parentheses, comments, quoting, the order of properties, INT or
 * INTEGER, VARCHAR(n) or STRING, x NOT IN … or NOT x IN …. */
bool ast_equal(const Stmt *a, const Stmt *b);
bool ast_expr_equal(const Expr *a, const Expr *b);

#endif
