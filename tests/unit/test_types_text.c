// SPDX-License-Identifier: Apache-2.0
// Texts of types and schemas; dates, numbers, base64 and UTF-8 as text and back.
#include "types/text.h"
#include "unit.h"

int test_types_type_text(void)
{
    static const char *const rows[][3] = {
        /* text, printed, in DESCRIBE */
        {"int", "INTEGER", "INTEGER"},
        {"varchar", "STRING", "VARCHAR(STRING)"},
        {"VARCHAR(STRING)", "STRING", "VARCHAR(STRING)"},
        {"VARCHAR(10)", "STRING", "VARCHAR(STRING)"},
        {" decimal ( 4 , 2 ) ", "DECIMAL(4, 2)", "DECIMAL(4, 2)"},
        {"DECIMAL(7)", "DECIMAL(7, 0)", "DECIMAL(7, 0)"},
        {"DECIMAL", "DECIMAL", "DECIMAL"},
        {"map<varchar, bigint>", "MAP<STRING, BIGINT>", "MAP<STRING, BIGINT>"},
        {"INT ARRAY", "ARRAY<INTEGER>", "ARRAY<INTEGER>"},
        {"ARRAY<ARRAY<DOUBLE>>", "ARRAY<ARRAY<DOUBLE>>", "ARRAY<ARRAY<DOUBLE>>"},
        {"struct<a int, `b c` varchar, \"q\"\"\" date>", "STRUCT<`A` INTEGER, `b c` STRING, `q\"` DATE>",
         "STRUCT<A INTEGER, b c STRING, q\" DATE>"},
        {"STRUCT<`x``y` TIME>", "STRUCT<`x``y` TIME>", "STRUCT<x`y TIME>"},
        {"STRUCT<>", "STRUCT< >", "STRUCT< >"},
        {"STRUCT< >", "STRUCT< >", "STRUCT< >"},
        {"ARRAY<T>", "ARRAY<T>", "ARRAY<T>"},
        {"LAMBDA(T, U) => BOOLEAN", "LAMBDA (T, U) => BOOLEAN", "LAMBDA (T, U) => BOOLEAN"},
        {"INTERVALUNIT", "INTERVALUNIT", "INTERVALUNIT"},
    };
    Arena *a = arena_new(0);
    Buf b = BUF_INIT;
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Err err = ERR_INIT;
        const Type *t, *again;
        CHECK_INT(type_parse(a, str_of(rows[i][0]), &t, &err), OK);
        CHECK_TEXT(type_text(a, t), rows[i][1]);
        CHECK_INT(type_parse(a, str_of(rows[i][1]), &again, &err), OK);
        CHECK(type_equal(t, again) && type_equal(t, type_dup(a, t)));
        buf_clear(&b);
        type_print_describe(&b, t);
        CHECK_STR(buf_view(&b), rows[i][2]);
    }
    static const char *const bad[] = {"",          "INTEGR",   "DECIMAL(",  "DECIMAL(2,3)", "DECIMAL(0)",
                                      "ARRAY<INT", "MAP<INT>", "STRUCT<A>", "INT INT",      "ARRAY INT",
                                      "STRUCT<`A INT>"};
    for (int i = 0; i < ARRAY_LEN(bad); i++) {
        Err err = ERR_INIT;
        const Type *t;
        CHECK(type_parse(a, str_of(bad[i]), &t, &err) != OK && err.msg);
        err_clear(&err);
    }
    buf_clear(&b);
    for (int i = 0; i < 1000; i++)
        buf_cstr(&b, "ARRAY<");
    Err err = ERR_INIT;
    const Type *t;
    CHECK_INT(type_parse(a, buf_view(&b), &t, &err), ERR_LIMIT);
    err_clear(&err);
    buf_free(&b);
    arena_free(a);
    return 0;
}

