// SPDX-License-Identifier: Apache-2.0
// CAST of nested values, which casts there are, and implicit coercion.
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

/* Which scalar casts there are: from the row's type to the column's. */
int test_types_cast_allowed(void)
{
    static const char *const kinds[] = {"BOOLEAN", "INTEGER", "BIGINT", "DECIMAL(4, 2)", "DOUBLE", "STRING",
                                        "BYTES",   "TIME",    "DATE",   "TIMESTAMP",     "ARRAY<INTEGER>"};
    static const char *const allowed[] = {
        "x....x.....", "xxxxxx.....", ".xxxxx.....", ".xxxxx.....", ".xxxxx.....", "xxxxxxxxxx.",
        "......x....", ".....x.x...", ".....x..xx.", ".....x.xxx.", ".....x....x",
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(kinds); i++)
        for (int j = 0; j < ARRAY_LEN(kinds); j++) {
            bool want = allowed[i][j] == 'x' && !(i == 1 && j == 0);
            CHECK(cast_allowed(type_of(a, kinds[i]), type_of(a, kinds[j])) == want);
        }
    CHECK(cast_allowed(TYPE_NULL, type_of(a, "MAP<STRING, INTEGER>")));
    CHECK(cast_allowed(type_of(a, "ARRAY<STRUCT<P INT>>"), type_of(a, "ARRAY<STRING>")));
    CHECK(!cast_allowed(type_of(a, "ARRAY<ARRAY<INT>>"), type_of(a, "ARRAY<DOUBLE>")));
    CHECK(cast_allowed(type_of(a, "STRUCT<A INT>"), type_of(a, "STRUCT<F BIGINT, G VARCHAR>")));
    CHECK(!cast_allowed(type_of(a, "STRUCT<A BOOLEAN>"), type_of(a, "STRUCT<A INT>")));
    arena_free(a);
    return 0;
}

static const char *cast_text(Arena *a, const Type *from, const char *to_text, Value v)
{
    const Type *to = type_of(a, to_text);
    const char *why = NULL;
    Value out;
    Buf b = BUF_INIT;
    if (!cast_value(a, from, to, v, &out, &why))
        return why;
    value_json(&b, to, &out);
    const char *s = arena_cstr(a, buf_view(&b));
    buf_free(&b);
    return s;
}

int test_types_cast_nested(void)
{
    Arena *a = arena_new(0);
    const Type *ai = type_of(a, "ARRAY<INTEGER>"), *mv = type_of(a, "MAP<STRING, STRING>");
    const Type *st = type_of(a, "STRUCT<F INTEGER, G STRING>");
    Array *x = array_new(a, 3);
    x->v[0] = value_int(1);
    x->v[2] = value_int(-3);
    Value arr = {.d.arr = x};
    CHECK_TEXT(cast_text(a, ai, "ARRAY<DOUBLE>", arr), "[1.0,null,-3.0]");
    CHECK_TEXT(cast_text(a, ai, "STRING", arr), "\"[1, null, -3]\"");
    CHECK_TEXT(cast_text(a, ai, "ARRAY<DECIMAL(1, 1)>", arr),
               "Numeric field overflow: A field with precision 1 and scale 1 must round to an absolute value "
               "less than 10^0. Got 1");
    Value kv[] = {text("1"), text("x"), text("yes"), text("y")};
    Value map = {.d.map = map_new(a, mv, kv, 2)};
    CHECK_TEXT(cast_text(a, mv, "STRING", map), "\"{1=x, yes=y}\"");
    CHECK_TEXT(cast_text(a, mv, "MAP<BOOLEAN, STRING>", map), "{\"false\":\"x\",\"true\":\"y\"}");
    CHECK_TEXT(cast_text(a, mv, "MAP<INTEGER, STRING>", map), "Cannot read 'yes' as INTEGER");
    Struct *s = struct_new(a, 2);
    s->v[0] = value_int(7);
    Value rec = {.d.st = s};
    CHECK_TEXT(cast_text(a, st, "STRING", rec), "\"Struct{F=7}\"");
    CHECK_TEXT(cast_text(a, st, "STRUCT<F BIGINT, G STRING, X INTEGER>", rec),
               "{\"F\":7,\"G\":null,\"X\":null}");
    CHECK_TEXT(cast_text(a, st, "STRUCT<`f` INTEGER>", rec), "{\"f\":null}");
    CHECK_TEXT(cast_text(a, ai, "ARRAY<STRING>", value_null()), "null");
    arena_free(a);
    return 0;
}

