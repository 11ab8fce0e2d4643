// SPDX-License-Identifier: Apache-2.0
// The exact sequences of values per key; see sequence.h. Nothing of the engine is used.
#include "tests/oracle/sequence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oracle/oracle.h"

/* A value seen, or of the changelog. parent: the one that it is the inputs first … last more than; -1: nothing. */
typedef struct Seen {
    int64_t n, sum;
    int parent, first, last;
} Seen;

enum { HINT_DEPTH = 4 }; /* values of the changelog behind each other that were not put out */

typedef struct Key {
    char *text;
    int64_t *sums; /* sums[i]: of the first i inputs; so v_i is sums[i] - sums[i - 1] */
    int inputs, room;
    int at, most; /* inputs that the last value stands for, and the furthest */
    bool any;
    Seen last;
    Seen *seen, *hints; /* RECOUNTED; hints: n and sum only */
    int nseen, seen_room, nhints, hints_room;
} Key;

struct Sequence {
    SequenceRule rule;
    Key *keys; /* open addressing */
    int live, room;
    int64_t total, repeated;
};

static bool wrong(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(char *why, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, ORACLE_WHY, fmt, ap);
    va_end(ap);
    return false;
}

static void *grown(void *p, size_t n)
{
    p = realloc(p, n);
    if (!p)
        abort();
    return p;
}

static uint32_t hash_text(const char *s)
{
    uint32_t h = 2166136261u;
    for (; *s; s++)
        h = (h ^ (uint8_t)*s) * 16777619u;
    return h ^ h >> 15;
}

static Key *place(Key *keys, int room, const char *text)
{
    uint32_t at = hash_text(text) % (uint32_t)room;
    while (keys[at].text && strcmp(keys[at].text, text) != 0)
        at = (at + 1) % (uint32_t)room;
    return &keys[at];
}

static Key *find(const Sequence *q, const char *text)
{
    Key *k = q->room ? place(q->keys, q->room, text) : NULL;
    return k && k->text ? k : NULL;
}

static Key *find_or_add(Sequence *q, const char *text)
{
    if (q->live * 2 >= q->room) {
        int room = q->room ? q->room * 2 : 64;
        Key *keys = calloc((size_t)room, sizeof *keys);
        if (!keys)
            abort();
        for (int i = 0; i < q->room; i++)
            if (q->keys[i].text)
                *place(keys, room, q->keys[i].text) = q->keys[i];
        free(q->keys);
        q->keys = keys;
        q->room = room;
    }
    Key *k = place(q->keys, q->room, text);
    if (!k->text) {
        *k = (Key){.text = strdup(text), .room = 16, .sums = grown(NULL, 16 * sizeof(int64_t))};
        k->sums[0] = 0;
        q->live++;
    }
    return k;
}

Sequence *sequence_new(SequenceRule rule)
{
    Sequence *q = calloc(1, sizeof *q);
    if (!q)
        abort();
    q->rule = rule;
    return q;
}

void sequence_free(Sequence *q)
{
    for (int i = 0; q && i < q->room; i++) {
        free(q->keys[i].text);
        free(q->keys[i].sums);
        free(q->keys[i].seen);
        free(q->keys[i].hints);
    }
    if (q)
        free(q->keys);
    free(q);
}

void sequence_input(Sequence *q, const char *key, int64_t v)
{
    Key *k = find_or_add(q, key);
    if (k->inputs + 1 == k->room) {
        k->room *= 2;
        k->sums = grown(k->sums, (size_t)k->room * sizeof *k->sums);
    }
    k->sums[k->inputs + 1] = k->sums[k->inputs] + v;
    k->inputs++;
}

bool sequence_expected(const Sequence *q, const char *key, int64_t n, int64_t *sum)
{
    const Key *k = find(q, key);
    if (!k || n < 0 || n > k->inputs)
        return false;
    *sum = k->sums[n];
    return true;
}

int64_t sequence_count(const Sequence *q, const char *key)
{
    const Key *k = find(q, key);
    return k ? k->inputs : 0;
}

