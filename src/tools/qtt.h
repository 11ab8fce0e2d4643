// SPDX-License-Identifier: Apache-2.0
// `sluice test qtt`: runs ksqlDB's public query-validation cases on the real engine.
//
// The format of the files, how a case is run and how outputs compare: page 12 of the ksqlDB
// reference. A case that the engine answers with `not supported yet` is skipped; what the engine
// accepts must come out right.
#ifndef SLUICE_TOOLS_QTT_H
#define SLUICE_TOOLS_QTT_H

/* argv[0] is the tool's name. Exit code: 0, 1 when a case failed, 2 when an argument or a file is no good.
 * @thread main */
int tool_qtt(int argc, char **argv);
/* `sluice test rqtt`: ksqlDB's REST query cases, the queries run in a session instead of over HTTP. As tool_qtt.
 * @thread main */
int tool_rqtt(int argc, char **argv);

#endif
