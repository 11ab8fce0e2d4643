// SPDX-License-Identifier: Apache-2.0
// The statement as ksqlDB shows it once its names are resolved: statementText, queryString, DESCRIBE's
// Statement.
//
//   CREATE STREAM | TABLE   columns by their main types; WITH made whole: formats, the topic's cleanup policy
//   CREATE … AS             columns with their source, every item with its name, the topic's configuration,
//                           EMIT CHANGES
//   DROP … DELETE TOPIC     without DELETE TOPIC
//   others                  the user's own text
// For display alone: what is stored and replayed is the user's text. Forms: the reference's
// recordings 02 to 04.
#ifndef SLUICE_ANALYZE_RESOLVED_H
#define SLUICE_ANALYZE_RESOLVED_H

#include "analyze/analyze.h"

/* Appends the text, without a semicolon. made: the source that the statement makes; NULL: the statement made
 * none, and its WITH clause is left as it is. topic: how made's topic is, or will be, configured; NULL: as it is
 * now. Takes memory from an->arena; st is not edited. */
void resolved_statement(Buf *out, const Analyzer *an, const Stmt *st, const DataSource *made,
                        const TopicInfo *topic);

#endif
