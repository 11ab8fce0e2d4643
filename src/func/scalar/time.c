// SPDX-License-Identifier: Apache-2.0
// Functions of dates and times (page 06 §6.1, Date / time) that need no patterns.
#include "func/tables.h"

static void now(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(a), UNUSED(n);
    *out = value_bigint(c->now_ms);
}

static void identity(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(c), UNUSED(n);
    *out = a[0];
}

static void today(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(a), UNUSED(n);
    *out = value_int((int32_t)(c->now_ms / 86400000));
}

#define TIME_ROW(sig, fn, bits, names, text, ...)                                                          \
    {.signature = sig, .flags = bits, .row = fn, .category = "DATE / TIME", .params = names, .description = text, \
     __VA_ARGS__}

static const FuncRow rows[] = {
    TIME_ROW("unix_timestamp() -> BIGINT", now, FUNC_VOLATILE, "",
             "The time now, in milliseconds since 1970.",
             .example = "UNIX_TIMESTAMP() > 0", .expected = "true"),
    TIME_ROW("unix_timestamp(TIMESTAMP) -> BIGINT", identity, FUNC_STRICT, "timestamp",
             "Milliseconds since 1970.",
             .example = "UNIX_TIMESTAMP(CAST('1970-01-02' AS TIMESTAMP))", .expected = "86400000"),
    TIME_ROW("from_unixtime(BIGINT) -> TIMESTAMP", identity, FUNC_STRICT, "epochMilli",
             "The timestamp so many milliseconds after 1970 began.", .example = "FROM_UNIXTIME(86400000)",
             .expected = "1970-01-02T00:00:00.000"),
    TIME_ROW("unix_date() -> INT", today, FUNC_VOLATILE, "", "Today, in days since 1970-01-01.",
             .example = "UNIX_DATE() > 0", .expected = "true"),
    TIME_ROW("unix_date(DATE) -> INT", identity, FUNC_STRICT, "date", "Days since 1970-01-01.",
             .example = "UNIX_DATE(CAST('1970-01-11' AS DATE))", .expected = "10"),
    TIME_ROW("from_days(INT) -> DATE", identity, FUNC_PRIMITIVE, "days",
             "The date so many days after 1970-01-01.",
             .example = "FROM_DAYS(10)", .expected = "1970-01-11"),
};

const ScalarTable scalar_time = {rows, ARRAY_LEN(rows)};
