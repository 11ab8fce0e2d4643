// SPDX-License-Identifier: Apache-2.0
// Catalog: the streams and tables that exist, as immutable snapshots.
//
// A DataSource never changes once made; a Catalog is a sorted array of counted references to
// them. A statement that changes the catalog makes a new snapshot (catalog_with, catalog_without)
// and the engine swaps it in; readers keep the one they took. Reference counts are atomic: any
// thread may hold and release.
#ifndef SLUICE_CATALOG_CATALOG_H
#define SLUICE_CATALOG_CATALOG_H

#include "serde/serde.h"
#include "types/type.h"

typedef struct Catalog Catalog;

typedef enum SourceWindow { SOURCE_NOT_WINDOWED, SOURCE_TUMBLING, SOURCE_HOPPING, SOURCE_SESSION } SourceWindow;

typedef struct DataSource {
    Arena *arena; /* everything below lives here */
    int refs;     /* atomic */
    Str name;
    bool is_table;
    bool read_only;        /* SOURCE streams and tables */
    bool system;           /* made by the engine: KSQL_PROCESSING_LOG */
    Str topic;
    int partitions;
    Format key_format, value_format;
    Wrapping key_wrap, value_wrap; /* effective features */
    char key_delimiter, value_delimiter;
    const Schema *schema;  /* keys, values, headers */
    int nkeys, nvalues;
    SourceWindow window;
    int64_t window_size;   /* ms */
    int timestamp_column;  /* index into schema, -1: the record's own */
    Str timestamp_format;
    Str sql;               /* the statement that made it, normalised */
    Str query_id;          /* the query that made it (CREATE … AS), empty for others */
    Str from;              /* the source that this query reads */
    int64_t created_ms;
} DataSource;

/* new, one reference; the caller fills it before it is shared. */
DataSource *source_new(void);
DataSource *source_ref(DataSource *ds);
void source_unref(DataSource *ds); /* NULL is ignored */
const char *source_kind_name(const DataSource *ds); /* "STREAM" or "TABLE" */

/* The serde of one side; borrows from ds. */
SerdeSpec source_key_spec(const DataSource *ds);
SerdeSpec source_value_spec(const DataSource *ds);

Catalog *catalog_new(void);
Catalog *catalog_ref(Catalog *cat);
void catalog_unref(Catalog *cat);
/* new snapshots: with a source put in or replaced (reference taken), or one taken out. */
Catalog *catalog_with(const Catalog *cat, DataSource *ds);
Catalog *catalog_without(const Catalog *cat, Str name);

/* Borrowed while the snapshot is held. */
DataSource *catalog_find(const Catalog *cat, Str name);
int catalog_count(const Catalog *cat);
DataSource *catalog_at(const Catalog *cat, int i); /* in name order */
/* A name that differs only in case, or the nearest by spelling; NULL when none is near. */
const DataSource *catalog_near(const Catalog *cat, Str name);

/* The columns that a query over ds can name: schema, then ROWTIME, ROWPARTITION, ROWOFFSET (and the window bounds
 * before them for windowed sources). New in the arena. */
const Schema *source_query_schema(Arena *a, const DataSource *ds);

#endif
