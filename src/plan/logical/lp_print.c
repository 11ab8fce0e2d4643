// SPDX-License-Identifier: Apache-2.0
// The logical plan as text: one line a node, inputs indented, and ksqlDB's EXPLAIN form.
#include "plan/plan.h"

static const char *const kinds[] = {
    [LP_SOURCE] = "source",       [LP_FILTER] = "filter",   [LP_GROUP] = "group", [LP_REPARTITION] = "repartition",
    [LP_AGGREGATE] = "aggregate", [LP_PROJECT] = "project", [LP_SINK] = "sink",   [LP_RESULT] = "result",
};

static void print_items(Buf *out, const LNode *n)
{
    for (int i = 0; i < n->n; i++) {
        buf_printf(out, "%s%s`%.*s` = ", i ? ", " : " ", i < n->nkeys ? "key " : "", STR_ARG(n->items[i].name));
        texpr_print(out, n->items[i].expr, n->input->schema);
    }
}

static void print_aggs(Buf *out, const LNode *n)
{
    for (int i = 0; i < n->naggs; i++) {
        const char *sig = n->aggs[i].row->signature;
        buf_printf(out, "%s %.*s = %.*s(", i ? "," : "", STR_ARG(n->aggs[i].name), (int)strcspn(sig, "("), sig);
        for (int k = 0; k < n->aggs[i].nargs; k++)
            buf_printf(out, "%s%.*s", k ? ", " : "", STR_ARG(n->input->schema->cols[n->aggs[i].args[k]].name));
        buf_byte(out, ')');
    }
}

static void print_node(Buf *out, const LNode *n)
{
    buf_cstr(out, kinds[n->kind]);
    if (n->source)
        buf_printf(out, " %.*s", STR_ARG(n->source->name));
    if (n->kind == LP_FILTER) {
        buf_byte(out, ' ');
        texpr_print(out, n->predicate, n->schema);
    }
    if (n->kind == LP_GROUP || n->kind == LP_PROJECT)
        print_items(out, n);
    if (n->kind == LP_AGGREGATE)
        print_aggs(out, n);
    if (n->is_table)
        buf_cstr(out, " (table)");
    buf_byte(out, '\n');
}

void lp_print(Buf *out, const LNode *top)
{
    int depth = 0;
    for (const LNode *n = top; n; n = n->input) {
        buf_repeat(out, ' ', 2 * depth++);
        print_node(out, n);
    }
}

static const char *explain_kind(const LNode *n)
{
    switch (n->kind) {
    case LP_SOURCE:
        return "SOURCE";
    case LP_FILTER:
        return "FILTER";
    case LP_GROUP:
        return "GROUP_BY";
    case LP_REPARTITION:
        return "REPARTITION";
    case LP_AGGREGATE:
        return "AGGREGATE";
    case LP_PROJECT:
        return "PROJECT";
    case LP_SINK:
        return "SINK";
    case LP_RESULT:
        return "RESULT";
    }
    BUG("logical node %d", n->kind);
}

/* Names bare, as ksqlDB's plan text has them. */
static void explain_schema(Buf *out, const Schema *s)
{
    for (int i = 0; i < s->n; i++) {
        buf_printf(out, "%s%.*s ", i ? ", " : "", STR_ARG(s->cols[i].name));
        type_print(out, s->cols[i].type);
        if (s->cols[i].role == ROLE_KEY)
            buf_cstr(out, " KEY");
    }
}

void plan_explain(Buf *out, const LNode *top, Str query_id)
{
    int depth = 0;
    for (const LNode *n = top; n; n = n->input) {
        if (n->kind == LP_RESULT || n->kind == LP_REPARTITION)
            continue;
        buf_repeat(out, '\t', 2 * depth++);
        buf_printf(out, " > [ %s ] | Schema: ", explain_kind(n));
        explain_schema(out, n->schema);
        buf_printf(out, " | Logger: %.*s.%s\n", STR_ARG(query_id), n->context);
    }
}
