// SPDX-License-Identifier: Apache-2.0
// runtime on remote topics, over the broker double: state comes back from changelogs, work moves between servers, commands
// reach all of them, transactions that fail leave nothing.
#include "test_runtime_remote_help.h"

#include "runtime/internal.h"

static int64_t sum_ends(Broker *broker, const char *topic, int partitions)
{
    int64_t n = 0;
    for (int p = 0; p < partitions; p++)
        n += double_end(broker, str_of(topic), p);
    return n;
}

/* Runs, is stopped (or dies), opens again over the same directory, or none, and goes on. */
static int come_back(const char *guarantee, bool on_disk, bool crash)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, on_disk, guarantee));
    CHECK(bed_fill(&b, FOUR, ITEMS));
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK(sum_ends(broker, LOG, 4) >= 3);
    CHECK(double_open(broker) == 0);
    RUN(&b, "INSERT INTO s VALUES ('eve', 'sock', 10);"); /* not committed when it dies */
    runtime_settle(b.e);
    bed_stop(&b, crash);
    CHECK(bed_start(&b));
    CHECK(engine_warning(b.e, 0) == NULL);
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,15|joe,7");
    RUN(&b, "INSERT INTO s VALUES ('joe', 'tie', 1);");
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,15|joe,8");
    RUN(&b, "DROP TABLE cart;");
    CHECK(!double_topic(broker, str_of(LOG), &(TopicInfo){0}));
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

int test_remote_restart_exactly_once(void) { return come_back("exactly_once_v2", true, false); }
int test_remote_crash_exactly_once(void) { return come_back("exactly_once_v2", true, true); }
int test_remote_crash_exactly_once_memory(void) { return come_back("exactly_once_v2", false, true); }
int test_remote_restart_at_least_once(void) { return come_back("at_least_once", true, false); }
int test_remote_crash_at_least_once(void) { return come_back("at_least_once", true, true); }
int test_remote_restart_at_least_once_memory(void) { return come_back("at_least_once", false, false); }

/* Two servers: what one creates the other runs too; slots go over, and the state with them; the rows are asked of their owner. */
int test_remote_two_servers(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 4});
    Bed a, b;
    CHECK(remote_pair(&a, &b, broker, FOUR, ITEMS));
    CHECK(engine_warning(b.e, 0) == NULL);
    take_all(&b);
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK(strstr(bed_rows(&a, SUMS), "is served by"));
    RUN(&a, "INSERT INTO s VALUES ('joe', 'tie', 1);");
    pass_both(&a, &b, 3);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,8");
    RUN(&b, "CREATE STREAM copy AS SELECT * FROM s;");
    bed_pass(&a, PASS_MS);
    CHECK(bed_query(&a, "CSAS_COPY", "state"));
    RUN(&a, "DROP STREAM copy;");
    bed_pass(&b, PASS_MS);
    CHECK(!bed_query(&b, "CSAS_COPY", "state"));
    take_all(&a);
    RUN(&a, "INSERT INTO s VALUES ('joe', 'tie', 1);");
    pass_both(&b, &a, 3);
    CHECK_TEXT(sorted(&a, SUMS), "bob,3|eve,5|joe,9");
    CHECK_INT(remote_close(broker, &a, &b), 0);
    return 0;
}

/* A commit whose reply is lost, done or not, and one that is refused: the task begins again, and nothing is twice. */
static int broken_commit(DoubleFault fault, bool on_disk)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 5});
    Bed b;
    CHECK(remote_open(&b, broker, 0, on_disk, "exactly_once_v2"));
    CHECK(bed_fill(&b, FOUR, ITEMS));
    for (int i = 0; i < 4; i++) {
        RUN(&b, "INSERT INTO s VALUES ('joe', 'tie', 1);");
        double_fault(broker, DOUBLE_COMMIT, i % 2, fault);
        bed_passes(&b, 12);
    }
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,11");
    CHECK(double_position(broker, str_of(GROUP), STR("s"), partition_of(STR("joe"), 4)) >= 5);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

