#!/bin/sh
# Installs, builds and tests everything, from any folder, as root or with sudo.
#
#	build/		as it is shipped, warnings being errors
#	build-asan/	address and undefined-behaviour sanitizer
#	build-tsan/	thread sanitizer: thread tests and whole-program tests
#
# QUICK=1 stops after the first of them, with fuzzers of 2 s each and without
# clang's analyzer.  ALL=1 adds what takes hours: the fault campaigns with larger
# numbers, and fuzzers of 10 minutes each.
# What was built is used again.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

jobs=$(nproc)
# The whole-program tests mostly wait for each other's answers.
at_once=$((jobs * 3))
failed=

fuzz_s=10
long=OFF
without=
if [ "${ALL-}" = 1 ]; then
	fuzz_s=600
	long=ON
elif [ "${QUICK-}" = 1 ]; then
	fuzz_s=2
	without="-LE slow"
fi

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

# build PRESET: see CMakePresets.json
build() {
	step "build $1"
	cmake --preset "$1" -DFUZZ_SECONDS=$fuzz_s -DLONG=$long \
	    >configure.log 2>&1 || {
		cat configure.log
		rm -f configure.log
		return 1
	}
	rm -f configure.log
	# A terminal shows how far it is; elsewhere only failures are told.
	if [ -t 1 ]; then
		cmake --build --preset "$1" -j "$jobs"
	else
		cmake --build --preset "$1" -j "$jobs" -- --quiet
	fi
}

# suites PRESET [WRAPPER...]
suites() {
	preset=$1
	shift
	step "test $preset"
	"$@" ctest --preset "$preset" -j "$at_once" $without
}

# both PRESET [WRAPPER...]
both() {
	if ! build "$1" || ! suites "$@"; then
		failed="$failed $1"
	fi
}

step "install packages"
deploy/install.sh tests

both default
if [ "${QUICK-}" != 1 ]; then
	both asan
	both tsan $(fixed_layout)
fi

if [ -n "$failed" ]; then
	step "FAILED:$failed"
	exit 1
fi
step "all passed"
