// SPDX-License-Identifier: Apache-2.0
// The format DELIMITED (page 07 §7.4): one record of comma-separated values, as Apache Commons CSV
// reads and writes it with its default settings and a delimiter of choice.
//
// Reading: empty lines before the record are skipped, what follows its line is ignored, spaces
// belong to the values. A field that starts with a quote runs to its closing quote, "" standing
// for one; after it only white space may follow. An empty field is NULL.
//
// A message here is two lines: what failed, and the cause.
#include "serde/internal.h"

#include "types/text.h"

#define READ_FAILED "Error deserializing delimited\n"

typedef struct CsvReader {
    Reader base;
    Buf quoted; /* a field with quotes doubled in it */
    Buf text;
} CsvReader;

typedef struct Cursor {
    const char *p, *end;
    char delimiter;
    bool more; /* another field follows */
} Cursor;

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); }

/* At the end of a field: past the delimiter, or at the end of the line. False: something else stands here. */
static bool field_end(Cursor *c)
{
    c->more = c->p < c->end && *c->p == c->delimiter;
    if (c->more)
        c->p++;
    return c->more || c->p >= c->end || *c->p == '\n' || *c->p == '\r';
}

static bool quoted_field(CsvReader *r, Cursor *c, Str *out)
{
    buf_clear(&r->quoted);
    const char *from = ++c->p;
    bool doubled = false;
    for (;;) {
        const char *q = c->p < c->end ? memchr(c->p, '"', (size_t)(c->end - c->p)) : NULL;
        if (!q)
            return reader_fail(&r->base, READ_FAILED
                               "(startline 1) EOF reached before encapsulated token finished");
        c->p = q + 1;
        if (c->p >= c->end || *c->p != '"') {
            *out = (Str){from, (size_t)(q - from)};
            break;
        }
        buf_bytes(&r->quoted, from, (size_t)(q + 1 - from));
        from = ++c->p;
        doubled = true;
    }
    if (doubled) {
        buf_str(&r->quoted, *out);
        *out = buf_view(&r->quoted);
    }
    while (!field_end(c)) {
        if (!is_space(*c->p))
            return reader_fail(&r->base, READ_FAILED
                               "(line 1) invalid char between encapsulated token and delimiter");
        c->p++;
    }
    return true;
}

static bool next_field(CsvReader *r, Cursor *c, Str *out)
{
    if (c->p < c->end && *c->p == '"')
        return quoted_field(r, c, out);
    const char *from = c->p;
    while (c->p < c->end && *c->p != c->delimiter && *c->p != '\n' && *c->p != '\r')
        c->p++;
    *out = (Str){from, (size_t)(c->p - from)};
    return field_end(c);
}

static bool no_number(CsvReader *r, Str s)
{
    return reader_fail(&r->base, READ_FAILED "For input string: \"%.*s\"", STR_ARG(s));
}

static bool int_cell(CsvReader *r, TypeKind kind, Str s, Datum *d)
{
    int64_t l;
    if (!parse_int64(s, &l))
        return no_number(r, s);
    switch (kind) {
    case KIND_INTEGER:
        if (l != (int32_t)l)
            return no_number(r, s);
        d->i = (int32_t)l;
        break;
    case KIND_TIME:
        if (l < 0 || l > TIME_MAX_MS)
            return reader_fail(&r->base, READ_FAILED TIME_RANGE_TEXT);
        d->i = (int32_t)l;
        break;
    case KIND_DATE:
        d->i = l > INT32_MAX ? INT32_MAX : l < INT32_MIN ? INT32_MIN : (int32_t)l;
        break;
    default:
        d->l = l;
    }
    return true;
}

static View keep_bytes(Batch *b, Str s)
{
    Str kept = arena_str(b->arena, s);
    return view_of(kept.p, kept.n);
}

/* Text that is not empty into a value. keep: what it points to is copied where it must be. */
static bool parse_cell(CsvReader *r, const Type *t, Str s, Batch *b, bool keep, Datum *d)
{
    switch (t->kind) {
    case KIND_BOOLEAN:
        d->b = str_eq_nocase(s, STR("true"));
        return true;
    case KIND_DOUBLE:
        return parse_double(s, &d->d) || no_number(r, s);
    case KIND_DECIMAL:
        buf_clear(&r->text);
        if (decimal_read(s, t, &d->dec, &r->text))
            return true;
        if (r->text.n == 0)
            return no_number(r, s);
        return reader_fail(&r->base, READ_FAILED "%s", buf_z(&r->text));
    case KIND_STRING:
        d->s = keep && s.p == r->quoted.p ? keep_bytes(b, s) : view_of(s.p, s.n);
        return true;
    case KIND_BYTES:
        buf_clear(&r->text);
        if (!parse_base64(&r->text, s))
            return reader_fail(&r->base, READ_FAILED "Illegal base64 text: %.*s", STR_ARG(s));
        if (keep)
            d->s = keep_bytes(b, buf_view(&r->text));
        return true;
    default:
        return int_cell(r, t->kind, s, d);
    }
}

