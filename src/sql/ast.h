// SPDX-License-Identifier: Apache-2.0
// AST: what the grammar builds, and nothing else builds.
//
// Nodes live in the statement's arena and are never edited after the parse; later stages read
// them. Every node carries the span of its text. Names are stored as they count: an unquoted
// identifier already folded to upper case, with `quoted` telling how it was written. Two trees
// are equal when ast_equal says so: spans and comments do not count.
//
// Syntax: shared grammar pages 01 (statements) and 03 (expressions).
#ifndef SLUICE_SQL_AST_H
#define SLUICE_SQL_AST_H

#include "base/err.h"
#include "base/vec.h"

/* How high an expression's tree may grow (a + a + a …), so that a walk over it may recurse. How deep
 * brackets nest is bounded by LIMIT_NESTING. */
enum { LIMIT_EXPR_DEPTH = 2000 };

typedef struct Expr Expr;
typedef struct Stmt Stmt;
typedef struct Relation Relation;
typedef struct Query Query;
typedef struct TypeRef TypeRef;

typedef VEC(Expr *) ExprVec;

typedef struct Name {
    Str text;
    bool quoted;
    Span span;
    Str written; /* as written, without quotes and not folded (topics and functions are named by it) */
} Name;
typedef VEC(Name) NameVec;

/* ---- types as written -------------------------------------------------------------------- */

typedef struct FieldRef {
    Name name;
    TypeRef *type;
} FieldRef;
typedef VEC(FieldRef) FieldRefVec;

typedef enum TypeRefKind { TYPEREF_NAMED, TYPEREF_ARRAY, TYPEREF_MAP, TYPEREF_STRUCT } TypeRefKind;

struct TypeRef {
    TypeRefKind kind;
    Span span;
    Name name;         /* NAMED: INTEGER, VARCHAR, DECIMAL, or a custom type's name */
    int nparams;       /* NAMED: DECIMAL(p, s), VARCHAR(n) */
    int64_t params[2];
    TypeRef *key;      /* MAP */
    TypeRef *elem;     /* ARRAY; MAP's value */
    FieldRefVec fields; /* STRUCT */
    int depth;          /* 1 for a simple type; bounded by LIMIT_NESTING */
};

/* ---- expressions ------------------------------------------------------------------------- */

typedef enum ExprKind {
    EXPR_NULL,
    EXPR_BOOL,
    EXPR_INT,        /* integer that fits int64; i */
    EXPR_DECIMAL,    /* text: digits with a point */
    EXPR_DOUBLE,     /* text: exponent form; d */
    EXPR_STRING,     /* text, quotes undone */
    EXPR_TYPED,      /* TYPE 'text': name, text */
    EXPR_COLUMN,     /* [qualifier.]name */
    EXPR_STAR,       /* count(*): only as sole call argument */
    EXPR_NEG,        /* a */
    EXPR_POS,        /* a */
    EXPR_ARITH,      /* op, a, b */
    EXPR_CONCAT,     /* a || b */
    EXPR_COMPARE,    /* op, a, b (IS [NOT] DISTINCT FROM too) */
    EXPR_AND,        /* a, b */
    EXPR_OR,         /* a, b */
    EXPR_NOT,        /* a */
    EXPR_IS_NULL,    /* a; negated */
    EXPR_BETWEEN,    /* a, b (low), c (high); negated */
    EXPR_IN,         /* a, list; negated */
    EXPR_LIKE,       /* a, b (pattern), c (escape or NULL: a string literal); negated */
    EXPR_CASE,       /* a (operand or NULL), list: when, then, when, then …; b (else or NULL) */
    EXPR_CAST,       /* a, type */
    EXPR_CALL,       /* name, list */
    EXPR_SUBSCRIPT,  /* a[b] */
    EXPR_DEREF,      /* a -> name */
    EXPR_ARRAY,      /* ARRAY[list] */
    EXPR_MAP,        /* MAP(k := v, …): list: key, value, key, value … */
    EXPR_STRUCT,     /* STRUCT(n := v, …): names, list */
    EXPR_LAMBDA,     /* names => a */
    EXPR_AT_ZONE,    /* a AT TIME ZONE 'text' */
    EXPR_UNIT,       /* a bare interval unit as argument: DAYS …; name */
} ExprKind;

