// SPDX-License-Identifier: Apache-2.0
// Temporary directories of tests, and children that are meant to die.
#ifndef SLUICE_TESTS_TMPDIR_H
#define SLUICE_TESTS_TMPDIR_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // nftw
#endif
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

typedef struct TmpDir {
    char path[1024];
} TmpDir;

static inline TmpDir tmpdir_new(void)
{
    TmpDir t;
    const char *base = getenv("TMPDIR");
    snprintf(t.path, sizeof t.path, "%s/sluice-test-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(t.path))
        BUG("no temporary directory like %s", t.path);
    return t;
}

static inline int tmpdir_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    UNUSED(st), UNUSED(type), UNUSED(ftw);
    return remove(path);
}

static inline void tmpdir_remove(const TmpDir *t)
{
    nftw(t->path, tmpdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Runs fn in a child, which should end by _exit; -signal or the exit code. A child that hangs is killed. */
static inline int child_run(void (*fn)(void *arg), void *arg)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        BUG("no child process");
    if (pid == 0) {
        alarm(60);
        fn(arg);
        _exit(0);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* The thread sanitizer does not follow children of a process with threads: tests that fork return early. */
#if defined(__SANITIZE_THREAD__)
#define NO_FORK_TESTS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NO_FORK_TESTS 1
#endif
#endif
#ifndef NO_FORK_TESTS
#define NO_FORK_TESTS 0
#endif

#endif
