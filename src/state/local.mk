# SPDX-License-Identifier: Apache-2.0
# Files of src/state, one a line.
libsluice_a_SOURCES += \
	src/state/blocks.c \
	src/state/blocks.h \
	src/state/scan.c \
	src/state/store.c \
	src/state/store.h \
	src/state/store_impl.h \
	src/state/table.c
