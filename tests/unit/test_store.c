// SPDX-License-Identifier: Apache-2.0
// state: stores against a simple model through commits, evictions and reopening.
#include "tmpdir.h"
#include "unit.h"

#include "state/blocks.h"
#include "state/store.h"

/* State with something behind it, so that leaks and double drops show under the address sanitizer. */
typedef struct Count {
    int64_t n;
    char *text; /* owned; "n" */
} Count;

static int alive; /* texts */

static void count_set(Count *c, int64_t n)
{
    char text[32];
    alive += c->text == NULL;
    mem_free(c->text);
    c->n = n;
    snprintf(text, sizeof text, "%" PRId64, n);
    c->text = mem_strdup(text);
}

static void count_save(void *arg, const void *state, Buf *out)
{
    UNUSED(arg);
    buf_be64(out, (uint64_t)((const Count *)state)->n);
}

static bool count_load(void *arg, void *state, Rd *in)
{
    UNUSED(arg);
    count_set(state, (int64_t)rd_be64(in));
    return !in->bad && in->p == in->end;
}

static void count_drop(void *arg, void *state)
{
    UNUSED(arg);
    alive -= ((Count *)state)->text != NULL;
    mem_free(((Count *)state)->text);
}

static size_t count_weight(void *arg, const void *state)
{
    UNUSED(arg);
    return ((const Count *)state)->text ? strlen(((const Count *)state)->text) + 1 : 0;
}

static uint64_t hash_zero(Str key)
{
    UNUSED(key);
    return 0;
}

static const StoreOwner counts = {.size = sizeof(Count), .save = count_save, .load = count_load,
                                  .drop = count_drop, .weight = count_weight};
static const StoreOwner counts_one_hash = {.size = sizeof(Count), .save = count_save, .load = count_load,
                                           .drop = count_drop, .weight = count_weight, .hash = hash_zero};

static Count *upsert(Store *st, const char *key, bool *made, StoreEntry **e)
{
    Err err = ERR_INIT;
    if (store_upsert(st, str_of(key), str_hash(str_of(key)), e, made, &err) != OK)
        BUG("%s", err.msg);
    return store_state(*e);
}

static int64_t value_of(Store *st, const char *key)
{
    Err err = ERR_INIT;
    StoreEntry *e;
    if (store_find(st, str_of(key), str_hash(str_of(key)), &e, &err) != OK)
        BUG("%s", err.msg);
    return e ? ((Count *)store_state(e))->n : -1;
}

static void set(Store *st, const char *key, int64_t n)
{
    bool made;
    StoreEntry *e;
    count_set(upsert(st, key, &made, &e), n);
    store_touch(st, e);
}

static void commit(Store *st, Disk *d)
{
    Err err = ERR_INIT;
    DiskBatch *b = d ? disk_batch_new(d) : NULL;
    store_flush(st, b);
    if (b && disk_commit(d, b, false, &err) != OK)
        BUG("%s", err.msg);
    disk_batch_free(b);
    store_committed(st);
}

static void add_key(void *arg, StoreEntry *e)
{
    buf_str(arg, (Str){(char *)store_state(e) + ((sizeof(Count) + 15) & ~(size_t)15), e->key_len});
    buf_cstr(arg, e->dead ? "! " : " ");
}

/* Ends the walk at the second. */
static bool scan_twice(void *arg, Str key, const void *state)
{
    UNUSED(key), UNUSED(state);
    return ++*(int *)arg < 2;
}

