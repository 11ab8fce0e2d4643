# SPDX-License-Identifier: Apache-2.0
# Deaths at every effect gate, random simulation, processes that are killed (stage 70-crash); a full device
# (stage 72-full-disk).
crash_files = \
	tests/crash/workload.c \
	tests/crash/workload.h \
	tests/crash/check.c \
	tests/oracle/oracle.c \
	tests/oracle/oracle.h \
	tests/oracle/sequence.c \
	tests/oracle/sequence.h
check_PROGRAMS += tests/crash/gates tests/crash/simulate tests/crash/process tests/crash/full_disk
check_PROGRAMS += tests/oracle/sequence_test
tests_oracle_sequence_test_SOURCES = tests/oracle/sequence_test.c tests/oracle/sequence.c tests/oracle/sequence.h
tests_oracle_sequence_test_LDADD =
tests_crash_gates_SOURCES = tests/crash/gates.c $(crash_files) $(double_files)
tests_crash_gates_LDADD = $(SLUICE_LIBS)
tests_crash_simulate_SOURCES = tests/crash/simulate.c $(crash_files) $(double_files)
tests_crash_simulate_LDADD = $(SLUICE_LIBS)
tests_crash_process_SOURCES = tests/crash/process.c
tests_crash_process_LDADD =
tests_crash_full_disk_SOURCES = tests/crash/full_disk.c tests/crash/full_disk.h tests/crash/full_disk_race.c
tests_crash_full_disk_LDADD = $(SLUICE_LIBS)
# A Kafka double in one thread, for what stands on topic/broker.h.
double_files = \
	tests/crash/broker_double.c \
	tests/crash/broker_double.h \
	tests/crash/broker_double_impl.h \
	tests/crash/broker_double_write.c
tests_unit_unit_SOURCES += $(double_files)
