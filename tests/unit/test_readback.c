// SPDX-License-Identifier: Apache-2.0
// Whatever is written can be read: edge values of every type, and the results of every function over edge
// values, through every format, as value and as key (test_readback_help.h).
//
// Arguments are drawn at random where there are too many combinations; a failure prints READBACK_SEED, which sets
// the seed.
#include <stdlib.h>

#include "test_expr_help.h"
#include "test_func_help.h"
#include "test_readback_help.h"

static const char *const types[] = {
    "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL(4, 2)", "DECIMAL(38, 10)", "DECIMAL(38, 0)", "DECIMAL(1, 1)", "STRING", "BYTES",
    "TIME", "DATE", "TIMESTAMP",
};

static const Type *type_of(Arena *a, const char *text)
{
    const Type *t;
    Err err = ERR_INIT;
    if (type_parse(a, str_of(text), &t, &err))
        BUG("%s: %s", text, err.msg);
    return t;
}

static Column edges(Arena *a, const Type *t)
{
    int n = edge_count(t);
    Column c;
    column_init(a, &c, t, n);
    for (int i = 0; i < n; i++)
        column_put(a, &c, n, i, edge_value(a, t, i));
    return c;
}

int test_readback_types(void)
{
    static const char *const around[] = {"%s", "ARRAY<%s>", "MAP<STRING, %s>", "STRUCT<`a \"b\"` %s, `F` INTEGER>",
                                         "ARRAY<MAP<STRING, STRUCT<`X` ARRAY<%s>>>>"};
    for (int i = 0; i < ARRAY_LEN(types); i++)
        for (int k = 0; k < ARRAY_LEN(around); k++) {
            Arena *a = arena_new(0);
            char text[200];
            snprintf(text, sizeof text, around[k], types[i]);
            const Type *t = type_of(a, text);
            Column c = edges(a, t);
            int bad = readback(a, "an edge value", t, &c, edge_count(t));
            arena_free(a);
            if (bad)
                return 1;
        }
    return 0;
}

/* ---- functions --------------------------------------------------------------------------------- */

typedef struct Rng {
    uint64_t s;
} Rng;

static int below(Rng *g, int n)
{
    uint64_t z = g->s += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    return (int)((z ^ z >> 31) % (uint64_t)n);
}

/* The parameter's type with `with` for variables and for any type, a DECIMAL with numbers. */
static const Type *concrete(Arena *a, const Type *t, const Type *with)
{
    switch (t->kind) {
    case KIND_GENERIC:
    case KIND_ANY:
        return with;
    case KIND_DECIMAL:
        return t->precision ? t : with->kind == KIND_DECIMAL ? with : type_decimal(a, 4, 2);
    case KIND_ARRAY:
        return type_array(a, concrete(a, t->elem, with));
    case KIND_MAP:
        return type_map(a, concrete(a, t->key, TYPE_STRING), concrete(a, t->elem, with));
    default:
        return t;
    }
}

static bool has_variable(const Type *t)
{
    return t->kind == KIND_GENERIC || t->kind == KIND_ANY || (t->kind == KIND_DECIMAL && t->precision == 0) ||
        (t->kind == KIND_ARRAY && has_variable(t->elem)) || (t->kind == KIND_MAP && has_variable(t->elem));
}

enum { MOST_ARGS = 8 };

