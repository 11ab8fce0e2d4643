// SPDX-License-Identifier: Apache-2.0
// Committed positions of consumer groups.
//
// They are asked for by a consumer of the group that joins nothing and reads committed: the coordinator does not tell positions
// that an open transaction touches before that has ended, which may take until it times out. Nobody waits as long: after ASK_MS
// the answer is ERR_BROKER, and who wants to know asks again later.
//
//   a new asker      ASK_MS for connecting, the coordinator and the answer
//   no answer        the asker is kept, with its connections, for the next try; for AGAIN_MS others who ask for the group hear
//                    the same at once, since a group is asked for once for each of its tasks
//   an answer        the asker goes
//
// @thread any
#include <stdio.h>

#include "topic/kafka_impl.h"

enum { ASK_MS = 1500, AGAIN_MS = 400, IDLE_MS = 60000 };

struct Asker {
    KafkaHandle handle; /* the first: the handle's opaque */
    char *group;        /* with the prefix */
    rd_kafka_t *rk;
    int64_t failed_ms; /* when it got no answer last */
};

/* ---- askers ---- */

static void asker_free(Asker *as)
{
    bool gone = !as->rk || kafka_destroy(as->handle.k, as->rk);
    mem_free(as->group);
    if (gone)
        mem_free(as);
}

void kafka_askers_free(Kafka *k)
{
    for (int i = 0; i < k->askers.n; i++)
        asker_free(k->askers.v[i]);
    vec_free(&k->askers);
}

static Asker *asker_new(Kafka *k, char *group, Err *err)
{
    Asker *as = mem_zalloc(sizeof *as);
    as->handle.k = k;
    as->group = group;
    rd_kafka_conf_t *conf = kafka_conf_new(k, KAFKA_LANE, &as->handle, err);
    if (conf) {
        kafka_conf_set(conf, "group.id", group);
        as->rk = kafka_handle_new(k, KAFKA_LANE, conf, err);
    }
    if (as->rk)
        return as;
    asker_free(as);
    return NULL;
}

/* The one that is kept, or a new one. NULL: err is set; it may be what was heard a moment ago. */
static Asker *asker_take(Kafka *k, Str group, Err *err)
{
    char *full = kafka_name(k, group);
    Asker *as = NULL;
    bool soon = false;
    pthread_mutex_lock(&k->askers_lock);
    for (int i = 0; i < k->askers.n && !as; i++)
        if (strcmp(k->askers.v[i]->group, full) == 0) {
            as = k->askers.v[i];
            soon = kafka_now_ms() - as->failed_ms < AGAIN_MS;
            if (!soon)
                vec_remove(&k->askers, i);
        }
    pthread_mutex_unlock(&k->askers_lock);
    if (!as)
        return asker_new(k, full, err);
    mem_free(full);
    if (soon)
        kafka_fail(k, err, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, "Consumer group %.*s", STR_ARG(group));
    return soon ? NULL : as;
}

/* Those that nobody came back for go. */
static void asker_keep(Kafka *k, Asker *as)
{
    VEC(Asker *) idle = {0};
    as->failed_ms = kafka_now_ms();
    pthread_mutex_lock(&k->askers_lock);
    for (int i = k->askers.n; i-- > 0;)
        if (as->failed_ms - k->askers.v[i]->failed_ms > IDLE_MS || strcmp(k->askers.v[i]->group, as->group) == 0) {
            vec_add(&idle, k->askers.v[i]);
            vec_remove(&k->askers, i);
        }
    vec_add(&k->askers, as);
    pthread_mutex_unlock(&k->askers_lock);
    for (int i = 0; i < idle.n; i++)
        asker_free(idle.v[i]);
    vec_free(&idle);
}

/* ---- positions ---- */

