// SPDX-License-Identifier: Apache-2.0
// SQL types and schemas. Immutable; shared freely between threads while their arena lives.
//
// Scalar types are static objects (TYPE_STRING …); parameterised ones live in an arena.
// Two types are the same when type_equal says so, never by address. Rules: page 03 of the
// ksqlDB reference.
#ifndef SLUICE_TYPES_TYPE_H
#define SLUICE_TYPES_TYPE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

typedef enum TypeKind {
    KIND_NULL, /* the type of a bare NULL: fits everywhere */
    KIND_BOOLEAN,
    KIND_INTEGER,
    KIND_BIGINT,
    KIND_DECIMAL,
    KIND_DOUBLE,
    KIND_STRING,
    KIND_BYTES,
    KIND_TIME,      /* int32: ms of the day */
    KIND_DATE,      /* int32: days since 1970-01-01 */
    KIND_TIMESTAMP, /* int64: ms since the epoch, UTC */
    KIND_ARRAY,
    KIND_MAP,
    KIND_STRUCT,
    /* Only as parameters of functions: */
    KIND_UNIT,   /* an interval unit, int32: ms in it fit int32 */
    KIND_LAMBDA,
    KIND_GENERIC, /* a type variable; name holds it */
    KIND_ANY,
} TypeKind;

enum { DECIMAL_MAX_PRECISION = 38 };

typedef struct Type Type;

typedef struct Field {
    Str name;
    const Type *type;
} Field;

struct Type {
    TypeKind kind;
    int32_t precision, scale; /* DECIMAL */
    const Type *key;          /* MAP */
    const Type *elem;         /* ARRAY element, MAP value, LAMBDA result */
    int32_t nfields;          /* STRUCT fields; LAMBDA parameters */
    const Field *fields;
    Str name; /* GENERIC */
};

extern const Type type_null, type_boolean, type_integer, type_bigint, type_double, type_string, type_bytes,
    type_time, type_date, type_timestamp, type_unit, type_any;

#define TYPE_NULL (&type_null)
#define TYPE_BOOLEAN (&type_boolean)
#define TYPE_INTEGER (&type_integer)
#define TYPE_BIGINT (&type_bigint)
#define TYPE_DOUBLE (&type_double)
#define TYPE_STRING (&type_string)
#define TYPE_BYTES (&type_bytes)
#define TYPE_TIME (&type_time)
#define TYPE_DATE (&type_date)
#define TYPE_TIMESTAMP (&type_timestamp)

const Type *type_decimal(Arena *a, int precision, int scale);
const Type *type_array(Arena *a, const Type *elem);
const Type *type_map(Arena *a, const Type *key, const Type *value);
/* fields: borrowed, copied with their names. */
const Type *type_struct(Arena *a, const Field *fields, int n);
/* A deep copy in another arena. */
const Type *type_dup(Arena *a, const Type *t);

bool type_equal(const Type *a, const Type *b);
static inline bool type_is_number(const Type *t) { return t->kind >= KIND_INTEGER && t->kind <= KIND_DOUBLE; }
static inline bool type_is_nested(const Type *t) { return t->kind >= KIND_ARRAY && t->kind <= KIND_STRUCT; }
static inline bool type_is_temporal(const Type *t)
{
    return t->kind >= KIND_TIME && t->kind <= KIND_TIMESTAMP;
}
/* Bytes of one element in a column (1, 4, 8 or 16). */
int type_width(const Type *t);
/* Has a MAP anywhere inside. */
bool type_has_map(const Type *t);

/* ksqlDB's text in errors and schemas: INTEGER, STRING, DECIMAL(4, 2), STRUCT<`F0` STRING>. */
void type_print(Buf *out, const Type *t);
/* The text in SHOW and DESCRIBE: VARCHAR(STRING) for STRING at the top; STRUCT<F0 STRING>. */
void type_print_describe(Buf *out, const Type *t);
const char *type_text(Arena *a, const Type *t);
/* The base name: "INTEGER", "ARRAY", … */
const char *type_kind_name(TypeKind kind);
/* A type by its SQL name or alias (INT, VARCHAR …) for names without parameters; NULL when unknown. */
const Type *type_by_name(Str upper);
/* Parses what type_print prints, and SQL aliases (signatures of functions, stored plans). Type variables are
 * single letters; LAMBDA(T, U) => R, INTERVALUNIT and ANY are parameters of functions; DECIMAL without
 * numbers has precision 0 (any decimal). `T...`-style variadics are not types. */
Status type_parse(Arena *a, Str text, const Type **out, Err *err) MUST_CHECK;

/* ---- schema -------------------------------------------------------------------------------- */

typedef enum ColumnRole {
    ROLE_KEY,
    ROLE_VALUE,
    ROLE_HEADERS, /* all headers, or one: header_key */
    ROLE_SYSTEM,  /* ROWTIME, ROWPARTITION, ROWOFFSET, WINDOWSTART, WINDOWEND */
} ColumnRole;

typedef struct ColumnDef {
    Str name;
    const Type *type;
    ColumnRole role;
    Str header_key; /* ROLE_HEADERS: empty = all */
} ColumnDef;

typedef struct Schema {
    int n;
    const ColumnDef *cols; /* keys first, then values, then headers, then system columns */
} Schema;

/* new in the arena; names and types are copied when `deep`. */
Schema *schema_new(Arena *a, const ColumnDef *cols, int n, bool deep);
/* The column's index, or -1; exact name. */
int schema_find(const Schema *s, Str name);
int schema_count(const Schema *s, ColumnRole role);
/* The i-th column of a role, as an index; -1 when there are fewer. */
int schema_nth(const Schema *s, ColumnRole role, int i);
bool schema_equal(const Schema *a, const Schema *b);
/* `K` STRING KEY, `V` INTEGER — system columns are left out. */
void schema_print(Buf *out, const Schema *s);

#endif
