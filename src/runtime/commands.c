// SPDX-License-Identifier: Apache-2.0
// The command topic: written by one server of the service at a time, read by all; and its replay when an engine opens.
//
//   right     committer_take of the service's name: whoever takes it last has it, and the others' commits fail (ERR_FENCED)
//   caught up every command up to the topic's end has been applied here
//   append    the command, with the first positions of its query, as one unit of work
//
// A server that has the right and is caught up knows the catalog as it is, so what it binds holds when it is written. It reads
// its own commands again like the others', and knows them by their token. Local topics: the right is never lost.
//
// Replaying at open starts queries, and deletes topics that were to be deleted, only when the whole topic was read: what was
// dropped later never runs, and a topic that was made anew stays. A command that no longer plans is reported and kept, unless a
// later one ended what it made.
//
// Headless servers have no command topic: their statements are in a file. A service is of one kind, since both would share its
// slots, and neither would run the other's queries in those it has. A service of headless servers has slots and no command topic:
// a server with statements makes the command topic before it asks for slots.
// @thread any, one at a time (Engine.ddl)
#include <time.h>

#include "runtime/ddl.h"
#include "sql/parse.h"

/* For what is known to be on its way; where no time passes, so many looks. */
enum { WAIT_S = 20, WAITS = 400 };
/* For a command topic that a broker that has just come may not know of. */
enum { KIND_S = 5, KIND_LOOKS = 20, KIND_NAP_MS = 100 };

/* ---- one kind of servers in a service ---- */

/* Others are members of the same service. */
static bool is_shared(const Engine *e) { return topics_remote(e->topics) && !e->cfg.alone; }

static Status refuse_headless(const Engine *e, Err *err)
{
    (void)err_set(err, ERR_BAD_REQUEST, "Service '%.*s' is not one of headless servers: its statements are in topic '%.*s'",
                  STR_ARG(e->service_id), STR_ARG(e->command_topic));
    err_hint(err, "--service-id names another service");
    return ERR_BAD_REQUEST;
}

static Status refuse_statements(const Engine *e, Str slots, Err *err)
{
    (void)err_set(err, ERR_BAD_REQUEST, "Service '%.*s' is one of headless servers: its statements are in their file",
                  STR_ARG(e->service_id));
    err_hint(err, "--service-id names another service; this one is free when no server of it runs and topic '%.*s' is deleted",
             STR_ARG(slots));
    return ERR_BAD_REQUEST;
}

static Status find_topic(Engine *e, Str name, bool *there, Err *err)
{
    int64_t begin, end;
    Err why = ERR_INIT;
    Status st = topic_ends(e->topics, name, 0, &begin, &end, &why);
    *there = st == OK;
    if (st == ERR_TOPIC_GONE) {
        err_clear(&why);
        return OK;
    }
    err_move(err, &why);
    return st;
}

/* The command topic is not seen: there is none, or the broker has just come and does not know of it yet. */
static Status check_kind(Engine *e, Err *err)
{
    const struct timespec nap = {0, KIND_NAP_MS * 1000000};
    int64_t until = e->fx->mono_ns(e->fx) + KIND_S * INT64_C(1000000000);
    Str slots = members_topic(e);
    for (int looks = 1;; looks++) {
        bool headless, there = false;
        Status st = find_topic(e, slots, &headless, err);
        if (st == OK && headless)
            st = find_topic(e, e->command_topic, &there, err);
        if (st || !headless || there)
            return st;
        if (engine_ending(e) || (e->fx->simulated ? looks >= KIND_LOOKS : e->fx->mono_ns(e->fx) > until))
            return refuse_statements(e, slots, err);
        if (!e->fx->simulated)
            nanosleep(&nap, NULL);
    }
}

/* ---- the topic ---- */

static Status make_topic(Engine *e, Err *err)
{
    Err there = ERR_INIT;
    TopicInfo info = {e->command_topic, 1, internal_replicas(e->cfg.props), -1, CLEANUP_DELETE, TOPIC_COMMAND};
    Status st = topic_create(e->topics, &info, &there);
    if (st && !topic_describe(e->topics, e->command_topic, &info)) { /* another server made it meanwhile */
        if (st == ERR_STATEMENT) /* there, and not to be seen: a broker that has just come */
            there.code = ERR_BROKER;
        err_move(err, &there);
        return (Status)err->code;
    }
    err_clear(&there);
    return OK;
}

