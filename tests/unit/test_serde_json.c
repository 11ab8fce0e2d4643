// SPDX-License-Identifier: Apache-2.0
// The JSON format, rule by rule (page 07 §7.5), with its messages.
#include "test_serde_help.h"

#define FAILED "! Failed to deserialize value from topic: t. "

/* One column A of the type, wrapped. */
static const char *one(const char *type, const char *json)
{
    static char last[2000];
    char text[200];
    snprintf(text, sizeof text, "STRUCT<`A` %s>", type);
    Sd *s = sd_new(FORMAT_JSON, text, SD_WRAP);
    snprintf(last, sizeof last, "%s", sd_read(s, json));
    sd_free(s);
    return last;
}

int test_serde_json_recorded(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`CUSTOMER` STRING, `ITEM` STRING, `QTY` INTEGER>", 0);
    CHECK_TEXT(sd_read(s, "{\"CUSTOMER\":\"bob\",\"ITEM\":\"pants\",\"QTY\":2}"), "\"bob\"|\"pants\"|2");
    CHECK_TEXT(sd_read(s, "not json"),
               FAILED "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token "
                      "'null', "
                      "'true' or 'false')");
    CHECK_TEXT(sd_read(s, "{\"CUSTOMER\":\"x\",\"ITEM\":\"y\",\"QTY\":\"abc\"}"),
               FAILED "Can't coerce string to type. targetType: INTEGER, path: $.QTY");
    CHECK_TEXT(sd_read(s, "{\"CUSTOMER\":\"x\",\"ITEM\":null,\"QTY\":1}"), "\"x\"|null|1");
    CHECK_TEXT(sd_read(s, "{\"customer\":\"lower\",\"item\":\"case\",\"qty\":1}"), "\"lower\"|\"case\"|1");
    CHECK_TEXT(sd_read(s, ""), FAILED "Can't convert type. sourceType: MissingNode, requiredType: "
                                      "STRUCT<CUSTOMER VARCHAR, "
                                      "ITEM VARCHAR, QTY INT>, path: $");
    CHECK_TEXT(sd_read(s, NULL), "null row");
    CHECK_TEXT(sd_read(s, "null"),
               "! Cannot invoke \"org.apache.kafka.connect.data.Struct.schema()\" because \"struct\" is "
               "null");
    CHECK_TEXT(sd_read(s, "{}"), "null|null|null");
    CHECK_TEXT(sd_read(s, "{\"CUSTOMER\":\"x\",\"ITEM\":\"y\",\"QTY\":99999999999}"),
               "\"x\"|\"y\"|1215752191");
    CHECK_TEXT(sd_read(s, "{\"CUSTOMER\":\"x\",\"ITEM\":\"y\",\"QTY\":2.7}"), "\"x\"|\"y\"|2");
    CHECK_TEXT(sd_echo(s, "{\"CUSTOMER\":5,\"ITEM\":{\"a\":1},\"QTY\":\"7\"}"),
               "{\"CUSTOMER\":\"5\",\"ITEM\":\"{\\\"a\\\":1}\",\"QTY\":7}");
    sd_free(s);
    return 0;
}

