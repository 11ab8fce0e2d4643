// SPDX-License-Identifier: Apache-2.0
// The JSON scanner: strings, numbers, literals, skipping of whole values. See json.h.
//
// Strings run 16 bytes a step to the next quote, backslash or control character; UTF-8 is checked
// only where a byte from 0x80 was seen. Skipping keeps one bit a level (object or array), so that
// neither depth nor length of a value costs stack or memory.
#include "base/limits.h"
#include "serde/internal.h"
#include "serde/json.h"
#include "types/cast.h"
#include "types/text.h"

const uint8_t js_class[256] = {
    [' '] = JC_SPACE,  ['\t'] = JC_SPACE, ['\n'] = JC_SPACE, ['\r'] = JC_SPACE,  ['"'] = JC_STRING,
    ['-'] = JC_NUMBER, ['0'] = JC_NUMBER, ['1'] = JC_NUMBER, ['2'] = JC_NUMBER,  ['3'] = JC_NUMBER,
    ['4'] = JC_NUMBER, ['5'] = JC_NUMBER, ['6'] = JC_NUMBER, ['7'] = JC_NUMBER,  ['8'] = JC_NUMBER,
    ['9'] = JC_NUMBER, ['{'] = JC_OBJECT, ['['] = JC_ARRAY,  ['t'] = JC_TRUE,    ['f'] = JC_FALSE,
    ['n'] = JC_NULL,
};

const bool js_stop[256] = {
    true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
    true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
    ['"'] = true, ['\\'] = true,
};

/* The first byte of s that is not UTF-8; NULL when there is none. halves: of surrogate pairs are taken. */
static const char *utf8_wrong(const char *s, size_t n, bool halves)
{
    const uint8_t *p = (const uint8_t *)s, *end = p + n;
    while (p < end) {
        uint8_t c = *p;
        int more = c < 0x80 ? 0 : c < 0xC2 ? -1 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : -1;
        if (more < 0 || end - p <= more)
            return (const char *)p;
        for (int i = 1; i <= more; i++) {
            if ((p[i] & 0xC0) != 0x80)
                return (const char *)p + i;
        }
        if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F && !halves) || (c == 0xF0 && p[1] < 0x90) ||
            (c == 0xF4 && p[1] > 0x8F))
            return (const char *)p + 1;
        p += more + 1;
    }
    return NULL;
}

/* Four hex digits at p, or -1. */
static int hex4(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
        int d = js_is_digit(c) ? c - '0' : letter;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

/* \uXXXX at p (after the u). Two halves of a pair, one after the other, become their character. */
static const char *unescape_unicode(Buf *out, const char *p, const char *end)
{
    int c = hex4(p, end);
    if (c < 0)
        return NULL;
    Buf unit = {.p = (char[4]){0}, .cap = 4};
    utf8_put(&unit, (uint32_t)c);
    text_append(out, buf_view(&unit));
    return p + 4;
}

/* From the first backslash (or what stopped the plain run) on, into `scratch`. from: the string's first. */
static bool string_escaped(Json *j, const char *from, const char *p, Str *out)
{
    static const char short_escapes[256] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n',
        ['r'] = '\r', ['t'] = '\t',
    };
    bool high = true; /* p is where js_plain stopped: it may have passed some */
    buf_clear(&j->scratch);
    for (;;) {
        const char *wrong = high ? utf8_wrong(from, (size_t)(p - from), j->halves) : NULL;
        if (wrong)
            return js_bad(j, wrong, SYNTAX_UTF8);
        text_append(&j->scratch, (Str){from, (size_t)(p - from)});
        high = false;
        if (p >= j->end)
            return js_bad(j, j->end, SYNTAX_END);
        if (*p == '"')
            break;
        if (*p != '\\')
            return js_bad(j, p, SYNTAX_CONTROL);
        if (j->end - p < 2)
            return js_bad(j, j->end, SYNTAX_END);
        char c = p[1];
        if (c == 'u') {
            const char *q = unescape_unicode(&j->scratch, p + 2, j->end);
            if (!q)
                return js_bad(j, p + 1, SYNTAX_ESCAPE);
            p = q;
        } else if (short_escapes[(uint8_t)c]) {
            buf_byte(&j->scratch, short_escapes[(uint8_t)c]);
            p += 2;
        } else {
            return js_bad(j, p + 1, SYNTAX_ESCAPE);
        }
        from = p;
        p = js_plain(p, j->end, &high);
    }
    *out = buf_view(&j->scratch);
    j->p = p + 1;
    return true;
}

bool js_string(Json *j, Str *out, bool *escaped)
{
    const char *from = j->p + 1;
    bool high = false;
    const char *p = js_plain(from, j->end, &high);
    if (p < j->end && *p == '"') {
        *out = (Str){from, (size_t)(p - from)};
        *escaped = false;
        if (high) {
            const char *wrong = utf8_wrong(from, out->n, j->halves);
            if (wrong)
                return js_bad(j, wrong, SYNTAX_UTF8);
        }
        j->p = p + 1;
        return true;
    }
    *escaped = true;
    return string_escaped(j, from, p, out);
}

