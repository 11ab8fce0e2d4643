// SPDX-License-Identifier: Apache-2.0
// Which properties reach librdkafka: a row for every name that it knows, and for those of the Java client that a ksqlDB server's
// properties file may have.
//
//   class      from the server's file                             from anywhere else
//   PASS       as it is, to the clients of the row                refused, unless the caller's allow list has it
//   TRANSLATE  under librdkafka's name                            "
//   IGNORE     warning                                            "
//   OWN        warning: commits and reading depend on the value   "
//   ENGINE     nothing: the engine reads it                       "
//   REFUSE     error                                              refused
//
// Prefixes: `ksql.streams.`, then `producer.`, `consumer.`, `admin.` or one of Kafka Streams' `main.consumer.`,
// `restore.consumer.`, `global.consumer.`. The longest form of a property wins for its clients.
#include "topic/kafka.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "topic/kafka_check.h"

enum { A = KAFKA_FOR_ALL, C = KAFKA_FOR_CONSUMER | KAFKA_FOR_ADMIN, P = KAFKA_FOR_PRODUCER };

typedef struct PropRow {
    const char *name;
    KafkaPropClass class;
    int clients;
    const char *as; /* TRANSLATE of a plain number: librdkafka's name */
    int divide;     /* … and of its unit */
} PropRow;

#define PASS(name, clients) {name, KAFKA_PROP_PASS, clients, NULL, 0}
#define AS(name, clients, as, divide) {name, KAFKA_PROP_TRANSLATE, clients, as, divide}
#define SPECIAL(name) {name, KAFKA_PROP_TRANSLATE, A, NULL, 0} /* see special() */
#define IGNORE(name) {name, KAFKA_PROP_IGNORE, A, NULL, 0}
#define OWN(name) {name, KAFKA_PROP_OWN, A, NULL, 0}
#define ENGINE(name) {name, KAFKA_PROP_ENGINE, A, NULL, 0}
#define REFUSE(name) {name, KAFKA_PROP_REFUSE, A, NULL, 0}

