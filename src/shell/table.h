// SPDX-License-Identifier: Apache-2.0
// Tables of a shell: what a statement answered (an entity) as text in ksqlDB's layout.
//
//    Stream Name | Kafka Topic        a header, a rule, the rows, a rule, and where there is one a footer;
//   ---------------------------       every cell is padded to its column, a cell of several lines makes
//    A           | t1                 its row as high as it has lines.
//   ---------------------------
#ifndef SLUICE_SHELL_TABLE_H
#define SLUICE_SHELL_TABLE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/vec.h"

typedef struct TableStyle {
    bool terminal; /* rules end at the terminal's width, control characters are replaced */
    int width;     /* of the terminal; 0: 80 */
} TableStyle;

enum { TABLE_MAX_COLUMNS = 8 };

typedef struct TableRow {
    Str cells[TABLE_MAX_COLUMNS];
} TableRow;

/* Built in an arena, printed once. Texts are borrowed until then. */
typedef struct Table {
    Arena *a;
    int ncols;
    TableRow head;
    VEC(TableRow) rows;
    const char *footer; /* a line after it, or NULL */
} Table;

/* Column names as C strings, n of them. */
void table_init(Table *t, Arena *a, int n, ...);
/* Adds a row of empty cells, borrowed until the next one. */
Str *table_row(Table *t);
/* By the first column. */
void table_sort(Table *t);
void table_print(Buf *out, const Table *t, const TableStyle *style);

/* A blank line, the statement's text where `titled` (several results follow each other), the entity, its
 * warnings. An entity of an unknown kind is printed as JSON. */
void table_entity(Buf *out, const json_t *entity, bool titled, const TableStyle *style);

/* ---- for the entities of describe.c ---- */

/* Members of JSON objects; empty or 0 when missing or of another type. Borrowed. */
Str table_member(const json_t *o, const char *key);
int64_t table_number(const json_t *o, const char *key);
/* A number as text, in the arena. */
Str table_int(Arena *a, int64_t v);
/* Newlines made blanks. New in the arena. */
Str table_one_line(Arena *a, Str s);

/* One kind of entity. */
typedef void TablePrinter(Buf *out, Arena *a, const json_t *entity, const TableStyle *style);
TablePrinter table_source_description, table_source_descriptions, table_query_description,
    table_query_descriptions, table_function, table_types;

#endif
