// SPDX-License-Identifier: Apache-2.0
// Write and read back: a column of values through every format that can hold it, as value and as key.
//
// What is read must be what was written, but for what a format cannot hold (types/utf8.c, docs/sql.md):
//   half a surrogate pair          KAFKA, DELIMITED: '?'
//   an empty STRING or BYTES       DELIMITED: NULL
//   a record of one NULL           DELIMITED: an empty record, which reads as none: skipped with a message
//   a NULL key of a MAP            JSON: the text null
// Also: text that is written as JSON or DELIMITED, or as a KAFKA STRING, is UTF-8.
#ifndef SLUICE_TESTS_READBACK_HELP_H
#define SLUICE_TESTS_READBACK_HELP_H

#include "serde/serde.h"
#include "types/text.h"
#include "unit.h"

enum { READBACK_ROWS = 3000 };

typedef struct Way {
    const char *name;
    Format format;
    bool is_key;
    Wrapping wrapping;
    char delimiter;
} Way;

static const Way ways[] = {
    {"JSON value", FORMAT_JSON, false, WRAP_SINGLES, 0},
    {"JSON value, not wrapped", FORMAT_JSON, false, UNWRAP_SINGLES, 0},
    {"JSON key", FORMAT_JSON, true, WRAP_DEFAULT, 0},
    {"KAFKA value", FORMAT_KAFKA, false, WRAP_DEFAULT, 0},
    {"KAFKA key", FORMAT_KAFKA, true, WRAP_DEFAULT, 0},
    {"DELIMITED value", FORMAT_DELIMITED, false, WRAP_DEFAULT, ','},
    {"DELIMITED key", FORMAT_DELIMITED, true, WRAP_DEFAULT, ','},
    {"DELIMITED by tabs", FORMAT_DELIMITED, false, WRAP_DEFAULT, '\t'},
    {"DELIMITED by spaces", FORMAT_DELIMITED, false, WRAP_DEFAULT, ' '},
    {"DELIMITED by hyphens", FORMAT_DELIMITED, false, WRAP_DEFAULT, '-'},
};

/* A text as a STRING must be: UTF-8 or halves, and no two halves that are a character. */
static inline bool text_is_sound(Str s)
{
    uint32_t before = 0;
    const uint8_t *p = (const uint8_t *)s.p, *end = s.n ? p + s.n : p;
    while (p < end) {
        const uint8_t *from = p;
        uint32_t c = utf8_next(&p, end);
        if (c == 0xFFFD && (p - from != 3 || *from != 0xEF))
            return false;
        if (before >= 0xD800 && before < 0xDC00 && c >= 0xDC00 && c < 0xE000)
            return false;
        before = c;
    }
    return true;
}

/* Every text in the value is sound, every number in its type's range. */
static inline bool value_is_sound(Arena *a, const Type *t, const Value *v)
{
    const char *why;
    if (v->null)
        return true;
    switch (t->kind) {
    case KIND_STRING:
        return text_is_sound(view_str(v->d.s));
    case KIND_TIME:
        return v->d.i >= 0 && v->d.i < 86400000;
    case KIND_DECIMAL:
        return value_fits(a, t, v, &why);
    case KIND_ARRAY:
        for (uint32_t i = 0; i < v->d.arr->n; i++)
            if (!value_is_sound(a, t->elem, &v->d.arr->v[i]))
                return false;
        return true;
    case KIND_MAP:
        for (uint32_t i = 0; i < v->d.map->n; i++)
            if (!value_is_sound(a, t->key, &v->d.map->kv[2 * i]) || !value_is_sound(a, t->elem, &v->d.map->kv[2 * i + 1]))
                return false;
        return true;
    case KIND_STRUCT:
        for (int i = 0; i < t->nfields; i++)
            if (!value_is_sound(a, t->fields[i].type, &v->d.st->v[i]))
                return false;
        return true;
    default:
        return true;
    }
}