int test_serde_json_names(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`FOO` INTEGER, `bar` INTEGER, `ÄB` INTEGER>", 0);
    CHECK_TEXT(sd_read(s, "{\"foo\":1,\"BAR\":2,\"bar\":3}"), "1|3|null");
    CHECK_TEXT(sd_read(s, "{\"foo\":1,\"Foo\":2}"), "2|null|null");
    CHECK_TEXT(sd_read(s, "{\"Foo\":1,\"FOO\":2,\"foo\":3}"), "2|null|null");
    CHECK_TEXT(sd_read(s, "{\"FOO\":2,\"foo\":\"bad\"}"), "2|null|null");
    CHECK_TEXT(sd_read(s, "{\"foo\":\"bad\",\"FOO\":2}"), "2|null|null");
    CHECK_TEXT(sd_read(s, "{\"FOO\":null,\"foo\":3}"), "null|null|null");
    CHECK_TEXT(sd_read(s, "{\"FOO\":1,\"FOO\":null}"), "null|null|null");
    CHECK_TEXT(sd_read(s, "{\"FOO\":null,\"FOO\":7}"), "7|null|null");
    CHECK_TEXT(sd_read(s, "{\"äb\":3,\"other\":[1,{\"x\":null}],\"f\\u006fo\":4}"), "4|null|3");
    CHECK_TEXT(sd_read(s, "{ \"FOO\" : 1 ,\n\t\"bar\" :2 } trailing { text"), "1|2|null");
    CHECK_TEXT(sd_read(s, "\xEF\xBB\xBF{\"FOO\":1}"), "1|null|null");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`a` INTEGER, `A` INTEGER, `B` STRUCT<`x` INTEGER, `X` INTEGER>>", 0);
    CHECK_TEXT(sd_read(s, "{\"a\":1,\"b\":{\"X\":2,\"x\":3}}"), "1|1|{\"x\":3,\"X\":2}");
    CHECK_TEXT(sd_read(s, "{\"A\":1,\"b\":{\"x\":3}}"), "null|1|{\"x\":3,\"X\":3}");
    CHECK_TEXT(sd_read(s, "{\"A\":1,\"b\":{\"x\":\"q\"}}"),
               FAILED "Can't coerce string to type. targetType: INTEGER, path: $.B.x");
    sd_free(s);
    return 0;
}

