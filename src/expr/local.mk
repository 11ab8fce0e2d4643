# SPDX-License-Identifier: Apache-2.0
# Files of src/expr, one a line.
libsluice_a_SOURCES += \
	src/expr/compile.c \
	src/expr/internal.h \
	src/expr/kernel_arith.c \
	src/expr/kernel_call.c \
	src/expr/kernel_cast.c \
	src/expr/kernel_compare.c \
	src/expr/kernel_like.c \
	src/expr/kernel_logic.c \
	src/expr/kernel_nested.c \
	src/expr/program.h \
	src/expr/run.c \
	src/expr/texpr.c \
	src/expr/texpr.h \
	src/expr/texpr_print.c
