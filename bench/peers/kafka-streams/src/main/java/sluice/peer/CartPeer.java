// SPDX-License-Identifier: Apache-2.0
// The cart's aggregate as a Kafka Streams program: SUM(qty) by customer and item over a topic of JSON records, into
// a store with a changelog topic and, as CREATE TABLE AS does, into a topic of the table's changes.
//
// Written to be quick, so that the comparison is fair: Jackson bound to a class of three members, only key and
// quantity go through the repartition topic, numbers as binary.
//
//   CartPeer --bootstrap-server H:P --topic T --state-dir DIR [--application-id ID] [--guarantee at_least_once]
//            [--commit-interval 2000] [--cache 10485760] [--threads 1] [--session-timeout MS] [--sink TOPIC]
//            [--query CUSTOMER,ITEM --expect SUM] [--stay yes]
//
// Two lines of `name=value` words: `answer=` (seconds from the start of the process until a query of the store gave
// the expected sum; with --query) and, once everything that the topic held at the start is aggregated and committed,
// records, cpu (seconds of the whole process, its start included), wall (seconds). Ends then, or stays until killed.
package sluice.peer;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;

public final class CartPeer {
    private static final String STORE = "carts";

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static final class Cart {
        public String customer;
        public String item;
        public int qty;
    }

    private final Map<String, String> options;
    private final String application;
    private final String topic;
    private final LongAdder aggregated = new LongAdder();

    private CartPeer(Map<String, String> options) {
        this.options = options;
        application = options.getOrDefault("application-id", "cart-peer");
        topic = needed("topic");
    }

    private String needed(String name) {
        String value = options.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return value;
    }

    private Properties settings() {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, needed("bootstrap-server"));
        p.put(StreamsConfig.STATE_DIR_CONFIG, needed("state-dir"));
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, options.getOrDefault("guarantee", "at_least_once"));
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.getOrDefault("commit-interval", "2000"));
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, options.getOrDefault("cache", "10485760"));
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.getOrDefault("threads", "1"));
        p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        if (options.containsKey("session-timeout")) {
            p.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, options.get("session-timeout"));
            p.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                    Integer.toString(Integer.parseInt(options.get("session-timeout")) / 3));
        }
        return p;
    }

    private Topology topology() {
        ObjectReader reader = new ObjectMapper().readerFor(Cart.class);
        Serde<Cart> carts = Serdes.serdeFrom((t, cart) -> {
            throw new SerializationException("carts are only read");
        }, (t, bytes) -> {
            try {
                return bytes == null ? null : reader.readValue(bytes);
            } catch (java.io.IOException e) {
                throw new SerializationException(e);
            }
        });
        StreamsBuilder builder = new StreamsBuilder();
        KTable<String, Long> table = builder.stream(topic, Consumed.with(Serdes.ByteArray(), carts))
                .map((key, cart) -> KeyValue.pair(cart.customer + "," + cart.item, cart.qty))
                .groupByKey(Grouped.with("pair", Serdes.String(), Serdes.Integer()))
                .aggregate(() -> 0L, (pair, qty, sum) -> {
                    aggregated.increment();
                    return sum + qty;
                }, Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as(STORE)
                        .withKeySerde(Serdes.String()).withValueSerde(Serdes.Long()));
        if (options.containsKey("sink")) {
            table.toStream().to(options.get("sink"), Produced.with(Serdes.String(), Serdes.Long()));
        }
        return builder.build();
    }

    /** Where each partition of a topic ends; null where there is no such topic yet. */
    private static Map<TopicPartition, Long> ends(Admin admin, String topic) throws Exception {
        Map<TopicPartition, OffsetSpec> ask = new HashMap<>();
        try {
            admin.describeTopics(Set.of(topic)).allTopicNames().get().get(topic).partitions()
                    .forEach(p -> ask.put(new TopicPartition(topic, p.partition()), OffsetSpec.latest()));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return null;
            }
            throw e;
        }
        Map<TopicPartition, Long> found = new HashMap<>();
        admin.listOffsets(ask).all().get().forEach((tp, info) -> found.put(tp, info.offset()));
        return found;
    }

    /** Has the group committed up to there? One less will do where a transaction's mark is the last record. */
    private boolean committed(Admin admin, Map<TopicPartition, Long> ends, long less) throws Exception {
        if (ends == null) {
            return false;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets =
                admin.listConsumerGroupOffsets(application).partitionsToOffsetAndMetadata().get();
        Set<TopicPartition> behind = new HashSet<>();
        ends.forEach((tp, end) -> {
            OffsetAndMetadata at = offsets.get(tp);
            if (end > 0 && (at == null || at.offset() < end - less)) {
                behind.add(tp);
            }
        });
        return behind.isEmpty();
    }

    private static double sinceStart() {
        return (System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime()) / 1000.0;
    }

    private static void say(String format, Object... args) {
        System.out.println(String.format(Locale.ROOT, format, args));
        System.out.flush();
    }

    /** Until a query of the store gives the expected sum. */
    private void awaitAnswer(KafkaStreams streams) throws InterruptedException {
        String pair = options.get("query");
        long expected = Long.parseLong(needed("expect"));
        while (true) {
            try {
                Long sum = streams.store(StoreQueryParameters.fromNameAndType(STORE,
                        QueryableStoreTypes.<String, Long>keyValueStore())).get(pair);
                if (sum != null && sum == expected) {
                    say("answer=%.2f", sinceStart());
                    return;
                }
            } catch (InvalidStateStoreException e) {
                // Not there yet: starting, restoring or moving.
            }
            Thread.sleep(10);
        }
    }

    private void run() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", needed("bootstrap-server")));
                KafkaStreams streams = new KafkaStreams(topology(), settings())) {
            Map<TopicPartition, Long> source = ends(admin, topic);
            if (source == null) {
                throw new IllegalArgumentException("no topic " + topic);
            }
            boolean transactions = !"at_least_once".equals(options.getOrDefault("guarantee", "at_least_once"));
            long records = source.values().stream().mapToLong(Long::longValue).sum();
            streams.start();
            if (options.containsKey("query")) {
                awaitAnswer(streams);
            }
            while (!committed(admin, source, 0)
                    || !committed(admin, ends(admin, application + "-pair-repartition"), transactions ? 1 : 0)) {
                Thread.sleep(50);
            }
            OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            say("records=%d aggregated=%d cpu=%.2f wall=%.2f", records, aggregated.sum(),
                    system.getProcessCpuTime() / 1e9, sinceStart());
            while (options.containsKey("stay")) {
                Thread.sleep(1000);
            }
            streams.close(Duration.ofSeconds(20));
        }
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            options.put(args[i].replaceFirst("^--", ""), args[i + 1]);
        }
        try {
            new CartPeer(options).run();
        } catch (IllegalArgumentException e) {
            System.err.println("CartPeer: " + e.getMessage());
            System.exit(2);
        }
    }
}
