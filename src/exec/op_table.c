// SPDX-License-Identifier: Apache-2.0
// Table: a table's topic as changes. Keeps the last row of each key and adds to each record the row before it.
//
//   record           key was there   emitted
//   value            no              insert
//   value            yes             update-before, update-after
//   no value         yes             delete with the old values
//   no value         no              delete without values (ROW_VALUE_NULL)
//   no key           –               logged and left out
//
// State of a key, PERSISTED v1: timestamp (varint, zigzag), then the stored columns (value_save).
#include "exec/aggregate.h"
#include "exec/changelog.h"

typedef struct OpTable {
    Op op;
    Store *store;
    Blocks rows; /* what the store's entries point to */
    Buf key; /* scratch */
    Buf row; /* scratch: a row being saved */
    ChangeLog *log; /* NULL: it has none */
    int *logged; /* by column of the schema: its place in the changelog's value, or -1 */
} OpTable;

/* The inline state: the row as value_save wrote it, in a block of len bytes; NULL: none yet. */
typedef struct TableRow {
    char *bytes;
    uint32_t len;
} TableRow;

static void row_set(OpTable *t, TableRow *r, Str bytes)
{
    r->bytes = blocks_fit(&t->rows, r->bytes, r->len, bytes.n);
    r->len = (uint32_t)bytes.n;
    if (bytes.n)
        memcpy(r->bytes, bytes.p, bytes.n);
}

static void row_save(void *arg, const void *state, Buf *out)
{
    UNUSED(arg);
    const TableRow *r = state;
    buf_bytes(out, r->bytes, r->len);
}

static bool row_load(void *arg, void *state, Rd *in)
{
    row_set(arg, state, rd_bytes(in, (size_t)(in->end - in->p)));
    return true;
}

static void row_drop(void *arg, void *state)
{
    OpTable *t = arg;
    TableRow *r = state;
    blocks_free(&t->rows, r->bytes, r->len);
}

static size_t row_weight(void *arg, const void *state)
{
    UNUSED(arg);
    return block_size(((const TableRow *)state)->len);
}

/* ---- output ---- */

/* Rows are put out column by column into one batch of at most twice the input's rows. */
typedef struct Out {
    Batch *b;
    Headers *headers;
} Out;

static Out out_new(const Op *op, const Batch *in, int rows)
{
    Out o = {batch_new(in->arena, op->node->schema, rows), NULL};
    o.b->n = 0;
    o.b->partition = in->partition;
    o.b->errors = in->errors;
    o.b->kind = arena_alloc(in->arena, (size_t)rows);
    o.b->flags = arena_zalloc(in->arena, (size_t)rows);
    if (in->headers)
        o.b->headers = o.headers = arena_zalloc(in->arena, sizeof *o.headers * (size_t)rows);
    return o;
}

static int out_row(Out *o, const Batch *in, int row, RowKind kind)
{
    int at = o->b->n++;
    o->b->ts[at] = in->ts[row];
    o->b->offset[at] = in->offset[row];
    o->b->kind[at] = (uint8_t)kind;
    if (o->headers)
        o->headers[at] = in->headers[row];
    return at;
}

static void copy_row(const Op *op, Out *o, int at, const Batch *in, int row)
{
    int cap = 2 * in->nsel;
    for (int c = 0; c < op->node->schema->n; c++)
        if (op->node->stored[c])
            column_put(in->arena, &o->b->cols[c], cap, at, column_get(&in->cols[c], row));
}

/* Puts a saved row into row `at`; keys come from the record in hand. */
static bool load_row(const Op *op, Out *o, int at, const Batch *in, int row, const TableRow *saved)
{
    const Schema *s = op->node->schema;
    int cap = 2 * in->nsel;
    char *copy = arena_dup(in->arena, saved->bytes, saved->len);
    Rd rd = rd_of((Str){copy, saved->len});
    rd_varint(&rd);
    for (int c = 0; c < s->n; c++) {
        if (!op->node->stored[c])
            continue;
        Value v = s->cols[c].role == ROLE_KEY ? column_get(&in->cols[c], row) : value_load(&rd, in->arena, s->cols[c].type);
        column_put(in->arena, &o->b->cols[c], cap, at, v);
    }
    return !rd.bad;
}

