// SPDX-License-Identifier: Apache-2.0
// Cells: how wide UTF-8 text is on a terminal, and text cut and padded to columns.
//
// Widths are those of the C library's wcwidth in a UTF-8 locale (cell_locale); a byte that is not
// UTF-8 counts one column, and so does a control character: cell_clean puts one character in its place. Any thread.
#ifndef SLUICE_BASE_CELL_H
#define SLUICE_BASE_CELL_H

#include "base/buf.h"

/* Makes LC_CTYPE a UTF-8 locale: the user's, or C.UTF-8 when his is not. Once, at start. */
void cell_locale(void);
/* Columns that the text takes on a terminal. */
int cell_width(Str s);
/* Bytes of the longest beginning that takes at most `cols` columns; at least one character where there is one, so
 * that a walk by cell_fit ends. */
size_t cell_fit(Str s, int cols);
/* The text and blanks up to `cols` columns; a longer text stays whole. */
void cell_pad(Buf *out, Str s, int cols);
/* The text with control characters (newlines apart) made U+FFFD and tabs blanks: text cannot steer a terminal. */
void cell_clean(Buf *out, Str s);
/* Columns of the terminal, 80 when it does not say; 0: the descriptor is no terminal. */
int cell_columns(int fd);
/* Writes the text in one piece where it can, cleaned when fd is a terminal. A failure is not told: for diagnostics. */
void cell_write(int fd, Str s);
/* Makes stdout and stderr write by cell_write where they are terminals: for a command that prints with stdio. Once. */
void cell_stdio(void);
/* The text with its lines broken at blanks, so that they fit the columns; a word that does not fit is left whole. What
 * follows in a line is indented as the line is, and below its second column where it has one (two blanks before it). */
void cell_wrap(Buf *out, Str text, int columns);
/* Takes the text up to the next newline off *rest; false when nothing is left. An empty text that is not NULL is
 * one empty line. */
bool cell_line(Str *rest, Str *line);

#endif
