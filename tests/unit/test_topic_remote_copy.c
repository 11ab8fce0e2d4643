// SPDX-License-Identifier: Apache-2.0
// topic: a topic copied to another over a broker that fails at random, and through deaths at every gate.
//
// The copier has a task a partition: it reads some records, appends them to the same partition of "out", and moves the position
// of group "q"; state says how many it has copied. Its units of all partitions are committed together. Exactly once, "out" must
// in the end have every record once and in order, whatever happened; at least once, every record in the order of their first
// appearance. At any time state and the position beside it agree; exactly once, the group stands at what can be read, and state
// is as many records behind it as there are from its checkpoint on.
#include "test_topic_remote_help.h"

#include <pthread.h>
#include <sys/mman.h>

enum { PARTS = 2, MOST = 40, FEW = 12, TRIES = 100000 };

typedef struct Copier {
    Remotes *f;
    int records; /* a partition */
    bool exactly_once;
    Committer *c;
    TopicReader *readers[PARTS]; /* NULL: to be restored */
    int64_t at[PARTS];
    int unknown, failed; /* commits */
} Copier;

static void forget_task(Copier *cp, int p)
{
    topic_reader_close(cp->readers[p]);
    cp->readers[p] = NULL;
}

/* Where the contract says that it goes on: without an answer, later. */
static void restore_task(Copier *cp, int p)
{
    Topics *t = cp->f->t;
    Err err = ERR_INIT;
    int64_t at = cp->exactly_once ? -1 : position_local(t, STR("q"), STR("in"), p);
    if (at < 0)
        at = position_get(t, STR("q"), STR("in"), p);
    if (at == POSITION_UNKNOWN)
        return;
    cp->at[p] = at < 0 ? 0 : at;
    if (topic_reader_open(t, STR("in"), p, cp->at[p], &cp->readers[p], &err) != OK)
        cp->readers[p] = NULL;
    err_clear(&err);
}

static void copier_open(Copier *cp)
{
    Err err = ERR_INIT;
    cp->c = committer_new(cp->f->t, STR("copier"), false);
    for (int i = 0; committer_take(cp->c, &err) != OK; i++) { /* what a dead one left is settled */
        err_clear(&err);
        BUG_IF(i == TRIES);
    }
    committer_free(cp->c);
    cp->c = committer_new(cp->f->t, STR("copier"), false);
}

static void copier_close(Copier *cp)
{
    for (int p = 0; p < PARTS; p++)
        forget_task(cp, p);
    committer_free(cp->c);
}

/* Of partition p; NULL: nothing now. */
static Unit *copy_some(Copier *cp, int p)
{
    Effects *fx = cp->f->fx;
    Err err = ERR_INIT;
    RecordSet set;
    char state[24], key[] = {'s', (char)('0' + p)};
    if (!cp->readers[p])
        restore_task(cp, p);
    if (!cp->readers[p] || cp->at[p] >= cp->records)
        return NULL;
    if (topic_reader_next(cp->readers[p], 1 + (int)(fx->random(fx) % 6), &set, &err) != OK) {
        err_clear(&err);
        forget_task(cp, p);
        return NULL;
    }
    if (!set.n)
        return NULL;
    Unit *u = unit_begin(cp->f->t);
    if (cp->exactly_once)
        unit_exactly_once(u);
    for (int i = 0; i < set.n; i++)
        unit_append(u, STR("out"), p, &set.records[i]);
    cp->at[p] = set.next_offset;
    unit_position(u, STR("q"), STR("in"), p, set.next_offset);
    unit_checkpoint(u, STR("q"), STR("out"), p, 0);
    snprintf(state, sizeof state, "%d", (int)set.next_offset);
    disk_batch_put(unit_disk(u), FAMILY_STATE, (Str){key, 2}, str_of(state));
    recordset_release(&set);
    return u;
}

static void copier_step(Copier *cp)
{
    Unit *units[PARTS];
    Err errs[PARTS];
    int part[PARTS], n = 0;
    for (int p = 0; p < PARTS; p++) {
        Unit *u = copy_some(cp, p);
        if (!u)
            continue;
        units[n] = u;
        errs[n] = ERR_INIT;
        part[n++] = p;
    }
    topics_wait(cp->f->t);
    if (n)
        units_commit(cp->c, units, n, false, errs);
    for (int i = 0; i < n; i++) {
        cp->failed += errs[i].code != OK;
        cp->unknown += errs[i].code == ERR_UNKNOWN_OUTCOME;
        if (errs[i].code != OK)
            forget_task(cp, part[i]);
        err_clear(&errs[i]);
    }
}

static bool copier_done(const Copier *cp)
{
    for (int p = 0; p < PARTS; p++)
        if (!cp->readers[p] || cp->at[p] < cp->records)
            return false;
    return true;
}

