// SPDX-License-Identifier: Apache-2.0
// Printing of names, types and expressions: see print_style.h.
//
// What is printed must parse to the same tree. So: `-5` is the number, -(5) the sign before a number; a minus
// before what begins with a minus is kept apart from it (-- begins a comment); a word that the
// parser would read as a keyword there is quoted. Recursion is bounded by LIMIT_EXPR_DEPTH. Any thread.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sql/lexer.h"
#include "sql/parse.h"
#include "sql/parser.h"
#include "sql/print_style.h"

/* ---- names ----------------------------------------------------------------------------------- */

static bool has_lower(Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= 'a' && s.p[i] <= 'z')
            return true;
    }
    return false;
}

/* Words that are no reserved ones, but begin constructs where a name could stand. */
static bool misread(Str name)
{
    return str_eq_c(name, "ARRAY") || str_eq_c(name, "MAP") || str_eq_c(name, "STRUCT") ||
           str_eq_c(name, "IF");
}

/* Words that could go on with what stands before an alias without AS. */
static bool goes_on(Str name)
{
    return str_eq_c(name, "EMIT") || str_eq_c(name, "ESCAPE") || str_eq_c(name, "PARTITION");
}

/* The lexer reads the text as one unquoted name, which folds to itself. */
static bool is_bare(Str name)
{
    Lexer lx;
    if (has_lower(name) || misread(name))
        return false;
    lexer_init(&lx, name, 0, 1, 1);
    Token tk = lexer_next(&lx);
    return tk.text.n == name.n && name.n > 0 && (tk.form == FORM_WORD || tk.form == FORM_SOFT);
}

static void put_folded(Buf *out, Str s, bool lower)
{
    for (size_t i = 0; i < s.n; i++)
        buf_byte(out, lower && s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i]);
}

static void put_quoted(Buf *out, Str s, char quote)
{
    buf_byte(out, quote);
    for (size_t i = 0; i < s.n; i++) {
        buf_byte(out, s.p[i]);
        if (s.p[i] == quote)
            buf_byte(out, quote);
    }
    buf_byte(out, quote);
}

void print_name(Buf *out, Str name)
{
    if (is_bare(name))
        buf_str(out, name);
    else
        put_quoted(out, name, '`');
}

void hint_name(Err *err, Str name)
{
    Buf text = BUF_INIT;
    print_name(&text, name);
    err_hint(err, "did you mean %s?", buf_z(&text));
    buf_free(&text);
}

static bool is_variable(const Name *n)
{
    return !n->quoted && n->text.n > 3 && n->text.p[0] == '$';
}

void put_name(Printer *pr, const Name *n)
{
    if (is_variable(n))
        buf_str(pr->out, n->text);
    else if (is_bare(n->text))
        put_folded(pr->out, n->text, pr->style == STYLE_FMT);
    else
        put_quoted(pr->out, n->text, '`');
}

void put_alias(Printer *pr, const Name *n)
{
    if (!is_variable(n) && goes_on(n->text))
        put_quoted(pr->out, n->text, '`');
    else
        put_name(pr, n);
}

void put_string(Printer *pr, Str text)
{
    put_quoted(pr->out, text, '\'');
}

int put_column(const Printer *pr)
{
    size_t n = pr->out->n;
    while (n > 0 && pr->out->p[n - 1] != '\n')
        n--;
    return (int)(pr->out->n - n);
}

/* ---- types -------------------------------------------------------------------------------------- */

static bool is_builtin(Str name)
{
    static const char *const builtin[] = {"BOOLEAN", "INTEGER", "INT", "BIGINT", "DOUBLE", "DECIMAL",
                                          "STRING", "VARCHAR", "BYTES", "TIME", "DATE", "TIMESTAMP"};
    for (int i = 0; i < ARRAY_LEN(builtin); i++) {
        if (str_eq_c(name, builtin[i]))
            return true;
    }
    return false;
}

static void put_named_type(Printer *pr, const TypeRef *t)
{
    Str name = t->name.text;
    bool decimal = str_eq_c(name, "DECIMAL");
    if (print_ksql(pr) && str_eq_c(name, "INT"))
        name = STR("INTEGER");
    if (print_ksql(pr) && str_eq_c(name, "VARCHAR"))
        name = STR("STRING");
    if (is_builtin(name) && (!decimal || t->nparams == 2)) /* DECIMAL is reserved: alone it is a quoted name */
        buf_str(pr->out, name);
    else
        put_name(pr, &t->name);
    if (t->nparams == 0 || (print_ksql(pr) && !decimal))
        return;
    for (int i = 0; i < t->nparams; i++)
        buf_printf(pr->out, "%s%" PRId64, i ? ", " : "(", t->params[i]);
    buf_byte(pr->out, ')');
}

