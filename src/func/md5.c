// SPDX-License-Identifier: Apache-2.0
// MD5; see md5.h. The constants are |sin(i + 1)| * 2^32, as RFC 1321 defines them.
#include "func/md5.h"

#include <math.h>

static uint32_t rotate(uint32_t v, int by) { return v << by | v >> (32 - by); }

static void block(uint32_t h[4], const uint8_t *p)
{
    static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t w[16], a = h[0], b = h[1], c = h[2], d = h[3];
    memcpy(w, p, sizeof w);
    for (int i = 0; i < 64; i++) {
        uint32_t f;
        int at;
        switch (i / 16) {
        case 0: f = (b & c) | (~b & d); at = i; break;
        case 1: f = (d & b) | (~d & c); at = (5 * i + 1) % 16; break;
        case 2: f = b ^ c ^ d; at = (3 * i + 5) % 16; break;
        default: f = c ^ (b | ~d); at = 7 * i % 16; break;
        }
        uint32_t k = (uint32_t)(fabs(sin(i + 1.0)) * 4294967296.0);
        uint32_t next = b + rotate(a + f + k + w[at], shifts[i / 16][i % 4]);
        a = d;
        d = c;
        c = b;
        b = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
}

void md5_of(Str s, char out[16])
{
    uint32_t h[4] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};
    uint8_t tail[128] = {0};
    size_t whole = s.n / 64 * 64, rest = s.n - whole, end = rest < 56 ? 64 : 128;
    uint64_t bits = (uint64_t)s.n * 8;
    for (size_t i = 0; i < whole; i += 64)
        block(h, (const uint8_t *)s.p + i);
    if (rest)
        memcpy(tail, s.p + whole, rest);
    tail[rest] = 0x80;
    memcpy(tail + end - 8, &bits, 8);
    for (size_t i = 0; i < end; i += 64)
        block(h, tail + i);
    memcpy(out, h, 16);
}