static int64_t input_of(const Key *k, int i) { return k->sums[i] - k->sums[i - 1]; }

static bool leaves_out(SequenceRule r) { return r == SEQUENCE_COALESCED || r == SEQUENCE_AGAIN_COALESCED; }
static bool once(SequenceRule r) { return r == SEQUENCE_EXACT || r == SEQUENCE_COALESCED; }

/* It stands for the first i inputs. */
static bool step_to(Sequence *q, Key *k, int i, const char *what, char *why)
{
    if (i <= k->at && k->any && once(q->rule))
        return wrong(why, "%s: %s stands behind input %d again, after %d", k->text, what, i, k->at);
    if (i > k->most + 1 && !leaves_out(q->rule))
        return wrong(why, "%s: %s stands behind input %d, and none behind %d was seen", k->text, what, i, k->most + 1);
    q->repeated += i <= k->most;
    k->at = i;
    k->most = i > k->most ? i : k->most;
    k->any = true;
    return true;
}

/* The input that makes the one the other; 0: none. Near the furthest it is likeliest. */
static int input_between(const Key *k, int64_t diff)
{
    for (int i = k->most + 1 < k->inputs ? k->most + 1 : k->inputs; i > 0; i--)
        if (input_of(k, i) == diff)
            return i;
    return 0;
}

static void push_seen(Seen **v, int *n, int *room, Seen x)
{
    if (*n == *room) {
        *room = *room ? *room * 2 : 16;
        *v = grown(*v, (size_t)*room * sizeof **v);
    }
    (*v)[(*n)++] = x;
}

void sequence_hint(Sequence *q, const char *key, int64_t n, int64_t sum)
{
    Key *k = find(q, key);
    if (k)
        push_seen(&k->hints, &k->nhints, &k->hints_room, (Seen){.n = n, .sum = sum});
}

/* The first of `n` inputs behind each other with that sum; 0: there are none. Near the furthest they are likeliest. */
static int find_run(const Key *k, int64_t n, int64_t sum)
{
    if (n < 1 || n > k->inputs)
        return 0;
    int top = k->inputs - (int)n + 1, likely = k->most + 2 < top ? k->most + 2 : top;
    for (int i = likely; i > 0; i--)
        if (k->sums[i + n - 1] - k->sums[i - 1] == sum)
            return i;
    for (int i = likely + 1; i <= top; i++)
        if (k->sums[i + n - 1] - k->sums[i - 1] == sum)
            return i;
    return 0;
}

/* Where the value comes from: a value seen and a run of inputs more, or one of the changelog that itself comes from somewhere. */
static bool trace(Key *k, int64_t n, int64_t sum, int depth)
{
    for (int parent = k->nseen - 1; parent >= -1; parent--) {
        int64_t pn = parent < 0 ? 0 : k->seen[parent].n, psum = parent < 0 ? 0 : k->seen[parent].sum;
        int first = find_run(k, n - pn, sum - psum);
        if (!first)
            continue;
        push_seen(&k->seen, &k->nseen, &k->seen_room, (Seen){n, sum, parent, first, first + (int)(n - pn) - 1});
        return true;
    }
    for (int i = 0; i < k->nhints && depth > 0; i++) {
        Seen h = k->hints[i];
        int first = find_run(k, n - h.n, sum - h.sum);
        if (!first || !trace(k, h.n, h.sum, depth - 1))
            continue;
        push_seen(&k->seen, &k->nseen, &k->seen_room, (Seen){n, sum, k->nseen - 1, first, first + (int)(n - h.n) - 1});
        return true;
    }
    return false;
}

static bool step_from_any(Sequence *q, Key *k, int64_t n, int64_t sum, char *why)
{
    int before = k->nseen;
    if (!trace(k, n, sum, HINT_DEPTH))
        return wrong(why, "%s: (%" PRId64 ", %" PRId64 ") is no value before and inputs more", k->text, n, sum);
    const Seen *s = &k->seen[k->nseen - 1];
    q->repeated += s->parent != before - 1 || s->first <= k->most;
    k->most = s->last > k->most ? s->last : k->most;
    return true;
}

