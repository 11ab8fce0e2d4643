// SPDX-License-Identifier: Apache-2.0
// Printers: ksqlDB's forms, the formatter's layout, comments, and that what is printed reads back the same.
#include "sql/parse.h"
#include "sql/print.h"
#include "unit.h"

typedef void PrintFn(Buf *out, const Stmt *s);

static const char *printed(Arena *a, PrintFn *print, const char *text)
{
    StmtVec all = {NULL, 0, 0};
    Err err = ERR_INIT;
    Buf out = BUF_INIT;
    if (parse_all(str_of(text), a, NULL, &all, &err) == OK && all.n == 1)
        print(&out, all.v[0]);
    else
        buf_printf(&out, "error: %s", err.msg ? err.msg : "not one statement");
    const char *copy = arena_cstr(a, buf_view(&out));
    buf_free(&out);
    err_clear(&err);
    return copy;
}

int test_sql_print_line(void)
{
    static const char *const rows[][2] = {
        {"create stream s (a int key, b varchar(3), c `addr`) with (value_format='json', kafka_topic='t', partitions=1)",
         "CREATE STREAM S (A INTEGER KEY, B STRING, C `addr`) WITH (KAFKA_TOPIC='t', PARTITIONS=1, VALUE_FORMAT='json')"},
        {"create table t as select a, sum(b) as c from s as x where a > 1 and b < 2 group by a emit changes",
         "CREATE TABLE T AS SELECT A, SUM(B) C FROM S X WHERE ((A > 1) AND (B < 2)) GROUP BY A EMIT CHANGES"},
        {"select * from a join b within 1 hour on a.id = b.id limit 3",
         "SELECT * FROM A INNER JOIN B WITHIN 1 HOURS ON ((A.ID = B.ID)) LIMIT 3"},
        {"select a from s window tumbling (size 5 seconds) group by a",
         "SELECT A FROM S WINDOW TUMBLING ( SIZE 5 SECONDS ) GROUP BY A"},
        {"insert into s (a) values (-1)", "INSERT INTO S (A) VALUES (-1)"},
        {"set 'a'='it''s'", "SET 'a'='it''s'"},
        {"describe \"TABLES\"", "DESCRIBE `TABLES`"},
        {"select a 'b' from s", "SELECT A 'b' FROM S"},
        {"select 1a, 1a.b, a.`1B` from s", "SELECT 1A, 1A.B, A.`1B` FROM S"},
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_TEXT(printed(a, print_stmt_line, rows[i][0]), rows[i][1]);
    CHECK_TEXT(printed(a, print_stmt_ksql, "create table t as select a, b as c from s emit changes"),
               "CREATE TABLE T AS SELECT\n  A,\n  B C\nFROM S\nEMIT CHANGES");
    CHECK_TEXT(printed(a, print_stmt_ksql, "create stream t as select o.id id, o.a as emit from o as o"),
               "CREATE STREAM T AS SELECT\n  O.ID ID,\n  O.A `EMIT`\nFROM O O");
    CHECK_TEXT(printed(a, print_stmt_ksql, "create stream t as select * from s emit changes"),
               "CREATE STREAM T AS SELECT *\nFROM S\nEMIT CHANGES");
    arena_free(a);
    return 0;
}

int test_sql_print_names(void)
{
    static const char *const rows[][2] = {
        {"ABC", "ABC"}, {"A_1@X", "A_1@X"}, {"abc", "`abc`"}, {"SELECT", "`SELECT`"}, {"KEY", "KEY"},
        {"A B", "`A B`"},
        {"A`B", "`A``B`"}, {"1", "`1`"}, {"1E3", "`1E3`"}, {"1R", "1R"}, {"A-B", "`A-B`"}, {"", "``"},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Buf out = BUF_INIT;
        print_name(&out, str_of(rows[i][0]));
        CHECK_STR(buf_view(&out), rows[i][1]);
        buf_free(&out);
    }
    return 0;
}

int test_sql_print_parentheses(void)
{
    static const char *const rows[] = {
        "a + b * c", "(a + b) * c", "a - (b - c)", "a OR b AND c", "(a OR b) AND c", "NOT (a AND b)",
        "NOT a = b", "-(a + b)",
        "-(5)", "(-5)[1]", "a || (b || c)", "(a = b) = c", "a NOT BETWEEN 1 AND 2", "a IN (1, b OR c)",
        "(a AND b)[1]",
        "(a + b)->c", "x->y[1]", "f(x, y => y + 1)", "f(x, (y, z) => y OR z)", "CASE a WHEN 1 THEN 2 END",
        "-(-5)", "- -a",
        "(a IS NULL) IS NULL", "a LIKE 'x%' ESCAPE '!'", "(a AT TIME ZONE 'UTC') + 1", "DECIMAL '1.0'", "a.b",
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        const char *text = arena_printf(a, "SELECT %s FROM s", rows[i]);
        const char *want = strcmp(rows[i], "(a AT TIME ZONE 'UTC') + 1") ? text
            : "SELECT a AT TIME ZONE 'UTC' + 1 FROM s";
        CHECK_TEXT(printed(a, print_stmt, arena_printf(a, "SELECT (%s) FROM s", rows[i])),
                   str_starts(str_of(rows[i]), STR("f(")) ? printed(a, print_stmt, text) : want);
    }
    arena_free(a);
    return 0;
}

static bool formats_to(const char *text, const char *want)
{
    Buf once = BUF_INIT, twice = BUF_INIT;
    Err err = ERR_INIT;
    bool good = print_script(&once, str_of(text), &err) == OK &&
                print_script(&twice, buf_view(&once), &err) == OK;
    if (!good || !str_eq_c(buf_view(&once), want) || !str_eq(buf_view(&once), buf_view(&twice))) {
        printf("%s\n--- wanted\n%s--- once\n%.*s--- twice\n%.*s", err.msg ? err.msg : "", want,
               STR_ARG(buf_view(&once)),
               STR_ARG(buf_view(&twice)));
        good = false;
    }
    err_clear(&err);
    buf_free(&once);
    buf_free(&twice);
    return good;
}

int test_sql_format_layout(void)
{
    CHECK(formats_to("select a from s", "SELECT a FROM s;\n"));
    CHECK(formats_to("", ""));
    CHECK(formats_to("create table total_by_customer as select customer, sum(amount) as total, count(*) as n from orders "
                     "where amount > 0 group by customer having sum(amount)>10 emit changes;",
                     "CREATE TABLE total_by_customer AS\n"
                     "SELECT customer, SUM(amount) AS total, COUNT(*) AS n\n"
                     "FROM orders\n"
                     "WHERE amount > 0\n"
                     "GROUP BY customer\n"
                     "HAVING SUM(amount) > 10\n"
                     "EMIT CHANGES;\n"));
    CHECK(formats_to("create stream orders (order_id bigint key, customer_name varchar, shipping_address struct<city varchar>, "
                     "x int) with (kafka_topic='orders', value_format='json');",
                     "CREATE STREAM orders (\n"
                     "    order_id BIGINT KEY,\n"
                     "    customer_name VARCHAR,\n"
                     "    shipping_address STRUCT<city VARCHAR>,\n"
                     "    x INT\n"
                     ") WITH (kafka_topic = 'orders', value_format = 'json');\n"));
    return 0;
}

int test_sql_format_comments(void)
{
    CHECK(formats_to("-- head\n\n\n\n/* b */ select a from s; -- tail\n-- next\nshow streams;\n\n-- end",
                     "-- head\n\n/* b */\nSELECT a FROM s; -- tail\n-- next\nSHOW STREAMS;\n\n-- end\n"));
    CHECK(formats_to("select a, -- first\n b -- second\nfrom s;",
                     "SELECT\n    a, -- first\n    b -- second\nFROM s;\n"));
    CHECK(formats_to("select a /* why */ from s;", "SELECT a /* why */ FROM s;\n"));
    CHECK(formats_to("select a from s -- no semicolon", "SELECT a FROM s; -- no semicolon\n"));
    CHECK(formats_to("select a from s -- one\n; -- two", "SELECT a FROM s; -- one\n-- two\n"));
    CHECK(formats_to("create stream s (\n  -- the key\n  a int key, b int\n);",
                     "CREATE STREAM s (\n    -- the key\n    a INT KEY,\n    b INT\n);\n"));
    CHECK(formats_to("select a from s\n  -- only new ones\n  where b;",
                     "SELECT a\nFROM s\n-- only new ones\nWHERE b;\n"));
    return 0;
}

int test_sql_format_keeps_variables(void)
{
    CHECK(formats_to("define T='x'; select ${c} from ${S} where a='${v}'; create stream s with (kafka_topic=${t});"
                     "set '${p}'=${v};",
                     "DEFINE t = 'x';\nSELECT ${c} FROM ${S} WHERE a = '${v}';\nCREATE STREAM s WITH (kafka_topic = ${t});\n"
                     "SET '${p}' = ${v};\n"));
    return 0;
}

int test_sql_equal(void)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"select a from s", "SELECT (\"A\") FROM `S`", true},
        {"select a from s", "select `a` from s", false},
        {"select cast(a as int) from s", "select cast(a as integer) from s", true},
        {"select cast(a as decimal(4, 2)) from s", "select cast(a as decimal(4, 1)) from s", false},
        {"select a not in (1) from s", "select not a in (1) from s", true},
        {"select a not in (1) from s", "select a in (1) from s", false},
        {"create stream s with (a=1, b=2)", "create stream s with (\"b\"=2, 'A'=1)", true},
        {"create stream s with (a=1, b=2)", "create stream s with (a=1, b=3)", false},
        {"select a + b - c from s", "select a + (b - c) from s", false},
        {"select 1e3 from s", "select 1000e0 from s", true},
        {"select 1.0 from s", "select 1.00 from s", false},
        {"select a from s limit 1", "select a from s", false},
        {"print t", "print 't'", true},
        {"show all topics", "list topics", false},
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        StmtVec all = {NULL, 0, 0};
        Err err = ERR_INIT;
        const char *text = arena_printf(a, "%s; %s", rows[i].a, rows[i].b);
        CHECK_INT(parse_all(str_of(text), a, NULL, &all, &err), OK);
        if (ast_equal(all.v[0], all.v[1]) != rows[i].same)
            printf("%s\n", text);
        CHECK(ast_equal(all.v[0], all.v[1]) == rows[i].same);
    }
    arena_free(a);
    return 0;
}

