// SPDX-License-Identifier: Apache-2.0
// RunQuery: a planned query and its tasks, from planning to the erasing of its state.
//
// A persistent query has a task for each sub-topology and partition; a transient one has a single task
// that reads all partitions. Task of partition p goes to worker (hash of the source's topic + p) modulo the
// workers, so the tasks of one source partition share a worker and its reader. @thread under the
// statement lock, unless said otherwise
#include "runtime/internal.h"

static Str app_id(Engine *e, Arena *a, Str query_id)
{
    return arena_strf(a, "_confluent-ksql-%.*squery_%.*s", STR_ARG(e->service_id), STR_ARG(query_id));
}

static Worker *pick_worker(Engine *e, const PInput *in, int partition)
{
    return &e->workers[(str_hash(in->topic) + (uint64_t)partition) % (uint64_t)e->nworkers];
}

static void add_task(RunQuery *q, int sub, int partition)
{
    const PInput *in = &q->plan->subs[sub].input;
    Task *t = mem_zalloc(sizeof *t);
    t->q = q;
    t->sub = sub;
    t->partition = partition;
    t->w = pick_worker(q->e, &q->plan->subs[0].input, partition < 0 ? 0 : partition);
    t->ninputs = partition < 0 ? in->partitions : 1;
    t->inputs = mem_zalloc(sizeof *t->inputs * (size_t)t->ninputs);
    for (int i = 0; i < t->ninputs; i++)
        t->inputs[i] = (TaskInput){.task = t, .in = in, .partition = partition < 0 ? i : partition, .end = -1};
    q->tasks[q->ntasks++] = t;
}

static void make_tasks(RunQuery *q)
{
    int n = 0;
    for (int s = 0; s < q->plan->nsubs; s++)
        n += q->kind == QUERY_TRANSIENT ? 1 : q->plan->subs[s].input.partitions;
    q->tasks = ARENA_ARRAY(q->arena, Task *, n);
    for (int s = 0; s < q->plan->nsubs; s++) {
        if (q->kind == QUERY_TRANSIENT)
            add_task(q, s, -1);
        for (int p = 0; q->kind == QUERY_PERSISTENT && p < q->plan->subs[s].input.partitions; p++)
            add_task(q, s, p);
    }
}

Status query_new(Engine *e, const BoundQuery *bq, DataSource *sink, Str id, uint32_t number, QueryKind kind, const PropSet *props,
                 RunQuery **out, Err *err)
{
    Arena *a = arena_new(4096);
    RunQuery *q = ARENA_NEW(a, RunQuery);
    q->e = e;
    q->arena = a;
    q->kind = kind;
    q->id = arena_str(a, id);
    q->number = number;
    q->created_ms = effects_now(e->fx);
    q->source = source_ref(bq->source);
    q->sink = sink ? source_ref(sink) : NULL;
    props_copy(&q->props, props);
    q->logical = lp_build(a, bound_query_dup(a, bq), sink);
    PlanUse use = {kind == QUERY_PERSISTENT ? app_id(e, a, q->id) : (Str){NULL, 0}};
    if (kind == QUERY_PERSISTENT && !e->cfg.single_partition)
        q->logical = rule_repartition(a, q->logical);
    Status st = pp_build(a, q->logical, &use, &q->plan, err);
    if (st) {
        query_free(q);
        return st;
    }
    make_tasks(q);
    *out = q;
    return OK;
}

Status query_make_topics(RunQuery *q, Err *err)
{
    for (int s = 1; s < q->plan->nsubs; s++) {
        const PInput *in = &q->plan->subs[s].input;
        TopicInfo info;
        if (topic_describe(q->e->topics, in->topic, &info))
            continue;
        info = (TopicInfo){in->topic, in->partitions, 1, -1, CLEANUP_DELETE, TOPIC_REPARTITION};
        Status st = topic_create(q->e->topics, &info, err);
        if (st)
            return st;
    }
    return OK;
}

void query_first_positions(RunQuery *q, bool earliest, Unit *u)
{
    Topics *topics = q->e->topics;
    const char *reset = props_get(&q->props, "auto.offset.reset");
    for (int i = 0; i < q->ntasks; i++) {
        Task *t = q->tasks[i];
        Arena *a = arena_new(256);
        Str owner = task_owner(t, a);
        for (int k = 0; k < t->ninputs; k++) {
            const TaskInput *ti = &t->inputs[k];
            bool begin = earliest || ti->in->internal ||
                         (reset ? str_eq_nocase(str_of(reset), STR("earliest")) : ti->in->is_table);
            int64_t at = begin ? topic_begin(topics, ti->in->topic, ti->partition)
                                  : topic_end(topics, ti->in->topic, ti->partition);
            unit_position(u, owner, ti->in->topic, ti->partition, at);
        }
        arena_free(a);
    }
}

