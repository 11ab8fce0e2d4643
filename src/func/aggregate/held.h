// SPDX-License-Identifier: Apache-2.0
// Held: values of any type kept on the heap by an aggregate's state, in the form of value_save.
//
// A Held is moved by memcpy with its state and owned by it; zeroed = empty. Most such states are one Held or one
// HeldList: their functions of AggRow (save, load, drop) stand here too. PERSISTED v1:
//     held_save        varint length, bytes
//     held_list_save   varint number of entries, held_save
#ifndef SLUICE_FUNC_HELD_H
#define SLUICE_FUNC_HELD_H

#include "types/function.h"

typedef struct Held {
    char *p;
    uint32_t n, cap;
} Held;

void held_clear(Held *h); /* frees */
void held_set(Held *h, const Type *t, const Value *v);
void held_append(Held *h, const Type *t, const Value *v);
void held_set_bytes(Held *h, Str bytes);
/* The bytes of another, behind its own. */
void held_concat(Held *h, const Held *other);
/* The one value; NULL when empty. In the arena. */
Value held_get(const Held *h, Arena *a, const Type *t);
void held_save(const Held *h, Buf *out);
bool held_load(Held *h, Rd *in);

/* Entries one after another, each in the aggregate's own form. */
typedef struct HeldList {
    int64_t n;
    Held entries;
} HeldList;

/* Values that are read are views of the list, or of its copy in the arena. */
static inline Rd held_list_reader(const HeldList *l) { return rd_of((Str){l->entries.p, l->entries.n}); }
Rd held_list_copied(const HeldList *l, Arena *a);

/* For AggRow: of a state that is a Held, and of one that is a HeldList. */
#define HELD_STATE .save = held_state_save, .load = held_state_load, .drop = held_state_drop
#define HELD_LIST_STATE .save = held_list_save, .load = held_list_load, .drop = held_list_drop
void held_state_save(AggCtx *c, const void *state, Buf *out);
bool held_state_load(AggCtx *c, void *state, Rd *in);
void held_state_drop(AggCtx *c, void *state);
void held_list_save(AggCtx *c, const void *state, Buf *out);
bool held_list_load(AggCtx *c, void *state, Rd *in);
void held_list_drop(AggCtx *c, void *state);

#endif
