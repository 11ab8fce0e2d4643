// SPDX-License-Identifier: Apache-2.0
// Pieces of the SQL test runner and the bytes of conformance records, without an engine.
#include "unit.h"

#include "tools/qtt_case.h"
#include "tools/qtt_files.h"
#include "tools/sqltest.h"

int test_tools_statement_end(void)
{
    Str s = STR("SELECT ';' AS \";\", `;` -- ;\n /* ; */ FROM x; REST");
    CHECK_INT(sqltest_statement_end(s, 0), s.n - 5);
    CHECK_INT(sqltest_statement_end(STR("no end"), 0), 6);
    CHECK_INT(sqltest_statement_end(STR("'open ;"), 0), 7);
    CHECK_INT(sqltest_statement_end(STR("a /* open ;"), 0), 11);
    CHECK_INT(sqltest_statement_end(STR("a;b;"), 2), 4);
    return 0;
}

int test_tools_stem(void)
{
    CHECK_STR(files_stem(STR("a/b/c.json"), ".json"), "c");
    CHECK_STR(files_stem(STR("c.json"), ".json"), "c");
    CHECK_STR(files_stem(STR("c.sql"), ".json"), "c.sql");
    return 0;
}

int test_tools_render_source(void)
{
    static const char text[] =
        "{\"@type\":\"sourceDescription\",\"warnings\":[{\"message\":\"w\"}],\"sourceDescription\":{\"name\":\"S\","
        "\"type\":\"STREAM\",\"topic\":\"s\",\"keyFormat\":\"KAFKA\",\"valueFormat\":\"JSON\",\"extended\":false,"
        "\"readQueries\":[{\"id\":\"Q1\"},{\"id\":\"Q2\"}],\"writeQueries\":[],\"fields\":["
        "{\"name\":\"K\",\"type\":\"KEY\",\"schema\":{\"type\":\"INTEGER\"}},"
        "{\"name\":\"A\",\"schema\":{\"type\":\"ARRAY\",\"memberSchema\":{\"type\":\"STRUCT\",\"fields\":["
        "{\"name\":\"X\",\"schema\":{\"type\":\"DECIMAL\",\"parameters\":{\"precision\":4,\"scale\":2}}}]}}}]}}";
    json_t *entity = json_loads(text, 0, NULL);
    Buf b = BUF_INIT;
    CHECK(entity != NULL);
    sqltest_render_entity(&b, entity);
    CHECK_STR(buf_view(&b), "S | STREAM | s | KAFKA | JSON\n  K INTEGER KEY\n  A ARRAY<STRUCT<X DECIMAL(4, 2)>>\n"
                            "  read by Q1, Q2\nWARNING w\n");
    json_decref(entity);
    buf_free(&b);
    return 0;
}

/* One input record as bytes, then back. */
static int round_trip(QttPrimitive type, QttFormat format, const char *record, const char *bytes, size_t n,
                      const char *back)
{
    QttTopic topic = {.name = STR("t"), .key = {.format = format, .primitive = type}, .value = {.format = QTT_JSON}};
    QttRun r = {.arena = arena_new(0)};
    Err err = ERR_INIT;
    JTree *spec;
    const JTree *out;
    Record rec;
    const char *why = NULL;
    Buf b = BUF_INIT;
    strmap_put(&r.topics, topic.name, &topic);
    CHECK_INT(jtree_parse(r.arena, str_of(record), false, &spec, &err), OK);
    CHECK(qtt_encode(&r, spec, &rec, &why));
    CHECK_INT(rec.key_len, n);
    CHECK(memcmp(rec.key, bytes, n) == 0);
    CHECK(qtt_decode(r.arena, &topic.key, rec.key, rec.key_len, &out));
    jtree_write(&b, out);
    CHECK_STR(buf_view(&b), back);
    buf_free(&b);
    strmap_free(&r.topics);
    arena_free(r.arena);
    return 0;
}

int test_tools_qtt_codec(void)
{
    CHECK_INT(round_trip(QTT_INTEGER, QTT_KAFKA, "{\"topic\":\"t\",\"key\":-2}", "\xff\xff\xff\xfe", 4, "-2"), 0);
    CHECK_INT(round_trip(QTT_BIGINT, QTT_KAFKA, "{\"topic\":\"t\",\"key\":258}", "\0\0\0\0\0\0\1\2", 8, "258"), 0);
    CHECK_INT(round_trip(QTT_DOUBLE, QTT_KAFKA, "{\"topic\":\"t\",\"key\":1}", "\x3f\xf0\0\0\0\0\0\0", 8, "1.0"), 0);
    CHECK_INT(round_trip(QTT_STRING, QTT_KAFKA, "{\"topic\":\"t\",\"key\":\"a\"}", "a", 1, "\"a\""), 0);
    CHECK_INT(round_trip(QTT_STRING, QTT_DELIMITED, "{\"topic\":\"t\",\"key\":\"a,b\"}", "a,b", 3, "\"a,b\""), 0);
    CHECK_INT(round_trip(QTT_STRING, QTT_JSON, "{\"topic\":\"t\",\"key\":{\"K\":1.50}}", "{\"K\":1.50}", 10,
                         "{\"K\":1.50}"), 0);
    return 0;
}

int test_tools_qtt_window(void)
{
    static const char session[] = "k\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x05", time[] = "k\0\0\0\0\0\0\0\x0a";
    QttTopic t = {.window = QTT_SESSION};
    Record rec = {.key = session, .key_len = 17};
    int64_t n, start, end;
    CHECK(qtt_window(&t, &rec, &n, &start, &end));
    CHECK_INT(n, 1);
    CHECK_INT(start, 5);
    CHECK_INT(end, 9);
    t = (QttTopic){.window = QTT_TIME, .window_size = 30};
    rec = (Record){.key = time, .key_len = 9};
    CHECK(qtt_window(&t, &rec, &n, &start, &end));
    CHECK_INT(start, 10);
    CHECK_INT(end, 40);
    rec.key_len = 3;
    CHECK(!qtt_window(&t, &rec, &n, &start, &end));
    return 0;
}
