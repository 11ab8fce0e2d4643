// SPDX-License-Identifier: Apache-2.0
// JSON values as text and numbers: what Java makes of a number's digits, what a STRING column
// makes of a value that is no string, and strings with their escapes.
//
// A number is kept as its own text until a type asks for it, so that no digit is lost: DECIMAL and
// STRING are exact, integers wrap as Java's narrowing does (recorded: 99999999999 becomes
// 1215752191), DOUBLE is rounded once.
#include <stdlib.h>

#include "base/limits.h"
#include "serde/internal.h"
#include "serde/json.h"
#include "types/cast.h"
#include "types/text.h"

/* A number's parts: digits before and after the point, and the exponent (kept within ±2^31). */
typedef struct Parts {
    bool neg;
    Str whole, frac;
    int64_t exp;
} Parts;

static Parts parts_of(Str s)
{
    Parts n = {.neg = s.p[0] == '-'};
    const char *p = s.p + n.neg, *end = s.p + s.n, *from = p;
    while (p < end && js_is_digit(*p))
        p++;
    n.whole = (Str){from, (size_t)(p - from)};
    if (p < end && *p == '.') {
        from = ++p;
        while (p < end && js_is_digit(*p))
            p++;
        n.frac = (Str){from, (size_t)(p - from)};
    }
    if (p < end) {
        bool neg = p + 1 < end && p[1] == '-';
        for (p++; p < end; p++) {
            if (js_is_digit(*p) && n.exp < INT32_MAX / 10)
                n.exp = n.exp * 10 + (*p - '0');
            else if (js_is_digit(*p))
                n.exp = INT32_MAX;
        }
        n.exp = neg ? -n.exp : n.exp;
    }
    return n;
}

int64_t js_number_i64(JsonNumber number)
{
    Parts n = parts_of(number.text);
    uint64_t v = 0;
    int64_t left = (int64_t)n.whole.n + n.exp; /* digits before the point, the exponent applied */
    for (size_t i = 0; i < n.whole.n && left > 0; i++, left--)
        v = v * 10 + (uint64_t)(n.whole.p[i] - '0');
    for (size_t i = 0; i < n.frac.n && left > 0; i++, left--)
        v = v * 10 + (uint64_t)(n.frac.p[i] - '0');
    if (left >= 64)
        v = 0; /* 10^64 is a multiple of 2^64 */
    for (; left > 0 && v; left--)
        v *= 10;
    return (int64_t)(n.neg ? 0 - v : v);
}

double js_number_double(JsonNumber number)
{
    static const double pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    Parts n = parts_of(number.text);
    uint64_t v = 0;
    bool zero = true;
    for (size_t i = 0; i < n.whole.n; i++) {
        zero &= n.whole.p[i] == '0';
        v = v * 10 + (uint64_t)(n.whole.p[i] - '0');
    }
    for (size_t i = 0; i < n.frac.n; i++) {
        zero &= n.frac.p[i] == '0';
        v = v * 10 + (uint64_t)(n.frac.p[i] - '0');
    }
    if (zero)
        return 0; /* a BigDecimal has no negative zero */
    int64_t e = n.exp - (int64_t)n.frac.n;
    if (n.whole.n + n.frac.n <= 19 && v <= (uint64_t)1 << 53 && e >= -22 && e <= 22) {
        /* Both are exact, so that one operation rounds once. */
        double d = e < 0 ? (double)v / pow10[-e] : (double)v * pow10[e];
        return n.neg ? -d : d;
    }
    double d = 0;
    if (!parse_double(number.text, &d))
        BUG("a valid JSON number is no double: %.*s", STR_ARG(number.text));
    return d;
}

