// SPDX-License-Identifier: Apache-2.0
// What is read: ends of statements, completion, the history file, names of shell commands.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shell/cli.h"
#include "shell/complete.h"
#include "shell/history.h"
#include "shell/scan.h"
#include "unit.h"

/* In one piece, and line by line: the same. */
static bool complete_text(const char *text)
{
    Scan whole = {.at = 0}, lines = {.at = 0};
    bool complete = scan_complete(&whole, str_of(text)), by_line = true;
    for (const char *p = text; *p; p++)
        if (p[1] == 0 || *p == '\n')
            by_line = scan_complete(&lines, (Str){text, (size_t)(p + 1 - text)});
    return complete == by_line && complete;
}

int test_scan_complete(void)
{
    CHECK(complete_text(""));
    CHECK(complete_text("SHOW STREAMS;"));
    CHECK(complete_text("SHOW STREAMS; -- done"));
    CHECK(complete_text("SHOW STREAMS; /* ;\n */ \n"));
    CHECK(complete_text("-- one\n/* two\n*//* three */\n"));
    CHECK(!complete_text("SHOW STREAMS"));
    CHECK(!complete_text("SHOW STREAMS; SELECT"));
    CHECK(!complete_text("SELECT ';\n\n;"));
    CHECK(complete_text("SELECT 'it''s;\n''';"));
    CHECK(!complete_text("SELECT `a;"));
    CHECK(!complete_text("SELECT -- ;"));
    CHECK(!complete_text("SELECT 1; /* open"));
    CHECK(!complete_text("SELECT 1; /*/"));
    CHECK(!complete_text("SELECT 1;\n/* open\n*\n/\n"));
    return 0;
}

int test_scan_statement(void)
{
    Str text = STR(" -- x\n/* y */ a ';' \"x\"\"\" b; c");
    Scan s = {.at = 0};
    CHECK(scan_begin(&s, text));
    CHECK_INT(s.at, 14);
    CHECK(scan_end(&s, text));
    CHECK_INT(s.at, 28);
    CHECK(scan_begin(&s, text));
    CHECK_INT(s.at, 29);
    CHECK(!scan_end(&s, text));
    CHECK(s.begun && s.in == 0);
    CHECK_INT(scan_blank(STR("  -- x\n/* y */ z"), 0), 15);
    CHECK_INT(scan_blank(STR("  -- x\r\rz"), 0), 8);
    CHECK_INT(scan_blank(STR("  -- x"), 0), 6);
    Place p = {0, 1, 1};
    scan_advance(STR("\xc3\xa9\n b"), &p, 4);
    CHECK_INT(p.line, 2);
    CHECK_INT(p.col, 2);
    return 0;
}

int test_scan_knows_what_is_open(void)
{
    static const struct {
        const char *text;
        char in;
        int from;
    } rows[] = {{"a; /* b", '*', 3}, {"a; -- b", '-', 3}, {"a 'b''c", '\'', 2}, {"a `b\"", '`', 2}, {"a \"'", '"', 2}};
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Scan s = {.at = 0};
        (void)scan_complete(&s, str_of(rows[i].text));
        CHECK_INT(s.in, rows[i].in);
        CHECK_INT(s.from, rows[i].from);
    }
    return 0;
}

int test_scan_inside(void)
{
    char q = 'x';
    size_t from = 0;
    CHECK(scan_inside(STR("SET 'auto"), 9, &q, &from));
    CHECK_INT(q, '\'');
    CHECK_INT(from, 5);
    CHECK(!scan_inside(STR("SET 'auto' "), 11, &q, &from));
    CHECK(scan_inside(STR("a -- b"), 6, &q, &from));
    CHECK_INT(q, 0);
    CHECK(!scan_inside(STR("a -- b\nc"), 8, &q, &from));
    CHECK(scan_inside(STR("a /* b"), 6, &q, &from));
    return 0;
}

/* ---- completion ------------------------------------------------------------------------------ */

static void names(void *from, char kind, Str prefix, void (*fn)(void *arg, Str name), void *arg)
{
    static const struct {
        char kind;
        const char *name;
    } all[] = {{'s', "SHOPPING_CART_EVENTS"}, {'s', "SHOPS"},         {'s', "lower"},
               {'t', "shopping_cart_events"}, {'q', "CTAS_SHOPS_3"},  {'p', "auto.offset.reset"},
               {'p', "auto.commit"},          {'f', "SUM"},           {'f', "SUBSTRING"},
               {'c', "CUSTOMER"},             {'c', "SUMMARY"},       {'c', "FROM"}};
    UNUSED(from), UNUSED(prefix);
    for (int i = 0; i < ARRAY_LEN(all); i++)
        if (all[i].kind == kind)
            fn(arg, str_of(all[i].name));
}

