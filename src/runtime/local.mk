# SPDX-License-Identifier: Apache-2.0
# Files of src/runtime, one a line.
libsluice_a_SOURCES += \
	src/runtime/admin.h \
	src/runtime/command.c \
	src/runtime/commands.c \
	src/runtime/config.c \
	src/runtime/config.h \
	src/runtime/ddl.c \
	src/runtime/ddl.h \
	src/runtime/describe.c \
	src/runtime/engine.c \
	src/runtime/engine.h \
	src/runtime/entity.c \
	src/runtime/explain.c \
	src/runtime/insert.c \
	src/runtime/internal.h \
	src/runtime/keeper.c \
	src/runtime/members.c \
	src/runtime/print.c \
	src/runtime/proclog.c \
	src/runtime/properties_file.c \
	src/runtime/properties_file.h \
	src/runtime/query.c \
	src/runtime/reader.c \
	src/runtime/restore.c \
	src/runtime/running.c \
	src/runtime/select.c \
	src/runtime/session.c \
	src/runtime/session.h \
	src/runtime/show.c \
	src/runtime/stream.c \
	src/runtime/stream.h \
	src/runtime/task.c \
	src/runtime/watchdog.c \
	src/runtime/worker.c
