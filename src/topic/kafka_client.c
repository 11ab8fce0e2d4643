// SPDX-License-Identifier: Apache-2.0
// The Kafka broker's handles: configuration, opening, what went wrong and in whose words.
//
// librdkafka reconnects by itself and says of each failure why, in its log. The last of these lines that is of a connection is
// kept: a call that ran out of time tells it, or at least the address, since "timed out" alone helps nobody. Every line goes to the
// log callback too, at most LOG_LINES a second.
//
// Opening: one metadata request within open_ms. A wrong password and a failed TLS handshake end it at once; a refused connection
// when all addresses refused for a while (localhost has two addresses, and a broker may be starting).
#include "topic/kafka.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "topic/kafka_impl.h"

enum {
    LOG_LINES = 5,
    OPEN_MS = 5000,
    REFUSED_MS = 1500,
    REQUEST_MS = 10000,
    LANES = 16,
    TOKEN_MS = 300000,         /* of a token that does not say how long */
    FRESH_MS = 60000,          /* a reason is told for so long */
    SOCKET_MS = 30000,         /* as in `common` */
    SCRAM_MENDED = 0x020601ff, /* librdkafka sends the nonce once from here on */
};

/* ---- names ---- */

char *kafka_name(const Kafka *k, Str name)
{
    char *p = mem_alloc(k->prefix_n + name.n + 1);
    memcpy(p, k->prefix, k->prefix_n);
    memcpy(p + k->prefix_n, name.p ? name.p : "", name.n);
    p[k->prefix_n + name.n] = 0;
    return p;
}

bool kafka_own_name(const Kafka *k, const char *full, Str *name)
{
    if (strncmp(full, k->prefix, k->prefix_n) != 0)
        return false;
    *name = str_of(full + k->prefix_n);
    return true;
}

/* ---- errors ---- */

ErrCode kafka_code(rd_kafka_resp_err_t e)
{
    switch (e) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return OK;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return ERR_TOPIC_GONE;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return ERR_DENIED;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return ERR_TOO_LARGE;
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT: return ERR_REFUSED;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH: return ERR_FENCED;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return ERR_STATEMENT;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: return ERR_CORRUPT;
    default: return ERR_BROKER;
    }
}

/* Codes that say that there was no answer, and not why. */
static bool tells_nothing(rd_kafka_resp_err_t e)
{
    return e == RD_KAFKA_RESP_ERR__TIMED_OUT || e == RD_KAFKA_RESP_ERR__TRANSPORT || e == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ||
           e == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || e == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE ||
           e == RD_KAFKA_RESP_ERR__WAIT_COORD || e == RD_KAFKA_RESP_ERR__DESTROY;
}

Status kafka_fail(Kafka *k, Err *err, rd_kafka_resp_err_t e, const char *detail, const char *fmt, ...)
{
    Buf text = BUF_INIT;
    char what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    buf_printf(&text, "%s: %s", what, detail && *detail ? detail : rd_kafka_err2str(e));
    pthread_mutex_lock(&k->reason_lock);
    if (tells_nothing(e) && k->reason.n && kafka_now_ms() - k->reason_ms < FRESH_MS)
        buf_printf(&text, " (%s: %.*s)", k->props.servers, STR_ARG(buf_view(&k->reason)));
    else if (tells_nothing(e))
        buf_printf(&text, " (%s)", k->props.servers);
    pthread_mutex_unlock(&k->reason_lock);
    Status st = err_set(err, kafka_code(e), "%s", buf_z(&text));
    buf_free(&text);
    return st;
}

Status kafka_denied(Err *err, const char *operation, const char *what, Str name)
{
    return err_set(err, ERR_DENIED, "Authorization denied to %s on %s: [%.*s]", operation, what, STR_ARG(name));
}

