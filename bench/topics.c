// SPDX-License-Identifier: Apache-2.0
// Topics: records a second appended in units of 4,096 and read back, memory and embedded; single
// synced inserts, by one and by eight threads; the time to open. Figures are printed, not judged.
//
//   topics [MILLIONS]      default 1 million records of about 100 bytes
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "topic/topic.h"

enum { UNIT = 4096, THREADS = 8, INSERTS = 200 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(Err *err)
{
    fprintf(stderr, "%s\n", err->msg);
    exit(1);
}

static void create(Topics *t, const char *name)
{
    Err err = ERR_INIT;
    TopicInfo info = {str_of(name), 1, 1, -1, CLEANUP_DELETE, TOPIC_USER};
    if (topic_create(t, &info, &err) != OK)
        die(&err);
}

static void append(Topics *t, const char *name, int64_t n, int unit, const char *what)
{
    Err err = ERR_INIT;
    char key[16], value[160];
    double t0 = now();
    for (int64_t i = 0; i < n;) {
        Unit *u = unit_begin(t);
        for (int k = 0; k < unit && i < n; k++, i++) {
            int kn = snprintf(key, sizeof key, "user%06ld", (long)(i * 7919 % 100000));
            int vn = snprintf(value, sizeof value,
                              "{\"user\":\"%s\",\"product\":\"p%ld\",\"quantity\":%ld,"
                              "\"at\":\"2024-01-01T00:00:%02ld\"}",
                              key, (long)(i * 31 % 1000), (long)(i % 10), (long)(i % 60));
            Record r = {key, value, kn, vn, 0, 1700000000000 + i, {0, NULL}};
            unit_append(u, str_of(name), 0, &r);
        }
        if (unit_commit(u, false, &err) != OK)
            die(&err);
    }
    printf("%-36s %9.0f thousand/s\n", what, (double)n / (now() - t0) / 1e3);
}

static void read_all(Topics *t, const char *name, int most, const char *what)
{
    Err err = ERR_INIT;
    RecordSet set;
    int64_t n = 0, bytes = 0, sets = 0;
    double t0 = now();
    for (int64_t at = 0;; at = set.next_offset) {
        if (topic_read(t, str_of(name), 0, at, most, &set, &err) != OK)
            die(&err);
        if (set.n == 0)
            break;
        n += set.n;
        sets++;
        for (int i = 0; i < set.n; i++)
            bytes += set.records[i].value_len + set.records[i].value[0];
        recordset_release(&set);
    }
    printf("%-36s %9.0f thousand/s   %ld records a set\n", what, (double)n / (now() - t0) / 1e3,
           (long)(n / (sets ? sets : 1)));
    if (bytes == 1)
        printf("never\n");
}

static void *inserter(void *arg)
{
    Topics *t = arg;
    Err err = ERR_INIT;
    Record r = {"key", "{\"some\":\"value\"}", 3, 16, 0, 1, {0, NULL}};
    for (int i = 0; i < INSERTS; i++) {
        Unit *u = unit_begin(t);
        unit_append(u, STR("inserts"), 0, &r);
        if (unit_commit(u, true, &err) != OK)
            die(&err);
    }
    return NULL;
}

static void inserts(Topics *t, int threads)
{
    pthread_t th[THREADS];
    uint64_t syncs = disk_syncs(topics_disk(t));
    double t0 = now();
    for (int i = 0; i < threads; i++)
        pthread_create(&th[i], NULL, inserter, t);
    for (int i = 0; i < threads; i++)
        pthread_join(th[i], NULL);
    int n = threads * INSERTS;
    printf("synced inserts, %d threads            %9.0f /s   %.2f syncs an insert\n", threads,
           n / (now() - t0), (double)(disk_syncs(topics_disk(t)) - syncs) / n);
}

int main(int argc, char **argv)
{
    int64_t n = (argc > 1 ? atoll(argv[1]) : 1) * 1000000;
    Err err = ERR_INIT;
    Disk *d = NULL;
    char dir[] = "/tmp/sluice-bench-XXXXXX", cmd[64];
    struct rusage use;
    Topics *t = topics_memory_new(effects_real());
    create(t, "big");
    create(t, "small");
    append(t, "big", n, UNIT, "memory, append 4,096");
    append(t, "small", n / 10, 1, "memory, append 1");
    read_all(t, "big", UNIT, "memory, read");
    read_all(t, "small", UNIT, "memory, read what came singly");
    getrusage(RUSAGE_SELF, &use);
    printf("%-36s %9.0f\n", "memory, bytes a record", (double)use.ru_maxrss * 1024 / ((double)n * 1.1));
    topics_free(t);

    double t0 = now();
    if (!mkdtemp(dir) || disk_open(dir, effects_real(), 0, &d, &err) != OK ||
        topics_embedded_open(d, effects_real(), &t, &err) != OK)
        die(&err);
    printf("%-36s %9.1f ms\n", "open, new directory", (now() - t0) * 1e3);
    create(t, "big");
    create(t, "small");
    create(t, "inserts");
    append(t, "big", n, UNIT, "embedded, append 4,096");
    append(t, "small", n / 10, 1, "embedded, append 1");
    read_all(t, "big", UNIT, "embedded, read");
    read_all(t, "small", UNIT, "embedded, read what came singly");
    inserts(t, 1);
    inserts(t, THREADS);
    topics_free(t);
    t0 = now();
    disk_close(d);
    printf("%-36s %9.1f ms\n", "close", (now() - t0) * 1e3);
    for (int i = 0; i < 2; i++) {
        t0 = now();
        if (disk_open(dir, effects_real(), 0, &d, &err) != OK ||
            topics_embedded_open(d, effects_real(), &t, &err) != OK)
            die(&err);
        printf("%-36s %9.1f ms   %.1f MB of files\n", i ? "open once more" : "open again", (now() - t0) * 1e3,
               (double)disk_bytes_used(d) / 1e6);
        if (i)
            read_all(t, "big", UNIT, "embedded, read after opening");
        topics_free(t);
        disk_close(d);
    }
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd) != 0;
}
