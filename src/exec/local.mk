# SPDX-License-Identifier: Apache-2.0
# Files of src/exec, one a line.
libsluice_a_SOURCES += \
	src/exec/aggregate.h \
	src/exec/build.c \
	src/exec/change.c \
	src/exec/change.h \
	src/exec/changelog.c \
	src/exec/changelog.h \
	src/exec/op.h \
	src/exec/op_aggregate.c \
	src/exec/op_check.c \
	src/exec/op_filter.c \
	src/exec/op_project.c \
	src/exec/op_result.c \
	src/exec/op_sink.c \
	src/exec/op_state.c \
	src/exec/op_system.c \
	src/exec/op_table.c
