// SPDX-License-Identifier: Apache-2.0
// Reads what the engine holds (topics, pull queries, SHOW) and lays it before the oracle; see workload.h.
#include "tests/crash/workload.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef VEC(OracleRow) RowVec;
typedef VEC(OracleChange) ChangeVec;

static bool fail(Driver *d, const char *what, const char *why)
{
    snprintf(d->why, sizeof d->why, "%s: %s", what, why);
    return false;
}

/* ---- topics ---- */

typedef bool TakeRecord(void *arg, Arena *a, int partition, const Record *r, json_t *value);

/* Every record of a topic; its value, JSON, is NULL for a tombstone. */
static bool read_topic(Driver *d, const char *name, Arena *a, TakeRecord *take, void *arg)
{
    Topics *topics = engine_topics(d->e);
    TopicInfo info;
    if (!topic_describe(topics, str_of(name), &info))
        return fail(d, name, "the topic is not there");
    for (int p = 0; p < info.partitions; p++) {
        int64_t at = 0, end = topic_end(topics, str_of(name), p);
        while (at < end) {
            Err err = ERR_INIT;
            RecordSet set;
            if (topic_read(topics, str_of(name), p, at, 100, &set, &err)) {
                fail(d, name, err.msg);
                err_clear(&err);
                return false;
            }
            /* In a broker's topic markers of transactions, and records that were aborted, take offsets. */
            bool good = set.n > 0 || d->broker;
            for (int i = 0; i < set.n && good; i++) {
                const Record *r = &set.records[i];
                json_t *value = r->value ? json_loadb(r->value, (size_t)r->value_len, 0, NULL) : NULL;
                good = (d->broker ? r->offset >= at + i : r->offset == at + i) && r->key && (!r->value || value) && take(arg, a, p, r, value);
                json_decref(value);
            }
            at = set.n ? set.next_offset : end;
            recordset_release(&set);
            if (!good)
                return fail(d, name, "a hole in the offsets, or a record of another shape");
        }
    }
    return true;
}

static bool member_int(json_t *value, const char *name, int64_t *out)
{
    json_t *v = json_object_get(value, name);
    *out = json_integer_value(v);
    return json_is_integer(v);
}

static bool take_row(void *arg, Arena *a, int partition, const Record *r, json_t *value)
{
    RowVec *rows = arg;
    OracleRow row = {.partition = partition, .key = arena_cstr(a, (Str){r->key, (size_t)r->key_len})};
    const char *g = json_string_value(json_object_get(value, "G"));
    if (!g || !member_int(value, "V", &row.v))
        return false;
    row.g = arena_cstr(a, str_of(g));
    vec_push(a, rows, row);
    return true;
}

static bool take_change(void *arg, Arena *a, int partition, const Record *r, json_t *value)
{
    ChangeVec *changes = arg;
    OracleChange c = {.partition = partition, .gone = !value};
    c.g = arena_cstr(a, (Str){r->key, (size_t)r->key_len});
    if (value && !(member_int(value, "N", &c.n) && member_int(value, "S", &c.s)))
        return false;
    vec_push(a, changes, c);
    return true;
}

int check_count_input(Driver *d, int source, int64_t v)
{
    const char name[] = {(char)('a' + source), 0};
    RowVec rows = {0};
    Arena *a = arena_new(0);
    int n = read_topic(d, name, a, take_row, &rows) ? 0 : -1;
    for (int i = 0; i < rows.n && n >= 0; i++)
        n += rows.v[i].v == v;
    arena_free(a);
    return n;
}

/* ---- pull queries ---- */

static bool read_table(Driver *d, const char *sql, Arena *a, ChangeVec *out)
{
    RowStream *rs = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    StreamEvent ev;
    if (!driver_sql(d, sql, NULL, &rs))
        return false;
    while ((ev = rowstream_next(rs, 0, &row, &err)) == STREAM_ROW) {
        const Value *v = row.values;
        OracleChange c = {.g = arena_cstr(a, view_str(v[0].d.s)), .n = v[1].d.l, .s = v[2].d.l};
        vec_push(a, out, c);
    }
    rowstream_close(rs);
    if (ev == STREAM_END)
        return true;
    fail(d, sql, ev == STREAM_ERROR ? err.msg : "does not end");
    err_clear(&err);
    return false;
}

