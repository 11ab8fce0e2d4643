// SPDX-License-Identifier: Apache-2.0
// CREATE STREAM and CREATE TABLE over a topic: elements and WITH to a DataSource.
// Rules and messages: pages 01 §1.3, 02 and 04 of the ksqlDB reference. Pure; any thread.
#include "analyze/internal.h"
#include "analyze/resolved.h"
#include "base/nearest.h"
#include "sql/print.h"

static const char *const reserved[] = {"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"};

bool name_is_reserved(Str name)
{
    for (int i = 0; i < ARRAY_LEN(reserved); i++)
        if (str_eq_c(name, reserved[i]))
            return true;
    return false;
}

Status unknown_source(const Analyzer *an, const Name *name, const char *fmt, Err *err)
{
    Buf msg = BUF_INIT;
    for (const char *p = fmt; *p; p++)
        if (p[0] == '%' && p[1] == 's') {
            buf_str(&msg, name->text);
            p++;
        } else {
            buf_byte(&msg, *p);
        }
    const DataSource *same = catalog_near(an->cat, name->text);
    if (same && name->quoted)
        buf_printf(&msg, "\nDid you mean %.*s? Hint: try removing double quotes from the source name.", STR_ARG(same->name));
    else if (same)
        buf_printf(&msg, "\nDid you mean \"%.*s\"? Hint: wrap the source name in double quotes to make it case-sensitive.",
                   STR_ARG(same->name));
    Status st = err_at(err, ERR_STATEMENT, name->span, "%s", buf_z(&msg));
    buf_free(&msg);
    Nearest near;
    nearest_init(&near, name->text);
    for (int i = 0; i < catalog_count(an->cat); i++)
        nearest_offer(&near, catalog_at(an->cat, i)->name);
    if (!same && near.best.n)
        hint_name(err, near.best);
    return st;
}

