// SPDX-License-Identifier: Apache-2.0
// JSON output: see json.h.
//
// Objects take a line a member, two blanks deeper each; arrays stay on the line of their first
// element and do not count as a level ("[ {" … "}, {" … "} ]"). Everything is first written compact
// and then indented as text, so that numbers keep every digit they were written with.
#include "shell/json.h"

#include <stdlib.h>

typedef struct Pretty {
    Buf *out;
    const char *p, *end;
} Pretty;

static void newline(Buf *out, int level)
{
    buf_byte(out, '\n');
    buf_repeat(out, ' ', 2 * level);
}

static void skip_blank(Pretty *in)
{
    while (in->p < in->end && strchr(" \t\r\n", *in->p))
        in->p++;
}

static void copy_string(Pretty *in)
{
    const char *from = in->p++;
    while (in->p < in->end && *in->p != '"')
        in->p += *in->p == '\\' ? 2 : 1;
    if (in->p < in->end)
        in->p++;
    else
        in->p = in->end;
    buf_bytes(in->out, from, (size_t)(in->p - from));
}

static void copy_value(Pretty *in, int level);

static void copy_object(Pretty *in, int level)
{
    bool first = true;
    in->p++;
    buf_byte(in->out, '{');
    for (;;) {
        skip_blank(in);
        if (in->p >= in->end || *in->p == '}')
            break;
        if (*in->p == ',') {
            in->p++;
            continue;
        }
        if (!first)
            buf_byte(in->out, ',');
        first = false;
        newline(in->out, level + 1);
        copy_value(in, level + 1);
        skip_blank(in);
        if (in->p < in->end && *in->p == ':')
            in->p++;
        buf_cstr(in->out, " : ");
        copy_value(in, level + 1);
    }
    in->p++;
    if (first)
        buf_byte(in->out, ' ');
    else
        newline(in->out, level);
    buf_byte(in->out, '}');
}

static void copy_array(Pretty *in, int level)
{
    bool first = true;
    in->p++;
    buf_byte(in->out, '[');
    for (;;) {
        skip_blank(in);
        if (in->p >= in->end || *in->p == ']')
            break;
        if (*in->p == ',') {
            in->p++;
            continue;
        }
        buf_cstr(in->out, first ? " " : ", ");
        first = false;
        copy_value(in, level);
    }
    in->p++;
    buf_cstr(in->out, " ]");
}

static void copy_value(Pretty *in, int level)
{
    skip_blank(in);
    if (in->p >= in->end)
        return;
    if (*in->p == '{') {
        copy_object(in, level);
    } else if (*in->p == '[') {
        copy_array(in, level);
    } else if (*in->p == '"') {
        copy_string(in);
    } else {
        const char *from = in->p++;
        while (in->p < in->end && !strchr(",:]} \t\r\n", *in->p))
            in->p++;
        buf_bytes(in->out, from, (size_t)(in->p - from));
    }
}

void json_pretty(Buf *out, Str text)
{
    Pretty in = {out, text.p, text.p + text.n};
    copy_value(&in, 0);
}

void json_text(Buf *out, Str s)
{
    json_t *j = json_stringn(s.p ? s.p : "", s.n);
    char *text = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL;
    buf_cstr(out, text ? text : "\"\"");
    free(text);
    json_decref(j);
}

void json_entity(Buf *out, const json_t *entity)
{
    char *text = json_dumps(entity, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    Buf list = BUF_INIT;
    buf_printf(&list, "[%s]", text ? text : "");
    json_pretty(out, buf_view(&list));
    buf_byte(out, '\n');
    buf_free(&list);
    free(text);
}

void json_rows_header(Buf *out, Str query_id, const Schema *sch)
{
    Buf text = BUF_INIT, schema = BUF_INIT;
    schema_print(&schema, sch);
    buf_cstr(&text, "{\"queryId\":");
    json_text(&text, query_id);
    buf_cstr(&text, ",\"schema\":");
    json_text(&text, buf_view(&schema));
    buf_byte(&text, '}');
    json_pretty(out, buf_view(&text));
    buf_byte(out, '\n');
    buf_free(&text);
    buf_free(&schema);
}

void json_row(Buf *out, const Schema *sch, const StreamRow *row)
{
    Buf text = BUF_INIT;
    buf_cstr(&text, "{\"columns\":[");
    for (int i = 0; i < sch->n; i++) {
        if (i > 0)
            buf_byte(&text, ',');
        value_json(&text, sch->cols[i].type, &row->values[i]);
    }
    buf_cstr(&text, row->tombstone ? "],\"tombstone\":true}" : "]}");
    json_pretty(out, buf_view(&text));
    buf_byte(out, '\n');
    buf_free(&text);
}
