// SPDX-License-Identifier: Apache-2.0
// Aggregate: GROUP BY. Input: grouping columns, then the aggregates' arguments (op_project's GROUP); an
// insert adds its row to a group, a delete takes it out again, a pair does both and is one update. Output:
// grouping columns, results, ROWTIME.
//
// Two ways to emit, chosen for the task:
//   every update  a change goes out for each input row, with its headers
//   coalesced     changes of a commit go out at the commit, one a key, the least recently updated first
//
// The row before a change goes out only where a later step needs it (HAVING): in the coalesced way it
// is kept, as saved results, from the first change after a commit on.
//
// A batch is worked in passes over scratch arrays: keys, hashes, look-ups, then one pass an aggregate.
//
// Where the store has a changelog, the commit writes each changed group into it, with the columns of the group's last row.
//
// State of a key, PERSISTED v1: timestamp (varint, zigzag), then each aggregate's state (its save, or its bytes).
#include "exec/aggregate.h"

#include <stdio.h>

/* ---- the last row of a group ---- */

static LastRow *last_row(const OpAggregate *g, void *state) { return (LastRow *)(void *)((char *)state + g->last_at); }

static Str last_bytes(const LastRow *last) { return (Str){last->len > sizeof last->in ? last->bytes : last->in, last->len}; }

static void forget_last(OpAggregate *g, void *state)
{
    LastRow *last = last_row(g, state);
    if (last->len > sizeof last->in)
        blocks_free(&g->kept, last->bytes, last->len);
    last->len = 0;
}

/* ---- states ---- */

static void state_init(OpAggregate *g, void *state)
{
    for (int i = 0; i < g->op.node->naggs; i++)
        if (g->aggs[i].row->init)
            g->aggs[i].row->init(&g->aggs[i].ctx, (char *)state + g->aggs[i].at);
}

static void state_save(void *arg, const void *state, Buf *out)
{
    OpAggregate *g = arg;
    buf_varint(out, zigzag(((const Group *)state)->ts));
    for (int i = 0; i < g->op.node->naggs; i++) {
        const void *s = (const char *)state + g->aggs[i].at;
        if (g->aggs[i].row->save)
            g->aggs[i].row->save(&g->aggs[i].ctx, s, out);
        else
            buf_bytes(out, s, (size_t)g->aggs[i].row->size);
    }
}

static bool state_load(void *arg, void *state, Rd *in)
{
    OpAggregate *g = arg;
    ((Group *)state)->ts = unzigzag(rd_varint(in));
    state_init(g, state);
    for (int i = 0; i < g->op.node->naggs; i++) {
        void *s = (char *)state + g->aggs[i].at;
        if (g->aggs[i].row->load) {
            if (!g->aggs[i].row->load(&g->aggs[i].ctx, s, in))
                return false;
            continue;
        }
        Str bytes = rd_bytes(in, (size_t)g->aggs[i].row->size);
        if (in->bad)
            return false;
        memcpy(s, bytes.p, bytes.n);
    }
    return !in->bad;
}

static void state_drop(void *arg, void *state)
{
    OpAggregate *g = arg;
    Group *gr = state;
    blocks_free(&g->kept, gr->before, gr->before_len);
    blocks_free(&g->kept, gr->headers, gr->headers_len);
    if (g->last_at)
        forget_last(g, gr);
    for (int i = 0; i < g->op.node->naggs; i++)
        if (g->aggs[i].row->drop)
            g->aggs[i].row->drop(&g->aggs[i].ctx, (char *)state + g->aggs[i].at);
}

/* ---- keys ---- */

/* n bytes without a call where they are few. */
static inline void copy_text(char *to, const char *from, size_t n)
{
    uint64_t x[4];
    if (n > 32 || n < 8) {
        if (n >= 4 && n < 8) {
            memcpy(&x[0], from, 4);
            memcpy(&x[1], from + n - 4, 4);
            memcpy(to, &x[0], 4);
            memcpy(to + n - 4, &x[1], 4);
        } else if (n) {
            memcpy(to, from, n);
        }
        return;
    }
    memcpy(&x[0], from, 8);
    memcpy(&x[1], from + n - 8, 8);
    if (n > 16) {
        memcpy(&x[2], from + 8, 8);
        memcpy(&x[3], from + n - 16, 8);
        memcpy(to + 8, &x[2], 8);
        memcpy(to + n - 16, &x[3], 8);
    }
    memcpy(to, &x[0], 8);
    memcpy(to + n - 8, &x[1], 8);
}

