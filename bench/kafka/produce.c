// SPDX-License-Identifier: Apache-2.0
// Creates a topic and fills it with the cart's records (see common.h), as fast as librdkafka goes.
//
//   produce --bootstrap-server H:P [--topic cart] [--records 5000000] [--pairs 100000] [--partitions 1]
//           [--compression none]
//
// Prints one line of `name=value` words: records, bytes (average), pairs that occur, total of all quantities,
// the sum of the pair customer007, item07 (what a reader may ask for), seconds.
#include "bench/kafka/common.h"

enum { POLL_EVERY = 10000 };

typedef struct Job {
    const char *topic;
    int64_t records;
    int customers, partitions;
    int64_t bytes, pairs, total, sum; /* found */
} Job;

static int64_t failures;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    (void)opaque;
    if (m->err && failures++ == 0)
        fprintf(stderr, "produce: %s\n", rd_kafka_err2str(m->err));
}

static void create_topic(rd_kafka_t *rk, const Job *job)
{
    char why[512];
    rd_kafka_NewTopic_t *nt = rd_kafka_NewTopic_new(job->topic, job->partitions, 1, why, sizeof why);
    if (!nt)
        fail("%s: %s", job->topic, why);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    if (rd_kafka_AdminOptions_set_operation_timeout(options, 10000, why, sizeof why))
        fail("%s: %s", job->topic, why);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &nt, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    if (!event || rd_kafka_event_error(event))
        fail("%s: %s", job->topic, event ? rd_kafka_event_error_string(event) : "no answer");
    size_t n;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    if (n != 1 || rd_kafka_topic_result_error(results[0]))
        fail("%s: %s", job->topic, n == 1 ? rd_kafka_topic_result_error_string(results[0]) : "no result");
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(nt);
}

static void send_record(rd_kafka_t *rk, const Job *job, const CartRecord *r, int64_t i)
{
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_producev(
            rk, RD_KAFKA_V_TOPIC(job->topic), RD_KAFKA_V_PARTITION((int32_t)(i % job->partitions)),
            RD_KAFKA_V_VALUE((void *)r->text, (size_t)r->len), RD_KAFKA_V_TIMESTAMP(1700000000000 + i),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (!code)
            return;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            fail("produce: %s", rd_kafka_err2str(code));
        rd_kafka_poll(rk, 100);
    }
}

static void fill(rd_kafka_t *rk, Job *job)
{
    uint64_t state = 1;
    CartRecord r;
    char *seen = calloc((size_t)job->customers, CART_ITEMS);
    if (!seen)
        fail("out of memory");
    for (int64_t i = 0; i < job->records; i++) {
        cart_record(&state, i, job->customers, &r);
        send_record(rk, job, &r, i);
        char *first = &seen[r.customer * CART_ITEMS + r.item];
        job->pairs += !*first;
        *first = 1;
        job->bytes += r.len;
        job->total += r.qty;
        job->sum += r.customer == 7 && r.item == 7 ? r.qty : 0;
        if (i % POLL_EVERY == 0)
            rd_kafka_poll(rk, 0);
    }
    free(seen);
    if (rd_kafka_flush(rk, 60000) || failures)
        fail("produce: %lld records failed, %d are still waiting", (long long)failures, rd_kafka_outq_len(rk));
}

int main(int argc, char **argv)
{
    Job job = {.topic = option(argc, argv, "topic", "cart"),
               .records = option_int(argc, argv, "records", "5000000"),
               .customers = (int)(option_int(argc, argv, "pairs", "100000") + CART_ITEMS - 1) / CART_ITEMS,
               .partitions = (int)option_int(argc, argv, "partitions", "1")};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "linger.ms", "50");
    set(conf, "batch.size", "1000000");
    set(conf, "queue.buffering.max.messages", "500000");
    set(conf, "enable.idempotence", "true");
    set(conf, "compression.type", option(argc, argv, "compression", "none"));
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *rk = connect_to(RD_KAFKA_PRODUCER, conf, option(argc, argv, "bootstrap-server", NULL));
    double start = wall_now();
    create_topic(rk, &job);
    fill(rk, &job);
    printf("records=%lld bytes=%lld pairs=%lld total=%lld sum=%lld seconds=%.1f\n", (long long)job.records,
           (long long)(job.bytes / job.records), (long long)job.pairs, (long long)job.total, (long long)job.sum,
           wall_now() - start);
    rd_kafka_destroy(rk);
    return 0;
}
