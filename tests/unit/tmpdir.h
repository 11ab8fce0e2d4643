// SPDX-License-Identifier: Apache-2.0
// Temporary directories of tests, and children that are meant to die.
#ifndef SLUICE_TESTS_TMPDIR_H
#define SLUICE_TESTS_TMPDIR_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // nftw
#endif
#include <dirent.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

#include "unit.h"

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

/* False: a thread of this process, beside the one that asks, runs or waits for a device. */
static inline bool threads_sleep(void)
{
    DIR *tasks = opendir("/proc/self/task");
    bool all = true;
    for (struct dirent *e; tasks && (e = readdir(tasks));) {
        char path[300], text[512] = "";
        if (e->d_name[0] == '.' || atol(e->d_name) == (long)getpid())
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/stat", e->d_name);
        FILE *f = fopen(path, "r");
        size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
        if (f)
            fclose(f);
        text[n] = 0;
        const char *name_end = strrchr(text, ')');
        all &= !name_end || name_end[2] == 'S'; /* none: it has ended */
    }
    if (tasks)
        closedir(tasks);
    return all;
}

/* Runs fn in a child, which should end by _exit; -signal or the exit code. A child that hangs is killed.
 *
 * A child gets the locks of its parent as they are, and none of the threads that would give them back. RocksDB's pool outlives its
 * databases, and one of its threads may still be on its way to sleep: it is waited for. @thread main */
static inline int child_run(void (*fn)(void *arg), void *arg)
{
    fflush(stdout);
    while (!threads_sleep())
        sched_yield();
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
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf("the child hung\n");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* The thread sanitizer does not follow children of a process with threads: tests that fork return early. */
#define NO_FORK_TESTS UNDER_TSAN

#endif
