// SPDX-License-Identifier: Apache-2.0
// Rows of a SELECT: widths, wrapping, clipping, UTF-8, NULL and tombstones; JSON rows.
#include <unistd.h>

#include "base/cell.h"
#include "shell/json.h"
#include "shell/out.h"
#include "shell/rows.h"
#include "unit.h"

static const ColumnDef cart_columns[] = {
    {{"CUSTOMER", 8}, TYPE_STRING, ROLE_KEY, {NULL, 0}},
    {{"ITEM", 4}, TYPE_STRING, ROLE_VALUE, {NULL, 0}},
    {{"QTY", 3}, TYPE_INTEGER, ROLE_VALUE, {NULL, 0}},
};
static const Schema cart = {3, cart_columns};

/* A header and one row. */
static int lays_out(RowsStyle style, const char *item, bool tombstone, const char *want)
{
    Rows r;
    Buf out = BUF_INIT;
    Value v[3] = {value_str(STR("bob")), item ? value_str(str_of(item)) : value_null(), value_int(-1)};
    if (tombstone)
        v[2] = value_null();
    StreamRow row = {.values = v, .tombstone = tombstone};
    cell_locale();
    rows_init(&r, &cart, style);
    rows_header(&out, &r);
    rows_row(&out, &r, &row);
    CHECK_TEXT(buf_z(&out), want);
    rows_free(&r);
    buf_free(&out);
    return 0;
}

int test_rows_on_a_narrow_terminal(void)
{
    return lays_out((RowsStyle){.terminal = true, .width = 10, .wrap = true}, "t-shirts", false,
                    "+-----+-----+-----+\n"
                    "|CUSTO|ITEM |QTY  |\n"
                    "|MER  |     |     |\n"
                    "+-----+-----+-----+\n"
                    "|bob  |t-shi|-1   |\n"
                    "|     |rts  |     |\n");
}

int test_rows_share_the_terminal(void)
{
    return lays_out((RowsStyle){.terminal = true, .width = 40, .wrap = true}, "t-shirts", false,
                    "+-----------+-----------+-----------+\n"
                    "|CUSTOMER   |ITEM       |QTY        |\n"
                    "+-----------+-----------+-----------+\n"
                    "|bob        |t-shirts   |-1         |\n");
}

int test_rows_clipped(void)
{
    return lays_out((RowsStyle){.terminal = true, .width = 80, .column_width = 6}, "t-shirts", false,
                    "+------+------+------+\n"
                    "|CUS...|ITEM  |QTY   |\n"
                    "+------+------+------+\n"
                    "|bob   |t-s...|-1    |\n");
}

int test_rows_clipped_lines(void)
{
    return lays_out((RowsStyle){.terminal = true, .width = 80, .column_width = 8}, "a\nb", false,
                    "+--------+--------+--------+\n"
                    "|CUSTOMER|ITEM    |QTY     |\n"
                    "+--------+--------+--------+\n"
                    "|bob     |a...    |-1      |\n");
}

int test_rows_wide_characters(void)
{
    return lays_out((RowsStyle){.terminal = true, .width = 80, .column_width = 8, .wrap = true},
                    "na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac", false,
                    "+--------+--------+--------+\n"
                    "|CUSTOMER|ITEM    |QTY     |\n"
                    "+--------+--------+--------+\n"
                    "|bob     |na\xc3\xafve \xe6\x97\xa5|-1      |\n"
                    "|        |\xe6\x9c\xac      |        |\n");
}

int test_rows_elsewhere_are_whole(void)
{
    return lays_out((RowsStyle){.width = 10, .column_width = 5, .wrap = true}, "a long value\nof two lines", false,
                    "+--------+-----+-----+\n"
                    "|CUSTOMER|ITEM |QTY  |\n"
                    "+--------+-----+-----+\n"
                    "|bob     |a long value|-1   |\n"
                    "|        |of two lines|     |\n");
}

int test_rows_null_and_tombstone(void)
{
    if (lays_out((RowsStyle){.column_width = 11}, NULL, false,
                 "+-----------+-----------+-----------+\n"
                 "|CUSTOMER   |ITEM       |QTY        |\n"
                 "+-----------+-----------+-----------+\n"
                 "|bob        |null       |-1         |\n"))
        return 1;
    return lays_out((RowsStyle){.column_width = 11}, NULL, true,
                    "+-----------+-----------+-----------+\n"
                    "|CUSTOMER   |ITEM       |QTY        |\n"
                    "+-----------+-----------+-----------+\n"
                    "|bob        |<TOMBSTONE>|<TOMBSTONE>|\n");
}

/* Each becomes one character when it is written to a terminal. */
int test_rows_control_characters_take_a_column(void)
{
    return lays_out((RowsStyle){.terminal = true, .column_width = 8, .wrap = true}, "\033[2J\tx", false,
                    "+--------+--------+--------+\n"
                    "|CUSTOMER|ITEM    |QTY     |\n"
                    "+--------+--------+--------+\n"
                    "|bob     |\033[2J\tx  |-1      |\n");
}

