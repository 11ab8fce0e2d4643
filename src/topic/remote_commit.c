// SPDX-License-Identifier: Apache-2.0
// Units of remote topics: how records, positions and state become one thing over two stores, the broker and the disk here.
//
// Exactly once, all such units of a committer in one transaction:
//   1. The producer has an epoch: it is made when first needed, and init-ed then and after every failure.
//   2. A group whose positions are all to be replaced is deleted.
//   3. begin
//   4. Every unit's records are produced and flushed; each tells its offset.                       gates "kafka.produce"
//   5. Each group's positions are sent.                                                            gates "kafka.positions"
//   6. The membership is checked, last: a process that lost its slots only after this has all its positions pending in the
//      groups, so the new owner, who asks for stable ones, waits for what becomes of them.
//   7. commit                                                                                      gates "kafka.commit"
//   8. Of each unit, state, positions and checkpoints are one local write batch.                   gates "disk.write"
//   9. Groups that only lose positions are deleted; listeners are called.
// A crash before 7 leaves nothing, between 7 and 8 local state behind the log: the tail of the changelog brings it forward.
//
//   what fails                      what becomes of the units
//   a record is refused (4, 5)      its unit fails alone, or (remote_send.c) goes on without the record: the transaction is
//                                   aborted, the rest is sent again in a new one
//   anything else up to 6           abort; all fail
//   7, ERR_ABORT                    abort; all fail
//   7, else                         nobody knows: no second commit under this epoch. A new one settles it, either way; all fail
//   8                               the unit fails; records and positions are there, and are read again by whoever goes on
// All failures but the first make what is known of groups forgotten: position_get asks what is stored.
//
// A committer that was taken (committer_take) and whose units no membership fences must not take the name back by itself: others
// may have committed meanwhile what its owner has not read. From a failure on it fails with ERR_FENCED until taken again.
//
// At least once:
//   1. Records are produced by an idempotent producer and flushed; a unit whose record is refused or not delivered fails alone,
//      or (remote_send.c) goes on without the record. All of a member
//      fail that lost its slots meanwhile: who has them now works on, and nobody fences records without a transaction.
//   2. The local write batch, with positions and checkpoints.
//   3. The groups are told. What they could not be told is told with the next commit: the positions here decide. Over state the
//      runtime commits that by itself, before the next records (runtime/restore.c says why).
// A crash before 2 leaves records that will be written again.
//
// @thread one at a time a committer
#include "topic/remote_round.h"

#include <unistd.h>

/* A producer's transactions that fail after one in which a record was refused, without a cause of their own. */
enum { SPOILED = 3 };

/* ---- gates ---- */

bool gate_torn(const Round *r, const char *what) { return effects_gate(r->t->fx, what, GATE_BEFORE) == GATE_TEAR; }

void gate_behind(const Round *r, const char *what, bool torn)
{
    if (torn)
        _exit(9);
    effects_gate(r->t->fx, what, GATE_AFTER);
}

/* ---- rounds ---- */

void fail_unit(Round *r, int i, const Err *why)
{
    err_set(&r->errs[i], why->code, "%s", why->msg ? why->msg : err_code_name(why->code));
    if (why->hint)
        err_hint(&r->errs[i], "%s", why->hint);
}

static void fail_all(Round *r, const Err *why)
{
    for (int i = 0; i < r->n; i++)
        if (!is_out(r, i))
            fail_unit(r, i, why);
}

static Group *group_of(Round *r, Str owner)
{
    Group *g = strmap_find(&r->groups, owner);
    if (!g) {
        g = ARENA_NEW(r->a, Group);
        g->owner = arena_str(r->a, owner);
        strmap_put(&r->groups, owner, g);
    }
    return g;
}