/* The order of keys is remembered; every other order must do as well. */
int test_serde_json_order(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` INTEGER, `LONGER_NAME` INTEGER, `A_NAME_OF_TWENTY_CHARS` "
                                "INTEGER>", 0);
    for (int i = 0; i < 2; i++) {
        CHECK_TEXT(sd_read(s, "{\"a\":1,\"longer_name\":2,\"a_name_of_twenty_chars\":3}"), "1|2|3");
        CHECK_TEXT(sd_read(s, "{\"a\":1,\"longer_name\":2,\"a_name_of_twenty_chars\":3}"), "1|2|3");
        CHECK_TEXT(sd_read(s, "{\"a\":1,\"longer_namf\":2,\"a_name_of_twenty_chart\":3}"), "1|null|null");
        CHECK_TEXT(sd_read(s, "{\"a_name_of_twenty_chars\":3,\"A\":1,\"LONGER_NAME\":2}"), "1|2|3");
        CHECK_TEXT(sd_read(s, "{\"x\":9,\"a\":1,\"LONGER_NAME\" :2}"), "1|2|null");
        CHECK_TEXT(sd_read(s, "{\"a\":1}"), "1|null|null");
    }
    CHECK_TEXT(sd_read(s, "{\"a\":1,\"longer_name\""),
               FAILED "Unexpected end-of-input within/between Object entries");
    sd_free(s);
    return 0;
}

int test_serde_json_boolean(void)
{
    CHECK_TEXT(one("BOOLEAN", "{\"A\":true}"), "true");
    CHECK_TEXT(one("BOOLEAN", "{\"A\":false}"), "false");
    CHECK_TEXT(one("BOOLEAN", "{\"A\":\"true\"}"),
               FAILED "Can't convert type. sourceType: TextNode, requiredType: BOOLEAN, path: $.A");
    CHECK_TEXT(one("BOOLEAN", "{\"A\":1}"),
               FAILED "Can't convert type. sourceType: IntNode, requiredType: BOOLEAN, path: $.A");
    return 0;
}

int test_serde_json_integer(void)
{
    CHECK_TEXT(one("INTEGER", "{\"A\":-2147483648}"), "-2147483648");
    CHECK_TEXT(one("INTEGER", "{\"A\":2147483648}"), "-2147483648");
    CHECK_TEXT(one("INTEGER", "{\"A\":-2.9}"), "-2");
    CHECK_TEXT(one("INTEGER", "{\"A\":-0}"), "0");
    CHECK_TEXT(one("INTEGER", "{\"A\":1.5e1}"), "15");
    CHECK_TEXT(one("INTEGER", "{\"A\":1e400}"), "0");
    CHECK_TEXT(one("INTEGER", "{\"A\":1e-400}"), "0");
    CHECK_TEXT(one("INTEGER", "{\"A\":1e999999999999}"), "0");
    CHECK_TEXT(one("INTEGER", "{\"A\":\"-7\"}"), "-7");
    CHECK_TEXT(one("INTEGER", "{\"A\":\"+7\"}"), "7");
    CHECK_TEXT(one("INTEGER", "{\"A\":\"2147483648\"}"),
               FAILED "Can't coerce string to type. targetType: INTEGER, path: $.A");
    CHECK_TEXT(one("INTEGER", "{\"A\":\"7 \"}"),
               FAILED "Can't coerce string to type. targetType: INTEGER, path: $.A");
    CHECK_TEXT(one("INTEGER", "{\"A\":\"1.0\"}"),
               FAILED "Can't coerce string to type. targetType: INTEGER, path: $.A");
    CHECK_TEXT(one("INTEGER", "{\"A\":\"\"}"),
               FAILED "Can't coerce string to type. targetType: INTEGER, path: $.A");
    CHECK_TEXT(one("INTEGER", "{\"A\":true}"),
               FAILED "Can't convert type. sourceType: BooleanNode, requiredType: INTEGER, path: $.A");
    CHECK_TEXT(one("INTEGER", "{\"A\":[1]}"),
               FAILED "Can't convert type. sourceType: ArrayNode, requiredType: INTEGER, path: $.A");
    CHECK_TEXT(one("INTEGER", "{\"A\":{}}"),
               FAILED "Can't convert type. sourceType: ObjectNode, requiredType: INTEGER, path: $.A");
    CHECK_TEXT(one("BIGINT", "{\"A\":-9223372036854775808}"), "-9223372036854775808");
    CHECK_TEXT(one("BIGINT", "{\"A\":9223372036854775808}"), "-9223372036854775808");
    CHECK_TEXT(one("BIGINT", "{\"A\":123456789012345678}"), "123456789012345678");
    CHECK_TEXT(one("BIGINT", "{\"A\":1.23456789012345678901e18}"), "1234567890123456789");
    CHECK_TEXT(one("BIGINT", "{\"A\":\"9223372036854775807\"}"), "9223372036854775807");
    CHECK_TEXT(one("BIGINT", "{\"A\":\"9223372036854775808\"}"),
               FAILED "Can't coerce string to type. targetType: BIGINT, path: $.A");
    return 0;
}

int test_serde_json_double(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` DOUBLE>", SD_WRAP);
    CHECK_TEXT(sd_echo(s, "{\"A\":1}"), "{\"A\":1.0}");
    CHECK_TEXT(sd_echo(s, "{\"A\":10000000000}"), "{\"A\":1.0E10}");
    CHECK_TEXT(sd_echo(s, "{\"A\":0.1}"), "{\"A\":0.1}");
    CHECK_TEXT(sd_echo(s, "{\"A\":1234.589}"), "{\"A\":1234.589}");
    CHECK_TEXT(sd_echo(s, "{\"A\":-1.7976931348623157e308}"), "{\"A\":-1.7976931348623157E308}");
    CHECK_TEXT(sd_echo(s, "{\"A\":9007199254740993}"), "{\"A\":9.007199254740992E15}");
    CHECK_TEXT(sd_echo(s, "{\"A\":0.30000000000000004}"), "{\"A\":0.30000000000000004}");
    CHECK_TEXT(sd_echo(s, "{\"A\":1e400}"), "{\"A\":\"Infinity\"}");
    CHECK_TEXT(sd_echo(s, "{\"A\":-1e400}"), "{\"A\":\"-Infinity\"}");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"NaN\"}"), "{\"A\":\"NaN\"}");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"-Infinity\"}"), "{\"A\":\"-Infinity\"}");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"2.5\"}"), "{\"A\":2.5}");
    CHECK_TEXT(sd_echo(s, "{\"A\":-0.0}"), "{\"A\":0.0}");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"x\"}"),
               FAILED "Can't coerce string to type. targetType: DOUBLE, path: $.A");
    CHECK_TEXT(sd_echo(s, "{\"A\":false}"),
               FAILED "Can't convert type. sourceType: BooleanNode, requiredType: DOUBLE, path: $.A");
    sd_free(s);
    return 0;
}