int test_remote_commit_lost(void) { return broken_commit(FAULT_LOST, true); }
int test_remote_commit_undone(void) { return broken_commit(FAULT_UNDONE, true); }
int test_remote_commit_aborted(void) { return broken_commit(FAULT_ABORT, true); }
int test_remote_commit_fenced(void) { return broken_commit(FAULT_FENCED, true); }
int test_remote_commit_lost_memory(void) { return broken_commit(FAULT_LOST, false); }
int test_remote_commit_undone_memory(void) { return broken_commit(FAULT_UNDONE, false); }

/* One that joins nobody takes its workers' names itself, again after each transaction that failed. */
int test_remote_alone_commit_aborted(void)
{
    static const DoubleFault faults[] = {FAULT_ABORT, FAULT_LOST, FAULT_UNDONE, FAULT_FENCED};
    Broker *broker = double_new(&(DoubleConfig){.seed = 5});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "exactly_once_v2"));
    bed_stop(&b, false);
    b.config.alone = true;
    CHECK(bed_start(&b));
    CHECK(bed_fill(&b, ONE, THREE));
    for (int i = 0; i < ARRAY_LEN(faults); i++) {
        RUN(&b, "INSERT INTO s VALUES ('joe', 1);");
        double_fault(broker, DOUBLE_COMMIT, 0, faults[i]);
        bed_passes(&b, 6);
    }
    CHECK_TEXT(bed_query(&b, "CTAS_CART", "state"), "RUNNING");
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,11");
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* All topics that the service makes for itself have as many replicas. */
static int replicas_of(Broker *broker, const char *topic)
{
    TopicInfo info;
    return double_topic(broker, str_of(topic), &info) ? info.replicas : -1;
}

int test_remote_internal_replicas(void)
{
    static PropSet props;
    Broker *broker = double_new(&(DoubleConfig){.seed = 5});
    Bed b = {.sim = effects_sim_new(7, BED_START_MS), .config = {.broker = broker, .props = &props, .member = "host:1"}};
    Err err = ERR_INIT;
    CHECK_INT(props_set_server(&props, STR("ksql.internal.topic.replicas"), STR("3"), &err), OK);
    CHECK(bed_start(&b));
    RUN(&b, ONE);
    CHECK_INT(replicas_of(broker, "_confluent-ksql-default__command_topic"), 3);
    CHECK_INT(replicas_of(broker, "_confluent-ksql-default__slots"), 3);
    CHECK_INT(replicas_of(broker, "default_ksql_processing_log"), 3);
    CHECK_INT(replicas_of(broker, LOG), 3);
    CHECK_INT(replicas_of(broker, "s"), 1);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    props_free(&props);
    return 0;
}

