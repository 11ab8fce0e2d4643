// SPDX-License-Identifier: Apache-2.0
// Configuration: see config.h. Which name goes where; messages with their place.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "runtime/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/nearest.h"
#include "runtime/properties_file.h"

enum { CONFIG_FILE_BYTES = 4 << 20, SERVICE_ID_LENGTH = 128 };

void config_init(ServerConfig *c) { *c = (ServerConfig){.arena = arena_new(4096)}; }

void config_clear(ServerConfig *c)
{
    props_free(&c->props);
    arena_free(c->arena);
    *c = (ServerConfig){0};
}

/* ---- secrets ---------------------------------------------------------------------------------- */

static bool contains_nocase(Str s, Str word)
{
    for (size_t i = 0; i + word.n <= s.n; i++)
        if (str_eq_nocase(str_sub(s, i, word.n), word))
            return true;
    return false;
}

bool config_secret(Str name)
{
    static const char *const words[] = {"password", "secret", "jaas", "token", "credential", ".pem", "keystore.key", "api.key",
                                        "basic.auth.user.info", "sasl.oauthbearer.config"};
    for (int i = 0; i < ARRAY_LEN(words); i++)
        if (contains_nocase(name, str_of(words[i])))
            return !str_ends(name, STR(".url")) && !str_ends(name, STR(".credentials.source"));
    return false;
}

/* ---- names ------------------------------------------------------------------------------------ */

static void warn(ServerConfig *c, const char *from, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void warn(ServerConfig *c, const char *from, const char *fmt, ...)
{
    va_list ap;
    char text[1024];
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    vec_push(c->arena, &c->warnings, arena_printf(c->arena, "%s: %s", from, text));
}

/* What is known of a name that nothing takes. */
static void warn_of_name(ServerConfig *c, Str name, const char *from)
{
    Nearest near;
    const PropRow *row;
    if (prop_known(name) != PROP_UNKNOWN) {
        warn(c, from, "'%.*s' has no effect here", STR_ARG(name));
        return;
    }
    nearest_init(&near, prop_bare(name));
    for (int i = 0; (row = prop_at(i)); i++)
        nearest_offer(&near, str_of(row->name));
    nearest_offer(&near, STR("bootstrap.servers"));
    if (near.best.n)
        warn(c, from, "'%.*s' is not a known property; did you mean '%.*s'?", STR_ARG(name), STR_ARG(near.best));
    else
        warn(c, from, "'%.*s' is not a known property", STR_ARG(name));
}

static Status with_place(Status st, const char *from, Err *err)
{
    if (st)
        err_prefix(err, "%s: ", from);
    return st;
}

/* "host:port" of a list, with a protocol before it or in brackets as Kafka allows. Kafka's rule and words. */
static bool address_valid(Str s)
{
    size_t colon = s.n;
    while (colon > 0 && s.p[colon - 1] != ':')
        colon--;
    Str port = str_sub(s, colon, s.n - colon), host = str_sub(s, 0, colon ? colon - 1 : 0);
    int n = 0;
    for (size_t i = 0; i < port.n; i++) {
        if (port.p[i] < '0' || port.p[i] > '9' || n > 65535)
            return false;
        n = n * 10 + (port.p[i] - '0');
    }
    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] <= ' ' || host.p[i] == ',')
            return false;
    return host.n > 0 && n > 0 && n <= 65535;
}

static Status set_bootstrap(ServerConfig *c, Str value, Err *err)
{
    Str rest = value;
    for (bool more = true; more;) {
        const char *comma = rest.n ? memchr(rest.p, ',', rest.n) : NULL;
        size_t n = comma ? (size_t)(comma - rest.p) : rest.n;
        Str one = str_trim(str_sub(rest, 0, n));
        more = comma != NULL;
        rest = more ? str_sub(rest, n + 1, rest.n - n - 1) : rest;
        if (address_valid(one))
            continue;
        (void)err_set(err, ERR_BAD_REQUEST, "Invalid url in bootstrap.servers: %.*s", STR_ARG(one));
        err_hint(err, "HOST:PORT, or several of them with commas between");
        return ERR_BAD_REQUEST;
    }
    c->bootstrap = arena_cstr(c->arena, value);
    return OK;
}

