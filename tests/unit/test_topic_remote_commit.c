// SPDX-License-Identifier: Apache-2.0
// topic: units of work on remote topics, on a double of the broker: what becomes of them, and in which order things are done.
#include "test_topic_remote_help.h"

#define UNITS_MOST 4

typedef struct Outcome {
    Err errs[UNITS_MOST];
    ErrCode code[UNITS_MOST];
} Outcome;

static Outcome commit_units(Committer *c, Unit **units, int n)
{
    Outcome o;
    for (int i = 0; i < n; i++)
        o.errs[i] = ERR_INIT;
    units_commit(c, units, n, false, o.errs);
    for (int i = 0; i < n; i++) {
        o.code[i] = o.errs[i].code;
        err_clear(&o.errs[i]);
    }
    return o;
}

static Remotes commit_fixture(const DoubleConfig *cfg)
{
    Remotes f = remotes_new(NULL, cfg, true);
    remotes_create(&f, "in", 1);
    remotes_create(&f, "t", 2);
    remotes_create(&f, "u", 1);
    return f;
}

static void count_told(void *arg, Str topic, int partition)
{
    UNUSED(partition);
    *(int *)arg += str_eq_c(topic, "t");
}

/* Several units are one transaction: one marker a partition; positions, state and checkpoints with it. */
int test_remote_commit_exactly_once(void)
{
    DoubleConfig cfg = {.seed = 7, .reorder = 500, .queue = 2};
    Remotes f = commit_fixture(&cfg);
    Committer *c = committer_new(f.t, STR("w"), false);
    Buf text = BUF_INIT;
    int told = 0;
    topics_on_append(f.t, count_told, &told);
    Unit *units[] = {small_unit(&f, true, "t", "a", "q1", 10), small_unit(&f, true, "t", "b", "q2", 20)};
    append_text(units[1], "u", 0, "c");
    append_text(units[1], "u", 0, "d");
    unit_checkpoint(units[1], STR("s"), STR("u"), 0, 0);
    unit_checkpoint(units[1], STR("s"), STR("t"), 1, 77); /* nothing of the unit's is there */
    Outcome o = commit_units(c, units, 2);
    CHECK(o.code[0] == OK && o.code[1] == OK);
    CHECK_INT(double_counts(f.b)->commits, 1);
    CHECK_INT(double_counts(f.b)->calls[DOUBLE_INIT], 1);
    for (int round = 0; round < 2; round++) {
        CHECK_TEXT(readable(f.t, "t", 0, &text), "0:a 1:b ");
        CHECK_TEXT(readable(f.t, "u", 0, &text), "0:c 1:d ");
        CHECK_INT(topic_end(f.t, STR("u"), 0), 3);
        CHECK_INT(double_position(f.b, STR("q1"), STR("in"), 0), 10);
        CHECK_INT(position_get(f.t, STR("q2"), STR("in"), 0), 20);
        CHECK_INT(position_local(f.t, STR("q2"), STR("in"), 0), 20);
        CHECK_INT(checkpoint_get(f.t, STR("s"), STR("u"), 0), 2);
        CHECK_INT(checkpoint_get(f.t, STR("s"), STR("t"), 1), 77);
        CHECK_INT(checkpoint_get(f.t, STR("s"), STR("in"), 0), -1);
        CHECK_TEXT(state_of(&f, "q1", &text), "a");
        if (round == 0) {
            CHECK_INT(told, 2); /* once a unit and partition */
            committer_free(c);
            remotes_close(&f);
            remotes_open(&f);
            c = committer_new(f.t, STR("w"), false);
        }
    }
    /* The epoch stays; a unit with state alone needs no transaction. */
    CHECK_INT(commit_one(c, small_unit(&f, true, "t", "e", NULL, 0)), OK);
    CHECK_INT(commit_one(c, small_unit(&f, true, "t", "f", NULL, 0)), OK);
    CHECK_INT(double_counts(f.b)->calls[DOUBLE_INIT], 2);
    Unit *u = unit_begin(f.t);
    unit_exactly_once(u);
    disk_batch_put(unit_disk(u), FAMILY_STATE, STR("alone"), STR("1"));
    CHECK_INT(commit_one(c, u), OK);
    CHECK_INT(double_counts(f.b)->commits, 3);
    CHECK_TEXT(state_of(&f, "alone", &text), "1");
    CHECK_INT(commit_one(c, unit_begin(f.t)), OK);
    committer_free(c);
    buf_free(&text);
    remotes_free(&f, true);
    return 0;
}

