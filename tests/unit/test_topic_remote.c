// SPDX-License-Identifier: Apache-2.0
// topic: remote topics, on a double of the broker: names and settings, readers, stored positions, membership.
#include "test_topic_remote_help.h"

int test_remote_names(void)
{
    Remotes f = remotes_new(NULL, NULL, false);
    static const struct {
        TopicInfo info;
        TopicUse use;
        const char *config;
    } rows[] = {
        {{STR("_confluent-ksql-default__command_topic"), 1, 1, -1, CLEANUP_DELETE, TOPIC_COMMAND}, TOPIC_COMMAND,
         "min.insync.replicas=1 unclean.leader.election.enable=false "},
        {{STR("_confluent-ksql-default_query_Q_1-Aggregate-GroupBy-repartition"), 3, 1, -1, CLEANUP_DELETE, TOPIC_REPARTITION},
         TOPIC_REPARTITION, "message.timestamp.type=CreateTime segment.bytes=52428800 "},
        {{STR("_confluent-ksql-default_query_Q_1-Aggregate-Aggregate-Materialize-changelog"), 3, 1, -1, CLEANUP_COMPACT,
          TOPIC_CHANGELOG}, TOPIC_CHANGELOG, "message.timestamp.type=CreateTime "},
        {{STR("_confluent-ksql-default_slots"), TOPIC_SLOTS, 1, -1, CLEANUP_COMPACT, TOPIC_CONTROL}, TOPIC_CONTROL, ""},
        {{STR("__somebodys"), 1, 1, -1, CLEANUP_COMPACT, TOPIC_CONTROL}, TOPIC_CONTROL, ""},
        {{STR("my-changelog"), 1, 1, 7000, CLEANUP_DELETE, TOPIC_USER}, TOPIC_USER, ""},
    };
    Err err = ERR_INIT;
    TopicInfo info;
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT(topic_create(f.t, &rows[i].info, &err), OK);
        CHECK_TEXT(double_topic_config(f.b, rows[i].info.name), rows[i].config);
    }
    CHECK_INT(topic_create(f.t, &rows[5].info, &err), ERR_STATEMENT);
    err_clear(&err);
    remotes_close(&f);
    remotes_open(&f);
    /* What is listed is not yet known one by one, and what was looked up is listed with its settings. */
    CHECK(topic_describe(f.t, rows[5].info.name, &info));
    CHECK(info.retention_ms == 7000 && info.use == TOPIC_USER);
    Arena *a = arena_new(0);
    TopicInfoVec list = {0};
    topic_list(f.t, a, &list);
    CHECK_INT(list.n, ARRAY_LEN(rows));
    CHECK_STR(list.v[0].name, "__somebodys");
    CHECK_STR(list.v[5].name, "my-changelog");
    CHECK_INT(list.v[5].retention_ms, 7000);
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK(topic_describe(f.t, rows[i].info.name, &info));
        CHECK(info.use == rows[i].use && info.cleanup == rows[i].info.cleanup && info.partitions == rows[i].info.partitions);
    }
    arena_free(a);
    remotes_free(&f, true);
    return 0;
}