Status kafka_fail_topic(Kafka *k, Err *err, rd_kafka_resp_err_t e, const char *detail, const char *operation, Str topic)
{
    if (e == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || e == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
        return kafka_denied(err, operation, "topic(s)", topic);
    return kafka_fail(k, err, e, detail, "%s of topic %.*s failed", operation, STR_ARG(topic));
}

static Kafka *owner_of(const rd_kafka_t *rk)
{
    KafkaHandle *h = rk ? rd_kafka_opaque(rk) : NULL;
    return h ? h->k : NULL;
}

/* Of librdkafka's text, without its guess at an old broker and without its state. */
static size_t reason_size(const char *text)
{
    static const char *const ends[] = {": probably due to broker version", " (after "};
    for (int i = 0; i < ARRAY_LEN(ends); i++) {
        const char *end = strstr(text, ends[i]);
        if (end && end > text)
            return (size_t)(end - text);
    }
    return strlen(text);
}

/* Keeps it (when it is of a connection: another handle's other troubles are no reason of anything), and tells it unless there was
 * too much of it within the second. */
static void note_trouble(Kafka *k, int level, rd_kafka_resp_err_t e, bool keep, const char *text)
{
    const char *told = text;
    if (strncmp(told, "[thrd:", 6) == 0) { /* of interest to librdkafka alone */
        const char *end = strstr(told, "]: ");
        told = end ? end + 3 : told;
    }
    pthread_mutex_lock(&k->reason_lock);
    if (level <= 4 && keep) {
        buf_clear(&k->reason);
        buf_bytes(&k->reason, told, reason_size(told));
        k->reason_ms = kafka_now_ms();
        if (e)
            k->trouble = e;
    }
    k->all_down |= e == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    int64_t second = kafka_now_ms() / 1000;
    if (second != k->log_second) {
        k->log_second = second;
        k->log_count = 0;
    }
    void (*log)(void *arg, int level, const char *text) = k->log && k->log_count++ < LOG_LINES ? k->log : NULL;
    pthread_mutex_unlock(&k->reason_lock);
    if (log)
        log(k->log_arg, level, told);
}

void kafka_logged(Kafka *k, int level, const char *facility, const char *text)
{
    bool of_connection = strcmp(facility, "FAIL") == 0 || strcmp(facility, "SASLREFRESH") == 0;
    note_trouble(k, level, 0, of_connection, text);
}

/* @thread librdkafka's */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    Kafka *k = owner_of(rk);
    if (strcmp(facility, "ERROR") == 0)
        kafka_fetch_logged();
    if (k && strcmp(facility, "TXNERR") == 0) /* no callback of librdkafka tells of it */
        __atomic_store_n(&((KafkaHandle *)rd_kafka_opaque(rk))->txn_failed, true, __ATOMIC_RELEASE);
    if (k)
        kafka_logged(k, level, facility, text);
}

static bool of_connections(rd_kafka_resp_err_t e)
{
    return e == RD_KAFKA_RESP_ERR__TRANSPORT || e == RD_KAFKA_RESP_ERR__RESOLVE || e == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           e == RD_KAFKA_RESP_ERR__SSL || e == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           e == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED || e == RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM ||
           e == RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE;
}

/* Of meta: errors with their codes. @thread librdkafka's background thread */
static void on_event(rd_kafka_t *rk, rd_kafka_event_t *ev, void *opaque)
{
    UNUSED(rk);
    KafkaHandle *h = opaque;
    if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_ERROR)
        note_trouble(h->k, 3, rd_kafka_event_error(ev), of_connections(rd_kafka_event_error(ev)), rd_kafka_event_error_string(ev));
    rd_kafka_event_destroy(ev);
}

/* ---- OAUTHBEARER: the token is a file's ---- */

static int base64url(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *p = c ? strchr(digits, c) : NULL;
    return p ? (int)(p - digits) : -1;
}

/* The second of a JWT's three parts; empty when it is none. */
static void jwt_claims(Str token, Buf *out)
{
    const char *dot = memchr(token.p, '.', token.n);
    uint32_t bits = 0;
    int have = 0;
    for (const char *p = dot ? dot + 1 : token.p + token.n; p < token.p + token.n; p++) {
        int d = base64url(*p);
        if (d < 0)
            break;
        bits = bits << 6 | (uint32_t)d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_byte(out, (char)(bits >> have & 0xff));
        }
    }
}

/* What stands behind `"name":` in the claims, without quotes; n == 0 when it is not there. */
static Str claim(const char *claims, const char *name)
{
    char key[32];
    snprintf(key, sizeof key, "\"%s\"", name);
    const char *p = strstr(claims, key);
    if (!p)
        return (Str){NULL, 0};
    p += strlen(key);
    p += strspn(p, " :\"");
    return (Str){p, strcspn(p, "\",}")};
}

