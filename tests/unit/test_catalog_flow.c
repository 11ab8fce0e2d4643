// SPDX-License-Identifier: Apache-2.0
// The graph of topics: ways of any length, the shortest of several, and none.
#include "base/buf.h"
#include "catalog/flow.h"
#include "unit.h"

static void add(FlowGraph *g, const char *query, const char *from, const char *to)
{
    vec_add(g, ((FlowEdge){str_of(query), str_of(from), str_of(to)}));
}

/* The queries on the way, "-" when there is none. */
static bool way_is(const FlowGraph *g, const char *from, const char *to, const char *want)
{
    Arena *a = arena_new(0);
    Buf got = BUF_INIT;
    int *path, n;
    if (flow_path(g, a, str_of(from), str_of(to), &path, &n))
        for (int i = 0; i < n; i++)
            buf_str(&got, g->v[path[i]].query);
    else
        buf_cstr(&got, "-");
    bool same = str_eq(buf_view(&got), str_of(want));
    buf_free(&got);
    arena_free(a);
    return same;
}

int test_catalog_flow(void)
{
    FlowGraph g = {0};
    CHECK(way_is(&g, "a", "a", "") && way_is(&g, "a", "b", "-"));
    add(&g, "1", "a", "b");
    add(&g, "2", "b", "c");
    add(&g, "3", "c", "d");
    CHECK(way_is(&g, "a", "d", "123") && way_is(&g, "d", "a", "-") && way_is(&g, "A", "d", "-"));
    add(&g, "4", "a", "c");
    CHECK(way_is(&g, "a", "d", "43"));
    add(&g, "5", "d", "b"); /* a cycle: the search ends */
    CHECK(way_is(&g, "a", "e", "-") && way_is(&g, "b", "b", "") && way_is(&g, "c", "b", "35"));
    vec_free(&g);
    return 0;
}

/* A chain of a thousand queries needs no deep stack. */
int test_catalog_flow_long(void)
{
    enum { N = 1000 };
    Arena *a = arena_new(0);
    FlowGraph g = {0};
    int *path, n;
    for (int i = N - 1; i >= 0; i--)
        vec_add(&g, ((FlowEdge){STR("q"), arena_strf(a, "t%d", i), arena_strf(a, "t%d", i + 1)}));
    CHECK(flow_path(&g, a, STR("t0"), arena_strf(a, "t%d", N), &path, &n) && n == N);
    CHECK(path[0] == N - 1 && path[N - 1] == 0);
    CHECK(!flow_path(&g, a, STR("t1"), STR("t0"), &path, &n));
    vec_free(&g);
    arena_free(a);
    return 0;
}
