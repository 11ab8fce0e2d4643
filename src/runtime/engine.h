// SPDX-License-Identifier: Apache-2.0
// Engine: catalog, topics, running queries and the workers that step them.
//
// In production worker threads drive it. Under simulated effects nothing runs by itself:
// runtime_step does one piece of work of one task, in a fixed order, and tests call it until it
// says that there is none left. One Engine owns a data directory.
#ifndef SLUICE_RUNTIME_ENGINE_H
#define SLUICE_RUNTIME_ENGINE_H

#include "base/effects.h"
#include "base/err.h"
#include "catalog/props.h"
#include "topic/topic.h"

typedef struct Engine Engine;

typedef struct EngineConfig {
    const char *dir;        /* data directory; NULL: everything in memory (but what is in Kafka) */
    const struct KafkaConfig *kafka; /* topics are in Kafka (topic/kafka.h); NULL: they are local */
    Broker *broker;         /* instead of kafka: taken over (tests) */
    const char *member;     /* the name under which other servers know this one, "host:port"; NULL: made up */
    int session_ms;         /* how long a server that is not heard of keeps its work; 0: 10 s */
    const PropSet *props;   /* the server's configuration, behind all sessions and queries; borrowed for the engine's life */
    void (*log)(void *arg, const char *line); /* what happens by itself: work that comes and goes, restores, failures; any thread */
    void *log_arg;
    bool (*ending)(void);   /* true from when the process is to end: Kafka is not waited for long any more; any thread; or NULL */
    bool (*interrupted)(void); /* the user gave the statement in hand up: a pull query ends; any thread; or NULL */
    bool headless;          /* statements come from a file at each start: no command topic, query ids count from 0 */
    Effects *fx;            /* effects_real() or simulated */
    int workers;            /* threads; 0: one a core, at most 8 */
    int batch_rows;         /* rows of a batch, 1 … LIMIT_BATCH_ROWS; 0: LIMIT_BATCH_ROWS */
    size_t state_budget;    /* bytes of hot state over all stores; 0: 256 MB */
    const char *service_id; /* NULL: "default_" */
    bool alone;             /* has all the work of its service to itself, and joins nobody (tests) */
    bool dense_ids;         /* query ids count commands, not offsets of the command topic (tests) */
    bool sequential_ids;    /* query ids count queries from 0 (test runner) rather than command offsets */
    bool single_partition;  /* every record goes to partition 0 (test runner) */
    bool check_operators;   /* every operator is wrapped by the checker (tests) */
    bool no_processing_log; /* do not declare KSQL_PROCESSING_LOG (test runner) */
} EngineConfig;

/* Opens, replays the command topic, starts the queries that it leaves. A statement that no longer plans is reported by
 * engine_warnings and kept. ERR_BUSY: another process owns the directory. */
Status engine_open(const EngineConfig *config, Engine **out, Err *err) MUST_CHECK;
/* Commits every task, stops the workers, frees. False: the broker did not answer within a few seconds, and what was not committed
 * is read again at the next start. NULL is ignored. No statement may be under way and no stream being closed in another thread.
 * Streams that are still open end with an error; they may be read and closed later on, and be waited on in
 * other threads now. @thread the one that opened */
bool engine_close(Engine *e);
/* Stops as a crash would: nothing is committed. Simulated effects only. */
void engine_crash(Engine *e);

/* Simulated effects: one step; false when no task had anything to do at this clock. */
bool runtime_step(Engine *e);
/* Steps until nothing is left to do, commits included, without moving the clock beyond what is due now. */
void runtime_settle(Engine *e);
/* Commits every task now (simulated effects). */
void runtime_commit_all(Engine *e);

Topics *engine_topics(Engine *e);
Effects *engine_effects(Engine *e);
/* Lines that tell what did not come back at open; borrowed; NULL after the last. */
const char *engine_warning(Engine *e, int i);
/* Version text of the program. */
const char *engine_version(void);

#endif
