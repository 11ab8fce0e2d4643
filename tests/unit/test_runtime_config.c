// SPDX-License-Identifier: Apache-2.0
// Configuration: Java's properties files, which name goes where, what is refused, what stays hidden.
#include "tmpdir.h"

#include <stdio.h>

#include "runtime/config.h"
#include "runtime/properties_file.h"
#include "unit.h"

/* "name=value@line|…", or "ERROR line message". */
static const char *parsed(Str text, Buf *out)
{
    Arena *a = arena_new(0);
    FilePropertyVec all = {0};
    Err err = ERR_INIT;
    buf_clear(out);
    if (properties_parse(text, a, &all, &err))
        buf_printf(out, "ERROR %d %s", err.span.line, err.msg);
    else
        for (int i = 0; i < all.n; i++)
            buf_printf(out, "%s%.*s=%.*s@%d", i ? "|" : "", STR_ARG(all.v[i].name), STR_ARG(all.v[i].value), all.v[i].line);
    err_clear(&err);
    arena_free(a);
    return buf_z(out);
}

int test_runtime_properties_file_follows_java(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"# c\n! d\n  # e\n\n a=b\n", "a=b@5"},
        {"a=b\r\nc:d\re f\n", "a=b@1|c=d@2|e=f@3"},
        {"a = b c \n", "a=b c @1"},
        {"a\n b =\nc:\n", "a=@1|b=@2|c=@3"},
        {"a  :  = b\n", "a== b@1"},
        {"list=x,\\\n     y,\\\r\n\tz\nnext=1", "list=x,y,z@1|next=1@4"},
        {"a=b\\\\\nc=d\n", "a=b\\@1|c=d@2"},
        {"a=b\\", "a=b@1"},
        {"a=\\\n# not a comment\n", "a=# not a comment@1"},
        {"# a comment does not go on \\\na=1\n", "a=1@2"},
        {"k\\:ey\\ with\\=all=\\:v\\ \\=\n", "k:ey with=all=:v =@1"},
        {"t=\\t\\n\\r\\f\\q\\\\\n", "t=\t\n\r\fq\\@1"},
        {"u=\\u0041\\u00e4\\u20AC\\ud83d\\ude00\n", "u=A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80@1"},
        {"\xef\xbb\xbfw=\xc3\xa4\n", "w=\xc3\xa4@1"},
        {"a=1\nb=\\u12\n", "ERROR 2 \\u takes four hexadecimal digits of a character"},
        {"a=\\ud800x", "ERROR 1 \\u takes four hexadecimal digits of a character"},
        {"a=\\u0000", "ERROR 1 \\u takes four hexadecimal digits of a character"},
        {"a=1\na=2\n", "a=1@1|a=2@2"},
    };
    Buf out = BUF_INIT;
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_TEXT(parsed(str_of(rows[i].text), &out), rows[i].want);
    buf_free(&out);
    return 0;
}

/* A file's text through config_file and config_finish; *message is what went wrong, or NULL. */
static Status configure(ServerConfig *c, const char *text, char **message)
{
    TmpDir dir = tmpdir_new();
    char path[2048];
    Err err = ERR_INIT;
    snprintf(path, sizeof path, "%s/server.properties", dir.path);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    Status st = config_file(c, path, &err);
    if (st == OK)
        st = config_finish(c, &err);
    const char *name = err.msg ? strstr(err.msg, "server.properties:") : NULL;
    *message = err.msg ? mem_strdup(name ? name : err.msg) : NULL;
    err_clear(&err);
    tmpdir_remove(&dir);
    return st;
}

/* What the client of Kafka would get. */
static const char *kafka_value(const ServerConfig *c, const char *name)
{
    static char value[256];
    KafkaProps props;
    Buf warnings = BUF_INIT;
    Err err = ERR_INIT;
    value[0] = 0;
    if (kafka_props_read(c->client.settings, c->client.n, &props, &warnings, &err) == OK) {
        const char *v = kafka_props_get(&props, name, KAFKA_FOR_ADMIN);
        snprintf(value, sizeof value, "%s", v ? v : "");
        kafka_props_free(&props);
    }
    err_clear(&err);
    buf_free(&warnings);
    return value;
}

