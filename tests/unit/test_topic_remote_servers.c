// SPDX-License-Identifier: Apache-2.0
// topic: servers that share work over a broker that fails at random: slots move, members are taken for dead and go on not knowing
// it, servers die at any time, and come back over their disks.
//
// A task a partition counts the records of "in" by their keys. Its state is the counts; "log" gets each new one, as a
// changelog. A task starts as the runtime starts one: the group's position, stable, then the end of the log, then what the log
// has behind the checkpoint of the state here; at least once the own position and state instead, when nobody went on since.
//
//   exactly once    whenever a task starts, its counts are those of its position; the log only rises; in the end it has all, once
//   at least once   whenever a task starts, no count is below that of its position; in the end it has all
#include "test_topic_remote_help.h"

enum { SERVERS = 3, PLACES = 4, KEYS = 12, RECORDS = 60, STEPS = 100000, PATIENCE = 50 };

typedef struct Counts {
    int v[KEYS];
} Counts;

typedef struct CountTask {
    TopicReader *in; /* NULL: it does not run */
    int64_t at;
    Counts counts;
    Unit *unit; /* not yet committed */
    int64_t next;
    Counts next_counts;
} CountTask;

typedef struct Service Service;

typedef struct Server {
    Service *s;
    Remotes f;
    Committer *c;
    char name[16];
    uint64_t slots;
    bool joined, fenced; /* fenced: and not told */
    CountTask tasks[PLACES];
} Server;

struct Service {
    Server v[SERVERS];
    Broker *b;
    bool exactly_once, broken;
    uint64_t random;
    int starts, own, fences;
};

static int any_of(Service *s, int n)
{
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((s->random >> 33) % (uint64_t)n);
}

static void broken(Service *s, const char *what, int p, int64_t a, int64_t b)
{
    if (!s->broken)
        printf("%s: partition %d: %lld, %lld\n", what, p, (long long)a, (long long)b);
    s->broken = true;
}

static void stop_task(CountTask *t)
{
    topic_reader_close(t->in);
    t->in = NULL;
    if (t->unit)
        unit_abort(t->unit);
    t->unit = NULL;
}

/* Of the record at that offset. */
static int key_of(int64_t offset) { return (int)(offset * offset / 7 % KEYS); }

/* Of all before the position. */
static Counts counts_at(int64_t at)
{
    Counts c = {{0}};
    for (int64_t i = 0; i < at; i++)
        c.v[key_of(i)]++;
    return c;
}

static Counts counts_here(Server *v, int p)
{
    Counts c = {{0}};
    for (int k = 0; k < KEYS; k++) {
        char key[] = {'s', (char)('0' + p), (char)('0' + k), 0};
        Buf text = BUF_INIT;
        c.v[k] = atoi(state_of(&v->f, key, &text));
        buf_free(&text);
    }
    return c;
}

static void put_counts(Unit *u, int p, const Counts *c)
{
    for (int k = 0; k < KEYS; k++) {
        char key[] = {'s', (char)('0' + p), (char)('0' + k)}, text[24];
        snprintf(text, sizeof text, "%d", c->v[k]);
        disk_batch_put(unit_disk(u), FAMILY_STATE, (Str){key, 3}, str_of(text));
    }
}

/* What the log has in [at, end), over the counts; false: not to be read now. */
static bool read_log(Server *v, int p, int64_t at, int64_t end, Counts *c)
{
    TopicReader *r;
    RecordSet set;
    Err err = ERR_INIT;
    bool ok = topic_reader_open(v->f.t, STR("log"), p, at, &r, &err) == OK;
    if (!ok) {
        err_clear(&err);
        return false;
    }
    for (int tries = 0; ok && at < end && tries < PATIENCE; tries++) {
        ok = topic_reader_next(r, 10, &set, &err) == OK;
        for (int i = 0; ok && i < set.n; i++)
            c->v[set.records[i].key[0] - '0'] = atoi(set.records[i].value);
        if (ok) {
            at = set.next_offset;
            recordset_release(&set);
        }
    }
    topic_reader_close(r);
    err_clear(&err);
    return ok && at >= end;
}

