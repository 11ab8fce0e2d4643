// SPDX-License-Identifier: Apache-2.0
// Entities: what SHOW, DESCRIBE, EXPLAIN and the status of DDL answer, on an engine in memory under simulated
// effects.
// Texts and members are those of the reference's recordings 02 to 04.
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>

#include "runtime/session.h"
#include "sql/parse.h"
#include "unit.h"

typedef struct Bed {
    Effects *fx;
    Engine *e;
    Session *s;
    json_t *last; /* the entity of the last statement that answered with one */
    char *message;/* the last error's */
    char *hint;
    RowStream *stream;
    PropSet server;
} Bed;

static bool bed_open(Bed *b)
{
    Err err = ERR_INIT;
    *b = (Bed){.fx = effects_sim_new(7, 1000000)};
    EngineConfig c = {.fx = b->fx, .check_operators = true, .props = &b->server};
    Status st = props_set_server(&b->server, STR("ksql.streams.commit.interval.ms"), STR("1500"), &err);
    if (st == OK)
        st = engine_open(&c, &b->e, &err);
    if (st)
        printf("open: %s\n", err.msg);
    err_clear(&err);
    if (st == OK)
        b->s = session_new(b->e);
    return st == OK;
}

static void bed_close(Bed *b)
{
    rowstream_close(b->stream);
    json_decref(b->last);
    mem_free(b->message);
    mem_free(b->hint);
    session_free(b->s);
    engine_close(b->e);
    effects_sim_free(b->fx);
    props_free(&b->server);
}

/* Runs all statements of a text; stops at the first that fails. A stream that comes is kept. */
static Status run(Bed *b, const char *sql)
{
    Arena *a = arena_new(4096);
    Err err = ERR_INIT;
    StmtVec stmts = {0};
    mem_free(b->message);
    mem_free(b->hint);
    b->message = b->hint = NULL;
    Status st = parse_all(str_of(sql), a, NULL, &stmts, &err);
    for (int i = 0; i < stmts.n && st == OK; i++) {
        Answer ans = {0};
        st = session_run(b->s, stmts.v[i], &ans, &err);
        if (ans.entity) {
            json_decref(b->last);
            b->last = json_incref(ans.entity);
        }
        if (ans.stream) {
            rowstream_close(b->stream);
            b->stream = ans.stream;
            ans.stream = NULL;
        }
        answer_clear(&ans);
    }
    if (st) {
        b->message = mem_strdup(err.msg);
        b->hint = err.hint ? mem_strdup(err.hint) : NULL;
    }
    err_clear(&err);
    arena_free(a);
    return st;
}

/* The member at a path of names and numbers: "queries", "0", "id". NULL ends it. */
static const json_t *at(const json_t *v, ...)
{
    va_list ap;
    const char *name;
    va_start(ap, v);
    while (v && (name = va_arg(ap, const char *)))
        v = json_is_array(v) ? json_array_get(v, (size_t)atoi(name)) : json_object_get(v, name);
    va_end(ap);
    return v;
}

#define TEXT(...) json_string_value(at(__VA_ARGS__, NULL))
#define NUMBER(...) json_integer_value(at(__VA_ARGS__, NULL))
#define COUNT(...) ((int)json_array_size(at(__VA_ARGS__, NULL)))

/* The names of an object's members, in order. */
static const char *members(const json_t *o)
{
    static char text[1024];
    const char *name;
    json_t *v;
    size_t n = 0;
    text[0] = 0;
    json_object_foreach((json_t *)(uintptr_t)o, name, v)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", name);
    return text;
}

/* The entry of a list whose member has that text. */
static const json_t *entry(const json_t *list, const char *member, const char *text)
{
    size_t i;
    json_t *o;
    json_array_foreach(list, i, o)
        if (TEXT(o, member) && strcmp(TEXT(o, member), text) == 0)
            return o;
    return NULL;
}

#define RUN(b, sql)                                                                  \
    do {                                                                             \
        if (run((b), (sql)) != OK) {                                                 \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, (sql), (b)->message);      \
            return 1;                                                                \
        }                                                                            \
    } while (0)
