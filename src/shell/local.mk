# SPDX-License-Identifier: Apache-2.0
# Files of src/shell, one a line.
libsluice_a_SOURCES += \
	src/shell/cli.c \
	src/shell/cli.h \
	src/shell/complete.c \
	src/shell/complete.h \
	src/shell/core.h \
	src/shell/describe.c \
	src/shell/edit.c \
	src/shell/edit.h \
	src/shell/headless.c \
	src/shell/headless.h \
	src/shell/history.c \
	src/shell/history.h \
	src/shell/json.c \
	src/shell/json.h \
	src/shell/open.c \
	src/shell/open.h \
	src/shell/out.c \
	src/shell/out.h \
	src/shell/rows.c \
	src/shell/rows.h \
	src/shell/run.c \
	src/shell/run.h \
	src/shell/scan.c \
	src/shell/scan.h \
	src/shell/shell.c \
	src/shell/shell.h \
	src/shell/signals.c \
	src/shell/signals.h \
	src/shell/statement.c \
	src/shell/statement.h \
	src/shell/stream.c \
	src/shell/table.c \
	src/shell/table.h