static const PropRow rows[] = {
    /* ---- connection ---- */
    SPECIAL("bootstrap.servers"),
    SPECIAL("metadata.broker.list"),
    OWN("client.id"),
    PASS("client.rack", C),
    IGNORE("client.dns.lookup"),
    PASS("broker.address.ttl", A),
    PASS("broker.address.family", A),
    PASS("connections.max.idle.ms", A),
    PASS("socket.timeout.ms", A),
    AS("request.timeout.ms", A, "socket.timeout.ms", 1),
    IGNORE("default.api.timeout.ms"),
    PASS("socket.connection.setup.timeout.ms", A),
    AS("socket.connection.setup.timeout.max.ms", A, "socket.connection.setup.timeout.ms", 1),
    IGNORE("socket.blocking.max.ms"),
    PASS("socket.send.buffer.bytes", A),
    PASS("socket.receive.buffer.bytes", A),
    AS("send.buffer.bytes", A, "socket.send.buffer.bytes", 1),
    AS("receive.buffer.bytes", A, "socket.receive.buffer.bytes", 1),
    PASS("socket.keepalive.enable", A),
    PASS("socket.nagle.disable", A),
    PASS("socket.max.fails", A),
    IGNORE("reconnect.backoff.jitter.ms"),
    PASS("reconnect.backoff.ms", A),
    PASS("reconnect.backoff.max.ms", A),
    PASS("receive.message.max.bytes", A),
    PASS("message.max.bytes", A),
    PASS("message.copy.max.bytes", A),
    PASS("topic.metadata.refresh.interval.ms", A),
    PASS("topic.metadata.refresh.fast.interval.ms", A),
    IGNORE("topic.metadata.refresh.fast.cnt"),
    PASS("topic.metadata.refresh.sparse", A),
    PASS("topic.metadata.propagation.max.ms", A),
    PASS("topic.blacklist", A),
    PASS("metadata.max.age.ms", A),
    IGNORE("metadata.max.idle.ms"),
    IGNORE("metadata.recovery.strategy"),
    IGNORE("metadata.recovery.rebootstrap.trigger.ms"),
    PASS("retry.backoff.ms", P),
    IGNORE("retry.backoff.max.ms"),
    PASS("debug", A),
    OWN("api.version.request"),
    IGNORE("api.version.request.timeout.ms"),
    OWN("api.version.fallback.ms"),
    OWN("broker.version.fallback"),

    /* ---- security ---- */
    PASS("security.protocol", A),
    PASS("ssl.cipher.suites", A),
    PASS("ssl.curves.list", A),
    PASS("ssl.sigalgs.list", A),
    PASS("ssl.key.location", A),
    PASS("ssl.key.password", A),
    PASS("ssl.key.pem", A),
    PASS("ssl.certificate.location", A),
    PASS("ssl.certificate.pem", A),
    PASS("ssl.ca.location", A),
    PASS("ssl.ca.pem", A),
    IGNORE("ssl.ca.certificate.stores"),
    PASS("ssl.crl.location", A),
    PASS("enable.ssl.certificate.verification", A),
    SPECIAL("ssl.endpoint.identification.algorithm"),
    SPECIAL("ssl.truststore.location"),
    SPECIAL("ssl.truststore.type"),
    IGNORE("ssl.truststore.password"),
    AS("ssl.truststore.certificates", A, "ssl.ca.pem", 0),
    SPECIAL("ssl.keystore.location"),
    SPECIAL("ssl.keystore.type"),
    PASS("ssl.keystore.password", A),
    AS("ssl.keystore.key", A, "ssl.key.pem", 0),
    AS("ssl.keystore.certificate.chain", A, "ssl.certificate.pem", 0),
    IGNORE("ssl.protocol"),
    IGNORE("ssl.enabled.protocols"),
    IGNORE("ssl.provider"),
    IGNORE("ssl.keymanager.algorithm"),
    IGNORE("ssl.trustmanager.algorithm"),
    IGNORE("ssl.secure.random.implementation"),
    REFUSE("ssl.engine.factory.class"),
    IGNORE("ssl.client.auth"),
    IGNORE("ssl.client.authentication"),
    REFUSE("security.providers"),
    REFUSE("ssl.providers"),
    REFUSE("ssl.engine.location"),
    REFUSE("ssl.engine.id"),
    REFUSE("ssl_engine_callback_data"),
    REFUSE("ssl_key"),
    REFUSE("ssl_certificate"),
    REFUSE("ssl_ca"),
    REFUSE("ssl.certificate.verify_cb"),
    SPECIAL("sasl.mechanism"),
    SPECIAL("sasl.mechanisms"),
    SPECIAL("sasl.jaas.config"),
    PASS("sasl.username", A),
    PASS("sasl.password", A),
    SPECIAL("sasl.oauthbearer.token.file"),
    SPECIAL("sasl.oauthbearer.token.endpoint.url"),
    IGNORE("sasl.oauthbearer.config"),
    IGNORE("sasl.oauthbearer.method"),
    IGNORE("sasl.oauthbearer.client.id"),
    IGNORE("sasl.oauthbearer.client.secret"),
    IGNORE("sasl.oauthbearer.scope"),
    IGNORE("sasl.oauthbearer.extensions"),
    IGNORE("sasl.oauthbearer.scope.claim.name"),
    IGNORE("sasl.oauthbearer.sub.claim.name"),
    IGNORE("sasl.oauthbearer.header.urlencode"),
    REFUSE("enable.sasl.oauthbearer.unsecure.jwt"),
    REFUSE("oauthbearer_token_refresh_cb"),
    IGNORE("sasl.login.class"),
    IGNORE("sasl.login.callback.handler.class"),
    IGNORE("sasl.client.callback.handler.class"),
    IGNORE("sasl.login.connect.timeout.ms"),
    IGNORE("sasl.login.read.timeout.ms"),
    IGNORE("sasl.login.retry.backoff.ms"),
    IGNORE("sasl.login.retry.backoff.max.ms"),
    IGNORE("sasl.login.refresh.window.factor"),
    IGNORE("sasl.login.refresh.window.jitter"),
    IGNORE("sasl.login.refresh.min.period.seconds"),
    IGNORE("sasl.login.refresh.buffer.seconds"),
    REFUSE("sasl.kerberos.service.name"),
    REFUSE("sasl.kerberos.principal"),
    REFUSE("sasl.kerberos.kinit.cmd"),
    REFUSE("sasl.kerberos.keytab"),
    REFUSE("sasl.kerberos.min.time.before.relogin"),
    REFUSE("sasl.kerberos.ticket.renew.window.factor"),
    REFUSE("sasl.kerberos.ticket.renew.jitter"),

    /* ---- reading ---- */
    PASS("queued.min.messages", C),
    PASS("queued.max.messages.kbytes", C),
    PASS("fetch.wait.max.ms", C),
    AS("fetch.max.wait.ms", C, "fetch.wait.max.ms", 1),
    PASS("fetch.message.max.bytes", C),
    PASS("max.partition.fetch.bytes", C),
    PASS("fetch.max.bytes", C),
    PASS("fetch.min.bytes", C),
    PASS("fetch.error.backoff.ms", C),
    PASS("max.poll.interval.ms", C),
    IGNORE("max.poll.records"),
    PASS("coordinator.query.interval.ms", C),
    ENGINE("auto.offset.reset"),
    ENGINE("session.timeout.ms"),
    ENGINE("heartbeat.interval.ms"),
    OWN("group.id"),
    OWN("group.instance.id"),
    OWN("group.protocol"),
    OWN("group.protocol.type"),
    OWN("group.remote.assignor"),
    OWN("partition.assignment.strategy"),
    OWN("enable.auto.commit"),
    OWN("auto.commit.enable"),
    OWN("auto.commit.interval.ms"),
    OWN("enable.auto.offset.store"),
    OWN("offset.store.method"),
    OWN("offset.store.path"),
    OWN("offset.store.sync.interval.ms"),
    OWN("isolation.level"),
    OWN("enable.partition.eof"),
    OWN("check.crcs"),
    OWN("allow.auto.create.topics"),
    IGNORE("exclude.internal.topics"),
    IGNORE("consume.callback.max.messages"),
    IGNORE("key.deserializer"),
    IGNORE("value.deserializer"),

    /* ---- writing ---- */
    PASS("linger.ms", P),
    PASS("queue.buffering.max.ms", P),
    PASS("queue.buffering.max.messages", P),
    PASS("queue.buffering.max.kbytes", P),
    AS("buffer.memory", P, "queue.buffering.max.kbytes", 1024),
    PASS("queue.buffering.backpressure.threshold", P),
    PASS("compression.codec", P),
    PASS("compression.type", P),
    PASS("compression.level", P),
    IGNORE("compression.gzip.level"),
    IGNORE("compression.lz4.level"),
    IGNORE("compression.zstd.level"),
    PASS("batch.num.messages", P),
    PASS("batch.size", P),
    AS("max.request.size", P, "message.max.bytes", 1),
    SPECIAL("delivery.timeout.ms"),
    SPECIAL("message.timeout.ms"),
    SPECIAL("transaction.timeout.ms"),
    IGNORE("max.block.ms"),
    OWN("max.in.flight"),
    OWN("max.in.flight.requests.per.connection"),
    OWN("retries"),
    OWN("message.send.max.retries"),
    OWN("acks"),
    OWN("request.required.acks"),
    OWN("enable.idempotence"),
    OWN("enable.gapless.guarantee"),
    OWN("transactional.id"),
    OWN("transaction.two.phase.commit.enable"),
    OWN("queuing.strategy"),
    OWN("produce.offset.report"),
    OWN("delivery.report.only.error"),
    OWN("partitioner"),
    IGNORE("sticky.partitioning.linger.ms"),
    IGNORE("partitioner.class"),
    IGNORE("partitioner.ignore.keys"),
    IGNORE("partitioner.adaptive.partitioning.enable"),
    IGNORE("partitioner.availability.timeout.ms"),
    IGNORE("key.serializer"),
    IGNORE("value.serializer"),

    /* ---- the client itself ---- */
    OWN("builtin.features"),
    OWN("statistics.interval.ms"),
    OWN("enabled_events"),
    OWN("log_level"),
    OWN("log.queue"),
    OWN("log.thread.name"),
    OWN("log.connection.close"),
    OWN("enable.random.seed"),
    IGNORE("metric.reporters"),
    IGNORE("metrics.num.samples"),
    IGNORE("metrics.recording.level"),
    IGNORE("metrics.sample.window.ms"),
    IGNORE("auto.include.jmx.reporter"),
    IGNORE("enable.metrics.push"),
    IGNORE("interceptor.classes"),
    IGNORE("config.providers"),
    REFUSE("internal.termination.signal"),
    REFUSE("plugin.library.paths"),
    REFUSE("interceptors"),
    REFUSE("error_cb"),
    REFUSE("throttle_cb"),
    REFUSE("stats_cb"),
    REFUSE("log_cb"),
    REFUSE("background_event_cb"),
    REFUSE("socket_cb"),
    REFUSE("connect_cb"),
    REFUSE("closesocket_cb"),
    REFUSE("open_cb"),
    REFUSE("resolve_cb"),
    REFUSE("opaque"),
    REFUSE("default_topic_conf"),
    REFUSE("consume_cb"),
    REFUSE("rebalance_cb"),
    REFUSE("offset_commit_cb"),
    REFUSE("dr_cb"),
    REFUSE("dr_msg_cb"),
    REFUSE("partitioner_cb"),
    REFUSE("msg_order_cmp"),
};

