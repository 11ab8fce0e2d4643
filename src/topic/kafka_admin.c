// SPDX-License-Identifier: Apache-2.0
// Topics and offsets in the broker, by way of the meta handle. @thread any
//
// A topic counts as made when the metadata shows a leader for every partition, and as gone when the metadata does not show it:
// what comes next may rely on it.
#include <stdio.h>
#include <stdlib.h>

#include "topic/kafka_impl.h"

/* What became of the only topic of a request. */
static Status topic_result(Kafka *k, rd_kafka_event_t *ev, const rd_kafka_topic_result_t **v, size_t n, const char *operation,
                           Str topic, Err *err)
{
    rd_kafka_resp_err_t e = n == 1 ? rd_kafka_topic_result_error(v[0]) : RD_KAFKA_RESP_ERR__FAIL;
    Status st = OK;
    if (e == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        st = err_set(err, ERR_STATEMENT, "Topic '%.*s' already exists.", STR_ARG(topic));
    else if (e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        st = err_set(err, ERR_NOT_FOUND, "Topic '%.*s' does not exist.", STR_ARG(topic));
    else if (e)
        st = kafka_fail_topic(k, err, e, n == 1 ? rd_kafka_topic_result_error_string(v[0]) : NULL, operation, topic);
    rd_kafka_event_destroy(ev);
    return st;
}

/* ---- metadata ---- */

static void read_topic(const rd_kafka_metadata_topic_t *t, int *partitions, int *replicas, bool *ready)
{
    *partitions = t->partition_cnt;
    *replicas = 0;
    *ready = t->partition_cnt > 0;
    for (int i = 0; i < t->partition_cnt; i++) {
        if (t->partitions[i].replica_cnt > *replicas)
            *replicas = t->partitions[i].replica_cnt;
        *ready &= t->partitions[i].leader >= 0 && !t->partitions[i].err;
    }
}

Status kafka_partitions(Kafka *k, Str name, int *partitions, int *replicas, bool *ready, Err *err)
{
    char *full = kafka_name(k, name);
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(k->meta, full, NULL);
    const struct rd_kafka_metadata *md = NULL;
    Status st = OK;
    *partitions = *replicas = 0;
    *ready = false;
    rd_kafka_resp_err_t e = rkt ? kafka_metadata(k, rkt, k->request_ms, &md) : rd_kafka_last_error();
    if (!e && md->topic_cnt == 1) {
        e = md->topics[0].err;
        if (e == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
            e == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
            e = 0;
        if (!e)
            read_topic(&md->topics[0], partitions, replicas, ready);
    }
    if (e)
        st = kafka_fail_topic(k, err, e, NULL, "Describe", name);
    if (md)
        rd_kafka_metadata_destroy(md);
    if (rkt)
        rd_kafka_topic_destroy(rkt);
    mem_free(full);
    return st;
}

/* Until the metadata shows the topic, or does not. */
static Status await_topic(Kafka *k, Str name, bool there, Err *err)
{
    int64_t end = kafka_now_ms() + k->request_ms;
    for (int ms = 5;; ms = ms < 100 ? ms * 2 : 100) {
        int partitions, replicas;
        bool ready;
        if (kafka_partitions(k, name, &partitions, &replicas, &ready, err))
            return err->code;
        if (there ? ready : partitions == 0)
            return OK;
        if (kafka_now_ms() > end || kafka_ending(k))
            return err_set(err, ERR_BROKER, "Topic '%.*s' %s within %d s", STR_ARG(name),
                           there ? "got no leader for all of its partitions" : "was not deleted", k->request_ms / 1000);
        kafka_nap(ms);
    }
}

/* ---- create, delete ---- */

static void ask_create(rd_kafka_t *rk, void *request, rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q)
{
    rd_kafka_CreateTopics(rk, (rd_kafka_NewTopic_t **)request, 1, o, q);
}

Status kafka_create(Broker *b, const TopicInfo *info, const char *const *config, Err *err)
{
    static const char *const policies[] = {
        [CLEANUP_DELETE] = "delete", [CLEANUP_COMPACT] = "compact", [CLEANUP_COMPACT_DELETE] = "compact,delete"};
    Kafka *k = kafka_of(b);
    char why[256], ms[24], *full = kafka_name(k, info->name);
    rd_kafka_NewTopic_t *t =
        rd_kafka_NewTopic_new(full, info->partitions, info->replicas > 0 ? info->replicas : -1, why, sizeof why);
    mem_free(full);
    if (!t)
        return err_set(err, ERR_STATEMENT, "Topic '%.*s' cannot be created: %s", STR_ARG(info->name), why);
    rd_kafka_NewTopic_set_config(t, "cleanup.policy", policies[info->cleanup]);
    snprintf(ms, sizeof ms, "%lld", (long long)info->retention_ms);
    if (info->cleanup != CLEANUP_COMPACT)
        rd_kafka_NewTopic_set_config(t, "retention.ms", ms);
    for (int i = 0; config && config[i]; i += 2)
        rd_kafka_NewTopic_set_config(t, config[i], config[i + 1]);
    size_t n;
    KafkaAbout about = {"Create", "topic(s)", info->name};
    rd_kafka_event_t *ev = kafka_ask(k, RD_KAFKA_ADMIN_OP_CREATETOPICS, ask_create, &t, about, err);
    rd_kafka_NewTopic_destroy(t);
    if (!ev)
        return err->code;
    const rd_kafka_topic_result_t **v = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(ev), &n);
    if (topic_result(k, ev, v, n, "Create", info->name, err)) {
        Err late = ERR_INIT; /* whoever hears that somebody else made it is to find it */
        if (err->code == ERR_STATEMENT && await_topic(k, info->name, true, &late))
            err_clear(&late);
        return err->code;
    }
    return await_topic(k, info->name, true, err);
}

static void ask_drop(rd_kafka_t *rk, void *request, rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q)
{
    rd_kafka_DeleteTopics(rk, (rd_kafka_DeleteTopic_t **)request, 1, o, q);
}

Status kafka_drop(Broker *b, Str name, Err *err)
{
    Kafka *k = kafka_of(b);
    char *full = kafka_name(k, name);
    rd_kafka_DeleteTopic_t *t = rd_kafka_DeleteTopic_new(full);
    mem_free(full);
    size_t n;
    KafkaAbout about = {"Delete", "topic(s)", name};
    rd_kafka_event_t *ev = kafka_ask(k, RD_KAFKA_ADMIN_OP_DELETETOPICS, ask_drop, &t, about, err);
    rd_kafka_DeleteTopic_destroy(t);
    if (!ev)
        return err->code;
    const rd_kafka_topic_result_t **v = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(ev), &n);
    if (topic_result(k, ev, v, n, "Delete", name, err))
        return err->code;
    return await_topic(k, name, false, err);
}

/* ---- describe, list ---- */

static void ask_configs(rd_kafka_t *rk, void *request, rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q)
{
    rd_kafka_DescribeConfigs(rk, (rd_kafka_ConfigResource_t **)request, 1, o, q);
}

static void read_config(const rd_kafka_ConfigResource_t *res, TopicInfo *info)
{
    size_t n;
    const rd_kafka_ConfigEntry_t **v = rd_kafka_ConfigResource_configs(res, &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = rd_kafka_ConfigEntry_name(v[i]), *value = rd_kafka_ConfigEntry_value(v[i]);
        long long ms;
        if (!value)
            continue;
        if (strcmp(name, "cleanup.policy") == 0) {
            bool compact = strstr(value, "compact"), drop = strstr(value, "delete");
            info->cleanup = compact ? drop ? CLEANUP_COMPACT_DELETE : CLEANUP_COMPACT : CLEANUP_DELETE;
        } else if (strcmp(name, "retention.ms") == 0 && sscanf(value, "%lld", &ms) == 1)
            info->retention_ms = ms;
    }
}

Status kafka_describe(Broker *b, Str name, TopicInfo *info, Err *err)
{
    Kafka *k = kafka_of(b);
    bool ready;
    *info = (TopicInfo){.name = name, .retention_ms = -1};
    if (kafka_partitions(k, name, &info->partitions, &info->replicas, &ready, err))
        return err->code;
    if (info->partitions == 0)
        return err_set(err, ERR_NOT_FOUND, "Topic '%.*s' does not exist.", STR_ARG(name));
    char *full = kafka_name(k, name);
    rd_kafka_ConfigResource_t *res = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, full);
    mem_free(full);
    KafkaAbout about = {"Describe_configs", "topic(s)", name};
    rd_kafka_event_t *ev = kafka_ask(k, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, ask_configs, &res, about, err);
    rd_kafka_ConfigResource_destroy(res);
    if (!ev)
        return err->code;
    size_t n;
    const rd_kafka_ConfigResource_t **v =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(ev), &n);
    rd_kafka_resp_err_t e = n == 1 ? rd_kafka_ConfigResource_error(v[0]) : RD_KAFKA_RESP_ERR__FAIL;
    Status st = OK;
    if (e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        st = err_set(err, ERR_NOT_FOUND, "Topic '%.*s' does not exist.", STR_ARG(name));
    else if (e)
        st = kafka_fail_topic(k, err, e, n == 1 ? rd_kafka_ConfigResource_error_string(v[0]) : NULL, "Describe_configs", name);
    else
        read_config(v[0], info);
    rd_kafka_event_destroy(ev);
    return st;
}

