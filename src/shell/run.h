// SPDX-License-Identifier: Apache-2.0
// Run: statements of a text, a file or standard input, one after another, with the session's
// variables. The first that fails ends the run; its error names file, line and column.
#ifndef SLUICE_SHELL_RUN_H
#define SLUICE_SHELL_RUN_H

#include "shell/core.h"

enum { RUN_MAX_DEPTH = 16 }; /* scripts that run scripts */

/* All return SHELL_…, or 128 + the signal that ends the program. name: the file in errors, or NULL. */
int run_text(Shell *sh, Str text, const char *name);
/* "-": standard input. */
int run_file(Shell *sh, const char *path);
/* Line by line as they come, so that a program may talk to the shell through pipes. */
int run_stdin(Shell *sh);
/* Tells what became of a statement that was interrupted, if it has ended; the second waits for that. */
void run_look_at_left(Shell *sh);
void run_end_left(Shell *sh);

#endif
