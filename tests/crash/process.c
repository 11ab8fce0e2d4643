// SPDX-License-Identifier: Apache-2.0
// The program itself: two processes on one data directory, and kill -9 between the statements of the cart.
//
//   process SLUICE DIR       SLUICE: the program; DIR: an empty folder to work in
//
// The program reads statements from a pipe and runs each as it comes. Behind a statement a SHOW TOPICS is
// sent: when its header comes out, the statement before it was acknowledged, and the process may be killed.
// No step waits for a time; a process that hangs is ended by an alarm. The last line: `N passed, N failed`.
#define _GNU_SOURCE // memmem
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT = 1 << 16, SECONDS = 60 };

typedef struct Program {
    pid_t pid;
    int in, out; /* its standard input; its standard output and error */
    char text[TEXT];
    size_t n, seen; /* seen: how far `wait_for` has looked */
} Program;

static const char *sluice;
static int passed, failed;

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static void start(Program *p, const char *dir, const char *sql)
{
    int in[2], out[2];
    if (pipe(in) || pipe(out))
        die("pipe");
    *p = (Program){.in = in[1], .out = out[0]};
    fcntl(in[1], F_SETFD, FD_CLOEXEC);
    fcntl(out[0], F_SETFD, FD_CLOEXEC);
    p->pid = fork();
    if (p->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(out[1], 2);
        alarm(SECONDS);
        if (sql)
            execl(sluice, sluice, "-d", dir, "-e", sql, (char *)NULL);
        else
            execl(sluice, sluice, "-d", dir, (char *)NULL);
        die(sluice);
    }
    close(in[0]);
    close(out[1]);
}

/* More of its output; false at its end. */
static bool read_some(Program *p)
{
    ssize_t got = p->n + 1 < TEXT ? read(p->out, p->text + p->n, TEXT - 1 - p->n) : 0;
    if (got > 0)
        p->n += (size_t)got;
    p->text[p->n] = 0;
    return got > 0;
}

static bool wait_for(Program *p, const char *what)
{
    for (;;) {
        char *at = memmem(p->text + p->seen, p->n - p->seen, what, strlen(what));
        if (at) {
            p->seen = (size_t)(at - p->text) + strlen(what);
            return true;
        }
        if (!read_some(p))
            return false;
    }
}

/* A statement, acknowledged. */
static bool say(Program *p, const char *sql)
{
    static const char ask[] = "\nSHOW TOPICS;\n";
    if (write(p->in, sql, strlen(sql)) < 0 || write(p->in, ask, strlen(ask)) < 0)
        return false;
    return wait_for(p, "Partition Replicas");
}

/* By a signal (0: by the end of its input); its exit code, or -signal. */
static int stop(Program *p, int sig)
{
    int status = 0;
    if (sig)
        kill(p->pid, sig);
    close(p->in);
    while (read_some(p))
        ;
    close(p->out);
    while (waitpid(p->pid, &status, 0) < 0)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void check(bool good, const char *what, const Program *p)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL %s\n%.*s\n", what, (int)p->n, p->text);
}

static void second_process(const char *dir)
{
    Program first, second;
    char busy[80];
    start(&first, dir, NULL);
    check(say(&first, "CREATE STREAM s (v INT) WITH (kafka_topic='s', partitions=1, value_format='JSON');"),
          "the first process runs a statement", &first);
    start(&second, dir, "SHOW STREAMS;");
    int code = stop(&second, 0);
    snprintf(busy, sizeof busy, "in use by process %ld", (long)first.pid);
    check(code != 0 && strstr(second.text, busy), "the second process is told which one has the directory",
          &second);
    check(say(&first, "INSERT INTO s VALUES (1);"), "the first process goes on", &first);
    check(stop(&first, 0) == 0, "the first process ends", &first);
    start(&second, dir, "SHOW STREAMS;");
    code = stop(&second, 0);
    check(code == 0, "then the second one may have it", &second);
    start(&first, dir, NULL);
    check(say(&first, ""), "a third process starts", &first);
    stop(&first, SIGKILL);
    start(&second, dir, "SHOW STREAMS;");
    check(stop(&second, 0) == 0, "a killed process does not hold the directory", &second);
}

