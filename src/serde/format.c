// SPDX-License-Identifier: Apache-2.0
// The table of formats, and which columns each can hold (page 07 §7.1).
//
// A format without FORMAT_IMPLEMENTED is known by name and rules, so that statements get ksqlDB's
// messages, but has no reader or writer yet. Pure; any thread.
#include "serde/internal.h"

#define REGISTRY (FORMAT_NEEDS_REGISTRY | FORMAT_INFERS)
#define BOTH (FORMAT_IS_KEY | FORMAT_IS_VALUE)
#define BOTH_WAYS (FORMAT_CAN_WRAP | FORMAT_CAN_UNWRAP)

static const FormatInfo formats[FORMATS] = {
    [FORMAT_NONE] = {"NONE", FORMAT_IS_KEY | FORMAT_IMPLEMENTED},
    [FORMAT_KAFKA] = {"KAFKA", BOTH | FORMAT_CAN_UNWRAP | FORMAT_IMPLEMENTED},
    [FORMAT_JSON] = {"JSON", BOTH | FORMAT_MULTI_KEY | BOTH_WAYS | FORMAT_IMPLEMENTED},
    [FORMAT_DELIMITED] = {"DELIMITED", BOTH | FORMAT_MULTI_KEY | FORMAT_CAN_UNWRAP | FORMAT_IMPLEMENTED},
    [FORMAT_AVRO] = {"AVRO", BOTH | FORMAT_MULTI_KEY | BOTH_WAYS | REGISTRY},
    [FORMAT_PROTOBUF] = {"PROTOBUF", BOTH | FORMAT_MULTI_KEY | FORMAT_CAN_WRAP | REGISTRY},
    [FORMAT_PROTOBUF_NOSR] = {"PROTOBUF_NOSR", BOTH | FORMAT_MULTI_KEY | BOTH_WAYS},
    [FORMAT_JSON_SR] = {"JSON_SR", BOTH | FORMAT_MULTI_KEY | BOTH_WAYS | REGISTRY},
};

const FormatInfo *format_info(Format f) { return &formats[f]; }

bool format_by_name(Str name, Format *out)
{
    for (int i = 0; i < FORMATS; i++) {
        if (str_eq_nocase(name, str_of(formats[i].name))) {
            *out = (Format)i;
            return true;
        }
    }
    return false;
}

bool serde_unwrapped(const SerdeSpec *spec)
{
    if (spec->ncols != 1 || spec->wrapping == WRAP_SINGLES)
        return false;
    int can = format_info(spec->format)->flags & BOTH_WAYS;
    if (spec->wrapping == UNWRAP_SINGLES)
        return (can & FORMAT_CAN_UNWRAP) != 0;
    /* No choice was made: keys unwrap where they can, values only where they cannot wrap. */
    return spec->is_key ? (can & FORMAT_CAN_UNWRAP) != 0 : !(can & FORMAT_CAN_WRAP);
}

/* [`K` STRING KEY, `L` INTEGER KEY] */
static void print_columns(Buf *out, const SerdeSpec *spec)
{
    buf_byte(out, '[');
    for (int i = 0; i < spec->ncols; i++) {
        buf_printf(out, "%s`%.*s` ", i ? ", " : "", STR_ARG(spec->cols[i].name));
        type_print(out, spec->cols[i].type);
        if (spec->is_key)
            buf_cstr(out, " KEY");
    }
    buf_byte(out, ']');
}

/* A MAP somewhere inside whose keys are not STRING. */
static bool has_odd_map(const Type *t)
{
    if (t->kind == KIND_MAP && t->key->kind != KIND_STRING)
        return true;
    if (t->kind == KIND_ARRAY || t->kind == KIND_MAP)
        return has_odd_map(t->elem);
    for (int i = 0; t->kind == KIND_STRUCT && i < t->nfields; i++) {
        if (has_odd_map(t->fields[i].type))
            return true;
    }
    return false;
}

/* Objects and arrays that a value of the type may be deep. */
static int depth_of(const Type *t)
{
    int most = 0;
    if (!type_is_nested(t))
        return 0;
    if (t->kind != KIND_STRUCT)
        return 1 + depth_of(t->elem);
    for (int i = 0; i < t->nfields; i++) {
        int depth = depth_of(t->fields[i].type);
        most = depth > most ? depth : most;
    }
    return 1 + most;
}

