// SPDX-License-Identifier: Apache-2.0
// Topics by name, and reading: what every implementation shares. The implementation does the rest
// through TopicsOps; nothing outside this folder sees which one it is.
#include "topic/topic_impl.h"

#include <stdlib.h>

Topics *topics_new(const TopicsOps *ops, Effects *fx, Disk *d)
{
    Topics *t = mem_zalloc(sizeof *t);
    t->ops = ops;
    t->fx = fx;
    t->disk = d;
    t->next_id = 1;
    t->lru.prev = t->lru.next = &t->lru;
    /* Without the preference, statements that change topics would starve behind busy commits. */
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&t->ddl, &attr);
    pthread_rwlock_init(&t->names, &attr);
    pthread_rwlockattr_destroy(&attr);
    pthread_mutex_init(&t->positions_lock, NULL);
    pthread_mutex_init(&t->cache_lock, NULL);
    pthread_mutex_init(&t->listener_lock, NULL);
    pthread_mutex_init(&t->plain_lock, NULL);
    return t;
}

Disk *topics_disk(const Topics *t) { return t->disk; }
bool topics_remote(const Topics *t) { return t->ops->remote != NULL; }
Str topics_cluster(const Topics *t) { return t->ops->remote ? t->ops->remote->cluster(t) : (Str){"", 0}; }

Topic *topic_make(uint32_t id, const TopicInfo *info)
{
    Topic *tp = mem_zalloc(sizeof *tp);
    tp->id = id;
    tp->refs = 1;
    tp->info = *info;
    tp->info.name = (Str){mem_strndup(info->name.p, info->name.n), info->name.n};
    tp->parts = mem_zalloc(sizeof *tp->parts * (size_t)info->partitions);
    for (int i = 0; i < info->partitions; i++) {
        pthread_mutex_init(&tp->parts[i].keep, NULL);
        pthread_mutex_init(&tp->parts[i].append, NULL);
        pthread_mutex_init(&tp->parts[i].lock, NULL);
    }
    return tp;
}

Topic *topic_hold(Topic *tp)
{
    __atomic_add_fetch(&tp->refs, 1, __ATOMIC_RELAXED);
    return tp;
}

