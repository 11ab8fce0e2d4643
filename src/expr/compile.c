// SPDX-License-Identifier: Apache-2.0
// Typed expressions → program: registers are handed out, row lists narrowed, constants folded.
//
//   column          a register bound to the batch's column; the same one for every reference
//   constant        the largest constant sub-expressions are evaluated here; one that fails is left to
//                   the run, so that it fails on the rows that need it, and on no others
//   AND, OR         b is computed on the rows that a leaves open:  a; SPLIT a → open; b over open; AND
//   CASE            START dst; for each branch: when over rest; SPLIT when → take, rest; then over take;
//                   TAKE; at last ELSE (or NULL) over rest
//   constructors    each element is a scope of its own (see internal.h); so is each argument of a call
//   text = time     the text is parsed only on rows whose time is not NULL: a NULL decides before a bad text
// One thread; the program borrows the expressions.
#include "expr/internal.h"

typedef struct Cc {
    Program *p;
    Err *err;
    int scope;
    int depth;
} Cc;

static int compile(Cc *c, const TExpr *x, int list);

static int new_reg(Cc *c, int column)
{
    vec_push(c->p->arena, &c->p->regs, (Reg){column});
    vec_push(c->p->arena, &c->p->consts, (Column){0});
    return c->p->regs.n - 1;
}

static int const_reg(Cc *c, const Type *t, Value v)
{
    int reg = new_reg(c, -1);
    c->p->consts.v[reg] = column_constant(c->p->arena, t, v);
    return reg;
}

static const Column *reg_const(const Cc *c, int reg)
{
    const Column *col = &c->p->consts.v[reg];
    return col->constant ? col : NULL;
}

static int column_reg(Cc *c, int column)
{
    for (int i = 0; i < c->p->regs.n; i++)
        if (c->p->regs.v[i].column == column)
            return i;
    return new_reg(c, column);
}

static Instr *emit(Cc *c, Kernel *k, const char *name, const TExpr *x, int list)
{
    vec_push(c->p->arena, &c->p->code,
             (Instr){.kernel = k, .name = name, .dst = -1, .a = -1, .b = -1, .list = list, .yes = -1,
                     .no = -1,
                     .scope = c->scope, .x = x});
    return &c->p->code.v[c->p->code.n - 1];
}

/* An instruction that writes a new register; returns it. */
static int emit_to(Cc *c, Kernel *k, const char *name, const TExpr *x, int list, int a, int b)
{
    int dst = new_reg(c, -1);
    Instr *in = emit(c, k, name, x, list);
    in->dst = dst;
    in->a = a;
    in->b = b;
    return dst;
}

/* A value that its own type may not hold: ROUND(99.99, 0) is 100.00, a DECIMAL(4, 2). Inside an expression it counts as
 * it is, as in ksqlDB; in the column that gets the result it could not be read back. */
static bool may_not_fit(const TExpr *x) { return x->kind != TEXPR_CAST && type_has_decimal(x->type); }

/* Compiles a part whose failures stay inside it. to_column: its value goes into a column, or into an ARRAY,
 * MAP or STRUCT. */
static int compile_scope(Cc *c, const TExpr *x, int list, bool to_column)
{
    int outer = c->scope, before = c->p->code.n;
    c->scope = c->p->nscopes++;
    int reg = compile(c, x, list);
    if (to_column && reg >= 0 && c->p->code.n > before && may_not_fit(x))
        emit(c, kernel_fit, "fit", x, list)->dst = reg;
    if (reg >= 0 && c->p->code.n > before)
        emit(c, kernel_scope_end, "scope", x, list)->dst = reg;
    c->scope = outer;
    return reg;
}

static int compile_logic(Cc *c, const TExpr *x, int list)
{
    bool is_and = x->kind == TEXPR_AND;
    int a = compile(c, x->a, list);
    if (a < 0)
        return -1;
    int open = c->p->nlists++;
    Instr *split = emit(c, kernel_split, is_and ? "split" : "split not", x->a, list);
    split->a = a;
    if (is_and)
        split->yes = open;
    else
        split->no = open;
    int b = compile(c, x->b, open);
    if (b < 0)
        return -1;
    return emit_to(c, is_and ? kernel_and : kernel_or, is_and ? "and" : "or", x, list, a, b);
}

static int compile_case(Cc *c, const TExpr *x, int list)
{
    int dst = emit_to(c, kernel_case_start, "case", x, list, -1, -1);
    int rest = list, i = 0;
    for (; i + 1 < x->nargs; i += 2) {
        int when = compile(c, x->args[i], rest);
        if (when < 0)
            return -1;
        int take = c->p->nlists++, others = c->p->nlists++;
        Instr *split = emit(c, kernel_split, "split", x->args[i], rest);
        split->a = when;
        split->dst = dst; /* where a NULL condition fails the row */
        split->yes = take;
        split->no = others;
        int then = compile(c, x->args[i + 1], take);
        if (then < 0)
            return -1;
        Instr *in = emit(c, kernel_case_take, "take", x->args[i + 1], take);
        in->dst = dst;
        in->a = then;
        rest = others;
    }
    int other = i < x->nargs ? compile(c, x->args[i], rest) : -1;
    if (i < x->nargs && other < 0)
        return -1;
    Instr *in = emit(c, other >= 0 ? kernel_case_take : kernel_case_null, other >= 0 ? "take" : "null", x,
                     rest);
    in->dst = dst;
    in->a = other;
    return dst;
}

