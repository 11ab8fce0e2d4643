// SPDX-License-Identifier: Apache-2.0
// Reading records by the shape of an earlier one. See json_shape.h.
//
// The cursor is a local variable all the way, and what a value's end depends on is computed from 8 or 16 bytes
// at once, so that the records' varying lengths cost no mispredicted branches. Nothing is read outside the
// record: near its end the last 16 bytes are loaded and shifted (records below 16 bytes have no shape).
#include "serde/json_shape.h"

#include "serde/internal.h"

enum { WIDE = 16, CREDIT_MOST = 64, CREDIT_MISS = 8, PAUSE_MOST = 4096 };

/* ---- 16 bytes at once: a bit a byte ---- */

#ifdef __SSE2__

typedef __m128i Wide;

static inline Wide wide_load(const char *p) { return _mm_loadu_si128((const __m128i *)(const void *)p); }
static inline uint32_t wide_differ(Wide a, Wide b) { return ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & 0xffff; }
static inline uint32_t wide_high(Wide v) { return (uint32_t)_mm_movemask_epi8(v); }

/* Quotes, backslashes, control characters. */
static inline uint32_t wide_stops(Wide v)
{
    const Wide quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), low = _mm_set1_epi8(0x1f);
    Wide stop = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(v, low), v)));
}

static inline uint32_t wide_digits(Wide v)
{
    Wide d = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d));
}

#else

typedef struct Wide {
    uint8_t b[WIDE];
} Wide;

static inline Wide wide_load(const char *p)
{
    Wide v;
    memcpy(v.b, p, WIDE);
    return v;
}

#define WIDE_MASK(test)                    \
    do {                                   \
        uint32_t m = 0;                    \
        for (int i = 0; i < WIDE; i++)     \
            m |= (uint32_t)(test) << i;    \
        return m;                          \
    } while (0)

static inline uint32_t wide_differ(Wide a, Wide b) { WIDE_MASK(a.b[i] != b.b[i]); }
static inline uint32_t wide_high(Wide v) { WIDE_MASK(v.b[i] >= 0x80); }
static inline uint32_t wide_stops(Wide v) { WIDE_MASK(js_stop[v.b[i]]); }
static inline uint32_t wide_digits(Wide v) { WIDE_MASK(js_is_digit((char)v.b[i])); }

#endif

/* A record being read. */
typedef struct Text {
    const char *end; /* at least WIDE bytes behind its first */
} Text;

/* The bytes from p on; *drop: so many others stand before them (bits to shift away). p <= end. */
static inline Wide wide_at(const char *p, Text t, int *drop)
{
    if (__builtin_expect(t.end - p >= WIDE, 1)) {
        *drop = 0;
        return wide_load(p);
    }
    *drop = WIDE - (int)(t.end - p);
    return wide_load(t.end - WIDE);
}

/* ---- values ---- */

/* Behind a string's opening quote: its closing one; NULL where it is not plain ASCII up to there. */
static inline const char *plain_end(const char *p, Text t)
{
    for (;;) {
        int drop;
        Wide v = wide_at(p, t, &drop);
        uint32_t stop = wide_stops(v) >> drop, high = wide_high(v) >> drop;
        if (stop) {
            const char *q = p + __builtin_ctz(stop);
            return (high & (stop ^ (stop - 1))) == 0 && *q == '"' ? q : NULL;
        }
        if (high || drop)
            return NULL;
        p += WIDE;
    }
}

/* Past a number of JSON; NULL: not a simple one. *places: its digits after the point. */
static inline const char *number_end(const char *p, Text t, int *places)
{
    int drop;
    *places = 0;
    p += *p == '-';
    Wide v = wide_at(p, t, &drop);
    uint32_t digits = wide_digits(v) >> drop;
    int n = __builtin_ctz(~digits);
    if (n == 0 || n >= WIDE - drop || (n > 1 && *p == '0'))
        return NULL;
    if (p[n] == '.') {
        int m = __builtin_ctz(~(digits >> (n + 1)));
        *places = m;
        n += 1 + m;
        if (m == 0 || n >= WIDE - drop)
            return NULL;
    }
    return (p[n] | 0x20) == 'e' ? NULL : p + n;
}

