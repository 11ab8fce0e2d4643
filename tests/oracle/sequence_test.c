// SPDX-License-Identifier: Apache-2.0
// The oracle's sequences tell right from wrong: of each rule what it lets pass and what it does not. The last line:
// `N passed, N failed`.
#include <stdio.h>

#include "tests/oracle/oracle.h"
#include "tests/oracle/sequence.h"

enum { MOST = 8 };

typedef struct Case {
    const char *what;
    SequenceRule rule;
    bool good;
    int n;
    int64_t v[MOST + 1][2]; /* count and sum; of rows: the value, 0. v[MOST]: a value of the changelog, or 0 */
} Case;

/* The inputs of key k: 10, 200, 3000. */
static const Case values[] = {
    {"as it should be", SEQUENCE_EXACT, true, 3, {{1, 10}, {2, 210}, {3, 3210}}},
    {"the last is lost", SEQUENCE_EXACT, false, 2, {{1, 10}, {2, 210}}},
    {"one on the way is lost", SEQUENCE_EXACT, false, 2, {{1, 10}, {3, 3210}}},
    {"one twice", SEQUENCE_EXACT, false, 4, {{1, 10}, {2, 210}, {2, 210}, {3, 3210}}},
    {"counted twice", SEQUENCE_EXACT, false, 4, {{1, 10}, {2, 210}, {3, 410}, {4, 3410}}},
    {"another order", SEQUENCE_EXACT, false, 3, {{1, 200}, {2, 210}, {3, 3210}}},
    {"one too many", SEQUENCE_EXACT, false, 4, {{1, 10}, {2, 210}, {3, 3210}, {4, 3220}}},
    {"nothing", SEQUENCE_EXACT, false, 0, {{0, 0}}},
    {"some left out", SEQUENCE_COALESCED, true, 2, {{1, 10}, {3, 3210}}},
    {"the last left out", SEQUENCE_COALESCED, false, 2, {{1, 10}, {2, 210}}},
    {"back again", SEQUENCE_COALESCED, false, 3, {{1, 10}, {1, 10}, {3, 3210}}},
    {"back again", SEQUENCE_AGAIN, true, 5, {{1, 10}, {2, 210}, {1, 10}, {2, 210}, {3, 3210}}},
    {"back, and the end is lost", SEQUENCE_AGAIN, false, 4, {{1, 10}, {2, 210}, {3, 3210}, {2, 210}}},
    {"one on the way is lost", SEQUENCE_AGAIN, false, 2, {{1, 10}, {3, 3210}}},
    {"counted twice", SEQUENCE_AGAIN, false, 4, {{1, 10}, {2, 210}, {3, 410}, {4, 3410}}},
    {"back, some left out", SEQUENCE_AGAIN_COALESCED, true, 3, {{2, 210}, {1, 10}, {3, 3210}}},
    {"counted twice", SEQUENCE_RECOUNTED, true, 4, {{1, 10}, {2, 210}, {3, 410}, {4, 3410}}},
    {"lost, hidden by one twice", SEQUENCE_RECOUNTED, false, 3, {{1, 10}, {2, 210}, {3, 410}}},
    {"lost on the way to the end", SEQUENCE_RECOUNTED, false, 4, {{1, 10}, {2, 210}, {2, 3010}, {3, 3020}}},
    {"from nowhere", SEQUENCE_RECOUNTED, false, 4, {{1, 10}, {2, 211}, {3, 410}, {4, 3410}}},
    {"counted twice, some left out", SEQUENCE_RECOUNTED_COALESCED, true, 2, {{1, 10}, {4, 3410}}},
    {"again behind what was lost on its way out", SEQUENCE_RECOUNTED, true, 3, {{1, 10}, {4, 3410}, {5, 6410}, [MOST] = {3, 3210}}},
    {"again behind nothing", SEQUENCE_RECOUNTED, false, 3, {{1, 10}, {4, 3410}, {5, 6410}}},
    {"too few", SEQUENCE_RECOUNTED_COALESCED, false, 2, {{1, 10}, {2, 210}}},
};

static const Case rows[] = {
    {"rows as they should be", SEQUENCE_EXACT, true, 3, {{10, 0}, {200, 0}, {3000, 0}}},
    {"a row twice", SEQUENCE_EXACT, false, 4, {{10, 0}, {200, 0}, {200, 0}, {3000, 0}}},
    {"a row lost", SEQUENCE_EXACT, false, 2, {{10, 0}, {3000, 0}}},
    {"rows again", SEQUENCE_AGAIN, true, 6, {{10, 0}, {200, 0}, {10, 0}, {200, 0}, {3000, 0}, {3000, 0}}},
    {"rows again, one lost", SEQUENCE_AGAIN, false, 4, {{10, 0}, {10, 0}, {10, 0}, {3000, 0}}},
    {"the last row lost", SEQUENCE_AGAIN, false, 3, {{10, 0}, {10, 0}, {200, 0}}},
    {"rows again", SEQUENCE_RECOUNTED, true, 4, {{10, 0}, {10, 0}, {200, 0}, {3000, 0}}},
};

static bool run(const Case *c, bool are_rows)
{
    static const int64_t inputs[] = {10, 200, 3000};
    char why[ORACLE_WHY];
    Sequence *q = sequence_new(c->rule);
    for (int i = 0; i < 3; i++)
        sequence_input(q, "k", inputs[i]);
    if (c->v[MOST][0])
        sequence_hint(q, "k", c->v[MOST][0], c->v[MOST][1]);
    bool good = true;
    for (int i = 0; i < c->n && good; i++)
        good = are_rows ? sequence_row(q, "k", c->v[i][0], why) : sequence_value(q, "k", c->v[i][0], c->v[i][1], why);
    good = good && sequence_end(q, are_rows, why);
    sequence_free(q);
    if (good == c->good)
        return true;
    printf("FAIL %s, rule %d: %s\n", c->what, c->rule, good ? "passes" : why);
    return false;
}

int main(void)
{
    int passed = 0, failed = 0;
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++)
        *(run(&values[i], false) ? &passed : &failed) += 1;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        *(run(&rows[i], true) ? &passed : &failed) += 1;
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
