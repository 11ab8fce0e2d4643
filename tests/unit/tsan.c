// SPDX-License-Identifier: Apache-2.0
// What the thread sanitizer shall not report: libraries that were built without it, whose own
// synchronisation it cannot see. Read by its run-time; without it nobody calls this.

const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:librocksdb.so\n"
           "race:librocksdb.so\n"
           "race:^std::\n"
           "mutex:librocksdb.so\n"
           "deadlock:librocksdb.so\n"
           "called_from_lib:librdkafka.so\n"
           "race:librdkafka.so\n"
           "mutex:librdkafka.so\n"
           "deadlock:librdkafka.so\n";
}