/* The i-th warning from its file's name on. */
static const char *warning(const ServerConfig *c, int i)
{
    const char *text = i < c->warnings.n ? c->warnings.v[i] : "";
    const char *name = strstr(text, "server.properties:");
    return name ? name : text;
}

int test_runtime_config_sorts_a_server_file(void)
{
    ServerConfig c;
    char *message;
    config_init(&c);
    CHECK_INT(configure(&c,
                        "bootstrap.servers=b1:9092, b2:9093\n"
                        "ksql.service.id=shop\n"
                        "ksql.streams.commit.interval.ms=500\n"
                        "ksql.streams.consumer.auto.offset.reset=earliest\n"
                        "processing.guarantee=exactly_once_v2\n"
                        "ksql.streams.num.standby.replicas=1\n"
                        "ksql.streams.replication.factor=3\n"
                        "ksql.streams.session.timeout.ms=6000\n"
                        "ksql.internal.topic.replicas=3\n"
                        "ksql.streams.state.dir=/var/lib/sluice\n"
                        "ksql.queries.file=/etc/sluice/queries.sql\n"
                        "security.protocol=SASL_SSL\n"
                        "sasl.mechanism=PLAIN\n"
                        "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n"
                        "  username=\"ali\\\\\"ce\" \\\n  password=\"s3;cret\";\n"
                        "ssl.endpoint.identification.algorithm=\n"
                        "ksql.streams.producer.linger.ms=7\n"
                        "ssl.enabled.protocols=TLSv1.3\n",
                        &message),
              OK);
    CHECK(!message);
    CHECK_TEXT(c.bootstrap, "b1:9092, b2:9093");
    CHECK_TEXT(c.service_id, "shop");
    CHECK_TEXT(c.data_dir, "/var/lib/sluice");
    CHECK_TEXT(c.queries_file, "/etc/sluice/queries.sql");
    CHECK_INT(props_int(&c.props, "commit.interval.ms"), 500);
    CHECK_TEXT(props_get(&c.props, "auto.offset.reset"), "earliest");
    CHECK(props_exactly_once(&c.props));
    CHECK_INT(props_int(&c.props, "num.standby.replicas"), 1);
    CHECK_INT(props_int(&c.props, "replication.factor"), 3);
    CHECK_INT(props_int(&c.props, "ksql.internal.topic.replicas"), 3);
    CHECK_TEXT(kafka_value(&c, "security.protocol"), "SASL_SSL");
    CHECK_TEXT(kafka_value(&c, "sasl.mechanism"), "PLAIN");
    CHECK_TEXT(kafka_value(&c, "sasl.username"), "ali\"ce");
    CHECK_TEXT(kafka_value(&c, "sasl.password"), "s3;cret");
    CHECK_TEXT(kafka_value(&c, "ssl.endpoint.identification.algorithm"), "none");
    CHECK_TEXT(warning(&c, 0), "server.properties:19: ssl.enabled.protocols is ignored: it means nothing here");
    CHECK_INT(c.warnings.n, 1);
    EngineConfig engine = {0};
    config_engine(&c, &engine);
    CHECK(engine.kafka == &c.client && engine.props == &c.props);
    CHECK_TEXT(engine.service_id, "shop");
    CHECK_INT(engine.session_ms, 6000);
    for (int i = 0; i < c.client.n; i++)
        CHECK(!str_eq_c(c.client.settings[i].name, "ssl.enabled.protocols"));
    config_clear(&c);
    return 0;
}

int test_runtime_config_later_wins(void)
{
    ServerConfig c;
    Err err = ERR_INIT;
    config_init(&c);
    CHECK_INT(config_set(&c, STR("ksql.streams.commit.interval.ms"), STR("1"), "a:1", &err), OK);
    CHECK_INT(config_set(&c, STR("commit.interval.ms"), STR("2"), "b:1", &err), OK);
    CHECK_INT(config_set(&c, STR("ksql.streams.sasl.password"), STR("one"), "a:2", &err), OK);
    CHECK_INT(config_set(&c, STR("sasl.password"), STR("two"), "b:2", &err), OK);
    CHECK_INT(config_property(&c, "bootstrap.servers=h:1", &err), OK);
    CHECK_INT(config_finish(&c, &err), OK);
    CHECK_INT(props_int(&c.props, "commit.interval.ms"), 2);
    CHECK_TEXT(kafka_value(&c, "sasl.password"), "two");
    CHECK_INT(c.kafka.n, 2);
    config_clear(&c);
    return 0;
}

