// SPDX-License-Identifier: Apache-2.0
// Members: which partitions' tasks run in this process, when several servers share the work of a service.
//
//   partition p belongs to slot p % TOPIC_SLOTS, a slot to one server at a time (topic.h)
//   a slot comes     its tasks restore their state and run
//   a slot goes      its tasks commit, and stop; their state stays on the disk, for when it comes back
//   a slot is lost   as before, but nothing is committed: another server may run the tasks already
//   standby          the next ksql.streams.num.standby.replicas members after the owner, in the order of their
//                    names, keep a copy of the state warm from the changelog
//
// Push queries read all partitions themselves and belong to no slot. Local topics: this process has all slots.
// What moves is done by messages to the workers, and statements go on meanwhile: a query that starts or stops does so by messages
// too, and finds the slots as they are then, or is among the tasks that move.
// @thread the membership's own, under Engine.moving, unless said otherwise
#include <unistd.h>

#include <stdio.h>
#include <stdlib.h>

#include "runtime/internal.h"

bool members_has(const Engine *e, int partition)
{
    return __atomic_load_n(&e->slots, __ATOMIC_ACQUIRE) >> (partition % TOPIC_SLOTS) & 1;
}

bool members_stands_by(const Engine *e, int partition)
{
    return __atomic_load_n(&e->standby, __ATOMIC_ACQUIRE) >> (partition % TOPIC_SLOTS) & 1;
}

/* What the directory's state belongs to. PERSISTED v1: "local", or "kafka CLUSTER SERVICE". */
static void describe_home(const Engine *e, Buf *out)
{
    if (topics_remote(e->topics))
        buf_printf(out, "kafka %.*s %.*s", STR_ARG(topics_cluster(e->topics)), STR_ARG(e->service_id));
    else
        buf_cstr(out, "local");
}

static void say_home(Buf *out, Str home)
{
    size_t kind = STR("kafka ").n, gap = kind;
    while (gap < home.n && home.p[gap] != ' ')
        gap++;
    if (str_eq_c(home, "local"))
        buf_cstr(out, "topics and state without Kafka");
    else
        buf_printf(out, "the state of service %.*s on Kafka cluster %.*s", STR_ARG(str_sub(home, gap + 1, home.n - gap - 1)),
                   STR_ARG(str_sub(home, kind, gap - kind)));
}

/* Queries of two services have the same numbers, topics of two clusters the same names and offsets: state would be taken for what
 * it is not. */
static Status check_home(const Engine *e, Str kept, Str now, Err *err)
{
    if (str_eq(kept, now))
        return OK;
    Buf text = BUF_INIT;
    buf_printf(&text, "'%s' holds ", e->cfg.dir);
    say_home(&text, kept);
    buf_cstr(&text, "; it cannot hold ");
    say_home(&text, now);
    err_set(err, ERR_BAD_REQUEST, "%s: give each a directory of its own", buf_z(&text));
    buf_free(&text);
    return ERR_BAD_REQUEST;
}

/* The number of this member, made up at first, and the directory's home are kept in it. */
static Status keep_identity(Engine *e, Buf *id, Err *err)
{
    Buf home = BUF_INIT, kept = BUF_INIT;
    bool found = false, has_home = false;
    Status st = e->disk ? disk_get(e->disk, FAMILY_META, STR("member_id"), id, &found, err) : OK;
    if (st == OK && e->disk)
        st = disk_get(e->disk, FAMILY_META, STR("home"), &kept, &has_home, err);
    describe_home(e, &home);
    bool known = !topics_remote(e->topics) || topics_cluster(e->topics).n;
    if (st == OK && has_home && known)
        st = check_home(e, buf_view(&kept), buf_view(&home), err);
    if (!found) {
        buf_clear(id);
        buf_printf(id, "%016llx", (unsigned long long)e->fx->random(e->fx));
    }
    if (st == OK && e->disk && !(found && (has_home || !known))) {
        DiskBatch *b = disk_batch_new(e->disk);
        disk_batch_put(b, FAMILY_META, STR("member_id"), buf_view(id));
        if (known)
            disk_batch_put(b, FAMILY_META, STR("home"), buf_view(&home));
        st = disk_commit(e->disk, b, true, err);
        disk_batch_free(b);
    }
    buf_free(&home);
    buf_free(&kept);
    return st;
}

Status members_identify(Engine *e, Err *err)
{
    Buf id = BUF_INIT;
    Status st = keep_identity(e, &id, err);
    if (st == OK) {
        char host[256] = "localhost";
        gethostname(host, sizeof host - 1);
        e->member_id = arena_str(e->arena, buf_view(&id));
        e->member_name = e->cfg.member ? arena_str(e->arena, str_of(e->cfg.member))
                                       : arena_strf(e->arena, "%s:%ld", host, (long)getpid());
    }
    buf_free(&id);
    return st;
}

