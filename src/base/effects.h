// SPDX-License-Identifier: Apache-2.0
// Effects: clock, randomness, threads and the gates in front of everything that lasts.
//
// The engine reads time and random bits only through an Effects it was given, starts threads only
// through it, and calls effects_gate before and after each write that survives the process. In
// production gates are free; crash tests end the process in one of them, or tear the write.
// The simulated Effects has a clock that only the test moves and a seeded generator.
#ifndef SLUICE_BASE_EFFECTS_H
#define SLUICE_BASE_EFFECTS_H

#include <pthread.h>
#include <time.h>

#include "base/base.h"

typedef enum GatePhase { GATE_BEFORE, GATE_AFTER } GatePhase;

typedef enum GateVerdict {
    GATE_GO,
    GATE_TEAR, /* only at GATE_BEFORE: do the write, but leave its last bytes out, then end the process */
} GateVerdict;

typedef struct Effects Effects;

typedef void *ThreadMain(void *arg);

struct Effects {
    int64_t (*wall_ms)(Effects *e); /* see effects_wall_ms */
    int64_t (*mono_ns)(Effects *e); /* never goes back; for intervals alone */
    uint64_t (*random)(Effects *e);
    /* what: a short static name ("disk.write", "disk.sync", "dir.lock" …). */
    GateVerdict (*gate)(Effects *e, const char *what, GatePhase phase);
    /* 0, or an errno. The thread is joined by thread_join. */
    int (*thread_start)(Effects *e, const char *name, ThreadMain *fn, void *arg, void **thread);
    void (*thread_join)(Effects *e, void *thread);
    bool simulated; /* no threads may be started; the engine is stepped */
};

/* The real ones; a static object. Any thread. */
Effects *effects_real(void);

/* A simulated set: both clocks at start_ms until effects_sim_advance moves them. */
Effects *effects_sim_new(uint64_t seed, int64_t start_ms);
void effects_sim_free(Effects *e);
void effects_sim_advance(Effects *e, int64_t ms);
/* Steps the wall clock alone, as an administrator or NTP does; ms may be negative. */
void effects_sim_step_wall(Effects *e, int64_t ms);
/* Installs a gate hook on a simulated set (crash tests). */
void effects_sim_on_gate(Effects *e, GateVerdict (*hook)(void *arg, const char *what, GatePhase phase), void *arg);

/* Time of day, ms since the epoch. It may jump either way at any moment: only for timestamps of records, for retention, for what is
 * stored beyond this process, and for what users see. */
static inline int64_t effects_wall_ms(Effects *e) { return e->wall_ms(e); }
/* Time since some moment in the past, ms. Never goes back, whoever sets the clock: for every interval, deadline and back-off. Of no
 * meaning to another process or the next start. */
static inline int64_t effects_mono_ms(Effects *e) { return e->mono_ns(e) / 1000000; }

/* A condition whose timed waits end by the monotonic clock: pthread_cond_timedwait with wait_until's time. */
void wait_init(pthread_cond_t *cond);
/* So many ms from now, for pthread_cond_timedwait on a condition of wait_init. */
struct timespec wait_until(int64_t ms);

static inline GateVerdict effects_gate(Effects *e, const char *what, GatePhase phase)
{
    return e->gate ? e->gate(e, what, phase) : GATE_GO;
}

#endif