void commands_headless_key(const Engine *e, Buf *out) { buf_printf(out, "headless_service/%.*s", STR_ARG(e->service_id)); }

/* In a directory without Kafka a service has the statements of a shell or the queries of a file: neither knows of the other's. */
Status commands_check_directory(Engine *e, Err *err)
{
    Buf key = BUF_INIT, value = BUF_INIT;
    bool file = false;
    if (!e->disk || topics_remote(e->topics))
        return OK;
    commands_headless_key(e, &key);
    Status st = disk_get(e->disk, FAMILY_META, buf_view(&key), &value, &file, err);
    buf_free(&key);
    buf_free(&value);
    if (st == OK && !e->cfg.headless && file) {
        st = err_set(err, ERR_BAD_REQUEST,
                     "'%s' holds the queries of a file, run by sluice server; the statements of a shell need a directory of their own",
                     e->cfg.dir);
        err_hint(err, "--service-id names another service, which may share the directory's topics");
    }
    if (st == OK && e->cfg.headless && topic_end(e->topics, e->command_topic, 0) > 0)
        st = err_set(err, ERR_BAD_REQUEST,
                     "'%s' holds statements of a shell; the queries of a file need a directory of their own", e->cfg.dir);
    return st;
}

Status commands_open(Engine *e, Err *err)
{
    Commands *cs = &e->commands;
    TopicInfo info;
    cs->seen = -1;
    if (e->cfg.headless)
        return is_shared(e) && topic_describe(e->topics, e->command_topic, &info) ? refuse_headless(e, err) : OK;
    if (!topic_describe(e->topics, e->command_topic, &info)) {
        Status st = is_shared(e) ? check_kind(e, err) : OK;
        if (st == OK)
            st = make_topic(e, err);
        if (st)
            return st;
    }
    if (!cs->committer)
        cs->committer = committer_new(e->topics, e->service_id, false);
    return topic_reader_open(e->topics, e->command_topic, 0, topic_begin(e->topics, e->command_topic, 0), &cs->reader, err);
}

static bool is_drop(const Stmt *st) { return st->kind == STMT_DROP_STREAM || st->kind == STMT_DROP_TABLE; }

void commands_close(Engine *e)
{
    topic_reader_close(e->commands.reader);
    committer_free(e->commands.committer);
    vec_free(&e->commands.own);
}

/* st: NULL: it does not parse. */
static void warn(Engine *e, const Command *c, const Stmt *st, Replay *past, const Err *err)
{
    Buf text = BUF_INIT;
    buf_printf(&text, "a stored statement no longer runs: %.*s: %s", STR_ARG(c->statement), err->msg);
    char *warning = mem_strdup(buf_z(&text));
    buf_free(&text);
    if (!past) {
        vec_add(&e->warnings, warning);
        return;
    }
    bool creates = st && st->kind != STMT_INSERT_INTO && st->kind != STMT_TERMINATE && !is_drop(st);
    Failed f = {.warning = warning, .query_id = arena_str(e->arena, c->query_id)};
    if (creates)
        f.source = arena_str(e->arena, st->name.text);
    vec_add(&past->failed, f);
}

/* Statements before it that no longer run, of which it ended what they made: they are void. True: there is one, so what it is to
 * end is not there. */
static bool makes_void(Replay *past, const Stmt *st)
{
    bool found = false;
    for (int i = past ? past->failed.n - 1 : -1; i >= 0; i--) {
        const Failed *f = &past->failed.v[i];
        bool dropped = is_drop(st) && f->source.n && str_eq(f->source, st->name.text);
        bool ended = st->kind == STMT_TERMINATE && f->query_id.n && str_eq_nocase(f->query_id, st->name.text);
        found |= dropped || ended;
        if (dropped || (ended && !f->source.n)) {
            mem_free(f->warning);
            vec_remove(&past->failed, i);
        }
    }
    return found;
}

