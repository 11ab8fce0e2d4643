// SPDX-License-Identifier: Apache-2.0
// Statement: see statement.h. The thread runs session_run and then closes its end of a pipe; the main thread waits for that end
// and for signals at once.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2, pthread_setname_np */
#endif
#include "shell/statement.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "shell/signals.h"

enum { GRACE_MS = 200, SQL_SHOWN = 60 }; /* a statement that ends at once is not left */

struct LeftStatement {
    Session *s;
    const Stmt *st;
    Answer answer; /* of the thread, as is: */
    Err err;
    Status rc;
    pthread_t thread;
    int done; /* reads the end when the thread is done */
    int open; /* the thread's end */
    Arena *arena; /* owned once it is left */
    char *text;
};

static void *run(void *arg)
{
    LeftStatement *l = arg;
    pthread_setname_np(pthread_self(), "sluice-stmt"); /* for who looks from outside */
    l->rc = session_run(l->s, l->st, &l->answer, &l->err);
    close(l->open);
    return NULL;
}

static bool is_done(const LeftStatement *l, int ms)
{
    struct pollfd fd = {.fd = l->done, .events = POLLIN};
    return poll(&fd, 1, ms) > 0;
}

/* False: a signal came first. */
static bool await(const LeftStatement *l)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = l->done, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
        (void)poll(fds, 2, -1);
        if (is_done(l, 0))
            return true;
        signals_drain();
        if (signals_pending())
            return is_done(l, GRACE_MS);
    }
}

static void join(LeftStatement *l)
{
    pthread_join(l->thread, NULL);
    close(l->done);
}

Status statement_run(Shell *sh, const Stmt *st, Answer *out, Err *err)
{
    int fds[2];
    BUG_IF(sh->left);
    if (pipe2(fds, O_CLOEXEC) != 0)
        return session_run(sh->s, st, out, err);
    LeftStatement *l = mem_zalloc(sizeof *l);
    *l = (LeftStatement){.s = sh->s, .st = st, .err = ERR_INIT, .done = fds[0], .open = fds[1]};
    if (pthread_create(&l->thread, NULL, run, l) != 0) {
        close(fds[0]);
        close(fds[1]);
        mem_free(l);
        return session_run(sh->s, st, out, err);
    }
    if (!await(l)) {
        sh->left = l;
        signals_interrupted();
        return ERR_CANCELLED;
    }
    join(l);
    Status rc = l->rc;
    *out = l->answer;
    err_move(err, &l->err);
    mem_free(l);
    return rc;
}

void statement_hold(Shell *sh, Arena *a, char *text)
{
    sh->left->arena = a;
    sh->left->text = text;
}

/* Its first line, cut. */
static char *beginning(Str sql)
{
    sql = str_trim(sql);
    size_t n = 0;
    while (n < sql.n && n < SQL_SHOWN && sql.p[n] != '\n')
        n++;
    while (n < sql.n && ((unsigned char)sql.p[n] & 0xc0) == 0x80) /* not within a character */
        n--;
    Buf b = BUF_INIT;
    buf_bytes(&b, sql.p, n);
    if (n < sql.n)
        buf_cstr(&b, " …");
    char *text = mem_strdup(buf_z(&b));
    buf_free(&b);
    return text;
}

bool statement_ended(Shell *sh, StatementWait wait, Ended *out)
{
    LeftStatement *l = sh->left;
    if (!l || (wait == STATEMENT_LOOK && !is_done(l, 0)) || (wait == STATEMENT_WAIT && !await(l)))
        return false;
    join(l);
    sh->left = NULL;
    *out = (Ended){.rc = l->rc, .answer = l->answer, .err = l->err, .sql = beginning(l->st->sql)};
    rowstream_close(out->answer.stream);
    out->answer.stream = NULL;
    arena_free(l->arena);
    mem_free(l->text);
    mem_free(l);
    return true;
}

void ended_clear(Ended *e)
{
    answer_clear(&e->answer);
    err_clear(&e->err);
    mem_free(e->sql);
    *e = (Ended){0};
}
