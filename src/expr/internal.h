// SPDX-License-Identifier: Apache-2.0
// What the compiler and the kernels of expr/ share: instructions, registers, row lists, scopes.
//
//   register    a Column; bound to a batch's column, to a constant (made at compile time), or written by
//               the one instruction that has it as dst. Only rows of that instruction's list are set.
//   row list    the rows that an instruction computes. List 0: the live rows of the batch. The others are
//               written by SPLIT, above the instructions that use them.
//   scope       one expression, one argument of a call, or one element of an ARRAY, MAP or STRUCT
// constructor: a
//               row that fails anywhere inside makes the scope's result NULL on that row, and no more
//               (ksql.nested.error.set.null).
//
// A kernel may write any value into a NULL row; a dst's bitmap is its own, never an operand's.
#ifndef SLUICE_EXPR_INTERNAL_H
#define SLUICE_EXPR_INTERNAL_H

#include "expr/program.h"
#include "types/cast.h"

typedef struct RowList {
    const uint16_t *rows; /* NULL: 0 … n-1 */
    int n;
} RowList;

typedef struct Run Run;
typedef struct Instr Instr;
typedef void Kernel(Run *r, const Instr *in);

struct Instr {
    Kernel *kernel;
    const char *name;
    int dst;             /* -1: none */
    int a, b;            /* -1: none */
    int nargs;
    const int *args;     /* registers */
    int list;            /* the rows to compute */
    int yes, no;         /* lists that SPLIT writes; -1: none */
    int scope;
    const TExpr *x;      /* the node that it computes a part of */
    void *memo;          /* prepared at compile time: LIKE's pattern, IN's table, a call's types */
};

typedef struct Reg {
    int column; /* bound to this column of the batch; -1 */
} Reg;

struct Program {
    Arena *arena;
    Effects *fx;
    int n;
    int *results; /* register of each expression */
    VEC(Instr) code;
    VEC(Reg) regs;
    Column *cols;      /* of the registers */
    RowList *lists;
    int nlists;
    uint64_t **failed; /* a scope's bitmap; NULL: nothing failed yet in this run */
    int nscopes;
    bool no_fold;      /* constants are computed by the run: texpr_evaluate */
    bool is_volatile;
    VEC(Column) consts;/* while compiling: the column of each constant register, else data NULL */
};

struct Run {
    Program *p;
    Batch *b;
    Arena *a; /* the batch's */
    Column *cols;
    const RowList *lists;
    int64_t now_ms;
};

/* 0 for a constant column's index, all ones otherwise: index by `row & mask`. */
static inline int column_mask(const Column *c) { return c->constant ? 0 : -1; }
static inline int list_row(const RowList *l, int k) { return l->rows ? l->rows[k] : k; }

/* Runs the statement for every row of the list; twice in code, so that dense lists make tight loops. */
#define EACH_ROW(l, row_, ...)                         \
    do {                                               \
        if (!(l)->rows) {                              \
            for (int row_ = 0; row_ < (l)->n; row_++)  \
                __VA_ARGS__                            \
        } else {                                       \
            for (int k_ = 0; k_ < (l)->n; k_++) {      \
                int row_ = (l)->rows[k_];              \
                __VA_ARGS__                            \
            }                                          \
        }                                              \
    } while (0)

/* Allocates dst's data. */
Column *run_dst(Run *r, const Instr *in, const Type *t);
/* dst is NULL where one of the operands is (b may be NULL). False: every row is; nothing is left to compute.
 * */
bool run_nulls(Run *r, Column *dst, const Column *a, const Column *b);
/* Marks a row of dst NULL. */
void run_null(Run *r, Column *dst, int row);
/* The row failed in this scope: NULL, and one entry in the batch's error set. */
void run_fail(Run *r, const Instr *in, int row, const char *why);

/* Kernels that fit a node's operand types; NULL when there is none (a BUG of the binder). */
Kernel *kernel_arith(const TExpr *x, const char **name);
Kernel *kernel_neg(const TExpr *x, const char **name);
Kernel *kernel_compare(const TExpr *x, const char **name);
Kernel *kernel_cast(const TExpr *x, const char **name);
Kernel kernel_split, kernel_and, kernel_or, kernel_not, kernel_is_null, kernel_is_not_null, kernel_case_start,
    kernel_case_take, kernel_case_null, kernel_scope_end, kernel_fit, kernel_in, kernel_like, kernel_subscript,
        kernel_field,
    kernel_array, kernel_map, kernel_struct, kernel_call;

/* memo of kernel_in for a list of constants; NULL when it is short. */
void *in_prepare(Arena *a, const Type *t, const Column *list, int n);
/* memo of kernel_like for a constant pattern. */
void *like_prepare(Arena *a, Str pattern, char escape);
/* memo of kernel_call. */
void *call_prepare(Arena *a, const TExpr *x);

#endif
