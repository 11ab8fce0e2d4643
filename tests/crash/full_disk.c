// SPDX-License-Identifier: Apache-2.0
// A full device under a running query.
//
//   full_disk DIR [HOST:PORT]   DIR: an empty folder on a small file system of its own (a tmpfs)
//   full_disk DIR race=SEED     only the disk layer, for 10 seconds
//
// Without an address the disk layer comes first, alone: full_disk_race.c. Then the engine: rows are inserted while a table
// counts them; a file fills the device, and inserts go on until they are refused; the file goes. Then without a restart
// inserts must be acknowledged again and the table must go on. Every acknowledged row counts once, one that was refused at
// most once; after a restart too. With an address topics are in that Kafka, exactly once: rows are inserted all the time,
// the query waits while there is no room for its state, and goes on. The last line: `N passed, N failed`.
#define _GNU_SOURCE // nftw, strsep
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "../unit/test_runtime_help.h"
#include "full_disk.h"
#include "topic/kafka.h"

enum { BEFORE = 300, REFUSED = 40, MOST = 60000, AFTER = 300, PATIENCE_S = 90, PAD = 3000, RACE_S = 6 };

typedef struct Full {
    Bed b;
    RowStream *changes; /* of the table: what waiting is done on */
    int next;           /* the next row's key */
    bool acked[MOST];
    int nacked, refused;
    char filler[1100];
    int passed, failed;
} Full;

static void check(Full *f, bool good, const char *what)
{
    if (good) {
        f->passed++;
        return;
    }
    f->failed++;
    printf("FAIL %s\n  last message: %s\n", what, f->b.message ? f->b.message : "none");
}

static bool insert(Full *f)
{
    static char sql[PAD + 100], pad[PAD + 1];
    if (f->next >= MOST)
        return false;
    unsigned seed = (unsigned)f->next * 2654435761u + 1;
    for (int i = 0; i < PAD; i++) {
        seed = seed * 1103515245u + 12345u; /* what compression cannot make small */
        pad[i] = (char)('a' + (seed >> 16) % 26);
    }
    snprintf(sql, sizeof sql, "INSERT INTO s VALUES (%d, '%s');", f->next, pad);
    bool good = bed_run(&f->b, sql) == OK;
    f->acked[f->next++] = good;
    f->nacked += good;
    f->refused += !good;
    return good;
}

/* Leaves `room` bytes. */
static void fill(Full *f, off_t room)
{
    static char block[1 << 16];
    int fd = open(f->filler, O_CREAT | O_WRONLY, 0600);
    size_t n = sizeof block;
    while (fd >= 0 && n > 0)
        if (write(fd, block, n) <= 0)
            n /= 2;
    check(f, fd >= 0 && errno == ENOSPC, "the device is full");
    off_t size = lseek(fd, 0, SEEK_END);
    check(f, ftruncate(fd, size > room ? size - room : 0) == 0, "but for some room");
    close(fd);
}

/* Waits a little, for a change of the table if one comes. */
static void pause_for_change(Full *f)
{
    StreamRow row;
    Err err = ERR_INIT;
    rowstream_next(f->changes, 50, &row, &err);
    err_clear(&err);
}

/* The table holds every acknowledged row, and no row twice. */
static bool counted(Full *f, bool say)
{
    static bool seen[MOST];
    memset(seen, 0, sizeof seen);
    int n = 0;
    char *text = mem_strdup(bed_rows(&f->b, "SELECT k, c FROM t;")), *rest = text;
    for (char *row = strsep(&rest, "|"); row && *row; row = strsep(&rest, "|")) {
        int k, c;
        if (sscanf(row, "%d,%d", &k, &c) != 2 || k < 0 || k >= f->next || c != 1) {
            if (say)
                printf("a row of the table is '%s'\n", row);
            mem_free(text);
            return false;
        }
        seen[k] = true;
        n += f->acked[k];
    }
    mem_free(text);
    for (int i = 0; say && i < f->next; i++)
        if (f->acked[i] && !seen[i])
            printf("row %d was acknowledged and is not in the table\n", i);
    return n == f->nacked;
}

static void await_counted(Full *f, const char *what)
{
    time_t end = time(NULL) + PATIENCE_S;
    while (!counted(f, false) && time(NULL) < end)
        pause_for_change(f);
    check(f, counted(f, true), what);
}

static bool watch(Full *f) { return bed_stream(&f->b, "SELECT k FROM t EMIT CHANGES;", &f->changes) == OK; }

/* The device fills, is full for a while, and has room again. */
static void full(Full *f, off_t room)
{
    int refused = f->refused;
    fill(f, room);
    while (f->refused < refused + REFUSED && f->next < MOST)
        insert(f);
    printf("%d rows acknowledged, %d refused: %s\n", f->nacked, f->refused, f->b.message ? f->b.message : "");
    check(f, f->b.message && strstr(f->b.message, "No space"), "an INSERT says that there is no space");
    check(f, bed_run(&f->b, "SHOW QUERIES;") == OK, "statements that write nothing are answered");
    check(f, remove(f->filler) == 0, "there is room again");
    time_t end = time(NULL) + PATIENCE_S, from = time(NULL);
    bool good = false;
    while (!good && time(NULL) < end) {
        good = insert(f);
        if (!good)
            pause_for_change(f);
    }
    check(f, good, "an INSERT is acknowledged again");
    printf("after %ld s\n", (long)(time(NULL) - from));
    good = true;
    for (int i = 0; i < AFTER; i++)
        good &= insert(f);
    check(f, good, "and so are those behind it");
    await_counted(f, "every acknowledged row counts once");
}

