// SPDX-License-Identifier: Apache-2.0
// sluice: arguments only.
//
// Knows --version and --help; what the shell and the engine do is reached from here once they are
// part of the program. Exit code 0 is success, 2 an argument that is not understood.
#include <stdio.h>
#include <string.h>

#include "base/base.h"

static int usage(FILE *out)
{
    fputs("sluice [--version] [--help]\n", out);
    return out == stderr ? 2 : 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0) {
            puts("sluice " PACKAGE_VERSION);
            return 0;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return usage(stdout);
        fprintf(stderr, "sluice: '%s' is not understood; --help lists what is\n", argv[i]);
        return 2;
    }
    fputs("sluice: this build has no shell and no engine yet\n", stderr);
    return 2;
}
