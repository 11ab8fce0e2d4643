// SPDX-License-Identifier: Apache-2.0
// SourceReader: fetches record sets of one topic partition and decodes each once for all its tasks.
//
// Tasks share a reader while they stand at the same offset of the same source. One that starts behind
// has a reader of its own; when two readers of a source meet at an offset, one takes over the other's
// tasks. A transient query keeps readers of its own, since its queue may be full. A task with several
// inputs takes their rows in the order of time, in runs (reader_merge_step).
// @thread worker
#include "exec/change.h"
#include "runtime/internal.h"
#include "types/text.h"

static bool same_source(const SourceReader *r, const TaskInput *ti)
{
    if (r->partition != ti->partition || r->in->internal != ti->in->internal)
        return false;
    return ti->in->source ? r->in->source == ti->in->source : str_eq(r->in->topic, ti->in->topic);
}

static Status compile(SourceReader *r, Err *err)
{
    const PInput *in = r->in;
    reader_free(r->key);
    reader_free(r->value);
    r->key = r->value = NULL;
    Status st = reader_new(&in->key, r->wanted, &r->key, err);
    return st ? st : reader_new(&in->value, r->wanted + in->key.ncols, &r->value, err);
}

static Status add_wanted(SourceReader *r, const PInput *in, Err *err)
{
    bool more = r->value == NULL;
    for (int i = 0; i < in->schema->n; i++)
        if (in->wanted[i] && !r->wanted[i])
            r->wanted[i] = more = true;
    return more ? compile(r, err) : OK;
}

static void free_reader(SourceReader *r)
{
    Worker *w = r->w;
    for (int i = 0; i < w->readers.n; i++)
        if (w->readers.v[i] == r) {
            vec_remove(&w->readers, i);
            break;
        }
    if (r->ahead.n)
        recordset_release(&r->ahead);
    topic_reader_close(r->records);
    reader_free(r->key);
    reader_free(r->value);
    mem_free(r->wanted);
    vec_free(&r->subs);
    mem_free(r);
}

Status reader_attach(Worker *w, TaskInput *ti, Err *err)
{
    bool own = ti->task->q->kind == QUERY_TRANSIENT;
    SourceReader *r = NULL;
    for (int i = 0; i < w->readers.n && !own; i++)
        if (same_source(w->readers.v[i], ti) && w->readers.v[i]->position == ti->position &&
            w->readers.v[i]->subs.v[0]->task->q->kind == QUERY_PERSISTENT)
            r = w->readers.v[i];
    if (!r) {
        r = mem_zalloc(sizeof *r);
        r->w = w;
        r->in = ti->in;
        r->partition = ti->partition;
        r->position = ti->position;
        r->bit = worker_woken_bit(ti->in->topic, ti->partition);
        r->wanted = mem_zalloc((size_t)ti->in->schema->n);
        vec_add(&w->readers, r);
    }
    vec_add(&r->subs, ti);
    ti->reader = r;
    Status st = add_wanted(r, ti->in, err);
    if (st)
        reader_detach(ti);
    return st;
}

void reader_detach(TaskInput *ti)
{
    SourceReader *r = ti->reader;
    if (!r)
        return;
    ti->reader = NULL;
    for (int i = 0; i < r->subs.n; i++)
        if (r->subs.v[i] == ti) {
            vec_remove(&r->subs, i);
            break;
        }
    if (!r->subs.n)
        free_reader(r);
    else
        r->in = r->subs.v[0]->in; /* the one it borrowed from may be on its way out */
}

/* ---- decoding ---- */

static void system_column(const PInput *in, Batch *b, int c, Arena *a)
{
    Str name = in->schema->cols[c].name;
    Column *col = &b->cols[c];
    col->type = in->schema->cols[c].type;
    if (str_eq_c(name, "ROWTIME"))
        col->l = b->ts;
    else if (str_eq_c(name, "ROWOFFSET"))
        col->l = b->offset;
    else
        *col = column_constant(a, TYPE_INTEGER, value_int(b->partition));
}

/* A header's name, which Kafka does not check, as a STRING. */
static Value header_name(Arena *a, Str name)
{
    if (utf8_valid(name))
        return value_str(name);
    Buf text = BUF_INIT;
    text_mend(&text, name);
    Value v = value_str(arena_str(a, buf_view(&text)));
    buf_free(&text);
    return v;
}

