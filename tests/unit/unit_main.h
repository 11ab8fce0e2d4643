// SPDX-License-Identifier: Apache-2.0
// The table that tests/unit/collect writes (build/tests/unit/all.c) and unit_main.c runs.
#ifndef SLUICE_TESTS_UNIT_MAIN_H
#define SLUICE_TESTS_UNIT_MAIN_H

#include <stddef.h>

typedef struct TestRow {
    const char *file, *name; /* "test_base.c", "test_arena_grows" */
    int (*run)(void);        /* 0 = passed */
} TestRow;

/* Ends with a row of NULLs. */
extern const TestRow unit_tests[];

#endif
