// SPDX-License-Identifier: Apache-2.0
// See resolved.h. The tree is copied where it changes, then printed in ksqlDB's style. Pure; any thread.
#include "analyze/resolved.h"

#include "analyze/internal.h"
#include "sql/print.h"

/* Parameters of the lambdas around an expression: they are no columns. */
typedef struct Bound {
    const struct Bound *outer;
    const NameVec *names;
} Bound;

typedef struct Resolver {
    Arena *a;
    const Analyzer *an;
    Str alias;  /* of the one source; empty with joins: columns stay as they are */
    Namer namer;
} Resolver;

/* ---- expressions ---- */

static bool is_parameter(const Bound *b, Str name)
{
    for (; b; b = b->outer)
        for (int i = 0; i < b->names->n; i++)
            if (str_eq(b->names->v[i].text, name))
                return true;
    return false;
}

static Expr *resolve_expr(const Resolver *r, const Expr *e, const Bound *bound)
{
    if (!e)
        return NULL;
    Expr *copy = arena_dup(r->a, e, sizeof *e);
    Bound mine = {bound, &e->names};
    if (e->kind == EXPR_LAMBDA)
        bound = &mine;
    if (e->kind == EXPR_COLUMN && !e->qualifier.text.n && r->alias.n && !is_parameter(bound, e->name.text))
        copy->qualifier = exact_name(r->alias, e->span);
    copy->a = resolve_expr(r, e->a, bound);
    copy->b = resolve_expr(r, e->b, bound);
    copy->c = resolve_expr(r, e->c, bound);
    copy->list.v = ARENA_ARRAY(r->a, Expr *, e->list.n);
    copy->list.cap = e->list.n;
    for (int i = 0; i < e->list.n; i++)
        copy->list.v[i] = resolve_expr(r, e->list.v[i], bound);
    return copy;
}

static ExprVec resolve_list(const Resolver *r, const ExprVec *list)
{
    ExprVec out = {0};
    for (int i = 0; i < list->n; i++)
        vec_push(r->a, &out, resolve_expr(r, list->v[i], NULL));
    return out;
}

/* ---- queries ---- */

static void name_source(Source *s)
{
    if (!s->alias.text.n)
        s->alias = s->name;
}

static SelectItemVec resolve_items(Resolver *r, const SelectItemVec *items)
{
    SelectItemVec out = {0};
    for (int i = 0; i < items->n; i++) {
        SelectItem it = items->v[i];
        if (it.kind == SELECT_EXPR && !it.alias.text.n)
            it.alias = exact_name(namer_name(&r->namer, it.expr), it.span);
        if (it.expr)
            it.expr = resolve_expr(r, it.expr, NULL);
        vec_push(r->a, &out, it);
    }
    return out;
}

static Query *resolve_query(Resolver *r, const Query *q)
{
    static const Schema none;
    Query *copy = arena_dup(r->a, q, sizeof *q);
    const DataSource *ds = catalog_find(r->an->cat, q->from.from.name.text);
    r->namer = (Namer){.arena = r->a, .input = ds ? source_query_schema(r->a, ds) : &none};
    name_source(&copy->from.from);
    if (q->from.joins.n == 0)
        r->alias = copy->from.from.alias.text;
    copy->from.joins = (JoinVec){0};
    for (int i = 0; i < q->from.joins.n; i++) {
        Join j = q->from.joins.v[i];
        name_source(&j.right);
        vec_push(r->a, &copy->from.joins, j);
    }
    copy->items = resolve_items(r, &q->items);
    copy->where = resolve_expr(r, q->where, NULL);
    copy->having = resolve_expr(r, q->having, NULL);
    copy->group_by = resolve_list(r, &q->group_by);
    copy->partition_by = resolve_list(r, &q->partition_by);
    if (q->emit == EMIT_NONE)
        copy->emit = EMIT_CHANGES;
    return copy;
}

/* ---- WITH ---- */

static Expr *text_expr(Arena *a, Str text)
{
    Expr *e = ARENA_NEW(a, Expr);
    e->kind = EXPR_STRING;
    e->text = text;
    e->depth = 1;
    return e;
}

static Expr *int_expr(Arena *a, int64_t n)
{
    Expr *e = ARENA_NEW(a, Expr);
    e->kind = EXPR_INT;
    e->i = n;
    e->depth = 1;
    return e;
}

static void set_property(Arena *a, PropertyVec *props, const char *name, Expr *value)
{
    for (int i = 0; i < props->n; i++)
        if (str_eq_nocase(props->v[i].name.text, str_of(name))) {
            props->v[i].value = value;
            return;
        }
    vec_push(a, props, (Property){.name = exact_name(str_of(name), (Span){0}), .value = value});
}

static void set_number(Arena *a, PropertyVec *props, const char *name, int64_t n)
{
    Expr *e = int_expr(a, n < 0 ? -n : n);
    if (n < 0) {
        Expr *neg = int_expr(a, 0);
        neg->kind = EXPR_NEG;
        neg->a = e;
        neg->depth = 2;
        e = neg;
    }
    set_property(a, props, name, e);
}

/* What ksqlDB adds to the WITH clause. */
static PropertyVec resolve_with(const Resolver *r, const Stmt *st, const DataSource *made,
                                const TopicInfo *topic)
{
    static const char *const cleanups[] = {"delete", "compact", "compact,delete"};
    bool is_query = st->query != NULL;
    Arena *a = r->a;
    TopicInfo now;
    PropertyVec props = {0};
    for (int i = 0; i < st->props.n; i++)
        vec_push(a, &props, st->props.v[i]);
    if (!made)
        return props;
    if (!topic && topic_describe(r->an->topics, made->topic, &now))
        topic = &now;
    set_property(a, &props, "KAFKA_TOPIC", text_expr(a, made->topic));
    if (topic)
        set_property(a, &props, "CLEANUP_POLICY", text_expr(a, str_of(cleanups[topic->cleanup])));
    if (!is_query) {
        set_property(a, &props, "KEY_FORMAT", text_expr(a, str_of(format_info(made->key_format)->name)));
        set_property(a, &props, "VALUE_FORMAT", text_expr(a, str_of(format_info(made->value_format)->name)));
    } else if (topic) {
        set_number(a, &props, "PARTITIONS", topic->partitions);
        set_number(a, &props, "REPLICAS", topic->replicas);
        set_number(a, &props, "RETENTION_MS", topic->retention_ms);
    }
    return props;
}

/* ---- statements ---- */

void resolved_statement(Buf *out, const Analyzer *an, const Stmt *st, const DataSource *made,
                        const TopicInfo *topic)
{
    Resolver r = {.a = an->arena, .an = an};
    Stmt copy = *st;
    switch (st->kind) {
    case STMT_CREATE_STREAM_AS:
    case STMT_CREATE_TABLE_AS:
        copy.query = resolve_query(&r, st->query);
        copy.props = resolve_with(&r, st, made, topic);
        break;
    case STMT_CREATE_STREAM:
    case STMT_CREATE_TABLE:
        copy.props = resolve_with(&r, st, made, topic);
        break;
    case STMT_DROP_STREAM:
    case STMT_DROP_TABLE:
        if (st->delete_topic) {
            copy.delete_topic = false;
            break;
        }
        buf_str(out, st->sql);
        return;
    default:
        buf_str(out, st->sql);
        return;
    }
    print_stmt_ksql(out, &copy);
}