/* Topics come and go at other servers' hands. */
int test_remote_names_of_others(void)
{
    Remotes f = remotes_new(NULL, NULL, false), g = remotes_new(double_client(f.b), NULL, false);
    Err err = ERR_INIT;
    Buf text = BUF_INIT;
    TopicInfo info;
    CHECK(!topic_describe(g.t, STR("in"), &info));
    remotes_create(&f, "in", 1);
    CHECK(topic_describe(g.t, STR("in"), &info)); /* "not there" is not remembered */
    int asked = double_counts(f.b)->calls[DOUBLE_DESCRIBE];
    for (int i = 0; i < 10; i++)
        CHECK(topic_describe(g.t, STR("in"), &info));
    CHECK_INT(double_counts(f.b)->calls[DOUBLE_DESCRIBE], asked); /* what is there is */
    CHECK_INT(topic_delete(f.t, STR("in"), &err), OK);
    CHECK_TEXT(readable(g.t, "in", 0, &text), "ERR_TOPIC_GONE");
    CHECK(!topic_describe(g.t, STR("in"), &info));
    CHECK_INT(topic_delete(g.t, STR("in"), &err), ERR_NOT_FOUND);
    err_clear(&err);
    /* A reader of what was deleted and made anew is told, and so is a unit. */
    remotes_create(&f, "in", 1);
    TopicReader *r;
    RecordSet set;
    CHECK_INT(topic_reader_open(g.t, STR("in"), 0, 0, &r, &err), OK);
    Unit *u = unit_begin(g.t);
    append_text(u, "in", 0, "x");
    CHECK_INT(topic_delete(f.t, STR("in"), &err), OK);
    CHECK_INT(topic_reader_next(r, 1, &set, &err), ERR_TOPIC_GONE);
    err_clear(&err);
    topic_reader_close(r);
    CHECK_INT(unit_commit(u, false, &err), ERR_TOPIC_GONE);
    err_clear(&err);
    /* Made anew, and shorter than what was written to the one before. */
    remotes_create(&f, "in", 1);
    for (int i = 0; i < 3; i++)
        CHECK_INT(unit_commit(small_unit(&g, false, "in", "old", NULL, 0), false, &err), OK);
    CHECK_TEXT(readable(g.t, "in", 0, &text), "0:old 1:old 2:old ");
    CHECK_INT(topic_delete(f.t, STR("in"), &err), OK);
    remotes_create(&f, "in", 1);
    CHECK_INT(unit_commit(small_unit(&f, false, "in", "new", NULL, 0), false, &err), OK);
    CHECK_TEXT(readable(g.t, "in", 0, &text), "0:new ");
    CHECK_INT(topic_delete(f.t, STR("in"), &err), OK);
    CHECK_TEXT(readable(g.t, "in", 0, &text), "ERR_TOPIC_GONE");
    /* A broker that does not answer is not a topic that is not there. */
    double_fault(f.b, DOUBLE_DESCRIBE, 0, FAULT_FAIL);
    CHECK_TEXT(readable(g.t, "in", 0, &text), "ERR_BROKER");
    remotes_create(&f, "in", 1);
    double_fault(f.b, DOUBLE_DESCRIBE, 0, FAULT_FAIL);
    u = unit_begin(g.t);
    append_text(u, "in", 0, "x");
    CHECK_INT(unit_commit(u, false, &err), ERR_BROKER);
    err_clear(&err);
    double_fault(f.b, DOUBLE_DESCRIBE, 0, FAULT_FAIL);
    u = unit_begin(g.t);
    unit_position(u, STR("q"), STR("in"), 0, 1);
    CHECK(!unit_empty(u));
    CHECK_INT(unit_commit(u, false, &err), ERR_BROKER);
    err_clear(&err);
    buf_free(&text);
    remotes_free(&g, false);
    remotes_free(&f, true);
    return 0;
}

static void count_told(void *arg, Str topic, int partition) { ((int *)arg)[partition] += str_eq_c(topic, "t"); }

int test_remote_reader(void)
{
    Remotes f = remotes_new(NULL, NULL, false), g = remotes_new(double_client(f.b), NULL, false);
    Err err = ERR_INIT;
    RecordSet set;
    TopicReader *r;
    int told[2] = {0, 0};
    remotes_create(&f, "t", 2);
    Record x = text_record("x"), y = text_record("y");
    double_append(f.b, STR("t"), 1, &x);
    topics_on_append(f.t, count_told, told);
    CHECK_INT(topic_reader_open(f.t, STR("t"), 1, 0, &r, &err), OK);
    CHECK(!topics_wait(f.t)); /* it was not answered yet */
    /* Delayed: empty, and yet pending; the listener is told when it comes. */
    double_config(f.b)->delay = 1000;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(topic_reader_next(r, 10, &set, &err), OK);
        CHECK(set.n == 0 && set.pending && set.next_offset == 0);
        CHECK(topics_wait(f.t));
    }
    CHECK(told[1] >= 3 && told[0] == 0);
    CHECK_INT(topic_reader_next(r, 10, &set, &err), OK);
    CHECK(set.n == 1 && set.next_offset == 1);
    recordset_release(&set);
    double_config(f.b)->delay = 0;
    CHECK(!topics_wait(f.t));
    CHECK_INT(topic_reader_next(r, 10, &set, &err), OK);
    CHECK(set.n == 0 && !set.pending);
    CHECK(!topics_wait(f.t));
    /* Somebody else's record: the listener is told. */
    told[1] = 0;
    CHECK_INT(unit_commit(small_unit(&g, false, "t", "elsewhere", NULL, 0), false, &err), OK);
    CHECK_INT(told[1], 0);
    double_append(f.b, STR("t"), 1, &y);
    CHECK_INT(told[1], 1);
    CHECK_INT(topic_reader_next(r, 10, &set, &err), OK);
    CHECK_INT(set.n, 1);
    recordset_release(&set);
    topic_reader_close(r);
    remotes_free(&g, false);
    remotes_free(&f, true);
    return 0;
}