int test_runtime_config_names_what_it_does_not_know(void)
{
    ServerConfig c;
    char *message;
    config_init(&c);
    CHECK_INT(configure(&c,
                        "# a comment\ncommit.intervall.ms=5\nlisteners=http://0.0.0.0:8088\n"
                        "no.such.thing=1\nprocessing.guarantee=exactly_once\nssl.ca.location=x\n",
                        &message),
              OK);
    CHECK_TEXT(warning(&c, 0),
               "server.properties:2: 'commit.intervall.ms' is not a known property; did you mean 'commit.interval.ms'?");
    CHECK_TEXT(warning(&c, 1), "server.properties:3: 'listeners' has no effect here");
    CHECK_TEXT(warning(&c, 2), "server.properties:4: 'no.such.thing' is not a known property");
    CHECK_TEXT(warning(&c, 3), "server.properties:5: processing.guarantee=exactly_once is an old name of exactly_once_v2");
    CHECK_TEXT(warning(&c, 4), "server.properties:6: 'ssl.ca.location' has no effect without a --bootstrap-server");
    CHECK_INT(c.warnings.n, 5);
    CHECK(props_exactly_once(&c.props));
    config_clear(&c);
    return 0;
}

int test_runtime_config_refuses(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"\ncommit.interval.ms=soon\n",
         "server.properties:2: Invalid value soon for configuration commit.interval.ms: Not a number of type LONG"},
        {"num.stream.threads=0\n",
         "server.properties:1: Invalid value 0 for configuration num.stream.threads: Value must be at least 1"},
        {"num.standby.replicas=x\n",
         "server.properties:1: Invalid value x for configuration num.standby.replicas: Not a number of type INT"},
        {"processing.guarantee=Exactly_Once_V2\n",
         "server.properties:1: Invalid value Exactly_Once_V2 for configuration processing.guarantee: String must be one of: "
         "at_least_once, exactly_once_v2"},
        {"bootstrap.servers=b1:9092,b2\n", "server.properties:1: Invalid url in bootstrap.servers: b2"},
        {"bootstrap.servers=\n", "server.properties:1: Invalid url in bootstrap.servers: "},
        {"bootstrap.servers=h:65536\n", "server.properties:1: Invalid url in bootstrap.servers: h:65536"},
        {"ksql.service.id=a b\n",
         "server.properties:1: Invalid value a b for configuration ksql.service.id: it takes 1 to 128 letters, digits, '.', '_' "
         "and '-'"},
        {"a=1\nb=\\u00\n", "server.properties:2: \\u takes four hexadecimal digits of a character"},
        {"bootstrap.servers=h:1\nsecurity.protocol=SASL_PLAINTEXT\n",
         "server.properties:2: security.protocol is SASL_PLAINTEXT, and sasl.mechanism is not set"},
        {"bootstrap.servers=h:1\nsession.timeout.ms=3\n",
         "server.properties:2: Invalid value 3 for configuration session.timeout.ms: a number from 10 to 3600000 is wanted: "
         "there are ten heartbeats in it"},
        {"heartbeat.interval.ms=20000\nbootstrap.servers=h:1\n",
         "server.properties:1: Invalid value 20000 for configuration heartbeat.interval.ms: it must be lower than "
         "session.timeout.ms, which is 10000"},
        {"bootstrap.servers=h:1\nlinger.ms=5\nproducer.linger.ms=-1\n",
         "server.properties:3: Invalid value -1 for configuration linger.ms: a number from 0 to 900000 is wanted"},
        {"bootstrap.servers=h:1\nsecurity.protocol=TLS\n",
         "server.properties:2: Invalid value TLS for configuration security.protocol: one of plaintext, ssl, sasl_plaintext, "
         "sasl_ssl is wanted"},
        {"bootstrap.servers=h:1\n\nfetch.max.bytes=2000\n",
         "server.properties:3: The settings of the Kafka client are not right: `fetch.max.bytes` must be >= `message.max.bytes` "
         "(message.max.bytes is 1000000, fetch.max.bytes is 2000)"},
        {"bootstrap.servers=h:1\n\nsasl.jaas.config=x.ScramLoginModule required password=\"topsecret\";\n",
         "server.properties:3: Invalid value for configuration sasl.jaas.config: username=\"…\" and password=\"…\" are wanted"},
        {"bootstrap.servers=h:1\nksql.streams.plugin.library.paths=/tmp/evil.so\n",
         "server.properties:2: Property plugin.library.paths is not allowed"},
        {"bootstrap.servers=h:1\nssl.keystore.password=topsecret\nssl.truststore.location=/no/such.jks\n",
         "server.properties:3: The file of ssl.truststore.location cannot be read: /no/such.jks"},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        ServerConfig c;
        char *message;
        config_init(&c);
        CHECK(configure(&c, rows[i].text, &message) != OK);
        CHECK_TEXT(message, rows[i].want);
        mem_free(message);
        config_clear(&c);
    }
    ServerConfig c;
    Err err = ERR_INIT;
    config_init(&c);
    CHECK_INT(config_file(&c, "/no/such/file", &err), ERR_IO);
    CHECK_TEXT(err.msg, "cannot read '/no/such/file': No such file or directory");
    err_clear(&err);
    CHECK(config_property(&c, "commit.interval.ms", &err) != OK);
    err_clear(&err);
    CHECK(config_property(&c, "commit.interval.ms=-1", &err) != OK);
    CHECK_TEXT(err.msg, "--property: Invalid value -1 for configuration commit.interval.ms: Value must be at least 0");
    err_clear(&err);
    config_clear(&c);
    return 0;
}