static void save_row(OpTable *t, const Batch *b, int row, TableRow *r)
{
    const Schema *s = t->op.node->schema;
    buf_clear(&t->row);
    buf_varint(&t->row, zigzag(b->ts[row]));
    for (int c = 0; c < s->n; c++) {
        if (!t->op.node->stored[c] || s->cols[c].role == ROLE_KEY)
            continue;
        Value v = column_get(&b->cols[c], row);
        value_save(&t->row, s->cols[c].type, &v);
    }
    row_set(t, r, buf_view(&t->row));
}

/* Of a row that goes: when it went is all that is left to tell. */
static void keep_time(OpTable *t, TableRow *r, int64_t ts)
{
    buf_clear(&t->row);
    buf_varint(&t->row, zigzag(ts));
    row_set(t, r, buf_view(&t->row));
}

/* ---- input ---- */

static void encode_key(OpTable *t, const Batch *b, int row)
{
    buf_clear(&t->key);
    for (int k = 0; k < t->op.node->nkeys; k++) {
        Value v = column_get(&b->cols[k], row);
        value_save(&t->key, b->schema->cols[k].type, &v);
    }
}

static Status delete_row(OpTable *t, const Batch *b, int row, Out *o, Err *err)
{
    StoreEntry *e;
    Str key = buf_view(&t->key);
    Status st = store_find(t->store, key, str_hash(key), &e, err);
    if (st)
        return st;
    int at = out_row(o, b, row, ROW_DELETE);
    if (!e) {
        o->b->flags[at] = ROW_VALUE_NULL;
        int cap = 2 * b->nsel;
        for (int c = 0; c < b->schema->n; c++)
            if (t->op.node->stored[c])
                column_put(b->arena, &o->b->cols[c], cap, at,
                           c < t->op.node->nkeys ? column_get(&b->cols[c], row) : value_null());
        return OK;
    }
    if (!load_row(&t->op, o, at, b, row, store_state(e)))
        return err_set(err, ERR_CORRUPT, "the state of table %s does not read", t->op.node->context);
    if (t->log)
        keep_time(t, store_state(e), b->ts[row]);
    e->mark = 1;
    store_delete(t->store, e);
    return OK;
}

static Status upsert_row(OpTable *t, const Batch *b, int row, Out *o, Err *err)
{
    StoreEntry *e;
    bool made;
    Str key = buf_view(&t->key);
    Status st = store_upsert(t->store, key, str_hash(key), &e, &made, err);
    if (st)
        return st;
    TableRow *saved = store_state(e);
    if (!made) {
        int before = out_row(o, b, row, ROW_UPDATE_BEFORE);
        if (!load_row(&t->op, o, before, b, row, saved))
            return err_set(err, ERR_CORRUPT, "the state of table %s does not read", t->op.node->context);
    }
    copy_row(&t->op, o, out_row(o, b, row, made ? ROW_INSERT : ROW_UPDATE_AFTER), b, row);
    save_row(t, b, row, saved);
    e->mark = 1;
    store_touch(t->store, e);
    return OK;
}

static Status on_batch(Op *op, const Batch *b, Err *err)
{
    OpTable *t = (OpTable *)op;
    /* Two output rows an input row: a full batch is taken in halves. */
    int step = LIMIT_BATCH_ROWS / 2;
    for (int from = 0; from < b->nsel; from += step) {
        Batch *part = batch_share(b->arena, b);
        part->nsel = b->nsel - from < step ? b->nsel - from : step;
        uint16_t *sel = arena_alloc(b->arena, sizeof *sel * (size_t)part->nsel);
        for (int i = 0; i < part->nsel; i++)
            sel[i] = (uint16_t)batch_row(b, from + i);
        part->sel = sel;
        Out o = out_new(op, part, 2 * part->nsel);
        for (int i = 0; i < part->nsel; i++) {
            int row = sel[i], flags = batch_flags(b, row);
            if (flags & ROW_KEY_NULL) {
                static const Str why = {"Skipping record due to null key.", 32};
                op_row_failed(op, op->node->context, ROWERR_EVALUATE, b, row, why);
                continue;
            }
            encode_key(t, b, row);
            Status st = flags & ROW_VALUE_NULL ? delete_row(t, part, row, &o, err) : upsert_row(t, part, row, &o, err);
            if (st)
                return st;
        }
        o.b->nsel = o.b->n;
        Status st = o.b->n ? op_emit(op, o.b, err) : OK;
        if (st)
            return st;
    }
    return OK;
}

