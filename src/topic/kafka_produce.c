// SPDX-License-Identifier: Apache-2.0
// Producers: idempotent or transactional, each one handle of librdkafka and one thread at a time.
//
// What became of a record is told by librdkafka when it is polled (flush, or a full queue), and kept in `reports` until flush
// hands it on. When flush returns, every record was told of: what is not delivered in time is purged.
//
// Life of a transactional handle (the same name, one handle after the other):
//
//   (none) --init--> READY --begin--> OPEN --commit--> READY
//                                     OPEN --abort---> READY
//   any --fatal, or an outcome that is not known--> BROKEN --init--> READY, with a new handle: a new epoch, so that what the old
//                                                                   one had on its way is fenced
//
//   librdkafka's error             commit                  elsewhere
//   fatal: fenced, bad epoch       ERR_FENCED, BROKEN      ERR_FENCED, BROKEN
//   fatal: other                   ERR_BROKER, BROKEN      ERR_BROKER, BROKEN
//   must be aborted                ERR_ABORT               ERR_ABORT
//   timed out, retriable           ERR_UNKNOWN_OUTCOME, BROKEN   ERR_BROKER
//
// librdkafka does not number records anew after a transaction in which the broker refused one: the next transaction fails ("skipped
// sequence numbers"), gets a new epoch when it is aborted, and only the one after it works.
//
// An idempotent handle that broke is replaced by the next produce.
//
// librdkafka takes the time 0 for "now", so a record of that time is written without one (-1), which a fetcher reads as 0.
#include <stdio.h>
#include <time.h>

#include "topic/kafka_impl.h"

enum { FULL_MS = 1000, PURGE_MS = 5000, GRACE_MS = 5000, SLICE_MS = 1000, FLUSH_SLICE_MS = 200, PAUSE_MS = 50 };

typedef struct Report {
    void *tag;
    int64_t offset;
    rd_kafka_resp_err_t e;
} Report;

struct Producer {
    KafkaHandle handle; /* the first: the handle's opaque */
    char *name;         /* with the prefix; NULL: idempotent */
    rd_kafka_t *rk;     /* NULL: not made yet, or broken and gone */
    ErrCode broken;     /* OK: it works */
    bool ready;         /* rk has an epoch */
    bool open;          /* a transaction is */
    bool left;          /* a handle of it is left to the end of the process */
    StrMap topics; /* name -> rd_kafka_topic_t of rk */
    VEC(Report) reports;
};

/* ---- handles ---- */

/* From rd_kafka_poll and rd_kafka_flush: in the producer's thread. */
static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    Producer *p = opaque;
    Report r = {m->_private, m->offset, m->err};
    UNUSED(rk);
    vec_add(&p->reports, r);
}

static void handle_drop(Producer *p)
{
    StrMapEntry *e;
    if (!p->rk)
        return;
    for (int i = 0; (e = strmap_next(&p->topics, &i));)
        rd_kafka_topic_destroy(e->value);
    strmap_free(&p->topics);
    rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    p->left |= !kafka_destroy(p->handle.k, p->rk);
    p->rk = NULL;
}

static Status handle_make(Producer *p, Err *err)
{
    Kafka *k = p->handle.k;
    KafkaKind kind = p->name ? KAFKA_TRANSACTIONAL : KAFKA_IDEMPOTENT;
    rd_kafka_conf_t *conf = kafka_conf_new(k, kind, &p->handle, err);
    if (!conf)
        return err->code;
    if (p->name)
        kafka_conf_set(conf, "transactional.id", p->name);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    p->rk = kafka_handle_new(k, kind, conf, err);
    p->broken = OK;
    p->ready = p->open = false;
    return p->rk ? OK : err->code;
}

Status kafka_producer_new(Broker *b, const char *name, Producer **out, Err *err)
{
    Kafka *k = kafka_of(b);
    Producer *p = mem_zalloc(sizeof *p);
    p->handle.k = k;
    p->name = name ? kafka_name(k, str_of(name)) : NULL;
    if (handle_make(p, err)) {
        kafka_producer_free(p);
        return err->code;
    }
    *out = p;
    return OK;
}