static void tell_failed(Engine *e, Replay *past)
{
    for (int i = 0; i < past->failed.n; i++)
        vec_add(&e->warnings, past->failed.v[i].warning);
    vec_free(&past->failed);
}

/* A record without a statement: query_rebuild's. */
static void take_plan(const Engine *e, const Command *c, Replay *past)
{
    for (int i = 0; past && i < past->live.n; i++)
        if (str_eq(past->live.v[i]->id, c->query_id)) {
            past->live.v[i]->planned = c->fingerprint;
            past->live.v[i]->rebuilt = (uint64_t)e->commands.seen;
        }
}

/* Its token, when this server wrote it: it was applied then. */
static bool is_own(Commands *cs, uint64_t token)
{
    for (int i = 0; token && i < cs->own.n; i++)
        if (cs->own.v[i] == token) {
            vec_remove(&cs->own, i);
            return true;
        }
    return false;
}

static Status parse_command(const Command *c, Arena *a, StmtVec *stmts, Err *err)
{
    Buf text = BUF_INIT;
    buf_str(&text, c->statement);
    if (!str_ends(c->statement, STR(";")))
        buf_byte(&text, ';');
    Status st = parse_all(arena_str(a, buf_view(&text)), a, NULL, stmts, err);
    buf_free(&text);
    if (st == OK && stmts->n != 1)
        st = err_set(err, ERR_CORRUPT, "one statement is wanted, not %d", stmts->n);
    return st;
}

static void apply_record(Engine *e, const Record *r, Replay *past)
{
    Arena *a = arena_new(8192);
    Err err = ERR_INIT;
    Command c;
    StmtVec stmts = {0};
    Status st = command_decode(r, a, &c, &err);
    if (!c.own)
        c.number = (uint32_t)(e->commands.seen + 1);
    e->commands.seen = e->cfg.dense_ids ? e->commands.seen + 1 : r->offset;
    bool own = st == OK && is_own(&e->commands, c.token);
    if (st == OK && !own && !c.statement.n)
        take_plan(e, &c, past);
    if (st == OK && !own && c.statement.n)
        st = parse_command(&c, a, &stmts, &err);
    Awaited *w = e->commands.awaited;
    if (st == OK && stmts.n == 1 && w && c.token == w->token) {
        ddl_found(w, &c, stmts.v[0]);
    } else if (st == OK && stmts.n == 1) {
        Catalog *cat = catalog_ref(e->cat);
        Ddl d = {.e = e, .st = stmts.v[0], .replay = &c, .past = past, .err = &err};
        c.props.server = e->cfg.props;
        d.an = (Analyzer){.arena = a, .cat = cat, .props = &c.props, .topics = e->topics, .fx = e->fx,
                          .sql = stmts.v[0]->sql, .stored = true, .replay_partitions = c.partitions};
        st = ddl_apply(&d);
        catalog_unref(cat);
    }
    const Stmt *stmt = stmts.n == 1 ? stmts.v[0] : NULL;
    bool voids = stmt && makes_void(past, stmt);
    if (st && !voids)
        warn(e, &c, stmt, past, &err);
    err_clear(&err);
    props_free(&c.props);
    arena_free(a);
}

/* Applies what is there up to `end`, and waits for what is on its way. */
static Status read_commands(Engine *e, int64_t end, Replay *past, Err *err)
{
    Commands *cs = &e->commands;
    int64_t until = e->fx->mono_ns(e->fx) + WAIT_S * INT64_C(1000000000);
    for (int waits = 0;;) {
        RecordSet set;
        Status st = topic_reader_next(cs->reader, LIMIT_BATCH_ROWS, &set, err);
        if (st)
            return st;
        for (int i = 0; i < set.n; i++)
            apply_record(e, &set.records[i], past);
        bool some = set.n > 0, behind = set.next_offset < end && set.pending;
        recordset_release(&set);
        if (some)
            continue;
        if (!behind)
            return OK;
        topic_reader_wait(cs->reader);
        if (engine_ending(e) || (e->fx->simulated ? ++waits > WAITS : e->fx->mono_ns(e->fx) > until))
            return err_set(err, ERR_BROKER, "the command topic %.*s is known to have more than could be read in time",
                           STR_ARG(e->command_topic));
    }
}

