# SPDX-License-Identifier: Apache-2.0
# Files of src/base; no folder stands before it.
libsluice_a_SOURCES += \
	src/base/arena.c \
	src/base/arena.h \
	src/base/base.c \
	src/base/base.h \
	src/base/buf.c \
	src/base/buf.h \
	src/base/cancel.c \
	src/base/cancel.h \
	src/base/cell.c \
	src/base/cell.h \
	src/base/codes.def \
	src/base/effects.c \
	src/base/effects.h \
	src/base/err.c \
	src/base/err.h \
	src/base/limits.h \
	src/base/map.c \
	src/base/map.h \
	src/base/nearest.c \
	src/base/nearest.h \
	src/base/vec.c \
	src/base/vec.h
