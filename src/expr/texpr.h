// SPDX-License-Identifier: Apache-2.0
// Typed expressions: what the analyzer makes of an AST expression, and what programs are compiled from.
//
// A node's children already have the types that its operation takes: every conversion is an
// explicit TEXPR_CAST. Nodes are immutable, in the statement's or the query's arena.
#ifndef SLUICE_EXPR_TEXPR_H
#define SLUICE_EXPR_TEXPR_H

#include "base/vec.h"
#include "types/function.h"

typedef enum TExprKind {
    TEXPR_CONST,      /* value */
    TEXPR_COLUMN,     /* column: index into the input schema */
    /* op '+', '-', '*', '/', '%'; a, b of the same numeric type (DECIMALs: own precision each), or '+' of STRINGs */
    TEXPR_ARITH,
    TEXPR_NEG,        /* a */
    /* op: TCmp; a, b of one comparable type (DECIMALs: own scale each; or one DECIMAL, one DOUBLE) */
    TEXPR_COMPARE,
    TEXPR_AND,        /* a, b: as a real ksqlDB: page 03 §3.4 and the oracle's notes on NULL */
    TEXPR_OR,
    TEXPR_NOT,
    TEXPR_IS_NULL,    /* a */
    TEXPR_IS_NOT_NULL,
    TEXPR_IN,         /* a, args: the list, of a's type */
    TEXPR_LIKE,       /* a, b; escape in `escape` (0 = none) */
    TEXPR_CASE,       /* args: when, then, when, then … [else] (odd count when there is an else); lazy */
    TEXPR_CAST,       /* a to type */
    TEXPR_CALL,       /* func, args */
    TEXPR_SUBSCRIPT,  /* a[b]: array by INTEGER from 1, or map by key */
    TEXPR_FIELD,      /* a -> field number `column` */
    TEXPR_ARRAY,      /* args */
    TEXPR_MAP,        /* args: key, value, key, value … */
    TEXPR_STRUCT,     /* args in field order */
    TEXPR_LAMBDA,     /* a: the body; nparams; first_param: parameter numbers are program-wide */
    TEXPR_PARAM,      /* column: number of a lambda parameter */
} TExprKind;

typedef enum TCmp { TCMP_EQ, TCMP_NE, TCMP_LT, TCMP_LE, TCMP_GT, TCMP_GE, TCMP_DISTINCT,
                   TCMP_NOT_DISTINCT } TCmp;

typedef struct TExpr TExpr;
struct TExpr {
    TExprKind kind;
    const Type *type;
    int op;
    int column;
    int nparams, first_param;
    char escape;
    Value value;
    const FuncRow *func;
    const TExpr *a, *b;
    int nargs;
    const TExpr *const *args;
};

/* Constructors: new in the arena; the type is worked out where it follows from the children. */
const TExpr *texpr_const(Arena *a, const Type *t, Value v);
const TExpr *texpr_column(Arena *a, int column, const Type *t);
/* NEG, NOT, IS_NULL, IS_NOT_NULL */
const TExpr *texpr_unary(Arena *a, TExprKind kind, const TExpr *x);
/* ARITH, COMPARE, AND, OR */
const TExpr *texpr_binary(Arena *a, TExprKind kind, int op, const TExpr *x, const TExpr *y);
/* x itself when it has the type already. */
const TExpr *texpr_cast(Arena *a, const TExpr *x, const Type *to);
/* CASE, ARRAY, MAP, STRUCT */
const TExpr *texpr_args(Arena *a, TExprKind kind, const Type *t, const TExpr *const *args, int n);
const TExpr *texpr_call(Arena *a, const FuncRow *f, const Type *result, const TExpr *const *args, int n);
const TExpr *texpr_in(Arena *a, const TExpr *x, const TExpr *const *list, int n);
const TExpr *texpr_like(Arena *a, const TExpr *text, const TExpr *pattern, char escape); /* escape 0: none */
const TExpr *texpr_subscript(Arena *a, const TExpr *base, const TExpr *index);
const TExpr *texpr_field(Arena *a, const TExpr *base, int field);
/* Deep copy with columns renumbered: column i becomes map[i]; -1 is a BUG. map NULL = as they are. */
const TExpr *texpr_dup(Arena *a, const TExpr *x, const int *map);
/* Sets used[i] for every column that the expression reads. */
void texpr_columns(const TExpr *x, bool *used);
bool texpr_is_constant(const TExpr *x);
bool texpr_equal(const TExpr *x, const TExpr *y);
/* Text for EXPLAIN and traces: names of the schema's columns, SQL operators. */
void texpr_print(Buf *out, const TExpr *x, const Schema *sch);

#endif
