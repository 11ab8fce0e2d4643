// SPDX-License-Identifier: Apache-2.0
// Admin requests: each has a queue of its own, whose one event is waited for, request_ms at most. @thread any
//
//   to the controller, to a leader     by the meta handle; what times out is given up by librdkafka itself
//   to the coordinator of a group      by a handle of their own (CoordinatorHandle)
//
// librdkafka (2.0.2; 2.8 has the same lines) does not stop looking for the coordinator of a request that has timed out, and when
// it finds one, it ends the process by an assertion (rd_kafka_enq_once_del_source_return). So there nothing ever times out: who
// has waited long enough gives up the handle, and the last who asks by it destroys it, with all that is still to be sent. What
// failed for its caller is therefore not done later either. The next request gets a new handle.
#include "topic/kafka_impl.h"

enum { NEVER_MS = 3600 * 1000 }; /* the most that librdkafka takes */

struct CoordinatorHandle {
    rd_kafka_t *rk;
    rd_kafka_queue_t *background;
    int users; /* under Kafka.coordinators_lock; those that wait for an answer */
};

/* ---- the coordinators' handle ---- */

static void handle_free(Kafka *k, CoordinatorHandle *h)
{
    if (!h)
        return;
    rd_kafka_queue_destroy(h->background);
    kafka_destroy(k, h->rk);
    mem_free(h);
}

void kafka_coordinators_free(Kafka *k)
{
    handle_free(k, k->coordinators);
    k->coordinators = NULL;
}

/* NULL: err is set. */
static CoordinatorHandle *handle_take(Kafka *k, Err *err)
{
    pthread_mutex_lock(&k->coordinators_lock);
    CoordinatorHandle *h = k->coordinators;
    if (!h) {
        rd_kafka_queue_t *background;
        rd_kafka_t *rk = kafka_meta_new(k, &background, err);
        if (rk) {
            h = k->coordinators = mem_zalloc(sizeof *h);
            h->rk = rk;
            h->background = background;
        }
    }
    if (h)
        h->users++;
    pthread_mutex_unlock(&k->coordinators_lock);
    return h;
}

static void handle_give(Kafka *k, CoordinatorHandle *h, bool answered)
{
    pthread_mutex_lock(&k->coordinators_lock);
    if (!answered && k->coordinators == h)
        k->coordinators = NULL;
    bool last = --h->users == 0 && k->coordinators != h;
    pthread_mutex_unlock(&k->coordinators_lock);
    if (last)
        handle_free(k, h);
}

/* ---- requests ---- */

static bool of_group(rd_kafka_admin_op_t op)
{
    return op == RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS || op == RD_KAFKA_ADMIN_OP_DELETEGROUPS ||
           op == RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;
}

/* NULL: no answer in time. */
static rd_kafka_event_t *ask_by(Kafka *k, rd_kafka_t *rk, rd_kafka_admin_op_t op, KafkaAsk *ask, void *request)
{
    char why[256];
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(rk, op);
    rd_kafka_AdminOptions_set_request_timeout(o, of_group(op) ? NEVER_MS : k->request_ms, why, sizeof why);
    if (op == RD_KAFKA_ADMIN_OP_CREATETOPICS || op == RD_KAFKA_ADMIN_OP_DELETETOPICS || op == RD_KAFKA_ADMIN_OP_DELETERECORDS)
        rd_kafka_AdminOptions_set_operation_timeout(o, k->request_ms / 2, why, sizeof why);
    ask(rk, request, o, q);
    rd_kafka_event_t *ev = kafka_poll(k, q, of_group(op) ? k->request_ms : k->request_ms + 1000);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_queue_destroy(q);
    return ev;
}

static rd_kafka_event_t *ask_coordinator(Kafka *k, rd_kafka_admin_op_t op, KafkaAsk *ask, void *request, Err *err)
{
    CoordinatorHandle *h = handle_take(k, err);
    rd_kafka_event_t *ev = h ? ask_by(k, h->rk, op, ask, request) : NULL;
    if (h)
        handle_give(k, h, ev != NULL);
    return ev;
}

rd_kafka_event_t *kafka_ask(Kafka *k, rd_kafka_admin_op_t op, KafkaAsk *ask, void *request, KafkaAbout about, Err *err)
{
    rd_kafka_event_t *ev = of_group(op) ? ask_coordinator(k, op, ask, request, err) : ask_by(k, k->meta, op, ask, request);
    if (!ev && err->code) /* there is no handle */
        return NULL;
    rd_kafka_resp_err_t e = ev ? rd_kafka_event_error(ev) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!e)
        return ev;
    if (kafka_code(e) == ERR_DENIED)
        kafka_denied(err, about.operation, about.what, about.name);
    else
        kafka_fail(k, err, e, ev ? rd_kafka_event_error_string(ev) : NULL, "%s on %s: [%.*s]", about.operation, about.what,
                   STR_ARG(about.name));
    if (ev)
        rd_kafka_event_destroy(ev);
    return NULL;
}
