// SPDX-License-Identifier: Apache-2.0
// Positions of remote topics: those of a consumer group, which every process sees, and those that this process keeps beside
// its state, in the same write batch.
//
//   position_get     the group's. Asked once for all of a group's partitions and then remembered for 5 s at most: own commits
//                    bring the answer up to date; a failed commit, a change of membership or a dropped group make all of it
//                    forgotten, since then others may have gone on.
//   position_local   as of this process's own last local write
//   checkpoint_get   where the owner's state stands in its changelog, likewise
//
// On disk, family `position`, PERSISTED v1 (numbers big-endian):
//   key     ff ff | kind ('P' position, 'C' checkpoint) | owner length be16 | owner | partition be32 | topic | ff × 8
//   value   byte 1 | offset be64 | ms since the epoch when it was written be64
// Keys of embedded topics begin with an owner's length below ffff and end with a topic's id and a partition: in a directory
// that was used for both, neither is taken for the other.
//
// @thread any
#include "topic/remote_impl.h"

enum { GROUP_KEPT_S = 5 };

static const char tail[] = "\xff\xff\xff\xff\xff\xff\xff\xff";

/* ---- kept here ---- */

/* All of the owner's, or of one of its partitions. */
static void kept_prefix(Buf *out, char kind, Str owner, int partition)
{
    buf_clear(out);
    buf_bytes(out, "\xff\xff", 2);
    buf_byte(out, kind);
    buf_byte(out, (char)(owner.n >> 8));
    buf_byte(out, (char)owner.n);
    buf_str(out, owner);
    if (partition >= 0)
        buf_be32(out, (uint32_t)partition);
}

static void kept_key(Buf *out, char kind, Str owner, int partition, Str topic)
{
    kept_prefix(out, kind, owner, partition);
    buf_str(out, topic);
    buf_bytes(out, tail, 8);
}

static int64_t kept_get(Topics *t, char kind, Str owner, int partition, Str topic, int64_t *written_ms)
{
    Buf key = BUF_INIT, v = BUF_INIT;
    Err err = ERR_INIT;
    bool found = false;
    *written_ms = -1;
    if (!t->disk)
        return -1;
    kept_key(&key, kind, owner, partition, topic);
    if (disk_get(t->disk, FAMILY_POSITION, buf_view(&key), &v, &found, &err) != OK)
        found = false; /* as if it were lost: it is rebuilt */
    Rd r = rd_of(buf_view(&v));
    int version = rd_u8(&r);
    int64_t offset = (int64_t)rd_be64(&r), ms = (int64_t)rd_be64(&r);
    bool good = found && !r.bad && version == 1;
    if (good)
        *written_ms = ms;
    err_clear(&err);
    buf_free(&key);
    buf_free(&v);
    return good ? offset : -1;
}

static void kept_put(Unit *u, char kind, Str owner, int partition, Str topic, int64_t offset, int64_t now_ms)
{
    Buf key = BUF_INIT, v = BUF_INIT;
    kept_key(&key, kind, owner, partition, topic);
    buf_byte(&v, 1);
    buf_be64(&v, (uint64_t)offset);
    buf_be64(&v, (uint64_t)now_ms);
    disk_batch_put(u->batch, FAMILY_POSITION, buf_view(&key), buf_view(&v));
    buf_free(&key);
    buf_free(&v);
}

static void kept_drop(Unit *u, char kind, Str owner, int partition)
{
    Buf from = BUF_INIT, to = BUF_INIT;
    kept_prefix(&from, kind, owner, partition);
    buf_str(&to, buf_view(&from));
    /* Behind every partition (below 2^31), and behind every topic's name (ASCII). */
    buf_byte(&to, '\xff');
    disk_batch_delete_range(u->batch, FAMILY_POSITION, buf_view(&from), buf_view(&to));
    buf_free(&from);
    buf_free(&to);
}

