// SPDX-License-Identifier: Apache-2.0
// RowStream: see stream.h. A push query's worker stops reading while LIMIT_PUSH_QUEUE rows or QUEUE_BYTES
// wait; a pull query's rows are all there before the first is read.
#include <errno.h>
#include <time.h>

#include "runtime/stream.h"

enum { QUEUE_BYTES = 16 << 20, READING_KEPT = 1 << 20 };

RowStream *rowstream_new(Engine *e, const Schema *schema, int64_t limit)
{
    RowStream *rs = mem_zalloc(sizeof *rs);
    rs->e = e;
    rs->simulated = e->fx->simulated;
    rs->arena = arena_new(1024);
    rs->row_arena = arena_new(1024);
    rs->limit = limit;
    rs->final = "";
    pthread_mutex_init(&rs->mu, NULL);
    wait_init(&rs->cond);
    if (schema) {
        rs->schema = schema_new(rs->arena, schema->cols, schema->n, true);
        rs->row = ARENA_ARRAY(rs->arena, Value, schema->n);
    }
    pthread_mutex_lock(&e->mu);
    vec_add(&e->streams, rs);
    pthread_mutex_unlock(&e->mu);
    return rs;
}

/* Out of its engine's list. */
static void leave(RowStream *rs)
{
    Engine *e = rs->e;
    pthread_mutex_lock(&e->mu);
    for (int i = 0; i < e->streams.n; i++)
        if (e->streams.v[i] == rs) {
            vec_remove(&e->streams, i);
            break;
        }
    pthread_mutex_unlock(&e->mu);
}

static void put_row(RowStream *rs, const Batch *b, int row, bool tombstone)
{
    buf_byte(&rs->filling, tombstone ? 1 : 0);
    for (int c = 0; c < rs->schema->n; c++) {
        bool hidden = tombstone && !(rs->is_key && rs->is_key[c]);
        Value v = hidden ? value_null() : column_get(&b->cols[c], row);
        value_save(&rs->filling, rs->schema->cols[c].type, &v);
    }
    rs->queued++;
    rs->taken_in++;
}

static void end_locked(RowStream *rs, const char *final)
{
    if (!rs->ended)
        rs->final = final;
    rs->ended = true;
    pthread_cond_broadcast(&rs->cond);
}

bool rowstream_take(void *arg, const Batch *b)
{
    RowStream *rs = arg;
    pthread_mutex_lock(&rs->mu);
    for (int i = 0; i < b->nsel && !rs->ended; i++) {
        int row = batch_row(b, i);
        RowKind kind = batch_kind(b, row);
        if (kind == ROW_UPDATE_BEFORE)
            continue;
        if (rs->limit >= 0 && rs->taken_in >= rs->limit)
            break;
        if (kind != ROW_DELETE && (batch_flags(b, row) & ROW_VALUE_NULL))
            continue; /* a stream's record without a value is no row */
        if (rs->is_pull && rs->taken_in >= LIMIT_PULL_ROWS) {
            err_set(&rs->err, ERR_LIMIT, "A pull query answers at most %d rows; a WHERE or a LIMIT makes them fewer",
                    LIMIT_PULL_ROWS);
            end_locked(rs, "");
            break;
        }
        put_row(rs, b, row, kind == ROW_DELETE);
    }
    if (rs->limit >= 0 && rs->taken_in >= rs->limit)
        end_locked(rs, rs->is_pull ? "" : "Limit Reached"); /* ksqlDB says it of streams alone */
    bool more = !rs->ended;
    pthread_cond_broadcast(&rs->cond);
    pthread_mutex_unlock(&rs->mu);
    return more;
}

bool rowstream_room(void *arg)
{
    RowStream *rs = arg;
    pthread_mutex_lock(&rs->mu);
    bool room = !rs->ended && rs->queued < LIMIT_PUSH_QUEUE && rs->filling.n < QUEUE_BYTES;
    pthread_mutex_unlock(&rs->mu);
    return room;
}

void rowstream_ended(void *arg, const char *final, Err *err)
{
    RowStream *rs = arg;
    pthread_mutex_lock(&rs->mu);
    if (err && err->code && !rs->err.code)
        err_set(&rs->err, err->code, "%s", err->msg);
    end_locked(rs, final);
    pthread_mutex_unlock(&rs->mu);
}

const Schema *rowstream_schema(const RowStream *rs) { return rs->schema; }
Str rowstream_query_id(const RowStream *rs) { return rs->query_id; }
bool rowstream_is_pull(const RowStream *rs) { return rs->is_pull; }
const char *rowstream_final(const RowStream *rs) { return rs->final; }