static void nothing_delivered(void *arg, void *tag, int64_t offset, ErrCode code, const char *why)
{
    UNUSED(arg), UNUSED(tag), UNUSED(offset), UNUSED(code), UNUSED(why);
}

/* Behind an open transaction, and behind an aborted one. */
int test_remote_reader_open_transaction(void)
{
    Remotes f = remotes_new(NULL, NULL, false);
    const BrokerOps *ops = f.b->ops;
    Err err = ERR_INIT;
    RecordSet set;
    TopicReader *r;
    Producer *p;
    Buf text = BUF_INIT;
    Record x = text_record("x"), y = text_record("y");
    double_config(f.b)->timeout = 1000;
    remotes_create(&f, "t", 1);
    CHECK(ops->producer_new(f.b, "other", &p, &err) == OK && ops->init(p, &err) == OK && ops->begin(p, &err) == OK);
    CHECK_INT(ops->produce(p, STR("t"), 0, &x, NULL, &err), OK);
    CHECK_INT(ops->flush(p, nothing_delivered, NULL, &err), OK);
    double_append(f.b, STR("t"), 0, &y);
    CHECK_INT(topic_reader_open(f.t, STR("t"), 0, 0, &r, &err), OK);
    CHECK_INT(topic_reader_next(r, 10, &set, &err), OK);
    CHECK(set.n == 0 && !set.pending); /* nothing is known yet */
    CHECK_INT(topic_end(f.t, STR("t"), 0), 2);
    CHECK_INT(topic_reader_next(r, 10, &set, &err), OK);
    CHECK(set.n == 0 && set.pending);
    CHECK(topics_wait(f.t));
    CHECK_TEXT(readable(f.t, "t", 0, &text), ""); /* one shot: does not wait for others */
    CHECK_INT(ops->abort(p, &err), OK);
    CHECK_INT(topic_reader_next(r, 10, &set, &err), OK);
    CHECK(set.n == 1 && set.records[0].offset == 1 && set.next_offset == 3); /* behind the marker */
    recordset_release(&set);
    CHECK_INT(topic_reader_next(r, 10, &set, &err), OK);
    CHECK(set.n == 0 && !set.pending);
    CHECK_TEXT(readable(f.t, "t", 0, &text), "1:y ");
    ops->producer_free(p);
    topic_reader_close(r);
    buf_free(&text);
    remotes_free(&f, true);
    return 0;
}

