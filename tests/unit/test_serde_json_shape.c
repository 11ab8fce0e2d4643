// SPDX-License-Identifier: Apache-2.0
// Shapes of JSON records: whatever was read before, a record means what a new reader says it means.
//
// "Warm" readers have read a record of the same shape many times, so that the next goes by the shape as far as
// it fits; "cold" ones have read nothing. Both must answer every record alike, messages included.
#include "test_serde_help.h"

static const char type[] = "STRUCT<`S` STRING, `I` INTEGER, `L` BIGINT, `D` DOUBLE, `B` BOOLEAN, `A` ARRAY<INTEGER>>";

enum { WARM = 80 }; /* enough for all the credit there is */

/* The record as a warm and as a cold reader read it. */
static int alike(Sd *warm, const char *shape, const char *p, size_t n)
{
    char text[1000];
    for (int i = 0; i < 10; i++) /* what a record that does not fit has cost */
        sd_take(warm, shape, strlen(shape));
    snprintf(text, sizeof text, "%s", sd_read_bytes(warm, p, n));
    Sd *cold = sd_new(FORMAT_JSON, type, 0);
    const char *want = sd_read_bytes(cold, p, n);
    int bad = strcmp(text, want) != 0;
    if (bad)
        printf("after %s\n%.*s\nread as %s\nwanted  %s\n", shape, (int)n, p, text, want);
    sd_free(cold);
    return bad;
}

static Sd *warmed(const char *shape)
{
    Sd *s = sd_new(FORMAT_JSON, type, 0);
    for (int i = 0; i < WARM; i++)
        sd_take(s, shape, strlen(shape));
    return s;
}

static const char *const values[] = {
    "0", "7", "-1", "-0", "00", "01", "-", "--1", "12345678", "123456789", "-123456789012345", "1234567890123456",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999", "1.5", "-1.25", "1.", ".5",
    "1e3", "1E+2", "12345678e1", "123456789.5", "1.e", "1x", "1 ", " 1", "12345678901234567890123456789.5", "1.2.3",
    "0.5", "0e0", "00.5", "1234567890.12345678901234",
    "true", "false", "null", "tru", "nul", "truex",
    "\"\"", "\"a\"", "\"0123456789abcd\"", "\"0123456789abcde\"", "\"0123456789abcdef\"", "\"0123456789abcdef0\"",
    "\"0123456789abcdef0123456789abcde\"", "\"0123456789abcdef0123456789abcdef0123456789abcdef\"",
    "\"\\n\"", "\"0123456789abcde\\n\"", "\"0123456789abcdef\\u0041\"", "\"a\\\"b\"", "\"é\"", "\"0123456789abcdefé\"",
    "\"é0123456789abcdef\"", "\"\xff\"", "\"\x01\"", "\"0123456789abcdef\x1f\"", "\"12\"", "\"\\x\"", "\"open",
    "[]", "[1]", "[1,2]", "{}", "{\"x\":1}", "", "}", ",", "[", "\"a\"b",
};

/* Each value in each place of a record. */
int test_serde_json_shape_values(void)
{
    static const char *const keys[] = {"s", "i", "L", "d", "b", "a", "x"};
    static const char *const usual[] = {"\"bob\"", "3", "1700000000000", "2.5", "true", "[1]", "12.75"};
    char shape[300], p[600];
    int failed = 0;
    snprintf(shape, sizeof shape, "{\"s\":\"bob\",\"i\":3,\"L\":1700000000000,\"d\":2.5,\"b\":true,\"a\":[1],\"x\":12.75}");
    Sd *warm = warmed(shape);
    for (int at = 0; at < 7; at++)
        for (size_t v = 0; v < ARRAY_LEN(values); v++) {
            size_t n = 0;
            for (int k = 0; k < 7; k++)
                n += (size_t)snprintf(p + n, sizeof p - n, "%s\"%s\":%s", k ? "," : "{", keys[k], k == at ? values[v] : usual[k]);
            n += (size_t)snprintf(p + n, sizeof p - n, "}");
            failed |= alike(warm, shape, p, n);
        }
    sd_free(warm);
    return failed;
}

/* Each value as the only one, of a wanted field and of another: always near the end of the record. */
int test_serde_json_shape_short(void)
{
    static const char *const keys[] = {"S", "I", "L", "no"};
    static const char *const usual[] = {"\"0123456789\"", "123456789", "123456789", "\"0123456789\""};
    char shape[100], p[200];
    int failed = 0;
    for (int k = 0; k < 4; k++) {
        snprintf(shape, sizeof shape, "{\"%s\":%s}", keys[k], usual[k]);
        Sd *warm = warmed(shape);
        for (size_t v = 0; v < ARRAY_LEN(values); v++) {
            int n = snprintf(p, sizeof p, "{\"%s\":%s}", keys[k], values[v]);
            failed |= alike(warm, shape, p, (size_t)n);
            failed |= alike(warm, shape, p, (size_t)n - 1);
            n = snprintf(p, sizeof p, " \t{\"%s\":%s} and more", keys[k], values[v]);
            failed |= alike(warm, shape, p, (size_t)n);
        }
        sd_free(warm);
    }
    return failed;
}

