// SPDX-License-Identifier: Apache-2.0
// Which file is damaged? RocksDB often says so itself, but for a table that it opens it names the MANIFEST, for a table that is
// missing another file, and for a blob none. Only asked when it reported damage: each candidate is read.
//
//   table   ends with a footer: checksum's kind (1 byte), two handles (offset, size: varints) of its list of special blocks and of
//           its index, version (4), magic (8). Behind each block stand its compression (1) and a checksum over both (4). The values
//           of the list are handles too. Blocks of data are named by RocksDB.
//   blob    a head of 30 bytes that begins with a magic (4); records with a head of 32 (sizes of key and value, expiration,
//           checksums of these and of key and value); a footer of 32: the magic, counts, a checksum (4) of them.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "disk/disk_impl.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FOOTER = 53,
    BLOCK_TAIL = 5,
    BLOB_HEAD = 30,
    BLOB_RECORD = 32,
    BLOB_FOOTER = 32,
    CRC32C = 1,
    XXH64_KIND = 3,
    XXH3_KIND = 4,
};
static const uint64_t TABLE_MAGIC = 0x88e241b785f4cff7u;
static const uint64_t BLOB_MAGIC = 2395959;

static char *read_at(int fd, uint64_t at, uint64_t n)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || at > (uint64_t)st.st_size || n > (uint64_t)st.st_size - at)
        return NULL;
    char *p = mem_alloc(n ? n : 1);
    if (pread(fd, p, n, (off_t)at) == (ssize_t)n)
        return p;
    mem_free(p);
    return NULL;
}

/* ---- tables ---- */

typedef struct Handle {
    uint64_t at, n;
} Handle;

static bool take_varint(const char **p, const char *end, uint64_t *v)
{
    *v = 0;
    for (int shift = 0; *p < end && shift < 64; shift += 7) {
        unsigned char c = (unsigned char)*(*p)++;
        *v |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80))
            return true;
    }
    return false;
}

static bool take_handle(const char **p, const char *end, Handle *h) { return take_varint(p, end, &h->at) && take_varint(p, end, &h->n); }

static bool block_checks(const char *p, uint64_t n, int kind)
{
    uint32_t stored = (uint32_t)disk_number(p + n + 1, 4);
    if (kind == CRC32C)
        return stored == disk_crc_masked(p, n + 1);
    if (kind == XXH64_KIND)
        return stored == (uint32_t)XXH64(p, n + 1, 0);
    if (kind == XXH3_KIND)
        return stored == ((uint32_t)XXH3_64bits(p, n) ^ (uint32_t)(unsigned char)p[n] * 0x6b9083d9u);
    return kind == 0; /* none */
}

/* A block whose checksum is right, or NULL. New. */
static char *read_block(int fd, Handle h, int kind)
{
    char *p = h.n > UINT32_MAX ? NULL : read_at(fd, h.at, h.n + BLOCK_TAIL);
    if (p && !block_checks(p, h.n, kind)) {
        mem_free(p);
        p = NULL;
    }
    return p;
}

static bool handle_checks(int fd, Handle h, int kind)
{
    char *p = read_block(fd, h, kind);
    mem_free(p);
    return p != NULL;
}

/* The list is a block of entries: sizes of the key's shared and own parts and of the value, the own part, the value. At its end
 * are the starts of entries without a shared part, and their count. */
static bool listed_blocks_check(int fd, const char *list, uint64_t n, int kind)
{
    uint64_t restarts = n < 4 ? 0 : disk_number(list + n - 4, 4);
    if (n < 4 || restarts > (n - 4) / 4)
        return false;
    const char *p = list, *end = list + n - 4 - 4 * restarts;
    while (p < end) {
        uint64_t shared, own, size;
        Handle h;
        if (!take_varint(&p, end, &shared) || !take_varint(&p, end, &own) || !take_varint(&p, end, &size) ||
            own > (uint64_t)(end - p) || size > (uint64_t)(end - p) - own)
            return false;
        const char *value = p + own;
        p = value + size;
        if (!take_handle(&value, p, &h) || !handle_checks(fd, h, kind))
            return false;
    }
    return true;
}

