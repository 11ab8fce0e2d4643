// SPDX-License-Identifier: Apache-2.0
// Columns into JSON (page 07 §7.5 "Writing"): compact, fields in schema order, NULL written out.
//
// The bytes before each value, `{"A":` or `,"B":`, are put together once. What is beyond the BMP
// is written as two \uXXXX, the rest of Unicode raw, as ksqlDB's serializer does.
#include <math.h>

#include "serde/internal.h"
#include "serde/json.h"
#include "types/cast.h"

typedef struct JsonWriter {
    Writer base;
    Str *before; /* per column; not when unwrapped */
    bool unwrapped;
} JsonWriter;

static void write_value(Buf *out, const Type *t, const Value *v);

static void write_double(Buf *out, double d)
{
    if (isnan(d) || isinf(d))
        buf_cstr(out, isnan(d) ? "\"NaN\"" : d > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else
        text_double(out, d);
}

static void write_base64(Buf *out, View v)
{
    buf_byte(out, '"');
    text_base64(out, view_str(v));
    buf_byte(out, '"');
}

static void write_array(Buf *out, const Type *t, const Array *a)
{
    buf_byte(out, '[');
    for (uint32_t i = 0; i < a->n; i++) {
        if (i)
            buf_byte(out, ',');
        write_value(out, t->elem, &a->v[i]);
    }
    buf_byte(out, ']');
}

static void write_map(Buf *out, const Type *t, const Map *m)
{
    buf_byte(out, '{');
    for (uint32_t i = 0; i < m->n; i++) {
        const Value *key = &m->kv[2 * (size_t)i];
        if (i)
            buf_byte(out, ',');
        js_write_string(out, key->null ? STR("null") : view_str(key->d.s), false);
        buf_byte(out, ':');
        write_value(out, t->elem, key + 1);
    }
    buf_byte(out, '}');
}

static void write_struct(Buf *out, const Type *t, const Struct *st)
{
    buf_byte(out, '{');
    for (int i = 0; i < t->nfields; i++) {
        if (i)
            buf_byte(out, ',');
        js_write_string(out, t->fields[i].name, false);
        buf_byte(out, ':');
        write_value(out, t->fields[i].type, &st->v[i]);
    }
    buf_byte(out, '}');
}

static void write_present(Buf *out, const Type *t, const Datum *d)
{
    switch (t->kind) {
    case KIND_BOOLEAN:
        buf_bytes(out, d->b ? "true" : "false", d->b ? 4 : 5);
        break;
    case KIND_INTEGER:
    case KIND_TIME:
    case KIND_DATE:
        text_i64(out, d->i);
        break;
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        text_i64(out, d->l);
        break;
    case KIND_DECIMAL:
        text_big_decimal(out, d->dec, t->scale);
        break;
    case KIND_DOUBLE:
        write_double(out, d->d);
        break;
    case KIND_STRING:
        js_write_string(out, view_str(d->s), false);
        break;
    case KIND_BYTES:
        write_base64(out, d->s);
        break;
    case KIND_ARRAY:
        write_array(out, t, d->arr);
        break;
    case KIND_MAP:
        write_map(out, t, d->map);
        break;
    case KIND_STRUCT:
        write_struct(out, t, d->st);
        break;
    default:
        BUG("JSON cannot hold type %s", type_kind_name(t->kind));
    }
}

static void write_value(Buf *out, const Type *t, const Value *v)
{
    if (v->null)
        buf_bytes(out, "null", 4);
    else
        write_present(out, t, &v->d);
}

static void write_cell(Buf *out, const Type *t, const Column *c, int row)
{
    if (column_is_null(c, row)) {
        buf_bytes(out, "null", 4);
        return;
    }
    if (c->constant)
        row = 0;
    switch (t->kind) {
    case KIND_STRING:
        js_write_string(out, view_str(c->s[row]), false);
        break;
    case KIND_INTEGER:
        text_i64(out, c->i[row]);
        break;
    case KIND_BIGINT:
        text_i64(out, c->l[row]);
        break;
    default: {
        Datum d = {.l = 0};
        size_t width = (size_t)type_width(t);
        memcpy(&d, (const char *)c->data + width * (size_t)row, width);
        write_present(out, t, &d);
    }
    }
}

static WriteResult json_write(Writer *base, const Column *const *cols, int row, Buf *out)
{
    const JsonWriter *w = (const JsonWriter *)base;
    const SerdeSpec *spec = &base->spec;
    if (w->unwrapped) {
        if (column_is_null(cols[0], row))
            return WRITE_NULL;
        write_cell(out, spec->cols[0].type, cols[0], row);
        return WRITE_BYTES;
    }
    if (spec->ncols == 0)
        buf_byte(out, '{');
    for (int i = 0; i < spec->ncols; i++) {
        buf_str(out, w->before[i]);
        write_cell(out, spec->cols[i].type, cols[i], row);
    }
    buf_byte(out, '}');
    return WRITE_BYTES;
}

Writer *json_writer_new(Arena *a, const SerdeSpec *spec)
{
    static const WriterOps ops = {json_write, NULL};
    JsonWriter *w = ARENA_NEW(a, JsonWriter);
    Buf text = BUF_INIT;
    w->base.ops = &ops;
    w->unwrapped = serde_unwrapped(spec);
    w->before = ARENA_ARRAY(a, Str, spec->ncols + 1);
    for (int i = 0; i < spec->ncols; i++) {
        buf_clear(&text);
        buf_byte(&text, i ? ',' : '{');
        js_write_string(&text, spec->cols[i].name, false);
        buf_byte(&text, ':');
        w->before[i] = arena_str(a, buf_view(&text));
    }
    buf_free(&text);
    return &w->base;
}
