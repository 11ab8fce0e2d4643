// SPDX-License-Identifier: Apache-2.0
// Regular expressions (page 06 §6.1): ICU's, with \d, \w and \s meaning ASCII as Java's do, and a limit on the
// work that one match may cost.
//
// Compiled patterns are kept per thread, the last few of them, and freed with the thread.
#include <pthread.h>
#include <unicode/uregex.h>

#include "func/tables.h"
#include "func/text16.h"

enum { KEPT = 16, TIME_LIMIT = 1000 /* of ICU's units, about a millisecond each */ };

typedef struct Compiled {
    char *pattern;
    size_t n;
    URegularExpression *re;
} Compiled;

typedef struct Cache {
    Compiled v[KEPT];
    int next;
} Cache;

static pthread_key_t cache_key;

static void compiled_free(Compiled *k)
{
    if (k->re)
        uregex_close(k->re);
    mem_free(k->pattern);
}

static void cache_free(void *arg)
{
    Cache *cache = arg;
    for (int i = 0; i < KEPT; i++)
        compiled_free(&cache->v[i]);
    mem_free(cache);
}

static void make_key(void) { BUG_IF(pthread_key_create(&cache_key, cache_free) != 0); }

static Cache *thread_cache(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_key);
    Cache *cache = pthread_getspecific(cache_key);
    if (!cache) {
        cache = mem_zalloc(sizeof *cache);
        BUG_IF(pthread_setspecific(cache_key, cache) != 0);
    }
    return cache;
}

/* The pattern with Java's meaning of \d \w \s spelled out; [: in a set begins a set, as in Java.
 * false: a letter is escaped that means nothing to Java. */
static bool spell_out(Buf *out, Str p)
{
    static const char *const sets[][2] = {
        {"d", "[0-9]"}, {"D", "[^0-9]"}, {"w", "[a-zA-Z_0-9]"}, {"W", "[^a-zA-Z_0-9]"},
        {"s", "[ \\t\\n\\x0B\\f\\r]"}, {"S", "[^ \\t\\n\\x0B\\f\\r]"},
    };
    int depth = 0;
    for (size_t i = 0; i < p.n; i++) {
        const char *set = NULL;
        if (p.p[i] != '\\' || i + 1 == p.n) {
            bool nested = p.p[i] == '[' && depth++ > 0;
            depth -= p.p[i] == ']' && depth > 0;
            buf_byte(out, p.p[i]);
            if (nested && i + 1 < p.n && p.p[i + 1] == ':')
                buf_byte(out, '\\');
            continue;
        }
        i++;
        for (int k = 0; k < ARRAY_LEN(sets); k++)
            if (sets[k][0][0] == p.p[i])
                set = sets[k][1];
        if (set) {
            buf_cstr(out, set);
            continue;
        }
        bool letter = (p.p[i] | 0x20) >= 'a' && (p.p[i] | 0x20) <= 'z';
        if (letter && !strchr("tnrfaecxubBAGzZhHvVRXkpPQEN", p.p[i]))
            return false;
        buf_byte(out, '\\');
        buf_byte(out, p.p[i]);
    }
    return true;
}

static URegularExpression *compile(FuncCtx *c, Str pattern)
{
    Cache *cache = thread_cache();
    for (int i = 0; i < KEPT; i++)
        if (cache->v[i].re && str_eq((Str){cache->v[i].pattern, cache->v[i].n}, pattern))
            return cache->v[i].re;
    int32_t n;
    Buf b = BUF_INIT;
    UErrorCode e = U_ZERO_ERROR;
    bool ok = spell_out(&b, pattern);
    const uint16_t *u = text16_units(c->arena, b.n ? buf_view(&b) : STR(""), &n);
    URegularExpression *re = uregex_open(u, n, 0, NULL, &e);
    if (n == 0 && U_FAILURE(e)) { /* ICU refuses the empty pattern */
        e = U_ZERO_ERROR;
        re = uregex_openC("(?:)", 0, NULL, &e);
    }
    buf_free(&b);
    if (!ok && U_SUCCESS(e)) {
        uregex_close(re);
        e = U_REGEX_BAD_ESCAPE_SEQUENCE;
    }
    if (U_SUCCESS(e))
        uregex_setTimeLimit(re, TIME_LIMIT, &e);
    if (U_FAILURE(e)) {
        func_fail(c, "Invalid regular expression pattern: %.*s", (int)(pattern.n < 500 ? pattern.n : 500), pattern.p);
        return NULL;
    }
    Compiled *k = &cache->v[cache->next];
    cache->next = (cache->next + 1) % KEPT;
    compiled_free(k);
    *k = (Compiled){mem_alloc(pattern.n + 1), pattern.n, re};
    if (pattern.n)
        memcpy(k->pattern, pattern.p, pattern.n);
    return re;
}