/* A record that is too large, at once or when it is delivered; a topic without rights, or that went; a group without rights. */
int test_remote_commit_refused_alone(void)
{
    static const ErrCode codes[] = {ERR_TOO_LARGE, ERR_TOO_LARGE, ERR_DENIED, ERR_TOPIC_GONE, ERR_DENIED};
    Buf text = BUF_INIT;
    for (int way = 0; way < ARRAY_LEN(codes); way++)
        for (int eo = 0; eo < 2; eo++) {
            Remotes f = commit_fixture(NULL), other = remotes_new(double_client(f.b), NULL, false);
            Committer *c = committer_new(f.t, STR("w"), false);
            Err err = ERR_INIT;
            if (way < 2)
                double_limit(f.b, STR("u"), 3, way == 1);
            Unit *units[] = {small_unit(&f, eo, "t", "a", "q1", 1), small_unit(&f, eo, "t", "b", "q2", 2),
                             small_unit(&f, eo, "t", "c", "q3", 3)};
            append_text(units[1], way < 4 ? "u" : "t", 0, "long");
            if (way == 2)
                double_deny(f.b, STR("u"), true);
            else if (way == 3)
                CHECK_INT(topic_delete(other.t, STR("u"), &err), OK);
            else if (way == 4)
                double_deny(f.b, STR("q2"), true);
            Outcome o = commit_units(c, units, 3);
            /* At least once, the group is told behind the commit: what it refuses is not the unit's error. */
            bool fails = eo || way < 4;
            CHECK_INT(o.code[0], OK);
            CHECK_INT(o.code[1], fails ? codes[way] : OK);
            CHECK_INT(o.code[2], OK);
            CHECK_INT(double_position(f.b, STR("q1"), STR("in"), 0), 1);
            CHECK_INT(double_position(f.b, STR("q2"), STR("in"), 0), -1);
            CHECK_INT(double_position(f.b, STR("q3"), STR("in"), 0), 3);
            CHECK_TEXT(state_of(&f, "q2", &text), fails ? "" : "b");
            CHECK_INT(position_local(f.t, STR("q2"), STR("in"), 0), fails ? -1 : 2);
            readable(f.t, "t", 0, &text);
            CHECK(strstr(buf_z(&text), ":a ") && strstr(buf_z(&text), ":c ") && (!eo || !strstr(buf_z(&text), ":b ")));
            if (eo) {
                CHECK_INT(double_counts(f.b)->commits, 1);
                CHECK_INT(double_counts(f.b)->calls[DOUBLE_INIT], 1); /* a refusal does not cost the epoch */
            }
            CHECK_INT(double_open(f.b), 0);
            CHECK_INT(commit_one(c, small_unit(&f, eo, "t", "d", "q1", 4)), OK);
            committer_free(c);
            remotes_free(&other, false);
            remotes_free(&f, true);
        }
    buf_free(&text);
    return 0;
}

