// SPDX-License-Identifier: Apache-2.0
// Scan: as much of SQL's lexical rules as reading input needs — where comments, quotes and statements end.
#ifndef SLUICE_SHELL_SCAN_H
#define SLUICE_SHELL_SCAN_H

#include "base/base.h"

/* A place in a text: the byte, its line and column (characters) from 1. */
typedef struct Place {
    size_t at;
    int line, col;
} Place;

/* Moves the place forward to byte `to`. */
void scan_advance(Str text, Place *p, size_t to);
/* The first byte from `at` that is neither blank nor in a comment; text.n when there is none. */
size_t scan_blank(Str text, size_t at);
/* Byte after the semicolon that ends the statement standing at `at`; 0 when the text ends before. */
size_t scan_statement(Str text, size_t at);
/* True when nothing is open: every statement has its semicolon, or there is none. */
bool scan_complete(Str text);
/* True when byte `at` stands inside quotes or a comment; *quote gets the quote character (0 for a comment) and
 * *from the byte after it. */
bool scan_inside(Str text, size_t at, char *quote, size_t *from);

#endif
