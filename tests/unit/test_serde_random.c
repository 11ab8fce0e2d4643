// SPDX-License-Identifier: Apache-2.0
// Random schemas and rows: what is written reads back equal; mutated records never do harm, and the
// two ways through a JSON record agree on them. The seed is printed when a test fails; SERDE_SEED
// sets it.
#include "test_serde_help.h"
#include "types/cast.h"

typedef struct Rng {
    uint64_t s;
} Rng;

static uint64_t rnd(Rng *g)
{
    uint64_t z = g->s += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static int below(Rng *g, int n) { return (int)(rnd(g) % (uint64_t)n); }

static uint64_t seed_of(uint64_t fallback)
{
    const char *text = getenv("SERDE_SEED");
    return text ? strtoull(text, NULL, 0) : fallback;
}

static const TypeKind kinds[] = {KIND_BOOLEAN, KIND_INTEGER, KIND_BIGINT, KIND_DECIMAL,   KIND_DOUBLE,
                                 KIND_STRING, KIND_BYTES,
                                 KIND_TIME,    KIND_DATE,    KIND_TIMESTAMP, KIND_ARRAY, KIND_MAP,
                                        KIND_STRUCT};

static const Type *scalar(TypeKind k)
{
    static const Type *const all[] = {[KIND_BOOLEAN] = TYPE_BOOLEAN, [KIND_INTEGER] = TYPE_INTEGER,
                                      [KIND_BIGINT] = TYPE_BIGINT,
                                      [KIND_DOUBLE] = TYPE_DOUBLE,   [KIND_STRING] = TYPE_STRING,
                                            [KIND_BYTES] = TYPE_BYTES,
                                      [KIND_TIME] = TYPE_TIME,       [KIND_DATE] = TYPE_DATE,
                                                [KIND_TIMESTAMP] = TYPE_TIMESTAMP};
    return all[k];
}

static Str name_of(Rng *g, Arena *a, int i)
{
    static const char *const odd[] = {"F%d", "f%d", "É%d", "a name, with \"quotes\" %d",
                                      "A_LONG_NAME_FOR_A_FIELD_%d"};
    return arena_strf(a, odd[below(g, ARRAY_LEN(odd))], i);
}

static const Type *any_type(Rng *g, Arena *a, int depth, bool nested)
{
    TypeKind k = kinds[below(g, nested && depth < 3 ? ARRAY_LEN(kinds) : ARRAY_LEN(kinds) - 3)];
    Field f[4];
    int n;
    switch (k) {
    case KIND_DECIMAL:
        n = 1 + below(g, DECIMAL_MAX_PRECISION);
        return type_decimal(a, n, below(g, n + 1));
    case KIND_ARRAY:
        return type_array(a, any_type(g, a, depth + 1, true));
    case KIND_MAP:
        return type_map(a, TYPE_STRING, any_type(g, a, depth + 1, true));
    case KIND_STRUCT:
        n = 1 + below(g, ARRAY_LEN(f));
        for (int i = 0; i < n; i++)
            f[i] = (Field){name_of(g, a, i), any_type(g, a, depth + 1, true)};
        return type_struct(a, f, n);
    default:
        return scalar(k);
    }
}

static Str any_text(Rng *g, Arena *a)
{
    static const char *const bits[] = {"a", "B", "7", " ", ",", "\"", "\\", "\n", "\x01", "é", "€", "😀",
                                       "plain run of text", "\r", "#"};
    Buf out = BUF_INIT;
    buf_byte(&out, 'x');
    for (int n = below(g, 12); n > 0; n--)
        buf_cstr(&out, bits[below(g, ARRAY_LEN(bits))]);
    Str s = arena_str(a, str_sub(buf_view(&out), (size_t)below(g, 2) && out.n > 1, out.n - (out.n > 1)));
    if (!utf8_valid(s))
        s = STR("x");
    buf_free(&out);
    return s;
}

static double any_double(Rng *g)
{
    double d;
    uint64_t bits = rnd(g);
    switch (below(g, 4)) {
    case 0:
        return below(g, 2000000) / 100.0 - 10000;
    case 1:
        return (double)(int64_t)bits;
    case 2:
        return below(g, 2) ? 1.0 / 0.0 : -1.0 / 0.0;
    default:
        memcpy(&d, &bits, 8);
        return d != d ? 0.5 : d;
    }
}

static Value any_value(Rng *g, Arena *a, const Type *t)
{
    if (below(g, 8) == 0)
        return value_null();
    uint64_t bits = rnd(g) >> below(g, 64);
    int n = below(g, 5);
    switch (t->kind) {
    case KIND_BOOLEAN:
        return value_bool(bits & 1);
    case KIND_INTEGER:
    case KIND_DATE:
        return value_int((int32_t)(below(g, 2) ? bits : 0 - bits));
    case KIND_TIME:
        return value_int((int32_t)(bits % 86400000));
    case KIND_BIGINT:
    case KIND_TIMESTAMP:
        return value_bigint((int64_t)(below(g, 2) ? bits : 0 - bits));
    case KIND_DECIMAL: {
        i128 v = (i128)((u128)rnd(g) << 64 | bits) % decimal_pow10(1 + below(g, t->precision));
        return value_decimal(v);
    }
    case KIND_DOUBLE:
        return value_double(any_double(g));
    case KIND_STRING:
    case KIND_BYTES:
        return value_str(any_text(g, a));
    case KIND_ARRAY: {
        Array *x = array_new(a, (uint32_t)n);
        for (int i = 0; i < n; i++)
            x->v[i] = any_value(g, a, t->elem);
        return (Value){.d.arr = x};
    }
    case KIND_MAP: {
        Value kv[10];
        for (int i = 0; i < n; i++) {
            kv[2 * i] = value_str(any_text(g, a));
            kv[2 * i + 1] = any_value(g, a, t->elem);
        }
        return (Value){.d.map = map_new(a, t, kv, (uint32_t)n)};
    }
    case KIND_STRUCT: {
        Struct *x = struct_new(a, (uint32_t)t->nfields);
        for (int i = 0; i < t->nfields; i++)
            x->v[i] = any_value(g, a, t->fields[i].type);
        return (Value){.d.st = x};
    }
    default:
        return value_null();
    }
}

/* A spec of 1 to 6 random columns for the format; cols in the arena. */
static SerdeSpec any_spec(Rng *g, Arena *a, Format f)
{
    static const TypeKind kafka[] = {KIND_INTEGER, KIND_BIGINT, KIND_DOUBLE, KIND_STRING, KIND_BYTES};
    int n = f == FORMAT_KAFKA ? 1 : 1 + below(g, 6);
    ColumnDef *cols = ARENA_ARRAY(a, ColumnDef, n);
    for (int i = 0; i < n; i++)
        cols[i] = (ColumnDef){.name = name_of(g, a, i),
                              .type = f == FORMAT_KAFKA ? scalar(kafka[below(g, ARRAY_LEN(kafka))])
                                                        : any_type(g, a, 0, f == FORMAT_JSON),
                              .role = ROLE_VALUE};
    Wrapping wrap = n > 1 || f != FORMAT_JSON ? WRAP_DEFAULT : below(g, 2) ? WRAP_SINGLES : UNWRAP_SINGLES;
    return (SerdeSpec){.format = f, .wrapping = wrap, .topic = STR("t"), .ncols = n, .cols = cols};
}

static bool same(const SerdeSpec *spec, const Batch *x, int xrow, const Batch *y, int yrow)
{
    for (int i = 0; i < spec->ncols; i++) {
        Value a = column_get(&x->cols[i], xrow), b = column_get(&y->cols[i], yrow);
        bool empty_null = spec->format == FORMAT_DELIMITED && b.null && !a.null &&
                          (spec->cols[i].type->kind == KIND_STRING ||
                           spec->cols[i].type->kind == KIND_BYTES) && a.d.s.n == 0;
        if (!empty_null && !value_equal(spec->cols[i].type, &a, &b))
            return false;
    }
    return true;
}

enum { RT_ROWS = 20 };

static int round_trip(Rng *g, Format f)
{
    Arena *a = arena_new(0);
    SerdeSpec spec = any_spec(g, a, f);
    Schema schema = {spec.ncols, spec.cols};
    Err err = ERR_INIT;
    Reader *r;
    Writer *w;
    CHECK_INT(reader_new(&spec, NULL, &r, &err), OK);
    CHECK_INT(writer_new(&spec, &w, &err), OK);
    Batch *from = batch_new(a, &schema, RT_ROWS), *to = batch_new(a, &schema, RT_ROWS);
    to->flags = arena_zalloc(a, RT_ROWS);
    Bytes in[RT_ROWS];
    uint16_t rows[RT_ROWS];
    int n = 0;
    for (int row = 0; row < RT_ROWS; row++) {
        const Column *cols[6];
        Buf out = BUF_INIT;
        const char *why = "";
        bool only_null = false;
        for (int i = 0; i < spec.ncols; i++) {
            Value v = any_value(g, a, spec.cols[i].type);
            only_null = v.null && spec.ncols == 1;
            column_put(a, &from->cols[i], RT_ROWS, row, v);
            cols[i] = &from->cols[i];
        }
        WriteResult res = writer_write(w, cols, row, NULL, &out, &why);
        CHECK(res != WRITE_FAILED);
        Str s = arena_str(a, buf_view(&out));
        in[row] = res == WRITE_NULL ? (Bytes){NULL, 0} : (Bytes){s.p ? s.p : "", (int64_t)s.n};
        if (!(f == FORMAT_DELIMITED && only_null))
            rows[n++] = (uint16_t)row;
        buf_free(&out);
    }
    uint16_t keep[RT_ROWS];
    int kept = reader_read(r, in, rows, n, to, 0, keep);
    if (kept != n)
        printf("%.*s\n", STR_ARG(to->errors->v.v[0].message));
    CHECK_INT(kept, n);
    for (int i = 0; i < n; i++) {
        if (!same(&spec, from, rows[i], to, rows[i]))
            printf("row %d: %.*s\n", rows[i], (int)in[rows[i]].n, in[rows[i]].p);
        CHECK(same(&spec, from, rows[i], to, rows[i]));
    }
    reader_free(r);
    writer_free(w);
    arena_free(a);
    return 0;
}

int test_serde_round_trip(void)
{
    static const Format formats[] = {FORMAT_JSON, FORMAT_JSON, FORMAT_KAFKA, FORMAT_DELIMITED};
    uint64_t seed = seed_of(1);
    for (int i = 0; i < 1000; i++) {
        Rng g = {seed + (uint64_t)i};
        if (round_trip(&g, formats[i % ARRAY_LEN(formats)])) {
            printf("SERDE_SEED=%llu\n", (unsigned long long)(seed + (uint64_t)i));
            return 1;
        }
    }
    return 0;
}

/* ---- mutation -------------------------------------------------------------------------------- */

static const char rich[] = "STRUCT<`A` INTEGER, `B` STRING, `C` ARRAY<STRUCT<`X` DOUBLE, `y` BYTES>>, `D` "
                           "MAP<STRING, BIGINT>, "
                           "`E` DECIMAL(10, 3), `F` BOOLEAN, `G` TIME, `H` DATE, `I` TIMESTAMP, `J` STRING";

#define SAMPLE_ALL                                                                                      \
    "{\"A\":1,\"B\":\"text é \\u00e9 \\\"q\\\"\",\"C\":[{\"X\":1.5e3,\"y\":\"aGk=\"},null],"                 \
    "\"D\":{\"k\":1,\"l\":-2},\"E\":12.345,\"F\":true,\"G\":1000,\"H\":18000,\"I\":1600000000000,"     \
    "\"J\":{\"o\":[1,\"x\",{\"p\":null}],\"o\":2}}"
#define SAMPLE_COERCED                                                                                  \
    "{\"a\" : \"7\", \"b\" : [1, \"two\", [true, null]], \"c\":[ ], \"unknown\":{\"x\":[[[]]]}, "         \
    "\"e\":\"1e2\", \"j\":1.50}"
#define SAMPLE_LONG                                                                                     \
    "{\"j\":-0.000001e-3,\"d\":{},\"b\":\"\xF0\x9F\x98\x80 a long plain run of text, over sixteen bytes\"," \
    "\"a\":99999999999999999999}"

static const char *const samples[] = {SAMPLE_ALL, SAMPLE_COERCED, SAMPLE_LONG};

/* Bytes changed, put in, taken out, doubled. */
static size_t mutate(Rng *g, char *p, size_t n, size_t cap)
{
    static const char bytes[] = "{}[]\",:\\u0123456789.eE+-tfnabAB \n\t\x01\x80\xC3\xED\xA0\xF0\xFF";
    for (int k = 1 + below(g, 3); k > 0; k--) {
        size_t at = (size_t)below(g, (int)n + 1), len = (size_t)below(g, 8);
        switch (below(g, 4)) {
        case 0:
            if (at < n)
                p[at] = bytes[below(g, ARRAY_LEN(bytes) - 1)];
            break;
        case 1:
            if (n < cap) {
                memmove(p + at + 1, p + at, n - at);
                p[at] = bytes[below(g, ARRAY_LEN(bytes) - 1)];
                n++;
            }
            break;
        case 2:
            len = len < n - at ? len : n - at;
            memmove(p + at, p + at + len, n - at - len);
            n -= len;
            break;
        default:
            len = len < n - at ? len : n - at;
            if (n + len <= cap) {
                memmove(p + at + len, p + at, n - at);
                n += len;
            }
        }
    }
    return n;
}

/* Every string reachable is UTF-8. */
static bool text_is_good(const Type *t, const Value *v)
{
    bool good = true;
    if (v->null)
        return true;
    if (t->kind == KIND_STRING)
        return utf8_valid(view_str(v->d.s));
    for (uint32_t i = 0; t->kind == KIND_ARRAY && i < v->d.arr->n; i++)
        good &= text_is_good(t->elem, &v->d.arr->v[i]);
    for (uint32_t i = 0; t->kind == KIND_MAP && i < v->d.map->n; i++)
        good &= text_is_good(t->key, &v->d.map->kv[2 * i]) && text_is_good(t->elem, &v->d.map->kv[2 * i + 1]);
    for (int i = 0; t->kind == KIND_STRUCT && i < t->nfields; i++)
        good &= text_is_good(t->fields[i].type, &v->d.st->v[i]);
    return good;
}

/* fast: the schema; slow: the same with two twins behind, which sends every record the slow way. */
static int one_mutation(Sd *fast, Sd *slow, const char *p, size_t n)
{
    sd_take(fast, p, n);
    sd_take(slow, p, n);
    CHECK_INT(fast->kept, slow->kept);
    if (!fast->kept) {
        CHECK(fast->b->errors->v.n == 1);
        return 0;
    }
    CHECK(same(&fast->spec, fast->b, 0, slow->b, 0));
    for (int i = 0; i < fast->spec.ncols; i++) {
        Value v = column_get(&fast->b->cols[i], 0);
        CHECK(text_is_good(fast->spec.cols[i].type, &v));
    }
    const char *text = sd_write_row(fast, fast->b);
    Str written = arena_str(slow->rows, str_of(text));
    sd_take(fast, written.p, written.n);
    CHECK(fast->kept);
    return 0;
}

int test_serde_mutations(void)
{
    uint64_t seed = seed_of(1);
    char type[600], p[1000];
    snprintf(type, sizeof type, "%s>", rich);
    Sd *fast = sd_new(FORMAT_JSON, type, 0);
    snprintf(type, sizeof type, "%s, `zz` INTEGER, `ZZ` INTEGER>", rich);
    Sd *slow = sd_new(FORMAT_JSON, type, 0);
    int failed = 0;
    for (int i = 0; i < 20000 && !failed; i++) {
        Rng g = {seed + (uint64_t)i};
        const char *sample = samples[below(&g, ARRAY_LEN(samples))];
        size_t n = strlen(sample);
        memcpy(p, sample, n);
        n = mutate(&g, p, n, sizeof p);
        failed = one_mutation(fast, slow, p, n);
        if (failed)
            printf("SERDE_SEED=%llu: %.*s\n", (unsigned long long)(seed + (uint64_t)i), (int)n, p);
    }
    sd_free(fast);
    sd_free(slow);
    return failed;
}

/* ---- what is wanted of a record decides nothing ------------------------------------------------ */

/* Reads a record by a reader of some columns only; those that it does not want have no room, as in a query. */
static void take_some(Sd *s, const bool *want, const char *p, size_t n)
{
    uint16_t row = 0, keep[1];
    arena_reset(s->rows);
    s->b = batch_new(s->rows, &s->schema, 1);
    s->b->flags = arena_zalloc(s->rows, 1);
    for (int i = 0; i < s->spec.ncols; i++)
        if (!want[i])
            s->b->cols[i].data = NULL;
    const Bytes in = {p, (int64_t)n};
    s->kept = reader_read(s->r, &in, &row, 1, s->b, 0, keep) == 1;
}

static int one_wanted(Sd *all, Sd *some, const bool *want, const char *p, size_t n)
{
    sd_take(all, p, n);
    take_some(some, want, p, n);
    CHECK_INT(some->kept, all->kept);
    if (!all->kept) {
        const RowError *x = &all->b->errors->v.v[0], *y = &some->b->errors->v.v[0];
        CHECK(str_eq(x->message, y->message));
        CHECK_INT(x->ncauses, y->ncauses);
        return 0;
    }
    for (int i = 0; i < all->spec.ncols; i++) {
        if (!want[i])
            continue;
        Value v = column_get(&all->b->cols[i], 0), w = column_get(&some->b->cols[i], 0);
        CHECK(value_equal(all->spec.cols[i].type, &v, &w));
    }
    return 0;
}

/* A good record and its mutations, by a reader of everything and one of some columns (none, too). */
static int wanted_rounds(Format f, const char *type, int flags, const char *const *from, int nfrom, int rounds)
{
    uint64_t seed = seed_of(1);
    char p[1000];
    int failed = 0;
    for (int i = 0; i < rounds && !failed; i++) {
        Rng g = {seed + (uint64_t)i};
        bool want[16];
        Sd *all = sd_new(f, type, flags), *some = sd_spec(f, type, flags);
        for (int k = 0; k < some->spec.ncols; k++)
            want[k] = below(&g, 3) == 0;
        if (reader_new(&some->spec, want, &some->r, &some->err) != OK)
            BUG("%s", some->err.msg);
        const char *sample = from[below(&g, nfrom)];
        for (int k = 0; k < 40 && !failed; k++) {
            size_t n = strlen(sample);
            memcpy(p, sample, n);
            if (k % 4 == 3) /* between them good ones, which JSON learns a shape from */
                n = mutate(&g, p, n, sizeof p);
            failed = one_wanted(all, some, want, p, n);
            if (failed)
                printf("SERDE_SEED=%llu: %.*s\n", (unsigned long long)(seed + (uint64_t)i), (int)n, p);
        }
        sd_free(all);
        sd_free(some);
    }
    return failed;
}

int test_serde_wanted(void)
{
    static const char *const plain[] = {
        "{\"S\":\"text\",\"I\":1,\"L\":-22222,\"D\":1.5,\"E\":12.34,\"B\":true,\"T\":1000,\"Y\":\"aGk=\",\"X\":{\"A\":[1]}}",
        "{\"X\":null, \"U\":1, \"B\":false, \"E\":-1, \"L\":7, \"D\":2, \"S\":1, \"i\":\"8\", \"I\":2}"};
    static const char *const lines[] = {"\"a \"\"q\"\" b\",-5,1.50,true,2.5e3,aGk=,1000,18000,1600000000000"};
    static const char *const bare[] = {"[1,\"2\",null]"}, *const number[] = {"\x01\x02\x03\x04"}, *const json[] = {"12"};
    char type[600];
    snprintf(type, sizeof type, "%s>", rich);
    return wanted_rounds(FORMAT_JSON, type, 0, samples, ARRAY_LEN(samples), 1500) ||
        wanted_rounds(FORMAT_JSON, "STRUCT<`S` STRING, `I` INTEGER, `L` BIGINT, `D` DOUBLE, `E` DECIMAL(4, 2), `B` BOOLEAN, "
                                   "`T` TIME, `Y` BYTES, `X` STRUCT<`A` ARRAY<INTEGER>>>",
                      0, plain, ARRAY_LEN(plain), 3000) ||
        wanted_rounds(FORMAT_JSON, "STRUCT<`K` INTEGER, `k` STRING, `J` DATE>", SD_KEY, plain, 1, 50) ||
        wanted_rounds(FORMAT_JSON, "STRUCT<`A` ARRAY<INTEGER>>", SD_UNWRAP, bare, 1, 100) ||
        wanted_rounds(FORMAT_JSON, "STRUCT<`A` INTEGER>", SD_KEY, json, 1, 50) ||
        wanted_rounds(FORMAT_DELIMITED, "STRUCT<`A` STRING, `B` INTEGER, `C` DECIMAL(6, 2), `D` BOOLEAN, `E` DOUBLE, "
                                        "`F` BYTES, `G` TIME, `H` DATE, `I` TIMESTAMP>", 0, lines, 1, 1000) ||
        wanted_rounds(FORMAT_KAFKA, "STRUCT<`A` INTEGER>", 0, number, 1, 50) ||
        wanted_rounds(FORMAT_KAFKA, "STRUCT<`A` STRING>", SD_KEY, number, 1, 50);
}

int test_serde_mutations_delimited(void)
{
    static const char sample[] = "\"a \"\"q\"\" b\",-5,1.50,true,2.5e3,aGk=,1000,18000,1600000000000\r\nmore";
    uint64_t seed = seed_of(1);
    char p[300];
    Sd *s = sd_new(FORMAT_DELIMITED,
                   "STRUCT<`A` STRING, `B` INTEGER, `C` DECIMAL(6, 2), `D` BOOLEAN, `E` DOUBLE, `F` BYTES, "
                                     "`G` TIME, `H` DATE, `I` TIMESTAMP>", 0);
    for (int i = 0; i < 5000; i++) {
        Rng g = {seed + (uint64_t)i};
        memcpy(p, sample, sizeof sample - 1);
        size_t n = mutate(&g, p, sizeof sample - 1, sizeof p);
        sd_take(s, p, n);
        if (s->kept)
            sd_write_row(s, s->b);
    }
    sd_free(s);
    return 0;
}