int test_types_schema(void)
{
    Arena *a = arena_new(0);
    Buf b = BUF_INIT;
    ColumnDef cols[] = {{STR("K"), TYPE_STRING, ROLE_KEY, {NULL, 0}},
                        {STR("V"), TYPE_INTEGER, ROLE_VALUE, {NULL, 0}},
                        {STR("H"), TYPE_BYTES, ROLE_HEADERS, STR("h")},
                        {STR("ROWTIME"), TYPE_BIGINT, ROLE_SYSTEM, {NULL, 0}}};
    const Schema *s = schema_new(a, cols, 4, true), *flat = schema_new(a, cols, 4, false);
    schema_print(&b, s);
    CHECK_STR(buf_view(&b), "`K` STRING KEY, `V` INTEGER, `H` BYTES HEADER('h')");
    CHECK_INT(schema_find(s, STR("V")), 1);
    CHECK_INT(schema_find(s, STR("v")), -1);
    CHECK_INT(schema_count(s, ROLE_VALUE), 1);
    CHECK_INT(schema_nth(s, ROLE_SYSTEM, 0), 3);
    CHECK_INT(schema_nth(s, ROLE_KEY, 1), -1);
    CHECK(schema_equal(s, flat));
    buf_free(&b);
    arena_free(a);
    return 0;
}

int test_types_dates(void)
{
    Buf b = BUF_INIT;
    int64_t ms, y;
    int32_t d;
    int month, day;
    for (int64_t n = -1000000; n < 4000000; n += 37) {
        date_from_days(n, &y, &month, &day);
        CHECK_INT(days_from_date(y, month, day), n);
        CHECK(month >= 1 && month <= 12 && day >= 1 && day <= month_length(y, month));
    }
    static const struct {
        int64_t ms;
        const char *cast, *shown;
    } rows[] = {
        {1582979696789, "2020-02-29T12:34:56.789", "2020-02-29T12:34:56.789"},
        {-62135596800000, "0001-01-01T00:00:00.000", "0001-01-03T00:00:00.000"},
        {-12219292800000, "1582-10-15T00:00:00.000", "1582-10-15T00:00:00.000"},
        {-12219292800001, "1582-10-14T23:59:59.999", "1582-10-04T23:59:59.999"},
        {1000000000000000, "+33658-09-27T01:46:40.000", "33658-09-27T01:46:40.000"},
        {-1000000000000000, "+29720-04-05T22:13:20.000", "29720-11-16T22:13:20.000"},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&b);
        text_timestamp(&b, rows[i].ms);
        CHECK_STR(buf_view(&b), rows[i].cast);
        buf_clear(&b);
        text_timestamp_shown(&b, rows[i].ms);
        CHECK_STR(buf_view(&b), rows[i].shown);
    }
    CHECK(parse_timestamp(STR("2021-06-01T10:20+02:00"), &ms) && ms == 1622535600000);
    CHECK(parse_timestamp(STR("2021-06-01T00:00:00+0200"), &ms) && ms == 1622498400000);
    CHECK(!parse_timestamp(STR("2021-06-01T00:00:00+19"), &ms));
    CHECK(!parse_timestamp(STR("2021-06-01T00:00:00 Z"), &ms));
    CHECK(!parse_timestamp(STR(""), &ms));
    CHECK(parse_date(STR("2021-06"), &d) && d == 18779);
    CHECK(!parse_date(STR("2021-02-29"), &d));
    CHECK(parse_time(STR("23:59:59.999999999"), &d) && d == 86399999);
    CHECK(!parse_time(STR("24:00"), &d) && !parse_time(STR("10"), &d));
    buf_free(&b);
    return 0;
}

