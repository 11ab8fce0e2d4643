// SPDX-License-Identifier: Apache-2.0
// Text helpers that types/ shares with the folders after it, beside the contracts of cast.h and value.h:
// UTF-8 walking, Java's toString of nested values, JSON strings, the calendar. Pure; any thread.
#ifndef SLUICE_TYPES_TEXT_H
#define SLUICE_TYPES_TEXT_H

#include "types/cast.h"

/* The code point at *p, which moves past it (p < end). Lone surrogates written as three bytes come back as
 * they are, any other malformed byte as U+FFFD. */
uint32_t utf8_next(const uint8_t **p, const uint8_t *end);
/* Appends a code point (up to four bytes). */
void utf8_put(Buf *out, uint32_t c);

/* ---- what a STRING's bytes are: see utf8.c ---- */

/* Appends s. A high half that ends `out` and a low one that begins s become their character. */
void text_append(Buf *out, Str s);
/* The same in memory: s goes to `to`, which has room for it, at the end of a text from `from` on. Returns its new end. */
char *text_put(const char *from, char *to, Str s);
/* A half of a surrogate pair is somewhere in s. */
bool text_has_half(Str s);
/* Appends s as UTF-8, a lone half as '?': Java's String.getBytes. */
void text_utf8(Buf *out, Str s);
/* Appends any bytes as a STRING; what is no UTF-8 becomes U+FFFD: Java's new String(bytes). */
void text_mend(Buf *out, Str bytes);

/* Java's toString of a value inside an ARRAY, MAP or STRUCT, and of these: [1, null], {a=1}, Struct{A=1}. */
void text_java(Buf *out, const Type *t, const Value *v);
/* A JSON string with its quotes, as the server writes it: beyond the BMP as two \uXXXX, other text raw. */
void text_json_string(Buf *out, Str s);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back. */
int64_t days_from_date(int64_t year, int month, int day);
void date_from_days(int64_t days, int64_t *year, int *month, int *day);
int month_length(int64_t year, int month);
/* yyyy-MM-dd'T'HH:mm:ss.SSS as REST replies show a TIMESTAMP: by the Julian calendar before 1582-10-15. */
void text_timestamp_shown(Buf *out, int64_t ms);

#endif
