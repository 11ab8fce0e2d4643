// SPDX-License-Identifier: Apache-2.0
// JTree: recursive descent over the text, children collected in heap vectors and then copied into
// the arena. Depth is bounded by LIMIT_NESTING. One thread at a time per arena.
#include <stdlib.h>

#include "base/limits.h"
#include "base/vec.h"

#include "tools/json_tree.h"

typedef struct Walk {
    Arena *a;
    const char *start, *p, *end;
    bool comments;
    int depth;
    Err *err;
} Walk;

static Status fail(Walk *w, const char *what)
{
    Span at = {.line = 1, .col = 1, .off = (int32_t)(w->p - w->start), .len = 1};
    for (const char *c = w->start; c < w->p; c++) {
        at.col++;
        if (*c == '\n') {
            at.line++;
            at.col = 1;
        }
    }
    return err_at(w->err, ERR_SYNTAX, at, "JSON: %s at line %d, column %d", what, at.line, at.col);
}

static void skip_comment(Walk *w)
{
    if (w->p[1] == '/') {
        while (w->p < w->end && *w->p != '\n')
            w->p++;
        return;
    }
    w->p += 2;
    while (w->end - w->p >= 2 && !(w->p[0] == '*' && w->p[1] == '/'))
        w->p++;
    w->p = w->end - w->p >= 2 ? w->p + 2 : w->end;
}

static void blanks(Walk *w)
{
    while (w->p < w->end) {
        char c = *w->p;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            w->p++;
        else if (w->comments && c == '/' && w->end - w->p >= 2 && (w->p[1] == '/' || w->p[1] == '*'))
            skip_comment(w);
        else
            return;
    }
}

static bool take(Walk *w, char c)
{
    blanks(w);
    if (w->p == w->end || *w->p != c)
        return false;
    w->p++;
    return true;
}

/* Four hex digits at w->p, or -1. */
static int hex4(Walk *w)
{
    int v = 0;
    if (w->end - w->p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = *w->p++, low = (char)(c | 32);
        if (c >= '0' && c <= '9')
            v = v * 16 + (c - '0');
        else if (low >= 'a' && low <= 'f')
            v = v * 16 + (low - 'a' + 10);
        else
            return -1;
    }
    return v;
}

