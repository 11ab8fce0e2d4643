// SPDX-License-Identifier: Apache-2.0
// Reading dates by pattern; see date_parse.h. A pattern is walked along with the text; a part in brackets that does
// not fit is left out. Weeks begin on Sunday, and the first one of a year is that of its first day, as in the
// United States.
#include "func/date_parse.h"

#include <stdlib.h>

#include "types/text.h"

#define DAY_NS INT64_C(86400000000000)

typedef struct DateReader {
    Str text, pattern;
    size_t at, p;
    Parsed *out;
} DateReader;

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

static int run_of(Str s, size_t at)
{
    size_t n = 1;
    while (at + n < s.n && s.p[at + n] == s.p[at])
        n++;
    return (int)n;
}

static bool take_text(DateReader *r, const char *word, size_t n)
{
    if (r->text.n - r->at < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(r->text.p[r->at + i]) != lower(word[i]))
            return false;
    r->at += n;
    return true;
}

/* The first of the names that stands here; short: their first three letters. -1: none. */
static int take_name(DateReader *r, const char *const *names, int n, bool is_short)
{
    for (int i = 0; i < n; i++)
        if (take_text(r, names[i], is_short ? 3 : strlen(names[i])))
            return i;
    return -1;
}

static bool put(DateReader *r, DateField f, int64_t v)
{
    Parsed *o = r->out;
    if (o->has[f] && o->v[f] != v)
        return false;
    o->has[f] = true;
    o->v[f] = v;
    return true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

typedef enum Sign { SIGN_NORMAL, SIGN_NEVER, SIGN_EXCEEDS } Sign;

typedef struct Width {
    int least, most;
    Sign sign;
} Width;

/* What a numeric letter takes; false: it is none. */
static bool width_of(char letter, int count, Width *w)
{
    if (strchr("uyY", letter)) {
        *w = count == 2  ? (Width){2, 2, SIGN_NEVER}
             : count < 4 ? (Width){count, 19, SIGN_NORMAL}
                         : (Width){count, 19, SIGN_EXCEEDS};
        return count <= 19;
    }
    if (strchr("AnN", letter)) {
        *w = (Width){count, 19, SIGN_NEVER};
        return count <= 19;
    }
    if (letter == 'D') {
        *w = count == 1 ? (Width){1, 19, SIGN_NORMAL} : (Width){count, 3, SIGN_NEVER};
        return count <= 3;
    }
    if (letter == 'S') {
        *w = (Width){count, count, SIGN_NEVER};
        return count <= 9;
    }
    if (!strchr("MLdHkKhmswecqQ", letter) || count > 2 || (letter == 'c' && count == 2))
        return false;
    *w = count == 1 ? (Width){1, 19, SIGN_NORMAL} : (Width){2, 2, SIGN_NEVER};
    return true;
}

/* Digits that the numbers of fixed width directly behind this one in the pattern need. */
static int reserved(const DateReader *r, size_t p)
{
    int sum = 0;
    Width w;
    while (p < r->pattern.n && is_letter(r->pattern.p[p])) {
        int count = run_of(r->pattern, p);
        if (!width_of(r->pattern.p[p], count, &w) || w.least != w.most)
            break;
        sum += w.most;
        p += (size_t)count;
    }
    return sum;
}

static bool take_number(DateReader *r, Width w, int behind, int64_t *out)
{
    char sign = r->at < r->text.n ? r->text.p[r->at] : 0;
    if (sign == '+' || sign == '-') {
        if (w.sign == SIGN_NEVER || (sign == '+' && w.sign == SIGN_NORMAL) || w.least == w.most)
            return false;
        r->at++;
    } else {
        sign = 0;
    }
    int n = 0, most = w.most;
    while (r->at + (size_t)n < r->text.n && is_digit(r->text.p[r->at + (size_t)n]))
        n++;
    if (w.least != w.most)
        n = n - behind > w.least ? n - behind : n < w.least ? n : w.least;
    n = n > most ? most : n;
    if (n < w.least || n > 18)
        return false;
    *out = 0;
    for (int i = 0; i < n; i++)
        *out = *out * 10 + (r->text.p[r->at++] - '0');
    if (w.sign == SIGN_EXCEEDS && (sign == '+' ? n <= w.least : !sign && n > w.least))
        return false;
    if (sign == '-')
        *out = -*out;
    return !(sign == '-' && *out == 0);
}

static bool put_number(DateReader *r, char letter, int count, int64_t v)
{
    static const struct {
        char letter;
        DateField field;
        int64_t least, most;
    } fields[] = {
        {'u', DATE_YEAR, -999999999, 999999999}, {'y', DATE_YEAR_OF_ERA, 1, 1000000000},
        {'Y', DATE_WEEK_YEAR, -999999999, 999999999},
        {'M', DATE_MONTH, 1, 12}, {'L', DATE_MONTH, 1, 12}, {'d', DATE_DAY, 1, 31}, {'D', DATE_DAY_OF_YEAR, 1, 366},
        {'H', DATE_HOUR, 0, 24}, {'k', DATE_CLOCK_HOUR, 0, 24}, {'K', DATE_AMPM_HOUR, 0, 11}, {'h', DATE_CLOCK_AMPM, 0, 12},
        {'m', DATE_MINUTE, 0, 59}, {'s', DATE_SECOND, 0, 59}, {'n', DATE_NANO, 0, 999999999},
        {'A', DATE_MILLI_OF_DAY, 0, 86399999}, {'N', DATE_NANO_OF_DAY, 0, DAY_NS - 1}, {'w', DATE_WEEK, 1, 54},
        {'Q', DATE_QUARTER, 1, 4}, {'q', DATE_QUARTER, 1, 4},
    };
    if (letter == 'e' || letter == 'c') /* Sunday is 1 */
        return v >= 1 && v <= 7 && put(r, DATE_WEEKDAY, (v + 5) % 7 + 1);
    if (letter == 'S') {
        for (int i = count; i < 9; i++)
            v *= 10;
        return put(r, DATE_NANO, v);
    }
    if (count == 2 && strchr("uyY", letter))
        v += 2000;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].letter == letter)
            return v >= fields[i].least && v <= fields[i].most && put(r, fields[i].field, v);
    return false;
}

