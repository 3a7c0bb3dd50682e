#!/bin/sh
# clang-tidy over what is ours, each warning an error; .clang-tidy says which
# checks are off and why.
#
#	tests/tidy.sh BUILD checks	all but the analyzer: some 0.5 s a file
#	tests/tidy.sh BUILD analyzer	the analyzer alone: some 3 s a file
#
# BUILD holds compile_commands.json.
set -eu
build=$(realpath "$1")
cd "$(dirname "$0")/.."

case $2 in
checks) only=-clang-analyzer-* ;;
analyzer) only=-bugprone-*,-cert-*,-concurrency-* ;;
*) echo "checks or analyzer, not $2"; exit 2 ;;
esac
if ! command -v clang-tidy >/dev/null; then
	echo "clang-tidy is missing: deploy/install.sh tests"
	exit 1
fi
# One file a process, for the analyzer mixes up those that it reads in a row.
find parsers auth gateway tests/sim -name '*.c' ! -name '*_test.c' |
    LC_ALL=C sort |
    xargs -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet \
	--checks="$only" 2>&1 |
    grep -v ' warnings\{0,1\} generated\.$' >"$build/tidy_$2.txt" || true
if [ -s "$build/tidy_$2.txt" ]; then
	cat "$build/tidy_$2.txt"
	exit 1
fi
