// SPDX-License-Identifier: Apache-2.0
// A look at all running queries (admin.h), and what SHOW QUERIES tells of each.
//
// Counters and errors of a task belong to its worker: each worker is asked once and copies what is wanted of
// all its tasks. Push queries are not asked: they may go while their worker answers.
#include "runtime/admin.h"

const char *const admin_host = "localhost:8088";

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
    *out = (TaskSeen){.rows_in = t->rows_in, .rows_out = rows_written(t), .errors = t->errors};
    out->restoring = t->state == TASK_RESTORING;
    out->restored = t->restored;
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
    int64_t ms = effects_now(s->q->e->fx) - all.started_ms;
    if (!all.records)
        return arena_strf(a, "restoring its state: at most %lld records to read", (long long)all.left);
    return arena_strf(a, "restoring its state: %lld records, %lld KB read, at most %lld records left, about %lld s",
                      (long long)all.records, (long long)(all.bytes >> 10), (long long)all.left,
                      (long long)((double)all.left * (double)ms / (double)all.records / 1000 + 1));
}

static void judge(QuerySeen *s, Arena *a)
{
    s->why = restore_text(s, a);
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
        worker_call(l.w, look, &l);
    }
    for (int i = 0; i < l.n; i++)
        judge(&l.v[i], a);
    pthread_mutex_lock(&e->mu);
    out->e = e;
    out->v = list(e, a, true, l.v, l.n, &out->n);
    out->away = false;
    for (int i = 0; i < out->n; i++)
        out->v[i].away = &out->away;
}

bool running_offsets(Engine *e, const Task *t, const TaskInput *ti, bool *away, InputOffsets *out)
{
    if (*away)
        return false;
    Arena *a = arena_new(256);
    Err err = ERR_INIT;
    Status st = topic_ends(e->topics, ti->in->topic, ti->partition, &out->begin, &out->end, &err);
    if (st && st != ERR_BROKER) /* a topic that is not there has none */
        out->begin = out->end = 0;
    *away = st == ERR_BROKER;
    out->at = *away ? POSITION_UNKNOWN : position_get(e->topics, task_owner(t, a), ti->in->topic, ti->partition);
    *away |= out->at == POSITION_UNKNOWN;
    err_clear(&err);
    arena_free(a);
    return !*away;
}

void running_close(Running *r)
{
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
