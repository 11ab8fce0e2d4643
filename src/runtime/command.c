// SPDX-License-Identifier: Apache-2.0
// Records of the command topic, PERSISTED v1. The members are ksqlDB's (page 10 §10.4), with "sluice" beside them:
//
//   key    JSON text "stream/`NAME`/create"
//   value  {"statement": text, "streamsProperties": {name: text}, "originalProperties": {}, "plan": null, "version": 1,
//           "sluice": {"queryId": text, "number": n, "fingerprint": "hex", "partitions": n, "token": "hex"}}
//
// A ksqlDB's own records are read too: without "sluice"; the query's id is in "plan".
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/admin.h"

static int into_buf(const char *p, size_t n, void *arg)
{
    buf_bytes(arg, p, n);
    return 0;
}

void command_encode(const Command *c, Buf *key, Buf *value)
{
    json_t *name = json_str(c->key);
    json_dump_callback(name, into_buf, key, JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(name);
    json_t *props = overrides_json(&c->props);
    char fingerprint[24], token[24];
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, c->fingerprint);
    snprintf(token, sizeof token, "%016" PRIx64, c->token);
    json_t *own = json_pack("{s:o, s:I, s:s, s:i, s:s}", "queryId", json_str(c->query_id), "number", (json_int_t)c->number,
                            "fingerprint", fingerprint, "partitions", c->partitions, "token", token);
    json_t *all = json_pack("{s:o, s:o, s:{}, s:n, s:i, s:o}", "statement", json_str(c->statement), "streamsProperties",
                            props, "originalProperties", "plan", "version", 1, "sluice", own);
    json_dump_callback(all, into_buf, value, JSON_COMPACT);
    json_decref(all);
}

static Str text_of(Arena *a, const json_t *v)
{
    return json_is_string(v) ? arena_str(a, (Str){json_string_value(v), json_string_length(v)}) : (Str){"", 0};
}

Status command_decode(const Record *r, Arena *a, Command *out, Err *err)
{
    json_error_t je;
    *out = (Command){0};
    json_t *key = json_loadb(r->key ? r->key : "", (size_t)r->key_len, JSON_DECODE_ANY, &je);
    json_t *value = json_loadb(r->value ? r->value : "", (size_t)r->value_len, 0, &je);
    Status st = OK;
    if (!key || !value || !json_is_string(json_object_get(value, "statement"))) {
        st = err_set(err, ERR_CORRUPT, "a record of the command topic does not read: %s", je.text);
    } else {
        const json_t *own = json_object_get(value, "sluice");
        const char *name, *fp = json_string_value(json_object_get(own, "fingerprint"));
        const char *token = json_string_value(json_object_get(own, "token"));
        const json_t *plan = json_object_get(json_object_get(value, "plan"), "queryPlan");
        json_t *v;
        out->own = own != NULL;
        out->key = text_of(a, key);
        out->statement = text_of(a, json_object_get(value, "statement"));
        out->query_id = text_of(a, json_object_get(own ? own : plan, "queryId"));
        out->token = token ? strtoull(token, NULL, 16) : 0;
        out->number = (uint32_t)json_integer_value(json_object_get(own, "number"));
        out->fingerprint = fp ? strtoull(fp, NULL, 16) : 0;
        out->partitions = (int)json_integer_value(json_object_get(own, "partitions"));
        json_object_foreach(json_object_get(value, "streamsProperties"), name, v) {
            Err ignored = ERR_INIT; /* a property that this version does not know has no meaning to it */
            char *text = json_is_string(v) ? mem_strdup(json_string_value(v)) : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
            if (props_set(&out->props, str_of(name), str_of(text), NULL, &ignored))
                err_clear(&ignored);
            json_is_string(v) ? mem_free(text) : free(text);
        }
    }
    json_decref(key);
    json_decref(value);
    return st;
}