Status commands_catch_up(Engine *e, Err *err)
{
    int64_t begin, end;
    if (!e->commands.reader)
        return OK;
    Status st = topic_ends(e->topics, e->command_topic, 0, &begin, &end, err);
    return st ? st : read_commands(e, end, NULL, err);
}

Status commands_follow(Engine *e, Err *err) { return e->commands.reader ? read_commands(e, -1, NULL, err) : OK; }

/* Whoever has it keeps it until another takes it. */
static Status take_right(Commands *cs, Err *err)
{
    Status st = cs->taken ? OK : committer_take(cs->committer, err);
    cs->taken = st == OK;
    return st;
}

Status commands_ready(Engine *e, Err *err)
{
    if (e->cfg.headless)
        return OK;
    Status st = take_right(&e->commands, err);
    return st ? st : commands_catch_up(e, err);
}

Status commands_append(Engine *e, Command *c, RunQuery *q, Err *err)
{
    Commands *cs = &e->commands;
    if (e->cfg.headless) {
        cs->seen++;
        return OK; /* positions of its query: where the group stands, else as auto.offset.reset says */
    }
    Buf key = BUF_INIT, value = BUF_INIT;
    c->token = e->fx->random(e->fx) | 1;
    command_encode(c, &key, &value);
    Unit *u = unit_begin(e->topics);
    Record r = {.key = key.p, .key_len = (int32_t)key.n, .value = value.p, .value_len = (int32_t)value.n,
                .ts = effects_wall_ms(e->fx)};
    Err e1 = ERR_INIT;
    unit_exactly_once(u);
    unit_append(u, e->command_topic, 0, &r);
    if (q && query_first_positions(q, false, true, u, &e1))
        unit_abort(u);
    else
        units_commit(cs->committer, &u, 1, true, &e1);
    if (e1.code == OK)
        vec_add(&cs->own, c->token);
    else
        cs->taken = false;
    cs->tried = e1.code ? c->token : 0;
    if (e1.code == ERR_UNKNOWN_OUTCOME)
        err_hint(&e1, "the statement may have been stored all the same; SHOW tells");
    Status st = (Status)e1.code;
    err_move(err, &e1);
    buf_free(&key);
    buf_free(&value);
    return st;
}

/* ---- at open ---- */

/* Queries that ended before: most were erased then, the last perhaps not. */
static Status erase_ended(Engine *e, Replay *past, Err *err)
{
    Status st = OK;
    bool shared = topics_remote(e->topics); /* topics and groups went when the statement was run, by who ran it */
    Unit *u = unit_begin(e->topics);
    for (int i = 0; i < past->ended.n; i++) {
        RunQuery *q = past->ended.v[i];
        bool taken = false;
        for (int k = 0; k < past->live.n && !taken; k++)
            taken = str_eq(past->live.v[k]->id, q->id);
        query_forget(q, !taken && !shared, u);
        if (st == OK && !taken && !shared && q->plan->nsubs > 1)
            st = query_drop_topics(q, err);
    }
    for (int i = 0; i < past->doomed.n && st == OK && !shared; i++) {
        Err gone = ERR_INIT; /* deleted at the time, most likely */
        if (topic_delete(e->topics, past->doomed.v[i].text, &gone))
            err_clear(&gone);
    }
    if (st == OK)
        return unit_commit(u, false, err);
    unit_abort(u);
    return st;
}

