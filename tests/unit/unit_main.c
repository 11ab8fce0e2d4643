// SPDX-License-Identifier: Apache-2.0
// Runs the unit tests as one cmocka group.
//
//   unit                every test
//   unit arena base.c   the tests whose name or file contains one of the words
//   unit --list         names only
//
// The last line is `N passed, N failed`; the exit code is 1 when a test failed or none matched.
#include "unit_main.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int passed, failed;

static void run_one(void **state)
{
    const TestRow *t = *state;
    int result = t->run();
    fflush(stdout);
    if (result != 0)
        fail_msg("%s: %s", t->file, t->name);
    passed++;
}

static int wanted(const TestRow *t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(t->name, argv[i]) || strstr(t->file, argv[i]))
            return 1;
    return argc < 2;
}

static int list(void)
{
    for (const TestRow *t = unit_tests; t->name; t++)
        printf("%s %s\n", t->file, t->name);
    return 0;
}

int main(int argc, char **argv)
{
    size_t n = 0, all = 0;
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    while (unit_tests[all].name)
        all++;
    struct CMUnitTest *group = calloc(all + 1, sizeof *group);
    if (!group)
        return 1;
    for (size_t i = 0; i < all; i++) {
        if (wanted(&unit_tests[i], argc, argv))
            group[n++] = (struct CMUnitTest){unit_tests[i].name, run_one, NULL, NULL, (void *)&unit_tests[i]};
    }
    _cmocka_run_group_tests("unit", group, n, NULL, NULL);
    free(group);
    failed = (int)n - passed;
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || n == 0;
}
