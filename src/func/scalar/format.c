// SPDX-License-Identifier: Apache-2.0
// Functions that write dates and times by pattern, and CONVERT_TZ (page 06 §6.1, Date / time).
#include "func/date_format.h"
#include "func/tables.h"

enum { DAY_MS = 86400000 };

static void put(FuncCtx *c, Str pattern, const Moment *m, Value *out)
{
    Buf b = BUF_INIT;
    if (date_format(&b, c->arena, pattern, m))
        *out = value_str(b.n ? arena_str(c->arena, buf_view(&b)) : STR(""));
    else
        func_fail(c, "Failed to format by pattern '%.*s'", (int)(pattern.n < 200 ? pattern.n : 200), pattern.p);
    buf_free(&b);
}

static const Zone *zone_or_fail(FuncCtx *c, Str name)
{
    const Zone *z = zone_find(name);
    if (!z)
        func_fail(c, "Unknown time-zone ID: %.*s", (int)(name.n < 100 ? name.n : 100), name.p);
    return z;
}

static void put_instant(FuncCtx *c, int64_t ms, Str pattern, Str zone, Value *out)
{
    const Zone *z = zone_or_fail(c, zone);
    if (!z)
        return;
    if (ms < INT64_MIN / 1000 * 1000) /* java.sql.Timestamp wraps */
        ms = INT64_MAX / 1000 * 1000 + (1000 + ms % 1000);
    Moment m = {.has_date = true, .has_time = true, .zone = z, .offset = zone_offset(z, ms), .instant = ms};
    int64_t of_day = (ms % DAY_MS + DAY_MS) % DAY_MS + (int64_t)m.offset * 1000;
    m.days = ms / DAY_MS - (ms % DAY_MS < 0);
    m.days += of_day >= DAY_MS ? 1 : of_day < 0 ? -1 : 0;
    m.ms = (int32_t)((of_day + DAY_MS) % DAY_MS);
    put(c, pattern, &m, out);
}

static void format_timestamp(FuncCtx *c, const Value *a, int n, Value *out)
{
    put_instant(c, a[0].d.l, view_str(a[1].d.s), n > 2 ? view_str(a[2].d.s) : STR("GMT"), out);
}

/* The zone of the server is UTC, under the name that Java finds for it. */
static void timestamp_to_string(FuncCtx *c, const Value *a, int n, Value *out)
{
    put_instant(c, a[0].d.l, view_str(a[1].d.s), n > 2 ? view_str(a[2].d.s) : STR("Etc/UTC"), out);
}

static void format_date(FuncCtx *c, const Value *a, int n, Value *out)
{
    const Moment m = {.has_date = true, .days = a[0].d.i};
    UNUSED(n);
    put(c, view_str(a[1].d.s), &m, out);
}

static void format_time(FuncCtx *c, const Value *a, int n, Value *out)
{
    const Moment m = {.has_time = true, .ms = a[0].d.i};
    UNUSED(n);
    put(c, view_str(a[1].d.s), &m, out);
}

/* As java.util.TimeZone has it: offsets that it does not know count as GMT, before 1900 there is only the
 * standard time of today. */
static int64_t shift(const Zone *z, int64_t ms)
{
    bool unknown = z->kind == ZONE_UTC_OFFSET || (z->kind != ZONE_REGION && z->offset % 60);
    const int64_t from_1900 = INT64_C(-2208988800000);
    return unknown ? 0 : (int64_t)(ms < from_1900 ? zone_standard(z) : zone_offset(z, ms)) * 1000;
}

static void convert_tz(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    const Zone *z = zone_or_fail(c, view_str(a[1].d.s));
    if (!z)
        return;
    int64_t from = shift(z, a[0].d.l);
    z = zone_or_fail(c, view_str(a[2].d.s));
    if (!z)
        return;
    *out = value_bigint((int64_t)((uint64_t)a[0].d.l + (uint64_t)(shift(z, a[0].d.l) - from)));
}

#define ROW(sig, fn, names, text, ...)                                                                \
    {.signature = sig, .flags = FUNC_STRICT, .row = fn, .category = "DATE / TIME", .params = names,    \
     .description = text, __VA_ARGS__}

static const FuncRow rows[] = {
    ROW("format_timestamp(TIMESTAMP, VARCHAR) -> VARCHAR", format_timestamp, "timestamp, formatPattern",
        "The timestamp as text by a pattern of Java's DateTimeFormatter, in GMT.",
        .example = "FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy-MM-dd HH:mm')", .expected = "1970-01-01 00:00"),
    ROW("format_timestamp(TIMESTAMP, VARCHAR, VARCHAR) -> VARCHAR", format_timestamp,
        "timestamp, formatPattern, timeZone",
        "The timestamp as text by a pattern of Java's DateTimeFormatter, in a time zone.",
        .example = "FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy-MM-dd HH:mm XXX', 'Europe/Paris')",
        .expected = "1970-01-01 01:00 +01:00"),
    ROW("timestamptostring(BIGINT, VARCHAR) -> VARCHAR", timestamp_to_string, "epochMilli, formatPattern",
        "Milliseconds since 1970 as text by a pattern, in UTC.",
        .example = "TIMESTAMPTOSTRING(86400000, 'yyyy-MM-dd')", .expected = "1970-01-02"),
    ROW("timestamptostring(BIGINT, VARCHAR, VARCHAR) -> VARCHAR", timestamp_to_string,
        "epochMilli, formatPattern, timeZone", "Milliseconds since 1970 as text by a pattern, in a time zone.",
        .example = "TIMESTAMPTOSTRING(0, 'HH:mm', 'Asia/Kolkata')", .expected = "05:30"),
    ROW("format_date(DATE, VARCHAR) -> VARCHAR", format_date, "date, formatPattern",
        "The date as text by a pattern of Java's DateTimeFormatter.",
        .example = "FORMAT_DATE(FROM_DAYS(0), 'EEE, d MMM yyyy')", .expected = "Thu, 1 Jan 1970"),
    ROW("format_time(TIME, VARCHAR) -> VARCHAR", format_time, "time, formatPattern",
        "The time as text by a pattern of Java's DateTimeFormatter.",
        .example = "FORMAT_TIME(CAST('14:05' AS TIME), 'h:mm a')", .expected = "2:05 PM"),
    ROW("datetostring(INT, VARCHAR) -> VARCHAR", format_date, "epochDays, formatPattern",
        "Days since 1970-01-01 as text by a pattern.", .example = "DATETOSTRING(18321, 'dd.MM.yy')",
        .expected = "29.02.20"),
    ROW("convert_tz(TIMESTAMP, VARCHAR, VARCHAR) -> TIMESTAMP", convert_tz, "timestamp, fromTimeZone, toTimeZone",
        "The timestamp's time of one zone as that of another.",
        .example = "CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', 'Europe/Paris')", .expected = "1970-01-01T01:00:00.000"),
};

const ScalarTable scalar_format = {rows, ARRAY_LEN(rows)};
