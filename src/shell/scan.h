// SPDX-License-Identifier: Apache-2.0
// Scan: as much of SQL's lexical rules as reading input needs — where comments, quotes and statements end.
//
// A Scan reads a text that may grow: each byte once, however the text comes in. What is open at the end of the text (a
// comment, a quote, a statement) is in the Scan, and reading goes on there when there is more. Growing text must not end
// between the two bytes of --, /*, */ or a doubled quote; after a newline it never does.
#ifndef SLUICE_SHELL_SCAN_H
#define SLUICE_SHELL_SCAN_H

#include "base/base.h"

typedef struct Scan {
    size_t at;   /* the text is read up to here */
    size_t from; /* where the comment or quote that is open begins */
    char in;     /* open: a quote; '-' a comment to the end of the line; '*' a comment; 0 nothing */
    bool begun;  /* `at` is in a statement, whose semicolon has not come */
} Scan;

/* Moves over blanks and comments to the first byte of a statement; false: the text ends before one. */
bool scan_begin(Scan *s, Str text);
/* Moves behind the semicolon of the statement that has begun; false: the text ends before it. */
bool scan_end(Scan *s, Str text);
/* Moves over the rest of the text; true when nothing is open there: every statement has its semicolon. */
bool scan_complete(Scan *s, Str text);

/* A place in a text: the byte, its line and column (characters) from 1. */
typedef struct Place {
    size_t at;
    int line, col;
} Place;

/* Moves the place forward to byte `to`. */
void scan_advance(Str text, Place *p, size_t to);
/* The first byte from `at` that is neither blank nor in a comment; text.n when there is none. */
size_t scan_blank(Str text, size_t at);
/* True when byte `at` is inside quotes or a comment; *quote gets the quote character (0 for a comment) and
 * *from the byte after the one that opens it. */
bool scan_inside(Str text, size_t at, char *quote, size_t *from);

#endif
