// SPDX-License-Identifier: Apache-2.0
// Typed expressions as text, for EXPLAIN and traces: SQL with every conversion written out.
//
// Columns print by their names in the schema, or as #i without one. Constants print as SQL
// literals where there are such, else as JSON.
#include "expr/texpr.h"

static const char *const cmp_text[] = {"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM",
                                       "IS NOT DISTINCT FROM"};

static void print_const(Buf *out, const TExpr *x)
{
    if (x->value.null) {
        buf_cstr(out, "NULL");
        return;
    }
    if (x->type->kind == KIND_STRING) {
        Str s = view_str(x->value.d.s);
        buf_byte(out, '\'');
        for (size_t i = 0; i < s.n; i++) {
            if (s.p[i] == '\'')
                buf_byte(out, '\'');
            buf_byte(out, s.p[i]);
        }
        buf_byte(out, '\'');
        return;
    }
    Buf text = BUF_INIT;
    value_json(&text, x->type, &x->value);
    Str s = buf_view(&text);
    if (s.n >= 2 && s.p[0] == '"') {
        s = str_sub(s, 1, s.n - 2);
        if (type_is_temporal(x->type) || x->type->kind == KIND_BYTES)
            buf_printf(out, "%s '%.*s'", type_kind_name(x->type->kind), STR_ARG(s));
        else
            buf_str(out, s);
    } else {
        buf_str(out, s);
    }
    buf_free(&text);
}

static void print_list(Buf *out, const TExpr *x, const Schema *sch)
{
    for (int i = 0; i < x->nargs; i++) {
        if (i)
            buf_cstr(out, ", ");
        texpr_print(out, x->args[i], sch);
    }
}

static void print_infix(Buf *out, const TExpr *x, const char *op, const Schema *sch)
{
    buf_byte(out, '(');
    texpr_print(out, x->a, sch);
    buf_printf(out, " %s ", op);
    texpr_print(out, x->b, sch);
    if (x->kind == TEXPR_LIKE && x->escape)
        buf_printf(out, " ESCAPE '%c'", x->escape);
    buf_byte(out, ')');
}

static void print_around(Buf *out, const char *before, const TExpr *x, const char *after, const Schema *sch)
{
    buf_byte(out, '(');
    buf_cstr(out, before);
    texpr_print(out, x, sch);
    buf_cstr(out, after);
    buf_byte(out, ')');
}

static void print_case(Buf *out, const TExpr *x, const Schema *sch)
{
    int i = 0;
    buf_cstr(out, "(CASE");
    for (; i + 1 < x->nargs; i += 2) {
        buf_cstr(out, " WHEN ");
        texpr_print(out, x->args[i], sch);
        buf_cstr(out, " THEN ");
        texpr_print(out, x->args[i + 1], sch);
    }
    if (i < x->nargs) {
        buf_cstr(out, " ELSE ");
        texpr_print(out, x->args[i], sch);
    }
    buf_cstr(out, " END)");
}

static void print_nested(Buf *out, const TExpr *x, const Schema *sch)
{
    if (x->kind == TEXPR_ARRAY) {
        buf_cstr(out, "ARRAY[");
        print_list(out, x, sch);
        buf_byte(out, ']');
        return;
    }
    buf_cstr(out, x->kind == TEXPR_MAP ? "MAP(" : "STRUCT(");
    int step = x->kind == TEXPR_MAP ? 2 : 1;
    for (int i = 0; i < x->nargs; i += step) {
        if (i)
            buf_cstr(out, ", ");
        if (x->kind == TEXPR_MAP)
            texpr_print(out, x->args[i], sch);
        else
            buf_printf(out, "`%.*s`", STR_ARG(x->type->fields[i].name));
        buf_cstr(out, " := ");
        texpr_print(out, x->args[i + step - 1], sch);
    }
    buf_byte(out, ')');
}

static void print_call(Buf *out, const TExpr *x, const Schema *sch)
{
    Str sig = str_of(x->func->signature);
    const char *open = memchr(sig.p, '(', sig.n);
    for (const char *p = sig.p; p < open; p++)
        buf_byte(out, *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
    buf_byte(out, '(');
    print_list(out, x, sch);
    buf_byte(out, ')');
}

static void print_column(Buf *out, const TExpr *x, const Schema *sch)
{
    if (sch && x->column < sch->n)
        buf_str(out, sch->cols[x->column].name);
    else
        buf_printf(out, "#%d", x->column);
}

void texpr_print(Buf *out, const TExpr *x, const Schema *sch)
{
    switch (x->kind) {
    case TEXPR_CONST: print_const(out, x); break;
    case TEXPR_COLUMN: print_column(out, x, sch); break;
    case TEXPR_ARITH: print_infix(out, x, (char[]){(char)x->op, 0}, sch); break;
    case TEXPR_NEG: print_around(out, "-", x->a, "", sch); break;
    case TEXPR_COMPARE: print_infix(out, x, cmp_text[x->op], sch); break;
    case TEXPR_AND: print_infix(out, x, "AND", sch); break;
    case TEXPR_OR: print_infix(out, x, "OR", sch); break;
    case TEXPR_NOT: print_around(out, "NOT ", x->a, "", sch); break;
    case TEXPR_IS_NULL: print_around(out, "", x->a, " IS NULL", sch); break;
    case TEXPR_IS_NOT_NULL: print_around(out, "", x->a, " IS NOT NULL", sch); break;
    case TEXPR_LIKE: print_infix(out, x, "LIKE", sch); break;
    case TEXPR_CASE: print_case(out, x, sch); break;
    case TEXPR_CALL: print_call(out, x, sch); break;
    case TEXPR_PARAM: buf_printf(out, "$%d", x->column); break;
    case TEXPR_ARRAY:
    case TEXPR_MAP:
    case TEXPR_STRUCT: print_nested(out, x, sch); break;
    case TEXPR_IN:
        buf_byte(out, '(');
        texpr_print(out, x->a, sch);
        buf_cstr(out, " IN (");
        print_list(out, x, sch);
        buf_cstr(out, "))");
        break;
    case TEXPR_CAST:
        buf_cstr(out, "CAST(");
        texpr_print(out, x->a, sch);
        buf_cstr(out, " AS ");
        type_print(out, x->type);
        buf_byte(out, ')');
        break;
    case TEXPR_SUBSCRIPT:
        texpr_print(out, x->a, sch);
        buf_byte(out, '[');
        texpr_print(out, x->b, sch);
        buf_byte(out, ']');
        break;
    case TEXPR_FIELD:
        texpr_print(out, x->a, sch);
        buf_printf(out, "->%.*s", STR_ARG(x->a->type->fields[x->column].name));
        break;
    case TEXPR_LAMBDA:
        buf_cstr(out, "(lambda => ");
        texpr_print(out, x->a, sch);
        buf_byte(out, ')');
        break;
    }
}
