// SPDX-License-Identifier: Apache-2.0
// Guard: when the process crashes or a test runs too long, the test that ran is named first.
#ifndef SLUICE_TOOLS_QTT_GUARD_H
#define SLUICE_TOOLS_QTT_GUARD_H

#include "base/base.h"

/* From now on `name` (copied) is what runs, for at most `seconds`. @thread main */
void guard_enter(const char *tool, Str name, int seconds);
/* Nothing runs. */
void guard_leave(void);

#endif
