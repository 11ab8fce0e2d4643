// SPDX-License-Identifier: Apache-2.0
// COUNT: how many values are not NULL; COUNT(*) comes as COUNT(ROWTIME).
//
// PERSISTED v1: the state is the count, 8 bytes.
#include "func/tables.h"

static void count_add(AggCtx *c, void *state, const Value *args)
{
    UNUSED(c);
    *(int64_t *)state += !args[0].null;
}

static void count_undo(AggCtx *c, void *state, const Value *args)
{
    UNUSED(c);
    *(int64_t *)state -= !args[0].null;
}

static void count_merge(AggCtx *c, void *state, const void *other)
{
    UNUSED(c);
    *(int64_t *)state += *(const int64_t *)other;
}

static void count_result(AggCtx *c, const void *state, Value *out)
{
    UNUSED(c);
    *out = value_bigint(*(const int64_t *)state);
}

static bool count_import(AggCtx *c, void *state, const Value *v)
{
    UNUSED(c);
    *(int64_t *)state = v->null ? 0 : v->d.l;
    return true;
}

static void count_add_rows(AggCtx *c, void *const *states, size_t at, const Column *args,
                           const uint16_t *rows, int n)
{
    UNUSED(c);
    for (int k = 0; k < n; k++)
        *(int64_t *)((char *)states[k] + at) += !column_is_null(&args[0], rows[k]);
}

static const AggRow rows[] = {
    {.signature = "COUNT(T) -> BIGINT", .size = sizeof(int64_t), .add = count_add, .undo = count_undo,
     .merge = count_merge, .result_of = count_result, .import = count_import, .add_rows = count_add_rows, .params = "val",
     .description = "The number of rows whose value is not NULL; COUNT(*) counts rows.",
     .example = "1, NULL, 3 => COUNT", .expected = "2"},
};

const AggTable agg_count = {rows, ARRAY_LEN(rows)};
