// SPDX-License-Identifier: Apache-2.0
// Functions over texts that hold JSON (page 06 §6.1 JSON): one value is read from the start of the text, what
// follows it is not looked at.
//
// No tree is built: the value is checked once as a whole, then walked with a cursor. Of members with the same
// name the last one counts. Values come out as Jackson writes them: compact, numbers with all their digits, with
// an exponent (EXTRACTJSONFIELD, JSON_RECORDS) or plain (the others).
#include <stdlib.h>

#include "base/map.h"
#include "func/tables.h"
#include "serde/json.h"

/* A text at its first value. */
typedef struct Doc {
    Json j;
    Buf out;
} Doc;

static void doc_free(Doc *d)
{
    buf_free(&d->j.text);
    buf_free(&d->j.scratch);
    vec_free(&d->j.members);
    buf_free(&d->out);
}

static void rewind_to(Json *j, const char *p, bool inner)
{
    j->p = p;
    j->depth = inner; /* a number at the top must not run into anything */
    j->members.n = 0;
}

/* The class of the value in `s`, JC_SPACE where there is none; false: it is no JSON, and *why says so. */
static bool doc_open(Doc *d, Arena *a, Str s, int *class, const char **why)
{
    *d = (Doc){.j = {.p = s.p, .start = s.p, .end = s.p + s.n, .arena = a, .halves = true}};
    *class = js_peek(&d->j);
    if (*class == JC_BAD && d->j.p == d->j.end) {
        *class = JC_SPACE;
        return true;
    }
    const char *from = d->j.p;
    if (js_skip(&d->j)) {
        rewind_to(&d->j, from, false);
        return true;
    }
    js_syntax_text(&d->j, &d->out);
    *why = arena_printf(a, "Invalid JSON format: %s", buf_z(&d->out));
    return false;
}

/* doc_open for a function whose row fails where there is no JSON. */
static bool doc_start(Doc *d, FuncCtx *c, const Value *v, int *class, Value *out)
{
    const char *why;
    *out = value_null();
    if (doc_open(d, c->arena, view_str(v->d.s), class, &why))
        return true;
    func_fail(c, "%s", why);
    doc_free(d);
    return false;
}

/* Walks over the members or elements of the value at the cursor, which is valid. Starts with `first`. */
static bool next_item(Json *j, bool *first)
{
    if (*first) {
        j->p++; /* the opening character */
        j->depth++;
    }
    js_space(j);
    if (*j->p == '}' || *j->p == ']') {
        j->depth--;
        return false;
    }
    if (!*first)
        j->p++; /* the comma */
    js_space(j);
    *first = false;
    return true;
}

/* At a member: its name, kept in the arena where it has escapes; the cursor goes to its value. */
static bool member_name(Json *j, Str *name)
{
    if (!js_string_keep(j, name))
        return false;
    js_space(j);
    j->p++; /* the colon */
    js_space(j);
    return true;
}

static Value kept(FuncCtx *c, const Buf *b) { return value_str(arena_str(c->arena, buf_view(b))); }

/* The value at the cursor as text; bare: a string without its quotes. */
static Value value_text(FuncCtx *c, Doc *d, bool bare)
{
    Str s;
    buf_clear(&d->out);
    if (bare && js_peek(&d->j) == JC_STRING)
        return js_string_keep(&d->j, &s) ? value_str(s) : value_null();
    return js_compact(&d->j, &d->out) ? kept(c, &d->out) : value_null();
}

/* ---- EXTRACTJSONFIELD ------------------------------------------------------------------------ */

static bool is_name_char(char ch, bool subscript)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || ch == '_' || (ch & 0x80) ||
           (subscript ? ch == '-' : ch == ':' || ch == '@');
}

static bool quoted_step(Str *path, Buf *step)
{
    for (size_t i = 1; i < path->n; i++) {
        char ch = path->p[i];
        if (ch == '"') {
            bool closed = i + 1 < path->n && path->p[i + 1] == ']';
            *path = str_sub(*path, i + 2, closed ? path->n - i - 2 : 0);
            return closed;
        }
        if (ch == '\\') {
            if (++i >= path->n || (path->p[i] != '"' && path->p[i] != '\\'))
                return false;
            ch = path->p[i];
        }
        buf_byte(step, ch);
    }
    return false;
}

