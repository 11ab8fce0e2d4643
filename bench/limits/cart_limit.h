// SPDX-License-Identifier: Apache-2.0
// The limit program of the cart: what a loop written for this one job needs for the same records.
#ifndef SLUICE_BENCH_CART_LIMIT_H
#define SLUICE_BENCH_CART_LIMIT_H

#include "topic/topic.h"

typedef struct CartLimit {
    int64_t records, pairs, total; /* total: of all quantities */
} CartLimit;

/* Reads partition 0 of the topic to its end. ahead: slots of the hash table are fetched ahead of their use.
 * false: a record of another layout, or a failed read. */
bool cart_limit_run(Topics *t, Str topic, int batch, bool ahead, CartLimit *out);

#endif
