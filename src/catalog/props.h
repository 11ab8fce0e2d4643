// SPDX-License-Identifier: Apache-2.0
// Properties: what SET takes, what it means, what is allowed. One table of rows.
//
// Names resolve as ksqlDB's: `ksql.streams.x` and bare Kafka Streams names are one property. Only
// rows of the table are accepted, so nothing unknown ever reaches a client library: SET, WITH, the properties of
// a request and those stored in the command topic all pass through props_set. Connection settings
// (bootstrap.servers, sasl.*, ssl.*) are no rows: runtime/config.h takes them from the server's files alone. A PropSet is
// one session's (or one query's stored) overrides; behind it stand those of the server, if it has any.
#ifndef SLUICE_CATALOG_PROPS_H
#define SLUICE_CATALOG_PROPS_H

#include "base/err.h"
#include "base/map.h"

typedef enum PropType { PROP_STRING, PROP_INT, PROP_BOOL, PROP_OFFSET_RESET, PROP_GUARANTEE, PROP_FORMAT } PropType;

enum PropFlag {
    PROP_SETTABLE = 1, /* by SET and with a request */
    PROP_QUERY = 2,    /* stored with a persistent query */
    PROP_CONSUMER = 4, /* a setting of consumers: "consumer." may stand before it */
};

typedef struct PropRow {
    const char *name;  /* canonical */
    PropType type;
    const char *value; /* default; NULL: not set */
    int flags;
    int64_t min, max;  /* PROP_INT */
} PropRow;

const PropRow *prop_find(Str name); /* also under its other spelling; NULL when unknown */
const PropRow *prop_at(int i);      /* in name order; NULL after the last */

/* How a name that is no row is known. */
typedef enum PropKnown {
    PROP_UNKNOWN,
    PROP_NO_EFFECT, /* ksqlDB or Kafka Streams has it; nothing here hangs on it */
    PROP_IMMUTABLE, /* clients may not set it, whoever has it: bootstrap.servers, ssl.*, … */
} PropKnown;
/* Under all spellings of prop_bare. */
PropKnown prop_known(Str name);
/* The name without what says whose setting it is: "ksql.streams.", and behind that "consumer.", "producer.", "admin." and
 * "topic.". Borrowed. */
Str prop_bare(Str name);

typedef struct PropSet {
    StrMap map; /* canonical name -> char * (owned) */
    const struct PropSet *server; /* what holds where this set says nothing; borrowed, NULL: the table's defaults */
} PropSet;

void props_free(PropSet *ps);
void props_copy(PropSet *to, const PropSet *from);
/* As props_set, of the server's own configuration: also what no client may set. */
Status props_set_server(PropSet *ps, Str name, Str value, Err *err) MUST_CHECK;
/* Checks name and value as ksqlDB does, then sets; *old (may be NULL) becomes a new copy of what stood there, or NULL. */
Status props_set(PropSet *ps, Str name, Str value, char **old, Err *err) MUST_CHECK;
/* *old: new copy of the value. */
Status props_unset(PropSet *ps, Str name, char **old, Err *err) MUST_CHECK;

/* The effective value: override, else the server's, else default; NULL when none. Borrowed. */
const char *props_get(const PropSet *ps, const char *name);
int64_t props_int(const PropSet *ps, const char *name);
bool props_bool(const PropSet *ps, const char *name);
/* True when the set itself overrides it. */
bool props_has(const PropSet *ps, const char *name);
/* processing.guarantee is exactly_once_v2. */
bool props_exactly_once(const PropSet *ps);

#endif
