// SPDX-License-Identifier: Apache-2.0
// Completion: see complete.h.
//
// The tokens of the statement before the word decide what kinds of names fit:
//   nothing                            statements, commands of the shell
//   FROM, JOIN, INTO, DESCRIBE …       sources           PRINT                     topics
//   TERMINATE, PAUSE, RESUME, EXPLAIN  queries           DESCRIBE FUNCTION         functions
//   SET '…, UNSET '…                   properties        WITH ( or a comma there   properties of WITH
//   KAFKA_TOPIC = '…                   topics            …FORMAT = '…              formats
//   anything else                      columns, functions, sources, keywords
// A word that was begun in lower case is completed in lower case; names that need quotes get them.
#include "shell/complete.h"

#include <stdlib.h>

#include "shell/cli.h"
#include "shell/scan.h"
#include "sql/parse.h"

static const char *const statements[] = {
    "ALTER", "ASSERT", "CREATE", "DEFINE", "DESCRIBE", "DROP", "EXPLAIN", "INSERT", "LIST", "PAUSE", "PRINT",
    "RESUME", "RUN", "SELECT", "SET", "SHOW", "TERMINATE", "UNDEFINE", "UNSET", NULL};
static const char *const shown[] = {"ALL",     "CONNECTORS", "FUNCTIONS", "PROPERTIES", "QUERIES",
                                    "STREAMS", "TABLES",     "TOPICS",    "TYPES",      "VARIABLES",
                                    NULL};
static const char *const created[] = {"OR", "SINK", "SOURCE", "STREAM", "TABLE", "TYPE", NULL};
static const char *const dropped[] = {"CONNECTOR", "STREAM", "TABLE", "TYPE", NULL};
static const char *const described[] = {"FUNCTION", "STREAMS", "TABLES", NULL};
static const char *const with_names[] = {
    "CLEANUP_POLICY", "FORMAT", "KAFKA_TOPIC", "KEY_DELIMITER", "KEY_FORMAT", "KEY_SCHEMA_FULL_NAME",
    "KEY_SCHEMA_ID", "PARTITIONS", "REPLICAS", "RETENTION_MS", "TIMESTAMP", "TIMESTAMP_FORMAT",
    "VALUE_DELIMITER", "VALUE_FORMAT", "VALUE_SCHEMA_FULL_NAME", "VALUE_SCHEMA_ID", "WINDOW_SIZE",
    "WINDOW_TYPE", "WRAP_SINGLE_VALUE", NULL};
static const char *const formats[] = {"AVRO", "DELIMITED", "JSON", "JSON_SR", "KAFKA", "NONE", "PROTOBUF",
                                      "PROTOBUF_NOSR", NULL};

/* What stands before the word. Tokens borrow the text. */
typedef struct Before {
    Str first, prev, prev2; /* tokens of the statement: words, single characters, quoted texts */
    int n;
    bool in_with; /* inside the parentheses of WITH */
} Before;

typedef struct Work {
    Completion *c;
    Str prefix;
    bool lower;  /* the user writes lower case */
    bool quote;  /* names are quoted where they need it */
    char behind; /* put behind what is added now */
} Work;

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c & 0x80;
}

static bool starts_nocase(Str s, Str prefix)
{
    return s.n >= prefix.n && str_eq_nocase(str_sub(s, 0, prefix.n), prefix);
}

/* Upper-case letters, digits and underscores, not starting with a digit, and no reserved word. */
static bool is_plain(Str name)
{
    if (name.n == 0 || (name.p[0] >= '0' && name.p[0] <= '9') || keyword_reserved(name))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!is_word(name.p[i]) || (name.p[i] & 0x80) || (name.p[i] >= 'a' && name.p[i] <= 'z'))
            return false;
    return true;
}

static void add(Work *w, Str name, bool fold)
{
    Completion *c = w->c;
    char *p = arena_dup(c->a, name.p, name.n);
    for (size_t i = 0; fold && w->lower && i < name.n; i++)
        p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 'a' - 'A') : p[i];
    vec_push(c->a, &c->words, (Str){p, name.n});
    if (w->behind)
        c->after = w->behind;
}

static void add_name(void *arg, Str name)
{
    Work *w = arg;
    if (!starts_nocase(name, w->prefix))
        return;
    if (w->quote && !is_plain(name))
        add(w, arena_strf(w->c->a, "`%.*s`", STR_ARG(name)), false);
    else
        add(w, name, w->quote);
}

