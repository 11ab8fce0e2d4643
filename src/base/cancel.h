// SPDX-License-Identifier: Apache-2.0
// Cancellation: work over a user's rows that is wanted no more ends at the next row.
//
// Whoever owns a thread says once how to ask (cancel_watch); loops that may be slow ask, and end early with whatever result. What
// they answer is then thrown away by the owner, who asks too before he uses it.
#ifndef SLUICE_BASE_CANCEL_H
#define SLUICE_BASE_CANCEL_H

#include <stdbool.h>

typedef bool CancelFn(void *arg);

/* For the calling thread; NULL: nothing is cancelled, as from the start. */
void cancel_watch(CancelFn *fn, void *arg);
/* Once true it stays so for the piece of work in hand. Cheap enough for every call of a function. */
bool cancel_asked(void);

#endif
