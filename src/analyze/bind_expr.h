// SPDX-License-Identifier: Apache-2.0
// Expressions with their names and types resolved: AST expression + scope → typed expression.
//
// Typing, conversions and messages are ksqlDB's: page 03 of the reference, page 06 §6.0 for calls;
// where a real one was recorded to answer otherwise, the recording counts. Every implicit
// conversion becomes an explicit TEXPR_CAST. Pure; any thread. Messages of errors come without the
// wrappers that statements put around them ("Invalid Select: …"); spans point at the expression.
#ifndef SLUICE_ANALYZE_BIND_EXPR_H
#define SLUICE_ANALYZE_BIND_EXPR_H

#include "expr/program.h"
#include "func/registry.h"
#include "sql/ast.h"

typedef struct ScopeColumn {
    Str source; /* alias of its source; may be empty */
    Str name;
    const Type *type;
    int index; /* what TEXPR_COLUMN gets */
} ScopeColumn;

/* A custom type (CREATE TYPE) by its name; NULL when there is none. */
typedef const Type *TypeLookup(void *arg, Str name);

typedef struct Scope {
    int n;
    const ScopeColumn *cols;
    const char *clause;      /* as messages name it: "SELECT", "WHERE", "GROUP BY" … */
    /* texts compared with ROWTIME, WINDOWSTART, WINDOWEND are times (WHERE, HAVING) */
    bool rowtime_magic;
    bool pull;               /* the WHERE of a pull query, whose messages differ */
    TypeLookup *type_lookup; /* NULL: no custom types */
    void *type_arg;
    /* A call of an aggregate function: returns its typed expression, or NULL with err set. NULL: aggregates
     * are
     * not allowed here. */
    const TExpr *(*on_aggregate)(void *arg, const Expr *call, const Function *f, Err *err);
    void *arg;
} Scope;

/* *out is new in the arena; strings in it borrow from the AST. Columns of type TYPE_NULL do not exist: a
 * bare NULL
 * has TYPE_NULL as its type, the caller decides whether that is an error. */
Status bind_expr(Arena *a, const Scope *sc, const Expr *e, const TExpr **out, Err *err) MUST_CHECK;

/* A condition: must be BOOLEAN, else `Type error in WHERE expression: Should evaluate to boolean but is <e>
 * (<T>) instead.` */
Status bind_predicate(Arena *a, const Scope *sc, const Expr *e, const TExpr **out, Err *err) MUST_CHECK;

/* A type as written: names, aliases, custom types, limits of DECIMAL. */
Status bind_type(Arena *a, const TypeRef *t, TypeLookup *lookup, void *arg, const Type **out,
                 Err *err) MUST_CHECK;

/* An expression without columns, evaluated and brought to a column's type by the rules of INSERT VALUES. The
 * value lives in
 * the arena. Error: "Expected type INTEGER for field `ID` but got STRING('abc')". */
Status bind_literal_to(Arena *a, const Expr *e, Str column, const Type *to, TypeLookup *lookup, void *arg,
                       Effects *fx,
                       Value *out, Err *err) MUST_CHECK;

/* The arguments of a call: bound over sc, the overload picked, casts added. args has call->list.n places.
 * For aggregates, F(*)
 * and F() take ROWTIME of the scope; init arguments stay in place as constants. */
typedef struct BoundCall {
    const Overload *overload;
    const Type *result;
    int nargs;
    const TExpr **args;
} BoundCall;
Status bind_call(Arena *a, const Scope *sc, const Expr *call, const Function *f, BoundCall *out,
                 Err *err) MUST_CHECK;

#endif
