// SPDX-License-Identifier: Apache-2.0
// Bytes and their texts (page 06 §6.1): ENCODE, TO_BYTES, FROM_BYTES, …_FROM_BYTES, MD5, UUID.
//
// Text that is no ASCII becomes '?' as bytes of it; bytes that are none become U+FFFD as text.
#include "func/md5.h"
#include "func/tables.h"
#include "types/text.h"

typedef enum Encoding { ENC_HEX, ENC_UTF8, ENC_ASCII, ENC_BASE64, ENC_NONE } Encoding;

static Encoding encoding_of(Str name)
{
    static const char *const names[] = {"hex", "utf8", "ascii", "base64"};
    for (int i = 0; i < ENC_NONE; i++)
        if (str_eq_nocase(name, str_of(names[i])))
            return (Encoding)i;
    return ENC_NONE;
}

/* ---- text to bytes --------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Java takes the wide forms of hex digits too. */
static void narrow(Buf *out, Str s)
{
    for (const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n; p < end;) {
        uint32_t u = utf8_next(&p, end), d = u - 0xFEE0;
        bool wide = u > 0xFF00 && d < 0x80 && hex_digit((char)d) >= 0;
        utf8_put(out, wide ? d : u);
    }
}

static bool from_hex(Buf *out, Str s)
{
    for (size_t i = 0; i + 1 < s.n; i += 2) {
        int hi = hex_digit(s.p[i]), lo = hex_digit(s.p[i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        buf_byte(out, (char)(hi << 4 | lo));
    }
    return s.n % 2 == 0;
}

/* 0x4a4, x'4a', X'4a' or 4a: the first may be odd. */
static bool from_any_hex(Buf *out, Str s)
{
    if (s.n >= 2 && s.p[0] == '0' && s.p[1] == 'x') {
        s = str_sub(s, 2, s.n - 2);
        if (s.n % 2) {
            int d = hex_digit(s.p[0]);
            if (d < 0)
                return false;
            buf_byte(out, (char)d);
            s = str_sub(s, 1, s.n - 1);
        }
    } else if (s.n >= 3 && (s.p[0] | 0x20) == 'x' && s.p[1] == '\'' && s.p[s.n - 1] == '\'') {
        s = str_sub(s, 2, s.n - 3);
    }
    return from_hex(out, s);
}

static void to_ascii(Buf *out, Str s)
{
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    while (p < end) {
        uint32_t c = utf8_next(&p, end);
        buf_byte(out, c < 0x80 ? (char)c : '?');
    }
}

/* Of either alphabet, up to a '='; what is in none is passed over, and so are bits that make no byte. */
static void from_any_base64(Buf *out, Str s)
{
    uint32_t bits = 0;
    int n = 0;
    for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
        char c = s.p[i];
        int v = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+' || c == '-' ? 62
                : c == '/' || c == '_' ? 63
                                       : -1;
        if (v < 0)
            continue;
        bits = bits << 6 | (uint32_t)v;
        n += 6;
        if (n >= 8)
            buf_byte(out, (char)(bits >> (n -= 8)));
    }
}

static bool to_bytes_of(FuncCtx *c, Buf *out, Str s, Encoding e, bool any_hex)
{
    bool ok = true;
    Buf plain = BUF_INIT;
    if (e == ENC_HEX && any_hex)
        narrow(&plain, s);
    if (e == ENC_HEX)
        ok = any_hex ? from_any_hex(out, buf_view(&plain)) : from_hex(out, s);
    else if (e == ENC_BASE64 && any_hex)
        from_any_base64(out, s);
    else if (e == ENC_BASE64)
        ok = parse_base64(out, s);
    else if (e == ENC_ASCII)
        to_ascii(out, s);
    else
        text_utf8(out, s);
    buf_free(&plain);
    return ok || func_fail(c, "the text is not in the encoding: %.*s", (int)(s.n < 200 ? s.n : 200), s.p);
}

/* ---- bytes to text --------------------------------------------------------------------------- */

static void to_hex(Buf *out, Str s, const char *digits)
{
    for (size_t i = 0; i < s.n; i++) {
        buf_byte(out, digits[(uint8_t)s.p[i] >> 4]);
        buf_byte(out, digits[(uint8_t)s.p[i] & 15]);
    }
}

static void to_text(Buf *out, Str s, Encoding e, const char *digits)
{
    if (!s.n) /* p may be NULL */
        return;
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    if (e == ENC_HEX)
        to_hex(out, s, digits);
    else if (e == ENC_BASE64)
        text_base64(out, s);
    else if (e == ENC_ASCII)
        for (; p < end; p++)
            utf8_put(out, *p < 0x80 ? *p : 0xfffd);
    else
        text_mend(out, s);
}

static Value kept(FuncCtx *c, Buf *b)
{
    Value v = value_str(b->n ? arena_str(c->arena, buf_view(b)) : STR(""));
    buf_free(b);
    return v;
}

static void encode(FuncCtx *c, const Value *a, int n, Value *out)
{
    Encoding in = encoding_of(view_str(a[1].d.s)), to = encoding_of(view_str(a[2].d.s));
    Buf bytes = BUF_INIT, text = BUF_INIT;
    UNUSED(n);
    if (in == ENC_NONE || to == ENC_NONE || in == to) {
        func_fail(c, "Supported input and output encodings are: hex, utf8, ascii and base64");
        return;
    }
    if (to_bytes_of(c, &bytes, view_str(a[0].d.s), in, true)) {
        to_text(&text, buf_view(&bytes), to, "0123456789abcdef");
        *out = kept(c, &text);
    }
    buf_free(&bytes);
}

static void to_bytes(FuncCtx *c, const Value *a, int n, Value *out)
{
    Encoding e = encoding_of(view_str(a[1].d.s));
    Buf bytes = BUF_INIT;
    UNUSED(n);
    if (e == ENC_NONE)
        func_fail(c, "Unknown encoding type");
    else if (to_bytes_of(c, &bytes, view_str(a[0].d.s), e, false))
        *out = kept(c, &bytes);
    buf_free(&bytes);
}

static void from_bytes(FuncCtx *c, const Value *a, int n, Value *out)
{
    Encoding e = encoding_of(view_str(a[1].d.s));
    Buf text = BUF_INIT;
    UNUSED(n);
    if (e == ENC_NONE) {
        func_fail(c, "Unknown encoding type");
        return;
    }
    to_text(&text, view_str(a[0].d.s), e, "0123456789ABCDEF");
    *out = kept(c, &text);
}

/* ---- bytes to numbers ------------------------------------------------------------------------ */

static bool read_number(FuncCtx *c, const Value *a, int n, size_t size, uint64_t *out)
{
    Str s = view_str(a[0].d.s);
    bool little = n > 1 && str_eq_nocase(view_str(a[1].d.s), STR("LITTLE_ENDIAN"));
    if (n > 1 && !little && !str_eq_nocase(view_str(a[1].d.s), STR("BIG_ENDIAN")))
        return func_fail(c, "Byte order must be BIG_ENDIAN or LITTLE_ENDIAN");
    if (s.n != size)
        return func_fail(c, "Number of bytes must be equal to %zu, but found %zu", size, s.n);
    *out = 0;
    for (size_t i = 0; i < size; i++)
        *out = *out << 8 | (uint8_t)s.p[little ? size - 1 - i : i];
    return true;
}

static void int_from_bytes(FuncCtx *c, const Value *a, int n, Value *out)
{
    uint64_t v;
    if (read_number(c, a, n, 4, &v))
        *out = value_int((int32_t)(uint32_t)v);
}

static void bigint_from_bytes(FuncCtx *c, const Value *a, int n, Value *out)
{
    uint64_t v;
    if (read_number(c, a, n, 8, &v))
        *out = value_bigint((int64_t)v);
}

static void double_from_bytes(FuncCtx *c, const Value *a, int n, Value *out)
{
    uint64_t v;
    double d;
    if (!read_number(c, a, n, 8, &v))
        return;
    memcpy(&d, &v, sizeof d);
    *out = value_double(d);
}

/* ---- MD5, UUID ------------------------------------------------------------------------------- */

static void md5(FuncCtx *c, const Value *a, int n, Value *out)
{
    char digest[16];
    Buf text = BUF_INIT;
    UNUSED(n);
    text_utf8(&text, view_str(a[0].d.s));
    md5_of(buf_view(&text), digest);
    buf_clear(&text);
    to_hex(&text, (Str){digest, sizeof digest}, "0123456789abcdef");
    *out = kept(c, &text);
}

static void uuid_text(FuncCtx *c, const char *bytes, Value *out)
{
    static const int parts[] = {4, 2, 2, 2, 6};
    Buf text = BUF_INIT;
    for (int i = 0; i < ARRAY_LEN(parts); i++) {
        if (i)
            buf_byte(&text, '-');
        to_hex(&text, (Str){bytes, (size_t)parts[i]}, "0123456789abcdef");
        bytes += parts[i];
    }
    *out = kept(c, &text);
}

static void uuid(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(a), UNUSED(n);
    uint64_t bits[2] = {c->random(c->random_arg), c->random(c->random_arg)};
    char bytes[16];
    memcpy(bytes, bits, sizeof bytes);
    bytes[6] = (char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (char)((bytes[8] & 0x3f) | 0x80);
    uuid_text(c, bytes, out);
}

static void uuid_from(FuncCtx *c, const Value *a, int n, Value *out)
{
    UNUSED(n);
    *out = value_null();
    if (a[0].d.s.n == 16)
        uuid_text(c, a[0].d.s.p, out);
}

#define ROW(sig, fn, group, names, text, ...)                                                         \
    {.signature = sig, .flags = FUNC_STRICT, .row = fn, .category = group, .params = names, .description = text, \
     __VA_ARGS__}
#define ORDER_TEXT " Their order is BIG_ENDIAN, unless said otherwise."

static const FuncRow rows[] = {
    ROW("encode(VARCHAR, VARCHAR, VARCHAR) -> VARCHAR", encode, "STRING", "str, inputEncoding, outputEncoding",
        "The text in another encoding: hex, utf8, ascii, base64.", .example = "ENCODE('4a4b', 'hex', 'utf8')",
        .expected = "JK"),
    ROW("to_bytes(VARCHAR, VARCHAR) -> BYTES", to_bytes, "STRING", "value, encoding",
        "The bytes that a text of an encoding stands for: hex, utf8, ascii, base64.",
        .example = "TO_BYTES('ab', 'utf8')", .expected = "YWI="),
    ROW("from_bytes(BYTES, VARCHAR) -> VARCHAR", from_bytes, "STRING", "value, encoding",
        "The bytes as text of an encoding: hex, utf8, ascii, base64.",
        .example = "FROM_BYTES(TO_BYTES('ab', 'utf8'), 'hex')", .expected = "6162"),
    ROW("int_from_bytes(BYTES) -> INT", int_from_bytes, "CONVERSIONS", "value", "The number in 4 bytes." ORDER_TEXT,
        .example = "INT_FROM_BYTES(TO_BYTES('00000102', 'hex'))", .expected = "258"),
    ROW("int_from_bytes(BYTES, VARCHAR) -> INT", int_from_bytes, "CONVERSIONS", "value, byteOrder",
        "The number in 4 bytes." ORDER_TEXT,
        .example = "INT_FROM_BYTES(TO_BYTES('02010000', 'hex'), 'LITTLE_ENDIAN')", .expected = "258"),
    ROW("bigint_from_bytes(BYTES) -> BIGINT", bigint_from_bytes, "CONVERSIONS", "value",
        "The number in 8 bytes." ORDER_TEXT,
        .example = "BIGINT_FROM_BYTES(TO_BYTES('0000000000000102', 'hex'))", .expected = "258"),
    ROW("bigint_from_bytes(BYTES, VARCHAR) -> BIGINT", bigint_from_bytes, "CONVERSIONS", "value, byteOrder",
        "The number in 8 bytes." ORDER_TEXT,
        .example = "BIGINT_FROM_BYTES(TO_BYTES('0201000000000000', 'hex'), 'LITTLE_ENDIAN')", .expected = "258"),
    ROW("double_from_bytes(BYTES) -> DOUBLE", double_from_bytes, "CONVERSIONS", "value",
        "The number in 8 bytes." ORDER_TEXT,
        .example = "DOUBLE_FROM_BYTES(TO_BYTES('3ff8000000000000', 'hex'))", .expected = "1.5"),
    ROW("double_from_bytes(BYTES, VARCHAR) -> DOUBLE", double_from_bytes, "CONVERSIONS", "value, byteOrder",
        "The number in 8 bytes." ORDER_TEXT,
        .example = "DOUBLE_FROM_BYTES(TO_BYTES('000000000000f83f', 'hex'), 'LITTLE_ENDIAN')", .expected = "1.5"),
    ROW("md5(VARCHAR) -> VARCHAR", md5, "STRING", "s", "The MD5 digest of the text, in hex.",
        .example = "MD5('abc')", .expected = "900150983cd24fb0d6963f7d28e17f72"),
    {.signature = "UUID() -> VARCHAR", .flags = FUNC_VOLATILE, .row = uuid, .category = "STRING", .params = "",
     .description = "A random UUID.", .example = "LEN(UUID())", .expected = "36"},
    ROW("UUID(BYTES) -> VARCHAR", uuid_from, "STRING", "bytes", "The UUID in 16 bytes; NULL for any other number.",
        .example = "UUID(TO_BYTES('123e4567e89b12d3a456426614174000', 'hex'))",
        .expected = "123e4567-e89b-12d3-a456-426614174000"),
};

const ScalarTable scalar_encode = {rows, ARRAY_LEN(rows)};
