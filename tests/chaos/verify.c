// SPDX-License-Identifier: Apache-2.0
// What the chaos test's queries must have done: set up at first, laid before tests/oracle at the end.
//
//   chaos_s (k, g, v)     the producer's topic, which alone says what the inputs are
//   ROWS_<G>              SELECT *                              per key every row, in the order of the inputs
//   KEYS_<G>              k, COUNT(*), SUM(v) GROUP BY k        per key the exact sequence of values; at least once, with the
//                                                               changelog beside it: values that count every input
//   GROUPS_<G>            g, COUNT(*), SUM(v) GROUP BY g        through a repartition topic: counts 1, 2, 3, …, and the right end
//
// <G> is ONCE (exactly_once_v2) and LEAST (at_least_once); without a cache, so that every update is put out. @thread main
#include "tests/chaos/chaos.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/map.h"
#include "runtime/session.h"
#include "sql/parse.h"
#include "tests/oracle/oracle.h"
#include "tests/oracle/sequence.h"
#include "topic/broker.h"
#include "topic/kafka.h"

enum { GUARANTEES = 2, ASK_MS = 500 };

static const char *const guarantees[] = {"ONCE", "LEAST"};

/* A group of GROUPS_<G>: wanted, and as its topic says so far. */
typedef struct GroupSeen {
    int64_t want_n, want_sum, n, sum;
} GroupSeen;

typedef struct Tail {
    char topic[160];
    int64_t at[CHAOS_PARTITIONS], end[CHAOS_PARTITIONS];
    int64_t records;
} Tail;

typedef struct Guarantee {
    Tail rows, keys, groups, changelog; /* changelog: of keys */
    Sequence *row_seq, *key_seq;
    GroupSeen group[CHAOS_GROUPS];
} Guarantee;

typedef struct Verify {
    Chaos *c;
    Broker *b;     /* taken over by topics */
    Topics *topics;
    Tail source;
    int64_t inputs, known_seen;
    uint8_t *seen; /* by value */
    int64_t seen_room;
    Guarantee g[GUARANTEES];
    int which;     /* of g, while one of its topics is read */
    int64_t errors;
    char why[ORACLE_WHY]; /* the first */
} Verify;

/* ---- statements ---- */

static Status run_sql(Session *s, const char *sql, json_t **entity, RowStream **rows, Err *err)
{
    Arena *a = arena_new(4096);
    StmtVec stmts = {0};
    Status st = parse_all(str_of(sql), a, NULL, &stmts, err);
    for (int i = 0; i < stmts.n && st == OK; i++) {
        Answer ans = {0};
        st = session_run(s, stmts.v[i], &ans, err);
        if (st == OK && entity)
            *entity = json_incref(ans.entity);
        if (st == OK && rows) {
            *rows = ans.stream;
            ans.stream = NULL;
        }
        answer_clear(&ans);
    }
    arena_free(a);
    return st;
}

static Status open_engine(const Chaos *c, const char *dir, Engine **e, Session **s, Err *err)
{
    KafkaSetting settings[] = {{STR("bootstrap.servers"), str_of(c->bootstrap)}};
    KafkaConfig kafka = {.settings = settings, .n = 1, .client_id = "chaos"};
    EngineConfig config = {.kafka = &kafka, .fx = effects_real(), .service_id = c->service, .dir = dir, .session_ms = c->session_ms,
                           .workers = 2, .member = "chaos:0", .headless = c->broker_only > 0};
    Status st = engine_open(&config, e, err);
    if (st == OK)
        *s = session_new(*e);
    return st;
}

static bool remember_ids(Chaos *c, Session *s, Err *err)
{
    json_t *answer = NULL, *row;
    size_t i;
    if (run_sql(s, "SHOW QUERIES;", &answer, NULL, err))
        return false;
    json_array_foreach(json_object_get(answer, "queries"), i, row) {
        buf_cstr(&c->ids, json_string_value(json_object_get(row, "id")));
        buf_byte(&c->ids, '\n');
    }
    json_decref(answer);
    return true;
}

