// SPDX-License-Identifier: Apache-2.0
// Blocks: sizes, slabs, lists of free blocks. See blocks.h.
//
//   bytes        block            sizes
//   0 … 256      multiple of 16   0 … 15
//   257 … 32 K   4 to a doubling: 320, 384, 448, 512, 640 …   16 … 43
//   above        from the heap, behind a head that links it
#include "state/blocks.h"

enum { FIRST_SLAB = 1 << 10, LAST_SLAB = 1 << 20 };

struct BlockLarge {
    BlockLarge *next, *prev;
    size_t n, unused; /* the block behind it is aligned to 16 */
};

/* Of n <= BLOCK_MOST: the index of its size, and the size. */
static int size_of(size_t n, size_t *size)
{
    if (n <= BLOCK_EVEN) {
        *size = n ? (n + BLOCK_GRAIN - 1) & ~(size_t)(BLOCK_GRAIN - 1) : BLOCK_GRAIN;
        return (int)(*size / BLOCK_GRAIN) - 1;
    }
    int log = 63 - __builtin_clzll(n - 1); /* 8 … 14 */
    size_t quarter = ((n - 1) >> (log - 2)) & 3;
    *size = (5 + quarter) << (log - 2);
    return BLOCK_EVEN / BLOCK_GRAIN + 4 * (log - 8) + (int)quarter;
}

size_t block_size(size_t n)
{
    size_t size = n;
    if (n <= BLOCK_MOST)
        size_of(n, &size);
    return size;
}

static void *alloc_large(Blocks *bl, size_t n)
{
    BlockLarge *b = mem_alloc(sizeof *b + n);
    *b = (BlockLarge){.next = bl->large, .n = n};
    if (bl->large)
        bl->large->prev = b;
    bl->large = b;
    bl->held += sizeof *b + n;
    return b + 1;
}

static void free_large(Blocks *bl, void *p)
{
    BlockLarge *b = (BlockLarge *)p - 1;
    if (b->next)
        b->next->prev = b->prev;
    if (b->prev)
        b->prev->next = b->next;
    else
        bl->large = b->next;
    bl->held -= sizeof *b + b->n;
    mem_free(b);
}

void *blocks_alloc(Blocks *bl, size_t n)
{
    size_t size;
    if (n > BLOCK_MOST)
        return alloc_large(bl, n);
    int k = size_of(n, &size);
    void *p = bl->free[k];
    if (p) {
        memcpy(&bl->free[k], p, sizeof p);
        return p;
    }
    if (bl->cap - bl->used < size) {
        size_t cap = bl->cap ? bl->cap * 2 : FIRST_SLAB;
        cap = cap > LAST_SLAB ? LAST_SLAB : cap;
        bl->cap = cap < size ? size : cap;
        bl->used = 0;
        bl->held += bl->cap;
        vec_add(&bl->slabs, mem_alloc(bl->cap));
    }
    p = bl->slabs.v[bl->slabs.n - 1] + bl->used;
    bl->used += size;
    return p;
}

void blocks_free(Blocks *bl, void *p, size_t n)
{
    size_t size;
    if (!p)
        return;
    if (n > BLOCK_MOST) {
        free_large(bl, p);
        return;
    }
    int k = size_of(n, &size);
    memcpy(p, &bl->free[k], sizeof p);
    bl->free[k] = p;
}

void *blocks_fit(Blocks *bl, void *p, size_t had, size_t n)
{
    if (p && block_size(had) == block_size(n))
        return p;
    blocks_free(bl, p, had);
    return blocks_alloc(bl, n);
}

void blocks_clear(Blocks *bl)
{
    while (bl->large)
        free_large(bl, bl->large + 1);
    for (int i = 0; i < bl->slabs.n; i++)
        mem_free(bl->slabs.v[i]);
    vec_free(&bl->slabs);
    *bl = (Blocks){.used = 0};
}
