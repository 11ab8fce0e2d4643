// SPDX-License-Identifier: Apache-2.0
// PRINT: a topic's records as lines of text, with the formats that its bytes could be in.
//
// Every record runs through the candidates still standing for its key and its value; one that does not
// fit is out for good, and the first that remains shows the record. Format lines come before the first
// record and when the set has changed. Rules and layout: page 07 §7.12 of the ksqlDB reference.
// The reader's own thread reads the topic; no query is involved.
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/stream.h"
#include "serde/json.h"
#include "types/text.h"

typedef enum Guess { GUESS_JSON, GUESS_INT, GUESS_BIGINT, GUESS_DOUBLE, GUESS_STRING, GUESSES } Guess;
typedef enum Windowed { WINDOWED_SESSION, WINDOWED_HOPPING, WINDOWED_TUMBLING, WINDOWED_NOT, WINDOWEDS } Windowed;

typedef struct Side {
    bool is_key, seen;
    bool out[GUESSES][WINDOWEDS];
} Side;

struct Printer {
    Engine *e;
    Arena *arena;
    Str topic;
    int partitions;
    int64_t *at;
    int turn; /* the partition that is looked at first: a busy one does not hold up the others */
    int64_t interval, limit; /* every n-th record; -1: no limit */
    int64_t count, shown;
    Side key, value;
    bool started;
    VEC(Str) lines; /* ready to be handed out, on the heap; a value's bytes may have a NUL among them */
    int next;
    Buf line;
};

static const char *const names[] = {"JSON", "KAFKA_INT", "KAFKA_BIGINT", "KAFKA_DOUBLE", "KAFKA_STRING"};
static const char *const wrappers[] = {"SESSION(", "HOPPING(", "TUMBLING(", ""};

static bool fits(Guess g, Str s)
{
    Json j = {.p = s.p, .start = s.p, .end = s.p + s.n};
    bool json;
    switch (g) {
    case GUESS_JSON: /* as the format reads it; what follows the value is not looked at */
        json = s.n && utf8_valid(s) && js_skip(&j);
        buf_free(&j.scratch);
        return json;
    case GUESS_INT:
        return s.n == 4;
    case GUESS_BIGINT:
    case GUESS_DOUBLE:
        return s.n == 8;
    case GUESS_STRING:
        return s.n && utf8_valid(s);
    default:
        BUG("guess %d", g);
    }
}

/* The key's bytes without the window bounds; false when they are too short. */
static bool unwindow(Windowed w, Str s, Str *inner)
{
    size_t tail = w == WINDOWED_NOT ? 0 : w == WINDOWED_SESSION ? 16 : 8;
    if (s.n < tail)
        return false;
    *inner = str_sub(s, 0, s.n - tail);
    return true;
}

static void look(Side *side, Str s)
{
    side->seen = true;
    for (int g = 0; g < GUESSES; g++)
        for (int w = side->is_key ? 0 : WINDOWED_NOT; w < WINDOWEDS; w++) {
            Str inner;
            if (!side->out[g][w] && (!unwindow((Windowed)w, s, &inner) || !fits((Guess)g, inner)))
                side->out[g][w] = true;
        }
}

/* ksqlDB's order: for a key each format's windowed forms stand before it. */
static void format_line(Buf *out, const Side *side)
{
    int n = 0;
    buf_printf(out, "%s format: ", side->is_key ? "Key" : "Value");
    if (!side->seen) {
        buf_cstr(out, "¯\\_(ツ)_/¯ - no data processed");
        return;
    }
    for (int g = 0; g < GUESSES; g++)
        for (int w = side->is_key ? 0 : WINDOWED_NOT; w < WINDOWEDS; w++)
            if (!side->out[g][w])
                buf_printf(out, "%s%s%s%s", n++ ? " or " : "", wrappers[w], names[g], w == WINDOWED_NOT ? "" : ")");
    if (!n)
        buf_cstr(out, "UNRECOGNISED_BYTES");
}

static void show_bytes(Buf *out, Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (isprint((unsigned char)s.p[i]))
            buf_byte(out, s.p[i]);
        else
            buf_printf(out, "\\x%02X", (unsigned char)s.p[i]);
}

