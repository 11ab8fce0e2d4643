// SPDX-License-Identifier: Apache-2.0
// JSON into columns: a parser directed by the schema, in one pass over the record's bytes.
//
// No tree is built. A string without escapes is a view of the record; only strings with escapes,
// text made of other values, and nested objects take memory, from the batch's arena.
//
// A column that nobody wants is judged: its value is read and checked as if it were wanted, but not kept (an out that
// is NULL). So a record is bad or good whatever columns a query needs. Members that are no column are only skipped.
//
// Two ways through a record:
//   fast   members as they come; the first thing that does not fit gives up, without a message
//   slow   only for records that gave up (and for schemas with two columns whose names differ in
//          case): the syntax of the whole value first, then the fields in schema order, each from
//          the member that Java would have picked; it knows the path, and json_why.c writes the message
// Both share everything below struct level, so that they cannot disagree on a value.
#include "serde/internal.h"
#include "serde/json_shape.h"
#include "serde/json_why.h"

#include "base/limits.h"
#include "types/cast.h"

typedef struct JsonReader {
    Reader base;
    Json j;
    JsonFields *fields; /* the columns */
    JsonShape shape;    /* of the records lately */
    bool unwrapped;
    bool slow;
    JsonPath path; /* slow: where the cursor is */
    Buf upper;
    VEC(Value) stack; /* elements of the arrays and maps being read */
} JsonReader;

static bool read_object(JsonReader *r, JsonFields *f, Value *out);

static bool fail_convert(Json *j, const Type *want)
{
    j->fail = JSON_CONVERT;
    j->at = j->p;
    j->want = want;
    return false;
}