int test_store_in_memory(void)
{
    Store *st = store_new(NULL, 1, 0, &counts, 1); /* a budget does not matter without a disk */
    StoreEntry *e, *f;
    bool made;
    Err err = ERR_INIT;
    Buf order = BUF_INIT;
    CHECK_INT(value_of(st, "a"), -1);
    Count *c = upsert(st, "a", &made, &e);
    CHECK(made && c->n == 0 && !c->text && e->fresh && e->dirty && (uintptr_t)c % 16 == 0);
    CHECK_STR(store_key(st, e), "a");
    count_set(c, 5);
    set(st, "b", 6);
    set(st, "", 7);
    store_touch(st, e);
    CHECK_INT(store_dirty_count(st), 3);
    store_dirty(st, add_key, &order);
    CHECK_STR(buf_view(&order), "b  a ");
    commit(st, NULL);
    CHECK(store_dirty_count(st) == 0 && !e->dirty && !e->fresh);
    CHECK_INT(value_of(st, "a"), 5);
    CHECK_INT(value_of(st, ""), 7);
    upsert(st, "a", &made, &f);
    CHECK(!made && e == f && !e->dirty);

    store_delete(st, e);
    CHECK_INT(((Count *)store_state(e))->n, 5); /* readable until the commit */
    CHECK_INT(value_of(st, "a"), -1);
    CHECK_INT(store_hot_count(st), 2);
    buf_clear(&order);
    store_dirty(st, add_key, &order);
    CHECK_STR(buf_view(&order), "a! ");
    c = upsert(st, "a", &made, &f);
    CHECK(made && f == e && c->n == 0 && !c->text && !e->dead);
    store_delete(st, f);
    store_delete(st, f);
    commit(st, NULL);
    CHECK_INT(store_hot_count(st), 2);
    CHECK_INT(value_of(st, "a"), -1);
    CHECK(store_bytes(st) > 0);
    int two = 0;
    CHECK_INT(store_scan(st, true, scan_twice, &two, &err), OK);
    CHECK_INT(two, 2);
    store_free(st);
    store_free(NULL);
    CHECK_INT(alive, 0);
    buf_free(&order);
    return 0;
}

/* Keys of all sizes: free lists, slabs of their own. */
int test_store_big_keys(void)
{
    Store *st = store_new(NULL, 1, 0, &counts, 0);
    char *key = mem_alloc(3 << 20);
    memset(key, 'x', 3 << 20);
    size_t first = 0;
    for (int round = 0; round < 3; round++) {
        for (size_t n = 1; n < 3 << 20; n = n * 2 + 1) {
            key[n] = '\0';
            set(st, key, (int64_t)n);
            key[n] = 'x';
        }
        commit(st, NULL);
        for (size_t n = 1; n < 3 << 20; n = n * 2 + 1) {
            StoreEntry *e;
            Err err = ERR_INIT;
            CHECK_INT(store_find(st, (Str){key, n}, str_hash((Str){key, n}), &e, &err), OK);
            CHECK(e && ((Count *)store_state(e))->n == (int64_t)n);
            store_delete(st, e);
        }
        commit(st, NULL);
        CHECK_INT(store_hot_count(st), 0);
        if (round == 0)
            first = store_bytes(st);
        CHECK_INT(store_bytes(st), first);
    }
    store_free(st);
    mem_free(key);
    CHECK_INT(alive, 0);
    return 0;
}

typedef struct ScanCheck {
    const int64_t *model;
    int keys, seen;
    bool sorted, ok;
    char last[16];
} ScanCheck;

static bool check_scanned(void *arg, Str key, const void *state)
{
    ScanCheck *sc = arg;
    const Count *c = state;
    char text[16], want[32];
    snprintf(text, sizeof text, "%.*s", STR_ARG(key));
    int k = atoi(text + 1);
    snprintf(want, sizeof want, "%" PRId64, c->n);
    sc->ok &= k >= 0 && k < sc->keys && sc->model[k] == c->n && strcmp(c->text, want) == 0;
    sc->ok &= !sc->sorted || strcmp(sc->last, text) < 0;
    memcpy(sc->last, text, sizeof text);
    sc->seen++;
    return true;
}

static int check_scan(Store *st, const int64_t *model, int keys, bool sorted)
{
    ScanCheck sc = {model, keys, 0, sorted, true, ""};
    Err err = ERR_INIT;
    int live = 0, two = 0;
    for (int k = 0; k < keys; k++)
        live += model[k] >= 0;
    CHECK_INT(store_scan(st, sorted, check_scanned, &sc, &err), OK);
    CHECK(sc.ok);
    CHECK_INT(sc.seen, live);
    CHECK_INT(store_scan(st, sorted, scan_twice, &two, &err), OK);
    CHECK_INT(two, live < 2 ? live : 2);
    return 0;
}

