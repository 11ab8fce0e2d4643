// SPDX-License-Identifier: Apache-2.0
// The registry: rows of the tables, parsed once into overloads, in name order.
//
// All of it lives in one arena that is never freed; nothing changes after functions_init. Overload
// resolution is in resolve.c, texts of functions in print.c.
#include "func/registry.h"

#include <stdlib.h>

#include "base/nearest.h"
#include "func/tables.h"

static struct {
    Arena *arena;
    int n;
    Function *functions; /* in upper-case name order */
    const char **names;  /* upper case, in the same order */
} reg;

static const ScalarTable *const scalar_tables[] = {
    &scalar_math, &scalar_trig, &scalar_string, &scalar_text, &scalar_conditional, &scalar_time, &scalar_collection,
    &scalar_array, &scalar_mask, &scalar_encode, &scalar_regexp, &scalar_format,
    &scalar_url, &scalar_json, &scalar_parse,
};
static const AggTable *const agg_tables[] = {
    &agg_count, &agg_sum, &agg_min_max, &agg_offset, &agg_collect, &agg_stddev, &agg_topk, &agg_count_distinct,
    &agg_tally,
};

/* Names of ksqlDB's functions that are not there yet: they have no rows, or rows that wait for something
 * elsewhere and are left out. A name goes from here when its function comes (a test sees to it). */
static const char *const missing[] = {
    "CUBE_EXPLODE", "DATEADD", "DATESUB",      "EXPLODE",      "FILTER",  "PARSE_DATE",
    "REDUCE",       "TIMEADD", "TIMESTAMPADD", "TIMESTAMPSUB", "TIMESUB", "TRANSFORM",
};

bool function_unsupported(Str name)
{
    for (int i = 0; i < ARRAY_LEN(missing); i++)
        if (str_eq_nocase(name, str_of(missing[i])))
            return true;
    return false;
}

/* ---- signatures ------------------------------------------------------------------------------ */

typedef struct Sig {
    Str name, params, init, result;
} Sig;

/* NAME(params[; init]) -> result */
static Sig split_signature(const char *signature)
{
    Sig s;
    Str text = str_of(signature);
    const char *open = memchr(text.p, '(', text.n);
    const char *arrow = NULL, *semi = NULL;
    for (const char *p = signature; *p; p++) {
        if (strncmp(p, ") -> ", 5) == 0)
            arrow = p;
        if (*p == ';')
            semi = p;
    }
    if (!open || !arrow)
        BUG("signature '%s'", signature);
    s.name = (Str){text.p, (size_t)(open - text.p)};
    s.params = (Str){open + 1, (size_t)((semi ? semi : arrow) - open - 1)};
    s.init = semi ? str_trim((Str){semi + 1, (size_t)(arrow - semi - 1)}) : (Str){NULL, 0};
    s.result = str_of(arrow + 5);
    return s;
}

/* Takes the text up to the next comma outside brackets. */
static bool next_part(Str *rest, Str *part)
{
    int depth = 0;
    size_t i = 0;
    if (str_trim(*rest).n == 0)
        return false;
    for (; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == '(' || c == '<')
            depth++;
        if (c == ')' || (c == '>' && (i == 0 || rest->p[i - 1] != '=')))
            depth--;
        if (c == ',' && depth == 0)
            break;
    }
    *part = str_trim((Str){rest->p, i});
    size_t used = i < rest->n ? i + 1 : i;
    *rest = str_sub(*rest, used, rest->n - used);
    return true;
}

static const Type *parse_type_text(Str text, const char *signature)
{
    const Type *t;
    Err err = ERR_INIT;
    if (str_eq_c(text, "DECIMAL"))
        return type_decimal(reg.arena, 0, 0);
    if (type_parse(reg.arena, text, &t, &err))
        BUG("signature '%s': %s", signature, err.msg);
    return t;
}

/* Names of parameters stand between commas; or each ends in a bar, when they hold commas. */
static void next_name(Str *names, Str *name)
{
    const char *bar = names->n ? memchr(names->p, '|', names->n) : NULL;
    if (!bar) {
        next_part(names, name);
        return;
    }
    size_t n = (size_t)(bar - names->p);
    *name = (Str){names->p, n};
    *names = str_sub(*names, n + 1, names->n - n - 1);
}

