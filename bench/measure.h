// SPDX-License-Identifier: Apache-2.0
// What the benchmarks measure with: CPU time and memory of the process, and a session to run statements in.
// Header only; one thread. A failure ends the program.
#ifndef SLUICE_BENCH_MEASURE_H
#define SLUICE_BENCH_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "runtime/session.h"
#include "sql/parse.h"

static inline void die(const char *what, Err *err)
{
    fprintf(stderr, "%s: %s\n", what, err && err->msg ? err->msg : "failed");
    exit(1);
}

/* CPU seconds, user and system, of RUSAGE_SELF (all threads) or RUSAGE_THREAD. */
static inline double cpu_of(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static inline double cpu_now(void) { return cpu_of(RUSAGE_SELF); }

static inline double wall_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A line of /proc/self/status in MB: "VmRSS", "VmHWM". */
static inline double memory_mb(const char *what)
{
    char line[256];
    long kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, what, strlen(what)) == 0)
            kb = strtol(line + strlen(what) + 1, NULL, 10);
    if (f)
        fclose(f);
    return (double)kb / 1024;
}

/* VmHWM begins anew at what is held now. */
static inline void memory_peak_reset(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (f) {
        fputs("5", f);
        fclose(f);
    }
}

/* Runs a statement. id (may be NULL): room for 128 bytes, the query's id. rows (may be NULL): the stream. */
static inline void run_sql(Session *s, const char *sql, char *id, RowStream **rows)
{
    Err err = ERR_INIT;
    Script script;
    Stmt *stmt = NULL;
    Answer answer = {0};
    Arena *a = arena_new(0);
    script_init(&script, str_of(sql));
    if (script_next(&script, a, NULL, false, &stmt, &err) || session_run(s, stmt, &answer, &err))
        die(sql, &err);
    json_t *status = json_object_get(answer.entity, "commandStatus");
    const char *q = json_string_value(json_object_get(status, "queryId"));
    if (id)
        snprintf(id, 128, "%s", q ? q : "");
    if (rows) {
        *rows = answer.stream;
        answer.stream = NULL;
    }
    answer_clear(&answer);
    arena_free(a);
}

static inline void pause_ms(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Until the query has committed the offset of the topic's first partition; ends the program after two minutes. */
static inline void wait_position(Engine *e, const char *id, const char *topic, int64_t offset)
{
    char owner[200];
    double limit = wall_now() + 120;
    snprintf(owner, sizeof owner, "_confluent-ksql-default_query_%s", id);
    while (position_get(engine_topics(e), str_of(owner), str_of(topic), 0) < offset) {
        if (wall_now() > limit)
            die(id, NULL);
        pause_ms(2);
    }
}

#endif
