// SPDX-License-Identifier: Apache-2.0
// What of a server's properties reaches librdkafka: every name that it knows, every row of the rules, and what a ksqlDB server's
// file looks like. No broker.
#include <stdlib.h>
#include <unistd.h>

#include "topic/kafka.h"
#include "unit.h"

typedef struct Read {
    KafkaProps p;
    Buf warnings;
    Err err;
} Read;

/* Reads "name", "value", …, NULL. */
static Status read_props(Read *r, const char *const *v)
{
    KafkaSetting s[16];
    int n = 0;
    for (; v[2 * n]; n++)
        s[n] = (KafkaSetting){str_of(v[2 * n]), str_of(v[2 * n + 1])};
    *r = (Read){.err = ERR_INIT};
    return kafka_props_read(s, n, &r->p, &r->warnings, &r->err);
}

static void done(Read *r)
{
    kafka_props_free(&r->p);
    buf_free(&r->warnings);
    err_clear(&r->err);
}

#define READS(r, ...)                                                                   \
    do {                                                                                \
        static const char *const v_[] = {"bootstrap.servers", "h:1", __VA_ARGS__, NULL}; \
        if (read_props(r, v_)) {                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, (r)->err.msg);                    \
            return 1;                                                                   \
        }                                                                               \
    } while (0)

#define REFUSES(words, ...)                                                             \
    do {                                                                                \
        static const char *const v_[] = {"bootstrap.servers", "h:1", __VA_ARGS__, NULL}; \
        Read r_;                                                                        \
        CHECK_INT(read_props(&r_, v_), ERR_BAD_REQUEST);                                \
        if (!strstr(r_.err.msg, words)) {                                               \
            printf("%s:%d: '%s' has no '%s'\n", __FILE__, __LINE__, r_.err.msg, words); \
            return 1;                                                                   \
        }                                                                               \
        CHECK(r_.p.v.n == 0 && !r_.p.servers);                                          \
        done(&r_);                                                                      \
    } while (0)

/* What librdkafka knows has a row, and what can run code or is no text is refused. */
int test_kafka_every_name_has_a_rule(void)
{
    static const char *const dangerous[] = {
        "plugin.library.paths", "sasl.kerberos.kinit.cmd", "sasl.kerberos.principal", "sasl.kerberos.keytab",
        "sasl.kerberos.service.name", "ssl.engine.location", "ssl.engine.id", "ssl.providers", "interceptors", "opaque",
        "default_topic_conf", "ssl_key", "ssl_certificate", "ssl_ca", "ssl_engine_callback_data", "internal.termination.signal",
        "enable.sasl.oauthbearer.unsecure.jwt", "msg_order_cmp", "security.providers", "ssl.engine.factory.class",
    };
    Str name;
    int n = 0;
    for (; kafka_property_at(n, &name); n++) {
        CHECK(kafka_property_known(name));
        CHECK(kafka_property_client(name));
        if (kafka_property_class(name) == KAFKA_PROP_UNKNOWN) {
            printf("no rule for %.*s\n", STR_ARG(name));
            return 1;
        }
        if (str_ends(name, STR("_cb")))
            CHECK_INT(kafka_property_class(name), KAFKA_PROP_REFUSE);
    }
    CHECK(n >= 140 && n < 400);
    CHECK(!kafka_property_known(STR("Property")) && !kafka_property_known(STR("ksql.service.id")));
    CHECK(!kafka_property_client(STR("commit.interval.ms")) && !kafka_property_client(STR("ksql.service.id")));
    CHECK(kafka_property_client(STR("ksql.streams.consumer.plugin.library.paths")));
    CHECK(kafka_property_client(STR("producer.buffer.memory")));
    for (int i = 0; i < ARRAY_LEN(dangerous); i++)
        CHECK_INT(kafka_property_class(str_of(dangerous[i])), KAFKA_PROP_REFUSE);
    return 0;
}

/* Each row does what its class says, with a prefix too. */
int test_kafka_every_rule(void)
{
    Str name;
    KafkaPropClass class;
    for (int i = 0; kafka_property_rule(i, &name, &class); i++) {
        char full[128];
        snprintf(full, sizeof full, "ksql.streams.%.*s", STR_ARG(name));
        bool servers = str_eq_c(name, "bootstrap.servers") || str_eq_c(name, "metadata.broker.list");
        const char *const v[] = {"bootstrap.servers", "h:1", i % 2 ? full : full + 13, servers ? "h:2" : "1", NULL};
        Read r;
        Status st = read_props(&r, v);
        CHECK_INT(kafka_property_class(name), class);
        if (class == KAFKA_PROP_REFUSE) {
            CHECK_INT(st, ERR_BAD_REQUEST);
            CHECK(strstr(r.err.msg, "not allowed") && strstr(r.err.msg, full + 13));
        } else if (class == KAFKA_PROP_PASS) {
            CHECK_INT(st, OK);
            CHECK_INT(r.p.v.n, 1);
            CHECK_STR(name, r.p.v.v[0].name);
            CHECK_TEXT(r.p.v.v[0].value, "1");
            CHECK_INT(r.warnings.n, 0);
        } else if (class != KAFKA_PROP_TRANSLATE) {
            CHECK_INT(st, OK);
            CHECK_INT(r.p.v.n, 0);
            CHECK((r.warnings.n > 0) == (class != KAFKA_PROP_ENGINE));
        } else if (st) /* mechanisms, JAAS, stores, times: 1 is no value of theirs */
            CHECK_INT(st, ERR_BAD_REQUEST);
        done(&r);
    }
    return 0;
}

