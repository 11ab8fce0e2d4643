// SPDX-License-Identifier: Apache-2.0
// The broker on librdkafka against a real Apache Kafka: topics, records, transactions, positions.
//
//   KAFKA_BOOTSTRAP=host:port [KAFKA_LOG=1] test_broker [NAME]…     the tests whose name has one of the words
//
// The secured listeners are tried where KAFKA_SECURE, KAFKA_SSL, KAFKA_SASL_SSL and KAFKA_CA name them. The last line is
// `N passed, N failed`. More tests: test_broker_more.c, test_broker_faults.c.
#include <stdlib.h>
#include <time.h>

#include "tests/kafka/rig.h"

static const char *const no_config[] = {NULL};

/* ---- topics ---- */

static int topics(void)
{
    static const char *const config[] = {"min.cleanable.dirty.ratio", "0.2", NULL};
    Broker *b = rig();
    TopicInfo info = {.name = STR("colours"), .partitions = 3, .replicas = 1, .retention_ms = -1, .cleanup = CLEANUP_COMPACT};
    TopicInfo got;
    NEED(b->ops->create(b, &info, config, err));
    REFUSED(b->ops->create(b, &info, NULL, err), ERR_STATEMENT, "already exists");
    NEED(b->ops->describe(b, STR("colours"), &got, err));
    CHECK_INT(got.partitions, 3);
    CHECK_INT(got.replicas, 1);
    CHECK_INT(got.cleanup, CLEANUP_COMPACT);
    CHECK_STR(got.name, "colours");
    info = (TopicInfo){.name = STR("days"), .partitions = 1, .retention_ms = 86400000, .cleanup = CLEANUP_COMPACT_DELETE};
    NEED(b->ops->create(b, &info, NULL, err)); /* replicas: as many as the broker makes by default */
    NEED(b->ops->describe(b, STR("days"), &got, err));
    CHECK_INT(got.retention_ms, 86400000);
    CHECK_INT(got.cleanup, CLEANUP_COMPACT_DELETE);

    Arena *a = arena_new(0);
    TopicInfoVec all = {0};
    NEED(b->ops->list(b, a, &all, err));
    int found = 0;
    for (int i = 0; i < all.n; i++)
        found += str_eq_c(all.v[i].name, "colours") && all.v[i].partitions == 3;
    CHECK_INT(found, 1);
    arena_free(a);

    NEED(b->ops->drop(b, STR("colours"), err));
    REFUSED(b->ops->drop(b, STR("colours"), err), ERR_NOT_FOUND, "colours");
    REFUSED(b->ops->describe(b, STR("colours"), &got, err), ERR_NOT_FOUND, "colours");
    info = (TopicInfo){.name = STR("too-safe"), .partitions = 1, .replicas = 7, .retention_ms = -1};
    REFUSED(b->ops->create(b, &info, NULL, err), ERR_STATEMENT, "replication factor");
    info = (TopicInfo){.name = STR("odd"), .partitions = 1, .replicas = 1, .retention_ms = -1};
    static const char *const odd[] = {"no.such.setting", "1", NULL};
    REFUSED(b->ops->create(b, &info, odd, err), ERR_STATEMENT, "no.such.setting");
    int64_t begin, end;
    REFUSED(b->ops->ends(b, STR("never-was"), 0, &begin, &end, err), ERR_TOPIC_GONE, "never-was");
    static Reading r;
    REFUSED(reading_open(&r, b, "never-was", 0, 0, err), ERR_TOPIC_GONE, "never-was");
    REFUSED(reading_open(&r, b, "days", 1, 0, err), ERR_TOPIC_GONE, "days");
    return 0;
}

/* ---- records ---- */