enum { KEYS = 3000 };

/* model: as of now; saved: as of the last commit. -1: not there. */
typedef struct StoreModel {
    Effects *fx;
    Disk *d;
    Store *st;
    const StoreOwner *owner;
    size_t budget;
    int keys;
    int64_t now[KEYS], saved[KEYS];
} StoreModel;

/* Many keys at once: each entry is the key's, with its value; of a complete store (memory) none is missing. */
static int check_hot(StoreModel *m)
{
    enum { MANY = 200 };
    char text[MANY * 16];
    uint32_t at[MANY + 1] = {0};
    uint64_t hashes[MANY];
    StoreEntry *e[MANY];
    int key[MANY], n = (int)(m->fx->random(m->fx) % MANY);
    for (int i = 0; i < n; i++) {
        key[i] = (int)(m->fx->random(m->fx) % (uint64_t)m->keys);
        int len = snprintf(text + at[i], 16, "k%d", key[i]);
        at[i + 1] = at[i] + (uint32_t)len;
        hashes[i] = m->owner->hash ? 0 : str_hash((Str){text + at[i], (size_t)len});
    }
    const StoreKeys keys = {text, at, hashes};
    store_find_hot(m->st, &keys, n, e);
    for (int i = 0; i < n; i++) {
        CHECK(e[i] ? m->now[key[i]] >= 0 : m->d || m->now[key[i]] < 0);
        if (!e[i])
            continue;
        Str k = {text + at[i], at[i + 1] - at[i]};
        CHECK(str_eq(store_key(m->st, e[i]), k));
        CHECK_INT(((Count *)store_state(e[i]))->n, m->now[key[i]]);
    }
    return 0;
}

static int store_step(StoreModel *m)
{
    char key[16];
    Err err = ERR_INIT;
    StoreEntry *e;
    bool made;
    uint64_t what = m->fx->random(m->fx) % 1000;
    int k = (int)(m->fx->random(m->fx) % (uint64_t)m->keys);
    k = m->fx->random(m->fx) % 2 ? k : k % 20; /* some are hot */
    snprintf(key, sizeof key, "k%d", k);
    Str ks = str_of(key);
    uint64_t hash = m->owner->hash ? 0 : str_hash(ks);
    if (what < 600) {
        CHECK_INT(store_upsert(m->st, ks, hash, &e, &made, &err), OK);
        Count *c = store_state(e);
        CHECK(made == (m->now[k] < 0));
        CHECK_INT(c->n, made ? 0 : m->now[k]);
        m->now[k] = (int64_t)(m->fx->random(m->fx) % 1000000);
        count_set(c, m->now[k]);
        store_touch(m->st, e);
    } else if (what < 970) {
        CHECK_INT(store_find(m->st, ks, hash, &e, &err), OK);
        CHECK_INT(e ? ((Count *)store_state(e))->n : -1, m->now[k]);
        if (e && what < 750) {
            store_delete(m->st, e);
            m->now[k] = -1;
        }
    } else if (what < 985) {
        commit(m->st, m->d);
        memcpy(m->saved, m->now, sizeof m->now);
        CHECK(m->budget == 0 || store_bytes(m->st) <= m->budget + 8192);
    } else if (what < 987) {
        return check_hot(m);
    } else if (what < 994) { /* what was not committed is gone */
        store_free(m->st);
        m->st = store_new(m->d, 7, 3, m->owner, m->budget);
        memcpy(m->now, m->saved, sizeof m->now);
    } else {
        return check_scan(m->st, m->now, m->keys, what & 1);
    }
    return 0;
}