#define FAILS(b, sql, want)                                                          \
    do {                                                                             \
        CHECK(run((b), (sql)) != OK);                                                \
        CHECK_TEXT((b)->message, want);                                              \
    } while (0)
#define OPEN(b) CHECK(bed_open(b))

static const char *const cart =
    "SET 'auto.offset.reset'='earliest';"
    "CREATE STREAM shopping_cart_events (customer VARCHAR, item VARCHAR, qty INT) WITH "
    "(kafka_topic='shopping_cart_events', value_format='json', partitions=1);"
    "INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob','pants',2);"
    "INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob','t-shirts',1);"
    "CREATE TABLE current_shopping_cart WITH (KEY_FORMAT='JSON') AS SELECT customer, item, SUM(qty) AS "
    "total_qty "
    "FROM shopping_cart_events GROUP BY customer, item EMIT CHANGES;";

static const char *const cart_stream =
    "CREATE STREAM SHOPPING_CART_EVENTS (CUSTOMER STRING, ITEM STRING, QTY INTEGER) WITH "
    "(CLEANUP_POLICY='delete', "
    "KAFKA_TOPIC='shopping_cart_events', KEY_FORMAT='KAFKA', PARTITIONS=1, VALUE_FORMAT='JSON');";

static const char *const cart_table =
    "CREATE TABLE CURRENT_SHOPPING_CART WITH (CLEANUP_POLICY='compact', KAFKA_TOPIC='CURRENT_SHOPPING_CART', "
    "KEY_FORMAT='JSON', PARTITIONS=1, REPLICAS=1, RETENTION_MS=604800000) AS SELECT\n"
    "  SHOPPING_CART_EVENTS.CUSTOMER CUSTOMER,\n"
    "  SHOPPING_CART_EVENTS.ITEM ITEM,\n"
    "  SUM(SHOPPING_CART_EVENTS.QTY) TOTAL_QTY\n"
    "FROM SHOPPING_CART_EVENTS SHOPPING_CART_EVENTS\n"
    "GROUP BY SHOPPING_CART_EVENTS.CUSTOMER, SHOPPING_CART_EVENTS.ITEM\n"
    "EMIT CHANGES;";

/* ---- resolved statements ---- */

static const struct {
    const char *sql, *shown;
} texts[] = {
    {"CREATE STREAM s2 AS SELECT no, customer + 1 AS x FROM orders WHERE amount > 1",
     "CREATE STREAM S2 WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='S2', PARTITIONS=2, REPLICAS=1, "
     "RETENTION_MS=604800000) AS SELECT\n  ORDERS.NO NO,\n  (ORDERS.CUSTOMER + 1) X\nFROM ORDERS ORDERS\n"
     "WHERE (ORDERS.AMOUNT > 1)\nEMIT CHANGES;"},
    {"CREATE STREAM s2 AS SELECT * FROM orders EMIT CHANGES",
     "CREATE STREAM S2 WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='S2', PARTITIONS=2, REPLICAS=1, "
     "RETENTION_MS=604800000) AS SELECT *\nFROM ORDERS ORDERS\nEMIT CHANGES;"},
    {"create stream s2 with (kafka_topic='two', retention_ms=5000, partitions=3) as select no, "
     "ucase(name), o.customer, "
     "addr->city from orders o where `customer` is not null",
     "CREATE STREAM S2 WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='two', PARTITIONS=3, REPLICAS=1, "
     "RETENTION_MS=5000) "
     "AS SELECT\n  O.NO NO,\n  UCASE(O.NAME) KSQL_COL_0,\n  O.CUSTOMER CUSTOMER,\n  O.ADDR->CITY "
     "CITY\nFROM ORDERS O\n"
     "WHERE (O.`customer` IS NOT NULL)\nEMIT CHANGES;"},
    {"CREATE TABLE t2 AS SELECT customer, COUNT(*) FROM orders GROUP BY customer HAVING COUNT(*) > 1 EMIT "
     "CHANGES",
     "CREATE TABLE T2 WITH (CLEANUP_POLICY='compact', KAFKA_TOPIC='T2', PARTITIONS=2, REPLICAS=1, "
     "RETENTION_MS=604800000) AS SELECT\n  ORDERS.CUSTOMER CUSTOMER,\n  COUNT(*) KSQL_COL_0\nFROM ORDERS "
     "ORDERS\n"
     "GROUP BY ORDERS.CUSTOMER\nHAVING (COUNT(*) > 1)\nEMIT CHANGES;"},
    {"CREATE STREAM q (a INT) WITH (kafka_topic='orders', value_format='json')",
     "CREATE STREAM Q (A INTEGER) WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='orders', KEY_FORMAT='KAFKA', "
     "VALUE_FORMAT='JSON');"},
    {"INSERT INTO orders2 SELECT no, customer FROM orders EMIT CHANGES",
     "INSERT INTO orders2 SELECT no, customer FROM orders EMIT CHANGES;"},
};