int test_serde_json_decimal(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` DECIMAL(4, 2)>", SD_WRAP);
    CHECK_TEXT(sd_echo(s, "{\"A\":10.1}"), "{\"A\":10.10}");
    CHECK_TEXT(sd_echo(s, "{\"A\":-10}"), "{\"A\":-10.00}");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"10.1\"}"), "{\"A\":10.10}");
    CHECK_TEXT(sd_echo(s, "{\"A\":1.2e1}"), "{\"A\":12.00}");
    CHECK_TEXT(sd_echo(s, "{\"A\":1.1000}"), "{\"A\":1.10}");
    CHECK_TEXT(sd_echo(s, "{\"A\":0}"), "{\"A\":0.00}");
    CHECK_TEXT(sd_echo(s, "{\"A\":1.1234}"),
               FAILED "Cannot fit decimal '1.1234' into DECIMAL(4, 2) as it would require "
                                                    "rounding. Use CAST if you want to round., path: $.A");
    CHECK_TEXT(sd_echo(s, "{\"A\":100.01}"),
               FAILED "Numeric field overflow: A field with precision 4 and scale 2 must round "
                                                    "to an absolute value less than 10^2. Got 100.01, path: "
                                                    "$.A");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"x\"}"),
               FAILED "Can't coerce string to type. targetType: DECIMAL, path: $.A");
    CHECK_TEXT(sd_echo(s, "{\"A\":true}"),
               FAILED "Can't convert type. sourceType: BooleanNode, requiredType: DECIMAL(4, 2), path: $.A");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`A` DECIMAL(38, 10)>", SD_WRAP);
    CHECK_TEXT(sd_echo(s, "{\"A\":1234567890123456789012345678.0123456789}"),
               "{\"A\":1234567890123456789012345678.0123456789}");
    CHECK_TEXT(sd_echo(s, "{\"A\":0.0000000001}"), "{\"A\":1E-10}");
    CHECK_TEXT(sd_echo(s, "{\"A\":0.0000000123}"), "{\"A\":1.23E-8}");
    CHECK_TEXT(sd_echo(s, "{\"A\":0}"), "{\"A\":0E-10}");
    CHECK_TEXT(sd_echo(s, "{\"A\":0.00001}"), "{\"A\":0.0000100000}");
    sd_free(s);
    return 0;
}

int test_serde_json_string(void)
{
    CHECK_TEXT(one("STRING", "{\"A\":\"\"}"), "\"\"");
    CHECK_TEXT(one("STRING", "{\"A\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"}"),
               "\"a\\\"\\\\/\\b\\f\\n\\r\\tA\"");
    CHECK_TEXT(one("STRING", "{\"A\":\"\\u00e9\\u20AC\"}"), "\"é€\"");
    CHECK_TEXT(one("STRING", "{\"A\":\"\\ud83d x\"}"), "\"\\uD83D x\"");
    CHECK_TEXT(one("STRING", "{\"A\":\"\\ud83d\\u0041\"}"), "\"\\uD83DA\"");
    CHECK_TEXT(one("STRING", "{\"A\":1}"), "\"1\"");
    CHECK_TEXT(one("STRING", "{\"A\":-0}"), "\"0\"");
    CHECK_TEXT(one("STRING", "{\"A\":12345678901234567890123}"), "\"12345678901234567890123\"");
    CHECK_TEXT(one("STRING", "{\"A\":2.70}"), "\"2.70\"");
    CHECK_TEXT(one("STRING", "{\"A\":-0.0}"), "\"0.0\"");
    CHECK_TEXT(one("STRING", "{\"A\":0.05}"), "\"0.05\"");
    CHECK_TEXT(one("STRING", "{\"A\":1e5}"), "\"1E+5\"");
    CHECK_TEXT(one("STRING", "{\"A\":12.5e1}"), "\"125\"");
    CHECK_TEXT(one("STRING", "{\"A\":1.25e-3}"), "\"0.00125\"");
    CHECK_TEXT(one("STRING", "{\"A\":1.25e-9}"), "\"1.25E-9\"");
    CHECK_TEXT(one("STRING", "{\"A\":-1.25e30}"), "\"-1.25E+30\"");
    CHECK_TEXT(one("STRING", "{\"A\":true}"), "\"true\"");
    CHECK_TEXT(one("STRING", "{\"A\":false}"), "\"false\"");
    CHECK_TEXT(one("STRING", "{\"A\":{ \"b\" : [1, \"x\\n\", {}], \"c\":null, \"d\":1.50 }}"),
               "\"{\\\"b\\\":[1,\\\"x\\\\n\\\",{}],\\\"c\\\":null,\\\"d\\\":1.50}\"");
    CHECK_TEXT(one("STRING", "{\"A\":{\"b\":1,\"c\":2,\"\\u0062\":3}}"), "\"{\\\"b\\\":3,\\\"c\\\":2}\"");
    CHECK_TEXT(one("STRING", "{\"A\":[1,\"a\", null,[true, 2.0],{\"x\": 1}]}"),
               "\"[1, a, null, [true, 2.0], {\\\"x\\\":1}]\"");
    CHECK_TEXT(one("STRING", "{\"A\":[]}"), "\"[]\"");
    return 0;
}

int test_serde_json_bytes_times(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` BYTES>", SD_WRAP);
    CHECK_TEXT(sd_echo(s, "{\"A\":\"aGk=\"}"), "{\"A\":\"aGk=\"}");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"\"}"), "{\"A\":\"\"}");
    CHECK_TEXT(sd_echo(s, "{\"A\":1}"),
               FAILED "Can't convert type. sourceType: IntNode, requiredType: BYTES, path: $.A");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"a*\"}"),
               FAILED "Can't coerce string to type. targetType: BYTES, path: $.A");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`T` TIME, `D` DATE, `S` TIMESTAMP>", 0);
    CHECK_TEXT(sd_echo(s, "{\"T\":10,\"D\":-5,\"S\":1600000000000}"),
               "{\"T\":10,\"D\":-5,\"S\":1600000000000}");
    CHECK_TEXT(sd_echo(s, "{\"T\":\"86400000\",\"D\":\"7\",\"S\":\"-1\"}"),
               "{\"T\":86400000,\"D\":7,\"S\":-1}");
    CHECK_TEXT(sd_echo(s, "{\"T\":86400001}"),
               FAILED "Time values must use number of milliseconds greater than 0 and less "
                                                     "than 86400000., path: $.T");
    CHECK_TEXT(sd_echo(s, "{\"T\":-1}"),
               FAILED "Time values must use number of milliseconds greater than 0 and less than "
                                               "86400000., path: $.T");
    CHECK_TEXT(sd_echo(s, "{\"T\":\"x\"}"),
               FAILED "Can't coerce string to type. targetType: TIME, path: $.T");
    CHECK_TEXT(sd_echo(s, "{\"D\":true}"),
               FAILED "Can't convert type. sourceType: BooleanNode, requiredType: DATE, path: $.D");
    CHECK_TEXT(sd_echo(s, "{\"S\":\"2020-01-01\"}"),
               FAILED "Can't coerce string to type. targetType: TIMESTAMP, path: $.S");
    sd_free(s);
    return 0;
}