static bool has(const Driver *d, const char *word) { return strmap_find(&d->catalog, str_of(word)) != NULL; }

static bool check_table(Driver *d, char name, const RowVec *merged, Arena *a)
{
    const char word[] = {'T', ':', name, 0}, topic[] = {name, 0};
    char query[16], sql[64], why[ORACLE_WHY];
    bool having = name == 'H';
    int limit = having ? ORACLE_MAX_INPUTS : d->t_limit;
    ChangeVec changes = {0}, rows = {0};
    TopicInfo info;
    if (!has(d, word)) {
        int64_t left = 0; /* a topic made for a table that then was not recorded is empty */
        if (topic_describe(engine_topics(d->e), str_of(topic), &info))
            for (int p = 0; p < info.partitions; p++)
                left += topic_end(engine_topics(d->e), str_of(topic), p);
        return !left || fail(d, topic, "the table is not in the catalog, its topic has records");
    }
    if (!read_topic(d, topic, a, take_change, &changes))
        return false;
    snprintf(query, sizeof query, "Q:CTAS_%c", name);
    bool kept = has(d, query), again = d->broker && d->w->at_least_once; /* no query: it answers no pull queries */
    snprintf(sql, sizeof sql, "SELECT * FROM %c;", name);
    if (kept && !read_table(d, sql, a, &rows))
        return false;
    if (again)
        return oracle_check_counted(d->o, having, limit, changes.v, changes.n, kept ? rows.v : NULL, rows.n, why) ||
               fail(d, "at least once", why);
    if (!oracle_check_changes(d->o, having, d->w->cache_off, limit, merged->v, merged->n, changes.v,
                              changes.n, why))
        return fail(d, "changes", why);
    return !kept || oracle_check_table(d->o, having, limit, rows.v, rows.n, why) || fail(d, "pull", why);
}

static bool take_state(void *arg, Arena *a, int partition, const Record *r, json_t *value)
{
    ChangeVec *states = arg;
    OracleChange c = {.partition = partition, .gone = !value, .g = arena_cstr(a, (Str){r->key, (size_t)r->key_len})};
    if (value && !(member_int(value, "KSQL_AGG_VARIABLE_0", &c.n) && member_int(value, "KSQL_AGG_VARIABLE_1", &c.s)))
        return false;
    vec_push(a, states, c);
    return true;
}

/* The states that C had, by its changelog. */
static bool read_changelog(Driver *d, Arena *a, Sequence *q)
{
    TopicInfoVec topics = {0};
    ChangeVec states = {0};
    bool good = true;
    topic_list(engine_topics(d->e), a, &topics);
    for (int i = 0; i < topics.n && good; i++)
        if (str_starts(topics.v[i].name, STR("_confluent-ksql-default_query_CTAS_C_")) && str_ends(topics.v[i].name, STR("-changelog")))
            good = read_topic(d, arena_cstr(a, topics.v[i].name), a, take_state, &states);
    for (int i = 0; i < states.n; i++)
        sequence_hint(q, states.v[i].g, states.v[i].n, states.v[i].s);
    return good;
}

