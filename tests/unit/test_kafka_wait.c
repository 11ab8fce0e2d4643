// SPDX-License-Identifier: Apache-2.0
// How long a call of librdkafka may take: its own limit, a hurry, and the process's end, which gives a broker up that does not
// answer in the end's time; what librdkafka does not come to an end with is left; what a time-out tells as its reason. No broker.
#include <semaphore.h>

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

static void wait_for(void *arg) { sem_wait(arg); }

int test_kafka_aside_is_left_alone(void)
{
    sem_t go;
    sem_init(&go, 0, 0);
    Aside *a = kafka_aside(wait_for, &go);
    CHECK(!kafka_aside_wait(a, 1));
    sem_post(&go);
    CHECK(kafka_aside_wait(a, LONG_MS));
    CHECK(kafka_aside_end(a));
    static sem_t later; /* of a call that goes on */
    sem_init(&later, 0, 0);
    a = kafka_aside(wait_for, &later);
    CHECK(!kafka_aside_end(a));
    sem_post(&later);
    return 0;
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void log_at_gate(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    UNUSED(rk);
    UNUSED(level);
    UNUSED(facility);
    UNUSED(text);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

/* A consumer of no broker. It tells all that it does, which stops all its threads while the gate is held. */
static rd_kafka_t *gated(void)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    kafka_conf_set(conf, "debug", "all");
    rd_kafka_conf_set_log_cb(conf, log_at_gate);
    return rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
}

int test_kafka_handle_without_end_is_left(void)
{
    Kafka k = {0};
    rd_kafka_t *good = gated(), *bad = gated(), *worse = gated();
    CHECK(good && bad && worse);
    CHECK(kafka_destroy(&k, good));
    CHECK(!k.left && k.destroy_spent_ms == 0);
    pthread_mutex_lock(&gate);
    k.destroy_spent_ms = 1300;
    int64_t began = kafka_now_ms();
    bool destroyed = kafka_destroy(&k, bad);
    int64_t first = kafka_now_ms() - began;
    destroyed |= kafka_destroy(&k, worse); /* the account is empty: little time is left for each */
    int64_t both = kafka_now_ms() - began;
    pthread_mutex_unlock(&gate);
    CHECK(!destroyed && k.left);
    CHECK(first >= 190 && both < 1400); /* with LEAST_MS for the second */
    CHECK(k.destroy_spent_ms >= 1500);
    CHECK_INT(rd_kafka_wait_destroyed(LONG_MS), 0); /* they went on alone */
    return 0;
}

static const char *failed_with(Kafka *k, Err *err, rd_kafka_resp_err_t e)
{
    err_clear(err);
    kafka_fail(k, err, e, NULL, "Describe of topic t failed");
    return err->msg;
}

int test_kafka_time_out_tells_the_connection(void)
{
    Kafka k = {.props = {.servers = (char *)"b:9092"}};
    Err err = ERR_INIT;
    pthread_mutex_init(&k.reason_lock, NULL);
    CHECK_TEXT(failed_with(&k, &err, RD_KAFKA_RESP_ERR__TIMED_OUT), "Describe of topic t failed: Local: Timed out (b:9092)");
    /* The troubles of other handles are no reason. */
    kafka_logged(&k, 4, "SESSTMOUT", "[thrd:main]: Consumer group session timed out (in join-state steady) after 6000 ms");
    kafka_logged(&k, 0, "FATAL", "[thrd:main]: Fatal error: Local: This instance has been fenced by a newer instance");
    kafka_logged(&k, 3, "ERROR", "[thrd:app]: sluice#producer-3: Local: Fenced: x");
    CHECK_TEXT(failed_with(&k, &err, RD_KAFKA_RESP_ERR__TIMED_OUT), "Describe of topic t failed: Local: Timed out (b:9092)");
    kafka_logged(&k, 3, "FAIL",
                 "[thrd:b:9092/1]: b:9092/1: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT, "
                 "1 identical error(s) suppressed)");
    kafka_logged(&k, 5, "FAIL", "[thrd:b:9092/1]: b:9092/1: a notice");
    CHECK_TEXT(failed_with(&k, &err, RD_KAFKA_RESP_ERR__TRANSPORT),
               "Describe of topic t failed: Local: Broker transport failure (b:9092: b:9092/1: Connect to ipv4#10.0.0.1:9092 failed: "
               "Connection refused)");
    kafka_logged(&k, 3, "FAIL",
                 "[thrd:b:9092/1]: b:9092/1: ApiVersionRequest failed: Local: Timed out: probably due to broker version < 0.10 (see "
                 "api.version.request configuration) (after 10002ms in state APIVERSION_QUERY)");
    CHECK_TEXT(failed_with(&k, &err, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT),
               "Describe of topic t failed: Local: Message timed out (b:9092: b:9092/1: ApiVersionRequest failed: Local: Timed out)");
    /* An error that says why it is one needs no reason. */
    CHECK_TEXT(failed_with(&k, &err, RD_KAFKA_RESP_ERR_INVALID_CONFIG),
               "Describe of topic t failed: Broker: Configuration is invalid");
    err_clear(&err);
    buf_free(&k.reason);
    pthread_mutex_destroy(&k.reason_lock);
    return 0;
}
