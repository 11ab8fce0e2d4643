// SPDX-License-Identifier: Apache-2.0
// GROUP BY and aggregate calls: what is grouped, what is aggregated, and expressions over both.
//
// The select items and HAVING are rewritten, in copies: a part equal to a grouping expression
// becomes a column of the aggregate's output, an aggregate call becomes KSQL_AGG_VARIABLE_n. What
// then still names a column of the input was neither grouped nor aggregated, and is refused.
// Rules and messages: page 04 §4.6 and 06 §6.0 of the ksqlDB reference. Pure; any thread.
#include "analyze/internal.h"
#include "expr/program.h"
#include "func/registry.h"
#include "sql/print.h"

typedef struct Aggregation {
    const Analyzer *an;
    const Query *q;
    const Scope *scope;
    BoundQuery *bq;
    const Expr **group_asts;
    Str *group_names, *item_names;
    VEC(BoundAgg) aggs;
    VEC(const Expr *) calls; /* of aggs, for equality */
    Err *err;
    Status st;
} Aggregation;

/* The expression with its own source's qualifier taken off, so that A and S.A are one. */
static const Expr *drop_qualifier(void *arg, const Expr *e)
{
    Arena *a = arg;
    if (e->kind != EXPR_COLUMN || !e->qualifier.text.n)
        return NULL;
    Expr *copy = arena_dup(a, e, sizeof *e);
    copy->qualifier.text.n = 0;
    return copy;
}

static const Expr *plain(Aggregation *ag, const Expr *e)
{
    return expr_replace(ag->an->arena, e, drop_qualifier, ag->an->arena);
}

static const Expr *column_named(Aggregation *ag, Str name, const Expr *from)
{
    Expr *e = ARENA_NEW(ag->an->arena, Expr);
    e->kind = EXPR_COLUMN;
    e->span = from->span;
    e->name = exact_name(name, from->span);
    return e;
}

/* COUNT(*), COUNT() are COUNT(ROWTIME). */
static const Expr *star_to_rowtime(Aggregation *ag, const Expr *call)
{
    if (call->list.n > 1 || (call->list.n == 1 && call->list.v[0]->kind != EXPR_STAR))
        return call;
    Expr *copy = arena_dup(ag->an->arena, call, sizeof *call);
    copy->list.n = 0;
    copy->list.cap = 0;
    vec_push(ag->an->arena, &copy->list, (Expr *)(uintptr_t)column_named(ag, STR("ROWTIME"), call));
    return copy;
}

static Status literal_wanted(Aggregation *ag, const Expr *call, int i)
{
    Buf text = BUF_INIT;
    print_expr(&text, call->list.v[i]);
    err_at(ag->err, ERR_STATEMENT, call->list.v[i]->span,
           "Parameter %d passed to function %.*s must be a literal constant, but was expression: '%s'", i + 1,
           STR_ARG(call->name.text), buf_z(&text));
    buf_free(&text);
    return ERR_STATEMENT;
}

static Status bind_aggregate_call(Aggregation *ag, const Expr *call, const Function *f, BoundAgg *out)
{
    Arena *a = ag->an->arena;
    for (int i = 0; i < call->list.n; i++)
        if (expr_has_aggregate(call->list.v[i]))
            return err_at(ag->err, ERR_STATEMENT, call->list.v[i]->span,
                          "Aggregate functions can not be nested: %.*s(%.*s())", STR_ARG(call->name.text),
                          STR_ARG(call->list.v[i]->name.text));
    BoundCall bc;
    Status st = bind_call(a, ag->scope, call, f, &bc, ag->err);
    if (st)
        return st;
    int ninit = bc.overload->ninit, ncol = bc.nargs - ninit;
    Value *init = ARENA_ARRAY(a, Value, ninit + 1);
    const Type **init_types = ARENA_ARRAY(a, const Type *, ninit + 1);
    for (int i = 0; i < ninit; i++) {
        if (!texpr_is_constant(bc.args[ncol + i]))
            return literal_wanted(ag, call, ncol + i);
        init_types[i] = bc.args[ncol + i]->type;
        st = texpr_evaluate(a, bc.args[ncol + i], ag->an->fx, &init[i], ag->err);
        if (st)
            return st;
    }
    *out = (BoundAgg){.row = bc.overload->aggregate, .nargs = ncol, .args = bc.args, .ninit = ninit, .init = init,
                      .init_types = init_types, .result = bc.result, .name = arena_strf(a, "KSQL_AGG_VARIABLE_%d", ag->aggs.n)};
    return OK;
}