static Value all_headers(Arena *a, const Headers *h)
{
    Array *arr = array_new(a, (uint32_t)h->n);
    for (int i = 0; i < h->n; i++) {
        Struct *s = struct_new(a, 2);
        s->v[0] = header_name(a, h->h[i].key);
        s->v[1] = h->h[i].value.p ? value_str(h->h[i].value) : value_null();
        arr->v[i] = (Value){.d.arr = NULL};
        arr->v[i].d.st = s;
    }
    Value v = {.null = false};
    v.d.arr = arr;
    return v;
}

static Value last_header(const Headers *h, Str key)
{
    for (int i = h->n - 1; i >= 0; i--)
        if (str_eq(h->h[i].key, key))
            return h->h[i].value.p ? value_str(h->h[i].value) : value_null();
    return value_null();
}

static void header_column(const PInput *in, Batch *b, int c, const RecordSet *set, Arena *a)
{
    const ColumnDef *def = &in->schema->cols[c];
    column_init(a, &b->cols[c], def->type, b->n);
    for (int i = 0; i < b->n; i++)
        column_put(a, &b->cols[c], b->n, i,
                   def->header_key.n ? last_header(&set->records[i].headers, def->header_key)
                                     : all_headers(a, &set->records[i].headers));
}

static Batch *empty_batch(const SourceReader *r, const RecordSet *set, Arena *a)
{
    const PInput *in = r->in;
    Batch *b = ARENA_NEW(a, Batch);
    b->schema = in->schema;
    b->arena = a;
    b->n = set->n;
    b->partition = r->partition;
    b->ts = arena_alloc(a, sizeof *b->ts * (size_t)set->n);
    b->offset = arena_alloc(a, sizeof *b->offset * (size_t)set->n);
    b->flags = arena_zalloc(a, (size_t)set->n);
    b->errors = ARENA_NEW(a, ErrorSet);
    b->cols = ARENA_ARRAY(a, Column, in->schema->n);
    bool headers = false;
    for (int i = 0; i < set->n; i++) {
        b->ts[i] = set->records[i].ts;
        b->offset[i] = set->records[i].offset;
        headers |= set->records[i].headers.n > 0;
    }
    if (headers) {
        Headers *h = ARENA_ARRAY(a, Headers, set->n);
        for (int i = 0; i < set->n; i++)
            h[i] = set->records[i].headers;
        b->headers = h;
    }
    for (int c = 0; c < in->schema->n; c++) {
        b->cols[c].type = in->schema->cols[c].type;
        if (in->schema->cols[c].role == ROLE_SYSTEM)
            system_column(in, b, c, a);
        else if (!r->wanted[c])
            continue;
        else if (in->schema->cols[c].role == ROLE_HEADERS)
            header_column(in, b, c, set, a);
        else
            column_init(a, &b->cols[c], in->schema->cols[c].type, set->n);
    }
    return b;
}

/* ---- changes of a table, out of a repartition topic (exec/change.h) ---- */

enum { NOT_READ = 255 }; /* instead of a RowKind */

static Bytes value_of(const Record *rec) { return (Bytes){rec->value, rec->value ? rec->value_len : 0}; }

/* The rows that the records speak of, an update's two one behind the other, and their kinds. A record that does not read
 * keeps its place. */
static void take_changes(const RecordSet *set, Arena *a, RecordSet *out, uint8_t **kinds)
{
    Record *rows = arena_alloc(a, sizeof *rows * 2 * (size_t)set->n);
    uint8_t *kind = *kinds = arena_alloc(a, 2 * (size_t)set->n);
    int n = 0;
    for (int i = 0; i < set->n; i++) {
        Change c;
        rows[n] = set->records[i];
        if (change_read(value_of(&rows[n]), &c)) {
            kind[n++] = NOT_READ;
            continue;
        }
        if (c.before.p) {
            rows[n].value = c.before.p;
            rows[n].value_len = (int32_t)c.before.n;
            kind[n++] = c.after.p ? ROW_UPDATE_BEFORE : ROW_DELETE;
        }
        if (c.after.p) {
            rows[n] = set->records[i];
            rows[n].value = c.after.p;
            rows[n].value_len = (int32_t)c.after.n;
            kind[n++] = c.before.p ? ROW_UPDATE_AFTER : ROW_INSERT;
        }
    }
    *out = (RecordSet){.n = n, .records = rows, .next_offset = set->next_offset};
}

static void change_failed(const SourceReader *r, Batch *b, int row, const Record *rec)
{
    Change c;
    Bytes value = value_of(rec);
    batch_fail_with(b, (RowError){.row = (uint16_t)row, .stage = ROWERR_DESERIALIZE_VALUE, .topic = r->in->topic,
                                  .message = str_of(change_read(value, &c)), .raw = {value.p, (size_t)value.n}});
}

