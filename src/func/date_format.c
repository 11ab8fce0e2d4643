// SPDX-License-Identifier: Apache-2.0
// Writing dates by pattern; see date_format.h. Weeks begin on Sunday, and the first one of a year is that of
// its first day, as in the United States.
#include "func/date_format.h"

#include <stdio.h>

#include "types/text.h"

typedef struct Printer {
    Buf *out;
    Arena *a;
    const Moment *m;
    int64_t year;
    int month, day, yday; /* yday from 0 */
    int weekday;          /* Sunday is 0 */
    bool missing;         /* a field was wanted that is not there */
} Printer;

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
                                     "September", "October", "November", "December"};
static const char *const weekdays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static bool want(Printer *p, bool there)
{
    p->missing |= !there;
    return there;
}

static int64_t abs64(int64_t v) { return v < 0 ? -v : v; }

/* At least `width` digits. */
static bool put_number(Printer *p, int64_t v, int width)
{
    buf_printf(p->out, "%s%0*lld", v < 0 ? "-" : "", width, (long long)abs64(v));
    return true;
}

static bool put_year(Printer *p, int64_t year, int count)
{
    static const int64_t limits[] = {10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    if (count == 2)
        return put_number(p, abs64(year) % 100, 2);
    if (count > 19)
        return false;
    if (count >= 4 && count < 10 && year >= limits[count - 4])
        buf_byte(p->out, '+');
    return put_number(p, year, count < 4 ? (count == 3 ? 3 : 1) : count);
}

/* 1, 01, Jan, January, J */
static bool put_named(Printer *p, int number, const char *name, int count)
{
    if (count <= 2)
        return put_number(p, number, count);
    if (count > 5)
        return false;
    buf_bytes(p->out, name, count == 3 ? 3 : count == 5 ? 1 : strlen(name));
    return true;
}

static bool put_quarter(Printer *p, int count)
{
    static const char *const names[] = {"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};
    int q = (p->month - 1) / 3;
    if (count == 3)
        buf_printf(p->out, "Q%d", q + 1);
    else if (count == 4)
        buf_cstr(p->out, names[q]);
    else
        return count <= 5 && put_number(p, q + 1, count == 2 ? 2 : 1);
    return true;
}

static bool put_era(Printer *p, int count)
{
    bool ad = p->year > 0;
    if (count > 5)
        return false;
    buf_cstr(p->out, count == 4 ? (ad ? "Anno Domini" : "Before Christ") : count == 5 ? (ad ? "A" : "B")
             : ad ? "AD" : "BC");
    return true;
}

static int year_length(int64_t year) { return 337 + month_length(year, 2); }

/* The week of the year, and the year that it belongs to. */
static int week_of_year(const Printer *p, int64_t *year)
{
    bool next = p->yday - p->weekday + 6 >= year_length(p->year);
    int first = ((p->weekday - p->yday) % 7 + 7) % 7;
    *year = p->year + next;
    return next ? 1 : (first + p->yday) / 7 + 1;
}

static int week_of_month(const Printer *p)
{
    int first = ((p->weekday - (p->day - 1)) % 7 + 7) % 7;
    return (first + p->day - 1) / 7 + 1;
}

static bool put_date(Printer *p, char letter, int count)
{
    int64_t week_year;
    int week;
    if (!want(p, p->m->has_date))
        return false;
    switch (letter) {
    case 'G': return put_era(p, count);
    case 'u': return put_year(p, p->year, count);
    case 'y': return put_year(p, p->year > 0 ? p->year : 1 - p->year, count);
    case 'M':
    case 'L': return put_named(p, p->month, months[p->month - 1], count);
    case 'Q':
    case 'q': return put_quarter(p, count);
    case 'd': return count <= 2 && put_number(p, p->day, count);
    case 'D': return count <= 3 && put_number(p, p->yday + 1, count);
    case 'E': return put_named(p, 0, weekdays[p->weekday], count < 3 ? 3 : count);
    case 'c': return count != 2 && put_named(p, p->weekday + 1, weekdays[p->weekday], count);
    case 'e': return put_named(p, p->weekday + 1, weekdays[p->weekday], count);
    case 'F': return count == 1 && put_number(p, (p->day - 1) % 7 + 1, 1);
    case 'W': return count == 1 && put_number(p, week_of_month(p), 1);
    case 'g': return count <= 19 && put_number(p, p->m->days + 40587, count);
    default: break;
    }
    week = week_of_year(p, &week_year);
    return letter == 'w' ? count <= 2 && put_number(p, week, count) : put_year(p, week_year, count);
}

static bool put_fraction(Printer *p, int count)
{
    if (count > 9)
        return false;
    char digits[16];
    snprintf(digits, sizeof digits, "%03d000000", p->m->ms % 1000);
    buf_bytes(p->out, digits, (size_t)count);
    return true;
}

static bool put_time(Printer *p, char letter, int count)
{
    int ms = p->m->ms, hour = ms / 3600000;
    if (!want(p, p->m->has_time))
        return false;
    switch (letter) {
    case 'H': return count <= 2 && put_number(p, hour, count);
    case 'k': return count <= 2 && put_number(p, hour ? hour : 24, count);
    case 'K': return count <= 2 && put_number(p, hour % 12, count);
    case 'h': return count <= 2 && put_number(p, hour % 12 ? hour % 12 : 12, count);
    case 'm': return count <= 2 && put_number(p, ms / 60000 % 60, count);
    case 's': return count <= 2 && put_number(p, ms / 1000 % 60, count);
    case 'S': return put_fraction(p, count);
    case 'A': return count <= 19 && put_number(p, ms, count);
    case 'n': return count <= 19 && put_number(p, (int64_t)(ms % 1000) * 1000000, count);
    case 'N': return count <= 19 && put_number(p, (int64_t)ms * 1000000, count);
    default: break;
    }
    buf_cstr(p->out, hour < 12 ? "AM" : "PM");
    return count == 1;
}

/* ---- zones ----------------------------------------------------------------------------------- */

enum { OFFSET_COLONS = 1, OFFSET_MINUTES = 2 /* also when 0 */, OFFSET_SECONDS = 4 /* when not 0 */ };

static bool put_offset(Printer *p, int how, const char *zero)
{
    int32_t v = p->m->offset, abs = v < 0 ? -v : v;
    const char *colon = how & OFFSET_COLONS ? ":" : "";
    if (abs / 60 == 0 && (abs == 0 || !(how & OFFSET_SECONDS))) {
        buf_cstr(p->out, zero);
        return true;
    }
    buf_printf(p->out, "%c%02d", v < 0 ? '-' : '+', abs / 3600);
    if (how & OFFSET_MINUTES || abs / 60 % 60)
        buf_printf(p->out, "%s%02d", colon, abs / 60 % 60);
    if (how & OFFSET_SECONDS && abs % 60)
        buf_printf(p->out, "%s%02d", colon, abs % 60);
    return true;
}

/* GMT+8, GMT+08:00 */
static bool put_gmt(Printer *p, bool full)
{
    int32_t v = p->m->offset, abs = v < 0 ? -v : v;
    buf_cstr(p->out, "GMT");
    if (v == 0)
        return true;
    buf_printf(p->out, full ? "%c%02d" : "%c%d", v < 0 ? '-' : '+', abs / 3600);
    if (full || abs % 3600)
        buf_printf(p->out, ":%02d", abs / 60 % 60);
    if (abs % 60)
        buf_printf(p->out, ":%02d", abs % 60);
    return true;
}

static bool put_zone(Printer *p, char letter, int count)
{
    static const int how[] = {0, 0, OFFSET_MINUTES, OFFSET_MINUTES | OFFSET_COLONS, OFFSET_MINUTES | OFFSET_SECONDS,
                              OFFSET_MINUTES | OFFSET_SECONDS | OFFSET_COLONS};
    static const char *const zeros[] = {"", "+00", "+0000", "+00:00", "+0000", "+00:00"};
    if (!want(p, p->m->zone != NULL) || count > 5)
        return false;
    switch (letter) {
    case 'X': return put_offset(p, how[count], "Z");
    case 'x': return put_offset(p, how[count], zeros[count]);
    case 'O': return (count == 1 || count == 4) && put_gmt(p, count == 4);
    case 'Z':
        if (count == 4)
            return put_gmt(p, true);
        return count == 5 ? put_offset(p, how[5], "Z") : put_offset(p, OFFSET_MINUTES, "+0000");
    case 'V': buf_str(p->out, p->m->zone->id); return count == 2;
    case 'v': break;
    default: break;
    }
    if (letter == 'v' ? count != 1 && count != 4 : count > 4)
        return false;
    buf_str(p->out, zone_name(p->a, p->m->zone, p->m->instant, count == 4, letter == 'v'));
    return true;
}

/* ---- the pattern ----------------------------------------------------------------------------- */

static bool put_letter(Printer *p, char letter, int count)
{
    if (strchr("GuyMLQqdDEceFWgwY", letter))
        return put_date(p, letter, count);
    if (strchr("HkKhmsSAnNa", letter))
        return put_time(p, letter, count);
    return strchr("XxOZVvz", letter) && put_zone(p, letter, count);
}

static int run_of(Str s, size_t at)
{
    size_t n = 1;
    while (at + n < s.n && s.p[at + n] == s.p[at])
        n++;
    return (int)n;
}

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/* At a quote: the text up to the next single one; '' is a quote. */
static bool put_quoted(Buf *out, Str s, size_t *at)
{
    size_t from = ++*at;
    for (; *at < s.n; ++*at) {
        if (s.p[*at] != '\'') {
            buf_byte(out, s.p[*at]);
        } else if (*at + 1 < s.n && s.p[*at + 1] == '\'') {
            buf_byte(out, '\'');
            ++*at;
        } else {
            if (*at == from)
                buf_byte(out, '\'');
            ++*at;
            return true;
        }
    }
    return false;
}

/* The text of one letter's run, or of p's and the run they pad. */
static bool put_run(Printer *p, Str s, size_t *at)
{
    int count = run_of(s, *at), pad = 0;
    if (s.p[*at] == 'p') {
        pad = count;
        *at += (size_t)count;
        if (*at >= s.n || !is_letter(s.p[*at]))
            return false;
        count = run_of(s, *at);
    }
    size_t from = p->out->n;
    if (!put_letter(p, s.p[*at], count))
        return false;
    *at += (size_t)count;
    int length = (int)(p->out->n - from);
    if (pad && length > pad)
        return false;
    if (length < pad) {
        buf_repeat(p->out, ' ', pad - length);
        memmove(p->out->p + from + pad - length, p->out->p + from, (size_t)length);
        memset(p->out->p + from, ' ', (size_t)(pad - length));
    }
    return true;
}

/* Up to the end, or the bracket that closes this part. A part in brackets whose field is missing is left out. */
static bool put_part(Printer *p, Str s, size_t *at, int depth)
{
    size_t from = p->out->n;
    bool skip = false;
    while (*at < s.n) {
        char c = s.p[*at];
        if (c == ']') {
            if (depth == 0)
                return false;
            break;
        }
        if (c == '[') {
            ++*at;
            if (!put_part(p, s, at, depth + 1))
                return false;
            *at += *at < s.n; /* an open bracket closes at the end */
        } else if (c == '\'') {
            if (!put_quoted(p->out, s, at))
                return false;
        } else if (is_letter(c)) {
            size_t was = *at;
            if (!put_run(p, s, at)) {
                if (!p->missing || depth == 0)
                    return false;
                p->missing = false;
                skip = true;
                *at = was + (size_t)run_of(s, was);
            }
        } else if (c == '{' || c == '}' || c == '#') {
            return false;
        } else {
            buf_byte(p->out, c);
            ++*at;
        }
    }
    if (skip)
        p->out->n = from;
    return true;
}

bool date_format(Buf *out, Arena *a, Str pattern, const Moment *m)
{
    Printer p = {.out = out, .a = a, .m = m};
    size_t at = 0;
    if (m->has_date) {
        date_from_days(m->days, &p.year, &p.month, &p.day);
        p.yday = (int)(m->days - days_from_date(p.year, 1, 1));
        p.weekday = (int)(((m->days + 4) % 7 + 7) % 7);
    }
    return put_part(&p, pattern, &at, 0) && at == pattern.n;
}
