// SPDX-License-Identifier: Apache-2.0
// Cells: see cell.h. The decoder is lenient: a byte that starts nothing stands for itself.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* wcwidth, fopencookie */
#endif
#include "base/cell.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

void cell_locale(void)
{
    if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        return;
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "C");
}

/* The character at s[at]: its bytes, and *cp (-1: not UTF-8). */
static size_t decode(Str s, size_t at, int32_t *cp)
{
    uint8_t c = (uint8_t)s.p[at];
    size_t n = c < 0x80 ? 1 : c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
    *cp = -1;
    if (n == 0 || c >= 0xf8 || at + n > s.n)
        return 1;
    int32_t v = n == 1 ? c : c & (0xff >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        uint8_t d = (uint8_t)s.p[at + i];
        if ((d & 0xc0) != 0x80)
            return 1;
        v = v << 6 | (d & 0x3f);
    }
    *cp = v;
    return n;
}

static int columns(int32_t cp)
{
    if (cp < 0xa0) /* control characters and what is not UTF-8 too: a terminal gets one character for each */
        return 1;
    int w = wcwidth((wchar_t)cp);
    return w < 0 ? 1 : w;
}

int cell_width(Str s)
{
    int w = 0;
    int32_t cp;
    for (size_t at = 0; at < s.n;) {
        at += decode(s, at, &cp);
        w += columns(cp);
    }
    return w;
}

size_t cell_fit(Str s, int cols)
{
    int w = 0;
    int32_t cp;
    size_t at = 0;
    while (at < s.n) {
        size_t n = decode(s, at, &cp);
        w += columns(cp);
        if (w > cols && at > 0)
            break;
        at += n;
    }
    return at;
}

void cell_pad(Buf *out, Str s, int cols)
{
    int w = cell_width(s);
    buf_str(out, s);
    if (w < cols)
        buf_repeat(out, ' ', cols - w);
}

void cell_clean(Buf *out, Str s)
{
    int32_t cp;
    for (size_t at = 0; at < s.n;) {
        size_t n = decode(s, at, &cp);
        if (cp == '\n' || cp >= 0xa0 || (cp >= 0x20 && cp < 0x7f))
            buf_bytes(out, s.p + at, n);
        else if (cp == '\t')
            buf_byte(out, ' ');
        else
            buf_cstr(out, "\xef\xbf\xbd");
        at += n;
    }
}

int cell_columns(int fd)
{
    struct winsize w;
    if (!isatty(fd))
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
        return w.ws_col;
    const char *columns = getenv("COLUMNS");
    int n = columns ? atoi(columns) : 0;
    return n > 0 ? n : 80;
}

void cell_write(int fd, Str s)
{
    Buf b = BUF_INIT;
    if (isatty(fd)) {
        cell_clean(&b, s);
        s = buf_view(&b);
    }
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0)
            s = str_sub(s, (size_t)n, s.n - (size_t)n);
    }
    buf_free(&b);
}

/* Where the lines after the first begin that a line is broken into. */
static int hanging(Str line, int columns)
{
    size_t at = 0;
    while (at < line.n && line.p[at] == ' ')
        at++;
    for (size_t i = at; i + 2 < line.n; i++)
        if (line.p[i] == ' ' && line.p[i + 1] == ' ' && line.p[i + 2] != ' ')
            return (int)i + 2 < columns / 2 ? (int)i + 2 : (int)at;
    return (int)at;
}

/* Takes the next word off *rest, and the blanks before it off as *gap. */
static bool next_word(Str *rest, int *gap, Str *word)
{
    size_t from = 0;
    while (from < rest->n && rest->p[from] == ' ')
        from++;
    size_t to = from;
    while (to < rest->n && rest->p[to] != ' ')
        to++;
    *gap = (int)from;
    *word = str_sub(*rest, from, to - from);
    *rest = str_sub(*rest, to, rest->n - to);
    return word->n > 0;
}

void cell_wrap(Buf *out, Str text, int columns)
{
    Str rest = text, line, word;
    while (cell_line(&rest, &line)) {
        int hang = hanging(line, columns), at = 0, gap;
        while (next_word(&line, &gap, &word)) {
            if (at > hang && at + gap + cell_width(word) >= columns) {
                buf_byte(out, '\n');
                at = 0;
                gap = hang;
            }
            buf_repeat(out, ' ', gap);
            buf_str(out, word);
            at += gap + cell_width(word);
        }
        if (rest.p)
            buf_byte(out, '\n');
    }
}

static ssize_t write_cleaned(void *cookie, const char *p, size_t n)
{
    cell_write((int)(intptr_t)cookie, (Str){p, n});
    return (ssize_t)n;
}

static void clean_stream(FILE **stream, int fd)
{
    cookie_io_functions_t io = {.write = write_cleaned};
    FILE *f = isatty(fd) ? fopencookie((void *)(intptr_t)fd, "w", io) : NULL;
    if (!f)
        return;
    setvbuf(f, NULL, _IOLBF, 1 << 16); /* no character is cut by the end of a line */
    fflush(*stream);
    *stream = f;
}

void cell_stdio(void)
{
    clean_stream(&stdout, STDOUT_FILENO);
    clean_stream(&stderr, STDERR_FILENO);
}

bool cell_line(Str *rest, Str *line)
{
    if (!rest->p)
        return false;
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    if (end) {
        size_t n = (size_t)(end - rest->p);
        *line = str_sub(*rest, 0, n);
        *rest = str_sub(*rest, n + 1, rest->n - n - 1);
    } else {
        *line = *rest;
        *rest = (Str){NULL, 0};
    }
    return true;
}
