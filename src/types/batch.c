// SPDX-License-Identifier: Apache-2.0
// Batches and columns (see batch.h): allocation in the batch's arena, cells, failed rows, text.
//
// Nothing is cleared that will be written anyway: data, ts and offset come as they are from the
// recycled arena. One thread at a time.
#include "types/batch.h"

#include "types/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { ERRORS_KEPT = 1000 };

void column_init(Arena *a, Column *c, const Type *t, int n)
{
    c->type = t;
    c->constant = false;
    c->valid = NULL;
    c->data = arena_alloc(a, (size_t)type_width(t) * (size_t)n);
}

void column_need_valid(Arena *a, Column *c, int n)
{
    if (c->valid)
        return;
    size_t bytes = sizeof(uint64_t) * ((size_t)(n + 63) / 64);
    c->valid = memset(arena_alloc(a, bytes), 0xff, bytes);
}

Batch *batch_new(Arena *a, const Schema *schema, int n)
{
    Batch *b = ARENA_NEW(a, Batch);
    b->schema = schema;
    b->arena = a;
    b->n = b->nsel = n;
    b->cols = arena_alloc(a, sizeof(Column) * (size_t)schema->n);
    for (int i = 0; i < schema->n; i++)
        column_init(a, &b->cols[i], schema->cols[i].type, n);
    b->ts = arena_alloc(a, sizeof *b->ts * (size_t)n);
    b->offset = arena_alloc(a, sizeof *b->offset * (size_t)n);
    b->errors = ARENA_NEW(a, ErrorSet);
    return b;
}

Batch *batch_share(Arena *a, const Batch *b)
{
    return arena_dup(a, b, sizeof *b);
}

/* Writes the datum of a value that is not NULL into an element. */
static inline void put_datum(Column *c, int at, Datum d)
{
    switch (type_width(c->type)) {
    case 1:
        c->b[at] = d.b;
        break;
    case 4:
        c->i[at] = d.i;
        break;
    case 8: /* int64, double or a pointer */
        memcpy((char *)c->data + 8 * (size_t)at, &d, 8);
        break;
    default:
        memcpy((char *)c->data + 16 * (size_t)at, &d, 16);
    }
}

Column column_constant(Arena *a, const Type *t, Value v)
{
    Column c;
    column_init(a, &c, t, 1);
    c.constant = true;
    if (v.null) {
        memset(c.data, 0, (size_t)type_width(t));
        column_need_valid(a, &c, 1);
        bit_clear(c.valid, 0);
    } else {
        put_datum(&c, 0, v.d);
    }
    return c;
}

Value column_get(const Column *c, int row)
{
    Value v = {.null = false};
    int at = c->constant ? 0 : row;
    if (c->valid && !bit_get(c->valid, at))
        return value_null();
    switch (type_width(c->type)) {
    case 1:
        v.d.b = c->b[at];
        break;
    case 4:
        v.d.i = c->i[at];
        break;
    case 8: /* int64, double or a pointer */
        memcpy(&v.d, (const char *)c->data + 8 * (size_t)at, 8);
        break;
    default:
        memcpy(&v.d, (const char *)c->data + 16 * (size_t)at, 16);
    }
    v.null = c->type->kind == KIND_NULL;
    return v;
}

void column_put(Arena *a, Column *c, int nrows, int row, Value v)
{
    if (v.null) {
        column_need_valid(a, c, nrows);
        bit_clear(c->valid, row);
        return;
    }
    if (c->valid)
        bit_set(c->valid, row);
    put_datum(c, row, v.d);
}

/* As much of a message as is kept, in the arena and in valid UTF-8: a message may quote half a surrogate pair, or be
 * cut inside a character. */
static Str shown(Arena *a, Str s)
{
    enum { MESSAGE_BYTES = 1023 };
    if (s.n > MESSAGE_BYTES)
        for (s.n = MESSAGE_BYTES; s.n > 0 && ((uint8_t)s.p[s.n] & 0xC0) == 0x80;)
            s.n--;
    if (utf8_valid(s))
        return arena_str(a, s);
    Buf plain = BUF_INIT, valid = BUF_INIT;
    text_utf8(&plain, s);
    text_mend(&valid, buf_view(&plain));
    Str kept = arena_str(a, buf_view(&valid));
    buf_free(&plain);
    buf_free(&valid);
    return kept;
}

void batch_fail_with(Batch *b, RowError e)
{
    ErrorSet *es = b->errors;
    if (!es)
        es = b->errors = ARENA_NEW(b->arena, ErrorSet);
    if (es->total++ >= ERRORS_KEPT)
        return;
    Str *causes = ARENA_ARRAY(b->arena, Str, e.ncauses);
    for (int i = 0; i < e.ncauses; i++)
        causes[i] = shown(b->arena, e.causes[i]);
    e.causes = causes;
    e.message = shown(b->arena, e.message);
    vec_push(b->arena, &es->v, e);
}

void batch_fail(Batch *b, int row, RowErrorStage stage, const char *fmt, ...)
{
    va_list ap;
    char text[1024];
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : n < (int)sizeof text ? (size_t)n : sizeof text - 1;
    batch_fail_with(b, (RowError){.row = (uint16_t)row, .stage = stage, .message = {text, len}});
}

void batch_print(Buf *out, const Batch *b)
{
    static const char *const kinds[] = {"insert", "before", "after", "delete"};
    for (int i = 0; i < b->nsel; i++) {
        int row = batch_row(b, i), flags = batch_flags(b, row);
        buf_printf(out, "%s %" PRId64, kinds[batch_kind(b, row)], b->ts[row]);
        if (b->win_start)
            buf_printf(out, " [%" PRId64 ", %" PRId64 ")", b->win_start[row],
                       b->win_end ? b->win_end[row] : 0);
        if (flags & ROW_KEY_NULL)
            buf_cstr(out, " no-key");
        if (flags & ROW_VALUE_NULL)
            buf_cstr(out, " no-value");
        for (int c = 0; c < b->schema->n; c++) {
            if (!b->cols[c].data)
                continue;
            Value v = column_get(&b->cols[c], row);
            buf_byte(out, ' ');
            buf_str(out, b->schema->cols[c].name);
            buf_byte(out, '=');
            value_json(out, b->schema->cols[c].type, &v);
        }
        buf_byte(out, '\n');
    }
}
