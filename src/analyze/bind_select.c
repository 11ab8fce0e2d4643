// SPDX-License-Identifier: Apache-2.0
// SELECT: a query's names resolved against the catalog, its projection split into key and values.
//
//   use          keys of the result                         items
//   persistent   the source's key, PARTITION BY, GROUP BY    key columns in key order, then values
//   push, pull   not told apart                              as selected
//
// Rules and messages: pages 01 §1.9 and 04 of the ksqlDB reference. Pure; any thread.
#include "analyze/internal.h"
#include "func/registry.h"
#include "sql/print.h"

static Status unsupported(Span at, const char *what, Err *err)
{
    return err_at(err, ERR_UNSUPPORTED, at, "not supported yet: %s", what);
}

Status pull_refused(Span at, const char *clause, Err *err)
{
    return err_at(err, ERR_STATEMENT, at,
                  "Pull queries don't support %s clauses. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if "
                  "you intended to issue a push query.",
                  clause);
}

/* What the grammar takes and this build does not run yet; and what is never allowed. */
static Status check_shape(const Analyzer *an, const Query *q, QueryUse use, Err *err)
{
    if (q->window.kind != WINDOW_NONE && !q->has_group_by && q->emit != EMIT_FINAL) /* else: check_emit */
        return err_at(err, ERR_STATEMENT, q->window.span, "WINDOW clause requires a GROUP BY clause.");
    if (q->from.joins.n) {
        Status st = check_join(an, q, err);
        return st ? st : unsupported(q->from.joins.v[0].span, "JOIN", err);
    }
    if (q->window.kind != WINDOW_NONE && q->has_group_by)
        return unsupported(q->window.span, "WINDOW", err);
    if (q->has_partition_by && q->has_group_by)
        return err_at(err, ERR_STATEMENT, q->partition_span, "Only one of PARTITION BY or GROUP BY can be used.");
    if (q->having && !q->has_group_by)
        return err_at(err, ERR_STATEMENT, q->having->span, "HAVING clause requires a GROUP BY clause.");
    if (use == USE_PERSISTENT && q->has_limit)
        return err_at(err, ERR_STATEMENT, q->limit_span, "CREATE %s AS SELECT statements don't support LIMIT clause.",
                      q->has_group_by ? "TABLE" : "STREAM");
    return OK;
}

/* ---- references ---- */

typedef struct RefCheck {
    Str alias;
    const Schema *input;
    Err *err;
    Status st;
} RefCheck;

