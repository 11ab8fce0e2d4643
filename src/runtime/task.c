// SPDX-License-Identifier: Apache-2.0
// Task: one sub-topology of a query over one partition; the unit of progress and of commit.
//
//            start ok                 fatal error
//   (new) ------------> RUNNING ----------------------> FAILED
//                        |   ^
//        retriable error |   | retry_at reached: state and positions are those of the last commit
//                        v   |
//                       WAITING            RUNNING --- all inputs at their end ---> DONE   (bounded reads)
//
// With remote topics it starts as RESTORING, if it has state (restore.c), and its slot may go and come:
//
//   ELSEWHERE --- slot comes ---> RESTORING ---> RUNNING        any --- slot goes ---> ELSEWHERE
//   ELSEWHERE --- stands by ----> STANDBY --- slot comes ---> RESTORING
//
// Commit: operators emit and flush into the open unit of work, positions join it, the unit is
// committed; only then the stores forget their dirty marks. A unit that fails leaves the task at its
// last commit: stores drop what was dirty, and the task starts anew from the stored positions.
// @thread worker
#include <stdlib.h>

#include "base/cancel.h"
#include "runtime/internal.h"
#include "topic/kafka.h"

enum {
    BACKOFF_SHARE = 2,
    EAGER_BYTES = 1 << 20,
    TRIM_ROWS = 100000,
    COMMIT_RETRY_MS = 100, /* at first, … */
    BROKER_RETRY_MS = 2000, /* … at last: what a broker does not answer now it may answer soon */
    HANGING_MS = 10000, /* behind the time that a transaction may take */
    HOUR_MS = 3600 * 1000,
    TELL_AGAIN_MS = 1000, /* a group that could not be told */
    WATCH_AGAIN_MS = 60000, WATCH_HURRY_MS = 500, HELD_LOOKS = 2,
};

Str task_owner(const Task *t, Arena *a) { return query_app_id(t->q->e, a, t->q->id); }

static void log_row(void *arg, const char *where, const RowError *e, const Batch *b)
{
    Task *t = arg;
    t->errors++;
    proclog_write(t, where, e, b);
}

static int64_t commit_interval(const Task *t)
{
    return props_int(&t->q->props, "commit.interval.ms");
}

/* Where an input begins that has no stored position. */
static Status first_position(const Task *t, TaskInput *ti, Err *err)
{
    const char *reset = props_get(&t->q->props, "auto.offset.reset");
    bool earliest = ti->in->internal || (reset ? str_eq_nocase(str_of(reset), STR("earliest")) : ti->in->is_table);
    int64_t begin, end;
    Status st = topic_ends(t->q->e->topics, ti->in->topic, ti->partition, &begin, &end, err);
    if (st == OK)
        ti->position = earliest ? begin : end;
    return st;
}

/* The group has no position (any more: a broker forgets them a week, at least a day, after their last commit): the own last
 * one is taken where it is that old, and the topic has it. Else the group's were deleted, or the topic was. */
int64_t task_expired_position(const Task *t, const TaskInput *ti, Str owner)
{
    Topics *topics = t->q->e->topics;
    int64_t begin, end, at = position_local(topics, owner, ti->in->topic, ti->partition);
    /* A time in the future was written under a clock that was set back since: it says nothing of the age, as one far back may. */
    int64_t age = llabs(effects_wall_ms(t->q->e->fx) - position_local_ms(topics, owner, ti->in->topic, ti->partition));
    Err err = ERR_INIT;
    bool good = at >= 0 && age >= INT64_C(24) * HOUR_MS &&
                topic_ends(topics, ti->in->topic, ti->partition, &begin, &end, &err) == OK && at >= begin && at <= end;
    err_clear(&err);
    return good ? at : -1;
}

/* Most likely a transaction that touches the position is open, of a server that died or lost the slot: it ends when it times out,
 * at the latest. One that goes on longer was lost by Kafka, and an operator has to end it. */
