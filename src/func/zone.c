// SPDX-License-Identifier: Apache-2.0
// Time zones; see zone.h. The last zone asked for is kept per thread and freed with it.
#include "func/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/ustring.h>

#include "base/buf.h"

enum { NAME_MOST = 64 };

typedef struct Kept {
    Zone zone;
    bool known;
    char name[NAME_MOST], id[NAME_MOST];
    size_t n;
} Kept;

static pthread_key_t kept_key;

static void kept_clear(Kept *k)
{
    if (k->zone.calendar)
        ucal_close(k->zone.calendar);
    *k = (Kept){0};
}

static void kept_free(void *arg)
{
    kept_clear(arg);
    mem_free(arg);
}

static void make_key(void) { BUG_IF(pthread_key_create(&kept_key, kept_free) != 0); }

static Kept *thread_kept(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_key);
    Kept *k = pthread_getspecific(kept_key);
    if (!k) {
        k = mem_zalloc(sizeof *k);
        BUG_IF(pthread_setspecific(kept_key, k) != 0);
    }
    return k;
}

static bool two_digits(Str *s, int *out)
{
    if (s->n < 2 || s->p[0] < '0' || s->p[0] > '9' || s->p[1] < '0' || s->p[1] > '9')
        return false;
    *out = (s->p[0] - '0') * 10 + s->p[1] - '0';
    *s = str_sub(*s, 2, s->n - 2);
    return true;
}

/* +h, +hh, +hhmm, +hh:mm, +hhmmss, +hh:mm:ss */
static bool parse_offset(Str s, int32_t *out)
{
    int part[3] = {0, 0, 0};
    if (s.n < 2 || (s.p[0] != '+' && s.p[0] != '-'))
        return false;
    int sign = s.p[0] == '-' ? -1 : 1;
    s = str_sub(s, 1, s.n - 1);
    if (s.n == 1 && s.p[0] >= '0' && s.p[0] <= '9') {
        part[0] = s.p[0] - '0';
    } else {
        bool colons = s.n > 2 && s.p[2] == ':';
        for (int i = 0; i < 3 && (i == 0 || s.n); i++) {
            if (i && colons) {
                if (s.p[0] != ':')
                    return false;
                s = str_sub(s, 1, s.n - 1);
            }
            if (!two_digits(&s, &part[i]))
                return false;
        }
        if (s.n)
            return false;
    }
    *out = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
    return part[1] < 60 && part[2] < 60 && part[0] * 3600 + part[1] * 60 + part[2] <= 18 * 3600;
}

static void print_offset(char *out, size_t room, const char *prefix, int32_t offset)
{
    int32_t abs = offset < 0 ? -offset : offset;
    if (offset == 0)
        snprintf(out, room, "%s", *prefix ? prefix : "Z");
    else if (abs % 60)
        snprintf(out, room, "%s%c%02d:%02d:%02d", prefix, offset < 0 ? '-' : '+', abs / 3600, abs / 60 % 60, abs % 60);
    else
        snprintf(out, room, "%s%c%02d:%02d", prefix, offset < 0 ? '-' : '+', abs / 3600, abs / 60 % 60);
}

/* Short names that ICU knows and ZoneId does not. */
static bool is_legacy(const char *id)
{
    static const char names[] = " EST MST HST ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT "
                                "NET NST PLT PNT PRT PST SST VST ";
    if (strlen(id) != 3)
        return false;
    const char word[] = {' ', id[0], id[1], id[2], ' ', 0};
    return strstr(names, word) != NULL;
}

static bool open_region(Kept *k)
{
    UChar id[NAME_MOST], canonical[NAME_MOST];
    UBool system = false;
    UErrorCode e = U_ZERO_ERROR;
    u_uastrcpy(id, k->name);
    ucal_getCanonicalTimeZoneID(id, -1, canonical, NAME_MOST, &system, &e);
    if (U_FAILURE(e) || !system || is_legacy(k->name) || strcmp(k->name, "Etc/Unknown") == 0)
        return false;
    k->zone.calendar = ucal_open(id, -1, "en_US", UCAL_GREGORIAN, &e);
    return U_SUCCESS(e);
}