static Status unknown_alias(const RefCheck *rc, const Expr *e)
{
    Status st = err_at(rc->err, ERR_STATEMENT, e->span,
                       "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                       STR_ARG(e->qualifier.text));
    for (int i = 0; i < rc->input->n; i++)
        if (rc->input->cols[i].type->kind == KIND_STRUCT && str_eq(rc->input->cols[i].name, e->qualifier.text))
            err_hint(rc->err, "a field of a STRUCT is read with ->, as in %.*s->%.*s", STR_ARG(e->qualifier.text),
                     STR_ARG(e->name.text));
    return st;
}

static bool check_ref(void *arg, const Expr *e)
{
    RefCheck *rc = arg;
    if (rc->st)
        return false;
    if (e->kind == EXPR_COLUMN && e->qualifier.text.n && !str_eq(e->qualifier.text, rc->alias))
        rc->st = unknown_alias(rc, e);
    if (e->kind == EXPR_CALL && !function_find(e->name.text) && function_unsupported(e->name.text))
        rc->st = err_at(rc->err, ERR_UNSUPPORTED, e->span, "not supported yet: function %.*s", STR_ARG(e->name.text));
    return rc->st == OK;
}

static Status check_refs(const Query *q, const SelectList *list, const BoundQuery *bq, Err *err)
{
    RefCheck rc = {bq->alias, bq->input, err, OK};
    for (int i = 0; i < list->n; i++)
        expr_walk(list->exprs[i], check_ref, &rc);
    expr_walk(q->where, check_ref, &rc);
    expr_walk(q->having, check_ref, &rc);
    for (int i = 0; i < q->group_by.n; i++)
        expr_walk(q->group_by.v[i], check_ref, &rc);
    for (int i = 0; i < q->partition_by.n; i++)
        expr_walk(q->partition_by.v[i], check_ref, &rc);
    return rc.st;
}

/* ---- the select list ---- */

static Expr *column_expr(Arena *a, Str name, Span at)
{
    Expr *e = ARENA_NEW(a, Expr);
    e->kind = EXPR_COLUMN;
    e->name = exact_name(name, at);
    e->span = at;
    return e;
}

static void list_add(Arena *a, SelectList *list, int *cap, const Expr *e, Name alias)
{
    if (list->n == *cap) {
        int more = *cap ? *cap * 2 : 16;
        const Expr **exprs = ARENA_ARRAY(a, const Expr *, more);
        Name *aliases = ARENA_ARRAY(a, Name, more);
        if (list->n) {
            memcpy(exprs, list->exprs, sizeof *exprs * (size_t)list->n);
            memcpy(aliases, list->aliases, sizeof *aliases * (size_t)list->n);
        }
        list->exprs = exprs;
        list->aliases = aliases;
        *cap = more;
    }
    list->exprs[list->n] = e;
    list->aliases[list->n++] = alias;
}

static Status expand_struct(Arena *a, const Scope *scope, const SelectItem *it, SelectList *list, int *cap, Err *err)
{
    const TExpr *x;
    Status st = bind_expr(a, scope, it->expr, &x, err);
    if (st)
        return st;
    if (x->type->kind != KIND_STRUCT) {
        Buf text = BUF_INIT;
        print_expr(&text, it->expr);
        err_at(err, ERR_STATEMENT, it->span, "Cannot use struct star on a %s: %s", type_text(a, x->type), buf_z(&text));
        buf_free(&text);
        return ERR_STATEMENT;
    }
    for (int i = 0; i < x->type->nfields; i++) {
        Expr *e = ARENA_NEW(a, Expr);
        e->kind = EXPR_DEREF;
        e->span = it->span;
        e->a = it->expr;
        e->name = exact_name(x->type->fields[i].name, it->span);
        list_add(a, list, cap, e, exact_name(x->type->fields[i].name, it->span));
    }
    return OK;
}

static Status expand_items(Arena *a, const Query *q, const DataSource *ds, const Scope *scope,
                           SelectList *list, Err *err)
{
    int cap = 0;
    for (int i = 0; i < q->items.n; i++) {
        const SelectItem *it = &q->items.v[i];
        if (it->kind == SELECT_EXPR) {
            if (it->alias.text.n && name_is_reserved(it->alias.text))
                return err_at(err, ERR_STATEMENT, it->alias.span,
                              "`%.*s` is a reserved column name. You cannot use it as an alias for a column.",
                              STR_ARG(it->alias.text));
            list_add(a, list, &cap, it->expr, it->alias);
            continue;
        }
        if (it->kind == SELECT_STRUCT_STAR) {
            Status st = expand_struct(a, scope, it, list, &cap, err);
            if (st)
                return st;
            continue;
        }
        if (it->kind == SELECT_SOURCE_STAR && !str_eq(it->source.text, scope->cols[0].source))
            return err_at(err, ERR_STATEMENT, it->span,
                          "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                          STR_ARG(it->source.text));
        /* PARTITION BY puts what was the key behind the values. */
        int first = q->has_partition_by ? ds->nkeys : 0;
        for (int c = 0; c < ds->schema->n; c++)
            list_add(a, list, &cap, column_expr(a, ds->schema->cols[(c + first) % ds->schema->n].name, it->span),
                     (Name){.quoted = false});
    }
    if (list->n > LIMIT_COLUMNS)
        return err_at(err, ERR_LIMIT, q->span, "A query selects at most %d columns", LIMIT_COLUMNS);
    return OK;
}

static void make_scope(Arena *a, const BoundQuery *bq, const char *clause, Scope *out)
{
    ScopeColumn *cols = ARENA_ARRAY(a, ScopeColumn, bq->input->n);
    for (int i = 0; i < bq->input->n; i++)
        cols[i] = (ScopeColumn){.source = bq->alias,
                                .name = bq->input->cols[i].name,
                                .type = bq->input->cols[i].type,
                                .index = i};
    *out = (Scope){.n = bq->input->n, .cols = cols, .clause = clause};
}

/* ---- projection without aggregation ---- */

typedef struct Qualify {
    Arena *arena;
    Str alias;
} Qualify;

typedef struct KeySpec {
    int n;
    const TExpr **exprs;
    const Expr **asts;
    const Expr **shown; /* as messages print them */
    const char *kind;  /* "key column", "partitioning expression" */
} KeySpec;

/* "A, B and C" of the key's expressions. */
static void print_list(Buf *out, const KeySpec *ks, const bool *which, const char *last)
{
    int total = 0, k = 0;
    for (int i = 0; i < ks->n; i++)
        total += which[i];
    for (int i = 0; i < ks->n; i++)
        if (which[i]) {
            if (k)
                buf_cstr(out, k == total - 1 ? last : ", ");
            print_expr(out, ks->shown[i]);
            k++;
        }
}

static Status missing_key(const KeySpec *ks, Str sink, Span at, Err *err)
{
    bool all[LIMIT_COLUMNS];
    memset(all, 1, sizeof all);
    Buf names = BUF_INIT, eg = BUF_INIT;
    print_list(&names, ks, all, " and ");
    print_list(&eg, ks, all, ", ");
    err_at(err, ERR_STATEMENT, at,
           "Key missing from projection (ie, SELECT). \nThe query used to build `%.*s` must include the %s%s %s in its "
           "projection (eg, SELECT %s...).",
           STR_ARG(sink), ks->kind, ks->n > 1 ? "s" : "", buf_z(&names), buf_z(&eg));
    buf_free(&names);
    buf_free(&eg);
    return ERR_STATEMENT;
}

/* A likely mistake: an output column was named. */
static Status unresolved_partition(Err *err)
{
    const char *name = strstr(err->msg, "column '"), *end = name ? strstr(name, "' cannot be resolved.") : NULL;
    if (end) {
        name += strlen("column '");
        Str text = {name, (size_t)(end - name)};
        Buf more = BUF_INIT;
        buf_printf(&more, "%s '%.*s' must be a column in the source schema since PARTITION BY is applied on the input.",
                   err->msg, STR_ARG(text));
        Err with = ERR_INIT;
        err_at(&with, err->code, err->span, "%s", buf_z(&more));
        buf_free(&more);
        err_clear(err);
        err_move(err, &with);
    }
    return err->code;
}

static const Expr *qualify(void *arg, const Expr *e)
{
    const Qualify *q = arg;
    if (e->kind != EXPR_COLUMN || e->qualifier.text.n)
        return NULL;
    Expr *copy = arena_dup(q->arena, e, sizeof *e);
    copy->qualifier = exact_name(q->alias, e->span);
    return copy;
}

static Status partition_keys(const Analyzer *an, const Query *q, const Scope *scope, BoundQuery *bq, KeySpec *ks, Err *err)
{
    Arena *a = an->arena;
    const DataSource *ds = bq->source;
    Scope part = *scope;
    part.clause = "PARTITION BY";
    int most = q->partition_by.n;
    *ks = (KeySpec){0, ARENA_ARRAY(a, const TExpr *, most), ARENA_ARRAY(a, const Expr *, most),
                    ARENA_ARRAY(a, const Expr *, most), "partitioning expression"};
    if (q->partition_by.n == 0)
        return err_at(err, ERR_STATEMENT, q->partition_span, "PARTITION BY requires at least one expression");
    if (ds->is_table)
        return err_at(err, ERR_STATEMENT, q->partition_span,
                      "Cannot repartition a TABLE source. If this is a join, make sure that the criteria uses the "
                      "TABLE's key column %.*s instead of %.*s",
                      STR_ARG(ds->schema->cols[0].name), STR_ARG(q->partition_by.v[0]->name.text));
    for (int i = 0; i < q->partition_by.n; i++) {
        const Expr *e = q->partition_by.v[i];
        if (e->kind == EXPR_NULL) {
            if (q->partition_by.n > 1)
                return err_at(err, ERR_STATEMENT, e->span, "Cannot PARTITION BY multiple columns including NULL");
            bq->rekeyed = true;
            return OK;
        }
        Status st = bind_expr(a, &part, e, &ks->exprs[ks->n], err);
        if (st)
            return unresolved_partition(err);
        if (type_has_map(ks->exprs[ks->n]->type)) {
            Namer nm = {.arena = a, .input = bq->input};
            Str name = namer_name(&nm, e);
            return err_at(err, ERR_STATEMENT, e->span,
                          "Map keys, including types that contain maps, are not supported as they may lead to "
                          "unexpected behavior due to inconsistent serialization. Key column name: `%.*s`. Column "
                          "type: %s. See https://github.com/confluentinc/ksql/issues/6621 for more.",
                          STR_ARG(name), type_text(a, ks->exprs[ks->n]->type));
        }
        Qualify with = {a, bq->alias};
        ks->shown[ks->n] = expr_replace(a, e, qualify, &with);
        ks->asts[ks->n++] = e;
    }
    bq->rekeyed = ks->n != ds->nkeys;
    for (int i = 0; i < ks->n; i++)
        if (ks->exprs[i]->kind != TEXPR_COLUMN || ks->exprs[i]->column != i)
            bq->rekeyed = true;
    return OK;
}

static void source_keys(Arena *a, const DataSource *ds, KeySpec *ks)
{
    *ks = (KeySpec){ds->nkeys, ARENA_ARRAY(a, const TExpr *, ds->nkeys), ARENA_ARRAY(a, const Expr *, ds->nkeys), NULL,
                    "key column"};
    ks->shown = ks->asts;
    for (int i = 0; i < ds->nkeys; i++) {
        ks->exprs[i] = texpr_column(a, i, ds->schema->cols[i].type);
        ks->asts[i] = column_expr(a, ds->schema->cols[i].name, (Span){0});
    }
}

Status check_reserved(const SelectList *list, Err *err)
{
    for (int i = 0; i < list->n; i++) {
        const Expr *e = list->exprs[i];
        if (e->kind == EXPR_COLUMN && !list->aliases[i].text.n && name_is_reserved(e->name.text))
            return err_at(err, ERR_STATEMENT, e->span,
                          "Reserved column name in select: `%.*s`. Please remove or alias the column.",
                          STR_ARG(e->name.text));
    }
    return OK;
}

static Status duplicate_name(const Analyzer *an, const BoundQuery *bq, int i, Span at, Err *err)
{
    bool is_key = i < bq->nkeys;
    return err_at(err, ERR_STATEMENT, at, "Duplicate %s columns found in schema: `%.*s` %s", is_key ? "key" : "value",
                  STR_ARG(bq->items[i].name), type_text(an->arena, bq->items[i].expr->type));
}

static Status finish_items(const Analyzer *an, const Query *q, BoundQuery *bq, Err *err)
{
    Arena *a = an->arena;
    int n = bq->nkeys + bq->nvalues;
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, n);
    for (int i = 0; i < n; i++) {
        const BoundItem *it = &bq->items[i];
        if (it->expr->type->kind == KIND_NULL)
            return err_at(err, ERR_STATEMENT, it->ast ? it->ast->span : q->span,
                          "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS "
                          "VARCHAR).");
        cols[i] = (ColumnDef){it->name, it->expr->type, i < bq->nkeys ? ROLE_KEY : ROLE_VALUE, {0}};
        for (int k = 0; bq->use != USE_PUSH && k < i; k++)
            if (str_eq(cols[k].name, it->name))
                return duplicate_name(an, bq, i, it->ast ? it->ast->span : q->span, err);
    }
    bq->result = schema_new(a, cols, n, false);
    return OK;
}

/* Keys that PARTITION BY makes and `*` is to show, beside the source's `shown` columns: as items of their own. */
static void add_star_keys(Arena *a, const Query *q, const KeySpec *ks, int shown, SelectList *list)
{
    bool star = false;
    for (int i = 0; i < q->items.n; i++)
        star |= q->items.v[i].kind == SELECT_STAR;
    if (!star || !q->has_partition_by)
        return;
    int cap = list->n;
    for (int k = 0; k < ks->n; k++)
        if (ks->exprs[k]->kind != TEXPR_COLUMN || ks->exprs[k]->column >= shown)
            list_add(a, list, &cap, ks->asts[k], (Name){.quoted = false});
}

static Status split_keys(const Analyzer *an, const Query *q, const KeySpec *ks, const SelectList *list,
                         const TExpr **bound, Namer *nm, Str sink, BoundQuery *bq, Err *err)
{
    Arena *a = an->arena;
    BoundItem *items = ARENA_ARRAY(a, BoundItem, list->n + ks->n);
    bool *is_key = ARENA_ARRAY(a, bool, list->n);
    for (int k = 0; k < ks->n; k++) {
        int first = -1;
        for (int i = 0; i < list->n; i++) {
            if (!texpr_equal(bound[i], ks->exprs[k]))
                continue;
            if (first >= 0) {
                Str one = list->aliases[first].text.n ? list->aliases[first].text : list->exprs[first]->name.text;
                Str two = list->aliases[i].text.n ? list->aliases[i].text : list->exprs[i]->name.text;
                return err_at(err, ERR_STATEMENT, list->exprs[i]->span,
                              "The projection contains a key column (`%.*s`) more than once, aliased as: %.*s and %.*s.",
                              STR_ARG(ks->asts[k]->name.text), STR_ARG(one), STR_ARG(two));
            }
            first = i;
            is_key[i] = true;
        }
        if (first < 0 && props_bool(an->props, "ksql.new.query.planner.enabled"))
            return unsupported(q->span, "a projection without the key (ksql.new.query.planner.enabled)", err);
        if (first < 0)
            return missing_key(ks, sink, q->span, err);
        Str alias = list->aliases[first].text;
        items[k] = (BoundItem){alias.n ? alias : namer_name(nm, list->exprs[first]), bound[first], list->exprs[first], first};
    }
    bq->nkeys = ks->n;
    for (int i = 0; i < list->n; i++)
        if (!is_key[i]) {
            Str alias = list->aliases[i].text;
            items[bq->nkeys + bq->nvalues++] =
                (BoundItem){alias.n ? alias : namer_name(nm, list->exprs[i]), bound[i], list->exprs[i], i};
        }
    bq->items = items;
    if (!bq->nvalues)
        return err_at(err, ERR_STATEMENT, q->span, "The projection contains no value columns.");
    return OK;
}

static Status bind_projection(const Analyzer *an, const Query *q, const Scope *scope, SelectList *list, Namer *nm,
                              Str sink, BoundQuery *bq, Err *err)
{
    Arena *a = an->arena;
    KeySpec ks = {0};
    Status st = OK;
    if (q->has_partition_by)
        st = partition_keys(an, q, scope, bq, &ks, err);
    else
        source_keys(a, bq->source, &ks);
    if (st == OK && bq->use == USE_PERSISTENT)
        st = check_reserved(list, err);
    if (st)
        return st;
    add_star_keys(a, q, &ks, bq->source->schema->n, list);
    const TExpr **bound = ARENA_ARRAY(a, const TExpr *, list->n);
    for (int i = 0; i < list->n; i++) {
        st = bind_expr(a, scope, list->exprs[i], &bound[i], err);
        if (st)
            return clause_error("SELECT", err);
    }
    if (bq->use == USE_PERSISTENT)
        return split_keys(an, q, &ks, list, bound, nm, sink, bq, err);
    BoundItem *items = ARENA_ARRAY(a, BoundItem, list->n);
    bool *pull_key = ARENA_ARRAY(a, bool, list->n);
    for (int i = 0; i < list->n; i++) {
        Str alias = list->aliases[i].text;
        items[i] = (BoundItem){alias.n ? alias : namer_name(nm, list->exprs[i]), bound[i], list->exprs[i], i};
        pull_key[i] = bound[i]->kind == TEXPR_COLUMN && bound[i]->column < bq->source->nkeys;
    }
    bq->items = items;
    bq->nvalues = list->n;
    bq->pull_key = pull_key;
    return OK;
}

/* ---- the whole query ---- */

/* What ksqlDB puts before an expression's error, by clause and kind. */
Status clause_error(const char *clause, Err *err)
{
    static const struct {
        const char *start;
        bool predicate; /* names the kind of expression, not the clause */
    } kinds[] = {
        {"Cannot compare", false},       {"Error processing expression", false}, {"Comparison with NULL", false},
        {"operator does not", true},     {"invalid input syntax", true},         {"Cast of", true},
    };
    bool where = strcmp(clause, "SELECT") != 0;
    for (int i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strncmp(err->msg, kinds[i].start, strlen(kinds[i].start)))
            continue;
        if (kinds[i].predicate)
            err_prefix(err, "%s", where ? "Invalid Predicate: " : "Invalid Select: ");
        else if (where)
            err_prefix(err, "Error in %s expression: ", clause);
        break;
    }
    return err->code;
}

