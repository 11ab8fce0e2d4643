// SPDX-License-Identifier: Apache-2.0
// What the topic implementations share: blocks of records, topics and their partitions, units.
//
// Locks, in the order in which they are taken:
//   Partition.keep    retention, trimming and compaction of the partition, one at a time
//   Topics.ddl        read: a commit; write: create, delete, compact, expire. Never by a reader of records.
//   Partition.append  a commit or rewrite of the partition, over its disk write; several are taken in
//                     the order (topic id, partition)
//   Topics.names      read: a look-up of a name; write: the map changes. Nothing waits under it.
//   Partition.lock    the partition's offsets and blocks; short
//   Topics.plain_lock: over a remote commit; nothing else is held
//   Topics.cache_lock, Topics.positions_lock: short
// Remote topics: ddl orders creates, deletes and nothing else (the broker decides); the map is a cache, changed by look-ups too.
//
// Reference counts: a Topic is held by the map, by units and by calls under way; a Block by its
// partition or the cache and by the record sets that were handed out.
#ifndef SLUICE_TOPIC_TOPIC_IMPL_H
#define SLUICE_TOPIC_TOPIC_IMPL_H

#include <pthread.h>

#include "base/map.h"
#include "base/vec.h"
#include "topic/topic.h"

enum {
    BLOCK_RECORDS = 4096,     /* a block is closed when it has so many records … */
    BLOCK_BYTES = 1 << 20,    /* … or so many bytes of keys, values and headers */
    BLOCK_SMALL = 256,        /* blocks below are put together: in memory when appended, on disk when read */
    BLOCK_SMALL_BYTES = 64 << 10,
    CACHE_BYTES = 16 << 20,   /* decoded blocks of embedded topics */
};

typedef struct BlockSeg {
    struct BlockSeg *next;
    size_t used, cap;
    char bytes[]; /* aligned to 8 */
} BlockSeg;

/* Records of one partition with rising offsets, and their bytes. Built by one thread, then immutable,
 * but for the open tail of a memory topic, which grows behind what its readers were handed. */
typedef struct Block {
    int refs;          /* atomic */
    int32_t n, cap;
    bool holes;        /* offsets are missing between base and next (compacted) */
    int64_t base, next; /* offsets [base, next) */
    int64_t max_ts;
    size_t bytes;
    Record *records;
    BlockSeg *segs;    /* the newest first */
} Block;

typedef VEC(Block *) BlockVec;

/* ---- block.c ---- */
Block *block_new(int cap); /* cap 0: grows; else never moves its records */
Block *block_ref(Block *b);
void block_unref(Block *b); /* NULL is ignored */
/* Memory for n bytes that lives as long as the block. */
char *block_alloc(Block *b, size_t n);
/* Copies the record (offset as it is in r). */
void block_add(Block *b, const Record *r);
size_t block_memory(const Block *b);
/* Offsets base, base + 1, … for a block without holes. */
void block_place(Block *b, int64_t base);
/* Index of the first record with an offset >= offset; n when there is none. */
int block_index(const Block *b, int64_t offset);
/* A set over records from `offset` on, at most max of the first n; takes a reference unless it is empty. */
void block_slice(Block *b, int n, int64_t offset, int max, RecordSet *set);
bool block_full(const Block *b);

/* ---- block_code.c: the stored form ---- */
void block_encode(const Block *b, Buf *out);
/* Appends what is stored at base to a growing block; its bytes are copied once and shared. */
Status block_decode(Block *b, int64_t base, Str value, Err *err) MUST_CHECK;
/* Without the records. */
typedef struct BlockHead {
    int32_t n;
    int64_t span; /* next - base */
    int64_t base_ts, max_ts;
} BlockHead;
bool block_head(Str value, BlockHead *head);

typedef struct Partition Partition;

/* A place in the cache of decoded blocks; under Topics.cache_lock. */
typedef struct CacheSlot {
    Block *block;
    struct CacheSlot *prev, *next; /* by last use, the newest first */
} CacheSlot;

enum { CACHE_TAIL, CACHE_READ, CACHE_SLOTS };

