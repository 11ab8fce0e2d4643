// SPDX-License-Identifier: Apache-2.0
// Values as text, in the three forms that users see.
//
//              STRUCT              MAP             DECIMAL        TIMESTAMP                 NULL
//   value_json {"A":1,"B":null}    {"a":1}         1.50           "2020-02-29T00:00:00.000" null
//   value_cell {A=1, B=null}       {a=1}           1.50           2020-02-29T00:00:00.000   null
//   text_java  Struct{A=1}         {a=1}           1.50, 1E-10    2020-02-29 00:00:00.0     null
//
// value_json is what the server writes; value_cell what a shell makes of it (the JSON's values
// printed by Java's toString); text_java is CAST(x AS VARCHAR) of nested values: NULL fields of a
// STRUCT are left out, elements print as their Java objects do. Any thread.
#include "types/text.h"

#include <inttypes.h>
#include <math.h>

static void put_escape(Buf *out, uint32_t unit)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = buf_room(out, 6);
    p[0] = '\\';
    p[1] = 'u';
    for (int i = 0; i < 4; i++)
        p[2 + i] = hex[unit >> (12 - 4 * i) & 15];
    out->n += 6;
}

/* One character that cannot stand as it is; moves *p past it. */
static void json_special(Buf *out, const uint8_t **p, const uint8_t *end)
{
    static const char short_form[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
    uint32_t c = utf8_next(p, end);
    const char *at = c && c < 0x80 ? strchr(short_form, (int)c) : NULL;
    if (at) {
        buf_byte(out, '\\');
        buf_byte(out, letter[at - short_form]);
    } else if (c >= 0x10000) {
        put_escape(out, 0xD800 + ((c - 0x10000) >> 10));
        put_escape(out, 0xDC00 + (c & 0x3FF));
    } else if (c < 0x20 || (c >= 0xD800 && c <= 0xDFFF)) {
        put_escape(out, c);
    } else {
        utf8_put(out, c);
    }
}

void text_json_string(Buf *out, Str s)
{
    buf_byte(out, '"');
    const uint8_t *p = (const uint8_t *)s.p, *end = s.n ? p + s.n : p;
    while (p < end) {
        const uint8_t *from = p;
        while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
            p++;
        buf_bytes(out, from, (size_t)(p - from));
        if (p < end)
            json_special(out, &p, end);
    }
    buf_byte(out, '"');
}

/* What is text in JSON and bare in a cell: temporal values and BYTES. */
static bool put_plain(Buf *out, const Type *t, const Value *v)
{
    switch (t->kind) {
    case KIND_BYTES:
        text_base64(out, view_str(v->d.s));
        return true;
    case KIND_TIME:
        text_time(out, v->d.i);
        return true;
    case KIND_DATE:
        text_date(out, v->d.i);
        return true;
    case KIND_TIMESTAMP:
        text_timestamp_shown(out, v->d.l);
        return true;
    default:
        return false;
    }
}

static void put_number(Buf *out, const Type *t, const Value *v)
{
    switch (t->kind) {
    case KIND_BOOLEAN:
        buf_cstr(out, v->d.b ? "true" : "false");
        break;
    case KIND_INTEGER:
    case KIND_UNIT:
        text_int(out, v->d.i);
        break;
    case KIND_BIGINT:
        text_int(out, v->d.l);
        break;
    case KIND_DECIMAL:
        text_decimal(out, v->d.dec, t->scale);
        break;
    case KIND_DOUBLE:
        text_double(out, v->d.d);
        break;
    default:
        BUG("a value of type %s has no text", type_kind_name(t->kind));
    }
}

/* A map's key as a JSON member's name. */
static void json_key(Buf *out, const Type *t, const Value *v)
{
    if (t->kind == KIND_STRING && !v->null) {
        text_json_string(out, view_str(v->d.s));
        return;
    }
    Buf text = BUF_INIT;
    value_cell(&text, t, v);
    text_json_string(out, buf_view(&text));
    buf_free(&text);
}

static void json_nested(Buf *out, const Type *t, const Value *v)
{
    if (t->kind == KIND_ARRAY) {
        buf_byte(out, '[');
        for (uint32_t i = 0; i < v->d.arr->n; i++) {
            if (i)
                buf_byte(out, ',');
            value_json(out, t->elem, &v->d.arr->v[i]);
        }
        buf_byte(out, ']');
        return;
    }
    buf_byte(out, '{');
    uint32_t n = t->kind == KIND_MAP ? v->d.map->n : (uint32_t)t->nfields;
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_byte(out, ',');
        if (t->kind == KIND_MAP) {
            json_key(out, t->key, &v->d.map->kv[2 * (size_t)i]);
            buf_byte(out, ':');
            value_json(out, t->elem, &v->d.map->kv[2 * (size_t)i + 1]);
        } else {
            text_json_string(out, t->fields[i].name);
            buf_byte(out, ':');
            value_json(out, t->fields[i].type, &v->d.st->v[i]);
        }
    }
    buf_byte(out, '}');
}

void value_json(Buf *out, const Type *t, const Value *v)
{
    if (v->null) {
        buf_cstr(out, "null");
    } else if (t->kind == KIND_STRING) {
        text_json_string(out, view_str(v->d.s));
    } else if (type_is_nested(t)) {
        json_nested(out, t, v);
    } else if (t->kind == KIND_BYTES || type_is_temporal(t)) {
        buf_byte(out, '"');
        put_plain(out, t, v);
        buf_byte(out, '"');
    } else if (t->kind == KIND_DOUBLE && !isfinite(v->d.d)) {
        buf_byte(out, '"');
        text_double(out, v->d.d);
        buf_byte(out, '"');
    } else {
        put_number(out, t, v);
    }
}