/* Another server may have done so a moment ago: then its record is read first, and nothing is left to do. */
static Status try_new_plan(RunQuery *q, Replay *past, bool *rebuilt, Err *err)
{
    Engine *e = q->e;
    Status st = take_right(&e->commands, err);
    int64_t begin, end;
    if (st == OK)
        st = topic_ends(e->topics, e->command_topic, 0, &begin, &end, err);
    if (st == OK)
        st = read_commands(e, end, past, err);
    if (st || q->planned == q->plan->fingerprint)
        return st;
    Buf name = BUF_INIT, key = BUF_INIT, value = BUF_INIT;
    buf_printf(&name, "query/`%.*s`/plan", STR_ARG(q->id));
    Command c = {.key = buf_view(&name), .statement = STR(""), .query_id = q->id, .fingerprint = q->plan->fingerprint};
    command_encode(&c, &key, &value);
    Record r = {.key = key.p, .key_len = (int32_t)key.n, .value = value.p, .value_len = (int32_t)value.n,
                .ts = effects_wall_ms(e->fx)};
    st = query_rebuild(q, &r, err);
    *rebuilt = st == OK;
    buf_free(&name);
    buf_free(&key);
    buf_free(&value);
    return st;
}

/* Servers that start at the same time take the right from each other. */
static Status take_new_plan(RunQuery *q, Replay *past, Err *err)
{
    enum { TRIES = 5 };
    Engine *e = q->e;
    bool rebuilt = false;
    Status st = try_new_plan(q, past, &rebuilt, err);
    for (int i = 1; st == ERR_FENCED && i < TRIES; i++) {
        err_clear(err);
        e->commands.taken = false;
        st = try_new_plan(q, past, &rebuilt, err);
    }
    if (!rebuilt)
        return st;
    Buf text = BUF_INIT;
    buf_printf(&text, "query %.*s plans differently than when it was created: ", STR_ARG(q->id));
    buf_cstr(&text, q->plan->nstores ? "its state is rebuilt from the beginning of its input"
                                     : "it keeps no state and goes on where it was");
    vec_add(&e->warnings, mem_strdup(buf_z(&text)));
    buf_free(&text);
    return OK;
}

/* Another server may have rebuilt the query, with topics made anew, while this one was away: what is here is of the plan before.
 * META "rebuilt/NUMBER" PERSISTED v1: be64 the command whose plan the state here is of. */
static Status forget_older_state(RunQuery *q, Err *err)
{
    Engine *e = q->e;
    Buf key = BUF_INIT, kept = BUF_INIT, value = BUF_INIT;
    bool found;
    if (!q->rebuilt || !e->disk || !topics_remote(e->topics))
        return OK;
    buf_printf(&key, "rebuilt/%u", q->number);
    buf_be64(&value, q->rebuilt);
    Status st = disk_get(e->disk, FAMILY_META, buf_view(&key), &kept, &found, err);
    if (st == OK && !(found && str_eq(buf_view(&kept), buf_view(&value)))) {
        Arena *a = arena_new(256);
        Unit *u = unit_begin(e->topics);
        query_forget(q, false, u);
        unit_checkpoint_drop(u, query_app_id(e, a, q->id), -1);
        disk_batch_put(unit_disk(u), FAMILY_META, buf_view(&key), buf_view(&value));
        st = unit_commit(u, false, err);
        arena_free(a);
    }
    buf_free(&key);
    buf_free(&kept);
    buf_free(&value);
    return st;
}

Status commands_known(Engine *e, Err *err)
{
    int64_t begin;
    TopicInfo info;
    if (!e->cfg.headless)
        return topic_ends(e->topics, e->command_topic, 0, &begin, &e->commands.known, err);
    /* once more, as a member: a server with statements that came at the same time did not see this one */
    return is_shared(e) && topic_describe(e->topics, e->command_topic, &info) ? refuse_headless(e, err) : OK;
}

Status ddl_replay(Engine *e, Err *err)
{
    Replay past = {0};
    if (e->cfg.headless)
        return OK;
    Status st = read_commands(e, e->commands.known, &past, err);
    if (st == OK)
        st = erase_ended(e, &past, err);
    for (int i = 0; i < past.ended.n; i++)
        query_free(past.ended.v[i]);
    for (int i = 0; i < past.live.n; i++) {
        RunQuery *q = past.live.v[i];
        if (st == OK && q->planned && q->planned != q->plan->fingerprint)
            st = take_new_plan(q, &past, err);
        if (st == OK)
            st = forget_older_state(q, err);
        if (st == OK)
            st = query_start(q, err);
        else
            query_free(q);
    }
    tell_failed(e, &past);
    vec_free(&past.live);
    vec_free(&past.ended);
    return st;
}