static Status wrapping_of(Format f, bool is_key, int ncols, int wrap_single, const PropSet *props, Wrapping *out, Err *err)
{
    const FormatInfo *info = format_info(f);
    bool can_wrap = info->flags & FORMAT_CAN_WRAP, can_unwrap = info->flags & FORMAT_CAN_UNWRAP;
    *out = WRAP_DEFAULT;
    if (is_key) {
        if (ncols == 1 && can_wrap && can_unwrap)
            *out = UNWRAP_SINGLES;
        return OK;
    }
    if (wrap_single >= 0) {
        if (ncols != 1)
            return err_set(err, ERR_STATEMENT, "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
        if (wrap_single ? !can_wrap : !can_unwrap)
            return err_set(err, ERR_STATEMENT, "Format '%s' does not support 'WRAP_SINGLE_VALUE' set to '%s'.",
                           info->name, wrap_single ? "true" : "false");
        *out = wrap_single ? WRAP_SINGLES : UNWRAP_SINGLES;
        return OK;
    }
    if (ncols == 1 && props_get(props, "ksql.persistence.wrap.single.values")) {
        bool wrap = props_bool(props, "ksql.persistence.wrap.single.values");
        if (wrap ? can_wrap : can_unwrap)
            *out = wrap ? WRAP_SINGLES : UNWRAP_SINGLES;
    }
    return OK;
}

static Status check_source_name(const Name *name, Err *err)
{
    for (size_t i = 0; i < name->text.n; i++) {
        char c = name->text.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-')
            continue;
        return err_at(err, ERR_STATEMENT, name->span,
                      "Illegal argument at Line: %d, Col: %d. Source names may only contain alphanumeric values, '_' "
                      "or '-'. Got: '%.*s'",
                      name->span.line, name->span.col, STR_ARG(name->text));
    }
    return OK;
}

static Status check_header_type(const Element *e, const Type *t, Arena *a, Err *err)
{
    const Field fields[] = {{STR("KEY"), TYPE_STRING}, {STR("VALUE"), TYPE_BYTES}};
    const Type *want = type_array(a, type_struct(a, fields, 2));
    if (e->role == ELEMENT_HEADERS && !type_equal(t, want))
        return err_at(err, ERR_STATEMENT, e->span, "Invalid type for HEADERS column: expected %s, got %s",
                      type_text(a, want), type_text(a, t));
    if (e->role == ELEMENT_HEADER && t->kind != KIND_BYTES)
        return err_at(err, ERR_STATEMENT, e->span, "Invalid type for HEADER('%.*s') column: expected BYTES, got %s",
                      STR_ARG(e->header), type_text(a, t));
    return OK;
}

static Status check_element(const Element *e, bool is_table, const Type *t, Arena *a, Err *err)
{
    static const char *const why = "Tables have PRIMARY KEYs, which are unique and NON NULL.\n"
                                   "Streams have KEYs, which have no uniqueness or NON NULL constraints.";
    if (name_is_reserved(e->name.text))
        return err_at(err, ERR_STATEMENT, e->name.span,
                      "'%.*s' is a reserved column name. You cannot use it as a name for a column.",
                      STR_ARG(e->name.text));
    if (is_table && e->role == ELEMENT_KEY)
        return err_at(err, ERR_STATEMENT, e->span,
                      "Line: %d, Col: %d: Column `%.*s` is a 'KEY' column: please use 'PRIMARY KEY' for tables.\n%s",
                      e->span.line, e->span.col, STR_ARG(e->name.text), why);
    if (!is_table && e->role == ELEMENT_PRIMARY_KEY)
        return err_at(err, ERR_STATEMENT, e->span,
                      "Line: %d, Col: %d: Column `%.*s` is a 'PRIMARY KEY' column: please use 'KEY' for streams.\n%s",
                      e->span.line, e->span.col, STR_ARG(e->name.text), why);
    if ((e->role == ELEMENT_KEY || e->role == ELEMENT_PRIMARY_KEY) && type_has_map(t))
        return err_at(err, ERR_STATEMENT, e->span,
                      "Map keys, including types that contain maps, are not supported as they may lead to unexpected "
                      "behavior due to inconsistent serialization. Key column name: `%.*s`. Column type: %s. See "
                      "https://github.com/confluentinc/ksql/issues/6621 for more.",
                      STR_ARG(e->name.text), type_text(a, t));
    return check_header_type(e, t, a, err);
}

/* Elements to a schema in the order keys, values, headers. */
static Status bind_elements(const Stmt *s, bool is_table, DataSource *ds, Err *err)
{
    Arena *a = ds->arena;
    if (s->elements.n > LIMIT_COLUMNS)
        return err_at(err, ERR_LIMIT, s->span, "A source has at most %d columns", LIMIT_COLUMNS);
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, s->elements.n);
    int n = 0, all_headers = 0;
    for (int pass = 0; pass < 3; pass++)
        for (int i = 0; i < s->elements.n; i++) {
            const Element *e = &s->elements.v[i];
            ColumnRole role = e->role == ELEMENT_VALUE                                     ? ROLE_VALUE
                              : e->role == ELEMENT_KEY || e->role == ELEMENT_PRIMARY_KEY ? ROLE_KEY
                                                                                           : ROLE_HEADERS;
            if ((int)role != pass)
                continue;
            const Type *t;
            Status st = bind_type(a, e->type, NULL, NULL, &t, err);
            if (st == ERR_STATEMENT)
                err_prefix(err, "Failed to prepare statement: ");
            if (st == OK)
                st = check_element(e, is_table, t, a, err);
            if (st)
                return st;
            for (int k = 0; k < n; k++)
                if (str_eq(cols[k].name, e->name.text))
                    return err_at(err, ERR_STATEMENT, e->span,
                                  "Failed to prepare statement: Duplicate column names: `%.*s`", STR_ARG(e->name.text));
            if (e->role == ELEMENT_HEADERS && all_headers++)
                return err_at(err, ERR_STATEMENT, e->span, "Schema already contains a HEADERS column.");
            cols[n++] = (ColumnDef){arena_str(a, e->name.text), t, role, arena_str(a, e->header)};
        }
    ds->schema = schema_new(a, cols, n, false);
    ds->nkeys = schema_count(ds->schema, ROLE_KEY);
    ds->nvalues = schema_count(ds->schema, ROLE_VALUE);
    return OK;
}

