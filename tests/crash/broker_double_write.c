// SPDX-License-Identifier: Apache-2.0
// The double's producers: queues, deliveries, transactions; see broker_double.h.
//
// A producer follows the broker's rules and notes when its user does not: after a commit whose outcome is unknown, or once
// fenced, it must be init-ed before anything else; the membership is sent last. Of records that an abort gave up it tells late.
#include "tests/crash/broker_double_impl.h"

#include <stdlib.h>

typedef struct Queued {
    int topic, partition;
    Record r; /* owned copies */
    Header *headers;
    void *tag;
    ErrCode refused; /* with its batch */
} Queued;

struct Producer {
    Client *cl;
    int txn; /* -1: idempotent */
    int epoch;
    bool ready, begun, bound; /* bound: the membership was sent */
    bool spoiled;             /* the transaction lost a record: it takes no more and must be aborted */
    VEC(Queued) queue;
    int head; /* those before it are gone */
    VEC(void *) purged; /* tags of records that were given up: told of late, at the next flush */
};

static char *bytes_dup(const char *p, int32_t n)
{
    return p ? mem_strndup(p, (size_t)n) : NULL;
}

static void queued_clear(Queued *q)
{
    mem_free((char *)q->r.key);
    mem_free((char *)q->r.value);
    for (int i = 0; i < q->r.headers.n; i++) {
        mem_free((char *)q->headers[i].key.p);
        mem_free((char *)q->headers[i].value.p);
    }
    mem_free(q->headers);
}

static void queue_clear(Producer *p)
{
    for (int i = p->head; i < p->queue.n; i++)
        queued_clear(&p->queue.v[i]);
    p->queue.n = p->head = 0;
}

static int queued(const Producer *p) { return p->queue.n - p->head; }

static DTxn *txn_of(const Producer *p) { return &p->cl->c->txns[p->txn]; }
static bool is_fenced(const Producer *p) { return p->txn >= 0 && txn_of(p)->epoch != p->epoch; }

static Status fenced(Producer *p, Err *err)
{
    p->ready = p->begun = false;
    return err_set(err, ERR_FENCED, "Another producer took the name '%s'.", txn_of(p)->name);
}

static int find_txn(Cluster *c, Str name)
{
    for (int i = 0; i < c->ntxns; i++)
        if (str_eq_c(name, c->txns[i].name))
            return i;
    cluster_push(c, c->txns, c->ntxns, c->ctxns, (DTxn){.name = cluster_str(c, name)});
    return c->ntxns - 1;
}

/* Ends it: markers, what is read from now on, positions. */
static void txn_end(Cluster *c, int no, bool commit)
{
    DTxn *t = &c->txns[no];
    if (!t->open)
        return;
    for (int i = 0; i < t->ntouched; i++) {
        DPart *part = t->touched[i].part;
        for (int k = t->touched[i].first; k < part->n; k++)
            if (part->v[k].state == D_OPEN && part->v[k].txn == no)
                part->v[k].state = commit ? D_COMMITTED : D_ABORTED;
        Record marker = {0};
        cluster_append(c, part, &marker, D_MARKER, 0);
    }
    for (int i = 0; commit && i < t->npending; i++) {
        const DPosition *p = &t->pending[i];
        cluster_position(c, str_of(p->group), str_of(p->topic), p->partition, p->offset, str_of(p->by));
    }
    t->open = false;
    t->ntouched = t->npending = t->waited = 0;
    if (commit)
        c->counts.commits++;
    else
        c->counts.aborts++;
}

bool txn_waited(Cluster *c, int no)
{
    if (++c->txns[no].waited < (c->cfg.timeout ? c->cfg.timeout : 3))
        return false;
    txn_end(c, no, false);
    c->txns[no].epoch++;
    return true;
}

Status double_producer_new(Broker *b, const char *name, Producer **out, Err *err)
{
    UNUSED(err);
    Client *cl = client_of(b);
    Producer *p = mem_zalloc(sizeof *p);
    p->cl = cl;
    p->txn = name ? find_txn(cl->c, str_of(name)) : -1;
    *out = p;
    return OK;
}

void double_producer_free(Producer *p)
{
    queue_clear(p);
    vec_free(&p->queue);
    vec_free(&p->purged);
    mem_free(p);
}

/* ---- records ---- */

static bool too_large(const DTopic *t, const Record *r) { return t->max_bytes && r->value_len > t->max_bytes; }

/* A broker judges batches: here what is queued for a partition. */
static void judge_batches(Producer *p)
{
    const Cluster *c = p->cl->c;
    for (int i = p->head; i < p->queue.n; i++) {
        const Queued *bad = &p->queue.v[i];
        const DTopic *t = bad->topic >= 0 ? &c->topics[bad->topic] : NULL;
        ErrCode code = !t ? OK : too_large(t, &bad->r) ? ERR_TOO_LARGE : t->keyed && !bad->r.key ? ERR_REFUSED : OK;
        for (int k = p->head; code && k < p->queue.n; k++)
            if (p->queue.v[k].topic == bad->topic && p->queue.v[k].partition == bad->partition)
                p->queue.v[k].refused = code;
    }
}