Status kafka_list(Broker *b, Arena *a, TopicInfoVec *out, Err *err)
{
    Kafka *k = kafka_of(b);
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t e = kafka_metadata(k, NULL, k->request_ms, &md);
    if (e)
        return kafka_fail(k, err, e, NULL, "The topics could not be listed");
    for (int i = 0; i < md->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *t = &md->topics[i];
        TopicInfo info = {.retention_ms = -1, .cleanup = CLEANUP_DELETE, .use = TOPIC_USER};
        Str name;
        bool ready;
        if ((t->err && t->err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) || !kafka_own_name(k, t->topic, &name))
            continue;
        info.name = arena_str(a, name);
        read_topic(t, &info.partitions, &info.replicas, &ready);
        vec_push(a, out, info);
    }
    rd_kafka_metadata_destroy(md);
    return OK;
}

/* ---- offsets ---- */

static void ask_trim(rd_kafka_t *rk, void *request, rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q)
{
    rd_kafka_DeleteRecords(rk, (rd_kafka_DeleteRecords_t **)request, 1, o, q);
}

Status kafka_trim(Broker *b, Str topic, int partition, int64_t offset, Err *err)
{
    Kafka *k = kafka_of(b);
    GroupPosition at = {topic, partition, offset, {NULL, 0}};
    rd_kafka_topic_partition_list_t *l = kafka_position_list(k, &at, 1);
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(l);
    rd_kafka_topic_partition_list_destroy(l);
    KafkaAbout about = {"Delete", "topic(s)", topic};
    rd_kafka_event_t *ev = kafka_ask(k, RD_KAFKA_ADMIN_OP_DELETERECORDS, ask_trim, &request, about, err);
    rd_kafka_DeleteRecords_destroy(request);
    if (!ev)
        return err->code;
    const rd_kafka_topic_partition_list_t *done =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(ev));
    rd_kafka_resp_err_t e = done->cnt == 1 ? done->elems[0].err : RD_KAFKA_RESP_ERR__FAIL;
    rd_kafka_event_destroy(ev);
    return e ? kafka_fail_topic(k, err, e, NULL, "Delete", topic) : OK;
}

