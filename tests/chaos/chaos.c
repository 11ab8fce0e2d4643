// SPDX-License-Identifier: Apache-2.0
// Chaos: three real servers of one service over a real broker, killed at random while producers go on; then everything that they
// wrote, and what they hold, is compared with the oracle.
//
//   chaos --sluice PROGRAM --work DIR --bootstrap HOST:PORT [options]
//
//   --kills N          how many (default 30)
//   --gap SECONDS      the longest time between two; the shortest is 0.2 (default 5)
//   --rate N           records a second (default 500)
//   --broker COMMAND   what takes `start`, `stop --keep` and `kill` behind it (scripts/kafka --dir …): the broker is killed,
//                      stopped and left away too
//   --broker-dir DIR   where its data is: aborted transactions are counted there, and there must be some
//   --absence SECONDS  how long it is left away (default 10)
//   --session MS       after which a server is taken for dead (default 6000)
//   --limit SECONDS    how long is waited for the end of everything (default 120 and one for every other kill)
//   --seed N           of everything that is left to chance but the machine's own
//   --broker-only N    no server is killed; the broker is, N times (outage.c), and --broker is needed. With
//     --downtime SECONDS how long it is away at most, but for one kill in twenty (default 20)
//     --bound SECONDS    in which every server must work again once the broker answers (default 60)
//
// Kills: behind every fourth the directory is gone or damaged when the server comes back, every fifteenth is behind a pause
// longer than the session's time-out, so that the server comes back as a zombie. The queries run exactly once and at least once,
// side by side (verify.c). Nothing waits for a time and hopes: the end is polled for, with a limit. The last line: `N passed, N failed`.
#include "tests/chaos/chaos.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t chaos_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void chaos_sleep(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

uint64_t chaos_random(Chaos *c, uint64_t below)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 7;
    c->random ^= c->random << 17;
    return c->random % below;
}

void chaos_check(Chaos *c, bool good, const char *what, const char *why)
{
    if (good) {
        c->n.passed++;
        return;
    }
    c->n.failed++;
    printf("FAIL %s: %s\n", what, why ? why : "");
    fflush(stdout);
}

/* ---- events ---- */

/* The coordinator's own words. */
static int64_t count_rebalances(const Chaos *c)
{
    char path[1100], line[4096], group[120];
    int64_t n = 0;
    snprintf(path, sizeof path, "%s/server.log", c->broker_dir);
    snprintf(group, sizeof group, "_confluent-ksql-%s_members", c->service);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        n += strstr(line, "tabilized group") && strstr(line, group);
    if (f)
        fclose(f);
    return n;
}

void chaos_broker(Chaos *c, const char *what)
{
    char command[2200];
    c->broker_quiet_ms = INT64_MAX;
    snprintf(command, sizeof command, "%s %s > '%s/broker.out' 2>&1", c->broker, what, c->work);
    int code = system(command);
    if (code) {
        printf("%s: ends with %d\n", command, code);
        c->n.failed++;
    }
    if (strcmp(what, "start") == 0)
        c->broker_quiet_ms = chaos_now() + 15000;
}

void chaos_rest(Chaos *c, int ms)
{
    for (int64_t until = chaos_now() + ms; chaos_now() < until; chaos_sleep(50))
        servers_keep(c);
}

/* A broker that is alone and shuts down may take a transaction for complete whose markers it never wrote (Apache Kafka 4.3.1: a
 * partition without a leader is taken for a deleted one): the transaction then hangs in its partitions for ever, whoever wrote it.
 * So no commit is under way when it is told to stop, though transactions are open. When it is killed nothing is held; that its
 * restart does not do the same is scripts/kafka's work. */
static void hold_servers(Chaos *c, int sig)
{
    for (int i = 0; i < CHAOS_SERVERS; i++)
        server_signal(&c->servers[i], sig);
    chaos_sleep(500);
}