int test_serde_json_nested(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` ARRAY<STRUCT<`B` INTEGER>>, `M` MAP<STRING, INTEGER>>", 0);
    CHECK_TEXT(sd_echo(s, "{\"a\":[{\"b\":1},null,{}],\"m\":{\"k\":1,\"l\":null}}"),
               "{\"A\":[{\"B\":1},null,{\"B\":null}],\"M\":{\"l\":null,\"k\":1}}"); /* a HashMap's order */
    CHECK_TEXT(sd_echo(s, "{\"a\":[],\"m\":{}}"), "{\"A\":[],\"M\":{}}");
    CHECK_TEXT(sd_echo(s, "{\"m\":{\"k\":1,\"k\":2,\"f\\u006fo\":3}}"),
               "{\"A\":null,\"M\":{\"k\":2,\"foo\":3}}");
    CHECK_TEXT(sd_echo(s, "{\"a\":[{},{\"b\":\"x\"}]}"),
               FAILED "Can't coerce string to type. targetType: INTEGER, path: $.A[1].B");
    CHECK_TEXT(sd_echo(s, "{\"m\":{\"k\":true}}"),
               FAILED "Can't convert type. sourceType: BooleanNode, requiredType: INTEGER, path: "
                      "$.M.k.value");
    CHECK_TEXT(sd_echo(s, "{\"a\":{}}"),
               FAILED "Can't convert type. sourceType: ObjectNode, requiredType: ARRAY<STRUCT<B INT>>"
                                                ", path: $.A");
    CHECK_TEXT(sd_echo(s, "{\"a\":[[]]}"),
               FAILED "Can't convert type. sourceType: ArrayNode, requiredType: STRUCT<B INT>, path: $.A[0]");
    CHECK_TEXT(sd_echo(s, "{\"m\":[]}"),
               FAILED "Can't convert type. sourceType: ArrayNode, requiredType: MAP<VARCHAR, INT>, path: "
                      "$.M");
    /* The first bad field in schema order counts, and bad syntax before any bad value. */
    CHECK_TEXT(sd_echo(s, "{\"m\":1,\"a\":1}"),
               FAILED "Can't convert type. sourceType: IntNode, requiredType: ARRAY<STRUCT<B INT>>, path: "
                      "$.A");
    CHECK_TEXT(sd_echo(s, "{\"m\":1,\"a\" 1}"),
               FAILED "Unexpected character ('1' (code 49)): was expecting a colon to separate "
                                                      "field name and value");
    sd_free(s);
    return 0;
}

int test_serde_json_root(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` INTEGER>", SD_UNWRAP);
    CHECK_TEXT(sd_echo(s, "10"), "10");
    CHECK_TEXT(sd_echo(s, " 10 x"), "10");
    CHECK_TEXT(sd_echo(s, "null"), "null");
    CHECK_TEXT(sd_echo(s, NULL), "null");
    CHECK_TEXT(sd_read(s, "null"), "null");
    CHECK_TEXT(sd_read(s, "10x"), FAILED "Unexpected character ('x' (code 120)): Expected space separating "
                                         "root-level values");
    CHECK_TEXT(sd_read(s, "{\"A\":1}"),
               FAILED "Can't convert type. sourceType: ObjectNode, requiredType: INTEGER, path: $");
    CHECK_TEXT(sd_read(s, "  "), FAILED "Can't convert type. sourceType: MissingNode, requiredType: INTEGER, "
                                        "path: $");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`K` STRING>", SD_KEY);
    CHECK_TEXT(sd_echo(s, "\"Hey\""), "\"Hey\"");
    CHECK_TEXT(sd_read(s, "nope"), "! Failed to deserialize key from topic: t. Unrecognized token 'nope': was "
                                   "expecting "
                                   "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`K` STRING, `L` INTEGER>", SD_KEY);
    CHECK_TEXT(sd_echo(s, "{\"l\":3}"), "{\"K\":null,\"L\":3}");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`F` STRUCT<`F0` INTEGER>>", SD_UNWRAP);
    CHECK_TEXT(sd_echo(s, "{\"F0\":1}"), "{\"F0\":1}");
    CHECK_TEXT(sd_echo(s, "{\"f0\":null}"), "{\"F0\":null}");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`A` INTEGER>", 0);
    CHECK_TEXT(sd_echo(s, "{\"A\":1}"), "{\"A\":1}");
    CHECK_TEXT(sd_read(s, "1"), FAILED "Can't convert type. sourceType: IntNode, requiredType: STRUCT<A INT>, "
                                       "path: $");
    CHECK_TEXT(sd_read(s, "[1]"), FAILED "Can't convert type. sourceType: ArrayNode, requiredType: STRUCT<A "
                                         "INT>, path: $");
    CHECK_TEXT(sd_read(s, "\"x\""),
               FAILED "Can't convert type. sourceType: TextNode, requiredType: STRUCT<A INT>, path: $");
    sd_free(s);
    return 0;
}