/* As value_save writes a STRING. */
static inline void key_string(Buf *out, const Column *c, int row)
{
    if (c->constant)
        row = 0;
    if (c->valid && !bit_get(c->valid, row)) {
        buf_byte(out, 0);
        return;
    }
    View v = c->s[row];
    char *p = buf_room(out, v.n + 11u);
    *p++ = 1;
    uint32_t n = v.n;
    for (; n >= 0x80; n >>= 7)
        *p++ = (char)(n | 0x80);
    *p++ = (char)n;
    copy_text(p, v.p, v.n);
    out->n = (size_t)(p + v.n - out->p);
}

static void encode_keys(OpAggregate *g, const Batch *b)
{
    Buf *keys = &g->keys;
    buf_clear(keys);
    buf_room(keys, 1); /* without grouping columns every key is empty, but it is somewhere */
    g->key_at = arena_alloc(b->arena, sizeof *g->key_at * (size_t)(b->nsel + 1));
    g->hashes = arena_alloc(b->arena, sizeof *g->hashes * (size_t)(b->nsel + 1));
    for (int i = 0; i < b->nsel; i++) {
        int row = batch_row(b, i);
        size_t from = keys->n;
        g->key_at[i] = (uint32_t)from;
        for (int k = 0; k < g->op.node->nkeys; k++) {
            const Column *c = &b->cols[k];
            if (c->type->kind == KIND_STRING) {
                key_string(keys, c, row);
            } else {
                Value v = column_get(c, row);
                value_save(keys, c->type, &v);
            }
        }
        g->hashes[i] = str_hash((Str){keys->p + from, keys->n - from});
    }
    g->key_at[b->nsel] = (uint32_t)keys->n;
}

static Status find_group(OpAggregate *g, int i, StoreEntry **e, bool *made, Err *err)
{
    Str key = {g->keys.p + g->key_at[i], g->key_at[i + 1] - g->key_at[i]};
    Status st = store_upsert(g->store, key, g->hashes[i], e, made, err);
    if (st == OK && *made) {
        ((Group *)store_state(*e))->ts = INT64_MIN;
        state_init(g, store_state(*e));
    }
    return st;
}

/* ---- output ---- */

static Value result_of(OpAggregate *g, const void *state, int i, Arena *a)
{
    Value v = value_null();
    AggCtx *c = &g->aggs[i].ctx;
    c->arena = a;
    g->aggs[i].row->result_of(c, (const char *)state + g->aggs[i].at, &v);
    return v;
}

static void out_start(OpAggregate *g, AggOut *o, Arena *a, int rows, const Batch *in)
{
    *o = (AggOut){.b = batch_new(a, g->op.node->schema, rows), .cap = rows, .arena = a};
    o->b->n = 0;
    o->b->partition = g->op.env->partition;
    o->b->errors = in ? in->errors : ARENA_NEW(a, ErrorSet);
    o->b->kind = arena_alloc(a, (size_t)rows);
}

/* ROWTIME, the last column, is the rows' timestamps. */
static Status out_flush(OpAggregate *g, AggOut *o, Err *err)
{
    o->b->nsel = o->b->n;
    o->b->headers = o->headers;
    return o->b->n ? op_emit(&g->op, o->b, err) : OK;
}

static int out_row(OpAggregate *g, AggOut *o, Str key, int64_t ts, RowKind kind)
{
    int at = o->b->n++;
    const PNode *node = g->op.node;
    Rd rd = rd_of(arena_str(o->arena, key));
    for (int k = 0; k < node->nkeys; k++)
        column_put(o->arena, &o->b->cols[k], o->cap, at, value_load(&rd, o->arena, node->schema->cols[k].type));
    o->b->ts[at] = ts;
    o->b->offset[at] = -1;
    o->b->kind[at] = (uint8_t)kind;
    o->b->cols[node->schema->n - 1].l[at] = ts;
    return at;
}

