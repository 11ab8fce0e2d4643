// SPDX-License-Identifier: Apache-2.0
// runtime: many sessions at once on real threads. Run it under the thread sanitizer too (scripts/dev tsan).
//
//   inserters   rows into s; each has a key of its own and counts up
//   pushers     push queries, read until a row comes, then closed, cancelled or terminated by id
//   pullers     pull queries: the count of a key never goes back
//   makers      streams and tables are created, terminated and dropped, some with their topic
//   watchers    SHOW, DESCRIBE, EXPLAIN, PRINT
// At the end the tables agree with what was inserted; the engine closes with streams still open.
#include "test_runtime_help.h"

#include <pthread.h>

enum { INSERTERS = 2, PUSHERS = 2, PULLERS = 1, MAKERS = 2, WATCHERS = 1, ROUNDS = 12 };
enum { ACTORS = INSERTERS + PUSHERS + PULLERS + MAKERS + WATCHERS, ROWS = 8 * ROUNDS, WAIT_MS = 60000 };

typedef struct Crowd {
    Bed *b;
    int failed; /* atomic */
} Crowd;

typedef struct Actor {
    Crowd *crowd;
    Session *s;
    int id; /* among its kind */
    char sql[512];
} Actor;

static bool fail(Actor *a, const char *what, const char *why)
{
    printf("actor %d: %s: %s\n", a->id, what, why ? why : "");
    __atomic_store_n(&a->crowd->failed, 1, __ATOMIC_RELAXED);
    return false;
}

static bool ask(Actor *a, const char *sql, json_t **entity, RowStream **rs)
{
    Err err = ERR_INIT;
    bool ok = session_text(a->s, sql, entity, rs, &err) == OK;
    if (!ok)
        fail(a, sql, err.msg);
    err_clear(&err);
    return ok;
}

/* What may fail, since another actor is at the same names. */
static void try(Actor *a, const char *sql)
{
    Err err = ERR_INIT;
    if (session_text(a->s, sql, NULL, NULL, &err))
        err_clear(&err);
}

static void inserts(Actor *a)
{
    for (int i = 1; i <= ROWS; i++) {
        snprintf(a->sql, sizeof a->sql, "INSERT INTO s VALUES ('k%d', %d);", a->id, i);
        if (!ask(a, a->sql, NULL, NULL))
            return;
    }
}

static void *waits(void *arg)
{
    StreamRow row;
    Err err = ERR_INIT;
    while (rowstream_next(arg, -1, &row, &err) == STREAM_ROW)
        ;
    err_clear(&err);
    return NULL;
}

static void pushes(Actor *a)
{
    const char *const sql[] = {"SELECT * FROM s EMIT CHANGES;", "SELECT k, n FROM counts EMIT CHANGES;",
                               "SELECT v + 1 FROM copy WHERE v > 3 EMIT CHANGES LIMIT 5;",
                               "SELECT k, COUNT(*) FROM s GROUP BY k EMIT CHANGES;"};
    StreamRow row;
    Err err = ERR_INIT;
    for (int i = 0; i < ROUNDS; i++) {
        RowStream *rs = NULL;
        pthread_t th;
        if (!ask(a, sql[(i + a->id) % ARRAY_LEN(sql)], NULL, &rs))
            return;
        if (rowstream_next(rs, WAIT_MS, &row, &err) != STREAM_ROW)
            fail(a, "no row comes", err.msg);
        int how = i % 3;
        if (how && pthread_create(&th, NULL, waits, rs) == 0) {
            snprintf(a->sql, sizeof a->sql, "TERMINATE %.*s;", STR_ARG(rowstream_query_id(rs)));
            if (how == 1)
                rowstream_cancel(rs);
            else
                ask(a, a->sql, NULL, NULL);
            pthread_join(th, NULL);
        }
        rowstream_close(rs);
        err_clear(&err);
    }
}

static void pulls(Actor *a)
{
    StreamRow row;
    Err err = ERR_INIT;
    int64_t last = 0;
    for (int i = 0; i < 4 * ROUNDS; i++) {
        RowStream *rs = NULL;
        if (!ask(a, i % 2 ? "SELECT n FROM counts WHERE k = 'k0';" : "SELECT n, k FROM counts;", NULL, &rs))
            return;
        for (int n = 0; rowstream_next(rs, WAIT_MS, &row, &err) == STREAM_ROW; n++) {
            bool first = i % 2 || str_eq_c(view_str(row.values[1].d.s), "k0");
            if (first && row.values[0].d.l < last)
                fail(a, "a count goes back", NULL);
            if (first)
                last = row.values[0].d.l;
        }
        rowstream_close(rs);
        err_clear(&err);
    }
}