int test_serde_json_syntax(void)
{
    static const char *const rows[][2] = {
        {"{\"A\":1", "Unexpected end-of-input: expected close marker for Object"},
        {"{\"A\":[1", "Unexpected end-of-input: expected close marker for Array"},
        {"{\"A\":", "Unexpected end-of-input within/between Object entries"},
        {"{\"A\":1,\"", "Unexpected end-of-input in VALUE_STRING"},
        {"{\"A\":\"x", "Unexpected end-of-input in VALUE_STRING"},
        {"{\"A\":\"x\\", "Unexpected end-of-input in VALUE_STRING"},
        {"{\"A\":1,}", "Unexpected character ('}' (code 125)): was expecting double-quote to start field "
                       "name"},
        {"{A:1}", "Unexpected character ('A' (code 65)): was expecting double-quote to start field name"},
        {"{\"A\":1 \"B\":2}", "Unexpected character ('\"' (code 34)): was expecting comma to separate Object "
                              "entries"},
        {"{\"A\":[1 2]}", "Unexpected character ('2' (code 50)): was expecting comma to separate Array "
                          "entries"},
        {"{\"A\":[1,]}", "Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, "
                         "Array, Object or "
                         "token 'null', 'true' or 'false')"},
        {"{\"A\":01}", "Invalid numeric value: Leading zeroes not allowed"},
        {"{\"A\":-}", "Unexpected character ('}' (code 125)) in numeric value: expected digit (0-9) to follow "
                      "minus sign, for "
                      "valid numeric value"},
        {"{\"A\":1.}", "Unexpected character ('}' (code 125)) in numeric value: Decimal point not followed by "
                       "a digit"},
        {"{\"A\":1e}", "Unexpected character ('}' (code 125)) in numeric value: Exponent indicator not "
                       "followed by a digit"},
        {"{\"A\":nul}", "Unrecognized token 'nul': was expecting (JSON String, Number, Array, Object or token "
                        "'null', 'true' or "
                        "'false')"},
        {"{\"A\":nullx}", "Unrecognized token 'nullx': was expecting (JSON String, Number, Array, Object or "
                          "token 'null', 'true' "
                          "or 'false')"},
        {"{\"A\":\"a\nb\"}", "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using "
                             "backslash to be included "
                             "in string value"},
        {"{\"A\":\"\\x\"}", "Unrecognized character escape 'x' (code 120)"},
        {"{\"A\":\"\xff\"}", "Invalid UTF-8 start byte 0xff"},
        {"{\"A\":\"\xc3(\"}", "Invalid UTF-8 middle byte 0x28"},
        {"{\"other\":{\"x\":tru}}", "Unrecognized token 'tru': was expecting (JSON String, Number, Array, "
                                    "Object or token 'null', "
                                    "'true' or 'false')"},
    };
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` STRING, `B` INTEGER>", 0);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        char want[400];
        snprintf(want, sizeof want, FAILED "%s", rows[i][1]);
        CHECK_TEXT(sd_read(s, rows[i][0]), want);
    }
    sd_free(s);
    return 0;
}

int test_serde_json_limits(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` STRING>", SD_WRAP);
    Buf t = BUF_INIT;
    for (int n = LIMIT_NESTING - 1; n <= LIMIT_NESTING; n++) {
        for (int known = 0; known < 2; known++) {
            buf_clear(&t);
            buf_cstr(&t, known ? "{\"A\":" : "{\"X\":");
            buf_repeat(&t, '[', n);
            buf_repeat(&t, ']', n);
            buf_byte(&t, '}');
            const char *got = sd_read(s, buf_z(&t));
            if (n < LIMIT_NESTING)
                CHECK(s->kept);
            else
                CHECK_TEXT(got, FAILED "Document nesting depth (129) exceeds the maximum allowed (128)");
        }
    }
    buf_clear(&t);
    buf_cstr(&t, "{\"A\":");
    buf_repeat(&t, '1', 1001);
    buf_byte(&t, '}');
    CHECK_TEXT(sd_read(s, buf_z(&t)), FAILED "Number value length exceeds the maximum allowed (1000)");
    buf_free(&t);
    sd_free(s);
    return 0;
}