static bool read_file(const char *name, Buf *out)
{
    FILE *f = fopen(name, "rb");
    if (!f)
        return false;
    for (size_t n; (n = fread(buf_room(out, 4096), 1, 4096, f)) > 0 && out->n < (1 << 20);)
        out->n += n;
    fclose(f);
    return out->n > 0;
}

/* Called some time before the token runs out. @thread librdkafka's background thread */
static void on_token(rd_kafka_t *rk, const char *config, void *opaque)
{
    UNUSED(config);
    Kafka *k = ((KafkaHandle *)opaque)->k;
    Buf file = BUF_INIT, claims = BUF_INIT;
    char why[512];
    if (!read_file(k->props.token_file, &file)) {
        snprintf(why, sizeof why, "the token file %s cannot be read", k->props.token_file);
        rd_kafka_oauthbearer_set_token_failure(rk, why);
        goto out;
    }
    Str token = str_trim(buf_view(&file));
    jwt_claims(token, &claims);
    Str sub = claim(buf_z(&claims), "sub"), exp = claim(buf_z(&claims), "exp");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t expires = (int64_t)now.tv_sec * 1000 + TOKEN_MS;
    char number[24] = {0};
    if (exp.n && exp.n < sizeof number) {
        memcpy(number, exp.p, exp.n);
        expires = strtoll(number, NULL, 10) * 1000;
    }
    char *text = mem_strndup(token.p, token.n), *who = sub.n ? mem_strndup(sub.p, sub.n) : mem_strdup("sluice");
    if (rd_kafka_oauthbearer_set_token(rk, text, expires, who, NULL, 0, why, sizeof why))
        rd_kafka_oauthbearer_set_token_failure(rk, why);
    mem_free(text);
    mem_free(who);
out:
    buf_free(&file);
    buf_free(&claims);
}

/* ---- configuration ---- */

typedef struct ConfRow {
    const char *name, *value;
} ConfRow;

static const ConfRow common[] = {
    {"socket.nagle.disable", "true"},      {"socket.keepalive.enable", "true"},          {"log.connection.close", "false"},
    {"reconnect.backoff.max.ms", "1000"},  {"topic.metadata.propagation.max.ms", "5000"}, {"socket.timeout.ms", "30000"},
    {"statistics.interval.ms", "0"},
};
/* A fetch waits at the broker for data, so a longer wait delays no record: only a partition that is added meanwhile. */
static const ConfRow reading[] = {
    {"queued.max.messages.kbytes", "8192"},
    {"queued.min.messages", "100000"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.error.backoff.ms", "100"},
};
static const ConfRow reading_fixed[] = {
    {"check.crcs", "true"},          {"enable.partition.eof", "true"},      {"allow.auto.create.topics", "false"},
    {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "error"},
};
static const ConfRow writing[] = {
    {"linger.ms", "5"},
    {"compression.type", "lz4"},
    {"queue.buffering.max.messages", "500000"},
    {"queue.buffering.max.kbytes", "262144"},
};
static const ConfRow writing_fixed[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
};

void kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        BUG("%s=%s: %s", name, value, why);
}

static void conf_rows(rd_kafka_conf_t *conf, const ConfRow *rows, int n)
{
    for (int i = 0; i < n; i++)
        kafka_conf_set(conf, rows[i].name, rows[i].value);
}

/* The user's, each name once: of several that are for this client the one that was said nearest to it. */
static Status conf_user(Kafka *k, rd_kafka_conf_t *conf, int client, Err *err)
{
    char why[256];
    for (int i = 0; i < k->props.v.n; i++) {
        const KafkaProp *p = &k->props.v.v[i];
        if (!(p->clients & client) || kafka_props_get(&k->props, p->name, client) != p->value)
            continue;
        if (rd_kafka_conf_set(conf, p->name, p->value, why, sizeof why) != RD_KAFKA_CONF_OK)
            return err_set(err, ERR_BAD_REQUEST, "Invalid value %s for configuration %s: %s",
                           strstr(p->name, "password") || strstr(p->name, "pem") ? "[hidden]" : p->value, p->name, why);
    }
    return OK;
}

static bool uses_token(const Kafka *k)
{
    const char *mechanism = kafka_props_get(&k->props, "sasl.mechanism", KAFKA_FOR_ADMIN);
    return k->props.token_file && mechanism && strcmp(mechanism, "OAUTHBEARER") == 0;
}