int test_entities_resolved_statements(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, "CREATE STREAM orders (no VARCHAR KEY, customer INT, amount DOUBLE, name VARCHAR, `customer` "
            "INT, "
            "addr STRUCT<city VARCHAR>) WITH (kafka_topic='orders', value_format='json', partitions=2);"
            "CREATE STREAM orders2 (no VARCHAR KEY, customer INT) WITH (kafka_topic='orders2', "
            "value_format='json', "
            "partitions=2);");
    for (int i = 0; i < ARRAY_LEN(texts); i++) {
        Buf sql = BUF_INIT;
        buf_printf(&sql, "%s;", texts[i].sql);
        Status st = run(&b, buf_z(&sql));
        buf_free(&sql);
        if (st)
            printf("%s: %s\n", texts[i].sql, b.message);
        CHECK_INT(st, OK);
        CHECK_TEXT(TEXT(b.last, "statementText"), texts[i].shown);
        if (strncmp(texts[i].shown, "CREATE STREAM S2", 16) == 0)
            RUN(&b, "DROP STREAM s2 DELETE TOPIC;");
    }
    RUN(&b, "DROP STREAM q;");
    CHECK_TEXT(TEXT(b.last, "statementText"), "DROP STREAM q;");
    RUN(&b, "DROP TABLE t2 DELETE TOPIC;");
    CHECK_TEXT(TEXT(b.last, "statementText"), "DROP TABLE T2;");
    bed_close(&b);
    return 0;
}

int test_entities_cart_status(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, cart);
    CHECK_TEXT(members(b.last), "@type statementText commandId commandStatus commandSequenceNumber warnings");
    CHECK_TEXT(TEXT(b.last, "statementText"), cart_table);
    CHECK_TEXT(TEXT(b.last, "commandId"), "table/`CURRENT_SHOPPING_CART`/create");
    bed_close(&b);
    return 0;
}

/* ---- SHOW ---- */

int test_entities_show_sources(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, cart);
    RUN(&b, "SHOW STREAMS;");
    CHECK_TEXT(members(b.last), "@type statementText streams warnings");
    CHECK_TEXT(TEXT(b.last, "@type"), "streams");
    CHECK_INT(COUNT(b.last, "streams"), 2);
    const json_t *line = entry(at(b.last, "streams", NULL), "name", "SHOPPING_CART_EVENTS");
    CHECK_TEXT(members(line), "type name topic keyFormat valueFormat isWindowed");
    CHECK_TEXT(TEXT(line, "type"), "STREAM");
    CHECK_TEXT(TEXT(line, "topic"), "shopping_cart_events");
    CHECK_TEXT(TEXT(line, "keyFormat"), "KAFKA");
    RUN(&b, "LIST TABLES;");
    CHECK_TEXT(TEXT(b.last, "statementText"), "LIST TABLES;");
    CHECK_INT(COUNT(b.last, "tables"), 1);
    CHECK_TEXT(TEXT(b.last, "tables", "0", "type"), "TABLE");
    RUN(&b, "SHOW TABLES EXTENDED;");
    CHECK_TEXT(TEXT(b.last, "@type"), "source_descriptions");
    CHECK_TEXT(TEXT(b.last, "sourceDescriptions", "0", "name"), "CURRENT_SHOPPING_CART");
    bed_close(&b);
    return 0;
}

