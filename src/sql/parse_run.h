// SPDX-License-Identifier: Apache-2.0
// One run of the parser over one statement's tokens: shared by the driver (parse.c), the variables
// (variables.c) and the error messages (parse_error.c). Private to src/sql.
#ifndef SLUICE_SQL_PARSE_RUN_H
#define SLUICE_SQL_PARSE_RUN_H

#include "base/map.h"
#include "sql/build.h"

typedef struct ParseRun {
    ParseCtx ctx;
    void *parser;
    TokenVec tokens; /* heap; two sentinels in front, the closing token (end or semicolon) last */
    int at;          /* the token that the parser reads */
    bool test_statements;
} ParseRun;

enum { RUN_FIRST = 2 }; /* index of the first real token */

/* The kinds that a token may be read as: the keyword, the name, or both. Returns how many. */
int run_kinds(const Token *tk, int kinds[2]);

/* Says what is wrong at token `at`, which the parser does not take, into run->ctx.err. */
void parse_fault(ParseRun *run);

/* Tells that the statement's last token is not followed by a semicolon. */
void parse_fault_semicolon(ParseRun *run);

/* A piece of the substituted text that came from the original at `from`. */
typedef struct VarPiece {
    int32_t at, from, from_len; /* place in the new text; place and length in the original */
    int32_t line, col;          /* of the original */
} VarPiece;
typedef VEC(VarPiece) VarPieceVec;

/* True when a token refers to a variable. */
bool variables_used(const TokenVec *tokens);
/* Writes the statement's text (text[from, to) of the script) with its variables replaced. pieces: heap,
 * one for each replaced stretch. Error: a variable that is not set, or whose value is not one token. */
Status variables_replace(const TokenVec *tokens, Str text, size_t from, size_t to, const StrMap *vars,
                         Buf *out,
                         VarPieceVec *pieces, Err *err) MUST_CHECK;
/* The place in the script of a place in the substituted text. */
Span variables_origin(const VarPieceVec *pieces, Span at, int32_t from);

#endif
