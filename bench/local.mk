# SPDX-License-Identifier: Apache-2.0
# The workloads of bench/, built by `make bench/NAME` only (bench/run does it).
EXTRA_PROGRAMS += bench/cart bench/queries bench/serde_json bench/store bench/topics
bench_cart_SOURCES = bench/cart.c bench/measure.h bench/limits/cart_limit.c bench/limits/cart_limit.h
bench_cart_LDADD = $(SLUICE_LIBS)
bench_queries_SOURCES = bench/queries.c bench/measure.h
bench_queries_LDADD = $(SLUICE_LIBS)
bench_serde_json_SOURCES = bench/serde_json.c
bench_serde_json_LDADD = $(SLUICE_LIBS)
bench_store_SOURCES = bench/store.c
bench_store_LDADD = $(SLUICE_LIBS)
bench_topics_SOURCES = bench/topics.c
bench_topics_LDADD = $(SLUICE_LIBS)
