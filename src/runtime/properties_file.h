// SPDX-License-Identifier: Apache-2.0
// Properties file: the text form of Java's java.util.Properties, which ksqlDB's and Kafka's configuration files have.
//
//   # comment, ! comment      a line whose first character behind blanks is one of these
//   name=value  name:value  name value
//   name = a long \           a line that ends in an odd number of backslashes goes on in the next, whose
//          value              leading blanks do not count
//   \t \n \r \f \uXXXX \x     escapes, in names and values; \x is x
//
// Lines end with \n, \r or \r\n. Text is UTF-8 (a byte order mark is skipped). Pure; any thread.
#ifndef SLUICE_RUNTIME_PROPERTIES_FILE_H
#define SLUICE_RUNTIME_PROPERTIES_FILE_H

#include "base/err.h"
#include "base/vec.h"

typedef struct FileProperty {
    Str name, value;
    int line; /* where it starts, from 1 */
} FileProperty;
typedef VEC(FileProperty) FilePropertyVec;

/* All of a text, in its order, names that come twice too; in the arena. On an error err's span has the line (a \u without four
 * hexadecimal digits, or one that makes no character). */
Status properties_parse(Str text, Arena *a, FilePropertyVec *out, Err *err) MUST_CHECK;

#endif
