// SPDX-License-Identifier: Apache-2.0
// topic: the contract, on memory, embedded and remote topics (on a double of the broker); the stored form; Kafka's partitioner.
#include "tmpdir.h"
#include "unit.h"

#include "tests/crash/broker_double.h"
#include "topic/topic_impl.h"

typedef enum Kind { MEMORY, EMBEDDED, REMOTE } Kind;

typedef struct Fixture {
    TmpDir dir;
    Disk *d;
    Broker *b;
    Topics *t;
} Fixture;

static bool fixture_open(Fixture *f)
{
    Err err = ERR_INIT;
    bool ok = disk_open(f->dir.path, effects_real(), 0, &f->d, &err) == OK;
    if (ok && f->b)
        ok = topics_remote_open(f->b, f->d, effects_real(), &f->t, &err) == OK;
    else if (ok)
        ok = topics_embedded_open(f->d, effects_real(), &f->t, &err) == OK;
    if (!ok)
        printf("%s\n", err.msg);
    err_clear(&err);
    return ok;
}

static Fixture fixture_new(Kind kind)
{
    Fixture f = {.d = NULL};
    if (kind == MEMORY) {
        f.t = topics_memory_new(effects_real());
    } else {
        DoubleConfig bad = {.seed = 1, .delay = 300, .reorder = 300, .queue = 100};
        f.b = kind == REMOTE ? double_new(&bad) : NULL;
        f.dir = tmpdir_new();
        BUG_IF(!fixture_open(&f));
    }
    return f;
}

static void fixture_close(Fixture *f)
{
    topics_free(f->t);
    disk_close(f->d);
}

/* Embedded topics forget what is not on disk, remote ones what they know of the broker. */
static void fixture_reopen(Fixture *f)
{
    if (!f->d)
        return;
    fixture_close(f);
    BUG_IF(!fixture_open(f));
}

static void fixture_free(Fixture *f)
{
    bool kept = f->d != NULL;
    fixture_close(f);
    if (kept)
        tmpdir_remove(&f->dir);
    if (f->b)
        double_free(f->b);
}

static Status create(Topics *t, const char *name, int partitions)
{
    Err err = ERR_INIT;
    TopicInfo info = {.name = str_of(name), .partitions = partitions, .replicas = 1, .retention_ms = -1};
    Status s = topic_create(t, &info, &err);
    err_clear(&err);
    return s;
}

static Record record(const char *key, const char *value, int64_t ts)
{
    int32_t kn = key ? (int32_t)strlen(key) : 0, vn = value ? (int32_t)strlen(value) : 0;
    return (Record){key, value, kn, vn, 0, ts, {0, NULL}};
}

static Status append_one(Topics *t, const char *name, int partition, const char *key, const char *value,
                         int64_t ts)
{
    Err err = ERR_INIT;
    Record r = record(key, value, ts);
    Unit *u = unit_begin(t);
    unit_append(u, str_of(name), partition, &r);
    Status s = unit_commit(u, false, &err);
    err_clear(&err);
    return s;
}

/* "offset:key=value@ts " of each record from offset on, in sets of `most`. */
static const char *contents(Topics *t, const char *name, int partition, int64_t offset, int most, Buf *out)
{
    Err err = ERR_INIT;
    RecordSet set;
    bool more;
    buf_clear(out);
    do {
        if (topic_read(t, str_of(name), partition, offset, most, &set, &err) != OK) {
            buf_printf(out, "error %s: %s", err_code_name(err.code), err.msg);
            err_clear(&err);
            return buf_z(out);
        }
        if (set.n > most || (set.n && set.records[0].offset < offset))
            buf_cstr(out, "WRONG SET ");
        for (int i = 0; i < set.n; i++) {
            const Record *r = &set.records[i];
            buf_printf(out, "%" PRId64 ":", r->offset);
            buf_str(out, r->key ? (Str){r->key, (size_t)r->key_len} : STR("-"));
            buf_byte(out, '=');
            buf_str(out, r->value ? (Str){r->value, (size_t)r->value_len} : STR("-"));
            buf_printf(out, "@%" PRId64 " ", r->ts);
        }
        offset = set.next_offset;
        more = set.n > 0;
        recordset_release(&set);
    } while (more);
    return buf_z(out);
}