typedef struct Start {
    Task *t;
    Err err;
} Start;

static void start_task(void *arg)
{
    Start *s = arg;
    Task *t = s->t;
    Err err = ERR_INIT;
    vec_add(&t->w->tasks, t);
    if (task_start(t, &err)) {
        err_set(&s->err, err.code, "%s", err.msg);
        task_fail(t, &err);
    }
    err_clear(&err);
}

static void stop_task(void *arg)
{
    Task *t = arg;
    worker_forget(t->w, t);
    task_stop(t);
}

Status query_start(RunQuery *q, Err *err)
{
    pthread_mutex_lock(&q->e->mu);
    vec_add(&q->e->queries, q);
    pthread_mutex_unlock(&q->e->mu);
    for (int i = 0; i < q->ntasks; i++) {
        Start s = {q->tasks[i], ERR_INIT};
        worker_call(s.t->w, start_task, &s);
        if (s.err.code && q->kind == QUERY_TRANSIENT) {
            err_move(err, &s.err);
            return err->code;
        }
        err_clear(&s.err); /* a persistent one is there, and tells why it does not run */
        worker_poke(s.t->w);
    }
    return OK;
}

void query_stop(RunQuery *q)
{
    for (int i = 0; i < q->ntasks; i++)
        worker_call(q->tasks[i]->w, stop_task, q->tasks[i]);
    pthread_mutex_lock(&q->e->mu);
    for (int i = 0; i < q->e->queries.n; i++)
        if (q->e->queries.v[i] == q) {
            vec_remove(&q->e->queries, i);
            break;
        }
    pthread_mutex_unlock(&q->e->mu);
}

void query_forget(RunQuery *q, bool positions, Unit *u)
{
    DiskBatch *b = unit_disk(u);
    for (int s = 0; b && s < q->plan->nstores; s++)
        store_drop(b, (q->number << 8) + (uint32_t)s);
    for (int i = 0; positions && i < q->ntasks; i++) {
        Arena *a = arena_new(256);
        unit_position_drop(u, task_owner(q->tasks[i], a));
        arena_free(a);
    }
}

/* Repartition topics, changelogs. */
static bool has_topics(const RunQuery *q)
{
    return q->plan->nsubs > 1 || (q->plan->nstores && topics_remote(q->e->topics));
}

Status query_drop_topics(RunQuery *q, Err *err)
{
    Arena *a = arena_new(4096);
    TopicInfoVec all = {NULL, 0, 0};
    Str prefix = arena_strf(a, "%.*s-", STR_ARG(app_id(q->e, a, q->id)));
    Status st = OK;
    topic_list(q->e->topics, a, &all);
    for (int i = 0; i < all.n && st == OK; i++)
        if (all.v[i].use != TOPIC_USER && str_starts(all.v[i].name, prefix))
            st = topic_delete(q->e->topics, all.v[i].name, err);
    arena_free(a);
    return st;
}

void query_erase(RunQuery *q, bool local_only)
{
    Err err = ERR_INIT;
    Unit *u = unit_begin(q->e->topics);
    query_forget(q, !local_only, u);
    Status st = unit_commit(u, false, &err);
    if (st == OK && !local_only && has_topics(q))
        st = query_drop_topics(q, &err);
    err_clear(&err); /* what is left is erased again when the command topic is replayed */
    UNUSED(st);
}

Status query_rebuild(RunQuery *q, const Record *plan, Err *err)
{
    enum { STORES = 256 }; /* an earlier plan may have had more */
    bool anew = q->plan->nstores > 0;
    Status st = anew ? query_drop_topics(q, err) : OK;
    if (st == OK)
        st = query_make_topics(q, err);
    if (st)
        return st;
    Unit *u = unit_begin(q->e->topics);
    unit_append(u, q->e->command_topic, 0, plan);
    for (uint32_t s = 0; anew && unit_disk(u) && s < STORES; s++)
        store_drop(unit_disk(u), (q->number << 8) + s);
    if (anew) {
        query_forget(q, true, u);
        query_first_positions(q, true, u);
    }
    Err e = ERR_INIT;
    unit_exactly_once(u);
    units_commit(q->e->commands.committer, &u, 1, true, &e);
    err_move(err, &e);
    return (Status)err->code;
}

void query_free(RunQuery *q)
{
    if (!q)
        return;
    for (int i = 0; i < q->ntasks; i++) {
        err_clear(&q->tasks[i]->err);
        mem_free(q->tasks[i]->inputs);
        mem_free(q->tasks[i]);
    }
    source_unref(q->source);
    source_unref(q->sink);
    props_free(&q->props);
    arena_free(q->arena);
}
