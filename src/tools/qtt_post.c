// SPDX-License-Identifier: Apache-2.0
// Post conditions of query-validation cases (page 12 §12.1): sources that must be there with their
// schema and formats, topics that must (not) be there.
//
// A schema is compared as a tree: the case's text is parsed as the elements of a CREATE statement,
// the engine's is the list of fields that DESCRIBE answers. Changelog topics are not looked for: the
// state of these engines lives in memory.
#include <regex.h>
#include <stdlib.h>

#include "sql/parse.h"
#include "tools/qtt_case.h"

static const char *kind_of(const TypeRef *t)
{
    static const struct {
        const char *alias, *name;
    } names[] = {{"INT", "INTEGER"}, {"VARCHAR", "STRING"}, {"DEC", "DECIMAL"}};
    static char buf[64];
    if (t->kind != TYPEREF_NAMED)
        return t->kind == TYPEREF_ARRAY ? "ARRAY" : t->kind == TYPEREF_MAP ? "MAP" : "STRUCT";
    for (int i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(t->name.text, str_of(names[i].alias)))
            return names[i].name;
    size_t n = t->name.text.n < sizeof buf - 1 ? t->name.text.n : sizeof buf - 1;
    for (size_t i = 0; i < n; i++)
        buf[i] = (char)(t->name.text.p[i] >= 'a' && t->name.text.p[i] <= 'z' ? t->name.text.p[i] - 32
                                                                                : t->name.text.p[i]);
    buf[n] = 0;
    return buf;
}

static bool same_text(const json_t *j, Str want)
{
    const char *c = json_string_value(j);
    return c && str_eq_c(want, c);
}

/* A type as written against a SchemaInfo (page 08 §8.5). */
static bool type_equal_json(const TypeRef *t, const json_t *schema)
{
    const char *type = json_string_value(json_object_get(schema, "type"));
    const json_t *fields = json_object_get(schema, "fields"), *params = json_object_get(schema, "parameters");
    if (!type || strcmp(type, kind_of(t)) != 0)
        return false;
    if (t->kind == TYPEREF_ARRAY || t->kind == TYPEREF_MAP)
        return type_equal_json(t->elem, json_object_get(schema, "memberSchema"));
    if (t->kind == TYPEREF_NAMED)
        return t->nparams < 2 || (json_integer_value(json_object_get(params, "precision")) == t->params[0] &&
                                  json_integer_value(json_object_get(params, "scale")) == t->params[1]);
    if ((int)json_array_size(fields) != t->fields.n)
        return false;
    for (int i = 0; i < t->fields.n; i++) {
        const json_t *f = json_array_get(fields, (size_t)i);
        if (!same_text(json_object_get(f, "name"), t->fields.v[i].name.text) ||
            !type_equal_json(t->fields.v[i].type, json_object_get(f, "schema")))
            return false;
    }
    return true;
}

static bool schema_matches(QttRun *r, Str text, const json_t *fields)
{
    Err err = ERR_INIT;
    StmtVec stmts = {0};
    Str sql = arena_strf(r->arena, "CREATE STREAM X (%.*s) WITH (KAFKA_TOPIC='x');", STR_ARG(text));
    if (parse_all(sql, r->arena, NULL, &stmts, &err) || stmts.n != 1) {
        err_clear(&err);
        return true; /* a text that is no list of elements says nothing */
    }
    const ElementVec *e = &stmts.v[0]->elements;
    if ((int)json_array_size(fields) != e->n)
        return false;
    for (int i = 0; i < e->n; i++) {
        const json_t *f = json_array_get(fields, (size_t)i);
        const char *role = json_string_value(json_object_get(f, "type"));
        bool key = role && !strcmp(role, "KEY"), header = role && !strcmp(role, "HEADER");
        ElementRole want = e->v[i].role;
        if (key != (want == ELEMENT_KEY || want == ELEMENT_PRIMARY_KEY) ||
            header != (want == ELEMENT_HEADERS || want == ELEMENT_HEADER) ||
            !same_text(json_object_get(f, "name"), e->v[i].name.text) ||
            !type_equal_json(e->v[i].type, json_object_get(f, "schema")))
            return false;
    }
    return true;
}

static bool format_matches(const JTree *want, const json_t *have)
{
    Str name = want && want->kind == JT_OBJECT ? jtree_text(want, "format") : want ? want->text : (Str){0};
    const char *c = json_string_value(have);
    return !name.n || (c && str_eq_nocase(name, str_of(c)));
}

