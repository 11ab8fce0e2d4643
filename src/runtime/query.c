// SPDX-License-Identifier: Apache-2.0
// RunQuery: a planned query and its tasks, from planning to the erasing of its state.
//
// A persistent query has a task for each sub-topology and partition; a transient one has a single task
// that reads all partitions. Task of partition p goes to worker (hash of the source's topic + p) modulo the
// workers, so the tasks of one source partition share a worker and its reader. @thread under the
// statement lock, unless said otherwise
#include "runtime/internal.h"

Str query_app_id(const Engine *e, Arena *a, Str query_id)
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
    t->state = TASK_ELSEWHERE;
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

Status query_plan(const Engine *e, Arena *a, const BoundQuery *bq, DataSource *sink, Str id, const LNode **logical, PPlan **plan,
                  Err *err)
{
    bool changelog = id.n && topics_remote(e->topics);
    PlanUse use = {id.n ? query_app_id(e, a, id) : (Str){NULL, 0}, changelog};
    const LNode *top = lp_build(a, bq, sink);
    if (id.n && !e->cfg.single_partition)
        top = rule_repartition(a, top);
    if (changelog)
        top = rule_changelog(a, top);
    *logical = top;
    return pp_build(a, top, &use, plan, err);
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
    q->created_ms = effects_wall_ms(e->fx);
    q->source = source_ref(bq->source);
    q->sink = sink ? source_ref(sink) : NULL;
    props_copy(&q->props, props);
    Status st = query_plan(e, a, bound_query_dup(a, bq), sink, kind == QUERY_PERSISTENT ? q->id : (Str){NULL, 0}, &q->logical,
                           &q->plan, err);
    if (st) {
        query_free(q);
        return st;
    }
    make_tasks(q);
    *out = q;
    return OK;
}

int internal_replicas(const PropSet *props)
{
    static const PropSet none = {0};
    props = props ? props : &none;
    bool own = props_get(props, "replication.factor");
    int64_t n = props_int(props, own ? "replication.factor" : "ksql.internal.topic.replicas");
    return n > 0 ? (int)n : 1;
}

static Status make_logs(RunQuery *q, const PSub *sub, Err *err)
{
    Status st = OK;
    for (int i = 0; i < sub->n && st == OK; i++) {
        const PInput *log = sub->nodes[i].log;
        TopicInfo info;
        if (!log || topic_describe(q->e->topics, log->topic, &info))
            continue;
        info = (TopicInfo){log->topic, log->partitions, internal_replicas(&q->props), -1, CLEANUP_COMPACT, TOPIC_CHANGELOG};
        st = engine_need_topic(q->e, &info, err);
    }
    return st;
}

static bool fits(const RunQuery *q, const PInput *in)
{
    TopicInfo info;
    return !in || !topic_describe(q->e->topics, in->topic, &info) || info.partitions == in->partitions;
}

bool query_topics_fit(const RunQuery *q)
{
    bool fit = true;
    for (int s = 0; s < q->plan->nsubs; s++) {
        const PSub *sub = &q->plan->subs[s];
        fit &= s == 0 || fits(q, &sub->input);
        for (int i = 0; i < sub->n; i++)
            fit &= fits(q, sub->nodes[i].log);
    }
    return fit;
}

Status query_make_topics(RunQuery *q, Err *err)
{
    for (int s = 1; s < q->plan->nsubs; s++) {
        const PInput *in = &q->plan->subs[s].input;
        TopicInfo info;
        if (topic_describe(q->e->topics, in->topic, &info))
            continue;
        info = (TopicInfo){in->topic, in->partitions, internal_replicas(&q->props), -1, CLEANUP_DELETE, TOPIC_REPARTITION};
        Status st = engine_need_topic(q->e, &info, err);
        if (st)
            return st;
    }
    Status st = OK;
    for (int s = 0; s < q->plan->nsubs && st == OK; s++)
        st = make_logs(q, &q->plan->subs[s], err);
    return st;
}

Status query_first_positions(RunQuery *q, bool earliest, bool internal, Unit *u, Err *err)
{
    const char *reset = props_get(&q->props, "auto.offset.reset");
    Arena *a = arena_new(256);
    Str owner = query_app_id(q->e, a, q->id);
    Status st = OK;
    for (int i = 0; i < q->ntasks && st == OK; i++) {
        const Task *t = q->tasks[i];
        for (int k = 0; k < t->ninputs && st == OK; k++) {
            const TaskInput *ti = &t->inputs[k];
            if (ti->in->internal && !internal)
                continue;
            bool from_begin = earliest || ti->in->internal ||
                              (reset ? str_eq_nocase(str_of(reset), STR("earliest")) : ti->in->is_table);
            int64_t begin, end;
            st = topic_ends(q->e->topics, ti->in->topic, ti->partition, &begin, &end, err);
            if (st == OK)
                unit_position(u, owner, ti->in->topic, ti->partition, from_begin ? begin : end);
        }
    }
    arena_free(a);
    return st;
}

typedef struct Start {
    Task *t;
    Err err;
} Start;

static void start_task(void *arg)
{
    Start *s = arg;
    vec_add(&s->t->w->tasks, s->t);
    task_place(s->t);
    if (s->t->err.code)
        err_set(&s->err, s->t->err.code, "%s", s->t->err.msg);
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
    __atomic_store_n(&q->stopping, true, __ATOMIC_RELEASE);
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
    if (positions) {
        Arena *a = arena_new(256);
        unit_position_drop(u, query_app_id(q->e, a, q->id));
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
    Str prefix = arena_strf(a, "%.*s-", STR_ARG(query_app_id(q->e, a, q->id)));
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
    err_clear(&err); /* what is left of local topics is erased again when the command topic is replayed; in a broker it stays */
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
        st = query_first_positions(q, true, true, u, err);
    }
    if (st) {
        unit_abort(u);
        return st;
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
