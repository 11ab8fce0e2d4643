// SPDX-License-Identifier: Apache-2.0
// Sink: rows to records of a topic, in the open unit of work. Two uses:
//
//   SINK         the source that the query makes: a delete becomes a tombstone; an update-before is not written
//   REPARTITION  an internal topic by the new key; a table's changes as change.h has them, an update's two halves in
//                one record
//
// The partition is the one Kafka's default partitioner gives for the key's bytes; a record without key
// stays in its partition's number modulo the topic's count, which keeps its order.
#include "exec/change.h"
#include "exec/op.h"

typedef struct OpSink {
    Op op;
    Writer *key, *value;
    const Column **cols; /* scratch: the schema's columns of the batch in hand */
    Buf key_bytes, value_bytes;
    Buf before, change;  /* changes: an update's first half, until its second one comes; the record's value */
    bool has_before;     /* the first half could be written */
} OpSink;

static bool failed(OpSink *s, const char *where, RowErrorStage stage, const Batch *b, int row, const char *why)
{
    op_row_failed(&s->op, where, stage, b, row, str_of(why));
    return false;
}

/* The format could not write the key or the value. */
static bool not_serialized(OpSink *s, RowErrorStage stage, const Batch *b, int row, const char *why)
{
    Str cause = str_of(why);
    const RowError e = {
        .row = (uint16_t)row,
        .stage = stage,
        .message = arena_strf(b->arena, "Error serializing message to topic: %.*s. %s", STR_ARG(s->op.node->topic), why),
        .ncauses = 1,
        .causes = &cause,
    };
    s->op.stats.row_errors++;
    s->op.env->log(s->op.env->log_arg, "Sink.serializer", &e, b);
    return false;
}

/* The record's key and value; false: the row cannot be written, and was logged. */
static bool make_record(OpSink *s, const Batch *b, int row, bool is_delete, Record *r)
{
    const PNode *node = s->op.node;
    const char *why = NULL;
    int flags = batch_flags(b, row);
    buf_clear(&s->key_bytes);
    buf_clear(&s->value_bytes);
    if (node->nkeys && !(flags & ROW_KEY_NULL)) {
        WriteResult w = writer_write(s->key, s->cols, row, NULL, &s->key_bytes, &why);
        if (w == WRITE_FAILED)
            return not_serialized(s, ROWERR_SERIALIZE_KEY, b, row, why);
        if (w == WRITE_BYTES) {
            r->key = s->key_bytes.p ? s->key_bytes.p : "";
            r->key_len = (int32_t)s->key_bytes.n;
        }
    }
    if (is_delete || (flags & ROW_VALUE_NULL))
        return true;
    WriteResult w = writer_write(s->value, s->cols + node->nkeys, row, NULL, &s->value_bytes, &why);
    if (w == WRITE_FAILED)
        return not_serialized(s, ROWERR_SERIALIZE_VALUE, b, row, why);
    if (w == WRITE_BYTES) {
        r->value = s->value_bytes.p ? s->value_bytes.p : "";
        r->value_len = (int32_t)s->value_bytes.n;
    }
    return true;
}

/* The record's timestamp; false: the sink's TIMESTAMP column has none that can be written, and it was logged. */
static bool event_time(OpSink *s, const Batch *b, int row, int64_t *ts)
{
    int c = s->op.node->timestamp_column;
    *ts = b->ts[row];
    if (c < 0 || batch_kind(b, row) == ROW_DELETE || (batch_flags(b, row) & ROW_VALUE_NULL))
        return true;
    if (column_is_null(&b->cols[c], row))
        return failed(s, "Sink", ROWERR_EVALUATE, b, row, "Failed to extract timestamp from row: the column is null");
    *ts = column_get(&b->cols[c], row).d.l;
    return *ts >= 0 || failed(s, "Sink", ROWERR_EVALUATE, b, row, "Failed to extract timestamp from row: it is negative");
}

static Bytes bytes_of(const Buf *b) { return (Bytes){b->p ? b->p : "", (int64_t)b->n}; }

/* The row's value becomes a change, unless the record waits for its second half; that of a half that could not be written is left
 * out too: alone it would count twice, or take out what never was in. */
static bool make_change(OpSink *s, RowKind kind, Record *r)
{
    Change c = {.after = bytes_of(&s->value_bytes)};
    if (kind == ROW_UPDATE_BEFORE) {
        buf_clear(&s->before);
        buf_str(&s->before, buf_view(&s->value_bytes));
        s->has_before = true;
        return false;
    }
    if (kind == ROW_DELETE)
        c = (Change){.before = c.after};
    if (kind == ROW_UPDATE_AFTER) {
        if (!s->has_before)
            return false;
        c.before = bytes_of(&s->before);
        s->has_before = false;
    }
    buf_clear(&s->change);
    change_write(&s->change, &c);
    r->value = s->change.p;
    r->value_len = (int32_t)s->change.n;
    return true;
}

static void write_row(OpSink *s, const Batch *b, int row)
{
    const PNode *node = s->op.node;
    OpEnv *env = s->op.env;
    RowKind kind = batch_kind(b, row);
    if (kind == ROW_UPDATE_BEFORE) {
        if (!node->changes)
            return;
        s->has_before = false;
    }
    Record r = {0};
    if (!event_time(s, b, row, &r.ts) || !make_record(s, b, row, kind == ROW_DELETE && !node->changes, &r))
        return;
    if (node->changes && !make_change(s, kind, &r))
        return;
    if (b->headers)
        r.headers = b->headers[row];
    int partition = r.key ? partition_of((Str){r.key, (size_t)r.key_len}, node->partitions) : b->partition % node->partitions;
    unit_append(env->unit, node->topic, env->single_partition ? 0 : partition, &r);
    s->op.stats.rows_out++;
}

static Status on_batch(Op *op, const Batch *b, Err *err)
{
    OpSink *s = (OpSink *)op;
    UNUSED(err);
    for (int c = 0; c < b->schema->n; c++)
        s->cols[c] = &b->cols[c];
    for (int i = 0; i < b->nsel; i++)
        write_row(s, b, batch_row(b, i));
    return OK;
}

static void close_sink(Op *op)
{
    OpSink *s = (OpSink *)op;
    writer_free(s->key);
    writer_free(s->value);
    buf_free(&s->key_bytes);
    buf_free(&s->value_bytes);
    buf_free(&s->before);
    buf_free(&s->change);
}

static const OpClass class = {.name = "sink", .on_batch = on_batch, .close = close_sink};

Status op_sink_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err)
{
    OpSink *s = ARENA_NEW(a, OpSink);
    s->op = (Op){.class = &class, .node = node, .env = env};
    s->cols = ARENA_ARRAY(a, const Column *, node->in->n);
    *out = &s->op;
    Status st = writer_new(&node->key, &s->key, err);
    return st ? st : writer_new(&node->value, &s->value, err);
}
