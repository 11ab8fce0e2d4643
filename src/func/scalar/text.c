// SPDX-License-Identifier: Apache-2.0
// More functions of text (page 06 §6.1, Strings and bytes): padding, choosing, joining, splitting into a map.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif

#include "func/tables.h"
#include "func/text16.h"


/* ---- LPAD, RPAD ------------------------------------------------------------------------------ */

/* Parts of a text or of bytes, in UTF-16 units or in bytes. */
static int64_t units(Str s, bool bytes) { return bytes ? (int64_t)s.n : utf16_len(s); }

static Str head(FuncCtx *c, Str s, int64_t n, bool bytes)
{
    return bytes ? str_sub(s, 0, (size_t)n) : text16_slice(c->arena, s, 0, n);
}

static void pad(FuncCtx *c, const Value *a, Value *out, bool left)
{
    bool bytes = c->result->kind == KIND_BYTES;
    *out = value_null();
    if (a[0].null || a[1].null || a[2].null || a[1].d.i < 0 || a[2].d.s.n == 0)
        return;
    Str s = view_str(a[0].d.s), filler = view_str(a[2].d.s);
    int64_t want = a[1].d.i, have = units(s, bytes), step = units(filler, bytes);
    if (have >= want) {
        *out = value_str(head(c, s, want, bytes));
        return;
    }
    if (step < 1) {
        func_fail(c, "the padding is not UTF-8");
        return;
    }
    if (!func_room(c, s.n + (uint64_t)((want - have + step - 1) / step) * filler.n))
        return;
    Buf b = BUF_INIT;
    void (*add)(Buf *, Str) = bytes ? buf_str : text_append;
    if (!left)
        add(&b, s);
    int64_t missing = want - have;
    for (; missing >= step; missing -= step)
        add(&b, filler);
    add(&b, head(c, filler, missing, bytes));
    if (left)
        add(&b, s);
    *out = value_str(arena_str(c->arena, buf_view(&b)));
    buf_free(&b);
}

static void lpad(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    pad(c, a, out, true);
}

static void rpad(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    pad(c, a, out, false);
}

/* ---- ELT, FIELD, CONCAT_WS ------------------------------------------------------------------- */

static void elt(FuncCtx *c, const Value *a, int n, Value *out)
{
    *out = value_null();
    if (a[0].null)
        func_fail(c, "the number must not be NULL");
    else if (a[0].d.i >= 1 && a[0].d.i < n)
        *out = a[a[0].d.i];
}

static void field(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c);
    *out = value_int(0);
    for (int i = n - 1; i > 0; i--)
        if (!a[0].null && !a[i].null && str_eq(view_str(a[0].d.s), view_str(a[i].d.s)))
            out->d.i = i;
}

static void concat_ws(FuncCtx *c, const Value *a, int n, Value *out)
{
    bool any = false;
    *out = value_null();
    if (n < 2) {
        func_fail(c, "CONCAT_WS expects at least two arguments");
        return;
    }
    if (a[0].null)
        return;
    void (*add)(Buf *, Str) = c->result->kind == KIND_BYTES ? buf_str : text_append;
    Buf b = BUF_INIT;
    for (int i = 1; i < n; i++) {
        if (a[i].null)
            continue;
        if (!func_room(c, b.n + a[0].d.s.n + a[i].d.s.n))
            break;
        if (any)
            add(&b, view_str(a[0].d.s));
        add(&b, view_str(a[i].d.s));
        any = true;
    }
    *out = value_str(arena_str(c->arena, buf_view(&b)));
    buf_free(&b);
}

/* ---- SPLIT_TO_MAP ---------------------------------------------------------------------------- */

/* Takes the text up to the next delimiter. */
static bool next_part(Str *rest, Str delimiter, Str *part)
{
    if (!rest->p)
        return false;
    const char *hit = rest->n ? memmem(rest->p, rest->n, delimiter.p, delimiter.n) : NULL;
    *part = (Str){rest->p, hit ? (size_t)(hit - rest->p) : rest->n};
    *rest = hit ? str_sub(*rest, part->n + delimiter.n, rest->n - part->n - delimiter.n) : (Str){NULL, 0};
    return true;
}