/* A text that a parameter of the name understands, where most texts mean nothing to it; false: any will do. */
static bool apt_text(Rng *g, const char *name, Value *out)
{
    static const struct {
        const char *part;
        Str texts[4];
    } rows[] = {
        {"ncoding", {STR("hex"), STR("utf8"), STR("ascii"), STR("base64")}},
        {"one", {STR("UTC"), STR("America/New_York"), STR("+05:30"), STR("Europe/Zurich")}},
        {"byteOrder", {STR("LITTLE_ENDIAN"), STR("BIG_ENDIAN"), STR("BIG_ENDIAN"), STR("LITTLE_ENDIAN")}},
        {"direction", {STR("ASC"), STR("DESC"), STR("ASC"), STR("DESC")}},
        {"unit", {STR("KM"), STR("MILES"), STR("KM"), STR("MILES")}},
        {"mask", {STR("X"), STR("\xED\xA0\xBD"), STR("\xED\xB8\x80"), STR("é")}},
        {"path", {STR("$.a"), STR("$.b[1]"), STR("$"), STR("$.b")}},
        {"ormatPattern", {STR("yyyy-MM-dd"), STR("HH:mm:ss"), STR("yyyy-MM-dd'T'HH:mm:ss.SSS"), STR("G yyyyy MMMM 'é'")}},
        {"paramToFind", {STR("a"), STR("b"), STR("a"), STR("")}},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        if (strstr(name, rows[i].part)) {
            *out = value_str(rows[i].texts[below(g, 4)]);
            return true;
        }
    return false;
}

/* A batch whose columns are edge values of the types: all combinations, or READBACK_ROWS of them. Half of the texts are
 * such as their parameter understands; o NULL: no parameters. */
static Batch *arguments(Arena *a, Rng *g, const Overload *o, const Type *const *t, int n)
{
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, n + 1);
    Schema *sch = ARENA_NEW(a, Schema);
    int all = 1;
    for (int i = 0; i < n; i++) {
        cols[i] = (ColumnDef){.name = STR("C"), .type = t[i], .role = ROLE_VALUE};
        all = all > READBACK_ROWS ? all : all * edge_count(t[i]);
    }
    *sch = (Schema){n, cols};
    int rows = all < READBACK_ROWS ? all : READBACK_ROWS;
    Batch *b = batch_new(a, sch, rows);
    for (int row = 0; row < rows; row++)
        for (int i = 0, at = row; i < n; i++) {
            int count = edge_count(t[i]), k = all <= READBACK_ROWS ? at % count : below(g, count);
            at /= count;
            Value v;
            bool apt = o && t[i]->kind == KIND_STRING && below(g, 2) &&
                apt_text(g, o->params[i < o->nparams ? i : o->nparams - 1].name, &v);
            column_put(a, &b->cols[i], rows, row, apt ? v : edge_value(a, t[i], k));
        }
    return b;
}

/* *some: a result was not NULL. */
static int scalar_of(Rng *g, const Function *f, const Overload *o, int n, const Type *with, bool *some)
{
    Arena *a = arena_new(1 << 16);
    const Type *t[MOST_ARGS];
    Err err = ERR_INIT;
    Resolved r;
    int bad = 0;
    for (int i = 0; i < n; i++)
        t[i] = concrete(a, o->params[i < o->nparams ? i : o->nparams - 1].type, with);
    if (function_resolve(f, a, t, n, &r, &err) || r.overload != o) {
        err_clear(&err);
        arena_free(a);
        return 0;
    }
    const TExpr *args[MOST_ARGS];
    for (int i = 0; i < n; i++)
        args[i] = texpr_cast(a, texpr_column(a, i, t[i]), r.args[i]);
    const TExpr *x = texpr_call(a, o->scalar, r.result, args, n);
    Program *p;
    if (program_new(a, &x, 1, effects_real(), &p, &err))
        BUG("%s: %s", o->scalar->signature, err.msg);
    Batch *b = arguments(a, g, o, t, n);
    Column out;
    program_run(p, b, &out);
    bad = readback(a, o->scalar->signature, r.result, &out, b->n);
    for (int i = 0; i < b->n; i++)
        *some |= !column_is_null(&out, i);
    arena_free(a);
    return bad;
}

