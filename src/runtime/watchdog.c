// SPDX-License-Identifier: Apache-2.0
// Watchdog: says in the server's log what its queries wait for, when they have made no progress for a minute.
//
//   kind      who waits                                                           since
//   slots     the server has queries, and the consumer group assigned it none     it was first seen without any
//   restore   a task restores its state, and no record comes                      the last record came
//   broker    a task is tried again after an error of the broker                  its first error after its last commit
//   commit    the same after a commit that failed, or records were worked on and  the same; the commit was due
//             are not committed
//   disk      the same after an error of the disk                                 its first error after its last commit
//   topic     an open transaction is in front of what a task is to read           the task stopped there
//
// A worker that has not finished a step since the last look waits too: for a commit when it is in one, else for the broker.
//
// Each kind is said once after LEAST_MS, again when it has lasted twice as long, and at least MOST_MS apart from then on, with the
// task that has waited longest. When nobody has waited for it for CALM_MS, the log says that it is over. A task that fails, starts
// again and fails again has no such pause.
// @thread keeper; each worker looks at its own tasks, when it answers within ANSWER_MS
#include <stdio.h>

#include "runtime/internal.h"

enum { LOOK_MS = 5000, LEAST_MS = 60000, MOST_MS = 3600 * 1000, CALM_MS = 15000, ANSWER_MS = 200, CLEAN_MS = 10000 };

static const char *const names[WAIT_KINDS] = {
    [WAIT_SLOTS] = "slots",       [WAIT_RESTORE] = "the restore of state", [WAIT_BROKER] = "the broker",
    [WAIT_COMMIT] = "a commit",   [WAIT_DISK] = "the disk",                [WAIT_TOPIC] = "a topic",
};

/* What one look found, of one kind. */
typedef struct Found {
    int n;            /* tasks or workers */
    int64_t since_ms; /* of the one that has waited longest */
    Buf text;         /* about it */
} Found;

typedef struct Look {
    Worker *w;
    int64_t now;
    Found found[WAIT_KINDS];
} Look;

/* True: it is the one to write about so far. */
static bool add(Look *l, WaitFor kind, int64_t since_ms)
{
    Found *f = &l->found[kind];
    if (l->now - since_ms < LEAST_MS)
        return false;
    bool longest = f->n++ == 0 || since_ms < f->since_ms;
    if (longest)
        f->since_ms = since_ms;
    return longest;
}

/* ---- tasks ---- */

static WaitFor kind_of(ErrCode code) { return code == ERR_IO ? WAIT_DISK : code == ERR_BROKER ? WAIT_BROKER : WAIT_COMMIT; }

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* 0: it waits for nothing. */
static int64_t waits_since(Task *t, int64_t now, WaitFor *kind)
{
    int64_t mark = t->restored.records - t->restored.left;
    if (t->state != TASK_RESTORING || !t->watched_ms || mark != t->watched_mark)
        t->watched_ms = t->state == TASK_RESTORING ? now : 0;
    t->watched_mark = mark;
    switch (t->state) {
    case TASK_RESTORING:
        *kind = WAIT_RESTORE;
        return t->watched_ms;
    case TASK_WAITING:
        *kind = kind_of(t->err.code);
        return t->failing_ms;
    case TASK_RUNNING:
        *kind = WAIT_TOPIC;
        const TaskInput *held = task_held_up(t);
        if (held)
            return held->stood_ms;
        *kind = WAIT_COMMIT;
        if (t->dirty)
            return later(t->next_commit, t->dirty_ms);
        if (now - t->committed_ms > CLEAN_MS)
            t->failing_ms = 0;
        return 0;
    default:
        return 0;
    }
}

static void describe(const Task *t, WaitFor kind, Buf *out)
{
    const TaskInput *held = kind == WAIT_TOPIC ? task_held_up(t) : NULL;
    buf_clear(out);
    buf_printf(out, "query %.*s, partition %d: ", STR_ARG(t->q->id), t->partition);
    if (held)
        task_held_text(held, out);
    else if (kind == WAIT_RESTORE)
        buf_printf(out, "%lld records restored, at most %lld left", (long long)t->restored.records, (long long)t->restored.left);
    else if (t->state == TASK_WAITING)
        buf_cstr(out, t->err.msg ? t->err.msg : "it failed");
    else
        buf_cstr(out, "its last records are not committed");
}

