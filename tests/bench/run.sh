#!/bin/sh
# How dear is a request?  The gateway beside nginx, HAProxy and its own library.
#
#	tests/bench/run.sh				everything, about half an hour
#	tests/bench/run.sh --quick			a look, in three minutes
#	tests/bench/run.sh proxy --only '1 event'	one scenario, some cases
#	tests/bench/run.sh --help			scenarios and options
#
# Installs from Debian what is missing and builds (the default build, -O2) in
# build-bench.  Figures, not verdicts: exits 0 whatever they are.
set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin

build=${BUILD:-build-bench}

for word in "$@"; do
	case $word in
	-h | --help) exec python3 tests/bench/bench.py "$@" ;;
	esac
done

# Debian starts what it installs; here both are wanted by hand only.
new=
for package in nginx haproxy; do
	command -v /usr/sbin/$package >/dev/null || new="$new $package"
done
deploy/install.sh bench
if [ -n "$new" ] && [ -d /run/systemd/system ]; then
	if [ "$(id -u)" -eq 0 ]; then
		systemctl disable --now $new >&2 || true
	else
		sudo systemctl disable --now $new >&2 || true
	fi
fi

cmake -G Ninja -S . -B "$build" >/dev/null
ninja -C "$build" polaris-gateway \
    bench_sink bench_bare bench_arrive bench_sync >&2
exec python3 tests/bench/bench.py --build "$build" "$@"