/* The path's next step: .name, [name], ["name"]; taken off. False: it is wrong. */
static bool next_step(Str *path, Buf *step)
{
    bool subscript = path->p[0] == '[';
    buf_clear(step);
    if (!subscript && path->p[0] != '.')
        return false;
    *path = str_sub(*path, 1, path->n - 1);
    if (subscript && path->n && path->p[0] == '"')
        return quoted_step(path, step);
    size_t n = 0;
    while (n < path->n && is_name_char(path->p[n], subscript))
        n++;
    buf_bytes(step, path->p, n);
    if (n == 0 || (subscript && (n >= path->n || path->p[n] != ']')))
        return false;
    n += subscript;
    *path = str_sub(*path, n, path->n - n);
    return true;
}

/* Moves the cursor to the member or element; false: there is none. */
static bool descend(FuncCtx *c, Json *j, Str step)
{
    int class = js_peek(j);
    int64_t index = 0;
    const char *found = NULL;
    bool first = true;
    if (class == JC_ARRAY && !parse_int64(step, &index))
        return func_fail(c, "Invalid array index in JSON path: %.*s", STR_ARG(step));
    if (class != JC_ARRAY && class != JC_OBJECT)
        return false;
    for (int64_t i = 0; next_item(j, &first); i++) {
        Str name;
        if (class == JC_OBJECT && !member_name(j, &name))
            return false;
        if (class == JC_ARRAY ? i == index : str_eq(name, step))
            found = j->p;
        if (!js_skip(j))
            return false;
    }
    if (found)
        rewind_to(j, found, true);
    return found != NULL;
}

static void extract(FuncCtx *c, const Value *a, int n, Value *out)
{
    Str path = view_str(a[1].d.s);
    Buf step = BUF_INIT;
    Doc d;
    int class;
    UNUSED(n);
    bool good = path.n > 0 && path.p[0] == '$', there = true;
    if (!doc_start(&d, c, &a[0], &class, out))
        return;
    for (path = good ? str_sub(path, 1, path.n - 1) : path; good && path.n;) {
        good = next_step(&path, &step);
        there = good && there && class != JC_SPACE && descend(c, &d.j, buf_view(&step));
    }
    if (!good)
        func_fail(c, "Invalid JSON path: %.*s", STR_ARG(view_str(a[1].d.s)));
    else if (there)
        *out = class == JC_SPACE ? value_str(STR("")) : value_text(c, &d, true);
    buf_free(&step);
    doc_free(&d);
}

/* ---- IS_JSON_STRING, JSON_ARRAY_LENGTH, JSON_ITEMS, JSON_KEYS, JSON_RECORDS ------------------ */

static void is_json(FuncCtx *c, const Value *a, int n, Value *out)
{
    Doc d;
    int class = JC_SPACE;
    const char *why;
    UNUSED(n);
    bool good = !a[0].null && doc_open(&d, c->arena, view_str(a[0].d.s), &class, &why);
    *out = value_bool(good && class != JC_SPACE);
    if (!a[0].null)
        doc_free(&d);
}

static void array_length(FuncCtx *c, const Value *a, int n, Value *out)
{
    Doc d;
    int class;
    int32_t len = 0;
    bool first = true;
    UNUSED(n);
    if (!doc_start(&d, c, &a[0], &class, out))
        return;
    if (class == JC_ARRAY) {
        while (next_item(&d.j, &first) && js_skip(&d.j))
            len++;
        *out = value_int(len);
    }
    doc_free(&d);
}

static void items(FuncCtx *c, const Value *a, int n, Value *out)
{
    Doc d;
    int class;
    VEC(Value) v = {0};
    bool first = true;
    UNUSED(n);
    if (!doc_start(&d, c, &a[0], &class, out))
        return;
    if (class == JC_ARRAY) {
        d.j.plain = true;
        while (next_item(&d.j, &first))
            vec_push(c->arena, &v, value_text(c, &d, false));
        *out = value_array(c->arena, v.v, (uint32_t)v.n);
    } else {
        func_fail(c, "JSON_ITEMS: the text is no JSON array");
    }
    doc_free(&d);
}