/* ---- commit ---- */

/* mark: changed by a row of the input, not by a restore. */
static void log_entry(void *arg, StoreEntry *e)
{
    OpTable *t = arg;
    const Schema *s = t->op.node->schema;
    const TableRow *saved = store_state(e);
    if (!e->mark)
        return;
    Rd rd = rd_of((Str){saved->bytes, saved->len});
    int64_t ts = unzigzag(rd_varint(&rd));
    changelog_key(t->log, store_key(t->store, e));
    for (int c = 0; c < s->n && !e->dead; c++) {
        if (!t->op.node->stored[c] || s->cols[c].role == ROLE_KEY)
            continue;
        Value v = value_load(&rd, t->op.env->arena, s->cols[c].type);
        if (t->logged[c] >= 0)
            changelog_cell(t->log, t->logged[c], v);
    }
    changelog_record(t->log, ts, e->dead);
}

static Status on_commit(Op *op, Err *err)
{
    OpTable *t = (OpTable *)op;
    if (t->log) {
        changelog_begin(t->log, err);
        store_dirty(t->store, log_entry, t);
        Status st = changelog_end(t->log);
        if (st)
            return st;
    }
    if (op->env->disk)
        store_flush(t->store, unit_disk(op->env->unit));
    return OK;
}

static void clear_mark(void *arg, StoreEntry *e)
{
    UNUSED(arg);
    e->mark = 0;
}

static void committed(Op *op)
{
    OpTable *t = (OpTable *)op;
    if (t->log)
        store_dirty(t->store, clear_mark, NULL);
    store_committed(t->store);
}

static size_t held(const Op *op) { return store_dirty_bytes(((const OpTable *)op)->store); }

static void close_table(Op *op)
{
    OpTable *t = (OpTable *)op;
    store_free(t->store);
    blocks_clear(&t->rows);
    changelog_close(t->log);
    buf_free(&t->key);
    buf_free(&t->row);
}

/* ---- restore ---- */

/* Row of the changelog as save_row would have it. */
static void restore_row(OpTable *t, const Batch *b, int row, TableRow *r)
{
    const PNode *node = t->op.node;
    const Schema *s = node->schema;
    buf_clear(&t->row);
    buf_varint(&t->row, zigzag(b->ts[row]));
    for (int c = 0; c < s->n; c++) {
        if (!node->stored[c] || s->cols[c].role == ROLE_KEY)
            continue;
        Value v = value_null();
        if (t->logged[c] >= 0)
            v = column_get(&b->cols[node->nkeys + t->logged[c]], row);
        else if (str_eq_c(s->cols[c].name, "ROWTIME"))
            v = value_bigint(b->ts[row]);
        value_save(&t->row, s->cols[c].type, &v);
    }
    row_set(t, r, buf_view(&t->row));
}

static Status restore(Op *op, const Batch *b, Err *err)
{
    OpTable *t = (OpTable *)op;
    Status st = OK;
    for (int i = 0; i < b->nsel && st == OK; i++) {
        int row = batch_row(b, i), flags = batch_flags(b, row);
        StoreEntry *e;
        bool made;
        if (flags & ROW_KEY_NULL)
            continue;
        encode_key(t, b, row);
        Str key = buf_view(&t->key);
        if (flags & ROW_VALUE_NULL) {
            st = store_find(t->store, key, str_hash(key), &e, err);
            if (st == OK && e)
                store_delete(t->store, e);
            continue;
        }
        st = store_upsert(t->store, key, str_hash(key), &e, &made, err);
        if (st == OK) {
            restore_row(t, b, row, store_state(e));
            store_touch(t->store, e);
        }
    }
    return st;
}