void put_type(Printer *pr, const TypeRef *t)
{
    switch (t->kind) {
    case TYPEREF_NAMED:
        put_named_type(pr, t);
        break;
    case TYPEREF_ARRAY:
        buf_cstr(pr->out, "ARRAY<");
        put_type(pr, t->elem);
        buf_byte(pr->out, '>');
        break;
    case TYPEREF_MAP:
        buf_cstr(pr->out, "MAP<");
        put_type(pr, t->key);
        buf_cstr(pr->out, ", ");
        put_type(pr, t->elem);
        buf_byte(pr->out, '>');
        break;
    case TYPEREF_STRUCT:
        buf_cstr(pr->out, "STRUCT<");
        for (int i = 0; i < t->fields.n; i++) {
            buf_cstr(pr->out, i ? ", " : "");
            put_name(pr, &t->fields.v[i].name);
            buf_byte(pr->out, ' ');
            put_type(pr, t->fields.v[i].type);
        }
        buf_byte(pr->out, '>');
        break;
    }
}

/* ---- expressions ----------------------------------------------------------------------------------- */

static int precedence(const Expr *e)
{
    switch (e->kind) {
    case EXPR_LAMBDA:
        return PREC_ANY;
    case EXPR_OR:
        return PREC_OR;
    case EXPR_AND:
        return PREC_AND;
    case EXPR_NOT:
        return PREC_NOT;
    case EXPR_COMPARE: case EXPR_IS_NULL: case EXPR_BETWEEN: case EXPR_IN: case EXPR_LIKE:
        return PREC_PREDICATE;
    case EXPR_CONCAT:
        return PREC_VALUE;
    case EXPR_ARITH:
        return e->op == ARITH_ADD || e->op == ARITH_SUB ? PREC_ADD : PREC_MUL;
    case EXPR_NEG: case EXPR_POS:
        return PREC_SIGN;
    case EXPR_INT:
        return e->i < 0 ? PREC_SIGN : PREC_PRIMARY;
    case EXPR_DECIMAL: case EXPR_DOUBLE:
        return e->text.n && e->text.p[0] == '-' ? PREC_SIGN : PREC_PRIMARY;
    case EXPR_AT_ZONE:
        return PREC_ZONE;
    default:
        return PREC_PRIMARY;
    }
}

/* ksqlDB puts every operation in parentheses, but not signs. */
static bool wrapped(const Printer *pr, const Expr *e)
{
    int p = precedence(e);
    return print_ksql(pr) && ((p > PREC_ANY && p < PREC_SIGN) || p == PREC_ZONE || e->kind == EXPR_CASE);
}

static void put_exprs(Printer *pr, const ExprVec *list)
{
    for (int i = 0; i < list->n; i++) {
        buf_cstr(pr->out, i ? ", " : "");
        put_expr(pr, list->v[i], PREC_ANY);
    }
}

static void put_binary(Printer *pr, const Expr *e, const char *op)
{
    int p = precedence(e);
    bool predicate = p == PREC_PREDICATE;
    put_expr(pr, e->a, predicate ? PREC_VALUE : p);
    buf_printf(pr->out, " %s ", op);
    put_expr(pr, e->b, predicate ? PREC_VALUE : p + 1);
}

static void put_sign(Printer *pr, const Expr *e)
{
    char sign = e->kind == EXPR_NEG ? '-' : '+';
    bool number = e->a->kind == EXPR_INT || e->a->kind == EXPR_DECIMAL || e->a->kind == EXPR_DOUBLE;
    buf_byte(pr->out, sign);
    if (number && sign == '-') { /* else the sign would become the number's */
        buf_byte(pr->out, '(');
        put_expr(pr, e->a, PREC_ANY);
        buf_byte(pr->out, ')');
        return;
    }
    size_t at = pr->out->n;
    put_expr(pr, e->a, PREC_SIGN);
    if (pr->out->p[at] == '-' || pr->out->p[at] == '+') {
        buf_byte(pr->out, ' ');
        memmove(pr->out->p + at + 1, pr->out->p + at, pr->out->n - at - 1);
        pr->out->p[at] = ' ';
    }
}

static const char *not_word(const Printer *pr, const Expr *e)
{
    return e->negated && !print_ksql(pr) ? " NOT" : "";
}

