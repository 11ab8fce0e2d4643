// SPDX-License-Identifier: Apache-2.0
// More tests of test_broker: compaction, topics that go under a reader, membership, and what a user gets to see when the broker
// cannot be reached or refuses.
#include <stdlib.h>
#include <unistd.h>

#include "tests/kafka/rig.h"
#include "topic/kafka_impl.h"

int compact_begin(void), compact_end(void), gone(void), anew(void), lanes(void), membership(void), member_fatal(void), producer_fatal(void);
int unreachable(void), secured(void), denied(void), warned(void);

/* ---- compaction: begun first, looked at last ---- */

int compact_begin(void)
{
    static const char *const config[] = {"segment.ms",   "200", "min.cleanable.dirty.ratio", "0.001", "delete.retention.ms", "0",
                                         "segment.bytes", "1048576", NULL};
    Broker *b = rig();
    Producer *p;
    if (make_topic("compacted", 1, CLEANUP_COMPACT, config))
        return 1;
    NEED(b->ops->producer_new(b, NULL, &p, err));
    NEED(put_now(p, "compacted", "a", "1", err));
    NEED(put_now(p, "compacted", "b", "1", err));
    NEED(put_now(p, "compacted", "a", "2", err));
    NEED(put_now(p, "compacted", "b", NULL, err));
    static Reading r;
    Buf values = BUF_INIT;
    NEED(reading_open(&r, b, "compacted", 0, 0, err));
    NEED(reading_all(&r, 4, &values, err));
    CHECK_STR(buf_view(&values), "1 1 2 - "); /* the tombstone is there */
    reading_close(&r);
    buf_free(&values);
    b->ops->producer_free(p);
    return 0;
}

/* A record is written now and then (a segment is closed when the next record comes) until the old ones are gone. */
int compact_end(void)
{
    Broker *b = rig();
    Producer *p;
    Buf values = BUF_INIT;
    int64_t until = rig_ms() + 2 * LIMIT_MS;
    int64_t first = -1;
    NEED(b->ops->producer_new(b, NULL, &p, err));
    while (rig_ms() < until) {
        static Reading r;
        RecordSet set = {0};
        NEED(put_now(p, "compacted", "c", "1", err));
        NEED(reading_open(&r, b, "compacted", 0, 0, err));
        NEED(reading_next(&r, 1, &set, err));
        if (set.n) {
            first = set.records[0].offset;
            set.release(set.owner);
        }
        buf_clear(&values);
        if (first == 2)
            NEED(reading_all(&r, 1, &values, err));
        reading_close(&r);
        if (first == 2)
            break;
    }
    CHECK_INT(first, 2); /* a = 2; what was before it was compacted */
    CHECK(str_starts(buf_view(&values), STR("- 1 ")) || str_starts(buf_view(&values), STR("1 ")));
    buf_free(&values);
    b->ops->producer_free(p);
    return 0;
}

/* ---- topics that go ---- */

/* Reads on until there is an error. */
static Status read_until_error(Reading *r, Err *err)
{
    int64_t until = rig_ms() + LIMIT_MS;
    while (rig_ms() < until) {
        RecordSet set;
        if (reading_next(r, 10, &set, err))
            return err->code;
        if (set.n)
            set.release(set.owner);
        usleep(1000);
    }
    return OK;
}

int gone(void)
{
    Broker *b = rig();
    Producer *p;
    static Reading r;
    Buf values = BUF_INIT;
    if (make_topic("gone", 2, CLEANUP_DELETE, NULL))
        return 1;
    NEED(b->ops->producer_new(b, NULL, &p, err));
    NEED(put_now(p, "gone", "k", "v", err));
    NEED(reading_open(&r, b, "gone", 0, 0, err));
    NEED(reading_all(&r, 1, &values, err));
    NEED(b->ops->drop(b, STR("gone"), err));
    REFUSED(read_until_error(&r, err), ERR_TOPIC_GONE, "'gone', partition 0");
    reading_close(&r);
    /* What is written to it fails by its name. */
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), "delivery.timeout.ms", "8000", NULL};
    Broker *hasty;
    NEED(rig_open(settings, rig_prefix(), 0, &hasty, err));
    Producer *q;
    NEED(hasty->ops->producer_new(hasty, NULL, &q, err));
    Sent s = {0};
    Err e = ERR_INIT;
    Status st = put(q, "gone", 0, "k", "v", &e);
    if (!st)
        st = hasty->ops->flush(q, sent, &s, &e);
    CHECK_INT(st ? e.code : s.err, ERR_TOPIC_GONE);
    err_clear(&e);
    hasty->ops->producer_free(q);
    hasty->ops->close(hasty);
    buf_free(&values);
    b->ops->producer_free(p);
    return 0;
}

