// SPDX-License-Identifier: Apache-2.0
// Change: what a record of a repartition topic says of a table: its value is a row before a change, the row after it, or both
// (both only where they go to the same group: that group must never be seen between them). The bytes are those of Kafka Streams
// since 3.5 (KIP-904, its ChangedSerializer), so its topics are read and ours are what a user knows. Kafka's reader also takes
// what it calls "is latest" of versioned tables; it is read and not written.
//
//   value                                              flag   what
//   before                                               0    the row goes
//   after                                                1    the row comes
//   length of after (zigzag varint), after, before       2    both
//   as 0, 1, 2, then a byte 0 or 1 (is latest)          3, 4, 5
//
// The flag is the last byte. PERSISTED v1, and not ours alone: another layout is another topic.
#ifndef SLUICE_EXEC_CHANGE_H
#define SLUICE_EXEC_CHANGE_H

#include "serde/serde.h"

typedef struct Change {
    Bytes before, after; /* p NULL: there is none */
} Change;

/* At least one of the two is there. */
void change_write(Buf *out, const Change *c);
/* *out borrows from the value. NULL, or why it does not read. */
const char *change_read(Bytes value, Change *out);

#endif