/* Statements that are stored, and whose server is told that another has the right to write now: they have succeeded, once. */
int test_remote_statement_done_and_fenced(void)
{
    static const char *const statements[] = {
        "CREATE STREAM s (k VARCHAR KEY, qty INT) WITH (kafka_topic='s', value_format='json', partitions=1);",
        "CREATE TABLE cart AS SELECT k, SUM(qty) AS n FROM s GROUP BY k;",
        "CREATE STREAM copy AS SELECT * FROM s;",
        "INSERT INTO copy WITH (query_id='ins') SELECT * FROM s;",
        "TERMINATE ins;",
        "TERMINATE ALL;",
        "DROP TABLE cart DELETE TOPIC;",
        "DROP STREAM copy DELETE TOPIC;",
    };
    static const char *const answers[] = {
        "Stream created", "Created query with ID CTAS_CART_", "Created query with ID CSAS_COPY_", "Created query with ID INS",
        "Query terminated.", "Query terminated.", "Source `CART` (topic: CART) was dropped.",
        "Source `COPY` (topic: COPY) was dropped.",
    };
    Broker *broker = double_new(&(DoubleConfig){.seed = 5});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "exactly_once_v2"));
    for (int i = 0; i < ARRAY_LEN(statements); i++) {
        int commits = double_counts(broker)->commits;
        double_fault(broker, DOUBLE_COMMIT, 0, FAULT_DONE_FENCED);
        RUN(&b, statements[i]);
        const json_t *status = json_object_get(b.last, "commandStatus");
        const char *message = json_string_value(json_object_get(status, "message"));
        CHECK(message && strncmp(message, answers[i], strlen(answers[i])) == 0);
        CHECK_INT(double_counts(broker)->commits, commits + (i == 5 ? 2 : 1));
        bed_pass(&b, PASS_MS);
        CHECK_INT(bed_query(&b, "CTAS_CART", "state") != NULL, i >= 1 && i < 5);
        CHECK_INT(bed_query(&b, "INS", "state") != NULL, i == 3);
    }
    CHECK(!double_topic(broker, STR("CART"), &(TopicInfo){0}));
    CHECK(!double_topic(broker, STR("COPY"), &(TopicInfo){0}));
    CHECK(!double_topic(broker, str_of(LOG), &(TopicInfo){0}));
    bed_stop(&b, false);
    CHECK(bed_start(&b));
    CHECK(!engine_warning(b.e, 0));
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* A directory that was left behind long ago is brought forward; one that is another's is not believed. */
int test_remote_foreign_state(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 6});
    Bed old, b;
    CHECK(remote_open(&old, broker, 0, true, "exactly_once_v2"));
    CHECK(bed_fill(&old, FOUR, ITEMS));
    bed_stop(&old, true);
    CHECK(remote_open(&b, broker, 20000, true, "exactly_once_v2"));
    RUN(&b, "INSERT INTO s VALUES ('joe', 'tie', 1); INSERT INTO s VALUES ('new', 'x', 4);");
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,8|new,4");
    bed_stop(&b, false);
    CHECK(bed_start(&old));
    bed_pass(&old, PASS_MS);
    CHECK_TEXT(sorted(&old, SUMS), "bob,3|eve,5|joe,8|new,4");
    CHECK_INT(remote_close(broker, &old, &b), 0);
    return 0;
}

/* ---- state here that the log cannot bring forward ---- */

/* Its records, as three_groups leaves them: of bob, eve and joe. */
typedef struct LogCopy {
    RecordSet set;
    Fetcher *f;
} LogCopy;

enum { LOG_BOB, LOG_EVE, LOG_JOE, LOG_RECORDS };

static bool log_read(Broker *broker, LogCopy *c)
{
    bool at_end;
    Err err = ERR_INIT;
    return broker->ops->fetch_open(broker, str_of(LOG), 0, 0, NULL, NULL, &c->f, &err) == OK &&
           broker->ops->fetch(c->f, 100, &c->set, &at_end, &err) == OK && c->set.n >= LOG_RECORDS;
}

static void log_release(Broker *broker, LogCopy *c)
{
    recordset_release(&c->set);
    broker->ops->fetch_close(c->f);
}

/* The log gets one of its records again, `times` over. */
static bool log_repeat(Broker *broker, int which, int times)
{
    LogCopy c;
    if (!log_read(broker, &c))
        return false;
    for (int i = 0; i < times; i++)
        double_append(broker, str_of(LOG), 0, &c.set.records[which]);
    log_release(broker, &c);
    return true;
}

/* The log is made anew, with the last of its records, `times` over. */
static bool log_anew(Broker *broker, int times)
{
    LogCopy c;
    TopicInfo info;
    Err err = ERR_INIT;
    if (!log_read(broker, &c) || !double_topic(broker, str_of(LOG), &info))
        return false;
    info.name = str_of(LOG);
    bool good = broker->ops->drop(broker, str_of(LOG), &err) == OK && broker->ops->create(broker, &info, NULL, &err) == OK;
    for (int i = 0; good && i < times; i++)
        double_append(broker, str_of(LOG), 0, &c.set.records[c.set.n - 1]);
    log_release(broker, &c);
    return good;
}

/* What stands before the offset is cut off. */
static Status log_trim(Broker *broker, int64_t offset)
{
    Err err = ERR_INIT;
    return broker->ops->trim(broker, str_of(LOG), 0, offset, &err);
}

