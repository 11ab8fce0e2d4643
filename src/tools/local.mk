# SPDX-License-Identifier: Apache-2.0
# Files of src/tools, one a line.
libsluice_a_SOURCES += \
	src/tools/fmt.c \
	src/tools/fmt.h \
	src/tools/json_tree.c \
	src/tools/json_tree.h \
	src/tools/qtt.c \
	src/tools/qtt.h \
	src/tools/qtt_case.c \
	src/tools/qtt_case.h \
	src/tools/qtt_codec.c \
	src/tools/qtt_files.c \
	src/tools/qtt_files.h \
	src/tools/qtt_guard.c \
	src/tools/qtt_guard.h \
	src/tools/qtt_match.c \
	src/tools/qtt_post.c \
	src/tools/qtt_run.c \
	src/tools/rqtt_match.c \
	src/tools/rqtt_run.c \
	src/tools/rqtt_run.h \
	src/tools/sqltest.c \
	src/tools/sqltest.h \
	src/tools/sqltest_plan.c \
	src/tools/sqltest_render.c
