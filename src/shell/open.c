// SPDX-License-Identifier: Apache-2.0
// Open: see open.h.
//
// Only ERR_BROKER is waited for: brokers that are not there may come. A wrong password, missing rights, a directory that
// cannot be used stay wrong.
#include "shell/open.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/map.h"
#include "shell/signals.h"

enum { FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 8000, REPEAT_MS = 60000, MOST_LINES = 10000 };

/* Messages that differ in numbers alone (for how long it was tried) are one. */
static void without_digits(Buf *out, const char *text)
{
    for (; *text; text++)
        if (*text < '0' || *text > '9')
            buf_byte(out, *text);
}

/* What the client of Kafka tells by itself. While the engine opens, its words are in the error that comes; later the same line is
 * told once a minute. */
static struct {
    pthread_mutex_t mu; /* guards the rest */
    bool open;
    int level; /* what is less grave is not told */
    StrMap told; /* line, without digits -> ms of the monotonic clock */
} client_log = {.mu = PTHREAD_MUTEX_INITIALIZER};

static bool worth_telling(int level, const char *text, int64_t now)
{
    Buf words = BUF_INIT;
    without_digits(&words, text);
    pthread_mutex_lock(&client_log.mu);
    int64_t last = (int64_t)(uintptr_t)strmap_find(&client_log.told, buf_view(&words));
    bool tell = client_log.open && level <= client_log.level && (last == 0 || now - last >= REPEAT_MS) &&
                client_log.told.live < MOST_LINES;
    if (tell)
        strmap_put(&client_log.told, buf_view(&words), (void *)(uintptr_t)(now ? now : 1));
    pthread_mutex_unlock(&client_log.mu);
    buf_free(&words);
    return tell;
}

/* One write: lines of several threads do not mix. @thread any */
static void log_line(void *arg, int level, const char *text)
{
    Effects *fx = arg;
    if (!worth_telling(level, text, fx->mono_ns(fx) / 1000000))
        return;
    Buf b = BUF_INIT;
    buf_printf(&b, "%s: Kafka: %s\n", level <= 3 ? "error" : "warning", text);
    out_tell(STDERR_FILENO, buf_view(&b));
    buf_free(&b);
}

static void tell_log(bool on)
{
    pthread_mutex_lock(&client_log.mu);
    client_log.open = on;
    pthread_mutex_unlock(&client_log.mu);
}

void open_log_ends(void) { tell_log(false); }

/* While the engine opens SIGINT ends the wait too; later it is a statement's. @thread any */
static bool opening;
static bool ending(void) { return signals_ended() || (__atomic_load_n(&opening, __ATOMIC_ACQUIRE) && signals_pending()); }

EngineConfig open_engine_config(ServerConfig *config, const char *dir, int log_level)
{
    EngineConfig c = {.fx = effects_real(), .ending = ending, .interrupted = signals_pending};
    config->client.log = log_line;
    config->client.log_arg = c.fx;
    client_log.level = log_level;
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

static void say_once(Out *to, const Err *err, Buf *said)
{
    Buf words = BUF_INIT;
    without_digits(&words, err->msg);
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

void open_tries_init(OpenTries *t) { *t = (OpenTries){.said = BUF_INIT, .ms = FIRST_WAIT_MS}; }

Status open_again(OpenTries *t, Out *to, Err *err)
{
    if (!signals_pending())
        say_once(to, err, &t->said);
    err_clear(err);
    if (!wait_ms(t->ms))
        return err_set(err, ERR_CANCELLED, "ended before a broker answered");
    t->ms = t->ms * 2 < LONGEST_WAIT_MS ? t->ms * 2 : LONGEST_WAIT_MS;
    return OK;
}

void open_tries_end(OpenTries *t, Status st, Out *to)
{
    if (st == OK && t->said.n)
        out_printf(to, "Kafka answers now.\n");
    buf_free(&t->said);
}

Status open_engine(const EngineConfig *config, OpenWait wait, Out *to, Engine **out, Err *err)
{
    OpenTries tries;
    Status st;
    open_tries_init(&tries);
    __atomic_store_n(&opening, true, __ATOMIC_RELEASE);
    while ((st = engine_open(config, out, err)) == ERR_BROKER && wait == OPEN_RETRY)
        if ((st = open_again(&tries, to, err)) != OK)
            break;
    __atomic_store_n(&opening, false, __ATOMIC_RELEASE);
    open_tries_end(&tries, st, to);
    tell_log(st == OK);
    const char *warning;
    for (int i = 0; st == OK && (warning = engine_warning(*out, i)); i++)
        out_printf(to, "warning: %s\n", warning);
    return st;
}