/* Names and values of the object's members; each name once, where it came first, with its last value. */
static Map *members(FuncCtx *c, Doc *d)
{
    VEC(Value) kv = {0};
    bool first = true;
    while (next_item(&d->j, &first)) {
        Str name;
        Value v;
        if (!member_name(&d->j, &name) || (v = value_text(c, d, true)).null)
            break;
        vec_push(c->arena, &kv, value_str(name));
        vec_push(c->arena, &kv, v);
    }
    return map_new(c->arena, c->result, kv.v, (uint32_t)kv.n / 2);
}

static void records(FuncCtx *c, const Value *a, int n, Value *out)
{
    Doc d;
    int class;
    UNUSED(n);
    if (!doc_start(&d, c, &a[0], &class, out))
        return;
    if (class == JC_OBJECT)
        *out = (Value){.d.map = members(c, &d)};
    doc_free(&d);
}

static void keys(FuncCtx *c, const Value *a, int n, Value *out)
{
    Doc d;
    int class;
    VEC(Value) v = {0};
    bool first = true;
    UNUSED(n);
    if (!doc_start(&d, c, &a[0], &class, out))
        return;
    StrMap seen = {0};
    while (class == JC_OBJECT && next_item(&d.j, &first)) {
        Str name;
        if (!member_name(&d.j, &name) || !js_skip(&d.j))
            break;
        if (strmap_find(&seen, name))
            continue;
        strmap_put(&seen, name, &d);
        vec_push(c->arena, &v, value_str(name));
    }
    strmap_free(&seen);
    if (class == JC_OBJECT)
        *out = value_array(c->arena, v.v, (uint32_t)v.n);
    doc_free(&d);
}

/* ---- JSON_ARRAY_CONTAINS --------------------------------------------------------------------- */

/* The element at the cursor is the value; past it. *bad: the text is no JSON. */
static bool same_element(Json *j, const Type *t, const Value *v, bool *bad)
{
    int class = js_peek(j);
    JsonNumber num;
    Str s;
    bool escaped;
    int64_t whole;
    if (class == JC_NUMBER && !v->null) {
        if (!js_number(j, &num)) {
            *bad = true;
            return false;
        }
        if (t->kind == KIND_DOUBLE)
            return !num.integer && js_number_double(num) == v->d.d;
        return num.integer && (t->kind == KIND_INTEGER || t->kind == KIND_BIGINT) && parse_int64(num.text, &whole) &&
               whole == (t->kind == KIND_INTEGER ? v->d.i : v->d.l);
    }
    if (class == JC_STRING && !v->null && t->kind == KIND_STRING) {
        *bad = !js_string(j, &s, &escaped);
        return !*bad && str_eq(s, view_str(v->d.s));
    }
    *bad = !js_skip(j);
    if (*bad)
        return false;
    if (v->null)
        return class == JC_NULL;
    return t->kind == KIND_BOOLEAN && (class == JC_TRUE || class == JC_FALSE) && v->d.b == (class == JC_TRUE);
}

/* The elements are looked at as they come: what is wrong behind the one that is sought does not matter. */
static void array_contains(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    if (a[0].null) {
        func_fail(c, "JSON_ARRAY_CONTAINS: the JSON text is NULL");
        *out = value_null();
        return;
    }
    Str text = view_str(a[0].d.s);
    Doc d = {.j = {.p = text.p, .start = text.p, .end = text.p + text.n, .arena = c->arena, .halves = true}};
    Json *j = &d.j;
    bool found = false, bad = js_peek(j) != JC_ARRAY;
    if (!bad) {
        j->p++;
        j->depth++;
        js_space(j);
        bad = j->p < j->end && *j->p == ']';
    }
    while (!bad && !found) {
        found = same_element(j, c->types[1], &a[1], &bad);
        js_space(j);
        bad |= j->p >= j->end || *j->p != ',';
        j->p++;
    }
    *out = value_bool(found);
    doc_free(&d);
}

/* ---- JSON_CONCAT ----------------------------------------------------------------------------- */

