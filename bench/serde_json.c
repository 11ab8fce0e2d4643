// SPDX-License-Identifier: Apache-2.0
// How long the JSON reader and writer take for a record: prints ns a record, and MB a second.
//
// The record is the shopping cart's, about 100 bytes in three columns, 4,096 a batch; the best of
// many rounds counts. One core, no threads. Also the same records with spaces after colons and
// commas, with keys that change their order, with 1 column wanted of 3, one row a call, and the
// cost of writing; and an order of 8 columns (200 bytes, one an ARRAY, one a STRUCT), all wanted or one:
// the others are judged.
//
//   gcc -O2 -Isrc bench/serde_json.c <sources of base, types and serde> -lxxhash -lm
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serde/serde.h"

enum { ROWS = LIMIT_BATCH_ROWS, ROUNDS = 400 };

static const ColumnDef columns[] = {
    {.name = {"CUSTOMER", 8}, .type = TYPE_STRING, .role = ROLE_VALUE},
    {.name = {"ITEM", 4}, .type = TYPE_STRING, .role = ROLE_VALUE},
    {.name = {"QTY", 3}, .type = TYPE_INTEGER, .role = ROLE_VALUE},
};
static const Schema schema = {3, columns};
static const SerdeSpec spec = {.format = FORMAT_JSON, .topic = {"t", 1}, .ncols = 3, .cols = columns};

static const Field address_fields[] = {{{"CITY", 4}, TYPE_STRING}, {{"ZIP", 3}, TYPE_INTEGER}};
static const Type price = {.kind = KIND_DECIMAL, .precision = 10, .scale = 2};
static const Type tags = {.kind = KIND_ARRAY, .elem = TYPE_STRING};
static const Type address = {.kind = KIND_STRUCT, .nfields = 2, .fields = address_fields};
static const ColumnDef order_columns[] = {
    {.name = {"ID", 2}, .type = TYPE_BIGINT, .role = ROLE_VALUE},
    {.name = {"NAME", 4}, .type = TYPE_STRING, .role = ROLE_VALUE},
    {.name = {"PRICE", 5}, .type = &price, .role = ROLE_VALUE},
    {.name = {"PAID", 4}, .type = TYPE_BOOLEAN, .role = ROLE_VALUE},
    {.name = {"AT", 2}, .type = TYPE_TIMESTAMP, .role = ROLE_VALUE},
    {.name = {"TAGS", 4}, .type = &tags, .role = ROLE_VALUE},
    {.name = {"ADDRESS", 7}, .type = &address, .role = ROLE_VALUE},
    {.name = {"NOTE", 4}, .type = TYPE_STRING, .role = ROLE_VALUE},
};
static const SerdeSpec order_spec = {.format = FORMAT_JSON, .topic = {"t", 1}, .ncols = 8, .cols = order_columns};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Records one after the other in one buffer, as a fetch leaves them. */
static int64_t records(const char *const fmt[2], char **text, Bytes *in)
{
    size_t cap = (size_t)ROWS * 300, at = 0;
    *text = malloc(cap);
    for (int i = 0; i < ROWS; i++) {
        int n = snprintf(*text + at, cap - at, fmt[i & 1], 1000000 + i * 7919 % 100000, i * 31 % 977, i % 9);
        in[i] = (Bytes){*text + at, n};
        at += (size_t)n;
    }
    return (int64_t)at;
}