/* Every call of an exactly-once commit fails once: all of the units or none, and those that failed can be committed again. */
int test_remote_commit_fails(void)
{
    static const struct {
        DoubleOp op;
        DoubleFault fault;
        ErrCode code;
        bool there;
    } rows[] = {
        {DOUBLE_INIT, FAULT_FAIL, ERR_BROKER, false},
        {DOUBLE_INIT, FAULT_LOST, ERR_BROKER, false},
        {DOUBLE_BEGIN, FAULT_FAIL, ERR_BROKER, false},
        {DOUBLE_PRODUCE, FAULT_FENCED, ERR_FENCED, false},
        {DOUBLE_FLUSH, FAULT_FAIL, ERR_BROKER, false},
        {DOUBLE_FLUSH, FAULT_FENCED, ERR_FENCED, false},
        {DOUBLE_SEND_POSITIONS, FAULT_FAIL, ERR_BROKER, false},
        {DOUBLE_SEND_POSITIONS, FAULT_ABORT, ERR_ABORT, false},
        {DOUBLE_SEND_POSITIONS, FAULT_FENCED, ERR_FENCED, false},
        {DOUBLE_COMMIT, FAULT_ABORT, ERR_ABORT, false},
        {DOUBLE_COMMIT, FAULT_FENCED, ERR_FENCED, false},
        {DOUBLE_COMMIT, FAULT_LOST, ERR_UNKNOWN_OUTCOME, true},
        {DOUBLE_COMMIT, FAULT_UNDONE, ERR_UNKNOWN_OUTCOME, false},
    };
    Buf text = BUF_INIT;
    for (int i = 0; i < ARRAY_LEN(rows); i++)
        for (int bad_abort = 0; bad_abort < 2; bad_abort++) {
            Remotes f = commit_fixture(NULL);
            Committer *c = committer_new(f.t, STR("w"), false);
            int told = 0;
            CHECK_INT(commit_one(c, small_unit(&f, true, "t", "0", "q1", 1)), OK);
            committer_free(c);
            c = committer_new(f.t, STR("w"), false);
            topics_on_append(f.t, count_told, &told);
            double_fault(f.b, rows[i].op, 0, rows[i].fault);
            if (bad_abort)
                double_fault(f.b, DOUBLE_ABORT, 0, FAULT_FAIL);
            Unit *units[] = {small_unit(&f, true, "t", "a", "q1", 10), small_unit(&f, true, "t", "b", "q2", 20)};
            Outcome o = commit_units(c, units, 2);
            if (o.code[0] != rows[i].code || o.code[1] != rows[i].code) {
                printf("row %d: %s %s\n", i, err_code_name(o.code[0]), err_code_name(o.code[1]));
                return 1;
            }
            /* Settled by now, so that positions can be read; but a fenced producer's work is its successor's. */
            if (rows[i].code != ERR_FENCED)
                CHECK_INT(double_open(f.b), 0);
            while (position_get(f.t, STR("q1"), STR("in"), 0) == POSITION_UNKNOWN)
                ;
            CHECK_INT(position_get(f.t, STR("q1"), STR("in"), 0), rows[i].there ? 10 : 1);
            CHECK_INT(position_get(f.t, STR("q2"), STR("in"), 0), rows[i].there ? 20 : -1);
            CHECK_INT(position_local(f.t, STR("q1"), STR("in"), 0), 1);
            CHECK_TEXT(state_of(&f, "q1", &text), "0");
            CHECK_INT(told, 0);
            CHECK_INT(commit_one(c, small_unit(&f, true, "t", "c", "q1", 11)), OK);
            readable(f.t, "t", 0, &text);
            CHECK_INT(strstr(buf_z(&text), ":a ") != NULL, rows[i].there);
            CHECK_INT(strstr(buf_z(&text), ":b ") != NULL, rows[i].there);
            CHECK(strstr(buf_z(&text), ":c "));
            CHECK_TEXT(state_of(&f, "q1", &text), "c");
            committer_free(c);
            remotes_free(&f, true);
        }
    buf_free(&text);
    return 0;
}

/* The local write fails behind the broker's commit: the unit fails, and what is stored by then decides. */
static bool write_fails(void *arg, const char *what) { return strcmp(what, "disk.write") == 0 && --*(int *)arg == 0; }

int test_remote_commit_disk_fails(void)
{
    Buf text = BUF_INIT;
    for (int eo = 0; eo < 2; eo++) {
        Remotes f = commit_fixture(NULL);
        Committer *c = committer_new(f.t, STR("w"), false);
        int second = 2, told = 0;
        topics_on_append(f.t, count_told, &told);
        disk_on_fault(f.d, write_fails, &second);
        Unit *units[] = {small_unit(&f, eo, "t", "a", "q1", 1), small_unit(&f, eo, "t", "b", "q2", 2),
                         small_unit(&f, eo, "t", "c", "q3", 3)};
        Outcome o = commit_units(c, units, 3);
        disk_on_fault(f.d, NULL, NULL);
        CHECK(o.code[0] == OK && o.code[1] == ERR_IO && o.code[2] == OK);
        CHECK_TEXT(readable(f.t, "t", 0, &text), "0:a 1:b 2:c ");
        CHECK_INT(told, 3);
        CHECK_INT(position_get(f.t, STR("q2"), STR("in"), 0), eo ? 2 : -1);
        CHECK_INT(position_local(f.t, STR("q2"), STR("in"), 0), -1);
        CHECK_INT(position_get(f.t, STR("q3"), STR("in"), 0), 3);
        committer_free(c);
        remotes_free(&f, true);
    }
    buf_free(&text);
    return 0;
}

/* ---- fencing ---- */

