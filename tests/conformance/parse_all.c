// SPDX-License-Identifier: Apache-2.0
// Runs the language front over statements: parse_all DIR|FILE.sql…
//
// A folder is one of the public ksqlDB cases; of an SQL file each statement that parses is checked, and the file as a
// whole when all of it does.
// For each *.json of the folders (comments allowed), each case, each of its formats ({FORMAT} replaced
// as the cases' own runner does): the statements, joined by line ends, are one script. Checked for each
// statement
//   - it parses (ksqlDB parses it);
//   - each of the three printed forms parses to an equal tree;
//   - the formatted text formats to itself;
// and for each script, that formatting it twice gives what formatting it once gives. A case that
// expects a parse error of a syntactic kind must be refused, with ksqlDB's message. Other parse errors
// of ksqlDB's are about meaning and found later. Last line: N passed, N failed, N skipped.
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sql/parse.h"
#include "sql/print.h"

static int passed, failed, skipped;
static const char *corpus_dir; /* NULL: statements are not written */

static void report(const char *file, const char *name, const char *what, Str text, Str more)
{
    failed++;
    printf("FAILED %s - %s: %s\n  %.*s\n  %.*s\n", file, name, what, STR_ARG(text), STR_ARG(more));
}

/* ---- statements --------------------------------------------------------------------------------- */

typedef void PrintFn(Buf *out, const Stmt *s);

static bool round_trip(const char *file, const char *name, const char *form, PrintFn *print, const Stmt *s,
                       bool stable)
{
    Arena *arena = arena_new(0);
    StmtVec again = {NULL, 0, 0};
    Buf text = BUF_INIT, twice = BUF_INIT;
    Err err = ERR_INIT;
    bool good = true;
    print(&text, s);
    if (parse_all(buf_view(&text), arena, NULL, &again, &err) != OK || again.n != 1 ||
        !ast_equal(s, again.v[0])) {
        report(file, name, form, buf_view(&text), err.msg ? str_of(err.msg) : STR("another tree"));
        good = false;
    } else if (stable) {
        print(&twice, again.v[0]);
        if (!str_eq(buf_view(&text), buf_view(&twice))) {
            report(file, name, "formats differently the second time", buf_view(&text), buf_view(&twice));
            good = false;
        }
    }
    err_clear(&err);
    buf_free(&text);
    buf_free(&twice);
    arena_free(arena);
    return good;
}

static void check_statement(const char *file, const char *name, const Stmt *s)
{
    bool good = round_trip(file, name, "the line form", print_stmt_line, s, true);
    good = good && round_trip(file, name, "ksqlDB's form", print_stmt_ksql, s, true);
    good = good && round_trip(file, name, "the formatted form", print_stmt, s, true);
    passed += good;
    if (corpus_dir) {
        static int number;
        char path[4096];
        snprintf(path, sizeof path, "%s/%05d", corpus_dir, number++);
        FILE *to = fopen(path, "wb");
        if (to) {
            fprintf(to, "%.*s;", STR_ARG(s->sql));
            fclose(to);
        }
    }
}

static void check_script(const char *file, const char *name, Str text)
{
    Buf once = BUF_INIT, twice = BUF_INIT;
    Err err = ERR_INIT;
    bool good = print_script(&once, text, &err) == OK && print_script(&twice, buf_view(&once), &err) == OK;
    if (!good || !str_eq(buf_view(&once), buf_view(&twice)))
        report(file, name, "the script's format", buf_view(&once), err.msg ? str_of(err.msg)
               : buf_view(&twice));
    else
        passed++;
    err_clear(&err);
    buf_free(&once);
    buf_free(&twice);
}

/* ---- cases ---------------------------------------------------------------------------------------- */

/* ksqlDB's parser itself refuses it, not a later look at names and types. */
static bool syntactic(const char *type, const char *message)
{
    if (!strstr(type, "ParseFailedException") && !(*message && strncmp(message, "line ", 5) == 0))
        return false;
    return strstr(message, "Syntax") || strstr(message, "numeric literal") || strstr(message, "overflows") ||
           strstr(message, "Illegal argument") || *message == '\0';
}

/* The statement must be refused with a message that holds `want` somewhere. */
static void check_refused(const char *file, const char *name, const Err *err, Str statement, const char *want)
{
    Buf text = BUF_INIT;
    parse_err_ksql(err, &text);
    buf_cstr(&text, "\nStatement: ");
    buf_str(&text, statement);
    if (strstr(buf_z(&text), want))
        passed++;
    else
        report(file, name, "refused with other words", buf_view(&text), str_of(want));
    buf_free(&text);
}

static void check_case(const char *file, const char *name, Str text, const char *type, const char *message,
                       Str last)
{
    Script s;
    Arena *arena = arena_new(0);
    bool must_fail = syntactic(type, message), refused = false;
    script_init(&s, text);
    for (;;) {
        Stmt *stmt;
        Err err = ERR_INIT;
        Status st = script_next(&s, arena, NULL, true, &stmt, &err);
        if (st != OK && must_fail)
            check_refused(file, name, &err, last, message);
        else if (st != OK)
            report(file, name, "not parsed", text, str_of(err.msg));
        refused = refused || st != OK;
        err_clear(&err);
        if (st != OK || !stmt)
            break;
        check_statement(file, name, stmt);
    }
    if (must_fail && !refused)
        report(file, name, "parsed, but must not", last, str_of(message));
    if (!refused)
        check_script(file, name, text);
    arena_free(arena);
}

