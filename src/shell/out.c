// SPDX-License-Identifier: Apache-2.0
// Out: see out.h.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* realpath */
#endif
#include "shell/out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cell.h"
#include "base/effects.h"
#include "shell/core.h"
#include "shell/signals.h"

enum {
    GRACE_MS = 500, /* a reader that only is slow gets this long after a signal or the deadline */
    LONGEST_POLL_MS = 1000000,
};

void out_init(Out *o, int fd)
{
    const char *term = getenv("TERM");
    struct stat st;
    *o = (Out){.fd = fd, .spool = -1, .terminal = isatty(fd) != 0, .deadline = -1, .signalled = -1};
    o->waits = fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
    o->color = o->terminal && term && strcmp(term, "dumb") != 0 && !getenv("NO_COLOR");
}

void out_close(Out *o)
{
    Err err = ERR_INIT;
    char *path;
    if (out_spool_close(o, &path, &err) != OK)
        err_clear(&err); /* who wants to know closes the spool itself */
    mem_free(path);
}

int out_exit_code(const Out *o, Out *to, int code)
{
    if (o->error == 0)
        return code;
    if (o->error == EPIPE)
        return SHELL_NO_READER;
    if (o->error == ECANCELED)
        return signals_ended() ? 128 + signals_ended() : SHELL_INTERRUPTED;
    Buf line = BUF_INIT;
    buf_printf(&line, "cannot write the output: %s\n",
               o->error == ETIMEDOUT ? "nobody has read it by the time of --timeout" : strerror(o->error));
    out_red(to, buf_view(&line));
    buf_free(&line);
    return SHELL_FAILED;
}

/* Is there a character that could steer a terminal? Of UTF-8 the bytes of C1 are looked at by cell_clean. */
static bool is_plain(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\n') || (unsigned char)s.p[i] >= 0x7f)
            return false;
    return true;
}

int64_t out_now_ms(void)
{
    Effects *fx = effects_real();
    return fx->mono_ns(fx) / 1000000;
}

/* Until when a write may wait; -1: for ever. */
static int64_t give_up_at(Out *o)
{
    if (!signals_pending())
        o->signalled = -1;
    else if (o->signalled < 0)
        o->signalled = out_now_ms();
    int64_t by_signal = o->signalled < 0 ? -1 : o->signalled + GRACE_MS;
    int64_t by_time = o->deadline < 0 ? -1 : o->deadline + GRACE_MS;
    return by_signal < 0 ? by_time : by_time < 0 || by_signal < by_time ? by_signal : by_time;
}

/* Waits until somebody reads what is written: 0, or ECANCELED after a signal, ETIMEDOUT after the deadline. */
static int await_reader(Out *o)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = o->fd, .events = POLLOUT}, {.fd = signals_fd(), .events = POLLIN}};
        int64_t until = give_up_at(o), left = until - out_now_ms();
        bool signalled = o->signalled >= 0;
        int n = poll(fds, signalled ? 1 : 2, until < 0 ? -1 : left < 0 ? 0 : left < LONGEST_POLL_MS ? (int)left : LONGEST_POLL_MS);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0 && fds[0].revents)
            return 0;
        if (until >= 0 && out_now_ms() >= until)
            return signalled ? ECANCELED : ETIMEDOUT;
        if (!signalled && !signals_pending())
            signals_drain();
    }
}

/* 0 or an errno. A descriptor that has room takes PIPE_BUF bytes without waiting, more it may not. */
static int write_all(Out *o, Str s)
{
    while (s.n > 0) {
        int rc = o->waits ? await_reader(o) : 0;
        if (rc)
            return rc;
        ssize_t n = write(o->fd, s.p, o->waits && s.n > PIPE_BUF ? PIPE_BUF : s.n);
        if (n >= 0)
            s = str_sub(s, (size_t)n, s.n - (size_t)n);
        else if (errno != EINTR && errno != EAGAIN)
            return errno;
    }
    return 0;
}

void out_write(Out *o, Str s)
{
    Buf clean = BUF_INIT;
    bool as_is = !o->terminal || is_plain(s);
    if (!as_is)
        cell_clean(&clean, s);
    if (o->error == 0)
        o->error = write_all(o, as_is ? s : buf_view(&clean));
    buf_free(&clean);
    out_spool(o, s);
}

void out_spool(Out *o, Str s)
{
    Out spool = {.fd = o->spool};
    if (o->spool >= 0 && o->spool_error == 0)
        o->spool_error = write_all(&spool, s);
}

void out_printf(Out *o, const char *fmt, ...)
{
    char small[512];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n >= 0 && n < (int)sizeof small) {
        out_write(o, (Str){small, (size_t)n});
    } else if (n >= 0) {
        char *big = mem_alloc((size_t)n + 1);
        vsnprintf(big, (size_t)n + 1, fmt, again);
        out_write(o, (Str){big, (size_t)n});
        mem_free(big);
    }
    va_end(again);
    va_end(ap);
}

void out_escape(Out *o, const char *sequence)
{
    if (o->color && o->error == 0)
        o->error = write_all(o, str_of(sequence));
}

void out_red(Out *o, Str s)
{
    bool newline = s.n > 0 && s.p[s.n - 1] == '\n';
    if (!o->color) {
        out_write(o, s);
        return;
    }
    out_escape(o, "\033[31m");
    out_write(o, str_sub(s, 0, s.n - newline));
    out_escape(o, "\033[0m");
    if (newline)
        out_write(o, STR("\n"));
}

int out_width(const Out *o)
{
    int columns = o->terminal ? cell_columns(o->fd) : 0;
    return columns ? columns : 80;
}

Status out_spool_open(Out *o, const char *path, Err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_set(err, ERR_IO, "Cannot write '%s': %s", path, strerror(errno));
    char *full = realpath(path, NULL);
    o->spool = fd;
    o->spool_error = 0;
    o->spool_path = mem_strdup(full ? full : path);
    free(full);
    return OK;
}

Status out_spool_close(Out *o, char **path, Err *err)
{
    *path = o->spool_path;
    if (o->spool >= 0 && close(o->spool) != 0 && o->spool_error == 0)
        o->spool_error = errno;
    Status st = o->spool_error ? err_set(err, ERR_IO, "Not all could be written to '%s': %s", *path, strerror(o->spool_error)) : OK;
    o->spool = -1;
    o->spool_path = NULL;
    o->spool_error = 0;
    return st;
}

void out_tell(int fd, Str line)
{
    static int patience_ms = GRACE_MS; /* 0 once it was in vain, so that threads do not wait again and again */
    Buf clean = BUF_INIT;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    ssize_t n = 1;
    if (isatty(fd)) {
        cell_clean(&clean, line);
        line = buf_view(&clean);
    }
    while (line.n > 0 && n > 0) {
        bool room = poll(&p, 1, __atomic_load_n(&patience_ms, __ATOMIC_RELAXED)) > 0;
        __atomic_store_n(&patience_ms, room ? GRACE_MS : 0, __ATOMIC_RELAXED);
        n = room ? write(fd, line.p, line.n < PIPE_BUF ? line.n : PIPE_BUF) : 0;
        line = n > 0 ? str_sub(line, (size_t)n, line.n - (size_t)n) : line;
    }
    buf_free(&clean);
}
