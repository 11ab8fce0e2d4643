// SPDX-License-Identifier: Apache-2.0
// The expression binder: types, messages, spans and hints.
#include "test_expr_help.h"
#include "unit.h"

static Scope scope(Arena *a)
{
    const Type *st;
    Err err = ERR_INIT;
    if (type_parse(a, STR("STRUCT<F INT, NAME VARCHAR>"), &st, &err))
        BUG("%s", err.msg);
    static ScopeColumn cols[8];
    cols[0] = (ScopeColumn){STR("S1"), STR("ID"), TYPE_INTEGER, 0};
    cols[1] = (ScopeColumn){STR("S1"), STR("NAME"), TYPE_STRING, 1};
    cols[2] = (ScopeColumn){STR("S2"), STR("ID"), TYPE_BIGINT, 2};
    cols[3] = (ScopeColumn){STR("S2"), STR("PRICE"), type_decimal(a, 4, 2), 3};
    cols[4] = (ScopeColumn){STR("S2"), STR("ST"), st, 4};
    cols[5] = (ScopeColumn){STR("S2"), STR("ROWTIME"), TYPE_BIGINT, 5};
    cols[6] = (ScopeColumn){STR("S2"), STR("ARR"), type_array(a, TYPE_INTEGER), 6};
    cols[7] = (ScopeColumn){STR("S2"), STR("DT"), TYPE_DATE, 7};
    return (Scope){.n = 8, .cols = cols, .clause = "SELECT"};
}

int test_bind_types(void)
{
    static const struct {
        const char *sql, *type;
    } rows[] = {
        {"1", "INTEGER"}, {"3000000000", "BIGINT"}, {"0.10", "DECIMAL(3, 2)"}, {".5", "DECIMAL(2, 1)"},
            {"1.", "DECIMAL(1, 0)"},
        {"1e3", "DOUBLE"}, {"'x'", "STRING"}, {"TRUE", "BOOLEAN"}, {"NAME", "STRING"}, {"S1.ID", "INTEGER"},
            {"S2.ID", "BIGINT"},
        {"S1.ID + S2.ID", "BIGINT"}, {"S1.ID + PRICE", "DECIMAL(13, 2)"}, {"PRICE * 1e0", "DOUBLE"},
            {"PRICE / 2", "DECIMAL(15, 13)"},
        {"ST->F", "INTEGER"}, {"ARR[1]", "INTEGER"}, {"ARRAY[1, 2.5]", "ARRAY<DECIMAL(11, 1)>"},
            {"ARRAY[1, '2']", "ARRAY<INTEGER>"},
        {"ARRAY[1, '2147483648']", "ARRAY<BIGINT>"}, {"ARRAY[NULL, 10, '2e1', S2.ID]", "ARRAY<DECIMAL(19, 0)>"},
        {"ARRAY[STRUCT(A := 1), STRUCT(B := 'x', A := '7')]", "ARRAY<STRUCT<`A` INTEGER, `B` STRING>>"},
        {"ARRAY['a', 1]", "ARRAY<STRING>"}, {"MAP('a' := 1, 'b' := NULL)", "MAP<STRING, INTEGER>"},
        {"STRUCT(A := 1, B := 'x')", "STRUCT<`A` INTEGER, `B` STRING>"},
            {"CASE WHEN TRUE THEN 1 END", "INTEGER"},
        {"CAST(1 AS DECIMAL(5, 2))", "DECIMAL(5, 2)"}, {"DT > '2020-01-01'", "BOOLEAN"},
            {"NULL IS NULL", "BOOLEAN"},
    };
    Arena *a = arena_new(0);
    Scope sc = scope(a);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Err err = ERR_INIT;
        const TExpr *x = help_bind(a, &sc, rows[i].sql, &err);
        if (!x || strcmp(type_text(a, x->type), rows[i].type) != 0)
            printf("%s: %s\n", rows[i].sql, x ? "" : err.msg);
        CHECK(x != NULL);
        CHECK_TEXT(type_text(a, x->type), rows[i].type);
    }
    arena_free(a);
    return 0;
}

