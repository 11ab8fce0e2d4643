// SPDX-License-Identifier: Apache-2.0
// Types and schemas as text, and back: what errors, DESCRIBE, stored plans and signatures show.
//
//   type_print           STRUCT<`F0` STRING, `F1` DECIMAL(4, 2)>   errors, headers, stored plans
//   type_print_describe  VARCHAR(STRING), STRUCT<F0 STRING>        SHOW and DESCRIBE
//   type_parse           reads the first form and SQL's aliases; names without quotes are folded to
//                        upper case; T and U are type variables; LAMBDA(T, U) => R takes a lambda
//
// Any thread; the parser's depth is bounded by LIMIT_NESTING.
#include "base/limits.h"
#include "types/type.h"

const char *type_kind_name(TypeKind kind)
{
    static const char *const names[] = {
        [KIND_NULL] = "null",         [KIND_BOOLEAN] = "BOOLEAN", [KIND_INTEGER] = "INTEGER",
        [KIND_BIGINT] = "BIGINT",     [KIND_DECIMAL] = "DECIMAL", [KIND_DOUBLE] = "DOUBLE",
        [KIND_STRING] = "STRING",     [KIND_BYTES] = "BYTES",     [KIND_TIME] = "TIME",
        [KIND_DATE] = "DATE",         [KIND_TIMESTAMP] = "TIMESTAMP", [KIND_ARRAY] = "ARRAY",
        [KIND_MAP] = "MAP",           [KIND_STRUCT] = "STRUCT",   [KIND_UNIT] = "INTERVALUNIT",
        [KIND_LAMBDA] = "LAMBDA",     [KIND_GENERIC] = "GENERIC", [KIND_ANY] = "ANY",
    };
    return names[kind];
}

static void print_quoted(Buf *out, Str name)
{
    buf_byte(out, '`');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '`')
            buf_byte(out, '`');
        buf_byte(out, name.p[i]);
    }
    buf_byte(out, '`');
}

static void print(Buf *out, const Type *t, bool quote)
{
    switch (t->kind) {
    case KIND_DECIMAL:
        if (t->precision)
            buf_printf(out, "DECIMAL(%d, %d)", t->precision, t->scale);
        else
            buf_cstr(out, "DECIMAL");
        break;
    case KIND_ARRAY:
        buf_cstr(out, "ARRAY<");
        print(out, t->elem, quote);
        buf_byte(out, '>');
        break;
    case KIND_MAP:
        buf_cstr(out, "MAP<");
        print(out, t->key, quote);
        buf_cstr(out, ", ");
        print(out, t->elem, quote);
        buf_byte(out, '>');
        break;
    case KIND_STRUCT:
        buf_cstr(out, t->nfields ? "STRUCT<" : "STRUCT< ");
        for (int i = 0; i < t->nfields; i++) {
            if (i)
                buf_cstr(out, ", ");
            if (quote)
                print_quoted(out, t->fields[i].name);
            else
                buf_str(out, t->fields[i].name);
            buf_byte(out, ' ');
            print(out, t->fields[i].type, quote);
        }
        buf_byte(out, '>');
        break;
    case KIND_LAMBDA:
        buf_cstr(out, "LAMBDA (");
        for (int i = 0; i < t->nfields; i++) {
            if (i)
                buf_cstr(out, ", ");
            print(out, t->fields[i].type, quote);
        }
        buf_cstr(out, ") => ");
        print(out, t->elem, quote);
        break;
    case KIND_GENERIC:
        buf_str(out, t->name);
        break;
    default:
        buf_cstr(out, type_kind_name(t->kind));
    }
}

void type_print(Buf *out, const Type *t) { print(out, t, true); }

void type_print_describe(Buf *out, const Type *t)
{
    if (t->kind == KIND_STRING)
        buf_cstr(out, "VARCHAR(STRING)");
    else
        print(out, t, false);
}

const char *type_text(Arena *a, const Type *t)
{
    Buf b = BUF_INIT;
    type_print(&b, t);
    const char *text = arena_cstr(a, buf_view(&b));
    buf_free(&b);
    return text;
}