/* ---- texts, zones ---------------------------------------------------------------------------- */

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
                                     "September", "October", "November", "December"};
static const char *const weekdays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

static bool take_word(DateReader *r, char letter, int count)
{
    static const char *const halves[] = {"AM", "PM"}, *const eras[] = {"BC", "AD"};
    static const char *const long_eras[] = {"Before Christ", "Anno Domini"}, *const quarters[] = {"Q1", "Q2", "Q3", "Q4"};
    int v;
    switch (letter) {
    case 'M':
    case 'L':
        v = count <= 4 ? take_name(r, months, 12, count == 3) : -1;
        return v >= 0 && put(r, DATE_MONTH, v + 1);
    case 'E':
    case 'e':
    case 'c':
        v = count <= 4 ? take_name(r, weekdays, 7, count < 4) : -1;
        return v >= 0 && put(r, DATE_WEEKDAY, v + 1);
    case 'G':
        v = count <= 4 ? take_name(r, count == 4 ? long_eras : eras, 2, false) : -1;
        return v >= 0 && put(r, DATE_ERA, v);
    case 'a':
        v = count == 1 ? take_name(r, halves, 2, false) : -1;
        return v >= 0 && put(r, DATE_AMPM, v);
    case 'Q':
    case 'q':
        v = count == 3 ? take_name(r, quarters, 4, false) : -1;
        return v >= 0 && put(r, DATE_QUARTER, v + 1);
    default:
        return false;
    }
}

static bool take_two(DateReader *r, int most, int *v)
{
    if (r->text.n - r->at < 2 || !is_digit(r->text.p[r->at]) || !is_digit(r->text.p[r->at + 1]))
        return false;
    *v = (r->text.p[r->at] - '0') * 10 + r->text.p[r->at + 1] - '0';
    r->at += 2;
    return *v <= most;
}

/* A two-digit part of an offset, behind a colon where `colon`. Not there: the cursor stands. */
static bool take_part(DateReader *r, bool colon, int *v)
{
    size_t was = r->at;
    bool good = (!colon || take_text(r, ":", 1)) && take_two(r, 59, v);
    if (!good)
        r->at = was;
    return good;
}

