// SPDX-License-Identifier: Apache-2.0
// What the grammar's actions call: constructors of AST nodes, and the driver's view of the parser.
//
// Everything is made in ctx->arena. A constructor never fails by itself: a fault (a number too large,
// a limit passed) goes into ctx->err, first one wins, and a node comes back all the same, so that the
// parser stays in a sound state until the driver sees ctx->failed and stops. One thread per context.
#ifndef SLUICE_SQL_BUILD_H
#define SLUICE_SQL_BUILD_H

#include "sql/ast.h"
#include "sql/lexer.h"

typedef struct ParseCtx {
    Arena *arena;
    Err *err;
    Stmt *stmt;    /* the result of a statement … */
    Expr *expr;    /* … of an expression */
    int nodes;     /* expressions so far: LIMIT_EXPRESSIONS */
    bool failed;
} ParseCtx;

/* ---- the driver's view of the generated parser ------------------------------------------- */

void *sql_parse_Alloc(void *(*alloc)(size_t), ParseCtx *ctx);
void sql_parse_Free(void *parser, void (*release)(void *));
void sql_parse_(void *parser, int token, const Token *value);

/* A look ahead: the states that would stand on the parser's stack. */
enum { PARSER_PROBE_MAX = 64 };
typedef struct ParserProbe {
    int base; /* entries of the real stack that still count, less one */
    int n;    /* states above them */
    bool unknown; /* too long to tell: taken as acceptable */
    uint16_t over[PARSER_PROBE_MAX];
} ParserProbe;
void parser_probe(const void *parser, ParserProbe *pr);
/* Would the parser take `token` (0: the end) after `from`? *to: the probe behind it. Changes nothing. */
bool parser_takes(const void *parser, const ParserProbe *from, int token, ParserProbe *to);

/* ---- small values that live on the parser's stack ------------------------------------------ */

typedef struct UnitToken {
    DurationUnit unit;
    const Token *token;
} UnitToken;

typedef struct Grouping {
    bool set, parens;
    ExprVec list;
    Span span;
} Grouping;

typedef struct Count {
    bool set;
    int64_t n;
    Span span;
} Count;

/* What names a topic or subject: a name as written, or a string. */
typedef struct Resource {
    Str text;
    bool variable;
} Resource;

typedef struct CreateHead {
    bool or_replace, is_source;
} CreateHead;

typedef struct TypeParams {
    bool set;
    int n;
    int64_t v[2];
    Span span;
} TypeParams;

/* ---- places, names, leaves ------------------------------------------------------------------ */

/* From the start of a to the end of b. */
Span span_join(Span a, Span b);

Name *build_name(ParseCtx *ctx, const Token *tk);
/* A name that must be a source's: letters, digits, _ and - only. */
Name build_source_name(ParseCtx *ctx, const Name *n);
/* ${x}, not yet replaced. */
bool name_is_variable(const Name *n);
/* A fault of the grammar that the rules let through: reported at tk. */
void build_unexpected(ParseCtx *ctx, const Token *tk, const char *hint);

Expr *build_leaf(ParseCtx *ctx, ExprKind kind, const Token *tk);
Expr *build_bool(ParseCtx *ctx, const Token *tk, bool value);
Expr *build_text(ParseCtx *ctx, const Token *tk);
/* kind: EXPR_INT, EXPR_DECIMAL or EXPR_DOUBLE. */
Expr *build_number(ParseCtx *ctx, const Token *tk, ExprKind kind);
/* -x; a number written directly behind the sign becomes a negative number. */
Expr *build_negative(ParseCtx *ctx, const Token *sign, Expr *x);
Expr *build_typed(ParseCtx *ctx, const Name *type, const Token *text);
Expr *build_column(ParseCtx *ctx, const Name *qualifier, const Name *name);
Expr *build_unit(ParseCtx *ctx, const Token *tk);

/* ---- expressions ------------------------------------------------------------------------------- */

Expr *build_unary(ParseCtx *ctx, ExprKind kind, const Token *tk, Expr *x);
Expr *build_binary(ParseCtx *ctx, ExprKind kind, int op, Expr *x, Expr *y);
Expr *build_is_null(ParseCtx *ctx, Expr *x, bool negated, const Token *end);
Expr *build_between(ParseCtx *ctx, Expr *x, bool negated, Expr *low, Expr *high);
Expr *build_in(ParseCtx *ctx, Expr *x, bool negated, const ExprVec *list, const Token *end);
Expr *build_like(ParseCtx *ctx, Expr *x, bool negated, Expr *pattern, const Token *escape);
Expr *build_at_zone(ParseCtx *ctx, Expr *x, const Token *zone);
Expr *build_parens(Expr *x, const Token *open, const Token *close);
Expr *build_subscript(ParseCtx *ctx, Expr *x, Expr *index, const Token *end);
Expr *build_deref(ParseCtx *ctx, Expr *x, const Name *field);
Expr *build_cast(ParseCtx *ctx, const Token *start, Expr *x, TypeRef *type, const Token *end);
Expr *build_case(ParseCtx *ctx, const Token *start, Expr *operand, const ExprVec *whens, Expr *other,
                 const Token *end);
