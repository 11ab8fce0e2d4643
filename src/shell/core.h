// SPDX-License-Identifier: Apache-2.0
// Core: what the parts of the shell share. One Shell a process, used by the main thread alone.
#ifndef SLUICE_SHELL_CORE_H
#define SLUICE_SHELL_CORE_H

#include "runtime/session.h"
#include "shell/out.h"

/* Exit codes, and how a run of statements ended. */
enum {
    SHELL_OK = 0,
    SHELL_FAILED = 1,        /* a statement failed, or its result could not be written */
    SHELL_USAGE = 2,         /* arguments, files, the data directory */
    SHELL_NO_READER = 141,   /* the reader of the output went away: 128 + SIGPIPE, as of a program that the signal ended */
    SHELL_INTERRUPTED = 130, /* Ctrl-C while no query was running */
};

typedef struct HistoryLog HistoryLog;
typedef struct LeftStatement LeftStatement;

typedef struct Shell {
    Engine *e;
    Session *s;
    Out out;             /* results, and everything in a terminal session */
    Out err;             /* errors of scripts */
    const char *dir;     /* NULL: memory */
    const char *bootstrap; /* brokers; NULL: topics are local */
    HistoryLog *history; /* NULL outside a terminal session */
    bool interactive;
    bool json;
    bool wrap;       /* SET CLI WRAP */
    int column_width; /* SET CLI COLUMN-WIDTH; 0: automatic */
    bool pipelining;
    int64_t timeout_ms; /* a push query ends after it; -1: never */
    bool quit;          /* exit was typed */
    int depth;          /* scripts that run scripts */
    LeftStatement *left; /* interrupted, and still running (statement.h); NULL: none */
} Shell;

/* JSON for a program: nothing is written but documents, and no notices. */
static inline bool shell_json_only(const Shell *sh) { return sh->json && !sh->out.terminal; }

/* An error for the user: in a session on the terminal, else to standard error. text: what the span refers to; file
 * may be NULL. */
void shell_error(Shell *sh, const Err *err, Str text, const char *file);

/* Shows rows or lines until they end, Ctrl-C or the timeout. The stream stays the caller's. @thread main */
Status stream_show(Shell *sh, RowStream *rs, Err *err) MUST_CHECK;

#endif