static void broker_event(Chaos *c, int kill_no)
{
    if (!c->broker || (kill_no != c->kills / 4 && kill_no != c->kills / 2 && kill_no != c->kills * 3 / 4))
        return;
    c->n.moves += count_rebalances(c); /* a broker that starts begins a new log */
    if (kill_no == c->kills / 4) {
        printf("the broker is killed\n");
        chaos_broker(c, "kill");
        chaos_rest(c, 500);
        chaos_broker(c, "start");
        c->n.broker_kills++;
    } else if (kill_no == c->kills / 2) {
        printf("the broker is restarted\n");
        hold_servers(c, SIGSTOP);
        chaos_broker(c, "stop --keep");
        chaos_broker(c, "start");
        hold_servers(c, SIGCONT);
        c->n.broker_restarts++;
    } else {
        printf("the broker is away for %d s\n", c->absence_s);
        chaos_broker(c, "kill");
        chaos_rest(c, c->absence_s * 1000);
        chaos_broker(c, "start");
        c->n.absences++;
    }
}

/* Longer than it takes to be given up. */
static void pause_server(Chaos *c, Server *s)
{
    server_signal(s, SIGSTOP);
    s->paused = true;
    chaos_rest(c, c->session_ms + 2000);
    server_signal(s, SIGCONT);
    s->paused = false;
    c->n.pauses++;
}

static void kill_server(Chaos *c, Server *s, int kill_no)
{
    static const Damage damages[] = {DAMAGE_WIPE, DAMAGE_FLIP, DAMAGE_CUT};
    s->back_ms = chaos_now() + (int64_t)chaos_random(c, 1000);
    server_signal(s, SIGKILL);
    c->n.kills++;
    for (int64_t until = chaos_now() + 5000; s->pid && chaos_now() < until; chaos_sleep(5)) {
        int64_t back = s->back_ms;
        s->back_ms = INT64_MAX; /* not before its directory was seen to */
        servers_keep(c);
        s->back_ms = back;
    }
    if (!s->pid && kill_no % 4 == 3)
        server_damage(c, s, damages[kill_no / 4 % 3]);
}

static void run_events(Chaos *c)
{
    int from = (int)chaos_now();
    for (int i = 1; i <= c->kills; i++) {
        chaos_rest(c, 200 + (int)chaos_random(c, (uint64_t)(c->gap * 1000) - 200));
        broker_event(c, i);
        Server *s = &c->servers[chaos_random(c, CHAOS_SERVERS)];
        while (!s->pid)
            chaos_rest(c, 50);
        if (i % 15 == 0)
            pause_server(c, s);
        kill_server(c, s, i);
        if (i % 50 == 0)
            printf("%d kills, %" PRId64 " inputs, %d s\n", i, __atomic_load_n(&c->producer.acked, __ATOMIC_RELAXED),
                   ((int)chaos_now() - from) / 1000);
        fflush(stdout);
    }
}

/* ---- report ---- */

static void count_transactions(Chaos *c)
{
    char data[1100];
    snprintf(data, sizeof data, "%s/data", c->broker_dir);
    bool read = markers_count(data, "ONCE", &c->n.aborted, &c->n.committed);
    chaos_check(c, read && c->n.committed > 0, "the broker's log tells of committed transactions", data);
    chaos_check(c, c->n.aborted > 0, "transactions were aborted", "none was: nothing was tried");
}

static void report(const Chaos *c)
{
    const Counts *n = &c->n;
    printf("kills: %d; servers started: %d; pauses beyond the session: %d; directories wiped: %d, with a bit flipped: %d, "
           "with a file cut: %d\n", n->kills, n->restarts, n->pauses, n->wiped, n->flipped, n->cut);
    printf("broker: killed %d, restarted %d, away for %d s %d\n", n->broker_kills, n->broker_restarts, c->absence_s, n->absences);
    printf("transactions: %" PRId64 " committed, %" PRId64 " aborted (at least); rebalances: %" PRId64 "\n", n->committed,
           n->aborted, n->moves);
    printf("damage found at a start: %" PRId64 ", in a running server: %d; starts that did not reach the broker: %d; "
           "servers that ended by themselves: %d\n", n->rebuilt, n->found, n->unreached, n->ended);
}

