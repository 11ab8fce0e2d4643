// SPDX-License-Identifier: Apache-2.0
// Membership: one consumer that subscribes to the control topic, whose partitions are the slots of the service.
//
//   thread of the membership   polls the consumer; the rebalance callback runs in it, and in it `changed`
//   assigned                   take the new slots > changed(slots)
//   revoked                    changed(what is left): work on the others is committed > give them up (the others go on)
//   lost                       changed(what is left, lost): somebody else may have them already
//   leave                      it unsubscribes, so that the group is told; revoked, as above; then it is closed, within CLOSE_MS
//                              (a broker that does not answer is not told: it finds out when the session is over)
//   fatal                      librdkafka gives the consumer up: all slots are lost, and a new consumer takes its place
//
// A fatal error is most often "fenced by other consumer with same group.instance.id". Another process may really have joined over a
// copy of the directory. But a member alone gets it too, when its broker was away for longer than its session and it connects again.
// A fatal consumer never recovers, so it is replaced, at once the first time. If the new one fails within RENEWED_MS too, the next
// waits a second, then twice as long each time, up to RENEW_MOST_MS, so that two processes that share an instance id do not fence
// each other without pause.
//
// A member with an instance id that dies and joins again before its session is over has its slots back at once, without a
// rebalance (static membership): a server that is restarted over its directory goes on as soon as it is there.
//
// Slot s is the control topic's partition whose number is that of s with its six bits turned round: assignors give neighbouring
// partitions to one member, and a topic with few partitions has neighbouring slots, which several members are to have.
//
// Who has which slot is asked of the group's coordinator, at most once a second.
//
// send_member: a transaction that carries the consumer's member id and generation is refused by the coordinator when the group
// went on without this process. While the consumer has no member id (it was thrown out, and has not joined anew) the coordinator
// would let anything pass, so then the transaction is refused here.
#include <stdio.h>
#include <stdlib.h>

#include "topic/kafka_impl.h"

/* A heartbeat tells of a rebalance: often, so that work moves soon. */
enum { SESSION_MS = 10000, HEARTBEAT_MS = 500, POLL_MS = 100, CLOSE_MS = 10000, LEAVE_MS = 3000, KNOWN_MS = 1000 };
enum { RENEW_LEAST_MS = 1000, RENEW_MOST_MS = 30000, RENEWED_MS = 60000 };

struct Membership {
    KafkaHandle handle; /* the first: the handle's opaque */
    char *group, *topic, *name; /* the first two with the prefix */
    char *instance;             /* group.instance.id; NULL: none */
    int session_ms;
    void (*changed)(void *arg, uint64_t slots, bool lost);
    void *arg;
    rd_kafka_t *rk; /* replaced by the thread, under Kafka.member_lock; NULL: a new one could not be opened yet */
    pthread_t thread;
    /* The thread's: */
    bool assigned;    /* once, to this consumer */
    bool fatal;       /* the consumer is of no more use */
    int64_t began_ms; /* when the consumer was opened */
    int failures;     /* fatal errors in a row, each soon after the one before */
    bool left;        /* a consumer could not be destroyed: its opaque, this, stays */

    pthread_mutex_t lock; /* of: */
    bool stop;
    uint64_t slots;
    uint64_t tied; /* with those of which the work is just being committed in `changed` */
    char *owners[TOPIC_SLOTS]; /* NULL: nobody, or not known */
    VEC(char *) members;
    int64_t known_ms; /* 0: to be asked for */
};

/* ---- slots ---- */

/* Of a partition of the control topic, and back: its own inverse. */
static int slot_of(int partition)
{
    int slot = 0;
    for (int bit = 1; bit < TOPIC_SLOTS; bit <<= 1)
        slot = slot << 1 | !!(partition & bit);
    return slot;
}

static uint64_t slots_of(const rd_kafka_topic_partition_list_t *l)
{
    uint64_t slots = 0;
    for (int i = 0; i < l->cnt; i++)
        if (l->elems[i].partition >= 0 && l->elems[i].partition < TOPIC_SLOTS)
            slots |= (uint64_t)1 << slot_of(l->elems[i].partition);
    return slots;
}

static void set_slots(Membership *m, uint64_t slots, bool lost)
{
    pthread_mutex_lock(&m->lock);
    m->tied = lost ? slots : slots | m->slots;
    m->slots = slots;
    m->known_ms = 0;
    pthread_mutex_unlock(&m->lock);
    m->changed(m->arg, slots, lost);
    pthread_mutex_lock(&m->lock);
    m->tied = slots;
    pthread_mutex_unlock(&m->lock);
}

