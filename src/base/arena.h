// SPDX-License-Identifier: Apache-2.0
// Arena: memory of one lifetime (a statement, a query, a batch), freed or reset as a whole.
//
// Allocation bumps a pointer; nothing is freed singly. What is not memory (a file, a counted
// reference) registers a closer, run in reverse order at reset or free. One thread at a time.
#ifndef SLUICE_BASE_ARENA_H
#define SLUICE_BASE_ARENA_H

#include "base/base.h"

typedef struct Arena Arena;

/* new: `first` bytes in the first block (0 = a small default); blocks double up to 1 MB. */
Arena *arena_new(size_t first);
/* Runs the closers, frees everything; NULL is ignored. */
void arena_free(Arena *a);
/* Runs the closers and forgets all allocations; keeps the largest block for reuse, but none of more than 4 MB. */
void arena_reset(Arena *a);
/* Bytes held from the system. */
size_t arena_bytes(const Arena *a);

/* n bytes aligned to 16, not zeroed; never NULL. Borrowed until reset or free. */
void *arena_alloc(Arena *a, size_t n);
void *arena_zalloc(Arena *a, size_t n);
/* n bytes without alignment, for text. */
char *arena_bytes_alloc(Arena *a, size_t n);
void *arena_dup(Arena *a, const void *p, size_t n);
Str arena_str(Arena *a, Str s);
/* NUL-terminated copies. */
char *arena_cstr(Arena *a, Str s);
char *arena_printf(Arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
Str arena_strf(Arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

typedef void ArenaCloser(void *arg);
void arena_on_close(Arena *a, ArenaCloser *fn, void *arg);

#define ARENA_NEW(a, T) ((T *)arena_zalloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_zalloc((a), sizeof(T) * (size_t)(n)))

#endif
