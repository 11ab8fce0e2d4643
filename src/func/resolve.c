// SPDX-License-Identifier: Apache-2.0
// Overload resolution by ksqlDB's rules (page 06 §6.0).
//
//   1. the overloads whose parameters take the argument types as they are; NULL fits everywhere, a
//      type variable is one type everywhere
//   2. of several the best by: no variadic parameter; more parameters; fewer type variables; the
//      best must be better than the second, else the call is ambiguous
//   3. none, and not an aggregate: again with implicit widening (INT → BIGINT → DECIMAL → DOUBLE,
//      STRING → times and BYTES)
// Pure; any thread.
#include "func/registry.h"

enum { VARIABLES = 26 };

typedef struct Binding {
    const Type *of[VARIABLES]; /* by letter */
} Binding;

static const Type **variable(Binding *b, const Type *generic)
{
    return &b->of[(generic->name.p[0] - 'A') % VARIABLES];
}

static bool implicit_cast(const Type *arg, const Type *param)
{
    if (type_is_number(arg) && type_is_number(param))
        return arg->kind <= param->kind;
    return arg->kind == KIND_STRING && (type_is_temporal(param) || param->kind == KIND_BYTES);
}

static bool accepts(Binding *b, const Type *param, const Type *arg, bool implicit)
{
    if (arg->kind == KIND_NULL || param->kind == KIND_ANY)
        return true;
    if (param->kind == KIND_GENERIC) {
        const Type **bound = variable(b, param);
        if (!*bound)
            *bound = arg;
        return type_equal(*bound, arg);
    }
    if (arg->kind != param->kind)
        return implicit && implicit_cast(arg, param);
    switch (param->kind) {
    case KIND_DECIMAL: return true;
    case KIND_ARRAY: return accepts(b, param->elem, arg->elem, false);
    case KIND_MAP: return accepts(b, param->key, arg->key, false) &&
        accepts(b, param->elem, arg->elem, false);
    case KIND_STRUCT: return param->nfields == 0 || type_equal(param, arg);
    case KIND_LAMBDA: return param->nfields == arg->nfields;
    default: return true;
    }
}

/* The parameter that takes argument i of n, or NULL when there is none. */
static const Param *param_for(const Overload *o, int i, int n)
{
    if (o->variadic < 0)
        return n == o->nparams ? &o->params[i] : NULL;
    int extra = n - (o->nparams - 1); /* how many go to the variadic one */
    if (extra < 0)
        return NULL;
    if (i < o->variadic)
        return &o->params[i];
    return i < o->variadic + extra ? &o->params[o->variadic] : &o->params[i - extra + 1];
}

static bool overload_accepts(const Overload *o, Binding *b, const Type *const *args, int n, bool implicit)
{
    memset(b, 0, sizeof *b);
    if (o->variadic < 0 ? n != o->nparams : n < o->nparams - 1)
        return false;
    for (int i = 0; i < n; i++)
        if (!accepts(b, param_for(o, i, n)->type, args[i], implicit))
            return false;
    return true;
}

static bool has_generic(const Type *t)
{
    if (t->kind == KIND_GENERIC)
        return true;
    if (t->kind == KIND_ARRAY)
        return has_generic(t->elem);
    return t->kind == KIND_MAP && (has_generic(t->key) || has_generic(t->elem));
}

static int generics(const Overload *o)
{
    int n = 0;
    for (int i = 0; i < o->nparams; i++)
        n += has_generic(o->params[i].type);
    return n;
}

/* Positive: x is the better one. */
static int rank(const Overload *x, const Overload *y)
{
    if ((x->variadic < 0) != (y->variadic < 0))
        return x->variadic < 0 ? 1 : -1;
    if (x->nparams != y->nparams)
        return x->nparams - y->nparams;
    if (generics(x) != generics(y))
        return generics(y) - generics(x);
    return x->variadic - y->variadic;
}

static const Overload *pick(const Function *f, const Type *const *args, int n, bool implicit,
                            Binding *binding,
                            bool *ambiguous)
{
    const Overload *best = NULL;
    *ambiguous = false;
    for (int i = 0; i < f->noverloads; i++) {
        Binding b;
        const Overload *o = &f->overloads[i];
        if (!overload_accepts(o, &b, args, n, implicit))
            continue;
        int better = best ? rank(o, best) : 1;
        *ambiguous = better == 0 || (*ambiguous && better < 0);
        if (better > 0) {
            best = o;
            *binding = b;
        }
    }
    return best;
}