int test_rows_empty_values(void)
{
    return lays_out((RowsStyle){.terminal = true, .column_width = 8, .wrap = true}, "", false,
                    "+--------+--------+--------+\n"
                    "|CUSTOMER|ITEM    |QTY     |\n"
                    "+--------+--------+--------+\n"
                    "|bob     |        |-1      |\n");
}

int test_rows_as_json(void)
{
    Buf out = BUF_INIT;
    Value v[3] = {value_str(STR("b\"b")), value_null(), value_int(1)};
    StreamRow row = {.values = v, .tombstone = true};
    json_rows_header(&out, STR("query_1"), &cart);
    json_row(&out, &cart, &row);
    CHECK_TEXT(buf_z(&out),
               "{\n  \"queryId\" : \"query_1\",\n"
               "  \"schema\" : \"`CUSTOMER` STRING KEY, `ITEM` STRING, `QTY` INTEGER\"\n}\n"
               "{\n  \"columns\" : [ \"b\\\"b\", null, 1 ],\n  \"tombstone\" : true\n}\n");
    buf_free(&out);
    return 0;
}

int test_json_layout(void)
{
    Buf out = BUF_INIT;
    json_pretty(&out, STR("[{\"a\":[],\"b\":{},\"c\":[{\"d\":1.50},{\"e\":\"x,\\\"]}\"}],\"f\":[1, [2,null]]}]"));
    CHECK_TEXT(buf_z(&out), "[ {\n"
                            "  \"a\" : [ ],\n"
                            "  \"b\" : { },\n"
                            "  \"c\" : [ {\n"
                            "    \"d\" : 1.50\n"
                            "  }, {\n"
                            "    \"e\" : \"x,\\\"]}\"\n"
                            "  } ],\n"
                            "  \"f\" : [ 1, [ 2, null ] ]\n"
                            "} ]");
    buf_free(&out);
    return 0;
}

int test_cell_widths(void)
{
    cell_locale();
    CHECK_INT(cell_width(STR("abc")), 3);
    CHECK_INT(cell_width(STR("\xe6\x97\xa5\xe6\x9c\xac")), 4);
    CHECK_INT(cell_width(STR("e\xcc\x81")), 1); /* a combining accent */
    CHECK_INT(cell_width(STR("\xff\xc3")), 2);  /* no UTF-8: a column a byte */
    CHECK_INT(cell_fit(STR("\xe6\x97\xa5\xe6\x9c\xac"), 3), 3);
    CHECK_INT(cell_fit(STR("\xe6\x97\xa5"), 1), 3); /* always goes on */
    CHECK_INT(cell_fit(STR(""), 3), 0);
    return 0;
}

int test_cell_wrap(void)
{
    static const struct {
        const char *text, *want;
        int columns;
    } rows[] = {
        {"one two three\n", "one two three\n", 14},
        {"one two three\n", "one two\nthree\n", 13},
        {"one two three", "one\ntwo\nthree", 3},
        {"  one two\n\nx\n", "  one\n  two\n\nx\n", 8},
        {"  name  what it is\n", "  name  what it\n        is\n", 18},
        {"  name  what it is\n", "  name\n  what\n  it is\n", 9},
        {"\xe6\x97\xa5\xe6\x9c\xac \xe6\x97\xa5", "\xe6\x97\xa5\xe6\x9c\xac\n\xe6\x97\xa5", 7},
        {"", "", 10},
    };
    cell_locale();
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Buf out = BUF_INIT;
        cell_wrap(&out, str_of(rows[i].text), rows[i].columns);
        CHECK_TEXT(buf_z(&out), rows[i].want);
        buf_free(&out);
    }
    return 0;
}

/* ---- output ------------------------------------------------------------------------------------ */

/* What comes of the text when it is written to a terminal (a pipe that is said to be one), or elsewhere. */
static int writes(bool terminal, const char *text, const char *want)
{
    int fds[2];
    char got[128];
    CHECK(pipe(fds) == 0);
    Out o = {.fd = fds[1], .spool = -1, .terminal = terminal};
    out_write(&o, str_of(text));
    out_printf(&o, "%s", text);
    close(fds[1]);
    ssize_t n = read(fds[0], got, sizeof got);
    close(fds[0]);
    CHECK(n >= 0 && o.error == 0);
    CHECK_INT(n, 2 * (ssize_t)strlen(want));
    CHECK(memcmp(got, want, (size_t)n / 2) == 0 && memcmp(got + n / 2, want, (size_t)n / 2) == 0);
    return 0;
}

int test_out_text_cannot_steer_a_terminal(void)
{
    static const char *const rows[][2] = {
        {"plain\n", "plain\n"},
        {"na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac", "na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac"},
        {"a\x1b[2Jb\x07\x7f", "a\xef\xbf\xbd[2Jb\xef\xbf\xbd\xef\xbf\xbd"},
        {"over\rwritten\tx", "over\xef\xbf\xbdwritten x"},
        {"\xc2\x9b" "2J", "\xef\xbf\xbd" "2J"},               /* C1 as UTF-8 */
        {"\x9b" "2J\xff", "\xef\xbf\xbd" "2J\xef\xbf\xbd"}, /* and as a byte */
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        if (writes(true, rows[i][0], rows[i][1]) || writes(false, rows[i][0], rows[i][0]))
            return 1;
    return 0;
}
