// SPDX-License-Identifier: Apache-2.0
// Replays expressions that a real ksqlDB evaluated: parser → binder → program → JSON text.
//
//   oracle_expr DIR KNOWN [-v]
//
// DIR holds rows.json (the two source streams), expressions.jsonl (one expression a line with its result type
// and rows, or its error) and where.jsonl (conditions and the keys that passed). An expression passes when
// type and every row are the same, or when both refuse
// it with the same text. Where Sluice answers "not supported yet" the expression is skipped. KNOWN
// lists differences that are meant: `glob of the expression | reason` a line; an entry that no longer
// differs is an error, so that the list stays true. The last line is the count.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/bind_expr.h"
#include "serde/serde.h"
#include "sql/parse.h"
#include "tools/json_tree.h"
#include "types/text.h"

typedef struct Stream {
    Str name;
    Schema *schema;
    Batch *batch;
    Scope scope;
    int nrows;
} Stream;

typedef struct Known {
    char *glob, *reason;
    int used;
} Known;

static Arena *keep; /* of the whole run */
static VEC(Stream) streams;
static VEC(Known) known;
static int passed, failed, skipped, accepted, long_decimals;
static bool verbose;

static char *read_file(const char *dir, const char *name, size_t *n)
{
    const char *path = dir ? arena_printf(keep, "%s/%s", dir, name) : name;
    FILE *f = fopen(path, "rb");
    Buf b = BUF_INIT;
    if (!f)
        return NULL;
    size_t got;
    while ((got = fread(buf_room(&b, 1 << 16), 1, 1 << 16, f)) > 0)
        b.n += got;
    fclose(f);
    *n = b.n;
    (void)buf_z(&b);
    return b.p;
}

static void die(const char *what, const Err *err)
{
    printf("%s: %s\n", what, err && err->msg ? err->msg : "failed");
    exit(1);
}

/* ---- the source streams ---------------------------------------------------------------------- */

static Schema *read_ddl(Str ddl)
{
    Script script;
    Stmt *s;
    Err err = ERR_INIT;
    script_init(&script, ddl);
    if (script_next(&script, keep, NULL, true, &s, &err))
        die("the sources' DDL", &err);
    ColumnDef *cols = ARENA_ARRAY(keep, ColumnDef, s->elements.n + 3);
    for (int i = 0; i < s->elements.n; i++) {
        const Element *e = &s->elements.v[i];
        cols[i] = (ColumnDef){.name = e->name.text, .role = e->role == ELEMENT_KEY ? ROLE_KEY : ROLE_VALUE};
        if (bind_type(keep, e->type, NULL, NULL, &cols[i].type, &err))
            die("a column's type", &err);
    }
    int n = s->elements.n;
    cols[n++] = (ColumnDef){.name = STR("ROWTIME"), .type = TYPE_BIGINT, .role = ROLE_SYSTEM};
    cols[n++] = (ColumnDef){.name = STR("ROWPARTITION"), .type = TYPE_INTEGER, .role = ROLE_SYSTEM};
    cols[n++] = (ColumnDef){.name = STR("ROWOFFSET"), .type = TYPE_BIGINT, .role = ROLE_SYSTEM};
    return schema_new(keep, cols, n, true);
}

static void fill_batch(Stream *st, const JTree *records)
{
    int n = st->nrows = records->n, nkeys = schema_count(st->schema, ROLE_KEY);
    Batch *b = st->batch = batch_new(keep, st->schema, n);
    Bytes *in = ARENA_ARRAY(keep, Bytes, n);
    uint16_t *rows = ARENA_ARRAY(keep, uint16_t, n);
    SerdeSpec spec = {.format = FORMAT_JSON, .ncols = schema_count(st->schema, ROLE_VALUE),
                      .cols = st->schema->cols + nkeys};
    Reader *r;
    Err err = ERR_INIT;
    b->flags = ARENA_ARRAY(keep, uint8_t, n);
    for (int i = 0; i < n; i++) {
        Str value = jtree_text(&records->items[i], "value"), key = jtree_text(&records->items[i], "key");
        const JTree *ts = jtree_get(&records->items[i], "timestamp");
        in[i] = (Bytes){value.p, (int64_t)value.n};
        rows[i] = (uint16_t)i;
        b->ts[i] = strtoll(arena_cstr(keep, ts->text), NULL, 10);
        b->offset[i] = i;
        if (nkeys)
            b->cols[0].s[i] = (View){key.p, (uint32_t)key.n, 0};
        b->cols[st->schema->n - 3].l[i] = b->ts[i];
        b->cols[st->schema->n - 2].i[i] = 0;
        b->cols[st->schema->n - 1].l[i] = i + 1;
    }
    if (reader_new(&spec, NULL, &r, &err))
        die("the value reader", &err);
    if (reader_read(r, in, rows, n, b, nkeys, rows) != n)
        die("a row of the sources was not read", NULL);
    reader_free(r);
}

