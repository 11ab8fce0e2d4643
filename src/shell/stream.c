// SPDX-License-Identifier: Apache-2.0
// Shows what a SELECT or PRINT brings, as it comes.
//
// Rows that are there already are laid out into one buffer and written together; the buffer is
// written before every wait, so that a row is seen when it came. On a terminal a push query keeps a
// line below its rows that tells how to end it; it is wiped before each write and at the end.
// JSON that does not go to a terminal is nothing but JSON: no "Query terminated" after it.
#include <errno.h>

#include "shell/core.h"
#include "shell/json.h"
#include "shell/rows.h"
#include "shell/signals.h"

enum { FLUSH_BYTES = 64 << 10 };

typedef struct StreamView {
    Shell *sh;
    RowStream *rs;
    const Schema *sch; /* NULL: lines */
    Rows rows;         /* tabular only */
    Buf text;
    bool hint;         /* show how to end it */
    bool hint_shown;
} StreamView;

static void wipe_hint(StreamView *v)
{
    if (v->hint_shown)
        out_escape(&v->sh->out, "\r\033[K");
    v->hint_shown = false;
}

static void flush(StreamView *v, bool waiting)
{
    if (v->text.n > 0) {
        wipe_hint(v);
        out_write(&v->sh->out, buf_view(&v->text));
        buf_clear(&v->text);
    }
    if (waiting && v->hint && !v->hint_shown) {
        out_escape(&v->sh->out, "\033[7mPress CTRL-C to interrupt\033[0m");
        v->hint_shown = true;
    }
}

static void begin(StreamView *v)
{
    Shell *sh = v->sh;
    if (!v->sch)
        return;
    if (sh->json) {
        json_rows_header(&v->text, rowstream_query_id(v->rs), v->sch);
        return;
    }
    rows_init(&v->rows, v->sch, (RowsStyle){.terminal = sh->out.terminal,
                                            .width = out_width(&sh->out),
                                            .column_width = sh->column_width,
                                            .wrap = sh->wrap});
    rows_header(&v->text, &v->rows);
}

static void add(StreamView *v, const StreamRow *row)
{
    if (!v->sch) {
        if (v->sh->json)
            json_text(&v->text, row->line);
        else
            buf_str(&v->text, row->line);
        buf_byte(&v->text, '\n');
    } else if (v->sh->json) {
        json_row(&v->text, v->sch, row);
    } else {
        rows_row(&v->text, &v->rows, row);
    }
    if (v->text.n >= FLUSH_BYTES)
        flush(v, false);
}

/* The end as ksqlDB's shell tells it; `why` is "Limit Reached" or empty. */
static void end(StreamView *v, const char *why)
{
    flush(v, false);
    wipe_hint(v);
    if (shell_json_only(v->sh))
        return;
    if (why[0])
        out_printf(&v->sh->out, "%s\n", why);
    out_write(&v->sh->out, v->sch ? STR("Query terminated\n") : STR("Topic printing ceased\n"));
}

/* The next row, waiting for it until `deadline` (-1: for ever). STREAM_IDLE: the time is over. */
static StreamEvent next(StreamView *v, int64_t deadline, StreamRow *row, Err *err)
{
    StreamEvent ev = rowstream_next(v->rs, 0, row, err);
    while (ev == STREAM_IDLE) {
        int64_t wait = -1;
        if (deadline >= 0) {
            wait = deadline - out_now_ms();
            if (wait <= 0)
                return STREAM_IDLE;
            wait = wait > 1000000 ? 1000000 : wait;
        }
        flush(v, true);
        if (v->sh->out.error)
            return STREAM_END;
        ev = rowstream_next(v->rs, (int)wait, row, err);
    }
    return ev;
}

static Status show_rows(StreamView *v, Err *err)
{
    bool pull = v->sch && rowstream_is_pull(v->rs);
    int64_t deadline = v->sh->timeout_ms < 0 || pull ? -1 : out_now_ms() + v->sh->timeout_ms;
    StreamRow row;
    v->sh->out.deadline = deadline;
    begin(v);
    for (;;) {
        StreamEvent ev = next(v, deadline, &row, err);
        if (ev == STREAM_ROW && v->sh->out.error == 0) {
            add(v, &row);
            if (deadline < 0 || out_now_ms() < deadline)
                continue;
            ev = STREAM_IDLE;
        }
        if (ev == STREAM_ERROR) {
            flush(v, false);
            wipe_hint(v);
            return err->code;
        }
        end(v, ev == STREAM_END && !pull ? rowstream_final(v->rs) : "");
        return OK;
    }
}

Status stream_show(Shell *sh, RowStream *rs, Err *err)
{
    StreamView v = {.sh = sh, .rs = rs, .sch = rowstream_schema(rs)};
    v.hint = sh->interactive && sh->out.color && !(v.sch && rowstream_is_pull(rs));
    signals_watch(rs);
    if (signals_pending()) /* it came before the stream was watched */
        rowstream_cancel(rs);
    Status st = show_rows(&v, err);
    signals_watch(NULL);
    sh->out.deadline = -1;
    if (sh->out.error != ECANCELED) /* else the signal ends the run */
        signals_interrupted();
    if (v.sch && !sh->json)
        rows_free(&v.rows);
    buf_free(&v.text);
    return st;
}