int anew(void)
{
    Broker *b = rig();
    Producer *p;
    static Reading r, ahead;
    Buf values = BUF_INIT;
    if (make_topic("anew", 1, CLEANUP_DELETE, NULL))
        return 1;
    NEED(b->ops->producer_new(b, NULL, &p, err));
    for (int i = 0; i < 5; i++)
        NEED(put_now(p, "anew", "k", "v", err));
    NEED(reading_open(&r, b, "anew", 0, 0, err));
    NEED(reading_all(&r, 5, &values, err));
    NEED(b->ops->drop(b, STR("anew"), err));
    if (make_topic("anew", 1, CLEANUP_DELETE, NULL))
        return 1;
    REFUSED(read_until_error(&r, err), ERR_TOPIC_GONE, "'anew', partition 0");
    reading_close(&r);
    NEED(reading_open(&ahead, b, "anew", 0, 5, err));
    REFUSED(read_until_error(&ahead, err), ERR_TOPIC_GONE, "position 5 is not there, the topic has the offsets 0 to 0");
    reading_close(&ahead);
    buf_free(&values);
    b->ops->producer_free(p);
    return 0;
}

/* Several readers of one partition, each at its own pace; with two lanes, the third is too many. */
int lanes(void)
{
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), NULL};
    Broker *b;
    Producer *p;
    static Reading r[3];
    Buf values = BUF_INIT;
    if (make_topic("lanes", 2, CLEANUP_DELETE, NULL))
        return 1;
    NEED(rig_open(settings, rig_prefix(), 2, &b, err));
    NEED(b->ops->producer_new(b, NULL, &p, err));
    for (int i = 0; i < 3; i++)
        NEED(put_now(p, "lanes", "k", i == 0 ? "x" : i == 1 ? "y" : "z", err));
    NEED(reading_open(&r[0], b, "lanes", 0, 0, err));
    NEED(reading_open(&r[1], b, "lanes", 0, 1, err));
    REFUSED(reading_open(&r[2], b, "lanes", 0, 0, err), ERR_LIMIT, "'lanes', partition 0 has 2 readers");
    NEED(reading_open(&r[2], b, "lanes", 1, 0, err)); /* another partition has room */
    NEED(reading_all(&r[0], 3, &values, err));
    CHECK_STR(buf_view(&values), "x y z ");
    buf_clear(&values);
    NEED(reading_all(&r[1], 2, &values, err));
    CHECK_STR(buf_view(&values), "y z ");
    reading_close(&r[1]);
    reading_close(&r[2]);
    NEED(reading_open(&r[1], b, "lanes", 0, 2, err)); /* a place that was given back */
    buf_clear(&values);
    NEED(reading_all(&r[1], 1, &values, err));
    CHECK_STR(buf_view(&values), "z ");
    reading_close(&r[0]);
    reading_close(&r[1]);
    buf_free(&values);
    b->ops->producer_free(p);
    b->ops->close(b);
    return 0;
}

/* ---- membership ---- */

typedef struct Member {
    const char *name;
    Broker *b;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    uint64_t slots;
    int calls, lost;
    Producer *on_revoke; /* commits in `changed`, as work is when slots go */
    Status committed;
} Member;

