// SPDX-License-Identifier: Apache-2.0
// Workload: the script that the crash tests run, and the driver that runs it on an engine.
//
// A script is a list of ops that a seed decides. The driver runs them on an engine under simulated effects,
// tells the oracle what was acknowledged, and can begin anywhere: driver_recover is given the number of ops
// that were acknowledged before a crash. The op behind them was in flight. It is looked for, counts as
// done when its effect is there as a whole, is done anew when nothing of it is there; all else is an error.
//
// What is checked, by tests/oracle: source topics, the merged stream, the tables' topics (of the one that is grouped by the key
// of its source the exact sequence of values per key), pull queries, and that catalog and queries are those that the acknowledged
// statements leave.
//
// With a Broker the topics are in it, and the engine is one server of a service; the broker outlives the engine.
#ifndef SLUICE_TESTS_WORKLOAD_H
#define SLUICE_TESTS_WORKLOAD_H

#include <jansson.h>

#include "base/map.h"
#include "base/vec.h"
#include "runtime/session.h"
#include "tests/oracle/oracle.h"
#include "tests/oracle/sequence.h"

typedef enum OpKind {
    OP_DDL,     /* sql; what it adds to and takes from the catalog */
    OP_INSERT,  /* sql; one row of A or B */
    OP_STEP,    /* n steps of the engine */
    OP_DRAIN,   /* clock and engine go on until nothing is left to do */
    OP_CHECK,   /* everything against the oracle; stands behind a drain */
    OP_RESTART, /* engine_close, and open again */
    OP_CRASH,   /* engine_crash, and open again */
    OP_SECOND,  /* n: what happens to the second server: opens, closes, dies */
    OP_MOVE,    /* slots go to the one server or the other; n: which */
    OP_FENCE,   /* the first server is given up; n: hears of it after so many steps */
} OpKind;

typedef struct Op {
    OpKind kind;
    int n;
    char *sql;          /* "$X" stands for the id of the query X_<number> */
    const char *adds;   /* DDL: words S:stream T:table Q:query, one blank between */
    const char *drops;
    int source;         /* INSERT */
    char k[8], g[8];
    int64_t v;
} Op;

typedef struct Workload {
    uint64_t seed;
    int partitions[ORACLE_SOURCES];
    int batch_rows;
    bool cache_off; /* every update is put out; else they are coalesced */
    bool kafka;         /* what befalls servers of a service is in it */
    bool at_least_once; /* over a broker only; else exactly once */
    VEC(Op) ops;
} Workload;

/* The fixed one of the gate test; the random one of the simulation. restart: once in the middle. */
void workload_fixed(Workload *w, bool cache_off, int inserts, bool restart);
void workload_random(Workload *w, uint64_t seed);
/* For a broker: either guarantee, a second server that comes and goes, slots that move. */
void workload_random_kafka(Workload *w, uint64_t seed);
void workload_free(Workload *w);

typedef struct Driver {
    const Workload *w;
    const char *dir; /* NULL: none (with a broker) */
    Broker *broker;  /* NULL: topics are in dir. Borrowed: it is let go of, and taken again, at each open */
    void (*reopens)(struct Driver *d); /* called before each open but the first; may be NULL */
    void *reopens_arg;
    bool recounts;   /* at least once: state may come from changelogs, which may be ahead of positions */
    int opened;
    /* Kafka's random workloads: the second server, whose work is the first's too; and what the broker does to both. */
    Broker *second;  /* NULL: none */
    const char *second_dir;
    Engine *e2;
    struct DoubleConfig *faults; /* of the double; NULL: it is left alone. Set aside while something is looked at */
    int failed_ops;  /* statements that failed, and were looked for */
    Effects *fx;
    Engine *e;
    Session *s;
    Oracle *o;
    StrMap catalog;  /* what SHOW must tell: a word -> itself */
    int t_limit;     /* inputs when T's query ended; else ORACLE_MAX_INPUTS */
    int at;          /* the op under way */
    char why[ORACLE_WHY + 200];
} Driver;

/* dir: borrowed. The simulated effects are the driver's; install a gate hook on d->fx before driver_open. */
void driver_init(Driver *d, const Workload *w, const char *dir);
/* Frees all; closes the engine where it is open. */
void driver_clear(Driver *d);

/* All below: false, with a sentence in d->why. */
bool driver_open(Driver *d);
void driver_close(Driver *d, bool crash);
/* Runs the ops from `from` on; *acked (may be NULL) is raised behind each. */
bool driver_run(Driver *d, int from, volatile int *acked);
/* Opens after a crash in which `acked` ops were acknowledged, settles the one in flight, runs the rest. */
bool driver_recover(Driver *d, int acked);
/* The broker behaves from now on, all work is the first server's, and what is to be done is done. */
bool driver_calm(Driver *d);
/* Everything against the oracle. */
bool driver_check(Driver *d);

/* check.c: the parts of driver_check and of the search for the op in flight. */
bool check_everything(Driver *d);
/* The names that SHOW STREAMS, TABLES and QUERIES tell, as words; ids without their number. */
bool check_catalog_words(Driver *d, StrMap *words);
/* How often an input stands in its source's topic; -1 on an error. */
int check_count_input(Driver *d, int source, int64_t v);
/* What the key's values in the topic of C may be. */
SequenceRule driver_rule(const Driver *d);
/* Runs one statement; *entity (may be NULL) is a new reference. rows: streams are handed on. */
bool driver_sql(Driver *d, const char *sql, json_t **entity, RowStream **rows);

#endif