/* One pattern over one text; every function below uses it. */
typedef struct Match {
    URegularExpression *re;
    const uint16_t *u;
    int32_t n;
    UErrorCode e;
} Match;

static bool start(FuncCtx *c, Match *m, Str pattern, Str text)
{
    m->e = U_ZERO_ERROR;
    m->re = compile(c, pattern);
    if (!m->re)
        return false;
    m->u = text16_units(c->arena, text, &m->n);
    uregex_setText(m->re, m->u, m->n, &m->e);
    return true;
}

static bool finish(FuncCtx *c, const Match *m)
{
    return U_SUCCESS(m->e) || func_fail(c, "regular expression failed: %s", u_errorName(m->e));
}

static Value part(FuncCtx *c, const Match *m, int32_t from, int32_t to)
{
    return from < 0 ? value_null() : value_str(text16_text(c->arena, m->u + from, to - from));
}

static Value group_text(FuncCtx *c, Match *m, int32_t group)
{
    int32_t from = uregex_start(m->re, group, &m->e), to = uregex_end(m->re, group, &m->e);
    return U_SUCCESS(m->e) ? part(c, m, from, to) : value_null();
}

/* The group asked for; false when the pattern has none such. */
static bool wanted_group(Match *m, const Value *a, int n, int32_t *group)
{
    *group = n > 2 ? a[2].d.i : 0;
    return *group <= uregex_groupCount(m->re, &m->e);
}

static void extract(FuncCtx *c, const Value *a, int n, Value *out)
{
    Match m;
    int32_t group;
    if (!start(c, &m, view_str(a[0].d.s), view_str(a[1].d.s)))
        return;
    *out = value_null();
    if (wanted_group(&m, a, n, &group) && uregex_findNext(m.re, &m.e))
        *out = group_text(c, &m, group);
    finish(c, &m);
}

static void extract_all(FuncCtx *c, const Value *a, int n, Value *out)
{
    Match m;
    int32_t group;
    VEC(Value) found = {0};
    if (!start(c, &m, view_str(a[0].d.s), view_str(a[1].d.s)))
        return;
    bool known = wanted_group(&m, a, n, &group);
    while (known && uregex_findNext(m.re, &m.e))
        vec_push(c->arena, &found, group_text(c, &m, group));
    *out = known ? value_array(c->arena, found.v, (uint32_t)found.n) : value_null();
    finish(c, &m);
}

/* A replacement that ends inside an escape; ICU would take it. */
static bool cut_off(const uint16_t *u, int32_t n)
{
    int32_t slashes = 0;
    while (slashes < n && u[n - 1 - slashes] == '\\')
        slashes++;
    return slashes % 2 != 0;
}

static void regexp_replace(FuncCtx *c, const Value *a, int n, Value *out)
{
    Match m;
    int32_t by, room, need;
    UNUSED(n);
    if (!start(c, &m, view_str(a[1].d.s), view_str(a[0].d.s)))
        return;
    const uint16_t *u = text16_units(c->arena, view_str(a[2].d.s), &by);
    if (cut_off(u, by) && uregex_find(m.re, 0, &m.e)) {
        func_fail(c, "character to be escaped is missing");
        return;
    }
    for (room = 2 * m.n + by + 64;; room = need + 1) {
        if (!func_room(c, (uint64_t)room))
            return;
        UChar *to = arena_alloc(c->arena, sizeof *to * (size_t)room);
        m.e = U_ZERO_ERROR;
        need = uregex_replaceAll(m.re, u, by, to, room, &m.e);
        if (m.e == U_BUFFER_OVERFLOW_ERROR)
            continue;
        if (finish(c, &m))
            *out = value_str(text16_text(c->arena, to, need));
        return;
    }
}

/* ---- REGEXP_SPLIT_TO_ARRAY ------------------------------------------------------------------- */

