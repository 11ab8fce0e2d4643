// SPDX-License-Identifier: Apache-2.0
// Rows: see rows.h. A row is laid out cell by cell: each cell knows its rest, lines are printed until
// no cell has one. Newlines in values start a new line of their cell everywhere.
#include "shell/rows.h"

#include "base/cell.h"

enum { ROWS_MIN_WIDTH = 5, ROWS_WIDTH = 80 };

void rows_init(Rows *r, const Schema *sch, RowsStyle style)
{
    int total = style.terminal && style.width > 0 ? style.width : ROWS_WIDTH;
    int n = sch->n > 0 ? sch->n : 1;
    int each = style.column_width > 0 ? style.column_width : total / n - 2;
    if (style.column_width <= 0 && each < ROWS_MIN_WIDTH)
        each = ROWS_MIN_WIDTH;
    *r = (Rows){.sch = sch, .style = style};
    r->widths = mem_zalloc(sizeof *r->widths * (size_t)n);
    r->cells = mem_zalloc(sizeof *r->cells * (size_t)n);
    for (int i = 0; i < sch->n; i++) {
        int name = cell_width(sch->cols[i].name);
        r->widths[i] = !style.terminal && name > each ? name : each;
    }
}

void rows_free(Rows *r)
{
    for (int i = 0; i < r->sch->n; i++)
        buf_free(&r->cells[i]);
    mem_free(r->cells);
    mem_free(r->widths);
}

/* Takes the next line of a cell off *rest: a whole line of the value, or as much of it as fits. */
static Str next_piece(const Rows *r, Str *rest, int width)
{
    Str line, all = *rest;
    if (!cell_line(rest, &line))
        return (Str){NULL, 0};
    if (!r->style.terminal || !r->style.wrap)
        return line;
    size_t n = cell_fit(line, width);
    if (n < line.n) {
        *rest = str_sub(all, n, all.n - n);
        line.n = n;
    }
    return line;
}

/* A value of several lines or too wide, with wrapping off: its beginning and "...". */
static void put_clipped(Buf *out, Str s, int width)
{
    const char *newline = s.n ? memchr(s.p, '\n', s.n) : NULL;
    Str first = newline ? str_sub(s, 0, (size_t)(newline - s.p)) : s;
    if (!newline && cell_width(first) <= width) {
        cell_pad(out, first, width);
        return;
    }
    int keep = width > 3 ? width - 3 : 0;
    if (cell_width(first) > keep)
        first.n = keep > 0 ? cell_fit(first, keep) : 0;
    buf_str(out, first);
    buf_repeat(out, '.', width > 3 ? 3 : width);
    int used = cell_width(first) + 3;
    if (used < width)
        buf_repeat(out, ' ', width - used);
}

static void put_cells(Buf *out, Rows *r)
{
    int n = r->sch->n;
    if (r->style.terminal && !r->style.wrap) {
        buf_byte(out, '|');
        for (int i = 0; i < n; i++) {
            put_clipped(out, buf_view(&r->cells[i]), r->widths[i]);
            buf_byte(out, '|');
        }
        buf_byte(out, '\n');
        return;
    }
    Str rest[n > 0 ? n : 1];
    bool more = n > 0;
    for (int i = 0; i < n; i++)
        rest[i] = r->cells[i].n ? buf_view(&r->cells[i]) : STR("");
    while (more) {
        more = false;
        buf_byte(out, '|');
        for (int i = 0; i < n; i++) {
            cell_pad(out, next_piece(r, &rest[i], r->widths[i]), r->widths[i]);
            buf_byte(out, '|');
            more |= rest[i].p != NULL;
        }
        buf_byte(out, '\n');
    }
}

static void put_rule(Buf *out, const Rows *r)
{
    buf_byte(out, '+');
    for (int i = 0; i < r->sch->n; i++) {
        buf_repeat(out, '-', r->widths[i]);
        buf_byte(out, '+');
    }
    buf_byte(out, '\n');
}

void rows_header(Buf *out, Rows *r)
{
    put_rule(out, r);
    for (int i = 0; i < r->sch->n; i++) {
        buf_clear(&r->cells[i]);
        buf_str(&r->cells[i], r->sch->cols[i].name);
    }
    put_cells(out, r);
    put_rule(out, r);
}

void rows_row(Buf *out, Rows *r, const StreamRow *row)
{
    for (int i = 0; i < r->sch->n; i++) {
        Buf *cell = &r->cells[i];
        buf_clear(cell);
        if (row->tombstone && row->values[i].null) {
            buf_cstr(cell, "<TOMBSTONE>");
        } else {
            value_shown(cell, r->sch->cols[i].type, &row->values[i]);
        }
    }
    put_cells(out, r);
}
