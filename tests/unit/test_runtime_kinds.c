// SPDX-License-Identifier: Apache-2.0
// A service is one of headless servers, or one of servers with statements: whoever comes first decides, and the others are told.
#include "test_runtime_help.h"

#include "../crash/broker_double.h"

#define COMMANDS "_confluent-ksql-default__command_topic"
#define SLOTS "_confluent-ksql-default__slots"

/* The error's message and hint, in lines; "" when it opened. */
static const char *opened(Broker *broker, bool headless, bool alone)
{
    static char told[600];
    Engine *e;
    Err err = ERR_INIT;
    Effects *sim = effects_sim_new(7, BED_START_MS);
    EngineConfig config = {.broker = broker, .member = "host:1", .headless = headless, .alone = alone, .fx = sim};
    told[0] = 0;
    if (engine_open(&config, &e, &err) == OK)
        engine_close(e);
    else
        snprintf(told, sizeof told, "%s\n%s", err.msg, err.hint ? err.hint : "");
    err_clear(&err);
    effects_sim_free(sim);
    return told;
}

static bool is_made(Broker *broker, Str topic)
{
    TopicInfo info;
    return double_topic(broker, topic, &info);
}

int test_kinds_headless_first(void)
{
    static const char refused[] =
        "Service 'default_' is one of headless servers: its statements are in their file\n"
        "--service-id names another service; this one is free when no server of it runs and topic '" SLOTS "' is deleted";
    Err err = ERR_INIT;
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    CHECK_TEXT(opened(broker, true, false), "");
    CHECK_TEXT(opened(broker, false, false), refused);
    CHECK(!is_made(broker, STR(COMMANDS)));
    CHECK_TEXT(opened(broker, true, false), ""); /* nothing was left that would keep it away */
    CHECK_INT(broker->ops->drop(broker, STR(SLOTS), &err), OK);
    CHECK_TEXT(opened(broker, false, false), "");
    CHECK(is_made(broker, STR(COMMANDS)));
    CHECK_INT(double_counts(broker)->violations, 0);
    double_free(broker);
    return 0;
}

int test_kinds_statements_first(void)
{
    static const char refused[] =
        "Service 'default_' is not one of headless servers: its statements are in topic '" COMMANDS "'\n"
        "--service-id names another service";
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    CHECK_TEXT(opened(broker, false, false), "");
    CHECK_TEXT(opened(broker, true, false), refused);
    CHECK_TEXT(opened(broker, false, false), "");
    CHECK_TEXT(opened(broker, true, true), ""); /* shares nothing */
    CHECK_INT(double_counts(broker)->violations, 0);
    double_free(broker);
    return 0;
}

/* What cannot be told now is asked again: a look that failed is no proof of anything. */
int test_kinds_looked_at_again(void)
{
    Broker *broker = double_new(&(DoubleConfig){.seed = 3});
    CHECK_TEXT(opened(broker, true, false), "");
    for (int i = 0; i < 6; i++) {
        double_fault(broker, DOUBLE_DESCRIBE, i, FAULT_FAIL);
        CHECK(strncmp(opened(broker, false, false), "Service 'default_' is one of", 28) == 0);
    }
    double_fault(broker, DOUBLE_ENDS, 0, FAULT_FAIL);
    CHECK(strncmp(opened(broker, false, false), "Service 'default_' is one of", 28) == 0);
    CHECK(!is_made(broker, STR(COMMANDS)));
    CHECK_INT(double_counts(broker)->violations, 0);
    double_free(broker);
    return 0;
}
