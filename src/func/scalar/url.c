// SPDX-License-Identifier: Apache-2.0
// URLs (page 06 §6.1): their parts as java.net.URI reads them (RFC 2396), and form encoding.
//
// Text that is no URI fails the row. A part that is not there is NULL; parts come decoded.
#include "func/tables.h"
#include "types/text.h"

typedef struct Uri {
    Str scheme, host, path, query, fragment; /* p NULL: not there */
    int64_t port;                            /* -1: not there */
} Uri;

static bool is_alpha(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Only letters, digits, those of `extra`, escapes and what is no ASCII. */
static bool legal(Str s, const char *extra)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            if (i + 2 >= s.n || hex_digit(s.p[i + 1]) < 0 || hex_digit(s.p[i + 2]) < 0)
                return false;
        } else if (!is_alnum(c) && (uint8_t)c < 0x80 && (c == 0 || !strchr(extra, c))) {
            return false;
        }
    }
    const uint8_t *p = (const uint8_t *)(s.n ? s.p : ""), *end = p + s.n;
    while (p < end) {
        uint32_t c = utf8_next(&p, end);
        if ((c >= 0x80 && c < 0xa1) || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
            c == 0x202f || c == 0x205f || c == 0x3000)
            return false;
    }
    return true;
}

#define MARKS "-_.!~*'()"

/* Takes the text before the first of `stops`. */
static Str take(Str *rest, const char *stops)
{
    size_t i = 0;
    while (i < rest->n && (rest->p[i] == 0 || !strchr(stops, rest->p[i])))
        i++;
    Str part = {rest->p, i};
    *rest = str_sub(*rest, i, rest->n - i);
    return part;
}

static bool is_ipv4(Str s)
{
    int parts = 0;
    for (size_t i = 0; i < s.n; i++) {
        int v = 0, digits = 0;
        for (; i < s.n && is_digit(s.p[i]); i++, digits++)
            v = v > 255 ? v : v * 10 + s.p[i] - '0';
        if (!digits || v > 255 || (i < s.n && s.p[i] != '.') || (i < s.n && i + 1 == s.n))
            return false;
        parts++;
    }
    return parts == 4;
}

/* Labels of letters, digits and inner hyphens between dots; the last begins with a letter. */
static bool is_hostname(Str s)
{
    size_t label = 0;
    if (s.n && s.p[s.n - 1] == '.')
        s.n--;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '.') {
            if (!is_alnum(s.p[i]) && s.p[i] != '-')
                return false;
            continue;
        }
        if (i == label || s.p[label] == '-' || s.p[i - 1] == '-' || (i == s.n && !is_alpha(s.p[label])))
            return false;
        label = i + 1;
    }
    return true;
}

static bool is_ipv6(Str s)
{
    int colons = 0;
    Str scope = s, address = take(&scope, "%");
    for (size_t i = 0; i < address.n; i++) {
        colons += address.p[i] == ':';
        if (hex_digit(address.p[i]) < 0 && address.p[i] != ':' && address.p[i] != '.')
            return false;
    }
    return colons >= 2 && scope.n != 1;
}

/* user@host:port; false when it is none such, but a name of some registry. */
static bool parse_server(Str s, Uri *u)
{
    const char *at = s.n ? memchr(s.p, '@', s.n) : NULL;
    if (at) {
        if (!legal((Str){s.p, (size_t)(at - s.p)}, MARKS ";:&=+$,"))
            return false;
        s = str_sub(s, (size_t)(at - s.p) + 1, s.n - (size_t)(at - s.p) - 1);
    }
    Str host, rest = s;
    if (s.n && s.p[0] == '[') {
        host = take(&rest, "]");
        if (rest.n == 0 || !is_ipv6(str_sub(host, 1, host.n - 1)))
            return false;
        host.n++;
        rest = str_sub(rest, 1, rest.n - 1);
    } else {
        host = take(&rest, ":");
        if (!is_ipv4(host) && !is_hostname(host))
            return false;
    }
    int64_t port = -1;
    if (rest.n && rest.p[0] != ':')
        return false;
    for (size_t i = 1; i < rest.n; i++) {
        if (!is_digit(rest.p[i]) || port > INT32_MAX)
            return false;
        port = (port < 0 ? 0 : port) * 10 + rest.p[i] - '0';
    }
    u->host = host;
    u->port = port;
    return port <= INT32_MAX;
}

