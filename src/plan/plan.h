// SPDX-License-Identifier: Apache-2.0
// Plans: a bound query as a logical plan, and that as a physical one.
//
//   bound query > logical plan (what is computed) > rules > physical plan (where, over which topics)
//
// Logical nodes form a chain from the sink down to the source (joins will give a node two inputs).
// The physical plan cuts the chain at repartition topics into sub-topologies, decides which columns are decoded, gives
// stores their slots and fixes every serde. Both are immutable, in an arena, with printers.
#ifndef SLUICE_PLAN_PLAN_H
#define SLUICE_PLAN_PLAN_H

#include "analyze/analyze.h"

/* ---- logical ---------------------------------------------------------------------------------- */

typedef enum LKind { LP_SOURCE, LP_FILTER, LP_GROUP, LP_REPARTITION, LP_AGGREGATE, LP_PROJECT, LP_SINK, LP_RESULT } LKind;

typedef struct LNode LNode;

typedef struct LAgg {
    const AggRow *row;
    int nargs;
    const int *args; /* columns of the input */
    int ninit;
    const Value *init;
    const Type *const *init_types;
    const Type *result;
    Str name;
} LAgg;

struct LNode {
    LKind kind;
    const char *context; /* ksqlDB's name of the step: KsqlTopic, WhereFilter, Aggregate … */
    const LNode *input;
    const Schema *schema; /* of what it emits */
    bool is_table;        /* emits a table's changes */
    DataSource *source;   /* SOURCE, SINK: borrowed */
    const TExpr *predicate;   /* FILTER, over input->schema */
    int nkeys;                /* GROUP, PROJECT, AGGREGATE: leading key columns */
    int n;
    const BoundItem *items;   /* GROUP, PROJECT, over input->schema */
    bool null_keys_drop;      /* GROUP: rows with a NULL grouping column are dropped and logged */
    bool rekeyed;             /* PROJECT: the key is not the source's */
    int naggs;
    const LAgg *aggs;         /* AGGREGATE */
    int nrequired;            /* AGGREGATE, by rule_changelog: its changelog holds these columns of the input … */
    const int *required;
    int nvars;                /* … and which aggregates, in the order of the query's text */
    const int *vars;
};

/* The chain for a bound query; sink NULL: its end is LP_RESULT (push, pull). */
const LNode *lp_build(Arena *a, const BoundQuery *q, DataSource *sink);
/* Rules (plan/rules): each returns a new chain, or the one it was given. */
const LNode *rule_repartition(Arena *a, const LNode *top); /* puts LP_REPARTITION where a grouping changes the key */
const LNode *rule_changelog(Arena *a, const LNode *top);   /* what a grouping hands on is as ksqlDB's, for changelogs */
void lp_print(Buf *out, const LNode *top);

/* ---- physical --------------------------------------------------------------------------------- */

typedef enum PKind { PP_TABLE, PP_FILTER, PP_PROJECT, PP_GROUP, PP_AGGREGATE, PP_REPARTITION, PP_SYSTEM, PP_SINK,
               PP_RESULT } PKind; /* PP_SYSTEM: only in reads of materialised state */

typedef struct PInput PInput;

typedef struct PNode {
    PKind kind;
    const char *context;
    const Schema *in, *schema;
    bool is_table;
    bool needs_before;      /* AGGREGATE: a later step must see the row before a change */
    int store;              /* TABLE, AGGREGATE: slot in the plan; -1 */
    const TExpr *predicate; /* FILTER */
    int nkeys, n;
    const TExpr *const *exprs; /* PROJECT, GROUP */
    const bool *stored;     /* TABLE: columns that are kept */
    int naggs;
    const LAgg *aggs;
    Str topic;              /* SINK, REPARTITION */
    int partitions;
    SerdeSpec key, value;   /* SINK, REPARTITION; GROUP: the key as a repartition topic would hold it */
    bool changes;           /* REPARTITION: of a table's changes (exec/change.h) */
    int timestamp_column;   /* SINK: in its schema, -1 */
    const PInput *log;      /* TABLE, AGGREGATE: the store's changelog topic and how it is read, all columns; NULL: none */
    int nlogged;            /* its value columns: these of `in`, keys by preference … */
    const int *logged;
    int nvars;              /* … then, AGGREGATE, the states of these aggregates; one may be there twice */
    const int *vars;
} PNode;

struct PInput {
    Str topic;
    int partitions;
    bool internal;          /* a repartition topic of this plan */
    bool changes;           /* of a repartition topic with PNode.changes */
    bool is_table;
    SerdeSpec key, value;
    const Schema *schema;   /* keys, values, headers, system columns */
    const bool *wanted;     /* columns that are decoded */
    bool wants_headers;
    int timestamp_column;   /* event time from a column, -1 */
    DataSource *source;     /* NULL for internal ones */
};

typedef struct PSub {
    PInput input;
    int n;
    const PNode *nodes;
} PSub;

typedef struct PPlan {
    int nsubs;
    const PSub *subs;
    int nstores;
    DataSource *source;     /* read, a reference is held by the owner of the plan */
    DataSource *sink;       /* written; NULL for push queries */
    const Schema *result;
    uint64_t fingerprint;   /* of the printed plan */
} PPlan;

typedef struct PlanUse {
    Str app_id;             /* prefix of internal topics; empty: no repartition topics (one task reads all partitions) */
    bool changelog;         /* with app_id: stores have changelog topics, which hold what ksqlDB's do */
} PlanUse;

Status pp_build(Arena *a, const LNode *top, const PlanUse *use, PPlan **out, Err *err) MUST_CHECK;
void pp_print(Buf *out, const PPlan *p);

/* ksqlDB's execution plan text, as EXPLAIN shows it. */
void plan_explain(Buf *out, const LNode *top, Str query_id);

#endif
