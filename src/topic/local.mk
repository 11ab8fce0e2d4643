# SPDX-License-Identifier: Apache-2.0
# Files of src/topic, one a line.
libsluice_a_SOURCES += \
	src/topic/block.c \
	src/topic/block_code.c \
	src/topic/broker.h \
	src/topic/compact.c \
	src/topic/embedded.c \
	src/topic/memory.c \
	src/topic/partitioner.c \
	src/topic/remote.c \
	src/topic/remote_commit.c \
	src/topic/remote_impl.h \
	src/topic/remote_position.c \
	src/topic/topic.h \
	src/topic/topic_impl.h \
	src/topic/topics.c \
	src/topic/unit.c