static bool fail_coerce(Json *j, const Type *want)
{
    j->fail = JSON_COERCE;
    j->want = want;
    return false;
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* A whole number of up to 18 digits inside an object or array; false: not one, the cursor stands. */
static inline bool small_int(Json *j, int64_t *out)
{
    const char *p = j->p, *end = j->end;
    bool neg = *p == '-';
    p += neg;
    const char *first = p, *most = end - p > 18 ? p + 18 : end;
    uint64_t v = 0;
    while (p < most && js_is_digit(*p))
        v = v * 10 + (uint64_t)(*p++ - '0');
    if (p == first || p >= end || j->depth == 0 || (*first == '0' && p - first > 1))
        return false;
    if (js_is_digit(*p) || *p == '.' || (*p | 0x20) == 'e')
        return false;
    j->p = p;
    *out = (int64_t)(neg ? 0 - v : v);
    return true;
}

/* A number, or the text of one, as Java's longValue or parseLong. */
static bool read_long(Json *j, int class, const Type *t, int64_t *out)
{
    if (class == JC_NUMBER) {
        JsonNumber n;
        if (small_int(j, out))
            return true;
        if (!js_number(j, &n))
            return false;
        *out = js_number_i64(n);
        return true;
    }
    if (class != JC_STRING)
        return fail_convert(j, t);
    Str s;
    bool escaped;
    if (!js_string(j, &s, &escaped))
        return false;
    if (!parse_int64(s, out) || (t->kind == KIND_INTEGER && *out != (int32_t)*out))
        return fail_coerce(j, t);
    return true;
}

static bool read_time(Json *j, int class, const Type *t, int32_t *out)
{
    int64_t v;
    if (!read_long(j, class, t, &v))
        return false;
    if (v < 0 || v > TIME_MAX_MS) {
        j->fail = JSON_OTHER;
        buf_cstr(&j->text, TIME_RANGE_TEXT);
        return false;
    }
    *out = (int32_t)v;
    return true;
}

static bool read_date(Json *j, int class, const Type *t, int32_t *out)
{
    int64_t v;
    if (!read_long(j, class, t, &v))
        return false;
    *out = v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
    return true;
}

static bool read_double(Json *j, int class, const Type *t, double *out)
{
    JsonNumber n;
    Str s;
    bool escaped;
    if (class == JC_NUMBER) {
        if (!js_number(j, &n))
            return false;
        *out = js_number_double(n);
        return true;
    }
    if (class != JC_STRING)
        return fail_convert(j, t);
    if (!js_string(j, &s, &escaped))
        return false;
    return parse_double(s, out) || fail_coerce(j, t);
}

static bool read_decimal(Json *j, int class, const Type *t, i128 *out)
{
    JsonNumber n;
    Str s;
    bool escaped, overflow;
    if (class == JC_NUMBER) {
        if (!js_number(j, &n))
            return false;
        s = n.text;
    } else if (class != JC_STRING) {
        return fail_convert(j, t);
    } else if (!js_string(j, &s, &escaped)) {
        return false;
    }
    if (parse_decimal(s, t->precision, t->scale, false, out, &overflow))
        return true;
    if (!decimal_read(s, t, out, &j->text) && j->text.n == 0)
        return fail_coerce(j, t);
    j->fail = JSON_OTHER;
    return false;
}

static bool read_bool(Json *j, int class, const Type *t, bool *out)
{
    if (class != JC_TRUE && class != JC_FALSE)
        return fail_convert(j, t);
    *out = class == JC_TRUE;
    return *out ? js_literal(j, "true", 4) : js_literal(j, "false", 5);
}

/* out NULL: not kept. */
static bool read_bytes(Json *j, int class, const Type *t, View *out)
{
    Str s;
    bool escaped;
    if (class != JC_STRING)
        return fail_convert(j, t);
    if (!js_string(j, &s, &escaped))
        return false;
    Buf *to = &j->text; /* js_string may have used scratch */
    buf_clear(to);
    bool ok = parse_base64(to, s);
    if (out)
        *out = ok ? view_of(arena_dup(j->arena, to->p, to->n), to->n) : view_of(NULL, 0);
    buf_clear(to);
    return ok || fail_coerce(j, t);
}

/* A STRING from what is no string. */
static bool read_as_text(Json *j, int class, View *out)
{
    const char *from = j->p;
    if (class == JC_NUMBER) {
        JsonNumber n;
        bool as_is;
        if (!js_number(j, &n))
            return false;
        buf_clear(&j->scratch);
        js_number_text(&j->scratch, n, &as_is);
        if (as_is) {
            *out = view_of(n.text.p, n.text.n);
            return true;
        }
    } else if (class == JC_TRUE || class == JC_FALSE) {
        bool b;
        *out = view_of(from, class == JC_TRUE ? 4 : 5);
        return read_bool(j, class, TYPE_BOOLEAN, &b);
    } else {
        /* js_text uses scratch for strings; the text goes to `text`. */
        buf_clear(&j->text);
        if (!js_text(j, &j->text)) {
            buf_clear(&j->text);
            return false;
        }
        Str s = arena_str(j->arena, buf_view(&j->text));
        buf_clear(&j->text);
        *out = view_of(s.p, s.n);
        return true;
    }
    Str s = arena_str(j->arena, buf_view(&j->scratch));
    *out = view_of(s.p, s.n);
    return true;
}

static inline bool read_string(Json *j, int class, View *out)
{
    if (class != JC_STRING)
        return read_as_text(j, class, out);
    const char *from = j->p + 1;
    bool high = false;
    const char *p = js_plain(from, j->end, &high);
    if (p < j->end && *p == '"' && !high) {
        *out = view_of(from, (size_t)(p - from));
        j->p = p + 1;
        return true;
    }
    Str s;
    if (!js_string_keep(j, &s))
        return false;
    *out = view_of(s.p, s.n);
    return true;
}

/* ---- nested values --------------------------------------------------------------------------- */

/* out NULL: the value is judged and not kept. The same holds below. */
static bool read_value(JsonReader *r, const JsonNode *node, Value *out);

static bool enter(Json *j)
{
    if (j->depth >= LIMIT_NESTING)
        return js_bad(j, j->p, SYNTAX_DEPTH);
    j->depth++;
    j->p++;
    js_space(j);
    return true;
}

/* After an element: past the comma (*more) or the closing character. */
static inline bool next(Json *j, char close, bool *more)
{
    if (j->p < j->end && (uint8_t)*j->p <= ' ')
        js_space(j);
    if (j->p < j->end && *j->p == ',') {
        j->p++;
        *more = true;
        return true;
    }
    if (j->p < j->end && *j->p == close) {
        j->p++;
        j->depth--;
        *more = false;
        return true;
    }
    return js_bad(j, j->p, close == '}' ? SYNTAX_COMMA_OBJECT : SYNTAX_COMMA_ARRAY);
}

/* The object or array is over before its first element. */
static inline bool empty(Json *j, char close)
{
    if (j->p >= j->end || *j->p != close)
        return false;
    j->p++;
    j->depth--;
    return true;
}

/* Around an element of the path: where it starts is kept for the chain of causes. */
static inline size_t step_in(JsonReader *r)
{
    if (r->slow)
        vec_add(&r->path.steps, r->path.text.n);
    return r->path.text.n;
}

static inline void step_out(JsonReader *r, size_t path)
{
    r->path.text.n = path;
    if (r->slow)
        r->path.steps.n--;
}

static bool read_array(JsonReader *r, const JsonNode *node, Value *out)
{
    Json *j = &r->j;
    int base = r->stack.n;
    bool more = true;
    if (!enter(j))
        return false;
    if (empty(j, ']'))
        more = false;
    for (int i = 0; more; i++) {
        size_t path = step_in(r);
        Value v;
        if (r->slow)
            buf_printf(&r->path.text, "[%d]", i);
        if (!read_value(r, node->elem, out ? &v : NULL))
            return false;
        step_out(r, path);
        if (out)
            vec_add(&r->stack, v);
        if (!next(j, ']', &more))
            return false;
    }
    if (!out)
        return true;
    *out = value_array(j->arena, r->stack.n ? r->stack.v + base : NULL, (uint32_t)(r->stack.n - base));
    r->stack.n = base;
    return true;
}

static bool read_map(JsonReader *r, const JsonNode *node, Value *out)
{
    Json *j = &r->j;
    int base = r->stack.n;
    bool more = true;
    if (!enter(j))
        return false;
    if (empty(j, '}'))
        more = false;
    while (more) {
        size_t path = step_in(r);
        Str key;
        bool escaped;
        Value v;
        js_space(j);
        if (j->p >= j->end || *j->p != '"')
            return js_bad(j, j->p, SYNTAX_KEY);
        if (!(out ? js_string_keep(j, &key) : js_string(j, &key, &escaped)))
            return false;
        js_space(j);
        if (j->p >= j->end || *j->p != ':')
            return js_bad(j, j->p, SYNTAX_COLON);
        j->p++;
        if (r->slow)
            buf_printf(&r->path.text, ".%.*s.value", STR_ARG(key));
        if (!read_value(r, node->elem, out ? &v : NULL))
            return false;
        step_out(r, path);
        if (out) {
            vec_add(&r->stack, value_str(key));
            vec_add(&r->stack, v);
        }
        if (!next(j, '}', &more))
            return false;
    }
    if (!out)
        return true;
    Value *kv = r->stack.v ? r->stack.v + base : NULL;
    *out = (Value){.d.map = map_new(j->arena, node->type, kv, (uint32_t)(r->stack.n - base) / 2)};
    r->stack.n = base;
    return true;
}

/* A value that is not null; class as js_peek said. */
static bool read_present(JsonReader *r, const JsonNode *node, int class, Value *out)
{
    Json *j = &r->j;
    const Type *t = node->type;
    Value judged, *to = out ? out : &judged;
    *to = (Value){.null = false};
    if (class == JC_BAD)
        return js_bad(j, j->p, SYNTAX_VALUE);
    switch (t->kind) {
    case KIND_BOOLEAN:
        return read_bool(j, class, t, &to->d.b);
    case KIND_INTEGER: {
        int64_t l;
        if (!read_long(j, class, t, &l))
            return false;
        to->d.i = (int32_t)l;
        return true;
    }
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return read_long(j, class, t, &to->d.l);
    case KIND_DECIMAL:
        return read_decimal(j, class, t, &to->d.dec);
    case KIND_DOUBLE:
        return read_double(j, class, t, &to->d.d);
    case KIND_STRING:
        return out ? read_string(j, class, &out->d.s) : js_skip(j); /* any value is text */
    case KIND_BYTES:
        return read_bytes(j, class, t, out ? &out->d.s : NULL);
    case KIND_TIME:
        return read_time(j, class, t, &to->d.i);
    case KIND_DATE:
        return read_date(j, class, t, &to->d.i);
    case KIND_ARRAY:
        return class == JC_ARRAY ? read_array(r, node, out) : fail_convert(j, t);
    case KIND_MAP:
        return class == JC_OBJECT ? read_map(r, node, out) : fail_convert(j, t);
    case KIND_STRUCT:
        return class == JC_OBJECT ? read_object(r, node->fields, out) : fail_convert(j, t);
    default:
        BUG("JSON cannot hold type %s", type_kind_name(t->kind));
    }
}

static bool read_value(JsonReader *r, const JsonNode *node, Value *out)
{
    int class = js_peek(&r->j);
    if (class != JC_NULL)
        return read_present(r, node, class, out);
    if (out)
        *out = value_null();
    return js_literal(&r->j, "null", 4);
}

/* ---- objects --------------------------------------------------------------------------------- */

/* Where the fields of an object go: the columns of a batch at a row, the values of a Struct, or nowhere (judged). */
typedef struct Target {
    Batch *b; /* NULL: not columns */
    int first_col, row;
    Value *v; /* NULL: no Struct */
} Target;

static bool read_cell(JsonReader *r, const JsonField *f, const Target *to, int field)
{
    const JsonNode *node = &f->node;
    Json *j = &r->j;
    Column *c = &to->b->cols[to->first_col + field];
    int class = js_peek(j), row = to->row;
    int64_t l;
    Value v;
    if (!f->want || !c->data)
        return read_value(r, node, NULL);
    if (class == JC_NULL) {
        cell_null(to->b, c, row);
        return js_literal(j, "null", 4);
    }
    cell_set(c, row);
    switch (node->type->kind) {
    case KIND_STRING:
        if (class == JC_BAD)
            return js_bad(j, j->p, SYNTAX_VALUE);
        return read_string(j, class, &c->s[row]);
    case KIND_INTEGER:
        if (class != JC_NUMBER || !small_int(j, &l))
            break;
        c->i[row] = (int32_t)l;
        return true;
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        if (class != JC_NUMBER || !small_int(j, &l))
            break;
        c->l[row] = l;
        return true;
    default:
        break;
    }
    if (!read_present(r, node, class, &v))
        return false;
    size_t width = (size_t)type_width(node->type);
    memcpy((char *)c->data + width * (size_t)row, &v.d, width);
    return true;
}

static inline bool read_field(JsonReader *r, const JsonFields *f, const Target *to, int field)
{
    return to->b ? read_cell(r, &f->f[field], to, field)
                 : read_value(r, &f->f[field].node, to->v ? &to->v[field] : NULL);
}

static inline void null_field(const Target *to, int field)
{
    if (to->v)
        to->v[field] = value_null();
    else if (to->b && to->b->cols[to->first_col + field].data)
        cell_null(to->b, &to->b->cols[to->first_col + field], to->row);
}

enum { FEW_WORDS = 4 };

/* Past a value that is no field's. */
static inline bool skip_member(Json *j)
{
    int64_t l;
    int class = js_peek(j);
    if (class == JC_STRING) {
        bool high = false;
        const char *p = js_plain(j->p + 1, j->end, &high);
        if (p < j->end && *p == '"' && !high) {
            j->p = p + 1;
            return true;
        }
    } else if (class == JC_NUMBER && small_int(j, &l)) {
        return true;
    }
    return js_skip(j);
}

/* The fast way: members as they come. */
static inline __attribute__((always_inline)) bool members_fast(JsonReader *r, JsonFields *f, const Target *to)
{
    Json *j = &r->j;
    uint64_t few[2 * FEW_WORDS], *seen = few;
    if (f->words > FEW_WORDS)
        seen = arena_alloc(j->arena, 2 * sizeof *seen * (size_t)f->words);
    uint64_t *exact = seen + f->words;
    for (int i = 0; i < 2 * f->words; i++)
        seen[i] = 0;
    if (!enter(j))
        return false;
    bool more = !empty(j, '}');
    for (int k = 0; more; k++) {
        int field;
        bool is_exact;
        if (j->p < j->end && (uint8_t)*j->p <= ' ')
            js_space(j);
        if (j->p >= j->end || *j->p != '"')
            return js_bad(j, j->p, SYNTAX_KEY);
        if (k < f->nguess && json_guess_hit(&f->guess[k], j->start, j->p + 1, j->end)) {
            field = f->guess[k].field;
            is_exact = f->guess[k].exact;
            j->p += 1 + f->guess[k].n;
        } else if (!json_key(j, f, k, &r->upper, &field, &is_exact)) {
            return false;
        }
        if (field < 0 || (!is_exact && bit_get(exact, field))) {
            if (!skip_member(j))
                return false;
        } else {
            seen[field >> 6] |= (uint64_t)1 << (field & 63);
            exact[field >> 6] |= (uint64_t)is_exact << (field & 63);
            if (!read_field(r, f, to, field))
                return false;
        }
        if (!next(j, '}', &more))
            return false;
    }
    for (int w = 0; w < f->words; w++) {
        for (uint64_t gone = f->want[w] & ~seen[w]; gone; gone &= gone - 1)
            null_field(to, w * 64 + __builtin_ctzll(gone));
    }
    return true;
}

/* Where each field's value starts, from an exact or an upper-cased key. */
typedef struct Picked {
    const char *exact, *upper;
} Picked;

static bool pick_members(JsonReader *r, const JsonFields *f, Picked *picked)
{
    Json *j = &r->j;
    if (!enter(j))
        return false;
    bool more = !empty(j, '}');
    while (more) {
        Str key;
        bool escaped;
        js_space(j);
        if (j->p >= j->end || *j->p != '"')
            return js_bad(j, j->p, SYNTAX_KEY);
        if (!js_string(j, &key, &escaped))
            return false;
        JsonMatch m = json_match(f, key, &r->upper);
        js_space(j);
        if (j->p >= j->end || *j->p != ':')
            return js_bad(j, j->p, SYNTAX_COLON);
        j->p++;
        if (m.exact >= 0)
            picked[m.exact].exact = j->p;
        if (m.upper >= 0)
            picked[m.upper].upper = j->p;
        if (!js_skip(j) || !next(j, '}', &more))
            return false;
    }
    return true;
}

/* The slow way: fields in schema order. */
static bool members_slow(JsonReader *r, const JsonFields *f, const Target *to)
{
    Json *j = &r->j;
    Picked *picked = ARENA_ARRAY(j->arena, Picked, f->n + 1);
    int depth = j->depth;
    if (!pick_members(r, f, picked))
        return false;
    const char *after = j->p;
    for (int i = 0; i < f->n; i++) {
        j->p = picked[i].exact ? picked[i].exact : picked[i].upper;
        if (!j->p) {
            if (f->f[i].want)
                null_field(to, i);
            continue;
        }
        j->depth = depth + 1;
        size_t path = step_in(r);
        buf_byte(&r->path.text, '.');
        buf_str(&r->path.text, f->f[i].name);
        if (!read_field(r, f, to, i))
            return false;
        step_out(r, path);
    }
    j->depth = depth;
    j->p = after;
    return true;
}

static bool read_object(JsonReader *r, JsonFields *f, Value *out)
{
    Struct *st = out ? struct_new(r->j.arena, (uint32_t)f->n) : NULL;
    const Target to = {.v = st ? st->v : NULL};
    if (out)
        out->d.st = st;
    return r->slow || f->twins ? members_slow(r, f, &to) : members_fast(r, f, &to);
}

/* ---- records --------------------------------------------------------------------------------- */

static bool read_root(JsonReader *r, const Target *to)
{
    Json *j = &r->j;
    int class = js_peek(j);
    if (r->unwrapped) {
        const JsonField *f = &r->fields->f[0];
        if (class == JC_BAD && j->p == j->end)
            return fail_convert(j, f->node.type);
        return read_cell(r, f, to, 0);
    }
    if (class == JC_OBJECT)
        return r->slow || r->fields->twins ? members_slow(r, r->fields, to) : members_fast(r, r->fields, to);
    j->fail = JSON_CONVERT;
    j->want = NULL; /* the record as a whole */
    return false;
}

static void start(JsonReader *r, Str payload, Batch *b, bool slow)
{
    Json *j = &r->j;
    if (payload.n >= 3 && memcmp(payload.p, "\xEF\xBB\xBF", 3) == 0)
        payload = str_sub(payload, 3, payload.n - 3);
    j->p = j->start = payload.p;
    j->end = payload.p + payload.n;
    j->depth = 0;
    j->fail = JSON_OK;
    j->arena = b->arena;
    j->members.n = 0;
    r->stack.n = 0;
    r->slow = slow;
}

static bool read_slow(JsonReader *r, Str payload, Batch *b, const Target *to)
{
    Json *j = &r->j;
    buf_clear(&j->text);
    buf_clear(&r->path.text);
    r->path.steps.n = 0;
    start(r, payload, b, true);
    if (js_peek(j) != JC_BAD || j->p < j->end) {
        if (!js_skip(j))
            return json_why(&r->base, j, &r->path, b);
        start(r, payload, b, true);
    }
    if (read_root(r, to))
        return true;
    if (j->want || j->fail != JSON_CONVERT)
        return json_why(&r->base, j, &r->path, b);
    return json_why_root(&r->base, j, &r->path, b);
}

/* A value that does not fit into the common case. */
static bool shape_value(void *arg, const ShapeRow *in, const char *at, int field, const char **end)
{
    JsonReader *r = arg;
    Json *j = &r->j;
    const Target to = {.b = in->b, .first_col = in->first_col, .row = in->row};
    start(r, in->payload, in->b, false);
    j->p = at;
    j->depth = 1;
    if (!(field < 0 ? skip_member(j) : read_cell(r, &r->fields->f[field], &to, field)))
        return false;
    *end = j->p;
    return true;
}

static bool json_read(Reader *base, Str payload, Batch *b, int first_col, int row)
{
    JsonReader *r = (JsonReader *)base;
    const ShapeRow in = {payload, b, first_col, row};
    if (json_shape_read(&r->shape, &in, shape_value, r))
        return true;
    const Target to = {.b = b, .first_col = first_col, .row = row};
    start(r, payload, b, false);
    if (!read_root(r, &to))
        return read_slow(r, payload, b, &to);
    if (!r->unwrapped && !r->fields->twins)
        json_shape_learn(&r->shape, r->base.arena, r->fields, payload, &r->upper);
    return true;
}

static void json_free(Reader *base)
{
    JsonReader *r = (JsonReader *)base;
    buf_free(&r->j.text);
    buf_free(&r->j.scratch);
    vec_free(&r->j.members);
    buf_free(&r->path.text);
    vec_free(&r->path.steps);
    buf_free(&r->upper);
    vec_free(&r->stack);
}

Reader *json_reader_new(Arena *a, const SerdeSpec *spec, const bool *want)
{
    static const ReaderOps ops = {json_read, json_free};
    JsonReader *r = ARENA_NEW(a, JsonReader);
    r->base.ops = &ops;
    r->fields = json_fields(a, spec->cols, spec->ncols, want);
    r->unwrapped = serde_unwrapped(spec);
    return &r->base;
}