static inline bool has_null_key(const Type *t, const Value *v)
{
    if (v->null)
        return false;
    if (t->kind == KIND_MAP) {
        for (uint32_t i = 0; i < v->d.map->n; i++)
            if (v->d.map->kv[2 * i].null || has_null_key(t->elem, &v->d.map->kv[2 * i + 1]))
                return true;
    } else if (t->kind == KIND_ARRAY) {
        for (uint32_t i = 0; i < v->d.arr->n; i++)
            if (has_null_key(t->elem, &v->d.arr->v[i]))
                return true;
    } else if (t->kind == KIND_STRUCT) {
        for (int i = 0; i < t->nfields; i++)
            if (has_null_key(t->fields[i].type, &v->d.st->v[i]))
                return true;
    }
    return false;
}

/* What should be read of v. */
static inline Value as_read(Arena *a, const Way *w, const Type *t, Value v)
{
    bool text = t->kind == KIND_STRING || t->kind == KIND_BYTES;
    if (v.null || !text || w->format == FORMAT_JSON)
        return v;
    if (w->format == FORMAT_DELIMITED && v.d.s.n == 0)
        return value_null();
    if (t->kind == KIND_BYTES || !text_has_half(view_str(v.d.s)))
        return v;
    Buf b = BUF_INIT;
    text_utf8(&b, view_str(v.d.s));
    v = value_str(arena_str(a, buf_view(&b)));
    buf_free(&b);
    return v;
}

static inline int readback_failed(const char *what, const Way *w, const Type *t, const Value *v, Str bytes, const char *why)
{
    Buf text = BUF_INIT;
    type_print(&text, t);
    buf_byte(&text, ' ');
    value_json(&text, t, v);
    printf("%s\n%s: %.500s\nwritten as %.*s\n%s\n", what, w->name, buf_z(&text), (int)(bytes.n < 500 ? bytes.n : 500),
           bytes.p ? bytes.p : "", why);
    buf_free(&text);
    return 1;
}

static inline int one_readback(Arena *a, const char *what, const Way *w, const Type *t, Writer *wr, Reader *rd, const Column *c,
                               int row, const Schema *sch)
{
    Value v = column_get(c, row);
    const char *why = NULL;
    Buf out = BUF_INIT;
    WriteResult r = writer_write(wr, &c, row, NULL, &out, &why);
    Str bytes = arena_str(a, buf_view(&out));
    buf_free(&out);
    if (r == WRITE_FAILED)
        return readback_failed(what, w, t, &v, bytes, why);
    bool is_text = w->format != FORMAT_KAFKA || t->kind == KIND_STRING;
    if (is_text && !utf8_valid(bytes))
        return readback_failed(what, w, t, &v, bytes, "the bytes are no UTF-8");
    uint16_t at = 0, keep;
    Batch *b = batch_new(a, sch, 1);
    b->flags = arena_zalloc(a, 1);
    const Bytes in = {r == WRITE_NULL ? NULL : bytes.n ? bytes.p : "", (int64_t)bytes.n};
    bool kept = reader_read(rd, &in, &at, 1, b, 0, &keep) == 1;
    if (w->format == FORMAT_DELIMITED && v.null) {
        if (kept || bytes.n || b->errors->v.n != 1)
            return readback_failed(what, w, t, &v, bytes, "a record of one NULL should be empty, and skipped with a message");
        return 0;
    }
    if (!kept)
        return readback_failed(what, w, t, &v, bytes, arena_cstr(a, b->errors->v.v[0].message));
    if (has_null_key(t, &v))
        return 0;
    Value want = as_read(a, w, t, v), got = column_get(&b->cols[0], 0);
    return value_equal(t, &want, &got) ? 0 : readback_failed(what, w, t, &v, bytes, "it reads as something else");
}

