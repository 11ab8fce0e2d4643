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

/* One that the property takes. */
static const char *value_of(Str name)
{
    static const char *const values[][2] = {
        {"broker.address.family", "v4"}, {"debug", "broker,topic"}, {"security.protocol", "SSL"}, {"compression.codec", "lz4"},
        {"compression.type", "gzip"}, {"ssl.key.location", ""}, {"ssl.certificate.location", ""},
        {"receive.message.max.bytes", "200000000"}, {"fetch.max.bytes", "2000000"}, {"message.max.bytes", "100000"},
        {"max.poll.interval.ms", "600000"}, {"socket.timeout.ms", "20000"}, {"reconnect.backoff.max.ms", "500"},
        {"socket.connection.setup.timeout.ms", "2000"}, {"session.timeout.ms", "6000"},
    };
    for (int i = 0; i < ARRAY_LEN(values); i++)
        if (str_eq_c(name, values[i][0]))
            return values[i][1];
    return "1";
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
        const char *value = servers ? "h:2" : value_of(name);
        const char *const v[] = {"bootstrap.servers", "h:1", i % 2 ? full : full + 13, value, NULL};
        Read r;
        Status st = read_props(&r, v);
        CHECK_INT(kafka_property_class(name), class);
        if (class == KAFKA_PROP_REFUSE) {
            CHECK_INT(st, ERR_BAD_REQUEST);
            CHECK(strstr(r.err.msg, "not allowed") && strstr(r.err.msg, full + 13));
        } else if (class == KAFKA_PROP_PASS) {
            if (st) {
                printf("%s: %s\n", full, r.err.msg);
                return 1;
            }
            CHECK_INT(r.p.v.n, 1);
            CHECK_STR(name, r.p.v.v[0].name);
            CHECK_TEXT(r.p.v.v[0].value, value);
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
          "ksql.streams.consumer.fetch.min.bytes", "5", "consumer.linger.ms", "6", "main.consumer.max.poll.interval.ms", "70000",
          "restore.consumer.fetch.min.bytes", "8", "client.id", "x");
    CHECK_TEXT(kafka_props_get(&r.p, "linger.ms", KAFKA_FOR_PRODUCER), "1");
    CHECK_TEXT(kafka_props_get(&r.p, "fetch.min.bytes", KAFKA_FOR_CONSUMER), "5");
    CHECK_TEXT(kafka_props_get(&r.p, "fetch.min.bytes", KAFKA_FOR_ADMIN), "4");
    CHECK_TEXT(kafka_props_get(&r.p, "max.poll.interval.ms", KAFKA_FOR_CONSUMER), "70000");
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
    const char *const v[] = {"bootstrap.servers", "h:1", name, file, "ssl.keystore.password", "x", NULL};
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
    REFUSES("Invalid value x for configuration ssl.endpoint.identification.algorithm: one of none, https is wanted",
            "ssl.endpoint.identification.algorithm", "x");
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

/* librdkafka's own ranges, told with the user's name for the setting. */
int test_kafka_values_that_librdkafka_refuses(void)
{
    REFUSES("Invalid value -1 for configuration linger.ms: a number from 0 to 900000 is wanted", "linger.ms", "-1");
    REFUSES("Invalid value 5x for configuration fetch.min.bytes: a number from 1 to 100000000 is wanted", "fetch.min.bytes",
            "5x");
    REFUSES("Invalid value  for configuration message.max.bytes: a number from 1000 to 1000000000 is wanted", "message.max.bytes",
            "");
    REFUSES("Invalid value 0 for configuration fetch.min.bytes: a number from 1 ", "ksql.streams.consumer.fetch.min.bytes", "0");
    REFUSES("Invalid value 5 for configuration request.timeout.ms: a number from 10 to 300000", "request.timeout.ms", "5");
    REFUSES("Invalid value big for configuration buffer.memory: a number is wanted", "buffer.memory", "big");
    REFUSES("Invalid value 99999999999999 for configuration socket.max.fails: a number from 0 to 1000000", "socket.max.fails",
            "99999999999999");
    REFUSES("Invalid value TLS for configuration security.protocol: one of plaintext, ssl, sasl_plaintext, sasl_ssl is wanted",
            "security.protocol", "TLS");
    REFUSES("Invalid value all-of-it for configuration debug: a list of generic, broker, ", "debug", "all-of-it");
    REFUSES("Invalid value maybe for configuration socket.keepalive.enable: one of true, false", "socket.keepalive.enable",
            "maybe");
    Read r;
    READS(&r, "linger.ms", "0.5", "fetch.min.bytes", " 0010 ", "compression.level", "-1");
    CHECK_TEXT(kafka_props_get(&r.p, "linger.ms", KAFKA_FOR_PRODUCER), "0.5");
    CHECK_TEXT(kafka_props_get(&r.p, "fetch.min.bytes", KAFKA_FOR_CONSUMER), "10");
    CHECK_TEXT(kafka_props_get(&r.p, "compression.level", KAFKA_FOR_PRODUCER), "-1");
    done(&r);
    return 0;
}

/* What librdkafka looks at when it makes a handle. */
int test_kafka_settings_that_do_not_go_together(void)
{
    REFUSES("`fetch.max.bytes` must be >= `message.max.bytes` (message.max.bytes is 1000000, fetch.max.bytes is 2000)",
            "fetch.max.bytes", "2000");
    REFUSES("`max.poll.interval.ms`must be >= `session.timeout.ms` (", "consumer.max.poll.interval.ms", "5000");
    REFUSES("session.timeout.ms is 400000", "session.timeout.ms", "400000");
    REFUSES("ssl.ca.location failed", "security.protocol", "SSL", "ssl.ca.location", "/no/such/file");
    REFUSES("(ssl.ca.location is /no/such/file)", "security.protocol", "SSL", "admin.ssl.ca.location", "/no/such/file");
    REFUSES("`message.timeout.ms` must be greater than `linger.ms` (linger.ms is 20000, message.timeout.ms is 15000)",
            "linger.ms", "20000"); /* of a transaction */
    Read r;
    READS(&r, "session.timeout.ms", "400000", "max.poll.interval.ms", "400000");
    done(&r);
    return 0;
}

int test_kafka_secrets_are_not_told(void)
{
    static const char *const v[] = {"bootstrap.servers", "h:1", "security.protocol", "SSL", "ssl.keystore.key", "sesame", NULL};
    Read r;
    CHECK_INT(read_props(&r, v), ERR_BAD_REQUEST);
    CHECK(strstr(r.err.msg, "ssl.key.pem failed") && !strstr(r.err.msg, "sesame"));
    done(&r);
    return 0;
}

int test_kafka_session_and_heartbeat(void)
{
    static const char *const wrong[] = {"0", "1", "2", "3", "9", "3600001", "2147483647", "-5"};
    for (int i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *const v[] = {"bootstrap.servers", "h:1", "ksql.streams.session.timeout.ms", wrong[i], NULL};
        Read r;
        char want[128];
        snprintf(want, sizeof want, "Invalid value %s for configuration session.timeout.ms: a number from 1", wrong[i]);
        CHECK_INT(read_props(&r, v), ERR_BAD_REQUEST);
        CHECK(strstr(r.err.msg, want) && strstr(r.err.msg, " to 3600000 is wanted"));
        done(&r);
    }
    REFUSES("Invalid value 20000 for configuration heartbeat.interval.ms: it must be lower than session.timeout.ms, which is "
            "10000",
            "heartbeat.interval.ms", "20000");
    REFUSES("which is 6000", "consumer.heartbeat.interval.ms", "6000", "session.timeout.ms", "6000");
    REFUSES("Invalid value 0 for configuration heartbeat.interval.ms: a number from 1 to 3600000", "heartbeat.interval.ms", "0");
    Read r;
    READS(&r, "session.timeout.ms", "10", "heartbeat.interval.ms", "9");
    CHECK_INT(r.p.v.n, 0);
    done(&r);
    READS(&r, "session.timeout.ms", "30000", "heartbeat.interval.ms", "20000", "producer.session.timeout.ms", "1");
    done(&r);
    return 0;
}
