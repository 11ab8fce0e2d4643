// SPDX-License-Identifier: Apache-2.0
// INSERT INTO … VALUES: names and constants to one row of the target.
// Rules and messages: page 01 §1.6 of the ksqlDB reference. Pure; any thread.
#include "analyze/internal.h"

#include <inttypes.h>

static Status check_target(const Analyzer *an, const Stmt *s, const DataSource *ds, Err *err)
{
    if (!ds)
        return unknown_source(an, &s->name, "Cannot insert values into an unknown stream/table: `%s`", err);
    if (ds->window != SOURCE_NOT_WINDOWED)
        return err_at(err, ERR_STATEMENT, s->name.span, "Cannot insert values into windowed stream/table!");
    if (ds->read_only || ds->system)
        return err_at(err, ERR_STATEMENT, s->name.span, "Cannot insert values into read-only %s: %.*s",
                      ds->is_table ? "table" : "stream", STR_ARG(ds->name));
    if (!props_bool(an->props, "ksql.insert.into.values.enabled"))
        return err_at(err, ERR_STATEMENT, s->span,
                      "The server has disabled INSERT INTO ... VALUES functionality. To enable it, restart your ksqlDB "
                      "server with 'ksql.insert.into.values.enabled'=true");
    return OK;
}

static Status failed(const DataSource *ds, Err *err)
{
    err_prefix(err, "Failed to insert values into '%.*s'. ", STR_ARG(ds->name));
    return err->code;
}

/* Which schema column each value is for; -1: ROWTIME. */
static Status map_columns(const Stmt *s, const DataSource *ds, int *to, Err *err)
{
    const Schema *sch = ds->schema;
    int plain = ds->nkeys + ds->nvalues;
    if (!s->columns.n) {
        if (s->values.n > plain && sch->n > plain)
            return err_at(err, ERR_STATEMENT, s->span, "Cannot insert into HEADER columns: %.*s", STR_ARG(sch->cols[plain].name));
        if (s->values.n != plain)
            return err_at(err, ERR_STATEMENT, s->span,
                          "Expected a value for each column. Expected Columns: %d. Got %d values", plain, s->values.n);
        for (int i = 0; i < plain; i++)
            to[i] = i;
        return OK;
    }
    for (int i = 0; i < s->columns.n; i++) {
        const Name *name = &s->columns.v[i];
        to[i] = schema_find(sch, name->text);
        if (to[i] >= 0 && sch->cols[to[i]].role == ROLE_HEADERS)
            return err_at(err, ERR_STATEMENT, name->span, "Cannot insert into HEADER columns: %.*s", STR_ARG(name->text));
        if (to[i] < 0 && !str_eq_c(name->text, "ROWTIME")) {
            if (name_is_reserved(name->text))
                return err_at(err, ERR_STATEMENT, name->span, "Inserting into column `%.*s` is not allowed.",
                              STR_ARG(name->text));
            return err_at(err, ERR_STATEMENT, name->span, "Column name `%.*s` does not exist.", STR_ARG(name->text));
        }
        for (int k = 0; k < i; k++)
            if (str_eq(s->columns.v[k].text, name->text))
                return err_at(err, ERR_STATEMENT, name->span, "Duplicate column names: `%.*s`", STR_ARG(name->text));
    }
    return OK;
}

/* Kafka's words: no broker takes such a record. */
static Status negative_time(const Expr *x, int64_t ms, Err *err)
{
    Status st = err_at(err, ERR_STATEMENT, x->span,
                       "Invalid timestamp: %" PRId64
                       ". Timestamp should always be non-negative or null.",
                       ms);
    err_hint(err, "ROWTIME counts milliseconds from 1970-01-01T00:00:00 UTC");
    return st;
}

static Status fill(const Analyzer *an, const Stmt *s, BoundInsert *out, Err *err)
{
    DataSource *ds = out->source;
    const Schema *sch = ds->schema;
    int *to = ARENA_ARRAY(an->arena, int, s->values.n + sch->n + 1);
    Value *row = ARENA_ARRAY(an->arena, Value, sch->n);
    for (int i = 0; i < sch->n; i++)
        row[i] = value_null();
    Status st = map_columns(s, ds, to, err);
    for (int i = 0; st == OK && i < s->values.n; i++) {
        if (to[i] < 0) {
            Value v;
            st = bind_literal_to(an->arena, s->values.v[i], STR("ROWTIME"), TYPE_BIGINT, NULL, NULL, an->fx, &v, err);
            out->has_rowtime = st == OK && !v.null;
            if (out->has_rowtime && v.d.l < 0)
                return negative_time(s->values.v[i], v.d.l, err);
            out->rowtime = out->has_rowtime ? v.d.l : 0;
        } else {
            st = bind_literal_to(an->arena, s->values.v[i], sch->cols[to[i]].name, sch->cols[to[i]].type, NULL, NULL,
                                 an->fx, &row[to[i]], err);
        }
    }
    if (st)
        return st;
    out->key_null = ds->nkeys > 0;
    Buf missing = BUF_INIT;
    for (int i = 0; i < ds->nkeys; i++) {
        out->key_null &= row[i].null;
        if (row[i].null) {
            if (missing.n)
                buf_cstr(&missing, ", ");
            buf_str(&missing, sch->cols[i].name);
        }
    }
    if (ds->is_table && missing.n)
        st = err_at(err, ERR_STATEMENT, s->span, "Value for primary key column(s) %s is required for tables",
                    buf_z(&missing));
    buf_free(&missing);
    out->row = row;
    return st;
}

typedef struct Qualified {
    const Expr *column; /* the first one with a qualifier */
} Qualified;

static bool find_qualified(void *arg, const Expr *e)
{
    Qualified *q = arg;
    if (!q->column && e->kind == EXPR_COLUMN && e->qualifier.text.n)
        q->column = e;
    return !q->column;
}

/* What ksqlDB says before it looks at the target. */
static Status check_statement(const Stmt *s, Err *err)
{
    Qualified q = {NULL};
    if (s->columns.n && s->columns.n != s->values.n)
        return err_at(err, ERR_STATEMENT, s->span,
                      "Failed to prepare statement: Expected number columns and values to match: %d, %d", s->columns.n,
                      s->values.n);
    for (int i = 0; i < s->values.n; i++)
        expr_walk(s->values.v[i], find_qualified, &q);
    if (!q.column)
        return OK;
    return err_at(err, ERR_STATEMENT, q.column->span,
                  "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                  STR_ARG(q.column->qualifier.text));
}

Status bind_insert_values(const Analyzer *an, const Stmt *s, BoundInsert *out, Err *err)
{
    *out = (BoundInsert){.source = catalog_find(an->cat, s->name.text)};
    Status st = check_statement(s, err);
    if (st)
        return st;
    st = check_target(an, s, out->source, err);
    if (st)
        return st;
    st = fill(an, s, out, err);
    return st && err->code == ERR_STATEMENT ? failed(out->source, err) : st;
}