static void read_streams(const char *dir)
{
    size_t n;
    JTree *root;
    Err err = ERR_INIT;
    char *text = read_file(dir, "rows.json", &n);
    if (!text || jtree_parse(keep, (Str){text, n}, false, &root, &err))
        die("rows.json", &err);
    const JTree *all = jtree_get(root, "streams");
    for (int i = 0; i < all->n; i++) {
        Stream st = {.name = all->names[i]};
        st.schema = read_ddl(jtree_text(&all->items[i], "ddl"));
        fill_batch(&st, jtree_get(&all->items[i], "records"));
        ScopeColumn *cols = ARENA_ARRAY(keep, ScopeColumn, st.schema->n);
        for (int k = 0; k < st.schema->n; k++)
            cols[k] = (ScopeColumn){st.name, st.schema->cols[k].name, st.schema->cols[k].type, k};
        st.scope = (Scope){.n = st.schema->n, .cols = cols, .clause = "SELECT"};
        vec_push(keep, &streams, st);
    }
}

static const Stream *find_stream(Str name)
{
    for (int i = 0; i < streams.n; i++)
        if (str_eq(streams.v[i].name, name))
            return &streams.v[i];
    return NULL;
}

static void read_known(const char *path)
{
    size_t n;
    char *text = read_file(NULL, path, &n), *save = NULL;
    if (!text)
        die("the list of known differences", NULL);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *bar = strstr(line, " | ");
        if (*line == '#' || !bar)
            continue;
        *bar = 0;
        vec_push(keep, &known, (Known){line, bar + 3, 0});
    }
}

/* ---- one expression -------------------------------------------------------------------------- */

