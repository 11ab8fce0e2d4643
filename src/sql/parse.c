// SPDX-License-Identifier: Apache-2.0
// The parser's driver: cuts a script into statements, replaces variables, feeds the grammar.
//
// For each statement: (1) its tokens, up to the semicolon; (2) if variables changed its text, the tokens of
// the new text; (3) marks that need look-ahead (a lambda's parenthesis); (4) one token after another to
// the grammar. Before a token is handed over the parser is asked whether it takes it
// (parser_takes), so an error is found before anything is reduced on its account, and parse_error.c
// can ask what would have been taken instead. A word that is a keyword only in places is read as the
// keyword or as a name, whichever lets the parser go on further over the next few tokens.
//
// Pure functions of their arguments; any thread.
#include "sql/parse.h"

#include <stdlib.h>

#include "base/limits.h"
#include "sql/parse_run.h"
#include "sql/parser.h"

void script_init(Script *s, Str text)
{
    if (!text.p)
        text = STR("");
    bool mark = str_starts(text, STR("\xEF\xBB\xBF")); /* the byte order mark of some editors */
    *s = (Script){.text = text, .at = mark ? 3 : 0, .line = 1, .col = 1};
}

/* ---- keyword or name ------------------------------------------------------------------------- */

int run_kinds(const Token *tk, int kinds[2])
{
    kinds[0] = tk->kind == TK_SEMI ? 0 : tk->kind;
    kinds[1] = TK_NAME;
    return tk->form == FORM_SOFT ? 2 : 1;
}

/* How many of the next `left` tokens from i the parser can take, reading words as it likes. */
static int reach(const ParseRun *run, const ParserProbe *from, int i, int left)
{
    int best = 0, kinds[2];
    if (left == 0)
        return 0;
    int n = run_kinds(&run->tokens.v[i], kinds);
    for (int k = 0; k < n && best < left; k++) {
        ParserProbe to;
        if (!parser_takes(run->parser, from, kinds[k], &to))
            continue;
        int r = kinds[k] == 0 ? left : 1 + reach(run, &to, i + 1, left - 1);
        best = r > best ? r : best;
    }
    return best;
}

enum { LOOK_AHEAD = 4 };

/* The kind as which to hand over the token at run->at; -1 when the parser takes none. */
static int choose(const ParseRun *run)
{
    int best = 0, kind = -1, kinds[2];
    int n = run_kinds(&run->tokens.v[run->at], kinds);
    ParserProbe here, to;
    parser_probe(run->parser, &here);
    for (int k = 0; k < n; k++) {
        if (!parser_takes(run->parser, &here, kinds[k], &to))
            continue;
        int r = n == 1 || kinds[k] == 0 ? 1 : 1 + reach(run, &to, run->at + 1, LOOK_AHEAD);
        if (r > best) {
            best = r;
            kind = kinds[k];
        }
    }
    return kind;
}

/* ---- one run over the tokens ------------------------------------------------------------------- */

static bool is_word(const Token *tk)
{
    return tk->form == FORM_WORD || tk->form == FORM_SOFT || keyword_word(tk->kind) ||
           tk->kind == TK_RESERVED_WORD;
}

/* `( name, … ) =>` from token i on. */
static bool lambda_follows(const TokenVec *t, int i)
{
    for (i++; i + 1 < t->n; i += 2) {
        int kind = t->v[i].kind, next = t->v[i + 1].kind;
        if (kind != TK_NAME && kind != TK_VARIABLE && t->v[i].form != FORM_SOFT)
            return false;
        if (next == TK_RP)
            return i + 2 < t->n && t->v[i + 2].kind == TK_LAMBDA;
        if (next != TK_COMMA)
            return false;
    }
    return false;
}

static void mark(ParseRun *run)
{
    Token *first = &run->tokens.v[RUN_FIRST];
    for (int i = RUN_FIRST; i < run->tokens.n; i++) {
        if (run->tokens.v[i].kind == TK_LP && lambda_follows(&run->tokens, i))
            run->tokens.v[i].kind = TK_LAMBDA_LP;
    }
    /* A variable may have any word for a name. */
    if ((first->kind == TK_DEFINE || first->kind == TK_UNDEFINE) && run->tokens.n > RUN_FIRST + 1 &&
        is_word(first + 1)) {
        first[1].kind = TK_NAME;
        first[1].form = FORM_WORD;
    }
}

/* The nesting after this token; brackets and CASE … END count. */
static int nesting(int depth, int kind)
{
    switch (kind) {
    case TK_LP: case TK_LAMBDA_LP: case TK_LB: case TK_CASE: case TK_EXPLAIN:
        return depth + 1;
    case TK_RP: case TK_RB: case TK_END:
        return depth - 1;
    default:
        return depth;
    }
}

