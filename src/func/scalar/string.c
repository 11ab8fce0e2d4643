// SPDX-License-Identifier: Apache-2.0
// String functions (page 06 §6.1, Strings and bytes). Lengths and positions count UTF-16 code units.
//
// Case mapping is ICU's without a locale, with a short way for ASCII text. Case maps of ICU are immutable and
// opened once.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif

#include <pthread.h>
#include <unicode/ucasemap.h>
#include <unicode/ustring.h>

#include "func/tables.h"
#include "func/text16.h"

static UCaseMap *case_map;

static void open_case_map(void)
{
    UErrorCode e = U_ZERO_ERROR;
    case_map = ucasemap_open("", 0, &e);
    BUG_IF(U_FAILURE(e));
}

static Str ascii_case(Arena *a, Str s, char from, char to)
{
    char *p = arena_bytes_alloc(a, s.n);
    for (size_t i = 0; i < s.n; i++)
        p[i] = (char)(s.p[i] ^ ((s.p[i] >= from && s.p[i] <= to) << 5));
    return (Str){p, s.n};
}

typedef int32_t CaseFn(const UCaseMap *map, char *dest, int32_t cap, const char *src, int32_t n,
                       UErrorCode *e);

static Str unicode_case(FuncCtx *c, Str s, CaseFn *fn)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_case_map);
    int32_t cap = (int32_t)s.n + 16;
    for (;;) {
        UErrorCode e = U_ZERO_ERROR;
        char *p = arena_bytes_alloc(c->arena, (size_t)cap);
        int32_t n = fn(case_map, p, cap, s.p, (int32_t)s.n, &e);
        if (e == U_BUFFER_OVERFLOW_ERROR) {
            cap = n + 1;
            continue;
        }
        if (U_FAILURE(e))
            func_fail(c, "case mapping failed: %s", u_errorName(e));
        return (Str){p, (size_t)n};
    }
}

/* The same of a text with a lone half, which ICU's functions over UTF-8 do not take. */
static Str units_case(FuncCtx *c, Str s, bool up)
{
    int32_t n, cap;
    const uint16_t *u = text16_units(c->arena, s, &n);
    UErrorCode e = U_ZERO_ERROR;
    cap = 3 * n + 16; /* no character becomes more than three */
    UChar *to = arena_alloc(c->arena, sizeof *to * (size_t)cap);
    n = up ? u_strToUpper(to, cap, u, n, "", &e) : u_strToLower(to, cap, u, n, "", &e);
    if (U_FAILURE(e)) {
        func_fail(c, "case mapping failed: %s", u_errorName(e));
        n = 0;
    }
    return text16_text(c->arena, to, n);
}

static void change_case(FuncCtx *c, const Column *arg, Column *out, const uint16_t *at, int n, bool up)
{
    int mask = arg->constant ? 0 : -1;
    for (int k = 0; k < n; k++) {
        Str s = view_str(arg->s[at[k] & mask]);
        Str t = text_ascii(s) ? ascii_case(c->arena, s, up ? 'a' : 'A', up ? 'z' : 'Z')
            : text_has_half(s)        ? units_case(c, s, up)
                                      : unicode_case(c, s, up ? ucasemap_utf8ToUpper : ucasemap_utf8ToLower);
        out->s[at[k]] = (View){t.p, (uint32_t)t.n, 0};
    }
}

static void ucase(FuncCtx *c, const Column *args, int nargs, Column *out, const uint16_t *at, int n)
{
    UNUSED(nargs);
    change_case(c, args, out, at, n, true);
}

static void lcase(FuncCtx *c, const Column *args, int nargs, Column *out, const uint16_t *at, int n)
{
    UNUSED(nargs);
    change_case(c, args, out, at, n, false);
}

static void len_text(FuncCtx *c, const Column *args, int nargs, Column *out, const uint16_t *at, int n)
{
    int mask = args->constant ? 0 : -1;
    UNUSED(c), UNUSED(nargs);
    for (int k = 0; k < n; k++)
        out->i[at[k]] = (int32_t)utf16_len(view_str(args->s[at[k] & mask]));
}

static void len_bytes(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    out->d.i = (int32_t)a->d.s.n;
}

/* Java's String.trim: everything up to U+0020 at both ends. */
static void trim(FuncCtx *c, const Value *a, int n, Value *out)
{
    Str s = view_str(a->d.s);
    UNUSED(c), UNUSED(n);
    while (s.n && (uint8_t)s.p[0] <= ' ')
        s = str_sub(s, 1, s.n - 1);
    while (s.n && (uint8_t)s.p[s.n - 1] <= ' ')
        s.n--;
    *out = value_str(s);
}

