// SPDX-License-Identifier: Apache-2.0
// Values on the heap of an aggregate's state; see held.h.
#include "func/aggregate/held.h"

void held_clear(Held *h)
{
    mem_free(h->p);
    *h = (Held){0};
}

static void append(Held *h, const void *p, size_t n)
{
    if (h->cap - h->n < n) {
        size_t cap = h->cap ? h->cap : 16;
        while (cap - h->n < n)
            cap *= 2;
        BUG_IF(cap > UINT32_MAX);
        h->p = mem_realloc(h->p, cap);
        h->cap = (uint32_t)cap;
    }
    if (n)
        memcpy(h->p + h->n, p, n);
    h->n += (uint32_t)n;
}

void held_append(Held *h, const Type *t, const Value *v)
{
    Buf b = BUF_INIT;
    value_save(&b, t, v);
    append(h, b.p, b.n);
    buf_free(&b);
}

void held_set(Held *h, const Type *t, const Value *v)
{
    h->n = 0;
    held_append(h, t, v);
}

void held_set_bytes(Held *h, Str bytes)
{
    h->n = 0;
    append(h, bytes.p, bytes.n);
}

void held_concat(Held *h, const Held *other)
{
    append(h, other->p, other->n);
}

Value held_get(const Held *h, Arena *a, const Type *t)
{
    if (h->n == 0)
        return value_null();
    Rd r = rd_of((Str){arena_dup(a, h->p, h->n), h->n});
    return value_load(&r, a, t);
}

void held_save(const Held *h, Buf *out)
{
    buf_varint(out, h->n);
    buf_bytes(out, h->p, h->n);
}

bool held_load(Held *h, Rd *in)
{
    Str bytes = rd_bytes(in, rd_varint(in));
    if (!in->bad)
        held_set_bytes(h, bytes);
    return !in->bad;
}

Rd held_list_copied(const HeldList *l, Arena *a)
{
    const Held *h = &l->entries;
    return rd_of((Str){h->n ? arena_dup(a, h->p, h->n) : NULL, h->n});
}

/* ---- for AggRow ---- */

void held_state_save(AggCtx *c, const void *state, Buf *out)
{
    UNUSED(c);
    held_save(state, out);
}

bool held_state_load(AggCtx *c, void *state, Rd *in)
{
    UNUSED(c);
    return held_load(state, in);
}

void held_state_drop(AggCtx *c, void *state)
{
    UNUSED(c);
    held_clear(state);
}

void held_list_save(AggCtx *c, const void *state, Buf *out)
{
    const HeldList *l = state;
    UNUSED(c);
    buf_varint(out, (uint64_t)l->n);
    held_save(&l->entries, out);
}

bool held_list_load(AggCtx *c, void *state, Rd *in)
{
    HeldList *l = state;
    UNUSED(c);
    l->n = (int64_t)rd_varint(in);
    return held_load(&l->entries, in);
}

void held_list_drop(AggCtx *c, void *state)
{
    UNUSED(c);
    held_clear(&((HeldList *)state)->entries);
}
