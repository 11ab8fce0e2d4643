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
    bool test_statements; /* ASSERT VALUES | NULL VALUES | STREAM | TABLE are statements too (test runner) */
    bool keep_variables;  /* ${name} stands for itself where a name or literal may (formatter) */
} Script;

/* Both switches off; set them behind this call. */
void script_init(Script *s, Str text);

/* Parses the next statement into `arena`. *out is NULL at the end of the text (only blanks and
 * comments left). The final semicolon may be missing on the last statement when `lax_end`.
 * vars: session variables (name in upper case -> char* value), may be NULL; ${name} is substituted before
 * the statement is parsed: outside quotes the value stands for one token, inside a string for text (its
 * quotes doubled; a name that is not set stays as it is). When that changed the text (Stmt.substituted),
 * offsets of spans count in Stmt.sql; else, and in errors always, they count in the script's text.
 * On an error the walk stands behind the statement that failed, so that a caller may go on.
 * Error: ERR_SYNTAX (or ERR_LIMIT) with span, hint, and ksqlDB's reason without the place before it
 * (parse_err_ksql puts it there). */
Status script_next(Script *s, Arena *arena, const StrMap *vars, bool lax_end, Stmt **out, Err *err)
    MUST_CHECK;

/* An error of this parser as ksqlDB words it: "line 1:15: Syntax Error\n…", "Failed to prepare
 * statement: …". */
void parse_err_ksql(const Err *err, Buf *out);

/* All statements of a text, test statements too. */
Status parse_all(Str text, Arena *arena, const StrMap *vars, StmtVec *out, Err *err) MUST_CHECK;

/* One expression (tests, stored plans). */
Status parse_expression(Str text, Arena *arena, Expr **out, Err *err) MUST_CHECK;

/* True when text holds a complete statement: a semicolon outside quotes and comments ends it
 * (how the shell knows that a line is to be read on). */
bool script_complete(Str text);

/* Reserved words cannot name a column unquoted; upper-case `word`. */
bool keyword_reserved(Str word);
bool keyword_known(Str word);
/* Walks all keywords (completion); NULL after the last. */
const char *keyword_at(int i);

#endif