/* BigDecimal.toString: digits without leading zeros, and the scale. */
static void text_scaled(Buf *out, bool neg, Str d, int64_t scale)
{
    if (neg)
        buf_byte(out, '-');
    int64_t nd = (int64_t)d.n, adjusted = nd - 1 - scale;
    if (scale == 0) {
        buf_str(out, d);
    } else if (scale > 0 && adjusted >= -6) {
        if (nd > scale) {
            buf_bytes(out, d.p, (size_t)(nd - scale));
            buf_byte(out, '.');
            buf_bytes(out, d.p + (nd - scale), (size_t)scale);
        } else {
            buf_cstr(out, "0.");
            buf_repeat(out, '0', (int)(scale - nd));
            buf_str(out, d);
        }
    } else {
        buf_byte(out, d.p[0]);
        if (nd > 1) {
            buf_byte(out, '.');
            buf_bytes(out, d.p + 1, d.n - 1);
        }
        if (adjusted != 0)
            buf_printf(out, "E%+lld", (long long)adjusted);
    }
}

void text_big_decimal(Buf *out, i128 unscaled, int scale)
{
    char d[40];
    int at = ARRAY_LEN(d);
    u128 v = unscaled < 0 ? 0 - (u128)unscaled : (u128)unscaled;
    while (v > UINT64_MAX) {
        d[--at] = (char)('0' + (int)(v % 10));
        v /= 10;
    }
    uint64_t low = (uint64_t)v;
    do {
        d[--at] = (char)('0' + (int)(low % 10));
        low /= 10;
    } while (low);
    text_scaled(out, unscaled < 0, (Str){d + at, (size_t)(ARRAY_LEN(d) - at)}, scale);
}

void js_number_text(Buf *out, JsonNumber number, bool *as_is)
{
    Str t = number.text;
    bool neg = t.p[0] == '-';
    *as_is = number.integer && !(neg && t.p[1] == '0');
    if (*as_is)
        return;
    Parts n = parts_of(t);
    char d[JSON_NUMBER_MAX];
    size_t nd = 0;
    for (size_t i = 0; i < n.whole.n; i++) {
        if (nd || n.whole.p[i] != '0')
            d[nd++] = n.whole.p[i];
    }
    for (size_t i = 0; i < n.frac.n; i++) {
        if (nd || n.frac.p[i] != '0')
            d[nd++] = n.frac.p[i];
    }
    bool zero = nd == 0;
    if (zero)
        d[nd++] = '0';
    text_scaled(out, neg && !zero, (Str){d, nd}, (int64_t)n.frac.n - n.exp);
}

void text_i64(Buf *out, int64_t v)
{
    char d[20];
    int at = ARRAY_LEN(d);
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        d[--at] = (char)('0' + (int)(u % 10));
        u /= 10;
    } while (u);
    if (v < 0)
        d[--at] = '-';
    buf_bytes(out, d + at, (size_t)(ARRAY_LEN(d) - at));
}

/* ---- strings with escapes -------------------------------------------------------------------- */

static void escape_unit(Buf *out, unsigned unit) { buf_printf(out, "\\u%04X", unit); }

static void escape_control(Buf *out, char c)
{
    static const char short_escapes[256] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    char e = short_escapes[(uint8_t)c];
    if (e) {
        buf_byte(out, '\\');
        buf_byte(out, e);
    } else {
        escape_unit(out, (uint8_t)c);
    }
}