static void conf_writing(Kafka *k, rd_kafka_conf_t *conf, KafkaKind kind)
{
    char ms[16];
    int delivery = k->props.delivery_ms, transaction = k->props.transaction_ms;
    conf_rows(conf, writing_fixed, ARRAY_LEN(writing_fixed));
    if (kind == KAFKA_TRANSACTIONAL) {
        snprintf(ms, sizeof ms, "%d", transaction);
        kafka_conf_set(conf, "transaction.timeout.ms", ms);
        delivery = delivery < transaction ? delivery : transaction;
        const char *set = kafka_props_get(&k->props, "socket.timeout.ms", KAFKA_FOR_PRODUCER);
        long socket = set ? strtol(set, NULL, 10) : SOCKET_MS;
        if (socket > transaction) /* librdkafka insists */
            kafka_conf_set(conf, "socket.timeout.ms", ms);
    }
    snprintf(ms, sizeof ms, "%d", delivery);
    kafka_conf_set(conf, "message.timeout.ms", ms);
}

rd_kafka_conf_t *kafka_conf_new(Kafka *k, KafkaKind kind, KafkaHandle *h, Err *err)
{
    bool writes = kind == KAFKA_IDEMPOTENT || kind == KAFKA_TRANSACTIONAL;
    int client = writes ? KAFKA_FOR_PRODUCER : kind == KAFKA_META ? KAFKA_FOR_ADMIN : KAFKA_FOR_CONSUMER;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    conf_rows(conf, common, ARRAY_LEN(common));
    if (writes)
        conf_rows(conf, writing, ARRAY_LEN(writing));
    else
        conf_rows(conf, reading, ARRAY_LEN(reading));
    if (conf_user(k, conf, client, err)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    kafka_conf_set(conf, "bootstrap.servers", k->props.servers);
    kafka_conf_set(conf, "client.id", k->client_id);
    if (writes)
        conf_writing(k, conf, kind);
    else {
        conf_rows(conf, reading_fixed, ARRAY_LEN(reading_fixed));
        kafka_conf_set(conf, "isolation.level", kind == KAFKA_META ? "read_uncommitted" : "read_committed");
    }
    rd_kafka_conf_set_opaque(conf, h);
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (kind == KAFKA_META) { /* also says when a broker hangs up: it may want another protocol */
        kafka_conf_set(conf, "log.connection.close", "true");
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
        rd_kafka_conf_set_background_event_cb(conf, on_event);
    }
    if (uses_token(k)) {
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, on_token);
        rd_kafka_conf_enable_sasl_queue(conf, 1);
    }
    return conf;
}