void topic_drop(Topics *t, Topic *tp)
{
    if (!tp || __atomic_sub_fetch(&tp->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    t->ops->clear(t, tp);
    for (int i = 0; i < tp->info.partitions; i++) {
        pthread_mutex_destroy(&tp->parts[i].keep);
        pthread_mutex_destroy(&tp->parts[i].append);
        pthread_mutex_destroy(&tp->parts[i].lock);
    }
    mem_free(tp->parts);
    mem_free((char *)tp->info.name.p);
    mem_free(tp);
}

Status topic_lookup(Topics *t, Str name, Topic **out, Err *err)
{
    pthread_rwlock_rdlock(&t->names);
    *out = strmap_find(&t->map, name);
    if (*out)
        topic_hold(*out);
    pthread_rwlock_unlock(&t->names);
    return *out || !t->ops->remote ? OK : t->ops->remote->lookup(t, name, out, err);
}

void topics_free(Topics *t)
{
    if (!t)
        return;
    StrMapEntry *e;
    committer_free(t->plain);
    if (!t->ops->remote)
        mem_free((char *)t->member.name.p);
    for (int i = 0; (e = strmap_next(&t->map, &i));)
        topic_drop(t, e->value);
    t->ops->close(t);
    strmap_free(&t->map);
    pthread_rwlock_destroy(&t->ddl);
    pthread_rwlock_destroy(&t->names);
    pthread_mutex_destroy(&t->positions_lock);
    pthread_mutex_destroy(&t->cache_lock);
    pthread_mutex_destroy(&t->listener_lock);
    pthread_mutex_destroy(&t->plain_lock);
    mem_free(t);
}

/* ---- names ---- */

bool topic_name_valid(Str name)
{
    if (name.n < 1 || name.n > 249 || str_eq_c(name, ".") || str_eq_c(name, ".."))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

static Status check_info(Topics *t, const TopicInfo *info, Err *err)
{
    if (!topic_name_valid(info->name))
        return err_set(err, ERR_STATEMENT,
                       "Topic name '%.*s' is not valid: 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' "
                       "and '-', and neither '.' nor '..'.",
                       STR_ARG(info->name));
    if (info->partitions < 1 || info->partitions > LIMIT_PARTITIONS)
        return err_set(err, ERR_LIMIT, "Topic '%.*s': partitions must be from 1 to %d, not %d.",
                       STR_ARG(info->name), LIMIT_PARTITIONS, info->partitions);
    if (!t->ops->remote && strmap_find(&t->map, info->name)) /* the ddl lock is held: only its holder changes the map */
        return err_set(err, ERR_STATEMENT, "Topic '%.*s' already exists.", STR_ARG(info->name));
    return OK;
}

Status topic_create(Topics *t, const TopicInfo *info, Err *err)
{
    pthread_rwlock_wrlock(&t->ddl);
    Status s = check_info(t, info, err);
    if (s == OK) {
        pthread_rwlock_wrlock(&t->names);
        uint32_t id = t->next_id++;
        pthread_rwlock_unlock(&t->names);
        Topic *tp = topic_make(id, info), *old = tp;
        s = t->ops->create(t, tp, err);
        if (s == OK) {
            pthread_rwlock_wrlock(&t->names);
            old = strmap_put(&t->map, tp->info.name, tp);
            pthread_rwlock_unlock(&t->names);
        }
        if (old) /* remote: looked up meanwhile, or deleted by somebody else */
            __atomic_store_n(&old->gone, true, __ATOMIC_RELEASE);
        topic_drop(t, old);
    }
    pthread_rwlock_unlock(&t->ddl);
    return s;
}

void topic_forget(Topics *t, Topic *tp, bool gone)
{
    pthread_rwlock_wrlock(&t->names);
    if (gone)
        __atomic_store_n(&tp->gone, true, __ATOMIC_RELEASE);
    bool known = strmap_find(&t->map, tp->info.name) == tp;
    if (known)
        strmap_remove(&t->map, tp->info.name);
    pthread_rwlock_unlock(&t->names);
    if (known)
        topic_drop(t, tp);
}

Status topic_delete(Topics *t, Str name, Err *err)
{
    pthread_rwlock_wrlock(&t->ddl);
    Topic *tp;
    Status s = topic_lookup(t, name, &tp, err);
    if (s == OK)
        s = tp ? t->ops->drop(t, tp, err) : err_set(err, ERR_NOT_FOUND, "Topic '%.*s' does not exist.", STR_ARG(name));
    if (tp && (s == OK || s == ERR_NOT_FOUND))
        topic_forget(t, tp, true);
    topic_drop(t, tp);
    pthread_rwlock_unlock(&t->ddl);
    return s;
}

bool topic_describe(Topics *t, Str name, TopicInfo *info)
{
    Topic *tp;
    Err err = ERR_INIT;
    if (topic_lookup(t, name, &tp, &err) != OK)
        err_clear(&err);
    if (!tp)
        return false;
    *info = tp->info;
    topic_drop(t, tp);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const TopicInfo *)a)->name, ((const TopicInfo *)b)->name);
}

bool topic_list(Topics *t, Arena *a, TopicInfoVec *out)
{
    StrMapEntry *e;
    Err err = ERR_INIT;
    out->n = 0;
    Status told = t->ops->remote ? t->ops->remote->list(t, a, out, &err) : ERR_BROKER;
    err_clear(&err);
    pthread_rwlock_rdlock(&t->names);
    for (int i = 0; told != OK && (e = strmap_next(&t->map, &i));) { /* without an answer: those that are known */
        TopicInfo info = ((Topic *)e->value)->info;
        info.name = arena_str(a, info.name);
        vec_push(a, out, info);
    }
    pthread_rwlock_unlock(&t->names);
    if (out->n)
        qsort(out->v, (size_t)out->n, sizeof *out->v, by_name);
    return told == OK || !t->ops->remote;
}

