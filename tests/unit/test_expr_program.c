// SPDX-License-Identifier: Apache-2.0
// Programs: laziness, failed rows, filters; and random batches computed at once, by selection and row by row.
#include <stdlib.h>

#include "test_expr_help.h"
#include "unit.h"

static const ColumnDef defs[] = {
    {{"B", 1}, TYPE_BOOLEAN, ROLE_VALUE, {NULL, 0}}, {{"I", 1}, TYPE_INTEGER, ROLE_VALUE, {NULL, 0}},
    {{"K", 1}, TYPE_INTEGER, ROLE_VALUE, {NULL, 0}}, {{"L", 1}, TYPE_BIGINT, ROLE_VALUE, {NULL, 0}},
    {{"D", 1}, TYPE_DOUBLE, ROLE_VALUE, {NULL, 0}},  {{"S", 1}, TYPE_STRING, ROLE_VALUE, {NULL, 0}},
    {{"T", 1}, TYPE_TIMESTAMP, ROLE_VALUE, {NULL, 0}}, {{"C", 1}, NULL, ROLE_VALUE, {NULL, 0}},
};

enum { COLUMNS = ARRAY_LEN(defs) };

typedef struct Fixture {
    Arena *a;
    Schema *sch;
    Scope sc;
} Fixture;

static Fixture open_fixture(void)
{
    Fixture f = {.a = arena_new(0)};
    ColumnDef all[COLUMNS];
    memcpy(all, defs, sizeof defs);
    all[COLUMNS - 1].type = type_decimal(f.a, 6, 2);
    f.sch = schema_new(f.a, all, COLUMNS, true);
    ScopeColumn *cols = ARENA_ARRAY(f.a, ScopeColumn, COLUMNS);
    for (int i = 0; i < COLUMNS; i++)
        cols[i] = (ScopeColumn){STR("T1"), f.sch->cols[i].name, f.sch->cols[i].type, i};
    f.sc = (Scope){.n = COLUMNS, .cols = cols, .clause = "SELECT"};
    return f;
}

static Value random_value(const Type *t)
{
    static const char *const texts[] = {"", "a", "abc", "12", "-7", "2020-01-01", "aXb", "1.5", "true"};
    if (rand() % 5 == 0)
        return value_null();
    switch (t->kind) {
    case KIND_BOOLEAN: return value_bool(rand() % 2);
    case KIND_INTEGER: return value_int(rand() % 9 - 4);
    case KIND_BIGINT: return value_bigint(rand() % 2 ? rand() % 9 - 4 : INT64_MAX - rand() % 3);
    case KIND_DOUBLE: return value_double(rand() % 9 ? (rand() % 17 - 8) / 4.0 : -0.0);
    case KIND_TIMESTAMP: return value_bigint(rand() % 3 * 86400000);
    case KIND_DECIMAL: return value_decimal(rand() % 900000 - 450000);
    default: return value_str(str_of(texts[rand() % ARRAY_LEN(texts)]));
    }
}

static Batch *random_batch(const Fixture *f, Arena *a, int n)
{
    Batch *b = batch_new(a, f->sch, n);
    for (int c = 0; c < COLUMNS; c++)
        for (int i = 0; i < n; i++)
            column_put(a, &b->cols[c], n, i, random_value(f->sch->cols[c].type));
    return b;
}

static Program *compile(const Fixture *f, const char *sql)
{
    Err err = ERR_INIT;
    Program *p;
    const TExpr *x = help_bind(f->a, &f->sc, sql, &err);
    if (!x || program_new(f->a, &x, 1, effects_real(), &p, &err))
        BUG("%s: %s", sql, err.msg);
    return p;
}

static void cell(Buf *out, const Column *c, int row)
{
    Value v = column_get(c, row);
    buf_clear(out);
    value_json(out, c->type, &v);
}

static const char *const expressions[] = {
    "I + K * 2 - 3", "I / K", "I % K", "L / I", "L * L", "D / K", "C * C + 1.5", "C / I", "-I", "-C",
    "I > K", "I = K AND D < 1", "B AND I > 0", "B OR K / I > 1", "NOT (I < K)", "I IS NULL OR K IS NULL",
    "I BETWEEN -1 AND K", "S LIKE '%a_'", "S LIKE 'a%'", "S IN ('a', 'abc', '12')",
    "I IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)", "L IN (I, K)", "I IS DISTINCT FROM K", "D <> C",
    "CASE WHEN I > 0 THEN 'pos' WHEN I < 0 THEN S ELSE 'zero' END", "CASE WHEN B THEN 10 / I ELSE K END",
    "CASE WHEN I > 0 THEN D END", "CAST(S AS INT)", "CAST(S AS DOUBLE) + I", "CAST(D AS VARCHAR)",
        "CAST(C AS DECIMAL(3, 1))",
    "CAST(L AS INT)", "T > '1970-01-02'", "S = T", "CAST(T AS DATE)", "ARRAY[I, K, 1/I]", "ARRAY[I, K][I]",
    "MAP('a' := I, 'b' := 2)['a']", "STRUCT(X := I, Y := CAST(S AS INT))", "STRUCT(X := I)->X",
        "COALESCE(CAST(S AS INT), I, 0)",
    "UCASE(S || 'é')", "SUBSTRING(S, I, K)", "LEN(S) + I", "ROUND(D)", "ABS(I) + SIGN(L)", "S + S",
        "GREATEST(I, K, 1)",
};

