// SPDX-License-Identifier: Apache-2.0
// A look at all running queries (admin.h), and what SHOW QUERIES tells of each.
//
// Counters and errors of a task belong to its worker: each worker is asked once and copies what is wanted of
// all its tasks. Push queries are not asked: they may go while their worker answers.
#include "runtime/admin.h"

#include "topic/kafka.h"

enum { ASK_MS = 3000, LOOK_MS = 1000 };

Str admin_host(const Engine *e) { return e->member_name.n ? e->member_name : STR("localhost:8088"); }

/* ---- seeing ---- */

typedef struct Look {
    Worker *w;
    Arena *a;
    int n;
    QuerySeen *v;
} Look;

/* Records that the task's last operator wrote. A checker around it carries the same node. */
static int64_t rows_written(const Task *t)
{
    int64_t most = 0;
    for (int i = 0; i < t->chain.n; i++) {
        const Op *op = t->chain.v[i];
        bool sink = op->node && (op->node->kind == PP_SINK || op->node->kind == PP_REPARTITION);
        if (sink && op->stats.rows_out > most)
            most = op->stats.rows_out;
    }
    return most;
}

static void see_task(const Task *t, Arena *a, TaskSeen *out)
{
    *out = (TaskSeen){.rows_in = t->rows_in, .rows_out = rows_written(t), .errors = t->errors, .missed = t->missed};
    out->restoring = t->state == TASK_RESTORING;
    out->restored = t->restored;
    const TaskInput *ti = task_held_up(t);
    if (ti) {
        Buf text = BUF_INIT;
        task_held_text(ti, &text);
        out->held = arena_str(a, buf_view(&text));
        buf_free(&text);
    }
    if (t->state == TASK_RUNNING || t->state == TASK_DONE || t->err.code == OK)
        return;
    out->bad = true;
    out->code = t->err.code;
    out->failed_ms = t->retry_at - t->backoff_ms;
    out->why = arena_str(a, str_of(t->err.msg));
}

static void look(void *arg)
{
    Look *l = arg;
    for (int i = 0; i < l->n; i++)
        for (int k = 0; k < l->v[i].q->ntasks; k++)
            if (l->v[i].q->tasks[k]->w == l->w)
                see_task(l->v[i].q->tasks[k], l->a, &l->v[i].tasks[k]);
}

/* The worker waits for the broker: what others may read of its tasks. */
static void look_from_here(Look *l)
{
    Engine *e = l->w->e;
    pthread_mutex_lock(&e->mu);
    for (int i = 0; i < l->n; i++)
        for (int k = 0; k < l->v[i].q->ntasks; k++) {
            const Task *t = l->v[i].q->tasks[k];
            TaskSeen *out = &l->v[i].tasks[k];
            if (t->w != l->w)
                continue;
            *out = (TaskSeen){.bad = t->err.code != OK, .code = t->err.code, .failed_ms = effects_wall_ms(e->fx)};
            out->why = arena_str(l->a, str_of(t->err.msg ? t->err.msg : ""));
        }
    pthread_mutex_unlock(&e->mu);
}

/* "restoring its state: 1200 records, 3 MB read, at most 800 records left, about 2 s" */
static Str restore_text(const QuerySeen *s, Arena *a)
{
    RestoreProgress all = {.started_ms = INT64_MAX};
    bool any = false;
    for (int k = 0; s->tasks && k < s->q->ntasks; k++) {
        const RestoreProgress *r = &s->tasks[k].restored;
        if (!s->tasks[k].restoring)
            continue;
        any = true;
        all.records += r->records;
        all.bytes += r->bytes;
        all.left += r->left;
        if (r->started_ms < all.started_ms)
            all.started_ms = r->started_ms;
    }
    if (!any)
        return (Str){NULL, 0};
    int64_t ms = effects_mono_ms(s->q->e->fx) - all.started_ms;
    if (!all.records)
        return arena_strf(a, "restoring its state: at most %lld records to read", (long long)all.left);
    return arena_strf(a, "restoring its state: %lld records, %lld KB read, at most %lld records left, about %lld s",
                      (long long)all.records, (long long)(all.bytes >> 10), (long long)all.left,
                      (long long)((double)all.left * (double)ms / (double)all.records / 1000 + 1));
}

