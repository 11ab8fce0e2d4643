// SPDX-License-Identifier: Apache-2.0
// What the files of the Kafka broker share. The only header that shows librdkafka.
//
// Locks, in the order in which they are taken:
//   Kafka.lanes_lock    the lanes and who reads what in them; librdkafka's calls that do not wait may be made under it
//   Kafka.member_lock   the membership
//   Kafka.jobs_lock, Kafka.sets_lock, Kafka.askers_lock, Kafka.coordinators_lock, Kafka.reason_lock: short
#ifndef SLUICE_TOPIC_KAFKA_IMPL_H
#define SLUICE_TOPIC_KAFKA_IMPL_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "base/map.h"
#include "topic/kafka.h"

typedef struct Kafka Kafka;

/* What the opaque of every handle of librdkafka points to. */
typedef struct KafkaHandle {
    Kafka *k;
    bool txn_failed; /* atomic: librdkafka has given the open transaction up: it takes no more records and must be aborted */
} KafkaHandle;

typedef struct Lane {
    rd_kafka_t *rk;
    StrMap reading; /* "<topic> <partition>" */
} Lane;

typedef struct Membership Membership;
typedef struct Asker Asker;
typedef struct CoordinatorHandle CoordinatorHandle;
typedef struct FetchSet FetchSet;
typedef struct FetchJob FetchJob;

struct Kafka {
    Broker base;
    KafkaHandle handle;
    KafkaProps props;
    char *client_id, *prefix;
    size_t prefix_n;
    int open_ms, request_ms, max_lanes;
    void (*log)(void *arg, int level, const char *text);
    void *log_arg;
    bool (*ending)(void *arg);
    void *ending_arg;
    bool given_up; /* atomic: see kafka_wait.c */
    bool left;     /* atomic: a handle is left to the end of the process, and this with it */
    int destroy_spent_ms; /* atomic: for handles that were left */

    rd_kafka_t *meta;
    rd_kafka_queue_t *background; /* of meta */

    pthread_mutex_t reason_lock; /* of: */
    Buf reason;                  /* the last trouble, in librdkafka's words */
    int64_t reason_ms;           /* when */
    rd_kafka_resp_err_t trouble; /* its code, of meta */
    bool all_down;               /* since it was opened */
    int64_t log_second;
    int log_count;

    pthread_mutex_t lanes_lock; /* of: */
    VEC(Lane *) lanes;
    int64_t nudge_bytes; /* see kafka_fetch.c */

    pthread_mutex_t sets_lock; /* of: */
    FetchSet *free_sets;
    int nfree, handed_out;

    pthread_mutex_t jobs_lock; /* of: */
    pthread_cond_t jobs_cond;
    FetchJob *jobs, *job_running;
    bool jobs_stop, jobs_started;
    pthread_t jobs_thread;

    pthread_mutex_t member_lock; /* of: */
    Membership *member;

    pthread_mutex_t askers_lock; /* of: */
    VEC(Asker *) askers; /* see kafka_position.c */

    pthread_mutex_t coordinators_lock; /* of: */
    CoordinatorHandle *coordinators;   /* NULL: none yet; see kafka_ask.c */
};

static inline Kafka *kafka_of(Broker *b) { return (Kafka *)(void *)b; }

/* ---- kafka_client.c ---- */
typedef enum KafkaKind { KAFKA_META, KAFKA_LANE, KAFKA_MEMBER, KAFKA_IDEMPOTENT, KAFKA_TRANSACTIONAL } KafkaKind;

/* A configuration of the kind with the user's settings in it; NULL: err is set. */
rd_kafka_conf_t *kafka_conf_new(Kafka *k, KafkaKind kind, KafkaHandle *h, Err *err);
/* Sets what must be known to librdkafka. */
void kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);
/* Takes conf. NULL: err is set. kafka_destroy ends it. */
rd_kafka_t *kafka_handle_new(Kafka *k, KafkaKind kind, rd_kafka_conf_t *conf, Err *err);
/* A handle for requests; its events go to *background, which is to be destroyed before it. NULL: err is set. */
rd_kafka_t *kafka_meta_new(Kafka *k, rd_kafka_queue_t **background, Err *err);
/* A line of librdkafka's log: told, and kept as the last trouble when it is one of a connection. */
void kafka_logged(Kafka *k, int level, const char *facility, const char *text);

/* With the prefix; NUL-terminated, on the heap. */
char *kafka_name(const Kafka *k, Str name);
/* Takes the prefix off; false: it has another. */
bool kafka_own_name(const Kafka *k, const char *full, Str *name);