static void show_as(Buf *out, Guess g, Str s)
{
    Rd rd = rd_of(s);
    uint64_t bits;
    double d;
    switch (g) {
    case GUESS_INT:
        buf_printf(out, "%d", (int32_t)rd_be32(&rd));
        break;
    case GUESS_BIGINT:
        buf_printf(out, "%lld", (long long)rd_be64(&rd));
        break;
    case GUESS_DOUBLE:
        bits = rd_be64(&rd);
        memcpy(&d, &bits, sizeof d);
        text_double(out, d);
        break;
    default:
        buf_str(out, s);
    }
}

static void show(Buf *out, const Side *side, const char *p, int32_t n)
{
    Str s = {p, (size_t)n}, inner;
    if (!p) {
        buf_cstr(out, "<null>");
        return;
    }
    for (int g = 0; g < GUESSES; g++)
        for (int w = side->is_key ? 0 : WINDOWED_NOT; w < WINDOWEDS; w++) {
            if (side->out[g][w] || !unwindow((Windowed)w, s, &inner))
                continue;
            Rd tail = rd_of(str_sub(s, inner.n, s.n - inner.n));
            if (w != WINDOWED_NOT)
                buf_byte(out, '[');
            show_as(out, (Guess)g, inner);
            int64_t one = w == WINDOWED_NOT ? 0 : (int64_t)rd_be64(&tail);
            if (w == WINDOWED_SESSION)
                buf_printf(out, "@%lld/%lld]", (long long)rd_be64(&tail), (long long)one);
            else if (w != WINDOWED_NOT)
                buf_printf(out, "@%lld/-]", (long long)one);
            return;
        }
    show_bytes(out, s);
}

static void add_line(Printer *p, Str s)
{
    Str line = {mem_strndup(s.p, s.n), s.n};
    vec_add(&p->lines, line);
}

