#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Sluice twice (as users run it, and with sanitizers) and runs every test.
#
#   ./test.sh             everything
#   ./test.sh unit sql    the stages whose name contains one of the words
#
# Packages that are missing are installed first. When a chosen stage names KAFKA_BOOTSTRAP, one Apache Kafka runs
# for all of them (scripts/kafka run says what they get); where it cannot be had they count as skipped. The last line is `N passed, N failed`; the exit code is
# 1 when anything failed. Stages are the files of tests/stages; logs are in build/logs.
set -u
cd "$(dirname "$0")" || exit 1
root=$(pwd)
export LC_ALL=C.UTF-8

give_up() {
    echo "$1"
    echo "0 passed, 1 failed"
    exit 1
}

scripts/packages test || give_up "packages are missing"
scripts/build build/test "all check-programs" --enable-werror || give_up "build/test does not build"

# Is there a chosen stage that names a variable?
chosen() { # variable, words
    local variable=$1
    shift
    [ $# -gt 0 ] || set -- ""
    ls tests/stages | grep -F -f <(printf '%s\n' "$@") | sed 's,^,tests/stages/,' | xargs -r grep -q "$variable"
}

# The build with sanitizers is left out when no chosen stage reads it.
asan=
if chosen ASAN_BUILD "$@"; then
    scripts/build build/asan "all check-programs" --enable-werror --enable-sanitizers=address,undefined \
        CC=clang CFLAGS="-O1 -g" || give_up "build/asan does not build"
    asan=$root/build/asan
fi

export SRC=$root BUILD=$root/build/test ASAN_BUILD=$asan LOGS=$root/build/logs
unset KAFKA_BOOTSTRAP
chosen KAFKA_BOOTSTRAP "$@" || exec tests/run-stages "$@"
scripts/kafka --dir build/kafka/test --secure run tests/run-stages "$@"
code=$?
[ $code -ne 125 ] || give_up "Apache Kafka does not start"
exit $code
