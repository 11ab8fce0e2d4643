// SPDX-License-Identifier: Apache-2.0
// The tables of function rows: one file per family, each listed here and in registry.c.
#ifndef SLUICE_FUNC_TABLES_H
#define SLUICE_FUNC_TABLES_H

#include "types/cast.h"
#include "types/function.h"

typedef struct ScalarTable {
    const FuncRow *rows;
    int n;
} ScalarTable;

typedef struct AggTable {
    const AggRow *rows;
    int n;
} AggTable;

extern const ScalarTable scalar_array, scalar_math, scalar_string, scalar_conditional, scalar_time,
    scalar_collection, scalar_trig, scalar_text, scalar_mask, scalar_encode, scalar_regexp,
    scalar_format, scalar_url, scalar_json, scalar_parse;
extern const AggTable agg_count, agg_sum, agg_min_max, agg_offset, agg_collect, agg_stddev, agg_topk, agg_count_distinct,
    agg_tally;

#endif
