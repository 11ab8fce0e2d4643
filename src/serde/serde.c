// SPDX-License-Identifier: Apache-2.0
// Readers and writers of any format: what does not depend on the format.
//
//   windowed keys   key bytes, then    time window   start (8 bytes)             end = start + size
//   PERSISTED v1                       session       end (8 bytes), start (8 bytes)
// Numbers are big-endian, as Kafka Streams' WindowedSerdes write them. An empty payload of a
// windowed key is a null key.
#include "serde/internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "types/cast.h"

bool reader_fail(Reader *r, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_clear(&r->why);
    buf_cstr(&r->why, text);
    return false;
}

void cell_null(Batch *b, Column *c, int row)
{
    size_t width = (size_t)type_width(c->type);
    column_need_valid(b->arena, c, b->n);
    bit_clear(c->valid, row);
    memset((char *)c->data + width * (size_t)row, 0, width);
}

void reader_cause(Reader *r, const Batch *b, Str message) { vec_add(&r->causes, arena_str(b->arena, message)); }

bool decimal_read(Str s, const Type *t, i128 *out, Buf *why)
{
    bool overflow;
    i128 any;
    if (parse_decimal(s, t->precision, t->scale, false, out, &overflow))
        return true;
    if (overflow)
        buf_printf(why,
                   "Numeric field overflow: A field with precision %d and scale %d must round to an absolute "
                   "value less than 10^%d. Got %.*s",
                   t->precision, t->scale, t->precision - t->scale, STR_ARG(s));
    else if (parse_decimal(s, DECIMAL_MAX_PRECISION, t->scale, true, &any, &overflow) || overflow)
        buf_printf(why,
                   "Cannot fit decimal '%.*s' into DECIMAL(%d, %d) as it would require rounding. "
                   "Use CAST if you want to round.",
                   STR_ARG(s), t->precision, t->scale);
    return false;
}

/* A deep copy of the spec. */
static SerdeSpec spec_dup(Arena *a, const SerdeSpec *spec)
{
    SerdeSpec s = *spec;
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, spec->ncols + 1);
    for (int i = 0; i < spec->ncols; i++) {
        cols[i] = spec->cols[i];
        cols[i].name = arena_str(a, spec->cols[i].name);
        cols[i].type = type_dup(a, spec->cols[i].type);
    }
    s.cols = cols;
    s.topic = arena_str(a, spec->topic);
    s.delimiter = spec->delimiter ? spec->delimiter : ',';
    return s;
}

static Status check(const SerdeSpec *spec, Err *err)
{
    const FormatInfo *f = format_info(spec->format);
    if (!(f->flags & FORMAT_IMPLEMENTED))
        return err_set(err, ERR_UNSUPPORTED, "not supported yet: format %s", f->name);
    return serde_check(spec, err);
}

Status reader_new(const SerdeSpec *spec, const bool *wanted, Reader **out, Err *err)
{
    Status s = check(spec, err);
    if (s != OK)
        return s;
    Arena *a = arena_new(0);
    SerdeSpec *own = ARENA_NEW(a, SerdeSpec);
    bool *want = ARENA_ARRAY(a, bool, spec->ncols + 1);
    *own = spec_dup(a, spec);
    for (int i = 0; i < spec->ncols; i++)
        want[i] = !wanted || wanted[i];
    Reader *r;
    if (spec->is_key && spec->ncols == 0)
        r = none_reader_new(a); /* a key that nobody declared may be anything */
    else if (spec->format == FORMAT_JSON)
        r = json_reader_new(a, own, want);
    else if (spec->format == FORMAT_DELIMITED)
        r = delimited_reader_new(a, own);
    else if (spec->format == FORMAT_KAFKA && spec->ncols)
        r = kafka_reader_new(a, own);
    else
        r = none_reader_new(a);
    r->spec = *own;
    r->want = want;
    r->arena = a;
    *out = r;
    return OK;
}

void reader_free(Reader *r)
{
    if (!r)
        return;
    if (r->ops->free)
        r->ops->free(r);
    buf_free(&r->why);
    vec_free(&r->causes);
    arena_free(r->arena);
}

static int64_t be64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return (int64_t)__builtin_bswap64(v);
}

/* Takes the bounds off the end of a windowed key. */
static bool strip_window(Reader *r, Str *key, Batch *b, int row)
{
    size_t tail = r->spec.window_is_session ? 16 : 8;
    if (key->n < tail)
        return reader_fail(r, "Failed to deserialize key from topic: %.*s. Size of data received is less than "
                              "the %d bytes of the window",
                           STR_ARG(r->spec.topic), (int)tail);
    key->n -= tail;
    const char *p = key->p + key->n;
    if (r->spec.window_is_session) {
        b->win_end[row] = be64(p);
        b->win_start[row] = be64(p + 8);
        return true;
    }
    int64_t start = be64(p), end;
    if (__builtin_add_overflow(start, r->spec.window_size, &end) || end < 0)
        end = INT64_MAX;
    b->win_start[row] = start;
    b->win_end[row] = end;
    return true;
}

