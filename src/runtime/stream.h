// SPDX-License-Identifier: Apache-2.0
// The inside of RowStream: a queue between the worker that makes rows and the one who reads them.
#ifndef SLUICE_RUNTIME_STREAM_H
#define SLUICE_RUNTIME_STREAM_H

#include "runtime/internal.h"

typedef struct Printer Printer;

/* Rows wait as saved values in `filling`; the reader swaps it for the empty `reading` when that is used up. */
struct RowStream {
    Engine *e;           /* NULL: closed before the stream; guarded by mu while another thread may close it */
    Arena *arena;        /* schema, plan of a pull */
    bool simulated;      /* the engine's effects */
    const Schema *schema;
    const bool *is_key;  /* per column: shown in a tombstone */
    Str query_id;
    bool is_pull;
    int64_t limit;       /* -1: none */
    RunQuery *q;         /* push: runs until the stream is closed; as e */
    Printer *printer;    /* PRINT: reads topics in the reader's own thread, under mu */

    pthread_mutex_t mu;
    pthread_cond_t cond;
    Buf filling;         /* guarded by mu, as the next six */
    int64_t queued, taken_in;
    bool ended, cancelled;
    const char *final;
    Err err;

    Buf reading;         /* the reader's alone */
    Rd rd;
    Arena *row_arena;
    Value *row;
};

RowStream *rowstream_new(Engine *e, const Schema *schema, int64_t limit);
/* The engine is closing: ends the query, and the stream with an error; it can still be read and closed. */
void rowstream_orphan(RowStream *rs);
/* A RowTaker: puts the batch's live rows into the queue. @thread worker */
bool rowstream_take(void *arg, const Batch *b);
/* RunQuery.room and .ended. @thread worker */
bool rowstream_room(void *arg);
void rowstream_ended(void *arg, const char *final, Err *err);

/* print.c: the next line of a PRINT; as rowstream_next. */
StreamEvent printer_next(Printer *p, RowStream *rs, int timeout_ms, StreamRow *row, Err *err);
void printer_free(Printer *p);

#endif