/* The 8 bytes at p, the first lowest; zeroes behind the end. p <= end. */
static inline uint64_t load8(const char *p, Text t)
{
    uint64_t x;
    if (__builtin_expect(t.end - p >= 8, 1)) {
        memcpy(&x, p, 8);
        return x;
    }
    if (t.end == p)
        return 0;
    memcpy(&x, t.end - 8, 8);
    return x >> (8 * (8 - (t.end - p)));
}

/* How many digits x begins with. */
static inline int leading_digits(uint64_t x)
{
    uint64_t d = x ^ 0x3030303030303030u;
    uint64_t other = ((d + 0x7676767676767676u) | d) & 0x8080808080808080u;
    return other ? __builtin_ctzll(other) >> 3 : 8;
}

/* The value of the first n digits of x; n in 1 … 8. Pairs, then fours, then all, each by one multiplication. */
static inline uint64_t digits_value(uint64_t x, int n)
{
    uint64_t d = (x ^ 0x3030303030303030u) << (8 * (8 - n));
    d = ((d & 0x0f0f0f0f0f0f0f0fu) * 2561) >> 8;
    d = ((d & 0x00ff00ff00ff00ffu) * 6553601) >> 16;
    return ((d & 0x0000ffff0000ffffu) * 42949672960001u) >> 32;
}

/* A whole number of up to 15 digits; NULL: not one. */
static inline const char *integer(const char *p, Text t, int64_t *out)
{
    static const uint32_t powers[8] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    int64_t neg = *p == '-';
    p += neg;
    uint64_t x = load8(p, t), v;
    int n = leading_digits(x);
    if (n == 0)
        return NULL;
    v = digits_value(x, n);
    if (n == 8) {
        x = load8(p + 8, t);
        int m = leading_digits(x);
        if (m == 8)
            return NULL;
        if (m)
            v = v * powers[m] + digits_value(x, m);
        n += m;
    }
    if (n >= t.end - p || (n > 1 && *p == '0') || p[n] == '.' || (p[n] | 0x20) == 'e')
        return NULL;
    *out = ((int64_t)v ^ -neg) + neg;
    return p + n;
}

static inline bool is_number(const char *p) { return js_is_digit(*p) || *p == '-'; }

/* Past a value that nobody wants but that its field takes; NULL: the general reader must tell. */
static inline const char *passed(const ShapeStep *st, const char *p, Text t)
{
    int places;
    if (st->how == SHAPE_SKIP && *p == '"') {
        p = plain_end(p + 1, t);
        return p ? p + 1 : NULL;
    }
    if (st->how == SHAPE_BOOL) {
        size_t n = *p == 't' ? 4 : 5;
        return (size_t)(t.end - p) > n && memcmp(p, n == 4 ? "true" : "false", n) == 0 ? p + n : NULL;
    }
    const char *end = is_number(p) ? number_end(p, t, &places) : NULL;
    if (end && st->how == SHAPE_FITS) {
        ptrdiff_t whole = end - p - (*p == '-') - (places ? places + 1 : 0);
        return whole <= st->whole && places <= st->places ? end : NULL;
    }
    return end;
}

/* ---- a record ---- */

static inline bool stands(const ShapeStep *st, const char *p, Text t)
{
    ptrdiff_t left = t.end - p;
    if (__builtin_expect(left < WIDE || st->n > 2 * WIDE, 0))
        return left >= st->n && memcmp(p, st->text, st->n) == 0;
    if (wide_differ(wide_load(p), wide_load(st->text)) & ~(uint32_t)st->differ)
        return false;
    return st->n <= WIDE ||
        (left >= st->n && !wide_differ(wide_load(p + st->n - WIDE), wide_load(st->text + st->n - WIDE)));
}