static Status untold(Task *t, const TaskInput *ti, Str owner, Err *err)
{
    const Engine *e = t->q->e;
    int64_t now = effects_mono_ms(e->fx), begin, end;
    if (!t->untold_ms)
        t->untold_ms = now;
    if (now - t->untold_ms - HANGING_MS < e->transaction_ms)
        return err_set(err, ERR_BROKER, "the broker does not tell where group %.*s stands in %.*s, partition %d", STR_ARG(owner),
                       STR_ARG(ti->in->topic), ti->partition);
    Status st = topic_ends(e->topics, ti->in->topic, ti->partition, &begin, &end, err);
    if (st) { /* it tells nothing at all */
        t->untold_ms = 0;
        return st;
    }
    return err_set(err, ERR_BROKER,
                   "group %.*s, topic %.*s, partition %d: an open transaction holds the position for longer than "
                   "transaction.timeout.ms allows; kafka-transactions.sh find-hanging tells whether Kafka lost its end, and its "
                   "abort ends it",
                   STR_ARG(owner), STR_ARG(ti->in->topic), ti->partition);
}

/* ---- what stands before it ---- */

/* An input that stands still for longer than any transaction may be open, and has more behind it, twice in a row. */
static void watch_input(Task *t, TaskInput *ti, int64_t now)
{
    const Engine *e = t->q->e;
    int64_t begin, end;
    Err err = ERR_INIT;
    if (ti->position != ti->stood_at || !ti->stood_ms) {
        ti->stood_at = ti->position;
        ti->stood_ms = now;
        ti->behind = 0;
        ti->look_ms = now + e->transaction_ms + HANGING_MS;
    }
    if (now < ti->look_ms)
        return;
    kafka_hurry(WATCH_HURRY_MS);
    Status st = topic_ends(e->topics, ti->in->topic, ti->partition, &begin, &end, &err);
    kafka_hurry(0);
    err_clear(&err);
    ti->behind = st == OK && end > ti->position ? ti->behind + 1 : 0;
    ti->look_ms = ti->behind ? now : now + WATCH_AGAIN_MS;
}

void task_watch(Task *t, int64_t now)
{
    for (int i = 0; i < t->ninputs && t->state == TASK_RUNNING && t->q->kind == QUERY_PERSISTENT; i++)
        watch_input(t, &t->inputs[i], now);
}

const TaskInput *task_held_up(const Task *t)
{
    for (int i = 0; i < t->ninputs && t->state == TASK_RUNNING; i++)
        if (t->inputs[i].behind >= HELD_LOOKS)
            return &t->inputs[i];
    return NULL;
}

void task_held_text(const TaskInput *ti, Buf *out)
{
    buf_printf(out, "topic %.*s, partition %d: an open transaction at offset %lld has lasted longer than transaction.timeout.ms "
                    "allows; kafka-transactions.sh find-hanging tells whether Kafka lost its end",
               STR_ARG(ti->in->topic), ti->partition, (long long)ti->position);
}

/* ---- positions ---- */

/* Whoever worked on it before this start cannot have read more than there is now. */
static bool asks_again_end(const Task *t)
{
    return t->env.wants_again && !t->first && !t->exactly_once && t->q->kind == QUERY_PERSISTENT &&
           topics_remote(t->q->e->topics);
}

/* Of what is not committed yet, and of what is read next: OpEnv.again. */
static void look_again(Task *t)
{
    t->env.again = false;
    for (int i = 0; i < t->ninputs; i++)
        t->env.again |= t->inputs[i].position < t->inputs[i].again_end;
}

