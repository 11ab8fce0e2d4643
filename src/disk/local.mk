# SPDX-License-Identifier: Apache-2.0
# Files of src/disk, one a line.
libsluice_a_SOURCES +=