int test_entities_show_topics(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, cart);
    RUN(&b, "SHOW TOPICS;");
    CHECK_TEXT(TEXT(b.last, "@type"), "kafka_topics");
    CHECK_INT(COUNT(b.last, "topics"), 3);
    CHECK_TEXT(TEXT(b.last, "topics", "0", "name"), "CURRENT_SHOPPING_CART");
    CHECK_INT(NUMBER(b.last, "topics", "0", "replicaInfo", "0"), 1);
    RUN(&b, "SHOW ALL TOPICS;");
    CHECK(COUNT(b.last, "topics") > 3);
    RUN(&b, "SHOW TOPICS EXTENDED;");
    CHECK_TEXT(TEXT(b.last, "@type"), "kafka_topics_extended");
    const json_t *line = entry(at(b.last, "topics", NULL), "name", "shopping_cart_events");
    CHECK_TEXT(members(line), "name replicaInfo consumerCount consumerGroupCount");
    CHECK_INT(NUMBER(line, "consumerCount"), 1);
    CHECK_INT(NUMBER(line, "consumerGroupCount"), 1);
    bed_close(&b);
    return 0;
}

int test_entities_show_queries(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, cart);
    RUN(&b, "SELECT * FROM shopping_cart_events EMIT CHANGES;");
    RUN(&b, "SHOW QUERIES;");
    CHECK_TEXT(TEXT(b.last, "@type"), "queries");
    CHECK_INT(COUNT(b.last, "queries"), 2);
    const json_t *q = at(b.last, "queries", "0", NULL);
    CHECK_TEXT(members(q), "queryString sinks sinkKafkaTopics id statusCount queryType state");
    CHECK_TEXT(TEXT(q, "queryString"), cart_table);
    CHECK_TEXT(TEXT(q, "sinkKafkaTopics", "0"), "CURRENT_SHOPPING_CART");
    CHECK_TEXT(TEXT(q, "queryType"), "PERSISTENT");
    CHECK_INT(NUMBER(q, "statusCount", "RUNNING"), 1);
    q = at(b.last, "queries", "1", NULL);
    CHECK_TEXT(TEXT(q, "queryString"), "SELECT * FROM shopping_cart_events EMIT CHANGES;");
    CHECK_TEXT(TEXT(q, "queryType"), "PUSH");
    CHECK_INT(COUNT(q, "sinks"), 0);
    RUN(&b, "SHOW QUERIES EXTENDED;");
    CHECK_TEXT(TEXT(b.last, "@type"), "query_descriptions");
    CHECK_INT(COUNT(b.last, "queryDescriptions"), 2);
    CHECK_TEXT(TEXT(b.last, "queryDescriptions", "1", "queryType"), "PUSH");
    rowstream_close(b.stream);
    b.stream = NULL;
    RUN(&b, "SHOW QUERIES;");
    CHECK_INT(COUNT(b.last, "queries"), 1);
    bed_close(&b);
    return 0;
}

/* A query whose input goes away fails, and says why wherever it is shown. */
int test_entities_failed_query(void)
{
    Bed b;
    Err err = ERR_INIT;
    OPEN(&b);
    RUN(&b, cart);
    runtime_settle(b.e);
    CHECK_INT(topic_delete(engine_topics(b.e), STR("shopping_cart_events"), &err), OK);
    for (int i = 0; i < 20; i++) {
        effects_sim_advance(b.fx, 1000);
        runtime_settle(b.e);
    }
    RUN(&b, "SHOW QUERIES;");
    const json_t *q = at(b.last, "queries", "0", NULL);
    CHECK_TEXT(TEXT(q, "state"), "ERROR");
    CHECK_INT(NUMBER(q, "statusCount", "ERROR"), 1);
    CHECK(TEXT(q, "reason") && strstr(TEXT(q, "reason"), "shopping_cart_events"));
    char *id = mem_strdup(TEXT(q, "id")), sql[128];
    snprintf(sql, sizeof sql, "EXPLAIN %s;", id);
    RUN(&b, sql);
    const json_t *e = at(b.last, "queryDescription", "queryErrors", "0", NULL);
    CHECK_TEXT(members(e), "timestamp errorMessage type");
    CHECK(strstr(TEXT(e, "errorMessage"), "shopping_cart_events"));
    CHECK_TEXT(TEXT(b.last, "queryDescription", "state"), "ERROR");
    mem_free(id);
    bed_close(&b);
    return 0;
}