ErrCode kafka_code(rd_kafka_resp_err_t e);
/* Sets err: "<text>: <detail, or what e means>", and the last trouble where e says nothing of the cause. */
Status kafka_fail(Kafka *k, Err *err, rd_kafka_resp_err_t e, const char *detail, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* As ksqlDB words it; what: "topic(s)", "group(s)" … */
Status kafka_denied(Err *err, const char *operation, const char *what, Str name);
/* Of a call about one topic: kafka_fail, or denied. operation: "Describe" … */
Status kafka_fail_topic(Kafka *k, Err *err, rd_kafka_resp_err_t e, const char *detail, const char *operation, Str topic);

/* ---- kafka_wait.c ---- */
int64_t kafka_now_ms(void); /* monotonic */
void kafka_nap(int ms);
/* The process is to end. */
bool kafka_ending(const Kafka *k);
/* The time of one call. */
typedef struct Patience {
    Kafka *k;
    int64_t began, until;
    bool ending; /* noticed */
    bool cut;    /* … and `until` is the end's, not its own */
} Patience;
Patience kafka_patience(Kafka *k, int ms);
/* For how long to wait next, at most `most`; 0: no longer, it timed out. */
int kafka_slice(Patience *p, int most);
/* Of a topic, or (NULL) of all. */
rd_kafka_resp_err_t kafka_metadata(Kafka *k, rd_kafka_topic_t *topic, int ms, const struct rd_kafka_metadata **out);
/* The list's offsets are times; the error of the call, or the first of its elements. */
rd_kafka_resp_err_t kafka_offsets(Kafka *k, rd_kafka_topic_partition_list_t *l);
/* A call in a thread of its own, for what cannot be told how long it may take. New. */
typedef struct Aside Aside;
Aside *kafka_aside(void (*call)(void *arg), void *arg);
/* True: it has returned; false: it had not after so long. */
bool kafka_aside_wait(Aside *a, int ms);
/* Frees it. False: it has not returned, and goes on alone with its argument, which nobody may free. */
bool kafka_aside_end(Aside *a);
/* Destroys a handle, without closing a consumer. False: librdkafka does not come to an end with it in the time that there is
 * for that; its opaque must stay, and k stays. Only so much time is spent on all such handles together. */
bool kafka_destroy(Kafka *k, rd_kafka_t *rk);
/* The queue's next event, new; NULL: none came. */
rd_kafka_event_t *kafka_poll(Kafka *k, rd_kafka_queue_t *q, int ms);

/* ---- kafka_admin.c ---- */
Status kafka_create(Broker *b, const TopicInfo *info, const char *const *config, Err *err);
Status kafka_drop(Broker *b, Str name, Err *err);
Status kafka_describe(Broker *b, Str name, TopicInfo *info, Err *err);
Status kafka_list(Broker *b, Arena *a, TopicInfoVec *out, Err *err);
Status kafka_trim(Broker *b, Str topic, int partition, int64_t offset, Err *err);
Status kafka_ends(Broker *b, Str topic, int partition, int64_t *begin, int64_t *end, Err *err);
Status kafka_offset_at(Broker *b, Str topic, int partition, int64_t ts, int64_t *offset, Err *err);
/* Partitions of a topic, 0 when it is not there; *ready: each has a leader. */
Status kafka_partitions(Kafka *k, Str name, int *partitions, int *replicas, bool *ready, Err *err);
/* As they stand in the list, with the prefix; new. */
rd_kafka_topic_partition_list_t *kafka_position_list(Kafka *k, const GroupPosition *v, int n);

/* ---- kafka_ask.c ---- */
/* What a request is about, for its error: "Create", "topic(s)", the name. */
typedef struct KafkaAbout {
    const char *operation, *what;
    Str name;
} KafkaAbout;
/* Sends one admin request and waits for its event, new; NULL: err is set. */
typedef void KafkaAsk(rd_kafka_t *rk, void *request, rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q);
rd_kafka_event_t *kafka_ask(Kafka *k, rd_kafka_admin_op_t op, KafkaAsk *ask, void *request, KafkaAbout about, Err *err);
void kafka_coordinators_free(Kafka *k);

/* ---- kafka_position.c ---- */
Status kafka_positions(Broker *b, Str group, Arena *a, GroupPositionVec *out, Err *err);
Status kafka_set_positions(Broker *b, Str group, const GroupPosition *v, int n, Err *err);
Status kafka_drop_group(Broker *b, Str group, Err *err);
void kafka_askers_free(Kafka *k);

/* ---- kafka_fetch.c ---- */
Status kafka_fetch_open(Broker *b, Str topic, int partition, int64_t offset, void (*ready)(void *arg), void *arg, Fetcher **out,
                        Err *err);
Status kafka_fetch(Fetcher *f, int max, RecordSet *set, bool *at_end, Err *err);
void kafka_fetch_close(Fetcher *f);
void kafka_fetch_logged(void); /* librdkafka logged an error in this thread */
void kafka_fetch_free_all(Kafka *k); /* lanes, the thread, kept sets */

/* ---- kafka_produce.c ---- */
Status kafka_producer_new(Broker *b, const char *name, Producer **out, Err *err);
void kafka_producer_free(Producer *p);
Status kafka_produce(Producer *p, Str topic, int partition, const Record *r, void *tag, Err *err);
Status kafka_flush(Producer *p, Delivered *fn, void *arg, Err *err);
Status kafka_init(Producer *p, Err *err);
Status kafka_begin(Producer *p, Err *err);
Status kafka_send_positions(Producer *p, Str group, const GroupPosition *v, int n, Err *err);
Status kafka_send_member(Producer *p, Err *err);
Status kafka_commit(Producer *p, Err *err);
Status kafka_abort(Producer *p, Err *err);
/* For tests: raises a fatal error in the producer's handle, which must be there. */
void kafka_producer_break(Producer *p);

/* ---- kafka_group.c ---- */
Status kafka_join(Broker *b, const MembershipConfig *c, Err *err);
void kafka_leave(Broker *b);
bool kafka_owner(Broker *b, int slot, Buf *name);
Status kafka_members(Broker *b, Arena *a, NameList *out, Err *err);
/* For tests: raises a fatal error in the member's consumer, as if its instance were fenced. False: there is no consumer now. */
bool kafka_member_break(Kafka *k);
/* What ties a transaction to this process's slots: the group's metadata (new) and one partition that is owned. ERR_ABORT: it
 * has none. */
Status kafka_member_fence(Kafka *k, rd_kafka_consumer_group_metadata_t **group, rd_kafka_topic_partition_list_t **offsets,
                          Err *err);

#endif