/* One batch at once, the same by a random selection, and each row in a batch of one: all the same. */
static int compare_ways(const Fixture *f, const char *sql, int n)
{
    Program *p = compile(f, sql);
    Arena *a = arena_new(0);
    Batch *all = random_batch(f, a, n), *part = batch_share(a, all);
    uint16_t *sel = arena_alloc(a, sizeof *sel * (size_t)n);
    Column whole, some, one;
    Buf x = BUF_INIT, y = BUF_INIT;
    part->nsel = 0;
    part->sel = sel;
    part->errors = ARENA_NEW(a, ErrorSet);
    for (int i = 0; i < n; i++)
        if (rand() % 3)
            sel[part->nsel++] = (uint16_t)i;
    program_run(p, all, &whole);
    program_run(p, part, &some);
    for (int i = 0; i < part->nsel; i++) {
        cell(&x, &whole, sel[i]);
        cell(&y, &some, sel[i]);
        CHECK_STR(buf_view(&y), buf_z(&x));
    }
    uint64_t failures = 0;
    for (int i = 0; i < n; i++) {
        Arena *mine = arena_new(0);
        Batch *single = batch_new(mine, f->sch, 1);
        for (int c = 0; c < COLUMNS; c++)
            column_put(mine, &single->cols[c], 1, 0, column_get(&all->cols[c], i));
        program_run(p, single, &one);
        cell(&x, &whole, i);
        cell(&y, &one, 0);
        if (!str_eq(buf_view(&x), buf_view(&y)))
            printf("%s, row %d\n", sql, i);
        CHECK_STR(buf_view(&y), buf_z(&x));
        failures += single->errors->total;
        arena_free(mine);
    }
    CHECK_INT(all->errors->total, failures);
    buf_free(&x);
    buf_free(&y);
    arena_free(a);
    return 0;
}

int test_program_batches(void)
{
    static const int sizes[] = {1, 2, 63, 64, 65, 300};
    unsigned seed = 20261121;
    Fixture f = open_fixture();
    printf("seed %u\n", seed);
    srand(seed);
    for (int s = 0; s < ARRAY_LEN(sizes); s++)
        for (int i = 0; i < ARRAY_LEN(expressions); i++)
            CHECK_INT(compare_ways(&f, expressions[i], sizes[s]), 0);
    arena_free(f.a);
    return 0;
}

int test_program_filter(void)
{
    Fixture f = open_fixture();
    Arena *a = arena_new(0);
    Batch *b = batch_new(a, f.sch, 4);
    uint16_t sel[4];
    for (int c = 0; c < COLUMNS; c++)
        for (int i = 0; i < 4; i++)
            column_put(a, &b->cols[c], 4, i, value_null());
    for (int i = 0; i < 3; i++)
        column_put(a, &b->cols[1], 4, i, value_int(i));
    CHECK_INT(program_filter(compile(&f, "I > 0"), b, sel), 2);
    CHECK_INT(sel[0], 1);
    CHECK_INT(sel[1], 2);
    CHECK_INT(program_filter(compile(&f, "TRUE"), b, sel), 4);
    CHECK_INT(program_filter(compile(&f, "1 > 2"), b, sel), 0);
    CHECK_INT(b->errors->total, 0);
    /* I = 0 fails, and with it the row; the others go on. */
    CHECK_INT(program_filter(compile(&f, "10 / I > 5"), b, sel), 1);
    CHECK_INT(b->errors->total, 1);
    CHECK_INT(b->errors->v.v[0].row, 0);
    CHECK_STR(b->errors->v.v[0].message, "/ by zero");
    /* Not computed where it is not needed. */
    CHECK_INT(program_filter(compile(&f, "I <> 0 AND 10 / I > 5"), b, sel), 1);
    CHECK_INT(program_filter(compile(&f, "I IS NULL OR I = 0 OR 10 / I > 5"), b, sel), 3);
    CHECK_INT(b->errors->total, 1);
    arena_free(a);
    arena_free(f.a);
    return 0;
}