static void member_changed(void *arg, uint64_t slots, bool lost)
{
    Member *m = arg;
    Err err = ERR_INIT;
    if (m->on_revoke && (m->slots & ~slots)) {
        Status st = m->b->ops->begin(m->on_revoke, &err);
        if (!st)
            st = m->b->ops->send_member(m->on_revoke, &err);
        if (!st)
            st = m->b->ops->commit(m->on_revoke, &err);
        if (st)
            printf("    %s in changed: %s\n", m->name, err.msg);
        m->committed = st;
        err_clear(&err);
    }
    pthread_mutex_lock(&m->lock);
    m->slots = slots;
    m->calls++;
    m->lost += lost;
    pthread_cond_broadcast(&m->cond);
    pthread_mutex_unlock(&m->lock);
}

static int member_join(Member *m, const char *name, Broker *b)
{
    *m = (Member){.name = name, .b = b, .committed = ERR_BUSY};
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->cond, NULL);
    MembershipConfig c = {.group = STR("service"), .topic = STR("control"), .name = str_of(name), .session_ms = 6000,
                          .changed = member_changed, .arg = m};
    NEED(b->ops->join(b, &c, err));
    return 0;
}

static int count(Member *m)
{
    pthread_mutex_lock(&m->lock);
    int n = __builtin_popcountll(m->slots);
    pthread_mutex_unlock(&m->lock);
    return n;
}

static bool wait_counts(Member *a, int na, Member *b, int nb)
{
    int64_t until = rig_ms() + LIMIT_MS;
    while (rig_ms() < until) {
        if (count(a) == na && (!b || (count(b) == nb && !(a->slots & b->slots))))
            return true;
        usleep(2000);
    }
    printf("    %s has %d, %s has %d\n", a->name, count(a), b ? b->name : "", b ? count(b) : 0);
    return false;
}

/* The broker of `other` can say who has a slot of the member. */
static bool known_elsewhere(Broker *other, Member *m)
{
    int64_t until = rig_ms() + LIMIT_MS;
    Buf name = BUF_INIT;
    bool found = false;
    while (!found && rig_ms() < until) {
        buf_clear(&name);
        found = other->ops->owner(other, __builtin_ctzll(m->slots), &name) && str_eq_c(buf_view(&name), m->name);
        usleep(10000);
    }
    buf_free(&name);
    return found;
}

int membership(void)
{
    Broker *b1 = rig(), *b2 = rig_again();
    static Member one, two;
    Producer *p, *idle;
    NEED(b1->ops->producer_new(b1, "member-1", &p, err));
    NEED(b1->ops->init(p, err));
    NEED(b1->ops->begin(p, err));
    REFUSED(b1->ops->send_member(p, err), ERR_ABORT, "no slots");
    NEED(b1->ops->abort(p, err));
    if (member_join(&one, "one:8088", b1))
        return 1;
    CHECK(wait_counts(&one, TOPIC_SLOTS, NULL, 0));
    NEED(b1->ops->begin(p, err));
    NEED(b1->ops->send_member(p, err));
    NEED(b1->ops->commit(p, err));

    NEED(b1->ops->producer_new(b1, "member-1-revoke", &idle, err));
    NEED(b1->ops->init(idle, err));
    one.on_revoke = idle;
    if (member_join(&two, "two:8088", b2))
        return 1;
    CHECK(wait_counts(&one, TOPIC_SLOTS / 2, &two, TOPIC_SLOTS / 2));
    CHECK_INT(one.committed, OK);
    CHECK_INT(one.lost + two.lost, 0);
    CHECK(known_elsewhere(b1, &two));
    CHECK(known_elsewhere(b2, &one));
    Arena *a = arena_new(0);
    NameList names = {0};
    NEED(b1->ops->members(b1, a, &names, err));
    CHECK_INT(names.n, 2);
    CHECK_STR(names.v[0], "one:8088");
    CHECK_STR(names.v[1], "two:8088");
    arena_free(a);
    Buf own = BUF_INIT;
    CHECK(b1->ops->owner(b1, __builtin_ctzll(one.slots), &own));
    CHECK_STR(buf_view(&own), "one:8088");
    buf_free(&own);
    NEED(b1->ops->begin(p, err));
    NEED(b1->ops->send_member(p, err)); /* with the new generation */
    NEED(b1->ops->commit(p, err));

    one.committed = ERR_BUSY;
    b1->ops->leave(b1);
    CHECK_INT(count(&one), 0);
    CHECK_INT(one.committed, OK); /* while leaving, it is a member still */
    CHECK(wait_counts(&two, TOPIC_SLOTS, NULL, 0));
    NEED(b1->ops->begin(p, err));
    REFUSED(b1->ops->send_member(p, err), ERR_ABORT, "no slots");
    NEED(b1->ops->abort(p, err));
    if (member_join(&one, "one:8088", b1)) /* and again */
        return 1;
    CHECK(wait_counts(&one, TOPIC_SLOTS / 2, &two, TOPIC_SLOTS / 2));
    b2->ops->leave(b2);
    CHECK(wait_counts(&one, TOPIC_SLOTS, NULL, 0));
    b1->ops->leave(b1);
    CHECK_INT(one.lost + two.lost, 0);
    b1->ops->producer_free(p);
    b1->ops->producer_free(idle);
    return 0;
}

