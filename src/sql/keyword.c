// SPDX-License-Identifier: Apache-2.0
// Keywords (grammar/keywords.def) and the text of names and strings. Pure; any thread.
#include <stdlib.h>

#include "sql/lexer.h"
#include "sql/parse.h"
#include "sql/parser.h"

typedef struct Keyword {
    const char *word;
    int token;
    bool reserved;
} Keyword;

static const Keyword keywords[] = {
#define KEYWORD(word, token, reserved) {#word, TK_##token, reserved},
#include "../../grammar/keywords.def"
#undef KEYWORD
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* word in any case against a keyword in upper case, as strcmp. */
static int compare(const void *key, const void *row)
{
    const Str *word = key;
    const char *k = ((const Keyword *)row)->word;
    for (size_t i = 0; i < word->n; i++) {
        int d = (unsigned char)upper(word->p[i]) - (unsigned char)k[i];
        if (d != 0)
            return d;
    }
    return k[word->n] ? -1 : 0;
}

static const Keyword *find(Str word)
{
    return bsearch(&word, keywords, ARRAY_LEN(keywords), sizeof keywords[0], compare);
}

int keyword_token(Str word, bool *soft)
{
    const Keyword *k = find(word);
    *soft = k && !k->reserved;
    return k ? k->token : TK_NAME;
}

const char *keyword_word(int token)
{
    for (int i = 0; i < ARRAY_LEN(keywords); i++) {
        if (keywords[i].token == token && token != TK_NAME && token != TK_RESERVED_WORD)
            return keywords[i].word;
    }
    return NULL;
}

bool keyword_reserved(Str word)
{
    const Keyword *k = find(word);
    return k && k->reserved;
}

bool keyword_known(Str word)
{
    return find(word) != NULL;
}

const char *keyword_at(int i)
{
    return i >= 0 && i < ARRAY_LEN(keywords) ? keywords[i].word : NULL;
}

Str token_unquote(Arena *a, Str text)
{
    char quote = text.p[0];
    char *to = arena_bytes_alloc(a, text.n);
    size_t n = 0;
    for (size_t i = 1; i + 1 < text.n; i++) {
        to[n++] = text.p[i];
        if (text.p[i] == quote)
            i++;
    }
    return (Str){to, n};
}

Str token_name(Arena *a, const Token *tk)
{
    if (tk->form == FORM_QUOTED)
        return token_unquote(a, tk->text);
    char *to = arena_bytes_alloc(a, tk->text.n);
    for (size_t i = 0; i < tk->text.n; i++)
        to[i] = tk->form == FORM_VARIABLE ? tk->text.p[i] : upper(tk->text.p[i]);
    return (Str){to, tk->text.n};
}
