// SPDX-License-Identifier: Apache-2.0
// Inside serde/: what the formats share. Nobody outside this folder includes it.
//
// serde.c owns the loop over records: null payloads, window bounds and the list of rows that were
// kept. A format's reader sees one payload that is not null, and stores it into columns or says
// why it cannot. A format's writer appends one row. Both are reached through an ops table, as a
// Reader or Writer that stands first in the format's own struct.
//
// The scratch buffers belong to the reader or writer; what must live as long as the batch is
// copied into the batch's arena. One thread at a time.
#ifndef SLUICE_SERDE_INTERNAL_H
#define SLUICE_SERDE_INTERNAL_H

#include "serde/serde.h"

/* The largest value of TIME that formats take: one ms past the last of the day, as ksqlDB. */
enum { TIME_MAX_MS = 86400000 };
#define TIME_RANGE_TEXT "Time values must use number of milliseconds greater than 0 and less than 86400000."

typedef struct ReaderOps {
    /* Stores one payload into b->cols[first_col …] at row. False: r->why holds the whole message. */
    bool (*read)(Reader *r, Str payload, Batch *b, int first_col, int row);
    void (*free)(Reader *r); /* the format's own memory, not the Reader's; may be NULL */
} ReaderOps;

struct Reader {
    const ReaderOps *ops;
    SerdeSpec spec;   /* in arena */
    const bool *want; /* one flag per column */
    Arena *arena;
    Buf why;
    VEC(Str) causes; /* what `why` wraps, outermost first; in the batch's arena */
};

typedef struct WriterOps {
    WriteResult (*write)(Writer *w, const Column *const *cols, int row, Buf *out);
    void (*free)(Writer *w);
} WriterOps;

struct Writer {
    const WriterOps *ops;
    SerdeSpec spec; /* in arena */
    Arena *arena;
    Buf why;
};

/* Each: new, with the format's part set up; spec and want are already in `a` and outlive the object. */
Reader *json_reader_new(Arena *a, const SerdeSpec *spec, const bool *want);
Writer *json_writer_new(Arena *a, const SerdeSpec *spec);
Reader *kafka_reader_new(Arena *a, const SerdeSpec *spec);
Writer *kafka_writer_new(Arena *a, const SerdeSpec *spec);
Reader *none_reader_new(Arena *a);
Writer *none_writer_new(Arena *a);
Reader *delimited_reader_new(Arena *a, const SerdeSpec *spec);
Writer *delimited_writer_new(Arena *a, const SerdeSpec *spec);

/* Sets r->why; returns false. */
bool reader_fail(Reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* One more cause below the last; copied into the batch's arena. Of one record that fails. */
void reader_cause(Reader *r, const Batch *b, Str message);
static inline const char *serde_side(const SerdeSpec *spec) { return spec->is_key ? "key" : "value"; }
/* The single column stands without an envelope. */
bool serde_unwrapped(const SerdeSpec *spec);

/* A NULL in a column; its data become harmless zeros. */
void cell_null(Batch *b, Column *c, int row);
/* A stored cell of a column that may have a bitmap. */
static inline void cell_set(Column *c, int row)
{
    if (__builtin_expect(c->valid != NULL, 0))
        bit_set(c->valid, row);
}
static inline View view_of(const char *p, size_t n) { return (View){p, (uint32_t)n, 0}; }

/* BigDecimal.toString of a decimal: plain, or with an exponent when it is tiny. */
void text_big_decimal(Buf *out, i128 unscaled, int scale);
/* The digits of a number, as Java writes them. */
void text_i64(Buf *out, int64_t v);
/* Text into DECIMAL(p, s) without rounding; on failure *why gets ksqlDB's message for `s`. */
bool decimal_read(Str s, const Type *t, i128 *out, Buf *why);

#endif