/* Stands for what happens to a log while its server is away; which group is left is that of the log's last record. */
static int log_changed(const char *guarantee, int times, int64_t slept_ms, bool trimmed, int left)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(three_groups(&b, broker, guarantee));
    if (times)
        CHECK(log_anew(broker, times));
    if (trimmed) {
        CHECK(log_repeat(broker, LOG_JOE, 2));
        CHECK_INT(log_trim(broker, double_end(broker, str_of(LOG), 0) - 1), OK);
    }
    effects_sim_advance(b.sim, slept_ms);
    CHECK(bed_start(&b));
    bed_pass(&b, PASS_MS);
    const char *rows = sorted(&b, SUMS);
    int n = *rows != 0;
    for (const char *p = rows; *p; p++)
        n += *p == '|';
    CHECK_INT(n, left);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

int test_remote_log_rolled_back(void) { return log_changed("exactly_once_v2", 1, 0, false, 1); }
int test_remote_log_rolled_back_at_least_once(void) { return log_changed("at_least_once", 1, 0, false, 1); }
int test_remote_log_truncated(void) { return log_changed("exactly_once_v2", 0, 0, true, 1); }
int test_remote_log_truncated_at_least_once(void) { return log_changed("at_least_once", 0, 0, true, 1); }
/* Records behind the checkpoint, of which tombstones may have been compacted away: after a day all is read, before it the
 * tail. */
int test_remote_log_slept_for_long(void) { return log_changed("exactly_once_v2", 20, 24 * 3600 * 1000, false, 1); }
int test_remote_log_slept(void) { return log_changed("exactly_once_v2", 20, 20 * 3600 * 1000, false, 3); }
/* Nothing came behind the checkpoint: it is as good as it was. */
int test_remote_log_quiet(void) { return log_changed("at_least_once", 0, INT64_C(3600000) * 24 * 30, false, 3); }

/* It ran on for days with nothing to do; then what is here is as good as it was at the end, not as old as its last change. The
 * changelog's records are gone, so that reading it all would show. */
int test_remote_log_quiet_while_running(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "exactly_once_v2"));
    CHECK(bed_fill(&b, ONE, THREE));
    for (int hour = 0; hour < 50; hour++)
        bed_pass(&b, 3600 * 1000);
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    bed_stop(&b, false);
    CHECK_INT(double_end(broker, str_of(LOG), 0), 4); /* three records and their transaction's marker */
    CHECK_INT(log_trim(broker, 3), OK);
    CHECK(bed_start(&b));
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* Another server planned the query anew meanwhile, and made its log anew, which has grown beyond the checkpoint here. */
int test_remote_rebuilt_elsewhere(void)
{
    static const char command[] = "{\"statement\": \"\", \"sluice\": {\"queryId\": \"CTAS_CART_1\", \"fingerprint\": \"%s\"}}";
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    Err err = ERR_INIT;
    RecordSet set;
    Fetcher *f;
    bool at_end;
    char value[256], print[32];
    CHECK(three_groups(&b, broker, "exactly_once_v2"));
    CHECK(log_anew(broker, 20));
    Str topic = STR("_confluent-ksql-default__command_topic");
    CHECK_INT(broker->ops->fetch_open(broker, topic, 0, 0, NULL, NULL, &f, &err), OK);
    CHECK_INT(broker->ops->fetch(f, 100, &set, &at_end, &err), OK);
    const char *at = strstr(set.records[set.n - 1].value, "\"fingerprint\"");
    CHECK(at && sscanf(at, "\"fingerprint\":\"%16[0-9a-f]", print) == 1);
    snprintf(value, sizeof value, command, print);
    double_append(broker, topic, 0, &(Record){.key = "\"p\"", .key_len = 3, .value = value, .value_len = (int32_t)strlen(value)});
    recordset_release(&set);
    broker->ops->fetch_close(f);
    for (int times = 0; times < 2; times++) {
        CHECK(bed_start(&b));
        CHECK_TEXT(engine_warning(b.e, 0) ? engine_warning(b.e, 0) : "", "");
        bed_pass(&b, PASS_MS);
        CHECK_TEXT(sorted(&b, SUMS), "joe,7");
        bed_stop(&b, false);
    }
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* A restore that began with nothing, wrote a part down and was cut off: own positions do not decide over the part. */
int test_remote_restore_cut_off(void)
{
    enum { MANY = 210000 };
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(three_groups(&b, broker, "at_least_once"));
    CHECK(log_repeat(broker, LOG_JOE, MANY));
    CHECK(log_repeat(broker, LOG_BOB, 1));
    CHECK_INT(log_trim(broker, 4), OK); /* what is here is not believed */
    CHECK(bed_start(&b));
    for (int i = 0; i < 51; i++)
        runtime_step(b.e);
    bed_stop(&b, true);
    CHECK(bed_start(&b));
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|joe,7");
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* ---- positions that expired ---- */

/* Of a group that nobody is a member of they do, a while after its last commit, though nothing came meanwhile. */
int test_remote_positions_are_kept_alive(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "exactly_once_v2"));
    CHECK(bed_fill(&b, ONE, THREE));
    int before = double_counts(broker)->calls[DOUBLE_SEND_POSITIONS];
    bed_passes(&b, 2);
    CHECK_INT(double_counts(broker)->calls[DOUBLE_SEND_POSITIONS], before);
    bed_pass(&b, 2 * 3600 * 1000);
    bed_passes(&b, 2);
    CHECK(double_counts(broker)->calls[DOUBLE_SEND_POSITIONS] > before);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

static int expired(const char *guarantee, int64_t slept_ms, const char *then)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    Err err = ERR_INIT;
    CHECK(three_groups(&b, broker, guarantee));
    CHECK_INT(broker->ops->drop_group(broker, str_of(GROUP), &err), OK);
    effects_sim_advance(b.sim, slept_ms);
    CHECK(bed_start(&b));
    RUN(&b, "INSERT INTO s VALUES ('joe', 1);");
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), then);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