int test_remote_commit_taken(void)
{
    Remotes f = commit_fixture(NULL), g = remotes_new(double_client(f.b), NULL, false);
    Committer *a = committer_new(f.t, STR("statements"), false), *b = committer_new(g.t, STR("statements"), false);
    Err err = ERR_INIT;
    Buf text = BUF_INIT;
    CHECK_INT(committer_take(a, &err), OK);
    CHECK_INT(commit_one(a, small_unit(&f, true, "t", "a", NULL, 0)), OK);
    CHECK_INT(committer_take(b, &err), OK);
    /* Not even by trying again does it come back by itself. */
    for (int i = 0; i < 3; i++)
        CHECK_INT(commit_one(a, small_unit(&f, true, "t", "x", NULL, 0)), ERR_FENCED);
    CHECK_INT(commit_one(b, small_unit(&g, true, "t", "b", NULL, 0)), OK);
    /* Nor after an unknown outcome: others may have taken it and been done with it. */
    double_fault(f.b, DOUBLE_COMMIT, 0, FAULT_UNDONE);
    CHECK_INT(commit_one(b, small_unit(&g, true, "t", "y", NULL, 0)), ERR_UNKNOWN_OUTCOME);
    CHECK_INT(committer_take(a, &err), OK);
    CHECK_INT(commit_one(a, small_unit(&f, true, "t", "c", NULL, 0)), OK);
    CHECK_INT(commit_one(b, small_unit(&g, true, "t", "z", NULL, 0)), ERR_FENCED);
    CHECK_INT(commit_one(a, small_unit(&f, true, "t", "d", NULL, 0)), OK);
    readable(f.t, "t", 0, &text);
    CHECK_TEXT(buf_z(&text), "0:a 2:b 6:c 8:d ");
    double_fault(f.b, DOUBLE_INIT, 0, FAULT_FAIL);
    CHECK_INT(committer_take(b, &err), ERR_BROKER);
    err_clear(&err);
    CHECK_INT(committer_take(b, &err), OK);
    CHECK_INT(commit_one(b, small_unit(&g, true, "t", "e", NULL, 0)), OK);
    committer_free(a);
    committer_free(b);
    buf_free(&text);
    remotes_free(&g, false);
    remotes_free(&f, true);
    return 0;
}

static void slots_changed(void *arg, uint64_t slots, bool lost)
{
    UNUSED(lost);
    *(uint64_t *)arg = slots;
}

static Status join(Remotes *f, const char *name, uint64_t *slots)
{
    Err err = ERR_INIT;
    MembershipConfig c = {.group = STR("g"), .topic = STR("_confluent-ksql-x_slots"), .name = str_of(name),
                          .session_ms = 0, .changed = slots_changed, .arg = slots};
    Status s = membership_join(f->t, &c, &err);
    err_clear(&err);
    return s;
}

/* A member that is taken for dead commits nothing any more, until it knows where it stands. */
int test_remote_commit_zombie(void)
{
    Remotes f = commit_fixture(NULL), g = remotes_new(double_client(f.b), NULL, false);
    Committer *a = committer_new(f.t, STR("wa"), true), *b = committer_new(g.t, STR("wb"), true);
    Committer *free_one = committer_new(f.t, STR("wc"), false);
    uint64_t has_a = 0, has_b = 0;
    Buf text = BUF_INIT;
    CHECK_INT(commit_one(a, small_unit(&f, true, "t", "alone", "q", 1)), OK); /* nobody joined yet */
    CHECK_INT(double_counts(f.b)->calls[DOUBLE_SEND_MEMBER], 0);
    CHECK(join(&f, "a:1", &has_a) == OK && join(&g, "b:2", &has_b) == OK);
    CHECK_INT(commit_one(a, small_unit(&f, true, "t", "member", "q", 2)), OK);
    CHECK_INT(double_counts(f.b)->calls[DOUBLE_SEND_MEMBER], 1);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 2);
    double_fence(f.b);
    CHECK(has_b == UINT64_MAX && has_a);
    CHECK_INT(commit_one(b, small_unit(&g, true, "t", "heir", "q", 3)), OK);
    for (int i = 0; i < 2; i++)
        CHECK_INT(commit_one(a, small_unit(&f, true, "t", "zombie", "q", 9)), ERR_ABORT);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 3); /* what was known is forgotten */
    CHECK_INT(commit_one(free_one, small_unit(&f, true, "t", "free", "r", 1)), OK);
    CHECK(has_a);
    double_lost(f.b);
    CHECK((has_a ^ has_b) == UINT64_MAX && !(has_a & has_b)); /* it lost all, and joined again */
    CHECK_INT(commit_one(a, small_unit(&f, true, "t", "again", "q", 4)), OK);
    readable(f.t, "t", 0, &text);
    CHECK(!strstr(buf_z(&text), "zombie") && strstr(buf_z(&text), "again"));
    CHECK_INT(double_position(f.b, STR("q"), STR("in"), 0), 4);
    membership_leave(f.t);
    committer_free(a);
    committer_free(b);
    committer_free(free_one);
    buf_free(&text);
    membership_leave(g.t);
    remotes_free(&g, false);
    remotes_free(&f, true);
    return 0;
}