/* The registers of x's args; NULL on error. */
static int *compile_args(Cc *c, const TExpr *x, int list, bool scoped)
{
    int *regs = ARENA_ARRAY(c->p->arena, int, x->nargs + 1);
    for (int i = 0; i < x->nargs; i++) {
        regs[i] = scoped ? compile_scope(c, x->args[i], list, x->kind != TEXPR_CALL) : compile(c, x->args[i], list);
        if (regs[i] < 0)
            return NULL;
    }
    return regs;
}

static int compile_nary(Cc *c, Kernel *k, const char *name, const TExpr *x, int list, bool scoped)
{
    int a = x->a ? compile(c, x->a, list) : -1;
    if (x->a && a < 0)
        return -1;
    int *regs = compile_args(c, x, list, scoped);
    if (!regs)
        return -1;
    int dst = emit_to(c, k, name, x, list, a, -1);
    Instr *in = &c->p->code.v[c->p->code.n - 1];
    in->nargs = x->nargs;
    in->args = regs;
    return dst;
}

static int compile_in(Cc *c, const TExpr *x, int list)
{
    int dst = compile_nary(c, kernel_in, "in", x, list, false);
    if (dst < 0)
        return -1;
    Instr *in = &c->p->code.v[c->p->code.n - 1];
    Column *consts = ARENA_ARRAY(c->p->arena, Column, in->nargs + 1);
    for (int i = 0; i < in->nargs; i++) {
        const Column *col = reg_const(c, in->args[i]);
        if (!col)
            return dst;
        consts[i] = *col;
    }
    in->memo = in_prepare(c->p->arena, x->a->type, consts, in->nargs);
    return dst;
}

static int compile_like(Cc *c, const TExpr *x, int list)
{
    int a = compile(c, x->a, list);
    int b = a < 0 ? -1 : compile(c, x->b, list);
    if (b < 0)
        return -1;
    int dst = emit_to(c, kernel_like, "like", x, list, a, b);
    const Column *pattern = reg_const(c, b);
    if (pattern && !column_is_null(pattern, 0))
        c->p->code.v[c->p->code.n - 1].memo = like_prepare(c->p->arena, view_str(pattern->s[0]), x->escape);
    return dst;
}

static int compile_call(Cc *c, const TExpr *x, int list)
{
    if (x->func->flags & FUNC_VOLATILE)
        c->p->is_volatile = true;
    int dst = compile_nary(c, kernel_call, "call", x, list, true);
    if (dst >= 0)
        c->p->code.v[c->p->code.n - 1].memo = call_prepare(c->p->arena, x);
    return dst;
}

static int compile_unary(Cc *c, Kernel *k, const char *name, const TExpr *x, int list)
{
    int a = compile(c, x->a, list);
    BUG_IF(!k);
    return a < 0 ? -1 : emit_to(c, k, name, x, list, a, -1);
}

static int compile_binary(Cc *c, Kernel *k, const char *name, const TExpr *x, int list)
{
    int a = compile(c, x->a, list);
    int b = a < 0 ? -1 : compile(c, x->b, list);
    BUG_IF(!k);
    return b < 0 ? -1 : emit_to(c, k, name, x, list, a, b);
}

static bool parses_time(const TExpr *x)
{
    return x->kind == TEXPR_CAST && x->a->type->kind == KIND_STRING && type_is_temporal(x->type);
}

static int compile_compare(Cc *c, const TExpr *x, int list)
{
    const char *name = "";
    Kernel *k = kernel_compare(x, &name);
    bool parse_a = parses_time(x->a) && !parses_time(x->b);
    const TExpr *text = parse_a ? x->a : x->b, *time = parse_a ? x->b : x->a;
    if (!parses_time(text))
        return compile_binary(c, k, name, x, list);
    int t = compile(c, time, list);
    if (t < 0)
        return -1;
    int there = emit_to(c, kernel_is_not_null, "is not null", time, list, t, -1), rows = c->p->nlists++;
    Instr *split = emit(c, kernel_split, "split", time, list);
    split->a = there;
    split->yes = rows;
    int s = compile(c, text, rows);
    return s < 0 ? -1 : emit_to(c, k, name, x, list, parse_a ? s : t, parse_a ? t : s);
}

