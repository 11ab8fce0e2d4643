// SPDX-License-Identifier: Apache-2.0
// Restore: brings a task's stores forward with their changelogs, before it runs or while it stands by.
//
//   state here   positions     what is done (remote topics; local ones need none of this)
//   none         group's       the stores' whole changelogs are read
//   intact       group's       exactly once: the tail behind the checkpoint is read: a crash between the broker's commit and the
//                              local one left the state behind, or another server worked on meanwhile
//   intact       own           at least once, when nobody wrote to the logs since: nothing is read, the own positions decide
//
// At least once records may stand in a changelog whose positions the group was never told. Own positions decide where the
// group stands at them and was told so from here: what the log has behind the checkpoint is then of records that will be read
// again, and written again. Where another told the group the same, or the own ones are ahead of the group (a crash, or a broker
// that failed, kept it from being told), they decide only if each log ends with the checkpoint here, and the state was not
// brought forward with it since: else another server's values stand last in the log, and what is here would not be what the
// next server restores. A task that starts ahead of its group tells it at once.
//
// For that to be known, a task whose positions are not both here and with the group, told from here, puts them there before it
// sends the first records behind its start, or behind a commit that the group was not told of (task_tell). So what a log gets
// from a commit whose answer was lost, perhaps when the process has ended already, is not taken for another server's, and
// counted once.
//
// The end of a changelog is asked for after the group's positions were answered, and they are answered only when no transaction
// that touches them is open; it counts open transactions in, and committed records only are read. So what a server that was
// cut off had under way is either in what is read or was aborted.
//
// What was read is written to the disk every FLUSH_RECORDS with the place in the changelog: a restore that is cut off goes on.
// Until state that began with nothing is whole, that place is kept under a name of its own ("<owner>-filling"): own positions
// never decide over a part.
//
// State here is dropped, and read anew from the changelog, where the log cannot bring it forward:
//   no checkpoint             whose it is, and from when, is not known
//   checkpoint > end          the log was made anew or rolled back: the state is of records that are no more
//   checkpoint < begin        what stood in between was cut off
//   older than STALE_MS       tombstones behind it may have been compacted away (delete.retention.ms, 24 h unless set otherwise);
//                             while a task runs or stands by its checkpoints are told again, at most 2 h after the truth
//                             (exec/changelog.c)
// @thread worker
#include <stdlib.h>

#include "runtime/internal.h"

enum { FLUSH_RECORDS = 200000, STALE_MS = 21 * 3600 * 1000, TELL_MS = 30 * 60 * 1000, PROGRESS_MS = 5000 };

typedef struct RestoreLog {
    Op *op;
    SourceReader decoder; /* not among the worker's readers */
    TopicReader *records;
    int64_t at, end;
} RestoreLog;

struct Restore {
    int n;
    RestoreLog *logs;
    int64_t unflushed;
    int64_t logged_ms;  /* when its progress was last logged */
    int64_t stepped_ms; /* when it last had a turn */
    int64_t told_ms;    /* when it was last seen to where a copy stands */
    bool own;    /* the own positions decide … */
    bool shared; /* … where the logs end here: another server may have written to them since */
    bool ahead;  /* … and the group does not know them */
    bool warm;  /* a standby copy that had all there was when it was opened */
    bool filling; /* the state is a part of what the changelogs had when it was opened */
};

static bool has_log(const Task *t, const PNode *node)
{
    return node->store >= 0 && node->log && topics_remote(t->q->e->topics) && t->q->kind == QUERY_PERSISTENT;
}

bool restore_needed(const Task *t)
{
    const PSub *sub = &t->q->plan->subs[t->sub];
    for (int i = 0; i < sub->n; i++)
        if (has_log(t, &sub->nodes[i]))
            return true;
    return false;
}

/* Under which checkpoints of state that is not whole are kept. */
static Str filling_owner(const Task *t, Arena *a)
{
    return arena_strf(a, "%.*s-filling", STR_ARG(task_owner(t, a)));
}