static int put_utf8(char *o, uint32_t c)
{
    if (c < 0x80) {
        o[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        o[0] = (char)(0xc0 | c >> 6);
        o[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        o[0] = (char)(0xe0 | c >> 12);
        o[1] = (char)(0x80 | (c >> 6 & 63));
        o[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    o[0] = (char)(0xf0 | c >> 18);
    o[1] = (char)(0x80 | (c >> 12 & 63));
    o[2] = (char)(0x80 | (c >> 6 & 63));
    o[3] = (char)(0x80 | (c & 63));
    return 4;
}

static Status unicode_escape(Walk *w, char **o)
{
    int c = hex4(w);
    if (c < 0)
        return fail(w, "bad \\u escape");
    uint32_t code = (uint32_t)c;
    if (code >= 0xd800 && code < 0xdc00 && w->end - w->p >= 6 && w->p[0] == '\\' && w->p[1] == 'u') {
        const char *back = w->p;
        w->p += 2;
        int low = hex4(w);
        if (low >= 0xdc00 && low < 0xe000)
            code = 0x10000 + ((code - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
        else
            w->p = back;
    }
    *o += put_utf8(*o, code);
    return OK;
}

static Status escape(Walk *w, char **o)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = *w->p++;
    if (c == 'u')
        return unicode_escape(w, o);
    const char *at = c ? strchr(from, c) : NULL;
    if (!at)
        return fail(w, "bad escape");
    *(*o)++ = to[at - from];
    return OK;
}

/* Behind the opening quote. */
static Status string(Walk *w, Str *out)
{
    const char *from = w->p;
    bool plain = true;
    while (w->p < w->end && *w->p != '"') {
        if (*w->p == '\\') {
            plain = false;
            w->p++;
        }
        w->p++;
    }
    if (w->p >= w->end)
        return fail(w, "a string does not end");
    const char *stop = w->p;
    if (plain) {
        *out = (Str){from, (size_t)(stop - from)};
        w->p++;
        return OK;
    }
    char *text = arena_bytes_alloc(w->a, (size_t)(stop - from) + 1), *o = text;
    w->p = from;
    while (w->p < stop) {
        if (*w->p != '\\') {
            *o++ = *w->p++;
            continue;
        }
        w->p++;
        Status st = escape(w, &o);
        if (st)
            return st;
    }
    *out = (Str){text, (size_t)(o - text)};
    w->p = stop + 1;
    return OK;
}

static Status value(Walk *w, JTree *out);

static Status elements(Walk *w, JTree *out)
{
    VEC(JTree) items = {0};
    Status st = OK;
    out->kind = JT_ARRAY;
    if (take(w, ']'))
        return OK;
    do {
        JTree one = {0};
        st = value(w, &one);
        vec_add(&items, one);
    } while (!st && take(w, ','));
    if (!st && !take(w, ']'))
        st = fail(w, "',' or ']' expected");
    out->n = items.n;
    out->items = arena_dup(w->a, items.v, sizeof(JTree) * (size_t)items.n);
    vec_free(&items);
    return st;
}

static Status members(Walk *w, JTree *out)
{
    VEC(JTree) items = {0};
    VEC(Str) names = {0};
    Status st = OK;
    out->kind = JT_OBJECT;
    if (take(w, '}'))
        return OK;
    do {
        Str name;
        JTree one = {0};
        st = take(w, '"') ? string(w, &name) : fail(w, "a name in quotes expected");
        if (!st && !take(w, ':'))
            st = fail(w, "':' expected");
        if (!st)
            st = value(w, &one);
        if (!st) {
            vec_add(&names, name);
            vec_add(&items, one);
        }
    } while (!st && take(w, ','));
    if (!st && !take(w, '}'))
        st = fail(w, "',' or '}' expected");
    out->n = items.n;
    if (items.n) {
        out->items = arena_dup(w->a, items.v, sizeof(JTree) * (size_t)items.n);
        out->names = arena_dup(w->a, names.v, sizeof(Str) * (size_t)names.n);
    }
    vec_free(&items);
    vec_free(&names);
    return st;
}

static bool word(Walk *w, const char *c)
{
    size_t n = strlen(c);
    if ((size_t)(w->end - w->p) < n || memcmp(w->p, c, n) != 0)
        return false;
    w->p += n;
    return true;
}

static Status number(Walk *w, JTree *out)
{
    JNum n;
    const char *from = w->p;
    while (w->p < w->end && *w->p && strchr("+-.eE0123456789", *w->p))
        w->p++;
    out->kind = JT_NUMBER;
    out->text = (Str){from, (size_t)(w->p - from)};
    return jnum_parse(w->a, out->text, &n) ? OK : fail(w, "a value expected");
}

static Status value(Walk *w, JTree *out)
{
    Status st;
    blanks(w);
    if (w->p == w->end)
        return fail(w, "a value expected");
    if (++w->depth > LIMIT_NESTING)
        return fail(w, "nested too deeply");
    if (take(w, '{')) {
        st = members(w, out);
    } else if (take(w, '[')) {
        st = elements(w, out);
    } else if (take(w, '"')) {
        out->kind = JT_STRING;
        st = string(w, &out->text);
    } else if (word(w, "null")) {
        st = OK;
    } else if (word(w, "true") || word(w, "false")) {
        out->kind = JT_BOOL;
        out->flag = w->p[-2] == 'u';
        st = OK;
    } else {
        st = number(w, out);
    }
    w->depth--;
    return st;
}

Status jtree_parse(Arena *a, Str text, bool comments, JTree **out, Err *err)
{
    Walk w = {a, text.p, text.p, text.p + text.n, comments, 0, err};
    *out = ARENA_NEW(a, JTree);
    if (text.n == 0)
        return err_set(err, ERR_SYNTAX, "JSON: no text");
    Status st = value(&w, *out);
    if (st)
        return st;
    blanks(&w);
    return w.p == w.end ? OK : fail(&w, "more text after the value");
}

const JTree *jtree_get(const JTree *t, const char *name)
{
    if (!t || t->kind != JT_OBJECT)
        return NULL;
    for (int i = t->n - 1; i >= 0; i--)
        if (str_eq_c(t->names[i], name))
            return &t->items[i];
    return NULL;
}

Str jtree_text(const JTree *t, const char *name)
{
    const JTree *m = jtree_get(t, name);
    return m && m->kind == JT_STRING ? m->text : (Str){0};
}

int64_t jtree_int(const JTree *t, const char *name, int64_t fallback)
{
    const JTree *m = jtree_get(t, name);
    if (!m || m->kind != JT_NUMBER || m->text.n > 20)
        return fallback;
    char text[24];
    memcpy(text, m->text.p, m->text.n);
    text[m->text.n] = 0;
    char *end;
    int64_t v = strtoll(text, &end, 10);
    return *end ? fallback : v;
}

void jtree_write_string(Buf *out, Str s)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\') {
            buf_byte(out, '\\');
            buf_byte(out, (char)c);
        } else if (c == '\n') {
            buf_cstr(out, "\\n");
        } else if (c == '\r') {
            buf_cstr(out, "\\r");
        } else if (c == '\t') {
            buf_cstr(out, "\\t");
        } else if (c < 0x20) {
            buf_printf(out, "\\u%04x", c);
        } else {
            buf_byte(out, (char)c);
        }
    }
    buf_byte(out, '"');
}

void jtree_write(Buf *out, const JTree *t)
{
    switch (t->kind) {
    case JT_NULL:
        buf_cstr(out, "null");
        return;
    case JT_BOOL:
        buf_cstr(out, t->flag ? "true" : "false");
        return;
    case JT_NUMBER:
        buf_str(out, t->text);
        return;
    case JT_STRING:
        jtree_write_string(out, t->text);
        return;
    case JT_ARRAY:
    case JT_OBJECT:
        buf_byte(out, t->kind == JT_ARRAY ? '[' : '{');
        for (int i = 0; i < t->n; i++) {
            if (i)
                buf_byte(out, ',');
            if (t->kind == JT_OBJECT) {
                jtree_write_string(out, t->names[i]);
                buf_byte(out, ':');
            }
            jtree_write(out, &t->items[i]);
        }
        buf_byte(out, t->kind == JT_ARRAY ? ']' : '}');
        return;
    }
}

Str jtree_plain(Arena *a, const JTree *t)
{
    Buf b = BUF_INIT;
    if (t->kind == JT_STRING)
        return arena_str(a, t->text);
    jtree_write(&b, t);
    Str s = arena_str(a, buf_view(&b));
    buf_free(&b);
    return s;
}

/* ---- exact numbers ------------------------------------------------------------------------- */

/* The exponent behind 'e', as digits at p; false when there are none or it is out of any sense. */
static bool exponent(const char *p, const char *end, int64_t *out)
{
    bool neg = p < end && *p == '-';
    int64_t v = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9' || v > 1000000000)
            return false;
        v = v * 10 + (*p - '0');
    }
    *out = neg ? -v : v;
    return true;
}

bool jnum_parse(Arena *a, Str text, JNum *out)
{
    const char *p = text.p, *end = text.p + text.n;
    char *digits = arena_bytes_alloc(a, text.n + 1);
    size_t n = 0;
    bool any = false, point = false;
    *out = (JNum){.integer = true};
    if (p < end && *p == '-') {
        out->neg = true;
        p++;
    }
    for (; p < end && ((*p >= '0' && *p <= '9') || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        out->scale += point;
        if (n || *p != '0')
            digits[n++] = *p;
    }
    if (!any)
        return false;
    out->integer = !point;
    if (p < end) {
        int64_t e;
        if ((*p != 'e' && *p != 'E') || !exponent(p + 1, end, &e))
            return false;
        out->integer = false;
        out->scale -= e;
    }
    out->digits = (Str){digits, n};
    if (n == 0)
        out->neg = false;
    return true;
}

static JNum stripped(const JNum *x)
{
    JNum s = *x;
    while (s.digits.n && s.digits.p[s.digits.n - 1] == '0') {
        s.digits.n--;
        s.scale--;
    }
    if (s.digits.n == 0)
        s.scale = 0;
    return s;
}

bool jnum_equal(const JNum *a, const JNum *b)
{
    JNum x = stripped(a), y = stripped(b);
    return jnum_identical(&x, &y);
}

bool jnum_identical(const JNum *a, const JNum *b)
{
    return a->neg == b->neg && a->scale == b->scale && str_eq(a->digits, b->digits);
}
