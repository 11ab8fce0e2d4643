// SPDX-License-Identifier: Apache-2.0
// `sluice fmt`: SQL scripts in one canonical layout. One call a process; prints to stdout and stderr.
#ifndef SLUICE_TOOLS_FMT_H
#define SLUICE_TOOLS_FMT_H

/* fmt [--check] FILE…|-: argv[0] is the command's name. Returns the exit code: 0; 1 when a file does
 * not parse, or differs under --check; 2 for wrong arguments or a file that cannot be read or written. */
int tool_fmt(int argc, char **argv);

#endif
