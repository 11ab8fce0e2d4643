// SPDX-License-Identifier: Apache-2.0
// Logical to physical plan: sub-topologies, decoded columns, stores, serdes.
//
// The chain is walked from the source up. LP_REPARTITION ends a sub-topology with a writer of the
// repartition topic and begins the next one with a reader of it. A table's source is materialised
// first, so that each change carries the row before it.
#include "plan/plan.h"

typedef struct Builder {
    Arena *a;
    const PlanUse *use;
    PPlan *plan;
    VEC(PSub) subs;
    VEC(PNode) nodes; /* of the sub-topology being built */
    PInput input;
    Err *err;
} Builder;

static void end_sub(Builder *b)
{
    vec_push(b->a, &b->subs, (PSub){b->input, b->nodes.n, b->nodes.v});
    memset(&b->nodes, 0, sizeof b->nodes);
}

static bool keeps_logs(const PlanUse *use) { return use->changelog && use->app_id.n; }

/* ---- serdes of internal topics ---- */

/* The source's format, unless it cannot hold the columns; then JSON. */
static Status internal_serde(Builder *b, SerdeSpec *spec, SerdeSpec like, const ColumnDef *cols, int n, Str topic, bool is_key)
{
    Err quiet = ERR_INIT;
    *spec = (SerdeSpec){.format = like.format == FORMAT_NONE ? FORMAT_KAFKA : like.format, .is_key = is_key, .topic = topic,
                        .ncols = n, .cols = cols};
    if (keeps_logs(b->use))
        spec->delimiter = like.delimiter;
    bool fits = (is_key || spec->format != FORMAT_KAFKA) && serde_check(spec, &quiet) == OK;
    err_clear(&quiet);
    if (!fits)
        spec->format = FORMAT_JSON;
    const FormatInfo *info = format_info(spec->format);
    bool both = (info->flags & FORMAT_CAN_WRAP) && (info->flags & FORMAT_CAN_UNWRAP);
    if (is_key && n == 1 && both)
        spec->wrapping = UNWRAP_SINGLES;
    return serde_check(spec, b->err);
}

/* ---- changelog topics ---- */

/* cols: keys, then what the values hold. The topic has as many partitions as the sub-topology's input. */
static Status log_input(Builder *b, PNode *p, const char *store, const ColumnDef *cols, int n)
{
    DataSource *ds = b->plan->source;
    PInput *log = ARENA_NEW(b->a, PInput);
    bool *wanted = ARENA_ARRAY(b->a, bool, n);
    memset(wanted, 1, (size_t)n);
    *log = (PInput){
        .topic = arena_strf(b->a, "%.*s-%s-changelog", STR_ARG(b->use->app_id), store),
        .partitions = b->input.partitions,
        .internal = true,
        .is_table = true,
        .schema = schema_new(b->a, cols, n, false),
        .wanted = wanted,
        .timestamp_column = -1,
    };
    p->log = log;
    cols = log->schema->cols;
    Status st = internal_serde(b, &log->key, source_key_spec(ds), cols, p->nkeys, log->topic, true);
    return st ? st : internal_serde(b, &log->value, source_value_spec(ds), cols + p->nkeys, n - p->nkeys, log->topic, false);
}

/* The source's columns, ROWPARTITION, ROWOFFSET. */
static Status table_log(Builder *b, PNode *p)
{
    const Schema *s = p->schema;
    ColumnDef *cols = ARENA_ARRAY(b->a, ColumnDef, s->n);
    int *logged = ARENA_ARRAY(b->a, int, s->n), n = 0;
    for (int c = 0; c < s->n; c++) {
        if (s->cols[c].role == ROLE_KEY)
            continue;
        if (p->stored[c] && s->cols[c].role != ROLE_HEADERS && !str_eq_c(s->cols[c].name, "ROWTIME"))
            logged[n++] = c;
    }
    for (int k = 0; k < p->nkeys; k++)
        cols[k] = s->cols[k];
    for (int i = 0; i < n; i++)
        cols[p->nkeys + i] = (ColumnDef){s->cols[logged[i]].name, s->cols[logged[i]].type, ROLE_VALUE, {0}};
    p->nlogged = n;
    p->logged = logged;
    return log_input(b, p, p->context, cols, p->nkeys + n);
}

