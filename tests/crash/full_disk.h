// SPDX-License-Identifier: Apache-2.0
// The parts of tests/crash/full_disk: full_disk.c has the engine over a full device, full_disk_race.c the disk layer alone.
#ifndef SLUICE_TESTS_FULL_DISK_H
#define SLUICE_TESTS_FULL_DISK_H

#include "base/base.h"

/* In DIR/race, for so long. True: nothing was lost, nothing that was refused is there, and writes go on at the end. */
bool full_disk_race(const char *dir, unsigned seed, int seconds);

#endif