int test_topic_names(void)
{
    CHECK(topic_name_valid(STR("a")) && topic_name_valid(STR("A.b_c-9")) && topic_name_valid(STR("...")));
    CHECK(!topic_name_valid(STR("")) && !topic_name_valid(STR(".")) && !topic_name_valid(STR("..")));
    CHECK(!topic_name_valid(STR("a b")) && !topic_name_valid(STR("a/b")));
    CHECK(!topic_name_valid(STR("\xc3\xa4")));
    char name[251];
    memset(name, 'x', sizeof name);
    CHECK(topic_name_valid((Str){name, 249}) && !topic_name_valid((Str){name, 250}));
    return 0;
}

static int check_create_delete(Kind kind)
{
    Fixture f = fixture_new(kind);
    Err err = ERR_INIT;
    TopicInfo info = {STR("b"), 3, 2, 1234, CLEANUP_COMPACT_DELETE, TOPIC_COMMAND};
    CHECK_INT(topic_create(f.t, &info, &err), OK);
    CHECK_INT(create(f.t, "a", 1), OK);
    CHECK_INT(create(f.t, "a", 1), ERR_STATEMENT);
    CHECK_INT(create(f.t, "no/slash", 1), ERR_STATEMENT);
    CHECK_INT(create(f.t, "none", 0), ERR_LIMIT);
    CHECK_INT(create(f.t, "many", LIMIT_PARTITIONS + 1), ERR_LIMIT);
    fixture_reopen(&f);
    CHECK(topic_describe(f.t, STR("b"), &info));
    CHECK_STR(info.name, "b");
    CHECK(info.partitions == 3 && info.replicas == 2 && info.retention_ms == 1234);
    CHECK_INT(info.use, kind == REMOTE ? TOPIC_USER : TOPIC_COMMAND); /* remote: by the name */
    CHECK_INT(info.cleanup, CLEANUP_COMPACT_DELETE);
    CHECK(!topic_describe(f.t, STR("c"), &info));

    Arena *a = arena_new(0);
    TopicInfoVec list = {NULL, 0, 0};
    topic_list(f.t, a, &list);
    CHECK_INT(list.n, 2);
    CHECK_STR(list.v[0].name, "a");
    CHECK_STR(list.v[1].name, "b");
    arena_free(a);

    /* A topic of the same name starts empty; a unit on the old one fails, and its positions went. */
    CHECK_INT(append_one(f.t, "a", 0, "k", "v", 1), OK);
    Unit *u = unit_begin(f.t);
    unit_position(u, STR("q"), STR("a"), 0, 1);
    unit_position(u, STR("q"), STR("b"), 2, 7);
    CHECK_INT(unit_commit(u, true, &err), OK);
    CHECK_INT(position_get(f.t, STR("q"), STR("a"), 0), 1);
    Record r = record("x", "y", 1);
    u = unit_begin(f.t);
    unit_append(u, STR("a"), 0, &r);
    unit_position(u, STR("q"), STR("a"), 0, 2);
    CHECK_INT(topic_delete(f.t, STR("a"), &err), OK);
    CHECK_INT(topic_delete(f.t, STR("a"), &err), ERR_NOT_FOUND);
    err_clear(&err);
    CHECK_INT(create(f.t, "a", 2), OK);
    CHECK_INT(unit_commit(u, false, &err), ERR_TOPIC_GONE);
    err_clear(&err);
    fixture_reopen(&f);
    CHECK_INT(topic_end(f.t, STR("a"), 0), 0);
    CHECK_INT(position_get(f.t, STR("q"), STR("a"), 0), -1);
    CHECK_INT(position_get(f.t, STR("q"), STR("b"), 2), 7);
    Buf text = BUF_INIT;
    CHECK_TEXT(contents(f.t, "a", 0, 0, 10, &text), "");
    CHECK(strstr(contents(f.t, "a", 2, 0, 10, &text), "ERR_TOPIC_GONE"));
    CHECK(strstr(contents(f.t, "zz", 0, 0, 10, &text), "ERR_TOPIC_GONE"));
    CHECK_INT(append_one(f.t, "zz", 0, "k", "v", 1), ERR_TOPIC_GONE);
    CHECK_INT(append_one(f.t, "a", 2, "k", "v", 1), ERR_TOPIC_GONE);
    buf_free(&text);
    CHECK(!f.b || double_counts(f.b)->violations == 0);
    fixture_free(&f);
    return 0;
}