static bool window_matches(const JTree *key_format, const json_t *have)
{
    Str want = jtree_text(key_format, "windowType");
    const char *c = json_string_value(have);
    if (!key_format || key_format->kind != JT_OBJECT)
        return true;
    return want.n ? c && str_eq_nocase(want, str_of(c)) : !c;
}

static bool check_source(QttRun *r, const JTree *want)
{
    Err err = ERR_INIT;
    Str name = jtree_text(want, "name"), schema = jtree_text(want, "schema"), type = jtree_text(want, "type");
    const JTree *key_format = jtree_get(want, "keyFormat");
    json_t *entity = qtt_ask(r, &err, "DESCRIBE `%.*s`;", STR_ARG(name));
    const json_t *d = json_object_get(entity, "sourceDescription");
    const char *what = NULL, *have = json_string_value(json_object_get(d, "type"));
    if (!d)
        what = "is not there";
    else if (type.n && (!have || !str_eq_nocase(type, str_of(have))))
        what = "is of another type";
    else if (schema.n && !schema_matches(r, schema, json_object_get(d, "fields")))
        what = "has another schema";
    else if (!format_matches(key_format, json_object_get(d, "keyFormat")))
        what = "has another key format";
    else if (!window_matches(key_format, json_object_get(d, "windowType")))
        what = "has another window";
    else if (!format_matches(jtree_get(want, "valueFormat"), json_object_get(d, "valueFormat")))
        what = "has another value format";
    if (what) {
        char *fields = d ? json_dumps(json_object_get(d, "fields"), JSON_COMPACT) : NULL;
        buf_printf(r->why, "post: source %.*s %s\n  expected: ", STR_ARG(name), what);
        jtree_write(r->why, want);
        buf_printf(r->why, "\n  fields:   %s\n", fields ? fields : err.msg ? err.msg : "");
        free(fields);
    }
    json_decref(entity);
    err_clear(&err);
    return !what;
}

static bool check_blacklist(QttRun *r, Str pattern)
{
    TopicInfoVec topics = {0};
    regex_t re;
    bool ok = true;
    if (!pattern.n || regcomp(&re, arena_cstr(r->arena, pattern), REG_EXTENDED | REG_NOSUB) != 0)
        return true;
    topic_list(engine_topics(r->engine), r->arena, &topics);
    for (int i = 0; i < topics.n; i++) {
        if (regexec(&re, arena_cstr(r->arena, topics.v[i].name), 0, NULL, 0) == 0) {
            buf_printf(r->why, "post: topic %.*s must not be there\n", STR_ARG(topics.v[i].name));
            ok = false;
        }
    }
    regfree(&re);
    return ok;
}

static bool check_topic(QttRun *r, const JTree *want)
{
    Str name = jtree_text(want, "name");
    TopicInfo info;
    if (str_ends(name, STR("-changelog")))
        return true;
    if (!topic_describe(engine_topics(r->engine), name, &info)) {
        buf_printf(r->why, "post: topic %.*s is not there\n", STR_ARG(name));
        return false;
    }
    if (jtree_int(want, "partitions", info.partitions) != info.partitions) {
        buf_printf(r->why, "post: topic %.*s has %d partitions\n", STR_ARG(name), info.partitions);
        return false;
    }
    const QttTopic *t = strmap_find(&r->topics, name);
    if (!t || !t->key.format_name.n)
        return true;
    json_t *key = json_stringn(t->key.format_name.p, t->key.format_name.n);
    json_t *value = json_stringn(t->value.format_name.p, t->value.format_name.n);
    bool ok = format_matches(jtree_get(want, "keyFormat"), key) &&
              format_matches(jtree_get(want, "valueFormat"), value);
    if (!ok)
        buf_printf(r->why, "post: topic %.*s has formats %.*s, %.*s\n", STR_ARG(name),
                   STR_ARG(t->key.format_name), STR_ARG(t->value.format_name));
    json_decref(key);
    json_decref(value);
    return ok;
}

bool qtt_check_post(QttRun *r)
{
    const JTree *sources = jtree_get(r->c->post, "sources"), *topics = jtree_get(r->c->post, "topics");
    const JTree *listed = jtree_get(topics, "topics");
    bool ok = check_blacklist(r, jtree_text(topics, "blacklist"));
    for (int i = 0; sources && i < sources->n; i++)
        ok &= check_source(r, &sources->items[i]);
    for (int i = 0; listed && i < listed->n; i++)
        ok &= check_topic(r, &listed->items[i]);
    return ok;
}
