// SPDX-License-Identifier: Apache-2.0
// Functions that read patterns and other small languages: what is wrong in them fails the row, and costs little.
#include "test_expr_help.h"
#include "unit.h"

int test_function_date_patterns(void)
{
    Arena *a = arena_new(0);
    CHECK_TEXT(help_eval(a, "FORMAT_DATE(FROM_DAYS(0), '[HH:mm ]yyyy')"), "1970");
    CHECK_TEXT(help_eval(a, "FORMAT_DATE(FROM_DAYS(0), 'ppppd|')"), "   1|");
    CHECK_TEXT(help_eval(a, "FORMAT_DATE(FROM_DAYS(-719529), 'uuuu yyyy G')"), "-0001 0002 BC");
    CHECK(strstr(help_eval(a, "FORMAT_DATE(FROM_DAYS(0), 'yyyy]')"), "Failed to format"));
    CHECK(strstr(help_eval(a, "FORMAT_DATE(FROM_DAYS(0), '''yyyy')"), "Failed to format"));
    CHECK(strstr(help_eval(a, "FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'HH', 'No/Where')"), "Unknown time-zone ID"));
    CHECK_TEXT(help_eval(a, "FORMAT_TIMESTAMP(FROM_UNIXTIME(1720000000000), 'HH zzz', 'Europe/Paris')"), "11 CEST");
    arena_free(a);
    return 0;
}

int test_function_regexps(void)
{
    Arena *a = arena_new(0);
    CHECK_TEXT(help_eval(a, "REGEXP_REPLACE('a٣1', '\\d', '-')"), "a٣-");
    CHECK_TEXT(help_eval(a, "REGEXP_EXTRACT('(a)(b)?', 'a', 3)"), "null");
    CHECK(strstr(help_eval(a, "REGEXP_EXTRACT('(', 'a')"), "Invalid regular expression"));
    /* Would take for ever without the limit. */
    CHECK(strstr(help_eval(a, "REGEXP_EXTRACT('(a*)*b', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')"),
                 "regular expression failed"));
    arena_free(a);
    return 0;
}

int test_function_json(void)
{
    Arena *a = arena_new(0);
    CHECK_TEXT(help_eval(a, "EXTRACTJSONFIELD('{\"a\":[1,{\"b c\":2}]}', '$.a[1][\"b c\"]')"), "2");
    CHECK_TEXT(help_eval(a, "EXTRACTJSONFIELD('{\"a\":1,\"a\":{\"b\":2}}', '$.a.b')"), "2"); /* the last counts */
    CHECK_TEXT(help_eval(a, "EXTRACTJSONFIELD('{\"\\u0061\":1}', '$.a')"), "1");
    CHECK(strstr(help_eval(a, "EXTRACTJSONFIELD('{}', 'a')"), "Invalid JSON path: a"));
    CHECK(strstr(help_eval(a, "EXTRACTJSONFIELD('{}', '$[\"a')"), "Invalid JSON path"));
    CHECK(strstr(help_eval(a, "EXTRACTJSONFIELD('[1]', '$.a')"), "Invalid array index"));
    CHECK(strstr(help_eval(a, "JSON_KEYS('{\"a\":1,}')"), "Invalid JSON format: Unexpected character ('}' (code 125))"));
    CHECK(strstr(help_eval(a, "JSON_CONCAT('1e99999', '[]')"), "too many digits"));
    CHECK_TEXT(help_eval(a, "JSON_CONCAT('{\"a\":1,\"b\":2}', '{}', '{\"a\":0.10e1}')"), "{\"a\":1.0,\"b\":2}");
    CHECK_TEXT(help_eval(a, "JSON_CONCAT('[]', '[]', '1')"), "[1]");
    CHECK_TEXT(help_eval(a, "JSON_CONCAT('[]', '')"), "null");
    CHECK_TEXT(help_eval(a, "JSON_ARRAY_CONTAINS('[[2], 2', 2)"), "true");
    CHECK_TEXT(help_eval(a, "ENCODE('4t!=', 'base64', 'hex')"), "e2");
    arena_free(a);
    return 0;
}

int test_function_date_parsing(void)
{
    Arena *a = arena_new(0);
    CHECK_TEXT(help_eval(a, "PARSE_TIMESTAMP('20210203', 'yyyyMMdd')"), "2021-02-03T00:00:00.000");
    CHECK_TEXT(help_eval(a, "PARSE_TIMESTAMP('2021-02', 'yyyy[-MM[-dd]]')"), "2021-02-01T00:00:00.000");
    CHECK_TEXT(help_eval(a, "PARSE_TIMESTAMP('2021-11-07 01:30', 'yyyy-MM-dd HH:mm', 'America/New_York')"),
               "2021-11-07T05:30:00.000"); /* the earlier of two */
    CHECK_TEXT(help_eval(a, "PARSE_TIMESTAMP('2021 +02:00', 'yyyy XXX', 'America/New_York')"), "2020-12-31T22:00:00.000");
    CHECK(strstr(help_eval(a, "PARSE_TIMESTAMP('2021-02-03x', 'yyyy-MM-dd')"), "could not be parsed"));
    CHECK(strstr(help_eval(a, "PARSE_TIMESTAMP('2021', 'yyyy''')"), "could not be parsed"));
    CHECK(strstr(help_eval(a, "PARSE_TIMESTAMP('2021', 'yyyy]')"), "could not be parsed"));
    CHECK(strstr(help_eval(a, "PARSE_TIME('2021 10', 'yyyy HH')"), "contains date field"));
    CHECK(strstr(help_eval(a, "PARSE_TIME('10', 'mm')"), "Unable to obtain a time"));
    CHECK(strstr(help_eval(a, "STRINGTODATE('2021-02', 'yyyy-MM')"), "Unable to obtain a date"));
    CHECK(strstr(help_eval(a, "STRINGTODATE(NULL, 'yyyy')"), "is NULL"));
    CHECK(strstr(help_eval(a, "PARSE_TIMESTAMP('999999999', 'u')"), "too far away"));
    arena_free(a);
    return 0;
}