void rowstream_cancel(RowStream *rs)
{
    __atomic_store_n(&rs->cancelled, true, __ATOMIC_RELEASE);
}

static bool cancelled(const RowStream *rs) { return __atomic_load_n(&rs->cancelled, __ATOMIC_ACQUIRE); }

/* The next row of `reading`. */
static bool read_row(RowStream *rs, StreamRow *row)
{
    if (rs->rd.p == rs->rd.end)
        return false;
    arena_reset(rs->row_arena);
    row->tombstone = rd_u8(&rs->rd) != 0;
    for (int c = 0; c < rs->schema->n; c++)
        rs->row[c] = value_load(&rs->rd, rs->row_arena, rs->schema->cols[c].type);
    BUG_IF(rs->rd.bad);
    row->values = rs->row;
    row->line = (Str){NULL, 0};
    return true;
}

/* Takes over what was queued; true when there was something. Under mu. */
static bool swap(RowStream *rs)
{
    if (!rs->filling.n)
        return false;
    Buf b = rs->reading;
    rs->reading = rs->filling;
    buf_clear(&b);
    if (b.cap > READING_KEPT)
        buf_free(&b);
    rs->filling = b;
    rs->queued = 0;
    rs->rd = rd_of(buf_view(&rs->reading));
    return true;
}

/* Waits at most ms (at most 100, so that a cancel from a signal handler is seen). Under mu. */
static void wait_some(RowStream *rs, int64_t ms)
{
    struct timespec until = wait_until(ms < 100 ? ms : 100);
    pthread_cond_timedwait(&rs->cond, &rs->mu, &until);
}

static StreamEvent event_locked(RowStream *rs, Err *err)
{
    if (cancelled(rs))
        return STREAM_END;
    if (!rs->ended)
        return STREAM_IDLE;
    if (!rs->err.code)
        return STREAM_END;
    err_set(err, rs->err.code, "%s", rs->err.msg);
    return STREAM_ERROR;
}

/* Simulated effects: the engine is stepped by whoever waits for it. */
static StreamEvent next_stepping(RowStream *rs, StreamRow *row, Err *err)
{
    for (;;) {
        if (read_row(rs, row))
            return STREAM_ROW;
        if (swap(rs))
            continue;
        StreamEvent ev = event_locked(rs, err);
        if (ev != STREAM_IDLE || !runtime_step(rs->e))
            return ev;
    }
}

StreamEvent rowstream_next(RowStream *rs, int timeout_ms, StreamRow *row, Err *err)
{
    if (rs->printer)
        return printer_next(rs->printer, rs, timeout_ms, row, err);
    if (rs->simulated)
        return next_stepping(rs, row, err);
    int64_t left = timeout_ms < 0 ? INT64_MAX : timeout_ms;
    for (;;) {
        if (cancelled(rs))
            return STREAM_END;
        if (read_row(rs, row))
            return STREAM_ROW;
        pthread_mutex_lock(&rs->mu);
        bool more = swap(rs);
        StreamEvent ev = more ? STREAM_ROW : event_locked(rs, err);
        /* The worker may have stopped reading: there is room again. */
        for (int i = 0; more && rs->q && i < rs->q->ntasks; i++)
            worker_poke(rs->q->tasks[i]->w);
        if (!more && ev == STREAM_IDLE && left > 0) {
            wait_some(rs, left);
            left = left == INT64_MAX ? left : left < 100 ? 0 : left - 100;
            pthread_mutex_unlock(&rs->mu);
            continue;
        }
        pthread_mutex_unlock(&rs->mu);
        if (!more)
            return ev;
    }
}

void rowstream_orphan(RowStream *rs)
{
    leave(rs);
    pthread_mutex_lock(&rs->mu);
    RunQuery *q = rs->q;
    rs->q = NULL;
    rs->e = NULL;
    if (!rs->ended)
        err_set(&rs->err, ERR_CANCELLED, "The engine was closed.");
    end_locked(rs, "");
    pthread_mutex_unlock(&rs->mu);
    if (q) {
        query_stop(q);
        query_free(q);
    }
}

void rowstream_close(RowStream *rs)
{
    if (!rs)
        return;
    if (rs->e)
        leave(rs);
    if (rs->q) {
        pthread_mutex_lock(&rs->mu);
        end_locked(rs, rs->final);
        pthread_mutex_unlock(&rs->mu);
        query_stop(rs->q);
        query_free(rs->q);
    }
    printer_free(rs->printer);
    pthread_mutex_destroy(&rs->mu);
    pthread_cond_destroy(&rs->cond);
    buf_free(&rs->filling);
    buf_free(&rs->reading);
    err_clear(&rs->err);
    arena_free(rs->row_arena);
    arena_free(rs->arena);
    mem_free(rs);
}
