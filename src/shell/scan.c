// SPDX-License-Identifier: Apache-2.0
// Scan: see scan.h. One step reads a byte of code, or an open comment or quote up to what may close it; everything else
// is walks over steps.
#include "shell/scan.h"

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static char byte_at(Str s, size_t at) { return at < s.n ? s.p[at] : 0; }

static bool is_comment(Str s, size_t at)
{
    char c = s.p[at], d = byte_at(s, at + 1);
    return (c == '-' && d == '-') || (c == '/' && d == '*');
}

static void step(Scan *s, Str text)
{
    char c = text.p[s->at];
    if (s->in == 0) {
        bool comment = is_comment(text, s->at);
        if (comment || c == '\'' || c == '"' || c == '`') {
            s->in = comment ? text.p[s->at + 1] : c;
            s->from = s->at;
        }
        s->at += comment ? 2 : 1;
        return;
    }
    if (s->in == '-') {
        while (s->at < text.n && text.p[s->at] != '\n' && text.p[s->at] != '\r')
            s->at++;
        s->in = s->at < text.n ? 0 : '-';
        return;
    }
    const char *close = memchr(text.p + s->at, s->in, text.n - s->at);
    s->at = close ? (size_t)(close - text.p) : text.n;
    if (!close)
        return;
    char next = byte_at(text, s->at + 1);
    if (s->in == '*') {
        s->in = next == '/' ? 0 : '*';
        s->at += next == '/' ? 2 : 1;
    } else { /* a doubled quote is part of the text */
        s->at += next == s->in ? 2 : 1;
        s->in = next == s->in ? s->in : 0;
    }
}

bool scan_begin(Scan *s, Str text)
{
    while (s->at < text.n) {
        s->begun = s->in == 0 && !is_blank(text.p[s->at]) && !is_comment(text, s->at);
        if (s->begun)
            return true;
        step(s, text);
    }
    return false;
}

bool scan_end(Scan *s, Str text)
{
    while (s->at < text.n) {
        bool end = s->in == 0 && text.p[s->at] == ';';
        step(s, text);
        s->begun = !end;
        if (end)
            return true;
    }
    return false;
}

bool scan_complete(Scan *s, Str text)
{
    while (s->begun || scan_begin(s, text))
        if (!scan_end(s, text))
            return false;
    return s->in != '*';
}

void scan_advance(Str text, Place *p, size_t to)
{
    for (; p->at < to && p->at < text.n; p->at++) {
        if (text.p[p->at] == '\n') {
            p->line++;
            p->col = 1;
        } else if ((text.p[p->at] & 0xc0) != 0x80) {
            p->col++;
        }
    }
}

size_t scan_blank(Str text, size_t at)
{
    Scan s = {.at = at};
    (void)scan_begin(&s, text);
    return s.at;
}

bool scan_inside(Str text, size_t at, char *quote, size_t *from)
{
    Scan s = {.at = 0};
    while (s.at < at)
        step(&s, str_sub(text, 0, at));
    *quote = s.in == '-' || s.in == '*' ? 0 : s.in;
    *from = s.from + 1;
    return s.in != 0;
}