static void judge(QuerySeen *s, Arena *a)
{
    s->why = restore_text(s, a);
    for (int k = 0; s->tasks && k < s->q->ntasks && !s->why.n; k++)
        s->why = s->tasks[k].held;
    for (int k = 0; s->tasks && k < s->q->ntasks; k++)
        if (s->tasks[k].bad) {
            s->state = "ERROR";
            s->why = s->tasks[k].why;
            return;
        }
}

/* Persistent queries, or all; what is known of a persistent one is taken over from `known`, which has the same
 * order. */
static QuerySeen *list(Engine *e, Arena *a, bool all, const QuerySeen *known, int nknown, int *n)
{
    QuerySeen *v = ARENA_ARRAY(a, QuerySeen, e->queries.n);
    *n = 0;
    for (int i = 0, at = 0; i < e->queries.n; i++) {
        RunQuery *q = e->queries.v[i];
        if (q->kind == QUERY_PERSISTENT && at < nknown)
            v[(*n)++] = known[at++];
        else if (q->kind == QUERY_PERSISTENT || all)
            v[(*n)++] = (QuerySeen){.q = q, .state = "RUNNING"};
    }
    return v;
}

void running_open(Engine *e, Arena *a, Running *out)
{
    Look l = {.a = a};
    pthread_mutex_lock(&e->ddl);
    pthread_mutex_lock(&e->mu);
    l.v = list(e, a, false, NULL, 0, &l.n);
    pthread_mutex_unlock(&e->mu);
    for (int i = 0; i < l.n; i++)
        l.v[i].tasks = ARENA_ARRAY(a, TaskSeen, l.v[i].q->ntasks);
    for (int i = 0; l.n && i < e->nworkers; i++) {
        l.w = &e->workers[i];
        if (!worker_try(l.w, look, &l, LOOK_MS))
            look_from_here(&l);
    }
    for (int i = 0; i < l.n; i++)
        judge(&l.v[i], a);
    pthread_mutex_lock(&e->mu);
    out->e = e;
    out->v = list(e, a, true, l.v, l.n, &out->n);
    for (int i = 0; i < out->n; i++)
        out->v[i].of = out;
}

/* ---- offsets ---- */

static Str input_key(Arena *a, const Task *t, const TaskInput *ti)
{
    return arena_strf(a, "%.*s %.*s %d", STR_ARG(task_owner(t, a)), STR_ARG(ti->in->topic), ti->partition);
}

typedef struct Wanted {
    Str key, owner, topic;
    int partition;
} Wanted;
typedef VEC(Wanted) WantedVec;

/* Copied, so that queries may go while the broker is asked. */
static void list_wanted(Engine *e, Arena *a, Str id, Str sink, WantedVec *out)
{
    int n;
    pthread_mutex_lock(&e->ddl);
    RunQuery **v = engine_queries(e, a, &n);
    for (int i = 0; i < n; i++) {
        const RunQuery *q = v[i];
        if ((id.n && !str_eq_nocase(q->id, id)) || (sink.n && !(q->sink && str_eq(q->sink->name, sink))))
            continue;
        for (int k = 0; k < q->ntasks; k++)
            for (int p = 0; p < q->tasks[k]->ninputs; p++) {
                const TaskInput *ti = &q->tasks[k]->inputs[p];
                Str topic = arena_str(a, ti->in->topic);
                Wanted w = {input_key(a, q->tasks[k], ti), task_owner(q->tasks[k], a), topic, ti->partition};
                vec_push(a, out, w);
            }
    }
    pthread_mutex_unlock(&e->ddl);
}

