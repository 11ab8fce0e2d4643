// SPDX-License-Identifier: Apache-2.0
// Why a JSON record could not be read: ksqlDB's message, and the causes that its processing log tells.
//
// The reader stops at the first thing that does not fit and leaves in its cursor what it was: bad syntax, a
// value of another class, a text that does not coerce, or a text of its own. Here that becomes the message.
// Java wraps an exception at each step outwards, so that the causes name the same value by ever shorter
// paths: $.A.B[0], .A.B[0] and so on, and the bare message stands last. Only records that fail come here.
#include "serde/json_why.h"

/* A type as Java's schema formatter writes it: STRUCT<CUSTOMER VARCHAR, QTY INT>. */
static void required_type(Buf *out, const Type *t)
{
    switch (t->kind) {
    case KIND_INTEGER:
        buf_cstr(out, "INT");
        break;
    case KIND_STRING:
        buf_cstr(out, "VARCHAR");
        break;
    case KIND_ARRAY:
        buf_cstr(out, "ARRAY<");
        required_type(out, t->elem);
        buf_byte(out, '>');
        break;
    case KIND_MAP:
        buf_cstr(out, "MAP<");
        required_type(out, t->key);
        buf_cstr(out, ", ");
        required_type(out, t->elem);
        buf_byte(out, '>');
        break;
    case KIND_STRUCT:
        buf_cstr(out, "STRUCT<");
        for (int i = 0; i < t->nfields; i++) {
            buf_printf(out, "%s%.*s ", i ? ", " : "", STR_ARG(t->fields[i].name));
            required_type(out, t->fields[i].type);
        }
        buf_byte(out, '>');
        break;
    default:
        type_print(out, t);
    }
}

/* How many bytes of a path a message shows: a map's keys may be long. */
static int path_shown(Str path)
{
    size_t n = 500;
    if (path.n <= n)
        return (int)path.n;
    while (n > 0 && ((uint8_t)path.p[n] & 0xC0) == 0x80)
        n--;
    return (int)n;
}

/* What wraps the bare message in `why`: Java names the path anew at each step outwards, and the root at last. */
static bool explain_at(Reader *r, const JsonPath *at, const Batch *b)
{
    Buf *why = &r->why;
    const SerdeSpec *spec = &r->spec;
    size_t bare = why->n;
    Str path = buf_view(&at->text);
    buf_printf(why, ", path: $%.*s", path_shown(path), path.n ? path.p : "");
    Str first = arena_str(b->arena, buf_view(why));
    reader_cause(r, b, first);
    for (int i = 0; i < at->steps.n; i++) {
        why->n = bare;
        Str left = str_sub(path, at->steps.v[i], path.n - at->steps.v[i]);
        buf_printf(why, ", path: %.*s", path_shown(left), left.p);
        reader_cause(r, b, buf_view(why));
    }
    why->n = bare;
    reader_cause(r, b, buf_view(why));
    buf_clear(why);
    buf_printf(why, "Failed to deserialize %s from topic: %.*s. ", serde_side(spec), STR_ARG(spec->topic));
    buf_str(why, first);
    return false;
}

bool json_why(Reader *r, const Json *j, const JsonPath *at, const Batch *b)
{
    Buf *why = &r->why;
    const SerdeSpec *spec = &r->spec;
    buf_clear(why);
    switch (j->fail) {
    case JSON_SYNTAX:
        buf_printf(why, "Failed to deserialize %s from topic: %.*s. ", serde_side(spec), STR_ARG(spec->topic));
        size_t from = why->n;
        js_syntax_text(j, why);
        reader_cause(r, b, str_sub(buf_view(why), from, why->n - from));
        return false;
    case JSON_CONVERT:
        buf_printf(why, "Can't convert type. sourceType: %s, requiredType: ", js_node_name(j->at, j->end));
        if (type_is_nested(j->want))
            required_type(why, j->want);
        else
            type_print(why, j->want);
        break;
    case JSON_COERCE:
        buf_printf(why, "Can't coerce string to type. targetType: %s", type_kind_name(j->want->kind));
        break;
    case JSON_OTHER:
        buf_str(why, buf_view(&j->text));
        break;
    case JSON_OK:
        BUG("a record failed without a reason");
    }
    return explain_at(r, at, b);
}

bool json_why_root(Reader *r, Json *j, const JsonPath *at, const Batch *b)
{
    const SerdeSpec *spec = &r->spec;
    Buf *why = &r->why;
    buf_clear(why);
    if (js_peek(j) == JC_NULL) {
        buf_cstr(why, "Cannot invoke \"org.apache.kafka.connect.data.Struct.schema()\" "
                      "because \"struct\" is null");
        return false;
    }
    buf_printf(why, "Can't convert type. sourceType: %s, requiredType: STRUCT<", js_node_name(j->p, j->end));
    for (int i = 0; i < spec->ncols; i++) {
        buf_printf(why, "%s%.*s ", i ? ", " : "", STR_ARG(spec->cols[i].name));
        required_type(why, spec->cols[i].type);
    }
    buf_byte(why, '>');
    return explain_at(r, at, b);
}