static void add_word(Work *w, const char *word)
{
    if (starts_nocase(str_of(word), w->prefix))
        add(w, str_of(word), true);
}

static void add_list(Work *w, const char *const *list)
{
    for (; *list; list++)
        add_word(w, *list);
}

/* ---- what stands before ------------------------------------------------------------------------ */

/* The token at *at, and *at behind it. */
static Str token(Str s, size_t *at)
{
    size_t from = *at, end = from + 1;
    char c = s.p[from];
    if (c == '\'' || c == '"' || c == '`') {
        while (end < s.n && s.p[end] != c)
            end++;
        end += end < s.n;
    } else if (is_word(c)) {
        while (end < s.n && is_word(s.p[end]))
            end++;
    }
    *at = end;
    return str_sub(s, from, end - from);
}

/* Reads the last statement of s, which ends before the word. */
static Before look_before(Str s)
{
    Before b = {{NULL, 0}, {NULL, 0}, {NULL, 0}, 0, false};
    int depth = 0, with_depth = 0;
    for (size_t at = scan_blank(s, 0); at < s.n; at = scan_blank(s, at)) {
        Str tk = token(s, &at);
        if (str_eq_c(tk, ";")) {
            b = (Before){{NULL, 0}, {NULL, 0}, {NULL, 0}, 0, false};
            depth = with_depth = 0;
            continue;
        }
        if (str_eq_c(tk, "(")) {
            depth++;
            if (str_eq_nocase(b.prev, STR("WITH")))
                with_depth = depth;
        } else if (str_eq_c(tk, ")")) {
            with_depth = depth == with_depth ? 0 : with_depth;
            depth--;
        }
        b.in_with = with_depth > 0 && depth == with_depth;
        b.first = b.n == 0 ? tk : b.first;
        b.prev2 = b.prev;
        b.prev = tk;
        b.n++;
    }
    return b;
}

static bool is_any(Str word, const char *const *list)
{
    for (; *list; list++)
        if (str_eq_nocase(word, str_of(*list)))
            return true;
    return false;
}

/* ---- contexts ---------------------------------------------------------------------------------- */

static void in_text(Work *w, const Before *b, CompleteNames *names, void *from)
{
    static const char *const settings[] = {"SET", "UNSET", NULL};
    static const char *const format_names[] = {"FORMAT", "KEY_FORMAT", "VALUE_FORMAT", NULL};
    w->behind = '\'';
    if (b->n == 1 && is_any(b->first, settings))
        names(from, 'p', w->prefix, add_name, w);
    else if (str_eq_c(b->prev, "=") && str_eq_nocase(b->prev2, STR("KAFKA_TOPIC")))
        names(from, 't', w->prefix, add_name, w);
    else if (str_eq_c(b->prev, "=") && is_any(b->prev2, format_names))
        add_list(w, formats);
}

static void at_start(Work *w)
{
    char last[32] = "";
    const char *name;
    add_list(w, statements);
    for (int i = 0; (name = cli_name(i)); i++) {
        char word[32];
        size_t n = strcspn(name, " ");
        n = n < sizeof word ? n : sizeof word - 1;
        memcpy(word, name, n);
        word[n] = 0;
        bool lower = w->lower;
        w->lower = false; /* they are written in lower case already */
        if (strcmp(word, last) != 0)
            add_word(w, word);
        w->lower = lower;
        memcpy(last, word, sizeof last);
    }
}

static void anything(Work *w, CompleteNames *names, void *from)
{
    const char *word;
    if (w->prefix.n == 0)
        return;
    w->behind = '(';
    names(from, 'f', w->prefix, add_name, w);
    int functions = w->c->words.n;
    w->behind = 0;
    names(from, 'c', w->prefix, add_name, w);
    names(from, 's', w->prefix, add_name, w);
    for (int i = 0; (word = keyword_at(i)); i++)
        add_word(w, word);
    if (w->c->words.n > functions)
        w->c->after = ' ';
}