/* Appends the value's members or elements (another value is its own element), behind a comma where there are others. */
static bool append_inside(Doc *d, Buf *all, bool unwrap)
{
    size_t from = all->n;
    if (all->n)
        buf_byte(all, ',');
    size_t at = all->n;
    if (!js_compact(&d->j, all))
        return false;
    if (!unwrap)
        return true;
    all->n--;
    memmove(all->p + at, all->p + at + 1, all->n - at - 1);
    all->n--;
    if (all->n == at)
        all->n = from; /* nothing in it */
    return true;
}

static void concat(FuncCtx *c, const Value *a, int n, Value *out)
{
    Buf all = BUF_INIT;
    Doc *docs = ARENA_ARRAY(c->arena, Doc, n);
    int *class = ARENA_ARRAY(c->arena, int, n), opened = 0;
    bool objects = true, good = n > 0;
    *out = value_null();
    for (; good && opened < n; opened++) {
        good = !a[opened].null && doc_start(&docs[opened], c, &a[opened], &class[opened], out);
        if (!good)
            break;
        objects &= class[opened] == JC_OBJECT;
    }
    for (int i = 0; i < opened; i++)
        good &= class[i] != JC_SPACE;
    for (int i = 0; good && i < n; i++) {
        docs[i].j.plain = true;
        good = append_inside(&docs[i], &all, objects || class[i] == JC_ARRAY);
        if (!good)
            func_fail(c, "JSON_CONCAT: a number of too many digits");
    }
    if (good) {
        Doc d = {0};
        buf_byte(&d.out, objects ? '{' : '[');
        buf_str(&d.out, buf_view(&all));
        buf_byte(&d.out, objects ? '}' : ']');
        Str text = arena_str(c->arena, buf_view(&d.out));
        d.j = (Json){.p = text.p, .start = text.p, .end = text.p + text.n, .arena = c->arena, .plain = true,
                       .halves = true};
        buf_clear(&d.out);
        *out = objects ? value_text(c, &d, false) : value_str(text); /* members of one name become one */
        doc_free(&d);
    }
    for (int i = 0; i < opened; i++)
        doc_free(&docs[i]);
    buf_free(&all);
}

/* ---- TO_JSON_STRING -------------------------------------------------------------------------- */

static void write_json(FuncCtx *c, Buf *out, const Type *t, const Value *v);

static void write_text(Buf *out, const Type *t, const Value *v)
{
    buf_byte(out, '"');
    switch (t->kind) {
    case KIND_DATE: text_date(out, v->d.i); break;
    case KIND_TIME: text_time(out, v->d.i / 1000 * 1000); break;
    default: text_timestamp(out, v->d.l); break;
    }
    buf_byte(out, '"');
}

typedef struct Named {
    Str name;
    const Value *v;
    const Type *t;
} Named;

static int by_name(const void *x, const void *y)
{
    Value a = value_str(((const Named *)x)->name), b = value_str(((const Named *)y)->name);
    return value_compare(TYPE_STRING, &a, &b);
}

static void write_named(FuncCtx *c, Buf *out, Named *m, uint32_t n)
{
    qsort(m, n, sizeof *m, by_name);
    buf_byte(out, '{');
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_byte(out, ',');
        js_write_string(out, m[i].name, true);
        buf_byte(out, ':');
        write_json(c, out, m[i].t, m[i].v);
    }
    buf_byte(out, '}');
}

static void write_members(FuncCtx *c, Buf *out, const Type *t, const Value *v)
{
    const Map *map = v->d.map;
    uint32_t n = t->kind == KIND_MAP ? map->n : (uint32_t)t->nfields;
    Named *m = ARENA_ARRAY(c->arena, Named, n);
    for (uint32_t i = 0; i < n; i++) {
        if (t->kind == KIND_STRUCT) {
            m[i] = (Named){t->fields[i].name, &v->d.st->v[i], t->fields[i].type};
            continue;
        }
        Buf key = BUF_INIT;
        value_cell(&key, t->key, &map->kv[2 * i]);
        m[i] = (Named){arena_str(c->arena, buf_view(&key)), &map->kv[2 * i + 1], t->elem};
        buf_free(&key);
    }
    write_named(c, out, m, n);
}