static Status find_source(const Analyzer *an, const Query *q, BoundQuery *bq, Err *err)
{
    const Source *from = &q->from.from;
    bq->source = catalog_find(an->cat, from->name.text);
    if (!bq->source)
        return unknown_source(an, &from->name, "Exception while preparing statement: %s does not exist.", err);
    bq->source_at = from->name.span;
    bq->alias = from->alias.text.n ? from->alias.text : from->name.text;
    if (bq->source->window != SOURCE_NOT_WINDOWED)
        return unsupported(from->span, "queries over windowed sources", err);
    bq->input = source_query_schema(an->arena, bq->source);
    return OK;
}

/* EMIT FINAL over a window without GROUP BY: the select items are looked at first. */
static Status check_emit(const Query *q, Err *err)
{
    if (q->emit != EMIT_FINAL)
        return OK;
    if (q->window.kind != WINDOW_NONE)
        return err_at(err, ERR_STATEMENT, q->window.span, "WINDOW clause requires a GROUP BY clause.");
    return err_at(err, ERR_STATEMENT, q->span, "EMIT FINAL is only supported for windowed aggregations.");
}

static bool any_aggregate(const Query *q, const SelectList *list)
{
    for (int i = 0; i < list->n; i++)
        if (expr_has_aggregate(list->exprs[i]))
            return true;
    return q->having && expr_has_aggregate(q->having);
}