typedef enum ArithOp { ARITH_ADD, ARITH_SUB, ARITH_MUL, ARITH_DIV, ARITH_MOD } ArithOp;
typedef enum CmpOp { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_DISTINCT, CMP_NOT_DISTINCT } CmpOp;

struct Expr {
    ExprKind kind;
    Span span;    /* the whole expression's text */
    bool parens;  /* was written in parentheses (the printer decides anew; errors may want it) */
    bool negated; /* IS NOT NULL, NOT IN, NOT LIKE, NOT BETWEEN */
    bool flag;    /* EXPR_BOOL: the value */
    int op;       /* ArithOp or CmpOp */
    int64_t i;
    double d;
    Str text;
    Name qualifier; /* EXPR_COLUMN; text.n == 0 when there is none */
    Name name;
    Expr *a, *b, *c;
    ExprVec list;
    NameVec names;
    TypeRef *type;
    /* height of the tree, 1 for a leaf; bounded by LIMIT_EXPR_DEPTH, so recursion over it is safe */
    int depth;
};

/* ---- queries ----------------------------------------------------------------------------- */

typedef enum DurationUnit {
    UNIT_MILLISECONDS,
    UNIT_SECONDS,
    UNIT_MINUTES,
    UNIT_HOURS,
    UNIT_DAYS
} DurationUnit;

typedef struct Duration {
    bool set;
    int64_t n;
    DurationUnit unit;
    Span span;
} Duration;

typedef enum JoinKind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL } JoinKind;

typedef struct Within {
    bool set;
    Duration before, after; /* one duration given: both the same */
    bool two;               /* written as (before, after) */
    Duration grace;
} Within;

typedef struct Source {
    Name name;
    Name alias; /* text.n == 0 when there is none */
    Span span;
} Source;

typedef struct Join {
    JoinKind kind;
    Source right;
    Within within;
    Expr *on;
    Span span;
} Join;
typedef VEC(Join) JoinVec;

struct Relation {
    Source from;
    JoinVec joins;
};

typedef enum SelectKind { SELECT_EXPR, SELECT_STAR, SELECT_SOURCE_STAR, SELECT_STRUCT_STAR } SelectKind;

typedef struct SelectItem {
    SelectKind kind;
    Expr *expr;   /* EXPR; STRUCT_STAR: the struct */
    Name alias;   /* EXPR: text.n == 0 when there is none */
    Name source;  /* SOURCE_STAR */
    Span span;
} SelectItem;
typedef VEC(SelectItem) SelectItemVec;

typedef enum WindowKind { WINDOW_NONE, WINDOW_TUMBLING, WINDOW_HOPPING, WINDOW_SESSION } WindowKind;

typedef struct Window {
    WindowKind kind;
    Name name; /* ignored, may be empty */
    Duration size, advance, retention, grace; /* SESSION: size is the gap */
    Span span;
} Window;

typedef enum EmitKind { EMIT_NONE, EMIT_CHANGES, EMIT_FINAL } EmitKind;

struct Query {
    Span span;
    SelectItemVec items;
    Relation from;
    Window window;
    Expr *where, *having;           /* may be NULL */
    bool has_group_by, has_partition_by;
    bool group_parens;              /* GROUP BY (a, b) */
    ExprVec group_by, partition_by; /* GROUP BY () has none */
    Span group_span, partition_span;
    EmitKind emit;
    bool has_limit;
    int64_t limit; /* may be negative: refused later, in ksqlDB's words */
    Span limit_span;
};

/* ---- statements -------------------------------------------------------------------------- */

typedef enum ElementRole {
    ELEMENT_VALUE,
    ELEMENT_KEY,
    ELEMENT_PRIMARY_KEY,
    ELEMENT_HEADERS,
    ELEMENT_HEADER
} ElementRole;

typedef struct Element {
    Name name;
    TypeRef *type;
    ElementRole role;
    Str header; /* HEADER('k') */
    Span span;
} Element;
typedef VEC(Element) ElementVec;

