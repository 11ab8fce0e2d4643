// SPDX-License-Identifier: Apache-2.0
// VEC(T): a growable array. In an arena by vec_push (old memory is left to the arena),
// or on the heap by vec_add / vec_free. Never mix the two on one vector.
#ifndef SLUICE_BASE_VEC_H
#define SLUICE_BASE_VEC_H

#include "base/arena.h"

#define VEC(T)      \
    struct {        \
        T *v;       \
        int n, cap; \
    }

void *vec_grow_arena(Arena *a, void *v, int n, int *cap, size_t size);
void *vec_grow_heap(void *v, int *cap, size_t size);

#define vec_push(a, vec, ...)                                                                            \
    do {                                                                                                 \
        if ((vec)->n == (vec)->cap)                                                                      \
            (vec)->v = vec_grow_arena((a), (vec)->v, (vec)->n, &(vec)->cap, sizeof *(vec)->v);           \
        (vec)->v[(vec)->n++] = (__VA_ARGS__);                                                            \
    } while (0)

#define vec_add(vec, ...)                                                                \
    do {                                                                                 \
        if ((vec)->n == (vec)->cap)                                                      \
            (vec)->v = vec_grow_heap((vec)->v, &(vec)->cap, sizeof *(vec)->v);           \
        (vec)->v[(vec)->n++] = (__VA_ARGS__);                                            \
    } while (0)

#define vec_free(vec) (mem_free((vec)->v), (vec)->v = NULL, (vec)->n = (vec)->cap = 0)
/* Removes element i, keeping the order. */
#define vec_remove(vec, i)                                                                             \
    (memmove(&(vec)->v[i], &(vec)->v[(i) + 1], sizeof *(vec)->v * (size_t)((vec)->n - (i)-1)), (vec)->n--)

#endif
