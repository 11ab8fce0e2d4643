// SPDX-License-Identifier: Apache-2.0
// Outages: the only broker is killed and started again, while the servers stay alive and the producer continues.
//
// After each restart the time is measured from the broker's first answer until every server works again: each has slots, and every
// query has committed all that was in the input topic when the broker answered. A time above the bound is a failure.
//
// A broker is away for 0 to CHAOS.downtime_s seconds; one outage in twenty takes LONG_LEAST_S to LONG_MOST_S seconds, which is
// longer than every session and transaction. scripts/kafka adds the time in which the controller gives up the dead broker.
// @thread main
#include "tests/chaos/chaos.h"

#include <inttypes.h>
#include <stdlib.h>

enum { WORK_LEAST_MS = 200, WORK_MOST_MS = 2000, LONG_ONE_IN = 20, LONG_LEAST_S = 60, LONG_MOST_S = 120 };

static int downtime_ms(Chaos *c, int no)
{
    if (no % LONG_ONE_IN == LONG_ONE_IN / 2)
        return LONG_LEAST_S * 1000 + (int)chaos_random(c, (LONG_MOST_S - LONG_LEAST_S) * 1000);
    return (int)chaos_random(c, (uint64_t)c->downtime_s * 1000 + 1);
}

/* "": every server has slots. */
static void servers_without_slots(const Chaos *c, char *why)
{
    *why = 0;
    for (int i = 0; i < CHAOS_SERVERS && !*why; i++)
        if (server_slots(c, &c->servers[i]) <= 0)
            snprintf(why, CHAOS_WHY, "server %d has no slots", i);
}

/* From now until every server works; -1: not within the bound, and why. */
static int64_t time_recovery(Chaos *c, char *why)
{
    int64_t began = chaos_now(), until = began + (int64_t)c->bound_s * 1000;
    bool good = verify_progress(c, until, why);
    for (; good; chaos_sleep(20)) {
        servers_without_slots(c, why);
        if (!*why)
            return chaos_now() - began;
        good = chaos_now() < until;
    }
    return -1;
}

void outages_run(Chaos *c)
{
    char why[CHAOS_WHY] = "", what[80];
    int64_t ms = time_recovery(c, why), most = 0, all = 0;
    chaos_check(c, ms >= 0, "every server works before the first kill", why);
    for (int i = 1; i <= c->broker_only && ms >= 0; i++) {
        chaos_rest(c, WORK_LEAST_MS + (int)chaos_random(c, WORK_MOST_MS - WORK_LEAST_MS));
        int away = downtime_ms(c, i);
        int64_t killed = chaos_now();
        chaos_broker(c, "kill");
        chaos_rest(c, away);
        chaos_broker(c, "start");
        int64_t back = chaos_now() - killed;
        c->n.broker_kills++;
        ms = time_recovery(c, why);
        snprintf(what, sizeof what, "kill %d: every server works within %d s", i, c->bound_s);
        chaos_check(c, ms >= 0, what, why);
        printf("kill %d: %.1f s without a broker, every server works after %.1f s more\n", i, (double)back / 1000, (double)ms / 1000);
        all += ms;
        most = ms > most ? ms : most;
    }
    printf("broker killed %d times; from its answer until every server worked: %.1f s on average, %.1f s at most; consumers made "
           "anew: %" PRId64 "\n", c->n.broker_kills, c->n.broker_kills ? (double)all / c->n.broker_kills / 1000 : 0,
           (double)most / 1000, servers_said(c, "joins again with a new consumer"));
}
