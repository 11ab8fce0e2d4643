#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone to a first result: installs what is missing, builds Sluice, runs an example.
#
#   ./quickstart.sh
#
# Everything is built below build/release; nothing but Debian packages is installed.
set -eu
cd "$(dirname "$0")"
example=examples/shopping-cart-ksql/cart.sql

scripts/packages build
[ -x build/release/sluice ] || echo "Building Sluice; this takes a minute or two the first time."
scripts/build build/release all

echo "Running $example:"
echo
build/release/sluice run "$example"
echo
echo "That was one script of SQL on topics in memory. Next:"
echo "  build/release/sluice                 a shell; end each statement with a semicolon, leave with exit"
echo "  build/release/sluice -d mydata       the same, and what you create is kept in the folder mydata"
echo "  build/release/sluice --help          everything else"
echo "  man docs/sluice.1                    the manual; 'make -C build/release install' puts it where man looks"
