// SPDX-License-Identifier: Apache-2.0
// Session: one user's properties and variables, and the statements he runs.
//
// What a statement answers is one of
//   an entity   a JSON object with ksqlDB's members (page 08 §8.5: "@type", "statementText", …), which a
//               server sends as it is and the shell prints as a table or as JSON;
//   a stream    rows (SELECT) or lines of text (PRINT) that come until it ends or is closed;
//   nothing     INSERT VALUES, SET, UNSET, DEFINE, UNDEFINE.
// A session is used by one thread at a time; many sessions share an engine.
#ifndef SLUICE_RUNTIME_SESSION_H
#define SLUICE_RUNTIME_SESSION_H

#include <jansson.h>

#include "base/map.h"

#include "runtime/engine.h"
#include "sql/ast.h"

typedef struct Session Session;
typedef struct RowStream RowStream;

typedef struct Answer {
    json_t *entity;    /* new reference, or NULL */
    RowStream *stream; /* new, or NULL */
    char *message;     /* new; a line for the user of a shell ("Successfully changed local property …"), or NULL */
} Answer;

Session *session_new(Engine *e);
void session_free(Session *s);

/* Session properties ('auto.offset.reset' …) as SET does it: checked by name and value. */
Status session_set(Session *s, Str name, Str value, Err *err) MUST_CHECK;
/* Session variables for ${…}: upper-case name -> char *value. */
StrMap *session_variables(Session *s);

/* Runs one parsed statement. Everything of `out` belongs to the caller (answer_clear). RUN SCRIPT is run by the caller.
 * @thread any, one at a time per session */
Status session_run(Session *s, const Stmt *st, Answer *out, Err *err) MUST_CHECK;
void answer_clear(Answer *a);

/* Completion: names of a kind that start with prefix (case folded): 's' sources, 't' topics, 'q' query ids, 'p' properties, 'f'
 * functions, 'c' columns of any source. Calls fn for each. */
void session_names(Session *s, char kind, Str prefix, void (*fn)(void *arg, Str name), void *arg);

/* ---- streams of rows --------------------------------------------------------------------------- */

typedef enum StreamEvent {
    STREAM_ROW,   /* a row, or a line */
    STREAM_IDLE,  /* nothing came within the time */
    STREAM_END,   /* it ended; rowstream_final says why */
    STREAM_ERROR, /* it failed; err is set */
} StreamEvent;

typedef struct StreamRow {
    const Value *values; /* one a column; NULL for a stream of lines */
    bool tombstone;      /* a deletion: key columns only */
    Str line;
} StreamRow;

/* The result's columns: STRUCTs and all. ROLE_KEY marks keys of a pull query's header. NULL for a stream of lines. */
const Schema *rowstream_schema(const RowStream *rs);
/* "transient_X_123", "query_123"; "" for PRINT. */
Str rowstream_query_id(const RowStream *rs);
bool rowstream_is_pull(const RowStream *rs);
/* Waits up to timeout_ms (-1: without end; 0: not at all) for the next row, borrowed until the next call. Under simulated effects
 * it steps the engine itself and answers STREAM_IDLE when there is nothing left to do. */
StreamEvent rowstream_next(RowStream *rs, int timeout_ms, StreamRow *row, Err *err);
/* "Limit Reached", "Query Completed", or "" */
const char *rowstream_final(const RowStream *rs);
/* Makes a waiting rowstream_next return STREAM_END soon. @thread any, and signal handlers */
void rowstream_cancel(RowStream *rs);
/* Ends the query and frees; NULL is ignored. */
void rowstream_close(RowStream *rs);

#endif