/* @thread the membership's */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t e, rd_kafka_topic_partition_list_t *l, void *opaque)
{
    Membership *m = opaque;
    rd_kafka_error_t *failed;
    uint64_t slots = m->slots; /* written in this thread only */
    if (e == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        for (int i = 0; i < l->cnt; i++) /* nothing is read there */
            l->elems[i].offset = RD_KAFKA_OFFSET_END;
        m->assigned = true;
        failed = rd_kafka_incremental_assign(rk, l);
        set_slots(m, slots | slots_of(l), false);
    } else {
        bool lost = rd_kafka_assignment_lost(rk);
        set_slots(m, slots & ~slots_of(l), lost);
        failed = rd_kafka_incremental_unassign(rk, l);
    }
    if (failed)
        rd_kafka_error_destroy(failed);
}

static bool to_stop(Membership *m)
{
    pthread_mutex_lock(&m->lock);
    bool stop = m->stop;
    pthread_mutex_unlock(&m->lock);
    return stop;
}

/* The coordinator knows it. */
static bool is_known(const Membership *m)
{
    char *id = rd_kafka_memberid(m->rk);
    bool known = id && *id;
    if (id)
        rd_kafka_mem_free(m->rk, id);
    return known;
}

/* Opens a consumer that subscribes to the control topic. Does not wait for the broker. */
static Status open_consumer(Membership *m, rd_kafka_t **out, Err *err)
{
    char ms[16];
    Kafka *k = m->handle.k;
    rd_kafka_conf_t *conf = kafka_conf_new(k, KAFKA_MEMBER, &m->handle, err);
    if (!conf)
        return err->code;
    kafka_conf_set(conf, "client.id", m->name);
    kafka_conf_set(conf, "group.id", m->group);
    if (m->instance)
        kafka_conf_set(conf, "group.instance.id", m->instance);
    kafka_conf_set(conf, "partition.assignment.strategy", "cooperative-sticky");
    kafka_conf_set(conf, "auto.offset.reset", "latest");
    kafka_conf_set(conf, "queued.min.messages", "1");
    kafka_conf_set(conf, "fetch.wait.max.ms", "5000"); /* nothing is ever written there */
    snprintf(ms, sizeof ms, "%d", m->session_ms);
    kafka_conf_set(conf, "session.timeout.ms", ms);
    snprintf(ms, sizeof ms, "%d", m->session_ms / 10 < HEARTBEAT_MS ? m->session_ms / 10 : HEARTBEAT_MS);
    kafka_conf_set(conf, "heartbeat.interval.ms", ms);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_t *rk = kafka_handle_new(k, KAFKA_MEMBER, conf, err);
    if (!rk)
        return err->code;
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(l, m->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t e = rd_kafka_subscribe(rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    if (e) {
        m->left |= !kafka_destroy(k, rk);
        return kafka_fail(k, err, e, NULL, "Consumer group %s could not be joined", m->group);
    }
    *out = rk;
    return OK;
}

static void poll_once(Membership *m)
{
    rd_kafka_message_t *msg = rd_kafka_consumer_poll(m->rk, POLL_MS);
    if (msg)
        rd_kafka_message_destroy(msg);
    m->fatal = rd_kafka_fatal_error(m->rk, NULL, 0);
    if (m->fatal && m->slots)
        set_slots(m, 0, true);
}

/* True: the process is to leave. */
static bool pause_to_renew(Membership *m, int ms)
{
    Patience p = kafka_patience(m->handle.k, ms);
    for (int slice; !to_stop(m) && (slice = kafka_slice(&p, POLL_MS)) > 0;)
        kafka_nap(slice);
    return to_stop(m);
}

static void log_renewal(Membership *m, int ms)
{
    char why[256], text[512];
    const char *code = rd_kafka_err2name(rd_kafka_fatal_error(m->rk, why, sizeof why));
    int n = snprintf(text, sizeof text, "the member of group %s failed: %s (%s); it joins again with a new consumer", m->group, why,
                     code);
    if (ms && n > 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, " in %d s; is another process running over a copy of the data directory?",
                 ms / 1000);
    kafka_logged(m->handle.k, 4, "MEMBER", text);
}

/* Puts a new consumer in place of one with a fatal error. Returns early when the process is to leave; rk may be NULL then. */
static void renew_consumer(Membership *m)
{
    Kafka *k = m->handle.k;
    m->failures = kafka_now_ms() - m->began_ms < RENEWED_MS ? m->failures : 0;
    int wait = m->failures ? RENEW_LEAST_MS << (m->failures - 1) : 0;
    wait = wait < RENEW_MOST_MS ? wait : RENEW_MOST_MS;
    m->failures += wait < RENEW_MOST_MS;
    log_renewal(m, wait);
    pthread_mutex_lock(&k->member_lock);
    rd_kafka_t *old = m->rk;
    m->rk = NULL;
    pthread_mutex_unlock(&k->member_lock);
    m->left |= !kafka_destroy(k, old);
    for (bool stop = pause_to_renew(m, wait); !stop && !m->rk; stop = !m->rk && pause_to_renew(m, RENEW_LEAST_MS)) {
        Err err = ERR_INIT;
        rd_kafka_t *rk;
        if (open_consumer(m, &rk, &err)) {
            kafka_logged(k, 3, "MEMBER", err.msg);
            err_clear(&err);
            continue;
        }
        pthread_mutex_lock(&k->member_lock);
        m->rk = rk;
        pthread_mutex_unlock(&k->member_lock);
    }
    m->assigned = m->fatal = false;
    m->began_ms = kafka_now_ms();
}

/* librdkafka before 2.1 ends the process by an assertion when a consumer is closed between joining and its first assignment
 * (its issue 4312): that is waited for. */
static void close_consumer(Membership *m)
{
    Patience p = kafka_patience(m->handle.k, CLOSE_MS);
    while (!m->fatal && !m->assigned && is_known(m) && kafka_slice(&p, POLL_MS))
        poll_once(m);
    /* A consumer with an instance id leaves by unsubscribing only: closing is for coming back. */
    p = kafka_patience(m->handle.k, LEAVE_MS);
    if (!m->fatal && is_known(m) && kafka_slice(&p, POLL_MS) && !rd_kafka_unsubscribe(m->rk))
        while (!m->fatal && (m->slots || is_known(m)) && kafka_slice(&p, POLL_MS))
            poll_once(m);
    p = kafka_patience(m->handle.k, CLOSE_MS);
    rd_kafka_queue_t *q = kafka_slice(&p, POLL_MS) ? rd_kafka_queue_get_consumer(m->rk) : NULL;
    rd_kafka_error_t *e = q ? rd_kafka_consumer_close_queue(m->rk, q) : NULL;
    if (e)
        rd_kafka_error_destroy(e);
    while (q && !rd_kafka_consumer_closed(m->rk) && kafka_slice(&p, POLL_MS)) {
        rd_kafka_message_t *msg = rd_kafka_consume_queue(q, POLL_MS);
        if (msg)
            rd_kafka_message_destroy(msg);
    }
    if (q)
        rd_kafka_queue_destroy(q);
    if (m->slots) /* not told that they are gone: the coordinator was not there */
        set_slots(m, 0, true);
}

static void *member_main(void *arg)
{
    Membership *m = arg;
    while (!to_stop(m)) {
        poll_once(m);
        if (m->fatal && !to_stop(m))
            renew_consumer(m);
    }
    if (m->rk)
        close_consumer(m);
    return NULL;
}

/* ---- join, leave ---- */

static void member_free(Membership *m)
{
    bool gone = (!m->rk || kafka_destroy(m->handle.k, m->rk)) && !m->left;
    for (int i = 0; i < TOPIC_SLOTS; i++)
        mem_free(m->owners[i]);
    for (int i = 0; i < m->members.n; i++)
        mem_free(m->members.v[i]);
    vec_free(&m->members);
    mem_free(m->group);
    mem_free(m->topic);
    mem_free(m->name);
    mem_free(m->instance);
    pthread_mutex_destroy(&m->lock);
    if (gone)
        mem_free(m);
}

/* The control topic, made when it is not there. Somebody else may make it at the same time. */
static Status need_topic(Kafka *k, const MembershipConfig *c, Err *err)
{
    Str name = c->topic;
    int partitions, replicas;
    bool ready;
    Err made = ERR_INIT;
    TopicInfo info = {.name = name, .partitions = TOPIC_SLOTS, .replicas = c->replicas > 0 ? c->replicas : 1, .retention_ms = -1,
                      .cleanup = CLEANUP_COMPACT, .use = TOPIC_CONTROL};
    if (kafka_partitions(k, name, &partitions, &replicas, &ready, err))
        return err->code;
    if (partitions == 0 && kafka_create(&k->base, &info, NULL, &made) && made.code != ERR_STATEMENT) {
        err_move(err, &made);
        return err->code;
    }
    err_clear(&made);
    if (partitions != 0 && partitions != TOPIC_SLOTS)
        return err_set(err, ERR_BROKER, "Topic '%.*s' has %d partitions, %d are wanted: it is not the control topic of a service",
                       STR_ARG(name), partitions, TOPIC_SLOTS);
    return OK;
}

Status kafka_join(Broker *b, const MembershipConfig *c, Err *err)
{
    Kafka *k = kafka_of(b);
    if (need_topic(k, c, err))
        return err->code;
    Membership *m = mem_zalloc(sizeof *m);
    m->handle.k = k;
    m->group = kafka_name(k, c->group);
    m->topic = kafka_name(k, c->topic);
    m->name = mem_strndup(c->name.p, c->name.n);
    m->changed = c->changed;
    m->arg = c->arg;
    m->instance = c->instance.n ? mem_strndup(c->instance.p, c->instance.n) : NULL;
    m->session_ms = c->session_ms ? c->session_ms : SESSION_MS;
    pthread_mutex_init(&m->lock, NULL);
    Status st = open_consumer(m, &m->rk, err);
    m->began_ms = kafka_now_ms();
    pthread_mutex_lock(&k->member_lock);
    if (!st && k->member)
        st = err_set(err, ERR_STATEMENT, "This process is a member of group %s already", k->member->group);
    if (!st && pthread_create(&m->thread, NULL, member_main, m))
        st = err_set(err, ERR_BUSY, "A thread could not be started");
    if (!st)
        k->member = m;
    pthread_mutex_unlock(&k->member_lock);
    if (st)
        member_free(m);
    return st;
}

void kafka_leave(Broker *b)
{
    Kafka *k = kafka_of(b);
    pthread_mutex_lock(&k->member_lock);
    Membership *m = k->member;
    pthread_mutex_unlock(&k->member_lock);
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->stop = true;
    pthread_mutex_unlock(&m->lock);
    pthread_join(m->thread, NULL); /* transactions of its last commits still ask for the member */
    pthread_mutex_lock(&k->member_lock);
    k->member = NULL;
    pthread_mutex_unlock(&k->member_lock);
    member_free(m);
}

bool kafka_member_break(Kafka *k)
{
    pthread_mutex_lock(&k->member_lock);
    bool there = k->member && k->member->rk;
    if (there)
        rd_kafka_test_fatal_error(k->member->rk, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "raised by a test");
    pthread_mutex_unlock(&k->member_lock);
    return there;
}

/* ---- the fence ---- */

/* There is a member id and a generation to show. */
static bool is_member(const rd_kafka_consumer_group_metadata_t *md)
{
    /* "CGMDv2:" | generation int32 | group NUL | member id NUL | instance id NUL */
    static const char magic[] = "CGMDv2:";
    void *bytes;
    size_t n, head = sizeof magic - 1;
    rd_kafka_error_t *e = rd_kafka_consumer_group_metadata_write(md, &bytes, &n);
    if (e) {
        rd_kafka_error_destroy(e);
        return false;
    }
    int32_t generation = -1;
    bool member = false;
    if (n > head + 4 && memcmp(bytes, magic, head) == 0) {
        const char *group = (const char *)bytes + head + 4, *end = (const char *)bytes + n;
        const char *nul = memchr(group, 0, (size_t)(end - group));
        memcpy(&generation, (const char *)bytes + head, 4);
        member = nul && nul + 1 < end && nul[1];
    }
    rd_kafka_mem_free(NULL, bytes);
    return member && generation >= 0;
}

Status kafka_member_fence(Kafka *k, rd_kafka_consumer_group_metadata_t **group, rd_kafka_topic_partition_list_t **offsets,
                          Err *err)
{
    Status st = OK;
    *group = NULL;
    pthread_mutex_lock(&k->member_lock);
    Membership *m = k->member;
    uint64_t slots = 0;
    if (m) {
        pthread_mutex_lock(&m->lock);
        slots = m->tied;
        pthread_mutex_unlock(&m->lock);
        *group = m->rk ? rd_kafka_consumer_group_metadata(m->rk) : NULL;
    }
    if (slots == 0 || !*group || !is_member(*group)) {
        if (*group)
            rd_kafka_consumer_group_metadata_destroy(*group);
        st = err_set(err, ERR_ABORT, "This process has no slots of its service now");
    } else {
        *offsets = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(*offsets, m->topic, slot_of(__builtin_ctzll(slots)))->offset = 0;
    }
    pthread_mutex_unlock(&k->member_lock);
    return st;
}

/* ---- who has what ---- */

static void ask_group(rd_kafka_t *rk, void *request, rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q)
{
    rd_kafka_DescribeConsumerGroups(rk, (const char **)request, 1, o, q);
}

static void forget(Membership *m)
{
    for (int i = 0; i < TOPIC_SLOTS; i++) {
        mem_free(m->owners[i]);
        m->owners[i] = NULL;
    }
    for (int i = 0; i < m->members.n; i++)
        mem_free(m->members.v[i]);
    m->members.n = 0;
}

static void read_member(Membership *m, const rd_kafka_MemberDescription_t *d)
{
    const char *name = rd_kafka_MemberDescription_client_id(d);
    const rd_kafka_MemberAssignment_t *assigned = rd_kafka_MemberDescription_assignment(d);
    const rd_kafka_topic_partition_list_t *l = assigned ? rd_kafka_MemberAssignment_partitions(assigned) : NULL;
    vec_add(&m->members, mem_strdup(name));
    for (int i = 0; l && i < l->cnt; i++) {
        int slot = slot_of(l->elems[i].partition);
        if (l->elems[i].partition < 0 || l->elems[i].partition >= TOPIC_SLOTS)
            continue;
        mem_free(m->owners[slot]);
        m->owners[slot] = mem_strdup(name);
    }
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Asks the coordinator when what is known is older than a second. Under member_lock, so that there is one who asks. */
static Status refresh(Kafka *k, Membership *m, Err *err)
{
    const char *group = m->group;
    pthread_mutex_lock(&m->lock);
    bool fresh = m->known_ms && kafka_now_ms() - m->known_ms < KNOWN_MS;
    pthread_mutex_unlock(&m->lock);
    if (fresh)
        return OK;
    rd_kafka_event_t *ev = kafka_ask(k, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, ask_group, &group,
                                     (KafkaAbout){"Describe", "group(s)", str_of(group)}, err);
    if (!ev) {
        pthread_mutex_lock(&m->lock);
        forget(m);
        m->known_ms = kafka_now_ms(); /* the next asks again in a second */
        pthread_mutex_unlock(&m->lock);
        return err->code;
    }
    size_t n;
    const rd_kafka_ConsumerGroupDescription_t **v =
        rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(ev), &n);
    const rd_kafka_error_t *why = n == 1 ? rd_kafka_ConsumerGroupDescription_error(v[0]) : NULL;
    pthread_mutex_lock(&m->lock);
    forget(m);
    for (size_t i = 0; !why && n == 1 && i < rd_kafka_ConsumerGroupDescription_member_count(v[0]); i++)
        read_member(m, rd_kafka_ConsumerGroupDescription_member(v[0], i));
    if (m->members.n)
        qsort(m->members.v, (size_t)m->members.n, sizeof *m->members.v, by_name);
    m->known_ms = kafka_now_ms();
    pthread_mutex_unlock(&m->lock);
    Status st = OK;
    if (why && rd_kafka_error_code(why) == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        st = kafka_denied(err, "Describe", "group(s)", str_of(group));
    else if (why)
        st = kafka_fail(k, err, rd_kafka_error_code(why), rd_kafka_error_string(why), "Consumer group %s", group);
    rd_kafka_event_destroy(ev);
    return st;
}

bool kafka_owner(Broker *b, int slot, Buf *name)
{
    Kafka *k = kafka_of(b);
    Err err = ERR_INIT;
    const char *who = NULL;
    if (slot < 0 || slot >= TOPIC_SLOTS)
        return false;
    pthread_mutex_lock(&k->member_lock);
    Membership *m = k->member;
    if (m) {
        pthread_mutex_lock(&m->lock);
        bool own = m->slots >> slot & 1;
        pthread_mutex_unlock(&m->lock);
        if (own)
            who = m->name;
        else if (!refresh(k, m, &err))
            who = m->owners[slot];
        pthread_mutex_lock(&m->lock);
        if (who)
            buf_cstr(name, who);
        pthread_mutex_unlock(&m->lock);
    }
    pthread_mutex_unlock(&k->member_lock);
    err_clear(&err);
    return who != NULL;
}

Status kafka_members(Broker *b, Arena *a, NameList *out, Err *err)
{
    Kafka *k = kafka_of(b);
    Status st = OK;
    pthread_mutex_lock(&k->member_lock);
    Membership *m = k->member;
    if (m && !(st = refresh(k, m, err))) {
        pthread_mutex_lock(&m->lock);
        for (int i = 0; i < m->members.n; i++)
            vec_push(a, out, arena_str(a, str_of(m->members.v[i])));
        pthread_mutex_unlock(&m->lock);
    }
    pthread_mutex_unlock(&k->member_lock);
    return st;
}
