// SPDX-License-Identifier: Apache-2.0
// Remote topics: names, reading and membership over a Broker. Units are in remote_commit.c, positions in remote_position.c.
//
// Topics.map remembers what the broker told of topics: a name that is not in it is asked for (and an answer "not there" is not
// remembered), one that turns out to be gone leaves it. What a topic is for follows from its name, as do the settings it is made
// with: both are ksqlDB's.
//
// Ends: Partition.written is behind the last record that this process committed, Partition.end the furthest end that was told or
// written to. A reader that stands before `end` with nothing in hand is `pending`: the broker has more for it, which is on its
// way or behind somebody's open transaction. So is one that was never told that it is at the end.
//
// topic_read, which must see what was committed before it was called, waits until it has a record, or stands at the end and not
// before `written`. An end that is told to be before `written` is another topic's, made anew under the name by somebody else.
//
// @thread any; the broker calls reader_came and slots_changed from threads of its own.
#include "topic/remote_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum {
    READ_MS = 15000,   /* topic_read: the broker does not answer */
    READ_TRIES = 1000, /* … where no time passes */
    WAIT_MS = 50,
    LIVE_TRIES = READ_MS / WAIT_MS,
};

/* ---- names ---- */

static TopicUse use_of(Str name)
{
    static const struct {
        const char *end;
        TopicUse use;
    } rows[] = {
        {"_command_topic", TOPIC_COMMAND},
        {"-repartition", TOPIC_REPARTITION},
        {"-changelog", TOPIC_CHANGELOG},
    };
    bool ours = str_starts(name, STR("_confluent-ksql-"));
    for (int i = 0; ours && i < ARRAY_LEN(rows); i++)
        if (str_ends(name, str_of(rows[i].end)))
            return rows[i].use;
    /* The control topic (…_slots), and whatever else is not the user's. */
    return str_starts(name, STR("_confluent")) || str_starts(name, STR("__")) ? TOPIC_CONTROL : TOPIC_USER;
}

/* Beside cleanup and retention: as a running ksqlDB's topics are seen to be set. */
static const char *const *config_of(TopicUse use)
{
    static const char *const none[] = {NULL};
    static const char *const command[] = {"min.insync.replicas", "1", "unclean.leader.election.enable", "false", NULL};
    static const char *const repartition[] = {"message.timestamp.type", "CreateTime", "segment.bytes", "52428800", NULL};
    static const char *const changelog[] = {"message.timestamp.type", "CreateTime", NULL};
    return use == TOPIC_COMMAND ? command : use == TOPIC_REPARTITION ? repartition : use == TOPIC_CHANGELOG ? changelog : none;
}

static Status remote_lookup(Topics *t, Str name, Topic **out, Err *err)
{
    Remote *rm = remote_of(t);
    TopicInfo info = {.name = name};
    Err e = ERR_INIT;
    *out = NULL;
    if (!topic_name_valid(name))
        return OK;
    Status s = rm->b->ops->describe(rm->b, name, &info, &e);
    if (s == ERR_NOT_FOUND || s == ERR_TOPIC_GONE) {
        err_clear(&e);
        return OK;
    }
    if (s != OK) {
        err_move(err, &e);
        err_clear(&e);
        return s;
    }
    info.name = name;
    info.use = use_of(name);
    pthread_rwlock_wrlock(&t->names);
    *out = strmap_find(&t->map, name);
    if (!*out) {
        *out = topic_make(t->next_id++, &info);
        strmap_put(&t->map, name, *out);
    }
    topic_hold(*out);
    pthread_rwlock_unlock(&t->names);
    return OK;
}

/* Settings are as last looked up one by one; of topics that were not, unknown. */
static void known_info(Topics *t, TopicInfo *info)
{
    info->use = use_of(info->name);
    pthread_rwlock_rdlock(&t->names);
    const Topic *tp = strmap_find(&t->map, info->name);
    if (tp && tp->info.partitions == info->partitions) {
        info->cleanup = tp->info.cleanup;
        info->retention_ms = tp->info.retention_ms;
    }
    pthread_rwlock_unlock(&t->names);
}

static bool still_there(const StrMap *all, const Topic *tp)
{
    const TopicInfo *now = strmap_find(all, tp->info.name);
    return now && now->partitions == tp->info.partitions;
}

/* Topics that are not listed, or have more partitions now, are asked for anew when they are next needed. Those made after the
 * broker was asked are not in its list: ids below `before` only. */
