// SPDX-License-Identifier: Apache-2.0
// What a syntax error says: ksqlDB's reason in the message, what a person should do in the hint.
//
// At the token that the parser does not take, it is asked about every other token (parser_takes). The
// answer decides the message; the first row that fits wins:
//
//   where                                                    message, behind "Syntax Error\n"
//   the lexer could not read the token                       what is open: a string, a name, a comment
//   first token of a statement                               Unknown statement 'X'\nDid you mean 'Y'?
//   a reserved word that a name's place would do without     "X" is a reserved keyword and it can't be …
//   an opening bracket's end or ; is all that lacks          missing ')' at 'X'
//   one or two tokens would do                               Expecting 'X' or Expecting {'X', 'Y'}
//   a list could go on or end                                Expecting {',', ')'}
//   the statement could end here                             (nothing)
//   else                                                     Syntax error at or near 'X' at line L:C
//
// Pure; any thread.
#include "base/nearest.h"
#include "sql/parse.h"
#include "sql/parse_run.h"
#include "sql/parser.h"
#include "types/cast.h"

/* ksqlDB's list, in its order: of equally near words the first is proposed. */
static const char *const statements[] = {
    "SELECT", "CREATE", "INSERT", "DESCRIBE", "PRINT", "EXPLAIN", "SHOW", "LIST", "TERMINATE",
    "PAUSE", "RESUME", "DROP", "SET", "DEFINE", "UNDEFINE", "UNSET", "ASSERT", "ALTER",
};

typedef struct Symbol {
    int token;
    const char *text;
} Symbol;

static const Symbol symbols[] = {
    {TK_EQ, "="}, {TK_NE, "<>"}, {TK_LT, "<"}, {TK_LE, "<="}, {TK_GT, ">"}, {TK_GE, ">="}, {TK_PLUS, "+"},
    {TK_MINUS, "-"}, {TK_STAR, "*"}, {TK_SLASH, "/"}, {TK_PERCENT, "%"}, {TK_CONCAT, "||"}, {TK_ASSIGN, ":="},
    {TK_ARROW, "->"}, {TK_LAMBDA, "=>"}, {TK_LP, "("}, {TK_RP, ")"}, {TK_LB, "["}, {TK_RB, "]"},
    {TK_COMMA, ","}, {TK_DOT, "."}, {0, ";"},
};

/* What the parser would take at the fault. */
typedef struct Expected {
    int words[256]; /* keywords and punctuation */
    int n;
    bool name, text, number, end, expression, type, operator;
} Expected;

static const char *spelling(int token)
{
    for (int i = 0; i < ARRAY_LEN(symbols); i++) {
        if (symbols[i].token == token)
            return symbols[i].text;
    }
    return keyword_word(token);
}

static bool takes(const ParseRun *run, int token, ParserProbe *to)
{
    ParserProbe here;
    parser_probe(run->parser, &here);
    return parser_takes(run->parser, &here, token, to);
}

static Expected expected(const ParseRun *run)
{
    Expected e = {.n = 0};
    ParserProbe to;
    e.name = takes(run, TK_NAME, &to);
    e.text = takes(run, TK_TEXT, &to);
    e.number = takes(run, TK_INT_LITERAL, &to);
    e.end = takes(run, 0, &to);
    e.expression = takes(run, TK_CAST, &to);
    e.type = e.name && !e.expression && takes(run, TK_DECIMAL, &to);
    e.operator = takes(run, TK_CONCAT, &to);
    for (int i = 0; i < ARRAY_LEN(symbols); i++) {
        if (symbols[i].token != 0 && takes(run, symbols[i].token, &to))
            e.words[e.n++] = symbols[i].token;
    }
    for (int i = 0; keyword_at(i); i++) {
        bool soft;
        int token = keyword_token(str_of(keyword_at(i)), &soft);
        if (token != TK_NAME && token != TK_RESERVED_WORD && takes(run, token, &to))
            e.words[e.n++] = token;
    }
    return e;
}

static bool has(const Expected *e, int token)
{
    for (int i = 0; i < e->n; i++) {
        if (e->words[i] == token)
            return true;
    }
    return false;
}

/* The parser would go on with tokens[i] after `to`. */
static bool then_takes(const ParseRun *run, const ParserProbe *from, int i)
{
    int kinds[2], n = run_kinds(&run->tokens.v[i], kinds);
    ParserProbe to;
    for (int k = 0; k < n; k++) {
        if (parser_takes(run->parser, from, kinds[k], &to))
            return true;
    }
    return false;
}