static void split_to_map(FuncCtx *c, const Value *a, int n, Value *out)
{
    Str rest = view_str(a[0].d.s), between = view_str(a[1].d.s), inside = view_str(a[2].d.s), entry, key, value;
    VEC(Value) kv = {0};
    UNUSED(n);
    if (between.n == 0 || inside.n == 0 || str_eq(between, inside)) {
        *out = value_null();
        return;
    }
    bool cuts = text16_cuts(between) || text16_cuts(inside);
    if (cuts) {
        rest = text16_apart(c->arena, rest);
        between = text16_apart(c->arena, between);
        inside = text16_apart(c->arena, inside);
    }
    while (next_part(&rest, between, &entry)) {
        if (!next_part(&entry, inside, &key) || !next_part(&entry, inside, &value))
            continue;
        vec_push(c->arena, &kv, value_str(cuts ? text16_joined(c->arena, key) : key));
        vec_push(c->arena, &kv, value_str(cuts ? text16_joined(c->arena, value) : value));
    }
    out->d.map = map_new_sized(c->arena, c->result, kv.v, (uint32_t)kv.n / 2, 16);
}

#define STRING .category = "STRING"
#define LPAD STRING, .row = lpad, .params = "input, targetLen, padding", \
             .description = "The input brought to a length: padded at the left, or cut."
#define RPAD STRING, .row = rpad, .params = "input, targetLen, padding", \
             .description = "The input brought to a length: padded at the right, or cut."
#define CONCAT_WS STRING, .row = concat_ws, .params = "inputs", \
                  .description = "The inputs from the second on with the first between; NULLs are left out."

static const FuncRow rows[] = {
    {"LPad(VARCHAR, INT, VARCHAR) -> VARCHAR", LPAD, .example = "LPAD('7', 3, '0')", .expected = "007"},
    {"LPad(BYTES, INT, BYTES) -> BYTES", LPAD,
     .example = "LPAD(CAST('Ag==' AS BYTES), 2, CAST('AQ==' AS BYTES))", .expected = "AQI="},
    {"RPad(VARCHAR, INT, VARCHAR) -> VARCHAR", RPAD, .example = "RPAD('a', 4, 'xy')", .expected = "axyx"},
    {"RPad(BYTES, INT, BYTES) -> BYTES", RPAD,
     .example = "RPAD(CAST('AQ==' AS BYTES), 2, CAST('Ag==' AS BYTES))", .expected = "AQI="},
    {"elt(INT, VARCHAR...) -> VARCHAR", .row = elt, STRING, .params = "n, args",
     .description = "The n-th of the texts; NULL when there is none.", .example = "ELT(2, 'a', 'b')",
     .expected = "b"},
    {"field(VARCHAR, VARCHAR...) -> INT", .row = field, STRING, .params = "str, args",
     .description = "Which of the texts is the first one; 0 when none is.", .example = "FIELD('b', 'a', 'b')",
     .expected = "2"},
    {"concat_ws(VARCHAR...) -> VARCHAR", CONCAT_WS, .example = "CONCAT_WS('-', 'a', NULL, 'b')",
     .expected = "a-b"},
    {"concat_ws(BYTES...) -> BYTES", CONCAT_WS,
     .example = "CONCAT_WS(CAST('AQ==' AS BYTES), CAST('Ag==' AS BYTES), CAST('Aw==' AS BYTES))",
     .expected = "AgED"},
    {"split_to_map(VARCHAR, VARCHAR, VARCHAR) -> MAP<VARCHAR, VARCHAR>", .row = split_to_map, .flags = FUNC_STRICT,
     STRING, .params = "input, entryDelimiter, kvDelimiter",
     .description = "A map of the entries in a text; what is no entry is left out.",
     .example = "SPLIT_TO_MAP('a=1;b=2', ';', '=')", .expected = "{a=1, b=2}"},
};

const ScalarTable scalar_text = {rows, ARRAY_LEN(rows)};
