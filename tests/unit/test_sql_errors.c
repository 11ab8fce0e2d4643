// SPDX-License-Identifier: Apache-2.0
// Syntax errors: ksqlDB's words, the caret's place, the hint. Most texts are from recorded answers.
#include "base/nearest.h"
#include "sql/parse.h"
#include "unit.h"

/* The error of the first statement that does not parse. */
static Err fault(const char *text, bool lax)
{
    Script s;
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    Stmt *stmt = NULL;
    script_init(&s, str_of(text));
    while (script_next(&s, a, NULL, lax, &stmt, &err) == OK && stmt)
        ;
    arena_free(a);
    return err;
}

int test_sql_errors_as_ksqldb_words_them(void)
{
    static const char *const rows[][2] = {
        {"SELEC * FROM orders;", "line 1:1: Syntax Error\nUnknown statement 'SELEC'\nDid you mean 'SELECT'?"},
        {";", "line 1:1: Syntax Error\nUnknown statement ';'\nDid you mean 'SET'?"},
        {"1", "line 1:1: Syntax Error\nUnknown statement '1'\nDid you mean 'SET'?"},
        {"CREATE STREAM (a INT) WITH (kafka_topic='t');",
         "line 1:15: Syntax Error\nSyntax error at or near '(' at line 1:15"},
        {"CREATE STREAM s1 (a INT) WITH (kafka_topic='t1', value_format='json')",
         "line 1:70: Syntax Error\nmissing ';' at '<EOF>'"},
        {"CREATE TABLE t2 AS SELECT customer, COUNT(*) FROM orders WINDOW HOPPING (SIZE 5 SECONDS) GROUP BY customer;",
         "line 1:88: Syntax Error\nExpecting ','"},
        {"ALTER STREAM orders DROP COLUMN customer;", "line 1:21: Syntax Error\nExpecting 'ADD'"},
        {"SHOW STREAMS; SHOW NONSENSE;", "line 1:20: Syntax Error\nSyntax error at or near 'NONSENSE' at line 1:20"},
        {"SELECT * FROM S1 ORDER BY MYKEY DESC;", "line 1:24: Syntax Error\n"},
        {"CREATE STREAM i (K STRING (KEY));", "line 1:28: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"},
        {"CREATE STREAM i (K VARCHAR(STRING) (KEY));", "line 1:36: Syntax Error\nExpecting {',', ')'}"},
        {"CREATE STREAM s (c1 VARCHAR, size INTEGER);",
         "line 1:30: Syntax Error\n\"size\" is a reserved keyword and it can't be used as an identifier. "
         "You can use it as an identifier by escaping it as 'size' "},
        {"SELECT 1.7976931348623159E308 FROM s;",
         "Failed to prepare statement: line 1:9: Number overflows DOUBLE: 1.7976931348623159E308"},
        {"DROP STREAM `a b`;", "Failed to prepare statement: Illegal argument at Line: 1, Col: 13. Source names may only "
                               "contain alphanumeric values, '_' or '-'. Got: 'a b'"},
        {"SELECT a FROM s LIMIT 1.5;", "Failed to prepare statement: Value must be integer for command: LIMIT"},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Err err = fault(rows[i][0], false);
        Buf out = BUF_INIT;
        CHECK(err.code == ERR_SYNTAX);
        parse_err_ksql(&err, &out);
        CHECK_STR(buf_view(&out), rows[i][1]);
        buf_free(&out);
        err_clear(&err);
    }
    return 0;
}

