// SPDX-License-Identifier: Apache-2.0
// Properties files: see properties_file.h. Rules: the documentation of java.util.Properties.load.
//
// A logical line is put together first, its continuation lines joined; then its name ends at the first blank, '=' or
// ':' that no backslash stands before. Escapes are undone last, in name and value apart.
#include "runtime/properties_file.h"

typedef struct Lines {
    Str text;
    size_t at;
    int line; /* of the byte at `at` */
} Lines;

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }
static bool is_end(char c) { return c == '\n' || c == '\r'; }

static void skip_end(Lines *l)
{
    if (l->at >= l->text.n)
        return;
    char c = l->text.p[l->at++];
    if (c == '\r' && l->at < l->text.n && l->text.p[l->at] == '\n')
        l->at++;
    l->line++;
}

static void skip_blanks(Lines *l)
{
    while (l->at < l->text.n && is_blank(l->text.p[l->at]))
        l->at++;
}

/* One line as it stands, without its end. */
static Str natural_line(Lines *l)
{
    size_t from = l->at;
    while (l->at < l->text.n && !is_end(l->text.p[l->at]))
        l->at++;
    return str_sub(l->text, from, l->at - from);
}

static bool goes_on(Str line)
{
    size_t n = 0;
    while (n < line.n && line.p[line.n - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

/* The next line that is neither blank nor a comment, whole; false at the end of the text. */
static bool logical_line(Lines *l, Buf *out, int *first)
{
    for (;;) {
        skip_blanks(l);
        if (l->at >= l->text.n)
            return false;
        char c = l->text.p[l->at];
        if (!is_end(c) && c != '#' && c != '!')
            break;
        (void)natural_line(l);
        skip_end(l);
    }
    buf_clear(out);
    *first = l->line;
    for (;;) {
        Str part = natural_line(l);
        bool more = goes_on(part);
        buf_bytes(out, part.p, part.n - more);
        skip_end(l);
        if (!more || l->at >= l->text.n)
            return true;
        skip_blanks(l);
    }
}

/* Four hexadecimal digits at s[at]; -1 when they are not there. */
static int32_t hex4(Str s, size_t at)
{
    int32_t v = 0;
    if (at + 4 > s.n)
        return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static void add_utf8(Buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_byte(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    buf_byte(out, (char)(lead[more] | (c >> (6 * more))));
    while (more-- > 0)
        buf_byte(out, (char)(0x80 | ((c >> (6 * more)) & 0x3f)));
}

/* What stands behind "\u" at s[*at]: one character, of two escapes where it is a surrogate pair. */
static bool unescape_unicode(Str s, size_t *at, Buf *out)
{
    int32_t c = hex4(s, *at);
    if (c <= 0 || (c >= 0xdc00 && c < 0xe000))
        return false;
    *at += 4;
    if (c >= 0xd800 && c < 0xdc00) {
        int32_t low = *at + 2 <= s.n && s.p[*at] == '\\' && s.p[*at + 1] == 'u' ? hex4(s, *at + 2) : -1;
        if (low < 0xdc00 || low >= 0xe000)
            return false;
        *at += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(out, (uint32_t)c);
    return true;
}

static Status unescape(Str s, Arena *a, int line, Str *out, Err *err)
{
    static const char from[] = "tnrf", to[] = "\t\n\r\f";
    Buf b = BUF_INIT;
    bool good = true;
    for (size_t i = 0; i < s.n && good;) {
        char c = s.p[i++];
        if (c != '\\' || i >= s.n) {
            if (c != '\\')
                buf_byte(&b, c);
            continue;
        }
        c = s.p[i++];
        const char *known = strchr(from, c);
        if (c == 'u')
            good = unescape_unicode(s, &i, &b);
        else
            buf_byte(&b, known && c ? to[known - from] : c);
    }
    *out = arena_str(a, buf_view(&b));
    buf_free(&b);
    return good ? OK : err_at(err, ERR_BAD_REQUEST, (Span){line, 1, 0, 0}, "\\u takes four hexadecimal digits of a character");
}

static Status take_line(Str s, int line, Arena *a, FilePropertyVec *out, Err *err)
{
    size_t end = 0;
    while (end < s.n && !is_blank(s.p[end]) && s.p[end] != '=' && s.p[end] != ':')
        end += s.p[end] == '\\' && end + 1 < s.n ? 2 : 1;
    size_t value = end;
    while (value < s.n && is_blank(s.p[value]))
        value++;
    if (value < s.n && (s.p[value] == '=' || s.p[value] == ':'))
        value++;
    while (value < s.n && is_blank(s.p[value]))
        value++;
    FileProperty p = {.line = line};
    Status st = unescape(str_sub(s, 0, end), a, line, &p.name, err);
    if (st == OK)
        st = unescape(str_sub(s, value, s.n - value), a, line, &p.value, err);
    if (st == OK)
        vec_push(a, out, p);
    return st;
}

Status properties_parse(Str text, Arena *a, FilePropertyVec *out, Err *err)
{
    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        text = str_sub(text, 3, text.n - 3);
    Lines l = {text, 0, 1};
    Buf line = BUF_INIT;
    Status st = OK;
    int first;
    while (st == OK && logical_line(&l, &line, &first))
        st = take_line(buf_view(&line), first, a, out, err);
    buf_free(&line);
    return st;
}
