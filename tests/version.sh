#!/bin/sh
# Does the program's version and day stand first in the changelog?  Only what is
# "Unreleased" may stand before it.
#
#	tests/version.sh GATEWAY	path of the program
set -eu

changelog=$(dirname "$0")/../deploy/doc/CHANGELOG.md
# "## 0.1.0 - 2026-11-01" as --version prints it
first=$(sed -n '/^## Unreleased$/d
    /^## /{s/^## \(.*\) - \(.*\)$/polaris-gateway \1 (\2)/p;q;}' "$changelog")
printed=$("$1" --version)
if [ "$first" != "$printed" ]; then
	echo "--version prints:            $printed"
	echo "CHANGELOG.md's first entry:  $first"
	exit 1
fi
