# SPDX-License-Identifier: Apache-2.0
# Files of src/expr, one a line.
libsluice_a_SOURCES +=