int test_topic_create_delete_memory(void) { return check_create_delete(MEMORY); }
int test_topic_create_delete_embedded(void) { return check_create_delete(EMBEDDED); }
int test_topic_create_delete_remote(void) { return check_create_delete(REMOTE); }

static int check_append_read(Kind kind)
{
    Fixture f = fixture_new(kind);
    Buf text = BUF_INIT;
    Err err = ERR_INIT;
    CHECK_INT(create(f.t, "t", 2), OK);
    CHECK_INT(append_one(f.t, "t", 1, "a", "1", 100), OK);
    CHECK_INT(append_one(f.t, "t", 1, NULL, "2", 90), OK);
    Unit *u = unit_begin(f.t);
    CHECK(unit_empty(u));
    Record r[] = {record("b", NULL, -5), record("", "", 110), record("c", "3", 120)};
    for (int i = 0; i < 3; i++)
        unit_append(u, STR("t"), 1, &r[i]);
    unit_append(u, STR("t"), 0, &r[2]);
    CHECK(!unit_empty(u) && unit_bytes(u) > 0);
    CHECK_INT(topic_end(f.t, STR("t"), 1), 2);
    CHECK_INT(unit_commit(u, true, &err), OK);
    u = unit_begin(f.t);
    unit_append(u, STR("t"), 1, &r[0]);
    unit_position(u, STR("q"), STR("t"), 0, 1);
    unit_abort(u);
    CHECK_INT(position_get(f.t, STR("q"), STR("t"), 0), -1);
    for (int round = 0; round < 2; round++) {
        const char *all = "0:a=1@100 1:-=2@90 2:b=-@-5 3:=@110 4:c=3@120 ";
        CHECK_INT(topic_end(f.t, STR("t"), 1), 5);
        CHECK_INT(topic_begin(f.t, STR("t"), 1), 0);
        CHECK_INT(topic_end(f.t, STR("t"), 0), 1);
        CHECK_INT(topic_end(f.t, STR("none"), 0), 0);
        CHECK_TEXT(contents(f.t, "t", 1, 0, 10, &text), all);
        CHECK_TEXT(contents(f.t, "t", 1, 0, 1, &text), all);
        CHECK_TEXT(contents(f.t, "t", 1, -3, 2, &text), all);
        CHECK_TEXT(contents(f.t, "t", 1, 3, 2, &text), "3:=@110 4:c=3@120 ");
        CHECK_TEXT(contents(f.t, "t", 1, 5, 2, &text), "");
        CHECK_TEXT(contents(f.t, "t", 1, 9, 2, &text), "");
        CHECK_TEXT(contents(f.t, "t", 0, 0, 2, &text), "0:c=3@120 ");
        CHECK_INT(topic_offset_at(f.t, STR("t"), 1, 0), 0);
        CHECK_INT(topic_offset_at(f.t, STR("t"), 1, 101), 3);
        CHECK_INT(topic_offset_at(f.t, STR("t"), 1, 120), 4);
        CHECK_INT(topic_offset_at(f.t, STR("t"), 1, 121), 5);
        CHECK_INT(topic_offset_at(f.t, STR("none"), 1, 121), 0);
        fixture_reopen(&f);
    }
    buf_free(&text);
    CHECK(!f.b || double_counts(f.b)->violations == 0);
    fixture_free(&f);
    return 0;
}