static int records(void)
{
    Broker *b = rig();
    if (make_topic("records", 1, CLEANUP_DELETE, no_config))
        return 1;
    Producer *p;
    static Reading r;
    NEED(b->ops->producer_new(b, NULL, &p, err));
    NEED(reading_open(&r, b, "records", 0, 0, err));
    RecordSet set;
    NEED(reading_next(&r, 10, &set, err));
    CHECK_INT(set.n, 0);
    CHECK(r.at_end);

    const Header headers[] = {{STR("trace"), STR("a\0b")}, {STR("none"), {NULL, 0}}, {STR("empty"), STR("")}};
    const Record in[] = {
        {.key = "k", .key_len = 1, .value = "v", .value_len = 1, .ts = 1600000000123, .headers = {3, headers}},
        {.key = NULL, .value = NULL, .ts = 5},
        {.key = "", .value = "", .ts = 0},
        {.key = "a\0b", .key_len = 3, .value = "\xff\x00", .value_len = 2, .ts = 1700000000000},
    };
    Sent s = {0};
    for (int i = 0; i < ARRAY_LEN(in); i++)
        NEED(b->ops->produce(p, STR("records"), 0, &in[i], (void *)&in[i], err));
    NEED(b->ops->flush(p, sent, &s, err));
    CHECK_INT(s.n, 4);
    CHECK_INT(s.bad, 0);
    CHECK_INT(s.last, 3);

    int n = 0;
    while (n < 4) {
        NEED(reading_next(&r, 10, &set, err));
        for (int i = 0; i < set.n; i++, n++) {
            const Record *got = &set.records[i], *want = &in[n];
            CHECK_INT(got->offset, n);
            CHECK_INT(got->ts, want->ts);
            CHECK_INT(got->key_len, want->key_len);
            CHECK_INT(got->value_len, want->value_len);
            CHECK(!got->key == !want->key && !got->value == !want->value);
            CHECK(!want->key || memcmp(got->key, want->key, (size_t)want->key_len) == 0);
            CHECK(!want->value || memcmp(got->value, want->value, (size_t)want->value_len) == 0);
            CHECK_INT(got->headers.n, want->headers.n);
            for (int h = 0; h < want->headers.n; h++) {
                CHECK(str_eq(got->headers.h[h].key, headers[h].key) && str_eq(got->headers.h[h].value, headers[h].value));
                CHECK(!got->headers.h[h].value.p == !headers[h].value.p);
            }
        }
        if (set.n)
            set.release(set.owner);
    }
    CHECK_INT(r.next, 4);
    reading_close(&r);

    int64_t begin, end, at;
    NEED(b->ops->ends(b, STR("records"), 0, &begin, &end, err));
    CHECK_INT(begin, 0);
    CHECK_INT(end, 4);
    NEED(b->ops->offset_at(b, STR("records"), 0, 1600000000124, &at, err));
    CHECK_INT(at, 3);
    NEED(b->ops->offset_at(b, STR("records"), 0, 1600000000000, &at, err));
    CHECK_INT(at, 0);
    NEED(b->ops->offset_at(b, STR("records"), 0, 1800000000000, &at, err));
    CHECK_INT(at, 4);
    NEED(b->ops->trim(b, STR("records"), 0, 2, err));
    NEED(b->ops->ends(b, STR("records"), 0, &begin, &end, err));
    CHECK_INT(begin, 2);
    NEED(reading_open(&r, b, "records", 0, 1, err)); /* expired: from the first there is */
    NEED(reading_next(&r, 1, &set, err));
    CHECK_INT(set.n, 1);
    CHECK_INT(set.records[0].offset, 2);
    set.release(set.owner);
    reading_close(&r);
    b->ops->producer_free(p);
    return 0;
}

enum { MANY = 100000, MANY_PARTITIONS = 4 };

