// SPDX-License-Identifier: Apache-2.0
// JSON text, the part below columns and types: strings, numbers, skipping, and what Java would
// say about text that is no JSON. Used by the reader and the writer of the JSON format, and
// by the functions over JSON texts.
//
// A Json is a cursor over one record. Scanners advance p past what they read and return false
// when they cannot, leaving the reason in `fail`: they format no text, since the reader parses a
// failed record a second time for its message. Nothing is read at or past `end`: records are not
// padded.
#ifndef SLUICE_SERDE_JSON_H
#define SLUICE_SERDE_JSON_H

#include "types/batch.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef enum JsonFail {
    JSON_OK,
    JSON_SYNTAX,  /* not JSON, or nested too deep: `syntax` and p say how and where */
    JSON_CONVERT, /* "Can't convert type" */
    JSON_COERCE,  /* "Can't coerce string to type" */
    JSON_OTHER,   /* the message is in `text` */
} JsonFail;

typedef enum JsonSyntax {
    SYNTAX_VALUE, /* no value stands here */
    SYNTAX_KEY,
    SYNTAX_COLON,
    SYNTAX_COMMA_OBJECT,
    SYNTAX_COMMA_ARRAY,
    SYNTAX_END,     /* the text ends inside a string */
    SYNTAX_CONTROL, /* a control character in a string */
    SYNTAX_ESCAPE,
    SYNTAX_UTF8,
    SYNTAX_ZERO, /* a number with leading zeroes */
    SYNTAX_MINUS,
    SYNTAX_POINT,
    SYNTAX_EXPONENT,
    SYNTAX_LONG, /* a number of too many characters */
    SYNTAX_ROOT, /* something directly after a number that is the whole text */
    SYNTAX_DEPTH,
} JsonSyntax;

/* A member of an object that is being written as text: where its parts stand in the output. */
typedef struct JsonMember {
    size_t key, value, end;
    uint64_t hash;
    int32_t index;
} JsonMember;

typedef struct Json {
    const char *p, *end;
    const char *start;
    int depth;
    JsonFail fail;
    JsonSyntax syntax;
    const char *at;   /* JSON_CONVERT: the value's first byte */
    const Type *want; /* JSON_CONVERT, JSON_COERCE: the type wanted */
    Arena *arena;     /* the batch's */
    Buf text;         /* JSON_OTHER */
    Buf scratch;      /* a string without its escapes; a number's text */
    VEC(JsonMember) members;
    bool plain;  /* js_text, js_compact: numbers without exponents */
    bool halves; /* the text is a STRING's: halves of pairs may stand in it as they are */
} Json;

/* What a value's first byte says it is. */
enum JsonClass { JC_BAD, JC_SPACE, JC_STRING, JC_NUMBER, JC_OBJECT, JC_ARRAY, JC_TRUE, JC_FALSE, JC_NULL };
extern const uint8_t js_class[256];
extern const bool js_stop[256]; /* quote, backslash, controls */

enum { JSON_NUMBER_MAX = 1000 }; /* characters of one number */

/* A number as it stands in the text; valid JSON. */
typedef struct JsonNumber {
    Str text;
    bool integer; /* no point, no exponent */
} JsonNumber;

static inline void js_space(Json *j)
{
    while (j->p < j->end && (uint8_t)*j->p <= ' ' && js_class[(uint8_t)*j->p] == JC_SPACE)
        j->p++;
}
static inline bool js_bad(Json *j, const char *at, JsonSyntax what)
{
    j->fail = JSON_SYNTAX;
    j->syntax = what;
    j->p = at;
    return false;
}
/* The class of the value at the cursor, after spaces; JC_BAD at the end. */
static inline int js_peek(Json *j)
{
    if (__builtin_expect(j->p < j->end && (uint8_t)*j->p > ' ', 1))
        return js_class[(uint8_t)*j->p];
    js_space(j);
    return j->p < j->end ? js_class[(uint8_t)*j->p] : JC_BAD;
}
static inline bool js_is_digit(char c) { return (uint8_t)(c - '0') < 10; }

/* The first byte at or after p that ends a plain run of a string: quote, backslash, control, or
 * the end of the text. *high is set when a byte from 0x80 may have been passed. */
static inline const char *js_plain(const char *p, const char *end, bool *high)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), low = _mm_set1_epi8(0x1f);
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)),
                                    _mm_cmpeq_epi8(_mm_min_epu8(v, low), v));
        unsigned m = (unsigned)_mm_movemask_epi8(stop), h = (unsigned)_mm_movemask_epi8(v);
        if (m) {
            int i = __builtin_ctz(m);
            *high |= (h & ((1u << i) - 1)) != 0;
            return p + i;
        }
        *high |= h != 0;
        p += 16;
    }
#endif
    for (; p < end; p++) {
        uint8_t c = (uint8_t)*p;
        if (js_stop[c])
            break;
        *high |= c >= 0x80;
    }
    return p;
}

/* At a quote: the text between the quotes. A view into the record, or, with escapes, into `scratch`: *escaped
 * says which. */
bool js_string(Json *j, Str *out, bool *escaped);
/* As js_string, but the result lives as long as the batch. */
bool js_string_keep(Json *j, Str *out);
/* At a digit or minus. */
bool js_number(Json *j, JsonNumber *out);
/* Past true, false, null. */
bool js_literal(Json *j, const char *word, size_t n);
/* Past any value, with its syntax checked. Does not recurse. */
bool js_skip(Json *j);

/* The number modulo 2^64, its fraction cut off. */
int64_t js_number_i64(JsonNumber n);
double js_number_double(JsonNumber n);
/* BigDecimal.toString of the number; *as_is when that is its own text and nothing was written. */
void js_number_text(Buf *out, JsonNumber n, bool *as_is);
/* The value at the cursor as text for a STRING (page 07 §7.5), appended. The value must be valid JSON. */
bool js_text(Json *j, Buf *out);
/* The same as compact JSON: a string with its quotes, members of one name once, with the last value. */
bool js_compact(Json *j, Buf *out);

/* Appends the string with quotes and the fewest escapes. What is beyond the BMP becomes two \uXXXX, half a pair one;
 * raw_wide: both stay as they are, for JSON that is itself a STRING. */
void js_write_string(Buf *out, Str s, bool raw_wide);

/* Of a cursor that failed with JSON_SYNTAX: what is wrong, in the words of Java's parser. */
void js_syntax_text(const Json *j, Buf *out);
/* IntNode, TextNode … of the value at p. */
const char *js_node_name(const char *p, const char *end);

#endif