static bool options(Chaos *c, int argc, char **argv)
{
    static const struct option known[] = {
        {"sluice", required_argument, NULL, 's'}, {"work", required_argument, NULL, 'w'},
        {"bootstrap", required_argument, NULL, 'b'}, {"kills", required_argument, NULL, 'k'},
        {"gap", required_argument, NULL, 'g'}, {"rate", required_argument, NULL, 'r'},
        {"broker", required_argument, NULL, 'B'}, {"broker-dir", required_argument, NULL, 'd'},
        {"absence", required_argument, NULL, 'a'}, {"seed", required_argument, NULL, 'x'},
        {"limit", required_argument, NULL, 'l'}, {"session", required_argument, NULL, 'S'},
        {"broker-only", required_argument, NULL, 'o'}, {"downtime", required_argument, NULL, 'D'},
        {"bound", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0},
    };
    int o;
    while ((o = getopt_long(argc, argv, "", known, NULL)) >= 0)
        switch (o) {
        case 's': c->sluice = optarg; break;
        case 'w': c->work = optarg; break;
        case 'b': c->bootstrap = optarg; break;
        case 'k': c->kills = atoi(optarg); break;
        case 'g': c->gap = atof(optarg); break;
        case 'r': c->producer.rate = atoi(optarg); break;
        case 'B': c->broker = optarg; break;
        case 'd': c->broker_dir = optarg; break;
        case 'a': c->absence_s = atoi(optarg); break;
        case 'x': c->seed = strtoull(optarg, NULL, 10); break;
        case 'l': c->limit_s = atoi(optarg); break;
        case 'S': c->session_ms = atoi(optarg); break;
        case 'o': c->broker_only = atoi(optarg); break;
        case 'D': c->downtime_s = atoi(optarg); break;
        case 'm': c->bound_s = atoi(optarg); break;
        default: return false;
        }
    return c->sluice && c->work && c->bootstrap && c->gap > 0.2 && (c->broker || !c->broker_only);
}

int main(int argc, char **argv)
{
    static Chaos c = {.kills = 30, .gap = 5, .absence_s = 10, .session_ms = 6000, .downtime_s = 20, .bound_s = 60,
                      .producer = {.rate = 500}};
    char why[CHAOS_WHY] = "";
    c.seed = (uint64_t)time(NULL);
    if (!options(&c, argc, argv)) {
        fputs("usage: chaos --sluice PROGRAM --work DIR --bootstrap HOST:PORT [--kills N] [--gap S] [--rate N] [--broker COMMAND]\n"
              "             [--broker-dir DIR] [--absence S] [--limit S] [--seed N] [--broker-only N [--downtime S] [--bound S]]\n",
              stderr);
        return 2;
    }
    if (c.limit_s == 0)
        c.limit_s = 120 + c.kills / 2; /* the more there was, the longer all of it is read */
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    c.random = c.seed * 2654435761u | 1;
    c.producer.seed = c.seed + 77;
    c.producer.bootstrap = c.bootstrap;
    snprintf(c.service, sizeof c.service, "chaos_");
    c.kills = c.broker_only ? 0 : c.kills;
    printf("seed %" PRIu64 ", %d kills of %s\n", c.seed, c.kills + c.broker_only, c.broker_only ? "the broker" : "servers");
    for (int i = 0; i < CHAOS_SERVERS; i++)
        c.servers[i] = (Server){.number = i, .in = -1};
    if (!verify_setup(&c, why)) {
        chaos_check(&c, false, "topics and queries are made", why);
    } else {
        producer_start(&c.producer);
        for (int i = 0; i < CHAOS_SERVERS; i++)
            server_start(&c, &c.servers[i]);
        if (c.broker_only)
            outages_run(&c);
        else
            run_events(&c);
        producer_stop(&c.producer);
        servers_keep(&c);
        verify_all(&c);
    }
    for (int i = 0; i < CHAOS_SERVERS; i++)
        server_end(&c, &c.servers[i], 1000);
    if (c.broker_dir) {
        count_transactions(&c);
        c.n.moves += count_rebalances(&c);
        if (!c.broker_only)
            chaos_check(&c, c.n.moves >= c.n.kills / 4, "work moved between servers", "hardly any rebalance");
    }
    c.n.rebuilt = servers_said(&c, "was damaged, and is rebuilt");
    chaos_check(&c, c.n.ended == 0, "no server ends by itself", "see above");
    report(&c);
    printf("%d passed, %d failed\n", c.n.passed, c.n.failed);
    return c.n.failed > 0;
}