/* @thread worker */
static void look(void *arg)
{
    Look *l = arg;
    for (int i = 0; i < l->w->tasks.n; i++) {
        Task *t = l->w->tasks.v[i];
        WaitFor kind = WAIT_KINDS;
        int64_t since_ms = t->q->kind == QUERY_PERSISTENT ? waits_since(t, l->now, &kind) : 0;
        if (since_ms && add(l, kind, since_ms))
            describe(t, kind, &l->found[kind].text);
    }
}

/* False: it is in a step, and its tasks cannot be looked at. */
static bool look_at_worker(Look *l, Worker *w)
{
    uint64_t steps = __atomic_load_n(&w->steps, __ATOMIC_RELAXED);
    WaitFor kind = __atomic_load_n(&w->commits, __ATOMIC_RELAXED) ? WAIT_COMMIT : WAIT_BROKER;
    l->w = w;
    if (!w->thread || steps != w->steps_seen || !w->stepped_ms) {
        w->steps_seen = steps;
        w->stepped_ms = l->now;
        return worker_try(w, look, l, ANSWER_MS);
    }
    if (add(l, kind, w->stepped_ms)) {
        Buf *text = &l->found[kind].text;
        buf_clear(text);
        buf_printf(text, "worker %d has been in the same call since", w->index);
    }
    return false;
}

/* ---- the server ---- */

static bool has_queries(Engine *e)
{
    bool any = false;
    pthread_mutex_lock(&e->mu);
    for (int i = 0; i < e->queries.n && !any; i++)
        any = e->queries.v[i]->kind == QUERY_PERSISTENT;
    pthread_mutex_unlock(&e->mu);
    return any;
}

static void look_at_slots(Engine *e, Look *l)
{
    bool none = e->joined && __atomic_load_n(&e->slots, __ATOMIC_ACQUIRE) == 0 && has_queries(e);
    Watchdog *d = &e->watchdog;
    d->no_slots_ms = !none ? 0 : d->no_slots_ms ? d->no_slots_ms : l->now;
    if (none && add(l, WAIT_SLOTS, d->no_slots_ms)) {
        Buf *text = &l->found[WAIT_SLOTS].text;
        buf_clear(text);
        buf_printf(text, "consumer group _confluent-ksql-%.*s_members has assigned none to this server", STR_ARG(e->service_id));
    }
}

static void say(Engine *e, WaitFor kind, const Found *f, int64_t now)
{
    char more[40] = "";
    if (f->n > 1)
        snprintf(more, sizeof more, " (and %d more)", f->n - 1);
    engine_log(e, "no progress: waiting for %s for %lld s: %.*s%s", names[kind], (long long)(now - f->since_ms) / 1000,
               STR_ARG(buf_view(&f->text)), more);
}

/* blind: not every task was looked at, so that nothing is known to be over. */
static void tell(Engine *e, WaitFor kind, const Found *f, int64_t now, bool blind)
{
    Waiting *w = &e->watchdog.waiting[kind];
    if (f->n) {
        w->seen_ms = now;
        if (w->since_ms && now < w->again_ms)
            return;
        w->since_ms = w->since_ms ? w->since_ms : f->since_ms;
        int64_t pause = now - w->since_ms;
        w->again_ms = now + (pause < MOST_MS ? pause : MOST_MS);
        say(e, kind, f, now);
    } else if (w->since_ms && !blind && now - w->seen_ms >= CALM_MS) {
        engine_log(e, "no longer waiting for %s, after %lld s", names[kind], (long long)(w->seen_ms - w->since_ms) / 1000);
        *w = (Waiting){0};
    }
}

void watchdog_step(Engine *e)
{
    Look l = {.now = effects_mono_ms(e->fx)};
    bool blind = false;
    if (l.now < e->watchdog.next_ms || engine_ending(e))
        return;
    e->watchdog.next_ms = l.now + LOOK_MS;
    look_at_slots(e, &l);
    for (int i = 0; i < e->nworkers; i++)
        blind |= !look_at_worker(&l, &e->workers[i]);
    for (int k = 0; k < WAIT_KINDS; k++) {
        tell(e, (WaitFor)k, &l.found[k], l.now, blind);
        buf_free(&l.found[k].text);
    }
}
