// SPDX-License-Identifier: Apache-2.0
// Changes of a table in repartition topics: the bytes that Kafka Streams 4.3.1's ChangedSerializer gives for the same rows, what
// its reader takes beside them, what does not read, and what a GROUP BY of a table writes, and reads again.
#include "test_exec_help.h"

#include "exec/change.h"
#include "runtime/internal.h"

static Bytes bytes(const char *text) { return (Bytes){text, text ? (int64_t)strlen(text) : 0}; }

static int check_written(const char *before, const char *after, const char *want, size_t n)
{
    const Change c = {bytes(before), bytes(after)};
    Buf b = BUF_INIT;
    Change again;
    change_write(&b, &c);
    CHECK(str_eq(buf_view(&b), (Str){want, n}));
    CHECK(!change_read((Bytes){b.p, (int64_t)b.n}, &again));
    CHECK_INT(again.before.p != NULL, before != NULL);
    CHECK_INT(again.after.p != NULL, after != NULL);
    CHECK_STR(((Str){again.before.p, (size_t)again.before.n}), before ? before : "");
    CHECK_STR(((Str){again.after.p, (size_t)again.after.n}), after ? after : "");
    buf_free(&b);
    return 0;
}

/* As ChangedSerializer over a StringSerializer printed them. */
int test_change_bytes(void)
{
    char long_row[101], both[104] = "\xc8\x01";
    memset(long_row, 'x', 100);
    long_row[100] = 0;
    memcpy(both + 2, long_row, 100);
    both[102] = 'y';
    both[103] = 2;
    return check_written("{\"A\":22}", "{\"A\":1}", "\x0e{\"A\":1}{\"A\":22}\x02", 17) ||
           check_written(NULL, "{\"A\":1}", "{\"A\":1}\x01", 8) || check_written("{\"A\":22}", NULL, "{\"A\":22}\0", 9) ||
           check_written("y", long_row, both, sizeof both) || check_written("", "", "\0\x02", 2) ||
           check_written("", NULL, "\0", 1);
}

/* "Is latest" of versioned tables. */
int test_change_latest(void)
{
    Change c;
    CHECK(!change_read((Bytes){"old\1\3", 5}, &c) && !c.after.p);
    CHECK_STR(((Str){c.before.p, (size_t)c.before.n}), "old");
    CHECK(!change_read((Bytes){"new\0\4", 5}, &c) && !c.before.p);
    CHECK_STR(((Str){c.after.p, (size_t)c.after.n}), "new");
    CHECK(!change_read((Bytes){"\6newold\1\5", 9}, &c));
    CHECK_STR(((Str){c.before.p, (size_t)c.before.n}), "old");
    CHECK_STR(((Str){c.after.p, (size_t)c.after.n}), "new");
    return 0;
}

