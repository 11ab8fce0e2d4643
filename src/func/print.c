// SPDX-License-Identifier: Apache-2.0
// Texts of functions: variations as DESCRIBE FUNCTION shows them, and docs/functions.md.
#include "func/registry.h"

/* Parameter types print by their SQL names: VARCHAR and INT. */
void param_print(Buf *out, const Type *t)
{
    switch (t->kind) {
    case KIND_STRING: buf_cstr(out, "VARCHAR"); return;
    case KIND_INTEGER: buf_cstr(out, "INT"); return;
    case KIND_UNIT: buf_cstr(out, "INTERVAL UNIT"); return;
    case KIND_DECIMAL:
        if (t->precision == 0) {
            buf_cstr(out, "DECIMAL");
            return;
        }
        break;
    case KIND_ARRAY:
        buf_cstr(out, "ARRAY<");
        param_print(out, t->elem);
        buf_byte(out, '>');
        return;
    case KIND_MAP:
        buf_cstr(out, "MAP<");
        param_print(out, t->key);
        buf_cstr(out, ", ");
        param_print(out, t->elem);
        buf_byte(out, '>');
        return;
    default: break;
    }
    type_print(out, t);
}

void overload_print(Buf *out, const Function *f, const Overload *o)
{
    for (size_t i = 0; i < f->name.n; i++)
        buf_byte(out, f->name.p[i] >= 'a' && f->name.p[i] <= 'z' ? (char)(f->name.p[i] - 32) : f->name.p[i]);
    buf_byte(out, '(');
    for (int k = 0; k < o->nparams; k++) {
        buf_printf(out, "%s%s ", k ? ", " : "", o->params[k].name);
        param_print(out, o->params[k].type);
        if (k == o->variadic)
            buf_cstr(out, "[]");
    }
    buf_byte(out, ')');
}

static void print_example(Buf *out, const Overload *o)
{
    const char *example = o->scalar ? o->scalar->example : o->aggregate->example;
    const char *expected = o->scalar ? o->scalar->expected : o->aggregate->expected;
    if (example)
        buf_printf(out, "  `%s` gives `%s`.", example, expected);
}

void functions_markdown(Buf *out)
{
    const Function *f;
    buf_cstr(out,
             "# Functions\n\nPrinted from the tables of `src/func`; every example here is run by the tests.\n");
    for (int kind = FUNCTION_SCALAR; kind <= FUNCTION_TABLE; kind++) {
        bool any = false;
        for (int i = 0; (f = function_at(i)) != NULL; i++) {
            if ((int)f->kind != kind)
                continue;
            if (!any)
                buf_cstr(out, kind == FUNCTION_SCALAR      ? "\n## Scalar functions\n"
                              : kind == FUNCTION_AGGREGATE ? "\n## Aggregate functions\n"
                                                           : "\n## Table functions\n");
            any = true;
            buf_cstr(out, "\n### ");
            for (size_t k = 0; k < f->name.n; k++)
                buf_byte(out, f->name.p[k] >= 'a' && f->name.p[k] <= 'z' ? (char)(f->name.p[k] - 32)
                         : f->name.p[k]);
            buf_byte(out, '\n');
            for (int k = 0; k < f->noverloads; k++) {
                const Overload *o = &f->overloads[k];
                buf_cstr(out, "* `");
                overload_print(out, f, o);
                buf_cstr(out, "` → `");
                param_print(out, o->result);
                buf_printf(out, "`: %s", o->scalar ? o->scalar->description : o->aggregate->description);
                print_example(out, o);
                buf_byte(out, '\n');
            }
        }
    }
}
