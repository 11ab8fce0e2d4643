// SPDX-License-Identifier: Apache-2.0
// COALESCE, IFNULL, NULLIF and AS_VALUE (page 06 §6.1, Conditional). All arguments are computed: only CASE
// is lazy.
#include "func/tables.h"

static void coalesce(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c);
    *out = value_null();
    for (int i = 0; i < n && out->null; i++)
        *out = a[i];
}

static void nullif(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    bool equal = !a[0].null && !a[1].null && value_equal(c->types[0], &a[0], &a[1]);
    *out = equal ? value_null() : a[0];
}

static void as_value(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    *out = a[0];
}

static const FuncRow rows[] = {
    {.signature = "COALESCE(T, T...) -> T", .row = coalesce, .category = "CONDITIONAL",
     .params = "first, others",
     .description = "The first argument that is not NULL.", .example = "COALESCE(CAST(NULL AS INT), 2, 3)",
     .expected = "2"},
    {.signature = "IFNULL(T, T) -> T", .row = coalesce, .category = "CONDITIONAL",
     .params = "expression, altValue",
     .description = "The expression, or altValue when it is NULL.", .example =
         "IFNULL(CAST(NULL AS VARCHAR), 'none')",
     .expected = "none"},
    {.signature = "NULLIF(T, T) -> T", .row = nullif, .category = "CONDITIONAL", .params = "expr1, expr2",
     .description = "NULL when both are equal, else the first.", .example = "NULLIF(1, 2)", .expected = "1"},
    {.signature = "AS_VALUE(T) -> T", .row = as_value, .category = "OTHER", .params = "keyColumn",
     .description = "The argument itself: copies a key column into the value.", .example = "AS_VALUE('k')",
     .expected = "k"},
};

const ScalarTable scalar_conditional = {rows, ARRAY_LEN(rows)};