static void write_statements(const Chaos *c, Buf *sql)
{
    static const char *const guarantee_names[] = {"exactly_once_v2", "at_least_once"};
    buf_printf(sql,
               "SET 'auto.offset.reset'='earliest'; SET 'ksql.streams.cache.max.bytes.buffering'='0'; "
               "SET 'ksql.streams.commit.interval.ms'='%d';"
               "CREATE STREAM S (k VARCHAR KEY, g VARCHAR, v BIGINT) WITH (kafka_topic='chaos_s', partitions=%d, "
               "value_format='JSON');", c->broker_only ? 50 : 100, CHAOS_PARTITIONS);
    for (int i = 0; i < GUARANTEES; i++) {
        const char *g = guarantees[i];
        buf_printf(sql, "SET 'processing.guarantee'='%s'; CREATE STREAM ROWS_%s AS SELECT * FROM S;", guarantee_names[i], g);
        buf_printf(sql, "CREATE TABLE KEYS_%s AS SELECT k, COUNT(*) AS n, SUM(v) AS s FROM S GROUP BY k;", g);
        buf_printf(sql, "CREATE TABLE GROUPS_%s AS SELECT g, COUNT(*) AS n, SUM(v) AS s FROM S GROUP BY g;", g);
    }
}

static bool write_file(const Chaos *c, Str sql)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/queries.sql", c->work);
    FILE *f = fopen(path, "w");
    bool good = f && fwrite(sql.p, 1, sql.n, f) == sql.n;
    return f && fclose(f) == 0 && good;
}

bool verify_setup(Chaos *c, char *why)
{
    Engine *e = NULL;
    Session *s = NULL;
    Err err = ERR_INIT;
    Buf sql = BUF_INIT;
    write_statements(c, &sql);
    Status st = open_engine(c, NULL, &e, &s, &err);
    if (st == OK)
        st = run_sql(s, buf_z(&sql), NULL, NULL, &err);
    bool good = st == OK && remember_ids(c, s, &err) && write_file(c, buf_view(&sql));
    if (!good)
        snprintf(why, CHAOS_WHY, "%s", err.msg ? err.msg : "no queries");
    session_free(s);
    engine_close(e);
    err_clear(&err);
    buf_free(&sql);
    return good;
}

/* ---- reading ---- */

static void wrong(Verify *v, const char *where, const char *why)
{
    if (v->errors++ == 0)
        snprintf(v->why, sizeof v->why, "%.40s: %.300s", where, why);
}

typedef void TakeRecord(Verify *v, int partition, const char *key, json_t *value);

static bool aim_tail(Verify *v, Tail *t)
{
    int64_t begin;
    Err err = ERR_INIT;
    bool good = true;
    for (int p = 0; p < CHAOS_PARTITIONS && good; p++)
        good = topic_ends(v->topics, str_of(t->topic), p, &begin, &t->end[p], &err) == OK;
    err_clear(&err);
    return good;
}

/* All that came since the last time, up to where it was aimed at; committed records only. False: the broker does not give them
 * (now). */
static bool read_tail(Verify *v, Tail *t, TakeRecord *take)
{
    for (int p = 0; p < CHAOS_PARTITIONS; p++) {
        while (t->at[p] < t->end[p]) {
            Err err = ERR_INIT;
            RecordSet set;
            if (topic_read(v->topics, str_of(t->topic), p, t->at[p], 4000, &set, &err)) {
                printf("%s, partition %d: %s\n", t->topic, p, err.msg);
                err_clear(&err);
                return false;
            }
            for (int i = 0; i < set.n; i++) {
                const Record *r = &set.records[i];
                char key[64];
                if (r->offset >= t->end[p])
                    break; /* the next time */
                snprintf(key, sizeof key, "%.*s", (int)r->key_len, r->key ? r->key : "");
                json_t *value = r->value ? json_loadb(r->value, (size_t)r->value_len, 0, NULL) : NULL;
                if (!value)
                    wrong(v, t->topic, "a record without a value, or not JSON");
                else
                    take(v, p, key, value);
                json_decref(value);
                t->records++;
            }
            bool some = set.n > 0;
            int64_t next = set.next_offset < t->end[p] ? set.next_offset : t->end[p];
            t->at[p] = next > t->at[p] ? next : t->at[p];
            recordset_release(&set);
            if (!some)
                break;
        }
    }
    return true;
}

