// SPDX-License-Identifier: Apache-2.0
// Answers of a run of REST query cases: between running (rqtt_run.c) and comparing (rqtt_match.c).
//
// An answer is what the server's JSON would be, as trees in the run's arena. A SELECT answers a list, as page 12
// §12.9 of the ksqlDB reference shows it:
//     {"header":{"queryId":…,"schema":…}}  {"row":{"columns":[…],"tombstone":…}} …  {"finalMessage":…}
// Any other statement that answers at all answers one object.
#ifndef SLUICE_TOOLS_RQTT_RUN_H
#define SLUICE_TOOLS_RQTT_RUN_H

#include "tools/qtt_case.h"

typedef VEC(const JTree *) RqttRows;

typedef struct RqttAnswer {
    Str sql;
    bool query;    /* of a SELECT */
    RqttRows rows; /* one object for the others */
} RqttAnswer;
typedef VEC(RqttAnswer) RqttAnswerVec;

/* Whether an answer holds what is expected: members that are not named may be there, a name may carry an operator
 * ("queryId|starts_with"), {STATEMENT} stands for `sql`. */
bool rqtt_holds(Str sql, const JTree *expected, const JTree *actual);
/* Compares the answers with c->responses but for those as protobuf; false with the first difference in r->why. */
bool rqtt_check_answers(QttRun *r, const RqttAnswerVec *answers);

#endif