static void differs(const JTree *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void differs(const JTree *c, const char *fmt, ...)
{
    bool where = jtree_get(c, "where") != NULL;
    char *expr = arena_cstr(keep, jtree_text(c, where ? "where" : "expr"));
    for (int i = 0; i < known.n; i++) {
        if (fnmatch(known.v[i].glob, expr, FNM_NOESCAPE) == 0) {
            known.v[i].used++;
            accepted++;
            return;
        }
    }
    failed++;
    printf("%.*s | %s\n    ", STR_ARG(where ? STR("WHERE") : jtree_text(c, "f")), expr);
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

static bool same_tree(const JTree *x, const JTree *y)
{
    if (x->kind != y->kind || x->n != y->n)
        return false;
    if (x->kind == JT_BOOL)
        return x->flag == y->flag;
    if (x->kind == JT_NUMBER || x->kind == JT_STRING)
        return str_eq(x->text, y->text);
    for (int i = 0; i < x->n; i++)
        if ((x->kind == JT_OBJECT && !str_eq(x->names[i], y->names[i])) ||
            !same_tree(&x->items[i], &y->items[i]))
            return false;
    return true;
}

static void print_tree(Buf *out, const JTree *t)
{
    switch (t->kind) {
    case JT_NULL: buf_cstr(out, "null"); break;
    case JT_BOOL: buf_cstr(out, t->flag ? "true" : "false"); break;
    case JT_NUMBER: buf_str(out, t->text); break;
    case JT_STRING: text_json_string(out, t->text); break;
    case JT_ARRAY:
    case JT_OBJECT:
        buf_byte(out, t->kind == JT_ARRAY ? '[' : '{');
        for (int i = 0; i < t->n; i++) {
            buf_cstr(out, i ? "," : "");
            if (t->kind == JT_OBJECT)
                buf_printf(out, "\"%.*s\":", STR_ARG(t->names[i]));
            print_tree(out, &t->items[i]);
        }
        buf_byte(out, t->kind == JT_ARRAY ? ']' : '}');
    }
}

/* The recorded message without what statements put around it; empty when it speaks of ksqlDB's insides. */
static Str core_message(Str msg)
{
    static const char *const wrappers[] = {"Failed to prepare statement: ", "Invalid Select: "};
    static const char *const insides[] =
        {"Line 1, Column", "The server encountered", "Cannot get name for", "Unexpected ",
                                          "Optional[", "line 1:", "not yet implemented", "Cannot invoke"};
    for (int i = 0; i < ARRAY_LEN(wrappers); i++)
        if (str_starts(msg, str_of(wrappers[i])))
            msg = str_sub(msg, strlen(wrappers[i]), msg.n - strlen(wrappers[i]));
    for (int i = 0; i < ARRAY_LEN(insides); i++)
        if (str_starts(msg, str_of(insides[i])))
            return (Str){NULL, 0};
    static const char *const tails[] = {". expression: ", "\nStatement: ", ", location:", "{alternatives of",
                                        "\nValid "};
    for (int i = 0; i < ARRAY_LEN(tails); i++) {
        const char *at = msg.n ? memmem(msg.p, msg.n, tails[i], strlen(tails[i])) : NULL;
        if (at)
            msg.n = (size_t)(at - msg.p);
    }
    return msg;
}

static void check_refusal(const JTree *c, const Err *err)
{
    const JTree *e = jtree_get(c, "error");
    if (err->code == ERR_UNSUPPORTED) {
        skipped++;
        return;
    }
    if (!e) {
        differs(c, "refused: %s", err->msg);
        return;
    }
    Str want = core_message(jtree_text(e, "message"));
    const char *col = want.n ? strstr(err->msg, "Col: ") : NULL;
    if (col && str_starts(want, STR("Line: ")))
        passed++; /* places are those of the whole statement there */
    else if (want.n && !strcasestr(err->msg, arena_cstr(keep, want)))
        differs(c, "message: %s\n    wanted:  %.*s", err->msg, STR_ARG(want));
    else
        passed++;
}

/* A DECIMAL here has 38 digits: what has more is NULL, and in the processing log. */
static bool too_long(const Type *t, const Value *v, const JTree *want)
{
    int digits = 0;
    for (size_t i = 0; want->kind == JT_NUMBER && i < want->text.n; i++)
        digits += want->text.p[i] >= '0' && want->text.p[i] <= '9';
    return t->kind == KIND_DECIMAL && v->null && digits > DECIMAL_MAX_PRECISION;
}

static void check_rows(const JTree *c, const Stream *st, const Column *got, Arena *a)
{
    const JTree *rows = jtree_get(c, "rows"), *all = jtree_get(c, "all");
    Str type = jtree_text(c, "type");
    Buf text = BUF_INIT, wanted = BUF_INIT;
    if (!str_eq_c(type, type_text(a, got->type))) {
        differs(c, "type %s, wanted %.*s", type_text(a, got->type), STR_ARG(type));
        return;
    }
    for (int i = 0; i < st->nrows; i++) {
        const JTree *want = rows ? &rows->items[i] : all;
        Value v = column_get(got, i);
        JTree *mine;
        Err err = ERR_INIT;
        buf_clear(&text);
        value_json(&text, got->type, &v);
        if (jtree_parse(a, arena_str(a, buf_view(&text)), false, &mine, &err) == OK && same_tree(mine, want))
            continue;
        if (too_long(got->type, &v, want)) {
            long_decimals++;
            continue;
        }
        print_tree(&wanted, want);
        differs(c, "row %d: %s, wanted %s", i, buf_z(&text), buf_z(&wanted));
        err_clear(&err);
        buf_free(&text);
        buf_free(&wanted);
        return;
    }
    buf_free(&text);
    passed++;
}

static void run_one(const JTree *c)
{
    const Stream *st = find_stream(jtree_text(c, "src"));
    Arena *a = arena_new(1 << 16);
    Err err = ERR_INIT;
    Expr *ast;
    const TExpr *x;
    Program *p;
    if (!st || jtree_get(c, "runtime") || (!jtree_get(c, "type") && !jtree_get(c, "error"))) {
        skipped++;
    } else if (parse_expression(jtree_text(c, "expr"), a, &ast, &err) ||
               bind_expr(a, &st->scope, ast, &x, &err)) {
        check_refusal(c, &err);
    } else if (x->type->kind == KIND_NULL) {
        (void)err_set(&err, ERR_STATEMENT, "Can't infer a type of null.");
        check_refusal(c, &err);
    } else if (program_new(a, &x, 1, effects_real(), &p, &err)) {
        check_refusal(c, &err);
    } else if (jtree_get(c, "error")) {
        differs(c, "accepted; wanted: %.*s", STR_ARG(jtree_text(jtree_get(c, "error"), "message")));
    } else {
        Column out;
        ErrorSet errors = {0};
        Batch *b = batch_share(a, st->batch);
        b->arena = a;
        b->errors = &errors;
        program_run(p, b, &out);
        check_rows(c, st, &out, a);
    }
    err_clear(&err);
    arena_free(a);
}

/* ---- WHERE ----------------------------------------------------------------------------------- */

static void check_keys(const JTree *c, const Stream *st, const uint16_t *sel, int n)
{
    const JTree *keys = jtree_get(c, "keys");
    bool same = keys && keys->n == n;
    for (int i = 0; same && i < n; i++)
        same = str_eq(keys->items[i].text, view_str(st->batch->cols[0].s[sel[i]]));
    if (same)
        passed++;
    else if (keys)
        differs(c, "%d rows pass, wanted %d", n, keys->n);
    else
        differs(c, "accepted");
}

static void run_where(const JTree *c)
{
    Stream st = *find_stream(STR("EX_T"));
    Arena *a = arena_new(1 << 16);
    Err err = ERR_INIT;
    Expr *ast;
    const TExpr *x;
    Program *p;
    st.scope.clause = "WHERE";
    st.scope.rowtime_magic = true;
    if (parse_expression(jtree_text(c, "where"), a, &ast, &err) ||
        bind_predicate(a, &st.scope, ast, &x, &err) ||
        program_new(a, &x, 1, effects_real(), &p, &err)) {
        if (err.code == ERR_UNSUPPORTED)
            skipped++;
        else if (jtree_get(c, "keys"))
            differs(c, "refused: %s", err.msg);
        else
            passed++;
    } else {
        ErrorSet errors = {0};
        uint16_t sel[LIMIT_BATCH_ROWS];
        Batch *b = batch_share(a, st.batch);
        b->arena = a;
        b->errors = &errors;
        check_keys(c, &st, sel, program_filter(p, b, sel));
    }
    err_clear(&err);
    arena_free(a);
}

static void replay(const char *dir, const char *name, void (*run)(const JTree *c))
{
    size_t n;
    char *text = read_file(dir, name, &n), *save = NULL;
    if (!text)
        die(name, NULL);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        Arena *a = arena_new(1 << 14);
        JTree *c;
        Err err = ERR_INIT;
        if (jtree_parse(a, str_of(line), false, &c, &err))
            die(line, &err);
        run(c);
        arena_free(a);
    }
    mem_free(text);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    verbose = argc > 3;
    keep = arena_new(1 << 20);
    functions_init();
    read_streams(argv[1]);
    read_known(argv[2]);
    replay(argv[1], "expressions.jsonl", run_one);
    replay(argv[1], "where.jsonl", run_where);
    for (int i = 0; i < known.n; i++) {
        if (verbose)
            printf("known: %d × %s (%s)\n", known.v[i].used, known.v[i].glob, known.v[i].reason);
        if (!known.v[i].used) {
            printf("no longer different: %s\n", known.v[i].glob);
            failed++;
        }
    }
    printf("%d known differences, %d rows with a DECIMAL of more than 38 digits\n", accepted, long_decimals);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}
