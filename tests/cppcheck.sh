#!/bin/sh
# cppcheck over what is ours, each finding an error; tests/cppcheck.txt says
# which findings are none and why.
#
#	tests/cppcheck.sh BUILD		BUILD keeps what is analysed already
set -eu
build=$(realpath "$1")
cd "$(dirname "$0")/.."

if ! command -v cppcheck >/dev/null; then
	echo "cppcheck is missing: deploy/install.sh tests"
	exit 1
fi
mkdir -p "$build/cppcheck"
cppcheck --quiet -j "$(nproc)" --error-exitcode=1 \
    --enable=warning,performance,portability --inconclusive --std=c11 \
    --library=posix --suppressions-list=tests/cppcheck.txt \
    --cppcheck-build-dir="$build/cppcheck" \
    -D_GNU_SOURCE -D__x86_64__ -DGATEWAY_VERSION='""' -DGATEWAY_DATE='""' \
    -DGATEWAY_DATE_S=0 -DPAGE_FILE='""' -I . \
    $(find parsers auth gateway tests/sim -name '*.c' ! -name '*_test.c')
