// SPDX-License-Identifier: Apache-2.0
// Printing of queries and of lists: see print_style.h.
//
// KSQL puts several SELECT items on lines of their own with two blanks, one item behind SELECT, each
// clause on a line; a window is followed by a blank. LINE is the same with blanks for line ends. FMT
// broken: the items on one line where they fit, else one a line. Any thread.
#include <inttypes.h>

#include "sql/print_style.h"

/* ---- lists ------------------------------------------------------------------------------------ */

static void put_flat(Printer *pr, const void *list, int n, PutItem *item)
{
    for (int i = 0; i < n; i++) {
        buf_cstr(pr->out, i ? ", " : "");
        item(pr, list, i);
    }
}

/* Takes back what was written since `at` when it reaches past the width; false when it stays. */
static bool too_wide(Printer *pr, size_t at)
{
    if (!pr->broken || put_column(pr) <= PRINT_WIDTH)
        return false;
    pr->out->n = at;
    return true;
}

static void put_lines(Printer *pr, const void *list, int n, PutItem *item)
{
    for (int i = 0; i < n; i++) {
        buf_cstr(pr->out, i ? ",\n" : "\n");
        buf_repeat(pr->out, ' ', PRINT_INDENT);
        item(pr, list, i);
    }
}

void put_list(Printer *pr, const void *list, int n, PutItem *item)
{
    size_t at = pr->out->n;
    if (n == 0)
        return;
    buf_byte(pr->out, ' ');
    put_flat(pr, list, n, item);
    if (too_wide(pr, at))
        put_lines(pr, list, n, item);
}

void put_tall_list(Printer *pr, const void *list, int n, PutItem *item)
{
    buf_byte(pr->out, '(');
    put_lines(pr, list, n, item);
    buf_cstr(pr->out, "\n)");
}

void put_parens_list(Printer *pr, const void *list, int n, PutItem *item)
{
    size_t at;
    buf_byte(pr->out, '(');
    at = pr->out->n;
    put_flat(pr, list, n, item);
    buf_byte(pr->out, ')');
    if (too_wide(pr, at)) {
        put_lines(pr, list, n, item);
        buf_cstr(pr->out, "\n)");
    }
}

static void put_terms(Printer *pr, const Expr *e, ExprKind kind)
{
    const char *word = kind == EXPR_AND ? "AND" : "OR";
    if (e->a->kind == kind)
        put_terms(pr, e->a, kind);
    else
        put_expr(pr, e->a, kind == EXPR_AND ? PREC_AND : PREC_OR);
    buf_byte(pr->out, '\n');
    buf_repeat(pr->out, ' ', PRINT_INDENT);
    buf_printf(pr->out, "%s ", word);
    put_expr(pr, e->b, kind == EXPR_AND ? PREC_NOT : PREC_AND);
}

void put_condition(Printer *pr, const Expr *e)
{
    size_t at = pr->out->n;
    put_expr(pr, e, PREC_ANY);
    if ((e->kind == EXPR_AND || e->kind == EXPR_OR) && too_wide(pr, at))
        put_terms(pr, e, e->kind);
}

void put_break(Printer *pr)
{
    buf_byte(pr->out, pr->style == STYLE_KSQL || pr->broken ? '\n' : ' ');
}

/* ---- clauses ------------------------------------------------------------------------------------- */

void put_duration(Printer *pr, const Duration *d)
{
    static const char *const units[] = {"MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY"};
    bool one = d->n == 1 && !print_ksql(pr);
    buf_printf(pr->out, "%" PRId64 " %s%s", d->n, units[d->unit], one ? "" : "S");
}

static void put_item(Printer *pr, const void *list, int i)
{
    const SelectItem *item = &((const SelectItemVec *)list)->v[i];
    switch (item->kind) {
    case SELECT_STAR:
        buf_byte(pr->out, '*');
        break;
    case SELECT_SOURCE_STAR:
        put_name(pr, &item->source);
        buf_cstr(pr->out, ".*");
        break;
    case SELECT_STRUCT_STAR:
        put_expr(pr, item->expr, PREC_PRIMARY);
        buf_cstr(pr->out, "->*");
        break;
    case SELECT_EXPR:
        put_expr(pr, item->expr, PREC_ANY);
        if (item->alias.text.n) {
            buf_cstr(pr->out, print_ksql(pr) ? " " : " AS ");
            if (print_ksql(pr))
                put_alias(pr, &item->alias);
            else
                put_name(pr, &item->alias);
        }
        break;
    }
}

static void put_items(Printer *pr, const SelectItemVec *items)
{
    if (pr->tall && items->n > 1) {
        put_lines(pr, items, items->n, put_item);
        return;
    }
    if (!print_ksql(pr) || items->n == 1) {
        put_list(pr, items, items->n, put_item);
        return;
    }
    for (int i = 0; i < items->n; i++) {
        buf_cstr(pr->out, i ? "," : "");
        buf_cstr(pr->out, pr->style == STYLE_KSQL ? "\n  " : " ");
        put_item(pr, items, i);
    }
}