static void replace(Buf *out, const char *text, const char *what, const char *with)
{
    for (const char *at; (at = strstr(text, what)); text = at + strlen(what)) {
        buf_bytes(out, text, (size_t)(at - text));
        buf_cstr(out, with);
    }
    buf_cstr(out, text);
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

/* The REST cases send the last statement alone: places count in it. */
static bool sent_alone(const json_t *node)
{
    return json_object_get(node, "expectedError") != NULL;
}

static void check_node(const char *file, const json_t *node, const char *format)
{
    const json_t *statements = json_object_get(node, "statements");
    const json_t *error = json_object_get(node, "expectedException");
    if (!error)
        error = json_object_get(node, "expectedError");
    Buf text = BUF_INIT, last = BUF_INIT, message = BUF_INIT;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        if (i > 0 && i + 1 == json_array_size(statements) && sent_alone(node)) {
            check_case(file, text_of(node, "name"), buf_view(&text), "", "", (Str){NULL, 0});
            buf_clear(&text);
        }
        buf_clear(&last);
        replace(&last, json_string_value(json_array_get(statements, i)), "{FORMAT}", format);
        if (text.n)
            buf_byte(&text, '\n');
        buf_str(&text, buf_view(&last));
        if (last.n == 0 || last.p[last.n - 1] != ';')
            buf_byte(&text, ';'); /* each of them is sent alone in the REST cases */
    }
    replace(&message, text_of(error, "message"), "{FORMAT}", format);
    check_case(file, text_of(node, "name"), buf_view(&text), text_of(error, "type"), buf_z(&message),
               buf_view(&last));
    buf_free(&text);
    buf_free(&last);
    buf_free(&message);
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* Blanks out comments outside strings. */
static void strip_comments(Buf *text)
{
    char *p = text->p, *end = text->p + text->n;
    while (p < end) {
        if (*p == '"') {
            for (p++; p < end && *p != '"'; p++)
                p += *p == '\\';
        } else if (p + 1 < end && p[0] == '/' && p[1] == '/') {
            for (; p < end && *p != '\n'; p++)
                *p = ' ';
            continue;
        } else if (p + 1 < end && p[0] == '/' && p[1] == '*') {
            for (; p + 1 < end && !(p[0] == '*' && p[1] == '/'); p++)
                *p = *p == '\n' ? '\n' : ' ';
            p[0] = ' ';
            p[1] = ' ';
        }
        p++;
    }
}

static Buf read_text(const char *path)
{
    Buf text = BUF_INIT;
    size_t n;
    FILE *in = fopen(path, "rb");
    while (in && (n = fread(buf_room(&text, 1 << 16), 1, 1 << 16, in)) > 0)
        text.n += n;
    if (in)
        fclose(in);
    return text;
}

static void check_file(const char *path)
{
    Buf text = read_text(path);
    json_error_t why;
    const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (text.n)
        strip_comments(&text);
    json_t *root = json_loadb(text.p ? text.p : "", text.n, JSON_ALLOW_NUL, &why);
    if (!root)
        report(file, "", "not read", str_of(why.text), STR(""));
    const json_t *tests = json_object_get(root, "tests");
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *node = json_array_get(tests, i), *formats = json_object_get(node, "format");
        if (json_array_size(formats) == 0)
            check_node(file, node, "");
        for (size_t k = 0; k < json_array_size(formats); k++)
            check_node(file, node, json_string_value(json_array_get(formats, k)));
    }
    json_decref(root);
    buf_free(&text);
}

static void check_sql_file(const char *path)
{
    Buf text = read_text(path);
    Arena *arena = arena_new(0);
    Script s;
    bool whole = true;
    script_init(&s, buf_view(&text));
    s.test_statements = true;
    for (;;) {
        Stmt *stmt;
        Err err = ERR_INIT;
        Status st = script_next(&s, arena, NULL, true, &stmt, &err);
        err_clear(&err);
        if (st == OK && !stmt)
            break;
        whole = whole && st == OK;
        if (st == OK)
            check_statement(path, "", stmt);
    }
    if (whole)
        check_script(path, "", buf_view(&text));
    arena_free(arena);
    buf_free(&text);
}

static int only_json(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

static void check_folder(const char *dir)
{
    struct dirent **list;
    int n = scandir(dir, &list, only_json, alphasort);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
        check_file(path);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    else
        report(dir, "", "cannot be read", str_of(strerror(errno)), STR(""));
}

int main(int argc, char **argv)
{
    corpus_dir = getenv("CORPUS"); /* where to leave each statement as a file, for the fuzzer */
    bool folders = false;
    for (int i = 1; i < argc; i++) {
        if (str_ends(str_of(argv[i]), STR(".sql"))) {
            check_sql_file(argv[i]);
        } else {
            check_folder(argv[i]);
            folders = true;
        }
    }
    if (!folders) {
        puts("the shared conformance cases are not here");
        skipped++;
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}
