// SPDX-License-Identifier: Apache-2.0
// INSERT INTO … VALUES: one record in a unit of its own, acknowledged when it would survive a power cut.
// Many that wait at the same time share one sync (disk.h). @thread any
#include "runtime/internal.h"
#include "topic/kafka.h"

enum { INSERT_MS = 10000 }; /* for so long Kafka is waited for */

static Status write_side(Writer *w, const Column *const *cols, bool null, Buf *out, bool *is_null, const DataSource *ds, Err *err)
{
    const char *why = NULL;
    *is_null = true;
    if (null)
        return OK;
    WriteResult r = writer_write(w, cols, 0, NULL, out, &why);
    if (r == WRITE_FAILED)
        return err_set(err, ERR_STATEMENT, "Failed to insert values into '%.*s'. Could not serialize: %s",
                       STR_ARG(ds->name), why);
    *is_null = r == WRITE_NULL;
    return OK;
}

static Status append(Engine *e, const BoundInsert *b, const Column *cols, Err *err)
{
    const DataSource *ds = b->source;
    Arena *a = arena_new(512);
    SerdeSpec ks = source_key_spec(ds), vs = source_value_spec(ds);
    Writer *kw = NULL, *vw = NULL;
    Buf key = BUF_INIT, value = BUF_INIT;
    bool key_null, value_null;
    const Column **ptrs = ARENA_ARRAY(a, const Column *, ds->schema->n);
    for (int i = 0; i < ds->schema->n; i++)
        ptrs[i] = &cols[i];
    Status st = writer_new(&ks, &kw, err);
    if (st == OK)
        st = writer_new(&vs, &vw, err);
    if (st == OK)
        st = write_side(kw, ptrs, b->key_null || !ds->nkeys, &key, &key_null, ds, err);
    if (st == OK)
        st = write_side(vw, ptrs + ds->nkeys, false, &value, &value_null, ds, err);
    if (st == OK) {
        Record r = {.ts = b->has_rowtime ? b->rowtime : effects_wall_ms(e->fx)};
        if (!key_null) {
            r.key = key.p ? key.p : "";
            r.key_len = (int32_t)key.n;
        }
        if (!value_null) {
            r.value = value.p ? value.p : "";
            r.value_len = (int32_t)value.n;
        }
        int p = r.key && !e->cfg.single_partition ? partition_of((Str){r.key, key.n}, ds->partitions) : 0;
        Unit *u = unit_begin(e->topics);
        unit_append(u, ds->topic, p, &r);
        st = unit_commit(u, true, err);
    }
    writer_free(kw);
    writer_free(vw);
    buf_free(&key);
    buf_free(&value);
    arena_free(a);
    return st;
}

/* The broker did not say what became of it. */
static Status may_be_stored(const DataSource *ds, Err *why, Err *err)
{
    err_set(err, (ErrCode)why->code, "Failed to insert values into '%.*s'. Kafka did not acknowledge the row: %s",
            STR_ARG(ds->name), why->msg);
    err_hint(err, "the row may be stored or not: look before it is inserted once more");
    err_clear(why);
    return (Status)err->code;
}

Status insert_run(Session *s, const Stmt *st, Err *err)
{
    Arena *a = arena_new(2048);
    Catalog *cat = engine_catalog(s->e);
    Analyzer an = session_analyzer(s, a, cat, st->sql);
    BoundInsert b;
    kafka_hurry(INSERT_MS);
    Status rc = bind_insert_values(&an, st, &b, err);
    if (rc == OK) {
        const Schema *sch = b.source->schema;
        Column *cols = ARENA_ARRAY(a, Column, sch->n);
        for (int i = 0; i < sch->n; i++)
            cols[i] = column_constant(a, sch->cols[i].type, b.row[i]);
        Err why = ERR_INIT;
        rc = append(s->e, &b, cols, &why);
        if (rc == ERR_BROKER || rc == ERR_UNKNOWN_OUTCOME)
            rc = may_be_stored(b.source, &why, err);
        err_move(err, &why);
    }
    kafka_hurry(0);
    catalog_unref(cat);
    arena_free(a);
    return rc;
}