static int run_store_model(uint64_t seed, size_t budget, int keys, bool one_hash)
{
    TmpDir dir = tmpdir_new();
    Err err = ERR_INIT;
    StoreModel *m = mem_zalloc(sizeof *m);
    m->fx = effects_sim_new(seed, 0);
    m->owner = one_hash ? &counts_one_hash : &counts;
    m->budget = budget;
    m->keys = keys;
    memset(m->now, -1, sizeof m->now);
    memset(m->saved, -1, sizeof m->saved);
    CHECK_INT(disk_open(dir.path, effects_real(), 0, &m->d, &err), OK);
    m->st = store_new(m->d, 7, 3, m->owner, budget);
    /* Neighbours on disk that must not show. */
    for (int i = 0; i < 3; i++) {
        Store *other = store_new(m->d, i == 0 ? 6 : i == 1 ? 7 : 8, i == 1 ? 4 : 3, &counts, 0);
        set(other, "k1", 77);
        commit(other, m->d);
        store_free(other);
    }
    for (int step = 0; step < 20000; step++)
        if (store_step(m)) {
            printf("seed %" PRIu64 ", step %d, budget %zu, keys %d\n", seed, step, budget, keys);
            return 1;
        }
    DiskBatch *b = disk_batch_new(m->d);
    store_drop(b, 7);
    CHECK_INT(disk_commit(m->d, b, false, &err), OK);
    disk_batch_free(b);
    store_free(m->st);
    for (int id = 6; id <= 8; id++) {
        Store *st = store_new(m->d, (uint32_t)id, 3, &counts, 0);
        CHECK_INT(value_of(st, "k1"), id == 7 ? -1 : 77);
        store_free(st);
    }
    disk_close(m->d);
    effects_sim_free(m->fx);
    mem_free(m);
    tmpdir_remove(&dir);
    CHECK_INT(alive, 0);
    return 0;
}

static uint64_t new_seed(void) { return effects_real()->random(effects_real()); }

int test_store_random(void)
{
    return run_store_model(new_seed(), 0, KEYS, false) || run_store_model(new_seed(), 0, 30, false);
}

int test_store_random_evicting(void)
{
    return run_store_model(new_seed(), 64 << 10, KEYS, false) ||
           run_store_model(new_seed(), 4 << 10, KEYS, false);
}

int test_store_random_one_hash(void) { return run_store_model(new_seed(), 16 << 10, 100, true); }

int test_store_evicts_the_least_used(void)
{
    TmpDir dir = tmpdir_new();
    Disk *d;
    Err err = ERR_INIT;
    char key[16];
    CHECK_INT(disk_open(dir.path, effects_real(), 0, &d, &err), OK);
    Store *st = store_new(d, 1, 0, &counts, 100 << 10);
    for (int i = 0; i < 4000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        set(st, key, i);
        if (i % 100 == 99) {
            CHECK_INT(value_of(st, "k0"), 0); /* used in every commit */
            commit(st, d);
        }
    }
    CHECK(store_bytes(st) <= 100 << 10);
    CHECK(store_hot_count(st) > 300 && store_hot_count(st) < 4000);
    int64_t hot = store_hot_count(st);
    CHECK_INT(value_of(st, "k0"), 0);
    CHECK_INT(value_of(st, "k3999"), 3999);
    CHECK_INT(store_hot_count(st), hot); /* both were hot */
    CHECK_INT(value_of(st, "k1"), 1);
    CHECK_INT(store_hot_count(st), hot + 1);
    store_free(st);
    disk_close(d);
    tmpdir_remove(&dir);
    return 0;
}

int test_store_reports_damage(void)
{
    TmpDir dir = tmpdir_new();
    Disk *d;
    Err err = ERR_INIT;
    StoreEntry *e;
    CHECK_INT(disk_open(dir.path, effects_real(), 0, &d, &err), OK);
    DiskBatch *b = disk_batch_new(d);
    disk_batch_put(b, FAMILY_STATE, STR("\0\0\0\1\0\0\0\0key"), STR("short"));
    CHECK_INT(disk_commit(d, b, false, &err), OK);
    disk_batch_free(b);
    Store *st = store_new(d, 1, 0, &counts, 0);
    CHECK_INT(store_find(st, STR("other"), str_hash(STR("other")), &e, &err), ERR_CORRUPT);
    err_clear(&err);
    store_free(st);
    st = store_new(d, 1, 0, &counts, 0);
    int n = 0;
    CHECK_INT(store_scan(st, false, scan_twice, &n, &err), ERR_CORRUPT);
    err_clear(&err);
    store_free(st);
    disk_close(d);
    tmpdir_remove(&dir);
    CHECK_INT(alive, 0);
    return 0;
}

