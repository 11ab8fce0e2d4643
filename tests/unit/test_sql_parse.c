// SPDX-License-Identifier: Apache-2.0
// Parser: trees and places, words that are keywords only in places, variables, the walk over a script,
// limits.
#include "base/limits.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "unit.h"

/* The one statement of a text; NULL when it does not parse. */
static Stmt *one(Arena *a, const char *text)
{
    StmtVec all = {NULL, 0, 0};
    Err err = ERR_INIT;
    Status st = parse_all(str_of(text), a, NULL, &all, &err);
    if (st != OK)
        printf("%s: %s\n", text, err.msg);
    err_clear(&err);
    return st == OK && all.n == 1 ? all.v[0] : NULL;
}

/* The expression as the line form prints it. */
static const char *line_form(Arena *a, const char *text)
{
    Expr *e;
    Err err = ERR_INIT;
    Buf out = BUF_INIT;
    if (parse_expression(str_of(text), a, &e, &err) == OK)
        print_expr(&out, e);
    else
        buf_printf(&out, "error: %s", err.msg);
    const char *copy = arena_cstr(a, buf_view(&out));
    buf_free(&out);
    err_clear(&err);
    return copy;
}

int test_sql_parse_precedence(void)
{
    static const char *const rows[][2] = {
        {"a + b * c", "(A + (B * C))"},
        {"a - b - c", "((A - B) - C)"},
        {"a || b + c", "(A || (B + C))"},
        {"a or b and not c = d", "(A OR (B AND (NOT (C = D))))"},
        {"not a and b", "((NOT A) AND B)"},
        {"-a * b", "(-A * B)"},
        {"- -5", "-(-5)"},
        {"1 - -5", "(1 - -5)"},
        {"-(5)", "-(5)"},
        {"a between b + 1 and c and d", "((A BETWEEN (B + 1) AND C) AND D)"},
        {"a not in (1, 'x')", "(NOT (A IN (1, 'x')))"},
        {"a like 'x' escape '!'", "(A LIKE 'x' ESCAPE '!')"},
        {"a is not distinct from b", "(A IS NOT DISTINCT FROM B)"},
        {"a->b->c[1]", "A->B->C[1]"},
        {"case a when 1 then 2 else 3 end", "(CASE A WHEN 1 THEN 2 ELSE 3 END)"},
        {"cast(a as array<int>)", "CAST(A AS ARRAY<INTEGER>)"},
        {"map('k' := 1)", "MAP('k':=1)"},
        {"struct(a := 1, `b` := x)", "STRUCT(A:=1, `b`:=X)"},
        {"transform(x, (k, v) => k + v)", "TRANSFORM(X, (K, V) => (K + V))"},
        {"count(*)", "COUNT(*)"},
        {"timestampadd(days, 1, ts)", "TIMESTAMPADD(DAYS, 1, TS)"},
        {"timestampadd(day, 1, ts)", "TIMESTAMPADD(DAY, 1, TS)"},
        {"\"Mixed\" + `select`", "(`Mixed` + `select`)"},
        {"decimal '1.50'", "DECIMAL '1.50'"},
        {"a at time zone 'UTC'", "(A AT TIME ZONE 'UTC')"},
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_TEXT(line_form(a, rows[i][0]), rows[i][1]);
    arena_free(a);
    return 0;
}

int test_sql_parse_literals(void)
{
    Arena *a = arena_new(0);
    Expr *e;
    Err err = ERR_INIT;
    CHECK_INT(parse_expression(STR("-9223372036854775808"), a, &e, &err), OK);
    CHECK(e->kind == EXPR_INT && e->i == INT64_MIN);
    CHECK_INT(parse_expression(STR("1.50"), a, &e, &err), OK);
    CHECK(e->kind == EXPR_DECIMAL);
    CHECK_STR(e->text, "1.50");
    CHECK_INT(parse_expression(STR("-1.5e2"), a, &e, &err), OK);
    CHECK(e->kind == EXPR_DOUBLE && e->d == -150.0);
    CHECK_INT(parse_expression(STR("'it''s'"), a, &e, &err), OK);
    CHECK_STR(e->text, "it's");
    CHECK(parse_expression(STR("9223372036854775808"), a, &e, &err) != OK);
    CHECK_TEXT(err.msg, "Invalid numeric literal: 9223372036854775808");
    err_clear(&err);
    CHECK(parse_expression(STR("-1.7976931348623160E308"), a, &e, &err) != OK);
    CHECK_TEXT(err.msg, "Number overflows DOUBLE: -1.7976931348623160E308");
    err_clear(&err);
    arena_free(a);
    return 0;
}

/* DAYS is a unit of time and reserved, DAY a name like any other. */
int test_sql_parse_units(void)
{
    Arena *a = arena_new(0);
    Expr *e;
    Err err = ERR_INIT;
    CHECK_INT(parse_expression(STR("f(days, day, 1)"), a, &e, &err), OK);
    CHECK(e->list.v[0]->kind == EXPR_UNIT && e->list.v[1]->kind == EXPR_COLUMN);
    arena_free(a);
    return 0;
}

int test_sql_parse_soft_keywords(void)
{
    static const char *const rows[] = {
        "SELECT array, map, struct, key, source, id FROM stream1 emit EMIT CHANGES",
        "SELECT array[1], key AS if FROM `if` WHERE time > 3",
        "CREATE STREAM if (a INT)",
        "CREATE STREAM IF NOT EXISTS if (key INT KEY, array ARRAY<INT>, b map, headers BYTES HEADER('x'))",
        "ALTER STREAM s ADD COLUMN column INT, ADD column INT, ADD COLUMN a INT",
        "DESCRIBE FUNCTION",
        "EXPLAIN show",
        "EXPLAIN SHOW STREAMS",
        "SELECT a FROM x PARTITION BY partition",
        "SELECT a FROM x session WINDOW session SESSION (5 MINUTES) GROUP BY session",
        "DEFINE select = 'x'",
        "SELECT a LIKE 'x' escape FROM s",
        "CREATE TYPE type AS STRUCT<type INT, string STRING>",
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK(one(a, rows[i]) != NULL);
    }
    CHECK(one(a, rows[0])->query->emit == EMIT_CHANGES);
    CHECK_STR(one(a, rows[0])->query->from.from.alias.text, "EMIT");
    CHECK_STR(one(a, rows[2])->name.text, "IF");
    CHECK(one(a, rows[3])->if_not_exists);
    CHECK_STR(one(a, rows[4])->elements.v[1].name.text, "COLUMN");
    CHECK(one(a, rows[7])->inner != NULL);
    arena_free(a);
    return 0;
}

int test_sql_parse_every_statement(void)
{
    static const struct {
        const char *text;
        StmtKind kind;
    } rows[] = {
        {"create source table if not exists t (a int primary key) with (x=1)", STMT_CREATE_TABLE},
        {"create or replace stream s with (kafka_topic='t') as select * from x", STMT_CREATE_STREAM_AS},
        {"insert into s with (query_id='q') select a from b", STMT_INSERT_INTO},
        {"insert into s (a, b) values (1, f('x') + 2)", STMT_INSERT_VALUES},
        {"drop table if exists t delete topic", STMT_DROP_TABLE},
        {"terminate all", STMT_TERMINATE}, {"pause q", STMT_PAUSE}, {"resume all", STMT_RESUME},
        {"describe streams extended", STMT_DESCRIBE_ALL}, {"describe tables", STMT_DESCRIBE_ALL},
        {"describe `TABLES1`", STMT_DESCRIBE}, {"describe function f", STMT_DESCRIBE_FUNCTION},
        {"describe connector c", STMT_DESCRIBE_CONNECTOR}, {"list all topics extended", STMT_SHOW_TOPICS},
        {"show source connectors", STMT_SHOW_CONNECTORS},
        {"show connector plugins", STMT_SHOW_CONNECTOR_PLUGINS},
        {"show queries extended", STMT_SHOW_QUERIES}, {"show functions", STMT_SHOW_FUNCTIONS},
        {"show properties", STMT_SHOW_PROPERTIES}, {"show types", STMT_SHOW_TYPES},
        {"show variables", STMT_SHOW_VARIABLES},
        {"print 'a topic' from beginning sample 3 limit 5", STMT_PRINT}, {"set 'a'='b'", STMT_SET},
        {"unset 'a'", STMT_UNSET},
        {"alter system 'a'='b'", STMT_ALTER_SYSTEM}, {"define a='b'", STMT_DEFINE},
        {"undefine a", STMT_UNDEFINE},
        {"create sink connector if not exists c with ('a.b'='c')", STMT_CREATE_CONNECTOR},
        {"drop connector if exists c", STMT_DROP_CONNECTOR}, {"create type t as struct<>", STMT_CREATE_TYPE},
        {"drop type t", STMT_DROP_TYPE}, {"alter table t add a int, add column b decimal(4, 2) array",
                                          STMT_ALTER_SOURCE},
        {"assert not exists topic t with (partitions=1) timeout 3 seconds", STMT_ASSERT_TOPIC},
        {"assert schema subject 's' id 3 timeout 1 minute", STMT_ASSERT_SCHEMA},
        {"assert values s values (1)", STMT_ASSERT_VALUES},
        {"assert null values s (a) key (1)", STMT_ASSERT_NULL_VALUES},
        {"assert stream s (a int)", STMT_ASSERT_STREAM},
        {"assert table t with (a='b')", STMT_ASSERT_TABLE}, {"run script 'f.sql'", STMT_RUN_SCRIPT},
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Stmt *s = one(a, rows[i].text);
        CHECK(s != NULL);
        CHECK_INT(s->kind, rows[i].kind);
        CHECK_STR(s->sql, rows[i].text);
    }
    arena_free(a);
    return 0;
}

int test_sql_parse_spans(void)
{
    const char *text = "SHOW STREAMS;\n  SELECT a + (b * 2) AS c\nFROM s WHERE x = 'y' ;";
    Arena *a = arena_new(0);
    StmtVec all = {NULL, 0, 0};
    Err err = ERR_INIT;
    CHECK_INT(parse_all(str_of(text), a, NULL, &all, &err), OK);
    CHECK_INT(all.n, 2);
    CHECK_STR(all.v[0]->sql, "SHOW STREAMS");
    const Stmt *s = all.v[1];
    CHECK_STR(s->sql, "SELECT a + (b * 2) AS c\nFROM s WHERE x = 'y'");
    CHECK_INT(s->span.line, 2);
    CHECK_INT(s->span.col, 3);
    const Expr *e = s->query->items.v[0].expr;
    CHECK_STR(str_sub(str_of(text), (size_t)e->span.off, (size_t)e->span.len), "a + (b * 2)");
    CHECK_STR(str_sub(str_of(text), (size_t)e->b->span.off, (size_t)e->b->span.len), "(b * 2)");
    CHECK_INT(s->query->where->span.line, 3);
    CHECK_INT(s->query->where->span.col, 14);
    arena_free(a);
    return 0;
}

int test_sql_parse_walk_goes_on_behind_errors(void)
{
    Script s;
    Arena *a = arena_new(0);
    Stmt *stmt;
    Err err = ERR_INIT;
    script_init(&s, STR("SHOW NONSENSE; SHOW STREAMS; ASSERT VALUES s VALUES (1); SHOW TABLES"));
    CHECK(script_next(&s, a, NULL, false, &stmt, &err) == ERR_SYNTAX && !stmt);
    err_clear(&err);
    CHECK(script_next(&s, a, NULL, false, &stmt, &err) == OK && stmt->kind == STMT_SHOW_STREAMS);
    CHECK(script_next(&s, a, NULL, false, &stmt, &err) == ERR_SYNTAX);
    CHECK_TEXT(err.msg, "Syntax Error\nSyntax error at or near 'VALUES' at line 1:37");
    err_clear(&err);
    CHECK(script_next(&s, a, NULL, false, &stmt, &err) == ERR_SYNTAX);
    CHECK_TEXT(err.msg, "Syntax Error\nmissing ';' at '<EOF>'");
    err_clear(&err);
    CHECK(script_next(&s, a, NULL, false, &stmt, &err) == OK && !stmt);
    script_init(&s, STR("-- nothing\n/* at all */"));
    CHECK(script_next(&s, a, NULL, false, &stmt, &err) == OK && !stmt);
    arena_free(a);
    return 0;
}

int test_sql_parse_script_complete(void)
{
    CHECK(script_complete(STR("SHOW STREAMS; -- done")));
    CHECK(!script_complete(STR("SHOW STREAMS")));
    CHECK(!script_complete(STR("SELECT ';")));
    CHECK(!script_complete(STR("SELECT ';'")));
    CHECK(!script_complete(STR("SHOW STREAMS; SHOW")));
    CHECK(!script_complete(STR("SHOW STREAMS /* ; ")));
    CHECK(!script_complete(STR("")));
    return 0;
}

/* Parses text with the variables X = abc, S = 'it''s', T = it's, N = 5, BAD = a; DROP. */
static Status with_variables(Arena *a, const char *text, Stmt **out, Err *err)
{
    StrMap vars = {0};
    Script s;
    char x[] = "abc", quoted[] = "'it''s'", plain[] = "it's", n[] = "5", bad[] = "a; DROP";
    strmap_put(&vars, STR("X"), x);
    strmap_put(&vars, STR("S"), quoted);
    strmap_put(&vars, STR("T"), plain);
    strmap_put(&vars, STR("N"), n);
    strmap_put(&vars, STR("BAD"), bad);
    script_init(&s, str_of(text));
    Status st = script_next(&s, a, &vars, true, out, err);
    strmap_free(&vars);
    return st;
}

int test_sql_parse_variables(void)
{
    Arena *a = arena_new(0);
    Stmt *s;
    Err err = ERR_INIT;
    CHECK_INT(with_variables(a, " SELECT ${x}, ${S}, '${t} ${none}' FROM s LIMIT ${n};", &s, &err), OK);
    CHECK(s->substituted);
    CHECK_STR(s->sql, "SELECT abc, 'it''s', 'it''s ${none}' FROM s LIMIT 5");
    CHECK_INT(s->query->limit, 5);
    CHECK_INT(with_variables(a, "SELECT a FROM s", &s, &err), OK);
    CHECK(!s->substituted);
    CHECK_INT(with_variables(a, "SELECT ${none} FROM s", &s, &err), ERR_SYNTAX);
    CHECK_TEXT(err.msg, "The variable ${none} is not defined");
    CHECK_INT(err.span.col, 8);
    err_clear(&err);
    CHECK_INT(with_variables(a, "DROP STREAM ${bad};", &s, &err), ERR_SYNTAX);
    CHECK_TEXT(err.msg, "Illegal argument at Line: 1, Col: 13. Got: 'a; DROP' after variable substitution");
    err_clear(&err);
    /* The place of an error behind a variable is one in the script. */
    CHECK_INT(with_variables(a, "SELECT ${x}, 'q' nonsense again FROM s;", &s, &err), ERR_SYNTAX);
    CHECK_INT(err.span.col, 27);
    CHECK_INT(err.span.off, 26);
    err_clear(&err);
    arena_free(a);
    return 0;
}

/* n times `part` between head and tail. New, on the heap. */
static char *repeated(const char *head, const char *part, int n, const char *tail)
{
    Buf b = BUF_INIT;
    buf_cstr(&b, head);
    for (int i = 0; i < n; i++)
        buf_cstr(&b, part);
    buf_cstr(&b, tail);
    char *text = mem_strdup(buf_z(&b));
    buf_free(&b);
    return text;
}

static Status parse_repeated(const char *head, const char *part, int n, const char *tail)
{
    Arena *a = arena_new(0);
    StmtVec all = {NULL, 0, 0};
    Err err = ERR_INIT;
    char *text = repeated(head, part, n, tail);
    Status st = parse_all(str_of(text), a, NULL, &all, &err);
    if (st != OK && st != ERR_LIMIT)
        printf("%s: %s\n", part, err.msg);
    mem_free(text);
    err_clear(&err);
    arena_free(a);
    return st;
}

int test_sql_parse_limits(void)
{
    static const struct {
        const char *head, *part, *tail;
        int good, bad;
    } rows[] = {
        {"SELECT a", " + a", " FROM s", LIMIT_EXPR_DEPTH - 1, 150000},
        {"SELECT a FROM s WHERE a", " AND a", "", LIMIT_EXPR_DEPTH - 1, 150000},
        {"SELECT a FROM s WHERE a", " OR a = 1", "", LIMIT_EXPR_DEPTH - 2, 90000},
        {"SELECT ", "- ", "a FROM s", LIMIT_EXPR_DEPTH - 1, 200000},
        {"SELECT ", "NOT ", "a FROM s", LIMIT_EXPR_DEPTH - 1, 200000},
        {"SELECT a", "->b", " FROM s", LIMIT_EXPR_DEPTH - 1, 200000},
        {"SELECT a", "[1]", " FROM s", LIMIT_EXPR_DEPTH - 1, 200000},
        {"SELECT 1", ", a", " FROM s", LIMIT_COLUMNS - 1, LIMIT_COLUMNS},
        {"SELECT f(1", ", 1", ") FROM s", 90000, 110000},
        {"CREATE STREAM s (a INT", ", b INT", ")", LIMIT_COLUMNS - 1, LIMIT_COLUMNS},
        {"CREATE TYPE t AS INT", " ARRAY", "", LIMIT_NESTING - 1, 100000},
        {"EXPLAIN ", "EXPLAIN ", "SHOW STREAMS", LIMIT_NESTING - 1, LIMIT_NESTING},
        {"SHOW STREAMS", " ", "", LIMIT_STATEMENT_BYTES - 20, 2 * LIMIT_STATEMENT_BYTES},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT(parse_repeated(rows[i].head, rows[i].part, rows[i].good, rows[i].tail), OK);
        bool blanks = rows[i].part[0] == ' ' && rows[i].part[1] == '\0';
        CHECK_INT(parse_repeated(rows[i].head, rows[i].part, rows[i].bad, rows[i].tail), blanks ? OK
                  : ERR_LIMIT);
    }
    return 0;
}

static Status parse_nested(const char *open, const char *close, int n)
{
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    Expr *e;
    char *text = repeated("", open, n, "a"), *tail = repeated("", close, n, "");
    Buf b = BUF_INIT;
    buf_printf(&b, "%s%s", text, tail);
    Status st = parse_expression(buf_view(&b), a, &e, &err);
    buf_free(&b);
    mem_free(text);
    mem_free(tail);
    err_clear(&err);
    arena_free(a);
    return st;
}

int test_sql_parse_nesting(void)
{
    static const char *const rows[][2] = {
        {"(", ")"}, {"f(", ")"}, {"ARRAY[", "]"}, {"CASE WHEN ", " THEN 1 END"}, {"x[", "]"},
        {"f(x, y => ", ")"},
        {"MAP('k' := ", ")"}, {"CAST(", " AS INT)"}, {"a IN (", ")"},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT(parse_nested(rows[i][0], rows[i][1], LIMIT_NESTING), OK);
        CHECK_INT(parse_nested(rows[i][0], rows[i][1], LIMIT_NESTING + 1), ERR_LIMIT);
        CHECK_INT(parse_nested(rows[i][0], rows[i][1], 50000), ERR_LIMIT);
    }
    return 0;
}