static void fill_input(Remotes *f, int records)
{
    char value[24];
    remotes_create(f, "in", PARTS);
    remotes_create(f, "out", PARTS);
    for (int p = 0; p < PARTS; p++)
        for (int i = 0; i < records; i++) {
            snprintf(value, sizeof value, "%d", i);
            Record r = text_record(value);
            double_append(f->b, STR("in"), p, &r);
        }
}

/* State and the position beside it are of one write; *copied: by the state. */
static int check_state(const Copier *cp, int p, int *copied)
{
    Buf text = BUF_INIT;
    char key[] = {'s', (char)('0' + p), 0};
    const char *state = state_of(cp->f, key, &text);
    *copied = *state ? atoi(state) : 0;
    int64_t local = position_local(cp->f->t, STR("q"), STR("in"), p);
    int64_t mark = checkpoint_get(cp->f->t, STR("q"), STR("out"), p);
    CHECK_INT(local, *state ? *copied : -1);
    CHECK((mark < 0) == !*state);
    CHECK(mark <= double_end(cp->f->b, STR("out"), p));
    /* What the state knows of is before its checkpoint. */
    CHECK(mark < 0 || mark >= *copied);
    buf_free(&text);
    return 0;
}

/* Of what can be read: how many of the first records are there, each once and in order (exactly once) or at all; *tail: records
 * from `mark` on. */
static int count_copied(const Copier *cp, int p, int64_t mark, int *copied, int *tail)
{
    RecordSet set;
    Err err = ERR_INIT;
    int64_t at = 0;
    *copied = *tail = 0;
    for (bool more = true; more; at = set.next_offset, recordset_release(&set)) {
        CHECK_INT(topic_read(cp->f->t, STR("out"), p, at, 100, &set, &err), OK);
        more = set.n > 0;
        for (int i = 0; i < set.n; i++) {
            Str v = {set.records[i].value, (size_t)set.records[i].value_len};
            char want[24];
            snprintf(want, sizeof want, "%d", *copied);
            *tail += set.records[i].offset >= mark;
            if (str_eq_c(v, want))
                ++*copied;
            else
                CHECK(!cp->exactly_once && atoi(want) > 0); /* once more */
        }
    }
    return 0;
}

static int check_copy(const Copier *cp, bool done)
{
    for (int p = 0; p < PARTS; p++) {
        int state, out, tail, tries = 0;
        int64_t at, mark = checkpoint_get(cp->f->t, STR("q"), STR("out"), p);
        if (check_state(cp, p, &state) || count_copied(cp, p, mark, &out, &tail))
            return 1;
        while ((at = position_get(cp->f->t, STR("q"), STR("in"), p)) == POSITION_UNKNOWN)
            CHECK(++tries < TRIES);
        at = at < 0 ? 0 : at;
        CHECK(state <= out);
        if (cp->exactly_once)
            CHECK(at == out && state + tail == out); /* the tail behind the checkpoint brings it forward */
        else
            CHECK(at <= out && (!done || state == out));
        if (done)
            CHECK_INT(out, cp->records);
    }
    return 0;
}

/* ---- a broker that fails ---- */

static int copy_at_random(bool exactly_once, uint64_t seed, int *aborted, int *unknown)
{
    DoubleConfig bad = {.seed = seed, .delay = 200, .reorder = 300, .lost = 100, .abort = 50, .flush = 100, .fail = 30,
                        .queue = 4, .timeout = 2};
    DoubleConfig good = {.seed = seed};
    Remotes f = remotes_new(NULL, &good, true);
    Copier cp = {.f = &f, .records = MOST, .exactly_once = exactly_once};
    fill_input(&f, MOST);
    *double_config(f.b) = bad;
    copier_open(&cp);
    for (int step = 0; !copier_done(&cp); step++) {
        CHECK(step < TRIES);
        copier_step(&cp);
        effects_sim_advance(f.fx, 100);
        if (f.fx->random(f.fx) % 40 == 0) { /* comes back in another life */
            copier_close(&cp);
            remotes_close(&f);
            remotes_open(&f);
            copier_open(&cp);
        }
        if (f.fx->random(f.fx) % 10 == 0) {
            *double_config(f.b) = good;
            if (check_copy(&cp, false))
                return 1;
            *double_config(f.b) = bad;
        }
    }
    *double_config(f.b) = good;
    if (check_copy(&cp, true))
        return 1;
    *aborted += double_counts(f.b)->aborts;
    *unknown += cp.unknown;
    copier_close(&cp);
    remotes_free(&f, true);
    return 0;
}

static int copies(bool exactly_once)
{
    int aborted = 0, unknown = 0;
    for (int i = 0; i < 20; i++) {
        uint64_t seed = i < 3 ? (uint64_t)i + 1 : effects_real()->random(effects_real());
        if (copy_at_random(exactly_once, seed, &aborted, &unknown)) {
            printf("seed %" PRIu64 "\n", seed);
            return 1;
        }
    }
    if (exactly_once)
        CHECK(aborted > 20 && unknown > 20); /* else nothing was tried */
    return 0;
}