static int64_t member_int(json_t *value, const char *name) { return json_integer_value(json_object_get(value, name)); }

static int group_number(const char *g)
{
    int n = g && *g == 'g' ? atoi(g + 1) : -1;
    return n < CHAOS_GROUPS ? n : -1;
}

static void take_input(Verify *v, int partition, const char *key, json_t *value)
{
    int64_t x = member_int(value, "V");
    int g = group_number(json_string_value(json_object_get(value, "G")));
    if (partition != oracle_partition(key, CHAOS_PARTITIONS) || g < 0 || x <= 0) {
        wrong(v, "input", key);
        return;
    }
    while (x >= v->seen_room) {
        int64_t room = v->seen_room ? v->seen_room * 2 : 1 << 16;
        v->seen = mem_realloc(v->seen, (size_t)room);
        memset(v->seen + v->seen_room, 0, (size_t)(room - v->seen_room));
        v->seen_room = room;
    }
    if (v->seen[x]++)
        wrong(v, "input", "a value was produced twice");
    v->inputs++;
    v->known_seen += producer_knows(&v->c->producer, x);
    for (int i = 0; i < GUARANTEES; i++) {
        sequence_input(v->g[i].row_seq, key, x);
        sequence_input(v->g[i].key_seq, key, x);
        v->g[i].group[g].want_n++;
        v->g[i].group[g].want_sum += x;
    }
}

static void take_row(Verify *v, int partition, const char *key, json_t *value)
{
    char why[ORACLE_WHY];
    Guarantee *g = &v->g[v->which];
    if (partition != oracle_partition(key, CHAOS_PARTITIONS))
        wrong(v, g->rows.topic, "another key's partition");
    else if (!sequence_row(g->row_seq, key, member_int(value, "V"), why))
        wrong(v, g->rows.topic, why);
}

static void take_key(Verify *v, int partition, const char *key, json_t *value)
{
    char why[ORACLE_WHY];
    Guarantee *g = &v->g[v->which];
    if (partition != oracle_partition(key, CHAOS_PARTITIONS))
        wrong(v, g->keys.topic, "another key's partition");
    else if (!sequence_value(g->key_seq, key, member_int(value, "N"), member_int(value, "S"), why))
        wrong(v, g->keys.topic, why);
}

static void take_changelog(Verify *v, int partition, const char *key, json_t *value)
{
    UNUSED(partition);
    sequence_hint(v->g[v->which].key_seq, key, member_int(value, "KSQL_AGG_VARIABLE_0"), member_int(value, "KSQL_AGG_VARIABLE_1"));
}

static void take_group(Verify *v, int partition, const char *key, json_t *value)
{
    Guarantee *g = &v->g[v->which];
    int no = group_number(key);
    char why[200];
    if (no < 0 || partition != oracle_partition(key, CHAOS_PARTITIONS)) {
        wrong(v, g->groups.topic, key);
        return;
    }
    GroupSeen *gr = &g->group[no];
    int64_t n = member_int(value, "N");
    snprintf(why, sizeof why, "%s: the count %" PRId64 " behind %" PRId64, key, n, gr->n);
    if (v->which == 0 ? n != gr->n + 1 : n < 1)
        wrong(v, g->groups.topic, why);
    gr->n = n;
    gr->sum = member_int(value, "S");
}

/* ---- the end ---- */

static bool at_end(const Guarantee *g, bool once, char *why)
{
    if (!sequence_end(g->row_seq, true, why) || !sequence_end(g->key_seq, false, why))
        return false;
    for (int i = 0; i < CHAOS_GROUPS; i++) {
        const GroupSeen *gr = &g->group[i];
        if (once ? gr->n != gr->want_n || gr->sum != gr->want_sum : gr->n < gr->want_n || gr->sum < gr->want_sum) {
            snprintf(why, ORACLE_WHY, "%s: g%d ends with (%" PRId64 ", %" PRId64 "), wanted (%" PRId64 ", %" PRId64 ")",
                     g->groups.topic, i, gr->n, gr->sum, gr->want_n, gr->want_sum);
            return false;
        }
    }
    return true;
}