static void restored(Op *op, DiskBatch *batch) { op_store_restored(((OpTable *)op)->store, batch); }

/* ---- reads of the state ---- */

typedef struct Reading {
    OpTable *t;
    Batch *b;
    int cap;
    Op *to;
    Arena *a;
    Status st;
    Err *err;
} Reading;

static void start_batch(Reading *rd)
{
    rd->b = batch_new(rd->a, rd->t->op.node->schema, rd->cap);
    rd->b->n = 0;
    rd->b->errors = ARENA_NEW(rd->a, ErrorSet);
}

static Status flush_batch(Reading *rd)
{
    rd->b->nsel = rd->b->n;
    Status st = rd->b->n ? rd->to->class->on_batch(rd->to, rd->b, rd->err) : OK;
    start_batch(rd);
    return st;
}

static bool read_row(void *arg, Str key, const void *state)
{
    Reading *rd = arg;
    const TableRow *saved = state;
    const Schema *s = rd->t->op.node->schema;
    Rd kr = rd_of(arena_str(rd->a, key));
    Rd vr = rd_of(arena_str(rd->a, (Str){saved->bytes, saved->len}));
    int at = rd->b->n++;
    rd->b->ts[at] = unzigzag(rd_varint(&vr));
    rd->b->offset[at] = -1;
    for (int c = 0; c < s->n; c++) {
        Value v = value_null();
        if (s->cols[c].role == ROLE_KEY)
            v = value_load(&kr, rd->a, s->cols[c].type);
        else if (rd->t->op.node->stored[c])
            v = value_load(&vr, rd->a, s->cols[c].type);
        else if (str_eq_c(s->cols[c].name, "ROWTIME"))
            v = value_bigint(rd->b->ts[at]);
        column_put(rd->a, &rd->b->cols[c], rd->cap, at, v);
    }
    if (kr.bad || vr.bad)
        rd->st = err_set(rd->err, ERR_CORRUPT, "the state of table %s does not read", rd->t->op.node->context);
    else if (rd->b->n == rd->cap)
        rd->st = flush_batch(rd);
    return rd->st == OK;
}

Status op_table_rows(Op *op, const Value *const *keys, int n, Arena *a, Op *to, Err *err)
{
    OpTable *t = (OpTable *)op;
    Reading rd = {.t = t, .cap = op->env->batch_rows, .to = to, .a = a, .err = err};
    start_batch(&rd);
    if (!keys) {
        Status st = store_scan(t->store, true, read_row, &rd, err);
        return st ? st : rd.st ? rd.st : flush_batch(&rd);
    }
    for (int i = 0; i < n; i++) {
        StoreEntry *e;
        buf_clear(&t->key);
        for (int k = 0; k < op->node->nkeys; k++)
            value_save(&t->key, op->node->schema->cols[k].type, &keys[i][k]);
        Str key = buf_view(&t->key);
        Status st = store_find(t->store, key, str_hash(key), &e, err);
        if (st)
            return st;
        if (e && !read_row(&rd, store_key(t->store, e), store_state(e)))
            return rd.st;
    }
    return flush_batch(&rd);
}

static const OpClass class = {.name = "table", .on_batch = on_batch, .on_commit = on_commit, .committed = committed,
                              .held = held, .restore = restore, .restored = restored,
                              .close = close_table};

Status op_table_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err)
{
    OpTable *t = ARENA_NEW(a, OpTable);
    t->op = (Op){.class = &class, .node = node, .env = env};
    t->logged = ARENA_ARRAY(a, int, node->schema->n);
    for (int c = 0; c < node->schema->n; c++)
        t->logged[c] = -1;
    for (int i = 0; i < node->nlogged; i++)
        t->logged[node->logged[i]] = i;
    const StoreOwner owner = {.arg = t, .size = sizeof(TableRow), .save = row_save, .load = row_load, .drop = row_drop,
                              .weight = row_weight};
    t->store = op_store_new(&t->op, &owner);
    *out = &t->op;
    return changelog_open(a, node, env, &t->log, err);
}
