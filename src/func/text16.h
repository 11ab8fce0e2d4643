// SPDX-License-Identifier: Apache-2.0
// Positions in text as Java counts them: UTF-16 code units, over UTF-8. Pure; any thread.
#ifndef SLUICE_FUNC_TEXT16_H
#define SLUICE_FUNC_TEXT16_H

#include "types/text.h"

/* The units [from, to), 0 <= from <= to <= length. Borrows from s, except where a cut goes through a character
 * beyond the BMP: the lone half is then three bytes in the arena. */
Str text16_slice(Arena *a, Str s, int64_t from, int64_t to);
/* The byte where unit `at` begins; inside a pair: that of its character. */
size_t text16_byte(Str s, int64_t at);
/* The same, but inside a pair the byte behind its character. */
size_t text16_byte_from(Str s, int64_t at);
/* The code units themselves, in the arena, and back. Lone halves are kept. */
uint16_t *text16_units(Arena *a, Str s, int32_t *n);
Str text16_text(Arena *a, const uint16_t *u, int32_t n);
/* A text to look for that may be found inside a character: it begins with a low half or ends with a high one. */
bool text16_cuts(Str what);
/* Every pair as its two halves, so that what cuts a character is found by bytes; and back. New in the arena. */
Str text16_apart(Arena *a, Str s);
Str text16_joined(Arena *a, Str s);
/* All ASCII: units are bytes. */
bool text_ascii(Str s);

#endif