/* What was restored, with its place in the log. */
static bool keep_restored(Server *v, int p, const Counts *c, int64_t at)
{
    Unit *u = unit_begin(v->f.t);
    Err err = ERR_INIT;
    put_counts(u, p, c);
    unit_checkpoint(u, STR("q"), STR("log"), p, at);
    units_commit(v->c, &u, 1, false, &err);
    bool ok = err.code == OK;
    err_clear(&err);
    return ok;
}

/* At least once: where the group does not stand at the own position, the log must have nothing that is not in the state here. */
static bool own_decides(Server *v, int p, int64_t there, int64_t mark, int64_t end)
{
    int64_t here = position_local(v->f.t, STR("q"), STR("in"), p);
    bool moved = checkpoint_ms(v->f.t, STR("q"), STR("log"), p) > position_local_ms(v->f.t, STR("q"), STR("in"), p);
    return here >= 0 && mark >= 0 && !moved && (here == there || (here > there && end == mark));
}

static void check_start(const Server *v, int p, int64_t at, const Counts *c)
{
    Counts want = counts_at(at);
    for (int k = 0; k < KEYS; k++) /* one that is fenced may still know what was */
        if (v->s->exactly_once ? c->v[k] != want.v[k] && !v->fenced : c->v[k] < want.v[k])
            broken(v->s, "counted at the start, wanted", p, c->v[k], want.v[k]);
}

/* Without an answer, later. */
static void start_task(Server *v, int p)
{
    Service *s = v->s;
    Err err = ERR_INIT;
    int64_t begin, end, at = position_get(v->f.t, STR("q"), STR("in"), p);
    int64_t mark = checkpoint_get(v->f.t, STR("q"), STR("log"), p);
    Counts c = mark < 0 ? (Counts){{0}} : counts_here(v, p);
    bool ok = at != POSITION_UNKNOWN && topic_ends(v->f.t, STR("log"), p, &begin, &end, &err) == OK;
    err_clear(&err);
    if (!ok)
        return;
    if (!s->exactly_once && own_decides(v, p, at, mark, end)) {
        at = position_local(v->f.t, STR("q"), STR("in"), p);
        s->own++;
    } else if (!read_log(v, p, mark < 0 ? 0 : mark, end, &c) || !keep_restored(v, p, &c, end)) {
        return;
    }
    at = at < 0 ? 0 : at;
    check_start(v, p, at, &c);
    s->starts++;
    v->tasks[p] = (CountTask){.at = at, .counts = c};
    if (topic_reader_open(v->f.t, STR("in"), p, at, &v->tasks[p].in, &err) != OK)
        v->tasks[p].in = NULL;
    err_clear(&err);
}

static void count_some(Server *v, int p)
{
    CountTask *t = &v->tasks[p];
    RecordSet set;
    Err err = ERR_INIT;
    if (t->unit)
        return;
    if (t->at >= RECORDS && any_of(v->s, 20) == 0) { /* from time to time a quiet one says again where it is */
        t->next = t->at;
        t->next_counts = t->counts;
        t->unit = unit_begin(v->f.t);
        if (v->s->exactly_once)
            unit_exactly_once(t->unit);
        unit_position(t->unit, STR("q"), STR("in"), p, t->at);
        return;
    }
    if (topic_reader_next(t->in, 1 + any_of(v->s, 6), &set, &err) != OK) {
        err_clear(&err);
        stop_task(t);
        return;
    }
    t->next_counts = t->counts;
    for (int i = 0; i < set.n; i++)
        t->next_counts.v[key_of(set.records[i].offset)]++;
    if (set.n) {
        t->next = set.next_offset;
        t->unit = unit_begin(v->f.t);
        if (v->s->exactly_once)
            unit_exactly_once(t->unit);
        for (int k = 0; k < KEYS; k++) {
            char key = (char)('0' + k), text[24];
            Record r = {.key = &key, .key_len = 1, .value = text, .ts = 5};
            r.value_len = (int32_t)snprintf(text, sizeof text, "%d ", t->next_counts.v[k]);
            if (t->next_counts.v[k] != t->counts.v[k])
                unit_append(t->unit, STR("log"), p, &r);
        }
        put_counts(t->unit, p, &t->next_counts);
        unit_position(t->unit, STR("q"), STR("in"), p, t->next);
        unit_checkpoint(t->unit, STR("q"), STR("log"), p, 0);
    }
    recordset_release(&set);
}

