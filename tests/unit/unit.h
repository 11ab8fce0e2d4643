// SPDX-License-Identifier: Apache-2.0
// CHECK macros of the unit tests. A test is any `int test_x(void)` in tests/unit/test_*.c; the build
// collects them. A failed check prints file, line and both sides, and makes the test return 1.
#ifndef SLUICE_TESTS_UNIT_H
#define SLUICE_TESTS_UNIT_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

#define CHECK(cond)                                                       \
    do {                                                                  \
        if (!(cond)) {                                                    \
            printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #cond);   \
            return 1;                                                     \
        }                                                                 \
    } while (0)

#define CHECK_INT(got, want)                                                                         \
    do {                                                                                             \
        int64_t got_ = (int64_t)(got), want_ = (int64_t)(want);                                      \
        if (got_ != want_) {                                                                         \
            printf("%s:%d: %s is %" PRId64 ", wanted %" PRId64 "\n", __FILE__, __LINE__, #got, got_, want_); \
            return 1;                                                                                \
        }                                                                                            \
    } while (0)

#define CHECK_STR(got, want)                                                                   \
    do {                                                                                       \
        Str got_ = (got), want_ = str_of(want);                                                \
        if (!str_eq(got_, want_)) {                                                            \
            printf("%s:%d: %s is '%.*s', wanted '%.*s'\n", __FILE__, __LINE__, #got,           \
                   STR_ARG(got_), STR_ARG(want_));                                             \
            return 1;                                                                          \
        }                                                                                      \
    } while (0)

#define CHECK_TEXT(got, want) /* two C strings */                                              \
    do {                                                                                       \
        const char *g_ = (got), *w_ = (want);                                                  \
        if (!g_ || strcmp(g_, w_) != 0) {                                                      \
            printf("%s:%d: %s is '%s', wanted '%s'\n", __FILE__, __LINE__, #got, g_ ? g_ : "(null)", w_); \
            return 1;                                                                          \
        }                                                                                      \
    } while (0)

/* 1: the tests are run by the thread sanitizer. */
#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

#endif
