// SPDX-License-Identifier: Apache-2.0
// States of aggregates as the values of a changelog: every overload of every aggregate, with random rows, goes out as
// JSON, comes in again, and gives the same results from then on, also when rows are added, taken out and merged. The
// forms that ksqlDB has.
#include <stdlib.h>

#include "serde/serde.h"
#include "test_func_help.h"

enum { MAX_ARGS = 4, MOST_ROWS = 24 };

static const Type *state_type(const Agg *g)
{
    return g->row->intermediate ? g->row->intermediate(g->c.arena, g->c.types, g->c.nargs) : g->c.result;
}

/* Maps may stand in another order: it tells in which order keys of one bucket came. */
static bool same_results(Agg *g, Agg *twin)
{
    Value v = value_null(), w = value_null();
    g->row->result_of(&g->c, g->state, &v);
    twin->row->result_of(&twin->c, twin->state, &w);
    bool same = g->c.result->kind == KIND_MAP ? value_equal(g->c.result, &v, &w) : strcmp(agg_result(g), agg_result(twin)) == 0;
    if (!same)
        printf("%s: %s is not %s\n", g->row->signature, agg_result(twin), agg_result(g));
    return same;
}

/* The state as JSON: {"S":…}. */
static const char *agg_export(Agg *g)
{
    Err err = ERR_INIT;
    Writer *w;
    Value v = value_null();
    Column col;
    const Column *cols[] = {&col};
    const ColumnDef def = {STR("S"), state_type(g), ROLE_VALUE, {0}};
    const SerdeSpec spec = {.format = FORMAT_JSON, .topic = STR("t"), .ncols = 1, .cols = &def};
    const char *why = NULL;
    Buf b = BUF_INIT;
    (g->row->export_of ? g->row->export_of : g->row->result_of)(&g->c, g->state, &v);
    column_init(g->c.arena, &col, def.type, 1);
    column_put(g->c.arena, &col, 1, 0, v);
    if (writer_new(&spec, &w, &err))
        BUG("%s", err.msg);
    if (writer_write(w, cols, 0, NULL, &b, &why) != WRITE_BYTES)
        BUG("%s", why);
    writer_free(w);
    const char *text = arena_cstr(g->c.arena, buf_view(&b));
    buf_free(&b);
    return text;
}

static bool agg_import(Agg *g, const char *json)
{
    Err err = ERR_INIT;
    Reader *r;
    uint16_t row = 0;
    const ColumnDef def = {STR("S"), state_type(g), ROLE_VALUE, {0}};
    const SerdeSpec spec = {.format = FORMAT_JSON, .topic = STR("t"), .ncols = 1, .cols = &def};
    Batch *b = batch_new(g->c.arena, schema_new(g->c.arena, &def, 1, false), 1);
    const Bytes in = {json, (int64_t)strlen(json)};
    b->flags = arena_zalloc(g->c.arena, 1);
    b->errors = ARENA_NEW(g->c.arena, ErrorSet);
    if (reader_new(&spec, NULL, &r, &err))
        BUG("%s", err.msg);
    int kept = reader_read(r, &in, &row, 1, b, 0, &row);
    reader_free(r);
    Value v = value_null();
    if (kept == 1)
        v = column_get(&b->cols[0], 0);
    return kept == 1 && g->row->import && g->row->import(&g->c, g->state, &v);
}

/* ---- random rows ---- */

static Value random_value(Arena *a, const Type *t)
{
    static const char *const words[] = {"", "a", "b", "c \"q\"", "\xc3\xa4", "null"};
    if (rand() % 6 == 0)
        return value_null();
    switch (t->kind) {
    case KIND_BOOLEAN:
        return value_bool(rand() % 2);
    case KIND_INTEGER:
    case KIND_DATE:
        return value_int(rand() % 9 - 4);
    case KIND_TIME:
        return value_int(rand() % 5 * 1000);
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return value_bigint((int64_t)(rand() % 9) * 3000000000);
    case KIND_DOUBLE:
        return value_double((rand() % 17 - 8) / 3.0);
    case KIND_DECIMAL:
        return value_decimal(rand() % 199 - 99);
    case KIND_STRING:
    case KIND_BYTES:
        return value_str(str_of(words[rand() % ARRAY_LEN(words)]));
    case KIND_ARRAY: {
        Array *arr = array_new(a, (uint32_t)(rand() % 4));
        for (uint32_t i = 0; i < arr->n; i++)
            arr->v[i] = random_value(a, t->elem);
        return (Value){.d.arr = arr};
    }
    default:
        BUG("no random value of that type");
    }
}