/* The time of what is kept now: that of the wall, but never before what was kept earlier, since restores compare the two. */
static int64_t keeping_ms(Topics *t)
{
    int64_t now = effects_wall_ms(t->fx), last = __atomic_load_n(&t->kept_ms, __ATOMIC_RELAXED);
    while (last < now && !__atomic_compare_exchange_n(&t->kept_ms, &last, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return last < now ? now : last;
}

void positions_put(Unit *u, int64_t (*behind)(void *arg, Str topic, int partition), void *arg)
{
    int64_t now = keeping_ms(u->t); /* one for all: a checkpoint that is newer than a position is of a restore since */
    for (int i = 0; u->batch && i < u->positions.n; i++) {
        const UnitPosition *p = &u->positions.v[i];
        if (p->topic)
            kept_put(u, 'P', str_of(p->owner), p->partition, p->topic->info.name, p->offset, now);
        else
            kept_drop(u, 'P', str_of(p->owner), -1);
    }
    for (int i = 0; u->batch && i < u->checkpoints.n; i++) {
        const UnitCheckpoint *c = &u->checkpoints.v[i];
        if (c->topic) {
            int64_t end = behind(arg, str_of(c->topic), c->partition);
            kept_put(u, 'C', str_of(c->owner), c->partition, str_of(c->topic), end >= 0 ? end : c->offset, now);
        } else {
            kept_drop(u, 'C', str_of(c->owner), c->partition);
        }
    }
}

Status positions_drop_topic(Topics *t, Str topic, Err *err)
{
    Buf end = BUF_INIT;
    Str key, value;
    if (!t->disk)
        return OK;
    buf_str(&end, topic);
    buf_bytes(&end, tail, 8);
    DiskBatch *b = disk_batch_new(t->disk);
    DiskIter *it = disk_iter_new(t->disk, FAMILY_POSITION, STR("\xff\xff"), (Str){NULL, 0});
    while (disk_iter_next(it, &key, &value)) {
        Rd r = rd_of(str_sub(key, 3, key.n - 3));
        size_t owner = (size_t)rd_u8(&r) << 8;
        owner |= rd_u8(&r);
        size_t head = 3 + 2 + owner + 4;
        if (key.n == head + end.n && str_eq(str_sub(key, head, end.n), buf_view(&end)))
            disk_batch_delete(b, FAMILY_POSITION, key);
    }
    Status s = disk_iter_free(it, err);
    if (s == OK && disk_batch_count(b))
        s = disk_commit(t->disk, b, false, err);
    disk_batch_free(b);
    buf_free(&end);
    return s;
}

int64_t remote_position_local(Topics *t, Str owner, Str topic, int partition)
{
    int64_t ms;
    return kept_get(t, 'P', owner, partition, topic, &ms);
}

int64_t remote_checkpoint_get(Topics *t, Str owner, Str topic, int partition)
{
    int64_t ms;
    return kept_get(t, 'C', owner, partition, topic, &ms);
}

int64_t remote_position_local_ms(Topics *t, Str owner, Str topic, int partition)
{
    int64_t ms;
    (void)kept_get(t, 'P', owner, partition, topic, &ms);
    return ms;
}

int64_t remote_checkpoint_ms(Topics *t, Str owner, Str topic, int partition)
{
    int64_t ms;
    (void)kept_get(t, 'C', owner, partition, topic, &ms);
    return ms;
}

/* ---- the group's ---- */

static void place_key(Buf *out, Str topic, int partition)
{
    buf_clear(out);
    buf_be32(out, (uint32_t)partition);
    buf_str(out, topic);
}

static void group_free(GroupCache *g)
{
    if (g)
        strmap_free(&g->positions);
    mem_free(g);
}

static void group_note(GroupCache *g, Str topic, int partition, int64_t offset, bool told_here)
{
    Buf key = BUF_INIT;
    place_key(&key, topic, partition);
    strmap_put(&g->positions, buf_view(&key), (void *)(intptr_t)((offset + 1) << 1 | told_here));
    buf_free(&key);
}

static int64_t group_find(const GroupCache *g, Str topic, int partition, bool *told_here)
{
    Buf key = BUF_INIT;
    place_key(&key, topic, partition);
    int64_t v = (int64_t)(intptr_t)strmap_find(&g->positions, buf_view(&key));
    buf_free(&key);
    *told_here = v & 1;
    return (v >> 1) - 1;
}

void positions_forget(Remote *rm, const Str *owner)
{
    StrMapEntry *e;
    pthread_mutex_lock(&rm->lock);
    rm->groups_age++;
    if (owner)
        group_free(strmap_remove(&rm->groups, *owner));
    for (int i = 0; !owner && (e = strmap_next(&rm->groups, &i));)
        group_free(e->value);
    if (!owner)
        strmap_free(&rm->groups);
    pthread_mutex_unlock(&rm->lock);
}

void positions_note(Remote *rm, Str owner, Str topic, int partition, int64_t offset)
{
    pthread_mutex_lock(&rm->lock);
    rm->groups_age++;
    GroupCache *g = strmap_find(&rm->groups, owner);
    if (g)
        group_note(g, topic, partition, offset, true);
    pthread_mutex_unlock(&rm->lock);
}

/* False: not known, or too long ago. */
static bool ask_cache(Topics *t, Str owner, Str topic, int partition, int64_t *offset, bool *told_here, uint64_t *age)
{
    Remote *rm = remote_of(t);
    pthread_mutex_lock(&rm->lock);
    GroupCache *g = strmap_find(&rm->groups, owner);
    bool known = g && t->fx->mono_ns(t->fx) - g->asked_ns < GROUP_KEPT_S * INT64_C(1000000000);
    if (known)
        *offset = group_find(g, topic, partition, told_here);
    *age = rm->groups_age;
    pthread_mutex_unlock(&rm->lock);
    return known;
}

static int64_t ask_position(Topics *t, Str owner, Str topic, int partition, bool *told_here)
{
    Remote *rm = remote_of(t);
    int64_t offset;
    uint64_t age;
    if (ask_cache(t, owner, topic, partition, &offset, told_here, &age))
        return offset;
    Arena *a = arena_new(1024);
    Err err = ERR_INIT;
    GroupPositionVec all = {0};
    GroupCache *g = NULL;
    int64_t now = t->fx->mono_ns(t->fx);
    if (rm->b->ops->positions(rm->b, owner, a, &all, &err) == OK) {
        g = mem_zalloc(sizeof *g);
        g->asked_ns = now;
        for (int i = 0; i < all.n; i++)
            group_note(g, all.v[i].topic, all.v[i].partition, all.v[i].offset, rm->id && str_eq_c(all.v[i].by, rm->id));
    }
    *told_here = false;
    offset = g ? group_find(g, topic, partition, told_here) : POSITION_UNKNOWN;
    pthread_mutex_lock(&rm->lock);
    if (g && rm->groups_age == age)
        g = strmap_put(&rm->groups, owner, g);
    pthread_mutex_unlock(&rm->lock);
    group_free(g);
    err_clear(&err);
    arena_free(a);
    return offset;
}

int64_t remote_position_get(Topics *t, Str owner, Str topic, int partition)
{
    bool told_here;
    return ask_position(t, owner, topic, partition, &told_here);
}

bool remote_position_told_here(Topics *t, Str owner, Str topic, int partition)
{
    bool told_here;
    return ask_position(t, owner, topic, partition, &told_here) >= 0 && told_here;
}

void remote_identify(Topics *t, Str id)
{
    Remote *rm = remote_of(t);
    mem_free(rm->id);
    rm->id = mem_strndup(id.p, id.n);
}