/* A call that librdkafka goes on with when it is made again. New; NULL: done. */
static rd_kafka_error_t *resumed(Producer *p, rd_kafka_error_t *(*call)(rd_kafka_t *rk, int ms), int ms)
{
    Patience patience = kafka_patience(p->handle.k, ms);
    rd_kafka_error_t *e = NULL;
    for (int slice; (slice = kafka_slice(&patience, SLICE_MS)) > 0;) {
        if (e)
            rd_kafka_error_destroy(e);
        int64_t asked = kafka_now_ms();
        e = call(p->rk, slice);
        if (!e || !rd_kafka_error_is_retriable(e))
            return e;
        if (rd_kafka_error_code(e) != RD_KAFKA_RESP_ERR__TIMED_OUT && kafka_now_ms() - asked < PAUSE_MS)
            kafka_nap(PAUSE_MS); /* a coordinator that has just come */
    }
    return e ? e : rd_kafka_error_new(RD_KAFKA_RESP_ERR__TIMED_OUT, "the broker did not answer before the end");
}

static bool txn_failed(const Producer *p) { return __atomic_load_n(&p->handle.txn_failed, __ATOMIC_ACQUIRE); }

static rd_kafka_resp_err_t flushed(Producer *p, int ms)
{
    Patience patience = kafka_patience(p->handle.k, ms);
    rd_kafka_resp_err_t e;
    int slice;
    do {
        slice = kafka_slice(&patience, FLUSH_SLICE_MS);
        e = rd_kafka_flush(p->rk, slice);
        if (txn_failed(p)) /* librdkafka sends no more of it, and would wait for each record's time-out */
            rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    } while (e == RD_KAFKA_RESP_ERR__TIMED_OUT && slice > 0);
    return e;
}

void kafka_producer_free(Producer *p)
{
    if (p->rk && p->open && !p->broken) { /* else readers would wait until it times out */
        rd_kafka_error_t *e = resumed(p, rd_kafka_abort_transaction, PURGE_MS);
        if (e)
            rd_kafka_error_destroy(e);
    }
    handle_drop(p);
    vec_free(&p->reports);
    mem_free(p->name);
    if (!p->left)
        mem_free(p);
}

/* ---- errors ---- */

/* Its name as it was given. */
static const char *shown(const Producer *p) { return p->name ? p->name + p->handle.k->prefix_n : ""; }

/* What the handle said when it gave up for good; 0: it did not. */
static rd_kafka_resp_err_t fatal_code(Producer *p, char *why, size_t n)
{
    return p->rk ? rd_kafka_fatal_error(p->rk, why, n) : 0;
}

static ErrCode record_code(Producer *p, rd_kafka_resp_err_t e)
{
    if (e == RD_KAFKA_RESP_ERR__FATAL || e == RD_KAFKA_RESP_ERR__PURGE_QUEUE || e == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
        rd_kafka_resp_err_t fatal = fatal_code(p, NULL, 0);
        return fatal ? kafka_code(fatal) : p->name && !p->broken ? ERR_ABORT : ERR_BROKER;
    }
    ErrCode code = kafka_code(e);
    return code == ERR_STATEMENT ? ERR_REFUSED : code; /* a topic that may not be written to, or a policy */
}

/* Takes e. NULL: OK. */
static Status done(Producer *p, rd_kafka_error_t *e, bool commit, const char *what, Err *err)
{
    Kafka *k = p->handle.k;
    char why[512];
    if (!e)
        return OK;
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    const char *text = rd_kafka_error_string(e);
    if (rd_kafka_error_is_fatal(e) || fatal_code(p, why, sizeof why)) {
        rd_kafka_resp_err_t fatal = fatal_code(p, why, sizeof why);
        bool fenced = kafka_code(fatal) == ERR_FENCED || kafka_code(code) == ERR_FENCED;
        p->broken = fenced ? ERR_FENCED : ERR_BROKER;
        if (fenced)
            err_set(err, ERR_FENCED, "%s: another producer took the name %s: %s", what, shown(p), text);
        else if (kafka_code(code) == ERR_DENIED || kafka_code(fatal) == ERR_DENIED)
            kafka_denied(err, "Write", "transactional id(s)", str_of(shown(p)));
        else
            kafka_fail(k, err, RD_KAFKA_RESP_ERR__FATAL, fatal ? why : text, "%s", what);
    } else if (rd_kafka_error_txn_requires_abort(e))
        err_set(err, ERR_ABORT, "%s: the transaction must be aborted: %s", what, text);
    else if (commit) {
        p->broken = ERR_BROKER;
        err_set(err, ERR_UNKNOWN_OUTCOME, "%s: it is not known what became of the transaction: %s", what, text);
    } else
        kafka_fail(k, err, code, text, "%s", what);
    rd_kafka_error_destroy(e);
    return err->code;
}