/* ---- names ---- */

static StrMap rows_by_name;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void index_rows(void)
{
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        strmap_put(&rows_by_name, str_of(rows[i].name), (void *)&rows[i]);
}

static const PropRow *row_of(Str name)
{
    pthread_once(&once, index_rows);
    return strmap_find(&rows_by_name, name);
}

KafkaPropClass kafka_property_class(Str name)
{
    const PropRow *row = row_of(name);
    return row ? row->class : KAFKA_PROP_UNKNOWN;
}

bool kafka_property_rule(int i, Str *name, KafkaPropClass *class)
{
    if (i < 0 || i >= ARRAY_LEN(rows))
        return false;
    *name = str_of(rows[i].name);
    *class = rows[i].class;
    return true;
}

/* Takes the prefixes off; rank rises with their number. */
static Str bare_name(Str name, int *clients, int *rank)
{
    static const struct {
        const char *prefix;
        int clients, rank;
    } prefixes[] = {
        {"main.consumer.", KAFKA_FOR_CONSUMER, 3},
        {"restore.consumer.", 0, 3}, /* there is one kind of consumer here */
        {"global.consumer.", 0, 3},
        {"consumer.", KAFKA_FOR_CONSUMER, 2},
        {"producer.", KAFKA_FOR_PRODUCER, 2},
        {"admin.", KAFKA_FOR_ADMIN, 2},
    };
    *clients = KAFKA_FOR_ALL;
    *rank = 0;
    if (str_starts(name, STR("ksql.streams."))) {
        name = str_sub(name, 13, name.n - 13);
        *rank = 1;
    }
    for (int i = 0; i < ARRAY_LEN(prefixes); i++) {
        Str p = str_of(prefixes[i].prefix);
        if (!str_starts(name, p))
            continue;
        *clients = prefixes[i].clients;
        *rank += prefixes[i].rank * 2;
        return str_sub(name, p.n, name.n - p.n);
    }
    return name;
}

