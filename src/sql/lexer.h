// SPDX-License-Identifier: Apache-2.0
// Lexer: text to tokens. The scanner itself is grammar/lexer.re; this is what it hands over.
//
// Tokens borrow the text. Blanks are dropped; comments come as TK_COMMENT tokens, which the parser
// skips and the formatter keeps. The lexer never fails: what it cannot read is a TK_BAD_… token.
// Places: line and column from 1, columns in characters (UTF-8), offsets in bytes. Any thread.
#ifndef SLUICE_SQL_LEXER_H
#define SLUICE_SQL_LEXER_H

#include "base/err.h"
#include "base/vec.h"

typedef enum TokenForm {
    FORM_PLAIN,    /* punctuation, numbers, strings, reserved words */
    FORM_WORD,     /* an unquoted name that is no keyword */
    FORM_SOFT,     /* a keyword that is not reserved: keyword or name */
    FORM_QUOTED,   /* "name" or `name` */
    FORM_VARIABLE, /* ${name} */
} TokenForm;

typedef struct Token {
    int kind; /* TK_… of sql/parser.h; 0 at the end of the text */
    TokenForm form;
    Str text; /* as written */
    Span span;
} Token;
typedef VEC(Token) TokenVec;

typedef struct Lexer {
    Str text;
    size_t at;
    int line, col;
} Lexer;

/* text: borrowed. The first byte stands at line:col. */
void lexer_init(Lexer *lx, Str text, size_t at, int line, int col);
Token lexer_next(Lexer *lx);

/* The keyword's token, or TK_NAME; *soft tells that the keyword is not reserved. */
int keyword_token(Str word, bool *soft);
/* The keyword that the parser calls `token`, or NULL. */
const char *keyword_word(int token);

/* The text of a quoted token (string or name) without its quotes, doubled quotes made one. New, in the
 * arena. */
Str token_unquote(Arena *a, Str text);
/* A name's text as it counts: folded to upper case unless quoted. New, in the arena. */
Str token_name(Arena *a, const Token *tk);

#endif