int test_remote_trim(void)
{
    Remotes f = remotes_new(NULL, NULL, false);
    Err err = ERR_INIT;
    Buf text = BUF_INIT;
    Record r[] = {text_record("a"), text_record("b"), text_record("c")};
    remotes_create(&f, "t", 1);
    for (int i = 0; i < 3; i++) {
        r[i].ts = 10 * i;
        double_append(f.b, STR("t"), 0, &r[i]);
    }
    CHECK_INT(topic_trim(f.t, STR("t"), 0, 2, &err), OK);
    CHECK_INT(topic_begin(f.t, STR("t"), 0), 2);
    CHECK_INT(topic_end(f.t, STR("t"), 0), 3);
    CHECK_TEXT(readable(f.t, "t", 0, &text), "2:c ");
    CHECK_INT(topic_offset_at(f.t, STR("t"), 0, 15), 2);
    /* The broker's own work. */
    CHECK_INT(topic_expire(f.t, STR("t"), 1 << 30, &err), OK);
    CHECK_INT(topic_compact(f.t, STR("t"), 0, &err), OK);
    CHECK(!topic_compact_due(f.t, STR("t"), 0, 1));
    CHECK_TEXT(readable(f.t, "t", 0, &text), "2:c ");
    CHECK_INT(topic_trim(f.t, STR("none"), 0, 2, &err), ERR_TOPIC_GONE);
    err_clear(&err);
    buf_free(&text);
    remotes_free(&f, true);
    return 0;
}

/* One call tells all of a group; it is asked again after a while, after failures, and when others may have gone on. */
int test_remote_positions(void)
{
    Remotes f = remotes_new(NULL, NULL, false);
    Err err = ERR_INIT;
    const int *asked = &double_counts(f.b)->calls[DOUBLE_POSITIONS];
    remotes_create(&f, "in", 20);
    GroupPosition at[2] = {{.topic = STR("in"), .offset = 5}, {.topic = STR("in"), .partition = 19}};
    CHECK_INT(f.b->ops->set_positions(f.b, STR("q"), at, 2, &err), OK);
    for (int p = 0; p < 20; p++)
        CHECK_INT(position_get(f.t, STR("q"), STR("in"), p), p == 0 ? 5 : p == 19 ? 0 : -1);
    CHECK_INT(*asked, 1);
    /* Own commits are known without asking. */
    Committer *c = committer_new(f.t, STR("w"), false);
    CHECK_INT(commit_one(c, small_unit(&f, true, "in", "x", "q", 6)), OK);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 6);
    CHECK_INT(commit_one(c, small_unit(&f, false, "in", "x", "q", 7)), OK);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 7);
    CHECK_INT(position_local(f.t, STR("q"), STR("in"), 0), -1); /* nothing is kept without a disk */
    CHECK_INT(*asked, 1);
    /* Somebody else's after 5 s. */
    at[0].offset = 8;
    CHECK_INT(f.b->ops->set_positions(f.b, STR("q"), at, 1, &err), OK);
    effects_sim_advance(f.fx, 4999);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 7);
    effects_sim_advance(f.fx, 1);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 8);
    CHECK_INT(*asked, 2);
    /* After any failure. */
    at[0].offset = 9;
    CHECK_INT(f.b->ops->set_positions(f.b, STR("q"), at, 1, &err), OK);
    double_fault(f.b, DOUBLE_COMMIT, 0, FAULT_ABORT);
    CHECK_INT(commit_one(c, small_unit(&f, true, "in", "x", "q", 6)), ERR_ABORT);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 9);
    /* Not to be known is not to have none. */
    effects_sim_advance(f.fx, 10000);
    double_fault(f.b, DOUBLE_POSITIONS, 0, FAULT_FAIL);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), POSITION_UNKNOWN);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 9);
    CHECK_INT(position_get(f.t, STR("none"), STR("in"), 0), -1);
    committer_free(c);
    remotes_free(&f, true);
    return 0;
}

