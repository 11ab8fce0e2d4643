// SPDX-License-Identifier: Apache-2.0
// Cancellation: see cancel.h.
#include "base/cancel.h"

#include <stddef.h>

static _Thread_local struct {
    CancelFn *fn;
    void *arg;
} watch;

void cancel_watch(CancelFn *fn, void *arg)
{
    watch.fn = fn;
    watch.arg = arg;
}

bool cancel_asked(void) { return watch.fn && watch.fn(watch.arg); }
