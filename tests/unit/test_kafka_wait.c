// SPDX-License-Identifier: Apache-2.0
// How long a call of librdkafka may take: its own limit, a hurry, and the process's end, which gives a broker up that does not
// answer in the end's time. No broker.
#include "topic/kafka_impl.h"
#include "unit.h"

enum { LONG_MS = 60000 };

static bool flag(void *arg) { return *(bool *)arg; }

int test_kafka_waits_within_limits(void)
{
    bool ending = false;
    Kafka k = {.ending = flag, .ending_arg = &ending};
    Patience p = kafka_patience(&k, LONG_MS);
    CHECK_INT(kafka_slice(&p, 200), 200);
    kafka_hurry(1000);
    p = kafka_patience(&k, LONG_MS);
    int left = kafka_slice(&p, LONG_MS);
    CHECK(left > 0 && left <= 1000);
    kafka_hurry(0);
    p = kafka_patience(&k, LONG_MS);
    CHECK(kafka_slice(&p, LONG_MS) > 1000);
    p.until = kafka_now_ms();
    CHECK_INT(kafka_slice(&p, 200), 0);
    CHECK(!k.given_up);
    return 0;
}

int test_kafka_end_shortens_waits(void)
{
    bool ending = false;
    Kafka k = {.ending = flag, .ending_arg = &ending};
    Patience before = kafka_patience(&k, LONG_MS), brief = kafka_patience(&k, 500);
    CHECK(kafka_slice(&before, LONG_MS) > 10000);
    ending = true;
    int left = kafka_slice(&before, LONG_MS);
    CHECK(left > 0 && left <= 2500);
    /* One whose own limit is over says nothing of the broker. */
    CHECK_INT(kafka_slice(&brief, 1), 1);
    brief.until = kafka_now_ms();
    CHECK_INT(kafka_slice(&brief, 1), 0);
    CHECK(!k.given_up);
    CHECK(kafka_slice(&before, LONG_MS) > 0);
    /* One that had all of the end's time does: nobody waits any more. */
    Patience other = kafka_patience(&k, LONG_MS);
    CHECK(kafka_slice(&other, LONG_MS) > 0);
    before.until = kafka_now_ms();
    CHECK_INT(kafka_slice(&before, LONG_MS), 0);
    CHECK(k.given_up);
    CHECK_INT(kafka_slice(&other, LONG_MS), 0);
    Patience behind = kafka_patience(&k, LONG_MS);
    CHECK_INT(kafka_slice(&behind, LONG_MS), 0);
    return 0;
}