/* Without rights a topic is not there either. */
static Status gone(Kafka *k, Err *err, Str topic, int partition)
{
    int partitions, replicas;
    bool ready;
    if (kafka_partitions(k, topic, &partitions, &replicas, &ready, err))
        return err->code;
    return err_set(err, ERR_TOPIC_GONE, "Topic '%.*s' has no partition %d: it was deleted or made anew", STR_ARG(topic),
                   partition);
}

/* One end of the log. rd_kafka_query_watermark_offsets waits for minutes while the broker is away, whatever time it is given;
 * this asks the same of the broker, by the times that the protocol has for it. */
static rd_kafka_resp_err_t one_end(Kafka *k, Str topic, int partition, int64_t which, int64_t *offset)
{
    GroupPosition at = {topic, partition, which, {NULL, 0}};
    rd_kafka_topic_partition_list_t *l = kafka_position_list(k, &at, 1);
    rd_kafka_resp_err_t e = kafka_offsets(k, l);
    *offset = l->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(l);
    return e;
}

Status kafka_ends(Broker *b, Str topic, int partition, int64_t *begin, int64_t *end, Err *err)
{
    Kafka *k = kafka_of(b);
    rd_kafka_resp_err_t e = one_end(k, topic, partition, RD_KAFKA_OFFSET_BEGINNING, begin);
    if (!e)
        e = one_end(k, topic, partition, RD_KAFKA_OFFSET_END, end);
    if (kafka_code(e) == ERR_TOPIC_GONE)
        return gone(k, err, topic, partition);
    return e ? kafka_fail_topic(k, err, e, NULL, "Describe", topic) : OK;
}

Status kafka_offset_at(Broker *b, Str topic, int partition, int64_t ts, int64_t *offset, Err *err)
{
    Kafka *k = kafka_of(b);
    int64_t begin, end;
    GroupPosition at = {topic, partition, ts, {NULL, 0}};
    rd_kafka_topic_partition_list_t *l = kafka_position_list(k, &at, 1);
    rd_kafka_resp_err_t e = kafka_offsets(k, l);
    *offset = l->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(l);
    if (kafka_code(e) == ERR_TOPIC_GONE)
        return gone(k, err, topic, partition);
    if (e)
        return kafka_fail_topic(k, err, e, NULL, "Describe", topic);
    if (*offset >= 0)
        return OK;
    if (kafka_ends(b, topic, partition, &begin, &end, err)) /* none is as late */
        return err->code;
    *offset = end;
    return OK;
}

/* ---- positions of groups ---- */

rd_kafka_topic_partition_list_t *kafka_position_list(Kafka *k, const GroupPosition *v, int n)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++) {
        char *full = kafka_name(k, v[i].topic);
        rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_add(l, full, v[i].partition);
        mem_free(full);
        p->offset = v[i].offset;
        p->metadata = v[i].by.n ? malloc(v[i].by.n) : NULL; /* librdkafka frees it */
        if (p->metadata) {
            memcpy(p->metadata, v[i].by.p, v[i].by.n);
            p->metadata_size = v[i].by.n;
        }
    }
    return l;
}
