// SPDX-License-Identifier: Apache-2.0
// Conversions between SQL types, and the text forms they go through. Pure; any thread.
//
// Rules: page 03 §3.5 of the ksqlDB reference; where a real ksqlDB differs from the page, the
// recorded answers of a real one count (double to text, partial timestamps, clipped days).
#ifndef SLUICE_TYPES_CAST_H
#define SLUICE_TYPES_CAST_H

#include "types/value.h"

/* CAST(from AS to) is defined at all (else: "Cast of STRING to ARRAY<INTEGER> is not supported"). */
bool cast_allowed(const Type *from, const Type *to);
/* Explicit CAST; NULL stays NULL. Results live in the arena (or borrow from `in`). On failure false, and
 * *why is a message in the arena. The pair must be allowed. */
bool cast_value(Arena *a, const Type *from, const Type *to, Value in, Value *out,
                const char **why) MUST_CHECK;

/* Implicit coercion: INT→BIGINT→DECIMAL→DOUBLE, and element-wise in nested types. */
bool coerce_allowed(const Type *from, const Type *to);
/* As INSERT INTO … SELECT converts: equal types, and numbers when the DECIMAL `to` has room for every digit of `from` before
 * and after the point (an INTEGER has 10 digits, a BIGINT 19). DOUBLE takes every number, rounded as ksqlDB does. */
bool coerce_exact(const Type *from, const Type *to);
/* The narrowest type that both widen to; NULL when there is none. */
const Type *type_common(Arena *a, const Type *x, const Type *y);
/* A literal value brought to a column's type as INSERT VALUES, IN, CASE do: adds STRING → temporal and
 * BYTES (base64); `lax` adds the string/primitive conversions of page 03. On failure *why is
 *   invalid input syntax for type INTEGER: "x".          the text does not read as that type
 *   operator does not exist: BOOLEAN = INTEGER           the pair has none; the caller adds ` (expression)`
 *                                                        and, on its own line, ksqlDB's hint */
bool coerce_value(Arena *a, const Type *from, const Type *to, Value in, bool lax, Value *out,
                  const char **why) MUST_CHECK;

/* ---- numbers as text ---- */
void text_double(Buf *out, double d);                                  /* Java's Double.toString */
void text_decimal(Buf *out, i128 unscaled, int scale);                 /* plain, with the scale */
void text_int(Buf *out, int64_t v);
bool parse_int64(Str s, int64_t *out);                                 /* strict: [+-]digits, all of s */
bool parse_double(Str s, double *out);                                 /* Java's Double.parseDouble */
/* Digits with optional point and exponent into DECIMAL(p, s): rounds HALF_UP when `round`, else false if
 * digits are lost. *overflow tells which failure it was. */
bool parse_decimal(Str s, int precision, int scale, bool round, i128 *out, bool *overflow);

/* ---- decimals ---- */
i128 decimal_pow10(int n);                                             /* 0 … 38 */
/* HALF_UP when `round`; false: lost digits, or overflow. */
bool decimal_rescale(i128 v, int from, int to, bool round, i128 *out);
bool decimal_fits(i128 v, int precision);
/* Every DECIMAL in the value fits its type; otherwise *why is a message in the arena. A type without a DECIMAL always
 * does: type_has_decimal. */
bool value_fits(Arena *a, const Type *t, const Value *v, const char **why);
bool type_has_decimal(const Type *t);
double decimal_to_double(i128 v, int scale);
/* As CAST does: the double's exact value, HALF_UP to `precision` digits, then to the scale. */
bool decimal_from_double(double d, int precision, int scale, i128 *out);
int decimal_compare(i128 a, int sa, i128 b, int sb);
/* Result types of + - * / % (page 03 §3.4); op is '+', '-', '*', '/', '%'; INTEGER and BIGINT count as
 * DECIMAL(10, 0) and (19, 0). The precision may exceed 38, as ksqlDB shows it. */
const Type *decimal_op_type(Arena *a, char op, const Type *x, const Type *y);
/* false: division by zero, overflow, or a quotient that does not fit exactly; *why says it. */
bool decimal_op(char op, i128 x, int sx, i128 y, int sy, const Type *result, i128 *out, const char **why);

/* ---- times as text ---- */
/* yyyy-MM-dd'T'HH:mm:ss.SSS, UTC, as CAST; what replies show differs before 1582: value_json. */
void text_timestamp(Buf *out, int64_t ms);
void text_date(Buf *out, int32_t days);
void text_time(Buf *out, int32_t ms);                                  /* HH:mm[:ss] */
bool parse_timestamp(Str s, int64_t *ms);                              /* partial forms, optional zone */
bool parse_date(Str s, int32_t *days);
bool parse_time(Str s, int32_t *ms);

/* ---- bytes as text ---- */
void text_base64(Buf *out, Str bytes);
bool parse_base64(Buf *out, Str text);

/* ---- text ---- */
bool utf8_valid(Str s);
size_t utf8_prefix(Str s); /* how many bytes at its start are valid */
int64_t utf16_len(Str utf8); /* code units, as Java's String.length() */

#endif
