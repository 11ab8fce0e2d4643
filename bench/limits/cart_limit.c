// SPDX-License-Identifier: Apache-2.0
// The limit program of the cart: reads the record sets that the engine reads, scans each value knowing the
// layout of its text ({"customer":"…","item":"…","qty":N, and more that nobody wants), and adds the
// quantity into a hash table of its own. No columns, no types, no errors to report, no output: nothing that
// SQL asks for.
//
// The table: open addressing over 64-bit hashes (XXH3 of customer and item as they stand in the text), slots
// of 32 bytes, the keys' bytes beside them, copied once. Two ways: each record as it comes, and a set scanned
// first and added then, with the slots fetched ahead, which hides most of the waiting for memory. One thread.
#include "bench/limits/cart_limit.h"

#include <stdlib.h>
#include <xxhash.h>

enum { AHEAD = 12 };

typedef struct Slot {
    uint64_t hash; /* 0: empty */
    int64_t sum;
    char *key;
    uint32_t len, pad;
} Slot;

typedef struct Table {
    Slot *slots;
    size_t mask, n;
} Table;

/* What the scanner finds in a record. */
typedef struct Item {
    uint64_t hash;
    const char *key;
    uint32_t len;
    int32_t qty;
} Item;

static void table_grow(Table *t)
{
    size_t cap = t->mask ? (t->mask + 1) * 2 : 1 << 12;
    Slot *slots = calloc(cap, sizeof *slots);
    if (!slots)
        abort();
    for (size_t i = 0; t->slots && i <= t->mask; i++)
        if (t->slots[i].hash) {
            size_t at = t->slots[i].hash & (cap - 1);
            while (slots[at].hash)
                at = (at + 1) & (cap - 1);
            slots[at] = t->slots[i];
        }
    free(t->slots);
    t->slots = slots;
    t->mask = cap - 1;
}

static void table_add(Table *t, const Item *it)
{
    size_t at = it->hash & t->mask;
    for (Slot *s; (s = &t->slots[at])->hash; at = (at + 1) & t->mask)
        if (s->hash == it->hash && s->len == it->len && memcmp(s->key, it->key, it->len) == 0) {
            s->sum += it->qty;
            return;
        }
    char *key = malloc(it->len);
    if (!key)
        abort();
    memcpy(key, it->key, it->len);
    t->slots[at] = (Slot){it->hash, it->qty, key, it->len, 0};
    if (++t->n * 2 > t->mask)
        table_grow(t);
}

static void add_all(Table *t, const Item *items, int n)
{
    for (int i = 0; i < n; i++) {
        if (i + 2 * AHEAD < n)
            __builtin_prefetch(&t->slots[items[i + 2 * AHEAD].hash & t->mask]);
        if (i + AHEAD < n)
            __builtin_prefetch(t->slots[items[i + AHEAD].hash & t->mask].key);
        table_add(t, &items[i]);
    }
}

/* customer","item":"item is the key, as it stands in the text. */
static bool scan(const Record *r, Item *it)
{
    static const char customer[] = "{\"customer\":\"", item[] = "\",\"item\":\"", amount[] = "\",\"qty\":";
    const char *p = r->value, *end = p + r->value_len;
    if (r->value_len < 40 || memcmp(p, customer, sizeof customer - 1) != 0)
        return false;
    p += sizeof customer - 1;
    it->key = p;
    p = memchr(p, '"', (size_t)(end - p));
    if (!p || end - p < 30 || memcmp(p, item, sizeof item - 1) != 0)
        return false;
    p += sizeof item - 1;
    p = memchr(p, '"', (size_t)(end - p));
    if (!p || end - p < 10 || memcmp(p, amount, sizeof amount - 1) != 0)
        return false;
    it->len = (uint32_t)(p - it->key);
    it->hash = XXH3_64bits(it->key, it->len) | 1;
    p += sizeof amount - 1;
    bool minus = *p == '-';
    p += minus;
    int32_t v = 0;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        v = v * 10 + (*p - '0');
    it->qty = minus ? -v : v;
    return true;
}

bool cart_limit_run(Topics *t, Str topic, int batch, bool ahead, CartLimit *out)
{
    Err err = ERR_INIT;
    Table table = {0};
    bool good = true;
    Item *items = malloc(sizeof *items * (size_t)batch);
    *out = (CartLimit){0};
    table_grow(&table);
    for (int64_t at = 0; good && items;) {
        RecordSet set;
        good = topic_read(t, topic, 0, at, batch, &set, &err) == OK;
        if (!good || !set.n)
            break;
        for (int i = 0; i < set.n && good; i++) {
            good = scan(&set.records[i], &items[i]);
            if (good && !ahead)
                table_add(&table, &items[i]);
        }
        if (good && ahead)
            add_all(&table, items, set.n);
        out->records += set.n;
        at = set.next_offset;
        recordset_release(&set);
    }
    err_clear(&err);
    for (size_t i = 0; i <= table.mask; i++) {
        out->total += table.slots[i].sum;
        free(table.slots[i].key);
    }
    out->pairs = (int64_t)table.n;
    free(table.slots);
    free(items);
    return good;
}
