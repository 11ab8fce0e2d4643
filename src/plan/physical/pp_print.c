// SPDX-License-Identifier: Apache-2.0
// The physical plan as text: EXPLAIN's topology, golden tests, and what the fingerprint is taken of.
#include "plan/plan.h"

static const char *const kinds[] = {
    [PP_TABLE] = "table",         [PP_FILTER] = "filter",           [PP_PROJECT] = "project", [PP_GROUP] = "group",
    [PP_AGGREGATE] = "aggregate", [PP_REPARTITION] = "repartition", [PP_SINK] = "sink",       [PP_RESULT] = "result",
    [PP_SYSTEM] = "system",
};

static void print_serde(Buf *out, const char *side, const SerdeSpec *s)
{
    static const char *const wraps[] = {"", " wrapped", " unwrapped"};
    buf_printf(out, " %s %s%s", side, format_info(s->format)->name, wraps[s->wrapping]);
}

static void print_input(Buf *out, int i, const PInput *in)
{
    buf_printf(out, "sub-topology %d: topic %.*s (%d partition%s)", i, STR_ARG(in->topic), in->partitions,
               in->partitions == 1 ? "" : "s");
    print_serde(out, "key", &in->key);
    print_serde(out, "value", &in->value);
    buf_cstr(out, ", columns");
    int shown = 0;
    for (int c = 0; c < in->schema->n; c++)
        if (in->wanted[c])
            buf_printf(out, "%s %.*s", shown++ ? "," : "", STR_ARG(in->schema->cols[c].name));
    if (!shown)
        buf_cstr(out, " none");
    buf_byte(out, '\n');
}

static void print_node(Buf *out, const PNode *p)
{
    buf_printf(out, "  %s", kinds[p->kind]);
    if (p->store >= 0)
        buf_printf(out, " store %d (%s)", p->store, p->context);
    if (p->predicate) {
        buf_byte(out, ' ');
        texpr_print(out, p->predicate, p->in);
    }
    for (int i = 0; i < p->n; i++) {
        buf_printf(out, "%s%s`%.*s` = ", i ? ", " : " ", i < p->nkeys ? "key " : "", STR_ARG(p->schema->cols[i].name));
        texpr_print(out, p->exprs[i], p->in);
    }
    for (int i = 0; i < p->naggs; i++) {
        const char *sig = p->aggs[i].row->signature;
        buf_printf(out, "%s %.*s(", i ? "," : "", (int)strcspn(sig, "("), sig);
        for (int k = 0; k < p->aggs[i].nargs; k++)
            buf_printf(out, "%s%.*s", k ? ", " : "", STR_ARG(p->in->cols[p->aggs[i].args[k]].name));
        buf_byte(out, ')');
    }
    if (p->topic.n) {
        buf_printf(out, " topic %.*s (%d partition%s)", STR_ARG(p->topic), p->partitions, p->partitions == 1 ? "" : "s");
        print_serde(out, "key", &p->key);
        print_serde(out, "value", &p->value);
        if (p->changes)
            buf_cstr(out, " of changes");
    }
    buf_byte(out, '\n');
}

void pp_print(Buf *out, const PPlan *p)
{
    for (int i = 0; i < p->nsubs; i++) {
        print_input(out, i, &p->subs[i].input);
        for (int k = 0; k < p->subs[i].n; k++)
            print_node(out, &p->subs[i].nodes[k]);
    }
}
