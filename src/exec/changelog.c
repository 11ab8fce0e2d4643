// SPDX-License-Identifier: Apache-2.0
// Records of changelog topics; see changelog.h. A record that its format cannot write fails the task: without it the state could
// not be restored.
#include "exec/changelog.h"

/* Where a quiet store stands is told again at the first commit after TELL_MS. It is as good as then only if this process was
 * there all the time: not after TOLD_MOST_MS, in which others may have had the task. */
enum { TELL_MS = 30 * 60 * 1000, TOLD_MOST_MS = 2 * 3600 * 1000 };

Status changelog_open(Arena *a, const PNode *node, OpEnv *env, ChangeLog **out, Err *err)
{
    *out = NULL;
    if (!env->changelog || !node->log)
        return OK;
    const Schema *s = node->log->schema;
    ChangeLog *log = *out = ARENA_NEW(a, ChangeLog);
    *log = (ChangeLog){.node = node, .env = env, .arena = a};
    log->cols = ARENA_ARRAY(a, Column, s->n);
    log->view = ARENA_ARRAY(a, const Column *, s->n);
    log->keys = ARENA_ARRAY(a, Value, node->nkeys);
    for (int c = 0; c < s->n; c++) {
        column_init(a, &log->cols[c], s->cols[c].type, 1);
        log->view[c] = &log->cols[c];
    }
    Status st = writer_new(&node->log->key, &log->key, err);
    return st ? st : writer_new(&node->log->value, &log->value, err);
}

void changelog_close(ChangeLog *log)
{
    if (!log)
        return;
    writer_free(log->key);
    writer_free(log->value);
    buf_free(&log->key_bytes);
    buf_free(&log->value_bytes);
}

void changelog_begin(ChangeLog *log, Err *err)
{
    log->records = 0;
    log->st = OK;
    log->err = err;
}

void changelog_key(ChangeLog *log, Str key)
{
    Rd in = rd_of(key);
    for (int k = 0; k < log->node->nkeys; k++) {
        log->keys[k] = value_load(&in, log->env->arena, log->cols[k].type);
        column_put(log->arena, &log->cols[k], 1, 0, log->keys[k]);
    }
}

void changelog_cell(ChangeLog *log, int i, Value v)
{
    column_put(log->arena, &log->cols[log->node->nkeys + i], 1, 0, v);
}

static bool failed(ChangeLog *log, const char *why)
{
    Str topic = log->node->log->topic;
    log->st = err_set(log->err, ERR_SERDE, "Error serializing message to topic: %.*s. %s", STR_ARG(topic), why);
    return false;
}

static bool write_side(ChangeLog *log, Writer *w, const Column **cols, Buf *out)
{
    const char *why = NULL;
    buf_clear(out);
    return writer_write(w, cols, 0, NULL, out, &why) != WRITE_FAILED || failed(log, why);
}

static bool make_record(ChangeLog *log, bool gone, Record *r)
{
    if (!write_side(log, log->key, log->view, &log->key_bytes))
        return false;
    r->key = log->key_bytes.p ? log->key_bytes.p : "";
    r->key_len = (int32_t)log->key_bytes.n;
    if (gone)
        return true;
    if (!write_side(log, log->value, log->view + log->node->nkeys, &log->value_bytes))
        return false;
    r->value = log->value_bytes.p ? log->value_bytes.p : "";
    r->value_len = (int32_t)log->value_bytes.n;
    return true;
}

void changelog_record(ChangeLog *log, int64_t ts, bool gone)
{
    OpEnv *env = log->env;
    Record r = {.ts = ts};
    if (log->st || !make_record(log, gone, &r))
        return;
    unit_append(env->unit, log->node->log->topic, env->partition, &r);
    log->records++;
}

Status changelog_end(ChangeLog *log)
{
    const OpEnv *env = log->env;
    Str topic = log->node->log->topic;
    int64_t now = effects_mono_ms(env->fx), at = -1;
    if (log->st || (!log->records && now - log->told_ms < TELL_MS))
        return log->st;
    log->told_ms = now;
    if (!log->records && 
        effects_wall_ms(env->fx) - checkpoint_ms(env->topics, env->checkpoint_owner, topic, env->partition) < TOLD_MOST_MS)
        at = checkpoint_get(env->topics, env->checkpoint_owner, topic, env->partition);
    if (log->records || at >= 0)
        unit_checkpoint(env->unit, env->checkpoint_owner, topic, env->partition, at);
    return OK;
}