static void commit_tasks(Server *v, uint64_t which)
{
    Unit *units[PLACES];
    Err errs[PLACES];
    int part[PLACES], n = 0;
    for (int p = 0; p < PLACES; p++)
        if (v->tasks[p].unit && which >> p & 1) {
            units[n] = v->tasks[p].unit;
            errs[n] = ERR_INIT;
            v->tasks[p].unit = NULL;
            part[n++] = p;
        }
    if (n)
        units_commit(v->c, units, n, false, errs);
    for (int i = 0; i < n; i++) {
        CountTask *t = &v->tasks[part[i]];
        if (errs[i].code == OK) {
            t->at = t->next;
            t->counts = t->next_counts;
        } else {
            stop_task(t);
        }
        err_clear(&errs[i]);
    }
}

static void on_slots(void *arg, uint64_t slots, bool lost)
{
    Server *v = arg;
    if (!lost)
        commit_tasks(v, v->slots & ~slots);
    for (int p = 0; p < PLACES; p++)
        if (!(slots >> p & 1))
            stop_task(&v->tasks[p]);
    v->slots = slots;
}

static void step_server(Server *v)
{
    Err err = ERR_INIT;
    if (!v->joined) {
        MembershipConfig c = {.group = STR("g"), .topic = STR("_confluent-ksql-x_slots"), .name = str_of(v->name),
                              .changed = on_slots, .arg = v};
        if (committer_take(v->c, &err) == OK) /* what a former life left open */
            v->joined = membership_join(v->f.t, &c, &err) == OK;
        err_clear(&err);
    }
    for (int p = 0; p < PLACES; p++) {
        if (v->slots >> p & 1 && !v->tasks[p].in)
            start_task(v, p);
        if (v->tasks[p].in)
            count_some(v, p);
    }
    topics_wait(v->f.t);
    if (any_of(v->s, 3))
        commit_tasks(v, UINT64_MAX);
    effects_sim_advance(v->f.fx, any_of(v->s, 4) ? 100 : 2000);
}

static void server_open(Server *v, Service *s, int no)
{
    v->s = s;
    snprintf(v->name, sizeof v->name, "host:%d", no);
    v->c = committer_new(v->f.t, str_of(v->name), true);
    v->slots = 0;
    v->joined = v->fenced = false;
}

static void server_close(Server *v, bool leave)
{
    if (leave && v->joined)
        membership_leave(v->f.t);
    for (int p = 0; p < PLACES; p++)
        stop_task(&v->tasks[p]);
    committer_free(v->c);
    remotes_close(&v->f);
}

static void server_dies(Server *v, bool leave)
{
    int no = (int)(v - v->s->v);
    server_close(v, leave);
    remotes_open(&v->f);
    server_open(v, v->s, no);
}

/* At least once: the group does not hear of what is in the state here, and in the log. */
static void die_before_telling(Server *v)
{
    bool any = false;
    for (int p = 0; p < PLACES; p++)
        any |= v->tasks[p].unit != NULL;
    if (!any || v->s->exactly_once)
        return;
    double_fault(v->f.b, DOUBLE_SET_POSITIONS, 0, FAULT_FAIL);
    commit_tasks(v, UINT64_MAX);
    server_dies(v, false);
    Server *heir = &v->s->v[any_of(v->s, SERVERS)];
    if (heir->joined)
        double_move(heir->f.b, UINT64_MAX);
}

/* What befalls a server. Without transactions nobody fences one that is not told: it is told at once. */
static void happen(Service *s)
{
    Server *v = &s->v[any_of(s, SERVERS)];
    int what = any_of(s, 60);
    if (v->fenced && what < 20) {
        v->fenced = false;
        double_lost(v->f.b);
    } else if (what == 20 || what == 21) {
        if (v->joined && !v->fenced)
            double_move(v->f.b, UINT64_C(0x5555555555555555) << any_of(s, 2));
    } else if (what == 22 && v->joined && !v->fenced && v->slots) {
        s->fences++;
        double_fence(v->f.b);
        v->fenced = s->exactly_once;
        if (!v->fenced)
            double_lost(v->f.b);
    } else if (what == 23) {
        server_dies(v, any_of(s, 2));
    } else if (what > 50) {
        die_before_telling(v);
    }
}

