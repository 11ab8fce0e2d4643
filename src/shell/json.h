// SPDX-License-Identifier: Apache-2.0
// Results as indented JSON (`--output json`), in the layout of ksqlDB's shell.
#ifndef SLUICE_SHELL_JSON_H
#define SLUICE_SHELL_JSON_H

#include <jansson.h>

#include "runtime/session.h"

/* Indents a JSON text that is known to be well formed; numbers and strings are taken over as they are. */
void json_pretty(Buf *out, Str text);
/* A statement's entity as a list of one, as the REST API answers it. */
void json_entity(Buf *out, const json_t *entity);
/* The text as a JSON string. */
void json_text(Buf *out, Str s);
/* {"queryId": …, "schema": …} before the rows of a query. */
void json_rows_header(Buf *out, Str query_id, const Schema *sch);
/* {"columns": […]}, and "tombstone": true for a deletion. */
void json_row(Buf *out, const Schema *sch, const StreamRow *row);

#endif