/* Every group stands at the end of the source topic. */
static bool all_committed(Verify *v, char *why)
{
    const int64_t *end = v->source.end;
    bool good = true;
    const char *id = buf_z(&v->c->ids);
    for (size_t n; good && *id; id += n + (id[n] == '\n')) {
        Arena *a = arena_new(1024);
        GroupPositionVec all = {0};
        Err err = ERR_INIT;
        int64_t at[CHAOS_PARTITIONS] = {0};
        n = strcspn(id, "\n");
        Str group = arena_strf(a, "_confluent-ksql-%squery_%.*s", v->c->service, (int)n, id);
        if (v->b->ops->positions(v->b, group, a, &all, &err)) {
            good = false;
            snprintf(why, ORACLE_WHY, "%.*s: %s", STR_ARG(group), err.msg);
        }
        for (int i = 0; i < all.n; i++)
            if (str_eq_c(all.v[i].topic, v->source.topic) && all.v[i].partition < CHAOS_PARTITIONS)
                at[all.v[i].partition] = all.v[i].offset;
        for (int p = 0; p < CHAOS_PARTITIONS && good; p++)
            if (at[p] < end[p]) {
                good = false;
                snprintf(why, ORACLE_WHY, "%.*s, partition %d: stands at %" PRId64 " of %" PRId64, STR_ARG(group), p, at[p],
                         end[p]);
            }
        err_clear(&err);
        arena_free(a);
    }
    return good;
}

static bool read_outputs(Verify *v)
{
    bool good = true;
    for (v->which = 0; v->which < GUARANTEES; v->which++) {
        Guarantee *g = &v->g[v->which];
        good = aim_tail(v, &g->rows) && aim_tail(v, &g->keys) && aim_tail(v, &g->groups) &&
               aim_tail(v, &g->changelog) && /* last: what a value of keys came from was there before it */
               read_tail(v, &g->changelog, take_changelog) && read_tail(v, &g->rows, take_row) &&
               read_tail(v, &g->keys, take_key) && read_tail(v, &g->groups, take_group) && good;
    }
    return good;
}

/* Once the producer has ended: all of its topic, however long a broker takes that has just come back. */
static bool read_source(Verify *v)
{
    int64_t limit = chaos_now() + (int64_t)v->c->limit_s * 1000;
    for (; chaos_now() < limit; chaos_sleep(ASK_MS)) {
        bool good = aim_tail(v, &v->source) && read_tail(v, &v->source, take_input);
        for (int p = 0; p < CHAOS_PARTITIONS; p++)
            good &= v->source.at[p] == v->source.end[p];
        if (good)
            return true;
    }
    return false;
}

static void await_end(Verify *v)
{
    char why[ORACLE_WHY] = "";
    int64_t from = chaos_now(), limit = from + (int64_t)v->c->limit_s * 1000;
    bool good = false;
    while (!good && chaos_now() < limit) {
        servers_keep(v->c);
        good = all_committed(v, why) && read_outputs(v);
        for (int i = 0; i < GUARANTEES && good; i++)
            good = at_end(&v->g[i], i == 0, why);
        if (v->errors)
            break;
        if (!good)
            chaos_sleep(ASK_MS);
    }
    printf("%" PRId64 " ms until all was committed\n", chaos_now() - from);
    if (!good) {
        servers_ask(v->c, "SHOW QUERIES;\n"); /* for who looks at the logs */
        for (const char *id = buf_z(&v->c->ids); *id; id += strcspn(id, "\n") + 1) {
            char sql[100];
            snprintf(sql, sizeof sql, "EXPLAIN %.*s;\n", (int)strcspn(id, "\n"), id);
            servers_ask(v->c, sql);
        }
    }
    chaos_check(v->c, good || v->errors, "all inputs are committed and in the outputs", why);
}

/* ---- the state ---- */