static bool parse_authority(Str *s, Uri *u)
{
    *s = str_sub(*s, 2, s->n - 2);
    Str authority = take(s, "/?#");
    if (authority.n == 0)
        return s->n > 0;
    if (parse_server(authority, u))
        return true;
    u->host = (Str){NULL, 0};
    u->port = -1;
    return authority.p[0] != '[' && legal(authority, MARKS "$,;:@&=+");
}

static bool parse_uri(Str s, Uri *u)
{
    static const char uric[] = MARKS ";/?:@&=+$,[]";
    *u = (Uri){.port = -1};
    Str rest = s, scheme = take(&rest, "/?#:");
    if (rest.n && rest.p[0] == ':') {
        if (scheme.n == 0 || !is_alpha(scheme.p[0]))
            return false;
        for (size_t i = 0; i < scheme.n; i++)
            if (!is_alnum(scheme.p[i]) && !memchr("+-.", scheme.p[i], 3))
                return false;
        u->scheme = scheme;
        s = str_sub(rest, 1, rest.n - 1);
    }
    bool opaque = u->scheme.p && (s.n == 0 || s.p[0] != '/');
    if (!opaque && s.n >= 2 && s.p[0] == '/' && s.p[1] == '/' && !parse_authority(&s, u))
        return false;
    if (opaque) {
        Str part = take(&s, "#");
        if (part.n == 0 || !legal(part, uric))
            return false;
    } else {
        u->path = take(&s, "?#");
        if (!u->path.p)
            u->path = STR("");
        if (!legal(u->path, MARKS ":@&=+$,;/"))
            return false;
    }
    if (s.n && s.p[0] == '?') {
        s = str_sub(s, 1, s.n - 1);
        u->query = take(&s, "#");
        if (!legal(u->query, uric))
            return false;
    }
    if (s.n)
        u->fragment = str_sub(s, 1, s.n - 1);
    return legal(u->fragment, uric);
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* Escapes that follow one another are the bytes of one text; everything else stays as it is. */
static void unescape(Buf *out, Str s, bool plus)
{
    Buf raw = BUF_INIT;
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] != '%') {
            buf_byte(out, plus && s.p[i] == '+' ? ' ' : s.p[i]);
            i++;
            continue;
        }
        buf_clear(&raw);
        for (; i < s.n && s.p[i] == '%'; i += 3)
            buf_byte(&raw, (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2])));
        text_mend(out, buf_view(&raw));
    }
    buf_free(&raw);
}

static Value decoded(FuncCtx *c, Str s, bool plus)
{
    Buf b = BUF_INIT;
    if (!s.p)
        return value_null();
    unescape(&b, s, plus);
    Value v = value_str(b.n ? arena_str(c->arena, buf_view(&b)) : STR(""));
    buf_free(&b);
    return v;
}

static bool uri_of(FuncCtx *c, const Value *a, Uri *u)
{
    Str s = view_str(a[0].d.s);
    return parse_uri(s.p ? s : STR(""), u) ||
        func_fail(c, "URL input has invalid syntax: %.*s", (int)(s.n < 300 ? s.n : 300), s.p);
}

#define EXTRACT(name, part, decode)                                             \
    static void name(FuncCtx *c, const Value *a, int n, Value *out)             \
    {                                                                           \
        Uri u;                                                                  \
        UNUSED(n);                                                              \
        if (!uri_of(c, a, &u))                                                  \
            return;                                                             \
        if (decode)                                                             \
            *out = decoded(c, u.part, false);                                   \
        else                                                                    \
            *out = u.part.p ? value_str(u.part) : value_null();                 \
    }

EXTRACT(protocol, scheme, false)
EXTRACT(host, host, false)
EXTRACT(path, path, true)
EXTRACT(query, query, true)
EXTRACT(fragment, fragment, true)