int test_topic_append_read_memory(void) { return check_append_read(MEMORY); }
int test_topic_append_read_embedded(void) { return check_append_read(EMBEDDED); }
int test_topic_append_read_remote(void) { return check_append_read(REMOTE); }

static int check_headers(Kind kind)
{
    Fixture f = fixture_new(kind);
    Err err = ERR_INIT;
    RecordSet set;
    Header h[] = {{STR("trace"), STR("abc")}, {STR(""), STR("")}, {STR("null"), {NULL, 0}}};
    Record r = record("k", "v", 7);
    CHECK_INT(create(f.t, "h", 1), OK);
    Unit *u = unit_begin(f.t);
    unit_append(u, STR("h"), 0, &r);
    r.headers = (Headers){3, h};
    unit_append(u, STR("h"), 0, &r);
    CHECK_INT(unit_commit(u, false, &err), OK);
    for (int round = 0; round < 2; round++) {
        CHECK_INT(topic_read(f.t, STR("h"), 0, 0, 10, &set, &err), OK);
        CHECK_INT(set.n, 2);
        CHECK_INT(set.records[0].headers.n, 0);
        Headers got = set.records[1].headers;
        CHECK_INT(got.n, 3);
        CHECK_STR(got.h[0].key, "trace");
        CHECK_STR(got.h[0].value, "abc");
        CHECK(got.h[1].key.n == 0 && got.h[1].value.p && got.h[1].value.n == 0);
        CHECK_STR(got.h[2].key, "null");
        CHECK(!got.h[2].value.p);
        recordset_release(&set);
        fixture_reopen(&f);
    }
    CHECK(!f.b || double_counts(f.b)->violations == 0);
    fixture_free(&f);
    return 0;
}

int test_topic_headers_memory(void) { return check_headers(MEMORY); }
int test_topic_headers_embedded(void) { return check_headers(EMBEDDED); }
int test_topic_headers_remote(void) { return check_headers(REMOTE); }

static int check_positions(Kind kind)
{
    Fixture f = fixture_new(kind);
    Err err = ERR_INIT;
    CHECK_INT(create(f.t, "t", 3), OK);
    Unit *u = unit_begin(f.t);
    unit_position(u, STR("q1"), STR("t"), 0, 0);
    unit_position(u, STR("q1"), STR("t"), 2, 5);
    unit_position(u, STR("q11"), STR("t"), 2, 6);
    unit_position(u, STR("q1"), STR("none"), 2, 6);
    CHECK(!unit_empty(u));
    CHECK_INT(unit_commit(u, false, &err), OK);
    fixture_reopen(&f);
    CHECK_INT(position_get(f.t, STR("q1"), STR("t"), 0), 0);
    CHECK_INT(position_get(f.t, STR("q1"), STR("t"), 1), -1);
    CHECK_INT(position_get(f.t, STR("q1"), STR("t"), 2), 5);
    CHECK_INT(position_get(f.t, STR("q11"), STR("t"), 2), 6);
    CHECK_INT(position_get(f.t, STR("q1"), STR("none"), 0), -1);
    u = unit_begin(f.t);
    unit_position_drop(u, STR("q1"));
    unit_position(u, STR("q1"), STR("t"), 1, 9);
    CHECK_INT(unit_commit(u, false, &err), OK);
    fixture_reopen(&f);
    CHECK_INT(position_get(f.t, STR("q1"), STR("t"), 0), -1);
    CHECK_INT(position_get(f.t, STR("q1"), STR("t"), 1), 9);
    CHECK_INT(position_get(f.t, STR("q1"), STR("t"), 2), -1);
    CHECK_INT(position_get(f.t, STR("q11"), STR("t"), 2), 6);
    CHECK(!f.b || double_counts(f.b)->violations == 0);
    fixture_free(&f);
    return 0;
}