static bool check_row(Verify *v, Guarantee *g, bool groups, const char *key, int64_t n, int64_t sum)
{
    int64_t want_n = -1, want_sum = -1;
    int no = groups ? group_number(key) : -1;
    if (groups && no >= 0) {
        want_n = g->group[no].n;
        want_sum = g->group[no].sum;
    } else if (!groups && !sequence_last(g->key_seq, key, &want_n, &want_sum)) {
        want_n = -1;
    }
    char why[200];
    snprintf(why, sizeof why, "%s: the state is (%" PRId64 ", %" PRId64 "), its topic ends with (%" PRId64 ", %" PRId64 ")", key, n,
             sum, want_n, want_sum);
    if (n != want_n || sum != want_sum)
        wrong(v, groups ? g->groups.topic : g->keys.topic, why);
    return n == want_n && sum == want_sum;
}

/* The rows of a table; -1: it does not answer (yet), why says what. */
static int pull(Verify *v, Session *s, Guarantee *g, bool groups, char *why)
{
    char sql[80];
    RowStream *rs = NULL;
    StreamRow row;
    Err err = ERR_INIT;
    StreamEvent ev = STREAM_ERROR;
    int n = 0;
    snprintf(sql, sizeof sql, "SELECT * FROM %s;", groups ? g->groups.topic : g->keys.topic);
    if (run_sql(s, sql, NULL, &rs, &err) == OK)
        while ((ev = rowstream_next(rs, 10000, &row, &err)) == STREAM_ROW) {
            char key[64];
            Str k = view_str(row.values[0].d.s);
            snprintf(key, sizeof key, "%.*s", STR_ARG(k));
            check_row(v, g, groups, key, row.values[1].d.l, row.values[2].d.l);
            n++;
        }
    rowstream_close(rs);
    snprintf(why, ORACLE_WHY, "%s %s", sql, err.msg ? err.msg : "");
    err_clear(&err);
    return ev == STREAM_END ? n : -1;
}

/* One server has all the work now, over a directory that was there all the time. */
static void check_state(Verify *v)
{
    Engine *e = NULL;
    Session *s = NULL;
    Err err = ERR_INIT;
    char dir[1024], why[ORACLE_WHY] = "";
    int64_t limit = chaos_now() + (int64_t)v->c->limit_s * 1000;
    server_dir(v->c, &v->c->servers[0], dir, sizeof dir);
    Buf sql = BUF_INIT;
    Status st = open_engine(v->c, dir, &e, &s, &err);
    write_statements(v->c, &sql);
    if (st == OK && v->c->broker_only) /* a headless server's statements are nowhere but in its file */
        st = run_sql(s, buf_z(&sql), NULL, NULL, &err);
    buf_free(&sql);
    if (st) {
        chaos_check(v->c, false, "the state is opened", err.msg);
        err_clear(&err);
        session_free(s);
        engine_close(e);
        return;
    }
    for (int i = 0; i < GUARANTEES; i++)
        for (int groups = 0; groups < 2; groups++) {
            int want = groups ? CHAOS_GROUPS : CHAOS_KEYS, n;
            v->errors = 0;
            while ((n = pull(v, s, &v->g[i], groups, why)) < want && !v->errors && chaos_now() < limit)
                chaos_sleep(ASK_MS);
            chaos_check(v->c, n == want && !v->errors, groups ? "the state of GROUPS" : "the state of KEYS",
                        v->errors ? v->why : why);
        }
    session_free(s);
    engine_close(e);
}

/* ---- all ---- */

static void init_verify(Verify *v, Chaos *c)
{
    *v = (Verify){.c = c};
    snprintf(v->source.topic, sizeof v->source.topic, "chaos_s");
    for (int i = 0; i < GUARANTEES; i++) {
        Guarantee *g = &v->g[i];
        SequenceRule rule = i == 0 ? SEQUENCE_EXACT : SEQUENCE_RECOUNTED;
        g->row_seq = sequence_new(rule);
        g->key_seq = sequence_new(rule);
        snprintf(g->rows.topic, sizeof g->rows.topic, "ROWS_%s", guarantees[i]);
        snprintf(g->keys.topic, sizeof g->keys.topic, "KEYS_%s", guarantees[i]);
        snprintf(g->groups.topic, sizeof g->groups.topic, "GROUPS_%s", guarantees[i]);
        for (const char *id = buf_z(&c->ids); *id; id += strcspn(id, "\n") + 1)
            if (strncmp(id + strlen("CTAS_"), g->keys.topic, strlen(g->keys.topic)) == 0)
                snprintf(g->changelog.topic, sizeof g->changelog.topic,
                         "_confluent-ksql-%squery_%.*s-Aggregate-Aggregate-Materialize-changelog", c->service,
                         (int)strcspn(id, "\n"), id);
    }
}

