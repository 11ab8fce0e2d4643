// SPDX-License-Identifier: Apache-2.0
// The grammar (lemon). Actions build AST (sql/ast.h) through the constructors of sql/build.h and
// do nothing else: no look-up, no rewriting, no types.
//
// Memory comes from the statement's arena, so an action owns nothing and no %destructor is needed.
// Actions that find a fault (a number too large, a limit passed) report it to the context; the
// driver (parse.c) looks there after each token.
//
// Words that are keywords only in places (KEY, MAP, SOURCE …) need no %fallback: lemon's would
// take a name where a default reduction stood. The driver asks parser_takes (end of this file)
// whether the keyword, with the tokens after it, can go on; else it hands the word over as a NAME.
// `(a, b) =>` would need unbounded look-ahead: the driver marks its parenthesis as LAMBDA_LP.

%name sql_parse_
%token_prefix TK_
%token_type {const Token *}
%extra_context {ParseCtx *ctx}
%stack_size 0
%start_symbol input

%include {
#include <assert.h>
#include <stdlib.h>

#include "sql/build.h"
#include "sql/parser.h"

/* Lemon's template leaves these unused. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"

#define A ctx->arena
}

%syntax_error { ctx->failed = true; }

// Tokens that only the lexer and the driver know.
%token SEMI COMMENT BAD_STRING BAD_QUOTE BAD_CHAR BAD_COMMENT BAD_UTF8 RESERVED_WORD.

// ---- precedence, loosest first --------------------------------------------------------------
// Booleans and values are separate nonterminals, so AND of BETWEEN never meets AND of booleans and
// a comparison does not take a comparison as its side (a = b = c is refused, as in ksqlDB).
%left OR.
%left AND.
%right NOT.
// || is looser than + and -, and AT TIME ZONE tighter than a sign, as in ksqlDB.
%left CONCAT.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right SIGN.
%left AT.

// ---- entry -----------------------------------------------------------------------------------
input ::= stmt(S).               { ctx->stmt = S; }
input ::= START_EXPR expr(E).    { ctx->expr = E; }

%type stmt {Stmt *}

// ---- SELECT ----------------------------------------------------------------------------------
%type query {Query *}
%type items {SelectItemVec *}
%type item {SelectItem}
stmt(S) ::= query(Q).            { S = build_stmt(ctx, STMT_SELECT); S->query = Q; }

query(Q) ::= SELECT(T) items(I) FROM relation(R) window(W) where(C) group(G) partition(P) having(H)
             emit(E) limit(L). {
    Q = build_query(ctx, T, I, R);
    Q->window = W;
    Q->where = C;
    build_group(ctx, Q, G);
    build_partition(ctx, Q, P);
    Q->having = H;
    Q->emit = (EmitKind)E;
    build_limit(Q, L);
}

items(L) ::= item(I).                 { L = ARENA_NEW(A, SelectItemVec); vec_push(A, L, I); }
items(L) ::= items(B) COMMA item(I).  { L = B; build_push_item(ctx, L, I); }

item(I) ::= expr(E).                  { I = build_item(E, NULL, ctx); }
item(I) ::= expr(E) name(N).          { I = build_item(E, N, ctx); }
item(I) ::= expr(E) AS name(N).       { I = build_item(E, N, ctx); }
item(I) ::= STAR(T).                  { I = (SelectItem){.kind = SELECT_STAR, .span = T->span}; }
item(I) ::= name(N) DOT STAR(T).      {
    I = (SelectItem){.kind = SELECT_SOURCE_STAR, .source = build_source_name(ctx, N),
                     .span = span_join(N->span, T->span)};
}
item(I) ::= primary(E) ARROW STAR(T). {
    I = (SelectItem){.kind = SELECT_STRUCT_STAR, .expr = E, .span = span_join(E->span, T->span)};
}

%type relation {Relation *}
%type source {Source}
%type join_kind {int}
%type within {Within}
relation(R) ::= source(S).            { R = ARENA_NEW(A, Relation); R->from = S; }
relation(R) ::= relation(B) join_kind(K) JOIN source(S) within(W) ON(T) expr(E). {
    R = B;
    build_join(ctx, R, (Join){(JoinKind)K, S, W, E, span_join(T->span, E->span)});
}
source(S) ::= name(N).                { S = build_source(ctx, N, NULL); }
source(S) ::= name(N) name(B).        { S = build_source(ctx, N, B); }
source(S) ::= name(N) AS name(B).     { S = build_source(ctx, N, B); }

join_kind(K) ::= .                    { K = JOIN_INNER; }
join_kind(K) ::= INNER.               { K = JOIN_INNER; }
join_kind(K) ::= LEFT outer.          { K = JOIN_LEFT; }
join_kind(K) ::= RIGHT outer.         { K = JOIN_RIGHT; }
join_kind(K) ::= FULL outer.          { K = JOIN_FULL; }
outer ::= .
outer ::= OUTER.

within(W) ::= .                       { W = (Within){.set = false}; }
within(W) ::= WITHIN duration(D) grace(G). {
    W = (Within){.set = true, .before = D, .after = D, .grace = G};
}
within(W) ::= WITHIN LP duration(B) COMMA duration(C) RP grace(G). {
    W = (Within){.set = true, .two = true, .before = B, .after = C, .grace = G};
}
%type grace {Duration}
grace(G) ::= .                        { G = (Duration){.set = false}; }
grace(G) ::= GRACE PERIOD duration(D). { G = D; }

// Windows: the options come in this order only.
%type window {Window}
%type window_body {Window}
%type window_options {Window}
window(W) ::= .                       { W = (Window){.kind = WINDOW_NONE}; }
window(W) ::= WINDOW window_body(B).  { W = B; }
window(W) ::= WINDOW name(N) window_body(B). { W = B; W.name = *N; }
window_body(W) ::= TUMBLING(T) LP SIZE duration(S) window_options(O) RP(E). {
    W = build_window(WINDOW_TUMBLING, S, (Duration){.set = false}, O, T, E);
}
window_body(W) ::= HOPPING(T) LP SIZE duration(S) COMMA ADVANCE BY duration(D) window_options(O) RP(E). {
    W = build_window(WINDOW_HOPPING, S, D, O, T, E);
}
window_body(W) ::= SESSION(T) LP duration(S) window_options(O) RP(E). {
    W = build_window(WINDOW_SESSION, S, (Duration){.set = false}, O, T, E);
}
window_options(O) ::= .                                        { O = (Window){.kind = WINDOW_NONE}; }
window_options(O) ::= COMMA RETENTION duration(R).             { O = (Window){.retention = R}; }
window_options(O) ::= COMMA GRACE PERIOD duration(G).          { O = (Window){.grace = G}; }
window_options(O) ::= COMMA RETENTION duration(R) COMMA GRACE PERIOD duration(G). {
    O = (Window){.retention = R, .grace = G};
}

%type duration {Duration}
%type unit {UnitToken}
duration(D) ::= number(N) unit(U).    { D = build_duration(ctx, N, U); }
unit(U) ::= MILLISECOND(T).           { U = (UnitToken){UNIT_MILLISECONDS, T}; }
unit(U) ::= MILLISECONDS(T).          { U = (UnitToken){UNIT_MILLISECONDS, T}; }
unit(U) ::= SECOND(T).                { U = (UnitToken){UNIT_SECONDS, T}; }
unit(U) ::= SECONDS(T).               { U = (UnitToken){UNIT_SECONDS, T}; }
unit(U) ::= MINUTE(T).                { U = (UnitToken){UNIT_MINUTES, T}; }
unit(U) ::= MINUTES(T).               { U = (UnitToken){UNIT_MINUTES, T}; }
unit(U) ::= HOUR(T).                  { U = (UnitToken){UNIT_HOURS, T}; }
unit(U) ::= HOURS(T).                 { U = (UnitToken){UNIT_HOURS, T}; }
unit(U) ::= DAY(T).                   { U = (UnitToken){UNIT_DAYS, T}; }
unit(U) ::= DAYS(T).                  { U = (UnitToken){UNIT_DAYS, T}; }

%type where {Expr *}
%type having {Expr *}
where(C) ::= .                        { C = NULL; }
where(C) ::= WHERE expr(E).           { C = E; }
having(C) ::= .                       { C = NULL; }
having(C) ::= HAVING expr(E).         { C = E; }

// GROUP BY (a) is a parenthesised expression; (a, b) and () are lists.
%type group {Grouping}
%type partition {Grouping}
%type grouping {Grouping}
group(G) ::= .                        { G = (Grouping){.set = false}; }
group(G) ::= GROUP(T) BY grouping(B). { G = B; G.span = span_join(T->span, B.span); }
partition(G) ::= .                    { G = (Grouping){.set = false}; }
partition(G) ::= PARTITION(T) BY grouping(B). { G = B; G.span = span_join(T->span, B.span); }
grouping(G) ::= values(L).            { G = (Grouping){true, false, *L, L->v[L->n - 1]->span}; }
grouping(G) ::= LP RP(T).             { G = (Grouping){.set = true, .parens = true, .span = T->span}; }
grouping(G) ::= LP value(E) COMMA values(L) RP(T). {
    G = (Grouping){true, true, build_prepend(ctx, E, L), T->span};
}

%type emit {int}
emit(E) ::= .                         { E = EMIT_NONE; }
emit(E) ::= EMIT CHANGES.             { E = EMIT_CHANGES; }
emit(E) ::= EMIT FINAL.               { E = EMIT_FINAL; }

%type limit {Count}
limit(L) ::= .                        { L = (Count){.set = false}; }
limit(L) ::= LIMIT number(N).         { L = build_count(ctx, N, "LIMIT"); }

// ---- CREATE, DROP, ALTER -----------------------------------------------------------------------
%type create {CreateHead}
create(H) ::= CREATE.                     { H = (CreateHead){false, false}; }
create(H) ::= CREATE OR REPLACE.          { H = (CreateHead){true, false}; }
create(H) ::= CREATE SOURCE.              { H = (CreateHead){false, true}; }
create(H) ::= CREATE OR REPLACE SOURCE.   { H = (CreateHead){true, true}; }
%type stream_or_table {bool}
stream_or_table(B) ::= STREAM.            { B = false; }
stream_or_table(B) ::= TABLE.             { B = true; }
%type if_not_exists {bool}
if_not_exists(B) ::= .                    { B = false; }
if_not_exists(B) ::= IF NOT EXISTS.       { B = true; }
%type if_exists {bool}
if_exists(B) ::= .                        { B = false; }
if_exists(B) ::= IF EXISTS.               { B = true; }

stmt(S) ::= create(H) stream_or_table(T) if_not_exists(I) name(N) elements(E) with(W). {
    S = build_create(ctx, H, T ? STMT_CREATE_TABLE : STMT_CREATE_STREAM, I, N);
    S->elements = *E;
    S->props = *W;
}
stmt(S) ::= create(H) stream_or_table(T) if_not_exists(I) name(N) with(W). {
    S = build_create(ctx, H, T ? STMT_CREATE_TABLE : STMT_CREATE_STREAM, I, N);
    S->props = *W;
}
stmt(S) ::= create(H) stream_or_table(T) if_not_exists(I) name(N) with(W) AS(K) query(Q). {
    S = build_create(ctx, H, T ? STMT_CREATE_TABLE_AS : STMT_CREATE_STREAM_AS, I, N);
    if (H.is_source)
        build_unexpected(ctx, K, "what has SOURCE reads a topic and cannot come from a query: leave it out");
    S->props = *W;
    S->query = Q;
}
stmt(S) ::= CREATE SOURCE CONNECTOR if_not_exists(I) name(N) WITH properties(P). {
    S = build_connector(ctx, "SOURCE", I, N, P);
}
stmt(S) ::= CREATE SINK CONNECTOR if_not_exists(I) name(N) WITH properties(P). {
    S = build_connector(ctx, "SINK", I, N, P);
}
stmt(S) ::= CREATE TYPE if_not_exists(I) name(N) AS type(T). {
    S = build_named(ctx, STMT_CREATE_TYPE, N);
    S->if_not_exists = I;
    S->type = T;
}

%type drop_tail {bool}
stmt(S) ::= DROP stream_or_table(T) if_exists(I) name(N) drop_tail(D). {
    S = build_source_stmt(ctx, T ? STMT_DROP_TABLE : STMT_DROP_STREAM, N);
    S->if_exists = I;
    S->delete_topic = D;
}
drop_tail(D) ::= .                        { D = false; }
drop_tail(D) ::= DELETE TOPIC.            { D = true; }
stmt(S) ::= DROP CONNECTOR if_exists(I) name(N). {
    S = build_named(ctx, STMT_DROP_CONNECTOR, N);
    S->if_exists = I;
}
stmt(S) ::= DROP TYPE if_exists(I) name(N). {
    S = build_named(ctx, STMT_DROP_TYPE, N);
    S->if_exists = I;
}

%type additions {ElementVec *}
%type addition {Element}
stmt(S) ::= ALTER stream_or_table(T) name(N) additions(L). {
    S = build_source_stmt(ctx, STMT_ALTER_SOURCE, N);
    S->text = T ? STR("TABLE") : STR("STREAM");
    S->elements = *L;
}
additions(L) ::= addition(E).                     { L = ARENA_NEW(A, ElementVec); vec_push(A, L, E); }
additions(L) ::= additions(B) COMMA addition(E).  { L = B; build_push_element(ctx, L, E); }
addition(E) ::= ADD name(N) type(T).              { E = build_element(N, T, NULL, ELEMENT_VALUE); }
addition(E) ::= ADD COLUMN name(N) type(T).       { E = build_element(N, T, NULL, ELEMENT_VALUE); }

%type elements {ElementVec *}
%type element_list {ElementVec *}
%type element {Element}
elements(L) ::= LP element_list(B) RP.            { L = B; }
element_list(L) ::= element(E).                   { L = ARENA_NEW(A, ElementVec); vec_push(A, L, E); }
element_list(L) ::= element_list(B) COMMA element(E). { L = B; build_push_element(ctx, L, E); }
element(E) ::= name(N) type(T).                   { E = build_element(N, T, NULL, ELEMENT_VALUE); }
element(E) ::= name(N) type(T) KEY(K).            { E = build_element(N, T, K, ELEMENT_KEY); }
element(E) ::= name(N) type(T) PRIMARY KEY(K).    { E = build_element(N, T, K, ELEMENT_PRIMARY_KEY); }
element(E) ::= name(N) type(T) HEADERS(K).        { E = build_element(N, T, K, ELEMENT_HEADERS); }
element(E) ::= name(N) type(T) HEADER LP TEXT(H) RP(K). {
    E = build_element(N, T, K, ELEMENT_HEADER);
    E.header = token_unquote(A, H->text);
}

// WITH: absent and empty are the same; () is refused.
%type with {PropertyVec *}
%type properties {PropertyVec *}
%type property_list {PropertyVec *}
%type property {Property}
with(P) ::= .                                     { P = ARENA_NEW(A, PropertyVec); }
with(P) ::= WITH properties(B).                   { P = B; }
properties(P) ::= LP property_list(B) RP.         { P = B; }
property_list(L) ::= property(P).                 { L = ARENA_NEW(A, PropertyVec); vec_push(A, L, P); }
property_list(L) ::= property_list(B) COMMA property(P). { L = B; build_push_property(ctx, L, P); }
property(P) ::= name(N) EQ literal(E).            { P = (Property){*N, E, span_join(N->span, E->span)}; }
property(P) ::= TEXT(T) EQ literal(E). {
    P = (Property){{.text = token_unquote(A, T->text), .quoted = true, .span = T->span}, E,
                   span_join(T->span, E->span)};
}
%type literal {Expr *}
literal(E) ::= NULL(T).                           { E = build_leaf(ctx, EXPR_NULL, T); }
literal(E) ::= TRUE(T).                           { E = build_bool(ctx, T, true); }
literal(E) ::= FALSE(T).                          { E = build_bool(ctx, T, false); }
literal(E) ::= TEXT(T).                           { E = build_text(ctx, T); }
literal(E) ::= number(N).                         { E = N; }
literal(E) ::= VARIABLE(T).                       { E = build_column(ctx, NULL, build_name(ctx, T)); }

%type number {Expr *}
%type digits {Expr *}
number(E) ::= digits(D).                          { E = D; }
number(E) ::= MINUS(T) digits(D).                 { E = build_negative(ctx, T, D); }
digits(E) ::= INT_LITERAL(T).                     { E = build_number(ctx, T, EXPR_INT); }
digits(E) ::= DEC_LITERAL(T).                     { E = build_number(ctx, T, EXPR_DECIMAL); }
digits(E) ::= FLOAT_LITERAL(T).                   { E = build_number(ctx, T, EXPR_DOUBLE); }

// ---- INSERT ------------------------------------------------------------------------------------
stmt(S) ::= INSERT INTO name(N) with(W) query(Q). {
    S = build_source_stmt(ctx, STMT_INSERT_INTO, N);
    S->props = *W;
    S->query = Q;
}
stmt(S) ::= INSERT INTO name(N) columns(C) VALUES value_list(V). {
    S = build_values(ctx, STMT_INSERT_VALUES, N, C, V);
}
%type columns {NameVec *}
%type names {NameVec *}
columns(L) ::= .                                  { L = ARENA_NEW(A, NameVec); }
columns(L) ::= LP names(B) RP.                    { L = B; }
names(L) ::= name(N).                             { L = ARENA_NEW(A, NameVec); vec_push(A, L, *N); }
names(L) ::= names(B) COMMA name(N).              { L = B; build_push_name(ctx, L, *N); }
%type value_list {ExprVec *}
value_list(L) ::= LP RP.                          { L = ARENA_NEW(A, ExprVec); }
value_list(L) ::= LP values(B) RP.                { L = B; }

// ---- SHOW, DESCRIBE, EXPLAIN, PRINT ------------------------------------------------------------
%type extended {bool}
show ::= SHOW.
show ::= LIST.
extended(B) ::= .                                 { B = false; }
extended(B) ::= EXTENDED.                         { B = true; }
stmt(S) ::= show PROPERTIES.                      { S = build_stmt(ctx, STMT_SHOW_PROPERTIES); }
stmt(S) ::= show TOPICS extended(E).              { S = build_show(ctx, STMT_SHOW_TOPICS, E); }
stmt(S) ::= show ALL TOPICS extended(E).          { S = build_show(ctx, STMT_SHOW_TOPICS, E); S->all = true; }
stmt(S) ::= show STREAMS extended(E).             { S = build_show(ctx, STMT_SHOW_STREAMS, E); }
stmt(S) ::= show TABLES extended(E).              { S = build_show(ctx, STMT_SHOW_TABLES, E); }
stmt(S) ::= show QUERIES extended(E).             { S = build_show(ctx, STMT_SHOW_QUERIES, E); }
stmt(S) ::= show FUNCTIONS.                       { S = build_stmt(ctx, STMT_SHOW_FUNCTIONS); }
stmt(S) ::= show TYPES.                           { S = build_stmt(ctx, STMT_SHOW_TYPES); }
stmt(S) ::= show VARIABLES.                       { S = build_stmt(ctx, STMT_SHOW_VARIABLES); }
stmt(S) ::= show CONNECTORS.                      { S = build_stmt(ctx, STMT_SHOW_CONNECTORS); }
stmt(S) ::= show SOURCE CONNECTORS. {
    S = build_stmt(ctx, STMT_SHOW_CONNECTORS);
    S->text = STR("SOURCE");
}
stmt(S) ::= show SINK CONNECTORS. {
    S = build_stmt(ctx, STMT_SHOW_CONNECTORS);
    S->text = STR("SINK");
}
stmt(S) ::= show CONNECTOR PLUGINS.               { S = build_stmt(ctx, STMT_SHOW_CONNECTOR_PLUGINS); }
stmt(S) ::= DESCRIBE name(N) extended(E).         { S = build_describe(ctx, N, E); }
stmt(S) ::= DESCRIBE STREAMS extended(E).         { S = build_describe_all(ctx, "STREAMS", E); }
stmt(S) ::= DESCRIBE FUNCTION name(N). {
    S = build_named(ctx, STMT_DESCRIBE_FUNCTION, N);
    S->text = N->written;
}
stmt(S) ::= DESCRIBE CONNECTOR name(N).           { S = build_named(ctx, STMT_DESCRIBE_CONNECTOR, N); }
stmt(S) ::= EXPLAIN name(N).                      { S = build_named(ctx, STMT_EXPLAIN, N); }
stmt(S) ::= EXPLAIN stmt(I).                      { S = build_stmt(ctx, STMT_EXPLAIN); S->inner = I; }

%type resource {Resource}
%type from_beginning {bool}
%type sampling {Count}
stmt(S) ::= PRINT resource(R) from_beginning(F) sampling(I) limit(L). { S = build_print(ctx, R, F, I, L); }
resource(R) ::= name(N).                          { R = build_resource(N); }
resource(R) ::= TEXT(T).                          { R = (Resource){token_unquote(A, T->text), false}; }
from_beginning(B) ::= .                           { B = false; }
from_beginning(B) ::= FROM BEGINNING.             { B = true; }
sampling(C) ::= .                                 { C = (Count){.set = false}; }
sampling(C) ::= INTERVAL number(N).               { C = build_count(ctx, N, "INTERVAL"); }
sampling(C) ::= SAMPLE number(N).                 { C = build_count(ctx, N, "SAMPLE"); }

// ---- queries, properties, variables, scripts ---------------------------------------------------
stmt(S) ::= TERMINATE name(N).                    { S = build_named(ctx, STMT_TERMINATE, N); }
stmt(S) ::= TERMINATE ALL.                        { S = build_stmt(ctx, STMT_TERMINATE); S->all = true; }
stmt(S) ::= PAUSE name(N).                        { S = build_named(ctx, STMT_PAUSE, N); }
stmt(S) ::= PAUSE ALL.                            { S = build_stmt(ctx, STMT_PAUSE); S->all = true; }
stmt(S) ::= RESUME name(N).                       { S = build_named(ctx, STMT_RESUME, N); }
stmt(S) ::= RESUME ALL.                           { S = build_stmt(ctx, STMT_RESUME); S->all = true; }
%type setting {Expr *}
setting(E) ::= TEXT(T).                           { E = build_text(ctx, T); }
setting(E) ::= VARIABLE(T).                       { E = build_column(ctx, NULL, build_name(ctx, T)); }
stmt(S) ::= SET setting(P) EQ setting(V).         { S = build_set(ctx, STMT_SET, P, V); }
stmt(S) ::= UNSET setting(P).                     { S = build_set(ctx, STMT_UNSET, P, NULL); }
stmt(S) ::= ALTER SYSTEM TEXT(P) EQ TEXT(V). {
    S = build_set(ctx, STMT_ALTER_SYSTEM, build_text(ctx, P), build_text(ctx, V));
}
stmt(S) ::= DEFINE name(N) EQ TEXT(V). {
    S = build_named(ctx, STMT_DEFINE, N);
    S->value = build_text(ctx, V);
}
stmt(S) ::= UNDEFINE name(N). {
    S = build_named(ctx, STMT_UNDEFINE, N);
    S->text = N->written;
}
stmt(S) ::= RUN SCRIPT TEXT(T). {
    S = build_stmt(ctx, STMT_RUN_SCRIPT);
    S->text = token_unquote(A, T->text);
}

// ---- ASSERT: topics and schemas for everybody, the rest for the test runner ----------------------
%type not_exists {bool}
%type timeout {Duration}
not_exists(B) ::= .                               { B = false; }
not_exists(B) ::= NOT EXISTS.                     { B = true; }
timeout(D) ::= .                                  { D = (Duration){.set = false}; }
timeout(D) ::= TIMEOUT duration(B).               { D = B; }
stmt(S) ::= ASSERT not_exists(N) TOPIC resource(R) with(W) timeout(T). {
    S = build_stmt(ctx, STMT_ASSERT_TOPIC);
    S->negated = N;
    S->topic = R.text;
    S->text_variable = R.variable;
    S->props = *W;
    S->timeout = T;
}
%type subject {Resource}
%type schema_id {Count}
stmt(S) ::= ASSERT not_exists(N) SCHEMA subject(R) schema_id(I) timeout(T). {
    S = build_stmt(ctx, STMT_ASSERT_SCHEMA);
    S->negated = N;
    S->text = R.text;
    S->text_variable = R.variable;
    S->has_id = I.set;
    S->id = I.n;
    S->timeout = T;
}
subject(R) ::= .                                  { R = (Resource){{NULL, 0}, false}; }
subject(R) ::= SUBJECT resource(B).               { R = B; }
schema_id(C) ::= .                                { C = (Count){.set = false}; }
schema_id(C) ::= ID number(N).                    { C = build_count(ctx, N, "ID"); }
stmt(S) ::= ASSERT VALUES name(N) columns(C) VALUES value_list(V). {
    S = build_values(ctx, STMT_ASSERT_VALUES, N, C, V);
}
stmt(S) ::= ASSERT NULL VALUES name(N) columns(C) KEY value_list(V). {
    S = build_values(ctx, STMT_ASSERT_NULL_VALUES, N, C, V);
}
stmt(S) ::= ASSERT stream_or_table(T) name(N) with(W). {
    S = build_source_stmt(ctx, T ? STMT_ASSERT_TABLE : STMT_ASSERT_STREAM, N);
    S->props = *W;
}
stmt(S) ::= ASSERT stream_or_table(T) name(N) elements(E) with(W). {
    S = build_source_stmt(ctx, T ? STMT_ASSERT_TABLE : STMT_ASSERT_STREAM, N);
    S->elements = *E;
    S->props = *W;
}

// ---- names and types ----------------------------------------------------------------------------
%type name {Name *}
name(N) ::= NAME(T).                              { N = build_name(ctx, T); }
name(N) ::= VARIABLE(T).                          { N = build_name(ctx, T); }

%type type {TypeRef *}
%type fields {FieldRefVec *}
%type type_params {TypeParams}
type(R) ::= type(B) ARRAY(T). {
    R = build_type_array(ctx, B, span_join(B->span, T->span));
}
type(R) ::= ARRAY(S) LT type(B) GT(T). {
    R = build_type_array(ctx, B, span_join(S->span, T->span));
}
type(R) ::= MAP(S) LT type(K) COMMA type(V) GT(T). {
    R = build_type_map(ctx, K, V, span_join(S->span, T->span));
}
type(R) ::= STRUCT(S) LT GT(T). {
    R = build_type_struct(ctx, NULL, span_join(S->span, T->span));
}
type(R) ::= STRUCT(S) NE(T).                      { R = build_type_struct_empty(ctx, S, T); }
type(R) ::= STRUCT(S) LT fields(L) GT(T). {
    R = build_type_struct(ctx, L, span_join(S->span, T->span));
}
type(R) ::= DECIMAL(S) LP INT_LITERAL(P) COMMA INT_LITERAL(Q) RP(T). {
    R = build_type_decimal(ctx, S, P, Q, T);
}
type(R) ::= name(N).                              { R = build_type_named(ctx, N, (TypeParams){.n = 0}); }
type(R) ::= name(N) LP type_params(P) RP(T). {
    P.span = T->span;
    P.set = true;
    R = build_type_named(ctx, N, P);
}
type_params(P) ::= type_param(T).                 { P = (TypeParams){.n = 0}; build_type_param(ctx, &P, T); }
type_params(P) ::= type_params(B) COMMA type_param(T). { P = B; build_type_param(ctx, &P, T); }
%type type_param {const Token *}
type_param(P) ::= INT_LITERAL(T).                 { P = T; }
type_param(P) ::= STRING(T).                      { P = T; }
fields(L) ::= name(N) type(T). {
    L = ARENA_NEW(A, FieldRefVec);
    vec_push(A, L, (FieldRef){*N, T});
}
fields(L) ::= fields(B) COMMA name(N) type(T).    { L = B; build_push_field(ctx, L, (FieldRef){*N, T}); }

// ---- booleans -------------------------------------------------------------------------------------
%type expr {Expr *}
%type pred {Expr *}
%type not {bool}
expr(E) ::= pred(P).                              { E = P; }
expr(E) ::= NOT(T) expr(X).                       { E = build_unary(ctx, EXPR_NOT, T, X); }
expr(E) ::= expr(X) AND expr(Y).                  { E = build_binary(ctx, EXPR_AND, 0, X, Y); }
expr(E) ::= expr(X) OR expr(Y).                   { E = build_binary(ctx, EXPR_OR, 0, X, Y); }

pred(E) ::= value(V).                             { E = V; }
pred(E) ::= value(X) EQ value(Y).                 { E = build_binary(ctx, EXPR_COMPARE, CMP_EQ, X, Y); }
pred(E) ::= value(X) NE value(Y).                 { E = build_binary(ctx, EXPR_COMPARE, CMP_NE, X, Y); }
pred(E) ::= value(X) LT value(Y).                 { E = build_binary(ctx, EXPR_COMPARE, CMP_LT, X, Y); }
pred(E) ::= value(X) LE value(Y).                 { E = build_binary(ctx, EXPR_COMPARE, CMP_LE, X, Y); }
pred(E) ::= value(X) GT value(Y).                 { E = build_binary(ctx, EXPR_COMPARE, CMP_GT, X, Y); }
pred(E) ::= value(X) GE value(Y).                 { E = build_binary(ctx, EXPR_COMPARE, CMP_GE, X, Y); }
pred(E) ::= value(X) IS DISTINCT FROM value(Y).   { E = build_binary(ctx, EXPR_COMPARE, CMP_DISTINCT, X, Y); }
pred(E) ::= value(X) IS NOT DISTINCT FROM value(Y). {
    E = build_binary(ctx, EXPR_COMPARE, CMP_NOT_DISTINCT, X, Y);
}
pred(E) ::= value(X) IS NULL(T).                  { E = build_is_null(ctx, X, false, T); }
pred(E) ::= value(X) IS NOT NULL(T).              { E = build_is_null(ctx, X, true, T); }
pred(E) ::= value(X) not(N) BETWEEN value(Y) AND value(Z). { E = build_between(ctx, X, N, Y, Z); }
pred(E) ::= value(X) not(N) IN LP exprs(L) RP(T). { E = build_in(ctx, X, N, L, T); }
pred(E) ::= value(X) not(N) LIKE value(Y).        { E = build_like(ctx, X, N, Y, NULL); }
pred(E) ::= value(X) not(N) LIKE value(Y) ESCAPE TEXT(T). { E = build_like(ctx, X, N, Y, T); }
not(B) ::= .                                      { B = false; }
not(B) ::= NOT.                                   { B = true; }

%type exprs {ExprVec *}
%type values {ExprVec *}
exprs(L) ::= expr(E).                             { L = ARENA_NEW(A, ExprVec); vec_push(A, L, E); }
exprs(L) ::= exprs(B) COMMA expr(E).              { L = B; vec_push(A, L, E); }
values(L) ::= value(E).                           { L = ARENA_NEW(A, ExprVec); vec_push(A, L, E); }
values(L) ::= values(B) COMMA value(E).           { L = B; vec_push(A, L, E); }

// ---- values ---------------------------------------------------------------------------------------
%type value {Expr *}
%type primary {Expr *}
value(E) ::= primary(P).                          { E = P; }
value(E) ::= MINUS(T) value(V). [SIGN]            { E = build_negative(ctx, T, V); }
value(E) ::= PLUS(T) value(V). [SIGN]             { E = build_unary(ctx, EXPR_POS, T, V); }
value(E) ::= value(X) PLUS value(Y).              { E = build_binary(ctx, EXPR_ARITH, ARITH_ADD, X, Y); }
value(E) ::= value(X) MINUS value(Y).             { E = build_binary(ctx, EXPR_ARITH, ARITH_SUB, X, Y); }
value(E) ::= value(X) STAR value(Y).              { E = build_binary(ctx, EXPR_ARITH, ARITH_MUL, X, Y); }
value(E) ::= value(X) SLASH value(Y).             { E = build_binary(ctx, EXPR_ARITH, ARITH_DIV, X, Y); }
value(E) ::= value(X) PERCENT value(Y).           { E = build_binary(ctx, EXPR_ARITH, ARITH_MOD, X, Y); }
value(E) ::= value(X) CONCAT value(Y).            { E = build_binary(ctx, EXPR_CONCAT, 0, X, Y); }
value(E) ::= value(X) AT TIME ZONE TEXT(T).       { E = build_at_zone(ctx, X, T); }

primary(E) ::= digits(D).                         { E = D; }
primary(E) ::= TEXT(T).                           { E = build_text(ctx, T); }
primary(E) ::= NULL(T).                           { E = build_leaf(ctx, EXPR_NULL, T); }
primary(E) ::= TRUE(T).                           { E = build_bool(ctx, T, true); }
primary(E) ::= FALSE(T).                          { E = build_bool(ctx, T, false); }
primary(E) ::= name(N) TEXT(T).                   { E = build_typed(ctx, N, T); }
primary(E) ::= DECIMAL(N) TEXT(T).                { E = build_typed(ctx, build_name(ctx, N), T); }
primary(E) ::= name(N).                           { E = build_column(ctx, NULL, N); }
primary(E) ::= name(Q) DOT name(N).               { E = build_column(ctx, Q, N); }
primary(E) ::= LP(S) expr(X) RP(T).               { E = build_parens(X, S, T); }
primary(E) ::= primary(X) LB value(I) RB(T).      { E = build_subscript(ctx, X, I, T); }
primary(E) ::= primary(X) ARROW name(N).          { E = build_deref(ctx, X, N); }
primary(E) ::= CAST(S) LP expr(X) AS type(Y) RP(T). { E = build_cast(ctx, S, X, Y, T); }

%type whens {ExprVec *}
%type else {Expr *}
primary(E) ::= CASE(S) whens(L) else(D) END(T).   { E = build_case(ctx, S, NULL, L, D, T); }
primary(E) ::= CASE(S) value(V) whens(L) else(D) END(T). { E = build_case(ctx, S, V, L, D, T); }
whens(L) ::= WHEN expr(X) THEN expr(Y). {
    L = ARENA_NEW(A, ExprVec);
    vec_push(A, L, X);
    vec_push(A, L, Y);
}
whens(L) ::= whens(B) WHEN expr(X) THEN expr(Y).  { L = B; vec_push(A, L, X); vec_push(A, L, Y); }
else(E) ::= .                                     { E = NULL; }
else(E) ::= ELSE expr(X).                         { E = X; }

primary(E) ::= ARRAY(S) LB RB(T).                 { E = build_list(ctx, EXPR_ARRAY, S, NULL, T); }
primary(E) ::= ARRAY(S) LB exprs(L) RB(T).        { E = build_list(ctx, EXPR_ARRAY, S, L, T); }
primary(E) ::= MAP(S) LP RP(T).                   { E = build_list(ctx, EXPR_MAP, S, NULL, T); }
primary(E) ::= MAP(S) LP entries(L) RP(T).        { E = build_list(ctx, EXPR_MAP, S, L, T); }
%type entries {ExprVec *}
entries(L) ::= expr(X) ASSIGN expr(Y). {
    L = ARENA_NEW(A, ExprVec);
    vec_push(A, L, X);
    vec_push(A, L, Y);
}
entries(L) ::= entries(B) COMMA expr(X) ASSIGN expr(Y). { L = B; vec_push(A, L, X); vec_push(A, L, Y); }
primary(E) ::= STRUCT(S) LP RP(T).                { E = build_list(ctx, EXPR_STRUCT, S, NULL, T); }
primary(E) ::= STRUCT(S) LP members(M) RP(T).     { E = build_struct(ctx, S, M, T); }
%type members {Expr *}
members(M) ::= name(N) ASSIGN expr(X).            { M = build_member(ctx, NULL, N, X); }
members(M) ::= members(B) COMMA name(N) ASSIGN expr(X). { M = build_member(ctx, B, N, X); }

// ---- calls: plain arguments, then lambdas ------------------------------------------------------------
// An argument may be a bare unit of time; of those words that are not reserved (DAY …) it is a column.
%type args {ExprVec *}
%type arg {Expr *}
%type lambdas {ExprVec *}
%type lambda {Expr *}
%type interval {const Token *}
interval(I) ::= MILLISECOND(T).                   { I = T; }
interval(I) ::= MILLISECONDS(T).                  { I = T; }
interval(I) ::= SECONDS(T).                       { I = T; }
interval(I) ::= MINUTES(T).                       { I = T; }
interval(I) ::= HOURS(T).                         { I = T; }
interval(I) ::= DAYS(T).                          { I = T; }
primary(E) ::= name(N) LP RP(T).                  { E = build_call(ctx, N, NULL, NULL, T); }
primary(E) ::= name(N) LP STAR(X) RP(T).          { E = build_call_star(ctx, N, X, T); }
primary(E) ::= name(N) LP args(L) RP(T).          { E = build_call(ctx, N, L, NULL, T); }
primary(E) ::= name(N) LP args(L) COMMA lambdas(M) RP(T). { E = build_call(ctx, N, L, M, T); }
args(L) ::= arg(E).                               { L = ARENA_NEW(A, ExprVec); vec_push(A, L, E); }
args(L) ::= args(B) COMMA arg(E).                 { L = B; vec_push(A, L, E); }
arg(E) ::= expr(X).                               { E = X; }
arg(E) ::= interval(T).                           { E = build_unit(ctx, T); }
lambdas(L) ::= lambda(E).                         { L = ARENA_NEW(A, ExprVec); vec_push(A, L, E); }
lambdas(L) ::= lambdas(B) COMMA lambda(E).        { L = B; vec_push(A, L, E); }
lambda(E) ::= name(N) LAMBDA expr(X).             { E = build_lambda(ctx, NULL, N, X); }
lambda(E) ::= LAMBDA_LP(S) names(L) RP LAMBDA expr(X). { E = build_lambda(ctx, S, NULL, X); E->names = *L; }

// ---- asking the parser ---------------------------------------------------------------------------------
%code {
#undef A

/* The state on top of the probe. */
static YYACTIONTYPE probe_top(const yyParser *p, const ParserProbe *pr)
{
    return pr->n ? (YYACTIONTYPE)pr->over[pr->n - 1] : p->yystack[pr->base].stateno;
}

static void probe_push(ParserProbe *pr, YYACTIONTYPE act)
{
    if (pr->n == PARSER_PROBE_MAX)
        pr->unknown = true;
    else
        pr->over[pr->n++] = act;
}

void parser_probe(const void *parser, ParserProbe *pr)
{
    const yyParser *p = parser;
    *pr = (ParserProbe){.base = (int)(p->yytos - p->yystack)};
}

/* Lemon's own loop, without actions: reductions that pop below `over` only move `base` down. */
bool parser_takes(const void *parser, const ParserProbe *from, int token, ParserProbe *to)
{
    const yyParser *p = parser;
    *to = *from;
    while (!to->unknown) {
        YYACTIONTYPE act = probe_top(p, to);
        if (act <= YY_MAX_SHIFT)
            act = yy_find_shift_action((YYCODETYPE)token, act);
        if (act == YY_ACCEPT_ACTION)
            return token == 0;
        if (act >= YY_MIN_REDUCE) {
            int rule = act - YY_MIN_REDUCE, pop = -yyRuleInfoNRhs[rule];
            int covered = pop < to->n ? pop : to->n;
            to->n -= covered;
            to->base -= pop - covered;
            probe_push(to, yy_find_reduce_action(probe_top(p, to), yyRuleInfoLhs[rule]));
        } else if (act <= YY_MAX_SHIFTREDUCE) {
            probe_push(to, act > YY_MAX_SHIFT ? act + (YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE) : act);
            return true;
        } else {
            return false;
        }
    }
    return true;
}
}
