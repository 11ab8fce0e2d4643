// SPDX-License-Identifier: Apache-2.0
// Comparison of outputs with what a query-validation case expects (page 12 §12.3).
//
//     expected   actual           equal when
//     number     integer          same value (5.0 matches 5)
//     number     fraction         same value and scale; an integer only when the scale is <= 0
//     string     string           same text
//     string     fraction         same value and scale as the text read as a number
//     object     object           as many members, each found by its name or by its upper-cased name; one that is not
//                                 found is null
//     array      array            as many, each equal, in order
// With use.exact.numeric.comparison=false two numbers are equal within 1e-6.
#include <math.h>
#include <stdlib.h>

#include "tools/qtt_case.h"

static double approx(Str text)
{
    char buf[64];
    size_t n = text.n < sizeof buf - 1 ? text.n : sizeof buf - 1;
    memcpy(buf, text.p, n);
    buf[n] = 0;
    return strtod(buf, NULL);
}

static bool number_equal(Str expected, Str actual, bool exact)
{
    Arena *a = arena_new(256);
    JNum e, v;
    bool ok = jnum_parse(a, expected, &e) && jnum_parse(a, actual, &v);
    if (ok && v.integer)
        ok = jnum_equal(&e, &v);
    else if (ok && !exact)
        ok = fabs(approx(expected) - approx(actual)) < 1e-6;
    else if (ok && e.integer)
        ok = v.scale <= 0 && jnum_equal(&e, &v);
    else if (ok)
        ok = jnum_identical(&e, &v);
    arena_free(a);
    return ok;
}

/* A decimal that the case writes as text. */
static bool decimal_text_equal(Str expected, Str actual)
{
    Arena *a = arena_new(256);
    JNum e, v;
    bool ok = jnum_parse(a, expected, &e) && jnum_parse(a, actual, &v) && !v.integer && jnum_identical(&e, &v);
    arena_free(a);
    return ok;
}