/* One node of a select item or HAVING: what it becomes over the aggregate's output. */
static const Expr *rewrite(void *arg, const Expr *e)
{
    Aggregation *ag = arg;
    if (ag->st)
        return e;
    const Expr *bare = plain(ag, e);
    for (int i = 0; i < ag->bq->ngroup; i++)
        if (ast_expr_equal(bare, ag->group_asts[i]))
            return column_named(ag, ag->group_names[i], e);
    if (e->kind != EXPR_CALL)
        return NULL;
    const Function *f = function_find(e->name.text);
    if (!f || f->kind != FUNCTION_AGGREGATE)
        return NULL;
    const Expr *call = star_to_rowtime(ag, bare);
    for (int i = 0; i < ag->calls.n; i++)
        if (ast_expr_equal(call, ag->calls.v[i]))
            return column_named(ag, ag->aggs.v[i].name, e);
    BoundAgg agg = {0};
    ag->st = bind_aggregate_call(ag, call, f, &agg);
    if (ag->st)
        return e;
    vec_push(ag->an->arena, &ag->aggs, agg);
    vec_push(ag->an->arena, &ag->calls, call);
    return column_named(ag, agg.name, e);
}

static bool is_aggregate_call(const Expr *e)
{
    const Function *f = e->kind == EXPR_CALL ? function_find(e->name.text) : NULL;
    return f && f->kind == FUNCTION_AGGREGATE;
}

static bool first_aggregate(void *arg, const Expr *e)
{
    const Expr **found = arg;
    if (!*found && is_aggregate_call(e))
        *found = e;
    return !*found;
}

static Status bind_group(Aggregation *ag)
{
    Arena *a = ag->an->arena;
    const Query *q = ag->q;
    Scope scope = *ag->scope;
    scope.clause = "GROUP BY";
    const TExpr **group = ARENA_ARRAY(a, const TExpr *, q->group_by.n);
    ag->group_asts = ARENA_ARRAY(a, const Expr *, q->group_by.n);
    ag->bq->group_is_key = q->group_by.n == ag->bq->source->nkeys && q->group_by.n > 0;
    for (int i = 0; i < q->group_by.n; i++) {
        const Expr *e = q->group_by.v[i];
        const Expr *call = NULL;
        expr_walk(e, first_aggregate, &call);
        if (call)
            return err_at(ag->err, ERR_STATEMENT, call->span,
                          "GROUP BY does not support aggregate functions: %.*s is an aggregate function.",
                          STR_ARG(call->name.text));
        Status st = bind_expr(a, &scope, e, &group[i], ag->err);
        if (st)
            return st;
        ag->group_asts[i] = plain(ag, e);
        for (int k = 0; k < i; k++)
            if (ast_expr_equal(ag->group_asts[k], ag->group_asts[i]))
                return err_at(ag->err, ERR_STATEMENT, e->span, "Duplicate GROUP BY expression: %.*s%s%.*s",
                              STR_ARG(ag->bq->alias), e->kind == EXPR_COLUMN ? "." : " ", STR_ARG(e->name.text));
        if (group[i]->kind != TEXPR_COLUMN || group[i]->column != i)
            ag->bq->group_is_key = false;
    }
    ag->bq->group = group;
    ag->bq->ngroup = q->group_by.n;
    return OK;
}

/* Select items are named from left to right; a grouping column is named as the first item that selects it. */
static void name_items(Aggregation *ag, const SelectList *list, Namer *nm)
{
    Arena *a = ag->an->arena;
    ag->item_names = ARENA_ARRAY(a, Str, list->n);
    ag->group_names = ARENA_ARRAY(a, Str, ag->bq->ngroup);
    for (int i = 0; i < list->n; i++)
        ag->item_names[i] = list->aliases[i].text.n ? list->aliases[i].text : namer_name(nm, list->exprs[i]);
    for (int g = 0; g < ag->bq->ngroup; g++) {
        for (int i = 0; i < list->n && !ag->group_names[g].n; i++)
            if (ast_expr_equal(plain(ag, list->exprs[i]), ag->group_asts[g]))
                ag->group_names[g] = ag->item_names[i];
        if (!ag->group_names[g].n)
            ag->group_names[g] = namer_name(nm, ag->group_asts[g]);
    }
}

/* ---- what is neither grouped nor aggregated ---- */