bool kafka_property_client(Str name)
{
    int clients, rank;
    Str bare = bare_name(name, &clients, &rank);
    return row_of(bare) != NULL || kafka_property_known(bare);
}

/* ---- values ---- */

const char *kafka_props_get(const KafkaProps *p, const char *name, int client)
{
    const char *value = NULL;
    int rank = -1;
    for (int i = 0; i < p->v.n; i++)
        if ((p->v.v[i].clients & client) && p->v.v[i].rank > rank && strcmp(p->v.v[i].name, name) == 0) {
            value = p->v.v[i].value;
            rank = p->v.v[i].rank;
        }
    return value;
}

void kafka_props_free(KafkaProps *p)
{
    for (int i = 0; i < p->v.n; i++) {
        mem_free(p->v.v[i].name);
        mem_free(p->v.v[i].value);
    }
    vec_free(&p->v);
    mem_free(p->servers);
    mem_free(p->token_file);
    *p = (KafkaProps){0};
}

/* One setting on its way. */
typedef struct Reading {
    KafkaProps *out;
    Buf *warnings;
    Err *err;
    char *truststore, *truststore_type, *keystore, *keystore_type;
    int session_ms, heartbeat_ms; /* of the membership; 0: not set */
} Reading;

static void put(Reading *r, const char *name, Str value, int clients, int rank)
{
    for (int i = 0; i < r->out->v.n; i++) {
        KafkaProp *p = &r->out->v.v[i];
        if (strcmp(p->name, name) != 0 || p->clients != clients)
            continue;
        if (rank >= p->rank) {
            mem_free(p->value);
            p->value = mem_strndup(value.p, value.n);
            p->rank = rank;
        }
        return;
    }
    KafkaProp p = {mem_strdup(name), mem_strndup(value.p, value.n), clients, rank};
    vec_add(&r->out->v, p);
}

