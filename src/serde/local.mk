# SPDX-License-Identifier: Apache-2.0
# Files of src/serde, one a line.
libsluice_a_SOURCES += \
	src/serde/delimited.c \
	src/serde/format.c \
	src/serde/internal.h \
	src/serde/json.h \
	src/serde/json_fields.c \
	src/serde/json_fields.h \
	src/serde/json_read.c \
	src/serde/json_scan.c \
	src/serde/json_shape.c \
	src/serde/json_shape.h \
	src/serde/json_text.c \
	src/serde/json_why.c \
	src/serde/json_why.h \
	src/serde/json_write.c \
	src/serde/kafka.c \
	src/serde/serde.c \
	src/serde/serde.h