/* *whole, *written_ms may be NULL. */
static int64_t checkpoint(const Task *t, const PNode *node, bool *whole, int64_t *written_ms)
{
    Topics *topics = t->q->e->topics;
    if (!t->q->e->disk)
        return -1;
    Arena *a = arena_new(256);
    Str owner = task_owner(t, a);
    int64_t at = checkpoint_get(topics, owner, node->log->topic, t->partition);
    if (whole)
        *whole = at >= 0;
    if (at < 0) {
        owner = filling_owner(t, a);
        at = checkpoint_get(topics, owner, node->log->topic, t->partition);
    }
    if (written_ms)
        *written_ms = checkpoint_ms(topics, owner, node->log->topic, t->partition);
    arena_free(a);
    return at;
}

/* *why: the log cannot bring the state forward; "": there is none; NULL: it can. */
static Status judge(const Task *t, const PNode *node, const char **why, Err *err)
{
    int64_t begin, end, written, at = checkpoint(t, node, NULL, &written);
    *why = "";
    if (at < 0)
        return OK;
    Status st = topic_ends(t->q->e->topics, node->log->topic, t->partition, &begin, &end, err);
    *why = at > end                                                               ? "is ahead of its changelog"
           : at < begin                                                           ? "is older than what its changelog begins with"
           : at < end && llabs(effects_wall_ms(t->q->e->fx) - written) > (int64_t)STALE_MS ? "is too old to be brought forward"
                                                                                  : NULL;
    return st;
}

/* The task's stores, and what is known of them. */
static Status drop_state(const Task *t, Err *err)
{
    const PSub *sub = &t->q->plan->subs[t->sub];
    Arena *a = arena_new(256);
    Unit *u = unit_begin(t->q->e->topics);
    for (int i = 0; i < sub->n; i++)
        if (has_log(t, &sub->nodes[i]))
            store_drop_partition(unit_disk(u), (t->q->number << 8) + (uint32_t)sub->nodes[i].store, t->partition);
    unit_checkpoint_drop(u, task_owner(t, a), t->partition);
    unit_checkpoint_drop(u, filling_owner(t, a), t->partition);
    Status st = unit_commit(u, false, err);
    arena_free(a);
    return st;
}

/* Before the operators are made. */
Status restore_clear(const Task *t, Err *err)
{
    const PSub *sub = &t->q->plan->subs[t->sub];
    bool drop = false;
    Status st = OK;
    if (!t->q->e->disk)
        return OK;
    for (int i = 0; i < sub->n && st == OK && !drop; i++) {
        const char *why = NULL;
        if (has_log(t, &sub->nodes[i]))
            st = judge(t, &sub->nodes[i], &why, err);
        drop = st == OK && why;
        if (drop && *why)
            engine_log(t->q->e, "query %.*s, partition %d: its state here %s, and is made anew", STR_ARG(t->q->id),
                       t->partition, why);
    }
    return st || !drop ? st : drop_state(t, err);
}

static Status open_log(Task *t, Op *op, RestoreLog *log, Err *err)
{
    Topics *topics = t->q->e->topics;
    const PInput *in = op->node->log;
    bool whole;
    int64_t begin, end, at = checkpoint(t, op->node, &whole, NULL);
    Status st = topic_ends(topics, in->topic, t->partition, &begin, &end, err);
    if (st)
        return st;
    log->op = op;
    t->restore->filling |= t->q->e->disk && !whole;
    log->at = at > begin ? at : begin;
    log->end = end;
    log->decoder = (SourceReader){.w = t->w, .in = in, .partition = t->partition, .wanted = (bool *)in->wanted};
    st = reader_new(&in->key, in->wanted, &log->decoder.key, err);
    if (st == OK)
        st = reader_new(&in->value, in->wanted + in->key.ncols, &log->decoder.value, err);
    if (st == OK)
        st = topic_reader_open(topics, in->topic, t->partition, log->at, &log->records, err);
    return st;
}

