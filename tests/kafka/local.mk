# SPDX-License-Identifier: Apache-2.0
# What runs against a real Apache Kafka (stages 84-*).
check_PROGRAMS += tests/kafka/test_broker
tests_kafka_test_broker_SOURCES = tests/kafka/test_broker.c tests/kafka/test_broker_more.c \
	tests/kafka/test_broker_faults.c tests/kafka/rig.c tests/kafka/rig.h
tests_kafka_test_broker_LDADD = $(SLUICE_LIBS)
