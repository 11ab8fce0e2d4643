// SPDX-License-Identifier: Apache-2.0
// Functions that look at single characters (page 06 §6.1): MASK and its kin, CHR, INITCAP. They count and
// change UTF-16 units; the second half of a pair is a character of its own to them, as in ksqlDB.
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include "func/tables.h"
#include "func/text16.h"

/* ---- MASK ------------------------------------------------------------------------------------ */

typedef struct Masks {
    int32_t upper, lower, digit, other; /* -1: leave as it is */
} Masks;

static uint32_t code_point(const uint16_t *u, int32_t n, int32_t i)
{
    bool pair = (u[i] & 0xfc00) == 0xd800 && i + 1 < n && (u[i + 1] & 0xfc00) == 0xdc00;
    return pair ? 0x10000 + ((u[i] & 0x3ffu) << 10) + (u[i + 1] & 0x3ffu) : u[i];
}

/* Appends u[from, to) masked; nothing behind it is looked at. What no mask changes comes as its whole character,
 * and its second half once more: ksqlDB's way. Returns the new length. */
static int32_t mask_units(uint16_t *out, int32_t k, const uint16_t *u, int32_t from, int32_t to, const Masks *m)
{
    for (int32_t i = from; i < to; i++) {
        uint32_t cp = code_point(u, to, i);
        int32_t by;
        switch (u_charType((UChar32)cp)) {
        case U_UPPERCASE_LETTER: by = m->upper; break;
        case U_LOWERCASE_LETTER: by = m->lower; break;
        case U_DECIMAL_DIGIT_NUMBER: by = m->digit; break;
        default: by = m->other; break;
        }
        out[k++] = by >= 0 ? (uint16_t)by : u[i];
        if (by < 0 && cp >= 0x10000)
            out[k++] = u[i + 1];
    }
    return k;
}

static bool one_mask(FuncCtx *c, const Value *v, int32_t *out)
{
    int32_t n;
    *out = -1;
    if (v->null)
        return true;
    const uint16_t *u = text16_units(c->arena, view_str(v->d.s), &n);
    if (n != 1)
        return func_fail(c, "Invalid mask character; it must be one character long");
    *out = u[0];
    return true;
}

static bool read_masks(FuncCtx *c, const Value *a, int n, Masks *m)
{
    *m = (Masks){'X', 'x', 'n', '-'};
    if (n < 4)
        return true;
    return one_mask(c, &a[0], &m->upper) && one_mask(c, &a[1], &m->lower) && one_mask(c, &a[2], &m->digit) &&
        one_mask(c, &a[3], &m->other);
}

typedef enum MaskPart { MASK_ALL, MASK_FIRST, MASK_LAST, MASK_BUT_FIRST, MASK_BUT_LAST } MaskPart;

static void mask_part(FuncCtx *c, const Value *a, int nargs, Value *out, MaskPart part)
{
    Masks m;
    int skip = part == MASK_ALL ? 1 : 2;
    int32_t n, from = 0, k = 0;
    if (part != MASK_ALL && (a[1].null || a[1].d.i < 0)) {
        func_fail(c, "the number of characters must not be negative");
        return;
    }
    if (!read_masks(c, a + skip, nargs - skip, &m))
        return;
    *out = value_null();
    if (a[0].null)
        return;
    const uint16_t *u = text16_units(c->arena, view_str(a[0].d.s), &n);
    uint16_t *done = arena_alloc(c->arena, sizeof *done * (size_t)(2 * n + 1));
    int32_t to = n;
    if (part != MASK_ALL)
        k = a[1].d.i < n ? a[1].d.i : n;
    if (part == MASK_FIRST)
        to = k;
    else if (part == MASK_LAST)
        from = n - k;
    else if (part == MASK_BUT_FIRST)
        from = k;
    else if (part == MASK_BUT_LAST)
        to = n - k;
    memcpy(done, u, sizeof *u * (size_t)from);
    k = mask_units(done, from, u, from, to, &m);
    memcpy(done + k, u + to, sizeof *u * (size_t)(n - to));
    *out = value_str(text16_text(c->arena, done, k + n - to));
}

