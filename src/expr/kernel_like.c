// SPDX-License-Identifier: Apache-2.0
// LIKE: `%` any run, `_` one character, an optional escape; case counts.
//
// ksqlDB turns the pattern into a Java regular expression without DOTALL: neither wildcard matches
// a line terminator. One character is one code point. A constant pattern is compiled once into tokens;
// matching walks both with one point to go back to (the last `%`), which is enough because a later
// match of what stands before a `%` can reach no more than the first.
#include "expr/internal.h"

typedef enum LikeTokenKind { LIKE_TEXT, LIKE_ONE, LIKE_RUN } LikeTokenKind;

typedef struct LikeToken {
    LikeTokenKind kind;
    Str text;
} LikeToken;

typedef struct LikePattern {
    VEC(LikeToken) tokens;
    const char *bad; /* why the pattern is no pattern */
} LikePattern;

static int char_len(const char *p, const char *end)
{
    uint8_t c = (uint8_t)*p;
    int n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return n <= end - p ? n : (int)(end - p);
}

/* Java's line terminators: \n \r U+0085 U+2028 U+2029. */
static bool line_end(const char *p, int n)
{
    return (n == 1 && (*p == '\n' || *p == '\r')) || (n == 2 && memcmp(p, "\xc2\x85", 2) == 0) ||
           (n == 3 && (memcmp(p, "\xe2\x80\xa8", 3) == 0 || memcmp(p, "\xe2\x80\xa9", 3) == 0));
}

static void compile_pattern(LikePattern *lp, Arena *a, Str s, char escape)
{
    char *text = arena_bytes_alloc(a, s.n + 1);
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= s.n; i++) {
        bool escaped = i < s.n && escape && s.p[i] == escape;
        bool special = i == s.n || (!escaped && (s.p[i] == '%' || s.p[i] == '_'));
        if (escaped) {
            if (++i == s.n) {
                lp->bad = "LIKE pattern must not end with escape character";
                return;
            }
        }
        if (!special) {
            text[n++] = s.p[i];
            continue;
        }
        if (n > from)
            vec_push(a, &lp->tokens, (LikeToken){LIKE_TEXT, {text + from, n - from}});
        from = n;
        if (i == s.n)
            return;
        if (s.p[i] == '_')
            vec_push(a, &lp->tokens, (LikeToken){LIKE_ONE, {NULL, 0}});
        else if (lp->tokens.n == 0 || lp->tokens.v[lp->tokens.n - 1].kind != LIKE_RUN)
            vec_push(a, &lp->tokens, (LikeToken){LIKE_RUN, {NULL, 0}});
    }
}

void *like_prepare(Arena *a, Str pattern, char escape)
{
    LikePattern *lp = ARENA_NEW(a, LikePattern);
    compile_pattern(lp, a, pattern, escape);
    return lp;
}

static bool matches(const LikePattern *lp, Str s)
{
    const char *p = s.p, *end = s.p + s.n, *back_p = NULL;
    int t = 0, back_t = -1;
    for (;;) {
        const LikeToken *k = t < lp->tokens.n ? &lp->tokens.v[t] : NULL;
        if (!k && p == end)
            return true;
        if (k && k->kind == LIKE_RUN) {
            back_t = ++t;
            back_p = p;
            continue;
        }
        if (k && k->kind == LIKE_TEXT && (size_t)(end - p) >= k->text.n &&
            memcmp(p, k->text.p, k->text.n) == 0) {
            p += k->text.n;
            t++;
            continue;
        }
        if (k && k->kind == LIKE_ONE && p < end && !line_end(p, char_len(p, end))) {
            p += char_len(p, end);
            t++;
            continue;
        }
        /* Let the last % take one character more. */
        if (back_t < 0 || back_p == end || line_end(back_p, char_len(back_p, end)))
            return false;
        back_p += char_len(back_p, end);
        p = back_p;
        t = back_t;
    }
}

void kernel_like(Run *r, const Instr *in)
{
    const Column *ca = &r->cols[in->a], *cb = &r->cols[in->b];
    int ma = column_mask(ca), mb = column_mask(cb);
    Column *d = run_dst(r, in, TYPE_BOOLEAN);
    EACH_ROW(&r->lists[in->list], row, {
        d->b[row] = false;
        if (column_is_null(ca, row) || column_is_null(cb, row)) {
            run_fail(r, in, row, "an operand of LIKE is NULL");
        } else {
            const LikePattern *lp = in->memo ? in->memo
                : like_prepare(r->a, view_str(cb->s[row & mb]), in->x->escape);
            if (lp->bad)
                run_fail(r, in, row, lp->bad);
            else
                d->b[row] = matches(lp, view_str(ca->s[row & ma]));
        }
    });
}