static bool is_word(const Token *tk)
{
    return tk->form == FORM_WORD || tk->form == FORM_SOFT || tk->kind == TK_RESERVED_WORD ||
           (tk->form == FORM_PLAIN && keyword_word(tk->kind));
}

static bool is_reserved(const Token *tk)
{
    return is_word(tk) && keyword_reserved(tk->text);
}

/* A token as a message names it: not more of it than fits a line. */
static Str shown(const Token *tk)
{
    enum { MOST = 80 };
    Str text = tk->kind == 0 ? STR("<EOF>") : tk->text;
    if (text.n > MOST) {
        text.n = MOST;
        while (text.n > 0 && ((unsigned char)text.p[text.n] & 0xC0) == 0x80)
            text.n--;
    }
    return text;
}

/* ---- hints ------------------------------------------------------------------------------------- */

/* PROPERTY of PROPERTIES: more than a typing error, and yet no other word. */
static bool is_plural(Str many, Str word)
{
    return word.n > 1 && many.n == word.n + 2 && str_ends(many, STR("IES")) && (word.p[word.n - 1] | 0x20) == 'y' &&
           str_eq_nocase(str_sub(many, 0, word.n - 1), str_sub(word, 0, word.n - 1));
}

/* The expected keyword that the word is nearly; NULL when none is. */
static const char *near_keyword(const Expected *e, const Token *tk)
{
    Nearest near;
    if (tk->kind == 0 || !is_word(tk))
        return NULL;
    nearest_init(&near, tk->text);
    for (int i = 0; i < e->n; i++) {
        const char *word = keyword_word(e->words[i]);
        if (word && is_plural(str_of(word), tk->text))
            return word;
        if (word)
            nearest_offer(&near, str_of(word));
    }
    return near.distance > 0 ? near.best.p : NULL;
}

/* The words that begin a statement and can begin nothing else. */
static bool starts_statement(const Token *tk)
{
    switch (tk->kind) {
    case TK_SELECT: case TK_CREATE: case TK_INSERT: case TK_DESCRIBE: case TK_PRINT: case TK_TERMINATE:
    case TK_DROP:
    case TK_UNSET: case TK_RUN: case TK_LIST:
        return true;
    default:
        return (tk->form == FORM_SOFT || tk->form == FORM_WORD) &&
               (tk->kind == TK_SHOW || tk->kind == TK_SET || tk->kind == TK_EXPLAIN ||
                tk->kind == TK_DEFINE ||
                tk->kind == TK_UNDEFINE || tk->kind == TK_ALTER || tk->kind == TK_ASSERT ||
                    tk->kind == TK_PAUSE ||
                tk->kind == TK_RESUME);
    }
}

/* A keyword that may be left unsaid where its plural is there too. */
static bool singular_unit(int token)
{
    return token == TK_DAY || token == TK_HOUR || token == TK_MINUTE || token == TK_SECOND ||
           token == TK_MILLISECOND;
}

/* Whether a list of what is expected names the token: the parts of an expression go without saying, and
 * so does that a name or value could be calculated with. */
static bool worth_saying(const Expected *e, int token)
{
    bool list = token == TK_COMMA || token == TK_RP;
    if (e->type && (token == TK_ARRAY || token == TK_DECIMAL || token == TK_MAP || token == TK_STRUCT))
        return false;
    if (e->expression)
        return token == TK_RP || token == TK_STAR;
    if (singular_unit(token))
        return false;
    if (!e->operator)
        return true;
    return list || (keyword_word(token) && token != TK_AT && token != TK_IS && token != TK_BETWEEN &&
                    token != TK_LIKE &&
                    token != TK_IN && token != TK_NOT);
}

/* "A", "A or B", "A, B or C" of at most so many things as SHOW takes words; others are left unsaid. */
static void list_words(Buf *out, const Expected *e)
{
    enum { MOST = 13 };
    const char *say[4];
    int fixed = 0, said = 0, words = 0;
    if (e->end)
        say[fixed++] = "the end of the statement (;)";
    if (e->expression || e->name)
        say[fixed++] = e->expression ? "an expression" : e->type ? "a type" : "a name";
    if (e->text && !e->expression && !e->operator)
        say[fixed++] = "a string in single quotes";
    if (e->number && !e->expression)
        say[fixed++] = "a number";
    for (int i = 0; i < e->n; i++)
        words += worth_saying(e, e->words[i]);
    int all = fixed + words < MOST ? fixed + words : MOST;
    for (int i = 0; i < fixed; i++, said++)
        buf_printf(out, "%s%s", said == 0 ? "" : said == all - 1 ? " or " : ", ", say[i]);
    for (int i = 0; i < e->n && said < all; i++) {
        if (!worth_saying(e, e->words[i]))
            continue;
        const char *quote = keyword_word(e->words[i]) ? "" : "'";
        buf_printf(out, "%s%s%s%s", said == 0 ? "" : said == all - 1 ? " or " : ", ", quote,
                   spelling(e->words[i]), quote);
        said++;
    }
}