static void mask(FuncCtx *c, const Value *a, int n, Value *out) { mask_part(c, a, n, out, MASK_ALL); }
static void mask_left(FuncCtx *c, const Value *a, int n, Value *out) { mask_part(c, a, n, out, MASK_FIRST); }
static void mask_right(FuncCtx *c, const Value *a, int n, Value *out) { mask_part(c, a, n, out, MASK_LAST); }

static void mask_keep_left(FuncCtx *c, const Value *a, int n, Value *out)
{
    mask_part(c, a, n, out, MASK_BUT_FIRST);
}

static void mask_keep_right(FuncCtx *c, const Value *a, int n, Value *out)
{
    mask_part(c, a, n, out, MASK_BUT_LAST);
}

/* ---- CHR ------------------------------------------------------------------------------------- */

static void chr_code(FuncCtx *c, const Value *a, int n, Value *out)
{
    Buf b = BUF_INIT;
    UNUSED(n);
    *out = value_null();
    if (a[0].d.i < 0 || a[0].d.i > 0x10ffff)
        return;
    utf8_put(&b, (uint32_t)a[0].d.i);
    *out = value_str(arena_str(c->arena, buf_view(&b)));
    buf_free(&b);
}

static int hex_digit(uint16_t u)
{
    if (u >= '0' && u <= '9')
        return u - '0';
    u |= 0x20;
    return u >= 'a' && u <= 'f' ? u - 'a' + 10 : -1;
}

/* Reads the escape \u…XXXX at *i; false when it is none. */
static bool unicode_escape(const uint16_t *u, int32_t n, int32_t *i, uint16_t *out)
{
    int32_t p = *i + 1;
    uint32_t v = 0;
    if (u[*i] != '\\' || p >= n || u[p] != 'u')
        return false;
    while (p < n && u[p] == 'u')
        p++;
    for (int k = 0; k < 4; k++, p++) {
        int d = p < n ? hex_digit(u[p]) : -1;
        if (d < 0)
            return false;
        v = v << 4 | (uint32_t)d;
    }
    *i = p;
    *out = (uint16_t)v;
    return true;
}

static void chr_text(FuncCtx *c, const Value *a, int nargs, Value *out)
{
    int32_t n, k = 0;
    uint16_t *u = text16_units(c->arena, view_str(a[0].d.s), &n);
    UNUSED(nargs);
    *out = value_null();
    if (n < 6 || u[0] != '\\' || u[1] != 'u')
        return;
    for (int32_t i = 0; i < n;) {
        if (u[i] != '\\') {
            u[k++] = u[i++];
            continue;
        }
        if (!unicode_escape(u, n, &i, &u[k]))
            return;
        k++;
    }
    *out = value_str(text16_text(c->arena, u, k));
}

/* ---- INITCAP --------------------------------------------------------------------------------- */

static bool is_space(uint16_t u) { return u == ' ' || (u >= '\t' && u <= '\r'); }

static void initcap(FuncCtx *c, const Value *a, int nargs, Value *out)
{
    int32_t n, k = 0;
    UErrorCode e = U_ZERO_ERROR;
    const uint16_t *u = text16_units(c->arena, view_str(a[0].d.s), &n);
    UNUSED(nargs);
    int32_t room = 3 * n + 4, low = 0, i = 0;
    UChar *lower = arena_alloc(c->arena, sizeof *lower * (size_t)room);
    UChar *done = arena_alloc(c->arena, sizeof *done * (size_t)(3 * room));
    low = u_strToLower(lower, room, u, n, "", &e);
    while (i < low && is_space(lower[i]))
        i++;
    for (bool first = true; i < low; i++) {
        if (first && !is_space(lower[i]))
            k += u_strToUpper(done + k, 3 * room - k, lower + i, 1, "", &e);
        else
            done[k++] = lower[i];
        first = is_space(lower[i]);
    }
    if (U_FAILURE(e))
        func_fail(c, "case mapping failed: %s", u_errorName(e));
    else
        *out = value_str(text16_text(c->arena, done, k));
}

