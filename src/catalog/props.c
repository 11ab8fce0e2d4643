// SPDX-License-Identifier: Apache-2.0
// The property table and sets of overrides; see props.h. A PropSet belongs to one thread.
// Names, defaults and messages: page 10 of the ksqlDB reference.
#include "base/nearest.h"
#include "catalog/props.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define INT_MAX64 INT64_MAX
#define S PROP_SETTABLE
#define SQ (PROP_SETTABLE | PROP_QUERY)

/* In name order. */
static const PropRow rows[] = {
    {"auto.offset.reset", PROP_OFFSET_RESET, NULL, SQ | PROP_CONSUMER, 0, 0},
    {"cache.max.bytes.buffering", PROP_INT, "10000000", SQ, 0, INT_MAX64},
    {"commit.interval.ms", PROP_INT, "2000", SQ, 0, INT_MAX64},
    {"heartbeat.interval.ms", PROP_INT, NULL, PROP_CONSUMER, 1, INT32_MAX},
    {"ksql.cast.strings.preserve.nulls", PROP_BOOL, "true", S, 0, 0},
    {"ksql.create.or.replace.enabled", PROP_BOOL, "true", S, 0, 0},
    {"ksql.fail.on.deserialization.error", PROP_BOOL, "false", SQ, 0, 0},
    {"ksql.fail.on.production.error", PROP_BOOL, NULL, SQ, 0, 0},
    {"ksql.functions.collect_list.limit", PROP_INT, NULL, SQ, INT64_MIN, INT_MAX64},
    {"ksql.functions.collect_set.limit", PROP_INT, NULL, SQ, INT64_MIN, INT_MAX64},
    {"ksql.functions.substring.legacy.args", PROP_BOOL, "false", SQ, 0, 0},
    {"ksql.headers.columns.enabled", PROP_BOOL, "true", 0, 0, 0},
    {"ksql.insert.into.values.enabled", PROP_BOOL, "true", S, 0, 0},
    {"ksql.internal.topic.min.insync.replicas", PROP_INT, "1", 0, 1, 32767},
    {"ksql.internal.topic.replicas", PROP_INT, "1", 0, 1, 32767},
    {"ksql.lambdas.enabled", PROP_BOOL, "true", S, 0, 0},
    {"ksql.logging.processing.rows.include", PROP_BOOL, "false", SQ, 0, 0},
    {"ksql.nested.error.set.null", PROP_BOOL, "true", SQ, 0, 0},
    {"ksql.new.query.planner.enabled", PROP_BOOL, "false", S, 0, 0},
    {"ksql.output.topic.name.prefix", PROP_STRING, "", S, 0, 0},
    {"ksql.persistence.default.format.key", PROP_FORMAT, "KAFKA", S, 0, 0},
    {"ksql.persistence.default.format.value", PROP_FORMAT, NULL, S, 0, 0},
    {"ksql.persistence.wrap.single.values", PROP_BOOL, NULL, S, 0, 0},
    {"ksql.query.pull.limit.clause.enabled", PROP_BOOL, "true", S, 0, 0},
    {"ksql.query.pull.range.scan.enabled", PROP_BOOL, "true", S, 0, 0},
    {"ksql.query.pull.stream.enabled", PROP_BOOL, "true", S, 0, 0},
    {"ksql.query.pull.table.scan.enabled", PROP_BOOL, "true", S, 0, 0},
    {"ksql.query.retry.backoff.initial.ms", PROP_INT, "15000", SQ, 0, INT_MAX64},
    {"ksql.query.retry.backoff.max.ms", PROP_INT, "900000", SQ, 0, INT_MAX64},
    {"ksql.service.id", PROP_STRING, "default_", 0, 0, 0},
    {"ksql.sink.partitions", PROP_INT, NULL, S, 1, 10000},
    {"ksql.sink.replicas", PROP_INT, NULL, S, 1, 32767},
    {"ksql.suppress.enabled", PROP_BOOL, "true", S, 0, 0},
    {"ksql.timestamp.throw.on.invalid", PROP_BOOL, "false", SQ, 0, 0},
    {"ksql.variable.substitution.enable", PROP_BOOL, "true", S, 0, 0},
    {"ksql.windowed.session.key.legacy", PROP_BOOL, "false", S, 0, 0},
    {"max.task.idle.ms", PROP_INT, "0", SQ, -1, INT_MAX64},
    {"num.standby.replicas", PROP_INT, "0", SQ, 0, 1024},
    {"num.stream.threads", PROP_INT, "4", SQ, 1, 1024},
    {"processing.guarantee", PROP_GUARANTEE, "at_least_once", SQ, 0, 0},
    {"replication.factor", PROP_INT, NULL, SQ, -1, 32767},
    {"session.timeout.ms", PROP_INT, "10000", PROP_CONSUMER, 1, INT32_MAX},
};

