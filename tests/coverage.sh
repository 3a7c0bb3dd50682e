#!/bin/sh
# Line coverage of parsers/ by its unit tests; fails below 95 %.
#
#	tests/coverage.sh [BUILD-DIRECTORY]
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-${TMPDIR:-/tmp}/polaris-gateway-coverage}

cmake -G Ninja -S "$source" -B "$build" \
    -DCMAKE_C_FLAGS="--coverage -fprofile-update=atomic" >"$build.log" 2>&1 ||
    { cat "$build.log"; exit 1; }
ninja -C "$build" parsers_test >>"$build.log" 2>&1 ||
    { tail -40 "$build.log"; exit 1; }
find "$build" -name '*.gcda' -delete
"$build/parsers_test" -j1
exec gcovr --root "$source" --filter "$source/parsers/" \
    --exclude-throw-branches --fail-under-line 95 "$build"