/* It passes the check, loses its slots, and stops: its positions are pending, and the heir waits for what becomes of them. */
int test_remote_commit_zombie_in_between(void)
{
    for (int way = 0; way < 2; way++) {
        Remotes f = commit_fixture(NULL), g = remotes_new(double_client(f.b), NULL, false);
        Committer *a = committer_new(f.t, STR("wa"), true);
        double_config(f.b)->timeout = 3;
        double_fault(f.b, DOUBLE_COMMIT, 0, FAULT_UNDONE); /* where it hangs */
        double_fault(f.b, DOUBLE_INIT, 1, FAULT_FAIL);     /* … and is cut off */
        uint64_t has_a = 0;
        CHECK_INT(join(&f, "a:1", &has_a), OK);
        CHECK_INT(commit_one(a, small_unit(&f, true, "t", "x", "q", 5)), ERR_UNKNOWN_OUTCOME);
        CHECK_INT(double_open(f.b), 1);
        double_fence(f.b);
        CHECK_INT(position_get(g.t, STR("q"), STR("in"), 0), POSITION_UNKNOWN);
        if (way) /* it comes back: not with this epoch */
            CHECK_INT(commit_one(a, small_unit(&f, true, "t", "y", "q", 6)), ERR_ABORT);
        int64_t at;
        while ((at = position_get(g.t, STR("q"), STR("in"), 0)) == POSITION_UNKNOWN)
            ;
        CHECK_INT(at, -1);
        CHECK_INT(double_open(f.b), 0);
        committer_free(a);
        membership_leave(f.t);
        remotes_free(&g, false);
        remotes_free(&f, true);
    }
    return 0;
}

/* ---- at least once ---- */

static GateVerdict note_gate(void *arg, const char *what, GatePhase phase)
{
    if (phase == GATE_BEFORE)
        buf_printf(arg, "%s ", what);
    return GATE_GO;
}

int test_remote_commit_order(void)
{
    Remotes f = commit_fixture(NULL);
    Committer *c = committer_new(f.t, STR("w"), false);
    Buf order = BUF_INIT;
    CHECK_INT(position_get(f.t, STR("q1"), STR("in"), 0), -1);
    effects_sim_on_gate(f.fx, note_gate, &order);
    CHECK_INT(commit_one(c, small_unit(&f, false, "t", "a", "q1", 1)), OK);
    CHECK_TEXT(buf_z(&order), "kafka.produce disk.write kafka.positions ");
    buf_clear(&order);
    CHECK_INT(commit_one(c, small_unit(&f, true, "t", "b", "q1", 2)), OK);
    CHECK_TEXT(buf_z(&order), "kafka.produce kafka.positions kafka.commit disk.write ");
    buf_clear(&order);
    /* Both ways at once; without a transaction where it is not asked for. */
    Unit *units[] = {small_unit(&f, false, "t", "c", "q1", 3), small_unit(&f, true, "t", "d", "q2", 4)};
    Outcome o = commit_units(c, units, 2);
    CHECK(o.code[0] == OK && o.code[1] == OK);
    CHECK_INT(double_counts(f.b)->commits, 2);
    CHECK_INT(double_position(f.b, STR("q1"), STR("in"), 0), 3);
    CHECK_INT(double_position(f.b, STR("q2"), STR("in"), 0), 4);
    effects_sim_on_gate(f.fx, NULL, NULL);
    buf_free(&order);
    committer_free(c);
    remotes_free(&f, true);
    return 0;
}

