#!/bin/sh
# Is every C file as .clang-format would have it?
set -eu
cd "$(dirname "$0")/.."

if ! command -v clang-format >/dev/null; then
	echo "clang-format is missing: deploy/install.sh tests"
	exit 1
fi
find parsers auth gateway tests -name '*.[ch]' |
    LC_ALL=C sort | xargs clang-format --dry-run -Werror
