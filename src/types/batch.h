// SPDX-License-Identifier: Apache-2.0
// Batch: up to LIMIT_BATCH_ROWS rows (pairs count once) of one partition, in columns. What operators hand on.
//
//   rows      0 … n-1 are physical; the selection vector `sel` names the live ones, in order
//             (NULL = all). An operator never edits a batch it was given: it makes a new Batch
//             that may share columns (batch_share) and has its own selection.
//   columns   native arrays by type width; a validity bitmap (NULL = no nulls); `constant`
//             columns hold one element for all rows.
//   row meta  timestamp, offset, kind, flags, and headers where the source keeps them.
//   errors    rows that failed, with the reason; the operator decides, the task writes them to
//             the processing log.
//
// Memory: everything lives in the batch's arena, recycled by the worker that owns it. What must
// outlive the batch is copied by its owner. One thread at a time.
#ifndef SLUICE_TYPES_BATCH_H
#define SLUICE_TYPES_BATCH_H

#include "base/limits.h"
#include "types/value.h"

typedef struct Column {
    const Type *type;
    bool constant;   /* one element stands for every row */
    uint64_t *valid; /* bit per row, 1 = not NULL; NULL pointer = no nulls */
    union {
        void *data;
        bool *b;
        int32_t *i;
        int64_t *l;
        double *d;
        i128 *dec;
        View *s;
        const Array **arr;
        const Map **map;
        const Struct **st;
    };
} Column;

typedef enum RowKind {
    ROW_INSERT,        /* a stream's row; or a table's row whose key was not there */
    ROW_UPDATE_BEFORE, /* a table's row before a change; directly before its ROW_UPDATE_AFTER */
    ROW_UPDATE_AFTER,
    ROW_DELETE,        /* a table's row that went: its last values, or only its key (ROW_VALUE_NULL) */
} RowKind;

enum RowFlag {
    ROW_KEY_NULL = 1,   /* the record had no key */
    ROW_VALUE_NULL = 2, /* the record had no value: a stream's tombstone; all value columns are NULL */
};

/* Kafka record headers, in order. */
typedef struct Header {
    Str key;
    Str value; /* p == NULL: a null value */
} Header;

typedef struct Headers {
    int32_t n;
    const Header *h;
} Headers;

typedef enum RowErrorStage {
    ROWERR_DESERIALIZE_KEY,
    ROWERR_DESERIALIZE_VALUE,
    ROWERR_EVALUATE,
    ROWERR_SERIALIZE_KEY,
    ROWERR_SERIALIZE_VALUE,
} RowErrorStage;

typedef struct RowError {
    uint16_t row;
    RowErrorStage stage;
    Str message;       /* in the batch's arena or static */
    Str raw;           /* the bytes that could not be read; borrowed from the record; p == NULL: none */
    Str topic;         /* where raw comes from */
    int ncauses;
    const Str *causes; /* the messages that `message` wraps, outermost first; as message */
} RowError;

typedef struct ErrorSet {
    VEC(RowError) v; /* in the batch's arena */
    uint64_t total;  /* failures counted, also those past the cap on v */
} ErrorSet;

typedef struct Batch {
    const Schema *schema;
    Arena *arena;
    int32_t n;            /* physical rows */
    int32_t nsel;         /* live rows: n when sel is NULL */
    const uint16_t *sel;  /* rising row numbers */
    Column *cols;         /* schema->n of them; a column nobody wants has data == NULL */
    int32_t partition;
    int64_t *ts;          /* ms */
    int64_t *offset;
    uint8_t *kind;        /* RowKind; NULL = all ROW_INSERT */
    uint8_t *flags;       /* RowFlag bits; NULL = none set */
    const Headers *headers; /* NULL = none kept */
    int64_t *win_start, *win_end; /* windowed keys; NULL otherwise */
    ErrorSet *errors;     /* shared by all batches derived from one source batch */
} Batch;

/* new in the arena: room for n rows; columns with data allocated (not set) and no bitmap; ts and offset
 * allocated (not set). */
Batch *batch_new(Arena *a, const Schema *schema, int n);
/* new: a batch over the same rows and columns; the caller changes schema, cols, sel of the copy. */
Batch *batch_share(Arena *a, const Batch *b);
/* Allocates data for one column of n rows. */
void column_init(Arena *a, Column *c, const Type *t, int n);
/* A bitmap with all n bits set, when the column has none yet. */
void column_need_valid(Arena *a, Column *c, int n);
/* A constant column of one value (copied shallowly). */
Column column_constant(Arena *a, const Type *t, Value v);

static inline int batch_row(const Batch *b, int i) { return b->sel ? b->sel[i] : i; }
static inline bool bit_get(const uint64_t *bits, int i) { return (bits[i >> 6] >> (i & 63)) & 1; }
static inline void bit_set(uint64_t *bits, int i) { bits[i >> 6] |= (uint64_t)1 << (i & 63); }
static inline void bit_clear(uint64_t *bits, int i) { bits[i >> 6] &= ~((uint64_t)1 << (i & 63)); }
static inline bool column_is_null(const Column *c, int row)
{
    return c->valid && !bit_get(c->valid, c->constant ? 0 : row);
}
static inline RowKind batch_kind(const Batch *b, int row)
{
    return b->kind ? (RowKind)b->kind[row] : ROW_INSERT;
}
static inline int batch_flags(const Batch *b, int row) { return b->flags ? b->flags[row] : 0; }

/* One cell out of, or into, a column; `put` makes the bitmap where a NULL needs one. */
Value column_get(const Column *c, int row);
void column_put(Arena *a, Column *c, int nrows, int row, Value v);

/* Marks a row as failed: copies the message into the batch's arena; at most 1,000 are kept in detail. */
void batch_fail(Batch *b, int row, RowErrorStage stage, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same of an error that is put together: its message and causes are copied, raw and topic stay borrowed. */
void batch_fail_with(Batch *b, RowError e);

/* Text for tests, the checker and traces: one line a live row: kind, ts, cells. */
void batch_print(Buf *out, const Batch *b);

#endif