static int every_scalar(Rng *g, const Function *f, const Overload *o)
{
    bool variable = false, some = false;
    if (str_eq_nocase(f->name, STR("GENERATE_SERIES"))) /* between edge values it has millions of elements */
        return 0;
    for (int i = 0; i < o->nparams; i++) {
        variable |= has_variable(o->params[i].type);
        if (o->params[i].type->kind == KIND_LAMBDA || o->params[i].type->kind == KIND_UNIT)
            return 0;
    }
    static const char *const nested[] = {"ARRAY<STRING>", "MAP<STRING, BIGINT>", "STRUCT<`A` STRING, `B` DECIMAL(4, 2)>"};
    for (int n = o->nparams; n <= o->nparams + (o->variadic >= 0 ? 2 : 0); n++)
        for (int i = 0; i < (variable ? ARRAY_LEN(types) + ARRAY_LEN(nested) : 1); i++) {
            Arena *a = arena_new(256);
            const Type *with = type_of(a, i < ARRAY_LEN(types) ? types[i] : nested[i - ARRAY_LEN(types)]);
            int bad = scalar_of(g, f, o, n, with, &some);
            arena_free(a);
            if (bad)
                return 1;
        }
    if (!some)
        printf("no result of %s is anything but NULL\n", o->scalar->signature);
    return !some;
}

static int aggregate_of(const Function *f, const Overload *o, const Type *with)
{
    Arena *a = arena_new(1 << 16);
    int n = o->nparams - o->ninit;
    const Type *t[MOST_ARGS];
    Value init[MOST_ARGS];
    Err err = ERR_INIT;
    Resolved r;
    for (int i = 0; i < o->nparams; i++) {
        t[i] = concrete(a, o->params[i].type, with);
        if (i >= n)
            init[i - n] = t[i]->kind == KIND_INTEGER ? value_int(3) : value_bool(true);
    }
    if (function_resolve(f, a, t, o->nparams, &r, &err) || r.overload != o) {
        err_clear(&err);
        arena_free(a);
        return 0;
    }
    AggCtx c = {.arena = a, .types = r.args, .nargs = n, .init = init, .ninit = o->ninit, .result = r.result, .limit = -1};
    /* The result after each value, of all values so far and of the last one alone. */
    int count = n ? edge_count(r.args[0]) : 3;
    Column out;
    column_init(a, &out, r.result, 2 * count);
    Agg all = agg_of(o->aggregate, &c);
    for (int i = 0; i < count; i++) {
        Value args[MOST_ARGS], v = {.null = false};
        for (int k = 0; k < n; k++)
            args[k] = edge_value(a, r.args[k], i % edge_count(r.args[k]));
        o->aggregate->add(&all.c, all.state, args);
        o->aggregate->result_of(&all.c, all.state, &v);
        column_put(a, &out, 2 * count, 2 * i, all.c.failed ? value_null() : value_dup(a, r.result, v));
        all.c.failed = false;
        Agg one = agg_of(o->aggregate, &c);
        v = (Value){.null = false};
        o->aggregate->add(&one.c, one.state, args);
        o->aggregate->result_of(&one.c, one.state, &v);
        column_put(a, &out, 2 * count, 2 * i + 1, one.c.failed ? value_null() : value_dup(a, r.result, v));
        agg_close(&one);
    }
    agg_close(&all);
    int bad = readback(a, o->aggregate->signature, r.result, &out, 2 * count);
    arena_free(a);
    return bad;
}

static int every_aggregate(const Function *f, const Overload *o)
{
    for (int i = 0; i < ARRAY_LEN(types); i++) {
        Arena *a = arena_new(256);
        int bad = aggregate_of(f, o, type_of(a, types[i]));
        arena_free(a);
        if (bad)
            return 1;
    }
    return 0;
}