static void out_results(OpAggregate *g, AggOut *o, int at, const void *state)
{
    for (int i = 0; i < g->op.node->naggs; i++)
        column_put(o->arena, &o->b->cols[g->op.node->nkeys + i], o->cap, at, result_of(g, state, i, o->arena));
}

/* The results as they stand, to be put out later as the row before a change. */
static void keep_before(OpAggregate *g, Group *gr, Arena *a)
{
    Buf *b = &g->scratch;
    buf_clear(b);
    buf_varint(b, zigzag(gr->ts));
    for (int i = 0; i < g->op.node->naggs; i++) {
        Value v = result_of(g, gr, i, a);
        value_save(b, g->op.node->aggs[i].result, &v);
    }
    gr->before = blocks_fit(&g->kept, gr->before, gr->before_len, b->n);
    gr->before_len = (uint32_t)b->n;
    memcpy(gr->before, b->p, b->n);
}

static void out_before(OpAggregate *g, AggOut *o, Str key, Group *gr)
{
    const PNode *node = g->op.node;
    char *copy = arena_dup(o->arena, gr->before, gr->before_len);
    Rd rd = rd_of((Str){copy, gr->before_len});
    int at = out_row(g, o, key, unzigzag(rd_varint(&rd)), ROW_UPDATE_BEFORE);
    for (int i = 0; i < node->naggs; i++)
        column_put(o->arena, &o->b->cols[node->nkeys + i], o->cap, at, value_load(&rd, o->arena, node->aggs[i].result));
}

/* ---- headers of the last update, kept until the commit ---- */

static void keep_headers(OpAggregate *g, Group *gr, const Headers *h)
{
    if (!h->n && !gr->headers)
        return;
    Buf *b = &g->scratch;
    buf_clear(b);
    buf_varint(b, (uint64_t)h->n);
    for (int i = 0; i < h->n; i++) {
        buf_varint(b, h->h[i].key.n);
        buf_str(b, h->h[i].key);
        buf_varint(b, h->h[i].value.p ? h->h[i].value.n + 1 : 0);
        buf_str(b, h->h[i].value);
    }
    gr->headers = blocks_fit(&g->kept, gr->headers, gr->headers_len, b->n);
    gr->headers_len = (uint32_t)b->n;
    memcpy(gr->headers, b->p, b->n);
}

static Headers load_headers(const Group *gr, Arena *a)
{
    char *copy = arena_dup(a, gr->headers, gr->headers_len);
    Rd rd = rd_of((Str){copy, gr->headers_len});
    int n = (int)rd_varint(&rd);
    Header *h = ARENA_ARRAY(a, Header, n);
    for (int i = 0; i < n; i++) {
        h[i].key = rd_bytes(&rd, rd_varint(&rd));
        uint64_t len = rd_varint(&rd);
        h[i].value = len ? rd_bytes(&rd, len - 1) : (Str){NULL, 0};
    }
    return (Headers){n, h};
}

static void out_headers(AggOut *o, int at, Headers h)
{
    if (!o->headers) {
        if (!h.n)
            return;
        o->headers = arena_zalloc(o->arena, sizeof *o->headers * (size_t)o->cap);
    }
    o->headers[at] = h;
}

/* ---- for the changelog ---- */

static void keep_last(OpAggregate *g, const Batch *b, int row, Group *gr)
{
    LastRow *last = last_row(g, gr);
    Buf *out = &g->scratch;
    buf_clear(out);
    for (int i = 0; i < g->op.node->nlogged; i++) {
        if (g->op.node->logged[i] < g->op.node->nkeys)
            continue; /* the key has it */
        const Column *c = &b->cols[g->op.node->logged[i]];
        if (c->type->kind == KIND_STRING) {
            key_string(out, c, row);
        } else {
            Value v = column_get(c, row);
            value_save(out, c->type, &v);
        }
    }
    bool was_in = last->len <= sizeof last->in;
    if (out->n > sizeof last->in)
        last->bytes = blocks_fit(&g->kept, was_in ? NULL : last->bytes, was_in ? 0 : last->len, out->n);
    else if (!was_in)
        blocks_free(&g->kept, last->bytes, last->len);
    last->len = (uint32_t)out->n;
    memcpy(out->n > sizeof last->in ? last->bytes : last->in, out->p, out->n);
}