static void keep(char **slot, Str value)
{
    mem_free(*slot);
    *slot = mem_strndup(value.p, value.n);
}

static Status bad_value(Reading *r, Str name, Str value, const char *why)
{
    return err_set(r->err, ERR_BAD_REQUEST, "Invalid value %.*s for configuration %.*s: %s", STR_ARG(value), STR_ARG(name), why);
}

/* Checks, and puts it if it is right. */
static Status take(Reading *r, Str name, const char *to, Str value, int clients, int rank)
{
    Buf number = BUF_INIT;
    Status st = kafka_check_value(name, to, value, &number, r->err);
    if (!st)
        put(r, to, number.n ? buf_view(&number) : value, clients, rank);
    buf_free(&number);
    return st;
}

static Status read_ms(Reading *r, Str name, Str value, int *out)
{
    char digits[16], *end;
    if (value.n == 0 || value.n >= sizeof digits)
        return bad_value(r, name, value, "a number of milliseconds is wanted");
    memcpy(digits, value.p, value.n);
    digits[value.n] = 0;
    long v = strtol(digits, &end, 10);
    if (*end || v < 1000 || v > 3600000)
        return bad_value(r, name, value, "a number of milliseconds from 1000 to 3600000 is wanted");
    *out = (int)v;
    return OK;
}

/* The option `key="value"` of a JAAS line; false when it is not there. */
static bool jaas_option(Str line, const char *key, Buf *value)
{
    size_t n = strlen(key);
    for (size_t i = 0; i + n + 2 < line.n; i++) {
        if (memcmp(line.p + i, key, n) != 0 || line.p[i + n] != '=' || (i && line.p[i - 1] != ' ' && line.p[i - 1] != '\t'))
            continue;
        char quote = line.p[i + n + 1];
        bool quoted = quote == '"' || quote == '\'';
        buf_clear(value);
        for (size_t k = i + n + 1 + quoted; k < line.n; k++) {
            char c = line.p[k];
            if (quoted ? c == quote : c == ' ' || c == ';' || c == '\t')
                return true;
            if (quoted && c == '\\' && k + 1 < line.n)
                c = line.p[++k];
            buf_byte(value, c);
        }
        return !quoted;
    }
    return false;
}

/* Else it may be the password, where the module was forgotten. */
static bool class_name(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._$", s.p[i]))
            return false;
    return s.n > 0 && str_ends(s, STR("Module"));
}

static Status read_jaas(Reading *r, Str value, int clients, int rank)
{
    static const char *const modules[] = {"PlainLoginModule", "ScramLoginModule"};
    Str line = str_trim(value);
    size_t n = 0;
    while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
        n++;
    Str module = str_sub(line, 0, n);
    if (str_ends(module, STR("OAuthBearerLoginModule")))
        return OK;
    bool found = false;
    for (int i = 0; i < ARRAY_LEN(modules); i++)
        found |= str_ends(module, str_of(modules[i]));
    if (!found)
        return err_set(r->err, ERR_BAD_REQUEST,
                       "Invalid value for configuration sasl.jaas.config: the login module %.*s is not supported; "
                       "PlainLoginModule, ScramLoginModule and OAuthBearerLoginModule are",
                       STR_ARG(class_name(module) ? module : STR("it begins with")));
    Buf user = BUF_INIT, pass = BUF_INIT;
    Status st = OK;
    if (!jaas_option(line, "username", &user) || !jaas_option(line, "password", &pass))
        st = err_set(r->err, ERR_BAD_REQUEST,
                     "Invalid value for configuration sasl.jaas.config: username=\"…\" and password=\"…\" are wanted");
    else {
        put(r, "sasl.username", buf_view(&user), clients, rank);
        put(r, "sasl.password", buf_view(&pass), clients, rank);
    }
    buf_free(&user);
    buf_free(&pass);
    return st;
}

