// SPDX-License-Identifier: Apache-2.0
// What librdkafka takes: the values of single settings, and settings together. Of kafka_config.c; the names of its properties
// (kafka_property_known, kafka_property_at) are in kafka.h.
// @thread any
#ifndef SLUICE_TOPIC_KAFKA_CHECK_H
#define SLUICE_TOPIC_KAFKA_CHECK_H

#include "topic/kafka.h"

enum { KAFKA_SESSION_MS = 10000, KAFKA_LEAST_SESSION_MS = 10 }; /* of the membership, as kafka_group.c has it */

/* A decimal number, and nothing beside it but blanks: in librdkafka's form behind out. */
bool kafka_read_number(Str value, bool fraction, Buf *out);
/* Would librdkafka take the value, as its property `to`? name: as the user says it, for the message. number: what it is to be
 * given instead, if it is a number; else left empty. ERR_BAD_REQUEST tells name, value and range; of a secret no value. */
Status kafka_check_value(Str name, const char *to, Str value, Buf *number, Err *err) MUST_CHECK;
/* Would librdkafka take them all? session_ms: of the membership; 0: not set. ERR_BAD_REQUEST. */
Status kafka_props_try(const KafkaProps *props, int session_ms, Err *err) MUST_CHECK;

#endif