static void port(FuncCtx *c, const Value *a, int n, Value *out)
{
    Uri u;
    UNUSED(n);
    if (uri_of(c, a, &u))
        *out = u.port < 0 ? value_null() : value_int((int32_t)u.port);
}

static void parameter(FuncCtx *c, const Value *a, int n, Value *out)
{
    Uri u;
    UNUSED(n);
    if (!uri_of(c, a, &u))
        return;
    Value all = decoded(c, u.query, false);
    *out = value_null();
    if (all.null)
        return;
    for (Str rest = view_str(all.d.s);;) {
        Str value = take(&rest, "&"), name = take(&value, "=");
        if (str_eq(name, view_str(a[1].d.s))) {
            *out = value_str(value.n ? str_sub(value, 1, value.n - 1) : STR(""));
            return;
        }
        if (rest.n == 0)
            return;
        rest = str_sub(rest, 1, rest.n - 1);
    }
}

static void encode_param(FuncCtx *c, const Value *a, int n, Value *out)
{
    Buf b = BUF_INIT, bytes = BUF_INIT;
    UNUSED(n);
    text_utf8(&bytes, view_str(a[0].d.s));
    for (size_t i = 0; i < bytes.n; i++) {
        char ch = bytes.p[i];
        if (is_alnum(ch) || (ch && strchr("-_.*", ch)))
            buf_byte(&b, ch);
        else if (ch == ' ')
            buf_byte(&b, '+');
        else
            buf_printf(&b, "%%%02X", (uint8_t)ch);
    }
    *out = value_str(b.n ? arena_str(c->arena, buf_view(&b)) : STR(""));
    buf_free(&b);
    buf_free(&bytes);
}

static void decode_param(FuncCtx *c, const Value *a, int n, Value *out)
{
    Str s = view_str(a[0].d.s);
    UNUSED(n);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%' && (i + 2 >= s.n || hex_digit(s.p[i + 1]) < 0 || hex_digit(s.p[i + 2]) < 0)) {
            func_fail(c, "Illegal hex characters in escape (%%) pattern");
            return;
        }
    }
    *out = decoded(c, s.p ? s : STR(""), true);
}

#define ROW(sig, fn, names, text, ...)                                                               \
    {.signature = sig, .flags = FUNC_STRICT, .row = fn, .category = "URL", .params = names, .description = text, \
     __VA_ARGS__}
#define PART_ROW(name, fn, text, shows)                                                              \
    ROW("url_extract_" name "(VARCHAR) -> VARCHAR", fn, "input", text,                               \
        .example = "URL_EXTRACT_" name "('http://h.org:80/a/b?x=1&y=%20#top')", .expected = shows)

static const FuncRow rows[] = {
    ROW("url_encode_param(VARCHAR) -> VARCHAR", encode_param, "input", "The text as a value in a URL's query.",
        .example = "URL_ENCODE_PARAM('a b&c')", .expected = "a+b%26c"),
    ROW("url_decode_param(VARCHAR) -> VARCHAR", decode_param, "input", "The text that a value in a URL's query means.",
        .example = "URL_DECODE_PARAM('a+b%26c')", .expected = "a b&c"),
    PART_ROW("protocol", protocol, "The URL's protocol.", "http"),
    PART_ROW("host", host, "The URL's host.", "h.org"),
    PART_ROW("path", path, "The URL's path.", "/a/b"),
    PART_ROW("query", query, "The URL's query.", "x=1&y= "),
    PART_ROW("fragment", fragment, "The URL's fragment.", "top"),
    ROW("url_extract_port(VARCHAR) -> INT", port, "input", "The URL's port.",
        .example = "URL_EXTRACT_PORT('http://h.org:80/')", .expected = "80"),
    ROW("url_extract_parameter(VARCHAR, VARCHAR) -> VARCHAR", parameter, "input, paramToFind",
        "The value of a parameter in the URL's query.", .example = "URL_EXTRACT_PARAMETER('http://h/?x=1&y=2', 'y')",
        .expected = "2"),
};

const ScalarTable scalar_url = {rows, ARRAY_LEN(rows)};
