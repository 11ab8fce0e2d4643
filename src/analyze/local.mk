# SPDX-License-Identifier: Apache-2.0
# Files of src/analyze, one a line.
libsluice_a_SOURCES += \
	src/analyze/analyze.h \
	src/analyze/bind_aggregate.c \
	src/analyze/bind_create.c \
	src/analyze/bind_create_as.c \
	src/analyze/bind_expr.c \
	src/analyze/bind_expr.h \
	src/analyze/bind_expr_internal.h \
	src/analyze/bind_expr_list.c \
	src/analyze/bind_expr_ops.c \
	src/analyze/bind_expr_type.c \
	src/analyze/bind_insert.c \
	src/analyze/bind_join.c \
	src/analyze/bind_pull.c \
	src/analyze/bind_select.c \
	src/analyze/bound.c \
	src/analyze/internal.h \
	src/analyze/names.c \
	src/analyze/pull_check.c \
	src/analyze/resolved.c \
	src/analyze/resolved.h \
	src/analyze/with.c