static int many(void)
{
    Broker *b = rig();
    char key[32], value[160];
    if (make_topic("many", MANY_PARTITIONS, CLEANUP_DELETE, no_config))
        return 1;
    Producer *p;
    Sent s = {0};
    NEED(b->ops->producer_new(b, NULL, &p, err));
    int64_t t0 = rig_ms();
    for (int i = 0; i < MANY; i++) {
        Record r = {.key = key, .value = value, .ts = 1700000000000 + i};
        r.key_len = snprintf(key, sizeof key, "key%d", i / MANY_PARTITIONS);
        r.value_len = snprintf(value, sizeof value, "{\"n\": %d, \"text\": \"%0*d\"}", i, i % 100, i);
        NEED(b->ops->produce(p, STR("many"), i % MANY_PARTITIONS, &r, NULL, err));
    }
    NEED(b->ops->flush(p, sent, &s, err));
    CHECK_INT(s.n, MANY);
    CHECK_INT(s.bad, 0);
    int64_t t1 = rig_ms();
    for (int part = 0; part < MANY_PARTITIONS; part++) {
        static Reading r;
        NEED(reading_open(&r, b, "many", part, 0, err));
        for (int n = 0; n < MANY / MANY_PARTITIONS;) {
            RecordSet set;
            NEED(reading_next(&r, 4096, &set, err));
            for (int k = 0; k < set.n; k++, n++) {
                int i = n * MANY_PARTITIONS + part;
                snprintf(key, sizeof key, "key%d", n);
                snprintf(value, sizeof value, "{\"n\": %d, \"text\": \"%0*d\"}", i, i % 100, i);
                const Record *got = &set.records[k];
                CHECK_STR(((Str){got->key, (size_t)got->key_len}), key);
                CHECK_STR(((Str){got->value, (size_t)got->value_len}), value);
                CHECK_INT(got->offset, n);
                CHECK_INT(got->ts, 1700000000000 + i);
            }
            if (set.n)
                set.release(set.owner);
        }
        reading_close(&r);
    }
    printf("    %d records: written in %lld ms, read in %lld ms\n", MANY, (long long)(t1 - t0), (long long)(rig_ms() - t1));
    b->ops->producer_free(p);
    return 0;
}

/* More than what is read ahead: reading goes on when the queue was full. */
static int ahead(void)
{
    enum { RECORDS = 40, BYTES = 1000000 };
    Broker *b = rig();
    if (make_topic("ahead", 1, CLEANUP_DELETE, no_config))
        return 1;
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), "queued.max.messages.kbytes", "2000",
                                    "compression.type", "none", "max.request.size", "1500000", NULL};
    Broker *small;
    NEED(rig_open(settings, rig_prefix(), 0, &small, err));
    Producer *p;
    Sent s = {0};
    NEED(small->ops->producer_new(small, NULL, &p, err));
    char *value = mem_zalloc(BYTES);
    for (int i = 0; i < RECORDS; i++) {
        Record r = {.value = value, .value_len = BYTES, .ts = i};
        NEED(small->ops->produce(p, STR("ahead"), 0, &r, NULL, err));
    }
    NEED(small->ops->flush(p, sent, &s, err));
    CHECK_INT(s.bad, 0);
    Record huge = {.value = value, .value_len = BYTES};
    Producer *plain;
    NEED(b->ops->producer_new(b, NULL, &plain, err));
    REFUSED(b->ops->produce(plain, STR("ahead"), 0, &huge, NULL, err), ERR_TOO_LARGE, "1000000 bytes");
    b->ops->producer_free(plain);
    mem_free(value);
    static Reading r;
    NEED(reading_open(&r, small, "ahead", 0, 0, err));
    int64_t t0 = rig_ms();
    for (int n = 0; n < RECORDS;) {
        RecordSet set;
        NEED(reading_next(&r, 1, &set, err));
        if (set.n)
            set.release(set.owner);
        n += set.n;
    }
    printf("    %d MB read in %lld ms\n", RECORDS, (long long)(rig_ms() - t0));
    reading_close(&r);
    small->ops->producer_free(p);
    small->ops->close(small);
    return 0;
}

/* ---- transactions ---- */