/* The column's n rows of type t by every way; what: of messages. */
static inline int readback(Arena *a, const char *what, const Type *t, const Column *c, int n)
{
    const ColumnDef def = {.name = STR("A"), .type = t, .role = ROLE_VALUE};
    const Schema sch = {1, &def};
    for (int i = 0; i < n; i++) {
        Value v = column_get(c, i);
        if (!value_is_sound(a, t, &v))
            return readback_failed(what, &ways[0], t, &v, STR(""), "no value may be so");
    }
    for (int k = 0; k < ARRAY_LEN(ways); k++) {
        const Way *w = &ways[k];
        const SerdeSpec spec = {.format = w->format, .is_key = w->is_key, .wrapping = w->wrapping, .delimiter = w->delimiter,
                                .topic = STR("t"), .ncols = 1, .cols = &def};
        Err err = ERR_INIT;
        Reader *rd;
        Writer *wr;
        if (serde_check(&spec, &err)) { /* the format cannot hold the type, and CREATE says so */
            err_clear(&err);
            continue;
        }
        if (reader_new(&spec, NULL, &rd, &err) || writer_new(&spec, &wr, &err))
            BUG("%s", err.msg);
        int bad = 0;
        for (int i = 0; i < n && !bad; i++)
            bad = one_readback(a, what, w, t, wr, rd, c, i, &sch);
        reader_free(rd);
        writer_free(wr);
        if (bad)
            return 1;
    }
    return 0;
}

/* ---- edge values ------------------------------------------------------------------------------- */

#define FACE "\xF0\x9F\x98\x80"

static const Str edge_texts[] = {
    STR(""), STR("a"), STR(" "), STR("é"), STR(FACE), STR("x" FACE "y"), STR("\xED\xA0\xBD"), STR("\xED\xB8\x80"),
    STR("\xED\xB8\x80 \xED\xA0\xBD"), STR("a\0b"), STR("\x01\x1f\x7f"), STR("\"q\", 'r'\n\r\ns"), STR(" both "), STR("\""),
    STR(","), STR("\\u0041\\ud83d"), STR("null"), STR("true"), STR("0"), STR("-5"), STR("1.5e3"), STR("NaN"),
    STR("99999999999999999999"), STR("2020-02-29"), STR("2020-02-29T12:34:56.789"), STR("23:59:59"), STR("UTC"), STR("hex"),
    STR("utf8"), STR("ascii"), STR("base64"), STR("4a4b"), STR("aGk="), STR("yyyy-MM-dd HH:mm:ss.SSS"), STR("GGGG ''o"),
    STR("{\"a\":\"\\ud83d\",\"b\":[1,2.50,null]}"), STR("[\"\\ude00\",\"" FACE "\",{}]"), STR("$.a"), STR("$"), STR("."), STR(""),
    STR("(.)"), STR("[^a]*"), STR("("), STR("a=1,b=2,=,"), STR("="), STR("http://h.org:80/%ED%A0%BD?a=%E2%82&b=+#%F0%9F%98%80"),
    STR("\xEF\xBB\xBFx"), STR("\xE2\x80\xA8"), STR("ſßİ" FACE "ǅ"), STR("LITTLE_ENDIAN"), STR("#"), STR("%"), STR("İ\xED\xA0\xBDi"),
};
static const Str edge_bytes[] = {
    STR(""), STR("\0"), STR("a"), STR("\xED\xA0\xBD"), STR("\xE2\x82"), STR("abcd"), STR("\x80\0\0\0"), STR("\xff\xff\xff\xff\xff\xff\xff\xff"),
    STR("\x7f\xf0\0\0\0\0\0\0"), STR("0123456789abcdef"), STR(",\"\n"),
};
static const int32_t edge_ints[] = {0, 1, -1, 2, 3, 7, 65, 100, 255, INT32_MAX, INT32_MIN};
static const int64_t edge_bigints[] = {0, 1, -1, 5, 1600000000000, -62135596800000, 253402300800000, INT32_MIN, INT64_MAX, INT64_MIN};
static const double edge_doubles[] = {0.0, -0.0, 0.5, -1.5, 99.995, 1e-7, 1e22, 123456789012345680.0, 4.9e-324, 1.7976931348623157e308,
                                      -1.7976931348623157e308, 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0};
static const int32_t edge_times[] = {0, 1, 43200000, 86399999};
static const int32_t edge_dates[] = {0, -1, 18321, 2932896, -719528, INT32_MAX, INT32_MIN};
static const int64_t edge_times_stamps[] = {0, -1, 1582979696789, 253402300800000, -62135596800001, -210866803200000, INT64_MAX, INT64_MIN};

