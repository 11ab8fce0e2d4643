// SPDX-License-Identifier: Apache-2.0
// The inside of the runtime: queries, tasks, readers, workers, the engine.
//
// How a CREATE TABLE AS gets from the request to its first output:
//   1 session_run parses nothing more: it binds and plans against a snapshot          @thread caller
//   2 under the statement lock: topics are made, then one synced unit of work holds the
//     command record and the starting positions of the query's tasks                   @thread caller
//   3 the catalog's next snapshot is swapped in; each task is handed to its worker     @thread caller > worker
//   4 the worker's reader fetches a record set, decodes it once, hands the batch to
//     every task that stands at that position                                          @thread worker
//   5 the task's operators work; outputs go into the task's unit of work               @thread worker
//   6 commit: operators emit what they held back and write state into the unit, input
//     positions are added, the unit is committed, readers of the output are woken      @thread worker
//
// Ownership: the engine owns workers and queries; a query owns its tasks, its plan's arena and references to
// the sources it reads and writes. A task's operators, readers and unit are touched by its worker alone; others send
// the worker a message (worker_call) and wait.
#ifndef SLUICE_RUNTIME_INTERNAL_H
#define SLUICE_RUNTIME_INTERNAL_H

#include <pthread.h>

#include "exec/op.h"
#include "func/registry.h"
#include "runtime/session.h"

typedef struct Worker Worker;
typedef struct Task Task;
typedef struct RunQuery RunQuery;
typedef struct SourceReader SourceReader;

enum { MAX_WORKERS = 64 };

/* ---- reader: one position in one topic partition, shared by the tasks that stand there ---- */

typedef struct TaskInput {
    Task *task;
    const PInput *in;
    int partition;
    int64_t position;     /* the next offset to read */
    int64_t end;          /* stop before it; -1: go on for ever */
    int64_t committed;    /* where its last commit, or its start, left it */
    int64_t again_end;    /* at least once: what is before it may have been read before this start (OpEnv.again); 0: nothing is */
    int64_t trimmed;      /* internal topics: what is before it was given back */
    SourceReader *reader; /* NULL: not attached */
    int64_t stood_at, stood_ms, look_ms; /* task_watch: where it was seen, since when, and when it is looked at again */
    int behind;           /* looks in a row that found committed work held up behind it */
} TaskInput;

struct SourceReader {
    Worker *w;
    const PInput *in;     /* of the first that came; borrowed from its query */
    int partition;
    int64_t position;
    TopicReader *records; /* opened at its first read */
    bool quiet;           /* found nothing to read: looked at again when its topic was written to, or after a while */
    int bit;              /* in Worker.woken */
    bool *wanted;         /* the union of what its tasks need */
    Reader *key, *value;
    VEC(TaskInput *) subs;
    RecordSet ahead;      /* fetched, for a task that merges its inputs by time */
    int ahead_at;         /* how far it was handed on */
    int64_t gap_ms;       /* when missing offsets were last looked into */
    int rows;             /* of a batch, at most; 0: as configured. Fewer where the values that rows make are large */
};

/* The reader of w at the input's position, made or shared, with the input in it. */
Status reader_attach(Worker *w, TaskInput *ti, Err *err) MUST_CHECK;
void reader_detach(TaskInput *ti);
/* Reads one batch and hands it on; *did tells whether there was one. A failing task is set aside, the others go on. */
Status reader_step(SourceReader *r, bool *did, Err *err) MUST_CHECK;
/* A task with several inputs: one run of rows of the input whose next row is the earliest. An input that has nothing more holds
 * back nobody (max.task.idle.ms = 0). */
Status reader_merge_step(Task *t, bool *did, Err *err) MUST_CHECK;
/* Decodes a record set; the batch lives in a. */
Batch *reader_decode(SourceReader *r, const RecordSet *set, Arena *a);

/* ---- task ---- */

