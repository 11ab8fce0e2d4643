# SPDX-License-Identifier: Apache-2.0
# Files of src/sql, one a line. src/sql/lexer.c and src/sql/parser.[ch] are generated from grammar/.
libsluice_a_SOURCES += \
	src/sql/ast.h \
	src/sql/ast_equal.c \
	src/sql/build.h \
	src/sql/build_expr.c \
	src/sql/build_stmt.c \
	src/sql/keyword.c \
	src/sql/lexer.h \
	src/sql/parse.c \
	src/sql/parse.h \
	src/sql/parse_error.c \
	src/sql/parse_run.h \
	src/sql/print.h \
	src/sql/print_expr.c \
	src/sql/print_query.c \
	src/sql/print_script.c \
	src/sql/print_stmt.c \
	src/sql/print_style.h \
	src/sql/variables.c

# The check of the language front over the public cases and the repository's SQL files.
include $(srcdir)/tests/conformance/local.mk
