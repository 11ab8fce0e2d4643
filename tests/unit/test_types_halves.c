// SPDX-License-Identifier: Apache-2.0
// Lone halves of surrogate pairs in texts: how texts join, what each boundary writes and reads (types/utf8.c).
#include "serde/json.h"
#include "test_serde_help.h"
#include "types/text.h"

#define HIGH "\xED\xA0\xBD" /* D83D */
#define LOW "\xED\xB8\x80"  /* DE00 */
#define FACE "\xF0\x9F\x98\x80"

/* The same text whatever its parts. */
int test_types_halves_join(void)
{
    static const struct {
        Str parts[3];
        Str whole;
    } rows[] = {
        {{STR(HIGH), STR(LOW), STR("")}, STR(FACE)},
        {{STR("a" HIGH), STR(LOW "b"), STR("c")}, STR("a" FACE "bc")},
        {{STR(HIGH), STR(""), STR(LOW)}, STR(FACE)},
        {{STR(LOW), STR(HIGH), STR("")}, STR(LOW HIGH)},
        {{STR(HIGH), STR(HIGH), STR(LOW)}, STR(HIGH FACE)},
        {{STR(FACE), STR(LOW), STR("")}, STR(FACE LOW)},
        {{STR(HIGH), STR("\xED\x9F\xBF"), STR("")}, STR(HIGH "\xED\x9F\xBF")}, /* U+D7FF is a character */
        {{STR("\xBD"), STR(LOW), STR("")}, STR("\xBD" LOW)},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Buf b = BUF_INIT;
        for (int k = 0; k < 3; k++)
            text_append(&b, rows[i].parts[k]);
        CHECK(str_eq(buf_view(&b), rows[i].whole));
        buf_free(&b);
    }
    return 0;
}

int test_types_halves_order(void)
{
    /* In the order of Java's String.compareTo. */
    static const Str texts[] = {STR("\xED\x9F\xBF"), STR("\xED\xA0\xBC"), STR(HIGH), STR(HIGH "a"), STR(FACE),
                                STR("\xF0\x9F\x98\x81"), STR(HIGH "\xEE\x80\x80"), STR("\xED\xA0\xBE"), STR(LOW),
                                STR("\xEE\x80\x80")};
    for (int i = 0; i < ARRAY_LEN(texts); i++)
        for (int k = 0; k < ARRAY_LEN(texts); k++) {
            Value x = value_str(texts[i]), y = value_str(texts[k]);
            int c = value_compare(TYPE_STRING, &x, &y);
            CHECK_INT((c > 0) - (c < 0), (i > k) - (i < k));
        }
    return 0;
}

int test_types_halves_mend(void)
{
    static const struct {
        Str bytes;
        const char *text;
    } rows[] = {
        {STR(HIGH), "\xEF\xBF\xBD"},
        {STR("\xE2\x82"), "\xEF\xBF\xBD"},
        {STR("\xE2\x82x"), "\xEF\xBF\xBDx"},
        {STR("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {STR("\xF0\x9F\x98"), "\xEF\xBF\xBD"},
        {STR("\xF5\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {STR("é" FACE), "é" FACE},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Buf b = BUF_INIT;
        text_mend(&b, rows[i].bytes);
        CHECK_TEXT(buf_z(&b), rows[i].text);
        buf_free(&b);
    }
    return 0;
}

/* Through a record: JSON keeps a half, KAFKA and DELIMITED write '?'. */
int test_types_halves_formats(void)
{
    Sd *s = sd_new(FORMAT_JSON, "STRUCT<`A` STRING, `M` MAP<STRING, ARRAY<STRING>>>", 0);
    const char *record = "{\"A\":\"x\\uD83D\",\"M\":{\"\\uDE00\":[\"\\uD83D\\uD83D\\uDE00\"]}}";
    CHECK_TEXT(sd_echo(s, record), record);
    CHECK_TEXT(sd_echo(s, "{\"A\":\"\\uD83D\\uDE00\",\"M\":null}"), "{\"A\":\"\\uD83D\\uDE00\",\"M\":null}");
    CHECK_TEXT(sd_echo(s, "{\"A\":\"" HIGH "\"}"),
               "! Failed to deserialize value from topic: t. Invalid UTF-8 middle byte 0xa0");
    sd_free(s);
    s = sd_new(FORMAT_JSON, "STRUCT<`A` STRING>", SD_KEY | SD_UNWRAP);
    CHECK_TEXT(sd_echo(s, "\"\\uDE00\\uD83D\""), "\"\\uDE00\\uD83D\"");
    sd_free(s);
    static const Format plain[] = {FORMAT_KAFKA, FORMAT_DELIMITED};
    for (int i = 0; i < 2 * ARRAY_LEN(plain); i++) {
        s = sd_new(plain[i / 2], "STRUCT<`A` STRING>", i % 2 ? SD_KEY : 0);
        Value v = value_str(STR("a" HIGH LOW HIGH));
        Column c = column_constant(s->a, TYPE_STRING, v);
        const Column *cols[] = {&c};
        const char *why;
        Buf out = BUF_INIT;
        CHECK_INT(writer_write(s->w, cols, 0, NULL, &out, &why), WRITE_BYTES);
        CHECK_TEXT(buf_z(&out), "a???");
        buf_free(&out);
        sd_free(s);
    }
    return 0;
}

/* A message that quotes half a pair, or is cut inside a character, is valid UTF-8 all the same. */
int test_types_halves_messages(void)
{
    char text[1200];
    Arena *a = arena_new(0);
    Batch b = {.arena = a, .n = 1};
    batch_fail(&b, 0, ROWERR_EVALUATE, "no number: %s", "x" HIGH);
    memset(text, 'x', sizeof text);
    for (size_t i = 1; i + 3 < sizeof text; i += 2)
        memcpy(text + i, "é", 2);
    text[sizeof text - 1] = 0;
    batch_fail(&b, 0, ROWERR_EVALUATE, "%s", text);
    CHECK_INT(b.errors->v.n, 2);
    CHECK_TEXT(arena_cstr(a, b.errors->v.v[0].message), "no number: x?");
    CHECK(utf8_valid(b.errors->v.v[1].message));
    arena_free(a);
    return 0;
}
