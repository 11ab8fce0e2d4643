// SPDX-License-Identifier: Apache-2.0
// The graph of topics: queries are its edges, from each topic that they read to each topic that they write.
// Pure; any thread.
#ifndef SLUICE_CATALOG_FLOW_H
#define SLUICE_CATALOG_FLOW_H

#include "base/arena.h"
#include "base/vec.h"

/* Borrowed texts. */
typedef struct FlowEdge {
    Str query, from, to;
} FlowEdge;

typedef struct FlowGraph {
    FlowEdge *v;
    int n, cap;
} FlowGraph; /* a vec of base/vec.h */

/* The shortest way from topic `from` to topic `to`: the edges' numbers in path[0..*n), new in the arena. True when there
 * is one; *n is 0 when the topics are the same. Takes time and memory in proportion to the edges, times the length. */
bool flow_path(const FlowGraph *g, Arena *a, Str from, Str to, int **path, int *n);

#endif
