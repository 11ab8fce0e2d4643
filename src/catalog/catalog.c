// SPDX-License-Identifier: Apache-2.0
// Snapshots of sources: see catalog.h. Any thread; counts are atomic.
#include "catalog/catalog.h"

struct Catalog {
    int refs; /* atomic */
    int n;
    DataSource *v[]; /* in name order, a reference each */
};

DataSource *source_new(void)
{
    Arena *a = arena_new(2048);
    DataSource *ds = ARENA_NEW(a, DataSource);
    ds->arena = a;
    ds->refs = 1;
    ds->timestamp_column = -1;
    return ds;
}

DataSource *source_ref(DataSource *ds)
{
    __atomic_add_fetch(&ds->refs, 1, __ATOMIC_RELAXED);
    return ds;
}

void source_unref(DataSource *ds)
{
    if (ds && __atomic_sub_fetch(&ds->refs, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(ds->arena);
}

const char *source_kind_name(const DataSource *ds) { return ds->is_table ? "TABLE" : "STREAM"; }

SerdeSpec source_key_spec(const DataSource *ds)
{
    return (SerdeSpec){
        .format = ds->key_format,
        .is_key = true,
        .wrapping = ds->key_wrap,
        .delimiter = ds->key_delimiter,
        .topic = ds->topic,
        .ncols = ds->nkeys,
        .cols = ds->schema->cols,
        .has_window = ds->window != SOURCE_NOT_WINDOWED,
        .window_is_session = ds->window == SOURCE_SESSION,
        .window_size = ds->window_size,
    };
}

SerdeSpec source_value_spec(const DataSource *ds)
{
    return (SerdeSpec){
        .format = ds->value_format,
        .wrapping = ds->value_wrap,
        .delimiter = ds->value_delimiter,
        .topic = ds->topic,
        .ncols = ds->nvalues,
        .cols = ds->schema->cols + ds->nkeys,
    };
}

static Catalog *alloc(int n)
{
    Catalog *cat = mem_zalloc(sizeof *cat + sizeof(DataSource *) * (size_t)n);
    cat->refs = 1;
    return cat;
}

Catalog *catalog_new(void) { return alloc(0); }

Catalog *catalog_ref(Catalog *cat)
{
    __atomic_add_fetch(&cat->refs, 1, __ATOMIC_RELAXED);
    return cat;
}

void catalog_unref(Catalog *cat)
{
    if (!cat || __atomic_sub_fetch(&cat->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    for (int i = 0; i < cat->n; i++)
        source_unref(cat->v[i]);
    mem_free(cat);
}

/* The place of name, or where it would stand; *hit tells which. */
static int locate(const Catalog *cat, Str name, bool *hit)
{
    int lo = 0, hi = cat->n;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        int c = str_cmp(cat->v[mid]->name, name);
        if (c == 0) {
            *hit = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *hit = false;
    return lo;
}

Catalog *catalog_with(const Catalog *cat, DataSource *ds)
{
    bool hit;
    int at = locate(cat, ds->name, &hit);
    Catalog *to = alloc(cat->n + 1);
    for (int i = 0; i < at; i++)
        to->v[to->n++] = source_ref(cat->v[i]);
    to->v[to->n++] = source_ref(ds);
    for (int i = at + hit; i < cat->n; i++)
        to->v[to->n++] = source_ref(cat->v[i]);
    return to;
}

Catalog *catalog_without(const Catalog *cat, Str name)
{
    Catalog *to = alloc(cat->n);
    for (int i = 0; i < cat->n; i++)
        if (!str_eq(cat->v[i]->name, name))
            to->v[to->n++] = source_ref(cat->v[i]);
    return to;
}

DataSource *catalog_find(const Catalog *cat, Str name)
{
    bool hit;
    int at = locate(cat, name, &hit);
    return hit ? cat->v[at] : NULL;
}

int catalog_count(const Catalog *cat) { return cat->n; }
DataSource *catalog_at(const Catalog *cat, int i) { return cat->v[i]; }

const DataSource *catalog_near(const Catalog *cat, Str name)
{
    for (int i = 0; i < cat->n; i++)
        if (str_eq_nocase(cat->v[i]->name, name))
            return cat->v[i];
    return NULL;
}

const Schema *source_query_schema(Arena *a, const DataSource *ds)
{
    const Schema *s = ds->schema;
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, s->n + 5);
    memcpy(cols, s->cols, sizeof *cols * (size_t)s->n);
    int n = s->n;
    if (ds->window != SOURCE_NOT_WINDOWED) {
        cols[n++] = (ColumnDef){STR("WINDOWSTART"), TYPE_BIGINT, ROLE_SYSTEM, {0}};
        cols[n++] = (ColumnDef){STR("WINDOWEND"), TYPE_BIGINT, ROLE_SYSTEM, {0}};
    }
    cols[n++] = (ColumnDef){STR("ROWTIME"), TYPE_BIGINT, ROLE_SYSTEM, {0}};
    cols[n++] = (ColumnDef){STR("ROWPARTITION"), TYPE_INTEGER, ROLE_SYSTEM, {0}};
    cols[n++] = (ColumnDef){STR("ROWOFFSET"), TYPE_BIGINT, ROLE_SYSTEM, {0}};
    return schema_new(a, cols, n, false);
}
