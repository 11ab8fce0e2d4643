// SPDX-License-Identifier: Apache-2.0
// Views, BUG and the allocator's front: see base.h. Any thread.
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>
#include <xxhash.h>

int str_cmp(Str a, Str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_eq_nocase(Str a, Str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

bool str_starts(Str s, Str prefix)
{
    return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_ends(Str s, Str suffix)
{
    return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Str str_trim(Str s)
{
    while (s.n && is_space(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

uint64_t str_hash(Str s) { return XXH3_64bits(s.p, s.n); }

void bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "sluice: bug at %s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}

enum { EXIT_MEMORY = 3 };

static void *checked(void *p, size_t n)
{
    if (!p && n) {
        fprintf(stderr, "sluice: out of memory (%zu bytes wanted)\n", n);
        _exit(EXIT_MEMORY); /* nothing is written any more: the next start goes on from the last commit */
    }
    return p;
}

void *mem_alloc(size_t n) { return checked(malloc(n ? n : 1), n); }
void *mem_zalloc(size_t n) { return checked(calloc(1, n ? n : 1), n); }
void *mem_realloc(void *p, size_t n) { return checked(realloc(p, n ? n : 1), n); }
char *mem_strdup(const char *c) { return mem_strndup(c, strlen(c)); }
void mem_free(void *p) { free(p); }

char *mem_strndup(const char *p, size_t n)
{
    char *c = mem_alloc(n + 1);
    if (n)
        memcpy(c, p, n);
    c[n] = 0;
    return c;
}
