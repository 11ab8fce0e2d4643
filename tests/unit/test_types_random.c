// SPDX-License-Identifier: Apache-2.0
// Random tests of types/: values saved and loaded, copied, compared and hashed; decimals against
// slow digit-by-digit arithmetic; maps against a HashMap that is really grown step by step.
// SLUICE_SEED sets the seed; a failure prints it.
#include <stdlib.h>

#include "types/text.h"
#include "unit.h"

typedef struct Random {
    uint64_t state;
} Random;

static uint64_t next(Random *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int below(Random *r, int n) { return (int)(next(r) % (uint64_t)n); }

static uint64_t seed_of_run(void)
{
    const char *s = getenv("SLUICE_SEED");
    return s ? strtoull(s, NULL, 10) : 20240229;
}

#define CHECK_SEED(cond, seed)                                                                  \
    do {                                                                                        \
        if (!(cond)) {                                                                          \
            printf("%s:%d: not true: %s (seed %" PRIu64 ")\n", __FILE__, __LINE__, #cond, seed); \
            return 1;                                                                           \
        }                                                                                       \
    } while (0)

/* ---- values ---- */

static const Type *random_type(Random *r, Arena *a, int depth)
{
    static const Type *const simple[] = {&type_boolean, &type_integer, &type_bigint,
                                         &type_double,  &type_string,  &type_bytes,
                                         &type_time,    &type_date,    &type_timestamp};
    Field f[3];
    int n = below(r, depth > 0 ? 14 : 10), nf = below(r, 4);
    switch (n) {
    case 9:
        return type_decimal(a, 38, below(r, 39));
    case 10:
    case 11:
        return type_array(a, random_type(r, a, depth - 1));
    case 12:
        return type_map(a, TYPE_STRING, random_type(r, a, depth - 1));
    case 13:
        for (int i = 0; i < nf; i++)
            f[i] = (Field){arena_strf(a, "F%d", i), random_type(r, a, depth - 1)};
        return type_struct(a, f, nf);
    default:
        return simple[n];
    }
}

static Str random_text(Random *r, Arena *a)
{
    static const char *const pieces[] = {"a", "B", "z9", "é", "日", "😀", " ", "\"", "\\", "\n", "0"};
    Buf b = BUF_INIT;
    for (int n = below(r, 8); n > 0; n--)
        buf_cstr(&b, pieces[below(r, ARRAY_LEN(pieces))]);
    Str s = arena_str(a, buf_view(&b));
    buf_free(&b);
    return s;
}

static Value random_value(Random *r, Arena *a, const Type *t);

static Value random_nested(Random *r, Arena *a, const Type *t)
{
    uint32_t n = (uint32_t)below(r, 5);
    Value kv[10];
    if (t->kind == KIND_ARRAY) {
        Array *x = array_new(a, n);
        for (uint32_t i = 0; i < n; i++)
            x->v[i] = random_value(r, a, t->elem);
        return (Value){.d.arr = x};
    }
    if (t->kind == KIND_STRUCT) {
        Struct *s = struct_new(a, (uint32_t)t->nfields);
        for (int i = 0; i < t->nfields; i++)
            s->v[i] = random_value(r, a, t->fields[i].type);
        return (Value){.d.st = s};
    }
    for (uint32_t i = 0; i < n; i++) {
        kv[2 * i] = value_str(random_text(r, a));
        kv[2 * i + 1] = random_value(r, a, t->elem);
    }
    return (Value){.d.map = map_new(a, t, kv, n)};
}

static Value random_value(Random *r, Arena *a, const Type *t)
{
    uint64_t bits = next(r) >> below(r, 64);
    double d;
    if (below(r, 8) == 0)
        return value_null();
    switch (t->kind) {
    case KIND_BOOLEAN:
        return value_bool(bits & 1);
    case KIND_INTEGER:
    case KIND_TIME:
    case KIND_DATE:
        return value_int((int32_t)bits);
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return value_bigint((int64_t)bits);
    case KIND_DOUBLE:
        memcpy(&d, &bits, 8);
        return value_double(d);
    case KIND_DECIMAL:
        return value_decimal((i128)((u128)next(r) << 64 | bits) >> below(r, 128));
    case KIND_STRING:
    case KIND_BYTES:
        return value_str(random_text(r, a));
    default:
        return random_nested(r, a, t);
    }
}

int test_types_random_values(void)
{
    uint64_t seed = seed_of_run();
    Random r = {seed};
    Arena *a = arena_new(0);
    Buf b = BUF_INIT, json = BUF_INIT;
    for (int round = 0; round < 20000; round++) {
        const Type *t = random_type(&r, a, 3);
        Value v = random_value(&r, a, t), w = random_value(&r, a, t);
        buf_clear(&b);
        value_save(&b, t, &v);
        size_t first = b.n;
        value_save(&b, t, &w);
        Rd rd = rd_of(buf_view(&b));
        Value v2 = value_load(&rd, a, t);
        CHECK_SEED((size_t)((const char *)rd.p - b.p) == first, seed);
        Value w2 = value_dup(a, t, value_load(&rd, a, t));
        CHECK_SEED(!rd.bad && rd.p == rd.end, seed);
        CHECK_SEED(value_equal(t, &v, &v2) && value_equal(t, &w, &w2), seed);
        CHECK_SEED(value_hash(t, &v) == value_hash(t, &v2), seed);
        CHECK_SEED(value_compare(t, &v, &w) == -value_compare(t, &w2, &v2), seed);
        CHECK_SEED(!value_equal(t, &v, &w) || value_hash(t, &v) == value_hash(t, &w), seed);
        buf_clear(&json);
        value_json(&json, t, &v);
        value_cell(&json, t, &v);
        text_java(&json, t, &v);
        if (b.n > 1) { /* damaged bytes are read to some end, never past theirs */
            b.p[below(&r, (int)b.n)] ^= (char)(1 << below(&r, 8));
            rd = rd_of((Str){b.p, (size_t)below(&r, (int)b.n)});
            value_load(&rd, a, t);
        }
        arena_reset(a);
    }
    buf_free(&b);
    buf_free(&json);
    arena_free(a);
    return 0;
}

/* ---- decimals ---- */

enum { SLOW = 200 };

/* A number as decimal digits, lowest first. */
typedef struct Slow {
    bool minus;
    int8_t d[SLOW];
} Slow;

static Slow slow_of(i128 v, int shift)
{
    Slow s = {v < 0, {0}};
    u128 u = v < 0 ? -(u128)v : (u128)v;
    for (int i = shift; u; u /= 10)
        s.d[i++] = (int8_t)(u % 10);
    return s;
}

static int slow_cmp(const Slow *x, const Slow *y) /* of the magnitudes */
{
    for (int i = SLOW; i-- > 0;)
        if (x->d[i] != y->d[i])
            return x->d[i] < y->d[i] ? -1 : 1;
    return 0;
}

static Slow slow_sub_magnitude(const Slow *x, const Slow *y)
{
    Slow out = *x;
    for (int i = 0; i < SLOW; i++) {
        out.d[i] = (int8_t)(out.d[i] - y->d[i]);
        if (out.d[i] < 0) {
            out.d[i] = (int8_t)(out.d[i] + 10);
            out.d[i + 1]--;
        }
    }
    return out;
}

static Slow slow_add(Slow x, Slow y)
{
    if (x.minus != y.minus) {
        bool less = slow_cmp(&x, &y) < 0;
        return less ? slow_sub_magnitude(&y, &x) : slow_sub_magnitude(&x, &y);
    }
    for (int i = 0; i + 1 < SLOW; i++) {
        x.d[i] = (int8_t)(x.d[i] + y.d[i]);
        if (x.d[i] > 9) {
            x.d[i] = (int8_t)(x.d[i] - 10);
            x.d[i + 1]++;
        }
    }
    return x;
}

static Slow slow_mul(const Slow *x, const Slow *y)
{
    int sum[SLOW] = {0};
    Slow out = {x->minus != y->minus, {0}};
    for (int i = 0; i < SLOW; i++)
        for (int j = 0; i + j < SLOW; j++)
            sum[i + j] += x->d[i] * y->d[j];
    for (int i = 0; i + 1 < SLOW; i++) {
        sum[i + 1] += sum[i] / 10;
        out.d[i] = (int8_t)(sum[i] % 10);
    }
    return out;
}

/* Quotient and remainder of the magnitudes by long division. */
static void slow_div(const Slow *x, const Slow *y, Slow *q, Slow *rest)
{
    memset(q, 0, sizeof *q);
    memset(rest, 0, sizeof *rest);
    for (int i = SLOW - 1; i >= 0; i--) {
        memmove(rest->d + 1, rest->d, SLOW - 1);
        rest->d[0] = x->d[i];
        while (slow_cmp(rest, y) >= 0) {
            *rest = slow_sub_magnitude(rest, y);
            q->d[i]++;
        }
    }
}

static bool slow_fits(const Slow *s, i128 *out)
{
    u128 v = 0, most = (u128)INT64_MAX << 64 | UINT64_MAX;
    for (int i = SLOW; i-- > 0;) {
        if (v > (most - (u128)s->d[i]) / 10)
            return false;
        v = v * 10 + (u128)s->d[i];
    }
    *out = s->minus ? -(i128)v : (i128)v;
    return true;
}

static bool slow_zero(const Slow *s)
{
    Slow zero = {false, {0}};
    return slow_cmp(s, &zero) == 0;
}

/* Digits from the first to the last that is not 0. */
static int significant(const Slow *s)
{
    int low = 0, high = SLOW;
    while (high > 0 && s->d[high - 1] == 0)
        high--;
    while (low < high && s->d[low] == 0)
        low++;
    return high - low;
}

/* What decimal_op must answer; false: it must fail. */
static bool slow_op(char op, i128 x, int sx, i128 y, int sy, const Type *t, i128 *out)
{
    int s = sx > sy ? sx : sy;
    Slow l = slow_of(x, s - sx), r = slow_of(y, s - sy), q, rest;
    if (op == '+')
        q = slow_add(l, r);
    else if (op == '-') {
        r.minus = !r.minus;
        q = slow_add(l, r);
    } else if (op == '*') {
        Slow px = slow_of(x, 0), py = slow_of(y, 0);
        q = slow_mul(&px, &py);
    } else if (y == 0) {
        return false;
    } else if (op == '/') {
        int shift = t->scale - sx + sy;
        Slow n = slow_of(x, shift > 0 ? shift : 0), d = slow_of(y, shift < 0 ? -shift : 0);
        slow_div(&n, &d, &q, &rest);
        if (!slow_zero(&rest))
            return false;
        q.minus = (x < 0) != (y < 0);
    } else {
        slow_div(&l, &r, &q, &rest);
        if (significant(&q) > t->precision)
            return false;
        q = rest;
        q.minus = x < 0;
    }
    return slow_fits(&q, out);
}

static i128 random_unscaled(Random *r, int precision)
{
    i128 v = (i128)(((u128)next(r) << 64 | next(r)) % (u128)decimal_pow10(1 + below(r, precision)));
    if (below(r, 3) == 0)
        v = v % 50;
    if (below(r, 3) == 0) { /* round numbers, so that quotients end */
        i128 unit = decimal_pow10(below(r, precision));
        v = v / unit * unit;
    }
    return below(r, 2) ? -v : v;
}

int test_types_random_decimals(void)
{
    static const char ops[] = {'+', '-', '*', '/', '%'};
    uint64_t seed = seed_of_run();
    Random r = {seed};
    Arena *a = arena_new(0);
    int held = 0;
    for (int round = 0; round < 20000; round++) {
        int px = 1 + below(&r, 38), py = 1 + below(&r, below(&r, 2) ? 38 : 6);
        const Type *x = type_decimal(a, px, below(&r, px + 1)), *y = type_decimal(a, py, below(&r, py + 1));
        i128 u = random_unscaled(&r, px), v = random_unscaled(&r, py), got = 0, want = 0;
        char op = ops[below(&r, 5)];
        const Type *t = decimal_op_type(a, op, x, y);
        const char *why = NULL;
        bool ok = decimal_op(op, u, x->scale, v, y->scale, t, &got, &why);
        bool right = slow_op(op, u, x->scale, v, y->scale, t, &want);
        CHECK_SEED(ok == right && (!ok || got == want), seed);
        CHECK_SEED(ok || why, seed);
        held += ok;
        Buf b = BUF_INIT;
        bool overflow;
        text_decimal(&b, u, x->scale);
        CHECK_SEED(parse_decimal(buf_view(&b), px, x->scale, false, &got, &overflow) && got == u, seed);
        CHECK_SEED(decimal_to_double(u, x->scale) == strtod(buf_z(&b), NULL), seed);
        buf_free(&b);
        arena_reset(a);
    }
    CHECK_SEED(held > 8000, seed);
    arena_free(a);
    return 0;
}

/* ---- maps ---- */

/* A HashMap with chains, grown as it fills; keys are numbers of a list of texts. */
typedef struct SlowMap {
    int chain[1024][64], len[1024];
    int size, cap;
} SlowMap;

static uint32_t spread_hash(Str s)
{
    uint32_t h = (uint32_t)java_hash(s);
    return h ^ h >> 16;
}

static void slow_put(SlowMap *m, const Str *keys, int k)
{
    uint32_t h = spread_hash(keys[k]), at = h & (uint32_t)(m->cap - 1);
    for (int i = 0; i < m->len[at]; i++)
        if (str_eq(keys[m->chain[at][i]], keys[k]))
            return;
    m->chain[at][m->len[at]++] = k;
    if (++m->size <= (int)(m->cap * 0.75f))
        return;
    for (int b = 0; b < m->cap; b++) { /* double the table: each chain splits in two */
        int n = m->len[b], to = b + m->cap;
        m->len[b] = m->len[to] = 0;
        for (int i = 0; i < n; i++) {
            int key = m->chain[b][i];
            int dest = spread_hash(keys[key]) & (uint32_t)m->cap ? to : b;
            m->chain[dest][m->len[dest]++] = key;
        }
    }
    m->cap *= 2;
}

int test_types_random_maps(void)
{
    static SlowMap m;
    uint64_t seed = seed_of_run();
    Random r = {seed};
    Arena *a = arena_new(0);
    const Type *t = type_map(a, TYPE_STRING, TYPE_INTEGER);
    for (int round = 0; round < 3000; round++) {
        Str keys[200];
        Value kv[400];
        int n = below(&r, round % 10 ? 20 : 200), initial = below(&r, 3) ? n : below(&r, 40);
        memset(m.len, 0, sizeof m.len);
        m.size = 0;
        for (m.cap = 1; m.cap < initial; m.cap *= 2)
            ;
        for (int i = 0; i < n; i++) {
            keys[i] = random_text(&r, a);
            kv[2 * i] = value_str(keys[i]);
            kv[2 * i + 1] = value_int(i);
            slow_put(&m, keys, i);
        }
        const Map *map = map_new_sized(a, t, kv, (uint32_t)n, (uint32_t)initial);
        CHECK_SEED((int)map->n == m.size, seed);
        uint32_t at = 0;
        for (int b = 0; b < m.cap; b++)
            for (int i = 0; i < m.len[b]; i++)
                CHECK_SEED(str_eq(view_str(map->kv[2 * at++].d.s), keys[m.chain[b][i]]), seed);
        for (int i = 0; i < n; i++) {
            int last = i;
            for (int j = i + 1; j < n; j++)
                if (str_eq(keys[j], keys[i]))
                    last = j;
            CHECK_SEED(map_find(map, t, &kv[2 * i])->d.i == last, seed);
        }
        arena_reset(a);
        t = type_map(a, TYPE_STRING, TYPE_INTEGER);
    }
    arena_free(a);
    return 0;
}
