# SPDX-License-Identifier: Apache-2.0
# Files of src/catalog, one a line.
libsluice_a_SOURCES += \
	src/catalog/catalog.c \
	src/catalog/catalog.h \
	src/catalog/flow.c \
	src/catalog/flow.h \
	src/catalog/prop_names.c \
	src/catalog/props.c \
	src/catalog/props.h
