// SPDX-License-Identifier: Apache-2.0
// Worker: a thread that owns tasks and readers, and steps them.
//
// One step: a message, else a batch of the next reader in turn, else the commits that are due. A worker
// with nothing to do sleeps until it is poked (an append, a message) or a commit is due. Under
// simulated effects there are no threads: runtime_step calls worker_step, and messages run at once.
#include <errno.h>
#include <time.h>

#include "base/cancel.h"
#include "runtime/internal.h"

typedef struct Message {
    WorkerFn *fn;
    void *arg;
    bool done;
} Message;

/* NO_ANSWER_MS: after so long a broker that does not answer is not asked for the next task too in the same step. */
enum { MAX_SLEEP_MS = 1000, NO_ANSWER_MS = 500, WATCH_MS = 5000 };

void worker_poke(Worker *w)
{
    pthread_mutex_lock(&w->mu);
    w->poked = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mu);
}

int worker_woken_bit(Str topic, int partition)
{
    return (int)((str_hash(topic) + (uint64_t)partition) % (WOKEN_WORDS * 64));
}

void worker_tell(Worker *w, Str topic, int partition)
{
    int bit = worker_woken_bit(topic, partition);
    __atomic_or_fetch(&w->woken[bit / 64], (uint64_t)1 << (bit % 64), __ATOMIC_RELEASE);
    if (w->thread)
        worker_poke(w);
}

void worker_call(Worker *w, WorkerFn *fn, void *arg)
{
    if (!w->thread || pthread_equal(pthread_self(), *(pthread_t *)w->thread)) {
        fn(arg);
        return;
    }
    Message m = {fn, arg, false};
    pthread_mutex_lock(&w->mu);
    vec_add(&w->inbox, &m);
    pthread_cond_signal(&w->wake);
    while (!m.done)
        pthread_cond_wait(&w->answered, &w->mu);
    pthread_mutex_unlock(&w->mu);
}

/* False: it is being done, or was. Under the lock. */
static bool take_back(Worker *w, const Message *m)
{
    for (int i = w->inbox.n; i-- > 0;)
        if (w->inbox.v[i] == m) {
            vec_remove(&w->inbox, i);
            return true;
        }
    return false;
}

bool worker_try(Worker *w, WorkerFn *fn, void *arg, int ms)
{
    if (!w->thread || pthread_equal(pthread_self(), *(pthread_t *)w->thread)) {
        fn(arg);
        return true;
    }
    Message m = {fn, arg, false};
    struct timespec until = wait_until(ms);
    pthread_mutex_lock(&w->mu);
    vec_add(&w->inbox, &m);
    pthread_cond_signal(&w->wake);
    while (!m.done && pthread_cond_timedwait(&w->answered, &w->mu, &until) != ETIMEDOUT)
        ;
    bool begun = !take_back(w, &m);
    while (begun && !m.done)
        pthread_cond_wait(&w->answered, &w->mu);
    pthread_mutex_unlock(&w->mu);
    return begun;
}

static bool run_message(Worker *w)
{
    pthread_mutex_lock(&w->mu);
    Message *m = w->inbox.n ? w->inbox.v[0] : NULL;
    if (m)
        vec_remove(&w->inbox, 0);
    pthread_mutex_unlock(&w->mu);
    if (!m)
        return false;
    m->fn(m->arg);
    pthread_mutex_lock(&w->mu);
    m->done = true;
    pthread_cond_broadcast(&w->answered);
    pthread_mutex_unlock(&w->mu);
    return true;
}

/* A reader that cannot read stops its tasks, each for itself. */
static void fail_reader(SourceReader *r, Err *err)
{
    while (r->subs.n) {
        TaskInput *ti = r->subs.v[r->subs.n - 1];
        Err copy = ERR_INIT;
        err_set(&copy, err->code, "%s", err->msg);
        bool last = r->subs.n == 1;
        task_fail(ti->task, &copy);
        err_clear(&copy);
        reader_detach(ti);
        if (last)
            return;
    }
}

/* A quiet reader's topic was written to behind its last look: the bit was set after that, or is still to be seen. After
 * MAX_SLEEP_MS all are looked at, written to or not. */