int test_remote_commit_at_least_once_fails(void)
{
    Remotes f = commit_fixture(NULL);
    Committer *c = committer_new(f.t, STR("w"), false);
    Buf text = BUF_INIT;
    /* Records that are not acknowledged: nothing is kept, and late answers to them are nobody's. */
    double_fault(f.b, DOUBLE_FLUSH, 0, FAULT_FAIL);
    Unit *units[] = {small_unit(&f, false, "t", "a", "q1", 1), small_unit(&f, false, "t", "b", "q2", 2)};
    Outcome o = commit_units(c, units, 2);
    CHECK(o.code[0] == ERR_BROKER && o.code[1] == ERR_BROKER);
    CHECK_INT(position_local(f.t, STR("q1"), STR("in"), 0), -1);
    CHECK_TEXT(state_of(&f, "q1", &text), "");
    CHECK_INT(commit_one(c, small_unit(&f, false, "t", "a", "q1", 1)), OK);
    CHECK_INT(position_get(f.t, STR("q1"), STR("in"), 0), 1);
    /* The group is not told: the unit is there, and the group hears of it with the next. */
    double_fault(f.b, DOUBLE_SET_POSITIONS, 0, FAULT_FAIL);
    CHECK_INT(commit_one(c, small_unit(&f, false, "t", "c", "q1", 5)), OK);
    CHECK_INT(position_local(f.t, STR("q1"), STR("in"), 0), 5);
    CHECK_INT(position_get(f.t, STR("q1"), STR("in"), 0), 1);
    CHECK(committer_untold(c, STR("q1")) && !committer_untold(c, STR("q2")));
    CHECK_INT(commit_one(c, small_unit(&f, false, "t", "d", "q2", 6)), OK);
    CHECK(!committer_untold(c, STR("q1")));
    CHECK_INT(position_get(f.t, STR("q1"), STR("in"), 0), 5);
    CHECK_INT(double_position(f.b, STR("q2"), STR("in"), 0), 6);
    int calls = double_counts(f.b)->calls[DOUBLE_SET_POSITIONS];
    CHECK_INT(commit_one(c, small_unit(&f, false, "t", "e", "q2", 7)), OK);
    CHECK_INT(double_counts(f.b)->calls[DOUBLE_SET_POSITIONS], calls + 1); /* and once only */
    /* What a newer position stands over is not told. */
    double_fault(f.b, DOUBLE_SET_POSITIONS, 0, FAULT_FAIL);
    CHECK_INT(commit_one(c, small_unit(&f, false, "t", "f", "q1", 8)), OK);
    CHECK_INT(commit_one(c, small_unit(&f, false, "t", "g", "q1", 9)), OK);
    CHECK_INT(double_position(f.b, STR("q1"), STR("in"), 0), 9);
    committer_free(c);
    buf_free(&text);
    remotes_free(&f, true);
    return 0;
}

/* Two members of one service, f's the cluster. */
static void members_free(Remotes *f, Committer *a, Remotes *g, Committer *b)
{
    membership_leave(f->t);
    membership_leave(g->t);
    committer_free(a);
    committer_free(b);
    remotes_free(g, false);
    remotes_free(f, true);
}

/* What one member could not tell is not told when another has taken over since. */
int test_remote_commit_untold_is_dropped(void)
{
    Remotes f = commit_fixture(NULL), g = remotes_new(double_client(f.b), NULL, false);
    Committer *a = committer_new(f.t, STR("wa"), true), *b = committer_new(g.t, STR("wb"), true);
    uint64_t has_a = 0, has_b = 0;
    CHECK(join(&f, "a:1", &has_a) == OK && join(&g, "b:2", &has_b) == OK);
    double_fault(f.b, DOUBLE_SET_POSITIONS, 0, FAULT_FAIL);
    CHECK_INT(commit_one(a, small_unit(&f, false, "t", "x", "q", 5)), OK);
    double_move(g.b, UINT64_MAX);
    CHECK_INT(commit_one(b, small_unit(&g, false, "t", "y", "q", 7)), OK);
    CHECK_INT(commit_one(a, small_unit(&f, false, "t", "z", "other", 1)), OK);
    CHECK_INT(double_position(f.b, STR("q"), STR("in"), 0), 7);
    members_free(&f, a, &g, b);
    return 0;
}

typedef struct Heir {
    Remotes *f, *g;
    Committer *c; /* of g */
    const char *at;
    ErrCode code;
} Heir;

/* Of f, once: its slots go, and the heir commits. */
static GateVerdict lose_slots(void *arg, const char *what, GatePhase phase)
{
    Heir *h = arg;
    if (phase == GATE_AFTER && h->at && strcmp(what, h->at) == 0) {
        h->at = NULL;
        double_fence(h->f->b);
        double_lost(h->f->b);
        h->code = commit_one(h->c, small_unit(h->g, false, "t", "heir", "q", 7));
    }
    return GATE_GO;
}

/* At least once no transaction fences it: a member that learns behind its records, or its local write, that its slots were lost
 * tells the group nothing; it would stand before what the heir's state knows of, or behind records that it does not. */