/* ---- reading ---- */

/* Counted; with an error when it is not there. */
static Status find_partition(Topics *t, Str name, int partition, Topic **out, Err *err)
{
    Status s = topic_lookup(t, name, out, err);
    if (s != OK)
        return s;
    if (!*out)
        return err_set(err, ERR_TOPIC_GONE, "Topic '%.*s' does not exist.", STR_ARG(name));
    if (partition >= 0 && partition < (*out)->info.partitions)
        return OK;
    topic_drop(t, *out);
    *out = NULL;
    return err_set(err, ERR_TOPIC_GONE, "Topic '%.*s' has no partition %d.", STR_ARG(name), partition);
}

Status topic_read(Topics *t, Str name, int partition, int64_t offset, int max_records, RecordSet *set,
                  Err *err)
{
    Topic *tp;
    *set = (RecordSet){.next_offset = offset};
    Status s = find_partition(t, name, partition, &tp, err);
    if (s != OK)
        return s;
    s = t->ops->read(t, tp, partition, offset, max_records < 1 ? 1 : max_records, set, err);
    topic_drop(t, tp);
    return s;
}

Status topic_reader_open(Topics *t, Str name, int partition, int64_t offset, TopicReader **out, Err *err)
{
    Topic *tp;
    Status s = find_partition(t, name, partition, &tp, err);
    if (s != OK)
        return s;
    TopicReader *r = mem_zalloc(sizeof *r);
    *r = (TopicReader){.t = t, .name = mem_strndup(name.p, name.n), .partition = partition, .offset = offset};
    topic_drop(t, tp);
    s = t->ops->remote ? t->ops->remote->reader_open(r, err) : OK;
    if (s == OK) {
        *out = r;
        return OK;
    }
    mem_free(r->name);
    mem_free(r);
    return s;
}

Status topic_reader_next(TopicReader *r, int max_records, RecordSet *set, Err *err)
{
    Topics *t = r->t;
    Status s;
    if (t->ops->remote) {
        *set = (RecordSet){.next_offset = r->offset};
        s = t->ops->remote->reader_next(r, max_records < 1 ? 1 : max_records, set, err);
    } else {
        s = topic_read(t, str_of(r->name), r->partition, r->offset, max_records, set, err);
    }
    if (s == OK)
        r->offset = set->next_offset;
    return s;
}

void topic_reader_close(TopicReader *r)
{
    if (!r)
        return;
    if (r->t->ops->remote)
        r->t->ops->remote->reader_close(r);
    mem_free(r->name);
    mem_free(r);
}

void topics_tell(Topics *t, Str topic, int partition)
{
    pthread_mutex_lock(&t->listener_lock);
    void (*fn)(void *, Str, int) = t->listener;
    void *arg = t->listener_arg;
    pthread_mutex_unlock(&t->listener_lock);
    if (fn)
        fn(arg, topic, partition);
}

void topic_reader_wait(TopicReader *r)
{
    if (r->t->ops->remote)
        r->t->ops->remote->reader_wait(r);
}

bool topics_wait(Topics *t) { return t->ops->remote && t->ops->remote->wait(t); }

Status topic_ends(Topics *t, Str name, int partition, int64_t *begin, int64_t *end, Err *err)
{
    Topic *tp;
    Status s = find_partition(t, name, partition, &tp, err);
    if (s == OK) {
        s = t->ops->ends(t, tp, partition, begin, end, err);
        topic_drop(t, tp);
    }
    return s;
}

static void ends(Topics *t, Str name, int partition, int64_t *begin, int64_t *end)
{
    Err err = ERR_INIT;
    if (topic_ends(t, name, partition, begin, end, &err) != OK)
        *begin = *end = 0;
    err_clear(&err);
}