static Status input_position(Task *t, TaskInput *ti, Str owner, bool own, Err *err)
{
    Topics *topics = t->q->e->topics;
    int64_t begin, at = t->q->kind != QUERY_PERSISTENT ? -1
                       : own ? position_local(topics, owner, ti->in->topic, ti->partition)
                             : position_get(topics, owner, ti->in->topic, ti->partition);
    if (at == POSITION_UNKNOWN && topics_remote(topics))
        return untold(t, ti, owner, err);
    if (at == POSITION_UNKNOWN) {
        Status unread = position_read(topics, owner, ti->in->topic, ti->partition, &at, err);
        if (unread)
            return unread;
    }
    if (at < 0 && t->q->kind == QUERY_PERSISTENT && topics_remote(topics))
        at = task_expired_position(t, ti, owner);
    ti->position = at;
    Status st = at < 0 ? first_position(t, ti, err) : OK;
    ti->trimmed = ti->position;
    ti->end = -1;
    ti->again_end = 0;
    if (st == OK && asks_again_end(t))
        st = topic_ends(topics, ti->in->topic, ti->partition, &begin, &ti->again_end, err);
    if (st == OK && t->q->bounded)
        st = topic_ends(topics, ti->in->topic, ti->partition, &begin, &ti->end, err);
    return st;
}

Status task_positions(Task *t, bool own, Err *err)
{
    Arena *a = arena_new(256);
    Str owner = task_owner(t, a);
    Status st = OK;
    for (int i = 0; i < t->ninputs && st == OK; i++)
        st = input_position(t, &t->inputs[i], owner, own, err);
    arena_free(a);
    look_again(t);
    if (st)
        return st;
    t->untold_ms = 0;
    t->first = false;
    return OK;
}

static void open_unit(Task *t)
{
    if (t->q->kind == QUERY_PERSISTENT && !t->env.unit)
        t->env.unit = unit_begin(t->q->e->topics);
}

void task_begin(Task *t)
{
    open_unit(t);
    if (!t->dirty)
        t->dirty_ms = effects_mono_ms(t->q->e->fx);
    t->dirty = true;
}

static bool holds_back(const Task *t)
{
    const PSub *sub = &t->q->plan->subs[t->sub];
    for (int i = 0; i < sub->n; i++)
        if (sub->nodes[i].kind == PP_AGGREGATE)
            return t->env.coalesce;
    return false;
}

static void fill_env(Task *t)
{
    Engine *e = t->q->e;
    const RunQuery *q = t->q;
    bool persistent = q->kind == QUERY_PERSISTENT;
    t->env = (OpEnv){
        .fx = e->fx,
        .topics = e->topics,
        .disk = persistent ? e->disk : NULL,
        .arena = t->w->commit_arena,
        .partition = t->partition < 0 ? 0 : t->partition,
        .coalesce = persistent && props_int(&q->props, "cache.max.bytes.buffering") > 0,
        .changelog = persistent && topics_remote(e->topics),
        .checkpoint_owner = persistent ? task_owner(t, t->arena) : (Str){NULL, 0},
        .single_partition = e->cfg.single_partition,
        .batch_rows = e->cfg.batch_rows,
        .props = &q->props,
        .share = &e->share,
        .store_base = q->number << 8,
        .log = log_row,
        .log_arg = t,
    };
}

Status task_run(Task *t, Err *err)
{
    t->committed_ms = effects_mono_ms(t->q->e->fx);
    t->next_commit = t->committed_ms + commit_interval(t);
    for (int i = 0; i < t->ninputs; i++) {
        t->inputs[i].committed = t->inputs[i].position;
        Status st = reader_attach(t->w, &t->inputs[i], err);
        if (st)
            return st;
    }
    t->state = TASK_RUNNING;
    engine_ran(t->q->e);
    return OK;
}

/* What a broker does to transactions as a matter of course, at no fault of the query's. */
static bool of_commits(ErrCode code)
{
    return code == ERR_ABORT || code == ERR_FENCED || code == ERR_UNKNOWN_OUTCOME || code == ERR_BROKER;
}

/* Its worker's name in transactions may have one under way that a former life of this process left open: it is ended now,
 * else the positions that it touches would not be told before it times out. */
static void end_former_transaction(const Task *t)
{
    Worker *w = t->w;
    Err err = ERR_INIT;
    if (t->q->e->cfg.alone && of_commits(t->err.code)) /* not fenced by a membership: the name is its own until a commit fails */
        w->settled = false;
    if (!t->exactly_once || w->settled || t->q->kind != QUERY_PERSISTENT)
        return;
    w->settled = committer_take(w->committer, &err) == OK;
    err_clear(&err); /* the next start tries again */
}

