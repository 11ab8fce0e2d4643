// SPDX-License-Identifier: Apache-2.0
// The unit of work: what is appended, which positions move, what state changes; all of it or none.
//
// Until commit nothing leaves the unit: records are copied into blocks of its own, one list a
// partition. Commit:
//   1. under Topics.ddl (read), so that no topic goes meanwhile; a topic that is gone fails the unit
//   2. the partitions' append locks in the order (topic id, partition); offsets are given out
//   3. embedded: appends, positions and state become one disk batch, written but not yet synced
//   4. the records become readable, the locks go, the listener is called
//   5. sync: wait for the device, together with everybody else who waits
// Readers may see records before step 5 ends. That is safe: whatever they derive is written behind
// them in the same log, so a power cut that takes the records takes what came of them too.
//
// @thread one at a time
#include "topic/topic_impl.h"

#include <stdio.h>
#include <stdlib.h>

Unit *unit_begin(Topics *t)
{
    Unit *u = mem_zalloc(sizeof *u);
    u->t = t;
    if (t->disk)
        u->batch = disk_batch_new(t->disk);
    return u;
}

static void part_free(UnitPart *up)
{
    for (int i = 0; i < up->blocks.n; i++)
        block_unref(up->blocks.v[i]);
    vec_free(&up->blocks);
    vec_free(&up->stored_ends);
    vec_free(&up->left_out);
    buf_free(&up->stored);
    mem_free(up);
}

void unit_free(Unit *u)
{
    StrMapEntry *e;
    for (int i = 0; i < u->parts.n; i++)
        part_free(u->parts.v[i]);
    vec_free(&u->parts);
    for (int i = 0; i < u->positions.n; i++) {
        mem_free(u->positions.v[i].owner);
        topic_drop(u->t, u->positions.v[i].topic);
    }
    vec_free(&u->positions);
    for (int i = 0; (e = strmap_next(&u->topics, &i));) {
        UnitTopic *ut = e->value;
        topic_drop(u->t, ut->topic);
        mem_free(ut->parts);
        mem_free(ut);
    }
    strmap_free(&u->topics);
    for (int i = 0; i < u->checkpoints.n; i++) {
        mem_free(u->checkpoints.v[i].owner);
        mem_free(u->checkpoints.v[i].topic);
    }
    vec_free(&u->checkpoints);
    disk_batch_free(u->batch);
    mem_free(u->missing);
    err_clear(&u->unknown);
    mem_free(u);
}

/* The topic's entry; its `topic` is NULL where it is not there. */
static UnitTopic *unit_topic(Unit *u, Str name)
{
    if (u->last && str_eq(u->last_name, name))
        return u->last;
    UnitTopic *ut = strmap_find(&u->topics, name);
    if (!ut) {
        ut = mem_zalloc(sizeof *ut);
        if (topic_lookup(u->t, name, &ut->topic, &u->unknown) == OK && ut->topic)
            ut->parts = mem_zalloc(sizeof *ut->parts * (size_t)ut->topic->info.partitions);
        strmap_put(&u->topics, name, ut);
    }
    if (ut->topic) {
        u->last = ut;
        u->last_name = ut->topic->info.name;
    }
    return ut;
}

void unit_append(Unit *u, Str topic, int partition, const Record *r)
{
    UnitTopic *ut = unit_topic(u, topic);
    if (!ut->topic || partition < 0 || partition >= ut->topic->info.partitions) {
        if (!u->missing)
            u->missing = mem_strndup(topic.p, topic.n);
        return;
    }
    UnitPart *up = ut->parts[partition];
    if (!up) {
        up = ut->parts[partition] = mem_zalloc(sizeof *up);
        up->topic = ut->topic;
        up->partition = partition;
        vec_add(&u->parts, up);
    }
    if (up->blocks.n == 0 || block_full(up->blocks.v[up->blocks.n - 1]))
        vec_add(&up->blocks, block_new(0));
    Block *b = up->blocks.v[up->blocks.n - 1];
    size_t before = b->bytes;
    block_add(b, r);
    u->bytes += b->bytes - before + sizeof *r;
}

void unit_position(Unit *u, Str owner, Str topic, int partition, int64_t offset)
{
    Topic *tp;
    if (topic_lookup(u->t, topic, &tp, &u->unknown) == OK && tp) /* a position on a topic that is gone is gone */
        vec_add(&u->positions, (UnitPosition){mem_strndup(owner.p, owner.n), tp, partition, offset});
}

void unit_position_drop(Unit *u, Str owner)
{
    vec_add(&u->positions, (UnitPosition){mem_strndup(owner.p, owner.n), NULL, 0, 0});
}

void unit_checkpoint(Unit *u, Str owner, Str topic, int partition, int64_t offset)
{
    if (u->batch && topics_remote(u->t))
        vec_add(&u->checkpoints,
                (UnitCheckpoint){mem_strndup(owner.p, owner.n), mem_strndup(topic.p, topic.n), partition, offset});
}

void unit_checkpoint_drop(Unit *u, Str owner, int partition)
{
    if (u->batch && topics_remote(u->t))
        vec_add(&u->checkpoints, (UnitCheckpoint){mem_strndup(owner.p, owner.n), NULL, partition, 0});
}

void unit_exactly_once(Unit *u) { u->exactly_once = true; }

void unit_on_refused(Unit *u, UnitRefused *fn, void *arg)
{
    u->on_refused = fn;
    u->on_refused_arg = arg;
}

