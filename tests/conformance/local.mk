# SPDX-License-Identifier: Apache-2.0
# The language front over every statement of the public ksqlDB cases (stage 20-parse-conformance).
check_PROGRAMS += tests/conformance/parse_all
tests_conformance_parse_all_SOURCES = tests/conformance/parse_all.c
tests_conformance_parse_all_LDADD = $(SLUICE_LIBS)
