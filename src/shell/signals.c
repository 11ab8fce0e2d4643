// SPDX-License-Identifier: Apache-2.0
// Signals: see signals.h. Handlers call async-signal-safe functions only (rowstream_cancel is one).
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include "shell/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static pthread_t main_thread;
static bool is_interactive;
static int pipe_fds[2] = {-1, -1};
static RowStream *volatile watched;
static volatile sig_atomic_t interrupts, ended, resized;

static void on_signal(int sig)
{
    int saved = errno;
    if (!pthread_equal(pthread_self(), main_thread)) {
        pthread_kill(main_thread, sig);
        errno = saved;
        return;
    }
    RowStream *rs = watched;
    if (sig == SIGWINCH) {
        resized = 1;
    } else if (sig == SIGINT) {
        if (!is_interactive && !rs && interrupts)
            _exit(128 + SIGINT);
        interrupts = 1;
    } else {
        if (ended)
            _exit(128 + sig);
        ended = sig;
    }
    if (rs && sig != SIGWINCH)
        rowstream_cancel(rs);
    if (write(pipe_fds[1], "", 1) < 0)
        errno = saved; /* full: whoever waits is awake anyway */
    errno = saved;
}

void signals_init(bool interactive)
{
    struct sigaction sa = {.sa_handler = on_signal};
    main_thread = pthread_self();
    is_interactive = interactive;
    if (pipe_fds[0] < 0 && pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0)
        pipe_fds[0] = pipe_fds[1] = -1;
    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    struct sigaction old;
    if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup */
        sigaction(SIGHUP, &sa, NULL);
    if (interactive)
        sigaction(SIGWINCH, &sa, NULL);
    sa.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &sa, NULL);
}

void signals_watch(RowStream *rs) { watched = rs; }

int signals_fd(void) { return pipe_fds[0]; }

void signals_drain(void)
{
    char bytes[64];
    while (read(pipe_fds[0], bytes, sizeof bytes) > 0)
        ;
}

bool signals_pending(void) { return interrupts || ended; }

bool signals_interrupted(void)
{
    bool was = interrupts != 0;
    interrupts = 0;
    return was;
}

int signals_ended(void) { return ended; }

bool signals_resized(void)
{
    bool was = resized != 0;
    resized = 0;
    return was;
}
