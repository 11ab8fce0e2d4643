// SPDX-License-Identifier: Apache-2.0
// Lexer: forms of tokens, the longest match, places, what cannot be read; the table of keywords.
#include "sql/lexer.h"
#include "sql/parse.h"
#include "sql/parser.h"
#include "unit.h"

static Token token_at(const char *text, int index)
{
    Lexer lx;
    Token tk;
    lexer_init(&lx, str_of(text), 0, 1, 1);
    do
        tk = lexer_next(&lx);
    while (index-- > 0 && tk.kind != 0);
    return tk;
}

int test_sql_lexer_numbers(void)
{
    CHECK_INT(token_at("12", 0).kind, TK_INT_LITERAL);
    CHECK_INT(token_at("1.", 0).kind, TK_DEC_LITERAL);
    CHECK_INT(token_at(".5", 0).kind, TK_DEC_LITERAL);
    CHECK_INT(token_at("1.5e-3", 0).kind, TK_FLOAT_LITERAL);
    CHECK_INT(token_at("1E3", 0).kind, TK_FLOAT_LITERAL);
    CHECK_INT(token_at("1E3x", 0).kind, TK_NAME);
    CHECK_INT(token_at("1a@2", 0).kind, TK_NAME);
    CHECK_STR(token_at("1.5e", 0).text, "1.5");
    CHECK_STR(token_at("1.5e", 1).text, "e");
    return 0;
}

int test_sql_lexer_words(void)
{
    CHECK_INT(token_at("select", 0).kind, TK_SELECT);
    CHECK_INT(token_at("select", 0).form, FORM_PLAIN);
    CHECK_INT(token_at("Key", 0).kind, TK_KEY);
    CHECK_INT(token_at("Key", 0).form, FORM_SOFT);
    CHECK_INT(token_at("timestamp", 0).kind, TK_NAME);
    CHECK_INT(token_at("a_b@c", 0).form, FORM_WORD);
    CHECK_INT(token_at("`a``b`", 0).form, FORM_QUOTED);
    CHECK_STR(token_at("\"a\"\"b\" x", 0).text, "\"a\"\"b\"");
    CHECK_INT(token_at("${x_1}", 0).kind, TK_VARIABLE);
    CHECK_INT(token_at("${1}", 0).kind, TK_BAD_CHAR);
    return 0;
}

int test_sql_lexer_strings_and_comments(void)
{
    CHECK_STR(token_at("'it''s' x", 0).text, "'it''s'");
    CHECK_STR(token_at("'a\nb' x", 1).text, "x");
    CHECK_INT(token_at("'a\nb' x", 1).span.line, 2);
    CHECK_INT(token_at("'a\nb' x", 1).span.col, 4);
    CHECK_INT(token_at("'open", 0).kind, TK_BAD_STRING);
    CHECK_INT(token_at("`open", 0).kind, TK_BAD_QUOTE);
    CHECK_INT(token_at("/* open", 0).kind, TK_BAD_COMMENT);
    CHECK_INT(token_at("/* a * / ** */x", 0).kind, TK_COMMENT);
    CHECK_STR(token_at("/* a * / ** */x", 1).text, "x");
    CHECK_STR(token_at("-- a 'b\nx", 0).text, "-- a 'b");
    CHECK_STR(token_at("--\nx", 1).text, "x");
    CHECK_INT(token_at("", 0).kind, 0);
    return 0;
}

int test_sql_lexer_places_count_characters(void)
{
    Token tk = token_at("'h\xC3\xA9' x", 1); /* an e with an accent: two bytes, one column */
    CHECK_INT(tk.span.col, 6);
    CHECK_INT(tk.span.off, 6);
    CHECK_INT(tk.span.len, 1);
    tk = token_at("\xE2\x80\x98", 0);
    CHECK_INT(tk.kind, TK_BAD_CHAR);
    CHECK_INT(tk.span.len, 3);
    return 0;
}

int test_sql_lexer_operators(void)
{
    static const struct {
        const char *text;
        int kind;
    } rows[] = {
        {"->", TK_ARROW}, {"=>", TK_LAMBDA}, {":=", TK_ASSIGN}, {"||", TK_CONCAT}, {"<>", TK_NE},
        {"!=", TK_NE},
        {"<=", TK_LE}, {">=", TK_GE}, {"=", TK_EQ}, {"-", TK_MINUS}, {"%", TK_PERCENT}, {"#", TK_BAD_CHAR},
    };
    for (int i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT(token_at(rows[i].text, 0).kind, rows[i].kind);
        CHECK_INT(token_at(rows[i].text, 1).kind, 0);
    }
    return 0;
}

/* The table is looked up by bisection: every word must be found. */
int test_sql_keywords_in_order(void)
{
    int n = 0;
    for (const char *word; (word = keyword_at(n)) != NULL; n++) {
        CHECK(n == 0 || strcmp(keyword_at(n - 1), word) < 0);
        CHECK(keyword_known(str_of(word)));
    }
    CHECK(n > 100);
    CHECK(keyword_reserved(STR("SELECT")) && keyword_reserved(STR("select")));
    CHECK(!keyword_reserved(STR("KEY")) && keyword_known(STR("KEY")));
    CHECK(!keyword_known(STR("SELECTS")) && !keyword_known(STR("SELEC")) && !keyword_known(STR("")));
    return 0;
}
