#!/bin/sh
# Are the README's tables those that the program prints?
#
#	tests/readme.sh GATEWAY		path of the program
#
# In README.md a table stands between two comments that name its option:
#	<!-- help-config -->
#	...
#	<!-- /help-config -->
set -eu

gateway=$(realpath "$1")
cd "$(dirname "$0")/.."

status=0
shown=$(mktemp)
printed=$(mktemp)
trap 'rm -f "$shown" "$printed"' EXIT

for table in help-config help-metrics help-outcomes; do
	for mark in "<!-- $table -->" "<!-- /$table -->"; do
		if [ "$(grep -cxF -e "$mark" README.md)" != 1 ]; then
			echo "README.md: must have this line once: $mark"
			status=1
		fi
	done
	sed -n "/^<!-- $table -->\$/,/^<!-- \\/$table -->\$/p" README.md |
	    sed '1d;$d;/^$/d' >"$shown"
	"$gateway" "--$table" >"$printed"
	if ! [ -s "$printed" ] || ! diff -u "$shown" "$printed"; then
		echo "README.md differs from what --$table prints"
		status=1
	fi
done
exit $status