static void write_json(FuncCtx *c, Buf *out, const Type *t, const Value *v)
{
    if (v->null) {
        buf_cstr(out, "null");
        return;
    }
    switch (t->kind) {
    case KIND_DATE:
    case KIND_TIME:
    case KIND_TIMESTAMP:
        write_text(out, t, v);
        break;
    case KIND_STRING:
        js_write_string(out, view_str(v->d.s), true);
        break;
    case KIND_ARRAY:
        buf_byte(out, '[');
        for (uint32_t i = 0; i < v->d.arr->n; i++) {
            if (i)
                buf_byte(out, ',');
            write_json(c, out, t->elem, &v->d.arr->v[i]);
        }
        buf_byte(out, ']');
        break;
    case KIND_MAP:
    case KIND_STRUCT:
        write_members(c, out, t, v);
        break;
    default:
        value_json(out, t, v);
    }
}

static void to_json(FuncCtx *c, const Value *a, int n, Value *out)
{
    Buf text = BUF_INIT;
    UNUSED(n);
    write_json(c, &text, c->types[0], &a[0]);
    *out = kept(c, &text);
    buf_free(&text);
}

#define ROW(sig, how, fn, names, text, ...)                                                             \
    {.signature = sig, .flags = how, .row = fn, .category = "JSON", .params = names, .description = text, __VA_ARGS__}

static const FuncRow rows[] = {
    ROW("extractjsonfield(VARCHAR, VARCHAR) -> VARCHAR", FUNC_STRICT, extract, "input, path",
        "What the path, as in $.a.b[0] or $[\"a b\"], leads to: a text without quotes, anything else as JSON.",
        .example = "EXTRACTJSONFIELD('{\"log\": {\"level\": \"warn\"}}', '$.log.level')", .expected = "warn"),
    ROW("IS_JSON_STRING(VARCHAR) -> BOOLEAN", 0, is_json, "input", "Whether the text holds JSON.",
        .example = "IS_JSON_STRING('[1, 2]')", .expected = "true"),
    ROW("JSON_ARRAY_CONTAINS(VARCHAR, T) -> BOOLEAN", 0, array_contains, "jsonArray, val",
        "Whether a JSON array holds the value, of the same type.",
        .example = "JSON_ARRAY_CONTAINS('[\"red\", \"blue\"]', 'blue')", .expected = "true"),
    ROW("JSON_ARRAY_LENGTH(VARCHAR) -> INT", FUNC_STRICT, array_length, "jsonArray",
        "The number of elements; NULL of anything but an array.", .example = "JSON_ARRAY_LENGTH('[1, [2, 3]]')",
        .expected = "2"),
    ROW("JSON_CONCAT(VARCHAR...) -> VARCHAR", 0, concat, "jsonStrings",
        "Objects become one, with the last value of each name; otherwise everything becomes one array.",
        .example = "JSON_CONCAT('{\"a\": 1}', '{\"b\": 2}')", .expected = "{\"a\":1,\"b\":2}"),
    ROW("JSON_ITEMS(VARCHAR) -> ARRAY<VARCHAR>", FUNC_STRICT, items, "jsonItems", "The elements of an array, each as JSON.",
        .example = "JSON_ITEMS('[{\"a\": 1}, 2]')", .expected = "[{\"a\":1}, 2]"),
    ROW("JSON_KEYS(VARCHAR) -> ARRAY<VARCHAR>", FUNC_STRICT, keys, "jsonObj",
        "The names of an object's members; NULL of anything else.", .example = "JSON_KEYS('{\"b\": 1, \"a\": 2}')",
        .expected = "[b, a]"),
    ROW("JSON_RECORDS(VARCHAR) -> MAP<VARCHAR, VARCHAR>", FUNC_STRICT, records, "jsonObj",
        "The members of an object: texts without quotes, other values as JSON. NULL of anything else.",
        .example = "JSON_RECORDS('{\"a\": \"x\", \"b\": [1]}')", .expected = "{a=x, b=[1]}"),
    ROW("TO_JSON_STRING(T) -> VARCHAR", 0, to_json, "input", "The value as JSON, members in the order of their names.",
        .example = "TO_JSON_STRING(MAP('b' := 1, 'a' := NULL))", .expected = "{\"a\":null,\"b\":1}"),
};

const ScalarTable scalar_json = {rows, ARRAY_LEN(rows)};