static void wake_readers(Worker *w)
{
    uint64_t bits[WOKEN_WORDS], any = 0;
    int64_t now = effects_mono_ms(w->e->fx);
    bool all = now >= w->quiet_ms;
    for (int i = 0; i < WOKEN_WORDS; i++) {
        bits[i] = __atomic_load_n(&w->woken[i], __ATOMIC_RELAXED);
        if (bits[i])
            any |= bits[i] = __atomic_exchange_n(&w->woken[i], 0, __ATOMIC_ACQUIRE);
    }
    if (all)
        w->quiet_ms = now + MAX_SLEEP_MS;
    for (int i = 0; (all || any) && i < w->readers.n; i++) {
        SourceReader *r = w->readers.v[i];
        if (all || bits[r->bit / 64] >> (r->bit % 64) & 1)
            r->quiet = false;
    }
}

static bool step_reader(Worker *w)
{
    wake_readers(w);
    for (int i = 0; i < w->readers.n; i++) {
        SourceReader *r = w->readers.v[(w->next_reader + i) % w->readers.n];
        if (r->quiet)
            continue;
        Err err = ERR_INIT;
        bool did = false;
        Status st = reader_step(r, &did, &err);
        if (st) {
            fail_reader(r, &err);
            err_clear(&err);
            return true;
        }
        if (did) {
            w->next_reader = w->readers.n ? (w->next_reader + i + 1) % w->readers.n : 0;
            return true;
        }
    }
    return false;
}

/* Tasks that merge several inputs. */
static bool step_merge(Worker *w)
{
    for (int i = 0; i < w->tasks.n; i++) {
        Task *t = w->tasks.v[i];
        Err err = ERR_INIT;
        bool did = false;
        if (t->ninputs < 2)
            continue;
        if (reader_merge_step(t, &did, &err)) {
            task_fail(t, &err);
            err_clear(&err);
            return true;
        }
        if (did)
            return true;
    }
    return false;
}

/* Tasks that restore their state, or keep a copy of it warm. */
static bool step_restore(Worker *w)
{
    bool any = false;
    for (int i = 0; i < w->tasks.n; i++) {
        Task *t = w->tasks.v[i];
        Err err = ERR_INIT;
        bool did = false;
        if (t->state != TASK_RESTORING && t->state != TASK_STANDBY)
            continue;
        if (restore_step(t, &did, &err)) {
            task_fail(t, &err);
            err_clear(&err);
            did = true;
        }
        any |= did;
    }
    return any;
}

/* A task that waited starts again from its last commit. */
static void restart(Task *t)
{
    task_stop(t);
    t->state = TASK_ELSEWHERE;
    task_place(t);
}

/* Local topics commit a unit by itself; a broker's transaction is shared by many. */
enum { GROUP_TASKS = 256 };

static void commit_units(Worker *w, Task *const *tasks, int n, Unit *(*prepare)(Task *t), void (*finish)(Task *t, Err *err))
{
    w->units.n = w->outcomes.n = w->grouped.n = 0;
    for (int i = 0; i < n; i++) {
        Unit *u = prepare(tasks[i]);
        if (!u)
            continue;
        vec_add(&w->grouped, tasks[i]);
        vec_add(&w->units, u);
        vec_add(&w->outcomes, ERR_INIT);
    }
    if (!w->units.n)
        return;
    __atomic_store_n(&w->commits, true, __ATOMIC_RELAXED);
    units_commit(w->committer, w->units.v, w->units.n, false, w->outcomes.v);
    __atomic_store_n(&w->commits, false, __ATOMIC_RELAXED);
    for (int i = 0; i < w->grouped.n; i++)
        finish(w->grouped.v[i], &w->outcomes.v[i]);
}

static void commit_group(Worker *w, Task *const *tasks, int n)
{
    commit_units(w, tasks, n, task_tell, task_told);
    commit_units(w, tasks, n, task_prepare, task_finish);
}

static void commit_due(Worker *w)
{
    int most = topics_remote(w->e->topics) ? GROUP_TASKS : 1;
    for (int i = 0; i < w->due.n; i += most)
        commit_group(w, w->due.v + i, w->due.n - i < most ? w->due.n - i : most);
}

void worker_commit(Worker *w, bool (*which)(const Task *t, const void *arg), const void *arg)
{
    w->due.n = 0;
    for (int i = 0; i < w->tasks.n; i++)
        if (which(w->tasks.v[i], arg))
            vec_add(&w->due, w->tasks.v[i]);
    commit_due(w);
}

static bool step_due(Worker *w, bool idle)
{
    int64_t now = effects_mono_ms(w->e->fx);
    bool did = false;
    w->due.n = 0;
    for (int i = 0; i < w->tasks.n; i++) {
        Task *t = w->tasks.v[i];
        task_keep_alive(t, now);
        if (task_at_end(t)) {
            t->state = TASK_DONE;
            t->q->ended(t->q->take_arg, "Query Completed", NULL);
            did = true;
            continue;
        }
        if (!task_due(t, now, idle))
            continue;
        did = true;
        if (t->state != TASK_WAITING)
            vec_add(&w->due, t);
        else if (effects_mono_ms(w->e->fx) - now < NO_ANSWER_MS) /* else the other tasks come first */
            restart(t);
    }
    commit_due(w);
    return did;
}

