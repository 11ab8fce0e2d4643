// SPDX-License-Identifier: Apache-2.0
// Reads the files that RocksDB writes as logs, the write-ahead log and the MANIFEST, without RocksDB: how far does each check?
//
// Such a file is a row of blocks of 32 KB. A block holds fragments; what is left of a block when fewer than 7 bytes are, is unused:
//
//   offset  size
//   0       4     CRC-32C of what follows the length, masked (below)
//   4       2     bytes of the payload, little-endian
//   6       1     1 whole record, 2 first, 3 middle, 4 last fragment of one
//   7       n     payload
//
// The payload of a record of the write-ahead log begins with its first sequence number (8 bytes) and the count of its changes (4),
// each of which takes one number. Numbers follow each other through a file, and from a file to the next.
#include "disk/disk_impl.h"

#include <endian.h>
#include <unistd.h>

enum {
    BLOCK = 32 << 10,
    FRAGMENT_HEAD = 7,
    RECORD_HEAD = DISK_RECORD_HEAD,
    TYPE_WHOLE = 1,
    TYPE_FIRST = 2,
    TYPE_MIDDLE = 3,
    TYPE_LAST = 4,
};

uint64_t disk_number(const char *p, int bytes)
{
    uint64_t n = 0;
    for (int i = bytes - 1; i >= 0; i--)
        n = n << 8 | (unsigned char)p[i];
    return n;
}

/* ---- CRC-32C ---- */

/* table[0] is the usual one; table[i] is for a byte that i others follow. */
static uint32_t table[8][256];

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
        table[0][i] = c;
    }
    for (int t = 1; t < 8; t++)
        for (int i = 0; i < 256; i++)
            table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 0xff];
}

uint32_t disk_crc(const char *p, size_t n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint32_t c = ~0u;
    pthread_once(&once, make_table);
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        v = le64toh(v) ^ c;
        c = table[7][v & 0xff] ^ table[6][v >> 8 & 0xff] ^ table[5][v >> 16 & 0xff] ^ table[4][v >> 24 & 0xff] ^
            table[3][v >> 32 & 0xff] ^ table[2][v >> 40 & 0xff] ^ table[1][v >> 48 & 0xff] ^ table[0][v >> 56];
    }
    for (; n > 0; p++, n--)
        c = c >> 8 ^ table[0][(c ^ (unsigned char)*p) & 0xff];
    return ~c;
}

uint32_t disk_crc_masked(const char *p, size_t n)
{
    uint32_t c = disk_crc(p, n);
    return (c >> 15 | c << 17) + 0xa282ead8u;
}

/* ---- records ---- */

typedef struct Reader {
    DiskScan *scan;
    bool numbered;          /* records begin with sequence numbers */
    char head[RECORD_HEAD]; /* of the record that is being put together */
    size_t head_n;
    bool inside; /* its last fragment is not yet seen */
} Reader;

/* A record is whole; false: its sequence numbers do not follow those before it. */
static bool end_record(Reader *r)
{
    DiskScan *s = r->scan;
    if (!r->numbered || r->head_n < RECORD_HEAD)
        return true;
    uint64_t first = disk_number(r->head, 8), count = disk_number(r->head + 8, 4);
    if (s->first == 0)
        s->first = first;
    else if (first != s->last + 1)
        return false;
    s->last = first + count - 1;
    return true;
}

/* False: nothing that follows counts. */
static bool take_fragment(Reader *r, int type, const char *p, size_t n)
{
    bool begins = type == TYPE_WHOLE || type == TYPE_FIRST;
    if (type < TYPE_WHOLE || type > TYPE_LAST)
        return !r->inside; /* of a later version of RocksDB: it checks, and holds no batch */
    if (begins == r->inside)
        return false;
    if (begins)
        r->head_n = 0;
    size_t take = RECORD_HEAD - r->head_n < n ? RECORD_HEAD - r->head_n : n;
    memcpy(r->head + r->head_n, p, take);
    r->head_n += take;
    r->inside = type == TYPE_FIRST || type == TYPE_MIDDLE;
    return r->inside || end_record(r);
}

/* Fragments of one block from `at` on; false: nothing that follows counts. */
static bool take_block(Reader *r, const char *block, size_t at, size_t n, uint64_t offset)
{
    while (n - at >= FRAGMENT_HEAD) {
        const char *p = block + at;
        size_t len = (size_t)disk_number(p + 4, 2);
        if (len == 0 && p[6] == 0)
            return disk_number(p, 4) == 0; /* room that was taken in advance */
        if (len > n - at - FRAGMENT_HEAD || disk_number(p, 4) != disk_crc_masked(p + 6, len + 1) ||
            !take_fragment(r, p[6], p + FRAGMENT_HEAD, len))
            return false;
        at += FRAGMENT_HEAD + len;
        if (!r->inside)
            r->scan->good = offset + at;
    }
    return n == BLOCK;
}

bool disk_scan(int fd, bool numbered, uint64_t from, DiskScan *out)
{
    Reader r = {.scan = out, .numbered = numbered};
    char *block = mem_alloc(BLOCK);
    uint64_t offset = from / BLOCK * BLOCK;
    size_t at = (size_t)(from - offset);
    *out = (DiskScan){.good = from};
    bool more = true, read = true;
    while (more) {
        size_t n = 0;
        ssize_t got = 1;
        while (n < BLOCK && got > 0) {
            got = pread(fd, block + n, BLOCK - n, (off_t)(offset + n));
            n += got > 0 ? (size_t)got : 0;
        }
        read = read && got >= 0;
        more = read && n > at && take_block(&r, block, at, n, offset);
        at = 0;
        offset += BLOCK;
    }
    mem_free(block);
    return read;
}
