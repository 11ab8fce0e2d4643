// SPDX-License-Identifier: Apache-2.0
// The allow list: of all names that the client of Kafka knows, those of the property table alone pass from statements and from
// stored commands; the table has none that reaches the client.
#include "test_runtime_help.h"

#include <stdio.h>

#include "catalog/props.h"
#include "topic/kafka.h"

static const char *const prefixes[] = {"", "ksql.streams.", "consumer.", "producer.", "ksql.streams.producer.", "admin."};

static bool in_table(const char *name)
{
    const PropRow *row = prop_find(str_of(name));
    return row && (row->flags & PROP_SETTABLE);
}

/* Names that clients share with Kafka Streams, and what a session may say about them, is a short list. */
int test_runtime_allow_set(void)
{
    Bed b;
    Str known;
    char name[256], sql[512];
    int tried = 0, taken = 0;
    CHECK(bed_open(&b, false, true));
    for (int i = 0; kafka_property_at(i, &known); i++)
        for (int p = 0; p < ARRAY_LEN(prefixes); p++) {
            snprintf(name, sizeof name, "%s%.*s", prefixes[p], STR_ARG(known));
            snprintf(sql, sizeof sql, "SET '%s'='earliest';", name);
            Status st = bed_run(&b, sql);
            tried++;
            taken += st == OK;
            if (st == OK) {
                CHECK(in_table(name));
                CHECK_TEXT(prop_find(str_of(name))->name, "auto.offset.reset");
                continue;
            }
            CHECK(strstr(b.message, name) || strstr(b.message, prop_find(str_of(name))->name));
            if (!in_table(name))
                CHECK(strstr(b.message, "Unknown property: ") || strstr(b.message, "Cannot override property "));
        }
    printf("%d names by SET, %d of them in the table\n", tried, taken);
    CHECK(tried >= 150 * ARRAY_LEN(prefixes));
    CHECK_INT(taken, 3); /* auto.offset.reset, with ksql.streams., with consumer. */
    bed_close(&b);
    return 0;
}

int test_runtime_allow_with(void)
{
    static const char *const statements[] = {
        "CREATE STREAM x (a INT) WITH (kafka_topic='x', value_format='json', partitions=1, `%.*s`='1');",
        "CREATE TABLE x (k INT PRIMARY KEY, a INT) WITH (kafka_topic='x', value_format='json', partitions=1, `%.*s`='1');",
        "CREATE STREAM x WITH (`%.*s`='1') AS SELECT * FROM s;",
        "CREATE TABLE x WITH (`%.*s`='1') AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;",
        "INSERT INTO s WITH (`%.*s`='1') SELECT * FROM t;",
    };
    Bed b;
    Str known;
    char sql[512];
    int tried = 0;
    CHECK(bed_open(&b, false, true));
    RUN(&b, "CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
            "CREATE STREAM t (a INT) WITH (kafka_topic='t', value_format='json', partitions=1);");
    for (int i = 0; kafka_property_at(i, &known); i++)
        for (int k = 0; k < ARRAY_LEN(statements); k++) {
            snprintf(sql, sizeof sql, statements[k], STR_ARG(known));
            CHECK(bed_run(&b, sql) != OK);
            CHECK(strstr(b.message, "Invalid config variable(s) in the WITH clause: ") || strstr(b.message, "not supported yet"));
            tried++;
        }
    printf("%d names by WITH\n", tried);
    CHECK(tried >= 150 * ARRAY_LEN(statements));
    bed_close(&b);
    return 0;
}

/* The last record of the command topic. New reference; *key: new. */
static json_t *last_command(Bed *b, const char *topic, char **key)
{
    RecordSet set;
    Err err = ERR_INIT;
    json_t *value = NULL;
    Topics *t = engine_topics(b->e);
    if (topic_read(t, str_of(topic), 0, topic_end(t, str_of(topic), 0) - 1, 1, &set, &err) == OK && set.n == 1) {
        const Record *r = &set.records[0];
        value = json_loadb(r->value, (size_t)r->value_len, 0, NULL);
        *key = mem_strndup(r->key, (size_t)r->key_len);
        recordset_release(&set);
    }
    err_clear(&err);
    return value;
}

/* A record as a server of another version, or somebody with access to the topic, might have written it. */
int test_runtime_allow_stored_commands(void)
{
    static const char topic[] = "_confluent-ksql-default__command_topic";
    Bed b;
    Str known;
    char *key = NULL, name[256];
    int tried = 0;
    CHECK(bed_open(&b, true, true));
    RUN(&b, "CREATE STREAM s (a INT) WITH (kafka_topic='s', value_format='json', partitions=1);"
            "CREATE STREAM q1 AS SELECT * FROM s;");
    json_t *command = last_command(&b, topic, &key);
    CHECK(command && strstr(key, "Q1"));
    json_t *own = json_object_get(command, "sluice"), *props = json_object_get(command, "streamsProperties");
    CHECK_INT(json_object_size(props), 0);
    json_object_set_new(command, "statement", json_string("CREATE STREAM q2 AS SELECT * FROM s"));
    json_object_set_new(own, "queryId", json_string("CSAS_Q2_2"));
    json_object_set_new(own, "number", json_integer(json_integer_value(json_object_get(own, "number")) + 1));
    for (int i = 0; kafka_property_at(i, &known); i++)
        for (int p = 0; p < ARRAY_LEN(prefixes); p++, tried++) {
            snprintf(name, sizeof name, "%s%.*s", prefixes[p], STR_ARG(known));
            json_object_set_new(props, name, json_string("earliest"));
        }
    char *text = json_dumps(command, JSON_COMPACT);
    strstr(key, "Q1")[1] = '2';
    Err err = ERR_INIT;
    Unit *u = unit_begin(engine_topics(b.e));
    Record r = {.key = key, .key_len = (int32_t)strlen(key), .value = text, .value_len = (int32_t)strlen(text),
                .ts = BED_START_MS};
    unit_append(u, str_of(topic), 0, &r);
    CHECK_INT(unit_commit(u, true, &err), OK);
    bed_stop(&b, false);
    CHECK(bed_start(&b));
    RUN(&b, "EXPLAIN CSAS_Q2_2;");
    json_t *over = json_object_get(json_object_get(b.last, "queryDescription"), "overriddenProperties");
    CHECK_INT(json_object_size(over), 1);
    CHECK_TEXT(json_string_value(json_object_iter_value(json_object_iter(over))), "earliest");
    CHECK(strstr(json_object_iter_key(json_object_iter(over)), "auto.offset.reset") != NULL);
    printf("%d names in a stored command\n", tried);
    CHECK(tried >= 150 * ARRAY_LEN(prefixes));
    free(text);
    mem_free(key);
    json_decref(command);
    bed_close(&b);
    return 0;
}