/* A word that begins a clause, where an expression or alias is missing before it: it was not meant as a
 * name. */
static bool structural(const ParseRun *run, const Expected *e)
{
    switch (run->tokens.v[run->at].kind) {
    case TK_FROM: case TK_WHERE: case TK_GROUP: case TK_AS: case TK_ON: case TK_WITH: case TK_WHEN:
    case TK_THEN: case TK_ELSE: case TK_END: case TK_HAVING: case TK_JOIN: case TK_LIMIT: case TK_VALUES:
    case TK_BY: case TK_INTO: case TK_AND: case TK_OR:
        return e->expression || run->tokens.v[run->at - 1].kind == TK_AS;
    default:
        return false;
    }
}

/* What people write who come from other databases. word: the token at fault, or (behind) the one before it. after: the token
 * before the word; NULL: any. The first row that fits is taken. */
typedef struct Habit {
    const char *word;
    bool behind;
    const char *hint, *after;
} Habit;

static const Habit habits[] = {
    {"ORDER", true, "there is no ORDER BY: a stream has no end at which it could be sorted", NULL},
    {"UNION", true, "there is no UNION: create a stream from one query and INSERT INTO it from the other", NULL},
    {"OFFSET", true, "there is no OFFSET", NULL},
    {"DISTINCT", false, "COUNT_DISTINCT(x) counts the different values of x", "("},
    {"DISTINCT", false, "there is no SELECT DISTINCT: GROUP BY the columns", NULL},
    {"SELECT", false, "there are no sub-queries: CREATE STREAM or TABLE … AS the inner one, and JOIN it", "("},
    {"QUERY", false, "TERMINATE takes the query's id alone; SHOW QUERIES lists the ids", "TERMINATE"},
    {"\\", false, "the shell's commands are words: help lists them; SHOW TABLES and DESCRIBE name say what is there", NULL},
    {"UPDATE", false, "a table keeps the last row of each key: INSERT a row with the same key", NULL},
    {"DELETE", false, "a row of a table goes when a record with its key and no value arrives", NULL},
};

static const char *habit(const ParseRun *run, const Expected *e)
{
    const Token *tk = &run->tokens.v[run->at];
    for (int i = 0; i < ARRAY_LEN(habits); i++) {
        const Token *at = habits[i].behind ? tk - 1 : tk;
        bool after = !habits[i].after || str_eq_nocase(at[-1].text, str_of(habits[i].after)); /* RUN_FIRST > 0 */
        if (str_eq_nocase(at->text, str_of(habits[i].word)) && after && (!habits[i].behind || run->at > RUN_FIRST))
            return habits[i].hint;
    }
    if (tk->kind == TK_EQ && tk[-1].kind == TK_EQ)
        return "equality is written with one =";
    if (tk->kind == TK_DOT && e->operator)
        return "a field of a STRUCT is read with ->, as in a->b";
    if (tk[-1].kind == TK_DESCRIBE && tk->kind == TK_EXTENDED)
        return "EXTENDED stands behind the name: DESCRIBE name EXTENDED";
    if (tk[-1].kind == TK_FROM && tk->kind == TK_LP)
        return "a query cannot stand in FROM: give it a name with CREATE STREAM … AS SELECT";
    if (tk->kind == TK_COMMA && e->end && has(e, TK_JOIN))
        return "two sources are put together with JOIN … ON";
    return NULL;
}

