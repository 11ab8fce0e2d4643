// SPDX-License-Identifier: Apache-2.0
// The table of formats, what each can hold, KAFKA, NONE, DELIMITED, and windowed keys.
#include "test_serde_help.h"

int test_serde_names(void)
{
    Format f;
    CHECK(format_by_name(STR("json"), &f) && f == FORMAT_JSON);
    CHECK(format_by_name(STR("Protobuf_NoSR"), &f) && f == FORMAT_PROTOBUF_NOSR);
    CHECK(!format_by_name(STR("FOO"), &f) && !format_by_name(STR(""), &f));
    CHECK_TEXT(format_info(FORMAT_JSON_SR)->name, "JSON_SR");
    CHECK(!(format_info(FORMAT_AVRO)->flags & FORMAT_IMPLEMENTED));
    CHECK(!(format_info(FORMAT_NONE)->flags & FORMAT_IS_VALUE));
    CHECK(!(format_info(FORMAT_KAFKA)->flags & (FORMAT_MULTI_KEY | FORMAT_CAN_WRAP)));
    CHECK(!(format_info(FORMAT_PROTOBUF)->flags & FORMAT_CAN_UNWRAP));
    return 0;
}

/* The message of serde_check, or "". */
static const char *check(Format f, const char *type, int flags)
{
    static char last[2000];
    Sd *s = sd_spec(f, type, flags);
    last[0] = 0;
    if (serde_check(&s->spec, &s->err) != OK)
        snprintf(last, sizeof last, "%s", s->err.msg);
    sd_free(s);
    return last;
}

int test_serde_check(void)
{
    CHECK_TEXT(check(FORMAT_KAFKA, "STRUCT<`K` DECIMAL(21, 19)>", SD_KEY),
               "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`K` "
               "DECIMAL(21, 19) KEY], "
               "features=[]}\nreason: The 'KAFKA' format does not support type 'DECIMAL'");
    CHECK_TEXT(check(FORMAT_KAFKA, "STRUCT<`F1` INTEGER, `F2` INTEGER>", SD_KEY),
               "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`F1` INTEGER "
               "KEY, `F2` INTEGER "
               "KEY], features=[]}\nreason: The 'KAFKA' format only supports a single field. Got: [`F1` "
               "INTEGER KEY, `F2` "
               "INTEGER KEY]");
    CHECK_TEXT(check(FORMAT_DELIMITED, "STRUCT<`K` ARRAY<DOUBLE>>", SD_KEY),
               "Key format does not support schema.\nformat: DELIMITED\nschema: Persistence{columns=[`K` "
               "ARRAY<DOUBLE> KEY], "
               "features=[]}\nreason: The 'DELIMITED' format does not support type 'ARRAY', column: `K`");
    CHECK_TEXT(check(FORMAT_JSON, "STRUCT<`V` ARRAY<MAP<INTEGER, DOUBLE>>>", SD_UNWRAP),
               "Value format does not support schema.\nformat: JSON\nschema: Persistence{columns=[`V` "
               "ARRAY<MAP<INTEGER, "
               "DOUBLE>>], features=[UNWRAP_SINGLES]}\nreason: JSON only supports MAP types with STRING "
               "keys");
    CHECK_TEXT(check(FORMAT_NONE, "STRUCT<`K` STRING>", SD_KEY),
               "Key format does not support schema.\nformat: NONE\nschema: Persistence{columns=[`K` STRING "
               "KEY], features=[]}\n"
               "reason: The 'NONE' format can only be used when no columns are defined. Got: [`K` STRING "
               "KEY]");
    CHECK_TEXT(check(FORMAT_JSON, "STRUCT<`K` STRUCT<`F` MAP<STRING, STRING>>>", SD_KEY),
               "Map keys, including types that contain maps, are not supported as they may lead to unexpected "
               "behavior due to "
               "inconsistent serialization. Key column name: `K`. Column type: STRUCT<`F` MAP<STRING, "
               "STRING>>. "
               "See https://github.com/confluentinc/ksql/issues/6621 for more.");
    CHECK_TEXT(check(FORMAT_JSON, "STRUCT<`V` MAP<STRING, STRUCT<`F` BYTES>>>", SD_WRAP), "");
    CHECK_TEXT(check(FORMAT_DELIMITED, "STRUCT<`A` BYTES, `B` DECIMAL(4, 2), `C` TIME>", 0), "");
    CHECK_TEXT(check(FORMAT_KAFKA, "STRUCT<`A` BYTES>", 0), "");
    CHECK_TEXT(check(FORMAT_NONE, "STRUCT<>", SD_KEY), "");
    return 0;
}

