// SPDX-License-Identifier: Apache-2.0
// Session variables: ${name} in a statement's text, replaced before the parse.
//
//   where                        what stands there afterwards
//   outside quotes               the value, which must be one token: a name, a string, a number, …
//   inside a string              the value's text, its single quotes doubled
//   inside a quoted name         untouched
// A value therefore never brings in a second statement or a clause. A variable that is not set is an
// error outside quotes; inside a string the text stays as it is (it may be meant so). Any thread.
#include "base/limits.h"
#include "sql/parse_run.h"
#include "sql/parser.h"

static bool name_char(char c)
{
    return c == '_' || c == '@' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next ${name} in text from *at on, as a view of name; false when there is none. */
static bool next_reference(Str text, size_t *at, Str *name)
{
    for (size_t i = *at; i + 3 < text.n; i++) {
        if (text.p[i] != '$' || text.p[i + 1] != '{')
            continue;
        size_t j = i + 2;
        while (j < text.n && name_char(text.p[j]))
            j++;
        bool digit = text.p[i + 2] >= '0' && text.p[i + 2] <= '9';
        if (j > i + 2 && j < text.n && text.p[j] == '}' && !digit) {
            *at = i;
            *name = str_sub(text, i + 2, j - i - 2);
            return true;
        }
    }
    return false;
}

bool variables_used(const TokenVec *tokens)
{
    for (int i = RUN_FIRST; i < tokens->n; i++) {
        const Token *tk = &tokens->v[i];
        size_t at = 0;
        Str name;
        if (tk->kind == TK_VARIABLE || (tk->kind == TK_TEXT && next_reference(tk->text, &at, &name)))
            return true;
    }
    return false;
}

/* The value of a variable; NULL when it is not set. Names do not tell case. */
static const char *value_of(const StrMap *vars, Str name)
{
    char folded[256];
    if (name.n > sizeof folded)
        return NULL;
    for (size_t i = 0; i < name.n; i++)
        folded[i] = name.p[i] >= 'a' && name.p[i] <= 'z' ? (char)(name.p[i] - 32) : name.p[i];
    return strmap_find(vars, (Str){folded, name.n});
}

/* One token that may stand in the variable's place. */
static bool single_token(Str value)
{
    Lexer lx;
    lexer_init(&lx, value, 0, 1, 1);
    Token tk = lexer_next(&lx);
    if (tk.kind == TK_MINUS) {
        tk = lexer_next(&lx);
        if (tk.kind != TK_INT_LITERAL && tk.kind != TK_DEC_LITERAL && tk.kind != TK_FLOAT_LITERAL)
            return false;
    }
    switch (tk.kind) {
    case TK_NAME: case TK_TEXT: case TK_INT_LITERAL: case TK_DEC_LITERAL: case TK_FLOAT_LITERAL:
    case TK_TRUE: case TK_FALSE: case TK_NULL:
        break;
    default:
        if (tk.form != FORM_SOFT)
            return false;
    }
    return lexer_next(&lx).kind == 0;
}

static void add_piece(VarPieceVec *pieces, const Buf *out, Span from)
{
    vec_add(pieces, (VarPiece){(int32_t)out->n, from.off, from.len, from.line, from.col});
}

static Status replace_bare(const Token *tk, const StrMap *vars, Buf *out, Err *err)
{
    Str name = str_sub(tk->text, 2, tk->text.n - 3);
    const char *value = value_of(vars, name);
    if (!value) {
        Status st = err_at(err, ERR_SYNTAX, tk->span, "The variable %.*s is not defined", STR_ARG(tk->text));
        err_hint(err, "DEFINE %.*s = '…'; gives it a value", STR_ARG(name));
        return st;
    }
    if (!single_token(str_of(value))) {
        Status st = err_at(err, ERR_SYNTAX, tk->span,
                           "Illegal argument at Line: %d, Col: %d. Got: '%s' after variable substitution",
                           tk->span.line, tk->span.col, value);
        err_hint(err, "the value of a variable stands for one name, string or number; "
                      "put ${…} in quotes to make a string");
        return st;
    }
    buf_cstr(out, value);
    return OK;
}

static bool too_long(const Buf *out) { return out->n > LIMIT_STATEMENT_BYTES; }

/* Stops where the statement gets too long. */
static void replace_in_text(Str text, const StrMap *vars, Buf *out)
{
    size_t done = 0, at = 0;
    Str name;
    while (!too_long(out) && next_reference(text, &at, &name)) {
        const char *value = value_of(vars, name);
        buf_bytes(out, text.p + done, at - done);
        done = at;
        at += name.n + 3;
        if (!value)
            continue;
        for (; *value && !too_long(out); value++) {
            buf_byte(out, *value);
            if (*value == '\'')
                buf_byte(out, '\'');
        }
        done = at;
    }
    buf_bytes(out, text.p + done, text.n - done);
}

Status variables_replace(const TokenVec *tokens, Str text, size_t from, size_t to, const StrMap *vars,
                         Buf *out,
                         VarPieceVec *pieces, Err *err)
{
    size_t done = from;
    for (int i = RUN_FIRST; i < tokens->n; i++) {
        const Token *tk = &tokens->v[i];
        size_t at = 0;
        Str name;
        bool bare = tk->kind == TK_VARIABLE;
        if (!bare && !(tk->kind == TK_TEXT && next_reference(tk->text, &at, &name)))
            continue;
        buf_bytes(out, text.p + done, (size_t)tk->span.off - done);
        done = (size_t)(tk->span.off + tk->span.len);
        add_piece(pieces, out, tk->span);
        Status st = OK;
        if (bare)
            st = replace_bare(tk, vars, out, err);
        else
            replace_in_text(tk->text, vars, out);
        if (st == OK && too_long(out))
            st = err_at(err, ERR_LIMIT, tk->span, "The statement is longer than %d bytes with the values of its variables",
                        LIMIT_STATEMENT_BYTES);
        if (st != OK)
            return st;
        /* Behind it the original goes on: a piece of length 0 that is never inside. */
        Span rest = {tk->span.line, tk->span.col + tk->span.len, (int32_t)done, 0};
        add_piece(pieces, out, rest);
    }
    buf_bytes(out, text.p + done, to - done);
    return OK;
}

Span variables_origin(const VarPieceVec *pieces, Span at, int32_t from)
{
    const VarPiece *p = NULL;
    for (int i = 0; i < pieces->n && pieces->v[i].at <= at.off; i++)
        p = &pieces->v[i];
    if (!p) {
        at.off += from;
        return at;
    }
    if (p->from_len > 0) /* inside the value: the variable itself */
        return (Span){p->line, p->col, p->from, p->from_len};
    Span to = {at.line, at.col, p->from + at.off - p->at, at.len};
    if (at.line == p->line)
        to.col = p->col + at.off - p->at;
    return to;
}
