// SPDX-License-Identifier: Apache-2.0
// One statement of a session at a terminal, on a thread of its own: Ctrl-C gives the prompt back, whatever the statement waits
// for.
//
// Nothing ends a statement half way: what was sent to a broker is on its way. So one that was interrupted is left to go on, a
// session has at most one of them, and the next statement waits until it has ended. What became of it is told as soon as the
// prompt would come, or before the next statement.
// @thread main
#ifndef SLUICE_SHELL_STATEMENT_H
#define SLUICE_SHELL_STATEMENT_H

#include "shell/core.h"

/* What became of a statement that was left. */
typedef struct Ended {
    Status rc;
    Answer answer; /* its stream, if it began one, is closed */
    Err err;
    char *sql;     /* its beginning, one line */
} Ended;
void ended_clear(Ended *e);

/* As session_run. ERR_CANCELLED, and sh->left is set: a signal came first. Then the statement, its arena and its text are the
 * thread's (statement_hold), and err is not set. */
Status statement_run(Shell *sh, const Stmt *st, Answer *out, Err *err) MUST_CHECK;
/* Whose memory the statement is in; freed with it. Both are taken over. text: from mem_alloc. */
void statement_hold(Shell *sh, Arena *a, char *text);

typedef enum StatementWait { STATEMENT_LOOK, STATEMENT_WAIT, STATEMENT_JOIN } StatementWait;
/* Has the one that was left ended? True: out is set, and there is none any more. LOOK does not wait; WAIT waits until a signal
 * comes; JOIN waits whatever comes. */
bool statement_ended(Shell *sh, StatementWait wait, Ended *out);

#endif
