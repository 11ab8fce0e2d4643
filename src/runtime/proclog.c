// SPDX-License-Identifier: Apache-2.0
// The processing log: one record for each row that a query could not read, compute or write.
//
// Topic <service id>ksql_processing_log, one partition; stream KSQL_PROCESSING_LOG over it, declared at start
// without a statement. Records and columns: page 10 §10.5 of the ksqlDB reference. A row written in a
// task's unit of work is there exactly when the input that caused it counts as read.
#include <stdio.h>
#include <stdlib.h>

#include "runtime/internal.h"
#include "types/cast.h"

enum { LOGGED_BYTES = 1 << 20 }; /* a longer row or record is null in the log */

static const char *const message_type =
    "STRUCT<`TYPE` INTEGER, "
    "`DESERIALIZATIONERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORDB64` STRING, `CAUSE` ARRAY<STRING>, "
    "`TOPIC` STRING>, "
    "`RECORDPROCESSINGERROR` STRUCT<`ERRORMESSAGE` STRING, `RECORD` STRING, `CAUSE` ARRAY<STRING>>, "
    "`PRODUCTIONERROR` STRUCT<`ERRORMESSAGE` STRING>, "
    "`SERIALIZATIONERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORD` STRING, `CAUSE` ARRAY<STRING>, "
    "`TOPIC` STRING>, "
    "`KAFKASTREAMSTHREADERROR` STRUCT<`ERRORMESSAGE` STRING, `THREADNAME` STRING, `CAUSE` ARRAY<STRING>>>";

Status proclog_open(Engine *e, Err *err)
{
    DataSource *ds = source_new();
    Arena *a = ds->arena;
    const Type *message;
    Status st = type_parse(a, str_of(message_type), &message, err);
    ColumnDef cols[] = {
        {STR("LOGGER"), TYPE_STRING, ROLE_VALUE, {0}},
        {STR("LEVEL"), TYPE_STRING, ROLE_VALUE, {0}},
        {STR("TIME"), TYPE_BIGINT, ROLE_VALUE, {0}},
        {STR("MESSAGE"), message, ROLE_VALUE, {0}},
    };
    if (st) {
        source_unref(ds);
        return st;
    }
    ds->name = STR("KSQL_PROCESSING_LOG");
    ds->system = true;
    ds->topic = arena_strf(a, "%.*sksql_processing_log", STR_ARG(e->service_id));
    ds->partitions = 1;
    ds->key_format = FORMAT_KAFKA;
    ds->value_format = FORMAT_JSON;
    ds->schema = schema_new(a, cols, ARRAY_LEN(cols), false);
    ds->nvalues = ARRAY_LEN(cols);
    ds->sql = arena_strf(a,
                         "CREATE STREAM KSQL_PROCESSING_LOG (logger VARCHAR, level VARCHAR, time BIGINT, message %s) WITH "
                         "(KAFKA_TOPIC='%.*s', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON');",
                         message_type, STR_ARG(ds->topic));
    ds->created_ms = effects_wall_ms(e->fx);
    TopicInfo info = {ds->topic, 1, internal_replicas(e->cfg.props), 604800000, CLEANUP_DELETE, TOPIC_USER};
    if (!topic_describe(e->topics, ds->topic, &info))
        st = engine_need_topic(e, &info, err);
    if (st == OK) {
        e->log_source = source_ref(ds);
        engine_set_catalog(e, catalog_with(e->cat, ds));
    }
    source_unref(ds);
    return st;
}

/* Where the task's rows go. */
static Str sink_topic(const Task *t)
{
    const PSub *sub = &t->q->plan->subs[t->sub];
    return sub->nodes[sub->n - 1].topic;
}

/* The row's values, key columns last, as the JSON array of a row; columns that the query does not read are null. */
static json_t *row_json(const Batch *b, int row)
{
    const Schema *sc = b->schema;
    Buf text = BUF_INIT;
    for (int pass = 0; pass < 2; pass++)
        for (int c = 0; c < sc->n; c++) {
            const Column *col = &b->cols[c];
            if (sc->cols[c].role != (pass ? ROLE_KEY : ROLE_VALUE))
                continue;
            Value v = col->data ? column_get(col, row) : value_null();
            buf_byte(&text, text.n ? ',' : '[');
            value_json(&text, col->type, &v);
        }
    buf_cstr(&text, text.n ? "]" : "[]");
    json_t *j = text.n <= LOGGED_BYTES ? json_str(buf_view(&text)) : json_null();
    buf_free(&text);
    return j;
}

static json_t *base64_json(Str raw)
{
    Buf text = BUF_INIT;
    if (!raw.p || raw.n > LOGGED_BYTES)
        return json_null();
    text_base64(&text, raw);
    json_t *j = json_str(buf_view(&text));
    buf_free(&text);
    return j;
}