static void measure(const char *what, const SerdeSpec *of, const char *even, const char *odd, const bool *want, bool single)
{
    static Bytes in[ROWS];
    static uint16_t rows[ROWS], keep[ROWS];
    const char *const fmt[2] = {even, odd};
    const Schema sch = {of->ncols, of->cols};
    char *text;
    int64_t bytes = records(fmt, &text, in);
    Err err = ERR_INIT;
    Reader *r;
    if (reader_new(of, want, &r, &err) != OK)
        exit(1);
    for (int i = 0; i < ROWS; i++)
        rows[i] = (uint16_t)i;
    Arena *a = arena_new(1 << 20);
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        arena_reset(a);
        Batch *b = batch_new(a, &sch, ROWS);
        for (int i = 0; i < sch.n; i++)
            if (want && !want[i])
                b->cols[i].data = NULL; /* as a query leaves it */
        b->flags = arena_zalloc(a, ROWS);
        double t = now_ns();
        int kept = 0;
        if (single)
            for (int i = 0; i < ROWS; i++)
                kept += reader_read(r, in, rows + i, 1, b, 0, keep);
        else
            kept = reader_read(r, in, rows, ROWS, b, 0, keep);
        t = now_ns() - t;
        if (kept != ROWS)
            exit(2);
        best = t < best ? t : best;
    }
    printf("%-28s %6.1f ns a record of %lld bytes, %5.0f MB/s\n", what, best / ROWS,
           (long long)(bytes / ROWS),
           (double)bytes / best * 1e3);
    reader_free(r);
    arena_free(a);
    free(text);
}

static void measure_write(const char *fmt)
{
    static Bytes in[ROWS];
    static uint16_t rows[ROWS], keep[ROWS];
    const char *const both[2] = {fmt, fmt};
    char *text;
    records(both, &text, in);
    Err err = ERR_INIT;
    Reader *r;
    Writer *w;
    if (reader_new(&spec, NULL, &r, &err) != OK || writer_new(&spec, &w, &err) != OK)
        exit(1);
    for (int i = 0; i < ROWS; i++)
        rows[i] = (uint16_t)i;
    Arena *a = arena_new(1 << 20);
    Batch *b = batch_new(a, &schema, ROWS);
    reader_read(r, in, rows, ROWS, b, 0, keep);
    const Column *cols[3] = {&b->cols[0], &b->cols[1], &b->cols[2]};
    Buf out = BUF_INIT;
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        const char *why;
        buf_clear(&out);
        double t = now_ns();
        for (int i = 0; i < ROWS; i++)
            if (writer_write(w, cols, i, NULL, &out, &why) != WRITE_BYTES)
                exit(3);
        t = now_ns() - t;
        best = t < best ? t : best;
    }
    printf("%-28s %6.1f ns a record of %lld bytes, %5.0f MB/s\n", "write", best / ROWS,
           (long long)(out.n / ROWS),
           (double)out.n / best * 1e3);
    buf_free(&out);
    writer_free(w);
    reader_free(r);
    arena_free(a);
    free(text);
}

int main(void)
{
    const char *cart = "{\"customer\":\"customer-%d@shop.example.com\",\"item\":\"a pair of long t-shirts, "
                       "model %d\",\"qty\":%d}";
    const char *spaces =
        "{\"customer\": \"customer-%d@shop.example.com\", \"item\": \"a pair of long t-shirts, model %d\", "
        "\"qty\": %d}";
    const char *other = "{\"CUSTOMER\":\"customer-%d@shop.example.com\",\"ITEM\":\"a pair of long t-shirts, "
                        "model %d\",\"QTY\":%d}";
    static const bool one[3] = {false, false, true};
    measure("read", &spec, cart, cart, NULL, false);
    measure("read, one row a call", &spec, cart, cart, NULL, true);
    measure("read, spaces", &spec, spaces, spaces, NULL, false);
    measure("read, 1 of 3 columns", &spec, cart, cart, one, false);
    measure("read, keys of two spellings", &spec, cart, other, NULL, false);
    const char *order = "{\"ID\":%d,\"NAME\":\"customer number %d of the shop\",\"PRICE\":%d.25,\"PAID\":true,"
                        "\"AT\":1600000000000,\"TAGS\":[\"blue\",\"cotton\"],\"ADDRESS\":{\"CITY\":\"Bern\","
                        "\"ZIP\":3000},\"NOTE\":\"leave it at the door, please\"}";
    static const bool first[8] = {true};
    measure("order, all 8 columns", &order_spec, order, order, NULL, false);
    measure("order, 1 of 8 columns", &order_spec, order, order, first, false);
    measure_write(other);
    return 0;
}
