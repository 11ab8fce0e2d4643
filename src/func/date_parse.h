// SPDX-License-Identifier: Apache-2.0
// Reading dates and times by the patterns of Java's DateTimeFormatter, in English, as its builder with
// parseCaseInsensitive and the resolver style SMART do.
#ifndef SLUICE_FUNC_DATE_PARSE_H
#define SLUICE_FUNC_DATE_PARSE_H

#include "base/buf.h"
#include "func/zone.h"

typedef enum DateField {
    DATE_ERA,
    DATE_YEAR_OF_ERA,
    DATE_YEAR,
    DATE_MONTH,
    DATE_DAY,
    DATE_DAY_OF_YEAR,
    DATE_WEEK,        /* of the week-based year */
    DATE_WEEK_YEAR,
    DATE_WEEKDAY,     /* Monday is 1 */
    DATE_HOUR,
    DATE_CLOCK_HOUR,  /* 1 … 24 */
    DATE_AMPM_HOUR,   /* 0 … 11 */
    DATE_CLOCK_AMPM,  /* 1 … 12 */
    DATE_AMPM,
    DATE_MINUTE,
    DATE_SECOND,
    DATE_NANO,
    DATE_MILLI_OF_DAY,
    DATE_NANO_OF_DAY,
    DATE_OFFSET,      /* seconds */
    DATE_QUARTER,     /* says nothing more */
    DATE_FIELDS
} DateField;

typedef struct Parsed {
    bool has[DATE_FIELDS];
    int64_t v[DATE_FIELDS];
    const Zone *zone; /* named in the text, or NULL */
    bool has_date, has_time;
    int64_t days; /* since 1970-01-01, with a whole date */
    int64_t ns;   /* of the day, with a whole time */
} Parsed;

/* Reads the whole text and puts its fields together. False: the pattern is wrong, or the text is not of it. */
bool date_parse(Str text, Str pattern, Parsed *out);

#endif
