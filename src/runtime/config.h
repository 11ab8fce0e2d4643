// SPDX-License-Identifier: Apache-2.0
// Configuration of a process: properties files and the command line, sorted into what each part needs.
//
//   name                                     goes to
//   a row of catalog/props.h                 props: what holds where a session sets nothing
//   ksql.service.id, state.dir,              members of ServerConfig
//     ksql.queries.file, bootstrap.servers
//   a setting of the Kafka client            kafka, as it is written: topic/kafka.h has the rules of what reaches the client
//   what ksqlDB knows besides                nowhere; a warning says so
//   anything else                            nowhere; a warning asks whether another name was meant
//
// What comes later wins: files in their order, then the command line. Connection settings come from here alone: what
// clients send passes through props_set.
// Values of secrets (config_secret) are in no message.
// Used by one thread, before the engine is opened; must outlive it.
#ifndef SLUICE_RUNTIME_CONFIG_H
#define SLUICE_RUNTIME_CONFIG_H

#include "base/vec.h"
#include "catalog/props.h"
#include "runtime/engine.h"
#include "topic/kafka.h"

typedef struct ServerConfig {
    Arena *arena;
    const char *bootstrap;    /* "host:port,host:port"; NULL: topics are local */
    const char *service_id;   /* NULL: "default_" */
    const char *data_dir;     /* state.dir; NULL: not given */
    const char *queries_file; /* NULL: not given */
    PropSet props;            /* behind those of sessions: EngineConfig.props */
    VEC(KafkaSetting) kafka;  /* the last of each name, without "ksql.streams.", in the arena */
    VEC(const char *) places; /* of the same: "server.properties:12", "--property" */
    KafkaConfig client;       /* after config_finish; its log is the caller's to set */
    VEC(const char *) warnings;
} ServerConfig;

void config_init(ServerConfig *c);
void config_clear(ServerConfig *c);

/* Reads a properties file. ERR_IO; ERR_BAD_REQUEST: a value that its property does not take, told with file and line. */
Status config_file(ServerConfig *c, const char *path, Err *err) MUST_CHECK;
/* One setting; from: where it stands, for messages; borrowed until config_clear. */
Status config_set(ServerConfig *c, Str name, Str value, const char *from, Err *err) MUST_CHECK;
/* "name=value" of the command line. */
Status config_property(ServerConfig *c, const char *text, Err *err) MUST_CHECK;
/* After the last setting: checks what only the whole shows, fills `client`. ERR_BAD_REQUEST. */
Status config_finish(ServerConfig *c, Err *err) MUST_CHECK;

/* Must its value stay out of messages, answers and logs? By the name: passwords, keys, tokens, credentials. */
bool config_secret(Str name);
/* What the engine takes of it: borrowed. The other members stay as they are. */
void config_engine(const ServerConfig *c, EngineConfig *out);

#endif