static Status read_mechanism(Reading *r, Str name, Str value, int clients, int rank)
{
    static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"};
    for (int i = 0; i < ARRAY_LEN(mechanisms); i++)
        if (str_eq_nocase(value, str_of(mechanisms[i]))) {
            put(r, "sasl.mechanism", str_of(mechanisms[i]), clients, rank);
            return OK;
        }
    return bad_value(r, name, value, "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER are supported");
}

/* `file:///path` or a path. */
static Status read_token_file(Reading *r, Str name, Str value)
{
    if (str_starts(value, STR("file://")))
        value = str_sub(value, 7, value.n - 7);
    else if (!str_eq_c(name, "sasl.oauthbearer.token.file"))
        return bad_value(r, name, value, "a token is read from a file: file:///path is wanted");
    keep(&r->out->token_file, value);
    return OK;
}

/* The rows that are neither passed nor renamed. */
static Status special(Reading *r, Str name, Str value, int clients, int rank)
{
    if (str_eq_c(name, "bootstrap.servers") || str_eq_c(name, "metadata.broker.list")) {
        if (!r->out->servers || rank > 0)
            keep(&r->out->servers, value);
        return OK;
    }
    if (str_eq_c(name, "sasl.mechanism") || str_eq_c(name, "sasl.mechanisms"))
        return read_mechanism(r, name, value, clients, rank);
    if (str_eq_c(name, "sasl.jaas.config"))
        return read_jaas(r, value, clients, rank);
    if (str_starts(name, STR("sasl.oauthbearer.token.")))
        return read_token_file(r, name, value);
    if (str_eq_c(name, "delivery.timeout.ms") || str_eq_c(name, "message.timeout.ms"))
        return read_ms(r, name, value, &r->out->delivery_ms);
    if (str_eq_c(name, "transaction.timeout.ms"))
        return read_ms(r, name, value, &r->out->transaction_ms);
    if (str_eq_c(name, "ssl.truststore.location"))
        keep(&r->truststore, value);
    else if (str_eq_c(name, "ssl.truststore.type"))
        keep(&r->truststore_type, value);
    else if (str_eq_c(name, "ssl.keystore.location"))
        keep(&r->keystore, value);
    else if (str_eq_c(name, "ssl.keystore.type"))
        keep(&r->keystore_type, value);
    else if (str_eq_c(name, "ssl.endpoint.identification.algorithm"))
        return take(r, name, "ssl.endpoint.identification.algorithm", value.n ? value : STR("none"), clients, rank);
    else
        BUG("no rule for %.*s", STR_ARG(name));
    return OK;
}

/* ---- key and trust stores ---- */

typedef enum StoreKind { STORE_PEM, STORE_PKCS12, STORE_JKS, STORE_UNREADABLE } StoreKind;

/* By what the file starts with: Java's own default takes JKS and PKCS12 under either name. */
static StoreKind store_kind(const char *file)
{
    unsigned char head[4] = {0};
    FILE *f = fopen(file, "rb");
    size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    if (f)
        fclose(f);
    if (n == 0)
        return STORE_UNREADABLE;
    if (head[0] == 0xfe && head[1] == 0xed)
        return STORE_JKS;
    return head[0] == 0x30 ? STORE_PKCS12 : STORE_PEM;
}

