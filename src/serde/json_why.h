// SPDX-License-Identifier: Apache-2.0
// What went wrong in a JSON record, as text. Used by json_read.c alone, for records that failed.
//
// Both functions put the message into r->why and its causes into the batch, and return false, so that a
// reader ends with `return json_why(…)`.
#ifndef SLUICE_SERDE_JSON_WHY_H
#define SLUICE_SERDE_JSON_WHY_H

#include "serde/internal.h"
#include "serde/json.h"

/* Where in a record the cursor is. */
typedef struct JsonPath {
    Buf text;          /* without the leading $ */
    VEC(size_t) steps; /* where the parts of the text start */
} JsonPath;

/* The failed cursor's message. All borrowed; texts are kept in the batch's arena. */
bool json_why(Reader *r, const Json *j, const JsonPath *at, const Batch *b);

/* The cursor stands before a value that is not an object where the columns want one. */
bool json_why_root(Reader *r, Json *j, const JsonPath *at, const Batch *b);

#endif
