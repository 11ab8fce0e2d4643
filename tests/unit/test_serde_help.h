// SPDX-License-Identifier: Apache-2.0
// Helpers of the serde tests: a reader and a writer over columns given as a STRUCT type's text, one
// record a call, and a short text of what came out.
//
// sd_read's text: the cells as JSON, separated by '|'; "null row" where the payload was null;
// "! message" for a record error, with its first cause on a line below where the message does not tell
// it. sd_write's: the bytes, "null", or "! message". The payload is copied into a block of exactly its
// size, so that a sanitizer sees any read beyond it.
#ifndef SLUICE_TESTS_SERDE_HELP_H
#define SLUICE_TESTS_SERDE_HELP_H

#include <stdlib.h>

#include "serde/serde.h"
#include "unit.h"

typedef struct Sd {
    Arena *a;      /* of the schema */
    Arena *rows;   /* of the batch */
    SerdeSpec spec;
    ColumnDef *cols;
    Schema schema;
    Reader *r;
    Writer *w;
    Batch *b;      /* of the last record */
    bool kept;
    Err err;
    Buf text;
    char *payload; /* of the last record */
} Sd;

enum { SD_KEY = 1, SD_WRAP = 2, SD_UNWRAP = 4, SD_TIME_WINDOW = 8, SD_SESSION = 16 };

static inline Sd *sd_spec(Format f, const char *type, int flags)
{
    Arena *a = arena_new(0);
    Sd *s = ARENA_NEW(a, Sd);
    const Type *t = NULL;
    s->a = a;
    s->rows = arena_new(0);
    if (type_parse(a, str_of(type), &t, &s->err) != OK)
        BUG("%s: %s", type, s->err.msg);
    s->cols = ARENA_ARRAY(a, ColumnDef, t->nfields + 1);
    for (int i = 0; i < t->nfields; i++)
        s->cols[i] = (ColumnDef){.name = t->fields[i].name,
                                 .type = t->fields[i].type,
                                 .role = flags & SD_KEY ? ROLE_KEY : ROLE_VALUE};
    s->schema = (Schema){t->nfields, s->cols};
    s->spec = (SerdeSpec){.format = f,
                          .is_key = flags & SD_KEY,
                          .wrapping = flags & SD_WRAP     ? WRAP_SINGLES
                                      : flags & SD_UNWRAP ? UNWRAP_SINGLES
                                                          : WRAP_DEFAULT,
                          .topic = STR("t"),
                          .ncols = t->nfields,
                          .cols = s->cols,
                          .has_window = flags & (SD_TIME_WINDOW | SD_SESSION),
                          .window_is_session = flags & SD_SESSION,
                          .window_size = 1000};
    return s;
}

/* Reader and writer of the spec, which the test may have changed. */
static inline void sd_open(Sd *s)
{
    if (reader_new(&s->spec, NULL, &s->r, &s->err) != OK || writer_new(&s->spec, &s->w, &s->err) != OK)
        BUG("%s", s->err.msg);
}

static inline Sd *sd_new(Format f, const char *type, int flags)
{
    Sd *s = sd_spec(f, type, flags);
    sd_open(s);
    return s;
}

static inline void sd_free(Sd *s)
{
    reader_free(s->r);
    writer_free(s->w);
    err_clear(&s->err);
    buf_free(&s->text);
    free(s->payload);
    arena_free(s->rows);
    arena_free(s->a);
}

/* Reads one record into s->b; p == NULL is null. */
static inline void sd_take(Sd *s, const void *p, size_t n)
{
    uint16_t row = 0, keep[1];
    arena_reset(s->rows);
    free(s->payload);
    s->payload = p ? malloc(n ? n : 1) : NULL;
    if (n)
        memcpy(s->payload, p, n);
    s->b = batch_new(s->rows, &s->schema, 1);
    s->b->flags = arena_zalloc(s->rows, 1);
    const Bytes in = {s->payload, (int64_t)n};
    s->kept = reader_read(s->r, &in, &row, 1, s->b, 0, keep) == 1;
}

static inline const char *sd_read_bytes(Sd *s, const void *p, size_t n)
{
    sd_take(s, p, n);
    buf_clear(&s->text);
    if (!s->kept) {
        buf_cstr(&s->text, "! ");
        const RowError *e = &s->b->errors->v.v[0];
        buf_str(&s->text, e->message);
        if (e->ncauses && !str_ends(e->message, e->causes[0]))
            buf_printf(&s->text, "\n%.*s", STR_ARG(e->causes[0]));
        return buf_z(&s->text);
    }
    if (s->b->flags[0])
        return "null row";
    for (int i = 0; i < s->schema.n; i++) {
        Value v = column_get(&s->b->cols[i], 0);
        if (i)
            buf_byte(&s->text, '|');
        value_json(&s->text, s->cols[i].type, &v);
    }
    if (s->spec.has_window)
        buf_printf(&s->text, " @%lld/%lld", (long long)s->b->win_start[0], (long long)s->b->win_end[0]);
    return buf_z(&s->text);
}

static inline const char *sd_read(Sd *s, const char *text)
{
    return sd_read_bytes(s, text, text ? strlen(text) : 0);
}

/* Writes the row of s->b. */
static inline const char *sd_write_row(Sd *s, const Batch *b)
{
    const Column *cols[64];
    const char *why = "";
    int64_t win[2] = {0, 0};
    if (b->win_start)
        win[0] = b->win_start[0], win[1] = b->win_end[0];
    for (int i = 0; i < s->schema.n; i++)
        cols[i] = &b->cols[i];
    buf_clear(&s->text);
    switch (writer_write(s->w, b->flags && b->flags[0] ? NULL : cols, 0, win, &s->text, &why)) {
    case WRITE_NULL:
        return "null";
    case WRITE_FAILED:
        buf_clear(&s->text);
        buf_printf(&s->text, "! %s", why);
        break;
    case WRITE_BYTES:
        break;
    }
    return buf_z(&s->text);
}

/* Reads the record and writes what came out. */
static inline const char *sd_echo(Sd *s, const char *text)
{
    const char *got = sd_read(s, text);
    return s->kept ? sd_write_row(s, s->b) : got;
}

#endif
