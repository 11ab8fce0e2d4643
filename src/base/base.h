// SPDX-License-Identifier: Apache-2.0
// The words every file of Sluice uses: fixed-width integers, string views, attributes, BUG().
//
// Nothing here allocates. A Str is a borrowed view of bytes, not NUL-terminated; who owns
// the bytes is said where the Str is handed over.
#ifndef SLUICE_BASE_BASE_H
#define SLUICE_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_LEN(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED(x) ((void)(x))

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

/* A borrowed view of n bytes; p may be NULL when n is 0. */
typedef struct Str {
    const char *p;
    size_t n;
} Str;

#define STR(literal) ((Str){("" literal ""), sizeof(literal) - 1})
#define STR_ARG(s) ((int)(s).n), ((s).p ? (s).p : "") /* for "%.*s" */

/* str_of borrows a C string; NULL gives the empty view. */
static inline Str str_of(const char *c) { return c ? (Str){c, strlen(c)} : (Str){NULL, 0}; }
static inline Str str_sub(Str s, size_t from, size_t n) { return (Str){s.p ? s.p + from : s.p, n}; }
static inline bool str_eq(Str a, Str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
static inline bool str_eq_c(Str a, const char *c) { return str_eq(a, str_of(c)); }

/* Byte order, as memcmp: negative, 0, positive. */
int str_cmp(Str a, Str b);
/* ASCII-only case folding: SQL keywords and unquoted names. */
bool str_eq_nocase(Str a, Str b);
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
Str str_trim(Str s);
/* 64-bit hash (XXH3) of the bytes. */
uint64_t str_hash(Str s);

/* A broken invariant: prints file, line and message, then aborts. Never reachable from input. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#define BUG_IF(cond)                      \
    do {                                  \
        if (__builtin_expect(!!(cond), 0)) \
            BUG("%s", #cond);             \
    } while (0)
NORETURN void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* malloc family that never returns NULL: memory exhaustion ends the process with a message. */
void *mem_alloc(size_t n);
void *mem_zalloc(size_t n);
void *mem_realloc(void *p, size_t n);
char *mem_strdup(const char *c);
char *mem_strndup(const char *p, size_t n);
void mem_free(void *p);

#endif
