// SPDX-License-Identifier: Apache-2.0
// Rows of a SELECT as a box that grows downwards: a header, then a line (or several) for each row.
//
//   +--------+------+        On a terminal every column is as wide as COLUMN-WIDTH says, or as an equal
//   |ITEM    |QTY   |        share of the terminal; longer values go on in the next line (WRAP ON) or end
//   +--------+------+        in "..." (WRAP OFF). Elsewhere nothing is wrapped or cut: columns are as on a
//   |t-shirts|1     |        terminal of 80 columns but hold their name, and a longer value makes its own
//   |pants   |null  |        row longer. So what a file gets does not hang on when rows came.
#ifndef SLUICE_SHELL_ROWS_H
#define SLUICE_SHELL_ROWS_H

#include "runtime/session.h"

typedef struct RowsStyle {
    bool terminal;
    int width;        /* of the terminal; 0: 80 */
    int column_width; /* 0: an equal share */
    bool wrap;
} RowsStyle;

typedef struct Rows {
    const Schema *sch; /* borrowed */
    RowsStyle style;
    int *widths;  /* one a column */
    Buf *cells;   /* one a column, reused */
} Rows;

void rows_init(Rows *r, const Schema *sch, RowsStyle style);
void rows_free(Rows *r);
void rows_header(Buf *out, Rows *r);
void rows_row(Buf *out, Rows *r, const StreamRow *row);

#endif