/* It becomes a part of topic and group names. */
static Status set_service_id(ServerConfig *c, Str value, Err *err)
{
    if (value.n > SERVICE_ID_LENGTH || !topic_name_valid(value))
        return err_set(err, ERR_BAD_REQUEST,
                       "Invalid value %.*s for configuration ksql.service.id: it takes 1 to %d letters, digits, '.', '_' and '-'",
                       STR_ARG(value), SERVICE_ID_LENGTH);
    c->service_id = arena_cstr(c->arena, value);
    return props_set_server(&c->props, STR("ksql.service.id"), value, err);
}

static Status set_kafka(ServerConfig *c, Str name, Str value, const char *from, Err *err)
{
    if (memchr(value.n ? value.p : "", 0, value.n))
        return err_set(err, ERR_BAD_REQUEST, "Invalid value for configuration %.*s: it has a NUL character", STR_ARG(name));
    Str streams = STR("ksql.streams.");
    if (str_starts(name, streams))
        name = str_sub(name, streams.n, name.n - streams.n);
    KafkaSetting s = {arena_str(c->arena, name), arena_str(c->arena, value)};
    for (int i = 0; i < c->kafka.n; i++)
        if (str_eq(name, c->kafka.v[i].name)) {
            c->kafka.v[i] = s;
            c->places.v[i] = from;
            return OK;
        }
    vec_push(c->arena, &c->kafka, s);
    vec_push(c->arena, &c->places, from);
    return OK;
}

static Status set_one(ServerConfig *c, Str name, Str value, const char *from, Err *err)
{
    Str bare = prop_bare(name);
    if (str_eq_c(bare, "bootstrap.servers"))
        return set_bootstrap(c, value, err);
    if (str_eq_c(bare, "ksql.service.id"))
        return set_service_id(c, value, err);
    if (str_eq_c(bare, "state.dir")) {
        c->data_dir = value.n ? arena_cstr(c->arena, value) : NULL;
        return OK;
    }
    if (str_eq_c(bare, "ksql.queries.file")) {
        c->queries_file = value.n ? arena_cstr(c->arena, value) : NULL;
        return OK;
    }
    if (prop_find(name)) {
        Status st = props_set_server(&c->props, name, value, err);
        if (st == OK && kafka_property_class(bare) == KAFKA_PROP_ENGINE) /* see config_finish */
            st = set_kafka(c, bare, value, from, err);
        if (st == OK && str_eq_c(bare, "processing.guarantee") && !str_eq_c(value, props_get(&c->props, "processing.guarantee")))
            warn(c, from, "processing.guarantee=%.*s is an old name of exactly_once_v2", STR_ARG(value));
        return st;
    }
    if (kafka_property_client(name))
        return set_kafka(c, name, value, from, err);
    warn_of_name(c, name, from);
    return OK;
}

Status config_set(ServerConfig *c, Str name, Str value, const char *from, Err *err)
{
    return with_place(set_one(c, name, value, from, err), from, err);
}

Status config_property(ServerConfig *c, const char *text, Err *err)
{
    const char *equals = strchr(text, '=');
    const char *from = "--property";
    if (!equals || equals == text)
        return err_set(err, ERR_BAD_REQUEST, "--property takes NAME=VALUE");
    return config_set(c, str_trim((Str){text, (size_t)(equals - text)}), str_of(equals + 1), from, err);
}

/* ---- files ------------------------------------------------------------------------------------ */

