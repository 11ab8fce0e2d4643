// SPDX-License-Identifier: Apache-2.0
// Aggregates against a plain model: random adds and undos, merge, save and load, the batch-wise path.
#include <stdlib.h>

#include "test_func_help.h"

static Agg open_agg(Arena *a, const char *name, const Type *const *type)
{
    Err err = ERR_INIT;
    Resolved r;
    functions_init();
    if (function_resolve(function_find(str_of(name)), a, type, 1, &r, &err))
        BUG("%s", err.msg);
    const AggCtx c = {.arena = a, .types = type, .nargs = 1, .result = r.result, .limit = -1};
    return agg_of(r.overload->aggregate, &c);
}

static void add(Agg *g, Value v) { g->row->add(&g->c, g->state, &v); }
static void undo(Agg *g, Value v) { g->row->undo(&g->c, g->state, &v); }

int test_aggregate_wraps(void)
{
    Arena *a = arena_new(0);
    const Type *i = TYPE_INTEGER, *dec = type_decimal(a, 3, 1);
    Agg g = open_agg(a, "SUM", &i);
    add(&g, value_int(INT32_MAX));
    add(&g, value_int(1));
    CHECK_TEXT(agg_result(&g), "-2147483648");
    undo(&g, value_int(1));
    CHECK_TEXT(agg_result(&g), "2147483647");
    agg_close(&g);
    g = open_agg(a, "SUM", &dec);
    add(&g, value_decimal(995));
    add(&g, value_decimal(10));
    CHECK(g.c.failed);
    CHECK_TEXT(agg_result(&g), "99.5");
    agg_close(&g);
    arena_free(a);
    return 0;
}

int test_aggregate_random_undo(void)
{
    enum { STEPS = 2000, HELD = 64 };
    static const char *const names[] = {"COUNT", "SUM", "AVG"};
    unsigned seed = 7;
    printf("seed %u\n", seed);
    srand(seed);
    Arena *a = arena_new(0);
    const Type *l = TYPE_BIGINT;
    for (int k = 0; k < ARRAY_LEN(names); k++) {
        Agg g = open_agg(a, names[k], &l), model = open_agg(a, names[k], &l);
        Value held[HELD];
        int n = 0;
        for (int s = 0; s < STEPS; s++) {
            if (n == HELD || (n && rand() % 2)) {
                int at = rand() % n;
                undo(&g, held[at]);
                held[at] = held[--n];
            } else {
                held[n] = rand() % 5 ? value_bigint(rand() - rand()) : value_null();
                add(&g, held[n++]);
            }
        }
        for (int i = 0; i < n; i++)
            add(&model, held[i]);
        CHECK_TEXT(agg_result(&g), agg_result(&model));
        agg_close(&g);
        agg_close(&model);
    }
    arena_free(a);
    return 0;
}

int test_aggregate_rows(void)
{
    enum { N = 100 };
    Arena *a = arena_new(0);
    const Type *l = TYPE_BIGINT;
    Column c;
    uint16_t rows[N];
    void *states[N];
    column_init(a, &c, TYPE_BIGINT, N);
    Agg fast = open_agg(a, "SUM", &l), slow = open_agg(a, "SUM", &l);
    for (int i = 0; i < N; i++) {
        rows[i] = (uint16_t)i;
        states[i] = fast.state;
        Value v = i % 7 ? value_bigint((int64_t)i * 1000003) : value_null();
        column_put(a, &c, N, i, v);
        add(&slow, v);
    }
    fast.row->add_rows(&fast.c, states, 0, &c, rows, N);
    CHECK_TEXT(agg_result(&fast), agg_result(&slow));
    agg_close(&fast);
    agg_close(&slow);
    arena_free(a);
    return 0;
}

/* save, load, merge of what lives on the heap. */
int test_aggregate_held(void)
{
    Arena *a = arena_new(0);
    const Type *s = TYPE_STRING;
    static const char *const names[] = {"LATEST_BY_OFFSET", "EARLIEST_BY_OFFSET", "MAX", "MIN",
                                        "COLLECT_LIST", "COLLECT_SET"};
    static const char *const first[] = {"b", "a", "b", "a", "[a, b]", "[a, b]"};
    static const char *const merged[] = {"b", "a", "b", "a", "[a, b, b]", "[a, b]"};
    for (int k = 0; k < ARRAY_LEN(names); k++) {
        Agg g = open_agg(a, names[k], &s), h = open_agg(a, names[k], &s);
        add(&g, value_str(STR("a")));
        add(&g, value_str(STR("b")));
        CHECK_TEXT(agg_result(&g), first[k]);
        Buf b = BUF_INIT;
        g.row->save(&g.c, g.state, &b);
        Rd r = rd_of(buf_view(&b));
        CHECK(h.row->load(&h.c, h.state, &r));
        CHECK(r.p == r.end && !r.bad);
        CHECK_TEXT(agg_result(&h), first[k]);
        Agg o = open_agg(a, names[k], &s);
        add(&o, value_str(STR("b")));
        h.row->merge(&h.c, h.state, o.state);
        CHECK_TEXT(agg_result(&h), merged[k]);
        buf_free(&b);
        agg_close(&g);
        agg_close(&h);
        agg_close(&o);
    }
    arena_free(a);
    return 0;
}

