// SPDX-License-Identifier: Apache-2.0
// Names of properties that are no rows of the table (props.h): what ksqlDB and Kafka Streams know besides, so that
// a configuration file that was written for them is read without false alarms, and what no client may set.
//
// Names: page 10 of the ksqlDB reference, §10.1 and §10.2. A name that ends in '*' stands for all that begin so.
// Pure; any thread.
#include "catalog/props.h"

/* §10.1: not overridable. */
static const char *const immutable[] = {
    "bootstrap.servers",
    "ksql.extension.dir",
    "ksql.headers.columns.enabled",
    "ksql.hidden.topics",
    "ksql.properties.overrides.denylist",
    "ksql.pull.queries.enable",
    "ksql.query.persistent.active.limit",
    "ksql.readonly.topics",
    "ksql.service.id",
    "ksql.source.table.materialization.enabled",
    "ssl.*",
};

static const char *const no_effect[] = {
    "access.control.*",
    "application.id",
    "application.server",
    "authentication.*",
    "buffered.records.per.partition",
    "confluent.*",
    "default.api.timeout.ms",
    "default.deserialization.exception.handler",
    "default.production.exception.handler",
    "enable.fips",
    "interceptor.classes",
    "ksql.access.validator.enable",
    "ksql.admin.request.retry.timeout.ms",
    "ksql.advertised.listener",
    "ksql.assert.*",
    "ksql.authentication.*",
    "ksql.authorization.*",
    "ksql.client.ip_port.configuration.enabled",
    "ksql.connect.*",
    "ksql.create.topic.inherit.source.replicas.enabled",
    "ksql.deployment.type",
    "ksql.endpoint.*",
    "ksql.error.classifier.regex",
    "ksql.fetch.remote.hosts.max.timeout.seconds",
    "ksql.functions.*",
    "ksql.healthcheck.interval.ms",
    "ksql.heartbeat.*",
    "ksql.idle.connection.timeout.seconds",
    "ksql.internal.listener",
    "ksql.json_sr.*",
    "ksql.lag.reporting.*",
    "ksql.local.commands.location",
    "ksql.logging.*",
    "ksql.max.push.queries",
    "ksql.metastore.backup.location",
    "ksql.metrics.*",
    "ksql.persistent.prefix",
    "ksql.properties.overrides.*",
    "ksql.proxy.protocol.local.mode.enabled",
    "ksql.query.*",
    "ksql.queryanonymizer.*",
    "ksql.resource.extension.class",
    "ksql.runtime.feature.shared.enabled",
    "ksql.schema.registry.*",
    "ksql.security.*",
    "ksql.server.*",
    "ksql.shared.runtimes.count",
    "ksql.sink.window.change.log.additional.retention",
    "ksql.suppress.buffer.size.bytes",
    "ksql.transient.*",
    "ksql.udf*",
    "ksql.verticle.instances",
    "ksql.websocket.connection.max.timeout.ms",
    "ksql.worker.pool.size",
    "listeners",
    "listeners.proxy.protocol",
    "max.poll.records",
    "metric.reporters",
    "query.stream.disconnect.check",
    "response.http.headers.config",
    "rocksdb.config.setter",
    "shutdown.timeout.ms",
    "task.timeout.ms",
    "topology.optimization",
};

static bool matches(Str name, const char *const *list, int n)
{
    for (int i = 0; i < n; i++) {
        Str row = str_of(list[i]);
        bool family = row.p[row.n - 1] == '*';
        if (family ? str_starts(name, str_sub(row, 0, row.n - 1)) : str_eq(name, row))
            return true;
    }
    return false;
}

Str prop_bare(Str name)
{
    static const char *const owners[] = {"main.consumer.", "restore.consumer.", "consumer.", "producer.", "admin.", "topic."};
    Str streams = STR("ksql.streams.");
    if (str_starts(name, streams))
        name = str_sub(name, streams.n, name.n - streams.n);
    for (int i = 0; i < ARRAY_LEN(owners); i++) {
        Str owner = str_of(owners[i]);
        if (str_starts(name, owner))
            return str_sub(name, owner.n, name.n - owner.n);
    }
    return name;
}

PropKnown prop_known(Str name)
{
    Str bare = prop_bare(name);
    if (matches(bare, immutable, ARRAY_LEN(immutable)))
        return PROP_IMMUTABLE;
    return matches(bare, no_effect, ARRAY_LEN(no_effect)) ? PROP_NO_EFFECT : PROP_UNKNOWN;
}
