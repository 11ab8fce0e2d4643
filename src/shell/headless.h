// SPDX-License-Identifier: Apache-2.0
// Headless server: the queries of one file, and nobody to talk to (ksqlDB's non-interactive mode; page 09 §9.6 of its reference).
//
// The file alone says what runs: there is no command topic, and query ids count from 0 in its order, so that a start with the
// same file goes on where the last one stopped. All of it is tried in a sandbox before any of it runs.
#ifndef SLUICE_SHELL_HEADLESS_H
#define SLUICE_SHELL_HEADLESS_H

#include "runtime/config.h"

typedef struct HeadlessOptions {
    ServerConfig *config; /* borrowed */
    const char *dir;      /* NULL: the configuration's, else memory */
    const char *file;     /* of statements */
} HeadlessOptions;

/* Runs until SIGTERM or SIGINT, which end it with 0 within a few seconds: when all was committed, or Kafka did not answer.
 * 1: a statement was refused; 2: the file, the data directory or Kafka cannot be used. @thread main */
int headless_main(const HeadlessOptions *options);

#endif