/* Of each group of the rows in hand only its last is saved. */
static void keep_lasts(OpAggregate *g, const Batch *b, const uint16_t *rows, int n)
{
    for (int i = 0; i < n; i++)
        last_row(g, g->states[i])->row = rows[i];
    for (int i = 0; i < n; i++)
        if (last_row(g, g->states[i])->row == rows[i])
            keep_last(g, b, rows[i], g->states[i]);
}

/* ---- every update ---- */

static bool takes_out(RowKind k) { return k == ROW_DELETE || k == ROW_UPDATE_BEFORE; }

static void apply_row(OpAggregate *g, const Batch *b, int row, void *state, bool undo)
{
    const PNode *node = g->op.node;
    Value args[16];
    for (int i = 0; i < node->naggs; i++) {
        const LAgg *agg = &node->aggs[i];
        for (int k = 0; k < agg->nargs; k++)
            args[k] = column_get(&b->cols[agg->args[k]], row);
        AggCtx *c = &g->aggs[i].ctx;
        c->failed = false;
        c->arena = b->arena;
        (undo ? agg->row->undo : agg->row->add)(c, (char *)state + g->aggs[i].at, args);
        if (c->failed)
            op_row_failed(&g->op, node->context, ROWERR_EVALUATE, b, row, str_of(c->reason));
    }
}

/* Rows from … to-1 of the selection: at most half a batch, since each may put out two. */
static Status each_update(OpAggregate *g, const Batch *b, int from, int to, Err *err)
{
    AggOut o;
    out_start(g, &o, b->arena, 2 * (to - from), b);
    for (int i = from; i < to; i++) {
        StoreEntry *e;
        bool made;
        int row = batch_row(b, i);
        Status st = find_group(g, i, &e, &made, err);
        if (st)
            return st;
        Group *gr = store_state(e);
        bool before = g->op.node->needs_before && !made;
        bool second = i > 0 && batch_kind(b, batch_row(b, i - 1)) == ROW_UPDATE_BEFORE;
        if (before && !second)
            keep_before(g, gr, b->arena);
        RowKind kind = batch_kind(b, row);
        apply_row(g, b, row, gr, takes_out(kind));
        if (b->ts[row] > gr->ts)
            gr->ts = b->ts[row];
        store_touch(g->store, e);
        e->mark = 1;
        if (g->last_at)
            keep_last(g, b, row, gr);
        if (kind == ROW_UPDATE_BEFORE)
            continue; /* its other half follows and is answered */
        if (before)
            out_before(g, &o, store_key(g->store, e), gr);
        int at = out_row(g, &o, store_key(g->store, e), gr->ts, made ? ROW_INSERT : ROW_UPDATE_AFTER);
        out_results(g, &o, at, gr);
        if (b->headers)
            out_headers(&o, at, b->headers[row]);
    }
    return out_flush(g, &o, err);
}

/* ---- coalesced ---- */

/* Rows whose groups' states are in g->states. */
static void add_column(OpAggregate *g, int i, const Batch *b, const uint16_t *rows, int n)
{
    const LAgg *agg = &g->op.node->aggs[i];
    if (!agg->row->add_rows || b->kind) {
        Value args[16];
        AggCtx *c = &g->aggs[i].ctx;
        for (int k = 0; k < n; k++) {
            for (int j = 0; j < agg->nargs; j++)
                args[j] = column_get(&b->cols[agg->args[j]], rows[k]);
            c->failed = false;
            c->arena = b->arena;
            bool undo = takes_out(batch_kind(b, rows[k]));
            (undo ? agg->row->undo : agg->row->add)(c, (char *)g->states[k] + g->aggs[i].at, args);
            if (c->failed)
                op_row_failed(&g->op, g->op.node->context, ROWERR_EVALUATE, b, rows[k], str_of(c->reason));
        }
        return;
    }
    Column args[16];
    for (int j = 0; j < agg->nargs; j++)
        args[j] = b->cols[agg->args[j]];
    agg->row->add_rows(&g->aggs[i].ctx, g->states, (size_t)g->aggs[i].at, args, rows, n);
}

