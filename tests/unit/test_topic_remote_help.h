// SPDX-License-Identifier: Apache-2.0
// Remote topics on a double of the broker, with a data directory or without one, in simulated time.
#ifndef SLUICE_TESTS_TOPIC_REMOTE_HELP_H
#define SLUICE_TESTS_TOPIC_REMOTE_HELP_H

#include "tmpdir.h"
#include "unit.h"

#include "tests/crash/broker_double.h"

typedef struct Remotes {
    TmpDir dir;
    bool kept;
    Effects *fx;
    Broker *b;
    Disk *d;
    Topics *t;
} Remotes;

static inline void remotes_open(Remotes *f)
{
    Err err = ERR_INIT;
    if (f->kept && disk_open(f->dir.path, f->fx, 0, &f->d, &err) != OK)
        BUG("%s", err.msg);
    if (topics_remote_open(f->b, f->d, f->fx, &f->t, &err) != OK)
        BUG("%s", err.msg);
}

static inline void remotes_close(Remotes *f)
{
    topics_free(f->t);
    disk_close(f->d);
    f->t = NULL;
    f->d = NULL;
}

/* b: NULL: of its own cluster. */
static inline Remotes remotes_new(Broker *b, const DoubleConfig *c, bool kept)
{
    static uint64_t processes;
    DoubleConfig good = {.seed = 1};
    Remotes f = {.kept = kept, .b = b ? b : double_new(c ? c : &good)};
    f.fx = effects_sim_new(++processes, 1000000);
    if (kept)
        f.dir = tmpdir_new();
    remotes_open(&f);
    return f;
}

/* last: the cluster too. */
static inline void remotes_free(Remotes *f, bool last)
{
    remotes_close(f);
    if (f->kept)
        tmpdir_remove(&f->dir);
    if (last) {
        if (double_counts(f->b)->violations)
            BUG("%s", double_counts(f->b)->violation);
        double_free(f->b);
    }
    effects_sim_free(f->fx);
}

static inline void remotes_create(Remotes *f, const char *name, int partitions)
{
    Err err = ERR_INIT;
    TopicInfo info = {str_of(name), partitions, 1, -1, CLEANUP_DELETE, TOPIC_USER};
    if (topic_create(f->t, &info, &err) != OK)
        BUG("%s", err.msg);
}

static inline Record text_record(const char *value)
{
    return (Record){.key = "k", .key_len = 1, .value = value, .value_len = (int32_t)strlen(value), .ts = 5};
}

static inline void append_text(Unit *u, const char *topic, int partition, const char *value)
{
    Record r = text_record(value);
    unit_append(u, str_of(topic), partition, &r);
}

/* A unit with one record, a position of group `owner` on topic "in", partition 0, and state. */
static inline Unit *small_unit(Remotes *f, bool exactly_once, const char *topic, const char *value, const char *owner, int64_t at)
{
    Unit *u = unit_begin(f->t);
    if (exactly_once)
        unit_exactly_once(u);
    append_text(u, topic, 0, value);
    if (owner) {
        unit_position(u, str_of(owner), STR("in"), 0, at);
        if (unit_disk(u))
            disk_batch_put(unit_disk(u), FAMILY_STATE, str_of(owner), str_of(value));
    }
    return u;
}

/* Commits one; the code. */
static inline ErrCode commit_one(Committer *c, Unit *u)
{
    Err err = ERR_INIT;
    units_commit(c, &u, 1, false, &err);
    ErrCode code = err.code;
    err_clear(&err);
    return code;
}

/* "offset:value " of what can be read. */
static inline const char *readable(Topics *t, const char *topic, int partition, Buf *out)
{
    Err err = ERR_INIT;
    RecordSet set;
    int64_t at = 0;
    buf_clear(out);
    for (bool more = true; more; at = set.next_offset, recordset_release(&set)) {
        if (topic_read(t, str_of(topic), partition, at, 1000, &set, &err) != OK) {
            buf_printf(out, "%s", err_code_name(err.code));
            err_clear(&err);
            break;
        }
        more = set.n > 0;
        for (int i = 0; i < set.n; i++)
            buf_printf(out, "%d:%.*s ", (int)set.records[i].offset, set.records[i].value_len, set.records[i].value);
    }
    return buf_z(out);
}

/* "" when there is none. */
static inline const char *state_of(const Remotes *f, const char *key, Buf *out)
{
    Err err = ERR_INIT;
    bool found;
    if (disk_get(f->d, FAMILY_STATE, str_of(key), out, &found, &err) != OK)
        BUG("%s", err.msg);
    return found ? buf_z(out) : "";
}

#endif
