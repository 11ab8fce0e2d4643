// SPDX-License-Identifier: Apache-2.0
// The servers of the chaos test: the program itself, with a directory of its own, as a shell that waits for statements which never
// come, or (broker_only) as a headless server. What it prints is in server<N>.log. @thread main
#define _GNU_SOURCE // nftw
#include "tests/chaos/chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void server_dir(const Chaos *c, const Server *s, char *out, size_t room) { snprintf(out, room, "%s/server%d", c->work, s->number); }

static void exec_server(const Chaos *c, const Server *s)
{
    char dir[1024], session[80], log[1100], file[1100];
    server_dir(c, s, dir, sizeof dir);
    snprintf(log, sizeof log, "%s.log", dir);
    snprintf(session, sizeof session, "ksql.streams.session.timeout.ms=%d", c->session_ms);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    snprintf(file, sizeof file, "%s/queries.sql", c->work);
    const char *argv[] = {c->sluice, "server", "--queries-file", file, "--bootstrap-server", c->bootstrap, "--service-id", c->service,
                          "-d", dir, "--property", session, "--property", "ksql.streams.request.timeout.ms=10000", NULL};
    const char **args = c->broker_only ? argv : argv + 3;
    args[0] = c->sluice;
    execv(c->sluice, (char *const *)args);
    perror(c->sluice);
    _exit(127);
}

void server_start(Chaos *c, Server *s)
{
    int in[2];
    if (pipe2(in, O_CLOEXEC)) {
        perror("pipe");
        exit(2);
    }
    fflush(stdout);
    s->pid = fork();
    if (s->pid == 0) {
        dup2(in[0], 0);
        exec_server(c, s);
    }
    close(in[0]);
    s->in = in[1];
    s->back_ms = 0;
    s->started_ms = chaos_now();
    s->paused = false;
    c->n.restarts++;
}

void server_signal(Server *s, int sig)
{
    if (s->pid)
        kill(s->pid, sig);
}

void servers_ask(Chaos *c, const char *sql)
{
    for (int i = 0; i < CHAOS_SERVERS; i++)
        if (c->servers[i].pid && write(c->servers[i].in, sql, strlen(sql)) < 0)
            perror("server");
}

static void forget(Server *s)
{
    close(s->in);
    s->pid = 0;
    s->in = -1;
}

bool server_end(const Chaos *c, Server *s, int ms)
{
    int status = 0;
    if (!s->pid)
        return true;
    close(s->in); /* the end of its statements */
    s->in = -1;
    if (c->broker_only)
        kill(s->pid, SIGTERM);
    for (int64_t until = chaos_now() + ms; chaos_now() < until; chaos_sleep(20))
        if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
            s->pid = 0;
            return true;
        }
    kill(s->pid, SIGKILL);
    waitpid(s->pid, &status, 0);
    s->pid = 0;
    return false;
}

/* It came upon damage while it ran: what it holds is rebuilt when it is started again, as its operator would. */
static void restart_damaged(Chaos *c, Server *s)
{
    char path[1100];
    server_dir(c, s, path, sizeof path);
    strcat(path, "/damaged");
    if (s->paused || access(path, F_OK) != 0 || s->back_ms || chaos_now() - s->started_ms < 2000)
        return;
    s->back_ms = chaos_now();
    server_signal(s, SIGKILL);
    c->n.found++;
}

static void see_end(Chaos *c, Server *s, int status)
{
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    forget(s);
    if (killed)
        return;
    s->back_ms = chaos_now() + 500;
    /* It says so and ends, as a shell does, when the broker does not answer as it starts. */
    bool unreached = !c->broker_only && WIFEXITED(status) && WEXITSTATUS(status) == 2 && chaos_now() < c->broker_quiet_ms;
    if (unreached) {
        c->n.unreached++;
        return;
    }
    printf("server %d ended by itself: %s %d%s\n", s->number, WIFSIGNALED(status) ? "signal" : "exit code",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), s->damaged ? " (its directory was damaged)" : "");
    c->n.ended++;
}

