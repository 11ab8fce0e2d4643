# SPDX-License-Identifier: Apache-2.0
# Files of src/func, one a line.
libsluice_a_SOURCES +=
