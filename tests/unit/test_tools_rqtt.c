// SPDX-License-Identifier: Apache-2.0
// Reading cases of REST queries, and how their answers compare.
#include "unit.h"

#include "tools/rqtt_run.h"

static bool holds(const char *expected, const char *actual)
{
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    JTree *e, *v;
    bool ok = !jtree_parse(a, str_of(expected), false, &e, &err) &&
              !jtree_parse(a, str_of(actual), false, &v, &err) && rqtt_holds(STR("SELECT 1"), e, v);
    err_clear(&err);
    arena_free(a);
    return ok;
}

int test_tools_rqtt_holds(void)
{
    CHECK(holds("{\"@type\":\"x\"}", "{\"@type\":\"x\",\"more\":1}"));
    CHECK(!holds("{\"@type\":\"x\",\"more\":1}", "{\"@type\":\"x\"}"));
    CHECK(holds("{\"id|starts_with\":\"SCAL\"}", "{\"id\":\"SCALABLE\"}"));
    CHECK(!holds("{\"id|starts_with\":\"SCAL\"}", "{\"id\":\"transient\"}"));
    CHECK(!holds("{\"id|ends_with\":\"E\"}", "{\"id\":\"SCALABLE\"}"));
    CHECK(holds("{\"text\":\"{STATEMENT}\"}", "{\"text\":\"SELECT 1\"}"));
    CHECK(!holds("{\"a\":{\"b\":1}}", "{\"a\":1}"));
    CHECK(!holds("{}", "[]"));
    return 0;
}

static bool answers(const char *responses, const char *actual, bool in_order)
{
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    JTree *e = NULL, *v = NULL;
    Buf why = BUF_INIT;
    bool ok = !jtree_parse(a, str_of(responses), false, &e, &err) &&
              !jtree_parse(a, str_of(actual), false, &v, &err);
    QttCase c = {.responses = e, .verify_order = in_order};
    QttRun r = {.c = &c, .arena = a, .why = &why};
    RqttAnswer answer = {.query = true};
    RqttAnswerVec all = {0};
    for (int i = 0; ok && i < v->n; i++)
        vec_push(a, &answer.rows, &v->items[i]);
    vec_push(a, &all, answer);
    ok = ok && rqtt_check_answers(&r, &all);
    err_clear(&err);
    buf_free(&why);
    arena_free(a);
    return ok;
}

int test_tools_rqtt_answers(void)
{
    static const char want[] = "[{\"query\":[{\"header\":{\"schema\":\"s\"}},{\"row\":{\"columns\":[1]}},"
                               "{\"row\":{\"columns\":[2]}},{\"finalMessage\":\"end\"}]},{\"queryProto\":[]}]";
    static const char one_two[] = "[{\"header\":{\"queryId\":\"q\",\"schema\":\"s\"}},{\"row\":{\"columns\":[1]}},"
                                  "{\"row\":{\"columns\":[2]}},{\"finalMessage\":\"end\"}]";
    static const char two_one[] = "[{\"header\":{\"queryId\":\"q\",\"schema\":\"s\"}},{\"row\":{\"columns\":[2]}},"
                                  "{\"row\":{\"columns\":[1]}},{\"finalMessage\":\"end\"}]";
    static const char twice[] = "[{\"header\":{\"queryId\":\"q\",\"schema\":\"s\"}},{\"row\":{\"columns\":[1]}},"
                                "{\"row\":{\"columns\":[1]}},{\"finalMessage\":\"end\"}]";
    static const char gone[] = "[{\"header\":{\"schema\":\"s\"}},{\"row\":{\"columns\":[1]}},"
                               "{\"row\":{\"columns\":[2],\"tombstone\":true}},{\"finalMessage\":\"end\"}]";
    static const char no_end[] = "[{\"header\":{\"schema\":\"s\"}},{\"row\":{\"columns\":[1]}},"
                                 "{\"row\":{\"columns\":[2]}}]";
    CHECK(answers(want, one_two, true));
    CHECK(answers(want, two_one, false));
    CHECK(!answers(want, two_one, true));
    CHECK(!answers(want, twice, false));
    CHECK(!answers(want, gone, false));
    CHECK(!answers(want, no_end, false));
    CHECK(!answers("[{\"admin\":{}}]", one_two, false));
    return 0;
}

int test_tools_rqtt_load(void)
{
    static const char text[] = "{\"tests\":[{\"name\":\"n\",\"format\":[\"JSON\"],\"statements\":[\"A '{FORMAT}';\",\"B;\"],"
                               "\"expectedError\":{\"message\":\"m\"},\"responses\":[],"
                               "\"inputConditions\":{\"waitForActivePushQuery\":true},"
                               "\"outputConditions\":{\"verifyOrder\":true}}]}";
    Arena *a = arena_new(0);
    Err err = ERR_INIT;
    QttCaseVec cases = {0};
    CHECK_INT(qtt_load(a, STR("f"), str_of(text), &cases, &err), OK);
    CHECK_INT(cases.n, 1);
    CHECK_INT(cases.v[0].nstatements, 2);
    CHECK_STR(cases.v[0].statements[0], "A 'JSON';");
    CHECK_STR(jtree_text(cases.v[0].exception, "message"), "m");
    CHECK(cases.v[0].wait_for_push);
    CHECK(cases.v[0].verify_order);
    arena_free(a);
    return 0;
}