static void random_row(Agg *g, Value *args)
{
    for (int i = 0; i < g->c.nargs; i++)
        args[i] = random_value(g->c.arena, g->c.types[i]);
}

/* n steps on both: a row comes, or one that is there goes. */
static void steps(Agg *g, Agg *twin, Value (*held)[MAX_ARGS], int *nheld, int n)
{
    for (int i = 0; i < n; i++) {
        if (g->row->undo && *nheld && rand() % 3 == 0) {
            int at = rand() % *nheld;
            g->row->undo(&g->c, g->state, held[at]);
            if (twin)
                twin->row->undo(&twin->c, twin->state, held[at]);
            --*nheld;
            memmove(held[at], held[at + 1], sizeof *held * (size_t)(*nheld - at));
            continue;
        }
        if (*nheld == MOST_ROWS)
            return;
        random_row(g, held[*nheld]);
        g->row->add(&g->c, g->state, held[*nheld]);
        if (twin)
            twin->row->add(&twin->c, twin->state, held[*nheld]);
        ++*nheld;
    }
}

static int round_trip(const AggRow *row, const AggCtx *c)
{
    Value held[MOST_ROWS][MAX_ARGS];
    int nheld = 0, nother = 0;
    Agg g = agg_of(row, c), twin = agg_of(row, c), other = agg_of(row, c);
    steps(&g, NULL, held, &nheld, rand() % 12);
    const char *json = agg_export(&g);
    if (!agg_import(&twin, json)) {
        printf("%s: %s does not come in\n", row->signature, json);
        return 1;
    }
    CHECK(same_results(&g, &twin));
    if (c->result->kind != KIND_MAP)
        CHECK_TEXT(agg_export(&twin), json);
    steps(&g, &twin, held, &nheld, rand() % 12);
    CHECK(same_results(&g, &twin));
    steps(&other, NULL, held, &nother, rand() % 6);
    row->merge(&g.c, g.state, other.state);
    row->merge(&twin.c, twin.state, other.state);
    CHECK(same_results(&g, &twin));
    agg_close(&g);
    agg_close(&twin);
    agg_close(&other);
    return 0;
}

/* ---- every overload ---- */

static const Type *concrete(Arena *a, const Type *t, const Type *generic)
{
    if (t->kind == KIND_GENERIC || t->kind == KIND_ANY)
        return generic;
    if (t->kind == KIND_DECIMAL)
        return type_decimal(a, 6, 2);
    return t;
}

static int try_overload(Arena *a, const Function *f, const Overload *o, const Type *generic, int rounds)
{
    static const Value two = {.d.i = 2}, no = {.d.b = false};
    const Type *types[MAX_ARGS + 2];
    Value init[2];
    Err err = ERR_INIT;
    Resolved r;
    for (int i = 0; i < o->nparams; i++)
        types[i] = concrete(a, o->params[i].type, generic);
    if (function_resolve(f, a, types, o->nparams, &r, &err)) {
        printf("%s: %s\n", o->aggregate->signature, err.msg);
        return 1;
    }
    CHECK(r.overload == o);
    int ncols = o->nparams - o->ninit;
    for (int i = 0; i < o->ninit; i++)
        init[i] = types[ncols + i]->kind == KIND_BOOLEAN ? no : two;
    const AggCtx c = {.arena = a, .types = types, .nargs = ncols, .init = init, .ninit = o->ninit, .result = r.result,
                      .limit = -1};
    for (int i = 0; i < rounds; i++)
        if (round_trip(o->aggregate, &c))
            return 1;
    return 0;
}

