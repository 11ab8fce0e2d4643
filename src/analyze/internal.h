// SPDX-License-Identifier: Apache-2.0
// What the files of analyze/ share among themselves.
#ifndef SLUICE_ANALYZE_INTERNAL_H
#define SLUICE_ANALYZE_INTERNAL_H

#include "analyze/analyze.h"
#include "analyze/bind_expr.h"

/* Formats that this build runs, and delimiters only where they belong. */
Status check_formats_run(const DataSource *ds, Span at, Err *err) MUST_CHECK;
/* Of a source whose columns and formats are known: wrapping, the TIMESTAMP column, and whether the formats hold the columns. */
Status finish_serdes(const Analyzer *an, const WithProps *w, DataSource *ds, Span at, Err *err) MUST_CHECK;
/* Puts what ksqlDB says before an expression's error in a clause; returns the error's code. */
Status clause_error(const char *clause, Err *err);

/* ---- names (page 04 §4.4) ---- */

/* A name that is meant exactly as it stands. */
static inline Name exact_name(Str text, Span at)
{
    return (Name){.text = text, .quoted = true, .span = at, .written = text};
}

typedef struct Namer {
    Arena *arena;
    const Schema *input; /* names that generated ones must not meet */
    int next;            /* KSQL_COL_n */
    NameVec fields;      /* names given to struct fields */
} Namer;

/* The output name of an un-aliased select item. */
Str namer_name(Namer *nm, const Expr *e);

/* ---- aggregation (bind_aggregate.c) ---- */

/* Calls fn on every node, parents first; stops below a node for which fn returns false. */
void expr_walk(const Expr *e, bool (*fn)(void *arg, const Expr *e), void *arg);
/* A copy in which every node for which map returns another one is replaced by that. */
const Expr *expr_replace(Arena *a, const Expr *e, const Expr *(*map)(void *arg, const Expr *e), void *arg);
/* True when e holds a call of an aggregate function. */
bool expr_has_aggregate(const Expr *e);

typedef struct SelectList {
    int n;
    const Expr **exprs; /* stars expanded */
    Name *aliases;      /* text.n == 0: none */
} SelectList;

/* A clause that a pull query cannot have. */
Status pull_refused(Span at, const char *clause, Err *err);
/* pull_check.c: what a pull query may hold, before names are resolved; and after, whether its WHERE can be answered
 * with table scans disabled. */
Status pull_check_clauses(const Analyzer *an, const Query *q, Err *err) MUST_CHECK;
/* Strings in the IN of a key column that is none. */
Status pull_check_keys(const Query *q, const BoundQuery *bq, Err *err) MUST_CHECK;
Status pull_check_where(const Analyzer *an, const Query *q, const BoundQuery *bq, Err *err) MUST_CHECK;
/* System columns cannot be selected into a source under their own names. */
Status check_reserved(const SelectList *list, Err *err) MUST_CHECK;

/* Of a query that joins: sources that are not there, partitions that do not match. */
Status check_join(const Analyzer *an, const Query *q, Err *err) MUST_CHECK;
Status bind_aggregation(const Analyzer *an, const Query *q, const Scope *scope, const SelectList *list, Namer *nm,
                        QueryUse use, Str sink, BoundQuery *out, Err *err) MUST_CHECK;

#endif