static void close_log(RestoreLog *log)
{
    reader_free(log->decoder.key);
    reader_free(log->decoder.value);
    topic_reader_close(log->records);
}

void restore_free(Task *t)
{
    if (!t->restore)
        return;
    for (int i = 0; i < t->restore->n; i++)
        close_log(&t->restore->logs[i]);
    mem_free(t->restore->logs);
    mem_free(t->restore);
    t->restore = NULL;
}

/* True where an operator with a store is behind a checker too: it is taken once. */
static bool keeps_log(const Task *t, int i)
{
    const Op *op = t->chain.v[i];
    return op->node && op->class->restore && has_log(t, op->node);
}

Status restore_open(Task *t, Err *err)
{
    Restore *r = t->restore = mem_zalloc(sizeof *r);
    r->logs = mem_zalloc(sizeof *r->logs * (size_t)t->chain.n);
    t->restored = (RestoreProgress){.started_ms = effects_mono_ms(t->q->e->fx)};
    for (int i = 0; i < t->chain.n; i++)
        if (keeps_log(t, i)) {
            Status st = open_log(t, t->chain.v[i], &r->logs[r->n++], err);
            if (st)
                return st;
        }
    return OK;
}

/* The state here has all that the log has, and nothing that the positions kept with it do not count as read. */
static Status log_ends_here(const Task *t, const RestoreLog *log, int64_t at, bool *own, Err *err)
{
    const PInput *in = log->op->node->log;
    int64_t begin, end;
    Status st = topic_ends(t->q->e->topics, in->topic, t->partition, &begin, &end, err);
    *own = st == OK && end == at;
    return st;
}

/* At least once: r->own, r->ahead. */
static Status own_positions_decide(Task *t, Err *err)
{
    Topics *topics = t->q->e->topics;
    Restore *r = t->restore;
    Status st = OK;
    int64_t moved_ms = INT64_MAX;
    r->own = !t->exactly_once && t->q->e->disk;
    r->ahead = r->shared = false;
    Arena *a = arena_new(256);
    Str owner = task_owner(t, a);
    for (int i = 0; i < t->ninputs && r->own; i++) {
        const TaskInput *ti = &t->inputs[i];
        int64_t here = position_local(topics, owner, ti->in->topic, ti->partition);
        int64_t there = position_get(topics, owner, ti->in->topic, ti->partition);
        int64_t ms = position_local_ms(topics, owner, ti->in->topic, ti->partition);
        r->own = here >= 0 && (there == -1 ? task_expired_position(t, ti, owner) == here : there >= 0 && here >= there);
        r->ahead |= r->own && here > there;
        r->shared |= r->own && !(here == there && position_told_here(topics, owner, ti->in->topic, ti->partition));
        moved_ms = ms < moved_ms ? ms : moved_ms;
    }
    for (int i = 0; i < r->n && r->own && st == OK; i++) {
        bool whole;
        int64_t ms, at = checkpoint(t, r->logs[i].op->node, &whole, &ms);
        r->own = at >= 0 && whole && ms <= moved_ms && r->logs[i].at == at; /* else a standby copy went on from it */
        if (r->own && r->shared)
            st = log_ends_here(t, &r->logs[i], at, &r->own, err);
    }
    arena_free(a);
    r->ahead &= r->own;
    return st;
}

