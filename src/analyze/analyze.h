// SPDX-License-Identifier: Apache-2.0
// The analyzer: statements with their names resolved and their rules checked.
//
// Pure functions of (AST, catalog snapshot, topics' partition counts, properties). Nothing is
// changed by them; what they return lives in the arena given, or is a new counted DataSource. Messages
// are ksqlDB's where the reference names them. Rules: pages 01, 02, 04 of the ksqlDB reference.
#ifndef SLUICE_ANALYZE_ANALYZE_H
#define SLUICE_ANALYZE_ANALYZE_H

#include "catalog/catalog.h"
#include "catalog/props.h"
#include "expr/texpr.h"
#include "sql/ast.h"
#include "topic/topic.h"

typedef struct Analyzer {
    Arena *arena;         /* results */
    const Catalog *cat;   /* held by the caller while results are used */
    const PropSet *props; /* session overrides */
    Topics *topics;       /* partition counts of topics that exist */
    Effects *fx;          /* for constant expressions */
    Str sql;              /* the statement's text, kept in sources */
    bool stored;          /* the statement is from the command topic: it says what was left to defaults, too */
    int replay_partitions;/* replaying: the partitions its topic had, should it be gone by now; else 0 */
} Analyzer;

/* ---- WITH ------------------------------------------------------------------------------------ */

typedef struct WithProps {
    Str topic;                  /* empty: not given */
    int partitions, replicas;   /* 0: not given */
    bool has_retention;
    int64_t retention_ms;
    bool has_key_format, has_value_format;
    Format key_format, value_format;
    char key_delimiter, value_delimiter; /* 0: not given */
    int wrap_single;            /* -1: not given, 0, 1 */
    Str timestamp, timestamp_format;
    SourceWindow window;
    int64_t window_size;
    Str query_id;               /* INSERT INTO */
} WithProps;

typedef enum WithFor { WITH_CREATE, WITH_CREATE_AS, WITH_INSERT } WithFor;

Status bind_with(const Analyzer *an, const Stmt *s, WithFor what, WithProps *out, Err *err) MUST_CHECK;

/* ---- CREATE STREAM | TABLE ------------------------------------------------------------------- */

typedef struct BoundCreate {
    DataSource *source;  /* new */
    bool create_topic;   /* the topic is to be made with these */
    TopicInfo topic;
} BoundCreate;

Status bind_create(const Analyzer *an, const Stmt *s, BoundCreate *out, Err *err) MUST_CHECK;

/* ---- queries --------------------------------------------------------------------------------- */

typedef struct BoundAgg {
    const AggRow *row;
    int nargs;
    const TExpr *const *args; /* over BoundQuery.input, cast to the parameter types */
    int ninit;
    const Value *init;
    const Type *const *init_types;
    const Type *result;
    Str name;                 /* KSQL_AGG_VARIABLE_n */
} BoundAgg;

typedef struct BoundItem {
    Str name;
    const TExpr *expr; /* over agg_schema when aggregated, else over input */
    const Expr *ast;   /* as selected, stars expanded; NULL for what the query adds by itself */
    int place;         /* in the SELECT list, which need not begin with the keys */
} BoundItem;

typedef enum QueryUse { USE_PERSISTENT, USE_PUSH, USE_PULL } QueryUse;

typedef struct BoundQuery {
    QueryUse use;
    DataSource *source;       /* borrowed from the snapshot */
    Str alias;
    Span source_at; /* of its name in FROM */
    const Schema *input;      /* source_query_schema */
    const TExpr *where;       /* over input; NULL */
    bool aggregated;
    int ngroup;
    const TExpr *const *group;/* over input */
    bool group_is_key;        /* the grouping columns are the source's key columns, in order */
    int naggs;
    const BoundAgg *aggs;
    const Schema *agg_schema; /* grouping columns, aggregates, ROWTIME */
    const TExpr *having;      /* over agg_schema; NULL */
    bool rekeyed;             /* PARTITION BY that changes the key */
    int nkeys, nvalues;       /* of the result */
    const BoundItem *items;   /* keys, then values; push and pull: all are values, in SELECT order */
    const Schema *result;
    bool is_table;
    bool has_limit;
    int64_t limit;
    const bool *pull_key;     /* USE_PULL: which items are key columns of the table */
} BoundQuery;

/* sink: name of the source being made, for messages; empty for push and pull queries. */
Status bind_query(const Analyzer *an, const Query *q, QueryUse use, Str sink, BoundQuery *out, Err *err) MUST_CHECK;

/* ---- CREATE … AS, INSERT INTO ------------------------------------------------------------------ */

typedef struct BoundCreateAs {
    BoundQuery query;
    DataSource *sink;    /* new (CREATE … AS), or a reference to the target (INSERT INTO) */
    bool create_topic;
    TopicInfo topic;
    Str query_id;        /* INSERT INTO … WITH (QUERY_ID) */
} BoundCreateAs;

Status bind_create_as(const Analyzer *an, const Stmt *s, BoundCreateAs *out, Err *err) MUST_CHECK;
Status bind_insert_into(const Analyzer *an, const Stmt *s, BoundCreateAs *out, Err *err) MUST_CHECK;

/* ---- INSERT VALUES ------------------------------------------------------------------------------ */

typedef struct BoundInsert {
    DataSource *source;  /* borrowed */
    const Value *row;    /* one a schema column */
    bool key_null;       /* no key column was given a value */
    bool has_rowtime;
    int64_t rowtime;
} BoundInsert;

Status bind_insert_values(const Analyzer *an, const Stmt *s, BoundInsert *out, Err *err) MUST_CHECK;

/* ---- pull queries -------------------------------------------------------------------------------- */

/* The keys that a pull query's WHERE pins down: when every disjunct fixes all key columns by = or IN to constants, the
 * list of key rows; else a scan. The WHERE is applied to what is fetched in any case. */
typedef struct PullKeys {
    bool scan;
    int n;
    const Value *const *rows; /* n rows of nkeys values */
} PullKeys;

Status bind_pull_keys(const Analyzer *an, const BoundQuery *q, PullKeys *out, Err *err) MUST_CHECK;

/* ---- shared pieces ------------------------------------------------------------------------------- */

/* Unknown source: with a hint for another case or a near name. fmt holds one %s for the name. */
Status unknown_source(const Analyzer *an, const Name *name, const char *fmt, Err *err);
bool name_is_reserved(Str name); /* ROWTIME, ROWPARTITION, ROWOFFSET, WINDOWSTART, WINDOWEND */

/* A deep copy in another arena; the source stays borrowed. */
BoundQuery *bound_query_dup(Arena *a, const BoundQuery *from);

#endif
