// SPDX-License-Identifier: Apache-2.0
// Text to AST. Pure functions of their arguments; any thread.
#ifndef SLUICE_SQL_PARSE_H
#define SLUICE_SQL_PARSE_H

#include "base/map.h"
#include "sql/ast.h"

/* Walks a script statement by statement, so that each may be run before the next is parsed
 * (a DEFINE changes how the next one reads). `text` is borrowed for the walk. */
typedef struct Script {
    Str text;
    size_t at;      /* where the next statement starts */
    int line, col;  /* its place */
} Script;

void script_init(Script *s, Str text);

/* Parses the next statement into `arena`. *out is NULL at the end of the text (only blanks and
 * comments left). The final semicolon may be missing on the last statement when `lax_end`.
 * vars: session variables (name in upper case -> char* value), may be NULL; ${name} is substituted before
 * the statement is parsed (spans then refer to the substituted text Stmt.sql when it changed).
 * On an error the walk stands behind the statement that failed, so that a caller may go on.
 * Error: ERR_SYNTAX (or ERR_LIMIT) with span, message in ksqlDB's form, hint. */
Status script_next(Script *s, Arena *arena, const StrMap *vars, bool lax_end, Stmt **out, Err *err) MUST_CHECK;

/* All statements of a text. */
Status parse_all(Str text, Arena *arena, const StrMap *vars, StmtVec *out, Err *err) MUST_CHECK;

/* One expression (tests, stored plans). */
Status parse_expression(Str text, Arena *arena, Expr **out, Err *err) MUST_CHECK;

/* One type: "ARRAY<STRUCT<a INT>>". */
Status parse_type(Str text, Arena *arena, TypeRef **out, Err *err) MUST_CHECK;

/* True when text holds a complete statement: a semicolon outside quotes and comments ends it
 * (how the shell knows that a line is to be read on). */
bool script_complete(Str text);

/* Reserved words cannot name a column unquoted; upper-case `word`. */
bool keyword_reserved(Str word);
bool keyword_known(Str word);
/* Walks all keywords (completion); NULL after the last. */
const char *keyword_at(int i);

#endif
