#!/bin/sh
# The one list of Debian 12 packages, and how to install them.
#
#	deploy/install.sh		what a build and the quick start need
#	deploy/install.sh tests		the same and what the tests need
#	deploy/install.sh bench		a build, and whom it is measured beside
#
# Works as root or with sudo, asks nothing, and is done at once when everything
# is there already.
set -eu

# What the program is built with, and the two commands of the quick start.
build="ca-certificates cmake ninja-build gcc libc6-dev pkg-config
    libmicrohttpd-dev libcurl4-openssl-dev libjsmn-dev libjwt-dev
    libyaml-dev libdeflate-dev zlib1g-dev curl python3"
# What the tests add: unit tests, fuzzers with their sanitizers (gcc brings its
# own), formatting, static analysis, the target `coverage`, promtool, and a browser to look at
# the status page.
tests="libcriterion-dev clang libclang-rt-dev clang-format clang-tidy cppcheck gcovr prometheus
    chromium chromium-driver"
# tests/bench: the load, and the proxies that it meets for comparison.
bench="wrk nginx-light haproxy openssl libsimdjson-dev g++"

say() {
	printf '%s\n' "$*" >&2
}

case "${1-}" in
"") wanted=$build ;;
tests) wanted="$build $tests" ;;
bench) wanted="$build $bench" ;;
*)
	say "usage: deploy/install.sh [tests|bench]"
	exit 2
	;;
esac

if ! command -v apt-get >/dev/null 2>&1; then
	say "These steps are for Debian 12; there is no apt-get here."
	say "Install what corresponds to:" $wanted
	exit 1
fi

installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted \
    2>/dev/null | sed -n 's/ installed$//p' | tr '\n' ' ')
missing=
for package in $wanted; do
	case " $installed " in
	*" $package "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		say "Packages are missing, and this is neither root nor has sudo:"
		say "  apt-get install --no-install-recommends$missing"
		exit 1
	fi
	as_root=sudo
fi

# Waits for another apt that is at work rather than failing.
apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
	    -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@"
}

say "Installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A list that cannot be refreshed may still do.
apt update >"$log" 2>&1 || say "(package lists could not all be refreshed)"
if ! apt install -y --no-install-recommends $missing >>"$log" 2>&1; then
	say "That failed:"
	tail -n 20 "$log" >&2
	exit 1
fi
