// SPDX-License-Identifier: Apache-2.0
// JTree: a JSON document in an arena with its numbers as they are written.
//
// The test runner compares decimals with their scale, so a number never becomes a double here: it
// stays text, and JNum takes it apart into sign, digits and scale. Comments (// and /* */) are read
// over where asked for, since the conformance files have them. Not for the record path.
#ifndef SLUICE_TOOLS_JSON_TREE_H
#define SLUICE_TOOLS_JSON_TREE_H

#include "base/arena.h"
#include "base/err.h"

typedef enum JTreeKind { JT_NULL, JT_BOOL, JT_NUMBER, JT_STRING, JT_ARRAY, JT_OBJECT } JTreeKind;

typedef struct JTree JTree;
struct JTree {
    JTreeKind kind;
    bool flag;    /* BOOL */
    Str text;     /* NUMBER: as written; STRING: escapes undone, UTF-8 */
    int n;        /* ARRAY, OBJECT */
    JTree *items; /* ARRAY elements, OBJECT values */
    Str *names;   /* OBJECT, in the order written; a name may stand twice */
};

/* new in the arena; text is borrowed by strings without escapes. The whole text must be one value.
 * ERR_SYNTAX with a span when it is not JSON. */
Status jtree_parse(Arena *a, Str text, bool comments, JTree **out, Err *err) MUST_CHECK;
/* Borrowed; NULL when `t` is NULL, no object, or has no such member; the last one when it stands twice. */
const JTree *jtree_get(const JTree *t, const char *name);
/* The text of a member that is a string; empty otherwise. */
Str jtree_text(const JTree *t, const char *name);
/* A member that is an integer; `fallback` otherwise. */
int64_t jtree_int(const JTree *t, const char *name, int64_t fallback);
/* Compact JSON, numbers as written. */
void jtree_write(Buf *out, const JTree *t);
/* new in the arena: a string's text, or else as jtree_write. */
Str jtree_plain(Arena *a, const JTree *t);
/* A JSON string with its quotes, escaped minimally. */
void jtree_write_string(Buf *out, Str s);

/* A number exactly: (-1)^neg * digits * 10^-scale. */
typedef struct JNum {
    bool neg;
    bool integer; /* written without point and exponent */
    Str digits;   /* without leading zeros; "0" is empty */
    int64_t scale;
} JNum;

/* Takes the text of a JSON number apart; digits are new in the arena. False when it is none. */
bool jnum_parse(Arena *a, Str text, JNum *out);
/* Same value. */
bool jnum_equal(const JNum *a, const JNum *b);
/* Same value and same scale. */
bool jnum_identical(const JNum *a, const JNum *b);

#endif