/* Rows from … from+n-1 of the selection; few enough for their entries to stay in the nearest caches. */
static Status coalesce(OpAggregate *g, const Batch *b, int from, int n, Err *err)
{
    uint16_t rows[COALESCE_ROWS];
    StoreEntry *entries[COALESCE_ROWS];
    const StoreKeys keys = {g->keys.p, g->key_at + from, g->hashes + from};
    store_find_hot(g->store, &keys, n, entries);
    for (int i = 0; i < n; i++) {
        StoreEntry *e = entries[i];
        bool made = false;
        Status st = e ? OK : find_group(g, from + i, &e, &made, err);
        if (st)
            return st;
        Group *gr = store_state(e);
        int row = batch_row(b, from + i);
        if (g->op.node->needs_before && !e->mark && !made)
            keep_before(g, gr, b->arena);
        if (made)
            gr->fresh = true;
        e->mark = 1;
        if (b->ts[row] > gr->ts)
            gr->ts = b->ts[row];
        store_touch(g->store, e);
        g->states[i] = gr;
        rows[i] = (uint16_t)row;
    }
    for (int i = 0; i < g->op.node->naggs; i++)
        add_column(g, i, b, rows, n);
    if (g->last_at)
        keep_lasts(g, b, rows, n);
    if (b->headers)
        for (int i = 0; i < n; i++)
            keep_headers(g, g->states[i], &b->headers[rows[i]]);
    return OK;
}

static Status on_batch(Op *op, const Batch *b, Err *err)
{
    OpAggregate *g = (OpAggregate *)op;
    int step = op->env->coalesce ? COALESCE_ROWS : LIMIT_BATCH_ROWS / 2;
    Status st = OK;
    encode_keys(g, b);
    for (int from = 0; from < b->nsel && st == OK; from += step) {
        int n = b->nsel - from < step ? b->nsel - from : step;
        st = op->env->coalesce ? coalesce(g, b, from, n, err) : each_update(g, b, from, from + n, err);
    }
    return st;
}

/* ---- commit ---- */

typedef struct Emission {
    OpAggregate *g;
    AggOut o;
    Op *to; /* reads: who takes the rows */
    Err *err;
    Status st;
} Emission;

static void emit_group(Emission *em, StoreEntry *e)
{
    OpAggregate *g = em->g;
    Group *gr = store_state(e);
    if (em->o.b->n + 2 > em->o.cap) {
        em->st = out_flush(g, &em->o, em->err);
        out_start(g, &em->o, g->op.env->arena, em->o.cap, NULL);
    }
    Str key = store_key(g->store, e);
    if (gr->before)
        out_before(g, &em->o, key, gr);
    int at = out_row(g, &em->o, key, gr->ts, gr->fresh ? ROW_INSERT : ROW_UPDATE_AFTER);
    out_results(g, &em->o, at, gr);
    if (gr->headers)
        out_headers(&em->o, at, load_headers(gr, em->o.arena));
}

static void log_group(OpAggregate *g, StoreEntry *e)
{
    const PNode *node = g->op.node;
    Group *gr = store_state(e);
    Rd in = g->last_at ? rd_of(last_bytes(last_row(g, gr))) : rd_of((Str){NULL, 0});
    changelog_key(g->log, store_key(g->store, e));
    for (int i = 0; i < node->nlogged; i++) {
        int c = node->logged[i];
        bool of_key = c < node->nkeys;
        changelog_cell(g->log, i, of_key ? g->log->keys[c] : value_load(&in, g->op.env->arena, node->in->cols[c].type));
    }
    for (int i = 0; i < node->nvars; i++) {
        const AggSlot *slot = &g->aggs[node->vars[i]];
        Value v = value_null();
        AggCtx *c = &g->aggs[node->vars[i]].ctx;
        c->arena = g->op.env->arena;
        (slot->row->export_of ? slot->row->export_of : slot->row->result_of)(c, (const char *)gr + slot->at, &v);
        changelog_cell(g->log, node->nlogged + i, v);
    }
    changelog_record(g->log, gr->ts, e->dead);
}