static const Type *state_type(Arena *a, const LAgg *agg, const Schema *in)
{
    if (!agg->row->intermediate)
        return agg->result;
    const Type **types = ARENA_ARRAY(a, const Type *, agg->nargs);
    for (int i = 0; i < agg->nargs; i++)
        types[i] = in->cols[agg->args[i]].type;
    return agg->row->intermediate(a, types, agg->nargs);
}

static Status aggregate_log(Builder *b, const LNode *l, PNode *p)
{
    int n = p->nkeys + l->nrequired + l->nvars;
    ColumnDef *cols = ARENA_ARRAY(b->a, ColumnDef, n);
    for (int i = 0; i < p->nkeys + l->nrequired; i++)
        cols[i] = p->in->cols[i];
    for (int i = 0; i < l->nvars; i++)
        cols[p->nkeys + l->nrequired + i] = (ColumnDef){arena_strf(b->a, "KSQL_AGG_VARIABLE_%d", i),
                                                        state_type(b->a, &l->aggs[l->vars[i]], p->in), ROLE_VALUE, {0}};
    p->nlogged = l->nrequired;
    p->logged = l->required;
    p->nvars = l->nvars;
    p->vars = l->vars;
    return log_input(b, p, "Aggregate-Aggregate-Materialize", cols, n);
}

/* ---- which columns of a source are read ---- */

static void mark_items(const LNode *n, bool *used)
{
    for (int i = 0; i < n->n; i++)
        texpr_columns(n->items[i].expr, used);
}

/* Up to the first node that makes columns of its own. */
static void mark_used(const LNode *const *chain, int n, bool *used)
{
    for (int i = 1; i < n; i++) {
        if (chain[i]->kind == LP_FILTER)
            texpr_columns(chain[i]->predicate, used);
        if (chain[i]->kind == LP_PROJECT || chain[i]->kind == LP_GROUP) {
            mark_items(chain[i], used);
            return;
        }
    }
}

/* A table's changelog holds whole rows, and where they came from. */
static void mark_logged(const Schema *s, bool *wanted)
{
    for (int c = 0; c < s->n; c++)
        wanted[c] |= s->cols[c].role == ROLE_VALUE || str_eq_c(s->cols[c].name, "ROWPARTITION") ||
                     str_eq_c(s->cols[c].name, "ROWOFFSET");
}

static Status source_input(Builder *b, const LNode *const *chain, int n)
{
    DataSource *ds = chain[0]->source;
    bool *wanted = ARENA_ARRAY(b->a, bool, chain[0]->schema->n);
    mark_used(chain, n, wanted);
    if (ds->is_table)
        for (int i = 0; i < ds->nkeys; i++)
            wanted[i] = true;
    if (ds->timestamp_column >= 0)
        wanted[ds->timestamp_column] = true;
    if (ds->is_table && keeps_logs(b->use))
        mark_logged(chain[0]->schema, wanted);
    b->input = (PInput){
        .topic = ds->topic,
        .partitions = ds->partitions,
        .is_table = ds->is_table,
        .key = source_key_spec(ds),
        .value = source_value_spec(ds),
        .schema = chain[0]->schema,
        .wanted = wanted,
        .timestamp_column = ds->timestamp_column,
        .source = ds,
    };
    if (!ds->is_table)
        return OK;
    PNode table = {
        .kind = PP_TABLE,
        .context = "KsqlTopic-Reduce",
        .in = chain[0]->schema,
        .schema = chain[0]->schema,
        .is_table = true,
        .nkeys = ds->nkeys,
        .stored = wanted,
        .store = b->plan->nstores++,
        .timestamp_column = -1,
    };
    Status st = keeps_logs(b->use) ? table_log(b, &table) : OK;
    vec_push(b->a, &b->nodes, table);
    return st;
}

/* ---- repartition ---- */

