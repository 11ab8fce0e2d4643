// SPDX-License-Identifier: Apache-2.0
// What librdkafka takes: its properties and their ranges, as its manual has them, each value, and the whole.
//
//   one value   set on a configuration that is thrown away, after the text itself was read as Java would read it
//   the whole   handles of each kind that the settings are for are made and thrown away: some rules are between settings, and
//               some files are read, only there. No address is given to them, so nothing is connected to
//
// So no list of ranges is kept here, and a later librdkafka has its own.
// @thread any
#include "topic/kafka_check.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "topic/kafka_impl.h"

/* ---- the manual ---- */

/* What the manual says of a property's values. */
typedef struct KnownRow {
    char *range; /* "0 .. 900000", "true, false", or "" */
    bool number, fraction, several;
} KnownRow;

static StrMap known;          /* name -> KnownRow */
static VEC(Str) known_names; /* the map's keys */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The text between the n-th bar of a line and the next. */
static Str column_of(Str line, int n)
{
    const char *p = line.p, *end = line.p + line.n;
    for (; n > 0 && p; n--) {
        p = memchr(p, '|', (size_t)(end - p));
        p = p ? p + 1 : NULL;
    }
    const char *bar = p ? memchr(p, '|', (size_t)(end - p)) : NULL;
    return bar ? str_trim((Str){p, (size_t)(bar - p)}) : STR("");
}

static void learn_line(Str line)
{
    Str name = column_of(line, 0), range = column_of(line, 2);
    if (!name.n || name.p[0] == '-' || str_eq_c(name, "Property") || strmap_find(&known, name))
        return;
    char *text = mem_strndup(line.p, line.n);
    KnownRow *row = mem_zalloc(sizeof *row);
    row->range = mem_strndup(range.p, range.n);
    row->fraction = strstr(text, "*Type: float*") != NULL;
    row->number = row->fraction || strstr(text, "*Type: integer*");
    row->several = strstr(text, "*Type: CSV flags*") != NULL;
    strmap_put(&known, name, row);
    mem_free(text);
}

/* librdkafka prints its manual: a property is a line `name | C/P | range | …`. */
static void learn(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    BUG_IF(!f);
    rd_kafka_conf_properties_show(f);
    fclose(f);
    for (char *line = text; line && *line;) {
        char *end = strchr(line, '\n');
        if (*line != '#')
            learn_line((Str){line, end ? (size_t)(end - line) : strlen(line)});
        line = end ? end + 1 : NULL;
    }
    StrMapEntry *e;
    for (int i = 0; (e = strmap_next(&known, &i));)
        vec_add(&known_names, e->key);
    free(text);
}

bool kafka_property_known(Str name)
{
    pthread_once(&once, learn);
    return strmap_find(&known, name) != NULL;
}

bool kafka_property_at(int i, Str *name)
{
    pthread_once(&once, learn);
    if (i < 0 || i >= known_names.n)
        return false;
    *name = known_names.v[i];
    return true;
}

/* ---- values ---- */

/* A key, a password, or what may have one in it. */
static bool is_secret(const char *name)
{
    return strstr(name, "password") || strstr(name, "pem") || strstr(name, "secret") || strstr(name, "sasl.oauthbearer.config");
}

/* What librdkafka's table has for it; else librdkafka's own words. */
static Status out_of_range(Str name, const char *to, Str value, const KnownRow *row, const char *why, Err *err)
{
    char text[512];
    const char *dots = strstr(row->range, " .. ");
    if (row->number && dots)
        snprintf(text, sizeof text, "a number from %.*s to %s is wanted", (int)(dots - row->range), row->range, dots + 4);
    else if (row->range[0])
        snprintf(text, sizeof text, "%s of %s is wanted", row->several ? "a list" : "one", row->range);
    else
        snprintf(text, sizeof text, "%s", why);
    return err_set(err, ERR_BAD_REQUEST, "Invalid value %.*s for configuration %.*s: %s",
                   STR_ARG(is_secret(to) ? STR("[hidden]") : value), STR_ARG(name), text);
}

/* As Java: the whole text, decimal. librdkafka reads the number that it begins with, and one with a zero before it as octal. */
bool kafka_read_number(Str value, bool fraction, Buf *out)
{
    char text[32], *end;
    value = str_trim(value);
    if (!value.n || value.n >= sizeof text || memchr(value.p, 0, value.n))
        return false;
    for (size_t i = 0; i < value.n; i++)
        if (!strchr(fraction ? "+-.eE0123456789" : "+-0123456789", value.p[i]))
            return false;
    memcpy(text, value.p, value.n);
    text[value.n] = 0;
    errno = 0;
    if (fraction) {
        (void)strtod(text, &end);
        buf_cstr(out, text);
    } else {
        buf_printf(out, "%lld", strtoll(text, &end, 10));
    }
    return !*end && !errno;
}