static Status fail_group(Kafka *k, Err *err, rd_kafka_resp_err_t e, const char *detail, const char *operation, Str group)
{
    if (e == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        return kafka_denied(err, operation, "group(s)", group);
    return kafka_fail(k, err, e, detail, "Consumer group %.*s", STR_ARG(group));
}

/* Every partition of every topic of ours: asked for "all", the coordinator leaves out those whose first position is on its way in
 * an open transaction, instead of saying that it is. */
static Status all_partitions(Kafka *k, rd_kafka_topic_partition_list_t **out, Err *err)
{
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t e = kafka_metadata(k, NULL, ASK_MS, &md);
    Str name;
    if (e)
        return kafka_fail(k, err, e, NULL, "The topics could not be listed");
    *out = rd_kafka_topic_partition_list_new(md->topic_cnt);
    for (int i = 0; i < md->topic_cnt; i++) {
        const char *full = md->topics[i].topic;
        if (strncmp(full, "__", 2) != 0 && kafka_own_name(k, full, &name) && md->topics[i].partition_cnt > 0)
            rd_kafka_topic_partition_list_add_range(*out, full, 0, md->topics[i].partition_cnt - 1);
    }
    rd_kafka_metadata_destroy(md);
    return OK;
}

static bool unanswered(rd_kafka_resp_err_t e)
{
    return e == RD_KAFKA_RESP_ERR__TIMED_OUT || e == RD_KAFKA_RESP_ERR__TRANSPORT || e == RD_KAFKA_RESP_ERR__WAIT_COORD ||
           e == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT || e == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           e == RD_KAFKA_RESP_ERR_NOT_COORDINATOR || e == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
}

/* Not by ListConsumerGroupOffsets: answered that a transaction is open, librdkafka 2.0 asks again by itself, loses the second
 * answer, and when the broker goes away meanwhile ends the process by an assertion. */
static rd_kafka_resp_err_t ask(Kafka *k, Asker *as, rd_kafka_topic_partition_list_t *l)
{
    Patience p = kafka_patience(k, ASK_MS);
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_message_t *m; /* why no coordinator was found is told aside */
    for (int slice; unanswered(e) && (slice = kafka_slice(&p, ASK_MS)) > 0;) {
        int64_t asked = kafka_now_ms();
        e = rd_kafka_committed(as->rk, l, slice);
        while (unanswered(e) && (m = rd_kafka_consumer_poll(as->rk, 0))) {
            if (m->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
                e = m->err;
            rd_kafka_message_destroy(m);
        }
        if (unanswered(e) && kafka_now_ms() - asked < 50)
            kafka_nap(50);
    }
    return e;
}

Status kafka_positions(Broker *b, Str group, Arena *a, GroupPositionVec *out, Err *err)
{
    Kafka *k = kafka_of(b);
    rd_kafka_topic_partition_list_t *l = NULL;
    out->n = 0;
    if (kafka_ending(k))
        return err_set(err, ERR_BROKER, "Consumer group %.*s is not asked for: the process is to end", STR_ARG(group));
    Asker *as = asker_take(k, group, err);
    if (!as)
        return err->code;
    if (all_partitions(k, &l, err)) {
        asker_keep(k, as);
        return err->code;
    }
    bool any = l->cnt > 0;
    if (!any) /* asked all the same: the group may be denied, as all topics are */
        rd_kafka_topic_partition_list_add(l, "none", 0);
    rd_kafka_resp_err_t e = ask(k, as, l);
    for (int i = 0; any && i < l->cnt && !e; i++) {
        Str topic;
        e = kafka_code(l->elems[i].err) == ERR_TOPIC_GONE ? 0 : l->elems[i].err; /* deleted meanwhile */
        if (!e && l->elems[i].offset >= 0 && kafka_own_name(k, l->elems[i].topic, &topic)) {
            Str by = {l->elems[i].metadata, l->elems[i].metadata_size};
            GroupPosition p = {arena_str(a, topic), l->elems[i].partition, l->elems[i].offset, arena_str(a, by)};
            vec_push(a, out, p);
        }
    }
    rd_kafka_topic_partition_list_destroy(l);
    if (unanswered(e))
        asker_keep(k, as);
    else
        asker_free(as);
    return e && e != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND ? fail_group(k, err, e, NULL, "Describe", group) : OK;
}

static void ask_set_positions(rd_kafka_t *rk, void *request, rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q)
{
    rd_kafka_AlterConsumerGroupOffsets(rk, (rd_kafka_AlterConsumerGroupOffsets_t **)request, 1, o, q);
}

Status kafka_set_positions(Broker *b, Str group, const GroupPosition *v, int n, Err *err)
{
    Kafka *k = kafka_of(b);
    if (n == 0)
        return OK;
    char *full = kafka_name(k, group);
    rd_kafka_topic_partition_list_t *l = kafka_position_list(k, v, n);
    rd_kafka_AlterConsumerGroupOffsets_t *request = rd_kafka_AlterConsumerGroupOffsets_new(full, l);
    mem_free(full);
    rd_kafka_topic_partition_list_destroy(l);
    KafkaAbout about = {"Read", "group(s)", group};
    rd_kafka_event_t *ev = kafka_ask(k, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, ask_set_positions, &request, about, err);
    rd_kafka_AlterConsumerGroupOffsets_destroy(request);
    if (!ev)
        return err->code;
    size_t groups;
    const rd_kafka_group_result_t **r =
        rd_kafka_AlterConsumerGroupOffsets_result_groups(rd_kafka_event_AlterConsumerGroupOffsets_result(ev), &groups);
    const rd_kafka_error_t *why = groups == 1 ? rd_kafka_group_result_error(r[0]) : NULL;
    const rd_kafka_topic_partition_list_t *done = groups == 1 ? rd_kafka_group_result_partitions(r[0]) : NULL;
    Status st = why ? fail_group(k, err, rd_kafka_error_code(why), rd_kafka_error_string(why), "Read", group) : OK;
    for (int i = 0; done && i < done->cnt && !st; i++)
        if (done->elems[i].err)
            st = fail_group(k, err, done->elems[i].err, NULL, "Read", group);
    rd_kafka_event_destroy(ev);
    return st;
}

static void ask_drop_group(rd_kafka_t *rk, void *request, rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q)
{
    rd_kafka_DeleteGroups(rk, (rd_kafka_DeleteGroup_t **)request, 1, o, q);
}

Status kafka_drop_group(Broker *b, Str group, Err *err)
{
    Kafka *k = kafka_of(b);
    char *full = kafka_name(k, group);
    rd_kafka_DeleteGroup_t *request = rd_kafka_DeleteGroup_new(full);
    mem_free(full);
    KafkaAbout about = {"Delete", "group(s)", group};
    rd_kafka_event_t *ev = kafka_ask(k, RD_KAFKA_ADMIN_OP_DELETEGROUPS, ask_drop_group, &request, about, err);
    rd_kafka_DeleteGroup_destroy(request);
    if (!ev)
        return err->code;
    size_t n;
    const rd_kafka_group_result_t **v = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(ev), &n);
    const rd_kafka_error_t *why = n == 1 ? rd_kafka_group_result_error(v[0]) : NULL;
    Status st = OK;
    if (why && rd_kafka_error_code(why) != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
        st = fail_group(k, err, rd_kafka_error_code(why), rd_kafka_error_string(why), "Delete", group);
    rd_kafka_event_destroy(ev);
    return st;
}
