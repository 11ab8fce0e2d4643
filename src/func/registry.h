// SPDX-License-Identifier: Apache-2.0
// The function registry: all rows of scalar/ and aggregate/, signatures parsed once at start-up.
//
// Immutable after functions_init; any thread. Rules of overload resolution and messages: page 06 §6.0.
#ifndef SLUICE_FUNC_REGISTRY_H
#define SLUICE_FUNC_REGISTRY_H

#include "types/cast.h"
#include "types/function.h"

typedef enum FunctionKind { FUNCTION_SCALAR, FUNCTION_AGGREGATE, FUNCTION_TABLE } FunctionKind;

typedef struct Param {
    const char *name;
    const Type *type; /* KIND_GENERIC, KIND_ANY, bare KIND_DECIMAL (precision 0) … */
} Param;

typedef struct Overload {
    const FuncRow *scalar;    /* one of the two */
    const AggRow *aggregate;
    int nparams;              /* a variadic one counts once */
    int ninit;                /* AGGREGATE: of these, how many trailing ones are literal init arguments */
    int variadic;             /* index of the variadic parameter, -1 = none */
    const Param *params;
    const Type *result;
} Overload;

typedef struct Function {
    Str name;       /* as registered, e.g. "Abs"; found without case */
    FunctionKind kind;
    const char *category;
    int noverloads;
    const Overload *overloads;
} Function;

/* Once, before any thread starts; a malformed row is a BUG. */
void functions_init(void);
const Function *function_find(Str name); /* NULL when unknown */
/* A function of ksqlDB that is not here yet: callers say "not supported yet", not "unknown". */
bool function_unsupported(Str name);
/* In upper-case name order; NULL after the last. */
const Function *function_at(int i);

typedef struct Resolved {
    const Overload *overload;
    const Type *result;
    const Type **args; /* the type that each argument must be cast to */
} Resolved;

/* Picks the overload for the argument types (TYPE_NULL = a NULL literal; KIND_LAMBDA fits a lambda parameter
 * of that arity).
 * In the arena. Errors: "Function 'x' does not accept parameters (…)" with the alternatives; ambiguous. */
Status function_resolve(const Function *f, Arena *a, const Type *const *args, int n, Resolved *out,
                        Err *err) MUST_CHECK;

/* Nearest known name for a hint, or NULL. */
const char *function_nearest(Str name);

/* DESCRIBE FUNCTION's text parts and docs/functions.md. */
void overload_print(Buf *out, const Function *f, const Overload *o); /* NAME(a INT, b VARCHAR[]) */
/* A parameter's or result's type by its SQL name: VARCHAR, INT, ARRAY<VARCHAR>, T. */
void param_print(Buf *out, const Type *t);
void functions_markdown(Buf *out);

#endif
