// SPDX-License-Identifier: Apache-2.0
// The real Effects and the simulated one; see effects.h.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // pthread_setname_np
#endif
#include "base/effects.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>
#include <time.h>

static int64_t real_wall_ms(Effects *e)
{
    UNUSED(e);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_mono_ns(Effects *e)
{
    UNUSED(e);
    struct timespec t;
#ifdef CLOCK_BOOTTIME /* the hours count in which the machine sleeps: brokers do not sleep with it */
    clock_gettime(CLOCK_BOOTTIME, &t);
#else
    clock_gettime(CLOCK_MONOTONIC, &t);
#endif
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t real_random(Effects *e)
{
    UNUSED(e);
    uint64_t v;
    while (getrandom(&v, sizeof v, 0) != (ssize_t)sizeof v)
        BUG_IF(errno != EINTR);
    return v;
}

static int real_thread_start(Effects *e, const char *name, ThreadMain *fn, void *arg, void **thread)
{
    UNUSED(e);
    pthread_t *t = mem_alloc(sizeof *t);
    int rc = pthread_create(t, NULL, fn, arg);
    if (rc) {
        mem_free(t);
        return rc;
    }
    char shown[16] = {0};
    strncpy(shown, name, sizeof shown - 1);
    pthread_setname_np(*t, shown);
    *thread = t;
    return 0;
}

static void real_thread_join(Effects *e, void *thread)
{
    UNUSED(e);
    BUG_IF(pthread_join(*(pthread_t *)thread, NULL) != 0);
    mem_free(thread);
}

void wait_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

struct timespec wait_until(int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    return until;
}

Effects *effects_real(void)
{
    static Effects real = {
        .wall_ms = real_wall_ms,
        .mono_ns = real_mono_ns,
        .random = real_random,
        .thread_start = real_thread_start,
        .thread_join = real_thread_join,
    };
    return &real;
}

typedef struct Sim {
    Effects base;
    int64_t wall_ms, mono_ms;
    uint64_t state;
    GateVerdict (*hook)(void *arg, const char *what, GatePhase phase);
    void *hook_arg;
} Sim;

static int64_t sim_wall_ms(Effects *e) { return ((Sim *)e)->wall_ms; }
static int64_t sim_mono_ns(Effects *e) { return ((Sim *)e)->mono_ms * 1000000; }

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t sim_random(Effects *e)
{
    uint64_t z = (((Sim *)e)->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static GateVerdict sim_gate(Effects *e, const char *what, GatePhase phase)
{
    Sim *s = (Sim *)e;
    return s->hook ? s->hook(s->hook_arg, what, phase) : GATE_GO;
}

static int sim_thread_start(Effects *e, const char *name, ThreadMain *fn, void *arg, void **thread)
{
    UNUSED(e), UNUSED(fn), UNUSED(arg), UNUSED(thread);
    BUG("thread %s started under simulated effects", name);
}

static void sim_thread_join(Effects *e, void *thread)
{
    UNUSED(e), UNUSED(thread);
    BUG("thread joined under simulated effects");
}

Effects *effects_sim_new(uint64_t seed, int64_t start_ms)
{
    Sim *s = mem_zalloc(sizeof *s);
    s->base = (Effects){sim_wall_ms, sim_mono_ns, sim_random, sim_gate, sim_thread_start, sim_thread_join, true};
    s->wall_ms = s->mono_ms = start_ms;
    s->state = seed;
    return &s->base;
}

void effects_sim_free(Effects *e) { mem_free(e); }
void effects_sim_step_wall(Effects *e, int64_t ms) { ((Sim *)e)->wall_ms += ms; }

void effects_sim_advance(Effects *e, int64_t ms)
{
    ((Sim *)e)->wall_ms += ms;
    ((Sim *)e)->mono_ms += ms;
}

void effects_sim_on_gate(Effects *e, GateVerdict (*hook)(void *arg, const char *what, GatePhase phase), void *arg)
{
    ((Sim *)e)->hook = hook;
    ((Sim *)e)->hook_arg = arg;
}