void servers_keep(Chaos *c)
{
    for (int i = 0; i < CHAOS_SERVERS; i++) {
        Server *s = &c->servers[i];
        int status = 0;
        if (s->pid)
            restart_damaged(c, s);
        if (s->pid && waitpid(s->pid, &status, WNOHANG) == s->pid)
            see_end(c, s, status);
        if (!s->pid && chaos_now() >= s->back_ms)
            server_start(c, s);
    }
}

/* ---- what happens to a directory ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    UNUSED(st), UNUSED(type), UNUSED(ftw);
    return remove(path);
}

/* Of all files with state or log records in them, one by chance; walk_* as nftw has no argument. */
static char walk_found[1100];
static uint64_t walk_random;
static int walk_files;

static int consider(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    const char *dot = strrchr(path, '.');
    UNUSED(ftw);
    bool data = dot && (strcmp(dot, ".sst") == 0 || strcmp(dot, ".log") == 0) && !strstr(path, "db.damaged");
    if (type != FTW_F || !data || st->st_size < 64)
        return 0;
    walk_random = walk_random * 6364136223846793005u + 1442695040888963407u;
    if ((walk_random >> 33) % (uint64_t)++walk_files == 0)
        snprintf(walk_found, sizeof walk_found, "%s", path);
    return 0;
}

static bool find_file(Chaos *c, const char *dir, struct stat *st)
{
    walk_found[0] = 0;
    walk_files = 0;
    walk_random = chaos_random(c, UINT64_MAX);
    nftw(dir, consider, 16, FTW_PHYS);
    return walk_found[0] && stat(walk_found, st) == 0;
}

static bool flip(Chaos *c, const char *path, int64_t size)
{
    FILE *f = fopen(path, "r+b");
    int64_t at = (int64_t)chaos_random(c, (uint64_t)size);
    if (!f)
        return false;
    fseek(f, (long)at, SEEK_SET);
    int byte = fgetc(f);
    fseek(f, (long)at, SEEK_SET);
    fputc(byte ^ 1 << chaos_random(c, 8), f);
    printf("%s: a bit of byte %lld of %lld is flipped\n", path, (long long)at, (long long)size);
    return fclose(f) == 0;
}

bool server_damage(Chaos *c, Server *s, Damage d)
{
    char dir[1024];
    struct stat st;
    server_dir(c, s, dir, sizeof dir);
    if (d == DAMAGE_WIPE) {
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        return ++c->n.wiped > 0;
    }
    if (!find_file(c, dir, &st))
        return false;
    s->damaged = true;
    if (d == DAMAGE_FLIP)
        return flip(c, walk_found, st.st_size) && ++c->n.flipped;
    int64_t to = (int64_t)chaos_random(c, (uint64_t)st.st_size);
    printf("%s: is cut from %lld to %lld\n", walk_found, (long long)st.st_size, (long long)to);
    return truncate(walk_found, to) == 0 && ++c->n.cut;
}

int server_slots(const Chaos *c, const Server *s)
{
    char dir[1024], path[1100], line[4096];
    int slots = 0;
    server_dir(c, s, dir, sizeof dir);
    snprintf(path, sizeof path, "%s.log", dir);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "has ", 4) == 0)
            slots = atoi(line + 4);
    if (f)
        fclose(f);
    return slots;
}

int64_t servers_said(const Chaos *c, const char *word)
{
    int64_t n = 0;
    for (int i = 0; i < CHAOS_SERVERS; i++) {
        char path[1100], line[4096];
        snprintf(path, sizeof path, "%s/server%d.log", c->work, i);
        FILE *f = fopen(path, "r");
        while (f && fgets(line, sizeof line, f))
            n += strstr(line, word) != NULL;
        if (f)
            fclose(f);
    }
    return n;
}