typedef enum TaskState {
    TASK_RUNNING,
    TASK_WAITING,   /* failed, will be tried again at retry_at */
    TASK_FAILED,    /* stopped for good */
    TASK_DONE,      /* a bounded read reached its end */
    TASK_ELSEWHERE, /* another server has its slot, or nobody yet */
    TASK_RESTORING, /* its state is brought forward by the changelog */
    TASK_STANDBY,   /* a copy of its state is kept warm, for when its server goes */
} TaskState;

/* How far a restore is. */
typedef struct RestoreProgress {
    int64_t records, bytes, left; /* left: offsets, at most as many records */
    int64_t started_ms;
} RestoreProgress;

typedef struct Restore Restore; /* restore.c */

struct Task {
    RunQuery *q;
    Worker *w;
    int sub, partition; /* partition -1: reads all of them (transient) */
    TaskState state;
    Arena *arena;       /* operators */
    OpEnv env;
    OpChain chain;
    int ninputs;
    TaskInput *inputs;
    bool dirty;         /* worked since the last commit … */
    int64_t dirty_ms;   /* … from then on */
    bool ahead;         /* at least once: its group may not know how far it is */
    bool first;         /* its query was just created: nobody has worked on it */
    bool tells;         /* at least once: it tells where its state stands before it sends records (task_tell) */
    bool exactly_once;  /* as opposed to at least once; local topics: always */
    bool eager;         /* holds nothing back: commits as soon as nothing more is there to read */
    int64_t held_most;  /* bytes of held back changes above which it commits early; -1: the user set no limit */
    int64_t next_commit;/* ms on the clock */
    int64_t committed_ms; /* when it last did, or came to run */
    int64_t retry_at, backoff_ms;
    int64_t untold_ms;  /* since when the broker has not told its positions; 0: it does */
    int64_t failing_ms; /* when it first failed after its last commit; 0: it has not */
    int64_t watched_ms, watched_mark; /* watchdog: since when it restores without progress */
    int64_t rows_in, errors;
    int64_t missed;     /* records that were deleted before they were read */
    Restore *restore;   /* while RESTORING and STANDBY */
    RestoreProgress restored;
    Err err;            /* why it waits or failed */
};

Status task_start(Task *t, Err *err) MUST_CHECK;  /* operators, positions, readers; on its worker */
void task_stop(Task *t);                          /* drops what is not committed */
/* Starts it where its slot is this server's (to run, or to stand by), stops it where not; as it should be already: nothing. */
void task_place(Task *t);
Status task_run(Task *t, Err *err);               /* what is left of task_start when its state is there */
/* Where its inputs go on: the own last commit's positions, or the group's. */
Status task_positions(Task *t, bool own, Err *err) MUST_CHECK;
/* The own position, where the group's is gone because a broker forgets positions after long; -1. */
int64_t task_expired_position(const Task *t, const TaskInput *ti, Str owner);
void task_begin(Task *t);                         /* has a unit of work, which the next commit ends */
void task_batch(Task *t, const Batch *b);         /* work; a failure sets the state */
/* A commit's first half: operators emit, positions join the unit, which is the caller's. NULL: there is nothing, or it failed. */
Unit *task_prepare(Task *t);
/* Of a task with records to commit and state whose positions are not known to be here and with the group, told by this process: a
 * unit that puts them there, to be committed first. What the changelog gets beyond the state here is then known to be of inputs
 * that are read again. NULL: nothing is to be told. */
Unit *task_tell(Task *t);
void task_told(Task *t, Err *err);
/* Its second half: what became of the unit. Takes the error over. */
void task_finish(Task *t, Err *err);
void task_fail(Task *t, Err *err);
/* A bounded read is complete: every input was read, and handed to the operators, up to its end. Nothing else ends one. */
bool task_at_end(const Task *t);
/* The task has something to commit, or is to be started again. idle: its worker has nothing to read. */
bool task_due(const Task *t, int64_t now, bool idle);
/* When the clock makes it due, if nothing else comes; INT64_MAX: never. */
int64_t task_due_ms(const Task *t);
/* A broker forgets positions a while after their last commit: of a task that has had nothing to commit for long they are
 * committed again. */
