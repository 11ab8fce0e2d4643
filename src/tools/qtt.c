// SPDX-License-Identifier: Apache-2.0
// sluice test qtt and sluice test rqtt: arguments, files, counts.
//
//   --match RE      only cases whose id matches (POSIX extended)
//   --list          print the ids of the cases, run nothing
//   --verbose       a line for every case, with the reason of a skip
//   --passing FILE  ids that must pass, one a line ('#' starts a comment): any that does not fails
//   --bless FILE    write the ids that passed
//   --known FILE    ids that fail for a known reason, `id<TAB>reason` a line: they count as skipped, and fail
//                   when they pass
//
// The last line is `N passed, N failed, N skipped`. A crash or a case that runs for a minute names the
// case before the process ends. @thread main
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/qtt.h"
#include "tools/qtt_case.h"
#include "tools/qtt_files.h"
#include "tools/qtt_guard.h"

enum { CASE_SECONDS = 60, REASONS_SHOWN = 25 };

/* A tool: what its cases are called, and how one runs. */
typedef struct Kind {
    const char *name, *title;
    QttVerdict (*run)(const QttCase *c, Buf *why);
} Kind;

typedef struct Tool {
    const Kind *kind;
    Arena *arena;
    bool list, verbose, has_match;
    regex_t match;
    const char *passing, *bless, *known_file;
    PathVec files;
    StrMap must_pass; /* id -> "" while it has not passed, "ok" after */
    StrMap known;     /* id -> why it fails */
    StrMap reasons;   /* reason of a skip -> int * */
    PathVec passed_ids;
    int passed, failed, skipped;
} Tool;

static int usage(const Tool *t, FILE *to)
{
    fprintf(to,
            "Usage: sluice test %s [--match RE] [--list] [--verbose] [--passing FILE]\n"
            "                       [--bless FILE] [--known FILE] FILE|DIR...\n",
            t->kind->name);
    return to == stdout ? 0 : 2;
}

static int bad(const Tool *t, const char *what, const char *name)
{
    fprintf(stderr, "sluice test %s: %s: %s\n", t->kind->name, what, name);
    return 2;
}

/* 0, or the exit code. */
static int arguments(Tool *t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        Err err = ERR_INIT;
        bool more = i + 1 < argc;
        if (!strcmp(argv[i], "--list")) {
            t->list = true;
        } else if (!strcmp(argv[i], "--verbose")) {
            t->verbose = true;
        } else if (!strcmp(argv[i], "--match") && more) {
            if (t->has_match || regcomp(&t->match, argv[++i], REG_EXTENDED | REG_NOSUB) != 0)
                return bad(t, "no good as --match", argv[i]);
            t->has_match = true;
        } else if (!strcmp(argv[i], "--passing") && more) {
            t->passing = argv[++i];
        } else if (!strcmp(argv[i], "--bless") && more) {
            t->bless = argv[++i];
        } else if (!strcmp(argv[i], "--known") && more) {
            t->known_file = argv[++i];
        } else if (argv[i][0] == '-') {
            return usage(t, stderr);
        } else if (files_find(t->arena, argv[i], ".json", &t->files, &err)) {
            bad(t, "no such file", err.msg);
            err_clear(&err);
            return 2;
        }
    }
    return t->files.n ? 0 : usage(t, stderr);
}

/* Reads a list of ids into `to`, each with what stands behind its tab. */
static int read_list(Tool *t, const char *file, StrMap *to)
{
    Err err = ERR_INIT;
    Str text;
    if (!file)
        return 0;
    if (files_read(t->arena, file, &text, &err)) {
        bad(t, "no such list", err.msg);
        err_clear(&err);
        return 2;
    }
    while (text.n) {
        const char *nl = memchr(text.p, '\n', text.n);
        size_t n = nl ? (size_t)(nl - text.p) : text.n;
        Str line = str_sub(text, 0, n); /* not trimmed: names of cases may end with a blank */
        const char *tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
        Str id = tab ? str_sub(line, 0, (size_t)(tab - line.p)) : line;
        const char *note = tab ? arena_cstr(t->arena, str_sub(line, id.n + 1, line.n - id.n - 1)) : "";
        if (line.n && line.p[0] != '#')
            strmap_put(to, id, (void *)note);
        text = str_sub(text, n + (nl != NULL), text.n - n - (nl != NULL));
    }
    return 0;
}