void value_cell(Buf *out, const Type *t, const Value *v)
{
    if (v->null) {
        buf_cstr(out, "null");
        return;
    }
    switch (t->kind) {
    case KIND_STRING:
        buf_str(out, view_str(v->d.s));
        break;
    case KIND_ARRAY:
        buf_byte(out, '[');
        for (uint32_t i = 0; i < v->d.arr->n; i++) {
            if (i)
                buf_cstr(out, ", ");
            value_cell(out, t->elem, &v->d.arr->v[i]);
        }
        buf_byte(out, ']');
        break;
    case KIND_MAP:
        buf_byte(out, '{');
        for (uint32_t i = 0; i < v->d.map->n; i++) {
            if (i)
                buf_cstr(out, ", ");
            value_cell(out, t->key, &v->d.map->kv[2 * (size_t)i]);
            buf_byte(out, '=');
            value_cell(out, t->elem, &v->d.map->kv[2 * (size_t)i + 1]);
        }
        buf_byte(out, '}');
        break;
    case KIND_STRUCT:
        buf_byte(out, '{');
        for (int i = 0; i < t->nfields; i++) {
            if (i)
                buf_cstr(out, ", ");
            buf_str(out, t->fields[i].name);
            buf_byte(out, '=');
            value_cell(out, t->fields[i].type, &v->d.st->v[i]);
        }
        buf_byte(out, '}');
        break;
    default:
        if (!put_plain(out, t, v))
            put_number(out, t, v);
    }
}

void value_shown(Buf *out, const Type *t, const Value *v)
{
    size_t from = out->n;
    value_cell(out, t, v);
    Str text = str_sub(buf_view(out), from, out->n - from);
    if (!text_has_half(text))
        return;
    Buf plain = BUF_INIT;
    text_utf8(&plain, text);
    out->n = from;
    buf_str(out, buf_view(&plain));
    buf_free(&plain);
}

/* ---- Java's toString ---- */

/* java.math.BigDecimal: plain, but with an exponent where more than six zeros would follow the point. */
static void java_decimal(Buf *out, i128 v, int scale)
{
    Buf digits = BUF_INIT;
    text_decimal(&digits, v < 0 ? -v : v, 0);
    int64_t exp = (int64_t)digits.n - 1 - scale;
    if (scale == 0 || exp >= -6) {
        text_decimal(out, v, scale);
    } else {
        if (v < 0)
            buf_byte(out, '-');
        buf_byte(out, digits.p[0]);
        if (digits.n > 1) {
            buf_byte(out, '.');
            buf_bytes(out, digits.p + 1, digits.n - 1);
        }
        buf_printf(out, "E%" PRId64, exp);
    }
    buf_free(&digits);
}

/* java.sql.Timestamp: the fraction without its trailing zeros, but one digit at least. */
static void java_timestamp(Buf *out, int64_t ms)
{
    size_t from = out->n;
    text_timestamp_shown(out, ms);
    char *t = memchr(out->p + from, 'T', out->n - from);
    *t = ' ';
    for (int i = 0; i < 2 && out->p[out->n - 1] == '0'; i++)
        out->n--;
}

static void java_map(Buf *out, const Type *t, const Map *m)
{
    buf_byte(out, '{');
    for (uint32_t i = 0; i < m->n; i++) {
        if (i)
            buf_cstr(out, ", ");
        text_java(out, t->key, &m->kv[2 * (size_t)i]);
        buf_byte(out, '=');
        text_java(out, t->elem, &m->kv[2 * (size_t)i + 1]);
    }
    buf_byte(out, '}');
}

static void java_struct(Buf *out, const Type *t, const Struct *s)
{
    bool first = true;
    buf_cstr(out, "Struct{");
    for (int i = 0; i < t->nfields; i++) {
        if (s->v[i].null)
            continue;
        if (!first)
            buf_byte(out, ',');
        first = false;
        buf_str(out, t->fields[i].name);
        buf_byte(out, '=');
        text_java(out, t->fields[i].type, &s->v[i]);
    }
    buf_byte(out, '}');
}

void text_java(Buf *out, const Type *t, const Value *v)
{
    if (v->null) {
        buf_cstr(out, "null");
        return;
    }
    switch (t->kind) {
    case KIND_STRING:
        buf_str(out, view_str(v->d.s));
        break;
    case KIND_BYTES:
        buf_printf(out, "java.nio.HeapByteBuffer[pos=0 lim=%u cap=%u]", v->d.s.n, v->d.s.n);
        break;
    case KIND_DECIMAL:
        java_decimal(out, v->d.dec, t->scale);
        break;
    case KIND_TIME: {
        size_t from = out->n;
        text_time(out, v->d.i);
        if (out->n - from == 5)
            buf_cstr(out, ":00");
        break;
    }
    case KIND_DATE:
        text_date(out, v->d.i);
        break;
    case KIND_TIMESTAMP:
        java_timestamp(out, v->d.l);
        break;
    case KIND_ARRAY:
        buf_byte(out, '[');
        for (uint32_t i = 0; i < v->d.arr->n; i++) {
            if (i)
                buf_cstr(out, ", ");
            text_java(out, t->elem, &v->d.arr->v[i]);
        }
        buf_byte(out, ']');
        break;
    case KIND_MAP:
        java_map(out, t, v->d.map);
        break;
    case KIND_STRUCT:
        java_struct(out, t, v->d.st);
        break;
    default:
        put_number(out, t, v);
    }
}