/* False: the broker does not tell. */
static bool ask_offsets(Engine *e, const Wanted *w, InputOffsets *out)
{
    Err err = ERR_INIT;
    Status st = topic_ends(e->topics, w->topic, w->partition, &out->begin, &out->end, &err);
    if (st && st != ERR_BROKER) /* a topic that is not there has none */
        out->begin = out->end = 0;
    out->at = st == ERR_BROKER ? POSITION_UNKNOWN : position_get(e->topics, w->owner, w->topic, w->partition);
    err_clear(&err);
    return out->at != POSITION_UNKNOWN;
}

void running_ask(Engine *e, Arena *a, Str id, Str sink, Running *out)
{
    WantedVec wanted = {0};
    *out = (Running){.e = e};
    list_wanted(e, a, id, sink, &wanted);
    kafka_hurry(ASK_MS);
    for (int i = 0; i < wanted.n; i++) {
        InputOffsets *at = ARENA_NEW(a, InputOffsets);
        if (ask_offsets(e, &wanted.v[i], at))
            strmap_put(&out->asked, wanted.v[i].key, at);
        else
            out->away = true;
    }
    kafka_hurry(0);
}

bool running_offsets(const Running *r, const Task *t, const TaskInput *ti, InputOffsets *out)
{
    Arena *a = arena_new(256);
    const InputOffsets *at = strmap_find(&r->asked, input_key(a, t, ti));
    arena_free(a);
    if (at)
        *out = *at;
    return at != NULL;
}

json_t *running_warnings(const Running *r)
{
    json_t *list = json_array();
    if (r->away)
        json_array_append_new(list, json_pack("{s:s}", "message",
                                              "Kafka did not answer in time: offsets and positions are not complete."));
    return list;
}

void running_close(Running *r)
{
    strmap_free(&r->asked);
    pthread_mutex_unlock(&r->e->mu);
    pthread_mutex_unlock(&r->e->ddl);
}

const QuerySeen *running_find(const Running *r, Str id)
{
    for (int i = 0; i < r->n; i++)
        if (str_eq_nocase(r->v[i].q->id, id))
            return &r->v[i];
    return NULL;
}

/* ---- telling ---- */

json_t *upper_json(Str s)
{
    Buf text = BUF_INIT;
    for (size_t i = 0; i < s.n; i++)
        buf_byte(&text, s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 32) : s.p[i]);
    json_t *v = json_str(buf_view(&text));
    buf_free(&text);
    return v;
}

json_t *sql_json(Str sql)
{
    Buf text = BUF_INIT;
    buf_str(&text, sql);
    if (sql.n && !str_ends(sql, STR(";")))
        buf_byte(&text, ';');
    json_t *v = json_str(buf_view(&text));
    buf_free(&text);
    return v;
}

json_t *query_json(const QuerySeen *s)
{
    const DataSource *sink = s->q->sink;
    json_t *o = json_object(), *sinks = json_array(), *topics = json_array();
    if (sink) {
        json_array_append_new(sinks, json_str(sink->name));
        json_array_append_new(topics, json_str(sink->topic));
    }
    json_object_set_new(o, "queryString", sql_json(s->q->sql));
    json_object_set_new(o, "sinks", sinks);
    json_object_set_new(o, "sinkKafkaTopics", topics);
    json_object_set_new(o, "id", json_str(s->q->id));
    json_object_set_new(o, "statusCount", json_pack("{s:i}", s->state, 1));
    json_object_set_new(o, "queryType", json_string(s->q->kind == QUERY_PERSISTENT ? "PERSISTENT" : "PUSH"));
    json_object_set_new(o, "state", json_string(s->state));
    if (s->why.n)
        json_object_set_new(o, "reason", json_str(s->why));
    return o;
}

Str consumer_group(Arena *a, const Engine *e, Str query_id, bool transient, int64_t started_ms)
{
    if (!transient)
        return query_app_id(e, a, query_id);
    return arena_strf(a, "_confluent-ksql-%.*stransient_%.*s_%lld", STR_ARG(e->service_id), STR_ARG(query_id),
                      (long long)started_ms);
}