int test_runtime_config_secrets_by_name(void)
{
    static const char *const secret[] = {"sasl.password", "sasl.jaas.config", "ssl.key.password", "ssl.keystore.key",
                                         "ssl.key.pem",
                                         "sasl.oauthbearer.client.secret", "ksql.schema.registry.basic.auth.user.info",
                                         "SASL.PASSWORD", "sasl.oauthbearer.config"};
    static const char *const open[] = {"bootstrap.servers", "sasl.username", "security.protocol", "ssl.key.location",
                                       "sasl.oauthbearer.token.endpoint.url", "commit.interval.ms"};
    for (int i = 0; i < ARRAY_LEN(secret); i++)
        CHECK(config_secret(str_of(secret[i])));
    for (int i = 0; i < ARRAY_LEN(open); i++)
        CHECK(!config_secret(str_of(open[i])));
    return 0;
}

int test_runtime_config_is_behind_a_session(void)
{
    ServerConfig c;
    Err err = ERR_INIT;
    PropSet session = {0}, query = {0};
    config_init(&c);
    CHECK_INT(config_set(&c, STR("commit.interval.ms"), STR("500"), "a:1", &err), OK);
    CHECK_INT(config_set(&c, STR("auto.offset.reset"), STR("earliest"), "a:1", &err), OK);
    session.server = &c.props;
    CHECK_INT(props_set(&session, STR("ksql.streams.auto.offset.reset"), STR("latest"), NULL, &err), OK);
    CHECK_INT(props_int(&session, "commit.interval.ms"), 500);
    CHECK_TEXT(props_get(&session, "auto.offset.reset"), "latest");
    CHECK(!props_has(&session, "commit.interval.ms"));
    CHECK(props_has(session.server, "commit.interval.ms"));
    CHECK(!props_has(session.server, "num.stream.threads"));
    props_copy(&query, &session);
    CHECK_INT(props_int(&query, "commit.interval.ms"), 500);
    CHECK_TEXT(props_get(&query, "auto.offset.reset"), "latest");
    CHECK(!props_has(&query, "commit.interval.ms"));
    props_free(&session);
    props_free(&query);
    config_clear(&c);
    return 0;
}
