// SPDX-License-Identifier: Apache-2.0
// StrMap: names to pointers for the control plane (catalog, registries, properties).
//
// Open addressing, keys copied, insertion order kept for iteration. Not for the record path.
#ifndef SLUICE_BASE_MAP_H
#define SLUICE_BASE_MAP_H

#include "base/base.h"

typedef struct StrMapEntry {
    Str key; /* owned by the map, NUL-terminated */
    void *value;
} StrMapEntry;

typedef struct StrMap {
    StrMapEntry *entries; /* insertion order; a removed one has key.p == NULL */
    int n, cap;           /* used places, places */
    int live;
    int32_t *slots;
    int nslots;
} StrMap; /* zeroed = empty */

void strmap_free(StrMap *m);
/* Sets or replaces; returns the value that stood there, or NULL. */
void *strmap_put(StrMap *m, Str key, void *value);
void *strmap_find(const StrMap *m, Str key);
/* Removes; returns the value, or NULL. */
void *strmap_remove(StrMap *m, Str key);
/* Walk: for (int i = 0; (e = strmap_next(m, &i));) … in insertion order. Removing while walking is allowed. */
StrMapEntry *strmap_next(const StrMap *m, int *at);

#endif