static Status wrong_store(Reading *r, const char *what, const char *file, StoreKind kind)
{
    if (kind == STORE_UNREADABLE)
        return err_set(r->err, ERR_BAD_REQUEST, "The file of ssl.%s.location cannot be read: %s", what, file);
    err_set(r->err, ERR_BAD_REQUEST, "ssl.%s.location: %s is a %s store, PEM is wanted (ssl.%s.type=PEM)", what, file,
            kind == STORE_JKS ? "JKS" : "PKCS12", what);
    err_hint(r->err, "keytool -importkeystore -srckeystore FILE -destkeystore x.p12 -deststoretype PKCS12, then "
                     "openssl pkcs12 -in x.p12 -out x.pem");
    return ERR_BAD_REQUEST;
}

static Status stores(Reading *r)
{
    if (r->truststore && *r->truststore) {
        StoreKind kind = store_kind(r->truststore);
        if (kind != STORE_PEM)
            return wrong_store(r, "truststore", r->truststore, kind);
        put(r, "ssl.ca.location", str_of(r->truststore), KAFKA_FOR_ALL, 0);
    }
    if (r->keystore && *r->keystore) {
        StoreKind kind = store_kind(r->keystore);
        if (kind == STORE_JKS || kind == STORE_UNREADABLE)
            return wrong_store(r, "keystore", r->keystore, kind);
        if (kind == STORE_PKCS12)
            put(r, "ssl.keystore.location", str_of(r->keystore), KAFKA_FOR_ALL, 0);
        else { /* one file with the key and its chain, as the Java client reads it */
            put(r, "ssl.key.location", str_of(r->keystore), KAFKA_FOR_ALL, 0);
            put(r, "ssl.certificate.location", str_of(r->keystore), KAFKA_FOR_ALL, 0);
        }
    }
    return OK;
}

/* What only the whole shows. */
static Status check_whole(Reading *r)
{
    const char *protocol = kafka_props_get(r->out, "security.protocol", KAFKA_FOR_ADMIN);
    const char *mechanism = kafka_props_get(r->out, "sasl.mechanism", KAFKA_FOR_ADMIN);
    if (!r->out->servers || !*r->out->servers)
        return err_set(r->err, ERR_BAD_REQUEST, "bootstrap.servers is not set");
    if (stores(r))
        return r->err->code;
    if (!protocol || !str_starts(str_of(protocol), STR("SASL")))
        if (!protocol || !str_starts(str_of(protocol), STR("sasl")))
            return OK;
    if (!mechanism)
        return err_set(r->err, ERR_BAD_REQUEST, "security.protocol is %s, and sasl.mechanism is not set", protocol);
    if (strcmp(mechanism, "OAUTHBEARER") == 0) {
        if (!r->out->token_file)
            return err_set(r->err, ERR_BAD_REQUEST,
                           "sasl.mechanism is OAUTHBEARER, and sasl.oauthbearer.token.endpoint.url=file:///… is not set");
    } else if (!kafka_props_get(r->out, "sasl.username", KAFKA_FOR_ADMIN) ||
               !kafka_props_get(r->out, "sasl.password", KAFKA_FOR_ADMIN))
        return err_set(r->err, ERR_BAD_REQUEST, "sasl.mechanism is %s, and sasl.jaas.config (or sasl.username and "
                       "sasl.password) is not set", mechanism);
    return OK;
}

/* Java's minus one: the system's default. */
static Status take_as(Reading *r, Str name, const PropRow *row, Str value, int clients, int rank)
{
    Buf number = BUF_INIT;
    char divided[32];
    if (!row->divide)
        return take(r, name, row->as, value, clients, rank);
    Status st = OK;
    if (!kafka_read_number(value, false, &number))
        st = bad_value(r, name, value, "a number is wanted");
    else {
        long long v = strtoll(buf_z(&number), NULL, 10);
        snprintf(divided, sizeof divided, "%lld", v < 0 ? 0 : v / row->divide);
        st = take(r, name, row->as, str_of(divided), clients, rank);
    }
    buf_free(&number);
    return st;
}

/* Java's names of cipher suites are not those of OpenSSL: TLS_…_WITH_…. */
static bool java_suites(Str value)
{
    for (size_t i = 0; i + 6 <= value.n; i++)
        if (memcmp(value.p + i, "_WITH_", 6) == 0)
            return true;
    return false;
}