/* ---- types of the call ----------------------------------------------------------------------- */

static const Type *bound_type(Arena *a, Binding *b, const Type *t)
{
    switch (t->kind) {
    case KIND_GENERIC: return *variable(b, t) ? *variable(b, t) : TYPE_NULL;
    case KIND_ARRAY: return type_array(a, bound_type(a, b, t->elem));
    case KIND_MAP: return type_map(a, bound_type(a, b, t->key), bound_type(a, b, t->elem));
    default: return t;
    }
}

static const Type *as_decimal(Arena *a, const Type *arg)
{
    if (arg->kind == KIND_INTEGER)
        return type_decimal(a, 10, 0);
    if (arg->kind == KIND_BIGINT)
        return type_decimal(a, 19, 0);
    return arg;
}

static const Type *cast_target(Arena *a, Binding *b, const Type *param, const Type *arg)
{
    if (param->kind == KIND_ANY || param->kind == KIND_LAMBDA || param->kind == KIND_STRUCT)
        return arg;
    if (param->kind == KIND_DECIMAL)
        return as_decimal(a, arg);
    return bound_type(a, b, param);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void print_upper(Buf *out, Str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_byte(out, s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 32) : s.p[i]);
}

static void print_args(Buf *out, const Type *const *args, int n)
{
    for (int i = 0; i < n; i++) {
        if (i)
            buf_cstr(out, ", ");
        if (args[i]->kind == KIND_NULL)
            buf_cstr(out, "null");
        else if (type_is_nested(args[i]))
            type_print_describe(out, args[i]);
        else
            type_print(out, args[i]);
    }
}

static void print_alternatives(Buf *out, const Function *f)
{
    for (int i = 0; i < f->noverloads; i++) {
        const Overload *o = &f->overloads[i];
        if (f->kind == FUNCTION_AGGREGATE)
            buf_str(out, f->name);
        else
            print_upper(out, f->name);
        buf_byte(out, '(');
        for (int k = 0; k < o->nparams; k++) {
            buf_cstr(out, k ? ", " : "");
            param_print(out, o->params[k].type);
            buf_printf(out, "%s %s", k == o->variadic ? "..." : "", o->params[k].name);
        }
        buf_cstr(out, ")\n");
    }
    buf_cstr(out, "For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;");
}

static Status refuse(const Function *f, const Type *const *args, int n, bool ambiguous, Err *err)
{
    Buf types = BUF_INIT, others = BUF_INIT;
    print_args(&types, args, n);
    print_alternatives(&others, f);
    Status st = err_set(err, ERR_STATEMENT,
                        ambiguous
                            ? "Function '%.*s' cannot be resolved due to ambiguous method parameters (%s).\n"
                                    "Use CAST() to explicitly cast your parameters to one of the supported function calls.\n"
                                    "Valid function calls are:\n%s"
                                  : "Function '%.*s' does not accept parameters (%s).\nValid alternatives are:\n%s",
                        STR_ARG(f->name), buf_z(&types), buf_z(&others));
    buf_free(&types);
    buf_free(&others);
    return st;
}

static Status refuse_scales(const Function *f, Err *err)
{
    Buf name = BUF_INIT;
    print_upper(&name, f->name);
    Status st = err_set(err, ERR_UNSUPPORTED, "not supported yet: %s over DECIMALs of different scale", buf_z(&name));
    buf_free(&name);
    return st;
}

Status function_resolve(const Function *f, Arena *a, const Type *const *args, int n, Resolved *out, Err *err)
{
    Binding b;
    bool ambiguous;
    const Overload *o = pick(f, args, n, false, &b, &ambiguous);
    if (!o && f->kind != FUNCTION_AGGREGATE)
        o = pick(f, args, n, true, &b, &ambiguous);
    if (!o || ambiguous)
        return refuse(f, args, n, ambiguous, err);
    out->overload = o;
    out->args = ARENA_ARRAY(a, const Type *, n + 1);
    for (int i = 0; i < n; i++)
        out->args[i] = cast_target(a, &b, param_for(o, i, n)->type, args[i]);
    const Type *(*result)(Arena *, const Type *const *, int) = o->scalar ? o->scalar->result
        : o->aggregate->result;
    out->result = result ? result(a, out->args, n) : bound_type(a, &b, o->result);
    return out->result ? OK : refuse_scales(f, err);
}
