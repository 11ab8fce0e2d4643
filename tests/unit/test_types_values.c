// SPDX-License-Identifier: Apache-2.0
// Values: maps in Java's order, equality, order, hash, JSON, cells, Java's toString, saving.
#include "types/text.h"
#include "unit.h"

static const Type *type_of(Arena *a, const char *text)
{
    Err err = ERR_INIT;
    const Type *t = NULL;
    if (type_parse(a, str_of(text), &t, &err) != OK)
        BUG("%s", err.msg);
    return t;
}

static Value text(const char *c) { return value_str(str_of(c)); }

/* A MAP<STRING, INTEGER> of the words of a text; the values count from 1. */
static const Map *word_map(Arena *a, const Type *t, const char *words, uint32_t initial)
{
    Value kv[128];
    uint32_t n = 0;
    for (const char *p = words, *end; *p; p = *end ? end + 1 : end) {
        end = p + strcspn(p, " ");
        kv[2 * n] = value_str((Str){p, (size_t)(end - p)});
        kv[2 * n + 1] = value_int((int32_t)n + 1);
        n++;
    }
    return initial ? map_new_sized(a, t, kv, n, initial) : map_new(a, t, kv, n);
}

static const char *keys_of(Arena *a, const Map *m)
{
    Buf b = BUF_INIT;
    for (uint32_t i = 0; i < m->n; i++) {
        if (i)
            buf_byte(&b, ' ');
        buf_str(&b, view_str(m->kv[2 * i].d.s));
    }
    const char *s = arena_cstr(a, buf_view(&b));
    buf_free(&b);
    return s;
}

int test_types_map_order(void)
{
    Arena *a = arena_new(0);
    const Type *t = type_of(a, "MAP<STRING, INTEGER>");
    /* Recorded: maps read from JSON, and what FILTER made of them. */
    CHECK_TEXT(keys_of(a, word_map(a, t, "one two three four five", 0)), "two three five four one");
    CHECK_TEXT(keys_of(a, word_map(a, t, "one two three four five", 16)), "four one two three five");
    CHECK_TEXT(keys_of(a, word_map(a, t, "hello world", 0)), "hello world");
    CHECK_TEXT(keys_of(a, word_map(a, t, "hello world", 16)), "world hello");
    CHECK_TEXT(keys_of(a, word_map(a, t, "k3 k2 k1", 0)), "k3 k1 k2");
    CHECK_TEXT(keys_of(a, word_map(a, t, "foo bar baz", 0)), "bar baz foo");
    CHECK_TEXT(keys_of(a, word_map(a, t, "Aa BB", 0)), "Aa BB"); /* equal hash codes: as they came */
    CHECK_TEXT(keys_of(a, word_map(a, t, "BB Aa", 0)), "BB Aa");
    CHECK_TEXT(keys_of(a, word_map(a, t, "é 😀", 0)), "😀 é");
    const char *many = "k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11 k12 k13 k14 k15 k16 k17 k18 k19 k20";
    CHECK_TEXT(keys_of(a, word_map(a, t, many, 0)),
               "k1 k2 k3 k20 k4 k5 k11 k6 k10 k7 k13 k8 k12 k9 k15 k14 k17 k16 k19 k18");
    CHECK_TEXT(keys_of(a, word_map(a, t, "a b a c a", 0)), "a b c");
    const Map *m = word_map(a, t, "a b a", 0);
    Value key = text("a"), none = text("z");
    CHECK_INT(map_find(m, t, &key)->d.i, 3);
    CHECK(!map_find(m, t, &none));
    arena_free(a);
    return 0;
}

int test_types_map_keys(void)
{
    Arena *a = arena_new(0);
    Buf b = BUF_INIT;
    const Type *t = type_of(a, "MAP<DECIMAL(11, 1), STRING>");
    Value kv[] = {value_decimal(10), text("a"), value_decimal(25), text("b")};
    Value v = {.d.map = map_new(a, t, kv, 2)};
    value_json(&b, t, &v);
    CHECK_STR(buf_view(&b), "{\"2.5\":\"b\",\"1.0\":\"a\"}"); /* recorded */
    CHECK_INT(java_hash(STR("hello")), 99162322);
    CHECK_INT(java_hash(STR("")), 0);
    CHECK_INT(java_hash(STR("😀")), 1772899);
    CHECK_INT(java_hash(STR("polygenelubricants")), INT32_MIN);
    buf_free(&b);
    arena_free(a);
    return 0;
}

int test_types_compare(void)
{
    /* In rising order; UTF-16 puts U+1F600 (a surrogate pair) before U+FFFF and U+E000. */
    static const char *const sorted[] = {"",   "A",  "AB", "a",            "é",
                                         "日", "😀", "😁", "\xee\x80\x80", "\xef\xbf\xbf"};
    for (int i = 0; i < ARRAY_LEN(sorted); i++)
        for (int j = 0; j < ARRAY_LEN(sorted); j++) {
            Value x = text(sorted[i]), y = text(sorted[j]);
            int c = value_compare(TYPE_STRING, &x, &y);
            CHECK_INT(c < 0 ? -1 : c > 0, i < j ? -1 : i > j);
            CHECK(value_equal(TYPE_STRING, &x, &y) == (i == j));
        }
    Value null = value_null(), zero = value_double(0.0), minus = value_double(-0.0), one = value_double(1);
    Value nan = value_double(__builtin_nan("")), inf = value_double(__builtin_inf());
    CHECK(value_compare(TYPE_DOUBLE, &null, &minus) < 0 && value_compare(TYPE_DOUBLE, &zero, &null) > 0);
    CHECK(value_equal(TYPE_DOUBLE, &null, &null) && !value_equal(TYPE_DOUBLE, &null, &zero));
    CHECK(value_equal(TYPE_DOUBLE, &zero, &minus));
    CHECK(value_hash(TYPE_DOUBLE, &zero) == value_hash(TYPE_DOUBLE, &minus));
    CHECK(value_equal(TYPE_DOUBLE, &nan, &nan) && value_compare(TYPE_DOUBLE, &inf, &nan) < 0);
    CHECK(value_compare(TYPE_DOUBLE, &zero, &one) < 0);
    Value low = value_str((Str){"\x80", 1}), high = value_str((Str){"\x01", 1});
    CHECK(value_compare(TYPE_BYTES, &low, &high) < 0); /* bytes are signed */
    CHECK(value_compare(TYPE_STRING, &low, &high) > 0);
    return 0;
}

