// SPDX-License-Identifier: Apache-2.0
// Completion: which words may stand at the cursor. Knows no terminal, so that tests can ask it.
#ifndef SLUICE_SHELL_COMPLETE_H
#define SLUICE_SHELL_COMPLETE_H

#include "base/vec.h"

/* Names of a kind ('s' sources, 't' topics, 'q' queries, 'p' properties, 'f' functions, 'c' columns) that start
 * with prefix, no matter the case. */
typedef void CompleteNames(void *from, char kind, Str prefix, void (*fn)(void *arg, Str name), void *arg);

typedef struct Completion {
    Arena *a;
    size_t start;   /* the candidates stand for the text from here to the cursor */
    VEC(Str) words; /* sorted, each once; in the arena */
    Str common;     /* what all of them begin with */
    char after;     /* put behind a single candidate; 0: nothing */
} Completion;

/* text: the statement up to the cursor, earlier lines included. */
void complete(Completion *c, Arena *a, Str text, CompleteNames *names, void *from);

#endif
