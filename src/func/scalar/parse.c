// SPDX-License-Identifier: Apache-2.0
// Functions that read dates and times by pattern (page 06 §6.1, Date / time).
//
// What a text does not say is as at 1970-01-01T00:00 in its zone: that of the text, else the argument, else GMT.
#include "func/date_parse.h"
#include "func/tables.h"
#include "types/text.h"

enum { DAY_MS = 86400000 };

static bool parsed(FuncCtx *c, const Value *a, Parsed *p)
{
    Str text = view_str(a[0].d.s), pattern = view_str(a[1].d.s);
    return date_parse(text, pattern, p) ||
           func_fail(c, "Text '%.*s' could not be parsed by pattern '%.*s'", (int)(text.n < 200 ? text.n : 200), text.p,
                     (int)(pattern.n < 200 ? pattern.n : 200), pattern.p);
}

/* The date where there is no whole one: its parts over the first of 1970, in the order of ksqlDB. */
static bool date_over(const Parsed *p, int64_t *days)
{
    int64_t year = p->has[DATE_YEAR] ? p->v[DATE_YEAR] : 1970;
    int month = 1, day = 1;
    *days = 0;
    if (p->has[DATE_WEEKDAY]) {
        *days = p->v[DATE_WEEKDAY] - 4; /* that day of the week of Thursday */
        date_from_days(*days, &(int64_t){0}, &month, &day);
        if (*days < 0)
            year -= !p->has[DATE_YEAR];
    }
    if (p->has[DATE_DAY_OF_YEAR]) {
        *days = p->v[DATE_DAY_OF_YEAR] - 1;
        return p->v[DATE_DAY_OF_YEAR] <= 365;
    }
    month = p->has[DATE_MONTH] ? (int)p->v[DATE_MONTH] : month;
    day = p->has[DATE_DAY] ? (int)p->v[DATE_DAY] : day;
    *days = days_from_date(year, month, day);
    return day <= month_length(year, month);
}

/* Local milliseconds to an instant: the earlier of two, and across a gap forward by its length. */
static int64_t instant_of(const Zone *z, int64_t local)
{
    int64_t before = (int64_t)zone_offset(z, local - DAY_MS) * 1000, after = (int64_t)zone_offset(z, local + DAY_MS) * 1000;
    if (before == after || (int64_t)zone_offset(z, local - before) * 1000 == before)
        return local - before;
    return (int64_t)zone_offset(z, local - after) * 1000 == after ? local - after : local - before;
}

static bool instant(FuncCtx *c, const Value *a, int n, int64_t *out)
{
    Parsed p;
    int64_t days = 0;
    if (!parsed(c, a, &p))
        return false;
    if (!p.has_date && !date_over(&p, &days))
        return func_fail(c, "There is no such day");
    days = p.has_date ? p.days : days;
    if (days > INT64_MAX / DAY_MS - 2 || days < INT64_MIN / DAY_MS + 2)
        return func_fail(c, "The timestamp is too far away");
    int64_t ns = p.ns;
    if (!p.has_time)
        ns = (p.has[DATE_AMPM_HOUR] ? p.v[DATE_AMPM_HOUR] * 3600 : 0) * 1000000000 +
             (p.has[DATE_AMPM] ? p.v[DATE_AMPM] * 12 * 3600 : 0) * 1000000000 +
             (p.has[DATE_MINUTE] ? p.v[DATE_MINUTE] * 60 : 0) * 1000000000 +
             (p.has[DATE_SECOND] ? p.v[DATE_SECOND] : 0) * 1000000000 + (p.has[DATE_NANO] ? p.v[DATE_NANO] : 0);
    int64_t local = days * DAY_MS + ns / 1000000;
    if (p.has[DATE_OFFSET]) {
        *out = local - p.v[DATE_OFFSET] * 1000;
        return true;
    }
    Str name = n > 2 ? view_str(a[2].d.s) : STR("GMT");
    const Zone *z = p.zone ? p.zone : zone_find(name);
    if (!z)
        return func_fail(c, "Unknown time-zone ID: %.*s", (int)(name.n < 100 ? name.n : 100), name.p);
    *out = instant_of(z, local);
    return true;
}

static void parse_timestamp_row(FuncCtx *c, const Value *a, int n, Value *out)
{
    int64_t ms = 0;
    *out = value_null();
    if (instant(c, a, n, &ms))
        *out = value_bigint(ms);
}