#undef S
#undef SQ

const PropRow *prop_at(int i) { return i < ARRAY_LEN(rows) ? &rows[i] : NULL; }

static const PropRow *find_exactly(Str name)
{
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq_c(name, rows[i].name))
            return &rows[i];
    return NULL;
}

const PropRow *prop_find(Str name)
{
    Str streams = STR("ksql.streams."), consumer = STR("consumer.");
    const PropRow *row = find_exactly(name);
    if (!row && str_starts(name, streams)) {
        name = str_sub(name, streams.n, name.n - streams.n);
        row = str_starts(name, STR("ksql.")) ? NULL : find_exactly(name);
    }
    if (row || !str_starts(name, consumer))
        return row;
    row = find_exactly(str_sub(name, consumer.n, name.n - consumer.n));
    return row && (row->flags & PROP_CONSUMER) ? row : NULL;
}

void props_free(PropSet *ps)
{
    StrMapEntry *e;
    for (int i = 0; (e = strmap_next(&ps->map, &i));)
        mem_free(e->value);
    strmap_free(&ps->map);
}

void props_copy(PropSet *to, const PropSet *from)
{
    StrMapEntry *e;
    for (int i = 0; (e = strmap_next(&from->map, &i));)
        mem_free(strmap_put(&to->map, e->key, mem_strdup(e->value)));
    if (from->server)
        to->server = from->server;
}