int test_types_cast_temporal(void)
{
    Arena *a = arena_new(0);
    Value ts = value_bigint(-1), date = value_int(-719162), time = value_int(45296789);
    CHECK_TEXT(cast_text(a, TYPE_TIMESTAMP, "DATE", ts), "\"1969-12-31\"");
    CHECK_TEXT(cast_text(a, TYPE_TIMESTAMP, "TIME", ts), "\"23:59:59\"");
    CHECK_TEXT(cast_text(a, TYPE_DATE, "STRING", date), "\"0001-01-01\"");
    CHECK_TEXT(cast_text(a, TYPE_DATE, "TIMESTAMP", date), "\"0001-01-03T00:00:00.000\"");
    CHECK_TEXT(cast_text(a, TYPE_TIME, "STRING", time), "\"12:34:56\"");
    CHECK_TEXT(cast_text(a, TYPE_DATE, "DATE", value_int(2932897)), "\"+10000-01-01\"");
    static const struct {
        int64_t ms;
        const char *date, *time;
    } far[] = {
        {INT64_MAX, "The timestamp is beyond the days that a DATE can hold", "\"07:12:55\""},
        {INT64_MIN, "The timestamp is beyond the days that a DATE can hold", "\"16:47:04\""},
        {-1, "\"1969-12-31\"", "\"23:59:59\""},
        {INT64_C(86400000) * INT32_MAX, "\"+5881580-07-11\"", "\"00:00\""},
    };
    for (int i = 0; i < ARRAY_LEN(far); i++) {
        CHECK_TEXT(cast_text(a, TYPE_TIMESTAMP, "DATE", value_bigint(far[i].ms)), far[i].date);
        CHECK_TEXT(cast_text(a, TYPE_TIMESTAMP, "TIME", value_bigint(far[i].ms)), far[i].time);
    }
    arena_free(a);
    return 0;
}

static const char *coerce_text(Arena *a, const char *from_text, const char *to_text, const char *value,
                               bool lax)
{
    const Type *from = type_of(a, from_text), *to = type_of(a, to_text);
    const char *why = NULL;
    Value in = text(value), out;
    Buf b = BUF_INIT;
    if (from->kind != KIND_STRING && !cast_value(a, TYPE_STRING, from, in, &in, &why))
        return why;
    if (!coerce_value(a, from, to, in, lax, &out, &why))
        return why;
    value_json(&b, to, &out);
    const char *s = arena_cstr(a, buf_view(&b));
    buf_free(&b);
    return s;
}

