// SPDX-License-Identifier: Apache-2.0
// Guard of the test runners: handlers of SIGABRT, SIGSEGV and SIGALRM that write one line with the name
// of the running test to standard error and then let the signal end the process as usual.
// The handlers read a static buffer that changes only while no test runs.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "tools/qtt_guard.h"

static char line[600];

static void on_signal(int sig)
{
    ssize_t n = write(2, line, strlen(line));
    signal(sig, SIG_DFL);
    raise(n < 0 ? SIGABRT : sig);
}

void guard_enter(const char *tool, Str name, int seconds)
{
    snprintf(line, sizeof line, "\nsluice test %s: stopped in: %.*s\n", tool, STR_ARG(name));
    signal(SIGABRT, on_signal);
    signal(SIGSEGV, on_signal);
    signal(SIGALRM, on_signal);
    alarm((unsigned)seconds);
}

void guard_leave(void)
{
    alarm(0);
}