static bool open_zone(Kept *k)
{
    static const char *const prefixes[] = {"", "GMT", "UTC", "UT"};
    Str name = {k->name, k->n};
    if (str_eq(name, STR("Z")) || str_eq(name, STR("UT"))) {
        k->zone.kind = ZONE_OFFSET;
        snprintf(k->id, sizeof k->id, "%s", k->name);
        return true;
    }
    for (int i = 0; i < ARRAY_LEN(prefixes); i++) {
        size_t n = strlen(prefixes[i]);
        if (name.n <= n || memcmp(name.p, prefixes[i], n) != 0 ||
            !parse_offset(str_sub(name, n, name.n - n), &k->zone.offset))
            continue;
        k->zone.kind = i == 0 ? ZONE_OFFSET : i == 1 ? ZONE_GMT_OFFSET : ZONE_UTC_OFFSET;
        print_offset(k->id, sizeof k->id, prefixes[i], k->zone.offset);
        return true;
    }
    k->zone.kind = ZONE_REGION;
    snprintf(k->id, sizeof k->id, "%s", k->name);
    return open_region(k);
}

const Zone *zone_find(Str name)
{
    Kept *k = thread_kept();
    if (k->n && str_eq((Str){k->name, k->n}, name))
        return k->known ? &k->zone : NULL;
    if (name.n == 0 || name.n >= NAME_MOST || memchr(name.p, 0, name.n))
        return NULL;
    kept_clear(k);
    memcpy(k->name, name.p, name.n);
    k->n = name.n;
    k->known = open_zone(k);
    k->zone.id = str_of(k->id);
    return k->known ? &k->zone : NULL;
}

/* A time with the same rules that ICU can tell: the calendar repeats every 400 years. */
static UDate told(int64_t ms)
{
    const int64_t cycle = INT64_C(146097) * 86400000, late = INT64_C(253402300800000), early = -late;
    if (ms > late)
        return (UDate)(late - cycle + (ms - late) % cycle);
    return (UDate)(ms < early ? early : ms);
}

int32_t zone_offset(const Zone *z, int64_t ms)
{
    UErrorCode e = U_ZERO_ERROR;
    if (!z->calendar)
        return z->offset;
    ucal_setMillis(z->calendar, told(ms), &e);
    return (ucal_get(z->calendar, UCAL_ZONE_OFFSET, &e) + ucal_get(z->calendar, UCAL_DST_OFFSET, &e)) / 1000;
}

int32_t zone_standard(const Zone *z)
{
    UErrorCode e = U_ZERO_ERROR;
    const UDate recent = 1.7e12;
    if (!z->calendar)
        return z->offset;
    ucal_setMillis(z->calendar, recent, &e);
    return ucal_get(z->calendar, UCAL_ZONE_OFFSET, &e) / 1000;
}

/* ICU has no names for times before 1970: those of today stand for all. */
static int32_t name_in(const Zone *z, const char *locale, bool full, bool generic, bool summer, UChar *text,
                       int32_t room, UErrorCode *e)
{
    UChar id[NAME_MOST], pattern[8];
    if (!generic)
        return ucal_getTimeZoneDisplayName(z->calendar, full ? (summer ? UCAL_DST : UCAL_STANDARD)
                                           : summer ? UCAL_SHORT_DST : UCAL_SHORT_STANDARD, locale, text, room, e);
    u_uastrcpy(id, z->id.p);
    u_uastrcpy(pattern, full ? "vvvv" : "v");
    UDateFormat *f = udat_open(UDAT_PATTERN, UDAT_PATTERN, locale, id, -1, pattern, -1, e);
    int32_t n = U_SUCCESS(*e) ? udat_format(f, 1.7e12, text, room, NULL, e) : 0;
    if (f)
        udat_close(f);
    return n;
}

Str zone_name(Arena *a, const Zone *z, int64_t ms, bool full, bool generic)
{
    static const char *const locales[] = {"en_US", "en_GB", "en_IN", "en_AU", "en_NZ", "en_ZA", "en_CA"};
    enum { ROOM = 128 };
    UChar text[ROOM + 1];
    UErrorCode e = U_ZERO_ERROR;
    if (str_eq_c(z->id, "UTC") || str_eq_c(z->id, "Etc/UTC"))
        return full ? STR("Coordinated Universal Time") : STR("UTC");
    if (str_eq_c(z->id, "GMT"))
        return full ? STR("Greenwich Mean Time") : STR("GMT");
    if (!z->calendar)
        return arena_str(a, z->id);
    ucal_setMillis(z->calendar, told(ms), &e);
    bool summer = ucal_get(z->calendar, UCAL_DST_OFFSET, &e) != 0;
    char *out = arena_bytes_alloc(a, ROOM + 1);
    *out = 0;
    for (int i = 0; i < ARRAY_LEN(locales); i++) {
        e = U_ZERO_ERROR;
        int32_t n = name_in(z, locales[i], full, generic, summer, text, ROOM, &e);
        if (U_FAILURE(e) || n >= ROOM)
            break;
        text[n] = 0;
        u_austrncpy(out, text, ROOM);
        if (strncmp(out, "GMT", 3) != 0)
            break;
    }
    return str_of(out);
}