/* Of an update both halves count or none. */
static int whole_changes(const uint8_t *kinds, uint16_t *rows, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        int row = rows[i];
        bool lone = (kinds[row] == ROW_UPDATE_BEFORE && (i + 1 == n || rows[i + 1] != row + 1)) ||
                    (kinds[row] == ROW_UPDATE_AFTER && (kept == 0 || rows[kept - 1] != row - 1));
        if (!lone)
            rows[kept++] = (uint16_t)row;
    }
    return kept;
}

/* The event time from a column: a row whose column is NULL or negative is taken out. */
static int event_times(const SourceReader *r, Batch *b, uint16_t *rows, int n)
{
    int c = r->in->timestamp_column, kept = 0;
    for (int i = 0; i < n; i++) {
        int row = rows[i];
        if (b->flags[row] & ROW_VALUE_NULL) {
            rows[kept++] = rows[i];
            continue;
        }
        if (column_is_null(&b->cols[c], row) || b->cols[c].l[row] < 0) {
            batch_fail(b, row, ROWERR_EVALUATE, "Failed to extract timestamp from row: the column `%.*s` is null or negative",
                       STR_ARG(r->in->schema->cols[c].name));
            continue;
        }
        b->ts[row] = b->cols[c].l[row];
        rows[kept++] = rows[i];
    }
    return kept;
}

Batch *reader_decode(SourceReader *r, const RecordSet *set, Arena *a)
{
    const PInput *in = r->in;
    RecordSet changes;
    uint8_t *kinds = NULL;
    if (in->changes) {
        take_changes(set, a, &changes, &kinds);
        set = &changes;
    }
    int n = set->n, read = 0;
    Batch *b = empty_batch(r, set, a);
    Bytes *keys = arena_alloc(a, sizeof *keys * (size_t)n), *values = arena_alloc(a, sizeof *values * (size_t)n);
    uint16_t *rows = arena_alloc(a, sizeof *rows * (size_t)n);
    for (int i = 0; i < n; i++) {
        const Record *rec = &set->records[i];
        keys[i] = (Bytes){rec->key, rec->key ? rec->key_len : 0};
        values[i] = value_of(rec);
        if (kinds && kinds[i] == NOT_READ)
            change_failed(r, b, i, rec);
        else
            rows[read++] = (uint16_t)i;
    }
    int kept = reader_read(r->key, keys, rows, read, b, 0, rows);
    kept = reader_read(r->value, values, rows, kept, b, in->key.ncols, rows);
    if (kinds) {
        b->kind = kinds;
        kept = whole_changes(kinds, rows, kept);
    }
    if (in->timestamp_column >= 0)
        kept = event_times(r, b, rows, kept);
    b->nsel = kept;
    if (kept < n)
        b->sel = rows;
    bool flagged = false;
    for (int i = 0; i < kept && !flagged; i++)
        flagged = b->flags[rows[i]] != 0;
    if (!flagged)
        b->flags = NULL;
    return b;
}

/* ---- one step ---- */

/* ksql.fail.on.deserialization.error: a record that cannot be read stops the query. Its row of the log is in a unit of its own, since
 * the task's is dropped. */
static void fail_unread(Task *t, const RowError *e, const Batch *b)
{
    Unit *u = t->env.unit;
    Err err = ERR_INIT;
    t->env.unit = NULL;
    t->env.log(t->env.log_arg, "KsqlTopic.Source.deserializer", e, b);
    t->env.unit = u;
    err_set(&err, ERR_SERDE, "A record of topic %.*s cannot be read: %.*s", STR_ARG(e->topic), STR_ARG(e->message));
    task_fail(t, &err);
    err_clear(&err);
}

static void log_errors(const SourceReader *r, const Batch *b)
{
    const ErrorSet *es = b->errors;
    for (int s = 0; s < r->subs.n && es->total; s++) {
        Task *t = r->subs.v[s]->task;
        if (t->state != TASK_RUNNING)
            continue;
        task_begin(t); /* what the log says of a record is there exactly when the record counts as read */
        t->errors += (int64_t)es->total - es->v.n; /* the others are counted as they are logged */
        bool fails = t->q->kind == QUERY_PERSISTENT && props_bool(&t->q->props, "ksql.fail.on.deserialization.error");
        for (int i = 0; i < es->v.n && t->state == TASK_RUNNING; i++) {
            if (fails && es->v.v[i].stage != ROWERR_EVALUATE) {
                fail_unread(t, &es->v.v[i], b);
                continue;
            }
            const char *where = es->v.v[i].stage == ROWERR_EVALUATE ? "KsqlTopic.Source" : "KsqlTopic.Source.deserializer";
            t->env.log(t->env.log_arg, where, &es->v.v[i], b);
        }
    }
}

