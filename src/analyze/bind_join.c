// SPDX-License-Identifier: Apache-2.0
// Joins: what is refused before they run at all (they do not yet: `not supported yet: JOIN`).
//
// Rule and message: page 04 §4.8 of the ksqlDB reference. Pure; any thread.
#include "analyze/internal.h"

static Str alias_of(const Source *s) { return s->alias.text.n ? s->alias.text : s->name.text; }

static bool is_key(const Expr *e, const Source *s, const DataSource *ds)
{
    return e->kind == EXPR_COLUMN && ds->nkeys == 1 && str_eq(e->name.text, ds->schema->cols[0].name) &&
           (e->qualifier.text.n == 0 || str_eq(e->qualifier.text, alias_of(s)));
}

/* Of two tables, by what is not the left one's primary key: that side is re-keyed, and may have any number of partitions. */
static bool by_foreign_key(const Source *from, const DataSource *left, const DataSource *right, const Expr *on)
{
    bool keyed = on && on->kind == EXPR_COMPARE && (is_key(on->a, from, left) || is_key(on->b, from, left));
    return left->is_table && right->is_table && !keyed;
}

Status check_join(const Analyzer *an, const Query *q, Err *err)
{
    const Source *from = &q->from.from;
    const DataSource *left = catalog_find(an->cat, from->name.text);
    if (!left)
        return unknown_source(an, &from->name, "Exception while preparing statement: %s does not exist.", err);
    for (int i = 0; i < q->from.joins.n; i++) {
        const Join *j = &q->from.joins.v[i];
        const DataSource *right = catalog_find(an->cat, j->right.name.text);
        if (!right)
            return unknown_source(an, &j->right.name, "Exception while preparing statement: %s does not exist.", err);
        if (left->partitions == right->partitions || by_foreign_key(from, left, right, j->on))
            continue;
        Str l = alias_of(from), r = alias_of(&j->right);
        return err_at(err, ERR_STATEMENT, j->span,
                      "Can't join `%.*s` with `%.*s` since the number of partitions don't match. `%.*s` partitions = %d; `%.*s` "
                      "partitions = %d. Please repartition either one so that the number of partitions match.",
                      STR_ARG(l), STR_ARG(r), STR_ARG(l), left->partitions, STR_ARG(r), right->partitions);
    }
    return OK;
}