int test_types_numbers(void)
{
    int64_t l;
    double d;
    i128 v;
    bool over;
    Buf b = BUF_INIT;
    CHECK(parse_int64(STR("-9223372036854775808"), &l) && l == INT64_MIN);
    CHECK(parse_int64(STR("+9223372036854775807"), &l) && l == INT64_MAX);
    CHECK(!parse_int64(STR("9223372036854775808"), &l) && !parse_int64(STR("-9223372036854775809"), &l));
    CHECK(parse_int64(STR("٤２"), &l) && l == 42);
    CHECK(!parse_int64(STR(""), &l) && !parse_int64(STR("-"), &l) && !parse_int64(STR(" 1"), &l));
    CHECK(parse_double(STR(" -0x1.8p1f "), &d) && d == -3);
    CHECK(parse_double(STR("-Infinity"), &d) && d < -1e308);
    CHECK(!parse_double(STR("0x1"), &d) && !parse_double(STR("nan"), &d) && !parse_double(STR("d"), &d));
    CHECK(parse_double(STR("1 "), &d) && !parse_double(STR("1e"), &d) && !parse_double(STR("infinity"), &d));
    CHECK(parse_decimal(STR("1.500"), 3, 1, false, &v, &over) && v == 15);
    CHECK(!parse_decimal(STR("1.55"), 3, 1, false, &v, &over) && !over);
    CHECK(parse_decimal(STR("-1.55"), 3, 1, true, &v, &over) && v == -16);
    CHECK(!parse_decimal(STR("100"), 3, 1, true, &v, &over) && over);
    Str shifted = STR("0.000000000000000000000000000000000000000000001e45");
    CHECK(parse_decimal(shifted, 3, 1, false, &v, &over) && v == 10);
    CHECK(parse_decimal(STR("99999999999999999999999999999999999999"), 38, 0, true, &v, &over));
    text_decimal(&b, v, 0);
    CHECK_STR(buf_view(&b), "99999999999999999999999999999999999999");
    CHECK(!parse_decimal(STR("999999999999999999999999999999999999999"), 60, 0, true, &v, &over) && over);
    CHECK(parse_decimal(STR("0e99999999"), 3, 1, true, &v, &over) && v == 0);
    buf_clear(&b);
    text_decimal(&b, -5, 3);
    text_decimal(&b, (i128)1 << 126, 20);
    CHECK_STR(buf_view(&b), "-0.005850705917302346158.65843651857942052864");
    buf_clear(&b);
    text_int(&b, INT64_MIN);
    CHECK_STR(buf_view(&b), "-9223372036854775808");
    CHECK(decimal_to_double(15, 1) == 1.5 && decimal_to_double(((i128)1 << 100) + 1, 0) == 0x1p100);
    CHECK_INT(decimal_compare(10, 1, 100, 2), 0);
    CHECK_INT(decimal_compare(11, 1, 100, 2), 1);
    CHECK_INT(decimal_compare(-((i128)1 << 120), 0, 5, 38), -1);
    buf_free(&b);
    return 0;
}

int test_types_base64(void)
{
    static const char *const rows[][2] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},
                                          {"foo", "Zm9v"},  {"foob", "Zm9vYg=="},  {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    Buf b = BUF_INIT;
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&b);
        text_base64(&b, str_of(rows[i][0]));
        CHECK_STR(buf_view(&b), rows[i][1]);
        buf_clear(&b);
        CHECK(parse_base64(&b, str_of(rows[i][1])));
        CHECK_STR(buf_view(&b), rows[i][0]);
    }
    static const char *const bad[] = {"a",    "!!",   "AA=",  "AA==AA==", "=",
                                      "====", "A A=", "__8=", "Zm9vYg=",  "é"};
    for (int i = 0; i < ARRAY_LEN(bad); i++) {
        buf_clear(&b);
        CHECK(!parse_base64(&b, str_of(bad[i])) && b.n == 0);
    }
    buf_free(&b);
    return 0;
}

int test_types_utf8(void)
{
    static const char *const bad[] = {"\x80",         "\xc0\x80",         "\xc3",
                                      "\xe0\x80\x80", "\xed\xa0\x80",     "\xf0\x80\x80\x80",
                                      "\xff",         "\xf4\x90\x80\x80", "abcdefgh\xc3(",
                                      "\xe6\x97"};
    Buf b = BUF_INIT;
    CHECK(utf8_valid(STR("")) && utf8_valid(STR("plain text of more than eight bytes")));
    CHECK(utf8_valid(STR("aé日😀")) && utf8_valid(STR("abcdefghé")));
    for (int i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!utf8_valid(str_of(bad[i])));
    CHECK_INT(utf16_len(STR("aé日😀")), 5);
    for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 97) {
        buf_clear(&b);
        utf8_put(&b, c);
        const uint8_t *p = (const uint8_t *)b.p, *end = p + b.n;
        CHECK_INT(utf8_next(&p, end), c);
        CHECK(p == end);
    }
    buf_free(&b);
    return 0;
}