static int transactions(void)
{
    Broker *b = rig();
    if (make_topic("tx", 1, CLEANUP_DELETE, no_config))
        return 1;
    Producer *p;
    static Reading r;
    Sent s = {0};
    Buf values = BUF_INIT;
    int64_t begin, end;
    NEED(b->ops->producer_new(b, "writer", &p, err));
    NEED(reading_open(&r, b, "tx", 0, 0, err));
    NEED(b->ops->init(p, err));
    NEED(b->ops->begin(p, err));
    NEED(put(p, "tx", 0, "a", "one", err));
    NEED(put(p, "tx", 0, "a", "two", err));
    NEED(b->ops->flush(p, sent, &s, err));
    CHECK_INT(s.n, 2);
    CHECK_INT(s.last, 1);
    NEED(b->ops->ends(b, STR("tx"), 0, &begin, &end, err));
    CHECK_INT(end, 2); /* open transactions are in it … */
    NEED(reading_all(&r, 0, &values, err));
    CHECK_STR(buf_view(&values), ""); /* … and are not read */
    NEED(b->ops->commit(p, err));
    NEED(reading_all(&r, 2, &values, err));
    CHECK_STR(buf_view(&values), "one two ");

    NEED(b->ops->begin(p, err));
    NEED(put(p, "tx", 0, "a", "three", err));
    NEED(b->ops->flush(p, sent, &s, err));
    NEED(b->ops->abort(p, err));
    NEED(b->ops->begin(p, err));
    NEED(put(p, "tx", 0, "a", "never sent", err));
    NEED(b->ops->abort(p, err));
    NEED(b->ops->begin(p, err));
    NEED(put(p, "tx", 0, "a", "four", err));
    s = (Sent){0};
    NEED(b->ops->flush(p, sent, &s, err));
    CHECK_INT(s.n, 1); /* what was aborted is not told of */
    NEED(b->ops->commit(p, err));
    buf_clear(&values);
    NEED(reading_all(&r, 1, &values, err));
    CHECK_STR(buf_view(&values), "four ");
    NEED(b->ops->ends(b, STR("tx"), 0, &begin, &end, err));
    int64_t until = rig_ms() + LIMIT_MS;
    for (RecordSet set; r.next < end && rig_ms() < until;) /* the last marker may come a moment later */
        NEED(reading_next(&r, 1, &set, err));
    CHECK(r.next >= end); /* behind the markers, of which the last may not have been written when the end was asked for */

    NEED(b->ops->begin(p, err)); /* a transaction that is left open is aborted with its producer */
    NEED(put(p, "tx", 0, "a", "five", err));
    NEED(b->ops->flush(p, sent, &s, err));
    b->ops->producer_free(p);
    NEED(b->ops->ends(b, STR("tx"), 0, &begin, &end, err));
    until = rig_ms() + LIMIT_MS;
    for (RecordSet set; r.next < end && rig_ms() < until;) {
        NEED(reading_next(&r, 1, &set, err));
        CHECK_INT(set.n, 0);
    }
    CHECK(r.next >= end);
    reading_close(&r);
    buf_free(&values);
    return 0;
}

