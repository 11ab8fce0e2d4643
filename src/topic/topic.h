// SPDX-License-Identifier: Apache-2.0
// Topics: named, partitioned logs of records, and the unit of work that changes them atomically.
//
// One contract, three implementations: memory, embedded (in a data directory), remote (in Kafka).
// Nothing outside this folder asks which one it stands on. What differs is said by topics_remote: remote
// topics are shared with other processes and outlive this one's state, so stores write changelogs and
// the work is divided by membership.
//
//   append   goes through a unit of work: begin, append…, positions…, state…, commit | abort.
//            A unit is atomic: after a crash all of it is there or none of it.
//   read     hands out record sets: immutable blocks of records, shared by counted reference.
//   offsets  count from 0 per partition, without holes but where a topic was compacted, or (remote) where a
//            transaction was marked or aborted.
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

/* What a topic is for. All but TOPIC_USER are hidden from SHOW TOPICS. Stored in data directories: PERSISTED v1. */
typedef enum TopicUse { TOPIC_USER, TOPIC_COMMAND, TOPIC_REPARTITION, TOPIC_CHANGELOG, TOPIC_CONTROL } TopicUse;

typedef struct TopicInfo {
    Str name;
    int partitions, replicas;
    int64_t retention_ms; /* -1: for ever */
    CleanupPolicy cleanup;
    TopicUse use;
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

typedef VEC(Str) NameList;

typedef struct RecordSet {
    int32_t n;
    const Record *records; /* rising offsets, one partition */
    int64_t next_offset;   /* where to read on */
    bool pending;          /* n == 0, and yet there is more: it is on its way (remote topics) */
    void *owner;           /* implementation's */
    void (*release)(void *owner); /* implementation's, or NULL */
} RecordSet;

/* ---- open, close ---- */
Topics *topics_memory_new(Effects *fx);
/* On a disk of the caller's, which must outlive it. */
Status topics_embedded_open(Disk *d, Effects *fx, Topics **out, Err *err) MUST_CHECK;
/* In a broker, which is taken over, also on error. d: where positions and state are kept beside it; NULL: nowhere. */
typedef struct Broker Broker;
Status topics_remote_open(Broker *b, Disk *d, Effects *fx, Topics **out, Err *err) MUST_CHECK;
void topics_free(Topics *t);
/* NULL where nothing is kept on a disk of this process. */
Disk *topics_disk(const Topics *t);
/* Shared with other processes; state needs changelogs. */
bool topics_remote(const Topics *t);
/* Remote: the id of the cluster; "" where it is not known, and local. Borrowed. */
Str topics_cluster(const Topics *t);

/* ---- names ---- */
/* A created or deleted topic survives a power cut from the next synced commit on.
 * ERR_STATEMENT when it is there already. Names: Kafka's rule [a-zA-Z0-9._-]{1,249}, not "." or "..". */
Status topic_create(Topics *t, const TopicInfo *info, Err *err) MUST_CHECK;
/* Its records, and every position on it, go. ERR_NOT_FOUND when it is not there. */
Status topic_delete(Topics *t, Str name, Err *err) MUST_CHECK;
/* info->name is borrowed for the topic's life. */
bool topic_describe(Topics *t, Str name, TopicInfo *info);
typedef VEC(TopicInfo) TopicInfoVec;
/* In name order, in the arena. False: the broker did not answer, these are those that are known here. */
bool topic_list(Topics *t, Arena *a, TopicInfoVec *out);
bool topic_name_valid(Str name);

/* ---- reading; @thread any ---- */
/* At most max_records (>= 1) from `offset` (or from the first there is, if that is later); *set has n == 0
 * at the end. At least one record comes when there is one, however big.
 * ERR_TOPIC_GONE when the topic or partition is not there. A set is released by recordset_release. */
Status topic_read(Topics *t, Str name, int partition, int64_t offset, int max_records, RecordSet *set,
                  Err *err) MUST_CHECK;
void recordset_release(RecordSet *set);

/* A reader that goes through one partition: what is remote is fetched ahead for it. @thread one at a time */
typedef struct TopicReader TopicReader;
/* ERR_TOPIC_GONE as above. */
Status topic_reader_open(Topics *t, Str name, int partition, int64_t offset, TopicReader **out, Err *err) MUST_CHECK;
/* As topic_read, from where it stands, and never waits: n == 0 with `pending` where more is known to be on its way. */
Status topic_reader_next(TopicReader *r, int max_records, RecordSet *set, Err *err) MUST_CHECK;
/* After an answer `pending`: waits until something came for this reader, some 50 ms at most. @thread as next */
void topic_reader_wait(TopicReader *r);
void topic_reader_close(TopicReader *r); /* NULL is ignored */
/* Waits until something came for a reader that was answered `pending`, some 50 ms at most; false when there is no such reader.
 * For those who step the engine themselves. */
bool topics_wait(Topics *t);
/* The offset that the next record gets (remote: behind open transactions too); 0 when empty or not there. */
int64_t topic_end(Topics *t, Str name, int partition);
int64_t topic_begin(Topics *t, Str name, int partition);
/* Both, where it matters that they are known: ERR_TOPIC_GONE, and what the broker may fail with. */
Status topic_ends(Topics *t, Str name, int partition, int64_t *begin, int64_t *end, Err *err) MUST_CHECK;
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
/* Where the owner's state (of the topic's partition number) stands in the log that it writes, kept with the state, here: the
 * offset behind the unit's last record there; `offset` if it has none. Remote topics with a disk; else nothing is kept. */
void unit_checkpoint(Unit *u, Str owner, Str topic, int partition, int64_t offset);
/* Drops the owner's checkpoints on all partitions, or on one. */
void unit_checkpoint_drop(Unit *u, Str owner, int partition /* -1: all */);
/* What came before is committed all or not at all, positions and records, whatever happens, also to other processes' eyes. Else
 * (remote): records may be there without their positions after a crash. Local topics: always so. */
void unit_exactly_once(Unit *u);
/* Asked when the broker refuses a record of the unit (ERR_TOO_LARGE, ERR_REFUSED), by the thread that commits. false: the unit
 * fails. r NULL: may such a record be left out? Else `r` is, and the function may append to the unit what says so. */
typedef bool UnitRefused(void *arg, Unit *u, Str topic, const Record *r, const Err *why);
/* Remote topics; without it units fail. */
void unit_on_refused(Unit *u, UnitRefused *fn, void *arg);
/* The state changes of the unit; NULL where state lives in memory only. */
DiskBatch *unit_disk(Unit *u);
bool unit_empty(const Unit *u);
size_t unit_bytes(const Unit *u);
/* Frees the unit. On error nothing of it is there, unless the sync failed (ERR_IO: a power cut may undo it).
 * ERR_TOPIC_GONE: a topic it appends to went. Topics of a unit are resolved at its first append to each. */
Status unit_commit(Unit *u, bool sync, Err *err) MUST_CHECK;
void unit_abort(Unit *u);

/* Who commits units together, under a name: each worker, and whoever orders the statements of a service. Remote: a transactional
 * producer of that name and an idempotent one, made when they are first needed. @thread one at a time */
typedef struct Committer Committer;
/* member: its exactly-once units are fenced by the membership: none is committed once this process lost its slots. */
Committer *committer_new(Topics *t, Str name, bool member);
void committer_free(Committer *c); /* NULL is ignored */
/* From here on the units of every other committer of the name fail with ERR_FENCED, and none of theirs is under way. Local: OK.
 * Remote, unless a member: from its first failure on this one's fail with ERR_FENCED too, until it is taken again. */
Status committer_take(Committer *c, Err *err) MUST_CHECK;
/* Commits n units and frees them; errs[i] (ERR_INIT before) tells what became of each, as unit_commit does. Local: one by one.
 * Remote: those that are exactly-once in one transaction; a unit that the broker refuses fails alone, the others are sent again.
 * On any other failure all fail, retriably: what is stored by then decides, and must be read again by position_get. */
void units_commit(Committer *c, Unit **units, int n, bool sync, Err *errs);
/* At least once: the owner's group could not be told where units that were committed stand. It is with the next commit, unless
 * the membership changes before. Local: never. @thread as units_commit */
bool committer_untold(const Committer *c, Str owner);

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
/* The id by which this process is known beside the positions that it tells; copied. The same again over the same directory.
 * Before anything is committed. Local topics: ignored. */
void topics_identify(Topics *t, Str id);
/* -1 when the owner has none there; POSITION_UNKNOWN when the broker did not tell (remote) or it cannot be read (local): never to
 * be taken for none. */
enum { POSITION_UNKNOWN = -2 };
int64_t position_get(Topics *t, Str owner, Str topic, int partition);
/* The same of local topics, with the reason where it cannot be read. */
Status position_read(Topics *t, Str owner, Str topic, int partition, int64_t *offset, Err *err) MUST_CHECK;
/* As of this process's own last commit, which may be behind (another worked on meanwhile) or ahead (at least once: a crash came
 * before the group was told). Local topics: the same as position_get. */
int64_t position_local(Topics *t, Str owner, Str topic, int partition);
/* What unit_checkpoint kept; -1. */
int64_t checkpoint_get(Topics *t, Str owner, Str topic, int partition);
/* The group's position was last told by this process, or a former one of the same id (topics_identify): nobody else went on from
 * there since and told so. Local topics: true. */
bool position_told_here(Topics *t, Str owner, Str topic, int partition);
/* When what position_local and checkpoint_get answer was written, in ms since the epoch; -1: there is none, or it is not known
 * (local topics). */
int64_t position_local_ms(Topics *t, Str owner, Str topic, int partition);
int64_t checkpoint_ms(Topics *t, Str owner, Str topic, int partition);
/* Forgets all of an owner's positions, in the unit. Remote: the consumer group goes. */
void unit_position_drop(Unit *u, Str owner);

/* ---- membership ---- */

/* The work of a service is divided into slots: partition p belongs to the owner of slot p % TOPIC_SLOTS, for every topic, so
 * partitions that are joined have one owner. Local topics: this process has all, at once and for ever. */
enum { TOPIC_SLOTS = 64 };

typedef struct MembershipConfig {
    Str group, topic; /* consumer group, and the control topic, which is made when it is not there */
    Str name;         /* of this member, told to the others: "host:port" */
    Str instance;     /* the same again at the next start: it then has its slots back at once; empty: none */
    int replicas;     /* of the topic, when it is made; 0: 1 */
    int session_ms;   /* dead when not heard of for so long; 0: 10 s */
    /* Called with the slots that this process has from now on, from a thread of the implementation's, one call at a time. Slots
     * that are not among them any more: their work must have been committed (or, where `lost`, dropped) when it returns. */
    void (*changed)(void *arg, uint64_t slots, bool lost);
    void *arg;
} MembershipConfig;

/* At once without waiting for slots. ERR_BROKER. */
Status membership_join(Topics *t, const MembershipConfig *c, Err *err) MUST_CHECK;
/* Gives up its slots (changed is called) and leaves. */
void membership_leave(Topics *t);
/* The member that has a slot: its name; false: nobody, or not known now. */
bool membership_owner(Topics *t, int slot, Buf *name);
/* All members' names, sorted. */
Status membership_members(Topics *t, Arena *a, NameList *out, Err *err) MUST_CHECK;

/* Kafka's default partitioner for keyed records: murmur2(key) & 0x7fffffff % partitions. */
int partition_of(Str key, int partitions);
uint32_t murmur2(Str key);

#endif