int test_remote_commit_lost_tells_nothing(void)
{
    static const char *const gates[] = {"kafka.produce", "disk.write"};
    Buf text = BUF_INIT;
    for (int way = 0; way < 2; way++) {
        Remotes f = commit_fixture(NULL), g = remotes_new(double_client(f.b), NULL, false);
        Committer *a = committer_new(f.t, STR("wa"), true), *b = committer_new(g.t, STR("wb"), true);
        uint64_t has_a = 0, has_b = 0;
        Heir heir = {&f, &g, b, gates[way], ERR_BROKER};
        CHECK(join(&f, "a:1", &has_a) == OK && join(&g, "b:2", &has_b) == OK);
        CHECK_INT(commit_one(a, small_unit(&f, false, "t", "before", "q", 3)), OK);
        effects_sim_on_gate(f.fx, lose_slots, &heir);
        CHECK_INT(commit_one(a, small_unit(&f, false, "t", "lost", "q", 9)), way ? OK : ERR_ABORT);
        CHECK_INT(heir.code, OK);
        CHECK_INT(double_position(f.b, STR("q"), STR("in"), 0), 7);
        CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 7);
        CHECK_INT(position_local(f.t, STR("q"), STR("in"), 0), way ? 9 : 3);
        CHECK_TEXT(state_of(&f, "q", &text), way ? "lost" : "before");
        /* Nor with the next. */
        CHECK_INT(commit_one(a, small_unit(&f, false, "t", "next", "other", 1)), OK);
        CHECK_INT(double_position(f.b, STR("q"), STR("in"), 0), 7);
        CHECK_INT(double_position(f.b, STR("other"), STR("in"), 0), 1);
        effects_sim_on_gate(f.fx, NULL, NULL);
        members_free(&f, a, &g, b);
    }
    buf_free(&text);
    return 0;
}

/* What could not be told before the slots were lost is not told while the runtime puts its work down. */
typedef struct PutDown {
    Remotes *f;
    Committer *c;
    bool lost;
} PutDown;

static void commit_when_lost(void *arg, uint64_t slots, bool lost)
{
    PutDown *p = arg;
    UNUSED(slots);
    if (lost) {
        p->lost = true;
        BUG_IF(commit_one(p->c, small_unit(p->f, false, "t", "y", "other", 1)) != OK);
    }
}

int test_remote_commit_untold_is_lost(void)
{
    Remotes f = commit_fixture(NULL), g = remotes_new(double_client(f.b), NULL, false);
    Committer *a = committer_new(f.t, STR("wa"), true), *b = committer_new(g.t, STR("wb"), true);
    PutDown p = {&f, a, false};
    uint64_t has_b = 0;
    Err err = ERR_INIT;
    MembershipConfig m = {.group = STR("g"), .topic = STR("_confluent-ksql-x_slots"), .name = STR("a:1"),
                          .changed = commit_when_lost, .arg = &p};
    CHECK(membership_join(f.t, &m, &err) == OK && join(&g, "b:2", &has_b) == OK);
    double_fault(f.b, DOUBLE_SET_POSITIONS, 0, FAULT_FAIL);
    CHECK_INT(commit_one(a, small_unit(&f, false, "t", "x", "q", 9)), OK);
    double_fence(f.b);
    CHECK_INT(commit_one(b, small_unit(&g, false, "t", "heir", "q", 7)), OK);
    double_lost(f.b);
    CHECK(p.lost);
    CHECK_INT(double_position(f.b, STR("q"), STR("in"), 0), 7);
    CHECK_INT(double_position(f.b, STR("other"), STR("in"), 0), 1);
    members_free(&f, a, &g, b);
    return 0;
}

static int64_t ticking_ms(Effects *e)
{
    static int64_t ms = 1000000;
    UNUSED(e);
    return ms++;
}

/* Position and checkpoint of one commit are of one time; a checkpoint of a restore alone is newer. */
int test_remote_commit_times(void)
{
    Remotes f = commit_fixture(NULL);
    Committer *c = committer_new(f.t, STR("w"), false);
    for (int eo = 0; eo < 2; eo++) {
        f.fx->wall_ms = ticking_ms;
        Unit *u = small_unit(&f, eo, "t", "a", "q", 1);
        unit_position(u, STR("q"), STR("u"), 0, 4);
        unit_checkpoint(u, STR("q"), STR("t"), 0, 0);
        CHECK_INT(commit_one(c, u), OK);
        int64_t ms = position_local_ms(f.t, STR("q"), STR("in"), 0);
        CHECK(ms >= 1000000);
        CHECK_INT(position_local_ms(f.t, STR("q"), STR("u"), 0), ms);
        CHECK_INT(checkpoint_ms(f.t, STR("q"), STR("t"), 0), ms);
        u = unit_begin(f.t);
        unit_checkpoint(u, STR("q"), STR("t"), 0, 9);
        CHECK_INT(commit_one(c, u), OK);
        CHECK(checkpoint_ms(f.t, STR("q"), STR("t"), 0) > ms);
        CHECK_INT(position_local_ms(f.t, STR("q"), STR("in"), 0), ms);
    }
    committer_free(c);
    remotes_free(&f, true);
    return 0;
}