void kafka_producer_break(Producer *p)
{
    rd_kafka_test_fatal_error(p->rk, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "raised by a test");
}

static Status none_there(Producer *p, Err *err)
{
    return err_set(err, p->broken ? p->broken : ERR_BROKER, "The producer %s %s: it is to be started again", shown(p),
                   p->broken == ERR_FENCED ? "was fenced by another of its name" : "is not there");
}

/* ---- records ---- */

static rd_kafka_topic_t *topic_of(Producer *p, Str topic, Err *err)
{
    rd_kafka_topic_t *rkt = strmap_find(&p->topics, topic);
    if (rkt)
        return rkt;
    char *full = kafka_name(p->handle.k, topic);
    rkt = rd_kafka_topic_new(p->rk, full, NULL);
    if (rkt)
        strmap_put(&p->topics, topic, rkt);
    else
        kafka_fail_topic(p->handle.k, err, rd_kafka_last_error(), NULL, "Write", topic);
    mem_free(full);
    return rkt;
}

static rd_kafka_headers_t *headers_of(Headers v)
{
    rd_kafka_headers_t *h = rd_kafka_headers_new((size_t)v.n);
    for (int i = 0; i < v.n; i++) {
        Str value = v.h[i].value;
        rd_kafka_header_add(h, v.h[i].key.p ? v.h[i].key.p : "", (ssize_t)v.h[i].key.n, value.p, value.p ? (ssize_t)value.n : 0);
    }
    return h;
}

