// SPDX-License-Identifier: Apache-2.0
// Compaction, in two passes over the blocks of a partition: note the last offset of every key, then
// leave out what is not the last of its key. Records keep their offsets, so blocks get holes.
// Records without a key stay, and so do tombstones: a reader that starts later must see them.
#include "topic/topic_impl.h"

static Str key_of(const Record *r) { return (Str){r->key, (size_t)r->key_len}; }

void last_note(StrMap *last, const Block *b)
{
    for (int i = 0; i < b->n; i++)
        if (b->records[i].key)
            strmap_put(last, key_of(&b->records[i]), (void *)(intptr_t)(b->records[i].offset + 1));
}

static bool is_last(const StrMap *last, const Record *r)
{
    return !r->key || (int64_t)(intptr_t)strmap_find(last, key_of(r)) <= r->offset + 1;
}

Block *last_filter(const StrMap *last, const Block *b)
{
    int kept = 0;
    for (int i = 0; i < b->n; i++)
        kept += is_last(last, &b->records[i]);
    if (kept == b->n)
        return NULL;
    Block *to = block_new(kept);
    for (int i = 0; i < b->n; i++)
        if (is_last(last, &b->records[i]))
            block_add(to, &b->records[i]);
    to->base = b->base;
    to->next = b->next;
    to->holes = true;
    return to;
}