static void put_source(Printer *pr, const Source *s)
{
    put_name(pr, &s->name);
    if (!s->alias.text.n)
        return;
    buf_cstr(pr->out, print_ksql(pr) ? " " : " AS ");
    if (print_ksql(pr))
        put_alias(pr, &s->alias);
    else
        put_name(pr, &s->alias);
}

static void put_grace(Printer *pr, const Duration *d)
{
    if (!d->set)
        return;
    buf_cstr(pr->out, " GRACE PERIOD ");
    put_duration(pr, d);
}

static void put_join(Printer *pr, const Join *j)
{
    static const char *const ksql[] = {"INNER JOIN ", "LEFT OUTER JOIN ", "RIGHT OUTER JOIN ",
                                       "FULL OUTER JOIN "};
    static const char *const fmt[] = {"JOIN ", "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN "};
    put_break(pr);
    buf_cstr(pr->out, print_ksql(pr) ? ksql[j->kind] : fmt[j->kind]);
    put_source(pr, &j->right);
    if (j->within.set) {
        buf_cstr(pr->out, j->within.two ? " WITHIN (" : " WITHIN ");
        put_duration(pr, &j->within.before);
        if (j->within.two) {
            buf_cstr(pr->out, ", ");
            put_duration(pr, &j->within.after);
            buf_byte(pr->out, ')');
        }
        put_grace(pr, &j->within.grace);
    }
    buf_cstr(pr->out, print_ksql(pr) ? " ON (" : " ON ");
    put_condition(pr, j->on);
    buf_cstr(pr->out, print_ksql(pr) ? ")" : "");
}

static void put_window(Printer *pr, const Window *w)
{
    static const char *const kinds[] = {"", "TUMBLING", "HOPPING", "SESSION"};
    bool ksql = print_ksql(pr);
    put_break(pr);
    buf_cstr(pr->out, "WINDOW ");
    if (w->name.text.n && !ksql) {
        put_name(pr, &w->name);
        buf_byte(pr->out, ' ');
    }
    buf_printf(pr->out, "%s %s", kinds[w->kind], ksql ? "( " : "(");
    buf_cstr(pr->out, w->kind == WINDOW_SESSION ? "" : "SIZE ");
    put_duration(pr, &w->size);
    if (w->kind == WINDOW_HOPPING) {
        buf_cstr(pr->out, ksql ? " , ADVANCE BY " : ", ADVANCE BY ");
        put_duration(pr, &w->advance);
    }
    if (w->retention.set) {
        buf_cstr(pr->out, ksql ? " , RETENTION " : ", RETENTION ");
        put_duration(pr, &w->retention);
    }
    if (w->grace.set) {
        buf_cstr(pr->out, ksql ? " , GRACE PERIOD " : ", GRACE PERIOD ");
        put_duration(pr, &w->grace);
    }
    buf_cstr(pr->out, pr->style == STYLE_KSQL ? " ) " : ksql ? " )" : ")");
}

static void put_value(Printer *pr, const void *list, int i)
{
    put_expr(pr, ((const ExprVec *)list)->v[i], PREC_VALUE);
}

static void put_grouping(Printer *pr, const char *clause, const ExprVec *list)
{
    put_break(pr);
    buf_printf(pr->out, "%s BY", clause);
    if (list->n == 0)
        buf_cstr(pr->out, " ()");
    put_list(pr, list, list->n, put_value);
}

static void put_filter(Printer *pr, const char *clause, const Expr *e)
{
    if (!e)
        return;
    put_break(pr);
    buf_printf(pr->out, "%s ", clause);
    put_condition(pr, e);
}

void put_query(Printer *pr, const Query *q)
{
    buf_cstr(pr->out, "SELECT");
    put_items(pr, &q->items);
    put_break(pr);
    buf_cstr(pr->out, "FROM ");
    put_source(pr, &q->from.from);
    for (int i = 0; i < q->from.joins.n; i++)
        put_join(pr, &q->from.joins.v[i]);
    if (q->window.kind != WINDOW_NONE)
        put_window(pr, &q->window);
    put_filter(pr, "WHERE", q->where);
    if (q->has_group_by)
        put_grouping(pr, "GROUP", &q->group_by);
    if (q->has_partition_by)
        put_grouping(pr, "PARTITION", &q->partition_by);
    put_filter(pr, "HAVING", q->having);
    if (q->emit != EMIT_NONE) {
        put_break(pr);
        buf_cstr(pr->out, q->emit == EMIT_CHANGES ? "EMIT CHANGES" : "EMIT FINAL");
    }
    if (q->has_limit) {
        put_break(pr);
        buf_printf(pr->out, "LIMIT %" PRId64, q->limit);
    }
}