Expr *build_list(ParseCtx *ctx, ExprKind kind, const Token *start, const ExprVec *list, const Token *end);
/* STRUCT's members gather in an Expr; into NULL for the first. */
Expr *build_member(ParseCtx *ctx, Expr *into, const Name *name, Expr *value);
Expr *build_struct(ParseCtx *ctx, const Token *start, Expr *members, const Token *end);
Expr *build_call(ParseCtx *ctx, const Name *name, const ExprVec *args, const ExprVec *lambdas,
                 const Token *end);
Expr *build_call_star(ParseCtx *ctx, const Name *name, const Token *star, const Token *end);
Expr *build_lambda(ParseCtx *ctx, const Token *start, const Name *name, Expr *body);
ExprVec build_prepend(ParseCtx *ctx, Expr *first, const ExprVec *rest);

/* ---- types ---------------------------------------------------------------------------------------- */

TypeRef *build_type_named(ParseCtx *ctx, const Name *n, TypeParams params);
TypeRef *build_type_decimal(ParseCtx *ctx, const Token *start, const Token *p, const Token *s,
                            const Token *end);
TypeRef *build_type_array(ParseCtx *ctx, TypeRef *elem, Span span);
TypeRef *build_type_map(ParseCtx *ctx, TypeRef *key, TypeRef *value, Span span);
TypeRef *build_type_struct(ParseCtx *ctx, const FieldRefVec *fields, Span span);
/* STRUCT<> read as STRUCT and the operator <>; != is refused. */
TypeRef *build_type_struct_empty(ParseCtx *ctx, const Token *start, const Token *op);
void build_type_param(ParseCtx *ctx, TypeParams *p, const Token *tk);
void build_push_field(ParseCtx *ctx, FieldRefVec *to, FieldRef f);

/* ---- queries --------------------------------------------------------------------------------------- */

Query *build_query(ParseCtx *ctx, const Token *select, const SelectItemVec *items, const Relation *from);
SelectItem build_item(Expr *e, const Name *alias, ParseCtx *ctx);
void build_push_item(ParseCtx *ctx, SelectItemVec *to, SelectItem item);
Source build_source(ParseCtx *ctx, const Name *name, const Name *alias);
void build_join(ParseCtx *ctx, Relation *to, Join join);
Window build_window(WindowKind kind, Duration size, Duration advance, Window options, const Token *start,
                    const Token *end);
Duration build_duration(ParseCtx *ctx, const Expr *number, UnitToken u);
/* A whole number; `what` names its clause in the error. */
Count build_count(ParseCtx *ctx, const Expr *number, const char *what);
void build_group(ParseCtx *ctx, Query *q, Grouping g);
void build_partition(ParseCtx *ctx, Query *q, Grouping g);
/* ERR_LIMIT: as many as columns. */
void build_check_grouping(ParseCtx *ctx, const Grouping *g, const char *what);
void build_limit(Query *q, Count limit);

/* ---- statements --------------------------------------------------------------------------------------- */

Stmt *build_stmt(ParseCtx *ctx, StmtKind kind);
Stmt *build_named(ParseCtx *ctx, StmtKind kind, const Name *name);
Stmt *build_source_stmt(ParseCtx *ctx, StmtKind kind, const Name *name);
Stmt *build_create(ParseCtx *ctx, CreateHead head, StmtKind kind, bool if_not_exists, const Name *name);
Stmt *build_connector(ParseCtx *ctx, const char *side, bool if_not_exists, const Name *name,
                      const PropertyVec *props);
Stmt *build_values(ParseCtx *ctx, StmtKind kind, const Name *name, const NameVec *columns,
                   const ExprVec *values);
Stmt *build_show(ParseCtx *ctx, StmtKind kind, bool extended);
Stmt *build_describe(ParseCtx *ctx, const Name *name, bool extended);
Stmt *build_describe_all(ParseCtx *ctx, const char *what, bool extended);
Resource build_resource(const Name *n);
Stmt *build_print(ParseCtx *ctx, Resource topic, bool from_beginning, Count interval, Count limit);
/* property, value: strings or variables; value NULL for UNSET. */
Stmt *build_set(ParseCtx *ctx, StmtKind kind, const Expr *property, Expr *value);
Element build_element(const Name *name, TypeRef *type, const Token *role_end, ElementRole role);
void build_push_element(ParseCtx *ctx, ElementVec *to, Element e);
void build_push_property(ParseCtx *ctx, PropertyVec *to, Property p);
void build_push_name(ParseCtx *ctx, NameVec *to, Name n);

#endif