/* The engine passes these on to the consumer that is its member. */
static Status read_membership(Reading *r, Str name, Str value)
{
    Buf number = BUF_INIT;
    bool session = str_eq_c(name, "session.timeout.ms");
    if (!session && !str_eq_c(name, "heartbeat.interval.ms"))
        return OK;
    Status st = kafka_check_value(name, session ? "session.timeout.ms" : "heartbeat.interval.ms", value, &number, r->err);
    if (!st)
        *(session ? &r->session_ms : &r->heartbeat_ms) = atoi(buf_z(&number));
    if (!st && session && r->session_ms < KAFKA_LEAST_SESSION_MS)
        st = bad_value(r, name, value, "a number from 10 to 3600000 is wanted: there are ten heartbeats in it");
    buf_free(&number);
    return st;
}

/* A heartbeat as long as the session: every one would come too late. Kafka's rule. */
static Status check_membership(Reading *r)
{
    int session = r->session_ms ? r->session_ms : KAFKA_SESSION_MS;
    if (r->heartbeat_ms < session)
        return OK;
    return err_set(r->err, ERR_BAD_REQUEST,
                   "Invalid value %d for configuration heartbeat.interval.ms: it must be lower than session.timeout.ms, which "
                   "is %d",
                   r->heartbeat_ms, session);
}

static Status read_setting(Reading *r, const KafkaSetting *s)
{
    int clients, rank;
    Str name = bare_name(s->name, &clients, &rank);
    const PropRow *row = row_of(name);
    if (!row) {
        if (!kafka_property_known(name)) /* the engine's, or nobody's */
            return OK;
        return err_set(r->err, ERR_BAD_REQUEST, "Property %.*s is not allowed", STR_ARG(s->name));
    }
    if (clients == 0 && row->class != KAFKA_PROP_REFUSE) {
        buf_printf(r->warnings, "%.*s is ignored: use the prefix consumer.\n", STR_ARG(s->name));
        return OK;
    }
    switch (row->class) {
    case KAFKA_PROP_PASS:
        if (str_eq_c(name, "ssl.cipher.suites") && java_suites(s->value))
            buf_printf(r->warnings, "%.*s is ignored: names of OpenSSL are wanted\n", STR_ARG(s->name));
        else if (clients & row->clients)
            return take(r, name, row->name, s->value, clients & row->clients, rank);
        return OK;
    case KAFKA_PROP_TRANSLATE:
        if (!row->as)
            return special(r, name, s->value, clients, rank);
        if (clients & row->clients)
            return take_as(r, name, row, s->value, clients & row->clients, rank);
        return OK;
    case KAFKA_PROP_IGNORE: buf_printf(r->warnings, "%.*s is ignored: it means nothing here\n", STR_ARG(s->name)); return OK;
    case KAFKA_PROP_OWN: buf_printf(r->warnings, "%.*s is ignored: Sluice sets it itself\n", STR_ARG(s->name)); return OK;
    case KAFKA_PROP_REFUSE: return err_set(r->err, ERR_BAD_REQUEST, "Property %.*s is not allowed", STR_ARG(s->name));
    case KAFKA_PROP_ENGINE: return clients & KAFKA_FOR_CONSUMER ? read_membership(r, name, s->value) : OK;
    case KAFKA_PROP_UNKNOWN: break;
    }
    return OK;
}

Status kafka_props_read(const KafkaSetting *v, int n, KafkaProps *out, Buf *warnings, Err *err)
{
    Reading r = {.out = out, .warnings = warnings, .err = err};
    *out = (KafkaProps){.delivery_ms = 30000, .transaction_ms = 15000};
    Status st = OK;
    for (int i = 0; i < n && !st; i++)
        st = read_setting(&r, &v[i]);
    if (!st)
        st = check_whole(&r);
    if (!st)
        st = check_membership(&r);
    if (!st)
        st = kafka_props_try(out, r.session_ms, err);
    mem_free(r.truststore);
    mem_free(r.truststore_type);
    mem_free(r.keystore);
    mem_free(r.keystore_type);
    if (st)
        kafka_props_free(out);
    return st;
}
