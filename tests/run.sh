#!/bin/sh
# Installs, builds and tests everything, from any folder, as root or with sudo.
#
#	build/		as it is shipped, warnings being errors
#	build-asan/	address and undefined-behaviour sanitizer
#	build-tsan/	thread sanitizer: thread tests and whole-program tests
#
# QUICK=1 stops after the first of them.  What was built is used again.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

jobs=$(nproc)
# The whole-program tests mostly wait for each other's answers.
at_once=$((jobs * 2))
failed=

step() {
	printf '\n== %s\n' "$*"
}

# Some kernels scatter mappings further than this compiler's thread sanitizer
# can follow; a fixed layout cures that where it is allowed.
fixed_layout() {
	if setarch -R true 2>/dev/null; then
		echo setarch -R
	fi
}

# build FOLDER SANITIZER
build() {
	step "build $1"
	cmake -G Ninja -S . -B "$1" -DWERROR=ON -DTESTS=ON -DSANITIZE="$2" \
	    >"$1.log" 2>&1 || {
		cat "$1.log"
		rm -f "$1.log"
		return 1
	}
	rm -f "$1.log"
	# A terminal shows how far it is; elsewhere only failures are told.
	if [ -t 1 ]; then
		cmake --build "$1" -j "$jobs"
	else
		cmake --build "$1" -j "$jobs" -- --quiet
	fi
}

# suites FOLDER [WRAPPER...]
suites() {
	folder=$1
	shift
	step "test $folder"
	"$@" ctest --test-dir "$folder" -j "$at_once" --output-on-failure \
	    --no-tests=error
}

# both FOLDER SANITIZER [WRAPPER...]
both() {
	folder=$1
	sanitizer=$2
	shift 2
	if ! build "$folder" "$sanitizer" || ! suites "$folder" "$@"; then
		failed="$failed $folder"
	fi
}

step "install packages"
deploy/install.sh tests

both build ""
if [ "${QUICK-}" != 1 ]; then
	both build-asan address
	both build-tsan thread $(fixed_layout)
fi

if [ -n "$failed" ]; then
	step "FAILED:$failed"
	exit 1
fi
step "all passed"
