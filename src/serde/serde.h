// SPDX-License-Identifier: Apache-2.0
// Serde: record bytes to columns and back, for keys and for values.
//
// A Reader and a Writer are compiled once for (format, columns, wrapping) and then used by one
// thread; they own scratch memory and allocate nothing per record (strings without escapes are
// views into the record's bytes, which must live as long as the batch). No JSON tree is built.
//
// A record that cannot be read marks its row in the batch's error set and is taken out of the
// row list; the others go on. Rules: page 07 of the ksqlDB reference.
#ifndef SLUICE_SERDE_SERDE_H
#define SLUICE_SERDE_SERDE_H

#include "types/batch.h"

typedef enum Format {
    FORMAT_NONE, FORMAT_KAFKA, FORMAT_JSON, FORMAT_DELIMITED, FORMAT_AVRO, FORMAT_PROTOBUF, FORMAT_PROTOBUF_NOSR,
    FORMAT_JSON_SR, FORMATS
} Format;

enum FormatFlag {
    FORMAT_IS_KEY = 1,
    FORMAT_IS_VALUE = 2,
    FORMAT_MULTI_KEY = 4,      /* more than one key column */
    FORMAT_CAN_WRAP = 8,       /* a single column in an envelope */
    FORMAT_CAN_UNWRAP = 16,
    FORMAT_NEEDS_REGISTRY = 32,
    FORMAT_INFERS = 64,
    FORMAT_IMPLEMENTED = 128,  /* not set: statements using it answer "not supported yet: …" */
};

typedef struct FormatInfo {
    const char *name;
    int flags;
} FormatInfo;

const FormatInfo *format_info(Format f);
/* Case-insensitive; false when unknown. */
bool format_by_name(Str name, Format *out);

typedef enum Wrapping { WRAP_DEFAULT, WRAP_SINGLES, UNWRAP_SINGLES } Wrapping;

/* Everything that decides the bytes of one side (key or value) of a topic's records. */
typedef struct SerdeSpec {
    Format format;
    bool is_key;
    Wrapping wrapping;        /* the effective feature; WRAP_DEFAULT = the format has no choice (page 07 §7.3) */
    char delimiter;           /* DELIMITED; 0 = ',' */
    Str topic;                /* for messages */
    int ncols;
    const ColumnDef *cols;    /* borrowed: key columns, or value columns, in order */
    bool has_window;          /* keys: window bounds follow the key's bytes */
    bool window_is_session;
    int64_t window_size;      /* ms, for the end of time windows */
} SerdeSpec;

/* Whether the format can hold the columns. Message as ksqlDB's: "Key format does not support schema.\nformat: …". */
Status serde_check(const SerdeSpec *spec, Err *err) MUST_CHECK;

/* ---- reading ----------------------------------------------------------------------------------- */

typedef struct Reader Reader;

/* One record's key or value; p == NULL is null. */
typedef struct Bytes {
    const char *p;
    int64_t n;
} Bytes;

/* new; spec is copied. The arena holds what must outlive the call.
 * wanted: one flag per column of the spec, NULL = all. A column not wanted is judged, not kept: a record is bad or good
 * whatever is wanted of it. */
Status reader_new(const SerdeSpec *spec, const bool *wanted, Reader **out, Err *err) MUST_CHECK;
void reader_free(Reader *r);

/* Reads in[rows[i]] for the n rows into b->cols[first_col + column], for rows numbered as in `rows`.
 * A null payload sets the row's columns NULL and the flag ROW_KEY_NULL / ROW_VALUE_NULL in b->flags (must be allocated).
 * A row that fails is marked (batch_fail, stage ROWERR_DESERIALIZE_…) and left out of keep[]; returns the number kept.
 * rows and keep may be the same array. Columns that meet a NULL get a validity bitmap. Windowed keys fill win_start/win_end. */
int reader_read(Reader *r, const Bytes *in, const uint16_t *rows, int n, Batch *b, int first_col, uint16_t *keep);

/* ---- writing ----------------------------------------------------------------------------------- */

typedef struct Writer Writer;

Status writer_new(const SerdeSpec *spec, Writer **out, Err *err) MUST_CHECK;
void writer_free(Writer *w);

typedef enum WriteResult { WRITE_BYTES, WRITE_NULL, WRITE_FAILED } WriteResult;

/* Appends the bytes of one row to `out`: columns cols[0 … ncols-1] at `row`. all_null: the row as a whole is null (a tombstone, a
 * null key): WRITE_NULL. For windowed keys win holds start and end. WRITE_FAILED (a key or value
 * over LIMIT_RECORD_BYTES): *why (static or in the writer until the next call). */
WriteResult writer_write(Writer *w, const Column *const *cols, int row, const int64_t win[2], Buf *out, const char **why);

#endif
