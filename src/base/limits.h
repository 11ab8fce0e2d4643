// SPDX-License-Identifier: Apache-2.0
// Hard limits, each with a clear error where it is met. They bound what any input can cost.
#ifndef SLUICE_BASE_LIMITS_H
#define SLUICE_BASE_LIMITS_H

enum {
    LIMIT_STATEMENT_BYTES = 1 << 20,    /* one statement's text */
    LIMIT_SCRIPT_BYTES = 64 << 20,      /* a whole script */
    LIMIT_NESTING = 128,                /* SQL, JSON, types */
    LIMIT_COLUMNS = 1000,               /* of one source or result */
    LIMIT_EXPRESSIONS = 100000,         /* nodes in one statement */
    LIMIT_PARTITIONS = 10000,           /* of one topic */
    LIMIT_RECORD_BYTES = 64 << 20,      /* one record's key or value */
    LIMIT_VALUE_BYTES = 64 << 20,       /* one value that an expression makes: its text, or its elements */
    LIMIT_BATCH_BYTES = 256 << 20,      /* the values that expressions make of one batch */
    LIMIT_BATCH_ROWS = 4096,            /* rows of one batch */
    LIMIT_PULL_ROWS = 10 * 1000 * 1000, /* rows a pull query answers */
    LIMIT_PUSH_QUEUE = 10000,           /* rows that wait for one reader of a push query */
};

#endif
