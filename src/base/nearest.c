// SPDX-License-Identifier: Apache-2.0
// Edit distance with swaps (optimal string alignment) over short words: see nearest.h.
#include "base/nearest.h"

enum { LONGEST = 63 };

static char fold(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

int nearest_distance(Str a, Str b)
{
    int rows[3][LONGEST + 1];
    if (a.n > LONGEST || b.n > LONGEST)
        return str_eq_nocase(a, b) ? 0 : LONGEST + 1;
    for (int j = 0; j <= (int)b.n; j++)
        rows[0][j] = j;
    for (int i = 1; i <= (int)a.n; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= (int)b.n; j++) {
            char x = fold(a.p[i - 1]), y = fold(b.p[j - 1]);
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == fold(b.p[j - 2]) && fold(a.p[i - 2]) == y)
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}

void nearest_init(Nearest *n, Str word)
{
    int limit = word.n < 3 ? 0 : word.n <= 4 ? 1 : word.n <= 8 ? 2 : 3;
    *n = (Nearest){word, limit, LONGEST + 2, {NULL, 0}};
}

void nearest_offer(Nearest *n, Str candidate)
{
    int d = nearest_distance(n->word, candidate);
    if (d <= n->limit && d < n->distance) {
        n->distance = d;
        n->best = candidate;
    }
}

const char *nearest_find(Str word, const char *const *words, int n)
{
    Nearest near;
    nearest_init(&near, word);
    for (int i = 0; i < n; i++)
        nearest_offer(&near, str_of(words[i]));
    return near.best.p;
}
