// SPDX-License-Identifier: Apache-2.0
// The double's cluster: shared memory, topics, reading, groups, members; see broker_double.h.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // MAP_NORESERVE
#endif
#include "tests/crash/broker_double_impl.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/map.h"

enum { MOST_DELAYED = 3 };
static const size_t memory_size = (size_t)1 << 30; /* of address space; pages are had when they are touched */

/* ---- memory, chance ---- */

void *cluster_alloc(Cluster *c, size_t n)
{
    char *p = (char *)c + c->used;
    c->used += (n + 15) & ~(size_t)15;
    BUG_IF(c->used > c->size);
    return p; /* zeroed, as it was never used */
}

char *cluster_str(Cluster *c, Str s)
{
    char *p = cluster_alloc(c, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

void *cluster_grow(Cluster *c, void *v, int n, int *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : 8;
    void *p = cluster_alloc(c, size * (size_t)*cap);
    if (n)
        memcpy(p, v, size * (size_t)n);
    return p;
}

/* splitmix64 */
uint64_t cluster_random(Cluster *c)
{
    uint64_t z = (c->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

bool cluster_roll(Cluster *c, int per_mille) { return per_mille && cluster_random(c) % 1000 < (uint64_t)per_mille; }

/* ---- faults ---- */

static DoubleFault random_fault(Cluster *c, DoubleOp op)
{
    const DoubleConfig *g = &c->cfg;
    switch (op) {
    case DOUBLE_PRODUCE:
    case DOUBLE_BEGIN:
        return FAULT_NONE;
    case DOUBLE_FLUSH:
        return cluster_roll(c, g->flush) ? FAULT_FAIL : FAULT_NONE;
    case DOUBLE_COMMIT:
        if (cluster_roll(c, g->lost))
            return cluster_random(c) & 1 ? FAULT_LOST : FAULT_UNDONE;
        return cluster_roll(c, g->abort) ? FAULT_ABORT : FAULT_NONE;
    default:
        return cluster_roll(c, g->fail) ? FAULT_FAIL : FAULT_NONE;
    }
}

DoubleFault cluster_fault(Cluster *c, DoubleOp op)
{
    c->counts.calls[op]++;
    for (int i = 0; i < c->nfaults; i++)
        if (c->faults[i].op == op && c->faults[i].after-- == 0) {
            DoubleFault f = c->faults[i].fault;
            c->faults[i] = c->faults[--c->nfaults];
            return f;
        }
    return random_fault(c, op);
}

Status fault_error(DoubleFault f, Err *err)
{
    switch (f) {
    case FAULT_ABORT:
        return err_set(err, ERR_ABORT, "The transaction must be aborted.");
    case FAULT_FENCED:
        return err_set(err, ERR_FENCED, "Fenced.");
    case FAULT_DENIED:
        return err_set(err, ERR_DENIED, "No rights.");
    case FAULT_LOST:
    case FAULT_UNDONE:
        return err_set(err, ERR_BROKER, "No reply.");
    default:
        return err_set(err, ERR_BROKER, "The broker is not reached.");
    }
}

/* Of calls that are done at once: FAULT_LOST does them nevertheless. */
static Status call(Broker *b, DoubleOp op, DoubleFault *f, Err *err)
{
    *f = cluster_fault(client_of(b)->c, op);
    return *f && *f != FAULT_LOST ? fault_error(*f, err) : OK;
}

static Status reply(DoubleFault f, Err *err) { return f ? fault_error(f, err) : OK; }

void cluster_violation(Cluster *c, const char *what)
{
    if (c->counts.violations++ == 0)
        strncpy(c->counts.violation, what, sizeof c->counts.violation - 1);
}

bool cluster_denied(const Cluster *c, Str name)
{
    for (int i = 0; i < c->ndenied; i++)
        if (str_eq_c(name, c->denied[i]))
            return true;
    return false;
}

/* ---- topics ---- */

int cluster_topic(const Cluster *c, Str name)
{
    for (int i = 0; i < c->ntopics; i++)
        if (!c->topics[i].gone && str_eq_c(name, c->topics[i].name))
            return i;
    return -1;
}

Status cluster_part(const Cluster *c, Str topic, int partition, DPart **out, Err *err)
{
    int no = cluster_topic(c, topic);
    if (no < 0 || partition < 0 || partition >= c->topics[no].info.partitions)
        return err_set(err, ERR_TOPIC_GONE, "Topic '%.*s', partition %d, is not there.", STR_ARG(topic), partition);
    if (cluster_denied(c, topic))
        return err_set(err, ERR_DENIED, "No rights to topic '%.*s'.", STR_ARG(topic));
    *out = &c->topics[no].parts[partition];
    return OK;
}

void cluster_append(Cluster *c, DPart *part, const Record *r, DState state, int txn)
{
    DRecord d = {*r, state, txn};
    d.r.offset = part->n;
    d.r.key = r->key ? cluster_str(c, (Str){r->key, (size_t)r->key_len}) : NULL;
    d.r.value = r->value ? cluster_str(c, (Str){r->value, (size_t)r->value_len}) : NULL;
    Header *h = r->headers.n ? cluster_alloc(c, sizeof *h * (size_t)r->headers.n) : NULL;
    for (int i = 0; i < r->headers.n; i++) {
        Header from = r->headers.h[i];
        h[i].key = (Str){cluster_str(c, from.key), from.key.n};
        h[i].value = (Str){from.value.p ? cluster_str(c, from.value) : NULL, from.value.n};
    }
    d.r.headers.h = h;
    cluster_push(c, part->v, part->n, part->cap, d);
}

static Status double_create(Broker *b, const TopicInfo *info, const char *const *config, Err *err)
{
    Cluster *c = client_of(b)->c;
    DoubleFault f;
    Status s = call(b, DOUBLE_CREATE, &f, err);
    if (s != OK)
        return s;
    if (cluster_topic(c, info->name) >= 0)
        return err_set(err, ERR_STATEMENT, "Topic '%.*s' already exists.", STR_ARG(info->name));
    if (cluster_denied(c, info->name))
        return err_set(err, ERR_DENIED, "No rights to topic '%.*s'.", STR_ARG(info->name));
    Buf text = BUF_INIT;
    for (int i = 0; config && config[i]; i += 2)
        buf_printf(&text, "%s=%s ", config[i], config[i + 1]);
    DTopic t = {.name = cluster_str(c, info->name), .config = cluster_str(c, buf_view(&text)), .info = *info};
    t.info.name = str_of(t.name);
    t.parts = cluster_alloc(c, sizeof *t.parts * (size_t)info->partitions);
    cluster_push(c, c->topics, c->ntopics, c->ctopics, t);
    buf_free(&text);
    return reply(f, err);
}

/* What groups know of it goes, and nothing of it is in open transactions any more. */
static Status double_drop(Broker *b, Str name, Err *err)
{
    Cluster *c = client_of(b)->c;
    DoubleFault f;
    Status s = call(b, DOUBLE_DROP, &f, err);
    if (s != OK)
        return s;
    int no = cluster_topic(c, name);
    if (no < 0)
        return err_set(err, ERR_NOT_FOUND, "Topic '%.*s' does not exist.", STR_ARG(name));
    c->topics[no].gone = true;
    for (int i = 0; i < c->npositions; i++)
        if (str_eq_c(name, c->positions[i].topic))
            c->positions[i--] = c->positions[--c->npositions];
    for (int t = 0; t < c->ntxns; t++)
        for (int i = 0; i < c->txns[t].ntouched; i++)
            if (c->txns[t].touched[i].topic == no)
                c->txns[t].touched[i--] = c->txns[t].touched[--c->txns[t].ntouched];
    return reply(f, err);
}

static Status double_describe(Broker *b, Str name, TopicInfo *info, Err *err)
{
    Cluster *c = client_of(b)->c;
    DoubleFault f;
    Status s = call(b, DOUBLE_DESCRIBE, &f, err);
    if (s != OK)
        return s;
    int no = cluster_topic(c, name);
    if (no < 0)
        return err_set(err, ERR_NOT_FOUND, "Topic '%.*s' does not exist.", STR_ARG(name));
    *info = c->topics[no].info;
    info->name = name;
    return reply(f, err);
}

static Status double_list(Broker *b, Arena *a, TopicInfoVec *out, Err *err)
{
    const Cluster *c = client_of(b)->c;
    DoubleFault f;
    Status s = call(b, DOUBLE_LIST, &f, err);
    out->n = 0;
    for (int i = c->ntopics - 1; s == OK && i >= 0; i--)
        if (!c->topics[i].gone) {
            TopicInfo info = c->topics[i].info;
            info.name = arena_str(a, info.name);
            info.cleanup = CLEANUP_DELETE;
            info.retention_ms = -1;
            vec_push(a, out, info);
        }
    return s == OK ? reply(f, err) : s;
}

static Status double_trim(Broker *b, Str topic, int partition, int64_t offset, Err *err)
{
    DoubleFault f;
    DPart *part;
    Status s = call(b, DOUBLE_TRIM, &f, err);
    if (s == OK)
        s = cluster_part(client_of(b)->c, topic, partition, &part, err);
    if (s != OK)
        return s;
    offset = offset > part->n ? part->n : offset;
    part->begin = offset > part->begin ? offset : part->begin;
    return reply(f, err);
}

static Status double_ends(Broker *b, Str topic, int partition, int64_t *begin, int64_t *end, Err *err)
{
    DoubleFault f;
    DPart *part;
    Status s = call(b, DOUBLE_ENDS, &f, err);
    if (s == OK)
        s = cluster_part(client_of(b)->c, topic, partition, &part, err);
    if (s != OK)
        return s;
    *begin = part->begin;
    *end = part->n;
    return reply(f, err);
}

static Status double_offset_at(Broker *b, Str topic, int partition, int64_t ts, int64_t *offset, Err *err)
{
    DoubleFault f;
    DPart *part;
    Status s = call(b, DOUBLE_OFFSET_AT, &f, err);
    if (s == OK)
        s = cluster_part(client_of(b)->c, topic, partition, &part, err);
    if (s != OK)
        return s;
    for (*offset = part->begin; *offset < part->n; ++*offset)
        if (part->v[*offset].state != D_MARKER && part->v[*offset].r.ts >= ts)
            break;
    return reply(f, err);
}

/* ---- reading ---- */

/* Up to the first open transaction. */
static int64_t stable_end(DPart *part)
{
    while (part->stable < part->n && part->v[part->stable].state != D_OPEN)
        part->stable++;
    return part->stable;
}

static bool has_more(const Fetcher *f)
{
    const DTopic *t = &f->cl->c->topics[f->topic];
    DPart *part = &t->parts[f->partition];
    int64_t end = stable_end(part);
    for (int64_t i = f->at < part->begin ? part->begin : f->at; i < end; i++)
        if (part->v[i].state == D_COMMITTED)
            return true;
    return false;
}

void home_ready(Home *h)
{
    for (int i = 0; i < h->fetchers.n; i++) {
        Fetcher *f = h->fetchers.v[i];
        if (f->empty && has_more(f)) {
            f->empty = false;
            f->ready(f->arg);
        }
    }
}

static Status double_fetch_open(Broker *b, Str topic, int partition, int64_t offset, void (*ready)(void *), void *arg,
                                Fetcher **out, Err *err)
{
    Client *cl = client_of(b);
    DoubleFault f;
    DPart *part;
    Status s = call(b, DOUBLE_FETCH_OPEN, &f, err);
    if (s == OK)
        s = cluster_part(cl->c, topic, partition, &part, err);
    if (s == OK)
        s = reply(f, err);
    if (s != OK)
        return s;
    *out = mem_zalloc(sizeof **out);
    **out = (Fetcher){cl, cluster_topic(cl->c, topic), partition, offset, false, 0, ready, arg};
    vec_add(&cl->home->fetchers, *out);
    return OK;
}

/* Who waits at an open transaction waits for whose it is. */
static void wait_open(Cluster *c, const DPart *part, int64_t at)
{
    if (at < part->n && part->v[at].state == D_OPEN)
        txn_waited(c, part->v[at].txn);
}

static void release(void *owner) { mem_free(owner); }

static Status double_fetch(Fetcher *f, int max, RecordSet *set, bool *at_end, Err *err)
{
    Cluster *c = f->cl->c;
    DoubleFault fault = cluster_fault(c, DOUBLE_FETCH);
    *at_end = false;
    *set = (RecordSet){.next_offset = f->at};
    if (fault)
        return fault_error(fault, err);
    if (c->topics[f->topic].gone)
        return err_set(err, ERR_TOPIC_GONE, "Topic '%s' was deleted.", c->topics[f->topic].name);
    DPart *part = &c->topics[f->topic].parts[f->partition];
    f->at = f->at < part->begin ? part->begin : f->at;
    if (f->at >= stable_end(part))
        wait_open(c, part, f->at);
    int64_t end = stable_end(part);
    if (has_more(f) && f->delayed < MOST_DELAYED && cluster_roll(c, c->cfg.delay)) {
        f->delayed++;
        set->next_offset = f->at;
        f->ready(f->arg); /* it comes in just behind the answer */
        return OK;
    }
    f->delayed = 0;
    if (cluster_roll(c, c->cfg.reorder))
        max = 1 + (int)(cluster_random(c) % (uint64_t)max);
    Record *v = NULL;
    int cap = 0;
    for (; f->at < end && set->n < max; f->at++)
        if (part->v[f->at].state == D_COMMITTED) {
            if (set->n == cap)
                v = vec_grow_heap(v, &cap, sizeof *v);
            v[set->n++] = part->v[f->at].r;
        }
    while (f->at < end && part->v[f->at].state != D_COMMITTED)
        f->at++;
    set->records = v;
    set->next_offset = f->at;
    set->owner = v;
    set->release = v ? release : NULL;
    f->empty = *at_end = set->n == 0;
    return OK;
}

static void double_fetch_close(Fetcher *f)
{
    Home *h = f->cl->home;
    for (int i = 0; i < h->fetchers.n; i++)
        if (h->fetchers.v[i] == f) {
            vec_remove(&h->fetchers, i);
            break;
        }
    mem_free(f);
}

/* ---- groups ---- */

void cluster_position(Cluster *c, Str group, Str topic, int partition, int64_t offset, Str by)
{
    if (cluster_topic(c, topic) < 0)
        return;
    for (int i = 0; i < c->npositions; i++) {
        DPosition *p = &c->positions[i];
        if (p->partition == partition && str_eq_c(group, p->group) && str_eq_c(topic, p->topic)) {
            p->offset = offset;
            p->by = cluster_str(c, by);
            return;
        }
    }
    cluster_push(c, c->positions, c->npositions, c->cpositions,
                 (DPosition){cluster_str(c, group), cluster_str(c, topic), partition, offset, cluster_str(c, by)});
}

static bool touches(const DTxn *t, Str group)
{
    for (int i = 0; t->open && i < t->npending; i++)
        if (str_eq_c(group, t->pending[i].group))
            return true;
    return false;
}

static Status double_positions(Broker *b, Str group, Arena *a, GroupPositionVec *out, Err *err)
{
    Cluster *c = client_of(b)->c;
    DoubleFault f;
    out->n = 0;
    Status s = call(b, DOUBLE_POSITIONS, &f, err);
    if (s != OK)
        return s;
    for (int i = 0; i < c->ntxns; i++)
        if (touches(&c->txns[i], group) && !txn_waited(c, i))
            return err_set(err, ERR_BROKER, "A transaction is open.");
    for (int i = 0; i < c->npositions; i++)
        if (str_eq_c(group, c->positions[i].group))
            vec_push(a, out, (GroupPosition){arena_str(a, str_of(c->positions[i].topic)), c->positions[i].partition,
                                             c->positions[i].offset, arena_str(a, str_of(c->positions[i].by))});
    Home *h = client_of(b)->home;
    void (*fn)(void *) = h->on_positions;
    h->on_positions = NULL;
    if (fn)
        fn(h->on_positions_arg);
    return reply(f, err);
}

static Status double_set_positions(Broker *b, Str group, const GroupPosition *v, int n, Err *err)
{
    Cluster *c = client_of(b)->c;
    DoubleFault f;
    DPart *part;
    Status s = call(b, DOUBLE_SET_POSITIONS, &f, err);
    if (s == OK && cluster_denied(c, group))
        s = err_set(err, ERR_DENIED, "No rights to the group.");
    for (int i = 0; s == OK && i < n; i++)
        s = cluster_part(c, v[i].topic, v[i].partition, &part, err);
    if (s != OK)
        return s;
    for (int i = 0; i < n; i++)
        cluster_position(c, group, v[i].topic, v[i].partition, v[i].offset, v[i].by);
    return reply(f, err);
}

static Status double_drop_group(Broker *b, Str group, Err *err)
{
    Cluster *c = client_of(b)->c;
    DoubleFault f;
    Status s = call(b, DOUBLE_DROP_GROUP, &f, err);
    if (s != OK)
        return s;
    for (int i = 0; i < c->npositions; i++)
        if (str_eq_c(group, c->positions[i].group))
            c->positions[i--] = c->positions[--c->npositions];
    return reply(f, err);
}

/* ---- members ---- */

/* The client of a member, where it is one of this process's. */
static Client *alive(Home *h, int no)
{
    const DMember *m = &h->c->members[no];
    Client *cl = no < h->nclients ? h->clients[no] : NULL;
    return m->in && cl && cl->joined && cl->generation == m->generation ? cl : NULL;
}

/* Gives every living member its slots in a new generation; who loses some is called first. */
static void assign(Home *h, const uint64_t want[DOUBLE_CLIENTS])
{
    Cluster *c = h->c;
    uint64_t had[DOUBLE_CLIENTS];
    Client *cl;
    for (int i = 0; i < DOUBLE_CLIENTS; i++) {
        had[i] = c->members[i].slots;
        if ((cl = alive(h, i)) && had[i] & ~want[i]) {
            c->members[i].slots = had[i] & want[i];
            cl->member.changed(cl->member.arg, had[i] & want[i], false);
        }
    }
    c->generation++;
    for (int i = 0; i < DOUBLE_CLIENTS; i++) {
        cl = alive(h, i);
        c->members[i].in = cl != NULL;
        c->members[i].slots = cl ? want[i] : 0;
        c->members[i].generation = c->generation;
        if (cl)
            cl->generation = c->generation;
    }
    for (int i = 0; i < DOUBLE_CLIENTS; i++)
        if ((cl = alive(h, i)) && want[i] & ~had[i])
            cl->member.changed(cl->member.arg, want[i], false);
}

/* Evenly; slots stay where they are when they may. without: a client, or -1. */
static void rebalance(Home *h, int without)
{
    Cluster *c = h->c;
    uint64_t want[DOUBLE_CLIENTS] = {0};
    int n[DOUBLE_CLIENTS] = {0}, members = 0;
    for (int i = 0; i < DOUBLE_CLIENTS; i++)
        members += i != without && alive(h, i);
    for (int slot = 0; members && slot < TOPIC_SLOTS; slot++) {
        int to = -1;
        for (int i = 0; i < DOUBLE_CLIENTS; i++) {
            if (i == without || !alive(h, i) || n[i] >= (TOPIC_SLOTS + members - 1) / members)
                continue;
            bool has = c->members[i].slots >> slot & 1;
            if (has || to < 0 || (!(c->members[to].slots >> slot & 1) && n[i] < n[to]))
                to = i;
        }
        want[to] |= UINT64_C(1) << slot;
        n[to]++;
    }
    assign(h, want);
}

static void enter(Client *cl)
{
    Cluster *c = cl->c;
    cl->generation = ++c->generation;
    c->members[cl->no] = (DMember){true, cluster_str(c, cl->member.name), cl->generation, 0};
    rebalance(cl->home, -1);
}

static Status double_join(Broker *b, const MembershipConfig *m, Err *err)
{
    Client *cl = client_of(b);
    Cluster *c = cl->c;
    DoubleFault f;
    DPart *part;
    Status s = call(b, DOUBLE_JOIN, &f, err);
    if (s == OK)
        s = cluster_part(c, m->topic, TOPIC_SLOTS - 1, &part, err);
    if (s != OK)
        return s;
    cl->member = *m;
    cl->joined = true;
    enter(cl);
    return OK;
}

static void double_leave(Broker *b)
{
    Client *cl = client_of(b);
    if (!cl->joined)
        return;
    if (alive(cl->home, cl->no))
        rebalance(cl->home, cl->no);
    else
        cl->member.changed(cl->member.arg, 0, true);
    cl->joined = false;
    cl->c->members[cl->no].in = false;
}

static bool double_owner(Broker *b, int slot, Buf *name)
{
    const Cluster *c = client_of(b)->c;
    for (int i = 0; i < DOUBLE_CLIENTS; i++)
        if (c->members[i].in && c->members[i].slots >> slot & 1) {
            buf_cstr(name, c->members[i].name);
            return true;
        }
    return false;
}

static int by_name(const void *a, const void *b) { return str_cmp(*(const Str *)a, *(const Str *)b); }

static Status double_members(Broker *b, Arena *a, NameList *out, Err *err)
{
    const Cluster *c = client_of(b)->c;
    UNUSED(err);
    out->n = 0;
    for (int i = 0; i < DOUBLE_CLIENTS; i++)
        if (c->members[i].in)
            vec_push(a, out, arena_str(a, str_of(c->members[i].name)));
    if (out->n)
        qsort(out->v, (size_t)out->n, sizeof *out->v, by_name);
    return OK;
}

void double_move(Broker *to, uint64_t slots)
{
    Client *cl = client_of(to);
    uint64_t want[DOUBLE_CLIENTS];
    for (int i = 0; i < DOUBLE_CLIENTS; i++)
        want[i] = i == cl->no ? cl->c->members[i].slots | slots : cl->c->members[i].slots & ~slots;
    assign(cl->home, want);
}

void double_fence(Broker *b)
{
    Client *cl = client_of(b);
    cl->c->members[cl->no].in = false;
    cl->c->members[cl->no].slots = 0;
    rebalance(cl->home, cl->no);
}

void double_lost(Broker *b)
{
    Client *cl = client_of(b);
    if (!cl->joined || alive(cl->home, cl->no))
        return;
    cl->member.changed(cl->member.arg, 0, true);
    enter(cl);
}

/* ---- open, close, knobs ---- */

/* As a client that is gone: what it had joined is over, its cluster goes on. */
static void double_close(Broker *b)
{
    Client *cl = client_of(b);
    cl->joined = false;
    cl->c->members[cl->no].in = false;
}

static const BrokerOps ops = {
    .close = double_close,
    .create = double_create,
    .drop = double_drop,
    .describe = double_describe,
    .list = double_list,
    .trim = double_trim,
    .ends = double_ends,
    .offset_at = double_offset_at,
    .fetch_open = double_fetch_open,
    .fetch = double_fetch,
    .fetch_close = double_fetch_close,
    .producer_new = double_producer_new,
    .producer_free = double_producer_free,
    .produce = double_produce,
    .flush = double_flush,
    .init = double_init,
    .begin = double_begin,
    .send_positions = double_send_positions,
    .send_member = double_send_member,
    .commit = double_commit,
    .abort = double_abort,
    .positions = double_positions,
    .set_positions = double_set_positions,
    .drop_group = double_drop_group,
    .join = double_join,
    .leave = double_leave,
    .owner = double_owner,
    .members = double_members,
};

static Broker *new_client(Home *h)
{
    BUG_IF(h->nclients == DOUBLE_CLIENTS);
    Client *cl = mem_zalloc(sizeof *cl);
    cl->base.ops = &ops;
    cl->home = h;
    cl->c = h->c;
    cl->no = h->nclients;
    h->clients[h->nclients++] = cl;
    return &cl->base;
}

Broker *double_new(const DoubleConfig *cfg)
{
    Cluster *c = mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    BUG_IF(c == MAP_FAILED);
    c->size = memory_size;
    c->used = (sizeof *c + 15) & ~(size_t)15;
    c->cfg = *cfg;
    c->random = cfg->seed;
    Home *h = mem_zalloc(sizeof *h);
    h->c = c;
    return new_client(h);
}

Broker *double_client(Broker *b) { return new_client(client_of(b)->home); }

void double_free(Broker *b)
{
    Home *h = client_of(b)->home;
    BUG_IF(h->fetchers.n > 0); /* somebody still reads */
    for (int i = 0; i < h->nclients; i++)
        mem_free(h->clients[i]);
    vec_free(&h->fetchers);
    munmap(h->c, h->c->size);
    mem_free(h);
}

DoubleConfig *double_config(Broker *b) { return &client_of(b)->c->cfg; }
const DoubleCounts *double_counts(Broker *b) { return &client_of(b)->c->counts; }

void double_fault(Broker *b, DoubleOp op, int after, DoubleFault f)
{
    Cluster *c = client_of(b)->c;
    BUG_IF(c->nfaults == DOUBLE_FAULTS);
    c->faults[c->nfaults].op = op;
    c->faults[c->nfaults].after = after;
    c->faults[c->nfaults++].fault = f;
}

void double_limit(Broker *b, Str topic, int bytes, bool late)
{
    Cluster *c = client_of(b)->c;
    int no = cluster_topic(c, topic);
    BUG_IF(no < 0);
    c->topics[no].max_bytes = bytes;
    c->topics[no].late = late;
}

void double_keyed(Broker *b, Str topic, bool keyed)
{
    Cluster *c = client_of(b)->c;
    int no = cluster_topic(c, topic);
    BUG_IF(no < 0);
    c->topics[no].keyed = keyed;
}

void double_deny(Broker *b, Str name, bool denied)
{
    Cluster *c = client_of(b)->c;
    for (int i = 0; i < c->ndenied; i++)
        if (str_eq_c(name, c->denied[i]))
            c->denied[i--] = c->denied[--c->ndenied];
    if (denied)
        cluster_push(c, c->denied, c->ndenied, c->cdenied, cluster_str(c, name));
}

const char *double_topic_config(Broker *b, Str topic)
{
    const Cluster *c = client_of(b)->c;
    int no = cluster_topic(c, topic);
    return no < 0 ? "" : c->topics[no].config;
}

bool double_topic(Broker *b, Str topic, TopicInfo *info)
{
    const Cluster *c = client_of(b)->c;
    int no = cluster_topic(c, topic);
    if (no >= 0)
        *info = c->topics[no].info;
    return no >= 0;
}

int64_t double_end(Broker *b, Str topic, int partition)
{
    const Cluster *c = client_of(b)->c;
    int no = cluster_topic(c, topic);
    return no < 0 ? 0 : c->topics[no].parts[partition].n;
}

int64_t double_position(Broker *b, Str group, Str topic, int partition)
{
    const Cluster *c = client_of(b)->c;
    for (int i = 0; i < c->npositions; i++)
        if (c->positions[i].partition == partition && str_eq_c(group, c->positions[i].group) &&
            str_eq_c(topic, c->positions[i].topic))
            return c->positions[i].offset;
    return -1;
}

int double_open(Broker *b)
{
    const Cluster *c = client_of(b)->c;
    int n = 0;
    for (int i = 0; i < c->ntxns; i++)
        n += c->txns[i].open;
    return n;
}

void double_on_positions(Broker *b, void (*fn)(void *arg), void *arg)
{
    client_of(b)->home->on_positions = fn;
    client_of(b)->home->on_positions_arg = arg;
}

void double_append(Broker *b, Str topic, int partition, const Record *r)
{
    Client *cl = client_of(b);
    DPart *part;
    Err err = ERR_INIT;
    if (cluster_part(cl->c, topic, partition, &part, &err) != OK)
        BUG("%s", err.msg);
    cluster_append(cl->c, part, r, D_COMMITTED, 0);
    home_ready(cl->home);
}
