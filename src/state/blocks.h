// SPDX-License-Identifier: Apache-2.0
// Blocks: memory for what the entries of one store point to, such as the saved rows of a table.
//
// Records come and go by the million, so that a row must not cost a call of the heap. A block is a
// multiple of 16 bytes of a few dozen sizes; a block given back is the next one of its size that is asked
// for. Blocks are cut from slabs that double from 1 KB to 1 MB, because a server has thousands of
// stores and most are nearly empty. What is above BLOCK_MOST comes from the heap and goes back to it.
//
// The owner knows how many bytes he put into a block: its size follows from them, nothing is written
// beside it. Everything goes at blocks_clear. One thread: that of the store.
#ifndef SLUICE_STATE_BLOCKS_H
#define SLUICE_STATE_BLOCKS_H

#include "base/vec.h"

enum {
    BLOCK_GRAIN = 16,
    BLOCK_EVEN = 256,       /* sizes go by grains up to here, then four to a doubling */
    BLOCK_MOST = 32 * 1024,
    BLOCK_SIZES = BLOCK_EVEN / BLOCK_GRAIN + 4 * 7,
};

typedef struct BlockLarge BlockLarge;

/* Zeroed is empty. */
typedef struct Blocks {
    VEC(char *) slabs;
    size_t used, cap; /* of the last slab */
    void *free[BLOCK_SIZES]; /* linked through their first bytes */
    BlockLarge *large;
    size_t held; /* bytes from the heap */
} Blocks;

/* Frees all blocks; what is left is empty again. */
void blocks_clear(Blocks *bl);
/* What a block of n bytes takes up; the same for every n that fits into it. */
size_t block_size(size_t n);
/* new: n bytes (0 is allowed) aligned to 16, not zeroed. */
void *blocks_alloc(Blocks *bl, size_t n);
/* p: from blocks_alloc or blocks_fit with this n; NULL is ignored. */
void blocks_free(Blocks *bl, void *p, size_t n);
/* A block for n bytes instead of p, which has `had` (NULL, 0: none yet): p itself where it has the size, otherwise p
 * is freed. What was in it is gone in both cases. */
void *blocks_fit(Blocks *bl, void *p, size_t had, size_t n);
#endif