static const char *const records[] = {
    "{\"s\":\"bob\",\"i\":3,\"L\":1700000000000,\"d\":2.5,\"b\":true,\"a\":[1],\"x\":12.75}",
    "{\"s\":\"bob\",\"i\":3}",
    "{\"i\":3,\"s\":\"bob, again and again\"}",
    "{ \"s\" : \"bob\" , \"i\" : 3 , \"L\" : 5 }",
    "{\"S\":\"exact\",\"s\":\"other\",\"i\":4}",
    "{\"s\":\"other\",\"S\":\"exact\",\"i\":4}",
    "{\"s\":\"first\",\"s\":\"last\",\"i\":4}",
    "{\"i\":4,\"I\":5,\"i\":\"no number\"}",
    "{\"\\u0073\":\"escaped\",\"i\":4}",
    "{\"a_name_of_seventeen\":1,\"a_name_of_more_than_thirty-two_characters\":2,\"s\":\"x\"}",
    "{\"a_name_of_more_than_forty-eight_characters_is_no_part_of_a_shape\":2,\"s\":\"x\",\"i\":1}",
    "{\"s\":null,\"i\":null,\"L\":null,\"d\":null}",
    "{\"s\":\"\",\"a\":[1,2,3],\"x\":{\"y\":[{}]}}",
    "{}",
    "{               }",
    "{\"i\":3                    }",
    "\xEF\xBB\xBF{\"s\":\"bob\",\"i\":3}",
};

/* Records of one shape after records of another, their beginnings too, and each of their bytes changed. */
int test_serde_json_shape_others(void)
{
    static const char with[] = "\"\\,:{}[]0-.eE x\x80\n";
    char p[300];
    int failed = 0;
    for (size_t a = 0; a < ARRAY_LEN(records); a++) {
        Sd *warm = warmed(records[a]);
        for (size_t b = 0; b < ARRAY_LEN(records); b++)
            failed |= alike(warm, records[a], records[b], strlen(records[b]));
        size_t n = strlen(records[a]);
        for (size_t i = 0; i < n; i++) {
            memcpy(p, records[a], n);
            failed |= alike(warm, records[a], p, i);
            p[i] = with[i % (sizeof with - 1)];
            failed |= alike(warm, records[a], p, n);
        }
        sd_free(warm);
    }
    return failed;
}

/* Records that never fit: a shape is tried ever less often, and later learnt again. */
int test_serde_json_shape_changes(void)
{
    Sd *s = sd_new(FORMAT_JSON, type, 0);
    char p[100], want[100];
    for (int i = 0; i < 30000; i++) {
        bool even = i % 2 == 0 || i > 20000;
        int n = snprintf(p, sizeof p, even ? "{\"s\":\"name %d\",\"i\":%d}" : "{\"i\":%2$d,\"s\":\"name %1$d\",\"x\":1}",
                         i, i / 3);
        snprintf(want, sizeof want, "\"name %d\"|%d|null|null|null|null", i, i / 3);
        CHECK_TEXT(sd_read_bytes(s, p, (size_t)n), want);
    }
    sd_free(s);
    return 0;
}

/* Many members: more than a shape has steps; and many columns that are not there. */
int test_serde_json_shape_wide(void)
{
    Buf t = BUF_INIT, p = BUF_INIT, want = BUF_INIT;
    buf_cstr(&t, "STRUCT<");
    for (int i = 0; i < 150; i++)
        buf_printf(&t, "%s`C%d` INTEGER", i ? ", " : "", i);
    buf_byte(&t, '>');
    Sd *s = sd_new(FORMAT_JSON, buf_z(&t), 0);
    for (int members = 140; members <= 600; members += 230)
        for (int round = 0; round < 20; round++) {
            buf_clear(&p);
            buf_clear(&want);
            for (int i = 0; i < members; i++)
                buf_printf(&p, "%s\"c%d\":%d", i ? "," : "{", i, i * round);
            buf_byte(&p, '}');
            for (int i = 0; i < 150; i++)
                if (i < members)
                    buf_printf(&want, "%s%d", i ? "|" : "", i * round);
                else
                    buf_cstr(&want, "|null");
            CHECK_TEXT(sd_read_bytes(s, p.p, p.n), buf_z(&want));
        }
    sd_free(s);
    buf_free(&t);
    buf_free(&p);
    buf_free(&want);
    return 0;
}