/* Who told a group's position last is known beside it, to all and after a restart. */
int test_remote_positions_told_here(void)
{
    Remotes f = remotes_new(NULL, NULL, false), g = remotes_new(double_client(f.b), NULL, false);
    Committer *a = committer_new(f.t, STR("wa"), false), *b = committer_new(g.t, STR("wb"), false);
    remotes_create(&f, "in", 1);
    topics_identify(f.t, STR("a"));
    topics_identify(g.t, STR("b"));
    for (int eo = 0; eo < 2; eo++) {
        Str q = eo ? STR("exactly") : STR("least");
        CHECK(!position_told_here(f.t, q, STR("in"), 0)); /* nobody did */
        CHECK_INT(commit_one(a, small_unit(&f, eo, "in", "x", eo ? "exactly" : "least", 6)), OK);
        CHECK(position_told_here(f.t, q, STR("in"), 0));
        CHECK(!position_told_here(g.t, q, STR("in"), 0));
        effects_sim_advance(f.fx, 10000); /* asked again */
        CHECK(position_told_here(f.t, q, STR("in"), 0));
        CHECK_INT(commit_one(b, small_unit(&g, eo, "in", "x", eo ? "exactly" : "least", 6)), OK);
        CHECK(position_told_here(g.t, q, STR("in"), 0));
        effects_sim_advance(f.fx, 10000);
        CHECK(!position_told_here(f.t, q, STR("in"), 0));
    }
    committer_free(b);
    remotes_close(&g);
    remotes_open(&g);
    CHECK_INT(position_get(g.t, STR("least"), STR("in"), 0), 6);
    CHECK(!position_told_here(g.t, STR("least"), STR("in"), 0)); /* not by one without an id */
    topics_identify(g.t, STR("a"));
    topics_identify(g.t, STR("b")); /* the last counts */
    effects_sim_advance(g.fx, 10000);
    CHECK(position_told_here(g.t, STR("least"), STR("in"), 0) && position_told_here(g.t, STR("exactly"), STR("in"), 0));
    effects_sim_advance(g.fx, 10000);
    double_fault(g.b, DOUBLE_POSITIONS, 0, FAULT_FAIL);
    CHECK(!position_told_here(g.t, STR("least"), STR("in"), 0)); /* not known */
    committer_free(a);
    remotes_free(&g, false);
    remotes_free(&f, true);
    return 0;
}

static void commit_meanwhile(void *arg)
{
    Remotes *f = arg;
    Err err = ERR_INIT;
    if (unit_commit(small_unit(f, false, "in", "x", "q", 8), false, &err) != OK)
        BUG("%s", err.msg);
}

/* An answer that was on its way during a commit is not remembered. */
int test_remote_positions_meanwhile(void)
{
    Remotes f = remotes_new(NULL, NULL, false);
    remotes_create(&f, "in", 1);
    CHECK_INT(position_get(f.t, STR("other"), STR("in"), 0), -1);
    double_on_positions(f.b, commit_meanwhile, &f);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), -1);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 8);
    remotes_free(&f, true);
    return 0;
}

/* Of a directory that was used for embedded topics too: what either keeps is not the other's. */
int test_remote_positions_beside_embedded(void)
{
    Remotes f = remotes_new(NULL, NULL, true);
    Err err = ERR_INIT;
    remotes_create(&f, "in", 2);
    remotes_create(&f, "t", 1);
    CHECK_INT(unit_commit(small_unit(&f, false, "t", "x", "q", 3), false, &err), OK);
    Unit *u = unit_begin(f.t);
    unit_position(u, STR("q"), STR("t"), 0, 4);
    unit_position(u, STR("q"), STR("in"), 1, 5);
    unit_checkpoint(u, STR("q"), STR("t"), 0, 9);
    CHECK_INT(unit_commit(u, false, &err), OK);
    remotes_close(&f);
    Disk *d;
    Topics *t;
    CHECK_INT(disk_open(f.dir.path, f.fx, 0, &d, &err), OK);
    CHECK_INT(topics_embedded_open(d, f.fx, &t, &err), OK);
    for (int i = 0; i < 4; i++) {
        char name[] = {'e', (char)('0' + i), 0};
        TopicInfo info = {str_of(name), 1, 1, -1, CLEANUP_DELETE, TOPIC_USER};
        CHECK_INT(topic_create(t, &info, &err), OK);
        CHECK_INT(position_get(t, STR("q"), info.name, 0), -1);
        CHECK_INT(topic_delete(t, info.name, &err), OK);
    }
    u = unit_begin(t);
    unit_position_drop(u, STR("q"));
    CHECK_INT(unit_commit(u, false, &err), OK);
    topics_free(t);
    disk_close(d);
    remotes_open(&f);
    CHECK_INT(position_local(f.t, STR("q"), STR("in"), 0), 3);
    CHECK_INT(position_local(f.t, STR("q"), STR("t"), 0), 4);
    CHECK_INT(checkpoint_get(f.t, STR("q"), STR("t"), 0), 9);
    /* A topic that is deleted takes its positions with it, here and in the groups. */
    CHECK_INT(topic_delete(f.t, STR("t"), &err), OK);
    remotes_create(&f, "t", 1);
    CHECK_INT(position_local(f.t, STR("q"), STR("t"), 0), -1);
    CHECK_INT(position_get(f.t, STR("q"), STR("t"), 0), -1);
    CHECK_INT(checkpoint_get(f.t, STR("q"), STR("t"), 0), -1);
    CHECK_INT(position_local(f.t, STR("q"), STR("in"), 1), 5);
    remotes_free(&f, true);
    return 0;
}