/* mark: changed by a row of the input, not by a restore. */
static void commit_entry(void *arg, StoreEntry *e)
{
    Emission *em = arg;
    OpAggregate *g = em->g;
    if (em->st || !e->mark)
        return;
    if (g->op.env->coalesce && !e->dead)
        emit_group(em, e);
    if (g->log)
        log_group(g, e);
}

static void clear_marks(void *arg, StoreEntry *e)
{
    OpAggregate *g = arg;
    Group *gr = store_state(e);
    e->mark = 0;
    gr->fresh = false;
    blocks_free(&g->kept, gr->before, gr->before_len);
    blocks_free(&g->kept, gr->headers, gr->headers_len);
    gr->before = gr->headers = NULL;
    if (g->last_at)
        forget_last(g, gr);
}

static Status on_commit(Op *op, Err *err)
{
    OpAggregate *g = (OpAggregate *)op;
    Emission em = {.g = g, .err = err};
    if (g->log)
        changelog_begin(g->log, err);
    if ((op->env->coalesce || g->log) && store_dirty_count(g->store)) {
        int rows = op->env->batch_rows < 2 ? 2 : op->env->batch_rows;
        if (op->env->coalesce)
            out_start(g, &em.o, op->env->arena, rows, NULL);
        store_dirty(g->store, commit_entry, &em);
        if (op->env->coalesce && em.st == OK)
            em.st = out_flush(g, &em.o, err);
    }
    if (g->log && em.st == OK)
        em.st = changelog_end(g->log);
    if (em.st)
        return em.st;
    if (op->env->disk)
        store_flush(g->store, unit_disk(op->env->unit));
    return OK;
}

static void committed(Op *op)
{
    OpAggregate *g = (OpAggregate *)op;
    store_dirty(g->store, clear_marks, g);
    store_committed(g->store);
}

static size_t held(const Op *op) { return store_dirty_bytes(((const OpAggregate *)op)->store); }

static void close_aggregate(Op *op)
{
    OpAggregate *g = (OpAggregate *)op;
    store_free(g->store);
    blocks_clear(&g->kept);
    changelog_close(g->log);
    buf_free(&g->keys);
    buf_free(&g->scratch);
}

/* ---- restore ---- */

/* The states of a row of the changelog. */
static Status import_states(OpAggregate *g, const Batch *b, int row, Group *gr, Err *err)
{
    const PNode *node = g->op.node;
    for (int i = 0; i < node->naggs; i++)
        if (g->aggs[i].row->drop)
            g->aggs[i].row->drop(&g->aggs[i].ctx, (char *)gr + g->aggs[i].at);
    memset((char *)gr + g->states_at, 0, (size_t)(g->size - g->states_at));
    state_init(g, gr);
    gr->ts = b->ts[row];
    for (int i = 0; i < node->nvars; i++) {
        AggSlot *slot = &g->aggs[node->vars[i]];
        bool again = false; /* an aggregate that is written twice has been read */
        for (int k = 0; k < i; k++)
            again |= node->vars[k] == node->vars[i];
        if (again)
            continue;
        Value v = column_get(&b->cols[node->nkeys + node->nlogged + i], row);
        slot->ctx.arena = b->arena;
        if (!slot->row->import(&slot->ctx, (char *)gr + slot->at, &v))
            return err_set(err, ERR_CORRUPT, "%.*s at offset %lld holds no state of %.*s", STR_ARG(node->log->topic),
                           (long long)b->offset[row], (int)strcspn(slot->row->signature, "("), slot->row->signature);
    }
    return OK;
}

static Status restore(Op *op, const Batch *b, Err *err)
{
    OpAggregate *g = (OpAggregate *)op;
    Status st = OK;
    encode_keys(g, b);
    for (int i = 0; i < b->nsel && st == OK; i++) {
        int row = batch_row(b, i), flags = batch_flags(b, row);
        StoreEntry *e;
        bool made;
        if (flags & ROW_KEY_NULL)
            continue;
        if (flags & ROW_VALUE_NULL) {
            Str key = {g->keys.p + g->key_at[i], g->key_at[i + 1] - g->key_at[i]};
            st = store_find(g->store, key, g->hashes[i], &e, err);
            if (st == OK && e)
                store_delete(g->store, e);
            continue;
        }
        st = find_group(g, i, &e, &made, err);
        if (st)
            return st;
        st = import_states(g, b, row, store_state(e), err);
        store_touch(g->store, e);
    }
    return st;
}