int test_aggregate_list_undo(void)
{
    Arena *a = arena_new(0);
    const Type *i = TYPE_INTEGER;
    Agg g = open_agg(a, "COLLECT_LIST", &i);
    static const int in[] = {1, 2, 1, 3};
    for (int k = 0; k < ARRAY_LEN(in); k++)
        add(&g, value_int(in[k]));
    add(&g, value_null());
    undo(&g, value_int(1));
    CHECK_TEXT(agg_result(&g), "[1, 2, 3, null]");
    undo(&g, value_null());
    undo(&g, value_int(9));
    CHECK_TEXT(agg_result(&g), "[1, 2, 3]");
    agg_close(&g);
    arena_free(a);
    return 0;
}

/* The n forms: what stays, save, load, merge by number, NULLs, a wrong n; limits of collections. */
int test_aggregate_first_n(void)
{
    static const char *const names[] = {"EARLIEST_BY_OFFSET", "LATEST_BY_OFFSET"};
    static const char *const kept[] = {"[1, 2]", "[2, 3]"};
    static const char *const merged[] = {"[1, 2]", "[2, 3]"};
    Arena *a = arena_new(0);
    const Type *types[] = {TYPE_INTEGER, TYPE_INTEGER};
    const Value two = value_int(2), zero = value_int(0);
    for (int k = 0; k < ARRAY_LEN(names); k++) {
        Err err = ERR_INIT;
        Resolved r;
        functions_init();
        CHECK_INT(function_resolve(function_find(str_of(names[k])), a, types, 2, &r, &err), OK);
        Agg g[3];
        for (int i = 0; i < 3; i++) {
            g[i] = (Agg){.row = r.overload->aggregate,
                         .c = {.arena = a, .types = types, .nargs = 1, .init = &two, .ninit = 1, .result = r.result,
                               .limit = -1}};
            g[i].state = mem_zalloc((size_t)g[i].row->size);
        }
        CHECK_TEXT(agg_result(&g[0]), "[]");
        add(&g[0], value_null());
        for (int i = 1; i <= 3; i++)
            add(&g[0], value_int(i));
        CHECK_TEXT(agg_result(&g[0]), kept[k]);
        Buf b = BUF_INIT;
        g[0].row->save(&g[0].c, g[0].state, &b);
        Rd rd = rd_of(buf_view(&b));
        CHECK(g[1].row->load(&g[1].c, g[1].state, &rd));
        CHECK(rd.p == rd.end && !rd.bad);
        CHECK_TEXT(agg_result(&g[1]), kept[k]);
        add(&g[2], value_int(9));
        g[2].row->merge(&g[2].c, g[2].state, g[1].state);
        CHECK_TEXT(agg_result(&g[2]), merged[k]);
        CHECK(g[0].row->check(&two) == NULL && g[0].row->check(&zero) != NULL);
        buf_free(&b);
        for (int i = 0; i < 3; i++)
            agg_close(&g[i]);
    }
    arena_free(a);
    return 0;
}

int test_aggregate_limit(void)
{
    static const char *const names[] = {"COLLECT_LIST", "COLLECT_SET"};
    Arena *a = arena_new(0);
    const Type *t = TYPE_INTEGER;
    for (int k = 0; k < ARRAY_LEN(names); k++) {
        Agg g = open_agg(a, names[k], &t), h = open_agg(a, names[k], &t);
        g.c.limit = 2;
        add(&g, value_int(1));
        add(&h, value_int(2));
        add(&h, value_int(3));
        g.row->merge(&g.c, g.state, h.state);
        CHECK_TEXT(agg_result(&g), "[1, 2]");
        add(&g, value_int(4));
        CHECK_TEXT(agg_result(&g), "[1, 2]");
        agg_close(&g);
        agg_close(&h);
    }
    arena_free(a);
    return 0;
}