/* How many edge values a type has, NULL (the first) included. */
static inline int edge_count(const Type *t)
{
    switch (t->kind) {
    case KIND_BOOLEAN: return 3;
    case KIND_INTEGER: return 1 + ARRAY_LEN(edge_ints);
    case KIND_BIGINT: return 1 + ARRAY_LEN(edge_bigints);
    case KIND_DOUBLE: return 1 + ARRAY_LEN(edge_doubles);
    case KIND_DECIMAL: return 8;
    case KIND_STRING: return 1 + ARRAY_LEN(edge_texts);
    case KIND_BYTES: return 1 + ARRAY_LEN(edge_bytes);
    case KIND_TIME: return 1 + ARRAY_LEN(edge_times);
    case KIND_DATE: return 1 + ARRAY_LEN(edge_dates);
    case KIND_TIMESTAMP: return 1 + ARRAY_LEN(edge_times_stamps);
    case KIND_ARRAY:
    case KIND_MAP: return 6;
    case KIND_STRUCT: return 4;
    default: BUG("no edge values of %s", type_kind_name(t->kind));
    }
}

static inline Value edge_value(Arena *a, const Type *t, int i);

static inline Value edge_decimal(const Type *t, int i)
{
    i128 most = decimal_pow10(t->precision) - 1;
    const i128 v[] = {0, 1, -1, most, -most, most / 2, decimal_pow10(t->scale)};
    return value_decimal(v[i] > most ? most : v[i]);
}

/* NULL, none, all edge values of the element, only NULL, one, two the same. */
static inline Value edge_list(Arena *a, const Type *t, int i)
{
    int n = edge_count(t->elem), count = i == 1 ? 0 : i == 2 ? n : i == 5 ? 2 : 1;
    Value *kv = arena_alloc(a, sizeof *kv * 2 * (size_t)(count + 1));
    for (int k = 0; k < count; k++) {
        kv[2 * k] = value_str(i == 2 ? edge_texts[k % ARRAY_LEN(edge_texts)] : i == 5 && k ? STR("k") : STR(""));
        kv[2 * k + 1] = edge_value(a, t->elem, i == 2 ? k : i == 3 ? 0 : n - 1);
    }
    if (t->kind == KIND_MAP)
        return (Value){.d.map = map_new(a, t, kv, (uint32_t)count)};
    Array *arr = array_new(a, (uint32_t)count);
    for (int k = 0; k < count; k++)
        arr->v[k] = kv[2 * k + 1];
    return (Value){.d.arr = arr};
}

static inline Value edge_value(Arena *a, const Type *t, int i)
{
    if (i == 0)
        return value_null();
    switch (t->kind) {
    case KIND_BOOLEAN: return value_bool(i == 2);
    case KIND_INTEGER: return value_int(edge_ints[i - 1]);
    case KIND_BIGINT: return value_bigint(edge_bigints[i - 1]);
    case KIND_DOUBLE: return value_double(edge_doubles[i - 1]);
    case KIND_DECIMAL: return edge_decimal(t, i - 1);
    case KIND_STRING: return value_str(edge_texts[i - 1]);
    case KIND_BYTES: return value_str(edge_bytes[i - 1]);
    case KIND_TIME: return value_int(edge_times[i - 1]);
    case KIND_DATE: return value_int(edge_dates[i - 1]);
    case KIND_TIMESTAMP: return value_bigint(edge_times_stamps[i - 1]);
    case KIND_ARRAY:
    case KIND_MAP: return edge_list(a, t, i);
    default: {
        Struct *st = struct_new(a, (uint32_t)t->nfields);
        for (int k = 0; k < t->nfields; k++)
            st->v[k] = edge_value(a, t->fields[k].type, i == 1 ? 0 : (i == 2 ? 1 : edge_count(t->fields[k].type) - 1));
        return (Value){.d.st = st};
    }
    }
}

#endif