static void watch(Worker *w)
{
    int64_t now = effects_mono_ms(w->e->fx);
    if (now < w->watch_ms || !topics_remote(w->e->topics))
        return;
    w->watch_ms = now + WATCH_MS;
    for (int i = 0; i < w->tasks.n && effects_mono_ms(w->e->fx) - now < NO_ANSWER_MS; i++) /* the others the next time */
        task_watch(w->tasks.v[i], now);
}

bool worker_step(Worker *w)
{
    __atomic_store_n(&w->steps, w->steps + 1, __ATOMIC_RELAXED); /* written here only */
    if (run_message(w))
        return true;
    if (engine_ending(w->e)) /* what is left to do is said by messages */
        return false;
    watch(w);
    bool due = step_due(w, false);
    bool restored = step_restore(w);
    if (step_reader(w) || step_merge(w))
        return true;
    return step_due(w, true) || due || restored;
}

static int64_t next_due(const Worker *w, int64_t now)
{
    int64_t at = now + MAX_SLEEP_MS;
    for (int i = 0; i < w->tasks.n && !engine_ending(w->e); i++) {
        int64_t due = task_due_ms(w->tasks.v[i]);
        at = due < at ? due : at;
    }
    return at;
}

static void sleep_until_poked(Worker *w)
{
    int64_t now = effects_mono_ms(w->e->fx), at = next_due(w, now);
    struct timespec until = wait_until(at > now ? at - now : 0);
    pthread_mutex_lock(&w->mu);
    while (!w->poked && !w->inbox.n && !w->stop)
        if (pthread_cond_timedwait(&w->wake, &w->mu, &until) == ETIMEDOUT)
            break;
    w->poked = false;
    pthread_mutex_unlock(&w->mu);
}

/* A batch in hand when the engine ends has this time to be done. */
enum { ENDING_NS = 300000000 };

static bool is_cancelled(void *arg)
{
    Worker *w = arg;
    Engine *e = w->e;
    if (!w->running && !w->pulling) /* a commit is never cut off */
        return false;
    if (w->running && __atomic_load_n(&w->running->stopping, __ATOMIC_ACQUIRE))
        return true;
    if (w->pulling && e->cfg.interrupted && e->cfg.interrupted())
        return true;
    if (!engine_ending(e))
        return false;
    int64_t now = e->fx->mono_ns(e->fx);
    w->ending_ns = w->ending_ns ? w->ending_ns : now;
    return now - w->ending_ns >= ENDING_NS;
}

static void *worker_main(void *arg)
{
    Worker *w = arg;
    cancel_watch(is_cancelled, w);
    for (;;) {
        pthread_mutex_lock(&w->mu);
        bool stop = w->stop && !w->inbox.n;
        pthread_mutex_unlock(&w->mu);
        if (stop)
            return NULL;
        if (!worker_step(w))
            sleep_until_poked(w);
    }
}

Status worker_start(Worker *w, Err *err)
{
    pthread_mutex_init(&w->mu, NULL);
    wait_init(&w->wake);
    wait_init(&w->answered);
    w->batch_arena = arena_new(4096);
    w->commit_arena = arena_new(4096);
    Str name = arena_strf(w->batch_arena, "_confluent-ksql-%.*s-%.*s-%d", STR_ARG(w->e->service_id),
                          STR_ARG(w->e->member_id), w->index);
    w->committer = committer_new(w->e->topics, name, !w->e->cfg.alone);
    if (w->e->fx->simulated)
        return OK;
    int rc = w->e->fx->thread_start(w->e->fx, "sluice-worker", worker_main, w, &w->thread);
    return rc ? err_set(err, ERR_IO, "a worker thread does not start: %s", strerror(rc)) : OK;
}

void worker_stop(Worker *w)
{
    if (w->thread) {
        pthread_mutex_lock(&w->mu);
        w->stop = true;
        pthread_cond_signal(&w->wake);
        pthread_mutex_unlock(&w->mu);
        w->e->fx->thread_join(w->e->fx, w->thread);
        w->thread = NULL;
    }
}

void worker_forget(Worker *w, Task *t)
{
    for (int i = 0; i < w->tasks.n; i++)
        if (w->tasks.v[i] == t) {
            vec_remove(&w->tasks, i);
            return;
        }
}
