// SPDX-License-Identifier: Apache-2.0
// Fuzz target of the language front: any bytes are a script.
//
// Each statement that parses is printed in all three forms; each printed form must parse to an equal
// tree, and the formatted one must format to itself. A script that parses as a whole is formatted twice,
// which must change nothing the second time, and has its comments afterwards. Every error must have a message, and a
// place within the text. With an even number of bytes the variables X and Y are set, so that substitution runs too.
#include <stdio.h>
#include <stdlib.h>

#include "sql/lexer.h"
#include "sql/parse.h"
#include "sql/parser.h"
#include "sql/print.h"

typedef void PrintFn(Buf *out, const Stmt *s);

static void give_up(const char *what, Str a, Str b)
{
    fprintf(stderr, "%s\n--- first\n%.*s\n--- second\n%.*s\n", what, STR_ARG(a), STR_ARG(b));
    abort();
}

static void round_trip(const char *form, PrintFn *print, const Stmt *s)
{
    Arena *arena = arena_new(0);
    StmtVec again = {NULL, 0, 0};
    Buf text = BUF_INIT, twice = BUF_INIT;
    Err err = ERR_INIT;
    print(&text, s);
    if (parse_all(buf_view(&text), arena, NULL, &again, &err) != OK) {
        /* Only a form that is longer than the statement was may pass the limit of its size. */
        if (err.code != ERR_LIMIT)
            give_up(form, buf_view(&text), str_of(err.msg));
    } else if (again.n != 1 || !ast_equal(s, again.v[0])) {
        give_up(form, s->sql, buf_view(&text));
    } else {
        print(&twice, again.v[0]);
        if (!str_eq(buf_view(&text), buf_view(&twice)))
            give_up("printed differently", buf_view(&text), buf_view(&twice));
    }
    err_clear(&err);
    buf_free(&text);
    buf_free(&twice);
    arena_free(arena);
}

static void check_error(const Err *err, Str text)
{
    Buf out = BUF_INIT;
    if (!err->msg || !*err->msg || err->span.off < 0 || (size_t)err->span.off > text.n || err->span.line < 1)
        give_up("a bad error", text, str_of(err->msg));
    err_print(&out, err, text, "fuzz", 0);
    parse_err_ksql(err, &out);
    buf_free(&out);
}

static bool statements(Str text, const StrMap *vars)
{
    Script s;
    bool good = true;
    script_init(&s, text);
    s.test_statements = text.n % 3 != 0;
    for (;;) {
        Arena *arena = arena_new(0);
        Stmt *stmt;
        Err err = ERR_INIT;
        size_t before = s.at;
        Status st = script_next(&s, arena, vars, text.n % 5 != 0, &stmt, &err);
        if (st != OK) {
            good = false;
            check_error(&err, text);
            if (s.at <= before)
                give_up("the walk stands still", text, str_of(err.msg));
        } else if (stmt) {
            round_trip("the line form", print_stmt_line, stmt);
            round_trip("ksqlDB's form", print_stmt_ksql, stmt);
            round_trip("the formatted form", print_stmt, stmt);
        }
        err_clear(&err);
        arena_free(arena);
        if (st == OK && !stmt)
            return good;
        if (s.at >= text.n)
            return good;
    }
}

/* The comments of a text, one after another. */
static void comments(Str text, Buf *out)
{
    Lexer lx;
    lexer_init(&lx, text, 0, 1, 1);
    for (Token tk = lexer_next(&lx); tk.kind != 0; tk = lexer_next(&lx)) {
        Str c = tk.text;
        while (c.n > 0 && (c.p[c.n - 1] == ' ' || c.p[c.n - 1] == '\t'))
            c.n--;
        if (tk.kind == TK_COMMENT)
            buf_printf(out, "%.*s\n", STR_ARG(c));
    }
}

static void keeps_comments(Str before, Str after)
{
    Buf a = BUF_INIT, b = BUF_INIT;
    comments(before, &a);
    comments(after, &b);
    if (!str_eq(buf_view(&a), buf_view(&b)))
        give_up("comments were lost", before, after);
    buf_free(&a);
    buf_free(&b);
}

static void script(Str text)
{
    Buf once = BUF_INIT, twice = BUF_INIT;
    Err err = ERR_INIT;
    if (print_script(&once, text, &err) == OK) {
        if (print_script(&twice, buf_view(&once), &err) != OK)
            give_up("the format does not parse", buf_view(&once), str_of(err.msg));
        if (!str_eq(buf_view(&once), buf_view(&twice)))
            give_up("formatted differently", buf_view(&once), buf_view(&twice));
        keeps_comments(text, buf_view(&once));
    }
    err_clear(&err);
    buf_free(&once);
    buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str text = {(const char *)data, size};
    StrMap vars = {0};
    char x[] = "abc", y[] = "'it''s'";
    strmap_put(&vars, STR("X"), x);
    strmap_put(&vars, STR("Y"), y);
    statements(text, size % 2 == 0 ? &vars : NULL);
    script(text);
    (void)script_complete(text);
    strmap_free(&vars);
    return 0;
}