static bool reads_back(Arena *a, PrintFn *print, const Stmt *s)
{
    StmtVec again = {NULL, 0, 0};
    Err err = ERR_INIT;
    Buf out = BUF_INIT;
    print(&out, s);
    bool good = parse_all(buf_view(&out), a, NULL, &again, &err) == OK && again.n == 1 &&
        ast_equal(s, again.v[0]);
    if (!good)
        printf("%.*s\n  was printed as\n%.*s\n", STR_ARG(s->sql), STR_ARG(buf_view(&out)));
    buf_free(&out);
    err_clear(&err);
    return good;
}

/* Every keyword as a quoted name at every place of a name: what is printed, with or without quotes,
 * must be the name again and not the keyword. $ stands for the name. */
int test_sql_print_keywords_as_names(void)
{
    static const char *const rows[] = {
        "SELECT $ FROM $", "SELECT $ $ FROM $ $", "SELECT $.$, $.* FROM $ AS $ EMIT CHANGES",
        "SELECT $->$, $->* FROM $ LIMIT 1",
        "SELECT $[1], $($), $(*), $(1, $ => $), $(1, ($, $) => $[$]) FROM s",
        "SELECT $ LIKE $ $ FROM s PARTITION BY $",
        "SELECT a LIKE $ ESCAPE 'x' $ FROM $ $ JOIN $ $ WITHIN 1 DAY ON $ = $",
        "SELECT $ $, 1 $, 'x' $, a = $ $ FROM s $ EMIT CHANGES",
        "SELECT a FROM $ $ WINDOW $ SESSION (1 DAY) WHERE $ GROUP BY $, $",
        "SELECT CAST($ AS $), $ 'x' FROM s PARTITION BY $, $",
        "SELECT CASE $ WHEN $ THEN $ ELSE $ END, CASE WHEN $ THEN $ END FROM s",
        "SELECT STRUCT($ := $), MAP($ := $), ARRAY[$] FROM s",
        "SELECT $ IN ($, $), $ BETWEEN $ AND $, NOT $, -$, $ IS NULL, $ || $ FROM s",
        "SELECT a AT TIME ZONE 'x' $ FROM s LEFT JOIN $ ON $",
        "CREATE STREAM $ ($ $, $ $ KEY, $ ARRAY<$>, $ MAP<$, $>, $ STRUCT<$ $>) WITH ($='x', $=1)",
        "CREATE TABLE IF NOT EXISTS $ WITH ($=1)",
        "CREATE OR REPLACE SOURCE TABLE $ ($ $ PRIMARY KEY, $ BYTES HEADER('x'), $ $ HEADERS)",
        "CREATE TYPE $ AS $", "CREATE TYPE $ AS $ ARRAY",
        "CREATE STREAM $ AS SELECT $ FROM $ EMIT FINAL", "INSERT INTO $ ($, $) VALUES ($, $)",
        "INSERT INTO $ VALUES (1)",
        "INSERT INTO $ SELECT a FROM $", "INSERT INTO $ WITH ($='x') SELECT a FROM b", "DROP STREAM $",
        "DROP TABLE IF EXISTS $ DELETE TOPIC",
        "DROP TYPE $", "DROP CONNECTOR $", "ALTER STREAM $ ADD $ $, ADD COLUMN $ $", "TERMINATE $", "PAUSE $",
        "RESUME $", "EXPLAIN $",
        "DESCRIBE $", "DESCRIBE $ EXTENDED", "DESCRIBE FUNCTION $", "DESCRIBE CONNECTOR $",
        "PRINT $ FROM BEGINNING INTERVAL 1 LIMIT 1",
        "PRINT $", "CREATE SINK CONNECTOR $ WITH ($='x')", "ASSERT TOPIC $ WITH ($=1)",
        "ASSERT TOPIC $ TIMEOUT 1 DAY",
        "ASSERT SCHEMA SUBJECT $", "ASSERT SCHEMA SUBJECT $ ID 1 TIMEOUT 1 DAY",
        "ASSERT VALUES $ ($) VALUES ($)",
        "ASSERT NULL VALUES $ ($) KEY ($)", "ASSERT STREAM $ ($ $)", "ASSERT TABLE $ WITH ($=1)",
        "EXPLAIN SELECT $ $ FROM $ $",
        "SELECT $($, DAYS), $(DAYS), $(DAYS, $) FROM s", "DEFINE $ = 'x'", "UNDEFINE $",
    };
    int bad = 0;
    for (int k = 0; keyword_at(k); k++) {
        Arena *a = arena_new(0);
        for (int i = 0; i < ARRAY_LEN(rows); i++) {
            Buf text = BUF_INIT;
            StmtVec all = {NULL, 0, 0};
            Err err = ERR_INIT;
            for (const char *c = rows[i]; *c; c++) {
                if (*c == '$')
                    buf_printf(&text, "\"%s\"", keyword_at(k));
                else
                    buf_byte(&text, *c);
            }
            Status st = parse_all(buf_view(&text), a, NULL, &all, &err);
            if (st != OK)
                printf("%s: %s\n", buf_z(&text), err.msg);
            CHECK_INT(st, OK);
            bad += !reads_back(a, print_stmt_line, all.v[0]) || !reads_back(a, print_stmt_ksql, all.v[0]) ||
                   !reads_back(a, print_stmt, all.v[0]);
            buf_free(&text);
        }
        arena_free(a);
    }
    CHECK_INT(bad, 0);
    return 0;
}