static void group_set(Round *r, const UnitPosition *p)
{
    Group *g = group_of(r, str_of(p->owner));
    if (!p->topic) {
        g->drop = true;
        g->positions.n = 0;
        return;
    }
    if (__atomic_load_n(&p->topic->gone, __ATOMIC_ACQUIRE))
        return;
    for (int i = 0; i < g->positions.n; i++) {
        GroupPosition *at = &g->positions.v[i];
        if (at->partition == p->partition && str_eq(at->topic, p->topic->info.name)) {
            at->offset = p->offset;
            return;
        }
    }
    vec_push(r->a, &g->positions, (GroupPosition){arena_str(r->a, p->topic->info.name), p->partition, p->offset,
                                               str_of(r->rm->id)});
}

static Group *next_group(const Round *r, int *at)
{
    StrMapEntry *e = strmap_next(&r->groups, at);
    return e ? e->value : NULL;
}

static void round_clear(Round *r)
{
    strmap_free(&r->groups);
    for (int i = 0; i < r->sent.n; i++)
        err_clear(&r->sent.v[i].lost);
    vec_free(&r->sent);
    err_clear(&r->fail);
    arena_free(r->a);
}

/* Of the units that are left. */
static void gather_groups(Round *r)
{
    bool untold = !r->exactly_once && r->rc->untold_in == remote_changes(r->rm);
    for (int i = 0; untold && i < r->rc->untold.n; i++)
        group_set(r, &r->rc->untold.v[i]);
    for (int i = 0; i < r->n; i++)
        for (int k = 0; !is_out(r, i) && k < r->units[i]->positions.n; k++)
            group_set(r, &r->units[i]->positions.v[k]);
}

/* What the units that are left send: counted, their groups gathered. */
static void round_begin(Round *r)
{
    round_clear(r);
    r->a = arena_new(1024);
    r->rc->rounds++;
    r->records = r->queued = r->told = 0;
    r->refused = r->again = r->more = false;
    gather_groups(r);
    round_parts(r);
}

/* ---- the local batch ---- */

typedef struct Behind {
    const Round *r;
    int unit;
} Behind;

static int64_t sent_behind(void *arg, Str topic, int partition)
{
    const Behind *b = arg;
    for (int i = 0; i < b->r->sent.n; i++) {
        const Sent *s = &b->r->sent.v[i];
        if (s->unit == b->unit && s->part->partition == partition && str_eq(s->part->topic->info.name, topic))
            return s->end;
    }
    return -1;
}

static void write_local(Round *r)
{
    for (int i = 0; i < r->n; i++) {
        Unit *u = r->units[i];
        Behind b = {r, i};
        if (is_out(r, i) || !u->batch)
            continue;
        positions_put(u, sent_behind, &b);
        if (disk_batch_count(u->batch) && disk_commit(r->t->disk, u->batch, false, &r->errs[i]) != OK)
            positions_forget(r->rm, NULL);
    }
}

/* Whatever was delivered can be read, also of a unit that failed since. */
static void tell_all(Round *r, const bool *there)
{
    for (int i = 0; i < r->sent.n; i++) {
        const Sent *s = &r->sent.v[i];
        if (there[s->unit] && s->end >= 0)
            remote_end(s->part->topic, s->part->partition, s->end, true);
    }
    for (int i = 0; i < r->n; i++)
        if (there[i])
            unit_tell(r->units[i]);
}

/* ---- groups ---- */

static void note_group(Round *r, const Group *g)
{
    if (g->drop)
        positions_forget(r->rm, &g->owner);
    for (int i = 0; i < g->positions.n; i++)
        positions_note(r->rm, g->owner, g->positions.v[i].topic, g->positions.v[i].partition, g->positions.v[i].offset);
}

/* Units that set positions of a group that refuses them (no rights; a topic went) fail. */
static void refuse_group(Round *r, const Group *g, const Err *why)
{
    for (int i = 0; i < r->n; i++) {
        bool sets = false;
        for (int k = 0; !is_out(r, i) && k < r->units[i]->positions.n; k++)
            sets |= str_eq_c(g->owner, r->units[i]->positions.v[k].owner);
        if (sets) {
            fail_unit(r, i, why);
            r->refused = true;
        }
    }
}