int64_t topic_end(Topics *t, Str name, int partition)
{
    int64_t begin, end;
    ends(t, name, partition, &begin, &end);
    return end;
}

int64_t topic_begin(Topics *t, Str name, int partition)
{
    int64_t begin, end;
    ends(t, name, partition, &begin, &end);
    return begin;
}

int64_t topic_offset_at(Topics *t, Str name, int partition, int64_t ts)
{
    Topic *tp;
    Err err = ERR_INIT;
    int64_t offset = 0;
    if (find_partition(t, name, partition, &tp, &err) == OK) {
        if (t->ops->offset_at(t, tp, partition, ts, &offset, &err) != OK)
            offset = 0;
        topic_drop(t, tp);
    }
    err_clear(&err);
    return offset;
}

void topics_on_append(Topics *t, void (*fn)(void *arg, Str topic, int partition), void *arg)
{
    pthread_mutex_lock(&t->listener_lock);
    t->listener = fn;
    t->listener_arg = arg;
    pthread_mutex_unlock(&t->listener_lock);
}

/* ---- positions ---- */

void position_key(Buf *out, Str owner, const Topic *tp, int partition)
{
    buf_byte(out, (char)(owner.n >> 8));
    buf_byte(out, (char)owner.n);
    buf_str(out, owner);
    if (tp) {
        buf_be32(out, tp->id);
        buf_be32(out, (uint32_t)partition);
    }
}

Status position_read(Topics *t, Str owner, Str topic, int partition, int64_t *offset, Err *err)
{
    Topic *tp;
    *offset = -1;
    Status st = topic_lookup(t, topic, &tp, err);
    if (st != OK || !tp)
        return st;
    Buf key = BUF_INIT;
    position_key(&key, owner, tp, partition);
    st = t->ops->position(t, buf_view(&key), offset, err);
    buf_free(&key);
    topic_drop(t, tp);
    return st;
}

int64_t position_get(Topics *t, Str owner, Str topic, int partition)
{
    if (t->ops->remote)
        return t->ops->remote->position_get(t, owner, topic, partition);
    Err err = ERR_INIT;
    int64_t offset;
    if (position_read(t, owner, topic, partition, &offset, &err) != OK)
        offset = POSITION_UNKNOWN;
    err_clear(&err);
    return offset;
}

int64_t position_local(Topics *t, Str owner, Str topic, int partition)
{
    return t->ops->remote ? t->ops->remote->position_local(t, owner, topic, partition) : position_get(t, owner, topic, partition);
}

void topics_identify(Topics *t, Str id)
{
    if (t->ops->remote)
        t->ops->remote->identify(t, id);
}

bool position_told_here(Topics *t, Str owner, Str topic, int partition)
{
    return !t->ops->remote || t->ops->remote->position_told_here(t, owner, topic, partition);
}

int64_t checkpoint_get(Topics *t, Str owner, Str topic, int partition)
{
    return t->ops->remote ? t->ops->remote->checkpoint_get(t, owner, topic, partition) : -1;
}

int64_t position_local_ms(Topics *t, Str owner, Str topic, int partition)
{
    return t->ops->remote ? t->ops->remote->position_local_ms(t, owner, topic, partition) : -1;
}

int64_t checkpoint_ms(Topics *t, Str owner, Str topic, int partition)
{
    return t->ops->remote ? t->ops->remote->checkpoint_ms(t, owner, topic, partition) : -1;
}

/* ---- retention, compaction ---- */

/* The topic stays meanwhile; commits to other partitions go on. */
static Status drop_head(Topics *t, Topic *tp, int partition, int64_t ts, int64_t offset, Err *err)
{
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->keep);
    pthread_rwlock_rdlock(&t->ddl);
    pthread_mutex_lock(&pt->append);
    Status s = tp->gone ? OK : t->ops->drop_head(t, tp, partition, ts, offset, err);
    pthread_mutex_unlock(&pt->append);
    pthread_rwlock_unlock(&t->ddl);
    pthread_mutex_unlock(&pt->keep);
    return s;
}