static void put_predicate(Printer *pr, const Expr *e)
{
    put_expr(pr, e->a, PREC_VALUE);
    buf_cstr(pr->out, not_word(pr, e));
    if (e->kind == EXPR_BETWEEN) {
        buf_cstr(pr->out, " BETWEEN ");
        put_expr(pr, e->b, PREC_VALUE);
        buf_cstr(pr->out, " AND ");
        put_expr(pr, e->c, PREC_VALUE);
    } else if (e->kind == EXPR_IN) {
        buf_cstr(pr->out, " IN (");
        put_exprs(pr, &e->list);
        buf_byte(pr->out, ')');
    } else {
        buf_cstr(pr->out, " LIKE ");
        put_expr(pr, e->b, PREC_VALUE);
        if (e->c) {
            buf_cstr(pr->out, " ESCAPE ");
            put_string(pr, e->c->text);
        }
    }
}

static void put_case(Printer *pr, const Expr *e)
{
    buf_cstr(pr->out, "CASE");
    if (e->a) {
        buf_byte(pr->out, ' ');
        put_expr(pr, e->a, PREC_VALUE);
    }
    for (int i = 0; i + 1 < e->list.n; i += 2) {
        buf_cstr(pr->out, " WHEN ");
        put_expr(pr, e->list.v[i], PREC_ANY);
        buf_cstr(pr->out, " THEN ");
        put_expr(pr, e->list.v[i + 1], PREC_ANY);
    }
    if (e->b) {
        buf_cstr(pr->out, " ELSE ");
        put_expr(pr, e->b, PREC_ANY);
    }
    buf_cstr(pr->out, " END");
}

/* MAP(k:=v) and STRUCT(n:=v). */
static void put_pairs(Printer *pr, const Expr *e)
{
    const char *assign = print_ksql(pr) ? ":=" : " := ";
    buf_cstr(pr->out, e->kind == EXPR_MAP ? "MAP(" : "STRUCT(");
    for (int i = 0; i < e->list.n; i++) {
        buf_cstr(pr->out, i ? ", " : "");
        if (e->kind == EXPR_MAP)
            put_expr(pr, e->list.v[i++], PREC_ANY);
        else
            put_name(pr, &e->names.v[i]);
        buf_cstr(pr->out, assign);
        put_expr(pr, e->list.v[i], PREC_ANY);
    }
    buf_byte(pr->out, ')');
}

static void put_call(Printer *pr, const Expr *e)
{
    if (is_variable(&e->name) || !is_bare(e->name.text))
        put_name(pr, &e->name);
    else
        buf_str(pr->out, e->name.text); /* functions in upper case in every style */
    buf_byte(pr->out, '(');
    put_exprs(pr, &e->list);
    buf_byte(pr->out, ')');
}

static void put_lambda(Printer *pr, const Expr *e)
{
    bool parens = print_ksql(pr) || e->names.n != 1;
    buf_cstr(pr->out, parens ? "(" : "");
    for (int i = 0; i < e->names.n; i++) {
        buf_cstr(pr->out, i ? ", " : "");
        put_name(pr, &e->names.v[i]);
    }
    buf_cstr(pr->out, parens ? ") => " : " => ");
    put_expr(pr, e->a, PREC_OR);
}

static void put_typed(Printer *pr, const Expr *e)
{
    if (is_builtin(e->name.text))
        buf_str(pr->out, e->name.text);
    else
        put_name(pr, &e->name);
    buf_byte(pr->out, ' ');
    put_string(pr, e->text);
}

static void put_column_name(Printer *pr, const Expr *e)
{
    if (e->qualifier.text.n) {
        put_name(pr, &e->qualifier);
        buf_byte(pr->out, '.');
        if (e->name.text.p[0] >= '0' && e->name.text.p[0] <= '9') { /* .1 would be a number */
            put_quoted(pr->out, e->name.text, '`');
            return;
        }
    }
    put_name(pr, &e->name);
}

static void put_bool(Printer *pr, bool value)
{
    if (print_ksql(pr))
        buf_cstr(pr->out, value ? "true" : "false");
    else
        buf_cstr(pr->out, value ? "TRUE" : "FALSE");
}

/* As written; ksqlDB: one digit, the fraction if any, the exponent: 1E0, 2.5E-3. */
static void put_double(Printer *pr, const Expr *e)
{
    char text[40];
    int precision = 0;
    if (!print_ksql(pr)) {
        buf_str(pr->out, e->text);
        return;
    }
    do
        snprintf(text, sizeof text, "%.*e", precision, e->d);
    while (strtod(text, NULL) != e->d && precision++ < 17);
    char *exponent = strchr(text, 'e');
    buf_bytes(pr->out, text, (size_t)(exponent - text));
    buf_printf(pr->out, "E%ld", strtol(exponent + 1, NULL, 10));
}