/* +hh[:mm[:ss]]; minutes, seconds: 0 never, 1 maybe, 2 must be there. */
static bool take_offset(DateReader *r, bool colon, int minutes, int seconds, int32_t *out)
{
    int h, m = 0, s = 0;
    bool minus = take_text(r, "-", 1);
    if ((!minus && !take_text(r, "+", 1)) || !take_two(r, 18, &h))
        return false;
    bool has_minutes = minutes && take_part(r, colon, &m);
    bool has_seconds = seconds && has_minutes && take_part(r, colon, &s);
    *out = (h * 60 + m) * 60 + s;
    if ((minutes == 2 && !has_minutes) || (seconds == 2 && !has_seconds) || *out > 18 * 3600)
        return false;
    *out = minus ? -*out : *out;
    return true;
}

static bool put_offset(DateReader *r, int32_t offset) { return put(r, DATE_OFFSET, offset); }

/* UTC, GMT or UT, perhaps with an offset; or an offset alone. */
static bool take_prefixed(DateReader *r)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT", ""};
    int32_t offset;
    for (int i = 0; i < 4; i++) {
        if (!take_text(r, prefixes[i], strlen(prefixes[i])))
            continue;
        size_t was = r->at;
        if (was < r->text.n && strchr("+-", r->text.p[was]) && take_offset(r, true, 1, 1, &offset))
            return put_offset(r, offset);
        r->at = was;
        /* A longer name may begin so: UTC is not all of it. */
        return i < 3 && (was >= r->text.n || !is_letter(r->text.p[was])) && put_offset(r, 0);
    }
    return false;
}