bool js_string_keep(Json *j, Str *out)
{
    bool escaped;
    if (!js_string(j, out, &escaped))
        return false;
    if (escaped)
        *out = arena_str(j->arena, *out);
    return true;
}

static const char *digits(const char *p, const char *end)
{
    while (p < end && js_is_digit(*p))
        p++;
    return p;
}

bool js_number(Json *j, JsonNumber *out)
{
    const char *p = j->p, *end = j->end;
    bool integer = true;
    if (*p == '-')
        p++;
    if (p >= end || !js_is_digit(*p))
        return js_bad(j, p, SYNTAX_MINUS);
    if (*p == '0' && end - p > 1 && js_is_digit(p[1]))
        return js_bad(j, p, SYNTAX_ZERO);
    p = digits(p, end);
    if (p < end && *p == '.') {
        integer = false;
        const char *q = digits(p + 1, end);
        if (q == p + 1)
            return js_bad(j, q, SYNTAX_POINT);
        p = q;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        integer = false;
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *q = digits(p, end);
        if (q == p)
            return js_bad(j, q, SYNTAX_EXPONENT);
        p = q;
    }
    if (p - j->p > JSON_NUMBER_MAX)
        return js_bad(j, p, SYNTAX_LONG);
    if (j->depth == 0 && p < end && js_class[(uint8_t)*p] != JC_SPACE)
        return js_bad(j, p, SYNTAX_ROOT);
    *out = (JsonNumber){{j->p, (size_t)(p - j->p)}, integer};
    j->p = p;
    return true;
}

/* A byte that could go on an unquoted word; Java counts letters, digits, _ and $. */
static bool is_word(char c)
{
    return js_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
        (uint8_t)c >= 0x80;
}

bool js_literal(Json *j, const char *word, size_t n)
{
    if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
        return js_bad(j, j->p, SYNTAX_VALUE);
    if (j->p + n < j->end && is_word(j->p[n]))
        return js_bad(j, j->p, SYNTAX_VALUE);
    j->p += n;
    return true;
}

static bool skip_string(Json *j)
{
    const char *from = j->p + 1;
    bool high = false;
    const char *p = js_plain(from, j->end, &high);
    if (p < j->end && *p == '"' && !high) {
        j->p = p + 1;
        return true;
    }
    Str s;
    bool escaped;
    return js_string(j, &s, &escaped);
}

/* Past a key and its colon. */
static bool skip_key(Json *j)
{
    js_space(j);
    if (j->p >= j->end || *j->p != '"')
        return js_bad(j, j->p, SYNTAX_KEY);
    if (!skip_string(j))
        return false;
    js_space(j);
    if (j->p >= j->end || *j->p != ':')
        return js_bad(j, j->p, SYNTAX_COLON);
    j->p++;
    return true;
}

static bool skip_scalar(Json *j, int class)
{
    JsonNumber n;
    switch (class) {
    case JC_STRING:
        return skip_string(j);
    case JC_NUMBER:
        return js_number(j, &n);
    case JC_TRUE:
        return js_literal(j, "true", 4);
    case JC_FALSE:
        return js_literal(j, "false", 5);
    case JC_NULL:
        return js_literal(j, "null", 4);
    default:
        return js_bad(j, j->p, SYNTAX_VALUE);
    }
}

/* Enters the object or array at the cursor. *empty: it is over already. */
static bool skip_enter(Json *j, bool object, uint64_t *levels, bool *empty)
{
    if (j->depth >= LIMIT_NESTING)
        return js_bad(j, j->p, SYNTAX_DEPTH);
    j->p++;
    js_space(j);
    *empty = j->p < j->end && *j->p == (object ? '}' : ']');
    if (*empty) {
        j->p++;
        return true;
    }
    if (object)
        levels[j->depth >> 6] |= (uint64_t)1 << (j->depth & 63);
    else
        levels[j->depth >> 6] &= ~((uint64_t)1 << (j->depth & 63));
    j->depth++;
    return !object || skip_key(j);
}

bool js_skip(Json *j)
{
    uint64_t levels[LIMIT_NESTING / 64 + 1] = {0};
    int base = j->depth;
    for (;;) {
        int class = js_peek(j);
        if (class == JC_OBJECT || class == JC_ARRAY) {
            bool empty;
            if (!skip_enter(j, class == JC_OBJECT, levels, &empty))
                return false;
            if (!empty)
                continue;
        } else if (!skip_scalar(j, class)) {
            return false;
        }
        for (;;) {
            if (j->depth == base)
                return true;
            int level = j->depth - 1;
            bool object = (levels[level >> 6] >> (level & 63)) & 1;
            js_space(j);
            char c = j->p < j->end ? *j->p : 0;
            if (c == ',') {
                j->p++;
                if (object && !skip_key(j))
                    return false;
                break;
            }
            if (c != (object ? '}' : ']'))
                return js_bad(j, j->p, object ? SYNTAX_COMMA_OBJECT : SYNTAX_COMMA_ARRAY);
            j->p++;
            j->depth--;
        }
    }
}

