// SPDX-License-Identifier: Apache-2.0
// The growing half of VEC: see vec.h.
#include "base/vec.h"

static int next_cap(int cap) { return cap ? cap * 2 : 8; }

void *vec_grow_arena(Arena *a, void *v, int n, int *cap, size_t size)
{
    *cap = next_cap(*cap);
    void *to = arena_alloc(a, (size_t)*cap * size);
    if (n)
        memcpy(to, v, (size_t)n * size);
    return to;
}

void *vec_grow_heap(void *v, int *cap, size_t size)
{
    *cap = next_cap(*cap);
    return mem_realloc(v, (size_t)*cap * size);
}
