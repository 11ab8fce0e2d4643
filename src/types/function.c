// SPDX-License-Identifier: Apache-2.0
// How a function or aggregate says that the row it works on failed (see function.h). The first
// reason stays; the evaluator clears `failed` before the next row.
#include "base/limits.h"
#include "types/function.h"

#include <stdarg.h>
#include <stdio.h>

static const char *format(Arena *a, const char *fmt, va_list ap)
{
    char text[1024];
    int n = vsnprintf(text, sizeof text, fmt, ap);
    size_t len = n < 0 ? 0 : n < (int)sizeof text ? (size_t)n : sizeof text - 1;
    return arena_cstr(a, (Str){text, len});
}

bool func_fail(FuncCtx *c, const char *fmt, ...)
{
    va_list ap;
    if (c->failed)
        return false;
    va_start(ap, fmt);
    c->reason = format(c->arena, fmt, ap);
    va_end(ap);
    c->failed = true;
    return false;
}

const char *value_too_large(const Arena *a, uint64_t n)
{
    if (n > LIMIT_VALUE_BYTES)
        return "The value is larger than 64 MB";
    if (arena_bytes(a) + n > LIMIT_BATCH_BYTES)
        return "The values made of a batch of rows are larger than 256 MB";
    return NULL;
}

bool func_room(FuncCtx *c, uint64_t n)
{
    const char *why = value_too_large(c->arena, n);
    return why ? func_fail(c, "%s", why) : true;
}

bool agg_fail(AggCtx *c, const char *fmt, ...)
{
    va_list ap;
    if (c->failed)
        return false;
    va_start(ap, fmt);
    c->reason = format(c->arena, fmt, ap);
    va_end(ap);
    c->failed = true;
    return false;
}