static json_t *causes_json(const RowError *e)
{
    json_t *a = json_array();
    for (int i = 0; i < e->ncauses; i++)
        json_array_append_new(a, json_str(e->causes[i]));
    return a;
}

/* The column MESSAGE with the one member that its type has. Takes the member over. */
static json_t *message_of(int type, json_t *member)
{
    static const char *const members[] = {"deserializationError", "recordProcessingError", "productionError",
                                          "serializationError", "kafkaStreamsThreadError"};
    json_t *m = json_pack("{s:i}", "type", type);
    for (int i = 0; i < ARRAY_LEN(members); i++)
        json_object_set_new(m, members[i], i == type ? member : json_null());
    return m;
}

static json_t *message_json(const Task *t, const RowError *e, const Batch *b)
{
    static const struct {
        int type;
        const char *target;
    } stages[] = {
        [ROWERR_DESERIALIZE_KEY] = {0, "key"}, [ROWERR_DESERIALIZE_VALUE] = {0, "value"}, [ROWERR_EVALUATE] = {1, NULL},
        [ROWERR_SERIALIZE_KEY] = {3, "key"},   [ROWERR_SERIALIZE_VALUE] = {3, "value"},
    };
    int type = stages[e->stage].type;
    bool rows = props_bool(&t->q->props, "ksql.logging.processing.rows.include");
    json_t *detail = json_object();
    if (type != 1)
        json_object_set_new(detail, "target", json_string(stages[e->stage].target));
    json_object_set_new(detail, "errorMessage", json_str(e->message));
    if (type == 0)
        json_object_set_new(detail, "recordB64", rows ? base64_json(e->raw) : json_null());
    else
        json_object_set_new(detail, "record", rows ? row_json(b, e->row) : json_null());
    json_object_set_new(detail, "cause", causes_json(e));
    if (type != 1)
        json_object_set_new(detail, "topic", json_str(type == 0 ? e->topic : sink_topic(t)));
    return message_of(type, detail);
}

/* Into the unit; NULL: into one of its own. Takes the message over. */
static void append(const Task *t, Unit *u, const char *where, json_t *message)
{
    Engine *e = t->q->e;
    int64_t now = effects_wall_ms(e->fx);
    Buf logger = BUF_INIT;
    buf_printf(&logger, "processing.%.*s.%s", STR_ARG(t->q->id), where);
    json_t *all = json_pack("{s:s, s:o, s:I, s:o}", "level", "ERROR", "logger", json_str(buf_view(&logger)), "time",
                            (json_int_t)now, "message", message);
    buf_free(&logger);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    Record r = {.value = text, .value_len = (int32_t)strlen(text), .ts = now};
    if (u) {
        unit_append(u, e->log_source->topic, 0, &r);
    } else {
        Err err = ERR_INIT;
        Unit *own = unit_begin(e->topics);
        unit_append(own, e->log_source->topic, 0, &r);
        if (unit_commit(own, false, &err))
            err_clear(&err); /* the log is best effort where no unit carries it */
    }
    free(text);
}

/* A query that reads the log writes nothing to it. */
static bool logs(const Task *t)
{
    const Engine *e = t->q->e;
    return e->log_source && !str_eq(t->inputs[0].in->topic, e->log_source->topic);
}

void proclog_write(const Task *t, const char *where, const RowError *re, const Batch *b)
{
    if (logs(t))
        append(t, t->env.unit, where, message_json(t, re, b));
}

void proclog_not_produced(const Task *t, Unit *u, const char *why)
{
    if (logs(t))
        append(t, u, "Sink.producer", message_of(2, json_pack("{s:o}", "errorMessage", json_str(str_of(why)))));
}

static bool of_log(const Engine *e, Str topic) { return e->log_source && str_eq(topic, e->log_source->topic); }

/* Whether a record that its topic refuses is skipped. One of the query's own topics never is: its state would not be whole. */
static bool skips(const Task *t, Str topic, ErrCode why)
{
    const char *fail = props_get(&t->q->props, "ksql.fail.on.production.error");
    if (!t->q->sink || !str_eq(topic, t->q->sink->topic))
        return of_log(t->q->e, topic);
    return fail ? str_eq_nocase(str_of(fail), STR("false")) : why == ERR_TOO_LARGE;
}

bool proclog_refused(void *arg, Unit *u, Str topic, const Record *r, const Err *why)
{
    Task *t = arg;
    if (!skips(t, topic, why->code))
        return false;
    if (r && !of_log(t->q->e, topic)) {
        t->errors++;
        proclog_not_produced(t, u, why->msg);
    }
    return true;
}
