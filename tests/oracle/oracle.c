// SPDX-License-Identifier: Apache-2.0
// The oracle of the crash tests; see oracle.h. Plain loops over the inputs; nothing of the engine is used.
#include "tests/oracle/oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oracle/sequence.h"

enum { GROUP_SLOTS = 1024, MAX_IN_GROUP = 200 };

typedef struct Input {
    int source, partition; /* of the source's topic */
    char *k, *g;
    int64_t v;
} Input;

struct Oracle {
    int partitions[ORACLE_SOURCES];
    int n;
    Input inputs[ORACLE_MAX_INPUTS];
};

typedef struct Group {
    const char *g; /* NULL: an empty place */
    int64_t n, s;
} Group;

/* murmur2 as Kafka's org.apache.kafka.common.utils.Utils has it: seed 0x9747b28c, m 0x5bd1e995, r 24. */
static uint32_t hash_key(const char *key)
{
    const uint8_t *p = (const uint8_t *)key;
    size_t n = strlen(key);
    const uint32_t m = 0x5bd1e995;
    uint32_t h = 0x9747b28cu ^ (uint32_t)n;
    for (; n >= 4; n -= 4, p += 4) {
        uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        h = h * m ^ k * m;
    }
    if (n) {
        for (size_t i = 0; i < n; i++)
            h ^= (uint32_t)p[i] << (8 * i);
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

int oracle_partition(const char *key, int partitions)
{
    return (int)((hash_key(key) & 0x7fffffff) % (uint32_t)partitions);
}

static bool wrong(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(char *why, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, ORACLE_WHY, fmt, ap);
    va_end(ap);
    return false;
}

Oracle *oracle_new(int partitions_a, int partitions_b)
{
    Oracle *o = calloc(1, sizeof *o);
    if (!o || partitions_a > ORACLE_PARTITIONS || partitions_b > ORACLE_PARTITIONS)
        abort();
    o->partitions[0] = partitions_a;
    o->partitions[1] = partitions_b;
    return o;
}

void oracle_free(Oracle *o)
{
    for (int i = 0; o && i < o->n; i++) {
        free(o->inputs[i].k);
        free(o->inputs[i].g);
    }
    free(o);
}

void oracle_insert(Oracle *o, int source, const char *k, const char *g, int64_t v)
{
    if (o->n == ORACLE_MAX_INPUTS || v == 0)
        abort();
    o->inputs[o->n++] = (Input){source, oracle_partition(k, o->partitions[source]), strdup(k), strdup(g), v};
}

int oracle_count(const Oracle *o) { return o->n; }

OracleInput oracle_input(const Oracle *o, int i)
{
    const Input *in = &o->inputs[i];
    return (OracleInput){in->source, in->k, in->g, in->v};
}

static bool same_row(const Input *in, const OracleRow *r)
{
    return in->v == r->v && strcmp(in->k, r->key) == 0 && strcmp(in->g, r->g) == 0;
}

/* The first input from `at` on in one partition of one source; n when there is none. */
static int next_input(const Oracle *o, int source, int partition, int at)
{
    while (at < o->n && (o->inputs[at].source != source || o->inputs[at].partition != partition))
        at++;
    return at;
}

bool oracle_check_source(const Oracle *o, int source, const OracleRow *rows, int n, char *why)
{
    int at[ORACLE_PARTITIONS] = {0};
    for (int i = 0; i < n; i++) {
        const OracleRow *r = &rows[i];
        int in = next_input(o, source, r->partition, at[r->partition]);
        if (in == o->n || !same_row(&o->inputs[in], r))
            return wrong(why, "source %c, partition %d: row %" PRId64 " where %" PRId64 " is due (0: none)",
                         'A' + source, r->partition, r->v, in == o->n ? 0 : o->inputs[in].v);
        at[r->partition] = in + 1;
    }
    for (int p = 0; p < o->partitions[source]; p++) {
        int in = next_input(o, source, p, at[p]);
        if (in < o->n)
            return wrong(why, "source %c, partition %d: input %" PRId64 " is missing", 'A' + source, p,
                         o->inputs[in].v);
    }
    return true;
}

/* The next input of a source's partition that goes to partition `to` of M. */
static int next_merged(const Oracle *o, int source, int partition, int to, int at)
{
    do
        at = next_input(o, source, partition, at) + 1;
    while (at <= o->n && oracle_partition(o->inputs[at - 1].k, o->partitions[0]) != to);
    return at > o->n ? o->n : at - 1;
}

bool oracle_check_merged(const Oracle *o, const OracleRow *rows, int n, char *why)
{
    int at[ORACLE_PARTITIONS][ORACLE_SOURCES][ORACLE_PARTITIONS] = {{{0}}};
    for (int i = 0; i < n; i++) {
        const OracleRow *r = &rows[i];
        bool found = false;
        for (int s = 0; s < ORACLE_SOURCES && !found; s++)
            for (int p = 0; p < o->partitions[s] && !found; p++) {
                int in = next_merged(o, s, p, r->partition, at[r->partition][s][p]);
                found = in < o->n && same_row(&o->inputs[in], r);
                if (found)
                    at[r->partition][s][p] = in + 1;
            }
        if (!found)
            return wrong(why, "M, partition %d: row %s %s %" PRId64 " comes twice, too early or from nowhere",
                         r->partition, r->key, r->g, r->v);
    }
    for (int to = 0; to < o->partitions[0]; to++)
        for (int s = 0; s < ORACLE_SOURCES; s++)
            for (int p = 0; p < o->partitions[s]; p++) {
                int in = next_merged(o, s, p, to, at[to][s][p]);
                if (in < o->n)
                    return wrong(why, "M, partition %d: input %" PRId64 " of %c is missing", to,
                                 o->inputs[in].v, 'A' + s);
            }
    return true;
}

/* A key's rows of one source stand in one partition: they may begin again at any of them, and leave none out. */
bool oracle_check_merged_again(const Oracle *o, const OracleRow *rows, int n, char *why)
{
    Sequence *q = sequence_new(SEQUENCE_AGAIN);
    char key[64];
    bool good = true;
    for (int i = 0; i < o->n; i++) {
        snprintf(key, sizeof key, "M, %c, %s", 'A' + o->inputs[i].source, o->inputs[i].k);
        sequence_input(q, key, o->inputs[i].v);
    }
    for (int i = 0; i < n && good; i++) {
        int in = 0;
        while (in < o->n && !same_row(&o->inputs[in], &rows[i]))
            in++;
        if (in == o->n || rows[i].partition != oracle_partition(rows[i].key, o->partitions[0])) {
            good = wrong(why, "M, partition %d: row %s %s %" PRId64 " comes from nowhere", rows[i].partition, rows[i].key,
                         rows[i].g, rows[i].v);
            break;
        }
        snprintf(key, sizeof key, "M, %c, %s", 'A' + o->inputs[in].source, rows[i].key);
        good = sequence_row(q, key, rows[i].v, why);
    }
    good = good && sequence_end(q, true, why);
    sequence_free(q);
    return good;
}

/* ---- tables ---- */

static Group *group_of(Group *map, const char *g)
{
    uint32_t at = hash_key(g) % GROUP_SLOTS;
    while (map[at].g && strcmp(map[at].g, g) != 0)
        at = (at + 1) % GROUP_SLOTS;
    map[at].g = g;
    return &map[at];
}

/* COUNT(*) and SUM(v) by g. Borrows the inputs' texts. */
static Group *count_groups(const Oracle *o, int limit)
{
    Group *map = calloc(GROUP_SLOTS, sizeof *map);
    if (!map)
        abort();
    for (int i = 0; i < o->n && i < limit; i++) {
        Group *gr = group_of(map, o->inputs[i].g);
        gr->n++;
        gr->s += o->inputs[i].v;
    }
    return map;
}

bool oracle_check_table(const Oracle *o, bool having, int limit, const OracleChange *rows, int n, char *why)
{
    Group *map = count_groups(o, limit);
    bool good = true;
    for (int i = 0; i < n && good; i++) {
        Group *gr = group_of(map, rows[i].g);
        good = gr->n == rows[i].n && gr->s == rows[i].s && gr->n > 0 && (!having || gr->s > 0);
        if (!good)
            wrong(why, "state of %c: %s is %" PRId64 ", %" PRId64 "; wanted %" PRId64 ", %" PRId64,
                  having ? 'H' : 'T', rows[i].g, rows[i].n, rows[i].s, gr->n, gr->s);
        gr->n = -1; /* seen: a second row of the group is wrong */
    }
    for (int i = 0; i < GROUP_SLOTS && good; i++)
        if (map[i].g && map[i].n > 0 && (!having || map[i].s > 0))
            good = wrong(why, "state of %c: %s is missing", having ? 'H' : 'T', map[i].g);
    free(map);
    return good;
}

/* How far a group's aggregate may have come: the rows of M's two partitions, and every (i, j), i rows of
 * the one and j of the other, that agrees with what was seen. i + j is the same for all: the count. */
typedef struct Walk {
    const char *g;
    bool having, each;
    int n[ORACLE_PARTITIONS];
    int64_t sum[ORACLE_PARTITIONS][MAX_IN_GROUP + 1]; /* of the first i rows */
    int count;
    bool may[MAX_IN_GROUP + 1]; /* by i */
    bool shown, hidden_since, tombstone_since;
} Walk;

static int64_t sum_at(const Walk *w, int i) { return w->sum[0][i] + w->sum[1][w->count - i]; }

static bool shows(const Walk *w, int64_t sum) { return !w->having || sum > 0; }

/* One row further: every state by either partition's next row. */
static void one_row(Walk *w)
{
    w->count++;
    for (int i = w->count < w->n[0] ? w->count : w->n[0]; i >= 0; i--) {
        int j = w->count - i;
        w->may[i] = j <= w->n[1] && ((i > 0 && w->may[i - 1]) || (j > 0 && w->may[i]));
    }
    for (int i = w->count + 1; i <= MAX_IN_GROUP; i++)
        w->may[i] = false;
}

static bool any(const Walk *w)
{
    for (int i = 0; i <= w->n[0]; i++)
        if (w->may[i])
            return true;
    return false;
}

/* To the count n; where every update is put out, those on the way were not shown. */
static bool go_to(Walk *w, int64_t n)
{
    while (w->count < n && w->count < w->n[0] + w->n[1]) {
        if (w->count + 1 < n)
            w->hidden_since = true;
        one_row(w);
        for (int i = 0; w->each && w->count < n && i <= w->n[0]; i++)
            if (w->may[i] && shows(w, sum_at(w, i)))
                w->may[i] = false;
    }
    return w->count == n && any(w);
}

static bool see_change(Walk *w, const OracleChange *c, char *why)
{
    if (c->gone) {
        if (!w->having)
            return wrong(why, "T: %s is deleted", w->g);
        w->tombstone_since = true;
        return true;
    }
    w->hidden_since = false;
    char table = w->having ? 'H' : 'T';
    if (c->n <= w->count || !shows(w, c->s) || !go_to(w, c->n))
        return wrong(why, "%c: %s is %" PRId64 ", %" PRId64 " behind the count %d", table, w->g, c->n, c->s,
                     w->count);
    for (int i = 0; i <= w->n[0]; i++)
        if (w->may[i] && sum_at(w, i) != c->s)
            w->may[i] = false;
    bool vanished = w->shown && w->hidden_since;
    if (!any(w))
        return wrong(why, "%c: %s is %" PRId64 ", %" PRId64 ", which no order of the inputs gives", table,
                     w->g, c->n, c->s);
    if (w->tombstone_since ? !w->hidden_since : w->each && vanished)
        return wrong(why, "%c: a tombstone too many or too few before %s %" PRId64, table, w->g, c->n);
    w->shown = true;
    w->tombstone_since = false;
    return true;
}

static bool see_end(Walk *w, char *why)
{
    int all = w->n[0] + w->n[1];
    int64_t sum = w->sum[0][w->n[0]] + w->sum[1][w->n[1]];
    bool last_shown = w->shown && !w->tombstone_since;
    if (shows(w, sum) ? last_shown && w->count == all : !last_shown)
        return true;
    return wrong(why, "%c: the last change of %s is at the count %d%s, wanted %d, %" PRId64,
                 w->having ? 'H' : 'T', w->g, w->count, last_shown ? "" : " (not there)", all, sum);
}

static bool within(const Oracle *o, int limit, int64_t v)
{
    for (int i = 0; i < o->n && i < limit; i++)
        if (o->inputs[i].v == v)
            return true;
    return false;
}

static bool check_group(const Oracle *o, Walk *w, int limit, const OracleRow *merged, int nmerged,
                        const OracleChange *changes, int n, char *why)
{
    for (int i = 0; i < nmerged; i++) {
        const OracleRow *r = &merged[i];
        if (strcmp(r->g, w->g) != 0 || !within(o, limit, r->v))
            continue;
        int p = r->partition, at = w->n[p]++;
        if (at == MAX_IN_GROUP)
            abort();
        w->sum[p][at + 1] = w->sum[p][at] + r->v;
    }
    w->may[0] = true;
    for (int i = 0; i < n; i++) {
        if (strcmp(changes[i].g, w->g) != 0)
            continue;
        if (!see_change(w, &changes[i], why))
            return false;
    }
    return see_end(w, why);
}

bool oracle_check_changes(const Oracle *o, bool having, bool each, int limit, const OracleRow *merged,
                          int nmerged, const OracleChange *changes, int n, char *why)
{
    Group *map = count_groups(o, limit);
    bool good = true;
    for (int i = 0; i < n && good; i++) {
        const OracleChange *c = &changes[i];
        if (c->partition != oracle_partition(c->g, o->partitions[0]))
            good = wrong(why, "%c: %s is in partition %d", having ? 'H' : 'T', c->g, c->partition);
        else if (group_of(map, c->g)->n == 0)
            good = wrong(why, "%c: %s comes from nowhere", having ? 'H' : 'T', c->g);
    }
    for (int i = 0; i < GROUP_SLOTS && good; i++)
        if (map[i].g) {
            Walk w = {.g = map[i].g, .having = having, .each = each};
            good = check_group(o, &w, limit, merged, nmerged, changes, n, why);
        }
    free(map);
    return good;
}

/* The last change of the group; NULL: none, or a tombstone. */
static const OracleChange *last_change(const OracleChange *changes, int n, const char *g)
{
    while (n > 0 && strcmp(changes[n - 1].g, g) != 0)
        n--;
    return n && !changes[n - 1].gone ? &changes[n - 1] : NULL;
}

bool oracle_check_counted(const Oracle *o, bool having, int limit, const OracleChange *changes, int n,
                          const OracleChange *pulled, int npulled, char *why)
{
    Group *map = count_groups(o, limit);
    char table = having ? 'H' : 'T';
    bool good = true;
    int shown = 0;
    for (int i = 0; i < n && good; i++)
        if (changes[i].partition != oracle_partition(changes[i].g, o->partitions[0]) || group_of(map, changes[i].g)->n == 0)
            good = wrong(why, "%c: %s comes from nowhere, or is in partition %d", table, changes[i].g, changes[i].partition);
    for (int i = 0; i < GROUP_SLOTS && good; i++) {
        const OracleChange *last = map[i].g ? last_change(changes, n, map[i].g) : NULL;
        shown += last != NULL;
        if (map[i].g && map[i].n > 0 && !having && (!last || last->n < map[i].n))
            good = wrong(why, "T: %s ends with the count %" PRId64 " of %" PRId64 " inputs", map[i].g, last ? last->n : 0,
                         map[i].n);
    }
    for (int i = 0; i < npulled && good && pulled; i++) {
        const OracleChange *last = last_change(changes, n, pulled[i].g);
        if (!last || last->n != pulled[i].n || last->s != pulled[i].s)
            good = wrong(why, "state of %c: %s is %" PRId64 ", %" PRId64 "; its topic ends with %" PRId64 ", %" PRId64, table,
                         pulled[i].g, pulled[i].n, pulled[i].s, last ? last->n : 0, last ? last->s : 0);
    }
    if (good && pulled && npulled != shown)
        good = wrong(why, "state of %c: %d groups; its topic ends with %d", table, npulled, shown);
    free(map);
    return good;
}