static bool kafka_holds(TypeKind k)
{
    return k == KIND_INTEGER || k == KIND_BIGINT || k == KIND_DOUBLE || k == KIND_STRING || k == KIND_BYTES;
}

/* Why the format cannot hold the columns; nothing written when it can. */
static void reason(Buf *out, const SerdeSpec *spec)
{
    if (spec->format == FORMAT_NONE && spec->ncols > 0) {
        buf_cstr(out, "The 'NONE' format can only be used when no columns are defined. Got: ");
        print_columns(out, spec);
        return;
    }
    if (spec->format == FORMAT_KAFKA && spec->ncols > 1) {
        buf_cstr(out, "The 'KAFKA' format only supports a single field. Got: ");
        print_columns(out, spec);
        return;
    }
    for (int i = 0; i < spec->ncols; i++) {
        const Type *t = spec->cols[i].type;
        switch (spec->format) {
        case FORMAT_KAFKA:
            if (!kafka_holds(t->kind))
                buf_printf(out, "The 'KAFKA' format does not support type '%s'", type_kind_name(t->kind));
            break;
        case FORMAT_DELIMITED:
            if (type_is_nested(t))
                buf_printf(out, "The 'DELIMITED' format does not support type '%s', column: `%.*s`",
                           type_kind_name(t->kind), STR_ARG(spec->cols[i].name));
            break;
        case FORMAT_JSON:
        case FORMAT_JSON_SR:
            if (has_odd_map(t))
                buf_cstr(out, "JSON only supports MAP types with STRING keys");
            else if (depth_of(t) + !serde_unwrapped(spec) > LIMIT_NESTING)
                buf_printf(out, "JSON is read down to %d levels, column `%.*s` has more", LIMIT_NESTING,
                           STR_ARG(spec->cols[i].name));
            break;
        case FORMAT_AVRO:
            if (has_odd_map(t))
                buf_cstr(out, "Avro only supports MAPs with STRING keys");
            break;
        case FORMAT_PROTOBUF:
        case FORMAT_PROTOBUF_NOSR:
            if (has_odd_map(t))
                buf_cstr(out, "PROTOBUF format only supports MAP types with STRING keys. "
                              "See https://github.com/confluentinc/ksql/issues/6177.");
            break;
        default:
            break;
        }
        if (out->n)
            return;
    }
}

/* Maps never make keys, whatever the format (page 03 §3.1). */
static Status check_map_keys(const SerdeSpec *spec, Err *err)
{
    for (int i = 0; spec->is_key && i < spec->ncols; i++) {
        const ColumnDef *c = &spec->cols[i];
        if (!type_has_map(c->type))
            continue;
        Buf t = BUF_INIT;
        type_print(&t, c->type);
        err_set(err, ERR_STATEMENT,
                "Map keys, including types that contain maps, are not supported as they may lead to "
                "unexpected behavior due to inconsistent serialization. Key column name: `%.*s`. "
                "Column type: %s. "
                "See https://github.com/confluentinc/ksql/issues/6621 for more.",
                STR_ARG(c->name), buf_z(&t));
        buf_free(&t);
        return ERR_STATEMENT;
    }
    return OK;
}

Status serde_check(const SerdeSpec *spec, Err *err)
{
    static const char *const features[] = {
        [WRAP_DEFAULT] = "", [WRAP_SINGLES] = "WRAP_SINGLES", [UNWRAP_SINGLES] = "UNWRAP_SINGLES"};
    Status s = check_map_keys(spec, err);
    if (s != OK)
        return s;
    Buf why = BUF_INIT, cols = BUF_INIT;
    reason(&why, spec);
    if (why.n) {
        print_columns(&cols, spec);
        s = err_set(err, ERR_STATEMENT,
                    "%s format does not support schema.\nformat: %s\nschema: Persistence{columns=%s, "
                    "features=[%s]}\nreason: %s",
                    spec->is_key ? "Key" : "Value", format_info(spec->format)->name, buf_z(&cols),
                    features[spec->wrapping], buf_z(&why));
    }
    buf_free(&why);
    buf_free(&cols);
    return s;
}