/* Statements of the test runner alone. */
static bool refused_here(const ParseRun *run, int i)
{
    const Token *v = run->tokens.v;
    if (run->test_statements || i != RUN_FIRST + 1 || v[RUN_FIRST].kind != TK_ASSERT)
        return false;
    return v[i].kind == TK_VALUES || v[i].kind == TK_NULL || v[i].kind == TK_STREAM || v[i].kind == TK_TABLE;
}

static void feed(ParseRun *run)
{
    ParseCtx *ctx = &run->ctx;
    int depth = 0;
    for (run->at = RUN_FIRST; run->at < run->tokens.n && !ctx->failed; run->at++) {
        const Token *tk = &run->tokens.v[run->at];
        int kind = refused_here(run, run->at) ? -1 : choose(run);
        if (kind < 0) {
            parse_fault(run);
            ctx->failed = true;
            return;
        }
        depth = nesting(depth, kind);
        if (depth > LIMIT_NESTING) {
            (void)err_at(ctx->err, ERR_LIMIT, tk->span,
                         "The statement is nested too deeply: at most %d levels",
                         LIMIT_NESTING);
            ctx->failed = true;
            return;
        }
        sql_parse_(run->parser, kind, tk);
    }
}

/* start: 0 for a statement, else TK_START_EXPR. */
static void run_parser(ParseRun *run, int start)
{
    run->parser = sql_parse_Alloc(malloc, &run->ctx);
    if (!run->parser)
        abort();
    if (start)
        sql_parse_(run->parser, start, &run->tokens.v[0]);
    mark(run);
    feed(run);
    sql_parse_Free(run->parser, free);
    run->parser = NULL;
}

static void run_init(ParseRun *run, Arena *arena, Err *err)
{
    *run = (ParseRun){.ctx = {.arena = arena, .err = err}};
    for (int i = 0; i < RUN_FIRST; i++)
        vec_add(&run->tokens, (Token){.kind = TK_SEMI});
}

static Status run_done(ParseRun *run)
{
    vec_free(&run->tokens);
    return run->ctx.failed ? run->ctx.err->code : OK;
}

/* ---- statements ----------------------------------------------------------------------------------- */

/* Reads tokens up to the semicolon or the end (which is stored too), comments dropped. Past the limit of a
 * statement's size they are read but not stored. */
static Status collect(ParseRun *run, Lexer *lx, size_t limit, Err *err)
{
    size_t start = SIZE_MAX;
    for (;;) {
        Token tk = lexer_next(lx);
        if (tk.kind == TK_COMMENT)
            continue;
        if (start == SIZE_MAX)
            start = (size_t)tk.span.off;
        bool end = tk.kind == TK_SEMI || tk.kind == 0;
        if (lx->at - start > limit && !end && err->code == OK)
            (void)err_at(err, ERR_LIMIT, run->tokens.v[RUN_FIRST].span,
                         "The statement is longer than %zu bytes", limit);
        if (err->code == OK || end)
            vec_add(&run->tokens, tk);
        if (end)
            return err->code;
    }
}

/* Replaces the run's tokens by those of the text with variables. *sql: that text, in the arena. */
static Status substitute(ParseRun *run, Str script, const StrMap *vars, VarPieceVec *pieces, Str *sql)
{
    const Token first = run->tokens.v[RUN_FIRST], last = run->tokens.v[run->tokens.n - 1];
    Buf text = BUF_INIT;
    Status st = variables_replace(&run->tokens, script, (size_t)first.span.off, (size_t)last.span.off, vars,
                                  &text,
                                  pieces, run->ctx.err);
    if (st == OK) {
        Lexer lx;
        *sql = arena_str(run->ctx.arena, buf_view(&text));
        run->tokens.n = RUN_FIRST;
        lexer_init(&lx, *sql, 0, first.span.line, first.span.col);
        st = collect(run, &lx, LIMIT_STATEMENT_BYTES, run->ctx.err);
        run->tokens.v[run->tokens.n - 1].kind = last.kind;
    }
    buf_free(&text);
    return st;
}

/* Without substitution a variable is left only where the caller keeps them. */
static Status check_variables(const ParseRun *run, bool keep, Err *err)
{
    for (int i = RUN_FIRST; i < run->tokens.n && !keep; i++) {
        const Token *tk = &run->tokens.v[i];
        if (tk->kind == TK_VARIABLE) {
            Status st = err_at(err, ERR_SYNTAX, tk->span, "The variable %.*s is not defined",
                               STR_ARG(tk->text));
            err_hint(err, "DEFINE %.*s = '…'; gives it a value", (int)tk->text.n - 3, tk->text.p + 2);
            return st;
        }
    }
    return OK;
}