typedef struct Loose {
    Aggregation *ag;
    Buf names;
    Span at;
    bool found; /* within the node under test */
} Loose;

static bool grouped(Aggregation *ag, const Expr *e)
{
    const Expr *bare = plain(ag, e);
    for (int i = 0; i < ag->bq->ngroup; i++)
        if (ast_expr_equal(bare, ag->group_asts[i]))
            return true;
    return false;
}

static bool find_loose_column(void *arg, const Expr *e)
{
    Loose *l = arg;
    if (grouped(l->ag, e) || is_aggregate_call(e))
        return false;
    if (e->kind == EXPR_COLUMN)
        l->found = true;
    return !l->found;
}

static void add_loose(Loose *l, const Expr *e)
{
    if (l->names.n)
        buf_cstr(&l->names, ", ");
    else
        l->at = e->span;
    print_expr(&l->names, plain(l->ag, e));
}

/* Collects the select items that hold an ungrouped column outside of an aggregate, each as a whole. */
static bool collect_loose(void *arg, const Expr *e)
{
    Loose *l = arg;
    if (grouped(l->ag, e) || is_aggregate_call(e))
        return false;
    l->found = false;
    expr_walk(e, find_loose_column, l);
    if (l->found)
        add_loose(l, e);
    return false;
}

static bool name_loose_columns(void *arg, const Expr *e)
{
    Loose *l = arg;
    if (grouped(l->ag, e) || is_aggregate_call(e))
        return false;
    if (e->kind == EXPR_COLUMN)
        add_loose(l, e);
    return true;
}

static Status check_loose(Aggregation *ag, const SelectList *list)
{
    Loose l = {.ag = ag};
    for (int i = 0; i < list->n; i++)
        (void)collect_loose(&l, list->exprs[i]);
    Status st = OK;
    if (l.names.n) {
        st = err_at(ag->err, ERR_STATEMENT, l.at,
                    "Non-aggregate SELECT expression(s) not part of GROUP BY: %s\nEither add the column(s) to the GROUP BY "
                    "or remove them from the SELECT.",
                    buf_z(&l.names));
    } else if (ag->q->having) {
        expr_walk(ag->q->having, name_loose_columns, &l);
        if (l.names.n)
            st = err_at(ag->err, ERR_STATEMENT, l.at,
                        "Non-aggregate HAVING expression not part of GROUP BY: %s\nConsider switching the HAVING clause "
                        "to a WHERE clause before the GROUP BY.",
                        buf_z(&l.names));
    }
    buf_free(&l.names);
    return st;
}

/* Every column named in select items must exist before it is called ungrouped. */
static Status check_columns_exist(Aggregation *ag, const SelectList *list)
{
    for (int i = 0; i < list->n; i++) {
        const TExpr *x;
        if (expr_has_aggregate(list->exprs[i]))
            continue;
        Status st = bind_expr(ag->an->arena, ag->scope, list->exprs[i], &x, ag->err);
        if (st)
            return st;
    }
    return OK;
}

static Status check_table_undo(Aggregation *ag)
{
    VEC(Str) bad = {0};
    for (int i = 0; i < ag->aggs.n; i++)
        if (!ag->aggs.v[i].row->undo) {
            const char *sig = ag->aggs.v[i].row->signature;
            vec_push(ag->an->arena, &bad, (Str){sig, strcspn(sig, "(")});
        }
    if (!ag->bq->source->is_table || !bad.n)
        return OK;
    Buf names = BUF_INIT;
    for (int i = 0; i < bad.n; i++) {
        bool seen = false;
        for (int k = 0; k < i; k++)
            seen |= str_eq(bad.v[k], bad.v[i]);
        if (seen)
            continue;
        if (names.n)
            buf_cstr(&names, i == bad.n - 1 ? " and " : ", ");
        buf_str(&names, bad.v[i]);
    }
    err_at(ag->err, ERR_STATEMENT, ag->q->span,
           "The aggregation function%s %s cannot be applied to a table source, only to a stream source.",
           bad.n > 1 ? "s" : "", buf_z(&names));
    buf_free(&names);
    return ERR_STATEMENT;
}

