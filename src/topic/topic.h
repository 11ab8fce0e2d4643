// SPDX-License-Identifier: Apache-2.0
// Topics: named, partitioned logs of records, and the unit of work that changes them atomically.
//
// One contract, several implementations: memory, embedded (in a data directory); Kafka later.
// Nothing outside this folder asks which one it stands on.
//
//   append   goes through a unit of work: begin, append…, positions…, state…, commit | abort.
//            A unit is atomic: after a crash all of it is there or none of it.
//   read     hands out record sets: immutable blocks of records, shared by counted reference.
//   offsets  count from 0 per partition, without holes but where a topic was compacted.
//
// Threads: a Topics is used by any thread; a Unit by one at a time. Appends to one partition are
// ordered by commit.
#ifndef SLUICE_TOPIC_TOPIC_H
#define SLUICE_TOPIC_TOPIC_H

#include "disk/disk.h"
#include "types/batch.h"

typedef struct Topics Topics;
typedef struct Unit Unit;

typedef enum CleanupPolicy { CLEANUP_DELETE, CLEANUP_COMPACT, CLEANUP_COMPACT_DELETE } CleanupPolicy;

typedef struct TopicInfo {
    Str name;
    int partitions, replicas;
    int64_t retention_ms; /* -1: for ever */
    CleanupPolicy cleanup;
    bool internal;        /* repartition and changelog topics: hidden from SHOW TOPICS */
} TopicInfo;

/* One record as appended or read. Views are borrowed: by append until it returns, from a read set while it
 * is held. */
typedef struct Record {
    const char *key;   /* NULL: no key */
    const char *value; /* NULL: a tombstone */
    int32_t key_len, value_len;
    int64_t offset;    /* read only */
    int64_t ts;        /* ms; append: as given */
    Headers headers;
} Record;

typedef struct RecordSet {
    int32_t n;
    const Record *records; /* rising offsets, one partition */
    int64_t next_offset;   /* where to read on */
    void *owner;           /* implementation's */
} RecordSet;

/* ---- open, close ---- */
Topics *topics_memory_new(Effects *fx);
/* On a disk of the caller's, which must outlive it. */
Status topics_embedded_open(Disk *d, Effects *fx, Topics **out, Err *err) MUST_CHECK;
void topics_free(Topics *t);
/* NULL on memory topics. */
Disk *topics_disk(const Topics *t);

/* ---- names ---- */
/* A created or deleted topic survives a power cut from the next synced commit on.
 * ERR_STATEMENT when it is there already. Names: Kafka's rule [a-zA-Z0-9._-]{1,249}, not "." or "..". */
Status topic_create(Topics *t, const TopicInfo *info, Err *err) MUST_CHECK;
/* Its records, and every position on it, go. ERR_NOT_FOUND when it is not there. */
Status topic_delete(Topics *t, Str name, Err *err) MUST_CHECK;
/* info->name is borrowed for the topic's life. */
bool topic_describe(Topics *t, Str name, TopicInfo *info);
/* In name order, in the arena. */
typedef VEC(TopicInfo) TopicInfoVec;
void topic_list(Topics *t, Arena *a, TopicInfoVec *out);
bool topic_name_valid(Str name);

/* ---- reading; @thread any ---- */
/* At most max_records (>= 1) from `offset` (or from the first there is, if that is later); *set has n == 0
 * at the end. At least one record comes when there is one, however big.
 * ERR_TOPIC_GONE when the topic or partition is not there. A set is released by recordset_release. */
Status topic_read(Topics *t, Str name, int partition, int64_t offset, int max_records, RecordSet *set,
                  Err *err) MUST_CHECK;
void recordset_release(RecordSet *set);
/* The offset that the next record gets; 0 when empty or not there. */
int64_t topic_end(Topics *t, Str name, int partition);
int64_t topic_begin(Topics *t, Str name, int partition);
/* The first offset whose timestamp is >= ts; the end offset when there is none. */
int64_t topic_offset_at(Topics *t, Str name, int partition, int64_t ts);

/* Calls fn after records were appended to any topic (from the committing thread, no lock held): workers
 * wake up. One listener; after it was replaced, a call that was under way may still come. */
void topics_on_append(Topics *t, void (*fn)(void *arg, Str topic, int partition), void *arg);

/* ---- the unit of work ---- */
Unit *unit_begin(Topics *t);
/* Copies the record. */
void unit_append(Unit *u, Str topic, int partition, const Record *r);
/* An input position to be stored with the unit: `owner` reads on at `offset`. */
void unit_position(Unit *u, Str owner, Str topic, int partition, int64_t offset);
/* The state changes of the unit; NULL on memory topics (their state lives in memory only). */
DiskBatch *unit_disk(Unit *u);
bool unit_empty(const Unit *u);
size_t unit_bytes(const Unit *u);
/* Frees the unit. On error nothing of it is there, unless the sync failed (ERR_IO: a power cut may undo it).
 * ERR_TOPIC_GONE: a topic it appends to went. Topics of a unit are resolved at its first append to each. */
Status unit_commit(Unit *u, bool sync, Err *err) MUST_CHECK;
void unit_abort(Unit *u);

/* ---- housekeeping; @thread any ---- */
/* Drops whole blocks whose records are all older than the topic's retention. Nothing on compacted topics. */
Status topic_expire(Topics *t, Str name, int64_t now_ms, Err *err) MUST_CHECK;
/* Drops whole blocks that end at or before the offset: what stands there has been read by all who will. */
Status topic_trim(Topics *t, Str name, int partition, int64_t offset, Err *err) MUST_CHECK;
/* Keeps the last record of each key (and all without one), under their offsets. Readers go on meanwhile, and on disk so do
 * appends. Not atomic as a whole: a crash leaves some blocks as they were. */
Status topic_compact(Topics *t, Str name, int partition, Err *err) MUST_CHECK;
/* The topic is one to be compacted, and since the partition last was, at least `least` records came, and twice as many as it
 * had then. */
bool topic_compact_due(Topics *t, Str name, int partition, int64_t least);

/* ---- stored positions ---- */
/* -1 when the owner has none there. */
int64_t position_get(Topics *t, Str owner, Str topic, int partition);
/* Forgets all of an owner's positions, in the unit. */
void unit_position_drop(Unit *u, Str owner);

/* Kafka's default partitioner for keyed records: murmur2(key) & 0x7fffffff % partitions. */
int partition_of(Str key, int partitions);
uint32_t murmur2(Str key);

#endif