#define ROW(sig, fn, bits, names, text, ...)                                                          \
    {.signature = sig, .flags = bits, .row = fn, .category = "STRING", .params = names, .description = text, \
     __VA_ARGS__}
#define FOUR \
    "|upper-case mask, or NULL to use default|lower-case mask, or NULL to use default"                \
    "|digit mask, or NULL to use default|mask for other characters, or NULL to use default|"
#define MASKED "input STRING to be masked"
#define MASK_TEXT "Upper-case letters become X, lower-case ones x, digits n, others -; or the given masks; a NULL " \
                  "mask leaves its characters as they are."
#define PART_ROWS(name, fn, count, call, call4, shows, shows4)                                        \
    ROW(name "(VARCHAR, INT, VARCHAR, VARCHAR, VARCHAR, VARCHAR) -> VARCHAR", fn, 0, MASKED "|" count FOUR, \
        MASK_TEXT, .example = call4, .expected = shows4),                                             \
    ROW(name "(VARCHAR, INT) -> VARCHAR", fn, 0, MASKED "|" count, MASK_TEXT, .example = call, .expected = shows)

static const FuncRow rows[] = {
    ROW("mask(VARCHAR) -> VARCHAR", mask, 0, MASKED, MASK_TEXT, .example = "MASK('Ab-12')", .expected = "Xx-nn"),
    ROW("mask(VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR) -> VARCHAR", mask, 0, MASKED FOUR, MASK_TEXT,
        .example = "MASK('Ab-12', 'U', 'l', '9', '_')", .expected = "Ul_99"),
    PART_ROWS("mask_left", mask_left, "number of characters to mask from the start", "MASK_LEFT('Ab-12', 2)",
              "MASK_LEFT('Ab-12', 2, 'U', 'l', '9', '_')", "Xx-12", "Ul-12"),
    PART_ROWS("mask_right", mask_right, "number of characters to mask before the end", "MASK_RIGHT('Ab-12', 2)",
              "MASK_RIGHT('Ab-12', 2, 'U', 'l', '9', '_')", "Ab-nn", "Ab-99"),
    PART_ROWS("mask_keep_left", mask_keep_left, "number of characters to keep unmasked at the start",
              "MASK_KEEP_LEFT('Ab-12', 2)", "MASK_KEEP_LEFT('Ab-12', 2, 'U', 'l', '9', '_')", "Ab-nn", "Ab_99"),
    PART_ROWS("mask_keep_right", mask_keep_right, "number of characters to keep unmasked at the end",
              "MASK_KEEP_RIGHT('Ab-12', 2)", "MASK_KEEP_RIGHT('Ab-12', 2, 'U', 'l', '9', '_')", "Xx-12", "Ul_12"),
    ROW("Chr(INT) -> VARCHAR", chr_code, FUNC_STRICT, "decimalCode", "The character of a code point.",
        .example = "CHR(65)", .expected = "A"),
    ROW("Chr(VARCHAR) -> VARCHAR", chr_text, FUNC_STRICT, "utf16Code", "The text that UTF-16 escapes stand for.",
        .example = "CHR('\\u0041')", .expected = "A"),
    ROW("initcap(VARCHAR) -> VARCHAR", initcap, FUNC_STRICT, "str",
        "Words with their first letter in upper case, the others in lower case.",
        .example = "INITCAP('the QUICK fox')", .expected = "The Quick Fox"),
};

const ScalarTable scalar_mask = {rows, ARRAY_LEN(rows)};
