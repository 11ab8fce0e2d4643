// SPDX-License-Identifier: Apache-2.0
// Formatting of whole scripts: statements in their canonical layout, comments where they stood.
//
// A comment belongs to one of four places, and each is written so that it is found there again:
//   before a statement      on lines of its own
//   behind the semicolon    on the statement's last line (likewise one before the semicolon)
//   within a statement      before the token that followed it, on its own line if it had one, else behind
//                           the token before it
//   at the end              like before a statement
// The printed statement has its own tokens (AS and parentheses come and go), so the source's tokens are laid
// beside the printed ones to find where an inner comment goes. A printed text has exactly the printed tokens:
// formatting it again moves nothing. Blank lines between statements and comments are kept, one at most.
// Any thread.
#include "sql/lexer.h"
#include "sql/parse.h"
#include "sql/parser.h"
#include "sql/print.h"
#include "sql/print_style.h"

typedef struct Comment {
    Str text;
    int line, end_line;
    int before;     /* index of the source token that follows */
    bool own_line;  /* it begins its line */
    bool line_form; /* --: the rest of the line is gone */
} Comment;
typedef VEC(Comment) CommentVec;

typedef struct Formatter {
    Buf *out;
    Str text;
    size_t at; /* end of what was written, in the source */
    int line;  /* the source's line there; 0: nothing was written */
    int col;
    bool line_taken; /* what was written ends with a comment that takes the rest of its line */
    CommentVec comments; /* of the piece at hand; heap */
    TokenVec source, printed;
} Formatter;

