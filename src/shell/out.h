// SPDX-License-Identifier: Apache-2.0
// Out: where results go: a file descriptor, and a spool file beside it while one is open.
//
// Writes are whole (interrupted ones are continued); the first failure is kept, and later writes do nothing,
// so that a script sees it once, after the statement. A write that nobody reads waits until there is a signal or the
// deadline is over, and then fails: ECANCELED, ETIMEDOUT. One thread.
#ifndef SLUICE_SHELL_OUT_H
#define SLUICE_SHELL_OUT_H

#include "base/err.h"

typedef struct Out {
    int fd;
    bool terminal; /* fd is one */
    bool color;    /* and understands colours */
    bool waits;    /* a write may have to wait for a reader: no file */
    int error;     /* errno of the first write that failed */
    int64_t deadline;  /* of writes, in ms of out_now_ms; -1: none */
    int64_t signalled; /* when a write first saw the signal that is pending; -1: none is */
    int spool;     /* -1: none */
    int spool_error; /* as error, of the spool */
    char *spool_path;
} Out;

void out_init(Out *o, int fd);
/* Closes the spool; the descriptor stays open. */
void out_close(Out *o);
/* The exit code after a write that failed, `code` when none did. The reason is written to `to`, but not for a reader that went away
 * (`… | head`): it wanted no more. */
int out_exit_code(const Out *o, Out *to, int code);
/* Text: a terminal gets it without control characters (cell_clean), everything else gets its bytes. */
void out_write(Out *o, Str s);
void out_printf(Out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* To the spool alone: what the user typed. */
void out_spool(Out *o, Str s);
/* A control sequence, where the terminal understands colours; never spooled. */
void out_escape(Out *o, const char *sequence);
/* Text in red on a terminal. */
void out_red(Out *o, Str s);
/* Columns of the terminal; 80 when it is none. */
int out_width(const Out *o);
/* A line of a diagnostic, in one write when it is no longer than PIPE_BUF; dropped when nobody reads. @thread any */
void out_tell(int fd, Str line);
/* A monotonic clock. */
int64_t out_now_ms(void);
/* Starts a spool file (an existing one is replaced). */
Status out_spool_open(Out *o, const char *path, Err *err) MUST_CHECK;
/* *path: of the spool that was closed, new; NULL when there was none. ERR_IO: not all could be written to it. */
Status out_spool_close(Out *o, char **path, Err *err) MUST_CHECK;

#endif
