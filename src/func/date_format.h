// SPDX-License-Identifier: Apache-2.0
// Dates and times as text by the patterns of Java's DateTimeFormatter, in English.
#ifndef SLUICE_FUNC_DATE_FORMAT_H
#define SLUICE_FUNC_DATE_FORMAT_H

#include "func/zone.h"
#include "base/buf.h"

/* What is to be written; a part that is not there makes patterns that want it fail. */
typedef struct Moment {
    bool has_date, has_time;
    int64_t days;     /* since 1970-01-01, local */
    int32_t ms;       /* of the day, local */
    const Zone *zone; /* NULL: none */
    int32_t offset;   /* of the zone, seconds */
    int64_t instant;  /* ms since the epoch */
} Moment;

/* Appends; false: the pattern is wrong, or wants what is not there. The arena is for scratch. */
bool date_format(Buf *out, Arena *a, Str pattern, const Moment *m);

#endif
