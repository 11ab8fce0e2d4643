// SPDX-License-Identifier: Apache-2.0
// Arena: a chain of blocks, newest first; see arena.h. One thread at a time.
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

enum { FIRST_BLOCK = 1024, MAX_BLOCK = 1 << 20, KEPT_MOST = 4 << 20, ALIGN = 16 };

typedef struct Block {
    struct Block *next;
    size_t size;
    _Alignas(ALIGN) char data[];
} Block;

typedef struct Closer {
    struct Closer *next;
    ArenaCloser *fn;
    void *arg;
} Closer;

struct Arena {
    char *at, *end;
    Block *blocks;
    Closer *closers;
    size_t next_size, held;
};

Arena *arena_new(size_t first)
{
    Arena *a = mem_zalloc(sizeof *a);
    a->next_size = first ? first : FIRST_BLOCK;
    return a;
}

static void run_closers(Arena *a)
{
    for (Closer *c = a->closers; c; c = c->next)
        c->fn(c->arg);
    a->closers = NULL;
}

static void use_block(Arena *a, Block *b)
{
    a->at = b->data;
    a->end = b->data + b->size;
}

static void add_block(Arena *a, size_t need)
{
    size_t size = a->next_size > need ? a->next_size : need;
    Block *b = mem_alloc(sizeof *b + size);
    b->size = size;
    b->next = a->blocks;
    a->blocks = b;
    a->held += size;
    if (a->next_size < MAX_BLOCK)
        a->next_size *= 2;
    use_block(a, b);
}

void arena_reset(Arena *a)
{
    run_closers(a);
    Block *keep = NULL;
    for (Block *b = a->blocks; b; b = b->next)
        if (b->size <= KEPT_MOST && (!keep || b->size > keep->size))
            keep = b;
    for (Block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        if (b != keep)
            mem_free(b);
    }
    a->blocks = keep;
    a->held = 0;
    a->at = a->end = NULL;
    if (keep) {
        keep->next = NULL;
        a->held = keep->size;
        use_block(a, keep);
    }
}

void arena_free(Arena *a)
{
    if (!a)
        return;
    run_closers(a);
    for (Block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        mem_free(b);
    }
    mem_free(a);
}

size_t arena_bytes(const Arena *a) { return a->held; }

void *arena_alloc(Arena *a, size_t n)
{
    size_t pad = (size_t)(-(uintptr_t)a->at) & (ALIGN - 1);
    if (__builtin_expect(!a->at || (size_t)(a->end - a->at) < n + pad, 0)) {
        add_block(a, n);
        pad = 0;
    }
    char *p = a->at + pad;
    a->at = p + n;
    return p;
}

void *arena_zalloc(Arena *a, size_t n) { return memset(arena_alloc(a, n), 0, n); }

char *arena_bytes_alloc(Arena *a, size_t n)
{
    if (__builtin_expect(!a->at || (size_t)(a->end - a->at) < n, 0))
        add_block(a, n);
    char *p = a->at;
    a->at += n;
    return p;
}

void *arena_dup(Arena *a, const void *p, size_t n)
{
    void *q = arena_alloc(a, n);
    if (n)
        memcpy(q, p, n);
    return q;
}

Str arena_str(Arena *a, Str s)
{
    char *p = arena_bytes_alloc(a, s.n);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (Str){p, s.n};
}

char *arena_cstr(Arena *a, Str s)
{
    char *p = arena_bytes_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

static Str vformat(Arena *a, const char *fmt, va_list ap)
{
    va_list ap2;
    va_copy(ap2, ap);
    int n = vsnprintf(NULL, 0, fmt, ap2);
    va_end(ap2);
    BUG_IF(n < 0);
    char *p = arena_bytes_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    return (Str){p, (size_t)n};
}

char *arena_printf(Arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Str s = vformat(a, fmt, ap);
    va_end(ap);
    return (char *)(uintptr_t)s.p;
}

Str arena_strf(Arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Str s = vformat(a, fmt, ap);
    va_end(ap);
    return s;
}

void arena_on_close(Arena *a, ArenaCloser *fn, void *arg)
{
    Closer *c = arena_alloc(a, sizeof *c);
    *c = (Closer){a->closers, fn, arg};
    a->closers = c;
}
