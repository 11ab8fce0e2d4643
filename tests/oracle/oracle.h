// SPDX-License-Identifier: Apache-2.0
// Oracle: what the crash and simulation tests must find, computed from the list of inputs alone.
//
// The workload it knows: streams A and B (k VARCHAR KEY, g VARCHAR, v BIGINT), the stream M that holds the
// rows of both, and two tables over M: T (g, COUNT(*) n, SUM(v) s per g) and H, the same HAVING SUM(v) > 0.
// The table C counts A by its key k; its exact sequences are sequence.h's.
// It shares no code with the engine: plain loops, a small hash map, its own murmur2. Every v is given once,
// so a row tells which input it is. What is left open by the language is left open here:
//
//   a source     per partition: the inputs of that partition in the order in which they were inserted
//   M            per partition: some merge of the partitions of A and B, each of them in its order
//   T, H         per group: some merge of the group's rows in M's partitions, each in its order; every
//                change is one row further (caching off), or some rows further (coalesced)
//
// One thread. Every check answers true, or false with a sentence in `why`.
#ifndef SLUICE_TESTS_ORACLE_H
#define SLUICE_TESTS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORACLE_WHY = 400, ORACLE_SOURCES = 2, ORACLE_PARTITIONS = 2, ORACLE_MAX_INPUTS = 400 };

typedef struct Oracle Oracle;

/* A row as found in A, B or M. Texts are borrowed. */
typedef struct OracleRow {
    int partition;
    const char *key, *g;
    int64_t v;
} OracleRow;

/* A record as found in the topic of T or H; `gone`: a tombstone. */
typedef struct OracleChange {
    int partition;
    const char *g;
    bool gone;
    int64_t n, s;
} OracleChange;

/* Partitions of A and B (1 or 2 each); M and the tables have those of A. */
Oracle *oracle_new(int partitions_a, int partitions_b);
void oracle_free(Oracle *o);

/* The next input. source: 0 is A, 1 is B. v: not 0, never given before. Texts are copied. */
void oracle_insert(Oracle *o, int source, const char *k, const char *g, int64_t v);
/* Inputs so far; the i-th, borrowed. */
int oracle_count(const Oracle *o);
typedef struct OracleInput {
    int source;
    const char *k, *g;
    int64_t v;
} OracleInput;
OracleInput oracle_input(const Oracle *o, int i);
/* Kafka's default partitioner. */
int oracle_partition(const char *key, int partitions);

/* Rows stand in the order of their partition, one partition behind the other or mixed. */
bool oracle_check_source(const Oracle *o, int source, const OracleRow *rows, int n, char *why);
bool oracle_check_merged(const Oracle *o, const OracleRow *rows, int n, char *why);
/* At least once: rows may come again, with those behind them; none is left out. */
bool oracle_check_merged_again(const Oracle *o, const OracleRow *rows, int n, char *why);
/* rows: a table's rows as read from its state, in any order. limit: only the first `limit` inputs count. */
bool oracle_check_table(const Oracle *o, bool having, int limit, const OracleChange *rows, int n, char *why);
/* The whole history of a table's topic. merged: M as found, checked before. each: every update is there. */
bool oracle_check_changes(const Oracle *o, bool having, bool each, int limit, const OracleRow *merged,
                          int nmerged, const OracleChange *changes, int n, char *why);
/* At least once, where rows of M stand twice: a table counts none too few, and its state is what its topic says last. pulled
 * NULL: the state is not looked at. */
bool oracle_check_counted(const Oracle *o, bool having, int limit, const OracleChange *changes, int n,
                          const OracleChange *pulled, int npulled, char *why);

#endif