Status kafka_check_value(Str name, const char *to, Str value, Buf *number, Err *err)
{
    pthread_once(&once, learn);
    const KnownRow *row = strmap_find(&known, str_of(to));
    char why[256] = "it is not known";
    BUG_IF(!row);
    if (row->number && !kafka_read_number(value, row->fraction, number))
        return out_of_range(name, to, value, row, why, err);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char *text = row->number ? mem_strdup(buf_z(number)) : mem_strndup(value.p, value.n);
    bool good = rd_kafka_conf_set(conf, to, text, why, sizeof why) == RD_KAFKA_CONF_OK;
    rd_kafka_conf_destroy(conf);
    mem_free(text);
    return good ? OK : out_of_range(name, to, value, row, why, err);
}

/* ---- the whole ---- */

/* The values of the settings that librdkafka's complaint names: `like.this`, or one of the user's. */
static void named_values(const KafkaProps *props, const rd_kafka_conf_t *conf, const char *why, Buf *out)
{
    for (int i = 0; i < known_names.n; i++) {
        char quoted[128], value[256];
        size_t n = sizeof value;
        snprintf(quoted, sizeof quoted, "`%.*s`", STR_ARG(known_names.v[i]));
        char *name = mem_strndup(known_names.v[i].p, known_names.v[i].n);
        bool named = strstr(why, quoted) || (kafka_props_get(props, name, KAFKA_FOR_ALL) && strstr(why, name));
        if (named && !is_secret(name) && rd_kafka_conf_get(conf, name, value, &n) == RD_KAFKA_CONF_OK)
            buf_printf(out, "%s%s is %s", out->n ? ", " : "", name, value);
        mem_free(name);
    }
}

static Status try_kind(Kafka *k, KafkaKind kind, int session_ms, Err *err)
{
    rd_kafka_conf_t *conf = kafka_conf_new(k, kind, &k->handle, err);
    if (!conf)
        return (Status)err->code;
    rd_kafka_conf_set(conf, "bootstrap.servers", NULL, NULL, 0); /* back to none */
    if (kind == KAFKA_MEMBER)
        kafka_conf_set(conf, "group.id", "sluice");
    if (kind == KAFKA_TRANSACTIONAL)
        kafka_conf_set(conf, "transactional.id", "sluice");
    if (kind == KAFKA_MEMBER) {
        char ms[16];
        snprintf(ms, sizeof ms, "%d", session_ms ? session_ms : KAFKA_SESSION_MS);
        kafka_conf_set(conf, "session.timeout.ms", ms);
    }
    rd_kafka_conf_t *copy = rd_kafka_conf_dup(conf);
    rd_kafka_t *rk = kafka_handle_new(k, kind, conf, err);
    Status st = rk ? OK : (Status)err->code;
    if (rk) {
        rd_kafka_destroy(rk);
    } else {
        Buf values = BUF_INIT;
        named_values(&k->props, copy, err->msg, &values);
        if (values.n) {
            char *said = mem_strdup(err->msg);
            err_clear(err);
            err_set(err, (ErrCode)st, "%s (%s)", said, buf_z(&values));
            mem_free(said);
        }
        buf_free(&values);
    }
    rd_kafka_conf_destroy(copy);
    return st;
}

Status kafka_props_try(const KafkaProps *props, int session_ms, Err *err)
{
    Kafka k = {.props = *props, .client_id = "sluice", .prefix = ""};
    int clients = 0;
    Status st = OK;
    pthread_once(&once, learn);
    for (int i = 0; i < props->v.n; i++)
        clients |= props->v.v[i].clients;
    if (!clients && !session_ms)
        return OK;
    k.handle.k = &k;
    pthread_mutex_init(&k.reason_lock, NULL);
    if (clients & KAFKA_FOR_ADMIN)
        st = try_kind(&k, KAFKA_META, 0, err);
    if (st == OK && (clients & KAFKA_FOR_CONSUMER || session_ms))
        st = try_kind(&k, KAFKA_MEMBER, session_ms, err);
    if (st == OK && clients & KAFKA_FOR_PRODUCER) /* which has all rules of the idempotent one, and shorter limits */
        st = try_kind(&k, KAFKA_TRANSACTIONAL, 0, err);
    pthread_mutex_destroy(&k.reason_lock);
    buf_free(&k.reason);
    return st;
}