/* Names that stand for a region's time, as they are used in the United States. */
static const char *region_of(Str name)
{
    static const char *const names[][2] = {
        {"PST", "America/Los_Angeles"}, {"PDT", "America/Los_Angeles"}, {"MST", "America/Denver"}, {"MDT", "America/Denver"},
        {"CST", "America/Chicago"}, {"CDT", "America/Chicago"}, {"EST", "America/New_York"}, {"EDT", "America/New_York"},
        {"HST", "Pacific/Honolulu"}, {"AKST", "America/Anchorage"}, {"AKDT", "America/Anchorage"}, {"JST", "Asia/Tokyo"},
        {"IST", "Asia/Kolkata"}, {"ACT", "Australia/Darwin"}, {"CEST", "Europe/Paris"},
        {"EEST", "Europe/Bucharest"}, {"WEST", "Europe/Lisbon"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq_nocase(name, str_of(names[i][0])))
            return names[i][1];
    return NULL;
}

/* A region by its name in any case: as it is, or with the capitals that most names have. */
static const Zone *region_named(Str name)
{
    char text[64];
    const Zone *z = zone_find(name);
    if (z || name.n > sizeof text)
        return z;
    for (size_t i = 0; i < name.n; i++) {
        char c = lower(name.p[i]);
        bool first = i == 0 || !is_letter(name.p[i - 1]);
        text[i] = first && is_letter(c) ? (char)(c & ~0x20) : c;
    }
    name.p = text;
    return zone_find(name);
}

static bool take_zone(DateReader *r, bool named)
{
    size_t was = r->at, n = 0;
    if (take_prefixed(r))
        return true;
    r->at = was;
    if (was >= r->text.n || !is_letter(r->text.p[was]))
        return false;
    for (const char *p = r->text.p + was; was + n < r->text.n; n++)
        if (!is_letter(p[n]) && !is_digit(p[n]) && !strchr("/_-+~.", p[n]))
            break;
    for (; n > 0; n--) {
        Str name = str_sub(r->text, was, n);
        const char *region = named ? region_of(name) : NULL;
        bool offset_form = (str_starts(name, STR("UTC")) || str_starts(name, STR("GMT")) || str_starts(name, STR("UT"))) && n > 3;
        bool unnamed = named && (str_starts(name, STR("SystemV/")) || str_starts(name, STR("Etc/GMT"))); /* have no text */
        const Zone *z = region ? zone_find(str_of(region)) : offset_form || unnamed ? NULL : region_named(name);
        if (z) {
            r->out->zone = z;
            r->at = was + n;
            return true;
        }
    }
    return false;
}

static bool take_place(DateReader *r, char letter, int count)
{
    int32_t offset = 0;
    switch (letter) {
    case 'V': return count == 2 && take_zone(r, false);
    case 'z': return count <= 4 && take_zone(r, true);
    case 'O': return (count == 1 || count == 4) && take_text(r, "GMT", 3) &&
                     (r->at >= r->text.n || !strchr("+-", r->text.p[r->at]) || take_offset(r, true, 1, 1, &offset)) &&
                     put_offset(r, offset);
    case 'Z':
        if (count == 4)
            return take_place(r, 'O', 4);
        if (count == 5)
            return take_place(r, 'X', 5);
        return count <= 3 && take_offset(r, false, 2, 0, &offset) && put_offset(r, offset);
    case 'X':
        if (take_text(r, "Z", 1))
            return put_offset(r, 0);
        break;
    default: break;
    }
    if (count > 5)
        return false;
    bool colon = count == 3 || count == 5;
    return take_offset(r, colon, count == 1 ? 1 : 2, count > 3, &offset) && put_offset(r, offset);
}

/* ---- the pattern ----------------------------------------------------------------------------- */

static bool read_letter(DateReader *r)
{
    char letter = r->pattern.p[r->p];
    int count = run_of(r->pattern, r->p);
    Width w;
    int64_t v;
    r->p += (size_t)count;
    if (width_of(letter, count, &w))
        return take_number(r, w, reserved(r, r->p), &v) && put_number(r, letter, count, v);
    return strchr("XxOZVz", letter) ? take_place(r, letter, count) : take_word(r, letter, count);
}

/* Past the quoted text that begins at p, in the text too where `take`. False: no closing quote, or another text. */
static bool read_quoted(DateReader *r, bool take)
{
    Str s = r->pattern;
    size_t from = ++r->p;
    for (; r->p < s.n; r->p++) {
        bool quote = s.p[r->p] == '\'', doubled = quote && r->p + 1 < s.n && s.p[r->p + 1] == '\'';
        if (quote && !doubled) {
            bool lone = r->p++ == from;
            return !lone || !take || take_text(r, "'", 1);
        }
        if (take && !take_text(r, &s.p[r->p], 1))
            return false;
        r->p += doubled;
    }
    return false;
}

/* Past the part in brackets that p stands in, up to the closing one or the end. */
static bool skip_part(DateReader *r)
{
    for (int depth = 0; r->p < r->pattern.n;) {
        char c = r->pattern.p[r->p];
        if (c == '\'') {
            if (!read_quoted(r, false))
                return false;
            continue;
        }
        if (c == ']' && depth-- == 0)
            return true;
        depth += c == '[';
        r->p++;
    }
    return true;
}

/* Up to the end or the closing bracket. */
static bool read_part(DateReader *r, int depth)
{
    while (r->p < r->pattern.n) {
        char c = r->pattern.p[r->p];
        if (c == ']')
            return depth > 0;
        if (c == '[') {
            size_t from = ++r->p, at = r->at;
            Parsed before = *r->out;
            if (depth > 50)
                return false;
            if (!read_part(r, depth + 1)) {
                *r->out = before;
                r->at = at;
                r->p = from;
                if (!skip_part(r))
                    return false;
            }
            r->p += r->p < r->pattern.n;
        } else if (c == '\'') {
            if (!read_quoted(r, true))
                return false;
        } else if (is_letter(c)) {
            if (!read_letter(r))
                return false;
        } else {
            if (c == '{' || c == '}' || c == '#' || !take_text(r, &c, 1))
                return false;
            r->p++;
        }
    }
    return true;
}

/* Letters, brackets and quotes are as they must be, wherever the text leads. */
static bool valid_pattern(Str s)
{
    int depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'') {
            for (i++; i < s.n && s.p[i] != '\'';)
                i++;
            if (i >= s.n)
                return false;
        }
        depth += s.p[i] == '[' ? 1 : s.p[i] == ']' ? -1 : 0;
        if (depth < 0 || (is_letter(s.p[i]) && !strchr("GuyYMLQqdDEecwHkKhmsSAnNaXxOZVz", s.p[i])))
            return false;
    }
    return true;
}

/* ---- fields to a date and a time ------------------------------------------------------------- */

static bool resolve_year(Parsed *o)
{
    if (!o->has[DATE_YEAR_OF_ERA])
        return true;
    int64_t y = o->v[DATE_YEAR_OF_ERA];
    if (o->has[DATE_ERA] && o->v[DATE_ERA] == 0)
        y = 1 - y;
    if (o->has[DATE_YEAR] && o->v[DATE_YEAR] != y)
        return false;
    o->has[DATE_YEAR] = true;
    o->v[DATE_YEAR] = y;
    return true;
}

static int weekday_of(int64_t days) { return (int)(((days + 3) % 7 + 7) % 7) + 1; }