static const char *const cart[] = {
    "CREATE STREAM shopping_cart_events (customer VARCHAR, item VARCHAR, qty INT) "
    "WITH (kafka_topic='shopping_cart_events', value_format='json', partitions=1);",
    "INSERT INTO shopping_cart_events VALUES ('bob', 'pants', 2);",
    "INSERT INTO shopping_cart_events VALUES ('bob', 't-shirts', 1);",
    "CREATE TABLE current_shopping_cart WITH (KEY_FORMAT='JSON') AS "
    "SELECT customer, item, SUM(qty) AS total_qty FROM shopping_cart_events "
    "GROUP BY customer, item EMIT CHANGES;",
    "INSERT INTO shopping_cart_events VALUES ('bob', 'pants', -1);",
    "INSERT INTO shopping_cart_events VALUES ('bob', 'hats', 1);",
};
enum { CART = sizeof cart / sizeof *cart };

/* A row `|bob |item |qty |`, blanks left out, as often as `times`. */
static bool has_row(const Program *p, const char *item, int qty, int times)
{
    char want[64], text[TEXT];
    size_t n = 0;
    int found = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->text[i] != ' ')
            text[n++] = p->text[i];
    text[n] = 0;
    snprintf(want, sizeof want, "|bob|%s|%d|", item, qty);
    for (const char *at = text; (at = strstr(at, want)); at += strlen(want))
        found++;
    return found == times;
}

static bool whole_cart(const Program *p)
{
    return has_row(p, "pants", 1, 1) && has_row(p, "t-shirts", 1, 1) && has_row(p, "hats", 1, 1);
}

static const char settings[] = "SET 'auto.offset.reset'='earliest'; "
                               "SET 'ksql.streams.commit.interval.ms'='20';";
static const char events[] = "SET 'auto.offset.reset'='earliest'; "
                             "SELECT * FROM shopping_cart_events EMIT CHANGES LIMIT 4;";
static const char changes[] = "SELECT * FROM current_shopping_cart WHERE item = 'hats' EMIT CHANGES LIMIT 1;";

static void killed_cart(const char *dir)
{
    Program p;
    for (int i = 0; i < CART; i++) {
        start(&p, dir, NULL);
        bool good = say(&p, settings) && say(&p, cart[i]);
        check(stop(&p, SIGKILL) == -SIGKILL && good, cart[i], &p);
    }
    start(&p, dir, events);
    check(stop(&p, 0) == 0 && has_row(&p, "pants", 2, 1) && has_row(&p, "pants", -1, 1) &&
              has_row(&p, "t-shirts", 1, 1) && has_row(&p, "hats", 1, 1),
          "the four events are there, once each", &p);
    start(&p, dir, NULL);
    bool good = say(&p, changes);
    good = stop(&p, SIGKILL) == -SIGKILL && good && has_row(&p, "hats", 1, 1);
    check(good, "the last event reaches the table", &p);
    start(&p, dir, "SELECT * FROM current_shopping_cart;");
    check(stop(&p, 0) == 0 && whole_cart(&p), "the table stands as it should", &p);
    start(&p, dir, "SHOW QUERIES;");
    check(stop(&p, 0) == 0 && strstr(p.text, "RUNNING:1"), "its query runs", &p);
}

int main(int argc, char **argv)
{
    char dir[1100];
    if (argc != 3) {
        fputs("usage: process SLUICE DIR\n", stderr);
        return 2;
    }
    sluice = argv[1];
    signal(SIGPIPE, SIG_IGN);
    snprintf(dir, sizeof dir, "%s/second", argv[2]);
    second_process(dir);
    snprintf(dir, sizeof dir, "%s/cart", argv[2]);
    killed_cart(dir);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
