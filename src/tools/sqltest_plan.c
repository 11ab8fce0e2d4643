// SPDX-License-Identifier: Apache-2.0
// sluice test plan [--bless] FILE|DIR...
//
// tests/plan/<topic>.sql holds statements, <topic>.out beside it what becomes of each:
//     == <the statement's first line>
//     ast    the tree printed on one line
//     then   for EXPLAIN the plan as EXPLAIN answers it; for others nothing, or the error
// An EXPLAIN of a statement prints the tree of the statement it explains. Every file runs on an engine of
// its own in memory; nothing is stepped, so that only front end and planner are looked at. --bless
// rewrites the .out files. Last line: `N passed, N failed`.
#include <stdio.h>
#include <stdlib.h>

#include "sql/parse.h"
#include "sql/print.h"
#include "tools/qtt_files.h"
#include "tools/qtt_guard.h"
#include "tools/sqltest.h"

enum { FILE_SECONDS = 60 };

static void plan_of(Buf *out, const json_t *entity)
{
    static const char *const parts[] = {"executionPlan", "topology"};
    const json_t *d = json_object_get(entity, "queryDescription");
    for (int i = 0; i < ARRAY_LEN(parts); i++) {
        const char *text = json_string_value(json_object_get(d, parts[i]));
        if (!text || !*text)
            continue;
        buf_printf(out, "%s\n", parts[i]);
        while (*text) {
            size_t n = strcspn(text, "\n");
            buf_printf(out, "  %.*s\n", (int)n, text);
            text += n + (text[n] == '\n');
        }
    }
}

static void one_statement(Buf *out, Session *s, Str sql)
{
    Err err = ERR_INIT;
    Script script;
    Stmt *stmt = NULL;
    Answer answer = {0};
    Arena *a = arena_new(0);
    const char *nl = memchr(sql.p, '\n', sql.n);
    buf_printf(out, "== %.*s\n", (int)(nl ? nl - sql.p : (long)sql.n), sql.p);
    script_init(&script, sql);
    Status st = script_next(&script, a, session_variables(s), true, &stmt, &err);
    if (!st && stmt) {
        const Stmt *shown = stmt->kind == STMT_EXPLAIN && stmt->inner ? stmt->inner : stmt;
        buf_cstr(out, "ast ");
        print_stmt_line(out, shown);
        buf_byte(out, '\n');
        st = session_run(s, stmt, &answer, &err);
        if (!st && answer.entity)
            plan_of(out, answer.entity);
    }
    if (st)
        sqltest_render_error(out, &err);
    answer_clear(&answer);
    err_clear(&err);
    arena_free(a);
}

static void skip_blanks(Str text, size_t *at)
{
    while (*at < text.n) {
        char c = text.p[*at];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ++*at;
        } else if (c == '-' && *at + 1 < text.n && text.p[*at + 1] == '-') {
            while (*at < text.n && text.p[*at] != '\n')
                ++*at;
        } else {
            return;
        }
    }
}

/* All of a file; false when the engine does not open. */
static bool run_text(Str text, Buf *out)
{
    Err err = ERR_INIT;
    Effects *fx = effects_sim_new(1, 0);
    Engine *e = NULL;
    EngineConfig config = {.fx = fx, .workers = 1, .check_operators = true, .no_processing_log = true};
    bool ok = engine_open(&config, &e, &err) == OK;
    if (ok) {
        Session *s = session_new(e);
        size_t at = 0;
        for (skip_blanks(text, &at); at < text.n; skip_blanks(text, &at)) {
            size_t end = sqltest_statement_end(text, at);
            one_statement(out, s, str_sub(text, at, end - at));
            at = end;
        }
        session_free(s);
        engine_close(e);
    } else {
        sqltest_render_error(out, &err);
    }
    effects_sim_free(fx);
    err_clear(&err);
    return ok;
}

/* The first line that differs, with its number. */
static void print_difference(const char *path, Str want, Str got)
{
    int line = 1;
    for (;; line++) {
        const char *wn = want.n ? memchr(want.p, '\n', want.n) : NULL;
        const char *gn = got.n ? memchr(got.p, '\n', got.n) : NULL;
        Str w = str_sub(want, 0, wn ? (size_t)(wn - want.p) : want.n);
        Str g = str_sub(got, 0, gn ? (size_t)(gn - got.p) : got.n);
        if (!str_eq(w, g) || !wn || !gn) {
            printf("%s:%d:\n  expected: %.*s\n  actual:   %.*s\n", path, line, STR_ARG(w), STR_ARG(g));
            return;
        }
        want = str_sub(want, w.n + 1, want.n - w.n - 1);
        got = str_sub(got, g.n + 1, got.n - g.n - 1);
    }
}

static bool run_file(Str path, bool bless)
{
    Err err = ERR_INIT;
    Arena *a = arena_new(0);
    Buf got = BUF_INIT;
    Str text, want = {0};
    bool ok = false;
    char *out_path = arena_printf(a, "%.*s.out", (int)path.n - 4, path.p);
    guard_enter("plan", path, FILE_SECONDS);
    if (files_read(a, path.p, &text, &err)) {
        printf("FAIL %s\n", err.msg);
    } else {
        ok = run_text(text, &got);
        if (files_read(a, out_path, &want, &err))
            err_clear(&err); /* not there yet: everything differs */
        if (!ok || !str_eq(want, buf_view(&got))) {
            if (ok && bless && !files_write(out_path, buf_view(&got), &err)) {
                printf("%s: rewritten\n", out_path);
            } else {
                ok = false;
                printf("FAIL %s\n", path.p);
                print_difference(out_path, want, buf_view(&got));
            }
        }
    }
    guard_leave();
    err_clear(&err);
    buf_free(&got);
    arena_free(a);
    return ok;
}

static int usage(FILE *to)
{
    fputs("Usage: sluice test plan [--bless] FILE|DIR...\n", to);
    return to == stdout ? 0 : 2;
}

int tool_plantest(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--help"))
        return usage(stdout);
    Arena *a = arena_new(0);
    PathVec files = {0};
    bool bless = false;
    int counts[2] = {0}, code = 0;
    for (int i = 1; i < argc && !code; i++) {
        Err err = ERR_INIT;
        if (!strcmp(argv[i], "--bless")) {
            bless = true;
        } else if (argv[i][0] == '-' || files_find(a, argv[i], ".sql", &files, &err)) {
            fprintf(stderr, "sluice test plan: %s\n", err.msg ? err.msg : argv[i]);
            err_clear(&err);
            code = 2;
        }
    }
    if (!code && files.n == 0) {
        code = usage(stderr);
    }
    for (int i = 0; i < files.n && !code; i++)
        counts[run_file(files.v[i], bless)]++;
    if (!code) {
        printf("%d passed, %d failed\n", counts[1], counts[0]);
        code = counts[0] > 0;
    }
    arena_free(a);
    return code;
}