int test_states_of_every_aggregate(void)
{
    enum { ROUNDS = 60, HEAVY = 4 };
    const unsigned seed = 20;
    const Function *f;
    int overloads = 0;
    printf("seed %u\n", seed);
    srand(seed);
    functions_init();
    for (int i = 0; (f = function_at(i)); i++) {
        if (f->kind != FUNCTION_AGGREGATE)
            continue;
        for (int k = 0; k < f->noverloads; k++, overloads++) {
            Arena *a = arena_new(0);
            const Type *generics[] = {TYPE_INTEGER,   TYPE_BIGINT, TYPE_DOUBLE, TYPE_STRING,  TYPE_BOOLEAN,
                                      TYPE_TIMESTAMP, TYPE_DATE,   TYPE_TIME,   TYPE_BYTES,   type_decimal(a, 6, 2),
                                      type_array(a, TYPE_INTEGER)};
            bool heavy = str_eq_c(f->name, "COUNT_DISTINCT");
            for (int t = 0; t < ARRAY_LEN(generics); t++)
                CHECK_INT(try_overload(a, f, &f->overloads[k], generics[t], heavy ? HEAVY : ROUNDS), 0);
            arena_free(a);
        }
    }
    CHECK(overloads > 40);
    return 0;
}

/* ---- the forms that ksqlDB gives them (page 06 §6.2) ---- */

static int check_form(const char *name, const Type *const *types, int n, const Value *rows, int nrows, const char *want_type,
                      const char *want)
{
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    Resolved r;
    static const Value two = {.d.i = 2};
    functions_init();
    CHECK_INT(function_resolve(function_find(str_of(name)), a, types, n, &r, &err), OK);
    const Overload *o = r.overload;
    int ncols = n - o->ninit;
    const AggCtx c = {.arena = a, .types = types, .nargs = ncols, .init = &two, .ninit = o->ninit, .result = r.result,
                      .limit = -1};
    Agg g = agg_of(o->aggregate, &c);
    for (int i = 0; i < nrows; i++)
        g.row->add(&g.c, g.state, &rows[i * ncols]);
    CHECK_TEXT(type_text(a, state_type(&g)), want_type);
    CHECK_TEXT(agg_export(&g), want);
    agg_close(&g);
    arena_free(a);
    return 0;
}