int test_kafka_prefixes(void)
{
    Read r;
    READS(&r, "ksql.streams.producer.linger.ms", "1", "producer.linger.ms", "2", "linger.ms", "3", "fetch.min.bytes", "4",
          "ksql.streams.consumer.fetch.min.bytes", "5", "consumer.linger.ms", "6", "main.consumer.max.poll.interval.ms", "7",
          "restore.consumer.fetch.min.bytes", "8", "client.id", "x");
    CHECK_TEXT(kafka_props_get(&r.p, "linger.ms", KAFKA_FOR_PRODUCER), "1");
    CHECK_TEXT(kafka_props_get(&r.p, "fetch.min.bytes", KAFKA_FOR_CONSUMER), "5");
    CHECK_TEXT(kafka_props_get(&r.p, "fetch.min.bytes", KAFKA_FOR_ADMIN), "4");
    CHECK_TEXT(kafka_props_get(&r.p, "max.poll.interval.ms", KAFKA_FOR_CONSUMER), "7");
    CHECK(!kafka_props_get(&r.p, "linger.ms", KAFKA_FOR_CONSUMER));
    CHECK(!kafka_props_get(&r.p, "fetch.min.bytes", KAFKA_FOR_PRODUCER));
    CHECK_STR(buf_view(&r.warnings), "restore.consumer.fetch.min.bytes is ignored: use the prefix consumer.\n"
                                     "client.id is ignored: Sluice sets it itself\n");
    done(&r);
    REFUSES("restore.consumer.plugin.library.paths", "restore.consumer.plugin.library.paths", "x.so");
    return 0;
}

int test_kafka_java_names(void)
{
    Read r;
    READS(&r, "request.timeout.ms", "20000", "fetch.max.wait.ms", "77", "send.buffer.bytes", "-1", "buffer.memory", "33554432",
          "max.request.size", "2000000", "delivery.timeout.ms", "5000", "transaction.timeout.ms", "7000", "acks", "1",
          "ssl.truststore.certificates", "-----BEGIN CERTIFICATE-----", "ssl.endpoint.identification.algorithm", "");
    CHECK_TEXT(r.p.servers, "h:1");
    CHECK_TEXT(kafka_props_get(&r.p, "socket.timeout.ms", KAFKA_FOR_PRODUCER), "20000");
    CHECK_TEXT(kafka_props_get(&r.p, "fetch.wait.max.ms", KAFKA_FOR_CONSUMER), "77");
    CHECK_TEXT(kafka_props_get(&r.p, "socket.send.buffer.bytes", KAFKA_FOR_CONSUMER), "0");
    CHECK_TEXT(kafka_props_get(&r.p, "queue.buffering.max.kbytes", KAFKA_FOR_PRODUCER), "32768");
    CHECK_TEXT(kafka_props_get(&r.p, "message.max.bytes", KAFKA_FOR_PRODUCER), "2000000");
    CHECK_TEXT(kafka_props_get(&r.p, "ssl.ca.pem", KAFKA_FOR_ADMIN), "-----BEGIN CERTIFICATE-----");
    CHECK_TEXT(kafka_props_get(&r.p, "ssl.endpoint.identification.algorithm", KAFKA_FOR_ADMIN), "none");
    CHECK_INT(r.p.delivery_ms, 5000);
    CHECK_INT(r.p.transaction_ms, 7000);
    CHECK_STR(buf_view(&r.warnings), "acks is ignored: Sluice sets it itself\n");
    done(&r);
    REFUSES("delivery.timeout.ms", "delivery.timeout.ms", "soon");
    REFUSES("delivery.timeout.ms", "delivery.timeout.ms", "5");
    READS(&r, "ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    CHECK_INT(r.p.v.n, 0);
    CHECK(r.warnings.n > 0);
    done(&r);
    return 0;
}

int test_kafka_sasl(void)
{
    Read r;
    READS(&r, "security.protocol", "SASL_SSL", "sasl.mechanism", "PLAIN", "sasl.jaas.config",
          "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"al ice\" password=\"a\\\"b=c\";");
    CHECK_TEXT(kafka_props_get(&r.p, "sasl.username", KAFKA_FOR_ADMIN), "al ice");
    CHECK_TEXT(kafka_props_get(&r.p, "sasl.password", KAFKA_FOR_ADMIN), "a\"b=c");
    done(&r);
    READS(&r, "security.protocol", "sasl_plaintext", "sasl.mechanism", "scram-sha-512", "sasl.jaas.config",
          "org.apache.kafka.common.security.scram.ScramLoginModule required password='p' username=u;");
    CHECK_TEXT(kafka_props_get(&r.p, "sasl.mechanism", KAFKA_FOR_ADMIN), "SCRAM-SHA-512");
    CHECK_TEXT(kafka_props_get(&r.p, "sasl.username", KAFKA_FOR_ADMIN), "u");
    done(&r);
    READS(&r, "security.protocol", "SASL_SSL", "sasl.mechanism", "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url",
          "file:///run/token", "sasl.jaas.config",
          "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;", "sasl.login.callback.handler.class",
          "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler");
    CHECK_TEXT(r.p.token_file, "/run/token");
    done(&r);
    REFUSES("SCRAM-SHA-256", "sasl.mechanism", "GSSAPI");
    REFUSES("it begins with", "sasl.jaas.config", "password=\"secret\" username=\"alice\";");
    REFUSES("Krb5LoginModule", "sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true;");
    REFUSES("username", "sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\";");
    REFUSES("file:///path", "sasl.oauthbearer.token.endpoint.url", "https://idp/token");
    REFUSES("sasl.mechanism is not set", "security.protocol", "SASL_SSL");
    REFUSES("token.endpoint.url", "security.protocol", "SASL_SSL", "sasl.mechanism", "OAUTHBEARER");
    REFUSES("sasl.jaas.config", "security.protocol", "SASL_SSL", "sasl.mechanism", "PLAIN");
    return 0;
}

/* A store of the bytes as truststore or keystore. */
static int read_store(Read *r, const char *name, const void *bytes, size_t n, Status *st)
{
    char file[] = "/tmp/sluice-store-XXXXXX";
    int fd = mkstemp(file);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, bytes, n), (ssize_t)n);
    close(fd);
    const char *const v[] = {"bootstrap.servers", "h:1", name, file, NULL};
    *st = read_props(r, v);
    unlink(file);
    return 0;
}