void task_keep_alive(Task *t, int64_t now);
/* Finds out, now and then, whether an open transaction that nobody ends stands before what the task is to read. */
void task_watch(Task *t, int64_t now);
/* The input where that is so; NULL. */
const TaskInput *task_held_up(const Task *t);
void task_held_text(const TaskInput *ti, Buf *out); /* for the user */
Str task_owner(const Task *t, Arena *a);          /* the consumer group under which its positions are stored */

/* ---- restore.c ---- */
bool restore_needed(const Task *t);
Status restore_clear(const Task *t, Err *err);  /* before its operators are made */
Status restore_open(Task *t, Err *err);         /* behind them: t->restore; the task is then RESTORING or STANDBY */
Status restore_aim(Task *t, Err *err);          /* it is to run: to the end as it is now, and with these positions */
Status restore_step(Task *t, bool *did, Err *err); /* a batch; at its end the task runs */
void restore_free(Task *t);

/* ---- query ---- */

typedef enum QueryKind { QUERY_PERSISTENT, QUERY_TRANSIENT } QueryKind;

struct RunQuery {
    Engine *e;
    Arena *arena;         /* the plan and all below */
    QueryKind kind;
    Str id, sql;
    uint32_t number;      /* unique in the data directory: base of store ids */
    const char *type;     /* "CTAS", "CSAS", "INSERT" … */
    PropSet props;
    const LNode *logical;
    PPlan *plan;
    uint64_t planned;     /* replaying: the stored fingerprint, 0 when there is none */
    uint64_t rebuilt;     /* replaying: which command last told of a new plan, by its number; 0: none */
    DataSource *source, *sink; /* references */
    int ntasks;
    Task **tasks;
    RowTaker *take;       /* transient: where rows go */
    void *take_arg;
    bool (*room)(void *arg); /* transient: may it go on (queue not full)? */
    void (*ended)(void *arg, const char *why, Err *err); /* transient: no more rows come */
    int64_t created_ms;
    bool stopping;        /* atomic: query_stop was called: a batch in hand is thrown away */
    bool bounded;         /* transient: ends at the offsets that were the ends at its start */
};

/* ---- worker ---- */

enum { WOKEN_WORDS = 16 };

typedef void WorkerFn(void *arg);

struct Worker {
    Engine *e;
    int index;
    void *thread;
    pthread_mutex_t mu; /* guards the four below */
    pthread_cond_t wake, answered;
    VEC(struct Message *) inbox;
    bool stop, poked;
    VEC(SourceReader *) readers; /* worker thread only, as all below */
    VEC(Task *) tasks;
    Arena *batch_arena, *commit_arena;
    Committer *committer;
    bool settled;         /* a transaction that a former life left open is ended */
    VEC(Task *) due, grouped; /* scratch of a commit, as the two below */
    VEC(Unit *) units;
    VEC(Err) outcomes;
    int next_reader;
    int64_t quiet_ms;     /* until then quiet readers are left alone */
    int64_t watch_ms;     /* when its tasks are watched next */
    uint64_t woken[WOKEN_WORDS]; /* atomic: bits of topic partitions that were written to; by worker_woken_bit */
    const RunQuery *running; /* whose batch is in hand; NULL: none */
    bool pulling;            /* a pull query reads here, and its caller waits */
    int64_t ending_ns;       /* when it first saw that the engine ends; 0: it has not */
    uint64_t steps;       /* atomic: that it has begun */
    bool commits;         /* atomic: it is in a commit */
    uint64_t steps_seen;  /* by the watchdog, … */
    int64_t stepped_ms;   /* … first at this time */
};

/* Runs fn on the worker and waits for it. Under simulated effects, and on the worker itself, at once. @thread any */
void worker_call(Worker *w, WorkerFn *fn, void *arg);
/* The same; false: it did not begin with it within so many ms, and will not. @thread any */
bool worker_try(Worker *w, WorkerFn *fn, void *arg, int ms) MUST_CHECK;
void worker_poke(Worker *w);
/* Something happened to the topic partition: was written to, or deleted. @thread any */
void worker_tell(Worker *w, Str topic, int partition);
int worker_woken_bit(Str topic, int partition);
/* One piece of work; false when there is none. @thread worker */
bool worker_step(Worker *w);
Status worker_start(Worker *w, Err *err) MUST_CHECK;
void worker_stop(Worker *w);
void worker_forget(Worker *w, Task *t); /* takes the task out of its lists */
/* Commits those of its tasks that are `which`. @thread worker */
void worker_commit(Worker *w, bool (*which)(const Task *t, const void *arg), const void *arg);