/* ---- membership ---- */

typedef struct Slots {
    uint64_t has;
    int calls;
    bool lost;
} Slots;

static void slots_changed(void *arg, uint64_t slots, bool lost)
{
    *(Slots *)arg = (Slots){slots, ((Slots *)arg)->calls + 1, lost};
}

static Status join(Remotes *f, const char *name, Slots *s, Err *err)
{
    MembershipConfig c = {.group = STR("group"), .topic = STR("_confluent-ksql-x_slots"), .name = str_of(name),
                          .changed = slots_changed, .arg = s};
    return membership_join(f->t, &c, err);
}

int test_remote_membership(void)
{
    Remotes f = remotes_new(NULL, NULL, false), g = remotes_new(double_client(f.b), NULL, false);
    Err err = ERR_INIT;
    Slots a = {0}, b = {0};
    TopicInfo info;
    Buf name = BUF_INIT;
    Arena *arena = arena_new(0);
    NameList all = {0};
    double_fault(f.b, DOUBLE_JOIN, 0, FAULT_FAIL);
    CHECK_INT(join(&f, "a:1", &a, &err), ERR_BROKER);
    err_clear(&err);
    CHECK_INT(join(&f, "a:1", &a, &err), OK);
    CHECK(a.has == UINT64_MAX && a.calls == 1);
    CHECK(double_topic(f.b, STR("_confluent-ksql-x_slots"), &info));
    CHECK(info.partitions == TOPIC_SLOTS && info.cleanup == CLEANUP_COMPACT);
    CHECK_INT(join(&g, "b:2", &b, &err), OK);
    CHECK(a.has && b.has && (a.has ^ b.has) == UINT64_MAX && !(a.has & b.has));
    for (int slot = 0; slot < TOPIC_SLOTS; slot++) {
        buf_clear(&name);
        CHECK(membership_owner(f.t, slot, &name));
        CHECK_STR(buf_view(&name), a.has >> slot & 1 ? "a:1" : "b:2");
    }
    CHECK_INT(membership_members(g.t, arena, &all, &err), OK);
    CHECK_INT(all.n, 2);
    CHECK_STR(all.v[0], "a:1");
    double_move(g.b, 0xff);
    CHECK(!(a.has & 0xff) && (b.has & 0xff) == 0xff);
    /* A change makes what is known of groups forgotten. */
    remotes_create(&f, "in", 1);
    GroupPosition at = {.topic = STR("in"), .offset = 5};
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), -1);
    CHECK_INT(f.b->ops->set_positions(f.b, STR("q"), &at, 1, &err), OK);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), -1);
    double_move(f.b, 0xff);
    CHECK_INT(position_get(f.t, STR("q"), STR("in"), 0), 5);
    membership_leave(f.t);
    CHECK(a.has == 0 && b.has == UINT64_MAX);
    membership_leave(f.t);
    membership_leave(g.t);
    buf_clear(&name);
    CHECK(!membership_owner(f.t, 0, &name));
    /* A control topic of somebody else's making. */
    CHECK_INT(topic_delete(f.t, STR("_confluent-ksql-x_slots"), &err), OK);
    remotes_create(&g, "_confluent-ksql-x_slots", 3);
    CHECK_INT(join(&f, "a:1", &a, &err), ERR_STATEMENT);
    err_clear(&err);
    buf_free(&name);
    arena_free(arena);
    remotes_free(&g, false);
    remotes_free(&f, true);
    return 0;
}