int test_topic_positions_memory(void) { return check_positions(MEMORY); }
int test_topic_positions_embedded(void) { return check_positions(EMBEDDED); }
int test_topic_positions_remote(void) { return check_positions(REMOTE); }

static void count_append(void *arg, Str topic, int partition)
{
    if (str_eq_c(topic, "t"))
        ((int *)arg)[partition]++;
}

static int check_units(Kind kind)
{
    Fixture f = fixture_new(kind);
    Err err = ERR_INIT;
    Buf text = BUF_INIT;
    int told[2] = {0, 0};
    CHECK_INT(create(f.t, "t", 2), OK);
    topics_on_append(f.t, count_append, told);
    CHECK_INT(append_one(f.t, "t", 1, "a", "1", 1), OK);
    CHECK_INT(unit_commit(unit_begin(f.t), true, &err), OK);
    CHECK(told[0] == 0 && told[1] == 1);
    topics_on_append(f.t, NULL, NULL);
    CHECK_INT(append_one(f.t, "t", 1, "a", "2", 1), OK);
    CHECK_INT(told[1], 1);
    /* State goes with the unit. */
    CHECK(topics_disk(f.t) == f.d);
    if (kind != MEMORY) {
        Buf v = BUF_INIT;
        bool found;
        Unit *u = unit_begin(f.t);
        disk_batch_put(unit_disk(u), FAMILY_STATE, STR("s"), STR("1"));
        CHECK(!unit_empty(u));
        unit_abort(u);
        CHECK(disk_get(f.d, FAMILY_STATE, STR("s"), &v, &found, &err) == OK && !found);
        u = unit_begin(f.t);
        disk_batch_put(unit_disk(u), FAMILY_STATE, STR("s"), STR("2"));
        CHECK_INT(unit_commit(u, true, &err), OK);
        CHECK(disk_get(f.d, FAMILY_STATE, STR("s"), &v, &found, &err) == OK && found);
        buf_free(&v);
    }
    /* A set outlives its topic. */
    RecordSet set;
    CHECK_INT(topic_read(f.t, STR("t"), 1, 1, 5, &set, &err), OK);
    CHECK_INT(topic_delete(f.t, STR("t"), &err), OK);
    CHECK_INT(set.n, 1);
    CHECK_STR(((Str){set.records[0].value, 1}), "2");
    recordset_release(&set);
    recordset_release(&set);
    buf_free(&text);
    CHECK(!f.b || double_counts(f.b)->violations == 0);
    fixture_free(&f);
    return 0;
}

int test_topic_units_memory(void) { return check_units(MEMORY); }
int test_topic_units_embedded(void) { return check_units(EMBEDDED); }
int test_topic_units_remote(void) { return check_units(REMOTE); }

/* Of 1,202 records: the last of each key; that of k3 is the tombstone. */
#define COMPACTED \
    "1187:k1=@3287 1188:k2=v@3288 1190:k4=vvv@3290 1191:k5=vvvv@3291 1192:k6=vvvvv@3292 " \
    "1193:k7=vvvvvv@3293 1194:k8=@3294 1195:k9=v@3295 1196:k10=vv@3296 1197:k11=vvv@3297 " \
    "1198:k12=vvvv@3298 1199:k0=vvvvv@3299 1200:-=x@1 1201:k3=-@1 "