int test_remote_copy_exactly_once(void) { return copies(true); }
int test_remote_copy_at_least_once(void) { return copies(false); }

/* ---- deaths ---- */

typedef struct Death {
    Remotes *f;
    bool exactly_once, tear;
    int at;
    int *gates; /* shared */
} Death;

static GateVerdict on_gate(void *arg, const char *what, GatePhase phase)
{
    Death *d = arg;
    if ((*d->gates)++ != d->at)
        return GATE_GO;
    if (d->tear && phase == GATE_BEFORE && strcmp(what, "dir.lock") != 0)
        return GATE_TEAR;
    _exit(8);
}

static void copy_and_die(void *arg)
{
    Death *d = arg;
    Copier cp = {.f = d->f, .records = FEW, .exactly_once = d->exactly_once};
    effects_sim_on_gate(d->f->fx, on_gate, d);
    remotes_open(d->f);
    copier_open(&cp);
    for (int step = 0; !copier_done(&cp); step++) {
        if (step == TRIES)
            _exit(1);
        copier_step(&cp);
    }
    _exit(0);
}

typedef struct Busy {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool held, over; /* held: atomic */
} Busy;

/* As a thread of RocksDB's pool: it has a lock while it runs, and sleeps without. */
static void *be_busy(void *arg)
{
    Busy *b = arg;
    pthread_mutex_lock(&b->lock);
    __atomic_store_n(&b->held, true, __ATOMIC_RELEASE);
    for (volatile int i = 0; i < 30000000; i++)
        ;
    while (!b->over)
        pthread_cond_wait(&b->cond, &b->lock);
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

static void lock_and_die(void *arg)
{
    pthread_mutex_lock(&((Busy *)arg)->lock);
    _exit(8);
}

/* A child would wait for ever for a lock that a thread of its parent had when it was made. */
int test_remote_child_locks(void)
{
    Busy b = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    pthread_t thread;
    if (NO_FORK_TESTS)
        return 0;
    CHECK_INT(pthread_create(&thread, NULL, be_busy, &b), 0);
    while (!__atomic_load_n(&b.held, __ATOMIC_ACQUIRE))
        ;
    CHECK_INT(child_run(lock_and_die, &b), 8);
    pthread_mutex_lock(&b.lock);
    b.over = true;
    pthread_cond_signal(&b.cond);
    pthread_mutex_unlock(&b.lock);
    pthread_join(thread, NULL);
    return 0;
}

/* A life that ends at a gate, and the next, in this process. */
static int die_once(Death *d, int *code)
{
    DoubleConfig cfg = {.seed = 5, .reorder = 200};
    Remotes f = remotes_new(NULL, &cfg, true);
    fill_input(&f, FEW);
    remotes_close(&f);
    effects_sim_free(f.fx);
    f.fx = effects_sim_new(9, 1000000); /* the same life each time */
    d->f = &f;
    *d->gates = 0;
    *code = child_run(copy_and_die, d);
    effects_sim_on_gate(f.fx, NULL, NULL);
    remotes_open(&f);
    Copier cp = {.f = &f, .records = FEW, .exactly_once = d->exactly_once};
    if (check_copy(&cp, *code == 0))
        return 1;
    copier_open(&cp);
    for (int step = 0; !copier_done(&cp); step++) {
        CHECK(step < TRIES);
        copier_step(&cp);
    }
    if (*code != 0 && check_copy(&cp, true))
        return 1;
    copier_close(&cp);
    remotes_free(&f, true);
    return 0;
}

static int die_everywhere(bool exactly_once)
{
    if (NO_FORK_TESTS)
        return 0;
    int *gates = mmap(NULL, sizeof *gates, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), code;
    CHECK(gates != MAP_FAILED);
    Death d = {.exactly_once = exactly_once, .at = -1, .gates = gates};
    if (die_once(&d, &code))
        return 1;
    CHECK_INT(code, 0);
    int all = *gates;
    CHECK(all > 30);
    for (d.at = 0; d.at < all; d.at++)
        for (int tear = 0; tear < 2; tear++) {
            d.tear = tear;
            if (die_once(&d, &code)) {
                printf("gate %d of %d%s\n", d.at, all, tear ? ", torn" : "");
                return 1;
            }
            CHECK(code == 8 || (tear && code == 9));
        }
    printf("%d gates, each before, after and torn\n", all);
    munmap(gates, sizeof *gates);
    return 0;
}

int test_remote_copy_crash_exactly_once(void) { return die_everywhere(true); }
int test_remote_copy_crash_at_least_once(void) { return die_everywhere(false); }