Status restore_aim(Task *t, Err *err)
{
    Restore *r = t->restore;
    Status st = own_positions_decide(t, err);
    if (st == OK)
        st = task_positions(t, r->own, err);
    t->restored = (RestoreProgress){.started_ms = effects_mono_ms(t->q->e->fx)}; /* what a standby copy has read is not counted */
    for (int i = 0; i < r->n && st == OK; i++) {
        RestoreLog *log = &r->logs[i];
        int64_t begin;
        log->end = log->at;
        if (!r->own)
            st = topic_ends(t->q->e->topics, log->op->node->log->topic, t->partition, &begin, &log->end, err);
        if (st == OK && !r->own && (log->at > log->end || log->at < begin)) /* the next start judges the state by it */
            st = err_set(err, ERR_ABORT, "changelog %.*s, partition %d, was made anew while a copy of it stood by",
                         STR_ARG(log->op->node->log->topic), t->partition);
        t->restored.left += log->end > log->at ? log->end - log->at : 0;
    }
    if (st)
        return st;
    if (t->restored.left)
        engine_log(t->q->e, "query %.*s, partition %d: restoring its state, at most %lld records", STR_ARG(t->q->id),
                   t->partition, (long long)t->restored.left);
    return OK;
}

/* Writes down what was restored, and how far. whole: nothing is missing. */
static Status flush(Task *t, bool whole, Err *err)
{
    Restore *r = t->restore;
    Unit *u = unit_begin(t->q->e->topics);
    Arena *a = arena_new(256);
    Str owner = r->filling && !whole ? filling_owner(t, a) : task_owner(t, a);
    Err e = ERR_INIT;
    if (r->filling && whole)
        unit_checkpoint_drop(u, filling_owner(t, a), t->partition);
    for (int i = 0; i < r->n; i++) {
        r->logs[i].op->class->restored(r->logs[i].op, unit_disk(u));
        unit_checkpoint(u, owner, r->logs[i].op->node->log->topic, t->partition, r->logs[i].at);
    }
    r->unflushed = 0;
    units_commit(t->w->committer, &u, 1, false, &e);
    r->filling &= !(whole && e.code == OK);
    arena_free(a);
    err_move(err, &e);
    return (Status)err->code;
}

/* With the log went what the state here is a copy of. There may be another one of its name already, or the task ends at its next
 * start. */
static Status log_gone(const Task *t, Err *err)
{
    Err e = ERR_INIT;
    err->code = ERR_ABORT;
    if (t->q->e->disk && drop_state(t, &e)) {
        err_clear(err);
        err_move(err, &e);
    }
    return (Status)err->code;
}

static Status read_log(Task *t, RestoreLog *log, bool *did, Err *err)
{
    RecordSet set;
    Status st = topic_reader_next(log->records, LIMIT_BATCH_ROWS, &set, err);
    if (st)
        return st == ERR_TOPIC_GONE ? log_gone(t, err) : st;
    *did = set.n > 0 || set.next_offset > log->at;
    if (set.n) {
        arena_reset(t->w->batch_arena);
        const Batch *b = reader_decode(&log->decoder, &set, t->w->batch_arena);
        if (b->errors->total) /* a key left out would be a wrong answer later */
            st = err_set(err, ERR_CORRUPT, "%lld records of changelog %.*s, partition %d, before offset %lld do not read: %.*s",
                         (long long)b->errors->total, STR_ARG(log->op->node->log->topic), t->partition,
                         (long long)set.next_offset, STR_ARG(b->errors->v.n ? b->errors->v.v[0].message : STR("")));
        else
            st = log->op->class->restore(log->op, b, err);
        t->restored.records += set.n;
        for (int i = 0; i < set.n; i++)
            t->restored.bytes += (set.records[i].key ? set.records[i].key_len : 0) +
                                 (set.records[i].value ? set.records[i].value_len : 0);
        t->restore->unflushed += set.n;
    }
    int64_t read = set.next_offset - log->at;
    t->restored.left -= read < t->restored.left ? read : t->restored.left;
    log->at = set.next_offset;
    recordset_release(&set);
    return st;
}