/* ---- engine ---- */

/* The command topic as this server reads and writes it. Under ddl. */
typedef struct Commands {
    TopicReader *reader;
    Committer *committer;
    bool taken;          /* has the right to write, as far as it knows */
    int64_t seen;        /* offset of the last command read; -1 */
    int64_t known;       /* its end when the engine opened */
    uint64_t tried;      /* the token of the last command whose commit failed; it may be there all the same */
    struct Awaited *awaited; /* the statement that wrote it; NULL: none */
    VEC(uint64_t) own;   /* tokens of commands written, and not read back yet */
} Commands;

/* What queries wait for: watchdog.c. */
typedef enum WaitFor { WAIT_SLOTS, WAIT_RESTORE, WAIT_BROKER, WAIT_COMMIT, WAIT_DISK, WAIT_TOPIC, WAIT_KINDS } WaitFor;

typedef struct Waiting {
    int64_t since_ms; /* 0: the log has not said that anybody waits */
    int64_t seen_ms;  /* when somebody was last seen to wait */
    int64_t again_ms; /* when the log says it again */
} Waiting;

typedef struct Watchdog { /* the keeper's thread alone */
    int64_t next_ms;      /* when it looks next */
    int64_t no_slots_ms;  /* since when the server has queries and no slots; 0: it has some */
    Waiting waiting[WAIT_KINDS];
} Watchdog;

typedef struct Keeper {
    void *thread;
    pthread_mutex_t mu; /* guards stop and woken */
    pthread_cond_t wake;
    bool stop;
    bool woken;         /* other servers' commands are there */
    int64_t next_ms;    /* when its next round is due */
    int64_t look_ms;    /* when the members are looked at next */
} Keeper;

struct Engine {
    EngineConfig cfg;
    Str service_id;
    Effects *fx;
    Disk *disk;
    Topics *topics;
    int nworkers;
    Worker *workers;
    pthread_mutex_t ddl;      /* one statement that changes the catalog at a time */
    pthread_mutex_t moving;   /* one change of slots or standby at a time; a worker that asks its broker may hold one up */
    pthread_mutex_t mu;       /* guards cat, queries, streams */
    pthread_cond_t ran;       /* with mu: a task came to run */
    Catalog *cat;
    VEC(RunQuery *) queries;  /* persistent ones and push queries */
    VEC(RowStream *) streams; /* open ones */
    Str command_topic;
    Commands commands;
    Str member_id, member_name; /* unique in the service, the same again over the same directory; and as others see it */
    uint64_t slots, standby;  /* atomic: that this server has, and stands by for; changed under moving */
    Arena *arena;
    uint32_t query_seq;       /* sequential_ids */
    uint64_t transient_seq;
    VEC(char *) warnings;
    DataSource *log_source;   /* KSQL_PROCESSING_LOG, or NULL */
    bool joined;              /* is a member of the service */
    const char *servers;      /* of Kafka; NULL: none */
    int transaction_ms;       /* after which Kafka ends a transaction that nobody ends */
    bool ending;              /* atomic: it is being closed; see engine_ending */
    Keeper keeper;
    Watchdog watchdog;
    StoreShare share;         /* of cfg.state_budget, over all stores */
};

/* keeper.c: housekeeping. The first round is done at once. */
Status keeper_start(Engine *e, Err *err) MUST_CHECK;
void keeper_stop(Engine *e);
/* Simulated effects: a round when it is due. */
void keeper_step(Engine *e);
/* The command topic has more. @thread any */
void keeper_wake(Engine *e);
/* watchdog.c: looks when it is time, and logs what queries have waited for. */
void watchdog_step(Engine *e);