static void report(const Verify *v)
{
    printf("inputs: %" PRId64 " (%" PRId64 " acknowledged, %" PRId64 " given up by the producer)\n", v->inputs,
           v->c->producer.acked, v->c->producer.refused);
    for (int i = 0; i < GUARANTEES; i++) {
        const Guarantee *g = &v->g[i];
        printf("%s: %" PRId64 " rows, %" PRId64 " values of keys, %" PRId64 " of groups; put out again: %" PRId64 " rows, %" PRId64
               " values\n", i == 0 ? "exactly once" : "at least once", g->rows.records, g->keys.records, g->groups.records,
               sequence_repeated(g->row_seq), sequence_repeated(g->key_seq));
    }
}

static void verify_close(Verify *v)
{
    for (int i = 0; i < GUARANTEES; i++) {
        sequence_free(v->g[i].row_seq);
        sequence_free(v->g[i].key_seq);
    }
    topics_free(v->topics);
    mem_free(v->seen);
    mem_free(v);
}

/* NULL: the broker is not reached, and why. */
static Verify *verify_open(Chaos *c, char *why)
{
    Verify *v = mem_zalloc(sizeof *v);
    KafkaSetting settings[] = {{STR("bootstrap.servers"), str_of(c->bootstrap)}};
    KafkaConfig config = {.settings = settings, .n = 1, .client_id = "chaos-verify"};
    Err err = ERR_INIT;
    init_verify(v, c);
    if (kafka_broker_open(&config, &v->b, &err) == OK && topics_remote_open(v->b, NULL, effects_real(), &v->topics, &err) == OK)
        return v;
    snprintf(why, CHAOS_WHY, "%s", err.msg);
    err_clear(&err);
    verify_close(v);
    return NULL;
}

bool verify_progress(Chaos *c, int64_t until, char *why)
{
    Verify *v = NULL;
    bool aimed = false, good = false;
    snprintf(why, CHAOS_WHY, "the ends of the input topic are not known");
    for (; !good && chaos_now() < until; chaos_sleep(good ? 0 : 50)) {
        servers_keep(c);
        if (!v && !(v = verify_open(c, why)))
            continue;
        aimed = aimed || aim_tail(v, &v->source);
        good = aimed && all_committed(v, why);
    }
    if (v)
        verify_close(v);
    return good;
}

void verify_all(Chaos *c)
{
    char unreached[CHAOS_WHY] = "";
    Verify *v = verify_open(c, unreached);
    if (!v) {
        chaos_check(c, false, "the broker is reached", unreached);
        return;
    }
    bool read = read_source(v);
    char why[100];
    snprintf(why, sizeof why, "%" PRId64 " of %" PRId64 " are there", v->known_seen, c->producer.acked);
    chaos_check(c, read && v->known_seen == c->producer.acked && v->inputs > 0, "every acknowledged input is in its topic", why);
    await_end(v);
    for (int i = 0; i < CHAOS_SERVERS; i++)
        chaos_check(c, server_end(c, &c->servers[i], 30000), "a server ends when it is told to", "killed after 30 s");
    chaos_check(c, read_outputs(v), "the outputs are read to their ends: nothing more may have come",
                "the broker does not give them");
    report(v);
    for (int i = 0; i < GUARANTEES; i++)
        chaos_check(c, at_end(&v->g[i], i == 0, why),
                    i == 0 ? "exactly once: all is there, once, in order" : "at least once: all is there", why);
    chaos_check(c, v->errors == 0, "every record of the outputs is one that may be there", v->why);
    if (v->errors)
        printf("%" PRId64 " records are wrong\n", v->errors);
    check_state(v);
    verify_close(v);
}
