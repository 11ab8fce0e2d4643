// SPDX-License-Identifier: Apache-2.0
// Names that a query gives to what it selects without an alias, and walks over AST expressions.
// Rules: page 04 §4.4 of the ksqlDB reference. Pure; any thread.
#include "analyze/internal.h"
#include "func/registry.h"

static bool taken(const Namer *nm, const char *name)
{
    for (int i = 0; i < nm->fields.n; i++)
        if (str_eq_c(nm->fields.v[i].text, name))
            return true;
    return schema_find(nm->input, str_of(name)) >= 0;
}

Str namer_name(Namer *nm, const Expr *e)
{
    if (e->kind == EXPR_COLUMN)
        return e->name.text;
    if (e->kind == EXPR_DEREF) {
        char *name = arena_cstr(nm->arena, e->name.text);
        for (int i = 1; taken(nm, name); i++)
            name = arena_printf(nm->arena, "%.*s_%d", STR_ARG(e->name.text), i);
        vec_push(nm->arena, &nm->fields, exact_name(str_of(name), e->span));
        return str_of(name);
    }
    char *name;
    do
        name = arena_printf(nm->arena, "KSQL_COL_%d", nm->next++);
    while (taken(nm, name));
    return str_of(name);
}

void expr_walk(const Expr *e, bool (*fn)(void *arg, const Expr *e), void *arg)
{
    if (!e || !fn(arg, e))
        return;
    expr_walk(e->a, fn, arg);
    expr_walk(e->b, fn, arg);
    expr_walk(e->c, fn, arg);
    for (int i = 0; i < e->list.n; i++)
        expr_walk(e->list.v[i], fn, arg);
}

const Expr *expr_replace(Arena *a, const Expr *e, const Expr *(*map)(void *arg, const Expr *e), void *arg)
{
    if (!e)
        return NULL;
    const Expr *other = map(arg, e);
    if (other)
        return other;
    Expr *copy = arena_dup(a, e, sizeof *e);
    copy->a = (Expr *)(uintptr_t)expr_replace(a, e->a, map, arg);
    copy->b = (Expr *)(uintptr_t)expr_replace(a, e->b, map, arg);
    copy->c = (Expr *)(uintptr_t)expr_replace(a, e->c, map, arg);
    copy->list.v = ARENA_ARRAY(a, Expr *, e->list.n);
    copy->list.cap = e->list.n;
    for (int i = 0; i < e->list.n; i++)
        copy->list.v[i] = (Expr *)(uintptr_t)expr_replace(a, e->list.v[i], map, arg);
    return copy;
}

static bool find_aggregate(void *arg, const Expr *e)
{
    bool *found = arg;
    if (e->kind == EXPR_CALL) {
        const Function *f = function_find(e->name.text);
        if (f && f->kind == FUNCTION_AGGREGATE)
            *found = true;
    }
    return !*found;
}

bool expr_has_aggregate(const Expr *e)
{
    bool found = false;
    expr_walk(e, find_aggregate, &found);
    return found;
}