static bool csv_cell(CsvReader *r, int col, Str s, Batch *b, Column *c, int row)
{
    const Type *t = r->base.spec.cols[col].type;
    Datum d = {.l = 0};
    bool keep = r->base.want[col] && c->data;
    if (s.n == 0) {
        if (keep)
            cell_null(b, c, row);
        return true;
    }
    if (!parse_cell(r, t, s, b, keep, &d)) /* a column that nobody wants is judged all the same */
        return false;
    if (!keep)
        return true;
    size_t width = (size_t)type_width(t);
    memcpy((char *)c->data + width * (size_t)row, &d, width);
    cell_set(c, row);
    return true;
}

/* The number of fields comes before their contents: a first pass counts them. */
static bool count_fields(CsvReader *r, Cursor c, int *n)
{
    Str s;
    *n = 0;
    do {
        if (!next_field(r, &c, &s))
            return false;
        ++*n;
    } while (c.more);
    return true;
}

static bool read_line(Reader *base, Str s, Batch *b, int first_col, int row)
{
    CsvReader *r = (CsvReader *)base;
    const SerdeSpec *spec = &base->spec;
    if (!utf8_valid(s))
        return reader_fail(base, READ_FAILED "Malformed UTF-8 text");
    Cursor c = {s.p, s.p + s.n, spec->delimiter, true};
    while (c.p < c.end && (*c.p == '\n' || *c.p == '\r'))
        c.p++;
    if (c.p == c.end)
        return reader_fail(base, READ_FAILED "No fields in record");
    int n;
    if (!count_fields(r, c, &n))
        return false;
    if (n != spec->ncols)
        return reader_fail(base, READ_FAILED
                           "Column count mismatch on deserialization. topic: %.*s, expected: %d, got: %d",
                           STR_ARG(spec->topic), spec->ncols, n);
    for (int i = 0; i < n; i++) {
        Str field;
        if (!next_field(r, &c, &field) || !csv_cell(r, i, field, b, &b->cols[first_col + i], row))
            return false;
    }
    return true;
}

static bool csv_read(Reader *base, Str s, Batch *b, int first_col, int row)
{
    if (read_line(base, s, b, first_col, row))
        return true;
    size_t first = sizeof READ_FAILED - 1; /* the line below it is the cause */
    reader_cause(base, b, str_sub(buf_view(&base->why), first, base->why.n - first));
    base->why.n = first - 1;
    return false;
}

static void csv_free(Reader *base)
{
    CsvReader *r = (CsvReader *)base;
    buf_free(&r->quoted);
    buf_free(&r->text);
}

Reader *delimited_reader_new(Arena *a, const SerdeSpec *spec)
{
    static const ReaderOps ops = {csv_read, csv_free};
    UNUSED(spec);
    CsvReader *r = ARENA_NEW(a, CsvReader);
    r->base.ops = &ops;
    return &r->base;
}

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct CsvWriter {
    Writer base;
    Buf text;
} CsvWriter;

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Commons CSV's rule for QuoteMode.MINIMAL. */
static bool needs_quotes(Str s, char delimiter, bool first)
{
    if (s.n == 0)
        return first;
    if ((first && !is_alnum(s.p[0])) || (uint8_t)s.p[0] <= '#' || (uint8_t)s.p[s.n - 1] <= ' ')
        return true;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\n' || c == '\r' || c == '"' || c == delimiter)
            return true;
    }
    return false;
}

static void write_field(Buf *out, Str s, char delimiter, bool first)
{
    if (!needs_quotes(s, delimiter, first)) {
        buf_str(out, s);
        return;
    }
    buf_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, s.p[i]);
    }
    buf_byte(out, '"');
}

static void cell_text(Buf *out, const Type *t, const Column *c, int row)
{
    switch (t->kind) {
    case KIND_BOOLEAN:
        buf_cstr(out, c->b[row] ? "true" : "false");
        break;
    case KIND_INTEGER:
    case KIND_TIME:
    case KIND_DATE:
        text_i64(out, c->i[row]);
        break;
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        text_i64(out, c->l[row]);
        break;
    case KIND_DOUBLE:
        text_double(out, c->d[row]);
        break;
    case KIND_DECIMAL:
        text_decimal(out, c->dec[row], t->scale);
        break;
    case KIND_BYTES:
        text_base64(out, view_str(c->s[row]));
        break;
    default:
        text_utf8(out, view_str(c->s[row]));
    }
}

static WriteResult csv_write(Writer *base, const Column *const *cols, int row, Buf *out)
{
    CsvWriter *w = (CsvWriter *)base;
    const SerdeSpec *spec = &base->spec;
    for (int i = 0; i < spec->ncols; i++) {
        if (i)
            buf_byte(out, spec->delimiter);
        if (column_is_null(cols[i], row))
            continue;
        buf_clear(&w->text);
        cell_text(&w->text, spec->cols[i].type, cols[i], cols[i]->constant ? 0 : row);
        write_field(out, buf_view(&w->text), spec->delimiter, i == 0);
    }
    return WRITE_BYTES;
}

static void csv_writer_free(Writer *base) { buf_free(&((CsvWriter *)base)->text); }

Writer *delimited_writer_new(Arena *a, const SerdeSpec *spec)
{
    static const WriterOps ops = {csv_write, csv_writer_free};
    UNUSED(spec);
    CsvWriter *w = ARENA_NEW(a, CsvWriter);
    w->base.ops = &ops;
    return &w->base;
}