int test_program_constants(void)
{
    Fixture f = open_fixture();
    Buf b = BUF_INIT;
    program_print(&b, compile(&f, "I + (2 * 3 + LEN('abc'))"));
    CHECK_STR(buf_view(&b),
              "  0  r2 = add r0 r1\n  1  r2 = scope\n     r0: column 1\n     r1: 9\n     result 0: r2\n");
    buf_clear(&b);
    program_print(&b, compile(&f, "CASE WHEN B THEN 1 / 0 ELSE 2 END"));
    CHECK(strstr(buf_z(&b), "divide") != NULL);
    buf_free(&b);
    CHECK_TEXT(help_eval(f.a, "1 / 0"), "error: / by zero");
    CHECK_TEXT(help_eval(f.a, "CASE WHEN TRUE THEN 2 ELSE 1 / 0 END"), "2");
    CHECK_TEXT(help_eval(f.a, "COALESCE(1 / 0, 3)"), "3");
    CHECK_TEXT(help_eval(f.a, "ARRAY[1 / 0, 3]"), "[null, 3]");
    CHECK_TEXT(help_eval(f.a, "MAP('a' := 1, NULL := 2)"), "{null=2, a=1}");
    CHECK_TEXT(help_eval(f.a, "STRUCT(A := 7, B := 2) IN (STRUCT(C := 1), STRUCT(B := 2, A := '7'))"), "true");
    CHECK_TEXT(help_eval(f.a, "-2147483648 / -1"), "-2147483648");
    CHECK_TEXT(help_eval(f.a, "1.0 / 3"), "error: Rounding necessary");
    arena_free(f.a);
    return 0;
}

int test_program_like(void)
{
    static const struct {
        const char *text, *pattern, *escape;
        bool match;
    } rows[] = {
        {"abc", "abc", "", true},       {"abc", "a%", "", true},      {"abc", "%c", "", true},
            {"abc", "%b%", "", true},
        {"abc", "a_c", "", true},       {"abc", "_", "", false},      {"", "%", "", true},
            {"", "_", "", false},
        {"aXbXc", "a%X%c", "", true},   {"aab", "%ab", "", true},     {"100%", "100!%", "!", true},
            {"100x", "100!%", "!", false},
        {"a\nb", "a%b", "", false},     {"a\nb", "a\nb", "", true},   {"é", "_", "", true},
            {"😀x", "_x", "", true},
        {"aaa", "%a%a%a%", "", true},   {"aa", "%a%a%a%", "", false}, {"a.c", "a.c", "", true},
            {"abc", "a.c", "", false},
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        const char *sql = arena_printf(a, "'%s' LIKE '%s'%s%s%s", rows[i].text, rows[i].pattern,
                                       *rows[i].escape ? " ESCAPE '" : "",
                                       rows[i].escape, *rows[i].escape ? "'" : "");
        if (strcmp(help_eval(a, sql), rows[i].match ? "true" : "false") != 0)
            printf("%s\n", sql);
        CHECK_TEXT(help_eval(a, sql), rows[i].match ? "true" : "false");
    }
    CHECK_TEXT(help_eval(a, "'a' LIKE 'a!' ESCAPE '!'"),
               "error: LIKE pattern must not end with escape character");
    arena_free(a);
    return 0;
}

int test_texpr_dup(void)
{
    Fixture f = open_fixture();
    Err err = ERR_INIT;
    Buf b = BUF_INIT;
    bool used[COLUMNS] = {false};
    int map[COLUMNS];
    const TExpr *x = help_bind(f.a, &f.sc,
                               "CASE WHEN I > 1 THEN S ELSE 'n''o' END LIKE '%x' AND ARRAY[K, 1][1] IN (1, L)", &err);
    CHECK(x != NULL);
    texpr_print(&b, x, f.sch);
    CHECK_STR(buf_view(&b),
              "(((CASE WHEN (I > 1) THEN S ELSE 'n''o' END) LIKE '%x') AND (CAST(ARRAY[K, 1][1] AS BIGINT) IN (1, L)))");
    texpr_columns(x, used);
    CHECK(used[1] && used[2] && used[3] && used[5] && !used[0] && !used[4]);
    for (int i = 0; i < COLUMNS; i++)
        map[i] = COLUMNS - 1 - i;
    Arena *other = arena_new(0);
    const TExpr *y = texpr_dup(other, texpr_dup(other, x, map), map);
    CHECK(texpr_equal(x, y));
    CHECK(!texpr_equal(x, texpr_dup(other, x, map)));
    CHECK(!texpr_is_constant(x));
    arena_free(other);
    buf_free(&b);
    arena_free(f.a);
    return 0;
}