int test_types_equal_maps(void)
{
    Arena *a = arena_new(0);
    const Type *t = type_of(a, "MAP<STRING, INTEGER>");
    Value kv1[] = {text("Aa"), value_int(1), text("BB"), value_int(2)};
    Value kv2[] = {text("BB"), value_int(2), text("Aa"), value_int(1)};
    Value kv3[] = {text("BB"), value_int(2), text("Aa"), value_int(9)};
    Value x = {.d.map = map_new(a, t, kv1, 2)}, y = {.d.map = map_new(a, t, kv2, 2)};
    Value z = {.d.map = map_new(a, t, kv3, 2)};
    CHECK(value_equal(t, &x, &y) && value_hash(t, &x) == value_hash(t, &y));
    CHECK(!value_equal(t, &x, &z));
    CHECK(value_compare(t, &x, &x) == 0);
    arena_free(a);
    return 0;
}

static const char SAMPLE[] = "STRUCT<A INTEGER, B STRING, C ARRAY<DOUBLE>, D MAP<STRING, DECIMAL(12, 10)>>";

/* Of that type, with a NULL B. */
static Value sample(Arena *a, const Type *t)
{
    Struct *s = struct_new(a, 4);
    Array *x = array_new(a, 3);
    Value kv[] = {text("k"), value_decimal(1)};
    x->v[0] = value_double(1);
    x->v[2] = value_double(1e10);
    s->v[0] = value_int(-7);
    s->v[2] = (Value){.d.arr = x};
    s->v[3] = (Value){.d.map = map_new(a, t->fields[3].type, kv, 1)};
    return (Value){.d.st = s};
}

int test_types_texts(void)
{
    Arena *a = arena_new(0);
    Buf b = BUF_INIT;
    const Type *t = type_of(a, SAMPLE);
    Value v = sample(a, t);
    value_json(&b, t, &v);
    CHECK_STR(buf_view(&b), "{\"A\":-7,\"B\":null,\"C\":[1.0,null,1.0E10],\"D\":{\"k\":0.0000000001}}");
    buf_clear(&b);
    value_cell(&b, t, &v);
    CHECK_STR(buf_view(&b), "{A=-7, B=null, C=[1.0, null, 1.0E10], D={k=0.0000000001}}");
    buf_clear(&b);
    text_java(&b, t, &v);
    CHECK_STR(buf_view(&b), "Struct{A=-7,C=[1.0, null, 1.0E10],D={k=1E-10}}");
    buf_clear(&b);
    Value odd = text("a\"\\/\b\t\n\f\r\x01\x7f é😀\xed\xa0\xbd");
    value_json(&b, TYPE_STRING, &odd);
    CHECK_STR(buf_view(&b), "\"a\\\"\\\\/\\b\\t\\n\\f\\r\\u0001\x7f é\\uD83D\\uDE00\\uD83D\"");
    buf_clear(&b);
    Value nan = value_double(__builtin_nan("")), bytes = text("hello"), ts = value_bigint(-62135596800000);
    value_json(&b, TYPE_DOUBLE, &nan);
    value_json(&b, TYPE_BYTES, &bytes);
    value_json(&b, TYPE_TIMESTAMP, &ts);
    CHECK_STR(buf_view(&b), "\"NaN\"\"aGVsbG8=\"\"0001-01-03T00:00:00.000\"");
    buf_free(&b);
    arena_free(a);
    return 0;
}

int test_types_save(void)
{
    Arena *a = arena_new(0);
    Buf b = BUF_INIT;
    const Type *t = type_of(a, SAMPLE);
    Value v = sample(a, t), null = value_null(), i = value_int(0x01020304);
    value_save(&b, TYPE_INTEGER, &null);
    value_save(&b, TYPE_INTEGER, &i);
    CHECK(str_eq(buf_view(&b), (Str){"\0\1\4\3\2\1", 6})); /* PERSISTED v1 */
    buf_clear(&b);
    value_save(&b, t, &v);
    Rd r = rd_of(buf_view(&b));
    Value back = value_load(&r, a, t);
    CHECK(!r.bad && r.p == r.end && value_equal(t, &v, &back));
    Value copy = value_dup(a, t, v);
    CHECK(value_equal(t, &v, &copy) && copy.d.st != v.d.st);
    for (size_t n = 0; n < b.n; n++) { /* every cut is noticed, none reads past the end */
        Rd cut = rd_of((Str){b.p, n});
        value_load(&cut, a, t);
        CHECK(cut.bad);
    }
    buf_free(&b);
    arena_free(a);
    return 0;
}