static bool all_counted(Service *s)
{
    for (int p = 0; p < PLACES; p++)
        if (double_position(s->b, STR("q"), STR("in"), p) < RECORDS)
            return false;
    return true;
}

/* By one who reads it all. */
static void check_log(Service *s)
{
    const Remotes *f = &s->v[0].f;
    Counts all = counts_at(RECORDS);
    for (int p = 0; p < PLACES; p++) {
        Counts last = {{0}};
        int64_t at = 0;
        RecordSet set;
        Err err = ERR_INIT;
        for (bool more = true; more; at = set.next_offset, recordset_release(&set)) {
            if (topic_read(f->t, STR("log"), p, at, 100, &set, &err) != OK)
                BUG("%s", err.msg);
            more = set.n > 0;
            for (int i = 0; i < set.n; i++) {
                int count = atoi(set.records[i].value), k = set.records[i].key[0] - '0';
                if (s->exactly_once && count <= last.v[k])
                    broken(s, "the log falls", p, last.v[k], count);
                last.v[k] = count;
            }
        }
        for (int k = 0; k < KEYS; k++)
            if (s->exactly_once ? last.v[k] != all.v[k] : last.v[k] < all.v[k])
                broken(s, "the log ends with, wanted", p, last.v[k], all.v[k]);
    }
}

static int serve(uint64_t seed, bool exactly_once, Service *s)
{
    DoubleConfig good = {.seed = seed};
    DoubleConfig bad = {.seed = seed, .delay = 100, .reorder = 200, .lost = 60, .abort = 30, .flush = 50, .fail = 20,
                        .timeout = 3};
    *s = (Service){.exactly_once = exactly_once, .random = seed};
    for (int i = 0; i < SERVERS; i++) {
        s->v[i].f = remotes_new(i ? double_client(s->b) : NULL, &good, true);
        s->b = s->v[0].f.b;
        server_open(&s->v[i], s, i);
    }
    remotes_create(&s->v[0].f, "in", PLACES);
    remotes_create(&s->v[0].f, "log", PLACES);
    for (int p = 0; p < PLACES; p++)
        for (int i = 0; i < RECORDS; i++) {
            Record r = text_record("x");
            double_append(s->b, STR("in"), p, &r);
        }
    *double_config(s->b) = bad;
    for (int step = 0; !all_counted(s) && !s->broken; step++) {
        CHECK(step < STEPS);
        step_server(&s->v[any_of(s, SERVERS)]);
        happen(s);
    }
    *double_config(s->b) = good;
    for (int i = 0; i < SERVERS; i++)
        server_close(&s->v[i], true);
    remotes_open(&s->v[0].f);
    Err err = ERR_INIT;
    for (int i = 0; i < SERVERS; i++) { /* what they left open is over */
        Committer *c = committer_new(s->v[0].f.t, str_of(s->v[i].name), false);
        CHECK_INT(committer_take(c, &err), OK);
        committer_free(c);
    }
    if (!s->broken)
        check_log(s);
    for (int i = SERVERS - 1; i > 0; i--) {
        s->v[i].f.t = NULL;
        tmpdir_remove(&s->v[i].f.dir);
        effects_sim_free(s->v[i].f.fx);
    }
    remotes_free(&s->v[0].f, true);
    CHECK(!s->broken);
    return 0;
}

static int serves(bool exactly_once)
{
    int starts = 0, own = 0, fences = 0;
    for (int i = 0; i < 12; i++) {
        Service s;
        uint64_t seed = i < 3 ? (uint64_t)i + 1 : effects_real()->random(effects_real());
        if (serve(seed, exactly_once, &s)) {
            printf("seed %" PRIu64 "\n", seed);
            return 1;
        }
        starts += s.starts;
        own += s.own;
        fences += s.fences;
    }
    CHECK(starts > 12 * PLACES && fences > 3); /* else nothing was tried */
    CHECK(exactly_once ? own == 0 : own > 3);
    return 0;
}

int test_remote_servers_exactly_once(void) { return serves(true); }
int test_remote_servers_at_least_once(void) { return serves(false); }