static void in_statement(Work *w, const Before *b, bool qualified, CompleteNames *names, void *from)
{
    static const char *const before_source[] = {"FROM", "JOIN", "INTO", NULL};
    static const char *const before_query[] = {"TERMINATE", "PAUSE", "RESUME", NULL};
    static const char *const sources[] = {"STREAM", "TABLE", NULL};
    static const char *const list[] = {"SHOW", "LIST", NULL};
    static const char *const all[] = {"ALL", NULL};
    static const char *const describe[] = {"DESCRIBE", NULL};
    static const char *const settings[] = {"SET", "UNSET", NULL};
    static const char *const drop[] = {"DROP", "ALTER", NULL};
    w->behind = ' ';
    if (qualified) {
        w->behind = 0;
        names(from, 'c', w->prefix, add_name, w);
    } else if (b->n == 0) {
        at_start(w);
    } else if (b->in_with && (str_eq_c(b->prev, "(") || str_eq_c(b->prev, ","))) {
        w->behind = '=';
        add_list(w, with_names);
    } else if (is_any(b->prev, before_source) || (is_any(b->first, drop) && is_any(b->prev, sources))) {
        names(from, 's', w->prefix, add_name, w);
    } else if (b->n == 1 && is_any(b->first, describe)) {
        names(from, 's', w->prefix, add_name, w);
        add_list(w, described);
    } else if (b->n == 1 && str_eq_nocase(b->first, STR("PRINT"))) {
        w->quote = false;
        names(from, 't', w->prefix, add_name, w);
    } else if (b->n == 1 && (is_any(b->first, before_query) || str_eq_nocase(b->first, STR("EXPLAIN")))) {
        names(from, 'q', w->prefix, add_name, w);
        add_list(w, is_any(b->first, before_query) ? all : statements);
    } else if (b->n == 2 && is_any(b->first, describe) && str_eq_nocase(b->prev, STR("FUNCTION"))) {
        names(from, 'f', w->prefix, add_name, w);
    } else if (b->n == 1 && is_any(b->first, list)) {
        add_list(w, shown);
    } else if (b->n == 1 && str_eq_nocase(b->first, STR("CREATE"))) {
        add_list(w, created);
    } else if (b->n == 1 && is_any(b->first, drop)) {
        add_list(w, dropped);
    } else if (b->n == 1 && is_any(b->first, settings)) {
        w->behind = '\'';
        w->quote = false;
        names(from, 'p', w->prefix, add_name, w);
        for (int i = 0; i < w->c->words.n; i++)
            w->c->words.v[i] = arena_strf(w->c->a, "'%.*s", STR_ARG(w->c->words.v[i]));
    } else {
        anything(w, names, from);
    }
}

/* ---- together ---------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) { return str_cmp(*(const Str *)a, *(const Str *)b); }

static void finish(Completion *c)
{
    int n = 0;
    if (c->words.n > 1)
        qsort(c->words.v, (size_t)c->words.n, sizeof *c->words.v, by_text);
    for (int i = 0; i < c->words.n; i++)
        if (n == 0 || !str_eq(c->words.v[i], c->words.v[n - 1]))
            c->words.v[n++] = c->words.v[i];
    c->words.n = n;
    if (n == 0)
        return;
    Str first = c->words.v[0], last = c->words.v[n - 1];
    size_t same = 0;
    while (same < first.n && same < last.n && first.p[same] == last.p[same])
        same++;
    c->common = str_sub(first, 0, same);
}

void complete(Completion *c, Arena *a, Str text, CompleteNames *names, void *from)
{
    char quote = 0;
    size_t inside = 0, start = text.n;
    *c = (Completion){.a = a};
    bool in_quotes = scan_inside(text, text.n, &quote, &inside);
    if (in_quotes && quote == 0)
        return;
    if (in_quotes)
        start = inside;
    else
        while (start > 0 && (is_word(text.p[start - 1])))
            start--;
    c->start = start;
    Work w = {.c = c, .prefix = str_sub(text, start, text.n - start)};
    w.lower = w.prefix.n > 0 && w.prefix.p[0] >= 'a' && w.prefix.p[0] <= 'z';
    w.quote = !in_quotes;
    Before b = look_before(str_sub(text, 0, in_quotes ? start - 1 : start));
    if (in_quotes && quote == '\'') {
        in_text(&w, &b, names, from);
    } else if (in_quotes) {
        w.behind = quote;
        names(from, 's', w.prefix, add_name, &w);
        names(from, 'c', w.prefix, add_name, &w);
    } else {
        in_statement(&w, &b, start > 0 && text.p[start - 1] == '.', names, from);
    }
    finish(c);
}
