#!/bin/sh
# From a bare Debian 12 to a gateway at work, in one command.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD_DIR:-$root/build}

usage() {
	cat <<END
usage: deploy/quickstart.sh [--seconds N]

Installs what is missing, builds, starts polaris-gateway and polaris-sim (a
stand-in for Polaris) on loopback, and sends this machine's own readings
through them: processors, memory, disks, network.  Shows each second what came
in, what went out, and how many calls that took.

  --seconds N   end after N seconds; without it, Ctrl-C ends it
  --help        this text

Needs root or sudo the first time only.  BUILD_DIR names another build folder.
END
}

wrong() {
	printf '%s\n' "$*" >&2
	usage >&2
	exit 2
}

seconds=
while [ $# -gt 0 ]; do
	case $1 in
	--seconds)
		[ $# -gt 1 ] || wrong "--seconds needs a number"
		seconds=$2
		shift
		;;
	--seconds=*)
		seconds=${1#*=}
		[ -n "$seconds" ] || wrong "--seconds needs a number"
		;;
	-h | --help)
		usage
		exit 0
		;;
	*) wrong "unknown option: $1" ;;
	esac
	shift
done
case $seconds in
*[!0-9]* | 0*) wrong "--seconds needs a whole number from 1, not: $seconds" ;;
esac

"$root/deploy/install.sh"

# On a terminal the builder shows how far it is; elsewhere only a failure is
# worth the lines.
build_programs() {
	if [ -t 1 ]; then
		cmake --build "$build" --target polaris-gateway polaris-sim
	else
		cmake --build "$build" --target polaris-gateway polaris-sim \
		    >"$build/quickstart.log" 2>&1 || {
			cat "$build/quickstart.log" >&2
			return 1
		}
	fi
}

# A folder that the tests have prepared is used as it is.
if [ ! -e "$build/build.ninja" ] && [ ! -e "$build/Makefile" ]; then
	echo "Building into $build: under a minute on most machines."
	mkdir -p "$build"
	cmake -G Ninja -S "$root" -B "$build" -DTESTS=OFF \
	    >"$build/quickstart.log" 2>&1 || {
		cat "$build/quickstart.log" >&2
		exit 1
	}
fi
build_programs

exec python3 -B "$root/deploy/quickstart.py" "$build" ${seconds:+"$seconds"}