/* Of those that get positions in place of what they had, or of those that get none. */
static Status drop_groups(Round *r, bool replaced, Err *err)
{
    Group *g;
    Status s = OK;
    for (int at = 0; s == OK && (g = next_group(r, &at));)
        if (g->drop && (g->positions.n > 0) == replaced) {
            bool torn = gate_torn(r, "kafka.positions");
            s = r->rm->b->ops->drop_group(r->rm->b, g->owner, err);
            gate_behind(r, "kafka.positions", torn);
            if (is_refusal(s) && replaced && r->exactly_once) {
                refuse_group(r, g, err);
                err_clear(err);
                s = OK;
            }
        }
    return s;
}

static Status send_groups(Round *r, Err *err)
{
    Group *g;
    Status s = OK;
    for (int at = 0; s == OK && (g = next_group(r, &at));) {
        if (!g->positions.n)
            continue;
        Err e = ERR_INIT;
        bool torn = gate_torn(r, "kafka.positions");
        s = r->rm->b->ops->send_positions(r->p, g->owner, g->positions.v, g->positions.n, &e);
        gate_behind(r, "kafka.positions", torn);
        if (s != OK && is_refusal(s)) {
            refuse_group(r, g, &e);
            s = r->refused ? OK : s;
        }
        if (s != OK)
            err_move(err, &e);
        err_clear(&e);
        if (r->refused)
            break;
    }
    return s;
}

/* ---- exactly once ---- */

static void producer_lost(Committer *c, RemoteCommitter *rc)
{
    rc->ready = false;
    rc->lost = rc->taken && !c->member;
}

static Status producer_init(Committer *c, RemoteCommitter *rc, Err *err)
{
    Remote *rm = remote_of(c->t);
    Status s = rc->txn ? OK : rm->b->ops->producer_new(rm->b, c->name, &rc->txn, err);
    if (s == OK)
        s = rm->b->ops->init(rc->txn, err);
    rc->ready = s == OK;
    return s;
}

static Status producer_ready(Round *r, Err *err)
{
    if (r->rc->lost)
        return err_set(err, ERR_FENCED, "Producer '%s' may have been replaced since its last transaction failed.", r->c->name);
    Status s = r->rc->ready ? OK : producer_init(r->c, r->rc, err);
    r->p = r->rc->txn;
    return s;
}

/* The attempt came to nothing: a unit went out, or a record is left out or sent alone. */
static bool is_redone(const Round *r) { return r->refused || r->again; }

/* Steps 4 to 6. */
static Status fill_transaction(Round *r, Err *err)
{
    Status s = round_produce(r, err);
    if (s == OK && !is_redone(r))
        s = send_groups(r, err);
    if (s == OK && !is_redone(r) && r->c->member && remote_joined(r->rm))
        s = r->rm->b->ops->send_member(r->p, err);
    return s;
}

/* Step 7. *open: the transaction is still to be aborted. */
static Status commit_transaction(Round *r, bool *open, Err *err)
{
    bool torn = gate_torn(r, "kafka.commit");
    Status s = r->rm->b->ops->commit(r->p, err);
    gate_behind(r, "kafka.commit", torn);
    *open = s == ERR_ABORT;
    return s;
}

/* Steps 1 to 7. OK and is_redone: aborted, to be tried again without what was refused. *unsettled: what became of the
 * transaction is not known, or it is still open. */
static Status transact(Round *r, bool *unsettled, Err *err)
{
    const BrokerOps *ops = r->rm->b->ops;
    Status s = producer_ready(r, err);
    if (s == OK)
        s = drop_groups(r, true, err);
    if (s == OK && !is_redone(r))
        s = ops->begin(r->p, err);
    if (s != OK || is_redone(r))
        return s;
    s = fill_transaction(r, err);
    bool open = s != ERR_FENCED;
    if (s == OK && !is_redone(r))
        s = commit_transaction(r, &open, err);
    if (s == OK && !is_redone(r))
        return OK;
    *unsettled = !open && s != ERR_FENCED;
    if (open) {
        Err e = ERR_INIT;
        Status aborted = ops->abort(r->p, &e);
        *unsettled = aborted != OK && aborted != ERR_FENCED;
        if (s == OK && aborted != OK) {
            s = aborted;
            err_move(err, &e);
        }
        err_clear(&e);
    }
    return s;
}