static Status start(Task *t, bool standby, Err *err)
{
    const PSub *sub = &t->q->plan->subs[t->sub];
    bool limited = props_has(&t->q->props, "cache.max.bytes.buffering"), restores = restore_needed(t);
    t->arena = arena_new(0);
    fill_env(t);
    t->exactly_once = props_exactly_once(&t->q->props);
    end_former_transaction(t);
    Status st = restores ? restore_clear(t, err) : OK;
    if (st == OK)
        st = op_build(t->arena, sub->nodes, sub->n, &t->env, t->q->take, t->q->take_arg, t->q->e->cfg.check_operators, &t->chain,
                      err);
    if (st) {
        t->chain.n = 0;
        return st;
    }
    t->eager = !holds_back(t);
    t->held_most = limited ? props_int(&t->q->props, "cache.max.bytes.buffering") : -1;
    if (!restores) {
        st = task_positions(t, false, err);
        return st ? st : task_run(t, err);
    }
    t->state = standby ? TASK_STANDBY : TASK_RESTORING;
    st = restore_open(t, err);
    return st || standby ? st : restore_aim(t, err);
}

Status task_start(Task *t, Err *err) { return start(t, false, err); }

/* It goes on, or is another server's: what went wrong with it here is no trouble of the query's any more. */
static void forget_trouble(Task *t)
{
    if (t->state == TASK_ELSEWHERE)
        t->backoff_ms = t->untold_ms = t->failing_ms = 0;
    pthread_mutex_lock(&t->q->e->mu);
    err_clear(&t->err);
    pthread_mutex_unlock(&t->q->e->mu);
}

void task_place(Task *t)
{
    bool here = t->partition < 0 || members_has(t->q->e, t->partition);
    bool standby = !here && restore_needed(t) && members_stands_by(t->q->e, t->partition);
    t->first &= here;
    Err err = ERR_INIT;
    Status st = OK;
    if (here && t->state == TASK_FAILED) { /* as a standby: what is wrong with a copy does not stop the owner */
        task_stop(t);
        t->state = TASK_ELSEWHERE;
    }
    if (here && t->state == TASK_STANDBY) {
        t->state = TASK_RESTORING;
        st = restore_aim(t, &err);
    } else if (here && t->state == TASK_ELSEWHERE) {
        st = start(t, false, &err);
    } else if (!here && t->state != TASK_ELSEWHERE && !(standby && t->state == TASK_STANDBY)) {
        task_stop(t);
        t->state = TASK_ELSEWHERE;
    }
    if (standby && t->state == TASK_ELSEWHERE)
        st = start(t, true, &err);
    if (st)
        task_fail(t, &err);
    else if (t->state != TASK_WAITING && t->state != TASK_FAILED)
        forget_trouble(t);
    err_clear(&err);
}

void task_stop(Task *t)
{
    for (int i = 0; i < t->ninputs; i++)
        reader_detach(&t->inputs[i]);
    restore_free(t);
    if (t->env.unit)
        unit_abort(t->env.unit);
    t->env.unit = NULL;
    op_chain_free(&t->chain);
    t->chain.n = 0;
    arena_free(t->arena);
    t->arena = NULL;
    t->dirty = t->ahead = t->tells = false;
}

/* There is a last commit to go back to: state in memory alone has none. */
static bool restarts(const Task *t)
{
    return t->env.disk || topics_remote(t->q->e->topics) || op_chain_store(&t->chain) < 0;
}

