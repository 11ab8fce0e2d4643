// SPDX-License-Identifier: Apache-2.0
// Records of units on their way to the broker, and what is done about those that it refuses.
//
// A broker judges the records of a partition by batches: when it refuses one record, all of its batch come back refused. Where
// the unit lets such a record be left out (unit_on_refused), it is looked for:
//   1. The refused records of the part become its `single` range: they are sent again, one batch each. At least once, what
//      follows them in the part is sent again too, so that the last record of a key stays the last.
//   2. A record that is refused alone is the one. It goes into the part's `left_out`, and unit_on_refused is told.
//   3. Exactly once, each refusal costs a transaction: it is aborted, and the units are sent in a new one.
// A record that is refused before it is sent (too large for this client) is known at once and costs nothing.
#include "topic/remote_round.h"

enum { QUEUE_TRIES = 8, ROUND_BITS = 12, SENT_BITS = 24, RECORD_BITS = 27 };

#define MASK(bits) (((uint64_t)1 << (bits)) - 1)
_Static_assert(ROUND_BITS + SENT_BITS + RECORD_BITS + 1 == 64, "a tag has the size of a pointer");

/* What is known of a record when the broker answers. */
typedef struct Tag {
    int sent, no; /* place in Round.sent, number in the part */
    bool alone;   /* it was a batch of its own */
} Tag;

/* The tag holds the round and no pointer: answers for an earlier round, which failed, may still come. */
static void *tag_of(const Round *r, Tag t)
{
    uint64_t v = r->rc->rounds & MASK(ROUND_BITS);
    v = v << SENT_BITS | (uint64_t)t.sent;
    v = v << RECORD_BITS | (uint64_t)t.no;
    return (void *)(uintptr_t)(v << 1 | t.alone);
}

/* False: it is of another round. */
static bool tag_read(const Round *r, const void *tag, Tag *t)
{
    uint64_t v = (uint64_t)(uintptr_t)tag;
    *t = (Tag){(int)(v >> (RECORD_BITS + 1) & MASK(SENT_BITS)), (int)(v >> 1 & MASK(RECORD_BITS)), v & 1};
    return v >> (SENT_BITS + RECORD_BITS + 1) == (r->rc->rounds & MASK(ROUND_BITS)) && t->sent < r->sent.n;
}

/* The next record goes to number `no` of the part. */
static void seek(Sent *s, int no)
{
    const BlockVec *v = &s->part->blocks;
    s->next = s->at = no;
    for (s->block = 0; s->block < v->n && s->at >= v->v[s->block]->n; s->block++)
        s->at -= v->v[s->block]->n;
}

/* Takes the next record of the part, its number in *no; NULL: there is none. */
static const Record *next_record(Sent *s, int *no)
{
    const BlockVec *v = &s->part->blocks;
    while (s->block < v->n) {
        const Block *b = v->v[s->block];
        if (s->at == b->n && s->block == v->n - 1) /* it may get more */
            return NULL;
        if (s->at == b->n) {
            s->block++;
            s->at = 0;
            continue;
        }
        *no = s->next++;
        const Record *rec = &b->records[s->at++];
        if (!unit_part_left_out(s->part, *no))
            return rec;
    }
    return NULL;
}

static bool goes_alone(const UnitPart *p, int no) { return no >= p->single_from && no < p->single_to; }

/* ---- refusals ---- */

static void refuse(Round *r, Sent *s, const Err *why)
{
    if (why->code == ERR_TOPIC_GONE)
        (void)!remote_failed(r->t, s->part->topic, ERR_TOPIC_GONE);
    if (r->errs[s->unit].code == OK)
        fail_unit(r, s->unit, why);
    r->refused = true;
}

/* Asks the unit whether such a record may be left out; with the record, it is. */
static bool leaves_out(Round *r, const Sent *s, const Record *rec, const Err *why)
{
    Unit *u = r->units[s->unit];
    bool of_record = why->code == ERR_TOO_LARGE || why->code == ERR_REFUSED;
    return of_record && u->on_refused && u->on_refused(u->on_refused_arg, u, s->part->topic->info.name, rec, why);
}

/* `sent` may grow. */
static void leave_out(Round *r, const Sent *s, int no, const Err *why)
{
    Sent at = {.part = s->part};
    unit_part_leave_out(s->part, no);
    seek(&at, no);
    leaves_out(r, s, &s->part->blocks.v[at.block]->records[at.at], why);
    round_parts(r); /* a row of the log may be the first of its part */
    r->more = true;
}

/* The broker refused the record, or others of its batch. */
static void refused_late(Round *r, Tag t, const Err *why)
{
    Sent *s = &r->sent.v[t.sent];
    UnitPart *p = s->part;
    if (r->errs[s->unit].code != OK || !leaves_out(r, s, NULL, why)) {
        refuse(r, s, why);
        return;
    }
    r->again = true;
    if (s->next > t.no)
        seek(s, t.no);
    if (t.alone) {
        leave_out(r, s, t.no, why);
        return;
    }
    bool none = p->single_from == p->single_to;
    p->single_from = none || t.no < p->single_from ? t.no : p->single_from;
    p->single_to = none || t.no >= p->single_to ? t.no + 1 : p->single_to;
}