static const JTree *member(const JTree *actual, Str name)
{
    for (int i = 0; i < actual->n; i++)
        if (str_eq(actual->names[i], name))
            return &actual->items[i];
    char *upper = mem_strndup(name.p, name.n);
    for (char *c = upper; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c -= 32;
    const JTree *found = NULL;
    for (int i = 0; i < actual->n && !found; i++)
        if (str_eq_c(actual->names[i], upper))
            found = &actual->items[i];
    mem_free(upper);
    return found;
}

bool qtt_equal(const JTree *expected, const JTree *actual, bool exact)
{
    switch (expected->kind) {
    case JT_NULL:
        return actual->kind == JT_NULL;
    case JT_BOOL:
        return actual->kind == JT_BOOL && actual->flag == expected->flag;
    case JT_NUMBER:
        return actual->kind == JT_NUMBER && number_equal(expected->text, actual->text, exact);
    case JT_STRING:
        if (actual->kind == JT_NUMBER)
            return decimal_text_equal(expected->text, actual->text);
        return actual->kind == JT_STRING && str_eq(expected->text, actual->text);
    case JT_ARRAY:
        if (actual->kind != JT_ARRAY || actual->n != expected->n)
            return false;
        for (int i = 0; i < expected->n; i++)
            if (!qtt_equal(&expected->items[i], &actual->items[i], exact))
                return false;
        return true;
    case JT_OBJECT:
        if (actual->kind != JT_OBJECT || actual->n != expected->n)
            return false;
        for (int i = 0; i < expected->n; i++) {
            const JTree *m = member(actual, expected->names[i]);
            if (m ? !qtt_equal(&expected->items[i], m, exact) : expected->items[i].kind != JT_NULL)
                return false;
        }
        return true;
    }
    return false;
}

/* ---- records ------------------------------------------------------------------------------------ */

typedef struct Seen {
    const JTree *key, *value;
    int64_t ts, start, end;
    bool windowed, broken; /* broken: bytes that are not of the topic's format */
    Headers headers;       /* in the run's arena */
} Seen;

static Seen see(QttRun *r, const QttTopic *t, const Record *rec)
{
    Seen s = {.ts = rec->ts, .windowed = t->window != QTT_UNWINDOWED};
    int64_t key_len = rec->key_len;
    if (s.windowed && !qtt_window(t, rec, &key_len, &s.start, &s.end)) {
        s.windowed = false;
        key_len = rec->key_len;
    }
    s.broken = !qtt_decode(r->arena, &t->key, rec->key, key_len, &s.key);
    s.broken |= !qtt_decode(r->arena, &t->value, rec->value, rec->value_len, &s.value);
    if (rec->headers.n) {
        Header *h = ARENA_ARRAY(r->arena, Header, rec->headers.n);
        for (int i = 0; i < rec->headers.n; i++) {
            h[i].key = arena_str(r->arena, rec->headers.h[i].key);
            if (rec->headers.h[i].value.p)
                h[i].value = rec->headers.h[i].value.n ? arena_str(r->arena, rec->headers.h[i].value) : STR("");
        }
        s.headers = (Headers){rec->headers.n, h};
    }
    return s;
}

static bool headers_equal(Arena *a, const JTree *expected, Headers actual)
{
    int n = expected && expected->kind == JT_ARRAY ? expected->n : 0;
    if (n != actual.n)
        return false;
    for (int i = 0; i < n; i++) {
        const JTree *v = jtree_get(&expected->items[i], "VALUE");
        Str bytes = {0};
        if (!str_eq(jtree_text(&expected->items[i], "KEY"), actual.h[i].key))
            return false;
        if (v && v->kind == JT_STRING && !parse_base64_str(a, v->text, &bytes))
            return false;
        if (!bytes.p != !actual.h[i].value.p || !str_eq(bytes, actual.h[i].value))
            return false;
    }
    return true;
}

static bool window_equal(const JTree *w, const QttTopic *t, const Seen *s)
{
    bool session = str_eq_nocase(jtree_text(w, "type"), STR("SESSION"));
    if (!s->windowed || session != (t->window == QTT_SESSION) || jtree_int(w, "start", 0) != s->start)
        return false;
    return (t->window == QTT_TIME && t->window_size == 0) || jtree_int(w, "end", 0) == s->end;
}

static bool record_equal(QttRun *r, const QttTopic *t, const JTree *e, const Seen *s, bool exact)
{
    static const JTree null = {.kind = JT_NULL};
    const JTree *key = jtree_get(e, "key"), *value = jtree_get(e, "value"), *window = jtree_get(e, "window");
    const JTree *ts = jtree_get(e, "timestamp");
    bool no_inputs = !r->c->inputs || r->c->inputs->n == 0;
    if (s->broken)
        return false;
    if (window && window->kind == JT_OBJECT && !window_equal(window, t, s))
        return false;
    if (s->windowed && !(window && window->kind == JT_OBJECT))
        return false;
    if (!qtt_equal(key ? key : &null, s->key, exact) || !qtt_equal(value ? value : &null, s->value, exact))
        return false;
    if (ts && ts->kind == JT_NUMBER) {
        int64_t want = jtree_int(e, "timestamp", 0);
        if (!(no_inputs && want == 0) && want != s->ts)
            return false;
    }
    return headers_equal(r->arena, jtree_get(e, "headers"), s->headers);
}

static void print_headers(Buf *out, Headers h)
{
    for (int i = 0; i < h.n; i++)
        buf_printf(out, " header %.*s (%zu bytes)", STR_ARG(h.h[i].key), h.h[i].value.n);
}

static void print_seen(Buf *out, const Seen *s)
{
    jtree_write(out, s->key);
    if (s->windowed)
        buf_printf(out, " @[%lld, %lld)", (long long)s->start, (long long)s->end);
    buf_cstr(out, " : ");
    jtree_write(out, s->value);
    buf_printf(out, " ts:%lld", (long long)s->ts);
    print_headers(out, s->headers);
    if (s->broken)
        buf_cstr(out, " (bytes are not of the topic's format)");
    buf_byte(out, '\n');
}

static void print_member(Buf *out, const JTree *e, const char *name, const char *label)
{
    const JTree *m = jtree_get(e, name);
    if (!m)
        return;
    buf_cstr(out, label);
    jtree_write(out, m);
}

static void print_expected(Buf *out, const JTree *e)
{
    if (!jtree_get(e, "key"))
        buf_cstr(out, "null");
    print_member(out, e, "key", "");
    print_member(out, e, "window", " @");
    print_member(out, e, "value", " : ");
    print_member(out, e, "timestamp", " ts:");
    print_member(out, e, "headers", " headers:");
    buf_byte(out, '\n');
}

typedef VEC(Seen) SeenVec;

/* The topic's number of partitions. */
static int read_topic(QttRun *r, const QttTopic *t, SeenVec *out)
{
    Topics *topics = engine_topics(r->engine);
    TopicInfo info;
    if (!topic_describe(topics, t->name, &info))
        return 0;
    for (int p = 0; p < info.partitions; p++)
        for (int64_t at = topic_begin(topics, t->name, p);;) {
            Err err = ERR_INIT;
            RecordSet set;
            if (topic_read(topics, t->name, p, at, 1000, &set, &err)) {
                err_clear(&err);
                break;
            }
            for (int i = 0; i < set.n; i++)
                vec_push(r->arena, out, see(r, t, &set.records[i]));
            at = set.next_offset;
            bool more = set.n > 0;
            recordset_release(&set);
            if (!more)
                break;
        }
    return info.partitions;
}

typedef VEC(const JTree *) TreeVec;

/* Partitions have no order among themselves: puts each record that equals an expected one where it is expected. */
static void into_order(QttRun *r, const QttTopic *t, const TreeVec *expected, SeenVec *seen, bool exact)
{
    for (int i = 0; i < expected->n && i < seen->n; i++)
        for (int k = i; k < seen->n; k++)
            if (record_equal(r, t, expected->v[i], &seen->v[k], exact)) {
                Seen s = seen->v[k];
                seen->v[k] = seen->v[i];
                seen->v[i] = s;
                break;
            }
}

static bool check_topic(QttRun *r, Str name, const TreeVec *expected)
{
    const QttTopic *t = qtt_topic(r, name);
    const JTree *prop = jtree_get(r->c->properties, "use.exact.numeric.comparison");
    bool exact = !prop || !((prop->kind == JT_BOOL && !prop->flag) || str_eq_c(prop->text, "false"));
    SeenVec seen = {0};
    int partitions = read_topic(r, t, &seen);
    int bad = -1;
    if (partitions > 1 && r->rest)
        into_order(r, t, expected, &seen, exact);
    for (int i = 0; i < seen.n && i < expected->n && bad < 0; i++)
        if (!record_equal(r, t, expected->v[i], &seen.v[i], exact))
            bad = i;
    if (bad < 0 && seen.n == expected->n)
        return true;
    if (bad < 0)
        bad = seen.n < expected->n ? seen.n : expected->n;
    buf_printf(r->why, "topic %.*s: record %d differs; %d expected, %d came\n", STR_ARG(name), bad,
               expected->n, seen.n);
    for (int i = 0; i < expected->n; i++) {
        buf_printf(r->why, "  %s expected %d  ", i == bad ? ">" : " ", i);
        print_expected(r->why, expected->v[i]);
    }
    for (int i = 0; i < seen.n; i++) {
        buf_printf(r->why, "  %s actual   %d  ", i == bad ? ">" : " ", i);
        print_seen(r->why, &seen.v[i]);
    }
    return false;
}

bool qtt_check_outputs(QttRun *r)
{
    const JTree *outputs = r->c->outputs;
    bool ok = true;
    for (int i = 0; outputs && i < outputs->n; i++) {
        Str name = jtree_text(&outputs->items[i], "topic");
        TreeVec mine = {0};
        bool first = true;
        for (int k = 0; k < outputs->n; k++) {
            if (!str_eq(jtree_text(&outputs->items[k], "topic"), name))
                continue;
            if (k < i)
                first = false;
            vec_push(r->arena, &mine, &outputs->items[k]);
        }
        if (first)
            ok &= check_topic(r, name, &mine);
    }
    return ok;
}
