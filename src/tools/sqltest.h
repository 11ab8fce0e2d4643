// SPDX-License-Identifier: Apache-2.0
// `sluice test sql` and `sluice test plan`: statements with their expected answers beside them.
//
// tests/sql/<area>/<topic>.sql holds statements, each followed by what it must answer in lines that
// start with `-->`. tests/plan/<topic>.sql holds statements whose trees and plans stand in <topic>.out.
// How answers are written: sqltest_render.c; directives: sqltest.c.
#ifndef SLUICE_TOOLS_SQLTEST_H
#define SLUICE_TOOLS_SQLTEST_H

#include "runtime/session.h"

/* argv[0] is the tool's name. Exit code: 0, 1 when a test failed, 2 when an argument is no good. @thread main */
int tool_sqltest(int argc, char **argv);
int tool_plantest(int argc, char **argv);

/* ---- inside of the runners ---- */

/* The end of the statement that starts at `at`: behind its semicolon, or the end of the text. */
size_t sqltest_statement_end(Str text, size_t at);
/* One line a thing; always whole lines. */
void sqltest_render_entity(Buf *out, const json_t *entity);
void sqltest_render_error(Buf *out, const Err *err);
void sqltest_render_row(Buf *out, const RowStream *rs, const StreamRow *row);
/* A type as SchemaInfo (page 08 §8.5) in one line. */
void sqltest_render_type(Buf *out, const json_t *schema);

#endif
