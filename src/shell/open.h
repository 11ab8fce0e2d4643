// SPDX-License-Identifier: Apache-2.0
// Open: an engine for a shell or a server that runs in this process, and what to do while its brokers do not answer.
#ifndef SLUICE_SHELL_OPEN_H
#define SLUICE_SHELL_OPEN_H

#include "runtime/config.h"
#include "shell/out.h"

/* A script ends when brokers do not answer: whoever started it has to know. A person and a server wait. */
typedef enum OpenWait {
    OPEN_ONCE,
    OPEN_RETRY, /* says what is wrong, once for each reason, and tries again until it succeeds or a signal comes */
} OpenWait;

/* What of the configuration goes to the engine, with the data directory of -d (NULL: the configuration's). What the
 * client of Kafka tells by itself goes to standard error up to log_level (0: nothing, 3: errors, 4: warnings). config is borrowed
 * by the engine. */
EngineConfig open_engine_config(ServerConfig *config, const char *dir, int log_level);
/* Opens. ERR_CANCELLED: a signal came first. The engine's warnings are written to `to`. signals_init was called. @thread main */
Status open_engine(const EngineConfig *config, OpenWait wait, Out *to, Engine **out, Err *err) MUST_CHECK;

/* Trying again what Kafka did not answer. */
typedef struct OpenTries {
    Buf said; /* the last reason that was told, without digits */
    int ms;   /* to wait before the next try */
} OpenTries;
void open_tries_init(OpenTries *t);
/* Takes the error: tells it, once for each reason, and waits. OK: try again; ERR_CANCELLED: a signal came, which err says then.
 * @thread main */
Status open_again(OpenTries *t, Out *to, Err *err) MUST_CHECK;
/* It succeeded, or not. */
void open_tries_end(OpenTries *t, Status st, Out *to);

/* The shell closes: what Kafka's client says of connections that end with it is no news to the user. */
void open_log_ends(void);

#endif
