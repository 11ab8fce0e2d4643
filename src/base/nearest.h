// SPDX-License-Identifier: Apache-2.0
// The nearest of a set of words to one that was not found: "did you mean …". Pure; any thread.
#ifndef SLUICE_BASE_NEAREST_H
#define SLUICE_BASE_NEAREST_H

#include "base/base.h"

/* Edits from a to b: a byte put in, left out, changed, or two neighbours swapped. ASCII case does not
 * count. Words longer than 63 bytes: at least 64. */
int nearest_distance(Str a, Str b);

/* A search that is fed one candidate after another. */
typedef struct Nearest {
    Str word;
    int limit; /* distances above it do not count */
    int distance;
    Str best; /* borrowed from the candidates; n == 0: none so far */
} Nearest;

/* The limit suits typing errors: 1 for words of 3 and 4 bytes, 2 up to 8, then 3; none for shorter ones. */
void nearest_init(Nearest *n, Str word);
/* Of equal distances the first offered stays. */
void nearest_offer(Nearest *n, Str candidate);

/* The nearest of words[0 .. n), or NULL when none is near. Borrowed. */
const char *nearest_find(Str word, const char *const *words, int n);

#endif