typedef struct Property {
    Name name;   /* folded or as quoted; compared without case */
    Expr *value; /* a literal */
    Span span;
} Property;
typedef VEC(Property) PropertyVec;

typedef enum StmtKind {
    STMT_CREATE_STREAM,    /* name, elements, props; or_replace, is_source, if_not_exists */
    STMT_CREATE_TABLE,
    STMT_CREATE_STREAM_AS, /* name, props, query */
    STMT_CREATE_TABLE_AS,
    STMT_INSERT_INTO,      /* name, props, query */
    STMT_INSERT_VALUES,    /* name, columns, values */
    STMT_SELECT,           /* query */
    STMT_DROP_STREAM,      /* name, if_exists, delete_topic */
    STMT_DROP_TABLE,
    STMT_TERMINATE,        /* name, all */
    STMT_PAUSE,
    STMT_RESUME,
    STMT_EXPLAIN,          /* inner statement, or name: a query id */
    STMT_DESCRIBE,         /* name, extended */
    STMT_DESCRIBE_ALL,     /* DESCRIBE STREAMS|TABLES [EXTENDED]: topic = "STREAMS" or "TABLES" */
    STMT_DESCRIBE_FUNCTION,/* name; text: as written */
    STMT_DESCRIBE_CONNECTOR,
    STMT_SHOW_STREAMS,     /* extended */
    STMT_SHOW_TABLES,
    STMT_SHOW_TOPICS,      /* all, extended */
    STMT_SHOW_QUERIES,     /* extended */
    STMT_SHOW_FUNCTIONS,
    STMT_SHOW_PROPERTIES,
    STMT_SHOW_TYPES,
    STMT_SHOW_VARIABLES,
    STMT_SHOW_CONNECTORS,  /* text: "", "SOURCE" or "SINK" */
    STMT_SHOW_CONNECTOR_PLUGINS,
    STMT_PRINT,            /* topic (case kept), from_beginning, interval, limit */
    STMT_SET,              /* text (property), value */
    STMT_UNSET,            /* text */
    STMT_ALTER_SYSTEM,     /* text, value */
    STMT_DEFINE,           /* name, value */
    STMT_UNDEFINE,         /* name; text: as written */
    STMT_CREATE_CONNECTOR, /* text: "SOURCE" or "SINK"; name, props, if_not_exists */
    STMT_DROP_CONNECTOR,   /* name, if_exists */
    STMT_CREATE_TYPE,      /* name, type, if_not_exists */
    STMT_DROP_TYPE,        /* name, if_exists */
    STMT_ALTER_SOURCE,     /* text: "STREAM" or "TABLE"; name, elements */
    STMT_ASSERT_TOPIC,     /* topic, props, timeout, negated */
    STMT_ASSERT_SCHEMA,    /* subject (text), id, timeout, negated */
    STMT_ASSERT_VALUES,    /* name, columns, values */
    STMT_ASSERT_NULL_VALUES,
    STMT_ASSERT_STREAM,    /* name, elements, props */
    STMT_ASSERT_TABLE,
    STMT_RUN_SCRIPT,       /* text: file */
    STMT_KINDS
} StmtKind;

struct Stmt {
    StmtKind kind;
    Span span; /* from the first token to the last, without the semicolon */
    Str sql;   /* borrowed: the statement's text, variables substituted, without the semicolon */
    Name name;
    ElementVec elements;
    PropertyVec props;
    Query *query;
    NameVec columns;
    ExprVec values;
    Stmt *inner;
    TypeRef *type;
    Str text, topic;
    Expr *value;
    Duration timeout;
    int64_t id, interval, limit;
    bool has_id, has_interval, has_limit;
    bool text_variable; /* text or topic is a variable ${x}, kept as it is (formatter) */
    bool substituted; /* variables changed the text: offsets of spans count in `sql`, else in the script */
    bool or_replace, is_source, if_not_exists, if_exists, delete_topic, all, extended, from_beginning,
        negated;
};

typedef VEC(Stmt *) StmtVec;

/* ---- parse, print, compare ----------------------------------------------------------------
 * sql/parse.h: text to statements.  sql/print.h: tree to text.  Both are pure; any thread. */

#endif