int test_serde_not_yet(void)
{
    Sd *s = sd_spec(FORMAT_AVRO, "STRUCT<`A` INTEGER>", 0);
    Reader *r;
    Writer *w;
    Err err = ERR_INIT;
    CHECK_INT(reader_new(&s->spec, NULL, &r, &s->err), ERR_UNSUPPORTED);
    CHECK_INT(writer_new(&s->spec, &w, &err), ERR_UNSUPPORTED);
    CHECK_TEXT(err.msg, "not supported yet: format AVRO");
    err_clear(&err);
    sd_free(s);
    return 0;
}

static bool bytes_are(const Sd *s, const void *p, size_t n)
{
    return s->text.n == n && memcmp(s->text.p, p, n) == 0;
}

int test_serde_kafka(void)
{
    Sd *s = sd_new(FORMAT_KAFKA, "STRUCT<`A` INTEGER>", SD_KEY);
    CHECK_TEXT(sd_read_bytes(s, "\xff\xff\xff\xfe", 4), "-2");
    sd_write_row(s, s->b);
    CHECK(bytes_are(s, "\xff\xff\xff\xfe", 4));
    CHECK_TEXT(sd_read_bytes(s, "abc", 3), "! Size of data received by IntegerDeserializer is not 4");
    CHECK_INT(s->b->errors->v.v[0].stage, ROWERR_DESERIALIZE_KEY);
    CHECK_TEXT(sd_read(s, NULL), "null row");
    CHECK_INT(s->b->flags[0], ROW_KEY_NULL);
    CHECK_TEXT(sd_write_row(s, s->b), "null");
    sd_free(s);
    s = sd_new(FORMAT_KAFKA, "STRUCT<`A` BIGINT>", 0);
    CHECK_TEXT(sd_read_bytes(s, "\0\0\0\1\0\0\0\2", 8), "4294967298");
    sd_write_row(s, s->b);
    CHECK(bytes_are(s, "\0\0\0\1\0\0\0\2", 8));
    CHECK_TEXT(sd_read(s, ""), "! Size of data received by LongDeserializer is not 8");
    sd_free(s);
    s = sd_new(FORMAT_KAFKA, "STRUCT<`A` DOUBLE>", 0);
    CHECK_TEXT(sd_read_bytes(s, "\x3f\xf8\0\0\0\0\0\0", 8), "1.5");
    sd_write_row(s, s->b);
    CHECK(bytes_are(s, "\x3f\xf8\0\0\0\0\0\0", 8));
    CHECK_TEXT(sd_read(s, "x"), "! Size of data received by DoubleDeserializer is not 8");
    sd_free(s);
    s = sd_new(FORMAT_KAFKA, "STRUCT<`A` STRING>", 0);
    CHECK_TEXT(sd_echo(s, "héllo"), "héllo");
    CHECK_TEXT(sd_read(s, ""), "\"\"");
    CHECK_TEXT(sd_read(s, "a\xff" "b"), "\"a\xEF\xBF\xBD" "b\"");
    sd_free(s);
    s = sd_new(FORMAT_KAFKA, "STRUCT<`A` BYTES>", 0);
    CHECK_TEXT(sd_read_bytes(s, "\0\xff", 2), "\"AP8=\"");
    sd_write_row(s, s->b);
    CHECK(bytes_are(s, "\0\xff", 2));
    sd_free(s);
    return 0;
}

int test_serde_none(void)
{
    Sd *s = sd_new(FORMAT_NONE, "STRUCT<>", SD_KEY);
    CHECK_TEXT(sd_read(s, "anything"), "");
    CHECK_TEXT(sd_write_row(s, s->b), "null");
    CHECK_TEXT(sd_read(s, NULL), "null row");
    sd_free(s);
    s = sd_new(FORMAT_KAFKA, "STRUCT<>", SD_KEY);
    CHECK_TEXT(sd_echo(s, "anything"), "null");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<>", SD_KEY);
    CHECK_TEXT(sd_echo(s, "not JSON"), "null");
    sd_free(s);
    return 0;
}