rd_kafka_t *kafka_handle_new(Kafka *k, KafkaKind kind, rd_kafka_conf_t *conf, Err *err)
{
    bool writes = kind == KAFKA_IDEMPOTENT || kind == KAFKA_TRANSACTIONAL;
    char why[512];
    rd_kafka_t *rk = rd_kafka_new(writes ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!rk) {
        err_set(err, ERR_BAD_REQUEST, "The settings of the Kafka client are not right: %s", why);
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    if (uses_token(k)) {
        rd_kafka_error_t *e = rd_kafka_sasl_background_callbacks_enable(rk);
        if (e) {
            kafka_fail(k, err, rd_kafka_error_code(e), rd_kafka_error_string(e), "OAUTHBEARER is not available");
            rd_kafka_error_destroy(e);
            rd_kafka_destroy(rk);
            return NULL;
        }
    }
    return rk;
}

/* ---- open, close ---- */

static void close_broker(Broker *b)
{
    Kafka *k = kafka_of(b);
    kafka_leave(b);
    kafka_fetch_free_all(k);
    kafka_askers_free(k);
    kafka_coordinators_free(k);
    if (k->background)
        rd_kafka_queue_destroy(k->background);
    if (k->meta)
        kafka_destroy(k, k->meta);
    if (__atomic_load_n(&k->left, __ATOMIC_ACQUIRE)) { /* its handle still logs */
        pthread_mutex_lock(&k->reason_lock);
        k->log = NULL; /* who was told may be gone */
        pthread_mutex_unlock(&k->reason_lock);
        return;
    }
    kafka_props_free(&k->props);
    buf_free(&k->reason);
    mem_free(k->client_id);
    mem_free(k->prefix);
    pthread_mutex_destroy(&k->reason_lock);
    pthread_mutex_destroy(&k->lanes_lock);
    pthread_mutex_destroy(&k->sets_lock);
    pthread_mutex_destroy(&k->jobs_lock);
    pthread_mutex_destroy(&k->member_lock);
    pthread_mutex_destroy(&k->askers_lock);
    pthread_mutex_destroy(&k->coordinators_lock);
    pthread_cond_destroy(&k->jobs_cond);
    mem_free(k->base.cluster);
    mem_free(k);
}

static const BrokerOps ops = {
    .close = close_broker,
    .create = kafka_create,
    .drop = kafka_drop,
    .describe = kafka_describe,
    .list = kafka_list,
    .trim = kafka_trim,
    .ends = kafka_ends,
    .offset_at = kafka_offset_at,
    .fetch_open = kafka_fetch_open,
    .fetch = kafka_fetch,
    .fetch_close = kafka_fetch_close,
    .producer_new = kafka_producer_new,
    .producer_free = kafka_producer_free,
    .produce = kafka_produce,
    .flush = kafka_flush,
    .init = kafka_init,
    .begin = kafka_begin,
    .send_positions = kafka_send_positions,
    .send_member = kafka_send_member,
    .commit = kafka_commit,
    .abort = kafka_abort,
    .positions = kafka_positions,
    .set_positions = kafka_set_positions,
    .drop_group = kafka_drop_group,
    .join = kafka_join,
    .leave = kafka_leave,
    .owner = kafka_owner,
    .members = kafka_members,
};

/* A listener that has no SASL says no more than that it did not expect this. */
static bool has_no_sasl(const char *why) { return strstr(why, "Request not valid in current SASL state") != NULL; }

/* Why nobody answered. */
static Status not_reached(Kafka *k, int64_t waited, Err *err)
{
    const char *user = kafka_props_get(&k->props, "sasl.username", KAFKA_FOR_ADMIN);
    const char *mechanism = kafka_props_get(&k->props, "sasl.mechanism", KAFKA_FOR_ADMIN);
    const char *protocol = kafka_props_get(&k->props, "security.protocol", KAFKA_FOR_ADMIN);
    pthread_mutex_lock(&k->reason_lock);
    Str why = k->reason.n ? buf_view(&k->reason) : STR("no answer");
    switch (k->trouble) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        if (has_no_sasl(buf_z(&k->reason))) {
            err_set(err, ERR_BROKER, "Kafka at %s takes no authentication there, security.protocol is %s here: %.*s",
                    k->props.servers, protocol, STR_ARG(why));
            err_hint(err, "name the port of a listener with SASL, or leave security.protocol out");
            break;
        }
        if (user)
            err_set(err, ERR_BROKER, "Kafka at %s refused the user name or password of '%s' (%s): %.*s", k->props.servers, user,
                    mechanism, STR_ARG(why));
        else
            err_set(err, ERR_BROKER, "Kafka at %s refused the authentication: %.*s", k->props.servers, STR_ARG(why));
        if (user && str_starts(str_of(mechanism), STR("SCRAM")) && rd_kafka_version() < SCRAM_MENDED)
            err_hint(err, "the password may be right: newer brokers refuse SCRAM as librdkafka %s does it (2.6.1 mends that); "
                          "sasl.mechanism=PLAIN over TLS works", rd_kafka_version_str());
        break;
    case RD_KAFKA_RESP_ERR__SSL:
        err_set(err, ERR_BROKER, "The TLS handshake with Kafka at %s failed: %.*s", k->props.servers, STR_ARG(why));
        break;
    default:
        err_set(err, ERR_BROKER, "Could not connect to Kafka at %s (%s, tried for %.1f s): %.*s", k->props.servers,
                protocol ? protocol : "PLAINTEXT", (double)waited / 1000, STR_ARG(why));
    }
    pthread_mutex_unlock(&k->reason_lock);
    return ERR_BROKER;
}