static int fencing(void)
{
    Broker *b = rig();
    if (make_topic("fenced", 1, CLEANUP_DELETE, no_config))
        return 1;
    Producer *old, *new;
    Sent s = {0};
    NEED(b->ops->producer_new(b, "zombie", &old, err));
    NEED(b->ops->producer_new(b, "zombie", &new, err));
    NEED(b->ops->init(old, err));
    NEED(b->ops->begin(old, err));
    NEED(put(old, "fenced", 0, "k", "old", err));
    NEED(b->ops->flush(old, sent, &s, err));
    NEED(b->ops->init(new, err)); /* aborts what was open */
    NEED(b->ops->begin(new, err));
    NEED(put(new, "fenced", 0, "k", "new", err));
    NEED(b->ops->flush(new, sent, &s, err));
    NEED(b->ops->commit(new, err));
    REFUSED(b->ops->commit(old, err), ERR_FENCED, "zombie");
    REFUSED(b->ops->begin(old, err), ERR_FENCED, "zombie");

    NEED(b->ops->init(old, err)); /* takes the name back */
    NEED(b->ops->init(old, err)); /* also from itself */
    NEED(b->ops->begin(old, err));
    NEED(put(old, "fenced", 0, "k", "back", err));
    NEED(b->ops->commit(old, err));
    NEED(b->ops->begin(new, err));
    NEED(put(new, "fenced", 0, "k", "late", err));
    s = (Sent){0};
    Err e = ERR_INIT;
    if (b->ops->flush(new, sent, &s, &e))
        err_clear(&e);
    CHECK_INT(s.n, 1);
    CHECK_INT(s.err, ERR_FENCED);
    REFUSED(b->ops->commit(new, err), ERR_FENCED, "zombie");

    static Reading r;
    Buf values = BUF_INIT;
    NEED(reading_open(&r, b, "fenced", 0, 0, err));
    NEED(reading_all(&r, 2, &values, err));
    CHECK_STR(buf_view(&values), "new back ");
    buf_free(&values);
    reading_close(&r);
    b->ops->producer_free(old);
    b->ops->producer_free(new);
    return 0;
}

/* ---- positions ---- */

/* Who told the last position that position_of found. */
static char told_by[16];

static int64_t position_of(const char *group, const char *topic, int partition)
{
    Broker *b = rig();
    Arena *a = arena_new(0);
    GroupPositionVec v = {0};
    Err err = ERR_INIT;
    int64_t found = -1;
    if (b->ops->positions(b, str_of(group), a, &v, &err)) {
        printf("    %s\n", err.msg);
        found = -2;
        err_clear(&err);
    }
    for (int i = 0; i < v.n; i++)
        if (str_eq_c(v.v[i].topic, topic) && v.v[i].partition == partition)
            found = v.v[i].offset, snprintf(told_by, sizeof told_by, "%.*s", STR_ARG(v.v[i].by));
    arena_free(a);
    return found;
}

static int positions(void)
{
    Broker *b = rig();
    if (make_topic("in", 2, CLEANUP_DELETE, no_config))
        return 1;
    Producer *p;
    CHECK_INT(position_of("query", "in", 0), -1);
    GroupPosition at[] = {{STR("in"), 0, 7, STR("me")}, {.topic = STR("in"), .partition = 1}};
    NEED(b->ops->producer_new(b, "query-writer", &p, err));
    NEED(b->ops->init(p, err));
    NEED(b->ops->begin(p, err));
    NEED(b->ops->send_positions(p, STR("query"), at, 2, err));
    NEED(b->ops->commit(p, err));
    CHECK_INT(position_of("query", "in", 0), 7);
    CHECK_STR(str_of(told_by), "me");
    CHECK_INT(position_of("query", "in", 1), 0);
    CHECK_STR(str_of(told_by), "");
    at[0].offset = 9;
    NEED(b->ops->begin(p, err));
    NEED(b->ops->send_positions(p, STR("query"), at, 1, err));
    NEED(b->ops->abort(p, err));
    CHECK_INT(position_of("query", "in", 0), 7);
    at[0].offset = 11;
    at[1].offset = 12;
    NEED(b->ops->set_positions(b, STR("query"), at, 2, err));
    CHECK_INT(position_of("query", "in", 0), 11);
    CHECK_STR(str_of(told_by), "me");
    CHECK_INT(position_of("query", "in", 1), 12);
    NEED(b->ops->drop_group(b, STR("query"), err));
    CHECK_INT(position_of("query", "in", 0), -1);
    NEED(b->ops->drop_group(b, STR("query"), err));
    NEED(b->ops->drop_group(b, STR("never-was"), err));
    b->ops->producer_free(p);
    return 0;
}

