// SPDX-License-Identifier: Apache-2.0
// Which column or struct field a JSON key means.
//
// Names match exactly, or else against the upper-cased key; an exact match beats any other,
// and among keys that differ only in case the last one counts (page 07 §7.5). Records of one topic
// mostly have the same keys in the same order: the k-th key is first compared, colon included,
// with the k-th key of the record before, which costs a few instructions and no hash.
#ifndef SLUICE_SERDE_JSON_FIELDS_H
#define SLUICE_SERDE_JSON_FIELDS_H

#include "serde/json.h"

typedef struct JsonFields JsonFields;

/* A type, ready to be read. */
typedef struct JsonNode {
    const Type *type;
    JsonFields *fields;          /* STRUCT */
    const struct JsonNode *elem; /* ARRAY, MAP */
} JsonNode;

typedef struct JsonField {
    Str name;
    JsonNode node;
    bool want; /* otherwise it is judged: read and not kept */
} JsonField;

enum { GUESS_KEY = 48, GUESSES_MAX = 256 };

/* The k-th key of the record before, with its closing quote and colon: n bytes. */
typedef struct JsonGuess {
    uint64_t head, mask; /* the first 8 bytes, and which of them count */
    uint16_t n;          /* 0: no guess */
    bool exact;
    int32_t field; /* -1: not a field */
    char key[GUESS_KEY];
} JsonGuess;

struct JsonFields {
    int n, words; /* words: 64-bit words of a bit per field */
    JsonField *f;
    uint64_t *want;
    /* An upper-cased name is the name of another field, so that one key may fill two of them: records take
     * the slow way. */
    bool twins;
    uint32_t mask;
    int32_t *slots; /* index + 1 by hash of the name; 0: free */
    int nguess;
    JsonGuess *guess;
};

/* What a key means. */
typedef struct JsonMatch {
    int exact, upper; /* fields, or -1 */
} JsonMatch;

/* new in the arena; the types are borrowed. */
JsonNode json_node(Arena *a, const Type *t);
/* new in the arena, from columns; want as in reader_new. */
JsonFields *json_fields(Arena *a, const ColumnDef *cols, int n, const bool *want);
JsonMatch json_match(const JsonFields *f, Str key, Buf *upper);
/* Java's String.toUpperCase for the letters of Latin, Greek and Cyrillic; a view of `key` or of `out`. */
Str json_upper(Buf *out, Str key);
/* Reads the key at the quote, and its colon, the way without a guess; remembers it as the k-th. */
bool json_key(Json *j, JsonFields *f, int k, Buf *upper, int *field, bool *exact);

/* The k-th key is the guessed one: p stands on its first byte. Loads are little-endian and stay inside
 * [start, end). */
static inline bool json_guess_hit(const JsonGuess *g, const char *start, const char *p, const char *end)
{
    uint64_t head, tail, want;
    if (__builtin_expect(end - p < 8, 0)) {
        if (g->n == 0 || g->n > end - p)
            return false;
        if (end - start < 8)
            return memcmp(p, g->key, g->n) == 0;
        memcpy(&head, end - 8, 8);
        head >>= 8 * (8 - (end - p));
    } else {
        memcpy(&head, p, 8);
    }
    if ((head ^ g->head) & g->mask)
        return false;
    if (g->n <= 8)
        return g->n != 0;
    if (end - p < g->n)
        return false;
    if (g->n > 16)
        return memcmp(p + 8, g->key + 8, g->n - 8u) == 0;
    memcpy(&tail, p + g->n - 8, 8);
    memcpy(&want, g->key + g->n - 8, 8);
    return tail == want;
}

#endif