/* The candidates with a blank after each, then what all begin with and what comes after, in brackets. */
static int completes(const char *text, const char *want)
{
    Completion c;
    Arena *a = arena_new(0);
    Buf got = BUF_INIT;
    complete(&c, a, str_of(text), names, NULL);
    for (int i = 0; i < c.words.n; i++)
        buf_printf(&got, "%.*s ", STR_ARG(c.words.v[i]));
    if (c.words.n > 1)
        buf_printf(&got, "[%.*s]", STR_ARG(c.common));
    if (c.words.n == 1 && c.after)
        buf_printf(&got, "[%c]", c.after);
    CHECK_TEXT(buf_z(&got), want);
    buf_free(&got);
    arena_free(a);
    return 0;
}

#define COMPLETES(text, want)        \
    do {                             \
        if (completes(text, want)) { \
            printf("  at %s\n", text); \
            return 1;                \
        }                            \
    } while (0)

int test_complete_statements(void)
{
    COMPLETES("SEL", "SELECT [ ]");
    COMPLETES("sel", "select [ ]");
    COMPLETES("SHOW STREAMS; dro", "drop [ ]");
    COMPLETES("hist", "history [ ]");
    COMPLETES("SHOW T", "TABLES TOPICS TYPES [T]");
    COMPLETES("DROP st", "stream [ ]");
    COMPLETES("-- sel", "");
    return 0;
}

int test_complete_names(void)
{
    COMPLETES("SELECT * FROM sh", "shopping_cart_events shops [shop]");
    COMPLETES("SELECT * FROM SHOPP", "SHOPPING_CART_EVENTS [ ]");
    COMPLETES("SELECT * FROM low", "`lower` [ ]");
    COMPLETES("SELECT * FROM `lo", "lower [`]");
    COMPLETES("DROP TABLE shops", "shops [ ]");
    COMPLETES("DESCRIBE shopp", "shopping_cart_events [ ]");
    COMPLETES("PRINT shop", "shopping_cart_events [ ]");
    COMPLETES("TERMINATE c", "ctas_shops_3 [ ]");
    COMPLETES("DESCRIBE FUNCTION su", "substring sum [su]");
    COMPLETES("SELECT subs", "substring [(]");
    COMPLETES("SELECT sum", "sum summary [sum]");
    COMPLETES("SELECT s.cus", "customer ");
    COMPLETES("SELECT ", "");
    return 0;
}

int test_complete_texts(void)
{
    COMPLETES("SET 'auto.o", "auto.offset.reset [']");
    COMPLETES("SET 'auto.", "auto.commit auto.offset.reset [auto.]");
    COMPLETES("UNSET auto", "'auto.commit 'auto.offset.reset ['auto.]");
    COMPLETES("CREATE STREAM a (b INT) WITH (KAFKA_", "KAFKA_TOPIC [=]");
    COMPLETES("CREATE STREAM a (b INT) WITH (kafka_topic='sho", "shopping_cart_events [']");
    COMPLETES("CREATE STREAM a (b INT) WITH (kafka_topic='x', value_f", "value_format [=]");
    COMPLETES("CREATE STREAM a (b INT) WITH (value_format='js", "json json_sr [json]");
    COMPLETES("SELECT 'auto", "");
    return 0;
}

/* ---- history and commands ---------------------------------------------------------------------- */

int test_history_is_kept(void)
{
    char path[] = "/tmp/sluice-history-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    HistoryLog *h = history_open(path);
    CHECK(history_add(h, STR("SELECT 'a\\n'\nFROM b;\n")));
    CHECK(!history_add(h, STR("SELECT 'a\\n'\nFROM b;")));
    CHECK(!history_add(h, STR("  \n")));
    CHECK(history_add(h, STR("exit\n")));
    history_close(h);
    h = history_open(path);
    CHECK_INT(history_count(h), 2);
    CHECK_TEXT(history_entry(h, 0), "SELECT 'a\\n'\nFROM b;");
    CHECK_TEXT(history_entry(h, 1), "exit");
    for (int i = 0; i < 3 * HISTORY_KEPT; i++) {
        char text[32];
        snprintf(text, sizeof text, "line %d", i);
        CHECK(history_add(h, str_of(text)));
    }
    history_close(h);
    h = history_open(path);
    CHECK_INT(history_count(h), HISTORY_KEPT);
    CHECK_TEXT(history_entry(h, HISTORY_KEPT - 1), "line 2999");
    history_close(h);
    unlink(path);
    h = history_open("/nonexistent/history");
    CHECK(history_add(h, STR("works without a file")));
    CHECK_INT(history_count(h), 1);
    history_close(h);
    return 0;
}

int test_cli_names(void)
{
    CHECK(cli_is_command(STR("help")));
    CHECK(cli_is_command(STR("  EXIT ; ")));
    CHECK(cli_is_command(STR("Set  Cli wrap on")));
    CHECK(cli_is_command(STR("output nosuch format")));
    CHECK(cli_is_command(STR("run script a.sql")));
    CHECK(!cli_is_command(STR("RUN SCRIPT 'a.sql'; SHOW STREAMS;")));
    CHECK(!cli_is_command(STR("SET 'a'='b';")));
    CHECK(!cli_is_command(STR("helper")));
    CHECK(!cli_is_command(STR("")));
    CHECK(!cli_is_command(STR(";")));
    return 0;
}