int test_sql_errors_hint(void)
{
    static const char *const rows[][2] = {
        {"SELECT a FORM s;", "did you mean FROM instead of FORM?"},
        {"SELECT a FROM s WERE x = 1;", "did you mean WHERE instead of WERE?"},
        {"SHOW STREAM;", "did you mean STREAMS?"},
        {"SHOW PROPERTY;", "did you mean PROPERTIES?"},
        {"LIST query;", "did you mean QUERIES?"},
        {"SHOW FOO;", "expected ALL, CONNECTOR, CONNECTORS, FUNCTIONS, PROPERTIES, QUERIES, SINK, SOURCE, STREAMS, TABLES, "
                      "TOPICS, TYPES or VARIABLES"},
        {"SELECT a FROM s EMIT CHANGE;", "did you mean CHANGES?"},
        {"INSERT INTO s (a) VALUE (1);", "did you mean VALUES?"},
        {"SHOW STREAMS\nSELECT a FROM s;", "a semicolon is missing before SELECT"},
        {"CREATE STREAM x WITH (kafka_topic=orders);", "a string stands in single quotes: 'orders'"},
        {"CREATE STREAM x WITH (kafka_topic=\"orders\");", "a string stands in single quotes: 'orders'"},
        {"SET auto.offset.reset = 'earliest';", "a string stands in single quotes: 'auto.offset.reset'"},
        {"SELECT 'abc FROM s;", "put ' at its end; a quote within a string is written twice: ''"},
        {"SELECT `abc FROM s;", "put ` at its end"},
        {"SELECT a /* abc FROM s;", "put */ at its end"},
        {"SELECT ${abc FROM s;", "a variable is written ${name}"},
        {"SELECT ${", "a variable is written ${name}"},
        {"SELECT ${} FROM s;", "a variable is written ${name}"},
        {"SELECT $", "expected an expression or '*'"},
        {"SELECT \xE2\x80\x98" "a\xE2\x80\x99 FROM s;",
         "use plain quotes: 'text' for strings, \"name\" or `name` for names"},
        {"SELECT size FROM s;", "size is a reserved word; as a name it must be quoted: `size`"},
        {"SELECT FROM s;", "expected an expression or '*'"},
        {"SELECT a AS FROM s;", "expected a name"},
        {"CREATE STREAM s (a INT, b);", "expected a type"},
        {"SELECT a FROM s WINDOW TUMBLING (SIZE 5) GROUP BY a;",
         "expected DAYS, HOURS, MILLISECONDS, MINUTES or SECONDS"},
        {"SELECT a FROM s WHERE a == 1;", "equality is written with one ="},
        {"DROP s;", "expected CONNECTOR, STREAM, TABLE or TYPE"},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Err err = fault(rows[i][0], true);
        CHECK_TEXT(err.hint, rows[i][1]);
        err_clear(&err);
    }
    return 0;
}

int test_sql_errors_caret(void)
{
    const char *text = "SHOW STREAMS;\nSELECT a,\n       b +* c\nFROM s;";
    Err err = fault(text, true);
    Buf out = BUF_INIT;
    err_print(&out, &err, str_of(text), "f.sql", 0);
    CHECK_STR(buf_view(&out), "f.sql:3:11: Syntax Error\nSyntax error at or near '*' at line 3:11\n"
                              "         b +* c\n            ^\nhint: expected an expression\n");
    err_clear(&err);
    buf_free(&out);
    return 0;
}

int test_sql_nearest(void)
{
    static const char *const words[] = {"CUSTOMER", "CUSTOMERS", "ORDERS", "ID"};
    CHECK_INT(nearest_distance(STR("abc"), STR("ABC")), 0);
    CHECK_INT(nearest_distance(STR("abc"), STR("acb")), 1);
    CHECK_INT(nearest_distance(STR("kitten"), STR("sitting")), 3);
    CHECK_INT(nearest_distance(STR(""), STR("abc")), 3);
    CHECK_TEXT(nearest_find(STR("custmer"), words, 4), "CUSTOMER");
    CHECK_TEXT(nearest_find(STR("oders"), words, 4), "ORDERS");
    CHECK(nearest_find(STR("zebra"), words, 4) == NULL);
    CHECK(nearest_find(STR("i"), words, 4) == NULL);
    return 0;
}

/* A string or quoted name that is no UTF-8 is refused at its first wrong byte; a comment may be anything. */
int test_sql_errors_utf8(void)
{
    static const struct {
        const char *text;
        int line, col, off;
    } rows[] = {
        {"INSERT INTO s VALUES (1, 'aé\xE2\x82');", 1, 29, 29},
        {"INSERT INTO s VALUES ('a\n\nbc\xFF');", 3, 3, 28},
        {"SELECT `x\xED\xA0\xBD` FROM s;", 1, 10, 9},
        {"SELECT \"\x80\" FROM s;", 1, 9, 8},
        {"SELECT /* caf\xE9 */ 'é😀' FROM s; -- \xE9", 0, 0, 0},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Arena *a = arena_new(0);
        StmtVec stmts = {0};
        Err err = ERR_INIT;
        Status st = parse_all(str_of(rows[i].text), a, NULL, &stmts, &err);
        CHECK_INT(st, rows[i].line ? ERR_SYNTAX : OK);
        CHECK_INT(err.span.line, rows[i].line);
        CHECK_INT(err.span.col, rows[i].col);
        CHECK_INT(err.span.off, rows[i].off);
        CHECK(st == OK || strstr(err.msg, "not UTF-8 here: byte 0x"));
        err_clear(&err);
        arena_free(a);
    }
    return 0;
}