/* ---- blocks ---- */

int test_blocks_sizes(void)
{
    size_t last = 0;
    for (size_t n = 0; n <= BLOCK_MOST + 100; n++) {
        size_t size = block_size(n);
        CHECK(size >= n && size >= last);
        CHECK(n > BLOCK_MOST || (size % BLOCK_GRAIN == 0 && size >= BLOCK_GRAIN && size <= BLOCK_MOST));
        CHECK(n < 256 || size <= n + n / 4);
        CHECK_INT(block_size(size), size);
        last = size;
    }
    return 0;
}

int test_blocks_come_back(void)
{
    Blocks bl = {.used = 0};
    CHECK_INT(bl.held, 0);
    char *a = blocks_alloc(&bl, 100), *b = blocks_alloc(&bl, 100);
    CHECK(a != b);
    CHECK(blocks_fit(&bl, a, 100, 112) == a); /* it has the room */
    CHECK(blocks_fit(&bl, a, 112, 97) == a);
    CHECK(blocks_fit(&bl, a, 97, 113) != a);
    CHECK(blocks_alloc(&bl, 98) == a);
    blocks_free(&bl, b, 100);
    CHECK(blocks_fit(&bl, NULL, 0, 111) == b);
    blocks_free(&bl, NULL, 100);
    /* A row that changes its length a million times takes no more memory. */
    size_t held = bl.held;
    for (size_t i = 0; i < 1000000; i++)
        a = blocks_fit(&bl, a, 98 + (i & 7), 98 + ((i + 1) & 7));
    CHECK_INT(bl.held, held);
    /* Large ones go back to the heap. */
    char *large = blocks_alloc(&bl, BLOCK_MOST + 1), *larger = blocks_alloc(&bl, 1 << 20);
    CHECK(bl.held > held + (1 << 20));
    blocks_free(&bl, large, BLOCK_MOST + 1);
    blocks_free(&bl, larger, 1 << 20);
    CHECK_INT(bl.held, held);
    CHECK(blocks_alloc(&bl, 2 * BLOCK_MOST) != NULL); /* left to blocks_clear */
    blocks_clear(&bl);
    CHECK_INT(bl.held, 0);
    return 0;
}

enum { BLOCK_SLOTS = 500 };

static bool filled(const char *p, size_t n, int with)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != (char)with)
            return false;
    return true;
}

/* Blocks of all sizes come, change, go; none overlaps another, each is aligned. */
int test_blocks_random(void)
{
    uint64_t seed = new_seed();
    Effects *fx = effects_sim_new(seed, 0);
    Blocks bl = {.used = 0};
    char *p[BLOCK_SLOTS] = {NULL};
    printf("seed %" PRIu64 "\n", seed);
    size_t n[BLOCK_SLOTS] = {0};
    for (int round = 0; round < 200000; round++) {
        uint64_t r = fx->random(fx);
        int k = (int)(r % BLOCK_SLOTS), log = (int)(r >> 16 & 63) % 17;
        size_t want = (r >> 32) & (((size_t)1 << log) - 1);
        CHECK(!p[k] || filled(p[k], n[k], k));
        if ((r >> 24 & 3) == 0) {
            blocks_free(&bl, p[k], n[k]);
            p[k] = NULL;
            n[k] = 0;
            continue;
        }
        p[k] = blocks_fit(&bl, p[k], n[k], want);
        n[k] = want;
        CHECK(((uintptr_t)p[k] & 15) == 0);
        memset(p[k], k, want);
    }
    for (int k = 0; k < BLOCK_SLOTS; k++)
        CHECK(!p[k] || filled(p[k], n[k], k));
    blocks_clear(&bl);
    effects_sim_free(fx);
    return 0;
}