Status double_produce(Producer *p, Str topic, int partition, const Record *r, void *tag, Err *err)
{
    Cluster *c = p->cl->c;
    DoubleFault f = cluster_fault(c, DOUBLE_PRODUCE);
    if (f)
        return fault_error(f, err);
    if (p->txn >= 0 && !p->begun)
        cluster_violation(c, "a record is produced outside of a transaction");
    int no = cluster_topic(c, topic);
    if (no >= 0 && too_large(&c->topics[no], r) && !c->topics[no].late)
        return err_set(err, ERR_TOO_LARGE, "The record has %d bytes.", r->value_len);
    if (c->cfg.queue && queued(p) >= c->cfg.queue)
        return err_set(err, ERR_BROKER, "The queue is full.");
    if (p->spoiled)
        return err_set(err, ERR_BROKER, "The transaction must be aborted.");
    Queued q = {no, partition, *r, NULL, tag, OK};
    q.r.key = bytes_dup(r->key, r->key_len);
    q.r.value = bytes_dup(r->value, r->value_len);
    if (r->headers.n)
        q.headers = mem_zalloc(sizeof(Header) * (size_t)r->headers.n);
    for (int i = 0; i < r->headers.n; i++) {
        Header h = r->headers.h[i];
        q.headers[i].key = (Str){bytes_dup(h.key.p, (int32_t)h.key.n), h.key.n};
        q.headers[i].value = (Str){bytes_dup(h.value.p, (int32_t)h.value.n), h.value.n};
    }
    q.r.headers.h = q.headers;
    vec_add(&p->queue, q);
    return OK;
}

static void touch(Cluster *c, int no, DPart *part, const Queued *q)
{
    DTxn *t = &c->txns[no];
    t->open = true;
    for (int i = 0; i < t->ntouched; i++)
        if (t->touched[i].part == part)
            return;
    cluster_push(c, t->touched, t->ntouched, t->ctouched, (DTouched){part, q->topic, q->partition, part->n});
}

/* One record reaches the cluster, or does not. */
static int64_t deliver(Producer *p, const Queued *q, ErrCode *code)
{
    Cluster *c = p->cl->c;
    DPart *part = NULL;
    Err err = ERR_INIT;
    Str name = q->topic >= 0 ? str_of(c->topics[q->topic].name) : STR("?");
    if (is_fenced(p))
        *code = ERR_FENCED;
    else if (q->topic >= 0 && c->topics[q->topic].gone)
        *code = ERR_TOPIC_GONE;
    else
        *code = (ErrCode)cluster_part(c, name, q->partition, &part, &err);
    err_clear(&err);
    if (*code == OK)
        *code = q->refused;
    if (*code == OK && p->spoiled)
        *code = ERR_ABORT;
    p->spoiled |= p->txn >= 0 && *code != OK;
    if (*code != OK)
        return -1;
    if (p->txn >= 0)
        touch(c, p->txn, part, q);
    cluster_append(c, part, &q->r, p->txn >= 0 ? D_OPEN : D_COMMITTED, p->txn);
    return part->n - 1;
}

/* The next to go: the first, or, out of order, the first of the partition of any. */
static int next_queued(Producer *p)
{
    Cluster *c = p->cl->c;
    if (!cluster_roll(c, c->cfg.reorder))
        return p->head;
    int any = p->head + (int)(cluster_random(c) % (uint64_t)queued(p)), i = p->head;
    while (p->queue.v[i].topic != p->queue.v[any].topic || p->queue.v[i].partition != p->queue.v[any].partition)
        i++;
    return i;
}

Status double_flush(Producer *p, Delivered *fn, void *arg, Err *err)
{
    Cluster *c = p->cl->c;
    DoubleFault f = cluster_fault(c, DOUBLE_FLUSH);
    int stay = 0;
    if (f == FAULT_FENCED && p->txn >= 0)
        c->txns[p->txn].epoch++;
    else if (f && f != FAULT_LOST)
        stay = queued(p) - (int)(cluster_random(c) % (uint64_t)(queued(p) + 1));
    for (int i = 0; i < p->purged.n; i++)
        fn(arg, p->purged.v[i], -1, ERR_ABORT, "purged");
    p->purged.n = 0;
    judge_batches(p);
    while (queued(p) > stay) {
        int i = next_queued(p);
        Queued q = p->queue.v[i];
        ErrCode code;
        int64_t offset = deliver(p, &q, &code);
        memmove(&p->queue.v[p->head + 1], &p->queue.v[p->head], sizeof q * (size_t)(i - p->head));
        p->head++;
        fn(arg, q.tag, offset, code, code == OK ? NULL : "the broker refused the record");
        queued_clear(&q);
    }
    if (!queued(p))
        queue_clear(p);
    home_ready(p->cl->home);
    return f && f != FAULT_FENCED ? fault_error(f, err) : OK;
}