/* All fail. What is unsettled is settled at once where that is ours to do, so that positions can be read again. */
static void failed(Round *r, bool unsettled, const Err *why)
{
    fail_all(r, why);
    producer_lost(r->c, r->rc);
    positions_forget(r->rm, NULL);
    if (unsettled && !r->rc->lost) {
        Err e = ERR_INIT;
        if (producer_init(r->c, r->rc, &e) != OK)
            err_clear(&e); /* before its next use, then */
    }
}

static bool sends(const Round *r)
{
    Group *g;
    for (int at = 0; (g = next_group(r, &at));)
        if (g->positions.n)
            return true;
    return r->records > 0;
}

static void commit_exactly_once(Round *r)
{
    Status s;
    bool *there = mem_zalloc(sizeof *there * (size_t)r->n);
    Group *g;
    bool again;
    do {
        Err err = ERR_INIT;
        bool unsettled = false;
        round_begin(r);
        s = sends(r) ? transact(r, &unsettled, &err) : OK;
        again = s == OK ? is_redone(r) : s == ERR_ABORT && !unsettled && r->rc->spoiled > 0;
        if (s != OK && !again)
            failed(r, unsettled, &err);
        else if (s == OK && again)
            r->rc->spoiled = SPOILED;
        else
            r->rc->spoiled -= r->rc->spoiled > 0;
        err_clear(&err);
    } while (again);
    if (s == OK) {
        for (int at = 0; (g = next_group(r, &at));)
            note_group(r, g);
        for (int i = 0; i < r->n; i++)
            there[i] = !is_out(r, i);
        write_local(r);
        Err err = ERR_INIT;
        if (drop_groups(r, false, &err) != OK)
            err_clear(&err); /* nobody asks for them again */
        tell_all(r, there);
    }
    mem_free(there);
}

/* ---- at least once ---- */

static void untold_clear(Committer *c, RemoteCommitter *rc)
{
    for (int i = 0; i < rc->untold.n; i++) {
        mem_free(rc->untold.v[i].owner);
        topic_drop(c->t, rc->untold.v[i].topic);
    }
    rc->untold.n = 0;
}

/* Without what can never be told. */
static void untold_keep(Round *r, const Group *g, Status why)
{
    for (int i = 0; !is_refusal(why) && i < g->positions.n; i++) {
        const GroupPosition *p = &g->positions.v[i];
        Topic *tp;
        Err e = ERR_INIT;
        if (topic_lookup(r->t, p->topic, &tp, &e) == OK && tp)
            vec_add(&r->rc->untold, (UnitPosition){mem_strndup(g->owner.p, g->owner.n), tp, p->partition, p->offset});
        err_clear(&e);
    }
}

/* Whoever has the slots now works on: what is committed for them here can only set it back, or tell more than is in its state. */
static bool lost_meanwhile(const Round *r) { return r->c->member && remote_losses(r->rm) != r->losses; }

/* Step 3. */
static void tell_groups(Round *r)
{
    Group *g;
    Err e = ERR_INIT;
    if (lost_meanwhile(r)) {
        untold_clear(r->c, r->rc);
        return;
    }
    Status dropped = drop_groups(r, true, &e);
    if (dropped == OK)
        dropped = drop_groups(r, false, &e);
    if (dropped != OK)
        err_clear(&e); /* old positions stay beside the new: they are before them, and of topics nobody reads */
    untold_clear(r->c, r->rc);
    r->rc->untold_in = remote_changes(r->rm);
    for (int at = 0; (g = next_group(r, &at));) {
        Status s = OK;
        if (g->positions.n) {
            bool torn = gate_torn(r, "kafka.positions");
            s = r->rm->b->ops->set_positions(r->rm->b, g->owner, g->positions.v, g->positions.n, &e);
            gate_behind(r, "kafka.positions", torn);
        }
        if (s == OK) {
            note_group(r, g);
            continue;
        }
        untold_keep(r, g, s);
        positions_forget(r->rm, &g->owner);
        err_clear(&e);
    }
}