static int check_housekeeping(Kind kind)
{
    Fixture f = fixture_new(kind);
    Err err = ERR_INIT;
    Buf text = BUF_INIT;
    TopicInfo info = {STR("d"), 1, 1, 100, CLEANUP_DELETE, TOPIC_USER};
    CHECK_INT(topic_create(f.t, &info, &err), OK);
    CHECK_INT(create(f.t, "c", 1), OK);
    char key[16], value[400];
    memset(value, 'v', sizeof value);
    for (int unit = 0; unit < 4; unit++) { /* 300 records: a block of its own in memory too */
        Unit *u = unit_begin(f.t);
        for (int i = 0; i < 300; i++) {
            snprintf(key, sizeof key, "k%d", i % (unit == 1 ? 1 : 13));
            Record r = {key, value, (int32_t)strlen(key), i % 7, 0, unit * 1000 + i, {0, NULL}};
            unit_append(u, STR("d"), 0, &r);
            unit_append(u, STR("c"), 0, &r);
        }
        CHECK_INT(unit_commit(u, false, &err), OK);
    }
    CHECK_INT(append_one(f.t, "c", 0, NULL, "x", 1), OK);
    CHECK_INT(append_one(f.t, "c", 0, "k3", NULL, 1), OK);
    CHECK_INT(topic_expire(f.t, STR("d"), 1299 + 100, &err), OK);
    CHECK_INT(topic_begin(f.t, STR("d"), 0), 300);
    CHECK_INT(topic_expire(f.t, STR("d"), 1299 + 101, &err), OK);
    CHECK_INT(topic_begin(f.t, STR("d"), 0), 600);
    CHECK(strncmp(contents(f.t, "d", 0, 0, 1000, &text), "600:k0=", 7) == 0);
    CHECK_INT(topic_offset_at(f.t, STR("d"), 0, 0), 600);
    CHECK_INT(topic_expire(f.t, STR("d"), 1000000, &err), OK);
    CHECK_INT(topic_compact(f.t, STR("c"), 0, &err), OK);
    CHECK_INT(topic_expire(f.t, STR("none"), 0, &err), ERR_TOPIC_GONE);
    err_clear(&err);
    for (int round = 0; round < 2; round++) {
        CHECK_INT(topic_begin(f.t, STR("d"), 0), 1200);
        CHECK_INT(topic_end(f.t, STR("d"), 0), 1200);
        CHECK_TEXT(contents(f.t, "d", 0, 0, 10, &text), "");
        for (int most = 1; most <= 100; most *= 10)
            CHECK_TEXT(contents(f.t, "c", 0, 0, most, &text), COMPACTED);
        CHECK_INT(topic_end(f.t, STR("c"), 0), 1202);
        fixture_reopen(&f);
    }
    CHECK_INT(append_one(f.t, "d", 0, "n", "1", 1), OK);
    CHECK_TEXT(contents(f.t, "d", 0, 0, 10, &text), "1200:n=1@1 ");
    CHECK_INT(topic_compact(f.t, STR("c"), 0, &err), OK);
    CHECK_INT(append_one(f.t, "c", 0, "n", "1", 1), OK);
    CHECK_TEXT(contents(f.t, "c", 0, 1200, 10, &text), "1200:-=x@1 1201:k3=-@1 1202:n=1@1 ");
    buf_free(&text);
    CHECK(!f.b || double_counts(f.b)->violations == 0);
    fixture_free(&f);
    return 0;
}

int test_topic_housekeeping_memory(void) { return check_housekeeping(MEMORY); }
int test_topic_housekeeping_embedded(void) { return check_housekeeping(EMBEDDED); }

/* ---- against a model ---- */

enum { PARTS = 3, MOST = 20000 };

typedef struct ModelRecord {
    int key, size; /* -1: NULL */
    int64_t ts;
    int headers;
} ModelRecord;

typedef struct Model {
    Effects *fx;
    ModelRecord *r[PARTS];
    int n[PARTS];
    char big[3000];
} Model;

static uint64_t pick(Model *m, uint64_t below) { return m->fx->random(m->fx) % below; }

