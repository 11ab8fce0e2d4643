# SPDX-License-Identifier: Apache-2.0
# Files of src/disk, one a line.
libsluice_a_SOURCES += \
	src/disk/disk.c \
	src/disk/disk.h \
	src/disk/disk_impl.h \
	src/disk/disk_log.c \
	src/disk/disk_name.c \
	src/disk/disk_open.c \
	src/disk/disk_room.c \
	src/disk/disk_scan.c \
	src/disk/disk_synced.c