int test_change_unreadable(void)
{
    static const Str bad[] = {{"", 0}, {"x\6", 2}, {"x\xff", 2}, {"\2", 1}, {"\3", 1}, {"\5", 1}, {"\6ne\2", 4}, {"\5new\2", 5},
                              {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 12}};
    Change c;
    CHECK(change_read((Bytes){NULL, 0}, &c));
    for (int i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(change_read((Bytes){bad[i].p, (int64_t)bad[i].n}, &c));
    return 0;
}

#define APP "_confluent-ksql-default_query_CTAS_T_1"

/* The records of all partitions, a line each: "ts key value flag", the length before it in brackets. */
static const char *changes_text(Rig *r)
{
    const PInput *in = &r->plan->subs[1].input;
    Buf b = BUF_INIT;
    for (int p = 0; p < in->partitions; p++) {
        RecordSet set = {0};
        Err err = ERR_INIT;
        if (topic_read(r->topics, in->topic, p, 0, 100, &set, &err)) {
            rig_failed(r, &err);
            break;
        }
        for (int i = 0; i < set.n; i++) {
            const Record *rec = &set.records[i];
            const char *v = rec->value;
            int n = rec->value_len - 1;
            buf_printf(&b, "%" PRId64 " %.*s ", rec->ts, rec->key_len, rec->key);
            if (v[n] == 2) {
                buf_printf(&b, "[%d]", v[0] / 2);
                v++;
                n--;
            }
            buf_printf(&b, "%.*s %d\n", n, v, rec->value[rec->value_len - 1]);
        }
        recordset_release(&set);
    }
    const char *text = arena_cstr(r->a, buf_view(&b));
    buf_free(&b);
    return text;
}

static const char people_sql[] =
    "CREATE TABLE people (id STRING PRIMARY KEY, city STRING, age INT) "
    "WITH (kafka_topic='people', value_format='json', partitions=2); "
    "CREATE TABLE t AS SELECT city, SUM(age) AS ages FROM people GROUP BY city;";

/* Within a group one record has both rows; between two groups each has its own. */
int test_change_group_by(void)
{
    static const Fed fed[] = {
        {"ann", "{\"CITY\":\"Bern\",\"AGE\":30}", 10}, {"ann", "{\"CITY\":\"Bern\",\"AGE\":31}", 20},
        {"ann", "{\"CITY\":\"Bern\",\"AGE\":7}", 25},  {"ann", "{\"CITY\":\"Rome\",\"AGE\":32}", 30},
        {"ann", "{\"CITY\":null,\"AGE\":33}", 40},     {"ann", "{\"CITY\":\"Rome\",\"AGE\":34}", 50},
        {"ann", NULL, 60},
    };
    Rig r;
    CHECK(rig_open(&r, NULL, people_sql, APP, true));
    CHECK_INT(r.plan->nsubs, 2);
    CHECK(rig_take_sub(&r, 0) && rig_feed(&r, fed, ARRAY_LEN(fed), 0) && rig_commit(&r));
    CHECK_TEXT(changes_text(&r), "30 Rome {\"CITY\":\"Rome\",\"AGE\":32} 1\n"
                                 "40 Rome {\"CITY\":\"Rome\",\"AGE\":32} 0\n"
                                 "50 Rome {\"CITY\":\"Rome\",\"AGE\":34} 1\n"
                                 "60 Rome {\"CITY\":\"Rome\",\"AGE\":34} 0\n"
                                 "10 Bern {\"CITY\":\"Bern\",\"AGE\":30} 1\n"
                                 "20 Bern [24]{\"CITY\":\"Bern\",\"AGE\":31}{\"CITY\":\"Bern\",\"AGE\":30} 2\n"
                                 "25 Bern [23]{\"CITY\":\"Bern\",\"AGE\":7}{\"CITY\":\"Bern\",\"AGE\":31} 2\n"
                                 "30 Bern {\"CITY\":\"Bern\",\"AGE\":7} 0\n");
    rig_close(&r);
    return 0;
}

enum { RECORDS = 5 };

/* A change of which one half does not read counts not at all: half of it would count twice, or take out what never was in. */
int test_change_decoded(void)
{
    static const char young[] = "{\"CITY\":\"Bern\",\"AGE\":3}", old[] = "{\"CITY\":\"Bern\",\"AGE\":30}", bad[] = "{\"CITY\":";
    static const char *const changes[RECORDS][2] = {{young, old}, {bad, old}, {young, bad}, {NULL, young}, {old, NULL}};
    static const uint8_t kinds[] = {ROW_UPDATE_BEFORE, ROW_UPDATE_AFTER, ROW_DELETE};
    Buf values[RECORDS] = {{0}};
    Record records[RECORDS];
    Rig r;
    Err err = ERR_INIT;
    CHECK(rig_open(&r, NULL, people_sql, APP, true));
    const PInput *in = &r.plan->subs[1].input;
    SourceReader reader = {.in = in, .wanted = (bool *)in->wanted};
    CHECK_INT(reader_new(&in->key, in->wanted, &reader.key, &err), OK);
    CHECK_INT(reader_new(&in->value, in->wanted + in->key.ncols, &reader.value, &err), OK);
    for (int i = 0; i < RECORDS; i++) {
        const Change c = {bytes(changes[i][0]), bytes(changes[i][1])};
        change_write(&values[i], &c);
        records[i] = (Record){.key = "Bern", .key_len = 4, .value = values[i].p, .value_len = (int32_t)values[i].n, .offset = i};
    }
    values[3].p[values[3].n - 1] = 6; /* a kind that is not known */
    const Batch *b = reader_decode(&reader, &(RecordSet){.n = RECORDS, .records = records, .next_offset = RECORDS}, r.a);
    CHECK_INT(b->nsel, ARRAY_LEN(kinds));
    for (int i = 0; i < b->nsel; i++)
        CHECK_INT(batch_kind(b, batch_row(b, i)), kinds[i]);
    CHECK_INT(b->offset[batch_row(b, 2)], 4);
    CHECK_INT(b->errors->total, 3);
    bool told = false;
    for (int i = 0; i < b->errors->v.n; i++)
        told |= str_eq_c(b->errors->v.v[i].message, "A change of a table is of an unknown kind");
    CHECK(told);
    for (int i = 0; i < RECORDS; i++)
        buf_free(&values[i]);
    reader_free(reader.key);
    reader_free(reader.value);
    rig_close(&r);
    return 0;
}