/* 'x' (code 120), as Java's parser names a character. */
static void char_desc(const Json *j, Buf *out)
{
    const uint8_t *p = (const uint8_t *)j->p;
    uint32_t c = utf8_next(&p, (const uint8_t *)j->end);
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
        buf_printf(out, "(CTRL-CHAR, code %u)", c);
        return;
    }
    buf_byte(out, '\'');
    utf8_put(out, c);
    buf_printf(out, c > 255 ? "' (code %u / 0x%x)" : "' (code %u)", c, c);
}

static void unexpected(const Json *j, Buf *out, const char *rest)
{
    buf_cstr(out, "Unexpected character (");
    char_desc(j, out);
    buf_printf(out, ")%s", rest);
}

#define A_VALUE "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

static void syntax_no_value(const Json *j, Buf *out)
{
    const char *p = j->p;
    if (p < j->end && !js_is_digit(*p) && is_word(*p)) {
        while (p < j->end && is_word(*p) && p - j->p < 256)
            p++;
        Str word = {j->p, (size_t)(p - j->p)};
        buf_printf(out, "Unrecognized token '%.*s': was expecting " A_VALUE, STR_ARG(word));
    } else {
        unexpected(j, out, ": expected a valid value " A_VALUE);
    }
}

void js_syntax_text(const Json *j, Buf *out)
{
    static const char *const at_char[] = {
        [SYNTAX_KEY] = ": was expecting double-quote to start field name",
        [SYNTAX_COLON] = ": was expecting a colon to separate field name and value",
        [SYNTAX_COMMA_OBJECT] = ": was expecting comma to separate Object entries",
        [SYNTAX_COMMA_ARRAY] = ": was expecting comma to separate Array entries",
        [SYNTAX_MINUS] =
            " in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value",
        [SYNTAX_POINT] = " in numeric value: Decimal point not followed by a digit",
        [SYNTAX_EXPONENT] = " in numeric value: Exponent indicator not followed by a digit",
        [SYNTAX_ROOT] = ": Expected space separating root-level values",
    };
    switch (j->syntax) {
    case SYNTAX_END:
        buf_cstr(out, "Unexpected end-of-input in VALUE_STRING");
        return;
    case SYNTAX_ZERO:
        buf_cstr(out, "Invalid numeric value: Leading zeroes not allowed");
        return;
    case SYNTAX_LONG:
        buf_printf(out, "Number value length exceeds the maximum allowed (%d)", JSON_NUMBER_MAX);
        return;
    case SYNTAX_DEPTH:
        buf_printf(out, "Document nesting depth (%d) exceeds the maximum allowed (%d)", LIMIT_NESTING + 1,
                   LIMIT_NESTING);
        return;
    default:
        break;
    }
    if (j->p >= j->end) {
        if (j->syntax == SYNTAX_COMMA_OBJECT || j->syntax == SYNTAX_COMMA_ARRAY)
            buf_printf(out, "Unexpected end-of-input: expected close marker for %s",
                       j->syntax == SYNTAX_COMMA_OBJECT ? "Object" : "Array");
        else if (j->syntax == SYNTAX_KEY || j->syntax == SYNTAX_COLON || j->syntax == SYNTAX_VALUE)
            buf_cstr(out, "Unexpected end-of-input within/between Object entries");
        else
            buf_cstr(out, "Unexpected end-of-input in a Number value");
        return;
    }
    if (j->syntax == SYNTAX_VALUE) {
        syntax_no_value(j, out);
    } else if (j->syntax == SYNTAX_CONTROL) {
        buf_cstr(out, "Illegal unquoted character (");
        char_desc(j, out);
        buf_cstr(out, "): has to be escaped using backslash to be included in string value");
    } else if (j->syntax == SYNTAX_ESCAPE) {
        buf_cstr(out, "Unrecognized character escape ");
        char_desc(j, out);
    } else if (j->syntax == SYNTAX_UTF8) {
        uint8_t c = (uint8_t)*j->p;
        bool first = c >= 0x80 && (j->p == j->start || (uint8_t)j->p[-1] < 0x80 ||
                                   ((uint8_t)j->p[-1] & 0xC0) == 0x80);
        buf_printf(out, "Invalid UTF-8 %s byte 0x%x", first ? "start" : "middle", c);
    } else {
        unexpected(j, out, at_char[j->syntax]);
    }
}

const char *js_node_name(const char *p, const char *end)
{
    Json j = {.p = p, .end = end, .start = p, .depth = 1};
    int class = js_peek(&j);
    JsonNumber n;
    switch (class) {
    case JC_STRING:
        return "TextNode";
    case JC_OBJECT:
        return "ObjectNode";
    case JC_ARRAY:
        return "ArrayNode";
    case JC_TRUE:
    case JC_FALSE:
        return "BooleanNode";
    case JC_NULL:
        return "NullNode";
    case JC_NUMBER:
        break;
    default:
        return "MissingNode";
    }
    if (!js_number(&j, &n) || !n.integer)
        return "DecimalNode";
    int64_t v;
    if (!parse_int64(n.text, &v))
        return "BigIntegerNode";
    return v == (int32_t)v ? "IntNode" : "LongNode";
}
