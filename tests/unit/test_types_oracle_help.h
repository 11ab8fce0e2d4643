// SPDX-License-Identifier: Apache-2.0
// Types and literals of the recorded answers, for test_types_oracle.c and test_types_oracle_casts.c.
//
// The rows are texts; one that is no type or no literal of its type is a mistake in the table, and ends
// the test program.
#ifndef TEST_TYPES_ORACLE_HELP_H
#define TEST_TYPES_ORACLE_HELP_H

#include "types/cast.h"
#include "unit.h"

static inline const Type *oracle_type(Arena *a, const char *text)
{
    Err err = ERR_INIT;
    const Type *t = NULL;
    if (type_parse(a, str_of(text), &t, &err) != OK)
        BUG("%s", err.msg);
    return t;
}

/* The literal's value: of its own type, by way of its text. */
static inline Value oracle_literal(Arena *a, const Type *t, const char *text)
{
    const char *why = NULL;
    Value v = value_str(str_of(text));
    if (t->kind != KIND_STRING && !cast_value(a, TYPE_STRING, t, v, &v, &why))
        BUG("%s", why);
    return v;
}

#endif