static Status pick_formats(const Analyzer *an, const WithProps *w, DataSource *ds, Span at, Err *err)
{
    Format f;
    ds->key_format = w->key_format;
    if (!w->has_key_format) {
        const char *name = props_get(an->props, "ksql.persistence.default.format.key");
        if (!format_by_name(str_of(name), &f))
            return err_at(err, ERR_STATEMENT, at, "Unknown format: %s", name);
        ds->key_format = f;
    }
    ds->value_format = w->value_format;
    if (!w->has_value_format) {
        const char *name = props_get(an->props, "ksql.persistence.default.format.value");
        if (!name)
            return err_at(err, ERR_STATEMENT, at,
                          "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide one "
                          "or set a default via the 'ksql.persistence.default.format.value' config.");
        if (!format_by_name(str_of(name), &f))
            return err_at(err, ERR_STATEMENT, at, "Unknown format: %s", name);
        ds->value_format = f;
    }
    if (ds->nkeys == 0 && !w->has_key_format && ds->key_format == FORMAT_NONE)
        ds->key_format = FORMAT_KAFKA;
    return OK;
}

Status check_formats_run(const DataSource *ds, Span at, Err *err)
{
    const Format both[] = {ds->key_format, ds->value_format};
    for (int i = 0; i < 2; i++) {
        const FormatInfo *info = format_info(both[i]);
        if (!(info->flags & FORMAT_IMPLEMENTED))
            return err_at(err, ERR_UNSUPPORTED, at, "not supported yet: format %s", info->name);
        if ((i ? ds->value_delimiter : ds->key_delimiter) && both[i] != FORMAT_DELIMITED)
            return err_at(err, ERR_STATEMENT, at, "%s does not support the following configs: [delimiter]", info->name);
    }
    return OK;
}

static Status bind_timestamp(const WithProps *w, DataSource *ds, Span at, Err *err)
{
    if (!w->timestamp.n)
        return OK;
    int col = schema_find(ds->schema, w->timestamp);
    if (col < 0)
        return err_at(err, ERR_STATEMENT, at,
                      "The TIMESTAMP column set in the WITH clause does not exist in the schema: '%.*s'",
                      STR_ARG(w->timestamp));
    TypeKind k = ds->schema->cols[col].type->kind;
    if (k == KIND_STRING && w->timestamp_format.n)
        return err_at(err, ERR_UNSUPPORTED, at, "not supported yet: TIMESTAMP_FORMAT");
    if (k != KIND_BIGINT && k != KIND_TIMESTAMP)
        return err_at(err, ERR_STATEMENT, at,
                      "Timestamp column, `%.*s`, should be LONG(INT64), TIMESTAMP, or a String with a "
                      "timestamp_format specified",
                      STR_ARG(w->timestamp));
    ds->timestamp_column = col;
    return OK;
}

/* The serdes know no statement: their errors get its place. */
static Status check_serdes(const DataSource *ds, Span at, Err *err)
{
    SerdeSpec key = source_key_spec(ds), value = source_value_spec(ds);
    Status st = serde_check(&key, err);
    if (st && ds->key_format == FORMAT_KAFKA && ds->nkeys > 1)
        err_hint(err, "a key of several columns needs another format: WITH (KEY_FORMAT='JSON')");
    if (st == OK)
        st = serde_check(&value, err);
    if (st)
        err->span = at;
    return st;
}

Status finish_serdes(const Analyzer *an, const WithProps *w, DataSource *ds, Span at, Err *err)
{
    Status st = wrapping_of(ds->key_format, true, ds->nkeys, -1, an->props, &ds->key_wrap, err);
    if (st == OK)
        st = wrapping_of(ds->value_format, false, ds->nvalues, w->wrap_single, an->props, &ds->value_wrap, err);
    if (st == OK)
        st = bind_timestamp(w, ds, at, err);
    return st ? st : check_serdes(ds, at, err);
}