bool sequence_value(Sequence *q, const char *key, int64_t n, int64_t sum, char *why)
{
    Key *k = find(q, key);
    char what[80];
    if (!k)
        return wrong(why, "%s: comes from nowhere", key);
    snprintf(what, sizeof what, "(%" PRId64 ", %" PRId64 ")", n, sum);
    bool good = true;
    if (q->rule == SEQUENCE_RECOUNTED)
        good = step_from_any(q, k, n, sum, why);
    else if (q->rule == SEQUENCE_RECOUNTED_COALESCED)
        good = n > 0 || wrong(why, "%s: %s counts nothing", key, what);
    else if (n < 1 || n > k->inputs || k->sums[n] != sum)
        good = wrong(why, "%s: %s is no value of it: behind %" PRId64 " of its %d inputs the sum is %" PRId64, key, what, n,
                     k->inputs, n < 1 || n > k->inputs ? 0 : k->sums[n]);
    else
        good = step_to(q, k, (int)n, what, why);
    k->last = (Seen){.n = n, .sum = sum};
    k->any = true;
    q->total++;
    return good;
}

bool sequence_row(Sequence *q, const char *key, int64_t v, char *why)
{
    Key *k = find(q, key);
    char what[40];
    if (!k)
        return wrong(why, "%s: comes from nowhere", key);
    snprintf(what, sizeof what, "%" PRId64, v);
    int i = input_between(k, v);
    q->total++;
    if (!i)
        return wrong(why, "%s: %s is none of its inputs, or is too early: it stands behind %d of %d", key, what, k->most, k->inputs);
    return step_to(q, k, i, what, why);
}

/* The inputs that the last value counts: those on the way back to nothing. */
static bool counts_all(const Key *k, char *why)
{
    bool *counted = calloc((size_t)k->inputs + 1, sizeof *counted);
    if (!counted)
        abort();
    for (int at = k->nseen - 1; at >= 0; at = k->seen[at].parent)
        for (int i = k->seen[at].first; i <= k->seen[at].last; i++)
            counted[i] = true;
    int missing = 1;
    while (missing <= k->inputs && counted[missing])
        missing++;
    free(counted);
    return missing > k->inputs || wrong(why, "%s: the last value, (%" PRId64 ", %" PRId64 "), lacks input %d, %" PRId64, k->text,
                                        k->last.n, k->last.sum, missing, input_of(k, missing));
}

bool sequence_end(const Sequence *q, bool rows, char *why)
{
    for (int i = 0; i < q->room; i++) {
        const Key *k = &q->keys[i];
        if (!k->text || !k->inputs)
            continue;
        if (!k->any)
            return wrong(why, "%s: is missing; %d inputs", k->text, k->inputs);
        bool recounted = q->rule >= SEQUENCE_RECOUNTED && !rows;
        int at = rows && q->rule >= SEQUENCE_AGAIN ? k->most : k->at; /* rows that come again say nothing about the end */
        if (!recounted && at != k->inputs)
            return wrong(why, "%s: ends behind input %d of %d", k->text, at, k->inputs);
        if (recounted && k->last.n < k->inputs)
            return wrong(why, "%s: ends with the count %" PRId64 " of %d inputs", k->text, k->last.n, k->inputs);
        if (q->rule == SEQUENCE_RECOUNTED && !rows && !counts_all(k, why))
            return false;
    }
    return true;
}

bool sequence_last(const Sequence *q, const char *key, int64_t *n, int64_t *sum)
{
    const Key *k = find(q, key);
    if (!k || !k->any)
        return false;
    *n = k->last.n;
    *sum = k->last.sum;
    return true;
}

int64_t sequence_seen(const Sequence *q) { return q->total; }
int64_t sequence_repeated(const Sequence *q) { return q->repeated; }
