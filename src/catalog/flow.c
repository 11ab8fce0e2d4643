// SPDX-License-Identifier: Apache-2.0
// The graph of topics: a search by breadth, so the first way that is found is a shortest one.
//
// Each edge is entered once, so a graph that has a cycle already (a directory of an older version may) ends the search too.
#include "catalog/flow.h"

bool flow_path(const FlowGraph *g, Arena *a, Str from, Str to, int **path, int *n)
{
    int *queue = ARENA_ARRAY(a, int, g->n + 1), *before = ARENA_ARRAY(a, int, g->n + 1);
    bool *entered = ARENA_ARRAY(a, bool, g->n + 1);
    int filled = 0, last = -1;
    *path = NULL;
    *n = 0;
    if (str_eq(from, to))
        return true;
    for (int next = -1; next < filled && last < 0; next++) {
        Str at = next < 0 ? from : g->v[queue[next]].to;
        for (int i = 0; i < g->n && last < 0; i++) {
            if (entered[i] || !str_eq(g->v[i].from, at))
                continue;
            entered[i] = true;
            before[i] = next < 0 ? -1 : queue[next];
            queue[filled++] = i;
            if (str_eq(g->v[i].to, to))
                last = i;
        }
    }
    if (last < 0)
        return false;
    for (int i = last; i >= 0; i = before[i])
        ++*n;
    *path = ARENA_ARRAY(a, int, *n);
    for (int i = last, k = *n; i >= 0; i = before[i])
        (*path)[--k] = i;
    return true;
}