static void count_reason(Tool *t, Str why)
{
    const char *nl = why.n ? memchr(why.p, '\n', why.n) : NULL;
    Str line = nl ? str_sub(why, 0, (size_t)(nl - why.p)) : why;
    int *n = strmap_find(&t->reasons, line);
    if (!n) {
        n = ARENA_NEW(t->arena, int);
        strmap_put(&t->reasons, line, n);
    }
    ++*n;
}

static void print_failure(const QttCase *c, Buf *why)
{
    printf("---- FAILED %.*s\n%.*s\n", STR_ARG(c->id), STR_ARG(c->script));
    for (int i = 0; c->inputs && i < c->inputs->n; i++) {
        Buf b = BUF_INIT;
        jtree_write(&b, &c->inputs->items[i]);
        printf("  input %d  %s\n", i, buf_z(&b));
        buf_free(&b);
    }
    printf("%s----\n", buf_z(why));
}

/* The verdict of a case that may be one of those that are known to fail. */
static QttVerdict judge_known(Tool *t, const QttCase *c, QttVerdict v, Buf *why)
{
    const char *known = strmap_find(&t->known, c->id);
    if (!known || v == QTT_SKIPPED)
        return v;
    buf_clear(why);
    buf_printf(why, v == QTT_FAILED ? "known to fail: %s" : "it passes, but is listed as known to fail: %s", known);
    return v == QTT_FAILED ? QTT_SKIPPED : QTT_FAILED;
}

static void run_one(Tool *t, const QttCase *c, int counts[3])
{
    Buf why = BUF_INIT;
    guard_enter(t->kind->name, c->id, CASE_SECONDS);
    QttVerdict v = t->kind->run(c, &why);
    guard_leave();
    v = judge_known(t, c, v, &why);
    counts[v]++;
    if (v == QTT_FAILED)
        print_failure(c, &why);
    if (v == QTT_SKIPPED)
        count_reason(t, buf_view(&why));
    if (v == QTT_PASSED) {
        if (strmap_find(&t->must_pass, c->id))
            strmap_put(&t->must_pass, c->id, "ok");
        vec_push(t->arena, &t->passed_ids, arena_str(t->arena, c->id));
    }
    if (t->verbose)
        printf("%s %.*s%s%s\n", v == QTT_PASSED ? "pass" : v == QTT_FAILED ? "FAIL" : "skip", STR_ARG(c->id),
               v == QTT_SKIPPED ? ": " : "", v == QTT_SKIPPED ? buf_z(&why) : "");
    buf_free(&why);
}

static void run_file(Tool *t, Str path)
{
    Err err = ERR_INIT;
    Arena *a = arena_new(0);
    QttCaseVec cases = {0};
    Str text, file = files_stem(path, ".json");
    int counts[3] = {0};
    if (files_read(a, path.p, &text, &err) || qtt_load(a, file, text, &cases, &err)) {
        printf("---- FAILED %s: %s\n", path.p, err.msg);
        counts[QTT_FAILED]++;
    }
    for (int i = 0; i < cases.n; i++) {
        if (t->has_match && regexec(&t->match, arena_cstr(a, cases.v[i].id), 0, NULL, 0) != 0)
            continue;
        if (t->list)
            printf("%.*s\n", STR_ARG(cases.v[i].id));
        else
            run_one(t, &cases.v[i], counts);
    }
    if (!t->list && counts[0] + counts[1] + counts[2])
        printf("%.*s: %d passed, %d failed, %d skipped\n", STR_ARG(file), counts[QTT_PASSED],
               counts[QTT_FAILED], counts[QTT_SKIPPED]);
    t->passed += counts[QTT_PASSED];
    t->failed += counts[QTT_FAILED];
    t->skipped += counts[QTT_SKIPPED];
    err_clear(&err);
    arena_free(a);
}