static Status produce_plain(Round *r, Err *err)
{
    const BrokerOps *ops = r->rm->b->ops;
    Status s = OK;
    if (!r->records)
        return OK;
    if (!r->rc->plain)
        s = ops->producer_new(r->rm->b, NULL, &r->rc->plain, err);
    r->p = r->rc->plain;
    if (s == OK)
        s = round_produce(r, err);
    if (s != OK && r->rc->plain) { /* with what is still in its queue */
        ops->producer_free(r->rc->plain);
        r->rc->plain = NULL;
    }
    return s;
}

static void commit_at_least_once(Round *r)
{
    Err err = ERR_INIT;
    bool *there = mem_zalloc(sizeof *there * (size_t)r->n);
    r->losses = remote_losses(r->rm);
    round_begin(r);
    if (produce_plain(r, &err) != OK) {
        fail_all(r, &err);
        positions_forget(r->rm, NULL);
    } else {
        for (int i = 0; i < r->n; i++)
            there[i] = !is_out(r, i);
        if (lost_meanwhile(r)) {
            err_set(&err, ERR_ABORT, "This process lost its slots while its records were sent.");
            fail_all(r, &err);
        }
        write_local(r);
        strmap_free(&r->groups); /* gathered again without the units that failed since */
        gather_groups(r);
        tell_groups(r);
        tell_all(r, there);
    }
    err_clear(&err);
    mem_free(there);
}

/* ---- committers ---- */

static RemoteCommitter *remote_committer(Committer *c)
{
    if (!c->remote)
        c->remote = mem_zalloc(sizeof(RemoteCommitter));
    return c->remote;
}

bool remote_committer_untold(const Committer *c, Str owner)
{
    const RemoteCommitter *rc = c->remote;
    for (int i = 0; rc && i < rc->untold.n; i++)
        if (str_eq_c(owner, rc->untold.v[i].owner))
            return true;
    return false;
}

void remote_committer_free(Committer *c)
{
    Remote *rm = remote_of(c->t);
    RemoteCommitter *rc = c->remote;
    if (!rc)
        return;
    if (rc->txn)
        rm->b->ops->producer_free(rc->txn);
    if (rc->plain)
        rm->b->ops->producer_free(rc->plain);
    untold_clear(c, rc);
    vec_free(&rc->untold);
    mem_free(rc);
    c->remote = NULL;
}

Status remote_take(Committer *c, Err *err)
{
    RemoteCommitter *rc = remote_committer(c);
    Status s = producer_init(c, rc, err);
    positions_forget(remote_of(c->t), NULL); /* what was under way is settled */
    if (s == OK) {
        rc->taken = true;
        rc->lost = false;
    }
    return s;
}

void remote_units_commit(Committer *c, Unit **units, int n, bool sync, Err *errs)
{
    Round r = {.t = c->t, .rm = remote_of(c->t), .c = c, .rc = remote_committer(c), .units = units, .errs = errs, .n = n};
    int left[2] = {0, 0};
    bool state = false;
    for (int i = 0; i < n; i++) {
        if (unit_empty(units[i]) || unit_prepare(units[i], &errs[i]) != OK)
            continue;
        left[units[i]->exactly_once]++;
        state |= units[i]->batch && disk_batch_count(units[i]->batch) > 0;
    }
    if (left[1]) {
        r.exactly_once = true;
        commit_exactly_once(&r);
    }
    if (left[0] || r.rc->untold.n) {
        r.exactly_once = false;
        commit_at_least_once(&r);
    }
    round_clear(&r);
    Err err = ERR_INIT;
    if (sync && state && c->t->disk && disk_sync(c->t->disk, &err) != OK)
        for (int i = 0; i < n; i++)
            if (errs[i].code == OK)
                fail_unit(&r, i, &err);
    err_clear(&err);
}
