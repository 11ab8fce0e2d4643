// SPDX-License-Identifier: Apache-2.0
// The shape of a JSON record: what stands before, between and behind the values of its members.
//
// Records of one topic mostly differ in their values only. A shape is learnt from one record; the next is
// read against it, each key together with its punctuation by one comparison of bytes, and its values by
// scanners for what is common (short numbers, strings without escapes). Any other value goes to the general
// reader; a record of another shape is read anew as a whole. So a shape never decides what a record means:
// equal bytes mean what they meant in the record that the shape was learnt from.
//
// Where records often do not fit, shapes are left alone for a while, longer each time.
#ifndef SLUICE_SERDE_JSON_SHAPE_H
#define SLUICE_SERDE_JSON_SHAPE_H

#include "serde/json_fields.h"

enum { SHAPE_TEXT = 48, SHAPE_STEPS = 256 };

typedef enum ShapeHow {
    SHAPE_SKIP,   /* a value that is no field's, or a STRING that nobody wants: any value will do */
    SHAPE_NUMBER, /* a field that nobody wants, and that takes every number */
    SHAPE_FITS,   /* a DECIMAL that nobody wants */
    SHAPE_BOOL,   /* a BOOLEAN that nobody wants */
    SHAPE_STRING, /* of a STRING column */
    SHAPE_INT,    /* INTEGER */
    SHAPE_LONG,   /* BIGINT, TIMESTAMP */
    SHAPE_OTHER,  /* by the general reader, wanted or not */
    SHAPE_END,    /* no value: the object is over */
} ShapeHow;

/* The text up to a value, from the end of the value before. */
typedef struct ShapeStep {
    _Alignas(16) char text[SHAPE_TEXT];
    uint16_t differ; /* n < 16: the bytes that do not count, a bit each */
    uint8_t n;
    uint8_t how;
    uint8_t whole, places; /* SHAPE_FITS: most digits before and after the point */
    int32_t field;   /* of the value; -1: none */
} ShapeStep;

typedef struct JsonShape {
    ShapeStep *step; /* SHAPE_END is the last; NULL: none was ever learnt */
    int cap;         /* of step */
    bool known;      /* there is a shape to read by */
    bool nulls;      /* wanted fields are not in the record */
    int credit;      /* records that fitted, less what those that did not have cost */
    int rest, pause; /* records until the next is learnt; how many the next time */
    int words;       /* of absent */
    uint64_t *absent; /* wanted fields that it has not, a bit each */
    uint64_t *seen;   /* while it is learnt: fields whose exact name was there */
} JsonShape;

/* A record, and the row that it goes to. */
typedef struct ShapeRow {
    Str payload;
    Batch *b;
    int first_col, row;
} ShapeRow;

/* The general reader of a value: from `at` into the field's cell (nowhere: field < 0, or not wanted) to *end; false:
 * refused. */
typedef bool JsonShapeValue(void *arg, const ShapeRow *to, const char *at, int field, const char **end);

/* True when the record was read. Otherwise nothing is known of it, and cells may have been written. */
bool json_shape_read(JsonShape *s, const ShapeRow *to, JsonShapeValue *value, void *arg);
/* After a record that the general way has read: learns it, if it is time to. */
void json_shape_learn(JsonShape *s, Arena *a, const JsonFields *f, Str payload, Buf *upper);

#endif