void task_fail(Task *t, Err *err)
{
    int64_t now = effects_mono_ms(t->q->e->fx);
    bool retry = err_class(err->code) == CLASS_TASK_RETRY && t->q->kind == QUERY_PERSISTENT && restarts(t);
    int64_t first = of_commits(err->code) ? COMMIT_RETRY_MS : props_int(&t->q->props, "ksql.query.retry.backoff.initial.ms");
    int64_t most = props_int(&t->q->props, "ksql.query.retry.backoff.max.ms");
    bool told = t->backoff_ms && t->err.msg && err->msg && strcmp(t->err.msg, err->msg) == 0;
    if (err->code == ERR_BROKER && most > BROKER_RETRY_MS)
        most = BROKER_RETRY_MS;
    t->state = retry ? TASK_WAITING : TASK_FAILED;
    t->backoff_ms = t->backoff_ms ? t->backoff_ms * BACKOFF_SHARE : first;
    if (t->backoff_ms > most)
        t->backoff_ms = most;
    t->retry_at = now + t->backoff_ms;
    t->failing_ms = t->failing_ms ? t->failing_ms : now;
    if (t->q->kind == QUERY_PERSISTENT && !(retry && (told || engine_ending(t->q->e))))
        engine_log(t->q->e, "query %.*s, partition %d: %s%s", STR_ARG(t->q->id), t->partition, err->msg ? err->msg : "failed",
                   retry ? "; it is tried again" : "; it is stopped");
    pthread_mutex_lock(&t->q->e->mu);
    err_clear(&t->err);
    err_move(&t->err, err);
    pthread_mutex_unlock(&t->q->e->mu);
    if (t->env.unit)
        unit_abort(t->env.unit);
    t->env.unit = NULL;
    t->dirty = t->ahead = t->tells = false;
    if (t->q->ended && !retry)
        t->q->ended(t->q->take_arg, "", &t->err);
}

bool task_at_end(const Task *t)
{
    if (!t->q->bounded || t->state != TASK_RUNNING)
        return false;
    for (int i = 0; i < t->ninputs; i++)
        if (t->inputs[i].end < 0 || t->inputs[i].position < t->inputs[i].end)
            return false;
    return true;
}

/* The batch in hand is wanted no more, and what was not committed with it: whoever goes on does so from the last commit. */
static void task_discard(Task *t)
{
    t->state = TASK_WAITING;
    t->retry_at = INT64_MAX;
}

void task_batch(Task *t, const Batch *b)
{
    Err err = ERR_INIT;
    task_begin(t);
    t->rows_in += b->nsel;
    t->w->running = t->q;
    Status st = b->nsel ? op_chain_batch(&t->chain, b, &err) : OK;
    if (cancel_asked())
        task_discard(t);
    else if (st && st != ERR_CANCELLED)
        task_fail(t, &err);
    t->w->running = NULL;
    err_clear(&err);
}

/* Repartition topics do not grow while they are read fast; the rest is the keeper's. */
static void trim_inputs(Task *t)
{
    Err err = ERR_INIT;
    for (int i = 0; i < t->ninputs; i++) {
        TaskInput *ti = &t->inputs[i];
        if (!ti->in->internal || ti->position - ti->trimmed < TRIM_ROWS)
            continue;
        if (topic_trim(t->q->e->topics, ti->in->topic, ti->partition, ti->position, &err))
            err_clear(&err); /* what is left goes the next time */
        ti->trimmed = ti->position;
    }
}

/* Its slot may have been lost a moment ago: what it has not committed is to be dropped, and somebody else may run it already. */
static bool is_here(const Task *t) { return t->partition < 0 || members_has(t->q->e, t->partition); }

/* It has read on since its start or its last commit. */
static bool has_read(const Task *t)
{
    for (int i = 0; i < t->ninputs; i++)
        if (t->inputs[i].position != t->inputs[i].committed)
            return true;
    return false;
}

Unit *task_tell(Task *t)
{
    if (!t->tells || !t->dirty || t->state != TASK_RUNNING || !is_here(t) || !has_read(t))
        return NULL;
    arena_reset(t->w->commit_arena);
    Str owner = task_owner(t, t->w->commit_arena);
    Unit *u = unit_begin(t->q->e->topics);
    for (int i = 0; i < t->ninputs; i++)
        unit_position(u, owner, t->inputs[i].in->topic, t->inputs[i].partition, t->inputs[i].committed);
    return u;
}