static void model_unit(Model *m, Topics *t, bool commit)
{
    static const Header h[] = {{{"a", 1}, {"1", 1}}, {{"b", 1}, {NULL, 0}}};
    Unit *u = unit_begin(t);
    Err err = ERR_INIT;
    char key[16];
    int sizes[] = {1, 1, 3, 40, 300, 5000};
    int n = (int)pick(m, (uint64_t)sizes[pick(m, ARRAY_LEN(sizes))]) + 1;
    for (int i = 0; i < n; i++) {
        int p = (int)pick(m, PARTS);
        ModelRecord mr = {(int)pick(m, 50) - 1, (int)pick(m, pick(m, 50) ? 20 : sizeof m->big) - 1,
                          (int64_t)pick(m, 100000) - 1000, pick(m, 30) ? 0 : (int)pick(m, 3)};
        snprintf(key, sizeof key, "%d", mr.key);
        Record r = {mr.key < 0 ? NULL : key, mr.size < 0 ? NULL : m->big, (int32_t)strlen(key), mr.size,
                    0, mr.ts, {mr.headers, h}};
        unit_append(u, STR("m"), p, &r);
        if (commit && m->n[p] < MOST)
            m->r[p][m->n[p]++] = mr;
    }
    if (!commit)
        unit_abort(u);
    else if (unit_commit(u, false, &err) != OK)
        BUG("%s", err.msg);
}

static bool model_same(const Model *m, const Record *r, int p)
{
    char key[16];
    const ModelRecord *want = &m->r[p][r->offset];
    snprintf(key, sizeof key, "%d", want->key);
    if (want->key < 0 ? r->key != NULL : !r->key || !str_eq_c((Str){r->key, (size_t)r->key_len}, key))
        return false;
    if ((want->size < 0) != (r->value == NULL))
        return false;
    if (r->value && (r->value_len != want->size || memcmp(r->value, m->big, (size_t)want->size) != 0))
        return false;
    return r->ts == want->ts && r->headers.n == want->headers &&
           (r->headers.n < 2 || (str_eq_c(r->headers.h[1].key, "b") && !r->headers.h[1].value.p));
}

static int model_check(Model *m, Topics *t)
{
    Err err = ERR_INIT;
    RecordSet set;
    int p = (int)pick(m, PARTS), most = (int)pick(m, pick(m, 2) ? 10 : 5000) + 1;
    int64_t at = (int64_t)pick(m, (uint64_t)m->n[p] + 2), end = topic_end(t, STR("m"), p);
    CHECK_INT(end, m->n[p]);
    for (int reads = 0; reads < 3; reads++) {
        CHECK_INT(topic_read(t, STR("m"), p, at, most, &set, &err), OK);
        CHECK(set.n <= most && (set.n > 0) == (at < end));
        for (int i = 0; i < set.n; i++) {
            CHECK_INT(set.records[i].offset, at + i);
            CHECK(model_same(m, &set.records[i], p));
        }
        at += set.n;
        CHECK_INT(set.next_offset, at);
        recordset_release(&set);
    }
    int64_t ts = (int64_t)pick(m, 110000) - 1000, first = 0;
    if (pick(m, 20) == 0) {
        while (first < end && m->r[p][first].ts < ts)
            first++;
        CHECK_INT(topic_offset_at(t, STR("m"), p, ts), first);
    }
    return 0;
}

