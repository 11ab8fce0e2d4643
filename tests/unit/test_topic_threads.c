// SPDX-License-Identifier: Apache-2.0
// topic: writers, readers, position keepers and housekeeping at the same time. Run it under the
// thread sanitizer too.
//
// Each writer's units append the same number to every partition of "t", so that a reader can check
// that no unit is seen in part: the records of a unit stand together in a partition.
#include "tmpdir.h"
#include "unit.h"

#include <pthread.h>

#include "topic/topic.h"

enum { WRITERS = 3, READERS = 2, THREAD_UNITS = 60, THREAD_PARTS = 2 };

typedef struct Shared {
    Topics *t;
    int appended; /* listener's count; atomic */
    int failed;   /* atomic */
} Shared;

typedef struct Worker {
    Shared *s;
    int id;
} Worker;

static void fail(Worker *w, const char *why)
{
    printf("thread %d: %s\n", w->id, why);
    __atomic_store_n(&w->s->failed, 1, __ATOMIC_RELAXED);
}

static int unit_size(int writer, int unit) { return 1 + (writer * 31 + unit * 7) % (unit % 10 ? 20 : 600); }

static void *writer(void *arg)
{
    Worker *w = arg;
    Err err = ERR_INIT;
    for (int n = 0; n < THREAD_UNITS; n++) {
        Unit *u = unit_begin(w->s->t);
        int32_t value[3] = {w->id, n, unit_size(w->id, n)};
        Record r = {NULL, (const char *)value, 0, sizeof value, 0, n, {0, NULL}};
        /* Partitions in different orders, as a deadlock would need it. */
        for (int i = 0; i < value[2]; i++)
            for (int p = 0; p < THREAD_PARTS; p++)
                unit_append(u, STR("t"), (p + w->id) % THREAD_PARTS, &r);
        unit_position(u, STR("q"), STR("t"), w->id, n);
        if (unit_commit(u, n % 8 == 0, &err) != OK)
            fail(w, err.msg);
        err_clear(&err);
    }
    return NULL;
}

/* Every unit's records stand together, whole; each writer's units are in order. */
static void *reader(void *arg)
{
    Worker *w = arg;
    Err err = ERR_INIT;
    RecordSet set;
    int part = w->id % THREAD_PARTS, next[WRITERS] = {0}, left = 0, units = 0;
    int32_t now[3] = {0, 0, 0}, v[3];
    for (int64_t at = 0; units < WRITERS * THREAD_UNITS || left; at = set.next_offset) {
        int64_t end = topic_end(w->s->t, STR("t"), part);
        if (topic_read(w->s->t, STR("t"), part, at, w->id % 2 ? 100 : 5000, &set, &err) != OK) {
            fail(w, err.msg);
            break;
        }
        if (set.n == 0 && at < end)
            fail(w, "nothing to read before the end");
        for (int i = 0; i < set.n; i++) {
            memcpy(v, set.records[i].value, sizeof v);
            if (set.records[i].offset != at + i)
                fail(w, "offsets jump");
            if (left == 0) {
                if (v[1] != next[v[0]]++)
                    fail(w, "units out of order");
                memcpy(now, v, sizeof now);
                left = v[2];
                units++;
            }
            if (memcmp(now, v, sizeof now) != 0)
                fail(w, "a unit is torn");
            left--;
        }
        recordset_release(&set);
        if (__atomic_load_n(&w->s->failed, __ATOMIC_RELAXED))
            break;
        if (set.n == 0)
            sched_yield();
    }
    err_clear(&err);
    return NULL;
}

/* Topics come and go, lists are read, retention and compaction run beside the writers. */
static void *keeper(void *arg)
{
    Worker *w = arg;
    Err err = ERR_INIT;
    Topics *t = w->s->t;
    for (int n = 0; n < 20; n++) {
        TopicInfo info = {STR("x"), 2, 1, 0, CLEANUP_DELETE, TOPIC_USER};
        RecordSet set;
        Record r = {"k", "v", 1, 1, 0, 5, {0, NULL}};
        if (topic_create(t, &info, &err) != OK)
            fail(w, err.msg);
        for (int k = 0; k < 5; k++) {
            Unit *u = unit_begin(t);
            unit_append(u, STR("x"), 1, &r);
            if (unit_commit(u, false, &err) != OK)
                fail(w, err.msg);
        }
        if (topic_compact(t, STR("x"), 1, &err) != OK || topic_expire(t, STR("x"), 0, &err) != OK)
            fail(w, err.msg);
        if (topic_read(t, STR("x"), 1, 0, 9, &set, &err) != OK || set.n != 1 || set.records[0].offset != 4)
            fail(w, "compaction");
        recordset_release(&set);
        Arena *a = arena_new(0);
        TopicInfoVec list = {NULL, 0, 0};
        topic_list(t, a, &list);
        arena_free(a);
        position_get(t, STR("q"), STR("t"), 0);
        if (topic_delete(t, STR("x"), &err) != OK)
            fail(w, err.msg);
        err_clear(&err);
    }
    return NULL;
}

static void on_append(void *arg, Str topic, int partition)
{
    UNUSED(topic), UNUSED(partition);
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
}

static int run_threads(Topics *t)
{
    Shared s = {t, 0, 0};
    pthread_t th[WRITERS + READERS + 1];
    Worker w[WRITERS + READERS + 1];
    Err err = ERR_INIT;
    TopicInfo info = {STR("t"), THREAD_PARTS + WRITERS, 1, -1, CLEANUP_DELETE, TOPIC_USER};
    CHECK_INT(topic_create(t, &info, &err), OK);
    topics_on_append(t, on_append, &s.appended);
    for (int i = 0; i < ARRAY_LEN(th); i++) {
        w[i] = (Worker){&s, i};
        void *(*run)(void *) = i < WRITERS ? writer : i < WRITERS + READERS ? reader : keeper;
        CHECK_INT(pthread_create(&th[i], NULL, run, &w[i]), 0);
    }
    for (int i = 0; i < ARRAY_LEN(th); i++)
        pthread_join(th[i], NULL);
    CHECK(!s.failed);
    CHECK_INT(s.appended, WRITERS * THREAD_UNITS * THREAD_PARTS + 20 * 5);
    for (int i = 0; i < WRITERS; i++)
        CHECK_INT(position_get(t, STR("q"), STR("t"), i), THREAD_UNITS - 1);
    return 0;
}

int test_topic_threads_memory(void)
{
    Topics *t = topics_memory_new(effects_real());
    int failed = run_threads(t);
    topics_free(t);
    return failed;
}

int test_topic_threads_embedded(void)
{
    TmpDir dir = tmpdir_new();
    Disk *d;
    Topics *t;
    Err err = ERR_INIT;
    CHECK_INT(disk_open(dir.path, effects_real(), 0, &d, &err), OK);
    CHECK_INT(topics_embedded_open(d, effects_real(), &t, &err), OK);
    int failed = run_threads(t);
    topics_free(t);
    disk_close(d);
    tmpdir_remove(&dir);
    return failed;
}
