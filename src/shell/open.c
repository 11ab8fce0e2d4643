// SPDX-License-Identifier: Apache-2.0
// Open: see open.h.
//
// Only ERR_BROKER is waited for: brokers that are not there may come. A wrong password, missing rights, a directory that
// cannot be used stay wrong.
#include "shell/open.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "shell/signals.h"

enum { FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 30000 };

/* One write: lines of several threads do not mix. @thread any */
static void log_line(void *arg, int level, const char *text)
{
    UNUSED(arg);
    Buf b = BUF_INIT;
    buf_printf(&b, "%s: Kafka: %s\n", level <= 3 ? "error" : "warning", text);
    if (write(STDERR_FILENO, b.p, b.n) < 0) {
        /* nobody reads it */
    }
    buf_free(&b);
}

EngineConfig open_engine_config(ServerConfig *config, const char *dir, bool log)
{
    EngineConfig c = {.fx = effects_real()};
    config->client.log = log ? log_line : NULL;
    config_engine(config, &c);
    c.dir = dir ? dir : config->data_dir;
    return c;
}

/* Waits; false when a signal came. */
static bool wait_ms(int ms)
{
    struct pollfd fd = {.fd = signals_fd(), .events = POLLIN};
    if (!signals_pending())
        (void)poll(&fd, 1, ms);
    signals_drain();
    return !signals_pending();
}

/* Messages that differ in numbers alone (for how long it was tried) are one. */
static void say_once(Out *to, const Err *err, Buf *said)
{
    Buf words = BUF_INIT;
    for (const char *p = err->msg; *p; p++)
        if (*p < '0' || *p > '9')
            buf_byte(&words, *p);
    bool again = str_eq(buf_view(said), buf_view(&words));
    buf_clear(said);
    buf_str(said, buf_view(&words));
    buf_free(&words);
    if (again)
        return;
    Buf line = BUF_INIT;
    buf_printf(&line, "%s\nTrying again until it answers; Ctrl-C ends this.\n", err->msg);
    out_red(to, buf_view(&line));
    buf_free(&line);
}

Status open_engine(const EngineConfig *config, OpenWait wait, Out *to, Engine **out, Err *err)
{
    Buf said = BUF_INIT;
    int ms = FIRST_WAIT_MS;
    Status st;
    while ((st = engine_open(config, out, err)) == ERR_BROKER && wait == OPEN_RETRY) {
        say_once(to, err, &said);
        err_clear(err);
        if (!wait_ms(ms)) {
            st = err_set(err, ERR_CANCELLED, "ended before a broker answered");
            break;
        }
        ms = ms * 2 < LONGEST_WAIT_MS ? ms * 2 : LONGEST_WAIT_MS;
    }
    if (st == OK && said.n)
        out_printf(to, "Kafka answers now.\n");
    buf_free(&said);
    const char *warning;
    for (int i = 0; st == OK && (warning = engine_warning(*out, i)); i++)
        out_printf(to, "warning: %s\n", warning);
    return st;
}