/* ---- what the user sees ---- */

static Status try_open(const char *const *settings, Err *err)
{
    Broker *b;
    int64_t t0 = rig_ms();
    Status st = rig_open(settings, "", 0, &b, err);
    if (!st)
        b->ops->close(b);
    if (rig_ms() - t0 > 5500)
        printf("    it took %lld ms\n", (long long)(rig_ms() - t0));
    return rig_ms() - t0 > 6500 ? ERR_BUSY : st;
}

int unreachable(void)
{
    const char *const refused[] = {"bootstrap.servers", "127.0.0.1:1", NULL};
    const char *const nowhere[] = {"bootstrap.servers", "no-such-host.invalid:9092", NULL};
    const char *const none[] = {"security.protocol", "PLAINTEXT", NULL};
    const char *const tls[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), "security.protocol", "SSL", NULL};
    REFUSED(try_open(refused, err), ERR_BROKER, "127.0.0.1:1 (PLAINTEXT, tried for");
    REFUSED(try_open(refused, err), ERR_BROKER, "Connection refused");
    REFUSED(try_open(nowhere, err), ERR_BROKER, "no-such-host.invalid:9092");
    REFUSED(try_open(none, err), ERR_BAD_REQUEST, "bootstrap.servers");
    REFUSED(try_open(tls, err), ERR_BROKER, "TLS handshake");
    return 0;
}