/* A reference. @thread any */
Catalog *engine_catalog(Engine *e);
/* Swaps the snapshot in (reference taken over). Under ddl. */
void engine_set_catalog(Engine *e, Catalog *cat);
/* A persistent query, compared without case; NULL. Under ddl, which keeps it. */
RunQuery *engine_query(Engine *e, Str id);
/* All persistent ones, in the arena. Under ddl. */
RunQuery **engine_queries(Engine *e, Arena *a, int *n);
/* It is being closed, or soon will be: workers do no more than they are told, and nobody waits for long. @thread any */
bool engine_ending(const Engine *e);
/* Waits until a task came to run, or a moment; false: nothing is going on (simulated effects, where it takes a step), or it
 * is ending. */
bool engine_wait(Engine *e);
void engine_ran(Engine *e); /* a task came to run */
/* Makes the topic unless it is there: another server of the service may make it at the same time. ERR_STATEMENT: it has other
 * partitions. */
Status engine_need_topic(Engine *e, const TopicInfo *info, Err *err) MUST_CHECK;
/* A line to EngineConfig.log. @thread any */
void engine_log(const Engine *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Makes a push query end; false when there is none of that id. @thread any */
bool engine_end_push(Engine *e, Str id);

/* query.c: from a bound query to running tasks. */
/* id empty: of a push query. logical and plan in a. */
Status query_plan(const Engine *e, Arena *a, const BoundQuery *bq, DataSource *sink, Str id, const LNode **logical, PPlan **plan,
                  Err *err) MUST_CHECK;
Status query_new(Engine *e, const BoundQuery *bq, DataSource *sink, Str id, uint32_t number, QueryKind kind, const PropSet *props,
                 RunQuery **out, Err *err) MUST_CHECK;
/* "_confluent-ksql-<service>query_<id>": its consumer group, and what its internal topics' names begin with. */
Str query_app_id(const Engine *e, Arena *a, Str query_id);
/* How many replicas a topic gets that is made for a query with these properties, or (the server's, or NULL) for the service. */
int internal_replicas(const PropSet *props);
/* Internal topics are made. */
Status query_make_topics(RunQuery *q, Err *err) MUST_CHECK;
/* The positions where its tasks begin, into the unit. earliest: at the first record, whatever its properties say. internal: those
 * of its own topics too. */
Status query_first_positions(RunQuery *q, bool earliest, bool internal, Unit *u, Err *err) MUST_CHECK;
Status query_start(RunQuery *q, Err *err) MUST_CHECK;
void query_stop(RunQuery *q);
/* After query_stop: stores, positions and internal topics go; local_only: what is shared with other servers is left to them. */
void query_erase(RunQuery *q, bool local_only);
/* Its stores, and where `positions` its positions, go with the unit. */
void query_forget(RunQuery *q, bool positions, Unit *u);
/* Its internal topics go, also those of an earlier plan. */
Status query_drop_topics(RunQuery *q, Err *err) MUST_CHECK;
/* Those of its own topics that are there have as many partitions as its plan wants. */
bool query_topics_fit(const RunQuery *q);
/* Before it is started: its state, made by another plan, goes, and it begins with the first record of its inputs. What it
 * has kept no state of goes on where it was. Synced, with `plan`: the record that tells of the new plan. */
Status query_rebuild(RunQuery *q, const Record *plan, Err *err) MUST_CHECK;
void query_free(RunQuery *q);

/* ddl.c: statements that change the catalog. */
Status ddl_run(Session *s, const Stmt *st, Answer *out, Err *err) MUST_CHECK;

/* command.c: records of the command topic, PERSISTED v1. */
typedef struct Command {
    Str key;           /* "stream/`NAME`/create" */
    Str statement;
    PropSet props;
    Str query_id;      /* empty: no query */
    uint32_t number;
    uint64_t fingerprint;
    int partitions;    /* of the topic, as found when the statement ran */
    uint64_t token;    /* by which its writer knows it again; 0: none */
    bool own;          /* decoded: it has Sluice's members; else it is a ksqlDB's */
} Command;
void command_encode(const Command *c, Buf *key, Buf *value);
Status command_decode(const Record *r, Arena *a, Command *out, Err *err) MUST_CHECK;

/* members.c: which of the work is this server's. */
Status members_identify(Engine *e, Err *err) MUST_CHECK; /* before workers start */
/* The control topic of the service: its slots are its partitions. In e->arena. */
Str members_topic(const Engine *e);
Status members_join(Engine *e, Err *err) MUST_CHECK;
void members_leave(Engine *e);
bool members_has(const Engine *e, int partition);   /* the slot of the partition is this server's */
bool members_stands_by(const Engine *e, int partition); /* keeps a copy of its state */
/* Looks who the members are now, and takes up or gives up standby copies. Without Engine.ddl. */
void members_look(Engine *e);

/* commands.c: the command topic. All under Engine.ddl. */
/* META key, PERSISTED v1: a headless server has started queries of this service in the directory. The value is empty. */
void commands_headless_key(const Engine *e, Buf *out);
/* ERR_BAD_REQUEST: in the local directory the service is of the other kind, a shell's or a headless server's. Writes nothing. */
Status commands_check_directory(Engine *e, Err *err) MUST_CHECK;
Status commands_open(Engine *e, Err *err) MUST_CHECK;
/* How far it goes, for ddl_replay. */
Status commands_known(Engine *e, Err *err) MUST_CHECK;
void commands_close(Engine *e);
/* Applies what other servers wrote up to the topic's end. */
Status commands_catch_up(Engine *e, Err *err) MUST_CHECK;
/* What is here of it, without asking for the end. */
Status commands_follow(Engine *e, Err *err) MUST_CHECK;
/* This server has the right to write, and is caught up. */
Status commands_ready(Engine *e, Err *err) MUST_CHECK;
/* Makes the command durable, with the first positions of q's tasks (or NULL). ERR_FENCED: another server has the right now. */
Status commands_append(Engine *e, Command *c, RunQuery *q, Err *err) MUST_CHECK;
/* When the engine opens: reads all, then starts what is to run. */
Status ddl_replay(Engine *e, Err *err) MUST_CHECK;

/* proclog.c */
Status proclog_open(Engine *e, Err *err) MUST_CHECK;
/* One row of the processing log, into the task's unit, or into a unit of its own when it has none. where, b: as RowLog. */
void proclog_write(const Task *t, const char *where, const RowError *e, const Batch *b);
/* A record that its topic refused (productionError): into the unit, NULL: one of its own. */
void proclog_not_produced(const Task *t, Unit *u, const char *why);
/* For unit_on_refused; arg: the task. By ksql.fail.on.production.error: true, the unit fails; false, the record is skipped and
 * logged; not set, one that is too large is skipped. */
bool proclog_refused(void *arg, Unit *u, Str topic, const Record *r, const Err *why);

/* session parts */
struct Session {
    Engine *e;
    PropSet props;
    StrMap vars;
};
Analyzer session_analyzer(Session *s, Arena *a, const Catalog *cat, Str sql);
Status insert_run(Session *s, const Stmt *st, Err *err) MUST_CHECK;
Status select_run(Session *s, const Stmt *st, Answer *out, Err *err) MUST_CHECK;
Status print_run(Session *s, const Stmt *st, Answer *out, Err *err) MUST_CHECK;
Status show_run(Session *s, const Stmt *st, Answer *out, Err *err) MUST_CHECK;
Status describe_run(Session *s, const Stmt *st, Answer *out, Err *err) MUST_CHECK;
Status explain_run(Session *s, const Stmt *st, Answer *out, Err *err) MUST_CHECK;

/* entity.c: JSON of answers. */
json_t *json_str(Str s);
json_t *entity_new(const char *type, const Stmt *st);
json_t *entity_status(const Stmt *st, const char *command_id, const char *message, Str query_id, int64_t sequence);
json_t *entity_warning(const Stmt *st, const char *message);
json_t *entity_type(const Type *t);
json_t *entity_fields(const Schema *s);

#endif