/* A hint on a quoting mistake at tk; false when it is none. */
static bool hint_quotes(const Expected *e, const Token *tk, Err *err)
{
    static const char *const curly[] = {"\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9C", "\xE2\x80\x9D"};
    for (int i = 0; i < ARRAY_LEN(curly); i++) {
        if (tk->kind == TK_BAD_CHAR && str_eq_c(tk->text, curly[i])) {
            err_hint(err, "use plain quotes: 'text' for strings, \"name\" or `name` for names");
            return true;
        }
    }
    if (!e->text || e->name || e->operator)
        return false;
    if (tk->form == FORM_QUOTED && tk->text.n <= shown(tk).n) {
        err_hint(err, "a string stands in single quotes: '%.*s'", (int)tk->text.n - 2, tk->text.p + 1);
        return true;
    }
    if (is_word(tk) && tk->kind != 0) {
        size_t n = tk->text.n; /* auto.offset.reset: the dots and words belong to it */
        for (const Token *next = tk + 1; next->kind != 0 && next->kind != TK_SEMI &&
             next->text.p == tk->text.p + n &&
                                         (next->kind == TK_DOT || is_word(next)); next++)
            n += next->text.n;
        if (n <= 80)
            err_hint(err, "a string stands in single quotes: '%.*s'", (int)n, tk->text.p);
        else
            err_hint(err, "a string stands in single quotes");
        return true;
    }
    return false;
}

/* said: the message itself tells what was expected. */
static void give_hint(const ParseRun *run, const Expected *e, bool said, Err *err)
{
    const Token *tk = &run->tokens.v[run->at], *before = tk - 1;
    const char *word = near_keyword(e, tk), *text = habit(run, e);
    bool name_before = run->at > RUN_FIRST && (before->form == FORM_WORD || before->form == FORM_SOFT);
    Buf words = BUF_INIT;
    if (text) {
        err_hint(err, "%s", text);
        return;
    }
    if (word) {
        err_hint(err, "did you mean %s?", word);
        return;
    }
    if (e->end && starts_statement(tk)) {
        err_hint(err, "a semicolon is missing before %.*s", STR_ARG(tk->text));
        return;
    }
    if (hint_quotes(e, tk, err))
        return;
    word = name_before ? near_keyword(e, before) : NULL;
    if (word) {
        err_hint(err, "did you mean %s instead of %.*s?", word, STR_ARG(before->text));
        return;
    }
    if (e->name && is_reserved(tk) && !structural(run, e)) {
        err_hint(err, "%.*s is a reserved word; as a name it must be quoted: `%.*s`", STR_ARG(shown(tk)),
                 STR_ARG(shown(tk)));
        return;
    }
    if (!said)
        list_words(&words, e);
    if (words.n > 0)
        err_hint(err, "expected %s", buf_z(&words));
    buf_free(&words);
}

/* ---- messages ------------------------------------------------------------------------------------ */

/* The place of the token's first byte that is not UTF-8. */
static Span not_utf8(const Token *tk)
{
    Span at = tk->span;
    size_t good = utf8_prefix(tk->text);
    for (size_t i = 0; i < good; i++) {
        uint8_t c = (uint8_t)tk->text.p[i];
        at.line += c == '\n';
        at.col = c == '\n' ? 1 : at.col + ((c & 0xC0) != 0x80);
    }
    at.off += (int32_t)good;
    return at;
}