int test_entities_show_others(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, "SHOW FUNCTIONS;");
    CHECK_TEXT(TEXT(b.last, "@type"), "function_names");
    const json_t *f = entry(at(b.last, "functions", NULL), "name", "SUM");
    CHECK_TEXT(members(f), "name type category");
    CHECK_TEXT(TEXT(f, "type"), "AGGREGATE");
    RUN(&b, "SET 'auto.offset.reset'='earliest'; SHOW PROPERTIES;");
    CHECK_TEXT(members(b.last), "@type statementText properties overwrittenProperties defaultProperties "
                                "warnings");
    const json_t *p = entry(at(b.last, "properties", NULL), "name", "ksql.streams.auto.offset.reset");
    CHECK_TEXT(members(p), "name scope value editable level");
    CHECK_TEXT(TEXT(p, "value"), "earliest");
    CHECK_INT(COUNT(b.last, "overwrittenProperties"), 1);
    CHECK_TEXT(TEXT(b.last, "overwrittenProperties", "0"), "ksql.streams.auto.offset.reset");
    CHECK_INT(COUNT(b.last, "properties"), COUNT(b.last, "defaultProperties") + 2); /* the session's, the server's */
    RUN(&b, "DEFINE x='1'; SHOW VARIABLES;");
    CHECK_TEXT(TEXT(b.last, "variables", "0", "name"), "X");
    CHECK_TEXT(TEXT(b.last, "variables", "0", "value"), "1");
    bed_close(&b);
    return 0;
}

/* ---- DESCRIBE ---- */

int test_entities_describe(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, cart);
    RUN(&b, "DESCRIBE shopping_cart_events;");
    CHECK_TEXT(TEXT(b.last, "@type"), "sourceDescription");
    const json_t *d = at(b.last, "sourceDescription", NULL);
    CHECK_TEXT(members(d), "name windowType readQueries writeQueries fields type timestamp statistics "
                           "errorStats extended "
                           "keyFormat valueFormat topic partitions replication statement "
                           "queryOffsetSummaries "
                           "sourceConstraints clusterStatistics clusterErrorStats");
    CHECK_TEXT(TEXT(d, "statement"), cart_stream);
    CHECK_TEXT(TEXT(d, "readQueries", "0", "queryString"), cart_table);
    CHECK_INT(COUNT(d, "writeQueries"), 0);
    CHECK_INT(COUNT(d, "fields"), 3);
    CHECK_TEXT(TEXT(d, "fields", "2", "schema", "type"), "INTEGER");
    CHECK_TEXT(TEXT(d, "sourceConstraints", "0"), "CURRENT_SHOPPING_CART");
    CHECK_TEXT(TEXT(d, "statistics"), "");
    CHECK(json_is_false(at(d, "extended", NULL)));
    FAILS(&b, "DESCRIBE nosuch;", "Could not find STREAM/TABLE 'NOSUCH' in the Metastore");
    CHECK(run(&b, "DESCRIBE shoping_cart_events;") != OK);
    CHECK_TEXT(b.hint, "did you mean SHOPPING_CART_EVENTS?");
    bed_close(&b);
    return 0;
}

