// SPDX-License-Identifier: Apache-2.0
// What the files of the double share: broker_double.c (topics, reading, groups, members), broker_double_write.c (producers).
//
// Cluster and all that hangs on it is in shared memory, allocated and never freed one by one; Home, clients, fetchers and
// producers are the process's own.
#ifndef SLUICE_TESTS_BROKER_DOUBLE_IMPL_H
#define SLUICE_TESTS_BROKER_DOUBLE_IMPL_H

#include "tests/crash/broker_double.h"

enum { DOUBLE_CLIENTS = 8, DOUBLE_FAULTS = 32 };

typedef enum DState { D_OPEN, D_COMMITTED, D_ABORTED, D_MARKER } DState;

/* A place in a partition. */
typedef struct DRecord {
    Record r; /* offset set */
    DState state;
    int txn; /* D_OPEN: whose */
} DRecord;

typedef struct DPart {
    DRecord *v;
    int n, cap;
    int64_t begin, stable; /* below `stable` nothing is open */
} DPart;

typedef struct DTopic {
    char *name, *config;
    bool gone, late, keyed;
    int max_bytes;
    TopicInfo info;
    DPart *parts;
} DTopic;

typedef struct DPosition {
    char *group, *topic;
    int partition;
    int64_t offset;
    char *by; /* who told it */
} DPosition;

typedef struct DTouched {
    DPart *part;
    int topic, partition;
    int first;
} DTouched;

typedef struct DTxn {
    char *name;
    int epoch, waited;
    bool open;
    DTouched *touched;
    int ntouched, ctouched;
    DPosition *pending;
    int npending, cpending;
} DTxn;

typedef struct DMember {
    bool in;
    char *name;
    int generation;
    uint64_t slots;
} DMember;

typedef struct Cluster {
    size_t used, size;
    DoubleConfig cfg;
    uint64_t random;
    DoubleCounts counts;
    DTopic *topics;
    int ntopics, ctopics;
    DTxn *txns;
    int ntxns, ctxns;
    DPosition *positions;
    int npositions, cpositions;
    char **denied;
    int ndenied, cdenied;
    int generation;
    DMember members[DOUBLE_CLIENTS];
    struct {
        DoubleOp op;
        int after;
        DoubleFault fault;
    } faults[DOUBLE_FAULTS];
    int nfaults;
} Cluster;

typedef struct Home Home;

typedef struct Client {
    Broker base;
    Home *home;
    Cluster *c;
    int no;
    bool joined;
    int generation;
    MembershipConfig member;
} Client;

struct Fetcher {
    Client *cl;
    int topic, partition;
    int64_t at;
    bool empty; /* answered so: to be told when more comes */
    int delayed;
    void (*ready)(void *arg);
    void *arg;
};

struct Home {
    Cluster *c;
    Client *clients[DOUBLE_CLIENTS];
    int nclients;
    VEC(Fetcher *) fetchers;
    void (*on_positions)(void *arg); /* NULL: nobody */
    void *on_positions_arg;
};

/* ---- broker_double.c ---- */
static inline Client *client_of(Broker *b) { return (Client *)(void *)b; }
void *cluster_alloc(Cluster *c, size_t n);
char *cluster_str(Cluster *c, Str s);
void *cluster_grow(Cluster *c, void *v, int n, int *cap, size_t size);
#define cluster_push(c, v, n, cap, ...)                                        \
    do {                                                                       \
        if ((n) == (cap))                                                      \
            (v) = cluster_grow((c), (v), (n), &(cap), sizeof *(v));            \
        (v)[(n)++] = (__VA_ARGS__);                                            \
    } while (0)
uint64_t cluster_random(Cluster *c);
bool cluster_roll(Cluster *c, int per_mille);
/* Counts the call, and says what is to go wrong with it. */
DoubleFault cluster_fault(Cluster *c, DoubleOp op);
/* The error of a fault that is not FAULT_NONE. */
Status fault_error(DoubleFault f, Err *err);
void cluster_violation(Cluster *c, const char *what);
bool cluster_denied(const Cluster *c, Str name);
int cluster_topic(const Cluster *c, Str name); /* -1 */
/* ERR_TOPIC_GONE, ERR_DENIED. */
Status cluster_part(const Cluster *c, Str topic, int partition, DPart **out, Err *err);
void cluster_append(Cluster *c, DPart *part, const Record *r, DState state, int txn);
void cluster_position(Cluster *c, Str group, Str topic, int partition, int64_t offset, Str by);
/* Calls the `ready` of fetchers that would get something now. */
void home_ready(Home *h);

/* ---- broker_double_write.c ---- */
Status double_producer_new(Broker *b, const char *name, Producer **out, Err *err);
void double_producer_free(Producer *p);
Status double_produce(Producer *p, Str topic, int partition, const Record *r, void *tag, Err *err);
Status double_flush(Producer *p, Delivered *fn, void *arg, Err *err);
Status double_init(Producer *p, Err *err);
Status double_begin(Producer *p, Err *err);
Status double_send_positions(Producer *p, Str group, const GroupPosition *v, int n, Err *err);
Status double_send_member(Producer *p, Err *err);
Status double_commit(Producer *p, Err *err);
Status double_abort(Producer *p, Err *err);
/* An open transaction was waited for once more; true: it was aborted for it. */
bool txn_waited(Cluster *c, int txn);

#endif
