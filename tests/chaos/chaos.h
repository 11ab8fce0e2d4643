// SPDX-License-Identifier: Apache-2.0
// Chaos: what the files of the test with real processes and a real broker share; chaos.c says what it does.
//
//   chaos.c     options, the events in their order, the report
//   outage.c    --broker-only: the broker is killed, and the servers live
//   servers.c   the servers: start, kill -9, pause; what happens to a directory between two lives
//   producer.c  a thread that goes on producing; remembers what was acknowledged
//   verify.c    reads the topics and the state at the end, and lays them before tests/oracle
//   markers.c   reads the broker's log files: transactions that were aborted
//
// Two threads: the producer's, and the main one.
#ifndef SLUICE_TESTS_CHAOS_H
#define SLUICE_TESTS_CHAOS_H

#include <pthread.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/base.h"
#include "base/buf.h"
#include "runtime/engine.h"

enum { CHAOS_SERVERS = 3, CHAOS_PARTITIONS = 8, CHAOS_KEYS = 200, CHAOS_GROUPS = 20, CHAOS_WHY = 600 };

typedef struct Server {
    pid_t pid; /* 0: not running */
    int number;
    int in;    /* its standard input, which it waits on */
    int64_t back_ms; /* when it is to be started again; 0: it was */
    int64_t started_ms;
    bool paused, damaged;
} Server;

typedef struct ChaosProducer {
    pthread_t thread;
    bool started, stop; /* stop: atomic */
    const char *bootstrap;
    int rate;           /* records a second */
    uint64_t seed;
    int64_t produced, acked, refused; /* atomic */
    uint8_t *known;     /* by value: acknowledged */
    int64_t known_room;
    pthread_mutex_t mu; /* of known */
} ChaosProducer;

typedef struct Counts {
    int kills, pauses, restarts, wiped, flipped, cut, ended; /* ended: servers that ended by themselves, undamaged */
    int found;       /* damage that was found while a server ran */
    int64_t rebuilt; /* starts that said that they rebuild what was damaged */
    int unreached;   /* starts that ended because the broker was not there */
    int broker_kills, broker_restarts, absences;
    int64_t moves;   /* times that a group of slots changed hands, as the servers say */
    int64_t aborted; /* transactions */
    int64_t committed;
    int passed, failed;
} Counts;

typedef struct Chaos {
    const char *bootstrap, *work, *sluice, *broker; /* broker: a command that takes start, stop, kill; NULL: it is left alone */
    const char *broker_dir;
    int kills, absence_s, session_ms, limit_s;
    int broker_only;      /* kills of the broker, with headless servers that live; 0: the servers are killed */
    int downtime_s, bound_s; /* of broker_only: the longest downtime but for the long ones, the longest recovery */
    int64_t broker_quiet_ms; /* until then servers may not find the broker */
    double gap; /* longest pause between two events, s */
    uint64_t seed, random;
    char service[64];
    Server servers[CHAOS_SERVERS];
    ChaosProducer producer;
    Counts n;
    Buf ids; /* of the queries, one a line */
} Chaos;

/* ---- chaos.c ---- */
int64_t chaos_now(void); /* ms, monotonic */
void chaos_sleep(int ms);
uint64_t chaos_random(Chaos *c, uint64_t below);
void chaos_check(Chaos *c, bool good, const char *what, const char *why);
/* Runs the broker's command with the word: "kill", "start" … */
void chaos_broker(Chaos *c, const char *what);
/* Waits so long, and looks after the servers meanwhile. */
void chaos_rest(Chaos *c, int ms);

/* ---- outage.c ---- */
void outages_run(Chaos *c);

/* ---- servers.c ---- */
void server_start(Chaos *c, Server *s);
void server_signal(Server *s, int sig);
/* Waits for its end, at most so long; then it is killed and false. */
bool server_end(const Chaos *c, Server *s, int ms);
/* Those that ended by themselves, and those whose time has come, are started. */
void servers_keep(Chaos *c);
typedef enum Damage { DAMAGE_NONE, DAMAGE_WIPE, DAMAGE_FLIP, DAMAGE_CUT } Damage;
/* While it is not running. False: there was nothing to damage. */
bool server_damage(Chaos *c, Server *s, Damage d);
void server_dir(const Chaos *c, const Server *s, char *out, size_t room);
/* Into their logs: what they have to say to the statements. */
void servers_ask(Chaos *c, const char *sql);
/* Slots that it has, as its log says last. */
int server_slots(const Chaos *c, const Server *s);
/* How often the servers' logs have a line with the word. */
int64_t servers_said(const Chaos *c, const char *word);

/* ---- producer.c ---- */
void producer_start(ChaosProducer *p);
/* Everything was acknowledged or given up. */
void producer_stop(ChaosProducer *p);
bool producer_knows(ChaosProducer *p, int64_t v);

/* ---- verify.c ---- */
/* Makes topics and queries, and remembers their ids. broker_only: writes the statements to WORK/queries.sql for the servers. */
bool verify_setup(Chaos *c, char *why);
/* Waits until every query has committed all inputs that there were at the call. False: not before `until` (chaos_now), and why. */
bool verify_progress(Chaos *c, int64_t until, char *why);
/* Waits until all is committed, checks every topic; then, with no server running, the state. Counts what passes. */
void verify_all(Chaos *c);

/* ---- markers.c ---- */
/* Transactions by the control records in the log files of topics whose name has the word. */
bool markers_count(const char *data_dir, const char *word, int64_t *aborted, int64_t *committed);

#endif