/* ---- transactions ---- */

Status double_init(Producer *p, Err *err)
{
    Cluster *c = p->cl->c;
    DoubleFault f = cluster_fault(c, DOUBLE_INIT);
    if (f && f != FAULT_LOST)
        return fault_error(f, err);
    txn_end(c, p->txn, false);
    txn_of(p)->epoch++;
    queue_clear(p);
    p->ready = p->begun = p->bound = false;
    home_ready(p->cl->home);
    if (f)
        return fault_error(f, err);
    p->epoch = txn_of(p)->epoch;
    p->ready = true;
    return OK;
}

Status double_begin(Producer *p, Err *err)
{
    Cluster *c = p->cl->c;
    DoubleFault f = cluster_fault(c, DOUBLE_BEGIN);
    if (f)
        return fault_error(f, err);
    if (!p->ready || p->begun)
        cluster_violation(c, p->begun ? "a transaction is begun in another" : "a transaction is begun without a new epoch");
    p->begun = true;
    p->bound = p->spoiled = false;
    return OK;
}

static Status in_transaction(Producer *p, DoubleOp op, Err *err)
{
    Cluster *c = p->cl->c;
    DoubleFault f = cluster_fault(c, op);
    if (!p->begun || !p->ready)
        cluster_violation(c, "a call of a transaction outside of one");
    if (p->bound)
        cluster_violation(c, "something is sent behind the membership");
    if (f == FAULT_FENCED)
        txn_of(p)->epoch++;
    else if (f)
        return fault_error(f, err);
    return is_fenced(p) ? fenced(p, err) : OK;
}

Status double_send_positions(Producer *p, Str group, const GroupPosition *v, int n, Err *err)
{
    Cluster *c = p->cl->c;
    Status s = in_transaction(p, DOUBLE_SEND_POSITIONS, err);
    if (s != OK)
        return s;
    if (cluster_denied(c, group))
        return err_set(err, ERR_DENIED, "No rights to the group.");
    for (int i = 0; i < n; i++) {
        DPart *part;
        s = cluster_part(c, v[i].topic, v[i].partition, &part, err);
        if (s != OK)
            return s;
    }
    DTxn *t = txn_of(p);
    t->open = true;
    for (int i = 0; i < n; i++)
        cluster_push(c, t->pending, t->npending, t->cpending,
                     (DPosition){cluster_str(c, group), cluster_str(c, v[i].topic), v[i].partition, v[i].offset,
                                 cluster_str(c, v[i].by)});
    return OK;
}

Status double_send_member(Producer *p, Err *err)
{
    Client *cl = p->cl;
    const DMember *m = &cl->c->members[cl->no];
    Status s = in_transaction(p, DOUBLE_SEND_MEMBER, err);
    if (s != OK)
        return s;
    p->bound = true;
    if (!cl->joined || !m->in || m->generation != cl->generation)
        return err_set(err, ERR_ABORT, "The member's generation is over.");
    return OK;
}

Status double_commit(Producer *p, Err *err)
{
    Cluster *c = p->cl->c;
    DoubleFault f = cluster_fault(c, DOUBLE_COMMIT);
    if (!p->begun || !p->ready)
        cluster_violation(c, "a commit outside of a transaction, or again after an unknown outcome");
    if (queued(p) || p->spoiled)
        cluster_violation(c, p->spoiled ? "a commit without all records" : "a commit before all records were flushed");
    if (f == FAULT_FENCED)
        txn_of(p)->epoch++;
    if (is_fenced(p))
        return fenced(p, err);
    if (f && f != FAULT_LOST && f != FAULT_UNDONE && f != FAULT_DONE_FENCED)
        return fault_error(f, err);
    if (f != FAULT_UNDONE) {
        txn_end(c, p->txn, true);
        home_ready(p->cl->home);
    }
    p->begun = false;
    if (!f)
        return OK;
    if (f == FAULT_DONE_FENCED) {
        txn_of(p)->epoch++;
        return fenced(p, err);
    }
    p->ready = false;
    return err_set(err, ERR_UNKNOWN_OUTCOME, "No reply to the commit.");
}

Status double_abort(Producer *p, Err *err)
{
    Cluster *c = p->cl->c;
    DoubleFault f = cluster_fault(c, DOUBLE_ABORT);
    if (!p->begun)
        cluster_violation(c, "an abort outside of a transaction");
    for (int i = p->head; i < p->queue.n; i++)
        vec_add(&p->purged, p->queue.v[i].tag);
    queue_clear(p);
    p->begun = false;
    if (f) {
        p->ready = false;
        return fault_error(f, err);
    }
    if (is_fenced(p))
        return fenced(p, err);
    txn_end(c, p->txn, false);
    home_ready(p->cl->home);
    return OK;
}