int test_bind_errors(void)
{
    static const struct {
        const char *sql, *message, *hint;
    } rows[] = {
        {"NAMR", "SELECT column 'NAMR' cannot be resolved.", "did you mean NAME?"},
        {"S1.NOPE", "SELECT column 'S1.NOPE' cannot be resolved.", NULL},
        {"ID", "Column 'ID' is ambiguous. Could be S1.ID or S2.ID.", NULL},
        {"X.ID", "'X' is not a valid stream/table name or alias.", NULL},
        {"NAME + 1", "Error processing expression: (NAME + 1). Unsupported arithmetic types. STRING INTEGER",
         NULL},
        {"PRICE + NULL", "Arithmetic on types DECIMAL(4, 2) and null are not supported.", NULL},
        {"NAME = 1", "Cannot compare NAME (STRING) to 1 (INTEGER) with EQUAL.", NULL},
        {"S1.ID = NULL",
         "Comparison with NULL not supported: INTEGER = NULL\nUse 'IS NULL' or 'IS NOT NULL' instead.", NULL},
        {"ROWTIME > '2020'", "Cannot compare ROWTIME (BIGINT) to '2020' (STRING) with GREATER_THAN.", NULL},
        {"S1.ID IN ('x')", "invalid input syntax for type INTEGER: \"x\".", NULL},
        {"ARRAY[1, NAME]",
         "operator does not exist: INTEGER = STRING (NAME)\nHint: You might need to add explicit type casts.", NULL},
        {"ARRAY[NULL]", "Cannot construct an array with all NULL elements", NULL},
        {"CASE WHEN TRUE THEN 1 ELSE 'a' END", "THEN type: INTEGER.\nDEFAULT type: STRING.", NULL},
        {"CASE WHEN TRUE THEN 1 WHEN FALSE THEN 'a' END", "Type for all 'THEN' clauses should be the same.",
         NULL},
        {"CASE WHEN 1 THEN 2 END", "WHEN operand type should be boolean.\nType for '1' is INTEGER", NULL},
        {"CASE WHEN TRUE THEN NULL END", "Invalid Case expression. All case branches have NULL type", NULL},
        {"ST->NAM", "Could not find field 'NAM' in 'ST'.", "did you mean NAME?"},
        {"ST[1]", "must be on an ARRAY or MAP", "fields of a STRUCT are read with ->"},
        {"ARR['a']", "The index of an array must be INTEGER", NULL},
        {"CAST(ARR AS INT)", "Cast of ARRAY<INTEGER> to INTEGER is not supported", NULL},
        {"CAST(1 AS DECIMAL(2, 3))", "DECIMAL precision must be >= scale: DECIMAL(2,3)", NULL},
        {"CAST(1 AS NOSUCH)", "Cannot resolve unknown type: NOSUCH", NULL},
        {"STRUCT(A := 1, A := 2)", "Duplicate field names found in STRUCT", NULL},
        {"NAME LIKE 1", "Like condition must be between strings", NULL},
        {"SUM(S1.ID)", "SELECT does not support aggregate functions: SUM is an aggregate function.", NULL},
        {"TRANSFORM(ARR, x => x + 1)", "not supported yet", NULL},
        {"GREATEST(*)", "Function 'greatest' does not accept parameters ().", NULL},
        {"GREATEST(PRICE, 1.0)", "not supported yet: GREATEST over DECIMALs of different scale", NULL},
    };
    Arena *a = arena_new(0);
    Scope sc = scope(a);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        Err err = ERR_INIT;
        CHECK(help_bind(a, &sc, rows[i].sql, &err) == NULL);
        if (!strstr(err.msg, rows[i].message))
            printf("%s: %s\n", rows[i].sql, err.msg);
        CHECK(strstr(err.msg, rows[i].message) != NULL);
        CHECK(err.span.line == 1);
        if (rows[i].hint)
            CHECK_TEXT(err.hint, rows[i].hint);
        err_clear(&err);
    }
    arena_free(a);
    return 0;
}

int test_bind_predicates(void)
{
    Arena *a = arena_new(0);
    Scope sc = scope(a);
    Err err = ERR_INIT;
    Expr *e;
    const TExpr *x;
    Buf b = BUF_INIT;
    functions_init();
    sc.clause = "WHERE";
    sc.rowtime_magic = true;
    CHECK_INT(parse_expression(STR("S1.ID + 1"), a, &e, &err), OK);
    CHECK(bind_predicate(a, &sc, e, &x, &err) != OK);
    CHECK_TEXT(err.msg,
               "Type error in WHERE expression: Should evaluate to boolean but is (S1.ID + 1) (INTEGER) instead.");
    err_clear(&err);
    CHECK_INT(parse_expression(STR("ROWTIME BETWEEN '1970-01-02' AND 3"), a, &e, &err), OK);
    CHECK_INT(bind_predicate(a, &sc, e, &x, &err), OK);
    texpr_print(&b, x, NULL);
    CHECK_STR(buf_view(&b), "((#5 >= 86400000) AND (#5 <= CAST(3 AS BIGINT)))");
    buf_free(&b);
    arena_free(a);
    return 0;
}

static const char *insert(Arena *a, const char *sql, const Type *to)
{
    Err err = ERR_INIT;
    Expr *e;
    Value v;
    Buf b = BUF_INIT;
    functions_init();
    if (parse_expression(str_of(sql), a, &e, &err) ||
        bind_literal_to(a, e, STR("C"), to, NULL, NULL, effects_real(), &v, &err))
        buf_printf(&b, "error: %s", err.msg);
    else
        value_cell(&b, to, &v);
    const char *text = arena_cstr(a, buf_view(&b));
    buf_free(&b);
    err_clear(&err);
    return text;
}

int test_bind_insert_values(void)
{
    Arena *a = arena_new(0);
    CHECK_TEXT(insert(a, "12", TYPE_BIGINT), "12");
    CHECK_TEXT(insert(a, "12", type_decimal(a, 5, 2)), "12.00");
    CHECK_TEXT(insert(a, "-1.5", TYPE_DOUBLE), "-1.5");
    CHECK_TEXT(insert(a, "NULL", TYPE_STRING), "null");
    CHECK_TEXT(insert(a, "CONCAT('a', 'b')", TYPE_STRING), "ab");
    CHECK_TEXT(insert(a, "'2020-01-02'", TYPE_DATE), "2020-01-02");
    CHECK_TEXT(insert(a, "ARRAY[1, 2]", type_array(a, TYPE_BIGINT)), "[1, 2]");
    CHECK_TEXT(insert(a, "'x'", TYPE_INTEGER),
               "error: Expected type INTEGER for field `C` but got STRING(x)");
    CHECK(strstr(insert(a, "'not a time'", TYPE_TIMESTAMP),
                 "Expected type TIMESTAMP for field `C` but got STRING(not a time). Timestamp format must be"));
    CHECK(strstr(insert(a, "3000000000", TYPE_INTEGER),
                 "Expected type INTEGER for field `C` but got BIGINT(3000000000)"));
    CHECK(strstr(insert(a, "ID", TYPE_INTEGER), "VALUES column 'ID' cannot be resolved."));
    arena_free(a);
    return 0;
}