int test_serde_windows(void)
{
    static const char time_key[] = "k\0\0\0\0\0\0\x10\0";
    static const char session_key[] = "k\0\0\0\0\0\0\x20\0\0\0\0\0\0\0\x10\0";
    Sd *s = sd_new(FORMAT_KAFKA, "STRUCT<`K` STRING>", SD_KEY | SD_TIME_WINDOW);
    CHECK_TEXT(sd_read_bytes(s, time_key, 9), "\"k\" @4096/5096");
    sd_write_row(s, s->b);
    CHECK(bytes_are(s, time_key, 9));
    CHECK_TEXT(sd_read_bytes(s, "k\x7f\xff\xff\xff\xff\xff\xff\xff", 9),
               "\"k\" @9223372036854775807/9223372036854775807");
    CHECK_TEXT(sd_read_bytes(s, "short", 5),
               "! Failed to deserialize key from topic: t. Size of data received is less than the "
                                             "8 bytes of the window");
    CHECK_TEXT(sd_read_bytes(s, "", 0), "null row");
    CHECK_TEXT(sd_read_bytes(s, time_key + 1, 8), "\"\" @4096/5096");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`K` STRING, `L` INTEGER>", SD_KEY | SD_SESSION);
    CHECK_TEXT(sd_read_bytes(s, session_key, sizeof session_key - 1),
               "! Failed to deserialize key from topic: t. Unrecognized token 'k': was expecting (JSON "
               "String, Number, Array, "
               "Object or token 'null', 'true' or 'false')");
    char rec[100];
    size_t n = strlen("{\"K\":\"a\",\"L\":1}");
    memcpy(rec, "{\"K\":\"a\",\"L\":1}", n);
    memcpy(rec + n, session_key + 1, 16);
    CHECK_TEXT(sd_read_bytes(s, rec, n + 16), "\"a\"|1 @4096/8192");
    sd_write_row(s, s->b);
    CHECK(bytes_are(s, rec, n + 16));
    sd_free(s);
    return 0;
}

#define CSV "! Error deserializing delimited\n"

int test_serde_delimited_read(void)
{
    Sd *s = sd_new(FORMAT_DELIMITED, "STRUCT<`A` STRING, `B` INTEGER, `C` BOOLEAN>", 0);
    CHECK_TEXT(sd_read(s, "x,1,true"), "\"x\"|1|true");
    CHECK_TEXT(sd_read(s, "\"x, \"\"y\"\"\",\"2\",TRUE\r\nsecond,3,false"), "\"x, \\\"y\\\"\"|2|true");
    CHECK_TEXT(sd_read(s, "\n\r\n x ,-3,yes"), "\" x \"|-3|false");
    CHECK_TEXT(sd_read(s, ",,"), "null|null|null");
    CHECK_TEXT(sd_read(s, "\"\",,"), "null|null|null");
    CHECK_TEXT(sd_read(s, "a\"b\"c,1,"), "\"a\\\"b\\\"c\"|1|null");
    CHECK_TEXT(sd_read(s, "\"x\nz\"  ,1,true"), "\"x\\nz\"|1|true");
    CHECK_TEXT(sd_read(s, "x,1"), CSV "Column count mismatch on deserialization. topic: t, expected: 3, got: "
                                      "2");
    CHECK_TEXT(sd_read(s, "x,1,true,"),
               CSV "Column count mismatch on deserialization. topic: t, expected: 3, got: 4");
    CHECK_TEXT(sd_read(s, ""), CSV "No fields in record");
    CHECK_TEXT(sd_read(s, "\r\n"), CSV "No fields in record");
    CHECK_TEXT(sd_read(s, "\"x"), CSV "(startline 1) EOF reached before encapsulated token finished");
    CHECK_TEXT(sd_read(s, "\"x\"y,1,true"),
               CSV "(line 1) invalid char between encapsulated token and delimiter");
    CHECK_TEXT(sd_read(s, "x, 1,true"), CSV "For input string: \" 1\"");
    CHECK_TEXT(sd_read(s, "x,2147483648,true"), CSV "For input string: \"2147483648\"");
    CHECK_TEXT(sd_read(s, NULL), "null row");
    sd_free(s);
    s = sd_new(FORMAT_DELIMITED, "STRUCT<`A` DECIMAL(4, 2), `B` DOUBLE, `C` BYTES, `D` TIME, `E` DATE, `F` "
                                 "TIMESTAMP>", 0);
    CHECK_TEXT(sd_echo(s, "1.5,2,aGk=,86400000,-1,-1"), "1.50,2.0,aGk=,86400000,-1,-1");
    CHECK_TEXT(sd_read(s, "1.555,,,,,"),
               CSV "Cannot fit decimal '1.555' into DECIMAL(4, 2) as it would require rounding. "
                                             "Use CAST if you want to round.");
    CHECK_TEXT(sd_read(s, "123,,,,,"),
               CSV "Numeric field overflow: A field with precision 4 and scale 2 must round to an "
                                           "absolute value less than 10^2. Got 123");
    CHECK_TEXT(sd_read(s, "x,,,,,"), CSV "For input string: \"x\"");
    CHECK_TEXT(sd_read(s, ",x,,,,"), CSV "For input string: \"x\"");
    CHECK_TEXT(sd_read(s, ",,*,,,"), CSV "Illegal base64 text: *");
    CHECK_TEXT(sd_read(s, ",,,86400001,,"),
               CSV "Time values must use number of milliseconds greater than 0 and less than "
                                                "86400000.");
    CHECK_TEXT(sd_read(s, ",,,,,x"), CSV "For input string: \"x\"");
    CHECK_TEXT(sd_read(s, ",,,,,\xff"), CSV "Malformed UTF-8 text");
    sd_free(s);
    return 0;
}