int secured(void)
{
    const char *sasl = getenv("KAFKA_SECURE"), *ssl = getenv("KAFKA_SSL");
    const char *both = getenv("KAFKA_SASL_SSL"), *ca = getenv("KAFKA_CA");
    if (!sasl || !ssl || !both || !ca) {
        printf("    no secured listeners: not tried\n");
        return 0;
    }
    const char *const plain[] = {"bootstrap.servers", sasl, "security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN",
                                 "sasl.jaas.config",
                                 "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" "
                                 "password=\"alice-secret\";", NULL};
    const char *const wrong[] = {"bootstrap.servers", sasl, "security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN",
                                 "sasl.username", "alice", "sasl.password", "secret", NULL};
    const char *const scram_wrong[] = {"bootstrap.servers", sasl, "security.protocol", "SASL_PLAINTEXT", "sasl.mechanism",
                                       "SCRAM-SHA-256", "sasl.username", "alice", "sasl.password", "secret", NULL};
    const char *const over_tls[] = {"bootstrap.servers", ssl, "security.protocol", "SSL", "ssl.truststore.type", "PEM",
                                    "ssl.truststore.location", ca, NULL};
    const char *const no_ca[] = {"bootstrap.servers", ssl, "security.protocol", "SSL", NULL};
    const char *const scram[] = {"bootstrap.servers", both, "security.protocol", "SASL_SSL", "sasl.mechanism", "SCRAM-SHA-256",
                                 "ssl.ca.location", ca, "ksql.streams.sasl.jaas.config",
                                 "org.apache.kafka.common.security.scram.ScramLoginModule required username='alice' "
                                 "password='alice-secret';", NULL};
    const char *const bare[] = {"bootstrap.servers", sasl, NULL};
    NEED(try_open(plain, err));
    Err e = ERR_INIT;
    bool scram_works = !try_open(scram, &e); /* where librdkafka's SCRAM is one that newer brokers refuse, the hint says so */
    printf("    SCRAM: %s\n", scram_works ? "works" : e.hint ? e.hint : e.msg);
    CHECK(scram_works || (e.hint && strstr(e.hint, "librdkafka")));
    err_clear(&e);
    NEED(try_open(over_tls, err));
    REFUSED(try_open(wrong, err), ERR_BROKER, "refused the user name or password of 'alice' (PLAIN)");
    REFUSED(try_open(scram_wrong, err), ERR_BROKER, "refused the user name or password of 'alice' (SCRAM-SHA-256)");
    REFUSED(try_open(no_ca, err), ERR_BROKER, "TLS handshake");
    REFUSED(try_open(bare, err), ERR_BROKER, sasl);

    char file[] = "/tmp/sluice-token-XXXXXX", url[64];
    int fd = mkstemp(file);
    CHECK(fd >= 0);
    /* {"alg":"none"} . {"sub":"alice","iat":1700000000,"exp":4102444800} . */
    static const char token[] =
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo0MTAyNDQ0ODAwfQ.\n";
    CHECK(write(fd, token, sizeof token - 1) == (ssize_t)sizeof token - 1);
    close(fd);
    snprintf(url, sizeof url, "file://%s", file);
    const char *const oauth[] = {"bootstrap.servers", sasl, "security.protocol", "SASL_PLAINTEXT",
                                 "sasl.mechanism", "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url", url, "sasl.jaas.config",
                                 "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;", NULL};
    NEED(try_open(oauth, err));
    unlink(file);
    REFUSED(try_open(oauth, err), ERR_BROKER, "cannot be read");
    return 0;
}

int denied(void)
{
    const char *sasl = getenv("KAFKA_SECURE");
    if (!sasl) {
        printf("    no secured listener: not tried\n");
        return 0;
    }
    const char *const bob[] = {"bootstrap.servers", sasl, "security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN",
                               "sasl.username", "bob", "sasl.password", "bob-secret", NULL};
    Broker *b;
    Producer *p, *tx;
    TopicInfo info = {.name = STR("x"), .partitions = 1, .replicas = 1, .retention_ms = -1};
    int64_t begin, end;
    if (make_topic("x", 1, CLEANUP_DELETE, NULL))
        return 1;
    NEED(rig_open(bob, rig_prefix(), 0, &b, err));
    REFUSED(b->ops->create(b, &info, NULL, err), ERR_DENIED, "Authorization denied to Create on topic(s): [x]");
    REFUSED(b->ops->drop(b, STR("x"), err), ERR_DENIED, "Authorization denied to Delete on topic(s): [x]");
    REFUSED(b->ops->describe(b, STR("x"), &info, err), ERR_DENIED, "Authorization denied to Describe on topic(s): [x]");
    REFUSED(b->ops->ends(b, STR("x"), 0, &begin, &end, err), ERR_DENIED, "Authorization denied to Describe on topic(s): [x]");
    NEED(b->ops->producer_new(b, NULL, &p, err));
    Sent s = {0};
    Err e = ERR_INIT;
    Status st = put(p, "x", 0, "k", "v", &e);
    if (!st)
        st = b->ops->flush(p, sent, &s, &e);
    CHECK_INT(st ? e.code : s.err, ERR_DENIED);
    err_clear(&e);
    NEED(b->ops->producer_new(b, "bobs", &tx, err));
    REFUSED(b->ops->init(tx, err), ERR_DENIED, "transactional id(s)");
    Arena *a = arena_new(0);
    GroupPositionVec v = {0};
    REFUSED(b->ops->positions(b, STR("g"), a, &v, err), ERR_DENIED, "group(s): [g]");
    arena_free(a);
    b->ops->producer_free(p);
    b->ops->producer_free(tx);
    b->ops->close(b);
    return 0;
}