static bool table_checks(int fd, uint64_t size)
{
    char *footer = size < FOOTER ? NULL : read_at(fd, size - FOOTER, FOOTER);
    if (!footer)
        return false;
    const char *p = footer + 1, *end = footer + FOOTER - 12;
    int kind = footer[0];
    Handle list, index;
    bool ok = disk_number(footer + FOOTER - 8, 8) == TABLE_MAGIC && take_handle(&p, end, &list) && take_handle(&p, end, &index);
    mem_free(footer);
    char *block = ok ? read_block(fd, list, kind) : NULL;
    ok = block && listed_blocks_check(fd, block, list.n, kind) && handle_checks(fd, index, kind);
    mem_free(block);
    return ok;
}

/* ---- blobs ---- */

static bool blob_ends_check(int fd, uint64_t size)
{
    char *head = size < BLOB_HEAD + BLOB_FOOTER ? NULL : read_at(fd, 0, BLOB_HEAD);
    char *foot = head ? read_at(fd, size - BLOB_FOOTER, BLOB_FOOTER) : NULL;
    bool ok = foot && disk_number(head, 4) == BLOB_MAGIC && disk_number(foot, 4) == BLOB_MAGIC &&
              disk_number(foot + BLOB_FOOTER - 4, 4) == disk_crc_masked(foot, BLOB_FOOTER - 4);
    mem_free(head);
    mem_free(foot);
    return ok;
}

/* *next: where the one after it begins. */
static bool blob_record_checks(int fd, uint64_t at, uint64_t end, uint64_t *next)
{
    char *head = end - at < BLOB_RECORD ? NULL : read_at(fd, at, BLOB_RECORD);
    if (!head)
        return false;
    uint64_t key = disk_number(head, 8), value = disk_number(head + 8, 8), most = end - at - BLOB_RECORD;
    uint32_t stored = (uint32_t)disk_number(head + 28, 4);
    bool ok = disk_number(head + 24, 4) == disk_crc_masked(head, 24) && key <= most && value <= most - key;
    mem_free(head);
    char *body = ok ? read_at(fd, at + BLOB_RECORD, key + value) : NULL;
    ok = body && stored == disk_crc_masked(body, key + value);
    mem_free(body);
    *next = at + BLOB_RECORD + key + value;
    return ok;
}

static bool blobs_check(int fd, uint64_t size)
{
    bool ok = blob_ends_check(fd, size);
    uint64_t at = BLOB_HEAD, end = ok ? size - BLOB_FOOTER : 0;
    while (ok && at < end)
        ok = blob_record_checks(fd, at, end, &at);
    return ok;
}

/* ---- the name ---- */

static bool file_checks(int dir_fd, const char *name, bool (*checks)(int fd, uint64_t size))
{
    struct stat st;
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    bool ok = fd < 0 || (fstat(fd, &st) == 0 && checks(fd, (uint64_t)st.st_size));
    if (fd >= 0)
        close(fd);
    return ok;
}

static void find_damaged(const Disk *d, Buf *name)
{
    DIR *dir = opendir(d->db_dir);
    for (struct dirent *f; dir && name->n == 0 && (f = readdir(dir));) {
        const char *dot = strrchr(f->d_name, '.');
        bool table = dot && strcmp(dot, ".sst") == 0, blob = dot && strcmp(dot, ".blob") == 0;
        if ((table || blob) && !file_checks(dirfd(dir), f->d_name, table ? table_checks : blobs_check))
            buf_cstr(name, f->d_name);
    }
    if (dir)
        closedir(dir);
}

/* NUMBER before an ending in the text; false: there is none. */
static bool number_before(const char *text, const char *ending, Buf *digits)
{
    const char *end = strstr(text, ending), *p = end;
    while (p && p > text && isdigit((unsigned char)p[-1]))
        p--;
    if (p && p < end)
        buf_bytes(digits, p, (size_t)(end - p));
    return digits->n > 0;
}

void disk_name_damaged(const Disk *d, const char *message, Buf *name)
{
    static const char *const endings[] = {".sst", ".blob", ".log"};
    for (int i = 0; i < ARRAY_LEN(endings); i++)
        if (number_before(message, endings[i], name)) {
            buf_cstr(name, endings[i]);
            return;
        }
    if (number_before(message, ".ldb", name)) /* the name that RocksDB tries last where a table is missing */
        buf_cstr(name, ".sst");
    else
        find_damaged(d, name);
}