int test_entities_describe_extended(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, cart);
    for (int i = 0; i < 5; i++) {
        runtime_settle(b.e);
        effects_sim_advance(b.fx, 1000);
    }
    runtime_settle(b.e);
    RUN(&b, "DESCRIBE current_shopping_cart EXTENDED;");
    const json_t *d = at(b.last, "sourceDescription", NULL);
    CHECK_TEXT(TEXT(d, "type"), "TABLE");
    CHECK_TEXT(TEXT(d, "fields", "0", "type"), "KEY");
    CHECK_INT(COUNT(d, "writeQueries"), 1);
    const json_t *group = at(d, "queryOffsetSummaries", "0", NULL);
    CHECK(strncmp(TEXT(group, "groupId"), "_confluent-ksql-default_query_CTAS_CURRENT_SHOPPING_CART_",
          57) == 0);
    const json_t *topic = entry(at(group, "topicSummaries", NULL), "kafkaTopic", "shopping_cart_events");
    CHECK_TEXT(members(at(topic, "offsets", "0", NULL)), "partition logStartOffset logEndOffset "
        "consumerOffset");
    CHECK_INT(NUMBER(topic, "offsets", "0", "logEndOffset"), 2);
    CHECK_INT(NUMBER(topic, "offsets", "0", "consumerOffset"), 2);
    const json_t *total = entry(at(d, "clusterStatistics", NULL), "name", "total-messages");
    CHECK_TEXT(members(total), "name host value timestamp");
    CHECK_INT(json_number_value(at(total, "value", NULL)), 2);
    CHECK(strstr(TEXT(d, "statistics"), "total-messages:         2"));
    RUN(&b, "DESCRIBE shopping_cart_events EXTENDED;");
    total = entry(at(b.last, "sourceDescription", "clusterStatistics", NULL), "name",
                  "consumer-total-messages");
    CHECK_INT(json_number_value(at(total, "value", NULL)), 2);
    RUN(&b, "DESCRIBE STREAMS EXTENDED;");
    CHECK_INT(COUNT(b.last, "sourceDescriptions"), 2);
    RUN(&b, "DESCRIBE TABLES;");
    CHECK_INT(COUNT(b.last, "sourceDescriptions"), 1);
    bed_close(&b);
    return 0;
}

int test_entities_describe_function(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, "DESCRIBE FUNCTION sum;");
    CHECK_TEXT(members(b.last), "@type statementText name description author version path functions type "
                                "warnings");
    CHECK_TEXT(TEXT(b.last, "name"), "SUM");
    CHECK_TEXT(TEXT(b.last, "type"), "AGGREGATE");
    CHECK_INT(COUNT(b.last, "functions"), 4);
    const json_t *f = at(b.last, "functions", "0", NULL);
    CHECK_TEXT(members(f), "arguments returnType description argumentTypes");
    CHECK_TEXT(members(at(f, "arguments", "0", NULL)), "name type description isVariadic");
    RUN(&b, "DESCRIBE FUNCTION substring;");
    f = entry(at(b.last, "functions", NULL), "returnType", "VARCHAR");
    CHECK_TEXT(TEXT(f, "argumentTypes", "0"), "VARCHAR");
    CHECK_TEXT(TEXT(f, "argumentTypes", "1"), "INT");
    FAILS(&b, "DESCRIBE FUNCTION nosuch;", "Can't find any functions with the name 'nosuch'");
    bed_close(&b);
    return 0;
}

/* ---- EXPLAIN ---- */

static const char *const description_members =
    "id statementText windowType fields sources sinks topology executionPlan overriddenProperties "
    "ksqlHostQueryStatus "
    "queryType queryErrors tasksMetadata consumerGroupId state";

