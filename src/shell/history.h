// SPDX-License-Identifier: Apache-2.0
// History: what was typed, kept between runs.
//
// PERSISTED v1: a text file, one entry a line, oldest first; "\n" stands for a newline inside an
// entry and "\\" for a backslash. Entries are appended as they are typed, so that several shells and a
// crash lose nothing; the file is cut to the newest HISTORY_KEPT when it has twice as many.
#ifndef SLUICE_SHELL_HISTORY_H
#define SLUICE_SHELL_HISTORY_H

#include "base/base.h"

enum { HISTORY_KEPT = 1000 };

typedef struct HistoryLog HistoryLog;

/* path: copied; NULL keeps nothing. A file that cannot be read is an empty history. */
HistoryLog *history_open(const char *path);
void history_close(HistoryLog *h);
/* Adds an entry and writes it; one equal to the newest is left out, and so are blank ones: false. */
bool history_add(HistoryLog *h, Str text);
int history_count(const HistoryLog *h);
/* 0 is the oldest. Borrowed. */
const char *history_entry(const HistoryLog *h, int i);
/* $XDG_STATE_HOME/.sluice_history, or that in the home directory; NULL when there is neither. New. */
char *history_path(void);

#endif