/* The statement of a run that went well: its span and text. */
static Stmt *finish(ParseRun *run, Str text, bool substituted)
{
    Stmt *s = run->ctx.stmt;
    const Token *first = &run->tokens.v[RUN_FIRST], *last = &run->tokens.v[run->tokens.n - 2];
    s->span = span_join(first->span, last->span);
    s->substituted = substituted;
    s->sql = str_sub(text, (size_t)s->span.off, (size_t)s->span.len);
    for (Stmt *in = s->inner; in; in = in->inner) { /* EXPLAIN … */
        in->span = span_join((++first)->span, last->span);
        in->sql = str_sub(text, (size_t)in->span.off, (size_t)in->span.len);
        in->substituted = substituted;
    }
    return s;
}

/* Runs over the collected tokens; text is what their offsets count in. */
static Status run_statement(ParseRun *run, bool lax_end)
{
    run_parser(run, 0);
    if (!run->ctx.failed && !lax_end && run->tokens.v[run->tokens.n - 1].kind == 0) {
        run->at = run->tokens.n - 1;
        parse_fault_semicolon(run);
        run->ctx.failed = true;
    }
    return run->ctx.failed ? run->ctx.err->code : OK;
}

Status script_next(Script *s, Arena *arena, const StrMap *vars, bool lax_end, Stmt **out, Err *err)
{
    ParseRun run;
    Lexer lx;
    VarPieceVec pieces = {NULL, 0, 0};
    Str text = s->text;
    bool substituted = false;
    *out = NULL;
    if (s->text.n > LIMIT_SCRIPT_BYTES)
        return err_set(err, ERR_LIMIT, "The script is longer than %d bytes", LIMIT_SCRIPT_BYTES);
    run_init(&run, arena, err);
    run.test_statements = s->test_statements;
    lexer_init(&lx, s->text, s->at, s->line, s->col);
    Status st = collect(&run, &lx, LIMIT_STATEMENT_BYTES, err);
    s->at = lx.at;
    s->line = lx.line;
    s->col = lx.col;
    if (st == OK && run.tokens.n == RUN_FIRST + 1 && run.tokens.v[RUN_FIRST].kind == 0)
        goto out; /* nothing but blanks and comments */
    Span begin = run.tokens.v[RUN_FIRST].span;
    if (st == OK && vars && !s->keep_variables && variables_used(&run.tokens)) {
        st = substitute(&run, s->text, vars, &pieces, &text);
        substituted = pieces.n > 0;
    }
    if (st == OK)
        st = check_variables(&run, s->keep_variables, err);
    if (st == OK)
        st = run_statement(&run, lax_end);
    if (st == OK)
        *out = finish(&run, text, substituted);
    else if (substituted && err->span.line > 0)
        err->span = variables_origin(&pieces, err->span, begin.off);
out:
    vec_free(&pieces);
    run.ctx.failed = st != OK;
    return run_done(&run);
}

Status parse_all(Str text, Arena *arena, const StrMap *vars, StmtVec *out, Err *err)
{
    Script s;
    script_init(&s, text);
    s.test_statements = true;
    for (;;) {
        Stmt *stmt;
        Status st = script_next(&s, arena, vars, true, &stmt, err);
        if (st != OK || !stmt)
            return st;
        vec_push(arena, out, stmt);
    }
}

/* An expression or a type: the whole text, without a semicolon. */
static Status parse_piece(Str text, int start, ParseRun *run)
{
    Lexer lx;
    lexer_init(&lx, text, 0, 1, 1);
    Status st = collect(run, &lx, LIMIT_STATEMENT_BYTES, run->ctx.err);
    const Token *last = &run->tokens.v[run->tokens.n - 1];
    if (st == OK && last->kind == TK_SEMI) {
        st = err_at(run->ctx.err, ERR_SYNTAX, last->span,
                    "Syntax Error\nSyntax error at or near ';' at line %d:%d",
                    last->span.line, last->span.col);
    }
    if (st == OK)
        st = check_variables(run, false, run->ctx.err);
    if (st == OK)
        run_parser(run, start);
    run->ctx.failed = run->ctx.failed || st != OK;
    return run_done(run);
}

Status parse_expression(Str text, Arena *arena, Expr **out, Err *err)
{
    ParseRun run;
    run_init(&run, arena, err);
    Status st = parse_piece(text, TK_START_EXPR, &run);
    *out = st == OK ? run.ctx.expr : NULL;
    return st;
}

bool script_complete(Str text)
{
    Lexer lx;
    bool closed = false;
    lexer_init(&lx, text, 0, 1, 1);
    for (;;) {
        int kind = lexer_next(&lx).kind;
        if (kind == 0)
            return closed;
        if (kind == TK_BAD_STRING || kind == TK_BAD_QUOTE || kind == TK_BAD_COMMENT)
            return false;
        if (kind != TK_COMMENT)
            closed = kind == TK_SEMI;
    }
}
