// SPDX-License-Identifier: Apache-2.0
// Cells: how wide UTF-8 text is on a terminal, and text cut and padded to columns.
//
// Widths are those of the C library's wcwidth in a UTF-8 locale (cell_locale); a byte that is not
// UTF-8 counts one column. Pure apart from the locale; any thread.
#ifndef SLUICE_SHELL_CELL_H
#define SLUICE_SHELL_CELL_H

#include "base/buf.h"

/* Makes LC_CTYPE a UTF-8 locale: the user's, or C.UTF-8 when his is not. Once, at start. */
void cell_locale(void);
/* Columns that the text takes; control characters take none. */
int cell_width(Str s);
/* Bytes of the longest beginning that takes at most `cols` columns; at least one character where there is one, so
 * that a walk by cell_fit ends. */
size_t cell_fit(Str s, int cols);
/* The text and blanks up to `cols` columns; a longer text stays whole. */
void cell_pad(Buf *out, Str s, int cols);
/* The text with control characters (newlines apart) made U+FFFD and tabs blanks: data cannot steer a terminal. */
void cell_clean(Buf *out, Str s);
/* Takes the text up to the next newline off *rest; false when nothing is left. An empty text that is not NULL is
 * one empty line. */
bool cell_line(Str *rest, Str *line);

#endif
