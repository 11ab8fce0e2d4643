// SPDX-License-Identifier: Apache-2.0
// Kafka: the Broker of broker.h on librdkafka, and the rules of what reaches librdkafka.
//
// Handles of librdkafka that one Broker has:
//   meta       a consumer that reads uncommitted: metadata, offsets, admin requests
//   lanes      consumers that read committed: a partition is read once in a lane, so the second fetcher of a partition goes to
//              the next lane; made when needed, and kept
//   producers  one each
//   member     the consumer of the control topic, while joined
// Nothing blocks without a limit of time. librdkafka's own words (a refused connection, a wrong password) are kept as the reason
// that error messages tell, and handed to the log callback, at most a few a second.
//
// Connection settings come from the server's properties file and command line only; kafka_config.c has a row for each name.
// Other sources (SET, WITH, the command topic) ask kafka_property_client and refuse what their own allow list does not have.
#ifndef SLUICE_TOPIC_KAFKA_H
#define SLUICE_TOPIC_KAFKA_H

#include "topic/broker.h"

/* As a line of the properties file: `ksql.streams.producer.linger.ms`. */
typedef struct KafkaSetting {
    Str name, value;
} KafkaSetting;

typedef struct KafkaConfig {
    const KafkaSetting *settings; /* what is no client property is left alone */
    int n;
    const char *client_id; /* NULL: "sluice" */
    const char *prefix;    /* put before topics, groups and transactional names, and taken off again; NULL: nothing */
    int open_ms;           /* limits; 0: 5 s to reach a broker at first, … */
    int request_ms;        /* … 10 s for any other answer */
    int lanes;             /* readers of one partition at a time, at most; 0: 16 */
    void (*log)(void *arg, int level /* syslog's: 3 error, 4 warning */, const char *text); /* any thread; may be NULL */
    void *log_arg;
    /* True from when the process is to end: nobody waits for long any more. Asked often, by any thread; NULL: never. */
    bool (*ending)(void *arg);
    void *ending_arg;
} KafkaConfig;

/* Everything of c is copied. ERR_BROKER names the addresses and the reason; ERR_BAD_REQUEST the setting that cannot be.
 * A fetcher's `ready` is called under a lock of librdkafka that fetch takes too: it must not wait for a lock that is held over
 * fetch. Record sets are released before close. */
Status kafka_broker_open(const KafkaConfig *c, Broker **out, Err *err) MUST_CHECK;

/* Calls that this thread makes from here on take so long at most, all together; 0: as long as ever. */
void kafka_hurry(int ms);

/* ---- properties ---- */
typedef enum KafkaPropClass {
    KAFKA_PROP_UNKNOWN,   /* no row: not a client's property */
    KAFKA_PROP_PASS,      /* goes to librdkafka under its own name */
    KAFKA_PROP_TRANSLATE, /* a Java name that librdkafka has another for */
    KAFKA_PROP_IGNORE,    /* means nothing to this client: a warning */
    KAFKA_PROP_OWN,       /* Sluice sets it: a warning */
    KAFKA_PROP_ENGINE,    /* the engine's, which reads it itself */
    KAFKA_PROP_REFUSE,    /* loads code, runs commands, or is no text: an error */
} KafkaPropClass;

/* name: without `ksql.streams.`, `producer.`, …. */
KafkaPropClass kafka_property_class(Str name);
/* The i-th row of the rules; false behind the last. */
bool kafka_property_rule(int i, Str *name, KafkaPropClass *class);
/* A name, with any of the prefixes, of librdkafka's table or of ours. */
bool kafka_property_client(Str name);
/* A name of librdkafka's own table. */
bool kafka_property_known(Str name);
/* The i-th of them, in the table's order; false behind the last. */
bool kafka_property_at(int i, Str *name);

/* What reaches librdkafka. */
enum { KAFKA_FOR_CONSUMER = 1, KAFKA_FOR_PRODUCER = 2, KAFKA_FOR_ADMIN = 4, KAFKA_FOR_ALL = 7 };
typedef struct KafkaProp {
    char *name, *value; /* owned; librdkafka's name */
    int clients;
    int rank; /* how near to the client it was said: a longer prefix wins */
} KafkaProp;
typedef struct KafkaProps {
    VEC(KafkaProp) v; /* heap; one per name and client */
    char *servers;    /* bootstrap.servers */
    char *token_file; /* OAUTHBEARER; NULL: not used */
    int delivery_ms, transaction_ms; /* of producers */
} KafkaProps;
/* warnings: a line for each setting that was ignored. ERR_BAD_REQUEST. On error out is empty. */
Status kafka_props_read(const KafkaSetting *v, int n, KafkaProps *out, Buf *warnings, Err *err) MUST_CHECK;
void kafka_props_free(KafkaProps *p);
/* The value that the client gets, or NULL. */
const char *kafka_props_get(const KafkaProps *p, const char *name, int client);

#endif
