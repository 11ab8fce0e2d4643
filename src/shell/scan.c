// SPDX-License-Identifier: Apache-2.0
// Scan: see scan.h. One step reads one piece: a comment, a quoted text with its doubled quotes, or a
// byte; everything else is walks over steps. Unclosed quotes and comments reach to the end.
#include "shell/scan.h"

/* The end of the piece at `at`. *open: the text ended inside it. */
static size_t step(Str s, size_t at, bool *open)
{
    char c = s.p[at], d = at + 1 < s.n ? s.p[at + 1] : 0;
    *open = false;
    if (c == '-' && d == '-') {
        while (at < s.n && s.p[at] != '\n')
            at++;
        return at;
    }
    if (c == '/' && d == '*') {
        for (at += 2; at + 1 < s.n; at++)
            if (s.p[at] == '*' && s.p[at + 1] == '/')
                return at + 2;
        *open = true;
        return s.n;
    }
    if (c == '\'' || c == '"' || c == '`') {
        for (at++; at < s.n; at++) {
            if (s.p[at] != c)
                continue;
            if (at + 1 < s.n && s.p[at + 1] == c)
                at++;
            else
                return at + 1;
        }
        *open = true;
        return s.n;
    }
    return at + 1;
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_comment(Str s, size_t at)
{
    char d = at + 1 < s.n ? s.p[at + 1] : 0;
    return (s.p[at] == '-' && d == '-') || (s.p[at] == '/' && d == '*');
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
    bool open;
    while (at < text.n && (is_blank(text.p[at]) || is_comment(text, at)))
        at = step(text, at, &open);
    return at;
}

size_t scan_statement(Str text, size_t at)
{
    bool open;
    while (at < text.n) {
        if (text.p[at] == ';')
            return at + 1;
        at = step(text, at, &open);
    }
    return 0;
}

bool scan_complete(Str text)
{
    bool open = false, pending = false;
    for (size_t at = 0; at < text.n;) {
        if (text.p[at] == ';')
            pending = false;
        else if (!is_blank(text.p[at]) && !is_comment(text, at))
            pending = true;
        at = step(text, at, &open);
    }
    return !pending && !open;
}

bool scan_inside(Str text, size_t at, char *quote, size_t *from)
{
    bool open;
    for (size_t i = 0; i < at;) {
        size_t end = step(text, i, &open);
        bool comment = is_comment(text, i);
        bool quoted = text.p[i] == '\'' || text.p[i] == '"' || text.p[i] == '`';
        /* A comment of one line reaches to its newline; a closed quote ends before `at`. */
        bool reaches = end > at || open || (comment && text.p[i] == '-' && end == at);
        if ((comment || quoted) && reaches) {
            *quote = comment ? 0 : text.p[i];
            *from = i + 1;
            return true;
        }
        i = end;
    }
    return false;
}