static void log_progress(Task *t)
{
    const RestoreProgress *p = &t->restored;
    int64_t now = effects_mono_ms(t->q->e->fx), ms = now - p->started_ms;
    if (t->restore->logged_ms < p->started_ms)
        t->restore->logged_ms = p->started_ms;
    if (now - t->restore->logged_ms < PROGRESS_MS || !p->records)
        return;
    t->restore->logged_ms = now;
    engine_log(t->q->e,
               "query %.*s, partition %d: %lld records, %lld KB of its state restored, at most %lld records left, about %lld s",
               STR_ARG(t->q->id), t->partition, (long long)p->records, (long long)(p->bytes >> 10), (long long)p->left,
               (long long)((double)p->left * (double)ms / (double)p->records / 1000 + 1));
}

/* Tells once when the copy has caught up. */
static void note_warm(Task *t)
{
    Restore *r = t->restore;
    bool warm = true;
    for (int i = 0; i < r->n; i++)
        warm &= r->logs[i].at >= r->logs[i].end;
    if (warm && !r->warm)
        engine_log(t->q->e, "query %.*s, partition %d: a copy of its state stands by, %lld records", STR_ARG(t->q->id),
                   t->partition, (long long)t->restored.records);
    r->warm = warm;
}

/* A copy to which nothing comes is as good as now where the log ends with it: from time to time that is asked for and
 * written down. */
static Status stand(Task *t, Err *err)
{
    Restore *r = t->restore;
    int64_t begin, end, now = effects_mono_ms(t->q->e->fx);
    if (!r->warm || now - r->told_ms < TELL_MS)
        return OK;
    r->told_ms = now;
    for (int i = 0; i < r->n; i++) {
        Err e = ERR_INIT;
        Status st = topic_ends(t->q->e->topics, r->logs[i].op->node->log->topic, t->partition, &begin, &end, &e);
        err_clear(&e); /* another time */
        if (st || r->logs[i].at != end)
            return OK;
    }
    return flush(t, true, err);
}

/* A process that was stopped for long: what stood behind its place may have been compacted away, as behind an old checkpoint. */
static Status slept(Task *t, Err *err)
{
    int64_t now = effects_mono_ms(t->q->e->fx), last = t->restore->stepped_ms;
    t->restore->stepped_ms = now;
    if (!last || now - last <= (int64_t)STALE_MS)
        return OK;
    return err_set(err, ERR_ABORT, "its state was not brought forward for %lld h", (long long)((now - last) / 3600000));
}

Status restore_step(Task *t, bool *did, Err *err)
{
    Restore *r = t->restore;
    bool behind = false;
    *did = false;
    if (slept(t, err))
        return (Status)err->code;
    for (int i = 0; i < r->n; i++) {
        RestoreLog *log = &r->logs[i];
        if (t->state == TASK_RESTORING && log->at >= log->end)
            continue;
        behind = true;
        Status st = read_log(t, log, did, err);
        if (st == OK && t->state == TASK_RESTORING)
            log_progress(t);
        if (st || *did)
            return st ? st : r->unflushed >= FLUSH_RECORDS ? flush(t, false, err) : OK;
    }
    if (t->state == TASK_STANDBY) {
        note_warm(t);
        return r->unflushed || (r->warm && r->filling) ? flush(t, r->warm, err) : stand(t, err);
    }
    if (behind)
        return OK; /* waits for what is on its way */
    *did = true;
    Status st = r->own ? OK : flush(t, true, err); /* own: the checkpoints are as they were written with the positions */
    if (st == OK) {
        t->ahead = r->ahead;
        t->tells = !t->exactly_once && t->q->e->disk && (!r->own || r->shared);
        if (t->restored.records)
            engine_log(t->q->e, "query %.*s, partition %d: restored %lld records, %lld KB, in %lld ms", STR_ARG(t->q->id),
                       t->partition, (long long)t->restored.records, (long long)(t->restored.bytes >> 10),
                       (long long)(effects_mono_ms(t->q->e->fx) - t->restored.started_ms));
        restore_free(t);
        st = task_run(t, err);
    }
    if (st == OK && t->ahead)
        task_begin(t);
    return st;
}