int test_states_forms(void)
{
    const Type *const ii[] = {TYPE_INTEGER, TYPE_INTEGER}, *const dd[] = {TYPE_DOUBLE, TYPE_DOUBLE};
    const Type *const s[] = {TYPE_STRING}, *const is[] = {TYPE_INTEGER, TYPE_STRING, TYPE_INTEGER};
    const Value ints[] = {value_int(1), value_int(3)};
    const Value pairs[] = {value_double(1), value_double(2), value_double(3), value_double(5)};
    const Value texts[] = {value_str(STR("a")), value_null(), value_str(STR("a"))};
    const Value both[] = {value_int(1), value_str(STR("x")), value_int(3), value_str(STR("y"))};
    int bad = 0;
    bad |= check_form("COUNT", ii, 1, ints, 2, "BIGINT", "{\"S\":2}");
    bad |= check_form("SUM", ii, 1, ints, 2, "INTEGER", "{\"S\":4}");
    bad |= check_form("MAX", ii, 1, ints, 0, "INTEGER", "{\"S\":null}");
    bad |= check_form("AVG", ii, 1, ints, 2, "STRUCT<`SUM` INTEGER, `COUNT` BIGINT>", "{\"S\":{\"SUM\":4,\"COUNT\":2}}");
    bad |= check_form("AVG", dd, 1, pairs, 1, "STRUCT<`SUM` DOUBLE, `COUNT` BIGINT>", "{\"S\":{\"SUM\":1.0,\"COUNT\":1}}");
    bad |= check_form("STDDEV_SAMP", ii, 1, ints, 2, "STRUCT<`SUM` INTEGER, `COUNT` BIGINT, `M2` DOUBLE>",
                      "{\"S\":{\"SUM\":4,\"COUNT\":2,\"M2\":2.0}}");
    bad |= check_form("CORRELATION", dd, 2, pairs, 2,
                      "STRUCT<`X_SUM` DOUBLE, `Y_SUM` DOUBLE, `X_SQUARED_SUM` DOUBLE, `Y_SQUARED_SUM` DOUBLE, `XY_SUM` DOUBLE, "
                      "`COUNT` BIGINT>",
                      "{\"S\":{\"X_SUM\":4.0,\"Y_SUM\":7.0,\"X_SQUARED_SUM\":10.0,\"Y_SQUARED_SUM\":29.0,\"XY_SUM\":17.0,"
                      "\"COUNT\":2}}");
    bad |= check_form("COLLECT_LIST", s, 1, texts, 3, "ARRAY<STRING>", "{\"S\":[\"a\",null,\"a\"]}");
    bad |= check_form("COLLECT_SET", s, 1, texts, 3, "ARRAY<STRING>", "{\"S\":[\"a\",null]}");
    bad |= check_form("HISTOGRAM", s, 1, texts, 1, "MAP<STRING, BIGINT>", "{\"S\":{\"a\":1}}");
    bad |= check_form("ATTR", s, 1, texts, 3, "ARRAY<STRUCT<`VALUE` STRING, `COUNT` INTEGER>>",
                      "{\"S\":[{\"VALUE\":\"a\",\"COUNT\":2},{\"VALUE\":null,\"COUNT\":1}]}");
    bad |= check_form("TOPK", ii, 2, ints, 2, "ARRAY<INTEGER>", "{\"S\":[3,1]}");
    bad |= check_form("TOPK", is, 3, both, 2, "ARRAY<STRUCT<`sort_col` INTEGER, `col0` STRING>>",
                      "{\"S\":[{\"sort_col\":3,\"col0\":\"y\"},{\"sort_col\":1,\"col0\":\"x\"}]}");
    bad |= check_form("TOPKDISTINCT", ii, 2, ints, 2, "ARRAY<INTEGER>", "{\"S\":[3,1]}");
    bad |= check_form("EARLIEST_BY_OFFSET", s, 1, texts, 0, "STRUCT<`SEQ` BIGINT, `VAL` STRING>", "{\"S\":null}");
    bad |= check_form("LATEST_BY_OFFSET", s, 1, texts, 0, "STRUCT<`SEQ` BIGINT, `VAL` STRING>",
                      "{\"S\":{\"SEQ\":0,\"VAL\":null}}");
    bad |= check_form("LATEST_BY_OFFSET", ii, 2, ints, 0, "ARRAY<STRUCT<`SEQ` BIGINT, `VAL` INTEGER>>", "{\"S\":[]}");
    return bad;
}

/* COUNT_DISTINCT: 2^14 registers of 5 bits, 6 in an INT: 2731 of them. */
int test_states_registers(void)
{
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    Resolved r;
    const Type *types[] = {TYPE_INTEGER};
    functions_init();
    CHECK_INT(function_resolve(function_find(STR("COUNT_DISTINCT")), a, types, 1, &r, &err), OK);
    const AggCtx c = {.arena = a, .types = types, .nargs = 1, .result = r.result, .limit = -1};
    Agg g = agg_of(r.overload->aggregate, &c), twin = agg_of(r.overload->aggregate, &c);
    for (int i = 0; i < 50000; i++) {
        const Value v = value_int(i);
        g.row->add(&g.c, g.state, &v);
    }
    Value v = value_null();
    g.row->export_of(&g.c, g.state, &v);
    CHECK_INT(v.d.arr->n, 2731);
    CHECK(twin.row->import(&twin.c, twin.state, &v));
    CHECK_TEXT(agg_result(&twin), agg_result(&g));
    CHECK_INT(llabs(strtoll(agg_result(&g), NULL, 10) - 50000) < 2000, 1);
    Array *few = array_new(a, 3);
    v.d.arr = few;
    CHECK(!twin.row->import(&twin.c, twin.state, &v));
    agg_close(&g);
    agg_close(&twin);
    arena_free(a);
    return 0;
}