static void put_bare(Printer *pr, const Expr *e)
{
    static const char *const arith[] = {"+", "-", "*", "/", "%"};
    static const char *const compare[] = {"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM",
                                          "IS NOT DISTINCT FROM"};
    switch (e->kind) {
    case EXPR_NULL: buf_cstr(pr->out, print_ksql(pr) ? "null" : "NULL"); break;
    case EXPR_BOOL: put_bool(pr, e->flag); break;
    case EXPR_INT: buf_printf(pr->out, "%" PRId64, e->i); break;
    case EXPR_DECIMAL: buf_str(pr->out, e->text); break;
    case EXPR_DOUBLE: put_double(pr, e); break;
    case EXPR_STRING: put_string(pr, e->text); break;
    case EXPR_TYPED: put_typed(pr, e); break;
    case EXPR_COLUMN: put_column_name(pr, e); break;
    case EXPR_STAR: buf_byte(pr->out, '*'); break;
    case EXPR_NEG: case EXPR_POS: put_sign(pr, e); break;
    case EXPR_ARITH: put_binary(pr, e, arith[e->op]); break;
    case EXPR_CONCAT: put_binary(pr, e, "||"); break;
    case EXPR_COMPARE: put_binary(pr, e, compare[e->op]); break;
    case EXPR_AND: put_binary(pr, e, "AND"); break;
    case EXPR_OR: put_binary(pr, e, "OR"); break;
    case EXPR_NOT:
        buf_cstr(pr->out, "NOT ");
        put_expr(pr, e->a, PREC_NOT);
        break;
    case EXPR_IS_NULL:
        put_expr(pr, e->a, PREC_VALUE);
        buf_cstr(pr->out, e->negated ? " IS NOT NULL" : " IS NULL");
        break;
    case EXPR_BETWEEN: case EXPR_IN: case EXPR_LIKE: put_predicate(pr, e); break;
    case EXPR_CASE: put_case(pr, e); break;
    case EXPR_CAST:
        buf_cstr(pr->out, "CAST(");
        put_expr(pr, e->a, PREC_ANY);
        buf_cstr(pr->out, " AS ");
        put_type(pr, e->type);
        buf_byte(pr->out, ')');
        break;
    case EXPR_CALL: put_call(pr, e); break;
    case EXPR_SUBSCRIPT:
        put_expr(pr, e->a, PREC_PRIMARY);
        buf_byte(pr->out, '[');
        put_expr(pr, e->b, PREC_VALUE);
        buf_byte(pr->out, ']');
        break;
    case EXPR_DEREF:
        put_expr(pr, e->a, PREC_PRIMARY);
        buf_cstr(pr->out, "->");
        put_name(pr, &e->name);
        break;
    case EXPR_ARRAY:
        buf_cstr(pr->out, "ARRAY[");
        put_exprs(pr, &e->list);
        buf_byte(pr->out, ']');
        break;
    case EXPR_MAP: case EXPR_STRUCT: put_pairs(pr, e); break;
    case EXPR_LAMBDA: put_lambda(pr, e); break;
    case EXPR_AT_ZONE:
        put_expr(pr, e->a, PREC_ZONE);
        buf_cstr(pr->out, " AT TIME ZONE ");
        put_string(pr, e->text);
        break;
    case EXPR_UNIT: buf_str(pr->out, e->name.text); break;
    }
}

void put_expr(Printer *pr, const Expr *e, int min)
{
    bool in_not = e->negated && print_ksql(pr) && e->kind != EXPR_IS_NULL; /* ksqlDB: (NOT (A IN (1))) */
    bool parens = wrapped(pr, e) || precedence(e) < min;
    buf_cstr(pr->out, in_not ? "(NOT " : "");
    if (parens)
        buf_byte(pr->out, '(');
    put_bare(pr, e);
    if (parens)
        buf_byte(pr->out, ')');
    buf_cstr(pr->out, in_not ? ")" : "");
}

/* ---- for others ------------------------------------------------------------------------------------- */

void print_expr(Buf *out, const Expr *e)
{
    Printer pr = {.out = out, .style = STYLE_LINE};
    put_expr(&pr, e, PREC_ANY);
}

void print_type(Buf *out, const TypeRef *t)
{
    Printer pr = {.out = out, .style = STYLE_LINE};
    put_type(&pr, t);
}
