// SPDX-License-Identifier: Apache-2.0
// Names of JSON keys: compiled field tables, upper-casing, guesses. See json_fields.h.
#include "serde/internal.h"
#include "serde/json_fields.h"
#include "types/text.h"

/* One code point upper-cased, by the simple ranges of Latin-1, Latin Extended-A, Greek and Cyrillic. */
static uint32_t upper_wide(uint32_t c)
{
    if (c == 0xB5)
        return 0x39C;
    if (c == 0xFF)
        return 0x178;
    if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3CB && c != 0x3C2) ||
        (c >= 0x430 && c <= 0x44F))
        return c - 32;
    if (c == 0x3C2)
        return 0x3A3;
    if (c >= 0x450 && c <= 0x45F)
        return c - 80;
    if ((c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14A && c <= 0x177))
        return c & ~1u;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c & 1 ? c : c - 1;
    return c == 0x131 ? 'I' : c;
}

Str json_upper(Buf *out, Str key)
{
    size_t i = 0;
    while (i < key.n && !(key.p[i] >= 'a' && key.p[i] <= 'z') && (uint8_t)key.p[i] < 0x80)
        i++;
    if (i == key.n)
        return key;
    buf_clear(out);
    const uint8_t *p = (const uint8_t *)key.p, *end = p + key.n;
    while (p < end) {
        if (*p < 0x80) {
            char c = (char)*p++;
            buf_byte(out, c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
            continue;
        }
        uint32_t c = utf8_next(&p, end);
        if (c == 0xDF)
            buf_cstr(out, "SS");
        else
            utf8_put(out, upper_wide(c));
    }
    return buf_view(out);
}

static int find(const JsonFields *f, Str name)
{
    for (uint32_t i = (uint32_t)str_hash(name) & f->mask; f->slots[i]; i = (i + 1) & f->mask) {
        if (str_eq(f->f[f->slots[i] - 1].name, name))
            return f->slots[i] - 1;
    }
    return -1;
}

static void insert(JsonFields *f, int index)
{
    uint32_t i = (uint32_t)str_hash(f->f[index].name) & f->mask;
    while (f->slots[i])
        i = (i + 1) & f->mask;
    f->slots[i] = index + 1;
}

JsonMatch json_match(const JsonFields *f, Str key, Buf *upper)
{
    JsonMatch m = {find(f, key), -1};
    m.upper = find(f, json_upper(upper, key));
    return m;
}

/* n fields, names and types filled in by the caller through `f`, then finish(). */
static JsonFields *fields_new(Arena *a, int n)
{
    JsonFields *f = ARENA_NEW(a, JsonFields);
    uint32_t slots = 8;
    while (slots < (uint32_t)n * 2)
        slots *= 2;
    f->n = n;
    f->words = (n + 63) / 64;
    f->f = ARENA_ARRAY(a, JsonField, n + 1);
    f->want = ARENA_ARRAY(a, uint64_t, f->words + 1);
    f->slots = ARENA_ARRAY(a, int32_t, slots);
    f->mask = slots - 1;
    f->nguess = n + 8 < GUESSES_MAX ? n + 8 : GUESSES_MAX;
    f->guess = ARENA_ARRAY(a, JsonGuess, f->nguess);
    return f;
}

static void finish(JsonFields *f)
{
    Buf upper = BUF_INIT;
    for (int i = 0; i < f->n; i++) {
        insert(f, i);
        if (f->f[i].want)
            bit_set(f->want, i);
    }
    for (int i = 0; i < f->n; i++) {
        int other = find(f, json_upper(&upper, f->f[i].name));
        f->twins |= other >= 0 && other != i;
    }
    buf_free(&upper);
}

JsonNode json_node(Arena *a, const Type *t)
{
    JsonNode node = {.type = t};
    if (t->kind == KIND_ARRAY || t->kind == KIND_MAP) {
        JsonNode *elem = ARENA_NEW(a, JsonNode);
        *elem = json_node(a, t->elem);
        node.elem = elem;
    } else if (t->kind == KIND_STRUCT) {
        JsonFields *f = fields_new(a, t->nfields);
        for (int i = 0; i < t->nfields; i++)
            f->f[i] = (JsonField){t->fields[i].name, json_node(a, t->fields[i].type), true};
        finish(f);
        node.fields = f;
    }
    return node;
}

JsonFields *json_fields(Arena *a, const ColumnDef *cols, int n, const bool *want)
{
    JsonFields *f = fields_new(a, n);
    for (int i = 0; i < n; i++)
        f->f[i] = (JsonField){cols[i].name, json_node(a, cols[i].type), want[i]};
    finish(f);
    return f;
}

/* Only a key that stands in the record as it is, directly before its colon, makes a guess. */
static void remember(JsonFields *f, int k, const char *key, size_t n, int field, bool exact)
{
    if (k >= f->nguess)
        return;
    JsonGuess *g = &f->guess[k];
    g->n = 0;
    g->mask = UINT64_MAX; /* with head 0: fits no text */
    g->head = 0;
    if (n > GUESS_KEY)
        return;
    memcpy(g->key, key, n);
    g->n = (uint16_t)n;
    g->mask = n >= 8 ? UINT64_MAX : ((uint64_t)1 << (8 * n)) - 1; /* little-endian loads */
    memcpy(&g->head, key, n < 8 ? n : 8);
    g->field = field;
    g->exact = exact;
}

bool json_key(Json *j, JsonFields *f, int k, Buf *upper, int *field, bool *exact)
{
    const char *from = j->p + 1;
    Str key;
    bool escaped;
    if (!js_string(j, &key, &escaped))
        return false;
    const char *after = j->p;
    js_space(j);
    if (j->p >= j->end || *j->p != ':')
        return js_bad(j, j->p, SYNTAX_COLON);
    bool tight = j->p == after && !escaped;
    j->p++;
    JsonMatch m = json_match(f, key, upper);
    *exact = m.exact >= 0;
    *field = *exact ? m.exact : m.upper;
    if (tight)
        remember(f, k, from, (size_t)(j->p - from), *field, *exact);
    return true;
}
