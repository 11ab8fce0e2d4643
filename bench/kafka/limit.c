// SPDX-License-Identifier: Apache-2.0
// Limit programs on Kafka: what librdkafka alone needs to hand over the records of a topic, and what a loop
// written for the cart needs on top of it (a scanner that knows the layout of the text by heart, a hash table).
//
//   limit --bootstrap-server H:P [--topic cart] [--work none|cart] [--batch 4096] [--set NAME=VALUE]…
//
// Partitions are read by assignment through one queue, in batches, no callback for a record; CRCs are checked, as
// the engine does. What counts is the CPU time of the process, librdkafka's threads included, from the first fetch
// until the end that the topic had at the start. Prints one line of `name=value` words: records, cpu (seconds),
// wall (seconds); with the cart also pairs and total, to compare with what `produce` said.
#include "bench/kafka/common.h"

#include <xxhash.h>

enum { NUDGE = 8192 };

/* Open addressing over 64-bit hashes; the keys' bytes lie beside the slots, copied once. */
typedef struct Slot {
    uint64_t hash; /* 0: empty */
    int64_t sum;
    char *key;
    uint32_t len, pad;
} Slot;

typedef struct Table {
    Slot *slots;
    size_t mask, n;
} Table;

static void table_grow(Table *t)
{
    size_t cap = t->slots ? (t->mask + 1) * 2 : 1 << 12;
    Slot *slots = calloc(cap, sizeof *slots);
    if (!slots)
        fail("out of memory");
    for (size_t i = 0; t->slots && i <= t->mask; i++) {
        size_t at = t->slots[i].hash & (cap - 1);
        while (t->slots[i].hash && slots[at].hash)
            at = (at + 1) & (cap - 1);
        if (t->slots[i].hash)
            slots[at] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->mask = cap - 1;
}

static void table_add(Table *t, const char *key, uint32_t len, int qty)
{
    uint64_t hash = XXH3_64bits(key, len) | 1;
    size_t at = hash & t->mask;
    for (; t->slots[at].hash; at = (at + 1) & t->mask)
        if (t->slots[at].hash == hash && t->slots[at].len == len && memcmp(t->slots[at].key, key, len) == 0) {
            t->slots[at].sum += qty;
            return;
        }
    t->slots[at] = (Slot){.hash = hash, .sum = qty, .key = malloc(len), .len = len};
    if (!t->slots[at].key)
        fail("out of memory");
    memcpy(t->slots[at].key, key, len);
    if (++t->n * 2 > t->mask)
        table_grow(t);
}

/* {"customer":"…","item":"…","qty":N, …: customer","item":"item is the key, as it stands in the text. */
static void add_cart(Table *t, const char *p, size_t len)
{
    static const char customer[] = "{\"customer\":\"", item[] = "\",\"item\":\"", amount[] = "\",\"qty\":";
    const char *end = p + len, *key = p + sizeof customer - 1;
    if (len < 40 || memcmp(p, customer, sizeof customer - 1) != 0)
        fail("a record of another layout");
    p = memchr(key, '"', (size_t)(end - key));
    if (!p || end - p < 30 || memcmp(p, item, sizeof item - 1) != 0)
        fail("a record of another layout");
    p += sizeof item - 1;
    p = memchr(p, '"', (size_t)(end - p));
    if (!p || end - p < 12 || memcmp(p, amount, sizeof amount - 1) != 0)
        fail("a record of another layout");
    uint32_t key_len = (uint32_t)(p - key);
    p += sizeof amount - 1;
    int minus = *p == '-', v = 0;
    for (p += minus; p < end && *p >= '0' && *p <= '9'; p++)
        v = v * 10 + (*p - '0');
    table_add(t, key, key_len, minus ? -v : v);
}

/* librdkafka 2.0 looks at a partition whose queue was full only when the broker's thread wakes, up to a second
 * later; new credentials wake it, and mean nothing on this connection. */
static void nudge(rd_kafka_t *rk)
{
    rd_kafka_error_t *error = rd_kafka_sasl_set_credentials(rk, "nobody", "none");
    if (error)
        rd_kafka_error_destroy(error);
}

/* Reads every partition to its end; returns the number of records. t: NULL for no work. */
static int64_t read_all(rd_kafka_t *rk, const char *topic, size_t batch, Table *t)
{
    int n = partitions_of(rk, topic), open = 0;
    int64_t records = 0, *end = calloc((size_t)n + 1, sizeof *end);
    rd_kafka_message_t **messages = calloc(batch, sizeof(void *));
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    if (!n || !end || !messages)
        fail("%s: no such topic", topic);
    for (int p = 0; p < n; p++) {
        end[p] = end_offset(rk, topic, p);
        open += end[p] > 0;
        if (end[p] > 0 && rd_kafka_consume_start_queue(rkt, p, 0, queue))
            fail("%s-%d: %s", topic, p, rd_kafka_err2str(rd_kafka_last_error()));
    }
    while (open) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 1000, messages, batch);
        for (ssize_t i = 0; i < got; i++) {
            rd_kafka_message_t *m = messages[i];
            if (m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
                fail("%s-%d: %s", topic, m->partition, rd_kafka_message_errstr(m));
            if (!m->err && m->offset < end[m->partition]) {
                if (t)
                    add_cart(t, m->payload, m->len);
                if (++records % NUDGE == 0)
                    nudge(rk);
                open -= m->offset == end[m->partition] - 1;
            }
            rd_kafka_message_destroy(m);
        }
    }
    for (int p = 0; p < n; p++)
        if (end[p] > 0)
            rd_kafka_consume_stop(rkt, p);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_destroy(rkt);
    free(messages);
    free(end);
    return records;
}

int main(int argc, char **argv)
{
    const char *topic = option(argc, argv, "topic", "cart"), *work = option(argc, argv, "work", "none");
    int cart = strcmp(work, "cart") == 0;
    if (!cart && strcmp(work, "none") != 0)
        fail("%s: --work takes none or cart", argv[0]);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "check.crcs", "true");
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--set") == 0) {
            char *equals = strchr(argv[i + 1], '=');
            if (!equals)
                fail("%s: --set takes NAME=VALUE", argv[0]);
            *equals = '\0';
            set(conf, argv[i + 1], equals + 1);
        }
    rd_kafka_t *rk = connect_to(RD_KAFKA_CONSUMER, conf, option(argc, argv, "bootstrap-server", NULL));
    Table table = {0};
    int64_t total = 0;
    table_grow(&table);
    double cpu = cpu_now(), wall = wall_now();
    int64_t n = read_all(rk, topic, (size_t)option_int(argc, argv, "batch", "4096"), cart ? &table : NULL);
    printf("records=%lld cpu=%.2f wall=%.2f", (long long)n, cpu_now() - cpu, wall_now() - wall);
    for (size_t i = 0; i <= table.mask; i++) {
        total += table.slots[i].sum;
        free(table.slots[i].key);
    }
    if (cart)
        printf(" pairs=%zu total=%lld", table.n, (long long)total);
    putchar('\n');
    free(table.slots);
    rd_kafka_destroy(rk);
    return 0;
}