/* Statement texts of a running ksqlDB: printed in its form they stay as they are. */
int test_sql_print_recorded(void)
{
    static const char *const rows[] = {
        "CREATE TABLE CURRENT_SHOPPING_CART WITH (CLEANUP_POLICY='compact', KAFKA_TOPIC='CURRENT_SHOPPING_CART', "
        "KEY_FORMAT='JSON', PARTITIONS=1, REPLICAS=1, RETENTION_MS=604800000) AS SELECT\n"
        "  SHOPPING_CART_EVENTS.CUSTOMER CUSTOMER,\n  SHOPPING_CART_EVENTS.ITEM ITEM,\n"
        "  SUM(SHOPPING_CART_EVENTS.QTY) TOTAL_QTY\nFROM SHOPPING_CART_EVENTS SHOPPING_CART_EVENTS\n"
        "GROUP BY SHOPPING_CART_EVENTS.CUSTOMER, SHOPPING_CART_EVENTS.ITEM\nEMIT CHANGES",
        "CREATE STREAM A1 WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='A1', PARTITIONS=1) AS SELECT *\n"
        "FROM SHOPPING_CART_EVENTS SHOPPING_CART_EVENTS\nEMIT CHANGES",
        "CREATE STREAM J WITH (KAFKA_TOPIC='J', PARTITIONS=2) AS SELECT O.ID ID\nFROM ORDERS O\n"
        "INNER JOIN CUSTOMERS C WITHIN 1 HOURS ON ((O.CUSTOMER = C.ID))\nEMIT CHANGES",
        "CREATE STREAM S2 WITH (KAFKA_TOPIC='S2', PARTITIONS=2) AS SELECT\n  ORDERS.ID ID,\n"
        "  (CASE WHEN (ORDERS.AMOUNT > 1) THEN 'a' ELSE 2 END) X,\n  ORDERS.TAGS['x'] X,\n"
        "  ORDERS.ADDR->NOSUCH X,\n  CAST(ORDERS.TAGS AS INTEGER) X\nFROM ORDERS ORDERS\nEMIT CHANGES",
        "CREATE TABLE T2 AS SELECT COUNT(*) KSQL_COL_0\nFROM ORDERS ORDERS\n"
        "WINDOW TUMBLING ( SIZE 0 SECONDS ) \nGROUP BY ORDERS.CUSTOMER\nEMIT CHANGES",
        "CREATE STREAM L (LEVEL STRING, MESSAGE STRUCT<TYPE INTEGER, E STRUCT<CAUSE ARRAY<STRING>, `topic` STRING>>) "
        "WITH (KAFKA_TOPIC='l', VALUE_FORMAT='JSON')",
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_TEXT(printed(a, print_stmt_ksql, rows[i]), rows[i]);
    arena_free(a);
    return 0;
}