static rd_kafka_resp_err_t produce_once(Producer *p, rd_kafka_topic_t *rkt, int partition, const Record *r, void *tag)
{
    rd_kafka_vu_t v[8];
    size_t n = 0;
    rd_kafka_headers_t *h = r->headers.n ? headers_of(r->headers) : NULL;
    v[n].vtype = RD_KAFKA_VTYPE_RKT, v[n++].u.rkt = rkt;
    v[n].vtype = RD_KAFKA_VTYPE_PARTITION, v[n++].u.i32 = partition;
    v[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS, v[n++].u.i = RD_KAFKA_MSG_F_COPY;
    v[n].vtype = RD_KAFKA_VTYPE_TIMESTAMP, v[n++].u.i64 = r->ts ? r->ts : -1;
    v[n].vtype = RD_KAFKA_VTYPE_OPAQUE, v[n++].u.ptr = tag;
    v[n].vtype = RD_KAFKA_VTYPE_KEY, v[n].u.mem.ptr = (void *)r->key, v[n++].u.mem.size = r->key ? (size_t)r->key_len : 0;
    v[n].vtype = RD_KAFKA_VTYPE_VALUE, v[n].u.mem.ptr = (void *)r->value, v[n++].u.mem.size = r->value ? (size_t)r->value_len : 0;
    if (h)
        v[n].vtype = RD_KAFKA_VTYPE_HEADERS, v[n++].u.headers = h;
    rd_kafka_error_t *e = rd_kafka_produceva(p->rk, v, n);
    if (!e)
        return 0;
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    rd_kafka_error_destroy(e);
    if (h) /* still ours */
        rd_kafka_headers_destroy(h);
    return code;
}

Status kafka_produce(Producer *p, Str topic, int partition, const Record *r, void *tag, Err *err)
{
    Kafka *k = p->handle.k;
    if (p->broken && !p->name && p->reports.n == 0)
        handle_drop(p);
    if (!p->rk && p->name)
        return none_there(p, err);
    if (!p->rk && handle_make(p, err))
        return err->code;
    rd_kafka_topic_t *rkt = topic_of(p, topic, err);
    if (!rkt)
        return err->code;
    int64_t end = kafka_now_ms() + FULL_MS;
    rd_kafka_resp_err_t e;
    while ((e = produce_once(p, rkt, partition, r, tag)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && kafka_now_ms() < end)
        rd_kafka_poll(p->rk, 50);
    if (e == RD_KAFKA_RESP_ERR__STATE && p->name && txn_failed(p) && !fatal_code(p, NULL, 0))
        return err_set(err, ERR_ABORT, "The transaction must be aborted: a record of it was not delivered, or skipped");
    if (e && fatal_code(p, NULL, 0)) /* librdkafka gives the cause of the fatal error here */
        e = RD_KAFKA_RESP_ERR__FATAL;
    switch (e) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return OK;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return err_set(err, ERR_TOO_LARGE, "A record of %lld bytes is too large for topic '%.*s'",
                       (long long)r->key_len + r->value_len, STR_ARG(topic));
    case RD_KAFKA_RESP_ERR__FATAL:
        p->broken = record_code(p, e);
        return err_set(err, p->broken, "The producer%s%s was stopped by an error: %s", p->name ? " " : "",
                       shown(p), rd_kafka_err2str(fatal_code(p, NULL, 0)));
    default: return kafka_fail_topic(k, err, e, NULL, "Write", topic);
    }
}

/* Tells of what was reported. */
static void tell(Producer *p, Delivered *fn, void *arg)
{
    char why[512];
    for (int i = 0; i < p->reports.n; i++) {
        Report *r = &p->reports.v[i];
        const char *text = r->e ? rd_kafka_err2str(r->e) : NULL;
        if (r->e == RD_KAFKA_RESP_ERR__FATAL && fatal_code(p, why, sizeof why))
            text = why;
        fn(arg, r->tag, r->e ? -1 : r->offset, record_code(p, r->e), text);
    }
    p->reports.n = 0;
}

Status kafka_flush(Producer *p, Delivered *fn, void *arg, Err *err)
{
    Kafka *k = p->handle.k;
    Status st = OK;
    if (p->rk) {
        int64_t began = kafka_now_ms();
        rd_kafka_resp_err_t e = flushed(p, k->props.delivery_ms + GRACE_MS);
        if (e) {
            st = kafka_fail(k, err, e, NULL, "The records were not delivered within %.0f s",
                            (double)(kafka_now_ms() - began) / 1000);
            rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
            rd_kafka_flush(p->rk, PURGE_MS);
            p->broken = ERR_BROKER;
        }
        rd_kafka_resp_err_t fatal = fatal_code(p, NULL, 0);
        if (fatal)
            p->broken = kafka_code(fatal);
    }
    tell(p, fn, arg);
    return st;
}

/* ---- transactions ---- */

Status kafka_init(Producer *p, Err *err)
{
    if (p->broken || p->ready) /* librdkafka inits a handle once */
        handle_drop(p);
    if (!p->rk && handle_make(p, err))
        return err->code;
    p->reports.n = 0;
    rd_kafka_error_t *e = resumed(p, rd_kafka_init_transactions, p->handle.k->request_ms);
    Status st = done(p, e, false, "A transactional producer did not start", err);
    p->ready = st == OK;
    if (st && !p->broken) /* again, and from the beginning */
        p->broken = ERR_BROKER;
    return st;
}

Status kafka_begin(Producer *p, Err *err)
{
    if (!p->rk || p->broken)
        return none_there(p, err);
    p->reports.n = 0; /* of the transaction before */
    __atomic_store_n(&p->handle.txn_failed, false, __ATOMIC_RELEASE);
    Status st = done(p, rd_kafka_begin_transaction(p->rk), false, "A transaction did not begin", err);
    p->open |= st == OK;
    return st;
}

/* Positions that are being sent. librdkafka waits for an answer as long as for any (socket.timeout.ms), whatever time it is
 * given, and must not be asked twice: a late answer would be taken for a later call's. So a thread waits for it, which at the
 * process's end is left alone with the handle. */
typedef struct Sending {
    rd_kafka_t *rk;
    rd_kafka_topic_partition_list_t *offsets; /* owned, as is: */
    rd_kafka_consumer_group_metadata_t *group;
    int ms;
    rd_kafka_error_t *e; /* the answer */
} Sending;

static void sending(void *arg)
{
    Sending *s = arg;
    s->e = rd_kafka_send_offsets_to_transaction(s->rk, s->offsets, s->group, s->ms);
}

/* False: the process is to end, and it was waited for long enough. */
static bool sent(Sending *s, Kafka *k)
{
    Patience p = kafka_patience(k, INT32_MAX);
    Aside *a = kafka_aside(sending, s);
    for (int slice; (slice = kafka_slice(&p, FLUSH_SLICE_MS)) > 0 && !kafka_aside_wait(a, slice);) {
    }
    return kafka_aside_end(a);
}

static void leave_handle(Producer *p)
{
    strmap_free(&p->topics);
    p->rk = NULL;
    p->broken = ERR_BROKER;
    p->left = true;
    __atomic_store_n(&p->handle.k->left, true, __ATOMIC_RELEASE);
}

/* Takes both over. */
static rd_kafka_error_t *send_in_time(Producer *p, rd_kafka_topic_partition_list_t *l, rd_kafka_consumer_group_metadata_t *group)
{
    Kafka *k = p->handle.k;
    Sending *s = mem_zalloc(sizeof *s);
    *s = (Sending){.rk = p->rk, .ms = k->request_ms, .offsets = l, .group = group};
    if (!sent(s, k)) {
        leave_handle(p);
        return rd_kafka_error_new(RD_KAFKA_RESP_ERR__TIMED_OUT, "the broker did not answer before the end");
    }
    rd_kafka_error_t *e = s->e;
    rd_kafka_topic_partition_list_destroy(s->offsets);
    rd_kafka_consumer_group_metadata_destroy(s->group);
    mem_free(s);
    return e;
}

/* Takes both over. */
static Status send_offsets(Producer *p, rd_kafka_topic_partition_list_t *l, rd_kafka_consumer_group_metadata_t *group, Err *err)
{
    return done(p, send_in_time(p, l, group), false, "The positions were not stored in the transaction", err);
}

Status kafka_send_positions(Producer *p, Str group, const GroupPosition *v, int n, Err *err)
{
    Kafka *k = p->handle.k;
    if (n == 0)
        return OK;
    if (!p->rk || p->broken)
        return none_there(p, err);
    char *full = kafka_name(k, group);
    rd_kafka_topic_partition_list_t *l = kafka_position_list(k, v, n);
    rd_kafka_consumer_group_metadata_t *md = rd_kafka_consumer_group_metadata_new(full);
    mem_free(full);
    return send_offsets(p, l, md, err);
}

Status kafka_send_member(Producer *p, Err *err)
{
    rd_kafka_consumer_group_metadata_t *md;
    rd_kafka_topic_partition_list_t *l;
    if (!p->rk || p->broken)
        return none_there(p, err);
    if (kafka_member_fence(p->handle.k, &md, &l, err))
        return err->code;
    return send_offsets(p, l, md, err);
}

Status kafka_commit(Producer *p, Err *err)
{
    if (!p->rk || p->broken)
        return none_there(p, err);
    const KafkaProps *props = &p->handle.k->props;
    int ms = props->transaction_ms < props->delivery_ms ? props->transaction_ms : props->delivery_ms;
    Status st = done(p, resumed(p, rd_kafka_commit_transaction, ms), true, "A transaction was not committed", err);
    p->open &= st != OK;
    return st;
}

Status kafka_abort(Producer *p, Err *err)
{
    if (!p->rk || p->broken) {
        p->reports.n = 0;
        return none_there(p, err);
    }
    rd_kafka_error_t *e = resumed(p, rd_kafka_abort_transaction, p->handle.k->request_ms);
    Status st = done(p, e, false, "A transaction was not aborted", err);
    if (st && !p->broken)
        p->broken = ERR_BROKER;
    p->open &= st != OK;
    p->reports.n = 0; /* of records that are not there */
    return st;
}
