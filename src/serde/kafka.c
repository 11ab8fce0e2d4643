// SPDX-License-Identifier: Apache-2.0
// The formats KAFKA and NONE (page 07 §7.6): one column as Kafka's own serializers write it, or
// no bytes at all.
//
//   INTEGER 4 bytes, BIGINT 8, DOUBLE 8 (IEEE 754), all big-endian; STRING its UTF-8; BYTES raw
// Nothing is coerced. Text that is not UTF-8 is read as Java's decoder does, with U+FFFD for what is none; half a
// surrogate pair is written as '?' (types/utf8.c).
#include "serde/internal.h"
#include "types/cast.h"
#include "types/text.h"

/* ---- KAFKA ----------------------------------------------------------------------------------- */

static bool wrong_size(Reader *r, const char *class, int size)
{
    return reader_fail(r, "Size of data received by %sDeserializer is not %d", class, size);
}

static View mended(Batch *b, Str s)
{
    Buf out = BUF_INIT;
    text_mend(&out, s);
    Str kept = arena_str(b->arena, buf_view(&out));
    buf_free(&out);
    return view_of(kept.p, kept.n);
}

static bool kafka_read(Reader *r, Str s, Batch *b, int first_col, int row)
{
    Column *c = &b->cols[first_col];
    TypeKind kind = r->spec.cols[0].type->kind;
    uint64_t v8 = 0;
    uint32_t v4 = 0;
    if (kind == KIND_INTEGER && s.n != 4)
        return wrong_size(r, "Integer", 4);
    if ((kind == KIND_BIGINT || kind == KIND_DOUBLE) && s.n != 8)
        return wrong_size(r, kind == KIND_BIGINT ? "Long" : "Double", 8);
    if (!r->want[0] || !c->data)
        return true;
    switch (kind) {
    case KIND_INTEGER:
        memcpy(&v4, s.p, 4);
        c->i[row] = (int32_t)__builtin_bswap32(v4);
        break;
    case KIND_BIGINT:
    case KIND_DOUBLE:
        memcpy(&v8, s.p, 8);
        v8 = __builtin_bswap64(v8);
        memcpy((char *)c->data + 8 * (size_t)row, &v8, 8);
        break;
    case KIND_STRING:
        c->s[row] = utf8_valid(s) ? view_of(s.p, s.n) : mended(b, s);
        break;
    default:
        c->s[row] = view_of(s.p, s.n);
        break;
    }
    cell_set(c, row);
    return true;
}

Reader *kafka_reader_new(Arena *a, const SerdeSpec *spec)
{
    static const ReaderOps ops = {kafka_read, NULL};
    UNUSED(spec);
    Reader *r = ARENA_NEW(a, Reader);
    r->ops = &ops;
    return r;
}

static WriteResult kafka_write(Writer *w, const Column *const *cols, int row, Buf *out)
{
    const Column *c = cols[0];
    uint64_t v8;
    UNUSED(w);
    if (column_is_null(c, row))
        return WRITE_NULL;
    if (c->constant)
        row = 0;
    switch (c->type->kind) {
    case KIND_INTEGER:
        buf_be32(out, (uint32_t)c->i[row]);
        break;
    case KIND_BIGINT:
    case KIND_DOUBLE:
        memcpy(&v8, (const char *)c->data + 8 * (size_t)row, 8);
        buf_be64(out, v8);
        break;
    case KIND_STRING:
        text_utf8(out, view_str(c->s[row]));
        break;
    default:
        buf_str(out, view_str(c->s[row]));
        break;
    }
    return WRITE_BYTES;
}

Writer *kafka_writer_new(Arena *a, const SerdeSpec *spec)
{
    static const WriterOps ops = {kafka_write, NULL};
    UNUSED(spec);
    Writer *w = ARENA_NEW(a, Writer);
    w->ops = &ops;
    return w;
}

/* ---- NONE ------------------------------------------------------------------------------------ */

/* No columns: whatever the bytes are, nobody looks at them. */
static bool none_read(Reader *r, Str s, Batch *b, int first_col, int row)
{
    UNUSED(r), UNUSED(s), UNUSED(b), UNUSED(first_col), UNUSED(row);
    return true;
}

Reader *none_reader_new(Arena *a)
{
    static const ReaderOps ops = {none_read, NULL};
    Reader *r = ARENA_NEW(a, Reader);
    r->ops = &ops;
    return r;
}

static WriteResult none_write(Writer *w, const Column *const *cols, int row, Buf *out)
{
    UNUSED(w), UNUSED(cols), UNUSED(row), UNUSED(out);
    return WRITE_NULL;
}

Writer *none_writer_new(Arena *a)
{
    static const WriterOps ops = {none_write, NULL};
    Writer *w = ARENA_NEW(a, Writer);
    w->ops = &ops;
    return w;
}
