// SPDX-License-Identifier: Apache-2.0
// Constructors of queries and statements for the grammar's actions: see build.h.
//
// A statement's span is set by the driver, which knows its first and last token. Any thread.
#include "sql/build.h"

/* ---- queries ---------------------------------------------------------------------------------- */

Query *build_query(ParseCtx *ctx, const Token *select, const SelectItemVec *items, const Relation *from)
{
    Query *q = ARENA_NEW(ctx->arena, Query);
    q->span = select->span;
    q->items = *items;
    q->from = *from;
    return q;
}

SelectItem build_item(Expr *e, const Name *alias, ParseCtx *ctx)
{
    UNUSED(ctx);
    SelectItem item = {.kind = SELECT_EXPR, .expr = e, .span = e->span};
    if (alias) {
        item.alias = *alias;
        item.span = span_join(e->span, alias->span);
    }
    return item;
}

Source build_source(ParseCtx *ctx, const Name *name, const Name *alias)
{
    Source s = {.name = build_source_name(ctx, name), .span = name->span};
    if (alias) {
        s.alias = build_source_name(ctx, alias);
        s.span = span_join(name->span, alias->span);
    }
    return s;
}

void build_join(ParseCtx *ctx, Relation *to, Join join)
{
    join.span = span_join(join.right.span, join.on->span);
    vec_push(ctx->arena, &to->joins, join);
}

Window build_window(WindowKind kind, Duration size, Duration advance, Window options, const Token *start,
                    const Token *end)
{
    options.kind = kind;
    options.size = size;
    options.advance = advance;
    options.span = span_join(start->span, end->span);
    return options;
}

/* The number as a whole one, or an error that names its place in the statement. A negative count parses
 * (LIMIT -1 is refused later, in ksqlDB's words); a negative duration does not. */
static int64_t whole(ParseCtx *ctx, const Expr *number, const char *what)
{
    if (number->kind != EXPR_INT) {
        (void)err_at(ctx->err, ERR_SYNTAX, number->span, "Value must be integer for command: %s", what);
        ctx->failed = true;
        return 0;
    }
    return number->i;
}

Duration build_duration(ParseCtx *ctx, const Expr *number, UnitToken u)
{
    Duration d = {true, whole(ctx, number, "duration"), u.unit, span_join(number->span, u.token->span)};
    if (d.n < 0) {
        (void)err_at(ctx->err, ERR_SYNTAX, d.span, "A duration cannot be negative");
        ctx->failed = true;
    }
    return d;
}

Count build_count(ParseCtx *ctx, const Expr *number, const char *what)
{
    return (Count){true, whole(ctx, number, what), number->span};
}

void build_group(ParseCtx *ctx, Query *q, Grouping g)
{
    build_check_grouping(ctx, &g, "expressions in GROUP BY");
    q->has_group_by = g.set;
    q->group_parens = g.parens;
    q->group_by = g.list;
    q->group_span = g.span;
}

void build_partition(ParseCtx *ctx, Query *q, Grouping g)
{
    build_check_grouping(ctx, &g, "expressions in PARTITION BY");
    q->has_partition_by = g.set;
    q->partition_by = g.list;
    q->partition_span = g.span;
}

void build_limit(Query *q, Count limit)
{
    q->has_limit = limit.set;
    q->limit = limit.n;
    q->limit_span = limit.span;
}

/* ---- statements ------------------------------------------------------------------------------- */

Stmt *build_stmt(ParseCtx *ctx, StmtKind kind)
{
    Stmt *s = ARENA_NEW(ctx->arena, Stmt);
    s->kind = kind;
    return s;
}

Stmt *build_named(ParseCtx *ctx, StmtKind kind, const Name *name)
{
    Stmt *s = build_stmt(ctx, kind);
    s->name = *name;
    return s;
}

Stmt *build_source_stmt(ParseCtx *ctx, StmtKind kind, const Name *name)
{
    Stmt *s = build_stmt(ctx, kind);
    s->name = build_source_name(ctx, name);
    return s;
}

Stmt *build_create(ParseCtx *ctx, CreateHead head, StmtKind kind, bool if_not_exists, const Name *name)
{
    Stmt *s = build_source_stmt(ctx, kind, name);
    s->or_replace = head.or_replace;
    s->is_source = head.is_source;
    s->if_not_exists = if_not_exists;
    return s;
}

Stmt *build_connector(ParseCtx *ctx, const char *side, bool if_not_exists, const Name *name,
                      const PropertyVec *props)
{
    Stmt *s = build_named(ctx, STMT_CREATE_CONNECTOR, name);
    s->text = str_of(side);
    s->if_not_exists = if_not_exists;
    s->props = *props;
    return s;
}

Stmt *build_values(ParseCtx *ctx, StmtKind kind, const Name *name, const NameVec *columns,
                   const ExprVec *values)
{
    Stmt *s = build_source_stmt(ctx, kind, name);
    s->columns = *columns;
    s->values = *values;
    return s;
}

Stmt *build_show(ParseCtx *ctx, StmtKind kind, bool extended)
{
    Stmt *s = build_stmt(ctx, kind);
    s->extended = extended;
    return s;
}

/* DESCRIBE TABLES reads like the description of a source with that name; as in ksqlDB it is of all tables. */
Stmt *build_describe(ParseCtx *ctx, const Name *name, bool extended)
{
    if (!name->quoted && str_eq_c(name->text, "TABLES"))
        return build_describe_all(ctx, "TABLES", extended);
    Stmt *s = build_source_stmt(ctx, STMT_DESCRIBE, name);
    s->extended = extended;
    return s;
}

Stmt *build_describe_all(ParseCtx *ctx, const char *what, bool extended)
{
    Stmt *s = build_stmt(ctx, STMT_DESCRIBE_ALL);
    s->topic = str_of(what);
    s->extended = extended;
    return s;
}

Resource build_resource(const Name *n)
{
    return (Resource){n->written, name_is_variable(n)};
}

Stmt *build_print(ParseCtx *ctx, Resource topic, bool from_beginning, Count interval, Count limit)
{
    Stmt *s = build_stmt(ctx, STMT_PRINT);
    s->topic = topic.text;
    s->text_variable = topic.variable;
    s->from_beginning = from_beginning;
    s->has_interval = interval.set;
    s->interval = interval.n;
    s->has_limit = limit.set;
    s->limit = limit.n;
    return s;
}

Stmt *build_set(ParseCtx *ctx, StmtKind kind, const Expr *property, Expr *value)
{
    Stmt *s = build_stmt(ctx, kind);
    s->text = property->kind == EXPR_STRING ? property->text : property->name.text;
    s->text_variable = property->kind == EXPR_COLUMN;
    s->value = value;
    return s;
}

Element build_element(const Name *name, TypeRef *type, const Token *role_end, ElementRole role)
{
    Span end = role_end ? role_end->span : type->span;
    return (Element){.name = *name, .type = type, .role = role, .span = span_join(name->span, end)};
}