static int compile_node(Cc *c, const TExpr *x, int list)
{
    const char *name = "";
    Kernel *k;
    switch (x->kind) {
    case TEXPR_CONST: return const_reg(c, x->type, x->value);
    case TEXPR_COLUMN: return column_reg(c, x->column);
    case TEXPR_ARITH: k = kernel_arith(x, &name); return compile_binary(c, k, name, x, list);
    case TEXPR_NEG: k = kernel_neg(x, &name); return compile_unary(c, k, name, x, list);
    case TEXPR_COMPARE: return compile_compare(c, x, list);
    case TEXPR_CAST: k = kernel_cast(x, &name); return compile_unary(c, k, name, x, list);
    case TEXPR_AND:
    case TEXPR_OR: return compile_logic(c, x, list);
    case TEXPR_NOT: return compile_unary(c, kernel_not, "not", x, list);
    case TEXPR_IS_NULL: return compile_unary(c, kernel_is_null, "is null", x, list);
    case TEXPR_IS_NOT_NULL: return compile_unary(c, kernel_is_not_null, "is not null", x, list);
    case TEXPR_IN: return compile_in(c, x, list);
    case TEXPR_LIKE: return compile_like(c, x, list);
    case TEXPR_CASE: return compile_case(c, x, list);
    case TEXPR_CALL: return compile_call(c, x, list);
    case TEXPR_SUBSCRIPT: return compile_binary(c, kernel_subscript, "subscript", x, list);
    case TEXPR_FIELD: return compile_unary(c, kernel_field, "field", x, list);
    case TEXPR_ARRAY: return compile_nary(c, kernel_array, "array", x, list, true);
    case TEXPR_MAP: return compile_nary(c, kernel_map, "map", x, list, true);
    case TEXPR_STRUCT: return compile_nary(c, kernel_struct, "struct", x, list, true);
    case TEXPR_LAMBDA:
    case TEXPR_PARAM: break;
    }
    err_set(c->err, ERR_UNSUPPORTED, "not supported yet: lambda functions");
    return -1;
}

static Status evaluate(Arena *a, const TExpr *x, Effects *fx, Value *out, ErrorSet *errors, Err *err);

static int compile(Cc *c, const TExpr *x, int list)
{
    if (!c->p->no_fold && x->kind != TEXPR_CONST && texpr_is_constant(x)) {
        Err err = ERR_INIT;
        ErrorSet errors = {0};
        Value v;
        Status st = evaluate(c->p->arena, x, c->p->fx, &v, &errors, &err);
        err_clear(&err);
        if (st == OK && errors.total == 0)
            return const_reg(c, x->type, v);
    }
    return compile_node(c, x, list);
}

static Status program_build(Arena *a, const TExpr *const *exprs, int n, Effects *fx, bool no_fold,
                            Program **out,
                            Err *err)
{
    Program *p = ARENA_NEW(a, Program);
    p->arena = a;
    p->fx = fx;
    p->n = n;
    p->no_fold = no_fold;
    p->results = ARENA_ARRAY(a, int, n + 1);
    p->nlists = 1;
    Cc c = {.p = p, .err = err};
    for (int i = 0; i < n; i++) {
        p->results[i] = compile_scope(&c, exprs[i], 0, true);
        if (p->results[i] < 0)
            return err->code;
    }
    p->cols = ARENA_ARRAY(a, Column, p->regs.n + 1);
    for (int i = 0; i < p->regs.n; i++)
        p->cols[i] = p->consts.v[i];
    p->lists = ARENA_ARRAY(a, RowList, p->nlists);
    p->failed = ARENA_ARRAY(a, uint64_t *, p->nscopes + 1);
    *out = p;
    return OK;
}

Status program_new(Arena *a, const TExpr *const *exprs, int n, Effects *fx, Program **out, Err *err)
{
    return program_build(a, exprs, n, fx, false, out, err);
}

/* On one row. errors: also those that stayed inside arguments and elements; the outermost scope is number 0.
 * */
static Status evaluate(Arena *a, const TExpr *x, Effects *fx, Value *out, ErrorSet *errors, Err *err)
{
    Program *p;
    Status st = program_build(a, &x, 1, fx, true, &p, err);
    if (st)
        return st;
    Schema none = {0, NULL};
    int64_t zero = 0;
    Batch b = {.schema = &none, .arena = a, .n = 1, .nsel = 1, .ts = &zero, .offset = &zero,
               .errors = errors};
    Column result;
    program_run(p, &b, &result);
    if (p->failed[0])
        return err_set(err, ERR_STATEMENT, "%.*s", STR_ARG(errors->v.v[errors->v.n - 1].message));
    *out = column_get(&result, 0);
    return OK;
}

Status texpr_evaluate(Arena *a, const TExpr *x, Effects *fx, Value *out, Err *err)
{
    ErrorSet errors = {0};
    if (x->kind == TEXPR_CONST) {
        *out = x->value;
        return OK;
    }
    return evaluate(a, x, fx, out, &errors, err);
}
