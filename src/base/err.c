// SPDX-License-Identifier: Apache-2.0
// Err: see err.h. Any thread; an Err belongs to its caller.
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct CodeRow {
    const char *name;
    ErrClass class;
    int http, ksql;
} CodeRow;

static const CodeRow codes[] = {
    [OK] = {"OK", CLASS_HOST, 200, 0},
#define CODE(name, class_, http, ksql) [name] = {#name, CLASS_##class_, http, ksql},
#include "base/codes.def"
#undef CODE
};

const char *err_code_name(ErrCode code) { return codes[code].name; }
ErrClass err_class(ErrCode code) { return codes[code].class; }
int err_http(ErrCode code) { return codes[code].http; }
int err_ksql(ErrCode code) { return codes[code].ksql; }

static char *vformat(const char *fmt, va_list ap)
{
    va_list ap2;
    va_copy(ap2, ap);
    int n = vsnprintf(NULL, 0, fmt, ap2);
    va_end(ap2);
    BUG_IF(n < 0);
    char *p = mem_alloc((size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    return p;
}

static Status set(Err *err, ErrCode code, Span at, const char *fmt, va_list ap)
{
    if (err->code == OK) {
        err->code = code;
        err->span = at;
        err->msg = vformat(fmt, ap);
    }
    return code;
}

Status err_set(Err *err, ErrCode code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Status st = set(err, code, (Span){0, 0, 0, 0}, fmt, ap);
    va_end(ap);
    return st;
}

Status err_at(Err *err, ErrCode code, Span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Status st = set(err, code, at, fmt, ap);
    va_end(ap);
    return st;
}

void err_hint(Err *err, const char *fmt, ...)
{
    va_list ap;
    if (err->code == OK)
        return;
    va_start(ap, fmt);
    char *hint = vformat(fmt, ap);
    va_end(ap);
    mem_free(err->hint);
    err->hint = hint;
}

void err_prefix(Err *err, const char *fmt, ...)
{
    va_list ap;
    if (err->code == OK)
        return;
    va_start(ap, fmt);
    char *prefix = vformat(fmt, ap);
    va_end(ap);
    size_t n = strlen(prefix), m = strlen(err->msg);
    prefix = mem_realloc(prefix, n + m + 1);
    memcpy(prefix + n, err->msg, m + 1);
    mem_free(err->msg);
    err->msg = prefix;
}

void err_clear(Err *err)
{
    mem_free(err->msg);
    mem_free(err->hint);
    *err = ERR_INIT;
}

void err_move(Err *to, Err *from)
{
    if (to->code != OK) {
        err_clear(from);
        return;
    }
    *to = *from;
    *from = ERR_INIT;
}

/* The line of text that holds byte off, without its newline. */
static Str line_at(Str text, size_t off)
{
    size_t from = off, to = off;
    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    while (to < text.n && text.p[to] != '\n')
        to++;
    return str_sub(text, from, to - from);
}

/* The line and the caret below it; of a long line only what is around the place. */
static void print_line(Buf *out, Str line, int col)
{
    enum { SHOWN = 160 };
    size_t at = (size_t)col - 1, from = at > SHOWN / 2 && line.n > SHOWN ? at - SHOWN / 2 : 0;
    if (from > line.n)
        from = line.n;
    while (from > 0 && from < line.n && ((unsigned char)line.p[from] & 0xc0) == 0x80)
        from--; /* not within a character */
    size_t n = line.n - from < SHOWN ? line.n - from : SHOWN;
    while (from + n < line.n && n > 0 && ((unsigned char)line.p[from + n] & 0xc0) == 0x80)
        n--;
    Str shown = str_sub(line, from, n);
    buf_printf(out, "  %s%.*s%s\n  ", from ? "… " : "", STR_ARG(shown), from + n < line.n ? " …" : "");
    if (from)
        buf_cstr(out, "  ");
    for (size_t i = from; i < at && i < line.n; i++)
        buf_byte(out, line.p[i] == '\t' ? '\t' : ' ');
    buf_cstr(out, "^\n");
}

/* ksqlDB puts `Line: 1, Col: 7: ` before some messages; the place stands before ours already. */
static const char *without_place(const char *msg)
{
    int line, col, n = 0;
    return sscanf(msg, "Line: %d, Col: %d: %n", &line, &col, &n) == 2 && n > 0 ? msg + n : msg;
}

void err_print(Buf *out, const Err *err, Str text, const char *file)
{
    bool placed = err->span.line > 0 && (size_t)err->span.off <= text.n;
    if (file)
        buf_printf(out, "%s:", file);
    if (err->span.line > 0)
        buf_printf(out, "%d:%d: ", err->span.line, err->span.col);
    else if (file)
        buf_byte(out, ' ');
    buf_cstr(out, err->msg ? without_place(err->msg) : err_code_name(err->code));
    buf_byte(out, '\n');
    if (placed)
        print_line(out, line_at(text, (size_t)err->span.off), err->span.col);
    if (err->hint)
        buf_printf(out, "hint: %s\n", err->hint);
}