static Status read_whole(const char *path, Buf *text, Err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    ssize_t n;
    do {
        n = read(fd, buf_room(text, 64 << 10), 64 << 10);
        text->n += n > 0 ? (size_t)n : 0;
    } while (text->n <= CONFIG_FILE_BYTES && (n > 0 || (n < 0 && errno == EINTR)));
    Status st = OK;
    if (n < 0)
        st = err_set(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    else if (text->n > CONFIG_FILE_BYTES)
        st = err_set(err, ERR_LIMIT, "'%s' is longer than %d bytes", path, CONFIG_FILE_BYTES);
    close(fd);
    return st;
}

Status config_file(ServerConfig *c, const char *path, Err *err)
{
    Buf text = BUF_INIT;
    FilePropertyVec all = {0};
    Status st = read_whole(path, &text, err);
    if (st == OK) {
        st = properties_parse(buf_view(&text), c->arena, &all, err);
        if (st) {
            err_prefix(err, "%s:%d: ", path, err->span.line);
            err->span = (Span){0, 0, 0, 0};
        }
    }
    for (int i = 0; i < all.n && st == OK; i++)
        st = config_set(c, all.v[i].name, all.v[i].value, arena_printf(c->arena, "%s:%d", path, all.v[i].line), err);
    buf_free(&text);
    return st;
}

/* ---- use -------------------------------------------------------------------------------------- */

/* The setting that a message of the client's names: its place, or NULL. The longest name counts. */
static const char *place_of(const ServerConfig *c, Str message)
{
    const char *place = NULL;
    size_t longest = 0;
    for (int i = 0; i < c->places.n; i++) {
        Str bare = prop_bare(c->kafka.v[i].name);
        if (bare.n > longest && memmem(message.p, message.n, bare.p, bare.n)) {
            longest = bare.n;
            place = c->places.v[i];
        }
    }
    return place;
}

static void take_warnings(ServerConfig *c, Str text)
{
    while (text.n) {
        const char *nl = memchr(text.p, '\n', text.n);
        Str line = str_sub(text, 0, nl ? (size_t)(nl - text.p) : text.n);
        const char *place = place_of(c, line);
        warn(c, place ? place : "configuration", "%.*s", STR_ARG(line));
        text = nl ? str_sub(text, line.n + 1, text.n - line.n - 1) : STR("");
    }
}

/* The setting whose value is refused in these words when it stands alone, or the one that they name: its place, or NULL. */
static const char *place_of_error(const ServerConfig *c, const Err *refused)
{
    const char *place = NULL;
    for (int i = 0; i < c->places.n && !place; i++) {
        KafkaSetting alone[] = {c->kafka.v[i], {STR("bootstrap.servers"), str_of(c->bootstrap)}};
        KafkaProps props;
        Buf warnings = BUF_INIT;
        Err err = ERR_INIT;
        if (kafka_props_read(alone, ARRAY_LEN(alone), &props, &warnings, &err) == OK)
            kafka_props_free(&props);
        else if (strcmp(err.msg, refused->msg) == 0)
            place = c->places.v[i];
        buf_free(&warnings);
        err_clear(&err);
    }
    return place ? place : place_of(c, str_of(refused->msg));
}

/* What the client was warned of is not handed to it: it would say so once more. Nor what the engine reads. */
static void drop_ignored(ServerConfig *c)
{
    int n = 0;
    for (int i = 0; i < c->kafka.n; i++) {
        KafkaPropClass class = kafka_property_class(prop_bare(c->kafka.v[i].name));
        if (class == KAFKA_PROP_IGNORE || class == KAFKA_PROP_OWN || class == KAFKA_PROP_ENGINE)
            continue;
        c->kafka.v[n] = c->kafka.v[i];
        if (i < c->places.n)
            c->places.v[n] = c->places.v[i];
        n++;
    }
    c->places.n -= c->kafka.n - n;
    c->kafka.n = n;
}

Status config_finish(ServerConfig *c, Err *err)
{
    if (!c->bootstrap) {
        for (int i = 0; i < c->kafka.n; i++)
            if (kafka_property_class(prop_bare(c->kafka.v[i].name)) != KAFKA_PROP_ENGINE) {
                warn(c, c->places.v[i], "'%.*s' has no effect without a --bootstrap-server", STR_ARG(c->kafka.v[i].name));
                break;
            }
        return OK;
    }
    KafkaProps props;
    Buf warnings = BUF_INIT;
    /* Also what the engine reads of a consumer's settings is checked by the consumer's rules. */
    vec_push(c->arena, &c->kafka, (KafkaSetting){STR("bootstrap.servers"), str_of(c->bootstrap)});
    Status st = kafka_props_read(c->kafka.v, c->kafka.n, &props, &warnings, err);
    const char *place = st ? place_of_error(c, err) : NULL;
    if (place)
        err_prefix(err, "%s: ", place);
    if (st == OK) {
        take_warnings(c, buf_view(&warnings));
        kafka_props_free(&props);
        drop_ignored(c);
        c->client = (KafkaConfig){.settings = c->kafka.v, .n = c->kafka.n};
    }
    buf_free(&warnings);
    return st;
}

void config_engine(const ServerConfig *c, EngineConfig *out)
{
    out->service_id = c->service_id;
    out->props = &c->props;
    if (props_has(&c->props, "session.timeout.ms"))
        out->session_ms = (int)props_int(&c->props, "session.timeout.ms");
    out->kafka = c->bootstrap ? &c->client : NULL;
}