static bool unreadable(const Token *tk, Err *err)
{
    switch (tk->kind) {
    case TK_BAD_STRING:
        (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nThe string that starts here is not closed");
        err_hint(err, "put ' at its end; a quote within a string is written twice: ''");
        break;
    case TK_BAD_QUOTE:
        (void)err_at(err, ERR_SYNTAX, tk->span,
                     "Syntax Error\nThe quoted name that starts here is not closed");
        err_hint(err, "put %c at its end", tk->text.p[0]);
        break;
    case TK_BAD_COMMENT:
        (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nThe comment that starts here is not closed");
        err_hint(err, "put */ at its end");
        break;
    case TK_BAD_UTF8:
        (void)err_at(err, ERR_SYNTAX, not_utf8(tk), "Syntax Error\nThe text is not UTF-8 here: byte 0x%02X",
                     (uint8_t)tk->text.p[utf8_prefix(tk->text)]);
        err_hint(err, "write the text in UTF-8; bytes that are no text are TO_BYTES('…', 'hex')");
        break;
    case TK_BAD_CHAR:
        if (!str_eq_c(tk->text, "$") || !str_eq_c(tk[1].text, "{"))
            return false;
        (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nThe variable that starts here has no name or is not closed");
        err_hint(err, "a variable is written ${name}");
        break;
    default:
        return false;
    }
    err->span.len = 1;
    return true;
}

static void unknown_statement(const Token *tk, Err *err)
{
    Str best = {NULL, 0}, text = shown(tk);
    int least = 1000;
    for (int i = 0; i < ARRAY_LEN(statements); i++) {
        int d = nearest_distance(text, str_of(statements[i]));
        if (d < least) {
            least = d;
            best = str_of(statements[i]);
        }
    }
    (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nUnknown statement '%.*s'\nDid you mean '%.*s'?",
                 STR_ARG(text), STR_ARG(best));
    for (int i = 0; i < ARRAY_LEN(habits); i++) {
        if (!habits[i].behind && str_eq_nocase(text, str_of(habits[i].word)))
            err_hint(err, "%s", habits[i].hint);
    }
}

/* The closing token that alone is missing before tk; NULL when it is not that. */
static const char *missing(const ParseRun *run)
{
    static const int closers[] = {TK_RP, TK_RB, TK_GT};
    for (int i = 0; i < ARRAY_LEN(closers); i++) {
        ParserProbe to;
        if (takes(run, closers[i], &to) && (closers[i] != TK_GT || !takes(run, TK_PLUS, &to))) {
            (void)takes(run, closers[i], &to);
            if (then_takes(run, &to, run->at))
                return spelling(closers[i]);
        }
    }
    return NULL;
}

/* "Expecting …" for one or two tokens; false when there are more, or things that are no tokens. */
static bool expecting(const Expected *e, const Token *tk, Err *err)
{
    if (has(e, TK_STRING) && e->number && e->n == 1 && !e->name) {
        (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nExpecting {'STRING', INTEGER_VALUE}");
        return true;
    }
    if (has(e, TK_COMMA) && has(e, TK_RP) && !e->expression && !e->name) {
        (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nExpecting {',', ')'}");
        return true;
    }
    if (e->name || e->text || e->number || e->end || e->n == 0 || e->n > 2)
        return false;
    if (e->n == 1)
        (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nExpecting '%s'", spelling(e->words[0]));
    else
        (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nExpecting {'%s', '%s'}", spelling(e->words[0]),
                     spelling(e->words[1]));
    return true;
}

void parse_fault(ParseRun *run)
{
    const Token *tk = &run->tokens.v[run->at];
    Err *err = run->ctx.err;
    if (unreadable(tk, err))
        return;
    Expected e = expected(run);
    if (has(&e, TK_SELECT) && run->at == RUN_FIRST && !e.name) {
        unknown_statement(tk, err);
        return;
    }
    ParserProbe here;
    parser_probe(run->parser, &here);
    const char *closer = NULL;
    bool said = true;
    if (e.name && is_reserved(tk) && !structural(run, &e) && run->at + 1 < run->tokens.n &&
        then_takes(run, &here, run->at + 1)) {
        (void)err_at(err, ERR_SYNTAX, tk->span,
                     "Syntax Error\n\"%.*s\" is a reserved keyword and it can't be used as an identifier. "
                     "You can use it as an identifier by escaping it as '%.*s' ",
                     STR_ARG(tk->text), STR_ARG(tk->text));
    } else if ((closer = missing(run)) != NULL) {
        (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error\nmissing '%s' at '%.*s'", closer, STR_ARG(shown(tk)));
    } else if (!expecting(&e, tk, err)) {
        said = false;
        if (e.end)
            (void)err_at(err, ERR_SYNTAX, tk->span, "Syntax Error");
        else
            (void)err_at(err, ERR_SYNTAX, tk->span,
                         "Syntax Error\nSyntax error at or near '%.*s' at line %d:%d",
                         STR_ARG(shown(tk)), tk->span.line, tk->span.col);
    }
    give_hint(run, &e, said, err);
}

void parse_fault_semicolon(ParseRun *run)
{
    const Token *tk = &run->tokens.v[run->at];
    (void)err_at(run->ctx.err, ERR_SYNTAX, tk->span, "Syntax Error\nmissing ';' at '<EOF>'");
    err_hint(run->ctx.err, "a statement ends with a semicolon");
}

void parse_err_ksql(const Err *err, Buf *out)
{
    Str msg = str_of(err->msg);
    /* ksqlDB counts the columns of these two from 2. */
    bool literal = str_starts(msg, STR("Invalid numeric literal")) ||
                   str_starts(msg, STR("Number overflows"));
    if (!str_starts(msg, STR("Syntax Error")))
        buf_cstr(out, "Failed to prepare statement: ");
    bool placed = str_starts(msg, STR("Illegal argument at")) || str_starts(msg, STR("Value must be integer"));
    if (!placed && err->span.line > 0)
        buf_printf(out, "line %d:%d: ", err->span.line, err->span.col + (literal ? 1 : 0));
    buf_str(out, msg);
    if (str_eq_c(msg, "Syntax Error"))
        buf_byte(out, '\n');
}