static void nulls(const JsonShape *s, const ShapeRow *to)
{
    for (int w = 0; w < s->words; w++)
        for (uint64_t gone = s->absent[w]; gone; gone &= gone - 1) {
            Column *c = &to->b->cols[to->first_col + w * 64 + __builtin_ctzll(gone)];
            if (c->data)
                cell_null(to->b, c, to->row);
        }
}

/* A value of a wanted field, into its column; NULL: not by this way. */
static inline const char *wanted(const ShapeStep *st, const ShapeRow *to, const char *p, Text t)
{
    Column *c = &to->b->cols[to->first_col + st->field];
    const char *end;
    int64_t v;
    if (!c->data)
        return NULL;
    if (st->how == SHAPE_STRING) {
        if (*p != '"' || !(end = plain_end(p + 1, t)))
            return NULL;
        cell_set(c, to->row);
        c->s[to->row] = view_of(p + 1, (size_t)(end - p - 1));
        return end + 1;
    }
    if (st->how == SHAPE_OTHER || !(end = integer(p, t, &v)))
        return NULL;
    cell_set(c, to->row);
    if (st->how == SHAPE_INT)
        c->i[to->row] = (int32_t)v;
    else
        c->l[to->row] = v;
    return end;
}

static inline bool read_steps(const JsonShape *s, const ShapeRow *to, JsonShapeValue *value, void *arg)
{
    const char *p = to->payload.p, *end;
    const Text t = {p + to->payload.n};
    for (const ShapeStep *st = s->step;; st++, p = end) {
        if (!stands(st, p, t))
            return false;
        p += st->n;
        if (st->how == SHAPE_END)
            break;
        if (p == t.end)
            return false;
        end = st->how < SHAPE_STRING ? passed(st, p, t) : wanted(st, to, p, t);
        if (__builtin_expect(!end, 0) && !value(arg, to, p, st->field, &end))
            return false;
    }
    if (s->nulls)
        nulls(s, to);
    return true;
}

/* Leaves shapes alone for a while. */
static void give_up(JsonShape *s)
{
    s->known = false;
    s->credit = 0;
    s->rest = s->pause;
    s->pause = s->pause < PAUSE_MOST ? 2 * s->pause : PAUSE_MOST;
}

bool json_shape_read(JsonShape *s, const ShapeRow *to, JsonShapeValue *value, void *arg)
{
    if (!s->known)
        return false;
    if (to->payload.n >= WIDE && read_steps(s, to, value, arg)) {
        if (s->credit < CREDIT_MOST && ++s->credit == CREDIT_MOST)
            s->pause = 1;
        return true;
    }
    s->credit -= CREDIT_MISS;
    if (s->credit < 0)
        give_up(s);
    return false;
}

/* ---- learning ---- */

/* Of a field that nobody wants. */
static ShapeHow how_judged(TypeKind kind)
{
    switch (kind) {
    case KIND_STRING:
        return SHAPE_SKIP;
    case KIND_INTEGER:
    case KIND_BIGINT:
    case KIND_DOUBLE:
    case KIND_DATE:
    case KIND_TIMESTAMP:
        return SHAPE_NUMBER;
    case KIND_DECIMAL:
        return SHAPE_FITS;
    case KIND_BOOLEAN:
        return SHAPE_BOOL;
    default:
        return SHAPE_OTHER;
    }
}

static ShapeHow how_of(const JsonFields *f, int field)
{
    if (field < 0)
        return SHAPE_SKIP;
    TypeKind kind = f->f[field].node.type->kind;
    if (!f->f[field].want)
        return how_judged(kind);
    switch (kind) {
    case KIND_STRING:
        return SHAPE_STRING;
    case KIND_INTEGER:
        return SHAPE_INT;
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return SHAPE_LONG;
    default:
        return SHAPE_OTHER;
    }
}