int test_remote_positions_expired(void) { return expired("exactly_once_v2", INT64_C(3600000) * 24 * 8, "bob,3|eve,5|joe,8"); }
int test_remote_positions_expired_at_least_once(void)
{
    return expired("at_least_once", INT64_C(3600000) * 24 * 8, "bob,3|eve,5|joe,8");
}

/* ---- standby copies ---- */

/* Server b keeps a copy warm of what server a has. */
static bool stand_by(Broker *broker, Bed *a, Bed *b)
{
    Err err = ERR_INIT;
    if (!remote_pair(a, b, broker, ONE, THREE) ||
        props_set_server((PropSet *)b->config.props, STR("num.standby.replicas"), STR("1"), &err))
        return false;
    take_all(a);
    pass_both(a, b, 3);
    return strcmp(sorted(a, SUMS), SUMMED) == 0 && strstr(bed_rows(b, SUMS), "is served by");
}

/* It has read the changelog, and takes over without it: the log's records are gone by then. */
int test_remote_standby_takes_over(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed a, b;
    CHECK(stand_by(broker, &a, &b));
    RUN(&a, "INSERT INTO s VALUES ('joe', 1);");
    bed_passes(&a, 2);
    bed_pass(&b, PASS_MS);
    bed_stop(&a, true);
    CHECK_INT(log_trim(broker, double_end(broker, str_of(LOG), 0)), OK);
    take_all(&b);
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,8");
    RUN(&b, "INSERT INTO s VALUES ('joe', 1);");
    bed_passes(&b, 2);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,9");
    CHECK_INT(remote_close(broker, &b, &a), 0);
    return 0;
}

/* A copy to which nothing came for days is not old: its server starts again, and reads the tail only. */
int test_remote_standby_quiet(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed a, b;
    CHECK(stand_by(broker, &a, &b));
    for (int hour = 0; hour < 50; hour++) {
        bed_pass(&a, 3600 * 1000);
        bed_pass(&b, 3600 * 1000);
    }
    bed_stop(&b, false);
    RUN(&a, "INSERT INTO s VALUES ('joe', 1);");
    bed_passes(&a, 2);
    CHECK_INT(double_end(broker, str_of(LOG), 0), 6);
    bed_stop(&a, false);
    CHECK_INT(log_trim(broker, 4), OK);
    CHECK(bed_start(&b));
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,8");
    CHECK_INT(remote_close(broker, &b, &a), 0);
    return 0;
}