static Str trimmed_right(Str s)
{
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

/* Tokens and comments of the source from f->at up to `end`. */
static void scan(Formatter *f, size_t end)
{
    Lexer lx;
    int line = f->line;
    f->comments.n = f->source.n = 0;
    lexer_init(&lx, str_sub(f->text, 0, end), f->at, f->line ? f->line : 1, f->col);
    for (;;) {
        Token tk = lexer_next(&lx);
        if (tk.kind == 0)
            break;
        if (tk.kind == TK_COMMENT) {
            bool dashes = tk.text.p[0] == '-';
            vec_add(&f->comments, (Comment){dashes ? trimmed_right(tk.text) : tk.text, tk.span.line, lx.line,
                                            f->source.n,
                                            tk.span.line > line, dashes});
        } else {
            vec_add(&f->source, tk);
        }
        line = lx.line;
    }
    f->at = end;
    f->line = lx.line;
    f->col = lx.col;
}

/* Ends the line before something that stood on source line `line`; `last` is the line of what was
 * written before. A blank line is kept. */
static void separate(Formatter *f, int last, int line)
{
    if (f->out->n == 0)
        return;
    buf_byte(f->out, '\n');
    if (line - last > 1)
        buf_byte(f->out, '\n');
}

/* ---- comments within a statement ---------------------------------------------------------------- */

static bool same_token(const Token *a, const Token *b)
{
    if (a->kind == TK_TEXT || b->kind == TK_TEXT)
        return str_eq(a->text, b->text);
    return str_eq_nocase(a->text, b->text);
}

/* Moves the walk over both lists (i, j) on to source token `want`, skipping the fewest tokens at a
 * difference. Returns the printed token beside it. */
static int beside(const Formatter *f, int want, int *i, int *j)
{
    const TokenVec *src = &f->source, *out = &f->printed;
    while (*i < want && *i < src->n && *j < out->n) {
        int skip_out = 0, skip_src = 0;
        for (int k = 1; !same_token(&src->v[*i + skip_src], &out->v[*j + skip_out]) && k < 32; k++) {
            skip_out = skip_src = 0;
            if (*j + k < out->n && same_token(&src->v[*i], &out->v[*j + k]))
                skip_out = k;
            else if (*i + k < src->n && same_token(&src->v[*i + k], &out->v[*j]))
                skip_src = k;
        }
        *i += skip_src + 1;
        *j += skip_out + 1;
    }
    return *j < out->n ? *j : out->n;
}

/* The blanks before printed token g, and the indentation of a line that begins with it. */
static Str gap_before(const Formatter *f, Str stmt, int g, int *indent)
{
    size_t from = g ? (size_t)(f->printed.v[g - 1].span.off + f->printed.v[g - 1].span.len) : 0;
    Str gap = str_sub(stmt, from, (size_t)f->printed.v[g].span.off - from);
    size_t line = (size_t)f->printed.v[g].span.off;
    while (line > 0 && stmt.p[line - 1] != '\n')
        line--;
    for (*indent = 0; line + (size_t)*indent < stmt.n && stmt.p[line + (size_t)*indent] == ' ';)
        ++*indent;
    if (!memchr(gap.p, '\n', gap.n))
        *indent += PRINT_INDENT;
    return gap;
}

/* Writes the comments that go before printed token g, then the blanks before it. */
static void weave_gap(Formatter *f, Str stmt, int g, const Comment *c, int n)
{
    int indent;
    Str gap = gap_before(f, stmt, g, &indent);
    bool new_line = false, broken = gap.n > 0 && memchr(gap.p, '\n', gap.n);
    for (int i = 0; i < n; i++) {
        if (c[i].own_line || (i > 0 && c[i - 1].line_form)) {
            buf_byte(f->out, '\n');
            buf_repeat(f->out, ' ', indent);
            new_line = true;
        } else {
            buf_byte(f->out, ' ');
        }
        buf_str(f->out, c[i].text);
        new_line = new_line || c[i].line_form;
    }
    if (n == 0 || broken) {
        buf_str(f->out, gap);
    } else if (new_line) {
        buf_byte(f->out, '\n');
        buf_repeat(f->out, ' ', indent);
    } else {
        buf_byte(f->out, ' ');
    }
}

/* Writes the printed statement with the comments first[0 .. n) between its tokens. Returns how many of
 * them: the rest belongs behind the last token. */
static int weave(Formatter *f, Str stmt, const Comment *first, int n)
{
    Lexer lx;
    int next = 0, i = 0, j = 0;
    f->printed.n = 0;
    lexer_init(&lx, stmt, 0, 1, 1);
    for (Token tk = lexer_next(&lx); tk.kind != 0; tk = lexer_next(&lx))
        vec_add(&f->printed, tk);
    for (int g = 0; g < f->printed.n; g++) {
        int from = next;
        while (next < n && beside(f, first[next].before, &i, &j) <= g)
            next++;
        /* Before the first token nothing can stand: that would be a comment before the statement. */
        if (g == 0)
            next = 0;
        weave_gap(f, stmt, g, first + from, g == 0 ? 0 : next - from);
        buf_str(f->out, f->printed.v[g].text);
    }
    return next;
}

/* ---- pieces of a script ----------------------------------------------------------------------------- */

/* The first comments of the piece that stand on the line where the last statement ended. Returns how many. */
static int put_trailing(Formatter *f, int last)
{
    int i = 0;
    for (; i < f->comments.n && f->comments.v[i].before == 0 && f->comments.v[i].line == last &&
         f->out->n > 0; i++) {
        buf_byte(f->out, f->line_taken ? '\n' : ' ');
        buf_str(f->out, f->comments.v[i].text);
        f->line_taken = f->comments.v[i].line_form;
        last = f->comments.v[i].end_line;
    }
    return i;
}

/* Comments before the statement, each on its own line. Returns how many comments are done; *last: the
 * line of the last one. */
static int put_leading(Formatter *f, int i, int *last)
{
    for (; i < f->comments.n && f->comments.v[i].before == 0; i++) {
        const Comment *c = &f->comments.v[i];
        separate(f, *last, c->line);
        buf_str(f->out, c->text);
        *last = c->end_line;
    }
    return i;
}

static void put_statement(Formatter *f, const Stmt *stmt, int i)
{
    Buf printed = BUF_INIT;
    int ends = f->source.n; /* the semicolon, where there is one, is no token of the printed statement */
    if (ends > 0 && f->source.v[ends - 1].kind == TK_SEMI)
        ends--;
    int inner = i;
    while (inner < f->comments.n && f->comments.v[inner].before < ends)
        inner++;
    bool tall = false;
    for (int k = i; k < inner; k++)
        tall = tall || f->comments.v[k].line_form || f->comments.v[k].own_line;
    if (tall)
        print_stmt_tall(&printed, stmt);
    else
        print_stmt(&printed, stmt);
    if (inner > i)
        inner = i + weave(f, buf_view(&printed), f->comments.v + i, inner - i);
    else
        buf_str(f->out, buf_view(&printed));
    buf_byte(f->out, ';');
    f->line_taken = false;
    for (int k = inner; k < f->comments.n; k++) { /* between the last token and the semicolon */
        const Comment *c = &f->comments.v[k];
        buf_byte(f->out, c->own_line || f->line_taken ? '\n' : ' ');
        buf_str(f->out, c->text);
        f->line_taken = c->line_form;
    }
    buf_free(&printed);
}

Status print_script(Buf *out, Str text, Err *err)
{
    Script s;
    Formatter f = {.out = out};
    Arena *arena = arena_new(0);
    Status st;
    script_init(&s, text);
    s.test_statements = s.keep_variables = true;
    f.text = s.text;
    f.at = s.at;
    f.col = 1;
    for (;;) {
        Stmt *stmt;
        st = script_next(&s, arena, NULL, true, &stmt, err);
        if (st != OK)
            break;
        int last = f.line;
        scan(&f, s.at);
        int i = put_trailing(&f, last);
        if (i > 0)
            last = f.comments.v[i - 1].end_line;
        i = put_leading(&f, i, &last);
        if (!stmt)
            break;
        separate(&f, last, f.source.v[0].span.line);
        put_statement(&f, stmt, i);
        arena_reset(arena);
    }
    if (out->n > 0 && st == OK)
        buf_byte(out, '\n');
    vec_free(&f.comments);
    vec_free(&f.source);
    vec_free(&f.printed);
    arena_free(arena);
    return st;
}