struct Partition {
    pthread_mutex_t keep;
    pthread_mutex_t append;
    pthread_mutex_t lock; /* of: */
    bool loaded;          /* begin and end are known */
    int64_t begin, end;   /* remote: the furthest end that was told or written to */
    int64_t written;      /* remote: behind the last record that this process committed */
    int64_t compacted, kept; /* the end when it was last compacted, and the records left then */
    BlockVec blocks;      /* memory: all of them */
    Block *open;          /* memory: the last of them, when it takes more */
    CacheSlot cache[CACHE_SLOTS]; /* embedded: the last appended, the last read */
};

typedef struct Topic {
    uint32_t id;
    int refs;   /* atomic */
    bool gone;  /* under Topics.ddl; remote: atomic */
    TopicInfo info;
    Partition *parts;
} Topic;

typedef struct UnitPart {
    Topic *topic;
    int partition;
    BlockVec blocks;
    Buf stored;              /* embedded: encoded blocks, one after the other */
    VEC(size_t) stored_ends; /* where each ends */
    /* Remote: see remote_send.c. Records are numbered in the part from 0. */
    uint32_t round;            /* of the last attempt that it was in */
    int single_from, single_to; /* these are sent one by one */
    VEC(int) left_out;          /* these are not sent; rising */
} UnitPart;

typedef struct UnitTopic {
    Topic *topic; /* NULL: was not there */
    UnitPart **parts;
} UnitTopic;

typedef struct UnitPosition {
    char *owner; /* owned */
    Topic *topic; /* counted; NULL: forget all of the owner's */
    int partition;
    int64_t offset;
} UnitPosition;

/* owner: owned. topic NULL: drop those of the owner, of the partition or (-1) all. */
typedef struct UnitCheckpoint {
    char *owner, *topic;
    int partition;
    int64_t offset;
} UnitCheckpoint;

struct Unit {
    Topics *t;
    bool exactly_once;
    VEC(UnitCheckpoint) checkpoints; /* remote topics with a disk */
    StrMap topics; /* name -> UnitTopic */
    Str last_name; /* of the topic below: the map's key */
    UnitTopic *last;
    VEC(UnitPart *) parts; /* heap */
    VEC(UnitPosition) positions;
    DiskBatch *batch;
    size_t bytes;
    UnitRefused *on_refused;
    void *on_refused_arg;
    char *missing; /* first name that was not there */
    Err unknown;   /* remote: a topic could not be looked up; fails the commit */
};

/* A reader of local topics is a place; of remote ones, the implementation's. */
struct TopicReader {
    Topics *t;
    char *name;
    int partition;
    int64_t offset; /* the next */
    void *remote;
};

struct Committer {
    Topics *t;
    char *name;
    bool member;
    void *remote; /* made by the implementation when first needed */
};

/* What remote topics do in their own way: each as its namesake of topic.h. */
typedef struct RemoteOps {
    Status (*lookup)(Topics *t, Str name, Topic **out, Err *err); /* as topic_lookup; asks the broker when it is not known */
    Status (*list)(Topics *t, Arena *a, TopicInfoVec *out, Err *err);
    Status (*reader_open)(TopicReader *r, Err *err);
    Status (*reader_next)(TopicReader *r, int max, RecordSet *set, Err *err);
    void (*reader_wait)(TopicReader *r);
    void (*reader_close)(TopicReader *r);
    bool (*wait)(Topics *t);
    Status (*take)(Committer *c, Err *err);
    void (*units_commit)(Committer *c, Unit **units, int n, bool sync, Err *errs); /* does not free the units */
    bool (*committer_untold)(const Committer *c, Str owner);
    void (*committer_free)(Committer *c);
    int64_t (*position_get)(Topics *t, Str owner, Str topic, int partition);
    Str (*cluster)(const Topics *t);
    int64_t (*position_local)(Topics *t, Str owner, Str topic, int partition);
    int64_t (*checkpoint_get)(Topics *t, Str owner, Str topic, int partition);
    void (*identify)(Topics *t, Str id);
    bool (*position_told_here)(Topics *t, Str owner, Str topic, int partition);
    int64_t (*position_local_ms)(Topics *t, Str owner, Str topic, int partition);
    int64_t (*checkpoint_ms)(Topics *t, Str owner, Str topic, int partition);
    Status (*join)(Topics *t, const MembershipConfig *c, Err *err);
    void (*leave)(Topics *t);
    bool (*owner)(Topics *t, int slot, Buf *name);
    Status (*members)(Topics *t, Arena *a, NameList *out, Err *err);
} RemoteOps;

