// SPDX-License-Identifier: Apache-2.0
// The scanner (re2c). It reads one token at a time from text that need not end in a NUL byte.
//
// The longest match wins; of equal matches the earlier rule: 1E3 is a number, 1E3x a name. A string
// or quoted name goes to its closing quote, over line ends; a doubled quote stands for itself. One that
// is never closed becomes a TK_BAD_… token which reaches to the end of the text, and the error says
// which quote is missing. Bytes that no rule knows are TK_BAD_CHAR, one whole UTF-8 character each. A string or
// quoted name that is not UTF-8 is TK_BAD_UTF8: a record could not hold it.
#include "sql/lexer.h"

#include "sql/parser.h"
#include "types/cast.h"

void lexer_init(Lexer *lx, Str text, size_t at, int line, int col)
{
    *lx = (Lexer){text.p ? text : STR(""), at, line, col};
}

/* Moves the lexer's place over n bytes. */
static void advance(Lexer *lx, size_t n)
{
    for (size_t end = lx->at + n; lx->at < end; lx->at++) {
        unsigned char c = (unsigned char)lx->text.p[lx->at];
        if (c == '\n') {
            lx->line++;
            lx->col = 1;
        } else if ((c & 0xC0) != 0x80) {
            lx->col++;
        }
    }
}

/* Bytes of the UTF-8 character at p; 1 for a stray byte. */
static size_t utf8_length(const char *p, const char *end)
{
    unsigned char c = (unsigned char)*p;
    size_t n = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < n; i++) {
        if (p + i >= end || ((unsigned char)p[i] & 0xC0) != 0x80)
            return 1;
    }
    return n;
}

/* The kind and, in *cursor, the end of the token at *cursor. 0: end of text; -1: blanks. */
static int scan(const char **cursor, const char *end, TokenForm *form)
{
    const char *start = *cursor, *cur = start, *mark = start;
    *form = FORM_PLAIN;
#define YYCTYPE unsigned char
#define YYPEEK() (cur < end ? (unsigned char)*cur : 0)
#define YYSKIP() (++cur)
#define YYBACKUP() (mark = cur)
#define YYRESTORE() (cur = mark)
#define IS(k, f) do { *cursor = cur; *form = (f); return (k); } while (0)
/*!re2c
    re2c:flags:input = custom;
    re2c:yyfill:enable = 0;

    any      = [^\x00];
    digit    = [0-9];
    letter   = [A-Za-z];
    word     = (letter | "_") (letter | digit | [_@])*;
    exponent = [Ee] [+-]? digit+;

    [ \t\r\n]+                    { IS(-1, FORM_PLAIN); }
    "--" [^\r\n\x00]*             { IS(TK_COMMENT, FORM_PLAIN); }
    "/" "*"                       { goto block_comment; }

    "="  { IS(TK_EQ, FORM_PLAIN); }      "<>" | "!=" { IS(TK_NE, FORM_PLAIN); }
    "<"  { IS(TK_LT, FORM_PLAIN); }      "<=" { IS(TK_LE, FORM_PLAIN); }
    ">"  { IS(TK_GT, FORM_PLAIN); }      ">=" { IS(TK_GE, FORM_PLAIN); }
    "+"  { IS(TK_PLUS, FORM_PLAIN); }    "-"  { IS(TK_MINUS, FORM_PLAIN); }
    "*"  { IS(TK_STAR, FORM_PLAIN); }    "/"  { IS(TK_SLASH, FORM_PLAIN); }
    "%"  { IS(TK_PERCENT, FORM_PLAIN); } "||" { IS(TK_CONCAT, FORM_PLAIN); }
    ":=" { IS(TK_ASSIGN, FORM_PLAIN); }  "->" { IS(TK_ARROW, FORM_PLAIN); }
    "=>" { IS(TK_LAMBDA, FORM_PLAIN); }
    "("  { IS(TK_LP, FORM_PLAIN); }      ")"  { IS(TK_RP, FORM_PLAIN); }
    "["  { IS(TK_LB, FORM_PLAIN); }      "]"  { IS(TK_RB, FORM_PLAIN); }
    ","  { IS(TK_COMMA, FORM_PLAIN); }   "."  { IS(TK_DOT, FORM_PLAIN); }
    ";"  { IS(TK_SEMI, FORM_PLAIN); }

    digit+                                              { IS(TK_INT_LITERAL, FORM_PLAIN); }
    digit+ "." digit* | "." digit+                      { IS(TK_DEC_LITERAL, FORM_PLAIN); }
    (digit+ ("." digit*)? | "." digit+) exponent        { IS(TK_FLOAT_LITERAL, FORM_PLAIN); }
    word                                                { IS(TK_NAME, FORM_WORD); }
    digit (letter | digit | [_@])+                      { IS(TK_NAME, FORM_WORD); }
    "${" word "}"                                       { IS(TK_VARIABLE, FORM_VARIABLE); }

    "'" ([^'\x00] | "''")* "'"    { IS(TK_TEXT, FORM_PLAIN); }
    ["] ([^"\x00] | ["]["])* ["]  { IS(TK_NAME, FORM_QUOTED); }
    "`" ([^`\x00] | "``")* "`"    { IS(TK_NAME, FORM_QUOTED); }
    "'"                           { cur = end; IS(TK_BAD_STRING, FORM_PLAIN); }
    ["`]                          { cur = end; IS(TK_BAD_QUOTE, FORM_PLAIN); }

    [\x00]                        { goto nul; }
    any                           { cur = start + utf8_length(start, end); IS(TK_BAD_CHAR, FORM_PLAIN); }
*/
block_comment:
    for (; end - cur >= 2; cur++) {
        if (cur[0] == '*' && cur[1] == '/') {
            cur += 2;
            IS(TK_COMMENT, FORM_PLAIN);
        }
    }
    cur = end;
    IS(TK_BAD_COMMENT, FORM_PLAIN);
nul:
    if (start >= end)
        return 0;
    IS(TK_BAD_CHAR, FORM_PLAIN);
#undef IS
}

Token lexer_next(Lexer *lx)
{
    const char *end = lx->text.p + lx->text.n;
    for (;;) {
        const char *cursor = lx->text.p + lx->at;
        const char *start = cursor;
        TokenForm form;
        int kind = scan(&cursor, end, &form);
        Token tk = {kind < 0 ? 0 : kind, form, {start, (size_t)(cursor - start)},
                    {lx->line, lx->col, (int32_t)lx->at, (int32_t)(cursor - start)}};
        advance(lx, tk.text.n);
        if (kind < 0)
            continue;
        if ((kind == TK_TEXT || form == FORM_QUOTED) && !utf8_valid(tk.text))
            tk.kind = TK_BAD_UTF8;
        if (form == FORM_WORD) {
            bool soft = false;
            tk.kind = keyword_token(tk.text, &soft);
            if (soft && tk.kind != TK_NAME)
                tk.form = FORM_SOFT;
            else if (tk.kind != TK_NAME)
                tk.form = FORM_PLAIN;
        }
        return tk;
    }
}