static void makes(Actor *a)
{
    for (int i = 0; i < ROUNDS; i++) {
        json_t *entity = NULL;
        snprintf(a->sql, sizeof a->sql,
                 "CREATE STREAM m%d AS SELECT * FROM s; CREATE TABLE g%d AS SELECT v, COUNT(*) AS n FROM m%d GROUP BY v;",
                 a->id, a->id, a->id);
        ask(a, a->sql, &entity, NULL);
        const char *id = json_string_value(json_object_get(json_object_get(entity, "commandStatus"), "queryId"));
        snprintf(a->sql, sizeof a->sql, "TERMINATE %s;", id ? id : "?");
        if (i % 2)
            ask(a, a->sql, NULL, NULL);
        json_decref(entity);
        snprintf(a->sql, sizeof a->sql, "SELECT * FROM g%d;", a->id);
        try(a, a->sql);
        snprintf(a->sql, sizeof a->sql, "DROP TABLE g%d DELETE TOPIC; DROP STREAM m%d DELETE TOPIC;", a->id, a->id);
        ask(a, a->sql, NULL, NULL);
    }
}

static void watches(Actor *a)
{
    const char *const sql[] = {"SHOW QUERIES;", "SHOW STREAMS EXTENDED;", "SHOW TOPICS;", "DESCRIBE counts EXTENDED;",
                               "SHOW TABLES;",  "SHOW PROPERTIES;"};
    StreamRow row;
    Err err = ERR_INIT;
    for (int i = 0; i < 2 * ROUNDS; i++) {
        RowStream *rs = NULL;
        ask(a, sql[i % ARRAY_LEN(sql)], NULL, NULL);
        try(a, "EXPLAIN SELECT * FROM m0 EMIT CHANGES; DESCRIBE g1 EXTENDED;");
        if (!ask(a, "PRINT s FROM BEGINNING LIMIT 3;", NULL, &rs))
            return;
        while (rowstream_next(rs, WAIT_MS, &row, &err) == STREAM_ROW)
            ;
        rowstream_close(rs);
        err_clear(&err);
    }
}

typedef void Act(Actor *a);

static Act *act_of(int i, int *id)
{
    static const struct {
        int n;
        Act *act;
    } kinds[] = {{INSERTERS, inserts}, {PUSHERS, pushes}, {PULLERS, pulls}, {MAKERS, makes}, {WATCHERS, watches}};
    for (int k = 0; k < ARRAY_LEN(kinds); i -= kinds[k++].n)
        if (i < kinds[k].n) {
            *id = i;
            return kinds[k].act;
        }
    BUG("actor %d", i);
}

typedef struct Cast {
    Actor a;
    Act *act;
} Cast;

static void *play(void *arg)
{
    Cast *c = arg;
    c->act(&c->a);
    return NULL;
}

/* Waits, by reading the table's changes, until every inserter's rows are counted. */
static int all_counted(Bed *b)
{
    RowStream *rs = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    int done = 0;
    CHECK_INT(bed_stream(b, "SELECT n FROM counts EMIT CHANGES;", &rs), OK);
    while (done < INSERTERS && rowstream_next(rs, WAIT_MS, &row, &err) == STREAM_ROW)
        done += row.values[0].d.l == ROWS + 1;
    rowstream_close(rs);
    CHECK_INT(done, INSERTERS);
    return 0;
}

static int crowd(bool on_disk)
{
    Bed b;
    CHECK(bed_open(&b, on_disk, false));
    RUN(&b, "SET 'auto.offset.reset'='earliest'; SET 'ksql.streams.commit.interval.ms'='20';"
            "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=2);"
            "CREATE STREAM copy AS SELECT * FROM s;"
            "CREATE TABLE counts AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;"
            "INSERT INTO s VALUES ('k0', 9); INSERT INTO s VALUES ('k1', 9);");
    Crowd c = {&b, 0};
    Cast cast[ACTORS] = {0};
    pthread_t th[ACTORS];
    for (int i = 0; i < ACTORS; i++) {
        cast[i].a.crowd = &c;
        cast[i].a.s = session_new(b.e);
        try(&cast[i].a, "SET 'auto.offset.reset'='earliest'; SET 'ksql.streams.commit.interval.ms'='20';");
        cast[i].act = act_of(i, &cast[i].a.id);
    }
    for (int i = 0; i < ACTORS; i++)
        CHECK_INT(pthread_create(&th[i], NULL, play, &cast[i]), 0);
    for (int i = 0; i < ACTORS; i++)
        pthread_join(th[i], NULL);
    for (int i = 0; i < ACTORS; i++)
        session_free(cast[i].a.s);
    CHECK(!c.failed);
    CHECK_INT(all_counted(&b), 0);
    RowStream *open = NULL;
    CHECK_INT(bed_stream(&b, "SELECT * FROM s EMIT CHANGES;", &open), OK);
    RUN(&b, "INSERT INTO s VALUES ('k0', 1);");
    bed_stop(&b, false);
    rowstream_close(open);
    bed_close(&b);
    return 0;
}

int test_threads_memory(void) { return crowd(false); }
int test_threads_disk(void) { return crowd(true); }
