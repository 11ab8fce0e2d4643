// SPDX-License-Identifier: Apache-2.0
// Batches: columns, NULLs, constants, shared batches, failed rows; how functions fail.
#include "types/function.h"
#include "unit.h"

int test_types_batch_cells(void)
{
    Arena *a = arena_new(0);
    Buf b = BUF_INIT;
    ColumnDef cols[] = {{STR("K"), TYPE_STRING, ROLE_KEY, {NULL, 0}},
                        {STR("B"), TYPE_BOOLEAN, ROLE_VALUE, {NULL, 0}},
                        {STR("I"), TYPE_INTEGER, ROLE_VALUE, {NULL, 0}},
                        {STR("D"), TYPE_DOUBLE, ROLE_VALUE, {NULL, 0}},
                        {STR("C"), type_decimal(a, 38, 1), ROLE_VALUE, {NULL, 0}}};
    Batch *batch = batch_new(a, schema_new(a, cols, 5, true), 100);
    for (int i = 0; i < 100; i++) {
        batch->ts[i] = 1000 + i;
        column_put(a, &batch->cols[0], 100, i, value_str(STR("k")));
        column_put(a, &batch->cols[1], 100, i, value_bool(i % 2));
        column_put(a, &batch->cols[2], 100, i, i % 7 == 3 ? value_null() : value_int(i));
        column_put(a, &batch->cols[3], 100, i, value_double(i / 2.0));
        column_put(a, &batch->cols[4], 100, i, value_decimal((i128)i << 100));
    }
    CHECK(!batch->cols[0].valid && batch->cols[2].valid);
    for (int i = 0; i < 100; i++) {
        Value v = column_get(&batch->cols[2], i);
        CHECK(v.null == (i % 7 == 3) && column_is_null(&batch->cols[2], i) == v.null);
        CHECK(v.null || v.d.i == i);
        CHECK(column_get(&batch->cols[4], i).d.dec == (i128)i << 100);
        CHECK(column_get(&batch->cols[3], i).d.d == i / 2.0);
    }
    column_put(a, &batch->cols[2], 100, 3, value_int(33));
    CHECK_INT(column_get(&batch->cols[2], 3).d.i, 33);
    static const uint16_t sel[] = {2, 10};
    Batch *some = batch_share(a, batch);
    some->sel = sel;
    some->nsel = 2;
    batch_print(&b, some);
    CHECK_STR(buf_view(&b), "insert 1002 K=\"k\" B=false I=2 D=1.0 C=253530120045645880299340641075.2\n"
                            "insert 1010 K=\"k\" B=false I=null D=5.0 C=1267650600228229401496703205376.0\n");
    CHECK(some->cols == batch->cols && batch->nsel == 100);
    buf_free(&b);
    arena_free(a);
    return 0;
}

int test_types_column_constant(void)
{
    Arena *a = arena_new(0);
    Column c = column_constant(a, TYPE_BIGINT, value_bigint(-5));
    CHECK(column_get(&c, 4000).d.l == -5 && !column_is_null(&c, 4000));
    c = column_constant(a, TYPE_STRING, value_null());
    CHECK(column_get(&c, 17).null && column_is_null(&c, 17));
    c = column_constant(a, TYPE_NULL, value_null());
    CHECK(column_get(&c, 17).null);
    arena_free(a);
    return 0;
}

int test_types_batch_fail(void)
{
    Arena *a = arena_new(0);
    ColumnDef col = {STR("I"), TYPE_INTEGER, ROLE_VALUE, {NULL, 0}};
    Batch *batch = batch_new(a, schema_new(a, &col, 1, false), 4096);
    Batch *other = batch_share(a, batch);
    for (int i = 0; i < 4096; i++)
        batch_fail(other, i, ROWERR_EVALUATE, "row %d failed", i);
    CHECK(batch->errors->total == 4096 && batch->errors->v.n == 1000);
    CHECK_INT(batch->errors->v.v[999].row, 999);
    CHECK_STR(batch->errors->v.v[999].message, "row 999 failed");
    arena_free(a);
    return 0;
}

int test_types_func_fail(void)
{
    Arena *a = arena_new(0);
    FuncCtx f = {.arena = a};
    AggCtx g = {.arena = a};
    CHECK(!func_fail(&f, "no %s", "luck") && f.failed);
    CHECK(!func_fail(&f, "later"));
    CHECK_TEXT(f.reason, "no luck"); /* the first reason stays */
    CHECK(!agg_fail(&g, "%d", 42) && g.failed);
    CHECK_TEXT(g.reason, "42");
    arena_free(a);
    return 0;
}
