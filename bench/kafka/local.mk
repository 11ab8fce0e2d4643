# SPDX-License-Identifier: Apache-2.0
# The programs of bench/kafka, built by `make bench/kafka/NAME` only (bench/kafka/run does it).
EXTRA_PROGRAMS += bench/kafka/limit bench/kafka/produce bench/kafka/watch
bench_kafka_limit_SOURCES = bench/kafka/limit.c bench/kafka/common.h
bench_kafka_limit_LDADD = $(RDKAFKA_LIBS) $(XXHASH_LIBS)
bench_kafka_produce_SOURCES = bench/kafka/produce.c bench/kafka/common.h
bench_kafka_produce_LDADD = $(RDKAFKA_LIBS)
bench_kafka_watch_SOURCES = bench/kafka/watch.c bench/kafka/common.h
bench_kafka_watch_LDADD = $(RDKAFKA_LIBS)