static bool resolve_date(Parsed *o)
{
    if (!resolve_year(o))
        return false;
    int64_t year = o->v[DATE_YEAR];
    if (o->has[DATE_YEAR] && o->has[DATE_MONTH] && o->has[DATE_DAY]) {
        int month = (int)o->v[DATE_MONTH], most = month_length(year, month), day = (int)o->v[DATE_DAY];
        o->has_date = true;
        o->days = days_from_date(year, month, day > most ? most : day);
    } else if (o->has[DATE_YEAR] && o->has[DATE_DAY_OF_YEAR]) {
        o->has_date = true;
        o->days = days_from_date(year, 1, 1) + o->v[DATE_DAY_OF_YEAR] - 1;
        if (o->days >= days_from_date(year + 1, 1, 1))
            return false;
    } else if (o->has[DATE_WEEK_YEAR] && o->has[DATE_WEEK] && o->has[DATE_WEEKDAY]) {
        int64_t first = days_from_date(o->v[DATE_WEEK_YEAR], 1, 1);
        o->has_date = true;
        o->days = first - weekday_of(first) % 7 + (o->v[DATE_WEEK] - 1) * 7 + o->v[DATE_WEEKDAY] % 7;
    }
    return !o->has_date || !o->has[DATE_WEEKDAY] || weekday_of(o->days) == o->v[DATE_WEEKDAY];
}

/* Puts a field that follows from others; false: it contradicts one. */
static bool derive(Parsed *o, DateField f, int64_t v)
{
    if (o->has[f] && o->v[f] != v)
        return false;
    o->has[f] = true;
    o->v[f] = v;
    return true;
}

static bool resolve_hour(Parsed *o)
{
    if (o->has[DATE_CLOCK_HOUR] && !derive(o, DATE_HOUR, o->v[DATE_CLOCK_HOUR] % 24))
        return false;
    if (o->has[DATE_CLOCK_AMPM] && !derive(o, DATE_AMPM_HOUR, o->v[DATE_CLOCK_AMPM] % 12))
        return false;
    if (o->has[DATE_AMPM] && o->has[DATE_AMPM_HOUR])
        return derive(o, DATE_HOUR, o->v[DATE_AMPM] * 12 + o->v[DATE_AMPM_HOUR]);
    bool alone = o->has[DATE_AMPM] && !o->has[DATE_HOUR] && !o->has[DATE_MINUTE] && !o->has[DATE_SECOND] && !o->has[DATE_NANO];
    return !alone || derive(o, DATE_HOUR, o->v[DATE_AMPM] * 12 + 6); /* the middle of the half */
}

static bool resolve_time(Parsed *o)
{
    if (!resolve_hour(o))
        return false;
    if (o->has[DATE_NANO_OF_DAY] || o->has[DATE_MILLI_OF_DAY]) {
        o->has_time = true;
        o->ns = o->has[DATE_NANO_OF_DAY] ? o->v[DATE_NANO_OF_DAY] : o->v[DATE_MILLI_OF_DAY] * 1000000;
        return true;
    }
    bool gap = (!o->has[DATE_MINUTE] && (o->has[DATE_SECOND] || o->has[DATE_NANO])) ||
               (!o->has[DATE_SECOND] && o->has[DATE_NANO]);
    if (!o->has[DATE_HOUR] || gap)
        return !o->has[DATE_HOUR] || o->v[DATE_HOUR] < 24;
    o->has_time = true;
    o->ns = (o->v[DATE_HOUR] * 3600 + (o->has[DATE_MINUTE] ? o->v[DATE_MINUTE] * 60 : 0) +
             (o->has[DATE_SECOND] ? o->v[DATE_SECOND] : 0)) * 1000000000 + (o->has[DATE_NANO] ? o->v[DATE_NANO] : 0);
    if (o->v[DATE_HOUR] < 24)
        return true;
    if (o->ns != DAY_NS) /* 24:00 is the end of the day, nothing is behind it */
        return false;
    o->ns = 0;
    o->days += o->has_date;
    return true;
}

bool date_parse(Str text, Str pattern, Parsed *out)
{
    *out = (Parsed){.days = 0};
    DateReader r = {.text = text, .pattern = pattern, .out = out};
    return valid_pattern(pattern) && read_part(&r, 0) && r.p == pattern.n && r.at == text.n && resolve_date(out) &&
           resolve_time(out);
}
