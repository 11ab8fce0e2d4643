// SPDX-License-Identifier: Apache-2.0
// DATE, TIME and TIMESTAMP as text and back, by the ISO calendar of java.time.
//
//   text_timestamp        2020-02-29T12:34:56.789  CAST(ts AS VARCHAR): year of the era; a year of
//                         more than four digits has a '+' before it
//   text_timestamp_shown  the same as REST replies show it: no '+', and before 1582-10-15 by the
//                         Julian calendar (java.text.SimpleDateFormat)
//   parse_timestamp       yyyy[-MM[-dd]][T[HH[:mm[:ss[.S[S[S]]]]]][zone]]: a day that the month has
//                         not is cut to its last, 24:00 is the next day's start, zone is Z or
//                         +h, +hh, +hhmm, +hh:mm, +hhmmss, +hh:mm:ss (or -)
//   parse_date            [+-]yyyy[-MM[-dd]], the day must exist; years beyond 9999 need their sign
//   parse_time            HH:mm[:ss[.fraction of up to nine digits]]
//
// What a recorded ksqlDB 8.0.7 does counts. Pure; any thread.
#include "types/text.h"

#include <inttypes.h>

enum { MS_DAY = 86400000 };

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static int64_t floor_mod(int64_t a, int64_t b) { return a % b + (a % b < 0 ? b : 0); }

/* Years begin in March, so that the leap day is a year's last; era = 400 years. */
int64_t days_from_date(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void date_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719468, era = floor_div(z, 146097), of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (int)((5 * of_year + 2) / 153);
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}

/* The same in the Julian calendar: every fourth year has a leap day. */
static void julian_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719470, era = floor_div(z, 1461), of_era = z - era * 1461;
    int64_t y = (of_era - of_era / 1460) / 365, of_year = of_era - 365 * y;
    int m = (int)((5 * of_year + 2) / 153);
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 4 + (*month <= 2);
}

static bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int month_length(int64_t year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* ---- text ---- */

static void put2(char *p, int v)
{
    p[0] = (char)('0' + v / 10);
    p[1] = (char)('0' + v % 10);
}

static void put_year(Buf *out, int64_t year)
{
    if (year < 1000 || year > 9999) {
        buf_printf(out, "%04" PRId64, year);
        return;
    }
    char *p = buf_room(out, 4);
    put2(p, (int)year / 100);
    put2(p + 2, (int)year % 100);
    out->n += 4;
}

static void put_rest(Buf *out, int month, int day, int64_t of_day)
{
    char *p = buf_room(out, 19);
    int s = (int)(of_day / 1000), ms = (int)(of_day % 1000);
    memcpy(p, "-00-00T00:00:00.000", 19);
    put2(p + 1, month);
    put2(p + 4, day);
    put2(p + 7, s / 3600);
    put2(p + 10, s / 60 % 60);
    put2(p + 13, s % 60);
    p[16] = (char)('0' + ms / 100);
    put2(p + 17, ms % 100);
    out->n += 19;
}

void text_timestamp(Buf *out, int64_t ms)
{
    int64_t year;
    int month, day;
    date_from_days(floor_div(ms, MS_DAY), &year, &month, &day);
    if (year < 1)
        year = 1 - year;
    if (year > 9999)
        buf_byte(out, '+');
    put_year(out, year);
    put_rest(out, month, day, floor_mod(ms, MS_DAY));
}

void text_timestamp_shown(Buf *out, int64_t ms)
{
    enum { CUTOVER = -141427 }; /* 1582-10-15 */
    int64_t year, days = floor_div(ms, MS_DAY);
    int month, day;
    if (days < CUTOVER)
        julian_from_days(days, &year, &month, &day);
    else
        date_from_days(days, &year, &month, &day);
    put_year(out, year < 1 ? 1 - year : year);
    put_rest(out, month, day, floor_mod(ms, MS_DAY));
}

void text_date(Buf *out, int32_t days)
{
    int64_t year;
    int month, day;
    date_from_days(days, &year, &month, &day);
    if (year < 0)
        buf_byte(out, '-');
    else if (year > 9999)
        buf_byte(out, '+');
    put_year(out, year < 0 ? -year : year);
    char *p = buf_room(out, 6);
    memcpy(p, "-00-00", 6);
    put2(p + 1, month);
    put2(p + 4, day);
    out->n += 6;
}

void text_time(Buf *out, int32_t ms)
{
    int s = (int)floor_mod(floor_div(ms, 1000), 86400);
    char *p = buf_room(out, 8);
    memcpy(p, "00:00:00", 8);
    put2(p, s / 3600);
    put2(p + 3, s / 60 % 60);
    put2(p + 6, s % 60);
    out->n += s % 60 ? 8 : 5;
}

/* ---- reading ---- */

/* Takes exactly n digits off the front. */
static bool take_digits(Str *s, int n, int *out)
{
    int v = 0;
    if (s->n < (size_t)n)
        return false;
    for (int i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        v = v * 10 + (s->p[i] - '0');
    }
    *s = str_sub(*s, (size_t)n, s->n - (size_t)n);
    *out = v;
    return true;
}

static bool take_char(Str *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = str_sub(*s, 1, s->n - 1);
    return true;
}

/* [+-]yyyy[-MM[-dd]]: all of s. More than four digits need the sign '+' or '-', four may have '-' only. */
static bool read_date(Str s, int64_t *year, int *month, int *day)
{
    bool minus = take_char(&s, '-'), plus = !minus && take_char(&s, '+');
    int digits = 0, y = 0;
    while ((size_t)digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
        digits++;
    if (digits < 4 || digits > 9 || (digits > 4 && !minus && !plus) || (digits == 4 && plus))
        return false;
    take_digits(&s, digits, &y);
    *year = minus ? -(int64_t)y : y;
    *month = *day = 1;
    if (s.n && (!take_char(&s, '-') || !take_digits(&s, 2, month)))
        return false;
    if (s.n && (!take_char(&s, '-') || !take_digits(&s, 2, day)))
        return false;
    return s.n == 0 && !(minus && y == 0) && *month >= 1 && *month <= 12 && *day >= 1 && *day <= 31;
}

/* HH:mm[:ss[.S…]] with least to most digits of a second's fraction, as ms of the day; with `partial` also ""
 * and HH. */
static bool read_time(Str s, bool partial, size_t least, size_t most, int *ms)
{
    int h, m = 0, sec = 0, fraction = 0;
    *ms = 0;
    if (partial && s.n == 0)
        return true;
    if (!take_digits(&s, 2, &h) || (!partial && s.n == 0))
        return false;
    if (s.n && (!take_char(&s, ':') || !take_digits(&s, 2, &m)))
        return false;
    if (s.n && (!take_char(&s, ':') || !take_digits(&s, 2, &sec)))
        return false;
    if (s.n) {
        if (!take_char(&s, '.') || s.n < least || s.n > most)
            return false;
        for (size_t i = 0; i < s.n; i++)
            if (s.p[i] < '0' || s.p[i] > '9')
                return false;
        for (size_t i = 0; i < 3; i++)
            fraction = fraction * 10 + (i < s.n ? s.p[i] - '0' : 0);
    }
    *ms = ((h * 60 + m) * 60 + sec) * 1000 + fraction;
    return m < 60 && sec < 60 && (h < 24 || (h == 24 && *ms == MS_DAY && partial));
}

/* Z or an offset from UTC, in ms. */
static bool read_zone(Str s, int *ms)
{
    int h, m = 0, sec = 0;
    *ms = 0;
    if (str_eq_c(s, "Z"))
        return true;
    bool minus = take_char(&s, '-');
    if (!minus && !take_char(&s, '+'))
        return false;
    if (s.n == 1) {
        if (!take_digits(&s, 1, &h))
            return false;
    } else if (!take_digits(&s, 2, &h)) {
        return false;
    }
    bool colon = s.n && s.p[0] == ':';
    if (s.n && ((colon && !take_char(&s, ':')) || !take_digits(&s, 2, &m)))
        return false;
    if (s.n && ((colon && !take_char(&s, ':')) || !take_digits(&s, 2, &sec)))
        return false;
    *ms = ((h * 60 + m) * 60 + sec) * 1000;
    if (s.n || m > 59 || sec > 59 || *ms > 18 * 3600000)
        return false;
    if (minus)
        *ms = -*ms;
    return true;
}

bool parse_timestamp(Str s, int64_t *ms)
{
    int64_t year;
    int month, day, of_day = 0, zone = 0;
    Str date = s;
    const char *t = s.n ? memchr(s.p, 'T', s.n) : NULL;
    if (t) {
        Str time = str_sub(s, (size_t)(t - s.p) + 1, s.n - (size_t)(t - s.p) - 1);
        size_t n = 0;
        date.n = (size_t)(t - s.p);
        while (n < time.n && time.p[n] != '+' && time.p[n] != '-' && time.p[n] != 'Z')
            n++;
        if (n < time.n && !read_zone(str_sub(time, n, time.n - n), &zone))
            return false;
        if (!read_time(str_sub(time, 0, n), true, 1, 3, &of_day))
            return false;
    }
    if (!read_date(date, &year, &month, &day) || year < 1)
        return false;
    if (day > month_length(year, month))
        day = month_length(year, month);
    *ms = days_from_date(year, month, day) * MS_DAY + of_day - zone;
    return true;
}

bool parse_date(Str s, int32_t *days)
{
    int64_t year;
    int month, day;
    if (!read_date(s, &year, &month, &day) || day > month_length(year, month))
        return false;
    int64_t d = days_from_date(year, month, day);
    *days = (int32_t)d;
    return d == *days;
}

bool parse_time(Str s, int32_t *ms)
{
    int v;
    bool ok = read_time(s, false, 0, 9, &v);
    *ms = v;
    return ok;
}