void task_told(Task *t, Err *err)
{
    if (err->code == OK && committer_untold(t->w->committer, t->env.checkpoint_owner))
        err_set(err, ERR_BROKER, "its group could not be told where its state stands");
    if (err->code)
        task_fail(t, err);
    else
        t->tells = t->ahead = false;
    err_clear(err);
}

Unit *task_prepare(Task *t)
{
    Err err = ERR_INIT;
    t->next_commit = effects_mono_ms(t->q->e->fx) + commit_interval(t);
    if ((!t->dirty && !t->ahead) || t->state != TASK_RUNNING || !is_here(t))
        return NULL;
    if (t->q->kind == QUERY_TRANSIENT) {
        t->dirty = false;
        return NULL;
    }
    arena_reset(t->w->commit_arena);
    open_unit(t);
    if (op_chain_commit(&t->chain, &err)) {
        task_fail(t, &err);
        err_clear(&err);
        return NULL;
    }
    Str owner = task_owner(t, t->w->commit_arena);
    for (int i = 0; i < t->ninputs; i++)
        unit_position(t->env.unit, owner, t->inputs[i].in->topic, t->inputs[i].partition, t->inputs[i].position);
    if (t->exactly_once)
        unit_exactly_once(t->env.unit);
    unit_on_refused(t->env.unit, proclog_refused, t);
    Unit *u = t->env.unit;
    t->env.unit = NULL;
    return u;
}

void task_finish(Task *t, Err *err)
{
    if (err->code) {
        if (err->code == ERR_TOO_LARGE || err->code == ERR_REFUSED || err->code == ERR_DENIED || err->code == ERR_TOPIC_GONE)
            proclog_not_produced(t, NULL, err->msg);
        task_fail(t, err);
        err_clear(err);
        return;
    }
    op_chain_committed(&t->chain);
    t->dirty = false;
    look_again(t);
    t->ahead = !t->exactly_once && committer_untold(t->w->committer, t->env.checkpoint_owner);
    t->tells = t->ahead && t->q->e->disk && restore_needed(t);
    for (int i = 0; i < t->ninputs; i++)
        t->inputs[i].committed = t->inputs[i].position;
    if (!t->ahead) /* else whoever goes on from where the group stands has to read them */
        trim_inputs(t);
    t->backoff_ms = t->failing_ms = 0;
    t->committed_ms = effects_mono_ms(t->q->e->fx);
}

void task_keep_alive(Task *t, int64_t now)
{
    int64_t after = t->ahead ? TELL_AGAIN_MS : HOUR_MS;
    if (t->env.again && t->state == TASK_RUNNING && !t->dirty) /* markers alone were left to read: nothing commits them */
        look_again(t);
    if (t->state == TASK_RUNNING && !t->dirty && now - t->committed_ms >= after && t->q->kind == QUERY_PERSISTENT &&
        topics_remote(t->q->e->topics))
        task_begin(t);
}

/* Its commits are transactions of a broker, which are not begun for every few records. */
static bool in_transactions(const Task *t) { return t->exactly_once && topics_remote(t->q->e->topics); }

bool task_due(const Task *t, int64_t now, bool idle)
{
    if (t->state == TASK_WAITING)
        return now >= t->retry_at;
    if (t->state != TASK_RUNNING || !is_here(t))
        return false;
    if (!t->dirty)
        return false;
    if (t->eager)
        return (idle && !in_transactions(t)) || now - t->dirty_ms >= commit_interval(t) ||
               (t->env.unit && unit_bytes(t->env.unit) > EAGER_BYTES);
    return now >= t->next_commit || (t->held_most >= 0 && op_chain_held(&t->chain) > (size_t)t->held_most);
}

int64_t task_due_ms(const Task *t)
{
    if (t->state == TASK_WAITING)
        return t->retry_at;
    if (t->state != TASK_RUNNING || !t->dirty || !is_here(t))
        return INT64_MAX;
    return t->eager ? t->dirty_ms + commit_interval(t) : t->next_commit;
}