int test_serde_json_write(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`a\"b` STRING, `é` ARRAY<BOOLEAN>>", 0);
    CHECK_TEXT(sd_echo(s, "{\"a\\\"b\":\"\\u0001\\u001f \\u007f é \\\\ \\\" / 日本\",\"é\":[true,null,false]}"),
               "{\"a\\\"b\":\"\\u0001\\u001F \x7f é \\\\ \\\" / 日本\",\"é\":[true,null,false]}");
    CHECK_TEXT(sd_echo(s, "{\"a\\\"b\":\"x \xF0\x9F\x98\x80 y\"}"),
               "{\"a\\\"b\":\"x \\uD83D\\uDE00 y\",\"é\":null}");
    CHECK_TEXT(sd_read(s, "{\"a\\\"b\":\"x \\uD83D\\uDE00 y\"}"), "\"x \\uD83D\\uDE00 y\"|null");
    CHECK(view_str(s->b->cols[0].s[0]).n == 8);
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<>", 0);
    CHECK_TEXT(sd_echo(s, "{\"x\":1}"), "{}");
    sd_free(s);
    return 0;
}

/* Many rows a call: bad ones are left out, NULLs make bitmaps, what is not wanted stays away. */
int test_serde_json_batch(void)
{
    Sd *s = sd_spec(FORMAT_JSON, "STRUCT<`A` INTEGER, `B` STRING, `C` BIGINT>", 0);
    static const bool want[3] = {true, false, true};
    Err err = ERR_INIT;
    CHECK_INT(reader_new(&s->spec, want, &s->r, &err), OK);
    const char *text[] = {"{\"a\":1,\"b\":{\"x\":[1,\"é\"]},\"c\":10}", "{\"a\":\"x\",\"c\":20}", NULL,
                          "{\"b\":\"y\",\"c\":30}",
                          "{\"b\":\"unused\\u00\",\"c\":40}"};
    Bytes in[5];
    uint16_t rows[5] = {0, 1, 2, 3, 4};
    for (int i = 0; i < 5; i++)
        in[i] = (Bytes){text[i], text[i] ? (int64_t)strlen(text[i]) : 0};
    Batch *b = batch_new(s->rows, &s->schema, 5);
    b->flags = arena_zalloc(s->rows, 5);
    b->cols[1].data = NULL;
    CHECK_INT(reader_read(s->r, in, rows, 5, b, 0, rows), 3);
    CHECK_INT(rows[0], 0);
    CHECK_INT(rows[1], 2);
    CHECK_INT(rows[2], 3);
    CHECK_INT(b->flags[2], ROW_VALUE_NULL);
    CHECK_INT(b->cols[0].i[0], 1);
    CHECK_INT(b->cols[2].l[3], 30);
    CHECK(column_is_null(&b->cols[0], 3) && column_is_null(&b->cols[0], 2) &&
          !column_is_null(&b->cols[0], 0));
    CHECK_INT(b->errors->total, 2);
    CHECK_INT(b->errors->v.v[0].row, 1);
    CHECK_INT(b->errors->v.v[0].stage, ROWERR_DESERIALIZE_VALUE);
    CHECK_INT(b->errors->v.v[1].row, 4);
    sd_free(s);
    return 0;
}