static void forget_gone(Topics *t, const TopicInfoVec *list, uint32_t before)
{
    StrMap all = {0};
    StrMapEntry *e;
    VEC(Topic *) gone = {0};
    for (int i = 0; i < list->n; i++)
        strmap_put(&all, list->v[i].name, &list->v[i]);
    pthread_rwlock_rdlock(&t->names);
    for (int i = 0; (e = strmap_next(&t->map, &i));) {
        Topic *tp = e->value;
        if (tp->id < before && !still_there(&all, tp))
            vec_add(&gone, topic_hold(tp));
    }
    pthread_rwlock_unlock(&t->names);
    for (int i = 0; i < gone.n; i++) {
        topic_forget(t, gone.v[i], false);
        topic_drop(t, gone.v[i]);
    }
    vec_free(&gone);
    strmap_free(&all);
}

static Status remote_list(Topics *t, Arena *a, TopicInfoVec *out, Err *err)
{
    Remote *rm = remote_of(t);
    pthread_rwlock_rdlock(&t->names);
    uint32_t before = t->next_id;
    pthread_rwlock_unlock(&t->names);
    Status s = rm->b->ops->list(rm->b, a, out, err);
    if (s != OK) {
        out->n = 0;
        return s;
    }
    forget_gone(t, out, before);
    for (int i = 0; i < out->n; i++)
        known_info(t, &out->v[i]);
    return OK;
}

static Status remote_create(Topics *t, Topic *tp, Err *err)
{
    Remote *rm = remote_of(t);
    return rm->b->ops->create(rm->b, &tp->info, config_of(tp->info.use), err);
}

static Status remote_drop(Topics *t, Topic *tp, Err *err)
{
    Remote *rm = remote_of(t);
    Status s = rm->b->ops->drop(rm->b, tp->info.name, err);
    if (s == OK || s == ERR_NOT_FOUND) {
        Err e = ERR_INIT;
        positions_forget(rm, NULL);
        Status kept = positions_drop_topic(t, tp->info.name, &e);
        if (s == OK && kept != OK) {
            s = kept;
            err_move(err, &e);
        }
        err_clear(&e);
    }
    return s;
}

static void remote_clear(Topics *t, Topic *tp) { UNUSED(t), UNUSED(tp); }

Status remote_failed(Topics *t, Topic *tp, Status s)
{
    if (s == ERR_TOPIC_GONE)
        topic_forget(t, tp, false); /* or only not what it was: who holds it hears so from the broker */
    return s;
}

/* ---- ends ---- */

void remote_end(Topic *tp, int partition, int64_t end, bool own)
{
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->lock);
    pt->end = end > pt->end ? end : pt->end;
    pt->written = own && end > pt->written ? end : pt->written;
    pthread_mutex_unlock(&pt->lock);
}

static void known_ends(Topic *tp, int partition, int64_t *end, int64_t *written)
{
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->lock);
    *end = pt->end;
    *written = pt->written;
    pthread_mutex_unlock(&pt->lock);
}

static Status remote_ends(Topics *t, Topic *tp, int partition, int64_t *begin, int64_t *end, Err *err)
{
    Remote *rm = remote_of(t);
    Status s = remote_failed(t, tp, rm->b->ops->ends(rm->b, tp->info.name, partition, begin, end, err));
    if (s == OK)
        remote_end(tp, partition, *end, false);
    return s;
}

static Status remote_offset_at(Topics *t, Topic *tp, int partition, int64_t ts, int64_t *offset, Err *err)
{
    Remote *rm = remote_of(t);
    return remote_failed(t, tp, rm->b->ops->offset_at(rm->b, tp->info.name, partition, ts, offset, err));
}

static Status remote_drop_head(Topics *t, Topic *tp, int partition, int64_t ts, int64_t offset, Err *err)
{
    Remote *rm = remote_of(t);
    UNUSED(ts);
    return remote_failed(t, tp, rm->b->ops->trim(rm->b, tp->info.name, partition, offset, err));
}

/* What was known is of a topic that is no more. */
static bool made_anew(Topics *t, Topic *tp, int partition)
{
    int64_t begin, end, known, written;
    Err err = ERR_INIT;
    Status s = remote_ends(t, tp, partition, &begin, &end, &err);
    err_clear(&err);
    known_ends(tp, partition, &known, &written);
    if (s != OK || end >= written)
        return false;
    topic_forget(t, tp, false);
    return true;
}

/* ---- waiting ---- */

