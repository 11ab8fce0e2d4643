// SPDX-License-Identifier: Apache-2.0
// The contract between expressions and functions: rows of tables with signature, code, example.
//
// func/ fills the tables, expr/ runs what they point to; neither includes the other.
//
// A scalar function has one of two bodies:
//   row     one call a row on Values; simple, for most functions
//   kernel  one call a batch on columns; for what is hot
// A failing row calls func_fail: its result becomes NULL, and the reason goes to the processing
// log. Functions are pure but for FUNC_VOLATILE ones, and may run on any thread.
#ifndef SLUICE_TYPES_FUNCTION_H
#define SLUICE_TYPES_FUNCTION_H

#include "types/batch.h"

typedef struct FuncCtx FuncCtx;

/* What a running function may use. */
struct FuncCtx {
    Arena *arena;            /* results live here: the batch's arena */
    const Type *const *types;/* of the arguments */
    const Type *result;      /* of the result */
    void *memo;              /* FuncRow.prepare's product for constant arguments; NULL without */
    /* Runs a lambda argument: set by expr/. */
    bool (*call_lambda)(FuncCtx *c, const void *lambda, const Value *args, int n, Value *out);
    /* Set by the evaluator; use func_fail. */
    bool failed;
    const char *reason;      /* in arena or static */
    int64_t now_ms;          /* the clock effect's time at the start of the batch */
    uint64_t (*random)(void *arg);
    void *random_arg;
};

/* Marks the current row as failed; returns false, so that `return func_fail(…)` reads well in helpers. */
bool func_fail(FuncCtx *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Whether a value of n bytes (of text, or of an array's elements) may be made; else the row fails. Asked before the memory is
 * taken. LIMIT_VALUE_BYTES, LIMIT_BATCH_BYTES. */
bool func_room(FuncCtx *c, uint64_t n);
/* The reason why not; NULL: it may. */
const char *value_too_large(const Arena *a, uint64_t n);

typedef void FuncRowFn(FuncCtx *c, const Value *args, int nargs, Value *out);
/* rows: the n row numbers to compute; out's data is allocated, and out's bitmap all set. */
typedef void FuncKernelFn(FuncCtx *c, const Column *args, int nargs, Column *out, const uint16_t *rows,
                          int n);

enum FuncFlag {
    FUNC_STRICT = 1,   /* NULL if any argument is NULL: the body is not called then */
    FUNC_VOLATILE = 2, /* not a constant even on constant arguments */
    FUNC_PRIMITIVE = 4,/* NULL argument = failure (the `!` of page 06) */
};

/* One overload. signature: "NAME(T1, T2...) -> R": the last parameter may end in "..." (variadic); single
 * capital letters are type variables; DECIMAL without numbers is any decimal, bound by `result`.
 * example: an expression without columns; expected: what the shell prints for it. */
typedef struct FuncRow {
    const char *signature;
    int flags;
    FuncRowFn *row;
    FuncKernelFn *kernel;
    /* The result type where the signature's does not say it all (DECIMAL(p,s) arithmetic); NULL = from the
     * signature. It may give NULL: DECIMALs of different scale are not supported yet. */
    const Type *(*result)(Arena *a, const Type *const *args, int nargs);
    const char *category;    /* "STRING", "MATHEMATICAL" … as SHOW FUNCTIONS groups them */
    const char *params;      /* parameter names, comma-separated */
    const char *description;
    const char *example, *expected;
} FuncRow;

/* ---- aggregates ------------------------------------------------------------------------------ */

typedef struct AggCtx {
    Arena *arena;             /* results of `result`; scratch */
    const Type *const *types; /* of the column arguments */
    int nargs;
    const Value *init;        /* the literal init arguments */
    int ninit;
    const Type *result;
    int64_t limit;            /* most elements to keep: ksql.functions.<name>.limit; -1 = all */
    const char *reason;       /* set by agg_fail */
    bool failed;
} AggCtx;

bool agg_fail(AggCtx *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The state of one group is `size` bytes in the hot table, moved by memcpy, zeroed before init. What it
 * points to is on the heap and owned by it (drop). Fixed-size states need no drop, save or load: their
 * bytes are saved as they are (so no padding may hold anything, and the layout is PERSISTED v1).
 * Rows come one call a row: add on insert and update-after, undo on update-before and delete. */
typedef struct AggRow {
    /* Column arguments; init arguments after a semicolon: "TOPK(T; INT) -> ARRAY<T>". */
    const char *signature;
    int flags;
    int size;
    /* What is wrong with the init arguments, or NULL; NULL = nothing can be. */
    const char *(*check)(const Value *init);
    void (*init)(AggCtx *c, void *state);
    void (*add)(AggCtx *c, void *state, const Value *args);
    void (*undo)(AggCtx *c, void *state, const Value *args);       /* NULL: not on tables */
    void (*merge)(AggCtx *c, void *state, const void *other);      /* sessions */
    void (*result_of)(AggCtx *c, const void *state, Value *out);
    void (*save)(AggCtx *c, const void *state, Buf *out);          /* NULL: fixed size */
    bool (*load)(AggCtx *c, void *state, Rd *in);
    void (*drop)(AggCtx *c, void *state);
    const Type *(*result)(Arena *a, const Type *const *args, int nargs);
    /* A state as the value that a changelog topic holds of it, ksqlDB's own (page 06 §6.2, State). args: of the columns. What
     * export_of gives is in c->arena or borrowed from the state. import: into a state that was just initialised; false when
     * the value cannot be one (NULL is: the state of ksqlDB's that has seen nothing). */
    const Type *(*intermediate)(Arena *a, const Type *const *args, int nargs); /* NULL: the result's type */
    void (*export_of)(AggCtx *c, const void *state, Value *out);               /* NULL: result_of */
    bool (*import)(AggCtx *c, void *state, const Value *v);
    /* Fast path: adds column `args` of the batch's rows into states[k] for rows[k]; NULL = add row by row. */
    void (*add_rows)(AggCtx *c, void *const *states, size_t at, const Column *args, const uint16_t *rows,
                     int n);
    const char *params, *description;
    /* example: "1, 2, NULL => SUM" style: the inputs, comma-separated, one column. */
    const char *example, *expected;
} AggRow;

#endif
