# SPDX-License-Identifier: Apache-2.0
# Files of src/plan, one a line.
libsluice_a_SOURCES += \
	src/plan/logical/lp_build.c \
	src/plan/logical/lp_print.c \
	src/plan/physical/pp_build.c \
	src/plan/physical/pp_print.c \
	src/plan/plan.h \
	src/plan/rules/rule_changelog.c \
	src/plan/rules/rule_repartition.c