static void note_line(void *arg, int level, const char *text)
{
    UNUSED(level);
    buf_printf(arg, "%s\n", text);
}

/* What a ksqlDB server's file has and means nothing here is told and left out; what is the engine's is not looked at. */
int warned(void)
{
    Buf log = BUF_INIT;
    const KafkaSetting v[] = {
        {STR("bootstrap.servers"), str_of(getenv("KAFKA_BOOTSTRAP"))},
        {STR("ksql.service.id"), STR("default_")},
        {STR("listeners"), STR("http://0.0.0.0:8088")},
        {STR("ksql.streams.producer.acks"), STR("1")},
        {STR("producer.interceptor.classes"), STR("io.confluent.X")},
        {STR("ksql.streams.producer.linger.ms"), STR("1")},
        {STR("auto.offset.reset"), STR("earliest")},
    };
    KafkaConfig c = {.settings = v, .n = ARRAY_LEN(v), .log = note_line, .log_arg = &log};
    Broker *b;
    NEED(kafka_broker_open(&c, &b, err));
    b->ops->close(b);
    CHECK_STR(buf_view(&log), "ksql.streams.producer.acks is ignored: Sluice sets it itself\n"
                              "producer.interceptor.classes is ignored: it means nothing here\n");
    buf_free(&log);
    return 0;
}

/* A fatal error of librdkafka ends the member's consumer for good: the slots are lost, and a new consumer joins and has them. */
int member_fatal(void)
{
    static Member m = {.name = "fatal"};
    Broker *b;
    Producer *p;
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), NULL};
    NEED(rig_open(settings, rig_prefix(), 0, &b, err));
    pthread_mutex_init(&m.lock, NULL);
    pthread_cond_init(&m.cond, NULL);
    MembershipConfig c = {.group = STR("renewed"), .topic = STR("renewed-control"), .name = STR("fatal"), .instance = STR("i-1"),
                          .session_ms = 6000, .changed = member_changed, .arg = &m};
    NEED(b->ops->join(b, &c, err));
    NEED(b->ops->producer_new(b, "of-the-renewed", &p, err));
    NEED(b->ops->init(p, err));
    for (int lost = 0; lost < 2; lost++) {
        CHECK(wait_counts(&m, TOPIC_SLOTS, NULL, 0));
        CHECK_INT(m.lost, lost);
        CHECK(kafka_member_break(kafka_of(b)));
        CHECK(wait_counts(&m, 0, NULL, 0));
    }
    CHECK(wait_counts(&m, TOPIC_SLOTS, NULL, 0));
    NEED(b->ops->begin(p, err)); /* the fence is the new consumer's */
    NEED(b->ops->send_member(p, err));
    NEED(b->ops->commit(p, err));
    b->ops->producer_free(p);
    b->ops->leave(b);
    b->ops->close(b);
    return 0;
}

/* A fatal error ends the handle of an idempotent producer: the next record is refused with the cause, the one after that is sent by a
 * new handle. */
int producer_fatal(void)
{
    static Reading r;
    Broker *b = rig();
    Buf values = BUF_INIT;
    Producer *p;
    if (make_topic("producer-fatal", 1, CLEANUP_DELETE, NULL))
        return 1;
    NEED(b->ops->producer_new(b, NULL, &p, err));
    NEED(put_now(p, "producer-fatal", "k", "one", err));
    kafka_producer_break(p);
    REFUSED(put_now(p, "producer-fatal", "k", "lost", err), ERR_BROKER, "stopped by an error");
    NEED(put_now(p, "producer-fatal", "k", "two", err));
    b->ops->producer_free(p);
    NEED(reading_open(&r, b, "producer-fatal", 0, 0, err));
    NEED(reading_all(&r, 2, &values, err));
    CHECK_TEXT(buf_z(&values), "one two ");
    reading_close(&r);
    buf_free(&values);
    return 0;
}
