// SPDX-License-Identifier: Apache-2.0
// Signals of a shell: SIGINT ends a stream or clears a line, SIGTERM and SIGHUP end the program
// cleanly, SIGWINCH tells the editor, SIGPIPE is ignored (writes report it).
//
// Handlers run on the thread that called signals_init: one delivered elsewhere is sent on to it, so that
// the stream being watched cannot be freed under a handler. They set flags, cancel the stream and
// write a byte to a pipe that input waits on too.
#ifndef SLUICE_SHELL_SIGNALS_H
#define SLUICE_SHELL_SIGNALS_H

#include "runtime/session.h"

/* @thread main. interactive: SIGINT never ends the program; else a second one during one statement does. */
void signals_init(bool interactive);
/* The stream that SIGINT and SIGTERM cancel; NULL: none. @thread main */
void signals_watch(RowStream *rs);
/* Readable once a signal came; emptied by signals_drain. */
int signals_fd(void);
void signals_drain(void);
/* A SIGINT that was not asked for yet, or a signal that ends the program. */
bool signals_pending(void);
/* A SIGINT came since the last call. */
bool signals_interrupted(void);
/* A SIGTERM or SIGHUP came: its number, else 0. Stays. */
int signals_ended(void);
/* A SIGWINCH came since the last call. */
bool signals_resized(void);

#endif