/* The log was made anew beside a copy: a copy of the old one is not believed. */
static int standby_log_anew(int times)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed a, b;
    CHECK(stand_by(broker, &a, &b));
    bed_stop(&a, true);
    CHECK(log_anew(broker, times));
    take_all(&b);
    bed_passes(&b, 4);
    CHECK_TEXT(sorted(&b, SUMS), "joe,7");
    CHECK_INT(remote_close(broker, &b, &a), 0);
    return 0;
}

int test_remote_standby_log_anew(void) { return standby_log_anew(1); }
int test_remote_standby_log_anew_and_longer(void) { return standby_log_anew(20); }

/* A copy that failed for good starts anew when its slot comes. */
int test_remote_standby_failed(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed a, b;
    CHECK(stand_by(broker, &a, &b));
    double_append(broker, str_of(LOG), 0, &(Record){.key = "bad", .key_len = 3, .value = "{", .value_len = 1, .ts = 1});
    for (int i = 0; i < LOG_RECORDS; i++)
        CHECK(log_repeat(broker, i, 1));
    bed_pass(&b, PASS_MS);
    CHECK_INT(b.e->queries.v[0]->tasks[0]->state, TASK_FAILED);
    CHECK_INT(log_trim(broker, 5), OK);
    take_all(&b);
    bed_pass(&a, PASS_MS);
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(bed_query(&b, "CTAS_CART", "state"), "RUNNING");
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK_INT(remote_close(broker, &b, &a), 0);
    return 0;
}

/* Who asks for rows while a task waits a moment to begin again is not told that its query does not run. */
int test_remote_pull_behind_abort(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 5});
    Bed b;
    CHECK(remote_open(&b, broker, 0, true, "exactly_once_v2"));
    CHECK(bed_fill(&b, ONE, THREE));
    RUN(&b, "INSERT INTO s VALUES ('joe', 1);");
    double_fault(broker, DOUBLE_COMMIT, 0, FAULT_ABORT);
    runtime_settle(b.e); /* its commit is due */
    Err err = ERR_INIT;
    CHECK_TEXT(bed_query(&b, "CTAS_CART", "state"), "ERROR");
    CHECK_INT(session_text(b.s, SUMS, NULL, NULL, &err), ERR_BUSY);
    CHECK(strstr(err.msg, "does not run: "));
    err_clear(&err);
    bed_pass(&b, 200);
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,8");
    bed_stop(&b, false);
    CHECK(bed_start(&b));
    CHECK_TEXT(sorted(&b, SUMS), "bob,3|eve,5|joe,8"); /* its state is on its way: the query waits for it */
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}

/* ---- what is told of a restore ---- */

typedef struct Told {
    int lines;
    char last[256];
} Told;

static void take_line(void *arg, const char *line)
{
    Told *t = arg;
    if (!strstr(line, "of its state restored, at most"))
        return;
    t->lines++;
    snprintf(t->last, sizeof t->last, "%s", line);
}

/* While it takes long the log says every 5 s how far it is. */
int test_remote_restore_progress(void)
{
    enum { MANY = 60000 };
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    Told told = {0};
    CHECK(three_groups(&b, broker, "exactly_once_v2"));
    CHECK(log_repeat(broker, LOG_JOE, MANY));
    b.config.log = take_line;
    b.config.log_arg = &told;
    CHECK(bed_start(&b));
    for (int i = 0; i < 40; i++) {
        runtime_step(b.e);
        effects_sim_advance(b.sim, 1000);
    }
    CHECK(told.lines >= 2 && told.lines <= 4);
    CHECK(strncmp(told.last, "query CTAS_CART_1, partition 0: ", 32) == 0 && strstr(told.last, " left, about "));
    bed_pass(&b, PASS_MS);
    CHECK_TEXT(sorted(&b, SUMS), SUMMED);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}
