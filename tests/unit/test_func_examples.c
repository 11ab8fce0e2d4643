// SPDX-License-Identifier: Apache-2.0
// Every row of the function tables: its example runs and gives what it says; docs/functions.md is the tables'
// print. BLESS=1 in the environment rewrites that file.
#include <ctype.h>
#include <stdlib.h>

#include "test_expr_help.h"
#include "unit.h"

static int run_aggregate(const Overload *o, bool with_undo, char *got, size_t room)
{
    Arena *a = arena_new(0);
    const AggRow *row = o->aggregate;
    const char *arrow = strstr(row->example, " => ");
    const Scope none = {.clause = "SELECT"};
    Err err = ERR_INIT;
    const TExpr *list = help_bind(a, &none,
                                  arena_printf(a, "ARRAY[%.*s]", (int)(arrow - row->example), row->example),
                                      &err);
    CHECK(list != NULL);
    Value v;
    CHECK_INT(texpr_evaluate(a, list, NULL, &v, &err), OK);
    const Type *t = list->type->elem;
    Resolved r;
    CHECK_INT(function_resolve(function_find(str_of(arrow + 4)), a, &t, 1, &r, &err), OK);
    CHECK(r.overload == o);
    AggCtx c = {.arena = a, .types = &t, .nargs = 1, .result = r.result, .limit = -1};
    char *state = mem_zalloc((size_t)row->size);
    if (row->init)
        row->init(&c, state);
    const Array *arr = v.d.arr;
    for (uint32_t i = 0; i < arr->n; i++)
        row->add(&c, state, &arr->v[i]);
    if (with_undo) {
        /* Adding and taking away the first value once more changes nothing. */
        row->add(&c, state, &arr->v[0]);
        row->undo(&c, state, &arr->v[0]);
    }
    Value out = {.null = false};
    row->result_of(&c, state, &out);
    Buf text = BUF_INIT;
    value_cell(&text, r.result, &out);
    snprintf(got, room, "%s", buf_z(&text));
    buf_free(&text);
    if (row->drop)
        row->drop(&c, state);
    mem_free(state);
    arena_free(a);
    CHECK(!c.failed);
    return 0;
}

static int check_overload(const Function *f, const Overload *o)
{
    Arena *a = arena_new(0);
    const char *expected = o->scalar ? o->scalar->expected : o->aggregate->expected;
    if (o->scalar) {
        CHECK(o->scalar->example && o->scalar->description && o->scalar->category);
        const char *got = help_eval(a, o->scalar->example);
        if (strcmp(got, expected) != 0)
            printf("%.*s: %s\n", STR_ARG(f->name), o->scalar->example);
        CHECK_TEXT(got, expected);
    } else if (o->aggregate->example) {
        char got[256];
        CHECK_INT(run_aggregate(o, false, got, sizeof got), 0);
        CHECK_TEXT(got, expected);
        if (o->aggregate->undo) {
            CHECK_INT(run_aggregate(o, true, got, sizeof got), 0);
            CHECK_TEXT(got, expected);
        }
    }
    arena_free(a);
    return 0;
}

int test_function_examples(void)
{
    int n = 0, bad = 0;
    functions_init();
    for (const Function *f; (f = function_at(n)) != NULL; n++) {
        CHECK(!function_unsupported(f->name));
        for (int i = 0; i < f->noverloads; i++)
            bad += check_overload(f, &f->overloads[i]);
    }
    CHECK(n > 30);
    CHECK_INT(bad, 0);
    return 0;
}

int test_functions_document(void)
{
    Buf want = BUF_INIT, got = BUF_INIT;
    functions_init();
    functions_markdown(&want);
    if (getenv("BLESS")) {
        FILE *f = fopen("docs/functions.md", "wb");
        CHECK(f != NULL);
        CHECK(fwrite(want.p, 1, want.n, f) == want.n);
        CHECK_INT(fclose(f), 0);
    }
    FILE *f = fopen("docs/functions.md", "rb");
    if (f) { /* tests may run elsewhere than in the source tree */
        size_t k;
        while ((k = fread(buf_room(&got, 1 << 16), 1, 1 << 16, f)) > 0)
            got.n += k;
        fclose(f);
        CHECK(str_eq(buf_view(&got), buf_view(&want)));
    }
    buf_free(&want);
    buf_free(&got);
    return 0;
}

static const char *refusal(Arena *a, const char *sql)
{
    return help_eval(a, sql);
}

int test_function_overloads(void)
{
    Arena *a = arena_new(0);
    CHECK(strstr(refusal(a, "ABS('x')"),
                 "Function 'Abs' does not accept parameters (STRING).\nValid alternatives are:\n"));
    CHECK(strstr(refusal(a, "ABS('x')"), "ABS(INT val)\n"));
    CHECK(strstr(refusal(a, "ABS('x')"), "DESCRIBE FUNCTION <Function-Name>;"));
    CHECK(strstr(refusal(a, "CONCAT(NULL)"), "cannot be resolved due to ambiguous method parameters (null)"));
    CHECK(strstr(refusal(a, "GREATEST(1, 3000000000)"), "ambiguous"));
    CHECK(strstr(refusal(a, "NOSUCH(1)"), "Can't find any functions with the name 'NOSUCH'"));
    CHECK(strstr(refusal(a, "CUBE_EXPLODE(1)"), "not supported yet: function CUBE_EXPLODE"));
    CHECK_TEXT(help_eval(a, "SQRT(2.25)"), "1.5");
    CHECK_TEXT(help_eval(a, "IFNULL(NULL, 1)"), "1");
    CHECK_TEXT(help_eval(a, "UNIX_TIMESTAMP('1970-01-01T00:00:01')"), "1000");
    Err err = ERR_INIT;
    const Scope none = {.clause = "SELECT"};
    CHECK(!help_bind(a, &none, "CONTAC('a')", &err));
    CHECK_TEXT(err.hint, "did you mean CONCAT?");
    err_clear(&err);
    Buf b = BUF_INIT;
    const Function *f = function_find(STR("concat"));
    overload_print(&b, f, &f->overloads[0]);
    CHECK_STR(buf_view(&b), "CONCAT(inputs VARCHAR[])");
    buf_free(&b);
    arena_free(a);
    return 0;
}
