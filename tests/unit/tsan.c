// SPDX-License-Identifier: Apache-2.0
// What the thread sanitizer shall not report: libraries that were built without it, whose own
// synchronisation it cannot see. Read by its run-time; without it nobody calls this.
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

#include "unit.h"

const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:librocksdb.so\n"
           "race:librocksdb.so\n"
           "race:std::\n"
           "mutex:librocksdb.so\n"
           "deadlock:librocksdb.so\n"
           "called_from_lib:librdkafka.so\n"
           "race:librdkafka.so\n"
           "mutex:librdkafka.so\n"
           "deadlock:librdkafka.so\n";
}

#if UNDER_TSAN
/* librdkafka starts its threads as C11 does, which the sanitizer does not see: it would crash in them. */
typedef struct Begin {
    thrd_start_t fn;
    void *arg;
} Begin;

static void *begin(void *arg)
{
    Begin b = *(Begin *)arg;
    free(arg);
    return (void *)(intptr_t)b.fn(b.arg);
}

int thrd_create(thrd_t *out, thrd_start_t fn, void *arg)
{
    Begin *b = malloc(sizeof *b);
    *b = (Begin){fn, arg};
    return pthread_create(out, NULL, begin, b) ? thrd_error : thrd_success;
}

int thrd_join(thrd_t t, int *out)
{
    void *result;
    if (pthread_join(t, &result))
        return thrd_error;
    if (out)
        *out = (int)(intptr_t)result;
    return thrd_success;
}
#endif