bool unit_part_left_out(const UnitPart *p, int record)
{
    int lo = 0, hi = p->left_out.n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (p->left_out.v[mid] < record)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < p->left_out.n && p->left_out.v[lo] == record;
}

void unit_part_leave_out(UnitPart *p, int record)
{
    vec_add(&p->left_out, record);
    for (int i = p->left_out.n - 1; i > 0 && p->left_out.v[i - 1] > record; i--) {
        p->left_out.v[i] = p->left_out.v[i - 1];
        p->left_out.v[i - 1] = record;
    }
}

DiskBatch *unit_disk(Unit *u) { return u->batch; }

bool unit_empty(const Unit *u)
{
    bool state = u->batch && disk_batch_count(u->batch) > 0;
    return u->parts.n == 0 && u->positions.n == 0 && u->checkpoints.n == 0 && !u->missing && !u->unknown.code && !state;
}

size_t unit_bytes(const Unit *u) { return u->bytes + (u->batch ? disk_batch_bytes(u->batch) : 0); }

void unit_abort(Unit *u) { unit_free(u); }

static int by_place(const void *a, const void *b)
{
    const UnitPart *x = *(UnitPart *const *)a, *y = *(UnitPart *const *)b;
    if (x->topic->id != y->topic->id)
        return x->topic->id < y->topic->id ? -1 : 1;
    return x->partition - y->partition;
}

/* Step 1: under ddl. */
static Status check_topics(Unit *u, Err *err)
{
    if (u->unknown.code) {
        Status s = (Status)u->unknown.code;
        err_move(err, &u->unknown);
        return s;
    }
    if (u->missing)
        return err_set(err, ERR_TOPIC_GONE, "Topic '%s', or the partition written to, does not exist.",
                       u->missing);
    for (int i = 0; i < u->parts.n; i++)
        if (__atomic_load_n(&u->parts.v[i]->topic->gone, __ATOMIC_ACQUIRE))
            return err_set(err, ERR_TOPIC_GONE, "Topic '%.*s' was deleted.",
                           STR_ARG(u->parts.v[i]->topic->info.name));
    return OK;
}

void unit_tell(Unit *u)
{
    for (int i = 0; i < u->parts.n; i++)
        topics_tell(u->t, u->parts.v[i]->topic->info.name, u->parts.v[i]->partition);
}

Status unit_prepare(Unit *u, Err *err)
{
    if (u->parts.n)
        qsort(u->parts.v, (size_t)u->parts.n, sizeof *u->parts.v, by_place);
    return check_topics(u, err);
}

/* Does not free the unit. */
static Status commit_local(Unit *u, bool sync, Err *err)
{
    Topics *t = u->t;
    if (unit_empty(u))
        return OK;
    if (t->disk)
        for (int i = 0; i < u->parts.n; i++) {
            UnitPart *up = u->parts.v[i];
            for (int k = 0; k < up->blocks.n; k++) {
                block_encode(up->blocks.v[k], &up->stored);
                vec_add(&up->stored_ends, up->stored.n);
            }
        }
    pthread_rwlock_rdlock(&t->ddl);
    Status s = unit_prepare(u, err);
    if (s == OK)
        s = t->ops->commit(t, u, err);
    pthread_rwlock_unlock(&t->ddl);
    if (s == OK)
        unit_tell(u);
    if (s == OK && sync && t->disk)
        s = disk_sync(t->disk, err);
    return s;
}

/* Of statements: whoever needs no transaction of his own. */
static Committer *plain_committer(Topics *t)
{
    char name[32];
    pthread_mutex_lock(&t->plain_lock);
    if (!t->plain) { /* nobody else's name: should one of its units be exactly-once */
        snprintf(name, sizeof name, "sluice-%016llx", (unsigned long long)t->fx->random(t->fx));
        t->plain = committer_new(t, str_of(name), false);
    }
    return t->plain;
}

Status unit_commit(Unit *u, bool sync, Err *err)
{
    Topics *t = u->t;
    Status s;
    if (t->ops->remote) {
        Err e = ERR_INIT;
        Committer *c = plain_committer(t);
        t->ops->remote->units_commit(c, &u, 1, sync, &e);
        pthread_mutex_unlock(&t->plain_lock);
        s = (Status)e.code;
        err_move(err, &e);
    } else {
        s = commit_local(u, sync, err);
    }
    unit_free(u);
    return s;
}

/* ---- committers ---- */

Committer *committer_new(Topics *t, Str name, bool member)
{
    Committer *c = mem_zalloc(sizeof *c);
    c->t = t;
    c->name = mem_strndup(name.p, name.n);
    c->member = member;
    return c;
}

void committer_free(Committer *c)
{
    if (!c)
        return;
    if (c->t->ops->remote)
        c->t->ops->remote->committer_free(c);
    mem_free(c->name);
    mem_free(c);
}

Status committer_take(Committer *c, Err *err) { return c->t->ops->remote ? c->t->ops->remote->take(c, err) : OK; }

bool committer_untold(const Committer *c, Str owner)
{
    return c->t->ops->remote && c->t->ops->remote->committer_untold(c, owner);
}

void units_commit(Committer *c, Unit **units, int n, bool sync, Err *errs)
{
    Topics *t = c->t;
    if (t->ops->remote)
        t->ops->remote->units_commit(c, units, n, sync, errs);
    for (int i = 0; i < n; i++) {
        if (!t->ops->remote)
            (void)!commit_local(units[i], sync, &errs[i]);
        unit_free(units[i]);
    }
}
