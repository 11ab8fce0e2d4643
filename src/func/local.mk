# SPDX-License-Identifier: Apache-2.0
# Files of src/func, one a line.
libsluice_a_SOURCES += \
	src/func/aggregate/collect.c \
	src/func/aggregate/count.c \
	src/func/aggregate/held.c \
	src/func/aggregate/held.h \
	src/func/aggregate/min_max.c \
	src/func/aggregate/offset.c \
	src/func/aggregate/sum.c \
	src/func/print.c \
	src/func/registry.c \
	src/func/registry.h \
	src/func/resolve.c \
	src/func/scalar/array.c \
	src/func/scalar/collection.c \
	src/func/scalar/conditional.c \
	src/func/scalar/math.c \
	src/func/scalar/string.c \
	src/func/scalar/text.c \
	src/func/scalar/time.c \
	src/func/scalar/trig.c \
	src/func/tables.h \
	src/func/text16.c \
	src/func/text16.h
