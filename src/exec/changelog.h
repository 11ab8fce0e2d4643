// SPDX-License-Identifier: Apache-2.0
// ChangeLog: writes the records of a store's changelog topic into the task's unit of work, one for each key that changed since
// the last commit. What it writes is what ksqlDB's would be, byte for byte (page 05 §5.3 of the ksqlDB reference).
//
//   key     the store's key in the internal key format
//   value   the columns of PNode.log's schema behind the keys; none: the key is gone
//   time    that of the group or row; no headers
//
// PERSISTED v1, and not ours alone: another layout is another topic.
//
// One row of scratch columns is filled and serialised at a time: nothing is allocated per record but what a nested value needs.
// @thread worker
#ifndef SLUICE_EXEC_CHANGELOG_H
#define SLUICE_EXEC_CHANGELOG_H

#include "exec/op.h"

typedef struct ChangeLog {
    const PNode *node;
    OpEnv *env;
    Writer *key, *value;
    Arena *arena;        /* of the operator */
    Column *cols;        /* one row, by node->log->schema */
    const Column **view; /* the same, as writers take them */
    Value *keys;         /* of the record in hand */
    Buf key_bytes, value_bytes;
    int64_t records;     /* since changelog_begin */
    int64_t told_ms;     /* when it was last seen to where the state stands */
    Status st;           /* the first failure since then */
    Err *err;
} ChangeLog;

/* *out: new, NULL when the store has none (env->changelog, node->log). */
Status changelog_open(Arena *a, const PNode *node, OpEnv *env, ChangeLog **out, Err *err) MUST_CHECK;
void changelog_close(ChangeLog *log); /* NULL is ignored */

/* A commit: begin, then for each changed key its key, the cells of its value and the record, then end. */
void changelog_begin(ChangeLog *log, Err *err);
/* key: as the store has it (value_save of the key columns), borrowed until the record. */
void changelog_key(ChangeLog *log, Str key);
/* The value's i-th column. v: borrowed until the record. */
void changelog_cell(ChangeLog *log, int i, Value v);
void changelog_record(ChangeLog *log, int64_t ts, bool gone);
/* A failed record fails the commit. Tells the unit where the state will stand; of a quiet store again from time to time,
 * since what was last told long ago is not believed (runtime/restore.c). */
Status changelog_end(ChangeLog *log) MUST_CHECK;

#endif