static void delivered(void *arg, void *tag, int64_t offset, ErrCode code, const char *why)
{
    Round *r = arg;
    Tag t;
    if (!tag_read(r, tag, &t))
        return;
    Sent *s = &r->sent.v[t.sent];
    r->told++;
    if (code == OK) {
        s->end = offset >= s->end ? offset + 1 : s->end;
        return;
    }
    Err err = ERR_INIT;
    Str name = s->part->topic->info.name;
    if (code == ERR_DENIED)
        err_set(&err, code, "Authorization denied to Write on topic(s): [%.*s]", STR_ARG(name));
    else
        err_set(&err, code, "Topic '%.*s', partition %d: %s", STR_ARG(name), s->part->partition, why ? why : err_code_name(code));
    if (is_refusal((Status)code)) {
        refused_late(r, t, &err);
    } else {
        err_move(r->exactly_once ? &r->fail : &s->lost, &err);
    }
    err_clear(&err);
}

/* ---- producing ---- */

/* Exactly once, the attempt is over: the transaction is aborted. */
static bool is_over(const Round *r) { return r->exactly_once && (r->refused || r->again); }

/* A full queue is emptied. */
static Status produce_one(Round *r, Tag t, const Record *rec, Err *err)
{
    const BrokerOps *ops = r->rm->b->ops;
    const UnitPart *part = r->sent.v[t.sent].part;
    for (int tries = 0;; tries++) {
        Err e = ERR_INIT;
        Status s = ops->produce(r->p, part->topic->info.name, part->partition, rec, tag_of(r, t), &e);
        if (s != ERR_BROKER || tries == QUEUE_TRIES) {
            err_move(err, &e);
            err_clear(&e);
            r->queued += s == OK;
            return s;
        }
        err_clear(&e);
        s = ops->flush(r->p, delivered, r, err);
        if (s != OK || is_over(r))
            return s;
    }
}

static bool all_told(const Round *r) { return r->told == r->queued; }

static Status flush_all(Round *r, Err *err)
{
    Status s = r->rm->b->ops->flush(r->p, delivered, r, err);
    if (s == OK && !is_over(r) && !all_told(r))
        s = err_set(err, ERR_BROKER, "The broker did not acknowledge %lld of %lld records.", (long long)(r->queued - r->told),
                    (long long)r->queued);
    return s;
}

/* A refused record is left out, or its unit fails; neither is an error. */
static Status produce_next(Round *r, int sent, const Record *rec, int no, Err *err)
{
    Sent *s = &r->sent.v[sent];
    Tag t = {sent, no, goes_alone(s->part, no) && all_told(r)};
    Status st = produce_one(r, t, rec, err);
    if (st == OK && t.alone)
        st = flush_all(r, err);
    if (st == OK || !is_refusal(st))
        return st;
    s = &r->sent.v[sent]; /* refused before it was sent */
    if (leaves_out(r, s, NULL, err))
        leave_out(r, s, no, err);
    else
        refuse(r, s, err);
    err_clear(err);
    return OK;
}

static Status produce_part(Round *r, int sent, int64_t most, Err *err)
{
    Status st = OK;
    while (st == OK && r->queued < most && !is_out(r, r->sent.v[sent].unit) && !is_over(r)) {
        Sent *s = &r->sent.v[sent];
        if (goes_alone(s->part, s->next) && !all_told(r)) {
            st = flush_all(r, err); /* may change what is next */
            continue;
        }
        int no;
        const Record *rec = next_record(s, &no);
        if (!rec)
            break;
        st = produce_next(r, sent, rec, no, err);
    }
    return st;
}

static Status produce_parts(Round *r, int64_t most, Err *err)
{
    Status s = OK;
    do {
        r->more = false;
        for (int i = 0; s == OK && i < r->sent.n; i++)
            s = produce_part(r, i, most, err);
    } while (s == OK && r->more && !is_over(r));
    if (s == OK && !is_over(r))
        s = flush_all(r, err);
    return s;
}

void round_parts(Round *r)
{
    for (int i = 0; i < r->n; i++) {
        Unit *u = r->units[i];
        for (int k = 0; !is_out(r, i) && k < u->parts.n; k++) {
            UnitPart *part = u->parts.v[k];
            if (part->round == r->rc->rounds)
                continue;
            part->round = r->rc->rounds;
            vec_add(&r->sent, (Sent){.unit = i, .part = part, .end = -1});
            for (int b = 0; b < part->blocks.n; b++)
                r->records += part->blocks.v[b]->n;
        }
    }
}

Status round_produce(Round *r, Err *err)
{
    Status s = OK;
    if (!r->records)
        return OK;
    bool torn = gate_torn(r, "kafka.produce");
    do { /* at least once, what was refused is sent again by itself */
        r->again = false;
        s = produce_parts(r, torn ? r->records / 2 : INT64_MAX, err);
    } while (s == OK && r->again && !r->exactly_once && !torn);
    gate_behind(r, "kafka.produce", torn);
    for (int i = 0; s == OK && i < r->sent.n; i++)
        if (r->sent.v[i].lost.code && !is_out(r, r->sent.v[i].unit))
            fail_unit(r, r->sent.v[i].unit, &r->sent.v[i].lost);
    if (s == OK && r->fail.code && !(is_over(r) && r->fail.code == ERR_ABORT)) {
        s = (Status)r->fail.code;
        err_move(err, &r->fail);
    }
    return s;
}
