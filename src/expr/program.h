// SPDX-License-Identifier: Apache-2.0
// Program: a flat list of kernel calls that computes expressions over a batch, a column at a time.
//
// Registers are columns of the batch's row numbers. CASE, AND, OR and failed rows narrow the row
// list of the instructions below them, so a branch not taken is not computed for a row. Constant
// sub-expressions are computed once, at compile time. A row on which an expression fails yields NULL
// and one entry in the batch's error set. Compiled once; run by one thread at a time (its registers' headers
// live in the
// program, their data in the batch's arena).
#ifndef SLUICE_EXPR_PROGRAM_H
#define SLUICE_EXPR_PROGRAM_H

#include "base/effects.h"
#include "expr/texpr.h"

typedef struct Program Program;

/* new in the arena; exprs are borrowed for the program's life. */
Status program_new(Arena *a, const TExpr *const *exprs, int n, Effects *fx, Program **out,
                   Err *err) MUST_CHECK;

/* Computes all expressions for the live rows of b. out[i]: the column of expression i, valid at the live
 * rows of b only; a plain
 * column reference shares the batch's column; a constant is a constant column. Data is in b->arena. */
void program_run(Program *p, const Batch *b, Column *out);

/* One boolean expression as a selection: writes the live rows for which it is TRUE to sel (room for
 * b->nsel), returns how many. */
int program_filter(Program *p, const Batch *b, uint16_t *sel);

/* One expression without columns. The result lives in the arena. */
Status texpr_evaluate(Arena *a, const TExpr *x, Effects *fx, Value *out, Err *err) MUST_CHECK;

/* The instructions as text: golden tests, EXPLAIN VERBOSE. */
void program_print(Buf *out, const Program *p);

#endif