/* A run without quote, backslash or control; what is beyond the BMP as two escapes, half a pair as one. */
static void write_wide(Buf *out, const char *p, const char *end)
{
    const char *from = p;
    while (p < end) {
        if ((uint8_t)*p < 0xED || (*p == (char)0xED && (end - p < 2 || (uint8_t)p[1] < 0xA0))) {
            p++;
            continue;
        }
        buf_bytes(out, from, (size_t)(p - from));
        const uint8_t *q = (const uint8_t *)p;
        uint32_t c = utf8_next(&q, (const uint8_t *)end);
        p = from = (const char *)q;
        if (c >= 0xD800 && c < 0xE000) {
            escape_unit(out, c);
            continue;
        }
        if (c < 0x10000) {
            utf8_put(out, c);
            continue;
        }
        escape_unit(out, 0xD800 + ((c - 0x10000) >> 10));
        escape_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
    buf_bytes(out, from, (size_t)(p - from));
}

void js_write_string(Buf *out, Str s, bool raw_wide)
{
    const char *p = s.p, *end = s.p + s.n;
    buf_byte(out, '"');
    while (p < end) {
        bool high = false;
        const char *q = js_plain(p, end, &high);
        if (high && !raw_wide)
            write_wide(out, p, q);
        else
            buf_bytes(out, p, (size_t)(q - p));
        if (q < end)
            escape_control(out, *q++);
        p = q;
    }
    buf_byte(out, '"');
}

/* ---- values as text -------------------------------------------------------------------------- */



/* BigDecimal.toPlainString; false: of too many digits. */
static bool number_plain(Buf *out, JsonNumber number)
{
    enum { PLAIN_MAX = 10000 };
    Parts n = parts_of(number.text);
    int64_t scale = (int64_t)n.frac.n - n.exp;
    char d[JSON_NUMBER_MAX];
    size_t nd = 0;
    for (size_t i = 0; i < n.whole.n + n.frac.n; i++) {
        char c = i < n.whole.n ? n.whole.p[i] : n.frac.p[i - n.whole.n];
        if (nd || c != '0')
            d[nd++] = c;
    }
    if (scale < -PLAIN_MAX || scale > PLAIN_MAX)
        return false;
    if (n.neg && nd)
        buf_byte(out, '-');
    if (scale <= 0) {
        buf_bytes(out, nd ? d : "0", nd ? nd : 1);
        buf_repeat(out, '0', nd ? (int)-scale : 0);
        return true;
    }
    int64_t whole = (int64_t)nd - scale;
    buf_bytes(out, whole > 0 ? d : "0", whole > 0 ? (size_t)whole : 1);
    buf_byte(out, '.');
    buf_repeat(out, '0', whole < 0 ? (int)-whole : 0);
    size_t from = whole > 0 ? (size_t)whole : 0;
    buf_bytes(out, d + from, nd - from);
    return true;
}

static bool text_number(Json *j, Buf *out)
{
    JsonNumber n;
    bool as_is;
    if (!js_number(j, &n))
        return false;
    if (j->plain && !n.integer)
        return number_plain(out, n) || js_bad(j, j->p, SYNTAX_LONG);
    js_number_text(out, n, &as_is);
    if (as_is)
        buf_str(out, n.text);
    return true;
}

static bool text_word(Json *j, Buf *out, const char *word)
{
    size_t n = strlen(word);
    if (!js_literal(j, word, n))
        return false;
    buf_bytes(out, word, n);
    return true;
}

static bool enter(Json *j)
{
    if (j->depth >= LIMIT_NESTING)
        return js_bad(j, j->p, SYNTAX_DEPTH);
    j->depth++;
    j->p++;
    return true;
}

/* The elements of an array, through `each`, with `between` between them. */
static bool text_array(Json *j, Buf *out, const char *between, bool (*each)(Json *, Buf *))
{
    if (!enter(j))
        return false;
    buf_byte(out, '[');
    js_space(j);
    if (j->p < j->end && *j->p == ']') {
        j->p++;
    } else {
        for (;;) {
            if (!each(j, out))
                return false;
            js_space(j);
            char c = j->p < j->end ? *j->p : 0;
            if (c != ',' && c != ']')
                return js_bad(j, j->p, SYNTAX_COMMA_ARRAY);
            j->p++;
            if (c == ']')
                break;
            buf_cstr(out, between);
        }
    }
    j->depth--;
    buf_byte(out, ']');
    return true;
}

static int member_order(const void *x, const void *y)
{
    const JsonMember *a = x, *b = y;
    return a->hash != b->hash ? (a->hash < b->hash ? -1 : 1) : a->index - b->index;
}

/* Of members with the same key the last value counts, in the place of the first: rewrites the object that
 * starts at `from`. */
static void drop_duplicates(Json *j, Buf *out, size_t from, int first)
{
    JsonMember *m = j->members.v + first;
    int n = j->members.n - first;
    if (n < 2)
        return;
    VEC(JsonMember) sorted = {0};
    /* By member: its last value; -1: the key was there before. */
    int32_t *last = mem_alloc(sizeof *last * (size_t)n);
    bool any = false;
    for (int i = 0; i < n; i++) {
        last[i] = i;
        vec_add(&sorted, m[i]);
    }
    qsort(sorted.v, (size_t)n, sizeof *sorted.v, member_order);
    for (int i = 1, head = 0; i < n; i++) {
        const JsonMember *a = &sorted.v[head], *b = &sorted.v[i];
        if (a->hash != b->hash || !str_eq((Str){out->p + a->key, a->value - a->key},
                                          (Str){out->p + b->key, b->value - b->key})) {
            head = i;
            continue;
        }
        last[a->index] = b->index;
        last[b->index] = -1;
        any = true;
    }
    if (any) {
        Buf fresh = BUF_INIT;
        for (int i = 0; i < n; i++) {
            if (last[i] < 0)
                continue;
            buf_byte(&fresh, fresh.n ? ',' : '{');
            buf_bytes(&fresh, out->p + m[i].key, m[i].value - m[i].key);
            buf_bytes(&fresh, out->p + m[last[i]].value, m[last[i]].end - m[last[i]].value);
        }
        out->n = from;
        buf_str(out, buf_view(&fresh));
        buf_free(&fresh);
    }
    vec_free(&sorted);
    mem_free(last);
}

static bool compact_member(Json *j, Buf *out, int index)
{
    js_space(j);
    if (j->p >= j->end || *j->p != '"')
        return js_bad(j, j->p, SYNTAX_KEY);
    JsonMember m = {.key = out->n, .index = index};
    Str key;
    bool escaped;
    if (!js_string(j, &key, &escaped))
        return false;
    m.hash = str_hash(key);
    js_write_string(out, key, true);
    buf_byte(out, ':');
    m.value = out->n;
    js_space(j);
    if (j->p >= j->end || *j->p != ':')
        return js_bad(j, j->p, SYNTAX_COLON);
    j->p++;
    if (!js_compact(j, out))
        return false;
    m.end = out->n;
    vec_add(&j->members, m);
    return true;
}

static bool compact_object(Json *j, Buf *out)
{
    size_t from = out->n;
    int first = j->members.n;
    if (!enter(j))
        return false;
    buf_byte(out, '{');
    js_space(j);
    if (j->p < j->end && *j->p == '}') {
        j->p++;
    } else {
        for (int i = 0;; i++) {
            if (!compact_member(j, out, i))
                return false;
            js_space(j);
            char c = j->p < j->end ? *j->p : 0;
            if (c != ',' && c != '}')
                return js_bad(j, j->p, SYNTAX_COMMA_OBJECT);
            j->p++;
            if (c == '}')
                break;
            buf_byte(out, ',');
        }
        drop_duplicates(j, out, from, first);
    }
    j->members.n = first;
    j->depth--;
    buf_byte(out, '}');
    return true;
}

/* The value as compact JSON. */
bool js_compact(Json *j, Buf *out)
{
    Str s;
    bool escaped;
    switch (js_peek(j)) {
    case JC_STRING:
        if (!js_string(j, &s, &escaped))
            return false;
        js_write_string(out, s, true);
        return true;
    case JC_OBJECT:
        return compact_object(j, out);
    case JC_ARRAY:
        return text_array(j, out, ",", js_compact);
    default:
        return js_text(j, out);
    }
}

bool js_text(Json *j, Buf *out)
{
    Str s;
    bool escaped;
    switch (js_peek(j)) {
    case JC_STRING:
        if (!js_string(j, &s, &escaped))
            return false;
        buf_str(out, s);
        return true;
    case JC_NUMBER:
        return text_number(j, out);
    case JC_OBJECT:
        return compact_object(j, out);
    case JC_ARRAY:
        return text_array(j, out, ", ", js_text);
    case JC_TRUE:
        return text_word(j, out, "true");
    case JC_FALSE:
        return text_word(j, out, "false");
    case JC_NULL:
        return text_word(j, out, "null");
    default:
        return js_bad(j, j->p, SYNTAX_VALUE);
    }
}
