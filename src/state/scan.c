// SPDX-License-Identifier: Apache-2.0
// Walks over a whole store: what is hot, and what is only on disk.
//
// The hot table wins wherever it has a key, dead or alive; the disk gives the others. A complete
// store does not look at the disk at all. Sorted walks merge the hot entries, sorted by key bytes,
// with the disk, which is in that order. Cold entries are loaded into one scratch state and dropped
// after the call. fn must not change the store.
#include <stdlib.h>

#include "state/store_impl.h"

typedef struct Cold {
    Store *st;
    DiskIter *it;
    void *state;  /* scratch */
    Str key, value;
    bool have;
} Cold;

/* On to the next key on disk that is not hot. */
static void cold_next(Cold *c)
{
    while ((c->have = disk_iter_next(c->it, &c->key, &c->value))) {
        c->key = str_sub(c->key, sizeof c->st->prefix, c->key.n - sizeof c->st->prefix);
        if (!table_find(c->st, c->key, hash_key(c->st, c->key)))
            return;
    }
}

typedef bool ScanFn(void *arg, Str key, const void *state);

static Status cold_call(Cold *c, ScanFn *fn, void *arg, bool *go, Err *err)
{
    memset(c->state, 0, c->st->state_size);
    Status s = load_state(c->st, c->state, c->value, err);
    if (s != OK)
        return s;
    *go = fn(arg, c->key, c->state);
    if (c->st->own.drop)
        c->st->own.drop(c->st->own.arg, c->state);
    return OK;
}

typedef struct HotKey {
    Str key;
    StoreEntry *e;
} HotKey;

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const HotKey *)a)->key, ((const HotKey *)b)->key);
}

static HotKey *hot_keys(const Store *st, size_t *n)
{
    HotKey *v = mem_alloc(sizeof *v * ((size_t)st->count + 1));
    *n = 0;
    for (size_t i = 0; st->slots && i <= st->mask; i++) {
        StoreEntry *e = st->slots[i].at ? entry_at(st, st->slots[i].at) : NULL;
        if (e && !e->dead)
            v[(*n)++] = (HotKey){store_key(st, e), e};
    }
    return v;
}

Status store_scan(Store *st, bool sorted, ScanFn *fn, void *arg, Err *err)
{
    size_t n, i = 0;
    HotKey *hot = hot_keys(st, &n);
    bool go = true;
    Status s = OK;
    Cold c = {.st = st};
    if (sorted && n > 1)
        qsort(hot, n, sizeof *hot, by_key);
    if (st->complete != COMPLETE_YES) {
        Str from;
        char to[8];
        disk_bounds(st, &from, to);
        c.it = disk_iter_new(st->disk, FAMILY_STATE, from, (Str){to, sizeof to});
        c.state = mem_alloc(st->state_size + GRAIN);
        cold_next(&c);
    }
    while (s == OK && go && (i < n || c.have)) {
        if (i < n && (!sorted || !c.have || str_cmp(hot[i].key, c.key) < 0)) {
            go = fn(arg, hot[i].key, store_state(hot[i].e));
            i++;
        } else {
            s = cold_call(&c, fn, arg, &go, err);
            cold_next(&c);
        }
    }
    if (c.it) {
        Err other = ERR_INIT;
        Status end = disk_iter_free(c.it, &other);
        if (s == OK && end != OK) {
            s = end;
            err_move(err, &other);
        }
        err_clear(&other);
    }
    mem_free(c.state);
    mem_free(hot);
    return s;
}