/* Java's Pattern.split: no empty part before a first match of no width, none at the end. */
static void split_java(FuncCtx *c, Match *m, Value *out)
{
    VEC(Value) parts = {0};
    int32_t at = 0;
    while (uregex_findNext(m->re, &m->e)) {
        int32_t from = uregex_start(m->re, 0, &m->e), to = uregex_end(m->re, 0, &m->e);
        if (at == 0 && from == 0 && to == 0)
            continue;
        vec_push(c->arena, &parts, part(c, m, at, from));
        at = to;
    }
    bool any = parts.n > 0;
    vec_push(c->arena, &parts, part(c, m, at, m->n));
    while (any && parts.n && parts.v[parts.n - 1].d.s.n == 0)
        parts.n--;
    *out = value_array(c->arena, parts.v, (uint32_t)parts.n);
}

/* All parts, also empty ones. */
static void split_all(FuncCtx *c, Match *m, Value *out)
{
    VEC(Value) parts = {0};
    int32_t at = 0, next = 0;
    while (next >= 0 && U_SUCCESS(m->e)) {
        int32_t end = m->n;
        bool hit = next <= m->n && uregex_find(m->re, next, &m->e);
        if (hit) {
            end = uregex_start(m->re, 0, &m->e);
            next = uregex_end(m->re, 0, &m->e);
        } else {
            next = -1;
        }
        if (next == at) {
            next = next + 1 > m->n ? -1 : next + 1;
            continue;
        }
        vec_push(c->arena, &parts, part(c, m, at, end));
        at = next;
    }
    *out = value_array(c->arena, parts.v, (uint32_t)parts.n);
}

static void regexp_split(FuncCtx *c, const Value *a, int n, Value *out)
{
    Match m;
    static const UChar empty[1] = {0};
    UNUSED(n);
    if (!start(c, &m, view_str(a[1].d.s), view_str(a[0].d.s)))
        return;
    uregex_setText(m.re, empty, 0, &m.e);
    bool matches_empty = uregex_matches(m.re, 0, &m.e);
    uregex_setText(m.re, m.u, m.n, &m.e);
    if (matches_empty)
        split_java(c, &m, out);
    else
        split_all(c, &m, out);
    finish(c, &m);
}

#define ROW(sig, fn, names, text, ...)                                                                \
    {.signature = sig, .flags = FUNC_STRICT, .row = fn, .category = "REGULAR EXPRESSION", .params = names, \
     .description = text, __VA_ARGS__}

static const FuncRow rows[] = {
    ROW("regexp_extract(VARCHAR, VARCHAR) -> VARCHAR", extract, "pattern, input", "The first match of the pattern.",
        .example = "REGEXP_EXTRACT('[0-9]+', 'a12b3')", .expected = "12"),
    ROW("regexp_extract(VARCHAR, VARCHAR, INT) -> VARCHAR", extract, "pattern, input, group",
        "A group of the first match of the pattern.", .example = "REGEXP_EXTRACT('(.)=(.)', 'a=1', 2)",
        .expected = "1"),
    ROW("regexp_extract_all(VARCHAR, VARCHAR) -> ARRAY<VARCHAR>", extract_all, "pattern, input",
        "All matches of the pattern.", .example = "REGEXP_EXTRACT_ALL('[0-9]+', 'a12b3')", .expected = "[12, 3]"),
    ROW("regexp_extract_all(VARCHAR, VARCHAR, INT) -> ARRAY<VARCHAR>", extract_all, "pattern, input, group",
        "A group of all matches of the pattern.", .example = "REGEXP_EXTRACT_ALL('(.)=(.)', 'a=1 b=2', 1)",
        .expected = "[a, b]"),
    ROW("regexp_replace(VARCHAR, VARCHAR, VARCHAR) -> VARCHAR", regexp_replace, "str, regexp, newStr",
        "The text with every match replaced; $1 is a group of it.",
        .example = "REGEXP_REPLACE('a1b22', '([0-9]+)', '<$1>')", .expected = "a<1>b<22>"),
    ROW("regexp_split_to_array(VARCHAR, VARCHAR) -> ARRAY<VARCHAR>", regexp_split, "string, regexp",
        "The parts between the matches.", .example = "REGEXP_SPLIT_TO_ARRAY('a, b;c', '[,;] *')",
        .expected = "[a, b, c]"),
};

const ScalarTable scalar_regexp = {rows, ARRAY_LEN(rows)};
