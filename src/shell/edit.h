// SPDX-License-Identifier: Apache-2.0
// Editing: statements typed at a prompt, over libedit (history, completion, continuation lines).
#ifndef SLUICE_SHELL_EDIT_H
#define SLUICE_SHELL_EDIT_H

#include "shell/core.h"

typedef struct Editor Editor;

typedef enum EditResult {
    EDIT_TEXT,    /* a command, or statements that are complete */
    EDIT_CLEARED, /* Ctrl-C: what was typed is gone */
    EDIT_END,     /* Ctrl-D, or a signal that ends the program */
} EditResult;

/* Standard input and output must be a terminal. sh->history is filled and added to. @thread main */
Editor *edit_open(Shell *sh);
void edit_close(Editor *ed);
EditResult edit_read(Editor *ed, Buf *text);

#endif
