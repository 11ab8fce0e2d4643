// SPDX-License-Identifier: Apache-2.0
// Err: see err.h. Any thread; an Err belongs to its caller.
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cell.h"

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

/* The line of text that holds byte *off, which becomes a byte of the line. */
static Str line_at(Str text, size_t *off)
{
    size_t from = *off, to = *off;
    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    while (to < text.n && text.p[to] != '\n')
        to++;
    *off -= from;
    while (to > from && text.p[to - 1] == '\r')
        to--;
    return str_sub(text, from, to - from);
}

/* The line and the caret below its byte `at`; of a line that does not fit the columns, what is around that place. */
static void print_line(Buf *out, Str line, size_t at, int columns)
{
    enum { WIDTH = 160, INDENT = 2, CUT = 2, LEAST = 16 };
    int room = (columns > 0 ? columns : WIDTH) - INDENT - 1;
    size_t from = 0;
    at = at < line.n ? at : line.n;
    int before = cell_width(str_sub(line, 0, at));
    bool cut = before + cell_width(str_sub(line, at, line.n - at)) > room;
    if (cut) {
        room = room - 2 * CUT > LEAST ? room - 2 * CUT : LEAST;
        while (before > room / 2) {
            size_t n = cell_fit(str_sub(line, from, at - from), 1);
            before -= cell_width(str_sub(line, from, n));
            from += n;
        }
    }
    Str shown = str_sub(line, from, line.n - from);
    if (cut)
        shown.n = cell_fit(shown, room);
    buf_printf(out, "  %s%.*s%s\n  %s", from ? "… " : "", STR_ARG(shown), from + shown.n < line.n ? " …" : "", from ? "  " : "");
    for (size_t i = from; i < at;) {
        size_t n = cell_fit(str_sub(line, i, at - i), 1);
        if (line.p[i] == '\t')
            buf_byte(out, '\t');
        else
            buf_repeat(out, ' ', cell_width(str_sub(line, i, n)));
        i += n;
    }
    buf_cstr(out, "^\n");
}

/* ksqlDB puts `Line: 1, Col: 7: ` before some messages; the place stands before ours already. */
static const char *without_place(const char *msg)
{
    int line, col, n = 0;
    return sscanf(msg, "Line: %d, Col: %d: %n", &line, &col, &n) == 2 && n > 0 ? msg + n : msg;
}

void err_print(Buf *out, const Err *err, Str text, const char *file, int columns)
{
    bool placed = err->span.line > 0 && (size_t)err->span.off <= text.n;
    size_t at = (size_t)err->span.off;
    if (file)
        buf_printf(out, "%s:", file);
    if (err->span.line > 0)
        buf_printf(out, "%d:%d: ", err->span.line, err->span.col);
    else if (file)
        buf_byte(out, ' ');
    buf_cstr(out, err->msg ? without_place(err->msg) : err_code_name(err->code));
    buf_byte(out, '\n');
    if (placed) {
        Str line = line_at(text, &at);
        print_line(out, line, at, columns);
    }
    if (err->hint)
        buf_printf(out, "hint: %s\n", err->hint);
}
