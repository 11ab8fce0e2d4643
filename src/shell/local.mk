# SPDX-License-Identifier: Apache-2.0
# Files of src/shell, one a line.
libsluice_a_SOURCES +=