/* The query's state as SHOW QUERIES has it, and why. */
static bool query_waits(Full *f)
{
    json_t *row = bed_run(&f->b, "SHOW QUERIES;") == OK ? json_array_get(json_object_get(f->b.last, "queries"), 0) : NULL;
    const char *why = json_string_value(json_object_get(row, "reason"));
    if (why)
        printf("the query says: %s\n", why);
    return why && strstr(why, "No space");
}

/* Topics have room elsewhere; what is full is the state's. */
static void full_kafka(Full *f)
{
    fill(f, 0);
    time_t end = time(NULL) + PATIENCE_S;
    bool waits = false;
    for (int i = 0; !waits && time(NULL) < end; i++) {
        insert(f);
        if (i % 50 == 49) {
            pause_for_change(f);
            waits = query_waits(f);
        }
    }
    printf("%d rows acknowledged, %d refused\n", f->nacked, f->refused);
    check(f, waits, "the query waits, and says that there is no space");
    check(f, f->refused == 0, "rows are inserted all the time");
    check(f, remove(f->filler) == 0, "there is room again");
    for (int i = 0; i < AFTER; i++)
        insert(f);
    await_counted(f, "every row counts once");
}

static void run(Full *f)
{
    static const char *const sql[] = {
        "SET 'auto.offset.reset'='earliest';", "SET 'commit.interval.ms'='20';",
        "SET 'ksql.query.retry.backoff.initial.ms'='20';", "SET 'ksql.query.retry.backoff.max.ms'='500';",
        "CREATE STREAM s (k INT, pad STRING) WITH (kafka_topic='s', partitions=1, value_format='JSON');",
        "CREATE TABLE t AS SELECT k, COUNT(*) AS c, LATEST_BY_OFFSET(pad) AS pad FROM s GROUP BY k;"};
    if (f->b.config.kafka)
        check(f, bed_run(&f->b, "SET 'processing.guarantee'='exactly_once_v2';") == OK, "exactly once");
    for (int i = 0; i < ARRAY_LEN(sql); i++)
        check(f, bed_run(&f->b, sql[i]) == OK, sql[i]);
    check(f, watch(f), "the table is watched");
    for (int i = 0; i < BEFORE; i++)
        insert(f);
    check(f, f->refused == 0, "rows are inserted while there is room");
    if (f->b.config.kafka) {
        await_counted(f, "and counted");
        full_kafka(f);
        return;
    }
    /* Nothing is left, too little, or almost enough. */
    full(f, 0);
    full(f, 3 << 20);
    full(f, 20 << 20);
}

int main(int argc, char **argv)
{
    static Full f;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: full_disk DIR [HOST:PORT | race=SEED]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    unsigned seed;
    if (argc == 3 && sscanf(argv[2], "race=%u", &seed) == 1) {
        bool good = full_disk_race(argv[1], seed, 10);
        printf("%d passed, %d failed\n", good, !good);
        return !good;
    }
    f.b = (Bed){.on_disk = true, .config = {.check_operators = true, .workers = 2}};
    KafkaSetting address = {STR("bootstrap.servers"), str_of(argv[argc - 1])};
    char prefix[40];
    snprintf(prefix, sizeof prefix, "full%ld-", (long)getpid());
    KafkaConfig kafka = {.settings = &address, .n = 1, .prefix = prefix};
    if (argc == 3) {
        f.b.config.kafka = &kafka;
        f.b.config.alone = true;
    }
    if (argc == 2) {
        check(&f, full_disk_race(argv[1], (unsigned)time(NULL), RACE_S), "the disk layer alone");
        TmpDir race;
        snprintf(race.path, sizeof race.path, "%s/race", argv[1]);
        tmpdir_remove(&race);
    }
    snprintf(f.b.dir.path, sizeof f.b.dir.path, "%s/data", argv[1]);
    snprintf(f.filler, sizeof f.filler, "%s/filler", argv[1]);
    check(&f, bed_start(&f.b), "the engine starts");
    if (f.b.s) {
        run(&f);
        rowstream_close(f.changes);
        f.changes = NULL;
        bed_stop(&f.b, false);
        check(&f, bed_start(&f.b), "the engine starts again");
    }
    if (f.b.s) {
        check(&f, watch(&f), "the table is watched");
        await_counted(&f, "after a restart too");
        rowstream_close(f.changes);
        bed_close(&f.b);
    }
    printf("%d passed, %d failed\n", f.passed, f.failed);
    return f.failed > 0;
}
