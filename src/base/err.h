// SPDX-License-Identifier: Apache-2.0
// Status and Err: how a function says that it failed, and why.
//
// A function that can fail returns Status (0, or a code of codes.def) and fills the caller's
// Err. The first error wins: err_set on an Err that is set changes nothing. Messages are whole
// sentences for the user; the span says where in the statement, the hint what to try.
#ifndef SLUICE_BASE_ERR_H
#define SLUICE_BASE_ERR_H

#include "base/buf.h"

typedef enum ErrCode {
    OK = 0,
#define CODE(name, class_, http, ksql) name,
#include "base/codes.def"
#undef CODE
} ErrCode;

typedef enum ErrClass { CLASS_STATEMENT, CLASS_TASK_RETRY, CLASS_TASK_FATAL, CLASS_HOST } ErrClass;

typedef int Status; /* OK or an ErrCode */

/* A place in a statement's text. line counts from 1 (0 = no place), col from 1 in characters;
 * off and len in bytes of the text that was parsed. */
typedef struct Span {
    int32_t line, col;
    int32_t off, len;
} Span;

typedef struct Err {
    ErrCode code;
    Span span;
    char *msg;  /* owned, NULL when code is OK */
    char *hint; /* owned, may be NULL */
} Err;

#define ERR_INIT ((Err){OK, {0, 0, 0, 0}, NULL, NULL})

/* Each returns code, so that `return err_set(…)` reads well. */
Status err_set(Err *err, ErrCode code, const char *fmt, ...) PRINTF_LIKE(3, 4);
Status err_at(Err *err, ErrCode code, Span at, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Sets or replaces the hint of an error that is set. */
void err_hint(Err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Puts text before the message of an error that is set ("Failed to prepare statement: "). */
void err_prefix(Err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
void err_clear(Err *err);
/* Moves the error, leaving `from` clear; an Err that is already set wins. */
void err_move(Err *to, Err *from);

const char *err_code_name(ErrCode code);
ErrClass err_class(ErrCode code);
int err_http(ErrCode code);
int err_ksql(ErrCode code);

/* The user's view: `file:line:col: message`, the line, a caret, the hint; each only where known.
 * text is the statement text that spans refer to; file may be NULL. The line is cut to the columns of a terminal;
 * 0: it goes elsewhere. */
void err_print(Buf *out, const Err *err, Str text, const char *file, int columns);

#endif
