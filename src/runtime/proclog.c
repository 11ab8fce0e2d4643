// SPDX-License-Identifier: Apache-2.0
// The processing log: one record for each row that a query could not read, compute or write.
//
// Topic <service id>ksql_processing_log, one partition; stream KSQL_PROCESSING_LOG over it, declared at start
// without a statement. Records and columns: page 10 §10.5 of the ksqlDB reference. A row written in a
// task's unit of work is there exactly when the input that caused it counts as read.
#include <stdio.h>
#include <stdlib.h>

#include "runtime/internal.h"

static const char *const message_type =
    "STRUCT<`TYPE` INTEGER, "
    "`DESERIALIZATIONERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORDB64` STRING, `CAUSE` ARRAY<STRING>, `TOPIC` STRING>, "
    "`RECORDPROCESSINGERROR` STRUCT<`ERRORMESSAGE` STRING, `RECORD` STRING, `CAUSE` ARRAY<STRING>>, "
    "`PRODUCTIONERROR` STRUCT<`ERRORMESSAGE` STRING>, "
    "`SERIALIZATIONERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORD` STRING, `CAUSE` ARRAY<STRING>, `TOPIC` STRING>, "
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
    ds->created_ms = effects_now(e->fx);
    TopicInfo info = {ds->topic, 1, 1, 604800000, CLEANUP_DELETE, false};
    if (!topic_describe(e->topics, ds->topic, &info))
        st = topic_create(e->topics, &info, err);
    if (st == OK) {
        e->log_source = source_ref(ds);
        engine_set_catalog(e, catalog_with(e->cat, ds));
    }
    source_unref(ds);
    return st;
}

static json_t *message_json(RowErrorStage stage, Str topic, Str message)
{
    static const char *const members[] = {"deserializationError", "recordProcessingError", "productionError",
                                          "serializationError", "kafkaStreamsThreadError"};
    bool key = stage == ROWERR_DESERIALIZE_KEY || stage == ROWERR_SERIALIZE_KEY;
    int type = stage == ROWERR_EVALUATE                                                   ? 1
               : stage == ROWERR_SERIALIZE_KEY || stage == ROWERR_SERIALIZE_VALUE ? 3
                                                                                     : 0;
    json_t *detail = json_object();
    if (type != 1)
        json_object_set_new(detail, "target", json_string(key ? "key" : "value"));
    json_object_set_new(detail, "errorMessage", json_str(message));
    json_object_set_new(detail, type == 0 ? "recordB64" : "record", json_null());
    json_object_set_new(detail, "cause", json_array());
    if (type != 1)
        json_object_set_new(detail, "topic", json_str(topic));
    json_t *m = json_pack("{s:i}", "type", type);
    for (int i = 0; i < ARRAY_LEN(members); i++)
        json_object_set_new(m, members[i], i == type ? detail : json_null());
    return m;
}

void proclog_write(Engine *e, Unit *u, Str query_id, const char *where, RowErrorStage stage, Str topic, Str message)
{
    if (!e->log_source || str_eq(topic, e->log_source->topic))
        return;
    int64_t now = effects_now(e->fx);
    char logger[256];
    int n = snprintf(logger, sizeof logger, "processing.%.*s.%s", STR_ARG(query_id), where);
    json_t *all = json_pack("{s:s, s:s%, s:I, s:o}", "level", "ERROR", "logger", logger,
                            (size_t)(n < (int)sizeof logger ? n : (int)sizeof logger - 1), "time", (json_int_t)now, "message",
                            message_json(stage, topic, message));
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
            err_clear(&err); /* the log is best effort for push queries */
    }
    free(text);
}