/* Functions whose intermediate state is an array or a struct, which a flat value format cannot hold. */
static Status check_intermediate(Aggregation *ag)
{
    static const char *const nested[] = {"AVG", "COLLECT_LIST", "COLLECT_SET", "EARLIEST_BY_OFFSET", "LATEST_BY_OFFSET",
                                         "HISTOGRAM", "TOPK", "TOPKDISTINCT", "STDDEV_SAMP", "STDDEV_SAMPLE", "CORRELATION",
                                         "ATTR"};
    if (ag->bq->source->value_format != FORMAT_DELIMITED)
        return OK;
    for (int i = 0; i < ag->aggs.n; i++) {
        const char *sig = ag->aggs.v[i].row->signature;
        for (int k = 0; k < ARRAY_LEN(nested); k++)
            if (str_eq_nocase((Str){sig, strcspn(sig, "(")}, str_of(nested[k])))
                return err_at(ag->err, ERR_STATEMENT, ag->q->span,
                              "One of the functions used in the statement has an intermediate type that the value format "
                              "can not handle. Please remove the function or change the format.");
    }
    return OK;
}

static void make_agg_schema(Aggregation *ag)
{
    Arena *a = ag->an->arena;
    BoundQuery *bq = ag->bq;
    int n = bq->ngroup + ag->aggs.n + 1, k = 0;
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, n);
    for (int i = 0; i < bq->ngroup; i++)
        cols[k++] = (ColumnDef){ag->group_names[i], bq->group[i]->type, ROLE_KEY, {0}};
    for (int i = 0; i < ag->aggs.n; i++)
        cols[k++] = (ColumnDef){ag->aggs.v[i].name, ag->aggs.v[i].result, ROLE_VALUE, {0}};
    cols[k++] = (ColumnDef){STR("ROWTIME"), TYPE_BIGINT, ROLE_SYSTEM, {0}};
    bq->agg_schema = schema_new(a, cols, n, false);
    bq->naggs = ag->aggs.n;
    bq->aggs = ag->aggs.v;
}

static Status no_group_by(Aggregation *ag)
{
    Buf text = BUF_INIT;
    if (ag->calls.n)
        print_expr(&text, ag->calls.v[0]);
    err_at(ag->err, ERR_STATEMENT, ag->q->span,
           "CREATE TABLE AS SELECT statement does not support aggregate function [%s] without a GROUP BY clause.",
           buf_z(&text));
    buf_free(&text);
    return ERR_STATEMENT;
}

static Status check_sources(Aggregation *ag, QueryUse use)
{
    const DataSource *ds = ag->bq->source;
    if (ag->q->has_group_by && ds->value_format == FORMAT_KAFKA)
        return err_at(ag->err, ERR_STATEMENT, ag->q->group_span,
                      "Source(s) %.*s are using the 'KAFKA' value format. This format does not yet support GROUP BY.",
                      STR_ARG(ds->name));
    if (use != USE_PULL)
        return OK;
    Status st = pull_refused(ag->q->span, "GROUP BY", ag->err);
    if (!ag->q->has_group_by)
        err_hint(ag->err, "GROUP BY the other columns and EMIT CHANGES make it a push query; CREATE TABLE … AS SELECT keeps the result "
                          "for pull queries");
    return st;
}

static bool selects_group(const SelectList *list, const TExpr **bound, int group)
{
    for (int i = 0; i < list->n; i++)
        if (bound[i]->kind == TEXPR_COLUMN && bound[i]->column == group)
            return true;
    return false;
}

/* Names all grouping expressions that are not selected: "F1, F2 and F3". */
static Status keys_missing(Aggregation *ag, const SelectList *list, const TExpr **bound, Str sink)
{
    Buf sentence = BUF_INIT, comma = BUF_INIT, one = BUF_INIT;
    int n = 0, left = 0;
    for (int g = 0; g < ag->bq->ngroup; g++)
        left += !selects_group(list, bound, g);
    for (int g = 0; g < ag->bq->ngroup; g++) {
        if (selects_group(list, bound, g))
            continue;
        buf_clear(&one);
        print_expr(&one, ag->group_asts[g]);
        left--;
        buf_printf(&sentence, "%s%s", !n ? "" : left ? ", " : " and ", buf_z(&one));
        buf_printf(&comma, "%s%s", n ? ", " : "", buf_z(&one));
        n++;
    }
    Status st = err_at(ag->err, ERR_STATEMENT, ag->q->span,
                       "Key missing from projection (ie, SELECT). \nThe query used to build `%.*s` must include the grouping "
                       "expression%s %s in its projection (eg, SELECT %s...).",
                       STR_ARG(sink), n > 1 ? "s" : "", buf_z(&sentence), buf_z(&comma));
    buf_free(&sentence);
    buf_free(&comma);
    buf_free(&one);
    return st;
}

