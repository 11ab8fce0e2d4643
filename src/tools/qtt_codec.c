// SPDX-License-Identifier: Apache-2.0
// Records of query-validation cases as bytes, and bytes as trees (page 12 §12.3, page 07).
//
// JSON goes through literally; DELIMITED is the raw text; KAFKA a bare number or string in its binary
// form. Windowed keys carry their bounds behind the key's bytes, as Kafka Streams writes them:
//     time     key | start: 8 bytes, big-endian
//     session  key | end: 8 bytes | start: 8 bytes
#include <stdlib.h>

#include "tools/qtt_case.h"
#include "types/cast.h"

bool parse_base64_str(Arena *a, Str text, Str *out)
{
    Buf b = BUF_INIT;
    bool ok = parse_base64(&b, text);
    *out = arena_str(a, buf_view(&b));
    if (ok && !out->p)
        out->p = "";
    buf_free(&b);
    return ok;
}

static bool encode_kafka(Arena *a, QttPrimitive type, const JTree *t, Buf *b)
{
    Str text = jtree_plain(a, t);
    int64_t l;
    double d;
    switch (type) {
    case QTT_STRING:
        buf_str(b, text);
        return true;
    case QTT_BYTES: {
        Str bytes;
        if (!parse_base64_str(a, text, &bytes))
            return false;
        buf_str(b, bytes);
        return true;
    }
    case QTT_INTEGER:
        if (!parse_int64(text, &l))
            return false;
        buf_be32(b, (uint32_t)l);
        return true;
    case QTT_BIGINT:
        if (!parse_int64(text, &l))
            return false;
        buf_be64(b, (uint64_t)l);
        return true;
    case QTT_DOUBLE:
        if (!parse_double(text, &d))
            return false;
        memcpy(&l, &d, sizeof l);
        buf_be64(b, (uint64_t)l);
        return true;
    }
    return false;
}

/* Appends one side; *null when it is none. */
static bool encode_side(Arena *a, const QttSide *side, const JTree *t, Buf *b, bool *null)
{
    *null = !t || t->kind == JT_NULL || side->format == QTT_NONE;
    if (*null)
        return true;
    switch (side->format) {
    case QTT_KAFKA:
        return encode_kafka(a, side->primitive, t, b);
    case QTT_DELIMITED:
        buf_str(b, jtree_plain(a, t));
        return true;
    default:
        jtree_write(b, t);
        return true;
    }
}

static void encode_window(const JTree *window, Buf *b)
{
    int64_t start = jtree_int(window, "start", 0), end = jtree_int(window, "end", 0);
    if (str_eq_nocase(jtree_text(window, "type"), STR("SESSION")))
        buf_be64(b, (uint64_t)end);
    buf_be64(b, (uint64_t)start);
}

static bool encode_headers(Arena *a, const JTree *headers, Record *out)
{
    if (!headers || headers->kind != JT_ARRAY || headers->n == 0)
        return true;
    Header *h = ARENA_ARRAY(a, Header, headers->n);
    for (int i = 0; i < headers->n; i++) {
        const JTree *v = jtree_get(&headers->items[i], "VALUE");
        h[i].key = jtree_text(&headers->items[i], "KEY");
        if (v && v->kind == JT_STRING && !parse_base64_str(a, v->text, &h[i].value))
            return false;
    }
    out->headers = (Headers){headers->n, h};
    return true;
}

bool qtt_encode(QttRun *r, const JTree *spec, Record *out, const char **why)
{
    const QttTopic *t = qtt_topic(r, jtree_text(spec, "topic"));
    const JTree *window = jtree_get(spec, "window");
    Buf key = BUF_INIT, value = BUF_INIT;
    bool no_key, no_value, ok;
    *out = (Record){.ts = jtree_int(spec, "timestamp", 0)};
    *why = "the key does not fit its format";
    ok = encode_side(r->arena, &t->key, jtree_get(spec, "key"), &key, &no_key);
    if (ok) {
        *why = "the value does not fit its format";
        ok = encode_side(r->arena, &t->value, jtree_get(spec, "value"), &value, &no_value);
    }
    if (ok && window && window->kind == JT_OBJECT && !no_key)
        encode_window(window, &key);
    if (ok) {
        if (!no_key)
            out->key = arena_dup(r->arena, buf_z(&key), key.n + 1);
        if (!no_value)
            out->value = arena_dup(r->arena, buf_z(&value), value.n + 1);
        out->key_len = no_key ? 0 : (int32_t)key.n;
        out->value_len = no_value ? 0 : (int32_t)value.n;
        *why = "a header is not base64";
        ok = encode_headers(r->arena, jtree_get(spec, "headers"), out);
    }
    buf_free(&key);
    buf_free(&value);
    return ok;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static JTree *leaf(Arena *a, JTreeKind kind, Str text)
{
    JTree *t = ARENA_NEW(a, JTree);
    t->kind = kind;
    t->text = arena_str(a, text);
    return t;
}

static JTree *leaf_buf(Arena *a, JTreeKind kind, Buf *b)
{
    JTree *t = leaf(a, kind, buf_view(b));
    buf_free(b);
    return t;
}

static bool decode_kafka(Arena *a, QttPrimitive type, Str in, const JTree **out)
{
    Rd rd = rd_of(in);
    Buf b = BUF_INIT;
    switch (type) {
    case QTT_STRING:
        *out = leaf(a, JT_STRING, in);
        return true;
    case QTT_BYTES:
        if (in.n == 0) {
            *out = leaf(a, JT_NULL, in);
            return true;
        }
        text_base64(&b, in);
        *out = leaf_buf(a, JT_STRING, &b);
        return true;
    case QTT_INTEGER:
        text_int(&b, (int32_t)rd_be32(&rd));
        break;
    case QTT_BIGINT:
        text_int(&b, (int64_t)rd_be64(&rd));
        break;
    case QTT_DOUBLE: {
        uint64_t bits = rd_be64(&rd);
        double d;
        memcpy(&d, &bits, sizeof d);
        text_double(&b, d);
        break;
    }
    }
    *out = leaf_buf(a, JT_NUMBER, &b);
    return !rd.bad && rd.p == rd.end;
}

bool qtt_decode(Arena *a, const QttSide *side, const char *p, int64_t n, const JTree **out)
{
    Err err = ERR_INIT;
    JTree *t;
    *out = leaf(a, JT_NULL, (Str){0});
    if (!p)
        return true;
    Str in = arena_str(a, (Str){p, (size_t)n});
    switch (side->format) {
    case QTT_KAFKA:
        return decode_kafka(a, side->primitive, in, out);
    case QTT_DELIMITED:
        *out = leaf(a, JT_STRING, in);
        return true;
    case QTT_NONE:
        return n == 0;
    case QTT_JSON:
        break;
    }
    if (jtree_parse(a, in, false, &t, &err)) {
        err_clear(&err);
        *out = leaf(a, JT_STRING, in);
        return false;
    }
    *out = t;
    return true;
}

bool qtt_window(const QttTopic *t, const Record *rec, int64_t *key_len, int64_t *start, int64_t *end)
{
    int64_t tail = t->window == QTT_SESSION ? 16 : 8;
    *key_len = rec->key_len - tail;
    if (!rec->key || *key_len < 0)
        return false;
    Rd rd = rd_of((Str){rec->key + *key_len, (size_t)tail});
    *end = t->window == QTT_SESSION ? (int64_t)rd_be64(&rd) : 0;
    *start = (int64_t)rd_be64(&rd);
    if (t->window == QTT_TIME)
        *end = *start + t->window_size;
    return true;
}
