// SPDX-License-Identifier: Apache-2.0
// Time zones by the names that Java's ZoneId knows, over ICU's data. One Zone is used by one thread.
#ifndef SLUICE_FUNC_ZONE_H
#define SLUICE_FUNC_ZONE_H

#include "base/arena.h"

typedef enum ZonePrefix { ZONE_REGION, ZONE_OFFSET, ZONE_GMT_OFFSET, ZONE_UTC_OFFSET } ZonePrefix;

typedef struct Zone {
    Str id;           /* as Java prints it */
    ZonePrefix kind;
    int32_t offset;   /* seconds; all but ZONE_REGION */
    void *calendar;   /* ICU's, of ZONE_REGION */
} Zone;

/* The zone of a name: new in this thread's cache, borrowed until the thread asks for another one.
 * NULL: there is none. */
const Zone *zone_find(Str name);
/* Seconds east of Greenwich at an instant. */
int32_t zone_offset(const Zone *z, int64_t ms);
/* The same without summer time, as of now. */
int32_t zone_standard(const Zone *z);
/* "PST", or "Pacific Standard Time"; generic leaves winter and summer out. In the arena. */
Str zone_name(Arena *a, const Zone *z, int64_t ms, bool full, bool generic);

#endif
