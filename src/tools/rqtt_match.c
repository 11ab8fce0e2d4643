// SPDX-License-Identifier: Apache-2.0
// Comparison of answers with the responses of a REST query case (page 12 §12.9 of the ksqlDB reference).
//
// Responses and answers go in pairs, in order; there may be fewer responses. A query's response must have as many
// lines as its answer: the header first, the final message last, the rows between in any order unless the case
// verifies it. Columns compare as the values of QTT do.
#include "tools/rqtt_run.h"

static bool text_holds(Str sql, Str op, Str expected, const JTree *actual)
{
    if (str_eq_c(expected, "{STATEMENT}"))
        expected = sql;
    if (actual->kind != JT_STRING)
        return false;
    if (str_eq_c(op, "starts_with"))
        return str_starts(actual->text, expected);
    return op.n == 0 && str_eq(actual->text, expected);
}

/* A member's name taken apart at the bar. */
static Str operator_of(Str *name)
{
    const char *bar = memchr(name->p, '|', name->n);
    if (!bar)
        return (Str){0};
    size_t n = (size_t)(bar - name->p);
    Str op = str_sub(*name, n + 1, name->n - n - 1);
    *name = str_sub(*name, 0, n);
    return op;
}

static const JTree *member(const JTree *t, Str name)
{
    for (int i = 0; t && t->kind == JT_OBJECT && i < t->n; i++)
        if (str_eq(t->names[i], name))
            return &t->items[i];
    return NULL;
}

bool rqtt_holds(Str sql, const JTree *expected, const JTree *actual)
{
    if (expected->kind == JT_STRING)
        return text_holds(sql, (Str){0}, expected->text, actual);
    if (expected->kind != JT_OBJECT)
        return qtt_equal(expected, actual, true);
    for (int i = 0; i < expected->n; i++) {
        Str name = expected->names[i], op = operator_of(&name);
        const JTree *e = &expected->items[i], *m = member(actual, name);
        if (!m || (op.n ? e->kind != JT_STRING || !text_holds(sql, op, e->text, m) : !rqtt_holds(sql, e, m)))
            return false;
    }
    return actual->kind == JT_OBJECT;
}

static bool is_tombstone(const JTree *row)
{
    const JTree *t = jtree_get(row, "tombstone");
    return t && t->kind == JT_BOOL && t->flag;
}

static bool line_holds(Str sql, const JTree *expected, const JTree *actual)
{
    const JTree *e = jtree_get(expected, "row"), *v = jtree_get(actual, "row");
    if (!e)
        return rqtt_holds(sql, expected, actual);
    const JTree *ec = jtree_get(e, "columns"), *vc = jtree_get(v, "columns");
    return v && ec && vc && is_tombstone(e) == is_tombstone(v) && qtt_equal(ec, vc, true);
}

static void print_side(Buf *out, const char *label, const JTree *const *lines, int n, const bool *met)
{
    for (int i = 0; i < n; i++) {
        buf_printf(out, "  %s %s ", met[i] ? " " : ">", label);
        jtree_write(out, lines[i]);
        buf_byte(out, '\n');
    }
}

/* Pairs the lines; what has no partner keeps false. */
static bool pair_lines(QttRun *r, const RqttAnswer *a, const JTree *expected, bool *emet, bool *amet)
{
    bool ok = expected->n == a->rows.n;
    for (int i = 0; i < expected->n; i++) {
        bool fixed = r->c->verify_order || !jtree_get(&expected->items[i], "row");
        for (int k = fixed ? i : 0; k < a->rows.n && !emet[i]; k++) {
            if (!amet[k] && line_holds(a->sql, &expected->items[i], a->rows.v[k]))
                emet[i] = amet[k] = true;
            if (fixed)
                break;
        }
        ok &= emet[i];
    }
    return ok;
}

static bool check_query(QttRun *r, const RqttAnswer *a, const JTree *expected)
{
    bool *emet = ARENA_ARRAY(r->arena, bool, expected->n), *amet = ARENA_ARRAY(r->arena, bool, a->rows.n);
    if (pair_lines(r, a, expected, emet, amet))
        return true;
    const JTree **lines = ARENA_ARRAY(r->arena, const JTree *, expected->n);
    for (int i = 0; i < expected->n; i++)
        lines[i] = &expected->items[i];
    buf_printf(r->why, "another answer to %.*s\n  %d lines expected, %d came\n", STR_ARG(a->sql), expected->n,
               a->rows.n);
    print_side(r->why, "expected", lines, expected->n, emet);
    print_side(r->why, "actual  ", a->rows.v, a->rows.n, amet);
    return false;
}

static bool check_answer(QttRun *r, const RqttAnswer *a, const JTree *response)
{
    const JTree *query = jtree_get(response, "query"), *admin = jtree_get(response, "admin");
    if (query && a->query)
        return check_query(r, a, query);
    if (admin && !a->query && rqtt_holds(a->sql, admin, a->rows.v[0]))
        return true;
    buf_printf(r->why, "another answer to %.*s\n  expected: ", STR_ARG(a->sql));
    jtree_write(r->why, response);
    buf_printf(r->why, "\n  actual:   ");
    for (int i = 0; i < a->rows.n; i++)
        jtree_write(r->why, a->rows.v[i]);
    buf_byte(r->why, '\n');
    return false;
}

bool rqtt_check_answers(QttRun *r, const RqttAnswerVec *answers)
{
    const JTree *responses = r->c->responses;
    int at = 0;
    for (int i = 0; responses && i < responses->n; i++) {
        if (jtree_get(&responses->items[i], "queryProto"))
            continue; /* the same query again, as protobuf */
        if (at == answers->n) {
            buf_printf(r->why, "more responses are expected than the %d that came\n", at);
            return false;
        }
        if (!check_answer(r, &answers->v[at++], &responses->items[i]))
            return false;
    }
    return true;
}
