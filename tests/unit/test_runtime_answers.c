// SPDX-License-Identifier: Apache-2.0
// What statements answer to a name that is nearly right, of a property that is not set, and while the broker does not answer.
#include "test_runtime_remote_help.h"

/* What `member` of the row is whose "name" is this one; "" when there is none. */
static const char *of_row(Bed *b, const char *list, const char *name, const char *member)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(b->last, list), i, row)
        if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0) {
            const char *text = json_string_value(json_object_get(row, member));
            return text ? text : "null";
        }
    return "";
}

/* The hint of a statement that is refused. */
static int refused(Bed *b, const char *sql, const char *message, const char *hint)
{
    Err err = ERR_INIT;
    CHECK_INT(session_text(b->s, sql, NULL, NULL, &err), ERR_STATEMENT);
    CHECK_TEXT(err.msg, message);
    CHECK_TEXT(err.hint ? err.hint : "", hint);
    err_clear(&err);
    return 0;
}

int test_answers_terminate_nearly(void)
{
    Bed b;
    CHECK(bed_open(&b, false, true));
    RUN(&b, ONE);
    CHECK_INT(refused(&b, "TERMINATE ctas_crat_1;", "Unknown queryId: CTAS_CRAT_1", "did you mean CTAS_CART_1?"), 0);
    CHECK_INT(refused(&b, "TERMINATE other;", "Unknown queryId: OTHER", ""), 0);
    RUN(&b, "TERMINATE ctas_cart_1;");
    CHECK_INT(refused(&b, "TERMINATE ctas_cart_1;", "Unknown queryId: CTAS_CART_1", ""), 0);
    bed_close(&b);
    return 0;
}

/* Properties are shown as they are in effect. */
int test_answers_session_timeout(void)
{
    static const char name[] = "ksql.streams.session.timeout.ms";
    PropSet props = {0};
    Err err = ERR_INIT;
    Bed b;
    CHECK(bed_open(&b, false, true));
    RUN(&b, "SHOW PROPERTIES;");
    CHECK_TEXT(of_row(&b, "properties", name, "value"), "10000");
    bed_stop(&b, false);
    CHECK_INT(props_set_server(&props, STR("session.timeout.ms"), STR("6000"), &err), OK);
    b.config.props = &props;
    CHECK(bed_start(&b));
    RUN(&b, "SHOW PROPERTIES;");
    CHECK_TEXT(of_row(&b, "properties", name, "value"), "6000");
    bed_close(&b);
    props_free(&props);
    return 0;
}

/* While the broker does not answer, the topics are those that are known, and that is said. */
int test_answers_topics_away(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    Bed b;
    CHECK(remote_open(&b, broker, 0, false, "exactly_once_v2"));
    RUN(&b, ONE);
    RUN(&b, "SHOW TOPICS;");
    CHECK_INT((int)json_array_size(json_object_get(b.last, "warnings")), 0);
    double_fault(broker, DOUBLE_LIST, 0, FAULT_FAIL);
    RUN(&b, "SHOW TOPICS;");
    json_t *warnings = json_object_get(b.last, "warnings");
    CHECK_INT((int)json_array_size(warnings), 1);
    CHECK_TEXT(json_string_value(json_object_get(json_array_get(warnings, 0), "message")),
               "Kafka did not answer in time: these are the topics that this server knows.");
    CHECK_TEXT(of_row(&b, "topics", "s", "name"), "s");
    RUN(&b, "SHOW TOPICS;");
    CHECK_INT((int)json_array_size(json_object_get(b.last, "warnings")), 0);
    CHECK_INT(remote_close(broker, &b, NULL), 0);
    return 0;
}
