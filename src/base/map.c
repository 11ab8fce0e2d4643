// SPDX-License-Identifier: Apache-2.0
// StrMap: an index of int32 slots over an append-only entry array; see map.h.
#include "base/map.h"

enum { EMPTY = -1, GONE = -2 };

static int probe(const StrMap *m, Str key)
{
    if (!m->nslots)
        return -1;
    uint64_t mask = (uint64_t)m->nslots - 1;
    for (uint64_t h = str_hash(key) & mask;; h = (h + 1) & mask) {
        int32_t e = m->slots[h];
        if (e == EMPTY)
            return -1;
        if (e != GONE && str_eq(m->entries[e].key, key))
            return (int)h;
    }
}

static void place(StrMap *m, int entry)
{
    uint64_t mask = (uint64_t)m->nslots - 1;
    uint64_t h = str_hash(m->entries[entry].key) & mask;
    while (m->slots[h] >= 0)
        h = (h + 1) & mask;
    m->slots[h] = entry;
}

/* Drops removed entries, then doubles the room if it is still tight. */
static void rebuild(StrMap *m)
{
    int n = 0;
    for (int i = 0; i < m->n; i++)
        if (m->entries[i].key.p)
            m->entries[n++] = m->entries[i];
    m->n = n;
    if (!m->cap || n * 2 > m->cap) {
        m->cap = m->cap ? m->cap * 2 : 8;
        m->entries = mem_realloc(m->entries, sizeof *m->entries * (size_t)m->cap);
    }
    m->nslots = m->cap * 2;
    m->slots = mem_realloc(m->slots, sizeof *m->slots * (size_t)m->nslots);
    for (int i = 0; i < m->nslots; i++)
        m->slots[i] = EMPTY;
    for (int i = 0; i < n; i++)
        place(m, i);
}

void strmap_free(StrMap *m)
{
    for (int i = 0; i < m->n; i++)
        mem_free((void *)(uintptr_t)m->entries[i].key.p);
    mem_free(m->entries);
    mem_free(m->slots);
    *m = (StrMap){0};
}

void *strmap_put(StrMap *m, Str key, void *value)
{
    int s = probe(m, key);
    if (s >= 0) {
        void *old = m->entries[m->slots[s]].value;
        m->entries[m->slots[s]].value = value;
        return old;
    }
    if (m->n == m->cap)
        rebuild(m);
    m->entries[m->n] = (StrMapEntry){{mem_strndup(key.p, key.n), key.n}, value};
    place(m, m->n++);
    m->live++;
    return NULL;
}

void *strmap_find(const StrMap *m, Str key)
{
    int s = probe(m, key);
    return s < 0 ? NULL : m->entries[m->slots[s]].value;
}

void *strmap_remove(StrMap *m, Str key)
{
    int s = probe(m, key);
    if (s < 0)
        return NULL;
    StrMapEntry *e = &m->entries[m->slots[s]];
    void *old = e->value;
    mem_free((void *)(uintptr_t)e->key.p);
    *e = (StrMapEntry){{NULL, 0}, NULL};
    m->slots[s] = GONE;
    m->live--;
    return old;
}

StrMapEntry *strmap_next(const StrMap *m, int *at)
{
    while (*at < m->n) {
        StrMapEntry *e = &m->entries[(*at)++];
        if (e->key.p)
            return e;
    }
    return NULL;
}