static void concat(FuncCtx *c, const Value *a, int n, Value *out)
{
    size_t total = 0;
    for (int i = 0; i < n; i++)
        total += a[i].null ? 0 : a[i].d.s.n;
    if (!func_room(c, total))
        return;
    char *p = arena_bytes_alloc(c->arena, total + 1), *q = p;
    for (int i = 0; i < n; i++) {
        if (a[i].null || a[i].d.s.n == 0)
            continue;
        if (c->result->kind == KIND_STRING) {
            q = text_put(p, q, view_str(a[i].d.s));
        } else {
            memcpy(q, a[i].d.s.p, a[i].d.s.n);
            q += a[i].d.s.n;
        }
    }
    *out = value_str((Str){p, (size_t)(q - p)});
}

/* Where [pos, length] of `total` units lies: pos counts from 1, 0 as 1, negative from the end. */
static void slice_bounds(int64_t total, const Value *a, int n, int64_t *from, int64_t *to)
{
    int64_t pos = a[1].d.i;
    *from = pos > 0 ? pos - 1 : pos < 0 ? total + pos : 0;
    if (*from < 0)
        *from = 0;
    if (*from > total)
        *from = total;
    int64_t len = n > 2 ? a[2].d.i : total;
    *to = len < 0 ? *from : *from + len;
    if (*to > total)
        *to = total;
}

static void substring(FuncCtx *c, const Value *a, int n, Value *out)
{
    int64_t from, to;
    Str s = view_str(a[0].d.s);
    slice_bounds(utf16_len(s), a, n, &from, &to);
    *out = value_str(text16_slice(c->arena, s, from, to));
}

static void substring_bytes(FuncCtx *c, const Value *a, int n, Value *out)
{
    int64_t from, to;
    Str s = view_str(a[0].d.s);
    UNUSED(c);
    slice_bounds((int64_t)s.n, a, n, &from, &to);
    *out = value_str(str_sub(s, (size_t)from, (size_t)(to - from)));
}

/* The first place of `what` from byte `from`; s.n + 1 when there is none. */
static size_t find(Str s, Str what, size_t from)
{
    if (what.n == 0)
        return from;
    if (from + what.n > s.n)
        return s.n + 1;
    const char *p = memmem(s.p + from, s.n - from, what.p, what.n);
    return p ? (size_t)(p - s.p) : s.n + 1;
}

/* The next UTF-16 unit of a text that text16_apart made. */
static Str next_unit(const uint8_t **p, const uint8_t *end)
{
    const uint8_t *from = *p;
    utf8_next(p, end);
    return (Str){(const char *)from, (size_t)(*p - from)};
}

static void put_units_around(FuncCtx *c, Buf *b, Str s, Str what)
{
    Str apart = text16_apart(c->arena, s);
    const uint8_t *p = (const uint8_t *)apart.p, *end = p + apart.n;
    text_append(b, what);
    while (p < end && func_room(c, b->n + what.n)) {
        text_append(b, next_unit(&p, end));
        text_append(b, what);
    }
}

static void replace(FuncCtx *c, const Value *a, int n, Value *out)
{
    Str s = view_str(a[0].d.s), from = view_str(a[1].d.s), to = view_str(a[2].d.s);
    Buf b = BUF_INIT;
    UNUSED(n);
    bool cuts = text16_cuts(from);
    if (cuts) {
        s = text16_apart(c->arena, s);
        from = text16_apart(c->arena, from);
    }
    if (from.n == 0) {
        put_units_around(c, &b, s, to);
    } else {
        size_t at = 0, hit;
        while ((hit = find(s, from, at)) <= s.n && func_room(c, b.n + (hit - at) + to.n)) {
            text_append(&b, str_sub(s, at, hit - at));
            text_append(&b, to);
            at = hit + from.n;
        }
        text_append(&b, str_sub(s, at, s.n - at));
    }
    Str all = buf_view(&b);
    *out = value_str(cuts ? text16_joined(c->arena, all) : arena_str(c->arena, all));
    buf_free(&b);
}

/* ---- INSTR ----------------------------------------------------------------------------------- */

static size_t next_start(Str s, size_t at)
{
    for (at++; at < s.n && ((uint8_t)s.p[at] & 0xc0) == 0x80; at++)
        ;
    return at;
}

/* The byte of the occ-th place of `what` from byte `from` on; overlapping ones count. -1: none. */
static int64_t find_forward(Str s, Str what, size_t from, int occ)
{
    for (;;) {
        size_t hit = find(s, what, from);
        if (hit > s.n)
            return -1;
        if (--occ == 0)
            return (int64_t)hit;
        from = next_start(s, hit);
    }
}