static bool is_int(Str v, int64_t *out)
{
    char text[24], *end;
    if (v.n == 0 || v.n >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", STR_ARG(v));
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *end == 0 && end == text + v.n && errno == 0 && text[0] != ' ';
}

static bool one_of(Str v, const char *const *allowed)
{
    for (; *allowed; allowed++)
        if (str_eq_nocase(v, str_of(*allowed)))
            return true;
    return false;
}

static Status bad_value(const PropRow *row, Str v, const char *why, Err *err)
{
    return err_set(err, ERR_BAD_REQUEST, "Invalid value %.*s for configuration %s: %s", STR_ARG(v), row->name, why);
}

/* Kafka's words; a row that a 32-bit number holds is one of type INT there. */
static Status check_int(const PropRow *row, Str v, Err *err)
{
    int64_t n;
    char why[64];
    if (!is_int(v, &n))
        return bad_value(row, v, row->max <= INT32_MAX ? "Not a number of type INT" : "Not a number of type LONG", err);
    if (n < row->min)
        snprintf(why, sizeof why, "Value must be at least %lld", (long long)row->min);
    else if (n > row->max)
        snprintf(why, sizeof why, "Value must be no more than %lld", (long long)row->max);
    else
        return OK;
    return bad_value(row, v, why, err);
}

static Status check_reset(const PropRow *row, Str v, Err *err)
{
    static const char *const resets[] = {"earliest", "latest", NULL};
    if (str_eq_c(v, "none"))
        return bad_value(row, v, "'none' is not valid for this property within KSQL", err);
    if (one_of(v, resets))
        return OK;
    return err_set(err, ERR_BAD_REQUEST,
                   "Invalid value %.*s for configuration auto.offset.reset: Invalid value `%.*s` for configuration "
                   "auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the format "
                   "'by_duration:<PnDTnHnMn.nS.>'.",
                   STR_ARG(v), STR_ARG(v));
}

/* As Kafka Streams: case counts. Its two older names of exactly-once (until 4.0) mean what the new one means. */
static const char *guarantee_of(Str v)
{
    static const char *const old[] = {"exactly_once", "exactly_once_beta"};
    static const char *const now[] = {"at_least_once", "exactly_once_v2"};
    for (int i = 0; i < ARRAY_LEN(old); i++)
        if (str_eq_c(v, old[i]))
            return "exactly_once_v2";
    for (int i = 0; i < ARRAY_LEN(now); i++)
        if (str_eq_c(v, now[i]))
            return now[i];
    return NULL;
}

static Status check_value(const PropRow *row, Str v, Err *err)
{
    static const char *const bools[] = {"true", "false", NULL};
    if (memchr(v.n ? v.p : "", 0, v.n))
        return err_set(err, ERR_BAD_REQUEST, "Invalid value for configuration %s: it has a NUL character", row->name);
    switch (row->type) {
    case PROP_INT:
        return check_int(row, v, err);
    case PROP_BOOL:
        return one_of(v, bools) ? OK : bad_value(row, v, "Expected value to be either true or false", err);
    case PROP_OFFSET_RESET:
        return check_reset(row, v, err);
    case PROP_GUARANTEE:
        return guarantee_of(v) ? OK : bad_value(row, v, "String must be one of: at_least_once, exactly_once_v2", err);
    case PROP_FORMAT:
    case PROP_STRING:
        return OK;
    }
    BUG("property type %d", row->type);
}

static Status unknown_property(Str name, Err *err)
{
    Nearest near;
    nearest_init(&near, name);
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        nearest_offer(&near, str_of(rows[i].name));
    err_set(err, ERR_BAD_REQUEST, "Unknown property: %.*s", STR_ARG(name));
    if (near.best.n)
        err_hint(err, "did you mean '%.*s'?", STR_ARG(near.best));
    return ERR_BAD_REQUEST;
}

/* What is kept: a text that readers need not fold or translate. */
static char *kept_value(const PropRow *row, Str v)
{
    return row->type == PROP_GUARANTEE ? mem_strdup(guarantee_of(v)) : mem_strndup(v.p, v.n);
}

Status props_set(PropSet *ps, Str name, Str value, char **old, Err *err)
{
    const PropRow *row = prop_find(name);
    if (row ? !(row->flags & PROP_SETTABLE) : prop_known(name) == PROP_IMMUTABLE)
        return err_set(err, ERR_BAD_REQUEST, "Cannot override property '%.*s'", STR_ARG(name));
    if (!row)
        return unknown_property(name, err);
    Status st = check_value(row, value, err);
    if (st)
        return st;
    char *was = strmap_put(&ps->map, str_of(row->name), kept_value(row, value));
    if (old)
        *old = was;
    else
        mem_free(was);
    return OK;
}

Status props_set_server(PropSet *ps, Str name, Str value, Err *err)
{
    const PropRow *row = prop_find(name);
    if (!row)
        return unknown_property(name, err);
    Status st = check_value(row, value, err);
    if (st == OK)
        mem_free(strmap_put(&ps->map, str_of(row->name), kept_value(row, value)));
    return st;
}

Status props_unset(PropSet *ps, Str name, char **old, Err *err)
{
    const PropRow *row = prop_find(name);
    char *was = row ? strmap_remove(&ps->map, str_of(row->name)) : NULL;
    if (!was)
        return err_set(err, ERR_BAD_REQUEST,
                       "Cannot unset local property '%.*s' which was never set in the first place", STR_ARG(name));
    *old = was;
    return OK;
}

const char *props_get(const PropSet *ps, const char *name)
{
    for (const PropSet *at = ps; at; at = at->server) {
        const char *v = strmap_find(&at->map, str_of(name));
        if (v)
            return v;
    }
    const PropRow *row = find_exactly(str_of(name));
    BUG_IF(!row);
    return row->value;
}

int64_t props_int(const PropSet *ps, const char *name)
{
    const char *v = props_get(ps, name);
    return v ? strtoll(v, NULL, 10) : -1;
}

bool props_bool(const PropSet *ps, const char *name)
{
    const char *v = props_get(ps, name);
    return v && str_eq_nocase(str_of(v), STR("true"));
}

bool props_has(const PropSet *ps, const char *name) { return strmap_find(&ps->map, str_of(name)) != NULL; }


bool props_exactly_once(const PropSet *ps) { return strcmp(props_get(ps, "processing.guarantee"), "exactly_once_v2") == 0; }