int test_serde_delimited_delimiter(void)
{
    static const struct {
        char delimiter;
        const char *text, *want;
    } rows[] = {
        {'|', "0|zero,|5", "0|zero,|5"}, {'\t', "0\tzero\t5", "0\tzero\t5"},
                 {' ', "0 zero 5", "0 zero 5"},
        {' ', "\"0\"  5", "0  5"},       {';', "0;\"a;b\";1", "0;\"a;b\";1"},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Sd *s = sd_spec(FORMAT_DELIMITED, "STRUCT<`A` BIGINT, `B` STRING, `C` INTEGER>", 0);
        s->spec.delimiter = rows[i].delimiter;
        sd_open(s);
        CHECK_TEXT(sd_echo(s, rows[i].text), rows[i].want);
        sd_free(s);
    }
    return 0;
}

/* Writes the row that a JSON record describes. */
static const char *from_json(Sd *s, const char *json)
{
    static char last[500];
    Sd *j = sd_spec(FORMAT_JSON, "STRUCT<>", 0);
    j->cols = s->cols;
    j->schema = s->schema;
    j->spec.ncols = s->schema.n;
    j->spec.cols = s->cols;
    j->spec.wrapping = WRAP_SINGLES;
    sd_open(j);
    const char *got = sd_read(j, json);
    snprintf(last, sizeof last, "%s", j->kept ? sd_write_row(s, j->b) : got);
    sd_free(j);
    return last;
}

int test_serde_delimited_write(void)
{
    Sd *s = sd_new(FORMAT_DELIMITED, "STRUCT<`A` STRING, `B` STRING>", 0);
    static const char *const rows[][2] = {
        {"{\"A\":\"x\",\"B\":\"y\"}", "x,y"},
        {"{\"A\":null,\"B\":null}", ","},
        {"{\"A\":\"\",\"B\":\"\"}", "\"\","},
        {"{\"A\":\"-1\",\"B\":\"-1\"}", "\"-1\",-1"},
        {"{\"A\":\"é\",\"B\":\"é\"}", "\"é\",é"},
        {"{\"A\":\"a,b\",\"B\":\"c\\\"d\"}", "\"a,b\",\"c\"\"d\""},
        {"{\"A\":\"a\\nb\",\"B\":\"c\\rd\"}", "\"a\nb\",\"c\rd\""},
        {"{\"A\":\"a \",\"B\":\" c\"}", "\"a \",\" c\""},
        {"{\"A\":\"a\",\"B\":\"#c\"}", "a,\"#c\""},
        {"{\"A\":\"a\",\"B\":\"$c\"}", "a,$c"},
        {"{\"A\":\"a\",\"B\":\"c\\t\"}", "a,\"c\t\""},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_TEXT(from_json(s, rows[i][0]), rows[i][1]);
    sd_free(s);
    s = sd_new(FORMAT_DELIMITED, "STRUCT<`A` INTEGER, `B` DOUBLE, `C` DECIMAL(20, 10), `D` BOOLEAN, `E` "
                                 "BYTES>", 0);
    CHECK_TEXT(from_json(s, "{\"A\":-5,\"B\":1e10,\"C\":0.0000000001,\"D\":true,\"E\":\"aGk=\"}"),
               "\"-5\",1.0E10,0.0000000001,true,aGk=");
    CHECK_TEXT(from_json(s, "{\"A\":5,\"B\":\"NaN\",\"C\":1}"), "5,NaN,1.0000000000,,");
    sd_free(s);
    s = sd_new(FORMAT_DELIMITED, "STRUCT<`A` INTEGER>", 0);
    CHECK_TEXT(from_json(s, "{\"A\":null}"), "");
    CHECK_TEXT(sd_echo(s, "10"), "10");
    sd_free(s);
    return 0;
}