/* Two readers of a source at one offset become one. */
static void merge(SourceReader *r)
{
    Worker *w = r->w;
    if (r->subs.v[0]->task->q->kind == QUERY_TRANSIENT)
        return;
    for (int i = 0; i < w->readers.n; i++) {
        SourceReader *o = w->readers.v[i];
        if (o == r || o->position != r->position || !same_source(o, r->subs.v[0]) ||
            o->subs.v[0]->task->q->kind == QUERY_TRANSIENT)
            continue;
        while (r->subs.n) {
            TaskInput *ti = r->subs.v[r->subs.n - 1];
            Err err = ERR_INIT;
            bool failed = add_wanted(o, ti->in, &err) != OK;
            r->subs.n--;
            vec_add(&o->subs, ti);
            ti->reader = o;
            if (failed)
                task_fail(ti->task, &err);
            err_clear(&err);
        }
        free_reader(r);
        return;
    }
}

static void hand_on(SourceReader *r, const Batch *b, int64_t next)
{
    r->position = next;
    for (int i = 0; i < r->subs.n; i++)
        r->subs.v[i]->position = next;
    if (b->errors->total)
        log_errors(r, b);
    for (int i = 0; i < r->subs.n; i++) {
        Task *t = r->subs.v[i]->task;
        b->errors->v.n = 0;
        b->errors->total = 0;
        if (t->state == TASK_RUNNING)
            task_batch(t, b);
    }
}

/* Takes out the tasks that do not run: they would hold up the others. True when the reader went with the last. */
static bool prune(SourceReader *r)
{
    for (int i = r->subs.n - 1; i >= 0; i--) {
        bool last = r->subs.n == 1;
        if (r->subs.v[i]->task->state == TASK_RUNNING)
            continue;
        reader_detach(r->subs.v[i]);
        if (last)
            return true;
    }
    return false;
}

static int most_rows(const SourceReader *r)
{
    int most = r->rows ? r->rows : r->w->e->cfg.batch_rows;
    const TaskInput *ti = r->subs.v[0];
    if (ti->end >= 0 && ti->end - r->position < most)
        most = (int)(ti->end - r->position);
    return most;
}

/* After a batch of n rows: the next ones have as many as make some 64 MB of values. */
static void size_rows(SourceReader *r, int n)
{
    enum { LARGE = 64 << 20 };
    size_t used = arena_bytes(r->w->batch_arena);
    if (used > LARGE) {
        int64_t fewer = (int64_t)n * LARGE / (int64_t)used;
        r->rows = fewer < 1 ? 1 : (int)fewer;
    } else if (r->rows) {
        r->rows = r->rows * 2 < r->w->e->cfg.batch_rows ? r->rows * 2 : 0;
    }
}

/* Offsets are missing before the set. Markers, compaction and aborted transactions leave such gaps; where the topic begins behind
 * the reader's position its retention, or somebody, has deleted records that were not read. */
static void look_into_gap(SourceReader *r, int64_t first)
{
    enum { AGAIN_MS = 100 }; /* a broker is asked, and not of every marker */
    Engine *e = r->w->e;
    int64_t now = effects_mono_ms(e->fx), begin, end;
    Err err = ERR_INIT;
    bool counts = !r->in->internal && r->subs.v[0]->task->q->kind == QUERY_PERSISTENT;
    bool late = topics_remote(e->topics) && (first - r->position == 1 || (r->gap_ms && now - r->gap_ms < AGAIN_MS));
    if (!counts || late)
        return;
    r->gap_ms = now;
    if (topic_ends(e->topics, r->in->topic, r->partition, &begin, &end, &err) == OK && begin > r->position) {
        int64_t missed = (begin < first ? begin : first) - r->position;
        for (int i = 0; i < r->subs.n; i++) {
            Task *t = r->subs.v[i]->task; /* readers of push queries are not shared */
            t->missed += missed;
            engine_log(e, "query %.*s: topic %.*s, partition %d: %lld records from offset %lld on were deleted before they were read",
                       STR_ARG(t->q->id), STR_ARG(r->in->topic), r->partition, (long long)missed, (long long)r->position);
        }
    }
    err_clear(&err);
}