static void null_row(Reader *r, Batch *b, int first_col, int row)
{
    b->flags[row] |= r->spec.is_key ? ROW_KEY_NULL : ROW_VALUE_NULL;
    for (int i = 0; i < r->spec.ncols; i++) {
        Column *c = &b->cols[first_col + i];
        if (r->want[i] && c->data)
            cell_null(b, c, row);
    }
    if (r->spec.has_window)
        b->win_start[row] = b->win_end[row] = 0;
}

/* What a failed row's cells held is half a record. */
static void fail_row(Reader *r, Batch *b, int first_col, int row, const Bytes *in)
{
    for (int i = 0; i < r->spec.ncols; i++) {
        Column *c = &b->cols[first_col + i];
        size_t width = (size_t)type_width(r->spec.cols[i].type);
        if (r->want[i] && c->data)
            memset((char *)c->data + width * (size_t)row, 0, width);
    }
    RowErrorStage stage = r->spec.is_key ? ROWERR_DESERIALIZE_KEY : ROWERR_DESERIALIZE_VALUE;
    batch_fail_with(b, (RowError){
                           .row = (uint16_t)row,
                           .stage = stage,
                           .message = buf_view(&r->why),
                           .raw = {in->p, (size_t)in->n},
                           .topic = r->spec.topic,
                           .ncauses = r->causes.n,
                           .causes = r->causes.v,
                       });
    r->causes.n = 0;
}

/* Columns nobody asked for read as NULL where the batch has room for them. */
static void null_unwanted(Reader *r, Batch *b, int first_col, int row)
{
    for (int i = 0; i < r->spec.ncols; i++) {
        Column *c = &b->cols[first_col + i];
        if (!r->want[i] && c->data)
            cell_null(b, c, row);
    }
}

static int64_t *window_column(Batch *b) { return ARENA_ARRAY(b->arena, int64_t, b->n); }

int reader_read(Reader *r, const Bytes *in, const uint16_t *rows, int n, Batch *b, int first_col,
                uint16_t *keep)
{
    int kept = 0;
    bool window = r->spec.has_window, unwanted = false;
    for (int i = 0; i < r->spec.ncols; i++)
        unwanted |= !r->want[i] && b->cols[first_col + i].data;
    if (!b->flags)
        b->flags = ARENA_ARRAY(b->arena, uint8_t, b->n);
    if (window && !b->win_start)
        b->win_start = window_column(b);
    if (window && !b->win_end)
        b->win_end = window_column(b);
    for (int i = 0; i < n; i++) {
        uint16_t row = rows[i];
        Str s = {in[row].p, (size_t)in[row].n};
        if (unwanted)
            null_unwanted(r, b, first_col, row);
        if (!s.p || (window && s.n == 0)) {
            null_row(r, b, first_col, row);
            keep[kept++] = row;
        } else if ((!window || strip_window(r, &s, b, row)) && r->ops->read(r, s, b, first_col, row)) {
            keep[kept++] = row;
        } else {
            fail_row(r, b, first_col, row, &in[row]);
        }
    }
    return kept;
}

Status writer_new(const SerdeSpec *spec, Writer **out, Err *err)
{
    Status s = check(spec, err);
    if (s != OK)
        return s;
    Arena *a = arena_new(0);
    SerdeSpec *own = ARENA_NEW(a, SerdeSpec);
    *own = spec_dup(a, spec);
    Writer *w;
    if (spec->format == FORMAT_KAFKA || spec->format == FORMAT_NONE || (spec->is_key && spec->ncols == 0))
        w = spec->ncols ? kafka_writer_new(a, own) : none_writer_new(a);
    else if (spec->format == FORMAT_DELIMITED)
        w = delimited_writer_new(a, own);
    else
        w = json_writer_new(a, own);
    w->spec = *own;
    w->arena = a;
    *out = w;
    return OK;
}

void writer_free(Writer *w)
{
    if (!w)
        return;
    if (w->ops->free)
        w->ops->free(w);
    buf_free(&w->why);
    arena_free(w->arena);
}

WriteResult writer_write(Writer *w, const Column *const *cols, int row, const int64_t win[2], Buf *out,
                         const char **why)
{
    size_t from = out->n;
    buf_clear(&w->why);
    WriteResult res = cols ? w->ops->write(w, cols, row, out) : WRITE_NULL;
    if (res != WRITE_BYTES) {
        out->n = from;
        if (res == WRITE_FAILED)
            *why = buf_z(&w->why);
        return res;
    }
    if (w->spec.has_window) {
        if (w->spec.window_is_session)
            buf_be64(out, (uint64_t)win[1]);
        buf_be64(out, (uint64_t)win[0]);
    }
    if (out->n - from > LIMIT_RECORD_BYTES) {
        buf_printf(&w->why, "The %s is %zu bytes when serialized which is larger than %d, the most that a record may have.",
                   serde_side(&w->spec), out->n - from, LIMIT_RECORD_BYTES);
        *why = buf_z(&w->why);
        out->n = from;
        return WRITE_FAILED;
    }
    return WRITE_BYTES;
}