int test_types_coerce(void)
{
    static const struct {
        const char *from, *to, *value;
        bool lax;
        const char *want;
    } rows[] = {
        {"INTEGER", "BIGINT", "7", false, "7"},
        {"INTEGER", "DECIMAL(4, 2)", "7", false, "7.00"},
        {"INTEGER", "DECIMAL(4, 2)", "100", false, "invalid input syntax for type DECIMAL: \"100\"."},
        {"DECIMAL(4, 2)", "DECIMAL(4, 1)", "1.50", false, "1.5"},
        {"DECIMAL(4, 2)", "DECIMAL(4, 1)", "1.55", false, "invalid input syntax for type DECIMAL: \"1.55\"."},
        {"DECIMAL(4, 2)", "DOUBLE", "1.55", false, "1.55"},
        {"BIGINT", "INTEGER", "1", false, "operator does not exist: INTEGER = BIGINT"},
        {"DOUBLE", "DECIMAL(4, 2)", "1", true, "operator does not exist: DECIMAL(4, 2) = DOUBLE"},
        {"STRING", "INTEGER", "1", false, "operator does not exist: INTEGER = STRING"},
        {"STRING", "INTEGER", "1", true, "1"},
        {"STRING", "BIGINT", "not 10", true, "invalid input syntax for type BIGINT: \"not 10\"."},
        {"STRING", "DECIMAL(3, 1)", "1.5", true, "1.5"},
        {"STRING", "BOOLEAN", "fal", true, "false"},
        {"STRING", "BOOLEAN", "Y", true, "true"},
        {"STRING", "BOOLEAN", "abc", true, "invalid input syntax for type BOOLEAN: \"abc\"."},
        {"STRING", "TIMESTAMP", "2020-02", false, "\"2020-02-01T00:00:00.000\""},
        {"STRING", "DATE", "2020-02-30", false, "invalid input syntax for type DATE: \"2020-02-30\"."},
        {"STRING", "BYTES", "aGVsbG8", false, "\"aGVsbG8=\""},
        {"BOOLEAN", "STRING", "true", true, "\"true\""},
        {"DOUBLE", "STRING", "1e10", true, "\"1.0E10\""},
        {"INTEGER", "STRING", "1", false, "operator does not exist: STRING = INTEGER"},
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_TEXT(coerce_text(a, rows[i].from, rows[i].to, rows[i].value, rows[i].lax), rows[i].want);
    arena_free(a);
    return 0;
}

int test_types_common(void)
{
    static const char *const rows[][3] = {
        {"INTEGER", "BIGINT", "BIGINT"},
        {"INTEGER", "DECIMAL(2, 1)", "DECIMAL(11, 1)"},
        {"BIGINT", "DECIMAL(2, 1)", "DECIMAL(20, 1)"},
        {"DECIMAL(2, 1)", "DECIMAL(4, 2)", "DECIMAL(4, 2)"},
        {"DECIMAL(2, 1)", "DOUBLE", "DOUBLE"},
        {"NULL", "STRING", "STRING"},
        {"ARRAY<INTEGER>", "ARRAY<DECIMAL(2, 1)>", "ARRAY<DECIMAL(11, 1)>"},
        {"MAP<STRING, INTEGER>", "MAP<STRING, DOUBLE>", "MAP<STRING, DOUBLE>"},
        {"STRUCT<`A` INTEGER>", "STRUCT<`A` BIGINT>", "STRUCT<`A` BIGINT>"},
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        const Type *x = type_of(a, rows[i][0]), *y = type_of(a, rows[i][1]);
        CHECK_TEXT(type_text(a, type_common(a, x, y)), rows[i][2]);
        CHECK_TEXT(type_text(a, type_common(a, y, x)), rows[i][2]);
        CHECK(coerce_allowed(x, type_common(a, x, y)) && coerce_allowed(y, type_common(a, x, y)));
    }
    CHECK(!type_common(a, TYPE_STRING, TYPE_INTEGER));
    CHECK(!type_common(a, type_of(a, "STRUCT<A INTEGER>"), type_of(a, "STRUCT<B INTEGER>")));
    CHECK(!coerce_allowed(TYPE_BIGINT, TYPE_INTEGER) && !coerce_allowed(TYPE_STRING, TYPE_DATE));
    arena_free(a);
    return 0;
}

/* Each pair of types is exact or refused. */
int test_types_cast_exact(void)
{
    static const char *const types[] = {"BOOLEAN",       "INTEGER",        "BIGINT",        "DECIMAL(4, 1)", "DECIMAL(4, 2)", "DECIMAL(12, 2)",
                                        "DECIMAL(19, 0)", "DECIMAL(21, 2)", "DOUBLE",        "STRING",        "BYTES",         "TIME",
                                        "DATE",          "TIMESTAMP",      "ARRAY<INTEGER>", "ARRAY<BIGINT>"};
    static const char *const exact[] = {
        "x...............", ".xx..xxxx.......", "..x...xxx.......", "...x.x.xx.......", "....xx.xx.......", ".....x.xx.......",
        "......xxx.......", ".......xx.......", "........x.......", ".........x......", "..........x.....", "...........x....",
        "............x...", ".............x..", "..............x.", "...............x",
    };
    Arena *a = arena_new(0);
    for (int i = 0; i < ARRAY_LEN(types); i++)
        for (int j = 0; j < ARRAY_LEN(types); j++)
            CHECK(coerce_exact(type_of(a, types[i]), type_of(a, types[j])) == (exact[i][j] == 'x'));
    arena_free(a);
    return 0;
}