/* ---- moving ---- */

typedef struct Move {
    Worker *w;
    uint64_t mask;
} Move;

static bool in_mask(const Task *t, const void *arg)
{
    const Move *m = arg;
    return t->partition >= 0 && (m->mask >> (t->partition % TOPIC_SLOTS) & 1);
}

static void commit_moving(void *arg)
{
    Move *m = arg;
    worker_commit(m->w, in_mask, m);
}

static void place_moving(void *arg)
{
    Move *m = arg;
    for (int i = 0; i < m->w->tasks.n; i++)
        if (in_mask(m->w->tasks.v[i], m))
            task_place(m->w->tasks.v[i]);
}

static void each_worker(Engine *e, WorkerFn *fn, uint64_t mask)
{
    for (int i = 0; mask && i < e->nworkers; i++) {
        Move m = {&e->workers[i], mask};
        worker_call(m.w, fn, &m);
        worker_poke(m.w);
    }
}

static void changed(void *arg, uint64_t slots, bool lost)
{
    Engine *e = arg;
    uint64_t had = e->slots; /* changed here only */
    if (lost) /* at once: nothing more is committed for them, whatever moves */
        __atomic_store_n(&e->slots, had & slots, __ATOMIC_RELEASE);
    pthread_mutex_lock(&e->moving);
    uint64_t before = had, gone = before & ~slots;
    if (topics_remote(e->topics) && (before != slots || lost))
        engine_log(e, "has %d of %d slots now%s", __builtin_popcountll(slots), TOPIC_SLOTS,
                   lost && !engine_ending(e) ? ": it was not heard of in time, what was not committed is dropped" : "");
    if (!lost)
        each_worker(e, commit_moving, gone);
    __atomic_store_n(&e->slots, slots, __ATOMIC_RELEASE);
    __atomic_store_n(&e->standby, e->standby & ~slots, __ATOMIC_RELEASE);
    each_worker(e, place_moving, before ^ slots);
    pthread_mutex_unlock(&e->moving);
}

Str members_topic(const Engine *e) { return arena_strf(e->arena, "_confluent-ksql-%.*s_slots", STR_ARG(e->service_id)); }

Status members_join(Engine *e, Err *err)
{
    if (e->cfg.alone) {
        changed(e, UINT64_MAX, false);
        return OK;
    }
    const MembershipConfig c = {
        .group = arena_strf(e->arena, "_confluent-ksql-%.*s_members", STR_ARG(e->service_id)),
        .topic = members_topic(e),
        .name = e->member_name,
        .instance = e->disk ? e->member_id : (Str){NULL, 0},
        .replicas = internal_replicas(e->cfg.props),
        .session_ms = e->cfg.session_ms,
        .changed = changed,
        .arg = e,
    };
    Status st = membership_join(e->topics, &c, err);
    e->joined = st == OK;
    return st;
}

void members_leave(Engine *e)
{
    if (e->joined)
        membership_leave(e->topics);
    e->joined = false;
}

/* ---- standby copies ---- */

static int index_of(const NameList *names, Str name)
{
    for (int i = 0; i < names->n; i++)
        if (str_eq(names->v[i], name))
            return i;
    return -1;
}

void members_look(Engine *e)
{
    static const PropSet none = {0};
    int64_t copies = props_int(e->cfg.props ? e->cfg.props : &none, "num.standby.replicas");
    if (copies <= 0 || !topics_remote(e->topics))
        return;
    Arena *a = arena_new(1024);
    NameList names = {NULL, 0, 0};
    Err err = ERR_INIT;
    Buf owner = BUF_INIT;
    uint64_t standby = 0;
    int me = membership_members(e->topics, a, &names, &err) == OK ? index_of(&names, e->member_name) : -1;
    for (int s = 0; me >= 0 && s < TOPIC_SLOTS; s++) {
        buf_clear(&owner);
        int at = membership_owner(e->topics, s, &owner) ? index_of(&names, buf_view(&owner)) : -1;
        if (at >= 0 && at != me && (me - at + names.n) % names.n <= copies)
            standby |= (uint64_t)1 << s;
    }
    pthread_mutex_lock(&e->moving);
    uint64_t before = e->standby;
    standby &= ~e->slots;
    __atomic_store_n(&e->standby, standby, __ATOMIC_RELEASE);
    each_worker(e, place_moving, before ^ standby);
    pthread_mutex_unlock(&e->moving);
    err_clear(&err);
    buf_free(&owner);
    arena_free(a);
}