static int64_t find_backward(Str s, Str what, int occ)
{
    if (what.n == 0)
        return (int64_t)s.n;
    for (int64_t i = (int64_t)s.n - (int64_t)what.n; i >= 0; i--)
        if (memcmp(s.p + i, what.p, what.n) == 0 && --occ == 0)
            return i;
    return -1;
}

static void instr(FuncCtx *c, const Value *a, int n, Value *out)
{
    out->d.i = 0;
    if ((n > 2 && a[2].null) || (n > 3 && a[3].null)) {
        func_fail(c, "position and occurrence must not be NULL");
        return;
    }
    if (a[0].null || a[1].null)
        return;
    Str s = view_str(a[0].d.s), what = view_str(a[1].d.s);
    if (text16_cuts(what)) {
        s = text16_apart(c->arena, s);
        what = text16_apart(c->arena, what);
    }
    int64_t pos = n > 2 ? a[2].d.i : 1, len = utf16_len(s);
    int occ = n > 3 ? a[3].d.i : 1;
    if (pos == 0 || pos > len || -pos > len || occ < 1)
        return;
    int64_t at;
    if (what.n == 0 && pos > 0) {
        out->d.i = (int32_t)pos;
        return;
    }
    if (pos > 0)
        at = find_forward(s, what, text16_byte_from(s, pos - 1), occ);
    else
        at = find_backward((Str){s.p, text16_byte(s, len + pos + 1)}, what, occ);
    out->d.i = at < 0 ? 0 : (int32_t)utf16_len((Str){s.p, (size_t)at}) + 1;
}

/* ---- SPLIT ----------------------------------------------------------------------------------- */

static void split_at(FuncCtx *c, Str s, Str delimiter, Value *out)
{
    VEC(Value) parts = {0};
    size_t at = 0, hit;
    while ((hit = find(s, delimiter, at)) <= s.n && func_room(c, (uint64_t)parts.n * sizeof(Value))) {
        vec_push(c->arena, &parts, value_str(str_sub(s, at, hit - at)));
        at = hit + delimiter.n;
    }
    vec_push(c->arena, &parts, value_str(str_sub(s, at, s.n - at)));
    *out = value_array(c->arena, parts.v, (uint32_t)parts.n);
}

static void split(FuncCtx *c, const Value *a, int n, Value *out)
{
    Str s = view_str(a[0].d.s), delimiter = view_str(a[1].d.s);
    UNUSED(n);
    if (text16_cuts(delimiter)) {
        split_at(c, text16_apart(c->arena, s), text16_apart(c->arena, delimiter), out);
        Array *parts = (Array *)(uintptr_t)out->d.arr; /* split_at made it */
        for (uint32_t i = 0; i < parts->n; i++)
            parts->v[i] = value_str(text16_joined(c->arena, view_str(parts->v[i].d.s)));
        return;
    }
    if (delimiter.n || s.n == 0) {
        split_at(c, s, delimiter.n ? delimiter : STR("x"), out);
        return;
    }
    int64_t units = utf16_len(s);
    if (!func_room(c, (uint64_t)units * sizeof(Value)))
        return;
    Str apart = text16_apart(c->arena, s);
    const uint8_t *p = (const uint8_t *)apart.p, *end = p + apart.n;
    Array *arr = array_new(c->arena, (uint32_t)units);
    for (int64_t i = 0; i < units; i++)
        arr->v[i] = value_str(next_unit(&p, end));
    *out = (Value){.d.arr = arr};
}

static void split_bytes(FuncCtx *c, const Value *a, int n, Value *out)
{
    Str s = view_str(a[0].d.s), delimiter = view_str(a[1].d.s);
    UNUSED(n);
    if (delimiter.n || s.n == 0) {
        split_at(c, s, delimiter.n ? delimiter : STR("x"), out);
        return;
    }
    if (!func_room(c, (uint64_t)s.n * sizeof(Value)))
        return;
    Array *arr = array_new(c->arena, (uint32_t)s.n);
    for (size_t i = 0; i < s.n; i++)
        arr->v[i] = value_str(str_sub(s, i, 1));
    *out = (Value){.d.arr = arr};
}

#define STRICT_ROW(sig, fn, names, text, ...)                                                             \
    {.signature = sig, .flags = FUNC_STRICT, .row = fn, .category = "STRING", .params = names, .description = text, \
     __VA_ARGS__}
#define INSTR_TEXT "Where the substring is found, counted from 1; 0 when it is not. A negative position searches backwards."