static void restored(Op *op, DiskBatch *batch) { op_store_restored(((OpAggregate *)op)->store, batch); }

static const OpClass class = {.name = "aggregate", .on_batch = on_batch, .on_commit = on_commit, .committed = committed,
                              .held = held, .restore = restore, .restored = restored,
                              .close = close_aggregate};

/* ksql.functions.<name>.limit, -1 when unset. */
static int64_t element_limit(const OpEnv *env, const AggRow *row)
{
    char name[64];
    int n = (int)strcspn(row->signature, "(");
    snprintf(name, sizeof name, "ksql.functions.%.*s.limit", n, row->signature);
    for (char *p = name; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    return env->props && prop_find(str_of(name)) ? props_int(env->props, name) : -1;
}

Status op_aggregate_new(Arena *a, const PNode *node, OpEnv *env, Op **out, Err *err)
{
    OpAggregate *g = ARENA_NEW(a, OpAggregate);
    g->op = (Op){.class = &class, .node = node, .env = env};
    g->aggs = ARENA_ARRAY(a, AggSlot, node->naggs);
    int size = (int)sizeof(Group);
    bool more = false; /* is logged than the key */
    for (int i = 0; i < node->nlogged; i++)
        more |= node->logged[i] >= node->nkeys;
    if (env->changelog && node->log && more) {
        g->last_at = size;
        size += (int)sizeof(LastRow);
    }
    g->states_at = size;
    for (int i = 0; i < node->naggs; i++) {
        const LAgg *agg = &node->aggs[i];
        const Type **types = ARENA_ARRAY(a, const Type *, agg->nargs);
        for (int k = 0; k < agg->nargs; k++)
            types[k] = node->in->cols[agg->args[k]].type;
        size = (size + 15) & ~15;
        g->aggs[i] = (AggSlot){
            .row = agg->row,
            .at = size,
            .ctx = {.arena = a, .types = types, .nargs = agg->nargs, .init = agg->init, .ninit = agg->ninit,
                    .result = agg->result, .limit = element_limit(env, agg->row)},
        };
        size += agg->row->size;
    }
    g->size = size;
    const StoreOwner owner = {.arg = g, .size = size, .save = state_save, .load = state_load, .drop = state_drop};
    g->store = op_store_new(&g->op, &owner);
    *out = &g->op;
    return changelog_open(a, node, env, &g->log, err);
}

/* ---- reads of the state ---- */

static bool read_group(void *arg, Str key, const void *state)
{
    Emission *em = arg;
    int at = out_row(em->g, &em->o, key, ((const Group *)state)->ts, ROW_INSERT);
    out_results(em->g, &em->o, at, state);
    if (em->o.b->n < em->o.cap)
        return true;
    em->o.b->nsel = em->o.b->n;
    em->st = em->to->class->on_batch(em->to, em->o.b, em->err);
    out_start(em->g, &em->o, em->o.arena, em->o.cap, NULL);
    return em->st == OK;
}

Status op_aggregate_rows(Op *op, const Value *const *keys, int n, Arena *a, Op *to, Err *err)
{
    OpAggregate *g = (OpAggregate *)op;
    Emission em = {.g = g, .err = err, .to = to};
    out_start(g, &em.o, a, op->env->batch_rows, NULL);
    Status st = OK;
    if (!keys)
        st = store_scan(g->store, true, read_group, &em, err);
    for (int i = 0; keys && i < n && st == OK; i++) {
        StoreEntry *e;
        buf_clear(&g->scratch);
        for (int k = 0; k < op->node->nkeys; k++)
            value_save(&g->scratch, op->node->schema->cols[k].type, &keys[i][k]);
        Str key = buf_view(&g->scratch);
        st = store_find(g->store, key, str_hash(key), &e, err);
        if (st == OK && e)
            read_group(&em, store_key(g->store, e), store_state(e));
    }
    if (st || em.st)
        return st ? st : em.st;
    em.o.b->nsel = em.o.b->n;
    return em.o.b->n ? to->class->on_batch(to, em.o.b, err) : OK;
}