static int check_random(Kind kind, uint64_t seed)
{
    Fixture f = fixture_new(kind);
    Model m = {.fx = effects_sim_new(seed, 0)};
    for (int p = 0; p < PARTS; p++)
        m.r[p] = mem_alloc(sizeof(ModelRecord) * MOST);
    for (size_t i = 0; i < sizeof m.big; i++)
        m.big[i] = (char)(i * 31 + i / 100);
    CHECK_INT(create(f.t, "m", PARTS), OK);
    for (int step = 0; step < 600 && m.n[0] < MOST - 6000; step++) {
        uint64_t what = pick(&m, 100);
        if (what < 30)
            model_unit(&m, f.t, true);
        else if (what < 33)
            model_unit(&m, f.t, false);
        else if (what < 34)
            fixture_reopen(&f);
        else if (model_check(&m, f.t)) {
            printf("seed %" PRIu64 ", step %d\n", seed, step);
            return 1;
        }
    }
    for (int p = 0; p < PARTS; p++)
        mem_free(m.r[p]);
    effects_sim_free(m.fx);
    CHECK(!f.b || double_counts(f.b)->violations == 0);
    fixture_free(&f);
    return 0;
}

int test_topic_random_memory(void)
{
    for (int i = 0; i < 3; i++)
        if (check_random(MEMORY, effects_real()->random(effects_real())))
            return 1;
    return check_random(MEMORY, 1);
}

int test_topic_random_embedded(void)
{
    for (int i = 0; i < 3; i++)
        if (check_random(EMBEDDED, effects_real()->random(effects_real())))
            return 1;
    return check_random(EMBEDDED, 1);
}

int test_topic_random_remote(void)
{
    if (check_random(REMOTE, effects_real()->random(effects_real())))
        return 1;
    return check_random(REMOTE, 1);
}

/* ---- the stored form ---- */

/* The bytes are PERSISTED v1: a change of them needs a new version. */
int test_topic_block_bytes(void)
{
    Block *b = block_new(0), *back = block_new(0);
    Header h[] = {{STR("t"), {NULL, 0}}};
    Record r = {"k", "vv", 1, 2, 0, 1000, {0, NULL}};
    Err err = ERR_INIT;
    Buf out = BUF_INIT;
    block_add(b, &r);
    r = (Record){NULL, NULL, 0, 0, 0, 999, {1, h}};
    block_add(b, &r);
    block_place(b, 5);
    block_encode(b, &out);
    static const char want[] = {1, 2, 2, 2, '\xd0', 15, 0,          /* head */
                                0, 2, 3, 0, 'k', 'v', 'v',          /* first record */
                                1, 0, 0, 1, 1, 't', 0};             /* second */
    CHECK_INT(out.n, sizeof want);
    CHECK(memcmp(out.p, want, sizeof want) == 0);
    CHECK_INT(block_decode(back, 5, buf_view(&out), &err), OK);
    CHECK(back->n == 2 && back->base == 5 && back->next == 7 && back->max_ts == 1000);
    CHECK(back->records[1].offset == 6 && back->records[1].ts == 999);
    CHECK_STR(back->records[1].headers.h[0].key, "t");
    /* No damage crashes, and none shorter is taken. */
    for (size_t n = 0; n < out.n; n++) {
        Block *bad = block_new(0);
        CHECK_INT(block_decode(bad, 5, (Str){out.p, n}, &err), ERR_CORRUPT);
        err_clear(&err);
        block_unref(bad);
        for (int bit = 0; bit < 8; bit++) {
            bad = block_new(0);
            out.p[n] = (char)(out.p[n] ^ 1 << bit);
            if (block_decode(bad, 5, buf_view(&out), &err) != OK)
                err_clear(&err);
            out.p[n] = (char)(out.p[n] ^ 1 << bit);
            block_unref(bad);
        }
    }
    block_unref(b);
    block_unref(back);
    err_clear(&err);
    buf_free(&out);
    return 0;
}

int test_topic_murmur2(void)
{
    /* From Kafka's UtilsTest. */
    static const struct {
        const char *key;
        int32_t hash;
    } rows[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT((int32_t)murmur2(str_of(rows[i].key)), rows[i].hash);
        CHECK_INT(partition_of(str_of(rows[i].key), 7), (rows[i].hash & 0x7fffffff) % 7);
    }
    CHECK_INT(partition_of(STR(""), 1), 0);
    return 0;
}
