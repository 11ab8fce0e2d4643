// SPDX-License-Identifier: Apache-2.0
// Held: values of any type kept on the heap by an aggregate's state, in the form of value_save.
//
// A Held is moved by memcpy with its state and owned by it; zeroed = empty. PERSISTED v1: what
// held_save writes: varint length, bytes.
#ifndef SLUICE_FUNC_HELD_H
#define SLUICE_FUNC_HELD_H

#include "types/function.h"

typedef struct Held {
    char *p;
    uint32_t n, cap;
} Held;

void held_clear(Held *h); /* frees */
void held_set(Held *h, const Type *t, const Value *v);
void held_append(Held *h, const Type *t, const Value *v);
void held_set_bytes(Held *h, Str bytes);
/* The bytes of another, behind its own. */
void held_concat(Held *h, const Held *other);
/* The one value; NULL when empty. In the arena. */
Value held_get(const Held *h, Arena *a, const Type *t);
void held_save(const Held *h, Buf *out);
bool held_load(Held *h, Rd *in);

#endif