/* field -1: none. */
static bool add_step(JsonShape *s, int k, Str text, ShapeHow how, const JsonFields *f, int field)
{
    if (k == s->cap || text.n > SHAPE_TEXT)
        return false;
    s->step[k] = (ShapeStep){.n = (uint8_t)text.n, .how = (uint8_t)how, .field = field};
    if (text.n < WIDE)
        s->step[k].differ = (uint16_t)(0xffffu << text.n);
    memcpy(s->step[k].text, text.p, text.n);
    if (how == SHAPE_FITS) {
        const Type *t = f->f[field].node.type;
        s->step[k].whole = (uint8_t)(t->precision - t->scale);
        s->step[k].places = (uint8_t)t->scale;
    }
    return true;
}

/* A key and its colon, up to the value: the field it means, by the rules of json_fields.h. seen: fields with an
 * exact key so far. */
static bool learn_key(Json *j, const JsonFields *f, uint64_t *seen, Buf *upper, int *field)
{
    Str key;
    bool escaped;
    if (j->p >= j->end || *j->p != '"' || !js_string(j, &key, &escaped))
        return false;
    JsonMatch m = json_match(f, key, upper);
    *field = m.exact >= 0 ? m.exact : m.upper;
    if (*field >= 0 && m.exact < 0 && bit_get(seen, *field))
        *field = -1;
    if (*field >= 0 && m.exact >= 0)
        bit_set(seen, *field);
    js_space(j);
    if (j->p >= j->end || *j->p++ != ':')
        return false;
    js_space(j);
    return true;
}

static bool learn_members(JsonShape *s, Json *j, const JsonFields *f, uint64_t *seen, Buf *upper)
{
    const char *from = j->start;
    js_space(j);
    if (j->p >= j->end || *j->p++ != '{')
        return false;
    j->depth = 1;
    js_space(j);
    for (int k = 0;; k++) {
        int field;
        if (j->p < j->end && *j->p == '}') /* of an object without members */
            return k == 0 && add_step(s, k, (Str){from, (size_t)(j->p + 1 - from)}, SHAPE_END, f, -1);
        if (!learn_key(j, f, seen, upper, &field) ||
            !add_step(s, k, (Str){from, (size_t)(j->p - from)}, how_of(f, field), f, field))
            return false;
        if (field >= 0)
            bit_clear(s->absent, field);
        if (!js_skip(j))
            return false;
        from = j->p;
        js_space(j);
        char c = j->p < j->end ? *j->p++ : 0;
        if (c == '}')
            return add_step(s, k + 1, (Str){from, (size_t)(j->p - from)}, SHAPE_END, f, -1);
        if (c != ',')
            return false;
        js_space(j);
    }
}

void json_shape_learn(JsonShape *s, Arena *a, const JsonFields *f, Str payload, Buf *upper)
{
    if (s->known || (s->rest > 0 && --s->rest > 0))
        return;
    if (!s->step) {
        s->cap = 2 * f->n + 16 < SHAPE_STEPS ? 2 * f->n + 16 : SHAPE_STEPS;
        s->step = ARENA_ARRAY(a, ShapeStep, s->cap);
        s->words = f->words;
        s->absent = ARENA_ARRAY(a, uint64_t, f->words);
        s->seen = ARENA_ARRAY(a, uint64_t, f->words);
        s->pause = 1;
    }
    for (int w = 0; w < s->words; w++) {
        s->absent[w] = f->want[w];
        s->seen[w] = 0;
    }
    Json j = {.p = payload.p, .start = payload.p, .end = payload.p + payload.n};
    if (payload.n >= 3 && memcmp(payload.p, "\xEF\xBB\xBF", 3) == 0)
        j.p += 3;
    s->known = learn_members(s, &j, f, s->seen, upper);
    buf_free(&j.scratch);
    s->nulls = false;
    for (int w = 0; w < s->words; w++)
        s->nulls |= s->absent[w] != 0;
    if (!s->known)
        give_up(s);
}