/* Splits the rewritten items into the grouping columns (the key) and values. */
static Status split_items(Aggregation *ag, const SelectList *list, const TExpr **bound, QueryUse use, Str sink)
{
    Arena *a = ag->an->arena;
    BoundQuery *bq = ag->bq;
    BoundItem *items = ARENA_ARRAY(a, BoundItem, list->n + bq->ngroup);
    bool *is_key = ARENA_ARRAY(a, bool, list->n);
    const Str *names = ag->item_names;
    if (use == USE_PERSISTENT) {
        for (int g = 0; g < bq->ngroup; g++) {
            int first = -1;
            for (int i = 0; i < list->n; i++) {
                if (bound[i]->kind != TEXPR_COLUMN || bound[i]->column != g)
                    continue;
                if (first >= 0)
                    return err_at(ag->err, ERR_STATEMENT, list->exprs[i]->span,
                                  "The projection contains a key column more than once: `%.*s` and `%.*s`.",
                                  STR_ARG(names[first]), STR_ARG(names[i]));
                first = i;
                is_key[i] = true;
            }
            if (first < 0)
                return keys_missing(ag, list, bound, sink);
            items[g] = (BoundItem){names[first], bound[first], list->exprs[first], first};
        }
        bq->nkeys = bq->ngroup;
    }
    for (int i = 0; i < list->n; i++)
        if (!is_key[i])
            items[bq->nkeys + bq->nvalues++] = (BoundItem){names[i], bound[i], list->exprs[i], i};
    bq->items = items;
    if (!bq->nvalues)
        return err_at(ag->err, ERR_STATEMENT, ag->q->span, "The projection contains no value columns.");
    return OK;
}

static Status rewrite_all(Aggregation *ag, const SelectList *list, const Expr **out, const Expr **having)
{
    for (int i = 0; i < list->n && ag->st == OK; i++)
        out[i] = expr_replace(ag->an->arena, list->exprs[i], rewrite, ag);
    *having = ag->q->having && ag->st == OK ? expr_replace(ag->an->arena, ag->q->having, rewrite, ag) : NULL;
    return ag->st;
}

Status bind_aggregation(const Analyzer *an, const Query *q, const Scope *scope, const SelectList *list, Namer *nm,
                        QueryUse use, Str sink, BoundQuery *bq, Err *err)
{
    Arena *a = an->arena;
    Aggregation ag = {.an = an, .q = q, .scope = scope, .bq = bq, .err = err};
    const Expr **rewritten = ARENA_ARRAY(a, const Expr *, list->n);
    const TExpr **bound = ARENA_ARRAY(a, const TExpr *, list->n);
    const Expr *having;
    bq->aggregated = true;
    Status st = check_sources(&ag, use);
    if (st == OK && use == USE_PERSISTENT)
        st = check_reserved(list, err);
    if (st == OK)
        st = bind_group(&ag);
    if (st)
        return st;
    name_items(&ag, list, nm);
    st = check_columns_exist(&ag, list);
    if (st == OK)
        st = rewrite_all(&ag, list, rewritten, &having);
    if (st)
        return st;
    if (!ag.aggs.n)
        return err_at(err, ERR_STATEMENT, q->group_span,
                      "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
    st = check_loose(&ag, list);
    if (st == OK && !q->has_group_by && use == USE_PERSISTENT)
        st = no_group_by(&ag);
    if (st == OK)
        st = check_table_undo(&ag);
    if (st == OK)
        st = check_intermediate(&ag);
    if (st)
        return st;
    make_agg_schema(&ag);
    ScopeColumn *cols = ARENA_ARRAY(a, ScopeColumn, bq->agg_schema->n);
    for (int i = 0; i < bq->agg_schema->n; i++)
        cols[i] = (ScopeColumn){.name = bq->agg_schema->cols[i].name, .type = bq->agg_schema->cols[i].type, .index = i};
    Scope over = {.n = bq->ngroup + bq->naggs, .cols = cols, .clause = "SELECT"};
    for (int i = 0; i < list->n && st == OK; i++)
        st = bind_expr(a, &over, rewritten[i], &bound[i], err);
    if (st == OK && having) {
        over.clause = "HAVING";
        st = bind_predicate(a, &over, having, &bq->having, err);
        if (st)
            st = clause_error("HAVING", err);
    }
    return st ? st : split_items(&ag, list, bound, use, sink);
}
