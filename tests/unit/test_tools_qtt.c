// SPDX-License-Identifier: Apache-2.0
// The exact-number JSON reader and the comparison rules of query-validation cases.
#include "unit.h"

#include "tools/json_tree.h"
#include "tools/qtt_case.h"

int test_tools_json_tree(void)
{
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    Buf b = BUF_INIT;
    JTree *t;
    const char *text = "{ // head\n \"a\": [1, 10.00, -1E+5, null, true], /* b */ \"b\\u00e9\\\"\": \"x\\ny\" }";
    CHECK_INT(jtree_parse(a, str_of(text), true, &t, &err), OK);
    CHECK_INT(t->kind, JT_OBJECT);
    CHECK_INT(t->n, 2);
    jtree_write(&b, t);
    CHECK_STR(buf_view(&b), "{\"a\":[1,10.00,-1E+5,null,true],\"b\xc3\xa9\\\"\":\"x\\ny\"}");
    CHECK_INT(jtree_get(t, "a")->n, 5);
    CHECK(jtree_get(t, "z") == NULL);
    CHECK_INT(jtree_parse(a, STR("{\"s\":\"\\ud83d\\ude00\"}"), false, &t, &err), OK);
    CHECK_STR(jtree_text(t, "s"), "\xf0\x9f\x98\x80");
    buf_free(&b);
    arena_free(a);
    return 0;
}

int test_tools_json_tree_refuses(void)
{
    static const char *const bad[] = {"",      "{",       "[1,]",   "{\"a\" 1}", "\"x",  "nul",   "1 2",
                                      "[1",    "{1:2}",   "\"\\q\"", "\"\\u00\"", "1e",   "-",     "// x",
                                      "[1] //", "{\"a\":}"};
    for (int i = 0; i < ARRAY_LEN(bad); i++) {
        Arena *a = arena_new(0);
        Err err = ERR_INIT;
        JTree *t;
        if (jtree_parse(a, str_of(bad[i]), false, &t, &err) != ERR_SYNTAX) {
            printf("accepted: %s\n", bad[i]);
            return 1;
        }
        err_clear(&err);
        arena_free(a);
    }
    return 0;
}

int test_tools_json_tree_depth(void)
{
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    JTree *t;
    Buf b = BUF_INIT;
    buf_repeat(&b, '[', 100000);
    CHECK_INT(jtree_parse(a, buf_view(&b), false, &t, &err), ERR_SYNTAX);
    err_clear(&err);
    buf_free(&b);
    arena_free(a);
    return 0;
}

static bool equal(const char *expected, const char *actual, bool exact)
{
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    JTree *e, *v;
    bool ok = !jtree_parse(a, str_of(expected), false, &e, &err) && !jtree_parse(a, str_of(actual), false, &v, &err) &&
              qtt_equal(e, v, exact);
    err_clear(&err);
    arena_free(a);
    return ok;
}

int test_tools_qtt_numbers(void)
{
    CHECK(equal("5", "5", true));
    CHECK(equal("5.0", "5", true));
    CHECK(!equal("5", "5.0", true));
    CHECK(equal("10", "1E+1", true));
    CHECK(!equal("10.0", "10.00", true));
    CHECK(equal("10.00", "10.00", true));
    CHECK(equal("1.0E10", "1.0E10", true));
    CHECK(!equal("0.1", "0.2", true));
    CHECK(equal("0.1", "0.10000000001", false));
    CHECK(!equal("0.1", "0.2", false));
    CHECK(equal("\"10.50\"", "10.50", true));
    CHECK(!equal("\"10\"", "10", true));
    CHECK(equal("-0", "0", true));
    CHECK(equal("99999999999999999999999999999", "99999999999999999999999999999", true));
    CHECK(!equal("1", "\"1\"", true));
    return 0;
}

int test_tools_qtt_nested(void)
{
    CHECK(equal("{\"a\":1}", "{\"A\":1}", true));
    CHECK(!equal("{\"A\":1}", "{\"a\":1}", true));
    CHECK(!equal("{\"a\":1}", "{\"A\":1,\"B\":null}", true));
    CHECK(equal("[1,[true,null]]", "[1,[true,null]]", true));
    CHECK(!equal("[1,2]", "[2,1]", true));
    CHECK(equal("null", "null", true));
    CHECK(!equal("null", "{}", true));
    return 0;
}

int test_tools_qtt_load(void)
{
    static const char text[] =
        "{\"tests\":[{\"name\":\"n\",\"format\":[\"JSON\",\"AVRO\"],\"config\":[\"true\",\"false\"],"
        "\"properties\":{\"p\":\"{CONFIG}\"},\"statements\":[\"A '{FORMAT}';\",\"B;\"]},"
        "{\"name\":\"off\",\"enabled\":false,\"statements\":[\"C;\"]}]}";
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    QttCaseVec cases = {0};
    CHECK_INT(qtt_load(a, STR("f"), str_of(text), &cases, &err), OK);
    CHECK_INT(cases.n, 5);
    CHECK_STR(cases.v[0].id, "f - n - JSON - p=true");
    CHECK_STR(cases.v[3].id, "f - n - AVRO - p=false");
    CHECK_STR(cases.v[3].script, "A 'AVRO';\nB;");
    CHECK_STR(cases.v[4].id, "f - off");
    CHECK(!cases.v[4].enabled);
    arena_free(a);
    return 0;
}