/* C is grouped by the key of A: its values, per key, are these and no others. */
static bool check_exact(Driver *d, Arena *a)
{
    char why[ORACLE_WHY];
    ChangeVec changes = {0}, rows = {0};
    Sequence *q = sequence_new(driver_rule(d));
    for (int i = 0; i < oracle_count(d->o); i++) {
        OracleInput in = oracle_input(d->o, i);
        if (in.source == 0)
            sequence_input(q, in.k, in.v);
    }
    bool good = (!d->broker || read_changelog(d, a, q)) && read_topic(d, "C", a, take_change, &changes) &&
                read_table(d, "SELECT * FROM C;", a, &rows);
    for (int i = 0; i < changes.n && good; i++) {
        const OracleChange *c = &changes.v[i];
        if (c->gone || c->partition != oracle_partition(c->g, d->w->partitions[0]))
            good = fail(d, "C: a tombstone, or another partition's", c->g);
        else if (!sequence_value(q, c->g, c->n, c->s, why))
            good = fail(d, "C", why);
    }
    if (good && !sequence_end(q, false, why))
        good = fail(d, "C", why);
    for (int i = 0; i < rows.n && good; i++) {
        int64_t n, s;
        if (!sequence_last(q, rows.v[i].g, &n, &s) || n != rows.v[i].n || s != rows.v[i].s)
            good = fail(d, "the state of C is not what its topic ends with", rows.v[i].g);
    }
    int keys = 0;
    for (int i = 0; i < oracle_count(d->o); i++) {
        OracleInput in = oracle_input(d->o, i);
        bool first = in.source == 0;
        for (int k = 0; k < i && first; k++) {
            OracleInput before = oracle_input(d->o, k);
            first = before.source != 0 || strcmp(before.k, in.k) != 0;
        }
        keys += first;
    }
    if (good && keys != rows.n)
        good = fail(d, "pull", "C has more or fewer keys than A");
    sequence_free(q);
    return good;
}

bool check_everything(Driver *d)
{
    Arena *a = arena_new(0);
    RowVec rows[3] = {{0}};
    char why[ORACLE_WHY];
    bool good = true;
    for (int s = 0; s < ORACLE_SOURCES && good; s++) {
        const char topic[] = {(char)('a' + s), 0};
        good = read_topic(d, topic, a, take_row, &rows[s]);
        if (good && !oracle_check_source(d->o, s, rows[s].v, rows[s].n, why))
            good = fail(d, "source", why);
    }
    if (good && has(d, "Q:CTAS_C"))
        good = check_exact(d, a);
    if (good && has(d, "Q:INSERTQUERY")) {
        good = read_topic(d, "M", a, take_row, &rows[2]);
        bool again = d->broker && d->w->at_least_once;
        if (good && !(again ? oracle_check_merged_again : oracle_check_merged)(d->o, rows[2].v, rows[2].n, why))
            good = fail(d, "merged", why);
        good = good && check_table(d, 'T', &rows[2], a) && check_table(d, 'H', &rows[2], a);
    }
    arena_free(a);
    return good;
}

/* ---- the catalog ---- */

static bool add_names(Driver *d, const char *sql, const char *list, const char *member, char kind,
                      StrMap *words)
{
    json_t *answer = NULL, *row;
    size_t i;
    if (!driver_sql(d, sql, &answer, NULL))
        return false;
    json_t *rows = json_object_get(answer, list);
    bool good = json_is_array(rows) || fail(d, sql, "another shape");
    json_array_foreach(rows, i, row) {
        const char *s = json_string_value(json_object_get(row, member));
        char word[100];
        if (!s || (kind == 'S' && strcmp(s, "KSQL_PROCESSING_LOG") == 0))
            continue;
        snprintf(word, sizeof word, "%c:%s", kind, s);
        size_t n = strlen(word);
        while (kind == 'Q' && n && isdigit((unsigned char)word[n - 1]))
            n--;
        word[kind == 'Q' && n ? n - 1 : n] = 0;
        const char *state = json_string_value(json_object_get(row, "state"));
        if (state && strcmp(state, "RUNNING") != 0) {
            const char *why = json_string_value(json_object_get(row, "reason"));
            char text[200];
            snprintf(text, sizeof text, "%s, %s", state, why ? why : "no reason");
            good = fail(d, word, text);
        }
        strmap_put(words, str_of(word), words);
    }
    json_decref(answer);
    return good;
}

bool check_catalog_words(Driver *d, StrMap *words)
{
    return add_names(d, "SHOW STREAMS;", "streams", "name", 'S', words) &&
           add_names(d, "SHOW TABLES;", "tables", "name", 'T', words) &&
           add_names(d, "SHOW QUERIES;", "queries", "id", 'Q', words);
}