Status bind_query(const Analyzer *an, const Query *q, QueryUse use, Str sink, BoundQuery *bq, Err *err)
{
    *bq = (BoundQuery){.use = use, .has_limit = q->has_limit, .limit = q->limit};
    Status st = use == USE_PULL ? pull_check_clauses(an, q, err) : OK;
    if (st == OK)
        st = check_shape(an, q, use, err);
    if (st == OK)
        st = find_source(an, q, bq, err);
    if (st)
        return st;
    Scope scope;
    SelectList list = {0};
    Namer nm = {.arena = an->arena, .input = bq->input};
    make_scope(an->arena, bq, "SELECT", &scope);
    st = expand_items(an->arena, q, bq->source, &scope, &list, err);
    if (st == OK)
        st = check_refs(q, &list, bq, err);
    if (st)
        return st;
    if (q->where) {
        Scope where = scope;
        where.clause = "WHERE";
        where.rowtime_magic = true;
        where.pull = use == USE_PULL;
        st = bind_predicate(an->arena, &where, q->where, &bq->where, err);
        if (st)
            return clause_error("WHERE", err);
    }
    if (q->has_group_by || any_aggregate(q, &list)) {
        st = bind_aggregation(an, q, &scope, &list, &nm, use, sink, bq, err);
        bq->is_table = true;
    } else {
        st = bind_projection(an, q, &scope, &list, &nm, sink, bq, err);
        bq->is_table = bq->source->is_table;
    }
    if (st == OK)
        st = check_emit(q, err);
    if (st == OK && use == USE_PULL)
        st = pull_check_keys(q, bq, err);
    if (st == OK && use == USE_PULL)
        st = pull_check_where(an, q, bq, err);
    return st ? st : finish_items(an, q, bq, err);
}
