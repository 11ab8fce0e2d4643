// SPDX-License-Identifier: Apache-2.0
// Sequence: the exact values that each key of an output topic must have, one behind the other.
//
// For queries whose key is that of their source stream, so that all rows of a key stand in one partition and the language leaves
// no order open. From the language's rules, in one thread, sharing no code with the engine. The i-th input of a key is v_i:
//
//   CREATE STREAM … AS SELECT k, v FROM s           the i-th row of the key is v_i
//   CREATE TABLE … AS SELECT k, COUNT(*), SUM(v)    the i-th value of the key is (i, v_1 + … + v_i)
//     FROM s GROUP BY k
//
//   rule          what may stand in the topic
//   EXACT         these, each once, in this order (exactly once, cache.max.bytes.buffering = 0)
//   COALESCED     some left out, never the last (exactly once, with a cache)
//   AGAIN         at least once: it may go back to a value that was there before, and on from there; nothing is left out and it
//                 ends in the last value
//   RECOUNTED     at least once, where state may have come further than positions (it came from a changelog): a value may count
//                 inputs again. Each is a value before it, or one of the changelog (sequence_hint), and inputs that follow each
//                 other; the last counts every input
//   …_COALESCED   as those, with values left out; RECOUNTED_COALESCED looks at the last only
//
// One thread. Every check answers true, or false with a sentence in `why` (of ORACLE_WHY bytes).
#ifndef SLUICE_TESTS_SEQUENCE_H
#define SLUICE_TESTS_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum SequenceRule {
    SEQUENCE_EXACT,
    SEQUENCE_COALESCED,
    SEQUENCE_AGAIN,
    SEQUENCE_AGAIN_COALESCED,
    SEQUENCE_RECOUNTED,
    SEQUENCE_RECOUNTED_COALESCED,
} SequenceRule;

typedef struct Sequence Sequence;

Sequence *sequence_new(SequenceRule rule);
void sequence_free(Sequence *q); /* NULL is ignored */
/* The key's next input. v: never given before for this key. The key is copied. */
void sequence_input(Sequence *q, const char *key, int64_t v);
/* SUM(v) behind the key's first n inputs; false: it has fewer. */
bool sequence_expected(const Sequence *q, const char *key, int64_t n, int64_t *sum);
/* The key's inputs. */
int64_t sequence_count(const Sequence *q, const char *key);

/* The next value of the key in a table's topic; the next row of the key in a stream's. Not both in one Sequence. */
bool sequence_value(Sequence *q, const char *key, int64_t n, int64_t sum, char *why);
bool sequence_row(Sequence *q, const char *key, int64_t v, char *why);
/* RECOUNTED: a value that the key's state had, by its changelog, at some time: what it put out may have been lost with a server. */
void sequence_hint(Sequence *q, const char *key, int64_t n, int64_t sum);
/* Nothing more comes: every key ended where it should. rows: sequence_row was used. */
bool sequence_end(const Sequence *q, bool rows, char *why);
/* The key's last value seen; false: none. */
bool sequence_last(const Sequence *q, const char *key, int64_t *n, int64_t *sum);
/* Seen so far; of them, how often it went back. */
int64_t sequence_seen(const Sequence *q);
int64_t sequence_repeated(const Sequence *q);

#endif
