# SPDX-License-Identifier: Apache-2.0
# Files of src/func, one a line.
libsluice_a_SOURCES += \
	src/func/aggregate/collect.c \
	src/func/aggregate/count.c \
	src/func/aggregate/count_distinct.c \
	src/func/aggregate/held.c \
	src/func/aggregate/held.h \
	src/func/aggregate/min_max.c \
	src/func/aggregate/offset.c \
	src/func/aggregate/stddev.c \
	src/func/aggregate/sum.c \
	src/func/aggregate/tally.c \
	src/func/aggregate/topk.c \
	src/func/date_format.c \
	src/func/date_format.h \
	src/func/date_parse.c \
	src/func/date_parse.h \
	src/func/md5.c \
	src/func/md5.h \
	src/func/print.c \
	src/func/registry.c \
	src/func/registry.h \
	src/func/resolve.c \
	src/func/scalar/array.c \
	src/func/scalar/collection.c \
	src/func/scalar/conditional.c \
	src/func/scalar/encode.c \
	src/func/scalar/format.c \
	src/func/scalar/json.c \
	src/func/scalar/mask.c \
	src/func/scalar/math.c \
	src/func/scalar/parse.c \
	src/func/scalar/regexp.c \
	src/func/scalar/string.c \
	src/func/scalar/text.c \
	src/func/scalar/time.c \
	src/func/scalar/trig.c \
	src/func/scalar/url.c \
	src/func/tables.h \
	src/func/text16.c \
	src/func/text16.h \
	src/func/zone.c \
	src/func/zone.h
