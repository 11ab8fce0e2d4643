// SPDX-License-Identifier: Apache-2.0
// Markers: how many transactions a broker's log files say were committed and aborted.
//
// A transaction's end is a control batch in every partition that it wrote to. Batches of a segment file, as Kafka's protocol guide
// has them (numbers big-endian):
//
//   0 base offset 8 | 8 length 4 (behind here) | 12 epoch 4 | 16 magic 1 (2) | 17 crc 4 | 21 attributes 2 (bit 5: control)
//   23 last offset delta 4 | 27 timestamps 8 8 | 43 producer id 8 | 51 producer epoch 2 | 53 sequence 4 | 57 records 4
//   61 a record: varint length | attributes 1 | varint timestamp delta | varint offset delta | varint key length
//      key: version 2 | type 2 (0: abort, 1: commit)
//
// The same transaction in several partitions has one producer id and epoch; two transactions of one producer may have the same too
// (brokers before 4.0 raise the epoch only when they fence), so the figure is at least: the most markers in any partition, or the
// number of different (producer, epoch), whichever is more.
#include "tests/chaos/chaos.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

typedef struct Pair {
    uint64_t producer;
    uint16_t epoch;
    bool commit;
} Pair;

typedef struct Seen {
    VEC(Pair) v;
    int64_t most[2], here[2]; /* by commit: in one partition */
} Seen;

static uint64_t be(const uint8_t *p, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static const uint8_t *skip_varint(const uint8_t *p, const uint8_t *end)
{
    while (p < end && *p & 0x80)
        p++;
    return p < end ? p + 1 : end;
}

static void see_marker(Seen *s, const uint8_t *batch, const uint8_t *end)
{
    const uint8_t *p = skip_varint(batch + 61, end) + 1;
    for (int i = 0; i < 3; i++)
        p = skip_varint(p, end);
    if (p + 4 > end || be(p + 2, 2) > 1)
        return;
    vec_add(&s->v, (Pair){be(batch + 43, 8), (uint16_t)be(batch + 51, 2), be(p + 2, 2) == 1});
    s->here[be(p + 2, 2)]++;
}

static void read_segment(Seen *s, const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t head[12], *batch = NULL;
    size_t room = 0;
    while (f && fread(head, 1, sizeof head, f) == sizeof head) {
        size_t n = (size_t)be(head + 8, 4);
        if (n < 50 || n > 64 << 20)
            break; /* the file's end, which is allocated ahead */
        if (room < n + 12)
            batch = mem_realloc(batch, room = n + 12);
        memcpy(batch, head, sizeof head);
        if (fread(batch + 12, 1, n, f) != n)
            break;
        if (batch[16] == 2 && be(batch + 21, 2) & 0x20)
            see_marker(s, batch, batch + 12 + n);
    }
    if (f)
        fclose(f);
    mem_free(batch);
}

static void read_partition(Seen *s, const char *dir)
{
    char path[2048];
    DIR *d = opendir(dir);
    s->here[0] = s->here[1] = 0;
    for (struct dirent *f; d && (f = readdir(d));) {
        size_t n = strlen(f->d_name);
        if (n < 4 || strcmp(f->d_name + n - 4, ".log") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        read_segment(s, path);
    }
    if (d)
        closedir(d);
    for (int i = 0; i < 2; i++)
        s->most[i] = s->here[i] > s->most[i] ? s->here[i] : s->most[i];
}

static int compare_pairs(const void *a, const void *b)
{
    const Pair *x = a, *y = b;
    if (x->commit != y->commit)
        return x->commit ? 1 : -1;
    if (x->producer != y->producer)
        return x->producer < y->producer ? -1 : 1;
    return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

bool markers_count(const char *data_dir, const char *word, int64_t *aborted, int64_t *committed)
{
    Seen s = {0};
    char path[1024];
    int64_t different[2] = {0, 0};
    DIR *d = opendir(data_dir);
    if (!d)
        return false;
    for (struct dirent *f; (f = readdir(d));) {
        if (!strstr(f->d_name, word) || f->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", data_dir, f->d_name);
        read_partition(&s, path);
    }
    closedir(d);
    if (s.v.n)
        qsort(s.v.v, (size_t)s.v.n, sizeof *s.v.v, compare_pairs);
    for (int i = 0; i < s.v.n; i++)
        if (i == 0 || compare_pairs(&s.v.v[i], &s.v.v[i - 1]) != 0)
            different[s.v.v[i].commit]++;
    vec_free(&s.v);
    *aborted = different[0] > s.most[0] ? different[0] : s.most[0];
    *committed = different[1] > s.most[1] ? different[1] : s.most[1];
    return true;
}