const Type *type_by_name(Str upper)
{
    static const struct {
        const char *name;
        const Type *type;
    } names[] = {
        {"BOOLEAN", &type_boolean}, {"INT", &type_integer},    {"INTEGER", &type_integer},
        {"BIGINT", &type_bigint},   {"DOUBLE", &type_double},  {"STRING", &type_string},
        {"VARCHAR", &type_string},  {"BYTES", &type_bytes},    {"TIME", &type_time},
        {"DATE", &type_date},       {"TIMESTAMP", &type_timestamp},
    };
    for (int i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(upper, names[i].name))
            return names[i].type;
    return NULL;
}

/* ---- parser ---- */

typedef struct TypeReader {
    Arena *a;
    Str all;
    const char *p, *end;
    int depth;
    Err *err;
} TypeReader;

static const Type *read_type(TypeReader *r);

static const Type *bad(TypeReader *r, const char *what)
{
    err_set(r->err, ERR_STATEMENT, "Cannot read the type '%.*s' at character %d: %s", STR_ARG(r->all),
            (int)(r->p - r->all.p) + 1, what);
    return NULL;
}

static void skip_space(TypeReader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

static bool accept(TypeReader *r, const char *token)
{
    size_t n = strlen(token);
    skip_space(r);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, token, n) != 0)
        return false;
    r->p += n;
    return true;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
}

/* A word, folded to upper case in the arena; empty when there is none. */
static Str read_word(TypeReader *r)
{
    skip_space(r);
    const char *from = r->p;
    while (r->p < r->end && is_word(*r->p))
        r->p++;
    Str w = {from, (size_t)(r->p - from)};
    char *up = arena_bytes_alloc(r->a, w.n);
    for (size_t i = 0; i < w.n; i++)
        up[i] = w.p[i] >= 'a' && w.p[i] <= 'z' ? (char)(w.p[i] - 32) : w.p[i];
    return (Str){up, w.n};
}

/* A field name: `quoted` or "quoted" with the quote doubled inside, or a word. */
static bool read_name(TypeReader *r, Str *out)
{
    skip_space(r);
    if (r->p == r->end || (*r->p != '`' && *r->p != '"')) {
        *out = read_word(r);
        return out->n > 0;
    }
    char q = *r->p++;
    char *to = arena_bytes_alloc(r->a, (size_t)(r->end - r->p));
    size_t n = 0;
    while (r->p < r->end) {
        if (*r->p == q) {
            r->p++;
            if (r->p == r->end || *r->p != q) {
                *out = (Str){to, n};
                return true;
            }
        }
        to[n++] = *r->p++;
    }
    return false;
}

static bool read_number(TypeReader *r, int *out)
{
    int v = 0, digits = 0;
    skip_space(r);
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9' && digits < 6; r->p++, digits++)
        v = v * 10 + (*r->p - '0');
    *out = v;
    return digits > 0;
}

static const Type *read_decimal(TypeReader *r)
{
    int precision = 0, scale = 0;
    if (!accept(r, "("))
        return type_decimal(r->a, 0, 0);
    if (!read_number(r, &precision))
        return bad(r, "a precision was expected");
    if (accept(r, ",") && !read_number(r, &scale))
        return bad(r, "a scale was expected");
    if (!accept(r, ")"))
        return bad(r, "')' was expected");
    if (precision < 1 || scale > precision)
        return bad(r, "DECIMAL precision must be >= 1 and >= scale");
    return type_decimal(r->a, precision, scale);
}

static const Type *read_struct(TypeReader *r)
{
    VEC(Field) fields = {NULL, 0, 0};
    if (!accept(r, "<"))
        return bad(r, "'<' was expected");
    if (accept(r, ">"))
        return type_struct(r->a, NULL, 0);
    do {
        Field f;
        if (!read_name(r, &f.name))
            return bad(r, "a field name was expected");
        f.type = read_type(r);
        if (!f.type)
            return NULL;
        vec_push(r->a, &fields, f);
    } while (accept(r, ","));
    return accept(r, ">") ? type_struct(r->a, fields.v, fields.n) : bad(r, "'>' was expected");
}

