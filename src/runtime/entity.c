// SPDX-License-Identifier: Apache-2.0
// JSON of answers: the members of ksqlDB's entities (page 08 §8.5). Any thread.
#include "runtime/internal.h"
#include "sql/print.h"
#include "types/text.h"

json_t *json_str(Str s)
{
    json_t *v = json_stringn(s.p ? s.p : "", s.n);
    if (v)
        return v;
    Buf text = BUF_INIT; /* a statement's comment may be no UTF-8 */
    text_mend(&text, s);
    v = json_stringn(buf_z(&text), text.n);
    buf_free(&text);
    return v;
}

static json_t *statement_text(const Stmt *st)
{
    Buf text = BUF_INIT;
    buf_str(&text, st->sql);
    buf_byte(&text, ';');
    json_t *v = json_str(buf_view(&text));
    buf_free(&text);
    return v;
}

json_t *entity_new(const char *type, const Stmt *st)
{
    json_t *e = json_object();
    json_object_set_new(e, "@type", json_string(type));
    json_object_set_new(e, "statementText", statement_text(st));
    return e;
}

json_t *entity_status(const Stmt *st, const char *command_id, const char *message, Str query_id, int64_t sequence)
{
    json_t *e = entity_new("currentStatus", st);
    json_t *status = json_object();
    json_object_set_new(status, "status", json_string("SUCCESS"));
    json_object_set_new(status, "message", json_string(message));
    json_object_set_new(status, "queryId", query_id.n ? json_str(query_id) : json_null());
    json_object_set_new(e, "commandId", json_string(command_id));
    json_object_set_new(e, "commandStatus", status);
    json_object_set_new(e, "commandSequenceNumber", json_integer(sequence));
    json_object_set_new(e, "warnings", json_array());
    return e;
}

json_t *entity_warning(const Stmt *st, const char *message)
{
    json_t *e = entity_new("warning_entity", st);
    json_object_set_new(e, "message", json_string(message));
    json_object_set_new(e, "warnings", json_array());
    return e;
}

json_t *entity_type(const Type *t)
{
    json_t *o = json_object();
    json_object_set_new(o, "type", json_string(type_kind_name(t->kind)));
    json_t *fields = json_null();
    if (t->kind == KIND_STRUCT) {
        fields = json_array();
        for (int i = 0; i < t->nfields; i++) {
            json_t *f = json_object();
            json_object_set_new(f, "name", json_str(t->fields[i].name));
            json_object_set_new(f, "schema", entity_type(t->fields[i].type));
            json_array_append_new(fields, f);
        }
    }
    json_object_set_new(o, "fields", fields);
    bool nested = t->kind == KIND_ARRAY || t->kind == KIND_MAP;
    json_object_set_new(o, "memberSchema", nested ? entity_type(t->elem) : json_null());
    if (t->kind == KIND_DECIMAL)
        json_object_set_new(o, "parameters", json_pack("{s:i, s:i}", "precision", t->precision, "scale", t->scale));
    return o;
}

json_t *entity_fields(const Schema *s)
{
    json_t *list = json_array();
    for (int i = 0; i < s->n; i++) {
        const ColumnDef *c = &s->cols[i];
        if (c->role == ROLE_SYSTEM)
            continue;
        json_t *f = json_object();
        json_object_set_new(f, "name", json_str(c->name));
        json_object_set_new(f, "schema", entity_type(c->type));
        if (c->role == ROLE_KEY)
            json_object_set_new(f, "type", json_string("KEY"));
        if (c->role == ROLE_HEADERS) {
            json_object_set_new(f, "type", json_string("HEADER"));
            if (c->header_key.n)
                json_object_set_new(f, "headerKey", json_str(c->header_key));
        }
        json_array_append_new(list, f);
    }
    return list;
}
