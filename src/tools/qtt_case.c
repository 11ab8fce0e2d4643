// SPDX-License-Identifier: Apache-2.0
// Reading of query-validation files (page 12 §12.1): one node becomes one case for each of its
// formats and configurations.
#include "tools/qtt_case.h"

/* `text` with every {WORD} replaced. */
static Str replace_all(Arena *a, Str text, Str what, Str with)
{
    Buf b = BUF_INIT;
    for (size_t i = 0; i < text.n;) {
        if (with.n && text.n - i >= what.n && memcmp(text.p + i, what.p, what.n) == 0) {
            buf_str(&b, with);
            i += what.n;
        } else {
            buf_byte(&b, text.p[i++]);
        }
    }
    Str s = arena_str(a, buf_view(&b));
    buf_free(&b);
    return s;
}

static void set_statements(Arena *a, const JTree *statements, Str format, QttCase *c)
{
    Buf b = BUF_INIT;
    Str *all = ARENA_ARRAY(a, Str, statements ? statements->n : 0);
    c->nstatements = statements ? statements->n : 0;
    c->statements = all;
    for (int i = 0; i < c->nstatements; i++) {
        all[i] = replace_all(a, statements->items[i].text, STR("{FORMAT}"), format);
        if (i)
            buf_byte(&b, '\n');
        buf_str(&b, all[i]);
    }
    c->script = arena_str(a, buf_view(&b));
    buf_free(&b);
}

static bool is_true(const JTree *object, const char *name)
{
    const JTree *m = jtree_get(object, name);
    return m && m->kind == JT_BOOL && m->flag;
}

/* The property whose value is {CONFIG}. */
static Str config_property(const JTree *properties)
{
    for (int i = 0; properties && i < properties->n; i++)
        if (properties->items[i].kind == JT_STRING && str_eq_c(properties->items[i].text, "{CONFIG}"))
            return properties->names[i];
    return (Str){0};
}

static void add_case(Arena *a, Str file, const JTree *node, const JTree *format, const JTree *config,
                     QttCaseVec *out)
{
    QttCase c = {0};
    const JTree *enabled = jtree_get(node, "enabled");
    Str name = jtree_text(node, "name"), fmt = format ? format->text : (Str){0};
    c.properties = jtree_get(node, "properties");
    c.enabled = !enabled || enabled->kind != JT_BOOL || enabled->flag;
    c.topics = jtree_get(node, "topics");
    c.inputs = jtree_get(node, "inputs");
    c.outputs = jtree_get(node, "outputs");
    c.exception = jtree_get(node, "expectedException");
    if (!c.exception)
        c.exception = jtree_get(node, "expectedError");
    c.responses = jtree_get(node, "responses");
    c.wait_for_push = is_true(jtree_get(node, "inputConditions"), "waitForActivePushQuery");
    c.verify_order = is_true(jtree_get(node, "outputConditions"), "verifyOrder");
    c.post = jtree_get(node, "post");
    set_statements(a, jtree_get(node, "statements"), fmt, &c);
    c.id = arena_strf(a, "%.*s - %.*s", STR_ARG(file), STR_ARG(name));
    if (fmt.n)
        c.id = arena_strf(a, "%.*s - %.*s", STR_ARG(c.id), STR_ARG(fmt));
    if (config) {
        c.config_name = config_property(c.properties);
        c.config_value = jtree_plain(a, config);
        c.id = arena_strf(a, "%.*s - %.*s=%.*s", STR_ARG(c.id), STR_ARG(c.config_name),
                          STR_ARG(c.config_value));
    }
    vec_push(a, out, c);
}

Status qtt_load(Arena *a, Str file, Str text, QttCaseVec *out, Err *err)
{
    JTree *root;
    Status st = jtree_parse(a, text, true, &root, err);
    if (st)
        return st;
    const JTree *tests = jtree_get(root, "tests");
    if (!tests || tests->kind != JT_ARRAY)
        return err_set(err, ERR_BAD_REQUEST, "no list \"tests\" at the top");
    for (int i = 0; i < tests->n; i++) {
        const JTree *node = &tests->items[i];
        const JTree *formats = jtree_get(node, "format"), *configs = jtree_get(node, "config");
        int nf = formats && formats->n ? formats->n : 1, nc = configs && configs->n ? configs->n : 1;
        for (int f = 0; f < nf; f++)
            for (int k = 0; k < nc; k++)
                add_case(a, file, node, formats && formats->n ? &formats->items[f] : NULL,
                         configs && configs->n ? &configs->items[k] : NULL, out);
    }
    return OK;
}