/* Until something came after `came` calls of `ready`, or for so long. Under Remote.lock. */
static struct timespec time_in(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

static void wait_came(Remote *rm, uint64_t came, int64_t ms)
{
    struct timespec at = time_in(ms);
    while (rm->came == came && pthread_cond_timedwait(&rm->cond, &rm->lock, &at) != ETIMEDOUT)
        ;
}

static void read_came(void *arg)
{
    Remote *rm = arg;
    pthread_mutex_lock(&rm->lock);
    rm->came++;
    pthread_cond_broadcast(&rm->cond);
    pthread_mutex_unlock(&rm->lock);
}

static void reader_came(void *arg)
{
    RemoteReader *rr = arg;
    Remote *rm = remote_of(rr->t);
    pthread_mutex_lock(&rm->lock);
    rr->ready = true;
    rm->came++;
    pthread_cond_broadcast(&rm->cond);
    pthread_mutex_unlock(&rm->lock);
    topics_tell(rr->t, rr->topic->info.name, rr->partition);
}

/* ---- reading once ---- */

static Status remote_read(Topics *t, Topic *tp, int partition, int64_t offset, int max, RecordSet *set, Err *err)
{
    Remote *rm = remote_of(t);
    Fetcher *f;
    int64_t end, written;
    bool at_end = false;
    Status s = rm->b->ops->fetch_open(rm->b, tp->info.name, partition, offset, read_came, rm, &f, err);
    if (s != OK)
        return remote_failed(t, tp, s);
    for (int tries = 0;; tries++) {
        pthread_mutex_lock(&rm->lock);
        uint64_t came = rm->came;
        pthread_mutex_unlock(&rm->lock);
        s = rm->b->ops->fetch(f, max, set, &at_end, err);
        known_ends(tp, partition, &end, &written);
        if (s != OK || set->n > 0 || (at_end && set->next_offset >= written))
            break;
        if (at_end && tries % 20 == 1 && made_anew(t, tp, partition))
            break;
        if (tries >= (rm->b->live ? LIVE_TRIES : READ_TRIES)) {
            s = err_set(err, ERR_BROKER, "Topic '%.*s', partition %d: the broker gave no records within %d s.",
                        STR_ARG(tp->info.name), partition, READ_MS / 1000);
            break;
        }
        if (rm->b->live) {
            pthread_mutex_lock(&rm->lock);
            wait_came(rm, came, WAIT_MS);
            pthread_mutex_unlock(&rm->lock);
        }
    }
    rm->b->ops->fetch_close(f);
    return remote_failed(t, tp, s);
}

/* ---- readers ---- */

static Status remote_reader_open(TopicReader *r, Err *err)
{
    Topics *t = r->t;
    Remote *rm = remote_of(t);
    Topic *tp;
    Str name = str_of(r->name);
    Status s = topic_lookup(t, name, &tp, err);
    if (s == OK && !tp)
        s = err_set(err, ERR_TOPIC_GONE, "Topic '%s' does not exist.", r->name);
    if (s != OK)
        return s;
    RemoteReader *rr = mem_zalloc(sizeof *rr);
    *rr = (RemoteReader){.t = t, .topic = tp, .partition = r->partition};
    s = rm->b->ops->fetch_open(rm->b, name, r->partition, r->offset, reader_came, rr, &rr->f, err);
    if (s != OK) {
        s = remote_failed(t, tp, s);
        topic_drop(t, tp);
        mem_free(rr);
        return s;
    }
    pthread_mutex_lock(&rm->lock);
    vec_add(&rm->readers, rr);
    pthread_mutex_unlock(&rm->lock);
    r->remote = rr;
    return OK;
}

static Status remote_reader_next(TopicReader *r, int max, RecordSet *set, Err *err)
{
    RemoteReader *rr = r->remote;
    Remote *rm = remote_of(r->t);
    int64_t end, written;
    bool at_end = false;
    pthread_mutex_lock(&rm->lock);
    rr->ready = false; /* what comes from here on is news */
    pthread_mutex_unlock(&rm->lock);
    Status s = rm->b->ops->fetch(rr->f, max, set, &at_end, err);
    bool pending = false;
    if (s == OK && set->n == 0) {
        rr->at_end |= at_end;
        known_ends(rr->topic, rr->partition, &end, &written);
        pending = set->pending = !rr->at_end || set->next_offset < end;
    }
    pthread_mutex_lock(&rm->lock);
    rr->pending = pending;
    pthread_mutex_unlock(&rm->lock);
    return remote_failed(r->t, rr->topic, s);
}

static void remote_reader_close(TopicReader *r)
{
    RemoteReader *rr = r->remote;
    Remote *rm = remote_of(r->t);
    rm->b->ops->fetch_close(rr->f); /* no call of reader_came from here on */
    pthread_mutex_lock(&rm->lock);
    for (int i = 0; i < rm->readers.n; i++)
        if (rm->readers.v[i] == rr) {
            rm->readers.v[i] = rm->readers.v[--rm->readers.n];
            break;
        }
    pthread_mutex_unlock(&rm->lock);
    topic_drop(r->t, rr->topic);
    mem_free(rr);
}

/* Where no time passes nothing would tell the listener: it is told that all who are pending may look again. */
static void tell_pending(Topics *t)
{
    Remote *rm = remote_of(t);
    struct Told {
        Topic *topic;
        int partition;
    };
    VEC(struct Told) told = {0};
    pthread_mutex_lock(&rm->lock);
    for (int i = 0; i < rm->readers.n; i++)
        if (rm->readers.v[i]->pending)
            vec_add(&told, (struct Told){topic_hold(rm->readers.v[i]->topic), rm->readers.v[i]->partition});
    pthread_mutex_unlock(&rm->lock);
    for (int i = 0; i < told.n; i++) {
        topics_tell(t, told.v[i].topic->info.name, told.v[i].partition);
        topic_drop(t, told.v[i].topic);
    }
    vec_free(&told);
}

static bool remote_wait(Topics *t)
{
    Remote *rm = remote_of(t);
    bool pending = false, ready = false;
    pthread_mutex_lock(&rm->lock);
    for (int i = 0; i < rm->readers.n; i++) {
        pending |= rm->readers.v[i]->pending;
        ready |= rm->readers.v[i]->pending && rm->readers.v[i]->ready;
    }
    if (pending && !ready && rm->b->live)
        wait_came(rm, rm->came, WAIT_MS);
    pthread_mutex_unlock(&rm->lock);
    if (pending && t->fx->simulated)
        tell_pending(t);
    return pending;
}

static void remote_reader_wait(TopicReader *r)
{
    RemoteReader *rr = r->remote;
    Remote *rm = remote_of(r->t);
    struct timespec at = time_in(WAIT_MS);
    if (!rm->b->live) {
        (void)remote_wait(r->t);
        return;
    }
    pthread_mutex_lock(&rm->lock);
    while (rr->pending && !rr->ready && pthread_cond_timedwait(&rm->cond, &rm->lock, &at) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&rm->lock);
}

/* ---- membership ---- */

bool remote_joined(Remote *rm)
{
    pthread_mutex_lock(&rm->lock);
    bool joined = rm->joined;
    pthread_mutex_unlock(&rm->lock);
    return joined;
}

uint64_t remote_changes(Remote *rm)
{
    pthread_mutex_lock(&rm->lock);
    uint64_t changes = rm->changes;
    pthread_mutex_unlock(&rm->lock);
    return changes;
}

static void set_joined(Remote *rm, bool joined)
{
    pthread_mutex_lock(&rm->lock);
    rm->joined = joined;
    pthread_mutex_unlock(&rm->lock);
}

uint64_t remote_losses(Remote *rm)
{
    pthread_mutex_lock(&rm->lock);
    uint64_t losses = rm->losses;
    pthread_mutex_unlock(&rm->lock);
    return losses;
}

static void count_change(Remote *rm, bool lost)
{
    pthread_mutex_lock(&rm->lock);
    rm->changes++;
    rm->losses += lost;
    pthread_mutex_unlock(&rm->lock);
}

/* Others worked on meanwhile, or will. Where slots are lost they do already: what is under way must not tell the groups more. */
static void slots_changed(void *arg, uint64_t slots, bool lost)
{
    Topics *t = arg;
    Remote *rm = remote_of(t);
    if (lost)
        count_change(rm, true);
    positions_forget(rm, NULL);
    t->member.changed(t->member.arg, slots, lost);
    positions_forget(rm, NULL);
    count_change(rm, false);
}

/* Made unless it is there; another server may be making it. */
static Status control_topic(Topics *t, Str name, int replicas, Err *err)
{
    Topic *tp;
    Status s = topic_lookup(t, name, &tp, err);
    if (s == OK && !tp) {
        TopicInfo info = {name, TOPIC_SLOTS, replicas > 0 ? replicas : 1, -1, CLEANUP_COMPACT, TOPIC_CONTROL};
        Err e = ERR_INIT;
        s = topic_create(t, &info, &e);
        if (s != ERR_STATEMENT)
            err_move(err, &e);
        if (s == OK || s == ERR_STATEMENT)
            s = topic_lookup(t, name, &tp, err);
        err_clear(&e);
    }
    if (s == OK && !tp)
        s = err_set(err, ERR_BROKER, "The control topic '%.*s' was created, but is not there yet.", STR_ARG(name));
    else if (s == OK && tp->info.partitions != TOPIC_SLOTS)
        s = err_set(err, ERR_STATEMENT, "The control topic '%.*s' must have %d partitions, not %d.", STR_ARG(name), TOPIC_SLOTS,
                    tp->info.partitions);
    topic_drop(t, tp);
    return s;
}

static Str own_str(Str s) { return (Str){mem_strndup(s.p, s.n), s.n}; }

static void member_clear(Topics *t)
{
    mem_free((char *)t->member.group.p);
    mem_free((char *)t->member.topic.p);
    mem_free((char *)t->member.name.p);
    t->member = (MembershipConfig){0};
}

static Status remote_join(Topics *t, const MembershipConfig *c, Err *err)
{
    Remote *rm = remote_of(t);
    BUG_IF(remote_joined(rm)); /* once: the client joins again by itself when it was cut off */
    Status s = control_topic(t, c->topic, c->replicas, err);
    if (s != OK)
        return s;
    t->member = *c;
    t->member.group = own_str(c->group);
    t->member.topic = own_str(c->topic);
    t->member.name = own_str(c->name);
    MembershipConfig to_broker = t->member;
    to_broker.session_ms = c->session_ms ? c->session_ms : 10000;
    to_broker.changed = slots_changed;
    to_broker.arg = t;
    set_joined(rm, true);
    s = rm->b->ops->join(rm->b, &to_broker, err);
    if (s != OK) {
        set_joined(rm, false);
        member_clear(t);
    }
    return s;
}

/* Until it has left, its last commits are a member's. */
static void remote_leave(Topics *t)
{
    Remote *rm = remote_of(t);
    if (!remote_joined(rm))
        return;
    rm->b->ops->leave(rm->b);
    set_joined(rm, false);
    positions_forget(rm, NULL);
    member_clear(t);
}

static bool remote_owner(Topics *t, int slot, Buf *name)
{
    Remote *rm = remote_of(t);
    return rm->b->ops->owner(rm->b, slot, name);
}

static Status remote_members(Topics *t, Arena *a, NameList *out, Err *err)
{
    Remote *rm = remote_of(t);
    out->n = 0;
    return rm->b->ops->members(rm->b, a, out, err);
}

/* ---- open, close ---- */

static void remote_close(Topics *t)
{
    Remote *rm = remote_of(t);
    rm->b->ops->close(rm->b);
    positions_forget(rm, NULL);
    member_clear(t);
    vec_free(&rm->readers);
    pthread_mutex_destroy(&rm->lock);
    pthread_cond_destroy(&rm->cond);
    mem_free(rm->id);
    mem_free(rm);
}

static Str remote_cluster(const Topics *t)
{
    const Remote *rm = t->remote;
    return str_of(rm->b->cluster ? rm->b->cluster : "");
}

static const RemoteOps remote_ops = {
    .cluster = remote_cluster,
    .lookup = remote_lookup,
    .list = remote_list,
    .reader_open = remote_reader_open,
    .reader_next = remote_reader_next,
    .reader_wait = remote_reader_wait,
    .reader_close = remote_reader_close,
    .wait = remote_wait,
    .take = remote_take,
    .units_commit = remote_units_commit,
    .committer_untold = remote_committer_untold,
    .committer_free = remote_committer_free,
    .position_get = remote_position_get,
    .position_local = remote_position_local,
    .checkpoint_get = remote_checkpoint_get,
    .identify = remote_identify,
    .position_told_here = remote_position_told_here,
    .position_local_ms = remote_position_local_ms,
    .checkpoint_ms = remote_checkpoint_ms,
    .join = remote_join,
    .leave = remote_leave,
    .owner = remote_owner,
    .members = remote_members,
};

const TopicsOps topics_remote_ops = {
    .close = remote_close,
    .create = remote_create,
    .drop = remote_drop,
    .clear = remote_clear,
    .read = remote_read,
    .ends = remote_ends,
    .offset_at = remote_offset_at,
    .drop_head = remote_drop_head,
    .remote = &remote_ops,
};

/* Does not reach for the broker: whoever needs it first is told. */
Status topics_remote_open(Broker *b, Disk *d, Effects *fx, Topics **out, Err *err)
{
    UNUSED(err);
    Topics *t = topics_new(&topics_remote_ops, fx, d);
    Remote *rm = mem_zalloc(sizeof *rm);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&rm->cond, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&rm->lock, NULL);
    rm->b = b;
    t->remote = rm;
    *out = t;
    return OK;
}