/* ---- dropping ---- */

int test_remote_commit_drops(void)
{
    Buf text = BUF_INIT;
    for (int eo = 0; eo < 2; eo++) {
        Remotes f = commit_fixture(NULL);
        Committer *c = committer_new(f.t, STR("w"), false);
        Unit *u = small_unit(&f, eo, "t", "a", "q", 1);
        unit_position(u, STR("q"), STR("t"), 1, 9);
        unit_position(u, STR("q2"), STR("t"), 1, 4);
        unit_checkpoint(u, STR("q"), STR("t"), 0, 0);
        unit_checkpoint(u, STR("q"), STR("t"), 1, 33);
        unit_checkpoint(u, STR("q2"), STR("t"), 1, 44);
        CHECK_INT(commit_one(c, u), OK);
        /* All positions are replaced: none of the old ones remains. */
        u = unit_begin(f.t);
        if (eo)
            unit_exactly_once(u);
        unit_position_drop(u, STR("q"));
        unit_position(u, STR("q"), STR("in"), 0, 2);
        unit_checkpoint_drop(u, STR("q"), 1);
        CHECK_INT(commit_one(c, u), OK);
        CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 2);
        CHECK_INT(position_get(f.t, STR("q"), STR("t"), 1), -1);
        CHECK_INT(position_local(f.t, STR("q"), STR("in"), 0), 2);
        CHECK_INT(position_local(f.t, STR("q"), STR("t"), 1), -1);
        CHECK_INT(checkpoint_get(f.t, STR("q"), STR("t"), 0), 1);
        CHECK_INT(checkpoint_get(f.t, STR("q"), STR("t"), 1), -1);
        /* All go. */
        u = unit_begin(f.t);
        if (eo)
            unit_exactly_once(u);
        unit_position(u, STR("q"), STR("in"), 0, 3);
        unit_position_drop(u, STR("q"));
        unit_checkpoint_drop(u, STR("q"), -1);
        CHECK_INT(commit_one(c, u), OK);
        CHECK_INT(double_position(f.b, STR("q"), STR("in"), 0), -1);
        CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), -1);
        CHECK_INT(position_local(f.t, STR("q"), STR("in"), 0), -1);
        CHECK_INT(checkpoint_get(f.t, STR("q"), STR("t"), 0), -1);
        CHECK_INT(position_get(f.t, STR("q2"), STR("t"), 1), 4);
        CHECK_INT(position_local(f.t, STR("q2"), STR("t"), 1), 4);
        CHECK_INT(checkpoint_get(f.t, STR("q2"), STR("t"), 1), 44);
        committer_free(c);
        remotes_free(&f, true);
    }
    buf_free(&text);
    return 0;
}

/* Statements' units, in both ways, without a committer of their own. */
int test_remote_commit_plain(void)
{
    Remotes f = commit_fixture(NULL), g = remotes_new(double_client(f.b), NULL, false);
    Err err = ERR_INIT;
    Buf text = BUF_INIT;
    uint64_t syncs = disk_syncs(f.d);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(unit_commit(small_unit(&f, i, "t", "a", NULL, 0), true, &err), OK);
        CHECK_INT(unit_commit(small_unit(&g, i, "t", "b", NULL, 0), true, &err), OK); /* nobody fences the other */
    }
    CHECK_INT(unit_commit(small_unit(&f, true, "t", "c", "q", 1), true, &err), OK);
    CHECK_TEXT(readable(f.t, "t", 0, &text), "0:a 1:b 2:a 4:b 6:c ");
    CHECK_INT(disk_syncs(f.d), syncs + 1); /* for the one that has state */
    double_limit(f.b, STR("t"), 1, false);
    CHECK_INT(unit_commit(small_unit(&f, false, "t", "long", NULL, 0), true, &err), ERR_TOO_LARGE);
    err_clear(&err);
    buf_free(&text);
    remotes_free(&g, false);
    remotes_free(&f, true);
    return 0;
}
