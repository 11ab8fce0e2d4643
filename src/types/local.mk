# SPDX-License-Identifier: Apache-2.0
# Files of src/types, one a line.
libsluice_a_SOURCES += \
	src/types/base64.c \
	src/types/batch.c \
	src/types/batch.h \
	src/types/cast.c \
	src/types/cast.h \
	src/types/coerce.c \
	src/types/compare.c \
	src/types/datetime.c \
	src/types/decimal.c \
	src/types/double_text.c \
	src/types/function.c \
	src/types/function.h \
	src/types/number_text.c \
	src/types/text.h \
	src/types/type.c \
	src/types/type.h \
	src/types/type_text.c \
	src/types/utf8.c \
	src/types/value.c \
	src/types/value.h \
	src/types/value_map.c \
	src/types/value_text.c