static Status reach(Kafka *k, Err *err)
{
    int64_t start = kafka_now_ms(), waited;
    do {
        const struct rd_kafka_metadata *md;
        int64_t left = start + k->open_ms - kafka_now_ms();
        rd_kafka_resp_err_t e = rd_kafka_metadata(k->meta, 0, NULL, &md, left < 200 ? (int)left : 200);
        if (!e) {
            rd_kafka_metadata_destroy(md);
            return OK;
        }
        waited = kafka_now_ms() - start;
        pthread_mutex_lock(&k->reason_lock);
        bool hopeless = k->trouble == RD_KAFKA_RESP_ERR__AUTHENTICATION || k->trouble == RD_KAFKA_RESP_ERR__SSL ||
                        (k->all_down && waited > REFUSED_MS);
        pthread_mutex_unlock(&k->reason_lock);
        if (hopeless)
            break;
        if (e != RD_KAFKA_RESP_ERR__TIMED_OUT && e != RD_KAFKA_RESP_ERR__TRANSPORT)
            return kafka_fail(k, err, e, NULL, "Could not connect to Kafka at %s", k->props.servers);
        if (e == RD_KAFKA_RESP_ERR__TRANSPORT) /* at once: do not spin */
            kafka_nap(50);
    } while (waited < k->open_ms - 10 && !kafka_ending(k));
    return not_reached(k, waited, err);
}

static void tell_warnings(Kafka *k, Str warnings)
{
    while (k->log && warnings.n) {
        const char *nl = memchr(warnings.p, '\n', warnings.n);
        size_t n = nl ? (size_t)(nl - warnings.p) : warnings.n;
        char *line = mem_strndup(warnings.p, n);
        k->log(k->log_arg, 4, line);
        mem_free(line);
        warnings = str_sub(warnings, n + (nl != NULL), warnings.n - n - (nl != NULL));
    }
}

/* The id of the cluster, known with the first metadata. */
static void ask_cluster(Kafka *k)
{
    char *id = rd_kafka_clusterid(k->meta, k->request_ms);
    k->base.cluster = id ? mem_strdup(id) : NULL;
    if (id)
        rd_kafka_mem_free(k->meta, id);
}

rd_kafka_t *kafka_meta_new(Kafka *k, rd_kafka_queue_t **background, Err *err)
{
    rd_kafka_conf_t *conf = kafka_conf_new(k, KAFKA_META, &k->handle, err);
    if (!conf)
        return NULL;
    /* Never joined. Without one librdkafka 2.0.2 follows a NULL pointer when a group's positions are asked for while its
     * coordinator is being made (its issue 5040). */
    kafka_conf_set(conf, "group.id", "sluice-meta");
    rd_kafka_t *rk = kafka_handle_new(k, KAFKA_META, conf, err);
    if (!rk)
        return NULL;
    *background = rd_kafka_queue_get_background(rk);
    rd_kafka_queue_t *q = rd_kafka_queue_get_main(rk);
    rd_kafka_queue_forward(q, *background);
    rd_kafka_queue_destroy(q);
    return rk;
}

Status kafka_broker_open(const KafkaConfig *c, Broker **out, Err *err)
{
    Kafka *k = mem_zalloc(sizeof *k);
    Buf warnings = BUF_INIT;
    k->base.ops = &ops;
    k->base.live = true;
    k->handle.k = k;
    k->client_id = mem_strdup(c->client_id ? c->client_id : "sluice");
    k->prefix = mem_strdup(c->prefix ? c->prefix : "");
    k->prefix_n = strlen(k->prefix);
    k->open_ms = c->open_ms ? c->open_ms : OPEN_MS;
    k->request_ms = c->request_ms ? c->request_ms : REQUEST_MS;
    k->max_lanes = c->lanes ? c->lanes : LANES;
    k->log = c->log;
    k->log_arg = c->log_arg;
    k->ending = c->ending;
    k->ending_arg = c->ending_arg;
    pthread_mutex_init(&k->reason_lock, NULL);
    pthread_mutex_init(&k->lanes_lock, NULL);
    pthread_mutex_init(&k->sets_lock, NULL);
    pthread_mutex_init(&k->jobs_lock, NULL);
    pthread_mutex_init(&k->member_lock, NULL);
    pthread_mutex_init(&k->askers_lock, NULL);
    pthread_mutex_init(&k->coordinators_lock, NULL);
    pthread_cond_init(&k->jobs_cond, NULL);
    Status st = kafka_props_read(c->settings, c->n, &k->props, &warnings, err);
    if (!st) {
        tell_warnings(k, buf_view(&warnings));
        k->meta = kafka_meta_new(k, &k->background, err);
        st = k->meta ? reach(k, err) : (Status)err->code;
    }
    buf_free(&warnings);
    if (st) {
        close_broker(&k->base);
        return st;
    }
    ask_cluster(k);
    *out = &k->base;
    return OK;
}