static int add_params(Overload *o, Param *params, int at, Str text, Str *names, const char *signature)
{
    Str part;
    while (next_part(&text, &part)) {
        Str name = STR("arg");
        if (names->n)
            next_name(names, &name);
        if (str_ends(part, STR("..."))) {
            o->variadic = at;
            part.n -= 3;
        }
        params[at++] = (Param){arena_cstr(reg.arena, name), parse_type_text(part, signature)};
    }
    return at;
}

static void parse_overload(Overload *o, const char *signature, const char *param_names)
{
    enum { MOST = 16 };
    Sig s = split_signature(signature);
    Str names = str_of(param_names);
    Param *params = ARENA_ARRAY(reg.arena, Param, MOST);
    o->variadic = -1;
    int ncols = add_params(o, params, 0, s.params, &names, signature);
    o->nparams = add_params(o, params, ncols, s.init, &names, signature);
    o->ninit = o->nparams - ncols;
    o->params = params;
    o->result = parse_type_text(s.result, signature);
}

/* ---- the table of functions ------------------------------------------------------------------ */

static Function *function_for(Str name, FunctionKind kind, const char *category)
{
    for (int i = 0; i < reg.n; i++) {
        if (!str_eq_nocase(reg.functions[i].name, name))
            continue;
        BUG_IF(reg.functions[i].kind != kind);
        return &reg.functions[i];
    }
    Function *f = &reg.functions[reg.n++];
    *f = (Function){.name = name, .kind = kind, .category = category};
    return f;
}

static Overload *overload_add(Function *f)
{
    Overload *all = ARENA_ARRAY(reg.arena, Overload, f->noverloads + 1);
    for (int i = 0; i < f->noverloads; i++)
        all[i] = f->overloads[i];
    f->overloads = all;
    return &all[f->noverloads++];
}

static int fold(char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }

static int by_name(const void *a, const void *b)
{
    Str x = ((const Function *)a)->name, y = ((const Function *)b)->name;
    for (size_t i = 0; i < x.n && i < y.n; i++)
        if (fold(x.p[i]) != fold(y.p[i]))
            return fold(x.p[i]) - fold(y.p[i]);
    return x.n < y.n ? -1 : x.n > y.n;
}

static char *upper(Str s)
{
    char *p = arena_cstr(reg.arena, s);
    for (char *c = p; *c; c++)
        *c = (char)fold(*c);
    return p;
}

void functions_init(void)
{
    int most = 0;
    if (reg.arena)
        return;
    reg.arena = arena_new(0);
    for (int t = 0; t < ARRAY_LEN(scalar_tables); t++)
        most += scalar_tables[t]->n;
    for (int t = 0; t < ARRAY_LEN(agg_tables); t++)
        most += agg_tables[t]->n;
    reg.functions = ARENA_ARRAY(reg.arena, Function, most);
    for (int t = 0; t < ARRAY_LEN(scalar_tables); t++) {
        for (int i = 0; i < scalar_tables[t]->n; i++) {
            const FuncRow *row = &scalar_tables[t]->rows[i];
            Str name = split_signature(row->signature).name;
            if (function_unsupported(name))
                continue;
            Overload *o = overload_add(function_for(name, FUNCTION_SCALAR, row->category));
            o->scalar = row;
            parse_overload(o, row->signature, row->params);
        }
    }
    for (int t = 0; t < ARRAY_LEN(agg_tables); t++) {
        for (int i = 0; i < agg_tables[t]->n; i++) {
            const AggRow *row = &agg_tables[t]->rows[i];
            Str name = split_signature(row->signature).name;
            if (function_unsupported(name))
                continue;
            Overload *o = overload_add(function_for(name, FUNCTION_AGGREGATE, "AGGREGATE"));
            o->aggregate = row;
            parse_overload(o, row->signature, row->params);
        }
    }
    qsort(reg.functions, (size_t)reg.n, sizeof *reg.functions, by_name);
    reg.names = ARENA_ARRAY(reg.arena, const char *, reg.n + 1);
    for (int i = 0; i < reg.n; i++)
        reg.names[i] = upper(reg.functions[i].name);
}

const Function *function_find(Str name)
{
    Function key = {.name = name};
    return bsearch(&key, reg.functions, (size_t)reg.n, sizeof *reg.functions, by_name);
}

const Function *function_at(int i)
{
    return i >= 0 && i < reg.n ? &reg.functions[i] : NULL;
}

const char *function_nearest(Str name)
{
    return nearest_find(name, reg.names, reg.n);
}