/* From where it stands. Behind markers and aborted transactions a reader stands further on without a record. */
static Status fetch(SourceReader *r, int most, RecordSet *set, Err *err)
{
    Status st = OK;
    if (!r->records)
        st = topic_reader_open(r->w->e->topics, r->in->topic, r->partition, r->position, &r->records, err);
    if (st == OK)
        st = topic_reader_next(r->records, most, set, err);
    int64_t first = st != OK ? -1 : set->n ? set->records[0].offset : set->next_offset;
    if (first > r->position && r->subs.v[0]->task->ninputs == 1) /* else the reader is ahead of its position */
        look_into_gap(r, first);
    if (st == OK && set->n == 0 && set->next_offset > r->position) {
        r->position = set->next_offset;
        for (int i = 0; i < r->subs.n; i++)
            r->subs.v[i]->position = set->next_offset;
    }
    return st;
}

Status reader_step(SourceReader *r, bool *did, Err *err)
{
    Worker *w = r->w;
    *did = false;
    if (r->subs.v[0]->task->ninputs > 1)
        return OK;
    if (prune(r)) {
        *did = true;
        return OK;
    }
    const TaskInput *first = r->subs.v[0];
    if (first->task->q->room && !first->task->q->room(first->task->q->take_arg))
        return OK;
    int most = most_rows(r);
    if (most <= 0)
        return OK;
    RecordSet set = {0};
    Status st = fetch(r, most, &set, err);
    if (st)
        return st;
    *did = set.n > 0;
    r->quiet = set.n == 0; /* what is on its way wakes it */
    if (set.n) {
        arena_reset(w->batch_arena);
        Batch *b = reader_decode(r, &set, w->batch_arena);
        hand_on(r, b, set.next_offset);
        size_rows(r, set.n);
        merge(r);
    }
    recordset_release(&set);
    return OK;
}

/* ---- several inputs, merged by time ---- */

/* Makes sure that the reader has a record ahead, if its topic has one here. */
static Status look_ahead(SourceReader *r, Err *err)
{
    if (r->ahead_at < r->ahead.n)
        return OK;
    if (r->ahead.n)
        recordset_release(&r->ahead);
    r->ahead = (RecordSet){0};
    r->ahead_at = 0;
    int most = most_rows(r);
    return most <= 0 ? OK : fetch(r, most, &r->ahead, err);
}

/* The reader whose next record is the earliest, and the time of the next one of any other; NULL: nothing is there. */
static SourceReader *earliest(const Task *t, int64_t *other)
{
    SourceReader *best = NULL;
    *other = INT64_MAX;
    for (int i = 0; i < t->ninputs; i++) {
        SourceReader *r = t->inputs[i].reader;
        if (!r || r->ahead_at >= r->ahead.n)
            continue;
        int64_t ts = r->ahead.records[r->ahead_at].ts;
        if (!best || ts < best->ahead.records[best->ahead_at].ts) {
            if (best && best->ahead.records[best->ahead_at].ts < *other)
                *other = best->ahead.records[best->ahead_at].ts;
            best = r;
        } else if (ts < *other) {
            *other = ts;
        }
    }
    return best;
}

Status reader_merge_step(Task *t, bool *did, Err *err)
{
    *did = false;
    if (t->state != TASK_RUNNING || (t->q->room && !t->q->room(t->q->take_arg)))
        return OK;
    for (int i = 0; i < t->ninputs; i++) {
        Status st = t->inputs[i].reader ? look_ahead(t->inputs[i].reader, err) : OK;
        if (st)
            return st;
    }
    for (int i = 0; i < t->ninputs; i++) {
        const SourceReader *in = t->inputs[i].reader;
        if (in && in->ahead.n == 0 && in->ahead.pending)
            return OK; /* what it has may be earlier than what the others have */
    }
    int64_t other;
    SourceReader *r = earliest(t, &other);
    if (!r)
        return OK;
    int from = r->ahead_at, to = from + 1;
    while (to < r->ahead.n && r->ahead.records[to].ts <= other)
        to++;
    r->ahead_at = to;
    int64_t next = to == r->ahead.n ? r->ahead.next_offset : r->ahead.records[to].offset;
    RecordSet run = {.n = to - from, .records = r->ahead.records + from, .next_offset = next};
    arena_reset(t->w->batch_arena);
    hand_on(r, reader_decode(r, &run, t->w->batch_arena), next);
    *did = true;
    return OK;
}