static const Type *read_lambda(TypeReader *r)
{
    VEC(Field) params = {NULL, 0, 0};
    Type *t = ARENA_NEW(r->a, Type);
    if (!accept(r, "("))
        return bad(r, "'(' was expected");
    do {
        Field f = {{NULL, 0}, read_type(r)};
        if (!f.type)
            return NULL;
        vec_push(r->a, &params, f);
    } while (accept(r, ","));
    if (!accept(r, ")") || (!accept(r, "=>") && !accept(r, "->")))
        return bad(r, "') =>' was expected");
    t->kind = KIND_LAMBDA;
    t->fields = params.v;
    t->nfields = params.n;
    t->elem = read_type(r);
    return t->elem ? t : NULL;
}

/* ARRAY<T> or MAP<K, V>. */
static const Type *read_container(TypeReader *r, bool map)
{
    const Type *key = NULL;
    if (!accept(r, "<"))
        return bad(r, "'<' was expected");
    if (map) {
        key = read_type(r);
        if (!key)
            return NULL;
        if (!accept(r, ","))
            return bad(r, "',' was expected");
    }
    const Type *elem = read_type(r);
    if (!elem)
        return NULL;
    if (!accept(r, ">"))
        return bad(r, "'>' was expected");
    return map ? type_map(r->a, key, elem) : type_array(r->a, elem);
}

static const Type *read_base(TypeReader *r)
{
    Str word = read_word(r);
    const Type *t = type_by_name(word);
    if (t == &type_string && accept(r, "(")) {
        while (r->p < r->end && *r->p != ')')
            r->p++;
        return accept(r, ")") ? t : bad(r, "')' was expected");
    }
    if (t)
        return t;
    if (str_eq_c(word, "DECIMAL"))
        return read_decimal(r);
    if (str_eq_c(word, "ARRAY"))
        return read_container(r, false);
    if (str_eq_c(word, "MAP"))
        return read_container(r, true);
    if (str_eq_c(word, "STRUCT"))
        return read_struct(r);
    if (str_eq_c(word, "LAMBDA"))
        return read_lambda(r);
    if (str_eq_c(word, "INTERVALUNIT"))
        return &type_unit;
    if (str_eq_c(word, "ANY"))
        return &type_any;
    if (str_eq_c(word, "NULL"))
        return &type_null;
    if (word.n == 1 && word.p[0] >= 'A' && word.p[0] <= 'Z') {
        Type *g = ARENA_NEW(r->a, Type);
        g->kind = KIND_GENERIC;
        g->name = word;
        return g;
    }
    err_set(r->err, ERR_STATEMENT, "Unknown type: %.*s", STR_ARG(word));
    return NULL;
}

static const Type *read_type(TypeReader *r)
{
    if (++r->depth > LIMIT_NESTING) {
        err_set(r->err, ERR_LIMIT, "A type is nested deeper than %d levels.", LIMIT_NESTING);
        return NULL;
    }
    const Type *t = read_base(r);
    while (t) { /* T ARRAY */
        const char *at = r->p;
        if (!str_eq_c(read_word(r), "ARRAY")) {
            r->p = at;
            break;
        }
        t = type_array(r->a, t);
    }
    r->depth--;
    return t;
}

Status type_parse(Arena *a, Str text, const Type **out, Err *err)
{
    TypeReader r = {a, text, text.p, text.p + text.n, 0, err};
    const Type *t = read_type(&r);
    if (!t)
        return err->code;
    skip_space(&r);
    if (r.p != r.end) {
        bad(&r, "nothing more was expected");
        return err->code;
    }
    *out = t;
    return OK;
}

void schema_print(Buf *out, const Schema *s)
{
    bool first = true;
    for (int i = 0; i < s->n; i++) {
        const ColumnDef *c = &s->cols[i];
        if (c->role == ROLE_SYSTEM)
            continue;
        if (!first)
            buf_cstr(out, ", ");
        first = false;
        print_quoted(out, c->name);
        buf_byte(out, ' ');
        type_print(out, c->type);
        if (c->role == ROLE_KEY)
            buf_cstr(out, " KEY");
        else if (c->role == ROLE_HEADERS && c->header_key.n)
            buf_printf(out, " HEADER('%.*s')", STR_ARG(c->header_key));
        else if (c->role == ROLE_HEADERS)
            buf_cstr(out, " HEADERS");
    }
}