/* Nesting: what a format is given to write it can read; deeper columns are refused, deeper records skipped. */
int test_serde_json_nesting(void)
{
    static const struct {
        int levels, flags;
        bool good;
    } rows[] = {{127, SD_WRAP, true}, {128, SD_WRAP, false}, {128, SD_UNWRAP, true}, {129, SD_UNWRAP, false}, {128, SD_KEY, true}};
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Sd *s = sd_spec(FORMAT_JSON, "STRUCT<`A` INTEGER>", rows[i].flags);
        Buf text = BUF_INIT;
        const Type *t = TYPE_INTEGER;
        buf_cstr(&text, rows[i].flags == SD_WRAP ? "{\"A\":" : "");
        for (int k = 0; k < rows[i].levels; k++)
            t = type_array(s->a, t);
        buf_repeat(&text, '[', rows[i].levels);
        buf_byte(&text, '1');
        buf_repeat(&text, ']', rows[i].levels);
        buf_cstr(&text, rows[i].flags == SD_WRAP ? "}" : "");
        s->cols[0].type = t;
        CHECK_INT(serde_check(&s->spec, &s->err) == OK, rows[i].good);
        if (rows[i].good) {
            sd_open(s);
            CHECK_TEXT(sd_echo(s, buf_z(&text)), buf_z(&text));
        } else {
            CHECK(strstr(s->err.msg, "JSON is read down to 128 levels, column `A` has more"));
        }
        buf_free(&text);
        sd_free(s);
    }
    /* Members that are no column count too. */
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` INTEGER, `B` INTEGER>", 0);
    Buf text = BUF_INIT;
    buf_cstr(&text, "{\"A\":1,\"X\":");
    buf_repeat(&text, '[', 128);
    buf_repeat(&text, ']', 128);
    buf_cstr(&text, "}");
    CHECK(strstr(sd_echo(s, buf_z(&text)), "Document nesting depth (129) exceeds the maximum allowed (128)"));
    buf_free(&text);
    sd_free(s);
    return 0;
}
