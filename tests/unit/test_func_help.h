// SPDX-License-Identifier: Apache-2.0
// One aggregate at work: its row, its context, and a state of its own. For the tests of src/func that look at
// states themselves, beside the operators that own them in the engine.
#ifndef TEST_FUNC_HELP_H
#define TEST_FUNC_HELP_H

#include "func/registry.h"
#include "unit.h"

typedef struct Agg {
    const AggRow *row;
    AggCtx c;
    char *state;
} Agg;

/* new; the context is copied, what it points to is borrowed. */
static inline Agg agg_of(const AggRow *row, const AggCtx *c)
{
    Agg g = {.row = row, .c = *c, .state = mem_zalloc((size_t)row->size)};
    if (row->init)
        row->init(&g.c, g.state);
    return g;
}

static inline void agg_close(Agg *g)
{
    if (g->row->drop)
        g->row->drop(&g->c, g->state);
    mem_free(g->state);
}

/* What the aggregate gives now, as a cell; in c->arena. */
static inline const char *agg_result(Agg *g)
{
    Value v = value_null();
    Buf b = BUF_INIT;
    g->row->result_of(&g->c, g->state, &v);
    value_cell(&b, g->c.result, &v);
    const char *text = arena_cstr(g->c.arena, buf_view(&b));
    buf_free(&b);
    return text;
}

#endif
