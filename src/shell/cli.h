// SPDX-License-Identifier: Apache-2.0
// Commands of the shell itself: one line, no semicolon needed, no matter the case (help, output,
// history, spool, set cli …). A row of a table each; `help` prints the rows.
#ifndef SLUICE_SHELL_CLI_H
#define SLUICE_SHELL_CLI_H

#include "shell/core.h"

/* The line's first words are a command's name. */
bool cli_is_command(Str line);
/* Runs it. An error is left in err and the result is SHELL_FAILED; a script that was run reported its own. */
int cli_run(Shell *sh, Str line, Err *err);
/* Names for completion; NULL after the last. */
const char *cli_name(int i);

#endif