static Status repartition(Builder *b, const LNode *n)
{
    DataSource *ds = b->plan->source;
    Str topic = arena_strf(b->a, "%.*s-%s", STR_ARG(b->use->app_id), n->context);
    PNode end = {
        .kind = PP_REPARTITION,
        .context = n->context,
        .in = n->schema,
        .schema = n->schema,
        .is_table = n->is_table,
        .nkeys = n->nkeys,
        .store = -1,
        .topic = topic,
        .partitions = ds->partitions,
        .changes = n->is_table,
        .timestamp_column = -1,
    };
    Status st = internal_serde(b, &end.key, source_key_spec(ds), n->schema->cols, n->nkeys, topic, true);
    if (st == OK)
        st = internal_serde(b, &end.value, source_value_spec(ds), n->schema->cols + n->nkeys, n->schema->n - n->nkeys, topic,
                            false);
    if (st)
        return st;
    vec_push(b->a, &b->nodes, end);
    end_sub(b);
    bool *wanted = ARENA_ARRAY(b->a, bool, n->schema->n);
    memset(wanted, 1, (size_t)n->schema->n);
    b->input = (PInput){
        .topic = topic,
        .partitions = ds->partitions,
        .internal = true,
        .changes = n->is_table,
        .is_table = n->is_table,
        .key = end.key,
        .value = end.value,
        .schema = n->schema,
        .wanted = wanted,
        .timestamp_column = -1,
    };
    return OK;
}

/* ---- the other nodes ---- */

static const TExpr *const *exprs_of(Arena *a, const LNode *n)
{
    const TExpr **v = ARENA_ARRAY(a, const TExpr *, n->n);
    for (int i = 0; i < n->n; i++)
        v[i] = n->items[i].expr;
    return v;
}

static bool filter_follows(const LNode *const *chain, int i, int n)
{
    for (i++; i < n; i++)
        if (chain[i]->kind == LP_FILTER)
            return true;
    return false;
}

static Status add_node(Builder *b, const LNode *const *chain, int i, int n)
{
    const LNode *l = chain[i];
    PNode p = {.context = l->context, .in = l->input->schema, .schema = l->schema, .is_table = l->is_table,
               .nkeys = l->nkeys, .store = -1, .timestamp_column = -1};
    switch (l->kind) {
    case LP_FILTER:
        p.kind = PP_FILTER;
        p.predicate = l->predicate;
        break;
    case LP_GROUP:
    case LP_PROJECT:
        p.kind = l->kind == LP_GROUP ? PP_GROUP : PP_PROJECT;
        p.n = l->n;
        p.exprs = exprs_of(b->a, l);
        if (l->kind == LP_GROUP) {
            Status st = internal_serde(b, &p.key, source_key_spec(b->plan->source), l->schema->cols, l->nkeys, STR(""), true);
            if (st)
                return st;
        }
        break;
    case LP_AGGREGATE:
        p.kind = PP_AGGREGATE;
        p.naggs = l->naggs;
        p.aggs = l->aggs;
        p.store = b->plan->nstores++;
        p.needs_before = filter_follows(chain, i, n);
        if (keeps_logs(b->use)) {
            Status st = aggregate_log(b, l, &p);
            if (st)
                return st;
        }
        break;
    case LP_REPARTITION:
        return b->use->app_id.n ? repartition(b, l) : OK;
    case LP_SINK:
        p.kind = PP_SINK;
        p.topic = l->source->topic;
        p.partitions = l->source->partitions;
        p.nkeys = l->source->nkeys;
        p.key = source_key_spec(l->source);
        p.value = source_value_spec(l->source);
        p.timestamp_column = l->source->timestamp_column;
        b->plan->sink = l->source;
        break;
    case LP_RESULT:
        p.kind = PP_RESULT;
        break;
    case LP_SOURCE:
        BUG("a source within the chain");
    }
    vec_push(b->a, &b->nodes, p);
    return OK;
}

Status pp_build(Arena *a, const LNode *top, const PlanUse *use, PPlan **out, Err *err)
{
    int n = 0;
    if (keeps_logs(use))
        top = rule_changelog(a, top);
    for (const LNode *l = top; l; l = l->input)
        n++;
    const LNode **chain = ARENA_ARRAY(a, const LNode *, n);
    const LNode *l = top;
    for (int i = n - 1; i >= 0; i--, l = l->input)
        chain[i] = l;
    PPlan *plan = ARENA_NEW(a, PPlan);
    Builder b = {.a = a, .use = use, .plan = plan, .err = err};
    plan->source = chain[0]->source;
    plan->result = top->schema;
    Status st = source_input(&b, chain, n);
    for (int i = 1; i < n && st == OK; i++)
        st = add_node(&b, chain, i, n);
    if (st)
        return st;
    end_sub(&b);
    plan->subs = b.subs.v;
    plan->nsubs = b.subs.n;
    Buf text = BUF_INIT;
    pp_print(&text, plan);
    plan->fingerprint = str_hash(buf_view(&text));
    buf_free(&text);
    *out = plan;
    return OK;
}