static int by_count(const void *a, const void *b)
{
    const StrMapEntry *x = a, *y = b;
    return *(const int *)y->value - *(const int *)x->value;
}

static void print_reasons(Tool *t)
{
    StrMapEntry *e, *all = ARENA_ARRAY(t->arena, StrMapEntry, t->reasons.live + 1);
    int n = 0, at = 0;
    while ((e = strmap_next(&t->reasons, &at)))
        all[n++] = *e;
    qsort(all, (size_t)n, sizeof *all, by_count);
    if (n)
        printf("skipped because:\n");
    for (int i = 0; i < n && (t->verbose || i < REASONS_SHOWN); i++)
        printf("%6d  %.*s\n", *(int *)all[i].value, STR_ARG(all[i].key));
    if (n > REASONS_SHOWN && !t->verbose)
        printf("        … and %d more reasons (--verbose lists them)\n", n - REASONS_SHOWN);
}

/* Listed cases that did not pass: a skipped or missing one counts as a failure. */
static void check_listed(Tool *t)
{
    StrMapEntry *e;
    int at = 0;
    while ((e = strmap_next(&t->must_pass, &at))) {
        if (*(const char *)e->value)
            continue;
        if (t->has_match && regexec(&t->match, e->key.p, 0, NULL, 0) != 0)
            continue;
        printf("---- FAILED listed in %s, but it did not pass: %.*s\n", t->passing, STR_ARG(e->key));
        t->failed++;
    }
}

static int by_id(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static int bless(Tool *t)
{
    Err err = ERR_INIT;
    Buf b = BUF_INIT;
    buf_printf(&b, "# %s that pass; written by `sluice test %s --bless`.\n", t->kind->title, t->kind->name);
    if (t->passed_ids.n)
        qsort(t->passed_ids.v, (size_t)t->passed_ids.n, sizeof(Str), by_id);
    for (int i = 0; i < t->passed_ids.n; i++)
        buf_printf(&b, "%.*s\n", STR_ARG(t->passed_ids.v[i]));
    Status st = files_write(t->bless, buf_view(&b), &err);
    if (st)
        bad(t, "not written", err.msg);
    err_clear(&err);
    buf_free(&b);
    return st ? 2 : 0;
}

static int run_tool(const Kind *kind, int argc, char **argv)
{
    Tool t = {.kind = kind};
    if (argc > 1 && !strcmp(argv[1], "--help"))
        return usage(&t, stdout);
    t.arena = arena_new(0);
    int code = arguments(&t, argc, argv);
    if (!code)
        code = read_list(&t, t.passing, &t.must_pass);
    if (!code)
        code = read_list(&t, t.known_file, &t.known);
    for (int i = 0; !code && i < t.files.n; i++)
        run_file(&t, t.files.v[i]);
    if (!code && !t.list) {
        check_listed(&t);
        print_reasons(&t);
        if (t.bless)
            code = bless(&t);
        printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped);
        if (!code)
            code = t.failed > 0;
    }
    if (t.has_match)
        regfree(&t.match);
    strmap_free(&t.must_pass);
    strmap_free(&t.known);
    strmap_free(&t.reasons);
    arena_free(t.arena);
    return code;
}

int tool_qtt(int argc, char **argv)
{
    static const Kind kind = {"qtt", "Query-validation cases", qtt_run_case};
    return run_tool(&kind, argc, argv);
}

int tool_rqtt(int argc, char **argv)
{
    static const Kind kind = {"rqtt", "Cases of REST queries", rqtt_run_case};
    return run_tool(&kind, argc, argv);
}
