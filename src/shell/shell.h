// SPDX-License-Identifier: Apache-2.0
// Shell: statements from arguments, files, standard input or a person at a terminal, run by an engine
// in this process; results as tables or JSON.
#ifndef SLUICE_SHELL_SHELL_H
#define SLUICE_SHELL_SHELL_H

#include "runtime/config.h"

typedef struct ShellInput {
    bool file;        /* text is a path ("-": standard input), else SQL */
    const char *text; /* borrowed */
} ShellInput;

typedef struct ShellOptions {
    ServerConfig *config;     /* borrowed */
    const char *dir;          /* data directory; NULL: the configuration's, else memory */
    const ShellInput *inputs; /* run in this order; none: standard input, or a session at a terminal */
    int ninputs;
    const char *const *defines; /* "name=value" */
    int ndefines;
    bool json;
    int64_t timeout_ms; /* push queries end after it; -1: never */
} ShellOptions;

/* Returns the exit code: 0, 1 (a statement failed), 2 (arguments, files, the data directory, no broker), 128 + a signal.
 * @thread main */
int shell_main(const ShellOptions *options);

#endif