int test_readback_functions(void)
{
    const char *text = getenv("READBACK_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : 1;
    int bad = 0, n = 0;
    functions_init();
    for (const Function *f; (f = function_at(n)) != NULL; n++)
        for (int i = 0; i < f->noverloads; i++) {
            Rng g = {seed};
            bad += f->overloads[i].scalar ? every_scalar(&g, f, &f->overloads[i]) : every_aggregate(f, &f->overloads[i]);
        }
    if (bad)
        printf("READBACK_SEED=%llu\n", (unsigned long long)seed);
    CHECK_INT(bad, 0);
    CHECK(n > 100);
    return 0;
}

/* CHR of every kind of code point, of halves and of what is none. */
int test_readback_characters(void)
{
    static const int32_t codes[] = {-1, 0, 9, 10, 13, 31, 32, 34, 44, 92, 127, 128, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDBFF,
                                    0xDC00, 0xDFFF, 0xE000, 0xFEFF, 0xFFFD, 0xFFFF, 0x10000, 0x1F600, 0x10FFFF, 0x110000};
    Arena *a = arena_new(0);
    const ColumnDef def = {.name = STR("C"), .type = TYPE_INTEGER, .role = ROLE_VALUE};
    const Schema sch = {1, &def};
    const Scope none = {.clause = "SELECT"};
    Err err = ERR_INIT;
    const TExpr *chr = help_bind(a, &none, "CHR(1)", &err), *arg = texpr_column(a, 0, TYPE_INTEGER);
    CHECK(chr != NULL);
    chr = texpr_call(a, chr->func, TYPE_STRING, &arg, 1);
    Program *p;
    CHECK_INT(program_new(a, &chr, 1, effects_real(), &p, &err), OK);
    Batch *b = batch_new(a, &sch, ARRAY_LEN(codes));
    for (int i = 0; i < b->n; i++)
        column_put(a, &b->cols[0], b->n, i, value_int(codes[i]));
    Column out;
    program_run(p, b, &out);
    int bad = readback(a, "CHR", TYPE_STRING, &out, b->n);
    arena_free(a);
    return bad;
}

/* The examples of the function tables, of the types that they have. */
int test_readback_examples(void)
{
    functions_init();
    const Function *f;
    for (int i = 0; (f = function_at(i)) != NULL; i++)
        for (int k = 0; k < f->noverloads; k++) {
            const FuncRow *row = f->overloads[k].scalar;
            Arena *a = arena_new(0);
            const Scope none = {.clause = "SELECT"};
            Err err = ERR_INIT;
            Value v;
            const TExpr *x = row ? help_bind(a, &none, row->example, &err) : NULL;
            if (row && (!x || texpr_evaluate(a, x, effects_real(), &v, &err)))
                BUG("%s: %s", row->example, err.msg);
            Column c = row ? column_constant(a, x->type, v) : (Column){0};
            int bad = row && readback(a, row->example, x->type, &c, 1);
            arena_free(a);
            if (bad)
                return 1;
        }
    return 0;
}

/* One expression over the batch's columns. */
static int readback_of(Arena *a, const char *what, const TExpr *x, const Batch *b)
{
    Program *p;
    Err err = ERR_INIT;
    Column out;
    if (program_new(a, &x, 1, effects_real(), &p, &err))
        BUG("%s: %s", what, err.msg);
    program_run(p, b, &out);
    return readback(a, what, x->type, &out, b->n);
}

/* Every CAST that there is, and every operator over numbers and texts. */
int test_readback_operators(void)
{
    static const char ops[] = "+-*/%";
    for (int i = 0; i < ARRAY_LEN(types); i++)
        for (int k = 0; k < ARRAY_LEN(types); k++) {
            Arena *a = arena_new(1 << 16);
            Rng g = {1};
            const Type *t[] = {type_of(a, types[i]), type_of(a, types[k])};
            const TExpr *x = texpr_column(a, 0, t[0]), *y = texpr_column(a, 1, t[1]);
            Batch *b = arguments(a, &g, NULL, t, 2);
            int bad = cast_allowed(t[0], t[1]) && readback_of(a, "CAST", texpr_cast(a, x, t[1]), b);
            bool decimals = t[0]->kind == KIND_DECIMAL && t[1]->kind == KIND_DECIMAL;
            bool numbers = type_is_number(t[0]) && (decimals || (i == k && t[0]->kind != KIND_DECIMAL));
            for (int o = 0; numbers && ops[o] && !bad; o++)
                bad = readback_of(a, "arithmetic", texpr_binary(a, TEXPR_ARITH, ops[o], x, y), b);
            if (!bad && t[0]->kind == KIND_STRING && t[1]->kind == KIND_STRING)
                bad = readback_of(a, "text + text", texpr_binary(a, TEXPR_ARITH, '+', x, y), b);
            arena_free(a);
            if (bad)
                return 1;
        }
    return 0;
}