static void string_to_timestamp(FuncCtx *c, const Value *a, int n, Value *out)
{
    *out = value_null();
    for (int i = 0; i < n; i++)
        if (a[i].null) {
            func_fail(c, "STRINGTOTIMESTAMP: an argument is NULL");
            return;
        }
    parse_timestamp_row(c, a, n, out);
}

static void string_to_date(FuncCtx *c, const Value *a, int n, Value *out)
{
    Parsed p;
    UNUSED(n);
    *out = value_null();
    if (a[0].null || a[1].null)
        func_fail(c, "STRINGTODATE: an argument is NULL");
    else if (parsed(c, a, &p) && !p.has_date)
        func_fail(c, "Unable to obtain a date from '%.*s'", STR_ARG(view_str(a[0].d.s)));
    else if (!c->failed)
        *out = value_int((int32_t)p.days);
}

static void parse_time_row(FuncCtx *c, const Value *a, int n, Value *out)
{
    static const DateField dates[] = {DATE_ERA, DATE_YEAR_OF_ERA, DATE_YEAR, DATE_MONTH, DATE_DAY, DATE_DAY_OF_YEAR,
                                      DATE_WEEK, DATE_WEEK_YEAR, DATE_WEEKDAY, DATE_QUARTER};
    Parsed p;
    UNUSED(n);
    *out = value_null();
    if (!parsed(c, a, &p))
        return;
    for (int i = 0; i < ARRAY_LEN(dates); i++)
        if (p.has[dates[i]]) {
            func_fail(c, "Time format contains date field.");
            return;
        }
    if (p.has_time)
        *out = value_int((int32_t)(p.ns / 1000000));
    else
        func_fail(c, "Unable to obtain a time from '%.*s'", STR_ARG(view_str(a[0].d.s)));
}

#define ROW(sig, how, fn, names, text, ...)                                                            \
    {.signature = sig, .flags = how, .row = fn, .category = "DATE / TIME", .params = names, .description = text, __VA_ARGS__}
#define PATTERN " by a pattern of Java's DateTimeFormatter"

static const FuncRow rows[] = {
    ROW("parse_timestamp(VARCHAR, VARCHAR) -> TIMESTAMP", FUNC_STRICT, parse_timestamp_row,
        "formattedTimestamp, formatPattern", "The timestamp that a text holds," PATTERN ", in GMT.",
        .example = "PARSE_TIMESTAMP('3 Feb 2021 14:05', 'd MMM yyyy HH:mm')", .expected = "2021-02-03T14:05:00.000"),
    ROW("parse_timestamp(VARCHAR, VARCHAR, VARCHAR) -> TIMESTAMP", FUNC_STRICT, parse_timestamp_row,
        "formattedTimestamp, formatPattern, timeZone", "The timestamp that a text holds," PATTERN ", in a time zone.",
        .example = "PARSE_TIMESTAMP('2021-07-01 12:00', 'yyyy-MM-dd HH:mm', 'Europe/Paris')",
        .expected = "2021-07-01T10:00:00.000"),
    ROW("stringtotimestamp(VARCHAR, VARCHAR) -> BIGINT", 0, string_to_timestamp, "formattedTimestamp, formatPattern",
        "Milliseconds since 1970 of the timestamp that a text holds," PATTERN ".",
        .example = "STRINGTOTIMESTAMP('1970-01-02', 'yyyy-MM-dd')", .expected = "86400000"),
    ROW("stringtotimestamp(VARCHAR, VARCHAR, VARCHAR) -> BIGINT", 0, string_to_timestamp,
        "formattedTimestamp, formatPattern, timeZone",
        "Milliseconds since 1970 of the timestamp that a text holds," PATTERN ", in a time zone.",
        .example = "STRINGTOTIMESTAMP('1970-01-01 05:30', 'yyyy-MM-dd HH:mm', 'Asia/Kolkata')", .expected = "0"),
    ROW("stringtodate(VARCHAR, VARCHAR) -> INT", 0, string_to_date, "formattedDate, formatPattern",
        "Days since 1970-01-01 of the date that a text holds," PATTERN ".",
        .example = "STRINGTODATE('29.02.2020', 'dd.MM.yyyy')", .expected = "18321"),
    ROW("parse_time(VARCHAR, VARCHAR) -> TIME", FUNC_STRICT, parse_time_row, "formattedTime, formatPattern",
        "The time of day that a text holds," PATTERN ".", .example = "PARSE_TIME('2:05 pm', 'h:mm a')", .expected = "14:05"),
};

const ScalarTable scalar_parse = {rows, ARRAY_LEN(rows)};