int test_kafka_stores(void)
{
    static const char pem[] = "-----BEGIN CERTIFICATE-----\n";
    static const unsigned char jks[] = {0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2}, p12[] = {0x30, 0x82, 0x0a, 0x00};
    Read r;
    Status st;
    CHECK_INT(read_store(&r, "ssl.truststore.location", pem, sizeof pem, &st), 0);
    CHECK_INT(st, OK);
    CHECK(kafka_props_get(&r.p, "ssl.ca.location", KAFKA_FOR_PRODUCER) != NULL);
    done(&r);
    CHECK_INT(read_store(&r, "ssl.keystore.location", pem, sizeof pem, &st), 0);
    CHECK_INT(st, OK);
    CHECK_TEXT(kafka_props_get(&r.p, "ssl.key.location", KAFKA_FOR_ADMIN),
               kafka_props_get(&r.p, "ssl.certificate.location", KAFKA_FOR_ADMIN));
    done(&r);
    CHECK_INT(read_store(&r, "ssl.keystore.location", p12, sizeof p12, &st), 0);
    CHECK_INT(st, OK);
    CHECK(kafka_props_get(&r.p, "ssl.keystore.location", KAFKA_FOR_ADMIN) != NULL);
    done(&r);
    CHECK_INT(read_store(&r, "ssl.truststore.location", jks, sizeof jks, &st), 0);
    CHECK_INT(st, ERR_BAD_REQUEST);
    CHECK(strstr(r.err.msg, "is a JKS store, PEM is wanted") && strstr(r.err.hint, "keytool"));
    done(&r);
    CHECK_INT(read_store(&r, "ssl.truststore.location", p12, sizeof p12, &st), 0);
    CHECK_INT(st, ERR_BAD_REQUEST);
    CHECK(strstr(r.err.msg, "is a PKCS12 store, PEM is wanted"));
    done(&r);
    CHECK_INT(read_store(&r, "ssl.keystore.location", jks, sizeof jks, &st), 0);
    CHECK_INT(st, ERR_BAD_REQUEST);
    done(&r);
    REFUSES("cannot be read", "ssl.truststore.location", "/no/such/file");
    return 0;
}

int test_kafka_needs_servers(void)
{
    const char *const v[] = {"security.protocol", "PLAINTEXT", NULL};
    const char *const w[] = {"bootstrap.servers", "a:1", "ksql.streams.bootstrap.servers", "b:2,c:3", NULL};
    Read r;
    CHECK_INT(read_props(&r, v), ERR_BAD_REQUEST);
    CHECK(strstr(r.err.msg, "bootstrap.servers is not set"));
    done(&r);
    CHECK_INT(read_props(&r, w), OK);
    CHECK_TEXT(r.p.servers, "b:2,c:3");
    done(&r);
    return 0;
}
