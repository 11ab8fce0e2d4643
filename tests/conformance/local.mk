# SPDX-License-Identifier: Apache-2.0
# The language front over every statement of the public ksqlDB cases (stage 20-parse-conformance).
check_PROGRAMS += tests/conformance/parse_all
tests_conformance_parse_all_SOURCES = tests/conformance/parse_all.c
tests_conformance_parse_all_LDADD = $(SLUICE_LIBS)
# Recorded expressions of a real ksqlDB (stage 30-oracle-expressions).
check_PROGRAMS += tests/conformance/oracle_expr
tests_conformance_oracle_expr_SOURCES = tests/conformance/oracle_expr.c
tests_conformance_oracle_expr_LDADD = $(SLUICE_LIBS)
# Recorded streams of a real ksqlDB (stage 35-oracle-streams).
check_PROGRAMS += tests/conformance/oracle_streams
tests_conformance_oracle_streams_SOURCES = tests/conformance/oracle_streams.c
tests_conformance_oracle_streams_LDADD = $(SLUICE_LIBS)
