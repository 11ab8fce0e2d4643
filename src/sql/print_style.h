// SPDX-License-Identifier: Apache-2.0
// What the printers share (print_expr.c, print_query.c, print_stmt.c, print_script.c). Private to src/sql.
//
//   style       used for                          expressions             names, types
//   LINE        SHOW QUERIES, errors              ksqlDB's: (A + B)       upper case, INTEGER, STRING
//   KSQL        statementText of the REST API     the same                the same
//   FMT         sluice fmt                        fewest parentheses      lower case, types as written
// LINE has blanks where KSQL has line ends. FMT is flat (one line) or broken (clauses on lines of their
// own, lists on one line where they fit).
#ifndef SLUICE_SQL_PRINT_STYLE_H
#define SLUICE_SQL_PRINT_STYLE_H

#include "sql/print.h"

typedef enum PrintStyle { STYLE_LINE, STYLE_KSQL, STYLE_FMT } PrintStyle;

typedef struct Printer {
    Buf *out;
    PrintStyle style;
    bool broken; /* FMT: over several lines */
    bool tall;   /* FMT, broken: columns and SELECT items one a line (comments stand between them) */
} Printer;

enum {
    PRINT_SHORT = 80,  /* FMT: a statement this long or shorter stays on one line */
    PRINT_WIDTH = 100, /* FMT: a list or condition that reaches further is broken */
    PRINT_INDENT = 4,
};

/* Prints thing number i of a list. */
typedef void PutItem(Printer *pr, const void *list, int i);

static inline bool print_ksql(const Printer *pr) { return pr->style != STYLE_FMT; }

/* min: the loosest operator that may stand without parentheses (PREC_…). */
enum {
    PREC_ANY, PREC_OR, PREC_AND, PREC_NOT, PREC_PREDICATE, PREC_VALUE, PREC_ADD, PREC_MUL, PREC_SIGN,
    PREC_ZONE, PREC_PRIMARY
};
void put_expr(Printer *pr, const Expr *e, int min);
void put_name(Printer *pr, const Name *n);
/* An alias without AS. */
void put_alias(Printer *pr, const Name *n);
void put_string(Printer *pr, Str text);
void put_type(Printer *pr, const TypeRef *t);
/* "a, b" for n things; FMT and broken: one a line when they do not fit behind what stands on the line. */
void put_list(Printer *pr, const void *list, int n, PutItem *item);
/* "(a, b)", likewise. */
void put_parens_list(Printer *pr, const void *list, int n, PutItem *item);
/* The same, always one a line. */
void put_tall_list(Printer *pr, const void *list, int n, PutItem *item);
/* A condition; FMT and broken: its ANDs or ORs on lines of their own when it does not fit. */
void put_condition(Printer *pr, const Expr *e);
/* Between two clauses. */
void put_break(Printer *pr);
void put_query(Printer *pr, const Query *q);
void put_duration(Printer *pr, const Duration *d);
void put_stmt(Printer *pr, const Stmt *s);
/* print_stmt, broken and tall. */
void print_stmt_tall(Buf *out, const Stmt *s);
/* Columns of the line that is being written. */
int put_column(const Printer *pr);

#endif