int test_entities_explain_query(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, cart);
    RUN(&b, "CREATE STREAM two (a INT, b INT) WITH (kafka_topic='two', value_format='json', partitions=2);"
            "CREATE TABLE counts AS SELECT a, COUNT(*) AS n FROM two GROUP BY a;");
    RUN(&b, "SHOW QUERIES;");
    char id[128], sql[160];
    snprintf(sql, sizeof sql, "EXPLAIN %s;", TEXT(b.last, "queries", "1", "id"));
    RUN(&b, sql);
    const char *topology = TEXT(b.last, "queryDescription", "topology");
    CHECK(strstr(topology, "sub-topology 0: topic two (2 partitions)"));
    CHECK(strstr(topology, "sub-topology 1: topic _confluent-ksql-default_query_CTAS_COUNTS_"));
    CHECK_TEXT(TEXT(b.last, "queryDescription", "tasksMetadata", "3", "taskId"), "1_1");
    RUN(&b, "SHOW QUERIES;");
    snprintf(id, sizeof id, "%s", TEXT(b.last, "queries", "0", "id"));
    snprintf(sql, sizeof sql, "EXPLAIN %s;", id);
    RUN(&b, sql);
    CHECK_TEXT(TEXT(b.last, "@type"), "queryDescription");
    const json_t *d = at(b.last, "queryDescription", NULL);
    CHECK_TEXT(members(d), description_members);
    CHECK_TEXT(TEXT(d, "id"), id);
    CHECK_TEXT(TEXT(d, "statementText"), cart_table);
    CHECK_INT(COUNT(d, "fields"), 3);
    CHECK_TEXT(TEXT(d, "sources", "0"), "SHOPPING_CART_EVENTS");
    CHECK_TEXT(TEXT(d, "sinks", "0"), "CURRENT_SHOPPING_CART");
    CHECK(strstr(TEXT(d, "executionPlan"), " > [ SINK ] | Schema: "));
    CHECK(strstr(TEXT(d, "topology"), "sub-topology 0: topic shopping_cart_events (1 partition)"));
    CHECK_TEXT(TEXT(d, "overriddenProperties", "auto.offset.reset"), "earliest");
    CHECK_TEXT(TEXT(d, "state"), "RUNNING");
    CHECK_TEXT(TEXT(d, "tasksMetadata", "0", "taskId"), "0_0");
    FAILS(&b, "EXPLAIN nosuch;",
          "Query with id:NOSUCH does not exist, use SHOW QUERIES to view the full set of queries.");
    CHECK(run(&b, "EXPLAIN ctas_current_shoping_cart_1;") != OK);
    CHECK(b.hint && strstr(b.hint, id));
    bed_close(&b);
    return 0;
}

int test_entities_explain_statement(void)
{
    Bed b;
    OPEN(&b);
    RUN(&b, cart);
    runtime_settle(b.e);
    RUN(&b, "EXPLAIN SELECT * FROM shopping_cart_events EMIT CHANGES;");
    CHECK_TEXT(TEXT(b.last, "statementText"), "EXPLAIN SELECT * FROM shopping_cart_events EMIT CHANGES;");
    const json_t *d = at(b.last, "queryDescription", NULL);
    CHECK_TEXT(members(d), description_members);
    CHECK_TEXT(TEXT(d, "statementText"), "SELECT * FROM shopping_cart_events EMIT CHANGES;");
    CHECK_TEXT(TEXT(d, "queryType"), "PUSH");
    CHECK(json_is_null(at(d, "state", NULL)));
    CHECK_INT(json_object_size(at(d, "ksqlHostQueryStatus", NULL)), 0);
    RUN(&b, "EXPLAIN CREATE TABLE totals AS SELECT item, COUNT(*) AS n FROM shopping_cart_events GROUP BY "
            "item;");
    d = at(b.last, "queryDescription", NULL);
    CHECK_TEXT(TEXT(d, "sinks", "0"), "TOTALS");
    CHECK(strncmp(TEXT(d, "id"), "CTAS_TOTALS_", 12) == 0);
    CHECK(strstr(TEXT(d, "topology"), "topic TOTALS"));
    RUN(&b, "EXPLAIN SELECT * FROM current_shopping_cart WHERE customer='bob' AND item='pants';");
    CHECK_TEXT(TEXT(b.last, "queryDescription", "queryType"), "PULL");
    CHECK(strncmp(TEXT(b.last, "queryDescription", "topology"), "pull: 1 key of the state of query "
        "CTAS_", 39) == 0);
    RUN(&b, "EXPLAIN SELECT * FROM current_shopping_cart;");
    CHECK(strncmp(TEXT(b.last, "queryDescription", "topology"), "pull: all rows", 14) == 0);
    FAILS(&b, "EXPLAIN CREATE TABLE current_shopping_cart AS SELECT item, COUNT(*) FROM "
              "shopping_cart_events GROUP BY item;",
          "Could not determine output schema for query due to error: Cannot add table "
          "'CURRENT_SHOPPING_CART': A table "
          "with the same name already exists");
    FAILS(&b, "EXPLAIN SHOW STREAMS;", "The provided statement does not run a ksql query");
    RUN(&b, "SHOW TABLES;"); /* nothing was made */
    CHECK_INT(COUNT(b.last, "tables"), 1);
    RUN(&b, "SHOW TOPICS;");
    CHECK_INT(COUNT(b.last, "topics"), 3);
    bed_close(&b);
    return 0;
}