Status topic_expire(Topics *t, Str name, int64_t now, Err *err)
{
    Topic *tp;
    Status s = find_partition(t, name, 0, &tp, err);
    if (s != OK)
        return s;
    if (!t->ops->remote && tp->info.retention_ms >= 0 && tp->info.cleanup != CLEANUP_COMPACT)
        for (int p = 0; p < tp->info.partitions && s == OK; p++)
            s = drop_head(t, tp, p, now - tp->info.retention_ms, INT64_MAX, err);
    topic_drop(t, tp);
    return s;
}

Status topic_trim(Topics *t, Str name, int partition, int64_t offset, Err *err)
{
    Topic *tp;
    Status s = find_partition(t, name, partition, &tp, err);
    if (s != OK)
        return s;
    if (t->ops->remote)
        s = t->ops->drop_head(t, tp, partition, INT64_MAX, offset, err);
    else
        s = drop_head(t, tp, partition, INT64_MAX, offset, err);
    topic_drop(t, tp);
    return s;
}

Status topic_compact(Topics *t, Str name, int partition, Err *err)
{
    Topic *tp;
    Status s = find_partition(t, name, partition, &tp, err);
    if (s != OK || t->ops->remote) {
        topic_drop(t, tp);
        return s;
    }
    Partition *pt = &tp->parts[partition];
    pthread_mutex_lock(&pt->keep);
    if (!t->disk) {
        pthread_rwlock_rdlock(&t->ddl);
        pthread_mutex_lock(&pt->append);
    }
    s = t->ops->compact(t, tp, partition, err);
    if (!t->disk) {
        pthread_mutex_unlock(&pt->append);
        pthread_rwlock_unlock(&t->ddl);
    }
    pthread_mutex_unlock(&pt->keep);
    topic_drop(t, tp);
    return s;
}

bool topic_compact_due(Topics *t, Str name, int partition, int64_t least)
{
    Topic *tp;
    Err err = ERR_INIT;
    int64_t begin, end;
    bool due = false;
    if (!t->ops->remote && find_partition(t, name, partition, &tp, &err) == OK) {
        Partition *pt = &tp->parts[partition];
        if (tp->info.cleanup != CLEANUP_DELETE && t->ops->ends(t, tp, partition, &begin, &end, &err) == OK) {
            pthread_mutex_lock(&pt->lock);
            int64_t came = end - (pt->compacted > begin ? pt->compacted : begin);
            due = came >= least && came > 2 * pt->kept;
            pthread_mutex_unlock(&pt->lock);
        }
        topic_drop(t, tp);
    }
    err_clear(&err);
    return due;
}

/* ---- membership: one process has local topics for itself ---- */

Status membership_join(Topics *t, const MembershipConfig *c, Err *err)
{
    if (t->ops->remote)
        return t->ops->remote->join(t, c, err);
    t->member = *c;
    t->member.name = (Str){mem_strndup(c->name.p, c->name.n), c->name.n};
    c->changed(c->arg, UINT64_MAX, false);
    return OK;
}

void membership_leave(Topics *t)
{
    if (t->ops->remote) {
        t->ops->remote->leave(t);
    } else if (t->member.changed) {
        t->member.changed(t->member.arg, 0, false);
        mem_free((char *)t->member.name.p);
        t->member = (MembershipConfig){0};
    }
}

bool membership_owner(Topics *t, int slot, Buf *name)
{
    if (t->ops->remote)
        return t->ops->remote->owner(t, slot, name);
    buf_str(name, t->member.name);
    return t->member.changed != NULL;
}

Status membership_members(Topics *t, Arena *a, NameList *out, Err *err)
{
    if (t->ops->remote)
        return t->ops->remote->members(t, a, out, err);
    out->n = 0;
    if (t->member.changed)
        vec_push(a, out, t->member.name);
    return OK;
}