typedef struct TopicsOps {
    void (*close)(Topics *t);
    Status (*create)(Topics *t, Topic *tp, Err *err);
    Status (*drop)(Topics *t, Topic *tp, Err *err);
    /* Frees what the partitions hold; the topic's last reference is going. */
    void (*clear)(Topics *t, Topic *tp);
    Status (*read)(Topics *t, Topic *tp, int partition, int64_t offset, int max, RecordSet *set, Err *err);
    Status (*ends)(Topics *t, Topic *tp, int partition, int64_t *begin, int64_t *end, Err *err);
    Status (*offset_at)(Topics *t, Topic *tp, int partition, int64_t ts, int64_t *offset, Err *err);
    /* Under ddl. Applies all of the unit or nothing; assigns the offsets. */
    Status (*commit)(Topics *t, Unit *u, Err *err);
    Status (*position)(Topics *t, Str key, int64_t *offset, Err *err);
    /* Under the partition's keep lock; in memory under ddl and the append lock too. */
    Status (*compact)(Topics *t, Topic *tp, int partition, Err *err);
    /* Under keep, ddl and append: removes the first blocks that are older than `ts` and end at or before `offset`. */
    Status (*drop_head)(Topics *t, Topic *tp, int partition, int64_t ts, int64_t offset, Err *err);
    const RemoteOps *remote; /* NULL: local topics */
} TopicsOps;

struct Topics {
    const TopicsOps *ops;
    Effects *fx;
    Disk *disk; /* NULL: memory */
    pthread_rwlock_t ddl;
    pthread_rwlock_t names; /* of: */
    StrMap map;             /* name -> Topic */
    uint32_t next_id;       /* under ddl; remote: under names */
    pthread_mutex_t positions_lock;
    StrMap positions; /* memory: position key -> offset + 1 */
    pthread_mutex_t cache_lock;
    CacheSlot lru; /* ring head */
    size_t cache_bytes;
    pthread_mutex_t listener_lock;
    void (*listener)(void *arg, Str topic, int partition);
    void *listener_arg;
    MembershipConfig member; /* what was joined with; texts owned */
    pthread_mutex_t plain_lock; /* over a commit by: */
    Committer *plain;           /* remote: of unit_commit; made when first needed */
    int64_t kept_ms;            /* atomic: remote: the latest time with which positions and checkpoints were kept */
    void *remote;            /* the remote implementation's own */
};

/* ---- topics.c ---- */
Topics *topics_new(const TopicsOps *ops, Effects *fx, Disk *d);
Topic *topic_make(uint32_t id, const TopicInfo *info);
Topic *topic_hold(Topic *tp);
void topic_drop(Topics *t, Topic *tp); /* NULL is ignored */
/* Out of the map, if it is the one there. gone: those who hold it see that it was deleted. */
void topic_forget(Topics *t, Topic *tp, bool gone);
/* *out: counted; NULL (and OK) when it is not there. Remote: ERR_BROKER … when nobody knows. */
Status topic_lookup(Topics *t, Str name, Topic **out, Err *err) MUST_CHECK;
/* Calls the listener. */
void topics_tell(Topics *t, Str topic, int partition);
/* owner length be16 | owner | topic id be32 | partition be32; the first two parts alone when tp is NULL. */
void position_key(Buf *out, Str owner, const Topic *tp, int partition);

/* ---- unit.c ---- */
/* Calls the listener for what the unit appended. */
void unit_tell(Unit *u);
void unit_free(Unit *u);
bool unit_part_left_out(const UnitPart *p, int record);
void unit_part_leave_out(UnitPart *p, int record);
/* Sorts the parts by (topic id, partition), and checks that the topics are there: ERR_TOPIC_GONE. */
Status unit_prepare(Unit *u, Err *err) MUST_CHECK;

/* ---- memory.c, embedded.c, remote.c ---- */
extern const TopicsOps topics_memory_ops, topics_embedded_ops, topics_remote_ops;

/* ---- compact.c ---- */
/* Key -> offset of its last record, over blocks in order. */
void last_note(StrMap *last, const Block *b);
/* A new block with only the last record of each key, and those without one, over the same offsets; NULL when
 * nothing goes. */
Block *last_filter(const StrMap *last, const Block *b);

#endif
