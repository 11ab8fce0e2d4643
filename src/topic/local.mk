# SPDX-License-Identifier: Apache-2.0
# Files of src/topic, one a line.
libsluice_a_SOURCES += \
	src/topic/block.c \
	src/topic/block_code.c \
	src/topic/broker.h \
	src/topic/compact.c \
	src/topic/embedded.c \
	src/topic/kafka.h \
	src/topic/kafka_admin.c \
	src/topic/kafka_ask.c \
	src/topic/kafka_check.c \
	src/topic/kafka_check.h \
	src/topic/kafka_client.c \
	src/topic/kafka_config.c \
	src/topic/kafka_fetch.c \
	src/topic/kafka_group.c \
	src/topic/kafka_impl.h \
	src/topic/kafka_position.c \
	src/topic/kafka_produce.c \
	src/topic/kafka_wait.c \
	src/topic/memory.c \
	src/topic/partitioner.c \
	src/topic/remote.c \
	src/topic/remote_commit.c \
	src/topic/remote_impl.h \
	src/topic/remote_position.c \
	src/topic/remote_round.h \
	src/topic/remote_send.c \
	src/topic/topic.h \
	src/topic/topic_impl.h \
	src/topic/topics.c \
	src/topic/unit.c
