# SPDX-License-Identifier: Apache-2.0
# Real servers over a real broker, killed at random (stage 88-kafka-chaos, scripts/dev chaos).
check_PROGRAMS += tests/chaos/chaos
tests_chaos_chaos_SOURCES = \
	tests/chaos/chaos.c \
	tests/chaos/chaos.h \
	tests/chaos/markers.c \
	tests/chaos/outage.c \
	tests/chaos/producer.c \
	tests/chaos/servers.c \
	tests/chaos/verify.c \
	tests/oracle/oracle.c \
	tests/oracle/oracle.h \
	tests/oracle/sequence.c \
	tests/oracle/sequence.h
tests_chaos_chaos_LDADD = $(SLUICE_LIBS)
