// SPDX-License-Identifier: Apache-2.0
// What SHOW, DESCRIBE and EXPLAIN share: a look at all running queries, and their JSON.
//
//   running_ask     where offsets are wanted: asks the broker for them, without a lock, for ASK_MS at most
//   running_open    takes the statement lock, so that persistent queries stay; asks each worker once for the
//                   counters and errors of its tasks, and does not wait for one that waits for the broker; then
//                   takes the engine's lock, so that push queries stay too
//   running_close   gives both back
// Between the last two the RunQuery pointers are good. No worker may be waited for then: a failing task needs the
// engine's lock.
#ifndef SLUICE_RUNTIME_ADMIN_H
#define SLUICE_RUNTIME_ADMIN_H

#include "runtime/internal.h"

/* A task as its worker saw it. */
typedef struct TaskSeen {
    bool bad;          /* it waits for another try, or gave up */
    int64_t rows_in;   /* since the engine opened */
    int64_t rows_out;  /* records written by the task's last step; since it last started */
    int64_t errors;
    int64_t missed;    /* records that were deleted before they were read */
    int64_t failed_ms; /* when it failed last */
    ErrCode code;
    Str why;
    Str held;          /* what stands before what it is to read; empty: nothing */
    bool restoring;    /* its state is brought forward: how far it is */
    RestoreProgress restored;
} TaskSeen;

typedef struct QuerySeen {
    RunQuery *q;
    const char *state; /* "RUNNING", "ERROR" */
    Str why;           /* of the first task that failed, or how far its state is restored; empty: none */
    TaskSeen *tasks;   /* q->ntasks; NULL for push queries */
    struct Running *of;
} QuerySeen;

typedef struct Running {
    Engine *e;
    int n;
    QuerySeen *v; /* in the order of their start */
    StrMap asked; /* "owner topic partition" -> InputOffsets, in the caller's arena */
    bool away;    /* the broker did not answer in time: offsets are missing */
} Running;

/* Of one input of a task. */
typedef struct InputOffsets {
    int64_t begin, end, at; /* at: as committed; -1 */
} InputOffsets;
/* Before running_open: the offsets of what persistent queries of the id, or (empty) that write into the source, or (both empty)
 * all read. @thread any but a worker; without Engine.ddl and Engine.mu */
void running_ask(Engine *e, Arena *a, Str id, Str sink, Running *out);
/* What the broker told of it; false: nothing. */
bool running_offsets(const Running *r, const Task *t, const TaskInput *ti, InputOffsets *out);
/* Of the answer: that the broker did not answer, or none. */
json_t *running_warnings(const Running *r);

/* The results live in a. out: zeroed, or running_ask's. @thread any but a worker; without Engine.ddl and Engine.mu */
void running_open(Engine *e, Arena *a, Running *out);
void running_close(Running *r);
/* Without case; NULL when there is none. */
const QuerySeen *running_find(const Running *r, Str id);

/* In upper case: names of functions. */
json_t *upper_json(Str s);
/* The statement with its semicolon. */
json_t *sql_json(Str sql);
/* {queryString, sinks, …, state}, and "reason" for one that fails, or restores its state. */
json_t *query_json(const QuerySeen *s);
/* queryDescription's members. */
json_t *query_description_json(const QuerySeen *s);
/* sourceDescription's members. */
json_t *source_description_json(const Running *r, const Catalog *cat, const DataSource *ds, bool extended);
/* The list of descriptions of all streams or all tables. */
json_t *source_descriptions_json(Engine *e, bool tables, bool extended, json_t **warnings);
/* A session's or query's overrides. */
json_t *overrides_json(const PropSet *props);
/* "_confluent-ksql-default_query_CTAS_X_1"; for a push query with the time of its start. In a. */
Str consumer_group(Arena *a, const Engine *e, Str query_id, bool transient, int64_t started_ms);
/* Under which name this engine appears in answers: as a member of a service the name that other members see, else the address that
 * a server would have. */
Str admin_host(const Engine *e);
/* NULL, "TUMBLING", "HOPPING", "SESSION". */
json_t *window_json(SourceWindow w);

#endif
