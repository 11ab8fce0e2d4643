#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Start of `sluice -e 'SHOW STREAMS;'` (median of 20), memory of an idle shell, size of the program.
#   BUILD=<build directory> start.sh
set -eu
sluice=${SLUICE:-$BUILD/sluice}
runs=20
work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT

median() { # arguments: a command; prints ms
    for _ in $(seq $runs); do
        t0=${EPOCHREALTIME/[.,]/}
        "$@" > /dev/null 2>&1 < /dev/null
        echo $((${EPOCHREALTIME/[.,]/} - t0))
    done | sort -n |
        awk '{ v[NR] = $1 } END { printf "%.1f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2000 }'
}

resident() { # pid
    awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"
}

# An idle shell: it has answered a statement and waits for the next.
idle() { # arguments: of sluice
    local line
    coproc shell { exec "$sluice" "$@" 2>&1; }
    local pid=$shell_PID out=${shell[0]} in=${shell[1]}
    echo "SHOW STREAMS;" >&"$in"
    while IFS= read -r line <&"$out"; do
        case $line in *KSQL_PROCESSING_LOG*) break ;; esac
    done
    resident "$pid"
    exec {in}>&-
    wait "$pid" || true
}

printf 'start, in memory            %8s ms\n' "$(median "$sluice" -e 'SHOW STREAMS;')"
printf 'start, -d DIR               %8s ms\n' "$(median "$sluice" -d "$work/data" -e 'SHOW STREAMS;')"
printf 'idle shell, in memory       %8s MB\n' "$(idle)"
printf 'idle shell, -d DIR          %8s MB\n' "$(idle -d "$work/idle")"
strip -o "$work/sluice" "$sluice"
size=$(stat -c %s "$work/sluice" | awk '{ printf "%.1f", $1 / 1048576 }')
printf 'program, stripped           %8s MB\n' "$size"