/* A group that an open transaction touches is not told of; nobody waits long for that, and others are told at once. */
static int positions_open(void)
{
    enum { SHORT_MS = 3000, SOON_MS = 300 };
    Broker *b = rig();
    Producer *p;
    if (make_topic("open", 2, CLEANUP_DELETE, no_config))
        return 1;
    GroupPosition at = {.topic = STR("open"), .offset = 5}, other = {.topic = STR("open"), .partition = 1, .offset = 6};
    NEED(b->ops->set_positions(b, STR("open-group"), &other, 1, err));
    NEED(b->ops->set_positions(b, STR("other-group"), &other, 1, err));
    NEED(b->ops->producer_new(b, "open-writer", &p, err));
    NEED(b->ops->init(p, err));
    NEED(b->ops->begin(p, err));
    NEED(b->ops->send_positions(p, STR("open-group"), &at, 1, err));
    int64_t t0 = rig_ms();
    CHECK_INT(position_of("open-group", "open", 0), -2);
    CHECK(rig_ms() - t0 < SHORT_MS);
    t0 = rig_ms();
    CHECK_INT(position_of("open-group", "open", 1), -2); /* another task of the same group */
    CHECK(rig_ms() - t0 < SOON_MS);
    CHECK_INT(position_of("other-group", "open", 1), 6);
    NEED(b->ops->commit(p, err));
    int64_t found;
    struct timespec pause = {0, 50 * 1000000};
    for (t0 = rig_ms(); (found = position_of("open-group", "open", 0)) == -2 && rig_ms() - t0 < LIMIT_MS;)
        nanosleep(&pause, NULL);
    CHECK_INT(found, 5);
    CHECK_INT(position_of("open-group", "open", 1), 6);
    b->ops->producer_free(p);
    return 0;
}

/* ---- main ---- */

typedef struct Test {
    const char *name;
    int (*fn)(void);
} Test;

int compact_begin(void), compact_end(void), gone(void), anew(void), lanes(void), membership(void), member_fatal(void), producer_fatal(void);
int unreachable(void), secured(void), denied(void), warned(void);
int damaged(void), unknown(void), token_again(void), restart(void), zombie(void), zombie_child(void);
int hold(char **argv);

int main(int argc, char **argv)
{
    static const Test tests[] = {
        {"compact_begin", compact_begin}, {"topics", topics},   {"records", records},     {"many", many},
        {"ahead", ahead},                 {"transactions", transactions}, {"fencing", fencing}, {"positions", positions},
        {"gone", gone},                   {"anew", anew},       {"lanes", lanes},         {"membership", membership},
        {"unreachable", unreachable},     {"secured", secured}, {"denied", denied},       {"warned", warned},
        {"damaged", damaged},             {"unknown", unknown}, {"token_again", token_again}, {"compact_end", compact_end},
        {"zombie", zombie},               {"restart", restart}, {"positions_open", positions_open},
        {"member_fatal", member_fatal},   {"producer_fatal", producer_fatal},
    };
    int passed = 0, failed = 0;
    if (!getenv("KAFKA_BOOTSTRAP")) {
        printf("KAFKA_BOOTSTRAP is not set\n0 passed, 1 failed\n");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "zombie_child") == 0)
        return zombie_child();
    if (argc == 7 && strcmp(argv[1], "hold") == 0)
        return hold(argv + 2);
    for (int i = 0; i < ARRAY_LEN(tests); i++) {
        bool wanted = argc == 1 && tests[i].fn != restart; /* that one kills the broker */
        for (int k = 1; k < argc; k++)
            wanted |= strstr(tests[i].name, argv[k]) != NULL;
        if (!wanted)
            continue;
        int64_t t0 = rig_ms();
        int bad = tests[i].fn();
        printf("%s %s (%lld ms)\n", bad ? "FAILED" : "passed", tests[i].name, (long long)(rig_ms() - t0));
        failed += bad != 0;
        passed += bad == 0;
    }
    if (failed == 0) /* a test that failed left its readers open */
        rig_close();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
