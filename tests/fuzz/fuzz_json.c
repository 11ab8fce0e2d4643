// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the JSON reader and writer over a schema with every type.
//
// The input is one record's value. It is read twice: the fast way, and, through a schema with two
// columns that differ only in case, the slow way. Both must keep or refuse it, with equal cells; a
// kept row is written, and what was written reads back equal. A reader that knows the record's shape
// reads it and records that differ in one byte, and must agree with the slow way too. No input may
// end the process.
#define _GNU_SOURCE /* memmem */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "serde/serde.h"
#include "types/cast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define COLUMNS                                                                                        \
    "`A` INTEGER, `B` STRING, `C` ARRAY<STRUCT<`X` DOUBLE, `y` BYTES>>, `D` MAP<STRING, BIGINT>, "     \
    "`E` DECIMAL(10, 3), `F` BOOLEAN, `G` TIME, `H` DATE, `I` TIMESTAMP, `J` ARRAY<STRING>, "          \
    "`K` STRUCT<`É` DOUBLE, `L` MAP<STRING, ARRAY<INTEGER>>>, `M` DOUBLE"

typedef struct Side {
    Schema schema;
    SerdeSpec spec;
    Reader *r;
    Writer *w;
} Side;

static void side_init(Side *s, const char *type)
{
    static Arena *a;
    const Type *t;
    Err err = ERR_INIT;
    if (!a)
        a = arena_new(0);
    if (type_parse(a, str_of(type), &t, &err) != OK)
        BUG("%s", err.msg);
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, t->nfields);
    for (int i = 0; i < t->nfields; i++)
        cols[i] = (ColumnDef){.name = t->fields[i].name, .type = t->fields[i].type, .role = ROLE_VALUE};
    s->schema = (Schema){t->nfields, cols};
    s->spec = (SerdeSpec){.format = FORMAT_JSON, .topic = STR("t"), .ncols = t->nfields, .cols = cols};
    if (reader_new(&s->spec, NULL, &s->r, &err) != OK || writer_new(&s->spec, &s->w, &err) != OK)
        BUG("%s", err.msg);
}

/* One record; NULL when it was refused. */
static Batch *take(const Side *s, Arena *a, Str payload)
{
    uint16_t row = 0;
    const Bytes in = {payload.p, (int64_t)payload.n};
    Batch *b = batch_new(a, &s->schema, 1);
    b->flags = arena_zalloc(a, 1);
    if (reader_read(s->r, &in, &row, 1, b, 0, &row) == 1)
        return b;
    if (!b->errors || b->errors->v.n != 1 || b->errors->v.v[0].message.n == 0)
        BUG("refused without a message");
    return NULL;
}

static void put(Side *s, const Batch *b, Buf *out)
{
    const Column *cols[32];
    const char *why;
    for (int i = 0; i < s->spec.ncols; i++)
        cols[i] = &b->cols[i];
    if (writer_write(s->w, cols, 0, NULL, out, &why) != WRITE_BYTES)
        BUG("not written");
}

static void compare(const Schema *schema, const Batch *x, const Batch *y)
{
    for (int i = 0; i < schema->n; i++) {
        Value v = column_get(&x->cols[i], 0), w = column_get(&y->cols[i], 0);
        if (!value_equal(schema->cols[i].type, &v, &w))
            BUG("cells of %.*s differ", STR_ARG(schema->cols[i].name));
    }
}

/* The record, and its likes, by its shape. */
static void by_shape(const Side *fast, const Side *slow, Arena *a, Str payload)
{
    static const char with[] = "\"\\,:{}[]0-.eE b\x80\n";
    enum { CREDIT = 10 }; /* times to read it before a record that does not fit */
    Side s = *fast;
    Err err = ERR_INIT;
    char *copy = malloc(payload.n ? payload.n : 1);
    if (!copy || reader_new(&s.spec, NULL, &s.r, &err) != OK)
        BUG("no reader");
    for (size_t i = 0; i < sizeof with - 1 && payload.n; i++) {
        for (int k = 0; k < CREDIT; k++)
            if (!take(&s, a, payload))
                BUG("refused when it comes again");
        compare(&fast->schema, take(&s, a, payload), take(slow, a, payload));
        memcpy(copy, payload.p, payload.n);
        copy[(i * 2654435761u + payload.n / 2) % payload.n] = with[i];
        Batch *x = take(&s, a, (Str){copy, payload.n}), *y = take(slow, a, (Str){copy, payload.n});
        if (!x != !y)
            BUG("the shape disagrees");
        if (x)
            compare(&fast->schema, x, y);
    }
    free(copy);
    reader_free(s.r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static Side fast, slow;
    static Arena *a;
    if (!a) {
        a = arena_new(0);
        side_init(&fast, "STRUCT<" COLUMNS ">");
        side_init(&slow, "STRUCT<" COLUMNS ", `zz` INTEGER, `ZZ` INTEGER>");
    }
    /* Without the twins' own columns, which only the slow side reads. */
    for (size_t i = 0; i + 1 < n; i++) {
        if ((data[i] | 0x20) == 'z' && (data[i + 1] | 0x20) == 'z')
            return 0;
    }
    if (memmem(data, n, "\\u", 2) && (memmem(data, n, "5a", 2) || memmem(data, n, "5A", 2) ||
                                      memmem(data, n, "7a", 2) ||
                                      memmem(data, n, "7A", 2)))
        return 0;
    arena_reset(a);
    const Str payload = {n ? (const char *)data : "", n};
    Batch *x = take(&fast, a, payload), *y = take(&slow, a, payload);
    if (!x != !y)
        BUG("the two ways disagree");
    if (!x)
        return 0;
    compare(&fast.schema, x, y);
    by_shape(&fast, &slow, a, payload);
    Buf text = BUF_INIT;
    put(&fast, x, &text);
    if (!utf8_valid(buf_view(&text)))
        BUG("written text is not UTF-8");
    Batch *z = take(&fast, a, buf_view(&text));
    if (!z)
        BUG("what was written is refused: %.*s", STR_ARG(buf_view(&text)));
    compare(&fast.schema, x, z);
    buf_free(&text);
    return 0;
}