static void rowtime(Buf *out, int64_t ms)
{
    enum { DAY = 86400000 };
    int64_t days = ms / DAY - (ms % DAY < 0), year; /* a record of another program's may be of before 1970 */
    int of_day = (int)((ms % DAY + DAY) % DAY), month, day;
    date_from_days(days, &year, &month, &day);
    buf_printf(out, "%04" PRId64 "/%02d/%02d %02d:%02d:%02d.%03d Z", year, month, day, of_day / 3600000,
               of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
}

static void take(Printer *p, const RecordSet *set)
{
    Side before[2] = {p->key, p->value};
    for (int i = 0; i < set->n; i++) {
        const Record *r = &set->records[i];
        if (r->key)
            look(&p->key, (Str){r->key, (size_t)r->key_len});
        if (r->value)
            look(&p->value, (Str){r->value, (size_t)r->value_len});
    }
    for (int side = 0; side < 2; side++) {
        const Side *now = side ? &p->value : &p->key;
        if (p->started && !memcmp(&before[side], now, sizeof *now))
            continue;
        buf_clear(&p->line);
        format_line(&p->line, now);
        add_line(p, buf_view(&p->line));
    }
    p->started = true;
}

static void show_records(Printer *p, const RecordSet *set, int partition)
{
    for (int i = 0; i < set->n && (p->limit < 0 || p->shown < p->limit); i++) {
        const Record *r = &set->records[i];
        if (p->count++ % p->interval)
            continue;
        buf_clear(&p->line);
        buf_cstr(&p->line, "rowtime: ");
        rowtime(&p->line, r->ts);
        buf_cstr(&p->line, ", key: ");
        show(&p->line, &p->key, r->key, r->key_len);
        buf_cstr(&p->line, ", value: ");
        show(&p->line, &p->value, r->value, r->value_len);
        buf_printf(&p->line, ", partition: %d", partition);
        add_line(p, buf_view(&p->line));
        p->shown++;
    }
}

/* One record set of some partition; false when nothing new is there. */
static bool fetch(Printer *p, Err *err, Status *st)
{
    for (int i = 0; i < p->partitions; i++) {
        RecordSet set;
        int part = (p->turn + i) % p->partitions;
        *st = topic_read(p->e->topics, p->topic, part, p->at[part], 100, &set, err);
        if (*st)
            return false;
        bool some = set.n > 0;
        if (some) {
            take(p, &set);
            show_records(p, &set, part);
            p->at[part] = set.next_offset;
        }
        recordset_release(&set);
        if (some) {
            p->turn = (part + 1) % p->partitions;
            return true;
        }
    }
    return false;
}

static void drop_lines(Printer *p)
{
    for (int i = 0; i < p->lines.n; i++)
        mem_free((char *)p->lines.v[i].p);
    p->lines.n = p->next = 0;
}

static void wait_ms(RowStream *rs, int ms)
{
    struct timespec until = wait_until(ms);
    pthread_mutex_lock(&rs->mu);
    pthread_cond_timedwait(&rs->cond, &rs->mu, &until);
    pthread_mutex_unlock(&rs->mu);
}

StreamEvent printer_next(Printer *p, RowStream *rs, int timeout_ms, StreamRow *row, Err *err)
{
    enum { POLL_MS = 50 };
    int64_t left = timeout_ms < 0 ? INT64_MAX : timeout_ms;
    Status st = OK;
    for (;;) {
        if (__atomic_load_n(&rs->cancelled, __ATOMIC_ACQUIRE))
            return STREAM_END;
        if (p->next < p->lines.n) {
            *row = (StreamRow){.line = p->lines.v[p->next++]};
            return STREAM_ROW;
        }
        drop_lines(p);
        if (p->limit >= 0 && p->shown >= p->limit)
            return STREAM_END;
        pthread_mutex_lock(&rs->mu);
        bool closed = rs->ended, some = !closed && fetch(p, err, &st);
        if (closed && rs->err.code)
            st = err_set(err, rs->err.code, "%s", rs->err.msg);
        pthread_mutex_unlock(&rs->mu);
        if (st)
            return STREAM_ERROR;
        if (closed)
            return STREAM_END;
        if (some)
            continue;
        if (rs->simulated) {
            if (!runtime_step(p->e))
                return STREAM_IDLE;
            continue;
        }
        if (left <= 0)
            return STREAM_IDLE;
        wait_ms(rs, left < POLL_MS ? (int)left : POLL_MS);
        left = left == INT64_MAX ? left : left - POLL_MS;
    }
}

void printer_free(Printer *p)
{
    if (!p)
        return;
    drop_lines(p);
    vec_free(&p->lines);
    buf_free(&p->line);
    arena_free(p->arena);
}

Status print_run(Session *s, const Stmt *st, Answer *out, Err *err)
{
    Engine *e = s->e;
    TopicInfo info;
    if (!topic_describe(e->topics, st->topic, &info)) {
        err_at(err, ERR_STATEMENT, st->span, "Topic does not exist: %.*s", STR_ARG(st->topic));
        Catalog *cat = engine_catalog(e);
        const DataSource *ds = catalog_near(cat, st->topic);
        if (ds)
            err_hint(err, "PRINT takes a topic; the topic of %.*s is '%.*s'", STR_ARG(ds->name), STR_ARG(ds->topic));
        catalog_unref(cat);
        return ERR_STATEMENT;
    }
    Arena *a = arena_new(1024);
    int64_t *at = ARENA_ARRAY(a, int64_t, info.partitions);
    for (int i = 0; i < info.partitions; i++) {
        int64_t begin, end;
        Status known = topic_ends(e->topics, st->topic, i, &begin, &end, err);
        if (known) {
            arena_free(a);
            return known;
        }
        at[i] = st->from_beginning ? begin : end;
    }
    Printer *p = ARENA_NEW(a, Printer);
    p->arena = a;
    p->e = e;
    p->topic = arena_str(a, st->topic);
    p->partitions = info.partitions;
    p->at = at;
    p->interval = st->has_interval && st->interval > 0 ? st->interval : 1;
    p->limit = st->has_limit ? st->limit : -1;
    p->key.is_key = true;
    RowStream *rs = rowstream_new(e, NULL, -1);
    rs->printer = p;
    out->stream = rs;
    return OK;
}