static const FuncRow rows[] = {
    STRICT_ROW("len(BYTES) -> INT", len_bytes, "input", "The number of bytes.",
               .example = "LEN(CAST('AQI=' AS BYTES))",
               .expected = "2"),
    {.signature = "len(VARCHAR) -> INT", .flags = FUNC_STRICT, .kernel = len_text, .category = "STRING",
     .params = "input", .description = "The length in UTF-16 code units.", .example = "LEN('Sluice')",
         .expected = "6"},
    {.signature = "ucase(VARCHAR) -> VARCHAR", .flags = FUNC_STRICT, .kernel = ucase, .category = "STRING",
     .params = "input", .description = "The text in upper case.", .example = "UCASE('straße')", .expected =
         "STRASSE"},
    {.signature = "lcase(VARCHAR) -> VARCHAR", .flags = FUNC_STRICT, .kernel = lcase, .category = "STRING",
     .params = "input", .description = "The text in lower case.", .example = "LCASE('ÀB')", .expected =
         "àb"},
    STRICT_ROW("trim(VARCHAR) -> VARCHAR", trim, "input", "The text without white space at its ends.",
               .example = "TRIM('  a b ')", .expected = "a b"),
    {.signature = "concat(VARCHAR...) -> VARCHAR", .row = concat, .category = "STRING", .params = "inputs",
     .description = "The texts one after another; NULLs are left out.", .example = "CONCAT('a', 'b', 'c')",
     .expected = "abc"},
    {.signature = "concat(BYTES...) -> BYTES", .row = concat, .category = "STRING", .params = "inputs",
     .description = "The bytes one after another; NULLs are left out.",
     .example = "CONCAT(CAST('AQ==' AS BYTES), CAST('Ag==' AS BYTES))", .expected = "AQI="},
    STRICT_ROW("substring(VARCHAR, INT) -> VARCHAR", substring, "str, pos",
               "The text from a position, counted from 1, or from the end when negative.",
               .example = "SUBSTRING('stream', 3)", .expected = "ream"),
    STRICT_ROW("substring(VARCHAR, INT, INT) -> VARCHAR", substring, "str, pos, length",
               "So many characters from a position, counted from 1, or from the end when negative.",
               .example = "SUBSTRING('stream', -4, 2)", .expected = "re"),
    STRICT_ROW("substring(BYTES, INT) -> BYTES", substring_bytes, "bytes, pos",
               "The bytes from a position, counted from 1, or from the end when negative.",
               .example = "SUBSTRING(CAST('AQID' AS BYTES), 3)", .expected = "Aw=="),
    STRICT_ROW("substring(BYTES, INT, INT) -> BYTES", substring_bytes, "bytes, pos, length",
               "So many bytes from a position, counted from 1, or from the end when negative.",
               .example = "SUBSTRING(CAST('AQID' AS BYTES), 1, 1)", .expected = "AQ=="),
    STRICT_ROW("replace(VARCHAR, VARCHAR, VARCHAR) -> VARCHAR", replace, "str, oldStr, newStr",
               "The text with every oldStr replaced.", .example = "REPLACE('banana', 'an', 'o')", .expected =
                   "booa"),
    {.signature = "instr(VARCHAR, VARCHAR) -> INT", .row = instr, .category = "STRING",
     .params = "str, substring",
     .description = INSTR_TEXT, .example = "INSTR('banana', 'an')", .expected = "2"},
    {.signature = "instr(VARCHAR, VARCHAR, INT) -> INT", .row = instr, .category = "STRING",
     .params = "str, substring, position", .description = INSTR_TEXT, .example = "INSTR('banana', 'an', -1)",
     .expected = "4"},
    {.signature = "instr(VARCHAR, VARCHAR, INT, INT) -> INT", .row = instr, .category = "STRING",
     .params = "str, substring, position, occurrence", .description = INSTR_TEXT,
     .example = "INSTR('banana', 'an', 1, 2)", .expected = "4"},
    STRICT_ROW("split(VARCHAR, VARCHAR) -> ARRAY<VARCHAR>", split, "string, delimiter",
               "The parts between the delimiters; characters when the delimiter is empty.",
               .example = "SPLIT('a,b,,c', ',')", .expected = "[a, b, , c]"),
    STRICT_ROW("split(BYTES, BYTES) -> ARRAY<BYTES>", split_bytes, "bytes, delimiter",
               "The parts between the delimiters; single bytes when the delimiter is empty.",
               .example = "LEN(SPLIT(CAST('AQID' AS BYTES), CAST('Ag==' AS BYTES))[2])", .expected = "1"),
};

const ScalarTable scalar_string = {rows, ARRAY_LEN(rows)};