/* With the statement that would make the topic as an example. */
static Status topic_missing(const Analyzer *an, const WithProps *w, const Stmt *s, const DataSource *ds, Err *err)
{
    Expr two = {.kind = EXPR_INT, .i = 2, .depth = 1};
    Stmt copy = *s;
    Buf example = BUF_INIT;
    copy.props.v = ARENA_ARRAY(an->arena, Property, s->props.n + 1);
    copy.props.cap = s->props.n + 1;
    memcpy(copy.props.v, s->props.v, sizeof *copy.props.v * (size_t)s->props.n);
    copy.props.v[copy.props.n++] = (Property){.name = exact_name(STR("PARTITIONS"), s->span), .value = &two};
    resolved_statement(&example, an, &copy, ds, NULL);
    err_at(err, ERR_STATEMENT, s->span,
           "Topic '%.*s' does not exist. If you want to create a new topic for the stream/table please re-run the "
           "statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). "
           "For example: %s;",
           STR_ARG(w->topic), buf_z(&example));
    buf_free(&example);
    return ERR_STATEMENT;
}

/* The topic must be there, or be made with the partitions given. */
static Status bind_topic(const Analyzer *an, const WithProps *w, const Stmt *s, BoundCreate *out, Err *err)
{
    DataSource *ds = out->source;
    TopicInfo info;
    if (topic_describe(an->topics, w->topic, &info)) {
        bool grown = an->replay_partitions && info.partitions > w->partitions;
        if (w->partitions && w->partitions != info.partitions && !grown)
            return err_at(err, ERR_STATEMENT, s->span,
                          "A Kafka topic with the name '%.*s' already exists, with different partition/replica "
                          "configuration than required. KSQL expects %d partitions (topic has %d)",
                          STR_ARG(w->topic), w->partitions, info.partitions);
        ds->partitions = info.partitions;
        return OK;
    }
    if (an->replay_partitions) {
        ds->partitions = an->replay_partitions;
        return OK;
    }
    if (!w->partitions)
        return topic_missing(an, w, s, ds, err);
    ds->partitions = w->partitions;
    out->create_topic = true;
    out->topic = (TopicInfo){
        .name = ds->topic,
        .partitions = w->partitions,
        .replicas = w->replicas ? w->replicas : 1,
        .retention_ms = w->has_retention ? w->retention_ms : 604800000,
        .cleanup = !ds->is_table                         ? CLEANUP_DELETE
                   : ds->window == SOURCE_NOT_WINDOWED ? CLEANUP_COMPACT
                                                         : CLEANUP_COMPACT_DELETE,
    };
    return OK;
}

static Status bind_into(const Analyzer *an, const Stmt *s, const WithProps *w, BoundCreate *out, Err *err)
{
    DataSource *ds = out->source;
    Status st = check_source_name(&s->name, err);
    if (st)
        return st;
    if (!w->topic.n)
        return err_at(err, ERR_STATEMENT, s->span,
                      "Failed to prepare statement: Missing required property \"KAFKA_TOPIC\" which has no default "
                      "value.");
    ds->name = arena_str(ds->arena, s->name.text);
    ds->is_table = s->kind == STMT_CREATE_TABLE;
    ds->read_only = s->is_source;
    ds->topic = arena_str(ds->arena, w->topic);
    ds->sql = arena_str(ds->arena, an->sql);
    ds->window = w->window;
    ds->window_size = w->window_size;
    ds->key_delimiter = w->key_delimiter;
    ds->value_delimiter = w->value_delimiter;
    st = bind_elements(s, ds->is_table, ds, err);
    if (st == OK)
        st = pick_formats(an, w, ds, s->span, err);
    if (st)
        return st;
    st = check_formats_run(ds, s->span, err);
    if (st)
        return st;
    if (!s->elements.n)
        return err_at(err, ERR_STATEMENT, s->span, "No columns supplied.");
    if (ds->is_table && ds->nkeys == 0)
        return err_at(err, ERR_STATEMENT, s->span, "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.");
    if (ds->window != SOURCE_NOT_WINDOWED && ds->nkeys == 0)
        return err_at(err, ERR_STATEMENT, s->span, "Windowed sources require a key column.");
    st = finish_serdes(an, w, ds, s->span, err);
    if (st == OK)
        st = bind_topic(an, w, s, out, err);
    return st;
}

Status bind_create(const Analyzer *an, const Stmt *s, BoundCreate *out, Err *err)
{
    WithProps w;
    *out = (BoundCreate){0};
    Status st = bind_with(an, s, WITH_CREATE, &w, err);
    if (st)
        return st;
    out->source = source_new();
    st = bind_into(an, s, &w, out, err);
    if (st) {
        source_unref(out->source);
        out->source = NULL;
    }
    return st;
}
