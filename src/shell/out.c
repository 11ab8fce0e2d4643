// SPDX-License-Identifier: Apache-2.0
// Out: see out.h.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* realpath */
#endif
#include "shell/out.h"

#include "shell/core.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cell.h"

void out_init(Out *o, int fd)
{
    const char *term = getenv("TERM");
    *o = (Out){.fd = fd, .spool = -1, .terminal = isatty(fd) != 0};
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
    Buf line = BUF_INIT;
    buf_printf(&line, "cannot write the output: %s\n", strerror(o->error));
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

/* 0 or an errno. */
static int write_all(int fd, Str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n >= 0) {
            s = str_sub(s, (size_t)n, s.n - (size_t)n);
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
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
        o->error = write_all(o->fd, as_is ? s : buf_view(&clean));
    buf_free(&clean);
    out_spool(o, s);
}

void out_spool(Out *o, Str s)
{
    if (o->spool >= 0 && o->spool_error == 0)
        o->spool_error = write_all(o->spool, s);
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
        o->error = write_all(o->fd, str_of(sequence));
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
